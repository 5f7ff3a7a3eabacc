/* sync_batch.c - documents that are read, embedded and written together.
 *
 * Between reading and writing a batch another connection may write: biobert_sync() embeds
 * outside any transaction. So writing checks again what the batch depends on (dimension,
 * model), and a key leaves the queue only if its text is still the one that was
 * embedded. */
#include "search/sync_batch.h"

#include <string.h>

#include "search/chunk_store.h"
#include "search/config_table.h"
#include "search/content.h"
#include "search/document.h"
#include "search/document_rows.h"
#include "search/model_identity.h"
#include "search/open_tables.h"
#include "search/queue.h"
#include "search/recorded.h"
#include "search/table_errors.h"
#include "search/words.h"
#include "sql/arguments.h"

/* A batch ---------------------------------------------------------------------------- */

static void free_item(index_table *t, sync_item *item) {
  document_free(&item->document);
  embedded_free(&item->embedded);
  sync_free_values(t, item->values);
}

/* Leaves the first `count` items. */
static void cut_batch(index_table *t, sync_batch *b, size_t count) {
  while (b->count > count) free_item(t, &b->items[--b->count]);
}

void sync_free_batch(index_table *t, sync_batch *b) {
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
                           embedded **out, size_t count, size_t max_passages) {
  biobert_error err;
  named_model *m;
  size_t done = count;
  if (count == 0) return SQLITE_OK;
  if (table_model(t, false, &m, &err) ||
      documents_embed_some(t, m, documents, out, &done, max_passages, &err))
    return table_status(t, &err);
  for (size_t i = 0; i < done; i++) b->passages += (size_t)out[i]->count;
  if (b->passages) b->dimension = biobert_model_dimension(named_model_model(m));
  for (size_t i = 0; done < count && i < b->count; i++)
    if (&b->items[i].document == documents[done]) cut_batch(t, b, i);
  return SQLITE_OK;
}

static int embed_batch(index_table *t, sync_batch *b, size_t max_passages) {
  size_t count = 0;
  const document **documents = sqlite3_malloc64((b->count + 1) * sizeof *documents);
  embedded **out = sqlite3_malloc64((b->count + 1) * sizeof *out);
  int rc = documents && out ? SQLITE_OK : SQLITE_NOMEM;
  for (size_t i = 0; i < b->count && rc == SQLITE_OK; i++) {
    if (!is_to_embed(t, &b->items[i], &rc)) continue;
    documents[count] = &b->items[i].document;
    out[count++] = &b->items[i].embedded;
  }
  if (rc == SQLITE_OK) rc = embed_documents(t, b, documents, out, count, max_passages);
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
    rc = sync_read_document(t, s, &item->values, &item->document);
  int ended = sqlite3_reset(s);
  if (rc == SQLITE_OK) rc = ended;
  if (rc != SQLITE_OK || item->gone || again) return rc;
  rc = document_row_get(t, id, &known);
  if (rc == SQLITE_OK) item->same = !sync_is_work(t, &item->document, &known);
  document_row_free(&known);
  return rc;
}

/* The next documents of the work, as many as the limit allows. */
int sync_make_batch(index_table *t, const sync_work *w, batch_limit limit,
                    sync_batch *b) {
  sqlite3_stmt *s = NULL;
  size_t left = w->ids.count - w->done, count = left < limit.rows ? left : limit.rows;
  int rc = recorded_dimension(t, 0);
  b->items = sqlite3_malloc64((count + 1) * sizeof *b->items);
  if (!b->items) return SQLITE_NOMEM;
  if (rc == SQLITE_OK) rc = sync_prepare_key(t, &s);
  while (rc == SQLITE_OK && b->count < count) {
    sync_item *item = &b->items[b->count];
    memset(item, 0, sizeof *item);
    rc = read_item(t, s, w->ids.ids[w->done + b->count++], w->again, item);
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
  if (rc == SQLITE_OK) rc = store_put(t, &item->document, &item->embedded);
  return rc;
}

/* Takes out of the queue what was done. A row that was changed again, after the batch was
 * read, stays in it. */
static int clear_queue(index_table *t, const sync_batch *b) {
  sqlite3_stmt *s = NULL, *remove = NULL;
  int rc = sync_prepare_key(t, &s);
  if (rc == SQLITE_OK) rc = queue_prepare_remove(t, &remove);
  for (size_t i = 0; i < b->count && rc == SQLITE_OK; i++) {
    sqlite3_int64 id = b->items[i].document.id;
    bool changed;
    rc = sync_look_at_key(t, s, id, &changed);
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

/* The batch that waits in the connection is for one table alone: a trigger could send the
 * command to another one. */
static bool is_batch_of(const sync_batch *b, const index_table *t) {
  return b && b->values == sync_value_count(t) && strcmp(b->name, t->name) == 0 &&
         strcmp(b->schema, t->schema) == 0;
}

int sync_write_batch(index_table *t) {
  sync_batch *b = t->batch ? t->batch : t->open->batch;
  if (!t->batch && !is_batch_of(b, t))
    return table_error(t, SQLITE_ERROR, "'sync-batch' is biobert_sync()'s own command");
  biobert_error err;
  named_model *m;
  /* Another connection may have written, or reset, since the batch was made. */
  int rc = recorded_dimension(t, b->dimension);
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

size_t sync_count_failures(const sync_batch *b, char last[MESSAGE_BYTES], size_t *alike) {
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
