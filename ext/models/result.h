/* result.h - arguments in, results and errors out: the rules of the SQL interface that
 * all functions share. The only place that turns a biobert_status into an SQLite code. */
#ifndef EXT_RESULT_H
#define EXT_RESULT_H

#include "models/registry.h"

/* What a function or a table is called with, besides its arguments. */
typedef struct call {
  registry *registry;
  const char *name; /* "biobert_embed", for messages */
} call;

/* Sets the error of a scalar function: "biobert_embed: ...". */
void result_error(sqlite3_context *context, const call *c, const biobert_error *err);
/* The same for a virtual table: the code to return, with *message set. */
int result_table_error(char **message, const call *c, const biobert_error *err);

/* A vector as a BLOB. */
void result_vector(sqlite3_context *context, const float *vector, size_t n);

/* Arguments. `number` counts from 1, for messages. NULL is the caller's matter: ask
 * arg_is_null() first. */
bool arg_is_null(sqlite3_value *value);
/* A text, or a number as its text. Borrowed as long as the value. */
biobert_status arg_text(sqlite3_value *value, int number, biobert_str *out,
                        biobert_error *err);
/* A NUL-terminated text without NULs inside. */
biobert_status arg_name(sqlite3_value *value, int number, const char **out,
                        biobert_error *err);
/* A whole number from least to most, given as numbers.h says. */
biobert_status arg_whole(sqlite3_value *value, int number, const char *what,
                         int64_t least, int64_t most, int64_t *out, biobert_error *err);
/* A BLOB that is a vector; expected 0: of any dimension. */
biobert_status arg_vector(sqlite3_value *value, int number, size_t expected,
                          const void **vector, size_t *n, biobert_error *err);

/* The model that the last, optional argument names; value NULL or SQL NULL: the default.
 */
biobert_status arg_model(const call *c, sqlite3_value *value, int number,
                         named_model **out, biobert_error *err);

/* Writes a message like bb_fail() does. */
biobert_status result_fail(biobert_error *err, biobert_status status, const char *format,
                           ...);

#endif
