/* shadow_check.h - whether the shadow tables are ours (shadow_check.c). Asked when an operation
 * begins, by transaction.c; schema_verify_config() and schema_has_fts() when a table is
 * opened. */
#ifndef EXT_SHADOW_CHECK_H
#define EXT_SHADOW_CHECK_H

#include "search/search_table.h"

/* SQLITE_CORRUPT_VTAB, with a message, unless the shadow tables are the ones that
 * schema_create() makes, without triggers. Cheap after the first time. */
int schema_verify(index_table *t);
/* Writes out what any object of this table, or of its lexical half, has in memory. */
int schema_flush_all(index_table *t);
/* The same of %_config alone: what is read when the table is opened. */
int schema_verify_config(index_table *t);
/* Whether the table of the lexical half is there, whatever the configuration says. */
int schema_has_fts(const index_table *t, bool *has);

#endif
