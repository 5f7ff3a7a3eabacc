/* Spec of core/api: the hash of a model's weights, its cache, and the fingerprint of a model. */
#include "opened_model.h"

#include <fcntl.h>

#include "base/sha256.h"

static void hash_files(const char *const *paths, size_t count, char hex[65]) {
  bb_sha256 h;
  unsigned char digest[BB_SHA256_BYTES];
  bb_sha256_init(&h);
  for (size_t i = 0; i < count; i++) {
    size_t bytes;
    char *data = file_read(paths[i], &bytes);
    if (!data) exit(2);
    bb_sha256_add(&h, data, bytes);
    free(data);
  }
  bb_sha256_end(&h, digest);
  bb_sha256_hex(digest, hex);
}

/* The hash of the weights of a path, "" where there is none. */
static const char *sha256_of(const char *path) {
  static char hash[BIOBERT_HASH_CHARS];
  biobert_model *model = open_model(path, "");
  hash[0] = '\0';
  if (model) CHECK_INT(biobert_model_sha256(model, hash, &err), BIOBERT_OK);
  biobert_model_close(model);
  return hash;
}

static void test_sha256(void) {
  char expected[65];
  static const char *const one[] = {GOLDEN "st_mean/model.safetensors"};
  static const char *const three[] = {GOLDEN "sharded/model-00001-of-00003.safetensors",
                                      GOLDEN "sharded/model-00002-of-00003.safetensors",
                                      GOLDEN "sharded/model-00003-of-00003.safetensors"};
  check_begin("the hash of a model is that of its weights");
  hash_files(one, 1, expected);
  CHECK_STR(sha256_of(GOLDEN "st_mean"), expected);
  CHECK_STR(sha256_of(GOLDEN "st_mean"), expected); /* from the cache */
  check_begin("the hash of several files is that of all their bytes in name order");
  hash_files(three, 3, expected);
  CHECK_STR(sha256_of(GOLDEN "sharded"), expected);
}

/* Changes a byte of the weights (of a tensor, not of the header) and sets the file's
 * times. */
static void change_byte(const char *path, struct timespec mtime) {
  size_t bytes;
  char *data = file_read(path, &bytes);
  data[bytes - 1] ^= 1;
  file_write(path, data, bytes);
  free(data);
  const struct timespec times[] = {mtime, mtime};
  CHECK_INT(utimensat(AT_FDCWD, path, times, 0), 0);
}

/* The only file in the cache folder. */
static const char *cache_entry(const char *cache) {
  static char path[FOLDER_PATH];
  char folder[FOLDER_PATH];
  join(folder, cache, "biobert");
  DIR *d = opendir(folder);
  path[0] = '\0';
  size_t entries = 0;
  for (struct dirent *entry; d && (entry = readdir(d));) {
    if (entry->d_name[0] == '.') continue;
    join(path, folder, entry->d_name);
    entries++;
  }
  if (d) closedir(d);
  CHECK_INT(entries, 1);
  return path;
}

static void test_cache(void) {
  char cache[FOLDER_PATH], weights[FOLDER_PATH], first[65], second[65];
  setenv("XDG_CACHE_HOME", folder_path(cache, "hashes"), 1);
  make_folders(cache);
  const char *folder = copy_of("st_mean"), *const path[] = {weights};
  join(weights, folder, "model.safetensors");
  hash_files(path, 1, first);
  struct stat info;
  CHECK_INT(stat(weights, &info), 0);

  check_begin("a hash is remembered as long as size and time of the file stay");
  CHECK_STR(sha256_of(folder), first);
  change_byte(weights, info.st_mtim);
  CHECK_STR(sha256_of(folder), first);
  hash_files(path, 1, second);

  check_begin("another time of the file makes it hash again");
  struct timespec later = info.st_mtim;
  later.tv_sec += 10;
  change_byte(weights, later);
  change_byte(weights, later);
  CHECK_STR(sha256_of(folder), second);

  static const struct {
    const char *says, *text;
  } rows[] = {
  /* clang-format off */
      {"an empty entry of the cache is ignored",                 ""                     },
      {"an entry that is no text is ignored",                    "\x80\x02\x8a\x0a"     },
      {"an entry with numbers and no hash is ignored",           "168608 1 xyz"         },
      {"an entry that is far too long is ignored",               NULL                   },
  /* clang-format on */
  };
  char *entry_text = malloc(100000);
  memset(entry_text, 'a', 100000);
  entry_text[99999] = '\0';
  for (size_t i = 0; i < COUNT(rows); i++) {
    const char *text = rows[i].text ? rows[i].text : entry_text;
    check_begin(rows[i].says);
    file_write(cache_entry(cache), text, strlen(text));
    CHECK_STR(sha256_of(folder), second);
  }
  free(entry_text);

  check_begin("an entry whose hash is cut off is ignored, and written again");
  CHECK_INT(truncate(cache_entry(cache), 60), 0);
  CHECK_STR(sha256_of(folder), second);
  CHECK(stat(cache_entry(cache), &info) == 0 && info.st_size > 64);

  check_begin("without a place to remember it the hash is the same");
  setenv("XDG_CACHE_HOME", "/proc/nowhere", 1);
  CHECK_STR(sha256_of(folder), second);
  setenv("XDG_CACHE_HOME", cache, 1);
}

