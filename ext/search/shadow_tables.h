/* shadow_tables.h - which shadow tables there are (shadow_tables.c), a row a table: all that
 * creates, checks, empties, renames or drops them walks the rows. */
#ifndef EXT_SHADOW_TABLES_H
#define EXT_SHADOW_TABLES_H

#include "search/search_table.h"

/* Of the shadow tables. Beyond LARGEST_FORMAT it is damage, and not newer. */
enum { NEWEST_FORMAT = 1, LARGEST_FORMAT = 1000 };

typedef struct shadow_table {
  const char *suffix; /* NULL: after the last row */
  const char *ddl;    /* what follows the name; NULL where it depends on the columns: */
  char *(*make_ddl)(const index_table *t); /* freed with sqlite3_free() */
  bool (*when)(const index_table *t);      /* NULL: always */
  bool is_virtual;
  bool of_vectors; /* 'reset' empties it */
} shadow_table;

extern const shadow_table shadow_tables[];
#define SHADOW_CONFIG "config"

/* Whether a shadow table is this search table's: a table that it does not need may belong
 * to the user, whatever its name is. */
bool shadow_is_own(const index_table *t, const shadow_table *s);
/* What follows the name in CREATE TABLE; the caller frees it with sqlite3_free(). */
char *shadow_ddl(const index_table *t, const shadow_table *s);

int schema_create(index_table *t);
/* Empties the tables of vectors. Reads nothing that may be damaged. */
int schema_empty(index_table *t);
int schema_drop(index_table *t);
int schema_rename(index_table *t, const char *name);
bool schema_is_shadow(const char *suffix);

#endif
