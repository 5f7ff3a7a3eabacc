/* paper_fingerprint.h - by what one paper is known again in records of several sources. */
#ifndef BB_PAPER_FINGERPRINT_H
#define BB_PAPER_FINGERPRINT_H

#include "biobert_records.h"

/* Of the record's title, year and first author's family name: letters and digits alone,
 * in small letters. A record without year and author has its abstract in their place, one
 * without a title all of its texts. 0: there is nothing. */
int64_t bb_fingerprint(const biobert_record *record);

#endif
