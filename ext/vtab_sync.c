/* vtab_sync.c - bringing an index up to date with its content.
 *
 * A look over the content finds what is new, what has changed (by the hash of its text)
 * and what is gone; unchanged rows are never embedded again. Then batches: each is read
 * and embedded outside any transaction, and written by one statement, an INSERT into the
 * index's command column, which commits by itself. So progress is live, an interrupt or a
 * crash loses at most the batch that was being computed, other writers get in between,
 * and the next call goes on. (Never BEGIN and COMMIT here: an interrupt between the two
 * would leave the user's connection inside a transaction that nothing can end.) */
#include "vtab.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "table_function.h"

enum {
  BATCH_ROWS = 64,
  MOST_ALIKE = 20, /* failures in a row with one message end a run: it is not the rows */
  MESSAGE_BYTES = 200,
};

/* A document of a batch, with what embedding made of it. */
typedef struct sync_item {
  document document;
  sqlite3_value **values; /* [columns]; owned */
  embedded embedded;
  bool gone; /* its content is not there any more, or has no vector yet */
} sync_item;

typedef struct sync_batch {
  sync_item *items;
  size_t count;
  size_t dimension; /* of its vectors; 0: it has none */
  bool last;        /* of a sync that ends with it */
} sync_batch;

/* What there is to do. */
typedef struct sync_work {
  sqlite3_int64 *ids; /* new or changed, then gone ones */
  size_t count, capacity;
  size_t gone; /* of them, at the end */
  size_t bad_keys;
  char bad_key[MESSAGE_BYTES];
} sync_work;

/* Finding work ----------------------------------------------------------------------- */

static bool add_id(sync_work *w, sqlite3_int64 id) {
  if (w->count == w->capacity) {
    size_t larger = w->capacity ? w->capacity * 2 : 256;
    sqlite3_int64 *grown = sqlite3_realloc64(w->ids, larger * sizeof *grown);
    if (!grown) return false;
    w->ids = grown;
    w->capacity = larger;
  }
  w->ids[w->count++] = id;
  return true;
}

static void free_work(sync_work *w) {
  sqlite3_free(w->ids);
  memset(w, 0, sizeof *w);
}

/* SELECT key, columns[, the ready vector] FROM content ... */
static char *content_sql(const index_table *t, const char *rest) {
  const index_config *c = &t->config;
  if (!c->vectors) return schema_content_sql(t, rest);
  sqlite3_str *s = sqlite3_str_new(NULL);
  sqlite3_str_appendf(s, "SELECT c.\"%w\"", c->content_rowid);
  for (int i = 0; i < c->column_count; i++)
    sqlite3_str_appendf(s, ", c.\"%w\"", c->columns[i].name);
  sqlite3_str_appendf(s, ", c.\"%w\" FROM \"%w\".\"%w\" AS c %s", c->vectors,
                      c->content_schema, c->content, rest);
  return sqlite3_str_finish(s);
}

static int prepare_content(index_table *t, const char *rest, sqlite3_stmt **out) {
  char *sql = content_sql(t, rest);
  if (!sql) return SQLITE_NOMEM;
  int rc = sqlite3_prepare_v2(t->db, sql, -1, out, NULL);
  sqlite3_free(sql);
  return rc == SQLITE_OK ? rc : table_content_error(t, rc);
}

static int prepare_key(index_table *t, sqlite3_stmt **out) {
  char *key = content_key_condition(t);
  char *where = key ? sqlite3_mprintf("WHERE %z", key) : NULL;
  int rc = where ? prepare_content(t, where, out) : SQLITE_NOMEM;
  sqlite3_free(where);
  return rc;
}

/* Copies of a row's columns: text may only be taken from protected values. */
static int copy_values(const index_table *t, sqlite3_stmt *s, sqlite3_value ***out) {
  int count = t->config.column_count + (t->config.vectors != NULL);
  sqlite3_value **values = sqlite3_malloc64((size_t)(count + 1) * sizeof *values);
  if (!values) return SQLITE_NOMEM;
  int rc = SQLITE_OK;
  for (int i = 0; i < count; i++) {
    values[i] = sqlite3_value_dup(sqlite3_column_value(s, i + 1));
    if (!values[i]) rc = SQLITE_NOMEM;
  }
  values[count] = NULL;
  *out = values;
  return rc;
}

