/* test_index.c - the search index against a model: a plain table in the same file, which
 * SQLite itself rolls back, and a scan in double precision.
 *
 *     BUILD=build/asan build/asan/tests/index/test_index [seed [steps]]
 *
 * Random writes, transactions, reopenings and a second connection; after each step the
 * index is searched in many ways and checks itself. A failure prints the seed and the
 * step. */
#include <math.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "random.h"

enum { MAX_ROWS = 4096, CONNECTIONS = 2, DIMENSION = 32 };

static int below(int n) {
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
static char path[256], library[512];
static sqlite3 *dbs[CONNECTIONS];
static sqlite3 *db; /* the one of this step */
static unsigned long long seed;
static int step_number;
static char last_sql[2048];

/* SQL -------------------------------------------------------------------------------- */

static int try_sql(const char *format, ...) {
  va_list args;
  va_start(args, format);
  char *sql = sqlite3_vmprintf(format, args);
  va_end(args);
  snprintf(last_sql, sizeof last_sql, "%s", sql);
  int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
  sqlite3_free(sql);
  return rc;
}

#define RUN(...)                                                                         \
  (try_sql(__VA_ARGS__) == SQLITE_OK                                                     \
       ? (void)0                                                                         \
       : (void)check_fail(__FILE__, __LINE__, "%s: %s", last_sql, sqlite3_errmsg(db)))

static sqlite3_int64 number(const char *format, ...) {
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

static sqlite3 *connect(void) {
  sqlite3 *new_db = NULL;
  char *message = NULL;
  if (!CHECK_INT(sqlite3_open(path, &new_db), SQLITE_OK)) exit(1);
  sqlite3_enable_load_extension(new_db, 1);
  if (sqlite3_load_extension(new_db, library, NULL, &message) != SQLITE_OK) {
    printf("FAILED: %s\n0 passed, 1 failed\n", message);
    exit(1);
  }
  sqlite3_busy_timeout(new_db, 0);
  return new_db;
}

/* The text of a row as the index joins it, and its expected vector. */
#define JOINED                                                                           \
  "CASE WHEN coalesce(title, '') = '' THEN coalesce(body, '') WHEN coalesce(body, '') "  \
  "= '' THEN title ELSE title || ' ' || body END"

static void create(void) {
  RUN("PRAGMA journal_mode = wal; CREATE TABLE model(id INTEGER PRIMARY KEY, title TEXT, "
      "body "
      "TEXT, year INTEGER, tag TEXT%s, num REAL, anything, v BLOB);"
      "CREATE INDEX by_tag ON model(tag); CREATE INDEX by_year ON model(year);"
      "CREATE VIEW model_view AS SELECT id AS key, title, body, year, tag, num, anything "
      "FROM model",
      v->content == OWN ? "" : " COLLATE NOCASE");
  RUN("CREATE VIRTUAL TABLE s USING biobert(title TEXT, body TEXT, year INTEGER "
      "UNINDEXED, tag "
      "TEXT UNINDEXED, num REAL UNINDEXED, anything UNINDEXED, %s)",
      v->options);
}

/* Writing ---------------------------------------------------------------------------- */

static const char *const words[] = {"aspirin",   "stroke",  "gene",  "therapy", "heart",
                                    "failure",   "protein", "DNA",   "cancer",  "the",
                                    "of",        "and",     "mouse", "cell",    "é",
                                    "α-blocker", "risk",    "trial"};
enum { WORDS = sizeof words / sizeof words[0] };

static const char *random_text(char *out, int most) {
  int count = below(most);
  out[0] = '\0';
  for (int i = 0; i < count; i++) {
    strcat(out, i ? " " : "");
    strcat(out, words[below(WORDS)]);
  }
  return out;
}

static const char *random_value(void) {
  static const char *const values[] = {"NULL", "5",     "'5'", "5.0", "'abc'",
                                       "'B'",  "x'05'", "-1",  "0.5", "'5.0'"};
  return values[below(10)];
}

static const char *random_tag(void) {
  static const char *const tags[] = {"'a'", "'A'",  "'b'", "'B c'",
                                     "'7'", "NULL", "7",   "'Abc'"};
  return tags[below(8)];
}

static void random_vector(float *vector) {
  bool zero = below(40) == 0, axis = below(10) == 0;
  for (int i = 0; i < DIMENSION; i++) {
    vector[i] = (float)(below(2001) - 1000) / 500;
    if (axis) vector[i] = i < 2 ? 1 : 0; /* many equal ones */
    if (zero) vector[i] = 0;
  }
}

static sqlite3_int64 some_id(void) {
  return 1 + below(300);
}

/* Sets what the model expects of a row: its text's vector. */
static void expect_text(sqlite3_int64 id) {
  if (v->content != VECTORS)
    RUN("UPDATE model SET v = iif(trim(" JOINED ") = '' OR biobert_token_count(" JOINED
        ") > 48, NULL, biobert_embed(" JOINED ")) WHERE id = %lld",
        id);
}

static void insert_text(const char *verb) {
  char title[512], body[4096];
  sqlite3_int64 id = some_id();
  random_text(title, 6);
  random_text(body, below(10) == 0 ? 120 : 20);
  if (!number("SELECT EXISTS (SELECT 1 FROM model WHERE id = %lld)", id) ||
      strstr(verb, "OR")) {
    const char *value = random_value(), *tag = random_tag();
    int year = below(8);
    RUN("%s INTO model(id, title, body, year, tag, num, anything) VALUES(%lld, %Q, %Q, "
        "%d, %s, "
        "%d / 10.0, %s)",
        verb, id, below(8) ? title : NULL, below(8) ? body : NULL, year, tag, below(10),
        value);
    expect_text(id);
    if (v->content == OWN)
      RUN("%s INTO s(rowid, title, body, year, tag, num, anything) SELECT id, title, "
          "body, year, "
          "tag, num, anything FROM model WHERE id = %lld",
          verb, id);
    if (v->content == OWN) CHECK_INT(sqlite3_last_insert_rowid(db), id);
    return;
  }
  if (v->content != OWN) return;
  /* A row that is there: refused, and nothing has changed. */
  CHECK_INT(try_sql("INSERT INTO s(rowid, title) VALUES(%lld, 'aspirin')", id) & 0xFF,
            SQLITE_CONSTRAINT);
  RUN("INSERT OR IGNORE INTO s(rowid, title) VALUES(%lld, 'aspirin')", id);
}

static void insert_vectors(int count) {
  sqlite3_stmt *model = NULL, *index = NULL;
  if (v->content == TABLE || v->content == VIEW) return;
  sqlite3_prepare_v2(
      db,
      "REPLACE INTO model(id, title, year, tag, num, anything, v) VALUES(?1, "
      "'heart ' || ?1, ?2, 'A', 0.25, 5, ?3)",
      -1, &model, NULL);
  sqlite3_prepare_v2(
      db,
      "REPLACE INTO s(rowid, title, year, tag, num, anything, vector) VALUES(?1, "
      "'heart ' || ?1, ?2, 'A', 0.25, 5, ?3)",
      -1, &index, NULL);
  for (int i = 0; i < count; i++) {
    float vector[DIMENSION];
    sqlite3_int64 id = some_id() + (count > 10 ? below(500) : 0);
    int year = below(8);
    random_vector(vector);
    sqlite3_stmt *both[2] = {model, v->content == OWN ? index : NULL};
    for (int j = 0; j < 2 && both[j]; j++) {
      sqlite3_bind_int64(both[j], 1, id);
      sqlite3_bind_int(both[j], 2, year);
      sqlite3_bind_blob(both[j], 3, vector, sizeof vector, SQLITE_TRANSIENT);
      sqlite3_step(both[j]);
      if (!CHECK_INT(sqlite3_reset(both[j]), SQLITE_OK))
        printf("   %s\n", sqlite3_errmsg(db));
    }
  }
  sqlite3_finalize(model);
  sqlite3_finalize(index);
}

static void update_rows(void) {
  char text[4096];
  sqlite3_int64 id = some_id();
  switch (below(4)) {
  case 0:
    RUN("UPDATE model SET title = %Q WHERE id = %lld", random_text(text, 8), id);
    expect_text(id);
    if (v->content == OWN) RUN("UPDATE s SET title = %Q WHERE rowid = %lld", text, id);
    break;
  case 1:
    RUN("UPDATE model SET year = year + 1, tag = 'Z' WHERE id < %lld", id);
    if (v->content == OWN)
      RUN("UPDATE s SET year = year + 1, tag = 'Z' WHERE rowid < %lld", id);
    break;
  case 2:
    if (number("SELECT EXISTS (SELECT 1 FROM model WHERE id = %lld)", id + 1000)) break;
    /* The text is the same: a vector that was given goes along. */
    RUN("UPDATE model SET id = id + 1000 WHERE id = %lld", id);
    if (v->content == OWN)
      RUN("UPDATE s SET rowid = rowid + 1000 WHERE rowid = %lld", id);
    break;
  default:
    if (v->content != OWN) break;
    RUN("UPDATE s SET vector = (SELECT vector FROM s WHERE rowid = %lld) WHERE rowid = "
        "(SELECT "
        "id FROM s_docs WHERE id = %lld AND vectors = 1)",
        id, id);
  }
}

static void delete_rows(void) {
  sqlite3_int64 id = some_id();
  int width = below(6) ? 1 : 40;
  const char *condition = below(60) ? "BETWEEN" : "NOT BETWEEN";
  RUN("DELETE FROM model WHERE id %s %lld AND %lld", condition, id, id + width - 1);
  if (v->content == OWN)
    RUN("DELETE FROM s WHERE rowid %s %lld AND %lld", condition, id, id + width - 1);
}

/* A statement of several rows that fails at the last: nothing of it may stay. */
static void failing_insert(void) {
  if (v->content != OWN) return;
  sqlite3_int64 before = number("SELECT count(*) FROM s");
  CHECK(
      try_sql(
          "INSERT INTO s(rowid, title) SELECT 5000, 'gene' UNION ALL SELECT 5001, 'cell' "
          "UNION ALL SELECT 5002, x'00'") != SQLITE_OK);
  if (number("SELECT count(*) FROM s_config WHERE k = 'dimension'"))
    CHECK(try_sql(
              "INSERT INTO s(rowid, title, vector) VALUES(5003, 'gene', x'0000803f')") !=
          SQLITE_OK);
  CHECK_INT(number("SELECT count(*) FROM s"), before);
}

/* The index follows its content. */
static void bring_up_to_date(void) {
  if (v->content == OWN) return;
  if (sqlite3_get_autocommit(db) && below(2))
    RUN("SELECT * FROM biobert_sync('s', %d)", 1 + below(100));
  else
    RUN("INSERT INTO s(s) VALUES('sync')");
}

/* Comparing -------------------------------------------------------------------------- */

typedef struct row {
  sqlite3_int64 id;
  double distance;
} row;

static double distance_of(const float *q, const float *x) {
  double dot = 0, qq = 0, xx = 0, dd = 0;
  for (int i = 0; i < DIMENSION; i++) {
    dot += (double)q[i] * x[i];
    qq += (double)q[i] * q[i];
    xx += (double)x[i] * x[i];
    dd += ((double)q[i] - x[i]) * ((double)q[i] - x[i]);
  }
  if (strcmp(v->metric, "dot") == 0) return -dot;
  if (strcmp(v->metric, "l2") == 0) return sqrt(dd);
  return qq == 0 || xx == 0 ? INFINITY : 1 - dot / sqrt(qq) / sqrt(xx);
}

/* Rows of a query whose parameters are the vector and, perhaps, a number. */
static int fetch(const char *sql, const float *q, row *rows) {
  sqlite3_stmt *s = NULL;
  int count = 0, rc;
  if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) != SQLITE_OK) {
    check_fail(__FILE__, __LINE__, "%s: %s", sql, sqlite3_errmsg(db));
    return 0;
  }
  if (sqlite3_bind_parameter_count(s) && q)
    sqlite3_bind_blob(s, 1, q, DIMENSION * sizeof *q, SQLITE_STATIC);
  while ((rc = sqlite3_step(s)) == SQLITE_ROW && count < MAX_ROWS) {
    rows[count].id = sqlite3_column_int64(s, 0);
    rows[count++].distance = sqlite3_column_type(s, 1) == SQLITE_NULL
                                 ? (double)INFINITY
                                 : sqlite3_column_double(s, 1);
  }
  if (rc != SQLITE_DONE)
    check_fail(__FILE__, __LINE__, "%s: %s", sql, sqlite3_errmsg(db));
  sqlite3_finalize(s);
  return count;
}

