/* Spec of core/api/fingerprint.c, and of what model.c takes for the same model: the one
 * whose bytes are in memory, whatever lies on disk now. */
#include "check.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/sha256.h"
#include "base/status.h"
#include "model_folder.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define GOLDEN "tests/golden/models/"

static biobert_error err;

typedef char file_path[FOLDER_PATH + 64];

static biobert_model *open_model(const char *folder, const char *options) {
  biobert_model *model = NULL;
  if (biobert_model_open(bb_str(folder), bb_str(options), &model, &err))
    check_fail(__FILE__, __LINE__, "%s", err.message);
  return model;
}

static const char *copy_of(const char *name, char folder[FOLDER_PATH]) {
  static int copies;
  char number[32];
  snprintf(number, sizeof number, "copy%d", copies++);
  folder_copy(name, folder_path(folder, number));
  return folder;
}

static const char *in(file_path path, const char *folder, const char *name) {
  snprintf(path, sizeof(file_path), "%s/%s", folder, name);
  return path;
}

static const char *hash_of_file(const char *path, char out[65]) {
  size_t bytes;
  unsigned char digest[BB_SHA256_BYTES];
  char *data = file_read(path, &bytes);
  if (!data) exit(2);
  bb_sha256 h;
  bb_sha256_init(&h);
  bb_sha256_add(&h, data, bytes);
  bb_sha256_end(&h, digest);
  bb_sha256_hex(digest, out);
  free(data);
  return out;
}

static const char *sha256_of(biobert_model *model, char out[65]) {
  out[0] = '\0';
  err = (biobert_error){0};
  biobert_model_sha256(model, out, &err);
  return out;
}

/* The last byte of the weights, which is one of a tensor, written in place or in a file
 * that takes the place of the old one. */
static void change_weights(const char *folder, bool in_place) {
  file_path path, other;
  size_t bytes;
  char *data = file_read(in(path, folder, "model.safetensors"), &bytes);
  if (!data) exit(2);
  data[bytes - 1] ^= 1;
  in(other, folder, "new");
  file_write(in_place ? path : other, data, bytes);
  free(data);
  if (!in_place) CHECK_INT(rename(other, path), 0);
  /* The clock of a file system may be too slow to tell. */
  struct timespec times[2] = {{.tv_nsec = UTIME_NOW}, {.tv_sec = 2000000000}};
  CHECK_INT(utimensat(AT_FDCWD, path, times, 0), 0);
}

/* What is the same model ------------------------------------------------------------- */

static void touch(const char *folder) {
  file_path path;
  struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = 1000000000}};
  CHECK_INT(utimensat(AT_FDCWD, in(path, folder, "model.safetensors"), times, 0), 0);
}

static void replace_config(const char *folder) {
  file_path path, other;
  size_t bytes;
  char *data = file_read(in(path, folder, "config.json"), &bytes);
  if (!data) exit(2);
  file_write(in(other, folder, "new"), data, bytes);
  free(data);
  CHECK_INT(rename(other, path), 0);
}

static void add_tokens(const char *folder) {
  file_path path;
  file_write(in(path, folder, "special_tokens_map.json"), "{}", 2);
}

static void remove_vocabulary(const char *folder) {
  file_path path;
  in(path, folder, "tokenizer_config.json");
  CHECK_INT(remove(path), 0);
}

static void write_letter(const char *folder) {
  file_path path;
  file_write(in(path, folder, "README.md"), "x", 1);
}

static void do_nothing(const char *folder) {
  (void)folder;
}

