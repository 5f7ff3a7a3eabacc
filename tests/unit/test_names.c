/* Spec of core/base/names.c: lists inside messages never leave their buffer. */
#include "check.h"

#include <stdio.h>
#include <string.h>

#include "base/names.h"

/* Items added to a list in a buffer of `size` bytes, with what it then holds. */
static const struct {
  const char *says;
  size_t size;
  const char *items[4];
  const char *list;
} rows[] = {
    {"the separator is between items",   32, {"a", "b", "c"},     "a, b, c"},
    {"one item has no separator",        32, {"a"},               "a"      },
    {"an item that just fits is taken",  5,  {"a", "b"},          "a, b"   },
    {"one byte less and it is left out", 4,  {"a", "b"},          "a"      },
    {"a shorter one may follow",         7,  {"a", "long", "bc"}, "a, bc"  },
    {"room for the NUL alone",           1,  {"a"},               ""       },
    {"no room for the separator",        3,  {"a", "b"},          "a"      },
    {"an empty first item adds nothing", 32, {"", "a"},           "a"      },
};

static void test_rows(void) {
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    char buffer[40];
    memset(buffer, '#', sizeof buffer);
    buffer[0] = '\0';
    check_begin(rows[i].says);
    for (size_t j = 0; j < 4 && rows[i].items[j]; j++)
      bb_list_add(buffer, rows[i].size, ", ", "%s", rows[i].items[j]);
    CHECK_STR(buffer, rows[i].list);
    CHECK_INT(buffer[rows[i].size], '#');
  }
}

typedef struct row {
  int other;
  const char *name;
} row;

static void test_choices(void) {
  static const row table[] = {
      {1, "red"  },
      {2, "green"}
  };
  static char names[100][24];
  row many[100];
  biobert_error err;

  check_begin("an unknown name is answered with the choices");
  CHECK_INT(bb_not_one_of(&err, "colour", bb_str("blue"), BB_NAMES(table, name)),
            BIOBERT_RANGE);
  CHECK_STR(err.message, "colour 'blue' is not one of: red, green");
  CHECK_INT(bb_not_one_of(NULL, "colour", bb_str("blue"), BB_NAMES(table, name)),
            BIOBERT_RANGE);

  check_begin("a value from outside is made safe to show");
  bb_not_one_of(&err, "colour", bb_str("a\nb"), BB_NAMES(table, name));
  CHECK_STR(err.message, "colour 'a?b' is not one of: red, green");

  check_begin("more choices than a message holds are cut after a name");
  for (int i = 0; i < 100; i++) {
    snprintf(names[i], sizeof names[i], "choice_%03d", i);
    many[i] = (row){i, names[i]};
  }
  bb_not_one_of(&err, "thing", bb_str("x"), BB_NAMES(many, name));
  const size_t length = strlen(err.message), last = sizeof "choice_000, ..." - 1;
  CHECK(length < sizeof err.message && length > last);
  CHECK(strncmp(err.message, "thing 'x' is not one of: choice_000, choice_001, ", 49) ==
        0);
  CHECK(strncmp(err.message + length - last, "choice_", 7) == 0);
  CHECK_STR(err.message + length - 5, ", ...");
}

int main(void) {
  test_rows();
  check_begin("an item that does not fit is reported");
  char buffer[8] = "";
  CHECK(bb_list_add(buffer, sizeof buffer, ", ", "%d", 123));
  CHECK(!bb_list_add(buffer, sizeof buffer, ", ", "%d", 4567));
  CHECK_STR(buffer, "123");
  test_choices();
  return check_report();
}
