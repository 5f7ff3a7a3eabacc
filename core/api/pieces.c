/* pieces.c - tokens in memory, windows over them, and the best of many. */
#include "api/pieces.h"

#include <math.h>

#include "base/mem.h"
#include "base/status.h"

static bool keep(void *ctx, const bb_token *token) {
  bb_pieces *p = ctx;
  if (p->count == p->limit && !p->last) return false;
  if (!bb_grow(p->allocator, (void **)&p->items, &p->capacity, p->count,
               sizeof *p->items)) {
    p->no_memory = true;
    return false;
  }
  p->items[p->count++] = *token;
  return true;
}

biobert_status bb_pieces_read(biobert_session *s, biobert_str text, size_t limit,
                              bb_pieces *out, biobert_error *err) {
  *out = (bb_pieces){
      .allocator = &s->allocator, .limit = limit, .last = s->model->tokenizer.cuts_start};
  bb_call call = bb_session_call(s);
  biobert_status status = bb_tokenize(&s->model->tokenizer, text, keep, out, &call, err);
  if (!status && out->no_memory) return bb_no_memory(err, "tokens");
  if (out->count > limit) { /* the last ones are wanted, and all are here */
    memmove(out->items, out->items + out->count - limit, limit * sizeof *out->items);
    out->count = limit;
  }
  return status;
}

void bb_pieces_free(bb_pieces *pieces) {
  if (pieces->allocator) bb_free(pieces->allocator, pieces->items);
  *pieces = (bb_pieces){0};
}

/* items and [SEP], all of one type. */
static size_t put_text(biobert_session *s, size_t at, bb_stretch text, uint8_t type) {
  for (size_t i = 0; i <= text.count; i++, at++) {
    s->ids[at] = i < text.count ? text.items[i].id : s->model->tokenizer.sep;
    s->types[at] = type;
  }
  return at;
}

size_t bb_session_fill_pieces(biobert_session *s, bb_stretch a, const bb_stretch *b) {
  s->ids[0] = s->model->tokenizer.cls;
  s->types[0] = 0;
  size_t at = put_text(s, 1, a, 0);
  if (b) at = put_text(s, at, *b, s->model->bert.config.types > 1);
  return at;
}

bool bb_window_at(const bb_pieces *pieces, const bb_windows *windows, size_t number,
                  bb_stretch *out) {
  size_t before = number * (windows->room - windows->overlap);
  if (number > 0 && before + windows->overlap >= pieces->count) return false;
  size_t left = pieces->count - before;
  out->count = left < windows->room ? left : windows->room;
  size_t first = pieces->last ? left - out->count : before;
  out->items = pieces->items ? pieces->items + first : NULL;
  return true;
}

/* The best k ------------------------------------------------------------------------- */

static bool better(bb_scored a, bb_scored b) {
  return a.score != b.score ? a.score > b.score : a.index < b.index;
}

/* Below i, every item is better than its parent: the worst of the heap is its root. */
static void sift_down(bb_scored *heap, size_t count, size_t i) {
  for (size_t child; (child = 2 * i + 1) < count; i = child) {
    if (child + 1 < count && better(heap[child], heap[child + 1])) child++;
    if (!better(heap[i], heap[child])) return;
    bb_scored swap = heap[i];
    heap[i] = heap[child];
    heap[child] = swap;
  }
}

void bb_best_first(bb_scored *items, size_t count, size_t k) {
  if (k == 0) return;
  for (size_t i = k / 2; i-- > 0;) sift_down(items, k, i);
  for (size_t i = k; i < count; i++) {
    if (!better(items[i], items[0])) continue;
    bb_scored swap = items[0];
    items[0] = items[i];
    items[i] = swap;
    sift_down(items, k, 0);
  }
  for (size_t left = k; left-- > 1;) { /* the worst goes to the end, again and again */
    bb_scored swap = items[0];
    items[0] = items[left];
    items[left] = swap;
    sift_down(items, left, 0);
  }
}

void bb_softmax(double *x, size_t n) {
  double max = -INFINITY, sum = 0;
  for (size_t i = 0; i < n; i++)
    if (x[i] > max) max = x[i];
  for (size_t i = 0; i < n; i++) sum += x[i] = exp(x[i] - max);
  for (size_t i = 0; i < n; i++) x[i] /= sum;
}
