/* Spec of core/base/file.c: what is opened and read, and whether a file is still the one
 * it was.
 */
#include "check.h"
#include "model_folder.h"

#include <fcntl.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/status.h"

static biobert_error err;

static biobert_status open_file(const char *path, bb_file *file) {
  err = (biobert_error){0};
  *file = (bb_file){0};
  return bb_file_open(path, file, &err);
}

static void test_opening(void) {
  char path[FOLDER_PATH];
  bb_file file;
  check_begin("a file that is not there is refused by its name");
  CHECK_INT(open_file(folder_path(path, "nothing"), &file), BIOBERT_IO);
  CHECK(strstr(err.message, "nothing: No such file"));

  check_begin("a folder is no file");
  CHECK_INT(open_file(folder_root, &file), BIOBERT_IO);
  CHECK(strstr(err.message, "not a regular file"));

  check_begin("a pipe without a writer is refused, and not waited for");
  CHECK_INT(mkfifo(folder_path(path, "pipe"), 0600), 0);
  CHECK_INT(open_file(path, &file), BIOBERT_IO);
  CHECK(strstr(err.message, "not a regular file"));

  check_begin("a file that was never opened is closed all the same");
  bb_file_close(&file);
  CHECK(!file.path);
}

static void test_reading(void) {
  char path[FOLDER_PATH], bytes[8] = "";
  bb_file file;
  bb_buffer all = {0};
  file_write(folder_path(path, "f"), "abcdef", 6);

  check_begin("a part of a file is read, and no more than there is");
  CHECK_INT(open_file(path, &file), BIOBERT_OK);
  CHECK_INT(file.size, 6);
  CHECK_INT(bb_file_read(&file, 2, bytes, 3, &err), BIOBERT_OK);
  CHECK_STR(bytes, "cde");
  CHECK_INT(bb_file_read(&file, 4, bytes, 3, &err), BIOBERT_IO);
  CHECK(strstr(err.message, "ends 1 bytes too early"));
  CHECK_INT(bb_file_read(&file, 100, bytes, 0, &err), BIOBERT_OK);

  check_begin("a file that is written to is no longer what it was");
  CHECK_INT(bb_file_check(&file, &err), BIOBERT_OK);
  file_write(path, "abcdefg", 7);
  CHECK_INT(bb_file_check(&file, &err), BIOBERT_IO);
  CHECK(strstr(err.message, "was written to since"));
  bb_file_close(&file);

  check_begin("a file that is too large is not read");
  CHECK_INT(bb_file_read_all(path, 6, &all, &err), BIOBERT_FORMAT);
  CHECK(strstr(err.message, "7 bytes, at most 6 were expected"));
  CHECK_INT(bb_file_read_all(path, 7, &all, &err), BIOBERT_OK);
  CHECK_STR(all.data, "abcdefg");
  bb_free(NULL, all.data);

  check_begin("what the system says of a read that fails is passed on");
  CHECK_INT(open_file("/proc/self/mem", &file), BIOBERT_OK);
  CHECK_INT(bb_file_read(&file, 0, bytes, 4, &err), BIOBERT_IO);
  CHECK(strstr(err.message, "/proc/self/mem: Input/output error"));
  bb_file_close(&file);
}

/* Seeing ------------------------------------------------------------------------------
 */

static bb_seen_files see(const char *const *paths, size_t count) {
  bb_seen_files seen = {0};
  bb_see_files(&seen);
  for (size_t i = 0; i < count; i++) bb_path_exists(paths[i]);
  bb_see_files(NULL);
  return seen;
}

static void test_seeing(void) {
  char a[FOLDER_PATH], b[FOLDER_PATH];
  file_write(folder_path(a, "a"), "1", 1);
  folder_path(b, "b");
  const char *const paths[] = {a, b}, *const other[] = {b, a};
  bb_seen_files seen = see(paths, 2), again = see(paths, 2), turned = see(other, 2),
                one = see(paths, 1);

  check_begin("files that were seen are the same while nothing is written");
  CHECK(!bb_seen_changed(&seen));
  CHECK(bb_seen_equal(&seen, &again));
  CHECK(!bb_seen_equal(&seen, &turned));
  CHECK(!bb_seen_equal(&seen, &one) && !bb_seen_equal(&one, &seen));

  check_begin("a file that comes is a change too");
  file_write(b, "2", 1);
  CHECK_STR(bb_seen_changed(&seen), b);
  bb_seen_files later = see(paths, 2);
  CHECK(!bb_seen_equal(&seen, &later));

  check_begin("and one of another size, time or place");
  CHECK(!bb_seen_changed(&one));
  file_write(a, "12", 2);
  CHECK_STR(bb_seen_changed(&one), a);
  bb_seen_free(&one);
  one = see(paths, 1);
  const struct timespec times[2] = {
      {1, 0},
      {1, 0}
  };
  CHECK_INT(utimensat(AT_FDCWD, a, times, 0), 0);
  CHECK_STR(bb_seen_changed(&one), a);
  bb_seen_free(&one);
  one = see(paths, 1);
  CHECK_INT(rename(b, a), 0);
  CHECK_STR(bb_seen_changed(&one), a);

  bb_seen_free(&seen);
  bb_seen_free(&again);
  bb_seen_free(&turned);
  bb_seen_free(&one);
  bb_seen_free(&later);
}

static void test_joining(void) {
  static const struct {
    const char *directory, *name, *path;
  } rows[] = {
      {"a",   "b", "a/b"},
      {"a//", "b", "a/b"},
      {"/",   "b", "//b"},
      {"a/",  "",  "a"  },
      {"",    "b", "/b" },
  };
  check_begin("a path has one slash between its parts");
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    char *path = bb_path_join(bb_str(rows[i].directory), bb_str(rows[i].name));
    CHECK_STR(path, rows[i].path);
    bb_free(NULL, path);
  }
}

int main(void) {
  folder_begin();
  test_opening();
  test_reading();
  test_seeing();
  test_joining();
  return check_report();
}
