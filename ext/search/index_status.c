/* index_status.c - biobert_status(name) and biobert_failures(name): the state of a search
 * table. */
#include "search/index_status.h"

#include <string.h>

#include "search/chunk_writer.h"
#include "search/config_table.h"
#include "search/content.h"
#include "search/kept_rankings.h"
#include "search/open_tables.h"
#include "search/row_ranking.h"
#include "search/shadow_sql.h"
#include "search/sync_work.h"
#include "search/table_errors.h"
#include "search/transaction.h"
#include "sql/arguments.h"

static biobert_status find_index(tvf_cursor *c, index_table **out, sqlite3_stmt **holder,
                                 biobert_error *err) {
  const char *name;
  *holder = NULL;
  biobert_status status = arg_name(c->arguments[0], 1, &name, err);
  if (status) return status;
  int rc = open_tables_find(c->shared, name, out, holder, err);
  c->code = rc;
  return rc == SQLITE_OK ? BIOBERT_OK : err->status;
}

/* biobert_status --------------------------------------------------------------------- */

/* rows, pending, stale, empty, failed, passages, bytes. */
enum { ROWS, PENDING, STALE, EMPTY, FAILED, PASSAGES, BYTES, COUNTS };

/* SQL on the shadow tables. A count without SQL needs the content, which is read as a sync
 * reads it: fill_counts(). */
static const char *const count_sql[COUNTS] = {
    [EMPTY] = "SELECT count(*) FROM @docs WHERE vectors IS NULL AND error IS NULL",
    [FAILED] = "SELECT count(*) FROM @docs WHERE error IS NOT NULL",
    [PASSAGES] = "SELECT coalesce(sum(vectors), 0) FROM @docs",
    [BYTES] = "SELECT coalesce((SELECT sum(length(v)) FROM @codes), 0) + "
              "coalesce((SELECT sum(length(v)) FROM @full), 0)",
};

typedef struct status_row {
  sqlite3_int64 counts[COUNTS];
  char *model, *fingerprint;
  sqlite3_int64 dimension, format;
  char *notes;
  biobert_store store;
} status_row;

/* The number that a statement answers; rc: of preparing it. */
static int read_count(index_table *t, int rc, sqlite3_stmt *s, sqlite3_int64 *out) {
  if (rc == SQLITE_OK && table_step(t, s) == SQLITE_ROW)
    *out = sqlite3_column_int64(s, 0);
  int ended = sqlite3_finalize(s);
  return rc == SQLITE_OK ? ended : rc;
}

static int count(index_table *t, const char *sql, sqlite3_int64 *out) {
  sqlite3_stmt *s;
  int rc = schema_prepare(t, &s, "%s", sql);
  return read_count(t, rc, s, out);
}

/* The same of SQL that reads the content. */
static int count_content(index_table *t, const char *sql, sqlite3_int64 *out) {
  sqlite3_stmt *s;
  int rc = content_prepare(t, &s, "%s", sql);
  if (rc != SQLITE_OK) return rc;
  rc = read_count(t, rc, s, out);
  return rc == SQLITE_OK ? rc : table_content_error(t, rc);
}

static int count_bad_keys(index_table *t, sqlite3_int64 *out) {
  char *keys = content_bad_keys_sql(t);
  char *sql = keys ? sqlite3_mprintf("SELECT count(*) FROM (%z)", keys) : NULL;
  int rc = sql ? count_content(t, sql, out) : SQLITE_NOMEM;
  sqlite3_free(sql);
  return rc;
}

static int fill_counts(index_table *t, sqlite3_int64 counts[COUNTS]) {
  sqlite3_int64 bad_keys = 0;
  int rc = count_content(t, "SELECT count(*) FROM @source", &counts[ROWS]);
  if (rc == SQLITE_OK) rc = count_content(t, content_pending_sql, &counts[PENDING]);
  if (rc == SQLITE_OK) rc = sync_count_stale(t, &counts[STALE]);
  for (int i = 0; i < COUNTS && rc == SQLITE_OK; i++)
    if (count_sql[i]) rc = count(t, count_sql[i], &counts[i]);
  if (rc == SQLITE_OK) rc = count_bad_keys(t, &bad_keys);
  counts[FAILED] += bad_keys;
  return rc;
}

static void close_status(tvf_cursor *c) {
  status_row *r = c->rows;
  sqlite3_free(r->model);
  sqlite3_free(r->fingerprint);
  sqlite3_free(r->notes);
  sqlite3_free(r);
}

/* Of the chunks: how many slots were used. */
static int count_slots(index_table *t, sqlite3_int64 *out) {
  sqlite3_stmt *s;
  int rc = schema_prepare(t, &s, "SELECT sum(n) FROM @chunks WHERE n BETWEEN 0 AND %d",
                          BIOBERT_CHUNK_SLOTS);
  return read_count(t, rc, s, out);
}

