/* manual.h - what is written of the subcommands, all from their table: the help, the
 * manual page, the completions of shells. */
#ifndef EXT_CLI_MANUAL_H
#define EXT_CLI_MANUAL_H

#include "cli/subcommands.h"

void manual_help(output *o, const subcommand *c);
void manual_overview(output *o);
void manual_page(output *o);
/* False, and said: of no such shell. */
bool manual_completion(output *o, const char *shell);

#endif
