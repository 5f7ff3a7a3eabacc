/* task_heads.c - the layers after the encoder: which tensors they are, and what they
 * compute.
 *
 * A head's names have no "bert." before them, even where the encoder's have. The decoder
 * of the masked-language head is tied to the word embeddings: then the file has no
 * decoder, or a copy of the embeddings, of which none is kept. One that differs is taken
 * as it is, as transformers 5 does. */
#include "model/task_heads.h"

#include <stdio.h>

#include "base/mem.h"
#include "base/status.h"
#include "model/pooling.h"
#include "model/tensor_table.h"

/* clang-format off */
#define AT(member) offsetof(bb_task_heads, member)
static const bb_tensor_row mask_rows[] = {
    BB_TENSOR("cls.predictions.transform.dense.weight",     AT(transform_w),     HIDDEN, HIDDEN),
    BB_TENSOR("cls.predictions.transform.dense.bias",       AT(transform_b),     ONE,    HIDDEN),
    BB_TENSOR("cls.predictions.transform.LayerNorm.weight", AT(transform_gamma), ONE,    HIDDEN),
    BB_TENSOR("cls.predictions.transform.LayerNorm.bias",   AT(transform_beta),  ONE,    HIDDEN),
    BB_TENSOR_OR("cls.predictions.decoder.bias",               AT(decoder_b),       ONE,    VOCABULARY, "cls.predictions.bias"),
};
static const bb_tensor_row distilbert_mask_rows[] = {
    BB_TENSOR("vocab_transform.weight",  AT(transform_w),     HIDDEN, HIDDEN),
    BB_TENSOR("vocab_transform.bias",    AT(transform_b),     ONE,    HIDDEN),
    BB_TENSOR("vocab_layer_norm.weight", AT(transform_gamma), ONE,    HIDDEN),
    BB_TENSOR("vocab_layer_norm.bias",   AT(transform_beta),  ONE,    HIDDEN),
    BB_TENSOR("vocab_projector.bias",    AT(decoder_b),       ONE,    VOCABULARY),
};
static const bb_tensor_row token_rows[] = {
    BB_TENSOR("classifier.weight", AT(token_w), LABELS, HIDDEN),
    BB_TENSOR("classifier.bias",   AT(token_b), ONE,    LABELS),
};
static const bb_tensor_row text_rows[] = {
    BB_TENSOR("classifier.weight", AT(text_w), LABELS, HIDDEN),
    BB_TENSOR("classifier.bias",   AT(text_b), ONE,    LABELS),
};
static const bb_tensor_row distilbert_text_rows[] = {
    BB_TENSOR("pre_classifier.weight", AT(pre_w),  HIDDEN, HIDDEN),
    BB_TENSOR("pre_classifier.bias",   AT(pre_b),  ONE,    HIDDEN),
    BB_TENSOR("classifier.weight",     AT(text_w), LABELS, HIDDEN),
    BB_TENSOR("classifier.bias",       AT(text_b), ONE,    LABELS),
};
static const bb_tensor_row answer_rows[] = {
    BB_TENSOR("qa_outputs.weight", AT(answer_w), TWO, HIDDEN),
    BB_TENSOR("qa_outputs.bias",   AT(answer_b), ONE, TWO),
};
#undef AT

static const char *const decoder_names[] = {
    [BB_FAMILY_BERT] = "cls.predictions.decoder.weight",
    [BB_FAMILY_DISTILBERT] = "vocab_projector.weight",
};

/* A head by its rows, and whether it reads BERT's pooler. */
typedef struct layout {
  const bb_tensor_row *rows;
  size_t count;
  bool pooler;
} layout;

#define ROWS(table) table, sizeof table / sizeof table[0]
/* The head of each task, in BERT and in DistilBERT. An encoder of no declared task may
 * have kept the head that it was trained with: BioBERT's config.json names no
 * architecture. */
