/* config_table.h - values of the shadow table %_config (config_table.c). */
#ifndef EXT_CONFIG_TABLE_H
#define EXT_CONFIG_TABLE_H

#include "search/search_table.h"

/* A value of the config table, 0 or NULL where there is none. */
int schema_get_int(index_table *t, const char *key, sqlite3_int64 *out);
int schema_get_text(index_table *t, const char *key, char **out);
int schema_put_int(index_table *t, const char *key, sqlite3_int64 value);
int schema_put_text(index_table *t, const char *key, const char *value);

#endif
