/* connection.h - what the functions and tables of a connection share: its models by name,
 * and the lists of help.
 *
 * Names belong to the connection; the weights behind them are one copy a process
 * (biobert.h). Functions, tables and auxiliary data share it by reference counting, so that
 * it goes with the last of them. */
#ifndef EXT_CONNECTION_H
#define EXT_CONNECTION_H

#include "models/kept_classifier.h"
#include "models/named_model.h"

typedef struct connection connection;

connection *connection_new(sqlite3 *db);
connection *connection_share(connection *c);
void connection_release(void *c); /* the form that SQLite's destructors have */

sqlite3 *connection_db(const connection *c);

/* The model of a name; NULL or "default": the default model, looked for where biobert.h
 * says if none is loaded. Borrowed until the next call on the connection. */
biobert_status connection_find_model(connection *c, const char *name, named_model **out,
                                     biobert_error *err);
/* True when no default model is loaded and none can be found (as opposed to one that is
 * there but cannot be loaded). */
bool connection_default_missing(const connection *c);
/* Loads a model under a name; the same path and options again change nothing. */
biobert_status connection_load_model(connection *c, biobert_str path, const char *name,
                                     biobert_str options, biobert_error *err);
bool connection_unload_model(connection *c, const char *name);

/* What biobert_help says of a function or a table. */
typedef struct help {
  const char *name, *arguments, *returns, *what, *example;
} help;

/* The rows of one who registers functions; NULL after the last. */
typedef const help *help_list(size_t index);
void connection_add_help(connection *c, help_list *list);
/* Of all of them, one list after another; NULL after the last. */
const help *connection_help(const connection *c, size_t index);

/* The classifier that biobert_predict() used last. */
kept_classifier *connection_kept_classifier(connection *c);

size_t connection_model_count(const connection *c);
named_model *connection_model_at(const connection *c, size_t index);

/* The model that embeds queries for this one: itself, or the one that its option
 * query_model names. */
biobert_status connection_query_model(connection *c, named_model *m, named_model **out,
                                      biobert_error *err);

#endif
