/* bert_weights.c - which tensor goes where, with what shape: one table. */
#include "model/bert_weights.h"

#include <stdio.h>

#include "base/mem.h"
#include "base/status.h"
#include "kernels/int_product.h"

typedef enum dim { ONE, HIDDEN, FFN, VOCABULARY, POSITIONS, TYPES } dim;

/* One tensor: its name behind the prefix, the field it fills, its shape (rows ONE: a
 * vector), and for query, key and value which third of their common field. */
typedef struct row {
  const char *name;
  size_t field;
  dim rows, cols;
  size_t third;
} row;

#define AT(member) offsetof(bb_bert_weights, member)
static const row word_rows[] = {
    {"embeddings.word_embeddings.weight", AT(words), VOCABULARY, HIDDEN, 0},
};
static const row model_rows[] = {
    {"embeddings.position_embeddings.weight", AT(positions), POSITIONS, HIDDEN, 0},
    {"embeddings.LayerNorm.weight",           AT(gamma),     ONE,       HIDDEN, 0},
    {"embeddings.LayerNorm.bias",             AT(beta),      ONE,       HIDDEN, 0},
};
static const row type_rows[] = {
    {"embeddings.token_type_embeddings.weight", AT(types), TYPES, HIDDEN, 0},
};
static const row pooler_rows[] = {
    {"pooler.dense.weight", AT(pooler_w), HIDDEN, HIDDEN, 0},
    {"pooler.dense.bias",   AT(pooler_b), ONE,    HIDDEN, 0},
};
#undef AT

#define AT(member) offsetof(bb_bert_layer, member)
static const row layer_rows[] = {
    {"attention.self.query.weight",       AT(qkv_w),           HIDDEN, HIDDEN, 0},
    {"attention.self.key.weight",         AT(qkv_w),           HIDDEN, HIDDEN, 1},
    {"attention.self.value.weight",       AT(qkv_w),           HIDDEN, HIDDEN, 2},
    {"attention.self.query.bias",         AT(qkv_b),           ONE,    HIDDEN, 0},
    {"attention.self.key.bias",           AT(qkv_b),           ONE,    HIDDEN, 1},
    {"attention.self.value.bias",         AT(qkv_b),           ONE,    HIDDEN, 2},
    {"attention.output.dense.weight",     AT(attention_w),     HIDDEN, HIDDEN, 0},
    {"attention.output.dense.bias",       AT(attention_b),     ONE,    HIDDEN, 0},
    {"attention.output.LayerNorm.weight", AT(attention_gamma), ONE,    HIDDEN, 0},
    {"attention.output.LayerNorm.bias",   AT(attention_beta),  ONE,    HIDDEN, 0},
    {"intermediate.dense.weight",         AT(ffn_in_w),        FFN,    HIDDEN, 0},
    {"intermediate.dense.bias",           AT(ffn_in_b),        ONE,    FFN,    0},
    {"output.dense.weight",               AT(ffn_out_w),       HIDDEN, FFN,    0},
    {"output.dense.bias",                 AT(ffn_out_b),       ONE,    HIDDEN, 0},
    {"output.LayerNorm.weight",           AT(ffn_gamma),       ONE,    HIDDEN, 0},
    {"output.LayerNorm.bias",             AT(ffn_beta),        ONE,    HIDDEN, 0},
};

/* DistilBERT has the same layer under other names. */
static const row distilbert_rows[] = {
    {"attention.q_lin.weight",   AT(qkv_w),           HIDDEN, HIDDEN, 0},
    {"attention.k_lin.weight",   AT(qkv_w),           HIDDEN, HIDDEN, 1},
    {"attention.v_lin.weight",   AT(qkv_w),           HIDDEN, HIDDEN, 2},
    {"attention.q_lin.bias",     AT(qkv_b),           ONE,    HIDDEN, 0},
    {"attention.k_lin.bias",     AT(qkv_b),           ONE,    HIDDEN, 1},
    {"attention.v_lin.bias",     AT(qkv_b),           ONE,    HIDDEN, 2},
    {"attention.out_lin.weight", AT(attention_w),     HIDDEN, HIDDEN, 0},
    {"attention.out_lin.bias",   AT(attention_b),     ONE,    HIDDEN, 0},
    {"sa_layer_norm.weight",     AT(attention_gamma), ONE,    HIDDEN, 0},
    {"sa_layer_norm.bias",       AT(attention_beta),  ONE,    HIDDEN, 0},
    {"ffn.lin1.weight",          AT(ffn_in_w),        FFN,    HIDDEN, 0},
    {"ffn.lin1.bias",            AT(ffn_in_b),        ONE,    FFN,    0},
    {"ffn.lin2.weight",          AT(ffn_out_w),       HIDDEN, FFN,    0},
    {"ffn.lin2.bias",            AT(ffn_out_b),       ONE,    HIDDEN, 0},
    {"output_layer_norm.weight", AT(ffn_gamma),       ONE,    HIDDEN, 0},
    {"output_layer_norm.bias",   AT(ffn_beta),        ONE,    HIDDEN, 0},
};
#undef AT

