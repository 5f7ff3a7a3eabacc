/* sql_operations.h - what people do with the extension, in SQL: statement by statement, each
 * of them whole or not done. */
#ifndef OOM_OPERATIONS_H
#define OOM_OPERATIONS_H

#include <stdbool.h>
#include <stddef.h>

typedef struct operation {
  const char *says;
  const char *setup;  /* makes its database; NULL: an empty one */
  const char *before; /* done by each connection to a copy of it, or NULL */
  const char *run;    /* while memory fails */
  bool in_steps;      /* what was done stays, and is not done again */
  bool whole;         /* every allocation is tried, whatever the step */
} operation;

extern const operation operations[];
extern const size_t operation_count;

/* More of them, of which more allocations are tried. */
extern const operation dense_operations[];
extern const size_t dense_operation_count;

#endif
