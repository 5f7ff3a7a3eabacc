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
/* A document's words as one text, allocated; *text NULL: they take more than so many bytes,
 * and were not read. */
int words_text(index_table *t, sqlite3_int64 id, size_t max_bytes, char **text,
               size_t *bytes);
/* Documents that have a word, which has no quotation mark; at most `limit` are counted. */
int words_count(index_table *t, biobert_str word, size_t limit, size_t *documents);
/* Their ids, for which there is room for *count; it becomes how many there are. */
int words_find(index_table *t, biobert_str word, int64_t *ids, size_t *count);
/* What FTS5 has said of a statement that failed, as the table's message. */
void words_explain(index_table *t, int rc);
/* *problem as of integrity_check(). */
int words_check(index_table *t, char **problem);

#endif
