/* sync_work.c - what there is to do: new, changed and gone documents.
 *
 * Without a queue the whole content is read: a row is new if its key has no entry, changed
 * if its text has another hash than the entry, and an entry is gone if no row has its key.
 * With a queue its keys are the work; but until a first sync has come to its end the
 * whole content is read instead: before that the queue does not have all that is to be
 * done. */
#include "search/sync_work.h"

#include <string.h>

#include "search/config_table.h"
#include "search/content.h"
#include "search/document_rows.h"
#include "search/queue.h"
#include "search/shadow_sql.h"
#include "search/table_errors.h"

/* Finding work ----------------------------------------------------------------------- */

void sync_free_work(sync_work *w) {
  id_list_free(&w->ids);
  memset(w, 0, sizeof *w);
}

void sync_drop_work(sync_work *w) {
  if (w) sync_free_work(w);
  sqlite3_free(w);
}

void sync_forget(index_table *t) {
  sync_drop_work(t->left);
  t->left = NULL;
  t->sync_began = 0;
}

int sync_prepare_key(index_table *t, sqlite3_stmt **out) {
  return content_prepare_key(t, true, out);
}

/* Of a row of the content: its columns, and the ready vector where it has one. */
int sync_value_count(const index_table *t) {
  return t->config.column_count + (t->config.vectors != NULL);
}

void sync_free_values(const index_table *t, sqlite3_value **values) {
  content_free_row(values, sync_value_count(t));
}

/* A row of the content as a document; with ready vectors, its hash is that of the vector
 * too. */
