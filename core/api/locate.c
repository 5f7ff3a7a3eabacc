/* locate.c - where models lie: a path, the Hugging Face cache, the default places. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "api/model.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/status.h"

static const char *environment(const char *name) {
  const char *value = getenv(name);
  return value && *value ? value : NULL;
}

char *bb_home_path(const char *name, const char *fallback, const char *below) {
  const char *base = environment(name), *home = environment("HOME");
  char *start = NULL;
  if (base)
    start = bb_copy_str(NULL, bb_str(base));
  else if (home)
    start = bb_path_join(bb_str(home), bb_str(fallback));
  char *path = start ? bb_path_join(bb_str(start), bb_str(below)) : NULL;
  bb_free(NULL, start);
  return path;
}

/* realpath() in our own memory. */
static char *resolve(const char *path) {
  char resolved[PATH_MAX];
  return realpath(path, resolved) ? bb_copy_str(NULL, bb_str(resolved)) : NULL;
}

/* Hub ids
 * ------------------------------------------------------------------------------------ */

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

/* HF_HUB_CACHE, or HF_HOME/hub, or the cache folder's huggingface/hub. */
static char *hub_cache(void) {
  if (environment("HF_HUB_CACHE"))
    return bb_copy_str(NULL, bb_str(environment("HF_HUB_CACHE")));
  if (environment("HF_HOME"))
    return bb_path_join(bb_str(environment("HF_HOME")), bb_str("hub"));
  return bb_home_path("XDG_CACHE_HOME", ".cache", "huggingface/hub");
}

/* models--owner--name/refs/main holds the name of the folder in snapshots/. */
static char *find_snapshot(const char *cache, biobert_str id) {
  char folder[PATH_MAX], path[PATH_MAX + 64], revision[128] = "";
  const char *slash = memchr(id.data, '/', id.len);
  int owner = (int)(slash - id.data);
  int bytes = snprintf(folder, sizeof folder, "%s/models--%.*s--%.*s", cache, owner,
                       id.data, (int)id.len - owner - 1, slash + 1);
  if (bytes < 0 || (size_t)bytes >= sizeof folder) return NULL;
  snprintf(path, sizeof path, "%s/refs/main", folder);
  bb_buffer text = {0};
  if (bb_file_read_all(path, sizeof revision - 1, &text, NULL)) return NULL;
  snprintf(revision, sizeof revision, "%s", text.data);
  bb_free(NULL, text.data);
  revision[strcspn(revision, "\r\n")] = '\0';
  if (strchr(revision, '/') || revision[0] == '.') return NULL;
  bytes = snprintf(path, sizeof path, "%s/snapshots/%s", folder, revision);
  return bytes > 0 && (size_t)bytes < sizeof path ? resolve(path) : NULL;
}

/* Files
 * -------------------------------------------------------------------------------------
 */

