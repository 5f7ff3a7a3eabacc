/* connection.c - the names of models, the default one, and the lists of help. */
#include "models/connection.h"

#include <stdio.h>
#include <string.h>

#include "base/os.h"
#include "sql/arguments.h"

enum {
  MAX_MODELS = 64,
  MAX_HELP_LISTS = 4, /* a folder of functions each */
};

struct connection {
  int owners;
  sqlite3 *db;
  interrupt_poll poll;
  size_t count;
  named_model *models[MAX_MODELS];
  size_t help_count;
  help_list *help[MAX_HELP_LISTS];
  kept_classifier classifier;
};

connection *connection_new(sqlite3 *db) {
  connection *c = sqlite3_malloc64(sizeof *c);
  if (!c) return NULL;
  *c = (connection){.owners = 1, .db = db, .poll = {.db = db}};
  return c;
}

connection *connection_share(connection *c) {
  c->owners++;
  return c;
}

void connection_release(void *pointer) {
  connection *c = pointer;
  if (--c->owners > 0) return;
  for (size_t i = 0; i < c->count; i++) named_model_release(c->models[i]);
  kept_classifier_free(&c->classifier);
  sqlite3_free(c);
}

sqlite3 *connection_db(const connection *c) {
  return c->db;
}

void connection_add_help(connection *c, help_list *list) {
  if (c->help_count < MAX_HELP_LISTS) c->help[c->help_count++] = list;
}

const help *connection_help(const connection *c, size_t index) {
  for (size_t i = 0; i < c->help_count; i++) {
    size_t count = 0;
    for (; c->help[i](count); count++)
      if (count == index) return c->help[i](count);
    index -= count;
  }
  return NULL;
}

kept_classifier *connection_kept_classifier(connection *c) {
  return &c->classifier;
}

size_t connection_model_count(const connection *c) {
  return c->count;
}

named_model *connection_model_at(const connection *c, size_t index) {
  return c->models[index];
}

static named_model *look_up(const connection *c, const char *name, size_t *index) {
  for (size_t i = 0; i < c->count; i++) {
    if (strcmp(named_model_name(c->models[i]), name) != 0) continue;
    if (index) *index = i;
    return c->models[i];
  }
  return NULL;
}

static biobert_status check_name(const char *name, biobert_error *err) {
  size_t bytes = strlen(name);
  if (bytes > 0 && bytes <= NAMED_MODEL_MAX_NAME_BYTES) return BIOBERT_OK;
  return result_fail(err, BIOBERT_RANGE, "a model's name has 1 to %d bytes, not %d",
                     NAMED_MODEL_MAX_NAME_BYTES, (int)bytes);
}

static biobert_status check_query_model(const connection *c, const biobert_model *model,
                                        biobert_error *err) {
  const biobert_model_info *info = biobert_model_get_info(model);
  if (!info->query_model) return BIOBERT_OK;
  const named_model *query = look_up(c, info->query_model, NULL);
  if (!query)
    return result_fail(err, BIOBERT_RANGE,
                       "options: query_model: no model is named '%s': load it first",
                       info->query_model);
  size_t dimension = biobert_model_dimension(named_model_model(query));
  if (dimension == info->dimension) return BIOBERT_OK;
  return result_fail(
      err, BIOBERT_RANGE,
      "options: query_model '%s' makes vectors of %d values, this model of %d",
      info->query_model, (int)dimension, (int)info->dimension);
}

/* Takes the model over, also on failure. */
static biobert_status add_model(connection *c, biobert_model *model, const char *name,
                                biobert_error *err) {
  biobert_status status = check_query_model(c, model, err);
  if (!status && c->count == MAX_MODELS)
    status = result_fail(err, BIOBERT_RANGE,
                         "%d models are loaded: biobert_unload() one first", MAX_MODELS);
  named_model *m = status ? NULL : named_model_new(name, model, &c->poll);
  if (!status && !m) status = result_no_memory(err);
  if (status) {
    biobert_model_close(model);
    return status;
  }
  c->models[c->count++] = m;
  return BIOBERT_OK;
}

