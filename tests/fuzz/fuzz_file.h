/* fuzz_file.h - a file of weights that exists only in memory, opened and read whole. */
#ifndef FUZZ_FILE_H
#define FUZZ_FILE_H

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"
#include "format/weights.h"

/* Every tensor is read: what bb_weights_open_file() let through must be within bounds.
 * sound: and must read well; a format with checksums may say no. */
static inline void fuzz_read_tensors(const bb_weights *w, bool sound) {
  for (size_t i = 0; i < w->tensor_count; i++) {
    const bb_tensor *t = &w->tensors[i];
    size_t count = t->dtype != BB_INTEGER;
    for (uint32_t d = 0; d < t->rank; d++) count *= t->shape[d];
    float *values = bb_alloc(NULL, count, sizeof *values);
    if (!values || bb_weights_find(w, t->name) != t) abort();
    const biobert_status status = bb_weights_read(w, t, values, NULL);
    if (sound && status != (t->dtype == BB_INTEGER ? BIOBERT_UNSUPPORTED : BIOBERT_OK))
      abort();
    bb_free(NULL, values);
  }
}

static inline void fuzz_file(const void *data, size_t size) {
  const int fd = memfd_create("fuzz", MFD_CLOEXEC);
  if (fd < 0 || write(fd, data, size) != (ssize_t)size) abort();
  char path[32];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  bb_weights *w = NULL;
  biobert_error err = {0};
  if (bb_weights_open_file(path, &w, &err) == BIOBERT_OK) fuzz_read_tensors(w, true);
  bb_weights_close(w);
  close(fd);
}

#endif
