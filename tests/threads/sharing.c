/* sharing.c - threads that share a file, one model cache and one connection.
 *
 *     MODE=tsan ROUNDS=200 SEED=1 build/tsan/tests/threads/sharing
 *
 * Each thread does something at random, again and again: opens and closes connections,
 * loads and unloads models, embeds, searches, syncs, writes, changes settings, interrupts
 * the others. A vector is always that of its text, and no code comes but those that
 * other connections are a reason for. The thread sanitizer says the rest. */
#include <math.h>
#include <pthread.h>

#include "random.h"
#include "threads/threads_database.h"

enum { THREADS = 6, DIMENSION = 32, TEXTS = 4 };

/* Instruction sets, and so the last bits, change while the test runs. */
static const double BITS_OF_ANOTHER_CPU = 1e-5;

static const char *const texts[TEXTS] = {"aspirin", "gene therapy of heart failure",
                                         "the risk of a second stroke", ""};
static float vectors[TEXTS][DIMENSION];

static char path[512];
static sqlite3 *shared; /* one serialized connection, in memory */

/* The framework is not made for threads. */
static pthread_mutex_t report_lock = PTHREAD_MUTEX_INITIALIZER;

__attribute__((format(printf, 1, 2))) static void report(const char *format, ...) {
  char text[1024];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  pthread_mutex_lock(&report_lock);
  check_fail(__FILE__, __LINE__, "%s", text);
  pthread_mutex_unlock(&report_lock);
}

/* Threads ---------------------------------------------------------------------------- */

typedef struct worker {
  pthread_t thread;
  uint64_t random;
  pthread_mutex_t lock; /* of db: who interrupts must not meet a closed one */
  sqlite3 *db;          /* NULL: none is open */
} worker;

static worker workers[THREADS];

static size_t below(worker *w, size_t n) {
  w->random ^= w->random >> 12;
  w->random ^= w->random << 25;
  w->random ^= w->random >> 27;
  return (size_t)((w->random * 0x2545F4914F6CDD1Du) >> 33) % n;
}

/* What other connections, and interrupts, are a reason for. A shared connection has
 * statements of several threads: one that is rolled back aborts the others. */
static bool is_allowed(int rc, bool is_shared) {
  switch (rc & 0xFF) {
  case SQLITE_OK:
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
  case SQLITE_INTERRUPT:
    return true;
  case SQLITE_ABORT:
    return is_shared;
  default:
    return false;
  }
}

static void try_run(sqlite3 *db, const char *sql) {
  char *message = NULL;
  int rc = sqlite3_exec(db, sql, NULL, NULL, &message);
  if (!is_allowed(rc, db == shared))
    report("%d: %s: %s", rc, message ? message : "", sql);
  sqlite3_free(message);
}

static void open_own(worker *w) {
  char *message = NULL;
  sqlite3 *made = NULL;
  sqlite3_open(below(w, 4) ? path : ":memory:", &made);
  sqlite3_busy_timeout(made, (int)below(w, 3) * 50);
  sqlite3_enable_load_extension(made, 1);
  int rc = sqlite3_load_extension(made, library, NULL, &message);
  if (rc != SQLITE_OK) report("load: %d: %s", rc, message ? message : "");
  sqlite3_free(message);
  pthread_mutex_lock(&w->lock);
  w->db = made;
  pthread_mutex_unlock(&w->lock);
}

static void close_own(worker *w) {
  pthread_mutex_lock(&w->lock);
  sqlite3 *db = w->db;
  w->db = NULL;
  pthread_mutex_unlock(&w->lock);
  int rc = sqlite3_close(db);
  if (rc != SQLITE_OK) report("close: %d", rc);
}

/* What they do ----------------------------------------------------------------------- */

static void check_vector(const void *blob, int bytes, int text) {
  float got[DIMENSION];
  if (bytes != sizeof got) {
    report("a vector of %d bytes: %s", bytes, texts[text]);
    return;
  }
  memcpy(got, blob, sizeof got);
  for (int i = 0; i < DIMENSION; i++)
    if (!(fabs((double)got[i] - (double)vectors[text][i]) <= BITS_OF_ANOTHER_CPU)) {
      report("value %d of '%s' is %.9g, not %.9g", i, texts[text], (double)got[i],
             (double)vectors[text][i]);
      return;
    }
}

