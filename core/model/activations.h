/* activations.h - the functions between linear maps, by the names that model files have. */
#ifndef BB_ACTIVATIONS_H
#define BB_ACTIVATIONS_H

#include "format/json.h"
#include "kernels/kernels.h"

/* x[i] = f(x[i] + bias[i]) */
typedef void bb_activation_fn(const bb_kernels *k, float *x, const float *bias, size_t n);
/* d[i] = d[i] * f'(x[i] + bias[i]) */
typedef void bb_activation_backward_fn(const bb_kernels *k, float *d, const float *x,
                                       const float *bias, size_t n);

typedef struct bb_activation {
  const char *name; /* as in config.json's hidden_act */
  bb_activation_fn *apply;
  bb_activation_fn *apply_roughly; /* what becomes bytes; NULL: there is no other way */
  bb_activation_backward_fn *backward;
} bb_activation;

/* NULL: no such activation. Accepts PyTorch's dotted class names too, as
 * sentence-transformers' Dense module writes them. */
const bb_activation *bb_activation_find(biobert_str name);
/* PyTorch's class that computes the same; NULL: there is none without arguments. */
const char *bb_activation_class(const bb_activation *activation);
/* A setting of a file that names an activation; absent or null leaves *out as it is.
 * UNSUPPORTED: it is none of ours. */
biobert_status bb_activation_read(const bb_json_node *node, const char *what,
                                  const bb_activation **out, biobert_error *err);

#endif
