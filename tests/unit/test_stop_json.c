/* Spec of core/format/json.c: the reading of a text can be stopped, whatever is long in
 * it, and then it was interrupted, not ill-formed. */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "base/stop.h"
#include "format/json.h"

/* As long as that a question every ASK_BYTES of json.c comes several times. */
enum { ASK_BYTES = 1 << 18, LONG = 4 * ASK_BYTES };

static biobert_error err;

typedef struct asker {
  long asked, most; /* true from the most-th question on; 0: never */
} asker;

static bool ask(void *ctx) {
  asker *a = ctx;
  a->asked++;
  return a->most && a->asked >= a->most;
}

static biobert_status parse_asking(biobert_str text, asker *a) {
  bb_json *json = NULL;
  bb_cancel cancel = {.ask = ask, .ctx = a};
  err = (biobert_error){0};
  bb_stop_reading(&cancel);
  const biobert_status status = bb_json_parse(text, "long", &json, &err);
  bb_stop_reading(NULL);
  CHECK((json != NULL) == (status == BIOBERT_OK));
  bb_json_free(json);
  return status;
}

/* least: once for ASK_BYTES when values are counted, and again when they are read. */
static void stop_everywhere(biobert_str text, long least) {
  asker never = {0};
  if (!CHECK_INT(parse_asking(text, &never), BIOBERT_OK)) printf("   %s\n", err.message);
  if (!CHECK(never.asked >= least)) printf("   %ld, not %ld\n", never.asked, least);
  for (long n = 1; n <= never.asked; n++) {
    asker a = {.most = n};
    CHECK_INT(parse_asking(text, &a), BIOBERT_INTERRUPTED);
    CHECK_STR(err.message, "long: interrupted");
    CHECK_INT(a.asked, n);
  }
}

/* before, LONG bytes of `filling`, after */
static char *make(const char *before, const char *filling, const char *after) {
  const size_t unit = strlen(filling);
  char *text = malloc(strlen(before) + LONG + strlen(after) + 1);
  if (!text) exit(2);
  char *at = text + sprintf(text, "%s", before);
  for (size_t used = 0; used + unit <= LONG; used += unit, at += unit)
    memcpy(at, filling, unit);
  sprintf(at, "%s", after);
  return text;
}

int main(void) {
  static const struct {
    const char *says, *before, *filling, *after;
  } rows[] = {
      {"a long string can be stopped",                "\"",     "x",            "\""      },
      {"a string of escapes can be stopped",          "\"",     "\\\\",         "\""      },
      {"a string of escapes at odd bytes can be",     " \"",    "\\n",          "\""      },
      {"a string of long characters can be stopped",  "\"",     "\xE2\x82\xAC", "\""      },
      {"a long key can be stopped",                   "{\"",    "x",            "\":1}"   },
      {"white space in front can be stopped",         "",       " ",            "1"       },
      {"white space behind can be stopped",           "1",      "\n",           ""        },
      {"white space in a list can be stopped",        "[1,",    " ",            "2]"      },
      {"white space behind an element can be",        "[1",     "\t",           "]"       },
      {"white space in an empty list can be stopped", "[",      "\r",           "]"       },
      {"white space before a key can be stopped",     "{",      " ",            "\"a\":1}"},
      {"white space behind a key can be stopped",     "{\"a\"", " ",            ":1}"     },
      {"a long number can be stopped",                "1",      "0",            ""        },
      {"a long fraction can be stopped",              "[1.",    "5",            "]"       },
      {"a long exponent can be stopped",              "1e",     "0",            "1"       },
      {"a list of many values can be stopped",        "[",      "1,",           "1]"      },
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    check_begin(rows[i].says);
    char *text = make(rows[i].before, rows[i].filling, rows[i].after);
    stop_everywhere((biobert_str){text, strlen(text)}, 2 * (LONG / ASK_BYTES - 1));
    free(text);
  }

  check_begin("a short text is read without a question");
  asker at_once = {.most = 1};
  static const char text[] = "{\"a\": [1, 2.5, \"b\"]}";
  CHECK_INT(parse_asking((biobert_str){text, sizeof text - 1}, &at_once), BIOBERT_OK);
  CHECK_INT(at_once.asked, 0);
  return check_report();
}
