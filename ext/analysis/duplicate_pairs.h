/* duplicate_pairs.h - the near pairs of an index, with what is known of their documents. */
#ifndef EXT_DUPLICATE_PAIRS_H
#define EXT_DUPLICATE_PAIRS_H

#include "analysis/index_records.h"
#include "analysis/index_rows.h"
#include "sql/tvf.h"

/* {0} is empty. */
typedef struct duplicate_pairs {
  interrupt_poll poll; /* its address stays */
  biobert_analysis_options how;
  index_vectors vectors;
  biobert_pairs pairs;   /* of points of `vectors` */
  index_records records; /* of the documents of `pairs` */
} duplicate_pairs;

/* Of a function whose arguments are name and threshold. d->poll.db is set. On failure d is
 * only to be freed. */
biobert_status duplicate_pairs_read(tvf_cursor *c, duplicate_pairs *d,
                                    biobert_error *err);
void duplicate_pairs_free(duplicate_pairs *d); /* the members, not *d */

const index_record *duplicate_record(const duplicate_pairs *d, uint32_t point);

#endif
