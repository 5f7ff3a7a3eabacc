/* cmd_doctor.c - `biobert doctor`: what is wrong, and what to type. */
#include <string.h>

#include "base/os.h"
#include "sql/index_sql.h"
#include "cli/default_model.h"
#include "cli/tables.h"
#include "cli/terminal.h"

typedef enum finding { FINE, REMARK, WRONG } finding;

typedef struct doctor {
  cli *c;
  database *d;
  bool wrong;
} doctor;

/* One line: what was looked at, what was found, what to type (or NULL). A look that was
 * stopped has found nothing. */
static void report(doctor *r, finding found, const char *what, char *message,
                   const char *advice) {
  static const char *const names[] = {"ok", "note", "wrong"};
  static const char *const marks[] = {"ok     ", "note   ",
                                      MARK_STRONG "wrong" MARK_END "  "};
  output *o = &r->c->out;
  if (database_was_interrupted()) {
    sqlite3_free(message);
    return;
  }
  r->wrong = r->wrong || found == WRONG;
  if (o->form != OUTPUT_TEXT) {
    output_text(o, "check", what);
    output_text(o, "state", names[found]);
    output_text(o, "message", message);
    output_text(o, "advice", advice);
    output_end_row(o);
  } else {
    sqlite3_str *line = sqlite3_str_new(NULL);
    sqlite3_str_appendf(line, "%s: ", what);
    if (message) text_append_clean(line, message, strlen(message));
    if (advice) sqlite3_str_appendf(line, "; type: %s", advice);
    char *text = sqlite3_str_finish(line);
    if (text) output_wrapped(o, marks[found], text);
    sqlite3_free(text);
  }
  sqlite3_free(message);
}

/* The program ------------------------------------------------------------------------ */

/* The first column of a query as text, sqlite3_malloc()ed; of an error the message. */
static char *text_of(database *d, bool *ok, const char *sql) {
  sqlite3_stmt *s = NULL;
  char *text = NULL;
  int rc = sqlite3_prepare_v2(d->db, sql, -1, &s, NULL);
  if (rc == SQLITE_OK) rc = database_step(d, s);
  if (rc == SQLITE_ROW) text = sqlite3_mprintf("%s", sqlite3_column_text(s, 0));
  *ok = rc == SQLITE_ROW;
  if (!*ok && rc != SQLITE_DONE) text = sqlite3_mprintf("%s", sqlite3_errmsg(d->db));
  sqlite3_finalize(s);
  return text;
}

static void check_program(doctor *r) {
  bool ok;
  char *text = text_of(r->d, &ok,
                       "SELECT 'biobert ' || (b ->> 'version') || ', SQLite ' || (b ->> "
                       "'sqlite') || ', processor path ' || (b ->> 'cpu') || ', ' || "
                       "(SELECT value FROM biobert_settings WHERE key = 'threads') || "
                       "' threads' FROM (SELECT biobert_build() AS b)");
  report(r, ok ? FINE : WRONG, "program", text, NULL);
}

static void check_model(doctor *r) {
  bool ok;
  char *text =
      text_of(r->d, &ok,
              "SELECT path || ' (' || architecture || ', dimension ' || dimension "
              "|| ')' || coalesce('; ' || nullif(notes, ''), '') "
              "FROM biobert_models WHERE is_default");
  if (!text)
    report(r, WRONG, "model", sqlite3_mprintf("there is none"), "biobert model get");
  else
    report(r, ok ? FINE : WRONG, "model", text, ok ? NULL : "biobert model get");
}

/* The file --------------------------------------------------------------------------- */

static void check_file(doctor *r) {
  bool ok;
  char *text = text_of(r->d, &ok, "PRAGMA integrity_check(1)");
  if (ok && text && strcmp(text, "ok") == 0) {
    sqlite3_free(text);
    text = sqlite3_mprintf("%s is sound", r->d->path);
    report(r, FINE, "file", text, NULL);
  } else
    report(r, WRONG, "file", text,
           "sqlite3 OLD.db .recover | sqlite3 NEW.db    (or take a backup)");
}

static void check_tables(doctor *r) {
  sqlite3_stmt *s;
  if (!database_prepare(
          r->d, &s,
          "SELECT name FROM pragma_table_list WHERE schema = 'main' AND "
          "type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%%' ESCAPE "
          "'\\' AND name <> 'papers_import' ORDER BY name"))
    return;
  while (sqlite3_step(s) == SQLITE_ROW) {
    const char *name = (const char *)sqlite3_column_text(s, 0);
    int64_t rows = database_integer(r->d, -1, "SELECT count(*) FROM \"%w\"", name);
    char *index;
    if (database_was_interrupted()) break;
    index_of_table(r->d, name, &index);
    report(r, FINE, "table",
           sqlite3_mprintf("%s, %lld rows%s%s", name, (long long)rows,
                           index ? ", index " : "", index ? index : ""),
           NULL);
    sqlite3_free(index);
  }
  sqlite3_finalize(s);
}

/* The indexes ------------------------------------------------------------------------ */

