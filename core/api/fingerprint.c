/* fingerprint.c - which model made a vector: that of the bytes in memory.
 *
 * Hashing 440 MB takes seconds, so the hash of the weights is computed when it is first
 * asked for: of the files that were read, which stay open until then. It is remembered in
 * the user's cache folder ($XDG_CACHE_HOME/biobert or ~/.cache/biobert): one small file a
 * model, named by the hash of the paths of its weights, holding "size stamps sha256".
 * Nothing depends on it being there or writable. */
#include "api/fingerprint.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/runtime.h"
#include "base/mem.h"
#include "base/status.h"
#include "format/json_write.h"

enum { BLOCK_BYTES = 1 << 20, ENTRY_BYTES = 192 };

void bb_hash_text(bb_sha256 *h, const char *text) {
  /* The NUL separates the fields. */
  bb_sha256_add(h, text, strlen(text) + 1);
}

void bb_hash_number(bb_sha256 *h, const char *name, uint64_t value) {
  bb_hash_text(h, name);
  bb_sha256_add(h, &value, sizeof value);
}

void bb_hash_token(bb_sha256 *h, biobert_str token) {
  bb_hash_number(h, "token", token.len);
  bb_sha256_add(h, token.data ? token.data : "", token.len);
}

void bb_hash_added(bb_sha256 *h, const bb_vocab *vocab, const bb_added_token *token) {
  bb_hash_number(h, bb_vocab_token(vocab, token->id).data,
                 (uint64_t)token->id << 4 | (uint64_t)token->normalized << 3 |
                     (uint64_t)token->single_word << 2 | (uint64_t)token->lstrip << 1 |
                     token->rstrip);
}

void bb_hash_end(bb_sha256 *h, char out[BIOBERT_HASH_CHARS]) {
  unsigned char digest[BB_SHA256_BYTES];
  bb_sha256_end(h, digest);
  bb_sha256_hex(digest, out);
}

/* The files of the weights ------------------------------------------------------------
 */

static int compare_paths(const void *a, const void *b) {
  return strcmp(((const bb_file *)a)->path, ((const bb_file *)b)->path);
}

biobert_status bb_identity_take(biobert_model *m, bb_file *files, size_t count,
                                biobert_error *err) {
  m->weight_files = bb_alloc_zeroed(NULL, count, sizeof *m->weight_files);
  if (!m->weight_files) return bb_no_memory(err, m->path);
  memcpy(m->weight_files, files, count * sizeof *files);
  memset(files, 0, count * sizeof *files);
  m->weight_file_count = count;
  qsort(m->weight_files, count, sizeof *m->weight_files, compare_paths);
  return BIOBERT_OK;
}

static void close_files(biobert_model *m) {
  for (size_t i = 0; i < m->weight_file_count; i++) bb_file_close(&m->weight_files[i]);
}

void bb_identity_free(biobert_model *m) {
  close_files(m);
  bb_free(NULL, m->weight_files);
}

/* The remembered hash ---------------------------------------------------------------- */

/* The cache entry's path for a model's weights; false: there is no home. */
static bool entry_path(const biobert_model *m, char out[PATH_MAX]) {
  bb_sha256 h;
  char name[BIOBERT_HASH_CHARS], below[BIOBERT_HASH_CHARS + 16];
  bb_sha256_init(&h);
  for (size_t i = 0; i < m->weight_file_count; i++)
    bb_hash_text(&h, m->weight_files[i].path);
  bb_hash_end(&h, name);
  snprintf(below, sizeof below, "biobert/%s", name);
  return bb_home_path("XDG_CACHE_HOME", ".cache", below, out);
}

/* The files as they were when they were read: what an entry must begin with to be
 * believed. Not the device: it has another number after a restart. */
static void describe_files(const biobert_model *m, char line[ENTRY_BYTES]) {
  bb_sha256 h;
  char stamps[BIOBERT_HASH_CHARS];
  uint64_t size = 0;
  bb_sha256_init(&h);
  for (size_t i = 0; i < m->weight_file_count; i++) {
    const bb_file_stamp *stamp = &m->weight_files[i].stamp;
    size += stamp->size;
    bb_hash_number(&h, "inode", stamp->inode);
    bb_hash_number(&h, "size", stamp->size);
    bb_hash_number(&h, "mtime", (uint64_t)stamp->mtime_ns);
  }
  bb_hash_end(&h, stamps);
  snprintf(line, ENTRY_BYTES, "%" PRIu64 " %s ", size, stamps);
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

void bb_identity_recall(biobert_model *m) {
  char path[PATH_MAX], line[ENTRY_BYTES];
  describe_files(m, line);
  if (entry_path(m, path) && recall(path, line, m->sha256)) close_files(m);
}

/* Hashing ---------------------------------------------------------------------------- */

/* The bytes that were read: the file is the same, and nobody has written to it, before
 * this and while it was hashed. */
static biobert_status hash_file(bb_sha256 *h, const bb_file *file, char *block,
                                biobert_error *err) {
  biobert_status status = BIOBERT_OK;
  const bool was_same = bb_file_check(file, NULL) == BIOBERT_OK;
  for (uint64_t at = 0; was_same && !status && at < file->size;) {
    size_t bytes =
        file->size - at < BLOCK_BYTES ? (size_t)(file->size - at) : BLOCK_BYTES;
    status = bb_file_read(file, at, block, bytes, err);
    if (!status) bb_sha256_add(h, block, bytes);
    at += bytes;
  }
  /* What a read says of a file that has changed meanwhile is not the reason. */
  if (was_same && bb_file_check(file, NULL) == BIOBERT_OK) return status;
  return bb_fail(err, BIOBERT_IO,
                 "%s: was written to after the model was loaded, and before its hash was "
                 "known: unload the model and load it again",
                 file->path);
}

static biobert_status hash_weights(const biobert_model *m, char out[BIOBERT_HASH_CHARS],
                                   biobert_error *err) {
  bb_sha256 h;
  bb_sha256_init(&h);
  char *block = bb_alloc(NULL, BLOCK_BYTES, 1);
  biobert_status status = block ? BIOBERT_OK : bb_no_memory(err, m->path);
  for (size_t i = 0; i < m->weight_file_count && !status; i++)
    status = hash_file(&h, &m->weight_files[i], block, err);
  bb_free(NULL, block);
  if (status) return status;
  bb_hash_end(&h, out);
  char path[PATH_MAX], line[ENTRY_BYTES];
  describe_files(m, line);
  if (entry_path(m, path)) remember(path, line, out);
  return BIOBERT_OK;
}

/* Two threads may both hash; the files stay open until the model goes. */
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

/* Describing ------------------------------------------------------------------------- */

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
  for (size_t id = 0; id < bb_vocab_size(t->vocab); id++)
    bb_hash_token(&tokens, bb_vocab_token(t->vocab, (int32_t)id));
  for (size_t i = 0; i < t->added.count; i++)
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
  bb_sha256_add(&h, step->w, step->in * step->out * sizeof *step->w);
  bb_sha256_add(&h, step->b, step->out * sizeof *step->b);
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
  return *text ? BIOBERT_OK : bb_no_memory(err, model->path);
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

biobert_status biobert_model_is(biobert_model *model, const char *fingerprint, bool *is,
                                biobert_error *err) {
  char own[BIOBERT_HASH_CHARS];
  biobert_status status = biobert_model_fingerprint(model, own, err);
  if (status) return status;
  *is = strcmp(fingerprint, own) == 0;
  return *is ? BIOBERT_OK : bb_first_fingerprint_is(model, fingerprint, is, err);
}
