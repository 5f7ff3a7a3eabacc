/* vtab.h - the search index: CREATE VIRTUAL TABLE name USING biobert(...). One internal
 * header; its sections are the files.
 *
 * An index is a set of shadow tables (shadow_tables.c has their bytes) over the text of a
 * content table, its own or somebody else's. Everything durable is an ordinary row in
 * them, so transactions, savepoints, crashes and backups are SQLite's; what lies in
 * memory (the chunk that is being filled, the cache of the codes, the last search) can
 * be dropped at any time. */
#ifndef EXT_VTAB_H
#define EXT_VTAB_H

#include "biobert_vectors.h"
#include "models/registry.h"
#include "sql/lists.h"
#include "sql/tvf.h"

/* config.c: arguments ----------------------------------------------------------- */

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
  char *content_schema, *content; /* NULL: the index stores its own columns */
  char *content_rowid;
  bool plain_key; /* the content's key column has numbers only */
  char *model;
  char *join; /* between columns; NULL: as a pair */
  biobert_search_mode search;
  biobert_metric metric;
  bool has_metric; /* it was given; else the index records what its model says */
  biobert_store store;
  sqlite3_int64 passage_tokens, passage_overlap; /* 0: as the model takes */
  char *vectors;           /* content column of ready vectors, or NULL */
  sqlite3_int64 dimension; /* 0: that of the first vector */
  char *tokenize;
  char *queue_schema, *queue; /* table of changed rows, or NULL; its schema may be NULL */
  unsigned given;             /* a bit an option */
  char *lacks; /* why a column does not compare as the content's, or NULL */
} index_config;

/* argv as xCreate has it: module, schema, table, then the arguments. *message is for
 * SQLite. creating: what the content has not is an error; later it must not keep the
 * table from being opened. */
int config_parse(sqlite3 *db, bool creating, int argc, const char *const *argv,
                 index_config *out, char **message);
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

/* shadow_tables.c: shadow tables and statements ----------------------------------------
 */

typedef enum statement_kind {
  STMT_CONFIG_GET,
  STMT_CONFIG_PUT,
  STMT_DOC_GET,
  STMT_DOC_PUT,
  STMT_DOC_DELETE,
  STMT_DOCS_BY_ADDRESS,
  STMT_CHUNK_LAST,
  STMT_CHUNK_GET,
  STMT_CHUNK_PUT,
  STMT_CHUNK_ALL,
  STMT_CODES_GET,
  STMT_CODES_PUT,
  STMT_CODES_ALL,
  STMT_FULL_GET,
  STMT_FULL_PUT,
  STMT_FULL_ALL,
  STMT_CONTENT_PUT, /* own content */
  STMT_CONTENT_DELETE,
  STMT_CONTENT_HAS,
  STMT_CONTENT_LAST,
  STMT_WORDS_GET,
  STMT_WORDS_PUT,
  STMT_WORDS_DELETE,
  STMT_WORDS_ALL,
  STMT_FTS_INSERT,
  STMT_FTS_DELETE,
  STMT_FTS_MATCH,
  STMT_FTS_REST,
  STMT_COUNT,
} statement_kind;

/* Of the shadow tables. Beyond LARGEST_FORMAT it is damage, and not newer. */
enum { NEWEST_FORMAT = 1, LARGEST_FORMAT = 1000 };

typedef struct index_table index_table;

/* open_tables.c: the indexes of a connection ------------------------------------------ */

/* Shared by the module, its tables and its table-valued functions. */
typedef struct open_tables {
  int owners;
  registry *registry; /* owned */
  sqlite3 *db;
  index_table
      *first; /* the newest; then by ->next. SQLite may have several of an index */
  struct sync_batch *batch; /* that biobert_sync() is about to write, for the command */
} open_tables;

