/* fingerprint.c - which model made a vector.
 *
 * The hash of the weights is remembered in the user's cache folder
 * ($XDG_CACHE_HOME/biobert or
 * ~/.cache/biobert), because hashing 440 MB takes seconds: one small file a weights file,
 * named by the hash of its path, holding "size mtime_ns sha256". Nothing depends on it
 * being there or writable. */
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/model.h"
#include "api/runtime.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/sha256.h"
#include "base/status.h"

enum { BLOCK_BYTES = 1 << 20, ENTRY_BYTES = 128 };

static void hash_text(bb_sha256 *h, const char *text) {
  /* With its NUL, so that two neighbouring texts cannot be cut elsewhere. */
  bb_sha256_add(h, text, strlen(text) + 1);
}

static void hash_number(bb_sha256 *h, const char *name, uint64_t value) {
  hash_text(h, name);
  bb_sha256_add(h, &value, sizeof value);
}

static void finish_hex(bb_sha256 *h, char out[BIOBERT_HASH_CHARS]) {
  unsigned char digest[BB_SHA256_BYTES];
  bb_sha256_end(h, digest);
  bb_sha256_hex(digest, out);
}

/* The remembered hash ---------------------------------------------------------------- */

/* The cache entry's path for a model's weights; false: there is no home. */
static bool entry_path(const biobert_model *m, char out[PATH_MAX]) {
  bb_sha256 h;
  char name[BIOBERT_HASH_CHARS], below[BIOBERT_HASH_CHARS + 16];
  bb_sha256_init(&h);
  for (size_t i = 0; i < m->weight_file_count; i++) hash_text(&h, m->weight_files[i]);
  finish_hex(&h, name);
  snprintf(below, sizeof below, "biobert/%s", name);
  return bb_home_path("XDG_CACHE_HOME", ".cache", below, out);
}

/* Size and times of all files in one line: what an entry must begin with to be believed.
 */
static biobert_status describe_files(const biobert_model *m, char line[ENTRY_BYTES],
                                     biobert_error *err) {
  uint64_t size = 0, times = 0;
  for (size_t i = 0; i < m->weight_file_count; i++) {
    bb_file file = {0};
    biobert_status status = bb_file_open(m->weight_files[i], &file, err);
    if (status) return status;
    size += file.size;
    times = times * 31 + (uint64_t)file.mtime_ns;
    bb_file_close(&file);
  }
  snprintf(line, ENTRY_BYTES, "%" PRIu64 " %" PRIu64 " ", size, times);
  return BIOBERT_OK;
}

static bool recall(const char *path, const char *line, char out[BIOBERT_HASH_CHARS]) {
  bb_buffer text = {0};
  if (bb_file_read_all(path, 2 * ENTRY_BYTES, &text, NULL)) return false;
  size_t head = strlen(line), digits = BIOBERT_HASH_CHARS - 1;
  bool known = text.len >= head + digits && memcmp(text.data, line, head) == 0 &&
               strspn(text.data + head, "0123456789abcdef") == digits;
  if (known) {
    memcpy(out, text.data + head, digits);
    out[digits] = '\0';
  }
  bb_free(NULL, text.data);
  return known;
}

/* Written beside and renamed, so that a reader never sees half an entry. */
static void remember(const char *path, const char *line, const char *hash) {
  char *temporary = bb_alloc(NULL, strlen(path) + 32, 1);
  if (!temporary) return;
  snprintf(temporary, strlen(path) + 32, "%s.%ld", path, (long)getpid());
  char *slash = strrchr(temporary, '/');
  *slash = '\0';
  mkdir(temporary, 0700);
  *slash = '/';
  FILE *file = fopen(temporary, "we");
  if (file) {
    bool written = fprintf(file, "%s%s\n", line, hash) > 0;
    written = fclose(file) == 0 && written;
    if (!written || rename(temporary, path) != 0) unlink(temporary);
  }
  bb_free(NULL, temporary);
}

/* Hashing ---------------------------------------------------------------------------- */

static biobert_status hash_file(bb_sha256 *h, const char *path, char *block,
                                biobert_error *err) {
  bb_file file = {0};
  biobert_status status = bb_file_open(path, &file, err);
  for (uint64_t at = 0; !status && at < file.size;) {
    size_t bytes = file.size - at < BLOCK_BYTES ? (size_t)(file.size - at) : BLOCK_BYTES;
    status = bb_file_read(&file, at, block, bytes, err);
    if (!status) bb_sha256_add(h, block, bytes);
    at += bytes;
  }
  bb_file_close(&file);
  return status;
}

