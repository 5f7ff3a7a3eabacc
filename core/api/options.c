/* options.c - one table: key, what it takes, where it goes. */
#include "api/options.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/names.h"
#include "format/json_write.h"

typedef struct option option;
typedef biobert_status parse_fn(const option *o, const bb_json_node *value,
                                bb_options *out, biobert_error *err);

struct option {
  const char *key, *takes;
  parse_fn *parse;
  size_t field;
};

const char *bb_options_show(const bb_json_node *value, char buffer[BB_SHOWN_BYTES]) {
  char quoted[BB_QUOTE_BYTES];
  bb_json_kind kind = bb_json_kind_of(value);
  double number;
  if (bb_json_string(value).data)
    snprintf(buffer, BB_SHOWN_BYTES, "\"%s\"", bb_quote(quoted, bb_json_string(value)));
  else if (bb_json_double(value, &number))
    snprintf(buffer, BB_SHOWN_BYTES, "%.17g", number);
  else if (kind == BB_JSON_TRUE || kind == BB_JSON_FALSE)
    snprintf(buffer, BB_SHOWN_BYTES, "%s", kind == BB_JSON_TRUE ? "true" : "false");
  else
    snprintf(buffer, BB_SHOWN_BYTES, "%s", bb_json_kind_name(kind));
  return buffer;
}

static biobert_status bad_value(const option *o, const bb_json_node *value,
                                biobert_error *err) {
  char shown[BB_SHOWN_BYTES];
  return bb_fail(err, BIOBERT_RANGE, "options: %s takes %s, not %s", o->key, o->takes,
                 bb_options_show(value, shown));
}

static biobert_status parse_tristate(const option *o, const bb_json_node *value,
                                     bb_options *out, biobert_error *err) {
  bb_json_kind kind = bb_json_kind_of(value);
  if (kind != BB_JSON_TRUE && kind != BB_JSON_FALSE) return bad_value(o, value, err);
  int set = kind == BB_JSON_TRUE;
  memcpy((char *)out + o->field, &set, sizeof set);
  return BIOBERT_OK;
}

static biobert_status parse_flag(const option *o, const bb_json_node *value,
                                 bb_options *out, biobert_error *err) {
  bb_json_kind kind = bb_json_kind_of(value);
  if (kind != BB_JSON_TRUE && kind != BB_JSON_FALSE) return bad_value(o, value, err);
  bool set = kind == BB_JSON_TRUE;
  memcpy((char *)out + o->field, &set, sizeof set);
  return BIOBERT_OK;
}

static biobert_status parse_text(const option *o, const bb_json_node *value,
                                 bb_options *out, biobert_error *err) {
  biobert_str text = bb_json_string(value);
  if (!text.data || text.len > BB_MAX_PROMPT_BYTES || memchr(text.data, '\0', text.len))
    return bad_value(o, value, err);
  char *copy = bb_copy_str(NULL, text);
  if (!copy) return bb_no_memory(err, "options");
  memcpy((char *)out + o->field, &copy, sizeof copy);
  return BIOBERT_OK;
}

static biobert_status parse_pooling(const option *o, const bb_json_node *value,
                                    bb_options *out, biobert_error *err) {
  biobert_str text = bb_json_string(value);
  if (!text.data) return bad_value(o, value, err);
  return bb_pooling_parse(text, &out->pooling, err);
}

static biobert_status parse_max_tokens(const option *o, const bb_json_node *value,
                                       bb_options *out, biobert_error *err) {
  if (!bb_json_int(value, &out->max_tokens) || out->max_tokens < 3 ||
      out->max_tokens > BIOBERT_MAX_TOKENS)
    return bad_value(o, value, err);
  return BIOBERT_OK;
}

static biobert_status parse_dimension(const option *o, const bb_json_node *value,
                                      bb_options *out, biobert_error *err) {
  if (!bb_json_int(value, &out->dimension) || out->dimension < 1 ||
      out->dimension > BIOBERT_MAX_DIMENSION)
    return bad_value(o, value, err);
  return BIOBERT_OK;
}

static biobert_status parse_task(const option *o, const bb_json_node *value,
                                 bb_options *out, biobert_error *err) {
  bb_task task;
  if (!bb_task_find(bb_json_string(value), &task)) return bad_value(o, value, err);
  return parse_text(o, value, out, err);
}

static biobert_status parse_precision(const option *o, const bb_json_node *value,
                                      bb_options *out, biobert_error *err) {
  biobert_str precision = bb_json_string(value);
  if (!bb_str_equal(precision, "f32") && !bb_str_equal(precision, "int8"))
    return bad_value(o, value, err);
  return parse_text(o, value, out, err);
}

