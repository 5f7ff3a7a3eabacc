/* test_hashing.c - whoever waits for the hash of a model can interrupt it: a read of
 * biobert_models, the first row of an index, its first search. */
#include "loaded.h"
#include "model_folder.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* As many bytes as take several times the 30 ms between two questions of SQLite's. */
enum { TENSOR_BYTES = 96 << 20 };

static char model[FOLDER_PATH];

/* A copy of a model whose file has a tensor more that no model has. */
static void make_model(void) {
  static char zeros[1 << 20];
  char path[FOLDER_PATH + 64], entry[160];
  size_t count;
  uint64_t header;
  folder_copy("tests/golden/models/st_mean", folder_path(model, "large"));
  snprintf(path, sizeof path, "%s/model.safetensors", model);
  char *file = file_read(path, &count);
  if (!file) exit(2);
  memcpy(&header, file, sizeof header);
  char *data = file + sizeof header + header, *close = data;
  while (*--close != '}') continue;
  const size_t rest = count - (size_t)(data - file);
  snprintf(entry, sizeof entry,
           ",\"zz\":{\"dtype\":\"U8\",\"shape\":[%d],\"data_offsets\":[%zu,%zu]}}",
           TENSOR_BYTES, rest, rest + TENSOR_BYTES);
  header = (uint64_t)(close - file) - sizeof header + strlen(entry);
  FILE *out = fopen(path, "wb");
  if (!out) exit(2);
  fwrite(&header, sizeof header, 1, out);
  fwrite(file + sizeof header, 1, (size_t)(close - file) - sizeof header, out);
  fwrite(entry, 1, strlen(entry), out);
  fwrite(data, 1, rest, out);
  for (size_t i = 0; i < TENSOR_BYTES / sizeof zeros; i++)
    fwrite(zeros, 1, sizeof zeros, out);
  if (fclose(out) != 0) exit(2);
  free(file);
}

static int stop(void *ctx) {
  (void)ctx;
  return 1;
}

/* SQLite asks after so many of its own steps: a statement has fewer before it hashes. */
enum { STEPS = 2000 };

static void check_interrupt(const char *sql) {
  sqlite3 *db = open_loaded(":memory:");
  char *load = sqlite3_mprintf("SELECT biobert_load(%Q)", model);
  check_context("%s", sql);
  RUN(db, load);
  sqlite3_free(load);
  RUN(db, "CREATE VIRTUAL TABLE s USING biobert(a)");
  sqlite3_progress_handler(db, STEPS, stop, NULL);
  CHECK_INT(run(db, sql), SQLITE_INTERRUPT);
  sqlite3_progress_handler(db, 0, NULL, NULL);
  CHECK_INT(sqlite3_get_autocommit(db), 1);
  RUN(db, "INSERT INTO s(s) VALUES('integrity-check')");
  CHECK_INT(run(db, "SELECT 1 / (count(*) = 0) FROM s"), SQLITE_OK);
  CHECK_INT(sqlite3_close(db), SQLITE_OK);
}

int main(int argc, char **argv) {
  static const char *const statements[] = {
      "SELECT sha256 FROM biobert_models",
      "SELECT fingerprint FROM biobert_models",
      "INSERT INTO s(a) VALUES('gene')",
  };
  find_library(argc, argv);
  folder_begin();
  char cache[FOLDER_PATH];
  mkdir(folder_path(cache, "cache"), 0700);
  setenv("XDG_CACHE_HOME", cache, 1);
  make_model();
  for (size_t i = 0; i < COUNT(statements); i++) {
    check_begin("hashing the weights of a model can be interrupted");
    check_interrupt(statements[i]);
  }
  return check_report();
}