static void free_values(const index_table *t, sqlite3_value **values) {
  int count = t->config.column_count + (t->config.vectors != NULL);
  for (int i = 0; values && i < count; i++) sqlite3_value_free(values[i]);
  sqlite3_free(values);
}

/* A row of the content as a document; with ready vectors, its hash is that of the vector
 * too. */
static int read_document(const index_table *t, sqlite3_stmt *s, sqlite3_value ***values,
                         document *out) {
  int rc = copy_values(t, s, values);
  if (rc == SQLITE_OK) rc = document_make(t, sqlite3_column_int64(s, 0), *values, out);
  if (rc != SQLITE_OK || !t->config.vectors) return rc;
  sqlite3_value *vector = (*values)[t->config.column_count];
  document_take_vector(t, out, vector);
  out->blank = sqlite3_value_type(vector) == SQLITE_NULL;
  return rc;
}

int sync_ready_vector(index_table *t, sqlite3_int64 id, sqlite3_value **out) {
  sqlite3_stmt *s = NULL;
  *out = NULL;
  int rc = prepare_key(t, &s);
  if (rc == SQLITE_OK) rc = sqlite3_bind_int64(s, 1, id);
  if (rc == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW) {
    *out = sqlite3_value_dup(sqlite3_column_value(s, t->config.column_count + 1));
    if (!*out) rc = SQLITE_NOMEM;
  }
  int ended = sqlite3_finalize(s);
  return rc == SQLITE_OK ? ended : rc;
}

static void note_bad_key(sync_work *w, sqlite3_stmt *s) {
  if (w->bad_keys++) return;
  const char *text = (const char *)sqlite3_column_text(s, 0);
  if (text)
    sqlite3_snprintf(sizeof w->bad_key, w->bad_key,
                     "key '%.40s' is no whole number: CAST it in a view "
                     "(biobert_failures shows how)",
                     text);
  else
    sqlite3_snprintf(sizeof w->bad_key, w->bad_key, "a key is NULL");
}

/* NULL vectors are pending, not failed: they are left for later. */
static bool is_work(const index_table *t, const document *d, const document_row *known) {
  if (t->config.vectors && d->blank) return known->found;
  return !document_is_known(d, known);
}

static int look_at_content(index_table *t, sync_work *w, sync_work *all) {
  sqlite3_stmt *s = NULL;
  int rc = prepare_content(t, "", &s);
  while (rc == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW) {
    sqlite3_int64 id;
    if (!content_read_key(s, 0, &id)) {
      note_bad_key(w, s);
      continue;
    }
    sqlite3_value **values = NULL;
    document d = {0};
    document_row known = {0};
    rc = read_document(t, s, &values, &d);
    if (rc == SQLITE_OK) rc = index_get_document(t, d.id, &known);
    if (rc == SQLITE_OK && is_work(t, &d, &known) && !add_id(w, d.id)) rc = SQLITE_NOMEM;
    if (rc == SQLITE_OK && !add_id(all, d.id)) rc = SQLITE_NOMEM;
    document_row_free(&known);
    document_free(&d);
    free_values(t, values);
  }
  int ended = sqlite3_finalize(s);
  return rc == SQLITE_OK ? ended : rc;
}

static int compare_ids(const void *x, const void *y) {
  sqlite3_int64 a = *(const sqlite3_int64 *)x, b = *(const sqlite3_int64 *)y;
  return a < b ? -1 : a > b;
}

/* Documents whose content is gone; `all` is sorted. */
static int look_for_gone(index_table *t, sync_work *w, const sync_work *all) {
  sqlite3_stmt *s = NULL;
  char *sql = sqlite3_mprintf("SELECT id FROM \"%w\".\"%w_docs\"", t->schema, t->name);
  int rc = sql ? sqlite3_prepare_v2(t->db, sql, -1, &s, NULL) : SQLITE_NOMEM;
  sqlite3_free(sql);
  while (rc == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW) {
    sqlite3_int64 id = sqlite3_column_int64(s, 0);
    if (all->count && bsearch(&id, all->ids, all->count, sizeof id, compare_ids))
      continue;
    if (!add_id(w, id)) rc = SQLITE_NOMEM;
    w->gone++;
  }
  int ended = sqlite3_finalize(s);
  return rc == SQLITE_OK ? ended : rc;
}

