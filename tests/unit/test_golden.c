/* test_golden.c - the models of tests/golden against what PyTorch, transformers,
 * tokenizers and sentence-transformers say of them. tests/golden/README.md has the format
 * of the files.
 *
 *   test_golden [tests/golden]      from the root of the repository */
#include "check.h"

#include <math.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/os.h"
#include "biobert.h"
#include "format/json_file.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum { PATH_BYTES = 512, MAX_TEST_DIMENSION = 1024, MAX_MODELS = 64 };

/* float32 against float32 of another order of summation: three layers of sums over 64
 * terms of unit size lose up to about 1e-6 of the largest; PyTorch's own paths (oneDNN,
 * MKL) differ by as much. A wrong epsilon, GELU or mask shows at 1e-4 and above. */
static const double GOLDEN_ERROR = 2e-5;
/* The same for a real model of 6 layers, whose vectors have length 1. */
static const double REAL_MODEL_ERROR = 1e-5;
/* 1 - cos of two float32 vectors that differ by GOLDEN_ERROR in one value in ten: 5e-7.
 */
static const double MIN_COSINE = 0.9999995;
/* The BLAS takes other kernels for other numbers of rows, with other orders of summation.
 */
static const double SAME_TEXT_ERROR = 2e-6;

static const char *golden = "tests/golden";

static const char *path_of(char buffer[PATH_BYTES], const char *folder, const char *name,
                           const char *ending) {
  snprintf(buffer, PATH_BYTES, "%s%s/%s%s", golden, folder, name, ending);
  return buffer;
}

/* One model: its name, what the reference says, and the model itself. */
static char model_name[64];
static const bb_json_node *root;
static biobert_model *model;
static biobert_session *session;
static biobert_error err;

/* "st_mean: tokens, places and words are the reference's" */
static void begin(const char *says) {
  static char sentence[160]; /* check.h looks at it until the next one begins */
  snprintf(sentence, sizeof sentence, "%s: %s", model_name, says);
  check_begin(sentence);
}

static biobert_str view(const char *text) {
  return (biobert_str){text, strlen(text)};
}

static bool equals(biobert_str text, const char *expected) {
  return text.len == strlen(expected) && memcmp(text.data, expected, text.len) == 0;
}

/* Vectors ---------------------------------------------------------------------------- */

/* The numbers of a node into out; their number. */
static size_t read_numbers(const bb_json_node *array, double *out, size_t max) {
  size_t count = 0;
  const bb_json_node *node = bb_json_first(array);
  for (; node && count < max; node = bb_json_next(node))
    if (!bb_json_double(node, &out[count++])) return 0;
  return count;
}

static double largest(const double *x, size_t n) {
  double max = 0;
  for (size_t i = 0; i < n; i++)
    if (fabs(x[i]) > max) max = fabs(x[i]);
  return max;
}

static double largest_difference(const float *a, const double *b, size_t n) {
  double max = 0;
  for (size_t i = 0; i < n; i++) {
    double d = fabs((double)a[i] - b[i]);
    if (!(d <= max)) max = d; /* NaN counts as the largest */
  }
  return max;
}

static double cosine(const float *a, const double *b, size_t n) {
  double dot = 0, aa = 0, bb = 0;
  for (size_t i = 0; i < n; i++) {
    dot += (double)a[i] * b[i];
    aa += (double)a[i] * (double)a[i];
    bb += b[i] * b[i];
  }
  return dot / sqrt(aa * bb);
}

/* actual against the array `expected`, at most `error` off in any value. */
static void check_vector(const float *actual, const bb_json_node *expected,
                         double error) {
  static double numbers[MAX_TEST_DIMENSION];
  size_t n = biobert_model_dimension(model);
  if (!CHECK_INT(read_numbers(expected, numbers, MAX_TEST_DIMENSION), n)) return;
  double off = largest_difference(actual, numbers, n), cos = cosine(actual, numbers, n);
  if (!(off <= error))
    check_fail(__FILE__, __LINE__, "off by %g, at most %g", off, error);
  if (!(cos >= MIN_COSINE)) check_fail(__FILE__, __LINE__, "the cosine is %.9f", cos);
}

