/* model_write.c - the parts of a model's folder, in the order in which they are written.
 */
#include "api/model_write.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/model_card_write.h"
#include "api/model_config_write.h"
#include "api/sentence_files.h"
#include "api/tokenizer_write.h"
#include "base/file.h"
#include "base/file_write.h"
#include "base/folder_write.h"
#include "base/mem.h"
#include "base/os.h"
#include "base/status.h"
#include "format/safetensors_write.h"

/* Weights ------------------------------------------------------------------------------ */

enum { NAME_BYTES = 192 };

/* Tensors in the order of the file; their names lie in one block. */
typedef struct tensor_list {
  bb_tensor_out *items;
  size_t count, capacity;
  char (*names)[NAME_BYTES]; /* one more for each item */
  size_t name_capacity;
  const bb_folder_class *class;
  bool untied; /* the decoder is not the word embeddings */
  bool no_memory;
} tensor_list;

static void add_tensor(tensor_list *list, const char *prefix, const char *name,
                       const bb_bert_tensor *t) {
  if (list->no_memory) return;
  if (!bb_grow(NULL, (void **)&list->items, &list->capacity, list->count,
               sizeof *list->items) ||
      !bb_grow(NULL, (void **)&list->names, &list->name_capacity, list->count,
               sizeof *list->names)) {
    list->no_memory = true;
    return;
  }
  snprintf(list->names[list->count], NAME_BYTES, "%s%s", prefix, name);
  list->items[list->count++] =
      (bb_tensor_out){NULL, t->values, t->rows, t->columns, t->is_vector};
}

static void take_encoder_tensor(void *ctx, const bb_bert_tensor *t) {
  tensor_list *list = ctx;
  if (!list->class->pooler && strncmp(t->name, "pooler.", strlen("pooler.")) == 0) return;
  add_tensor(list, list->class->prefix, t->name, t);
}

/* BertForMaskedLM has its decoder's bias under two names, of which a tied one is written
 * under the second alone. */
static void take_head_tensor(void *ctx, const bb_bert_tensor *t) {
  static const char decoder_bias[] = "cls.predictions.decoder.bias";
  tensor_list *list = ctx;
  if (strcmp(t->name, decoder_bias) != 0) {
    add_tensor(list, "", t->name, t);
    return;
  }
  add_tensor(list, "", "cls.predictions.bias", t);
  if (list->untied) add_tensor(list, "", decoder_bias, t);
}

/* Two rows, of which the second is for the other text of a pair. */
static void add_types(tensor_list *list, const bb_bert_config *config,
                      const float *zeros) {
  static const char name[] = "embeddings.token_type_embeddings.weight";
  if (!zeros) return;
  add_tensor(list, list->class->prefix, name,
             &(bb_bert_tensor){name, NULL, config->types, config->hidden, false});
  if (!list->no_memory) list->items[list->count - 1].values = zeros;
}

/* The list does not grow any more: names have their places. */
static void settle_names(tensor_list *list) {
  for (size_t i = 0; i < list->count; i++) list->items[i].name = list->names[i];
}

static biobert_status write_list(const tensor_list *list, const char *folder,
                                 biobert_error *err) {
  char *path = bb_path_join(bb_str(folder), bb_str("model.safetensors"));
  if (!path) return bb_no_memory(err, folder);
  const biobert_status status = bb_safetensors_write(path, list->items, list->count, err);
  bb_free(NULL, path);
  return status;
}

static biobert_status write_weights(const bb_model_folder *f, const char *folder,
                                    biobert_error *err) {
  const bb_bert_config config = bb_folder_config(f);
  tensor_list list = {.class = bb_folder_class_of(f)};
  const bool no_types = config.types != f->config->types;
  float *zeros = NULL;
  if (no_types) {
    zeros = bb_alloc_zeroed(NULL, config.types * config.hidden, sizeof *zeros);
    if (!zeros) return bb_no_memory(err, folder);
  }
  bb_bert_weights_each(f->config, f->weights, take_encoder_tensor, &list);
  add_types(&list, &config, zeros);
  if (f->heads && f->kind != BB_FOLDER_SENTENCES) {
    list.untied = f->heads->decoder_memory != NULL;
    bb_task_heads_each(&config, f->heads, take_head_tensor, &list);
  }
  settle_names(&list);
  const biobert_status status =
      list.no_memory ? bb_no_memory(err, folder) : write_list(&list, folder, err);
  bb_free(NULL, list.items);
  bb_free(NULL, list.names);
  bb_free(NULL, zeros);
  return status;
}

/* Other parts ------------------------------------------------------------------------- */

