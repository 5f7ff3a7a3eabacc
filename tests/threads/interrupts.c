/* interrupts.c - sqlite3_interrupt() from another thread, at random moments of every kind
 * of statement.
 *
 *     INTERRUPTS=10000 SEED=1 build/release/tests/threads/interrupts
 *
 * A statement ends as it would have or with SQLITE_INTERRUPT, and leaves nothing behind:
 * no transaction, no lock, no half of a write, no vector that is another text's. */
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <time.h>

#include "random.h"
#include "threads/threads_database.h"

enum {
  PAPERS = 24,
  BETWEEN_CHECKS = 40, /* interrupts */
  WARM_UPS = 2,
};

static char path[512];
static sqlite3 *db, *other;

/* The thread that interrupts --------------------------------------------------------- */

enum { IDLE, ARMED, FIRING };

static struct {
  sem_t wake;
  atomic_int state;
  atomic_llong due; /* nanoseconds */
  atomic_bool stop;
  long fired;
} interrupter;

static long long nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/* A sleep is not exact; what is left of it is waited for. */
static void wait_until(long long due) {
  enum { INEXACT = 100000 };
  long long left = due - nanoseconds();
  if (left > INEXACT) {
    left -= INEXACT;
    nanosleep(&(struct timespec){left / 1000000000, left % 1000000000}, NULL);
  }
  while (interrupter.state == ARMED && nanoseconds() < due) {
  }
}

static void *interrupt_when_due(void *unused) {
  while (sem_wait(&interrupter.wake) == 0 && !interrupter.stop) {
    wait_until(interrupter.due);
    int armed = ARMED;
    if (!atomic_compare_exchange_strong(&interrupter.state, &armed, FIRING)) continue;
    sqlite3_interrupt(db);
    interrupter.fired++;
    interrupter.state = IDLE;
  }
  return unused;
}

static void arm(long long delay) {
  interrupter.due = nanoseconds() + delay;
  interrupter.state = ARMED;
  sem_post(&interrupter.wake);
}

/* Afterwards nothing is interrupted any more. */
static void disarm(void) {
  int armed = ARMED;
  if (atomic_compare_exchange_strong(&interrupter.state, &armed, IDLE)) return;
  while (interrupter.state != IDLE) {
  }
}

/* What is interrupted ---------------------------------------------------------------- */

typedef struct operation {
  const char *sql;
  bool answers; /* the same rows whatever was done before */
  uint64_t answer;
  long long usual; /* nanoseconds */
} operation;

#define LONG_TEXT "replace(hex(zeroblob(8000)), '00', ' heart failure')"
#define NEW_TEXT "'gene ' || id || ' risk ' || abs(random()) % 1000"

/* `fixed` never changes what it says; `s` is of the table papers, `o` has its own
 * content, of which `copied` has the same rows. */
