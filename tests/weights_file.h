/* weights_file.h - files of weights made by hand, in a directory that is removed at the end,
 * for tests of core/format. */
#ifndef BB_WEIGHTS_FILE_H
#define BB_WEIGHTS_FILE_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "format/weights.h"
#include "zip_writer.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
/* A literal with NULs in it: the bytes and their number. */
#define BYTES(literal) literal, sizeof(literal) - 1

enum { LONGEST_PATH = 256, FILE_BYTES = 1 << 20 };

static char directory[] = "/tmp/biobert_weights_XXXXXX";

static inline const char *path_of(const char *name) {
  static char path[LONGEST_PATH];
  snprintf(path, sizeof path, "%s/%s", directory, name);
  return path;
}

static inline void write_file(const char *name, const void *bytes, size_t count) {
  FILE *file = fopen(path_of(name), "wb");
  if (!file || fwrite(bytes, 1, count, file) != count || fclose(file) != 0) exit(1);
}

static inline void remove_files(const char *const *names, size_t count) {
  for (size_t i = 0; i < count; i++) unlink(path_of(names[i]));
}

static biobert_error err;

static inline bb_weights *open_file(const char *name) {
  bb_weights *w = NULL;
  err = (biobert_error){0};
  return bb_weights_open_file(path_of(name), &w, &err) ? NULL : w;
}

static inline bb_weights *open_directory(void) {
  bb_weights *w = NULL;
  err = (biobert_error){0};
  return bb_weights_open(directory, &w, &err) ? NULL : w;
}

/* The open failed in this way; the message names the file and says these words. */
static inline void expect_refusal(bb_weights *w, biobert_status status,
                                  const char *words) {
  CHECK(!w);
  CHECK_INT(err.status, status);
  if (!strstr(err.message, words)) CHECK_STR(err.message, words);
  CHECK(strstr(err.message, directory));
  bb_weights_close(w);
}

/* The tensor of this name has these values. */
static inline void expect_values(const bb_weights *w, const char *name,
                                 const float *values, size_t count) {
  enum { MAX_VALUES = 16 };
  float read[MAX_VALUES];
  const bb_tensor *t = w ? bb_weights_find(w, name) : NULL;
  CHECK(t);
  if (!t) return;
  for (size_t i = 0; i < MAX_VALUES; i++) read[i] = -1;
  CHECK_INT(bb_weights_read(w, t, read, &err), BIOBERT_OK);
  CHECK(count == 0 || memcmp(read, values, count * sizeof *values) == 0);
  for (size_t i = count; i < MAX_VALUES; i++) CHECK(read[i] == -1);
}

/* Before anything else of this file. */
static inline void begin_files(void) {
  if (!mkdtemp(directory)) exit(1);
}

/* The exit status of main(): also 1 where a test has left a file of another name. */
static inline int end_files(void) {
  static const char *const left[] = {"x.safetensors", "x.bin"};
  remove_files(left, COUNT(left));
  if (rmdir(directory) != 0) return 1;
  return check_report();
}

/* safetensors ------------------------------------------------------------------------ */

/* A tensor description. */
#define T(name, dtype, shape, begin, end)                                                \
  "\"" name "\":{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":[" begin   \
  "," end "]}"

static inline void write_safetensors(const char *name, const char *header,
                                     const void *data, size_t bytes) {
  static unsigned char file[FILE_BYTES];
  const uint64_t length = strlen(header);
  memcpy(file, &length, sizeof length);
  memcpy(file + sizeof length, header, length);
  if (bytes) memcpy(file + sizeof length + length, data, bytes);
  write_file(name, file, sizeof length + length + bytes);
}

/* PyTorch ---------------------------------------------------------------------------- */

#define STR(length, text) "X" length "\0\0\0" text
#define FLOATS "ctorch\nFloatStorage\n"
#define STORAGE(type, key, elements)                                                     \
  "(" STR("\7", "storage") type STR("\1", key) STR("\3", "cpu") elements "tQ"
#define HOOKS                                                                            \
  "\x89"                                                                                 \
  "ccollections\nOrderedDict\n)R"
/* A tensor of the storage of six floats. */
#define TENSOR(storage, offset, shape, stride)                                           \
  "ctorch._utils\n_rebuild_tensor_v2\n(" storage offset shape stride HOOKS "tR"
#define SIX STORAGE(FLOATS, "0", "K\6")
#define ROWS TENSOR(SIX, "K\0", "K\2K\3\x86", "K\3K\1\x86")
#define DICT(members) "\x80\2}(" members "u."

static inline void zip_of_pickle(struct zip *z, const char *pickle, size_t bytes,
                                 bool zip64) {
  static const float six[] = {1, 2, 3, 4, 5, 6};
  static unsigned char file[2 * FILE_BYTES];
  *z = (struct zip){.bytes = file, .capacity = sizeof file};
  zip_add(z, "m/data.pkl", pickle, bytes);
  zip_add(z, "m/byteorder", "little", 6);
  zip_add(z, "m/data/0", six, sizeof six);
  zip_add(z, "m/version", "3\n", 2);
  zip_finish(z, zip64);
}

static inline bb_weights *open_pickle(const char *pickle, size_t bytes) {
  struct zip z;
  zip_of_pickle(&z, pickle, bytes, true);
  write_file("x.bin", z.bytes, z.len);
  return open_file("x.bin");
}

#endif
