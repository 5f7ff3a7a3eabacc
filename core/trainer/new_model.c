/* new_model.c - options.config to config.json's terms, which its reader checks, and random
 * weights of those sizes. */
#include "trainer/new_model.h"

#include <math.h>
#include <stdio.h>

#include "api/model_write.h"
#include "api/runtime.h"
#include "api/tokenizer_files.h"
#include "base/mem.h"
#include "base/names.h"
#include "base/status.h"
#include "format/json_write.h"
#include "trainer/start.h"

/* Our name, config.json's, and what is meant where it is not said; 0: it must be. */
static const struct {
  const char *key, *theirs;
  int64_t standard;
} sizes[] = {
    {"layers",       "num_hidden_layers",       0  },
    {"hidden",       "hidden_size",             0  },
    {"heads",        "num_attention_heads",     0  },
    {"intermediate", "intermediate_size",       0  },
    {"positions",    "max_position_embeddings", 512},
};
enum { SIZES = sizeof sizes / sizeof *sizes };
static const struct {
  const char *key;
} keys[] = {{"layers"},    {"hidden"},  {"heads"},     {"intermediate"},
            {"positions"}, {"dropout"}, {"lowercase"}, {"vocabulary"}};

typedef struct new_model {
  bb_bert bert;
  bb_task_heads heads;
  bb_tokenizer tokenizer;
  bool lowercase;
  double dropout;
} new_model;

/* Configuration ---------------------------------------------------------------------- */

static biobert_status check_keys(const bb_json_node *root, biobert_error *err) {
  for (const bb_json_node *v = bb_json_first(root); v; v = bb_json_next(v)) {
    bool known = false;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
      known = known || bb_str_equal(bb_json_key(v), keys[i].key);
    if (!known) return bb_not_one_of(err, "config:", bb_json_key(v), BB_NAMES(keys, key));
  }
  return BIOBERT_OK;
}

static biobert_status read_switches(const bb_json_node *root, new_model *m,
                                    biobert_error *err) {
  const bb_json_node *lowercase = bb_json_get(root, "lowercase");
  const bb_json_node *dropout = bb_json_get(root, "dropout");
  m->lowercase = !lowercase || bb_json_is_true(lowercase);
  m->dropout = BB_USUAL_DROPOUT;
  if (lowercase && !m->lowercase && bb_json_kind_of(lowercase) != BB_JSON_FALSE)
    return bb_fail(err, BIOBERT_RANGE, "config: lowercase takes true or false");
  if (dropout &&
      (!bb_json_double(dropout, &m->dropout) || !(m->dropout >= 0 && m->dropout <= 0.9)))
    return bb_fail(err, BIOBERT_RANGE, "config: dropout takes a number from 0 to 0.9");
  return BIOBERT_OK;
}

static biobert_status read_vocabulary(const bb_json_node *root, new_model *m,
                                      biobert_error *err) {
  const biobert_str text = bb_json_string(bb_json_get(root, "vocabulary"));
  if (!text.data)
    return bb_fail(
        err, BIOBERT_RANGE,
        "config: vocabulary takes the text of a vocab.txt, a token a line, such "
        "as biobert_vocabulary() makes");
  biobert_status status = bb_tokenizer_of_vocabulary(
      text, m->lowercase, "config: vocabulary", &m->tokenizer, err);
  if (status == BIOBERT_FORMAT && err) err->status = status = BIOBERT_RANGE;
  return status;
}

/* A key and a number of config.json. */
static void write_size(bb_json_writer *w, const char *key, int64_t value) {
  bb_write_raw(w, ",");
  bb_write_string(w, bb_str(key));
  bb_write_raw(w, ":");
  bb_write_int(w, value);
}