static biobert_status hash_weights(const biobert_model *m, char out[BIOBERT_HASH_CHARS],
                                   biobert_error *err) {
  char line[ENTRY_BYTES];
  biobert_status status = describe_files(m, line, err);
  if (status) return status;
  char path[PATH_MAX];
  bool has_home = entry_path(m, path);
  if (has_home && recall(path, line, out)) return BIOBERT_OK;
  bb_sha256 h;
  bb_sha256_init(&h);
  char *block = bb_alloc(NULL, BLOCK_BYTES, 1);
  if (!block) status = bb_no_memory(err, m->path);
  for (size_t i = 0; i < m->weight_file_count && !status; i++)
    status = hash_file(&h, m->weight_files[i], block, err);
  if (!status) {
    finish_hex(&h, out);
    if (has_home) remember(path, line, out);
  }
  bb_free(NULL, block);
  return status;
}

biobert_status biobert_model_sha256(biobert_model *model, char out[BIOBERT_HASH_CHARS],
                                    biobert_error *err) {
  char hash[BIOBERT_HASH_CHARS];
  bb_runtime_lock();
  memcpy(hash, model->sha256, sizeof hash);
  bb_runtime_unlock();
  if (!hash[0]) {
    biobert_status status = hash_weights(model, hash, err);
    if (status) return status;
    bb_runtime_lock();
    memcpy(model->sha256, hash, sizeof hash);
    bb_runtime_unlock();
  }
  memcpy(out, hash, sizeof hash);
  return BIOBERT_OK;
}

static void hash_tokenizer(bb_sha256 *h, const bb_tokenizer *t) {
  for (size_t id = 0; id < bb_vocab_size(t->vocab); id++) {
    biobert_str token = bb_vocab_token(t->vocab, (int32_t)id);
    hash_number(h, "token", token.len);
    bb_sha256_add(h, token.data ? token.data : "", token.len);
  }
  for (size_t i = 0; i < t->added.count; i++) {
    const bb_added_token *a = &t->added.items[i];
    hash_number(h, bb_vocab_token(t->vocab, a->id).data,
                (uint64_t)a->id << 4 | (uint64_t)a->normalized << 3 |
                    (uint64_t)a->single_word << 2 | (uint64_t)a->lstrip << 1 | a->rstrip);
  }
  hash_number(h, "lowercase", t->normalizer.lowercase);
  hash_number(h, "strip_accents", t->normalizer.strip_accents);
  hash_number(h, "space_cjk", t->normalizer.space_cjk);
  hash_number(h, "clean_text", t->normalizer.clean_text);
}

static void hash_pipeline(bb_sha256 *h, const bb_pipeline *p) {
  char text[BB_POOLING_TEXT];
  hash_text(h, bb_pooling_text(&p->pooling, text));
  hash_number(h, "include_prompt", p->include_prompt);
  hash_text(h, p->document_prompt ? p->document_prompt : "");
  for (size_t i = 0; i < p->step_count; i++) {
    const bb_step *step = &p->steps[i];
    hash_text(h, step->w ? step->activation->name : "normalize");
    if (!step->w) continue;
    hash_number(h, "residual", step->residual);
    bb_sha256_add(h, step->w, step->in * step->out * sizeof *step->w);
    bb_sha256_add(h, step->b, step->out * sizeof *step->b);
  }
}

static biobert_status hash_model(biobert_model *model, char out[BIOBERT_HASH_CHARS],
                                 biobert_error *err) {
  char weights[BIOBERT_HASH_CHARS];
  biobert_status status = biobert_model_sha256(model, weights, err);
  if (status) return status;
  const bb_bert_config *c = &model->bert.config;
  bb_sha256 h;
  bb_sha256_init(&h);
  hash_text(&h, "biobert fingerprint 1");
  hash_text(&h, weights);
  hash_text(&h, c->activation->name);
  hash_number(&h, "heads", c->heads);
  if (model->bert.weights.int8) hash_text(&h, "int8 3");
  bb_sha256_add(&h, &c->eps, sizeof c->eps);
  hash_number(&h, "max_tokens", model->max_tokens);
  hash_tokenizer(&h, &model->tokenizer);
  hash_pipeline(&h, &model->pipeline);
  finish_hex(&h, out);
  return BIOBERT_OK;
}

/* Remembered: a vocabulary takes milliseconds, and every search asks. */
biobert_status biobert_model_fingerprint(biobert_model *model,
                                         char out[BIOBERT_HASH_CHARS],
                                         biobert_error *err) {
  bb_runtime_lock();
  memcpy(out, model->fingerprint, BIOBERT_HASH_CHARS);
  bb_runtime_unlock();
  if (out[0]) return BIOBERT_OK;
  biobert_status status = hash_model(model, out, err);
  if (status) return status;
  bb_runtime_lock();
  memcpy(model->fingerprint, out, BIOBERT_HASH_CHARS);
  bb_runtime_unlock();
  return BIOBERT_OK;
}
