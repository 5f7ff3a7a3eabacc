/* test_edges.c - what lies at the edge of a limit, or is equal where an order is asked for:
 * highlights, error texts, references and tags that end with the text, places that are too
 * long, more workers than there may be. */
#include "check.h"

#include <limits.h>
#include <math.h>

#include "base/pool.h"
#include "base/status.h"
#include "model_folder.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define MODELS "tests/golden/models/"

static biobert_error err;

/* Highlights ------------------------------------------------------------------------- */

/* [CLS] has a sentence by itself, without its neighbours: equal ones are equally near. */
static void test_highlights(void) {
  enum { SENTENCES = 4 };
  static const char text[] = "Gene therapy. Heart. Gene therapy. Gene therapy.";
  float query[64] = {0}, nothing[64] = {0};
  biobert_highlight *hits = NULL;
  size_t count = 0;
  biobert_model *model = NULL;
  biobert_session *s = NULL;
  check_begin("sentences that are equally near come in the order of the text");
  CHECK_INT(biobert_model_open(bb_str(MODELS "st_cls"), bb_str(""), &model, &err),
            BIOBERT_OK);
  if (!CHECK(model && !biobert_session_new(model, NULL, &s, &err))) return;
  CHECK_INT(biobert_embed(s, bb_str("Gene therapy."), BIOBERT_QUERY, query, &err),
            BIOBERT_OK);
  CHECK_INT(biobert_highlights(s, query, bb_str(text), SENTENCES, &hits, &count, &err),
            BIOBERT_OK);
  if (CHECK_INT(count, SENTENCES)) {
    CHECK_INT(hits[0].start, 0);
    CHECK_INT(hits[1].start, 21);
    CHECK_INT(hits[2].start, 35);
    CHECK_INT(hits[3].start, 14);
    CHECK(hits[0].similarity == hits[2].similarity);
    CHECK(hits[2].similarity > hits[3].similarity);
  }
  biobert_session_release(s, hits);

  check_begin("so do those that nothing is known of");
  CHECK_INT(biobert_highlights(s, nothing, bb_str(text), SENTENCES, &hits, &count, &err),
            BIOBERT_OK);
  for (size_t i = 0; i < count; i++) {
    CHECK(isnan(hits[i].similarity));
    if (i) CHECK(hits[i - 1].start < hits[i].start);
  }
  biobert_session_release(s, hits);
  biobert_session_free(s);
  biobert_model_close(model);
}

/* Error texts ------------------------------------------------------------------------ */

static void test_messages(void) {
  enum { SIZE = sizeof err.message };
  char text[SIZE + 8];
  check_begin("an error text that is too long is cut between two characters");
  for (size_t ahead = 0; ahead < 4; ahead++) {
    size_t at = ahead;
    memset(text, 'x', sizeof text);
    for (; at + 4 < sizeof text; at += 4) memcpy(text + at, "\xf0\x9f\xa7\xac", 4);
    text[at] = '\0';
    bb_fail(&err, BIOBERT_FORMAT, "%s", text);
    const size_t length = strlen(err.message);
    check_context("%zu bytes ahead", ahead);
    CHECK(length < SIZE && length > SIZE - 8);
    CHECK_STR(err.message + length - 3, "...");
    CHECK_INT((length - 3 - ahead) % 4, 0);
  }
  check_begin("a replacement character that was written is shown, what is none is not");
  char quoted[BB_QUOTE_BYTES];
  CHECK_STR(bb_quote(quoted, bb_str("\xef\xbf\xbd")), "\xef\xbf\xbd");
  CHECK_STR(bb_quote(quoted, bb_str("\xef\xbf")), "?");
  CHECK_STR(bb_quote(quoted, bb_str("\xff")), "?");
  CHECK_INT(bb_str(NULL).len, 0);
}

/* Markup ----------------------------------------------------------------------------- */

static void check_plain(const char *text, const char *plain) {
  char out[512];
  const size_t bytes = biobert_plain(bb_str(text), NULL);
  if (!CHECK(bytes < sizeof out)) return;
  out[biobert_plain(bb_str(text), out)] = '\0';
  check_context("'%s'", text);
  CHECK_STR(out, plain);
}

static void test_plain(void) {
  static const char *const unchanged[] = {"a &#", "a &#x",  "a &# b", "&",       "a <",
                                          "a </", "&beta{", "a<b",    "x <0.05", "a <b:"};
  check_begin("what is no reference and no tag stays, at the end of a text too");
  for (size_t i = 0; i < COUNT(unchanged); i++) check_plain(unchanged[i], unchanged[i]);

  check_begin("a name that no character has stays, however long it is");
  char name[64] = "&";
  for (size_t length = 1; length + 2 < sizeof name; length++) {
    memset(name + 1, 'q', length);
    memcpy(name + 1 + length, ";", 2);
    check_plain(name, name);
  }
  check_begin("a number has its character without a semicolon");
  check_plain("&#946", "\xce\xb2");
  check_plain("&#x3b2", "\xce\xb2");
  check_plain("&#x3B2;x", "\xce\xb2x");
}

/* Places ----------------------------------------------------------------------------- */

/* Around the longest path: the cache's own name fits, then with less and less behind it. */
static void test_places(void) {
  static char folder[PATH_MAX + 32];
  check_begin("a cache whose place is too long has no model");
  for (size_t length = PATH_MAX - 64; length < PATH_MAX + 16; length++) {
    biobert_model *model = NULL;
    memset(folder, 'x', length);
    for (size_t i = 0; i + 1 < length; i += 50) folder[i] = '/';
    folder[length] = '\0';
    setenv("HF_HUB_CACHE", folder, 1);
    CHECK_INT(biobert_model_open(bb_str("owner/name"), bb_str(""), &model, &err),
              BIOBERT_IO);
    CHECK(strstr(err.message, "neither a folder here nor a model"));
  }
  unsetenv("HF_HUB_CACHE");

  check_begin("the hash of a model does not depend on a place to remember it");
  char with[BIOBERT_HASH_CHARS], without[BIOBERT_HASH_CHARS];
  biobert_model *model = NULL;
  for (int i = 0; i < 2; i++) {
    setenv("XDG_CACHE_HOME", i ? folder : folder_root, 1);
    CHECK_INT(biobert_model_open(bb_str(MODELS "st_mean"), bb_str(""), &model, &err),
              BIOBERT_OK);
    CHECK_INT(biobert_model_sha256(model, i ? without : with, &err), BIOBERT_OK);
    biobert_model_close(model);
  }
  CHECK_STR(without, with);
}

/* Workers ---------------------------------------------------------------------------- */

static void note_task(void *ctx, size_t task, size_t worker) {
  unsigned char *done = ctx;
  done[task] = worker < BB_MAX_WORKERS;
}

static void test_workers(void) {
  enum { TASKS = 4 * BB_MAX_WORKERS };
  unsigned char done[TASKS] = {0};
  bb_cancel never = {0};
  bool all = true;
  check_begin("more workers than there may be are as many as there may be");
  CHECK(bb_pool_run(2 * BB_MAX_WORKERS, TASKS, note_task, done, &never));
  for (int i = 0; i < TASKS; i++) all = all && done[i];
  CHECK(all);
}

int main(void) {
  folder_begin();
  test_highlights();
  test_messages();
  test_plain();
  test_places();
  test_workers();
  return check_report();
}
