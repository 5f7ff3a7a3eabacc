/* test_same_bits.c - one text, one vector, to the bit: on every instruction set, with any
 * number of threads, alone and among others. Runs from the root of the repository. */
#include "check.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/sha256.h"
#include "base/status.h"
#include "kernels/int_product.h"
#include "model/bert_encode.h"
#include "random.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static float random_float(void) {
  return (float)((int64_t)random_u64() >> 40) * 0x1p-24f;
}

static void fill(float *x, size_t count) {
  for (size_t i = 0; i < count; i++) x[i] = random_float();
}

/* The encoder ------------------------------------------------------------------------ */

/* Sizes that fill no panel, no register and no block of int8. */
enum { WORDS = 50, TOKENS = 300, HIDDEN = 63, HEADS = 3, FFN = 394, LAYERS = 2 };

/* Of 1 - cosine between the states of a token in int8 and in f32, these weights being all
 * about equally large: measured 5.9e-5. */
static const double INT8_DISTANCE = 1e-3;
/* The same of up to four tokens, whose states are kept to 16 bits: measured 2.6e-5, and
 * 4.1e-5 of five. */
static const double FEW_DISTANCE = 3.5e-5;

/* What a weights file would have. */
typedef struct layer_numbers {
  float qkv_w[3 * HIDDEN * HIDDEN], attention_w[HIDDEN * HIDDEN];
  float ffn_in_w[FFN * HIDDEN], ffn_out_w[HIDDEN * FFN];
  float vectors[8][3 * HIDDEN + FFN];
} layer_numbers;

static struct {
  float words[WORDS * HIDDEN], positions[TOKENS * HIDDEN], types[2 * HIDDEN];
  float gamma[HIDDEN], beta[HIDDEN];
  layer_numbers layers[LAYERS];
} numbers;

/* w [out, in] packed behind `at`, on one precision's terms; `first` is its first column
 * of a matrix of shape. */
static void pack_into(const bb_bert *bert, bb_shape shape, const float *w, size_t first,
                      size_t count, float *packed) {
  const bb_weight_rows from = {w, shape.depth, first, count};
  (bert->weights.int8 ? bb_i8_pack_weights : bb_pack_weights)(&bert->kernels, shape,
                                                              &from, packed);
}

static float *pack(const bb_bert *bert, const float *w, size_t out, size_t in) {
  bb_shape shape = {in, out};
  float *packed =
      bb_alloc_floats(NULL, (bert->weights.int8 ? bb_i8_packed_floats : bb_packed_floats)(
                                &bert->kernels, shape));
  pack_into(bert, shape, w, 0, out, packed);
  return packed;
}

/* Query, key and value, head by head. */
static float *pack_heads(const bb_bert *bert, const float *w) {
  const size_t D = HIDDEN / HEADS;
  size_t size = bb_bert_head_floats(&bert->config, &bert->kernels, bert->weights.int8);
  float *packed = bb_alloc_floats(NULL, HEADS * size);
  for (size_t third = 0; third < 3; third++)
    for (size_t h = 0; h < HEADS; h++)
      pack_into(bert, (bb_shape){HIDDEN, 3 * D}, w + (third * HIDDEN + h * D) * HIDDEN,
                third * D, D, packed + h * size);
  return packed;
}

static bb_bert_layer make_layer(const bb_bert *bert, layer_numbers *n) {
  return (bb_bert_layer){
      .qkv_w = pack_heads(bert, n->qkv_w),
      .attention_w = pack(bert, n->attention_w, HIDDEN, HIDDEN),
      .ffn_in_w = pack(bert, n->ffn_in_w, FFN, HIDDEN),
      .ffn_out_w = pack(bert, n->ffn_out_w, HIDDEN, FFN),
      .qkv_b = n->vectors[0],
      .attention_b = n->vectors[1],
      .attention_gamma = n->vectors[2],
      .attention_beta = n->vectors[3],
      .ffn_in_b = n->vectors[4],
      .ffn_out_b = n->vectors[5],
      .ffn_gamma = n->vectors[6],
      .ffn_beta = n->vectors[7],
  };
}

static void free_layer(bb_bert_layer *l) {
  bb_free_aligned(NULL, l->qkv_w);
  bb_free_aligned(NULL, l->attention_w);
  bb_free_aligned(NULL, l->ffn_in_w);
  bb_free_aligned(NULL, l->ffn_out_w);
}

