/* Spec of core/format/: weights.c, safetensors.c, pytorch_zip.c and pickle.c.
 *
 * Every file is built here, in a directory that is removed at the end. */
#include "check.h"
#include "zip_writer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "format/pickle.h"
#include "format/weights.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
/* A literal with NULs in it: the bytes and their number. */
#define BYTES(literal) literal, sizeof(literal) - 1

enum { LONGEST_PATH = 256, FILE_BYTES = 1 << 20 };

static char directory[] = "/tmp/biobert_weights_XXXXXX";

static const char *path_of(const char *name) {
  static char path[LONGEST_PATH];
  snprintf(path, sizeof path, "%s/%s", directory, name);
  return path;
}

static void write_file(const char *name, const void *bytes, size_t count) {
  FILE *file = fopen(path_of(name), "wb");
  if (!file || fwrite(bytes, 1, count, file) != count || fclose(file) != 0) exit(1);
}

static void remove_files(const char *const *names, size_t count) {
  for (size_t i = 0; i < count; i++) unlink(path_of(names[i]));
}

static biobert_error err;

static bb_weights *open_file(const char *name) {
  bb_weights *w = NULL;
  err = (biobert_error){0};
  return bb_weights_open_file(path_of(name), &w, &err) ? NULL : w;
}

static bb_weights *open_directory(void) {
  bb_weights *w = NULL;
  err = (biobert_error){0};
  return bb_weights_open(directory, &w, &err) ? NULL : w;
}

/* The open failed in this way; the message names the file and says these words. */
static void expect_refusal(bb_weights *w, biobert_status status, const char *words) {
  CHECK(!w);
  CHECK_INT(err.status, status);
  if (!strstr(err.message, words)) CHECK_STR(err.message, words);
  CHECK(strstr(err.message, directory));
  bb_weights_close(w);
}

/* The tensor of this name has these values. */
static void expect_values(const bb_weights *w, const char *name, const float *values,
                          size_t count) {
  enum { MOST = 16 };
  float read[MOST];
  const bb_tensor *t = w ? bb_weights_find(w, name) : NULL;
  CHECK(t);
  if (!t) return;
  for (size_t i = 0; i < MOST; i++) read[i] = -1;
  CHECK_INT(bb_weights_read(w, t, read, &err), BIOBERT_OK);
  CHECK(count == 0 || memcmp(read, values, count * sizeof *values) == 0);
  for (size_t i = count; i < MOST; i++) CHECK(read[i] == -1);
}

/* safetensors ------------------------------------------------------------------------ */

static void write_safetensors(const char *name, const char *header, const void *data,
                              size_t bytes) {
  static unsigned char file[FILE_BYTES];
  const uint64_t length = strlen(header);
  memcpy(file, &length, sizeof length);
  memcpy(file + sizeof length, header, length);
  if (bytes) memcpy(file + sizeof length + length, data, bytes);
  write_file(name, file, sizeof length + length + bytes);
}

/* A tensor description. */
#define T(name, dtype, shape, begin, end)                                                \
  "\"" name "\":{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":[" begin   \
  "," end "]}"

static void test_safetensors_refused(void) {
  static const struct {
    const char *says, *header;
    size_t bytes;
    const char *words;
  } rows[] = {
  /* clang-format off */
      {"the header begins with a brace", " {}", 0, "begins with '{'"},
      {"the header is JSON", "{\"a\"", 0, "no valid JSON"},
      {"a name may occur once",
       "{" T("a", "F32", "[1]", "0", "4") "," T("a", "F32", "[1]", "4", "8") "}", 8,
       "a second time"},
      {"an unknown type is refused by its name", "{" T("a", "F4", "[2]", "0", "1") "}", 1,
       "dtype F4 is not known"},
      {"the type is a string",
       "{\"a\":{\"dtype\":1,\"shape\":[],\"data_offsets\":[0,4]}}", 4,
       "dtype is no string"},
      {"a tensor has three members", "{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4,
       "expected dtype, shape and data_offsets"},
      {"a tensor is an object", "{\"a\":[1,2,3]}", 4, "expected dtype, shape"},
      {"the shape is an array", "{" T("a", "F32", "1", "0", "4") "}", 4,
       "shape is no array"},
      {"a dimension is not negative", "{" T("a", "F32", "[-1]", "0", "4") "}", 4,
       "no whole number from 0"},
      {"a dimension is whole", "{" T("a", "F32", "[1.0]", "0", "4") "}", 4,
       "no whole number from 0"},
      {"a shape has at most eight dimensions",
       "{" T("a", "F32", "[1,1,1,1,1,1,1,1,1]", "0", "4") "}", 4, "too many dimensions"},
      {"a product that wraps to the right size is refused",
       "{" T("a", "F32", "[4294967296,4294967296,1]", "0", "0") "}", 0, "too large"},
      {"bytes that wrap to the right size are refused",
       "{" T("a", "F32", "[4611686018427387904]", "0", "0") "}", 0,
       "do not give the size"},
      {"type and shape give the size", "{" T("a", "F32", "[2]", "0", "4") "}", 4,
       "do not give the size"},
      {"a range has two ends",
       "{\"a\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0]}}", 4, "no pair"},
      {"a range does not run backwards", "{" T("a", "F32", "[1]", "4", "0") "}", 4,
       "lead out of the file"},
      {"a range ends in the file", "{" T("a", "F32", "[1]", "0", "4") "}", 3,
       "cut off or damaged"},
      {"a range ends in 63 bits",
       "{" T("a", "F32", "[1]", "0", "9223372036854775808") "}", 4,
       "no pair of whole numbers"},
      {"there is no gap in front", "{" T("a", "F32", "[1]", "4", "8") "}", 8, "a gap"},
      {"there is no gap between",
       "{" T("a", "F32", "[1]", "0", "4") "," T("b", "F32", "[1]", "5", "9") "}", 9,
       "a gap"},
      {"tensors do not overlap",
       "{" T("a", "F32", "[2]", "0", "8") "," T("b", "F32", "[1]", "4", "8") "}", 8,
       "overlaps another"},
      {"nothing stands behind the last", "{" T("a", "F32", "[1]", "0", "4") "}", 5,
       "1 bytes behind the last tensor"},
      {"a name has no NUL", "{" T("a\\u0000b", "F32", "[1]", "0", "4") "}", 4, "a NUL"},
      {"a name has no lone surrogate", "{" T("\\ud800", "F32", "[1]", "0", "4") "}", 4,
       "lone surrogate"},
      {"metadata are strings", "{\"__metadata__\":{\"a\":1}}", 0, "no object of strings"},
      {"metadata are an object", "{\"__metadata__\":\"pt\"}", 0, "no object of strings"},
      {"a header is not nested deeply",
       "{\"a\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[0]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}", 0,
       "nested too deeply"},
  /* clang-format on */
  };
  static const unsigned char data[16];
  for (size_t i = 0; i < COUNT(rows); i++) {
    check_begin(rows[i].says);
    write_safetensors("x.safetensors", rows[i].header, data, rows[i].bytes);
    const bool named = strstr(rows[i].words, "is not known");
    expect_refusal(open_file("x.safetensors"),
                   named ? BIOBERT_UNSUPPORTED : BIOBERT_FORMAT, rows[i].words);
  }
}

