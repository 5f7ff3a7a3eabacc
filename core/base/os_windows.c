/* os_windows.c - UTF-16, codes of errors, the machine, and numbers, by Windows. */
#include "base/os_windows.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

const char bb_os_library_ending[] = "dll";

/* Errors ----------------------------------------------------------------------------- */

bool bb_windows_failed(void) {
  static const struct {
    DWORD code;
    int number;
  } codes[] = {
      {ERROR_FILE_NOT_FOUND,       ENOENT      },
      {ERROR_PATH_NOT_FOUND,       ENOENT      },
      {ERROR_INVALID_NAME,         ENOENT      },
      {ERROR_BAD_PATHNAME,         ENOENT      },
      {ERROR_BAD_NETPATH,          ENOENT      },
      {ERROR_INVALID_DRIVE,        ENOENT      },
      {ERROR_DIRECTORY,            ENOTDIR     },
      {ERROR_ACCESS_DENIED,        EACCES      },
      {ERROR_SHARING_VIOLATION,    EBUSY       },
      {ERROR_LOCK_VIOLATION,       EBUSY       },
      {ERROR_FILE_EXISTS,          EEXIST      },
      {ERROR_ALREADY_EXISTS,       EEXIST      },
      {ERROR_DIR_NOT_EMPTY,        ENOTEMPTY   },
      {ERROR_DISK_FULL,            ENOSPC      },
      {ERROR_HANDLE_DISK_FULL,     ENOSPC      },
      {ERROR_NOT_ENOUGH_MEMORY,    ENOMEM      },
      {ERROR_OUTOFMEMORY,          ENOMEM      },
      {ERROR_TOO_MANY_OPEN_FILES,  EMFILE      },
      {ERROR_WRITE_PROTECT,        EROFS       },
      {ERROR_BROKEN_PIPE,          EPIPE       },
      {ERROR_NO_DATA,              EPIPE       },
      {ERROR_FILENAME_EXCED_RANGE, ENAMETOOLONG},
  };
  const DWORD code = GetLastError();
  errno = EIO;
  for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
    if (codes[i].code == code) errno = codes[i].number;
  return false;
}

/* UTF-16 ----------------------------------------------------------------------------- */

/* A path of 260 characters and more is taken only in this form: absolute, with '\'. */
static bool lengthen(wchar_t out[BB_WIDE_PATH]) {
  static const wchar_t begin[] = L"\\\\?\\";
  enum { BEGIN = sizeof begin / sizeof begin[0] - 1, LONG_FROM = 240 };
  wchar_t full[BB_WIDE_PATH];
  if (wcslen(out) < LONG_FROM || wcsncmp(out, begin, BEGIN) == 0) return true;
  const DWORD length = GetFullPathNameW(out, BB_WIDE_PATH, full, NULL);
  if (length == 0 || length >= BB_WIDE_PATH - BEGIN) {
    errno = ENAMETOOLONG;
    return false;
  }
  const bool network = full[0] == L'\\';
  if (network) return true; /* has another form, and is long seldom */
  memcpy(out, begin, BEGIN * sizeof *out);
  memcpy(out + BEGIN, full, (length + 1) * sizeof *out);
  return true;
}

bool bb_windows_path(const char *path, wchar_t out[BB_WIDE_PATH]) {
  if (MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, out, BB_PATH_BYTES))
    return lengthen(out);
  errno = GetLastError() == ERROR_INSUFFICIENT_BUFFER ? ENAMETOOLONG : ENOENT;
  return false;
}

bool bb_windows_narrow(const wchar_t *text, char *out, size_t size) {
  if (WideCharToMultiByte(CP_UTF8, 0, text, -1, out, (int)size, NULL, NULL)) return true;
  errno = ENAMETOOLONG;
  return false;
}

bool bb_windows_narrow_path(wchar_t *path, char out[BB_PATH_BYTES]) {
  static const wchar_t network[] = L"\\\\?\\UNC\\", local[] = L"\\\\?\\";
  if (wcsncmp(path, network, wcslen(network)) == 0) {
    path += wcslen(network) - 2;
    path[0] = L'\\';
  } else if (wcsncmp(path, local, wcslen(local)) == 0) {
    path += wcslen(local);
  }
  if (!bb_windows_narrow(path, out, BB_PATH_BYTES)) return false;
  for (char *at = out; (at = strchr(at, '\\'));) *at = '/';
  return true;
}

/* The machine ------------------------------------------------------------------------ */

/* Those of the processor group that the process is in: the mask of its affinity. */
size_t bb_os_cores(void) {
  DWORD_PTR ours, all;
  if (!GetProcessAffinityMask(GetCurrentProcess(), &ours, &all) || !ours) return 1;
  return (size_t)__builtin_popcountll(ours);
}

uint64_t bb_os_memory(void) {
  MEMORYSTATUSEX memory = {.dwLength = sizeof memory};
  return GlobalMemoryStatusEx(&memory) ? memory.ullTotalPhys : 0;
}

/* They need a right that few users have. */
void bb_os_want_large_pages(void *block, size_t bytes) {
  (void)block;
  (void)bytes;
}

double bb_os_read_number(const char *text) {
  const _locale_t c = _create_locale(LC_ALL, "C");
  if (!c) return NAN;
  const double number = _strtod_l(text, NULL, c);
  _free_locale(c);
  return number;
}

/* Encodings ---------------------------------------------------------------------------- */

/* The number at the end of a name that begins so: "windows-1251"; 0: none. */
static unsigned number_after(const char *name, const char *beginning) {
  const size_t bytes = strlen(beginning);
  char *end;
  if (_strnicmp(name, beginning, bytes) != 0) return 0;
  const unsigned long number = strtoul(name + bytes, &end, 10);
  return *end || number > UINT16_MAX ? 0 : (unsigned)number;
}

static UINT code_page_of(const char *name) {
  enum { ISO_8859 = 28590, ASCII = 20127, KOI8_R = 20866, KOI8_U = 21866, MAC = 10000 };
  static const struct {
    const char *name;
    UINT page;
  } named[] = {
      {"ascii",     ASCII },
      {"us-ascii",  ASCII },
      {"koi8-r",    KOI8_R},
      {"koi8-u",    KOI8_U},
      {"macintosh", MAC   }
  };
  for (size_t i = 0; i < sizeof named / sizeof named[0]; i++)
    if (_stricmp(name, named[i].name) == 0) return named[i].page;
  const unsigned part = number_after(name, "iso-8859-");
  if (part) return ISO_8859 + part;
  const unsigned page = number_after(name, "windows-");
  return page ? page : number_after(name, "cp");
}

bool bb_os_byte_codes(const char *name, int codes[256]) {
  const UINT page = code_page_of(name);
  CPINFO info;
  if (!page || !GetCPInfo(page, &info)) return false;
  for (int byte = 0; byte < 256; byte++) {
    const char in = (char)byte;
    wchar_t out[2];
    const int count = MultiByteToWideChar(page, MB_ERR_INVALID_CHARS, &in, 1, out, 2);
    codes[byte] = count == 1 ? out[0] : -1;
  }
  return true;
}
