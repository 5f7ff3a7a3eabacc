/* vtab_write.c - INSERT, UPDATE, DELETE, and the commands.
 *
 * With own content a write changes the content too; with content= it changes the index alone,
 * as FTS5's external content tables do. What was written is found at once. */
#include "vtab.h"

#include <string.h>

/* The arguments of xUpdate by name. */
typedef struct update {
  index_table *table;
  int argc;
  sqlite3_value **argv;
} update;

static sqlite3_value *declared(const update *u, int column) { return u->argv[2 + column]; }

static sqlite3_value *hidden(const update *u, hidden_column column) {
  return u->argv[2 + u->table->config.column_count + (int)column];
}

/* One row ------------------------------------------------------------------------------------------- */

static int delete_words(index_table *t, sqlite3_int64 id) {
  if (!t->has_fts) return SQLITE_OK;
  sqlite3_stmt *s;
  int rc = schema_statement(t, STMT_FTS_DELETE, &s);
  if (rc != SQLITE_OK) return rc;
  sqlite3_bind_int64(s, 1, id);
  sqlite3_step(s);
  return sqlite3_reset(s);
}

int write_words(index_table *t, sqlite3_int64 id, sqlite3_value **values) {
  int rc = delete_words(t, id);
  if (!t->has_fts || rc != SQLITE_OK) return rc;
  sqlite3_stmt *s;
  rc = schema_statement(t, STMT_FTS_INSERT, &s);
  if (rc != SQLITE_OK) return rc;
  sqlite3_bind_int64(s, 1, id);
  for (int i = 0, at = 2; i < t->config.column_count; i++) {
    if (!t->config.columns[i].indexed) continue;
    if (sqlite3_value_type(values[i]) != SQLITE_BLOB) sqlite3_bind_value(s, at, values[i]);
    at++;
  }
  sqlite3_step(s);
  rc = sqlite3_reset(s);
  sqlite3_clear_bindings(s);
  return rc;
}

int remove_document(index_table *t, sqlite3_int64 id) {
  int rc = delete_words(t, id);
  return rc == SQLITE_OK ? index_delete_document(t, id) : rc;
}

static int delete_row(index_table *t, sqlite3_int64 id) {
  int rc = remove_document(t, id);
  if (rc != SQLITE_OK || t->config.content) return rc;
  sqlite3_stmt *s;
  rc = schema_statement(t, STMT_CONTENT_DELETE, &s);
  if (rc != SQLITE_OK) return rc;
  sqlite3_bind_int64(s, 1, id);
  sqlite3_step(s);
  return sqlite3_reset(s);
}

static int insert_content(const update *u, sqlite3_value *id, sqlite3_int64 *rowid) {
  index_table *t = u->table;
  if (t->config.content) {
    if (sqlite3_value_type(id) != SQLITE_INTEGER)
      return table_error(t, SQLITE_MISMATCH, "a row of an index with content= needs a rowid");
    *rowid = sqlite3_value_int64(id);
    return SQLITE_OK;
  }
  sqlite3_stmt *s;
  int rc = schema_statement(t, STMT_CONTENT_INSERT, &s);
  if (rc != SQLITE_OK) return rc;
  sqlite3_bind_value(s, 1, id);
  for (int i = 0; i < t->config.column_count; i++)
    sqlite3_bind_value(s, i + 2, declared(u, i));
  sqlite3_step(s);
  rc = sqlite3_reset(s);
  sqlite3_clear_bindings(s);
  *rowid = sqlite3_last_insert_rowid(t->db);
  return rc;
}

/* A vector that came with the row. */
static int given_vector(index_table *t, const document *d, sqlite3_value *value) {
  biobert_error err;
  const void *vector;
  size_t n;
  int rc = index_dimension(t, 0);
  if (rc != SQLITE_OK) return rc;
  size_t expected = t->dimension ? t->dimension : (size_t)t->config.dimension;
  if (arg_vector(value, 1, expected, &vector, &n, &err)) return table_status(t, &err);
  if (n == 0) return table_error(t, SQLITE_ERROR, "vector: a vector of no values");
  rc = index_dimension(t, n);
  float *copy = sqlite3_malloc64(n * sizeof *copy);
  if (!copy) return SQLITE_NOMEM;
  memcpy(copy, vector, n * sizeof *copy);
  if (rc == SQLITE_OK) rc = index_put_document(t, d->id, d->hash, copy, 1, NULL, NULL);
  sqlite3_free(copy);
  return rc;
}

