/* bert_weights.c - which tensor goes where, with what shape: one table. Its reader is in
 * tensor_table.c. */
#include "model/bert_weights.h"

#include <stdio.h>

#include "base/mem.h"
#include "base/os.h"
#include "base/status.h"
#include "kernels/int_product.h"
#include "model/tensor_table.h"

/* clang-format off */
#define AT(member) offsetof(bb_bert_weights, member)
static const bb_tensor_row word_rows[] = {
    BB_TENSOR("embeddings.word_embeddings.weight", AT(words), VOCABULARY, HIDDEN),
};
static const bb_tensor_row model_rows[] = {
    BB_TENSOR("embeddings.position_embeddings.weight", AT(positions), POSITIONS, HIDDEN),
    BB_TENSOR("embeddings.LayerNorm.weight",           AT(gamma),     ONE,       HIDDEN),
    BB_TENSOR("embeddings.LayerNorm.bias",             AT(beta),      ONE,       HIDDEN),
};
static const bb_tensor_row type_rows[] = {
    BB_TENSOR("embeddings.token_type_embeddings.weight", AT(types), TYPES, HIDDEN),
};
static const bb_tensor_row pooler_rows[] = {
    BB_TENSOR("pooler.dense.weight", AT(pooler_w), HIDDEN, HIDDEN),
    BB_TENSOR("pooler.dense.bias",   AT(pooler_b), ONE,    HIDDEN),
};
#undef AT

#define AT(member) offsetof(bb_bert_layer, member)
static const bb_tensor_row layer_rows[] = {
    BB_TENSOR_PART("attention.self.query.weight",       AT(qkv_w),           HIDDEN, HIDDEN, 0),
    BB_TENSOR_PART("attention.self.key.weight",         AT(qkv_w),           HIDDEN, HIDDEN, 1),
    BB_TENSOR_PART("attention.self.value.weight",       AT(qkv_w),           HIDDEN, HIDDEN, 2),
    BB_TENSOR_PART("attention.self.query.bias",         AT(qkv_b),           ONE,    HIDDEN, 0),
    BB_TENSOR_PART("attention.self.key.bias",           AT(qkv_b),           ONE,    HIDDEN, 1),
    BB_TENSOR_PART("attention.self.value.bias",         AT(qkv_b),           ONE,    HIDDEN, 2),
    BB_TENSOR("attention.output.dense.weight",     AT(attention_w),     HIDDEN, HIDDEN),
    BB_TENSOR("attention.output.dense.bias",       AT(attention_b),     ONE,    HIDDEN),
    BB_TENSOR("attention.output.LayerNorm.weight", AT(attention_gamma), ONE,    HIDDEN),
    BB_TENSOR("attention.output.LayerNorm.bias",   AT(attention_beta),  ONE,    HIDDEN),
    BB_TENSOR("intermediate.dense.weight",         AT(ffn_in_w),        FFN,    HIDDEN),
    BB_TENSOR("intermediate.dense.bias",           AT(ffn_in_b),        ONE,    FFN),
    BB_TENSOR("output.dense.weight",               AT(ffn_out_w),       HIDDEN, FFN),
    BB_TENSOR("output.dense.bias",                 AT(ffn_out_b),       ONE,    HIDDEN),
    BB_TENSOR("output.LayerNorm.weight",           AT(ffn_gamma),       ONE,    HIDDEN),
    BB_TENSOR("output.LayerNorm.bias",             AT(ffn_beta),        ONE,    HIDDEN),
};

/* DistilBERT has the same layer under other names. */
static const bb_tensor_row distilbert_rows[] = {
    BB_TENSOR_PART("attention.q_lin.weight",   AT(qkv_w),           HIDDEN, HIDDEN, 0),
    BB_TENSOR_PART("attention.k_lin.weight",   AT(qkv_w),           HIDDEN, HIDDEN, 1),
    BB_TENSOR_PART("attention.v_lin.weight",   AT(qkv_w),           HIDDEN, HIDDEN, 2),
    BB_TENSOR_PART("attention.q_lin.bias",     AT(qkv_b),           ONE,    HIDDEN, 0),
    BB_TENSOR_PART("attention.k_lin.bias",     AT(qkv_b),           ONE,    HIDDEN, 1),
    BB_TENSOR_PART("attention.v_lin.bias",     AT(qkv_b),           ONE,    HIDDEN, 2),
    BB_TENSOR("attention.out_lin.weight", AT(attention_w),     HIDDEN, HIDDEN),
    BB_TENSOR("attention.out_lin.bias",   AT(attention_b),     ONE,    HIDDEN),
    BB_TENSOR("sa_layer_norm.weight",     AT(attention_gamma), ONE,    HIDDEN),
    BB_TENSOR("sa_layer_norm.bias",       AT(attention_beta),  ONE,    HIDDEN),
    BB_TENSOR("ffn.lin1.weight",          AT(ffn_in_w),        FFN,    HIDDEN),
    BB_TENSOR("ffn.lin1.bias",            AT(ffn_in_b),        ONE,    FFN),
    BB_TENSOR("ffn.lin2.weight",          AT(ffn_out_w),       HIDDEN, FFN),
    BB_TENSOR("ffn.lin2.bias",            AT(ffn_out_b),       ONE,    HIDDEN),
    BB_TENSOR("output_layer_norm.weight", AT(ffn_gamma),       ONE,    HIDDEN),
    BB_TENSOR("output_layer_norm.bias",   AT(ffn_beta),        ONE,    HIDDEN),
};
#undef AT