static const layout task_heads[][BB_TASK_COUNT] = {
    [BB_FAMILY_BERT] = {
        [BB_TASK_EMBED] = {ROWS(mask_rows), false},
        [BB_TASK_FILL_MASK] = {ROWS(mask_rows), false},
        [BB_TASK_NER] = {ROWS(token_rows), false},
        [BB_TASK_ANSWER] = {ROWS(answer_rows), false},
        [BB_TASK_CLASSIFY] = {ROWS(text_rows), true},
        [BB_TASK_RERANK] = {ROWS(text_rows), true},
    },
    [BB_FAMILY_DISTILBERT] = {
        [BB_TASK_EMBED] = {ROWS(distilbert_mask_rows), false},
        [BB_TASK_FILL_MASK] = {ROWS(distilbert_mask_rows), false},
        [BB_TASK_NER] = {ROWS(token_rows), false},
        [BB_TASK_ANSWER] = {ROWS(answer_rows), false},
        [BB_TASK_CLASSIFY] = {ROWS(distilbert_text_rows), false},
        [BB_TASK_RERANK] = {ROWS(distilbert_text_rows), false},
    },
};
#undef ROWS
/* clang-format on */

static const layout *layout_of(const bb_bert_config *config) {
  return &task_heads[config->family][config->task];
}

bool bb_task_heads_need_pooler(const bb_bert_config *config) {
  return layout_of(config)->pooler;
}

/* Configuration ---------------------------------------------------------------------- */

/* TextClassificationPipeline.postprocess() */
static bb_scoring scoring_of(biobert_str problem, size_t labels) {
  if (bb_str_equal(problem, "regression")) return BB_SCORING_RAW;
  if (bb_str_equal(problem, "multi_label_classification") || labels == 1)
    return BB_SCORING_SIGMOID;
  return BB_SCORING_SOFTMAX;
}

/* CrossEncoder.get_default_activation_fn(): config.json's activation_fn, its key of
 * before release 4, else the sigmoid. There a class that is not PyTorch's own is passed
 * over for the sigmoid, with a warning; here it is an error, since the scores would be
 * others. */
static biobert_status read_rerank(const bb_json_node *root, const char *what,
                                  bb_task_heads *out, biobert_error *err) {
  const bb_json_node *about = bb_json_get(root, "sentence_transformers");
  const bb_json_node *said = bb_json_get(about, "activation_fn");
  if (!said) said = bb_json_get(root, "sbert_ce_default_activation_function");
  return bb_activation_read(said, what, &out->rerank, err);
}

biobert_status bb_task_heads_configure(const bb_json_node *root, const char *what,
                                       const bb_bert_config *config, bb_task_heads *out,
                                       biobert_error *err) {
  biobert_status status = BIOBERT_OK;
  out->rerank = bb_activation_find(bb_str("sigmoid"));
  if (config->task == BB_TASK_RERANK) status = read_rerank(root, what, out, err);
  if (!status && config->labels)
    status = bb_labels_read(config->labels, what, &out->labels, err);
  if (!status)
    out->scoring =
        scoring_of(bb_json_string(bb_json_get(root, "problem_type")), out->labels.count);
  return status;
}

/* Reading ---------------------------------------------------------------------------- */

typedef struct reader {
  bb_tensor_table table;
  const bb_bert_config *config;
  bb_task_heads *heads;
  const char *encoder;          /* before the encoder's names */
  char prefix[BB_PREFIX_BYTES]; /* before the names of the heads */
} reader;

/* "module.bert." leaves "module.", "bert." and "distilbert." nothing. */
static void take_encoder_away(char *prefix) {
  size_t bytes = strlen(prefix);
  if (bytes > 0) bytes--; /* the dot at its end */
  while (bytes > 0 && prefix[bytes - 1] != '.') bytes--;
  prefix[bytes] = '\0';
}

/* words: NULL where the encoder has no floats of them. */
static biobert_status take_decoder(reader *r, const float *words, biobert_error *err) {
  r->heads->decoder_w = words;
  static const bb_tensor_row decoder = {
      "decoder", 0, BB_DIM_VOCABULARY, BB_DIM_HIDDEN, 0, 1, NULL};
  const bb_tensor *tensor =
      bb_table_find(&r->table, "", decoder_names[r->config->family]);
  if (!tensor && words) return BIOBERT_OK;
  if (!tensor) tensor = bb_bert_weights_words(r->table.file, r->encoder);
  biobert_status status = bb_table_check(&r->table, &decoder, tensor, err);
  if (status) return status;
  size_t count = r->config->vocabulary * r->config->hidden;
  float *own = bb_alloc_floats(NULL, count);
  if (!own) return bb_no_memory(err, r->table.what);
  status = bb_weights_read(r->table.file, tensor, own, err);
  if (status || (words && memcmp(own, words, count * sizeof *own) == 0)) {
    bb_free_aligned(NULL, own);
    return status;
  }
  r->heads->decoder_w = r->heads->decoder_memory = own;
  r->heads->bytes += count * sizeof *own;
  return BIOBERT_OK;
}