/* An index that was made with another model than the one that there is. */
static void check_fingerprint(doctor *r, const char *index) {
  if (database_integer(
          r->d, 0,
          "SELECT count(*) FROM biobert_status(%Q) s, biobert_models m WHERE "
          "s.model = m.name AND s.fingerprint <> m.fingerprint",
          index) == 0)
    return;
  report(
      r, WRONG, "index",
      sqlite3_mprintf("%s was made with another model than the one in use: searches by "
                      "meaning are refused",
                      index),
      "biobert index LIBRARY.db --rebuild    (or set BIOBERT_MODEL to that model)");
}

static void check_failures(doctor *r, const char *index) {
  sqlite3_stmt *s;
  if (!database_prepare(r->d, &s,
                        "SELECT rowid, message FROM biobert_failures(%Q) LIMIT 3", index))
    return;
  while (sqlite3_step(s) == SQLITE_ROW)
    report(r, REMARK, "failed",
           sqlite3_mprintf("%s, row %lld: %s", index,
                           (long long)sqlite3_column_int64(s, 0),
                           sqlite3_column_text(s, 1)),
           NULL);
  sqlite3_finalize(s);
}

/* The check is a command that writes nothing, and yet needs a file that can be written. */
static void check_content(doctor *r, const char *index) {
  if (sqlite3_db_readonly(r->d->db, "main") != 0) {
    report(r, REMARK, "index",
           sqlite3_mprintf("%s: not checked, the file is write-protected", index), NULL);
    return;
  }
  char *sql = sqlite3_mprintf("INSERT INTO \"%w\"(\"%w\") VALUES('integrity-check')",
                              index, index);
  bool ok;
  char *message = sql ? text_of(r->d, &ok, sql) : NULL;
  sqlite3_free(sql);
  if (message)
    report(r, WRONG, "index", message, "biobert index LIBRARY.db --rebuild");
  else
    report(r, FINE, "index", sqlite3_mprintf("%s is sound", index), NULL);
}

static void check_state(doctor *r, const char *index) {
  sqlite3_stmt *s;
  if (!database_prepare(r->d, &s,
                        "SELECT rows, pending + stale, failed, empty, notes FROM "
                        "biobert_status(%Q)",
                        index))
    return;
  if (sqlite3_step(s) == SQLITE_ROW) {
    sqlite3_int64 waiting = sqlite3_column_int64(s, 1);
    report(r, waiting ? REMARK : FINE, "index",
           sqlite3_mprintf("%s: %lld papers, %lld of them new or changed since the last "
                           "run, %lld failed, %lld without text",
                           index, sqlite3_column_int64(s, 0), waiting,
                           sqlite3_column_int64(s, 2), sqlite3_column_int64(s, 3)),
           waiting ? "biobert index LIBRARY.db" : NULL);
    const char *notes = (const char *)sqlite3_column_text(s, 4);
    if (notes && *notes) report(r, REMARK, "index", sqlite3_mprintf("%s", notes), NULL);
  } else
    report(r, WRONG, "index", sqlite3_mprintf("%s: %s", index, sqlite3_errmsg(r->d->db)),
           NULL);
  sqlite3_finalize(s);
}

static void (*const checks[])(doctor *r, const char *index) = {
    check_state, check_fingerprint, check_failures, check_content};
enum { CHECKS = sizeof checks / sizeof *checks };

static void check_indexes(doctor *r) {
  sqlite3_stmt *s;
  int count = 0;
  if (!indexes_list(r->d, &s)) return;
  while (sqlite3_step(s) == SQLITE_ROW) {
    const char *name = (const char *)sqlite3_column_text(s, 0);
    if (!index_sql_is_one((const char *)sqlite3_column_text(s, 1))) continue;
    count++;
    for (size_t i = 0; i < CHECKS && !database_was_interrupted(); i++) checks[i](r, name);
  }
  sqlite3_finalize(s);
  if (!count)
    report(r, REMARK, "index", sqlite3_mprintf("there is none"),
           "biobert index LIBRARY.db");
}

/* Writable where it can be, for the check of the indexes. */
static bool open_library(database *d, cli *c) {
  if (c->arguments.count == 0) return database_open_memory(d, c);
  const char *path = c->arguments.texts[0];
  return database_open(d, c, path,
                       bb_os_can_write(path) ? DATABASE_WRITE : DATABASE_READ);
}

static int run_doctor(cli *c) {
  database d;
  doctor r = {.c = c, .d = &d};
  if (!open_library(&d, c)) return FAILED;
  check_program(&r);
  check_model(&r);
  if (c->arguments.count) {
    check_file(&r);
    if (!database_was_interrupted()) check_tables(&r);
    if (!database_was_interrupted()) check_indexes(&r);
  }
  database_close(&d);
  if (database_was_interrupted()) complain("stopped: the rest was not looked at");
  return r.wrong || database_was_interrupted() ? FAILED : FOUND;
}

const subcommand command_doctor = {
    .name = "doctor",
    .texts = "[LIBRARY.db]",
    .least = 0,
    .most = 1,
    .what = "say what is wrong, and what to type",
    .more =
        "Looks at the program, the model, and if one is named at a library: whether the "
        "file and its indexes are sound, and what is not embedded yet. The exit status "
        "is 3 if something is wrong.",
    .run = run_doctor,
};
