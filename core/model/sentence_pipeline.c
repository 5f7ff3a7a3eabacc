/* sentence_pipeline.c - modules.json and the files it names.
 *
 * Types are dotted class names whose package has moved between versions, so only the last
 * part counts. A module that is not known is an error: leaving one out would give other
 * vectors. */
#include "model/sentence_pipeline.h"

#include <math.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/status.h"
#include "format/json_file.h"
#include "model/tensor_table.h"

static const char *last_part(biobert_str dotted, size_t *len) {
  size_t at = dotted.len;
  while (at > 0 && dotted.data[at - 1] != '.') at--;
  *len = dotted.len - at;
  return dotted.data + at;
}

/* Pooling ---------------------------------------------------------------------------- */

/* In the order in which sentence-transformers concatenates them: the older spelling (a
 * key that is true), the newer one (a word of "pooling_mode"), and our own name. */
static const struct {
  const char *key, *mode, *name; /* name NULL: not supported */
} pooling_modes[] = {
    {"pooling_mode_cls_token",            "cls",                  "cls"          },
    {"pooling_mode_max_tokens",           "max",                  "max"          },
    {"pooling_mode_mean_tokens",          "mean",                 "mean"         },
    {"pooling_mode_mean_sqrt_len_tokens", "mean_sqrt_len_tokens", "mean_sqrt_len"},
    {"pooling_mode_weightedmean_tokens",  "weightedmean",         NULL           },
    {"pooling_mode_lasttoken",            "lasttoken",            NULL           },
};
enum { POOLING_MODES = sizeof pooling_modes / sizeof pooling_modes[0] };

static biobert_status add_pooling(bb_pipeline *p, const char *name, const char *what,
                                  const char *said, biobert_error *err) {
  const bb_pooling *pooling = name ? bb_pooling_find(name) : NULL;
  if (!pooling)
    return bb_fail(err, BIOBERT_UNSUPPORTED,
                   "%s: pooling '%s' is not supported: it belongs to decoder models",
                   what, said);
  if (p->pooling.count == BB_MAX_POOLINGS)
    return bb_fail(err, BIOBERT_FORMAT, "%s: more than %d poolings", what,
                   BB_MAX_POOLINGS);
  p->pooling.items[p->pooling.count++] = pooling;
  return BIOBERT_OK;
}

static biobert_status add_pooling_mode(bb_pipeline *p, const bb_json_node *node,
                                       const char *what, biobert_error *err) {
  biobert_str mode = bb_json_string(node);
  for (size_t i = 0; i < POOLING_MODES; i++)
    if (bb_str_equal(mode, pooling_modes[i].mode))
      return add_pooling(p, pooling_modes[i].name, what, pooling_modes[i].mode, err);
  char quoted[BB_QUOTE_BYTES];
  return bb_fail(err, BIOBERT_UNSUPPORTED,
                 "%s: pooling_mode '%s' is not one of: cls, max, mean, "
                 "mean_sqrt_len_tokens",
                 what, bb_quote(quoted, mode.data ? mode : bb_str("?")));
}

/* The newer spelling: "pooling_mode": "mean" or ["cls", "mean"]. */
static biobert_status read_pooling_mode(bb_pipeline *p, const bb_json_node *mode,
                                        const char *what, biobert_error *err) {
  if (bb_json_kind_of(mode) != BB_JSON_ARRAY) return add_pooling_mode(p, mode, what, err);
  biobert_status status = BIOBERT_OK;
  const bb_json_node *node = bb_json_first(mode);
  for (; node && !status; node = bb_json_next(node))
    status = add_pooling_mode(p, node, what, err);
  return status;
}

