/* serials.h - numbers of books and journals in one place. */
#ifndef BB_SERIALS_H
#define BB_SERIALS_H

#include "records/record.h"

/* "0012-9658", "1532-1827 (Electronic) 0007-0920 (Linking)" -> ISSN; "9780387310732" ->
 * ISBN: the first that is there, by the number of its digits. `field` does not matter. */
void bb_record_add_serial(bb_record *record, biobert_record_field field,
                          biobert_str value);

#endif
