/* test_malformed.c - a thousand damaged models: each is refused with a message or works;
 * none ends the program. Worth most under the sanitizers.
 *
 *   test_malformed [seed [damages]]      from the root of the repository */
#include "check.h"
#include "model_folder.h"

#include <math.h>

#include "base/status.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum {
  DAMAGES = 1000,
  MAX_FILES = 32,
  MAX_CHANGES = 4,
  BYTES_AT_THE_START = 4096, /* of a weights file: where its description lies */
  MAX_VECTOR = 1 << 16,
};

/* Files of every format: JSON throughout, a vocab.txt with safetensors, a .bin in two
 * shards. */
static const char *const models[] = {"st_dense", "mlm_cased", "sharded_bin"};

/* One file of a model, whole, so that a damaged folder can be repaired. */
typedef struct original {
  char path[FOLDER_PATH];
  char *bytes;
  size_t count;
} original;

static original files[MAX_FILES];
static size_t file_count;

static void collect_files(const char *folder) {
  DIR *d = opendir(folder);
  if (!d) exit(2);
  for (struct dirent *entry; (entry = readdir(d));) {
    char path[FOLDER_PATH];
    struct stat info;
    if (entry->d_name[0] == '.') continue;
    snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
    if (stat(path, &info) != 0) exit(2);
    if (S_ISDIR(info.st_mode)) {
      collect_files(path);
      continue;
    }
    if (file_count == MAX_FILES) exit(2);
    original *f = &files[file_count++];
    snprintf(f->path, sizeof f->path, "%s", path);
    f->bytes = file_read(path, &f->count);
  }
  closedir(d);
}

static void forget_files(void) {
  for (size_t i = 0; i < file_count; i++) free(files[i].bytes);
  file_count = 0;
}

/* Damages ---------------------------------------------------------------------------- */

typedef struct text {
  char *bytes; /* with room for twice as many and 64 more */
  size_t count;
} text;

/* Most of a weights file are numbers, of which any is a weight: the beginning and the
 * end, where formats have their descriptions, are hit as often as all the rest. */
static size_t somewhere(const text *t) {
  size_t near = t->count < BYTES_AT_THE_START ? t->count : BYTES_AT_THE_START;
  switch (random_below(3)) {
  case 0:
    return random_below(near);
  case 1:
    return t->count - 1 - random_below(near);
  default:
    return random_below(t->count);
  }
}

static void flip_bit(text *t) {
  t->bytes[somewhere(t)] ^= (char)(1 << random_below(8));
}

static void set_byte(text *t) {
  static const unsigned char values[] = {0x00, 0xFF, 0x7F, 0x80, '"',
                                         '{',  '[',  '-',  '9',  '\n'};
  t->bytes[somewhere(t)] = (char)values[random_below(COUNT(values))];
}

static void set_word(text *t) {
  static const uint64_t values[] = {0, 1, UINT32_MAX, INT64_MAX, UINT64_MAX, 1ull << 32};
  size_t at = somewhere(t);
  size_t bytes = t->count - at < 8 ? t->count - at : 8;
  memcpy(t->bytes + at, &values[random_below(COUNT(values))], bytes);
}

static void cut_end(text *t) {
  t->count = somewhere(t);
}

static void cut_out(text *t) {
  size_t at = somewhere(t), bytes = 1 + random_below(random_below(8) ? 8 : t->count);
  if (bytes > t->count - at) bytes = t->count - at;
  memmove(t->bytes + at, t->bytes + at + bytes, t->count - at - bytes);
  t->count -= bytes;
}

/* Inserts a piece of the same file. */
static void insert(text *t) {
  char piece[64];
  size_t at = somewhere(t), from = somewhere(t), bytes = 1 + random_below(sizeof piece);
  if (bytes > t->count - from) bytes = t->count - from;
  memcpy(piece, t->bytes + from, bytes);
  memmove(t->bytes + at + bytes, t->bytes + at, t->count - at);
  memcpy(t->bytes + at, piece, bytes);
  t->count += bytes;
}

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/* Puts another number in the place of one that is written in digits. */
static void change_number(text *t) {
  static const char *const numbers[] = {"0",     "1",          "2",
                                        "3",     "7",          "-1",
                                        "31",    "33",         "64",
                                        "65536", "4294967296", "9223372036854775807",
                                        "1e400", "0.5",        "99999999999999999999999",
                                        "1e-40", "null",       "[]"};
  const char *number = numbers[random_below(COUNT(numbers))];
  size_t at = somewhere(t), tried = 0, length = 0, bytes = strlen(number);
  while (!is_digit(t->bytes[at]) && tried++ < t->count) at = (at + 1) % t->count;
  if (!is_digit(t->bytes[at])) return;
  while (at > 0 && is_digit(t->bytes[at - 1])) at--;
  while (at + length < t->count && is_digit(t->bytes[at + length])) length++;
  memmove(t->bytes + at + bytes, t->bytes + at + length, t->count - at - length);
  memcpy(t->bytes + at, number, bytes);
  t->count = t->count - length + bytes;
}

