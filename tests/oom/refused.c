/* refused.c - a statement that is refused, where memory is short as well.
 *
 *     errors BIOBERT_SO
 *
 * Of each statement the first allocation from each place in the extension fails, and one
 * in OOM_REFUSED_STEP (1: each) of all, alone or with all after it: it says that there is
 * no memory, or refuses with its own code and message, and never with those of another.
 * The same connection goes on with all of them; at the end its indexes are as they were,
 * and closing gives everything back. One that succeeds, too: it answers as with memory, or
 * says that there is none. OOM_ONLY: refused statements with this in them. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "fault.h"
#include "step_given.h"

#define MODELS "tests/golden/models/"
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum { MESSAGE = 512, DEFAULT_STEP = 61 };

/* s reads t, o has its own content and a vector, q has no vectors yet, m was made by
 * another model, gone reads what is not there, d is damaged. */
static const char setup[] =
    "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, b); CREATE TABLE queue(id INTEGER "
    "PRIMARY KEY);"
    "INSERT INTO t VALUES(1, 'gene therapy', 'x'), (2, 'heart cell', NULL);"
    "CREATE VIEW w AS SELECT id, a FROM t;"
    "CREATE TABLE empty(paper, included); CREATE TABLE decided(paper, included); INSERT "
    "INTO decided VALUES(1, 1);"
    "CREATE TABLE lost(id INTEGER PRIMARY KEY, a, b); INSERT INTO lost VALUES(1, 'gene', "
    "'x');"
    "CREATE TABLE dropped(id INTEGER PRIMARY KEY, a);"
    "CREATE VIRTUAL TABLE s USING biobert(a, b UNINDEXED, content='t', queue='queue');"
    "INSERT INTO s(s) VALUES('sync');"
    "CREATE VIRTUAL TABLE o USING biobert(a, n INT UNINDEXED);"
    "INSERT INTO o(rowid, a) VALUES(1, 'gene'), (2, 'cell');"
    "CREATE VIRTUAL TABLE q USING biobert(a, content='t');"
    "CREATE VIRTUAL TABLE m USING biobert(a);"
    "INSERT INTO m(a) VALUES('gene');"
    "UPDATE m_config SET v = replace(v, 'layers ', 'layers 9') WHERE k = 'model';"
    "UPDATE m_config SET v = '0000' WHERE k = 'fingerprint';"
    "CREATE VIRTUAL TABLE l USING biobert(a, b UNINDEXED, content='lost', "
    "search='lexical');"
    "INSERT INTO l(l) VALUES('sync'); ALTER TABLE lost RENAME COLUMN b TO c;"
    "CREATE VIRTUAL TABLE gone USING biobert(a, content='dropped', search='lexical');"
    "DROP TABLE dropped;"
    "CREATE VIRTUAL TABLE d USING biobert(a); INSERT INTO d(a) VALUES('gene'), ('cell');"
    "UPDATE d_chunks SET live = zeroblob(length(live));"
    "CREATE VIEW broken AS SELECT gone FROM t;";