static void test_safetensors_lengths(void) {
  static const struct {
    const char *says, *bytes;
    size_t count;
    const char *words;
  } rows[] = {
  /* clang-format off */
      {"an empty file is too short", BYTES(""), "0 bytes are too few"},
      {"seven bytes are too short", BYTES("\2\0\0\0\0\0\0"), "7 bytes are too few"},
      {"a header of no bytes is none", BYTES("\0\0\0\0\0\0\0\0"), "begins with '{'"},
      {"a header does not pass the end", BYTES("\3\0\0\0\0\0\0\0{}"),
       "a header of 3 bytes"},
      {"a length that overflows is refused", BYTES("\xff\xff\xff\xff\xff\xff\xff\xff{}"),
       "a header of 18446744073709551615 bytes"},
      {"a git-lfs pointer is named, with the cure",
       BYTES("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"),
       "git lfs pull"},
  /* clang-format on */
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    check_begin(rows[i].says);
    write_file("x.safetensors", rows[i].bytes, rows[i].count);
    expect_refusal(open_file("x.safetensors"), BIOBERT_FORMAT, rows[i].words);
  }
}

static void test_safetensors_limits(void) {
  static char header[FILE_BYTES / 2];
  char name[BB_MAX_TENSOR_NAME + 2];
  for (size_t extra = 0; extra < 2; extra++) {
    check_begin(extra ? "a name of one byte too many is refused"
                      : "the longest name is read");
    memset(name, 'n', sizeof name);
    name[BB_MAX_TENSOR_NAME + extra] = '\0';
    snprintf(header, sizeof header,
             "{\"%s\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", name);
    write_safetensors("x.safetensors", header, "\0\0\0\0", 4);
    bb_weights *w = open_file("x.safetensors");
    if (extra) {
      expect_refusal(w, BIOBERT_FORMAT, "has 1025 bytes");
    } else {
      CHECK(w && bb_weights_find(w, name));
      bb_weights_close(w);
    }
  }
}

static void test_null_metadata(void) {
  static const char header[] =
      "{\"__metadata__\":null,\"x\":{\"dtype\":\"F32\",\"shape\":[1],"
      "\"data_offsets\":[0,4]}}";
  static const unsigned char data[] = {0, 0, 0x80, 0x3F};
  write_safetensors("null.safetensors", header, data, sizeof data);
  check_begin("metadata that are null are none, as in the reference implementation");
  bb_weights *w = open_file("null.safetensors");
  if (CHECK(w != NULL)) expect_values(w, "x", (const float[]){1}, 1);
  bb_weights_close(w);
  remove_files((const char *const[]){"null.safetensors"}, 1);
}

static void test_safetensors_read(void) {
  static const unsigned char data[] = {
      /* f64: 1.5, then 1e300 */
      0, 0, 0, 0, 0, 0, 0xF8, 0x3F, 0x9C, 0x75, 0x00, 0x88, 0x3C, 0xE4, 0x37, 0x7E,
      /* i64 */
      7, 0, 0, 0, 0, 0, 0, 0,
      /* f32: 1, 2, 3, 4, 5, 6 */
      0, 0, 0x80, 0x3F, 0, 0, 0, 0x40, 0, 0, 0x40, 0x40, 0, 0, 0x80, 0x40, 0, 0, 0xA0,
      0x40, 0, 0, 0xC0, 0x40,
      /* bf16: -1, then a quiet NaN */
      0x80, 0xBF, 0xC0, 0x7F,
      /* f16: 1, -2, the largest, the smallest, -0, the largest subnormal, infinity */
      0, 0x3C, 0, 0xC0, 0xFF, 0x7B, 1, 0, 0, 0x80, 0xFF, 3, 0, 0x7C};
  /* clang-format off */
  static const char header[] =
      "{\"__metadata__\":{\"format\":\"pt\"},"
      T("f16", "F16", "[7]", "52", "66") ","
      T("bf16", "BF16", "[1,2]", "48", "52") ","
      T("i", "I64", "[1]", "16", "24") ","
      T("f32", "F32", "[2,3]", "24", "48") ","
      T("f64", "F64", "[2]", "0", "16") ","
      T("empty", "F32", "[0,3]", "24", "24") "}  ";
  /* clang-format on */
  write_safetensors("x.safetensors", header, data, sizeof data);
  check_begin("a safetensors file is read");
  bb_weights *w = open_file("x.safetensors");
  if (!w) CHECK_STR(err.message, "");
  if (!w) return;
  CHECK_STR(w->format, "safetensors");
  CHECK_INT(w->tensor_count, 6);
  check_begin("F32 is read as it is");
  expect_values(w, "f32", (const float[]){1, 2, 3, 4, 5, 6}, 6);
  check_begin("F64 is rounded");
  expect_values(w, "f64", (const float[]){1.5f, INFINITY}, 2);
  check_begin("BF16 is widened exactly");
  expect_values(w, "bf16", (const float[]){-1, NAN}, 2);
  check_begin("F16 is widened exactly");
  expect_values(w, "f16",
                (const float[]){1, -2, 65504, 0x1p-24f, -0.0f, 1023 * 0x1p-24f, INFINITY},
                7);
  check_begin("a tensor without elements is read");
  expect_values(w, "empty", NULL, 0);

  check_begin("integers are refused as weights");
  float value = 5;
  CHECK_INT(bb_weights_read(w, bb_weights_find(w, "i"), &value, &err),
            BIOBERT_UNSUPPORTED);
  CHECK(strstr(err.message, "tensor i is of a type that holds no weights"));
  CHECK(value == 5);

  check_begin("a name that is not there is not found");
  CHECK(!bb_weights_find(w, "f3") && !bb_weights_find(w, "") &&
        !bb_weights_find(w, "zz"));
  check_begin("a file that shrank after it was opened is an error, not a crash");
  CHECK_INT(truncate(path_of("x.safetensors"), 100), 0);
  CHECK_INT(bb_weights_read(w, bb_weights_find(w, "f16"), &value, &err), BIOBERT_IO);
  bb_weights_close(w);
}