/* The table's prefix is the reader's own: it must stay where it is. */
static void start_reader(reader *r, const bb_weights *file, const bb_bert_wish *wish,
                         bb_task_heads *heads) {
  const bb_bert_config *c = wish->config;
  *r = (reader){
      .table = {.file = file,
                .what = wish->what,
                .declared = "config.json",
                .prefix = r->prefix,
                .dims = {[BB_DIM_ONE] = 1,
                         [BB_DIM_TWO] = 2,
                         [BB_DIM_HIDDEN] = c->hidden,
                         [BB_DIM_LABELS] = heads ? heads->labels.count : 0,
                         [BB_DIM_VOCABULARY] = c->vocabulary}},
      .config = c,
      .heads = heads,
      .encoder = wish->prefix,
  };
  snprintf(r->prefix, sizeof r->prefix, "%s", wish->prefix);
  take_encoder_away(r->prefix);
}

const char *bb_task_heads_undeclared(const bb_weights *file, const bb_bert_wish *wish) {
  static const char *const names[] = {"classifier.weight", "qa_outputs.weight"};
  reader r;
  start_reader(&r, file, wish, NULL);
  if (wish->config->task != BB_TASK_EMBED) return NULL;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (bb_table_find(&r.table, "", names[i])) return names[i];
  return NULL;
}

biobert_status bb_task_heads_read(const bb_weights *file, const bb_bert_wish *wish,
                                  const bb_bert *bert, bb_task_heads *heads,
                                  biobert_error *err) {
  reader r;
  start_reader(&r, file, wish, heads);
  const layout *l = layout_of(&bert->config);
  if (!bb_table_find(&r.table, "", l->rows[0].name)) return BIOBERT_OK;
  if (l->pooler && !bert->weights.pooler_w) return BIOBERT_OK;
  biobert_status status = bb_table_read(&r.table, "", l->rows, l->count, heads, err);
  if (status) return status;
  heads->memory = bb_alloc_floats(NULL, r.table.floats);
  if (!heads->memory) return bb_no_memory(err, wish->what);
  heads->bytes = r.table.floats * sizeof(float);
  r.table.next = heads->memory;
  status = bb_table_read(&r.table, "", l->rows, l->count, heads, err);
  if (!status && heads->transform_w) status = take_decoder(&r, bert->weights.words, err);
  return status;
}

void bb_task_heads_free(bb_task_heads *heads) {
  bb_labels_free(&heads->labels);
  bb_free_aligned(NULL, heads->memory);
  bb_free_aligned(NULL, heads->decoder_memory);
  *heads = (bb_task_heads){0};
}

/* For training ----------------------------------------------------------------------- */

/* The dimensions that heads have. */
static bb_tensor_table sizes_of(const bb_bert_config *c, const bb_task_heads *heads) {
  return (bb_tensor_table){
      .dims = {[BB_DIM_ONE] = 1,
               [BB_DIM_TWO] = 2,
               [BB_DIM_HIDDEN] = c->hidden,
               [BB_DIM_LABELS] = heads->labels.count,
               [BB_DIM_VOCABULARY] = c->vocabulary}
  };
}

biobert_status bb_task_heads_make(const bb_bert_config *config, const float *words,
                                  bb_task_heads *heads, biobert_error *err) {
  const layout *l = layout_of(config);
  bb_tensor_table table = sizes_of(config, heads);
  table.is_new = true;
  bb_table_read(&table, "", l->rows, l->count, heads, err);
  heads->memory = table.next = bb_alloc_floats(NULL, table.floats);
  if (!heads->memory) return bb_no_memory(err, "training: a task head");
  heads->bytes = table.floats * sizeof(float);
  bb_table_read(&table, "", l->rows, l->count, heads, err);
  if (heads->transform_w) heads->decoder_w = words;
  return BIOBERT_OK;
}

void bb_task_heads_each(const bb_bert_config *config, const bb_task_heads *heads,
                        bb_bert_tensor_fn *fn, void *ctx) {
  const layout *l = layout_of(config);
  const bb_tensor_table sizes = sizes_of(config, heads);
  if (!heads->memory) return;
  for (size_t i = 0; i < l->count; i++) {
    const bb_tensor_row *row = &l->rows[i];
    fn(ctx, &(bb_bert_tensor){
                row->name, *(float *const *)((const char *)heads + row->field),
                sizes.dims[row->rows], sizes.dims[row->cols], row->rows == BB_DIM_ONE});
  }
  if (heads->decoder_memory)
    fn(ctx, &(bb_bert_tensor){decoder_names[config->family], heads->decoder_memory,
                              config->vocabulary, config->hidden, false});
}

