/* test_forward.c - the fast forward pass (model/bert_encode.c) is the plain one
 * (model/bert_forward.c), which is written as the papers have it. Runs from the root of
 * the repository. */
#include "check.h"

#include <math.h>
#include <stdlib.h>

#include "api/model.h"
#include "base/mem.h"
#include "base/status.h"
#include "kernels/int_product.h"
#include "model/bert_encode.h"
#include "model/bert_forward.h"
#include "random.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define GOLDEN "tests/golden/models/"

/* Between two numbers of the last hidden states, which are about 1: float32 sums of up to
 * 400 terms, in another order; measured 4.1e-6. */
static const double F32_ERROR = 2e-5;
/* Between two attention probabilities: measured 6.9e-7. */
static const double ATTENTION_ERROR = 2e-6;
/* int8: 1 - cosine of the states of a token; measured 2.2e-3, in states of 63 numbers
 * after SiLU, which has no rough form. */
static const double INT8_DISTANCE = 5e-3;

static biobert_error err;

/* Comparing -------------------------------------------------------------------------- */

static double largest_difference(const float *a, const float *b, size_t n) {
  double largest = 0;
  for (size_t i = 0; i < n; i++) {
    const double difference = fabs((double)a[i] - (double)b[i]);
    if (!(difference <= largest)) largest = difference; /* NaN counts */
  }
  return largest;
}

/* 1 - cosine of the token whose states differ most. */
static double largest_distance(const float *a, const float *b, size_t tokens, size_t n) {
  double largest = 0;
  for (size_t t = 0; t < tokens; t++, a += n, b += n) {
    double ab = 0, aa = 0, bb = 0;
    for (size_t i = 0; i < n; i++) {
      ab += (double)a[i] * (double)b[i];
      aa += (double)a[i] * (double)a[i];
      bb += (double)b[i] * (double)b[i];
    }
    const double distance = 1 - ab / sqrt(aa * bb);
    if (!(distance <= largest)) largest = distance;
  }
  return largest;
}

/* A model's weights in the three forms: plain, packed float32, int8. */
typedef struct encoders {
  const char *name;
  bb_bert plain, fast, int8;
} encoders;

enum { MAX_TOKENS = 4096 };
static int32_t ids[MAX_TOKENS];
static uint8_t types[MAX_TOKENS];

static void make_tokens(const bb_bert_config *c) {
  if (!CHECK(c->positions <= MAX_TOKENS)) exit(1);
  for (size_t t = 0; t < c->positions; t++) {
    ids[t] = (int32_t)random_below(c->vocabulary);
    types[t] = (uint8_t)random_below(c->types);
  }
}

/* The states by the fast pass; in s->x until the next call. */
static const float *encode(const bb_bert *bert, const bb_input *input, bb_scratch *s,
                           size_t workers, const bb_watch *watch) {
  bb_cancel cancel = {0};
  bb_scratch_free(s);
  CHECK_INT(bb_scratch_init(s, bert, bert->config.positions, workers, NULL, &err),
            BIOBERT_OK);
  CHECK_INT(bb_bert_encode(bert, input, s, &cancel, watch, &err), BIOBERT_OK);
  return s->x;
}

static void compare_lengths(const encoders *e, size_t from, size_t step) {
  const bb_bert_config *c = &e->plain.config;
  float *plain = bb_alloc_floats(NULL, c->positions * c->hidden);
  bb_scratch s = {0};
  make_tokens(c);
  for (size_t count = from; count <= c->positions; count += step) {
    const bb_input input = {ids, types, count, 0};
    const size_t workers = 1 + count % 3, numbers = count * c->hidden;
    CHECK_INT(bb_bert_forward(&e->plain, &input, NULL, plain, &err), BIOBERT_OK);
    const double f32 =
        largest_difference(plain, encode(&e->fast, &input, &s, workers, NULL), numbers);
    const double int8 = largest_distance(
        plain, encode(&e->int8, &input, &s, workers, NULL), count, c->hidden);
    check_context("%s, %zu tokens: f32 %g, int8 %g", e->name, count, f32, int8);
    CHECK(f32 < F32_ERROR);
    CHECK(int8 < INT8_DISTANCE);
  }
  bb_scratch_free(&s);
  bb_free_aligned(NULL, plain);
}