static biobert_status read_pooling(bb_pipeline *p, const char *path, biobert_error *err) {
  bb_json *json = NULL;
  biobert_status status = bb_json_read_file(path, &json, err);
  if (status) return status;
  const bb_json_node *root = bb_json_root(json);
  const bb_json_node *mode = bb_json_get(root, "pooling_mode");
  if (mode) status = read_pooling_mode(p, mode, path, err);
  for (size_t i = 0; i < POOLING_MODES && !mode && !status; i++)
    if (bb_json_is_true(bb_json_get(root, pooling_modes[i].key)))
      status = add_pooling(p, pooling_modes[i].name, path, pooling_modes[i].key, err);
  if (!status && p->pooling.count == 0)
    status = add_pooling(p, "mean", path, "mean", err);
  const bb_json_node *include = bb_json_get(root, "include_prompt");
  if (include) p->include_prompt = bb_json_is_true(include);
  bb_json_free(json);
  return status;
}

static size_t mode_of(const bb_pooling *pooling) {
  size_t i = 0;
  while (i < POOLING_MODES &&
         (!pooling_modes[i].name || strcmp(pooling_modes[i].name, pooling->name) != 0))
    i++;
  return i;
}

/* In the older spelling, which every release reads, unless the order is not the table's. */
bool bb_pipeline_write_pooling(const bb_pipeline *p, size_t hidden, bb_json_writer *w) {
  bool said[POOLING_MODES] = {false}, in_order = true;
  for (size_t i = 0, before = 0; i < p->pooling.count; i++) {
    const size_t mode = mode_of(p->pooling.items[i]);
    if (mode == POOLING_MODES) return false;
    in_order &= i == 0 || mode > before;
    said[mode] = true;
    before = mode;
  }
  bb_write_key(w, in_order ? "word_embedding_dimension" : "embedding_dimension");
  bb_write_int(w, (int64_t)hidden);
  for (size_t i = 0; i < POOLING_MODES && in_order; i++) {
    if (!pooling_modes[i].name) continue;
    bb_write_key(w, pooling_modes[i].key);
    bb_write_bool(w, said[i]);
  }
  if (!in_order) bb_write_key(w, "pooling_mode");
  for (size_t i = 0; i < p->pooling.count && !in_order; i++) {
    bb_write_raw(w, i ? "," : "[");
    bb_write_string(w, bb_str(pooling_modes[mode_of(p->pooling.items[i])].mode));
  }
  if (!in_order) bb_write_raw(w, "]");
  if (p->include_prompt) return true;
  bb_write_key(w, "include_prompt");
  bb_write_bool(w, false);
  return true;
}

/* Steps ------------------------------------------------------------------------------ */

static biobert_status new_step(bb_pipeline *p, const char *what, bb_step **out,
                               biobert_error *err) {
  if (p->pooling.count == 0)
    return bb_fail(err, BIOBERT_UNSUPPORTED, "%s: a module stands before the pooling",
                   what);
  if (p->step_count == BB_MAX_STEPS)
    return bb_fail(err, BIOBERT_FORMAT, "%s: more than %d modules behind the pooling",
                   what, BB_MAX_STEPS);
  *out = &p->steps[p->step_count++];
  return BIOBERT_OK;
}

/* clang-format off */
static const bb_tensor_row dense_rows[] = {
    BB_TENSOR("linear.weight", offsetof(bb_step, w), OUT, IN),
    BB_TENSOR("linear.bias",   offsetof(bb_step, b), ONE, OUT),
};
/* clang-format on */

