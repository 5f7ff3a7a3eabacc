/* model.c - opening a directory, and the process's one copy of each model. */
#include "api/model.h"

#include <stdio.h>

#include "api/runtime.h"
#include "api/tokenizer_files.h"
#include "base/mem.h"
#include "base/status.h"
#include "format/json_file.h"
#include "kernels/gemm.h"

/* Opening ------------------------------------------------------------------------------------ */

static biobert_status read_config(biobert_model *m, const char *folder, biobert_error *err) {
  char *path = bb_path_join(bb_str(folder), bb_str("config.json"));
  if (!path) return bb_no_memory(err, folder);
  bb_json *json = NULL;
  biobert_status status;
  if (!bb_path_exists(path))
    status = bb_fail(err, BIOBERT_IO, "%s: no config.json: not a model directory", folder);
  else
    status = bb_json_read_file(path, &json, err);
  if (!status)
    status = bb_bert_config_read(bb_json_root(json), path, &m->bert.config, err);
  bb_json_free(json);
  bb_free(NULL, path);
  return status;
}

static biobert_status read_tokenizer(biobert_model *m, const char *folder, int64_t *length,
                                     biobert_error *err) {
  bb_tokenizer_wish wish = {m->options.lowercase, m->pipeline.lowercase};
  biobert_status status =
      bb_tokenizer_read(folder, &wish, &m->tokenizer, length, &m->notes, err);
  if (status) return status;
  size_t tokens = bb_vocab_size(m->tokenizer.vocab);
  if (tokens > m->bert.config.vocabulary)
    return bb_fail(err, BIOBERT_FORMAT,
                   "%s: the vocabulary has %zu tokens, but config.json's vocab_size is %zu",
                   folder, tokens, m->bert.config.vocabulary);
  return BIOBERT_OK;
}

static biobert_status remember_files(biobert_model *m, const bb_weights *weights,
                                     biobert_error *err) {
  m->weight_files = bb_alloc_zeroed(NULL, weights->file_count, sizeof *m->weight_files);
  if (!m->weight_files) return bb_no_memory(err, m->path);
  for (size_t i = 0; i < weights->file_count; i++) {
    m->weight_files[i] = bb_copy_str(NULL, bb_str(weights->files[i].path));
    if (!m->weight_files[i]) return bb_no_memory(err, m->path);
    m->weight_file_count++;
  }
  return BIOBERT_OK;
}

static biobert_status read_weights(biobert_model *m, const char *folder,
                                   biobert_error *err) {
  bb_weights *weights = NULL;
  biobert_status status = bb_weights_open(folder, &weights, err);
  if (status) return status;
  bool pooler = bb_pooling_needs_pooler(&m->pipeline.pooling);
  if (pooler && !bb_bert_weights_has_pooler(weights))
    status = bb_fail(err, BIOBERT_UNSUPPORTED,
                     "%s: pooling 'pooler', but the weights have no pooler: take cls or mean",
                     folder);
  if (!status)
    status = bb_bert_weights_read(weights, folder, &m->bert.config, pooler, &m->bert.weights,
                                  err);
  if (!status) status = remember_files(m, weights, err);
  bb_weights_close(weights);
  return status;
}

/* The options of the caller go before what the files say. */
static biobert_status apply_options(biobert_model *m, biobert_error *err) {
  bb_pipeline *p = &m->pipeline;
  bb_options *o = &m->options;
  if (o->pooling.count) p->pooling = o->pooling;
  biobert_status status = BIOBERT_OK;
  if (o->normalize >= 0) status = bb_pipeline_set_normalize(p, o->normalize == 1, err);
  const struct {
    const char *given;
    char **prompt;
  } prompts[] = {{o->query_prompt, &p->query_prompt},
                 {o->document_prompt, &p->document_prompt}};
  for (size_t i = 0; i < 2 && !status; i++) {
    if (!prompts[i].given) continue;
    bb_free(NULL, *prompts[i].prompt);
    *prompts[i].prompt = bb_copy_str(NULL, bb_str(prompts[i].given));
    if (!*prompts[i].prompt) status = bb_no_memory(err, "options");
  }
  return status;
}

