/* dates.h - dates as files have them. */
#ifndef BB_DATES_H
#define BB_DATES_H

#include "biobert.h"

typedef struct bb_date {
  int year, month,
      day; /* 0: unknown; a day only with a month, a month only with a year */
} bb_date;

/* "2001", "2001/05/17/Spring", "2001 May 17", "1998 Dec-1999 Jan", "May 2001",
 * "17 May 2001", "2001-05-17T00:00Z", "05/17/2001". False: no year in it. */
bool bb_date_read(biobert_str value, bb_date *out);
/* Parts by themselves; month: a number, a name or a season. */
bool bb_date_read_parts(biobert_str year, biobert_str month, biobert_str day,
                        bb_date *out);
/* "2001-05-17" as exact as it is known; the bytes are those of buffer. */
enum { BB_DATE_BYTES = 32 };
biobert_str bb_date_iso(bb_date d, char buffer[BB_DATE_BYTES]);

#endif
