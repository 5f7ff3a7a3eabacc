/* reference_library.h - the libraries of Zotero, Calibre, JabRef and ASReview, which are
 * SQLite databases: read from a copy, as MEDLINE's text, which is imported like a file. */
#ifndef EXT_CLI_REFERENCE_LIBRARY_H
#define EXT_CLI_REFERENCE_LIBRARY_H

#include "cli/library.h"

typedef struct reference_library {
  const char *option; /* "zotero" */
  const char *file;   /* its name in a folder */
  const char *table;  /* that it has in any case */
  const char *sql;    /* the file of sql/ that makes its views */
  const char *papers; /* SELECT of the records, columns as biobert_read() names them */
} reference_library;

/* option NULL after the last. */
extern const reference_library reference_libraries[];

/* What is read meanwhile, in a folder that reference_library_close() removes. */
typedef struct reference_copy {
  char *folder;  /* NULL: none was made */
  char *records; /* the file to import: in the folder, or the path itself where it is no
                    database */
  char *path;    /* of the database that was copied */
} reference_copy;

/* False, and said: it cannot be read. Nothing is written beside the original. */
bool reference_library_open(cli *c, const reference_library *l, const char *path,
                            reference_copy *out);
void reference_library_close(reference_copy *copy);

#endif
