/* tvf.h - table-valued functions: what all of them share.
 *
 * A table function is a struct of what differs: its columns, its arguments (hidden
 * columns that follow the visible ones), how its rows are made and how a column is read.
 * All rows are made when a scan begins; the cursor keeps what they need. */
#ifndef EXT_TABLE_FUNCTION_H
#define EXT_TABLE_FUNCTION_H

#include "models/result.h"

enum { TABLE_MAX_ARGUMENTS = 4 };

typedef struct table_cursor {
  sqlite3_vtab_cursor base;
  const call *call;
  sqlite3_value *arguments[TABLE_MAX_ARGUMENTS]; /* owned; NULL where none was given */
  size_t row, count;
  void *rows;         /* the function's own, see close() */
  named_model *model; /* owned, may be NULL: what rows were made with */
  int code; /* of an open() or next() that failed: SQLite's, passed on; 0: the status's */
  biobert_str text;                   /* that spans are of; lies in an argument */
  size_t seen_bytes, seen_characters; /* how far span_column() has counted */
} table_cursor;

typedef struct table_function {
  const char *columns; /* of CREATE TABLE: visible ones, arguments, further hidden ones */
  int first_argument;  /* its column number */
  int arguments, required;
  bool direct; /* only in SQL that the user typed: it opens files */
  bool pure;   /* depends on its arguments alone: allowed in any view */
  /* Makes the rows: sets count, rows, model, text. Not called when a required argument is
   * NULL: no rows then. */
  biobert_status (*open)(table_cursor *c, biobert_error *err);
  /* For rows that are made one by one: the next one, after the first that open() made
   * (count 1). *more false: there is none. NULL: open() made all. */
  biobert_status (*next)(table_cursor *c, bool *more, biobert_error *err);
  /* The value of a visible or further hidden column of row c->row. */
  biobert_status (*column)(table_cursor *c, sqlite3_context *context, int column,
                           biobert_error *err);
  void (*close)(table_cursor *c); /* frees rows; NULL: nothing to free */
} table_function;

int table_function_register(sqlite3 *db, registry *r, const char *name,
                            const table_function *f);

/* start_char or end_char: the characters in the first `bytes` bytes of c->text, counted
 * from where the last call left off. */
void table_characters(table_cursor *c, sqlite3_context *context, size_t bytes);
/* The text of a span of c->text. */
void table_span_text(const table_cursor *c, sqlite3_context *context, size_t start,
                     size_t end);

/* An optional argument that names the model: sets c->model and its session. */
biobert_status table_session(table_cursor *c, int argument, biobert_session **session,
                             biobert_error *err);
/* The same for a function that needs a head: see head_choice.h. */
biobert_status table_head_session(table_cursor *c, int argument, biobert_head head,
                                  biobert_session **session, biobert_error *err);
/* An optional whole number from `least`; SQL NULL and absent leave the default in *out.
 */
biobert_status table_optional_whole(table_cursor *c, int argument, const char *what,
                                    int64_t least, int64_t *out, biobert_error *err);

#endif