static void test_same(void) {
  static const struct {
    const char *says;
    void (*change)(const char *folder);
    bool same;
  } rows[] = {
      {"files that are as they were make the same model", do_nothing,        true },
      {"a file that no model reads changes nothing",      write_letter,      true },
      {"weights of another time are another model",       touch,             false},
      {"a file in the place of another is another model", replace_config,    false},
      {"a file that was not there is another model",      add_tokens,        false},
      {"a file that is no longer there is another model", remove_vocabulary, false},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    char folder[FOLDER_PATH];
    check_begin(rows[i].says);
    biobert_model *first = open_model(copy_of(GOLDEN "st_mean", folder), "");
    rows[i].change(folder);
    biobert_model *second = open_model(folder, "");
    biobert_model *third = open_model(folder, "");
    CHECK_INT(first == second, rows[i].same);
    CHECK(second == third);
    biobert_model_close(first);
    biobert_model_close(second);
    biobert_model_close(third);
  }
}

/* The hash is of what was read ------------------------------------------------------- */

static void test_replaced(void) {
  char folder[FOLDER_PATH], was[65], is[65], hash[65];
  file_path weights;
  in(weights, copy_of(GOLDEN "st_mean", folder), "model.safetensors");
  hash_of_file(weights, was);

  check_begin("a model whose file was replaced has the hash of what it read");
  biobert_model *old = open_model(folder, "");
  change_weights(folder, false);
  biobert_model *new = open_model(folder, "");
  CHECK_STR(sha256_of(old, hash), was);
  CHECK_STR(sha256_of(new, hash), hash_of_file(weights, is));
  CHECK(strcmp(was, is) != 0);

  check_begin("their fingerprints differ");
  char first[65], second[65];
  CHECK_INT(biobert_model_fingerprint(old, first, &err), BIOBERT_OK);
  CHECK_INT(biobert_model_fingerprint(new, second, &err), BIOBERT_OK);
  CHECK(strcmp(first, second) != 0);
  biobert_model_close(old);
  biobert_model_close(new);
}

static void test_written_to(void) {
  char folder[FOLDER_PATH], was[65], hash[65];
  file_path weights;
  in(weights, copy_of(GOLDEN "st_mean", folder), "model.safetensors");
  check_begin("a model whose file was written to before its hash was known has none");
  biobert_model *model = open_model(folder, "");
  change_weights(folder, true);
  CHECK_STR(sha256_of(model, hash), "");
  CHECK_INT(err.status, BIOBERT_IO);
  CHECK(strstr(err.message, weights) && strstr(err.message, "load it again"));
  biobert_model_close(model);

  check_begin("one whose hash was known keeps it");
  model = open_model(folder, "");
  CHECK_STR(sha256_of(model, hash), hash_of_file(weights, was));
  change_weights(folder, true);
  CHECK_STR(sha256_of(model, hash), was);
  biobert_model_close(model);

  check_begin("one whose hash was remembered from an earlier time keeps it");
  model = open_model(folder, "");
  sha256_of(model, was);
  biobert_model_close(model);
  model = open_model(folder, "");
  change_weights(folder, true);
  CHECK_STR(sha256_of(model, hash), was);
  biobert_model_close(model);
}

/* What makes a fingerprint ----------------------------------------------------------- */

typedef struct identity {
  char fingerprint[65];
  char *description;
} identity;

static identity identity_of(const char *folder, const char *options) {
  identity id = {.description = NULL};
  biobert_model *model = open_model(folder, options);
  if (!model) return id;
  CHECK_INT(biobert_model_fingerprint(model, id.fingerprint, &err), BIOBERT_OK);
  CHECK_INT(biobert_model_describe(model, &id.description, &err), BIOBERT_OK);
  biobert_model_close(model);
  return id;
}

static void check_identity(const char *folder, const char *options, const identity *plain,
                           bool same) {
  identity other = identity_of(folder, options);
  if (!CHECK(other.description && plain->description)) return;
  CHECK_INT(strcmp(other.fingerprint, plain->fingerprint) == 0, same);
  CHECK_INT(strcmp(other.description, plain->description) == 0, same);
  biobert_free(other.description);
}

