/* model_load.c - a model from its files. */
#include "api/model_load.h"

#include <stdio.h>

#include "api/gguf_model.h"
#include "api/identity.h"
#include "api/runtime.h"
#include "api/tokenizer_files.h"
#include "base/mem.h"
#include "base/os.h"
#include "base/status.h"
#include "format/json_file.h"

/* config.json, or the name that Google gave it; the caller frees it. */
static biobert_status find_config(const char *folder, char **path, biobert_error *err) {
  static const char *const names[] = {"config.json", "bert_config.json"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    *path = bb_path_join(bb_str(folder), bb_str(names[i]));
    if (!*path) return bb_no_memory(err, folder);
    if (bb_path_exists(*path)) return BIOBERT_OK;
    bb_free(NULL, *path);
  }
  /* A folder of GGUF files alone: the refusal says which one to name. */
  bb_weights *weights = NULL;
  const biobert_status status = bb_weights_open(folder, &weights, err);
  bb_weights_close(weights);
  if (status == BIOBERT_UNSUPPORTED || status == BIOBERT_INTERRUPTED) return status;
  return bb_fail(err, BIOBERT_IO,
                 "%s: neither config.json nor bert_config.json: not a model directory",
                 folder);
}

static biobert_status read_config(biobert_model *m, const char *folder,
                                  biobert_error *err) {
  char *path = NULL;
  bb_json *json = NULL;
  biobert_status status = find_config(folder, &path, err);
  if (status) return status;
  status = bb_json_read_file(path, &json, err);
  if (!status)
    status = bb_bert_config_read(bb_json_root(json), path, m->options.task,
                                 &m->bert.config, err);
  if (!status)
    status = bb_task_heads_configure(bb_json_root(json), path, &m->bert.config, &m->heads,
                                     err);
  bb_json_free(json);
  bb_free(NULL, path);
  return status;
}

static biobert_status read_tokenizer(biobert_model *m, const char *folder,
                                     int64_t *length, biobert_error *err) {
  bb_tokenizer_wish wish = {m->options.lowercase, m->pipeline.lowercase,
                            m->bert.config.tokenizer_class};
  biobert_status status =
      bb_tokenizer_read(folder, &wish, &m->tokenizer, length, &m->notes, err);
  return status;
}

/* transformers loads such a model too: only a text that has one of those tokens fails. */
static void note_vocabulary(biobert_model *m) {
  size_t tokens = bb_vocab_size(m->tokenizer.vocab), rows = m->bert.config.vocabulary;
  if (tokens > rows)
    bb_note(
        &m->notes,
        "the vocabulary has %zu tokens, the embeddings have %zu rows: a text with one "
        "of the others is refused",
        tokens, rows);
}

static void note_weights(biobert_model *m, const bb_weights *weights) {
  const char *path = weights->files[0].path, *slash = bb_os_last_separator(path);
  if (weights->passed_over[0])
    bb_note(&m->notes, "weights of %s, not of %s", slash ? slash + 1 : path,
            weights->passed_over);
  for (size_t i = 0; i < weights->tensor_count; i++) {
    const bb_dtype_form *form = &bb_dtype_forms[weights->tensors[i].dtype];
    if (form->elements == 1) continue;
    bb_note(&m->notes, "quantised weights (%s): vectors differ from the original's",
            form->name);
    return;
  }
}

static bool is_int8(const biobert_model *m) {
  return m->options.precision && strcmp(m->options.precision, "int8") == 0;
}

static biobert_status choose_encoder(biobert_model *m, const bb_weights *weights,
                                     const char *folder, biobert_error *err) {
  char list[256];
  biobert_status status =
      bb_bert_weights_find(weights, folder, m->options.encoder, &m->encoder, err);
  if (status || m->encoder.choices < 2) return status;
  size_t bytes = strlen(m->encoder.text);
  bb_note(&m->notes, "%zu encoders in the weights (%s), '%.*s' is taken%s",
          m->encoder.choices, bb_bert_weights_encoders(weights, list, sizeof list),
          bytes ? (int)bytes - 1 : 0, m->encoder.text,
          m->options.encoder ? "" : ": the option encoder takes another");
  return BIOBERT_OK;
}

