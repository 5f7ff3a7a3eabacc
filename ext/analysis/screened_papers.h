/* screened_papers.h - the papers of an index with their labels, ready to be ranked. */
#ifndef EXT_SCREENED_PAPERS_H
#define EXT_SCREENED_PAPERS_H

#include "analysis/paper_labels.h"
#include "sql/interruption.h"

/* {0} is empty. */
typedef struct screened_papers {
  interrupt_poll poll; /* its address stays */
  id_list ids;         /* of the index's documents, rising */
  paper_labels labels;
  bool *included; /* [decisions], in their order */
  size_t decisions;
  biobert_screening *screening;
} screened_papers;

/* Reads all documents of the index `name`, and the table `labels`. p->poll.db is set.
 * *code as tvf_cursor.code. On failure p is only to be freed. */
biobert_status screened_papers_read(screened_papers *p, const char *name,
                                    const char *labels, biobert_str options, int *code,
                                    biobert_error *err);
void screened_papers_free(screened_papers *p); /* the members, not *p */

#endif
