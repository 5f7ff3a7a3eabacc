/* export_parquet.c - the table of papers, and their vectors, as Apache Parquet. */
#include <string.h>

#include "cli/export.h"
#include "cli/parquet.h"
#include "cli/terminal.h"

enum { MAX_COLUMNS = 200 };

/* The type that holds all values of a column. */
static parquet_type type_of(export_job *j, const char *column) {
  static const char *const sql =
      "SELECT max(CASE typeof(\"%w\") WHEN 'text' THEN 2 WHEN 'real' THEN 1 ELSE 0 END) "
      "FROM \"%w\"";
  switch (database_integer(j->d, 0, sql, column, j->papers.name)) {
  case 0:
    return PARQUET_INTEGER;
  case 1:
    return PARQUET_REAL;
  default:
    return PARQUET_TEXT;
  }
}

/* Names and types of the result's columns; the last one is the vector. */
static size_t read_columns(export_job *j, sqlite3_stmt *s, parquet_column *columns) {
  size_t count = (size_t)sqlite3_column_count(s);
  for (size_t i = 0; i < count; i++) {
    const char *name = sqlite3_column_name(s, (int)i);
    const bool vector = i + 1 == count;
    columns[i] = (parquet_column){vector ? "vector" : name,
                                  vector ? PARQUET_FLOATS : type_of(j, name)};
  }
  return count;
}

static void put_value(parquet *p, size_t i, parquet_type type, sqlite3_stmt *s) {
  int column = (int)i, is = sqlite3_column_type(s, column);
  if (is == SQLITE_NULL || (is == SQLITE_BLOB) != (type == PARQUET_FLOATS))
    parquet_null(p, i);
  else if (type == PARQUET_INTEGER)
    parquet_integer(p, i, sqlite3_column_int64(s, column));
  else if (type == PARQUET_REAL)
    parquet_real(p, i, sqlite3_column_double(s, column));
  else {
    const void *bytes = type == PARQUET_FLOATS
                            ? sqlite3_column_blob(s, column)
                            : (const void *)sqlite3_column_text(s, column);
    parquet_bytes(p, i, bytes, (size_t)sqlite3_column_bytes(s, column));
  }
}

static bool write_rows(export_job *j, sqlite3_stmt *s, parquet_column *columns) {
  bool ok = true;
  size_t count = read_columns(j, s, columns);
  parquet *p = parquet_begin(j->file, columns, count);
  while (p && ok && export_step(j, s, &ok)) {
    for (size_t i = 0; i < count; i++) put_value(p, i, columns[i].type, s);
    parquet_end_row(p);
    j->count++;
  }
  if (p && parquet_end(p)) return ok;
  complain("out of memory");
  return false;
}

bool export_parquet(export_job *j) {
  sqlite3_stmt *s;
  parquet_column columns[MAX_COLUMNS];
  char *vector = j->index
                     ? sqlite3_mprintf("(SELECT vector FROM \"%w\" x WHERE x.rowid = "
                                       "\"%w\".\"%w\")",
                                       j->index, j->papers.name, j->papers.key)
                     : sqlite3_mprintf("NULL");
  char *list = vector ? sqlite3_mprintf("*, %s", vector) : NULL;
  bool ok = list && export_prepare(j, &s, list);
  sqlite3_free(vector);
  sqlite3_free(list);
  if (!ok) return false;
  if (sqlite3_column_count(s) <= MAX_COLUMNS)
    ok = write_rows(j, s, columns);
  else {
    complain("the table '%s' has more than %d columns", j->papers.name, MAX_COLUMNS - 1);
    ok = false;
  }
  sqlite3_finalize(s);
  return ok;
}
