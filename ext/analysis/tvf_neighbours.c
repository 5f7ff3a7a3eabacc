/* tvf_neighbours.c - biobert_neighbours(name, k [, threshold]). */
#include "analysis/index_rows.h"
#include "analysis/table_functions.h"

enum { ARG_NAME, ARG_K, ARG_THRESHOLD };

typedef struct neighbour_rows {
  index_vectors vectors;
  biobert_neighbours found; /* of all points */
  biobert_neighbour *items; /* or of one, which is `first`: [count] */
  size_t first, count;
  biobert_analysis_options how;
  interrupt_poll poll;
  size_t point; /* whose neighbours are at the cursor's row, or before it */
} neighbour_rows;

/* The point of an id, or SIZE_MAX. */
static size_t find_point(const index_vectors *v, int64_t id) {
  size_t low = 0, high = v->points.count;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (v->id[middle] < id)
      low = middle + 1;
    else
      high = middle;
  }
  return low < v->points.count && v->id[low] == id ? low : SIZE_MAX;
}

/* One document's alone: the same rows as among all. */
static biobert_status look_up(neighbour_rows *r, int64_t id, size_t k, double threshold,
                              biobert_error *err) {
  const biobert_points *p = &r->vectors.points;
  const size_t point = find_point(&r->vectors, id);
  if (point == SIZE_MAX) return BIOBERT_OK;
  if (k > p->count) k = p->count;
  r->first = point;
  r->items = sqlite3_malloc64((k + 1) * sizeof *r->items);
  if (!r->items) return result_no_memory(err);
  return biobert_neighbours_of(p, point, k, threshold, &r->how, r->items, &r->count, err);
}

static biobert_status find(neighbour_rows *r, const tvf_cursor *c, size_t k,
                           double threshold, biobert_error *err) {
  tvf_want want;
  int64_t id;
  biobert_status status = tvf_wanted(c, &want, &id, err);
  if (status || want == TVF_NONE) return status;
  if (want == TVF_ONE) return look_up(r, id, k, threshold, err);
  status =
      biobert_neighbours_find(&r->vectors.points, k, threshold, &r->how, &r->found, err);
  if (!status && r->found.count) r->count = r->found.first[r->found.count];
  return status;
}

static biobert_status find_neighbours(tvf_cursor *c, biobert_error *err) {
  neighbour_rows *r = c->rows;
  const char *name;
  int64_t k;
  double threshold = -1;
  biobert_status status = arg_name(c->arguments[ARG_NAME], ARG_NAME + 1, &name, err);
  if (!status)
    status = arg_whole(c->arguments[ARG_K], ARG_K + 1, "k", 1, UINT32_MAX, &k, err);
  if (!status)
    status = tvf_optional_real(c, ARG_THRESHOLD, "threshold", -1, 1, &threshold, err);
  if (!status) status = index_vectors_read(r->poll.db, name, &r->vectors, &c->code, err);
  if (!status) status = find(r, c, (size_t)k, threshold, err);
  c->count = r->count;
  return status;
}

static biobert_status open_neighbours(tvf_cursor *c, biobert_error *err) {
  neighbour_rows *r = sqlite3_malloc64(sizeof *r);
  if (!r) return result_no_memory(err);
  *r = (neighbour_rows){.poll = {.db = connection_db(c->shared)}};
  r->how = index_analysis_options(&r->poll);
  c->rows = r;
  return find_neighbours(c, err);
}

static void close_neighbours(tvf_cursor *c) {
  neighbour_rows *r = c->rows;
  biobert_neighbours_free(&r->found, &r->how);
  sqlite3_free(r->items);
  index_vectors_free(&r->vectors);
  sqlite3_free(r);
}

/* Rows are read in their order. */
static size_t point_of(const tvf_cell *cell) {
  neighbour_rows *r = cell->cursor->rows;
  if (r->items) return r->first;
  while (r->found.first[r->point + 1] <= cell->cursor->row) r->point++;
  return r->point;
}

static const biobert_neighbour *item_of(const tvf_cell *cell) {
  const neighbour_rows *r = cell->cursor->rows;
  return (r->items ? r->items : r->found.items) + cell->cursor->row;
}

static biobert_status neighbours_rowid(const tvf_cell *cell) {
  const neighbour_rows *r = cell->cursor->rows;
  return tvf_result_integer(cell, r->vectors.id[point_of(cell)]);
}

static biobert_status neighbours_neighbour(const tvf_cell *cell) {
  const neighbour_rows *r = cell->cursor->rows;
  return tvf_result_integer(cell, r->vectors.id[item_of(cell)->point]);
}

static biobert_status neighbours_rank(const tvf_cell *cell) {
  const neighbour_rows *r = cell->cursor->rows;
  const size_t first = r->items ? 0 : r->found.first[point_of(cell)];
  return tvf_result_integer(cell, (int64_t)(cell->cursor->row - first) + 1);
}

static biobert_status neighbours_similarity(const tvf_cell *cell) {
  sqlite3_result_double(cell->context, item_of(cell)->similarity);
  return BIOBERT_OK;
}

static const tvf_column neighbours_columns[] = {
    {"rowid",           "INTEGER", neighbours_rowid, 0},
    {"neighbour", "INTEGER", neighbours_neighbour, 0},
    {"rank",                 "INTEGER", neighbours_rank, 0},
    {"similarity",        "REAL", neighbours_similarity, 0},
    {"name",                "HIDDEN", NULL, 0},
    {"k",            "HIDDEN", NULL, 0},
    {"threshold",  "HIDDEN", NULL, 0},
    {0                },
};

const tvf tvf_neighbours = {
    .columns = neighbours_columns,
    .required = 2,
    .looks_up = true,
    .open = open_neighbours,
    .close = close_neighbours,
};