/* A name stands for one model until it is unloaded. */
static biobert_status check_same_model(const named_model *loaded,
                                       const biobert_model *model, biobert_error *err) {
  if (named_model_model(loaded) == model) return BIOBERT_OK;
  const char *name = named_model_name(loaded);
  const biobert_model_info *old = biobert_model_get_info(named_model_model(loaded));
  const biobert_model_info *new = biobert_model_get_info(model);
  bool same_request = strcmp(old->path, new->path) == 0 &&
                      strcmp(old->options, new->options) == 0 &&
                      strcmp(old->cpu, new->cpu) == 0;
  if (same_request)
    return result_fail(err, BIOBERT_RANGE,
                       "the name '%s' is in use for %s as it was before its files "
                       "were changed: biobert_unload('%s') first, or load under "
                       "another name",
                       name, old->path, name);
  return result_fail(
      err, BIOBERT_RANGE,
      "the name '%s' is in use for %s with options %s, not for %s with options "
      "%s: biobert_unload('%s') first, or load under another name",
      name, old->path, old->options, new->path, new->options, name);
}

biobert_status connection_load_model(connection *c, biobert_str path, const char *name,
                                     biobert_str options, biobert_error *err) {
  biobert_model *model = NULL;
  biobert_status status = check_name(name, err);
  const biobert_open_options how = {.cancel = poll_interrupt, .cancel_ctx = &c->poll};
  if (!status) status = biobert_model_open_with(path, options, &how, &model, err);
  if (status) return status;
  const named_model *loaded = look_up(c, name, NULL);
  if (!loaded) return add_model(c, model, name, err);
  status = check_same_model(loaded, model, err);
  biobert_model_close(model);
  return status;
}

bool connection_unload_model(connection *c, const char *name) {
  size_t index;
  named_model *m = look_up(c, name, &index);
  if (!m) return false;
  c->count--;
  memmove(&c->models[index], &c->models[index + 1],
          (c->count - index) * sizeof c->models[0]);
  named_model_release(m);
  return true;
}

/* The path under which this library, or the program it is linked into, was loaded: of the
 * file that this constant lies in. */
static void library_path(char path[BB_PATH_BYTES]) {
  static const char here = 0;
  if (!bb_os_library_path(&here, path)) path[0] = '\0';
}

bool connection_default_missing(const connection *c) {
  if (look_up(c, "default", NULL)) return false;
  if (biobert_is_locked()) return true;
  char library[BB_PATH_BYTES], *path = NULL;
  library_path(library);
  bool missing = biobert_default_model_path(library, &path, NULL) != BIOBERT_OK;
  biobert_free(path);
  return missing;
}

static biobert_status load_default(connection *c, biobert_error *err) {
  if (biobert_is_locked())
    return result_fail(
        err, BIOBERT_RANGE,
        "no model is loaded, and biobert_config('locked', 1) was set: none is looked "
        "for");
  char library[BB_PATH_BYTES], *path = NULL;
  library_path(library);
  biobert_status status = biobert_default_model_path(library, &path, err);
  if (status) return status;
  status = connection_load_model(c, (biobert_str){path, strlen(path)}, "default",
                                 (biobert_str){NULL, 0}, err);
  biobert_free(path);
  return status;
}

biobert_status connection_find_model(connection *c, const char *name, named_model **out,
                                     biobert_error *err) {
  bool standard = !name || strcmp(name, "default") == 0;
  named_model *m = look_up(c, standard ? "default" : name, NULL);
  if (!m && standard) {
    biobert_status status = load_default(c, err);
    if (status) return status;
    m = look_up(c, "default", NULL);
  }
  if (!m) {
    const char *more = strlen(name) > ARG_SHOWN_BYTES ? "…" : "";
    return result_fail(err, BIOBERT_RANGE, "no model is named '%.*s%s'", ARG_SHOWN_BYTES,
                       name, more);
  }
  *out = m;
  return BIOBERT_OK;
}

biobert_status connection_query_model(connection *c, named_model *m, named_model **out,
                                      biobert_error *err) {
  const biobert_model_info *info = biobert_model_get_info(named_model_model(m));
  *out = m;
  if (!info->query_model) return BIOBERT_OK;
  biobert_status status = connection_find_model(c, info->query_model, out, err);
  if (!status) status = check_query_model(c, named_model_model(m), err);
  return status;
}
