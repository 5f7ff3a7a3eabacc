/* config_options.h - the options of CREATE, key = value (config_options.c). */
#ifndef EXT_CONFIG_OPTIONS_H
#define EXT_CONFIG_OPTIONS_H

#include "search/config.h"

/* Reads the value at p of the option of that key into *config; *message: what is wrong. */
int config_read_option(const char *key, const char *p, index_config *config,
                       char **message);
/* Refuses a count of 0. For a table that is being created: one that has a 0 is still
 * opened. */
int config_check_counts(const index_config *config, char **message);

#endif
