/* screen_options.c - the JSON object that biobert_screening_new() takes. */
#include "analysis/screen_parts.h"
#include "api/options.h"
#include "base/mem.h"
#include "base/names.h"

typedef struct reading {
  const biobert_allocator *allocator;
  bb_screen_options *options;
  const char *key;
  biobert_error *err;
} reading;

static biobert_status refuse(const reading *r, const bb_json_node *value,
                             const char *allowed) {
  char shown[BB_SHOWN_BYTES];
  return bb_fail(r->err, BIOBERT_RANGE, "options: %s takes %s, not %s", r->key, allowed,
                 bb_options_show(value, shown));
}

static biobert_status read_query(const reading *r, const bb_json_node *value) {
  const biobert_str text = bb_json_string(value);
  if (!text.data) return refuse(r, value, "a text, the inclusion criteria");
  r->options->query = bb_copy_str(r->allocator, text);
  r->options->query_len = text.len;
  return r->options->query ? BIOBERT_OK : bb_no_memory(r->err, "the query");
}

/* The number of a name; count: none. */
static size_t find_name(const bb_json_node *value, const char *const *names,
                        size_t count) {
  size_t i = 0;
  while (i < count && !bb_str_equal(bb_json_string(value), names[i])) i++;
  return i;
}

static const char *const feature_names[] = {[BB_SCREEN_AUTO] = "auto",
                                            [BB_SCREEN_WORDS] = "words",
                                            [BB_SCREEN_VECTORS] = "vectors",
                                            [BB_SCREEN_BOTH] = "both"};
enum { FEATURE_COUNT = sizeof feature_names / sizeof feature_names[0] };

static biobert_status read_features(const reading *r, const bb_json_node *value) {
  const size_t which = find_name(value, feature_names, FEATURE_COUNT);
  if (which == FEATURE_COUNT)
    return refuse(r, value, "'auto', 'words', 'vectors' or 'both'");
  r->options->features = (bb_screen_features)which;
  return BIOBERT_OK;
}

static const char *const order_names[] = {[BB_SCREEN_RELEVANCE] = "relevance",
                                          [BB_SCREEN_UNCERTAIN] = "uncertain",
                                          [BB_SCREEN_RANDOM] = "random"};
enum { ORDER_COUNT = sizeof order_names / sizeof order_names[0] };

static biobert_status read_order(const reading *r, const bb_json_node *value) {
  const size_t which = find_name(value, order_names, ORDER_COUNT);
  if (which == ORDER_COUNT)
    return refuse(r, value, "'relevance', 'uncertain' or 'random'");
  r->options->order = (bb_screen_order)which;
  return BIOBERT_OK;
}

static biobert_status read_seed(const reading *r, const bb_json_node *value) {
  int64_t seed;
  if (!bb_json_int(value, &seed) || seed < 0)
    return refuse(r, value, "a whole number from 0");
  r->options->seed = (uint64_t)seed;
  return BIOBERT_OK;
}

static biobert_status read_every(const reading *r, const bb_json_node *value) {
  if (bb_json_int(value, &r->options->every) &&
      (r->options->every == 0 || r->options->every >= 2))
    return BIOBERT_OK;
  return refuse(r, value, "a whole number from 2, or 0 for none");
}

static const struct {
  const char *key;
  biobert_status (*read)(const reading *r, const bb_json_node *value);
} options[] = {
    {"query",    read_query   },
    {"features", read_features},
    {"order",    read_order   },
    {"seed",     read_seed    },
    {"every",    read_every   },
};

/* null counts as not given. */
static biobert_status read_option(reading *r, const bb_json_node *value) {
  for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
    r->key = options[i].key;
    if (bb_str_equal(bb_json_key(value), r->key))
      return bb_json_kind_of(value) == BB_JSON_NULL ? BIOBERT_OK
                                                    : options[i].read(r, value);
  }
  return bb_not_one_of(r->err, "options:", bb_json_key(value), BB_NAMES(options, key));
}

biobert_status bb_screen_options_read(biobert_str text,
                                      const biobert_allocator *allocator,
                                      bb_screen_options *out, biobert_error *err) {
  bb_json *json = NULL;
  reading r = {allocator, out, NULL, err};
  *out = (bb_screen_options){0};
  biobert_status status =
      bb_options_open(text, "{\"query\": \"statins after stroke\"}", &json, err);
  const bb_json_node *value = status ? NULL : bb_json_first(bb_json_root(json));
  for (; value && !status; value = bb_json_next(value)) status = read_option(&r, value);
  bb_json_free(json);
  if (!status) return BIOBERT_OK;
  bb_free(allocator, out->query);
  out->query = NULL;
  return status;
}
