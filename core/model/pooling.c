/* pooling.c - the table of poolings.
 *
 * `mean` counts [CLS] and [SEP], as sentence-transformers does; BioBERT's own
 * run_embedding.py leaves both out, which is `mean_no_special`. Both exist, because both
 * have been published as "mean pooling". */
#include "model/pooling.h"

#include <math.h>
#include <stdio.h>

#include <string.h>

#include "base/names.h"

/* out = factor * sum of the states of tokens first..end */
static void sum_scaled(const bb_pooling_input *in, size_t first, size_t end, float factor,
                       float *out) {
  size_t H = in->bert->config.hidden;
  memset(out, 0, H * sizeof *out);
  for (size_t t = first; t < end; t++)
    in->bert->kernels.f32_axpy(1.0f, in->states + t * H, out, H);
  for (size_t i = 0; i < H; i++) out[i] *= factor;
}

static size_t tokens_in(size_t first, size_t end) {
  return end > first ? end - first : 0;
}

static void pool_mean(const bb_pooling_input *in, float *out) {
  size_t n = tokens_in(in->first, in->end);
  sum_scaled(in, in->first, in->end, n ? 1.0f / (float)n : 0.0f, out);
}

static void pool_mean_sqrt_len(const bb_pooling_input *in, float *out) {
  size_t n = tokens_in(in->first, in->end);
  sum_scaled(in, in->first, in->end, n ? 1.0f / sqrtf((float)n) : 0.0f, out);
}

/* Without the first and the last token of the text, which are [CLS] and [SEP]. */
static bb_pooling_input without_special(const bb_pooling_input *in) {
  bb_pooling_input inside = *in;
  if (inside.first < 1) inside.first = 1;
  if (inside.end == inside.count) inside.end--;
  return inside;
}

static void pool_mean_no_special(const bb_pooling_input *in, float *out) {
  bb_pooling_input inside = without_special(in);
  pool_mean(&inside, out);
}

static void pool_cls(const bb_pooling_input *in, float *out) {
  memcpy(out, in->states, in->bert->config.hidden * sizeof *out);
}

static void pool_max(const bb_pooling_input *in, float *out) {
  size_t H = in->bert->config.hidden;
  if (in->end <= in->first) {
    memset(out, 0, H * sizeof *out);
    return;
  }
  memcpy(out, in->states + in->first * H, H * sizeof *out);
  for (size_t t = in->first + 1; t < in->end; t++)
    for (size_t i = 0; i < H; i++)
      if (in->states[t * H + i] > out[i]) out[i] = in->states[t * H + i];
}

/* tanh(W h_[CLS] + b): BertPooler, trained for next-sentence prediction. */
static void pool_pooler(const bb_pooling_input *in, float *out) {
  size_t H = in->bert->config.hidden;
  const bb_bert_weights *w = &in->bert->weights;
  for (size_t i = 0; i < H; i++)
    out[i] = tanhf(in->bert->kernels.f32_dot(in->states, w->pooler_w + i * H, H) +
                   w->pooler_b[i]);
}

/* Derivatives ------------------------------------------------------------------------ */

static void add_scaled(const bb_pooling_input *in, size_t first, size_t end, float factor,
                       const float *d, float *dstates) {
  size_t H = in->bert->config.hidden;
  for (size_t t = first; t < end; t++)
    in->bert->kernels.f32_axpy(factor, d, dstates + t * H, H);
}

static void mean_backward(const bb_pooling_input *in, const float *d, float *dstates) {
  size_t n = tokens_in(in->first, in->end);
  add_scaled(in, in->first, in->end, n ? 1.0f / (float)n : 0.0f, d, dstates);
}

static void mean_sqrt_len_backward(const bb_pooling_input *in, const float *d,
                                   float *dstates) {
  size_t n = tokens_in(in->first, in->end);
  add_scaled(in, in->first, in->end, n ? 1.0f / sqrtf((float)n) : 0.0f, d, dstates);
}

static void mean_no_special_backward(const bb_pooling_input *in, const float *d,
                                     float *dstates) {
  bb_pooling_input inside = without_special(in);
  mean_backward(&inside, d, dstates);
}

static void cls_backward(const bb_pooling_input *in, const float *d, float *dstates) {
  add_scaled(in, 0, 1, 1.0f, d, dstates);
}

