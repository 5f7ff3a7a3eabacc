/* weights.c - opening the weights of a model: a file, or what a directory has. */
#include "format/weights.h"

#include <errno.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/names.h"
#include "base/os.h"
#include "format/formats.h"
#include "format/shards.h"

static bool has_suffix(const char *path, const char *suffix) {
  const size_t length = strlen(path), wanted = suffix ? strlen(suffix) : 0;
  return suffix && length >= wanted && strcmp(path + length - wanted, suffix) == 0;
}

static biobert_status open_one(const char *path, bb_weights **out, biobert_error *err) {
  bb_weights *w = bb_weights_new();
  if (!w) return bb_no_memory(err, path);
  biobert_status status = bb_weights_add_path(w, path, err);
  if (status) goto done;
  status = bb_weights_finish(w, err);
  if (status) goto done;
  *out = w;
  w = NULL;

done:
  bb_weights_close(w);
  return status;
}

biobert_status bb_weights_open_file(const char *path, bb_weights **out,
                                    biobert_error *err) {
  return has_suffix(path, ".index.json") ? bb_shards_open(path, out, err)
                                         : open_one(path, out, err);
}

/* Directories ------------------------------------------------------------------------ */

/* What a directory has of one format. */
typedef struct form {
  const bb_format *format;
  char name[BB_NAME_BYTES]; /* of several the first in the order of names */
  size_t count;
} form;

static bool is_there(const char *directory, const char *name) {
  char path[BB_PATH_BYTES]; /* not allocated: no memory would look like no file */
  int bytes = name ? snprintf(path, sizeof path, "%s/%s", directory, name) : -1;
  return bytes > 0 && (size_t)bytes < sizeof path && bb_path_exists(path);
}

static void scan(const char *directory, form *found) {
  bb_os_listing names;
  if (!bb_os_list(&names, directory)) return;
  for (const char *name; (name = bb_os_next(&names));) {
    if (name[0] == '.' || !has_suffix(name, found->format->suffix) ||
        !strstr(name, found->format->within))
      continue;
    if (found->count++ == 0 || strcmp(name, found->name) < 0)
      snprintf(found->name, sizeof found->name, "%s", name);
  }
  bb_os_list_end(&names);
}

static bool find_form(const char *directory, const bb_format *f, form *found) {
  const char *const names[] = {f->file, f->index};
  *found = (form){.format = f};
  for (size_t i = 0; i < 2 && !found->count; i++) {
    if (!is_there(directory, names[i])) continue;
    snprintf(found->name, sizeof found->name, "%s", names[i]);
    found->count = 1;
  }
  if (!found->count && f->within) scan(directory, found);
  return found->count > 0;
}

static biobert_status refuse_directory(const char *directory, biobert_error *err) {
  char names[256] = "";
  bb_os_listing listing; /* without which scan() has found nothing */
  if (!bb_os_list(&listing, directory))
    return bb_fail(err, BIOBERT_IO, "%s: %s", directory, strerror(errno));
  bb_os_list_end(&listing);
  for (size_t i = 0; i < bb_format_count; i++) {
    const bb_format *f = &bb_formats[i];
    if (!f->read || !f->file) continue;
    bb_list_add(names, sizeof names, ", ", "%s", f->file);
    if (f->index) bb_list_add(names, sizeof names, ", ", "%s", f->index);
  }
  return bb_fail(err, BIOBERT_IO, "%s: no weights: looked for %s", directory, names);
}

static biobert_status open_form(const char *directory, const form *f, bb_weights **out,
                                biobert_error *err) {
  if (f->count > 1)
    return bb_fail(err, BIOBERT_UNSUPPORTED,
                   "%s: %zu %s files, such as %s: name the one that is meant", directory,
                   f->count, f->format->name, f->name);
  if (f->format->when_named)
    return bb_fail(err, BIOBERT_UNSUPPORTED,
                   "%s: no weights but in %s, which is taken only by its own path: load "
                   "%s/%s",
                   directory, f->name, directory, f->name);
  char *path = bb_path_join(bb_str(directory), bb_str(f->name));
  if (!path) return bb_no_memory(err, directory);
  const biobert_status status = bb_weights_open_file(path, out, err);
  bb_free(NULL, path);
  return status;
}

/* Of two forms, the one to take: what can be read, without being named. */
static bool goes_before(const bb_format *f, const bb_format *best) {
  if (!best) return true;
  if (!best->read) return f->read != NULL;
  return best->when_named && f->read && !f->when_named;
}

biobert_status bb_weights_open(const char *directory, bb_weights **out,
                               biobert_error *err) {
  form best = {0}, other;
  char passed_over[BB_PASSED_OVER_BYTES] = "";
  for (size_t i = 0; i < bb_format_count; i++) {
    if (!find_form(directory, &bb_formats[i], &other)) continue;
    if (goes_before(other.format, best.format))
      best = other;
    else if (other.format->read)
      bb_list_add(passed_over, sizeof passed_over, ", ", "%s", other.name);
  }
  if (!best.format) return refuse_directory(directory, err);
  const biobert_status status = open_form(directory, &best, out, err);
  if (!status) memcpy((*out)->passed_over, passed_over, sizeof passed_over);
  return status;
}