/* Golden models ---------------------------------------------------------------------- */

static biobert_model *open_model(const char *name, const char *options) {
  char path[128];
  biobert_model *model = NULL;
  snprintf(path, sizeof path, GOLDEN "%s", name);
  CHECK_INT(biobert_model_open(bb_str(path), bb_str(options), &model, &err), BIOBERT_OK);
  return model;
}

/* The weights of an open model once more, unpacked. */
static bb_bert read_plain(const char *name, const biobert_model *model) {
  char path[128];
  bb_weights *file = NULL;
  bb_bert plain = model->bert;
  snprintf(path, sizeof path, GOLDEN "%s", name);
  CHECK_INT(bb_weights_open(path, &file, &err), BIOBERT_OK);
  const bb_bert_wish wish = {.what = name,
                             .prefix = model->encoder.text,
                             .config = &model->bert.config,
                             .kernels = &model->bert.kernels,
                             .plain = true};
  CHECK_INT(bb_bert_weights_read(file, &wish, &plain.weights, &err), BIOBERT_OK);
  bb_weights_close(file);
  return plain;
}

static void test_golden(const char *name, size_t from, size_t step) {
  biobert_model *fast = open_model(name, "");
  biobert_model *int8 = open_model(name, "{\"precision\":\"int8\"}");
  if (!CHECK(fast && int8)) return;
  encoders e = {name, read_plain(name, fast), fast->bert, int8->bert};
  compare_lengths(&e, from, step);
  bb_bert_weights_free(&e.plain.weights);
  biobert_model_close(fast);
  biobert_model_close(int8);
}

/* Random weights --------------------------------------------------------------------- */

/* Sizes that fill no panel, no register and no block of int8. */
enum { WORDS = 50, TOKENS = 140, HIDDEN = 63, HEADS = 3, FFN = 394, LAYERS = 2 };
enum { D = HIDDEN / HEADS };

static struct {
  float words[WORDS * HIDDEN], positions[TOKENS * HIDDEN], types[2 * HIDDEN];
  float gamma[HIDDEN], beta[HIDDEN];
} embeddings;

typedef struct layer_numbers {
  float qkv_w[3 * HIDDEN * HIDDEN], attention_w[HIDDEN * HIDDEN];
  float ffn_in_w[FFN * HIDDEN], ffn_out_w[HIDDEN * FFN];
  float qkv_b[3 * HIDDEN], head_b[3 * HIDDEN]; /* head by head: the same */
  float attention_b[HIDDEN], attention_gamma[HIDDEN], attention_beta[HIDDEN];
  float ffn_in_b[FFN], ffn_out_b[HIDDEN], ffn_gamma[HIDDEN], ffn_beta[HIDDEN];
} layer_numbers;

static layer_numbers numbers[LAYERS];
static bb_bert_layer layers[3][LAYERS];

static void fill(float *x, size_t n) {
  for (size_t i = 0; i < n; i++) x[i] = (float)((int64_t)random_u64() >> 40) * 0x1p-24f;
}

static bb_bert_layer plain_layer(layer_numbers *n) {
  return (bb_bert_layer){.qkv_w = n->qkv_w,
                         .qkv_b = n->qkv_b,
                         .attention_w = n->attention_w,
                         .attention_b = n->attention_b,
                         .attention_gamma = n->attention_gamma,
                         .attention_beta = n->attention_beta,
                         .ffn_in_w = n->ffn_in_w,
                         .ffn_in_b = n->ffn_in_b,
                         .ffn_out_w = n->ffn_out_w,
                         .ffn_out_b = n->ffn_out_b,
                         .ffn_gamma = n->ffn_gamma,
                         .ffn_beta = n->ffn_beta};
}