/* Deleted vectors keep their places in the chunks until 'optimize'. */
static int note_dead(index_table *t, sqlite3_str *notes) {
  sqlite3_int64 live, used = 0;
  int rc = schema_get_int(t, "vectors", &live);
  if (rc == SQLITE_OK) rc = count_slots(t, &used);
  bool sound = live >= 0 && live <= used; /* else 'integrity-check' has more to say */
  if (rc == SQLITE_OK && sound && used - live > used / 2)
    sqlite3_str_appendf(
        notes,
        "%lld of %lld vectors in its chunks are deleted ones: INSERT INTO "
        "\"%w\"(\"%w\") VALUES('optimize') takes them out; ",
        used - live, used, t->name, t->name);
  return rc;
}

static int note_precisions(index_table *t, sqlite3_str *notes) {
  char *precision = NULL;
  int rc = schema_get_text(t, "precision", &precision);
  if (precision && strchr(precision, ' '))
    sqlite3_str_appendf(notes,
                        "vectors of two precisions, %s: near each other, but not the "
                        "same; 'rebuild' makes them one; ",
                        precision);
  sqlite3_free(precision);
  return rc;
}

/* What was given, where the model's files say that vectors are compared otherwise. */
static int note_distance(index_table *t, sqlite3_str *notes) {
  char *said = NULL;
  const char *distance = biobert_metric_names[t->config.metric];
  int rc = schema_get_text(t, "distance", &said);
  if (said && t->config.has_metric && strcmp(said, distance) != 0)
    sqlite3_str_appendf(notes, "distance='%s' was given, the model's files say %s; ",
                        distance, said);
  sqlite3_free(said);
  return rc;
}

static int note_renumbering(index_table *t, sqlite3_str *notes) {
  bool renumbers = false;
  int rc = content_may_renumber(t, &renumbers);
  if (renumbers) sqlite3_str_appendf(notes, "%s; ", content_renumber_note);
  return rc;
}

/* What a user should know of the content, the table and the model. */
static int make_notes(index_table *t, char **out) {
  sqlite3_str *notes = sqlite3_str_new(NULL);
  if (!t->has_fts && t->config.search == BIOBERT_HYBRID)
    sqlite3_str_appendall(notes, "no FTS5 here: semantic search only; ");
  int rc = note_distance(t, notes);
  if (rc == SQLITE_OK) rc = note_renumbering(t, notes);
  if (rc == SQLITE_OK) rc = note_dead(t, notes);
  const search *last = kept_last(t);
  if (last && search_missed_identifier(last))
    sqlite3_str_appendall(
        notes,
        "the last question was an identifier that no indexed text has: look it up "
        "by the key (WHERE rowid = 12345678) or by the column that holds it (WHERE "
        "doi = '10.1000/1'); ");
  if (rc == SQLITE_OK) rc = note_precisions(t, notes);
  if (rc == SQLITE_OK) rc = sqlite3_str_errcode(notes);
  *out = sqlite3_str_finish(notes);
  if (!*out && rc == SQLITE_OK) *out = sqlite3_mprintf("");
  return rc == SQLITE_OK && !*out ? SQLITE_NOMEM : rc;
}

static biobert_status fail(tvf_cursor *c, index_table *t, int code, biobert_error *err) {
  c->code = code;
  return table_fail(t, code, err);
}

static biobert_status fill_status(tvf_cursor *c, index_table *t, biobert_error *err) {
  status_row *r = c->rows;
  int rc = table_check_open(t);
  if (rc != SQLITE_OK) return fail(c, t, rc, err);
  r->store = t->config.store;
  r->model = sqlite3_mprintf("%s", t->config.model);
  rc = r->model ? writer_flush(t) : SQLITE_NOMEM;
  if (rc == SQLITE_OK) rc = fill_counts(t, r->counts);
  if (rc == SQLITE_OK) rc = schema_get_text(t, "fingerprint", &r->fingerprint);
  if (rc == SQLITE_OK) rc = schema_get_int(t, "dimension", &r->dimension);
  if (rc == SQLITE_OK) rc = schema_get_int(t, "format_version", &r->format);
  if (rc == SQLITE_OK) rc = make_notes(t, &r->notes);
  return rc == SQLITE_OK ? BIOBERT_OK : fail(c, t, rc, err);
}

