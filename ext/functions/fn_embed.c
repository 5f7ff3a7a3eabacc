/* fn_embed.c - texts to vectors, and the comparison of the two.
 *
 * TEXT is language, a BLOB is a vector: where a vector is compared, a TEXT is embedded
 * first, the query (which comes first) with the query's prompt or model. */
#include <math.h>
#include <string.h>

#include "functions/bodies.h"

/* A shorter array may be meant as text, a long one such as "[0.1, 0.2, ...]" is not. */
enum { JSON_VECTOR_LEAST = 8 };

/* Constants -------------------------------------------------------------------------- */

/* The vector of a constant argument is computed once per statement: SQLite keeps this
 * with the argument as long as that does not change. */
typedef struct constant {
  named_model *model; /* owned: the name may be bound anew meanwhile */
  biobert_role role;
  size_t n;
  float vector[];
} constant;

static void constant_free(void *pointer) {
  constant *k = pointer;
  named_model_release(k->model);
  sqlite3_free(k);
}

static const float *constant_get(sqlite3_context *context, int index,
                                 const named_model *m, biobert_role role) {
  const constant *k = sqlite3_get_auxdata(context, index);
  return k && k->model == m && k->role == role ? k->vector : NULL;
}

/* Call last: for an argument that is not constant, SQLite may free it at once. */
static void constant_set(sqlite3_context *context, int index, named_model *m,
                         biobert_role role, const float *vector, size_t n) {
  constant *k = sqlite3_malloc64(sizeof *k + n * sizeof *vector);
  if (!k) return;
  k->model = named_model_share(m);
  k->role = role;
  k->n = n;
  memcpy(k->vector, vector, n * sizeof *vector);
  sqlite3_set_auxdata(context, index, k, constant_free);
}

/* Embedding -------------------------------------------------------------------------- */

static biobert_status embed(sqlite3_context *context, const call *c, int argc,
                            sqlite3_value **argv, biobert_role role, biobert_error *err) {
  if (arg_is_null(argv[0])) return BIOBERT_OK;
  named_model *m;
  biobert_str text;
  biobert_status status = arg_model(c->connection, argc > 1 ? argv[1] : NULL, 2, &m, err);
  if (!status && role == BIOBERT_QUERY)
    status = connection_query_model(c->connection, m, &m, err);
  if (!status) status = arg_text(argv[0], 1, &text, err);
  if (status) return status;
  size_t n = biobert_model_dimension(named_model_model(m));
  const float *vector = constant_get(context, 0, m, role);
  if (vector) {
    result_vector(context, vector, n);
    return BIOBERT_OK;
  }
  status = named_model_embed(m, role, text, (biobert_str){NULL, 0}, &vector, &n, err);
  if (status) return status;
  result_vector(context, vector, n);
  constant_set(context, 0, m, role, vector, n);
  return BIOBERT_OK;
}

biobert_status fn_embed(sqlite3_context *context, const call *c, int argc,
                        sqlite3_value **argv, biobert_error *err) {
  return embed(context, c, argc, argv, BIOBERT_DOCUMENT, err);
}

biobert_status fn_embed_query(sqlite3_context *context, const call *c, int argc,
                              sqlite3_value **argv, biobert_error *err) {
  return embed(context, c, argc, argv, BIOBERT_QUERY, err);
}

biobert_status fn_embed_pair(sqlite3_context *context, const call *c, int argc,
                             sqlite3_value **argv, biobert_error *err) {
  if (arg_is_null(argv[0]) || arg_is_null(argv[1])) return BIOBERT_OK;
  named_model *m;
  biobert_str a, b;
  biobert_status status = arg_model(c->connection, argc > 2 ? argv[2] : NULL, 3, &m, err);
  if (!status) status = arg_text(argv[0], 1, &a, err);
  if (!status) status = arg_text(argv[1], 2, &b, err);
  if (status) return status;
  const float *vector;
  size_t n;
  status = named_model_embed(m, BIOBERT_DOCUMENT, a, b, &vector, &n, err);
  if (!status) result_vector(context, vector, n);
  return status;
}

/* Comparing -------------------------------------------------------------------------- */

/* One side of a comparison: a vector, wherever it came from. */
typedef struct side {
  const void *vector;
  size_t n;
  float *owned;       /* a copy, where the vector would not last */
  named_model *model; /* that embedded it, else NULL */
  biobert_role role;
  bool computed; /* worth keeping for a constant argument */
} side;

static void side_free(side *s) {
  sqlite3_free(s->owned);
}

static biobert_status refuse_json(biobert_str text, int number, biobert_error *err) {
  if (!biobert_vector_is_json(text, JSON_VECTOR_LEAST)) return BIOBERT_OK;
  return result_fail(err, BIOBERT_RANGE,
                     "argument %d: this looks like a vector in JSON: wrap it in "
                     "biobert_vector()",
                     number);
}

