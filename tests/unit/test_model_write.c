/* test_model_write.c - a model that is written as a folder gives the bits of the one that
 * it was made of, whatever form that had.
 *
 * tests/train/loaders.py shows that transformers and sentence-transformers open them. */
#include "opened_model.h"

#include "api/session.h"
#include "api/tokenizer_files.h"
#include "trained_folder.h"

static const char *const texts[] = {
    "Aspirin inhibits cyclooxygenase in human platelets.",
    "\xC3\x85ngstr\xC3\xB6m COVID-19 <left> gene  <right> Ca2+-ATPase mab [DRUG]",
    "",
    "IL-6 caf\xC3\xA9 \xE4\xB8\xAD\xE6\x96\x87 the the the unbelievableness [MASK] of it",
};

/* Two models alike --------------------------------------------------------------------- */

typedef struct pair {
  biobert_session *a, *b;
} pair;

typedef struct token_list {
  biobert_token items[256];
  size_t count;
} token_list;

static bool take_token(void *ctx, const biobert_token *token) {
  token_list *list = ctx;
  if (list->count < COUNT(list->items)) list->items[list->count++] = *token;
  return true;
}

static void compare_tokens(const pair *p, const char *text) {
  static token_list a, b;
  a.count = b.count = 0;
  CHECK_INT(biobert_tokenize(p->a, bb_str(text), take_token, &a, &err), BIOBERT_OK);
  CHECK_INT(biobert_tokenize(p->b, bb_str(text), take_token, &b, &err), BIOBERT_OK);
  CHECK_INT((long long)a.count, (long long)b.count);
  for (size_t i = 0; i < a.count && i < b.count; i++) {
    CHECK_INT(a.items[i].id, b.items[i].id);
    CHECK_INT((long long)a.items[i].start, (long long)b.items[i].start);
    CHECK_INT((long long)a.items[i].end, (long long)b.items[i].end);
  }
}

static void compare_vectors(const pair *p, const char *text) {
  float a[256], b[256];
  const size_t n = biobert_model_dimension(p->a->model);
  CHECK_INT((long long)n, (long long)biobert_model_dimension(p->b->model));
  for (biobert_role role = BIOBERT_DOCUMENT; role <= BIOBERT_QUERY; role++) {
    CHECK_INT(biobert_embed(p->a, bb_str(text), role, a, &err), BIOBERT_OK);
    CHECK_INT(biobert_embed(p->b, bb_str(text), role, b, &err), BIOBERT_OK);
    CHECK(memcmp(a, b, n * sizeof *a) == 0);
  }
}

static void compare_logits(const pair *p, const char *text) {
  float *a = NULL, *b = NULL;
  size_t n = 0, m = 0;
  CHECK_INT(biobert_logits(p->a, bb_str(text), 1, &a, &n, &err), BIOBERT_OK);
  CHECK_INT(biobert_logits(p->b, bb_str(text), 1, &b, &m, &err), BIOBERT_OK);
  CHECK(n > 0 && n == m && memcmp(a, b, n * sizeof *a) == 0);
  biobert_session_release(p->a, a);
  biobert_session_release(p->b, b);
}

static void compare_labels(const pair *p, const char *text) {
  biobert_label_score *a = NULL, *b = NULL;
  const biobert_str second = bb_str("a second text");
  size_t n = 0, m = 0;
  CHECK_INT(biobert_classify(p->a, bb_str(text), second, &a, &n, &err), BIOBERT_OK);
  CHECK_INT(biobert_classify(p->b, bb_str(text), second, &b, &m, &err), BIOBERT_OK);
  CHECK(n > 0);
  CHECK_INT((long long)n, (long long)m);
  for (size_t i = 0; i < n && i < m; i++) {
    CHECK(a[i].score == b[i].score);
    CHECK(bb_str_equal(a[i].label, b[i].label.data));
  }
  biobert_session_release(p->a, a);
  biobert_session_release(p->b, b);
}