/* clang-format off */
static operation operations[] = {
    {"SELECT biobert_unload('m') IS NULL; SELECT biobert_load('" TEST_MODELS "st_cls', 'm'); "
     "SELECT biobert_embed('gene', 'm')", true, 0, 0},
    {"SELECT biobert_unload('n') IS NULL; SELECT biobert_load('" TEST_MODELS "bin_zip', 'n'); "
     "SELECT name, fingerprint FROM biobert_models WHERE name = 'n'", true, 0, 0},
    {"SELECT biobert_embed(" LONG_TEXT ")", true, 0, 0},
    {"SELECT biobert_token_count(" LONG_TEXT ")", true, 0, 0},
    {"SELECT id, biobert_embed(t) FROM fixed_papers", true, 0, 0},
    {"SELECT biobert_embed_pair(t, 'trial') FROM fixed_papers", true, 0, 0},
    {"SELECT id, biobert_similarity('a trial', t) AS s FROM fixed_papers ORDER BY s", true, 0, 0},
    {"SELECT biobert_mean(biobert_embed(t)) FROM fixed_papers", true, 0, 0},
    {"SELECT id, biobert_rerank('a trial', t, 'rerank') FROM fixed_papers", true, 0, 0},
    {"SELECT biobert_plain(" LONG_TEXT " || '<b>x</b>')", true, 0, 0},
    {"SELECT * FROM biobert_tokens(" LONG_TEXT ") LIMIT 500", true, 0, 0},
    {"SELECT * FROM biobert_chunks(" LONG_TEXT ", 20, 5) LIMIT 100", true, 0, 0},
    {"SELECT * FROM biobert_highlight('risk', (SELECT group_concat(t, '. ') FROM fixed_papers), 5)", true, 0, 0},
    {"SELECT * FROM biobert_hidden_states('gene therapy of heart failure')", true, 0, 0},
    {"SELECT * FROM biobert_attention('gene therapy of heart failure')", true, 0, 0},
    {"SELECT e.* FROM fixed_papers, biobert_each(biobert_embed(t)) e", true, 0, 0},
    {"SELECT * FROM biobert_fill_mask('gene [MASK] of [MASK]', 20, 'mlm')", true, 0, 0},
    {"SELECT * FROM biobert_logits('gene [MASK]', 2, 'mlm')", true, 0, 0},
    {"SELECT * FROM biobert_entities(" LONG_TEXT ", 'ner') LIMIT 200", true, 0, 0},
    {"SELECT * FROM biobert_answer('what fails', substr(" LONG_TEXT ", 1, 4000), 3, 'qa')", true, 0, 0},
    {"SELECT c.* FROM fixed_papers, biobert_classify(t, 'classes') c", true, 0, 0},
    {"SELECT key FROM biobert_settings; SELECT name FROM biobert_help", true, 0, 0},
    {"SELECT rowid, rank, distance, bm25 FROM fixed('gene risk')", true, 0, 0},
    {"SELECT rowid, rank, distance, bm25, passage FROM fixed WHERE fixed MATCH 'risk of stroke' AND mode = 'hybrid' AND feedback = 0", true, 0, 0},
    {"SELECT rowid, rank, vector FROM fixed WHERE fixed MATCH 'heart' AND mode = 'semantic'", true, 0, 0},
    {"SELECT rowid, rank FROM fixed WHERE fixed MATCH 'gene heart' AND mode = 'lexical' LIMIT 5", true, 0, 0},
    {"SELECT rowid, rank FROM fixed WHERE fixed MATCH (SELECT vector FROM fixed WHERE rowid = 3) AND k = 7", true, 0, 0},
    {"SELECT rowid, bm25 FROM fixed WHERE words MATCH 'gene NOT stroke'", true, 0, 0},
    {"SELECT f.rowid, p.id FROM fixed f JOIN fixed_papers p ON p.id = f.rowid WHERE fixed MATCH 'cell' AND f.t > 'd' LIMIT 9", true, 0, 0},
    {"SELECT rowid, t, vector FROM fixed", true, 0, 0},
    {"SELECT rows, pending, stale, failed FROM biobert_status('fixed'); SELECT * FROM biobert_failures('fixed')", true, 0, 0},
    {"INSERT INTO fixed(fixed) VALUES('optimize')", true, 0, 0},
    {"INSERT INTO fixed(fixed) VALUES('integrity-check')", true, 0, 0},
    {"INSERT INTO fixed(fixed) VALUES('rebuild')", false, 0, 0}, /* synced before it is asked */

    {"DROP TABLE IF EXISTS extra; CREATE VIRTUAL TABLE extra USING biobert(t, content='papers')", false, 0, 0},
    {"DROP TABLE IF EXISTS extra; DROP TABLE IF EXISTS renamed; CREATE VIRTUAL TABLE extra USING biobert(t, store='int8'); "
     "INSERT INTO extra(t) SELECT t FROM fixed_papers; ALTER TABLE extra RENAME TO renamed; SELECT count(*) FROM renamed('gene')", false, 0, 0},
    {"UPDATE papers SET t = " NEW_TEXT " WHERE id % 5 = abs(random()) % 5; INSERT INTO s(s) VALUES('sync')", false, 0, 0},
    {"UPDATE papers SET t = " NEW_TEXT " WHERE id % 3 = abs(random()) % 3; SELECT * FROM biobert_sync('s', 3)", false, 0, 0},
    {"UPDATE papers SET t = " NEW_TEXT "; INSERT INTO s(s, rank) VALUES('sync', 9)", false, 0, 0},
    {"DELETE FROM papers WHERE id = (SELECT min(id) FROM papers); INSERT INTO papers(t) VALUES('cell and stroke'); "
     "SELECT * FROM biobert_sync('s')", false, 0, 0},
    {"INSERT INTO s(s) VALUES('rebuild')", false, 0, 0},
    {"INSERT INTO s(s) VALUES('reset')", false, 0, 0},
    {"INSERT INTO s(s) VALUES('delete-all')", false, 0, 0},
    {"INSERT INTO s(s) VALUES('retry')", false, 0, 0},
    {"INSERT INTO s(s) VALUES('optimize')", false, 0, 0},
    {"BEGIN; DELETE FROM copied WHERE id % 9 = 4; DELETE FROM o WHERE rowid % 9 = 4; COMMIT", false, 0, 0},
    {"BEGIN; INSERT INTO copied(t) SELECT t FROM fixed_papers WHERE id < 6; "
     "INSERT INTO o(rowid, t) SELECT id, t FROM copied WHERE id NOT IN (SELECT rowid FROM o); COMMIT", false, 0, 0},
    {"BEGIN; UPDATE copied SET t = t || ' trial' WHERE id % 4 = 1 AND length(t) < 200; UPDATE o SET t = t || ' trial' "
     "WHERE rowid % 4 = 1 AND length(t) < 200; COMMIT", false, 0, 0},
    {"BEGIN; SAVEPOINT a; INSERT INTO o(t) SELECT t FROM fixed_papers; SELECT * FROM o('gene') LIMIT 3; ROLLBACK TO a; "
     "DELETE FROM o WHERE rowid = (SELECT max(id) FROM copied); DELETE FROM copied WHERE id = (SELECT max(id) FROM copied); COMMIT", false, 0, 0},
    {"INSERT INTO o(o) VALUES('optimize')", false, 0, 0},
    {"INSERT INTO o(o) VALUES('rebuild')", false, 0, 0},
    {"SELECT rowid, rank FROM o('gene heart') LIMIT 4", false, 0, 0},
    {"VACUUM", false, 0, 0},
};
/* clang-format on */
enum { OPERATIONS = sizeof operations / sizeof operations[0] };

