/* map_files.h - a map as a page or as a picture. */
#ifndef EXT_CLI_MAP_FILES_H
#define EXT_CLI_MAP_FILES_H

#include <stdio.h>

#include "cli/map_rows.h"

typedef struct map_file {
  const map_request *request;
  const char *title;
  int64_t papers; /* written */
} map_file;

/* Each is a file_writer of a map_file: false, and said. */
bool map_write_page(void *ctx, FILE *file);    /* HTML that stands alone */
bool map_write_picture(void *ctx, FILE *file); /* SVG */

#endif
