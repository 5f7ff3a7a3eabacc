/* test_no_memory.c - every allocation of core may fail: the answer is "no memory" or the
 * right one, and the next try works. Here: every reader of weights, and what takes memory
 * by the piece (lists that grow, buffers of workers). tests/oom does the same for the
 * operations of SQL and for those of core behind them, and looks for what is lost. */
#include "check.h"
#include "model_folder.h"

#include "base/mem_fault.h"
#include "base/status.h"
#include "biobert_vectors.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define MODELS "tests/golden/models/"

static biobert_model *model;
static biobert_session *session;

typedef biobert_status operation(const char *argument, biobert_error *err);

/* What stays for good (worker threads, settings) is made by the first run. */
static void fail_everywhere(operation *run, const char *argument) {
  biobert_error err = {0};
  check_context("%s, with memory", argument);
  if (!CHECK_INT(run(argument, &err), BIOBERT_OK)) return;
  for (int once = 0; once <= 1; once++) {
    bool failed = true;
    for (long points = 0; failed; points++) {
      err = (biobert_error){0};
      bb_mem_fail_after(points, once);
      const biobert_status status = run(argument, &err);
      failed = bb_mem_fail_end();
      check_context("%s: allocation %ld fails: %s", argument, points, err.message);
      if (status || !failed) CHECK_INT(status, failed ? BIOBERT_NOMEM : BIOBERT_OK);
      if (status) CHECK(err.message[0]);
    }
  }
  CHECK_INT(run(argument, &err), BIOBERT_OK);
}

/* Models ----------------------------------------------------------------------------- */

static biobert_status open_model(const char *name, biobert_error *err) {
  char path[FOLDER_PATH];
  biobert_model *opened = NULL;
  snprintf(path, sizeof path, MODELS "%s", name);
  const biobert_status status =
      biobert_model_open(bb_str(path), bb_str(""), &opened, err);
  biobert_model_close(opened);
  return status;
}

/* A recorded fingerprint of no model: those of earlier versions are computed too. */
static biobert_status identify(const char *name, biobert_error *err) {
  char path[FOLDER_PATH], *text = NULL;
  biobert_model *opened = NULL;
  bool is = true;
  snprintf(path, sizeof path, MODELS "%s", name);
  biobert_status status = biobert_model_open(bb_str(path), bb_str(""), &opened, err);
  if (!status) status = biobert_model_is(opened, "0", &is, err);
  if (!status) CHECK(!is);
  if (!status) status = biobert_model_describe(opened, &text, err);
  biobert_free(text);
  biobert_model_close(opened);
  return status;
}

static void test_models(void) {
  static const char *const names[] = {
      "form_gguf_f32/model.gguf",
      "form_gguf_q5_1/model.gguf",
      "form_legacy",
      "form_tensorflow",
      "form_zip",
      "sharded_bin",
      "two_encoders",
      "distilbert_mlm",
      "st_concat",
      "kmers",
      "relations",
  };
  check_begin("opening a model needs memory, and says so, whatever its format is");
  for (size_t i = 0; i < COUNT(names); i++) fail_everywhere(open_model, names[i]);
  check_begin("what identifies a model needs memory, and says so");
  fail_everywhere(identify, "added");
  fail_everywhere(identify, "st_dense");
}

/* Texts ------------------------------------------------------------------------------ */

static biobert_status embed_texts(const char *text, biobert_error *err) {
  enum { TEXTS = 5, NUMBERS = TEXTS * 64 };
  const biobert_str texts[TEXTS] = {bb_str(text), bb_str(""), bb_str("a kinase"),
                                    bb_str(text), bb_str("blood")};
  float vectors[NUMBERS];
  biobert_session *own = NULL;
  biobert_status status = biobert_session_new(model, NULL, &own, err);
  if (!status)
    status = biobert_embed_many(own, texts, TEXTS, BIOBERT_QUERY, vectors, NULL, err);
  biobert_session_free(own);
  return status;
}

static biobert_status cut_text(const char *text, biobert_error *err) {
  biobert_chunk *chunks = NULL;
  size_t count;
  const biobert_status status =
      biobert_chunks(session, bb_str(text), 8, 2, &chunks, &count, err);
  biobert_session_release(session, chunks);
  return status;
}

