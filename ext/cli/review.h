/* review.h - the papers of a library that a reviewer judges one after another. */
#ifndef EXT_CLI_REVIEW_H
#define EXT_CLI_REVIEW_H

#include "cli/tables.h"

/* What `biobert screen` works on. */
typedef struct review {
  cli *c;
  database *d;
  paper_index index;
  const char *table; /* of the reviewer's decisions */
  char *options;     /* of biobert_screen(), sqlite3_malloc()ed */
  int64_t batch;     /* decisions after which all is learnt anew */
} review;

enum { REVIEW_MAX_BATCH = 1000 };

/* A paper to be judged. */
typedef struct review_paper {
  int64_t key;
  double probability; /* -1: not known */
} review_paper;

/* review_decisions.c: the table, of which a row is a decision; see there. */

/* Makes the table where there is none. False, and said: it is another's. */
bool decisions_open(review *r);
/* The same without making it: a table that is not there is empty. */
bool decisions_exist(review *r, bool *exist);
/* Keeps a decision: 1, 0, or -1 for a paper that is passed over; it is in the file when
 * this returns. */
bool decisions_put(review *r, int64_t key, int decision);
/* Forgets the last decision. *found false: there is none. */
bool decisions_undo(review *r, int64_t *key, bool *found);
/* The next papers, as many as there is room for; those that were passed over come when no
 * others are left. -1, and said: it failed. */
int decisions_next(review *r, review_paper *papers, int room);
/* A line that says how far it is. */
bool decisions_status(review *r);

/* review_loop.c, review_list.c, review_simulation.c, review_export.c; each gives the exit
 * status. */
int review_loop(review *r);
int review_list(review *r, int64_t limit);
int review_simulate(review *r, const char *labels, int64_t starts);
int review_export(review *r, const char *format, const char *path);

/* "title", authors and the like of a paper: a statement whose columns are the roles' and
 * whose ?1 is the key. */
bool review_prepare_paper(review *r, sqlite3_stmt **out);

#endif