open_tables *open_tables_new(registry *r);
open_tables *open_tables_share(open_tables *o);
void open_tables_release(void *o); /* the form that SQLite's destructors have */
void open_tables_add(open_tables *o, index_table *t);
void open_tables_remove(open_tables *o, index_table *t);
/* The open index of a name, "table" or "schema.table"; open until *holder is finalized.
 * SQLITE_ERROR: there is none; another code is why SQLite could not look. */
int open_tables_find(const open_tables *o, const char *name, index_table **out,
                     sqlite3_stmt **holder, biobert_error *err);
/* The table that has just been opened by preparing a statement on it: NULL where it is no
 * index. *holder as above, *code as SQLite has it. */
index_table *open_tables_hold(const open_tables *o, const char *schema, const char *name,
                              sqlite3_stmt **holder, int *code);
/* Whether a code of these is why SQLite could not look, and not that there is no such
 * table; the error that it is. */
bool open_tables_failed(int code);
biobert_status open_tables_fail(const open_tables *o, int code, biobert_error *err);
/* Names are compared as SQLite compares them. */
bool table_is_named(const index_table *t, const char *schema, const char *name);

int schema_create(index_table *t);
/* Empties the tables of vectors. Reads nothing that may be damaged. */
int schema_empty(index_table *t);
int schema_drop(index_table *t);
int schema_rename(index_table *t, const char *name);
bool schema_is_shadow(const char *suffix);
/* SQLITE_CORRUPT_VTAB, with a message, unless the shadow tables are the ones that
 * schema_create() makes, without triggers. Cheap after the first time. */
int schema_verify(index_table *t);
/* Writes out what any object of this index, or of its lexical half, holds in memory. */
int schema_flush_all(index_table *t);
/* The same of %_config alone: what is read when the table is opened. */
int schema_verify_config(index_table *t);
/* Whether the table of the lexical half is there, whatever the configuration says. */
int schema_has_fts(const index_table *t, bool *has);
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
/* SELECT key, columns[, ready vector] FROM content AS c, and `rest`; for
 * content_prepare(). `vectors`: with the ready vector, where the option vectors= names
 * one. Freed with sqlite3_free(). */
char *schema_content_sql(const index_table *t, bool vectors, const char *rest);
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
/* A value of the config table, 0 or NULL where there is none. */
int schema_get_int(index_table *t, const char *key, sqlite3_int64 *out);
int schema_get_text(index_table *t, const char *key, char **out);
int schema_put_int(index_table *t, const char *key, sqlite3_int64 value);
int schema_put_text(index_table *t, const char *key, const char *value);

/* content.c: keys of the content, and what can be wrong with it ----------------- */

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
/* Whether VACUUM may give the content's rows other keys. */
int content_may_renumber(index_table *t, bool *out);
extern const char content_renumber_note[];
/* A step of a statement on somebody else's tables and views: content, queue. */
int table_step(index_table *t, sqlite3_stmt *s);

/* chunk_store.c: vectors in and out ---------------------------------------------------
 */

/* What the docs table knows of a document. */
typedef struct document_row {
  bool found;
  sqlite3_int64 hash;
  sqlite3_int64 address; /* of its first vector; -1: it has none */
  int vectors;
  uint32_t *spans; /* [2 * vectors], bytes of the document; NULL: the whole text. Owned */
  bool failed;
  bool lexical; /* when written: there is a text, even if it gets no vector */
} document_row;

/* t->dimension as it is recorded; where nothing is, `wanted` (0: none) is recorded. */
int index_dimension(index_table *t, size_t wanted);
/* Records what the model that makes the vectors compares them by (NULL: it does not say),
 * before the first is written. Counts where the option distance is not given. */
int index_record_distance(index_table *t, const char *distance);
int index_get_document(index_table *t, sqlite3_int64 id, document_row *out);
void document_row_free(document_row *row);
/* Replaces a document's entry and its vectors. */
struct document;
struct embedded;
int index_put_document(index_table *t, const struct document *d,
                       const struct embedded *e);
