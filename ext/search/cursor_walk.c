/* cursor_walk.c - from a ranking to the rows that a search returns.
 *
 * Rows come best first, as the ranking has them, and each is returned if the filter takes
 * it and its content is still there. Where the filter has shown that few rows can pass,
 * they are ranked one by one instead (c->few): otherwise most of the order would be walked
 * for nothing. The two ways give the same rows in the same order, so the walk may change
 * from one to the other at any row. */
#include "search/cursor_walk.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "search/cursor_content.h"
#include "search/cursor_state.h"
#include "search/plan.h"
#include "search/recorded.h"
#include "search/row_filter.h"
#include "search/row_ranking.h"
#include "search/transaction.h"
#include "sql/lists.h"
#include "sql/numbers.h"

enum {
  FEW_ROWS = 4096, /* so few that may pass are ranked one by one */
  TRIED_ROWS = 256 /* row_filter.c has seen by then whether few pass */
};

static int by_rank(const void *x, const void *y) {
  const biobert_result *a = x, *b = y;
  if (a->rank != b->rank) return a->rank < b->rank ? -1 : 1;
  return a->id < b->id ? -1 : a->id > b->id;
}

/* The order that SQLite would make: NULLs are smaller than all numbers. */
static int by_distance(const void *x, const void *y) {
  const biobert_result *a = x, *b = y;
  if (isnan(a->distance) != isnan(b->distance)) return isnan(a->distance) ? -1 : 1;
  return by_rank(a, b);
}

/* Ranks a small set of keys one by one; rows that were returned already are left out. */
static int take_few(search_cursor *c, const sqlite3_int64 *keys, size_t count) {
  biobert_result last = c->row;
  bool started = c->position > 0;
  c->few = sqlite3_malloc64((count + 1) * sizeof *c->few);
  if (!c->few) return SQLITE_NOMEM;
  for (size_t i = 0; i < count; i++) {
    biobert_result *row = &c->few[c->few_count];
    bool found;
    int rc = search_find(c->search, keys[i], row, &found);
    if (rc != SQLITE_OK) return rc;
    /* The order is total: what came before the last row has been returned or refused. */
    if (found && (!started || by_rank(&last, row) < 0)) c->few_count++;
  }
  qsort(c->few, c->few_count, sizeof *c->few, by_rank);
  c->position = 0;
  return SQLITE_OK;
}

int cursor_take_all_by_distance(search_cursor *c) {
  size_t capacity = 0;
  bool found = true;
  while (found) {
    biobert_result *rows = list_grow(c->few, sizeof *rows, c->few_count, &capacity);
    if (!rows) return SQLITE_NOMEM;
    c->few = rows;
    int rc = search_at(c->search, c->few_count, &c->few[c->few_count], &found);
    if (rc != SQLITE_OK) return rc;
    c->few_count += found;
  }
  qsort(c->few, c->few_count, sizeof *c->few, by_distance);
  return SQLITE_OK;
}

/* The next row of the order, or of the few. The filter is asked now and then, and not at
 * every row, whether few can pass: it learns that while it is used. */
static int next_row(search_cursor *c, bool *found) {
  if (!c->few && (c->position == 0 || c->position % FEW_ROWS == TRIED_ROWS)) {
    size_t count;
    const sqlite3_int64 *keys = filter_few(c->filter, FEW_ROWS, &count);
    int rc = keys ? take_few(c, keys, count) : SQLITE_OK;
    if (rc != SQLITE_OK) return rc;
  }
  if (!c->few) return search_at(c->search, c->position++, &c->row, found);
  *found = c->position < c->few_count;
  if (*found) c->row = c->few[c->position++];
  return SQLITE_OK;
}

/* Which rows count ------------------------------------------------------------------- */

static bool near_enough(const search_cursor *c) {
  if (isnan(c->distance_limit)) return true;
  if (isnan(c->row.distance)) return false;
  return c->distance_strict ? c->row.distance < c->distance_limit
                            : c->row.distance <= c->distance_limit;
}

/* A row that SQLite will drop by a comparison of its own does not count for k. */
static int count_hit(search_cursor *c) {
  bool counts = true;
  if (c->left <= 0) return SQLITE_OK;
  int rc = c->open ? filter_accepts(c->open, c->id, &counts) : SQLITE_OK;
  if (counts) c->left--;
  return rc;
}

/* The narrowest of the conditions on the distance; what is no number is left to SQLite. */
static void read_distance(search_cursor *c, const plan *p, sqlite3_value **values) {
  c->distance_limit = NAN;
  for (int i = 0; i < p->count; i++) {
    if (p->args[i].kind != ARG_DISTANCE) continue;
    int type = number_type(values[i]);
    if (type != SQLITE_INTEGER && type != SQLITE_FLOAT) continue;
    double limit = sqlite3_value_double(values[i]);
    bool strict = p->args[i].op == SQLITE_INDEX_CONSTRAINT_LT;
    if (!isnan(c->distance_limit) && limit > c->distance_limit) continue;
    c->distance_limit = limit;
    c->distance_strict = strict;
  }
}

int cursor_make_filters(search_cursor *c, const plan *p, sqlite3_value **values,
                        const asked *a, bool keys) {
  index_table *t = table_of(c);
  int rc = filter_new(t, p, values, keys, &c->filter);
  if (rc == SQLITE_OK && a->k > 0) rc = filter_new_open(t, p, values, &c->open);
  if (rc == SQLITE_OK && a->query && a->words.must)
    rc = filter_add_words(c->filter, a->words.must, false);
  if (rc == SQLITE_OK && a->words.must_not)
    rc = filter_add_words(c->filter, a->words.must_not, true);
  read_distance(c, p, values);
  return rc;
}

/* The next row ----------------------------------------------------------------------- */

/* After a rollback a search may go on if it ranks the state that has come back, or needs
 * the tables no more. */
static int check_lost(search_cursor *c) {
  unsigned char epoch[16];
  if (!c->lost || search_is_complete(c->search)) return SQLITE_OK;
  int rc = recorded_epoch(table_of(c), epoch);
  if (rc != SQLITE_OK) return rc;
  if (memcmp(epoch, search_epoch(c->search), sizeof epoch) != 0)
    return SQLITE_ABORT_ROLLBACK;
  c->lost = false;
  return SQLITE_OK;
}

/* Whether the current row of the ranking is returned. *farther: it is not, and the rows
 * that follow are farther still. */
static int accept_row(search_cursor *c, bool *accepts, bool *farther) {
  *accepts = *farther = false;
  if (!near_enough(c)) {
    *farther = c->mode == BIOBERT_SEMANTIC && !isnan(c->row.distance);
    return SQLITE_OK;
  }
  int rc = filter_accepts(c->filter, c->row.id, accepts);
  return rc == SQLITE_OK && *accepts ? cursor_find(c, c->row.id, accepts) : rc;
}

int cursor_next_hit(search_cursor *c) {
  bool found = true, accepts = false, farther = false;
  cursor_forget_document(c);
  table_settle(table_of(c));
  int rc = check_lost(c);
  if (rc != SQLITE_OK) return rc;
  while (c->left != 0 && !farther) {
    rc = next_row(c, &found);
    if (rc != SQLITE_OK) return rc;
    if (!found) break;
    rc = accept_row(c, &accepts, &farther);
    if (rc != SQLITE_OK) return rc;
    if (!accepts) continue;
    c->id = c->row.id;
    return count_hit(c);
  }
  c->eof = true;
  return SQLITE_OK;
}
