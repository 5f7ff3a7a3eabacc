/* point_tree.h - points of a plane in boxes within boxes, for Barnes-Hut's sums (Barnes &
 * Hut 1986, doi:10.1038/324446a0).
 *
 * A box is halved at the median of its longer side, so that all leaves lie equally deep
 * and hold 8 to 16 points: no pointers, no depth without end where points coincide. Node
 * i has children 2i and 2i + 1, the root is 1, leaves are the last half. */
#ifndef BB_POINT_TREE_H
#define BB_POINT_TREE_H

#include "base/pool.h"
#include "biobert.h"
#include "kernels/kernels.h"

typedef struct bb_tree_point {
  float at[2];
  uint32_t point; /* its number outside of the tree */
} bb_tree_point;

typedef struct bb_tree_node {
  float low[2], high[2]; /* of its points, not of its share of the plane */
  bb_body body;          /* its points at their centre */
  float square;          /* of the longer side */
  uint32_t first;        /* its points: first .. the next node's first - 1 */
} bb_tree_node;

typedef struct bb_point_tree {
  size_t count;          /* of points, at least 1 */
  size_t levels, leaves; /* leaves: 2^levels */
  bb_tree_point *points; /* [count], a leaf's side by side */
  bb_tree_node *nodes;   /* [2 leaves]; 0 is none */
} bb_point_tree;

/* For `count` points, numbered from 0. False: no memory. */
bool bb_point_tree_new(const biobert_allocator *a, size_t count, bb_point_tree *out);
void bb_point_tree_free(const biobert_allocator *a, bb_point_tree *tree);

/* Boxes of the points where they are now: x, y [count]. Points that have not moved far
 * since the last time are sorted fast. False: cancelled. */
bool bb_point_tree_build(bb_point_tree *tree, const float *x, const float *y,
                         size_t workers, bb_cancel *cancel);

/* The points of a node. */
static inline size_t bb_tree_first(const bb_point_tree *t, size_t node) {
  return t->nodes[node].first;
}
size_t bb_tree_end(const bb_point_tree *t, size_t node);

#endif
