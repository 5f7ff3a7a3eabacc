/* test_damaged_pickles.c - pickles in PyTorch's legacy form that its writer never makes:
 * values of another kind, numbers that wrap, more values than are read. */
#include "check.h"
#include "model_folder.h"

#include "base/status.h"
#include "format/weights.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
/* A literal with NULs in it: the bytes and their number. */
#define BYTES(literal) literal, sizeof(literal) - 1

#define MAGIC "\x80\2\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."
#define VERSION "\x80\2M\xe9\3."
#define LITTLE "\x80\2}X\x0d\0\0\0little_endian\x88s."
#define FRONT MAGIC VERSION LITTLE
#define STR(length, text) "X" length "\0\0\0" text
#define STORAGE_OF(type, key, elements, view)                                            \
  "(" STR("\7", "storage") "ctorch\n" type "\n" STR("\1", key) STR("\3", "cpu")          \
      elements view "tQ"
#define STORAGE(key, elements, view) STORAGE_OF("FloatStorage", key, elements, view)
#define REBUILD "ctorch._utils\n_rebuild_tensor\n("
#define TENSOR(storage) REBUILD storage "K\0K\2\x85K\1\x85tR"
#define DICT_OF(value) "\x80\2}" STR("\1", "a") value "s."
#define KEYS "\x80\2]" STR("\1", "0") "a."
#define DATA "\2\0\0\0\0\0\0\0\0\0\x80\x3f\0\0\0\x40"    /* 2 elements: 1, 2 */
#define LARGE "\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f" /* 2^63 - 1 */

static biobert_error err;

static bb_weights *open_bytes(const void *bytes, size_t count) {
  char path[FOLDER_PATH];
  bb_weights *w = NULL;
  file_write(folder_path(path, "x.bin"), bytes, count);
  err = (biobert_error){0};
  return bb_weights_open_file(path, &w, &err) ? NULL : w;
}

static void expect_refusal(bb_weights *w, const char *words) {
  CHECK(!w);
  CHECK(err.status == BIOBERT_FORMAT || err.status == BIOBERT_UNSUPPORTED);
  if (!strstr(err.message, words)) CHECK_STR(err.message, words);
  bb_weights_close(w);
}

static void test_refused(void) {
  static const struct {
    const char *says, *file;
    size_t bytes;
    const char *words;
  } rows[] = {
  /* clang-format off */
      {"the version is a number", BYTES(MAGIC "\x80\2N." LITTLE), "another version"},
      {"the byte order is in a dict", BYTES(MAGIC VERSION "\x80\2N." DICT_OF("N")), "not little-endian"},
      {"the byte order is a truth value", BYTES(MAGIC VERSION "\x80\2}X\x0d\0\0\0little_endianK\1s."), "not little-endian"},
      {"a file is longer than its mark", BYTES("\x80\2\x8a\x0a\x6c\xfc"), ""},
      {"a pair has two values", BYTES(FRONT "\x80\2" "ccollections\nOrderedDict\n](NNNta\x85R."), "no list of pairs"},
      {"a pair is a tuple or a list", BYTES(FRONT "\x80\2" "ccollections\nOrderedDict\n]Na\x85R."), "no list of pairs"},
      {"a shape is a tuple", BYTES(FRONT DICT_OF(REBUILD STORAGE("0", "K\2", "N") "K\0]K\1\x85tR") KEYS DATA), "no tuples of whole numbers"},
      {"strides are a tuple", BYTES(FRONT DICT_OF(REBUILD STORAGE("0", "K\2", "N") "K\0K\2\x85NtR") KEYS DATA), "no tuples of whole numbers"},
      {"a shape has at most eight numbers",
       BYTES(FRONT DICT_OF(REBUILD STORAGE("0", "K\2", "N") "K\0(K\1K\1K\1K\1K\1K\1K\1K\1K\1tK\1\x85tR") KEYS DATA), "no tuples of whole numbers"},
      {"a view is a tuple", BYTES(FRONT DICT_OF(TENSOR(STORAGE("0", "K\2", "K\1"))) KEYS DATA), "no storage"},
      {"a view has three values", BYTES(FRONT DICT_OF(TENSOR(STORAGE("0", "K\2", "(K\0K\2t"))) KEYS DATA), "no storage"},
      {"a view begins at a number", BYTES(FRONT DICT_OF(TENSOR(STORAGE("0", "K\2", "(NNK\2t"))) KEYS DATA), "no storage"},
      {"a view has a number of elements", BYTES(FRONT DICT_OF(TENSOR(STORAGE("0", "K\2", "(NK\0Nt"))) KEYS DATA), "no storage"},
      {"a storage has a number of elements", BYTES(FRONT DICT_OF(TENSOR(STORAGE("0", "N", "N"))) KEYS DATA), "no storage"},
      {"a name has no NUL", BYTES(FRONT "\x80\2}" STR("\3", "a\0b") TENSOR(STORAGE("0", "K\2", "N")) "s." KEYS DATA), "a NUL in the name"},
      {"one storage has one type",
       BYTES(FRONT "\x80\2}(" STR("\1", "a") TENSOR(STORAGE("0", "K\2", "N")) STR("\1", "b")
             TENSOR(STORAGE_OF("HalfStorage", "0", "K\2", "N")) "u." KEYS DATA), "two types of one storage"},
      {"an integer's size is its type too",
       BYTES(FRONT "\x80\2}(" STR("\1", "a") TENSOR(STORAGE_OF("IntStorage", "0", "K\2", "N")) STR("\1", "b")
             TENSOR(STORAGE_OF("LongStorage", "0", "K\2", "N")) "u." KEYS DATA), "two types of one storage"},
      {"a size in bytes that wraps is refused",
       BYTES(FRONT DICT_OF(TENSOR(STORAGE("0", LARGE, "N"))) KEYS "\xff\xff\xff\xff\xff\xff\xff\x7f"), "cut off"},
      {"the last element's place does not wrap",
       BYTES(FRONT DICT_OF(REBUILD STORAGE("0", "K\2", "N") LARGE "(K\2K\2K\2t(" LARGE LARGE LARGE "ttR") KEYS DATA), "reaches out of its storage"},
      {"a tensor's storage is one of the list",
       BYTES(FRONT "\x80\2}(" STR("\1", "a") TENSOR(STORAGE("0", "K\2", "N")) STR("\1", "b")
             TENSOR(STORAGE("1", "K\2", "N")) "u." KEYS DATA), "storage is not in the file"},
      {"a memo number is one of those there are", BYTES(FRONT "\x80\2}q\5."), "memo number that is out of range"},
  /* clang-format on */
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    check_begin(rows[i].says);
    expect_refusal(open_bytes(rows[i].file, rows[i].bytes), rows[i].words);
  }
}

