/* cursor_content.c - a cursor's rows of the content: found by key or in a scan, and the
 * document that a row makes. */
#include "search/cursor_content.h"

#include <string.h>

#include "search/content.h"
#include "search/document.h"
#include "search/table_errors.h"

int cursor_prepare_row(search_cursor *c) {
  int rc = c->by_key ? SQLITE_OK : content_prepare_key(table_of(c), false, &c->by_key);
  c->content = c->by_key;
  return rc;
}

int cursor_prepare_scan(search_cursor *c) {
  int rc = content_prepare_rows(table_of(c), false, &c->scan);
  c->content = c->scan;
  return rc;
}

int cursor_step(search_cursor *c) {
  index_table *t = table_of(c);
  int rc = table_step(t, c->content);
  if (rc != SQLITE_ROW && rc != SQLITE_DONE)
    table_error(t, rc, "content: %s", sqlite3_errmsg(t->db));
  return rc;
}

int cursor_find(search_cursor *c, sqlite3_int64 id, bool *found) {
  sqlite3_reset(c->content);
  int rc = sqlite3_bind_int64(c->content, 1, id);
  if (rc == SQLITE_OK) rc = cursor_step(c);
  *found = rc == SQLITE_ROW;
  return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* The document ----------------------------------------------------------------------- */

void cursor_forget_document(search_cursor *c) {
  if (c->has_document) document_free(&c->document);
  c->has_document = false;
}

int cursor_document(search_cursor *c, const document **out) {
  const index_table *t = table_of(c);
  const int count = t->config.column_count;
  *out = &c->document;
  if (c->has_document) return SQLITE_OK;
  sqlite3_value **values;
  int rc = content_copy_row(c->content, count, &values);
  if (rc == SQLITE_OK) rc = document_make(t, c->id, values, &c->document);
  content_free_row(values, count);
  c->has_document = rc == SQLITE_OK;
  return rc;
}
