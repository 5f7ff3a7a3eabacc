/* whole_file.h - files that are there when they are whole. */
#ifndef EXT_CLI_WHOLE_FILE_H
#define EXT_CLI_WHOLE_FILE_H

#include <stdbool.h>
#include <stdio.h>

/* Writes a file's contents. False, and said: it ended before its end; what the file itself
 * reports is looked at afterwards. */
typedef bool file_writer(void *ctx, FILE *file);

/* False, and said. A reader that has gone (`| head`) is no failure. name: for messages. */
bool file_write_to(FILE *file, const char *name, file_writer *write, void *ctx);
/* A file of its own, which grows under another name. False, and said: there is none, or
 * the one that was there before. */
bool whole_file_write(const char *path, file_writer *write, void *ctx);

#endif