/* Whether the row that a key finds first is new or changed. */
static int look_at_key(index_table *t, sqlite3_stmt *s, sqlite3_int64 id, bool *work) {
  sqlite3_value **values = NULL;
  document d = {0};
  document_row known = {0};
  *work = false;
  sqlite3_reset(s);
  int rc = sqlite3_bind_int64(s, 1, id);
  if (rc != SQLITE_OK) return rc;
  if (sqlite3_step(s) != SQLITE_ROW) return sqlite3_reset(s);
  rc = read_document(t, s, &values, &d);
  if (rc == SQLITE_OK) rc = index_get_document(t, id, &known);
  if (rc == SQLITE_OK) *work = is_work(t, &d, &known);
  document_row_free(&known);
  document_free(&d);
  free_values(t, values);
  sqlite3_reset(s);
  return rc;
}

/* Keys that occur twice (in a view): the row that the key finds first has it, the others
 * are not in the index. Both lists are sorted. */
static int drop_doubles(index_table *t, sync_work *w, const sync_work *all) {
  sqlite3_stmt *s = NULL;
  int rc = SQLITE_OK;
  size_t kept = 0, at = 0;
  for (size_t i = 1; i < all->count; i++) {
    if (all->ids[i] != all->ids[i - 1] || (i > 1 && all->ids[i] == all->ids[i - 2]))
      continue;
    if (!w->bad_keys++)
      sqlite3_snprintf(sizeof w->bad_key, w->bad_key, "key %lld occurs more than once",
                       all->ids[i]);
  }
  for (size_t i = 0; i < w->count && rc == SQLITE_OK; i++) {
    sqlite3_int64 id = w->ids[i];
    bool work = true;
    if (kept && w->ids[kept - 1] == id) continue;
    while (at < all->count && all->ids[at] < id) at++;
    if (at + 1 < all->count && all->ids[at + 1] == id) {
      if (!s) rc = prepare_key(t, &s);
      if (rc == SQLITE_OK) rc = look_at_key(t, s, id, &work);
    }
    if (work) w->ids[kept++] = id;
  }
  w->count = kept;
  sqlite3_finalize(s);
  return rc;
}

/* Rows that the queue table names; the look over everything is 'rebuild's. */
static int read_queue(index_table *t, sync_work *w) {
  sqlite3_stmt *s = NULL;
  char *sql = sqlite3_mprintf(
      "SELECT DISTINCT id FROM \"%w\" WHERE typeof(id) = 'integer'", t->config.queue);
  int rc = sql ? sqlite3_prepare_v2(t->db, sql, -1, &s, NULL) : SQLITE_NOMEM;
  sqlite3_free(sql);
  if (rc != SQLITE_OK)
    return table_error(t, rc, "queue '%s' cannot be read: %s", t->config.queue,
                       sqlite3_errmsg(t->db));
  while (rc == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW)
    if (!add_id(w, sqlite3_column_int64(s, 0))) rc = SQLITE_NOMEM;
  int ended = sqlite3_finalize(s);
  return rc == SQLITE_OK ? ended : rc;
}

static bool never_synced(index_table *t) {
  sqlite3_stmt *s = NULL;
  char *sql =
      sqlite3_mprintf("SELECT 1 FROM \"%w\".\"%w_docs\" LIMIT 1", t->schema, t->name);
  bool none = !sql || sqlite3_prepare_v2(t->db, sql, -1, &s, NULL) != SQLITE_OK ||
              sqlite3_step(s) != SQLITE_ROW;
  sqlite3_finalize(s);
  sqlite3_free(sql);
  return none;
}

static int find_work(index_table *t, sync_work *w) {
  if (t->config.queue && !never_synced(t)) return read_queue(t, w);
  sync_work all = {0};
  int rc = look_at_content(t, w, &all);
  if (rc == SQLITE_OK && all.count)
    qsort(all.ids, all.count, sizeof *all.ids, compare_ids);
  if (rc == SQLITE_OK && w->count) qsort(w->ids, w->count, sizeof *w->ids, compare_ids);
  if (rc == SQLITE_OK) rc = drop_doubles(t, w, &all);
  if (rc == SQLITE_OK) rc = look_for_gone(t, w, &all);
  free_work(&all);
  return rc;
}

/* A batch ---------------------------------------------------------------------------- */

