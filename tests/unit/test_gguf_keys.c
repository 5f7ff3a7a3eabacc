/* test_gguf_keys.c - the keys of a GGUF file: a value is what its type says it is, and a
 * key of another type is refused by its name or is as if it were absent. */
#include "check.h"
#include "format_writer.h"
#include "model_folder.h"

#include "base/status.h"
#include "format/gguf.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define BYTES(literal) literal, sizeof(literal) - 1

static struct writer file;

static const char *write_file(char path[FOLDER_PATH]) {
  file_write(folder_path(path, "m.gguf"), file.bytes, file.len);
  return path;
}

/* Values ------------------------------------------------------------------------------
 */

/* "int 5 number 5", what the value can be read as. */
static const char *readings(const bb_gguf_value *value) {
  static char line[128];
  int64_t whole = 77;
  double number = 77;
  bool truth = false;
  biobert_str text = {"", 0};
  line[0] = '\0';
  if (bb_gguf_int(value, &whole)) sprintf(line, "int %lld ", (long long)whole);
  if (bb_gguf_number(value, &number)) sprintf(line + strlen(line), "number %g ", number);
  if (bb_gguf_bool(value, &truth)) sprintf(line + strlen(line), "bool %d ", truth);
  if (bb_gguf_string(value, &text))
    sprintf(line + strlen(line), "string %.*s ", (int)text.len, text.data);
  return line;
}

static void test_values(void) {
  static const struct {
    const char *says;
    uint32_t type;
    const char *bytes;
    size_t count;
    const char *readings;
  } rows[] = {
  /* clang-format off */
      {"a small unsigned number", BB_GGUF_U8, BYTES("\xff"), "int 255 number 255 "},
      {"a small signed one", BB_GGUF_I8, BYTES("\xff"), "int -1 number -1 "},
      {"16 bits unsigned", BB_GGUF_U16, BYTES("\xff\xff"), "int 65535 number 65535 "},
      {"16 bits signed", BB_GGUF_I16, BYTES("\xfe\xff"), "int -2 number -2 "},
      {"32 bits unsigned", BB_GGUF_U32, BYTES("\0\0\0\x80"), "int 2147483648 number 2.14748e+09 "},
      {"32 bits signed", BB_GGUF_I32, BYTES("\xfd\xff\xff\xff"), "int -3 number -3 "},
      {"64 bits unsigned", BB_GGUF_U64, BYTES("\5\0\0\0\0\0\0\0"), "int 5 number 5 "},
      {"64 bits unsigned that are none signed", BB_GGUF_U64,
       BYTES("\0\0\0\0\0\0\0\x80"), ""},
      {"64 bits signed", BB_GGUF_I64, BYTES("\xfc\xff\xff\xff\xff\xff\xff\xff"),
       "int -4 number -4 "},
      {"a float", BB_GGUF_F32, BYTES("\0\0\x80\x3f"), "number 1 "},
      {"a double", BB_GGUF_F64, BYTES("\0\0\0\0\0\0\xf8\x3f"), "number 1.5 "},
      {"true", BB_GGUF_BOOL, BYTES("\1"), "bool 1 "},
      {"false", BB_GGUF_BOOL, BYTES("\0"), "bool 0 "},
      {"a string", BB_GGUF_STRING, BYTES("\2\0\0\0\0\0\0\0ab"), "string ab "},
      {"an array is none of them", BB_GGUF_ARRAY, BYTES("\4\0\0\0\1\0\0\0\0\0\0\0\5\0\0\0"), ""},
      {"nor is an array of bools", BB_GGUF_ARRAY, BYTES("\7\0\0\0\1\0\0\0\0\0\0\0\1"), ""},
  /* clang-format on */
  };
  char path[FOLDER_PATH];
  for (size_t i = 0; i < COUNT(rows); i++) {
    bb_gguf gguf = {0};
    check_begin(rows[i].says);
    file.len = 0;
    put_gguf_head(&file, 3, 0, 1);
    put_string(&file, "key");
    put_number(&file, rows[i].type, 4);
    put(&file, rows[i].bytes, rows[i].count);
    CHECK_INT(bb_gguf_open(write_file(path), &gguf, NULL), BIOBERT_OK);
    CHECK_STR(readings(bb_gguf_get(&gguf, "key")), rows[i].readings);
    CHECK_STR(readings(bb_gguf_get(&gguf, "keys")), "");
    bb_gguf_free(&gguf);
  }
}

