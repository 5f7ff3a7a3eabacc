/* write_rows.c - one row is inserted, updated or deleted.
 *
 * Whatever can fail is done before anything is changed, because a statement of one row has
 * no savepoint to go back to (and SQLite lets none be made while it runs). So the order is:
 * the row is made, what it replaces is read, all statements are prepared, and the content
 * is written, whose row may be too big, in one statement; what follows has been seen to
 * fit. From the content's row on t->changing is set: if something fails after all, the
 * transaction may not be committed (table_check_whole()). */
#include "search/write_rows.h"

#include <string.h>

#include "search/chunk_store.h"
#include "search/document.h"
#include "search/document_rows.h"
#include "search/model_identity.h"
#include "search/recorded.h"
#include "search/replaced_vectors.h"
#include "search/shadow_sql.h"
#include "search/sync_work.h"
#include "search/table_errors.h"
#include "search/words.h"
#include "sql/arguments.h"
#include "sql/numbers.h"

/* Reads all that writing or deleting the row of an id will read, so that damage is met
 * while nothing is changed. */
static int check_before_write(index_table *t, sqlite3_int64 id) {
  int rc = words_check_before_write(t, id);
  return rc == SQLITE_OK ? store_check_before_write(t, id) : rc;
}

static int delete_content(index_table *t, sqlite3_int64 id) {
  sqlite3_stmt *s;
  if (t->config.content) return SQLITE_OK;
  int rc = schema_statement_of(t, STMT_CONTENT_DELETE, id, &s);
  return rc == SQLITE_OK ? schema_run(s, NULL, 0) : rc;
}

static int remove_row(index_table *t, sqlite3_int64 id) {
  int rc = remove_document(t, id);
  return rc == SQLITE_OK ? delete_content(t, id) : rc;
}

int write_delete_row(index_table *t, sqlite3_int64 id) {
  int rc = check_before_write(t, id);
  if (rc == SQLITE_OK) rc = schema_prepare_writes(t);
  if (rc != SQLITE_OK) return rc;
  t->changing = true;
  return remove_row(t, id);
}

/* The new row ------------------------------------------------------------------------ */

/* A row that is being written. */
typedef struct new_row {
  document document;
  embedded embedded;
  bool given;           /* the statement has its vector */
  sqlite3_value *ready; /* with vectors=: the content has it, or NULL. Owned */
  size_t dimension;     /* of its vectors */
  named_model *model;   /* that made them, or NULL */
} new_row;

static void free_row(new_row *row) {
  document_free(&row->document);
  embedded_free(&row->embedded);
  sqlite3_value_free(row->ready);
}

/* A vector that came with the row. */
static int take_vector(index_table *t, sqlite3_value *value, new_row *row) {
  biobert_error err;
  const void *vector;
  size_t n, expected = t->dimension ? t->dimension : (size_t)t->config.dimension;
  if (arg_vector(value, HIDDEN_VECTOR, expected, &vector, &n, &err)) {
    if (err.status == BIOBERT_NOMEM) return SQLITE_NOMEM;
    const char *why = strstr(err.message, ": ");
    return table_error(t, SQLITE_ERROR, "vector%s", why ? why : "");
  }
  if (n == 0) return table_error(t, SQLITE_ERROR, "vector: no values");
  row->embedded.vectors = sqlite3_malloc64(n * sizeof *row->embedded.vectors);
  if (!row->embedded.vectors) return SQLITE_NOMEM;
  memcpy(row->embedded.vectors, vector, n * sizeof *row->embedded.vectors);
  row->embedded.count = 1;
  row->dimension = n;
  return SQLITE_OK;
}

/* A text that the model cannot do ends the statement here (in a sync it becomes a
 * failure). */
static int embed_row(index_table *t, new_row *row) {
  biobert_error err;
  const document *d = &row->document;
  if (d->error) return table_error(t, SQLITE_ERROR, "%s", d->error);
  if (t->config.search == BIOBERT_LEXICAL || d->blank || t->config.vectors)
    return SQLITE_OK;
  embedded *into = &row->embedded;
  if (table_model(t, false, &row->model, &err) ||
      documents_embed(t, row->model, &d, &into, 1, &err))
    return table_status(t, &err);
  if (row->embedded.error) return table_error(t, SQLITE_ERROR, "%s", row->embedded.error);
  row->dimension = biobert_model_dimension(named_model_model(row->model));
  if (t->dimension && t->dimension != row->dimension)
    return table_error(t, SQLITE_ERROR,
                       "the model makes vectors of %d values, the index has %d",
                       (int)row->dimension, (int)t->dimension);
  return SQLITE_OK;
}

static bool has_vector(const update *u) {
  sqlite3_value *vector = update_hidden(u, HIDDEN_VECTOR);
  return sqlite3_value_type(vector) != SQLITE_NULL && !sqlite3_value_nochange(vector);
}

/* The vector that the row has without the model: the statement's, or with vectors= the
 * content's. */
