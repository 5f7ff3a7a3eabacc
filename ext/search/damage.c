/* damage.c - what is read from the shadow tables and cannot be right.
 *
 * Usually that is a damaged file. But with PRAGMA read_uncommitted a connection sees what
 * another one of its shared cache is in the middle of writing, which looks the same: then
 * the error says so, and nothing that was read may be kept. */
#include "search/damage.h"

#include "search/table_errors.h"

/* Under PRAGMA read_uncommitted, from a connection that shares this one's cache. The epoch
 * does not tell such states apart: the writer records its epoch before it writes the rest,
 * and a rollback brings the old one back. (A cache is shared if SQLite divides its bytes
 * among several connections.) */
bool table_reads_uncommitted(index_table *t) {
  int used, share, highest;
  sqlite3_stmt *s = NULL;
  if (sqlite3_db_status(t->db, SQLITE_DBSTATUS_CACHE_USED, &used, &highest, 0) ==
          SQLITE_OK &&
      sqlite3_db_status(t->db, SQLITE_DBSTATUS_CACHE_USED_SHARED, &share, &highest, 0) ==
          SQLITE_OK &&
      used == share)
    return false;
  bool known =
      sqlite3_prepare_v2(t->db, "PRAGMA read_uncommitted", -1, &s, NULL) == SQLITE_OK &&
      sqlite3_step(s) == SQLITE_ROW;
  bool reads = !known || sqlite3_column_int(s, 0);
  sqlite3_finalize(s);
  return reads;
}

int damage_error(index_table *t, const char *what) {
  if (table_reads_uncommitted(t))
    return table_error(
        t, SQLITE_LOCKED,
        "%s is half written, it seems: PRAGMA read_uncommitted shows what another "
        "connection of this shared cache is doing; try again when it has committed",
        what);
  return table_error(
      t, SQLITE_CORRUPT_VTAB,
      "damaged: %s; INSERT INTO \"%w\"(\"%w\") VALUES('rebuild') makes it anew", what,
      t->name, t->name);
}

int damage_no_dimension(index_table *t) {
  return damage_error(t, "there are vectors, but no dimension");
}

int damage_in_row(index_table *t, sqlite3_stmt *s, const char *what) {
  int rc = sqlite3_reset(s);
  return rc == SQLITE_OK ? damage_error(t, what) : rc;
}
