/* random_index.h - an index s and, in the same file, a plain table `model` of what must be
 * in it, which SQLite itself rolls back. */
#ifndef BB_TEST_RANDOM_INDEX_H
#define BB_TEST_RANDOM_INDEX_H

#include <stdarg.h>
#include <stdint.h>

#include "loaded.h"
#include "random.h"

enum { MAX_ROWS = 4096, CONNECTIONS = 2, DIMENSION = 32 };

static inline int below(int n) {
  return (int)((random_u64() >> 33) % (uint64_t)n);
}

/* What kind of index is tried. */
typedef enum content_kind { OWN, TABLE, VIEW, VECTORS } content_kind;

typedef struct variant {
  const char *name;
  content_kind content;
  const char *options, *metric;
} variant;

/* clang-format off */
static const variant variants[] = {
    {"own, f16, cosine",          OWN,     "store='f16', search='semantic'",                            "cosine"},
    {"own, f32, l2",              OWN,     "store='f32', distance='l2', search='semantic'",             "l2"    },
    {"own, int8, dot, hybrid",    OWN,     "store='int8', distance='dot'",                              "dot"   },
    {"own, hybrid",               OWN,     "store='f32'",                                               "cosine"},
    {"table, f32, hybrid",        TABLE,   "content='model', content_rowid='id', store='f32'",
     "cosine"                                                                                                   },
    {"table, int8, l2",           TABLE,
     "content='model', store='int8', distance='l2', search='semantic'",                                 "l2"    },
    {"view, f16, dot",            VIEW,    "content='model_view', content_rowid='key', distance='dot'",
     "dot"                                                                                                      },
    {"vectors, f16, cosine",      VECTORS, "content='model', vectors='v', search='semantic'",
     "cosine"                                                                                                   },
    {"vectors, f32, dot, hybrid", VECTORS,
     "content='model', vectors='v', store='f32', distance='dot'",                                       "dot"   },
};
/* clang-format on */

static const variant *v;
static char path[256];
static sqlite3 *dbs[CONNECTIONS];
static sqlite3 *db; /* the one of this step */
static char last_sql[2048];

/* SQL -------------------------------------------------------------------- */

static inline int try_sql(const char *format, ...) {
  va_list args;
  va_start(args, format);
  char *sql = sqlite3_vmprintf(format, args);
  va_end(args);
  snprintf(last_sql, sizeof last_sql, "%s", sql);
  int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
  sqlite3_free(sql);
  return rc;
}

#define MUST_RUN(...)                                                                    \
  (try_sql(__VA_ARGS__) == SQLITE_OK                                                     \
       ? (void)0                                                                         \
       : (void)check_fail(__FILE__, __LINE__, "%s: %s", last_sql, sqlite3_errmsg(db)))

static inline sqlite3_int64 number(const char *format, ...) {
  sqlite3_int64 n = -1;
  va_list args;
  va_start(args, format);
  char *sql = sqlite3_vmprintf(format, args);
  va_end(args);
  sqlite3_stmt *s = NULL;
  if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK &&
      sqlite3_step(s) == SQLITE_ROW)
    n = sqlite3_column_int64(s, 0);
  else
    check_fail(__FILE__, __LINE__, "%s: %s", sql, sqlite3_errmsg(db));
  sqlite3_finalize(s);
  sqlite3_free(sql);
  return n;
}

static inline sqlite3 *connect(void) {
  sqlite3 *new_db = open_loaded(path);
  sqlite3_busy_timeout(new_db, 0);
  return new_db;
}

/* The text of a row as the index joins it, and its expected vector. */
#define JOINED                                                                           \
  "CASE WHEN coalesce(title, '') = '' THEN coalesce(body, '') WHEN coalesce(body, '') "  \
  "= '' THEN title ELSE title || ' ' || body END"

static inline void create(void) {
  MUST_RUN(
      "PRAGMA journal_mode = wal; CREATE TABLE model(id INTEGER PRIMARY KEY, title TEXT, "
      "body "
      "TEXT, year INTEGER, tag TEXT%s, num REAL, anything, v BLOB);"
      "CREATE INDEX by_tag ON model(tag); CREATE INDEX by_year ON model(year);"
      "CREATE VIEW model_view AS SELECT id AS key, title, body, year, tag, num, anything "
      "FROM model",
      v->content == OWN ? "" : " COLLATE NOCASE");
  MUST_RUN("CREATE VIRTUAL TABLE s USING biobert(title TEXT, body TEXT, year INTEGER "
           "UNINDEXED, tag "
           "TEXT UNINDEXED, num REAL UNINDEXED, anything UNINDEXED, %s)",
           v->options);
}

/* Texts and vectors ------------------------------------------------------------------ */

static const char *const words[] = {"aspirin",   "stroke",  "gene",  "therapy", "heart",
                                    "failure",   "protein", "DNA",   "cancer",  "the",
                                    "of",        "and",     "mouse", "cell",    "é",
                                    "α-blocker", "risk",    "trial"};
enum { WORDS = sizeof words / sizeof words[0] };

static inline const char *random_text(char *out, int max) {
  int count = below(max);
  out[0] = '\0';
  for (int i = 0; i < count; i++) {
    strcat(out, i ? " " : "");
    strcat(out, words[below(WORDS)]);
  }
  return out;
}
static inline void random_vector(float *vector) {
  bool zero = below(40) == 0, axis = below(10) == 0;
  for (int i = 0; i < DIMENSION; i++) {
    vector[i] = (float)(below(2001) - 1000) / 500;
    if (axis) vector[i] = i < 2 ? 1 : 0; /* many equal ones */
    if (zero) vector[i] = 0;
  }
}

#endif
