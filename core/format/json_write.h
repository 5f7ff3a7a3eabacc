/* json_write.h - JSON text, built piece by piece. */
#ifndef BB_JSON_WRITE_H
#define BB_JSON_WRITE_H

#include "biobert.h"

/* Starts as {0}. A failed allocation is remembered and found by bb_writer_take(), so that
 * the pieces in between need no checks. */
typedef struct bb_json_writer {
  char *text;
  size_t len, capacity;
  bool failed;
} bb_json_writer;

void bb_write_raw(bb_json_writer *w, const char *text);
void bb_write_bytes(bb_json_writer *w, const char *text, size_t bytes);
/* With quotes and escapes; ill-formed UTF-8 as U+FFFD, so that the result is JSON. */
void bb_write_string(bb_json_writer *w, biobert_str text);
/* A member's, with the comma before it and the colon after; its value is next. */
void bb_write_key(bb_json_writer *w, const char *key);
void bb_write_key_str(bb_json_writer *w, biobert_str key);
void bb_write_int(bb_json_writer *w, int64_t value);
void bb_write_bool(bb_json_writer *w, bool value);
/* As few digits as read back as the same float32, six at least (trailing zeros left out).
 */
void bb_write_float(bb_json_writer *w, float value);

/* The text, NUL-terminated, which the caller frees with bb_free(NULL, ...); NULL without
 * memory. len may be NULL. */
char *bb_writer_take(bb_json_writer *w, size_t *len);

#endif
