/* numbers.h - which values count as numbers, the same everywhere in ext/.
 *
 * A program's "3" arrives as an INTEGER, as a REAL (every number of JavaScript and R) or
 * as a TEXT (a shell's parameter): one rule takes all of them. */
#ifndef EXT_NUMBERS_H
#define EXT_NUMBERS_H

#include "sql/sqlite_api.h"

#include <stdbool.h>
#include <stdint.h>

/* A text in UTF-16 is converted when it is first read, which takes memory: false without.
 * Asked before the functions below, which would see no number in it. */
bool values_are_readable(int count, sqlite3_value **values);

/* What sqlite3_value_numeric_type() answers: SQLITE_INTEGER or SQLITE_FLOAT where the
 * value is a number or the whole of its text is one, else its own type. It differs in two
 * ways: the value stays as it is, and it may be a copy that sqlite3_value_dup() made
 * (newer SQLites' own function follows the copy's null connection). */
int number_type(sqlite3_value *value);

/* Whether a REAL is an integer that is exact: without a fraction, below 2^53. */
bool number_is_exact(double real);

/* Whether the value is an integer, and which: an INTEGER, a REAL without a fraction that
 * is exact (below 2^53), or the text of one of these. False leaves *out alone. */
bool number_whole(sqlite3_value *value, int64_t *out);

#endif
