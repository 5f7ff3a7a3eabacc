/* loading.c - loading the extension, embedding and closing, LOADS (300) times: nothing
 * grows; from many threads at once; and beside a load that has no memory. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>

#include "threads/threads_database.h"
#include "threads/process.h"

enum {
  FIRST_LOADS = 20, /* until every thread is made and every cache filled */
  THREADS = 6,
  LOADS_OF_A_THREAD = 25,
};

/* The C library counts what it keeps for the next call as given out: some 100 kB, however
 * often is loaded. A kilobyte lost in each load is more. */
enum { HEAP_NOISE = 200000, RESIDENT_NOISE_KB = 2048 };

/* A sanitizer keeps what was freed, and has an allocator of its own. */
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
enum { COUNTS_MEMORY = 0 };
#else
enum { COUNTS_MEMORY = 1 };
#endif

static const char embed[] =
    "SELECT biobert_embed(replace(hex(zeroblob(60)), '00', ' heart failure')); CREATE "
    "VIRTUAL TABLE s USING biobert(t); INSERT INTO s(t) VALUES('gene'), ('heart'); "
    "SELECT rowid, rank FROM s('heart failure')";

static uint64_t expected;

/* Memory of one thread that ends ----------------------------------------------------- */

static sqlite3_mem_methods real;
static _Thread_local long left = -1; /* allocations; negative: as many as wanted */

static bool has_failed(void) {
  if (left < 0) return false;
  if (left > 0) left--;
  return left == 0;
}

static void *allocate(int bytes) {
  return has_failed() ? NULL : real.xMalloc(bytes);
}

static void *reallocate(void *block, int bytes) {
  return has_failed() ? NULL : real.xRealloc(block, bytes);
}

/* Before SQLite is used. */
static void count_allocations(void) {
  sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real);
  sqlite3_mem_methods counted = real;
  counted.xMalloc = allocate;
  counted.xRealloc = reallocate;
  sqlite3_config(SQLITE_CONFIG_MALLOC, &counted);
}

/* One load --------------------------------------------------------------------------- */

static atomic_long wrong;

static void embed_and_close(sqlite3 *db) {
  uint64_t answer;
  if (run_hashed(db, embed, &answer) != SQLITE_OK || answer != expected) wrong++;
  if (sqlite3_close(db) != SQLITE_OK) wrong++;
}

static void load_once(void) {
  embed_and_close(open_loaded(":memory:"));
}

static void check_nothing_grew(process before) {
  process now = process_now();
  CHECK_INT(wrong, 0);
  CHECK_INT(sqlite3_memory_used(), 0);
  CHECK_INT(now.threads, before.threads);
  CHECK_INT(now.files, before.files);
  if (!COUNTS_MEMORY) return;
  CHECK(now.heap - before.heap <= HEAP_NOISE);
  CHECK(now.resident - before.resident <= RESIDENT_NOISE_KB);
  printf("  heap %+ld bytes, resident %+ld kB, %ld threads, %ld files\n",
         now.heap - before.heap, now.resident - before.resident, now.threads, now.files);
}

static void repeat(void (*load)(void)) {
  process before = {0};
  wrong = 0;
  long loads = rounds_of("LOADS", 300);
  for (long i = 0; i < loads; i++) {
    if (i == FIRST_LOADS) before = process_now();
    load();
  }
  check_nothing_grew(before);
}

/* Loading as a program does that calls the entry point itself ------------------------ */

typedef int entry_point(sqlite3 *, char **, const void *);

static entry_point *find_entry(void *handle) {
  void *address = dlsym(handle, "sqlite3_biobert_init");
  entry_point *entry = NULL;
  memcpy(&entry, &address, sizeof entry);
  return entry;
}

/* sqlite3_auto_extension() is how the interface comes to an entry point that no
 * connection has loaded. */
static void load_by_hand(void) {
  void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
  if (!handle) give_up(dlerror());
  entry_point *entry = find_entry(handle);
  void (*automatic)(void);
  memcpy(&automatic, &entry, sizeof automatic);
  sqlite3_auto_extension(automatic);
  sqlite3 *db = open_plain(":memory:");
  sqlite3_reset_auto_extension(); /* its list is memory too */
  embed_and_close(db);
  dlclose(handle);
}

/* Threads ---------------------------------------------------------------------------- */

static void *load_often(void *unused) {
  for (int i = 0; i < LOADS_OF_A_THREAD; i++) load_once();
  return unused;
}

static void *open_often(void *unused) {
  for (int i = 0; i < LOADS_OF_A_THREAD; i++) embed_and_close(open_plain(":memory:"));
  return unused;
}

/* Each time with one allocation more, until there are enough. */
static void *load_without_memory(void *done) {
  int rc = SQLITE_NOMEM;
  for (long max = 1; rc != SQLITE_OK; max += 7) {
    sqlite3 *db = open_plain(":memory:");
    left = max;
    rc = sqlite3_load_extension(db, library, NULL, NULL);
    left = -1;
    /* SQLite's loader says ERROR of an entry point that failed. */
    if (rc != SQLITE_OK && rc != SQLITE_NOMEM && rc != SQLITE_ERROR) wrong++;
    sqlite3_close(db);
    load_once();
  }
  *(atomic_bool *)done = true;
  return NULL;
}

static void *load_until(void *done) {
  while (!*(atomic_bool *)done) load_once();
  return NULL;
}

static void run_threads(void *(*first)(void *), void *(*others)(void *), void *context) {
  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; i++)
    if (pthread_create(&threads[i], NULL, i ? others : first, context) != 0)
      give_up("no thread");
  for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
}

/* Twice: the C library keeps memory for threads. */
static void test_threads(void *(*first)(void *), void *(*others)(void *)) {
  process before = {0};
  wrong = 0;
  for (int i = 0; i < 2; i++) {
    atomic_bool done = false;
    if (i == 1) before = process_now();
    run_threads(first, others, &done);
  }
  process now = process_now();
  CHECK_INT(wrong, 0);
  CHECK_INT(now.threads, before.threads);
  CHECK_INT(now.files, before.files);
}

static void test_automatic(void) {
  void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
  entry_point *entry = find_entry(handle);
  void (*automatic)(void);
  memcpy(&automatic, &entry, sizeof automatic);
  sqlite3_auto_extension(automatic);
  test_threads(open_often, open_often);
  sqlite3_reset_auto_extension();
  CHECK_INT(sqlite3_memory_used(), 0);
  dlclose(handle);
}

int main(int argc, char **argv) {
  find_library(argc, argv);
  count_allocations();
  check_begin("connections that load the extension at once, the first ones too, get the "
              "same vectors");
  sqlite3 *db = NULL;
  expected = NO_ANSWER;
  run_threads(load_often, load_often, NULL); /* their answers are compared below */
  db = open_loaded(":memory:");
  CHECK_INT(run_hashed(db, embed, &expected), SQLITE_OK);
  CHECK_INT(sqlite3_close(db), SQLITE_OK);
  test_threads(load_often, load_often);
  CHECK_INT(sqlite3_memory_used(), 0);
  check_begin("loading, embedding and closing take no memory, thread or file for good");
  repeat(load_once);
  check_begin("nor do opening and closing the library by hand");
  repeat(load_by_hand);
  check_begin(
      "an entry point that SQLite calls for every connection may be called by many "
      "threads at once");
  test_automatic();
  check_begin("a load without memory is no matter of the others, nor of the next one");
  test_threads(load_without_memory, load_until);
  CHECK_INT(sqlite3_memory_used(), 0);
  return check_report();
}