static float *pack(const bb_bert *bert, const float *w, size_t out, size_t in) {
  const bb_shape shape = {in, out};
  const bb_weight_rows rows = {w, in, 0, out};
  const bool int8 = bert->weights.int8;
  float *packed = bb_alloc_floats(
      NULL, (int8 ? bb_i8_packed_floats : bb_packed_floats)(&bert->kernels, shape));
  (int8 ? bb_i8_pack_weights : bb_pack_weights)(&bert->kernels, shape, &rows, packed);
  return packed;
}

/* Query, key and value of each head beside one another. */
static float *pack_heads(const bb_bert *bert, const float *w) {
  const bool int8 = bert->weights.int8;
  const size_t size = bb_bert_head_floats(&bert->config, &bert->kernels, int8);
  float *packed = bb_alloc_floats(NULL, HEADS * size);
  for (size_t third = 0; third < 3; third++)
    for (size_t h = 0; h < HEADS; h++) {
      const bb_weight_rows rows = {w + (third * HIDDEN + h * D) * HIDDEN, HIDDEN,
                                   third * D, D};
      (int8 ? bb_i8_pack_weights : bb_pack_weights)(
          &bert->kernels, (bb_shape){HIDDEN, 3 * D}, &rows, packed + h * size);
    }
  return packed;
}

static bb_bert_layer packed_layer(const bb_bert *bert, layer_numbers *n) {
  bb_bert_layer l = plain_layer(n);
  for (size_t third = 0; third < 3; third++)
    for (size_t i = 0; i < HIDDEN; i++)
      n->head_b[(3 * (i / D) + third) * D + i % D] = n->qkv_b[third * HIDDEN + i];
  l.qkv_w = pack_heads(bert, n->qkv_w);
  l.qkv_b = n->head_b;
  l.attention_w = pack(bert, n->attention_w, HIDDEN, HIDDEN);
  l.ffn_in_w = pack(bert, n->ffn_in_w, FFN, HIDDEN);
  l.ffn_out_w = pack(bert, n->ffn_out_w, HIDDEN, FFN);
  return l;
}

static bb_bert random_bert(const char *activation) {
  bb_bert bert = {
      .config = {.vocabulary = WORDS,
                 .hidden = HIDDEN,
                 .layers = LAYERS,
                 .heads = HEADS,
                 .ffn = FFN,
                 .positions = TOKENS,
                 .types = 2,
                 .eps = 1e-5f,
                 .activation = bb_activation_find(bb_str(activation))},
      .weights = {.words = embeddings.words,
                 .positions = embeddings.positions,
                 .types = embeddings.types,
                 .gamma = embeddings.gamma,
                 .beta = embeddings.beta,
                 .layers = layers[0]}
  };
  bb_kernels_init(&bert.kernels, bb_cpu_detect());
  return bert;
}

static void test_random(const char *activation) {
  static int8_t codes[WORDS * HIDDEN];
  float scales[WORDS];
  fill((float *)&embeddings, sizeof embeddings / sizeof(float));
  fill((float *)numbers, LAYERS * (sizeof *numbers / sizeof(float)));
  const bb_bert bert = random_bert(activation);
  encoders e = {activation, bert, bert, bert};
  e.fast.weights.layers = layers[1];
  e.int8.weights.layers = layers[2];
  e.int8.weights.int8 = true;
  e.int8.weights.words = NULL;
  e.int8.weights.word_codes = codes;
  e.int8.weights.word_scales = scales;
  bert.kernels.i8_codes(embeddings.words, HIDDEN, WORDS, HIDDEN,
                        &(bb_code_rows){codes, HIDDEN, scales, NULL});
  for (size_t i = 0; i < LAYERS; i++) {
    layers[0][i] = plain_layer(&numbers[i]);
    layers[1][i] = packed_layer(&e.fast, &numbers[i]);
    layers[2][i] = packed_layer(&e.int8, &numbers[i]);
  }
  compare_lengths(&e, 1, 1);
  for (size_t form = 1; form < 3; form++)
    for (size_t i = 0; i < LAYERS; i++) {
      bb_free_aligned(NULL, layers[form][i].qkv_w);
      bb_free_aligned(NULL, layers[form][i].attention_w);
      bb_free_aligned(NULL, layers[form][i].ffn_in_w);
      bb_free_aligned(NULL, layers[form][i].ffn_out_w);
    }
}

