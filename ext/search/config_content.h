/* config_content.h - the content's own types and collations (config_content.c). */
#ifndef EXT_CONFIG_CONTENT_H
#define EXT_CONFIG_CONTENT_H

#include "search/config.h"

/* Fills in what the columns are in the content; a content that is not there is passed
 * over. creating: what the content has not is an error. */
int config_describe_content(sqlite3 *db, bool creating, index_config *config,
                            char **message);

#endif