/* From the folder's own weights; without a bias it is 0. */
static biobert_status read_dense_weights(bb_step *step, const char *directory, bool bias,
                                         biobert_error *err) {
  bb_weights *weights = NULL;
  biobert_status status = bb_weights_open(directory, &weights, err);
  if (status) return status;
  size_t in = step->in, out = step->out;
  bb_tensor_table t = {
      .file = weights,
      .what = directory,
      .prefix = "",
      .dims = {[BB_DIM_ONE] = 1, [BB_DIM_IN] = in, [BB_DIM_OUT] = out}
  };
  if (bb_table_read(&t, "", dense_rows, bias ? 2 : 1, step, NULL)) {
    status = bb_fail(err, BIOBERT_FORMAT,
                     "%s: linear.weight [%zu, %zu] or linear.bias [%zu] is missing",
                     directory, out, in, out);
    goto done;
  }
  t.next = step->w = bb_alloc_floats(NULL, (in + 1) * out);
  if (!step->w) {
    status = bb_no_memory(err, directory);
    goto done;
  }
  step->b = step->w + in * out;
  memset(step->b, 0, out * sizeof *step->b);
  status = bb_table_read(&t, "", dense_rows, bias ? 2 : 1, step, err);

done:
  bb_weights_close(weights);
  return status;
}

static biobert_status read_dense(bb_pipeline *p, const char *directory, const char *path,
                                 biobert_error *err) {
  bb_json *json = NULL;
  bb_step *step = NULL;
  biobert_status status = bb_json_read_file(path, &json, err);
  if (!status) status = new_step(p, path, &step, err);
  if (status) goto done;
  const bb_json_node *root = bb_json_root(json);
  int64_t in = 0, out = 0;
  bb_json_int(bb_json_get(root, "in_features"), &in);
  bb_json_int(bb_json_get(root, "out_features"), &out);
  if (in < 1 || in > BIOBERT_MAX_DIMENSION || out < 1 || out > BIOBERT_MAX_DIMENSION) {
    status =
        bb_fail(err, BIOBERT_FORMAT, "%s: in_features and out_features must be 1 to %d",
                path, BIOBERT_MAX_DIMENSION);
    goto done;
  }
  step->in = (size_t)in;
  step->out = (size_t)out;
  step->residual = bb_json_is_true(bb_json_get(root, "use_residual"));
  step->activation = bb_activation_find(bb_str("torch.nn.modules.activation.Tanh"));
  status = bb_activation_read(bb_json_get(root, "activation_function"), path,
                              &step->activation, err);
  if (status) goto done;
  const bb_json_node *bias = bb_json_get(root, "bias");
  step->no_bias = bias && !bb_json_is_true(bias);
  status = read_dense_weights(step, directory, !step->no_bias, err);

done:
  bb_json_free(json);
  return status;
}

/* Modules ---------------------------------------------------------------------------- */

/* A folder inside the model's own, so that a file cannot lead elsewhere. */
static bool is_plain_folder(biobert_str path) {
  if (path.len > 255) return false;
  for (size_t i = 0; i < path.len; i++)
    if (path.data[i] == '/' || path.data[i] == '\\' || path.data[i] == '\0') return false;
  return path.len == 0 || path.data[0] != '.';
}

static biobert_status read_module(bb_pipeline *p, const char *directory,
                                  const bb_json_node *module, const char *what,
                                  biobert_error *err) {
  biobert_str type = bb_json_string(bb_json_get(module, "type"));
  biobert_str folder = bb_json_string(bb_json_get(module, "path"));
  if (!type.data || !folder.data || !is_plain_folder(folder))
    return bb_fail(err, BIOBERT_FORMAT,
                   "%s: a module without a type, or with a path that is no plain folder",
                   what);
  size_t name_len;
  const char *name = last_part(type, &name_len);
  biobert_str kind = {name, name_len};
  if (bb_str_equal(kind, "Transformer")) {
    bb_free(NULL, p->transformer);
    p->transformer = bb_copy_str(NULL, folder);
    return p->transformer ? BIOBERT_OK : bb_no_memory(err, what);
  }
  bb_step *step;
  if (bb_str_equal(kind, "Normalize")) return new_step(p, what, &step, err);
  if (bb_str_equal(kind, "Dropout")) return BIOBERT_OK; /* acts in training only */

  char *inside = bb_path_join(bb_str(directory), folder);
  char *config = inside ? bb_path_join(bb_str(inside), bb_str("config.json")) : NULL;
  biobert_status status;
  char quoted[BB_QUOTE_BYTES];
  if (!config)
    status = bb_no_memory(err, what);
  else if (bb_str_equal(kind, "Pooling"))
    status = read_pooling(p, config, err);
  else if (bb_str_equal(kind, "Dense"))
    status = read_dense(p, inside, config, err);
  else
    status = bb_fail(err, BIOBERT_UNSUPPORTED,
                     "%s: module '%s' is not supported: Transformer, Pooling, Dense, "
                     "Normalize and Dropout are",
                     what, bb_quote(quoted, type));
  bb_free(NULL, config);
  bb_free(NULL, inside);
  return status;
}

