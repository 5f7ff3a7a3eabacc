/* os_linux.c - what Linux has its own way of. */
#include <errno.h>
#include <iconv.h>
#include <locale.h>
#include <math.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/os.h"
#include "base/os_posix.h"

const char bb_os_library_ending[] = "so";

int64_t bb_posix_mtime_ns(const struct stat *info) {
  return (int64_t)info->st_mtim.tv_sec * 1000000000 + info->st_mtim.tv_nsec;
}

bool bb_posix_sync(int file) {
  return fsync(file) == 0;
}

/* The linker has seen to it, by -z nodelete. */
void bb_os_stay_loaded(const void *address) {
  (void)address;
}

bool bb_os_program_path(char out[BB_PATH_BYTES]) {
  const ssize_t bytes = readlink("/proc/self/exe", out, BB_PATH_BYTES - 1);
  out[bytes > 0 ? bytes : 0] = '\0';
  return bytes > 0;
}

/* "max 100000" or "200000 100000": microseconds of CPU in a period; 0: no limit. */
static size_t cgroup_cores(void) {
  FILE *file = fopen("/sys/fs/cgroup/cpu.max", "re");
  if (!file) return 0;
  long quota = 0, period = 0;
  const int fields = fscanf(file, "%ld %ld", &quota, &period);
  fclose(file);
  if (fields != 2 || quota <= 0 || period <= 0) return 0;
  return (size_t)((quota + period - 1) / period);
}

/* The affinity mask and the cgroup's CPU quota. */
size_t bb_os_cores(void) {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  size_t cores = 1;
  if (sched_getaffinity(0, sizeof mask, &mask) == 0) cores = (size_t)CPU_COUNT(&mask);
  const size_t quota = cgroup_cores();
  if (quota && quota < cores) cores = quota;
  return cores ? cores : 1;
}

uint64_t bb_os_memory(void) {
  const long pages = sysconf(_SC_PHYS_PAGES), bytes = sysconf(_SC_PAGESIZE);
  return pages > 0 && bytes > 0 ? (uint64_t)pages * (uint64_t)bytes : 0;
}

/* Large pages that lie in the block as a whole: what is beside it is not ours. */
void bb_os_want_large_pages(void *block, size_t bytes) {
  enum { LARGE_PAGE = 1 << 21 };
  const size_t before = -(uintptr_t)block % LARGE_PAGE;
  if (bytes < before + LARGE_PAGE) return;
  const int kept = errno; /* failure is harmless: this is a hint */
  madvise((char *)block + before, (bytes - before) / LARGE_PAGE * LARGE_PAGE,
          MADV_HUGEPAGE);
  errno = kept;
}

double bb_os_read_number(const char *text) {
  const locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
  if (!c) return NAN;
  const double number = strtod_l(text, NULL, c);
  freelocale(c);
  return number;
}

static int code_of(iconv_t from, unsigned char byte) {
  char in[1] = {(char)byte}, *rest = in;
  uint32_t code = 0;
  char *out = (char *)&code;
  size_t left = sizeof in, room = sizeof code;
  iconv(from, NULL, NULL, NULL, NULL);
  const size_t failed = iconv(from, &rest, &left, &out, &room);
  return failed || left || room ? -1 : (int)code;
}

bool bb_os_byte_codes(const char *name, int codes[256]) {
  const iconv_t from = iconv_open("UTF-32LE", name);
  if (from == (iconv_t)-1) return false;
  for (int byte = 0; byte < 256; byte++) codes[byte] = code_of(from, (unsigned char)byte);
  iconv_close(from);
  return true;
}