/* The option; else the shorter of what sentence-transformers and the tokenizer's files say, as
 * far as there are positions. */
static biobert_status decide_length(biobert_model *m, int64_t tokenizer_length,
                                    biobert_error *err) {
  size_t positions = m->bert.config.positions;
  if (m->options.max_tokens) {
    if ((uint64_t)m->options.max_tokens > positions)
      return bb_fail(err, BIOBERT_RANGE, "options: max_tokens %d: this model takes at most %zu",
                     (int)m->options.max_tokens, positions);
    m->max_tokens = (size_t)m->options.max_tokens;
    return BIOBERT_OK;
  }
  int64_t length =
      m->pipeline.max_seq_length ? m->pipeline.max_seq_length : tokenizer_length;
  m->max_tokens = positions;
  if (length >= 3 && (uint64_t)length < positions) m->max_tokens = (size_t)length;
  return BIOBERT_OK;
}

static void write_notes(biobert_model *m) {
  const bb_pipeline *p = &m->pipeline;
  if (!p->has_modules && !m->options.pooling.count)
    bb_note(&m->notes,
            "no modules.json: mean over all tokens, %s",
            bb_pipeline_normalizes(p) ? "normalised" : "not normalised");
  if (!p->has_modules && m->bert.config.task == BB_TASK_FILL_MASK)
    bb_note(&m->notes, "a raw masked-language model: weak for search");
  else if (!p->has_modules && m->bert.config.task == BB_TASK_EMBED)
    bb_note(&m->notes, "weak for search if it was not trained for similarity");
  if (m->options.cache)
    bb_note(&m->notes, "cache: f32 weights are used as they lie in the file, none is kept");
}

static void fill_info(biobert_model *m) {
  const bb_bert_config *c = &m->bert.config;
  const bb_pipeline *p = &m->pipeline;
  size_t dense = 0;
  for (size_t i = 0; i < p->step_count; i++)
    if (p->steps[i].w) dense += (p->steps[i].in + 1) * p->steps[i].out * sizeof(float);
  m->info = (biobert_model_info){
      .path = m->path,
      .options = m->options.canonical,
      .architecture = c->architecture,
      .task = bb_task_name(c->task),
      .layers = c->layers,
      .hidden = c->hidden,
      .heads = c->heads,
      .vocabulary = bb_vocab_size(m->tokenizer.vocab),
      .max_tokens = m->max_tokens,
      .dimension = bb_pipeline_dimension(p, c->hidden),
      .pooling = bb_pooling_text(&p->pooling, m->pooling_text),
      .normalize = bb_pipeline_normalizes(p),
      .lowercase = m->tokenizer.normalizer.lowercase,
      .precision = "f32",
      .cpu = m->bert.kernels.name,
      .bytes = m->bert.weights.bytes + dense,
      .labels = c->labels,
      .notes = m->notes.text,
      .query_model = m->options.query_model,
      .has_query_prompt = p->query_prompt || p->document_prompt,
  };
}

static void free_model(biobert_model *m) {
  if (!m) return;
  bb_free(NULL, m->path);
  bb_options_free(&m->options);
  bb_bert_config_free(&m->bert.config);
  bb_bert_weights_free(&m->bert.weights);
  bb_tokenizer_free(&m->tokenizer);
  bb_pipeline_free(&m->pipeline);
  for (size_t i = 0; i < m->weight_file_count; i++) bb_free(NULL, m->weight_files[i]);
  bb_free(NULL, m->weight_files);
  bb_free(NULL, m);
}