static void free_batch(index_table *t, sync_batch *b) {
  for (size_t i = 0; i < b->count; i++) {
    document_free(&b->items[i].document);
    embedded_free(&b->items[i].embedded);
    free_values(t, b->items[i].values);
  }
  sqlite3_free(b->items);
  memset(b, 0, sizeof *b);
}

static int ready_vector(index_table *t, sync_batch *b, sync_item *item) {
  sqlite3_value *value = item->values[t->config.column_count];
  embedded *e = &item->embedded;
  biobert_error err;
  const void *vector;
  size_t n = 0, expected = b->dimension ? b->dimension : t->dimension;
  if (!expected) expected = (size_t)t->config.dimension;
  item->gone = sqlite3_value_type(value) == SQLITE_NULL; /* pending */
  if (item->gone) return SQLITE_OK;
  if (item->document.error) e->error = sqlite3_mprintf("%s", item->document.error);
  if (e->error) return SQLITE_OK;
  biobert_status status = arg_vector(value, 1, expected, &vector, &n, &err);
  if (status || n == 0) {
    const char *why = status ? strstr(err.message, ": ") : NULL;
    e->error = sqlite3_mprintf("%s: %s", t->config.vectors, why ? why + 2 : "no values");
    return e->error ? SQLITE_OK : SQLITE_NOMEM;
  }
  e->vectors = sqlite3_malloc64(n * sizeof *e->vectors);
  if (!e->vectors) return SQLITE_NOMEM;
  memcpy(e->vectors, vector, n * sizeof *e->vectors);
  e->count = 1;
  b->dimension = n; /* recorded when the batch is written */
  return SQLITE_OK;
}

/* The documents of a batch that have a text to embed, all at once. */
static int embed_batch(index_table *t, sync_batch *b) {
  biobert_error err;
  named_model *m;
  size_t count = 0;
  const document **documents = sqlite3_malloc64((b->count + 1) * sizeof *documents);
  embedded **out = sqlite3_malloc64((b->count + 1) * sizeof *out);
  int rc = documents && out ? SQLITE_OK : SQLITE_NOMEM;
  for (size_t i = 0; i < b->count && rc == SQLITE_OK; i++) {
    sync_item *item = &b->items[i];
    if (item->document.error) {
      item->embedded.error = sqlite3_mprintf("%s", item->document.error);
      if (!item->embedded.error) rc = SQLITE_NOMEM;
      continue;
    }
    if (item->gone || t->config.search == MODE_LEXICAL || item->document.blank) continue;
    documents[count] = &item->document;
    out[count++] = &item->embedded;
  }
  if (rc == SQLITE_OK && count &&
      (table_model(t, false, &m, &err) ||
       documents_embed(t, m, documents, out, count, &err)))
    rc = table_status(t, &err);
  for (size_t i = 0; i < count && rc == SQLITE_OK; i++)
    if (out[i]->count) b->dimension = biobert_model_dimension(named_model_model(m));
  sqlite3_free(documents);
  sqlite3_free(out);
  return rc;
}

static int make_batch(index_table *t, const sqlite3_int64 *ids, size_t count,
                      sync_batch *b) {
  sqlite3_stmt *s = NULL;
  int rc = index_dimension(t, 0);
  b->items = sqlite3_malloc64((count + 1) * sizeof *b->items);
  if (!b->items) return SQLITE_NOMEM;
  if (rc == SQLITE_OK) rc = prepare_key(t, &s);
  for (size_t i = 0; i < count && rc == SQLITE_OK; i++) {
    sync_item *item = &b->items[b->count++];
    memset(item, 0, sizeof *item);
    item->document.id = ids[i];
    sqlite3_reset(s);
    rc = sqlite3_bind_int64(s, 1, ids[i]);
    if (rc != SQLITE_OK) break;
    item->gone = sqlite3_step(s) != SQLITE_ROW;
    if (!item->gone) rc = read_document(t, s, &item->values, &item->document);
    int ended = sqlite3_reset(s);
    if (rc == SQLITE_OK) rc = ended;
    if (!item->gone && rc == SQLITE_OK && t->config.vectors)
      rc = ready_vector(t, b, item);
  }
  sqlite3_finalize(s);
  if (rc == SQLITE_OK && !t->config.vectors) rc = embed_batch(t, b);
  return rc;
}

