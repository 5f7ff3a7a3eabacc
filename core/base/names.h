/* names.h - lists inside messages, in buffers of a fixed size. */
#ifndef BB_NAMES_H
#define BB_NAMES_H

#include "base/status.h"

#include <stdarg.h>

/* Adds an item to the list that `text` (NUL-terminated, in a buffer of `size` bytes)
 * holds, after `separator` unless it is the first. False: it does not fit whole, and the
 * list is as it was. */
bool bb_list_add(char *text, size_t size, const char *separator, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
bool bb_list_add_v(char *text, size_t size, const char *separator, const char *format,
                   va_list args) __attribute__((format(printf, 4, 0)));

/* A column of names in a table: `count` of them, the first at `first`, `stride` bytes
 * apart. */
typedef struct bb_names {
  const char *const *first;
  size_t stride, count;
} bb_names;

/* The names of an array whose rows have them in the member `name`. */
#define BB_NAMES(array, name)                                                            \
  ((bb_names){&(array)[0].name, sizeof(array)[0], sizeof(array) / sizeof(array)[0]})

/* BIOBERT_RANGE: "setting 'x' is not one of: a, b, c", with "..." for names that do not
 * fit. `thing` is the word before the value. */
biobert_status bb_not_one_of(biobert_error *err, const char *thing, biobert_str value,
                             bb_names names);

#endif
