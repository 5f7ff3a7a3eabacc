/* test_folders.c - folders that are there whole or not at all: what is removed with them,
 * and what cannot be. */
#include "base/folder_write.h"
#include "opened_model.h"

static char target[FOLDER_PATH], partial[2 * FOLDER_PATH];

static const char *below(char out[2 * FOLDER_PATH], const char *folder,
                         const char *name) {
  snprintf(out, (size_t)2 * FOLDER_PATH, "%s/%s", folder, name);
  return out;
}

static bool is_there(const char *path) {
  struct stat info;
  return lstat(path, &info) == 0;
}

/* path/d/d/...: more folders than are removed, or walked by a short path. */
enum { TOO_DEEP = 40 };

static void make_deep(const char *path, int depth) {
  char deep[2 * FOLDER_PATH];
  int length = snprintf(deep, sizeof deep, "%s", path);
  for (int i = 0; i < depth; i++) {
    CHECK_INT(mkdir(deep, 0700), 0);
    length += snprintf(deep + length, sizeof deep - (size_t)length, "/d");
  }
}

static void test_remove(void) {
  check_begin("a folder is removed with what is in it, and links are not followed");
  char path[FOLDER_PATH], other[FOLDER_PATH], name[2 * FOLDER_PATH];
  make_deep(folder_path(path, "whole"), 3);
  folder_path(other, "other");
  CHECK_INT(mkdir(other, 0700), 0);
  file_write(below(name, other, "kept"), "x", 1);
  CHECK_INT(symlink(other, below(name, path, "link")), 0);
  file_write(below(name, path, "d/file"), "x", 1);
  CHECK_INT(bb_folder_remove(path, &err), BIOBERT_OK);
  CHECK(!is_there(path));
  CHECK(is_there(below(name, other, "kept")));
  check_begin("what is no folder, or not there, is an error with its name");
  CHECK_INT(bb_folder_remove(below(name, other, "kept"), &err), BIOBERT_IO);
  expect_message("kept: Not a directory");
  CHECK_INT(bb_folder_remove(path, &err), BIOBERT_IO);
  expect_message("whole: No such file");
  check_begin("one that is too deep stays");
  make_deep(path, TOO_DEEP);
  CHECK_INT(bb_folder_remove(path, &err), BIOBERT_IO);
  CHECK(is_there(path));
  folder_remove(path);
}

static void begin_target(const char *name) {
  folder_path(target, name);
  snprintf(partial, sizeof partial, "%s.biobert-partial", target);
}

static void test_opening(void) {
  bb_folder_out out;
  check_begin("what was left behind is replaced, if it is a folder that can be removed");
  begin_target("left");
  make_deep(partial, 2);
  CHECK_INT(bb_folder_out_open(target, &out, &err), BIOBERT_OK);
  bb_folder_out_discard(&out);
  CHECK(!is_there(partial));
  begin_target("file");
  file_write(partial, "x", 1);
  CHECK_INT(bb_folder_out_open(target, &out, &err), BIOBERT_IO);
  begin_target("deep");
  make_deep(partial, TOO_DEEP);
  CHECK_INT(bb_folder_out_open(target, &out, &err), BIOBERT_IO);
  folder_remove(partial);
  check_begin("a folder in it that is there already is an error");
  begin_target("inside");
  CHECK_INT(bb_folder_out_open(target, &out, &err), BIOBERT_OK);
  CHECK_INT(bb_folder_out_make(&out, "a", &err), BIOBERT_OK);
  CHECK_INT(bb_folder_out_make(&out, "a", &err), BIOBERT_IO);
  CHECK_INT(bb_folder_out_close(&out, BIOBERT_OK, &err), BIOBERT_OK);
  CHECK(is_there(target));
}

static void test_vanished(void) {
  bb_folder_out out;
  check_begin("a folder that vanishes while it is filled is an error, and is not made");
  begin_target("vanished");
  CHECK_INT(bb_folder_out_open(target, &out, &err), BIOBERT_OK);
  CHECK_INT(rmdir(partial), 0);
  CHECK_INT(bb_folder_out_close(&out, BIOBERT_OK, &err), BIOBERT_IO);
  expect_message("vanished.biobert-partial: No such file");
  CHECK(!is_there(target));
}

int main(void) {
  folder_begin();
  test_remove();
  test_opening();
  test_vanished();
  return check_report();
}
