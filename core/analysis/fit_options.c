/* fit_options.c - the JSON object that biobert_fitting_new() takes. */
#include "analysis/fit_parts.h"
#include "api/options.h"
#include "base/names.h"

static const double default_c = 1, max_c = 1e9;

static biobert_status refuse(const bb_json_node *value, const char *key,
                             const char *allowed, biobert_error *err) {
  char shown[BB_SHOWN_BYTES];
  return bb_fail(err, BIOBERT_RANGE, "options: %s takes %s, not %s", key, allowed,
                 bb_options_show(value, shown));
}

static biobert_status read_c(const bb_json_node *value, bb_fit_options *o,
                             biobert_error *err) {
  if (bb_json_double(value, &o->c) && o->c > 0 && o->c <= max_c) return BIOBERT_OK;
  return refuse(value, "C", "a number above 0, at most 1e9", err);
}

static biobert_status read_balance(const bb_json_node *value, bb_fit_options *o,
                                   biobert_error *err) {
  const bb_json_kind kind = bb_json_kind_of(value);
  o->balance = kind == BB_JSON_TRUE;
  if (kind == BB_JSON_TRUE || kind == BB_JSON_FALSE) return BIOBERT_OK;
  return refuse(value, "balance", "true or false", err);
}

static biobert_status read_features(const bb_json_node *value, bb_fit_options *o,
                                    biobert_error *err) {
  const biobert_str name = bb_json_string(value);
  o->features = BB_FIT_WORDS;
  if (bb_str_equal(name, "words")) return BIOBERT_OK;
  o->features = BB_FIT_VECTORS;
  if (bb_str_equal(name, "vectors")) return BIOBERT_OK;
  return refuse(value, "features", "'words' or 'vectors'", err);
}

static biobert_status read_seed(const bb_json_node *value, bb_fit_options *o,
                                biobert_error *err) {
  int64_t seed;
  if (!bb_json_int(value, &seed) || seed < 0)
    return refuse(value, "seed", "a whole number from 0", err);
  o->seed = (uint64_t)seed;
  return BIOBERT_OK;
}

static const struct {
  const char *key;
  biobert_status (*read)(const bb_json_node *, bb_fit_options *, biobert_error *);
} options[] = {
    {"C",        read_c       },
    {"balance",  read_balance },
    {"features", read_features},
    {"seed",     read_seed    },
};

/* null counts as not given. */
static biobert_status read_option(const bb_json_node *value, bb_fit_options *o,
                                  biobert_error *err) {
  for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
    if (bb_str_equal(bb_json_key(value), options[i].key))
      return bb_json_kind_of(value) == BB_JSON_NULL ? BIOBERT_OK
                                                    : options[i].read(value, o, err);
  return bb_not_one_of(err, "options:", bb_json_key(value), BB_NAMES(options, key));
}

biobert_status bb_fit_options_read(biobert_str text, bb_fit_options *out,
                                   biobert_error *err) {
  bb_json *json = NULL;
  *out = (bb_fit_options){.c = default_c};
  biobert_status status = bb_options_open(text, "{\"C\": 0.1}", &json, err);
  const bb_json_node *value = status ? NULL : bb_json_first(bb_json_root(json));
  for (; value && !status; value = bb_json_next(value))
    status = read_option(value, out, err);
  bb_json_free(json);
  return status;
}