static const char *const statements[] = {
    /* Functions */
    "SELECT biobert_vector('x')",
    "SELECT biobert_vector_json(x'000000')",
    "SELECT biobert_embed(x'00')",
    "SELECT biobert_embed('gene', 'nobody')",
    "SELECT biobert_embed_pair('gene', x'00')",
    "SELECT biobert_similarity(x'00', 'gene')",
    "SELECT biobert_similarity(biobert_vector('[1,2]'), 'gene')",
    "SELECT biobert_distance(biobert_vector('[1,2]'), biobert_vector('[1]'))",
    "SELECT biobert_distance('gene', 'cell', 'far')",
    "SELECT biobert_slice(biobert_vector('[1,2]'), 1, 9)",
    "SELECT biobert_slice(biobert_vector('[1,2]'), 'x', 9)",
    "SELECT biobert_normalize('x')",
    "SELECT biobert_mean('x')",
    "SELECT biobert_mean(biobert_vector(column1)) FROM (VALUES ('[1]'), ('[1,2]'))",
    "SELECT biobert_detokenize('[1,')",
    "SELECT biobert_detokenize('[99999]')",
    "SELECT biobert_tokenize(x'00')",
    "SELECT biobert_kmers('ATGCA', 0)",
    "SELECT biobert_residues(x'00')",
    "SELECT biobert_plain(x'00')",
    "SELECT biobert_vocabulary(x'00', 10)",
    "SELECT biobert_vocabulary('a', 0)",
    "SELECT biobert_vocabulary('a', 10, '{')",
    "SELECT biobert_vocabulary('a', 10, '{\"lowercase\":1}')",
    "SELECT biobert_vocabulary('a', column1) FROM (VALUES (10), (11))",
    "SELECT biobert_config('nothing')",
    "SELECT biobert_config('threads', 'x')",
    "SELECT biobert_load('" MODELS "none')",
    "SELECT biobert_load('" MODELS "st_cls', '')",
    "SELECT biobert_load('" MODELS "st_cls', 'x', '{\"pooling\":\"none\"}')",
    "SELECT biobert_load('" MODELS "st_cls', 'x', '{')",
    "SELECT biobert_load('" MODELS "st_cls', 'x', '{\"query_model\":\"nobody\"}')",
    "SELECT biobert_load('" MODELS "st_cls', 'default')",
    "SELECT * FROM biobert_chunks('gene', -1)",
    "SELECT * FROM biobert_chunks(x'00')",
    "SELECT * FROM biobert_tokens(x'00')",
    "SELECT * FROM biobert_hidden_states('gene', 99)",
    "SELECT * FROM biobert_hidden_states(x'00')",
    "SELECT * FROM biobert_attention('gene', 99)",
    "SELECT * FROM biobert_attention('gene', 1, 99)",
    "SELECT * FROM biobert_highlight(biobert_vector('[1,2]'), 'gene')",
    "SELECT * FROM biobert_highlight('gene', x'00')",
    "SELECT * FROM biobert_fill_mask('gene')",
    "SELECT * FROM biobert_entities('gene')",
    "SELECT * FROM biobert_answer('gene', 'cell')",
    "SELECT * FROM biobert_classify('gene')",
    "SELECT biobert_rerank('gene', 'cell')",
    "SELECT * FROM biobert_each('x')",
    "SELECT biobert_fit(a, 'x') FROM t",
    "SELECT biobert_fit(a, x'00') FROM t",
    "SELECT biobert_fit(x'00', id) FROM t",
    "SELECT biobert_fit(a, id, '{\"C\":0}') FROM t",
    "SELECT biobert_fit(a, id, '{\"seed\":' || id || '}') FROM t",
    "SELECT biobert_predict('x', 'gene')",
    "SELECT biobert_predict(x'00', 'gene')",
    "SELECT biobert_predict(biobert_fit(a, id), 'gene', 9.0) FROM t",
    "SELECT biobert_predict(biobert_fit(a, id), x'00') FROM t",
    "SELECT * FROM biobert_classifier('x')",
    "SELECT * FROM biobert_classifier(x'00')",
    "SELECT * FROM biobert_train('translate', 'SELECT 1', 'x')",
    "SELECT * FROM biobert_train('classify', 'DELETE FROM t', 'x')",
    "SELECT * FROM biobert_train('classify', 'SELECT a FROM t', 'x', '{\"steps\":1}')",
    "SELECT * FROM biobert_train('regress', 'SELECT a, 1.5 FROM t UNION ALL SELECT a, 1 "
    "FROM t UNION ALL SELECT a, x''00'' FROM t', 'x')",
    "SELECT * FROM biobert_train('mlm', 'SELECT a FROM t', 'x', "
    "'{\"model\":\"nobody\"}')",
    "SELECT * FROM biobert_train('embed', 'SELECT a, a FROM t', 'x', "
    "'{\"evaluate\":\"SELECT nothing\"}')",
    "SELECT * FROM biobert_train('distil', 'SELECT a FROM t', 'x', '{\"epoch\":1}')",

    /* Creating */
    "CREATE VIRTUAL TABLE x USING biobert(a, nonsense='1')",
    "CREATE VIRTUAL TABLE x USING biobert(a, distance='far')",
    "CREATE VIRTUAL TABLE x USING biobert(a, passage_tokens='99999999999')",
    "CREATE VIRTUAL TABLE x USING biobert(a, nothing, content='t')",
    "CREATE VIRTUAL TABLE x USING biobert(a, content='w')",
    "CREATE VIRTUAL TABLE x USING biobert(a, content='t', content_rowid='none')",
    "CREATE VIRTUAL TABLE x USING biobert()",
    "CREATE VIRTUAL TABLE x USING biobert(a, a)",
    "CREATE VIRTUAL TABLE x USING biobert(rank)",
    "CREATE VIRTUAL TABLE x USING biobert(a, content='t', queue='none')",
    "CREATE VIRTUAL TABLE x USING biobert(a, content='t', queue='queue')",
    "CREATE VIRTUAL TABLE x USING biobert(a, queue='queue')",
    "CREATE VIRTUAL TABLE x USING biobert(a, content='t', vectors='none')",
    "CREATE VIRTUAL TABLE x USING biobert(a, content='t', vectors='b', dimension='x')",
    "CREATE VIRTUAL TABLE x USING biobert(a, tokenize='none')",
    "CREATE VIRTUAL TABLE x USING biobert(a, store='none')",
    "CREATE VIRTUAL TABLE x USING biobert(a 'b)",

    /* Writing */
    "INSERT INTO o(rowid, a) VALUES(1, 'x')",
    "INSERT INTO o(rowid, a) VALUES('one', 'x')",
    "INSERT INTO o(a) VALUES(x'00')",
    "INSERT INTO o(a, vector) VALUES('x', biobert_vector('[1,2]'))",
    "INSERT INTO o(a, vector) VALUES('x', 'no vector')",
    "INSERT INTO o(a, vector) VALUES('x', x'')",
    "INSERT INTO o(a, vector) VALUES('x', x'000000')",
    "UPDATE o SET vector = x'000000' WHERE rowid = 2",
    "UPDATE o SET rowid = 1 WHERE rowid = 2",
    "INSERT INTO o(o) VALUES('nonsense')",
    "INSERT INTO o(o, rank) VALUES('sync', 'x')",
    "INSERT INTO o(o, rank) VALUES('sync', -1)",
    "INSERT INTO s(s, rowid) VALUES('delete', 'x')",
    "INSERT INTO o(o) VALUES('delete-all')",
    "INSERT INTO m(a) VALUES('heart')",
    "INSERT INTO l(l) VALUES('sync')",
    "INSERT INTO gone(gone) VALUES('sync')",
    "INSERT INTO d(d) VALUES('integrity-check')",
    "DELETE FROM d",

    /* Reading */
    "SELECT rowid FROM o WHERE o MATCH 'gene' AND mode = 'none'",
    "SELECT rowid FROM o WHERE o MATCH 'gene' AND k = -1",
    "SELECT rowid FROM o WHERE o MATCH 'gene' AND k = x'31'",
    "SELECT rowid FROM o WHERE o MATCH 'gene' AND k = 'many'",
    "SELECT rowid FROM o WHERE o MATCH 'gene' AND k < 3",
    "SELECT rowid FROM o WHERE o MATCH biobert_vector('[1,2]')",
    "SELECT rowid FROM o WHERE o MATCH x'000000'",
    "SELECT rowid FROM o WHERE words MATCH '('",
    "SELECT rowid FROM o WHERE words MATCH 'gene NOT'",
    "SELECT rowid FROM o WHERE words MATCH '\"gene'",
    "SELECT rowid FROM o WHERE words MATCH 'nothing: gene'",
    "SELECT rowid FROM o WHERE words MATCH 'NEAR(gene cell, x)'",
    "SELECT rowid FROM o WHERE words MATCH x'00'",
    "SELECT rowid FROM o WHERE n MATCH 'gene'",
    "SELECT rowid FROM q WHERE q MATCH 'gene'",
    "SELECT rowid FROM m WHERE m MATCH 'gene'",
    "SELECT b FROM l",
    "SELECT a FROM gone",
    "SELECT rowid FROM gone WHERE gone MATCH 'gene'",
    "SELECT * FROM biobert_status('none')",
    "SELECT * FROM biobert_failures('none')",
    "SELECT * FROM biobert_failures(x'00')",
    "SELECT * FROM biobert_sync('none')",
    "SELECT * FROM biobert_sync('s', -1)",
    "SELECT * FROM biobert_sync('gone')",

    /* Analysis */
    "SELECT * FROM biobert_neighbours('none', 2)",
    "SELECT * FROM biobert_neighbours('main.t', 2)",
    "SELECT * FROM biobert_neighbours('s', 'x')",
    "SELECT * FROM biobert_neighbours('s', 2, 1.5)",
    "SELECT * FROM biobert_novelty(x'00')",
    "SELECT * FROM biobert_duplicates('o', 'x')",
    "SELECT * FROM biobert_duplicates('gone')",
    "SELECT * FROM biobert_duplicate_groups('none')",
    "SELECT * FROM biobert_clusters('s', 0)",
    "SELECT * FROM biobert_clusters('s', 2, -1)",
    "SELECT * FROM biobert_topics('s', 2, 0, 1001)",
    "SELECT * FROM biobert_map('s', 'x')",
    "SELECT * FROM biobert_map('none.s')",
    "SELECT * FROM biobert_screen('s', 'none')",
    "SELECT * FROM biobert_screen('s', 'main.t')",
    "SELECT * FROM biobert_screen('s', 'o')",
    "SELECT * FROM biobert_screen('s', 'queue')",
    "SELECT * FROM biobert_screen('s', x'00')",
    "SELECT * FROM biobert_screen('none', 'empty')",
    "SELECT * FROM biobert_screen('s', 'empty', '{\"every\":1}')",
    "SELECT * FROM biobert_screen('s', 'empty', x'00')",
    "SELECT * FROM biobert_screen('l', 'empty', '{\"features\":\"vectors\"}')",
    "SELECT * FROM biobert_screen_status('s', 'broken')",
    "SELECT * FROM biobert_screen_status('gone', 'empty')",
};