static int write_item(index_table *t, const sync_item *item) {
  if (item->gone) return remove_document(t, item->document.id);
  int rc = words_write(t, item->document.id, item->values);
  if (rc == SQLITE_OK) rc = index_put_document(t, &item->document, &item->embedded);
  return rc;
}

/* Takes out of the queue what was done. A row that was changed again, after the batch was
 * read, stays in it. */
static int clear_queue(index_table *t, const sync_batch *b) {
  sqlite3_stmt *s = NULL;
  int rc = prepare_key(t, &s);
  for (size_t i = 0; i < b->count && rc == SQLITE_OK; i++) {
    sqlite3_int64 id = b->items[i].document.id;
    bool changed;
    rc = look_at_key(t, s, id, &changed);
    if (rc == SQLITE_OK && !changed)
      rc = schema_exec(t, "DELETE FROM \"%w\" WHERE id = %lld", t->config.queue, id);
  }
  sqlite3_finalize(s);
  return rc;
}

int sync_write_batch(index_table *t) {
  sync_batch *b = t->batch ? t->batch : registry_batch(t->registry);
  if (!b)
    return table_error(t, SQLITE_ERROR, "'sync-batch' is biobert_sync()'s own command");
  biobert_error err;
  named_model *m;
  /* Somebody else may have written, or reset, since the batch was made. */
  int rc = index_dimension(t, b->dimension);
  if (rc == SQLITE_OK && b->dimension && t->dimension != b->dimension)
    return table_error(t, SQLITE_ERROR, "vectors of %d values, the index has %d",
                       (int)b->dimension, (int)t->dimension);
  if (rc == SQLITE_OK && b->dimension && !t->config.vectors &&
      table_model(t, true, &m, &err))
    return table_status(t, &err);
  for (size_t i = 0; i < b->count && rc == SQLITE_OK; i++)
    rc = write_item(t, &b->items[i]);
  if (rc == SQLITE_OK && t->config.queue) rc = clear_queue(t, b);
  if (rc == SQLITE_OK && b->last) rc = schema_put_int(t, "synced", 1);
  return rc;
}

static size_t count_failures(const sync_batch *b, char last[MESSAGE_BYTES],
                             size_t *alike) {
  size_t failed = 0;
  for (size_t i = 0; i < b->count; i++) {
    const char *error = b->items[i].embedded.error;
    if (!error) {
      *alike = 0;
      continue;
    }
    failed++;
    *alike = strncmp(last, error, MESSAGE_BYTES - 1) == 0 ? *alike + 1 : 1;
    sqlite3_snprintf(MESSAGE_BYTES, last, "%s", error);
  }
  return failed;
}

int sync_count_stale(index_table *t, sqlite3_int64 *out) {
  sqlite3_stmt *s = NULL, *by_key = NULL;
  *out = 0;
  int rc = prepare_content(t, "", &s);
  if (rc == SQLITE_OK) rc = prepare_key(t, &by_key);
  while (rc == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW) {
    sqlite3_int64 id;
    if (!content_read_key(s, 0, &id)) continue;
    sqlite3_value **values = NULL;
    document d = {0};
    document_row known = {0};
    rc = read_document(t, s, &values, &d);
    if (rc == SQLITE_OK) rc = index_get_document(t, d.id, &known);
    bool stale = rc == SQLITE_OK && known.found && is_work(t, &d, &known);
    /* Not one whose key another row has. */
    if (stale) rc = look_at_key(t, by_key, d.id, &stale);
    *out += stale;
    document_row_free(&known);
    document_free(&d);
    free_values(t, values);
  }
  sqlite3_finalize(by_key);
  int ended = sqlite3_finalize(s);
  return rc == SQLITE_OK ? ended : rc;
}

/* The command ------------------------------------------------------------------------ */

static int do_work(index_table *t, const sync_work *w, bool to_the_end) {
  char last[MESSAGE_BYTES] = "";
  size_t alike = 0;
  int rc = SQLITE_OK;
  for (size_t at = 0; (at < w->count || at == 0) && rc == SQLITE_OK; at += BATCH_ROWS) {
    sync_batch b = {0};
    size_t count = w->count - at < BATCH_ROWS ? w->count - at : BATCH_ROWS;
    rc = make_batch(t, w->ids + at, count, &b);
    b.last = to_the_end && at + count == w->count;
    t->batch = &b;
    if (rc == SQLITE_OK) rc = sync_write_batch(t);
    t->batch = NULL;
    count_failures(&b, last, &alike);
    free_batch(t, &b);
    if (rc == SQLITE_OK && alike >= MOST_ALIKE)
      rc = table_error(t, SQLITE_ERROR, "%d rows in a row failed: %s", (int)alike, last);
  }
  return rc;
}

