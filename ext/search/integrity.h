/* integrity.h - the check of all that is stored (integrity.c). It only reads. */
#ifndef EXT_INTEGRITY_H
#define EXT_INTEGRITY_H

#include "search/search_table.h"

/* *problem: what is damaged, or NULL; freed with sqlite3_free(). */
int integrity_check(index_table *t, char **problem);

#endif