static void test_fingerprint(void) {
  static const struct {
    const char *says, *options;
    bool same;
  } rows[] = {
      {"int8 has the fingerprint of f32",                     "{\"precision\":\"int8\"}",    true },
      {"a query's prompt is no part of it",                   "{\"query_prompt\":\"q\"}",    true },
      {"a document's prompt is",                              "{\"document_prompt\":\"d\"}", false},
      {"a prompt with line ends cannot pass for other lines",
       "{\"document_prompt\":\"gene protein: \\\"\\nstep_1 x\"}",                            false},
      {"pooling is",                                          "{\"pooling\":\"cls\"}",       false},
      {"normalising is",                                      "{\"normalize\":false}",       false},
      {"case is",                                             "{\"lowercase\":false}",       false},
      {"the longest text is",                                 "{\"max_tokens\":20}",         false},
  };
  static const struct {
    const char *says, *name, *from, *to;
    bool same;
  } edits[] = {
      {"another activation is another fingerprint", "config.json",    "\"gelu\"",          "\"relu\"",
       false                                                                                                   },
      {"another spelling of a token is",            "tokenizer.json", "\"aspirin\"",       "\"aspirim\"",
       false                                                                                                   },
      {"a flag of an added token is",               "tokenizer.json", "\"rstrip\": false",
       "\"rstrip\": true",                                                                                false},
  };
  char folder[FOLDER_PATH];
  file_path path;
  identity plain = identity_of(GOLDEN "st_mean", "");
  for (size_t i = 0; i < COUNT(rows); i++) {
    check_begin(rows[i].says);
    check_identity(GOLDEN "st_mean", rows[i].options, &plain, rows[i].same);
  }
  for (size_t i = 0; i < COUNT(edits); i++) {
    check_begin(edits[i].says);
    in(path, copy_of(GOLDEN "st_mean", folder), edits[i].name);
    if (CHECK(file_replace(path, edits[i].from, edits[i].to)))
      check_identity(folder, "", &plain, edits[i].same);
  }

  check_begin("the order in which a file lists added tokens is no part of it");
  in(path, copy_of(GOLDEN "st_mean", folder), "tokenizer.json");
  CHECK(file_replace(path, "\"id\": 4,\n      \"content\": \"[UNK]\"", "\"id\": 0, @"));
  CHECK(file_replace(path, "\"id\": 0,\n      \"content\": \"[PAD]\"",
                     "\"id\": 4,\n      \"content\": \"[UNK]\""));
  CHECK(file_replace(path, "\"id\": 0, @", "\"id\": 0,\n      \"content\": \"[PAD]\""));
  check_identity(folder, "", &plain, true);
  biobert_free(plain.description);
}

/* Fingerprints of earlier versions, as indexes of their time have them. */
static void test_first_version(void) {
  static const struct {
    const char *says, *fingerprint;
    bool is;
  } rows[] = {
      {"what the first version said of a model in f32 is the model's",
       "1ad928da5a647101333a1b848baffee481fb7b0651f6fba659f1f477acd714d6", true },
      {"what it said of the model in int8 is the model's",
       "999385b7b735e92ead59af1745da330ab6ef0f81c4e2f987586d851525874b33", true },
      {"any other is not",
       "0ad928da5a647101333a1b848baffee481fb7b0651f6fba659f1f477acd714d6", false},
      {"an empty one is not",                                          "", false},
  };
  biobert_model *model = open_model(GOLDEN "st_mean", "");
  for (size_t i = 0; i < COUNT(rows); i++) {
    bool is = !rows[i].is;
    check_begin(rows[i].says);
    CHECK_INT(biobert_model_is(model, rows[i].fingerprint, &is, &err), BIOBERT_OK);
    CHECK_INT(is, rows[i].is);
  }
  biobert_model_close(model);
}

int main(void) {
  char cache[FOLDER_PATH];
  folder_begin();
  mkdir(folder_path(cache, "cache"), 0700);
  setenv("XDG_CACHE_HOME", cache, 1);
  test_same();
  test_replaced();
  test_written_to();
  test_fingerprint();
  test_first_version();
  return check_report();
}
