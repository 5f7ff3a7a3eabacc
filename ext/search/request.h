/* request.h - what a search is asked, from the values that xFilter gets (request.c). */
#ifndef EXT_REQUEST_H
#define EXT_REQUEST_H

#include "search/cursor_state.h"
#include "search/query_words.h"

typedef struct asked {
  sqlite3_value *query;
  asked_words words; /* of `words` and column MATCHes together; owned */
  biobert_search_mode mode;
  bool has_mode, feedback, nothing;
  sqlite3_int64 k; /* -1: no cap */
} asked;

/* Reads the plan's values. The words are freed by asked_words_free(), after an error too. */
int request_read(index_table *t, const plan *p, sqlite3_value **values, asked *a);
/* A search on a table that was never synced, or not since 'reset', while its content has
 * rows, would be empty without a reason: that is an error. */
int request_check_synced(index_table *t);
/* Makes c->search and c->mode: the query is embedded, or is a vector itself, and its text
 * becomes a query of FTS5. */
int request_search(search_cursor *c, const asked *a);

#endif
