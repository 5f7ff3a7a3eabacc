/* write.c - INSERT, UPDATE, DELETE, and the commands.
 *
 * With own content a write changes the content too; with content= it changes the index
 * alone, as FTS5's external content tables do. What was written is found at once. */
#include "search/vtab.h"

#include <string.h>

#include "sql/numbers.h"

/* The arguments of xUpdate by name. */
typedef struct update {
  index_table *table;
  int argc;
  sqlite3_value **argv;
  /* The rowid that the row is to have; of an INSERT perhaps none: SQLite chooses one. */
  bool has_id;
  int64_t id;
} update;

static sqlite3_value *declared(const update *u, int column) {
  return u->argv[2 + column];
}

static sqlite3_value *hidden(const update *u, hidden_column column) {
  return u->argv[2 + u->table->config.column_count + (int)column];
}

/* One row ---------------------------------------------------------------------------- */

/* What writing the row of an id, or deleting it, will read can be read. */
static int check_before_write(index_table *t, sqlite3_int64 id) {
  int rc = words_check_before_write(t, id);
  return rc == SQLITE_OK ? index_check_before_write(t, id) : rc;
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

static int delete_row(index_table *t, sqlite3_int64 id) {
  int rc = check_before_write(t, id);
  if (rc == SQLITE_OK) rc = schema_prepare_writes(t);
  if (rc != SQLITE_OK) return rc;
  t->changing = true;
  return remove_row(t, id);
}

/* A row that is being written: whatever can fail is done before anything is changed,
 * because a statement of one row has no savepoint to go back to (and SQLite lets none be
 * made while it runs). So in the order of a statement the row is made, what it replaces
 * is read, all statements are prepared, and the content is written, whose row may be too
 * big, in one statement; what follows has been seen to fit. */
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
  sqlite3_value *vector = hidden(u, HIDDEN_VECTOR);
  return sqlite3_value_type(vector) != SQLITE_NULL && !sqlite3_value_nochange(vector);
}

/* The vector that the row has without the model: the statement's, or with vectors= the
 * content's. */
static sqlite3_value *vector_of(const update *u, const new_row *row) {
  if (row->given) return hidden(u, HIDDEN_VECTOR);
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
  return rc == SQLITE_OK ? index_check_size(t, row->dimension) : rc;
}

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
    rc = sqlite3_bind_value(s, i + 2, declared(u, i));
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
  if (rc == SQLITE_OK && row->dimension) rc = index_dimension(t, row->dimension);
  if (rc == SQLITE_OK) rc = words_write(t, *rowid, u->argv + 2);
  row->document.id = *rowid;
  if (rc == SQLITE_OK) rc = index_put_document(t, &row->document, &row->embedded);
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

/* The rowid that SQLite would give: it must be known before anything is written. Behind
 * the largest one SQLite looks for a free one. */
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

