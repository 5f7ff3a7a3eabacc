/* repulsion.h - what pushes the points of a map apart: for each point i the sums over all
 * points j of q^2 (i - j) and of q = 1 / (1 + |i - j|^2), where points far off count as
 * one at their centre (van der Maaten 2014, JMLR 15, section 4.2). */
#ifndef BB_REPULSION_H
#define BB_REPULSION_H

#include "analysis/point_tree.h"

typedef struct bb_repulsion {
  const bb_kernels *kernels;
  bb_point_tree tree;
  size_t workers;
  bb_body *bodies;      /* [workers, count]: what pushes a leaf */
  uint32_t *candidates; /* [workers, 4 leaves]: nodes that are not far, level by level */
  double *weight;       /* [tasks]: sums of q */
} bb_repulsion;

bool bb_repulsion_new(const biobert_allocator *a, const bb_kernels *kernels, size_t count,
                      size_t workers, bb_repulsion *out);
void bb_repulsion_free(const biobert_allocator *a, bb_repulsion *r);

/* x, y, push_x, push_y: [count]. *weight: sum of q over all pairs, both ways. False:
 * cancelled. */
bool bb_repulsion_run(bb_repulsion *r, const float *x, const float *y, float *push_x,
                      float *push_y, double *weight, bb_cancel *cancel);

#endif