/* A task that was named needs its head; a head whose task was not named is worth a note.
 */
static biobert_status check_task(biobert_model *m, const bb_weights *weights,
                                 const bb_bert_wish *wish, biobert_error *err) {
  const bb_task_heads *h = &m->heads;
  const char *head = bb_task_heads_undeclared(weights, wish);
  bool any = h->transform_w || h->token_w || h->text_w || h->answer_w;
  if (head && !m->options.task && !m->bert.config.names_architecture)
    bb_note(&m->notes,
            "the weights have %s, but config.json names no architecture: the option task "
            "says what it is for",
            head);
  if (!m->options.task || any || strcmp(m->options.task, "embed") == 0) return BIOBERT_OK;
  return bb_fail(err, BIOBERT_UNSUPPORTED,
                 "options: task \"%s\": the weights of %s have no such head",
                 m->options.task, wish->what);
}

static biobert_status read_weights(biobert_model *m, const char *folder,
                                   biobert_error *err) {
  bb_weights *weights = NULL;
  biobert_status status = m->named_weights
                              ? bb_weights_open_file(m->named_weights, &weights, err)
                              : bb_weights_open(folder, &weights, err);
  if (status) return status;
  note_weights(m, weights);
  status = choose_encoder(m, weights, folder, err);
  const char *prefix = m->encoder.text;
  bool has_pooler = !status && bb_bert_weights_has_pooler(weights, prefix);
  bool pooler = bb_pooling_needs_pooler(&m->pipeline.pooling);
  if (!status && pooler && !has_pooler)
    status = bb_fail(
        err, BIOBERT_UNSUPPORTED,
        "%s: pooling 'pooler', but the weights have no pooler: take cls or mean", folder);
  if (bb_task_heads_need_pooler(&m->bert.config)) pooler = has_pooler;
  bb_bert_wish wish = {.what = folder,
                       .prefix = prefix,
                       .config = &m->bert.config,
                       .kernels = &m->bert.kernels,
                       .with_pooler = pooler,
                       .int8 = is_int8(m)};
  if (!status) status = bb_bert_weights_read(weights, &wish, &m->bert.weights, err);
  if (!status) status = bb_task_heads_read(weights, &wish, &m->bert, &m->heads, err);
  if (!status) status = check_task(m, weights, &wish, err);
  if (!status) status = bb_identity_take(m, weights->files, weights->file_count, err);
  bb_weights_close(weights);
  return status;
}

/* The caller's options override what the files say. */
static biobert_status apply_options(biobert_model *m, biobert_error *err) {
  bb_pipeline *p = &m->pipeline;
  bb_options *o = &m->options;
  if (o->pooling.count) p->pooling = o->pooling;
  biobert_status status = BIOBERT_OK;
  if (o->normalize >= 0) status = bb_pipeline_set_normalize(p, o->normalize == 1, err);
  const struct {
    const char *given;
    char **prompt;
  } prompts[] = {
      {o->query_prompt,    &p->query_prompt   },
      {o->document_prompt, &p->document_prompt}
  };
  for (size_t i = 0; i < 2 && !status; i++) {
    if (!prompts[i].given) continue;
    bb_free(NULL, *prompts[i].prompt);
    *prompts[i].prompt = bb_copy_str(NULL, bb_str(prompts[i].given));
    if (!*prompts[i].prompt) status = bb_no_memory(err, "options");
  }
  return status;
}

static size_t fitting(int64_t said, size_t positions) {
  return said >= 3 && (uint64_t)said < positions ? (size_t)said : positions;
}

/* The option; else what sentence-transformers' files say, for any text, for the side of
 * the search, in general; else the tokenizer's; as far as there are positions. A pair is
 * of no side. */
