/* shards.c - weights in several files, with an index that says which tensor is in which.
 */
#include "format/shards.h"

#include "base/mem.h"
#include "base/os.h"
#include "base/status.h"
#include "format/formats.h"
#include "format/json.h"

enum {
  MAX_INDEX_BYTES =
      32 << 20,     /* BB_MAX_TENSORS names of 400 bytes; real ones have 20 KB */
  MAX_SHARDS = 256, /* arbitrary; models of 70 GB have 30 */
};

/* {"weight_map": {tensor: file in the same directory}} */
typedef struct shard_index {
  const char *path;
  biobert_str directory;
  bb_json *json;
  const bb_json_node *map;
} shard_index;

static const char *last_part(const char *path) {
  const char *slash = bb_os_last_separator(path);
  return slash ? slash + 1 : path;
}

static biobert_str directory_of(const char *path) {
  const size_t bytes = (size_t)(last_part(path) - path);
  return bytes ? (biobert_str){path, bytes} : bb_str(".");
}

/* Which file of w is called so; file_count if none. Neighbours in the map mostly share a
 * file, so the search starts at the one found last. */
static size_t shard_named(const bb_weights *w, biobert_str name, size_t start) {
  for (size_t i = 0; i < w->file_count; i++) {
    const size_t at = (start + i) % w->file_count;
    if (bb_str_equal(name, last_part(w->files[at].path))) return at;
  }
  return w->file_count;
}

/* A name that could lead out of the directory is refused, not cleaned. */
static biobert_status check_shard_name(const shard_index *index,
                                       const bb_json_node *entry, biobert_error *err) {
  const biobert_str name = bb_json_string(entry);
  char quoted[BB_QUOTE_BYTES];
  if (!name.data || name.len == 0)
    return bb_fail(err, BIOBERT_FORMAT, "%s: weight_map: %s is %s, expected a file name",
                   index->path, bb_quote(quoted, bb_json_key(entry)),
                   bb_json_kind_name(bb_json_kind_of(entry)));
  const bool plain = !memchr(name.data, '/', name.len) &&
                     !memchr(name.data, '\\', name.len) &&
                     !memchr(name.data, '\0', name.len) && !bb_str_equal(name, "..") &&
                     !bb_str_equal(name, ".");
  if (plain) return BIOBERT_OK;
  return bb_fail(
      err, BIOBERT_FORMAT,
      "%s: weight_map names the file \"%s\", expected one of the same directory",
      index->path, bb_quote(quoted, name));
}

static biobert_status open_shard(bb_weights *w, const shard_index *index,
                                 biobert_str name, biobert_error *err) {
  if (w->file_count == MAX_SHARDS)
    return bb_fail(err, BIOBERT_FORMAT, "%s: weight_map names more than %d files",
                   index->path, MAX_SHARDS);
  char *path = bb_path_join(index->directory, name);
  if (!path) return bb_no_memory(err, index->path);
  const biobert_status status = bb_weights_add_path(w, path, err);
  bb_free(NULL, path);
  return status;
}

static biobert_status open_shards(bb_weights *w, const shard_index *index,
                                  biobert_error *err) {
  size_t shard = 0;
  for (const bb_json_node *e = bb_json_first(index->map); e; e = bb_json_next(e)) {
    biobert_status status = check_shard_name(index, e, err);
    if (status) return status;
    shard = shard_named(w, bb_json_string(e), shard);
    if (shard < w->file_count) continue;
    status = open_shard(w, index, bb_json_string(e), err);
    if (status) return status;
  }
  return BIOBERT_OK;
}

/* The map and the files say the same of every tensor in the map. */
static biobert_status check_map(const bb_weights *w, const shard_index *index,
                                biobert_error *err) {
  size_t shard = 0;
  for (const bb_json_node *e = bb_json_first(index->map); e; e = bb_json_next(e)) {
    const biobert_str name = bb_json_key(e);
    shard = shard_named(w, bb_json_string(e), shard);
    const bool whole = !memchr(name.data, '\0', name.len);
    const bb_tensor *t = whole ? bb_weights_find(w, name.data) : NULL;
    if (t && t->file == shard) continue;
    char tensor[BB_QUOTE_BYTES], file[BB_QUOTE_BYTES];
    return bb_fail(err, BIOBERT_FORMAT,
                   "%s: tensor %s is not in %s, where weight_map puts it", index->path,
                   bb_quote(tensor, name), bb_quote(file, bb_json_string(e)));
  }
  return BIOBERT_OK;
}

static biobert_status read_index(shard_index *index, biobert_error *err) {
  bb_buffer text = {0};
  biobert_status status = bb_file_read_all(index->path, MAX_INDEX_BYTES, &text, err);
  if (status) return status;
  if (bb_is_lfs_pointer(text.data, text.len))
    status = bb_refuse_lfs_pointer(index->path, err);
  else
    status =
        bb_json_parse((biobert_str){text.data, text.len}, index->path, &index->json, err);
  bb_free(NULL, text.data);
  if (status) return status;
  index->map = bb_json_get(bb_json_root(index->json), "weight_map");
  if (bb_json_kind_of(index->map) == BB_JSON_OBJECT) return BIOBERT_OK;
  return bb_fail(err, BIOBERT_FORMAT, "%s: weight_map is %s, expected an object",
                 index->path,
                 index->map ? bb_json_kind_name(bb_json_kind_of(index->map)) : "absent");
}

biobert_status bb_shards_open(const char *path, bb_weights **out, biobert_error *err) {
  shard_index index = {.path = path, .directory = directory_of(path)};
  bb_weights *w = NULL;
  biobert_status status = read_index(&index, err);
  if (status) goto done;
  w = bb_weights_new();
  if (!w) {
    status = bb_no_memory(err, path);
    goto done;
  }
  status = open_shards(w, &index, err);
  if (status) goto done;
  status = bb_weights_finish(w, err);
  if (status) goto done;
  status = check_map(w, &index, err);
  if (status) goto done;
  *out = w;
  w = NULL;

done:
  bb_json_free(index.json);
  bb_weights_close(w);
  return status;
}
