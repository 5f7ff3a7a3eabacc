/* make_index.h - CREATE VIRTUAL TABLE for a table of papers. */
#ifndef EXT_CLI_MAKE_INDEX_H
#define EXT_CLI_MAKE_INDEX_H

#include "cli/tables.h"

/* Makes TABLE_search over the columns of text (a list with commas; NULL: title and
 * abstract, guessed and said) and the key (NULL: the table's). Gives its name,
 * sqlite3_malloc()ed; NULL, and said: it was not made. */
char *make_index(cli *c, database *d, const paper_table *papers, const char *text,
                 const char *key);
/* Whether an index is what make_index() would make of these; false also where a column is
 * not there, which is said. */
bool index_was_made_so(cli *c, database *d, const char *index, const paper_table *papers,
                       const char *text, const char *key);

#endif