enum { LAYER_ROWS = sizeof layer_rows / sizeof layer_rows[0] };
_Static_assert(sizeof distilbert_rows == sizeof layer_rows, "one layer, two namings");

/* What stands before the number of a layer, and the names behind it. */
static const struct {
  const char *layers;
  const row *rows;
} families[] = {
    [BB_FAMILY_BERT] = {"encoder.layer.",     layer_rows     },
    [BB_FAMILY_DISTILBERT] = {"transformer.layer.", distilbert_rows},
};

enum { NAME_BYTES = 192 };
static const char anchor[] = "embeddings.word_embeddings.weight";

typedef struct reader {
  const bb_weights *file;
  const char *what;
  const bb_bert_config *config;
  const char *prefix;
  float *next; /* the free part of the block; NULL while sizes are being added up */
  size_t floats;
  const bb_kernels *kernels;
  bool int8, plain;
  float *matrix; /* a layer's largest: where one is read before it is packed */
} reader;

typedef struct words_taker {
  const bb_kernels *kernels;
  size_t hidden;
  int8_t *levels;
  float *scales;
} words_taker;

static size_t dim_of(const reader *r, dim d) {
  switch (d) {
  case ONE:
    return 1;
  case HIDDEN:
    return r->config->hidden;
  case FFN:
    return r->config->ffn;
  case VOCABULARY:
    return r->config->vocabulary;
  case POSITIONS:
    return r->config->positions;
  case TYPES:
    return r->config->types;
  }
  return 0;
}

/* What stands before "embeddings.word_embeddings.weight" stands before all of the
 * encoder's names: "", "bert.", "0.auto_model.", "module.bert.", ... SIZE_MAX: the tensor
 * is none of these. */
static size_t prefix_length(const bb_tensor *tensor) {
  size_t bytes = strlen(tensor->name), anchor_bytes = sizeof anchor - 1;
  if (bytes < anchor_bytes || bytes - anchor_bytes >= BB_PREFIX_BYTES) return SIZE_MAX;
  size_t before = bytes - anchor_bytes;
  if (strcmp(tensor->name + before, anchor) != 0) return SIZE_MAX;
  return before == 0 || tensor->name[before - 1] == '.' ? before : SIZE_MAX;
}

/* "question_encoder" and "question_encoder." begin "question_encoder.bert_model.". */
static bool begins(const char *name, size_t prefix, const char *encoder) {
  size_t bytes = strlen(encoder);
  if (bytes > prefix || memcmp(name, encoder, bytes) != 0) return false;
  return bytes == prefix || bytes == 0 || encoder[bytes - 1] == '.' || name[bytes] == '.';
}

const char *bb_bert_weights_encoders(const bb_weights *file, char *buffer, size_t size) {
  size_t at = 0;
  buffer[0] = '\0';
  for (size_t i = 0; i < file->tensor_count; i++) {
    size_t prefix = prefix_length(&file->tensors[i]);
    if (prefix == SIZE_MAX) continue;
    int bytes = snprintf(buffer + at, size - at, "%s'%.*s'", at ? ", " : "",
                         prefix ? (int)prefix - 1 : 0, file->tensors[i].name);
    if (bytes < 0 || at + (size_t)bytes >= size) {
      buffer[at] = '\0'; /* of so many encoders the first are enough */
      break;
    }
    at += (size_t)bytes;
  }
  return buffer;
}