int index_delete_document(index_table *t, sqlite3_int64 id);
/* Reads all that putting or deleting a document will read: damage is met while nothing is
 * changed. */
int index_check_before_write(index_table *t, sqlite3_int64 id);
/* The vector at an address, of n values: as many as the caller has room for. An index
 * that now has another dimension is damaged. */
int index_read_vector(index_table *t, sqlite3_int64 address, size_t n, float *vector);
/* All vectors of a document, in *out as index_put_document() takes them. */
int index_read_document(index_table *t, const document_row *row, struct embedded *out);
/* Before any write: an error if what it writes does not fit the connection's
 * SQLITE_LIMIT_LENGTH. dimension 0: there are no vectors yet. */
int index_check_size(index_table *t, size_t dimension);
/* Whether what is read may be what another connection has not committed yet. */
bool index_reads_uncommitted(index_table *t);
/* The epoch as it is recorded now. */
int index_read_epoch(index_table *t, unsigned char epoch[16]);
/* An error: what is damaged, and the way out. */
int index_corrupt(index_table *t, const char *what);
int index_no_dimension(index_table *t); /* there are vectors for all that */
/* A row of a shadow table that is not sound; its statement is reset. Without memory a
 * column's bytes are not there either, and the reset returns that. */
int index_unsound(index_table *t, sqlite3_stmt *s, const char *what);
/* Writes what is still in memory. */
int index_flush(index_table *t);
/* Forgets what is not written yet. */
void index_free_writer(index_table *t);
/* A block into memory of the right size; a row that is missing is zeroes. */
int index_read_block(index_table *t, statement_kind kind, sqlite3_int64 id, void *into,
                     size_t bytes);
/* Empties every vector table, after index_drop_memory(). */
int index_reset(index_table *t);
/* Rewrites the chunks without deleted slots. */
int index_compact(index_table *t);

/* The number of live vectors that is recorded. */
int index_recorded_vectors(index_table *t, sqlite3_int64 *out);

/* code_cache.c: documents and codes in memory ---------------------------------------- */

/* Shared by searches. */
typedef struct code_cache {
  int owners;
  unsigned char epoch[16];
  biobert_collection collection;
  int searches;
  bool uncommitted; /* of a state that another connection may undo: used once */
} code_cache;

/* Of the index as it is now; borrowed. Writes what is not written yet. */
int code_cache_get(index_table *t, code_cache **out);
void code_cache_release(code_cache *c);
/* Forgets what is in memory and not written, and what was read. */
void index_drop_memory(index_table *t);
/* Estimates for all vectors as biobert_query_scan() gives them (error may be NULL). */
int code_cache_scan(index_table *t, code_cache *c, const biobert_query *query,
                    float *estimate, float *error);

/* row_ranking.c: a ranking ----------------------------------------------------------- */

typedef struct search search;

/* What is asked for. */
typedef struct search_request {
  biobert_search_mode mode;
  bool feedback;
  const float *vector; /* of the query, or NULL: lexical */
  size_t dimension;    /* of the vector */
  const char *words;   /* the FTS5 query of the lexical half, or NULL */
  bool every;          /* without a query and words: every row that has words */
  bool identifier;     /* `words` is one: hybrid_query() */
} search_request;

int search_new(index_table *t, const search_request *request, search **out);
search *search_share(search *s);
void search_release(search *s);
/* The row at a position of the order. *found false: there are not that many. */
int search_at(search *s, size_t position, biobert_result *out, bool *found);
/* The row of one id, wherever it stands in the order. */
int search_find(search *s, sqlite3_int64 id, biobert_result *out, bool *found);
/* True when it ranks this state of the index. */
bool search_is_of(const search *s, const code_cache *c);
/* About how much memory it takes. */
size_t search_bytes(const search *s);
/* Semantic mode: whether there may be rows without a distance (cosine, of length 0). */
bool search_has_null_distances(const search *s);
bool search_is_complete(const search *s);
/* [16]: of the state of the index that it ranks. */
const unsigned char *search_epoch(const search *s);
/* It was for an identifier that no text has. */
bool search_missed_identifier(const search *s);
/* Computes everything that still depends on the tables, because they are about to change.
 */
