/* parquet.c - see parquet.h.
 *
 *     "PAR1"
 *     row group 0: column 0 (one data page), column 1, ...
 *     row group 1: ...
 *     footer (FileMetaData), u32 its length, "PAR1"
 *
 * A data page is its header, the levels, the values that are not null. Levels tell nulls
 * and lists: definition 0 is a null; of a list each element has definition 2, and the
 * first one repetition 0, the others 1. */
#include "cli/parquet.h"

#include <string.h>

#include "cli/thrift.h"

/* A row group is kept in memory until it is written: so many rows, or bytes. */
enum { GROUP_ROWS = 20000, GROUP_BYTES = 1 << 26 };

/* Parquet's numbers for its types. */
enum { INT64 = 2, FLOAT = 4, DOUBLE = 5, BYTE_ARRAY = 6 };
enum { REQUIRED, OPTIONAL, REPEATED };
enum { UTF8 = 0, LIST = 3 };
enum { PLAIN = 0, RLE = 3 };
enum { DEFINED = 1, LIST_DEFINED = 2 };

/* Levels as runs of equal ones. */
typedef struct levels {
  sqlite3_str *runs;
  int value;
  uint64_t count;
} levels;

typedef struct column_chunk {
  levels definition, repetition;
  sqlite3_str *values;
  int64_t entries; /* values and nulls */
} column_chunk;

struct parquet {
  FILE *file;
  const parquet_column *columns;
  size_t count;
  column_chunk *chunks;
  int64_t offset, rows, group_rows, groups;
  sqlite3_str *footer_groups; /* the row groups, as the footer will have them */
  bool failed;
};

static void put_le(sqlite3_str *out, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; i++)
    sqlite3_str_appendchar(out, 1, (char)(value >> (8 * i) & 0xFF));
}

/* Levels ----------------------------------------------------------------------------- */

static void end_run(levels *l) {
  if (!l->count) return;
  thrift_varint(l->runs, l->count << 1);
  sqlite3_str_appendchar(l->runs, 1, (char)l->value);
  l->count = 0;
}

static void put_level(levels *l, int value, uint64_t count) {
  if (value != l->value) end_run(l);
  l->value = value;
  l->count += count;
}

/* Values ----------------------------------------------------------------------------- */

parquet *parquet_begin(FILE *file, const parquet_column *columns, size_t count) {
  parquet *p = sqlite3_malloc64(sizeof *p);
  if (!p) return NULL;
  *p = (parquet){.file = file, .columns = columns, .count = count};
  p->chunks = sqlite3_malloc64((count + 1) * sizeof *p->chunks);
  p->footer_groups = sqlite3_str_new(NULL);
  p->failed = !p->chunks;
  for (size_t i = 0; p->chunks && i < count; i++)
    p->chunks[i] = (column_chunk){.definition.runs = sqlite3_str_new(NULL),
                                  .repetition.runs = sqlite3_str_new(NULL),
                                  .values = sqlite3_str_new(NULL)};
  fwrite("PAR1", 1, 4, file);
  p->offset = 4;
  return p;
}

void parquet_null(parquet *p, size_t column) {
  if (!p->chunks) return;
  column_chunk *c = &p->chunks[column];
  put_level(&c->definition, 0, 1);
  put_level(&c->repetition, 0, 1);
  c->entries++;
}

/* One value that is there; its bytes are appended by the caller. */
static sqlite3_str *begin_value(parquet *p, size_t column) {
  column_chunk *c = &p->chunks[column];
  put_level(&c->definition, DEFINED, 1);
  c->entries++;
  return c->values;
}

void parquet_integer(parquet *p, size_t column, int64_t value) {
  if (p->chunks) put_le(begin_value(p, column), (uint64_t)value, 8);
}

void parquet_real(parquet *p, size_t column, double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  if (p->chunks) put_le(begin_value(p, column), bits, 8);
}

static void put_floats(column_chunk *c, const void *bytes, size_t count) {
  uint64_t n = count / 4;
  put_level(&c->definition, LIST_DEFINED, n);
  put_level(&c->repetition, 0, 1);
  if (n > 1) put_level(&c->repetition, 1, n - 1);
  sqlite3_str_append(c->values, bytes, (int)count);
  c->entries += (int64_t)n;
}

