/* test_index.c - the search index against a model: a plain table in the same file, which
 * SQLite itself rolls back, and a scan in double precision.
 *
 *     BUILD=build/asan build/asan/tests/index/test_index [seed [steps]]
 *
 * Random writes, transactions, reopenings and a second connection; after each step the
 * index is searched in many ways and checks itself. A failure prints the seed and the
 * step. */
#include <time.h>
#include <unistd.h>

#include "index/brute_force.h"
#include "index/random_writes.h"

static unsigned long long seed;
static int step_number;

static int savepoints;

static void transaction_step(void) {
  if (sqlite3_get_autocommit(db)) {
    MUST_RUN("BEGIN");
    savepoints = 0;
    return;
  }
  switch (below(6)) {
  case 0:
    MUST_RUN("COMMIT");
    break;
  case 1:
    MUST_RUN("ROLLBACK");
    break;
  case 2:
  case 3:
    MUST_RUN("SAVEPOINT p%d", ++savepoints);
    break;
  case 4:
    if (!savepoints) break;
    savepoints = 1 + below(savepoints);
    MUST_RUN("ROLLBACK TO p%d", savepoints);
    break;
  default:
    if (savepoints) MUST_RUN("RELEASE p%d", savepoints--);
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
    MUST_RUN("INSERT INTO s(s) VALUES('optimize')");
    break;
  case 1:
    reopen(which);
    break;
  case 2:
    MUST_RUN("ALTER TABLE s RENAME TO \"other \"\"name\"");
    MUST_RUN("ALTER TABLE \"other \"\"name\" RENAME TO s");
    break;
  case 3:
    if (sqlite3_get_autocommit(dbs[0]) && sqlite3_get_autocommit(dbs[1]))
      MUST_RUN("VACUUM");
    break;
  default:
    if (v->content == TABLE && !below(2)) MUST_RUN("INSERT INTO s(s) VALUES('rebuild')");
  }
}

static void run_step(void) {
  int which = below(4) == 0;
  db = dbs[which];
  bool other_writes = !sqlite3_get_autocommit(dbs[!which]);
  if (other_writes) { /* an older state, which has to be seen whole */
    if (!sqlite3_get_autocommit(db)) MUST_RUN("COMMIT");
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
  if (!sqlite3_get_autocommit(db) && which == 1) MUST_RUN("COMMIT");
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
    if (!sqlite3_get_autocommit(db)) MUST_RUN("COMMIT");
    CHECK_INT(sqlite3_close(db), SQLITE_OK);
  }
}

int main(int argc, char **argv) {
  find_library(0, NULL);
  snprintf(path, sizeof path, "%s/test_index.db", build_folder());
  seed = argc > 1 ? strtoull(argv[1], NULL, 10) : (unsigned long long)time(NULL);
  int steps = argc > 2 ? atoi(argv[2]) : 120;
  printf("seed %llu\n", seed);
  for (size_t i = 0; i < sizeof variants / sizeof variants[0]; i++) {
    v = &variants[i];
    random_state = (seed + 1) * 0x9E3779B97F4A7C15u + i;
    check_begin(v->name);
    run_variant(steps);
  }
  unlink(path);
  return check_report();
}