/* The hidden states of the first `count` tokens, or of those that are wanted of them
 * (bb_input), on some of the instruction sets and threads. */
static void encode_some(bool int8, unsigned cpu, size_t workers, size_t count,
                        size_t wanted, float *states) {
  static int8_t word_codes[WORDS * HIDDEN];
  float word_scales[WORDS];
  bb_bert_layer layers[LAYERS];
  bb_bert bert = {
      .config = {.vocabulary = WORDS,
                 .hidden = HIDDEN,
                 .layers = LAYERS,
                 .heads = HEADS,
                 .ffn = FFN,
                 .positions = TOKENS,
                 .types = 2,
                 .eps = 1e-12f,
                 .activation = bb_activation_find(bb_str("gelu"))},
      .weights = {.int8 = int8,
                 .words = int8 ? NULL : numbers.words,
                 .word_codes = word_codes,
                 .word_scales = word_scales,
                 .positions = numbers.positions,
                 .types = numbers.types,
                 .gamma = numbers.gamma,
                 .beta = numbers.beta,
                 .layers = layers                                }
  };
  bb_kernels_init(&bert.kernels, cpu);
  bb_code_rows words = {word_codes, HIDDEN, word_scales, NULL};
  bert.kernels.i8_codes(numbers.words, HIDDEN, WORDS, HIDDEN, &words);
  for (size_t i = 0; i < LAYERS; i++) layers[i] = make_layer(&bert, &numbers.layers[i]);
  int32_t ids[TOKENS];
  uint8_t types[TOKENS];
  for (size_t i = 0; i < TOKENS; i++) {
    ids[i] = (int32_t)(i * 7 % WORDS);
    types[i] = i % 5 == 0;
  }
  bb_scratch s = {0};
  bb_cancel cancel = {0};
  bb_input input = {ids, types, count, wanted};
  CHECK_INT(bb_scratch_init(&s, &bert, TOKENS, workers, NULL, NULL), BIOBERT_OK);
  CHECK_INT(bb_bert_encode(&bert, &input, &s, &cancel, NULL, NULL), BIOBERT_OK);
  memcpy(states, s.x, (wanted ? wanted : count) * HIDDEN * sizeof *states);
  bb_scratch_free(&s);
  for (size_t i = 0; i < LAYERS; i++) free_layer(&layers[i]);
}

static void encode(bool int8, unsigned cpu, size_t workers, size_t count, float *states) {
  encode_some(int8, cpu, workers, count, 0, states);
}

/* The largest 1 - cosine of a token of so many. */
static double int8_distance(size_t tokens) {
  static float exact[TOKENS * HIDDEN], states[TOKENS * HIDDEN];
  double max = 0;
  encode(false, 0, 1, tokens, exact);
  encode(true, 0, 1, tokens, states);
  for (size_t t = 0; t < tokens; t++) {
    double xy = 0, xx = 0, yy = 0;
    for (size_t i = t * HIDDEN; i < (t + 1) * HIDDEN; i++) {
      xy += (double)exact[i] * (double)states[i];
      xx += (double)exact[i] * (double)exact[i];
      yy += (double)states[i] * (double)states[i];
    }
    max = fmax(max, 1 - xy / sqrt(xx * yy));
  }
  check_context("%zu tokens, 1 - cosine %g", tokens, max);
  return max;
}

static void test_int8(void) {
  check_begin("hidden states in int8 are near those in f32");
  double max = int8_distance(TOKENS);
  CHECK(max > 0 && max < INT8_DISTANCE);

  check_begin("those of a text of few tokens are nearer still");
  for (size_t tokens = 1; tokens <= 4; tokens++) {
    max = int8_distance(tokens);
    CHECK(max > 0 && max < FEW_DISTANCE);
  }
}