biobert_status bb_bert_weights_find(const bb_weights *file, const char *what,
                                    const char *encoder, bb_encoder_prefix *out,
                                    biobert_error *err) {
  const bb_tensor *best = NULL;
  size_t length = 0, fitting = 0;
  *out = (bb_encoder_prefix){0};
  for (size_t i = 0; i < file->tensor_count; i++) {
    const bb_tensor *tensor = &file->tensors[i];
    size_t prefix = prefix_length(tensor);
    if (prefix == SIZE_MAX) continue;
    out->choices++;
    if (encoder && !begins(tensor->name, prefix, encoder)) continue;
    fitting++;
    if (best && prefix >= length) continue;
    best = tensor;
    length = prefix;
  }
  if (out->choices == 0)
    return bb_fail(err, BIOBERT_FORMAT,
                   "%s: no tensor ends in %s: these are not the weights of a BERT", what,
                   anchor);
  if (encoder && fitting != 1) {
    char list[256], quoted[BB_QUOTE_BYTES];
    return bb_fail(err, BIOBERT_RANGE,
                   "options: encoder '%s' is the beginning of %zu encoders of %s: %s",
                   bb_quote(quoted, bb_str(encoder)), fitting, what,
                   bb_bert_weights_encoders(file, list, sizeof list));
  }
  memcpy(out->text, best->name, length);
  return BIOBERT_OK;
}

/* pytorch-pretrained-bert wrote LayerNorm.gamma and LayerNorm.beta. */
static const bb_tensor *find_tensor(const reader *r, char name[NAME_BYTES]) {
  const bb_tensor *tensor = bb_weights_find(r->file, name);
  if (tensor) return tensor;
  static const char *const old_names[][2] = {
      {".LayerNorm.weight", ".LayerNorm.gamma"},
      {".LayerNorm.bias",   ".LayerNorm.beta" }
  };
  for (size_t i = 0; i < 2; i++) {
    size_t ending = strlen(old_names[i][0]), bytes = strlen(name);
    if (bytes < ending || strcmp(name + bytes - ending, old_names[i][0]) != 0) continue;
    char old[NAME_BYTES];
    snprintf(old, sizeof old, "%.*s%s", (int)(bytes - ending), name, old_names[i][1]);
    return bb_weights_find(r->file, old);
  }
  return NULL;
}

static biobert_status check_shape(const reader *r, const row *wanted,
                                  const bb_tensor *tensor, biobert_error *err) {
  uint64_t rows = dim_of(r, wanted->rows), cols = dim_of(r, wanted->cols);
  bool fits = wanted->rows == ONE ? tensor->rank == 1 && tensor->shape[0] == cols
                                  : tensor->rank == 2 && tensor->shape[0] == rows &&
                                        tensor->shape[1] == cols;
  if (fits) return BIOBERT_OK;
  char shape[128], expected[64];
  if (wanted->rows == ONE)
    snprintf(expected, sizeof expected, "[%zu]", (size_t)cols);
  else
    snprintf(expected, sizeof expected, "[%zu, %zu]", (size_t)rows, (size_t)cols);
  return bb_fail(err, BIOBERT_FORMAT,
                 "%s: tensor %s has shape %s; the configuration makes it %s", r->what,
                 tensor->name, bb_shape_text(tensor, shape), expected);
}

/* The matrices of a layer are kept packed, and what belongs to query, key and value is
 * shared out among the heads; plain, they stay as they are in the file. */
static bool is_packed(const reader *r, const row *wanted, const char *middle) {
  return !r->plain && wanted->rows != ONE && *middle;
}

static bool is_qkv(const row *wanted, const char *middle) {
  return *middle && (wanted->field == offsetof(bb_bert_layer, qkv_w) ||
                     wanted->field == offsetof(bb_bert_layer, qkv_b));
}

static bool is_heads(const reader *r, const row *wanted, const char *middle) {
  return !r->plain && is_qkv(wanted, middle);
}

static size_t packed_floats(const bb_kernels *k, bool int8, bb_shape shape) {
  return int8 ? bb_i8_packed_floats(k, shape) : bb_packed_floats(k, shape);
}

static bb_shape head_shape(const bb_bert_config *config) {
  return (bb_shape){config->hidden, 3 * (config->hidden / config->heads)};
}

size_t bb_bert_head_floats(const bb_bert_config *config, const bb_kernels *kernels,
                           bool int8) {
  return packed_floats(kernels, int8, head_shape(config));
}

static bb_shape packed_shape(const reader *r, const row *wanted) {
  return (bb_shape){dim_of(r, wanted->cols), dim_of(r, wanted->rows)};
}

static size_t size_of(const reader *r, const row *wanted) {
  return dim_of(r, wanted->rows) * dim_of(r, wanted->cols);
}

/* What a row of a table adds to the block. */
static size_t floats_of(const reader *r, const char *middle, const row *wanted) {
  size_t heads = r->config->heads;
  if (r->plain && is_qkv(wanted, middle))
    return wanted->third ? 0 : 3 * size_of(r, wanted);
  if (!is_packed(r, wanted, middle)) return size_of(r, wanted);
  if (!is_heads(r, wanted, middle))
    return packed_floats(r->kernels, r->int8, packed_shape(r, wanted));
  if (wanted->third > 0) return 0;
  return heads * bb_bert_head_floats(r->config, r->kernels, r->int8);
}

