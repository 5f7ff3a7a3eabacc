/* content.h - the content: its keys, its rows, and what can be wrong with it (content.c).
 * The content may be a user's table or view, and reading it may run anything: by
 * table_step() alone. */
#ifndef EXT_CONTENT_H
#define EXT_CONTENT_H

#include "search/search_table.h"

/* A value of the key column as a key. False: it is none. */
bool content_read_key(sqlite3_stmt *s, int column, sqlite3_int64 *key);
/* The SQL that finds a key, ?1, in the content, c. */
const char *content_key_condition(const index_table *t);
/* SQL that counts the rows that have a key and no entry. */
extern const char content_pending_sql[];
/* SQL for rowid and message of rows whose key cannot be used. Freed with sqlite3_free(). */
char *content_bad_keys_sql(const index_table *t);
/* schema_prepare_any() of what reads the content; an error is the table's message. */
int content_prepare(index_table *t, sqlite3_stmt **out, const char *format, ...);
/* Prepares schema_content_sql(), by key or of all rows. */
int content_prepare_rows(index_table *t, bool vectors, sqlite3_stmt **out);
int content_prepare_key(index_table *t, bool vectors, sqlite3_stmt **out);
/* Copies of `count` columns of a statement's row, after the key: values of a statement are
 * unprotected, and text must be taken from protected ones. Freed with content_free_row(),
 * after an error too. */
int content_copy_row(sqlite3_stmt *s, int count, sqlite3_value ***out);
void content_free_row(sqlite3_value **values, int count);
/* Whether VACUUM may give the content's rows other keys. */
int content_may_renumber(index_table *t, bool *out);
extern const char content_renumber_note[];
/* A step of a statement on the user's tables and views: content, queue. Meanwhile no
 * operation of this table may begin. One that fails sets the table's message. */
int table_step(index_table *t, sqlite3_stmt *s);
/* That the content cannot be read, and what to do. */
int table_content_error(index_table *t, int code);

#endif