static void test_texts(void) {
  /* Longer than the buffers of a run of marks, and than a chunk. */
  static char marks[1024] = "o", letters[512], many[4096];
  for (size_t i = 0; i < 300; i++) memcpy(marks + 1 + 2 * i, "\xcc\x81", 2);
  memset(letters, 'q', sizeof letters - 1);
  for (size_t i = 0; i + 10 < sizeof many; i += 10) memcpy(many + i, "cell. The ", 10);
  check_begin("many texts need memory, and say so");
  fail_everywhere(embed_texts, "Aspirin reduced the risk of stroke.");
  check_begin("a letter of hundreds of marks needs memory, and says so");
  fail_everywhere(cut_text, marks);
  check_begin("a word of several chunks needs memory, and says so");
  fail_everywhere(cut_text, letters);
  check_begin("a text of hundreds of sentences needs memory, and says so");
  fail_everywhere(cut_text, many);
}

/* Searching -------------------------------------------------------------------------- */

static biobert_status score_itself(void *ctx, uint32_t item, double *score,
                                   biobert_error *err) {
  (void)ctx;
  (void)err;
  *score = 1.0 / (1 + item);
  return BIOBERT_OK;
}

/* All of them, so that the lists of the ranking grow. */
static biobert_status rank(const char *what, biobert_error *err) {
  enum { ITEMS = 300 };
  (void)what;
  float *upper = malloc(ITEMS * sizeof *upper);
  if (!upper) exit(2);
  int64_t tie[ITEMS];
  for (size_t i = 0; i < ITEMS; i++) {
    upper[i] = 2;
    tie[i] = (int64_t)i;
  }
  biobert_ranking *ranking = NULL;
  biobert_status status = biobert_ranking_new(NULL, upper, tie, ITEMS, &ranking, err);
  for (size_t i = 0; i < ITEMS && !status; i++) {
    uint32_t item = ITEMS;
    double value;
    bool found;
    status =
        biobert_ranking_at(ranking, i, score_itself, NULL, &item, &value, &found, err);
    if (!status) CHECK_INT(item, i);
  }
  biobert_ranking_free(ranking);
  return status;
}

static biobert_status prepare_query(const char *what, biobert_error *err) {
  (void)what;
  static const float vector[5] = {1, 2, 3, 4, 5};
  biobert_query *made = NULL;
  const biobert_status status =
      biobert_query_new(BIOBERT_COSINE, vector, COUNT(vector), &made, err);
  biobert_query_free(made);
  return status;
}

static biobert_status read_words(const char *typed, biobert_error *err) {
  static const char *const columns[] = {"title", "abstract"};
  biobert_words words = {0};
  const biobert_status status =
      biobert_words_read(NULL, bb_str(typed), columns, COUNT(columns), &words, err);
  biobert_free(words.text);
  return status;
}

static void test_searching(void) {
  static const char *const typed[] = {
      "aspirin NOT TNF-alpha \"heart failure\"",
      "(kinase OR title : (p53 AND mdm2)) NOT {title abstract} : NEAR(a b, 4)",
      "-title:blood (a + b) ^c d*",
      "kinase -",
  };
  check_begin("a ranking needs memory, and says so");
  fail_everywhere(rank, "");
  check_begin("a prepared query needs memory, and says so");
  fail_everywhere(prepare_query, "");
  check_begin("typed words need memory, and say so");
  for (size_t i = 0; i < COUNT(typed); i++) fail_everywhere(read_words, typed[i]);
}

int main(void) {
  biobert_error err = {0};
  check_begin("there is a model to work with");
  CHECK_INT(biobert_model_open(bb_str(MODELS "st_mean"), bb_str(""), &model, &err),
            BIOBERT_OK);
  if (!model || !CHECK(biobert_model_dimension(model) <= 64)) return check_report();
  CHECK_INT(biobert_session_new(model, NULL, &session, &err), BIOBERT_OK);
  if (session) {
    test_models();
    test_texts();
    test_searching();
  }
  biobert_session_free(session);
  biobert_model_close(model);
  return check_report();
}