/* A tensor larger than the block in which it is converted. */
static void test_blocks(void) {
  enum { ELEMENTS = (1 << 20) + 3 };
  check_begin("a tensor of many blocks is converted whole");
  const char *header = "{" T("a", "F16", "[1048579]", "0", "2097158") "}";
  const uint64_t length = strlen(header);
  FILE *file = fopen(path_of("x.safetensors"), "wb");
  if (!file) exit(1);
  fwrite(&length, sizeof length, 1, file);
  fwrite(header, length, 1, file);
  for (size_t i = 0; i < ELEMENTS; i++) {
    const uint16_t half = (uint16_t)(i % 1024); /* subnormals: i * 2^-24 */
    fwrite(&half, sizeof half, 1, file);
  }
  fclose(file);
  bb_weights *w = open_file("x.safetensors");
  float *read = malloc(ELEMENTS * sizeof *read);
  CHECK(w && read && !bb_weights_read(w, w->tensors, read, &err));
  size_t wrong = 0;
  for (size_t i = 0; w && read && i < ELEMENTS; i++)
    wrong += read[i] != (float)(i % 1024) * 0x1p-24f;
  CHECK_INT(wrong, 0);
  free(read);
  bb_weights_close(w);
}

/* Pickles ---------------------------------------------------------------------------- */

#define STR(length, text) "X" length "\0\0\0" text
#define FLOATS "ctorch\nFloatStorage\n"
#define STORAGE(type, key, elements)                                                     \
  "(" STR("\7", "storage") type STR("\1", key) STR("\3", "cpu") elements "tQ"
#define HOOKS                                                                            \
  "\x89"                                                                                 \
  "ccollections\nOrderedDict\n)R"
/* A tensor of the storage of six floats. */
#define TENSOR(storage, offset, shape, stride)                                           \
  "ctorch._utils\n_rebuild_tensor_v2\n(" storage offset shape stride HOOKS "tR"
#define SIX STORAGE(FLOATS, "0", "K\6")
#define ROWS TENSOR(SIX, "K\0", "K\2K\3\x86", "K\3K\1\x86")
#define DICT(members) "\x80\2}(" members "u."

static void zip_of_pickle(struct zip *z, const char *pickle, size_t bytes, bool zip64) {
  static const float six[] = {1, 2, 3, 4, 5, 6};
  static unsigned char file[2 * FILE_BYTES];
  *z = (struct zip){.bytes = file, .capacity = sizeof file};
  zip_add(z, "m/data.pkl", pickle, bytes);
  zip_add(z, "m/byteorder", "little", 6);
  zip_add(z, "m/data/0", six, sizeof six);
  zip_add(z, "m/version", "3\n", 2);
  zip_finish(z, zip64);
}

static bb_weights *open_pickle(const char *pickle, size_t bytes) {
  struct zip z;
  zip_of_pickle(&z, pickle, bytes, true);
  write_file("x.bin", z.bytes, z.len);
  return open_file("x.bin");
}

