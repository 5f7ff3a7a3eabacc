/* asker.h - a cancel callback that counts its questions and stops at one of them. */
#ifndef BB_TEST_ASKER_H
#define BB_TEST_ASKER_H

#include <stdbool.h>

typedef struct asker {
  long asked, max; /* true from question number max on; 0: never */
} asker;

static inline bool ask(void *ctx) {
  asker *a = ctx;
  a->asked++;
  return a->max && a->asked >= a->max;
}

#endif
