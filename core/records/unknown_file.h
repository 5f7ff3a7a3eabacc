/* unknown_file.h - what a file that no parser takes looks like. */
#ifndef BB_UNKNOWN_FILE_H
#define BB_UNKNOWN_FILE_H

#include "biobert.h"

enum { BB_LOOKS_BYTES = 160 };

/* "a PDF file", "XML whose root is <svg>", "a text that begins 'id,name'"; returns buffer. start: its bytes;
 * text: the same as UTF-8. */
const char *bb_looks_like(biobert_str start, biobert_str text,
                          char buffer[BB_LOOKS_BYTES]);

#endif
