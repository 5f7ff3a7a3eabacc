/* adamw.h - the optimizer: Loshchilov & Hutter 2019 (arXiv:1711.05101), algorithm 2, in the
 * form of PyTorch's torch.optim.AdamW; gradients clipped as clip_grad_norm_ does; the
 * learning rate as transformers' schedules have it. */
#ifndef BB_ADAMW_H
#define BB_ADAMW_H

#include "train/steps.h"

/* One tensor and its two moments, n numbers each. */
typedef struct bb_trained {
  float *value, *gradient, *first, *second;
  size_t n;
  bool decays; /* matrices; biases and layer norms do not */
} bb_trained;

typedef struct bb_adamw {
  double learning_rate, beta1, beta2, epsilon, decay;
} bb_adamw;

/* beta 0.9 and 0.999, epsilon 1e-8, decay 0.01: Devlin et al. 2019, A.2, and PyTorch. */
bb_adamw bb_adamw_defaults(double learning_rate);

/* The norm of all gradients as one vector. */
double bb_gradient_norm(const bb_steps *s, const bb_trained *tensors, size_t count);
/* What gradients are multiplied with so that their norm is at most `max` (0: no limit). */
double bb_clip_factor(double norm, double max);
/* Step number `step`, from 1: gradients times `factor` move the values. Gradients stay. */
void bb_adamw_step(const bb_steps *s, const bb_adamw *o, uint64_t step, double factor,
                   const bb_trained *tensors, size_t count);

typedef enum bb_schedule_kind {
  BB_SCHEDULE_LINEAR,
  BB_SCHEDULE_COSINE,
  BB_SCHEDULE_CONSTANT,
} bb_schedule_kind;
extern const char *const bb_schedule_names[];

typedef struct bb_schedule {
  bb_schedule_kind kind;
  uint64_t warmup, steps;
} bb_schedule;

/* By what the learning rate of a step (from 0) is multiplied: rising from 0 in a straight
 * line during the warm-up, then falling to 0 at the end, or constant. */
double bb_schedule_at(const bb_schedule *s, uint64_t step);

#endif