static biobert_status write_sizes(const bb_json_node *root, const new_model *m,
                                  bb_json_writer *w, biobert_error *err) {
  bb_write_raw(w, "{\"model_type\":\"bert\",\"architectures\":[\"BertForMaskedLM\"]");
  for (size_t i = 0; i < SIZES; i++) {
    int64_t value = sizes[i].standard;
    const bb_json_node *node = bb_json_get(root, sizes[i].key);
    if ((node && !bb_json_int(node, &value)) || value < 1)
      return bb_fail(err, BIOBERT_RANGE, "config: %s takes a whole number from 1",
                     sizes[i].key);
    write_size(w, sizes[i].theirs, value);
  }
  write_size(w, "vocab_size", (int64_t)bb_vocab_size(m->tokenizer.vocab));
  write_size(w, "type_vocab_size", 2);
  bb_write_raw(w, "}");
  return BIOBERT_OK;
}

static biobert_status read_sizes(const bb_json_node *root, new_model *m,
                                 biobert_error *err) {
  bb_json_writer w = {0};
  bb_json *json = NULL;
  biobert_status status = write_sizes(root, m, &w, err);
  char *text = bb_writer_take(&w, NULL);
  if (!status && !text) status = bb_no_memory(err, "config");
  if (!status) status = bb_json_parse(bb_str(text), "config", &json, err);
  if (!status)
    status =
        bb_bert_config_read(bb_json_root(json), "config", NULL, &m->bert.config, err);
  if (status == BIOBERT_FORMAT && err) err->status = status = BIOBERT_RANGE;
  bb_json_free(json);
  bb_free(NULL, text);
  return status;
}

static biobert_status read_config(const char *config, new_model *m, biobert_error *err) {
  bb_json *json = NULL;
  biobert_status status = bb_json_parse(bb_str(config), "config", &json, err);
  if (!status) status = check_keys(bb_json_root(json), err);
  if (!status) status = read_switches(bb_json_root(json), m, err);
  if (!status) status = read_vocabulary(bb_json_root(json), m, err);
  if (!status) status = read_sizes(bb_json_root(json), m, err);
  bb_json_free(json);
  return status;
}

/* Weights ---------------------------------------------------------------------------- */

static void make_tensor(void *ctx, const bb_bert_tensor *tensor) {
  bb_new_weights(*(const uint64_t *)ctx, tensor);
}

static biobert_status make_weights(new_model *m, uint64_t seed, biobert_error *err) {
  const bb_bert_config *c = &m->bert.config;
  const bb_bert_wish wish = {.what = "config",
                             .prefix = "",
                             .config = c,
                             .kernels = &m->bert.kernels,
                             .plain = true};
  bb_kernels_init(&m->bert.kernels, bb_runtime_cpu());
  biobert_status status = bb_bert_weights_read(NULL, &wish, &m->bert.weights, err);
  if (!status) status = bb_task_heads_make(c, m->bert.weights.words, &m->heads, err);
  if (status) return status;
  bb_bert_weights_each(c, &m->bert.weights, make_tensor, &seed);
  bb_task_heads_each(c, &m->heads, make_tensor, &seed);
  if (m->tokenizer.pad >= 0) /* PyTorch's padding_idx */
    memset(m->bert.weights.words + (size_t)m->tokenizer.pad * c->hidden, 0,
           c->hidden * sizeof(float));
  return BIOBERT_OK;
}

static biobert_status write_folder(const new_model *m, const char *path,
                                   biobert_error *err) {
  const float dropout = (float)m->dropout;
  const bb_model_card card = {.task = "mlm"};
  const bb_model_folder folder = {.kind = BB_FOLDER_MASKED_WORDS,
                                  .config = &m->bert.config,
                                  .tokenizer = &m->tokenizer,
                                  .weights = &m->bert.weights,
                                  .heads = &m->heads,
                                  .dropout = &dropout,
                                  .card = &card};
  return bb_model_folder_write(&folder, path, err);
}

biobert_status bb_new_model_write(const char *config, uint64_t seed, const char *path,
                                  biobert_error *err) {
  new_model m = {0};
  biobert_status status = read_config(config, &m, err);
  if (!status) status = make_weights(&m, seed, err);
  if (!status) status = write_folder(&m, path, err);
  bb_task_heads_free(&m.heads);
  bb_bert_weights_free(&m.bert.weights);
  bb_bert_config_free(&m.bert.config);
  bb_tokenizer_free(&m.tokenizer);
  return status;
}
