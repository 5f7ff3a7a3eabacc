/* cursor_columns.c - values of the current row. A declared column is the content's own
 * value; text, passage and vector are made only where a column asks for them. */
#include "search/cursor_columns.h"

#include <math.h>

#include "search/chunk_store.h"
#include "search/chunk_writer.h"
#include "search/cursor_content.h"
#include "search/damage.h"
#include "search/document.h"
#include "search/document_rows.h"
#include "search/plan.h"
#include "search/recorded.h"
#include "search/transaction.h"
#include "sql/arguments.h"

static int column_vector(search_cursor *c, sqlite3_context *context) {
  index_table *t = table_of(c);
  sqlite3_int64 address = -1;
  document_row row;
  table_settle(t);
  int rc = writer_flush(t);
  if (rc == SQLITE_OK) rc = recorded_dimension(t, 0);
  if (rc == SQLITE_OK) rc = document_row_get(t, c->id, &row);
  if (rc != SQLITE_OK) return rc;
  int passage = c->kind == PLAN_SEARCH ? c->row.passage : 0;
  /* Not the search's address: the vectors may have moved since it began. */
  if (row.address >= 0 && passage >= 0 && passage < row.vectors)
    address = row.address + passage;
  document_row_free(&row);
  if (address < 0) return SQLITE_OK;
  size_t n = t->dimension;
  if (!n) return damage_no_dimension(t);
  float *vector = sqlite3_malloc64(n * sizeof *vector);
  if (!vector) return SQLITE_NOMEM;
  rc = store_read_vector(t, address, n, vector);
  if (rc == SQLITE_OK) result_vector(context, vector, n);
  sqlite3_free(vector);
  return rc;
}

/* Where the best passage is in the text. *known false: the text is not what was embedded, or
 * no passage is the best. */
static int find_passage(search_cursor *c, const document *d, size_t *start, size_t *end,
                        bool *known) {
  document_row row;
  int rc = document_row_get(table_of(c), c->id, &row);
  if (rc != SQLITE_OK) return rc;
  const int passage = c->row.passage;
  *start = 0;
  *end = d->bytes;
  *known = document_is_known(d, &row) && passage < row.vectors;
  /* Found by its words alone: no passage is the best, unless there is but one. */
  if (passage < 0) *known = *known && !row.spans;
  if (*known && row.spans) {
    *start = row.spans[2 * passage];
    *end = row.spans[2 * passage + 1];
  }
  *known = *known && *start <= *end && *end <= d->bytes;
  document_row_free(&row);
  return SQLITE_OK;
}

static int column_passage(search_cursor *c, sqlite3_context *context,
                          hidden_column column) {
  const document *d;
  size_t start, end;
  bool known;
  if (c->kind != PLAN_SEARCH) return SQLITE_OK;
  int rc = cursor_document(c, &d);
  if (rc == SQLITE_OK) rc = find_passage(c, d, &start, &end, &known);
  if (rc != SQLITE_OK || !known) return rc;
  if (column == HIDDEN_PASSAGE)
    sqlite3_result_text64(context, d->text + start, end - start, SQLITE_TRANSIENT,
                          SQLITE_UTF8);
  else
    sqlite3_result_int64(context,
                         (sqlite3_int64)(column == HIDDEN_PASSAGE_START ? start : end));
  return SQLITE_OK;
}

static int column_document(search_cursor *c, sqlite3_context *context) {
  const document *d;
  if (!c->content) return SQLITE_OK;
  int rc = cursor_document(c, &d);
  if (rc == SQLITE_OK)
    sqlite3_result_text64(context, d->text, d->bytes, SQLITE_TRANSIENT, SQLITE_UTF8);
  return rc;
}

/* NULL where there is none, and in a row of no search. */
static int column_score(const search_cursor *c, sqlite3_context *context, double value) {
  if (c->kind == PLAN_SEARCH && !isnan(value)) sqlite3_result_double(context, value);
  return SQLITE_OK;
}

static int column_given(const search_cursor *c, sqlite3_context *context, int argument) {
  if (argument < GIVEN_COLUMNS && c->given[argument])
    sqlite3_result_value(context, c->given[argument]);
  return SQLITE_OK;
}

static int column_hidden(search_cursor *c, sqlite3_context *context,
                         hidden_column hidden) {
  switch (hidden) {
  case HIDDEN_RANK:
    return column_score(c, context, c->row.rank);
  case HIDDEN_DISTANCE:
    return column_score(c, context, c->row.distance);
  case HIDDEN_BM25:
    return column_score(c, context, c->row.bm25);
  case HIDDEN_PASSAGE:
  case HIDDEN_PASSAGE_START:
  case HIDDEN_PASSAGE_END:
    return column_passage(c, context, hidden);
  case HIDDEN_DOCUMENT:
    return column_document(c, context);
  case HIDDEN_VECTOR:
    return column_vector(c, context);
  default: /* the arguments of the call form */
    return column_given(c, context, (int)hidden);
  }
}

int vtab_column(sqlite3_vtab_cursor *base, sqlite3_context *context, int column) {
  search_cursor *c = (search_cursor *)base;
  const int declared = table_of(c)->config.column_count;
  if (column < declared) {
    if (c->content)
      sqlite3_result_value(context, sqlite3_column_value(c->content, column + 1));
    return SQLITE_OK;
  }
  /* Of an UPDATE that does not set it: then it must not look like one that does. */
  if (sqlite3_vtab_nochange(context)) return SQLITE_OK;
  return column_hidden(c, context, (hidden_column)(column - declared));
}