static void compare_scores(const pair *p, const char *text) {
  double a = 0, b = 1;
  const biobert_str second = bb_str("a second text");
  CHECK_INT(biobert_rerank(p->a, bb_str(text), second, &a, &err), BIOBERT_OK);
  CHECK_INT(biobert_rerank(p->b, bb_str(text), second, &b, &err), BIOBERT_OK);
  CHECK(a == b);
}

static void compare_entities(const pair *p, const char *text) {
  biobert_entity *a = NULL, *b = NULL;
  size_t n = 0, m = 0;
  CHECK_INT(biobert_entities(p->a, bb_str(text), &a, &n, &err), BIOBERT_OK);
  CHECK_INT(biobert_entities(p->b, bb_str(text), &b, &m, &err), BIOBERT_OK);
  CHECK_INT((long long)n, (long long)m);
  for (size_t i = 0; i < n && i < m; i++)
    CHECK(a[i].score == b[i].score && a[i].start == b[i].start &&
          bb_str_equal(a[i].label, b[i].label.data));
  biobert_session_release(p->a, a);
  biobert_session_release(p->b, b);
}

static void compare_answers(const pair *p, const char *text) {
  biobert_answer_span *a = NULL, *b = NULL;
  const biobert_str question = bb_str("what inhibits it");
  size_t n = 0, m = 0;
  CHECK_INT(biobert_answer(p->a, question, bb_str(text), 3, &a, &n, &err), BIOBERT_OK);
  CHECK_INT(biobert_answer(p->b, question, bb_str(text), 3, &b, &m, &err), BIOBERT_OK);
  CHECK_INT((long long)n, (long long)m);
  for (size_t i = 0; i < n && i < m; i++)
    CHECK(a[i].score == b[i].score && a[i].start == b[i].start && a[i].end == b[i].end);
  biobert_session_release(p->a, a);
  biobert_session_release(p->b, b);
}

static void compare_text(const pair *p, bb_folder_kind kind, const char *text) {
  static void (*const compare[])(const pair *, const char *) = {
      [BB_FOLDER_MASKED_WORDS] = compare_logits,  [BB_FOLDER_TEXTS] = compare_labels,
      [BB_FOLDER_CROSS_ENCODER] = compare_scores, [BB_FOLDER_TOKENS] = compare_entities,
      [BB_FOLDER_ANSWERS] = compare_answers,      [BB_FOLDER_SENTENCES] = compare_vectors,
  };
  compare_tokens(p, text);
  compare[kind](p, text);
}

/* What a reader is told, but for what could not be told before. */
static void compare_info(const biobert_model *a, const biobert_model *b) {
  CHECK_STR(b->info.task, a->info.task);
  CHECK_STR(b->info.labels, a->info.labels);
  CHECK_STR(b->info.pooling, a->info.pooling);
  CHECK_INT(b->info.normalize, a->info.normalize);
  CHECK_INT(b->info.lowercase, a->info.lowercase);
  CHECK_INT((long long)b->info.max_tokens, (long long)a->info.max_tokens);
  CHECK_INT((long long)b->query_tokens, (long long)a->query_tokens);
  CHECK_INT(b->tokenizer.cuts_start, a->tokenizer.cuts_start);
  CHECK_INT((long long)b->tokenizer.added.count, (long long)a->tokenizer.added.count);
  CHECK_STR(b->info.distance ? b->info.distance : "cosine",
            a->info.distance ? a->info.distance : "cosine");
}

static void compare_models(biobert_model *a, biobert_model *b, bb_folder_kind kind) {
  pair p = {NULL, NULL};
  CHECK_INT(biobert_session_new(a, NULL, &p.a, &err), BIOBERT_OK);
  CHECK_INT(biobert_session_new(b, NULL, &p.b, &err), BIOBERT_OK);
  compare_info(a, b);
  for (size_t i = 0; i < COUNT(texts); i++) compare_text(&p, kind, texts[i]);
  biobert_session_free(p.a);
  biobert_session_free(p.b);
}