static const char setup[] =
    "PRAGMA synchronous = off; CREATE TABLE log(x); CREATE TABLE fixed_papers(id INTEGER "
    "PRIMARY KEY, t TEXT); WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM "
    "c LIMIT 24) INSERT INTO fixed_papers SELECT x, 'gene ' || x || CASE x % 3 WHEN 0 "
    "THEN ' and the risk of stroke' WHEN 1 THEN ' therapy of heart failure' ELSE ' cell' "
    "END FROM c; CREATE TABLE papers(id INTEGER PRIMARY KEY AUTOINCREMENT, t TEXT); "
    "INSERT INTO papers SELECT * FROM fixed_papers; CREATE TABLE copied(id INTEGER "
    "PRIMARY KEY AUTOINCREMENT, t TEXT); INSERT INTO copied SELECT * FROM fixed_papers; "
    "CREATE VIRTUAL TABLE fixed USING biobert(t, content='fixed_papers', store='f32'); "
    "CREATE VIRTUAL TABLE s USING biobert(t, content='papers', store='f32'); CREATE "
    "VIRTUAL TABLE o USING biobert(t, store='f32'); INSERT INTO fixed(fixed) "
    "VALUES('sync'); INSERT INTO s(s) VALUES('sync'); INSERT INTO o(rowid, t) SELECT * "
    "FROM copied";

