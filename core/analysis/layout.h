/* layout.h - t-SNE: a map in the plane on which neighbours stay neighbours (van der Maaten
 * & Hinton 2008, JMLR 9). */
#ifndef BB_LAYOUT_H
#define BB_LAYOUT_H

#include "base/pool.h"
#include "biobert.h"

/* Who is drawn to whom: each point to all whose neighbour it is, or who are its. One who
 * is both stands there twice. */
typedef struct bb_layout_graph {
  size_t count;
  size_t *first;   /* [count + 1] */
  uint32_t *other; /* [first[count]], even */
} bb_layout_graph;

/* x, y: [count], where the points start and where they end. NOMEM, INTERRUPTED. */
biobert_status bb_layout_run(const biobert_allocator *a, const bb_layout_graph *graph,
                             size_t workers, float *x, float *y, bb_cancel *cancel,
                             biobert_error *err);

#endif