static void test_encoder(bool int8) {
  static const unsigned masks[] = {0,
                                   BB_CPU_AVX2,
                                   BB_CPU_AVX2 | BB_CPU_AVXVNNI,
                                   BB_CPU_AVX2 | BB_CPU_AVX512,
                                   BB_CPU_AVX2 | BB_CPU_AVX512 | BB_CPU_AVX512VNNI,
                                   BB_CPU_NEON};
  static const size_t counts[] = {1, 2, 4, 5, 31, 33, 64, 65, 129, TOKENS};
  static const size_t workers[] = {1, 2, 3, 5, 16};
  static float expected[TOKENS * HIDDEN], actual[TOKENS * HIDDEN];
  check_begin(
      "hidden states have the same bits on every processor and number of threads");
  for (size_t i = 0; i < COUNT(counts); i++) {
    size_t bytes = counts[i] * HIDDEN * sizeof *expected;
    encode(int8, 0, 1, counts[i], expected);
    CHECK(isfinite(expected[0]));
    for (size_t m = 0; m < COUNT(masks); m++) {
      for (size_t w = 0; w < COUNT(workers); w++) {
        encode(int8, masks[m] & bb_cpu_detect(), workers[w], counts[i], actual);
        check_context("%s, %zu tokens, mask %u, %zu threads", int8 ? "int8" : "f32",
                      counts[i], masks[m], workers[w]);
        CHECK(memcmp(actual, expected, bytes) == 0);
      }
    }
  }
}

static void test_wanted(bool int8) {
  static const size_t counts[] = {1, 2, 65, TOKENS}, workers[] = {1, 2, 5, 16};
  static float expected[TOKENS * HIDDEN], actual[TOKENS * HIDDEN];
  check_begin("states have the bits that they have among all, where no more are wanted");
  for (size_t i = 0; i < COUNT(counts); i++) {
    encode(int8, bb_cpu_detect(), 1, counts[i], expected);
    for (size_t w = 0; w < COUNT(workers); w++)
      for (size_t wanted = 1; wanted <= counts[i]; wanted += 1 + wanted * 3 / 4) {
        encode_some(int8, bb_cpu_detect(), workers[w], counts[i], wanted, actual);
        check_context("%s, %zu of %zu tokens, %zu threads", int8 ? "int8" : "f32", wanted,
                      counts[i], workers[w]);
        CHECK(memcmp(actual, expected, wanted * HIDDEN * sizeof *actual) == 0);
      }
  }
}

/* The library ------------------------------------------------------------------------ */

#define MODEL "tests/golden/models/st_mean"
enum { DIMENSION = 32, TEXTS = 23, TEXT_BYTES = 400 };

static char texts[TEXTS][TEXT_BYTES];
static biobert_str views[TEXTS];
static biobert_error err;

/* From empty to longer than the model takes, in no order of length. */
static void write_texts(void) {
  static const char *const words[] = {"aspirin", "the", "gene", "stroke,", "of", "liver"};
  for (size_t i = 0; i < TEXTS; i++) {
    texts[i][0] = '\0';
    for (size_t n = 0; n < i * 11 % 37; n++) {
      strcat(texts[i], words[(i + n * n) % COUNT(words)]);
      strcat(texts[i], " ");
    }
    views[i] = bb_str(texts[i]);
  }
}

static void set(const char *key, const char *value) {
  CHECK_INT(biobert_setting_set(bb_str(key), bb_str(value), &err), BIOBERT_OK);
}

static bool stop(void *ctx) {
  ++*(size_t *)ctx;
  return true;
}

typedef struct opened {
  biobert_model *model;
  biobert_session *session;
} opened;

static opened open_session(const char *precision,
                           const biobert_session_options *options) {
  opened o = {0};
  CHECK_INT(biobert_model_open(bb_str(MODEL), bb_str(precision), &o.model, &err),
            BIOBERT_OK);
  CHECK_INT(biobert_session_new(o.model, options, &o.session, &err), BIOBERT_OK);
  return o;
}

static void close_session(opened *o) {
  biobert_session_free(o->session);
  biobert_model_close(o->model);
}

