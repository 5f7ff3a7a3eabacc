/* Spec of pytorch_legacy.c, tensorflow_bundle.c with leveldb_table.c, gguf.c with
 * gguf_tensors.c, and dequantize.c. Whole models in these forms are in test_golden.c. */
#include "check.h"
#include "format_writer.h"
#include "model_folder.h"

#include <math.h>

#include "base/status.h"
#include "format/gguf.h"
#include "format/weights.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
/* A literal with NULs in it: the bytes and their number. */
#define BYTES(literal) literal, sizeof(literal) - 1

static biobert_error err;

static bb_weights *open_bytes(const char *name, const void *bytes, size_t count) {
  char path[FOLDER_PATH];
  bb_weights *w = NULL;
  file_write(folder_path(path, name), bytes, count);
  err = (biobert_error){0};
  return bb_weights_open_file(path, &w, &err) ? NULL : w;
}

/* The open failed; the message names the file and says these words. */
static void expect_refusal(bb_weights *w, const char *words) {
  CHECK(!w);
  CHECK(err.status == BIOBERT_FORMAT || err.status == BIOBERT_UNSUPPORTED ||
        err.status == BIOBERT_IO);
  if (!strstr(err.message, words)) CHECK_STR(err.message, words);
  CHECK(strstr(err.message, folder_root));
  bb_weights_close(w);
}

static void expect_values(const bb_weights *w, const char *name, const float *values,
                          size_t count) {
  float read[16];
  const bb_tensor *t = w ? bb_weights_find(w, name) : NULL;
  if (!w) CHECK_STR(err.message, "");
  if (!CHECK(t != NULL)) return;
  CHECK_INT(bb_weights_read(w, t, read, &err), BIOBERT_OK);
  CHECK(memcmp(read, values, count * sizeof *values) == 0);
}

/* PyTorch's legacy format ------------------------------------------------------------ */

#define MAGIC "\x80\2\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."
#define VERSION "\x80\2M\xe9\3."
#define LITTLE "\x80\2}X\x0d\0\0\0little_endian\x88s."
#define BIG "\x80\2}X\x0d\0\0\0little_endian\x89s."
#define STR(length, text) "X" length "\0\0\0" text
#define STORAGE(key, elements, view)                                                     \
  "(" STR("\7", "storage") "ctorch\nFloatStorage\n" STR("\1", key) STR("\3", "cpu")      \
      elements view "tQ"
#define TENSOR(storage) "ctorch._utils\n_rebuild_tensor\n(" storage "K\0K\2\x85K\1\x85tR"
#define ONE_TENSOR "\x80\2}" STR("\1", "a") TENSOR(STORAGE("0", "K\2", "N")) "s."
#define KEYS "\x80\2]" STR("\1", "0") "a."
#define DATA "\2\0\0\0\0\0\0\0\0\0\x80\x3f\0\0\0\x40" /* 2 elements: 1, 2 */

static void test_legacy_read(void) {
  check_begin("a file of before PyTorch 1.6 is read");
  bb_weights *w = open_bytes("x.bin", BYTES(MAGIC VERSION LITTLE ONE_TENSOR KEYS DATA));
  expect_values(w, "a", (const float[]){1, 2}, 2);
  bb_weights_close(w);

  check_begin("a dict of Python 2, made of a list of pairs, is read");
  w = open_bytes("x.bin", BYTES(MAGIC VERSION LITTLE
                                "\x80\2"
                                "ccollections\nOrderedDict\n](](U\1a" TENSOR(
                                    STORAGE("0", "K\2", "N")) "ee\x85R." KEYS DATA));
  expect_values(w, "a", (const float[]){1, 2}, 2);
  bb_weights_close(w);

  check_begin("a view is a part of its storage");
  w = open_bytes(
      "x.bin",
      BYTES(MAGIC VERSION LITTLE "\x80\2}" STR("\1", "a") TENSOR(STORAGE(
          "0", "K\3", "(U\1vK\1K\2t")) "s." KEYS
                                       "\3\0\0\0\0\0\0\0\0\0\0\0\0\0\x80\x3f\0\0\0\x40"));
  expect_values(w, "a", (const float[]){1, 2}, 2);
  bb_weights_close(w);
}

