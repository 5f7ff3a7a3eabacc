/* vector.c - vectors as blobs and as JSON. Sums run in double precision: these functions
 * see one pair at a time, and exactness is worth more than a microsecond. */
#include <inttypes.h>
#include <math.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "base/status.h"
#include "format/json.h"
#include "format/json_write.h"
#include "index/metric.h"

static float at(const void *vector, size_t i) {
  return bb_read_f32((const char *)vector + 4 * i);
}

biobert_status biobert_vector_check(const void *vector, size_t bytes, size_t expected,
                                    biobert_error *err) {
  if (bytes % 4)
    return bb_fail(err, BIOBERT_FORMAT,
                   "a vector of %zu bytes: float32 takes 4 bytes a value, and %zu is no "
                   "multiple of 4",
                   bytes, bytes);
  size_t n = bytes / 4;
  if (expected && n == 2 * expected)
    return bb_fail(err, BIOBERT_FORMAT,
                   "a vector of %zu bytes, %zu were expected (%zu values): float64? use "
                   "astype('float32')",
                   bytes, expected * 4, expected);
  if (expected && n != expected)
    return bb_fail(err, BIOBERT_FORMAT, "a vector of %zu values, %zu were expected", n,
                   expected);
  for (size_t i = 0; i < n; i++)
    if (!isfinite(at(vector, i)))
      return bb_fail(err, BIOBERT_FORMAT, "a vector whose value %zu is %s", i,
                     isnan(at(vector, i)) ? "not a number (NaN)" : "infinite");
  return BIOBERT_OK;
}

double biobert_vector_distance(const void *a, const void *b, size_t n,
                               biobert_metric metric) {
  bb_sums s = {0};
  for (size_t i = 0; i < n; i++) {
    double x = at(a, i), y = at(b, i);
    s.dot += x * y;
    s.a += x * x;
    s.b += y * y;
    s.difference += (x - y) * (x - y);
  }
  return bb_metric_of(metric)->distance(&s);
}

void biobert_vector_normalize(const void *v, size_t n, void *out) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += (double)at(v, i) * at(v, i);
  double length = sum > 0 ? sqrt(sum) : 1;
  for (size_t i = 0; i < n; i++) {
    float value = (float)(at(v, i) / length);
    memcpy((char *)out + 4 * i, &value, sizeof value);
  }
}

/* JSON ------------------------------------------------------------------------------- */

static biobert_status parse_array(biobert_str text, bb_json **json, biobert_error *err) {
  biobert_status status = bb_json_parse(text, "JSON", json, err);
  if (status) return status;
  bb_json_kind kind = bb_json_kind_of(bb_json_root(*json));
  if (kind == BB_JSON_ARRAY) return BIOBERT_OK;
  bb_json_free(*json);
  return bb_fail(err, BIOBERT_FORMAT, "%s, an array of numbers was expected",
                 bb_json_kind_name(kind));
}

biobert_status biobert_vector_parse(biobert_str text, float **vector, size_t *n,
                                    biobert_error *err) {
  bb_json *json = NULL;
  biobert_status status = parse_array(text, &json, err);
  if (status) return status;
  const bb_json_node *root = bb_json_root(json);
  size_t count = bb_json_count(root), i = 0;
  float *values = bb_alloc(NULL, count, sizeof *values);
  if (!values) status = bb_no_memory(err, "vector");
  const bb_json_node *node = bb_json_first(root);
  for (; node && !status; node = bb_json_next(node), i++) {
    double value;
    bb_json_kind kind = bb_json_kind_of(node);
    if (kind != BB_JSON_NUMBER)
      status = bb_fail(err, BIOBERT_FORMAT, "value %zu is %s, a number was expected", i,
                       bb_json_kind_name(kind));
    else if (!bb_json_double(node, &value) || !isfinite((float)value))
      status = bb_fail(err, BIOBERT_FORMAT, "value %zu is too large for a float32", i);
    else
      values[i] = (float)value;
  }
  bb_json_free(json);
  if (status) {
    bb_free(NULL, values);
    return status;
  }
  *vector = values;
  *n = count;
  return BIOBERT_OK;
}

biobert_status biobert_vector_print(const void *vector, size_t n, char **json,
                                    size_t *len, biobert_error *err) {
  bb_json_writer w = {0};
  bb_write_raw(&w, "[");
  for (size_t i = 0; i < n; i++) {
    if (i) bb_write_raw(&w, ",");
    bb_write_float(&w, at(vector, i));
  }
  bb_write_raw(&w, "]");
  char *text = bb_writer_take(&w, len);
  if (!text) return bb_no_memory(err, "vector");
  *json = text;
  return BIOBERT_OK;
}

bool biobert_vector_is_json(biobert_str text, size_t min) {
  size_t first = 0;
  while (first < text.len && (text.data[first] == ' ' || text.data[first] == '\n' ||
                              text.data[first] == '\t' || text.data[first] == '\r'))
    first++;
  if (first == text.len || text.data[first] != '[') return false;
  bb_json *json = NULL;
  if (bb_json_parse(text, "JSON", &json, NULL)) return false;
  const bb_json_node *root = bb_json_root(json), *node = bb_json_first(root);
  bool is = bb_json_count(root) >= min;
  for (; node && is; node = bb_json_next(node))
    is = bb_json_kind_of(node) == BB_JSON_NUMBER;
  bb_json_free(json);
  return is;
}

biobert_status biobert_ids_parse(biobert_str text, int32_t **ids, size_t *n,
                                 biobert_error *err) {
  bb_json *json = NULL;
  biobert_status status = parse_array(text, &json, err);
  if (status) return status;
  const bb_json_node *root = bb_json_root(json), *node = bb_json_first(root);
  size_t count = bb_json_count(root), i = 0;
  int32_t *values = bb_alloc(NULL, count, sizeof *values);
  if (!values) status = bb_no_memory(err, "token ids");
  for (; node && !status; node = bb_json_next(node), i++) {
    int64_t value;
    if (!bb_json_int(node, &value) || value < 0 || value > INT32_MAX)
      status =
          bb_fail(err, BIOBERT_FORMAT,
                  "element %zu is no token id: a whole number from 0 was expected", i);
    else
      values[i] = (int32_t)value;
  }
  bb_json_free(json);
  if (status) {
    bb_free(NULL, values);
    return status;
  }
  *ids = values;
  *n = count;
  return BIOBERT_OK;
}