static biobert_status read_modules(bb_pipeline *p, const char *directory,
                                   const char *path, biobert_error *err) {
  bb_json *json = NULL;
  biobert_status status = bb_json_read_file(path, &json, err);
  if (status) return status;
  const bb_json_node *module = bb_json_first(bb_json_root(json));
  for (; module && !status; module = bb_json_next(module))
    status = read_module(p, directory, module, path, err);
  p->has_modules = true;
  bb_json_free(json);
  return status;
}

/* Prompts, length, dimension --------------------------------------------------------- */

/* A prompt that is there and empty (or null, as which release 5 keeps it in memory) is an
 * empty prompt: what follows is not asked. */
static biobert_status copy_prompt(const bb_json_node *node, const char *what, char **out,
                                  biobert_error *err) {
  biobert_str text = bb_json_string(node);
  if (node && bb_json_kind_of(node) == BB_JSON_NULL) text = bb_str("");
  if (!text.data || *out) return BIOBERT_OK;
  if (text.len > BB_MAX_PROMPT_BYTES || memchr(text.data, '\0', text.len))
    return bb_fail(err, BIOBERT_FORMAT,
                   "%s: a prompt of %zu bytes, at most %d, or with a NUL in it", what,
                   text.len, BB_MAX_PROMPT_BYTES);
  *out = bb_copy_str(NULL, text);
  return *out ? BIOBERT_OK : bb_no_memory(err, what);
}

/* encode_query() takes the prompt "query", encode_document() the first of "document",
 * "passage", "corpus" that there is; both fall back to the default prompt. A
 * CrossEncoder's is the default one only, before the first text of a pair; read as an
 * encoder of texts it has none (BaseModel._load_converted_modules). */
static biobert_status read_prompts(bb_pipeline *p, const bb_json_node *root,
                                   const char *path, biobert_error *err) {
  const bb_json_node *prompts = bb_json_get(root, "prompts");
  biobert_str name = bb_json_string(bb_json_get(root, "default_prompt_name"));
  char key[BB_QUOTE_BYTES];
  const bb_json_node *standard =
      name.data ? bb_json_get(prompts, bb_quote(key, name)) : NULL;
  if (p->cross_encoder) return copy_prompt(standard, path, &p->pair_prompt, err);
  const struct {
    const bb_json_node *node;
    char **prompt;
  } wishes[] = {
      {bb_json_get(prompts,  "query"),          &p->query_prompt},
      {standard,                    &p->query_prompt                             },
      {bb_json_get(prompts,                    "document"),&p->document_prompt},
      {bb_json_get(prompts, "passage"),                             &p->document_prompt},
      {bb_json_get(prompts,          "corpus"),&p->document_prompt},
      {standard,  &p->document_prompt},
  };
  biobert_status status = BIOBERT_OK;
  for (size_t i = 0; i < sizeof wishes / sizeof wishes[0] && !status; i++)
    status = copy_prompt(wishes[i].node, path, wishes[i].prompt, err);
  return status;
}

/* An optional integer from `min`; absent and null leave *out as it is, and so does a
 * number too large to matter (1e30 stands for "not known" in old files). */
