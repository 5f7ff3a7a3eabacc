/* cursor.c - rows, best first: SQLite's callbacks of a cursor.
 *
 * A search's rows come lazily and never stop early: LIMIT in the user's SQL is how many,
 * and it is right in joins and with any condition, because the order goes on until enough
 * rows have passed. `k` caps the search itself. A row whose content is gone is never
 * returned. */
#include "search/cursor.h"

#include <string.h>

#include "search/content.h"
#include "search/cursor_content.h"
#include "search/cursor_state.h"
#include "search/cursor_walk.h"
#include "search/document_rows.h"
#include "search/kept_rankings.h"
#include "search/open_tables.h"
#include "search/plan.h"
#include "search/query_words.h"
#include "search/request.h"
#include "search/row_filter.h"
#include "search/row_ranking.h"
#include "search/table_errors.h"
#include "search/top_rows.h"
#include "search/transaction.h"
#include "sql/numbers.h"

int vtab_open(sqlite3_vtab *base, sqlite3_vtab_cursor **out) {
  search_cursor *c = sqlite3_malloc64(sizeof *c);
  if (!c) return SQLITE_NOMEM;
  memset(c, 0, sizeof *c);
  c->number = ++((index_table *)base)->cursors_opened;
  *out = &c->base;
  return SQLITE_OK;
}

/* Ends a filter. */
static void reset(search_cursor *c) {
  index_table *t = table_of(c);
  for (search_cursor **at = &t->cursors; *at; at = &(*at)->next) {
    if (*at != c) continue;
    *at = c->next;
    break;
  }
  cursor_forget_document(c);
  sqlite3_finalize(c->scan);
  sqlite3_reset(c->by_key);
  for (int i = 0; i < GIVEN_COLUMNS; i++) sqlite3_value_free(c->given[i]);
  search_release(c->search);
  filter_free(c->filter);
  filter_free(c->open);
  sqlite3_free(c->few);
  *c = (search_cursor){.base = c->base, .number = c->number, .by_key = c->by_key};
}

int vtab_close(sqlite3_vtab_cursor *base) {
  search_cursor *c = (search_cursor *)base;
  reset(c);
  sqlite3_finalize(c->by_key);
  sqlite3_free(c);
  return SQLITE_OK;
}

/* A search --------------------------------------------------------------------------- */

/* The arguments of the call form have their kinds in the order of their columns. */
_Static_assert((int)ARG_QUERY == (int)HIDDEN_NAME &&
                   (int)ARG_FEEDBACK == (int)HIDDEN_FEEDBACK,
               "kinds of arguments and hidden columns");

static int keep_given(search_cursor *c, const plan *p, sqlite3_value **values) {
  for (int i = 0; i < p->count; i++) {
    plan_arg_kind kind = p->args[i].kind;
    if (kind > ARG_FEEDBACK || c->given[kind]) continue;
    c->given[kind] = sqlite3_value_dup(values[i]);
    if (!c->given[kind]) return SQLITE_NOMEM;
  }
  return SQLITE_OK;
}

static int start_search(search_cursor *c, const plan *p, const char *text,
                        sqlite3_value **values, const asked *a) {
  index_table *t = table_of(c);
  bool keys = false;
  for (int i = 0; i < p->count; i++) keys |= plan_arg_is_key(&p->args[i]);
  int rc = request_check_synced(t);
  if (rc == SQLITE_OK) rc = keep_given(c, p, values);
  if (rc == SQLITE_OK) rc = request_search(c, a);
  if (rc == SQLITE_OK) rc = cursor_prepare_row(c);
  if (rc != SQLITE_OK) return rc;
  c->left = a->k;
  c->next = t->cursors;
  t->cursors = c;
  if (keys && a->k > 0) return cursor_find_among_top(c, p, text, values, a);
  rc = cursor_make_filters(c, p, values, a, true);
  if (rc == SQLITE_OK && p->by_distance && search_has_null_distances(c->search))
    rc = cursor_take_all_by_distance(c);
  return rc == SQLITE_OK ? cursor_next_hit(c) : rc;
}

/* Reads what is asked, and starts it. */
static int ask(search_cursor *c, const plan *p, const char *text,
               sqlite3_value **values) {
  asked a;
  int rc = request_read(table_of(c), p, values, &a);
  c->eof = a.nothing;
  if (rc == SQLITE_OK && !c->eof) rc = start_search(c, p, text, values, &a);
  asked_words_free(&a.words);
  return rc;
}

