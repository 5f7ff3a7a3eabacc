/* tvf.h - table-valued functions: what all of them share.
 *
 * A function is a struct of what differs: its columns, how its rows are made, and how a
 * cell is read. All rows are made when a scan begins, or one by one if there is next();
 * the cursor keeps what they need. Knows nothing of models. */
#ifndef EXT_TVF_H
#define EXT_TVF_H

#include "sql/arguments.h"

enum { TVF_MAX_ARGUMENTS = 4 };

typedef struct tvf tvf;

typedef struct tvf_cursor {
  sqlite3_vtab_cursor base;
  const tvf *function;
  const char *name;                            /* "biobert_tokens" */
  void *shared;                                /* what tvf_register() was given */
  sqlite3_value *arguments[TVF_MAX_ARGUMENTS]; /* owned; NULL where none was given */
  sqlite3_value *wanted; /* owned; what the first column has to equal, or NULL */
  size_t row, count;
  void *rows;      /* [count, function->row_bytes], or the function's own, see close() */
  void *made_with; /* what release() ends; freed with the rows */
  void (*release)(void *); /* NULL: nothing to end */
  int code; /* of an open() or next() that failed: SQLite's, passed on; 0: the status's */
  biobert_str text;                   /* that spans are of; lies in an argument */
  size_t seen_bytes, seen_characters; /* how far tvf_characters() has counted */
} tvf_cursor;

typedef struct tvf_column tvf_column;

/* One value that is asked for. */
typedef struct tvf_cell {
  tvf_cursor *cursor;
  const tvf_column *column;
  const void *row; /* that of cursor->rows; for functions with row_bytes */
  sqlite3_context *context;
  biobert_error *err;
} tvf_cell;

/* Sets the cell's result, or writes its err; a cell that gets no result is NULL. */
typedef biobert_status tvf_getter(const tvf_cell *cell);

struct tvf_column {
  const char *name;
  const char *type; /* as in CREATE TABLE */
  tvf_getter *get;  /* NULL: an argument, whose type is HIDDEN */
  size_t offset;    /* in the row, for getters that ask */
};

struct tvf {
  const tvf_column *columns; /* arguments side by side; the last row has no name */
  int required;              /* arguments; the others are optional */
  size_t row_bytes;          /* of one of c->rows; 0: getters find theirs themselves */
  bool
      looks_up; /* open() asks tvf_wanted(): one value of the first column is cheaper than
                    all. SQLite checks the rows again */
  bool direct;  /* only in SQL that the user typed: it opens files */
  bool pure;    /* depends on its arguments alone: allowed in any view */
  /* Makes the rows: sets count, rows, made_with, text. Not called when a required
   * argument is NULL: no rows then. */
  biobert_status (*open)(tvf_cursor *c, biobert_error *err);
  /* For rows that are made one by one: the next one, after the first that open() made
   * (count 1). *more false: there is none. NULL: open() made all. */
  biobert_status (*next)(tvf_cursor *c, bool *more, biobert_error *err);
  /* Frees rows; NULL: sqlite3_free() does. */
  void (*close)(tvf_cursor *c);
};

/* shared: the same for all scans; release(shared) is called when the function goes, and
 * on failure. */
int tvf_register(sqlite3 *db, const char *name, const tvf *function, void *shared,
                 void (*release)(void *));

/* Arguments -------------------------------------------------------------------------- */

/* An optional integer from `min`; SQL NULL and absent leave the default in *out. */
biobert_status tvf_optional_integer(const tvf_cursor *c, int argument, const char *what,
                                    int64_t min, int64_t *out, biobert_error *err);

/* An optional number from min to max, the same. */
biobert_status tvf_optional_real(const tvf_cursor *c, int argument, const char *what,
                                 double min, double max, double *out, biobert_error *err);

/* Of a function that looks up: which values of its first column, an integer, are wanted. */
typedef enum tvf_want { TVF_ALL, TVF_ONE, TVF_NONE } tvf_want;
/* *value: the one. NO_MEMORY: a text in UTF-16 could not be read. */
biobert_status tvf_wanted(const tvf_cursor *c, tvf_want *want, int64_t *value,
                          biobert_error *err);

/* Getters ---------------------------------------------------------------------------- */

/* Of the members at column->offset, by their C types. */
tvf_getter tvf_size, tvf_int32, tvf_double, tvf_str, tvf_string;
/* The row's number, from 0 or from 1. */
tvf_getter tvf_from_0, tvf_from_1;
/* The size_t at column->offset counts bytes of c->text: that place in characters. */
tvf_getter tvf_characters;

/* The bytes from start to end of c->text. */
biobert_status tvf_result_span(const tvf_cell *cell, size_t start, size_t end);
/* NULL text: SQL NULL. Both copy. */
biobert_status tvf_result_string(const tvf_cell *cell, const char *text);
biobert_status tvf_result_str(const tvf_cell *cell, biobert_str text);
biobert_status tvf_result_integer(const tvf_cell *cell, int64_t value);

#endif
