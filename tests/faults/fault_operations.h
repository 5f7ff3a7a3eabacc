/* fault_operations.h - what is done while storage fails. */
#ifndef BB_FAULT_OPERATIONS_H
#define BB_FAULT_OPERATIONS_H

#include <stddef.h>

/* How an operation finds its database. */
typedef enum operation_start {
  WARM,       /* opened, and the index too; pages are read again */
  COLD,       /* opening it is part of the operation */
  AFTER_KILL, /* cold, and the process that ran `crashed` was killed in the middle */
  AFTER_POWER_LOSS, /* cold, and power was lost there */
} operation_start;

typedef struct operation {
  const char *says;
  const char *prepare; /* SQL that makes the database */
  const char *run;     /* SQL that is done while storage fails */
  operation_start start;
  const char *crashed; /* SQL, or NULL */
} operation;

extern const operation operations[];
extern const size_t operation_count;

#endif
