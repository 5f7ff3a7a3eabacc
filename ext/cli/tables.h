/* tables.h - which tables of a database are literature, and which indexes there are. */
#ifndef EXT_CLI_TABLES_H
#define EXT_CLI_TABLES_H

#include "cli/library.h"

/* What is known of a column by its name; in the order in which they are shown. */
typedef enum column_role {
  ROLE_TITLE,
  ROLE_ABSTRACT,
  ROLE_AUTHORS,
  ROLE_JOURNAL,
  ROLE_YEAR,
  ROLE_DOI,
  ROLE_PMID,
  ROLE_PMCID,
  ROLE_URL,
  ROLES,
} column_role;

/* "title", ..., as JSON and CSV have them. */
extern const char *const role_names[ROLES];

/* A table of papers. All texts are sqlite3_malloc()ed. */
typedef struct paper_table {
  char *name;
  char *key;            /* the integer key: a column, or "rowid" */
  bool key_is_rowid;    /* there is no INTEGER PRIMARY KEY */
  char *columns[ROLES]; /* NULL: there is none */
} paper_table;

/* An index, and the table that it reads. */
typedef struct paper_index {
  char *name;
  paper_table papers; /* of an index without content=: the index itself */
} paper_index;

/* The table that looks like literature: of the given name, or found and said. False, and
 * said: there is none. */
bool tables_find(database *d, const char *name, bool quiet, paper_table *out);
/* Whether an SQL expression is one over the table's columns; NULL: there is none. False, and
 * said with the columns. */
bool tables_check_where(database *d, const paper_table *t, const char *where);
/* The index: of the given name, or found and said; papers is filled. False, and said with
 * what to type: there is none. */
bool indexes_find(database *d, const char *name, bool quiet, paper_index *out);
/* The index that reads a table, sqlite3_malloc()ed; NULL: there is none. False, and said:
 * it could not be looked for, so that none is to be made. */
bool index_of_table(database *d, const char *table, char **out);
void paper_table_free(paper_table *t);
void paper_index_free(paper_index *i);

/* The names of all indexes (a statement whose first column they are, in order). */
bool indexes_list(database *d, sqlite3_stmt **out);

#endif
