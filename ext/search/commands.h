/* commands.h - INSERT INTO s(s) VALUES('command') (commands.c). */
#ifndef EXT_COMMANDS_H
#define EXT_COMMANDS_H

#include "search/update.h"

typedef int command_body(const update *u);

typedef struct command {
  const char *name;
  command_body *body;
  bool shown;   /* in the error that lists them */
  bool changes; /* it writes in many steps, each of which may fail */
  bool takes;   /* it takes keys from the queue, too */
  bool anew;    /* it reads nothing of what is stored, which may be damaged */
} command;

/* The command of an INSERT; *out NULL: it is a row, or no INSERT. */
int command_read(const update *u, const command **out);
/* Runs it within xUpdate. */
int command_run(const update *u, const command *c);

#endif
