/* synchronise.c - see synchronise.h.
 *
 * biobert_sync() commits by itself, but holds a read transaction as long as its rows are
 * read, and so keeps other programs from committing. So it is read for a slice of time
 * and begun again: it finds by itself where to go on. Finding out costs a look at every
 * text, and a slice lasts many times that.
 *
 * What another program writes meanwhile takes a batch from it. Where one writes so often
 * that nothing is left, rows are embedded in turns for which it has to wait. */
#include "cli/synchronise.h"

#include <string.h>

#include "cli/terminal.h"

/* The least that a slice lasts, and how many times the look at the texts. */
static const double SLICE_SECONDS = 2, SLICE_LOOKS = 10;

/* How long to try while another program has the file, without a batch of our own. */
static const double PATIENCE_SECONDS = 60;

/* What others can be made to wait: less than the five seconds that programs usually do. */
static const double TURN_SECONDS = 1;

enum {
  SHORT_BUSY_MS = 100, /* inside a slice: what the other waits for may be our reading */
  BUSY_MS = 10000,
  FEW_ROWS = 4, /* of the first turn; twice as many in each later one while it is short */
  MOST_ROWS = 256,
  TURNS = 8, /* before a slice is tried again */
};

/* What the work is besides embedding: documents that are gone, or have no text. */
typedef struct state {
  int64_t waiting, empty, failed;
} state;

static state read_state(database *d, const char *index) {
  static const char *const one = "SELECT %s FROM biobert_status(%Q)";
  return (state){
      .waiting = database_integer(d, 0, one, "pending + stale", index),
      .empty = database_integer(d, 0, one, "empty", index),
      .failed = database_integer(d, 0, one, "failed", index),
  };
}

typedef struct slice {
  int64_t done, total, failed;
  char message[256];
  bool ended;
} slice;

static void take_row(sqlite3_stmt *s, slice *now) {
  const char *message = (const char *)sqlite3_column_text(s, 3);
  now->done = sqlite3_column_int64(s, 0);
  now->total = sqlite3_column_int64(s, 1);
  now->failed = sqlite3_column_int64(s, 2);
  if (message) sqlite3_snprintf(sizeof now->message, now->message, "%s", message);
}

/* Reads rows until the work or the slice ends. */
static int read_slice(database *d, const char *index, slice *now, progress *p,
                      int64_t before) {
  sqlite3_stmt *s;
  double begun = clock_seconds(), most = SLICE_SECONDS;
  int rc = SQLITE_ROW;
  *now = (slice){0};
  if (!database_prepare(
          d, &s, "SELECT done, total, failed, message FROM biobert_sync(%Q)", index))
    return SQLITE_ERROR;
  for (bool first = true; rc == SQLITE_ROW && clock_seconds() - begun < most;
       first = false) {
    rc = first && before == 0 ? database_step(d, s) : sqlite3_step(s);
    if (rc != SQLITE_ROW) break;
    take_row(s, now);
    if (first && (clock_seconds() - begun) * SLICE_LOOKS > most)
      most = (clock_seconds() - begun) * SLICE_LOOKS;
    progress_show(p, (uint64_t)(before + now->done), (uint64_t)(before + now->total));
  }
  now->ended = rc == SQLITE_DONE;
  int ended = sqlite3_finalize(s);
  return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : ended;
}

/* Without a complaint: what fails for a while is tried again. */
static int run(database *d, const char *sql) {
  sqlite3_stmt *s = NULL;
  int rc = sql ? sqlite3_prepare_v2(d->db, sql, -1, &s, NULL) : SQLITE_NOMEM;
  if (rc == SQLITE_OK) database_step(d, s);
  const int ended = sqlite3_finalize(s);
  return rc == SQLITE_OK ? ended : rc;
}

