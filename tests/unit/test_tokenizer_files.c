/* Spec of core/api/tokenizer_files.c and of the tokenizer of gguf_model.c: which files
 * are believed. Folders that real releases wrote are in tests/golden/tokenizers. */
#include "check.h"

#include "api/gguf_model.h"
#include "format/json_file.h"
#include "format_writer.h"
#include "model_folder.h"
#include "token_list.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define GOLDEN "tests/golden/tokenizers/"

static biobert_error err;
static bb_notes notes;

static biobert_status read_folder(const char *folder, bb_tokenizer *t) {
  const bb_tokenizer_wish wish = {.lowercase = BB_UNSAID};
  int64_t length;
  notes = (bb_notes){0};
  *t = (bb_tokenizer){0};
  return bb_tokenizer_read(folder, &wish, t, &length, &notes, &err);
}

/* What the releases wrote ------------------------------------------------------------ */

typedef struct id_list {
  char text[TOKEN_LIST_BYTES];
  size_t len;
} id_list;

static void append_id(id_list *list, int64_t id) {
  list->len += (size_t)snprintf(list->text + list->len, sizeof list->text - list->len,
                                "%lld ", (long long)id);
}

static bool take_id(void *ctx, const bb_token *token) {
  append_id(ctx, token->id);
  return true;
}

static void check_folder(const char *name) {
  char folder[FOLDER_PATH], path[FOLDER_PATH + 64];
  bb_tokenizer t;
  bb_json *json = NULL;
  snprintf(folder, sizeof folder, GOLDEN "%s", name);
  snprintf(path, sizeof path, "%s/expected.json", folder);
  if (!CHECK_INT(bb_json_read_file(path, &json, &err), BIOBERT_OK)) return;
  const bb_json_node *root = bb_json_root(json);
  if (!CHECK_INT(read_folder(folder, &t), BIOBERT_OK)) CHECK_STR(err.message, "");
  CHECK_INT(t.normalizer.lowercase, bb_json_is_true(bb_json_get(root, "lowercase")));
  const bb_json_node *row = bb_json_first(bb_json_get(root, "texts"));
  for (; row && t.vocab; row = bb_json_next(row)) {
    id_list ours = {.len = 0}, theirs = {.len = 0};
    biobert_str text = bb_json_string(bb_json_get(row, "text"));
    check_context("%s: %s", name, text.data);
    bb_tokenize(&t, text, take_id, &ours, &no_call, NULL);
    const bb_json_node *node = bb_json_first(bb_json_get(row, "ids"));
    for (int64_t id; node && bb_json_int(node, &id); node = bb_json_next(node))
      append_id(&theirs, id);
    CHECK_STR(ours.text, theirs.text);
  }
  bb_tokenizer_free(&t);
  bb_json_free(json);
}

static void test_releases(void) {
  static const struct {
    const char *says, *name;
  } rows[] = {
      {"tokens added by a slow tokenizer of 4.33 are found",       "slow_4_33"       },
      {"special tokens that 4.33 got by arguments have their ids", "constructor_4_33"},
      {"a token listed in two files of 4.40 is one",               "slow_4_40"       },
      {"a token listed in two files of 4.57 is one",               "slow_4_57"       },
      {"special tokens that 4.57 got by arguments are found",      "constructor_4_57"},
      {"the list of extra special tokens of release 5 is read",    "list_5"          },
      {"one word with a capital makes no vocabulary cased",        "stray_capital"   },
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    check_begin(rows[i].says);
    check_folder(rows[i].name);
  }
}

/* Files by hand ---------------------------------------------------------------------- */

static const char words[] =
    "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\na\nb\n##a\n##b\n[\n]\nx\n";

