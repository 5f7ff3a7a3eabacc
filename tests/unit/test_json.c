/* Spec of core/format/json.c. */
#include "check.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/json.h"

/* A literal with NULs in it, as a view: in a table, and elsewhere. */
#define TEXT(literal)                                                                    \
  { literal, sizeof(literal) - 1 }
#define VIEW(literal) ((biobert_str)TEXT(literal))

static bb_json *parse(biobert_str text, biobert_error *err) {
  bb_json *json = NULL;
  *err = (biobert_error){0};
  return bb_json_parse(text, "doc", &json, err) ? NULL : json;
}

/* Malformed text: what is wrong, and the words that have to be in the message. */
static const struct {
  const char *says;
  biobert_str text;
  const char *words;
} refused[] = {
  /* clang-format off */
    {"an empty text is no document", TEXT(""), "byte 0: the text ends too early"},
    {"white space is no document", TEXT(" \n"), "byte 2: the text ends"},
    {"a second value is refused", TEXT("1 2"), "byte 2: the text goes on"},
    {"a NUL behind the value is refused", TEXT("1\0"), "byte 1: the text goes on"},
    {"a byte order mark is refused", TEXT("\xEF\xBB\xBF{}"), "byte order mark"},
    {"a comma may not end an array", TEXT("[1,]"), "byte 3: a value was expected"},
    {"a comma may not end an object", TEXT("{\"a\":1,}"), "byte 7: a key was expected"},
    {"an array has to be closed", TEXT("[1"), "',' or ']'"},
    {"an object has to be closed", TEXT("{\"a\":1"), "',' or '}'"},
    {"brackets have to match", TEXT("[1}"), "',' or ']'"},
    {"a key needs a colon", TEXT("{\"a\" 1}"), "':' was expected"},
    {"a key is a string", TEXT("{a:1}"), "a key was expected"},
    {"single quotes are no quotes", TEXT("['a']"), "a value was expected"},
    {"comments are refused", TEXT("[1 /* x */]"), "byte 3"},
    {"NaN is no number", TEXT("[NaN]"), "a value was expected"},
    {"Infinity is no number", TEXT("-Infinity"), "a value was expected"},
    {"a word has to be whole", TEXT("[tru]"), "a value was expected"},
    {"a word has to end", TEXT("[nullx]"), "',' or ']'"},
    {"a leading zero is refused", TEXT("01"), "leading zero"},
    {"a leading plus is refused", TEXT("+1"), "a value was expected"},
    {"hexadecimal is refused", TEXT("0x10"), "byte 1"},
    {"a point needs a digit before it", TEXT(".5"), "a value was expected"},
    {"a point needs a digit behind it", TEXT("1."), "after the point"},
    {"an exponent needs a digit", TEXT("1e+"), "in the exponent"},
    {"a minus needs a digit", TEXT("-"), "a value was expected"},
    {"a string has to end", TEXT("\"abc"), "byte 0: a string without an end"},
    {"a string may not end in an escape", TEXT("\"abc\\"), "escape"},
    {"a bare newline in a string is refused", TEXT("\"a\nb\""), "bare control character"},
    {"a bare NUL in a string is refused", TEXT("\"a\0b\""), "bare control character"},
    {"an unknown escape is refused", TEXT("\"\\x41\""), "unknown escape"},
    {"\\u wants four digits", TEXT("\"\\u12g4\""), "four hexadecimal"},
    {"a lone high surrogate is refused", TEXT("\"\\ud800\""), "lone surrogate"},
    {"a lone low surrogate is refused", TEXT("\"\\udc00\""), "lone surrogate"},
    {"two high surrogates are refused", TEXT("\"\\ud800\\ud800\""), "lone surrogate"},
    {"a high surrogate before another escape is refused", TEXT("\"\\ud800\\n\""),
     "lone surrogate"},
    {"a high surrogate before any other character is refused", TEXT("\"\\ud800\\ue000\""),
     "lone surrogate"},
    {"\\u wants digits", TEXT("\"\\u00/0\""), "four hexadecimal digits"},
    {"not letters behind F", TEXT("\"\\u00G0\""), "four hexadecimal digits"},
    {"nor behind f", TEXT("\"\\u00g0\""), "four hexadecimal digits"},
    {"nor what is between", TEXT("\"\\u00@0\""), "four hexadecimal digits"},
    {"a stray continuation byte is refused", TEXT("\"\x80\""), "ill-formed UTF-8"},
    {"an overlong sequence is refused", TEXT("\"\xC0\xAF\""), "ill-formed UTF-8"},
    {"an encoded surrogate is refused", TEXT("\"\xED\xA0\x80\""), "ill-formed UTF-8"},
    {"a code point past U+10FFFF is refused", TEXT("\"\xF4\x90\x80\x80\""),
     "ill-formed UTF-8"},
    {"three bytes of four are refused", TEXT("\"\xF0\x9F\xA7\""), "ill-formed UTF-8"},
    {"a sequence that is cut off is refused", TEXT("\"\xE2\x82"), "ill-formed UTF-8"},
    {"a key may occur once", TEXT("{\"a\":1,\"a\":2}"), "byte 8: the key \"a\" a second"},
    {"an escaped key is the same key", TEXT("{\"a\":1,\"\\u0061\":2}"),
     "the key \"a\" a second"},
  /* clang-format on */
};

