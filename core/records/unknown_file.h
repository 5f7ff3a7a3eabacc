/* unknown_file.h - what a file that no parser takes looks like. */
#ifndef BB_UNKNOWN_FILE_H
#define BB_UNKNOWN_FILE_H

#include "biobert.h"

enum { BB_LOOKS_BYTES = 160 };

/* "a PDF file", "XML whose root is <svg>", "a text that begins 'id,name'"; returns buffer. start: its bytes;
 * text: the same as UTF-8. */
const char *bb_looks_like(biobert_str start, biobert_str text,
                          char buffer[BB_LOOKS_BYTES]);

/* A tar archive has its files as they are, and so looks like the first of them; what parts
 * them would become text of their records. */
bool bb_is_tar(biobert_str start);

#endif
