/* step_given.h - how many points are tried: one in so many, by a variable of the environment. */
#ifndef OOM_STEP_GIVEN_H
#define OOM_STEP_GIVEN_H

#include <stdlib.h>

/* The variable's number where it is one of 1 and more, else the usual one. */
static inline long step_given(const char *variable, long usual) {
  const char *given = getenv(variable);
  const long step = given ? strtol(given, NULL, 10) : 0;
  return step > 0 ? step : usual;
}

#endif