static bool close_to(double a, double b) {
  return a == b || fabs(a - b) <= 1e-6 * (1 + fabs(a));
}

/* The same ids in the same order; rows closer than 1e-6 may stand in each other's place.
 */
static bool same_rows(const row *got, int n, const row *expected, int m,
                      const char *sql) {
  if (n != m)
    return check_fail(__FILE__, __LINE__, "%d rows, expected %d: %s", n, m, sql);
  for (int i = 0; i < n; i++) {
    if (!close_to(got[i].distance, expected[i].distance))
      return check_fail(
          __FILE__, __LINE__, "row %d: id %lld distance %.9g, expected %lld %.9g: %s", i,
          got[i].id, got[i].distance, expected[i].id, expected[i].distance, sql);
    if (got[i].id == expected[i].id) continue;
    bool near = (i && close_to(expected[i - 1].distance, expected[i].distance)) ||
                (i + 1 < n && close_to(expected[i + 1].distance, expected[i].distance));
    if (!near || expected[i].distance == got[i].distance)
      return check_fail(__FILE__, __LINE__, "row %d is id %lld, expected %lld: %s", i,
                        got[i].id, expected[i].id, sql);
  }
  return true;
}

static int by_distance(const void *x, const void *y) {
  const row *a = x, *b = y;
  if (a->distance != b->distance) return a->distance < b->distance ? -1 : 1;
  return a->id < b->id ? -1 : a->id > b->id;
}