static void test_refused(void) {
  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
    check_begin(refused[i].says);
    biobert_error err;
    bb_json *json = parse(refused[i].text, &err);
    CHECK(!json);
    CHECK_INT(err.status, BIOBERT_FORMAT);
    if (!strstr(err.message, refused[i].words)) CHECK_STR(err.message, refused[i].words);
    bb_json_free(json);
  }
}

static void test_strings(void) {
  static const struct {
    const char *says;
    biobert_str text, decoded;
  } rows[] = {
  /* clang-format off */
      {"the empty string has no bytes", TEXT("\"\""), TEXT("")},
      {"every named escape is decoded", TEXT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""),
       TEXT("\"\\/\b\f\n\r\t")},
      {"\\u0000 is a NUL inside the text", TEXT("\"a\\u0000b\""), TEXT("a\0b")},
      {"\\u gives two and three bytes", TEXT("\"\\u00e9\\u20AC\""), TEXT("é€")},
      {"a surrogate pair gives four bytes", TEXT("\"\\ud83e\\uddec\""),
       TEXT("\xF0\x9F\xA7\xAC")},
      {"a replacement character is a character", TEXT("\"\xEF\xBF\xBD\""),
       TEXT("\xEF\xBF\xBD")},
      {"UTF-8 stays as it is", TEXT("\"é€\xF0\x9F\xA7\xAC\x7F\""),
       TEXT("é€\xF0\x9F\xA7\xAC\x7F")},
  /* clang-format on */
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    check_begin(rows[i].says);
    biobert_error err;
    bb_json *json = parse(rows[i].text, &err);
    CHECK(json);
    if (!json) continue;
    const biobert_str text = bb_json_string(bb_json_root(json));
    CHECK_INT(text.len, rows[i].decoded.len);
    CHECK(text.len == rows[i].decoded.len &&
          memcmp(text.data, rows[i].decoded.data, text.len) == 0);
    bb_json_free(json);
  }
}

static void test_numbers(void) {
  static const struct {
    const char *text;
    bool whole;
    int64_t integer;
    double real;
  } rows[] = {
  /* clang-format off */
      {"0", true, 0, 0},
      {"-0", true, 0, -0.0},
      {"42", true, 42, 42},
      {"9223372036854775807", true, INT64_MAX, 0x1p63},
      {"-9223372036854775808", true, INT64_MIN, -0x1p63},
      {"9223372036854775808", false, 0, 0x1p63},
      {"-9223372036854775809", false, 0, -0x1p63},
      {"1e2", false, 0, 100},
      {"1.0", false, 0, 1},
      {"1e-12", false, 0, 1e-12},
      {"0.1", false, 0, 0.1},
      {"2.2250738585072014E-308", false, 0, DBL_MIN},
      {"1e-400", false, 0, 0},
  /* clang-format on */
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    char says[64];
    snprintf(says, sizeof says, "the number %s is read as it is written", rows[i].text);
    check_begin(says);
    biobert_error err;
    bb_json *json = parse((biobert_str){rows[i].text, strlen(rows[i].text)}, &err);
    CHECK(json);
    if (!json) continue;
    int64_t integer = 0;
    double real = NAN;
    CHECK_INT(bb_json_int(bb_json_root(json), &integer), rows[i].whole);
    CHECK_INT(integer, rows[i].integer);
    CHECK(bb_json_double(bb_json_root(json), &real));
    CHECK(memcmp(&real, &rows[i].real, sizeof real) == 0);
    bb_json_free(json);
  }
}

static void test_number_limits(void) {
  biobert_error err;
  double real = 7;
  check_begin("a number beyond the range of double is no double");
  bb_json *json = parse(VIEW("1e400"), &err);
  CHECK(json && !bb_json_double(bb_json_root(json), &real));
  CHECK(real == 7);
  bb_json_free(json);

  /* A locale with a decimal comma may not be installed: then this tests nothing new. */
  check_begin("a decimal point is one in every locale");
  setlocale(LC_ALL, "de_DE.UTF-8");
  json = parse(VIEW("[1.5]"), &err);
  CHECK(json && bb_json_double(bb_json_first(bb_json_root(json)), &real));
  CHECK(real == 1.5);
  bb_json_free(json);
  setlocale(LC_ALL, "C");
}