/* Scans and look-ups ----------------------------------------------------------------- */

/* The next row of a scan; one whose key is no whole number has no rowid to be shown
 * under. */
static int next_row_of_content(search_cursor *c) {
  cursor_forget_document(c);
  int rc;
  do {
    rc = cursor_step(c);
  } while (rc == SQLITE_ROW && !content_read_key(c->content, 0, &c->id));
  c->eof = rc != SQLITE_ROW;
  return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Where the content is not there, the vectors still are. */
static int look_up_bare(search_cursor *c, sqlite3_int64 id) {
  document_row row;
  int rc = document_row_get(table_of(c), id, &row);
  if (rc != SQLITE_OK) return rc;
  c->eof = row.address < 0;
  document_row_free(&row);
  c->id = id;
  return c->eof ? SQLITE_ERROR : SQLITE_OK; /* with the message that there is */
}

/* A look-up: the value as the INTEGER affinity of a rowid makes it. */
static int look_up_row(search_cursor *c, sqlite3_value *value) {
  int64_t id;
  c->eof = !number_whole(value, &id);
  if (c->eof) return SQLITE_OK;
  int rc = cursor_prepare_row(c);
  if (rc == SQLITE_ERROR && table_of(c)->config.content) return look_up_bare(c, id);
  if (rc == SQLITE_OK) rc = sqlite3_bind_int64(c->content, 1, id);
  return rc == SQLITE_OK ? next_row_of_content(c) : rc;
}

/* SQLite's callbacks ----------------------------------------------------------------- */

static int start(search_cursor *c, const plan *p, const char *text, int argc,
                 sqlite3_value **argv) {
  index_table *t = table_of(c);
  if (p->count != argc)
    return table_error(t, SQLITE_ERROR, "the plan '%s' has other arguments", text);
  c->kind = p->kind;
  int rc = table_check_open(t);
  if (rc != SQLITE_OK) return rc;
  if (p->kind == PLAN_SEARCH) return ask(c, p, text, argv);
  if (p->kind == PLAN_ROWID) return look_up_row(c, argv[0]);
  rc = cursor_prepare_scan(c);
  return rc == SQLITE_OK ? next_row_of_content(c) : rc;
}

int vtab_filter(sqlite3_vtab_cursor *base, int number, const char *text, int argc,
                sqlite3_value **argv) {
  (void)number;
  search_cursor *c = (search_cursor *)base;
  plan p;
  reset(c);
  if (!values_are_readable(argc, argv)) return SQLITE_NOMEM;
  int rc = plan_read(text, &p);
  if (rc == SQLITE_ERROR)
    return table_error(table_of(c), rc, "the plan '%s' is not understood",
                       text ? text : "");
  if (rc == SQLITE_OK) rc = start(c, &p, text, argc, argv);
  plan_free(&p);
  return rc;
}

int vtab_next(sqlite3_vtab_cursor *base) {
  search_cursor *c = (search_cursor *)base;
  if (c->kind == PLAN_SEARCH) return cursor_next_hit(c);
  /* A key is looked up once, even if it occurs twice. */
  if (c->kind == PLAN_ROWID) c->eof = true;
  return c->eof ? SQLITE_OK : next_row_of_content(c);
}

int vtab_eof(sqlite3_vtab_cursor *base) {
  return ((search_cursor *)base)->eof;
}

int vtab_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *out) {
  *out = ((search_cursor *)base)->id;
  return SQLITE_OK;
}

/* Open cursors and writes ------------------------------------------------------------ */

void cursors_lose(index_table *t) {
  for (search_cursor *c = t->cursors; c; c = c->next) c->lost = true;
}

int cursors_materialize(index_table *t) {
  int rc = SQLITE_OK;
  for (search_cursor *c = t->cursors; c && rc == SQLITE_OK; c = c->next)
    rc = search_materialize(c->search);
  return rc;
}

int table_before_write(index_table *t) {
  int rc = cursors_materialize(t);
  FOR_EACH_OTHER (t, o)
    if (rc == SQLITE_OK) rc = cursors_materialize(o);
  kept_drop(t);
  return rc;
}
