/* embed_many.c - a batch of texts, one text per worker at a time.
 *
 * The texts are turned into tokens first, on the caller's thread, because that needs the
 * caller's allocator; the workers then only compute, each in scratch of its own. A vector
 * does not depend on the other texts of its batch. */
#include <pthread.h>

#include "api/embed.h"
#include "api/input.h"
#include "base/mem.h"
#include "base/status.h"

typedef struct document {
  size_t index; /* in the caller's arrays */
  int32_t *ids; /* NULL: it has failed */
  bb_text_tokens tokens;
} document;

typedef struct worker {
  bb_worker_scratch own;
  bb_cancel cancel;
  bb_cancel *session; /* whose cancellation it asks for */
  size_t number;
} worker;

typedef struct batch {
  biobert_session *s;
  float *vectors;
  biobert_error *errors; /* NULL: the first failure is kept */
  document *documents;
  size_t count;
  worker *workers;
  size_t worker_count;
  pthread_mutex_t lock; /* of the two below */
  biobert_error failure;
  size_t failed; /* index of the text */
} batch;

/* Workers ---------------------------------------------------------------------------- */

/* The caller of a session may be asked on its own thread only: worker 0. */
static bool has_stopped(void *ctx) {
  const worker *w = ctx;
  return bb_cancelled(w->session, w->number);
}

static biobert_status make_workers(batch *b, biobert_error *err) {
  biobert_session *s = b->s;
  biobert_status status = bb_session_make_workers(s, b->worker_count - 1, err);
  if (status) return status;
  b->workers = bb_alloc_zeroed(&s->allocator, b->worker_count, sizeof *b->workers);
  if (!b->workers) return bb_no_memory(err, "texts");
  for (size_t i = 0; i < b->worker_count; i++) {
    worker *w = &b->workers[i];
    w->own =
        i ? s->workers[i - 1] : (bb_worker_scratch){s->scratch, s->vector_a, s->vector_b};
    w->own.scratch.workers = 1;
    w->session = &s->cancel;
    w->number = i;
    w->cancel.ask = has_stopped;
    w->cancel.ctx = w;
  }
  return BIOBERT_OK;
}

/* Tokens ----------------------------------------------------------------------------- */

static void keep_failure(batch *b, size_t index, const biobert_error *failure) {
  if (b->errors) {
    b->errors[index] = *failure;
    return;
  }
  pthread_mutex_lock(&b->lock);
  if (!b->failure.status || index < b->failed) {
    b->failure = *failure;
    b->failed = index;
  }
  pthread_mutex_unlock(&b->lock);
}

static biobert_status tokenize_one(batch *b, biobert_str text, biobert_role role,
                                   document *out, biobert_error *err) {
  biobert_session *s = b->s;
  biobert_error failure = {0};
  biobert_status status = bb_session_fill_text(s, text, role, &out->tokens, &failure);
  if (!status) status = bb_model_check_ids(s->model, s->ids, out->tokens.count, &failure);
  if (!status) {
    out->ids = bb_alloc(&s->allocator, out->tokens.count, sizeof *out->ids);
    if (!out->ids) return bb_no_memory(err, "texts");
    memcpy(out->ids, s->ids, out->tokens.count * sizeof *out->ids);
    return BIOBERT_OK;
  }
  bool ends = !b->errors || status == BIOBERT_NOMEM || status == BIOBERT_INTERRUPTED;
  if (ends) return bb_fail(err, status, "%s", failure.message);
  keep_failure(b, out->index, &failure);
  return BIOBERT_OK;
}

static int by_length(const void *a, const void *b) {
  const document *x = a, *y = b;
  if (x->tokens.count != y->tokens.count)
    return x->tokens.count < y->tokens.count ? 1 : -1;
  return x->index < y->index ? -1 : 1;
}

/* The longest text first, so that no worker is left alone with it at the end. */
static biobert_status tokenize_all(batch *b, const biobert_str *texts, biobert_role role,
                                   biobert_error *err) {
  b->documents = bb_alloc_zeroed(&b->s->allocator, b->count, sizeof *b->documents);
  if (!b->documents) return bb_no_memory(err, "texts");
  for (size_t i = 0; i < b->count; i++) {
    b->documents[i].index = i;
    if (bb_cancelled(&b->s->cancel, 0))
      return bb_fail(err, BIOBERT_INTERRUPTED, "interrupted");
    biobert_status status = tokenize_one(b, texts[i], role, &b->documents[i], err);
    if (status) return status;
  }
  qsort(b->documents, b->count, sizeof *b->documents, by_length);
  memset(b->s->types, 0, bb_model_longest(b->s->model));
  return BIOBERT_OK;
}

/* Vectors ---------------------------------------------------------------------------- */

static void embed_document(void *ctx, size_t task, size_t number) {
  batch *b = ctx;
  const document *d = &b->documents[task];
  const biobert_model *m = b->s->model;
  worker *w = &b->workers[number];
  size_t count = d->tokens.count;
  if (!d->ids) return;
  biobert_error failure = {0};
  bb_input input = {d->ids, b->s->types, count, bb_pooling_wants(&m->pipeline.pooling)};
  bb_pooling_input pooling = {&m->bert, w->own.scratch.x, count, d->tokens.first, count};
  biobert_status status =
      bb_bert_encode(&m->bert, &input, &w->own.scratch, &w->cancel, NULL, &failure);
  if (!status)
    status = bb_pool_states(&w->own, m, &pooling,
                            b->vectors + d->index * m->info.dimension, &failure);
  if (status && status != BIOBERT_INTERRUPTED) keep_failure(b, d->index, &failure);
}

static biobert_status embed_all(batch *b, biobert_error *err) {
  if (!bb_pool_run(b->worker_count, b->count, embed_document, b, &b->s->cancel))
    return bb_fail(err, BIOBERT_INTERRUPTED, "interrupted");
  if (!b->failure.status) return BIOBERT_OK;
  return bb_fail(err, b->failure.status, "%s", b->failure.message);
}

biobert_status biobert_embed_many(biobert_session *s, const biobert_str *texts,
                                  size_t count, biobert_role role, float *vectors,
                                  biobert_error *errors, biobert_error *err) {
  batch b = {.s = s,
             .vectors = vectors,
             .errors = errors,
             .count = count,
             .lock = PTHREAD_MUTEX_INITIALIZER};
  if (errors) memset(errors, 0, count * sizeof *errors);
  if (count == 0) return BIOBERT_OK;
  biobert_status status = bb_session_prepare(s, err);
  if (status) return status;
  status = tokenize_all(&b, texts, role, err);
  if (!status) status = bb_session_make_room(s, b.documents[0].tokens.count, err);
  b.worker_count = s->scratch.workers < count ? s->scratch.workers : count;
  if (!status) status = make_workers(&b, err);
  if (!status && count == 1) b.workers[0].own.scratch.workers = s->scratch.workers;
  if (!status) status = embed_all(&b, err);
  for (size_t i = 0; i < count && b.documents; i++)
    bb_free(&s->allocator, b.documents[i].ids);
  bb_free(&s->allocator, b.documents);
  bb_free(&s->allocator, b.workers);
  return status;
}
