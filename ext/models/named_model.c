/* named_model.c - a model's session in a connection, and the last few vectors. */
#include "models/named_model.h"

#include <string.h>

#include "sql/allocator.h"

enum {
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
  interrupt_poll *poll; /* not owned: the connection's, which lives longer */
  char name[NAMED_MODEL_MAX_NAME_BYTES + 1];
  biobert_model *model;
  biobert_session *session;
  float *scratch; /* [dimension]: the vector handed out last, if it is not a recent one */
  recent recents[RECENT_TEXTS];
  size_t next_recent;
};

named_model *named_model_new(const char *name, biobert_model *model,
                             interrupt_poll *poll) {
  named_model *m = sqlite3_malloc64(sizeof *m);
  if (!m) return NULL;
  *m = (named_model){.owners = 1, .poll = poll, .model = model};
  sqlite3_snprintf(sizeof m->name, m->name, "%s", name);
  return m;
}

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
  const biobert_open_options how = {.cancel = poll_interrupt, .cancel_ctx = m->poll};
  return biobert_model_hash(m->model, &how, err);
}

biobert_status named_model_session(named_model *m, biobert_session **out,
                                   biobert_error *err) {
  biobert_session_options options = {
      .allocator = sqlite_allocator,
      .cancel = poll_interrupt,
      .cancel_ctx = m->poll,
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
  if (!m->scratch) return result_no_memory(err);
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