/* Embeds and enters a document; a text that the model cannot do ends the statement here (in a sync
 * it becomes a failure). */
static int embed_row(index_table *t, const document *d) {
  biobert_error err;
  named_model *m;
  embedded e = {0};
  if (t->config.search == MODE_LEXICAL || d->blank)
    return index_put_document(t, d->id, d->hash, NULL, 0, NULL, NULL);
  if (table_model(t, true, &m, &err) || document_embed(t, m, d, &e, &err))
    return table_status(t, &err);
  int rc = e.error ? table_error(t, SQLITE_ERROR, "%s", e.error) : SQLITE_OK;
  if (rc == SQLITE_OK)
    rc = index_dimension(t, biobert_model_dimension(named_model_model(m)));
  if (rc == SQLITE_OK)
    rc = index_put_document(t, d->id, d->hash, e.vectors, e.count, e.spans, NULL);
  embedded_free(&e);
  return rc;
}

static int insert_row(const update *u, sqlite3_value *id, sqlite3_int64 *rowid) {
  index_table *t = u->table;
  if (sqlite3_vtab_on_conflict(t->db) == SQLITE_REPLACE &&
      sqlite3_value_type(id) == SQLITE_INTEGER) {
    int rc = delete_row(t, sqlite3_value_int64(id));
    if (rc != SQLITE_OK) return rc;
  }
  document d = {0};
  int rc = insert_content(u, id, rowid);
  if (rc == SQLITE_OK) rc = write_words(t, *rowid, u->argv + 2);
  if (rc == SQLITE_OK) rc = document_make(t, *rowid, u->argv + 2, &d);
  if (rc == SQLITE_OK) {
    sqlite3_value *vector = hidden(u, HIDDEN_VECTOR);
    bool given = sqlite3_value_type(vector) != SQLITE_NULL && !sqlite3_value_nochange(vector);
    rc = given ? given_vector(t, &d, vector) : embed_row(t, &d);
  }
  document_free(&d);
  return rc;
}

/* Nothing that is embedded has changed: only the content does. */
static int update_row(const update *u, sqlite3_int64 *rowid) {
  index_table *t = u->table;
  sqlite3_int64 old = sqlite3_value_int64(u->argv[0]);
  document d;
  document_row known;
  int rc = document_make(t, old, u->argv + 2, &d);
  if (rc != SQLITE_OK) return rc;
  rc = index_get_document(t, old, &known);
  bool same = rc == SQLITE_OK && known.found && known.hash == d.hash &&
              sqlite3_value_int64(u->argv[1]) == old;
  document_row_free(&known);
  document_free(&d);
  if (rc != SQLITE_OK) return rc;
  *rowid = sqlite3_value_int64(u->argv[1]);
  if (!same) {
    rc = delete_row(t, old);
    return rc == SQLITE_OK ? insert_row(u, u->argv[1], rowid) : rc;
  }
  if (t->config.content) return SQLITE_OK;
  sqlite3_stmt *s;
  rc = schema_statement(t, STMT_CONTENT_DELETE, &s);
  if (rc != SQLITE_OK) return rc;
  sqlite3_bind_int64(s, 1, old);
  sqlite3_step(s);
  rc = sqlite3_reset(s);
  return rc == SQLITE_OK ? insert_content(u, u->argv[1], rowid) : rc;
}

/* Commands -------------------------------------------------------------------------------------------- */

typedef int command_body(const update *u);

static int command_sync(const update *u) {
  sqlite3_value *rank = hidden(u, HIDDEN_RANK);
  sqlite3_int64 most = -1;
  if (sqlite3_value_type(rank) != SQLITE_NULL) most = sqlite3_value_int64(rank);
  return sync_command(u->table, most);
}