/* clang-format on */

enum { LAYER_ROWS = sizeof layer_rows / sizeof layer_rows[0] };
_Static_assert(sizeof distilbert_rows == sizeof layer_rows, "one layer, two namings");

/* The names before the number of a layer, and the rows after it. */
static const struct {
  const char *layers;
  const bb_tensor_row *rows;
} families[] = {
    [BB_FAMILY_BERT] = {"encoder.layer.",     layer_rows     },
    [BB_FAMILY_DISTILBERT] = {"transformer.layer.", distilbert_rows},
};

#define DIMS(c)                                                                          \
  {                                                                                      \
    [BB_DIM_ONE] = 1, [BB_DIM_HIDDEN] = (c)->hidden, [BB_DIM_FFN] = (c)->ffn,            \
    [BB_DIM_VOCABULARY] = (c)->vocabulary, [BB_DIM_POSITIONS] = (c)->positions,          \
    [BB_DIM_TYPES] = (c)->types                                                          \
  }

enum { NAME_BYTES = 192 };
static const char anchor[] = "embeddings.word_embeddings.weight";

typedef struct reader {
  bb_tensor_table table;
  const bb_bert_config *config;
  const bb_kernels *kernels;
  bool int8;
  float *matrix; /* a layer's largest: where one is read before it is packed */
} reader;

typedef struct words_taker {
  const bb_kernels *kernels;
  size_t hidden;
  int8_t *codes;
  float *scales;
} words_taker;

/* The prefix of "embeddings.word_embeddings.weight" is that of all of the encoder's
 * names: "", "bert.", "0.auto_model.", "module.bert.", ... SIZE_MAX: the tensor is none
 * of these. */
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

/* The matrices of a layer are kept packed, and those of query, key and value, with their
 * biases, head by head. */
static bool is_qkv(const bb_tensor_row *row) {
  return row->parts == 3;
}

static bb_shape packed_shape(const reader *r, const bb_tensor_row *row) {
  return (bb_shape){r->table.dims[row->cols], r->table.dims[row->rows]};
}

static size_t packed_row_floats(const void *ctx, const bb_tensor_row *row) {
  const reader *r = ctx;
  if (row->part > 0) return 0;
  if (row->rows == BB_DIM_ONE) return row->parts * bb_table_size(&r->table, row);
  if (!is_qkv(row)) return packed_floats(r->kernels, r->int8, packed_shape(r, row));
  return r->config->heads * bb_bert_head_floats(r->config, r->kernels, r->int8);
}

static void pack(const reader *r, bb_shape shape, const bb_weight_rows *from,
                 float *packed) {
  (r->int8 ? bb_i8_pack_weights : bb_pack_weights)(r->kernels, shape, from, packed);
}

/* Query, key or value of all heads: a matrix [H, H] to pack, or a bias [H]. */
static void pack_heads(const reader *r, const bb_tensor_row *row, float *field) {
  size_t heads = r->config->heads, H = r->config->hidden, D = H / heads;
  size_t size = bb_bert_head_floats(r->config, r->kernels, r->int8);
  for (size_t h = 0; h < heads; h++) {
    const float *part = r->matrix + h * D * (row->rows == BB_DIM_ONE ? 1 : H);
    bb_weight_rows from = {part, H, row->part * D, D};
    if (row->rows == BB_DIM_ONE)
      memcpy(field + (3 * h + row->part) * D, part, D * sizeof *field);
    else
      pack(r, head_shape(r->config), &from, field + h * size);
  }
}

/* Through r->matrix into its field. */
static biobert_status read_packed_row(const void *ctx, const bb_tensor_row *row,
                                      const bb_tensor *tensor, float *field,
                                      biobert_error *err) {
  const reader *r = ctx;
  if (row->rows == BB_DIM_ONE && !is_qkv(row))
    return bb_weights_read(r->table.file, tensor, field, err);
  biobert_status status = bb_weights_read(r->table.file, tensor, r->matrix, err);
  if (status) return status;
  bb_shape shape = packed_shape(r, row);
  bb_weight_rows all = {r->matrix, shape.depth, 0, shape.columns};
  if (is_qkv(row))
    pack_heads(r, row, field);
  else
    pack(r, shape, &all, field);
  return BIOBERT_OK;
}