static void test_arrays(void) {
  char path[FOLDER_PATH];
  bb_gguf gguf = {0};
  check_begin("the items of an array are taken one by one, of its own kind alone");
  file.len = 0;
  put_gguf_head(&file, 3, 0, 2);
  put_string(&file, "numbers");
  put(&file, BYTES("\x09\0\0\0\3\0\0\0\2\0\0\0\0\0\0\0\1\0\xff\xff"));
  put_string(&file, "texts");
  put(&file, BYTES("\x09\0\0\0\x08\0\0\0\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0ab"));
  CHECK_INT(bb_gguf_open(write_file(path), &gguf, NULL), BIOBERT_OK);
  const bb_gguf_value *numbers = bb_gguf_get(&gguf, "numbers");
  const bb_gguf_value *texts = bb_gguf_get(&gguf, "texts");
  if (CHECK(numbers && texts)) {
    bb_gguf_value items = *numbers, words = *texts;
    int64_t number = 0;
    biobert_str word;
    CHECK(!bb_gguf_next_string(&items, &word) && !bb_gguf_next_int(&words, &number));
    CHECK(bb_gguf_next_int(&items, &number) && number == 1);
    CHECK(bb_gguf_next_int(&items, &number) && number == -1);
    CHECK(!bb_gguf_next_int(&items, &number) && number == -1);
    CHECK(bb_gguf_next_string(&words, &word) && bb_str_equal(word, "ab"));
    CHECK(!bb_gguf_next_string(&words, &word));
  }
  bb_gguf_free(&gguf);
}

/* Models ------------------------------------------------------------------------------
 */

typedef struct key {
  const char *name;
  uint32_t type;
  const char *bytes;
  size_t count;
} key;

#define NUMBER(n) BB_GGUF_U32, BYTES(n "\0\0\0")
enum { ABSENT = BB_GGUF_TYPE_COUNT };

/* clang-format off */
static const key usual[] = {
    {"general.architecture", BB_GGUF_STRING, BYTES("\4\0\0\0\0\0\0\0bert")},
    {"bert.embedding_length", NUMBER("\4")},
    {"bert.block_count", NUMBER("\1")},
    {"bert.attention.head_count", NUMBER("\2")},
    {"bert.feed_forward_length", NUMBER("\4")},
    {"bert.context_length", NUMBER("\x8")},
    {"bert.pooling_type", NUMBER("\1")},
    {"tokenizer.ggml.model", BB_GGUF_STRING, BYTES("\4\0\0\0\0\0\0\0bert")},
    {"tokenizer.ggml.tokens", BB_GGUF_ARRAY,
     BYTES("\x08\0\0\0\3\0\0\0\0\0\0\0\5\0\0\0\0\0\0\0[UNK]\5\0\0\0\0\0\0\0[CLS]"
           "\5\0\0\0\0\0\0\0[SEP]")},
};
/* clang-format on */

static void put_key(const key *k) {
  put_string(&file, k->name);
  put_number(&file, k->type, 4);
  put(&file, k->bytes, k->count);
}

/* The usual keys, with one in place of what it is usually, or more; and a tensor. */
static const char *open_model(const key *other, const char *tensor, uint64_t rows) {
  static biobert_error err;
  char path[FOLDER_PATH];
  biobert_model *model = NULL;
  bool replaces = false;
  for (size_t i = 0; i < COUNT(usual); i++)
    replaces |= strcmp(usual[i].name, other->name) == 0;
  file.len = 0;
  put_gguf_head(&file, 3, 1, COUNT(usual) + !replaces - (other->type == ABSENT));
  for (size_t i = 0; i < COUNT(usual); i++)
    if (strcmp(usual[i].name, other->name) != 0) put_key(&usual[i]);
  if (other->type != ABSENT) put_key(other);
  put_gguf_tensor(&file, tensor, 4, rows, 0, 0);
  put_padding(&file, 32);
  for (size_t i = 0; i < 4 * rows; i++) put_number(&file, 0, 4);
  err = (biobert_error){0};
  CHECK(biobert_model_open(bb_str(write_file(path)), bb_str(""), &model, &err) !=
        BIOBERT_OK);
  biobert_model_close(model);
  CHECK(strstr(err.message, "m.gguf"));
  return err.message;
}

