/* fn_mean.c - biobert_mean(vector [, weight]): sum of w v / sum of |w|.
 *
 * Negative weights make "more like these, less like those" (Rocchio 1971). A window that
 * slides takes rows out again, so the sums run in double precision and start from nothing
 * whenever the last row has left. */
#include <math.h>
#include <string.h>

#include "functions/bodies.h"
#include "sql/numbers.h"

typedef struct sums {
  size_t n;
  sqlite3_int64 rows, weighted; /* rows, and those whose weight is not 0 */
  double weight;                /* sum of |w| */
  double *values;               /* [n], sums of w v */
  bool failed;
} sums;

static const char mean_name[] = "biobert_mean";

static void fail(sqlite3_context *context, sums *s, const biobert_error *err) {
  s->failed = true;
  result_error(context, mean_name, err);
}

static biobert_status read_row(sums *s, int argc, sqlite3_value **argv,
                               const float **vector, double *weight, biobert_error *err) {
  size_t n;
  const void *data;
  biobert_status status = arg_vector(argv[0], 1, s->n, &data, &n, err);
  if (status) return status;
  *weight = 1;
  if (argc > 1 && !arg_is_null(argv[1])) {
    int type = number_type(argv[1]);
    *weight = sqlite3_value_double(argv[1]);
    if ((type != SQLITE_INTEGER && type != SQLITE_FLOAT) || !isfinite(*weight))
      return result_fail(err, BIOBERT_RANGE, "argument 2 (weight) is no finite number");
  }
  if (!s->values) {
    s->values = sqlite3_malloc64(n ? n * sizeof *s->values : 1);
    if (!s->values) return result_no_memory(err);
    memset(s->values, 0, n * sizeof *s->values);
    s->n = n;
  }
  *vector = data;
  return BIOBERT_OK;
}

/* direction 1: a row comes in; -1: it leaves. */
static void move_row(sqlite3_context *context, int argc, sqlite3_value **argv,
                     int direction) {
  if (arg_is_null(argv[0])) return;
  sums *s = sqlite3_aggregate_context(context, sizeof *s);
  if (!s) {
    sqlite3_result_error_nomem(context);
    return;
  }
  if (s->failed) return;
  biobert_error err;
  const float *vector = NULL;
  double weight = 1;
  if (read_row(s, argc, argv, &vector, &weight, &err)) {
    fail(context, s, &err);
    return;
  }
  for (size_t i = 0; i < s->n; i++) {
    float value; /* a BLOB may lie at any address */
    memcpy(&value, (const char *)vector + 4 * i, sizeof value);
    s->values[i] += direction * weight * value;
  }
  s->rows += direction;
  s->weighted += weight != 0 ? direction : 0;
  s->weight += direction * fabs(weight);
  if (s->weighted == 0) {
    s->weight = 0;
    memset(s->values, 0, s->n * sizeof *s->values);
  }
}

static void mean_step(sqlite3_context *context, int argc, sqlite3_value **argv) {
  move_row(context, argc, argv, 1);
}

static void mean_inverse(sqlite3_context *context, int argc, sqlite3_value **argv) {
  move_row(context, argc, argv, -1);
}

static void mean_value(sqlite3_context *context) {
  const sums *s = sqlite3_aggregate_context(context, 0);
  if (!s || s->failed || s->weighted == 0) return;
  float *mean = sqlite3_malloc64(s->n ? s->n * sizeof *mean : 1);
  if (!mean) {
    sqlite3_result_error_nomem(context);
    return;
  }
  for (size_t i = 0; i < s->n; i++) mean[i] = (float)(s->values[i] / s->weight);
  sqlite3_result_blob64(context, mean, s->n * sizeof *mean, sqlite3_free);
}

static void mean_final(sqlite3_context *context) {
  mean_value(context);
  sums *s = sqlite3_aggregate_context(context, 0);
  if (s) sqlite3_free(s->values);
}

const aggregate aggregate_mean = {mean_step, mean_final, mean_value, mean_inverse};
