/* cursor_state.h - a cursor, for the files that make its rows: cursor.c (SQLite's
 * callbacks), request.c (what is asked), cursor_walk.c (the next row), top_rows.c
 * (one rowid among k rows), cursor_columns.c (values), cursor_content.c (rows of the
 * content).
 *
 * Everything from `next` on is of one xFilter: reset() in cursor.c frees it. A cursor with a
 * search is in its table's list of cursors, so that a write can complete the search first
 * (cursors_materialize()) and a rollback can mark it (cursors_lose()). */
#ifndef EXT_CURSOR_STATE_H
#define EXT_CURSOR_STATE_H

#include "search/document.h"
#include "search/row_filter.h"
#include "search/row_ranking.h"

/* The arguments of the call form. */
enum { GIVEN_COLUMNS = HIDDEN_FEEDBACK + 1 };

typedef struct search_cursor {
  sqlite3_vtab_cursor base;
  sqlite3_uint64 number; /* of the table's cursors, in the order they were opened */
  sqlite3_stmt *by_key;  /* the look-up of a row's columns; kept from filter to filter */
  /* of one filter: */
  struct search_cursor *next; /* of the table's cursors with a search */
  plan_kind kind;
  sqlite3_stmt *scan;
  sqlite3_stmt *content; /* whichever of the two has the row; borrowed */
  bool eof;
  sqlite3_int64 id;
  /* a search: */
  sqlite3_value *given[GIVEN_COLUMNS]; /* what these columns read as; NULL: not given */
  search *search;
  row_filter *filter;
  row_filter *open; /* comparisons left to SQLite, for counting k; may be NULL */
  biobert_search_mode mode;
  bool lost;             /* see cursors_lose() */
  size_t position;       /* of the next row, in the order or in few */
  sqlite3_int64 left;    /* of k; -1: no cap */
  double distance_limit; /* NAN: none */
  bool distance_strict;
  biobert_result *few; /* rows of a small set, sorted; NULL: the whole order is walked */
  size_t few_count;
  biobert_result row;
  /* made when a column asks for it: */
  document document;
  bool has_document;
} search_cursor;

static inline index_table *table_of(const search_cursor *c) {
  return (index_table *)c->base.pVtab;
}

#endif
