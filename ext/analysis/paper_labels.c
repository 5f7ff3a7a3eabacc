/* paper_labels.c - a table of labels, read. */
#include "analysis/paper_labels.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/index_rows.h"
#include "sql/interruption.h"
#include "sql/numbers.h"

/* The statement ------------------------------------------------------------------------ */

static int prepare(sqlite3 *db, const char *schema, const char *table, const char *rest,
                   sqlite3_stmt **out) {
  char *sql = schema
                  ? sqlite3_mprintf("SELECT * FROM \"%w\".\"%w\"%s", schema, table, rest)
                  : sqlite3_mprintf("SELECT * FROM \"%w\"%s", table, rest);
  int rc = sql ? sqlite3_prepare_v2(db, sql, -1, out, NULL) : SQLITE_NOMEM;
  sqlite3_free(sql);
  return rc;
}

/* A view has no rowid, nor has a table WITHOUT ROWID: they come as they come. */
static int prepare_ordered(sqlite3 *db, const char *schema, const char *table,
                           const void *unused, sqlite3_stmt **out) {
  (void)unused;
  int rc = prepare(db, schema, table, " ORDER BY rowid", out);
  return rc == SQLITE_ERROR ? prepare(db, schema, table, "", out) : rc;
}

/* A view may be there and broken: then SQLite says how. message: its words. */
static biobert_status refuse(int rc, const char *name, const char *message, int *code,
                             biobert_error *err) {
  if (rc == SQLITE_NOMEM || !message) return result_no_memory(err);
  if (rc == SQLITE_ERROR && strstr(message, "no such table"))
    return result_fail(err, BIOBERT_RANGE,
                       "there is no table of labels '%.64s': CREATE TABLE labels(paper "
                       "INTEGER, included INTEGER), with 1, 0 or NULL for each paper's "
                       "rowid",
                       name);
  *code = rc;
  return result_fail(err, result_status(rc, BIOBERT_RANGE), "%s", message);
}

static biobert_status open_labels(sqlite3 *db, const char *name, sqlite3_stmt **out,
                                  int *code, biobert_error *err) {
  const int rc = index_prepare_named(db, name, prepare_ordered, NULL, out);
  if (rc != SQLITE_OK) {
    char *message = sqlite3_mprintf("%s", sqlite3_errmsg(db));
    biobert_status status = refuse(interrupt_code(db, rc), name, message, code, err);
    sqlite3_free(message);
    return status;
  }
  if (sqlite3_column_count(*out) >= 2) return BIOBERT_OK;
  return result_fail(err, BIOBERT_RANGE,
                     "the table of labels '%.64s' has one column: the first is to be the "
                     "paper's rowid, the second 1, 0 or NULL",
                     name);
}

/* Rows --------------------------------------------------------------------------------- */

static biobert_status read_decision(sqlite3_value *value, const char *name, int64_t id,
                                    biobert_decision *out, biobert_error *err) {
  int64_t number;
  *out = BIOBERT_UNDECIDED;
  if (sqlite3_value_type(value) == SQLITE_NULL) return BIOBERT_OK;
  if (!values_are_readable(1, &value)) return result_no_memory(err);
  if (number_whole(value, &number) && (number == 0 || number == 1)) {
    *out = number ? BIOBERT_INCLUDED : BIOBERT_EXCLUDED;
    return BIOBERT_OK;
  }
  return result_fail(err, BIOBERT_RANGE,
                     "the label of paper %lld in '%.64s' is not 1 (include), 0 (exclude) "
                     "or NULL",
                     (long long)id, name);
}

static biobert_status add_label(paper_labels *l, sqlite3_stmt *s, const char *name,
                                biobert_error *err) {
  sqlite3_value *first = sqlite3_column_value(s, 0), *second = sqlite3_column_value(s, 1);
  paper_label label = {.place = l->count};
  if (sqlite3_value_type(first) == SQLITE_NULL) return BIOBERT_OK;
  if (!values_are_readable(1, &first)) return result_no_memory(err);
  if (!number_whole(first, &label.id))
    return result_fail(err, BIOBERT_RANGE,
                       "the first column of '%.64s' is to be the paper's rowid, and "
                       "'%.32s' is no integer",
                       name, (const char *)sqlite3_value_text(first));
  biobert_status status = read_decision(second, name, label.id, &label.decision, err);
  if (status) return status;
  paper_label *items = list_grow(l->items, sizeof *items, l->count, &l->capacity);
  if (!items) return result_no_memory(err);
  l->items = items;
  l->items[l->count++] = label;
  return BIOBERT_OK;
}

static int by_id(const void *a, const void *b) {
  const paper_label *x = a, *y = b;
  if (x->id != y->id) return x->id < y->id ? -1 : 1;
  return (x->place > y->place) - (x->place < y->place);
}

static void keep_last(paper_labels *l) {
  size_t kept = 0;
  if (l->count) qsort(l->items, l->count, sizeof *l->items, by_id);
  for (size_t i = 0; i < l->count; i++)
    if (i + 1 == l->count || l->items[i + 1].id != l->items[i].id)
      l->items[kept++] = l->items[i];
  l->count = kept;
}

biobert_status paper_labels_read(sqlite3 *db, const char *name, paper_labels *out,
                                 int *code, biobert_error *err) {
  paper_labels l = {0};
  sqlite3_stmt *s = NULL;
  bool more = true;
  biobert_status status = open_labels(db, name, &s, code, err);
  while (!status && more) {
    status = index_step(s, &more, code, err);
    if (!status && more) status = add_label(&l, s, name, err);
  }
  sqlite3_finalize(s);
  keep_last(&l);
  if (status)
    paper_labels_free(&l);
  else
    *out = l;
  return status;
}

const paper_label *paper_labels_find(const paper_labels *l, int64_t id) {
  size_t from = 0, to = l->count;
  while (from < to) {
    const size_t middle = from + (to - from) / 2;
    if (l->items[middle].id < id)
      from = middle + 1;
    else
      to = middle;
  }
  return from < l->count && l->items[from].id == id ? &l->items[from] : NULL;
}

void paper_labels_free(paper_labels *l) {
  sqlite3_free(l->items);
  *l = (paper_labels){0};
}

/* Order -------------------------------------------------------------------------------- */

static int by_place(const void *a, const void *b) {
  const paper_label *x = a, *y = b;
  return (x->place > y->place) - (x->place < y->place);
}

/* Those of papers that there are. */
static size_t decisions_of(const paper_labels *l, const id_list *ids, paper_label *out) {
  size_t count = 0;
  for (size_t i = 0; i < l->count; i++)
    if (l->items[i].decision != BIOBERT_UNDECIDED && id_list_has(ids, l->items[i].id))
      out[count++] = l->items[i];
  qsort(out, count, sizeof *out, by_place);
  return count;
}

biobert_status paper_labels_in_order(const paper_labels *l, const id_list *ids,
                                     bool **included, size_t *count, biobert_error *err) {
  paper_label *kept = sqlite3_malloc64((l->count + 1) * sizeof *kept);
  bool *out = sqlite3_malloc64(l->count + 1);
  const bool made = kept && out;
  if (made) {
    *count = decisions_of(l, ids, kept);
    for (size_t i = 0; i < *count; i++) out[i] = kept[i].decision == BIOBERT_INCLUDED;
    *included = out;
  } else {
    sqlite3_free(out);
  }
  sqlite3_free(kept);
  return made ? BIOBERT_OK : result_no_memory(err);
}

size_t decisions_since_included(const bool *included, size_t count) {
  size_t since = 0;
  while (since < count && !included[count - 1 - since]) since++;
  return since;
}
