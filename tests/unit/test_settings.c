/* test_settings.c - settings in the files of a model: copies of the models of
 * tests/golden with other files, against what transformers and sentence-transformers say
 * of them (tests/golden/tasks/settings.json; its README.md has the format), and what no
 * reference can say: refusals, notes, and rules of our own.
 *
 *   test_settings      from the root of the repository */
#include "check.h"

#include <math.h>

#include "biobert.h"
#include "format/json_file.h"
#include "model_folder.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum { MAX_DIMENSION = 256 };

static const char golden[] = "tests/golden";

/* As in test_golden.c and test_heads.c, which say why. */
static const double VECTOR_ERROR = 2e-5;
static const double SCORE_ERROR = 1e-5;

static biobert_model *model;
static biobert_session *session;
static biobert_error err;

/* clang-format off */
static biobert_str view(const char *text) {
  return (biobert_str){text, strlen(text)};
}

static const bb_json_node *get(const bb_json_node *node, const char *key) {
  return bb_json_get(node, key);
}

static biobert_str get_text(const bb_json_node *node, const char *key) {
  return bb_json_string(bb_json_get(node, key));
}

static double number_of(const bb_json_node *node) {
  double number = NAN;
  bb_json_double(node, &number);
  return number;
}

static bool same_text(biobert_str a, biobert_str b) {
  return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}
/* clang-format on */

static void check_number(double actual, double expected, double error) {
  if (!(fabs(actual - expected) <= error))
    check_fail(__FILE__, __LINE__, "%.9g, expected %.9g", actual, expected);
}

/* Folders ---------------------------------------------------------------------------- */

/* A copy of a golden model: its path, until the next copy. */
static const char *copy_of(biobert_str base) {
  static char path[FOLDER_PATH];
  static int copies;
  char from[FOLDER_PATH], name[96];
  snprintf(from, sizeof from, "%s/models/%.*s", golden, (int)base.len, base.data);
  snprintf(name, sizeof name, "%.*s_%d", (int)base.len, base.data, copies++);
  folder_copy(from, folder_path(path, name));
  return path;
}

/* NULL: takes the file away. Makes the folder that it lies in. */
static void put_file(const char *folder, biobert_str name, biobert_str text) {
  char path[FOLDER_PATH];
  if (snprintf(path, sizeof path, "%s/%.*s", folder, (int)name.len, name.data) >=
      FOLDER_PATH)
    exit(2);
  if (!text.data) {
    unlink(path);
    return;
  }
  char *slash = strrchr(path, '/');
  *slash = '\0';
  mkdir(path, 0700);
  *slash = '/';
  file_write(path, text.data, text.len);
}

static bool open_model(const char *folder, biobert_str options) {
  err = (biobert_error){0};
  return CHECK_INT(biobert_model_open(view(folder), options, &model, &err), 0) &&
         CHECK_INT(biobert_session_new(model, NULL, &session, &err), 0);
}

static void close_model(void) {
  biobert_session_free(session);
  biobert_model_close(model);
  session = NULL;
  model = NULL;
}

/* The golden cases ------------------------------------------------------------------- */

static void check_vector(const bb_json_node *expected, biobert_str text,
                         biobert_role role) {
  float vector[MAX_DIMENSION];
  size_t n = biobert_model_dimension(model), i = 0;
  double max = 1;
  if (!expected || !CHECK_INT(bb_json_count(expected), n) || n > MAX_DIMENSION) return;
  if (!CHECK_INT(biobert_embed(session, text, role, vector, &err), 0)) return;
  const bb_json_node *node = bb_json_first(expected);
  for (; node; node = bb_json_next(node)) max = fmax(max, fabs(number_of(node)));
  for (node = bb_json_first(expected); node; node = bb_json_next(node), i++)
    check_number((double)vector[i], number_of(node), VECTOR_ERROR * max);
}

static void check_texts(const bb_json_node *cases) {
  for (const bb_json_node *c = bb_json_first(cases); c; c = bb_json_next(c)) {
    biobert_str text = get_text(c, "text");
    check_context("%.100s", text.data);
    check_vector(get(c, "embedding"), text, BIOBERT_DOCUMENT);
    check_vector(get(c, "query_embedding"), text, BIOBERT_QUERY);
  }
}

