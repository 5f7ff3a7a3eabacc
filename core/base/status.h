/* status.h - the one way in which an error is made. */
#ifndef BB_STATUS_H
#define BB_STATUS_H

#include "biobert.h"

/* Writes the message into err (which may be NULL) and returns status, so that a failing
 * step reads `return bb_fail(err, BIOBERT_FORMAT, "...")`. Cuts a message that is too
 * long at a character boundary. */
biobert_status bb_fail(biobert_error *err, biobert_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Out of memory has one text everywhere; `what` is the thing that did not fit. */
biobert_status bb_no_memory(biobert_error *err, const char *what);

enum { BB_QUOTE_BYTES = 64 };

/* A value from outside, made safe to show: shortened to BB_QUOTE_BYTES with "...", cut at
 * a character boundary, control characters and ill-formed bytes as '?'. Returns buffer.
 */
const char *bb_quote(char buffer[BB_QUOTE_BYTES], biobert_str value);

/* A C string as a view. */
static inline biobert_str bb_str(const char *text) {
  return (biobert_str){text, text ? __builtin_strlen(text) : 0};
}

bool bb_str_equal(biobert_str a, const char *b);
/* Where `part` begins first, an empty one at once as by memmem(); NULL: nowhere. */
const char *bb_str_find(biobert_str text, biobert_str part);

#endif
