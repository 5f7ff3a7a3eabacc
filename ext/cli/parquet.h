/* parquet.h - a plain writer of Apache Parquet: no compression, no dictionaries, no
 * statistics, which every reader reads. The file is made in one pass.
 *
 * https://parquet.apache.org/docs/file-format/ */
#ifndef EXT_CLI_PARQUET_H
#define EXT_CLI_PARQUET_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "biobert_sqlite.h"

typedef enum parquet_type {
  PARQUET_INTEGER, /* INT64 */
  PARQUET_REAL,    /* DOUBLE */
  PARQUET_TEXT,    /* UTF-8 */
  PARQUET_FLOATS,  /* a list of FLOAT */
} parquet_type;

typedef struct parquet_column {
  const char *name;
  parquet_type type;
} parquet_column;

typedef struct parquet parquet;

/* Columns are borrowed until the end. NULL: out of memory. */
parquet *parquet_begin(FILE *file, const parquet_column *columns, size_t count);
/* The next value of a column; each column gets one a row. bytes of a text, or of a vector
 * of little-endian floats. */
void parquet_null(parquet *p, size_t column);
void parquet_integer(parquet *p, size_t column, int64_t value);
void parquet_real(parquet *p, size_t column, double value);
void parquet_bytes(parquet *p, size_t column, const void *bytes, size_t count);
void parquet_end_row(parquet *p);
/* Frees it in any case; false: out of memory (a failed write is the file's to tell). */
bool parquet_end(parquet *p);

#endif
