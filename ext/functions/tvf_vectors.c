/* tvf_vectors.c - biobert_each(vector): the values of a vector as rows. */
#include <string.h>

#include "functions/bodies.h"

static biobert_status open_each(tvf_cursor *c, biobert_error *err) {
  const void *vector;
  return arg_vector(c->arguments[0], 1, 0, &vector, &c->count, err);
}

static biobert_status vector_value(const tvf_cell *cell) {
  float value;
  const char *vector = sqlite3_value_blob(cell->cursor->arguments[0]);
  memcpy(&value, vector + cell->cursor->row * sizeof value, sizeof value);
  sqlite3_result_double(cell->context, value);
  return BIOBERT_OK;
}

static const tvf_column each_columns[] = {
    {"position",  "INTEGER", tvf_from_0, 0},
    {"value", "REAL", vector_value, 0},
    {"vector",           "HIDDEN", NULL, 0},
    {0    },
};

const tvf tvf_each = {
    .columns = each_columns,
    .required = 1,
    .pure = true,
    .open = open_each,
};