static bool is_wanted(const char *sql) {
  const char *only = getenv("OOM_ONLY");
  return !only || strstr(sql, only);
}

static int run(sqlite3 *db, const char *sql) {
  return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

static sqlite3 *open_with(const char *library, const char *encoding) {
  sqlite3 *db = NULL;
  CHECK_INT(sqlite3_open(":memory:", &db), SQLITE_OK);
  sqlite3_enable_load_extension(db, 1);
  CHECK_INT(sqlite3_load_extension(db, library, NULL, NULL), SQLITE_OK);
  CHECK_INT(run(db, encoding), SQLITE_OK);
  if (run(db, setup) != SQLITE_OK)
    check_fail(__FILE__, __LINE__, "%s", sqlite3_errmsg(db));
  return db;
}

/* The first value of a statement. */
static void ask(sqlite3 *db, const char *sql, char answer[MESSAGE]) {
  sqlite3_stmt *s = NULL;
  sqlite3_snprintf(MESSAGE, answer, "%s", "");
  if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK &&
      sqlite3_step(s) == SQLITE_ROW)
    sqlite3_snprintf(MESSAGE, answer, "%s", sqlite3_column_text(s, 0));
  if (sqlite3_finalize(s) != SQLITE_OK)
    sqlite3_snprintf(MESSAGE, answer, "%s", sqlite3_errmsg(db));
}

