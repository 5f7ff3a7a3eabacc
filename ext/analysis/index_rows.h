/* index_rows.h - what an index has, read as anybody reads it: by a SELECT on the search
 * table (index_rows.c). Its checks, errors and interrupts are the table's own. */
#ifndef EXT_INDEX_ROWS_H
#define EXT_INDEX_ROWS_H

#include "biobert_analysis.h"
#include "sql/errors.h"
#include "sql/interruption.h"

/* SQLite's own code and words, of the call that has just failed. */
biobert_status index_sql_fail(sqlite3 *db, int *code, biobert_error *err);

/* Prepares a statement on a table; schema may be NULL. */
typedef int named_prepare(sqlite3 *db, const char *schema, const char *table,
                          const void *how, sqlite3_stmt **out);
/* The same on 'table' or 'schema.table'. The whole name comes first: a table's name may
 * have dots in it. */
int index_prepare_named(sqlite3 *db, const char *name, named_prepare *prepare,
                        const void *how, sqlite3_stmt **out);

/* A SELECT on an index: `columns` is the text between SELECT and FROM, `rest` what follows
 * the table ("" or "ORDER BY rowid"). name: 'table' or 'schema.table'. RANGE: there is no
 * such index. *code as tvf_cursor.code. The caller finalizes *out. */
biobert_status index_select(sqlite3 *db, const char *name, const char *columns,
                            const char *rest, sqlite3_stmt **out, int *code,
                            biobert_error *err);
/* The next row of a statement; *more false: there is none. */
biobert_status index_step(sqlite3_stmt *s, bool *more, int *code, biobert_error *err);

/* The vectors of an index: of each document that has one its first passage's. */
typedef struct index_vectors {
  biobert_points points; /* of what follows */
  int64_t *id;
  float *vectors;
  size_t capacity; /* of documents */
} index_vectors;

biobert_status index_vectors_read(sqlite3 *db, const char *name, index_vectors *out,
                                  int *code, biobert_error *err);
void index_vectors_free(index_vectors *v);

/* SQLite's memory, and an end where the statement is interrupted. */
biobert_analysis_options index_analysis_options(interrupt_poll *poll);

#endif