/* All rows with a vector, ranked by brute force over column `vector`; documents of
 * several passages by the vector that the search itself says is the best. */
static int brute_force(const float *q, row *rows) {
  sqlite3_stmt *s = NULL;
  int count = 0;
  sqlite3_prepare_v2(db,
                     "SELECT a.rowid, a.vector, d.vectors, (SELECT vector FROM s WHERE s "
                     "MATCH ?1 AND mode = 'semantic' AND rowid = a.rowid) FROM s a JOIN "
                     "s_docs d ON d.id = "
                     "a.rowid WHERE a.vector IS NOT NULL",
                     -1, &s, NULL);
  sqlite3_bind_blob(s, 1, q, DIMENSION * sizeof *q, SQLITE_STATIC);
  while (sqlite3_step(s) == SQLITE_ROW && count < MAX_ROWS) {
    bool several = sqlite3_column_int(s, 2) > 1;
    float x[DIMENSION];
    if (!CHECK_INT(sqlite3_column_bytes(s, several ? 3 : 1), sizeof x)) break;
    memcpy(x, sqlite3_column_blob(s, several ? 3 : 1), sizeof x);
    rows[count++] = (row){sqlite3_column_int64(s, 0), distance_of(q, x)};
  }
  CHECK_INT(sqlite3_finalize(s), SQLITE_OK);
  qsort(rows, (size_t)count, sizeof *rows, by_distance);
  return count;
}