static biobert_status decide_length(biobert_model *m, int64_t tokenizer_length,
                                    biobert_error *err) {
  size_t positions = m->bert.config.positions;
  const bb_pipeline *p = &m->pipeline;
  if (m->options.max_tokens) {
    if ((uint64_t)m->options.max_tokens > positions)
      return bb_fail(err, BIOBERT_RANGE,
                     "options: max_tokens %d: this model takes at most %zu",
                     (int)m->options.max_tokens, positions);
    m->max_tokens = m->query_tokens = (size_t)m->options.max_tokens;
    return BIOBERT_OK;
  }
  int64_t any = p->max_seq_length ? p->max_seq_length : tokenizer_length;
  int64_t document = any, query = any;
  if (p->document_length && !p->cross_encoder) document = p->document_length;
  if (p->query_length && !p->cross_encoder) query = p->query_length;
  if (p->any_length) document = query = p->any_length;
  m->max_tokens = fitting(document, positions);
  m->query_tokens = fitting(query, positions);
  return BIOBERT_OK;
}

static void write_notes(biobert_model *m) {
  const bb_pipeline *p = &m->pipeline;
  if (!p->has_modules && !m->options.pooling.count && m->bert.config.pools_cls)
    bb_note(&m->notes, "no modules.json: the state of [CLS], as DPR has it, %s",
            bb_pipeline_normalizes(p) ? "normalised" : "not normalised");
  else if (!p->has_modules && !m->options.pooling.count && m->directory)
    bb_note(&m->notes, "no modules.json: mean over all tokens, %s",
            bb_pipeline_normalizes(p) ? "normalised" : "not normalised");
  if (!p->has_modules && m->bert.config.task == BB_TASK_FILL_MASK)
    bb_note(&m->notes, "a raw masked-language model: weak for search");
  else if (!p->has_modules && m->bert.config.task == BB_TASK_EMBED &&
           !m->bert.config.pools_cls)
    bb_note(&m->notes, "weak for search if it was not trained for similarity");
  if (p->similarity && strcmp(p->similarity, "cosine") != 0) /* what is usual */
    bb_note(&m->notes, "similarity_fn_name %s%s", p->similarity,
            p->metric ? "" : ": not a distance of ours");
  if (m->query_tokens != m->max_tokens)
    bb_note(&m->notes, "a query may have %zu tokens, a document %zu", m->query_tokens,
            m->max_tokens);
  if (m->options.cache)
    bb_note(&m->notes,
            "cache: f32 weights are used as they lie in the file, none is kept");
}

static bool is_prompt(const char *prompt) {
  return prompt && *prompt;
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
      .precision = is_int8(m) ? "int8" : "f32",
      .cpu = m->bert.kernels.name,
      .bytes = m->bert.weights.bytes + m->heads.bytes + dense,
      .labels = c->labels,
      .notes = m->notes.text,
      .query_model = m->options.query_model,
      .has_query_prompt = is_prompt(p->query_prompt) || is_prompt(p->document_prompt) ||
                          m->query_tokens != m->max_tokens,
      .distance = p->metric,
  };
}

void bb_model_free(biobert_model *m) {
  if (!m) return;
  bb_free(NULL, m->path);
  bb_free(NULL, m->directory);
  bb_free(NULL, m->named_weights);
  bb_options_free(&m->options);
  bb_bert_config_free(&m->bert.config);
  bb_bert_weights_free(&m->bert.weights);
  bb_task_heads_free(&m->heads);
  bb_tokenizer_free(&m->tokenizer);
  bb_pipeline_free(&m->pipeline);
  bb_identity_free(m);
  bb_seen_free(&m->seen);
  bb_free(NULL, m);
}

/* Unless a pooling was named: DPR's vector is the state of [CLS]. */
static biobert_status default_pooling(biobert_model *m, biobert_error *err) {
  bb_pipeline *p = &m->pipeline;
  if (!m->bert.config.pools_cls || p->has_modules || m->options.pooling.count)
    return BIOBERT_OK;
  p->pooling = (bb_pooling_list){0};
  return bb_pooling_parse(bb_str("cls"), &p->pooling, err);
}

