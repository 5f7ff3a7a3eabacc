/* activations.c - transformers' activations.py, and their derivatives. */
#include "model/activations.h"

#include <stdio.h>
#include <string.h>

#include "base/status.h"
#include "kernels/vector_math.h"

static const float SQRT_2_OVER_PI = 0.79788456080286535588f;

static void apply_gelu(const bb_kernels *k, float *x, const float *bias, size_t n) {
  k->f32_bias_gelu(x, bias, n);
}

static void apply_rough_gelu(const bb_kernels *k, float *x, const float *bias, size_t n) {
  k->f32_bias_rough_gelu(x, bias, n);
}

/* The tanh form: Hendrycks & Gimpel 2016, section 2. */
static void apply_gelu_tanh(const bb_kernels *k, float *x, const float *bias, size_t n) {
  (void)k;
  for (size_t i = 0; i < n; i++) {
    float v = x[i] + bias[i];
    x[i] = 0.5f * v * (1.0f + bb_tanh(SQRT_2_OVER_PI * (v + 0.044715f * v * v * v)));
  }
}

static void apply_quick_gelu(const bb_kernels *k, float *x, const float *bias, size_t n) {
  (void)k;
  for (size_t i = 0; i < n; i++) {
    float v = x[i] + bias[i];
    x[i] = v * bb_sigmoid(1.702f * v);
  }
}

static void apply_relu(const bb_kernels *k, float *x, const float *bias, size_t n) {
  (void)k;
  for (size_t i = 0; i < n; i++) {
    float v = x[i] + bias[i];
    x[i] = v < 0 ? 0 : v;
  }
}

static void apply_silu(const bb_kernels *k, float *x, const float *bias, size_t n) {
  (void)k;
  for (size_t i = 0; i < n; i++) {
    float v = x[i] + bias[i];
    x[i] = v * bb_sigmoid(v);
  }
}

static void apply_sigmoid(const bb_kernels *k, float *x, const float *bias, size_t n) {
  (void)k;
  for (size_t i = 0; i < n; i++) x[i] = bb_sigmoid(x[i] + bias[i]);
}

static void apply_tanh(const bb_kernels *k, float *x, const float *bias, size_t n) {
  (void)k;
  for (size_t i = 0; i < n; i++) x[i] = bb_tanh(x[i] + bias[i]);
}

static void apply_identity(const bb_kernels *k, float *x, const float *bias, size_t n) {
  (void)k;
  for (size_t i = 0; i < n; i++) x[i] += bias[i];
}

/* Derivatives ------------------------------------------------------------------------ */

static void gelu_backward(const bb_kernels *k, float *d, const float *x,
                          const float *bias, size_t n) {
  k->f32_bias_gelu_backward(d, x, bias, n);
}

static void gelu_tanh_backward(const bb_kernels *k, float *d, const float *x,
                               const float *bias, size_t n) {
  (void)k;
  for (size_t i = 0; i < n; i++) {
    float v = x[i] + bias[i], square = v * v;
    float t = bb_tanh(SQRT_2_OVER_PI * (v + 0.044715f * v * square));
    float slope = SQRT_2_OVER_PI * (1.0f + 3 * 0.044715f * square);
    d[i] *= 0.5f * (1.0f + t) + 0.5f * v * (1.0f - t * t) * slope;
  }
}

/* Of v * sigmoid(a * v). */
static float sigmoid_product_slope(float v, float a) {
  float s = bb_sigmoid(a * v);
  return s + a * v * s * (1.0f - s);
}

static void quick_gelu_backward(const bb_kernels *k, float *d, const float *x,
                                const float *bias, size_t n) {
  (void)k;
  for (size_t i = 0; i < n; i++) d[i] *= sigmoid_product_slope(x[i] + bias[i], 1.702f);
}

static void silu_backward(const bb_kernels *k, float *d, const float *x,
                          const float *bias, size_t n) {
  (void)k;
  for (size_t i = 0; i < n; i++) d[i] *= sigmoid_product_slope(x[i] + bias[i], 1.0f);
}

static void relu_backward(const bb_kernels *k, float *d, const float *x,
                          const float *bias, size_t n) {
  (void)k;
  for (size_t i = 0; i < n; i++) d[i] = x[i] + bias[i] > 0 ? d[i] : 0;
}

static void tanh_backward(const bb_kernels *k, float *d, const float *x,
                          const float *bias, size_t n) {
  (void)k;
  for (size_t i = 0; i < n; i++) {
    float t = bb_tanh(x[i] + bias[i]);
    d[i] *= 1.0f - t * t;
  }
}