static const char *const conditions[] = {
    "year = #",
    "year <> #",
    "year > #",
    "year BETWEEN 2 AND #",
    "year IN (1, #, 6)",
    "year > '#'",
    "year IS NOT #",
    "tag = 'B c' OR year = #",
    "tag = 'A' AND year < #",
    "tag COLLATE NOCASE = 'a'",
    "tag COLLATE BINARY = 'a'",
    "tag LIKE 'a%'",
    "tag GLOB 'A*'",
    "tag IS NULL",
    "tag IS NOT NULL AND tag >= 'B'",
    "tag = #",
    "tag IN ('a', 'Z')",
    "tag IN (7, 'b')",
    "num < 0.#",
    "num >= '0.#'",
    "anything = #",
    "anything = '#'",
    "anything IS NULL",
    "anything IS '5'",
    "anything <> 5",
    "anything IN (5, 'B')",
    "anything > 'a'",
    "rowid > #0",
    "rowid BETWEEN 20 AND 1#0",
    "rowid < 1#.5",
    "rowid >= '#0'",
    "rowid < 'abc'",
    "rowid = #",
    "rowid = '#'",
    "rowid IN (1, 2, 3, 50, 100, #)",
    "rowid IN (SELECT id FROM model WHERE year = #)",
    "year = (SELECT #)",
    "length(title) > #", /* what SQLite never shows to a table: from here on */
    "year + 0 = #",
    "tag || 'x' = 'Ax'",
};
enum { CONDITIONS = sizeof conditions / sizeof conditions[0], PUSHED = CONDITIONS - 3 };

