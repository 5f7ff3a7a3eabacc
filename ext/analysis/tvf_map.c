/* tvf_map.c - biobert_map(name [, seed]). */
#include <math.h>

#include "analysis/index_rows.h"
#include "analysis/tables.h"

enum { ARG_NAME, ARG_SEED };

typedef struct map_rows {
  index_vectors vectors;
  float *places; /* [documents, 2] */
  interrupt_poll poll;
} map_rows;

static biobert_status draw_map(tvf_cursor *c, biobert_error *err) {
  map_rows *r = c->rows;
  const biobert_analysis_options how = index_analysis_options(&r->poll);
  const char *name;
  int64_t seed = 0;
  biobert_status status = arg_name(c->arguments[ARG_NAME], ARG_NAME + 1, &name, err);
  if (!status) status = tvf_optional_integer(c, ARG_SEED, "seed", 0, &seed, err);
  if (!status) status = index_vectors_read(r->poll.db, name, &r->vectors, &c->code, err);
  if (status) return status;
  const size_t count = r->vectors.points.count;
  r->places = sqlite3_malloc64((count + 1) * 2 * sizeof *r->places);
  if (!r->places) return result_no_memory(err);
  status = biobert_map_draw(&r->vectors.points, (uint64_t)seed, &how, r->places, err);
  if (!status) c->count = count;
  return status;
}

static biobert_status open_map(tvf_cursor *c, biobert_error *err) {
  map_rows *r = sqlite3_malloc64(sizeof *r);
  if (!r) return result_no_memory(err);
  *r = (map_rows){.poll = {.db = connection_db(c->shared)}};
  c->rows = r;
  return draw_map(c, err);
}

static void close_map(tvf_cursor *c) {
  map_rows *r = c->rows;
  index_vectors_free(&r->vectors);
  sqlite3_free(r->places);
  sqlite3_free(r);
}

static biobert_status map_rowid(const tvf_cell *cell) {
  const map_rows *r = cell->cursor->rows;
  return tvf_result_integer(cell, r->vectors.id[cell->cursor->row]);
}

/* NULL: the document has no place. */
static biobert_status map_place(const tvf_cell *cell, size_t axis) {
  const map_rows *r = cell->cursor->rows;
  const double place = (double)r->places[2 * cell->cursor->row + axis];
  if (!isnan(place)) sqlite3_result_double(cell->context, place);
  return BIOBERT_OK;
}

static biobert_status map_x(const tvf_cell *cell) {
  return map_place(cell, 0);
}

static biobert_status map_y(const tvf_cell *cell) {
  return map_place(cell, 1);
}

static const tvf_column map_columns[] = {
    {"rowid",    "INTEGER", map_rowid, 0},
    {"x", "REAL", map_x, 0},
    {"y",          "REAL", map_y, 0},
    {"name",    "HIDDEN", NULL, 0},
    {"seed",         "HIDDEN", NULL, 0},
    {0       },
};

const tvf tvf_map = {
    .columns = map_columns,
    .required = 1,
    .open = open_map,
    .close = close_map,
};