static bool ends_in(const char *text, const char *end) {
  const size_t length = strlen(text), most = strlen(end);
  return length >= most && strcmp(text + length - most, end) == 0;
}

/* SQLite may forget a message for want of memory, and so the reason that ours repeats. */
static bool is_refusal(const char *says, const char *message, int code) {
  static const char content[] = "content main.";
  return strcmp(says, message) == 0 || ends_in(says, sqlite3_errstr(code)) ||
         (strstr(says, content) && strstr(message, content)) || strstr(message, says);
}

/* One failure; false: the statement needed no more than it got. */
static bool fail_at(sqlite3 *db, const char *sql, fault_kind kind, long point,
                    const char *message, int code) {
  check_context("%s: allocation %ld fails %s", sql, point, fault_names[kind]);
  fault_arm(kind, point);
  const int rc = run(db, sql);
  const bool failed = fault_disarm();
  if ((rc & 0xff) == SQLITE_NOMEM) return CHECK(failed);
  CHECK_INT(rc, code);
  if (!is_refusal(sqlite3_errmsg(db), message, code))
    CHECK_STR(sqlite3_errmsg(db), message);
  return failed;
}

static long fail_each(sqlite3 *db, const char *sql) {
  const long step = step_given("OOM_REFUSED_STEP", DEFAULT_STEP);
  const fault_places *from = fault_places_begin();
  char message[MESSAGE];
  long points = 0;
  check_context("%s", sql);
  const int code = run(db, sql);
  fault_places_end();
  CHECK(code != SQLITE_OK && code != SQLITE_NOMEM);
  sqlite3_snprintf(MESSAGE, message, "%s", sqlite3_errmsg(db));
  for (long point = 0; point < from->count; point++)
    if (fault_place_is_new(from, point))
      points += fail_at(db, sql, FAULT_ONCE, point, message, code);
  for (int kind = 0; kind < FAULT_KINDS; kind++)
    for (long point = kind * step / FAULT_KINDS;
         fail_at(db, sql, (fault_kind)kind, point, message, code); point += step)
      points++;
  /* It is refused for the same reason afterwards. */
  check_context("%s", sql);
  CHECK_INT(run(db, sql), code);
  CHECK_STR(sqlite3_errmsg(db), message);
  return points;
}