/* The condition with a digit for each #. */
static void make_condition(char out[256], int which) {
  for (const char *p = conditions[which]; *p; p++)
    *out++ = *p == '#' ? (char)('0' + below(10)) : *p;
  *out = '\0';
}

/* The rows of `all` that the model says pass. */
static int filter_rows(const row *all, int count, const char *condition, row *out) {
  static row passing[MAX_ROWS];
  char sql[1024];
  snprintf(sql, sizeof sql, "SELECT id, 0 FROM model WHERE (%s) ORDER BY id", condition);
  int passed = fetch(sql, NULL, passing), kept = 0;
  for (int i = 0; i < count; i++) {
    int low = 0, high = passed;
    while (low < high) {
      int middle = (low + high) / 2;
      if (passing[middle].id < all[i].id)
        low = middle + 1;
      else
        high = middle;
    }
    if (low < passed && passing[low].id == all[i].id) out[kept++] = all[i];
  }
  return kept;
}

static void compare_filtered(const float *q, const row *all, int count) {
  static row expected[MAX_ROWS], got[MAX_ROWS];
  char condition[256], sql[1024];
  int which = below(CONDITIONS);
  make_condition(condition, which);
  int passing = filter_rows(all, count, condition, expected);
  int limit = below(3) ? 1 + below(20) : 1000000, offset = below(3) ? 0 : below(10);
  snprintf(sql, sizeof sql,
           "SELECT rowid, distance FROM s WHERE s MATCH ?1 AND mode = 'semantic' "
           "AND (%s) ORDER BY rank LIMIT %d OFFSET %d",
           condition, limit, offset);
  int n = fetch(sql, q, got);
  int from = offset < passing ? offset : passing;
  int most = passing - from < limit ? passing - from : limit;
  same_rows(got, n, expected + from, most, sql);
  snprintf(
      sql, sizeof sql,
      "SELECT m.id, s.distance FROM %s WHERE s MATCH ?1 AND mode = "
      "'semantic' AND m.id IN (SELECT id FROM model WHERE %s) ORDER BY s.rank LIMIT %d",
      below(2) ? "s JOIN model m ON m.id = s.rowid"
               : "model m CROSS JOIN s ON s.rowid = m.id",
      condition, limit);
  n = fetch(sql, q, got);
  same_rows(got, n, expected, passing < limit ? passing : limit, sql);
  if (which >= PUSHED || strstr(condition, " OR ")) return;
  int k = below(30);
  snprintf(sql, sizeof sql, "SELECT rowid, distance FROM s(?1, %d, 'semantic') WHERE %s",
           k, condition);
  /* A rowid is looked for among the k; every other condition counts before k. */
  if (strncmp(condition, "rowid = ", 8) == 0)
    passing = filter_rows(all, k < count ? k : count, condition, expected);
  n = fetch(sql, q, got);
  same_rows(got, n, expected, passing < k ? passing : k, sql);
}

static void compare_distance(const float *q, const row *all, int count) {
  static row got[MAX_ROWS];
  char sql[512];
  if (!count) return;
  double limit = all[below(count)].distance;
  if (isinf(limit)) return;
  limit += 1e-4 * (1 + fabs(limit)); /* between rows */
  int expected = 0;
  while (expected < count && all[expected].distance < limit) expected++;
  if (expected < count && close_to(all[expected].distance, limit)) return;
  snprintf(sql, sizeof sql,
           "SELECT rowid, distance FROM s WHERE s = ?1 AND mode = 'semantic' AND "
           "distance < %.17g",
           limit);
  int n = fetch(sql, q, got);
  same_rows(got, n, all, expected, sql);
}