static double golden_error(const bb_json_node *expected) {
  static double numbers[MAX_TEST_DIMENSION];
  double max = largest(numbers, read_numbers(expected, numbers, MAX_TEST_DIMENSION));
  return GOLDEN_ERROR * (max > 1 ? max : 1);
}

static void check_embedding(const bb_json_node *text, const char *key,
                            biobert_role role) {
  static float vector[MAX_TEST_DIMENSION];
  const bb_json_node *expected = bb_json_get(text, key);
  if (!expected) return;
  biobert_str string = bb_json_string(bb_json_get(text, "text"));
  check_context("%.100s", string.data);
  if (CHECK_INT(biobert_embed(session, string, role, vector, &err), BIOBERT_OK))
    check_vector(vector, expected, golden_error(expected));
}

/* Tokens ----------------------------------------------------------------------------- */

typedef struct token_check {
  const bb_json_node *id, *token, *offset, *word; /* the next ones; token may be NULL */
  size_t wrong, count;
} token_check;

static bool same_place(const biobert_token *t, const bb_json_node *offset,
                       const bb_json_node *word) {
  int64_t start, end, index;
  if (bb_json_kind_of(offset) == BB_JSON_NULL) return t->added;
  const bb_json_node *first = bb_json_first(offset);
  return !t->added && bb_json_int(first, &start) &&
         bb_json_int(bb_json_next(first), &end) && bb_json_int(word, &index) &&
         t->start == (size_t)start && t->end == (size_t)end && t->word == (size_t)index;
}

/* tokenizers 0.23 gives an added token that is `normalized` back in its normalised form,
 * from which one cannot tell that it is one; we give it as tokenizer.json has it. */
static const struct {
  const char *reference, *ours;
} respelled[] = {
  /* clang-format off */
    {"covid-19", "COVID-19"},
    {"angstrom", "\xC3\x85ngstr\xC3\xB6m"},
  /* clang-format on */
};

static bool same_spelling(biobert_str ours, biobert_str reference) {
  for (size_t i = 0; i < COUNT(respelled); i++)
    if (equals(reference, respelled[i].reference) && equals(ours, respelled[i].ours))
      return true;
  return ours.data && ours.len == reference.len &&
         memcmp(ours.data, reference.data, ours.len) == 0;
}

static bool compare_token(void *ctx, const biobert_token *t) {
  token_check *c = ctx;
  int64_t id = -1;
  bool same = c->id && bb_json_int(c->id, &id) && t->id == id &&
              same_place(t, c->offset, c->word);
  if (same && c->token)
    same = same_spelling(biobert_token_text(model, t->id), bb_json_string(c->token));
  if (!same) c->wrong++;
  c->count++;
  c->id = bb_json_next(c->id);
  c->token = bb_json_next(c->token);
  c->offset = bb_json_next(c->offset);
  c->word = bb_json_next(c->word);
  return true;
}

/* node: an object with ids, offsets, words and perhaps tokens of `text`. */
static void check_tokens(biobert_str text, const bb_json_node *node) {
  const bb_json_node *ids = bb_json_get(node, "ids");
  token_check c = {bb_json_first(ids),
                   bb_json_first(bb_json_get(node, "tokens")),
                   bb_json_first(bb_json_get(node, "offsets")),
                   bb_json_first(bb_json_get(node, "words")),
                   0,
                   0};
  check_context("%.100s", text.data);
  CHECK_INT(biobert_tokenize(session, text, compare_token, &c, &err), BIOBERT_OK);
  CHECK_INT(c.count, bb_json_count(ids));
  CHECK_INT(c.wrong, 0);
}

/* Hidden states ---------------------------------------------------------------------- */

