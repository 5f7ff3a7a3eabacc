/* fingerprint.c - which model made a vector: the lines that describe it, and their hash.
 */
#include <stdio.h>

#include "api/first_fingerprint.h"
#include "api/hash_fields.h"
#include "api/runtime.h"
#include "base/mem.h"
#include "base/status.h"
#include "base/stop.h"
#include "format/json_write.h"

/* Of a hash, what a line shows. */
enum { SHOWN_DIGITS = 32 };

static void write_line(bb_json_writer *w, const char *key, const char *value) {
  bb_write_raw(w, key);
  bb_write_raw(w, " ");
  bb_write_raw(w, value);
  bb_write_raw(w, "\n");
}

static void write_number(bb_json_writer *w, const char *key, size_t value) {
  char text[24];
  snprintf(text, sizeof text, "%zu", value);
  write_line(w, key, text);
}

static void write_hash(bb_json_writer *w, const char *key, bb_sha256 *h) {
  char text[BIOBERT_HASH_CHARS];
  bb_hash_end(h, text);
  text[SHOWN_DIGITS] = '\0';
  write_line(w, key, text);
}

/* Tokens in the order of their ids, both kinds. */
static void write_tokenizer(bb_json_writer *w, const bb_tokenizer *t) {
  bb_sha256 tokens, added;
  bb_sha256_init(&tokens);
  bb_sha256_init(&added);
  for (size_t id = 0; id < bb_vocab_size(t->vocab) && !bb_reading_stops(); id++)
    bb_hash_token(&tokens, bb_vocab_token(t->vocab, (int32_t)id));
  for (size_t i = 0; i < t->added.count && !bb_reading_stops(); i++)
    bb_hash_added(&added, t->vocab, &t->added.items[i]);
  write_number(w, "vocabulary", bb_vocab_size(t->vocab));
  write_hash(w, "vocabulary_hash", &tokens);
  write_number(w, "added_tokens", t->added.count);
  write_hash(w, "added_tokens_hash", &added);
  write_number(w, "lowercase", t->normalizer.lowercase);
  write_number(w, "strip_accents", t->normalizer.strip_accents);
  write_number(w, "space_cjk", t->normalizer.space_cjk);
  write_number(w, "clean_text", t->normalizer.clean_text);
}

/* "step_1 dense 384 16 tanh residual 0123...", "step_2 normalize" */
static void write_step(bb_json_writer *w, size_t number, const bb_step *step) {
  char key[32], value[128];
  snprintf(key, sizeof key, "step_%zu", number);
  if (!step->w) {
    write_line(w, key, "normalize");
    return;
  }
  bb_sha256 h;
  char hash[BIOBERT_HASH_CHARS];
  bb_sha256_init(&h);
  bb_hash_floats(&h, step->w, step->in * step->out);
  bb_hash_floats(&h, step->b, step->out);
  bb_hash_end(&h, hash);
  snprintf(value, sizeof value, "dense %zu %zu %s%s %.*s", step->in, step->out,
           step->activation->name, step->residual ? " residual" : "", SHOWN_DIGITS, hash);
  write_line(w, key, value);
}

static void write_pipeline(bb_json_writer *w, const bb_pipeline *p) {
  char text[BB_POOLING_TEXT];
  write_line(w, "pooling", bb_pooling_text(&p->pooling, text));
  write_number(w, "normalize", bb_pipeline_normalizes(p));
  write_number(w, "include_prompt", p->include_prompt);
  bb_write_raw(w, "document_prompt ");
  bb_write_string(w, bb_str(p->document_prompt ? p->document_prompt : ""));
  bb_write_raw(w, "\n");
  for (size_t i = 0; i < p->step_count; i++) write_step(w, i + 1, &p->steps[i]);
}

/* What most models have nothing to say of is left out there. */
static void write_rarely_said(bb_json_writer *w, const biobert_model *m) {
  if (m->tokenizer.cuts_start) write_line(w, "truncation_side", "left");
  if (m->encoder.choices > 1) write_line(w, "encoder", m->encoder.text);
}

biobert_status biobert_model_describe(biobert_model *model, char **text,
                                      biobert_error *err) {
  char hash[BIOBERT_HASH_CHARS], eps[32];
  biobert_status status = biobert_model_sha256(model, hash, err);
  if (status) return status;
  const bb_bert_config *c = &model->bert.config;
  bb_json_writer w = {0};
  write_line(&w, "weights", hash);
  write_number(&w, "dimension", model->info.dimension);
  write_number(&w, "max_tokens", model->max_tokens);
  write_number(&w, "layers", c->layers);
  write_number(&w, "heads", c->heads);
  write_line(&w, "activation", c->activation->name);
  snprintf(eps, sizeof eps, "%.9g", (double)c->eps);
  write_line(&w, "epsilon", eps);
  write_pipeline(&w, &model->pipeline);
  write_tokenizer(&w, &model->tokenizer);
  write_rarely_said(&w, model);
  *text = bb_writer_take(&w, NULL);
  if (!*text) return bb_no_memory(err, model->path);
  if (!bb_reading_stops()) return BIOBERT_OK;
  bb_free(NULL, *text);
  *text = NULL;
  return bb_interrupted(err, model->path);
}

/* Remembered: a vocabulary takes milliseconds, and every search asks. */
biobert_status biobert_model_fingerprint(biobert_model *model,
                                         char out[BIOBERT_HASH_CHARS],
                                         biobert_error *err) {
  char *text = NULL;
  bb_runtime_lock();
  memcpy(out, model->fingerprint, BIOBERT_HASH_CHARS);
  bb_runtime_unlock();
  if (out[0]) return BIOBERT_OK;
  biobert_status status = biobert_model_describe(model, &text, err);
  if (status) return status;
  bb_sha256 h;
  bb_sha256_init(&h);
  bb_hash_text(&h, "biobert fingerprint 2");
  bb_hash_text(&h, text);
  bb_hash_end(&h, out);
  bb_free(NULL, text);
  bb_runtime_lock();
  memcpy(model->fingerprint, out, BIOBERT_HASH_CHARS);
  bb_runtime_unlock();
  return BIOBERT_OK;
}

biobert_status biobert_model_hash(biobert_model *model, const biobert_open_options *how,
                                  biobert_error *err) {
  char fingerprint[BIOBERT_HASH_CHARS];
  bb_cancel cancel = {.ask = how ? how->cancel : NULL,
                      .ctx = how ? how->cancel_ctx : NULL};
  bb_stop_reading(&cancel);
  const biobert_status status = biobert_model_fingerprint(model, fingerprint, err);
  bb_stop_reading(NULL);
  return status;
}

biobert_status biobert_model_is(biobert_model *model, const char *fingerprint, bool *is,
                                biobert_error *err) {
  char own[BIOBERT_HASH_CHARS];
  biobert_status status = biobert_model_fingerprint(model, own, err);
  if (status) return status;
  *is = strcmp(fingerprint, own) == 0;
  return *is ? BIOBERT_OK : bb_first_fingerprint_is(model, fingerprint, is, err);
}
