/* differential.c - the same statement over the index and over a copy of what the search
 * gives: the answer must be the same, whatever plan SQLite chooses.
 *
 *     BUILD=build/asan build/asan/tests/differential/differential [seed [statements
 * [only]]]
 *
 * The copies are ordinary tables: m has the rows of each search by itself, in order; m0
 * those of a scan; w which rows have some words. First a table of forms (joins in each
 * order, EXISTS, CTEs, ...), then random statements (statement.c) over indexes of several
 * kinds, whose content changes in between. A difference is made smaller and printed; a
 * script that replays it lies in $BUILD/differential. With `only`, just that statement is
 * run and shown. */
#include <sqlite3.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "check.h"
#include "random.h"
#include "search_forms.h"
#include "statement.h"

/* One database lasts for so many statements, its content for fewer. */
enum { STATEMENTS_PER_DATABASE = 250, STATEMENTS_PER_WRITE = 12 };

static sqlite3 *db;
static char build_path[256], library[512];
static double seconds_allowed = 10;
static sqlite3_str *history; /* all that made the database what it is */

static int below(int n) {
  return (int)random_below((size_t)n);
}

static bool chance(int percent) {
  return below(100) < percent;
}

/* Running ---------------------------------------------------------------------------- */

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double deadline;

static int past_deadline(void *unused) {
  (void)unused;
  return now() > deadline;
}

typedef struct answer {
  char **rows;
  int count, capacity;
  char *error; /* NULL: none */
  bool unfinished;
} answer;

static void answer_free(answer *a) {
  for (int i = 0; i < a->count; i++) sqlite3_free(a->rows[i]);
  free(a->rows);
  sqlite3_free(a->error);
  memset(a, 0, sizeof *a);
}

/* Sums of the same numbers in another order differ in the last digits. */
static void append_value(sqlite3_str *s, sqlite3_stmt *stmt, int i) {
  const unsigned char *bytes;
  switch (sqlite3_column_type(stmt, i)) {
  case SQLITE_INTEGER:
    sqlite3_str_appendf(s, "%lld", sqlite3_column_int64(stmt, i));
    break;
  case SQLITE_FLOAT:
    sqlite3_str_appendf(s, "%.9g", sqlite3_column_double(stmt, i));
    break;
  case SQLITE_TEXT:
    sqlite3_str_appendf(s, "%Q", sqlite3_column_text(stmt, i));
    break;
  case SQLITE_BLOB:
    bytes = sqlite3_column_blob(stmt, i);
    sqlite3_str_appendall(s, "x'");
    for (int n = 0; n < sqlite3_column_bytes(stmt, i); n++)
      sqlite3_str_appendf(s, "%02x", bytes[n]);
    sqlite3_str_appendall(s, "'");
    break;
  default:
    sqlite3_str_appendall(s, "NULL");
  }
}

static void add_row(answer *a, sqlite3_stmt *stmt) {
  sqlite3_str *s = sqlite3_str_new(NULL);
  for (int i = 0; i < sqlite3_column_count(stmt); i++) {
    if (i) sqlite3_str_appendall(s, "|");
    append_value(s, stmt, i);
  }
  if (a->count == a->capacity) {
    a->capacity = a->capacity ? 2 * a->capacity : 64;
    a->rows = realloc(a->rows, (size_t)a->capacity * sizeof *a->rows);
    if (!a->rows) abort();
  }
  a->rows[a->count++] = sqlite3_str_finish(s);
}

/* Runs one or several statements; the rows are the last one's. */
static answer ask(const char *sql) {
  answer a = {0};
  deadline = now() + seconds_allowed;
  sqlite3_progress_handler(db, 1000, past_deadline, NULL);
  int rc = SQLITE_OK;
  while (*sql && (rc == SQLITE_OK || rc == SQLITE_DONE)) {
    sqlite3_stmt *stmt = NULL;
    rc = sqlite3_prepare_v2(db, sql, -1, &stmt, &sql);
    if (!stmt) continue;
    while ((rc = sqlite3_step(stmt)) == SQLITE_ROW && a.count < 100000) add_row(&a, stmt);
    sqlite3_finalize(stmt);
  }
  if (rc != SQLITE_OK && rc != SQLITE_DONE)
    a.error = sqlite3_mprintf("%s", sqlite3_errmsg(db));
  a.unfinished = rc == SQLITE_INTERRUPT || rc == SQLITE_ROW;
  sqlite3_progress_handler(db, 0, NULL, NULL);
  return a;
}