/* Embeds a TEXT side; `c->name(query, text [, ...])`: the first is the query. */
static biobert_status embed_side(sqlite3_context *context, const call *c,
                                 sqlite3_value *value, int index, named_model *m,
                                 side *out, biobert_error *err) {
  out->role = index == 0 ? BIOBERT_QUERY : BIOBERT_DOCUMENT;
  biobert_status status = BIOBERT_OK;
  if (index == 0) status = connection_query_model(c->connection, m, &m, err);
  if (status) return status;
  out->model = m;
  out->n = biobert_model_dimension(named_model_model(m));
  out->vector = constant_get(context, index, m, out->role);
  if (out->vector) return BIOBERT_OK;
  biobert_str text;
  const float *vector;
  status = arg_text(value, index + 1, &text, err);
  if (!status) status = refuse_json(text, index + 1, err);
  if (!status)
    status = named_model_embed(m, out->role, text, (biobert_str){NULL, 0}, &vector,
                               &out->n, err);
  if (status) return status;
  out->owned = sqlite3_malloc64(out->n * sizeof *vector);
  if (!out->owned) return result_no_memory(err);
  memcpy(out->owned, vector, out->n * sizeof *vector);
  out->vector = out->owned;
  out->computed = true;
  return BIOBERT_OK;
}

static bool is_vector(sqlite3_value *value) {
  return sqlite3_value_type(value) == SQLITE_BLOB;
}

/* Both sides, the texts first, so that a vector is checked against the model's dimension.
 */
static biobert_status read_sides(sqlite3_context *context, const call *c,
                                 sqlite3_value **argv, sqlite3_value *model,
                                 int model_number, side sides[2], biobert_error *err) {
  named_model *m = NULL;
  biobert_status status = BIOBERT_OK;
  if (!is_vector(argv[0]) || !is_vector(argv[1]))
    status = arg_model(c->connection, model, model_number, &m, err);
  size_t expected = 0;
  for (int i = 0; i < 2 && !status; i++) {
    if (is_vector(argv[i])) continue;
    status = embed_side(context, c, argv[i], i, m, &sides[i], err);
    expected = sides[i].n;
  }
  for (int i = 0; i < 2 && !status; i++) {
    if (!is_vector(argv[i])) continue;
    status = arg_vector(argv[i], i + 1, expected, &sides[i].vector, &sides[i].n, err);
    if (i == 0 && !expected && !status && is_vector(argv[1]) &&
        sqlite3_value_bytes(argv[1]) % 4 == 0)
      expected = sides[0].n;
    if (i == 1 && !status && sides[0].n != sides[1].n)
      status = result_fail(err, BIOBERT_FORMAT,
                           "vectors of %d and %d values cannot be compared",
                           (int)sides[0].n, (int)sides[1].n);
  }
  return status;
}

static biobert_status compare(sqlite3_context *context, const call *c,
                              sqlite3_value **argv, sqlite3_value *model,
                              int model_number, biobert_metric metric, bool similarity,
                              biobert_error *err) {
  side sides[2] = {{0}, {0}};
  biobert_status status = read_sides(context, c, argv, model, model_number, sides, err);
  if (!status) {
    double distance =
        biobert_vector_distance(sides[0].vector, sides[1].vector, sides[0].n, metric);
    if (!isnan(distance)) /* a vector of length 0 has no direction: NULL */
      sqlite3_result_double(context, similarity ? 1 - distance : distance);
    for (int i = 0; i < 2; i++)
      if (sides[i].computed)
        constant_set(context, i, sides[i].model, sides[i].role, sides[i].owned,
                     sides[i].n);
  }
  side_free(&sides[0]);
  side_free(&sides[1]);
  return status;
}

biobert_status fn_similarity(sqlite3_context *context, const call *c, int argc,
                             sqlite3_value **argv, biobert_error *err) {
  if (arg_is_null(argv[0]) || arg_is_null(argv[1])) return BIOBERT_OK;
  return compare(context, c, argv, argc > 2 ? argv[2] : NULL, 3, BIOBERT_COSINE, true,
                 err);
}

static biobert_status not_a_metric(const char *name, biobert_error *err) {
  char list[128] = "";
  for (int i = 0; i < BIOBERT_METRIC_COUNT; i++) {
    size_t used = strlen(list);
    sqlite3_snprintf((int)(sizeof list - used), list + used, "%s%s", i ? ", " : "",
                     biobert_metric_names[i]);
  }
  return result_fail(err, BIOBERT_RANGE, "metric '%.*s' is not one of: %s",
                     ARG_SHOWN_BYTES, name, list);
}

static biobert_status arg_metric(sqlite3_value *value, biobert_metric *out,
                                 biobert_error *err) {
  *out = BIOBERT_COSINE;
  if (!value || arg_is_null(value)) return BIOBERT_OK;
  const char *name;
  biobert_status status = arg_name(value, 3, &name, err);
  if (status) return status;
  for (int i = 0; i < BIOBERT_METRIC_COUNT; i++) {
    if (strcmp(name, biobert_metric_names[i]) != 0) continue;
    *out = (biobert_metric)i;
    return BIOBERT_OK;
  }
  return not_a_metric(name, err);
}

biobert_status fn_distance(sqlite3_context *context, const call *c, int argc,
                           sqlite3_value **argv, biobert_error *err) {
  if (arg_is_null(argv[0]) || arg_is_null(argv[1])) return BIOBERT_OK;
  biobert_metric metric;
  biobert_status status = arg_metric(argc > 2 ? argv[2] : NULL, &metric, err);
  if (status) return status;
  return compare(context, c, argv, argc > 3 ? argv[3] : NULL, 4, metric, false, err);
}