static void check_rerank(const bb_json_node *cases) {
  for (const bb_json_node *c = bb_json_first(cases); c; c = bb_json_next(c)) {
    double score = NAN;
    biobert_str a = get_text(c, "a"), b = get_text(c, "b");
    check_context("%.60s | %.40s", a.data, b.data);
    CHECK_INT(biobert_rerank(session, a, b, &score, &err), 0);
    check_number(score, number_of(get(c, "score")), SCORE_ERROR);
  }
}

static void check_labels(const bb_json_node *cases) {
  for (const bb_json_node *c = bb_json_first(cases); c; c = bb_json_next(c)) {
    biobert_label_score *scores = NULL;
    size_t count = 0, i = 0;
    biobert_str text = get_text(c, "text");
    check_context("%.100s", text.data);
    CHECK_INT(biobert_classify(session, text, (biobert_str){0}, &scores, &count, &err),
              0);
    const bb_json_node *label = bb_json_first(get(c, "labels"));
    if (!CHECK_INT(bb_json_count(get(c, "labels")), count)) label = NULL;
    for (; label; label = bb_json_next(label), i++) {
      const bb_json_node *name = bb_json_first(label);
      CHECK(same_text(scores[i].label, bb_json_string(name)));
      check_number(scores[i].score, number_of(bb_json_next(name)), SCORE_ERROR);
    }
    biobert_session_release(session, scores);
  }
}

static void check_entities(const bb_json_node *cases) {
  for (const bb_json_node *c = bb_json_first(cases); c; c = bb_json_next(c)) {
    biobert_entity *found = NULL;
    size_t count = 0, i = 0;
    biobert_str text = get_text(c, "text");
    check_context("%.100s", text.data);
    CHECK_INT(biobert_entities(session, text, &found, &count, &err), 0);
    const bb_json_node *e = bb_json_first(get(c, "entities"));
    if (!CHECK_INT(bb_json_count(get(c, "entities")), count)) e = NULL;
    for (; e; e = bb_json_next(e), i++) {
      CHECK(same_text(found[i].label, get_text(e, "label")));
      CHECK_INT(found[i].start, number_of(get(e, "start")));
      CHECK_INT(found[i].end, number_of(get(e, "end")));
      check_number(found[i].score, number_of(get(e, "score")), SCORE_ERROR);
    }
    biobert_session_release(session, found);
  }
}

enum { K = 5 }; /* of make_tasks.py */

static void check_masks(const bb_json_node *cases) {
  for (const bb_json_node *c = bb_json_first(cases); c; c = bb_json_next(c)) {
    biobert_fill *fills = NULL;
    size_t count = 0, i = 0;
    biobert_str text = get_text(c, "text");
    check_context("%.100s", text.data);
    CHECK_INT(biobert_fill_mask(session, text, K, &fills, &count, &err), 0);
    const bb_json_node *mask = bb_json_first(get(c, "masks"));
    if (!CHECK_INT(count, K * bb_json_count(get(c, "masks")))) mask = NULL;
    for (; mask; mask = bb_json_next(mask)) {
      const bb_json_node *fill = bb_json_first(get(mask, "fills"));
      for (; fill; fill = bb_json_next(fill), i++) {
        CHECK_INT(fills[i].id, number_of(get(fill, "id")));
        check_number(fills[i].score, number_of(get(fill, "score")), SCORE_ERROR);
      }
    }
    biobert_session_release(session, fills);
  }
}

static const struct {
  const char *key;
  void (*check)(const bb_json_node *cases);
} kinds[] = {
    {"texts",     check_texts   },
    {"rerank",    check_rerank  },
    {"classify",  check_labels  },
    {"entities",  check_entities},
    {"fill_mask", check_masks   },
};

