/* subcommands.h - the table of subcommands. */
#ifndef EXT_CLI_SUBCOMMANDS_H
#define EXT_CLI_SUBCOMMANDS_H

#include "cli/command.h"

/* In the order of the help; NULL after the last. */
extern const subcommand *const commands[];
/* The options that every subcommand takes. */
extern const option common_options[];

#endif