static void test_many(const char *precision) {
  static const char *const cpus[] = {"scalar", "avx2",       "avxvnni",
                                     "avx512", "avx512vnni", "neon"};
  static const char *const threads[] = {"1", "2", "3"};
  static float expected[TEXTS][DIMENSION], alone[TEXTS][DIMENSION],
      many[TEXTS][DIMENSION];
  biobert_error errors[TEXTS];
  check_begin("vectors have the same bits alone and among others, on every processor");
  for (size_t c = 0; c < COUNT(cpus); c++) {
    if (biobert_setting_set(bb_str("cpu"), bb_str(cpus[c]), &err)) continue;
    opened o = open_session(precision, NULL);
    for (size_t t = 0; t < COUNT(threads); t++) {
      set("threads", threads[t]);
      check_context("%s, %s threads", cpus[c], threads[t]);
      for (size_t i = 0; i < TEXTS; i++)
        CHECK_INT(biobert_embed(o.session, views[i], BIOBERT_DOCUMENT, alone[i], &err),
                  BIOBERT_OK);
      if (c == 0 && t == 0) memcpy(expected, alone, sizeof expected);
      CHECK(memcmp(alone, expected, sizeof expected) == 0);
      for (size_t count = 0; count <= TEXTS; count += count < 4 ? 1 : 19) {
        memset(many, 0, sizeof many);
        CHECK_INT(biobert_embed_many(o.session, views, count, BIOBERT_DOCUMENT, many[0],
                                     count % 2 ? errors : NULL, &err),
                  BIOBERT_OK);
        CHECK(memcmp(many, expected, count * sizeof many[0]) == 0);
        for (size_t i = 0; i < count && count % 2; i++) CHECK(!errors[i].status);
      }
    }
    close_session(&o);
  }
}

/* Bits for all time: those of the file are of another processor, or another day. */
#define HASHES "tests/golden/same_bits.txt"
enum { HEX_CHARS = 2 * BB_SHA256_BYTES + 1 };

static void hash_vectors(const char *precision, char hex[HEX_CHARS]) {
  static float many[TEXTS][DIMENSION];
  opened o = open_session(precision, NULL);
  CHECK_INT(
      biobert_embed_many(o.session, views, TEXTS, BIOBERT_DOCUMENT, many[0], NULL, &err),
      BIOBERT_OK);
  close_session(&o);
  bb_sha256 h;
  unsigned char digest[BB_SHA256_BYTES];
  bb_sha256_init(&h);
  bb_sha256_add(&h, many, sizeof many);
  bb_sha256_end(&h, digest);
  bb_sha256_hex(digest, hex);
}

static void test_hashes(bool write) {
  static const char *const precisions[][2] = {
      {"f32",        ""                                                 },
      {"int8",       "{\"precision\":\"int8\"}"                         },
 /* Without a prompt there are texts of few tokens among them. */
      {"int8_short", "{\"precision\":\"int8\",\"document_prompt\":\"\"}"},
  };
  check_begin("vectors have the bits that " HASHES " has");
  FILE *file = fopen(HASHES, write ? "w" : "r");
  CHECK(file != NULL);
  if (!file) return;
  for (size_t i = 0; i < COUNT(precisions); i++) {
    char hex[HEX_CHARS], name[16] = "", wanted[HEX_CHARS] = "";
    hash_vectors(precisions[i][1], hex);
    if (write) {
      fprintf(file, "%s %s\n", precisions[i][0], hex);
      continue;
    }
    CHECK_INT(fscanf(file, "%15s %64s", name, wanted), 2);
    check_context("%s", precisions[i][0]);
    CHECK(strcmp(name, precisions[i][0]) == 0);
    CHECK(strcmp(hex, wanted) == 0);
  }
  fclose(file);
}

static void test_interrupted(void) {
  check_begin("many texts stop when the session says so");
  static float many[TEXTS][DIMENSION];
  biobert_error errors[TEXTS];
  size_t asked = 0;
  opened o =
      open_session("", &(biobert_session_options){.cancel = stop, .cancel_ctx = &asked});
  set("threads", "2");
  CHECK_INT(
      biobert_embed_many(o.session, views, TEXTS, BIOBERT_QUERY, many[0], errors, &err),
      BIOBERT_INTERRUPTED);
  CHECK(asked > 0 && err.status == BIOBERT_INTERRUPTED);
  close_session(&o);
}

/* --write: the file of hashes anew, after a change of the arithmetic that was meant. */
int main(int argc, char **argv) {
  fill((float *)&numbers, sizeof numbers / sizeof(float));
  write_texts();
  test_encoder(false);
  test_encoder(true);
  test_wanted(false);
  test_wanted(true);
  test_int8();
  test_many("");
  test_many("{\"precision\":\"int8\"}");
  test_hashes(argc > 1 && strcmp(argv[1], "--write") == 0);
  test_interrupted();
  return check_report();
}
