/* test_safetensors_write.c - files that are written whole or not at all, and weights that
 * come back as they were. */
#include "check.h"
#include "model_folder.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/file_write.h"
#include "base/mem.h"
#include "base/status.h"
#include "format/safetensors_write.h"
#include "format/weights.h"

static biobert_error err;
static const float matrix[6] = {1, -2, 3.5f, 4, 1e-38f, -0.0f}, vector[3] = {7, 8, 9};
static const bb_tensor_out tensors[] = {
    {"a \"quoted\" name", matrix, 2, 3, false},
    {"one row",           vector, 1, 3, false},
    {"vector",            vector, 1, 3, true },
};
enum { TENSORS = sizeof tensors / sizeof tensors[0] };

static bool exists(const char *path) {
  return access(path, F_OK) == 0;
}

static void check_tensor(const bb_weights *file, const bb_tensor_out *expected) {
  const size_t count = expected->rows * expected->columns;
  const bb_tensor *tensor = bb_weights_find(file, expected->name);
  float values[8];
  check_context("%s", expected->name);
  if (!CHECK(tensor != NULL)) return;
  CHECK_INT(tensor->rank, expected->is_vector ? 1 : 2);
  CHECK_INT((long long)tensor->shape[tensor->rank - 1], (long long)expected->columns);
  CHECK_INT(bb_weights_read(file, tensor, values, &err), BIOBERT_OK);
  CHECK(memcmp(values, expected->values, count * sizeof *values) == 0);
}

static void test_round_trip(void) {
  char path[FOLDER_PATH];
  bb_weights *file = NULL;
  check_begin("weights that are written are read as they were, shapes and bits");
  CHECK_INT(
      bb_safetensors_write(folder_path(path, "w.safetensors"), tensors, TENSORS, &err),
      BIOBERT_OK);
  CHECK_INT(bb_weights_open_file(path, &file, &err), BIOBERT_OK);
  if (!file) return;
  CHECK_INT((long long)file->tensor_count, TENSORS);
  for (size_t i = 0; i < TENSORS; i++) check_tensor(file, &tensors[i]);
  bb_weights_close(file);
}

/* Worked out by hand from the format's specification. */
static void test_bytes(void) {
  static const char header[] =
      "{\"__metadata__\":{\"format\":\"pt\"},\"v\":{\"dtype\":\"F32\",\"shape\":[1],"
      "\"data_offsets\":[0,4]}}   ";
  static const float one = 1;
  char path[FOLDER_PATH];
  bb_buffer buffer;
  check_begin("a file has the length of its header, the header, and the numbers");
  const bb_tensor_out t = {"v", &one, 1, 1, true};
  CHECK_INT(bb_safetensors_write(folder_path(path, "v.safetensors"), &t, 1, &err),
            BIOBERT_OK);
  CHECK_INT(bb_file_read_all(path, 1000, &buffer, &err), BIOBERT_OK);
  CHECK_INT((long long)(sizeof header - 1) % 8, 0);
  CHECK_INT((long long)buffer.len, (long long)(8 + sizeof header - 1 + 4));
  CHECK_INT((unsigned char)buffer.data[0], (long long)(sizeof header - 1));
  CHECK(memcmp(buffer.data + 8, header, sizeof header - 1) == 0);
  CHECK(memcmp(buffer.data + 8 + sizeof header - 1, "\0\0\x80\x3f", 4) == 0);
  bb_free(NULL, buffer.data);
}

static void test_existing(void) {
  char path[FOLDER_PATH];
  bb_buffer buffer;
  check_begin("a file that is there already is not written over");
  folder_path(path, "there");
  CHECK_INT(bb_file_write_all(path, bb_str("first"), &err), BIOBERT_OK);
  CHECK_INT(bb_file_write_all(path, bb_str("second"), &err), BIOBERT_IO);
  CHECK(strstr(err.message, path) != NULL);
  CHECK_INT(bb_file_read_all(path, 100, &buffer, &err), BIOBERT_OK);
  CHECK_STR(buffer.data, "first");
  bb_free(NULL, buffer.data);
}

static void test_no_room(void) {
  char path[FOLDER_PATH];
  struct rlimit before, small = {10, 10};
  check_begin("a file that does not fit is an error that names it, and is gone");
  folder_path(path, "large.safetensors");
  signal(SIGXFSZ, SIG_IGN);
  getrlimit(RLIMIT_FSIZE, &before);
  small.rlim_max = before.rlim_max;
  setrlimit(RLIMIT_FSIZE, &small);
  biobert_status status = bb_safetensors_write(path, tensors, TENSORS, &err);
  setrlimit(RLIMIT_FSIZE, &before);
  CHECK_INT(status, BIOBERT_IO);
  CHECK(strstr(err.message, path) != NULL);
  CHECK(!exists(path));
}

static void test_rename(void) {
  char from[FOLDER_PATH], to[FOLDER_PATH], missing[FOLDER_PATH];
  check_begin("a folder gets its name when it is complete");
  CHECK(mkdir(folder_path(from, "partial"), 0700) == 0);
  folder_path(to, "whole");
  CHECK_INT(bb_path_rename(from, to, &err), BIOBERT_OK);
  CHECK(exists(to) && !exists(from));
  CHECK_INT(bb_path_rename(folder_path(missing, "missing"), from, &err), BIOBERT_IO);
}

int main(void) {
  folder_begin();
  test_round_trip();
  test_bytes();
  test_existing();
  test_no_room();
  test_rename();
  return check_report();
}
