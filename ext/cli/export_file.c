/* export_file.c - see export_file.h. */
#include "cli/export_file.h"

#include "cli/whole_file.h"

typedef struct export_run {
  export_job *job;
  export_function *write;
} export_run;

static bool write_format(void *ctx, FILE *file) {
  const export_run *run = ctx;
  run->job->file = file;
  return run->write(run->job);
}

bool export_to(export_job *j, export_function *write) {
  export_run run = {j, write};
  if (j->path) return whole_file_write(j->path, write_format, &run);
  return file_write_to(stdout, "standard output", write_format, &run);
}
