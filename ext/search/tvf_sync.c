/* tvf_sync.c - biobert_sync(name [, batch]): a sync as a table of live progress that
 * commits by itself. */
#include "search/tvf_sync.h"

#include <string.h>

#include "search/config_table.h"
#include "search/content.h"
#include "search/open_tables.h"
#include "search/recorded.h"
#include "search/sync.h"
#include "search/sync_batch.h"
#include "search/sync_work.h"
#include "search/table_errors.h"
#include "search/transaction.h"
#include "sql/arguments.h"

/* biobert_sync(name [, batch]) ------------------------------------------------------- */

/* The table is looked for again at every step: between two of them it may be dropped. */
typedef struct sync_rows {
  char *schema, *name;
  sync_work work;
  batch_limit batch;
  size_t failed;
  bool ended;
  double begun; /* sync_seconds() */
  char last[MESSAGE_BYTES];
  size_t alike;
  bool renumbers; /* the content's keys may change: the first message says so */
} sync_rows;

/* Ends the rows with SQLite's own code. As long as they are read the connection is inside
 * a read transaction, which cannot be brought up to what another one has written. */
static biobert_status sync_fail(tvf_cursor *c, index_table *t, int code,
                                biobert_error *err) {
  c->code = code;
  if ((code & 0xFF) == SQLITE_BUSY)
    table_error(t, code,
                "another connection wrote: run it again, it goes on; or let others in "
                "between: INSERT INTO \"%w\"(\"%w\", rank) VALUES('sync', %d), until "
                "nothing is left",
                t->name, t->name, BATCH_ROWS);
  return table_fail(t, code, err);
}

static biobert_status refuse_in_transaction(index_table *t, biobert_error *err) {
  if (sqlite3_get_autocommit(t->db) && sqlite3_txn_state(t->db, NULL) != SQLITE_TXN_WRITE)
    return BIOBERT_OK;
  return result_fail(
      err, BIOBERT_RANGE,
      "biobert_sync() commits by itself and cannot run inside a transaction: "
      "COMMIT first, or use the command: INSERT INTO \"%w\"(\"%w\") "
      "VALUES('sync')",
      t->name, t->name);
}

static biobert_status begin_sync(tvf_cursor *c, index_table *t, biobert_error *err) {
  sync_rows *r = c->rows;
  biobert_status status = refuse_in_transaction(t, err);
  if (status) return status;
  r->schema = sqlite3_mprintf("%s", t->schema);
  r->name = sqlite3_mprintf("%s", t->name);
  if (!r->schema || !r->name) return result_no_memory(err);
  int rc = table_check_open(t);
  if (rc == SQLITE_OK) rc = sync_find_work(t, &r->work);
  if (rc == SQLITE_OK) rc = content_may_renumber(t, &r->renumbers);
  if (rc != SQLITE_OK) return sync_fail(c, t, rc, err);
  r->failed = r->work.bad_keys;
  r->begun = sync_seconds();
  return BIOBERT_OK;
}

static biobert_status open_sync(tvf_cursor *c, biobert_error *err) {
  const char *name;
  index_table *t;
  sqlite3_stmt *holder;
  int64_t batch = BATCH_ROWS;
  biobert_status status = arg_name(c->arguments[0], 1, &name, err);
  if (!status && c->arguments[1] && !arg_is_null(c->arguments[1]))
    status = arg_whole(c->arguments[1], 2, "batch", 1, 100000, &batch, err);
  if (status) return status;
  sync_rows *r = sqlite3_malloc64(sizeof *r);
  if (!r) return result_no_memory(err);
  memset(r, 0, sizeof *r);
  r->batch = sync_limit_of((size_t)batch);
  c->rows = r;
  c->count = 1;
  int rc = open_tables_find(c->shared, name, &t, &holder, err);
  if (rc != SQLITE_OK) {
    c->code = rc;
    return err->status;
  }
  status = begin_sync(c, t, err);
  sqlite3_finalize(holder);
  return status;
}

static int busy_timeout(sqlite3 *db, double *seconds) {
  sqlite3_stmt *s = NULL;
  *seconds = 0;
  int rc = sqlite3_prepare_v2(db, "PRAGMA busy_timeout", -1, &s, NULL);
  if (rc == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW)
    *seconds = sqlite3_column_int(s, 0) / 1e3;
  int ended = sqlite3_finalize(s);
  return rc == SQLITE_OK ? ended : rc;
}

/* Returns the extended code, whether or not the program asked for extended codes. */
static int execute(sqlite3 *db, const char *sql) {
  int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
  return rc == SQLITE_OK ? rc : sqlite3_extended_errcode(db);
}

