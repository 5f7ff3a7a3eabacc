/* Fuzz target of core/model/bert_config.c, and of what heads.c and labels.c read of the
 * same config.json. What is accepted is within the limits. */
#include "base/mem.h"
#include "model/task_heads.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const bb_bert_config *c) {
  if (c->layers > BB_MAX_LAYERS || c->positions > BB_MAX_POSITIONS) abort();
  if (c->hidden == 0 || c->hidden > BB_MAX_HIDDEN || c->ffn == 0 || c->ffn > BB_MAX_FFN)
    abort();
  if (c->heads == 0 || c->hidden % c->heads != 0) abort();
  if (c->types == 0 || c->types > BB_MAX_TYPES || c->vocabulary == 0) abort();
  if (!c->activation || !(c->eps >= 0)) abort();
  if (strnlen(c->architecture, sizeof c->architecture) == sizeof c->architecture) abort();
  if (!bb_task_name(c->task)) abort();
  if (!c->labels) return;
  bb_json *labels = NULL;
  const biobert_str text = {c->labels, strlen(c->labels)};
  if (bb_json_parse(text, "labels", &labels, NULL)) abort();
  if (bb_json_kind_of(bb_json_root(labels)) != BB_JSON_ARRAY) abort();
  bb_json_free(labels);
}

static void check_heads(const bb_json_node *root, const bb_bert_config *c) {
  bb_task_heads heads = {0};
  biobert_error err;
  if (bb_task_heads_configure(root, "config.json", c, &heads, &err) == BIOBERT_OK) {
    if (!heads.rerank || (c->labels != NULL) != (heads.labels.count > 0)) abort();
    for (size_t i = 0; i < heads.labels.count; i++) {
      const bb_label *label = &heads.labels.items[i];
      if (label->tag.len > label->name.len) abort();
      bb_label_joins(&heads.labels.items[0], label);
    }
  }
  bb_task_heads_free(&heads);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  bb_json *json = NULL;
  biobert_error err;
  const biobert_str text = {(const char *)data, size};
  if (bb_json_parse(text, "config.json", &json, &err)) return 0;
  bb_bert_config config = {0};
  if (bb_bert_config_read(bb_json_root(json), "config.json", NULL, &config, &err) ==
      BIOBERT_OK) {
    check(&config);
    check_heads(bb_json_root(json), &config);
  }
  bb_bert_config_free(&config);
  bb_json_free(json);
  return 0;
}
