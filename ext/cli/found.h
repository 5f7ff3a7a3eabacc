/* found.h - the papers that a search finds, and how they are shown. */
#ifndef EXT_CLI_FOUND_H
#define EXT_CLI_FOUND_H

#include "cli/tables.h"

/* What is searched for: a text, a paper, words, or words beside one of the others. */
typedef struct question {
  const char *text; /* NULL: none */
  int64_t like;     /* the key of a paper, where `by_like` */
  bool by_like;
  const char *words; /* FTS5's syntax; NULL: any */
  const char *where; /* an SQL expression over the papers; NULL: all */
  int64_t limit;
  bool links;
} question;

/* Searches and shows. Gives the exit status. */
int found_show(cli *c, database *d, const paper_index *index, const question *q);

#endif
