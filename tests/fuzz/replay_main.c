/* Runs a fuzz target over files: a main() for builds without libFuzzer.
 *
 *   replay FILE_OR_DIRECTORY... */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>

#include "base/file.h"
#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_INPUT_BYTES = 64 << 20 };

static size_t replayed, failed;

static void replay_file(const char *path) {
  bb_buffer input = {0};
  biobert_error err;
  if (bb_file_read_all(path, MAX_INPUT_BYTES, &input, &err) != BIOBERT_OK) {
    fprintf(stderr, "%s\n", err.message);
    failed++;
    return;
  }
  LLVMFuzzerTestOneInput((const uint8_t *)input.data, input.len);
  bb_free(NULL, input.data);
  replayed++;
}

static void replay_directory(const char *path) {
  DIR *directory = opendir(path);
  if (!directory) {
    perror(path);
    failed++;
    return;
  }
  for (struct dirent *e; (e = readdir(directory));) {
    if (e->d_name[0] == '.') continue;
    char *file = bb_path_join((biobert_str){path, strlen(path)},
                              (biobert_str){e->d_name, strlen(e->d_name)});
    if (!file) abort();
    replay_file(file);
    bb_free(NULL, file);
  }
  closedir(directory);
}

int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    if (bb_path_is_directory(argv[i]))
      replay_directory(argv[i]);
    else
      replay_file(argv[i]);
  }
  printf("%zu inputs replayed\n", replayed);
  return failed > 0 || replayed == 0;
}