void parquet_bytes(parquet *p, size_t column, const void *bytes, size_t count) {
  if (!p->chunks) return;
  if (p->columns[column].type == PARQUET_FLOATS && count >= 4) {
    put_floats(&p->chunks[column], bytes, count);
    return;
  }
  sqlite3_str *values = begin_value(p, column);
  put_le(values, count, 4);
  sqlite3_str_append(values, bytes, (int)count);
}

/* Row groups ------------------------------------------------------------------------- */

static int physical_type(parquet_type type) {
  static const int types[] = {[PARQUET_INTEGER] = INT64,
                              [PARQUET_REAL] = DOUBLE,
                              [PARQUET_TEXT] = BYTE_ARRAY,
                              [PARQUET_FLOATS] = FLOAT};
  return types[type];
}

static void put_levels(sqlite3_str *page, levels *l) {
  end_run(l);
  int bytes = sqlite3_str_length(l->runs);
  put_le(page, (uint64_t)bytes, 4);
  sqlite3_str_append(page, sqlite3_str_value(l->runs), bytes);
  sqlite3_str_reset(l->runs);
}

/* The page's bytes after its header. */
static sqlite3_str *page_of(column_chunk *c, parquet_type type) {
  sqlite3_str *page = sqlite3_str_new(NULL);
  if (type == PARQUET_FLOATS) put_levels(page, &c->repetition);
  put_levels(page, &c->definition);
  if (sqlite3_str_length(c->values))
    sqlite3_str_append(page, sqlite3_str_value(c->values), sqlite3_str_length(c->values));
  return page;
}

static void put_page_header(sqlite3_str *out, int64_t entries, int bytes) {
  thrift header = {.out = out};
  thrift_integer(&header, 1, THRIFT_I32, 0); /* a data page */
  thrift_integer(&header, 2, THRIFT_I32, bytes);
  thrift_integer(&header, 3, THRIFT_I32, bytes);
  thrift data = thrift_struct(&header, 5);
  thrift_integer(&data, 1, THRIFT_I32, entries);
  thrift_integer(&data, 2, THRIFT_I32, PLAIN);
  thrift_integer(&data, 3, THRIFT_I32, RLE);
  thrift_integer(&data, 4, THRIFT_I32, RLE);
  thrift_stop(&data);
  thrift_stop(&header);
}

/* What the footer says of a chunk. */
static void put_chunk(parquet *p, const parquet_column *column, int64_t entries,
                      int64_t bytes) {
  sqlite3_str *out = p->footer_groups;
  const bool list = column->type == PARQUET_FLOATS;
  thrift chunk = {.out = out};
  thrift_integer(&chunk, 2, THRIFT_I64, p->offset);
  thrift data = thrift_struct(&chunk, 3);
  thrift_integer(&data, 1, THRIFT_I32, physical_type(column->type));
  thrift_list(&data, 2, THRIFT_I32, 2);
  thrift_integer_element(out, PLAIN);
  thrift_integer_element(out, RLE);
  thrift_list(&data, 3, THRIFT_BINARY, list ? 3 : 1);
  thrift_text_element(out, column->name);
  if (list) thrift_text_element(out, "list");
  if (list) thrift_text_element(out, "element");
  thrift_integer(&data, 4, THRIFT_I32, 0); /* not compressed */
  thrift_integer(&data, 5, THRIFT_I64, entries);
  thrift_integer(&data, 6, THRIFT_I64, bytes);
  thrift_integer(&data, 7, THRIFT_I64, bytes);
  thrift_integer(&data, 9, THRIFT_I64, p->offset);
  thrift_stop(&data);
  thrift_stop(&chunk);
}

/* Without memory a text may be none, which fwrite() does not take. */
static int write_text(FILE *file, sqlite3_str *text) {
  const int bytes = sqlite3_str_length(text);
  if (bytes) fwrite(sqlite3_str_value(text), 1, (size_t)bytes, file);
  return bytes;
}

/* Writes a chunk; gives its bytes in the file. */
static int64_t write_chunk(parquet *p, size_t column) {
  column_chunk *c = &p->chunks[column];
  sqlite3_str *page = page_of(c, p->columns[column].type), *all = sqlite3_str_new(NULL);
  put_page_header(all, c->entries, sqlite3_str_length(page));
  int64_t total = write_text(p->file, all);
  total += write_text(p->file, page);
  p->failed |= sqlite3_str_errcode(page) || sqlite3_str_errcode(all) ||
               sqlite3_str_errcode(c->values);
  put_chunk(p, &p->columns[column], c->entries, total);
  sqlite3_free(sqlite3_str_finish(page));
  sqlite3_free(sqlite3_str_finish(all));
  sqlite3_str_reset(c->values);
  c->entries = 0;
  p->offset += total;
  return total;
}

