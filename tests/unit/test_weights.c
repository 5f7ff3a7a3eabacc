/* Spec of core/format/weights.c and shards.c: which files of a directory are read. */
#include "weights_file.h"

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
  begin_files();
  test_formats_by_name();
  test_directory();
  test_shards();
  test_shape_text();
  return end_files();
}