/* Sources ------------------------------------------------------------------------------ */

static void write_and_compare(const char *source, const char *options) {
  char path[FOLDER_PATH];
  trained t;
  check_context("%s", source);
  if (!CHECK(trained_open(source, options, &t, &err) == BIOBERT_OK)) return;
  next_path(path);
  CHECK_INT(bb_model_folder_check(&t.folder, path, &err), BIOBERT_OK);
  expect_nothing(path);
  if (CHECK(bb_model_folder_write(&t.folder, path, &err) == BIOBERT_OK)) {
    biobert_model *written = open_model(path, "");
    if (CHECK(written != NULL)) compare_models(t.model, written, t.folder.kind);
    biobert_model_close(written);
  } else {
    printf("  %s\n", err.message);
  }
  trained_free(&t);
}

static void test_sources(void) {
  static const char *const names[] = {
      "st_mean",
      "st_cls",
      "st_dense",
      "st_concat",
      "added",
      "strip_accents",
      "eps",
      "gelu_new",
      "silu",
      "pooler",
      "distilbert",
      "sharded_bin",
      "bin_tied",
      "bf16",
      "mlm_cased",
      "mlm_untied",
      "distilbert_mlm",
      "token_cls",
      "seq_cls",
      "relations",
      "multi_label",
      "regression",
      "cross_encoder",
      "distilbert_text",
      "distilbert_ner",
      "qa",
      "qa_long",
      "kmers",
      "form_tensorflow",
      "form_legacy",
      "two_encoders",
  };
  check_begin("a model that is written gives the bits of the one that it was made of");
  for (size_t i = 0; i < COUNT(names); i++) {
    char source[FOLDER_PATH];
    snprintf(source, sizeof source, GOLDEN "%s", names[i]);
    write_and_compare(source, "");
  }
}

static void test_files(void) {
  check_begin("so does one that was a single file, and one whose tokenizer is old");
  write_and_compare(GOLDEN "form_gguf_f32/model.gguf", "");
  write_and_compare(GOLDEN "form_gguf_q8_0/model.gguf", "");
  write_and_compare(GOLDEN "form_tensorflow/model.ckpt-1000000", "");
}

static void test_options(void) {
  check_begin("what options said is written: it is part of what was trained");
  write_and_compare(
      GOLDEN "st_mean",
      "{\"pooling\":\"max+cls\",\"lowercase\":false,\"normalize\":false,"
      "\"max_tokens\":20,\"query_prompt\":\"q: \\\"x\\\"\",\"dimension\":16}");
  write_and_compare(GOLDEN "mlm_cased", "{\"lowercase\":true,\"task\":\"embed\"}");
}

/* Each changes a file of a copy: what is said there is said in what is written. */
static void test_settings(void) {
  static const struct {
    const char *model, *file, *from, *to;
  } rows[] = {
      {"st_cls",        "sentence_bert_config.json",         "{",
       "{\"query_length\":20,\"document_length\":30,"                                                                                                                 },
      {"st_cls",        "sentence_bert_config.json",         "\"do_lower_case\": false",
       "\"do_lower_case\": true"                                                                                                                                      },
      {"st_mean",       "config_sentence_transformers.json",
       "\"similarity_fn_name\": \"cosine\"",                                                     "\"similarity_fn_name\":\"dot\",\"truncate_dim\":7"                  },
      {"st_mean",       "config_sentence_transformers.json", "\"document\"",                     "\"passage\""                                                        },
      {"st_mean",       "config_sentence_transformers.json", "\"default_prompt_name\": null",
       "\"default_prompt_name\":\"query\""                                                                                                                            },
      {"st_mean",       "tokenizer_config.json",             "{",                                "{\"truncation_side\":\"left\","                                     },
      {"added",         "tokenizer.json",                    "\"clean_text\": true",             "\"clean_text\": false"                                              },
      {"added",         "tokenizer_config.json",             "\"tokenize_chinese_chars\": true",
       "\"tokenize_chinese_chars\": false"                                                                                                                            },
      {"cross_encoder", "config_sentence_transformers.json",
       "null,\n  \"model_type\": \"CrossEncoder\",\n  \"prompts\": {}",                          "\"p\",\"model_type\":\"CrossEncoder\",\"prompts\":{\"p\":\"ask: \"}"},
  };
  check_begin("settings that sources have in their files are in those that are written");
  for (size_t i = 0; i < COUNT(rows); i++) {
    char path[FOLDER_PATH], source[FOLDER_PATH];
    snprintf(source, sizeof source, "%s", copy_of(rows[i].model));
    join(path, source, rows[i].file);
    if (!CHECK(file_replace(path, rows[i].from, rows[i].to)))
      printf("  %s of %s\n", rows[i].file, rows[i].model);
    write_and_compare(source, "");
  }
}

