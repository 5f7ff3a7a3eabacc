/* process.h - what a process has: memory, threads, open files. */
#ifndef BB_TEST_PROCESS_H
#define BB_TEST_PROCESS_H

#include <dirent.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>

typedef struct process {
  long resident; /* kB */
  long heap;     /* bytes that malloc() has given out */
  long threads, files;
} process;

static inline long process_status(const char *name) {
  char line[256];
  long value = -1;
  FILE *file = fopen("/proc/self/status", "r");
  while (file && fgets(line, sizeof line, file))
    if (strncmp(line, name, strlen(name)) == 0)
      sscanf(line + strlen(name), "%ld", &value);
  if (file) fclose(file);
  return value;
}

static inline long process_files(void) {
  long count = 0;
  DIR *folder = opendir("/proc/self/fd");
  while (folder && readdir(folder)) count++;
  if (folder) closedir(folder);
  return count;
}

static inline process process_now(void) {
  return (process){.resident = process_status("VmRSS:"),
                   .heap = (long)mallinfo2().uordblks,
                   .threads = process_status("Threads:"),
                   .files = process_files()};
}

#endif