/* Runs a statement that writes. The rows of biobert_sync() are read inside a read
 * transaction, in which SQLite does not wait for the write lock, because two connections
 * might wait for each other. We wait, up to busy_timeout: the other connection may end
 * without a change. If it has written, in WAL mode, nothing can be written from
 * our snapshot any more, and SQLITE_BUSY_SNAPSHOT ends the waiting. */
static int execute_patiently(index_table *t, const char *sql) {
  enum { FIRST_MS = 1, LONGEST_MS = 50 };
  double begun = sync_seconds(), timeout;
  int rc = execute(t->db, sql);
  if (rc != SQLITE_BUSY) return rc;
  int failed = busy_timeout(t->db, &timeout);
  if (failed != SQLITE_OK) return failed;
  for (int ms = FIRST_MS; (rc & 0xFF) == SQLITE_BUSY && rc != SQLITE_BUSY_SNAPSHOT &&
                          sync_seconds() - begun < timeout;
       ms = ms * 2 < LONGEST_MS ? ms * 2 : LONGEST_MS) {
    sync_sleep_ms(ms);
    if (is_interrupted(t->db)) return SQLITE_INTERRUPT;
    rc = execute(t->db, sql);
  }
  return rc;
}

/* Makes SQLite's message the table's. If it is the table's own message already, it begins
 * with the table's name. */
static void take_message(index_table *t, int code) {
  const char *message = sqlite3_errmsg(t->db);
  size_t name = strlen(t->name);
  bool own = strncmp(message, t->name, name) == 0 && message[name] == ':';
  table_error(t, code, "%s", own ? message + name + 2 : message);
}

/* Written by one statement of its own, which commits or rolls back by itself. */
static int commit_batch(index_table *t, sync_batch *b) {
  char *sql = sqlite3_mprintf("INSERT INTO \"%w\".\"%w\"(\"%w\") VALUES('sync-batch')",
                              t->schema, t->name, t->name);
  char *schema = sqlite3_mprintf("%s", t->schema), *name = sqlite3_mprintf("%s", t->name);
  int rc = sql && schema && name ? SQLITE_OK : SQLITE_NOMEM;
  b->schema = schema;
  b->name = name;
  b->values = sync_value_count(t);
  t->open->batch = b;
  if (rc == SQLITE_OK) rc = execute_patiently(t, sql);
  t->open->batch = NULL;
  sqlite3_free(sql);
  sqlite3_free(schema);
  sqlite3_free(name);
  if (rc != SQLITE_OK) take_message(t, rc);
  return rc;
}

/* Whether a batch that was committed is in the file: some programs (dqlite) throw away
 * what is written while a SELECT runs, without an error. Every document that is written
 * makes a new epoch. The page cache would show our own pages, so it is emptied. */
static int check_written(index_table *t, const sync_batch *b,
                         const unsigned char before[16]) {
  unsigned char now[16];
  sqlite3_int64 synced = 0;
  bool lost = false;
  sqlite3_db_release_memory(t->db);
  int rc = recorded_epoch(t, now);
  for (size_t i = 0; i < b->count && rc == SQLITE_OK; i++)
    lost = lost || (!b->items[i].same && memcmp(before, now, sizeof now) == 0);
  if (rc == SQLITE_OK && b->last) rc = schema_get_int(t, "synced", &synced);
  if (rc != SQLITE_OK || !(lost || (b->last && !synced))) return rc;
  t->rolled_back = true; /* what is in memory is in no file */
  return table_error(t, SQLITE_ERROR,
                     "the batch was committed and is not in the file: this program "
                     "discards what a SELECT writes; use the command, until nothing is "
                     "left: INSERT INTO \"%w\"(\"%w\", rank) VALUES('sync', %d)",
                     t->name, t->name, BATCH_ROWS);
}

static int write_and_check(index_table *t, sync_batch *b) {
  unsigned char before[16];
  int rc = recorded_epoch(t, before);
  if (rc == SQLITE_OK) rc = commit_batch(t, b);
  return rc == SQLITE_OK ? check_written(t, b, before) : rc;
}

