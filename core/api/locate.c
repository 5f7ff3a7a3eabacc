/* locate.c - where models lie: a path, the Hugging Face cache, the default places.
 *
 * Paths are put together in buffers on the stack: a place that there was no memory to
 * look at would count as not there, and another model be found than with memory. */
#include "api/locate.h"

#include <errno.h>
#include <stdio.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/os.h"
#include "base/status.h"

enum { REVISION_BYTES = 128 };

static const char *environment(const char *name, char room[BB_PATH_BYTES]) {
  const char *value = bb_os_environment(name, room);
  return value && *value ? value : NULL;
}

/* "a/b"; false: longer than a path may be. */
static bool join(char out[BB_PATH_BYTES], const char *a, const char *b) {
  char joined[BB_PATH_BYTES];
  int bytes = snprintf(joined, sizeof joined, "%s/%s", a, b);
  if (bytes < 0 || bytes >= BB_PATH_BYTES) return false;
  memcpy(out, joined, (size_t)bytes + 1);
  return true;
}

/* Hub ids ---------------------------------------------------------------------------- */

/* owner/name of letters, digits, '.', '_' and '-'; neither part begins with a dot. */
static bool is_hub_id(biobert_str text) {
  size_t slashes = 0;
  for (size_t i = 0; i < text.len; i++) {
    char c = text.data[i];
    bool first = i == 0 || text.data[i - 1] == '/';
    if (c == '/') {
      slashes++;
      if (first || i + 1 == text.len) return false;
      continue;
    }
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                 (c >= '0' && c <= '9') || c == '-' || c == '_' || (c == '.' && !first);
    if (!plain) return false;
  }
  return slashes == 1;
}

/* Appends; false: longer than a path may be. */
static bool put(char out[BB_PATH_BYTES], size_t *at, const char *text, size_t bytes) {
  if (*at + bytes >= BB_PATH_BYTES) return false;
  memcpy(out + *at, text, bytes);
  *at += bytes;
  out[*at] = '\0';
  return true;
}

static bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         c == '_';
}

/* The value of the variable that `text` begins with after its dollar ("HOME/x",
 * "{HOME}/x") and its length there; NULL: it is none, or not set, and stays as it is. */
static const char *variable(const char *text, size_t *length, char room[BB_PATH_BYTES]) {
  char name[128];
  bool braces = *text == '{';
  size_t bytes = 0;
  text += braces;
  while (is_name_character(text[bytes])) bytes++;
  if (bytes == 0 || bytes >= sizeof name || (braces && text[bytes] != '}')) return NULL;
  memcpy(name, text, bytes);
  name[bytes] = '\0';
  *length = bytes + (braces ? 2 : 0);
  return bb_os_environment(name, room);
}

/* As os.path.expandvars(os.path.expanduser(text)) gives it, which huggingface_hub does:
 * "~" of the own home alone. */
static bool expand(const char *text, char out[BB_PATH_BYTES]) {
  char room[BB_PATH_BYTES];
  size_t at = 0, length;
  out[0] = '\0';
  if (text[0] == '~' && (bb_os_is_separator(text[1]) || text[1] == '\0') &&
      bb_os_home_folder(room)) {
    if (!put(out, &at, room, strlen(room))) return false;
    text++;
  }
  while (*text) {
    const char *value = *text == '$' ? variable(text + 1, &length, room) : NULL;
    if (!put(out, &at, value ? value : text, value ? strlen(value) : 1)) return false;
    text += value ? length + 1 : 1;
  }
  return true;
}

/* huggingface_hub's constants: HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE (its old name), or
 * HF_HOME/hub, or the cache folder's huggingface/hub. */
static bool hub_cache(char out[BB_PATH_BYTES]) {
  static const struct {
    const char *name, *below;
  } places[] = {
      {"HF_HUB_CACHE",          ""               },
      {"HUGGINGFACE_HUB_CACHE", ""               },
      {"HF_HOME",               "hub"            },
      {"XDG_CACHE_HOME",        "huggingface/hub"},
  };
  char folder[BB_PATH_BYTES], room[BB_PATH_BYTES];
  for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
    const char *value = environment(places[i].name, room);
    if (value) return expand(value, folder) && join(out, folder, places[i].below);
  }
  return expand("~/.cache/huggingface/hub", out);
}

/* The name in the file of a branch; *there false: there is no such file. */
static biobert_status read_revision(const char *path, char out[REVISION_BYTES],
                                    bool *there, biobert_error *err) {
  bb_buffer text = {0};
  *there = bb_path_exists(path);
  if (!*there) return BIOBERT_IO;
  biobert_status status = bb_file_read_all(path, REVISION_BYTES - 1, &text, err);
  if (status) return status;
  snprintf(out, REVISION_BYTES, "%s", text.data);
  bb_free(NULL, text.data);
  out[strcspn(out, "\r\n")] = '\0';
  return BIOBERT_OK;
}

