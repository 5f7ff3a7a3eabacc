/* commands.h - INSERT INTO s(s) VALUES('command') (commands.c). */
#ifndef EXT_COMMANDS_H
#define EXT_COMMANDS_H

#include "search/update.h"

typedef int command_body(const update *u);

typedef struct command {
  const char *name;
  command_body *body;
  bool shown;
  bool changes; /* it writes in many steps, of which each may fail, */
  bool takes;   /* from the queue, too */
  bool anew;    /* it needs nothing of what the index has, which may be damaged */
} command;

/* The command of an INSERT; *out NULL: it is a row, or no INSERT. */
int command_read(const update *u, const command **out);
/* Runs it within xUpdate. */
int command_run(const update *u, const command *c);

#endif