/* expected: [token][hidden] */
static void check_layer(const float *states, size_t tokens,
                        const bb_json_node *expected) {
  size_t H = biobert_model_get_info(model)->hidden;
  if (!CHECK_INT(tokens, bb_json_count(expected))) return;
  double max = 0, off = 0;
  const bb_json_node *row = bb_json_first(expected);
  for (size_t t = 0; t < tokens; t++, row = bb_json_next(row)) {
    double numbers[MAX_TEST_DIMENSION];
    if (!CHECK_INT(read_numbers(row, numbers, MAX_TEST_DIMENSION), H)) return;
    double row_max = largest(numbers, H);
    double row_off = largest_difference(states + t * H, numbers, H);
    if (row_max > max) max = row_max;
    if (!(row_off <= off)) off = row_off;
  }
  if (!(off <= GOLDEN_ERROR * max))
    check_fail(__FILE__, __LINE__, "off by %g, the largest state is %g", off, max);
}

static void check_hidden_states(biobert_str text, const bb_json_node *layers) {
  size_t layer = 0;
  CHECK_INT(bb_json_count(layers), biobert_model_get_info(model)->layers + 1);
  const bb_json_node *node = bb_json_first(layers);
  for (; node; node = bb_json_next(node), layer++) {
    float *states = NULL;
    size_t tokens = 0;
    check_context("layer %zu of %.100s", layer, text.data);
    biobert_status status =
        biobert_hidden_states(session, text, layer, &states, &tokens, &err);
    if (CHECK_INT(status, BIOBERT_OK)) check_layer(states, tokens, node);
    biobert_session_release(session, states);
  }
}

/* Kinds of test, one sentence each --------------------------------------------------- */

static const bb_json_node *first_text(void) {
  return bb_json_first(bb_json_get(root, "texts"));
}

static void check_text_member(const char *key, const char *actual) {
  const bb_json_node *node = bb_json_get(root, key);
  if (!node) return;
  check_context("%s", key);
  if (!equals(bb_json_string(node), actual)) CHECK_STR(actual, bb_json_string(node).data);
}

static void check_number_member(const char *key, size_t actual) {
  int64_t expected;
  check_context("%s", key);
  if (bb_json_int(bb_json_get(root, key), &expected)) CHECK_INT(actual, expected);
}

static void check_flag_member(const char *key, bool actual) {
  const bb_json_node *node = bb_json_get(root, key);
  check_context("%s", key);
  if (node) CHECK_INT(actual, bb_json_is_true(node));
}

static void test_settings(void) {
  begin("what the loader finds out is what the reference says");
  const biobert_model_info *info = biobert_model_get_info(model);
  check_text_member("architecture", info->architecture);
  check_text_member("task", info->task);
  check_text_member("pooling", info->pooling);
  check_number_member("dimension", info->dimension);
  check_number_member("max_tokens", info->max_tokens);
  check_flag_member("lowercase", info->lowercase);
  check_flag_member("normalize", info->normalize);
  check_context("%s", "");
  CHECK_INT(biobert_model_dimension(model), info->dimension);
}

static void test_tokens(void) {
  begin("tokens, places and words are the reference's");
  for (const bb_json_node *t = first_text(); t; t = bb_json_next(t))
    check_tokens(bb_json_string(bb_json_get(t, "text")), t);
}

static void test_embeddings(void) {
  begin("the vectors of documents are the reference's");
  CHECK(first_text() != NULL);
  for (const bb_json_node *t = first_text(); t; t = bb_json_next(t))
    check_embedding(t, "embedding", BIOBERT_DOCUMENT);
  if (!bb_json_get(first_text(), "query_embedding")) return;
  begin("the vectors of queries are the reference's");
  CHECK(biobert_model_get_info(model)->has_query_prompt);
  for (const bb_json_node *t = first_text(); t; t = bb_json_next(t))
    check_embedding(t, "query_embedding", BIOBERT_QUERY);
}