int sync_command(index_table *t, sqlite3_int64 most) {
  sync_work w = {0};
  int rc = find_work(t, &w);
  bool all = most < 0 || w.count <= (size_t)most;
  if (!all) w.count = (size_t)most;
  if (rc == SQLITE_OK) rc = do_work(t, &w, all);
  free_work(&w);
  return rc;
}

/* The failed rows once more, whatever their texts are now. */
int sync_retry(index_table *t) {
  sync_work w = {0};
  sqlite3_stmt *s = NULL;
  char *sql = sqlite3_mprintf("SELECT id FROM \"%w\".\"%w_docs\" WHERE error IS NOT NULL",
                              t->schema, t->name);
  int rc = sql ? sqlite3_prepare_v2(t->db, sql, -1, &s, NULL) : SQLITE_NOMEM;
  sqlite3_free(sql);
  while (rc == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW)
    if (!add_id(&w, sqlite3_column_int64(s, 0))) rc = SQLITE_NOMEM;
  int ended = sqlite3_finalize(s);
  if (rc == SQLITE_OK) rc = ended;
  if (rc == SQLITE_OK) rc = do_work(t, &w, false);
  free_work(&w);
  return rc;
}

/* Names ------------------------------------------------------------------------------ */

static index_table *open_index(registry *r, const char *schema, const char *name) {
  for (index_table *t = registry_indexes(r); t; t = t->next)
    if (sqlite3_stricmp(t->name, name) == 0 && sqlite3_stricmp(t->schema, schema) == 0)
      return t;
  return NULL;
}

/* Preparing a statement on a table opens it; as long as the statement is there, so is the
 * table, even if its schema is read anew meanwhile. One on a table that is not there
 * would write a line into the program's error log: that is asked for first. */
static index_table *hold(registry *r, const char *schema, const char *name,
                         sqlite3_stmt **holder, int *code) {
  *holder = NULL;
  *code = sqlite3_table_column_metadata(registry_db(r), schema, name, NULL, NULL, NULL,
                                        NULL, NULL, NULL);
  if (*code != SQLITE_OK) return NULL;
  char *sql = sqlite3_mprintf("SELECT 1 FROM \"%w\".\"%w\" LIMIT 0", schema, name);
  *code = sql ? sqlite3_prepare_v2(registry_db(r), sql, -1, holder, NULL) : SQLITE_NOMEM;
  sqlite3_free(sql);
  return *holder ? open_index(r, schema, name) : NULL;
}

/* Codes that do not say that there is no such table. */
static bool passes_on(int code) {
  return (code & 0xFF) == SQLITE_NOMEM || (code & 0xFF) == SQLITE_INTERRUPT ||
         (code & 0xFF) == SQLITE_BUSY;
}

/* A name without schema is looked for where SQLite does: TEMP, main, then what is
 * attached. */
static index_table *hold_any(registry *r, const char *name, sqlite3_stmt **holder,
                             int *code) {
  sqlite3 *db = registry_db(r);
  for (int i = 0; sqlite3_db_name(db, i) && !passes_on(*code); i++) {
    const char *schema = sqlite3_db_name(db, i < 2 ? 1 - i : i);
    index_table *t = schema ? hold(r, schema, name, holder, code) : NULL;
    if (t) return t;
    sqlite3_finalize(*holder);
    *holder = NULL;
  }
  return NULL;
}