int search_materialize(search *s);

/* kept_rankings.c: what may be asked for again
 * --------------------------------------------
 */

enum { KEPT_RANKINGS = 4 };

typedef struct kept_ranking {
  search *search; /* NULL: none */
  char *key;      /* of the request */
  size_t key_bytes;
} kept_ranking;

/* The rowids of the k rows of a search. */
typedef struct top_rows {
  sqlite3_uint64 cursor; /* which made it */
  char *key;             /* of the search and its filters; NULL: none */
  size_t key_bytes;
  id_list rows;
  bool has_state;
  sqlite3_uint64 state; /* of all files of the connection */
} top_rows;

typedef struct kept_results {
  kept_ranking rankings[KEPT_RANKINGS]; /* the last used first */
  top_rows top;
} kept_results;

/* The ranking of a request on the index as it is now; the caller releases it. */
int kept_search(index_table *t, const search_request *request, search **out);
/* The rows kept under a key if they are still right for a cursor (its number), or NULL;
 * borrowed until the next call of these. */
const id_list *kept_top(index_table *t, sqlite3_uint64 cursor, const char *key,
                        size_t bytes);
/* Keeps rows, which are sorted; takes them and the key. */
const id_list *kept_put_top(index_table *t, sqlite3_uint64 cursor, char *key,
                            size_t bytes, id_list *rows);
void kept_drop(index_table *t);

/* question.c: words --------------------------------------------------------------- */

/* A user's text as an FTS5 query: its words, quoted, joined by OR, function words left
 * out. NULL without memory; "" where the text has no word. Freed with sqlite3_free().
 * *identifier: the text is nothing but a DOI, a PMID, a trial's number ..., which has no
 * meaning that a vector could be near to; the query is its phrase. */
char *hybrid_query(const char *text, size_t bytes, bool *identifier);

/* query_words.c: `words` and column MATCHes --------------------------------------
 */

/* In FTS5's syntax. Zeroed: nothing was asked. */
typedef struct asked_words {
  char *must, *must_not; /* NULL: no condition of the kind */
  bool given;            /* be it '' */
} asked_words;

/* What a person typed; column -1: for the whole text. An error is the table's message. */
int asked_words_add(index_table *t, int column, biobert_str typed, asked_words *out);
void asked_words_free(asked_words *words);

/* words.c: the lexical half ----------------------------------------------------- */

/* A document's words, replacing older ones. values: in the order of the columns. */
int words_write(index_table *t, sqlite3_int64 id, sqlite3_value **values);
int words_remove(index_table *t, sqlite3_int64 id);
/* As index_check_before_write(). */
int words_check_before_write(index_table *t, sqlite3_int64 id);
int words_clear(index_table *t); /* all of them */
/* A document's words and vectors. */
int remove_document(index_table *t, sqlite3_int64 id);
/* Before FTS5 is asked for anything after a rollback that has met it at work. */
int words_settle(index_table *t);
int words_optimize(index_table *t);
/* When writing ends: what FTS5 has left open is closed. A failure is harmless, unless
 * SQLite rolls everything back because of it. */
int words_rest(index_table *t);
/* *problem as of index_check(). */
int words_check(index_table *t, char **problem);

/* document.c: text of a row ----------------------------------------------------- */

/* A row of the content as the index sees it. */
typedef struct document {
  sqlite3_int64 id;
  char *text; /* the joined text, NUL-terminated; "" if there is none */
  size_t bytes;
  size_t title; /* bytes of the first indexed column in it */
  sqlite3_int64 hash;
  bool blank;  /* nothing to embed: no text, or white space */
  char *error; /* why it cannot be used, or NULL. Owned */
} document;