static void run_case(const bb_json_node *c) {
  static char sentence[160]; /* check.h looks at it until the next one begins */
  const char *folder = copy_of(get_text(c, "base"));
  snprintf(sentence, sizeof sentence, "%s", get_text(c, "says").data);
  check_begin(sentence);
  const bb_json_node *file = bb_json_first(get(c, "files"));
  for (; file; file = bb_json_next(file))
    put_file(folder, bb_json_key(file), bb_json_string(file));
  size_t checked = 0;
  bool is_open = open_model(folder, get_text(c, "options"));
  for (size_t i = 0; i < COUNT(kinds) && is_open; i++) {
    if (!get(c, kinds[i].key)) continue;
    checked += bb_json_count(get(c, kinds[i].key));
    kinds[i].check(get(c, kinds[i].key));
  }
  CHECK(checked > 0);
  close_model();
}

static void test_cases(void) {
  char path[FOLDER_PATH];
  bb_json *json = NULL;
  snprintf(path, sizeof path, "%s/tasks/settings.json", golden);
  check_begin("the golden settings can be read");
  if (!CHECK_INT(bb_json_read_file(path, &json, &err), 0)) return;
  const bb_json_node *c = bb_json_first(get(bb_json_root(json), "cases"));
  for (; c; c = bb_json_next(c)) run_case(c);
  bb_json_free(json);
}

/* Refusals --------------------------------------------------------------------------- */

/* One file of a copy becomes `text`; loading it must fail, or (message NULL) not. */
typedef struct refusal {
  const char *says, *base, *file, *text, *options, *message;
} refusal;

/* clang-format off */
static const refusal refusals[] = {
    {"max_seq_length 0 is refused, with what is expected", "st_mean",
     "sentence_bert_config.json", "{\"max_seq_length\": 0}", "",
     "max_seq_length is 0, a whole number from 3 or null was expected"},
    {"max_seq_length 2 has no room for a piece", "st_mean", "sentence_bert_config.json",
     "{\"max_seq_length\": 2}", "", "max_seq_length is 2, a whole number from 3"},
    {"a length is no fraction", "st_mean", "sentence_bert_config.json",
     "{\"query_length\": 8.5}", "", "query_length is 8.5"},
    {"a length is no string", "st_mean", "sentence_bert_config.json",
     "{\"document_length\": \"8\"}", "", "document_length is a string"},
    {"a length of no meaning is not said", "st_mean", "sentence_bert_config.json",
     "{\"tokenizer_args\": {\"model_max_length\": 1e30}}", "", NULL},
    {"a truncate_dim of 0 is refused", "st_mean", "config_sentence_transformers.json",
     "{\"truncate_dim\": 0}", "", "truncate_dim is 0, a whole number from 1 or null"},
    {"an unknown pooling_mode is refused with those that there are", "st_mean",
     "1_Pooling/config.json", "{\"pooling_mode\": \"median\"}", "",
     "pooling_mode 'median' is not one of: cls, max, mean, mean_sqrt_len_tokens"},
    {"a CrossEncoder's unknown activation is refused", "cross_encoder",
     "config_sentence_transformers.json",
     "{\"model_type\": \"CrossEncoder\", \"activation_fn\": \"torch.nn.Softshrink\"}", "",
     "activation_fn 'torch.nn.Softshrink' is not known"},
    {"a Japanese tokenizer is refused by name", "st_mean", "tokenizer_config.json",
     "{\"tokenizer_class\": \"BertJapaneseTokenizer\"}", "",
     "tokenizer_class 'BertJapaneseTokenizer' is not supported"},
    {"BERTweet's too", "st_mean", "tokenizer_config.json",
     "{\"tokenizer_class\": \"BertweetTokenizer\"}", "", "'BertweetTokenizer'"},
    {"a tokenizer of the model's own code too", "st_mean", "tokenizer_config.json",
     "{\"tokenizer_class\": \"MyTokenizer\"}", "", "'MyTokenizer'"},
    {"a class that is a BertTokenizer is none of these", "st_mean", "tokenizer_config.json",
     "{\"tokenizer_class\": \"ElectraTokenizerFast\"}", "", NULL},
    {"what tokenizer.json describes needs no class", "st_mean", "tokenizer_config.json",
     "{\"tokenizer_class\": \"PreTrainedTokenizerFast\"}", "", NULL},
    {"a side that there is not is refused", "st_mean", "tokenizer_config.json",
     "{\"truncation_side\": \"middle\"}", "",
     "truncation_side 'middle' is neither left nor right"},
    {"a dimension larger than the vector is refused", "st_dense", NULL, NULL,
     "{\"dimension\": 17}", "dimension 17: this model's vectors have 16 values"},
    {"a task whose head is not there is refused", "st_mean", NULL, NULL,
     "{\"task\": \"ner\"}", "task \"ner\": the weights of"},
    {"an encoder that is not there is refused with those that are", "two_encoders", NULL,
     NULL, "{\"encoder\": \"query\"}",
     "encoder 'query' is the beginning of 0 encoders"},
    {"half a name is none", "two_encoders", NULL, NULL, "{\"encoder\": \"ctx_\"}",
     "'ctx_encoder.bert_model', 'question_encoder.bert_model'"},
    {"DPR with a projection is refused", "two_encoders", "config.json",
     "{\"model_type\": \"dpr\", \"projection_dim\": 8}", "",
     "projection_dim 8 is not supported"},
    {"labels that are neither text nor numbers are refused", "relations", "config.json",
     "{\"architectures\": [\"BertForSequenceClassification\"], \"id2label\": {\"0\": []}}",
     "", "id2label has neither a string nor a number for '0'"},
};
/* clang-format on */