static void embed(worker *w, sqlite3 *db) {
  sqlite3_stmt *s = NULL;
  int text = (int)below(w, TEXTS), step = SQLITE_DONE;
  int rc = sqlite3_prepare_v2(db, "SELECT biobert_embed(?1)", -1, &s, NULL);
  if (rc == SQLITE_OK) rc = sqlite3_bind_text(s, 1, texts[text], -1, SQLITE_STATIC);
  if (rc == SQLITE_OK) step = sqlite3_step(s);
  if (step == SQLITE_ROW)
    check_vector(sqlite3_column_blob(s, 0), sqlite3_column_bytes(s, 0), text);
  int ended = sqlite3_finalize(s);
  if (!is_allowed(rc ? rc : ended, db == shared)) report("embed: %d", rc ? rc : ended);
}

/* In one statement what other threads must not come between: the names of the shared
 * connection are everybody's. */
static const char *const of_any[] = {
    "SELECT biobert_unload('a'), biobert_load('" TEST_MODELS "st_mean', 'a')",
    "SELECT biobert_unload('b'), biobert_load('" TEST_MODELS
    "st_cls', 'b'), biobert_embed('x', 'b')",
    "SELECT biobert_unload('c'), biobert_load('" TEST_MODELS
    "st_mean', 'c', '{\"precision\": \"int8\"}')",
    "SELECT biobert_unload('a'); SELECT biobert_unload('b'); SELECT biobert_unload('c')",
    "SELECT biobert_unload('default')",
    "SELECT name, sha256, fingerprint, notes FROM biobert_models",
    "SELECT * FROM biobert_settings; SELECT biobert_build()",
    "SELECT token FROM biobert_tokens('gene therapy of heart failure')",
    "SELECT max(weight) FROM biobert_attention('gene therapy of heart failure')",
    "SELECT biobert_config('threads', 1)",
    "SELECT biobert_config('threads', 2)",
    "SELECT biobert_config('threads', 4)",
    "SELECT biobert_config('memory_limit', 1)",
    "SELECT biobert_config('memory_limit', 100000000)",
    "SELECT biobert_config('cpu', 'scalar')",
    "SELECT biobert_embed(replace(hex(zeroblob(4000)), '00', ' heart failure'))",
};

static const char *const of_file[] = {
    "SELECT rowid, rank FROM s('gene heart') LIMIT 5",
    "SELECT rowid, rank FROM s WHERE s MATCH 'risk' AND mode = 'semantic'",
    "SELECT rowid, rank FROM s WHERE s MATCH 'risk' AND mode = 'lexical'",
    "SELECT rowid FROM s WHERE words MATCH 'gene' AND t > 'h'",
    "SELECT rowid, vector FROM s",
    "SELECT rowid, rank FROM o('heart') LIMIT 3",
    "SELECT * FROM biobert_status('s'); SELECT * FROM biobert_failures('s')",
    "INSERT INTO papers(t) VALUES('gene ' || abs(random()) % 100)",
    "DELETE FROM papers WHERE id > 60",
    "UPDATE papers SET t = t || ' risk' WHERE id = abs(random()) % 20 AND length(t) < 99",
    "SELECT * FROM biobert_sync('s', 4)",
    "INSERT INTO s(s, rank) VALUES('sync', 5)",
    "INSERT INTO s(s) VALUES('optimize')",
    "INSERT INTO s(s) VALUES('integrity-check')",
    "INSERT INTO o(t) VALUES('heart failure and gene ' || abs(random()) % 9)",
    "DELETE FROM o WHERE rowid > 30",
};

#define ONE_OF(w, list) ((list)[below(w, sizeof(list) / sizeof *(list))])

static bool is_of_file(sqlite3 *db) {
  const char *name = sqlite3_db_filename(db, "main");
  return name && *name;
}

static void interrupt_someone(worker *w) {
  worker *other = &workers[below(w, THREADS)];
  pthread_mutex_lock(&other->lock);
  if (other->db) sqlite3_interrupt(other->db);
  pthread_mutex_unlock(&other->lock);
  if (below(w, 4) == 0) sqlite3_interrupt(shared);
}

static void act(worker *w) {
  sqlite3 *db = below(w, 4) ? w->db : shared;
  switch (below(w, 8)) {
  case 0:
    close_own(w);
    open_own(w);
    break;
  case 1:
    interrupt_someone(w);
    break;
  case 2:
  case 3:
    embed(w, db);
    break;
  case 4:
    try_run(db, ONE_OF(w, of_any));
    break;
  default:
    if (db == shared || is_of_file(db)) try_run(db, ONE_OF(w, of_file));
  }
}

