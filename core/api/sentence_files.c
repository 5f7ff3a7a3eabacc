/* sentence_files.c - modules.json, sentence_bert_config.json,
 * config_sentence_transformers.json, and the folders of pooling, dense layers and
 * normalising.
 *
 * A SentenceTransformer is written as releases 2 to 5 do, which 6 reads; a CrossEncoder as
 * 6 does, where those before need config.json alone. */
#include "api/sentence_files.h"

#include <stdio.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/status.h"
#include "format/json_edit.h"
#include "format/safetensors_write.h"

static void write_text(bb_json_writer *w, const char *key, const char *value) {
  bb_write_key(w, key);
  bb_write_string(w, bb_str(value));
}

static void write_number(bb_json_writer *w, const char *key, size_t value) {
  bb_write_key(w, key);
  bb_write_int(w, (int64_t)value);
}

/* What is written --------------------------------------------------------------------- */

static biobert_status check_pooling(const bb_model_folder *f, biobert_error *err) {
  bb_json_writer w = {0};
  char text[BB_POOLING_TEXT];
  const bool named = bb_pipeline_write_pooling(f->pipeline, f->config->hidden, &w);
  char *members = bb_writer_take(&w, NULL);
  if (!members) return bb_no_memory(err, "pooling");
  bb_free(NULL, members);
  if (named) return BIOBERT_OK;
  return bb_fail(err, BIOBERT_UNSUPPORTED,
                 "pooling '%s' has no name in sentence-transformers: cls, max, mean and "
                 "mean_sqrt_len have",
                 bb_pooling_text(&f->pipeline->pooling, text));
}

static biobert_status check_activation(const bb_activation *activation,
                                       biobert_error *err) {
  if (bb_activation_class(activation)) return BIOBERT_OK;
  return bb_fail(err, BIOBERT_UNSUPPORTED,
                 "activation '%s' has no name in sentence-transformers",
                 activation->name);
}

biobert_status bb_sentence_files_check(const bb_model_folder *f, biobert_error *err) {
  const bb_pipeline *p = f->pipeline;
  if (f->kind == BB_FOLDER_CROSS_ENCODER)
    return f->heads ? check_activation(f->heads->rerank, err) : BIOBERT_OK;
  if (f->kind != BB_FOLDER_SENTENCES) return BIOBERT_OK;
  biobert_status status = check_pooling(f, err);
  for (size_t i = 0; i < p->step_count && !status; i++)
    if (p->steps[i].w) status = check_activation(p->steps[i].activation, err);
  return status;
}

/* Modules ----------------------------------------------------------------------------- */

enum { MODULE_NAME = 32 };

static const char *step_kind(const bb_step *step) {
  return step->w ? "Dense" : "Normalize";
}

/* "2_Dense": the encoder is 0, the pooling 1. */
static void name_step(const bb_pipeline *p, size_t step, char name[MODULE_NAME]) {
  snprintf(name, MODULE_NAME, "%zu_%s", step + 2, step_kind(&p->steps[step]));
}

static void write_module(bb_json_writer *w, size_t index, const char *folder,
                         const char *package, const char *kind) {
  char name[24], type[96];
  snprintf(name, sizeof name, "%zu", index);
  snprintf(type, sizeof type, "%s.%s", package, kind);
  bb_write_raw(w, index ? ",{" : "{");
  write_number(w, "idx", index);
  write_text(w, "name", name);
  write_text(w, "path", folder);
  write_text(w, "type", type);
  bb_write_raw(w, "}");
}

static void write_modules(bb_json_writer *w, const bb_model_folder *f) {
  static const char models[] = "sentence_transformers.models";
  const bb_pipeline *p = f->pipeline;
  char name[MODULE_NAME];
  bb_write_raw(w, "[");
  if (f->kind == BB_FOLDER_CROSS_ENCODER) {
    write_module(w, 0, "", "sentence_transformers.base.modules.transformer",
                 "Transformer");
  } else {
    write_module(w, 0, "", models, "Transformer");
    write_module(w, 1, "1_Pooling", models, "Pooling");
    for (size_t i = 0; i < p->step_count; i++) {
      name_step(p, i, name);
      write_module(w, i + 2, name, models, step_kind(&p->steps[i]));
    }
  }
  bb_write_raw(w, "]");
}

/* Their folders ----------------------------------------------------------------------- */

static biobert_status write_pooling(const bb_model_folder *f, const bb_folder_out *out,
                                    biobert_error *err) {
  bb_json_writer w = {0};
  biobert_status status = bb_folder_out_make(out, "1_Pooling", err);
  if (status) return status;
  bb_write_raw(&w, "{");
  bb_pipeline_write_pooling(f->pipeline, f->config->hidden, &w);
  bb_write_raw(&w, "}");
  return bb_json_write_file(out->partial, "1_Pooling/config.json", NULL, &w, err);
}

static void write_dense_config(bb_json_writer *w, const bb_step *step) {
  bb_write_raw(w, "{");
  write_number(w, "in_features", step->in);
  write_number(w, "out_features", step->out);
  bb_write_key(w, "bias");
  bb_write_bool(w, true);
  write_text(w, "activation_function", bb_activation_class(step->activation));
  if (step->residual) {
    bb_write_key(w, "use_residual");
    bb_write_bool(w, true);
  }
  bb_write_raw(w, "}");
}

static biobert_status write_dense_weights(const bb_step *step, const char *folder,
                                          biobert_error *err) {
  const bb_tensor_out tensors[] = {
      {"linear.weight", step->w, step->out, step->in,  false},
      {"linear.bias",   step->b, 1,         step->out, true },
  };
  char *path = bb_path_join(bb_str(folder), bb_str("model.safetensors"));
  if (!path) return bb_no_memory(err, folder);
  const biobert_status status = bb_safetensors_write(path, tensors, 2, err);
  bb_free(NULL, path);
  return status;
}

