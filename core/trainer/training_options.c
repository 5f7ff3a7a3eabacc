/* training_options.c - one table: key, what it takes, where it goes. */
#include <math.h>
#include <stddef.h>
#include <stdio.h>

#include "api/options.h"
#include "base/mem.h"
#include "base/names.h"
#include "biobert_train.h"
#include "format/json_write.h"
#include "train/adamw.h"

typedef struct option option;
typedef bool take_fn(const option *o, const bb_json_node *value, void *field);

/* For numbers: what is allowed, from `min` to `max`. */
struct option {
  const char *key, *takes;
  take_fn *take;
  size_t field;
  double min, max;
};

/* Values: false is "not what the option takes", or with *field NULL no memory ---------- */

static bool in_range(const option *o, double number) {
  return number >= o->min && number <= o->max; /* NaN is in none */
}

static bool take_number(const option *o, const bb_json_node *value, void *field) {
  double number;
  if (!bb_json_double(value, &number) || !in_range(o, number)) return false;
  memcpy(field, &number, sizeof number);
  return true;
}

static bool take_whole(const option *o, const bb_json_node *value, void *field) {
  int64_t number;
  if (!bb_json_int(value, &number) || !in_range(o, (double)number)) return false;
  const uint64_t whole = (uint64_t)number;
  memcpy(field, &whole, sizeof whole);
  return true;
}

_Static_assert(sizeof(size_t) == sizeof(uint64_t), "take_whole() fills both");

static bool take_flag(const option *o, const bb_json_node *value, void *field) {
  const bb_json_kind kind = bb_json_kind_of(value);
  const bool set = kind == BB_JSON_TRUE;
  (void)o;
  if (!set && kind != BB_JSON_FALSE) return false;
  memcpy(field, &set, sizeof set);
  return true;
}

static bool take_text(const option *o, const bb_json_node *value, void *field) {
  const biobert_str text = bb_json_string(value);
  (void)o;
  if (!text.data || text.len == 0 || memchr(text.data, '\0', text.len)) return false;
  char *copy = bb_copy_str(NULL, text);
  memcpy(field, &copy, sizeof copy);
  return true;
}

static bool take_schedule(const option *o, const bb_json_node *value, void *field) {
  (void)o;
  for (size_t i = 0; bb_schedule_names[i]; i++) {
    if (!bb_str_equal(bb_json_string(value), bb_schedule_names[i])) continue;
    memcpy(field, &bb_schedule_names[i], sizeof bb_schedule_names[i]);
    return true;
  }
  return false;
}

/* In a struct, because two fields are filled. */
static bool take_freeze(const option *o, const bb_json_node *value, void *field) {
  biobert_training_options *out = field;
  int64_t layers;
  const biobert_str name = bb_json_string(value);
  if (bb_str_equal(name, "embeddings")) {
    out->freeze = BIOBERT_FREEZE_EMBEDDINGS;
  } else if (bb_str_equal(name, "encoder")) {
    out->freeze = BIOBERT_FREEZE_ENCODER;
  } else if (bb_json_int(value, &layers) && in_range(o, (double)layers)) {
    out->freeze = BIOBERT_FREEZE_LAYERS;
    out->frozen_layers = (size_t)layers;
  } else {
    return false;
  }
  return true;
}

/* An object, kept as text. */
static void write_value(bb_json_writer *w, const bb_json_node *value) {
  int64_t whole;
  double number;
  if (bb_json_string(value).data)
    bb_write_string(w, bb_json_string(value));
  else if (bb_json_int(value, &whole))
    bb_write_int(w, whole);
  else if (bb_json_double(value, &number))
    bb_write_float(w, (float)number);
  else
    bb_write_raw(w, bb_json_is_true(value) ? "true" : "false");
}

static bool take_object(const option *o, const bb_json_node *value, void *field) {
  bb_json_writer w = {0};
  (void)o;
  if (bb_json_kind_of(value) != BB_JSON_OBJECT) return false;
  bb_write_raw(&w, "{");
  for (const bb_json_node *v = bb_json_first(value); v; v = bb_json_next(v)) {
    const bb_json_kind kind = bb_json_kind_of(v);
    if (kind == BB_JSON_NULL) continue;
    if (kind == BB_JSON_ARRAY || kind == BB_JSON_OBJECT) {
      bb_free(NULL, bb_writer_take(&w, NULL));
      return false;
    }
    if (w.len > 1) bb_write_raw(&w, ",");
    bb_write_string(&w, bb_json_key(v));
    bb_write_raw(&w, ":");
    write_value(&w, v);
  }
  bb_write_raw(&w, "}");
  char *text = bb_writer_take(&w, NULL);
  memcpy(field, &text, sizeof text);
  return true;
}

/* The table -------------------------------------------------------------------------- */

