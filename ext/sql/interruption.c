/* interruption.c - asking SQLite whether to go on. */
#include "sql/interruption.h"

#include <string.h>

#include "base/os.h"

/* Between two questions to SQLite. With the longest unit of the library's work in between,
 * an interrupt is seen within 100 ms. */
static const uint64_t POLL_NS = 30 * 1000000;

/* SQLite 3.40 has no way to ask whether a statement was interrupted, and a progress
 * handler runs only while SQL does. A small statement answers both: it ends with
 * SQLITE_INTERRUPT if the one around it is to end. Its loop is long enough (some 10,000
 * operations, 0.2 ms) that a handler set for every few thousand operations is called. */
bool is_interrupted(sqlite3 *db) {
  sqlite3_stmt *statement = NULL;
  static const char sql[] =
      "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c "
      "LIMIT 1000) SELECT count(*) FROM c";
  int rc = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
  if (rc == SQLITE_OK) rc = sqlite3_step(statement);
  sqlite3_finalize(statement);
  return rc == SQLITE_INTERRUPT;
}

bool poll_interrupt(void *poll) {
  interrupt_poll *p = poll;
  if (bb_os_clock_ns() - p->asked_ns < POLL_NS) return false;
  bool stop = is_interrupted(p->db);
  p->asked_ns = bb_os_clock_ns();
  return stop;
}

int interrupt_code(sqlite3 *db, int code) {
  if (code != SQLITE_ERROR) return code;
  /* Where no statement runs yet, an interrupt is gone with the SQL that it has stopped.
   */
  bool said = strcmp(sqlite3_errmsg(db), sqlite3_errstr(SQLITE_INTERRUPT)) == 0;
  return said || is_interrupted(db) ? SQLITE_INTERRUPT : code;
}

/* SQLite 3.40 makes SQLITE_ERROR of what a table-valued function's constructor answers: so
 * SQLITE_INTERRUPT only if a statement that runs is to end. */
int declare_table(sqlite3 *db, const char *sql) {
  enum { TRIES = 4 }; /* another thread may interrupt again and again */
  int rc = SQLITE_ERROR;
  for (int i = 0; i < TRIES && rc == SQLITE_ERROR; i++) {
    rc = sqlite3_declare_vtab(db, sql);
    if (rc == SQLITE_ERROR && is_interrupted(db)) return SQLITE_INTERRUPT;
  }
  return rc;
}
