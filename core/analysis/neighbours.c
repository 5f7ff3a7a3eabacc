/* neighbours.c - the nearest of every point, exactly. */
#include <math.h>

#include "analysis/analysis.h"

/* The nearest so far, the best first. */
typedef struct best {
  biobert_neighbour *items;
  size_t count, k;
} best;

static bool is_nearer(const biobert_neighbour *a, const biobert_neighbour *b) {
  if (a->similarity != b->similarity) return a->similarity > b->similarity;
  return a->point < b->point; /* ids rise with points */
}

static void offer(best *b, biobert_neighbour item) {
  size_t at = b->count;
  if (at == b->k) {
    if (!is_nearer(&item, &b->items[at - 1])) return;
    at--;
  } else {
    b->count++;
  }
  for (; at > 0 && is_nearer(&item, &b->items[at - 1]); at--)
    b->items[at] = b->items[at - 1];
  b->items[at] = item;
}

static double dot(const float *a, const float *b, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += (double)a[i] * b[i];
  return sum;
}

biobert_status biobert_neighbours_of(const biobert_points *p, size_t point, size_t k,
                                     double threshold,
                                     const biobert_analysis_options *how,
                                     biobert_neighbour *out, size_t *found,
                                     biobert_error *err) {
  enum { AT_A_TIME = 1024 };
  const float *vector = p->vectors + point * p->n;
  const double square = dot(vector, vector, p->n);
  best b = {.items = out, .k = k};
  bb_cancel cancel = bb_analysis_cancel(how);
  for (size_t i = 0; i < p->count && k > 0 && square > 0; i++) {
    const float *other = p->vectors + i * p->n;
    const double length = sqrt(square * dot(other, other, p->n));
    if (i % AT_A_TIME == 0 && bb_cancelled(&cancel, 0))
      return bb_analysis_interrupted(err);
    if (i == point || !(length > 0)) continue;
    const double similarity = dot(vector, other, p->n) / length;
    if (similarity >= threshold) offer(&b, (biobert_neighbour){(uint32_t)i, similarity});
  }
  *found = b.count;
  return BIOBERT_OK;
}

static biobert_status find_all(const biobert_points *p, size_t k, double threshold,
                               const biobert_analysis_options *how,
                               biobert_neighbours *out, biobert_error *err) {
  for (size_t i = 0, at = 0; i < p->count; i++) {
    size_t found = 0;
    biobert_status status =
        biobert_neighbours_of(p, i, k, threshold, how, out->items + at, &found, err);
    if (status) return status;
    out->first[i] = at;
    out->first[i + 1] = at += found;
  }
  return BIOBERT_OK;
}

biobert_status biobert_neighbours_find(const biobert_points *p, size_t k,
                                       double threshold,
                                       const biobert_analysis_options *how,
                                       biobert_neighbours *out, biobert_error *err) {
  const biobert_allocator *a = bb_analysis_allocator(how);
  if (p->count && k > p->count - 1) k = p->count - 1;
  biobert_neighbours made = {
      .count = p->count,
      .first = bb_alloc_zeroed(a, p->count + 1, sizeof *made.first),
      .items = bb_alloc(a, p->count * k, sizeof *made.items),
  };
  biobert_status status =
      made.first && made.items ? BIOBERT_OK : bb_no_memory(err, "neighbours");
  if (!status) status = find_all(p, k, threshold, how, &made, err);
  if (status)
    biobert_neighbours_free(&made, how);
  else
    *out = made;
  return status;
}

void biobert_neighbours_free(biobert_neighbours *neighbours,
                             const biobert_analysis_options *how) {
  const biobert_allocator *a = bb_analysis_allocator(how);
  bb_free(a, neighbours->first);
  bb_free(a, neighbours->items);
  *neighbours = (biobert_neighbours){0};
}