static void test_pickle_refused(void) {
  static const struct {
    const char *says, *pickle;
    size_t bytes;
    const char *words;
  } rows[] = {
  /* clang-format off */
      {"a call of os.system is refused by its name",
       BYTES("\x80\2cos\nsystem\nX\4\0\0\0true\x85R."), "asks for os.system,"},
      {"a builtin is refused by its name", BYTES("\x80\2c__builtin__\neval\n."),
       "asks for __builtin__.eval,"},
      {"a name that only begins like a known one is refused",
       BYTES("\x80\2ctorch\nFloatStorageX\n."), "asks for torch.FloatStorageX,"},
      {"a name has an end", BYTES("\x80\2ctorch"), "a name without an end"},
      {"a byte that is no opcode is refused", BYTES("\x80\2\xff."),
       "opcode unknown (0xff)"},
      {"INST is refused by its name", BYTES("\x80\2(ios\nsystem\n."),
       "opcode INST (0x69)"},
      {"NEWOBJ is refused by its name", BYTES("\x80\2)\x81."), "opcode NEWOBJ (0x81)"},
      {"STACK_GLOBAL is refused by its name", BYTES("\x80\2\x93."),
       "opcode STACK_GLOBAL"},
      {"EXT1 is refused by its name", BYTES("\x80\2\x82\1."), "opcode EXT1"},
      {"another protocol is refused", BYTES("\x80\4."), "protocol 4, expected 2"},
      {"an empty pickle is refused", BYTES(""), "ends too early"},
      {"a pickle ends with STOP", BYTES("\x80\2}"), "ends too early"},
      {"an operand is whole", BYTES("\x80\2J\0\0"), "ends too early"},
      {"a string is whole", BYTES("\x80\2X\5\0\0\0abc"), "ends too early"},
      {"a string is not huge", BYTES("\x80\2X\0\0\0\x80"), "too long"},
      {"nothing stands behind STOP", BYTES("\x80\2}.N"), "goes on behind STOP"},
      {"STOP wants one value", BYTES("\x80\2}}."), "exactly one value"},
      {"STOP wants a value", BYTES("\x80\2."), "exactly one value"},
      {"a mark does not stay open", BYTES("\x80\2}(."), "exactly one value"},
      {"REDUCE wants two values", BYTES("\x80\2)R."), "nothing is left"},
      {"REDUCE calls a function", BYTES("\x80\2N)R."), "REDUCE of something"},
      {"REDUCE does not call a storage type", BYTES("\x80\2" FLOATS ")R."), "REDUCE of"},
      {"REDUCE wants a tuple", BYTES("\x80\2" "ccollections\nOrderedDict\nNR."),
       "REDUCE of"},
      {"TUPLE2 wants two values", BYTES("\x80\2N\x86."), "nothing is left"},
      {"no value is taken from below a mark", BYTES("\x80\2NN(\x86."), "nothing is left"},
      {"TUPLE wants a mark", BYTES("\x80\2Nt."), "no mark is left"},
      {"SETITEMS wants a dict", BYTES("\x80\2](NNu."), "no dict"},
      {"SETITEMS wants pairs", BYTES("\x80\2}(Nu."), "no dict"},
      {"SETITEM wants three values", BYTES("\x80\2}Ns."), "nothing is left"},
      {"APPEND wants a list", BYTES("\x80\2}Na."), "no list"},
      {"BUILD wants a dict", BYTES("\x80\2]}b."), "BUILD of something"},
      {"a memo number was put before it is got", BYTES("\x80\2h\0."), "never put"},
      {"a large memo number was put before", BYTES("\x80\2j\xff\xff\xff\xff."),
       "never put"},
      {"a memo has no gaps", BYTES("\x80\2}q\1."), "out of range"},
      {"a memo number cannot ask for memory", BYTES("\x80\2}r\xff\xff\xff\xff."),
       "out of range"},
      {"PUT wants a value", BYTES("\x80\2q\0."), "nothing is left"},
      {"a number has at most 64 bits", BYTES("\x80\2\x8a\x09" "123456789."), "64 bits"},
      {"OrderedDict takes a list", BYTES("\x80\2" "ccollections\nOrderedDict\n}\x85R."),
       "no list of pairs"},
      {"OrderedDict takes pairs", BYTES("\x80\2" "ccollections\nOrderedDict\n](K\1e\x85R."),
       "no list of pairs"},
      {"OrderedDict takes one list",
       BYTES("\x80\2" "ccollections\nOrderedDict\n]]\x86R."), "no list of pairs"},
      {"a tuple of three is no pair",
       BYTES("\x80\2" "ccollections\nOrderedDict\n](K\1K\1K\1ta\x85R."), "no list of pairs"},
      {"a pair has a second part",
       BYTES("\x80\2" "ccollections\nOrderedDict\n]](K\1ea\x85R."), "no list of pairs"},
      {"a list of three is no pair",
       BYTES("\x80\2" "ccollections\nOrderedDict\n]](K\1K\1K\1ea\x85R."),
       "no list of pairs"},
      {"a pair is not empty",
       BYTES("\x80\2" "ccollections\nOrderedDict\n]]a\x85R."), "no list of pairs"},
      {"TUPLE1 wants a value", BYTES("\x80\2\x85."), "nothing is left"},
      {"SETITEM wants a dict", BYTES("\x80\2]NNs."), "no dict"},
      {"SETITEMS wants a mark", BYTES("\x80\2}u."), "no mark is left"},
      {"SETITEMS wants a dict below it", BYTES("\x80\2(NNu."), "no dict"},
      {"APPEND wants a value", BYTES("\x80\2" "a."), "nothing is left"},
      {"APPEND wants a list below it", BYTES("\x80\2Na."), "no list"},
      {"APPENDS wants a mark", BYTES("\x80\2]e."), "no mark is left"},
      {"APPENDS wants a list below it", BYTES("\x80\2(Ne."), "no list"},
      {"BUILD wants a value", BYTES("\x80\2" "b."), "nothing is left"},
      {"BUILD wants an object below it", BYTES("\x80\2}b."), "BUILD of something"},
      {"a parameter is of a tensor",
       BYTES("\x80\2" "ctorch._utils\n_rebuild_parameter\nN\x85R."), "without a tensor"},
      {"a parameter has a tensor",
       BYTES("\x80\2" "ctorch._utils\n_rebuild_parameter\n)R."), "without a tensor"},
      {"a storage has its type",
       BYTES("\x80\2(" STR("\7", "storage") "N" STR("\1", "0") STR("\3", "cpu") "K\6tQ."),
       "no storage"},
      {"a storage has a name",
       BYTES("\x80\2(" STR("\7", "storage") FLOATS "K\0" STR("\3", "cpu") "K\6tQ."),
       "no storage"},
      {"a storage's size is a number",
       BYTES("\x80\2" STORAGE(FLOATS, "0", STR("\1", "6")) "."), "no storage"},
      {"a persistent id has no seventh part",
       BYTES("\x80\2(" STR("\7", "storage") FLOATS STR("\1", "0") STR("\3", "cpu")
             "K\6NNtQ."), "no storage"},
      {"a persistent id is a tuple", BYTES("\x80\2NQ."), "no storage"},
      {"a persistent id has five parts", BYTES("\x80\2X\7\0\0\0storage\x85Q."),
       "no storage"},
      {"a persistent id names a storage type",
       BYTES("\x80\2" STORAGE("ccollections\nOrderedDict\n", "0", "K\6") "."),
       "no storage"},
      {"a storage has no negative size",
       BYTES("\x80\2" STORAGE(FLOATS, "0", "J\xff\xff\xff\xff") "."), "no storage"},
      {"a tensor has a storage", BYTES("\x80\2" TENSOR("N", "K\0", ")", ")") "."),
       "without a storage"},
      {"a tensor has four arguments",
       BYTES("\x80\2" "ctorch._utils\n_rebuild_tensor\n" SIX "K\0)\x87R."),
       "fewer than four"},
      {"a stride is not negative",
       BYTES(DICT(STR("\1", "a") TENSOR(SIX, "K\0", "K\2\x85", "J\xff\xff\xff\xff\x85"))),
       "whole numbers from 0"},
      {"a shape is not negative",
       BYTES(DICT(STR("\1", "a") TENSOR(SIX, "K\0", "J\xff\xff\xff\xff\x85", "K\1\x85"))),
       "whole numbers from 0"},
      {"an offset is not negative",
       BYTES(DICT(STR("\1", "a") TENSOR(SIX, "\x8a\1\xff", "K\2\x85", "K\1\x85"))),
       "offset is no whole number"},
      {"shape and strides are of one length",
       BYTES(DICT(STR("\1", "a") TENSOR(SIX, "K\0", "K\2\x85", ")"))), "of equal length"},
      {"a shape has at most eight dimensions",
       BYTES(DICT(STR("\1", "a") TENSOR(SIX, "K\0", "(K\1K\1K\1K\1K\1K\1K\1K\1K\1t",
        "(K\1t"))), "at most 8"},
      {"a tensor does not reach out of its storage",
       BYTES(DICT(STR("\1", "a") TENSOR(SIX, "K\0", "K\7\x85", "K\1\x85"))),
       "reaches out"},
      {"a stride does not lead out of the storage",
       BYTES(DICT(STR("\1", "a") TENSOR(SIX, "K\0", "K\2K\3\x86", "K\4K\1\x86"))),
       "reaches out"},
      {"an offset does not lead out of the storage",
       BYTES(DICT(STR("\1", "a") TENSOR(SIX, "K\6", ")", ")"))), "reaches out"},
      {"a reach that wraps is refused",
       BYTES(DICT(STR("\1", "a") TENSOR(SIX, "K\0", "K\5\x85",
        "\x8a\x08\0\0\0\0\0\0\0\x40\x85"))), "reaches out"},
      {"an empty tensor begins in its storage",
       BYTES(DICT(STR("\1", "a") TENSOR(SIX, "K\7", "K\0\x85", "K\1\x85"))),
       "reaches out"},
      {"a storage is in the file",
       BYTES(DICT(STR("\1", "a") TENSOR(STORAGE(FLOATS, "9", "K\6"), "K\0", ")", ")"))),
       "not in the zip file"},
      {"a storage is as large as it says",
       BYTES(DICT(STR("\1", "a") TENSOR(STORAGE(FLOATS, "0", "K\7"), "K\0", ")", ")"))),
       "not as large"},
      {"a storage size that wraps is refused",
       BYTES(DICT(STR("\1", "a") TENSOR(STORAGE(FLOATS, "0",
        "\x8a\x08\6\0\0\0\0\0\0\x40"), "K\0", ")", ")"))), "not as large"},
      {"a name occurs once", BYTES(DICT(STR("\1", "a") ROWS STR("\1", "a") ROWS)),
       "tensor a is there twice"},
      {"a stride of 0 cannot make more of the file than it holds",
       BYTES(DICT(STR("\1", "a") TENSOR(SIX, "K\0", "J\0\0\0\x7f\x85", "K\0\x85"))),
       "does not fit"},
      {"a pickle without tensors is refused", BYTES("\x80\2}."), "no dict of tensors"},
      {"a single tensor is no dict", BYTES("\x80\2" ROWS "."), "no dict of tensors"},
      {"two dicts of tensors are ambiguous",
       BYTES(DICT(STR("\5", "model") "}" STR("\1", "a") ROWS "s" STR("\x0a",
        "state_dict") "}" STR("\1", "a") ROWS "s")), "several dicts"},
  /* clang-format on */
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    check_begin(rows[i].says);
    const bool named =
        strstr(rows[i].words, "asks for") || strstr(rows[i].words, "expected 2") ||
        (strstr(rows[i].words, "opcode") && !strstr(rows[i].words, "unknown"));
    expect_refusal(open_pickle(rows[i].pickle, rows[i].bytes),
                   named ? BIOBERT_UNSUPPORTED : BIOBERT_FORMAT, rows[i].words);
  }
}

