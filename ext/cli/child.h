/* child.h - other programs that the command runs. */
#ifndef EXT_CLI_CHILD_H
#define EXT_CLI_CHILD_H

/* Runs a program (a list that NULL ends) until it ends, Ctrl-C or not: it gets the signal
 * too, and tidies up. `output`: a file that its standard output makes, or NULL. Gives its
 * exit status; -1, and said: it was not started, or was killed. */
int child_run(const char *const *arguments, const char *output);

#endif