static void test_refusals(void) {
  for (size_t i = 0; i < COUNT(refusals); i++) {
    const refusal *r = &refusals[i];
    const char *folder = copy_of(view(r->base));
    check_begin(r->says);
    if (r->file) put_file(folder, view(r->file), view(r->text));
    err = (biobert_error){0};
    biobert_status status =
        biobert_model_open(view(folder), view(r->options), &model, &err);
    if (!r->message) {
      CHECK_INT(status, BIOBERT_OK);
    } else {
      CHECK(status != BIOBERT_OK);
      if (!strstr(err.message, r->message)) CHECK_STR(err.message, r->message);
    }
    close_model();
  }
}

/* The class that config.json names counts where tokenizer_config.json names none. */
static void test_class_of_config(void) {
  static const struct {
    const char *says, *tokenizer_config;
    bool refused;
  } rows[] = {
      {"the tokenizer that config.json names is refused too", "{}",                                       true},
      {"tokenizer_config.json is asked first",                "{\"tokenizer_class\": \"BertTokenizer\"}",
       false                                                                                                  },
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    char config[FOLDER_PATH];
    const char *folder = copy_of(view("st_mean"));
    check_begin(rows[i].says);
    put_file(folder, view("tokenizer_config.json"), view(rows[i].tokenizer_config));
    snprintf(config, sizeof config, "%s/config.json", folder);
    CHECK(file_replace(config, "{", "{\"tokenizer_class\": \"BertJapaneseTokenizer\","));
    biobert_status status = biobert_model_open(view(folder), view(""), &model, &err);
    CHECK((status == BIOBERT_UNSUPPORTED) == rows[i].refused);
    close_model();
  }
}

/* What is inferred and noted --------------------------------------------------------- */

static bool has_note(const char *words) {
  return strstr(biobert_model_get_info(model)->notes, words) != NULL;
}

static void check_note(const char *words) {
  if (!has_note(words)) CHECK_STR(biobert_model_get_info(model)->notes, words);
}

static void open_with(const char *base, const char *file, const char *text) {
  const char *folder = copy_of(view(base));
  if (file) put_file(folder, view(file), view(text));
  open_model(folder, view(""));
}

