/* record_list.h - all records of a document that exists only in memory. */
#ifndef RECORD_LIST_H
#define RECORD_LIST_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "biobert_records.h"

typedef struct listed_record {
  uint64_t position;
  biobert_record_status status;
  long long pmid, year, version;
  char *fields[BIOBERT_RECORD_FIELDS]; /* NULL: there is none */
} listed_record;

typedef struct record_list {
  listed_record *records;
  size_t count;
  biobert_error err; /* what ended the file; status 0: its end */
} record_list;

static inline void record_list_add(record_list *list, const biobert_record *from) {
  list->records = realloc(list->records, (list->count + 1) * sizeof *list->records);
  if (!list->records) abort();
  listed_record *r = &list->records[list->count++];
  *r = (listed_record){.position = from->position,
                       .status = from->status,
                       .pmid = from->pmid,
                       .year = from->year,
                       .version = from->version};
  for (size_t i = 0; i < BIOBERT_RECORD_FIELDS; i++)
    if (from->fields[i].data)
      r->fields[i] = strndup(from->fields[i].data, from->fields[i].len);
}

static inline record_list read_records(const char *bytes, size_t size,
                                       const char *format) {
  record_list list = {0};
  char path[32];
  const int fd = memfd_create("records", MFD_CLOEXEC);
  if (fd < 0 || write(fd, bytes, size) != (ssize_t)size) abort();
  const int length = snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  biobert_records *records = NULL;
  const biobert_record *record;
  biobert_records_open((biobert_str){path, (size_t)length},
                       (biobert_str){format, strlen(format)}, NULL, &records, &list.err);
  while (records && !biobert_records_next(records, &record, &list.err) && record)
    record_list_add(&list, record);
  biobert_records_close(records);
  close(fd);
  return list;
}

static inline void record_list_free(record_list *list) {
  for (size_t r = 0; r < list->count; r++)
    for (size_t i = 0; i < BIOBERT_RECORD_FIELDS; i++) free(list->records[r].fields[i]);
  free(list->records);
  *list = (record_list){0};
}

/* How many have this status. */
static inline size_t records_that_are(const record_list *list,
                                      biobert_record_status status) {
  size_t count = 0;
  for (size_t i = 0; i < list->count; i++) count += list->records[i].status == status;
  return count;
}

#endif