/* The fingerprint of a model with these options. */
static const char *fingerprint(const char *path, const char *options, char out[65]) {
  biobert_model *model = open_model(path, options);
  out[0] = '\0';
  if (CHECK(model != NULL))
    CHECK_INT(biobert_model_fingerprint(model, out, &err), BIOBERT_OK);
  biobert_model_close(model);
  return out;
}

static void test_fingerprint(void) {
  static const struct {
    const char *says, *options;
    bool same;
  } rows[] = {
  /* clang-format off */
      {"the same model has the same fingerprint",
       "{}", true},
      {"another pooling is another fingerprint",
       "{\"pooling\":\"cls\"}", false},
      {"the pooling of the files, given, is the same",
       "{\"pooling\":\"mean\"}", true},
      {"another maximum is another fingerprint",
       "{\"max_tokens\":20}", false},
      {"another document prompt is another fingerprint",
       "{\"document_prompt\":\"x: \"}", false},
      {"no document prompt is another fingerprint",
       "{\"document_prompt\":\"\"}", false},
      {"another query prompt is the same fingerprint",
       "{\"query_prompt\":\"x: \"}", true},
      {"another case is another fingerprint",
       "{\"lowercase\":false}", false},
      {"vectors of another length are another fingerprint",
       "{\"normalize\":false}", false},
      {"a query model is the same fingerprint",
       "{\"query_model\":\"q\"}", true},
      {"the cache is the same fingerprint",
       "{\"cache\":true}", true},
  /* clang-format on */
  };
  char plain[65], other[65];
  fingerprint(GOLDEN "st_mean", "", plain);
  for (size_t i = 0; i < COUNT(rows); i++) {
    check_begin(rows[i].says);
    fingerprint(GOLDEN "st_mean", rows[i].options, other);
    CHECK_INT(strcmp(plain, other) == 0, rows[i].same);
  }
  check_begin("a copy in another place has the same fingerprint");
  CHECK_STR(fingerprint(copy_of("st_mean"), "", other), plain);

  check_begin("poolings that differ behind the longest names have other fingerprints");
  char eighth[2][65];
  static const char *const lists[] = {
      "{\"pooling\":\"mean_no_special+mean_no_special+mean_no_special+mean_no_special+"
      "mean_no_special+mean_no_special+mean_no_special+cls\"}",
      "{\"pooling\":\"mean_no_special+mean_no_special+mean_no_special+mean_no_special+"
      "mean_no_special+mean_no_special+mean_no_special+max\"}"};
  for (size_t i = 0; i < 2; i++) fingerprint(GOLDEN "mlm_cased", lists[i], eighth[i]);
  CHECK(strcmp(eighth[0], eighth[1]) != 0);

  check_begin("another epsilon is another fingerprint");
  char file[FOLDER_PATH];
  const char *folder = copy_of("st_mean");
  join(file, folder, "config.json");
  CHECK(file_replace(file, "1e-12", "1e-6"));
  CHECK(strcmp(fingerprint(folder, "", other), plain) != 0);

  check_begin("another token in the vocabulary is another fingerprint");
  folder = copy_of("st_mean");
  join(file, folder, "tokenizer.json");
  CHECK(file_replace(file, "\"aspirin\"", "\"asperin\""));
  CHECK(strcmp(fingerprint(folder, "", other), plain) != 0);
}

int main(void) {
  char cache[FOLDER_PATH];
  folder_begin();
  setenv("XDG_CACHE_HOME", folder_path(cache, "cache"), 1);
  make_folders(cache);
  test_sha256();
  test_cache();
  test_fingerprint();
  return check_report();
}
