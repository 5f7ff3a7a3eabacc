/* tvf_vectors.c - biobert_each(vector): the values of a vector as rows. */
#include <string.h>

#include "functions/functions.h"

enum column { POSITION, VALUE, VECTOR };

static biobert_status open_each(table_cursor *c, biobert_error *err) {
  const void *vector;
  return arg_vector(c->arguments[0], 1, 0, &vector, &c->count, err);
}

static biobert_status column_each(table_cursor *c, sqlite3_context *context, int column,
                                  biobert_error *err) {
  (void)err;
  if (column == POSITION) {
    sqlite3_result_int64(context, (sqlite3_int64)c->row);
    return BIOBERT_OK;
  }
  float value;
  const char *vector = sqlite3_value_blob(c->arguments[0]);
  memcpy(&value, vector + c->row * sizeof value, sizeof value);
  sqlite3_result_double(context, value);
  return BIOBERT_OK;
}

const table_function table_each = {
    .columns = "position INTEGER, value REAL, vector HIDDEN",
    .first_argument = VECTOR,
    .arguments = 1,
    .required = 1,
    .pure = true,
    .open = open_each,
    .column = column_each,
};
