/* thrift.h - Thrift's compact protocol, as far as Parquet's headers need it.
 *
 * https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md */
#ifndef EXT_CLI_THRIFT_H
#define EXT_CLI_THRIFT_H

#include <stddef.h>
#include <stdint.h>

#include "biobert_sqlite.h"

typedef enum thrift_type {
  THRIFT_I32 = 5,
  THRIFT_I64 = 6,
  THRIFT_BINARY = 8,
  THRIFT_LIST = 9,
  THRIFT_STRUCT = 12,
} thrift_type;

/* A struct that is being written: field numbers go up, and each is written as the
 * difference to the one before. */
typedef struct thrift {
  sqlite3_str *out;
  int last;
} thrift;

void thrift_varint(sqlite3_str *out, uint64_t value);
void thrift_integer(thrift *t, int field, thrift_type type, int64_t value);
void thrift_text(thrift *t, int field, const char *text);
/* The elements follow, written by the caller. */
void thrift_list(thrift *t, int field, thrift_type type, size_t count);
/* An element of a list of texts, or of integers. */
void thrift_text_element(sqlite3_str *out, const char *text);
void thrift_integer_element(sqlite3_str *out, int64_t value);
/* The fields of the inner struct follow, then thrift_stop(). */
thrift thrift_struct(thrift *t, int field);
void thrift_stop(thrift *t);

#endif