static void sigmoid_backward(const bb_kernels *k, float *d, const float *x,
                             const float *bias, size_t n) {
  (void)k;
  for (size_t i = 0; i < n; i++) {
    float s = bb_sigmoid(x[i] + bias[i]);
    d[i] *= s * (1.0f - s);
  }
}

static void identity_backward(const bb_kernels *k, float *d, const float *x,
                              const float *bias, size_t n) {
  (void)k;
  (void)d;
  (void)x;
  (void)bias;
  (void)n;
}

/* clang-format off */
static const bb_activation activations[] = {
    {"gelu",                                  apply_gelu,       apply_rough_gelu, gelu_backward},
    {"gelu_python",                           apply_gelu,       apply_rough_gelu, gelu_backward},
    {"gelu_new",                              apply_gelu_tanh,  NULL,             gelu_tanh_backward},
    {"gelu_pytorch_tanh",                     apply_gelu_tanh,  NULL,             gelu_tanh_backward},
    {"gelu_fast",                             apply_gelu_tanh,  NULL,             gelu_tanh_backward},
    {"quick_gelu",                            apply_quick_gelu, NULL,             quick_gelu_backward},
    {"relu",                                  apply_relu,       NULL,             relu_backward},
    {"silu",                                  apply_silu,       NULL,             silu_backward},
    {"swish",                                 apply_silu,       NULL,             silu_backward},
    {"tanh",                                  apply_tanh,       NULL,             tanh_backward},
    {"sigmoid",                               apply_sigmoid,    NULL,             sigmoid_backward},
    {"linear",                                apply_identity,   NULL,             identity_backward},
    {"torch.nn.modules.activation.Tanh",      apply_tanh,       NULL,             tanh_backward},
    {"torch.nn.modules.activation.ReLU",      apply_relu,       NULL,             relu_backward},
    {"torch.nn.modules.activation.GELU",      apply_gelu,       apply_rough_gelu, gelu_backward},
    {"torch.nn.modules.activation.SiLU",      apply_silu,       NULL,             silu_backward},
    {"torch.nn.modules.activation.Sigmoid",   apply_sigmoid,    NULL,             sigmoid_backward},
    {"torch.nn.modules.linear.Identity",      apply_identity,   NULL,             identity_backward},
};
/* clang-format on */

/* PyTorch's classes can be named by every module that exports them: torch.nn.Identity and
 * torch.nn.modules.Identity are torch.nn.modules.linear.Identity. */
static bool is_exported_as(const char *name, biobert_str as) {
  static const char *const modules[] = {"torch.nn.", "torch.nn.modules."};
  if (strncmp(name, modules[1], strlen(modules[1])) != 0) return false;
  for (size_t i = 0; i < sizeof modules / sizeof modules[0]; i++) {
    char exported[48];
    snprintf(exported, sizeof exported, "%s%s", modules[i], strrchr(name, '.') + 1);
    if (bb_str_equal(as, exported)) return true;
  }
  return false;
}

const bb_activation *bb_activation_find(biobert_str name) {
  for (size_t i = 0; i < sizeof activations / sizeof activations[0]; i++)
    if (bb_str_equal(name, activations[i].name) ||
        is_exported_as(activations[i].name, name))
      return &activations[i];
  return NULL;
}

const char *bb_activation_class(const bb_activation *activation) {
  for (size_t i = 0; i < sizeof activations / sizeof activations[0]; i++)
    if (activations[i].apply == activation->apply && strchr(activations[i].name, '.'))
      return activations[i].name;
  return NULL;
}

biobert_status bb_activation_read(const bb_json_node *node, const char *what,
                                  const bb_activation **out, biobert_error *err) {
  biobert_str name = bb_json_string(node);
  char key[BB_QUOTE_BYTES], quoted[BB_QUOTE_BYTES];
  if (bb_json_kind_of(node) == BB_JSON_NULL) return BIOBERT_OK;
  const bb_activation *found = name.data ? bb_activation_find(name) : NULL;
  if (!found)
    return bb_fail(err, BIOBERT_UNSUPPORTED,
                   "%s: %s '%s' is not known: Identity, Sigmoid, Tanh, ReLU, GELU and "
                   "SiLU of torch.nn are",
                   what, bb_quote(key, bb_json_key(node)),
                   bb_quote(quoted, name.data ? name : bb_str("?")));
  *out = found;
  return BIOBERT_OK;
}
