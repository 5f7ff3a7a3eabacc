/* Spec of core/text/normalize.c: each step by itself. */
#include "check.h"

#include <stdlib.h>

#include "base/status.h"
#include "base/utf8.h"
#include "text/normalize.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
/* The initializer of a view on a literal with NULs in it. */
#define VIEW(literal)                                                                    \
  { literal, sizeof(literal) - 1 }

enum { CLEAN = 1, CJK = 2, STRIP = 4, LOWER = 8 };

/* Characters as text, and their places. */
typedef struct result {
  char text[256], places[256];
  size_t len, places_len, count;
} result;

static bool keep(void *ctx, const bb_character *c) {
  result *r = ctx;
  r->len += bb_utf8_put(c->code, r->text + r->len);
  r->text[r->len] = '\0';
  r->places_len +=
      (size_t)snprintf(r->places + r->places_len, sizeof r->places - r->places_len,
                       "%s%zu-%zu", r->count ? " " : "", c->start, c->end);
  r->count++;
  return true;
}

static bb_normalizer_options options_of(int steps) {
  return (bb_normalizer_options){.clean_text = steps & CLEAN,
                                 .space_cjk = steps & CJK,
                                 .strip_accents = steps & STRIP,
                                 .lowercase = steps & LOWER};
}

static result normalize(int steps, biobert_str text, biobert_span segment) {
  result r = {.text = ""};
  bb_normalizer_options options = options_of(steps);
  bool stopped;
  biobert_error err;
  CHECK_INT(
      bb_normalize(&options, text, segment, keep, &r, &(bb_call){0}, &stopped, &err),
      BIOBERT_OK);
  CHECK(!stopped);
  return r;
}

static void test_rows(void) {
  static const struct {
    const char *says;
    int steps;
    biobert_str text;
    const char *normal, *places;
  } rows[] = {
  /* clang-format off */
      {"without a step every character stays", 0, VIEW("A\xC3\xA9\t"), "A\xC3\xA9\t",
       "0-1 1-3 3-4"},
      {"cleaning makes every white space one of ASCII", CLEAN, VIEW("a\tb\xC2\xA0" "c"),
       "a b c", "0-1 1-2 2-3 3-5 5-6"},
      {"cleaning drops control and format characters", CLEAN,
       VIEW("a\x01\xE2\x80\x8B\xC2\xAD" "b"), "ab", "0-1 7-8"},
      {"cleaning drops NUL and U+FFFD",
       CLEAN, VIEW("a\0\xEF\xBF\xBD" "b"), "ab", "0-1 5-6"},
      {"cleaning drops ill-formed bytes, which are U+FFFD",
       CLEAN, VIEW("a\xFF\xE4\xB8" "b"),
       "ab", "0-1 4-5"},
      {"without cleaning each ill-formed sequence is one U+FFFD",
       0, VIEW("\xFF\xE4\xB8" "b"),
       "\xEF\xBF\xBD\xEF\xBF\xBD" "b", "0-1 1-3 3-4"},
      {"cleaning keeps unassigned code points",
       CLEAN, VIEW("\xF0\x9F\xAB\xA9"),
       "\xF0\x9F\xAB\xA9", "0-4"},
      {"Chinese characters get spaces round them, which have their place", CJK,
       VIEW("a\xE4\xB8\xAD"), "a \xE4\xB8\xAD ", "0-1 1-4 1-4 1-4"},
      {"Japanese and Korean letters do not", CJK, VIEW("\xE3\x81\x8B\xED\x95\x9C"),
       "\xE3\x81\x8B\xED\x95\x9C", "0-3 3-6"},
      {"stripping decomposes and drops the marks",
       STRIP, VIEW("\xC3\xA9\xE1\xBA\xAD"), "ea",
       "0-2 2-5"},
      {"stripping drops marks that stand alone", STRIP, VIEW("e\xCC\x84\xCC\x81x"), "ex",
       "0-1 5-6"},
      {"stripping keeps what decomposes for compatibility only", STRIP,
       VIEW("\xEF\xAC\x81\xC2\xB2"), "\xEF\xAC\x81\xC2\xB2", "0-3 3-5"},
      {"stripping keeps capitals", STRIP, VIEW("\xC3\x89"), "E", "0-2"},
      {"the parts of a syllable have its place", STRIP, VIEW("\xED\x95\x9C"),
       "\xE1\x84\x92\xE1\x85\xA1\xE1\x86\xAB", "0-3 0-3 0-3"},
      {"lower case without stripping keeps the marks",
       LOWER, VIEW("\xC3\x89" "E\xCC\x81"),
       "\xC3\xA9" "e\xCC\x81", "0-2 2-3 3-5"},
      {"a letter of two small ones gives both one place", LOWER, VIEW("\xC4\xB0"),
       "i\xCC\x87", "0-2 0-2"},
      {"accents go before lower case", STRIP | LOWER, VIEW("\xC4\xB0"), "i", "0-2"},
      {"lower case knows no final sigma", LOWER, VIEW("\xCE\x9F\xCE\xA3"),
       "\xCE\xBF\xCF\x83", "0-2 2-4"},
      {"letters beyond the first plane have small ones", LOWER, VIEW("\xF0\x90\x90\x80"),
       "\xF0\x90\x90\xA8", "0-4"},
      {"the micro sign does not become a mu", CLEAN | STRIP | LOWER, VIEW("\xC2\xB5"),
       "\xC2\xB5", "0-2"},
      {"an empty text has no characters", CLEAN | CJK | STRIP | LOWER, VIEW(""), "", ""},
  /* clang-format on */
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    check_begin(rows[i].says);
    result r =
        normalize(rows[i].steps, rows[i].text, (biobert_span){0, rows[i].text.len});
    CHECK_STR(r.text, rows[i].normal);
    CHECK_STR(r.places, rows[i].places);
  }
}