int sync_read_document(const index_table *t, sqlite3_stmt *s, sqlite3_value ***values,
                       document *out) {
  int rc = content_copy_row(s, sync_value_count(t), values);
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
  int rc = sync_prepare_key(t, &s);
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
bool sync_is_work(const index_table *t, const document *d, const document_row *known) {
  if (t->config.vectors && d->blank) return known->found;
  return !document_is_known(d, known);
}

static int look_at_content(index_table *t, sync_work *w, id_list *all) {
  sqlite3_stmt *s = NULL;
  int rc = content_prepare_rows(t, true, &s);
  while (rc == SQLITE_OK && table_step(t, s) == SQLITE_ROW) {
    sqlite3_int64 id;
    if (!content_read_key(s, 0, &id)) {
      note_bad_key(w, s);
      continue;
    }
    sqlite3_value **values = NULL;
    document d = {0};
    document_row known = {0};
    rc = sync_read_document(t, s, &values, &d);
    if (rc == SQLITE_OK) rc = document_row_get(t, d.id, &known);
    if (rc == SQLITE_OK && sync_is_work(t, &d, &known) && !id_list_add(&w->ids, d.id))
      rc = SQLITE_NOMEM;
    if (rc == SQLITE_OK && !id_list_add(all, d.id)) rc = SQLITE_NOMEM;
    document_row_free(&known);
    document_free(&d);
    sync_free_values(t, values);
  }
  int ended = sqlite3_finalize(s);
  return rc == SQLITE_OK && ended != SQLITE_OK ? table_content_error(t, ended) : rc;
}

/* Documents whose content is gone; `all` is sorted. */
static int look_for_gone(index_table *t, sync_work *w, const id_list *all) {
  sqlite3_stmt *s = NULL;
  int rc = schema_prepare(t, &s, "SELECT id FROM @docs");
  while (rc == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW) {
    sqlite3_int64 id = sqlite3_column_int64(s, 0);
    if (id_list_has(all, id)) continue;
    if (!id_list_add(&w->ids, id)) rc = SQLITE_NOMEM;
  }
  int ended = sqlite3_finalize(s);
  return rc == SQLITE_OK ? ended : rc;
}

/* Whether the row that a key finds first is new or changed, or gone from the content
 * alone. */
int sync_look_at_key(index_table *t, sqlite3_stmt *s, sqlite3_int64 id, bool *work) {
  sqlite3_value **values = NULL;
  document d = {0};
  document_row known = {0};
  *work = false;
  sqlite3_reset(s);
  int rc = sqlite3_bind_int64(s, 1, id);
  bool there = rc == SQLITE_OK && table_step(t, s) == SQLITE_ROW;
  if (there) rc = sync_read_document(t, s, &values, &d);
  if (!there && rc == SQLITE_OK) rc = sqlite3_reset(s);
  if (rc == SQLITE_OK) rc = document_row_get(t, id, &known);
  if (rc == SQLITE_OK) *work = there ? sync_is_work(t, &d, &known) : known.found;
  document_row_free(&known);
  document_free(&d);
  sync_free_values(t, values);
  sqlite3_reset(s);
  return rc;
}

/* Keys that occur twice (in a view): the row that the key finds first has it, the others
 * are not in the search table. Both lists are sorted. */
static int drop_doubles(index_table *t, sync_work *w, const id_list *all) {
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
  for (size_t i = 0; i < w->ids.count && rc == SQLITE_OK; i++) {
    sqlite3_int64 id = w->ids.ids[i];
    bool work = true;
    if (kept && w->ids.ids[kept - 1] == id) continue;
    while (at < all->count && all->ids[at] < id) at++;
    if (at + 1 < all->count && all->ids[at + 1] == id) {
      if (!s) rc = sync_prepare_key(t, &s);
      if (rc == SQLITE_OK) rc = sync_look_at_key(t, s, id, &work);
    }
    if (work) w->ids.ids[kept++] = id;
  }
  w->ids.count = kept;
  sqlite3_finalize(s);
  return rc;
}

/* The keys in the queue. */
static int read_queue(index_table *t, sync_work *w) {
  sqlite3_stmt *s;
  int rc = queue_prepare(t, &s);
  while (rc == SQLITE_OK && table_step(t, s) == SQLITE_ROW)
    if (!id_list_add(&w->ids, sqlite3_column_int64(s, 0))) rc = SQLITE_NOMEM;
  int ended = sqlite3_finalize(s);
  if (rc != SQLITE_OK || ended == SQLITE_OK) return rc;
  return table_error(t, ended, "queue '%s' cannot be read: %s", t->config.queue,
                     sqlite3_errmsg(t->db));
}

int sync_find_work(index_table *t, sync_work *w) {
  id_list all = {0};
  sqlite3_int64 synced = 0;
  int rc = queue_check(t, false); /* before any work, also where all is looked at */
  if (rc == SQLITE_OK && t->config.queue) rc = schema_get_int(t, "synced", &synced);
  if (rc != SQLITE_OK) return rc;
  /* Until a sync has come to its end the queue does not know all that is to be done. */
  if (synced) return read_queue(t, w);
  rc = look_at_content(t, w, &all);
  id_list_sort(&all);
  id_list_sort(&w->ids);
  if (rc == SQLITE_OK) rc = drop_doubles(t, w, &all);
  if (rc == SQLITE_OK) rc = look_for_gone(t, w, &all);
  id_list_free(&all);
  return rc;
}

int sync_count_stale(index_table *t, sqlite3_int64 *out) {
  sqlite3_stmt *s = NULL, *by_key = NULL;
  *out = 0;
  int rc = content_prepare_rows(t, true, &s);
  if (rc == SQLITE_OK) rc = sync_prepare_key(t, &by_key);
  while (rc == SQLITE_OK && table_step(t, s) == SQLITE_ROW) {
    sqlite3_int64 id;
    if (!content_read_key(s, 0, &id)) continue;
    sqlite3_value **values = NULL;
    document d = {0};
    document_row known = {0};
    rc = sync_read_document(t, s, &values, &d);
    if (rc == SQLITE_OK) rc = document_row_get(t, d.id, &known);
    bool stale = rc == SQLITE_OK && known.found && sync_is_work(t, &d, &known);
    /* Not one whose key another row has. */
    if (stale) rc = sync_look_at_key(t, by_key, d.id, &stale);
    *out += stale;
    document_row_free(&known);
    document_free(&d);
    sync_free_values(t, values);
  }
  sqlite3_finalize(by_key);
  int ended = sqlite3_finalize(s);
  return rc == SQLITE_OK ? ended : rc;
}
