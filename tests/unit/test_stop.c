/* Spec of core/base/stop.h: whoever opens a model can stop it, whatever it is made of. */
#include "check.h"

#include "asker.h"
#include "biobert.h"
#include "model_folder.h"

#define MODELS "tests/golden/models/"

static biobert_error err;

static biobert_status open_asking(const char *path, asker *a) {
  biobert_model *m = NULL;
  const biobert_open_options how = {.cancel = ask, .cancel_ctx = a};
  biobert_status status = biobert_model_open_with((biobert_str){path, strlen(path)},
                                                  (biobert_str){0}, &how, &m, &err);
  biobert_model_close(m);
  return status;
}

/* Stops at some of its questions; each time the model is not opened, and then it is. */
static void stop_everywhere(const char *path, long min) {
  asker never = {0};
  if (!CHECK_INT(open_asking(path, &never), BIOBERT_OK)) printf("   %s\n", err.message);
  if (!CHECK(never.asked >= min)) printf("   %ld, not %ld\n", never.asked, min);
  for (long n = 1; n <= never.asked; n += 1 + n / 4) {
    asker a = {.max = n};
    CHECK_INT(open_asking(path, &a), BIOBERT_INTERRUPTED);
    /* What was open is taken down without a question that goes on. */
    CHECK_INT(a.asked, n);
  }
  never = (asker){0};
  CHECK_INT(open_asking(path, &never), BIOBERT_OK);
}

static void test_formats(void) {
  static const char *const names[] = {
      "st_mean", "st_dense", "bin_legacy",      "bin_zip",
      "sharded", "added",    "form_tensorflow", "form_gguf_q4_0/model.gguf"};
  check_begin("a model of any format can be stopped while it is read");
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    char path[FOLDER_PATH];
    snprintf(path, sizeof path, MODELS "%s", names[i]);
    check_context("%s", names[i]);
    stop_everywhere(path, 2);
  }
}

/* Large lists ------------------------------------------------------------------------ */

enum { ITEMS = 120000, STEPS = 4096 /* as core/base/stop.c has it */ };

enum { LINE = 160, FIRST_ID = 100000 };

static size_t put_key(char *out, int i) {
  return (size_t)snprintf(out, LINE, "\"z%dz\":%d,", i, FIRST_ID + i);
}

static size_t put_added_token(char *out, int i) {
  return (size_t)snprintf(
      out, LINE, "{\"content\":\"z%dz\",\"id\":%d,\"special\":false,\"normalized\":%s},",
      i, FIRST_ID + i, i % 2 ? "true" : "false");
}

static const struct list {
  const char *says, *model, *file, *mark; /* behind which it is put */
  size_t (*put)(char *out, int i);
  long steps; /* for each item */
} lists[] = {
    {"a hostile vocabulary can be stopped anywhere",  "st_mean",   "tokenizer.json",
     "\"vocab\": {",                                                                      put_key,         2},
    {"hostile added tokens can be stopped anywhere",  "st_mean",   "tokenizer.json",
     "\"added_tokens\": [",                                                               put_added_token, 5},
    {"a hostile config.json can be stopped anywhere", "mlm_cased", "config.json",    "{",
     put_key,                                                                                              2},
};

static void put_list(const struct list *l, const char *folder) {
  char path[FOLDER_PATH + 64];
  char *text = malloc((size_t)ITEMS * LINE + LINE);
  if (!text) exit(2);
  size_t used = (size_t)snprintf(text, LINE, "%s", l->mark);
  for (int i = 0; i < ITEMS; i++) used += l->put(text + used, i);
  snprintf(path, sizeof path, "%s/%s", folder, l->file);
  CHECK(file_replace(path, l->mark, text));
  free(text);
}

static void test_lists(void) {
  for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
    char folder[FOLDER_PATH], from[FOLDER_PATH], name[32];
    check_begin(lists[i].says);
    snprintf(from, sizeof from, MODELS "%s", lists[i].model);
    snprintf(name, sizeof name, "list%zu", i);
    folder_copy(from, folder_path(folder, name));
    put_list(&lists[i], folder);
    stop_everywhere(folder, lists[i].steps * ITEMS / STEPS);
  }
}

int main(void) {
  folder_begin();
  test_formats();
  test_lists();
  return check_report();
}
