/* export_file.h - where an export goes: a file that is there when it is whole, or standard
 * output. */
#ifndef EXT_CLI_EXPORT_FILE_H
#define EXT_CLI_EXPORT_FILE_H

#include "cli/export.h"

/* Writes by a format to the job's path. False, and said: not everything was written. */
bool export_to(export_job *j, export_function *write);

#endif
