/* table_errors.h - an error of a table (table_errors.c). */
#ifndef EXT_TABLE_ERRORS_H
#define EXT_TABLE_ERRORS_H

#include "search/search_table.h"

/* Sets the table's error message; returns code. */
int table_error(index_table *t, int code, const char *format, ...);
int table_status(index_table *t, const biobert_error *err);
/* The status of an SQLite code, with the table's message, which is taken, or SQLite's. */
biobert_status table_fail(index_table *t, int rc, biobert_error *err);

#endif
