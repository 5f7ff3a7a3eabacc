/* test_damaged_formats.c - what a reader of weights refuses that its writer never writes:
 * numbers that wrap, have no end or lead out of their place; and what it passes over. */
#include "check.h"
#include "format_writer.h"
#include "model_folder.h"

#include "base/status.h"
#include "format/leveldb_table.h"
#include "format/weights.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
/* A literal with NULs in it: the bytes and their number. */
#define BYTES(literal) literal, sizeof(literal) - 1

static biobert_error err;

static void expect_message(biobert_status status, const char *words) {
  CHECK_INT(status, BIOBERT_FORMAT);
  if (!strstr(err.message, words)) CHECK_STR(err.message, words);
}

static bb_weights *open_bytes(const char *name, const void *bytes, size_t count) {
  char path[FOLDER_PATH];
  bb_weights *w = NULL;
  file_write(folder_path(path, name), bytes, count);
  err = (biobert_error){0};
  return bb_weights_open_file(path, &w, &err) ? NULL : w;
}

static void expect_refusal(bb_weights *w, const char *words) {
  CHECK(!w);
  expect_message(err.status, words);
  bb_weights_close(w);
}

/* LevelDB's table -------------------------------------------------------------------- */

static size_t entries_seen;

static biobert_status count_entry(void *ctx, biobert_str key, biobert_str value,
                                  biobert_error *e) {
  (void)ctx;
  (void)key;
  (void)value;
  (void)e;
  entries_seen++;
  return BIOBERT_OK;
}

static biobert_status read_table(const struct writer *w) {
  err = (biobert_error){0};
  entries_seen = 0;
  return bb_leveldb_table_read((biobert_str){(const char *)w->bytes, w->len}, "table",
                               count_entry, NULL, &err);
}

/* A block of these bytes with the right checksum: its last four are the number of restart
 * points. Its handle goes to `handle`. */
static void put_raw_block(struct writer *w, const struct writer *block, uint32_t restarts,
                          struct writer *handle) {
  const size_t at = w->len;
  put_varint(handle, at);
  put(w, block->bytes, block->len);
  put_number(w, restarts, 4);
  put_varint(handle, w->len - at);
  put_number(w, 0, 1);
  const uint32_t crc = bb_crc32c(0, w->bytes + at, w->len - at);
  put_number(w, (crc >> 15 | crc << 17) + 0xa282ead8u, 4);
}

/* A table whose index block is this one. */
static biobert_status read_index(const struct writer *index, uint32_t restarts) {
  static struct writer w, handles;
  w.len = handles.len = 0;
  put_varint(&handles, 0); /* the metaindex, which is not read */
  put_varint(&handles, 0);
  put_raw_block(&w, index, restarts, &handles);
  put_footer(&w, &handles);
  return read_table(&w);
}

/* A table of one data block. */
static biobert_status read_data(const struct writer *entries) {
  static struct writer w;
  w.len = 0;
  put_table(&w, entries, 0);
  return read_table(&w);
}

