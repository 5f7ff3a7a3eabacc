/* file_list.h - the files that are named on the command line, and those of folders. */
#ifndef EXT_CLI_FILE_LIST_H
#define EXT_CLI_FILE_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct listed_file {
  char *path;
  bool named; /* on the command line, and not found in a folder */
} listed_file;

typedef struct listed_folder {
  uint64_t device, inode;
} listed_folder;

typedef struct file_list {
  listed_file *files;
  size_t count, capacity;
  listed_folder
      *folders; /* that have been walked: each once, whatever links lead to it */
  size_t folder_count, folder_capacity;
  bool no_memory;
} file_list;

/* Adds a file, or all files of a folder and its folders in the order of their names, but
 * hidden ones. What cannot be looked at is added too, so that reading it says why. */
void file_list_add(file_list *list, const char *path);
void file_list_free(file_list *list);

#endif