/* Some rows of the word embeddings, as codes with a scale per row. */
static void take_word_rows(void *ctx, size_t first, size_t count, const float *rows) {
  const words_taker *to = ctx;
  size_t H = to->hidden;
  bb_code_rows codes = {to->codes + first * H, H, to->scales + first, NULL};
  to->kernels->i8_codes(rows, H, count, H, &codes);
}

/* A table of rows and how many they are. */
#define ROWS(table) table, sizeof table / sizeof table[0]

/* In int8 the word embeddings are bytes, with a scale per row: they are half of a small
 * model, and no vector is the worse for it (cosine to float32 .99939 with and without).
 */
static biobert_status take_words(reader *r, bb_bert_weights *out, biobert_error *err) {
  bb_tensor_table *t = &r->table;
  if (!r->int8) return bb_table_read(&r->table, "", ROWS(word_rows), out, err);
  size_t V = r->config->vocabulary, H = r->config->hidden;
  size_t codes = (V * H + sizeof(float) - 1) / sizeof(float);
  const bb_tensor *tensor = bb_bert_weights_words(t->file, t->prefix);
  if (!t->next) {
    t->floats += V + codes;
    return bb_table_check(t, word_rows, tensor, err);
  }
  out->word_scales = t->next;
  out->word_codes = (int8_t *)(t->next + V);
  t->next += V + codes;
  words_taker to = {r->kernels, H, out->word_codes, out->word_scales};
  return bb_weights_read_rows(t->file, tensor, take_word_rows, &to, err);
}

/* Where the weights have no token types: a row of zeros, which adds nothing. */
static biobert_status take_types(reader *r, bb_bert_weights *out, biobert_error *err) {
  bb_tensor_table *t = &r->table;
  const size_t H = r->config->hidden;
  if (!r->config->no_types)
    return bb_table_read(&r->table, "", ROWS(type_rows), out, err);
  if (!t->next) {
    t->floats += H;
    return BIOBERT_OK;
  }
  memset(t->next, 0, H * sizeof *t->next);
  out->types = t->next;
  t->next += H;
  return BIOBERT_OK;
}

static biobert_status take_layers(reader *r, bool plain, bb_bert_weights *out,
                                  biobert_error *err) {
  const bb_table_form packed = {packed_row_floats, read_packed_row, r};
  biobert_status status = BIOBERT_OK;
  r->table.form = plain ? NULL : &packed;
  for (size_t i = 0; i < r->config->layers && !status; i++) {
    char middle[48];
    snprintf(middle, sizeof middle, "%s%zu.", families[r->config->family].layers, i);
    status = bb_table_read(&r->table, middle, families[r->config->family].rows,
                           LAYER_ROWS, &out->layers[i], err);
  }
  r->table.form = NULL;
  return status;
}

static biobert_status take_all(reader *r, const bb_bert_wish *wish, bb_bert_weights *out,
                               biobert_error *err) {
  biobert_status status = take_words(r, out, err);
  if (!status) status = bb_table_read(&r->table, "", ROWS(model_rows), out, err);
  if (!status) status = take_types(r, out, err);
  if (!status) status = take_layers(r, wish->plain, out, err);
  if (wish->new_pooler) r->table.is_new = true;
  if (!status && wish->with_pooler)
    status = bb_table_read(&r->table, "", ROWS(pooler_rows), out, err);
  return status;
}

/* Another layer than the configuration declares means that the two do not belong
 * together. */
static biobert_status check_layer_count(const reader *r, biobert_error *err) {
  char middle[48];
  snprintf(middle, sizeof middle, "%s%zu.", families[r->config->family].layers,
           r->config->layers);
  if (r->table.is_new ||
      !bb_table_find(&r->table, middle, families[r->config->family].rows[0].name))
    return BIOBERT_OK;
  return bb_fail(err, BIOBERT_FORMAT,
                 "%s: has more layers than the %zu that the configuration declares",
                 r->table.what, r->config->layers);
}

static reader new_reader(const bb_weights *file, const bb_bert_wish *wish) {
  const bb_bert_config *c = wish->config;
  return (reader){
      .table = {.file = file,
                .what = wish->what,
                .declared = "the configuration",
                .prefix = wish->prefix,
                .dims = DIMS(c),
                .is_new = !file},
      .config = c,
      .kernels = wish->kernels,
      .int8 = wish->int8,
  };
}

