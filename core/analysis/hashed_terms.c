/* hashed_terms.c - terms by their hashes. */
#include "analysis/hashed_terms.h"

#include <math.h>
#include <stdlib.h>

uint32_t bb_term_hash(biobert_str text) {
  uint32_t h = 2166136261u;
  for (size_t i = 0; i < text.len; i++) h = (h ^ (unsigned char)text.data[i]) * 16777619u;
  return h;
}

void bb_terms_hash(const bb_terms *t, uint32_t *hash) {
  char text[2 * BB_WORD_BYTES + 1];
  for (uint32_t i = 0; i < t->count; i++)
    hash[i] = bb_term_hash((biobert_str){text, bb_term_text(t, i, text, sizeof text)});
}

/* The column of a hash; false: none has it. */
static bool find(const bb_hashed_terms *h, uint32_t hash, uint32_t *column) {
  size_t from = 0, to = h->count;
  while (from < to) {
    const size_t middle = from + (to - from) / 2;
    if (h->hash[middle] < hash)
      from = middle + 1;
    else
      to = middle;
  }
  *column = (uint32_t)from;
  return from < h->count && h->hash[from] == hash;
}

static int by_column(const void *a, const void *b) {
  const bb_hashed_entry *x = a, *y = b;
  return (x->column > y->column) - (x->column < y->column);
}

/* Terms of one hash count as one. */
static size_t merge(bb_hashed_entry *entries, size_t count) {
  size_t kept = 0;
  qsort(entries, count, sizeof *entries, by_column);
  for (size_t i = 0; i < count; i++)
    if (kept && entries[kept - 1].column == entries[i].column)
      entries[kept - 1].times += entries[i].times;
    else
      entries[kept++] = entries[i];
  return kept;
}

static void weigh(const bb_hashed_terms *h, bb_hashed_entry *entries, size_t count) {
  double square = 0;
  for (size_t i = 0; i < count; i++) {
    const double v = bb_tf_idf(entries[i].times, (double)h->idf[entries[i].column]);
    square += v * v;
  }
  const double length = square > 0 ? sqrt(square) : 1;
  for (size_t i = 0; i < count; i++) {
    const double v = bb_tf_idf(entries[i].times, (double)h->idf[entries[i].column]);
    entries[i].value = (float)(v / length);
  }
}

size_t bb_hashed_row(const bb_hashed_terms *h, const bb_terms *t, const uint32_t *hash,
                     size_t r, bb_hashed_entry *entries) {
  size_t count = 0;
  for (size_t i = t->start[r]; i < t->start[r + 1]; i++) {
    bb_hashed_entry *e = &entries[count];
    e->times = t->times[i];
    if (find(h, hash[t->term[i]], &e->column)) count++;
  }
  count = merge(entries, count);
  weigh(h, entries, count);
  return count;
}
