/* os_files_windows.c - files and paths, by Windows.
 *
 * Files are opened so that others may rename and remove them meanwhile, as elsewhere. */
#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <string.h>
#include <windows.h>

#include "base/os_windows.h"

enum { SHARE_ALL = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE };

static HANDLE handle_of(int file) {
  return (HANDLE)_get_osfhandle(file);
}

/* Looking ---------------------------------------------------------------------------- */

/* Times are in steps of 100 ns since 1601. */
static int64_t unix_ns(FILETIME time) {
  static const int64_t until_1970 = 116444736000000000;
  const uint64_t ticks = (uint64_t)time.dwHighDateTime << 32 | time.dwLowDateTime;
  return ((int64_t)ticks - until_1970) * 100;
}

static bool look(HANDLE handle, bool link, bb_os_info *out) {
  BY_HANDLE_FILE_INFORMATION info;
  *out = (bb_os_info){.kind = BB_OS_OTHER};
  if (GetFileType(handle) != FILE_TYPE_DISK) return true;
  if (!GetFileInformationByHandle(handle, &info)) return bb_windows_failed();
  out->device = info.dwVolumeSerialNumber;
  out->inode = (uint64_t)info.nFileIndexHigh << 32 | info.nFileIndexLow;
  out->size = (uint64_t)info.nFileSizeHigh << 32 | info.nFileSizeLow;
  out->mtime_ns = unix_ns(info.ftLastWriteTime);
  if (link && (info.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT)) return true;
  out->kind =
      info.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY ? BB_OS_FOLDER : BB_OS_FILE;
  return true;
}

/* Folders open with this flag alone. */
static HANDLE open_to_look(const char *path, DWORD flags) {
  wchar_t wide[BB_WIDE_PATH];
  if (!bb_windows_path(path, wide)) return INVALID_HANDLE_VALUE;
  const HANDLE handle =
      CreateFileW(wide, FILE_READ_ATTRIBUTES, SHARE_ALL, NULL, OPEN_EXISTING,
                  FILE_FLAG_BACKUP_SEMANTICS | flags, NULL);
  if (handle == INVALID_HANDLE_VALUE) bb_windows_failed();
  return handle;
}

static bool look_at(const char *path, bool link, bb_os_info *out) {
  const HANDLE handle = open_to_look(path, link ? FILE_FLAG_OPEN_REPARSE_POINT : 0);
  if (handle == INVALID_HANDLE_VALUE) return false;
  const bool seen = look(handle, link, out);
  CloseHandle(handle);
  return seen;
}

bool bb_os_look(const char *path, bb_os_info *out) {
  return look_at(path, false, out);
}

bool bb_os_look_at_link(const char *path, bb_os_info *out) {
  return look_at(path, true, out);
}

bool bb_os_look_open(int file, bb_os_info *out) {
  return look(handle_of(file), false, out);
}

static bool can(const char *path, DWORD access) {
  wchar_t wide[BB_WIDE_PATH];
  if (!bb_windows_path(path, wide)) return false;
  const HANDLE handle = CreateFileW(wide, access, SHARE_ALL, NULL, OPEN_EXISTING,
                                    FILE_FLAG_BACKUP_SEMANTICS, NULL);
  if (handle == INVALID_HANDLE_VALUE) return bb_windows_failed();
  CloseHandle(handle);
  return true;
}

bool bb_os_can_read(const char *path) {
  return can(path, GENERIC_READ);
}

bool bb_os_can_write(const char *path) {
  return can(path, GENERIC_WRITE);
}

/* Reading and writing ---------------------------------------------------------------- */

/* As a number of the C library, which takes the handle over. */
static int open_file(const char *path, DWORD access, DWORD how, DWORD form, int flags) {
  wchar_t wide[BB_WIDE_PATH];
  if (!bb_windows_path(path, wide)) return -1;
  const HANDLE handle = CreateFileW(wide, access, SHARE_ALL, NULL, how, form, NULL);
  if (handle == INVALID_HANDLE_VALUE) {
    bb_windows_failed();
    return -1;
  }
  const int file = _open_osfhandle((intptr_t)handle, flags | _O_BINARY);
  if (file < 0) CloseHandle(handle);
  return file;
}

