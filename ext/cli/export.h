/* export.h - a library as files of other programs: records, or vectors with their ids. */
#ifndef EXT_CLI_EXPORT_H
#define EXT_CLI_EXPORT_H

#include <stdio.h>

#include "cli/tables.h"

typedef struct export_job {
  database *d;
  paper_table papers;
  char *index; /* NULL: there is none */
  char
      *included; /* SQL of a reviewer's decision, 1, 0 or NULL; NULL: none is asked for */
  const char *where; /* an SQL expression over the papers; NULL: all */
  FILE *file;        /* where to write; checked for errors in the end */
  const char *path;  /* of the file; NULL: standard output */
  int64_t count;     /* records written */
} export_job;

/* A format: false, and said: it ended before its end. */
typedef bool export_function(export_job *j);

export_function export_medline, export_ris, export_bibtex, export_csv, export_json,
    export_npy, export_fvecs, export_parquet;

/* Prepares "SELECT `columns` FROM `table` WHERE the job's condition ORDER BY its key". */
bool export_prepare(export_job *j, sqlite3_stmt **out, const char *columns);
/* "rowid, vector" of the documents that have a vector, by rowid; false, and said: there is
 * no index. */
bool export_prepare_vectors(export_job *j, sqlite3_stmt **out, const char *columns);
/* A row, or not; *ok false: an error, and said, or one of the job's file. */
bool export_step(export_job *j, sqlite3_stmt *s, bool *ok);

/* Writes a text that was put together, and frees it. */
void export_write(export_job *j, sqlite3_str *s);

#endif