static void pack(const reader *r, bb_shape shape, const bb_weight_rows *from,
                 float *packed) {
  if (r->int8)
    bb_i8_pack_weights(r->kernels, shape, from, packed);
  else
    bb_pack_weights(r->kernels, shape, from, packed);
}

/* Query, key or value of all heads: a matrix [H, H] to pack, or a bias [H]. */
static void share_out(const reader *r, const row *wanted, float *field) {
  size_t heads = r->config->heads, H = r->config->hidden, D = H / heads;
  size_t size = bb_bert_head_floats(r->config, r->kernels, r->int8);
  for (size_t h = 0; h < heads; h++) {
    const float *part = r->matrix + h * D * (wanted->rows == ONE ? 1 : H);
    bb_weight_rows from = {part, H, wanted->third * D, D};
    if (wanted->rows == ONE)
      memcpy(field + (3 * h + wanted->third) * D, part, D * sizeof *field);
    else
      pack(r, head_shape(r->config), &from, field + h * size);
  }
}

/* Through r->matrix to where it belongs. */
static biobert_status read_packed(const reader *r, const row *wanted,
                                  const bb_tensor *tensor, bool heads, float *packed,
                                  biobert_error *err) {
  biobert_status status = bb_weights_read(r->file, tensor, r->matrix, err);
  if (status) return status;
  bb_weight_rows all = {r->matrix, dim_of(r, wanted->cols), 0, dim_of(r, wanted->rows)};
  if (heads)
    share_out(r, wanted, packed);
  else
    pack(r, packed_shape(r, wanted), &all, packed);
  return BIOBERT_OK;
}

/* One row of a table: in the first pass (no memory yet) finds, checks and adds up; in the
 * second reads into the block. `base` is what the field offsets are of. */
static biobert_status take_row(reader *r, const char *middle, const row *wanted,
                               void *base, biobert_error *err) {
  char name[NAME_BYTES];
  snprintf(name, sizeof name, "%s%s%s", r->prefix, middle, wanted->name);
  const bb_tensor *tensor = find_tensor(r, name);
  if (!tensor)
    return bb_fail(err, BIOBERT_FORMAT, "%s: tensor %s is missing", r->what, name);
  size_t count = floats_of(r, middle, wanted);
  if (!r->next) {
    r->floats += count;
    return check_shape(r, wanted, tensor, err);
  }
  float *into = r->next, *field;
  bool heads = is_heads(r, wanted, middle);
  r->next += count;
  if (wanted->third == 0) memcpy((char *)base + wanted->field, &into, sizeof into);
  memcpy(&field, (char *)base + wanted->field, sizeof field);
  if (!heads && !is_packed(r, wanted, middle))
    return bb_weights_read(r->file, tensor, field + wanted->third * size_of(r, wanted),
                           err);
  return read_packed(r, wanted, tensor, heads, field, err);
}

static biobert_status take_rows(reader *r, const char *middle, const row *rows,
                                size_t count, void *base, biobert_error *err) {
  biobert_status status = BIOBERT_OK;
  for (size_t i = 0; i < count && !status; i++)
    status = take_row(r, middle, &rows[i], base, err);
  return status;
}

/* Some rows of the word embeddings, as levels of a scale each. */
static void take_words_rows(void *ctx, size_t first, size_t count, const float *rows) {
  const words_taker *to = ctx;
  size_t H = to->hidden;
  bb_level_rows levels = {to->levels + first * H, H, to->scales + first, NULL};
  to->kernels->i8_levels(rows, H, count, H, &levels);
}

/* In int8 the word embeddings are bytes, a scale a row: they are half of a small model,
 * and no vector is the worse for it (cosine to f32 .99939 with and without). */
static biobert_status take_words(reader *r, bb_bert_weights *out, biobert_error *err) {
  if (!r->int8) return take_rows(r, "", word_rows, 1, out, err);
  size_t V = r->config->vocabulary, H = r->config->hidden;
  size_t levels = (V * H + sizeof *r->next - 1) / sizeof *r->next;
  const bb_tensor *tensor = bb_bert_weights_words(r->file, r->prefix);
  if (!r->next) {
    r->floats += V + levels;
    return check_shape(r, word_rows, tensor, err);
  }
  out->word_scales = r->next;
  out->word_levels = (int8_t *)(r->next + V);
  r->next += V + levels;
  words_taker to = {r->kernels, H, out->word_levels, out->word_scales};
  return bb_weights_read_rows(r->file, tensor, take_words_rows, &to, err);
}

