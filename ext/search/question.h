/* question.h - free text as a query of FTS5 (question.c). */
#ifndef EXT_QUESTION_H
#define EXT_QUESTION_H

#include <stdbool.h>
#include <stddef.h>

#include "biobert.h"

/* A user's text as an FTS5 query: its words, quoted, joined by OR, function words left
 * out. NULL without memory; "" where the text has no word. Freed with sqlite3_free().
 * *identifier: the text is nothing but a DOI, a PMID, a trial's number ..., which has no
 * meaning that a vector could be near to; the query is its phrase. */
char *hybrid_query(const char *text, size_t bytes, bool *identifier);
#endif