static void test_footers(void) {
  static const struct {
    const char *says, *handles;
    size_t bytes;
    const char *words;
  } rows[] = {
      {"the first handle of a footer has an end",
       BYTES("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),                              "footer of the table"},
      {"the second number of a handle has one",
       BYTES("\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),                            "footer of the table"},
      {"the second handle of a footer has an end",
       BYTES("\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),                          "footer of the table"},
      {"its second number has one",
       BYTES("\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
       "footer of the table"                                                                                    },
      {"a block whose end wraps is refused",
       BYTES("\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\1\x0a"),                            "outside the file"   },
      {"a block whose checksum lies behind the last number is refused",
       BYTES("\0\0\xfd\xff\xff\xff\xff\xff\xff\xff\xff\1\2"),                              "outside the file"   },
      {"a block has room for its number of restart points",             BYTES("\0\0\0\2"),
       "outside the file"                                                                                       },
  };
  static struct writer w, handles;
  for (size_t i = 0; i < COUNT(rows); i++) {
    check_begin(rows[i].says);
    w.len = handles.len = 0;
    put_padding(&w, 1);
    put_number(&w, 0, 8);
    put(&handles, rows[i].handles, rows[i].bytes);
    put_footer(&w, &handles);
    expect_message(read_table(&w), rows[i].words);
  }
}

static void test_entries(void) {
  static const struct {
    const char *says, *entry;
    size_t bytes;
    const char *words;
  } rows[] = {
      {"what an entry shares has an end", BYTES("\xff"),            "entry of the table"},
      {"its length has an end",           BYTES("\0\xff"),          "entry of the table"},
      {"the length of its value has one", BYTES("\0\1\xff"),        "entry of the table"},
      {"its key lies in the block",       BYTES("\0\x7f\0x"),       "entry of the table"},
      {"keys ascend by length too",       BYTES("\0\2\0ab\0\1\0a"), "out of order"      },
  };
  static struct writer entries;
  for (size_t i = 0; i < COUNT(rows); i++) {
    check_begin(rows[i].says);
    entries.len = 0;
    put(&entries, rows[i].entry, rows[i].bytes);
    expect_message(read_data(&entries), rows[i].words);
  }
  check_begin("a key that goes on after another is behind it");
  entries.len = 0;
  put(&entries, BYTES("\0\1\0a\1\1\0b"));
  CHECK_INT(read_data(&entries), BIOBERT_OK);
  CHECK_INT(entries_seen, 2);

  check_begin("a key has a longest length");
  entries.len = 0;
  put(&entries, BYTES("\0\x81\x08\0")); /* 1025 bytes */
  for (int i = 0; i < 1025; i++) put_number(&entries, 'x', 1);
  expect_message(read_data(&entries), "too long");

  check_begin("an entry of the index is whole");
  entries.len = 0;
  put(&entries, BYTES("\0\x7f\0x"));
  expect_message(read_index(&entries, 0), "entry of the table");
  check_begin("an entry of the index is a handle");
  entries.len = 0;
  put(&entries, BYTES("\0\1\1x\xff"));
  expect_message(read_index(&entries, 0), "entry of the table");
  check_begin("a block has no more restart points than room");
  expect_message(read_index(&entries, 2), "restart points");
}

/* TensorFlow ------------------------------------------------------------------------- */

#define HEADER BYTES("\x08\1\x1a\2\x08\1")
/* A [1, 2] of floats. */
#define SHAPE "\x08\1\x12\x08\x12\2\x08\1\x12\2\x08\2(\x08"
static const char *const kernel_name = "bert/pooler/dense/kernel";
static const float kernel[] = {1, 2};

static bb_weights *open_variable(const char *name, const char *entry, size_t bytes) {
  static struct writer table, entries;
  char path[FOLDER_PATH];
  file_write(folder_path(path, "m.ckpt.data-00000-of-00001"), kernel, sizeof kernel);
  table.len = entries.len = 0;
  put_entry(&entries, "", HEADER);
  put_entry(&entries, name, entry, bytes);
  put_table(&table, &entries, 0);
  return open_bytes("m.ckpt.index", table.bytes, table.len);
}

static void test_variables(void) {
  static const struct {
    const char *says, *entry;
    size_t bytes;
    const char *words;
  } rows[] = {
      {"the kind of a field has an end",        BYTES("\xff"),                   "description is damaged"},
      {"a field of a shape is whole",           BYTES("\x08\1\x12\1\xff"),
       "description is damaged"                                                                          },
      {"a field of a dimension is whole",       BYTES("\x08\1\x12\3\x12\1\xff"),
       "description is damaged"                                                                          },
      {"a number of 64 bits lies in its entry", BYTES("\x09\1"),
       "description is damaged"                                                                          },
      {"one of 32 bits does",                   BYTES("\x0d\1"),                 "description is damaged"},
      {"a size in bytes that wraps is refused",
       BYTES("\x08\1\x12\x10\x12\x0a\x08\x80\x80\x80\x80\x80\x80\x80\x80\x40\x12\2\x08\1("
             "\4"),
       "do not give its size"                                                                            },
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    check_begin(rows[i].says);
    expect_refusal(open_variable(kernel_name, rows[i].entry, rows[i].bytes),
                   rows[i].words);
  }

  check_begin("fields that are not known are passed over");
  bb_weights *w = open_variable(
      kernel_name,
      BYTES(
          "\x08\1\x10\1\x30\1\x48\1\x09\1\2\3\4\5\6\7\x08\x12\x0e\x12\4\x08\1\x12\0\x12\2"
          "\x08\2\x10\5\x18\0(\x08"));
  if (CHECK(w) && CHECK_INT(w->tensor_count, 1)) {
    CHECK_STR(w->tensors[0].name, "bert.pooler.dense.weight");
    CHECK_INT(w->tensors[0].shape[0], 2); /* turned */
    CHECK_INT(w->tensors[0].shape[1], 1);
  }
  bb_weights_close(w);

  check_begin("the variables of the tasks have their names in PyTorch");
  w = open_variable("cls/squad/output_weights", BYTES(SHAPE));
  CHECK(w && bb_weights_find(w, "qa_outputs.weight"));
  bb_weights_close(w);
}

static void test_variable_names(void) {
  enum { PART = 1018 };
  char name[PART + 32];
  check_begin("a variable whose name becomes too long is left out");
  memset(name, 'x', PART);
  snprintf(name + PART, sizeof name - PART, "/gamma"); /* .weight is longer */
  bb_weights *w = open_variable(name, BYTES(SHAPE));
  if (CHECK(w)) CHECK_INT(w->tensor_count, 0);
  bb_weights_close(w);
  check_begin("one whose name just fits is there");
  snprintf(name + PART - 1, sizeof name - PART, "/gamma");
  w = open_variable(name, BYTES(SHAPE));
  if (CHECK(w)) CHECK_INT(w->tensor_count, 1);
  bb_weights_close(w);
}

/* Tensors, whatever lists them ------------------------------------------------------- */

enum { FILE_BYTES = 4096 };

static void test_extents(void) {
  static const struct {
    const char *says;
    bb_tensor tensor;
    const char *words;
  } rows[] = {
      {"a tensor has at most eight dimensions",                              {.rank = 9},        "9 dimensions"},
      {"a number that wraps in bytes is refused",
       {.rank = 1, .shape = {1ull << 63}, .stride = {1}},
       "does not fit"                                                                                          },
      {"a number of elements that wraps is refused",
       {.rank = 2, .shape = {1ull << 40, 1ull << 40}},
       "does not fit"                                                                                          },
      {"one that wraps in bytes is refused, where they are all one element",
       {.rank = 1, .shape = {1ull << 62}},
       "does not fit"                                                                                          },
      {"an offset that wraps is refused",
       {.rank = 1, .shape = {2}, .stride = {1}, .offset = UINT64_MAX},
       "does not fit"                                                                                          },
      {"a quantised tensor has a row",                                       {.dtype = BB_Q8_0}, "does not fit"},
      {"its rows are whole blocks",
       {.dtype = BB_Q8_0, .rank = 1, .shape = {33}, .stride = {1}},
       "does not fit"                                                                                          },
      {"its rows lie one after another",
       {.dtype = BB_Q8_0, .rank = 2, .shape = {2, 32}, .stride = {64, 1}},
       "does not fit"                                                                                          },
      {"its strides are numbers",
       {.dtype = BB_Q8_0, .rank = 2, .shape = {1ull << 60, 32}, .stride = {0, 1}},
       "does not fit"                                                                                          },
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    char path[FOLDER_PATH], bytes[FILE_BYTES] = {0};
    bb_file file = {0};
    bb_tensor t = rows[i].tensor;
    check_begin(rows[i].says);
    t.name = "a";
    file_write(folder_path(path, "tensors"), bytes, sizeof bytes);
    bb_weights *w = bb_weights_new();
    if (!CHECK(w)) return;
    CHECK_INT(bb_file_open(path, &file, &err), BIOBERT_OK);
    CHECK_INT(bb_weights_add_file(w, &file, &err), BIOBERT_OK);
    err = (biobert_error){0};
    expect_message(bb_weights_add_tensor(w, &t, &err), rows[i].words);
    CHECK_INT(w->tensor_count, 0);
    bb_weights_close(w);
  }
}

static void test_number_of_tensors(void) {
  char path[FOLDER_PATH];
  bb_file file = {0};
  bb_tensor t = {.name = "a", .rank = 1};
  check_begin("there are at most so many tensors");
  file_write(folder_path(path, "tensors"), "x", 1);
  bb_weights *w = bb_weights_new();
  if (!CHECK(w)) return;
  CHECK_INT(bb_file_open(path, &file, &err), BIOBERT_OK);
  CHECK_INT(bb_weights_add_file(w, &file, &err), BIOBERT_OK);
  biobert_status status = BIOBERT_OK;
  for (int i = 0; i < BB_MAX_TENSORS && !status; i++)
    status = bb_weights_add_tensor(w, &t, &err);
  CHECK_INT(status, BIOBERT_OK);
  expect_message(bb_weights_add_tensor(w, &t, &err), "more than 65536 tensors");
  bb_weights_close(w);
}

/* GGUF ------------------------------------------------------------------------------- */

static bb_weights *open_gguf(const char *name, size_t rank, const uint64_t *shape,
                             uint32_t type, size_t data) {
  static struct writer w;
  w.len = 0;
  put_gguf_head(&w, 3, 1, 0);
  put_string(&w, name);
  put_number(&w, rank, 4);
  for (size_t i = 0; i < rank; i++) put_number(&w, shape[i], 8);
  put_number(&w, type, 4);
  put_number(&w, 0, 8);
  put_padding(&w, 32);
  for (size_t i = 0; i < data; i++) put_number(&w, i, 1);
  return open_bytes("x.gguf", w.bytes, w.len);
}

static void test_gguf(void) {
  enum { F32 = 0, Q8_0 = 8, I32 = 26 };
  static const struct {
    const char *says, *name;
    size_t rank;
    uint64_t shape[3];
    uint32_t type;
    const char *words;
  } rows[] = {
      {"query, key and value have rows",
       "blk.0.attn_qkv.weight",                                                                 0,
       {0},
       F32,                                                                                                            "cannot be divided" },
      {"as many of each",                                              "blk.0.attn_qkv.weight", 2, {1, 4},       F32,  "cannot be divided" },
      {"a size in bytes that wraps is refused",                        "a",                     1, {1ull << 62}, F32,  "too large"         },
      {"a number of elements that wraps is refused, whatever follows",
       "a",                                                                                     3,
       {2, 1ull << 60, 1ull << 60},
       F32,                                                                                                            "too large"         },
      {"a place that wraps is refused",
       "a",                                                                                     1,
       {(1ull << 62) - 1},
       F32,                                                                                                            "too large a number"},
      {"a quantised tensor has a row",                                 "a",                     0, {0},          Q8_0, "no whole blocks"   },
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    check_begin(rows[i].says);
    expect_refusal(open_gguf(rows[i].name, rows[i].rank, rows[i].shape, rows[i].type, 8),
                   rows[i].words);
  }
  check_begin("a name of no layer stays as it is");
  bb_weights *w = open_gguf("blk.attn_q.weight", 1, (const uint64_t[]){2}, F32, 8);
  CHECK(w && bb_weights_find(w, "blk.attn_q.weight"));
  bb_weights_close(w);
  check_begin("integers have their own size");
  w = open_gguf("a", 1, (const uint64_t[]){2}, I32, 8);
  CHECK(w && bb_weights_find(w, "a"));
  bb_weights_close(w);
  check_begin("a name has a longest length");
  char name[BB_MAX_TENSOR_NAME + 2];
  memset(name, 'x', sizeof name - 1);
  name[sizeof name - 1] = '\0';
  expect_refusal(open_gguf(name, 1, (const uint64_t[]){2}, F32, 8), "too long");
}

/* safetensors ------------------------------------------------------------------------ */

static bb_weights *open_safetensors(const char *header, size_t data) {
  static struct writer w;
  w.len = 0;
  put_string(&w, header);
  for (size_t i = 0; i < data; i++) put_number(&w, i, 1);
  return open_bytes("x.safetensors", w.bytes, w.len);
}

static void test_safetensors(void) {
  static const struct {
    const char *says, *header, *words;
  } rows[] = {
      {"where a tensor begins is a number",
       "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[\"0\",8]}}", "no pair of whole numbers"      },
      {"where it ends too",
       "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,-8]}}",    "no pair of whole numbers"      },
      {"a size in bytes that wraps is refused, whatever follows",
       "{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,1],\"data_offsets\":[0,"
       "8]}}",                                                                 "do not give the size"          },
      {"metadata are texts, whatever follows",
       "{\"__metadata__\":{\"a\":1,\"b\":\"c\"},\"a\":{\"dtype\":\"F32\",\"shape\":[2],"
       "\"data_offsets\":[0,8]}}",                                             "no object of strings"          },
      {"a file without tensors has no bytes",                     "{}",        "8 bytes behind the last tensor"},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    check_begin(rows[i].says);
    expect_refusal(open_safetensors(rows[i].header, 8), rows[i].words);
  }
}

int main(void) {
  folder_begin();
  test_footers();
  test_entries();
  test_variables();
  test_variable_names();
  test_extents();
  test_number_of_tensors();
  test_gguf();
  test_safetensors();
  return check_report();
}
