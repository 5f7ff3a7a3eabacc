/* check.h - the test framework.
 *
 *   int main(void) {
 *     check_begin("an empty text has no tokens");
 *     CHECK_INT(count(""), 0);
 *     check_begin("...");
 *     ...
 *     return check_report();
 *   }
 *
 * A test goes from its check_begin(), whose sentence can be false, to the next one. A
 * failed check is printed and the test goes on; every CHECK is true if it held, for `if
 * (!CHECK(p)) return;`. Output ends with "N passed, N failed". */
#ifndef BB_CHECK_H
#define BB_CHECK_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* One broken loop must not bury the others. */
enum { CHECK_MAX_SHOWN = 10 };

static struct {
  const char *sentence; /* of the current test; NULL before the first */
  int failures;         /* in it */
  int passed, failed;   /* tests */
  char context[256];    /* what check_context() said; "" again with the next test */
} check_state;

static inline void check_end(void) {
  if (!check_state.sentence) return;
  if (check_state.failures > CHECK_MAX_SHOWN)
    printf("  ... and %d more\n", check_state.failures - CHECK_MAX_SHOWN);
  if (check_state.failures > 0)
    check_state.failed++;
  else
    check_state.passed++;
  check_state.sentence = NULL;
}

static inline void check_begin(const char *sentence) {
  check_end();
  check_state.sentence = sentence;
  check_state.failures = 0;
  check_state.context[0] = '\0';
}

/* The row of a table or the step of a loop, shown with a failure. */
__attribute__((format(printf, 1, 2))) static inline void check_context(const char *format,
                                                                       ...) {
  va_list args;
  va_start(args, format);
  vsnprintf(check_state.context, sizeof check_state.context, format, args);
  va_end(args);
}

__attribute__((format(printf, 3, 4))) static inline bool
check_fail(const char *file, int line, const char *format, ...) {
  if (!check_state.sentence) check_begin("(a check before the first check_begin)");
  if (check_state.failures == 0) printf("FAILED: %s\n", check_state.sentence);
  if (check_state.failures++ >= CHECK_MAX_SHOWN) return false;
  printf("  %s:%d: ", file, line);
  va_list args;
  va_start(args, format);
  vprintf(format, args);
  va_end(args);
  printf(check_state.context[0] ? " (%s)\n" : "%s\n", check_state.context);
  return false;
}

static inline bool check_that(const char *file, int line, const char *expression,
                              bool held) {
  return held || check_fail(file, line, "%s", expression);
}

static inline bool check_int(const char *file, int line, const char *expression,
                             long long actual, long long expected) {
  if (actual == expected) return true;
  return check_fail(file, line, "%s is %lld, expected %lld", expression, actual,
                    expected);
}

static inline bool check_str(const char *file, int line, const char *expression,
                             const char *actual, const char *expected) {
  if (actual == expected) return true;
  if (actual && expected && strcmp(actual, expected) == 0) return true;
  return check_fail(file, line, "%s is %s%s%s, expected %s%s%s", expression,
                    actual ? "\"" : "", actual ? actual : "NULL", actual ? "\"" : "",
                    expected ? "\"" : "", expected ? expected : "NULL",
                    expected ? "\"" : "");
}

#define CHECK(condition) check_that(__FILE__, __LINE__, #condition, condition)
#define CHECK_INT(actual, expected)                                                      \
  check_int(__FILE__, __LINE__, #actual, (long long)(actual), (long long)(expected))
#define CHECK_STR(actual, expected)                                                      \
  check_str(__FILE__, __LINE__, #actual, actual, expected)

/* The exit status of main(): 1 if a test failed, or if there was none. */
static inline int check_report(void) {
  check_end();
  printf("%d passed, %d failed\n", check_state.passed, check_state.failed);
  return check_state.failed > 0 || check_state.passed == 0;
}

#endif