/* Every layer, and the attention ----------------------------------------------------- */

enum { SHOWN_TOKENS = 21, SHOWN_STATES = SHOWN_TOKENS * 32, SHOWN_LAYERS = 4 };

typedef struct shown {
  size_t tokens, hidden, heads;
  float states[SHOWN_LAYERS][SHOWN_STATES];
  float attention[SHOWN_LAYERS][8][SHOWN_TOKENS * SHOWN_TOKENS];
} shown;

static void keep_layer(void *ctx, size_t layer, const float *states) {
  shown *s = ctx;
  memcpy(s->states[layer], states, s->tokens * s->hidden * sizeof *states);
}

static void keep_attention(void *ctx, const bb_attention *a) {
  shown *s = ctx;
  memcpy(s->attention[a->layer - 1][a->head] + a->first * s->tokens, a->weights,
         a->rows * s->tokens * sizeof *a->weights);
}

static void test_layers(void) {
  static shown plain, fast;
  check_begin("each layer's states and attention are the plain pass's");
  biobert_model *model = open_model("st_mean", "");
  if (!CHECK(model != NULL)) return;
  const bb_bert_config *c = &model->bert.config;
  if (!CHECK(c->hidden * SHOWN_TOKENS <= SHOWN_STATES && c->layers < SHOWN_LAYERS))
    return;
  bb_bert bert = read_plain("st_mean", model);
  bb_scratch s = {0};
  float states[SHOWN_STATES];
  make_tokens(c);
  plain.tokens = fast.tokens = SHOWN_TOKENS;
  plain.hidden = fast.hidden = c->hidden;
  const bb_input input = {ids, types, SHOWN_TOKENS, 0};
  bb_watch watch = {keep_layer, keep_attention, &plain};
  CHECK_INT(bb_bert_forward(&bert, &input, &watch, states, &err), BIOBERT_OK);
  watch.ctx = &fast;
  encode(&model->bert, &input, &s, 2, &watch);
  for (size_t i = 0; i <= c->layers; i++)
    CHECK(largest_difference(plain.states[i], fast.states[i], SHOWN_TOKENS * c->hidden) <
          F32_ERROR);
  for (size_t i = 0; i < c->layers; i++)
    for (size_t h = 0; h < c->heads; h++) {
      const double difference = largest_difference(
          plain.attention[i][h], fast.attention[i][h], SHOWN_TOKENS * SHOWN_TOKENS);
      check_context("layer %zu, head %zu: %g", i + 1, h, difference);
      CHECK(difference < ATTENTION_ERROR);
      CHECK(plain.attention[i][h][0] > 0);
    }
  bb_scratch_free(&s);
  bb_bert_weights_free(&bert.weights);
  biobert_model_close(model);
}

/* Batches ---------------------------------------------------------------------------- */

enum { TEXTS = 17, DIMENSION = 32 };

/* The mean of the states of the plain pass, normalised: what st_mean's files say. */
static void embed_plainly(const bb_bert *bert, biobert_session *s, biobert_str text,
                          float *vector) {
  int32_t *text_ids = NULL;
  size_t count = 0, H = bert->config.hidden;
  uint8_t zeros[64] = {0};
  float states[64 * DIMENSION];
  CHECK_INT(biobert_input_ids(s, text, &text_ids, &count, &err), BIOBERT_OK);
  if (!CHECK(count <= 64 && H == DIMENSION)) return;
  const bb_input input = {text_ids, zeros, count, 0};
  CHECK_INT(bb_bert_forward(bert, &input, NULL, states, &err), BIOBERT_OK);
  memset(vector, 0, H * sizeof *vector);
  for (size_t i = 0; i < count * H; i++) vector[i % H] += states[i] / (float)count;
  biobert_vector_normalize(vector, H, vector);
  biobert_session_release(s, text_ids);
}