/* PROTO 2 and then one opcode over and over. */
static void test_pickle_limits(void) {
  static const struct {
    const char *says, *repeated, *words;
  } rows[] = {
  /* clang-format off */
      {"the stack has a limit, so no tuple is huge", "N", "too many values on the stack"},
      {"marks have a limit", "(", "nested too deeply"},
      {"values have a limit", "N\x85N", "too many values"},
      {"dicts have a limit", "}", "too many values"},
  /* clang-format on */
  };
  static char pickle[FILE_BYTES] = "\x80\2";
  for (size_t i = 0; i < COUNT(rows); i++) {
    check_begin(rows[i].says);
    const size_t length = strlen(rows[i].repeated);
    for (size_t at = 2; at + length <= sizeof pickle; at += length)
      memcpy(pickle + at, rows[i].repeated, length);
    expect_refusal(open_pickle(pickle, sizeof pickle), BIOBERT_FORMAT, rows[i].words);
  }
}

static void test_pickle_read(void) {
  static const float rows[] = {1, 2, 3, 4, 5, 6}, columns[] = {1, 4, 2, 5, 3, 6};
  /* clang-format off */
  bb_weights *w = open_pickle(BYTES(DICT(
      STR("\1", "a") ROWS
      STR("\1", "t") TENSOR(SIX, "K\0", "K\3K\2\x86", "K\1K\3\x86") /* transposed */
      STR("\1", "o") TENSOR(SIX, "K\2", "K\2\x85", "K\3\x85")         /* a column */
      STR("\1", "s") TENSOR(SIX, "K\5", ")", ")")                     /* a scalar */
      STR("\1", "e") TENSOR(SIX, "K\6", "K\3K\0\x86", "K\1K\1\x86") /* empty */
      STR("\1", "x") TENSOR(SIX, "K\1", "K\2K\2\x86", "K\0K\1\x86") /* expanded */
      STR("\1", "p") "ctorch._utils\n_rebuild_parameter\n("
          TENSOR(SIX, "K\0", "K\1K\2\x86", "M\x2c\1K\1\x86") HOOKS "tR"
      STR("\1", "z") TENSOR(SIX, "\x8a\0", "K\6\x85", "K\1\x85") /* 0 of no bytes */
      STR("\1", "n") "N"
      STR("\1", "f") "G\0\0\0\0\0\0\0\0"
      STR("\1", "l") "](K\1NeNa")));
  /* clang-format on */
  check_begin("a state_dict is read, and what is no tensor is left out");
  if (!w) CHECK_STR(err.message, "");
  if (!w) return;
  CHECK_STR(w->format, "pytorch");
  CHECK_INT(w->tensor_count, 8);
  check_begin("tensors may share a storage");
  expect_values(w, "a", rows, 6);
  check_begin("a transposed tensor is read in its own order");
  expect_values(w, "t", columns, 6);
  check_begin("a slice starts at its offset and keeps its stride");
  expect_values(w, "o", (const float[]){3, 6}, 2);
  check_begin("a scalar has one element");
  expect_values(w, "s", (const float[]){6}, 1);
  check_begin("an empty tensor has none");
  expect_values(w, "e", NULL, 0);
  check_begin("an expanded tensor repeats its row");
  expect_values(w, "x", (const float[]){2, 3, 2, 3}, 4);
  check_begin("a parameter is its tensor; the stride of one row does not matter");
  expect_values(w, "p", (const float[]){1, 2}, 2);
  check_begin("a number of no bytes is 0");
  expect_values(w, "z", rows, 6);
  bb_weights_close(w);
}

static void test_pickle_shapes(void) {
  bb_weights *w;
  check_begin("a state_dict with attributes is read");
  w = open_pickle(BYTES("\x80\2"
                        "ccollections\nOrderedDict\nq\0)Rq\1(" STR(
                            "\1", "a") "q\2" ROWS
                                       "u}" STR("\x09", "_metadata") "h\0)Rsb."));
  CHECK(w && w->tensor_count == 1);
  bb_weights_close(w);

  check_begin("a state_dict in a checkpoint is unwrapped");
  w = open_pickle(BYTES(DICT(STR("\5", "epoch") "K\3" STR("\4", "best") ROWS STR(
      "\x10", "model_state_dict") "}" STR("\1", "a") ROWS "s")));
  CHECK(w && w->tensor_count == 1 && bb_weights_find(w, "a"));
  bb_weights_close(w);

  check_begin("a dict that holds itself is no endless loop");
  w = open_pickle(BYTES("\x80\2}q\0(" STR("\5", "model") "h\0" STR("\1", "a") ROWS "u."));
  CHECK(w && w->tensor_count == 1);
  bb_weights_close(w);

  check_begin("tensors that share bytes too often are refused");
  static char pickle[FILE_BYTES] = "\x80\2}(";
  size_t at = 4;
  for (int i = 0; i < 60; i++) {
    static const char row[] = STR("\2", "aa") "h\0";
    memcpy(pickle + at, row, sizeof row - 1);
    pickle[at + 5] = (char)('a' + i % 16);
    pickle[at + 6] = (char)('a' + i / 16);
    at += sizeof row - 1;
    if (i) continue;
    static const char first[] = TENSOR(SIX, "K\0", "K\x20K\6\x86", "K\0K\1\x86") "q\0";
    memcpy(pickle + at - 2, first, sizeof first - 1);
    at += sizeof first - 3;
  }
  memcpy(pickle + at, "u.", 2);
  expect_refusal(open_pickle(pickle, at + 2), BIOBERT_FORMAT,
                 "share their bytes so often");
}

/* Zip -------------------------------------------------------------------------------- */

/* Writes a number over the bytes at a place. */
static void poke(struct zip *z, size_t at, uint64_t value, size_t bytes) {
  memcpy(z->bytes + at, &value, bytes);
}