static const struct {
  const char *says, *vocabulary, *name, *content, *text;
  const char *tokens; /* or, where it begins with "! ", what the error says */
} rows[] = {
  /* clang-format off */
    {"a special token by an object has its flags", words, "special_tokens_map.json",
     "{\"additional_special_tokens\":[{\"content\":\"[D]\",\"lstrip\":true}]}",
     "a  [D][d]", "a:0-1/0 [D]:1-6/1 [:6-7/2 [UNK]:7-8/3 ]:8-9/4"},
    {"special tokens by the names of attributes are read", words, "tokenizer_config.json",
     "{\"extra_special_tokens\":{\"drug_token\":\"[D]\"}}", "[D]", "[D]:0-3/0"},
    {"the mask's flags are read", words, "special_tokens_map.json",
     "{\"mask_token\":{\"content\":\"[MASK]\",\"rstrip\":true}}", "[MASK] a",
     "[MASK]:0-7/0 a:7-8/1"},
    {"a separator that the vocabulary does not have is no token", words,
     "special_tokens_map.json", "{\"eos_token\":\"</s>\"}", "</s>",
     "[UNK]:0-1/0 [UNK]:1-2/1 [UNK]:2-3/2 [UNK]:3-4/3"},
    {"null and numbers in a list are no tokens", words, "special_tokens_map.json",
     "{\"additional_special_tokens\":[null,3,\"\",\"[D]\"]}", "[D]", "[D]:0-3/0"},
    {"an added token without bytes is none", words, "added_tokens.json", "{\"\":13}", "a",
     "a:0-1/0"},
    {"two tokens of one id are named", words, "added_tokens.json", "{\"[D]\":12}", "a",
     "! two tokens have id 12: 'x' and '[D]'"},
    {"an added token of another id than the vocabulary's is named", words,
     "added_tokens.json", "{\"x\":13}", "a", "! added token 'x' has id 13, but 12 in the"},
    {"an id that no token can have is refused", words, "added_tokens.json",
     "{\"[D]\":4000000}", "a", "! added token '[D]' has no id from 0 to 3999999"},
    {"an id that is no number is refused", words, "added_tokens.json", "{\"[D]\":\"1\"}", "a",
     "! added token '[D]' has no id"},
    {"an added token with a capital makes no vocabulary cased", words, "added_tokens.json",
     "{\"Aa\":13,\"Bb\":14,\"Cc\":15}", "THE A", "the:0-3/0 a:4-5/1"},
    {"a side to cut at is one there is", words, "tokenizer_config.json",
     "{\"truncation_side\":\"top\"}", "a", "! truncation_side 'top' is neither"},
    {"a side to cut at is a string", words, "tokenizer_config.json",
     "{\"truncation_side\":1}", "a", "! truncation_side '?' is neither"},
    {"a token that was added later has a number", words, "tokenizer_config.json",
     "{\"added_tokens_decoder\":{\"1x\":{\"content\":\"[D]\"}}}", "a",
     "! added token '[D]' has no id"},
    {"and its text", words, "tokenizer_config.json",
     "{\"added_tokens_decoder\":{\"13\":{}}}", "a", "! "},
    {"the length of old files is read", words, "tokenizer_config.json",
     "{\"max_len\":128}", "a", "a:0-1/0"},
    {"a vocabulary of capitals is cased",
     "[UNK]\n[CLS]\n[SEP]\nA\nC\nG\nT\n", "x.json", "{}", "A a", "A:0-1/0 [UNK]:2-3/1"},
  /* clang-format on */
};

static void test_by_hand(void) {
  for (size_t i = 0; i < COUNT(rows); i++) {
    char name[32], folder[FOLDER_PATH], path[FOLDER_PATH + 64];
    bb_tokenizer t;
    check_begin(rows[i].says);
    snprintf(name, sizeof name, "hand%zu", i);
    mkdir(folder_path(folder, name), 0700);
    snprintf(path, sizeof path, "%s/vocab.txt", folder);
    file_write(path, rows[i].vocabulary, strlen(rows[i].vocabulary));
    snprintf(path, sizeof path, "%s/%s", folder, rows[i].name);
    file_write(path, rows[i].content, strlen(rows[i].content));
    biobert_status status = read_folder(folder, &t);
    if (rows[i].tokens[0] == '!') {
      CHECK_INT(status, BIOBERT_FORMAT);
      if (!strstr(err.message, rows[i].tokens + 2))
        CHECK_STR(err.message, rows[i].tokens + 2);
    } else if (CHECK_INT(status, BIOBERT_OK)) {
      CHECK_STR(tokens_as_line(&t, bb_str(rows[i].text)), rows[i].tokens);
    }
    bb_tokenizer_free(&t);
  }
}

