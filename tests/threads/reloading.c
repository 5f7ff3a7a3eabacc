/* reloading.c - a program that opens SQLite and the extension by itself and closes both,
 * hundreds of times, with worker threads in between. The extension stays, because its
 * threads do; SQLite may come back at another address.
 *
 * This program is not linked with SQLite. */
#include <dlfcn.h>
#include <stdlib.h>

#include "check.h"
#include "threads/process.h"

enum { LOADS = 300, FIRST_LOADS = 20, HEAP_NOISE = 200000 /* as in loading.c */ };

typedef struct sqlite3 sqlite3;
typedef int callback(void *, int, char **, char **);

/* The functions that are used, found by name. */
typedef struct sqlite {
  void *handle;
  int (*open)(const char *, sqlite3 **);
  int (*enable)(sqlite3 *, int);
  int (*load)(sqlite3 *, const char *, const char *, char **);
  int (*exec)(sqlite3 *, const char *, callback *, void *, char **);
  int (*close)(sqlite3 *);
  int (*shutdown)(void);
} sqlite;

static const char *library;

static void find(void *handle, const char *name, void *into) {
  void *address = dlsym(handle, name);
  if (!CHECK(address)) exit(check_report());
  memcpy(into, &address, sizeof address);
}

static sqlite open_sqlite(void) {
  sqlite s = {.handle = dlopen("libsqlite3.so.0", RTLD_NOW | RTLD_LOCAL)};
  if (!CHECK(s.handle)) exit(check_report());
  find(s.handle, "sqlite3_open", &s.open);
  find(s.handle, "sqlite3_enable_load_extension", &s.enable);
  find(s.handle, "sqlite3_load_extension", &s.load);
  find(s.handle, "sqlite3_exec", &s.exec);
  find(s.handle, "sqlite3_close", &s.close);
  find(s.handle, "sqlite3_shutdown", &s.shutdown);
  return s;
}

static int compare(void *expected, int count, char **values, char **names) {
  char *kept = expected;
  (void)count;
  (void)names;
  if (!values[0]) return 1;
  if (!*kept) snprintf(kept, 1024, "%s", values[0]);
  return strcmp(kept, values[0]) != 0;
}

static void load_once(char *expected) {
  sqlite s = open_sqlite();
  sqlite3 *db = NULL;
  static const char embed[] =
      "SELECT substr(biobert_vector_json(biobert_embed(replace(hex(zeroblob(99)), '00', "
      "' heart failure'))), 1, 1000) || biobert_config('threads', 4)";
  CHECK_INT(s.open(":memory:", &db), 0);
  CHECK_INT(s.enable(db, 1), 0);
  CHECK_INT(s.load(db, library, NULL, NULL), 0);
  CHECK_INT(s.exec(db, embed, compare, expected, NULL), 0);
  CHECK_INT(s.close(db), 0);
  CHECK_INT(s.shutdown(), 0);
  dlclose(s.handle);
}

int main(int argc, char **argv) {
  char expected[1024] = "", path[512];
  process before = {0};
  const char *build = getenv("BUILD");
  snprintf(path, sizeof path, "%s/biobert.so", build ? build : "build/release");
  library = argc > 1 ? argv[1] : path;
  setenv("BIOBERT_MODEL", "tests/golden/models/st_mean", 0);
  check_begin("SQLite and the extension may be opened and closed, again and again");
  for (int i = 0; i < LOADS; i++) {
    if (i == FIRST_LOADS) before = process_now();
    load_once(expected);
  }
  process now = process_now();
  CHECK_INT(now.threads, before.threads);
  CHECK_INT(now.files, before.files);
#if !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__
  CHECK(now.heap - before.heap <= HEAP_NOISE);
#endif
  printf("  heap %+ld bytes, %ld threads, %ld files\n", now.heap - before.heap,
         now.threads, now.files);
  return check_report();
}
