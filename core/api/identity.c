/* identity.c - the weights of a model by the hash of their files.
 *
 * Hashing 440 MB takes seconds, so it is done when the hash is first asked for: of the
 * files that were read, which stay open until then. The hash is remembered in the user's
 * cache folder ($XDG_CACHE_HOME/biobert or ~/.cache/biobert; on Windows
 * %LOCALAPPDATA%/biobert): one small file a model, named by the hash of the paths of its
 * weights, holding "size stamps sha256". Nothing depends on it being there or writable. */
#include "api/identity.h"

#include <inttypes.h>
#include <stdio.h>

#include "api/hash_fields.h"
#include "api/runtime.h"
#include "base/mem.h"
#include "base/os.h"
#include "base/status.h"

enum { BLOCK_BYTES = 1 << 20, ENTRY_BYTES = 192 };

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

/* The cache entry's path for a model's weights; false: there is no folder for it. */
static bool entry_path(const biobert_model *m, char out[BB_PATH_BYTES]) {
  bb_sha256 h;
  char name[BIOBERT_HASH_CHARS], folder[BB_PATH_BYTES];
  bb_sha256_init(&h);
  for (size_t i = 0; i < m->weight_file_count; i++)
    bb_hash_text(&h, m->weight_files[i].path);
  bb_hash_end(&h, name);
  if (!bb_os_cache_folder(folder)) return false;
  const int bytes = snprintf(out, BB_PATH_BYTES, "%s/biobert/%s", folder, name);
  return bytes > 0 && bytes < BB_PATH_BYTES;
}

/* The files as they were when they were read: what an entry must begin with to be valid.
 * Not the device: it has another number after a restart. */
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
  snprintf(temporary, strlen(path) + 32, "%s.%lu", path, bb_os_process_id());
  char *slash = strrchr(temporary, '/');
  *slash = '\0';
  bb_os_make_private_folder(temporary);
  *slash = '/';
  FILE *file = bb_os_stream(temporary, "wb");
  if (file) {
    bool written = fprintf(file, "%s%s\n", line, hash) > 0;
    written = fclose(file) == 0 && written;
    if (!written || !bb_os_rename(temporary, path)) bb_os_remove(temporary);
  }
  bb_free(NULL, temporary);
}

void bb_identity_recall(biobert_model *m) {
  char path[BB_PATH_BYTES], line[ENTRY_BYTES];
  describe_files(m, line);
  if (entry_path(m, path) && recall(path, line, m->sha256)) close_files(m);
}

/* Hashing ---------------------------------------------------------------------------- */

/* The bytes that were read: the file is the same, and was not written to, before this or
 * while it was hashed. */
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
  char path[BB_PATH_BYTES], line[ENTRY_BYTES];
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