static void test_read(void) {
  static const struct {
    const char *says, *file;
    size_t bytes;
  } rows[] = {
  /* clang-format off */
      {"what is no tensor, or has no name, is passed over",
       BYTES(FRONT "\x80\2}(" STR("\1", "b") "N" "K\1" TENSOR(STORAGE("0", "K\2", "N")) STR("\1", "a")
             TENSOR(STORAGE("0", "K\2", "N")) "u." KEYS DATA)},
      {"a value may be put in the memo again",
       BYTES(FRONT "\x80\2}q\0q\0" STR("\1", "a") TENSOR(STORAGE("0", "K\2", "N")) "s." KEYS DATA)},
      {"pairs are tuples too",
       BYTES(FRONT "\x80\2" "ccollections\nOrderedDict\n]" STR("\1", "a") TENSOR(STORAGE("0", "K\2", "N"))
             "\x86" "a\x85R." KEYS DATA)},
  /* clang-format on */
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    check_begin(rows[i].says);
    bb_weights *w = open_bytes(rows[i].file, rows[i].bytes);
    if (!w) CHECK_STR(err.message, "");
    if (w && CHECK_INT(w->tensor_count, 1)) CHECK_STR(w->tensors[0].name, "a");
    bb_weights_close(w);
  }
}

/* As many values as are read, of which a tuple of one takes one each time, and then what
 * takes one more. `taken` are those before and behind that are within the limit. */
static void test_values(void) {
  enum { MAX_VALUES = 1 << 20 /* as core/format/pickle_machine.h has it */ };
  static const struct {
    const char *says, *before;
    size_t before_bytes;
    const char *after;
    size_t after_bytes, taken;
  } rows[] = {
  /* clang-format off */
      {"a tuple", BYTES("N"), BYTES("\x85."), 0},
      {"an entry of a dict", BYTES("}N"), BYTES("Ns."), 1},
      {"entries of a dict", BYTES("}(N"), BYTES("Nu."), 1},
      {"an item of a list", BYTES("]N"), BYTES("a."), 1},
      {"an empty dict", BYTES("N"), BYTES("}."), 0},
      {"a dict of pairs", BYTES("N"), BYTES("ccollections\nOrderedDict\n)R."), 0},
      {"a storage", BYTES("N"), BYTES(STORAGE("0", "K\2", "N") "."), 6},
      {"a tensor", BYTES("N"), BYTES(TENSOR(STORAGE("0", "K\2", "N")) "."), 6 + 1 + 1 + 1 + 4},
  /* clang-format on */
  };
  static char file[sizeof FRONT + MAX_VALUES + 256];
  for (size_t i = 0; i < COUNT(rows); i++) {
    check_begin("a pickle of too many values is refused: the last is");
    check_context("%s", rows[i].says);
    char *at = file + sizeof FRONT - 1;
    memcpy(file, FRONT, sizeof FRONT - 1);
    memcpy(at, "\x80\2", 2);
    memcpy(at + 2, rows[i].before, rows[i].before_bytes);
    at += 2 + rows[i].before_bytes;
    memset(at, 0x85, MAX_VALUES - rows[i].taken);
    at += MAX_VALUES - rows[i].taken;
    memcpy(at, rows[i].after, rows[i].after_bytes);
    expect_refusal(open_bytes(file, (size_t)(at - file) + rows[i].after_bytes),
                   "too many values");
  }
}

int main(void) {
  folder_begin();
  test_refused();
  test_read();
  test_values();
  return check_report();
}
