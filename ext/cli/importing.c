/* importing.c - see importing.h. */
#include "cli/importing.h"

#include <stdlib.h>
#include <string.h>

#include "cli/terminal.h"

/* At most so many broken records of a file are said one by one. */
enum { MOST_SAID = 5 };

bool importing_prepare(database *d) {
  if (database_integer(d, 1,
                       "SELECT count(*) = 0 OR max(name = 'fingerprint') FROM "
                       "pragma_table_info('papers')"))
    return database_run_text(d, database_sql("sql/schema/papers.sql"), NULL);
  complain("%s has a table 'papers' of another make, into which nothing is imported: "
           "import into another file; 'biobert index %z' makes this one searchable as it "
           "is",
           d->path, text_shell_word(d->path));
  return false;
}

/* What is written ------------------------------------------------------------------------ */

/* A row of papers that was written. A file may have several records of one paper. */
typedef struct change {
  sqlite3_int64 id;
  size_t order;
  int operation;
} change;

typedef struct changes {
  change *list;
  size_t count, capacity;
  bool no_memory;
} changes;

static void on_change(void *context, int operation, const char *schema, const char *table,
                      sqlite3_int64 id) {
  changes *c = context;
  (void)schema;
  if (strcmp(table, "papers") != 0 || c->no_memory) return;
  if (c->count == c->capacity) {
    size_t larger = c->capacity ? 2 * c->capacity : 64;
    change *grown = sqlite3_realloc64(c->list, larger * sizeof *grown);
    c->no_memory = !grown;
    if (!grown) return;
    c->list = grown;
    c->capacity = larger;
  }
  c->list[c->count] = (change){id, c->count, operation};
  c->count++;
}

static int compare_changes(const void *a, const void *b) {
  const change *x = a, *y = b;
  if (x->id != y->id) return x->id < y->id ? -1 : 1;
  return x->order < y->order ? -1 : 1;
}

/* The first change of a paper tells whether it is new. */
static void count_changes(changes *c, imported *out) {
  if (c->count) qsort(c->list, c->count, sizeof *c->list, compare_changes);
  for (size_t i = 0; i < c->count; i++) {
    if (i && c->list[i].id == c->list[i - 1].id) continue;
    out->new_papers += c->list[i].operation == SQLITE_INSERT;
    out->changed += c->list[i].operation == SQLITE_UPDATE;
    out->deleted += c->list[i].operation == SQLITE_DELETE;
  }
}

/* What is read --------------------------------------------------------------------------- */

/* What a first look at a file counts. */
typedef struct look {
  const char *path;
  bool quiet;
  progress progress;
  int64_t readable;
  int64_t nameless; /* neither PMID nor DOI nor title: there is nothing to know them by */
  imported *out;
} look;

/* Broken records are said. */
static void count_record(look *l, sqlite3_stmt *s) {
  if (sqlite3_column_int(s, 2)) {
    progress_clear(&l->progress);
    if (l->out->unreadable++ < MOST_SAID)
      complain("%s: record %lld: %s", l->path, sqlite3_column_int64(s, 0) + 1,
               sqlite3_column_text(s, 1));
  } else if (sqlite3_column_int(s, 3))
    l->readable++;
  else
    l->nameless++;
  progress_count(&l->progress, (uint64_t)(l->readable + l->nameless));
}

/* False: the file cannot be read at all, and the connection has the message. */
static bool count_records(database *d, look *l) {
  sqlite3_stmt *s;
  progress_begin(&l->progress, "reading", "records", l->quiet);
  int rc = sqlite3_prepare_v2(d->db,
                              "SELECT position, error, status = 'error', "
                              "coalesce(pmid, doi, fingerprint) IS NOT NULL FROM "
                              "biobert_read(?1) WHERE section IS NULL",
                              -1, &s, NULL);
  if (rc == SQLITE_OK) rc = sqlite3_bind_text(s, 1, l->path, -1, SQLITE_STATIC);
  while (rc == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW) count_record(l, s);
  progress_clear(&l->progress);
  return sqlite3_finalize(s) == SQLITE_OK && rc == SQLITE_OK;
}

static void say_counts(const look *l) {
  if (l->out->unreadable > MOST_SAID)
    complain("%s: and %lld more records that cannot be read", l->path,
             (long long)l->out->unreadable - MOST_SAID);
  if (l->nameless)
    remark(l->quiet, "%s: %lld records have neither title, PMID nor DOI and are left out",
           l->path, (long long)l->nameless);
}

/* The message without the function's name in front. */
static char *reason(database *d) {
  static const char function[] = "biobert_read: ";
  const char *message = sqlite3_errmsg(d->db);
  if (strncmp(message, function, sizeof function - 1) == 0)
    message += sizeof function - 1;
  return sqlite3_mprintf("%s", message);
}

/* SQLITE_ERROR is what a file gets that is no literature; the other codes are of the disk,
 * of memory, of Ctrl-C. */
static import_result fail(database *d, imported *out) {
  int code = sqlite3_errcode(d->db);
  out->error = reason(d);
  return code == SQLITE_ERROR ? IMPORT_UNKNOWN : IMPORT_FAILED;
}

import_result importing_run(database *d, const char *path, bool quiet, imported *out) {
  changes written = {0};
  look l = {.path = path, .quiet = quiet, .out = out};
  *out = (imported){0};
  if (!count_records(d, &l)) return fail(d, out);
  say_counts(&l);
  sqlite3_update_hook(d->db, on_change, &written);
  bool ok = database_run_text(d, database_sql("sql/queries/import.sql"), path);
  if (!ok) out->error = reason(d);
  sqlite3_update_hook(d->db, NULL, NULL);
  count_changes(&written, out);
  out->same = l.readable - out->new_papers - out->changed - out->deleted;
  if (out->same < 0) out->same = 0;
  if (written.no_memory) complain("out of memory: the counts are not complete");
  sqlite3_free(written.list);
  return ok ? IMPORT_DONE : IMPORT_STOPPED;
}
