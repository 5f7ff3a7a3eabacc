/* make_index.h - CREATE VIRTUAL TABLE for a table of papers. */
#ifndef EXT_CLI_MAKE_INDEX_H
#define EXT_CLI_MAKE_INDEX_H

#include "cli/tables.h"

/* Makes TABLE_search over the columns of text (a list with commas; NULL: title and
 * abstract, guessed and said) and the key (NULL: the table's). Gives its name,
 * sqlite3_malloc()ed; NULL, and said: it was not made. */
char *make_index(cli *c, database *d, const paper_table *papers, const char *text,
                 const char *key);

#endif