biobert_status bb_bert_weights_read(const bb_weights *file, const bb_bert_wish *wish,
                                    bb_bert_weights *out, biobert_error *err) {
  const bb_bert_config *config = wish->config;
  const char *what = wish->what;
  reader r = new_reader(file, wish);
  bb_bert_weights w = {.int8 = wish->int8};
  w.layers = bb_alloc_zeroed(NULL, config->layers, sizeof *w.layers);
  if (!w.layers) return bb_no_memory(err, what);
  biobert_status status = check_layer_count(&r, err);
  if (!status) status = take_all(&r, wish, &w, err);
  if (status) goto done;
  size_t widest = config->ffn > config->hidden ? config->ffn : config->hidden;
  r.matrix = bb_alloc_floats(NULL, widest * config->hidden);
  w.memory = bb_alloc_floats(NULL, r.table.floats);
  w.bytes = r.table.floats * sizeof(float);
  if (!w.memory || !r.matrix) {
    status = bb_fail(err, BIOBERT_NOMEM, "%s: out of memory: the weights take %zu MB",
                     what, w.bytes / 1000000);
    goto done;
  }
  bb_os_want_large_pages(w.memory, w.bytes);
  r.table.next = w.memory;
  r.table.is_new = !file;
  status = take_all(&r, wish, &w, err);
  if (status) goto done;
  *out = w;
  w = (bb_bert_weights){0};

done:
  bb_free_aligned(NULL, r.matrix);
  bb_bert_weights_free(&w);
  return status;
}

/* Plain weights, one by one ---------------------------------------------------------- */

typedef struct walk {
  const bb_bert_config *config;
  bb_bert_tensor_fn *fn;
  void *ctx;
} walk;

static void walk_rows(const walk *w, const char *middle, const bb_tensor_row *rows,
                      size_t count, const void *base) {
  const bb_bert_config *c = w->config;
  const bb_tensor_table sizes = {.dims = DIMS(c)};
  for (size_t i = 0; i < count; i++) {
    char name[NAME_BYTES];
    snprintf(name, sizeof name, "%s%s", middle, rows[i].name);
    float *const *field = (float *const *)((const char *)base + rows[i].field);
    bb_bert_tensor tensor = {name, *field, sizes.dims[rows[i].rows],
                             sizes.dims[rows[i].cols], rows[i].rows == BB_DIM_ONE};
    tensor.values += rows[i].part * bb_table_size(&sizes, &rows[i]);
    w->fn(w->ctx, &tensor);
  }
}

void bb_bert_weights_each(const bb_bert_config *config, const bb_bert_weights *w,
                          bb_bert_tensor_fn *fn, void *ctx) {
  const walk all = {config, fn, ctx};
  walk_rows(&all, "", ROWS(word_rows), w);
  walk_rows(&all, "", ROWS(model_rows), w);
  if (!config->no_types) walk_rows(&all, "", ROWS(type_rows), w);
  for (size_t i = 0; i < config->layers; i++) {
    char middle[48];
    snprintf(middle, sizeof middle, "%s%zu.", families[config->family].layers, i);
    walk_rows(&all, middle, families[config->family].rows, LAYER_ROWS, &w->layers[i]);
  }
  if (w->pooler_w) walk_rows(&all, "", ROWS(pooler_rows), w);
}

/* The field at the same place in another block. */
static void move_field(void *base, size_t field, const bb_bert_weights *from,
                       float *memory) {
  float **at = (float **)((char *)base + field);
  if (*at) *at = memory + (*at - from->memory);
}

static void move_rows(const bb_tensor_row *rows, size_t count, void *base,
                      const bb_bert_weights *from, float *memory) {
  for (size_t i = 0; i < count; i++)
    if (rows[i].part == 0) move_field(base, rows[i].field, from, memory);
}

biobert_status bb_bert_weights_zeros(const bb_bert_config *config,
                                     const bb_bert_weights *w, bb_bert_weights *out,
                                     biobert_error *err) {
  bb_bert_weights zeros = *w;
  size_t floats = w->bytes / sizeof(float);
  zeros.layers = bb_alloc(NULL, config->layers, sizeof *zeros.layers);
  zeros.memory = bb_alloc_floats(NULL, floats);
  if (!zeros.layers || !zeros.memory) {
    bb_bert_weights_free(&zeros);
    return bb_no_memory(err, "training");
  }
  memset(zeros.memory, 0, w->bytes);
  memcpy(zeros.layers, w->layers, config->layers * sizeof *zeros.layers);
  move_rows(ROWS(word_rows), &zeros, w, zeros.memory);
  move_rows(ROWS(model_rows), &zeros, w, zeros.memory);
  move_rows(ROWS(type_rows), &zeros, w, zeros.memory);
  move_rows(ROWS(pooler_rows), &zeros, w, zeros.memory);
  for (size_t i = 0; i < config->layers; i++)
    move_rows(families[config->family].rows, LAYER_ROWS, &zeros.layers[i], w,
              zeros.memory);
  *out = zeros;
  return BIOBERT_OK;
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