/* models--owner--name/refs/main holds the name of the folder in snapshots/. BIOBERT_IO
 * and *there false: the cache has no such model. */
static biobert_status find_snapshot(biobert_str id, char out[BB_PATH_BYTES], bool *there,
                                    biobert_error *err) {
  char cache[BB_PATH_BYTES], path[BB_PATH_BYTES], name[BB_PATH_BYTES],
      revision[REVISION_BYTES];
  const char *slash = memchr(id.data, '/', id.len);
  int owner = (int)(slash - id.data), rest = (int)id.len - owner - 1;
  int bytes =
      snprintf(name, sizeof name, "models--%.*s--%.*s", owner, id.data, rest, slash + 1);
  *there = false;
  if (bytes < 0 || bytes >= BB_PATH_BYTES || !hub_cache(cache) ||
      !join(cache, cache, name) || !join(path, cache, "refs/main"))
    return BIOBERT_IO;
  biobert_status status = read_revision(path, revision, there, err);
  if (status) return status;
  *there = false;
  if (bb_os_last_separator(revision) || revision[0] == '.' ||
      !join(path, cache, "snapshots") || !join(path, path, revision))
    return BIOBERT_IO;
  if (bb_os_real_path(path, out)) return BIOBERT_OK;
  const int why = errno;
  *there = !bb_says_absent(why);
  return *there ? bb_fail(err, BIOBERT_IO, "%s: %s", path, strerror(why)) : BIOBERT_IO;
}

/* Files ------------------------------------------------------------------------------ */

/* The folder of a path; out may be path. */
static void parent_of(const char *path, char out[BB_PATH_BYTES]) {
  const char *slash = bb_os_last_separator(path);
  size_t bytes = slash == path ? 1 : slash ? (size_t)(slash - path) : 0;
  memmove(out, path, bytes);
  out[bytes] = '\0';
  if (!slash) memcpy(out, ".", 2);
}

/* By its name, or by its first bytes: the Hugging Face cache's blobs have no ending. */
static bool is_gguf(const char *path) {
  static const char ending[] = ".gguf";
  size_t bytes = strlen(path), cut = sizeof ending - 1;
  if (bytes > cut && strcmp(path + bytes - cut, ending) == 0) return true;
  bb_file file = {0};
  char mark[4] = "";
  if (bb_file_open(path, &file, NULL)) return false;
  bool is = file.size >= sizeof mark &&
            !bb_file_read(&file, 0, mark, sizeof mark, NULL) &&
            memcmp(mark, "GGUF", sizeof mark) == 0;
  bb_file_close(&file);
  return is;
}

void bb_location_free(bb_location *location) {
  bb_free(NULL, location->path);
  bb_free(NULL, location->directory);
  bb_free(NULL, location->weights);
  *location = (bb_location){0};
}

static biobert_status locate_directory(const char *resolved, bb_location *out,
                                       biobert_error *err) {
  bb_location found = {.path = bb_copy_str(NULL, bb_str(resolved)),
                       .directory = bb_copy_str(NULL, bb_str(resolved))};
  if (!found.path || !found.directory) {
    bb_location_free(&found);
    return bb_no_memory(err, "model");
  }
  *out = found;
  return BIOBERT_OK;
}

/* Only the links of the folder are resolved: in a hub snapshot every file is a link, and
 * the names of its neighbours are where the link is. */
static biobert_status locate_file(const char *name, bb_location *out,
                                  biobert_error *err) {
  char parent[BB_PATH_BYTES], folder[BB_PATH_BYTES], file[BB_PATH_BYTES];
  const char *slash = bb_os_last_separator(name);
  parent_of(name, parent);
  if (!bb_os_real_path(parent, folder) || !join(file, folder, slash ? slash + 1 : name))
    return bb_fail(err, BIOBERT_IO, "no model at '%.64s': %s", name, strerror(errno));
  bb_location found = {.path = bb_copy_str(NULL, bb_str(file)),
                       .directory = bb_copy_str(NULL, bb_str(folder)),
                       .weights = bb_copy_str(NULL, bb_str(file))};
  if (!found.path || !found.directory || !found.weights) {
    bb_location_free(&found);
    return bb_no_memory(err, "model");
  }
  if (is_gguf(file)) {
    bb_free(NULL, found.directory);
    found.directory = NULL;
  }
  *out = found;
  return BIOBERT_OK;
}

