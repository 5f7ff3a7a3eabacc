/* linear_fit.c - Newton's method for linear classifiers.
 *
 * Legend: w [outputs, columns + 1] weights and intercepts; g gradient, s step, both of w's
 * shape; z [rows, outputs] decision values of w, dz those of a step. */
#include "analysis/linear_fit.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/status.h"

/* Bounds on what a problem of any data may cost; usual are 10 and 30. */
enum { MAX_STEPS = 200, MAX_GRADIENTS = 500, MAX_HALVINGS = 40 };

typedef struct fit {
  const bb_linear_problem *p;
  const bb_call *call;
  size_t parameters, stride;                         /* outputs * stride; columns + 1 */
  double *w, *g, *s, *residual, *direction, *curved; /* [parameters] */
  double *z, *dz, *state;                            /* [rows, outputs] */
  double *small;                                     /* [2 * outputs] */
} fit;

static double inner(const double *a, const double *b, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += a[i] * b[i];
  return sum;
}

void bb_linear_decide(const bb_feature_rows *x, size_t r, const double *weights,
                      size_t outputs, double *z) {
  const size_t columns = bb_feature_columns(x);
  for (size_t k = 0; k < outputs; k++) {
    const double *w = weights + k * (columns + 1);
    z[k] = bb_feature_dot(x, r, w) + w[columns];
  }
}

/* The penalty's derivative times v: v itself, without the intercepts where they are
 * free. */
static void penalise(const fit *f, const double *v, double *out) {
  memcpy(out, v, f->parameters * sizeof *out);
  if (f->p->penalised_intercept) return;
  for (size_t k = 0; k < f->p->outputs; k++) out[(k + 1) * f->stride - 1] = 0;
}

/* out += the rows' sum of per_output x. */
static void add_row(const fit *f, size_t r, const double *per_output, double *out) {
  for (size_t k = 0; k < f->p->outputs; k++) {
    if (per_output[k] == 0) continue;
    bb_feature_add(f->p->x, r, per_output[k], out + k * f->stride);
    out[(k + 1) * f->stride - 1] += per_output[k];
  }
}

static void find_gradient(const fit *f) {
  const bb_linear_problem *p = f->p;
  penalise(f, f->w, f->g);
  for (size_t r = 0; r < p->x->rows; r++) {
    const size_t at = r * p->outputs;
    p->loss->gradient(f->z + at, p->outputs, p->label[r], f->small, f->state + at);
    for (size_t k = 0; k < p->outputs; k++) f->small[k] *= p->cost[r];
    add_row(f, r, f->small, f->g);
  }
}

/* curved = second derivative times direction. */
static void find_curvature(const fit *f, const double *direction) {
  const bb_linear_problem *p = f->p;
  double *dz = f->small, *out = f->small + p->outputs;
  penalise(f, direction, f->curved);
  for (size_t r = 0; r < p->x->rows; r++) {
    const double *state = f->state + r * p->outputs;
    if (p->outputs == 1 && state[0] == 0) continue; /* a row beyond the hinge */
    bb_linear_decide(p->x, r, direction, p->outputs, dz);
    p->loss->curvature(state, p->outputs, dz, out);
    for (size_t k = 0; k < p->outputs; k++) out[k] *= p->cost[r];
    add_row(f, r, out, f->curved);
  }
}

static biobert_status whether_stopped(const fit *f, biobert_error *err) {
  if (f->call && f->call->cancel && f->call->cancel(f->call->cancel_ctx))
    return bb_fail(err, BIOBERT_INTERRUPTED, "interrupted while learning");
  return BIOBERT_OK;
}

/* One iteration: s moves along the direction. residual_sq: |residual|^2, before and
 * after. False: there is no curvature left, and s stays. */
static bool move_along(const fit *f, double *residual_sq) {
  const size_t n = f->parameters;
  const double curvature = inner(f->direction, f->curved, n);
  if (!(curvature > 0)) return false;
  const double length = *residual_sq / curvature;
  for (size_t i = 0; i < n; i++) {
    f->s[i] += length * f->direction[i];
    f->residual[i] -= length * f->curved[i];
  }
  const double after = inner(f->residual, f->residual, n), turn = after / *residual_sq;
  for (size_t i = 0; i < n; i++)
    f->direction[i] = f->residual[i] + turn * f->direction[i];
  *residual_sq = after;
  return true;
}

/* s: an approximate solution of (second derivative) s = -g, until the residual is
 * `accuracy` times |g|. */
static biobert_status find_step(const fit *f, double accuracy, biobert_error *err) {
  for (size_t i = 0; i < f->parameters; i++) {
    f->s[i] = 0;
    f->residual[i] = f->direction[i] = -f->g[i];
  }
  double residual_sq = inner(f->g, f->g, f->parameters);
  const double enough = accuracy * accuracy * residual_sq;
  for (int i = 0; i < MAX_GRADIENTS && residual_sq > enough; i++) {
    biobert_status status = whether_stopped(f, err);
    if (status) return status;
    find_curvature(f, f->direction);
    if (!move_along(f, &residual_sq)) break;
  }
  return BIOBERT_OK;
}