/* Hybrid: sorted by rank and rowid, and a row's rank is the same whatever is asked
 * besides. */
static void compare_hybrid(void) {
  static row all[MAX_ROWS], expected[MAX_ROWS], got[MAX_ROWS];
  char condition[256], sql[1024], text[512];
  if (strstr(v->options, "semantic") || v->content == VECTORS) return;
  random_text(text, 5);
  const char *mode = below(3) ? "hybrid" : "lexical";
  snprintf(sql, sizeof sql,
           "SELECT rowid, rank FROM s WHERE s MATCH '%s' AND mode = '%s'", text, mode);
  int count = fetch(sql, NULL, all);
  for (int i = 1; i < count; i++)
    if (by_distance(&all[i - 1], &all[i]) >= 0) {
      check_fail(__FILE__, __LINE__, "row %d out of order: %s", i, sql);
      return;
    }
  make_condition(condition, below(PUSHED));
  int passing = filter_rows(all, count, condition, expected), k = 1 + below(20);
  snprintf(sql, sizeof sql,
           "SELECT rowid, rank FROM s WHERE s MATCH '%s' AND mode = '%s' AND (%s) "
           "LIMIT %d",
           text, mode, condition, k);
  int n = fetch(sql, NULL, got);
  same_rows(got, n, expected, passing < k ? passing : k, sql);
}

/* The vectors are those of the texts, or those that were given. */
static void compare_vectors(void) {
  sqlite3_int64 wrong =
      number("SELECT count(*) FROM (SELECT m.v AS a, s.vector AS b FROM model m LEFT "
             "JOIN s ON s.rowid = "
             "m.id LEFT JOIN s_docs d ON d.id = m.id WHERE coalesce(d.vectors, 1) < 2) "
             "WHERE (a IS NULL) <> "
             "(b IS NULL) OR biobert_distance(a, b, 'l2') > 0.02 * "
             "(1e-6 + biobert_distance(a, "
             "biobert_vector('[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,"
             "0,0,0,0,0,0,0,0]'), 'l2'))");
  if (!CHECK_INT(wrong, 0)) puts(last_sql);
  CHECK_INT(number("SELECT count(*) FROM s"), number("SELECT count(*) FROM model"));
}

static void compare(void) {
  static row all[MAX_ROWS], got[MAX_ROWS];
  float q[DIMENSION];
  random_vector(q);
  if (below(3) == 0) {
    sqlite3_stmt *s = NULL;
    sqlite3_prepare_v2(db, "SELECT vector FROM s WHERE vector IS NOT NULL LIMIT 1", -1,
                       &s, NULL);
    if (sqlite3_step(s) == SQLITE_ROW && sqlite3_column_bytes(s, 0) == sizeof q)
      memcpy(q, sqlite3_column_blob(s, 0), sizeof q);
    sqlite3_finalize(s);
  }
  int count = brute_force(q, all);
  static const char sql[] =
      "SELECT rowid, distance FROM s WHERE s MATCH ?1 AND mode = 'semantic'";
  int n = fetch(sql, q, got);
  if (!same_rows(got, n, all, count, sql)) return;
  for (int i = 0; i < 3; i++) compare_filtered(q, got, n);
  compare_distance(q, got, n);
  compare_hybrid();
}

static void check_integrity(void) {
  if (try_sql("INSERT INTO s(s) VALUES('integrity-check')") == SQLITE_OK) return;
  check_fail(__FILE__, __LINE__, "integrity-check: %s", sqlite3_errmsg(db));
}

/* Steps ------------------------------------------------------------------------------ */

static int savepoints;