/* To the largest, of equal ones the first. */
static void max_backward(const bb_pooling_input *in, const float *d, float *dstates) {
  size_t H = in->bert->config.hidden;
  for (size_t i = 0; i < H && in->first < in->end; i++) {
    size_t largest = in->first;
    for (size_t t = in->first + 1; t < in->end; t++)
      if (in->states[t * H + i] > in->states[largest * H + i]) largest = t;
    dstates[largest * H + i] += d[i];
  }
}

/* clang-format off */
static const bb_pooling poolings[] = {
    {"mean",            true,  false, pool_mean,            mean_backward},
    {"cls",             false, false, pool_cls,             cls_backward},
    {"max",             true,  false, pool_max,             max_backward},
    {"mean_sqrt_len",   true,  false, pool_mean_sqrt_len,   mean_sqrt_len_backward},
    {"mean_no_special", true,  false, pool_mean_no_special, mean_no_special_backward},
    {"pooler",          false, true,  pool_pooler,          NULL},
};
/* clang-format on */
enum { POOLING_COUNT = sizeof poolings / sizeof poolings[0] };

const bb_pooling *bb_pooling_find(const char *name) {
  for (size_t i = 0; i < POOLING_COUNT; i++)
    if (strcmp(poolings[i].name, name) == 0) return &poolings[i];
  return NULL;
}

static biobert_status not_a_pooling(biobert_str name, biobert_error *err) {
  char quoted[BB_QUOTE_BYTES], list[BB_POOLING_TEXT] = "";
  for (size_t i = 0; i < POOLING_COUNT; i++)
    bb_list_add(list, sizeof list, " ", "%s", poolings[i].name);
  return bb_fail(err, BIOBERT_RANGE, "pooling '%s' is not one of: %s (several: cls+mean)",
                 bb_quote(quoted, name), list);
}

biobert_status bb_pooling_parse(biobert_str text, bb_pooling_list *out,
                                biobert_error *err) {
  bb_pooling_list list = {0};
  const char *at = text.data, *end = text.data + text.len;
  for (;;) {
    const char *plus = memchr(at, '+', (size_t)(end - at));
    biobert_str name = {at, (size_t)((plus ? plus : end) - at)};
    const bb_pooling *found = NULL;
    for (size_t i = 0; i < POOLING_COUNT; i++)
      if (bb_str_equal(name, poolings[i].name)) found = &poolings[i];
    if (!found || list.count == BB_MAX_POOLINGS) return not_a_pooling(text, err);
    list.items[list.count++] = found;
    if (!plus) break;
    at = plus + 1;
  }
  *out = list;
  return BIOBERT_OK;
}

const char *bb_pooling_text(const bb_pooling_list *list, char buffer[BB_POOLING_TEXT]) {
  buffer[0] = '\0';
  for (size_t i = 0; i < list->count; i++)
    bb_list_add(buffer, BB_POOLING_TEXT, "+", "%s", list->items[i]->name);
  return buffer;
}

bool bb_pooling_needs_pooler(const bb_pooling_list *list) {
  for (size_t i = 0; i < list->count; i++)
    if (list->items[i]->needs_pooler) return true;
  return false;
}

bool bb_pooling_over_tokens(const bb_pooling_list *list) {
  for (size_t i = 0; i < list->count; i++)
    if (!list->items[i]->over_tokens) return false;
  return true;
}

size_t bb_pooling_wants(const bb_pooling_list *list) {
  for (size_t i = 0; i < list->count; i++)
    if (list->items[i]->over_tokens) return 0;
  return 1;
}

void bb_pool(const bb_pooling_list *list, const bb_pooling_input *input, float *out) {
  for (size_t i = 0; i < list->count; i++)
    list->items[i]->pool(input, out + i * input->bert->config.hidden);
}

biobert_status bb_pooling_check_trained(const bb_pooling_list *list, biobert_error *err) {
  for (size_t i = 0; i < list->count; i++)
    if (!list->items[i]->backward)
      return bb_fail(err, BIOBERT_UNSUPPORTED,
                     "pooling '%s' cannot be trained: load the model with another, such "
                     "as cls",
                     list->items[i]->name);
  return BIOBERT_OK;
}

void bb_pool_backward(const bb_pooling_list *list, const bb_pooling_input *input,
                      const float *d, float *dstates) {
  for (size_t i = 0; i < list->count; i++)
    list->items[i]->backward(input, d + i * input->bert->config.hidden, dstates);
}