static void test_pairs(void) {
  static float vector[MAX_TEST_DIMENSION];
  const bb_json_node *pair = bb_json_first(bb_json_get(root, "pairs"));
  if (!pair) return;
  begin("the vectors of pairs are the reference's");
  for (; pair; pair = bb_json_next(pair)) {
    biobert_str a = bb_json_string(bb_json_get(pair, "a"));
    biobert_str b = bb_json_string(bb_json_get(pair, "b"));
    const bb_json_node *expected = bb_json_get(pair, "embedding");
    check_context("%.60s | %.60s", a.data, b.data);
    if (CHECK_INT(biobert_embed_pair(session, a, b, vector, &err), BIOBERT_OK))
      check_vector(vector, expected, golden_error(expected));
  }
}

static void test_hidden_states(void) {
  bool any = false;
  for (const bb_json_node *t = first_text(); t; t = bb_json_next(t)) {
    const bb_json_node *layers = bb_json_get(t, "hidden_states");
    if (!layers) continue;
    if (!any) begin("the hidden states of every layer are the reference's");
    any = true;
    check_hidden_states(bb_json_string(bb_json_get(t, "text")), layers);
  }
}

static bool close_to(const float *a, const float *b, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (!(fabs((double)a[i] - (double)b[i]) <= SAME_TEXT_ERROR)) return false;
  return true;
}

/* Every text on one, two and three threads, the texts before it having left their traces.
 */
static void test_same_again(void) {
  static const char *const threads[] = {"1", "2", "3"};
  static float once[MAX_TEST_DIMENSION], again[MAX_TEST_DIMENSION];
  begin("a text has the same vector on any number of threads and after any other text");
  size_t n = biobert_model_dimension(model);
  for (const bb_json_node *t = first_text(); t; t = bb_json_next(t)) {
    biobert_str text = bb_json_string(bb_json_get(t, "text"));
    biobert_session *fresh = NULL;
    biobert_setting_set(view("threads"), view("1"), NULL);
    CHECK_INT(biobert_session_new(model, NULL, &fresh, &err), BIOBERT_OK);
    CHECK_INT(biobert_embed(fresh, text, BIOBERT_DOCUMENT, once, &err), BIOBERT_OK);
    biobert_session_free(fresh);
    for (size_t i = 0; i < COUNT(threads); i++) {
      check_context("%s threads, %.100s", threads[i], text.data);
      biobert_setting_set(view("threads"), view(threads[i]), NULL);
      CHECK_INT(biobert_embed(session, text, BIOBERT_DOCUMENT, again, &err), BIOBERT_OK);
      CHECK(close_to(once, again, n));
    }
  }
  biobert_setting_set(view("threads"), view("1"), NULL);
}

/* Models ----------------------------------------------------------------------------- */

/* The "options" of the file as JSON again: all that the golden files use are strings. */
static void options_text(char buffer[256]) {
  size_t at = (size_t)snprintf(buffer, 256, "{");
  const bb_json_node *node = bb_json_first(bb_json_get(root, "options"));
  for (; node && at < 256; node = bb_json_next(node))
    at += (size_t)snprintf(buffer + at, 256 - at, "%s\"%s\":\"%s\"", at > 1 ? "," : "",
                           bb_json_key(node).data, bb_json_string(node).data);
  if (at < 255) strcpy(buffer + at, "}");
}

static void test_refused(const char *path, biobert_str reason) {
  begin("loading is refused, and the message says why");
  CHECK(biobert_model_open(view(path), view(""), &model, &err) != BIOBERT_OK);
  CHECK(model == NULL);
  if (!strstr(err.message, reason.data)) CHECK_STR(err.message, reason.data);
}

static void test_opened(void) {
  test_settings();
  test_tokens();
  test_embeddings();
  test_pairs();
  test_hidden_states();
  test_same_again();
}

