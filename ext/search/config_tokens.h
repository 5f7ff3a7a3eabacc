/* config_tokens.h - reading words, quoted names and table names (config_tokens.c). */
#ifndef EXT_CONFIG_TOKENS_H
#define EXT_CONFIG_TOKENS_H

#include <stdbool.h>

const char *token_skip_space(const char *p);
/* One word or one quoted string ('..', "..", [..], `..`, quotes inside doubled). *out is
 * sqlite3_malloc'ed; NULL: there is none here. Returns what follows; NULL without memory.
 */
const char *token_read(const char *p, char **out, bool *quoted);

/* A parser of an option's value returns this for a value that the option does not take,
 * or else an SQLite code. */
enum { TOKEN_BAD_VALUE = 1 };

/* table, schema.table, or "schema"."table". *schema is NULL where none is named. */
int token_read_table(const char *value, char **schema, char **table);

#endif
