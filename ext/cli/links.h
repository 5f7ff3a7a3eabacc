/* links.h - where a paper can be read. */
#ifndef EXT_CLI_LINKS_H
#define EXT_CLI_LINKS_H

#include "cli/tables.h"

/* Of a row that has the papers' columns by their roles from the column `first` on:
 * PubMed's page, the DOI's, PubMed Central's, or the record's own URL. The caller frees it
 * with sqlite3_free(); NULL: it is not known. */
char *paper_link(sqlite3_stmt *s, int first);

#endif
