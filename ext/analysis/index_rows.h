/* index_rows.h - what an index has, read as anybody reads it: by a SELECT on the search
 * table (index_rows.c). Its checks, errors and interrupts are the table's own. */
#ifndef EXT_INDEX_ROWS_H
#define EXT_INDEX_ROWS_H

#include "biobert_analysis.h"
#include "sql/errors.h"
#include "sql/interruption.h"

/* A SELECT on an index: `columns` is the text between SELECT and FROM, `rest` what follows
 * the table ("" or "ORDER BY rowid"). name: 'table' or 'schema.table'. RANGE: there is no
 * such index. *code as tvf_cursor.code. The caller finalizes *out. */
biobert_status index_select(sqlite3 *db, const char *name, const char *columns,
                            const char *rest, sqlite3_stmt **out, int *code,
                            biobert_error *err);
/* The next row of it; *more false: there is none. */
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