static void (*const damages[])(text *) = {
    flip_bit, set_byte, set_word, cut_end, cut_out, insert, change_number, change_number};

static void damage_file(const original *f) {
  text t = {malloc(2 * f->count + 64 * MAX_CHANGES + 64), f->count};
  if (!t.bytes) exit(2);
  memcpy(t.bytes, f->bytes, f->count);
  size_t changes = 1 + random_below(MAX_CHANGES);
  for (size_t i = 0; i < changes && t.count > 0; i++)
    damages[random_below(COUNT(damages))](&t);
  file_write(f->path, t.bytes, t.count);
  free(t.bytes);
}

/* What must hold then ---------------------------------------------------------------- */

static struct { int opened, embedded; } counts;

static bool is_message(const biobert_error *err) {
  size_t length = strlen(err->message);
  return err->status != BIOBERT_OK && length > 0 && length < sizeof err->message;
}

static bool count_token(void *ctx, const biobert_token *token) {
  (void)token;
  ++*(size_t *)ctx;
  return true;
}

static void use_model(biobert_model *model) {
  static float vector[MAX_VECTOR];
  static const char sentence[] =
      "Aspirin inhibits TNF-\xCE\xB1 in 12 patients (p < 0.05). [MASK]";
  biobert_session *s = NULL;
  biobert_error err = {0};
  size_t tokens = 0, n = biobert_model_dimension(model);
  if (!CHECK(n > 0 && n <= MAX_VECTOR)) return;
  biobert_status status = biobert_session_new(model, NULL, &s, &err);
  if (!status) status = biobert_tokenize(s, bb_str(sentence), count_token, &tokens, &err);
  if (!status)
    status = biobert_embed(s, bb_str(sentence), BIOBERT_DOCUMENT, vector, &err);
  if (!status)
    status = biobert_embed_pair(s, bb_str(sentence), bb_str("liver"), vector, &err);
  biobert_session_free(s);
  if (status) {
    CHECK(is_message(&err) && err.status == status);
    return;
  }
  counts.embedded++;
  for (size_t i = 0; i < n; i++) CHECK(isfinite(vector[i]));
}

static void use_folder(const char *folder) {
  biobert_model *model = NULL;
  biobert_error err = {0};
  char hash[BIOBERT_HASH_CHARS];
  biobert_status status = biobert_model_open(bb_str(folder), bb_str(""), &model, &err);
  if (status) {
    CHECK(is_message(&err) && err.status == status && model == NULL);
    return;
  }
  counts.opened++;
  use_model(model);
  CHECK_INT(biobert_model_fingerprint(model, hash, &err), BIOBERT_OK);
  biobert_model_close(model);
}

static void test_damages(const char *name, unsigned long seed, size_t count) {
  char folder[FOLDER_PATH], from[FOLDER_PATH], sentence[128];
  snprintf(from, sizeof from, "tests/golden/models/%s", name);
  folder_copy(from, folder_path(folder, name));
  collect_files(folder);
  snprintf(sentence, sizeof sentence,
           "%zu damaged copies of %s are refused with a message or work", count, name);
  check_begin(sentence);
  for (size_t i = 0; i < count; i++) {
    const original *f = &files[random_below(file_count)];
    damage_file(f);
    check_context("seed %lu, damage %zu, %s", seed, i, strrchr(f->path, '/'));
    use_folder(folder);
    file_write(f->path, f->bytes, f->count);
  }
  forget_files();
}

int main(int argc, char **argv) {
  unsigned long seed =
      argc > 1 ? strtoul(argv[1], NULL, 10) : (unsigned long)random_state;
  size_t count = argc > 2 ? strtoul(argv[2], NULL, 10) : DAMAGES;
  printf("seed %lu\n", seed);
  random_state = seed ? seed : 1; /* xorshift never leaves 0 */
  folder_begin();
  char cache[FOLDER_PATH];
  setenv("XDG_CACHE_HOME", folder_path(cache, "cache"), 1);
  for (size_t i = 0; i < COUNT(models); i++)
    test_damages(models[i], seed, count / COUNT(models) + (i < count % COUNT(models)));
  check_begin("some damaged models work and some do not, or nothing was tested");
  CHECK(counts.opened > 0 && counts.embedded > 0 && counts.opened < (int)count);
  printf("%zu damages: %d models opened, %d made vectors\n", count, counts.opened,
         counts.embedded);
  return check_report();
}
