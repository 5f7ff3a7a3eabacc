/* shadow_sql.h - SQL on the shadow tables (shadow_sql.c): statements that are kept, by number,
 * and statements that are prepared for one use, by their text. */
#ifndef EXT_SHADOW_SQL_H
#define EXT_SHADOW_SQL_H

#include "search/search_table.h"

/* Kept statements -------------------------------------------------------------------- */

/* Prepared on first use, reset; the table keeps it. *out is NULL after an error. */
int schema_statement(index_table *t, statement_kind kind, sqlite3_stmt **out);
/* The same, with ?1 bound to an id. */
int schema_statement_of(index_table *t, statement_kind kind, sqlite3_int64 id,
                        sqlite3_stmt **out);
/* Runs a statement that makes no rows, then resets it and forgets its bindings. bound:
 * what sqlite3_bind_*() answered for each; after an error among them it is not run: it
 * would store NULL in place of what could not be bound. */
int schema_run(sqlite3_stmt *s, const int *bound, size_t count);
/* All statements that write: one that may not be prepared fails before another has run.
 */
int schema_prepare_writes(index_table *t);
void schema_finalize(index_table *t);
/* By their text ---------------------------------------------------------------------- */

/* SQL by a format of sqlite3_mprintf()'s, in which @docs is that shadow table, @source the
 * table that the rows come from (the content, or own content) and @key its key column.
 * What a user has named comes in by %w and %Q, in quotes, where an @ is an @. */

/* Runs what makes no rows; an error is the table's message. */
int schema_exec(index_table *t, const char *format, ...);
/* The same without a message, for what may fail. */
int schema_try(index_table *t, const char *format, ...);
/* Prepares what reads and writes shadow tables alone: with a virtual table in it, it is
 * not prepared. *out is NULL after an error, and the message is SQLite's. */
int schema_prepare(const index_table *t, sqlite3_stmt **out, const char *format, ...);
/* The same of what reads the content too, which may be a virtual table. */
int schema_prepare_any(const index_table *t, sqlite3_stmt **out, const char *format, ...);

/* "a, b, c": the columns, or the indexed ones; of own content "c0, c1". */
void schema_append_columns(sqlite3_str *s, const index_table *t, bool indexed_only);
/* SELECT key, columns[, ready vector] FROM content AS c, and `rest`; for
 * content_prepare(). `vectors`: with the ready vector, where the option vectors= names
 * one. Freed with sqlite3_free(). */
char *schema_content_sql(const index_table *t, bool vectors, const char *rest);

#endif
