/* leveldb_table.h - the keys and values of a LevelDB table in memory, in order. */
#ifndef BB_LEVELDB_TABLE_H
#define BB_LEVELDB_TABLE_H

#include "biobert.h"

/* The key has a NUL after it that does not count; both are valid during the call. */
typedef biobert_status bb_table_entry_fn(void *ctx, biobert_str key, biobert_str value,
                                         biobert_error *err);

/* Calls `each` for every entry; what it returns ends the walk, if it is not BIOBERT_OK.
 * `what` names the file in messages. FORMAT: damaged, or keys out of order; UNSUPPORTED:
 * compressed. */
biobert_status bb_leveldb_table_read(biobert_str table, const char *what,
                                     bb_table_entry_fn *each, void *ctx,
                                     biobert_error *err);

#endif
