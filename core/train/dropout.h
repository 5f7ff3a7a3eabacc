/* dropout.h - which numbers a training step leaves out: Srivastava et al. 2014 (JMLR 15),
 * with random numbers that depend on where a number is, and on nothing that was computed
 * before: Philox 4x32-10 of Salmon et al. 2011 (doi:10.1145/2063384.2063405).
 *
 * So nothing has to be kept from the forward pass for the backward one, any number of
 * workers in any order leave out the same, and a run that was stopped goes on with the
 * bits that it would have had. */
#ifndef BB_DROPOUT_H
#define BB_DROPOUT_H

#include "kernels/kernels.h"

/* Where in a pass: the key of its random numbers, besides seed and step. */
typedef enum bb_dropout_site {
  BB_DROPOUT_EMBEDDINGS,
  BB_DROPOUT_ATTENTION, /* probabilities */
  BB_DROPOUT_CONTEXT,   /* what attention adds */
  BB_DROPOUT_FFN,       /* what the feed-forward network adds */
  BB_DROPOUT_HEAD,      /* a task head's input */
  BB_DROPOUT_SITES,
} bb_dropout_site;

typedef struct bb_dropout {
  uint64_t seed;
  uint32_t step;
  float rate; /* 0: nothing is left out */
} bb_dropout;

/* Philox 4x32-10: four random numbers of a counter and a key. */
void bb_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/* x[i] = 0 with probability rate, else x[i] / (1 - rate). first: the ordinal of x[0]
 * among the numbers of this site in this layer, a multiple of 4. The derivative is the
 * same function. */
void bb_dropout_apply(const bb_kernels *k, const bb_dropout *d, size_t layer,
                      bb_dropout_site site, uint64_t first, float *x, size_t n);

#endif
