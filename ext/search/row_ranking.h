/* row_ranking.h - one ranking over the whole table (row_ranking.c). Counted: a cursor and the
 * kept rankings own it. It reads the tables when it is asked for a row, until
 * search_materialize() has computed all of it; so whatever changes the tables calls that
 * first (table_before_write()). */
#ifndef EXT_ROW_RANKING_H
#define EXT_ROW_RANKING_H

#include "search/code_cache.h"

typedef struct search search;

/* What is asked for. */
typedef struct search_request {
  biobert_search_mode mode;
  bool feedback;
  const float *vector; /* of the query, or NULL: lexical */
  size_t dimension;    /* of the vector */
  const char *words;   /* the FTS5 query of the lexical half, or NULL */
  bool every;          /* without a query and words: every row that has words */
  bool identifier;     /* `words` is one: hybrid_query() */
} search_request;

int search_new(index_table *t, const search_request *request, search **out);
search *search_share(search *s);
void search_release(search *s);
/* The row at a position of the order. *found false: there are not that many. */
int search_at(search *s, size_t position, biobert_result *out, bool *found);
/* The row of one id, at any place of the order. */
int search_find(search *s, sqlite3_int64 id, biobert_result *out, bool *found);
/* Whether it ranks this state of the table. */
bool search_is_of(const search *s, const code_cache *c);
/* About how much memory it takes. */
size_t search_bytes(const search *s);
/* Semantic mode: whether there may be rows without a distance (cosine, of length 0). */
bool search_has_null_distances(const search *s);
/* After search_materialize(): the tables are not needed any more. */
bool search_is_complete(const search *s);
/* [16]: of the state of the table that it ranks. */
const unsigned char *search_epoch(const search *s);
/* It was for an identifier that no text has. */
bool search_missed_identifier(const search *s);
/* Computes everything that still depends on the tables, because they are about to change.
 */
int search_materialize(search *s);

#endif
