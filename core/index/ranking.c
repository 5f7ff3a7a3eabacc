/* ranking.c - best first, exact, lazily.
 *
 * A heap holds items by what is known of them: the exact score, or a bound above it. When
 * a bound comes out on top, the item's score is computed and it goes back in; when an
 * exact score does, nothing that is left can be better, and it is the next of the order.
 * This computes the fewest scores that any method with these bounds could (Fagin, Lotem &
 * Naor 2003, the threshold algorithm's argument).
 *
 * The heap is fed in blocks by falling bound, so that a search for ten items of a million
 * does not build a heap of a million. */
#include <math.h>

#include "base/mem.h"
#include "base/status.h"
#include "biobert_vectors.h"

enum {
  FIRST_BLOCK = 256,
  BLOCK_GROWTH = 8,
  BUCKETS = 2048,
  SAMPLE = 4096,  /* of all bounds, from which a block's floor is guessed */
  MIN_SAMPLE = 4, /* fewer say nothing */
};

typedef struct entry {
  double key;
  uint32_t item;
  bool exact;
} entry;

struct biobert_ranking {
  const biobert_allocator *allocator;
  float *upper; /* -INFINITY: takes no part, or is in the heap or the order already */
  const int64_t *tie;
  size_t n, block;
  entry *heap;
  size_t heap_count, heap_capacity;
  float floor; /* every item with a bound above it has been fed */
  bool all_fed;
  entry *order; /* final */
  size_t order_count, order_capacity;
};

biobert_status biobert_ranking_new(const biobert_allocator *allocator, float *upper,
                                   const int64_t *tie, size_t n, biobert_ranking **out,
                                   biobert_error *err) {
  biobert_ranking *r = bb_alloc_zeroed(allocator, 1, sizeof *r);
  if (!r) {
    bb_free(allocator, upper);
    return bb_no_memory(err, "ranking");
  }
  *r = (biobert_ranking){.allocator = allocator,
                         .upper = upper,
                         .tie = tie,
                         .n = n,
                         .block = FIRST_BLOCK,
                         .floor = INFINITY};
  *out = r;
  return BIOBERT_OK;
}

void biobert_ranking_free(biobert_ranking *r) {
  if (!r) return;
  bb_free(r->allocator, r->upper);
  bb_free(r->allocator, r->heap);
  bb_free(r->allocator, r->order);
  bb_free(r->allocator, r);
}

/* The heap --------------------------------------------------------------------------- */

/* a before b: the larger key; of equal ones a bound (its score may be just that), then
 * the smaller tie. */
static bool before(const biobert_ranking *r, const entry *a, const entry *b) {
  if (a->key != b->key) return a->key > b->key;
  if (a->exact != b->exact) return !a->exact;
  return r->tie[a->item] < r->tie[b->item];
}

static void sift_down(biobert_ranking *r, size_t at) {
  entry moving = r->heap[at];
  for (;;) {
    size_t child = 2 * at + 1;
    if (child >= r->heap_count) break;
    if (child + 1 < r->heap_count && before(r, &r->heap[child + 1], &r->heap[child]))
      child++;
    if (!before(r, &r->heap[child], &moving)) break;
    r->heap[at] = r->heap[child];
    at = child;
  }
  r->heap[at] = moving;
}

static bool push(biobert_ranking *r, entry e) {
  if (!bb_grow(r->allocator, (void **)&r->heap, &r->heap_capacity, r->heap_count,
               sizeof e))
    return false;
  size_t at = r->heap_count++;
  while (at > 0 && before(r, &e, &r->heap[(at - 1) / 2])) {
    r->heap[at] = r->heap[(at - 1) / 2];
    at = (at - 1) / 2;
  }
  r->heap[at] = e;
  return true;
}

/* Feeding ---------------------------------------------------------------------------- */

/* A bound that about `block` of the remaining items reach, from a histogram of a sample
 * between its smallest and its largest; -INFINITY: all of them. A floor that is met by
 * more or fewer items costs time only. */
static float next_floor(const biobert_ranking *r) {
  float low = INFINITY, high = -INFINITY;
  size_t left = 0, step = r->n / SAMPLE + 1;
  for (size_t i = 0; i < r->n; i += step) {
    float x = r->upper[i];
    if (x == -INFINITY) continue;
    left++;
    low = x < low ? x : low;
    high = x > high ? x : high;
  }
  size_t wanted = r->block / step + MIN_SAMPLE;
  if (left <= wanted || !(high > low) || isinf(high - low)) return -INFINITY;
  uint32_t counts[BUCKETS] = {0};
  float scale = (BUCKETS - 1) / (high - low);
  for (size_t i = 0; i < r->n; i += step)
    if (r->upper[i] != -INFINITY) counts[(int)((r->upper[i] - low) * scale)]++;
  size_t reached = 0;
  int bucket = BUCKETS;
  while (bucket > 0 && reached < wanted) reached += counts[--bucket];
  if (bucket == 0) return -INFINITY;
  /* One bucket lower than the arithmetic says: its edges are rounded. */
  return low + (float)(bucket - 1) / scale;
}

static biobert_status feed(biobert_ranking *r, biobert_error *err) {
  float floor = next_floor(r);
  for (size_t i = 0; i < r->n; i++) {
    if (r->upper[i] < floor || r->upper[i] == -INFINITY) continue;
    if (!push(r, (entry){r->upper[i], (uint32_t)i, false}))
      return bb_no_memory(err, "ranking");
    r->upper[i] = -INFINITY;
  }
  r->floor = floor;
  r->all_fed = floor == -INFINITY;
  r->block *= BLOCK_GROWTH;
  return BIOBERT_OK;
}

static biobert_status settle_next(biobert_ranking *r, biobert_score_fn *score, void *ctx,
                                  bool *found, biobert_error *err) {
  for (;;) {
    /* What has not been fed has a bound below the floor: the top must reach it to be
     * sure. */
    while (!r->all_fed && (r->heap_count == 0 || r->heap[0].key < r->floor)) {
      biobert_status status = feed(r, err);
      if (status) return status;
    }
    *found = r->heap_count > 0;
    if (!*found) return BIOBERT_OK;
    entry *top = &r->heap[0];
    if (top->exact) break;
    double exact;
    biobert_status status = score(ctx, top->item, &exact, err);
    if (status) return status;
    /* A score above its bound would be an error of the bound; the order stays sound if it
     * is cut to it. */
    top->key = exact < top->key ? exact : top->key;
    top->exact = true;
    sift_down(r, 0);
  }
  if (!bb_grow(r->allocator, (void **)&r->order, &r->order_capacity, r->order_count,
               sizeof *r->order))
    return bb_no_memory(err, "ranking");
  r->order[r->order_count++] = r->heap[0];
  r->heap[0] = r->heap[--r->heap_count];
  if (r->heap_count) sift_down(r, 0);
  return BIOBERT_OK;
}

biobert_status biobert_ranking_at(biobert_ranking *r, size_t position,
                                  biobert_score_fn *score, void *ctx, uint32_t *item,
                                  double *value, bool *found, biobert_error *err) {
  *found = true;
  while (r->order_count <= position && *found) {
    biobert_status status = settle_next(r, score, ctx, found, err);
    if (status) return status;
  }
  if (!*found) return BIOBERT_OK;
  *item = r->order[position].item;
  *value = r->order[position].key;
  return BIOBERT_OK;
}
