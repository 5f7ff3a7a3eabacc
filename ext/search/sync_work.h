/* sync_work.h - what there is to do to bring a table up to date (sync_work.c). */
#ifndef EXT_SYNC_WORK_H
#define EXT_SYNC_WORK_H

#include "search/document.h"
#include "sql/lists.h"

enum { MESSAGE_BYTES = 200 };

/* What there is to do. */
typedef struct sync_work {
  id_list ids;                 /* new or changed, then gone ones */
  size_t done;                 /* of them, from the beginning */
  bool again;                  /* also where the text has not changed */
  size_t bad_keys;             /* rows whose key cannot be used, */
  char bad_key[MESSAGE_BYTES]; /* and what is wrong with the first */
} sync_work;

/* Finds the work, in the content or in the queue. Reads only. */
int sync_find_work(index_table *t, sync_work *w);
/* Frees the members, not the struct; of drop the struct too. */
void sync_free_work(sync_work *w);
void sync_drop_work(sync_work *w);
/* Whether a document is another one than its entry was made from. */
bool sync_is_work(const index_table *t, const document *d, const document_row *known);
/* The content's row of the key ?1. */
int sync_prepare_key(index_table *t, sqlite3_stmt **out);
/* *work: whether the row of a key, in a statement of sync_prepare_key(), needs a sync. */
int sync_look_at_key(index_table *t, sqlite3_stmt *s, sqlite3_int64 id, bool *work);
/* The values of a row of the content, after its key: how many they are; copies of them, and
 * the document that they make; and freeing the copies. */
int sync_value_count(const index_table *t);
int sync_read_document(const index_table *t, sqlite3_stmt *s, sqlite3_value ***values,
                       document *out);
void sync_free_values(const index_table *t, sqlite3_value **values);
/* Forgets what a limited 'sync' has left. */
void sync_forget(index_table *t);
/* With vectors=: what the content has for a key; *out NULL: no row. Freed with
 * sqlite3_value_free(). */
int sync_ready_vector(index_table *t, sqlite3_int64 id, sqlite3_value **out);
/* Documents whose text is another than the one that was embedded. */
int sync_count_stale(index_table *t, sqlite3_int64 *out);

#endif