static biobert_status open_status(tvf_cursor *c, biobert_error *err) {
  index_table *t;
  sqlite3_stmt *holder;
  status_row *r = sqlite3_malloc64(sizeof *r);
  if (!r) return result_no_memory(err);
  memset(r, 0, sizeof *r);
  c->rows = r;
  c->count = 1;
  biobert_status status = find_index(c, &t, &holder, err);
  if (!status) status = fill_status(c, t, err);
  sqlite3_finalize(holder);
  return status;
}

/* Members of the row. */
static const void *member(const tvf_cell *cell) {
  return (const char *)cell->cursor->rows + cell->column->offset;
}

static biobert_status status_count(const tvf_cell *cell) {
  return tvf_result_integer(cell, *(const sqlite3_int64 *)member(cell));
}

static biobert_status status_text(const tvf_cell *cell) {
  return tvf_result_string(cell, *(const char *const *)member(cell));
}

/* NULL as long as there is no vector. */
static biobert_status status_dimension(const tvf_cell *cell) {
  const status_row *r = cell->cursor->rows;
  return r->dimension ? tvf_result_integer(cell, r->dimension) : BIOBERT_OK;
}

static biobert_status status_store(const tvf_cell *cell) {
  const status_row *r = cell->cursor->rows;
  return tvf_result_string(cell, biobert_store_names[r->store]);
}

#define AT(member) offsetof(status_row, member)

static const tvf_column status_columns[] = {
    {"rows",           "INTEGER", status_count,     AT(counts[ROWS])    },
    {"pending",        "INTEGER", status_count,     AT(counts[PENDING]) },
    {"stale",          "INTEGER", status_count,     AT(counts[STALE])   },
    {"empty",          "INTEGER", status_count,     AT(counts[EMPTY])   },
    {"failed",         "INTEGER", status_count,     AT(counts[FAILED])  },
    {"passages",       "INTEGER", status_count,     AT(counts[PASSAGES])},
    {"bytes",          "INTEGER", status_count,     AT(counts[BYTES])   },
    {"model",          "TEXT",    status_text,      AT(model)           },
    {"fingerprint",    "TEXT",    status_text,      AT(fingerprint)     },
    {"dimension",      "INTEGER", status_dimension, 0                   },
    {"store",          "TEXT",    status_store,     0                   },
    {"format_version", "INTEGER", status_count,     AT(format)          },
    {"notes",          "TEXT",    status_text,      AT(notes)           },
    {"name",           "HIDDEN",  NULL,             0                   },
    {NULL,             NULL,      NULL,             0                   },
};

const tvf tvf_status = {
    .columns = status_columns,
    .required = 1,
    .open = open_status,
    .close = close_status,
};

/* biobert_failures ------------------------------------------------------------------- */

static void close_failures(tvf_cursor *c) {
  sqlite3_finalize(c->rows);
}

static biobert_status next_failure(tvf_cursor *c, bool *more, biobert_error *err) {
  int rc = sqlite3_step(c->rows);
  *more = rc == SQLITE_ROW;
  if (rc == SQLITE_ROW || rc == SQLITE_DONE) return BIOBERT_OK;
  c->code = rc;
  return result_fail(err, rc == SQLITE_INTERRUPT ? BIOBERT_INTERRUPTED : BIOBERT_FORMAT,
                     "%s", sqlite3_errmsg(sqlite3_db_handle(c->rows)));
}

static biobert_status open_failures(tvf_cursor *c, biobert_error *err) {
  index_table *t;
  sqlite3_stmt *s = NULL, *holder;
  biobert_status status = find_index(c, &t, &holder, err);
  if (status) return status;
  char *keys = content_bad_keys_sql(t);
  int rc = keys ? content_prepare(t, &s,
                                  "SELECT id, error FROM @docs WHERE error IS NOT NULL "
                                  "UNION ALL SELECT * FROM (%s)",
                                  keys)
                : SQLITE_NOMEM;
  sqlite3_free(keys);
  c->rows = s;
  if (rc != SQLITE_OK) status = fail(c, t, rc, err);
  sqlite3_finalize(holder);
  if (status) return status;
  bool more;
  status = next_failure(c, &more, err);
  c->count = more;
  return status;
}

static biobert_status failure_column(const tvf_cell *cell) {
  const tvf_cursor *c = cell->cursor;
  const int column = (int)(cell->column - c->function->columns);
  sqlite3_result_value(cell->context, sqlite3_column_value(c->rows, column));
  return BIOBERT_OK;
}

static const tvf_column failure_columns[] = {
    {"rowid",         "INTEGER", failure_column, 0},
    {"message", "TEXT", failure_column, 0},
    {"name",               "HIDDEN", NULL, 0},
    {0        },
};

const tvf tvf_failures = {
    .columns = failure_columns,
    .required = 1,
    .open = open_failures,
    .next = next_failure,
    .close = close_failures,
};
