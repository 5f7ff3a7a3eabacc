/* vtab_write.c - INSERT, UPDATE, DELETE, and the commands.
 *
 * With own content a write changes the content too; with content= it changes the index
 * alone, as FTS5's external content tables do. What was written is found at once. */
#include "vtab.h"

#include <string.h>

/* The arguments of xUpdate by name. */
typedef struct update {
  index_table *table;
  int argc;
  sqlite3_value **argv;
} update;

static sqlite3_value *declared(const update *u, int column) {
  return u->argv[2 + column];
}

static sqlite3_value *hidden(const update *u, hidden_column column) {
  return u->argv[2 + u->table->config.column_count + (int)column];
}

/* One row ---------------------------------------------------------------------------- */

int remove_document(index_table *t, sqlite3_int64 id) {
  int rc = words_remove(t, id);
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

/* A row that is being written: whatever can fail is done before anything is changed,
 * because a statement of one row has no savepoint to go back to. */
typedef struct new_row {
  document document;
  embedded embedded;
  size_t dimension;   /* of its vectors */
  named_model *model; /* that made them, or NULL */
} new_row;

static void free_row(new_row *row) {
  document_free(&row->document);
  embedded_free(&row->embedded);
}

/* A vector that came with the row. */
static int given_vector(index_table *t, sqlite3_value *value, new_row *row) {
  biobert_error err;
  const void *vector;
  size_t n, expected = t->dimension ? t->dimension : (size_t)t->config.dimension;
  if (arg_vector(value, HIDDEN_VECTOR, expected, &vector, &n, &err)) {
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
  if (t->config.search == MODE_LEXICAL || d->blank || t->config.vectors) return SQLITE_OK;
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
  sqlite3_value *vector = hidden(u, HIDDEN_VECTOR);
  return sqlite3_value_type(vector) != SQLITE_NULL && !sqlite3_value_nochange(vector);
}

static int make_row(const update *u, new_row *row) {
  index_table *t = u->table;
  memset(row, 0, sizeof *row);
  int rc = index_dimension(t, 0);
  if (rc == SQLITE_OK) rc = document_make(t, 0, u->argv + 2, &row->document);
  if (rc != SQLITE_OK) return rc;
  return has_vector(u) ? given_vector(t, hidden(u, HIDDEN_VECTOR), row)
                       : embed_row(t, row);
}

/* Whether the own content has a row. */
static int content_has(index_table *t, sqlite3_int64 id, bool *has) {
  sqlite3_stmt *s;
  *has = false;
  if (t->config.content) return SQLITE_OK;
  int rc = schema_statement(t, STMT_CONTENT_HAS, &s);
  if (rc != SQLITE_OK) return rc;
  sqlite3_bind_int64(s, 1, id);
  *has = sqlite3_step(s) == SQLITE_ROW;
  return sqlite3_reset(s);
}

/* Makes room for a row of that id, or refuses. */
static int resolve_conflict(index_table *t, sqlite3_int64 id) {
  bool has;
  int rc = content_has(t, id, &has);
  if (rc != SQLITE_OK || !has) return rc;
  if (sqlite3_vtab_on_conflict(t->db) == SQLITE_REPLACE) return delete_row(t, id);
  return table_error(t, SQLITE_CONSTRAINT, "a row %lld is there already", id);
}

static int insert_content(const update *u, sqlite3_value *id, sqlite3_int64 *rowid) {
  index_table *t = u->table;
  if (t->config.content) {
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

static int write_row(const update *u, sqlite3_value *id, new_row *row,
                     sqlite3_int64 *rowid) {
  index_table *t = u->table;
  biobert_error err;
  int rc = insert_content(u, id, rowid);
  if (rc == SQLITE_OK && row->model && table_model(t, true, &row->model, &err))
    rc = table_status(t, &err);
  if (rc == SQLITE_OK && row->dimension) rc = index_dimension(t, row->dimension);
  if (rc == SQLITE_OK) rc = words_write(t, *rowid, u->argv + 2);
  row->document.id = *rowid;
  if (rc == SQLITE_OK) rc = index_put_document(t, &row->document, &row->embedded);
  return rc;
}

/* The rowid of a new row: NULL where SQLite is to choose one. */
static int check_rowid(index_table *t, sqlite3_value *id) {
  int type = sqlite3_value_numeric_type(id);
  if (type == SQLITE_INTEGER || (type == SQLITE_NULL && !t->config.content))
    return SQLITE_OK;
  if (type == SQLITE_NULL)
    return table_error(t, SQLITE_MISMATCH,
                       "a row of an index with content= needs a rowid");
  return table_error(t, SQLITE_MISMATCH, "the rowid is no whole number");
}

static int insert_row(const update *u, sqlite3_value *id, sqlite3_int64 *rowid) {
  index_table *t = u->table;
  new_row row = {0};
  int rc = check_rowid(t, id);
  if (rc == SQLITE_OK) rc = make_row(u, &row);
  if (rc == SQLITE_OK && sqlite3_value_type(id) != SQLITE_NULL)
    rc = resolve_conflict(t, sqlite3_value_int64(id));
  if (rc == SQLITE_OK) rc = write_row(u, id, &row, rowid);
  free_row(&row);
  return rc;
}

/* Nothing that is embedded has changed: only the content does. */
static int update_content(const update *u, sqlite3_int64 id) {
  index_table *t = u->table;
  sqlite3_stmt *s;
  sqlite3_int64 unused;
  if (t->config.content) return SQLITE_OK;
  int rc = schema_statement(t, STMT_CONTENT_DELETE, &s);
  if (rc != SQLITE_OK) return rc;
  sqlite3_bind_int64(s, 1, id);
  sqlite3_step(s);
  rc = sqlite3_reset(s);
  return rc == SQLITE_OK ? insert_content(u, u->argv[1], &unused) : rc;
}

static int same_text(const update *u, sqlite3_int64 id, bool *same) {
  document d;
  document_row known;
  *same = false;
  int rc = document_make(u->table, id, u->argv + 2, &d);
  if (rc != SQLITE_OK) return rc;
  rc = index_get_document(u->table, id, &known);
  if (rc == SQLITE_OK) *same = known.found && known.hash == d.hash;
  if (rc == SQLITE_OK) document_row_free(&known);
  document_free(&d);
  return rc;
}

static int update_row(const update *u, sqlite3_int64 *rowid) {
  index_table *t = u->table;
  new_row row = {0};
  bool same = false;
  sqlite3_int64 old = sqlite3_value_int64(u->argv[0]);
  int rc = check_rowid(t, u->argv[1]);
  if (rc != SQLITE_OK) return rc;
  bool moves = sqlite3_value_int64(u->argv[1]) != old;
  *rowid = sqlite3_value_int64(u->argv[1]);
  if (!moves && !has_vector(u)) rc = same_text(u, old, &same);
  if (rc == SQLITE_OK && same) return update_content(u, old);
  if (rc == SQLITE_OK) rc = make_row(u, &row);
  if (rc == SQLITE_OK && moves) rc = resolve_conflict(t, *rowid);
  if (rc == SQLITE_OK) rc = delete_row(t, old);
  if (rc == SQLITE_OK) rc = write_row(u, u->argv[1], &row, rowid);
  free_row(&row);
  return rc;
}

/* Commands --------------------------------------------------------------------------- */

typedef int command_body(const update *u);

static int command_sync(const update *u) {
  sqlite3_value *rank = hidden(u, HIDDEN_RANK);
  int type = sqlite3_value_numeric_type(rank);
  if (type == SQLITE_NULL) return sync_command(u->table, -1);
  if (type != SQLITE_INTEGER || sqlite3_value_int64(rank) < 0)
    return table_error(
        u->table, SQLITE_ERROR,
        "'sync': rank is '%.32s': how many rows at most, a whole number from 0",
        (const char *)sqlite3_value_text(rank));
  return sync_command(u->table, sqlite3_value_int64(rank));
}

static int command_reset(const update *u) {
  return index_reset(u->table);
}

static int command_rebuild(const update *u) {
  index_table *t = u->table;
  biobert_error err;
  named_model *m;
  /* Without a model nothing must be forgotten. */
  bool needs = t->config.search != MODE_LEXICAL && !t->config.vectors;
  if (needs && registry_find(t->registry, t->config.model, &m, &err))
    return table_status(t, &err);
  int rc = index_reset(t);
  if (rc == SQLITE_OK) rc = words_clear(t);
  return rc == SQLITE_OK ? sync_command(t, -1) : rc;
}

static int command_retry(const update *u) {
  return sync_retry(u->table);
}

/* Rewrites the chunks without the slots that were deleted. */
static int command_optimize(const update *u) {
  index_table *t = u->table;
  int rc = index_compact(t);
  return rc == SQLITE_OK ? words_optimize(t) : rc;
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
    return table_error(t, SQLITE_ERROR,
                       "'delete-all' is for an index with content=: here it "
                       "would delete your text");
  int rc = index_reset(t);
  return rc == SQLITE_OK ? words_clear(t) : rc;
}

/* FTS5's trigger form: forget a row of the content. */
static int command_delete(const update *u) {
  if (!u->table->config.content || sqlite3_value_type(u->argv[1]) != SQLITE_INTEGER)
    return table_error(u->table, SQLITE_ERROR,
                       "'delete' is for an index with content=, and needs a rowid");
  return remove_document(u->table, sqlite3_value_int64(u->argv[1]));
}

static int command_batch(const update *u) {
  return sync_write_batch(u->table);
}

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

int vtab_update(sqlite3_vtab *base, int argc, sqlite3_value **argv,
                sqlite3_int64 *rowid) {
  index_table *t = (index_table *)base;
  update u = {t, argc, argv};
  int rc = table_check_open(t);
  if (rc == SQLITE_OK) rc = table_before_write(t);
  if (rc != SQLITE_OK) return rc;
  /* The shadow tables' rows are not what the user has inserted. */
  sqlite3_int64 last = sqlite3_last_insert_rowid(t->db);
  bool insert = argc > 1 && sqlite3_value_type(argv[0]) == SQLITE_NULL;
  sqlite3_value *name = insert ? hidden(&u, HIDDEN_NAME) : NULL;
  *rowid = last;
  if (argc == 1)
    rc = delete_row(t, sqlite3_value_int64(argv[0]));
  else if (insert && sqlite3_value_type(name) != SQLITE_NULL)
    rc = run_command(&u, (const char *)sqlite3_value_text(name));
  else
    rc = insert ? insert_row(&u, argv[1], rowid) : update_row(&u, rowid);
  sqlite3_set_last_insert_rowid(t->db, last);
  return rc;
}
