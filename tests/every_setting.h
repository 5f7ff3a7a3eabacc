/* every_setting.h - the instruction sets and numbers of threads under which results have to
 * be the same. */
#ifndef EVERY_SETTING_H
#define EVERY_SETTING_H

#include <string.h>

#include "biobert.h"

/* From the narrowest to the widest: after trying all, the widest is left. */
static const char *const every_cpu[] = {"scalar",  "neon",   "avx2",
                                        "avxvnni", "avx512", "avx512vnni"};
static const char *const every_threads[] = {"1", "2", "5"};
enum {
  EVERY_CPU_COUNT = sizeof every_cpu / sizeof every_cpu[0],
  EVERY_THREADS_COUNT = sizeof every_threads / sizeof every_threads[0],
};

/* False: this processor has not got it. */
static inline bool set(const char *key, const char *value) {
  biobert_error err;
  return biobert_setting_set((biobert_str){key, strlen(key)},
                             (biobert_str){value, strlen(value)}, &err) == BIOBERT_OK;
}

#endif
