/* linked_search.c - a program with the SQLite extension linked in: nothing is loaded at
 * run time.
 *
 *   cc linked_search.c $(pkg-config --cflags --libs biobert_sqlite) -o linked_search
 *   BIOBERT_MODEL=FOLDER ./linked_search 'does aspirin prevent a second stroke'
 */
#include <biobert_sqlite.h>
#include <stdio.h>

static const char *const papers =
    "CREATE VIRTUAL TABLE papers USING biobert(title);"
    "INSERT INTO papers(title) VALUES('Aspirin after stroke'), ('Gene therapy'),"
    " ('Risk of heart failure')";

int main(int argc, char **argv) {
  sqlite3 *db = NULL;
  sqlite3_stmt *search = NULL;
  sqlite3_auto_extension((void (*)(void))sqlite3_biobert_init);
  int rc = sqlite3_open(":memory:", &db);
  if (rc == SQLITE_OK) rc = sqlite3_exec(db, papers, NULL, NULL, NULL);
  if (rc == SQLITE_OK)
    rc = sqlite3_prepare_v2(db, "SELECT title FROM papers(?) LIMIT 2", -1, &search, NULL);
  if (rc == SQLITE_OK)
    rc = sqlite3_bind_text(search, 1, argc > 1 ? argv[1] : "stroke", -1, SQLITE_STATIC);
  while (rc == SQLITE_OK || rc == SQLITE_ROW) {
    rc = sqlite3_step(search);
    if (rc == SQLITE_ROW) printf("%s\n", (const char *)sqlite3_column_text(search, 0));
  }
  if (rc != SQLITE_DONE) fprintf(stderr, "linked_search: %s\n", sqlite3_errmsg(db));
  sqlite3_finalize(search);
  sqlite3_close(db);
  return rc != SQLITE_DONE;
}
