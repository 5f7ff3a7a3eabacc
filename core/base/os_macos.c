/* os_macos.c - what macOS has its own way of. */
#include <dlfcn.h>
#include <fcntl.h>
#include <mach-o/dyld.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysctl.h>
#include <unistd.h>
#include <xlocale.h>

#include "base/os.h"
#include "base/os_posix.h"

const char bb_os_library_ending[] = "dylib";

int64_t bb_posix_mtime_ns(const struct stat *info) {
  return (int64_t)info->st_mtimespec.tv_sec * 1000000000 + info->st_mtimespec.tv_nsec;
}

/* Here fsync() leaves it in the disk's own cache; not every file system knows the other. */
bool bb_posix_sync(int file) {
  return fcntl(file, F_FULLFSYNC) == 0 || fsync(file) == 0;
}

void bb_os_stay_loaded(const void *address) {
  Dl_info info;
  if (dladdr(address, &info) && info.dli_fname)
    dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
}

bool bb_os_program_path(char out[BB_PATH_BYTES]) {
  char named[BB_PATH_BYTES];
  uint32_t bytes = sizeof named;
  return _NSGetExecutablePath(named, &bytes) == 0 && bb_os_real_path(named, out);
}

size_t bb_os_cores(void) {
  const long cores = sysconf(_SC_NPROCESSORS_ONLN);
  return cores > 0 ? (size_t)cores : 1;
}

uint64_t bb_os_memory(void) {
  uint64_t memory = 0;
  size_t bytes = sizeof memory;
  return sysctlbyname("hw.memsize", &memory, &bytes, NULL, 0) == 0 ? memory : 0;
}

/* Programs cannot ask for them. */
void bb_os_want_large_pages(void *block, size_t bytes) {
  (void)block;
  (void)bytes;
}

double bb_os_read_number(const char *text) {
  return strtod_l(text, NULL, NULL); /* no locale is "C" */
}

/* Its iconv is a library of its own, which is not linked in: expat's encodings remain. */
bool bb_os_byte_codes(const char *name, int codes[256]) {
  (void)name;
  (void)codes;
  return false;
}
