/* model_identity.c - which model made a table's vectors: recorded with the first vector, and
 * compared before another one is added, and before a search. */
#include "search/model_identity.h"

#include <string.h>

#include "search/config_table.h"
#include "search/recorded.h"
#include "search/table_errors.h"

/* Of a line in an error. */
enum { SHOWN_DIGITS = 16, SHOWN_BYTES = 200 };

/* A model is described in lines "key value" (biobert_model_describe()). */
typedef struct line {
  const char *text; /* NULL: there is none */
  int len, key_len;
} line;

static line line_at(const char *text) {
  line l = {text, (int)strcspn(text, "\n"), (int)strcspn(text, " \n")};
  if (l.len == 0) l.text = NULL;
  return l;
}

static line next_line(line l) {
  const char *end = l.text + l.len;
  return line_at(end + (*end == '\n'));
}

static line same_key(const char *description, line key) {
  line l = line_at(description);
  while (l.text &&
         (l.key_len != key.key_len || memcmp(l.text, key.text, (size_t)l.key_len) != 0))
    l = next_line(l);
  return l;
}

static bool has_key(line l, const char *prefix) {
  return strncmp(l.text, prefix, strlen(prefix)) == 0;
}

/* Indexes of an earlier version recorded the first digits of the hash alone. */
static bool same_line(line then, line now) {
  if (has_key(then, "weights ") && then.len < now.len) now.len = then.len;
  if (has_key(then, "weights ") && then.len > now.len) then.len = now.len;
  return then.len == now.len && memcmp(then.text, now.text, (size_t)then.len) == 0;
}

/* The first line of `from` that is another in `to`. There may be more or fewer steps after
 * the pooling; other keys are compared only where both versions know them. */
static bool find_difference(const char *from, const char *to, line *a, line *b) {
  for (*a = line_at(from); a->text; *a = next_line(*a)) {
    *b = same_key(to, *a);
    if (b->text ? !same_line(*a, *b) : has_key(*a, "step_")) return true;
  }
  return false;
}

/* As much of it as a message has room for: of a hash the first digits tell. */
static int shown(line l) {
  static const char hash[] = "_hash";
  const char *end = l.text + l.key_len;
  bool digits = has_key(l, "weights ") || has_key(l, "fingerprint ") ||
                (l.key_len >= 5 && memcmp(end - 5, hash, 5) == 0);
  const int max = digits ? l.key_len + 1 + SHOWN_DIGITS : SHOWN_BYTES;
  return l.len < max ? l.len : max;
}

/* An error of SQLite's, whose code table_status() gives. */
static biobert_status model_fail(index_table *t, int rc, biobert_error *err) {
  t->model_code = rc;
  return table_fail(t, rc, err);
}

static biobert_status say_difference(const index_table *t, const char *recorded,
                                     line then, const char *now, line today,
                                     biobert_error *err) {
  line a, b;
  if (recorded && find_difference(recorded, now, &a, &b)) {
    then = a;
    today = b;
  } else if (recorded && same_key(recorded, line_at("layers")).text &&
             find_difference(now, recorded, &a, &b)) {
    then = b;
    today = a;
  }
  const line absent = {"nothing", 7, 7};
  if (!then.text) then = absent;
  if (!today.text) today = absent;
  return result_fail(err, BIOBERT_RANGE,
                     "the index was made by another model than '%s' is now: '%.*s' then, "
                     "'%.*s' now; load that model, or INSERT INTO \"%w\"(\"%w\") "
                     "VALUES('reset') and sync",
                     t->config.model, shown(then), then.text, shown(today), today.text,
                     t->name, t->name);
}

/* Where the descriptions do not differ in a line that both have, the fingerprints do. */
static biobert_status refuse(index_table *t, const char *recorded, const char *own,
                             const char *now, biobert_error *err) {
  char *settings = NULL;
  biobert_status status;
  int rc = schema_get_text(t, "model", &settings);
  char *then = sqlite3_mprintf("fingerprint %s", recorded);
  char *today = sqlite3_mprintf("fingerprint %s", own);
  if (rc != SQLITE_OK)
    status = model_fail(t, rc, err);
  else if (!then || !today)
    status = result_fail(err, BIOBERT_NOMEM, "out of memory");
  else
    status = say_difference(t, settings, line_at(then), now, line_at(today), err);
  sqlite3_free(settings);
  sqlite3_free(then);
  sqlite3_free(today);
  return status;
}

static biobert_status record_model(index_table *t, const char *own, const char *now,
                                   biobert_error *err) {
  int rc = schema_put_text(t, "fingerprint", own);
  if (rc == SQLITE_OK) rc = schema_put_text(t, "model", now);
  return rc == SQLITE_OK ? BIOBERT_OK : model_fail(t, rc, err);
}

/* A fingerprint of an earlier version is recorded anew when something is written. */
static biobert_status compare_model(index_table *t, bool record, const char *recorded,
                                    biobert_model *model, biobert_error *err) {
  char own[BIOBERT_HASH_CHARS], *now = NULL;
  bool same = false;
  biobert_status status = biobert_model_fingerprint(model, own, err);
  if (status || (recorded ? strcmp(recorded, own) == 0 : !record)) return status;
  if (recorded) status = biobert_model_is(model, recorded, &same, err);
  if (status || (same && !record)) return status;
  status = biobert_model_describe(model, &now, err);
  if (!status)
    status = recorded && !same ? refuse(t, recorded, own, now, err)
                               : record_model(t, own, now, err);
  /* A table that has vectors already keeps the distance that it compares them by. */
  int rc = SQLITE_OK;
  if (!status && !recorded)
    rc = recorded_put_distance(t, biobert_model_get_info(model)->distance);
  if (rc != SQLITE_OK) status = model_fail(t, rc, err);
  biobert_free(now);
  return status;
}

/* Vectors of both precisions may come together; biobert_status says so. */
static int record_precision(index_table *t, const biobert_model *model) {
  const char *precision = biobert_model_get_info(model)->precision;
  char *known = NULL, *all = NULL;
  int rc = schema_get_text(t, "precision", &known);
  if (rc != SQLITE_OK || (known && strstr(known, precision))) goto done;
  all = known ? sqlite3_mprintf("%s and %s", known, precision)
              : sqlite3_mprintf("%s", precision);
  rc = all ? schema_put_text(t, "precision", all) : SQLITE_NOMEM;

done:
  sqlite3_free(known);
  sqlite3_free(all);
  return rc;
}

biobert_status table_model(index_table *t, bool record, named_model **out,
                           biobert_error *err) {
  char *recorded = NULL;
  biobert_status status = connection_find_model(t->connection, t->config.model, out, err);
  if (!status) status = named_model_hash(*out, err);
  if (status) return status;
  int rc = schema_get_text(t, "fingerprint", &recorded);
  status = rc == SQLITE_OK
               ? compare_model(t, record, recorded, named_model_model(*out), err)
               : model_fail(t, rc, err);
  sqlite3_free(recorded);
  if (status || !record) return status;
  rc = record_precision(t, named_model_model(*out));
  return rc == SQLITE_OK ? BIOBERT_OK : model_fail(t, rc, err);
}