static void test_notes(void) {
  check_begin("the choice among two encoders is noted");
  open_with("two_encoders", NULL, NULL);
  check_note("2 encoders in the weights ('ctx_encoder.bert_model', "
             "'question_encoder.bert_model'), 'ctx_encoder.bert_model' is taken: the "
             "option encoder takes another");
  CHECK_STR(biobert_model_get_info(model)->pooling, "cls");
  close_model();

  check_begin("one encoder is worth no note");
  open_with("st_mean", NULL, NULL);
  CHECK(!has_note("encoder"));
  close_model();

  check_begin("a classifier without a named task is noted");
  char config[FOLDER_PATH];
  const char *folder = copy_of(view("kmers"));
  snprintf(config, sizeof config, "%s/config.json", folder);
  CHECK(file_replace(config, "\"architectures\"", "\"was\""));
  open_model(folder, view(""));
  check_note("the weights have classifier.weight, but config.json names no architecture");
  CHECK_STR(biobert_model_get_info(model)->task, "embed");
  close_model();

  static const struct {
    const char *says, *similarity, *note, *distance;
  } rows[] = {
      {"cosine is a distance",                "cosine",    "",                             "cosine"},
      {"dot is one",                          "dot",       "similarity_fn_name dot",       "dot"   },
      {"euclidean is l2",                     "euclidean", "similarity_fn_name euclidean", "l2"    },
      {"manhattan is noted, and no distance", "manhattan",
       "similarity_fn_name manhattan: not a distance of ours",                             NULL    },
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    char text[96];
    check_begin(rows[i].says);
    snprintf(text, sizeof text, "{\"similarity_fn_name\": \"%s\"}", rows[i].similarity);
    open_with("st_mean", "config_sentence_transformers.json", text);
    check_note(rows[i].note);
    const char *distance = biobert_model_get_info(model)->distance;
    CHECK_STR(distance ? distance : "none", rows[i].distance ? rows[i].distance : "none");
    close_model();
  }

  check_begin("a query that may be longer than a document is noted, and is another text");
  open_with("st_mean", "sentence_bert_config.json",
            "{\"query_length\": 30, \"document_length\": 12}");
  check_note("a query may have 30 tokens, a document 12");
  CHECK_INT(biobert_model_get_info(model)->max_tokens, 12);
  CHECK(biobert_model_get_info(model)->has_query_prompt);
  close_model();

  check_begin("empty prompts are no prompts");
  open_with("st_mean", "config_sentence_transformers.json",
            "{\"prompts\": {\"query\": \"\", \"document\": \"\"}}");
  CHECK(!biobert_model_get_info(model)->has_query_prompt);
  close_model();
}

/* A vocabulary with more tokens than the embeddings have rows ------------------------ */

static void test_vocabulary(void) {
  char path[FOLDER_PATH];
  float vector[MAX_DIMENSION], many[2 * MAX_DIMENSION];
  const char *folder = copy_of(view("st_mean"));
  snprintf(path, sizeof path, "%s/tokenizer.json", folder);
  check_begin("a vocabulary larger than the embeddings is noted");
  CHECK(file_replace(path, "\"aspirin\": 285", "\"aspirin\": 3999999"));
  if (!open_model(folder, view(""))) return;
  check_note("the vocabulary has 4000000 tokens, the embeddings have 387 rows");

  check_begin("texts of tokens that have a row are embedded");
  CHECK_INT(biobert_embed(session, view("insulin"), BIOBERT_DOCUMENT, vector, &err), 0);

  check_begin("a token without a row is an error that names it");
  CHECK_INT(biobert_embed(session, view("aspirin"), BIOBERT_DOCUMENT, vector, &err),
            BIOBERT_FORMAT);
  if (!strstr(err.message, "token 'aspirin' (id 3999999) has no row"))
    CHECK_STR(err.message, "token 'aspirin' (id 3999999) has no row");

  check_begin("of many texts only those with such a token fail");
  biobert_str texts[] = {view("insulin"), view("aspirin")};
  biobert_error errors[2];
  CHECK_INT(biobert_embed_many(session, texts, 2, BIOBERT_DOCUMENT, many, errors, &err),
            0);
  CHECK_INT(errors[0].status, BIOBERT_OK);
  CHECK_INT(errors[1].status, BIOBERT_FORMAT);

  check_begin("such a token has its spelling all the same");
  CHECK(same_text(biobert_token_text(model, 3999999), view("aspirin")));
  close_model();
}

/* Prompts: rules of our own where releases of the library differ --------------------- */