/* Changes the database for good: part of the script that replays. */
static bool change(const char *format, ...) {
  va_list args;
  va_start(args, format);
  char *sql = sqlite3_vmprintf(format, args);
  va_end(args);
  char *message = NULL;
  int rc = sqlite3_exec(db, sql, NULL, NULL, &message);
  if (rc != SQLITE_OK) check_fail(__FILE__, __LINE__, "%s: %s", sql, message);
  sqlite3_str_appendf(history, "%s;\n", sql);
  sqlite3_free(sql);
  sqlite3_free(message);
  return rc == SQLITE_OK;
}

static int by_text(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool same(answer *a, answer *b, bool ordered) {
  if (a->error || b->error) return a->error && b->error;
  if (a->count != b->count) return false;
  if (!ordered) {
    if (a->count) qsort(a->rows, (size_t)a->count, sizeof *a->rows, by_text);
    if (b->count) qsort(b->rows, (size_t)b->count, sizeof *b->rows, by_text);
  }
  for (int i = 0; i < a->count; i++)
    if (strcmp(a->rows[i], b->rows[i]) != 0) return false;
  return true;
}

/* Databases -------------------------------------------------------------------------- */

typedef enum content_kind {
  OWN,
  TABLE,
  WITHOUT_ROWID,
  VIEW,
  VECTORS,
  CONTENT_KINDS
} content_kind;

static const struct {
  const char *name, *options;
} kinds[CONTENT_KINDS] = {
    [OWN] = {"own",           NULL                                          },
    [TABLE] = {"table",         "content='p', content_rowid='id'"             },
    [WITHOUT_ROWID] = {"without rowid", "content='p', content_rowid='id'"             },
    [VIEW] = {"view",          "content='pv', content_rowid='id'"            },
    [VECTORS] = {"vectors",       "content='p', content_rowid='id', vectors='v'"},
};

static const char *const all_modes[] = {"hybrid", "semantic", "lexical", NO_FEEDBACK};
static const char *const semantic_modes[] = {"semantic"};
static const char *const lexical_modes[] = {"lexical"};

static const char *const queries[] = {"stroke", "gene therapy", "heart failure aspirin",
                                      "xyzzy", ""};
enum { QUERIES = sizeof queries / sizeof queries[0] };

static const char *const word_queries[] = {"gene", "stroke OR heart", "NOT_A_WORD",
                                           "therapy NOT gene", "ca*"};
enum { WORD_QUERIES = sizeof word_queries / sizeof word_queries[0] };

static searchable the_subject;

static const char *const words[] = {"aspirin", "stroke",  "gene",   "therapy", "heart",
                                    "failure", "protein", "cancer", "the",     "of",
                                    "mouse",   "cell",    "é",      "trial"};
static const char *const shorts[] = {"'a'",      "'b'",   "'B'",   "'b '",
                                     "'Lancet'", "'bmj'", "'BMJ'", "'5'",
                                     "'3.0'",    "''",    "NULL",  "'gene'"};
static const char *const of_any_type[] = {"1",     "2",     "3",    "5",   "2.5",
                                          "3.0",   "'a'",   "'b'",  "'5'", "'3.0'",
                                          "x'61'", "x'62'", "NULL", "1e3", "''"};

static char *some_text(void) {
  sqlite3_str *s = sqlite3_str_new(NULL);
  int count = below(7);
  if (count == 6) {
    sqlite3_str_appendall(s, "NULL");
    return sqlite3_str_finish(s);
  }
  sqlite3_str_appendall(s, "'");
  for (int i = 0; i < count; i++)
    sqlite3_str_appendf(s, "%s%s", i ? " " : "",
                        words[below(sizeof words / sizeof words[0])]);
  sqlite3_str_appendall(s, "'");
  return sqlite3_str_finish(s);
}

#define ONE_OF(array) (array)[below((int)(sizeof(array) / sizeof(array)[0]))]

/* The values of a row: t, t2, j, n, r, u, d, b. */
static char *some_row(void) {
  char *t = some_text(), *t2 = some_text();
  char *n = chance(15) ? sqlite3_mprintf("NULL") : sqlite3_mprintf("%d", below(6));
  char *r = chance(15) ? sqlite3_mprintf("NULL")
                       : sqlite3_mprintf("%d.%d", below(4), 5 * below(2));
  char *row =
      sqlite3_mprintf("%s, %s, %s, %s, %s, %s, %s, %s", t, t2, ONE_OF(shorts), n, r,
                      ONE_OF(of_any_type), ONE_OF(shorts), ONE_OF(of_any_type));
  sqlite3_free(t);
  sqlite3_free(t2);
  sqlite3_free(n);
  sqlite3_free(r);
  return row;
}

#define COLUMNS "t, t2, j, n, r, u, d, b"

static content_kind kind;

static const char *target(void) {
  return kind == OWN ? "s" : "p";
}

static const char *id_name(void) {
  return kind == OWN ? "rowid" : "id";
}

/* A vector as a BLOB literal; sometimes none. */
static char *some_vector(void) {
  sqlite3_str *s = sqlite3_str_new(NULL);
  if (chance(15)) {
    sqlite3_str_appendall(s, "NULL");
    return sqlite3_str_finish(s);
  }
  sqlite3_str_appendall(s, "x'");
  for (int i = 0; i < 32; i++) {
    float x = (float)(below(200) - 100) / 100;
    unsigned char bytes[4];
    memcpy(bytes, &x, 4);
    for (int n = 0; n < 4; n++) sqlite3_str_appendf(s, "%02x", bytes[n]);
  }
  sqlite3_str_appendall(s, "'");
  return sqlite3_str_finish(s);
}

static void insert_row(void) {
  char *row = some_row(), *v = kind == VECTORS ? some_vector() : NULL;
  int id = 1 + below(60);
  change("INSERT INTO %s(%s, " COLUMNS
         "%s) SELECT %d, %s%s%s WHERE NOT EXISTS (SELECT 1 FROM "
         "%s WHERE %s = %d)",
         target(), id_name(), v ? ", v" : "", id, row, v ? ", " : "", v ? v : "",
         target(), id_name(), id);
  sqlite3_free(row);
  sqlite3_free(v);
}

static void update_row(void) {
  static const char *const names[] = {"t", "t2", "j", "n", "r", "u", "d", "b"};
  static const char *const values[] = {"NULL", "'stroke gene'", "'b'",
                                       "3",    "2.5",           "'the mouse'"};
  change("UPDATE %s SET %s = %s WHERE %s %% %d = %d", target(), ONE_OF(names),
         ONE_OF(values), id_name(), 5 + below(20), below(5));
}

#define OF_A_SEARCH "rowid, " COLUMNS ", rank, distance, bm25, document, vector"

static void copy_query(const char *query, const char *mode) {
  bool plain = strcmp(mode, NO_FEEDBACK) == 0;
  change("INSERT INTO m(s, mode, " OF_A_SEARCH ") SELECT %s, '%s', " OF_A_SEARCH
         " FROM s(%s, NULL, '%s'%s)",
         query, mode, query, plain ? "hybrid" : mode, plain ? ", NULL, 0" : "");
}

/* What the searches, the scan and the words give by themselves. */
static void refresh(void) {
  change("DELETE FROM m; DELETE FROM m0; DELETE FROM w");
  for (int mode = 0; mode < the_subject.mode_count; mode++)
    for (int q = 0; q < QUERIES; q++) {
      char *query = sqlite3_mprintf("%Q", queries[q]);
      copy_query(query, the_subject.modes[mode]);
      sqlite3_free(query);
    }
  for (int v = 0; the_subject.vectors && v < 3; v++) {
    char query[64];
    snprintf(query, sizeof query, "(SELECT v FROM vectors WHERE id = %d)", v);
    copy_query(query, "semantic");
  }
  change("INSERT INTO m0(rowid, " COLUMNS ", document, vector) SELECT rowid, " COLUMNS
         ", document, vector FROM s");
  for (int word = 0; the_subject.words && word < the_subject.word_count; word++)
    change("INSERT INTO w SELECT 0, %d, rowid FROM s WHERE words MATCH %Q; INSERT INTO w "
           "SELECT "
           "1, %d, rowid FROM s WHERE t MATCH %Q",
           word, word_queries[word], word, word_queries[word]);
}

static void write_something(void) {
  bool open = !sqlite3_get_autocommit(db);
  if (open && chance(50)) {
    change(chance(50) ? "COMMIT" : "ROLLBACK");
    open = false;
  } else if (!open && chance(30)) {
    change("BEGIN");
    open = true;
  }
  bool rolled_back = open && chance(25);
  if (rolled_back) change("SAVEPOINT inner_");
  for (int i = below(4); i > 0; i--) {
    int what = below(4);
    if (what < 2)
      insert_row();
    else if (what == 2)
      update_row();
    else
      change("DELETE FROM %s WHERE %s = %d", target(), id_name(), 1 + below(60));
  }
  if (kind != OWN && chance(60)) change("INSERT INTO s(s) VALUES('sync')");
  if (rolled_back) change("ROLLBACK TO inner_; RELEASE inner_");
  refresh();
}

static void set_subject(const char *search) {
  the_subject = (searchable){.queries = queries,
                             .query_count = QUERIES,
                             .word_count = WORD_QUERIES,
                             .word_queries = word_queries,
                             .modes = all_modes,
                             .mode_count = 4,
                             .words = true,
                             .own = kind == OWN,
                             .vectors = strcmp(search, "lexical") != 0};
  if (strcmp(search, "semantic") == 0) {
    the_subject.modes = semantic_modes;
    the_subject.mode_count = 1;
    the_subject.words = false;
  } else if (strcmp(search, "lexical") == 0) {
    the_subject.modes = lexical_modes;
    the_subject.mode_count = 1;
  }
}

static void close_database(void) {
  sqlite3_close(db);
  db = NULL;
  sqlite3_free(sqlite3_str_finish(history));
}

static void open_database(content_kind content, const char *search) {
  char *message = NULL;
  kind = content;
  set_subject(search);
  history = sqlite3_str_new(NULL);
  if (!CHECK_INT(sqlite3_open(":memory:", &db), SQLITE_OK)) exit(1);
  sqlite3_enable_load_extension(db, 1);
  if (sqlite3_load_extension(db, library, NULL, &message) != SQLITE_OK) {
    printf("FAILED: %s\n0 passed, 1 failed\n", message);
    exit(1);
  }
  const char *types =
      kind == OWN ? "t TEXT, t2 TEXT, j TEXT, n INTEGER, r REAL, u, d TEXT, b BLOB"
                  : "t TEXT, t2 TEXT COLLATE NOCASE, j TEXT COLLATE NOCASE, n INTEGER, r "
                    "REAL, u, d TEXT COLLATE RTRIM, b BLOB";
  change(
      "CREATE TABLE y(id INTEGER PRIMARY KEY, j TEXT COLLATE NOCASE, n INTEGER, u, q, c "
      "INTEGER); CREATE TABLE z(id, n, j); CREATE INDEX yn ON y(n)");
  for (int i = 0; i < 14; i++)
    change("INSERT OR IGNORE INTO y VALUES(%d, %s, %d, %s, %Q, %d)", 1 + below(40),
           ONE_OF(shorts), below(6), ONE_OF(of_any_type), queries[below(QUERIES)],
           below(5));
  change("CREATE TABLE vectors(id INTEGER PRIMARY KEY, v); INSERT INTO vectors VALUES(0, "
         "biobert_embed('the heart')), (1, biobert_embed('gene')), (2, NULL)");
  change("INSERT INTO y VALUES(50, NULL, NULL, NULL, NULL, NULL)");
  for (int i = 0; i < 7; i++)
    change("INSERT INTO z VALUES(%d, %s, %s)", 1 + below(40), ONE_OF(of_any_type),
           ONE_OF(shorts));
  if (kind != OWN)
    change("CREATE TABLE p(id INTEGER PRIMARY KEY, %s%s)%s", types,
           kind == VECTORS ? ", v BLOB" : "",
           kind == WITHOUT_ROWID ? " WITHOUT ROWID" : "");
  if (kind == TABLE || kind == VECTORS)
    change("CREATE INDEX pj ON p(j); CREATE INDEX pn ON p(n)");
  if (kind == VIEW)
    change("CREATE VIEW pv AS SELECT id, " COLUMNS " FROM p WHERE id <> 17");
  change(
      "CREATE VIRTUAL TABLE s USING biobert(%s%s%s, search='%s')",
      kind == OWN
          ? "t TEXT, t2 TEXT, j TEXT UNINDEXED, n INTEGER UNINDEXED, r REAL UNINDEXED, "
            "u UNINDEXED, d TEXT UNINDEXED, b BLOB UNINDEXED"
          : "t, t2, j UNINDEXED, n UNINDEXED, r UNINDEXED, u UNINDEXED, d UNINDEXED, b "
            "UNINDEXED",
      kinds[kind].options ? ", " : "", kinds[kind].options ? kinds[kind].options : "",
      search);
  for (int i = 20 + below(30); i > 0; i--) insert_row();
  if (kind != OWN) change("INSERT INTO s(s) VALUES('sync')");
  change("CREATE TABLE m(ord INTEGER PRIMARY KEY, s, mode, rowid INTEGER, %s, rank, "
         "distance, bm25, "
         "document, vector); CREATE INDEX mi ON m(s, mode, ord)",
         types);
  change("CREATE TABLE m0(rowid INTEGER PRIMARY KEY, %s, s, k, mode, words, feedback, "
         "rank, distance, "
         "bm25, passage, document, vector); CREATE TABLE w(\"column\", word, rowid)",
         types);
  refresh();
}

/* Comparing -------------------------------------------------------------------------- */

static struct { int run, unfinished, refused, errors; } totals;

/* One side's answer; a statement that changes something is undone. */
static answer answer_of(const statement *s, sides side) {
  char *sql = statement_sql(s, &the_subject, side);
  answer a;
  if (s->check) {
    answer undone = ask("SAVEPOINT try_");
    answer_free(&undone);
    a = ask(sql);
    if (!a.error) {
      answer_free(&a);
      a = ask(side == INDEX_SIDE ? s->check : s->check_copy);
    }
    undone = ask("ROLLBACK TO try_; RELEASE try_");
    answer_free(&undone);
  } else
    a = ask(sql);
  sqlite3_free(sql);
  return a;
}

/* True if the two sides differ. */
static bool differs(const statement *s, answer answers[SIDES]) {
  answers[INDEX_SIDE] = answer_of(s, INDEX_SIDE);
  answers[COPY_SIDE] = answer_of(s, COPY_SIDE);
  const char *error = answers[INDEX_SIDE].error;
  if (answers[COPY_SIDE].unfinished) return false;
  if (error && statement_may_refuse(s, error)) return false;
  return !same(&answers[INDEX_SIDE], &answers[COPY_SIDE], s->ordered);
}

static void forget(answer answers[SIDES]) {
  answer_free(&answers[INDEX_SIDE]);
  answer_free(&answers[COPY_SIDE]);
}

/* Leaves out what is not needed for the difference. */
static void make_smaller(statement *s) {
  answer answers[SIDES];
  for (int i = 0; i < s->core_count; i++)
    for (int n = 0; n < s->cores[i].condition_count; n++) {
      condition *c = &s->cores[i].conditions[n];
      c->off = true;
      if (!differs(s, answers)) c->off = false;
      forget(answers);
    }
  for (int i = 0; i < s->core_count; i++) {
    core *c = &s->cores[i];
    char *limit = c->limit, *order = c->order;
    c->limit = NULL;
    bool still = differs(s, answers);
    forget(answers);
    if (!still) c->limit = limit;
    if (c->limit || !order || !strcmp(s->frame, "$0")) continue;
    c->order = NULL;
    still = differs(s, answers);
    forget(answers);
    if (!still) c->order = order;
  }
}

static void print_answer(const char *name, const answer *a) {
  printf("  %s: ", name);
  if (a->unfinished) {
    printf("did not end within %g s\n", seconds_allowed);
    return;
  }
  if (a->error) {
    printf("error: %s\n", a->error);
    return;
  }
  printf("%d rows\n", a->count);
  for (int i = 0; i < a->count && i < 12; i++) printf("    %.160s\n", a->rows[i]);
}

static void write_script(const char *file, const statement *s) {
  FILE *f = fopen(file, "w");
  if (!f) return;
  fprintf(
      f,
      "-- BIOBERT_MODEL=tests/golden/models/st_mean sqlite3 :memory: < %s\n.load %s\n%s",
      file, library, sqlite3_str_value(history));
  for (int side = 0; side < SIDES; side++) {
    char *sql = statement_sql(s, &the_subject, (sides)side);
    fprintf(f, ".print %s\n", side == INDEX_SIDE ? "index" : "copy");
    if (s->check)
      fprintf(f, "SAVEPOINT try_;\n%s;\n%s;\nROLLBACK TO try_;\n", sql,
              side == INDEX_SIDE ? s->check : s->check_copy);
    else
      fprintf(f, "%s;\n", sql);
    sqlite3_free(sql);
  }
  fclose(f);
}

static void report(statement *s, const char *label) {
  answer answers[SIDES];
  char file[600];
  make_smaller(s);
  differs(s, answers);
  char *index = statement_sql(s, &the_subject, INDEX_SIDE);
  char *copy = statement_sql(s, &the_subject, COPY_SIDE);
  snprintf(file, sizeof file, "%s/differential/%s.sql", build_path, label);
  write_script(file, s);
  check_fail(__FILE__, __LINE__, "%s (%s, search=%s): the index differs from its copy",
             label, kinds[kind].name, the_subject.modes[0]);
  printf("  index: %s\n  copy:  %s\n  %s\n", index, copy, file);
  print_answer("index", &answers[INDEX_SIDE]);
  print_answer("copy", &answers[COPY_SIDE]);
  forget(answers);
  sqlite3_free(index);
  sqlite3_free(copy);
}

static unsigned long long seed;

/* Each statement has numbers of its own, so that one can be repeated. splitmix64. */
static uint64_t mixed(uint64_t number) {
  uint64_t x = seed * 0x9E3779B97F4A7C15u + number * 0xD1B54A32D192ED03u + 1;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

static void try_statement(int number, bool show) {
  statement s;
  answer answers[SIDES];
  statement_random(&the_subject, mixed((uint64_t)number), &s);
  totals.run++;
  bool different = differs(&s, answers);
  if (show) {
    for (int side = 0; side < SIDES; side++) {
      char *sql = statement_sql(&s, &the_subject, (sides)side);
      printf("%s\n", sql);
      sqlite3_free(sql);
    }
    print_answer("index", &answers[INDEX_SIDE]);
    print_answer("copy", &answers[COPY_SIDE]);
  }
  totals.unfinished += answers[COPY_SIDE].unfinished;
  totals.errors += answers[COPY_SIDE].error != NULL;
  totals.refused += answers[INDEX_SIDE].error != NULL && !answers[COPY_SIDE].error;
  if (answers[COPY_SIDE].error && !answers[COPY_SIDE].unfinished) {
    char *sql = statement_sql(&s, &the_subject, COPY_SIDE);
    check_fail(__FILE__, __LINE__, "the copy's statement is wrong: %s: %s",
               answers[COPY_SIDE].error, sql);
    sqlite3_free(sql);
  }
  forget(answers);
  if (different) {
    char label[64];
    snprintf(label, sizeof label, "seed-%llu-%d", seed, number);
    report(&s, label);
  }
  statement_free(&s);
}

static void run_random(int statements, int only) {
  static const char *const searches[] = {"hybrid", "semantic", "hybrid", "lexical"};
  int first = only < 0 ? 0 : only / STATEMENTS_PER_DATABASE * STATEMENTS_PER_DATABASE;
  int end = only < 0 ? statements : only + 1;
  check_begin("random statements over the index and over its copy give the same");
  for (int i = first; i < end; i++) {
    if (i % STATEMENTS_PER_DATABASE == 0) {
      int which = i / STATEMENTS_PER_DATABASE;
      if (db) close_database();
      random_state = mixed((uint64_t)i << 32) | 1;
      open_database((content_kind)(which % CONTENT_KINDS), searches[below(4)]);
    } else if (i % STATEMENTS_PER_WRITE == 0)
      write_something();
    if (only < 0 || i == only) try_statement(i, i == only);
  }
  if (db) close_database();
}

/* The plan test ------------------------------------------------------------------ */

/* The form with its searches in: calls of the index, or tables. */
static char *with_searches(const char *sql, const char *a, const char *b) {
  sqlite3_str *s = sqlite3_str_new(NULL);
  for (const char *p = sql; *p; p++) {
    if (*p == '$' && (p[1] == 'A' || p[1] == 'B'))
      sqlite3_str_appendall(s, *++p == 'A' ? a : b);
    else
      sqlite3_str_appendchar(s, 1, *p);
  }
  return sqlite3_str_finish(s);
}

static void try_form(const search_form *f, const char *a, const char *b,
                     const char *copy_a, const char *copy_b) {
  answer answers[SIDES];
  statement s[SIDES];
  memset(s, 0, sizeof s);
  for (int side = 0; side < SIDES; side++) {
    s[side].frame = with_searches(f->sql, side ? copy_a : a, side ? copy_b : b);
    s[side].check = s[side].check_copy = f->check;
    answers[side] = answer_of(&s[side], (sides)side);
  }
  if (!same(&answers[INDEX_SIDE], &answers[COPY_SIDE], false)) {
    check_fail(__FILE__, __LINE__, "%s", s[INDEX_SIDE].frame);
    print_answer("index", &answers[INDEX_SIDE]);
    print_answer("copy", &answers[COPY_SIDE]);
  }
  forget(answers);
  sqlite3_free(s[INDEX_SIDE].frame);
  sqlite3_free(s[COPY_SIDE].frame);
}

static void copy_search(const char *name, const char *query, const char *limit) {
  change("DROP TABLE IF EXISTS %s; CREATE TABLE %s AS SELECT rowid, * FROM (SELECT rowid "
         "AS \"rowid\", "
         "n, rank, ord FROM m WHERE s = '%s' AND mode = '%s' ORDER BY ord %s)",
         name, name, query, the_subject.modes[0], limit);
}

static void run_forms(void) {
  static const char *const ways[][4] = {
      {"with k",    "s('stroke', 5)", "s('gene therapy', 7)", "LIMIT"},
      {"without k", "s('stroke')",    "s('gene therapy')",    ""     },
  };
  for (int content = 0; content < CONTENT_KINDS; content++) {
    random_state = RANDOM_SEED + (uint64_t)content;
    open_database((content_kind)content,
                  content == WITHOUT_ROWID ? "semantic" : "hybrid");
    for (int way = 0; way < 2; way++) {
      copy_search("ca", "stroke", way ? "" : "LIMIT 5");
      copy_search("cb", "gene therapy", way ? "" : "LIMIT 7");
      for (int i = 0; i < search_form_count; i++) {
        if (search_forms[i].since > sqlite3_libversion_number()) continue;
        check_begin(search_forms[i].sql);
        check_context("%s, %s", kinds[content].name, ways[way][0]);
        try_form(&search_forms[i], ways[way][1], ways[way][2], "ca", "cb");
      }
    }
    close_database();
  }
}

int main(int argc, char **argv) {
  const char *build = getenv("BUILD"), *seconds = getenv("SECONDS_ALLOWED");
  snprintf(build_path, sizeof build_path, "%s", build ? build : "build/release");
  snprintf(library, sizeof library, "%s/biobert.so", build_path);
  char folder[300];
  snprintf(folder, sizeof folder, "%s/differential", build_path);
  mkdir(folder, 0777);
  setenv("BIOBERT_MODEL", "tests/golden/models/st_mean", 0);
  if (seconds) seconds_allowed = strtod(seconds, NULL);
  seed = argc > 1 ? strtoull(argv[1], NULL, 10) : (unsigned long long)time(NULL);
  int statements = argc > 2 ? atoi(argv[2]) : 1500;
  printf("seed %llu, SQLite %s\n", seed, sqlite3_libversion());
  if (argc <= 3) run_forms();
  run_random(statements, argc > 3 ? atoi(argv[3]) : -1);
  printf("%d statements, %d refused, %d of the copy not ended\n", totals.run,
         totals.refused, totals.unfinished);
  return check_report();
}