static void cut_off(struct zip *z) {
  z->len -= 10;
}
static void trailing(struct zip *z) {
  zip_put(z, "x", 1);
}
static void compressed(struct zip *z) {
  poke(z, z->central[2] + 10, 8, 2);
}
static void compressed_local(struct zip *z) {
  poke(z, z->local[2] + 8, 8, 2);
}
static void encrypted(struct zip *z) {
  poke(z, z->central[2] + 8, 1, 2);
}
static void other_disk(struct zip *z) {
  poke(z, z->central[2] + 34, 1, 2);
}
static void two_sizes(struct zip *z) {
  poke(z, z->central[2] + 20, 23, 4);
}
static void wrong_crc(struct zip *z) {
  poke(z, z->central[0] + 16, 1, 4);
}
static void no_local(struct zip *z) {
  poke(z, z->local[2], 0, 4);
}
static void far_local(struct zip *z) {
  poke(z, z->central[2] + 42, 0xFFFFFF00, 4);
}
static void wrong_name(struct zip *z) {
  poke(z, z->local[2] + ZIP_LOCAL, 'n', 1);
}
static void name_nul(struct zip *z) {
  poke(z, z->central[2] + ZIP_CENTRAL, 0, 1);
}
static void long_name(struct zip *z) {
  poke(z, z->central[3] + 28, 0xFFFF, 2);
}
static void no_pickle(struct zip *z) {
  poke(z, z->local[0] + ZIP_LOCAL + 2, 'D', 1);
  poke(z, z->central[0] + ZIP_CENTRAL + 2, 'D', 1);
}
static void too_large(struct zip *z) {
  poke(z, z->central[2] + 20, 1 << 20, 4);
  poke(z, z->central[2] + 24, 1 << 20, 4);
}
static void overlap(struct zip *z) {
  poke(z, z->central[2] + 20, 40, 4);
  poke(z, z->central[2] + 24, 40, 4);
}
static void same_place(struct zip *z) {
  /* m/byteorder and m/version: one becomes a second name of the other's place. */
  poke(z, z->central[3] + 42, z->local[1], 4);
}
static void twice(struct zip *z) {
  memcpy(z->bytes + z->local[3] + ZIP_LOCAL, "m/data/01", 9);
  memcpy(z->bytes + z->central[3] + ZIP_CENTRAL, "m/data/01", 9);
  z->bytes[z->local[2] + ZIP_LOCAL + 7] = '0';
  memcpy(z->bytes + z->local[3] + ZIP_LOCAL, "m/data/0", 8);
  memcpy(z->bytes + z->central[3] + ZIP_CENTRAL, "m/data/0", 8);
  poke(z, z->local[3] + 26, 8, 2);
  poke(z, z->local[3] + 28, 1, 2);
  poke(z, z->central[3] + 28, 8, 2);
  poke(z, z->central[3] + 32, 1, 2); /* the ninth byte becomes a comment */
}
static void big_endian(struct zip *z) {
  memcpy(z->bytes + z->data[1], "bigend", 6);
  poke(z, z->central[1] + 16, zip_crc("bigend", 6), 4);
}
static void bad_extra(struct zip *z) {
  poke(z, z->central[3] + 28, 4, 2); /* five bytes of the name become an extra field */
  poke(z, z->central[3] + 30, 5, 2);
  poke(z, z->central[3] + ZIP_CENTRAL + 6, 0xFFFF, 2);
}
static void script(struct zip *z) {
  memcpy(z->bytes + z->central[3] + ZIP_CENTRAL, "m/code/ab", 9);
}
static void no_directory(struct zip *z) {
  poke(z, z->directory, 0, 4);
}
static void few_entries(struct zip *z) {
  poke(z, z->end64 + 24, 3, 8);
  poke(z, z->end64 + 32, 3, 8);
  poke(z, z->end + 8, 3, 2);
  poke(z, z->end + 10, 3, 2);
}
static void count_lie(struct zip *z) {
  poke(z, z->end64 + 32, 5, 8);
}
static void huge_count(struct zip *z) {
  poke(z, z->end64 + 24, UINT64_MAX, 8);
  poke(z, z->end64 + 32, UINT64_MAX, 8);
  poke(z, z->end + 8, 0xFFFF, 2);
  poke(z, z->end + 10, 0xFFFF, 2);
}
static void more_entries(struct zip *z) {
  poke(z, z->end64 + 24, 60000, 8);
  poke(z, z->end64 + 32, 60000, 8);
  poke(z, z->end + 8, 60000, 2);
  poke(z, z->end + 10, 60000, 2);
}
static void offset_lie(struct zip *z) {
  poke(z, z->end64 + 48, UINT64_MAX - 3, 8);
  poke(z, z->end + 16, UINT32_MAX, 4);
}
static void size_lie(struct zip *z) {
  poke(z, z->end64 + 40, UINT64_MAX, 8);
  poke(z, z->end + 12, UINT32_MAX, 4);
}
static void classic_lie(struct zip *z) {
  poke(z, z->end + 16, 1, 4);
}
static void locator_lie(struct zip *z) {
  poke(z, z->locator + 8, UINT64_MAX, 8);
}
static void end64_mark(struct zip *z) {
  poke(z, z->end64, 0, 4);
}
static void end64_size(struct zip *z) {
  poke(z, z->end64 + 4, UINT64_MAX, 8);
}
static void end64_disk(struct zip *z) {
  poke(z, z->end64 + 16, 1, 4);
}
static void disk(struct zip *z) {
  poke(z, z->end + 4, 1, 2);
}
static void two_ends(struct zip *z) {
  poke(z, z->end + 20, 22, 2);
  zip_number(z, 0x06054b50, 4);
  zip_zeros(z, 18);
}

static void test_zip_refused(void) {
  static const struct {
    const char *says;
    void (*damage)(struct zip *z);
    const char *words;
  } rows[] = {
  /* clang-format off */
      {"a zip file has its end", cut_off, "without its end: cut off?"},
      {"nothing stands behind the end", trailing, "without its end"},
      {"a compressed entry is refused", compressed, "m/data/0: it is compressed"},
      {"an entry that is compressed in its header is refused", compressed_local,
       "not what the zip directory says"},
      {"an encrypted entry is refused", encrypted, "encrypted"},
      {"an entry of another disk is refused", other_disk, "in another file"},
      {"a stored entry has one size", two_sizes, "two different sizes"},
      {"the pickle's checksum is right", wrong_crc, "m/data.pkl: its checksum is wrong"},
      {"an entry has a header", no_local, "not what the zip directory says"},
      {"a header is in the file", far_local, "outside the file"},
      {"a header has the name of the directory", wrong_name,
       "not what the zip directory"},
      {"a name has no NUL", name_nul, "holds a NUL"},
      {"a name is in the directory", long_name, "directory is damaged"},
      {"there is a data.pkl", no_pickle, "without data.pkl"},
      {"an entry ends in the file", too_large, "outside the file"},
      {"entries do not overlap", overlap, "overlaps another"},
      {"two entries do not share a place", same_place, "not what the zip directory says"},
      {"a name occurs once", twice, "m/data/0: it is there twice"},
      {"the byte order is little-endian", big_endian, "not little-endian"},
      {"an extra field is whole", bad_extra, "extra field is damaged"},
      {"a TorchScript program is refused", script, "TorchScript program"},
      {"the directory has its marks", no_directory, "directory is damaged"},
      {"the directory has all entries", few_entries, "directory is damaged"},
      {"the zip64 record agrees with itself", count_lie, "disagree"},
      {"a huge number of entries is refused", huge_count, "too many zip entries"},
      {"a number of entries fits the directory", more_entries, "room for fewer entries"},
      {"a zip64 offset does not wrap", offset_lie, "not where it is said to be"},
      {"a zip64 size does not wrap", size_lie, "not where it is said to be"},
      {"the two end records agree", classic_lie, "disagree"},
      {"the zip64 record is in its place", locator_lie, "not where it is said to be"},
      {"the zip64 record has its mark", end64_mark, "zip64 end record is damaged"},
      {"the zip64 record has its size", end64_size, "zip64 end record is damaged"},
      {"the zip64 record is of the first disk", end64_disk, "disagree"},
      {"the end is of the first disk", disk, "in several parts"},
      {"two ends are two archives", two_ends, "with two ends"},
  /* clang-format on */
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    check_begin(rows[i].says);
    struct zip z;
    zip_of_pickle(&z, BYTES(DICT(STR("\1", "a") ROWS)), true);
    rows[i].damage(&z);
    write_file("x.bin", z.bytes, z.len);
    const bool kind =
        strstr(rows[i].words, "TorchScript") || strstr(rows[i].words, "endian");
    expect_refusal(open_file("x.bin"), kind ? BIOBERT_UNSUPPORTED : BIOBERT_FORMAT,
                   rows[i].words);
  }
}

