/* kept_rankings.h - rankings and rows that may be asked for again (kept_rankings.c). A write
 * (table_before_write()) and a rollback (table_settle()) drop all of them. */
#ifndef EXT_KEPT_RANKINGS_H
#define EXT_KEPT_RANKINGS_H

#include "search/row_ranking.h"
#include "sql/lists.h"

int kept_new(index_table *t); /* t->kept; once, when the table is opened */
void kept_free(index_table *t);
/* Forgets everything. */
void kept_drop(index_table *t);
/* The ranking of a request on the table as it is now; the caller releases it. */
int kept_search(index_table *t, const search_request *request, search **out);
/* The rows kept under a key if they are still right for a cursor (its number), or NULL;
 * borrowed until the next call of these. */
const id_list *kept_top(index_table *t, sqlite3_uint64 cursor, const char *key,
                        size_t bytes);
/* Keeps rows, which are sorted; takes them and the key. */
const id_list *kept_put_top(index_table *t, sqlite3_uint64 cursor, char *key,
                            size_t bytes, id_list *rows);
/* The search that was last asked for, or NULL; borrowed. */
const search *kept_last(const index_table *t);

#endif