static biobert_status write_tokenizer(const bb_model_folder *f, const char *folder,
                                      biobert_error *err) {
  bb_json *source = NULL;
  biobert_status status = bb_folder_source_json(f, "tokenizer_config.json", &source, err);
  if (status) return status;
  const bb_tokenizer_out out = {
      .tokenizer = f->tokenizer,
      .class_name = f->config->family == BB_FAMILY_DISTILBERT ? "DistilBertTokenizer"
                                                              : "BertTokenizer",
      .max_tokens = bb_folder_max_tokens(f),
      .base = source ? bb_json_root(source) : NULL,
  };
  status = bb_tokenizer_write(&out, folder, err);
  bb_json_free(source);
  return status;
}

static biobert_status write_record(const bb_model_folder *f, const char *folder,
                                   biobert_error *err) {
  if (!f->record.data) return BIOBERT_OK;
  char *path = bb_path_join(bb_str(folder), bb_str("biobert_training.json"));
  if (!path) return bb_no_memory(err, folder);
  const biobert_status status = bb_file_write_all(path, f->record, err);
  bb_free(NULL, path);
  return status;
}

/* Checks ------------------------------------------------------------------------------ */

/* What is in the way is removed: it may not be the source, nor have it inside. */
static bool has_source(const bb_model_folder *f, const char *folder) {
  char resolved[BB_PATH_BYTES];
  if (!f->source || !bb_os_real_path(folder, resolved)) return false;
  const size_t bytes = strlen(resolved);
  const char *source = f->source->path;
  return strncmp(source, resolved, bytes) == 0 &&
         (bb_os_is_separator(source[bytes]) || source[bytes] == '\0');
}

static biobert_status check_place(const bb_model_folder *f, const char *path,
                                  biobert_error *err) {
  char *partial = bb_folder_out_partial(path);
  if (!partial) return bb_no_memory(err, path);
  const bool source = has_source(f, partial);
  bb_free(NULL, partial);
  if (!source) return BIOBERT_OK;
  return bb_fail(err, BIOBERT_RANGE,
                 "%s: the model that training begins with is where this folder would be "
                 "filled: name another",
                 path);
}

/* Each kind has the head that its class reads. */
static biobert_status check_parts(const bb_model_folder *f, biobert_error *err) {
  const bb_task_heads none = {0}, *h = f->heads ? f->heads : &none;
  const bool has[] = {
      [BB_FOLDER_MASKED_WORDS] = h->transform_w != NULL,
      [BB_FOLDER_TEXTS] = h->text_w && h->labels.count > 0,
      [BB_FOLDER_CROSS_ENCODER] = h->text_w && h->rerank && h->labels.count == 1,
      [BB_FOLDER_TOKENS] = h->token_w && h->labels.count > 0,
      [BB_FOLDER_ANSWERS] = h->answer_w != NULL,
      [BB_FOLDER_SENTENCES] = f->pipeline != NULL,
  };
  const bool reads_pooler =
      f->kind == BB_FOLDER_TEXTS || f->kind == BB_FOLDER_CROSS_ENCODER;
  const char *name = bb_folder_class_of(f)->name;
  const bool wants_head = f->kind != BB_FOLDER_SENTENCES;
  if (!has[f->kind] || (wants_head && !h->memory))
    return bb_fail(err, BIOBERT_RANGE, "%s: what comes after the encoder is missing",
                   name);
  if (reads_pooler && f->config->family == BB_FAMILY_BERT && !f->weights->pooler_w)
    return bb_fail(err, BIOBERT_RANGE, "%s: the pooler is missing", name);
  return bb_sentence_files_check(f, err);
}

biobert_status bb_model_folder_check(const bb_model_folder *folder, const char *path,
                                     biobert_error *err) {
  bb_folder_out out;
  biobert_status status = bb_sentence_files_check(folder, err);
  if (!status) status = check_place(folder, path, err);
  if (!status) status = bb_folder_out_open(path, &out, err);
  if (!status) bb_folder_out_discard(&out);
  return status;
}

biobert_status bb_model_folder_write(const bb_model_folder *folder, const char *path,
                                     biobert_error *err) {
  bb_folder_out out;
  biobert_status status = check_parts(folder, err);
  if (!status) status = check_place(folder, path, err);
  if (!status) status = bb_folder_out_open(path, &out, err);
  if (status) return status;
  status = write_weights(folder, out.partial, err);
  if (!status) status = bb_model_config_write(folder, out.partial, err);
  if (!status) status = write_tokenizer(folder, out.partial, err);
  if (!status) status = bb_sentence_files_write(folder, &out, err);
  if (!status) status = bb_model_card_write(folder, out.partial, err);
  if (!status) status = write_record(folder, out.partial, err);
  return bb_folder_out_close(&out, status, err);
}