static void test_errors(const char *library, const char *encoding) {
  static const char state[] =
      "SELECT (SELECT group_concat(rowid || a) FROM o) || (SELECT group_concat(rowid || "
      "a || "
      "hex(vector)) FROM s) || (SELECT group_concat(id) FROM t) || (SELECT count(*) FROM "
      "sqlite_schema)";
  char before[MESSAGE], after[MESSAGE];
  long points = 0;
  const sqlite3_int64 used = sqlite3_memory_used();
  sqlite3 *db = open_with(library, encoding);
  ask(db, state, before);
  for (size_t i = 0; i < COUNT(statements); i++) {
    if (!is_wanted(statements[i])) continue;
    check_begin(statements[i]);
    points += fail_each(db, statements[i]);
  }
  check_begin("refused statements without memory have changed nothing");
  check_context("%s", encoding);
  ask(db, state, after);
  CHECK_STR(after, before);
  CHECK_INT(run(db, "INSERT INTO o(o) VALUES('integrity-check')"), SQLITE_OK);
  CHECK_INT(run(db, "INSERT INTO s(s) VALUES('integrity-check')"), SQLITE_OK);
  ask(db, "PRAGMA integrity_check('sqlite_schema')", after);
  CHECK_STR(after, "ok");
  CHECK_INT(sqlite3_close(db), SQLITE_OK);
  CHECK_INT(sqlite3_memory_used(), used);
  printf("  %5ld points: %s\n", points, encoding);
}

/* Statements that succeed ------------------------------------------------------------- */

/* What was not read for want of memory must not be taken for what is not there: labels. */
static const char labelled[] =
    "SELECT labelled || included || advice FROM biobert_screen_status('l', 'decided')";

/* The first row's text; the statement is left as it was before. */
static int answer_of(sqlite3_stmt *s, char answer[MESSAGE]) {
  const char *text = NULL;
  if (sqlite3_step(s) == SQLITE_ROW) text = (const char *)sqlite3_column_text(s, 0);
  sqlite3_snprintf(MESSAGE, answer, "%s", text ? text : "");
  return sqlite3_reset(s);
}

