/* os_terminal_windows.c - the terminal, by Windows. */
#include <conio.h>
#include <io.h>
#include <windows.h>

#include "base/os.h"

static HANDLE handle_of(FILE *stream) {
  return (HANDLE)_get_osfhandle(_fileno(stream));
}

/* NUL, too, is a device of characters to the C library. */
bool bb_os_is_terminal(FILE *stream) {
  DWORD mode;
  return GetConsoleMode(handle_of(stream), &mode);
}

/* Consoles before Windows 10 do not, and say so. */
bool bb_os_has_styles(FILE *stream) {
  DWORD mode;
  const HANDLE console = handle_of(stream);
  return GetConsoleMode(console, &mode) &&
         SetConsoleMode(console, mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING);
}

size_t bb_os_columns(FILE *stream) {
  CONSOLE_SCREEN_BUFFER_INFO info;
  if (!GetConsoleScreenBufferInfo(handle_of(stream), &info)) return 0;
  return (size_t)(info.srWindow.Right - info.srWindow.Left + 1);
}

/* Ctrl-C is a key here, and no signal. */
int bb_os_read_key(void) {
  enum { CTRL_C = 3, CTRL_Z = 26 };
  const int key = _getch();
  return key == CTRL_C || key == CTRL_Z ? EOF : key;
}
