/* Spec of core/format/pickle.c: which pickles are read, and which refused. */
#include "weights_file.h"

#include "format/pickle.h"

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
      {"nothing follows STOP", BYTES("\x80\2}.N"), "goes on behind STOP"},
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

int main(void) {
  begin_files();
  test_pickle_refused();
  test_pickle_limits();
  test_pickle_read();
  test_pickle_shapes();
  return end_files();
}
