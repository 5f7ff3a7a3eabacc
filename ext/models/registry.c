/* registry.c - names, sessions, the last few vectors, and the question whether to go on.
 */
#include "models/registry.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sql/errors.h"
#include "sql/interruption.h"

enum {
  MAX_MODELS = 64,
  MAX_HELP_LISTS = 4, /* a folder of functions each */
  MAX_NAME_BYTES = 64,
  /* Between two questions to SQLite whether the statement is to end. With the longest
   * unit of work in between, an interrupt is seen within 100 ms. */
  POLL_MS = 30,
  RECENT_TEXTS = 4,
  RECENT_MAX_BYTES = 16384,
};

/* A score takes one place among the remembered vectors: a vector of one value, of a role
 * that no text has. */
enum { ROLE_SCORE = BIOBERT_QUERY + 1 };

/* A vector that was computed a moment ago: SQLite evaluates an aliased expression once
 * for every use of it. */
typedef struct recent {
  int role;
  char *a, *b; /* b NULL: not a pair */
  size_t a_len, b_len;
  float *vector;
} recent;

struct named_model {
  int owners;
  registry *registry; /* not owned: a model never outlives its connection */
  char name[MAX_NAME_BYTES + 1];
  biobert_model *model;
  biobert_session *session;
  float *scratch; /* [dimension]: the vector handed out last, if it is not a recent one */
  recent recents[RECENT_TEXTS];
  size_t next_recent;
};

struct registry {
  int owners;
  sqlite3 *db;
  struct timespec polled;
  size_t count;
  named_model *models[MAX_MODELS];
  size_t help_count;
  help_list *help[MAX_HELP_LISTS];
};

static biobert_status no_memory(biobert_error *err) {
  return result_fail(err, BIOBERT_NOMEM, "out of memory");
}

/* Memory that counts under SQLite's heap limits -------------------------------------- */

static void *sql_alloc(void *ctx, size_t bytes) {
  (void)ctx;
  return sqlite3_malloc64(bytes);
}

static void *sql_realloc(void *ctx, void *block, size_t bytes) {
  (void)ctx;
  return sqlite3_realloc64(block, bytes);
}

static void sql_free(void *ctx, void *block) {
  (void)ctx;
  sqlite3_free(block);
}

const biobert_allocator sqlite_allocator = {sql_alloc, sql_realloc, sql_free, NULL};

/* Interrupts ------------------------------------------------------------------------- */

bool registry_must_stop(registry *r) {
  return is_interrupted(r->db);
}

static bool cancel(void *ctx) {
  registry *r = ctx;
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  long long elapsed = (now.tv_sec - r->polled.tv_sec) * 1000LL +
                      (now.tv_nsec - r->polled.tv_nsec) / 1000000;
  if (elapsed < POLL_MS) return false;
  bool stop = registry_must_stop(r);
  clock_gettime(CLOCK_MONOTONIC, &r->polled);
  return stop;
}

/* The registry ----------------------------------------------------------------------- */

registry *registry_new(sqlite3 *db) {
  registry *r = sqlite3_malloc64(sizeof *r);
  if (!r) return NULL;
  memset(r, 0, sizeof *r);
  r->owners = 1;
  r->db = db;
  return r;
}

registry *registry_share(registry *r) {
  r->owners++;
  return r;
}

void registry_release(void *pointer) {
  registry *r = pointer;
  if (--r->owners > 0) return;
  for (size_t i = 0; i < r->count; i++) named_model_release(r->models[i]);
  sqlite3_free(r);
}

sqlite3 *registry_db(const registry *r) {
  return r->db;
}

void registry_add_help(registry *r, help_list *list) {
  if (r->help_count < MAX_HELP_LISTS) r->help[r->help_count++] = list;
}

const help *registry_help(const registry *r, size_t index) {
  for (size_t i = 0; i < r->help_count; i++) {
    size_t count = 0;
    for (; r->help[i](count); count++)
      if (count == index) return r->help[i](count);
    index -= count;
  }
  return NULL;
}

size_t registry_count(const registry *r) {
  return r->count;
}

named_model *registry_at(const registry *r, size_t index) {
  return r->models[index];
}

static named_model *look_up(const registry *r, const char *name, size_t *index) {
  for (size_t i = 0; i < r->count; i++) {
    if (strcmp(r->models[i]->name, name) != 0) continue;
    if (index) *index = i;
    return r->models[i];
  }
  return NULL;
}

static biobert_status check_name(const char *name, biobert_error *err) {
  size_t bytes = strlen(name);
  if (bytes > 0 && bytes <= MAX_NAME_BYTES) return BIOBERT_OK;
  return result_fail(err, BIOBERT_RANGE, "a model's name has 1 to %d bytes, not %d",
                     MAX_NAME_BYTES, (int)bytes);
}

