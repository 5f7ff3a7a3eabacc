/* config.h - what a search table was created with (config.c): columns and options, as
 * config_parse.c has read them. It does not change afterwards, but for the distance, which
 * may be the recorded one (recorded.c). */
#ifndef EXT_CONFIG_H
#define EXT_CONFIG_H

#include "biobert_vectors.h"
#include "sql/sqlite_api.h"

typedef struct index_column {
  char *name;
  char *type;      /* as declared; of the content's column where there is one */
  char *collation; /* NULL: BINARY */
  bool indexed;
} index_column;

/* The hidden columns follow the declared ones in this order. */
typedef enum hidden_column {
  HIDDEN_NAME,
  HIDDEN_K,
  HIDDEN_MODE,
  HIDDEN_WORDS,
  HIDDEN_FEEDBACK,
  HIDDEN_RANK,
  HIDDEN_DISTANCE,
  HIDDEN_BM25,
  HIDDEN_PASSAGE,
  HIDDEN_PASSAGE_START,
  HIDDEN_PASSAGE_END,
  HIDDEN_DOCUMENT,
  HIDDEN_VECTOR,
  HIDDEN_COUNT,
} hidden_column;

typedef struct index_config {
  index_column *columns;
  int column_count, indexed_count;
  char *content_schema, *content; /* NULL: the table stores its own columns */
  char *content_rowid;
  bool plain_key; /* the content's key column has numbers only */
  char *model;
  char *join; /* between columns; NULL: as a pair */
  biobert_search_mode search;
  biobert_metric metric;
  bool has_metric; /* it was given; else %_config has what the model says */
  biobert_store store;
  sqlite3_int64 passage_tokens, passage_overlap; /* 0: as the model takes */
  char *vectors;           /* content column of ready vectors, or NULL */
  sqlite3_int64 dimension; /* 0: that of the first vector */
  char *tokenize;
  char *queue_schema, *queue; /* table of changed rows, or NULL; its schema may be NULL */
  unsigned given;             /* a bit an option */
  char *lacks; /* why a column does not compare as the content's, or NULL */
} index_config;

void config_free(index_config *config);
/* Sets *message; SQLITE_ERROR, or SQLITE_NOMEM. */
int config_fail(char **message, const char *format, ...);
/* NULL of HIDDEN_NAME: the column is called as the table is. */
extern const char *const config_hidden_names[HIDDEN_COUNT];
/* rowid, or another of its names. */
bool config_is_rowid_name(const char *name);
/* "TEXT", "INTEGER", "REAL", "NUMERIC" or "" of a declared type, which may be NULL. */
const char *config_affinity(const char *type);
/* The text for sqlite3_declare_vtab(); the caller frees it with sqlite3_free(). */
char *config_declaration(const index_config *config, const char *table);

#endif