static int insert_row(update *u, sqlite3_int64 *rowid) {
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

/* Up to SQLite 3.41 an UPDATE ... FROM reads whole rows before it writes the first, and
 * then every column arrives as if it were set, the vector of the old text too. */
static bool was_read_before(const update *u) {
  return !sqlite3_value_nochange(hidden(u, HIDDEN_DOCUMENT));
}

/* The vectors that such a statement has replaced so far: where several rows of the FROM
 * meet one of the table, it comes again with what the first time has replaced. A set of
 * hashes, each of a document's id and a vector; 0 is a free place. */
typedef struct replaced {
  size_t count, capacity; /* a power of two, at most half full */
  uint64_t slots[];
} replaced;

void write_begin_statement(index_table *t) {
  if (t->writing) return; /* a statement of ours, within the user's */
  sqlite3_free(t->replaced);
  t->replaced = NULL;
}

static uint64_t replaced_key(sqlite3_int64 id, biobert_str vector) {
  uint64_t key = biobert_hash(vector, (uint64_t)id);
  return key ? key : 1;
}

/* Where a key is, or belongs. */
static uint64_t *replaced_place(replaced *r, uint64_t key) {
  size_t at = key & (r->capacity - 1);
  while (r->slots[at] && r->slots[at] != key) at = (at + 1) & (r->capacity - 1);
  return &r->slots[at];
}

static bool replaced_grow(index_table *t) {
  enum { LEAST = 64 };
  replaced *old = t->replaced;
  size_t capacity = old ? old->capacity * 2 : LEAST;
  size_t bytes = sizeof *old + capacity * sizeof *old->slots;
  replaced *r = sqlite3_malloc64(bytes);
  if (!r) return false;
  memset(r, 0, bytes);
  r->capacity = capacity;
  for (size_t i = 0; old && i < old->capacity; i++)
    if (old->slots[i]) *replaced_place(r, old->slots[i]) = old->slots[i];
  r->count = old ? old->count : 0;
  sqlite3_free(old);
  t->replaced = r;
  return true;
}

static int add_replaced(index_table *t, sqlite3_int64 id, const embedded *e) {
  size_t n = t->dimension;
  for (int i = 0; i < e->count; i++) {
    const replaced *full = t->replaced;
    if ((!full || full->count * 2 >= full->capacity) && !replaced_grow(t))
      return SQLITE_NOMEM;
    biobert_str vector = {(const char *)(e->vectors + (size_t)i * n), n * sizeof(float)};
    uint64_t key = replaced_key(id, vector), *place = replaced_place(t->replaced, key);
    t->replaced->count += !*place;
    *place = key;
  }
  return SQLITE_OK;
}

/* Whether the vector that came with an UPDATE is only what the row had: one of its own (a
 * search shows the best passage's), or one that this statement has replaced. A vector of
 * the old text does not become one of the new text by being written beside it. */
static bool comes_along(const update *u, sqlite3_int64 id, const embedded *old) {
  index_table *t = u->table;
  sqlite3_value *value = hidden(u, HIDDEN_VECTOR);
  size_t bytes = t->dimension * sizeof(float);
  if (sqlite3_value_type(value) != SQLITE_BLOB ||
      (size_t)sqlite3_value_bytes(value) != bytes)
    return false;
  biobert_str vector = {sqlite3_value_blob(value), bytes};
  if (!vector.data) return false; /* no memory, as make_document() will say */
  for (int i = 0; i < old->count; i++)
    if (memcmp(old->vectors + (size_t)i * t->dimension, vector.data, bytes) == 0)
      return true;
  uint64_t key = replaced_key(id, vector);
  return t->replaced && was_read_before(u) && *replaced_place(t->replaced, key) == key;
}

/* The row that an UPDATE finds. */
typedef struct old_row {
  sqlite3_int64 id;
  bool there; /* false: this statement has moved it away */
  bool moves; /* to another rowid */
  document_row known;
  embedded vectors; /* where they are asked for */
} old_row;

static int read_old_row(const update *u, old_row *old) {
  index_table *t = u->table;
  *old = (old_row){.id = sqlite3_value_int64(u->argv[0]), .there = true};
  old->moves = u->id != old->id;
  int rc = t->config.content ? SQLITE_OK : content_has(t, old->id, &old->there);
  if (rc == SQLITE_OK) rc = index_get_document(t, old->id, &old->known);
  if (rc == SQLITE_OK && (old->moves || has_vector(u)))
    rc = index_read_document(t, &old->known, &old->vectors);
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
  if (was_read_before(u)) rc = add_replaced(t, old->id, &old->vectors);
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

static int update_row(update *u, sqlite3_int64 *rowid) {
  old_row old = {0};
  new_row row = {0};
  int rc = read_rowid(u);
  if (rc == SQLITE_OK) rc = read_old_row(u, &old);
  *rowid = u->id;
  if (rc == SQLITE_OK && old.there) {
    bool given = has_vector(u) && !comes_along(u, old.id, &old.vectors);
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

/* Commands --------------------------------------------------------------------------- */

typedef int command_body(const update *u);

static int command_sync(const update *u) {
  sqlite3_value *rank = hidden(u, HIDDEN_RANK);
  int64_t most;
  if (sqlite3_value_type(rank) == SQLITE_NULL) return sync_command(u->table, -1);
  if (!number_whole(rank, &most) || most < 0)
    return table_error(
        u->table, SQLITE_ERROR,
        "'sync': rank is '%.32s': how many rows at most, a whole number from 0",
        (const char *)sqlite3_value_text(rank));
  return sync_command(u->table, most);
}

/* All that was made of the texts, the words too: those of a row that goes from the
 * content before the next sync would have no entry by which it is seen to be gone. */
static int forget_all(index_table *t) {
  index_drop_memory(t);
  int rc = index_reset(t);
  return rc == SQLITE_OK ? words_clear(t) : rc;
}

static int command_reset(const update *u) {
  return forget_all(u->table);
}

static int command_rebuild(const update *u) {
  index_table *t = u->table;
  biobert_error err;
  named_model *m;
  /* Without a model, or a queue, nothing must be forgotten. */
  bool needs = t->config.search != BIOBERT_LEXICAL && !t->config.vectors;
  if (needs && connection_find_model(t->connection, t->config.model, &m, &err))
    return table_status(t, &err);
  int rc = queue_check(t, false);
  if (rc != SQLITE_OK) return rc;
  t->changing = true;
  rc = forget_all(t);
  t->changing = rc != SQLITE_OK;
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
  return forget_all(t);
}

/* FTS5's trigger form: forget a row of the content. */
static int command_delete(const update *u) {
  int64_t id;
  if (!u->table->config.content || !number_whole(u->argv[1], &id))
    return table_error(u->table, SQLITE_ERROR,
                       "'delete' is for an index with content=, and needs a rowid");
  return remove_document(u->table, id);
}

static int command_batch(const update *u) {
  return sync_write_batch(u->table);
}

typedef struct command {
  const char *name;
  command_body *body;
  bool shown;
  bool changes; /* it writes in many steps, of which each may fail, */
  bool takes;   /* from the queue, too */
  bool anew;    /* it needs nothing of what the index has, which may be damaged */
} command;

static const command commands[] = {
    {"sync",            command_sync,       true,  true,  true,  false},
    {"reset",           command_reset,      true,  true,  false, true },
    {"rebuild",         command_rebuild,    true,  true,  true,  true },
    {"retry",           command_retry,      true,  true,  true,  false},
    {"optimize",        command_optimize,   true,  true,  false, false},
    {"integrity-check", command_check,      true,  false, false, false},
    {"delete-all",      command_delete_all, true,  true,  false, true },
    {"delete",          command_delete,     true,  true,  false, false},
    {"sync-batch",      command_batch,      false, false, false, false}, /* of biobert_sync() */
};
enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

static const command *find_command(const char *name) {
  for (int i = 0; i < COMMAND_COUNT; i++)
    if (strcmp(name, commands[i].name) == 0) return &commands[i];
  return NULL;
}

static int refuse_command(index_table *t, const char *name) {
  sqlite3_str *s = sqlite3_str_new(NULL);
  for (int i = 0; i < COMMAND_COUNT; i++)
    if (commands[i].shown)
      sqlite3_str_appendf(s, "%s%s", i ? ", " : "", commands[i].name);
  char *list = sqlite3_str_finish(s);
  int rc =
      list ? table_error(t, SQLITE_ERROR, "command '%.32s' is not one of: %s", name, list)
           : SQLITE_NOMEM;
  sqlite3_free(list);
  return rc;
}

/* The same command once more, by a statement that could insert several rows: for such a
 * one SQLite keeps a journal within a transaction, and undoes all of it if it fails. */
static int run_as_statement(const update *u) {
  index_table *t = u->table;
  sqlite3_stmt *s = NULL;
  char *sql =
      sqlite3_mprintf("INSERT INTO \"%w\".\"%w\"(rowid, \"%w\", rank) SELECT ?1, ?2, ?3",
                      t->schema, t->name, t->name);
  int rc = sql ? sqlite3_prepare_v2(t->db, sql, -1, &s, NULL) : SQLITE_NOMEM;
  sqlite3_free(sql);
  if (rc == SQLITE_OK) rc = sqlite3_bind_value(s, 1, u->argv[1]);
  if (rc == SQLITE_OK) rc = sqlite3_bind_value(s, 2, hidden(u, HIDDEN_NAME));
  if (rc == SQLITE_OK) rc = sqlite3_bind_value(s, 3, hidden(u, HIDDEN_RANK));
  t->as_statement = true;
  if (rc == SQLITE_OK && sqlite3_step(s) != SQLITE_DONE) {
    rc = sqlite3_extended_errcode(t->db);
    sqlite3_free(t->base.zErrMsg); /* SQLite has taken what the command said */
    t->base.zErrMsg = sqlite3_mprintf("%s", sqlite3_errmsg(t->db));
  }
  t->as_statement = false;
  sqlite3_finalize(s);
  return rc;
}

/* A journal covers one file: with a queue in another one, a command that fails leaves the
 * batches that it has written, of which each is whole. */
static int needs_journal(index_table *t, const command *c, bool *needs) {
  bool beside = true;
  int rc = c->takes ? queue_is_beside(t, &beside) : SQLITE_OK;
  *needs = c->changes && beside && !sqlite3_get_autocommit(t->db);
  return rc;
}

static int run_command(const update *u, const command *c) {
  bool needs;
  int rc = needs_journal(u->table, c, &needs);
  if (rc != SQLITE_OK) return rc;
  return needs ? run_as_statement(u) : c->body(u);
}

/* The command of an INSERT, or NULL where it has none. */
static int read_command(const update *u, const command **out) {
  *out = NULL;
  if (u->argc == 1 || sqlite3_value_type(u->argv[0]) != SQLITE_NULL) return SQLITE_OK;
  sqlite3_value *value = hidden(u, HIDDEN_NAME);
  if (sqlite3_value_type(value) == SQLITE_NULL) return SQLITE_OK;
  const char *name = (const char *)sqlite3_value_text(value);
  if (!name) return SQLITE_NOMEM;
  *out = find_command(name);
  return *out ? SQLITE_OK : refuse_command(u->table, name);
}

/* What every write begins with. c: the command, or NULL. */
static int begin_write(index_table *t, const command *c) {
  int rc = table_check_open(t);
  if (rc == SQLITE_OK) rc = table_before_write(t);
  if (rc == SQLITE_OK && !(c && c->anew)) rc = index_dimension(t, 0);
  return rc == SQLITE_OK ? index_check_size(t, t->dimension) : rc;
}

/* A row, or a command, within xUpdate. */
static int change(update *u, const command *c, sqlite3_int64 *rowid) {
  if (c) return run_command(u, c);
  if (u->argc == 1) return delete_row(u->table, sqlite3_value_int64(u->argv[0]));
  return sqlite3_value_type(u->argv[0]) == SQLITE_NULL ? insert_row(u, rowid)
                                                       : update_row(u, rowid);
}

/* The command of run_as_statement(), inside the xUpdate that it serves. */
static int continue_command(const update *u, const command *c) {
  u->table->as_statement = false;
  return c ? c->body(u) : SQLITE_ERROR;
}

int vtab_update(sqlite3_vtab *base, int argc, sqlite3_value **argv,
                sqlite3_int64 *rowid) {
  index_table *t = (index_table *)base;
  update u = {.table = t, .argc = argc, .argv = argv};
  const command *c;
  if (!values_are_readable(argc, argv)) return SQLITE_NOMEM;
  /* The shadow tables' rows are not what the user has inserted. */
  sqlite3_int64 last = sqlite3_last_insert_rowid(t->db);
  *rowid = last;
  int rc = read_command(&u, &c);
  if (rc != SQLITE_OK) return rc;
  if (t->as_statement) return continue_command(&u, c);
  rc = begin_write(t, c);
  if (rc != SQLITE_OK) return rc;
  t->writing = t->pending = true;
  t->changing = false;
  t->inside++;
  rc = change(&u, c, rowid);
  t->inside--;
  t->writing = false;
  t->half_written = rc != SQLITE_OK && t->changing && !t->rolled_back;
  /* Where everything was rolled back FTS5 has nothing open. */
  int rest = t->rolled_back ? SQLITE_OK : words_rest(t);
  sqlite3_set_last_insert_rowid(t->db, last);
  if (rc != SQLITE_OK || !t->rolled_back) return rc;
  /* An error that was passed over somewhere: what is left would be written by itself. */
  return rest == SQLITE_OK ? SQLITE_ABORT_ROLLBACK : rest;
}
