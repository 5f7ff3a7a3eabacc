/* load_extension.c - a program with an SQLite of its own that loads the extension, as others do:
 *
 *     load_extension DATABASE EXTENSION SQL      a row a line, columns with | between them
 *
 * test_portable.sh builds it for systems that have no sqlite3 here. */
#include <sqlite3.h>
#include <stdio.h>

static int print_row(void *unused, int count, char **values, char **names) {
  (void)unused;
  (void)names;
  for (int i = 0; i < count; i++) printf(i ? "|%s" : "%s", values[i] ? values[i] : "");
  puts("");
  return 0;
}

int main(int argc, char **argv) {
  sqlite3 *db = NULL;
  char *error = NULL;
  if (argc != 4) return 2;
  int rc = sqlite3_open(argv[1], &db);
  if (rc == SQLITE_OK) rc = sqlite3_enable_load_extension(db, 1);
  if (rc == SQLITE_OK) rc = sqlite3_load_extension(db, argv[2], NULL, &error);
  if (rc == SQLITE_OK) rc = sqlite3_exec(db, argv[3], print_row, NULL, &error);
  if (rc != SQLITE_OK) fprintf(stderr, "%s\n", error ? error : sqlite3_errmsg(db));
  sqlite3_free(error);
  /* The library goes with the last connection, and its threads may be running. */
  return sqlite3_close(db) != SQLITE_OK || rc != SQLITE_OK;
}