/* A folder is opened too: what it is, is seen afterwards. */
int bb_os_open(const char *path) {
  return open_file(path, GENERIC_READ, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS,
                   _O_RDONLY);
}

int bb_os_open_new(const char *path) {
  return open_file(path, GENERIC_WRITE, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, _O_WRONLY);
}

bool bb_os_close(int file) {
  return _close(file) == 0;
}

int64_t bb_os_read_at(int file, void *into, size_t bytes, uint64_t offset) {
  OVERLAPPED at = {.Offset = (DWORD)offset, .OffsetHigh = (DWORD)(offset >> 32)};
  DWORD got = 0;
  const DWORD wanted = bytes < INT32_MAX ? (DWORD)bytes : INT32_MAX;
  if (ReadFile(handle_of(file), into, wanted, &got, &at)) return got;
  if (GetLastError() == ERROR_HANDLE_EOF) return 0;
  bb_windows_failed();
  return -1;
}

int64_t bb_os_write(int file, const void *from, size_t bytes) {
  DWORD written = 0;
  const DWORD wanted = bytes < INT32_MAX ? (DWORD)bytes : INT32_MAX;
  if (WriteFile(handle_of(file), from, wanted, &written, NULL)) return written;
  bb_windows_failed();
  return -1;
}

bool bb_os_sync(int file) {
  return FlushFileBuffers(handle_of(file)) || bb_windows_failed();
}

FILE *bb_os_stream(const char *path, const char *mode) {
  wchar_t wide[BB_WIDE_PATH], wide_mode[8];
  if (!bb_windows_path(path, wide)) return NULL;
  swprintf(wide_mode, sizeof wide_mode / sizeof wide_mode[0], L"%hsN", mode);
  return _wfopen(wide, wide_mode);
}

bool bb_os_rename(const char *from, const char *to) {
  wchar_t old[BB_WIDE_PATH], new[BB_WIDE_PATH];
  if (!bb_windows_path(from, old) || !bb_windows_path(to, new)) return false;
  return MoveFileExW(old, new, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH) ||
         bb_windows_failed();
}

bool bb_os_remove(const char *path) {
  wchar_t wide[BB_WIDE_PATH];
  return bb_windows_path(path, wide) && (DeleteFileW(wide) || bb_windows_failed());
}

/* Paths ------------------------------------------------------------------------------ */

bool bb_os_is_separator(char c) {
  return c == '/' || c == '\\';
}

/* "C:name" is a name in that drive's own folder: what the ':' ends is a folder too. */
const char *bb_os_last_separator(const char *path) {
  const char *last = NULL;
  for (const char *at = path; *at; at++)
    if (bb_os_is_separator(*at)) last = at;
  return last;
}

bool bb_os_real_path(const char *path, char out[BB_PATH_BYTES]) {
  wchar_t wide[BB_WIDE_PATH];
  const HANDLE handle = open_to_look(path, 0);
  if (handle == INVALID_HANDLE_VALUE) return false;
  const DWORD length = GetFinalPathNameByHandleW(handle, wide, BB_WIDE_PATH, 0);
  if (length == 0) bb_windows_failed();
  if (length >= BB_WIDE_PATH) errno = ENAMETOOLONG;
  CloseHandle(handle);
  return length > 0 && length < BB_WIDE_PATH && bb_windows_narrow_path(wide, out);
}

/* The variable, or LOCALAPPDATA. */
static bool folder_of_user(const char *name, char out[BB_PATH_BYTES]) {
  const char *folder = bb_os_environment(name, out);
  if (!folder || !*folder) folder = bb_os_environment("LOCALAPPDATA", out);
  return folder && *folder;
}

bool bb_os_home_folder(char out[BB_PATH_BYTES]) {
  const char *home = bb_os_environment("USERPROFILE", out);
  return home && *home;
}

bool bb_os_data_folder(char out[BB_PATH_BYTES]) {
  return folder_of_user("XDG_DATA_HOME", out);
}

bool bb_os_cache_folder(char out[BB_PATH_BYTES]) {
  return folder_of_user("XDG_CACHE_HOME", out);
}