/* New models --------------------------------------------------------------------------- */

/* The same tensors under a vocabulary of its own, as training from nothing has them. */
static void test_new_model(void) {
  char path[FOLDER_PATH];
  trained t;
  bb_tokenizer tokenizer = {0};
  bb_json_writer lines = {0};
  const float dropout = 0.25f;
  check_begin("a new model has a configuration and a tokenizer of its own");
  CHECK_INT(trained_open(GOLDEN "mlm_cased", "", &t, &err), BIOBERT_OK);
  for (int32_t id = 0; id < (int32_t)t.bert.config.vocabulary; id++) {
    const biobert_str token = bb_vocab_token(t.model->tokenizer.vocab, id);
    bb_write_bytes(&lines, token.data, token.len);
    bb_write_raw(&lines, "\n");
  }
  biobert_str text;
  char *vocabulary = bb_writer_take(&lines, &text.len);
  text.data = vocabulary;
  CHECK_INT(bb_tokenizer_of_vocabulary(text, false, "vocabulary", &tokenizer, &err),
            BIOBERT_OK);
  t.folder.source = NULL;
  t.folder.tokenizer = &tokenizer;
  t.folder.dropout = &dropout;
  t.folder.record = bb_str("{\"seed\":1}");
  CHECK_INT(bb_model_folder_write(&t.folder, next_path(path), &err), BIOBERT_OK);
  biobert_model *written = open_model(path, "");
  if (written) compare_models(t.model, written, t.folder.kind);
  biobert_model_close(written);

  char name[FOLDER_PATH];
  size_t count = 0;
  join(name, path, "vocab.txt");
  char *file = file_read(name, &count);
  CHECK(file && count == text.len && memcmp(file, vocabulary, count) == 0);
  free(file);
  join(name, path, "biobert_training.json");
  file = file_read(name, &count);
  CHECK_STR(file, "{\"seed\":1}");
  free(file);
  join(name, path, "config.json");
  file = file_read(name, &count);
  CHECK(file && strstr(file, "\"hidden_dropout_prob\": 0.25"));
  free(file);
  bb_free(NULL, vocabulary);
  bb_tokenizer_free(&tokenizer);
  trained_free(&t);
}

/* A GGUF file need not have token types. transformers wants them, and two for a pair. */
static void test_no_types(void) {
  char path[FOLDER_PATH];
  trained t;
  check_begin("weights without token types get two rows of zeros");
  CHECK_INT(trained_open(GOLDEN "st_mean", "", &t, &err), BIOBERT_OK);
  t.bert.config.no_types = true;
  t.bert.config.types = 1;
  CHECK_INT(bb_model_folder_write(&t.folder, next_path(path), &err), BIOBERT_OK);
  biobert_model *written = open_model(path, "");
  if (CHECK(written != NULL)) {
    const bb_bert *bert = &written->bert;
    CHECK_INT((long long)bert->config.types, 2);
    for (size_t i = 0; i < 2 * bert->config.hidden; i++)
      CHECK(bert->weights.types[i] == 0);
  }
  biobert_model_close(written);
  trained_free(&t);
}

