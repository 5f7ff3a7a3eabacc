/* code_cache.h - documents and codes in memory (code_cache.c). Counted: the table and each
 * search own the cache that they use; the table goes over to another one when the epoch is
 * another, and a search stays with its own. */
#ifndef EXT_CODE_CACHE_H
#define EXT_CODE_CACHE_H

#include "search/search_table.h"
#include "search/document_counts.h"

/* Shared by searches. */
typedef struct code_cache {
  int owners;
  unsigned char epoch[16];       /* of the state that was read */
  biobert_collection collection; /* documents, and from the second search on codes */
  document_counts counts;        /* of the lexical half */
  int searches;                  /* that have scanned it */
  bool uncommitted; /* of a state that another connection may undo: used once */
} code_cache;

/* Of the table as it is now; borrowed. Writes what is not written yet, because the codes
 * are read from the tables; sets t->dimension. */
int code_cache_get(index_table *t, code_cache **out);
void code_cache_release(code_cache *c);
/* Forgets what is in memory and not written, and what was read. */
void table_drop_memory(index_table *t);
/* Estimates for all vectors as biobert_query_scan() gives them (error may be NULL). */
int code_cache_scan(index_table *t, code_cache *c, const biobert_query *query,
                    float *estimate, float *error);

#endif
