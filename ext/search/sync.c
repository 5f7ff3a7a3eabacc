/* sync.c - bringing an index up to date with its content.
 *
 * A look over the content finds what is new, what has changed (by the hash of its text)
 * and what is gone; unchanged rows are never embedded again. Then batches: each is read
 * and embedded outside any transaction, and written by one statement, an INSERT into the
 * index's command column, which commits by itself. So progress is live, an interrupt or a
 * crash loses at most the batch that was being computed, other writers get in between,
 * and the next call goes on. (Never BEGIN and COMMIT here: an interrupt between the two
 * would leave the user's connection inside a transaction that nothing can end.) */
#include "search/vtab.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sql/tvf.h"

enum {
  BATCH_ROWS = 64,
  PASSAGE_BYTES = 16384, /* of text, for each passage that a batch may have: where there
                            is nothing to embed, words alone take time. Arbitrary */
  MOST_ALIKE = 20, /* failures in a row with one message end a run: it is not the rows */
  MESSAGE_BYTES = 200,
};

/* What a batch may take: a batch is what is lost when a run is interrupted, and how long
 * another connection waits, so long texts must count for what they are. The first
 * document is always taken. */
typedef struct batch_limit {
  size_t rows, passages, bytes;
} batch_limit;

/* A document of a batch, with what embedding made of it. */
typedef struct sync_item {
  document document;
  sqlite3_value **values; /* [columns]; owned */
  embedded embedded;
  bool gone; /* its content is not there any more, or has no vector yet */
  bool same; /* nothing is to be done: it has not changed since it was last done */
} sync_item;

typedef struct sync_batch {
  sync_item *items;
  size_t count;
  size_t passages, bytes;
  size_t dimension;          /* of its vectors; 0: it has none */
  bool last;                 /* of a sync that ends with it */
  const char *schema, *name; /* whose it is, while it waits for the command; borrowed */
  int values;                /* of each item */
} sync_batch;