/* Takes path and options over, also on failure. */
static biobert_status load_model(char *path, bb_options *options, biobert_model **out,
                                 biobert_error *err) {
  biobert_model *m = bb_alloc_zeroed(NULL, 1, sizeof *m);
  if (!m) {
    bb_free(NULL, path);
    bb_options_free(options);
    return bb_no_memory(err, "model");
  }
  m->owners = 1;
  m->path = path;
  m->options = *options;
  *options = (bb_options){0};
  bb_kernels_init(&m->bert.kernels, bb_runtime_cpu());

  char *folder = NULL;
  int64_t tokenizer_length = 0;
  biobert_status status = bb_pipeline_read(path, &m->pipeline, err);
  if (!status) status = apply_options(m, err);
  if (status) goto done;
  folder = bb_path_join(bb_str(path), bb_str(m->pipeline.transformer));
  if (!folder) {
    status = bb_no_memory(err, path);
    goto done;
  }
  status = read_config(m, folder, err);
  if (!status) status = read_tokenizer(m, folder, &tokenizer_length, err);
  if (!status) status = decide_length(m, tokenizer_length, err);
  if (!status) status = bb_pipeline_check(&m->pipeline, m->bert.config.hidden, path, err);
  if (!status) status = read_weights(m, folder, err);
  if (!status) status = bb_gemm_prepare(err);
  if (status) goto done;
  write_notes(m);
  fill_info(m);
  *out = m;
  m = NULL;

done:
  bb_free(NULL, folder);
  free_model(m);
  return status;
}

/* One copy a process ------------------------------------------------------------------------- */

/* Under the lock: the open model of this path and these options, with one owner more. */
static biobert_model *find_open(const char *path, const char *options, const char *cpu) {
  for (biobert_model *m = *bb_runtime_models(); m; m = m->next) {
    if (strcmp(m->path, path) != 0 || strcmp(m->options.canonical, options) != 0 ||
        strcmp(m->bert.kernels.name, cpu) != 0)
      continue;
    m->owners++;
    return m;
  }
  return NULL;
}

static biobert_model *find_open_locked(const char *path, const char *options) {
  bb_kernels kernels;
  bb_kernels_init(&kernels, bb_runtime_cpu());
  bb_runtime_lock();
  biobert_model *m = find_open(path, options, kernels.name);
  bb_runtime_unlock();
  return m;
}

/* Puts a new model on the list, unless another thread has loaded the same in the meantime: then
 * that one is taken, and there is still one copy. */
static biobert_model *publish(biobert_model *m) {
  bb_runtime_lock();
  biobert_model *open = find_open(m->path, m->options.canonical, m->bert.kernels.name);
  if (!open) {
    m->next = *bb_runtime_models();
    *bb_runtime_models() = m;
  }
  bb_runtime_unlock();
  if (!open) return m;
  free_model(m);
  return open;
}

biobert_status biobert_model_open(biobert_str path, biobert_str options,
                                  biobert_model **out, biobert_error *err) {
  bb_options parsed;
  char *absolute = NULL;
  biobert_status status = bb_options_parse(options, &parsed, err);
  if (status) return status;
  status = bb_locate_model(path, &absolute, err);
  if (status) {
    bb_options_free(&parsed);
    return status;
  }
  biobert_model *m = find_open_locked(absolute, parsed.canonical);
  if (m) {
    bb_free(NULL, absolute);
    bb_options_free(&parsed);
  } else {
    status = load_model(absolute, &parsed, &m, err);
    if (status) return status;
    m = publish(m);
  }
  *out = m;
  return BIOBERT_OK;
}

biobert_model *biobert_model_share(biobert_model *model) {
  bb_runtime_lock();
  model->owners++;
  bb_runtime_unlock();
  return model;
}

void biobert_model_close(biobert_model *model) {
  if (!model) return;
  bb_runtime_lock();
  bool last = --model->owners == 0;
  for (biobert_model **at = bb_runtime_models(); last && *at; at = &(*at)->next) {
    if (*at != model) continue;
    *at = model->next;
    break;
  }
  bb_runtime_unlock();
  if (last) free_model(model);
}

const biobert_model_info *biobert_model_get_info(const biobert_model *model) {
  return &model->info;
}

size_t biobert_model_dimension(const biobert_model *model) { return model->info.dimension; }

biobert_str biobert_token_text(const biobert_model *model, int32_t id) {
  return bb_vocab_token(model->tokenizer.vocab, id);
}
