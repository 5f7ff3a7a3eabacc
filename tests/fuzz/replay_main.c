/* Runs a fuzz target over files: a main() for builds without libFuzzer.
 *
 *   replay FILE_OR_DIRECTORY...
 *   replay --random SEED COUNT     random bytes; good where every input is a program */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "random.h"

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

/* Each input has a seed of its own, so that one alone can be run again: SEED 1. */
static int run_random(uint64_t seed, size_t count) {
  uint8_t input[256];
  for (size_t i = 0; i < count; i++) {
    random_state = (seed + i + 1) * 0x9E3779B97F4A7C15u; /* Steele et al. 2014 */
    size_t size = random_below(sizeof input);
    for (size_t at = 0; at < size; at++) input[at] = (uint8_t)random_u32();
    printf("seed %llu\r", (unsigned long long)(seed + i));
    fflush(stdout);
    LLVMFuzzerTestOneInput(input, size);
  }
  printf("%zu random inputs\n", count);
  return count == 0;
}

int main(int argc, char **argv) {
  if (argc == 4 && strcmp(argv[1], "--random") == 0)
    return run_random(strtoull(argv[2], NULL, 10), strtoull(argv[3], NULL, 10));
  for (int i = 1; i < argc; i++) {
    if (bb_path_is_directory(argv[i]))
      replay_directory(argv[i]);
    else
      replay_file(argv[i]);
  }
  printf("%zu inputs replayed\n", replayed);
  return failed > 0 || replayed == 0;
}
