/* numbers.c - numbers out of values, by the rules of SQLite's NUMERIC affinity. */
#include "sql/numbers.h"

#include <math.h>
#include <stddef.h>

/* From here on neighbouring integers share a double; 2^53. */
#define INEXACT_FROM 9007199254740992.0

/* What SQLite skips around a number. */
static const char *skip_space(const char *at, const char *end) {
  while (at < end && (*at == ' ' || (*at >= '\t' && *at <= '\r'))) at++;
  return at;
}

static const char *skip_sign(const char *at, const char *end) {
  return at < end && (*at == '+' || *at == '-') ? at + 1 : at;
}

static const char *skip_digits(const char *at, const char *end) {
  while (at < end && *at >= '0' && *at <= '9') at++;
  return at;
}

/* The digits of an integer after its sign; false: it needs more than 64 bits. */
static bool fits_integer(const char *digits, const char *end, bool negative) {
  uint64_t limit = (uint64_t)INT64_MAX + negative, sum = 0;
  for (; digits < end; digits++) {
    unsigned digit = (unsigned)(*digits - '0');
    if (sum > (limit - digit) / 10) return false;
    sum = sum * 10 + digit;
  }
  return true;
}

/* [space] [sign] digits [. digits] [e [sign] digits] [space], with a digit on one side of
 * the point at least. */
static int text_type(const char *text, size_t bytes) {
  const char *end = text + bytes;
  const char *sign = skip_space(text, end), *digits = skip_sign(sign, end);
  const char *at = skip_digits(digits, end), *last = at;
  size_t count = (size_t)(at - digits);
  bool integer = true;
  if (at < end && *at == '.') {
    const char *fraction = ++at;
    at = skip_digits(at, end);
    count += (size_t)(at - fraction);
    integer = false;
  }
  if (count == 0) return SQLITE_TEXT;
  if (at < end && (*at == 'e' || *at == 'E')) {
    const char *exponent = skip_sign(at + 1, end);
    at = skip_digits(exponent, end);
    if (at == exponent) return SQLITE_TEXT;
    integer = false;
  }
  if (skip_space(at, end) != end) return SQLITE_TEXT;
  return integer && fits_integer(digits, last, sign < digits && *sign == '-')
             ? SQLITE_INTEGER
             : SQLITE_FLOAT;
}

int number_type(sqlite3_value *value) {
  int type = sqlite3_value_type(value);
  if (type != SQLITE_TEXT) return type;
  const char *text = (const char *)sqlite3_value_text(value);
  return text ? text_type(text, (size_t)sqlite3_value_bytes(value)) : type;
}

bool values_are_readable(int count, sqlite3_value **values) {
  bool readable = true;
  for (int i = 0; i < count && readable; i++)
    readable =
        sqlite3_value_type(values[i]) != SQLITE_TEXT || sqlite3_value_text(values[i]);
  return readable;
}

bool number_is_exact(double real) {
  return fabs(real) < INEXACT_FROM && real == trunc(real);
}

bool number_whole(sqlite3_value *value, int64_t *out) {
  int type = number_type(value);
  if (type == SQLITE_FLOAT) {
    double real = sqlite3_value_double(value);
    if (!number_is_exact(real)) return false;
    *out = (int64_t)real;
  } else if (type == SQLITE_INTEGER) {
    *out = sqlite3_value_int64(value);
  } else {
    return false;
  }
  return true;
}