/* clang-format off */
#define AT(member) offsetof(biobert_training_options, member)
static const option options[] = {
    {"batch",         "a whole number of tokens from 8 to 16777216", take_whole,    AT(batch),         8,   16777216},
    {"clip",          "a number from 0",                             take_number,   AT(clip),          0,   1e30},
    {"config",        "an object, such as {\"layers\": 2}",          take_object,   AT(config),        0,   0},
    {"dropout",       "a number from 0 to 0.9",                      take_number,   AT(dropout),       0,   0.9},
    {"epochs",        "a number above 0, to 100000",                 take_number,   AT(epochs),        1e-6, 100000},
    {"evaluate",      "a SELECT",                                    take_text,     AT(evaluate),      0,   0},
    {"freeze",        "\"embeddings\", a number of layers, or \"encoder\"",
                                                                     take_freeze,   0,                 0,   128},
    {"learning_rate", "a number above 0, to 1",                      take_number,   AT(learning_rate), 1e-12, 1},
    {"max_tokens",    "a whole number from 8 to 65536",              take_whole,    AT(max_tokens),    8,   BIOBERT_MAX_TOKENS},
    {"memory_limit",  "a number of bytes from 1000000",              take_whole,    AT(memory_limit),  1e6, 9007199254740992},
    {"model",         "the name of a loaded model",                  take_text,     AT(model),         0,   0},
    {"projection",    "true or false",                               take_flag,     AT(projection),    0,   0},
    {"save_every",    "a number of steps from 1",                    take_whole,    AT(save_every),    1,   9007199254740992},
    {"schedule",      "\"linear\", \"cosine\" or \"constant\"",      take_schedule, AT(schedule),      0,   0},
    {"seed",          "a whole number from 0",                       take_whole,    AT(seed),          0,   9007199254740992},
    {"steps",         "a whole number from 1",                       take_whole,    AT(steps),         1,   1e12},
    {"teacher",       "the name of a loaded model",                  take_text,     AT(teacher),       0,   0},
    {"threads",       "a whole number from 1 to 64",                 take_whole,    AT(threads),       1,   64},
    {"warmup",        "a part below 1, or a number of steps",        take_number,   AT(warmup),        0,   1e12},
    {"weight_decay",  "a number from 0 to 1",                        take_number,   AT(weight_decay),  0,   1},
    {"whole_words",   "true or false",                               take_flag,     AT(whole_words),   0,   0},
};
/* clang-format on */
#undef AT
enum { OPTION_COUNT = sizeof options / sizeof options[0] };

static const option *find_option(biobert_str key) {
  for (size_t i = 0; i < OPTION_COUNT; i++)
    if (bb_str_equal(key, options[i].key)) return &options[i];
  return NULL;
}

static biobert_training_options standard(void) {
  return (biobert_training_options){
      .epochs = 3,
      .batch = 4096,
      .warmup = 0.1,
      .schedule = bb_schedule_names[BB_SCHEDULE_LINEAR],
      .weight_decay = bb_adamw_defaults(0).decay,
      .clip = 1,
      .dropout = -1,
      .seed = 42,
      .save_every = 200,
  };
}

static biobert_status take_option(const bb_json_node *value,
                                  biobert_training_options *out, biobert_error *err) {
  const option *o = find_option(bb_json_key(value));
  if (!o)
    return bb_not_one_of(err, "options:", bb_json_key(value), BB_NAMES(options, key));
  if (bb_json_kind_of(value) == BB_JSON_NULL) return BIOBERT_OK;
  char shown[BB_SHOWN_BYTES];
  if (!o->take(o, value, (char *)out + o->field))
    return bb_fail(err, BIOBERT_RANGE, "options: %s takes %s, not %s", o->key, o->takes,
                   bb_options_show(value, shown));
  char *text = NULL;
  if (o->take == take_text || o->take == take_object) {
    memcpy(&text, (char *)out + o->field, sizeof text);
    if (!text) return bb_no_memory(err, "options");
  }
  return BIOBERT_OK;
}

static biobert_status check_options(const biobert_training_options *o,
                                    biobert_error *err) {
  if (o->model && o->config)
    return bb_fail(err, BIOBERT_RANGE,
                   "options: model and config: one to start from, or a new one");
  if (o->warmup >= 1 && o->warmup != floor(o->warmup))
    return bb_fail(err, BIOBERT_RANGE,
                   "options: warmup takes a part below 1, or a whole number of steps");
  return BIOBERT_OK;
}

biobert_status biobert_training_options_read(biobert_str text,
                                             biobert_training_options *out,
                                             biobert_error *err) {
  bb_json *json = NULL;
  biobert_training_options o = standard();
  biobert_status status = bb_options_open(text, "{\"epochs\": 3}", &json, err);
  const bb_json_node *value = status ? NULL : bb_json_first(bb_json_root(json));
  for (; value && !status; value = bb_json_next(value))
    status = take_option(value, &o, err);
  if (!status) status = check_options(&o, err);
  if (!status && !(o.json = bb_copy_str(NULL, text.len ? text : bb_str("{}"))))
    status = bb_no_memory(err, "options");
  bb_json_free(json);
  if (status)
    biobert_training_options_free(&o);
  else
    *out = o;
  return status;
}

void biobert_training_options_free(biobert_training_options *o) {
  bb_free(NULL, o->model);
  bb_free(NULL, o->config);
  bb_free(NULL, o->teacher);
  bb_free(NULL, o->evaluate);
  bb_free(NULL, o->json);
  *o = (biobert_training_options){0};
}
