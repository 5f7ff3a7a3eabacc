/* test_read_errors.c - every read of a model's files may fail, or be broken off by a
 * signal: the first is an error that names the file, the second is not seen at all.
 * pread() is replaced by one that fails at a read that can be chosen. */
#include "check.h"
#include "model_folder.h"

#include <errno.h>
#include <sys/syscall.h>

#include "base/status.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* Reads until the one that fails; -1: none does. */
static long left = -1;
static int failure; /* errno of that read; 0: the file ends there */
static bool failed, interrupts;

/* By another name in C: the header may have one that is inline. */
ssize_t failing_pread(int fd, void *into, size_t bytes, off_t offset) __asm__("pread");

ssize_t failing_pread(int fd, void *into, size_t bytes, off_t offset) {
  static bool again;
  if (left == 0) {
    left = -1;
    failed = true;
    errno = failure;
    return failure ? -1 : 0;
  }
  if (left > 0) left--;
  if (interrupts && (again = !again)) {
    errno = EINTR;
    return -1;
  }
  return syscall(SYS_pread64, fd, into, bytes, offset);
}

static const char *const models[] = {
    "st_dense",
    "sharded",
    "sharded_bin",
    "bin_zip",
    "bin_legacy",
    "form_legacy",
    "form_tensorflow",
    "form_gguf_f32/model.gguf",
    "form_gguf_q5_0/model.gguf",
    "added",
    "mlm_untied",
    "f16",
};

/* Opens a model and computes its hash, which reads all of its weights again. */
static biobert_status read_model(const char *path, char hash[BIOBERT_HASH_CHARS],
                                 biobert_error *err) {
  biobert_model *model = NULL;
  biobert_status status = biobert_model_open(bb_str(path), bb_str(""), &model, err);
  if (!status) status = biobert_model_sha256(model, hash, err);
  biobert_model_close(model);
  return status;
}

static void fail_each(const char *path, int reason, const char *words) {
  failure = reason;
  failed = true;
  for (long reads = 0; failed; reads++) {
    char hash[BIOBERT_HASH_CHARS] = "";
    biobert_error err = {0};
    failed = false;
    left = reads;
    const biobert_status status = read_model(path, hash, &err);
    left = -1;
    check_context("%s, read %ld: %s", path, reads, err.message);
    CHECK_INT(status, failed ? BIOBERT_IO : BIOBERT_OK);
    if (status) CHECK(strstr(err.message, words) && strstr(err.message, "golden/models"));
  }
}

int main(void) {
  char path[FOLDER_PATH], hash[BIOBERT_HASH_CHARS], again[BIOBERT_HASH_CHARS];
  biobert_error err = {0};
  setenv("XDG_CACHE_HOME", "/proc/nowhere", 1); /* no hash is remembered */
  for (size_t i = 0; i < COUNT(models); i++) {
    snprintf(path, sizeof path, "tests/golden/models/%s", models[i]);
    check_begin("a read that fails is an error that names the file and the reason");
    fail_each(path, EIO, "Input/output error");
    check_begin("a file that has become shorter is an error that names it");
    fail_each(path, 0, "too early");
    check_begin("a read that a signal breaks off is done again");
    CHECK_INT(read_model(path, hash, &err), BIOBERT_OK);
    interrupts = true;
    CHECK_INT(read_model(path, again, &err), BIOBERT_OK);
    interrupts = false;
    CHECK_STR(again, hash);
  }
  return check_report();
}