static void write_group(parquet *p) {
  if (!p->group_rows || p->failed) return;
  int64_t bytes = 0;
  thrift group = {.out = p->footer_groups};
  thrift_list(&group, 1, THRIFT_STRUCT, p->count);
  for (size_t i = 0; i < p->count; i++) bytes += write_chunk(p, i);
  thrift_integer(&group, 2, THRIFT_I64, bytes);
  thrift_integer(&group, 3, THRIFT_I64, p->group_rows);
  thrift_stop(&group);
  p->rows += p->group_rows;
  p->group_rows = 0;
  p->groups++;
}

void parquet_end_row(parquet *p) {
  int64_t bytes = 0;
  p->group_rows++;
  for (size_t i = 0; p->chunks && i < p->count; i++)
    bytes += sqlite3_str_length(p->chunks[i].values);
  if (p->group_rows == GROUP_ROWS || bytes >= GROUP_BYTES) write_group(p);
}

/* The footer ------------------------------------------------------------------------- */

static void put_element(sqlite3_str *out, int type, int repetition, const char *name,
                        int children, int converted) {
  thrift element = {.out = out};
  if (type >= 0) thrift_integer(&element, 1, THRIFT_I32, type);
  if (repetition >= 0) thrift_integer(&element, 3, THRIFT_I32, repetition);
  thrift_text(&element, 4, name);
  if (children > 0) thrift_integer(&element, 5, THRIFT_I32, children);
  if (converted >= 0) thrift_integer(&element, 6, THRIFT_I32, converted);
  thrift_stop(&element);
}

/* A list is three elements: the list, its entries, what they hold. */
static void put_schema(const parquet *p, thrift *footer) {
  size_t elements = 1;
  for (size_t i = 0; i < p->count; i++)
    elements += p->columns[i].type == PARQUET_FLOATS ? 3 : 1;
  thrift_list(footer, 2, THRIFT_STRUCT, elements);
  put_element(footer->out, -1, -1, "papers", (int)p->count, -1);
  for (size_t i = 0; i < p->count; i++) {
    const parquet_column *c = &p->columns[i];
    if (c->type == PARQUET_FLOATS) {
      put_element(footer->out, -1, OPTIONAL, c->name, 1, LIST);
      put_element(footer->out, -1, REPEATED, "list", 1, -1);
      put_element(footer->out, FLOAT, REQUIRED, "element", 0, -1);
    } else
      put_element(footer->out, physical_type(c->type), OPTIONAL, c->name, 0,
                  c->type == PARQUET_TEXT ? UTF8 : -1);
  }
}

static void write_footer(parquet *p) {
  thrift footer = {.out = sqlite3_str_new(NULL)};
  thrift_integer(&footer, 1, THRIFT_I32, 1);
  put_schema(p, &footer);
  thrift_integer(&footer, 3, THRIFT_I64, p->rows);
  thrift_list(&footer, 4, THRIFT_STRUCT, (size_t)p->groups);
  if (p->groups)
    sqlite3_str_append(footer.out, sqlite3_str_value(p->footer_groups),
                       sqlite3_str_length(p->footer_groups));
  thrift_text(&footer, 6, "biobert");
  thrift_stop(&footer);
  int bytes = sqlite3_str_length(footer.out);
  put_le(footer.out, (uint64_t)bytes, 4);
  sqlite3_str_appendall(footer.out, "PAR1");
  p->failed |= sqlite3_str_errcode(footer.out) || sqlite3_str_errcode(p->footer_groups);
  const char *text = sqlite3_str_value(footer.out);
  if (text) fwrite(text, 1, (size_t)bytes + 8, p->file);
  sqlite3_free(sqlite3_str_finish(footer.out));
}

bool parquet_end(parquet *p) {
  write_group(p);
  write_footer(p);
  bool ok = !p->failed;
  for (size_t i = 0; p->chunks && i < p->count; i++) {
    sqlite3_free(sqlite3_str_finish(p->chunks[i].definition.runs));
    sqlite3_free(sqlite3_str_finish(p->chunks[i].repetition.runs));
    sqlite3_free(sqlite3_str_finish(p->chunks[i].values));
  }
  sqlite3_free(sqlite3_str_finish(p->footer_groups));
  sqlite3_free(p->chunks);
  sqlite3_free(p);
  return ok;
}
