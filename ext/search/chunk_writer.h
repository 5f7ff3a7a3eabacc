/* chunk_writer.h - the chunk that is being filled (chunk_writer.c). For chunk_store.c and
 * compact.c, which set t->storing meanwhile: writer_flush() must not write and free the
 * writer while they use it. */
#ifndef EXT_CHUNK_WRITER_H
#define EXT_CHUNK_WRITER_H

#include "search/chunk_blocks.h"
#include "search/document_rows.h"

/* t->writer: of one transaction, from its first write until writer_flush() has written it,
 * or a rollback has made it void. Invariants: the chunk `cid` is the last one, and `slots`
 * are all of it; a block that is dirty differs from its row. */
typedef struct chunk_writer {
  sqlite3_int64 cid;
  biobert_slots slots;
  bool dirty; /* the chunk's own row has to be written */
  chunk_block codes, full;
  uint64_t counter;   /* of the epoch that its changes have; 0: nothing has changed yet */
  sqlite3_int64 more; /* live vectors than are recorded; fewer if negative */
} chunk_writer;

/* Reads what the next vector is appended to; nothing is written yet. */
int writer_open(index_table *t);
/* The same, and a new epoch: before the first change. */
int writer_begin_change(index_table *t);
int writer_append(index_table *t, sqlite3_int64 id, const float *vector,
                  sqlite3_int64 *address);
/* Clears the slots of a document. */
int writer_clear(index_table *t, sqlite3_int64 id, sqlite3_int64 address, int count);
/* Whether the vectors of an entry are where it says, and their blobs can be read. */
int writer_check_vectors(index_table *t, sqlite3_int64 id, const document_row *row);
/* The same of the slot that the next vector gets. */
int writer_check_next(index_table *t);

/* Writes what is still in memory. */
int writer_flush(index_table *t);
/* Forgets what is not written yet. */
void writer_free(index_table *t);

#endif
