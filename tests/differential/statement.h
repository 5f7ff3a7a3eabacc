/* statement.h - random SELECT, DELETE and UPDATE statements, each written twice: over the
 * index, and over copies of what its searches give by themselves. */
#ifndef BB_TEST_STATEMENT_H
#define BB_TEST_STATEMENT_H

#include <stdbool.h>
#include <stdint.h>

/* What the statements are about; set by the database of the moment. */
typedef struct searchable {
  const char *const *queries; /* texts that the copies hold */
  int query_count;
  const char *const *modes; /* that the index answers; the first is its default */
  int mode_count;
  const char *const *word_queries; /* in FTS5's syntax: table w has their rows */
  int word_count;
  bool words;   /* it has a lexical half */
  bool own;     /* it can be written */
  bool vectors; /* it answers a vector, too: table `vectors` has some */
} searchable;

typedef enum sides { INDEX_SIDE, COPY_SIDE, SIDES } sides;

/* Among the modes: hybrid with feedback = 0. */
#define NO_FEEDBACK "hybrid, no feedback"

enum { MAX_SOURCES = 3, MAX_CONDITIONS = 40 };

/* A condition; '@' stands for the alias of the source that it is about. */
typedef struct condition {
  char *text[SIDES];
  int about;   /* the source */
  int on;      /* the source in whose ON it is; -1: WHERE */
  bool counts; /* before the k of `about`, by the contract */
  bool off;    /* left out, to find a smaller statement that differs too */
} condition;

typedef enum source_kind { SEARCH, SCAN, TABLE_Y, TABLE_Z } source_kind;

typedef struct source {
  source_kind kind;
  char alias;
  const char *join; /* ", ", " JOIN ", ... before it */
  bool outer;       /* the right side of a LEFT JOIN: its conditions are in its ON */
  bool call;        /* s(q, k, mode), not s WHERE s MATCH q AND k = ... */
  bool match;       /* MATCH, not = */
  char *query, *k;  /* SQL; k NULL: none */
  const char *mode; /* NULL: left out */
} source;

/* SELECT columns FROM sources WHERE conditions ORDER BY ... LIMIT ... */
typedef struct core {
  source sources[MAX_SOURCES];
  int source_count;
  condition conditions[MAX_CONDITIONS];
  int condition_count;
  char *select; /* the columns, with aliases */
  char *group;  /* what follows WHERE, up to ORDER BY */
  char *order;  /* NULL: none, so best first where there is one search */
  char *limit;
  char outer; /* alias of a table outside that conditions may name; 0: none */
} core;

typedef struct statement {
  core cores[2]; /* two of them: of a compound */
  int core_count;
  /* How the cores are put together: $0 and $1 are their places. */
  char *frame;
  const char *check; /* a statement that changes something: what to look at then */
  const char *check_copy;
  bool ordered; /* the order of rows is part of the answer */
} statement;

/* The same statement for the same number. */
void statement_random(const searchable *subject, uint64_t number, statement *out);
/* One side as SQL; sqlite3_free() it. */
char *statement_sql(const statement *s, const searchable *subject, sides side);
/* An error of the index that is right where the copy has an answer. */
bool statement_may_refuse(const statement *s, const char *error);
void statement_free(statement *s);

#endif