struct document_row;
/* The text comes with a vector of its own. With vectors= the hash is that of both: the
 * content is asked for both. Otherwise it is another one than a text alone has, so that
 * a check can tell which vectors the model should have made. */
void document_take_vector(const index_table *t, document *d, sqlite3_value *vector);
/* Whether it is the text that an entry was made from, by the model or with a vector. */
bool document_is_known(const document *d, const struct document_row *known);
/* The hash of a document's text, an indexed column after another, from 0. */
uint64_t document_hash(uint64_t before, int column, biobert_str text);
/* Whether the hash that an entry has may be that of a text of this document_hash(). */
bool document_hash_may_be(const index_table *t, sqlite3_int64 kept, uint64_t hash);

/* From values in the order of the declared columns. */
int document_make(const index_table *t, sqlite3_int64 id, sqlite3_value **values,
                  document *out);
void document_free(document *d);

/* What embedding made of a document. */
typedef struct embedded {
  float *vectors; /* [count, dimension]; owned */
  int count;
  uint32_t *spans; /* [2 * count], or NULL: whole. Owned */
  char *error;     /* why there are none, or NULL. Owned */
} embedded;

/* Runs the index's model over documents, a text a worker. An error of a document is in
 * its out->error; the status is for what ends the run (no memory, an interrupt). */
biobert_status documents_embed(index_table *t, named_model *m,
                               const document *const *documents, embedded **out,
                               size_t count, biobert_error *err);
/* The same for as many of them as have together at most `most` vectors, the first in any
 * case; *count becomes how many those are. */
biobert_status documents_embed_some(index_table *t, named_model *m,
                                    const document *const *documents, embedded **out,
                                    size_t *count, size_t most, biobert_error *err);
void embedded_free(embedded *e);

/* The table, its errors (table_errors.c) and transactions (transaction.c) -------------- */

struct index_writer;
struct index_cursor;
struct sync_batch;
struct sync_work;

struct index_table {
  sqlite3_vtab base;
  sqlite3 *db;
  open_tables *open;
  registry *registry; /* open's */
  char *schema, *name;
  index_config config;
  bool has_fts;     /* a lexical half exists */
  bool damaged;     /* it can only be dropped */
  int newer_format; /* of a later version: the same; 0: it is not */
  bool rolled_back; /* what is in memory is void: table_settle() */
  bool verified;    /* the shadow tables are what we made: schema_verify() */
  int reprepared;   /* as it was then */
  int inside;       /* xUpdate, or statements that read the content: table_check_open() */
  bool storing;     /* the writer is in use: index_flush() */
  int model_code;   /* of SQLite's, why table_model() has failed; 0: not because of it */
  size_t dimension; /* 0: no vector yet */
  sqlite3_stmt *statements[STMT_COUNT];
  struct index_writer *writer;
  code_cache *cache;
  kept_results kept;
  struct {
    int count;      /* of constraints, */
    uint64_t shape; /* and a hash of their columns and operators */
  } planned;        /* in the last call of xBestIndex that was no branch of an OR */
  struct index_cursor *cursors; /* open ones with a search */
  sqlite3_uint64 cursors_opened;
  struct sync_batch *batch;  /* computed, to be written by the command */
  struct sync_work *left;    /* what the last limited 'sync' found and did not do */
  double sync_began;         /* seconds: of a limited 'sync' not yet committed; 0: none */
  struct replaced *replaced; /* of write.c; NULL: nothing */
  bool writing;              /* within xUpdate */
  bool fts_unsettled;        /* words_settle() has something to do, */
  bool fts_settling;         /* and does it */
  bool as_statement; /* the command that comes next is one of run_as_statement() */
  bool changing;     /* within xUpdate: something may be changed already */
  bool half_written; /* a statement failed then, and has not been undone */
  bool pending;      /* written since xSavepoint: by us, or FTS5, from memory */
  index_table *next; /* of the connection */
};

