/* Spec of core/format/safetensors.c. */
#include "weights_file.h"

#include <math.h>

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
      {"nothing follows the last tensor", "{" T("a", "F32", "[1]", "0", "4") "}", 5,
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

int main(void) {
  begin_files();
  test_safetensors_refused();
  test_safetensors_lengths();
  test_safetensors_limits();
  test_safetensors_read();
  test_null_metadata();
  test_blocks();
  return end_files();
}
