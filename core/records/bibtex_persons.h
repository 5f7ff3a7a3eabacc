/* bibtex_persons.h - BibTeX's lists of names. */
#ifndef BB_BIBTEX_PERSONS_H
#define BB_BIBTEX_PERSONS_H

#include "records/record.h"

/* Names with "and" between them, in TeX; NULL: none. "First von Last", "von Last, First",
 * "von Last, Jr, First"; one in braces is a collective. "and others" is dropped. */
void bb_bibtex_add_persons(bb_record *record, biobert_record_field field,
                           const char *names);

#endif