static void transaction_step(void) {
  if (sqlite3_get_autocommit(db)) {
    RUN("BEGIN");
    savepoints = 0;
    return;
  }
  switch (below(6)) {
  case 0:
    RUN("COMMIT");
    break;
  case 1:
    RUN("ROLLBACK");
    break;
  case 2:
  case 3:
    RUN("SAVEPOINT p%d", ++savepoints);
    break;
  case 4:
    if (!savepoints) break;
    savepoints = 1 + below(savepoints);
    RUN("ROLLBACK TO p%d", savepoints);
    break;
  default:
    if (savepoints) RUN("RELEASE p%d", savepoints--);
  }
}

static void reopen(int which) {
  if (!sqlite3_get_autocommit(dbs[which])) return;
  CHECK_INT(sqlite3_close(dbs[which]), SQLITE_OK);
  dbs[which] = connect();
  db = dbs[which];
}

static void write_step(void) {
  switch (below(12)) {
  case 0:
  case 1:
  case 2:
  case 3:
    insert_text("INSERT");
    break;
  case 4:
    insert_text("INSERT OR REPLACE");
    break;
  case 5:
    insert_vectors(1 + below(5));
    break;
  case 6:
  case 7:
  case 8:
    update_rows();
    break;
  case 9:
  case 10:
    delete_rows();
    break;
  default:
    if (below(8) == 0) insert_vectors(400);
    failing_insert();
  }
}

static void rare_step(int which) {
  switch (below(5)) {
  case 0:
    RUN("INSERT INTO s(s) VALUES('optimize')");
    break;
  case 1:
    reopen(which);
    break;
  case 2:
    RUN("ALTER TABLE s RENAME TO \"other \"\"name\"");
    RUN("ALTER TABLE \"other \"\"name\" RENAME TO s");
    break;
  case 3:
    if (sqlite3_get_autocommit(dbs[0]) && sqlite3_get_autocommit(dbs[1])) RUN("VACUUM");
    break;
  default:
    if (v->content == TABLE && !below(2)) RUN("INSERT INTO s(s) VALUES('rebuild')");
  }
}

static void run_step(void) {
  int which = below(4) == 0;
  db = dbs[which];
  bool other_writes = !sqlite3_get_autocommit(dbs[!which]);
  if (other_writes) { /* an older state, which has to be seen whole */
    if (!sqlite3_get_autocommit(db)) RUN("COMMIT");
    if (number("SELECT count(*) FROM model") && number("SELECT count(*) FROM s_docs"))
      compare();
    return;
  }
  int action = below(20);
  if (action < 12)
    write_step();
  else if (action < 18)
    transaction_step();
  else
    rare_step(which);
  bring_up_to_date();
  compare_vectors();
  compare();
  check_integrity();
  /* A read leaves no transaction open that the other connection would wait for. */
  if (!sqlite3_get_autocommit(db) && which == 1) RUN("COMMIT");
}

static void run_variant(int steps) {
  unlink(path);
  dbs[0] = connect();
  db = dbs[0];
  create();
  dbs[1] = connect();
  for (step_number = 0; step_number < steps && !check_state.failures; step_number++) {
    check_context("%s, seed %llu, step %d", v->name, seed, step_number);
    run_step();
  }
  for (int i = 0; i < CONNECTIONS; i++) {
    db = dbs[i];
    if (!sqlite3_get_autocommit(db)) RUN("COMMIT");
    CHECK_INT(sqlite3_close(db), SQLITE_OK);
  }
}

/* One-off statements ----------------------------------------------------------------- */

