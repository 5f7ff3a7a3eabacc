/* start.c - weights from a model's files, and new ones. */
#include "trainer/start.h"

#include "base/mem.h"
#include "base/status.h"
#include "format/crc32c.h"
#include "format/json_write.h"
#include "train/random_numbers.h"

/* New weights ------------------------------------------------------------------------ */

static bool ends_with(const char *name, const char *ending) {
  const size_t bytes = strlen(name), end = strlen(ending);
  return bytes >= end && strcmp(name + bytes - end, ending) == 0;
}

static bool is_norm(const char *name) {
  return ends_with(name, "LayerNorm.weight") || ends_with(name, "layer_norm.weight");
}

/* Each tensor has random numbers of its own, by its name. */
void bb_new_weights(uint64_t seed, const bb_bert_tensor *tensor) {
  static const double deviation = 0.02;
  const size_t n = tensor->rows * tensor->columns;
  if (!tensor->is_vector) {
    const uint32_t which = bb_crc32c(0, tensor->name, strlen(tensor->name));
    bb_random_normal(&(bb_random){seed, BB_RANDOM_WEIGHTS, which}, deviation,
                     tensor->values, n);
    return;
  }
  for (size_t i = 0; i < n; i++) tensor->values[i] = is_norm(tensor->name) ? 1 : 0;
}

static void make_tensor(void *ctx, const bb_bert_tensor *tensor) {
  bb_new_weights(*(const uint64_t *)ctx, tensor);
}

static void make_pooler(void *ctx, const bb_bert_tensor *tensor) {
  if (strncmp(tensor->name, "pooler", strlen("pooler")) == 0) make_tensor(ctx, tensor);
}

/* Labels ----------------------------------------------------------------------------- */

/* Whether a head has these labels, each once, and no others. */
static bool same_labels(const bb_labels *head, const bb_label_names *names) {
  if (head->count != names->count) return false;
  for (size_t i = 0; i < head->count; i++)
    if (bb_label_names_find(names, head->items[i].name) == SIZE_MAX) return false;
  return true;
}

static char *array_of(const bb_label_names *names) {
  bb_json_writer w = {0};
  bb_write_raw(&w, "[");
  for (size_t i = 0; i < names->count; i++) {
    if (i) bb_write_raw(&w, ",");
    bb_write_string(&w, bb_str(names->items[i]));
  }
  bb_write_raw(&w, "]");
  return bb_writer_take(&w, NULL);
}

/* The labels of a new head: in the order given, or the one of a head without names. */
static biobert_status new_labels(const bb_start_wish *w, bb_start *out,
                                 biobert_error *err) {
  char *array =
      w->labels ? array_of(w->labels) : bb_copy_str(NULL, bb_str("[\"LABEL_0\"]"));
  if (!array) return bb_no_memory(err, "training: labels");
  biobert_status status = bb_labels_read(array, "labels", &out->heads.labels, err);
  bb_free(NULL, array);
  return status;
}

static biobert_status number_labels(const bb_start_wish *w, bb_start *out,
                                    biobert_error *err) {
  if (!w->labels) return BIOBERT_OK;
  out->numbers = bb_alloc(NULL, w->labels->count, sizeof *out->numbers);
  if (!out->numbers) return bb_no_memory(err, "training: labels");
  for (size_t i = 0; i < out->heads.labels.count; i++)
    out->numbers[bb_label_names_find(w->labels, out->heads.labels.items[i].name)] =
        (int32_t)i;
  return BIOBERT_OK;
}

/* Heads ------------------------------------------------------------------------------ */

/* The head that the model has, if it is one for the task and these labels. */
static bool may_keep(const bb_start_wish *w) {
  const biobert_model *m = w->model;
  const bb_task own = m->bert.config.task;
  switch (w->task) {
  case BB_TASK_FILL_MASK:
    return own == BB_TASK_FILL_MASK || own == BB_TASK_EMBED;
  case BB_TASK_ANSWER:
    return own == BB_TASK_ANSWER;
  case BB_TASK_NER:
    return own == BB_TASK_NER && same_labels(&m->heads.labels, w->labels);
  case BB_TASK_CLASSIFY:
  case BB_TASK_RERANK:
    if (own != BB_TASK_CLASSIFY && own != BB_TASK_RERANK) return false;
    return w->labels ? same_labels(&m->heads.labels, w->labels)
                     : m->heads.labels.count == 1;
  case BB_TASK_EMBED:
    break;
  }
  return false;
}