int sync_find_table(registry *r, const char *name, index_table **out,
                    sqlite3_stmt **holder, biobert_error *err) {
  /* The whole name first: a table's name may have dots in it. */
  int code = SQLITE_OK;
  *holder = NULL;
  *out = hold_any(r, name, holder, &code);
  for (const char *dot = strchr(name, '.'); dot && !*out && !passes_on(code);
       dot = strchr(dot + 1, '.')) {
    char *schema = sqlite3_mprintf("%.*s", (int)(dot - name), name);
    sqlite3_finalize(*holder);
    *holder = NULL;
    code = SQLITE_NOMEM;
    *out = schema ? hold(r, schema, dot + 1, holder, &code) : NULL;
    sqlite3_free(schema);
  }
  if (*out) return SQLITE_OK;
  sqlite3_finalize(*holder);
  *holder = NULL;
  if (passes_on(code)) {
    bool memory = (code & 0xFF) == SQLITE_NOMEM, stop = (code & 0xFF) == SQLITE_INTERRUPT;
    result_fail(err,
                memory ? BIOBERT_NOMEM
                : stop ? BIOBERT_INTERRUPTED
                       : BIOBERT_IO,
                "%s", sqlite3_errmsg(registry_db(r)));
    return SQLITE_ERROR;
  }
  result_fail(
      err, BIOBERT_RANGE,
      "no search index is named '%.64s': CREATE VIRTUAL TABLE name USING biobert(title, "
      "abstract, content='papers')",
      name);
  return SQLITE_ERROR;
}

/* biobert_sync(name [, batch]) ------------------------------------------------------- */

/* The table is looked for again at every step: between two of them it may be dropped. */
typedef struct sync_rows {
  char *schema, *name;
  sync_work work;
  size_t done, failed, batch;
  bool ended;
  struct timespec begun;
  char last[MESSAGE_BYTES];
  size_t alike;
  bool renumbers; /* the content's keys may change: the first message says so */
} sync_rows;

static double seconds_since(const struct timespec *begun) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)(now.tv_sec - begun->tv_sec) +
         (double)(now.tv_nsec - begun->tv_nsec) / 1e9;
}

static biobert_status refuse_in_transaction(index_table *t, biobert_error *err) {
  if (sqlite3_get_autocommit(t->db) && sqlite3_txn_state(t->db, NULL) != SQLITE_TXN_WRITE)
    return BIOBERT_OK;
  return result_fail(
      err, BIOBERT_RANGE,
      "biobert_sync() commits by itself and cannot run inside a transaction: "
      "COMMIT first, or use the command: INSERT INTO \"%w\"(\"%w\") "
      "VALUES('sync')",
      t->name, t->name);
}

static biobert_status begin_sync(sync_rows *r, index_table *t, biobert_error *err) {
  biobert_status status = refuse_in_transaction(t, err);
  if (status) return status;
  r->schema = sqlite3_mprintf("%s", t->schema);
  r->name = sqlite3_mprintf("%s", t->name);
  if (!r->schema || !r->name) return result_fail(err, BIOBERT_NOMEM, "out of memory");
  int rc = table_check_open(t);
  if (rc == SQLITE_OK) rc = find_work(t, &r->work);
  if (rc == SQLITE_OK) rc = content_may_renumber(t, &r->renumbers);
  if (rc != SQLITE_OK) return table_fail(t, rc, err);
  r->failed = r->work.bad_keys;
  clock_gettime(CLOCK_MONOTONIC, &r->begun);
  return BIOBERT_OK;
}

static biobert_status open_sync(table_cursor *c, biobert_error *err) {
  const char *name;
  index_table *t;
  sqlite3_stmt *holder;
  int64_t batch = BATCH_ROWS;
  biobert_status status = arg_name(c->arguments[0], 1, &name, err);
  if (!status && c->arguments[1] && !arg_is_null(c->arguments[1]))
    status = arg_whole(c->arguments[1], 2, "batch", 1, 100000, &batch, err);
  if (status) return status;
  sync_rows *r = sqlite3_malloc64(sizeof *r);
  if (!r) return result_fail(err, BIOBERT_NOMEM, "out of memory");
  memset(r, 0, sizeof *r);
  r->batch = (size_t)batch;
  c->rows = r;
  c->count = 1;
  if (sync_find_table(c->call->registry, name, &t, &holder, err) != SQLITE_OK)
    return BIOBERT_RANGE;
  status = begin_sync(r, t, err);
  sqlite3_finalize(holder);
  return status;
}

/* Written by one statement of its own, which commits or rolls back by itself. */
static int commit_batch(index_table *t, sync_batch *b) {
  char *sql = sqlite3_mprintf("INSERT INTO \"%w\".\"%w\"(\"%w\") VALUES('sync-batch')",
                              t->schema, t->name, t->name);
  if (!sql) return SQLITE_NOMEM;
  registry_set_batch(t->registry, b);
  int rc = sqlite3_exec(t->db, sql, NULL, NULL, NULL);
  registry_set_batch(t->registry, NULL);
  sqlite3_free(sql);
  if (rc != SQLITE_OK) table_error(t, rc, "%s", sqlite3_errmsg(t->db));
  return rc;
}