static void test_walking(void) {
  biobert_error err;
  bb_json *json = parse(
      VIEW(" { \"a\" : [1, [2, {}], \"x\"] , \"b\" : true, \"\" : null, \"c\": false } "),
      &err);
  check_begin("members come in the order of the document");
  CHECK(json);
  if (!json) return;
  const bb_json_node *root = bb_json_root(json);
  CHECK_INT(bb_json_count(root), 4);
  const bb_json_node *a = bb_json_first(root), *b = bb_json_next(a),
                     *none = bb_json_next(b);
  CHECK_STR(bb_json_key(a).data, "a");
  CHECK_STR(bb_json_key(b).data, "b");
  CHECK_INT(bb_json_key(none).len, 0);
  CHECK(bb_json_key(none).data != NULL);
  CHECK(bb_json_next(bb_json_next(none)) == NULL);
  CHECK(bb_json_next(root) == NULL);

  check_begin("a member is found by its name");
  CHECK(bb_json_get(root, "b") == b);
  CHECK(bb_json_is_true(b));
  CHECK(!bb_json_is_true(bb_json_get(root, "c")));
  CHECK(bb_json_get(root, "d") == NULL);
  CHECK(bb_json_get(a, "a") == NULL);

  check_begin("a subtree is stepped over");
  CHECK_INT(bb_json_count(a), 3);
  const bb_json_node *inner = bb_json_next(bb_json_first(a)), *x = bb_json_next(inner);
  CHECK_INT(bb_json_kind_of(inner), BB_JSON_ARRAY);
  CHECK_STR(bb_json_string(x).data, "x");
  CHECK(bb_json_key(x).data == NULL);
  CHECK(bb_json_next(x) == NULL);
  CHECK(bb_json_first(bb_json_next(bb_json_first(inner))) == NULL);
  bb_json_free(json);
}

static void test_absent(void) {
  int64_t integer;
  double real;
  check_begin("an absent node has nothing of anything");
  CHECK_INT(bb_json_kind_of(NULL), BB_JSON_NULL);
  CHECK(!bb_json_get(NULL, "a") && !bb_json_first(NULL) && !bb_json_next(NULL));
  CHECK_INT(bb_json_count(NULL), 0);
  CHECK(!bb_json_key(NULL).data && !bb_json_string(NULL).data);
  CHECK(!bb_json_int(NULL, &integer) && !bb_json_double(NULL, &real));
  CHECK(!bb_json_is_true(NULL));
  bb_json_free(NULL);
  CHECK_STR(bb_json_kind_name(BB_JSON_OBJECT), "an object");
}

/* count times open, then "0", then count times close; the caller frees it. */
static char *nested(const char *open, const char *close, size_t count) {
  char *text = calloc(count * (strlen(open) + strlen(close)) + 2, 1);
  for (size_t i = 0; text && i < count; i++) strcat(text, open);
  if (text) strcat(text, "0");
  for (size_t i = 0; text && i < count; i++) strcat(text, close);
  return text;
}

static void test_depth(void) {
  biobert_error err;
  for (size_t extra = 0; extra < 2; extra++) {
    check_begin(extra ? "one level too many is refused" : "the deepest nesting is read");
    char *arrays = nested("[", "]", BB_JSON_MAX_DEPTH + extra);
    char *objects = nested("{\"a\":", "}", BB_JSON_MAX_DEPTH + extra);
    bb_json *a = parse((biobert_str){arrays, strlen(arrays)}, &err);
    CHECK_INT(a != NULL, !extra);
    bb_json *o = parse((biobert_str){objects, strlen(objects)}, &err);
    CHECK_INT(o != NULL, !extra);
    if (extra) CHECK(strstr(err.message, "nested too deeply"));
    bb_json_free(a);
    bb_json_free(o);
    free(arrays);
    free(objects);
  }
}

/* {"0": 0, ..., "n-1": n-1} and then, if asked for, a key that is there. The caller
 * frees. */
static char *large_object(int count, bool duplicate, size_t *len) {
  enum { LONGEST = 32 };
  char *text = malloc((size_t)(count + 2) * LONGEST), *at = text;
  if (!text) exit(1);
  at += sprintf(at, "{");
  for (int i = 0; i < count; i++) at += sprintf(at, "%s\"%d\":%d", i ? "," : "", i, i);
  at += sprintf(at, duplicate ? ",\"%d\":0}" : "}", count / 2);
  *len = (size_t)(at - text);
  return text;
}

static void test_large(void) {
  enum { PIECES = 200 * 1000 };
  biobert_error err;
  size_t len;
  check_begin("an object as large as a vocabulary is read");
  char *text = large_object(PIECES, false, &len);
  bb_json *json = parse((biobert_str){text, len}, &err);
  CHECK(json && bb_json_count(bb_json_root(json)) == PIECES);
  bb_json_free(json);
  free(text);

  check_begin("a duplicate among many keys is found");
  text = large_object(PIECES, true, &len);
  json = parse((biobert_str){text, len}, &err);
  CHECK(!json && strstr(err.message, "the key \"100000\" a second time"));
  bb_json_free(json);
  free(text);

  check_begin("a text of too many values is refused before they are allocated");
  len = 8 << 20;
  text = malloc(len);
  if (!text) exit(1);
  memset(text, ',', len);
  json = parse((biobert_str){text, len}, &err);
  CHECK(!json && strstr(err.message, "values, at most"));
  free(text);
}

int main(void) {
  test_refused();
  test_strings();
  test_numbers();
  test_number_limits();
  test_walking();
  test_absent();
  test_depth();
  test_large();
  return check_report();
}
