/* keys.c - see keys.h. */
#include "cli/keys.h"

#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* Only while a key is waited for: whatever ends the program leaves the terminal as it
 * was, but for a kill in that moment. */
static int read_at_once(void) {
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

int key_read(const char *prompt) {
  const bool typed = isatty(STDIN_FILENO);
  int key;
  if (typed) fputs(prompt, stderr);
  do key = typed ? read_at_once() : getchar();
  while (key != EOF && key < 0x80 && strchr(" \t\r\n", key));
  if (typed) fputs("\n", stderr);
  return key;
}