static void test_zip_read(void) {
  struct zip z;
  check_begin("a zip file without zip64 records is read");
  zip_of_pickle(&z, BYTES(DICT(STR("\1", "a") ROWS)), false);
  write_file("x.bin", z.bytes, z.len);
  bb_weights *w = open_file("x.bin");
  expect_values(w, "a", (const float[]){1, 2, 3, 4, 5, 6}, 6);
  bb_weights_close(w);

  check_begin("a file of two pickles is refused");
  static unsigned char file[FILE_BYTES];
  z = (struct zip){.bytes = file, .capacity = sizeof file};
  zip_add(&z, "a/data.pkl", BYTES("\x80\2}."));
  zip_add(&z, "b/data.pkl", BYTES("\x80\2}."));
  zip_finish(&z, true);
  write_file("x.bin", z.bytes, z.len);
  expect_refusal(open_file("x.bin"), BIOBERT_FORMAT, "two data.pkl");

  check_begin("an empty zip file is refused");
  z = (struct zip){.bytes = file, .capacity = sizeof file};
  zip_finish(&z, true);
  write_file("x.bin", z.bytes, z.len);
  expect_refusal(open_file("x.bin"), BIOBERT_FORMAT, "without data.pkl");
}

/* Numbers of an entry that do not fit 32 bits stand in an extra field, those alone that
 * do not, in the order of size, size in the file, place. */
static void test_zip64_fields(void) {
  static const struct {
    const char *says, *extra;
    size_t bytes;
    unsigned wide;     /* bits: size, size in the file, place */
    const char *words; /* NULL: it is read */
  } rows[] = {
  /* clang-format off */
      {"all numbers of an entry may be wide",
       BYTES("\1\0\x18\0\x18\0\0\0\0\0\0\0\x18\0\0\0\0\0\0\0PPPPPPPP"), 7, NULL},
      {"a place alone may be", BYTES("\1\0\x08\0PPPPPPPP"), 4, NULL},
      {"another field before it does not matter",
       BYTES("\2\0\x08\0xxxxxxxx\1\0\x08\0PPPPPPPP"), 4, NULL},
      {"a field of numbers that fit is not asked", BYTES("\1\0\x08\0xxxxxxxx"), 0, NULL},
      {"a wide number is whole", BYTES("\1\0\4\0PPPP"), 4, "extra field is damaged"},
      {"a field is no longer than its entry", BYTES("\1\0\x09\0PPPPPPPP"), 4,
       "extra field is damaged"},
      {"a wide number is there", BYTES(""), 4, "outside the file"},
  /* clang-format on */
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    static unsigned char file[FILE_BYTES];
    struct zip z, from;
    unsigned char extra[64];
    check_begin(rows[i].says);
    zip_of_pickle(&from, BYTES(DICT(STR("\1", "a") ROWS)), false);
    /* The same file, with the field between the third entry and the fourth. */
    const uint64_t place = from.local[2];
    memcpy(extra, rows[i].extra, rows[i].bytes);
    for (size_t at = 0; at + 8 <= rows[i].bytes; at++)
      if (memcmp(extra + at, "PPPPPPPP", 8) == 0) memcpy(extra + at, &place, 8);
    z = from;
    z.bytes = file;
    memcpy(file, from.bytes, from.central[3]);
    z.len = from.central[3];
    zip_put(&z, extra, rows[i].bytes);
    zip_put(&z, from.bytes + from.central[3], from.len - from.central[3]);
    poke(&z, z.central[2] + 30, rows[i].bytes, 2);
    if (rows[i].wide & 1) poke(&z, z.central[2] + 24, UINT32_MAX, 4);
    if (rows[i].wide & 2) poke(&z, z.central[2] + 20, UINT32_MAX, 4);
    if (rows[i].wide & 4) poke(&z, z.central[2] + 42, UINT32_MAX, 4);
    const size_t end = from.end + rows[i].bytes;
    poke(&z, end + 12, end - z.directory, 4);
    write_file("x.bin", z.bytes, z.len);
    bb_weights *w = open_file("x.bin");
    if (rows[i].words)
      expect_refusal(w, BIOBERT_FORMAT, rows[i].words);
    else
      expect_values(w, "a", (const float[]){1, 2, 3, 4, 5, 6}, 6);
    if (!rows[i].words) bb_weights_close(w);
  }
}

/* Directories and formats ------------------------------------------------------------ */

static void test_formats_by_name(void) {
  static const struct {
    const char *says, *bytes;
    size_t count;
    biobert_status status;
    const char *words;
  } rows[] = {
  /* clang-format off */
      {"HDF5 is named", BYTES("\x89HDF\r\n\x1a\n"), BIOBERT_UNSUPPORTED, "HDF5"},
      {"an unknown file is no weights", BYTES("hello"), BIOBERT_FORMAT,
       "neither safetensors"},
      {"an empty file is no weights", BYTES(""), BIOBERT_FORMAT, "neither safetensors"},
  /* clang-format on */
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    check_begin(rows[i].says);
    write_file("x.weights", rows[i].bytes, rows[i].count);
    expect_refusal(open_file("x.weights"), rows[i].status, rows[i].words);
  }
  unlink(path_of("x.weights"));

  check_begin("a file that is not there is named");
  expect_refusal(open_file("nope"), BIOBERT_IO, "nope");
}

