/* answer.h - the sentence of a text that answers a question. */
#ifndef EXT_CLI_ANSWER_H
#define EXT_CLI_ANSWER_H

#include "cli/library.h"

/* How sentences are compared with a question; the statement runs the model. */
typedef struct answer_finder {
  sqlite3_stmt *nearest; /* NULL: there is no model */
  const char *question;  /* whose words are shown strong; may be NULL */
  const char *words;     /* of --words; may be NULL */
} answer_finder;

typedef struct answer {
  size_t start, end; /* of the sentence in the text; 0, 0: there is none */
} answer;

/* Binds the question: a text, or where that is NULL the vector that a statement's column
 * has. */
bool answer_begin(answer_finder *f, database *d, const char *text, sqlite3_stmt *vector);
void answer_end(answer_finder *f);

/* The sentence of the text that is nearest to the question. */
answer answer_find(answer_finder *f, const char *text);

/* The sentence in the middle of its neighbours, with marks: they faint, the question's
 * words strong. sqlite3_malloc()ed. */
char *answer_in_context(const answer_finder *f, const char *text, answer a);

#endif