static void test_json_holds(void) {
  bb_tokenizer t;
  char folder[FOLDER_PATH], path[FOLDER_PATH + 64];
  static const char list[] = "{\"additional_special_tokens\":[{\"content\":\"<left>\","
                             "\"rstrip\":true},\"[N]\"]}";
  folder_copy("tests/golden/models/added", folder_path(folder, "json"));
  snprintf(path, sizeof path, "%s/special_tokens_map.json", folder);
  file_write(path, list, sizeof list - 1);
  check_begin("a list adds what tokenizer.json does not have, and changes nothing in it");
  if (CHECK_INT(read_folder(folder, &t), BIOBERT_OK)) {
    CHECK_STR(tokens_as_line(&t, bb_str("a <left> [N]")),
              "a:0-1/0 <left>:1-8/1 [N]:9-12/2");
    bb_tokenizer_free(&t);
  }
}

/* tokenizer.json ----------------------------------------------------------------------
 */

#define VOCAB "\"vocab\":{\"[UNK]\":0,\"[CLS]\":1,\"[SEP]\":2,\"a\":3}"
#define MODEL "{\"type\":\"WordPiece\"," VOCAB "}"
#define SPECIAL(name) "{\"SpecialToken\":{\"id\":\"" name "\"}}"
#define TEXT_PART "{\"Sequence\":{\"id\":\"A\"}}"
#define TEMPLATE(items) "{\"type\":\"TemplateProcessing\",\"single\":[" items "]}"