static biobert_status read_whole(const bb_json_node *object, const char *key, int64_t min,
                                 const char *what, int64_t *out, biobert_error *err) {
  const bb_json_node *node = bb_json_get(object, key);
  double value = 0;
  if (!node || bb_json_kind_of(node) == BB_JSON_NULL) return BIOBERT_OK;
  if (!bb_json_double(node, &value))
    return bb_fail(err, BIOBERT_FORMAT,
                   "%s: %s is %s, a whole number from %d or null "
                   "was expected",
                   what, key, bb_json_kind_name(bb_json_kind_of(node)), (int)min);
  if (!(value >= (double)min) || floor(value) != value)
    return bb_fail(err, BIOBERT_FORMAT,
                   "%s: %s is %.9g, a whole number from %d or null was expected", what,
                   key, value, (int)min);
  if (value <= INT32_MAX) *out = (int64_t)value;
  return BIOBERT_OK;
}

/* SimilarityFunction. */
static const struct {
  const char *name, *metric; /* metric NULL: none of ours */
} similarities[] = {
    {"cosine",    "cosine"},
    {"dot",       "dot"   },
    {"euclidean", "l2"    },
    {"manhattan", NULL    },
};

static void read_similarity(bb_pipeline *p, const bb_json_node *root) {
  biobert_str name = bb_json_string(bb_json_get(root, "similarity_fn_name"));
  for (size_t i = 0; i < sizeof similarities / sizeof similarities[0]; i++) {
    if (!bb_str_equal(name, similarities[i].name)) continue;
    p->similarity = similarities[i].name;
    p->metric = similarities[i].metric;
  }
}

/* config_sentence_transformers.json: prompts, similarity, dimension; and since release 6
 * what a CrossEncoder puts after its score. */
static biobert_status read_about(bb_pipeline *p, const bb_json_node *root,
                                 const char *path, biobert_error *err) {
  p->cross_encoder =
      bb_str_equal(bb_json_string(bb_json_get(root, "model_type")), "CrossEncoder");
  biobert_status status = read_prompts(p, root, path, err);
  if (status) return status;
  if (p->cross_encoder)
    return bb_activation_read(bb_json_get(root, "activation_fn"), path, &p->activation,
                              err);
  int64_t dimension = 0;
  read_similarity(p, root);
  status = read_whole(root, "truncate_dim", 1, path, &dimension, err);
  p->dimension = (size_t)dimension;
  return status;
}

/* Without modules.json sentence-transformers takes the mean; a CrossEncoder never pools,
 * so embedding with one gives the mean too. */
static biobert_status settle_pooling(bb_pipeline *p, const char *directory,
                                     biobert_error *err) {
  if (p->cross_encoder && p->pooling.count == 0) p->has_modules = false;
  if (!p->has_modules) return add_pooling(p, "mean", directory, "mean", err);
  if (p->pooling.count > 0) return BIOBERT_OK;
  return bb_fail(err, BIOBERT_FORMAT, "%s/modules.json: has no Pooling module",
                 directory);
}

/* [CLS], a piece, [SEP] */
enum { MIN_TOKENS = 3 };

/* Where a Transformer's file may say a length. Of two rows of one field the later counts,
 * and the last of all before the others (Transformer.preprocess). */
static const struct {
  const char *outer, *inner, *key;
  size_t field;
} lengths[] = {
    {NULL,                NULL,               "max_seq_length",   offsetof(bb_pipeline, max_seq_length) },
    {NULL,                "tokenizer_args",   "model_max_length", offsetof(bb_pipeline, max_seq_length) },
    {NULL,                "processor_kwargs", "model_max_length", offsetof(bb_pipeline, max_seq_length) },
    {NULL,                NULL,               "query_length",     offsetof(bb_pipeline, query_length)   },
    {NULL,                NULL,               "document_length",  offsetof(bb_pipeline, document_length)},
    {"processing_kwargs", "common",           "max_length",       offsetof(bb_pipeline, any_length)     },
    {"processing_kwargs", "text",             "max_length",       offsetof(bb_pipeline, any_length)     },
};

