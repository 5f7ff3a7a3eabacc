/* sync_parts.h - the parts of bringing an index up to date: finding work (sync_work.c), batches
 * (sync_batch.c), the commands (sync.c), biobert_sync() (tvf_sync.c). */
#ifndef EXT_SYNC_PARTS_H
#define EXT_SYNC_PARTS_H

#include "search/vtab.h"

enum {
  BATCH_ROWS = 64,
  PASSAGE_BYTES = 16384, /* of text, for each passage that a batch may have: where there
                            is nothing to embed, words alone take time. Arbitrary */
  MOST_ALIKE = 20, /* failures in a row with one message end a run: it is not the rows */
  MESSAGE_BYTES = 200,
};

/* What a batch may take: a batch is what is lost when a run is interrupted, and how long
 * another connection waits, so long texts must count for what they are. The first
 * document is always taken. */
typedef struct batch_limit {
  size_t rows, passages, bytes;
} batch_limit;

/* A document of a batch, with what embedding made of it. */
typedef struct sync_item {
  document document;
  sqlite3_value **values; /* [columns]; owned */
  embedded embedded;
  bool gone; /* its content is not there any more, or has no vector yet */
  bool same; /* nothing is to be done: it has not changed since it was last done */
} sync_item;

typedef struct sync_batch {
  sync_item *items;
  size_t count;
  size_t passages, bytes;
  size_t dimension;          /* of its vectors; 0: it has none */
  bool last;                 /* of a sync that ends with it */
  const char *schema, *name; /* whose it is, while it waits for the command; borrowed */
  int values;                /* of each item */
} sync_batch;

/* What there is to do. */
typedef struct sync_work {
  id_list ids; /* new or changed, then gone ones */
  size_t done; /* of them, from the beginning */
  bool again;  /* also where the text has not changed */
  size_t bad_keys;
  char bad_key[MESSAGE_BYTES];
} sync_work;

/* sync_work.c: finding work ----------------------------------------------------------- */

/* What there is to do for an index, by a look over its content or its queue. */
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
/* The values that a statement of the content yields beside the key: how many, a document
 * made of them with copies of its own, and their end. */
int sync_value_count(const index_table *t);
int sync_read_document(const index_table *t, sqlite3_stmt *s, sqlite3_value ***values,
                       document *out);
void sync_free_values(const index_table *t, sqlite3_value **values);

/* sync_batch.c: batches --------------------------------------------------------------- */

/* Reads and embeds the next documents of the work, as many as the limit allows. */
int sync_make_batch(index_table *t, const sync_work *w, batch_limit limit, sync_batch *b);
void sync_free_batch(index_table *t, sync_batch *b);
/* Failures of a batch: how many, the last message, and in how many in a row it came. */
size_t sync_count_failures(const sync_batch *b, char last[MESSAGE_BYTES], size_t *alike);

/* sync.c: the commands ---------------------------------------------------------------- */

/* A batch of so many rows. */
batch_limit sync_limit_of(size_t rows);
/* Of a clock that never goes back. */
double sync_seconds(void);
void sync_sleep_ms(long ms);

#endif