static void test_json_by_hand(void) {
  static const struct {
    const char *says, *model, *normalizer, *words, *post, *error; /* NULL: it is read */
  } cases[] = {
  /* clang-format off */
    {"WordPiece between BERT's normalizer and words is read", MODEL, "BertNormalizer",
     "BertPreTokenizer", "{\"type\":\"BertProcessing\"}", NULL},
    {"a model without a type is WordPiece", "{" VOCAB "}", "BertNormalizer",
     "BertPreTokenizer", "null", NULL},
    {"the template of one text is read", MODEL, "BertNormalizer", "BertPreTokenizer",
     TEMPLATE(SPECIAL("[CLS]") "," TEXT_PART "," SPECIAL("[SEP]")), NULL},
    {"another model is named", "{\"type\":\"BPE\"}", "BertNormalizer", "BertPreTokenizer",
     "null", "model 'BPE' is not BERT's"},
    {"no model is none", "null", "BertNormalizer", "BertPreTokenizer", "null",
     "vocabulary has no"},
    {"another normalizer is named", MODEL, "NFKC", "BertPreTokenizer", "null",
     "normalizer 'NFKC' is not BERT's"},
    {"other words are named", MODEL, "BertNormalizer", "Whitespace", "null",
     "pre_tokenizer 'Whitespace' is not BERT's"},
    {"another post-processor is named", MODEL, "BertNormalizer", "BertPreTokenizer",
     "{\"type\":\"RobertaProcessing\"}", "post_processor 'RobertaProcessing' is not"},
    {"a post-processor has a type", MODEL, "BertNormalizer", "BertPreTokenizer", "{}",
     "post_processor 'none' is not"},
    {"a template has its [SEP]", MODEL, "BertNormalizer", "BertPreTokenizer",
     TEMPLATE(SPECIAL("[CLS]") "," TEXT_PART), "does not make [CLS] text [SEP]"},
    {"a template has its text", MODEL, "BertNormalizer", "BertPreTokenizer",
     TEMPLATE(SPECIAL("[CLS]")), "does not make [CLS] text [SEP]"},
    {"a template has its text between", MODEL, "BertNormalizer", "BertPreTokenizer",
     TEMPLATE(SPECIAL("[CLS]") "," SPECIAL("[SEP]") "," TEXT_PART),
     "does not make [CLS] text [SEP]"},
    {"a template begins with [CLS]", MODEL, "BertNormalizer", "BertPreTokenizer",
     TEMPLATE(SPECIAL("<s>") "," TEXT_PART "," SPECIAL("[SEP]")),
     "does not make [CLS] text [SEP]"},
    {"a template ends with [SEP]", MODEL, "BertNormalizer", "BertPreTokenizer",
     TEMPLATE(SPECIAL("[CLS]") "," TEXT_PART "," SPECIAL("[SEP]") "," SPECIAL("[SEP]")),
     "does not make [CLS] text [SEP]"},
    {"another prefix is refused",
     "{\"continuing_subword_prefix\":\"@\"," VOCAB "}", "BertNormalizer",
     "BertPreTokenizer", "null", "WordPiece with other settings"},
    {"another unknown token is refused", "{\"unk_token\":\"<unk>\"," VOCAB "}",
     "BertNormalizer", "BertPreTokenizer", "null", "WordPiece with other settings"},
    {"BERT's own are well",
     "{\"unk_token\":\"[UNK]\",\"continuing_subword_prefix\":\"##\"," VOCAB "}",
     "BertNormalizer", "BertPreTokenizer", "null", NULL},
    {"an id is a number", "{\"vocab\":{\"a\":\"0\"}}", "BertNormalizer",
     "BertPreTokenizer", "null", "token 'a' has no valid id"},
    {"an id is not negative", "{\"vocab\":{\"a\":-1}}", "BertNormalizer",
     "BertPreTokenizer", "null", "token 'a' has no valid id"},
    {"an id is below the limit", "{\"vocab\":{\"a\":4000000}}", "BertNormalizer",
     "BertPreTokenizer", "null", "token 'a' has no valid id"},
    {"two tokens have two ids", "{\"vocab\":{\"a\":0,\"b\":0}}", "BertNormalizer",
     "BertPreTokenizer", "null", "two tokens have id 0"},
  /* clang-format on */
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    char name[32], folder[FOLDER_PATH], path[FOLDER_PATH + 64], json[1024];
    bb_tokenizer t;
    check_begin(cases[i].says);
    snprintf(name, sizeof name, "json%zu", i);
    mkdir(folder_path(folder, name), 0700);
    snprintf(path, sizeof path, "%s/tokenizer.json", folder);
    const int bytes =
        snprintf(json, sizeof json,
                 "{\"model\":%s,\"normalizer\":{\"type\":\"%s\"},"
                 "\"pre_tokenizer\":{\"type\":\"%s\"},\"post_processor\":%s}",
                 cases[i].model, cases[i].normalizer, cases[i].words, cases[i].post);
    file_write(path, json, (size_t)bytes);
    err = (biobert_error){0};
    const biobert_status status = read_folder(folder, &t);
    if (!cases[i].error) {
      CHECK_STR(err.message, "");
      CHECK_STR(status ? "" : tokens_as_line(&t, bb_str("a")), "a:0-1/0");
    } else if (CHECK(status == BIOBERT_UNSUPPORTED || status == BIOBERT_FORMAT) &&
               !strstr(err.message, cases[i].error)) {
      CHECK_STR(err.message, cases[i].error);
    }
    bb_tokenizer_free(&t);
  }
}

/* GGUF ------------------------------------------------------------------------------- */

enum { NORMAL = 1, CONTROL = 3, USER_DEFINED = 4, BOOL = 7, STRING = 8, ARRAY = 9 };

typedef struct gguf_case {
  const char *says, *text, *tokens;
  int lowercase, strip_accents; /* -1: the file does not say */
} gguf_case;

static void put_key(struct writer *w, const char *key, uint32_t type) {
  put_string(w, key);
  put_number(w, type, 4);
}

static void put_bool(struct writer *w, const char *key, int value) {
  if (value < 0) return;
  put_key(w, key, BOOL);
  put_number(w, (uint64_t)value, 1);
}