/* Everything but the weights, from the files of a directory. */
static biobert_status read_directory(biobert_model *m, char **folder,
                                     biobert_error *err) {
  int64_t tokenizer_length = 0;
  biobert_status status = bb_pipeline_read(m->directory, &m->pipeline, err);
  if (!status) status = apply_options(m, err);
  if (status) return status;
  *folder = bb_path_join(bb_str(m->directory), bb_str(m->pipeline.transformer));
  if (!*folder) return bb_no_memory(err, m->path);
  status = read_config(m, *folder, err);
  if (!status) status = default_pooling(m, err);
  if (!status) status = read_tokenizer(m, *folder, &tokenizer_length, err);
  return status ? status : decide_length(m, tokenizer_length, err);
}

/* The same from the keys of a GGUF file. */
static biobert_status read_gguf(biobert_model *m, char **folder, biobert_error *err) {
  bb_gguf gguf = {0};
  bb_tokenizer_wish wish = {m->options.lowercase, false, ""};
  *folder = bb_copy_str(NULL, bb_str(m->path));
  if (!*folder) return bb_no_memory(err, m->path);
  biobert_status status = bb_gguf_open(m->path, &gguf, err);
  if (status) return status;
  status = bb_gguf_config(&gguf, m->path, &m->bert.config, &m->notes, err);
  if (!status) status = bb_gguf_pipeline(&gguf, m->path, &m->pipeline, &m->notes, err);
  if (!status) status = apply_options(m, err);
  if (!status)
    status = bb_gguf_tokenizer(&gguf, m->path, &wish, &m->tokenizer, &m->notes, err);
  if (!status) status = decide_length(m, 0, err);
  bb_gguf_free(&gguf);
  return status;
}

/* Everything that is in files. `folder`: where the encoder is, for messages too. */
static biobert_status read_files(biobert_model *m, biobert_error *err) {
  char *folder = NULL;
  biobert_status status =
      m->directory ? read_directory(m, &folder, err) : read_gguf(m, &folder, err);
  if (!status)
    status = bb_pipeline_check(&m->pipeline, m->bert.config.hidden, m->path, err);
  if (!status && m->options.dimension)
    status = bb_pipeline_cut(&m->pipeline, m->bert.config.hidden,
                             (size_t)m->options.dimension, err);
  if (!status) status = read_weights(m, folder, err);
  bb_free(NULL, folder);
  return status;
}

/* A model is of files that were there together: half of an old and half of a new one is
 * none. */
static biobert_status read_unchanged_files(biobert_model *m, biobert_error *err) {
  bb_see_files(&m->seen);
  const biobert_status status = read_files(m, err);
  bb_see_files(NULL);
  if (status) return status;
  if (m->seen.no_memory) return bb_no_memory(err, m->path);
  const char *changed = bb_seen_changed(&m->seen);
  if (!changed) return BIOBERT_OK;
  return bb_fail(err, BIOBERT_IO,
                 "%s: was changed while the model was read: load it again", changed);
}

biobert_status bb_model_load(bb_location *location, bb_options *options,
                             biobert_model **out, biobert_error *err) {
  biobert_model *m = bb_alloc_zeroed(NULL, 1, sizeof *m);
  if (!m) {
    bb_location_free(location);
    bb_options_free(options);
    return bb_no_memory(err, "model");
  }
  m->owners = 1;
  m->path = location->path;
  m->directory = location->directory;
  m->named_weights = location->weights;
  *location = (bb_location){0};
  m->options = *options;
  *options = (bb_options){0};
  bb_kernels_init(&m->bert.kernels, bb_runtime_cpu());

  const biobert_status status = read_unchanged_files(m, err);
  if (status) {
    bb_model_free(m);
    return status;
  }
  bb_identity_recall(m);
  note_vocabulary(m);
  write_notes(m);
  fill_info(m);
  *out = m;
  return BIOBERT_OK;
}
