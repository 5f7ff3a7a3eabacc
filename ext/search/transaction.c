/* transaction.c - what an operation on a search table begins with.
 *
 * All data is in shadow tables, so SQLite undoes it. What is in memory is written out by
 * xSavepoint and xSync (module.c), and forgotten after a rollback: table_settle(). SQLite
 * may have several objects of one table in a transaction, when it has read the schema
 * anew: what one has in memory is written before another reads. */
#include "search/transaction.h"

#include <string.h>

#include "search/code_cache.h"
#include "search/kept_rankings.h"
#include "search/open_tables.h"
#include "search/shadow_check.h"
#include "search/shadow_tables.h"
#include "search/sync_work.h"
#include "search/table_errors.h"
#include "search/words.h"

void table_settle(index_table *t) {
  if (!t->rolled_back || t->storing) return;
  t->rolled_back = false;
  kept_drop(t);
  sync_forget(t);
  table_drop_memory(t);
}

/* The objects of one table ----------------------------------------------------------- */

/* What another object has in memory must be in the tables before this one reads them. */
int table_flush_others(index_table *t) {
  bool pending = false;
  FOR_EACH_OTHER (t, o) pending = pending || o->pending;
  return pending ? schema_flush_all(t) : SQLITE_OK;
}

/* A statement of one row has no savepoint in a transaction. All that is known to fail
 * does so before its first change; what fails later (a tokenizer, a lock in a shared
 * cache, a page that is damaged) must not be committed with half of what it was to do. */
int table_check_whole(index_table *t) {
  bool half = t->half_written;
  FOR_EACH_OTHER (t, o) half = half || o->half_written;
  if (!half) return SQLITE_OK;
  return table_error(
      t, SQLITE_ABORT,
      "a statement of this transaction failed when it had done half of its "
      "work: ROLLBACK, or ROLLBACK TO a savepoint from before it");
}

int table_check_sound(index_table *t) {
  table_settle(t);
  int rc = words_settle(t);
  if (rc == SQLITE_OK) rc = table_check_whole(t);
  if (rc == SQLITE_OK) rc = table_flush_others(t);
  if (rc != SQLITE_OK) return rc;
  if (t->config.lacks)
    return table_error(
        t, SQLITE_ERROR,
        "content %s.%s: %s: a program that uses the index has to register "
        "it first, and then open the file; DROP TABLE \"%w\" works without",
        t->config.content_schema, t->config.content, t->config.lacks, t->name);
  if (t->newer_format)
    return table_error(t, SQLITE_ERROR,
                       "format %d was written by a newer biobert: this one reads up to "
                       "%d, and can only DROP TABLE \"%w\"",
                       t->newer_format, NEWEST_FORMAT, t->name);
  if (!t->damaged) return schema_verify(t);
  return table_error(t, SQLITE_CORRUPT_VTAB,
                     "damaged: the table \"%w_config\" is not as it was made; DROP TABLE "
                     "\"%w\" and make the index anew",
                     t->name, t->name);
}

int table_check_open(index_table *t) {
  if (t->inside)
    return table_error(
        t, SQLITE_ERROR,
        "asked for by a view or a trigger while it is at work: the content "
        "of the index must not be made from the index itself");
  return table_check_sound(t);
}