static void test_batches(void) {
  static const char text[] = "aspirin inhibits the expression of TNF-alpha in patients "
                             "with stroke and hypertension, which was not known before";
  check_begin("vectors of texts of all lengths in one batch are the plain pass's");
  biobert_model *model =
      open_model("st_mean", "{\"query_prompt\":\"\",\"document_prompt\":\"\"}");
  biobert_session *s = NULL;
  if (!CHECK(model != NULL)) return;
  bb_bert bert = read_plain("st_mean", model);
  CHECK_INT(biobert_session_new(model, NULL, &s, &err), BIOBERT_OK);
  biobert_str texts[TEXTS];
  float batch[TEXTS][DIMENSION], plain[DIMENSION];
  for (size_t i = 0; i < TEXTS; i++)
    texts[i] = (biobert_str){text, i * (sizeof text - 1) / (TEXTS - 1)};
  CHECK_INT(biobert_embed_many(s, texts, TEXTS, BIOBERT_DOCUMENT, batch[0], NULL, &err),
            BIOBERT_OK);
  for (size_t i = 0; i < TEXTS; i++) {
    embed_plainly(&bert, s, texts[i], plain);
    const double difference = largest_difference(plain, batch[i], DIMENSION);
    check_context("%zu bytes: %g", texts[i].len, difference);
    CHECK(difference < F32_ERROR);
  }
  biobert_session_free(s);
  bb_bert_weights_free(&bert.weights);
  biobert_model_close(model);
}

/* What int8 is off by: a probability's code has 15 bits, and the scores that it is of are
 * products of bytes. */
static const double ROW_ERROR = 1e-4, PROBABILITY_ERROR = 0.05;

static float *attention_of(const char *options, const char *text, size_t *tokens) {
  biobert_model *model = open_model("st_mean", options);
  biobert_session *s = NULL;
  float *weights = NULL, *copy = NULL;
  CHECK_INT(biobert_session_new(model, NULL, &s, &err), BIOBERT_OK);
  CHECK_INT(biobert_attention(s, bb_str(text), BIOBERT_ALL, BIOBERT_ALL, &weights, tokens,
                              &err),
            BIOBERT_OK);
  const size_t count = 3 * 4 * *tokens * *tokens; /* layers, heads */
  copy = bb_alloc(NULL, count, sizeof *copy);
  memcpy(copy, weights, count * sizeof *copy);
  biobert_session_release(s, weights);
  biobert_session_free(s);
  biobert_model_close(model);
  return copy;
}

static void test_int8_attention(void) {
  check_begin("int8 shows where it looks: rows of probabilities, near those of floats");
  static const char *const texts[] = {"", "aspirin", "the gene of the virus in cells"};
  for (size_t i = 0; i < COUNT(texts); i++) {
    size_t n = 0, m = 0;
    float *exact = attention_of("", texts[i], &n);
    float *rough = attention_of("{\"precision\":\"int8\"}", texts[i], &m);
    check_context("'%s'", texts[i]);
    CHECK(n == m);
    for (size_t row = 0; row < 3 * 4 * n && n == m; row++) {
      double sum = 0;
      for (size_t u = 0; u < n; u++) sum += (double)rough[row * n + u];
      CHECK(fabs(sum - 1) < ROW_ERROR);
      CHECK(largest_difference(exact + row * n, rough + row * n, n) < PROBABILITY_ERROR);
    }
    bb_free(NULL, exact);
    bb_free(NULL, rough);
  }
}

int main(void) {
  static const char *const small[] = {"st_mean", "distilbert", "gelu_new",
                                      "relu",    "silu",       "eps",
                                      "f16",     "sharded",    "seq_cls"};
  static const char *const activations[] = {"gelu", "gelu_new", "relu", "silu"};
  check_begin(
      "golden models: the fast passes give the plain pass's states, at all lengths");
  for (size_t i = 0; i < COUNT(small); i++) test_golden(small[i], 1, 1);
  check_begin("a golden model of thirty layers does too");
  test_golden("kmers_deep", 1, 7);
  check_begin(
      "random weights: the fast passes give the plain pass's states, at all lengths");
  for (size_t i = 0; i < COUNT(activations); i++) test_random(activations[i]);
  test_layers();
  test_batches();
  test_int8_attention();
  return check_report();
}
