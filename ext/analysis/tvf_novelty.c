/* tvf_novelty.c - biobert_novelty(name): how far a document is from those nearest to it. */
#include <stddef.h>

#include "analysis/index_rows.h"
#include "analysis/table_functions.h"

enum { ARG_NAME };
enum { NEAREST = 10 };

typedef struct novelty_row {
  int64_t id;
  double novelty;
  bool known; /* it has a neighbour */
} novelty_row;

static novelty_row row_of(const biobert_neighbours *found, size_t point, int64_t id) {
  const size_t first = found->first[point], end = found->first[point + 1];
  novelty_row row = {.id = id, .known = end > first};
  double sum = 0;
  for (size_t i = first; i < end; i++) sum += found->items[i].similarity;
  if (row.known) row.novelty = 1 - sum / (double)(end - first);
  return row;
}

static biobert_status put_rows(tvf_cursor *c, const index_vectors *v,
                               const biobert_neighbours *found, biobert_error *err) {
  novelty_row *rows = sqlite3_malloc64((found->count + 1) * sizeof *rows);
  if (!rows) return result_no_memory(err);
  for (size_t i = 0; i < found->count; i++) rows[i] = row_of(found, i, v->id[i]);
  c->rows = rows;
  c->count = found->count;
  return BIOBERT_OK;
}

static biobert_status open_novelty(tvf_cursor *c, biobert_error *err) {
  interrupt_poll poll = {.db = connection_db(c->shared)};
  const biobert_analysis_options how = index_analysis_options(&poll);
  index_vectors vectors = {0};
  biobert_neighbours found = {0};
  const char *name;
  biobert_status status = arg_name(c->arguments[ARG_NAME], ARG_NAME + 1, &name, err);
  if (!status) status = index_vectors_read(poll.db, name, &vectors, &c->code, err);
  if (!status)
    status = biobert_neighbours_find(&vectors.points, NEAREST, -1, &how, &found, err);
  if (!status) status = put_rows(c, &vectors, &found, err);
  biobert_neighbours_free(&found, &how);
  index_vectors_free(&vectors);
  return status;
}

static biobert_status novelty_rowid(const tvf_cell *cell) {
  return tvf_result_integer(cell, ((const novelty_row *)cell->row)->id);
}

static biobert_status novelty_novelty(const tvf_cell *cell) {
  const novelty_row *row = cell->row;
  if (row->known) sqlite3_result_double(cell->context, row->novelty);
  return BIOBERT_OK;
}

static const tvf_column novelty_columns[] = {
    {"rowid",        "INTEGER", novelty_rowid, 0},
    {"novelty", "REAL", novelty_novelty, 0},
    {"name",              "HIDDEN", NULL, 0},
    {0       },
};

const tvf tvf_novelty = {
    .columns = novelty_columns,
    .required = 1,
    .row_bytes = sizeof(novelty_row),
    .open = open_novelty,
};