/* The index of the TensorFlow checkpoint that `name` is the prefix or one of the files
 * of; false: it is none. */
static bool find_checkpoint(const char *name, char index[BB_PATH_BYTES]) {
  static const char *const endings[] = {".data-", ".meta"};
  const char *slash = bb_os_last_separator(name), *base = slash ? slash + 1 : name;
  size_t prefix = strlen(name);
  for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
    const char *ending = strstr(base, endings[i]);
    if (ending) prefix = (size_t)(ending - name);
  }
  int bytes = snprintf(index, BB_PATH_BYTES, "%.*s.index", (int)prefix, name);
  return bytes > 0 && bytes < BB_PATH_BYTES && bb_path_exists(index) &&
         !bb_path_is_directory(index);
}

biobert_status bb_locate_model(biobert_str path, bb_location *out, biobert_error *err) {
  char quoted[BB_QUOTE_BYTES], name[BB_PATH_BYTES], index[BB_PATH_BYTES],
      found[BB_PATH_BYTES];
  if (path.len == 0 || path.len >= BB_PATH_BYTES || memchr(path.data, '\0', path.len))
    return bb_fail(err, BIOBERT_RANGE, "'%s' is not a path", bb_quote(quoted, path));
  memcpy(name, path.data, path.len);
  name[path.len] = '\0';
  bool is_there = bb_os_real_path(name, found);
  int why = errno;
  if (is_there && bb_path_is_directory(found)) return locate_directory(found, out, err);
  if (!is_there && !bb_says_absent(why))
    return bb_fail(err, BIOBERT_IO, "no model at '%s': %s", bb_quote(quoted, path),
                   strerror(why));
  if (find_checkpoint(name, index)) return locate_file(index, out, err);
  if (is_there) return locate_file(name, out, err);
  if (!is_hub_id(path))
    return bb_fail(err, BIOBERT_IO, "no model at '%s': %s", bb_quote(quoted, path),
                   strerror(why));
  biobert_status status = find_snapshot(path, found, &is_there, err);
  if (status && is_there) return status;
  if (status)
    return bb_fail(err, BIOBERT_IO,
                   "'%s' is neither a folder here nor a model in the Hugging Face cache; "
                   "nothing is downloaded from SQL: run 'make model MODEL=%s'",
                   name, name);
  return locate_directory(found, out, err);
}

/* The default model ------------------------------------------------------------------ */

/* models/default below `folder`. */
static bool models_below(const char *folder, char out[BB_PATH_BYTES]) {
  return join(out, folder, "models/default") && bb_path_is_directory(out);
}

/* True for .../build/<mode>, where a checkout builds the library. */
static bool is_build_folder(const char *folder) {
  char parent[BB_PATH_BYTES];
  parent_of(folder, parent);
  const char *slash = bb_os_last_separator(parent);
  return slash && strcmp(slash + 1, "build") == 0;
}

/* Beside the library as it was named, and where its links lead. */
static bool beside_library(const char *library, char out[BB_PATH_BYTES]) {
  char folder[BB_PATH_BYTES], real[BB_PATH_BYTES];
  const bool is_real = library && bb_os_real_path(library, real);
  const char *const paths[] = {library, is_real ? real : NULL};
  for (size_t i = 0; i < 2; i++) {
    if (!paths[i] || strlen(paths[i]) >= BB_PATH_BYTES) continue;
    parent_of(paths[i], folder);
    if (models_below(folder, out)) return true;
    if (!is_build_folder(folder)) continue;
    parent_of(folder, folder);
    parent_of(folder, folder);
    if (models_below(folder, out)) return true;
  }
  return false;
}

biobert_status biobert_default_model_path(const char *library, char **path,
                                          biobert_error *err) {
  char found[BB_PATH_BYTES], folder[BB_PATH_BYTES], room[BB_PATH_BYTES];
  const char *named = environment("BIOBERT_MODEL", room);
  bool is = named ? strlen(named) < BB_PATH_BYTES : beside_library(library, found);
  if (!is && !named)
    is = bb_os_data_folder(folder) && join(found, folder, "biobert/default") &&
         bb_path_is_directory(found);
  if (!is)
    return bb_fail(err, BIOBERT_IO,
                   "no model is loaded: SELECT biobert_load('/path/to/model'), set "
                   "BIOBERT_MODEL, or run 'make model' or 'biobert model get'");
  char *copy = bb_copy_str(NULL, bb_str(named ? named : found));
  if (!copy) return bb_no_memory(err, "the path of a model");
  *path = copy;
  return BIOBERT_OK;
}

void biobert_free(void *block) {
  bb_free(NULL, block);
}