static sqlite3_value *vector_of(const update *u, const new_row *row) {
  if (row->given) return update_hidden(u, HIDDEN_VECTOR);
  bool none = !row->ready || sqlite3_value_type(row->ready) == SQLITE_NULL;
  return none ? NULL : row->ready;
}

/* The text of a row, and where its vector comes from. */
static int make_document(const update *u, bool given, new_row *row) {
  index_table *t = u->table;
  *row = (new_row){.given = given};
  int rc = document_make(t, 0, u->argv + 2, &row->document);
  if (rc == SQLITE_OK && t->config.vectors && !given)
    rc = sync_ready_vector(t, u->id, &row->ready);
  sqlite3_value *vector = rc == SQLITE_OK ? vector_of(u, row) : NULL;
  /* A zeroblob() becomes one only here. */
  if (vector && sqlite3_value_bytes(vector) && !sqlite3_value_blob(vector))
    return SQLITE_NOMEM;
  if (vector) document_take_vector(t, &row->document, vector);
  return rc;
}

static int make_vectors(const update *u, new_row *row) {
  index_table *t = u->table;
  sqlite3_value *vector = vector_of(u, row);
  int rc = vector ? take_vector(t, vector, row) : embed_row(t, row);
  return rc == SQLITE_OK ? recorded_check_size(t, row->dimension) : rc;
}

/* Writing it ------------------------------------------------------------------------- */

/* Whether the own content has a row. */
static int content_has(index_table *t, sqlite3_int64 id, bool *has) {
  sqlite3_stmt *s;
  *has = false;
  if (t->config.content) return SQLITE_OK;
  int rc = schema_statement_of(t, STMT_CONTENT_HAS, id, &s);
  if (rc != SQLITE_OK) return rc;
  *has = sqlite3_step(s) == SQLITE_ROW;
  return sqlite3_reset(s);
}

/* Whether the row of that id may be written; one that is there is replaced, or refused.
 */
static int check_conflict(index_table *t, sqlite3_int64 id) {
  bool has;
  int rc = content_has(t, id, &has);
  if (rc != SQLITE_OK || !has) return rc;
  if (sqlite3_vtab_on_conflict(t->db) == SQLITE_REPLACE) return SQLITE_OK;
  return table_error(t, SQLITE_CONSTRAINT, "a row %lld is there already", id);
}

/* Writes the row of the content, in place of one that is there. */
static int put_content(const update *u, sqlite3_int64 *rowid) {
  index_table *t = u->table;
  *rowid = u->id;
  if (t->config.content) return SQLITE_OK;
  sqlite3_stmt *s;
  int rc = schema_statement(t, STMT_CONTENT_PUT, &s);
  if (rc != SQLITE_OK) return rc;
  if (u->has_id) rc = sqlite3_bind_int64(s, 1, u->id);
  for (int i = 0; i < t->config.column_count && rc == SQLITE_OK; i++)
    rc = sqlite3_bind_value(s, i + 2, update_declared(u, i));
  rc = schema_run(s, &rc, 1);
  *rowid = sqlite3_last_insert_rowid(t->db);
  return rc;
}

/* Writes a row, in place of one that has its id. */
static int write_row(const update *u, new_row *row, sqlite3_int64 *rowid) {
  index_table *t = u->table;
  biobert_error err;
  int rc = schema_prepare_writes(t);
  if (rc == SQLITE_OK) rc = put_content(u, rowid);
  t->changing = rc == SQLITE_OK; /* from here on a failure leaves something half done */
  if (rc == SQLITE_OK && row->model && table_model(t, true, &row->model, &err))
    rc = table_status(t, &err);
  if (rc == SQLITE_OK && row->dimension) rc = recorded_dimension(t, row->dimension);
  if (rc == SQLITE_OK) rc = words_write(t, *rowid, u->argv + 2);
  row->document.id = *rowid;
  if (rc == SQLITE_OK) rc = store_put(t, &row->document, &row->embedded);
  return rc;
}

/* argv[1]: an integer, or what SQLite's INTEGER affinity would make one of. */
static int read_rowid(update *u) {
  index_table *t = u->table;
  sqlite3_value *value = u->argv[1];
  u->has_id = number_whole(value, &u->id);
  bool none = sqlite3_value_type(value) == SQLITE_NULL;
  if (u->has_id || (none && !t->config.content)) return SQLITE_OK;
  if (none)
    return table_error(t, SQLITE_MISMATCH,
                       "a row of an index with content= needs a rowid");
  return table_error(t, SQLITE_MISMATCH, "the rowid '%.32s' is no whole number",
                     (const char *)sqlite3_value_text(value));
}

/* The rowid that SQLite would give: it must be known before anything is written. After the
 * largest integer SQLite looks for a free one itself. */
static int choose_rowid(update *u) {
  sqlite3_stmt *s;
  if (u->has_id) return SQLITE_OK;
  int rc = schema_statement(u->table, STMT_CONTENT_LAST, &s);
  if (rc != SQLITE_OK) return rc;
  sqlite3_int64 last = 0;
  if (sqlite3_step(s) == SQLITE_ROW) last = sqlite3_column_int64(s, 0);
  u->has_id = last < INT64_MAX;
  if (u->has_id) u->id = last + 1;
  return sqlite3_reset(s);
}

