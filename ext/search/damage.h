/* damage.h - what is read from the shadow tables and cannot be right (damage.c). */
#ifndef EXT_DAMAGE_H
#define EXT_DAMAGE_H

#include "search/search_table.h"

/* An error: what is damaged, and the way out. */
int damage_error(index_table *t, const char *what);
/* That there are vectors, and no dimension is recorded. */
int damage_no_dimension(index_table *t);
/* A row of a shadow table that is not sound; its statement is reset. Without memory a
 * column's bytes are not there either, and the reset returns that. */
int damage_in_row(index_table *t, sqlite3_stmt *s, const char *what);
/* Whether what is read may be what another connection has not committed yet. */
bool table_reads_uncommitted(index_table *t);

#endif
