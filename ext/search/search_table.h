/* search_table.h - the search table: CREATE VIRTUAL TABLE name USING biobert(...).
 *
 * A search table is a set of shadow tables (shadow_tables.c has their bytes) over the text
 * of a content table, its own or the user's. Everything durable is an ordinary row in
 * them, so transactions, savepoints, crashes and backups are SQLite's; what is in memory
 * (the chunk that is being filled, the cache of the codes, the last searches) can be
 * dropped at any time.
 *
 * Below is one object of a table. SQLite makes one a connection; when it reads the schema
 * anew it makes another, and the older one lives on until its statements and its
 * transaction end (FOR_EACH_OTHER of open_tables.h). README.md has the files. */
#ifndef EXT_SEARCH_TABLE_H
#define EXT_SEARCH_TABLE_H

#include "biobert_vectors.h"
#include "models/connection.h"
#include "search/config.h"
#include "search/statement_kinds.h"

typedef struct index_table index_table;

struct index_table {
  sqlite3_vtab base;
  /* What it is: */
  sqlite3 *db;
  struct open_tables *open;
  connection *connection; /* open's */
  char *schema, *name;
  index_config config;
  bool has_fts;      /* a lexical half exists */
  bool damaged;      /* it can only be dropped */
  int newer_format;  /* of a later version: it can only be dropped; 0: it is not */
  index_table *next; /* of the connection: open_tables.c */

  /* The shadow tables: */
  sqlite3_stmt *statements[STMT_COUNT]; /* schema_statement() */
  bool verified;                        /* they are what we made: schema_verify() */
  int reprepared;                       /* as it was then */

  /* What is in memory; table_settle() forgets it after a rollback: */
  size_t dimension;            /* 0: no vector yet. recorded_dimension() */
  struct chunk_writer *writer; /* chunk_writer.c */
  struct code_cache *cache;
  struct kept_results *kept;
  struct sync_work *left; /* what the last limited 'sync' found and did not do */
  bool rolled_back;       /* all of this is void */

  /* Reading: */
  struct {
    int count;      /* of constraints, */
    uint64_t shape; /* and a hash of their columns and operators */
  } planned;        /* in the last call of xBestIndex that was no branch of an OR */
  struct search_cursor *cursors; /* open ones with a search */
  sqlite3_uint64 cursors_opened;
  int inside;     /* xUpdate, or statements that read the content: table_check_open() */
  int model_code; /* SQLite's, why table_model() has failed; 0: not because of it */

  /* Writing: */
  bool writing;      /* within xUpdate */
  bool changing;     /* within xUpdate: something may be changed already */
  bool half_written; /* a statement failed then, and has not been undone */
  bool pending;      /* written since xSavepoint: by us, or FTS5, from memory */
  bool storing;      /* the writer is in use: writer_flush() */
  bool as_statement; /* the command that comes next is one of run_as_statement() */
  bool fts_unsettled, fts_settling; /* words_settle() has something to do, and does it */
  struct sync_batch *batch;         /* computed, to be written by the command */
  double sync_began;         /* seconds: of a limited 'sync' not yet committed; 0: none */
  struct replaced *replaced; /* replaced_vectors.c; NULL: nothing */
};

#endif
