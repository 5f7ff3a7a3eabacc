/* command_line.h - the arguments of a subcommand, read by its table of options. */
#ifndef EXT_CLI_COMMAND_LINE_H
#define EXT_CLI_COMMAND_LINE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct option {
  const char *name;     /* "limit" for --limit; NULL ends a table */
  char letter;          /* 'n' for -n, or 0 */
  const char *argument; /* "N" as the help shows it; NULL: it takes none */
  const char *what;     /* one line of help */
} option;

enum { MAX_OPTIONS = 24 };

typedef struct command_line {
  const option *tables[2];         /* the subcommand's own, and those of all */
  const char *values[MAX_OPTIONS]; /* in the order of the tables; "" for one without */
  const char **texts;              /* what is no option, in order */
  int count;
} command_line;

/* Options may come before and after texts; "--" ends them. False, and said, where one is
 * not known, lacks its argument, or is there twice. texts has room for all of argv. */
bool arguments_read(command_line *a, int argc, char **argv, const char **texts);

/* The value of an option of the tables; NULL: not given. */
bool option_known(const command_line *a, const char *name); /* the command has it */
const char *option_value(const command_line *a, const char *name);

/* An integer of at least `least`; *out stays as it is where the option is not given.
 * False, and said, for anything else. */
bool option_integer(const command_line *a, const char *name, int64_t least, int64_t *out);

/* All of a text as an integer. */
bool read_integer(const char *text, int64_t *out);

#endif
