/* shadow_sql.h - SQL on the shadow tables (shadow_sql.c); vtab.h declares what other parts
 * of the search table use. */
#ifndef EXT_SHADOW_SQL_H
#define EXT_SHADOW_SQL_H

#include "search/vtab.h"

/* "a, b, c": the columns, or the indexed ones; of own content "c0, c1". */
void schema_append_columns(sqlite3_str *s, const index_table *t, bool indexed_only);

#endif
