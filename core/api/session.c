/* session.c - a session's memory: made by the first text, kept until the session goes. */
#include "api/session.h"

#include <string.h>

#include "api/runtime.h"
#include "base/mem.h"
#include "base/status.h"

/* Other workers ---------------------------------------------------------------------- */

static void free_worker(const biobert_allocator *a, bb_worker_scratch *worker) {
  bb_scratch_free(&worker->scratch);
  bb_free_aligned(a, worker->vector_a);
  bb_free_aligned(a, worker->vector_b);
}

static void free_workers(biobert_session *s) {
  for (size_t i = 0; i < s->worker_count; i++) free_worker(&s->allocator, &s->workers[i]);
  bb_free(&s->allocator, s->workers);
  s->workers = NULL;
  s->worker_count = 0;
}

static biobert_status make_worker(biobert_session *s, bb_worker_scratch *worker,
                                  biobert_error *err) {
  const biobert_model *m = s->model;
  size_t widest = bb_pipeline_widest(&m->pipeline, m->bert.config.hidden);
  biobert_status status = bb_scratch_init(&worker->scratch, &m->bert, s->scratch.tokens,
                                          1, &s->allocator, err);
  if (status) return status;
  worker->vector_a = bb_alloc_floats(&s->allocator, widest);
  worker->vector_b = bb_alloc_floats(&s->allocator, widest);
  if (worker->vector_a && worker->vector_b) return BIOBERT_OK;
  free_worker(&s->allocator, worker);
  return bb_no_memory(err, "session");
}

biobert_status bb_session_make_workers(biobert_session *s, size_t wanted,
                                       biobert_error *err) {
  if (s->worker_count >= wanted) return BIOBERT_OK;
  bb_worker_scratch *workers =
      bb_resize(&s->allocator, s->workers, wanted, sizeof *workers);
  if (!workers) return bb_no_memory(err, "session");
  s->workers = workers;
  biobert_status status = BIOBERT_OK;
  while (s->worker_count < wanted && !status) {
    bb_worker_scratch worker = {0};
    status = make_worker(s, &worker, err);
    if (!status) s->workers[s->worker_count++] = worker;
  }
  return status;
}

/* The session ------------------------------------------------------------------------ */

biobert_status biobert_session_new(biobert_model *model,
                                   const biobert_session_options *options,
                                   biobert_session **out, biobert_error *err) {
  biobert_session_options o = options ? *options : (biobert_session_options){0};
  biobert_session *s = bb_alloc_zeroed(&o.allocator, 1, sizeof *s);
  if (!s) return bb_no_memory(err, "session");
  s->allocator = o.allocator;
  s->ask = o.cancel;
  s->ask_ctx = o.cancel_ctx;
  s->cancel.ask = o.cancel;
  s->cancel.ctx = o.cancel_ctx;
  s->model = biobert_model_share(model);
  *out = s;
  return BIOBERT_OK;
}

static void free_buffers(biobert_session *s) {
  const biobert_allocator *a = &s->allocator;
  bb_scratch_free(&s->scratch);
  bb_free(a, s->ids);
  bb_free(a, s->types);
  bb_free(a, s->starts);
  bb_free_aligned(a, s->vector_a);
  bb_free_aligned(a, s->vector_b);
  free_workers(s);
  s->ids = NULL;
  s->types = NULL;
  s->starts = NULL;
  s->vector_a = s->vector_b = NULL;
}

void biobert_session_free(biobert_session *s) {
  if (!s) return;
  biobert_allocator allocator = s->allocator;
  free_buffers(s);
  biobert_model_close(s->model);
  bb_free(&allocator, s);
}

void biobert_session_release(biobert_session *session, void *block) {
  bb_free(&session->allocator, block);
}

bb_call bb_session_call(const biobert_session *s) {
  return (bb_call){&s->allocator, s->ask, s->ask_ctx};
}

size_t bb_model_longest(const biobert_model *m) {
  return m->max_tokens > m->query_tokens ? m->max_tokens : m->query_tokens;
}

size_t bb_session_max(const biobert_session *s, biobert_role role) {
  if (s->max_tokens) return s->max_tokens;
  return role == BIOBERT_QUERY ? s->model->query_tokens : s->model->max_tokens;
}

static size_t longest(const biobert_session *s) {
  const size_t model = bb_model_longest(s->model);
  return s->max_tokens > model ? s->max_tokens : model;
}

/* Room for every text of the models that people have. A few declare far more positions
 * than a text ever has (ProtBERT: 40,000, which would be 1.5 GB): there it grows when one
 * does. */
enum { USUAL_TOKENS = 512 };

biobert_status bb_session_make_room(biobert_session *s, size_t tokens,
                                    biobert_error *err) {
  const biobert_model *m = s->model;
  size_t workers = bb_runtime_threads(), size = USUAL_TOKENS;
  if (s->scratch.x && s->scratch.workers == workers && s->scratch.tokens >= tokens)
    return BIOBERT_OK;
  while (size < tokens) size *= 2;
  if (size > longest(s)) size = longest(s);
  free_workers(s);
  bb_scratch_free(&s->scratch);
  return bb_scratch_init(&s->scratch, &m->bert, size, workers, &s->allocator, err);
}

biobert_status bb_session_prepare(biobert_session *s, biobert_error *err) {
  const biobert_model *m = s->model;
  size_t n = longest(s);
  s->cancel.stop = false;
  if (s->vector_b) return bb_session_make_room(s, 1, err);
  size_t widest = bb_pipeline_widest(&m->pipeline, m->bert.config.hidden);
  s->ids = bb_alloc(&s->allocator, n, sizeof *s->ids);
  s->types = bb_alloc(&s->allocator, n, sizeof *s->types);
  s->starts = bb_alloc(&s->allocator, n, sizeof *s->starts);
  s->vector_a = bb_alloc_floats(&s->allocator, widest);
  s->vector_b = bb_alloc_floats(&s->allocator, widest);
  if (s->ids && s->types && s->starts && s->vector_a && s->vector_b)
    return bb_session_make_room(s, 1, err);
  free_buffers(s);
  return bb_no_memory(err, "session");
}
