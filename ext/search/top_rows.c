/* top_rows.c - with k, `rowid = x` asks whether x is among the k rows of the search.
 *
 * SQLite asks so for every row of a join. So the k rows are walked once without that
 * condition, their rowids are kept with the table (kept_rankings.c) under a key of all that
 * they depend on, and the following questions are looked up in them. */
#include "search/top_rows.h"

#include <string.h>

#include "search/cursor_content.h"
#include "search/cursor_state.h"
#include "search/cursor_walk.h"
#include "search/kept_rankings.h"
#include "search/plan.h"
#include "search/row_ranking.h"
#include "sql/lists.h"
#include "sql/numbers.h"

/* The key ---------------------------------------------------------------------------- */

static void append_bytes(sqlite3_str *s, const void *bytes, size_t count) {
  sqlite3_str_append(s, (const char *)&count, (int)sizeof count);
  if (count) sqlite3_str_append(s, bytes, (int)count);
}

static int append_value(sqlite3_str *s, sqlite3_value *value) {
  int type = sqlite3_value_type(value);
  sqlite3_str_appendchar(s, 1, (char)('0' + type));
  if (type == SQLITE_INTEGER) {
    sqlite3_int64 whole = sqlite3_value_int64(value);
    append_bytes(s, &whole, sizeof whole);
  } else if (type == SQLITE_FLOAT) {
    double real = sqlite3_value_double(value);
    append_bytes(s, &real, sizeof real);
  } else if (type != SQLITE_NULL) {
    const void *blob = sqlite3_value_blob(value);
    size_t bytes = (size_t)sqlite3_value_bytes(value);
    if (bytes && !blob) return SQLITE_NOMEM;
    append_bytes(s, blob, bytes);
  }
  return SQLITE_OK;
}

/* All values of an IN list. */
static int append_list(sqlite3_str *s, sqlite3_value *list) {
  sqlite3_value *item;
  int rc = sqlite3_vtab_in_first(list, &item);
  while (rc == SQLITE_OK) {
    rc = append_value(s, item);
    if (rc == SQLITE_OK) rc = sqlite3_vtab_in_next(list, &item);
  }
  sqlite3_str_appendchar(s, 1, ';');
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Everything that the k rows depend on, besides the content. NULL without memory. */
static char *top_key(const unsigned char epoch[16], const plan *p, const char *text,
                     sqlite3_value **values, size_t *bytes) {
  sqlite3_str *s = sqlite3_str_new(NULL);
  sqlite3_str_append(s, (const char *)epoch, 16);
  append_bytes(s, text, strlen(text));
  int rc = SQLITE_OK;
  for (int i = 0; i < p->count && rc == SQLITE_OK; i++) {
    if (plan_arg_is_key(&p->args[i])) continue;
    rc = p->args[i].list ? append_list(s, values[i]) : append_value(s, values[i]);
  }
  *bytes = (size_t)sqlite3_str_length(s);
  char *key = sqlite3_str_finish(s);
  if (rc == SQLITE_OK) return key;
  sqlite3_free(key);
  return NULL;
}

/* The rows --------------------------------------------------------------------------- */

/* Walks the k rows to their end. */
static int collect_top(search_cursor *c, id_list *out) {
  int rc = cursor_next_hit(c);
  while (rc == SQLITE_OK && !c->eof) {
    if (!id_list_add(out, c->id)) return SQLITE_NOMEM;
    rc = cursor_next_hit(c);
  }
  id_list_sort_unique(out);
  return rc;
}

/* The rowid that all `rowid = x` of the plan ask for; false: none can be it. */
static bool asked_rowid(const plan *p, sqlite3_value **values, sqlite3_int64 *id) {
  bool any = false;
  for (int i = 0; i < p->count; i++) {
    int64_t value;
    if (!plan_arg_is_key(&p->args[i])) continue;
    if (!number_whole(values[i], &value) || (any && value != *id)) return false;
    *id = value;
    any = true;
  }
  return any;
}

/* Shows the row of one rowid, or none. */
static int show_row(search_cursor *c, sqlite3_int64 id) {
  bool found = false;
  c->left = 0; /* there is no other */
  int rc = search_find(c->search, id, &c->row, &found);
  if (rc == SQLITE_OK && found) rc = cursor_find(c, id, &found);
  c->eof = !found;
  c->id = id;
  return rc;
}

int cursor_find_among_top(search_cursor *c, const plan *p, const char *text,
                          sqlite3_value **values, const asked *a) {
  index_table *t = table_of(c);
  sqlite3_int64 id = 0;
  size_t bytes;
  c->eof = true;
  if (!asked_rowid(p, values, &id)) return SQLITE_OK;
  char *key = top_key(search_epoch(c->search), p, text, values, &bytes);
  if (!key) return SQLITE_NOMEM;
  const id_list *top = kept_top(t, c->number, key, bytes);
  if (top) {
    sqlite3_free(key);
    return id_list_has(top, id) ? show_row(c, id) : SQLITE_OK;
  }
  id_list rows = {0};
  int rc = cursor_make_filters(c, p, values, a, false);
  c->eof = false;
  if (rc == SQLITE_OK) rc = collect_top(c, &rows);
  if (rc != SQLITE_OK) {
    sqlite3_free(key);
    id_list_free(&rows);
    return rc;
  }
  top = kept_put_top(t, c->number, key, bytes, &rows);
  return id_list_has(top, id) ? show_row(c, id) : SQLITE_OK;
}
