/* thrift.c - see thrift.h. */
#include "cli/thrift.h"

#include <string.h>

void thrift_varint(sqlite3_str *out, uint64_t value) {
  for (; value >= 0x80; value >>= 7)
    sqlite3_str_appendchar(out, 1, (char)((value & 0x7F) | 0x80));
  sqlite3_str_appendchar(out, 1, (char)value);
}

/* Small numbers of either sign are short. */
static uint64_t zigzag(int64_t value) {
  return ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);
}

static void begin_field(thrift *t, int field, thrift_type type) {
  sqlite3_str_appendchar(t->out, 1, (char)((field - t->last) << 4 | (int)type));
  t->last = field;
}

void thrift_integer(thrift *t, int field, thrift_type type, int64_t value) {
  begin_field(t, field, type);
  thrift_integer_element(t->out, value);
}

void thrift_text(thrift *t, int field, const char *text) {
  begin_field(t, field, THRIFT_BINARY);
  thrift_text_element(t->out, text);
}

void thrift_list(thrift *t, int field, thrift_type type, size_t count) {
  enum { SHORT = 15 };
  begin_field(t, field, THRIFT_LIST);
  if (count < SHORT)
    sqlite3_str_appendchar(t->out, 1, (char)(count << 4 | type));
  else {
    sqlite3_str_appendchar(t->out, 1, (char)(0xF0 | type));
    thrift_varint(t->out, count);
  }
}

void thrift_text_element(sqlite3_str *out, const char *text) {
  size_t bytes = strlen(text);
  thrift_varint(out, bytes);
  sqlite3_str_append(out, text, (int)bytes);
}

void thrift_integer_element(sqlite3_str *out, int64_t value) {
  thrift_varint(out, zigzag(value));
}

thrift thrift_struct(thrift *t, int field) {
  begin_field(t, field, THRIFT_STRUCT);
  return (thrift){.out = t->out};
}

void thrift_stop(thrift *t) {
  sqlite3_str_appendchar(t->out, 1, '\0');
}
