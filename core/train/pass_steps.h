/* pass_steps.h - the parts of a layer, by name, for batch_forward.c and batch_backward.c. */
#ifndef BB_TRAIN_PASS_STEPS_H
#define BB_TRAIN_PASS_STEPS_H

#include "base/stop.h"
#include "train/attention.h"
#include "train/pass.h"
#include "train/steps.h"

typedef struct bb_layer_pass {
  bb_pass *pass;
  size_t layer; /* from 0 */
  const bb_bert_layer *weights;
  const bb_kept_layer *kept;
} bb_layer_pass;

bb_layer_pass bb_layer_at(bb_pass *p, size_t layer);
bb_steps bb_steps_of(const bb_pass *p);
bb_attention_shape bb_attention_shape_of(const bb_pass *p);
float *bb_scratch_of_worker(const bb_pass *p, size_t worker);
/* Where a layer's input is; past the last layer: the states. */
float *bb_input_of(const bb_pass *p, size_t layer);
/* Of the batch's token t, in its text. */
size_t bb_position_of(const bb_pass *p, size_t t);
/* Task of all heads of all texts, text by text. */
bb_head_of_text bb_head_at(const bb_layer_pass *l, size_t task);

bb_linear bb_qkv_of(const bb_layer_pass *l);
bb_linear bb_attention_out_of(const bb_layer_pass *l);
bb_linear bb_ffn_in_of(const bb_layer_pass *l); /* the activation adds its bias */
bb_linear bb_ffn_out_of(const bb_layer_pass *l);
bb_norm bb_attention_norm_of(const bb_layer_pass *l);
bb_norm bb_ffn_norm_of(const bb_layer_pass *l);

/* The next `count` floats of a block, or with *next NULL what they add to *floats. */
float *bb_take(float **next, size_t *floats, size_t count);

/* Of rows [N, H]: leaves out; y += x; y = x. */
void bb_drop_rows(bb_pass *p, size_t layer, bb_dropout_site site, float *x);
void bb_add_rows(bb_pass *p, const float *x, float *y);
void bb_copy_rows(bb_pass *p, const float *x, float *y);
/* Of rows [N, F]: z = act(inner + b1); d *= act'(inner + b1). */
void bb_activate_rows(const bb_layer_pass *l, float *z);
void bb_activate_rows_backward(const bb_layer_pass *l, float *d);

#endif
