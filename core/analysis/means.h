/* means.h - spherical k-means: points to the centre of the largest cosine, centres to the
 * mean direction of their points, until hardly any point changes its cluster. */
#ifndef BB_MEANS_H
#define BB_MEANS_H

#include "analysis/shared_options.h"
#include "kernels/product.h"

#define BB_NO_LABEL UINT32_MAX

/* A point that goes from one cluster to another. */
typedef struct bb_label_change {
  uint32_t point, from, to; /* from: BB_NO_LABEL: it had none */
} bb_label_change;

/* Read by others: rows, count, n, k, centres, label, size. */
typedef struct bb_means {
  const biobert_allocator *allocator;
  bb_kernels kernels;
  bb_cancel *cancel;
  size_t workers;
  const float *rows; /* [count, n], of length 1 */
  size_t count, n, k;
  float *centres;  /* [k, n], of length 1 */
  uint32_t *label; /* [count] */
  size_t *size;    /* [k] */

  float *packed;     /* the centres, for products */
  float *products;   /* a worker's [BB_MEANS_ROWS, columns] */
  float *gathered;   /* a worker's [BB_MEANS_ROWS, n] */
  uint32_t *next;    /* [count]: labels of this round */
  float *near, *far; /* [count]: bounds of distances: to the own centre, to any other */
  double *sums;      /* [k, n] */
  float *moved;      /* [k]: how far a centre went in this round */
  float max_moved;
  bb_label_change *changes; /* [count], by rising point */
  size_t change_count;
  double *potential; /* while seeds are chosen: [tasks, candidates] */
  size_t candidates[16];
} bb_means;

enum { BB_MEANS_ROWS = 256 }; /* points of a task: their products stay in the cache */

/* Borrows rows and cancel. On failure m is only to be freed. */
biobert_status bb_means_init(bb_means *m, const float *rows, size_t count, size_t n,
                             size_t k, bb_cancel *cancel,
                             const biobert_analysis_options *how, biobert_error *err);
void bb_means_free(bb_means *m); /* the members, not *m */

/* These return false when they are cancelled. */

/* Makes points the centres. k becomes smaller where the points have fewer directions. */
bool bb_means_seed(bb_means *m, uint64_t *random);
/* From the centres on. */
bool bb_means_run(bb_means *m);
/* The mean simplified silhouette of the clusters (Hruschka et al. 2004): how much nearer a
 * point is to its own centre than to the next one, from -1 to 1, by 1 - cosine. */
bool bb_means_silhouette(bb_means *m, double *out);

/* The sum of all points' cosines to their centres. */
double bb_means_cosines(const bb_means *m);

#endif