static void write_gguf(const char *path, const gguf_case *c) {
  static const struct {
    const char *token;
    uint32_t type;
  } tokens[] = {
      {"[UNK]",           CONTROL     },
      {"[CLS]",           CONTROL     },
      {"[SEP]",           CONTROL     },
      {"\xE2\x96\x81"
       "the",      NORMAL      },
      {"\xE2\x96\x81"
       "a",        NORMAL      },
      {"a",               NORMAL      },
      {"\xE2\x96\x81"
       "\xC3\xA9", NORMAL      },
      {"\xE2\x96\x81"
       "[",        NORMAL      },
      {"\xE2\x96\x81"
       "]",        NORMAL      },
      {"\xE2\x96\x81"
       "COVID-19", USER_DEFINED},
      {"Ab-Ab",           USER_DEFINED},
      {"[DRUG]",          CONTROL     },
  };
  static struct writer w;
  w.len = 0;
  put_gguf_head(&w, 3, 0, 3 + (c->lowercase >= 0) + (c->strip_accents >= 0));
  put_key(&w, "tokenizer.ggml.model", STRING);
  put_string(&w, "bert");
  put_key(&w, "tokenizer.ggml.tokens", ARRAY);
  put_number(&w, STRING, 4);
  put_number(&w, COUNT(tokens), 8);
  for (size_t i = 0; i < COUNT(tokens); i++) put_string(&w, tokens[i].token);
  put_key(&w, "tokenizer.ggml.token_type", ARRAY);
  put_number(&w, 5, 4); /* int32 */
  put_number(&w, COUNT(tokens), 8);
  for (size_t i = 0; i < COUNT(tokens); i++) put_number(&w, tokens[i].type, 4);
  put_bool(&w, "tokenizer.ggml.normalizer.lowercase", c->lowercase);
  put_bool(&w, "tokenizer.ggml.normalizer.strip_accents", c->strip_accents);
  file_write(path, w.bytes, w.len);
}

static void test_gguf(void) {
  static const gguf_case cases[] = {
  /* clang-format off */
      {"added tokens with capitals make no GGUF cased", "The \xC3\x89",
       "the:0-3/0 [UNK]:4-6/1", -1, -1},
      {"a token that was added is found in a GGUF's text", "covid-19 ab-AB",
       "COVID-19:0-8/0 Ab-Ab:9-14/1", -1, -1},
      {"a control token is found as it stands", "a[DRUG] [drug]",
       "a:0-1/0 [DRUG]:1-7/1 [:8-9/2 [UNK]:9-13/3 ]:13-14/4", -1, -1},
      {"a GGUF that says so is not lower-cased", "The the", "[UNK]:0-3/0 the:4-7/1", 0, -1},
      {"a GGUF that says so keeps accents", "The \xC3\x89", "the:0-3/0 \xC3\xA9:4-6/1", 1, 0},
      {"a GGUF that says so strips accents without lower-casing", "\xC3\xA9 a",
       "[UNK]:0-2/0 a:3-4/1", 0, 1},
  /* clang-format on */
  };
  const bb_tokenizer_wish wish = {.lowercase = BB_UNSAID};
  for (size_t i = 0; i < COUNT(cases); i++) {
    char path[FOLDER_PATH];
    bb_gguf gguf = {0};
    bb_tokenizer t = {0};
    check_begin(cases[i].says);
    notes = (bb_notes){0};
    write_gguf(folder_path(path, "t.gguf"), &cases[i]);
    if (CHECK_INT(bb_gguf_open(path, &gguf, &err), BIOBERT_OK) &&
        CHECK_INT(bb_gguf_tokenizer(&gguf, path, &wish, &t, &notes, &err), BIOBERT_OK))
      CHECK_STR(tokens_as_line(&t, bb_str(cases[i].text)), cases[i].tokens);
    bb_tokenizer_free(&t);
    bb_gguf_free(&gguf);
  }

  check_begin("what a GGUF says of case is not noted as a guess");
  CHECK(strstr(notes.text, "nothing of case") == NULL);
}

int main(void) {
  folder_begin();
  test_releases();
  test_by_hand();
  test_json_holds();
  test_json_by_hand();
  test_gguf();
  return check_report();
}