/* Leaves model and session NULL where it fails. */
static void open_model(const char *path) {
  char options[256];
  options_text(options);
  begin("the model opens");
  if (biobert_model_open(view(path), view(options), &model, &err)) {
    CHECK(model == NULL);
    check_fail(__FILE__, __LINE__, "%s", err.message);
    return;
  }
  CHECK_INT(biobert_session_new(model, NULL, &session, &err), BIOBERT_OK);
}

static void test_model(const char *name) {
  char path[PATH_BYTES];
  bb_json *json = NULL;
  snprintf(model_name, sizeof model_name, "%s", name);
  begin("what the reference says of the model can be read");
  if (!CHECK_INT(bb_json_read_file(path_of(path, "", name, ".json"), &json, &err), 0))
    return;
  root = bb_json_root(json);
  biobert_str file = bb_json_string(bb_json_get(root, "file"));
  path_of(path, "/models", name, file.data ? "/" : "");
  if (file.data) strncat(path, file.data, sizeof path - strlen(path) - 1);
  biobert_str reason = bb_json_string(bb_json_get(root, "refused"));
  if (reason.data)
    test_refused(path, reason);
  else
    open_model(path);
  if (session) test_opened();
  biobert_session_free(session);
  biobert_model_close(model);
  session = NULL;
  model = NULL;
  bb_json_free(json);
}

