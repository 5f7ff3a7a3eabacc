/* registry.h - what a connection has: its models by name, and how to stop.
 *
 * Names belong to the connection; the weights behind them are one copy a process
 * (biobert.h). The functions, tables and auxiliary data of a connection share one
 * registry by reference counting, so that it goes with the last of them. */
#ifndef EXT_REGISTRY_H
#define EXT_REGISTRY_H

#include "biobert.h"
#include "sql/errors.h"

typedef struct registry registry;

/* A model under a name. Who keeps a pointer across calls owns a reference: an unloaded
 * model lives on until the last statement that uses it has ended. */
typedef struct named_model named_model;

/* SQLite's own, so that its heap limits count what is ours. */
extern const biobert_allocator sqlite_allocator;

registry *registry_new(sqlite3 *db);
registry *registry_share(registry *r);
void registry_release(void *r); /* the form that SQLite's destructors have */

sqlite3 *registry_db(const registry *r);
/* Whether the running statement is to end: it was interrupted. */
bool registry_must_stop(registry *r);

/* The model of a name; NULL or "default": the default model, looked for where biobert.h
 * says if none is loaded. Borrowed until the next call on the registry. */
biobert_status registry_find(registry *r, const char *name, named_model **out,
                             biobert_error *err);
/* True when no default model is loaded and none can be found (as opposed to one that is
 * there but cannot be loaded). */
bool registry_default_missing(const registry *r);
/* Loads a model under a name; the same path and options again change nothing. */
biobert_status registry_load(registry *r, biobert_str path, const char *name,
                             biobert_str options, biobert_error *err);
bool registry_unload(registry *r, const char *name);

/* What biobert_help says of a function or a table. */
typedef struct help {
  const char *name, *arguments, *returns, *what, *example;
} help;

/* The rows of one who registers functions; NULL after the last. */
typedef const help *help_list(size_t index);
void registry_add_help(registry *r, help_list *list);
/* Of all of them, one list after another; NULL after the last. */
const help *registry_help(const registry *r, size_t index);

size_t registry_count(const registry *r);
named_model *registry_at(const registry *r, size_t index);

named_model *named_model_share(named_model *m);
void named_model_release(named_model *m);
const char *named_model_name(const named_model *m);
biobert_model *named_model_model(const named_model *m);
/* Computes what biobert_model_sha256() and biobert_model_fingerprint() answer with, for
 * seconds if it is not known: an interrupt stops it. */
biobert_status named_model_hash(named_model *m, biobert_error *err);
/* Made on first use; one a model and connection. */
biobert_status named_model_session(named_model *m, biobert_session **out,
                                   biobert_error *err);

/* The vector of a text, or of a pair (b.data not NULL); one that was asked for a moment
 * ago is not computed again. Borrowed until the next call; dimension in *n. */
biobert_status named_model_embed(named_model *m, biobert_role role, biobert_str a,
                                 biobert_str b, const float **vector, size_t *n,
                                 biobert_error *err);

/* The cross-encoder's score of a pair; remembered in the same way. */
biobert_status named_model_rerank(named_model *m, biobert_str query, biobert_str text,
                                  double *score, biobert_error *err);

/* The model that embeds queries for this one: itself, or the one that its option
 * query_model names. */
biobert_status registry_query_model(registry *r, named_model *m, named_model **out,
                                    biobert_error *err);

#endif