/* Files -------------------------------------------------------------------------------- */

static char *read_part(const char *folder, const char *name) {
  char path[FOLDER_PATH];
  size_t count;
  join(path, folder, name);
  return file_read(path, &count);
}

static void expect_part(const char *folder, const char *name, const char *const *words,
                        size_t count, bool there) {
  char *text = read_part(folder, name);
  if (CHECK(text != NULL))
    for (size_t i = 0; i < count; i++) {
      check_context("%s: %s", name, words[i]);
      CHECK((strstr(text, words[i]) != NULL) == there);
    }
  free(text);
}

static void test_kept_settings(void) {
  static const char *const kept[] = {"\"other\": 1e-30",
                                     "\"deep\": [",
                                     "\"a\\\"b\"",
                                     "\"BertForTokenClassification\"",
                                     "\"dtype\": \"float32\"",
                                     "\"id2label\": {"};
  static const char *const gone[] = {"float16", "\"num_labels\"", "problem_type",
                                     "BertModel"};
  static const char *const tokenizer[] = {"\"mine\": true", "\"do_lower_case\": true"};
  char path[FOLDER_PATH];
  trained t;
  const char *source = copy_of("token_cls");
  join(path, source, "config.json");
  file_replace(path, "{",
               "{\"other\": 1e-30, \"deep\": [{\"a\\\"b\": null}], \"torch_dtype\": "
               "\"float16\", \"num_labels\": 5,");
  join(path, source, "tokenizer_config.json");
  file_replace(path, "{", "{\"mine\": true,");
  check_begin("settings of the source that mean nothing to us are kept");
  CHECK_INT(trained_open(source, "", &t, &err), BIOBERT_OK);
  CHECK_INT(bb_model_folder_write(&t.folder, next_path(path), &err), BIOBERT_OK);
  expect_part(path, "config.json", kept, COUNT(kept), true);
  expect_part(path, "config.json", gone, COUNT(gone), false);
  expect_part(path, "tokenizer_config.json", tokenizer, COUNT(tokenizer), true);
  trained_free(&t);
}

/* Of a source that has gone since it was loaded, settings are lost, the training is not.
 */
static void test_source_gone(void) {
  char path[FOLDER_PATH];
  trained t;
  const char *source = copy_of("st_dense");
  check_begin("a source that has gone, or is damaged, does not cost the training");
  CHECK_INT(trained_open(source, "", &t, &err), BIOBERT_OK);
  join(path, source, "config.json");
  file_write(path, "[", 1);
  join(path, source, "tokenizer_config.json");
  file_write(path, "[1]", 3);
  join(path, source, "config_sentence_transformers.json");
  remove(path);
  CHECK_INT(bb_model_folder_write(&t.folder, next_path(path), &err), BIOBERT_OK);
  biobert_model *written = open_model(path, "");
  if (written) compare_models(t.model, written, t.folder.kind);
  biobert_model_close(written);
  trained_free(&t);
}

static void test_card(void) {
  static const char *const lines[] = {
      "base_model: \"a \\\"b\\\"   --- x: y\"\n",
      "- Task: `classify`\n",
      "- Base model: `a \"b\" \xEF\xBF\xBD\xEF\xBF\xBD--- x: y`\n",
      "- `macro-F1` of the evaluation: 0.8125 (before training: not measured)\n",
      "\n`````sql\nSELECT '````', 1\n```\n# no title\xEF\xBF\xBD\n`````\n",
      "- Rows: 1000\n",
      "- Date: `2026-03-01`\n",
      "- biobert: `" BIOBERT_VERSION "`\n",
  };
  char path[FOLDER_PATH];
  trained t;
  check_begin("what users say in a card is neither YAML nor Markdown");
  CHECK_INT(trained_open(GOLDEN "seq_cls", "", &t, &err), BIOBERT_OK);
  t.card.base_model = "a \"b\"\n\xC2\x85\xE2\x80\xA8--- x: y";
  t.card.query = bb_str("SELECT '````', 1\r\n```\n# no title\x1b");
  CHECK_INT(bb_model_folder_write(&t.folder, next_path(path), &err), BIOBERT_OK);
  char *text = read_part(path, "README.md");
  for (size_t i = 0; text && i < COUNT(lines); i++) {
    check_context("%s", lines[i]);
    CHECK(strstr(text, lines[i]) != NULL);
  }
  free(text);
  trained_free(&t);
}