/* The vector of a text with a prompt is that of prompt and text without one. */
static void test_prompts(void) {
  static const struct {
    const char *says, *about, *document, *query;
  } rows[] = {
      {"without a document prompt the one for passages is taken",
       "{\"prompts\": {\"passage\": \"gene: \"}}",                           "gene: ", ""      },
      {"without either, the default one",
       "{\"prompts\": {\"x\": \"gene: \"}, \"default_prompt_name\": \"x\"}", "gene: ", "gene: "},
      {"an empty passage prompt is an empty prompt",
       "{\"prompts\": {\"passage\": \"\", \"x\": \"gene: \"}, \"default_prompt_name\": "
       "\"x\"}",                                                             "",       "gene: "},
      {"a prompt that is null is an empty one",
       "{\"prompts\": {\"document\": null, \"passage\": \"gene: \"}}",       "",       ""      },
      {"a default that no prompt is named is none",
       "{\"prompts\": {}, \"default_prompt_name\": \"x\"}",                  "",       ""      },
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    char text[64];
    float plain[2][MAX_DIMENSION], prompted[2][MAX_DIMENSION];
    const biobert_role roles[] = {BIOBERT_DOCUMENT, BIOBERT_QUERY};
    const char *prompts[] = {rows[i].document, rows[i].query};
    check_begin(rows[i].says);
    open_with("st_mean", "config_sentence_transformers.json", "{}");
    for (size_t r = 0; r < 2; r++) {
      snprintf(text, sizeof text, "%sstroke", prompts[r]);
      CHECK_INT(biobert_embed(session, view(text), roles[r], plain[r], &err), 0);
    }
    close_model();
    open_with("st_mean", "config_sentence_transformers.json", rows[i].about);
    for (size_t r = 0; r < 2; r++) {
      CHECK_INT(biobert_embed(session, view("stroke"), roles[r], prompted[r], &err), 0);
      CHECK(memcmp(plain[r], prompted[r],
                   biobert_model_dimension(model) * sizeof(float)) == 0);
    }
    close_model();
  }
}

/* Labels ----------------------------------------------------------------------------- */

/* transformers 4 takes id2label where num_labels is another; release 5 refuses both. */
static void test_label_counts(void) {
  char config[FOLDER_PATH];
  const char *folder = copy_of(view("relations"));
  check_begin("id2label goes before another num_labels");
  snprintf(config, sizeof config, "%s/config.json", folder);
  CHECK(file_replace(config, "{", "{\"num_labels\": 7,"));
  if (open_model(folder, view("")))
    CHECK_STR(biobert_model_get_info(model)->labels,
              "[\"no relation\",\"CPR:3 \\\"up\\\"\",\"CPR:4 down\"]");
  close_model();
}

/* BioBERT's own corpora are labelled B, I and O. With labels so named, every entity is
 * what the words that are not O in a row make, and has no label. */
static void test_bare_labels(void) {
  static const struct {
    const char *says, *labels;
    size_t tags;
  } rows[] = {
      {"B and I without a type are one entity, whose label is empty", "B I", 0},
      {"a B beside no I is a label of its own",                       "B X", 1},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    char config[FOLDER_PATH], label[16];
    biobert_entity *found = NULL;
    size_t count = 0;
    const char *folder = copy_of(view("distilbert_ner"));
    check_begin(rows[i].says);
    snprintf(config, sizeof config, "%s/config.json", folder);
    snprintf(label, sizeof label, "\"%c\"", rows[i].labels[0]);
    CHECK(file_replace(config, "\"B-Site\"", label));
    snprintf(label, sizeof label, "\"%c\"", rows[i].labels[2]);
    CHECK(file_replace(config, "\"I-Site\"", label));
    if (!open_model(folder, view(""))) continue;
    biobert_str text = view("ATG TGC GCA CAT AAA CCC TTT GGG ATA TAT ACG CGT GTA TAC");
    CHECK_INT(biobert_entities(session, text, &found, &count, &err), 0);
    CHECK(count > 0);
    for (size_t e = 0; e < count; e++) CHECK_INT(found[e].label.len, rows[i].tags);
    biobert_session_release(session, found);
    close_model();
  }
}

int main(void) {
  folder_begin();
  test_cases();
  test_refusals();
  test_class_of_config();
  test_notes();
  test_vocabulary();
  test_prompts();
  test_label_counts();
  test_bare_labels();
  return check_report();
}
