/* keys.c - see keys.h. */
#include "cli/keys.h"

#include <stdio.h>
#include <string.h>

#include "base/os.h"

int key_read(const char *prompt) {
  const bool typed = bb_os_is_terminal(stdin);
  int key;
  if (typed) fputs(prompt, stderr);
  do key = typed ? bb_os_read_key() : getchar();
  while (key != EOF && key < 0x80 && strchr(" \t\r\n", key));
  if (typed) fputs("\n", stderr);
  return key;
}