static void test_directory(void) {
  static const char *const names[] = {"model.safetensors", "pytorch_model.bin"};
  check_begin("a directory without weights says what it looked for");
  expect_refusal(open_directory(), BIOBERT_IO,
                 "looked for model.safetensors, model.safetensors.index.json, "
                 "pytorch_model.bin, pytorch_model.bin.index.json");

  check_begin("PyTorch's file is taken where there is no other");
  struct zip z;
  zip_of_pickle(&z, BYTES(DICT(STR("\1", "a") ROWS)), true);
  write_file("pytorch_model.bin", z.bytes, z.len);
  bb_weights *w = open_directory();
  CHECK(w && bb_weights_find(w, "a"));
  bb_weights_close(w);

  check_begin("safetensors goes before PyTorch");
  write_safetensors("model.safetensors", "{" T("s", "F32", "[1]", "0", "4") "}",
                    "\0\0\0\0", 4);
  w = open_directory();
  CHECK(w && strcmp(w->format, "safetensors") == 0);
  check_begin("what was passed over is known by name");
  CHECK_STR(w ? w->passed_over : "", "pytorch_model.bin");
  bb_weights_close(w);
  remove_files(names, COUNT(names));

  check_begin("a TensorFlow checkpoint is known by its name");
  write_file("model.ckpt-7.index", "\0\0", 2);
  expect_refusal(open_directory(), BIOBERT_FORMAT, "no LevelDB table");
  check_begin("of several checkpoints one has to be named");
  write_file("model.ckpt-8.index", "\0\0", 2);
  expect_refusal(open_directory(), BIOBERT_UNSUPPORTED,
                 "2 tensorflow files, such as model");
  unlink(path_of("model.ckpt-7.index"));
  unlink(path_of("model.ckpt-8.index"));

  check_begin("a GGUF file has to be named");
  write_file("m.gguf", "GGUF", 4);
  expect_refusal(open_directory(), BIOBERT_UNSUPPORTED, "m.gguf, which is taken only by");
  unlink(path_of("m.gguf"));
}

static void test_shards_refused(void) {
  static const struct {
    const char *says, *index, *words;
  } rows[] = {
  /* clang-format off */
      {"an index is JSON", "{", "no valid JSON"},
      {"an index has a map", "{\"metadata\":{}}", "weight_map is absent"},
      {"the map is an object", "{\"weight_map\":[]}", "weight_map is an array"},
      {"a file name is a string", "{\"weight_map\":{\"a\":1}}", "a is a number"},
      {"a file name is not empty", "{\"weight_map\":{\"a\":\"\"}}",
       "expected a file name"},
      {"a file is not above the directory",
       "{\"weight_map\":{\"a\":\"../s1.safetensors\"}}",
       "expected one of the same directory"},
      {"a file is not elsewhere", "{\"weight_map\":{\"a\":\"/etc/passwd\"}}",
       "expected one of the same directory"},
      {"a backslash is no name", "{\"weight_map\":{\"a\":\"x\\\\y\"}}",
       "expected one of the same directory"},
      {"a file name has no NUL", "{\"weight_map\":{\"a\":\"s1.safetensors\\u0000\"}}",
       "expected one of the same directory"},
      {"a directory is no file", "{\"weight_map\":{\"a\":\"..\"}}", "same directory"},
      {"a tensor is in the file of the map",
       "{\"weight_map\":{\"a\":\"s1.safetensors\",\"b\":\"s1.safetensors\"}}",
       "tensor b is not in s1.safetensors"},
      {"a tensor is not in another file",
       "{\"weight_map\":{\"a\":\"s1.safetensors\",\"b\":\"s1.safetensors\","
        "\"x\":\"s2.safetensors\"}}", "tensor b is not in s1.safetensors"},
      {"two files do not hold one tensor",
       "{\"weight_map\":{\"a\":\"s1.safetensors\",\"c\":\"s3.safetensors\"}}",
       "tensor a is there twice"},
      {"an index may be a git-lfs pointer",
       "version https://git-lfs.github.com/spec/v1\n", "git lfs pull"},
  /* clang-format on */
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    check_begin(rows[i].says);
    write_file("model.safetensors.index.json", rows[i].index, strlen(rows[i].index));
    expect_refusal(open_directory(), BIOBERT_FORMAT, rows[i].words);
  }
  check_begin("every file of the map is there");
  static const char missing[] = "{\"weight_map\":{\"a\":\"s9.safetensors\"}}";
  write_file("model.safetensors.index.json", BYTES(missing));
  expect_refusal(open_directory(), BIOBERT_IO, "s9.safetensors: No such file");
}

static void test_shards(void) {
  static const char *const names[] = {"s1.safetensors", "s2.safetensors",
                                      "s3.safetensors", "model.safetensors.index.json"};
  write_safetensors("s1.safetensors", "{" T("a", "F32", "[1]", "0", "4") "}",
                    "\0\0\x80\x3f", 4);
  write_safetensors("s2.safetensors", "{" T("b", "F32", "[1]", "0", "4") "}",
                    "\0\0\0\x40", 4);
  write_safetensors("s3.safetensors", "{" T("a", "F32", "[1]", "0", "4") "}", "\0\0\0\0",
                    4);
  test_shards_refused();

  check_begin("weights in several files are read as one");
  static const char index[] = "{\"metadata\":{\"total_size\":8},\"weight_map\":"
                              "{\"a\":\"s1.safetensors\",\"b\":\"s2.safetensors\"}}";
  write_file("model.safetensors.index.json", BYTES(index));
  bb_weights *w = open_directory();
  CHECK(w && w->file_count == 2 && w->tensor_count == 2);
  expect_values(w, "a", (const float[]){1}, 1);
  expect_values(w, "b", (const float[]){2}, 1);
  bb_weights_close(w);
  remove_files(names, COUNT(names));
}

static void test_shape_text(void) {
  char buffer[128];
  check_begin("a shape is written as one writes it");
  CHECK_STR(bb_shape_text(
                &(bb_tensor){
                    .rank = 2, .shape = {384, 1536}
  },
                buffer),
            "[384, 1536]");
  CHECK_STR(bb_shape_text(&(bb_tensor){.rank = 0}, buffer), "[]");
  check_begin("a shape that is too long is cut");
  bb_tensor t = {.rank = BB_MAX_RANK};
  for (size_t i = 0; i < BB_MAX_RANK; i++) t.shape[i] = UINT64_MAX;
  CHECK(strlen(bb_shape_text(&t, buffer)) < sizeof buffer);
  CHECK(strstr(buffer, ", ...]"));
}

int main(void) {
  if (!mkdtemp(directory)) return 1;
  test_safetensors_refused();
  test_safetensors_lengths();
  test_safetensors_limits();
  test_safetensors_read();
  test_null_metadata();
  test_blocks();
  test_pickle_refused();
  test_pickle_limits();
  test_pickle_read();
  test_pickle_shapes();
  test_zip_refused();
  test_zip_read();
  test_zip64_fields();
  test_formats_by_name();
  test_directory();
  test_shards();
  test_shape_text();
  static const char *const left[] = {"x.safetensors", "x.bin"};
  remove_files(left, COUNT(left));
  if (rmdir(directory) != 0) return 1;
  return check_report();
}
