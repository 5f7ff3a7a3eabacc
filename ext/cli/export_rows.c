/* export_rows.c - CSV and JSON: every column of the table of papers. */
#include <math.h>
#include <string.h>

#include "cli/export.h"

/* A value as JSON; BLOBs are no text of a record. */
static void append_json(sqlite3_str *out, sqlite3_stmt *s, int i) {
  double number;
  switch (sqlite3_column_type(s, i)) {
  case SQLITE_INTEGER:
    sqlite3_str_appendf(out, "%lld", sqlite3_column_int64(s, i));
    break;
  case SQLITE_FLOAT:
    number = sqlite3_column_double(s, i);
    if (isfinite(number))
      sqlite3_str_appendf(out, "%!.17g", number);
    else
      sqlite3_str_appendall(out, "null");
    break;
  case SQLITE_TEXT: {
    const char *text = (const char *)sqlite3_column_text(s, i);
    text_append_json(out, text, (size_t)sqlite3_column_bytes(s, i));
    break;
  }
  default:
    sqlite3_str_appendall(out, "null");
    break;
  }
}

bool export_json(export_job *j) {
  sqlite3_stmt *s;
  bool ok = export_prepare(j, &s, "*");
  while (ok && export_step(j, s, &ok)) {
    sqlite3_str *out = sqlite3_str_new(NULL);
    sqlite3_str_appendall(out, j->count++ ? ",\n{" : "[\n{");
    for (int i = 0; i < sqlite3_column_count(s); i++) {
      const char *name = sqlite3_column_name(s, i);
      if (i) sqlite3_str_appendchar(out, 1, ',');
      text_append_json(out, name, strlen(name));
      sqlite3_str_appendchar(out, 1, ':');
      append_json(out, s, i);
    }
    sqlite3_str_appendchar(out, 1, '}');
    export_write(j, out);
  }
  sqlite3_finalize(s);
  if (ok) fputs(j->count ? "\n]\n" : "[]\n", j->file);
  return ok;
}

/* Columns that the table papers has for itself: another library gives its own. Readers of
 * CSV take "source" for a journal, and "id" for what they like. */
static bool is_own(sqlite3_stmt *s, int column) {
  static const char *const own[] = {"id", "source", "fingerprint"};
  bool made_by_import = false, named = false;
  for (int i = 0; i < sqlite3_column_count(s); i++)
    made_by_import |= strcmp(sqlite3_column_name(s, i), "fingerprint") == 0;
  for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
    named |= strcmp(sqlite3_column_name(s, column), own[i]) == 0;
  return made_by_import && named;
}

/* The header, or a row: BLOBs are left empty. */
static void append_cells(sqlite3_str *out, sqlite3_stmt *s, bool header) {
  const char *between = "";
  for (int i = 0; i < sqlite3_column_count(s); i++) {
    if (is_own(s, i)) continue;
    sqlite3_str_appendall(out, between);
    between = ",";
    if (!header && sqlite3_column_type(s, i) == SQLITE_BLOB) continue;
    const char *text =
        header ? sqlite3_column_name(s, i) : (const char *)sqlite3_column_text(s, i);
    if (text) text_append_csv(out, text, strlen(text));
  }
  sqlite3_str_appendall(out, "\r\n");
}

/* RFC 4180, with a header. */
bool export_csv(export_job *j) {
  sqlite3_stmt *s;
  if (!export_prepare(j, &s, "*")) return false;
  sqlite3_str *out = sqlite3_str_new(NULL);
  bool ok = true;
  append_cells(out, s, true);
  export_write(j, out);
  while (ok && export_step(j, s, &ok)) {
    out = sqlite3_str_new(NULL);
    append_cells(out, s, false);
    export_write(j, out);
    j->count++;
  }
  sqlite3_finalize(s);
  return ok;
}