static void test_open_cursor(void) {
  static row expected[MAX_ROWS];
  v = &variants[0];
  unlink(path);
  db = connect();
  create();
  check_begin("an open search keeps its answers while the same connection writes");
  for (int i = 0; i < 300; i++)
    RUN("INSERT INTO s(title, year) VALUES('%s %s', %d)", words[below(WORDS)],
        words[below(WORDS)], i % 5);
  static const char sql[] =
      "SELECT rowid, distance, vector FROM s WHERE s MATCH 'gene therapy'";
  int count = fetch(sql, NULL, expected);
  sqlite3_stmt *s = NULL;
  CHECK_INT(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
  for (int i = 0; i < count; i++) {
    if (!CHECK_INT(sqlite3_step(s), SQLITE_ROW)) break;
    check_context("row %d", i);
    CHECK_INT(sqlite3_column_int64(s, 0), expected[i].id);
    CHECK(close_to(sqlite3_column_double(s, 1), expected[i].distance));
    if (i % 10 == 0)
      RUN("UPDATE s SET title = 'stroke' WHERE rowid = %d", 1 + below(300));
    if (i % 10 == 5) RUN("INSERT INTO s(title) VALUES('gene therapy')");
    if (i == 100) RUN("INSERT INTO s(s) VALUES('optimize')");
  }
  CHECK_INT(sqlite3_step(s), SQLITE_DONE);
  CHECK_INT(sqlite3_finalize(s), SQLITE_OK);
  check_begin("a search of a state that was rolled back ends with an error, not with "
              "another state");
  RUN("BEGIN; INSERT INTO s(title) SELECT 'heart' FROM s");
  CHECK_INT(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
  CHECK_INT(sqlite3_step(s), SQLITE_ROW);
  RUN("ROLLBACK");
  int rc;
  while ((rc = sqlite3_step(s)) == SQLITE_ROW) continue;
  CHECK_INT(rc & 0xFF, SQLITE_ABORT);
  sqlite3_finalize(s);
  check_integrity();
  check_begin("an index that is dropped while biobert_sync() runs is reported");
  RUN("CREATE VIRTUAL TABLE c USING biobert(title, content='model')");
  RUN("INSERT INTO model(title) SELECT 'gene ' || title FROM s LIMIT 20");
  CHECK_INT(sqlite3_prepare_v2(db, "SELECT * FROM biobert_sync('c', 5)", -1, &s, NULL),
            SQLITE_OK);
  CHECK_INT(sqlite3_step(s), SQLITE_ROW);
  CHECK_INT(try_sql("DROP TABLE c"), SQLITE_LOCKED);
  sqlite3 *first = db, *second = connect();
  db = second;
  RUN("DROP TABLE c");
  db = first;
  CHECK_INT(sqlite3_step(s),
            SQLITE_BUSY); /* a commit by another connection, in WAL mode */
  sqlite3_finalize(s);
  check_begin("an index over itself is an error");
  RUN("CREATE VIEW loop AS SELECT rowid AS key, title FROM s2");
  RUN("CREATE VIRTUAL TABLE s2 USING biobert(title, content='loop', "
      "content_rowid='key')");
  CHECK_INT(try_sql("SELECT * FROM s2"), SQLITE_ERROR);
  CHECK_INT(try_sql("INSERT INTO s2(s2) VALUES('sync')"), SQLITE_ERROR);
  check_begin("a schema that another connection changes");
  db = second;
  RUN("CREATE TABLE extra(x); INSERT INTO s(title) VALUES('aspirin')");
  db = first;
  CHECK(number("SELECT count(*) FROM s WHERE s MATCH 'aspirin'") > 0);
  RUN("SELECT * FROM biobert_status('s')");
  db = second;
  RUN("DROP TABLE s");
  db = first;
  CHECK_INT(try_sql("SELECT * FROM s"), SQLITE_ERROR);
  CHECK_INT(sqlite3_close(second), SQLITE_OK);
  CHECK_INT(sqlite3_close(first), SQLITE_OK);
}

int main(int argc, char **argv) {
  const char *build = getenv("BUILD");
  snprintf(library, sizeof library, "%s/biobert.so", build ? build : "build/release");
  snprintf(path, sizeof path, "%s/test_index.db", build ? build : "build/release");
  setenv("BIOBERT_MODEL", "tests/golden/models/st_mean", 0);
  seed = argc > 1 ? strtoull(argv[1], NULL, 10) : (unsigned long long)time(NULL);
  int steps = argc > 2 ? atoi(argv[2]) : 120;
  printf("seed %llu\n", seed);
  for (size_t i = 0; i < sizeof variants / sizeof variants[0]; i++) {
    v = &variants[i];
    random_state = (seed + 1) * 0x9E3779B97F4A7C15u + i;
    check_begin(v->name);
    run_variant(steps);
  }
  test_open_cursor();
  unlink(path);
  return check_report();
}
