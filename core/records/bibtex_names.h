/* bibtex_names.h - texts by name, of any case: a file's macros; the entries that others
 * refer to. */
#ifndef BB_BIBTEX_NAMES_H
#define BB_BIBTEX_NAMES_H

#include "records/text_buffer.h"

typedef struct bb_bibtex_name {
  size_t name, value; /* offsets, NUL-terminated */
} bb_bibtex_name;

/* Starts as {0}. */
typedef struct bb_bibtex_names {
  bb_text text;
  bb_bibtex_name *slots; /* open addressing; name 0: free */
  size_t count, capacity;
  bool no_memory;
} bb_bibtex_names;

void bb_bibtex_names_free(bb_bibtex_names *names);
/* The later one of a name holds. What is more than BB_LONGEST_RECORD bytes in all is left
 * out. */
void bb_bibtex_names_set(bb_bibtex_names *names, biobert_str name, biobert_str value);
/* NULL: there is none. */
const char *bb_bibtex_names_get(const bb_bibtex_names *names, biobert_str name);

#endif
