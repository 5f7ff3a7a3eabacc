/* tvf_duplicate_groups.c - biobert_duplicate_groups(name [, threshold]): the documents that
 * near pairs connect, and which one of each group to keep. */
#include <stddef.h>
#include <stdlib.h>

#include "analysis/duplicate_pairs.h"
#include "analysis/table_functions.h"

typedef struct group_row {
  int64_t id;
  uint32_t first; /* the group's least point */
  int32_t group;  /* its number, from 1 */
  int32_t keep;
} group_row;

static int by_group(const void *a, const void *b) {
  const group_row *x = a, *y = b;
  if (x->first != y->first) return x->first < y->first ? -1 : 1;
  return (x->id > y->id) - (x->id < y->id);
}

/* Rows of one group, by rising id. */
static void mark_kept(const duplicate_pairs *d, group_row *rows, size_t count) {
  size_t kept = 0;
  int most = -1;
  for (size_t i = 0; i < count; i++) {
    const index_record *r = index_records_find(&d->records, rows[i].id);
    const int filled = r ? r->filled : 0;
    if (filled > most) kept = i;
    if (filled > most) most = filled;
  }
  rows[kept].keep = 1;
}

static void number_groups(const duplicate_pairs *d, group_row *rows, size_t count) {
  int32_t group = 0;
  for (size_t i = 0, end; i < count; i = end) {
    group++;
    for (end = i; end < count && rows[end].first == rows[i].first; end++)
      rows[end].group = group;
    mark_kept(d, rows + i, end - i);
  }
}

/* The points that are in pairs, in groups. */
static biobert_status put_rows(tvf_cursor *c, const duplicate_pairs *d, uint32_t *group,
                               biobert_error *err) {
  const size_t points = d->vectors.points.count;
  bool *paired = sqlite3_malloc64(points + 1);
  group_row *rows = sqlite3_malloc64((points + 1) * sizeof *rows);
  c->rows = rows;
  if (paired && rows) {
    for (size_t i = 0; i < points; i++) paired[i] = false;
    for (size_t i = 0; i < d->pairs.count; i++)
      paired[d->pairs.items[i].a] = paired[d->pairs.items[i].b] = true;
    for (size_t i = 0; i < points; i++)
      if (paired[i])
        rows[c->count++] = (group_row){.id = d->vectors.id[i], .first = group[i]};
    qsort(rows, c->count, sizeof *rows, by_group);
    number_groups(d, rows, c->count);
  }
  sqlite3_free(paired);
  return paired && rows ? BIOBERT_OK : result_no_memory(err);
}

static biobert_status open_groups(tvf_cursor *c, biobert_error *err) {
  duplicate_pairs d = {.poll = {.db = connection_db(c->shared)}};
  biobert_status status = duplicate_pairs_read(c, &d, err);
  if (!status) {
    const size_t points = d.vectors.points.count;
    uint32_t *group = sqlite3_malloc64((points + 1) * sizeof *group);
    if (group) biobert_groups_of(points, d.pairs.items, d.pairs.count, group);
    status = group ? put_rows(c, &d, group, err) : result_no_memory(err);
    sqlite3_free(group);
  }
  duplicate_pairs_free(&d);
  return status;
}

static biobert_status groups_rowid(const tvf_cell *cell) {
  return tvf_result_integer(cell, ((const group_row *)cell->row)->id);
}

static const tvf_column groups_columns[] = {
    {"group",       "INTEGER", tvf_int32, offsetof(group_row, group)},
    {"rowid",    "INTEGER", groups_rowid, 0},
    {"keep",       "INTEGER", tvf_int32, offsetof(group_row, keep)},
    {"name",       "HIDDEN", NULL, 0},
    {"threshold", "HIDDEN", NULL, 0},
    {0            },
};

const tvf tvf_duplicate_groups = {
    .columns = groups_columns,
    .required = 1,
    .row_bytes = sizeof(group_row),
    .open = open_groups,
};
