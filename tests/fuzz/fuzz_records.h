/* fuzz_records.h - a file of literature that exists only in memory, read to its end. */
#ifndef FUZZ_RECORDS_H
#define FUZZ_RECORDS_H

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "biobert_records.h"

/* UTF-8 without NULs, whatever the file is. */
static inline void fuzz_check_field(biobert_str field) {
  for (size_t at = 0; at < field.len;) {
    uint32_t code;
    size_t bytes = bb_utf8_next(field.data + at, field.data + field.len, &code);
    if (!code || !bb_utf8_is_well_formed(field.data + at, code, bytes)) abort();
    at += bytes;
  }
}

static inline void fuzz_records(const void *data, size_t size, const char *format) {
  const int fd = memfd_create("fuzz", MFD_CLOEXEC);
  if (fd < 0 || write(fd, data, size) != (ssize_t)size) abort();
  char path[32];
  const int length = snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  biobert_records *records = NULL;
  const biobert_record *record = NULL;
  biobert_error err = {0};
  /* A record takes some bytes: that many more rows would mean that one is given twice. */
  size_t rows = 0;
  biobert_records_open((biobert_str){path, (size_t)length},
                       (biobert_str){format, strlen(format)}, NULL, &records, &err);
  while (records && !biobert_records_next(records, &record, &err) && record) {
    if (++rows > size + 1) abort();
    for (size_t i = 0; i < BIOBERT_RECORD_FIELDS; i++)
      fuzz_check_field(record->fields[i]);
    if (record->status == BIOBERT_RECORD_IS_BROKEN &&
        !record->fields[BIOBERT_RECORD_ERROR].len)
      abort();
  }
  biobert_records_close(records);
  close(fd);
}

#endif