static const char models[] =
    "SELECT biobert_load('" TEST_MODELS "mlm_cased', 'mlm'), biobert_load('" TEST_MODELS
    "token_cls', 'ner'), biobert_load('" TEST_MODELS "qa', 'qa'), "
    "biobert_load('" TEST_MODELS "multi_label', 'classes'), biobert_load('" TEST_MODELS
    "cross_encoder', 'rerank')";

/* What must hold ----------------------------------------------------------------------
 */

static void check_no_differences(const char *what, const char *sql) {
  if (!CHECK_INT(number(other, sql), 0)) printf("   %s\n", what);
}

/* Everything, after a sync without an interrupt. */
static void check_all(void) {
  must_run(db,
           "INSERT INTO s(s) VALUES('sync'); INSERT INTO fixed(fixed) VALUES('sync')");
  CHECK_INT(number(db, "SELECT count(*) FROM pragma_integrity_check WHERE "
                       "integrity_check <> 'ok'"),
            0);
  must_run(db, "INSERT INTO s(s) VALUES('integrity-check'); INSERT INTO o(o) "
               "VALUES('integrity-check'); INSERT INTO fixed(fixed) "
               "VALUES('integrity-check')");
  CHECK_INT(number(db, "SELECT pending + stale + failed FROM biobert_status('s')"), 0);
  check_no_differences("the rows of s", "SELECT count(*) FROM papers p LEFT JOIN s ON "
                                        "s.rowid = p.id WHERE s.t IS NOT p.t");
  check_no_differences("the vectors of s", "SELECT count(*) FROM papers p JOIN s ON "
                                           "s.rowid = p.id WHERE s.vector IS NOT "
                                           "biobert_embed(p.t)");
  check_no_differences("the rows of o", "SELECT count(*) FROM (SELECT id, t FROM copied "
                                        "EXCEPT SELECT rowid, t FROM o) UNION ALL SELECT "
                                        "count(*) FROM (SELECT rowid, t FROM o EXCEPT "
                                        "SELECT id, t FROM copied) ORDER BY 1 DESC");
  check_no_differences("the vectors of o", "SELECT count(*) FROM o WHERE vector IS NOT "
                                           "biobert_embed(t)");
}

static void check_answer(operation *o, uint64_t answer) {
  if (!CHECK(answer == o->answer)) printf("   another answer: %s\n", o->sql);
}

/* Uninterrupted; the answer is the first one's. */
static void run_whole(operation *o) {
  uint64_t answer;
  long long begun = nanoseconds();
  if (!CHECK_INT(run_hashed(db, o->sql, &answer), SQLITE_OK))
    printf("   %s: %s\n", sqlite3_errmsg(db), o->sql);
  o->usual = nanoseconds() - begun;
  if (o->answers && o->answer == NO_ANSWER) o->answer = answer;
  if (o->answers) check_answer(o, answer);
}

/* SQLite's own ALTER TABLE says in words alone that it was interrupted. */
static bool was_interrupted(int rc) {
  static const char end[] = ": interrupted";
  const char *said = sqlite3_errmsg(db);
  size_t length = strlen(said), max = sizeof end - 1;
  if ((rc & 0xFF) == SQLITE_INTERRUPT) return true;
  return rc == SQLITE_ERROR && strncmp(said, "error in ", 9) == 0 && length > max &&
         strcmp(said + length - max, end) == 0;
}

/* Where FTS5 had a row of its tables open, SQLite leaves the read transaction of a
 * statement that was interrupted to the next one. */
static void end_reading(void) {
  if (sqlite3_txn_state(db, NULL) == SQLITE_TXN_READ) run(db, "SELECT 1 FROM log");
}

static long ended;

static bool interrupt_once(operation *o) {
  uint64_t answer;
  check_context("interrupt %ld: %.90s", interrupter.fired, o->sql);
  arm((long long)random_below((size_t)o->usual + o->usual / 8 + 1000));
  int rc = run_hashed(db, o->sql, &answer);
  disarm();
  if (rc != SQLITE_OK && !was_interrupted(rc))
    check_fail(__FILE__, __LINE__, "%d: %s", rc, sqlite3_errmsg(db));
  if (strncmp(o->sql, "BEGIN", 5) == 0 && !sqlite3_get_autocommit(db))
    must_run(db, "ROLLBACK");
  ended += rc != SQLITE_OK;
  end_reading();
  if (rc == SQLITE_OK && o->answers) check_answer(o, answer);
  if (rc != SQLITE_OK && o->answers && random_below(4) == 0) run_whole(o);
  return CHECK(sqlite3_get_autocommit(db)) &&
         must_run(other, "BEGIN IMMEDIATE; INSERT INTO log VALUES(1); COMMIT");
}

