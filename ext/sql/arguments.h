/* arguments.h - arguments in and vectors out: the rules of the SQL interface that all
 * functions share. */
#ifndef EXT_ARGUMENTS_H
#define EXT_ARGUMENTS_H

#include "sql/errors.h"

/* How much of an argument a message shows. */
enum { ARG_SHOWN_BYTES = 32 };

/* In each, `number` counts from 1, for messages. NULL is the caller's matter: ask
 * arg_is_null() first. */
bool arg_is_null(sqlite3_value *value);
/* A text, or a number as its text. Borrowed as long as the value. */
biobert_status arg_text(sqlite3_value *value, int number, biobert_str *out,
                        biobert_error *err);
/* A NUL-terminated text without NULs inside. */
biobert_status arg_name(sqlite3_value *value, int number, const char **out,
                        biobert_error *err);
/* An integer from min to max, given as numbers.h says. */
biobert_status arg_whole(sqlite3_value *value, int number, const char *what, int64_t min,
                         int64_t max, int64_t *out, biobert_error *err);
/* A number from min to max, given as numbers.h says. */
biobert_status arg_real(sqlite3_value *value, int number, const char *what, double min,
                        double max, double *out, biobert_error *err);
/* A BLOB that is a vector; expected 0: of any dimension. */
biobert_status arg_vector(sqlite3_value *value, int number, size_t expected,
                          const void **vector, size_t *n, biobert_error *err);

/* A vector as a BLOB. */
void result_vector(sqlite3_context *context, const float *vector, size_t n);

#endif
