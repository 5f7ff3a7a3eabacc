/* pair_counts.h - pairs of pieces that stand beside one another in words, how often each
 * does, and which of all is the next to be joined. */
#ifndef BB_PAIR_COUNTS_H
#define BB_PAIR_COUNTS_H

#include "base/index_table.h"

/* One of the words in which a pair was, which may have changed since. */
typedef struct bb_pair_place {
  uint32_t word;
  uint32_t next; /* 1 + the index of another; 0: the last */
} bb_pair_place;

/* Two pieces that stand beside one another. */
typedef struct bb_pair {
  uint32_t left, right;
  int64_t count;
  uint32_t places; /* 1 + the index of the first; 0: none */
  bool grown;      /* since the last bb_pairs_queue_grown() */
} bb_pair;

/* A pair as it was when it was queued. */
typedef struct bb_queued {
  int64_t count;
  uint32_t pair;
} bb_queued;

/* Whether a pair is joined before another of the same count; they differ. */
typedef bool bb_before_fn(const void *ctx, const bb_pair *a, const bb_pair *b);

/* Starts as {0} but for the first four. */
typedef struct bb_pairs {
  const biobert_allocator *allocator;
  bb_before_fn *before;
  const void *ctx;
  int64_t min_count; /* pairs that occur less often are never joined */

  bb_pair *items;
  size_t count, capacity;
  bb_index_table table;
  bb_pair_place *places; /* of all pairs */
  size_t place_count, place_capacity;
  uint32_t unused;  /* a list of them, too */
  bb_queued *queue; /* a heap */
  size_t queued, queue_capacity;
  uint32_t *grown; /* pairs that have */
  size_t grown_count, grown_capacity;
} bb_pairs;

/* The pair occurs `change` times more, in a word. False: no memory. */
bool bb_pairs_add(bb_pairs *p, uint32_t left, uint32_t right, int64_t change,
                  uint32_t word);
/* The pair occurs `change` times less. It is there. */
void bb_pairs_take(bb_pairs *p, uint32_t left, uint32_t right, int64_t change);
/* Queues the pairs that have grown. False: no memory. */
bool bb_pairs_queue_grown(bb_pairs *p);
/* Takes out the pair that occurs most often, which then occurs no more. False: no pair
 * occurs min_count times. */
bool bb_pairs_next(bb_pairs *p, bb_pair *out);
/* Of a pair that was taken out: takes out one of its words, until there is none. A word
 * may come more than once. */
bool bb_pairs_next_word(bb_pairs *p, bb_pair *pair, uint32_t *word);
void bb_pairs_free(bb_pairs *p); /* the members, not *p */

#endif