static long rounds;

static void *work(void *context) {
  worker *w = context;
  open_own(w);
  for (long i = 0; i < rounds; i++) act(w);
  close_own(w);
  return NULL;
}

/* The test --------------------------------------------------------------------------- */

static const char setup[] =
    "PRAGMA synchronous = off; CREATE TABLE papers(id INTEGER PRIMARY KEY, t TEXT); WITH "
    "RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 20) INSERT INTO "
    "papers SELECT x, 'gene ' || x || ' of heart failure' FROM c; CREATE VIRTUAL TABLE s "
    "USING biobert(t, content='papers'); CREATE VIRTUAL TABLE o USING biobert(t); INSERT "
    "INTO s(s) VALUES('sync'); INSERT INTO o(t) SELECT t FROM papers";

static void expect_vectors(void) {
  for (int i = 0; i < TEXTS; i++) {
    sqlite3_stmt *s = NULL;
    sqlite3_prepare_v2(shared, "SELECT biobert_embed(?1)", -1, &s, NULL);
    sqlite3_bind_text(s, 1, texts[i], -1, SQLITE_STATIC);
    if (CHECK_INT(sqlite3_step(s), SQLITE_ROW) &&
        CHECK_INT(sqlite3_column_bytes(s, 0), sizeof vectors[i]))
      memcpy(vectors[i], sqlite3_column_blob(s, 0), sizeof vectors[i]);
    sqlite3_finalize(s);
  }
}

static void run_threads(const char *mode) {
  char *journal = sqlite3_mprintf("PRAGMA journal_mode = %s", mode);
  remove_database(path);
  sqlite3 *db = open_loaded(path);
  must_run(db, journal);
  must_run(db, setup);
  sqlite3_close(db);
  sqlite3_free(journal);
  for (size_t i = 0; i < THREADS; i++) {
    workers[i] = (worker){.random = random_u64()};
    pthread_mutex_init(&workers[i].lock, NULL);
  }
  for (size_t i = 0; i < THREADS; i++)
    if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
      give_up("no thread");
  for (size_t i = 0; i < THREADS; i++) pthread_join(workers[i].thread, NULL);
}

static void check_after(sqlite3 *db) {
  static const char sync[] = "INSERT INTO s(s) VALUES('sync')";
  if (run(db, sync) != SQLITE_OK) must_run(db, sync); /* an interrupt that came late */
  must_run(db, "INSERT INTO s(s) VALUES('integrity-check'); INSERT INTO o(o) "
               "VALUES('integrity-check')");
  CHECK_INT(number(db, "SELECT count(*) FROM pragma_integrity_check WHERE "
                       "integrity_check <> 'ok'"),
            0);
  CHECK_INT(number(db, "SELECT pending + stale + failed FROM biobert_status('s')"), 0);
  CHECK_INT(number(db, "SELECT count(*) FROM s, papers p WHERE p.id = s.rowid AND NOT "
                       "biobert_similarity(s.vector, biobert_embed(p.t)) > 0.999"),
            0);
  CHECK_INT(number(db, "SELECT count(*) FROM o WHERE NOT biobert_similarity(vector, "
                       "biobert_embed(t)) > 0.999"),
            0);
}

int main(int argc, char **argv) {
  static const char *const modes[] = {"wal", "delete"};
  find_library(argc, argv);
  snprintf(path, sizeof path, "%s/sharing.db", build_folder());
  random_state = (uint64_t)rounds_of("SEED", RANDOM_SEED);
  rounds = rounds_of("ROUNDS", 60);
  if (!sqlite3_threadsafe()) give_up("this SQLite is not made for threads");
  shared = open_loaded(":memory:");
  check_begin("a text has its vector, and an index is made");
  must_run(shared, setup);
  expect_vectors();
  for (int i = 0; i < 2; i++) {
    check_begin(
        "threads that share a file, models and a connection get right vectors and "
        "no code that others are no reason for");
    check_context("%s", modes[i]);
    run_threads(modes[i]);
    sqlite3 *db = open_loaded(path);
    check_after(db);
    check_after(shared);
    CHECK_INT(sqlite3_close(db), SQLITE_OK);
    remove_database(path);
  }
  CHECK_INT(sqlite3_close(shared), SQLITE_OK);
  CHECK_INT(sqlite3_memory_used(), 0);
  return check_report();
}
