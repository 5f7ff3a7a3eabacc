/* test_cut_files.c - files of weights that end too early, at any byte, as an interrupted
 * download leaves them: each is refused by a message that names it, and no weight is made
 * of a part. Where a checksum would stop every cut, what it protects is cut by itself. */
#include "check.h"
#include "format_writer.h"
#include "model_folder.h"

#include "base/status.h"
#include "format/pickle.h"
#include "format/weights.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define BYTES(text) text, sizeof(text) - 1
#define CORPUS "tests/fuzz/corpus/"

static biobert_error err;

static bb_weights *open_bytes(const char *name, const void *bytes, size_t count) {
  char path[FOLDER_PATH];
  bb_weights *w = NULL;
  file_write(folder_path(path, name), bytes, count);
  err = (biobert_error){0};
  return bb_weights_open_file(path, &w, &err) ? NULL : w;
}

/* A file of the corpus; ends the program where there is none. */
static char *corpus_file(const char *path, size_t *count) {
  char *bytes = file_read(path, count);
  if (!bytes) exit(2);
  return bytes;
}

static void write_variables(void) {
  static const float variables[16] = {1, 2};
  char path[FOLDER_PATH];
  file_write(folder_path(path, "m.ckpt.data-00000-of-00001"), variables,
             sizeof variables);
}

static void test_files(void) {
  static const struct {
    const char *says, *path, *name;
    size_t padding; /* behind the last weight: it may be missing */
  } rows[] = {
  /* clang-format off */
      {"a GGUF file is whole", CORPUS "gguf/f32.gguf", "m.gguf", 26},
      {"a GGUF file of blocks is whole", CORPUS "gguf/q8_0.gguf", "m.gguf", 26},
      {"a GGUF file of a quantiser is whole", CORPUS "gguf/k.gguf", "m.gguf", 14},
      {"a safetensors file is whole", CORPUS "safetensors/two.safetensors", "m.safetensors", 0},
      {"a torch.save file is whole", CORPUS "pytorch/state_dict.zip", "m.bin", 0},
      {"a torch.save file without zip64 is whole", CORPUS "pytorch/plain.zip", "m.bin", 0},
      {"a file of before PyTorch 1.6 is whole", CORPUS "legacy/state_dict.bin", "m.bin", 0},
      {"an index of TensorFlow's is whole", CORPUS "tensorflow/small.index", "m.ckpt.index", 0},
  /* clang-format on */
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    size_t count;
    char *bytes = corpus_file(rows[i].path, &count);
    check_begin(rows[i].says);
    bb_weights *w = open_bytes(rows[i].name, bytes, count);
    CHECK_STR(err.message, "");
    bb_weights_close(w);
    for (size_t cut = 0; w && cut < count - rows[i].padding; cut++) {
      bb_weights *part = open_bytes(rows[i].name, bytes, cut);
      check_context("%s, %zu of %zu bytes: %s", rows[i].name, cut, count, err.message);
      CHECK(!part);
      CHECK(err.status == BIOBERT_FORMAT || err.status == BIOBERT_UNSUPPORTED ||
            err.status == BIOBERT_IO);
      CHECK(strstr(err.message, rows[i].name) != NULL);
      bb_weights_close(part);
    }
    free(bytes);
  }
}

static void test_pickles(void) {
  static const char *const paths[] = {
      CORPUS "pytorch/state_dict.pkl",
      CORPUS "pytorch/checkpoint.pkl",
      CORPUS "pytorch/module.pkl",
  };
  check_begin("a pickle ends with its STOP");
  for (size_t i = 0; i < COUNT(paths); i++) {
    size_t count;
    char *bytes = corpus_file(paths[i], &count);
    for (size_t cut = 0; cut < count; cut++) {
      bb_pickle *pickle = NULL;
      err = (biobert_error){0};
      const biobert_status status =
          bb_pickle_load((biobert_str){bytes, cut}, "x.pkl", &pickle, &err);
      check_context("%s, %zu of %zu bytes: %s", paths[i], cut, count, err.message);
      CHECK(status == BIOBERT_FORMAT || status == BIOBERT_UNSUPPORTED);
      CHECK(!pickle);
      CHECK(strstr(err.message, "x.pkl") != NULL);
      bb_pickle_free(pickle);
    }
    free(bytes);
  }
}

/* TensorFlow: the checksums of the table are right ------------------------------------
 */

#define HEADER BYTES("\x08\1\x1a\2\x08\1")

static struct writer table, entries;

static bb_weights *open_entries(void) {
  table.len = 0;
  put_table(&table, &entries, 0);
  return open_bytes("m.ckpt.index", table.bytes, table.len);
}

/* The values of the only tensor could be read. */
static bool reads_well(const bb_weights *w) {
  float values[16];
  return w && w->tensor_count > 0 &&
         bb_weights_read(w, w->tensors, values, NULL) == BIOBERT_OK;
}

static void test_tensorflow_entry(void) {
  /* Every field that is known, then one that is not. */
  static struct writer entry;
  static const float kernel[] = {1, 2};
  const uint32_t crc = bb_crc32c(0, kernel, sizeof kernel);
  put(&entry, BYTES("\x08\1\x12\x0a\x12\2\x08\1\x12\4\x08\2\x12\0\x18\0 \0(\x08"
                    "5"));
  put_number(&entry, (crc >> 15 | crc << 17) + 0xa282ead8u, 4);
  const size_t whole = entry.len;
  put(&entry, BYTES("\x49"
                    "12345678"));
  check_begin("no values come out of a part of a variable's description");
  for (size_t cut = 0; cut <= entry.len; cut++) {
    entries.len = 0;
    put_entry(&entries, "", HEADER);
    put_entry(&entries, "bert/pooler/dense/kernel", entry.bytes, cut);
    bb_weights *w = open_entries();
    check_context("%zu of %zu bytes: %s", cut, entry.len, err.message);
    CHECK(reads_well(w) == (cut == whole || cut == entry.len));
    bb_weights_close(w);
  }
}

static void test_tensorflow_block(void) {
  size_t count;
  char *bytes = corpus_file(CORPUS "tensorflow/entries.block", &count);
  check_begin("no more variables come out of a part of a block than are in it");
  entries.len = 0;
  put(&entries, bytes, count);
  bb_weights *w = open_entries();
  CHECK_STR(err.message, "");
  size_t max = w ? w->tensor_count : 0;
  bb_weights_close(w);
  for (size_t cut = 0; max && cut < count; cut++) {
    entries.len = cut;
    w = open_entries();
    check_context("%zu of %zu bytes: %s", cut, count, err.message);
    CHECK(w ? w->tensor_count < max : strstr(err.message, "m.ckpt.index") != NULL);
    bb_weights_close(w);
  }
  free(bytes);
}

int main(void) {
  folder_begin();
  write_variables();
  test_files();
  test_pickles();
  test_tensorflow_entry();
  test_tensorflow_block();
  return check_report();
}