/* Sets the table's error message; returns code. */
int table_error(index_table *t, int code, const char *format, ...);
int table_status(index_table *t, const biobert_error *err);
/* The status of an SQLite code, with the table's message, which is taken, or SQLite's. */
biobert_status table_fail(index_table *t, int rc, biobert_error *err);
/* That the content cannot be read, and what to do. */
int table_content_error(index_table *t, int code);
/* The model of the index, checked against the recorded fingerprint; records it if
 * `record`. Messages say what differs and the way out. */
biobert_status table_model(index_table *t, bool record, named_model **out,
                           biobert_error *err);
/* Forgets what a rollback has made void; called when a call of SQLite's begins. */
void table_settle(index_table *t);
/* Another object of t's index, from `o` on in the list of open ones, or NULL. When SQLite
 * reads the schema anew it makes a new object, and the old one lives on until its
 * statements and its transaction end. */
index_table *table_other(const index_table *t, index_table *o);
#define FOR_EACH_OTHER(t, o)                                                             \
  for (index_table *o = table_other(t, (t)->open->first); o; o = table_other(t, o->next))
/* What another object has in memory is in the tables before this one reads them. */
int table_flush_others(index_table *t);
/* SQLITE_ABORT where a statement of this transaction has done half of its work. */
int table_check_whole(index_table *t);
/* Settles; SQLITE_CORRUPT_VTAB unless the shadow tables are as they were made. */
int table_check_sound(index_table *t);
/* The same where an operation begins. None may begin inside another one of this index: a
 * content made from the index, or a trigger, would have it do so. */
int table_check_open(index_table *t);
/* Before any write: open searches are made independent of the tables. */
int table_before_write(index_table *t);

int module_register(sqlite3 *db, open_tables *open);

/* integrity.c ----------------------------------------------------------------------- */

/* *problem: what is damaged, or NULL; freed with sqlite3_free(). */
int index_check(index_table *t, char **problem);

/* write.c: xUpdate -------------------------------------------------------------- */

/* A statement begins: what the one before it has replaced is no matter of its own. */
void write_begin_statement(index_table *t);
int vtab_update(sqlite3_vtab *base, int argc, sqlite3_value **argv, sqlite3_int64 *rowid);

/* plan.c: xBestIndex, and what xFilter is told ---------------------------------- */

typedef enum plan_kind { PLAN_SCAN, PLAN_ROWID, PLAN_SEARCH } plan_kind;

typedef enum plan_arg_kind {
  ARG_QUERY,
  ARG_K,
  ARG_MODE,
  ARG_WORDS,
  ARG_FEEDBACK,
  ARG_COLUMN_WORDS, /* column MATCH */
  ARG_ROWID,
  ARG_DISTANCE,
  ARG_FILTER,
  ARG_KIND_COUNT,
} plan_arg_kind;

/* One value that xFilter gets: what it is, and how it is compared. */
typedef struct plan_arg {
  plan_arg_kind kind;
  int column;         /* ARG_COLUMN_WORDS, ARG_FILTER */
  unsigned char op;   /* an SQLITE_INDEX_CONSTRAINT_ code */
  bool list;          /* IN (...), all values at once */
  char collation[64]; /* ARG_FILTER */
} plan_arg;

typedef struct plan {
  plan_kind kind;
  bool by_distance; /* rows without a distance come first, as SQLite sorts NULLs */
  int count;
  plan_arg *args; /* [count]; owned: plan_free() */
} plan;

int vtab_best_index(sqlite3_vtab *base, sqlite3_index_info *info);
/* The plan in words, as EXPLAIN QUERY PLAN shows it, and back. plan_write:
 * sqlite3_malloc'ed. */