/* A character, and whether a reader of the card would not see it, or see others elsewhere
 * for it. */
static const struct {
  const char *text;
  bool hidden;
} characters[] = {
    {"\x01",       true },
    {"\x7F",       true },
    {"\xC2\x85",   true },
    {"\u00A0",     false},
    {"\u2027",     false},
    {"\u2028",     true },
    {"\u202E",     true },
    {"\u202F",     false},
    {"\u2065",     false},
    {"\u2066",     true },
    {"\u2069",     true },
    {"\u206A",     false},
    {"\uFEFF",     true },
    {"\uFFFD",     false},
    {"\uFFFE",     true },
    {"\uFFFF",     true },
    {"\U0001F600", false},
    {"`",          false},
};

static void test_hidden_characters(void) {
  check_begin("what cannot be seen in a card is a blank in YAML and U+FFFD in Markdown");
  trained t;
  CHECK_INT(trained_open(GOLDEN "seq_cls", "", &t, &err), BIOBERT_OK);
  for (size_t i = 0; i < COUNT(characters); i++) {
    char path[FOLDER_PATH], base[32], yaml[64], code[64];
    const char *c = characters[i].text, *fence = *c == '`' ? "`` " : "`";
    const bool hidden = characters[i].hidden;
    check_context("character %zu", i);
    snprintf(base, sizeof base, "a%sb", c);
    snprintf(yaml, sizeof yaml, "base_model: \"a%sb\"\n", hidden ? " " : c);
    snprintf(code, sizeof code, "- Base model: %sa%sb", fence, hidden ? "\uFFFD" : c);
    t.card.base_model = base;
    t.card.query = bb_str("SELECT 1\r, 2\t3");
    CHECK_INT(bb_model_folder_write(&t.folder, next_path(path), &err), BIOBERT_OK);
    char *text = read_part(path, "README.md");
    CHECK(text && strstr(text, yaml));
    CHECK(text && strstr(text, code));
    CHECK(text && strstr(text, "SELECT 1\uFFFD, 2\t3"));
    free(text);
  }
  trained_free(&t);
}

static void test_labels(void) {
  static const char *const labels[] = {"\"0\": \"a\\u000a\\\"b\"", "\"1\": \"twice\"",
                                       "\"2\": \"twice\"", "\"twice\": 2"};
  char path[FOLDER_PATH];
  trained t;
  bb_labels hostile = {0};
  check_begin("labels are written whatever they are, of two alike the last by name");
  CHECK_INT(trained_open(GOLDEN "relations", "", &t, &err), BIOBERT_OK);
  CHECK_INT(
      bb_labels_read("[\"a\\n\\\"b\",\"twice\",\"twice\"]", "labels", &hostile, &err),
      BIOBERT_OK);
  t.heads.labels = hostile;
  CHECK_INT(bb_model_folder_write(&t.folder, next_path(path), &err), BIOBERT_OK);
  expect_part(path, "config.json", labels, COUNT(labels), true);
  biobert_model *written = open_model(path, "");
  CHECK_STR(written ? written->info.labels : "",
            "[\"a\\u000a\\\"b\",\"twice\",\"twice\"]");
  biobert_model_close(written);
  bb_labels_free(&hostile);
  trained_free(&t);
}

int main(void) {
  folder_begin();
  test_sources();
  test_files();
  test_options();
  test_settings();
  test_new_model();
  test_no_types();
  test_kept_settings();
  test_source_gone();
  test_card();
  test_hidden_characters();
  test_labels();
  return check_report();
}
