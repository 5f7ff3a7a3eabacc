/* Spec of core/api/options.c. */
#include "check.h"

#include "api/options.h"
#include "base/status.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static biobert_error err;

static void test_canonical(void) {
  static const struct {
    const char *says, *json, *canonical;
  } rows[] = {
  /* clang-format off */
      {"no text is no options", "", "{}"},
      {"an empty object is no options", " { } ", "{}"},
      {"keys are sorted", "{\"query_prompt\":\"q\",\"cache\":true,\"max_tokens\":8}",
       "{\"cache\":true,\"max_tokens\":8,\"query_prompt\":\"q\"}"},
      {"white space does not matter",
       "{ \"pooling\" :\n\"cls\" }", "{\"pooling\":\"cls\"}"},
      {"null is not given",
       "{\"pooling\":null,\"max_tokens\":null,\"lowercase\":null}", "{}"},
      {"false is another thing than not given", "{\"lowercase\":false}",
       "{\"lowercase\":false}"},
      {"an empty prompt is another thing than none", "{\"query_prompt\":\"\"}",
       "{\"query_prompt\":\"\"}"},
      {"escapes of one text are one text", "{\"query_prompt\":\"\\u0071\\/\"}",
       "{\"query_prompt\":\"q/\"}"},
      {"a precision that is the default stays", "{\"precision\":\"f32\"}",
       "{\"precision\":\"f32\"}"},
  /* clang-format on */
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    bb_options o;
    check_begin(rows[i].says);
    if (!CHECK_INT(bb_options_parse(bb_str(rows[i].json), &o, &err), BIOBERT_OK))
      continue;
    CHECK_STR(o.canonical, rows[i].canonical);
    bb_options_free(&o);
  }
  check_begin("the canonical form of a canonical form is itself");
  for (size_t i = 0; i < COUNT(rows); i++) {
    bb_options o;
    if (!CHECK_INT(bb_options_parse(bb_str(rows[i].canonical), &o, &err), 0)) continue;
    CHECK_STR(o.canonical, rows[i].canonical);
    bb_options_free(&o);
  }
}

static void test_values(void) {
  bb_options o;
  check_begin("what is not given is left to the files");
  CHECK_INT(bb_options_parse(bb_str("{}"), &o, &err), BIOBERT_OK);
  CHECK(o.pooling.count == 0 && o.lowercase == -1 && o.normalize == -1 &&
        o.max_tokens == 0);
  CHECK(!o.no_answer && !o.cache && !o.precision && !o.query_model);
  CHECK(!o.query_prompt && !o.document_prompt);
  bb_options_free(&o);

  check_begin("every option goes where it belongs");
  static const char all[] =
      "{\"pooling\":\"cls+mean\",\"lowercase\":true,\"normalize\":false,\"max_tokens\":3,"
      "\"precision\":\"f32\",\"query_prompt\":\"query: \",\"document_prompt\":\"passage: "
      "\","
      "\"query_model\":\"medcpt_q\",\"no_answer\":true,\"cache\":true,\"dimension\":16,"
      "\"task\":\"ner\",\"encoder\":\"ctx\"}";
  if (!CHECK_INT(bb_options_parse(bb_str(all), &o, &err), BIOBERT_OK)) return;
  CHECK_INT(o.pooling.count, 2);
  CHECK_STR(o.pooling.items[0]->name, "cls");
  CHECK_STR(o.pooling.items[1]->name, "mean");
  CHECK(o.lowercase == 1 && o.normalize == 0 && o.max_tokens == 3 && o.no_answer &&
        o.cache);
  CHECK_INT(o.dimension, 16);
  CHECK_STR(o.task, "ner");
  CHECK_STR(o.encoder, "ctx");
  CHECK_STR(o.precision, "f32");
  CHECK_STR(o.query_prompt, "query: ");
  CHECK_STR(o.document_prompt, "passage: ");
  CHECK_STR(o.query_model, "medcpt_q");
  bb_options_free(&o);

  check_begin("a prompt may have 4096 bytes, and not one more");
  char prompt[BB_MAX_PROMPT_BYTES + 64];
  for (int extra = 0; extra < 2; extra++) {
    int length = snprintf(prompt, sizeof prompt, "{\"query_prompt\":\"%0*d\"}",
                          BB_MAX_PROMPT_BYTES + extra, 0);
    biobert_str json = {prompt, (size_t)length};
    CHECK_INT(bb_options_parse(json, &o, &err), extra ? BIOBERT_RANGE : BIOBERT_OK);
    if (!extra) bb_options_free(&o);
  }
}

