/* brute_force.h - what the index answers, against a scan in double precision and against
 * the conditions that SQLite applies to the model. */
#ifndef BB_TEST_BRUTE_FORCE_H
#define BB_TEST_BRUTE_FORCE_H

#include <math.h>

#include "index/random_index.h"

typedef struct row {
  sqlite3_int64 id;
  double distance;
} row;

static inline double distance_of(const float *q, const float *x) {
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
static inline int fetch(const char *sql, const float *q, row *rows) {
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

static inline bool close_to(double a, double b) {
  return a == b || fabs(a - b) <= 1e-6 * (1 + fabs(a));
}

/* The same ids in the same order; rows closer than 1e-6 may change places.
 */
static inline bool same_rows(const row *got, int n, const row *expected, int m,
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

static inline int by_distance(const void *x, const void *y) {
  const row *a = x, *b = y;
  if (a->distance != b->distance) return a->distance < b->distance ? -1 : 1;
  return a->id < b->id ? -1 : a->id > b->id;
}

/* All rows with a vector, ranked by brute force over column `vector`; documents of
 * several passages by the vector that the search itself says is the best. */
static inline int brute_force(const float *q, row *rows) {
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
static inline void make_condition(char out[256], int which) {
  for (const char *p = conditions[which]; *p; p++)
    *out++ = *p == '#' ? (char)('0' + below(10)) : *p;
  *out = '\0';
}

/* The rows of `all` that the model says pass. */
static inline int filter_rows(const row *all, int count, const char *condition,
                              row *out) {
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

static inline void compare_filtered(const float *q, const row *all, int count) {
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
  int max = passing - from < limit ? passing - from : limit;
  same_rows(got, n, expected + from, max, sql);
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

static inline void compare_distance(const float *q, const row *all, int count) {
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
static inline void compare_hybrid(void) {
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
static inline void compare_vectors(void) {
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

static inline void compare(void) {
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

static inline void check_integrity(void) {
  if (try_sql("INSERT INTO s(s) VALUES('integrity-check')") == SQLITE_OK) return;
  check_fail(__FILE__, __LINE__, "integrity-check: %s", sqlite3_errmsg(db));
}

#endif