static void test_segments(void) {
  check_begin("a segment is normalised by itself, with places of the whole text");
  biobert_str text = bb_str("xe\xCC\x81y");
  result r = normalize(STRIP, text, (biobert_span){1, 2});
  CHECK_STR(r.text, "e");
  CHECK_STR(r.places, "1-2");
  r = normalize(STRIP, text, (biobert_span){2, 5});
  CHECK_STR(r.text, "y");
  CHECK_STR(r.places, "4-5");
  check_begin("a character is not read beyond the segment's end");
  r = normalize(0, text, (biobert_span){1, 3});
  CHECK_STR(r.text, "e\xEF\xBF\xBD");
}

/* Canonical order: marks newer than Unicode 8 are kept by stripping, so it can be seen.
 */
static void test_order(void) {
  check_begin("marks come out in canonical order, and take each other's places");
  /* U+1E944 of class 230 before U+1E94A of class 7. */
  biobert_str text = bb_str("a\xF0\x9E\xA5\x84\xF0\x9E\xA5\x8A"
                            "b");
  result r = normalize(STRIP, text, (biobert_span){0, text.len});
  CHECK_STR(r.text, "a\xF0\x9E\xA5\x8A\xF0\x9E\xA5\x84"
                    "b");
  CHECK_STR(r.places, "0-1 1-5 5-9 9-10");
}

typedef struct stop {
  size_t taken;
  size_t max;
} stop;

static bool take_some(void *ctx, const bb_character *c) {
  stop *s = ctx;
  (void)c;
  return ++s->taken < s->max;
}

static bool say_yes(void *ctx) {
  ++*(int *)ctx;
  return true;
}

static void test_stopping(void) {
  bb_normalizer_options options = options_of(CLEAN | STRIP | LOWER);
  biobert_error err = {0};
  bool stopped = false;
  stop s = {.max = 2};
  check_begin("whoever takes the characters can stop");
  CHECK_INT(bb_normalize(&options, bb_str("abcdef"), (biobert_span){0, 6}, take_some, &s,
                         &(bb_call){0}, &stopped, &err),
            BIOBERT_OK);
  CHECK(stopped);
  CHECK_INT(s.taken, 2);

  check_begin("a long text is stopped when the caller says so");
  enum { LONG = 1 << 20 };
  char *text = malloc(LONG);
  if (!CHECK(text != NULL)) return;
  memset(text, 'a', LONG);
  int asked = 0;
  s = (stop){.max = LONG + 1};
  bb_call call = {.cancel = say_yes, .cancel_ctx = &asked};
  CHECK_INT(bb_normalize(&options, (biobert_str){text, LONG}, (biobert_span){0, LONG},
                         take_some, &s, &call, &stopped, &err),
            BIOBERT_INTERRUPTED);
  CHECK_INT(asked, 1);
  CHECK(s.taken <= 2 * BB_POLL_BYTES);
  free(text);
}

int main(void) {
  test_rows();
  test_segments();
  test_order();
  test_stopping();
  check_begin("the version of the library that decomposes is known");
  CHECK(bb_utf8proc_version()[0] >= '2');
  return check_report();
}