static void test_refused(void) {
  static const struct {
    const char *says, *json, *words;
  } rows[] = {
  /* clang-format off */
      {"an unknown key is refused with the keys that there are", "{\"poolign\":\"cls\"}",
       "'poolign' is not one of: cache, dimension, document_prompt, encoder, lowercase, "
       "max_tokens, no_answer, normalize, pooling, precision, query_model, query_prompt, "
       "task"},
      {"a key in another case is unknown",
       "{\"Pooling\":\"cls\"}", "'Pooling' is not one of"},
      {"an unknown key is refused even where its value is null", "{\"x\":null}",
       "'x' is not one of"},
      {"an unknown key cannot break the message",
       "{\"a\\u0000\\n\":1}", "'a?" "?' is not"},
      {"a key that comes twice is refused",
       "{\"cache\":true,\"cache\":false}", "options"},
      {"an array is no options", "[]", "an array; a JSON object was expected"},
      {"a text is no options", "\"cls\"", "a string; a JSON object was expected"},
      {"what is no JSON is refused", "{pooling:cls}", "options"},
      {"JSON that ends too early is refused", "{\"cache\":", "options"},
      {"an unknown pooling is refused with the poolings that there are",
       "{\"pooling\":\"avg\"}",
       "pooling 'avg' is not one of: mean cls max mean_sqrt_len mean_no_special pooler"},
      {"a pooling is a string", "{\"pooling\":1}", "pooling takes a string"},
      {"a truth value is none if it is a number", "{\"lowercase\":1}",
       "lowercase takes true or false"},
      {"a truth value is none if it is a string", "{\"normalize\":\"true\"}",
       "normalize takes true or false"},
      {"cache takes a truth value", "{\"cache\":0}", "cache takes true or false"},
      {"no_answer takes a truth value", "{\"no_answer\":\"no\"}",
       "no_answer takes true or false"},
      {"fewer tokens than [CLS], one and [SEP] are refused", "{\"max_tokens\":2}",
       "max_tokens takes a whole number from 3 to 65536, not 2"},
      {"a fraction of tokens is refused",
       "{\"max_tokens\":8.5}", "max_tokens takes a whole"},
      {"negative tokens are refused", "{\"max_tokens\":-8}", "max_tokens takes a whole"},
      {"more tokens than any model has are refused", "{\"max_tokens\":65537}",
       "max_tokens takes a whole"},
      {"more tokens than an int64 are refused", "{\"max_tokens\":99999999999999999999}",
       "max_tokens takes a whole"},
      {"another precision is refused with those that there are",
       "{\"precision\":\"f16\"}",
       "precision takes \"f32\" or \"int8\", not \"f16\""},
      {"an unknown task is refused with those that there are", "{\"task\":\"nre\"}",
       "task takes \"embed\", \"fill-mask\", \"ner\", \"question-answering\", "
       "\"classify\" or \"rerank\", not \"nre\""},
      {"a dimension is a whole number from 1", "{\"dimension\":0}",
       "dimension takes a whole number from 1, not 0"},
      {"a fraction of a dimension is refused", "{\"dimension\":8.5}", ", not 8.5"},
      {"the message names a value of another kind too", "{\"dimension\":[8]}",
       ", not an array"},
      {"a dimension is no larger than any model's", "{\"dimension\":1000000}",
       ", not 1000000"},
      {"an encoder is a string", "{\"encoder\":true}", ", not true"},
      {"and not false", "{\"encoder\":false}", ", not false"},
      {"a prompt is a string",
       "{\"query_prompt\":[\"q\"]}", "query_prompt takes a string"},
      {"a prompt with a NUL is refused", "{\"query_prompt\":\"a\\u0000b\"}",
       "query_prompt takes a string"},
      {"the name of a model is a string",
       "{\"query_model\":1}", "query_model takes the name"},
      {"a bad value behind good ones is refused", "{\"query_prompt\":\"q\",\"cache\":1}",
       "cache takes"},
  /* clang-format on */
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    bb_options o = {.max_tokens = 77};
    err = (biobert_error){0};
    check_begin(rows[i].says);
    CHECK_INT(bb_options_parse(bb_str(rows[i].json), &o, &err), BIOBERT_RANGE);
    CHECK_INT(err.status, BIOBERT_RANGE);
    if (!strstr(err.message, rows[i].words)) CHECK_STR(err.message, rows[i].words);
    CHECK_INT(o.max_tokens, 77);
    CHECK_INT(bb_options_parse(bb_str(rows[i].json), &o, NULL), BIOBERT_RANGE);
  }
}

int main(void) {
  test_canonical();
  test_values();
  test_refused();
  return check_report();
}