static void test_legacy_refused(void) {
  static const struct {
    const char *says, *file;
    size_t bytes;
    const char *words;
  } rows[] = {
  /* clang-format off */
      {"the magic number is whole", BYTES(MAGIC), "ends too early"},
      {"the version is known",
       BYTES(MAGIC "\x80\2M\xe8\3." LITTLE ONE_TENSOR KEYS DATA), "another version"},
      {"the byte order is little-endian", BYTES(MAGIC VERSION BIG ONE_TENSOR KEYS DATA),
       "not little-endian"},
      {"the byte order is said", BYTES(MAGIC VERSION "\x80\2}." ONE_TENSOR KEYS DATA),
       "not little-endian"},
      {"the object holds tensors", BYTES(MAGIC VERSION LITTLE "\x80\2}.\x80\2]."),
       "no dict of tensors"},
      {"a program is refused by its name",
       BYTES(MAGIC VERSION LITTLE "\x80\2" "cos\nsystem\n."), "asks for os.system"},
      {"the storages are listed", BYTES(MAGIC VERSION LITTLE ONE_TENSOR "\x80\2}." DATA),
       "no list of storages"},
      {"a listed storage is known",
       BYTES(MAGIC VERSION LITTLE ONE_TENSOR "\x80\2]" STR("\1", "9") "a." DATA),
       "storage 9: no tensor says"},
      {"a listed storage has a name",
       BYTES(MAGIC VERSION LITTLE ONE_TENSOR "\x80\2]K\1a." DATA), "no tensor says"},
      {"a storage is listed once",
       BYTES(MAGIC VERSION LITTLE ONE_TENSOR
             "\x80\2](" STR("\1", "0") STR("\1", "0") "e." DATA DATA), "there twice"},
      {"every storage is listed",
       BYTES(MAGIC VERSION LITTLE ONE_TENSOR "\x80\2]."), "storage is not in the file"},
      {"a storage has its number of elements",
       BYTES(MAGIC VERSION LITTLE ONE_TENSOR KEYS "\3\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
       "not as large"},
      {"a storage ends in the file",
       BYTES(MAGIC VERSION LITTLE ONE_TENSOR KEYS "\2\0\0\0\0\0\0\0\0\0\0\0"), "cut off"},
      {"the number in front of a storage is whole",
       BYTES(MAGIC VERSION LITTLE ONE_TENSOR KEYS "\2\0"), "too early"},
      {"nothing follows the last storage",
       BYTES(MAGIC VERSION LITTLE ONE_TENSOR KEYS DATA "x"), "1 bytes behind the last"},
      {"one storage has one size",
       BYTES(MAGIC VERSION LITTLE "\x80\2}(" STR("\1", "a") TENSOR(STORAGE("0", "K\2", "N"))
             STR("\1", "b") TENSOR(STORAGE("0", "K\3", "N")) "u." KEYS DATA), "two sizes"},
      {"a view ends in its storage",
       BYTES(MAGIC VERSION LITTLE "\x80\2}" STR("\1", "a") TENSOR(STORAGE("0", "K\2",
             "(U\1vK\1K\2t")) "s." KEYS DATA), "persistent id that is no storage"},
      {"a tensor ends in its view",
       BYTES(MAGIC VERSION LITTLE "\x80\2}" STR("\1", "a") TENSOR(STORAGE("0", "K\2",
             "(U\1vK\1K\1t")) "s." KEYS DATA), "reaches out of its storage"},
  /* clang-format on */
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    check_begin(rows[i].says);
    expect_refusal(open_bytes("x.bin", rows[i].file, rows[i].bytes), rows[i].words);
  }
}

/* TensorFlow ------------------------------------------------------------------------- */

#define HEADER BYTES("\x08\1\x1a\2\x08\1")
/* A [1, 2] of floats at offset 0; then its masked CRC. */
#define VARIABLE                                                                         \
  "\x08\1\x12\x08\x12\2\x08\1\x12\2\x08\2(\x08"                                          \
  "5"
static const char *const variable_name = "bert/pooler/dense/kernel";
static const float kernel[] = {1, 2};

static struct writer table, entries;

static void put_variable(const char *name, const float *values) {
  static struct writer entry;
  const uint32_t crc = bb_crc32c(0, values, 2 * sizeof *values);
  entry.len = 0;
  put(&entry, BYTES(VARIABLE));
  put_number(&entry, (crc >> 15 | crc << 17) + 0xa282ead8u, 4);
  put_entry(&entries, name, entry.bytes, entry.len);
}

static bb_weights *open_table(int compression) {
  char path[FOLDER_PATH];
  file_write(folder_path(path, "m.ckpt.data-00000-of-00001"), kernel, sizeof kernel);
  table.len = 0;
  put_table(&table, &entries, compression);
  return open_bytes("m.ckpt.index", table.bytes, table.len);
}

static void start_entries(void) {
  entries.len = 0;
  put_entry(&entries, "", HEADER);
}

static void test_tensorflow_read(void) {
  static const float turned[] = {1, 2}; /* [1, 2] in the file, [2, 1] here */
  check_begin("a kernel is turned, a counter and the optimizer's slots are left out");
  start_entries();
  put_variable(variable_name, kernel);
  put_variable("bert/pooler/dense/kernel/adam_m", kernel);
  put_entry(&entries, "global_step", BYTES("\x08\x09\x12\0(\x08"));
  bb_weights *w = open_table(0);
  expect_values(w, "bert.pooler.dense.weight", turned, 2);
  if (w) {
    CHECK_INT(w->tensor_count, 1);
    CHECK_INT(w->tensors[0].shape[0], 2);
  }
  bb_weights_close(w);

  check_begin("a variable whose checksum is wrong is refused when it is read");
  start_entries();
  put_variable(variable_name, (const float[]){1, 3});
  w = open_table(0);
  float values[2];
  CHECK(w && bb_weights_read(w, w->tensors, values, &err) == BIOBERT_FORMAT);
  CHECK(strstr(err.message, "its checksum is wrong"));
  bb_weights_close(w);
}

static void test_tensorflow_refused(void) {
  static const struct {
    const char *says, *value;
    size_t bytes;
    const char *words;
  } rows[] = {
  /* clang-format off */
      {"an entry is whole", BYTES("\x08"), "description is damaged"},
      {"a field of an unknown kind is refused", BYTES("\x0b"), "description is damaged"},
      {"a length does not lead out of the entry", BYTES("\x12\x7f"), "is damaged"},
      {"a number has an end", BYTES("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\1"),
       "is damaged"},
      {"a shape has at most eight dimensions",
       BYTES("\x08\1\x12\x12\x12\0\x12\0\x12\0\x12\0\x12\0\x12\0\x12\0\x12\0\x12\0"),
       "is damaged"},
      {"a shape is known", BYTES("\x08\1\x12\2\x18\1"), "is damaged"},
      {"a type is known", BYTES("\x08\x07\x12\0(\4"), "is of type 7"},
      {"type and shape give the size", BYTES("\x08\1\x12\0(\5"), "do not give its size"},
      {"a size that wraps is refused",
       BYTES("\x08\1\x12\x0c\x12\x0a\x08\x81\x80\x80\x80\x80\x80\x80\x80\x40(\4"),
       "do not give its size"},
      {"a negative dimension is refused",
       BYTES("\x08\1\x12\x0d\x12\x0b\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\1(\4"),
       "do not give its size"},
      {"a data file is one of those there are", BYTES("\x08\1\x12\0\x18\1(\4"),
       "not there"},
      {"a variable lies in its file", BYTES("\x08\1\x12\0 \7(\4"), "does not fit"},
      {"an offset that wraps is refused",
       BYTES("\x08\1\x12\0 \xff\xff\xff\xff\xff\xff\xff\xff\xff\1(\4"), "does not fit"},
      {"slices are refused", BYTES("\x08\1\x12\0(\4:\0"), "in slices"},
  /* clang-format on */
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    check_begin(rows[i].says);
    start_entries();
    put_entry(&entries, variable_name, rows[i].value, rows[i].bytes);
    expect_refusal(open_table(0), rows[i].words);
  }
}

static void test_tensorflow_headers(void) {
  static const struct {
    const char *says, *header;
    size_t bytes;
    const char *words;
  } rows[] = {
      {"there is a data file",            BYTES(""),             "0 data files"     },
      {"data files have a limit",         BYTES("\x08\xff\x7f"), "16383 data files" },
      {"the byte order is little-endian", BYTES("\x08\1\x10\1"), "little-endian"    },
      {"a header is whole",               BYTES("\x08"),         "header is damaged"},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    check_begin(rows[i].says);
    entries.len = 0;
    put_entry(&entries, "", rows[i].header, rows[i].bytes);
    expect_refusal(open_table(0), rows[i].words);
  }
  check_begin("a table without a header is refused");
  entries.len = 0;
  put_variable(variable_name, kernel);
  expect_refusal(open_table(0), "no header");

  check_begin("objects of TensorFlow 2 are refused, with what to do");
  start_entries();
  put_entry(&entries, "_CHECKPOINTABLE_OBJECT_GRAPH", BYTES("\x08\7"));
  put_variable("model/dense/kernel", kernel);
  expect_refusal(open_table(0), "save the model with transformers");

  check_begin("every data file is there");
  start_entries();
  put_variable(variable_name, kernel);
  bb_weights_close(open_table(0));
  char path[FOLDER_PATH];
  unlink(folder_path(path, "m.ckpt.data-00000-of-00001"));
  expect_refusal(open_bytes("m.ckpt.index", table.bytes, table.len), "No such file");
}

static void damage_crc(void) {
  table.bytes[2] ^= 1;
}
static void damage_magic(void) {
  table.bytes[table.len - 1] ^= 1;
}
static void damage_handle(void) {
  table.bytes[table.len - 48] = 0xFF;
}
static void cut_table(void) {
  table.len = 20;
}
static void far_block(void) {
  memset(table.bytes + table.len - 48, 0x7F, 4);
}

static void test_tables_refused(void) {
  static const struct {
    const char *says;
    void (*damage)(void);
    const char *words;
  } rows[] = {
      {"the checksum of a block is right", damage_crc,    "checksum of a block is wrong"},
      {"a table ends with its magic",      damage_magic,  "no LevelDB table"            },
      {"a handle points to a block",       damage_handle, ""                            },
      {"a table is whole",                 cut_table,     "no LevelDB table"            },
      {"a block lies in the file",         far_block,     "outside the file"            },
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    check_begin(rows[i].says);
    start_entries();
    put_variable(variable_name, kernel);
    bb_weights_close(open_table(0));
    rows[i].damage();
    expect_refusal(open_bytes("m.ckpt.index", table.bytes, table.len), rows[i].words);
  }
  check_begin("a compressed block is refused");
  expect_refusal(open_table(1), "is compressed (1)");
  check_begin("keys ascend, so none is there twice");
  put_variable(variable_name, kernel);
  expect_refusal(open_table(0), "out of order");
  check_begin("an entry does not share more than there was");
  start_entries();
  put(&entries, BYTES("\5\0\0"));
  expect_refusal(open_table(0), "entry of the table is damaged");
  check_begin("a value lies in its block");
  start_entries();
  put(&entries, BYTES("\0\1\x7f"
                      "a"));
  expect_refusal(open_table(0), "entry of the table is damaged");
}

/* GGUF ------------------------------------------------------------------------------- */

static struct writer file;

static bb_weights *open_gguf(void) {
  return open_bytes("x.gguf", file.bytes, file.len);
}

static void start_gguf(uint64_t tensors, uint64_t keys) {
  file.len = 0;
  put_gguf_head(&file, 3, tensors, keys);
}

static void test_gguf_read(void) {
  check_begin("rows come first, and our names stand for theirs");
  start_gguf(1, 0);
  put_gguf_tensor(&file, "blk.7.ffn_up.weight", 3, 2, 0, 0);
  put_padding(&file, 32);
  put(&file, (const float[]){1, 2, 3, 4, 5, 6}, 24);
  bb_weights *w = open_gguf();
  expect_values(w, "encoder.layer.7.intermediate.dense.weight",
                (const float[]){1, 2, 3, 4, 5, 6}, 6);
  if (w) CHECK_INT(w->tensors[0].shape[0], 2);
  bb_weights_close(w);

  check_begin("query, key and value in one tensor are three");
  start_gguf(1, 0);
  put_gguf_tensor(&file, "blk.0.attn_qkv.weight", 1, 6, 0, 0);
  put_padding(&file, 32);
  put(&file, (const float[]){1, 2, 3, 4, 5, 6}, 24);
  w = open_gguf();
  expect_values(w, "encoder.layer.0.attention.self.key.weight", (const float[]){3, 4}, 2);
  expect_values(w, "encoder.layer.0.attention.self.value.weight", (const float[]){5, 6},
                2);
  bb_weights_close(w);
}

static void wrong_version(void) {
  file.bytes[4] = 1;
}
static void big_endian(void) {
  memcpy(file.bytes + 4, "\0\0\0\3", 4);
}
static void many_tensors(void) {
  memset(file.bytes + 8, 0xFF, 8);
}
static void many_keys(void) {
  memset(file.bytes + 16, 0xFF, 8);
}
static void long_name(void) {
  memset(file.bytes + 24, 0xFF, 8);
}
static void empty_name(void) {
  memset(file.bytes + 24, 0, 8);
}
static void name_nul(void) {
  file.bytes[32] = 0;
}
static void rank_five(void) {
  file.bytes[33] = 5;
}
static void wide_row(void) {
  memset(file.bytes + 37, 0xFF, 8);
}
static void wrapping(void) { /* (2^42 + 1) * 2^22 * 4 wraps to 2^24 */
  memcpy(file.bytes + 37, "\1\0\0\0\0\4\0\0\0\0\x40\0\0\0\0\0", 16);
}
static void unknown_type(void) {
  file.bytes[53] = 200;
}
static void iq_type(void) {
  file.bytes[53] = 23;
}
static void quantised(void) {
  file.bytes[53] = 8;
}
static void gap(void) {
  file.bytes[57] = 32;
}
static void cut_data(void) {
  file.len -= 1;
}
static void cut_header(void) {
  file.len = 50;
}

static void test_gguf_refused(void) {
  static const struct {
    const char *says;
    void (*damage)(void);
    const char *words;
  } rows[] = {
      {"the first version is refused",         wrong_version, "version 1 of GGUF"     },
      {"another byte order is guessed",        big_endian,    "big-endian?"           },
      {"a huge number of tensors is refused",  many_tensors,  "more tensors than"     },
      {"a huge number of keys is refused",     many_keys,     "more keys than"        },
      {"a name lies in the file",              long_name,     "cut off or damaged"    },
      {"a name is not empty",                  empty_name,    "name is empty"         },
      {"a name has no NUL",                    name_nul,      "holds a NUL"           },
      {"a tensor has at most four dimensions", rank_five,     "more than 4 dimensions"},
      {"a shape that is too large is refused", wide_row,      "too large"             },
      {"a size that wraps is refused",         wrapping,      "too large"             },
      {"an unknown type is refused",           unknown_type,  "type ? (200)"          },
      {"a type that is not read is named",     iq_type,       "type IQ4_XS (23)"      },
      {"rows are whole blocks",                quantised,     "no whole blocks"       },
      {"tensors follow without gaps",          gap,           "does not begin where"  },
      {"a tensor lies in the file",            cut_data,      "does not fit"          },
      {"the header is whole",                  cut_header,    "cut off or damaged"    },
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    check_begin(rows[i].says);
    start_gguf(1, 0);
    put_gguf_tensor(&file, "a", 3, 2, 0, 0);
    put_padding(&file, 32);
    put(&file, (const float[]){1, 2, 3, 4, 5, 6}, 24);
    rows[i].damage();
    expect_refusal(open_gguf(), rows[i].words);
  }
}

static void test_gguf_keys(void) {
  static const struct {
    const char *says, *value;
    size_t bytes;
    const char *words;
  } rows[] = {
  /* clang-format off */
      {"a value has a known type", BYTES("\x0d\0\0\0\0\0\0\0\0\0\0\0"), "unknown type"},
      {"an array holds no arrays",
       BYTES("\x09\0\0\0\x09\0\0\0\1\0\0\0\0\0\0\0"), "array of arrays"},
      {"an array lies in the file",
       BYTES("\x09\0\0\0\4\0\0\0\xff\xff\xff\xff\xff\xff\xff\x3f"), "cut off"},
      {"an array whose size wraps is refused",
       BYTES("\x09\0\0\0\4\0\0\0\1\0\0\0\0\0\0\x40"), "cut off"},
      {"an array of strings lies in the file",
       BYTES("\x09\0\0\0\x08\0\0\0\xff\xff\xff\xff\0\0\0\0"), "cut off"},
      {"a string lies in the file", BYTES("\x08\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff"),
       "cut off"},
      {"the alignment is a power of two", BYTES("\4\0\0\0\x21\0\0\0\0"),
       "no power of two"},
      {"the alignment is not 0", BYTES("\4\0\0\0\0\0\0\0\0"), "no power of two"},
      {"the alignment is not huge", BYTES("\4\0\0\0\0\0\0\x80\0"), "no power of two"},
      {"the alignment is a number", BYTES("\x08\0\0\0\0\0\0\0\0\0\0\0"),
       "no power of two"},
  /* clang-format on */
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    check_begin(rows[i].says);
    start_gguf(0, 1);
    put_string(&file, "general.alignment");
    put(&file, rows[i].value, rows[i].bytes);
    expect_refusal(open_gguf(), rows[i].words);
  }
  check_begin("a git-lfs pointer in place of a GGUF file is named, with the cure");
  biobert_model *model = NULL;
  char path[FOLDER_PATH];
  static const char pointer[] = "version https://git-lfs.github.com/spec/v1\n";
  file_write(folder_path(path, "lfs.gguf"), BYTES(pointer));
  CHECK_INT(biobert_model_open(bb_str(path), bb_str(""), &model, &err), BIOBERT_FORMAT);
  CHECK(strstr(err.message, "git lfs pull"));

  check_begin("a key is there once");
  start_gguf(0, 2);
  for (int i = 0; i < 2; i++) {
    put_string(&file, "general.alignment");
    put(&file, BYTES("\4\0\0\0\x20\0\0\0"));
  }
  expect_refusal(open_gguf(), "there twice");
}

/* GGUF files as models --------------------------------------------------------------- */

static void put_key(const char *key, uint32_t type, const void *value, size_t bytes) {
  put_string(&file, key);
  put_number(&file, type, 4);
  put(&file, value, bytes);
}

static void put_text(const char *key, const char *value) {
  put_key(key, BB_GGUF_STRING, "", 0);
  put_string(&file, value);
}

static void put_u32(const char *key, uint32_t value) {
  put_key(key, BB_GGUF_U32, &value, sizeof value);
}

struct gguf_model {
  const char *architecture, *tokenizer, *pieces[8];
  uint32_t hidden, pooling, bos;
  bool causal;
};

/* A model without layers' weights: everything in front of them can be looked at. */
static biobert_status open_model(const struct gguf_model *m) {
  char path[FOLDER_PATH];
  biobert_model *model = NULL;
  uint64_t count = 0;
  while (count < COUNT(m->pieces) && m->pieces[count]) count++;
  start_gguf(1, 11);
  put_text("general.architecture", m->architecture);
  put_u32("bert.embedding_length", m->hidden);
  put_u32("bert.block_count", 1);
  put_u32("bert.attention.head_count", 2);
  put_u32("bert.feed_forward_length", 4);
  put_u32("bert.context_length", 8);
  put_u32("bert.pooling_type", m->pooling);
  put_key("bert.attention.causal", BB_GGUF_BOOL, &m->causal, 1);
  put_text("tokenizer.ggml.model", m->tokenizer);
  put_u32("tokenizer.ggml.bos_token_id", m->bos);
  put_key("tokenizer.ggml.tokens", BB_GGUF_ARRAY, "\x08\0\0\0", 4);
  put_number(&file, count, 8);
  for (uint64_t i = 0; i < count; i++) put_string(&file, m->pieces[i]);
  put_gguf_tensor(&file, "token_embd.weight", 4, 8, 0, 0);
  put_padding(&file, 32);
  for (size_t i = 0; i < 128; i++) put_number(&file, 0, 1);
  file_write(folder_path(path, "m.gguf"), file.bytes, file.len);
  const biobert_status status =
      biobert_model_open(bb_str(path), bb_str(""), &model, &err);
  biobert_model_close(model);
  return status;
}

static void test_gguf_models(void) {
#define PIECES                                                                           \
  {                                                                                      \
    "[UNK]", "[CLS]", "[SEP]",                                                           \
        "\xE2\x96\x81"                                                                   \
        "a",                                                                             \
        "b"                                                                              \
  }
  static const struct {
    const char *says;
    struct gguf_model model;
    const char *words;
  } rows[] = {
  /* clang-format off */
      {"all but the weights is well", {"bert", "bert", PIECES, 4, 1, 1, false},
       "tensor embeddings.position_embeddings.weight is missing"},
      {"another architecture is refused by its name",
       {"nomic-bert", "bert", PIECES, 4, 1, 1, false}, "'nomic-bert' is not supported (it has"},
      {"another tokenizer is refused by its name",
       {"bert", "gpt2", PIECES, 4, 1, 1, false}, "tokenizer.ggml.model is 'gpt2'"},
      {"a decoder is refused", {"bert", "bert", PIECES, 4, 1, 1, true}, "a decoder"},
      {"heads divide the width", {"bert", "bert", PIECES, 3, 1, 1, false},
       "cannot be divided"},
      {"a width is no huge number", {"bert", "bert", PIECES, 0xFFFFFFFF, 1, 1, false},
       "hidden_size is not a whole number from 1"},
      {"a pooling is one there is", {"bert", "bert", PIECES, 4, 9, 1, false},
       "bert.pooling_type is none of 0 to 4"},
      {"[CLS] is what the key says", {"bert", "bert", PIECES, 4, 1, 0, false},
       "bos_token_id is 0, which is not the id of [CLS]"},
      {"a vocabulary has [UNK]", {"bert", "bert", {"a", "[CLS]", "[SEP]"}, 4, 1, 1, false},
       "[UNK]"},
      {"a token is UTF-8", {"bert", "bert", {"[UNK]", "[CLS]", "\xff"}, 4, 1, 1, false},
       "token 2 is not UTF-8"},
  /* clang-format on */
  };
#undef PIECES
  for (size_t i = 0; i < COUNT(rows); i++) {
    check_begin(rows[i].says);
    err = (biobert_error){0};
    CHECK(open_model(&rows[i].model) != BIOBERT_OK);
    if (!strstr(err.message, rows[i].words)) CHECK_STR(err.message, rows[i].words);
    CHECK(strstr(err.message, "m.gguf"));
  }
}

/* Paths ------------------------------------------------------------------------------ */

static const char model_folder[] = "tests/golden/models/form_tensorflow";

static void test_paths(void) {
  static const struct {
    const char *says, *path, *words; /* NULL: it opens */
  } rows[] = {
  /* clang-format off */
      {"a folder with bert_config.json opens", "", NULL},
      {"a checkpoint opens by its prefix", "/model.ckpt-1000000", NULL},
      {"a checkpoint opens by its index", "/model.ckpt-1000000.index", NULL},
      {"a checkpoint opens by its data", "/model.ckpt-1000000.data-00000-of-00001", NULL},
      {"a prefix that is none is refused", "/model.ckpt-1", "no model at"},
      {"a file that is no weights is refused", "/vocab.txt", "neither safetensors"},
      {"a weights file opens with its folder", "/../form_legacy/pytorch_model.bin", NULL},
      {"a GGUF file opens by its path", "/../form_gguf_q8_0/model.gguf", NULL},
      {"a folder of GGUF files says what to do", "/../form_gguf_q8_0", "load"},
  /* clang-format on */
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    char path[FOLDER_PATH];
    biobert_model *model = NULL;
    check_begin(rows[i].says);
    snprintf(path, sizeof path, "%s%s", model_folder, rows[i].path);
    const biobert_status status =
        biobert_model_open(bb_str(path), bb_str(""), &model, &err);
    CHECK_INT(status == BIOBERT_OK, rows[i].words == NULL);
    if (status && !strstr(err.message, rows[i].words ? rows[i].words : ""))
      CHECK_STR(err.message, rows[i].words);
    biobert_model_close(model);
  }
}

/* Quantised types -------------------------------------------------------------------- */

/* tests/golden/quants.gguf has blocks of random bytes and, under "X.expected", what the
 * gguf package makes of them in numpy's float32. Sums of two products may be rounded in
 * another order there: a unit in the last place of the larger. */
static void test_quants(void) {
  static float actual[1024], expected[1024];
  static const double relative = 1e-6;
  bb_weights *w = NULL;
  check_begin("the blocks of every quantised type can be opened");
  if (!CHECK_INT(bb_weights_open_file("tests/golden/quants.gguf", &w, &err), BIOBERT_OK))
    return;
  for (int dtype = BB_Q4_0; dtype <= BB_Q6_K; dtype++) {
    char name[64];
    const char *type = bb_dtype_forms[dtype].name;
    check_begin("a quantised type is what the gguf package makes of it");
    check_context("%s", type);
    snprintf(name, sizeof name, "%s.expected", type);
    const bb_tensor *t = bb_weights_find(w, type), *e = bb_weights_find(w, name);
    if (!CHECK(t && e)) continue;
    CHECK_INT(t->dtype, dtype);
    CHECK_INT(bb_weights_read(w, t, actual, &err), BIOBERT_OK);
    CHECK_INT(bb_weights_read(w, e, expected, &err), BIOBERT_OK);
    double max = 0, off = 0;
    for (size_t i = 0; i < COUNT(actual); i++) {
      max = fmax(max, fabs((double)expected[i]));
      off = fmax(off, fabs((double)actual[i] - (double)expected[i]));
    }
    if (!(off <= relative * max))
      check_fail(__FILE__, __LINE__, "off by %g of %g", off, max);
  }
  bb_weights_close(w);
}

static void test_crc32c(void) {
  static const unsigned char zeros[32];
  check_begin("the checksum is that of RFC 3720, B.4");
  CHECK_INT(bb_crc32c(0, zeros, sizeof zeros), 0x8a9136aa);
  CHECK_INT(bb_crc32c(0, "123456789", 9), 0xe3069283);
  check_begin("a checksum can be taken in parts");
  CHECK_INT(bb_crc32c(bb_crc32c(0, "1234", 4), "56789", 5), 0xe3069283);
}

int main(void) {
  folder_begin();
  test_crc32c();
  test_legacy_read();
  test_legacy_refused();
  test_tensorflow_read();
  test_tensorflow_refused();
  test_tensorflow_headers();
  test_tables_refused();
  test_gguf_read();
  test_gguf_refused();
  test_gguf_keys();
  test_gguf_models();
  test_paths();
  test_quants();
  return check_report();
}