biobert_status bb_task_heads_zeros(const bb_bert_config *config,
                                   const bb_task_heads *heads, bb_task_heads *out,
                                   biobert_error *err) {
  const layout *l = layout_of(config);
  bb_task_heads zeros = *heads;
  const size_t decoder = heads->decoder_memory ? config->vocabulary * config->hidden : 0;
  const size_t floats = heads->bytes / sizeof(float) - decoder;
  zeros.memory = bb_alloc_floats(NULL, floats);
  zeros.decoder_memory = decoder ? bb_alloc_floats(NULL, decoder) : NULL;
  if (!zeros.memory || (decoder && !zeros.decoder_memory)) {
    bb_task_heads_free_zeros(&zeros);
    return bb_no_memory(err, "training");
  }
  memset(zeros.memory, 0, floats * sizeof *zeros.memory);
  if (decoder) memset(zeros.decoder_memory, 0, decoder * sizeof *zeros.decoder_memory);
  zeros.decoder_w = zeros.decoder_memory;
  for (size_t i = 0; i < l->count; i++) {
    float **field = (float **)((char *)&zeros + l->rows[i].field);
    if (*field) *field = zeros.memory + (*field - heads->memory);
  }
  *out = zeros;
  return BIOBERT_OK;
}

void bb_task_heads_free_zeros(bb_task_heads *zeros) {
  zeros->labels = (bb_labels){0}; /* borrowed */
  bb_task_heads_free(zeros);
}

/* Computing -------------------------------------------------------------------------- */

/* y = W x, W [n, H]. A head is narrow or has one row to do, so reading its weights is
 * what takes the time: they are not packed. */
static void multiply(const bb_bert *bert, const float *x, const float *w, size_t n,
                     float *y) {
  size_t H = bert->config.hidden;
  for (size_t i = 0; i < n; i++) y[i] = bert->kernels.f32_dot(w + i * H, x, H);
}

/* y = x W^T + b, x [T, H], W [n, H], y [T, n] */
static void linear(const bb_bert *bert, const float *x, size_t tokens, const float *w,
                   const float *b, size_t n, float *y) {
  for (size_t t = 0; t < tokens; t++) {
    multiply(bert, x + t * bert->config.hidden, w, n, y + t * n);
    bert->kernels.f32_axpy(1.0f, b, y + t * n, n);
  }
}

void bb_task_heads_mask(const bb_bert *bert, const bb_task_heads *heads,
                        const float *state, float *hidden, float *logits) {
  const bb_bert_config *c = &bert->config;
  const bb_kernels *k = &bert->kernels;
  size_t H = c->hidden;
  multiply(bert, state, heads->transform_w, H, hidden);
  c->activation->apply(k, hidden, heads->transform_b, H);
  k->f32_layer_norm(hidden, 1, heads->transform_gamma, heads->transform_beta, c->eps,
                    hidden, H);
  linear(bert, hidden, 1, heads->decoder_w, heads->decoder_b, c->vocabulary, logits);
}

void bb_task_heads_tokens(const bb_bert *bert, const bb_task_heads *heads,
                          const float *states, size_t tokens, float *logits) {
  linear(bert, states, tokens, heads->token_w, heads->token_b, heads->labels.count,
         logits);
}

void bb_task_heads_text(const bb_bert *bert, const bb_task_heads *heads,
                        const float *states, float *pooled, float *logits) {
  if (heads->pre_w) { /* DistilBertForSequenceClassification */
    multiply(bert, states, heads->pre_w, bert->config.hidden, pooled);
    bb_activation_find(bb_str("relu"))
        ->apply(&bert->kernels, pooled, heads->pre_b, bert->config.hidden);
  } else {
    bb_pooling_input input = {.bert = bert, .states = states, .count = 1, .end = 1};
    bb_pooling_find("pooler")->pool(&input, pooled);
  }
  linear(bert, pooled, 1, heads->text_w, heads->text_b, heads->labels.count, logits);
}

void bb_task_heads_answer(const bb_bert *bert, const bb_task_heads *heads,
                          const float *states, size_t tokens, float *logits) {
  linear(bert, states, tokens, heads->answer_w, heads->answer_b, 2, logits);
}