static char *parent_of(const char *path) {
  const char *slash = strrchr(path, '/');
  if (!slash) return bb_copy_str(NULL, bb_str("."));
  size_t bytes = slash == path ? 1 : (size_t)(slash - path);
  return bb_copy_str(NULL, (biobert_str){path, bytes});
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

static biobert_status locate_directory(char *resolved, bb_location *out,
                                       biobert_error *err) {
  bb_location found = {.path = resolved,
                       .directory = bb_copy_str(NULL, bb_str(resolved))};
  if (!found.directory) {
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
  const char *slash = strrchr(name, '/');
  char *parent = parent_of(name), *folder = parent ? resolve(parent) : NULL;
  bb_location found = {.directory = folder};
  if (folder)
    found.weights = bb_path_join(bb_str(folder), bb_str(slash ? slash + 1 : name));
  if (found.weights) found.path = bb_copy_str(NULL, bb_str(found.weights));
  bb_free(NULL, parent);
  if (!found.path) {
    bb_location_free(&found);
    return bb_no_memory(err, "model");
  }
  if (is_gguf(found.weights)) {
    bb_free(NULL, found.directory);
    found.directory = NULL;
  }
  *out = found;
  return BIOBERT_OK;
}

/* The index of the TensorFlow checkpoint that `name` is the prefix or one of the files
 * of; false: it is none. */
static bool find_checkpoint(const char *name, char index[PATH_MAX]) {
  static const char *const endings[] = {".data-", ".meta"};
  const char *slash = strrchr(name, '/'), *base = slash ? slash + 1 : name;
  size_t prefix = strlen(name);
  for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
    const char *ending = strstr(base, endings[i]);
    if (ending) prefix = (size_t)(ending - name);
  }
  int bytes = snprintf(index, PATH_MAX, "%.*s.index", (int)prefix, name);
  return bytes > 0 && bytes < PATH_MAX && bb_path_exists(index) &&
         !bb_path_is_directory(index);
}

biobert_status bb_locate_model(biobert_str path, bb_location *out, biobert_error *err) {
  char quoted[BB_QUOTE_BYTES], name[PATH_MAX], index[PATH_MAX];
  if (path.len == 0 || path.len >= PATH_MAX || memchr(path.data, '\0', path.len))
    return bb_fail(err, BIOBERT_RANGE, "'%s' is not a path", bb_quote(quoted, path));
  memcpy(name, path.data, path.len);
  name[path.len] = '\0';
  char *found = resolve(name);
  int why = errno;
  if (found && bb_path_is_directory(found)) return locate_directory(found, out, err);
  bool is_file = found != NULL;
  bb_free(NULL, found);
  if (find_checkpoint(name, index)) return locate_file(index, out, err);
  if (is_file) return locate_file(name, out, err);
  if (!is_hub_id(path))
    return bb_fail(err, BIOBERT_IO, "no model at '%s': %s", bb_quote(quoted, path),
                   strerror(why));
  char *cache = hub_cache();
  found = cache ? find_snapshot(cache, path) : NULL;
  bb_free(NULL, cache);
  if (!found)
    return bb_fail(err, BIOBERT_IO,
                   "'%s' is neither a folder here nor a model in the Hugging Face cache; "
                   "nothing is downloaded from SQL: run 'make model MODEL=%s'",
                   name, name);
  return locate_directory(found, out, err);
}

/* The default model
 * -------------------------------------------------------------------------- */

/* models/default below `folder`, or NULL if it is not there. */
static char *models_below(const char *folder) {
  char *path = folder ? bb_path_join(bb_str(folder), bb_str("models/default")) : NULL;
  if (path && bb_path_is_directory(path)) return path;
  bb_free(NULL, path);
  return NULL;
}

/* True for .../build/<mode>, where a checkout builds the library. */
static bool is_build_folder(const char *folder) {
  char *parent = parent_of(folder);
  const char *slash = parent ? strrchr(parent, '/') : NULL;
  bool is = slash && strcmp(slash, "/build") == 0;
  bb_free(NULL, parent);
  return is;
}

static char *beside_library(const char *library) {
  char *real = library ? resolve(library) : NULL;
  const char *const paths[] = {library, real}; /* as it was named, and behind its links */
  char *found = NULL;
  for (size_t i = 0; i < 2 && !found; i++) {
    char *folder = paths[i] ? parent_of(paths[i]) : NULL;
    found = models_below(folder);
    if (!found && folder && is_build_folder(folder)) {
      char *up = parent_of(folder), *top = up ? parent_of(up) : NULL;
      found = models_below(top);
      bb_free(NULL, up);
      bb_free(NULL, top);
    }
    bb_free(NULL, folder);
  }
  bb_free(NULL, real);
  return found;
}

biobert_status biobert_default_model_path(const char *library, char **path,
                                          biobert_error *err) {
  const char *named = environment("BIOBERT_MODEL");
  char *found = named ? bb_copy_str(NULL, bb_str(named)) : beside_library(library);
  if (!found && !named) {
    char *home = bb_home_path("XDG_DATA_HOME", ".local/share", "biobert/default");
    if (home && bb_path_is_directory(home))
      found = home;
    else
      bb_free(NULL, home);
  }
  if (!found)
    return bb_fail(err, BIOBERT_IO,
                   "no model is loaded: SELECT biobert_load('/path/to/model'), set "
                   "BIOBERT_MODEL, or run 'make model'");
  *path = found;
  return BIOBERT_OK;
}

void biobert_free(void *block) {
  bb_free(NULL, block);
}
