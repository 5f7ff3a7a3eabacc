/* os_terminal_posix.c - the terminal, by POSIX. */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/os.h"

bool bb_os_is_terminal(FILE *stream) {
  return isatty(fileno(stream));
}

bool bb_os_has_styles(FILE *stream) {
  const char *kind = getenv("TERM");
  return bb_os_is_terminal(stream) && kind && strcmp(kind, "dumb") != 0;
}

size_t bb_os_columns(FILE *stream) {
  struct winsize size;
  return ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

/* Only while a key is waited for: whatever ends the program leaves the terminal as it
 * was, but for a kill in that moment. */
int bb_os_read_key(void) {
  struct termios before, now;
  if (tcgetattr(STDIN_FILENO, &before) != 0) return getchar();
  now = before;
  now.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
  now.c_cc[VMIN] = 1;
  now.c_cc[VTIME] = 0;
  tcsetattr(STDIN_FILENO, TCSADRAIN, &now);
  unsigned char key = 0;
  const bool read_one = read(STDIN_FILENO, &key, 1) == 1;
  tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
  return read_one ? key : EOF;
}
