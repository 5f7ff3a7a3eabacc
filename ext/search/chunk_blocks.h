/* chunk_blocks.h - blobs of %_codes and %_full in memory (chunk_blocks.c). */
#ifndef EXT_CHUNK_BLOCKS_H
#define EXT_CHUNK_BLOCKS_H

#include "search/search_table.h"

/* One blob that is being changed. */
typedef struct chunk_block {
  sqlite3_int64 id; /* of the row; -1: none */
  unsigned char *data;
  bool dirty; /* not written yet */
} chunk_block;

/* The two tables of blobs differ in these alone. */
typedef enum block_kind { BLOCK_CODES, BLOCK_FULL } block_kind;

/* Of a blob, with vectors of so many values. */
size_t block_bytes(const index_table *t, block_kind kind, size_t dimension);
/* The row that has an address. */
sqlite3_int64 block_of(block_kind kind, sqlite3_int64 address);
/* Writes what is dirty; t->dimension is that of the block. */
int block_flush(index_table *t, chunk_block *b, block_kind kind);
/* Makes the block hold the row of an address, after writing the row that it has. */
int block_load(index_table *t, chunk_block *b, block_kind kind, sqlite3_int64 address);
/* Whether the row of an address, which is about to be changed, can be read. */
int block_check(index_table *t, const chunk_block *b, block_kind kind,
                sqlite3_int64 address);

/* A block into memory of the right size; a row that is missing is zeroes. */
int block_read(index_table *t, statement_kind kind, sqlite3_int64 id, void *into,
               size_t bytes);

#endif
