/* embed_many.c - many texts, a text a worker.
 *
 * The texts are turned into tokens first, on the caller's thread, because that needs the
 * caller's allocator; the workers then only compute, each in a lane of its own. Nothing
 * that a worker does depends on which texts are beside the one that it is at. */
#include <pthread.h>

#include "api/runtime.h"
#include "api/session.h"
#include "base/mem.h"
#include "base/status.h"

typedef struct document {
  size_t index; /* in the caller's arrays */
  int32_t *ids; /* NULL: it has failed */
  bb_text_tokens tokens;
} document;

/* A worker's part: its lane, and what it asks whether to go on. */
typedef struct seat {
  bb_lane lane;
  bb_cancel cancel;
  bb_cancel *session;
  size_t worker;
} seat;

typedef struct bulk {
  biobert_session *s;
  float *vectors;
  biobert_error *errors; /* NULL: the first failure is kept */
  document *documents;
  size_t count;
  seat *seats;
  size_t workers;
  pthread_mutex_t lock; /* of the two below */
  biobert_error failure;
  size_t failed; /* index of the text */
} bulk;

/* Lanes ------------------------------------------------------------------------------ */

static void free_lane(const biobert_allocator *a, bb_lane *lane) {
  bb_scratch_free(&lane->scratch);
  bb_free_aligned(a, lane->vector_a);
  bb_free_aligned(a, lane->vector_b);
}

void bb_session_free_lanes(biobert_session *s) {
  for (size_t i = 0; i < s->lane_count; i++) free_lane(&s->allocator, &s->lanes[i]);
  bb_free(&s->allocator, s->lanes);
  s->lanes = NULL;
  s->lane_count = 0;
}

static biobert_status make_lane(biobert_session *s, bb_lane *lane, biobert_error *err) {
  const biobert_model *m = s->model;
  size_t widest = bb_pipeline_widest(&m->pipeline, m->bert.config.hidden);
  biobert_status status =
      bb_scratch_init(&lane->scratch, &m->bert, s->scratch.tokens, 1, &s->allocator, err);
  if (status) return status;
  lane->vector_a = bb_alloc_floats(&s->allocator, widest);
  lane->vector_b = bb_alloc_floats(&s->allocator, widest);
  if (lane->vector_a && lane->vector_b) return BIOBERT_OK;
  free_lane(&s->allocator, lane);
  return bb_no_memory(err, "session");
}

/* One fewer than the workers: the session itself has the first. They are kept. */
static biobert_status make_lanes(biobert_session *s, size_t wanted, biobert_error *err) {
  if (s->lane_count >= wanted) return BIOBERT_OK;
  bb_lane *lanes = bb_resize(&s->allocator, s->lanes, wanted, sizeof *lanes);
  if (!lanes) return bb_no_memory(err, "session");
  s->lanes = lanes;
  biobert_status status = BIOBERT_OK;
  while (s->lane_count < wanted && !status) {
    bb_lane lane = {0};
    status = make_lane(s, &lane, err);
    if (!status) s->lanes[s->lane_count++] = lane;
  }
  return status;
}

/* The caller of a session may be asked on its own thread only: worker 0. */
static bool has_stopped(void *ctx) {
  const seat *own = ctx;
  return bb_cancelled(own->session, own->worker);
}

static biobert_status take_seats(bulk *b, biobert_error *err) {
  biobert_session *s = b->s;
  biobert_status status = make_lanes(s, b->workers - 1, err);
  if (status) return status;
  b->seats = bb_alloc_zeroed(&s->allocator, b->workers, sizeof *b->seats);
  if (!b->seats) return bb_no_memory(err, "texts");
  for (size_t i = 0; i < b->workers; i++) {
    seat *own = &b->seats[i];
    own->lane = i ? s->lanes[i - 1] : (bb_lane){s->scratch, s->vector_a, s->vector_b};
    own->lane.scratch.workers = 1;
    own->session = &s->cancel;
    own->worker = i;
    own->cancel.ask = has_stopped;
    own->cancel.ctx = own;
  }
  return BIOBERT_OK;
}

/* Tokens ----------------------------------------------------------------------------- */

static void keep_failure(bulk *b, size_t index, const biobert_error *failure) {
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

static biobert_status tokenize_one(bulk *b, biobert_str text, biobert_role role,
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
static biobert_status tokenize_all(bulk *b, const biobert_str *texts, biobert_role role,
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

static void embed_document(void *ctx, size_t task, size_t worker) {
  bulk *b = ctx;
  const document *d = &b->documents[task];
  const biobert_model *m = b->s->model;
  seat *own = &b->seats[worker];
  size_t count = d->tokens.count;
  if (!d->ids) return;
  biobert_error failure = {0};
  bb_input input = {d->ids, b->s->types, count, bb_pooling_wants(&m->pipeline.pooling)};
  bb_pooling_input pooling = {&m->bert, own->lane.scratch.x, count, d->tokens.first,
                              count};
  biobert_status status =
      bb_bert_encode(&m->bert, &input, &own->lane.scratch, &own->cancel, NULL, &failure);
  if (!status)
    status = bb_lane_finish(&own->lane, m, &pooling,
                            b->vectors + d->index * m->info.dimension, &failure);
  if (status && status != BIOBERT_INTERRUPTED) keep_failure(b, d->index, &failure);
}

static biobert_status embed_all(bulk *b, biobert_error *err) {
  if (!bb_pool_run(b->workers, b->count, embed_document, b, &b->s->cancel))
    return bb_fail(err, BIOBERT_INTERRUPTED, "interrupted");
  if (!b->failure.status) return BIOBERT_OK;
  return bb_fail(err, b->failure.status, "%s", b->failure.message);
}

biobert_status biobert_embed_many(biobert_session *s, const biobert_str *texts,
                                  size_t count, biobert_role role, float *vectors,
                                  biobert_error *errors, biobert_error *err) {
  bulk b = {.s = s,
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
  b.workers = s->scratch.workers < count ? s->scratch.workers : count;
  if (!status) status = take_seats(&b, err);
  if (!status && count == 1) b.seats[0].lane.scratch.workers = s->scratch.workers;
  if (!status) status = embed_all(&b, err);
  for (size_t i = 0; i < count && b.documents; i++)
    bb_free(&s->allocator, b.documents[i].ids);
  bb_free(&s->allocator, b.documents);
  bb_free(&s->allocator, b.seats);
  return status;
}
