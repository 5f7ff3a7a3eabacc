/* config_parse.h - reading the arguments of CREATE (config_parse.c). Only module.c calls it. */
#ifndef EXT_CONFIG_PARSE_H
#define EXT_CONFIG_PARSE_H

#include "search/config.h"

/* argv as xCreate has it: module, schema, table, then the arguments. *message is for
 * SQLite. creating: what the content has not is an error; later it must not keep the
 * table from being opened. */
int config_parse(sqlite3 *db, bool creating, int argc, const char *const *argv,
                 index_config *out, char **message);

#endif