static void interrupt_all(const char *mode, long count) {
  pthread_t thread;
  char *journal = sqlite3_mprintf("PRAGMA journal_mode = %s", mode);
  remove_database(path);
  db = open_loaded(path);
  must_run(db, journal);
  must_run(db, setup);
  must_run(db, models);
  other = open_loaded(path);
  must_run(other, "PRAGMA synchronous = off");
  sqlite3_free(journal);
  interrupter.fired = 0;
  interrupter.stop = false;
  ended = 0;
  for (int i = 0; i < OPERATIONS * WARM_UPS; i++) run_whole(&operations[i % OPERATIONS]);
  check_all();
  sem_init(&interrupter.wake, 0, 0);
  if (!CHECK_INT(pthread_create(&thread, NULL, interrupt_when_due, NULL), 0)) return;
  for (long next = BETWEEN_CHECKS; interrupter.fired < count;) {
    operation *o = &operations[random_below(OPERATIONS)];
    if (strstr(o->sql, "fixed") && interrupter.fired)
      must_run(db, "INSERT INTO fixed(fixed) VALUES('sync')");
    if (!interrupt_once(o)) break;
    if (interrupter.fired < next) continue;
    check_context("interrupt %ld", interrupter.fired);
    check_all();
    next = interrupter.fired + BETWEEN_CHECKS;
  }
  check_all();
  interrupter.stop = true;
  sem_post(&interrupter.wake);
  pthread_join(thread, NULL);
  printf("  %s: %ld interrupts, %ld ended the statement\n", mode, interrupter.fired,
         ended);
  CHECK(ended > 0);
  CHECK_INT(sqlite3_close(db), SQLITE_OK);
  CHECK_INT(sqlite3_close(other), SQLITE_OK);
  remove_database(path);
}

/* An interrupt holds until no statement runs, and what FTS5 leaves open is one. */
static void interrupt_between_statements(void) {
  static const char *const writes[] = {
      "INSERT INTO o(t) VALUES('gene')", "UPDATE o SET t = 'cell' WHERE rowid = 1",
      "DELETE FROM o WHERE rowid = 1", "INSERT INTO o(o) VALUES('integrity-check')",
      "INSERT INTO o(o) VALUES('optimize')"};
  db = open_loaded(":memory:");
  must_run(db, "CREATE VIRTUAL TABLE o USING biobert(t); INSERT INTO o(t) VALUES('gene "
               "therapy'), ('heart failure')");
  for (size_t i = 0; i < sizeof writes / sizeof *writes; i++) {
    check_context("%s", writes[i]);
    must_run(db, "BEGIN");
    must_run(db, writes[i]);
    sqlite3_interrupt(db);
    must_run(db, "SELECT 1");
    must_run(db, "ROLLBACK");
  }
  CHECK_INT(sqlite3_close(db), SQLITE_OK);
}

int main(int argc, char **argv) {
  static const char *const modes[] = {"wal", "delete"};
  find_library(argc, argv);
  snprintf(path, sizeof path, "%s/interrupts.db", build_folder());
  random_state = (uint64_t)rounds_of("SEED", RANDOM_SEED);
  check_begin("an interrupt between two statements of a transaction is forgotten");
  interrupt_between_statements();
  for (int i = 0; i < 2; i++) {
    check_begin(
        "an interrupt from another thread leaves no transaction, no lock, no half "
        "of a write and no other answer");
    interrupt_all(modes[i], rounds_of("INTERRUPTS", 400) / 2);
  }
  return check_report();
}
