/* Spec of biobert_model_hash(): whoever waits for the hash of a model's weights can stop
 * it, and nothing of a hash that was stopped is kept. */
#include "check.h"

#include <sys/stat.h>

#include "base/status.h"
#include "biobert.h"
#include "model_folder.h"

#define MODELS "tests/golden/models/"

static biobert_error err;

typedef struct asker {
  long asked, most; /* true from the most-th question on; 0: never */
} asker;

static bool ask(void *ctx) {
  asker *a = ctx;
  a->asked++;
  return a->most && a->asked >= a->most;
}

static biobert_model *open_model(const char *path) {
  biobert_model *m = NULL;
  if (biobert_model_open(bb_str(path), (biobert_str){0}, &m, &err)) {
    check_fail(__FILE__, __LINE__, "%s", err.message);
    exit(2);
  }
  return m;
}

static biobert_status hash_asking(biobert_model *m, asker *a) {
  const biobert_open_options how = {.cancel = ask, .cancel_ctx = a};
  err = (biobert_error){0};
  return biobert_model_hash(m, &how, &err);
}

/* No hash is remembered from an earlier test. */
static void use_new_cache(void) {
  static int caches;
  char folder[FOLDER_PATH], name[32];
  snprintf(name, sizeof name, "cache%d", caches++);
  mkdir(folder_path(folder, name), 0700);
  setenv("XDG_CACHE_HOME", folder, 1);
}

/* What it asks in all, and the hash of a model that was never stopped. */
static long questions_of(const char *path, char hash[BIOBERT_HASH_CHARS]) {
  asker never = {0};
  use_new_cache();
  biobert_model *m = open_model(path);
  CHECK_INT(hash_asking(m, &never), BIOBERT_OK);
  CHECK_INT(biobert_model_fingerprint(m, hash, &err), BIOBERT_OK);
  biobert_model_close(m);
  return never.asked;
}

/* Stops at each question: the next try hashes to the end, from the beginning. */
static void stop_everywhere(const char *path, long least) {
  char hash[BIOBERT_HASH_CHARS], again[BIOBERT_HASH_CHARS];
  const long all = questions_of(path, hash);
  if (!CHECK(all >= least)) printf("   %ld, not %ld\n", all, least);
  for (long n = 1; n <= all; n += 1 + n / 4) {
    asker a = {.most = n};
    use_new_cache();
    biobert_model *m = open_model(path);
    CHECK_INT(hash_asking(m, &a), BIOBERT_INTERRUPTED);
    CHECK(strstr(err.message, "interrupted"));
    CHECK_INT(a.asked, n);
    CHECK_INT(biobert_model_hash(m, NULL, &err), BIOBERT_OK);
    CHECK_INT(biobert_model_fingerprint(m, again, &err), BIOBERT_OK);
    CHECK_STR(again, hash);
    biobert_model_close(m);
  }
}

/* Adds a tensor that no model has to a safetensors file: it is hashed with the rest. */
static void add_tensor(const char *path, size_t bytes) {
  size_t count;
  uint64_t header;
  char *file = file_read(path, &count), entry[128];
  if (!file) exit(2);
  memcpy(&header, file, sizeof header);
  char *close = file + sizeof header + header;
  while (*--close != '}') continue;
  const size_t rest = count - sizeof header - header, head = (size_t)(close - file);
  const int added =
      snprintf(entry, sizeof entry,
               ",\"zz\":{\"dtype\":\"U8\",\"shape\":[%zu],\"data_offsets\":[%zu,%zu]}}",
               bytes, rest, rest + bytes);
  const uint64_t longer = head + (size_t)added - sizeof header;
  FILE *out = fopen(path, "wb");
  if (!out) exit(2);
  fwrite(&longer, sizeof longer, 1, out);
  fwrite(file + sizeof longer, 1, head - sizeof longer, out);
  fwrite(entry, 1, (size_t)added, out);
  fwrite(file + sizeof header + header, 1, rest, out);
  for (size_t i = 0; i < bytes; i++) putc((int)(i % 251), out);
  if (fclose(out) != 0) exit(2);
  free(file);
}

static void test_weights(void) {
  enum { MIB = 1 << 20, SIZE = 12 };
  char folder[FOLDER_PATH], path[FOLDER_PATH + 64];
  check_begin("the hashing of weights can be stopped at every MiB");
  folder_copy(MODELS "st_mean", folder_path(folder, "weights"));
  snprintf(path, sizeof path, "%s/model.safetensors", folder);
  add_tensor(path, (size_t)SIZE * MIB);
  stop_everywhere(folder, SIZE);
}

static void test_vocabulary(void) {
  enum { ITEMS = 40000, ITEM = 32, STEPS = 4096 /* as core/base/stop.c has it */ };
  static char text[ITEMS * ITEM + ITEM];
  char folder[FOLDER_PATH], path[FOLDER_PATH + 64];
  check_begin("the hashing of a vocabulary can be stopped");
  folder_copy(MODELS "st_mean", folder_path(folder, "vocabulary"));
  snprintf(path, sizeof path, "%s/tokenizer.json", folder);
  size_t used = (size_t)snprintf(text, sizeof text, "\"vocab\": {");
  for (int i = 0; i < ITEMS; i++)
    used +=
        (size_t)snprintf(text + used, sizeof text - used, "\"z%dz\":%d,", i, 1000 + i);
  CHECK(file_replace(path, "\"vocab\": {", text));
  stop_everywhere(folder, ITEMS / STEPS);
}

static void test_dense(void) {
  char hash[BIOBERT_HASH_CHARS];
  check_begin("the hashing of a Dense step can be stopped");
  const long without = questions_of(MODELS "st_mean", hash);
  stop_everywhere(MODELS "st_dense", without + 2); /* its weight and its bias */
}

static void test_known(void) {
  char hash[BIOBERT_HASH_CHARS];
  asker at_once = {.most = 1};
  check_begin("a hash that is known is answered without a question");
  use_new_cache();
  biobert_model *m = open_model(MODELS "st_mean");
  CHECK_INT(biobert_model_hash(m, NULL, &err), BIOBERT_OK);
  CHECK_INT(hash_asking(m, &at_once), BIOBERT_OK);
  CHECK_INT(at_once.asked, 0);

  check_begin("what was stopped stops nothing after it");
  at_once = (asker){.most = 1};
  use_new_cache();
  biobert_model *other = open_model(MODELS "st_dense");
  CHECK_INT(hash_asking(other, &at_once), BIOBERT_INTERRUPTED);
  CHECK_INT(biobert_model_sha256(other, hash, &err), BIOBERT_OK);
  biobert_model_close(other);
  biobert_model_close(m);
}

int main(void) {
  folder_begin();
  test_weights();
  test_vocabulary();
  test_dense();
  test_known();
  return check_report();
}