/* One batch; without work an empty one, which records that there was a look. */
static biobert_status do_batch(sync_rows *r, index_table *t, biobert_error *err) {
  biobert_status status = refuse_in_transaction(t, err);
  if (status) return status;
  table_settle(t);
  sync_batch b = {0};
  size_t left = r->work.count - r->done, count = left < r->batch ? left : r->batch;
  int rc = make_batch(t, r->work.ids + r->done, count, &b);
  b.last = count == left;
  if (rc == SQLITE_OK) rc = commit_batch(t, &b);
  if (rc == SQLITE_OK) {
    r->done += count;
    r->failed += count_failures(&b, r->last, &r->alike);
  }
  free_batch(t, &b);
  if (rc != SQLITE_OK) return table_fail(t, rc, err);
  if (r->alike < MOST_ALIKE) return BIOBERT_OK;
  return result_fail(err, BIOBERT_RANGE, "%d rows in a row failed: %s", (int)r->alike,
                     r->last);
}

static biobert_status next_sync(table_cursor *c, bool *more, biobert_error *err) {
  sync_rows *r = c->rows;
  index_table *t;
  sqlite3_stmt *holder;
  *more = !r->ended;
  if (!*more) return BIOBERT_OK;
  r->ended = r->done == r->work.count; /* the last row, which says so */
  if (r->ended && r->done) return BIOBERT_OK;
  int code;
  t = hold(c->call->registry, r->schema, r->name, &holder, &code);
  if (!t) {
    sqlite3_finalize(holder);
    if ((code & 0xFF) == SQLITE_NOMEM)
      return result_fail(err, BIOBERT_NOMEM, "out of memory");
    if ((code & 0xFF) == SQLITE_INTERRUPT)
      return result_fail(err, BIOBERT_INTERRUPTED, "interrupted");
    return result_fail(err, BIOBERT_RANGE, "the index '%s' is gone", r->name);
  }
  sqlite3_int64 synced = 0;
  biobert_status status = BIOBERT_OK;
  if (r->ended && schema_get_int(t, "synced", &synced) != SQLITE_OK) synced = 0;
  if (!synced) status = do_batch(r, t, err);
  sqlite3_finalize(holder);
  return status;
}

static biobert_status column_sync(table_cursor *c, sqlite3_context *context, int column,
                                  biobert_error *err) {
  (void)err;
  const sync_rows *r = c->rows;
  double elapsed = seconds_since(&r->begun);
  double rate = elapsed > 0 && r->done ? (double)r->done / elapsed : 0;
  const char *message = r->last[0] ? r->last : r->work.bad_key;
  switch (column) {
  case 0:
    sqlite3_result_int64(context, (sqlite3_int64)r->done);
    break;
  case 1:
    sqlite3_result_int64(context, (sqlite3_int64)r->work.count);
    break;
  case 2:
    sqlite3_result_int64(context, (sqlite3_int64)r->failed);
    break;
  case 3:
    if (rate > 0) sqlite3_result_double(context, rate);
    break;
  case 4:
    if (rate > 0)
      sqlite3_result_double(context, (double)(r->work.count - r->done) / rate);
    break;
  default:
    if (r->ended)
      sqlite3_result_text(context, *message ? message : "up to date", -1,
                          SQLITE_TRANSIENT);
    else if (*message)
      sqlite3_result_text(context, message, -1, SQLITE_TRANSIENT);
    else if (r->renumbers && !r->done)
      sqlite3_result_text(context, content_renumber_note, -1, SQLITE_STATIC);
    break;
  }
  return BIOBERT_OK;
}

static void close_sync(table_cursor *c) {
  sync_rows *r = c->rows;
  free_work(&r->work);
  sqlite3_free(r->schema);
  sqlite3_free(r->name);
  sqlite3_free(r);
}

const table_function table_sync = {
    .columns =
        "done INTEGER, total INTEGER, failed INTEGER, rows_per_second REAL, eta_seconds "
        "REAL, message TEXT, name HIDDEN, batch HIDDEN",
    .first_argument = 6,
    .arguments = 2,
    .required = 1,
    .direct = true,
    .open = open_sync,
    .next = next_sync,
    .column = column_sync,
    .close = close_sync,
};
