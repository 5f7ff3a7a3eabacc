/* command.h - a subcommand, and what it is given. */
#ifndef EXT_CLI_COMMAND_H
#define EXT_CLI_COMMAND_H

#include "cli/command_line.h"
#include "cli/output.h"

/* The exit status. */
enum { FOUND = 0, NOTHING_FOUND = 1, USED_WRONGLY = 2, FAILED = 3 };

typedef struct cli {
  const struct subcommand *command;
  command_line arguments;
  output out;
  bool quiet;     /* no progress and no remarks */
  bool print_sql; /* what is run is printed too */
} cli;

typedef struct subcommand {
  const char *name;
  const char *texts;     /* "LIBRARY.db FILE...", as the help shows it */
  int least, most;       /* how many of these; most 0: any number */
  const char *what;      /* one line */
  const char *more;      /* paragraphs for --help, and examples */
  const option *options; /* of its own */
  int (*run)(cli *c);    /* gives the exit status */
} subcommand;

#endif