static biobert_status read_lengths(bb_pipeline *p, const bb_json_node *root,
                                   const char *path, biobert_error *err) {
  biobert_status status = BIOBERT_OK;
  for (size_t i = 0; i < sizeof lengths / sizeof lengths[0] && !status; i++) {
    const bb_json_node *object = root;
    if (lengths[i].outer) object = bb_json_get(object, lengths[i].outer);
    if (lengths[i].inner) object = bb_json_get(object, lengths[i].inner);
    int64_t *field = (int64_t *)((char *)p + lengths[i].field);
    status = read_whole(object, lengths[i].key, MIN_TOKENS, path, field, err);
  }
  p->lowercase = bb_json_is_true(bb_json_get(root, "do_lower_case"));
  p->has_lengths = bb_json_count(root) > 0;
  return status;
}

/* Reads directory/[folder/]name with `read` if it is there. */
static biobert_status
read_optional(bb_pipeline *p, const char *directory, const char *name,
              biobert_status (*read)(bb_pipeline *, const bb_json_node *, const char *,
                                     biobert_error *),
              biobert_error *err) {
  char *path = bb_path_join(bb_str(directory), bb_str(name));
  if (!path) return bb_no_memory(err, name);
  biobert_status status = BIOBERT_OK;
  if (bb_path_exists(path)) {
    bb_json *json = NULL;
    status = bb_json_read_file(path, &json, err);
    if (!status) status = read(p, bb_json_root(json), path, err);
    bb_json_free(json);
  }
  bb_free(NULL, path);
  return status;
}

/* One of these is there, named after the encoder by early releases. */
static const char *const length_files[] = {
    "sentence_bert_config.json",       "sentence_roberta_config.json",
    "sentence_distilbert_config.json", "sentence_camembert_config.json",
    "sentence_albert_config.json",     "sentence_xlm-roberta_config.json",
    "sentence_xlnet_config.json",
};

biobert_status bb_pipeline_read(const char *directory, bb_pipeline *out,
                                biobert_error *err) {
  bb_pipeline p = {.include_prompt = true};
  biobert_status status = BIOBERT_OK;
  char *modules = bb_path_join(bb_str(directory), bb_str("modules.json"));
  char *encoder = NULL;
  if (!modules) return bb_no_memory(err, directory);
  if (bb_path_exists(modules)) status = read_modules(&p, directory, modules, err);
  if (status) goto done;
  if (!p.transformer) p.transformer = bb_copy_str(NULL, bb_str(""));
  encoder = p.transformer ? bb_path_join(bb_str(directory), bb_str(p.transformer)) : NULL;
  if (!encoder) status = bb_no_memory(err, directory);
  if (!status)
    status = read_optional(&p, directory, "config_sentence_transformers.json", read_about,
                           err);
  if (!status) status = settle_pooling(&p, directory, err);
  for (size_t i = 0; i < sizeof length_files / sizeof length_files[0] && !p.has_lengths;
       i++)
    if (!status) status = read_optional(&p, encoder, length_files[i], read_lengths, err);
  if (status) goto done;
  *out = p;
  p = (bb_pipeline){0};

done:
  bb_free(NULL, modules);
  bb_free(NULL, encoder);
  bb_pipeline_free(&p);
  return status;
}

void bb_pipeline_free(bb_pipeline *p) {
  for (size_t i = 0; i < p->step_count; i++) bb_free_aligned(NULL, p->steps[i].w);
  bb_free(NULL, p->transformer);
  bb_free(NULL, p->query_prompt);
  bb_free(NULL, p->document_prompt);
  bb_free(NULL, p->pair_prompt);
  *p = (bb_pipeline){0};
}

/* Using it --------------------------------------------------------------------------- */

