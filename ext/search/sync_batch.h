/* sync_batch.h - documents that are read, embedded and written together (sync_batch.c). */
#ifndef EXT_SYNC_BATCH_H
#define EXT_SYNC_BATCH_H

#include "search/sync_work.h"

enum {
  BATCH_ROWS = 64,
  PASSAGE_BYTES = 16384, /* of text, for each passage that a batch may have: where there
                            is nothing to embed, words alone take time. Arbitrary */
  MAX_ALIKE = 20 /* failures in a row with one message end a run: it is not the rows */
};

/* How much a batch may take. Its size decides how much an interrupt loses and how long
 * another connection waits, so long texts count by their passages and bytes. The first
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

/* Reads and embeds the next documents of the work, as many as the limit allows. */
int sync_make_batch(index_table *t, const sync_work *w, batch_limit limit, sync_batch *b);
void sync_free_batch(index_table *t, sync_batch *b);
/* Failures of a batch: how many, the last message, and in how many in a row it came. */
size_t sync_count_failures(const sync_batch *b, char last[MESSAGE_BYTES], size_t *alike);
/* The command of biobert_sync(): writes t->batch, or the connection's. */
int sync_write_batch(index_table *t);

#endif