static void test_labels(const char *library) {
  char expected[MESSAGE], answer[MESSAGE];
  sqlite3_stmt *s = NULL;
  sqlite3 *db = open_with(library, "PRAGMA encoding = 'UTF-8'");
  bool failed = true;
  check_begin("labels that are not read for want of memory are not taken for none");
  CHECK_INT(run(db, "DROP VIEW broken; ALTER TABLE lost RENAME COLUMN c TO b"),
            SQLITE_OK);
  CHECK_INT(sqlite3_prepare_v2(db, labelled, -1, &s, NULL), SQLITE_OK);
  CHECK_INT(answer_of(s, expected), SQLITE_OK);
  CHECK(strncmp(expected, "11", 2) == 0);
  for (long point = 0; failed; point++) {
    check_context("allocation %ld fails", point);
    fault_arm(FAULT_ONCE, point);
    const int rc = answer_of(s, answer);
    failed = fault_disarm();
    if (rc == SQLITE_OK)
      CHECK_STR(answer, expected);
    else
      CHECK_INT(rc & 0xff, SQLITE_NOMEM);
  }
  CHECK_INT(sqlite3_finalize(s), SQLITE_OK);
  CHECK_INT(sqlite3_close(db), SQLITE_OK);
}

/* Where SQLite has no FTS5: an index that is there. */
static sqlite3 *open_without_fts5(const char *library) {
  const char *kept[] = {"biobert", NULL};
  sqlite3 *db = NULL;
  CHECK_INT(sqlite3_open(":memory:", &db), SQLITE_OK);
  sqlite3_enable_load_extension(db, 1);
  CHECK_INT(sqlite3_load_extension(db, library, NULL, NULL), SQLITE_OK);
  CHECK_INT(run(db, "CREATE VIRTUAL TABLE s USING biobert(a); INSERT INTO s(a) "
                    "VALUES('gene')"),
            SQLITE_OK);
  sqlite3_drop_modules(db, kept);
  return db;
}

static bool end_without_fts5(const char *library, const char *sql, fault_kind kind,
                             long point) {
  char left[MESSAGE];
  sqlite3 *db = open_without_fts5(library);
  check_context("%s: allocation %ld fails %s", sql, point, fault_names[kind]);
  fault_arm(kind, point);
  const int rc = run(db, sql);
  const bool failed = fault_disarm();
  if (rc != SQLITE_OK) {
    CHECK(failed && (rc & 0xff) == SQLITE_NOMEM);
    CHECK_INT(run(db, sql), SQLITE_OK);
  }
  run(db, "DROP TABLE z");
  ask(db, "SELECT count(*) FROM sqlite_schema", left);
  CHECK_STR(left, "0");
  CHECK_INT(run(db, "CREATE VIRTUAL TABLE f USING fts5(a)"), SQLITE_ERROR);
  CHECK_INT(sqlite3_close(db), SQLITE_OK);
  return failed;
}

/* SQLite reads the whole schema anew for a new name: thousands of allocations. */
static const struct {
  const char *sql;
  long step;
} ends[] = {
    {"DROP TABLE s",              1  },
    {"ALTER TABLE s RENAME TO z", 211},
};

static void test_without_fts5(const char *library) {
  check_begin("an index is dropped and renamed without FTS5, and without memory");
  for (size_t i = 0; i < COUNT(ends); i++)
    for (int kind = 0; kind < FAULT_KINDS && is_wanted(ends[i].sql); kind++)
      for (long point = 0;
           end_without_fts5(library, ends[i].sql, (fault_kind)kind, point);)
        point += ends[i].step;
}

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  sqlite3 *keeper = NULL; /* keeps the model in memory */
  fault_install();
  CHECK_INT(sqlite3_open(":memory:", &keeper), SQLITE_OK);
  sqlite3_enable_load_extension(keeper, 1);
  check_begin("the extension loads");
  CHECK_INT(sqlite3_load_extension(keeper, argv[1], NULL, NULL), SQLITE_OK);
  CHECK(fault_watch(argv[1]));
  CHECK_INT(run(keeper, "SELECT biobert_embed('a'), sha256 FROM biobert_models"),
            SQLITE_OK);
  test_errors(argv[1], "PRAGMA encoding = 'UTF-8'");
  test_errors(argv[1], "PRAGMA encoding = 'UTF-16'");
  test_labels(argv[1]);
  test_without_fts5(argv[1]);
  CHECK_INT(sqlite3_close(keeper), SQLITE_OK);
  return check_report();
}