static biobert_status check_query_model(const registry *r, const biobert_model *model,
                                        biobert_error *err) {
  const biobert_model_info *info = biobert_model_get_info(model);
  if (!info->query_model) return BIOBERT_OK;
  const named_model *query = look_up(r, info->query_model, NULL);
  if (!query)
    return result_fail(err, BIOBERT_RANGE,
                       "options: query_model: no model is named '%s': load it first",
                       info->query_model);
  size_t dimension = biobert_model_dimension(query->model);
  if (dimension == info->dimension) return BIOBERT_OK;
  return result_fail(
      err, BIOBERT_RANGE,
      "options: query_model '%s' makes vectors of %d values, this model of %d",
      info->query_model, (int)dimension, (int)info->dimension);
}

/* Takes the model over, also on failure. */
static biobert_status add_model(registry *r, biobert_model *model, const char *name,
                                biobert_error *err) {
  biobert_status status = check_query_model(r, model, err);
  if (!status && r->count == MAX_MODELS)
    status = result_fail(err, BIOBERT_RANGE,
                         "%d models are loaded: biobert_unload() one first", MAX_MODELS);
  named_model *m = status ? NULL : sqlite3_malloc64(sizeof *m);
  if (!status && !m) status = no_memory(err);
  if (status) {
    biobert_model_close(model);
    return status;
  }
  memset(m, 0, sizeof *m);
  m->owners = 1;
  m->registry = r;
  m->model = model;
  sqlite3_snprintf(sizeof m->name, m->name, "%s", name);
  r->models[r->count++] = m;
  return BIOBERT_OK;
}

biobert_status registry_load(registry *r, biobert_str path, const char *name,
                             biobert_str options, biobert_error *err) {
  biobert_model *model = NULL;
  biobert_status status = check_name(name, err);
  const biobert_open_options how = {.cancel = cancel, .cancel_ctx = r};
  if (!status) status = biobert_model_open_with(path, options, &how, &model, err);
  if (status) return status;
  const named_model *known = look_up(r, name, NULL);
  if (!known) return add_model(r, model, name, err);
  if (known->model != model) {
    const biobert_model_info *old = biobert_model_get_info(known->model);
    const biobert_model_info *new = biobert_model_get_info(model);
    bool same = strcmp(old->path, new->path) == 0 &&
                strcmp(old->options, new->options) == 0 &&
                strcmp(old->cpu, new->cpu) == 0;
    if (same)
      status = result_fail(err, BIOBERT_RANGE,
                           "the name '%s' is in use for %s as it was before its files "
                           "were changed: biobert_unload('%s') first, or load under "
                           "another name",
                           name, old->path, name);
    else
      status = result_fail(
          err, BIOBERT_RANGE,
          "the name '%s' is in use for %s with options %s, not for %s with options "
          "%s: biobert_unload('%s') first, or load under another name",
          name, old->path, old->options, new->path, new->options, name);
  }
  biobert_model_close(model);
  return status;
}

bool registry_unload(registry *r, const char *name) {
  size_t index;
  named_model *m = look_up(r, name, &index);
  if (!m) return false;
  r->count--;
  memmove(&r->models[index], &r->models[index + 1],
          (r->count - index) * sizeof r->models[0]);
  named_model_release(m);
  return true;
}

/* The path under which this library was loaded: of the file that this constant lies in.
 */
static void library_path(char path[PATH_MAX]) {
  static const char here = 0;
  Dl_info info;
  path[0] = '\0';
  if (dladdr(&here, &info) && info.dli_fname)
    snprintf(path, PATH_MAX, "%s", info.dli_fname);
}

bool registry_default_missing(const registry *r) {
  if (look_up(r, "default", NULL)) return false;
  if (biobert_is_locked()) return true;
  char library[PATH_MAX], *path = NULL;
  library_path(library);
  bool missing = biobert_default_model_path(library, &path, NULL) != BIOBERT_OK;
  biobert_free(path);
  return missing;
}

static biobert_status load_default(registry *r, biobert_error *err) {
  if (biobert_is_locked())
    return result_fail(
        err, BIOBERT_RANGE,
        "no model is loaded, and biobert_config('locked', 1) was set: none is looked "
        "for");
  char library[PATH_MAX], *path = NULL;
  library_path(library);
  biobert_status status = biobert_default_model_path(library, &path, err);
  if (status) return status;
  status = registry_load(r, (biobert_str){path, strlen(path)}, "default",
                         (biobert_str){NULL, 0}, err);
  biobert_free(path);
  return status;
}

biobert_status registry_find(registry *r, const char *name, named_model **out,
                             biobert_error *err) {
  bool standard = !name || strcmp(name, "default") == 0;
  named_model *m = look_up(r, standard ? "default" : name, NULL);
  if (!m && standard) {
    biobert_status status = load_default(r, err);
    if (status) return status;
    m = look_up(r, "default", NULL);
  }
  if (!m) {
    const char *more = strlen(name) > 32 ? "…" : "";
    return result_fail(err, BIOBERT_RANGE, "no model is named '%.32s%s'", name, more);
  }
  *out = m;
  return BIOBERT_OK;
}