/* A transaction of its own, for which others wait: TURN_SECONDS are not too long. */
static int take_turn(database *d, const char *index, int *rows) {
  char *sql = sqlite3_mprintf("INSERT INTO \"%w\"(\"%w\", rank) VALUES('sync', %d)",
                              index, index, *rows);
  int rc = run(d, "BEGIN IMMEDIATE");
  const double begun = clock_seconds();
  if (rc == SQLITE_OK) rc = run(d, sql);
  const double taken = clock_seconds() - begun;
  if (rc == SQLITE_OK) rc = run(d, "COMMIT");
  if (!sqlite3_get_autocommit(d->db)) run(d, "ROLLBACK");
  sqlite3_free(sql);
  if (taken < TURN_SECONDS / 2 && *rows < MOST_ROWS) *rows *= 2;
  if (taken > TURN_SECONDS && *rows > 1) *rows /= 2;
  return rc;
}

/* What the command 'sync' does, which has the file for itself while it is at work. */
static int take_turns(database *d, const char *index, int64_t *done) {
  int rc = SQLITE_OK;
  sqlite3_busy_timeout(d->db, BUSY_MS);
  for (int turn = 0, rows = FEW_ROWS; turn < TURNS && rc == SQLITE_OK; turn++) {
    const int wanted = rows;
    rc = take_turn(d, index, &rows);
    if (rc == SQLITE_OK) *done += wanted;
  }
  sqlite3_busy_timeout(d->db, SHORT_BUSY_MS);
  return rc;
}

static void say_remarks(cli *c, const char *index, const slice *now) {
  if (now->failed > 0)
    remark(
        c->quiet,
        "%lld could not be embedded; the reasons: SELECT * FROM biobert_failures('%s')",
        (long long)now->failed, index);
}

static bool is_busy(int rc) {
  return (rc & 0xFF) == SQLITE_BUSY || (rc & 0xFF) == SQLITE_LOCKED;
}

/* Whether to try again after a slice that ended with this code. */
static bool goes_on(int rc, double *busy_since) {
  double now = clock_seconds();
  if (rc == SQLITE_OK) {
    *busy_since = now;
    return true;
  }
  if (!is_busy(rc)) return false;
  sqlite3_sleep(SHORT_BUSY_MS);
  return now - *busy_since < PATIENCE_SECONDS;
}

/* Slice after slice. Gives the code that ended the last one; *done: all that was done. */
static int read_slices(cli *c, database *d, const char *index, slice *now,
                       int64_t *done) {
  progress p;
  double busy_since = clock_seconds();
  int rc;
  progress_begin(&p, "embedding", "papers", c->quiet);
  do {
    rc = read_slice(d, index, now, &p, *done);
    *done += now->done;
    if (now->done > 0) busy_since = clock_seconds();
    if (now->done == 0 && is_busy(rc)) rc = take_turns(d, index, done);
  } while (!now->ended && goes_on(rc, &busy_since));
  progress_clear(&p);
  return rc;
}

bool synchronise(cli *c, database *d, const char *index, synchronised *out) {
  slice now = {0};
  int64_t done = 0;
  model_state model = model_look(d);
  *out = (synchronised){.no_model = model == MODEL_ABSENT};
  if (model == MODEL_BROKEN) return false;
  if (out->no_model) {
    remark(c->quiet, "%s; then 'biobert index %z'", no_model_advice,
           text_shell_word(d->path));
    return true;
  }
  state before = read_state(d, index);
  sqlite3_busy_timeout(d->db, SHORT_BUSY_MS);
  int rc = read_slices(c, d, index, &now, &done);
  if (!now.ended) database_complain(d, rc);
  sqlite3_busy_timeout(d->db, BUSY_MS);
  state after = read_state(d, index);
  out->failed = after.failed;
  out->embedded = before.waiting - after.waiting - (after.empty - before.empty) -
                  (after.failed - before.failed);
  if (out->embedded < 0) out->embedded = 0;
  if (now.ended) say_remarks(c, index, &now);
  return now.ended;
}