/* What is minimised, at w + length * s. */
static double objective(const fit *f, double length) {
  const bb_linear_problem *p = f->p;
  double sum = 0;
  for (size_t k = 0; k < p->outputs; k++) {
    const size_t free_one = p->penalised_intercept ? 0 : 1;
    for (size_t i = k * f->stride; i < (k + 1) * f->stride - free_one; i++)
      sum += (f->w[i] + length * f->s[i]) * (f->w[i] + length * f->s[i]) / 2;
  }
  for (size_t r = 0; r < p->x->rows; r++) {
    for (size_t k = 0; k < p->outputs; k++)
      f->small[k] = f->z[r * p->outputs + k] + length * f->dz[r * p->outputs + k];
    sum += p->cost[r] * p->loss->value(f->small, p->outputs, p->label[r]);
  }
  return sum;
}

/* Armijo's condition; the constant is liblinear's. False: rounding leaves nothing to
 * gain. */
static bool take_step(const fit *f) {
  const double sufficient = 0.01, slope = inner(f->g, f->s, f->parameters);
  const double before = objective(f, 0);
  double length = 1;
  for (int i = 0; i < MAX_HALVINGS; i++, length /= 2) {
    if (objective(f, length) > before + sufficient * length * slope) continue;
    for (size_t at = 0; at < f->parameters; at++) f->w[at] += length * f->s[at];
    for (size_t at = 0; at < f->p->x->rows * f->p->outputs; at++)
      f->z[at] += length * f->dz[at];
    return slope < 0;
  }
  return false;
}

/* Near the end the objective no longer tells steps apart (its rounding is larger than
 * what they gain), but the gradient does, so one last full step is taken. */
static void take_last_step(const fit *f) {
  for (size_t at = 0; at < f->parameters; at++) f->w[at] += f->s[at];
}

static double gradient_length(const fit *f) {
  find_gradient(f);
  return sqrt(inner(f->g, f->g, f->parameters));
}

static void begin_at(const fit *f, const double *start) {
  if (!start) return;
  memcpy(f->w, start, f->parameters * sizeof *start);
  for (size_t r = 0; r < f->p->x->rows; r++)
    bb_linear_decide(f->p->x, r, f->w, f->p->outputs, f->z + r * f->p->outputs);
}

static biobert_status minimise(const fit *f, biobert_error *err) {
  const bb_linear_problem *p = f->p;
  const double tolerance = p->tolerance > 0 ? p->tolerance : BB_TIGHT;
  const double first = gradient_length(f); /* at 0, from which all count */
  begin_at(f, p->start);
  for (int i = 0; i < MAX_STEPS; i++) {
    const double length = gradient_length(f);
    if (!(length > tolerance * first)) break;
    /* Steps are solved the more exactly, the nearer the end is: convergence is then
     * faster than linear. */
    biobert_status status = find_step(f, fmin(0.1, sqrt(length / first)), err);
    if (status) return status;
    for (size_t r = 0; r < p->x->rows; r++)
      bb_linear_decide(p->x, r, f->s, p->outputs, f->dz + r * p->outputs);
    if (take_step(f)) continue;
    if (length < 1e-5 * first) take_last_step(f);
    break;
  }
  return BIOBERT_OK;
}

/* All arrays in one block. */
static double *divide_block(fit *f) {
  const size_t values = f->p->x->rows * f->p->outputs;
  const size_t total = 5 * f->parameters + 3 * values + 2 * f->p->outputs;
  double *block =
      bb_alloc_zeroed(f->call ? f->call->allocator : NULL, total, sizeof *block);
  double **const arrays[] = {&f->g,      &f->s, &f->residual, &f->direction,
                             &f->curved, &f->z, &f->dz,       &f->state};
  double *at = block;
  for (size_t i = 0; block && i < sizeof arrays / sizeof arrays[0]; i++) {
    *arrays[i] = at;
    at += i < 5 ? f->parameters : values;
  }
  f->small = at;
  return block;
}

biobert_status bb_linear_fit(const bb_linear_problem *p, const bb_call *call,
                             double *weights, biobert_error *err) {
  fit f = {.p = p, .call = call, .w = weights};
  f.stride = bb_feature_columns(p->x) + 1;
  f.parameters = p->outputs * f.stride;
  double *block = divide_block(&f);
  if (!block) return bb_no_memory(err, "a classifier");
  memset(weights, 0, f.parameters * sizeof *weights);
  biobert_status status = minimise(&f, err);
  bb_free(call ? call->allocator : NULL, block);
  return status;
}