static void test_models(void) {
  /* What is missing of a model whose keys are well: its weights. */
  static const char well[] = "tensor embeddings.position_embeddings.weight is missing";
  static const struct {
    const char *says;
    key other;
    const char *words;
  } rows[] = {
  /* clang-format off */
      {"an unknown key does not matter", {"x", NUMBER("\1")}, well},
      {"a size is there", {"bert.block_count", ABSENT, "", 0},
       "key bert.block_count is absent or no whole number"},
      {"a size is a number", {"bert.block_count", BB_GGUF_BOOL, BYTES("\1")},
       "key bert.block_count is absent or no whole number"},
      {"the architecture is there", {"general.architecture", ABSENT, "", 0},
       "key general.architecture is absent or no string"},
      {"the architecture is a string", {"general.architecture", NUMBER("\1")},
       "key general.architecture is absent or no string"},
      {"an epsilon is a number", {"bert.attention.layer_norm_epsilon", BB_GGUF_BOOL, BYTES("\1")},
       "layer_norm_epsilon is no number in (0, 1]"},
      {"an epsilon is not 0",
       {"bert.attention.layer_norm_epsilon", BB_GGUF_F32, BYTES("\0\0\0\0")},
       "layer_norm_epsilon is no number in (0, 1]"},
      {"an epsilon is at most 1", {"bert.attention.layer_norm_epsilon", NUMBER("\2")},
       "layer_norm_epsilon is no number in (0, 1]"},
      {"an epsilon may be a double",
       {"bert.attention.layer_norm_epsilon", BB_GGUF_F64, BYTES("\0\0\0\0\0\0\xe0\x3f")}, well},
      {"a pooling may be absent", {"bert.pooling_type", ABSENT, "", 0}, well},
      {"a pooling may be one that is not ours", {"bert.pooling_type", NUMBER("\4")}, well},
      {"a pooling is a number", {"bert.pooling_type", BB_GGUF_BOOL, BYTES("\1")},
       "bert.pooling_type is none of 0 to 4"},
      {"a pooling is not negative",
       {"bert.pooling_type", BB_GGUF_I32, BYTES("\xff\xff\xff\xff")},
       "bert.pooling_type is none of 0 to 4"},
      {"tokens are there", {"tokenizer.ggml.tokens", ABSENT, "", 0},
       "tokenizer.ggml.tokens is absent or no array of strings"},
      {"tokens are an array", {"tokenizer.ggml.tokens", NUMBER("\1")},
       "tokenizer.ggml.tokens is absent or no array of strings"},
      {"tokens are strings",
       {"tokenizer.ggml.tokens", BB_GGUF_ARRAY, BYTES("\4\0\0\0\1\0\0\0\0\0\0\0\1\0\0\0")},
       "tokenizer.ggml.tokens is absent or no array of strings"},
      {"a token's type is no array", {"tokenizer.ggml.token_type", NUMBER("\3")}, well},
      {"a token's types are numbers",
       {"tokenizer.ggml.token_type", BB_GGUF_ARRAY, BYTES("\7\0\0\0\1\0\0\0\0\0\0\0\1")}, well},
      {"case is said by true or false", {"tokenizer.ggml.normalizer.lowercase", NUMBER("\1")},
       "tokenizer.ggml.normalizer.lowercase is no bool"},
      {"accents too", {"tokenizer.ggml.normalizer.strip_accents", NUMBER("\1")},
       "tokenizer.ggml.normalizer.strip_accents is no bool"},
      {"case that is said is taken",
       {"tokenizer.ggml.normalizer.lowercase", BB_GGUF_BOOL, BYTES("\1")}, well},
      {"[SEP] is what the key says", {"tokenizer.ggml.separator_token_id", NUMBER("\1")},
       "separator_token_id is 1, which is not the id of [SEP]"},
  /* clang-format on */
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    check_begin(rows[i].says);
    const char *message = open_model(&rows[i].other, "token_embd.weight", 8);
    if (!strstr(message, rows[i].words)) CHECK_STR(message, rows[i].words);
  }
  check_begin("a vocabulary has weights");
  CHECK(strstr(open_model(&usual[1], "token_types.weight", 2),
               "tensor token_embd.weight is missing"));
}

int main(void) {
  folder_begin();
  test_values();
  test_arrays();
  test_models();
  return check_report();
}
