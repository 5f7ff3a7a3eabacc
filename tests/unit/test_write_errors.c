/* test_write_errors.c - every call that writes a file may fail, or be broken off by a
 * signal: the first is an error that names the file, of which nothing is left; the second
 * is not seen. write(), fsync() and close() are replaced by ones that fail. */
#include <errno.h>
#include <sys/syscall.h>

#include "base/file_write.h"
#include "base/mem_fault.h"
#include "base/status.h"
#include "check.h"
#include "model_folder.h"

typedef enum call { NONE, WRITE, FSYNC, CLOSE } call;

static call failing;
static int failure, calls_left; /* errno, and the calls of this kind before it */
static bool interrupts;

static bool fails(call c) {
  if (c != failing || calls_left-- != 0) return false;
  errno = failure;
  return true;
}

/* By other names in C: the headers may have them inline. */
ssize_t failing_write(int fd, const void *from, size_t bytes) __asm__("write");
int failing_fsync(int fd) __asm__("fsync");
int failing_close(int fd) __asm__("close");

ssize_t failing_write(int fd, const void *from, size_t bytes) {
  static bool again;
  if (interrupts && (again = !again)) {
    errno = EINTR;
    return -1;
  }
  if (fails(WRITE)) return -1;
  return syscall(SYS_write, fd, from, interrupts && bytes > 1 ? bytes / 2 : bytes);
}

int failing_fsync(int fd) {
  return fails(FSYNC) ? -1 : (int)syscall(SYS_fsync, fd);
}

/* The descriptor is gone, whatever close() says. */
int failing_close(int fd) {
  const int rc = (int)syscall(SYS_close, fd);
  return fails(CLOSE) ? -1 : rc;
}

static char path[FOLDER_PATH], other[FOLDER_PATH];

static biobert_status write_file(call c, int reason, biobert_error *err) {
  failing = c;
  failure = reason;
  calls_left = 0;
  const biobert_status status = bb_file_write_all(path, bb_str("some text"), err);
  failing = NONE;
  return status;
}

static void test_calls(void) {
  static const call calls[] = {WRITE, FSYNC, CLOSE};
  check_begin("a write that fails is an error that names the file, and leaves none");
  for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
    biobert_error err = {0};
    check_context("call %zu", i);
    CHECK_INT(write_file(calls[i], ENOSPC, &err), BIOBERT_IO);
    CHECK(strstr(err.message, path) && strstr(err.message, "No space left"));
    CHECK(access(path, F_OK) != 0);
  }
}

static void test_interrupted(void) {
  check_begin("what a signal breaks off is written on");
  biobert_error err = {0};
  interrupts = true;
  CHECK_INT(write_file(NONE, 0, &err), BIOBERT_OK);
  interrupts = false;
  size_t count;
  char *text = file_read(path, &count);
  CHECK_STR(text, "some text");
  free(text);
}

static void test_rename(void) {
  biobert_error err = {0};
  check_begin("a file that is there is not written over, and its name may change");
  CHECK_INT(write_file(NONE, 0, &err), BIOBERT_IO);
  CHECK_INT(bb_path_rename(path, other, &err), BIOBERT_OK);
  CHECK_INT(bb_path_rename(path, other, &err), BIOBERT_IO);
  check_begin("a name alone is in the folder where the program is");
  if (CHECK(chdir(folder_root) == 0))
    CHECK_INT(bb_path_rename("other", "third", &err), BIOBERT_OK);
  check_begin("a folder that cannot be synced is an error that names it");
  failing = FSYNC;
  failure = EIO;
  calls_left = 0;
  CHECK_INT(bb_path_rename("third", other, &err), BIOBERT_IO);
  failing = NONE;
  CHECK(strstr(err.message, folder_root) && strstr(err.message, "Input/output error"));
}

static void test_no_memory(void) {
  check_begin("without memory nothing is written");
  bool failed = true;
  for (long points = 0; failed; points++) {
    biobert_error err = {0};
    bb_mem_fail_after(points, true);
    biobert_status status = bb_file_write_all(path, bb_str("some text"), &err);
    if (!status) status = bb_path_rename(path, other, &err);
    failed = bb_mem_fail_end();
    CHECK_INT(status, failed ? BIOBERT_NOMEM : BIOBERT_OK);
    unlink(path);
  }
}

int main(void) {
  folder_begin();
  folder_path(path, "file");
  folder_path(other, "other");
  test_calls();
  test_interrupted();
  test_rename();
  test_no_memory();
  return check_report();
}