static int command_reset(const update *u) { return index_reset(u->table); }

static int command_rebuild(const update *u) {
  index_table *t = u->table;
  int rc = index_reset(t);
  if (rc == SQLITE_OK && t->has_fts) rc = schema_exec(t, "DELETE FROM @fts");
  return rc == SQLITE_OK ? sync_command(t, -1) : rc;
}

static int command_retry(const update *u) { return sync_retry(u->table); }

/* Rewrites the chunks without the slots that were deleted. */
static int command_optimize(const update *u) {
  index_table *t = u->table;
  int rc = index_compact(t);
  if (rc == SQLITE_OK && t->has_fts) rc = schema_exec(t, "INSERT INTO @fts(\"%w_fts\") "
                                                         "VALUES('optimize')", t->name);
  return rc;
}

static int command_check(const update *u) {
  char *problem = NULL;
  int rc = index_check(u->table, &problem);
  if (rc == SQLITE_OK && problem)
    rc = table_error(u->table, SQLITE_CORRUPT_VTAB, "%s", problem);
  sqlite3_free(problem);
  return rc;
}

static int command_delete_all(const update *u) {
  index_table *t = u->table;
  if (!t->config.content)
    return table_error(t, SQLITE_ERROR, "'delete-all' is for an index with content=: here it "
                                        "would delete your text");
  int rc = index_reset(t);
  return rc == SQLITE_OK && t->has_fts ? schema_exec(t, "DELETE FROM @fts") : rc;
}

/* FTS5's trigger form: forget a row of the content. */
static int command_delete(const update *u) {
  if (!u->table->config.content || sqlite3_value_type(u->argv[1]) != SQLITE_INTEGER)
    return table_error(u->table, SQLITE_ERROR,
                       "'delete' is for an index with content=, and needs a rowid");
  return remove_document(u->table, sqlite3_value_int64(u->argv[1]));
}

static int command_batch(const update *u) { return sync_write_batch(u->table); }

static const struct {
  const char *name;
  command_body *body;
  bool shown;
} commands[] = {
    {"sync",            command_sync,       true },
    {"reset",           command_reset,      true },
    {"rebuild",         command_rebuild,    true },
    {"retry",           command_retry,      true },
    {"optimize",        command_optimize,   true },
    {"integrity-check", command_check,      true },
    {"delete-all",      command_delete_all, true },
    {"delete",          command_delete,     true },
    {"sync-batch",      command_batch,      false}, /* of biobert_sync() */
};
enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

static int run_command(const update *u, const char *name) {
  for (int i = 0; i < COMMAND_COUNT; i++)
    if (strcmp(name, commands[i].name) == 0) return commands[i].body(u);
  char *list = NULL;
  for (int i = 0; i < COMMAND_COUNT; i++) {
    if (!commands[i].shown) continue;
    char *longer = sqlite3_mprintf("%z%s%s", list, i ? ", " : "", commands[i].name);
    list = longer;
  }
  table_error(u->table, SQLITE_ERROR, "command '%.32s' is not one of: %s", name,
              list ? list : "");
  sqlite3_free(list);
  return SQLITE_ERROR;
}

int vtab_update(sqlite3_vtab *base, int argc, sqlite3_value **argv, sqlite3_int64 *rowid) {
  index_table *t = (index_table *)base;
  update u = {t, argc, argv};
  int rc = table_before_write(t);
  if (rc != SQLITE_OK) return rc;
  if (argc == 1) return delete_row(t, sqlite3_value_int64(argv[0]));
  bool insert = sqlite3_value_type(argv[0]) == SQLITE_NULL;
  sqlite3_value *name = hidden(&u, HIDDEN_NAME);
  if (insert && sqlite3_value_type(name) == SQLITE_TEXT)
    return run_command(&u, (const char *)sqlite3_value_text(name));
  return insert ? insert_row(&u, argv[1], rowid) : update_row(&u, rowid);
}