/* Where the weights have no token types: a row of zeros, which adds nothing. */
static biobert_status take_types(reader *r, bb_bert_weights *out, biobert_error *err) {
  const size_t bytes = r->config->hidden * sizeof *r->next;
  if (!r->config->no_types) return take_rows(r, "", type_rows, 1, out, err);
  if (!r->next) {
    r->floats += r->config->hidden;
    return BIOBERT_OK;
  }
  memset(r->next, 0, bytes);
  out->types = r->next;
  r->next += r->config->hidden;
  return BIOBERT_OK;
}

static biobert_status take_all(reader *r, bool with_pooler, bb_bert_weights *out,
                               biobert_error *err) {
  biobert_status status = take_words(r, out, err);
  if (!status)
    status =
        take_rows(r, "", model_rows, sizeof model_rows / sizeof model_rows[0], out, err);
  if (!status) status = take_types(r, out, err);
  for (size_t i = 0; i < r->config->layers && !status; i++) {
    char middle[48];
    snprintf(middle, sizeof middle, "%s%zu.", families[r->config->family].layers, i);
    status = take_rows(r, middle, families[r->config->family].rows, LAYER_ROWS,
                       &out->layers[i], err);
  }
  if (with_pooler && !status)
    status = take_rows(r, "", pooler_rows, sizeof pooler_rows / sizeof pooler_rows[0],
                       out, err);
  return status;
}

/* Another layer than the configuration declares means that the two do not belong
 * together. */
static biobert_status check_layer_count(const reader *r, biobert_error *err) {
  char name[NAME_BYTES];
  snprintf(name, sizeof name, "%s%s%zu.%s", r->prefix, families[r->config->family].layers,
           r->config->layers, families[r->config->family].rows[0].name);
  if (!bb_weights_find(r->file, name)) return BIOBERT_OK;
  return bb_fail(err, BIOBERT_FORMAT,
                 "%s: has more layers than the %zu that the configuration declares",
                 r->what, r->config->layers);
}

biobert_status bb_bert_weights_read(const bb_weights *file, const bb_bert_wish *wish,
                                    bb_bert_weights *out, biobert_error *err) {
  const bb_bert_config *config = wish->config;
  const char *what = wish->what;
  reader r = {.file = file,
              .what = what,
              .config = config,
              .prefix = wish->prefix,
              .kernels = wish->kernels,
              .int8 = wish->int8,
              .plain = wish->plain};
  bb_bert_weights w = {.int8 = wish->int8};
  w.layers = bb_alloc_zeroed(NULL, config->layers, sizeof *w.layers);
  if (!w.layers) return bb_no_memory(err, what);
  biobert_status status = check_layer_count(&r, err);
  if (!status) status = take_all(&r, wish->with_pooler, &w, err);
  if (status) goto done;
  size_t widest = config->ffn > config->hidden ? config->ffn : config->hidden;
  r.matrix = bb_alloc_floats(NULL, widest * config->hidden);
  w.memory = bb_alloc_floats(NULL, r.floats);
  if (!w.memory || !r.matrix) {
    status = bb_fail(err, BIOBERT_NOMEM, "%s: out of memory: the weights take %zu MB",
                     what, r.floats * sizeof(float) / 1000000);
    goto done;
  }
  w.bytes = r.floats * sizeof(float);
  bb_want_large_pages(w.memory, w.bytes);
  r.next = w.memory;
  status = take_all(&r, wish->with_pooler, &w, err);
  if (status) goto done;
  *out = w;
  w = (bb_bert_weights){0};

done:
  bb_free_aligned(NULL, r.matrix);
  bb_bert_weights_free(&w);
  return status;
}

void bb_bert_weights_free(bb_bert_weights *w) {
  bb_free(NULL, w->layers);
  bb_free_aligned(NULL, w->memory);
  *w = (bb_bert_weights){0};
}

static const bb_tensor *find_named(const bb_weights *file, const char *prefix,
                                   const char *name) {
  char whole[NAME_BYTES];
  snprintf(whole, sizeof whole, "%s%s", prefix, name);
  return bb_weights_find(file, whole);
}

const bb_tensor *bb_bert_weights_words(const bb_weights *file, const char *prefix) {
  return find_named(file, prefix, anchor);
}

bool bb_bert_weights_has_pooler(const bb_weights *file, const char *prefix) {
  return find_named(file, prefix, pooler_rows[0].name) != NULL;
}