biobert_status bb_pipeline_check(const bb_pipeline *p, size_t hidden, const char *what,
                                 biobert_error *err) {
  size_t width = p->pooling.count * hidden;
  for (size_t i = 0; i < p->step_count; i++) {
    const bb_step *step = &p->steps[i];
    if (!step->w) continue;
    if (step->in != width)
      return bb_fail(err, BIOBERT_FORMAT,
                     "%s: a Dense module takes %zu values, but gets %zu", what, step->in,
                     width);
    if (step->residual && step->in != step->out)
      return bb_fail(err, BIOBERT_FORMAT,
                     "%s: a Dense module with a residual has %zu inputs and %zu outputs",
                     what, step->in, step->out);
    width = step->out;
  }
  return BIOBERT_OK;
}

static size_t whole_width(const bb_pipeline *p, size_t hidden) {
  size_t width = p->pooling.count * hidden;
  for (size_t i = 0; i < p->step_count; i++)
    if (p->steps[i].w) width = p->steps[i].out;
  return width;
}

size_t bb_pipeline_dimension(const bb_pipeline *p, size_t hidden) {
  size_t width = whole_width(p, hidden);
  return p->dimension && p->dimension < width ? p->dimension : width;
}

biobert_status bb_pipeline_cut(bb_pipeline *p, size_t hidden, size_t dimension,
                               biobert_error *err) {
  size_t width = whole_width(p, hidden);
  if (dimension > width)
    return bb_fail(err, BIOBERT_RANGE,
                   "options: dimension %zu: this model's vectors have %zu values",
                   dimension, width);
  p->dimension = dimension;
  return BIOBERT_OK;
}

size_t bb_pipeline_widest(const bb_pipeline *p, size_t hidden) {
  size_t widest = p->pooling.count * hidden;
  for (size_t i = 0; i < p->step_count; i++)
    if (p->steps[i].w && p->steps[i].out > widest) widest = p->steps[i].out;
  return widest;
}

bool bb_pipeline_normalizes(const bb_pipeline *p) {
  return p->step_count > 0 && !p->steps[p->step_count - 1].w;
}

biobert_status bb_pipeline_set_normalize(bb_pipeline *p, bool normalize,
                                         biobert_error *err) {
  while (!normalize && bb_pipeline_normalizes(p)) p->step_count--;
  if (!normalize || bb_pipeline_normalizes(p)) return BIOBERT_OK;
  bb_step *step;
  return new_step(p, "normalize", &step, err);
}

static void run_dense(const bb_kernels *k, const bb_step *step, const float *x,
                      float *y) {
  for (size_t i = 0; i < step->out; i++)
    y[i] = k->f32_dot(step->w + i * step->in, x, step->in);
  step->activation->apply(k, y, step->b, step->out);
  if (step->residual) k->f32_axpy(1.0f, x, y, step->out);
}

double bb_unit_vector(float *x, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += (double)x[i] * x[i];
  double length = sqrt(sum);
  if (length < BB_MIN_LENGTH) length = BB_MIN_LENGTH;
  for (size_t i = 0; i < n; i++) x[i] = (float)(x[i] / length);
  return length;
}

void bb_pipeline_run(const bb_pipeline *p, const bb_pooling_input *input, float *a,
                     float *b, float *out) {
  size_t width = p->pooling.count * input->bert->config.hidden;
  bb_pool(&p->pooling, input, a);
  for (size_t i = 0; i < p->step_count; i++) {
    const bb_step *step = &p->steps[i];
    if (!step->w) {
      bb_unit_vector(a, width);
      continue;
    }
    run_dense(&input->bert->kernels, step, a, b);
    float *swap = a;
    a = b;
    b = swap;
    width = step->out;
  }
  if (p->dimension && p->dimension < width) {
    width = p->dimension;
    if (bb_pipeline_normalizes(p)) bb_unit_vector(a, width);
  }
  memmove(out, a, width * sizeof *out); /* out may be a */
}
