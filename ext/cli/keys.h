/* keys.h - what the person at the keyboard types, a key at a time. */
#ifndef EXT_CLI_KEYS_H
#define EXT_CLI_KEYS_H

#include <stdbool.h>

/* The next character of standard input that is no white space; of a terminal without
 * waiting for Enter. prompt: shown where somebody types, who has to see before what was
 * written (output_flush()). EOF: there is none, or Ctrl-C was typed. */
int key_read(const char *prompt);

#endif
