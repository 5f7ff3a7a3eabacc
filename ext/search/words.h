/* words.h - the lexical half: documents' words in FTS5 (words.c). Where a table has none
 * (t->has_fts) these functions do nothing. */
#ifndef EXT_WORDS_H
#define EXT_WORDS_H

#include "search/search_table.h"

/* A document's words, replacing older ones. values: in the order of the columns. */
int words_write(index_table *t, sqlite3_int64 id, sqlite3_value **values);
int words_remove(index_table *t, sqlite3_int64 id);
/* As store_check_before_write(). */
int words_check_before_write(index_table *t, sqlite3_int64 id);
int words_clear(index_table *t); /* all of them */
/* Removes a document's words, and its vectors too. */
int remove_document(index_table *t, sqlite3_int64 id);
/* Before FTS5 is used again after a rollback in the middle of its work. */
int words_settle(index_table *t);
int words_optimize(index_table *t);
/* When writing ends: closes what FTS5 has left open. A failure is harmless, unless SQLite
 * rolls everything back because of it. */
int words_rest(index_table *t);
/* *problem as of integrity_check(). */
int words_check(index_table *t, char **problem);

#endif