_Static_assert(BIOBERT_MAX_TOKENS == 65536, "what the table says of max_tokens");
#define AT(member) offsetof(bb_options, member)
/* clang-format off */
static const option options[] = {
    {"cache",           "true or false",                       parse_flag,       AT(cache)          },
    {"dimension",       "a whole number from 1",               parse_dimension,  0                  },
    {"document_prompt", "a string up to 4096 bytes",           parse_text,       AT(document_prompt)},
    {"encoder",         "the beginning of the encoder's names in the weights",
                                                               parse_text,       AT(encoder)        },
    {"lowercase",       "true or false",                       parse_tristate,   AT(lowercase)      },
    {"max_tokens",      "a whole number from 3 to 65536",              parse_max_tokens, 0                  },
    {"no_answer",       "true or false",                       parse_flag,       AT(no_answer)      },
    {"normalize",       "true or false",                       parse_tristate,   AT(normalize)      },
    {"pooling",         "a string, such as \"mean\"",          parse_pooling,    0                  },
    {"precision",       "\"f32\" or \"int8\"",                 parse_precision,  AT(precision)      },
    {"query_model",     "the name of a loaded model",          parse_text,       AT(query_model)    },
    {"query_prompt",    "a string up to 4096 bytes",           parse_text,       AT(query_prompt)   },
    {"task",            "\"embed\", \"fill-mask\", \"ner\", \"question-answering\", \"classify\" or "
                        "\"rerank\"",                          parse_task,       AT(task)           },
};
/* clang-format on */
#undef AT
enum { OPTION_COUNT = sizeof options / sizeof options[0] };

static const option *find_option(biobert_str key) {
  for (size_t i = 0; i < OPTION_COUNT; i++)
    if (bb_str_equal(key, options[i].key)) return &options[i];
  return NULL;
}

static biobert_status unknown_key(biobert_str key, biobert_error *err) {
  return bb_not_one_of(err, "options:", key, BB_NAMES(options, key));
}

/* The values in the order of the table. null counts as not given. */
static biobert_status make_canonical(const bb_json_node *root, bb_options *out,
                                     biobert_error *err) {
  bb_json_writer w = {0};
  bb_write_raw(&w, "{");
  bool first = true;
  for (size_t i = 0; i < OPTION_COUNT; i++) {
    const bb_json_node *value = bb_json_get(root, options[i].key);
    if (bb_json_kind_of(value) == BB_JSON_NULL) continue;
    if (!first) bb_write_raw(&w, ",");
    first = false;
    bb_write_string(&w, bb_str(options[i].key));
    bb_write_raw(&w, ":");
    int64_t number;
    if (bb_json_string(value).data)
      bb_write_string(&w, bb_json_string(value));
    else if (bb_json_int(value, &number))
      bb_write_int(&w, number);
    else
      bb_write_raw(&w, bb_json_is_true(value) ? "true" : "false");
  }
  bb_write_raw(&w, "}");
  out->canonical = bb_writer_take(&w, NULL);
  return out->canonical ? BIOBERT_OK : bb_no_memory(err, "options");
}

biobert_status bb_options_open(biobert_str text, const char *example, bb_json **out,
                               biobert_error *err) {
  bb_json *json = NULL;
  if (text.len == 0) text = bb_str("{}");
  biobert_status status = bb_json_parse(text, "options", &json, err);
  if (status == BIOBERT_FORMAT) { /* of a file; of an argument it is RANGE */
    if (err) err->status = BIOBERT_RANGE;
    return BIOBERT_RANGE;
  }
  if (status) return status;
  bb_json_kind kind = bb_json_kind_of(bb_json_root(json));
  if (kind != BB_JSON_OBJECT) {
    bb_json_free(json);
    return bb_fail(err, BIOBERT_RANGE,
                   "options: %s; a JSON object was expected, such as %s",
                   bb_json_kind_name(kind), example);
  }
  *out = json;
  return BIOBERT_OK;
}

biobert_status bb_options_parse(biobert_str text, bb_options *out, biobert_error *err) {
  bb_json *json = NULL;
  bb_options o = {.lowercase = -1, .normalize = -1};
  biobert_status status = bb_options_open(text, "{\"pooling\": \"cls\"}", &json, err);
  if (status) return status;
  const bb_json_node *root = bb_json_root(json);
  const bb_json_node *value = bb_json_first(root);
  for (; value && !status; value = bb_json_next(value)) {
    const option *known = find_option(bb_json_key(value));
    if (!known)
      status = unknown_key(bb_json_key(value), err);
    else if (bb_json_kind_of(value) != BB_JSON_NULL)
      status = known->parse(known, value, &o, err);
  }
  if (!status) status = make_canonical(root, &o, err);
  bb_json_free(json);
  if (status) {
    bb_options_free(&o);
    return status;
  }
  *out = o;
  return BIOBERT_OK;
}

void bb_options_free(bb_options *o) {
  bb_free(NULL, o->precision);
  bb_free(NULL, o->task);
  bb_free(NULL, o->encoder);
  bb_free(NULL, o->query_prompt);
  bb_free(NULL, o->document_prompt);
  bb_free(NULL, o->query_model);
  bb_free(NULL, o->canonical);
  *o = (bb_options){0};
}