static bool has_labels(bb_task task) {
  return task == BB_TASK_NER || task == BB_TASK_CLASSIFY || task == BB_TASK_RERANK;
}

static biobert_status kept_labels(const bb_start_wish *w, bb_start *out,
                                  biobert_error *err) {
  return bb_labels_read(w->model->bert.config.labels, w->model->path, &out->heads.labels,
                        err);
}

static biobert_status read_head(const bb_start_wish *w, const bb_weights *file,
                                const bb_bert_wish *wish, bb_start *out,
                                biobert_error *err) {
  bb_task_heads *heads = &out->heads;
  biobert_status status = BIOBERT_OK;
  bool keeps = may_keep(w) && !out->new_pooler;
  if (w->task == BB_TASK_EMBED) return BIOBERT_OK;
  if (keeps && has_labels(w->task)) status = kept_labels(w, out, err);
  if (!status && keeps) status = bb_task_heads_read(file, wish, &out->bert, heads, err);
  out->new_head = !status && !heads->memory;
  if (out->new_head) {
    bb_labels_free(&heads->labels);
    if (has_labels(w->task)) status = new_labels(w, out, err);
    if (!status)
      status = bb_task_heads_make(&out->bert.config, out->bert.weights.words, heads, err);
    uint64_t seed = w->seed;
    if (!status) bb_task_heads_each(&out->bert.config, heads, make_tensor, &seed);
  }
  return status ? status : number_labels(w, out, err);
}

/* Weights ---------------------------------------------------------------------------- */

static biobert_status open_weights(const biobert_model *m, bb_weights **out,
                                   biobert_error *err) {
  if (m->named_weights) return bb_weights_open_file(m->named_weights, out, err);
  char *folder = m->directory
                     ? bb_path_join(bb_str(m->directory), bb_str(m->pipeline.transformer))
                     : bb_copy_str(NULL, bb_str(m->path));
  if (!folder) return bb_no_memory(err, m->path);
  biobert_status status = bb_weights_open(folder, out, err);
  bb_free(NULL, folder);
  return status;
}

static biobert_status check_unchanged(const biobert_model *m, biobert_error *err) {
  const char *changed = bb_seen_changed(&m->seen);
  if (!changed) return BIOBERT_OK;
  return bb_fail(err, BIOBERT_IO,
                 "%s: has changed since the model was loaded: load it again", changed);
}

biobert_status bb_start_read(const bb_start_wish *w, bb_start *out, biobert_error *err) {
  const biobert_model *m = w->model;
  bb_weights *file = NULL;
  *out = (bb_start){
      .bert = {.config = m->bert.config, .kernels = m->bert.kernels}
  };
  out->bert.config.task = w->task;
  biobert_status status = open_weights(m, &file, err);
  if (status) return status;
  const bool has_pooler = bb_bert_weights_has_pooler(file, m->encoder.text);
  const bool needs_pooler = bb_task_heads_need_pooler(&out->bert.config);
  out->new_pooler = needs_pooler && !has_pooler;
  const bb_bert_wish wish = {.what = m->path,
                             .prefix = m->encoder.text,
                             .config = &out->bert.config,
                             .kernels = &out->bert.kernels,
                             .with_pooler =
                                 needs_pooler || (has_pooler && w->task == BB_TASK_EMBED),
                             .plain = true,
                             .new_pooler = out->new_pooler};
  uint64_t seed = w->seed;
  status = bb_bert_weights_read(file, &wish, &out->bert.weights, err);
  if (!status && out->new_pooler)
    bb_bert_weights_each(&out->bert.config, &out->bert.weights, make_pooler, &seed);
  if (!status) status = read_head(w, file, &wish, out, err);
  if (!status) status = check_unchanged(m, err);
  bb_weights_close(file);
  if (status) bb_start_free(out);
  return status;
}

void bb_start_free(bb_start *start) {
  bb_bert_weights_free(&start->bert.weights);
  bb_task_heads_free(&start->heads);
  bb_free(NULL, start->numbers);
  *start = (bb_start){0};
}
