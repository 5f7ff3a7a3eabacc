/* interrupt.c - an interrupt at every step of a sync: the connection is in autocommit
 * afterwards, another one can write, the index passes its check, and the next sync goes
 * on. */
#include <sqlite3.h>
#include <stdlib.h>
#include <unistd.h>

#include "check.h"
#include "loaded.h"

static char path[512];
static sqlite3 *db, *other;

static long left; /* steps before the interrupt */

static int progress(void *unused) {
  (void)unused;
  return left > 0 && --left == 0;
}

/* Twice at most: where FTS5 had a row of its tables open, SQLite leaves the read
 * transaction of an interrupted statement to the next one, and what another connection
 * has written since makes that one SQLITE_BUSY. */
static int check_index(void) {
  int rc = run(db, "INSERT INTO s(s) VALUES('integrity-check')");
  if (rc == SQLITE_BUSY) rc = run(db, "INSERT INTO s(s) VALUES('integrity-check')");
  return rc;
}

static void interrupt_at_every_step(const char *sql, const char *reset) {
  long steps = 0;
  int rc = SQLITE_INTERRUPT;
  for (long n = 1; rc != SQLITE_OK; n += 1 + n / 40, steps++) {
    check_context("step %ld", n);
    if (!CHECK_INT(run(db, reset), SQLITE_OK)) printf("   %s\n", sqlite3_errmsg(db));
    left = n;
    rc = run(db, sql);
    bool interrupted = left == 0;
    left = 0;
    if (rc != SQLITE_OK && !CHECK(interrupted && (rc & 0xFF) == SQLITE_INTERRUPT))
      printf("   %d: %s\n", rc, sqlite3_errmsg(db));
    if (!CHECK(sqlite3_get_autocommit(db))) return;
    if (!CHECK_INT(run(other, "BEGIN IMMEDIATE; INSERT INTO log VALUES(1); COMMIT"),
                   SQLITE_OK))
      return;
    if (!CHECK_INT(check_index(), SQLITE_OK)) {
      printf("   %s\n", sqlite3_errmsg(db));
      return;
    }
    if (n % 7 == 0) CHECK_INT(run(db, "SELECT * FROM biobert_sync('s')"), SQLITE_OK);
  }
  printf("  %ld interrupts: %s\n", steps - 1, sql);
}

int main(int argc, char **argv) {
  find_library(argc, argv);
  snprintf(path, sizeof path, "%s/interrupt.db", build_folder());
  unlink(path);
  db = open_loaded(path);
  check_begin("the index is made");
  CHECK_INT(run(db,
                "PRAGMA journal_mode = wal; PRAGMA synchronous = off; CREATE TABLE "
                "log(x); CREATE "
                "TABLE papers(id INTEGER PRIMARY KEY, t TEXT); WITH RECURSIVE c(x) AS "
                "(SELECT 1 UNION ALL "
                "SELECT x + 1 FROM c LIMIT 12) INSERT INTO papers SELECT x, 'gene ' || x "
                "FROM c; CREATE VIRTUAL "
                "TABLE s USING biobert(t, content='papers'); SELECT biobert_embed('a')"),
            SQLITE_OK);
  other = open_loaded(path);
  sqlite3_progress_handler(db, 1, progress, NULL);
  check_begin("an interrupt anywhere in biobert_sync()");
  interrupt_at_every_step("SELECT * FROM biobert_sync('s', 5)",
                          "INSERT INTO s(s) VALUES('delete-all')");
  check_begin("an interrupt anywhere in the command 'sync'");
  interrupt_at_every_step("INSERT INTO s(s) VALUES('sync')",
                          "INSERT INTO s(s) VALUES('delete-all')");
  check_begin("an interrupt anywhere in a search");
  CHECK_INT(run(db, "INSERT INTO s(s) VALUES('sync')"), SQLITE_OK);
  interrupt_at_every_step("SELECT * FROM s('gene')", "SELECT 1");
  check_begin("an interrupt anywhere in 'optimize'");
  interrupt_at_every_step("INSERT INTO s(s) VALUES('optimize')", "SELECT 1");
  CHECK_INT(sqlite3_close(db), SQLITE_OK);
  CHECK_INT(sqlite3_close(other), SQLITE_OK);
  unlink(path);
  return check_report();
}