/* What there is to do. */
typedef struct sync_work {
  sqlite3_int64 *ids; /* new or changed, then gone ones */
  size_t count, capacity;
  size_t done; /* of them, from the beginning */
  bool again;  /* also where the text has not changed */
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

/* Of a row of the content: its columns, and the ready vector where it has one. */
static int value_count(const index_table *t) {
  return t->config.column_count + (t->config.vectors != NULL);
}

/* Copies of a row's columns: text may only be taken from protected values. */
static int copy_values(const index_table *t, sqlite3_stmt *s, sqlite3_value ***out) {
  int count = value_count(t);
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
  int count = value_count(t);
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
  if (rc == SQLITE_OK && table_step(t, s) == SQLITE_ROW) {
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
  while (rc == SQLITE_OK && table_step(t, s) == SQLITE_ROW) {
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
  return rc == SQLITE_OK && ended != SQLITE_OK ? table_content_error(t, ended) : rc;
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
  }
  int ended = sqlite3_finalize(s);
  return rc == SQLITE_OK ? ended : rc;
}

/* Whether the row that a key finds first is new or changed, or gone from the content
 * alone. */
static int look_at_key(index_table *t, sqlite3_stmt *s, sqlite3_int64 id, bool *work) {
  sqlite3_value **values = NULL;
  document d = {0};
  document_row known = {0};
  *work = false;
  sqlite3_reset(s);
  int rc = sqlite3_bind_int64(s, 1, id);
  bool there = rc == SQLITE_OK && table_step(t, s) == SQLITE_ROW;
  if (there) rc = read_document(t, s, &values, &d);
  if (!there && rc == SQLITE_OK) rc = sqlite3_reset(s);
  if (rc == SQLITE_OK) rc = index_get_document(t, id, &known);
  if (rc == SQLITE_OK) *work = there ? is_work(t, &d, &known) : known.found;
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
  sqlite3_stmt *s;
  int rc = queue_prepare(t, &s);
  while (rc == SQLITE_OK && table_step(t, s) == SQLITE_ROW)
    if (!add_id(w, sqlite3_column_int64(s, 0))) rc = SQLITE_NOMEM;
  int ended = sqlite3_finalize(s);
  if (rc != SQLITE_OK || ended == SQLITE_OK) return rc;
  return table_error(t, ended, "queue '%s' cannot be read: %s", t->config.queue,
                     sqlite3_errmsg(t->db));
}

static int find_work(index_table *t, sync_work *w) {
  sync_work all = {0};
  sqlite3_int64 synced = 0;
  int rc = queue_check(t, false); /* before any work, also where all is looked at */
  if (rc == SQLITE_OK && t->config.queue) rc = schema_get_int(t, "synced", &synced);
  if (rc != SQLITE_OK) return rc;
  /* Until a sync has come to its end the queue does not know all that is to be done. */
  if (synced) return read_queue(t, w);
  rc = look_at_content(t, w, &all);
  if (rc == SQLITE_OK && all.count)
    qsort(all.ids, all.count, sizeof *all.ids, compare_ids);
  if (rc == SQLITE_OK && w->count) qsort(w->ids, w->count, sizeof *w->ids, compare_ids);
  if (rc == SQLITE_OK) rc = drop_doubles(t, w, &all);
  if (rc == SQLITE_OK) rc = look_for_gone(t, w, &all);
  free_work(&all);
  return rc;
}

/* A batch ---------------------------------------------------------------------------- */

static void free_item(index_table *t, sync_item *item) {
  document_free(&item->document);
  embedded_free(&item->embedded);
  free_values(t, item->values);
}

/* Leaves the first `count` items. */
static void cut_batch(index_table *t, sync_batch *b, size_t count) {
  while (b->count > count) free_item(t, &b->items[--b->count]);
}

static void free_batch(index_table *t, sync_batch *b) {
  cut_batch(t, b, 0);
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
  if (item->document.error) {
    e->error = sqlite3_mprintf("%s", item->document.error);
    return e->error ? SQLITE_OK : SQLITE_NOMEM;
  }
  biobert_status status = arg_vector(value, 1, expected, &vector, &n, &err);
  if (status == BIOBERT_NOMEM) return SQLITE_NOMEM;
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

/* Whether an item has a text that the model is to read; *rc: NOMEM. */
static bool is_to_embed(const index_table *t, sync_item *item, int *rc) {
  if (item->same || item->gone) return false;
  if (item->document.error) {
    item->embedded.error = sqlite3_mprintf("%s", item->document.error);
    if (!item->embedded.error) *rc = SQLITE_NOMEM;
    return false;
  }
  return t->config.search != BIOBERT_LEXICAL && !item->document.blank;
}

/* Embeds documents [count] of a batch, all at once; those that are too many passages
 * leave it, with all that follow them. */
static int embed_documents(index_table *t, sync_batch *b, const document **documents,
                           embedded **out, size_t count, size_t most) {
  biobert_error err;
  named_model *m;
  size_t done = count;
  if (count == 0) return SQLITE_OK;
  if (table_model(t, false, &m, &err) ||
      documents_embed_some(t, m, documents, out, &done, most, &err))
    return table_status(t, &err);
  for (size_t i = 0; i < done; i++) b->passages += (size_t)out[i]->count;
  if (b->passages) b->dimension = biobert_model_dimension(named_model_model(m));
  for (size_t i = 0; done < count && i < b->count; i++)
    if (&b->items[i].document == documents[done]) cut_batch(t, b, i);
  return SQLITE_OK;
}

static int embed_batch(index_table *t, sync_batch *b, size_t most) {
  size_t count = 0;
  const document **documents = sqlite3_malloc64((b->count + 1) * sizeof *documents);
  embedded **out = sqlite3_malloc64((b->count + 1) * sizeof *out);
  int rc = documents && out ? SQLITE_OK : SQLITE_NOMEM;
  for (size_t i = 0; i < b->count && rc == SQLITE_OK; i++) {
    if (!is_to_embed(t, &b->items[i], &rc)) continue;
    documents[count] = &b->items[i].document;
    out[count++] = &b->items[i].embedded;
  }
  if (rc == SQLITE_OK) rc = embed_documents(t, b, documents, out, count, most);
  sqlite3_free(documents);
  sqlite3_free(out);
  return rc;
}

/* Reads the row of a key; s: by key. */
static int read_item(index_table *t, sqlite3_stmt *s, sqlite3_int64 id, bool again,
                     sync_item *item) {
  document_row known = {0};
  item->document.id = id;
  sqlite3_reset(s);
  int rc = sqlite3_bind_int64(s, 1, id);
  item->gone = rc == SQLITE_OK && table_step(t, s) != SQLITE_ROW;
  if (rc == SQLITE_OK && !item->gone)
    rc = read_document(t, s, &item->values, &item->document);
  int ended = sqlite3_reset(s);
  if (rc == SQLITE_OK) rc = ended;
  if (rc != SQLITE_OK || item->gone || again) return rc;
  rc = index_get_document(t, id, &known);
  if (rc == SQLITE_OK) item->same = !is_work(t, &item->document, &known);
  document_row_free(&known);
  return rc;
}

/* The next documents of the work, as many as the limit allows. */
static int make_batch(index_table *t, const sync_work *w, batch_limit limit,
                      sync_batch *b) {
  sqlite3_stmt *s = NULL;
  size_t left = w->count - w->done, count = left < limit.rows ? left : limit.rows;
  int rc = index_dimension(t, 0);
  b->items = sqlite3_malloc64((count + 1) * sizeof *b->items);
  if (!b->items) return SQLITE_NOMEM;
  if (rc == SQLITE_OK) rc = prepare_key(t, &s);
  while (rc == SQLITE_OK && b->count < count) {
    sync_item *item = &b->items[b->count];
    memset(item, 0, sizeof *item);
    rc = read_item(t, s, w->ids[w->done + b->count++], w->again, item);
    b->bytes += item->document.bytes;
    if (b->count > 1 && b->bytes > limit.bytes) {
      cut_batch(t, b, b->count - 1);
      break;
    }
    if (rc == SQLITE_OK && t->config.vectors && !item->gone && !item->same)
      rc = ready_vector(t, b, item);
  }
  sqlite3_finalize(s);
  if (rc == SQLITE_OK && !t->config.vectors) rc = embed_batch(t, b, limit.passages);
  return rc;
}

static int write_item(index_table *t, const sync_item *item) {
  if (item->same) return SQLITE_OK;
  if (item->gone) return remove_document(t, item->document.id);
  int rc = words_write(t, item->document.id, item->values);
  if (rc == SQLITE_OK) rc = index_put_document(t, &item->document, &item->embedded);
  return rc;
}

/* Takes out of the queue what was done. A row that was changed again, after the batch was
 * read, stays in it. */
static int clear_queue(index_table *t, const sync_batch *b) {
  sqlite3_stmt *s = NULL, *remove = NULL;
  int rc = prepare_key(t, &s);
  if (rc == SQLITE_OK) rc = queue_prepare_remove(t, &remove);
  for (size_t i = 0; i < b->count && rc == SQLITE_OK; i++) {
    sqlite3_int64 id = b->items[i].document.id;
    bool changed;
    rc = look_at_key(t, s, id, &changed);
    if (rc != SQLITE_OK || changed) continue;
    rc = sqlite3_bind_int64(remove, 1, id);
    if (rc == SQLITE_OK) table_step(t, remove);
    int ended = sqlite3_reset(remove);
    if (rc == SQLITE_OK) rc = ended;
    if (rc != SQLITE_OK)
      table_error(t, rc, "queue '%s' cannot be written: %s", t->config.queue,
                  sqlite3_errmsg(t->db));
  }
  sqlite3_finalize(remove);
  sqlite3_finalize(s);
  return rc;
}

/* The batch that waits in the connection is one index's alone: a trigger could send the
 * command to another. */
static bool is_batch_of(const sync_batch *b, const index_table *t) {
  return b && b->values == value_count(t) && strcmp(b->name, t->name) == 0 &&
         strcmp(b->schema, t->schema) == 0;
}

int sync_write_batch(index_table *t) {
  sync_batch *b = t->batch ? t->batch : t->open->batch;
  if (!t->batch && !is_batch_of(b, t))
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
  t->changing = rc == SQLITE_OK;
  for (size_t i = 0; i < b->count && rc == SQLITE_OK; i++)
    rc = write_item(t, &b->items[i]);
  if (rc == SQLITE_OK && t->config.queue) rc = clear_queue(t, b);
  if (rc == SQLITE_OK && b->last) rc = schema_put_int(t, "synced", 1);
  if (rc == SQLITE_OK) t->changing = false;
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
  while (rc == SQLITE_OK && table_step(t, s) == SQLITE_ROW) {
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

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Not sqlite3_sleep(), which some builds round up to whole seconds. */
static void sleep_ms(long ms) {
  struct timespec time = {ms / 1000, ms % 1000 * 1000000};
  nanosleep(&time, NULL);
}

static const batch_limit no_limit = {SIZE_MAX, SIZE_MAX, SIZE_MAX};

/* Of a batch of so many documents: as many passages as there would be if each were one,
 * and never fewer than a batch has. */
static batch_limit limit_of(size_t rows) {
  size_t passages = rows < BATCH_ROWS ? BATCH_ROWS : rows;
  size_t bytes =
      passages < SIZE_MAX / PASSAGE_BYTES ? passages * PASSAGE_BYTES : SIZE_MAX;
  return (batch_limit){rows, passages, bytes};
}

static size_t smaller(size_t a, size_t b) {
  return a < b ? a : b;
}

static batch_limit narrower(batch_limit a, batch_limit b) {
  return (batch_limit){smaller(a.rows, b.rows), smaller(a.passages, b.passages),
                       smaller(a.bytes, b.bytes)};
}

static void use_up(batch_limit *limit, const sync_batch *b) {
  limit->rows -= smaller(limit->rows, b->count);
  limit->passages -= smaller(limit->passages, b->passages);
  limit->bytes -= smaller(limit->bytes, b->bytes);
}

static bool is_used_up(const batch_limit *limit) {
  return !limit->rows || !limit->passages || !limit->bytes;
}

/* Works until all is done, or *left is used up. to_the_end: when all is done, the index
 * is up to date. */
static int do_work(index_table *t, sync_work *w, batch_limit *left, bool to_the_end) {
  char last[MESSAGE_BYTES] = "";
  size_t alike = 0;
  int rc = SQLITE_OK;
  do {
    sync_batch b = {0};
    rc = make_batch(t, w, narrower(*left, limit_of(BATCH_ROWS)), &b);
    b.last = to_the_end && w->done + b.count == w->count;
    t->batch = &b;
    if (rc == SQLITE_OK) rc = sync_write_batch(t);
    t->batch = NULL;
    count_failures(&b, last, &alike);
    w->done += b.count;
    use_up(left, &b);
    free_batch(t, &b);
    if (rc == SQLITE_OK && alike >= MOST_ALIKE)
      rc = table_error(t, SQLITE_ERROR, "%d rows in a row failed: %s", (int)alike, last);
  } while (rc == SQLITE_OK && w->done < w->count && !is_used_up(left));
  return rc;
}

/* SQLite's locks have no queue: who waits tries again, sqlite3_busy_timeout() the less
 * often the longer it has waited, and in the end every LONGEST_MS. A loop of commands
 * would take the lock back before that, time and again. When xCommit is called all locks
 * are given back. */
void sync_pause(index_table *t) {
  enum { LONGEST_MS = 100, SHARE = 2 };
  if (!t->left || !t->sync_began) return;
  double ms = (seconds() - t->sync_began) * 1e3 / SHARE;
  t->sync_began = 0;
  sleep_ms(ms < LONGEST_MS ? (long)ms : LONGEST_MS);
}

static void drop_work(sync_work *w) {
  if (w) free_work(w);
  sqlite3_free(w);
}

void sync_forget(index_table *t) {
  drop_work(t->left);
  t->left = NULL;
  t->sync_began = 0;
}

static bool is_done(const sync_work *w) {
  return w->done == w->count;
}

/* *w: freed, and NULL, unless something of it is left. */
static int work_off(index_table *t, sync_work **w, batch_limit *left, bool to_the_end) {
  int rc = do_work(t, *w, left, to_the_end);
  if (rc == SQLITE_OK && !is_done(*w)) return rc;
  drop_work(*w);
  *w = NULL;
  return rc;
}

/* Looks for all that is to be done, and does it within the limit. */
static int look_and_work(index_table *t, sync_work **w, batch_limit *left) {
  *w = sqlite3_malloc64(sizeof **w);
  if (!*w) return SQLITE_NOMEM;
  memset(*w, 0, sizeof **w);
  int rc = find_work(t, *w);
  if (rc == SQLITE_OK) return work_off(t, w, left, true);
  drop_work(*w);
  *w = NULL;
  return rc;
}

/* A limited command that is repeated would otherwise look at every text each time while
 * it holds the write lock, so the list of the last look is kept with the table and worked
 * off first. What has changed since is found when that ends; a row of the list that was
 * done by another connection, or is gone, is seen when it is read. */
int sync_command(index_table *t, sqlite3_int64 most) {
  batch_limit left = most < 0 ? no_limit : limit_of((size_t)most);
  double began = seconds();
  sync_work *w = t->left; /* not the table's meanwhile: a rollback drops that */
  t->left = NULL;
  if (most < 0) {
    drop_work(w);
    w = NULL;
  }
  int rc = queue_lock(t);
  if (rc == SQLITE_OK && w) rc = work_off(t, &w, &left, false);
  if (rc == SQLITE_OK && !w && (most <= 0 || !is_used_up(&left)))
    rc = look_and_work(t, &w, &left);
  if (rc == SQLITE_OK && w) {
    t->left = w;
    t->sync_began = began;
  } else {
    drop_work(w);
  }
  return rc;
}

/* The failed rows once more, whatever their texts are now. */
int sync_retry(index_table *t) {
  sync_work w = {.again = true};
  batch_limit left = no_limit;
  sqlite3_stmt *s = NULL;
  char *sql = sqlite3_mprintf("SELECT id FROM \"%w\".\"%w_docs\" WHERE error IS NOT NULL",
                              t->schema, t->name);
  int rc = sql ? sqlite3_prepare_v2(t->db, sql, -1, &s, NULL) : SQLITE_NOMEM;
  sqlite3_free(sql);
  while (rc == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW)
    if (!add_id(&w, sqlite3_column_int64(s, 0))) rc = SQLITE_NOMEM;
  int ended = sqlite3_finalize(s);
  if (rc == SQLITE_OK) rc = ended;
  if (rc == SQLITE_OK) rc = do_work(t, &w, &left, false);
  free_work(&w);
  return rc;
}

/* biobert_sync(name [, batch]) ------------------------------------------------------- */

/* The table is looked for again at every step: between two of them it may be dropped. */
typedef struct sync_rows {
  char *schema, *name;
  sync_work work;
  batch_limit batch;
  size_t failed;
  bool ended;
  double begun; /* seconds() */
  char last[MESSAGE_BYTES];
  size_t alike;
  bool renumbers; /* the content's keys may change: the first message says so */
} sync_rows;

/* Ends the rows with SQLite's own code. As long as they are read the connection is inside
 * a read transaction, which cannot be brought up to what another one has written. */
static biobert_status sync_fail(tvf_cursor *c, index_table *t, int code,
                                biobert_error *err) {
  c->code = code;
  if ((code & 0xFF) == SQLITE_BUSY)
    table_error(t, code,
                "another connection wrote: run it again, it goes on; or let others in "
                "between: INSERT INTO \"%w\"(\"%w\", rank) VALUES('sync', %d), until "
                "nothing is left",
                t->name, t->name, BATCH_ROWS);
  return table_fail(t, code, err);
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

static biobert_status begin_sync(tvf_cursor *c, index_table *t, biobert_error *err) {
  sync_rows *r = c->rows;
  biobert_status status = refuse_in_transaction(t, err);
  if (status) return status;
  r->schema = sqlite3_mprintf("%s", t->schema);
  r->name = sqlite3_mprintf("%s", t->name);
  if (!r->schema || !r->name) return result_no_memory(err);
  int rc = table_check_open(t);
  if (rc == SQLITE_OK) rc = find_work(t, &r->work);
  if (rc == SQLITE_OK) rc = content_may_renumber(t, &r->renumbers);
  if (rc != SQLITE_OK) return sync_fail(c, t, rc, err);
  r->failed = r->work.bad_keys;
  r->begun = seconds();
  return BIOBERT_OK;
}

static biobert_status open_sync(tvf_cursor *c, biobert_error *err) {
  const char *name;
  index_table *t;
  sqlite3_stmt *holder;
  int64_t batch = BATCH_ROWS;
  biobert_status status = arg_name(c->arguments[0], 1, &name, err);
  if (!status && c->arguments[1] && !arg_is_null(c->arguments[1]))
    status = arg_whole(c->arguments[1], 2, "batch", 1, 100000, &batch, err);
  if (status) return status;
  sync_rows *r = sqlite3_malloc64(sizeof *r);
  if (!r) return result_no_memory(err);
  memset(r, 0, sizeof *r);
  r->batch = limit_of((size_t)batch);
  c->rows = r;
  c->count = 1;
  int rc = open_tables_find(c->shared, name, &t, &holder, err);
  if (rc != SQLITE_OK) {
    c->code = rc;
    return err->status;
  }
  status = begin_sync(c, t, err);
  sqlite3_finalize(holder);
  return status;
}

static int busy_timeout(sqlite3 *db, double *seconds) {
  sqlite3_stmt *s = NULL;
  *seconds = 0;
  int rc = sqlite3_prepare_v2(db, "PRAGMA busy_timeout", -1, &s, NULL);
  if (rc == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW)
    *seconds = sqlite3_column_int(s, 0) / 1e3;
  int ended = sqlite3_finalize(s);
  return rc == SQLITE_OK ? ended : rc;
}

/* The code as it says most: whether the program asked for extended ones or not. */
static int execute(sqlite3 *db, const char *sql) {
  int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
  return rc == SQLITE_OK ? rc : sqlite3_extended_errcode(db);
}

/* Runs a statement that writes. Inside a read transaction SQLite does not wait for the
 * write lock, because the two might wait for one another; we do, as long as busy_timeout
 * says: the other one may not change anything. If it does, in WAL mode, waiting is of no
 * use any more, and SQLITE_BUSY_SNAPSHOT says so. */
static int execute_patiently(index_table *t, const char *sql) {
  enum { FIRST_MS = 1, LONGEST_MS = 50 };
  double begun = seconds(), most;
  int rc = execute(t->db, sql);
  if (rc != SQLITE_BUSY) return rc;
  int failed = busy_timeout(t->db, &most);
  if (failed != SQLITE_OK) return failed;
  for (int ms = FIRST_MS; (rc & 0xFF) == SQLITE_BUSY && rc != SQLITE_BUSY_SNAPSHOT &&
                          seconds() - begun < most;
       ms = ms * 2 < LONGEST_MS ? ms * 2 : LONGEST_MS) {
    sleep_ms(ms);
    if (registry_must_stop(t->registry)) return SQLITE_INTERRUPT;
    rc = execute(t->db, sql);
  }
  return rc;
}

/* What SQLite says of a statement on the table: with the table's own words it has the
 * name in front. */
static void take_message(index_table *t, int code) {
  const char *message = sqlite3_errmsg(t->db);
  size_t name = strlen(t->name);
  bool own = strncmp(message, t->name, name) == 0 && message[name] == ':';
  table_error(t, code, "%s", own ? message + name + 2 : message);
}

/* Written by one statement of its own, which commits or rolls back by itself. */
static int commit_batch(index_table *t, sync_batch *b) {
  char *sql = sqlite3_mprintf("INSERT INTO \"%w\".\"%w\"(\"%w\") VALUES('sync-batch')",
                              t->schema, t->name, t->name);
  char *schema = sqlite3_mprintf("%s", t->schema), *name = sqlite3_mprintf("%s", t->name);
  int rc = sql && schema && name ? SQLITE_OK : SQLITE_NOMEM;
  b->schema = schema;
  b->name = name;
  b->values = value_count(t);
  t->open->batch = b;
  if (rc == SQLITE_OK) rc = execute_patiently(t, sql);
  t->open->batch = NULL;
  sqlite3_free(sql);
  sqlite3_free(schema);
  sqlite3_free(name);
  if (rc != SQLITE_OK) take_message(t, rc);
  return rc;
}

/* Whether a batch that was committed is in the file: some programs (dqlite) throw away
 * what is written while a SELECT runs, without an error. Every document that is written
 * makes a new epoch. The page cache would show our own pages, so it is emptied. */
static int check_written(index_table *t, const sync_batch *b,
                         const unsigned char before[16]) {
  unsigned char now[16];
  sqlite3_int64 synced = 0;
  bool lost = false;
  sqlite3_db_release_memory(t->db);
  int rc = index_read_epoch(t, now);
  for (size_t i = 0; i < b->count && rc == SQLITE_OK; i++)
    lost = lost || (!b->items[i].same && memcmp(before, now, sizeof now) == 0);
  if (rc == SQLITE_OK && b->last) rc = schema_get_int(t, "synced", &synced);
  if (rc != SQLITE_OK || !(lost || (b->last && !synced))) return rc;
  t->rolled_back = true; /* what lies in memory is of no file */
  return table_error(t, SQLITE_ERROR,
                     "the batch was committed and is not in the file: this program "
                     "discards what a SELECT writes; use the command, until nothing is "
                     "left: INSERT INTO \"%w\"(\"%w\", rank) VALUES('sync', %d)",
                     t->name, t->name, BATCH_ROWS);
}

static int write_and_check(index_table *t, sync_batch *b) {
  unsigned char before[16];
  int rc = index_read_epoch(t, before);
  if (rc == SQLITE_OK) rc = commit_batch(t, b);
  return rc == SQLITE_OK ? check_written(t, b, before) : rc;
}

/* One batch; without work an empty one, which records that there was a look. */
static biobert_status do_batch(tvf_cursor *c, index_table *t, biobert_error *err) {
  sync_rows *r = c->rows;
  biobert_status status = refuse_in_transaction(t, err);
  if (status) return status;
  table_settle(t);
  sync_batch b = {0};
  int rc = make_batch(t, &r->work, r->batch, &b);
  b.last = r->work.done + b.count == r->work.count;
  if (rc == SQLITE_OK) rc = write_and_check(t, &b);
  if (rc == SQLITE_OK) {
    r->work.done += b.count;
    r->failed += count_failures(&b, r->last, &r->alike);
  }
  free_batch(t, &b);
  if (rc != SQLITE_OK) return sync_fail(c, t, rc, err);
  if (r->alike < MOST_ALIKE) return BIOBERT_OK;
  return result_fail(err, BIOBERT_RANGE, "%d rows in a row failed: %s", (int)r->alike,
                     r->last);
}

static biobert_status lost_index(tvf_cursor *c, int code, biobert_error *err) {
  const sync_rows *r = c->rows;
  if (!open_tables_failed(code))
    return result_fail(err, BIOBERT_RANGE, "the index '%s' is gone", r->name);
  c->code = code;
  return result_fail(err, open_tables_status(code), "%s",
                     sqlite3_errmsg(((const open_tables *)c->shared)->db));
}

static biobert_status next_sync(tvf_cursor *c, bool *more, biobert_error *err) {
  sync_rows *r = c->rows;
  sqlite3_stmt *holder;
  *more = !r->ended;
  if (!*more) return BIOBERT_OK;
  r->ended = r->work.done == r->work.count; /* the last row, which says so */
  if (r->ended && r->work.done) return BIOBERT_OK;
  int code, rc = SQLITE_OK;
  index_table *t = open_tables_hold(c->shared, r->schema, r->name, &holder, &code);
  sqlite3_int64 synced = 0;
  biobert_status status = t ? BIOBERT_OK : lost_index(c, code, err);
  if (t && r->ended) rc = schema_get_int(t, "synced", &synced);
  if (rc != SQLITE_OK) status = sync_fail(c, t, rc, err);
  if (!status && !synced) status = do_batch(c, t, err);
  sqlite3_finalize(holder);
  return status;
}

static biobert_status sync_done(const tvf_cell *cell) {
  const sync_rows *r = cell->cursor->rows;
  return tvf_result_integer(cell, (int64_t)r->work.done);
}

static biobert_status sync_total(const tvf_cell *cell) {
  const sync_rows *r = cell->cursor->rows;
  return tvf_result_integer(cell, (int64_t)r->work.count);
}

static biobert_status sync_failed(const tvf_cell *cell) {
  const sync_rows *r = cell->cursor->rows;
  return tvf_result_integer(cell, (int64_t)r->failed);
}

/* 0: not known yet. */
static double rate_of(const sync_rows *r) {
  const double elapsed = seconds() - r->begun;
  return elapsed > 0 && r->work.done ? (double)r->work.done / elapsed : 0;
}

static biobert_status sync_rate(const tvf_cell *cell) {
  const double rate = rate_of(cell->cursor->rows);
  if (rate > 0) sqlite3_result_double(cell->context, rate);
  return BIOBERT_OK;
}

static biobert_status sync_eta(const tvf_cell *cell) {
  const sync_rows *r = cell->cursor->rows;
  const double rate = rate_of(r), left = (double)(r->work.count - r->work.done);
  if (rate > 0) sqlite3_result_double(cell->context, left / rate);
  return BIOBERT_OK;
}

static biobert_status sync_message(const tvf_cell *cell) {
  const sync_rows *r = cell->cursor->rows;
  const char *message = r->last[0] ? r->last : r->work.bad_key;
  if (*message) return tvf_result_string(cell, message);
  if (r->ended) return tvf_result_string(cell, "up to date");
  if (!r->renumbers || r->work.done) return BIOBERT_OK;
  return tvf_result_string(cell, content_renumber_note);
}

static void close_sync(tvf_cursor *c) {
  sync_rows *r = c->rows;
  free_work(&r->work);
  sqlite3_free(r->schema);
  sqlite3_free(r->name);
  sqlite3_free(r);
}

static const tvf_column sync_columns[] = {
    {"done",       "INTEGER", sync_done, 0},
    {"total",   "INTEGER", sync_total, 0},
    {"failed",            "INTEGER", sync_failed, 0},
    {"rows_per_second", "REAL", sync_rate, 0},
    {"eta_seconds",           "REAL", sync_eta, 0},
    {"message",     "TEXT", sync_message, 0},
    {"name", "HIDDEN", NULL, 0},
    {"batch",            "HIDDEN", NULL, 0},
    {0     },
};

const tvf tvf_sync = {
    .columns = sync_columns,
    .required = 1,
    .direct = true,
    .open = open_sync,
    .next = next_sync,
    .close = close_sync,
};