int write_insert_row(update *u, sqlite3_int64 *rowid) {
  new_row row = {0};
  int rc = read_rowid(u);
  if (rc == SQLITE_OK) rc = make_document(u, has_vector(u), &row);
  if (rc == SQLITE_OK) rc = make_vectors(u, &row);
  if (rc == SQLITE_OK && u->has_id) rc = check_conflict(u->table, u->id);
  if (rc == SQLITE_OK) rc = choose_rowid(u);
  if (rc == SQLITE_OK && u->has_id) rc = check_before_write(u->table, u->id);
  if (rc == SQLITE_OK) rc = write_row(u, &row, rowid);
  free_row(&row);
  return rc;
}

/* UPDATE ----------------------------------------------------------------------------- */

/* The row that an UPDATE finds. */
typedef struct old_row {
  sqlite3_int64 id;
  bool there; /* false: this statement has moved it away */
  bool moves; /* to another rowid */
  document_row known;
  embedded vectors; /* where they are asked for */
} old_row;

/* Up to SQLite 3.41 an UPDATE ... FROM reads whole rows before it writes the first, and
 * then every column arrives as if it were set, the vector of the old text too. */
static bool was_read_before(const update *u) {
  return !sqlite3_value_nochange(update_hidden(u, HIDDEN_DOCUMENT));
}

/* Whether the vector that came with an UPDATE is only what the row had: one of its own (a
 * search shows the best passage's), or one that this statement has replaced. A vector of
 * the old text does not become one of the new text by being written beside it. */
static bool is_old_vector(const update *u, sqlite3_int64 id, const embedded *old) {
  index_table *t = u->table;
  sqlite3_value *value = update_hidden(u, HIDDEN_VECTOR);
  size_t bytes = t->dimension * sizeof(float);
  if (sqlite3_value_type(value) != SQLITE_BLOB ||
      (size_t)sqlite3_value_bytes(value) != bytes)
    return false;
  biobert_str vector = {sqlite3_value_blob(value), bytes};
  if (!vector.data) return false; /* no memory, as make_document() will say */
  for (int i = 0; i < old->count; i++)
    if (memcmp(old->vectors + (size_t)i * t->dimension, vector.data, bytes) == 0)
      return true;
  return was_read_before(u) && replaced_has(t, id, vector);
}

static int read_old_row(const update *u, old_row *old) {
  index_table *t = u->table;
  *old = (old_row){.id = sqlite3_value_int64(u->argv[0]), .there = true};
  old->moves = u->id != old->id;
  int rc = t->config.content ? SQLITE_OK : content_has(t, old->id, &old->there);
  if (rc == SQLITE_OK) rc = document_row_get(t, old->id, &old->known);
  if (rc == SQLITE_OK && (old->moves || has_vector(u)))
    rc = store_read_vectors(t, &old->known, &old->vectors);
  return rc;
}

static void free_old_row(old_row *old) {
  document_row_free(&old->known);
  embedded_free(&old->vectors);
}

/* The text has not changed: its vectors go with it, given ones too. */
static void keep_vectors(const update *u, old_row *old, new_row *row) {
  row->document.hash = old->known.hash;
  row->embedded = old->vectors;
  row->dimension = old->vectors.count ? u->table->dimension : 0;
  old->vectors = (embedded){0};
}

static int replace_row(const update *u, old_row *old, bool same, new_row *row,
                       sqlite3_int64 *rowid) {
  index_table *t = u->table;
  int rc = SQLITE_OK;
  if (was_read_before(u)) rc = replaced_add(t, old->id, &old->vectors);
  if (rc != SQLITE_OK) return rc;
  if (same)
    keep_vectors(u, old, row);
  else
    rc = make_vectors(u, row);
  if (rc == SQLITE_OK && old->moves) rc = check_conflict(t, *rowid);
  if (rc == SQLITE_OK) rc = check_before_write(t, *rowid);
  if (rc == SQLITE_OK && old->moves) rc = check_before_write(t, old->id);
  if (rc == SQLITE_OK) rc = write_row(u, row, rowid);
  return rc == SQLITE_OK && old->moves ? remove_row(t, old->id) : rc;
}

int write_update_row(update *u, sqlite3_int64 *rowid) {
  old_row old = {0};
  new_row row = {0};
  int rc = read_rowid(u);
  if (rc == SQLITE_OK) rc = read_old_row(u, &old);
  *rowid = u->id;
  if (rc == SQLITE_OK && old.there) {
    bool given = has_vector(u) && !is_old_vector(u, old.id, &old.vectors);
    rc = make_document(u, given, &row);
    bool same = !given && document_is_known(&row.document, &old.known);
    if (old.moves && old.known.failed) same = false; /* tried again under its new id */
    if (rc == SQLITE_OK)
      rc = same && !old.moves ? put_content(u, rowid) /* nothing that is embedded */
                              : replace_row(u, &old, same, &row, rowid);
  }
  free_old_row(&old);
  free_row(&row);
  return rc;
}