char *plan_write(const plan *p);
/* SQLITE_OK, SQLITE_NOMEM, or SQLITE_ERROR where the text is no plan. */
int plan_read(const char *text, plan *out);
void plan_free(plan *p);
bool plan_has(const plan *p, plan_arg_kind kind);
/* `rowid = x`, of one value. */
bool plan_arg_is_key(const plan_arg *a);
/* "=", or NULL: not one that a filter can have */
const char *plan_operator(unsigned char op);

/* row_filter.c: conditions on declared columns -------------------------------------- */

typedef struct row_filter row_filter;

/* values: what the plan's arguments are bound to. keys: `rowid = x` is a condition like
 * the others; else it is left out. */
int filter_new(index_table *t, const plan *p, sqlite3_value **values, bool keys,
               row_filter **out);
/* The comparisons that are left to SQLite, as it will most likely make them: for
 * counting. *out NULL: there are none. */
int filter_new_open(index_table *t, const plan *p, sqlite3_value **values,
                    row_filter **out);
void filter_free(row_filter *f);
/* One more condition: words, in FTS5's syntax, that must or must not occur. */
int filter_add_words(row_filter *f, const char *expression, bool excluded);
int filter_accepts(row_filter *f, sqlite3_int64 id, bool *accepts);
/* Sorted keys among which every accepted one is, if at most `most` are known; else NULL.
 */
const sqlite3_int64 *filter_few(const row_filter *f, size_t most, size_t *count);

/* cursor.c: scans, look-ups, searches ------------------------------------------- */

int vtab_open(sqlite3_vtab *base, sqlite3_vtab_cursor **out);
int vtab_close(sqlite3_vtab_cursor *base);
int vtab_filter(sqlite3_vtab_cursor *base, int number, const char *text, int argc,
                sqlite3_value **argv);
int vtab_next(sqlite3_vtab_cursor *base);
int vtab_eof(sqlite3_vtab_cursor *base);
int vtab_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *out);

/* Completes the searches of all open cursors: the tables are about to change. */
int cursors_materialize(index_table *t);
/* Something was rolled back: a search of a state that is no more cannot go on. */
void cursors_lose(index_table *t);

/* queue.c: the table of changed rows ----------------------------------------------
 */

/* Whether the queue is there and serves this index alone; an error says what to do. Also
 * without a queue. creating: the index is the newest, whatever its place in the schema.
 */
int queue_check(index_table *t, bool creating);
/* False: there is one, in another schema than the index. */
int queue_is_beside(const index_table *t, bool *is);
/* A statement for the keys in the queue, each once. */
int queue_prepare(index_table *t, sqlite3_stmt **out);
/* The same for taking out the key ?1. */
int queue_prepare_remove(index_table *t, sqlite3_stmt **out);
/* Takes the write lock of the queue's file, before anything is read from there. */
int queue_lock(index_table *t);

/* index_status.c -------------------------------------------------------------------- */

extern const tvf tvf_status, tvf_failures;

/* sync.c: bringing an index up to date ------------------------------------------ */

/* The command 'sync': at most `most` rows (negative: all), inside the caller's
 * transaction. */
int sync_command(index_table *t, sqlite3_int64 most);
/* Forgets what a limited 'sync' has left. */
void sync_forget(index_table *t);
/* After the commit of a limited 'sync' that has left something: lets other connections
 * write before the next one. */
void sync_pause(index_table *t);
/* The command behind biobert_sync(): writes t->batch. */
int sync_write_batch(index_table *t);
int sync_retry(index_table *t);
extern const tvf tvf_sync;
/* With vectors=: what the content has for a key; *out NULL: no row. Freed with
 * sqlite3_value_free(). */
int sync_ready_vector(index_table *t, sqlite3_int64 id, sqlite3_value **out);
/* Documents whose text is another than the one that was embedded. */
int sync_count_stale(index_table *t, sqlite3_int64 *out);

#endif
