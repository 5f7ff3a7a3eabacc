/* transaction.h - what an operation begins with (transaction.c). */
#ifndef EXT_TRANSACTION_H
#define EXT_TRANSACTION_H

#include "search/search_table.h"

/* Forgets what a rollback has made void; called when a call of SQLite's begins. */
void table_settle(index_table *t);
/* Writes what other objects of the table have in memory, before this one reads. */
int table_flush_others(index_table *t);
/* SQLITE_ABORT where a statement of this transaction has done half of its work. */
int table_check_whole(index_table *t);
/* Settles; SQLITE_CORRUPT_VTAB unless the shadow tables are as they were made. */
int table_check_sound(index_table *t);
/* The same where an operation begins. None may begin inside another one of this table, as
 * it would if the content were made from the table, or by a trigger: an error. */
int table_check_open(index_table *t);

#endif