static int by_name(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static void test_models(void) {
  char *names[MAX_MODELS];
  size_t count = 0;
  bb_os_listing files;
  check_begin("the folder of golden files is there");
  if (!CHECK(bb_os_list(&files, golden))) return;
  for (const char *file; count < MAX_MODELS && (file = bb_os_next(&files));) {
    char *name = strdup(file), *ending = name ? strstr(name, ".json") : NULL;
    bool is_model = ending && !ending[5] && strcmp(name, "minilm.json") != 0;
    if (is_model) {
      *ending = '\0';
      names[count++] = name;
    } else {
      free(name);
    }
  }
  bb_os_list_end(&files);
  CHECK(count > 0 && count < MAX_MODELS);
  qsort(names, count, sizeof *names, by_name);
  for (size_t i = 0; i < count; i++) {
    test_model(names[i]);
    free(names[i]);
  }
}

/* Hard strings ----------------------------------------------------------------------- */

/* Each line of `text` by the tokens under `key`. */
static void check_cases(biobert_str text, const char *key) {
  for (const char *at = text.data, *end = at + text.len; at < end;) {
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    biobert_str line = {at, (size_t)((newline ? newline : end) - at)};
    bb_json *json = NULL;
    if (CHECK_INT(bb_json_parse(line, "case", &json, &err), BIOBERT_OK)) {
      const bb_json_node *node = bb_json_root(json);
      check_tokens(bb_json_string(bb_json_get(node, "text")), bb_json_get(node, key));
    }
    bb_json_free(json);
    at = newline ? newline + 1 : end;
  }
}

static void test_cases(const char *key, const char *vocabulary, const char *says) {
  char path[PATH_BYTES];
  bb_buffer text = {0};
  snprintf(model_name, sizeof model_name, "%s", key);
  begin(says);
  bool ready =
      CHECK_INT(bb_file_read_all(path_of(path, "", "tokenizer_cases", ".jsonl"), 1 << 24,
                                 &text, &err),
                BIOBERT_OK) &&
      CHECK_INT(biobert_model_open(view(path_of(path, "/models", vocabulary, "")),
                                   view(""), &model, &err),
                BIOBERT_OK) &&
      CHECK_INT(biobert_session_new(model, NULL, &session, &err), BIOBERT_OK);
  if (ready) check_cases((biobert_str){text.data, text.len}, key);
  biobert_free(text.data);
  biobert_session_free(session);
  biobert_model_close(model);
  session = NULL;
  model = NULL;
}

/* The real model --------------------------------------------------------------------- */

static void test_real_texts(void) {
  static float vector[MAX_TEST_DIMENSION];
  begin("the vectors of the real model are the reference's");
  CHECK(first_text() != NULL);
  check_number_member("dimension", biobert_model_dimension(model));
  check_number_member("max_tokens", biobert_model_get_info(model)->max_tokens);
  for (const bb_json_node *t = first_text(); t; t = bb_json_next(t)) {
    biobert_str text = bb_json_string(bb_json_get(t, "text"));
    check_context("%.100s", text.data);
    if (CHECK_INT(biobert_embed(session, text, BIOBERT_DOCUMENT, vector, &err),
                  BIOBERT_OK))
      check_vector(vector, bb_json_get(t, "embedding"), REAL_MODEL_ERROR);
  }
  test_same_again();
}

/* Of one word there are no other tokens to even out what int8 loses: the worst of 7,898
 * words, and punctuation, were below .996 once. */
static void test_real_words(void) {
  static const char *const words[] = {
      "", "aspirin", ".", ",", "if", "of", "sorry", "certainly", "please", "wonderful"};
  static const double least_cosine = 0.997;
  biobert_model *rough = NULL;
  biobert_session *other = NULL;
  begin("one word in int8 has almost the vector that it has in f32");
  if (!CHECK_INT(biobert_model_open(view("models/default"),
                                    view("{\"precision\":\"int8\"}"), &rough, &err),
                 BIOBERT_OK) ||
      !CHECK_INT(biobert_session_new(rough, NULL, &other, &err), BIOBERT_OK))
    return;
  for (size_t i = 0; i < COUNT(words); i++) {
    static float exact[MAX_TEST_DIMENSION], vector[MAX_TEST_DIMENSION];
    check_context("'%s'", words[i]);
    CHECK_INT(biobert_embed(session, view(words[i]), BIOBERT_DOCUMENT, exact, &err), 0);
    CHECK_INT(biobert_embed(other, view(words[i]), BIOBERT_DOCUMENT, vector, &err), 0);
    double distance = biobert_vector_distance(
        exact, vector, biobert_model_dimension(model), BIOBERT_COSINE);
    if (!(1 - distance >= least_cosine))
      check_fail(__FILE__, __LINE__, "the cosine is %.6f", 1 - distance);
  }
  biobert_session_free(other);
  biobert_model_close(rough);
}

/* The reason why not, or NULL when it ran. */
static const char *try_real_model(void) {
  static const char path[] = "models/default";
  char hash[BIOBERT_HASH_CHARS] = "";
  if (!bb_os_can_read("models/default/model.safetensors"))
    return "models/default/model.safetensors is not there ('make model')";
  if (biobert_model_open(view(path), view(""), &model, &err)) return err.message;
  if (biobert_model_sha256(model, hash, &err)) return err.message;
  if (!equals(bb_json_string(bb_json_get(root, "sha256")), hash))
    return "models/default is another model than the one that made minilm.json";
  if (biobert_session_new(model, NULL, &session, &err)) return err.message;
  test_real_texts();
  test_real_words();
  return NULL;
}

static void test_real_model(void) {
  char path[PATH_BYTES];
  bb_json *json = NULL;
  snprintf(model_name, sizeof model_name, "minilm");
  begin("what the reference says of the real model can be read");
  if (!CHECK_INT(bb_json_read_file(path_of(path, "", "minilm", ".json"), &json, &err), 0))
    return;
  root = bb_json_root(json);
  const char *reason = try_real_model();
  if (reason) printf("skip - minilm.json: %s\n", reason);
  biobert_session_free(session);
  biobert_model_close(model);
  session = NULL;
  model = NULL;
  bb_json_free(json);
}

int main(int argc, char **argv) {
  if (argc > 1) golden = argv[1];
  test_models();
  test_cases("uncased", "st_mean",
             "the tokens of hard strings are the reference's, lower-cased");
  test_cases("cased", "mlm_cased",
             "the tokens of hard strings are the reference's, with their case");
  test_real_model();
  return check_report();
}
