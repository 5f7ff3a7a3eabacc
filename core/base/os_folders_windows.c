/* os_folders_windows.c - folders, by Windows.
 *
 * Folders are not synced: the file system's journal keeps the order of what happens to
 * names, and no program can ask for more. */
#include <errno.h>
#include <string.h>
#include <windows.h>

#include "base/os_windows.h"

enum {
  MAX_DEPTH = 8, /* of folders in what is removed; ours have one */
  NO_LOCK = 0,   /* of_system of a folder that is held and not locked */
};

static bool is_dots(const wchar_t *name) {
  return wcscmp(name, L".") == 0 || wcscmp(name, L"..") == 0;
}

/* Making and removing ---------------------------------------------------------------- */

bool bb_os_make_folder(const char *path) {
  wchar_t wide[BB_WIDE_PATH];
  return bb_windows_path(path, wide) &&
         (CreateDirectoryW(wide, NULL) || bb_windows_failed());
}

/* What is in the user's profile is the user's alone. */
bool bb_os_make_private_folder(const char *path) {
  return bb_os_make_folder(path);
}

bool bb_os_make_temporary_folder(char out[BB_PATH_BYTES]) {
  wchar_t base[BB_WIDE_PATH];
  char parent[BB_PATH_BYTES];
  const DWORD length = GetTempPathW(BB_WIDE_PATH, base);
  if (length == 0 || length >= BB_WIDE_PATH || !bb_windows_narrow_path(base, parent))
    return bb_windows_failed();
  for (uint64_t number = bb_os_clock_ns();; number++) {
    const int bytes = snprintf(out, BB_PATH_BYTES, "%sbiobert-%lu-%llu", parent,
                               bb_os_process_id(), (unsigned long long)number);
    if (bytes < 0 || bytes >= BB_PATH_BYTES) {
      errno = ENAMETOOLONG;
      return false;
    }
    if (bb_os_make_folder(out)) return true;
    if (errno != EEXIST) return false;
  }
}

bool bb_os_remove_folder(const char *path) {
  wchar_t wide[BB_WIDE_PATH];
  return bb_windows_path(path, wide) && (RemoveDirectoryW(wide) || bb_windows_failed());
}

static bool empty_folder(const char *path, int depth);

/* A link to a folder is removed as an empty folder is. */
static bool remove_entry(const char *path, int depth) {
  bb_os_info info;
  if (bb_os_remove(path)) return true;
  if (!bb_os_look_at_link(path, &info)) return false;
  if (info.kind == BB_OS_FOLDER && !empty_folder(path, depth)) return false;
  return bb_os_remove_folder(path);
}

static bool empty_folder(const char *path, int depth) {
  bb_os_listing names;
  char inner[BB_PATH_BYTES];
  if (depth == MAX_DEPTH || !bb_os_list(&names, path)) return false;
  bool removed = true;
  for (const char *name; removed && (name = bb_os_next(&names));) {
    const int bytes = snprintf(inner, sizeof inner, "%s/%s", path, name);
    removed = bytes < BB_PATH_BYTES && remove_entry(inner, depth + 1);
  }
  bb_os_list_end(&names);
  return removed;
}

bool bb_os_remove_tree(const char *path) {
  bb_os_info info;
  if (!bb_os_look_at_link(path, &info)) return false;
  errno = ENOTDIR;
  return info.kind == BB_OS_FOLDER && empty_folder(path, 0) && bb_os_remove_folder(path);
}

/* Names ------------------------------------------------------------------------------ */

/* The first name comes with the listing, and waits in it; so does an empty one, of which
 * there is none, where it is to be asked for. */
static void keep_name(bb_os_listing *l, const WIN32_FIND_DATAW *found) {
  if (is_dots(found->cFileName) ||
      !bb_windows_narrow(found->cFileName, l->name, sizeof l->name))
    l->name[0] = '\0';
}

bool bb_os_list(bb_os_listing *l, const char *path) {
  char pattern[BB_PATH_BYTES];
  wchar_t wide[BB_WIDE_PATH];
  WIN32_FIND_DATAW found;
  *l = (bb_os_listing){.of_system = NULL};
  if (snprintf(pattern, sizeof pattern, "%s/*", path) >= BB_PATH_BYTES) {
    errno = ENAMETOOLONG;
    return false;
  }
  if (!bb_windows_path(pattern, wide)) return false;
  const HANDLE search = FindFirstFileW(wide, &found);
  if (search == INVALID_HANDLE_VALUE) return bb_windows_failed();
  l->of_system = search;
  l->waits = true;
  keep_name(l, &found);
  return true;
}

const char *bb_os_next(bb_os_listing *l) {
  WIN32_FIND_DATAW found;
  const bool waited = l->waits;
  l->waits = false;
  if (waited && l->name[0]) return l->name;
  do {
    if (!FindNextFileW(l->of_system, &found)) return NULL;
    keep_name(l, &found);
  } while (!l->name[0]);
  return l->name;
}

void bb_os_list_end(bb_os_listing *l) {
  if (l->of_system) FindClose(l->of_system);
  l->of_system = NULL;
}

/* A folder that is held -------------------------------------------------------------- */

/* Not by a handle of it, which would keep it from being renamed. */
bool bb_os_hold_folder(const char *path, bb_os_links links, bb_os_folder *out) {
  bb_os_info info;
  *out = bb_os_no_folder;
  if (!(links == BB_OS_NO_LINK ? bb_os_look_at_link : bb_os_look)(path, &info))
    return false;
  errno = ENOTDIR;
  if (info.kind != BB_OS_FOLDER) return false;
  *out = (bb_os_folder){NO_LOCK, path};
  return true;
}

/* Whoever makes the object of the name that the folder's identity gives has the lock; the
 * object goes with its last handle, and that with its process. */
bb_os_lock bb_os_lock_folder(bb_os_folder *folder) {
  bb_os_info info;
  wchar_t name[64];
  if (!bb_os_look(folder->path, &info)) return BB_OS_NO_LOCK;
  swprintf(name, sizeof name / sizeof name[0], L"Global\\biobert-%llx-%llx",
           (unsigned long long)info.device, (unsigned long long)info.inode);
  const HANDLE lock = CreateEventW(NULL, TRUE, FALSE, name);
  const bool in_use = GetLastError() == ERROR_ALREADY_EXISTS;
  if (!lock) {
    const bool others = GetLastError() == ERROR_ACCESS_DENIED; /* another user's */
    bb_windows_failed();
    return others ? BB_OS_IN_USE : BB_OS_NO_LOCK;
  }
  if (in_use)
    CloseHandle(lock);
  else
    folder->of_system = (intptr_t)lock;
  return in_use ? BB_OS_IN_USE : BB_OS_LOCKED;
}

void bb_os_let_folder_go(bb_os_folder *folder) {
  if (folder->of_system > NO_LOCK) CloseHandle((HANDLE)folder->of_system);
  *folder = bb_os_no_folder;
}

bool bb_os_make_inside(const bb_os_folder *folder, const char *name) {
  char path[BB_PATH_BYTES];
  const int bytes = snprintf(path, sizeof path, "%s/%s", folder->path, name);
  if (bytes >= 0 && bytes < BB_PATH_BYTES) return bb_os_make_folder(path);
  errno = ENAMETOOLONG;
  return false;
}

/* Durability ------------------------------------------------------------------------- */

bool bb_os_sync_folder(const char *path) {
  (void)path;
  return true;
}

bool bb_os_sync_tree(const bb_os_folder *held) {
  (void)held;
  return true;
}