/* Of normalising an empty folder, which release 6 no longer wants. */
static biobert_status write_step(const bb_pipeline *p, size_t at,
                                 const bb_folder_out *out, biobert_error *err) {
  char name[MODULE_NAME];
  bb_json_writer w = {0};
  name_step(p, at, name);
  biobert_status status = bb_folder_out_make(out, name, err);
  if (status || !p->steps[at].w) return status;
  char *folder = bb_path_join(bb_str(out->partial), bb_str(name));
  if (!folder) return bb_no_memory(err, name);
  write_dense_config(&w, &p->steps[at]);
  status = bb_json_write_file(folder, "config.json", NULL, &w, err);
  if (!status) status = write_dense_weights(&p->steps[at], folder, err);
  bb_free(NULL, folder);
  return status;
}

/* Lengths, prompts, similarity -------------------------------------------------------- */

static biobert_status write_lengths(const bb_model_folder *f, const bb_folder_out *out,
                                    biobert_error *err) {
  static const char cross_encoder[] =
      "{\"transformer_task\":\"sequence-classification\",\"modality_config\":{\"text\":"
      "{\"method\":\"forward\",\"method_output_name\":\"logits\"}},"
      "\"module_output_name\":\"scores\"}";
  const size_t tokens = bb_folder_max_tokens(f);
  bb_json_writer w = {0};
  if (f->kind == BB_FOLDER_CROSS_ENCODER) {
    bb_write_raw(&w, cross_encoder);
  } else {
    bb_write_raw(&w, "{");
    write_number(&w, "max_seq_length", tokens);
    bb_write_key(&w, "do_lower_case");
    bb_write_bool(&w, false); /* the tokenizer does */
    if (f->query_tokens && f->query_tokens != tokens) {
      write_number(&w, "query_length", f->query_tokens);
      write_number(&w, "document_length", tokens);
    }
    bb_write_raw(&w, "}");
  }
  return bb_json_write_file(out->partial, "sentence_bert_config.json", NULL, &w, err);
}

/* Those of the source that have other names are kept. */
static void write_prompts(bb_json_writer *w, const bb_pipeline *p,
                          const bb_json_node *known) {
  const bb_json_node *prompt = bb_json_first(known);
  bb_write_key(w, "prompts");
  bb_write_raw(w, "{");
  write_text(w, "query", p->query_prompt ? p->query_prompt : "");
  write_text(w, "document", p->document_prompt ? p->document_prompt : "");
  for (; prompt; prompt = bb_json_next(prompt)) {
    const biobert_str name = bb_json_key(prompt);
    if (!name.data || bb_str_equal(name, "query") || bb_str_equal(name, "document"))
      continue;
    bb_write_key_str(w, name);
    bb_write_node(w, prompt);
  }
  bb_write_raw(w, "}");
}

static void write_sentence_settings(bb_json_writer *w, const bb_pipeline *p,
                                    const bb_json_node *source) {
  write_text(w, "model_type", "SentenceTransformer");
  write_prompts(w, p, bb_json_get(source, "prompts"));
  bb_write_key(w, "similarity_fn_name");
  bb_write_string(w, bb_str(p->similarity ? p->similarity : "cosine"));
  bb_write_key(w, "truncate_dim");
  if (p->dimension)
    bb_write_int(w, (int64_t)p->dimension);
  else
    bb_write_raw(w, "null");
}

/* The prompt of every first text of a pair is the default one. */
static void write_cross_encoder_settings(bb_json_writer *w, const bb_model_folder *f) {
  const char *prompt = f->pipeline ? f->pipeline->pair_prompt : NULL;
  write_text(w, "model_type", "CrossEncoder");
  write_text(w, "activation_fn", bb_activation_class(f->heads->rerank));
  bb_write_key(w, "prompts");
  bb_write_raw(w, "{");
  if (prompt) write_text(w, "query", prompt);
  bb_write_raw(w, "}");
  bb_write_key(w, "default_prompt_name");
  bb_write_raw(w, prompt ? "\"query\"" : "null");
}

static biobert_status write_about(const bb_model_folder *f, const bb_folder_out *out,
                                  biobert_error *err) {
  static const char name[] = "config_sentence_transformers.json";
  bb_json *source = NULL;
  bb_json_writer w = {0};
  biobert_status status = bb_folder_source_json(f, name, &source, err);
  if (status) return status;
  const bb_json_node *root = source ? bb_json_root(source) : NULL;
  bb_write_raw(&w, "{");
  if (f->kind == BB_FOLDER_SENTENCES)
    write_sentence_settings(&w, f->pipeline, root);
  else
    write_cross_encoder_settings(&w, f);
  bb_write_raw(&w, "}");
  status = bb_json_write_file(out->partial, name, root, &w, err);
  bb_json_free(source);
  return status;
}

biobert_status bb_sentence_files_write(const bb_model_folder *f, const bb_folder_out *out,
                                       biobert_error *err) {
  bb_json_writer modules = {0};
  const bb_pipeline *p = f->kind == BB_FOLDER_SENTENCES ? f->pipeline : NULL;
  if (f->kind != BB_FOLDER_SENTENCES && f->kind != BB_FOLDER_CROSS_ENCODER)
    return BIOBERT_OK;
  write_modules(&modules, f);
  biobert_status status =
      bb_json_write_file(out->partial, "modules.json", NULL, &modules, err);
  if (!status) status = write_lengths(f, out, err);
  if (!status) status = write_about(f, out, err);
  if (!status && p) status = write_pooling(f, out, err);
  for (size_t i = 0; p && i < p->step_count && !status; i++)
    status = write_step(p, i, out, err);
  return status;
}
