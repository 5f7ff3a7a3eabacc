/* cursor_content.h - a cursor's rows of the content (cursor_content.c). */
#ifndef EXT_CURSOR_CONTENT_H
#define EXT_CURSOR_CONTENT_H

#include "search/cursor_state.h"

/* Prepare c->content: for look-ups by key, or for a scan. */
int cursor_prepare_row(search_cursor *c);
int cursor_prepare_scan(search_cursor *c);
/* A step of c->content: SQLITE_ROW, SQLITE_DONE or an error. */
int cursor_step(search_cursor *c);
/* Positions c->content on the row of an id. */
int cursor_find(search_cursor *c, sqlite3_int64 id, bool *found);
/* The document of the current row, made from the content's columns; the cursor keeps it
 * until cursor_forget_document(). */
int cursor_document(search_cursor *c, const document **out);
void cursor_forget_document(search_cursor *c);

#endif
