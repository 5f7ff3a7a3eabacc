/* os_windows.h - what the files os_*_windows.c share: UTF-16 and the codes of errors. */
#ifndef BB_OS_WINDOWS_H
#define BB_OS_WINDOWS_H

#include <stdbool.h>
#include <wchar.h>

#include "base/os.h"

enum { BB_WIDE_PATH = BB_PATH_BYTES + 8 }; /* with what is put in front of a long one */

/* A path as the system's functions take it; false, and errno: it is no UTF-8, or too long. */
bool bb_windows_path(const char *path, wchar_t out[BB_WIDE_PATH]);
/* UTF-16 into UTF-8; false, and errno: it does not fit. */
bool bb_windows_narrow(const wchar_t *text, char *out, size_t size);
/* The same of a path, with '/' and without the beginnings that only the system uses. */
bool bb_windows_narrow_path(wchar_t *path, char out[BB_PATH_BYTES]);

/* errno for the last error of a system function. Gives false, so that a failing step reads
 * `return bb_windows_failed()`. */
bool bb_windows_failed(void);

#endif
