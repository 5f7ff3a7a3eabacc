/* tvf_neighbours.c - biobert_neighbours(name, k [, threshold]). */
#include "analysis/index_rows.h"
#include "analysis/tables.h"

enum { ARG_NAME, ARG_K, ARG_THRESHOLD };

typedef struct neighbour_rows {
  index_vectors vectors;
  biobert_neighbours found;
  biobert_analysis_options how;
  interrupt_poll poll;
  size_t point; /* whose neighbours are at the cursor's row, or before it */
} neighbour_rows;

static biobert_status read_threshold(const tvf_cursor *c, double *out,
                                     biobert_error *err) {
  sqlite3_value *value = c->arguments[ARG_THRESHOLD];
  *out = -1;
  if (!value || arg_is_null(value)) return BIOBERT_OK;
  *out = sqlite3_value_double(value);
  if (*out >= -1 && *out <= 1) return BIOBERT_OK;
  return result_fail(err, BIOBERT_RANGE,
                     "argument %d (threshold) is a similarity from -1 to 1",
                     ARG_THRESHOLD + 1);
}

static biobert_status find_neighbours(tvf_cursor *c, biobert_error *err) {
  neighbour_rows *r = c->rows;
  const char *name;
  int64_t k;
  double threshold = -1;
  biobert_status status = arg_name(c->arguments[ARG_NAME], 1, &name, err);
  if (!status) status = arg_whole(c->arguments[ARG_K], 2, "k", 1, UINT32_MAX, &k, err);
  if (!status) status = read_threshold(c, &threshold, err);
  if (!status) status = index_vectors_read(r->poll.db, name, &r->vectors, &c->code, err);
  if (!status)
    status = biobert_neighbours_find(&r->vectors.points, (size_t)k, threshold, &r->how,
                                     &r->found, err);
  if (!status && r->found.count) c->count = r->found.first[r->found.count];
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
  index_vectors_free(&r->vectors);
  sqlite3_free(r);
}

/* Rows are read in their order. */
static size_t point_of(const tvf_cell *cell) {
  neighbour_rows *r = cell->cursor->rows;
  while (r->found.first[r->point + 1] <= cell->cursor->row) r->point++;
  return r->point;
}

static const biobert_neighbour *item_of(const tvf_cell *cell) {
  return ((const neighbour_rows *)cell->cursor->rows)->found.items + cell->cursor->row;
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
  const size_t first = r->found.first[point_of(cell)];
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
    .open = open_neighbours,
    .close = close_neighbours,
};
