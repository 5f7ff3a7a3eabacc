/* plan.h - xBestIndex, and what xFilter is told (plan.c). */
#ifndef EXT_PLAN_H
#define EXT_PLAN_H

#include "search/search_table.h"

typedef enum plan_kind { PLAN_SCAN, PLAN_ROWID, PLAN_SEARCH } plan_kind;

typedef enum plan_arg_kind {
  ARG_QUERY,
  ARG_K,
  ARG_MODE,
  ARG_WORDS,
  ARG_FEEDBACK,
  ARG_COLUMN_WORDS, /* column MATCH */
  ARG_ROWID,
  ARG_DISTANCE,
  ARG_FILTER,
  ARG_KIND_COUNT,
} plan_arg_kind;

/* One value that xFilter gets: what it is, and how it is compared. */
typedef struct plan_arg {
  plan_arg_kind kind;
  int column;         /* ARG_COLUMN_WORDS, ARG_FILTER */
  unsigned char op;   /* an SQLITE_INDEX_CONSTRAINT_ code */
  bool list;          /* IN (...), all values at once */
  char collation[64]; /* ARG_FILTER */
} plan_arg;

typedef struct plan {
  plan_kind kind;
  bool by_distance; /* rows without a distance come first, as SQLite sorts NULLs */
  int count;
  plan_arg *args; /* [count]; owned: plan_free() */
} plan;

int vtab_best_index(sqlite3_vtab *base, sqlite3_index_info *info);
/* The plan in words, as EXPLAIN QUERY PLAN shows it, and back. plan_write:
 * sqlite3_malloc'ed. */
char *plan_write(const plan *p);
/* SQLITE_OK, SQLITE_NOMEM, or SQLITE_ERROR where the text is no plan. */
int plan_read(const char *text, plan *out);
void plan_free(plan *p);
bool plan_has(const plan *p, plan_arg_kind kind);
/* `rowid = x`, of one value. */
bool plan_arg_is_key(const plan_arg *a);
/* "=", or NULL: not one that a filter can have */
const char *plan_operator(unsigned char op);

#endif