biobert_status registry_query_model(registry *r, named_model *m, named_model **out,
                                    biobert_error *err) {
  const biobert_model_info *info = biobert_model_get_info(m->model);
  *out = m;
  if (!info->query_model) return BIOBERT_OK;
  biobert_status status = registry_find(r, info->query_model, out, err);
  if (!status) status = check_query_model(r, m->model, err);
  return status;
}

/* Models ----------------------------------------------------------------------------- */

named_model *named_model_share(named_model *m) {
  m->owners++;
  return m;
}

static void forget(recent *slot) {
  sqlite3_free(slot->a);
  sqlite3_free(slot->b);
  sqlite3_free(slot->vector);
  memset(slot, 0, sizeof *slot);
}

void named_model_release(named_model *m) {
  if (!m || --m->owners > 0) return;
  for (size_t i = 0; i < RECENT_TEXTS; i++) forget(&m->recents[i]);
  sqlite3_free(m->scratch);
  biobert_session_free(m->session);
  biobert_model_close(m->model);
  sqlite3_free(m);
}

const char *named_model_name(const named_model *m) {
  return m->name;
}

biobert_model *named_model_model(const named_model *m) {
  return m->model;
}

biobert_status named_model_hash(named_model *m, biobert_error *err) {
  const biobert_open_options how = {.cancel = cancel, .cancel_ctx = m->registry};
  return biobert_model_hash(m->model, &how, err);
}

biobert_status named_model_session(named_model *m, biobert_session **out,
                                   biobert_error *err) {
  biobert_session_options options = {
      .allocator = sqlite_allocator,
      .cancel = cancel,
      .cancel_ctx = m->registry,
  };
  biobert_status status = BIOBERT_OK;
  if (!m->session) status = biobert_session_new(m->model, &options, &m->session, err);
  *out = m->session;
  return status;
}

static bool same_text(const char *kept, size_t kept_len, biobert_str text) {
  if (!kept || !text.data) return !kept && !text.data;
  return kept_len == text.len && memcmp(kept, text.data, text.len) == 0;
}

static const float *recall(const named_model *m, int role, biobert_str a, biobert_str b) {
  for (size_t i = 0; i < RECENT_TEXTS; i++) {
    const recent *slot = &m->recents[i];
    if (slot->vector && slot->role == role && same_text(slot->a, slot->a_len, a) &&
        same_text(slot->b, slot->b_len, b))
      return slot->vector;
  }
  return NULL;
}

static char *copy_text(biobert_str text) {
  char *copy = sqlite3_malloc64(text.len + 1);
  if (copy && text.len) memcpy(copy, text.data, text.len);
  return copy;
}

/* Keeps a vector if there is memory for it; the text may be long, and then is not kept.
 */
static void remember(named_model *m, int role, biobert_str a, biobert_str b,
                     const float *vector, size_t n) {
  if (a.len + b.len > RECENT_MAX_BYTES) return;
  recent *slot = &m->recents[m->next_recent++ % RECENT_TEXTS];
  forget(slot);
  *slot = (recent){.role = role, .a_len = a.len, .b_len = b.len};
  slot->a = copy_text(a);
  slot->b = b.data ? copy_text(b) : NULL;
  slot->vector = sqlite3_malloc64(n * sizeof *vector);
  if (!slot->a || (b.data && !slot->b) || !slot->vector) {
    forget(slot);
    return;
  }
  memcpy(slot->vector, vector, n * sizeof *vector);
}

biobert_status named_model_embed(named_model *m, biobert_role role, biobert_str a,
                                 biobert_str b, const float **vector, size_t *n,
                                 biobert_error *err) {
  *n = biobert_model_dimension(m->model);
  /* Without prompts a query is a document: let the two share what is remembered. */
  if (!biobert_model_get_info(m->model)->has_query_prompt) role = BIOBERT_DOCUMENT;
  *vector = recall(m, role, a, b);
  if (*vector) return BIOBERT_OK;
  biobert_session *session;
  biobert_status status = named_model_session(m, &session, err);
  if (status) return status;
  if (!m->scratch) m->scratch = sqlite3_malloc64(*n * sizeof(float));
  if (!m->scratch) return no_memory(err);
  status = b.data ? biobert_embed_pair(session, a, b, m->scratch, err)
                  : biobert_embed(session, a, role, m->scratch, err);
  if (status) return status;
  remember(m, role, a, b, m->scratch, *n);
  *vector = m->scratch;
  return BIOBERT_OK;
}

biobert_status named_model_rerank(named_model *m, biobert_str query, biobert_str text,
                                  double *score, biobert_error *err) {
  const float *known = recall(m, ROLE_SCORE, query, text);
  if (known) {
    *score = (double)*known;
    return BIOBERT_OK;
  }
  biobert_session *session;
  biobert_status status = named_model_session(m, &session, err);
  if (!status) status = biobert_rerank(session, query, text, score, err);
  if (status) return status;
  float kept = (float)*score; /* a float32 it was: nothing is lost */
  remember(m, ROLE_SCORE, query, text, &kept, 1);
  return BIOBERT_OK;
}
