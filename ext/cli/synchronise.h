/* synchronise.h - an index takes up what is new in its table. */
#ifndef EXT_CLI_SYNCHRONISE_H
#define EXT_CLI_SYNCHRONISE_H

#include "cli/default_model.h"

typedef struct synchronised {
  int64_t embedded, failed;
  bool no_model; /* there is none: what is new waits for one */
} synchronised;

/* Shows progress, commits batch by batch, and lets other programs write in between. False,
 * and said: it did not end; what was done is kept. Without a model it is not begun, and a
 * remark says how to get one. */
bool synchronise(cli *c, database *d, const char *index, synchronised *out);

#endif
