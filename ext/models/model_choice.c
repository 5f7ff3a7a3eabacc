/* model_choice.c - a model by its name, and the rule for models of different tasks side
 * by side. */
#include "models/model_choice.h"

#include <string.h>

/* "title, journal": the commonest mistake is to pass a second column where a name
 * belongs. */
static biobert_status explain_name(const connection *c, int number, const char *name,
                                   biobert_error *err) {
  static const char *const ordinals[] = {"",      "first",  "second",
                                         "third", "fourth", "fifth"};
  char reason[sizeof err->message];
  sqlite3_snprintf(sizeof reason, reason, "%s", err->message);
  if (strlen(name) > ARG_SHOWN_BYTES || strchr(name, ' '))
    return result_fail(
        err, BIOBERT_RANGE,
        "%s: the %s argument is a model's name; for two columns embed title "
        "|| '. ' || abstract",
        reason, ordinals[number]);
  sqlite3_str *s = sqlite3_str_new(NULL);
  for (size_t i = 0; i < connection_model_count(c); i++)
    sqlite3_str_appendf(s, "%s%s", i ? ", " : "",
                        named_model_name(connection_model_at(c, i)));
  int rc = sqlite3_str_errcode(s);
  char *list = sqlite3_str_finish(s);
  if (rc != SQLITE_OK) return result_no_memory(err);
  result_fail(
      err, BIOBERT_RANGE,
      "%s: the %s argument is a model's name; loaded are: %s; for two columns embed "
      "title || '. ' || abstract",
      reason, ordinals[number], list ? list : "none");
  sqlite3_free(list);
  return BIOBERT_RANGE;
}

biobert_status arg_model(connection *c, sqlite3_value *value, int number,
                         named_model **out, biobert_error *err) {
  const char *name = NULL;
  if (value && !arg_is_null(value)) {
    biobert_status status = arg_name(value, number, &name, err);
    if (status) return status;
  }
  biobert_status status = connection_find_model(c, name, out, err);
  if (status && name && strcmp(name, "default") != 0)
    return explain_name(c, number, name, err);
  return status;
}

/* A name for the example in the message. */
static const char *const usual_names[BIOBERT_HEAD_COUNT] = {
    [BIOBERT_HEAD_FILL_MASK] = "mlm",   [BIOBERT_HEAD_ENTITIES] = "ner",
    [BIOBERT_HEAD_ANSWER] = "qa",       [BIOBERT_HEAD_CLASSIFY] = "labels",
    [BIOBERT_HEAD_RERANK] = "reranker",
};

static bool has_head(const named_model *m, biobert_head head) {
  return biobert_model_has_head(named_model_model(m), head);
}

static biobert_status refuse(const named_model *m, biobert_head head,
                             biobert_error *err) {
  const biobert_model_info *info = biobert_model_get_info(named_model_model(m));
  if (head == BIOBERT_HEAD_RERANK && has_head(m, BIOBERT_HEAD_CLASSIFY))
    return result_fail(err, BIOBERT_UNSUPPORTED,
                       "model '%s' has several labels, a cross-encoder has one: "
                       "biobert_classify_pair() gives all of them; or load one: SELECT "
                       "biobert_load('/path', '%s')",
                       named_model_name(m), usual_names[head]);
  return result_fail(err, BIOBERT_UNSUPPORTED,
                     "model '%s' has no %s head (config.json says %s); load one: SELECT "
                     "biobert_load('/path', '%s')",
                     named_model_name(m), biobert_head_names[head], info->architecture,
                     usual_names[head]);
}

/* A cross-encoder can say its one label too, but is not what "classify" looks for while
 * there is another. */
static bool serves(const named_model *m, biobert_head head, bool strict) {
  bool other_task = head == BIOBERT_HEAD_CLASSIFY && has_head(m, BIOBERT_HEAD_RERANK);
  return has_head(m, head) && !(strict && other_task);
}

/* The models that serve: how many, and one of them; their names go to `list`, if given.
 */
static size_t find_serving(const connection *c, biobert_head head, bool strict,
                           named_model **one, sqlite3_str *list) {
  size_t count = 0;
  for (size_t i = 0; i < connection_model_count(c); i++) {
    named_model *m = connection_model_at(c, i);
    if (!serves(m, head, strict)) continue;
    sqlite3_str_appendf(list, "%s'%s'", count ? ", " : "", named_model_name(m));
    *one = m;
    count++;
  }
  return count;
}

/* The only model that serves. *none: there is none; the message is the caller's. */
static biobert_status find_only(const connection *c, biobert_head head, named_model **out,
                                bool *none, biobert_error *err) {
  size_t count = 0;
  biobert_status status = BIOBERT_OK;
  for (int strict = 1; strict >= 0 && count == 0; strict--) {
    sqlite3_str *list = sqlite3_str_new(connection_db(c));
    count = find_serving(c, head, strict == 1, out, list);
    char *names = sqlite3_str_finish(list);
    if (count > 1 && !names)
      status = result_fail(err, BIOBERT_NOMEM, "out of memory");
    else if (count > 1)
      status =
          result_fail(err, BIOBERT_RANGE,
                      "several models have a %s head: %s; name one of them as the last "
                      "argument",
                      biobert_head_names[head], names);
    sqlite3_free(names);
  }
  *none = count == 0;
  return status;
}

biobert_status arg_model_with_head(connection *c, sqlite3_value *value, int number,
                                   biobert_head head, named_model **out,
                                   biobert_error *err) {
  named_model *m = NULL;
  bool named = value && !arg_is_null(value), none;
  biobert_status status = arg_model(c, value, number, &m, err);
  if (status == BIOBERT_NOMEM || status == BIOBERT_INTERRUPTED) return status;
  if (!status && has_head(m, head)) {
    *out = m;
    return BIOBERT_OK;
  }
  if (named) return status ? status : refuse(m, head, err);
  biobert_error other;
  biobert_status only = find_only(c, head, out, &none, &other);
  if (none) return status ? status : refuse(m, head, err);
  if (only) *err = other;
  return only;
}