/* One batch; without work an empty one, which records that there was a look. */
static biobert_status do_batch(tvf_cursor *c, index_table *t, biobert_error *err) {
  sync_rows *r = c->rows;
  biobert_status status = refuse_in_transaction(t, err);
  if (status) return status;
  table_settle(t);
  sync_batch b = {0};
  int rc = sync_make_batch(t, &r->work, r->batch, &b);
  b.last = r->work.done + b.count == r->work.ids.count;
  if (rc == SQLITE_OK) rc = write_and_check(t, &b);
  if (rc == SQLITE_OK) {
    r->work.done += b.count;
    r->failed += sync_count_failures(&b, r->last, &r->alike);
  }
  sync_free_batch(t, &b);
  if (rc != SQLITE_OK) return sync_fail(c, t, rc, err);
  if (r->alike < MAX_ALIKE) return BIOBERT_OK;
  return result_fail(err, BIOBERT_RANGE, "%d rows in a row failed: %s", (int)r->alike,
                     r->last);
}

static biobert_status lost_index(tvf_cursor *c, int code, biobert_error *err) {
  const sync_rows *r = c->rows;
  if (!open_tables_failed(code))
    return result_fail(err, BIOBERT_RANGE, "the index '%s' is gone", r->name);
  c->code = code;
  return open_tables_fail(c->shared, code, err);
}

static biobert_status next_sync(tvf_cursor *c, bool *more, biobert_error *err) {
  sync_rows *r = c->rows;
  sqlite3_stmt *holder;
  *more = !r->ended;
  if (!*more) return BIOBERT_OK;
  r->ended = r->work.done == r->work.ids.count; /* the last row, which says so */
  if (r->ended && r->work.done) return BIOBERT_OK;
  int code, rc = SQLITE_OK;
  index_table *t = open_tables_hold(c->shared, r->schema, r->name, &holder, &code);
  sqlite3_int64 synced = 0;
  biobert_status status = t ? BIOBERT_OK : lost_index(c, code, err);
  if (t && r->ended) rc = schema_get_int(t, "synced", &synced);
  if (rc != SQLITE_OK) status = sync_fail(c, t, rc, err);
  if (!status && !synced) status = do_batch(c, t, err);
  sqlite3_finalize(holder);
  return status;
}

static biobert_status sync_done(const tvf_cell *cell) {
  const sync_rows *r = cell->cursor->rows;
  return tvf_result_integer(cell, (int64_t)r->work.done);
}

static biobert_status sync_total(const tvf_cell *cell) {
  const sync_rows *r = cell->cursor->rows;
  return tvf_result_integer(cell, (int64_t)r->work.ids.count);
}

static biobert_status sync_failed(const tvf_cell *cell) {
  const sync_rows *r = cell->cursor->rows;
  return tvf_result_integer(cell, (int64_t)r->failed);
}

/* 0: not known yet. */
static double rate_of(const sync_rows *r) {
  const double elapsed = sync_seconds() - r->begun;
  return elapsed > 0 && r->work.done ? (double)r->work.done / elapsed : 0;
}

static biobert_status sync_rate(const tvf_cell *cell) {
  const double rate = rate_of(cell->cursor->rows);
  if (rate > 0) sqlite3_result_double(cell->context, rate);
  return BIOBERT_OK;
}

static biobert_status sync_eta(const tvf_cell *cell) {
  const sync_rows *r = cell->cursor->rows;
  const double rate = rate_of(r), left = (double)(r->work.ids.count - r->work.done);
  if (rate > 0) sqlite3_result_double(cell->context, left / rate);
  return BIOBERT_OK;
}

static biobert_status sync_message(const tvf_cell *cell) {
  const sync_rows *r = cell->cursor->rows;
  const char *message = r->last[0] ? r->last : r->work.bad_key;
  if (*message) return tvf_result_string(cell, message);
  if (r->ended) return tvf_result_string(cell, "up to date");
  if (!r->renumbers || r->work.done) return BIOBERT_OK;
  return tvf_result_string(cell, content_renumber_note);
}

static void close_sync(tvf_cursor *c) {
  sync_rows *r = c->rows;
  sync_free_work(&r->work);
  sqlite3_free(r->schema);
  sqlite3_free(r->name);
  sqlite3_free(r);
}

static const tvf_column sync_columns[] = {
    {"done",       "INTEGER", sync_done, 0},
    {"total",   "INTEGER", sync_total, 0},
    {"failed",            "INTEGER", sync_failed, 0},
    {"rows_per_second", "REAL", sync_rate, 0},
    {"eta_seconds",           "REAL", sync_eta, 0},
    {"message",     "TEXT", sync_message, 0},
    {"name", "HIDDEN", NULL, 0},
    {"batch",            "HIDDEN", NULL, 0},
    {0     },
};

const tvf tvf_sync = {
    .columns = sync_columns,
    .required = 1,
    .direct = true,
    .open = open_sync,
    .next = next_sync,
    .close = close_sync,
};
