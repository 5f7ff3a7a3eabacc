/* index_sql.h - what a CREATE VIRTUAL TABLE ... USING biobert(...) says. */
#ifndef EXT_INDEX_SQL_H
#define EXT_INDEX_SQL_H

#include <stdbool.h>

/* Whether the statement, as sqlite_schema has it, makes an index. */
bool index_sql_is_one(const char *sql);

/* The value of an option without its quotes, sqlite3_malloc()ed; *out NULL: not given.
 * False: no memory. */
bool index_sql_option(const char *sql, const char *option, char **out);

/* The table of "table", "schema.table" and their quoted forms; *schema gets the rest, or
 * NULL. Both sqlite3_malloc()ed. NULL: no memory. */
char *index_sql_table(const char *name, char **schema);

#endif
