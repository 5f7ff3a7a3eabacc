/* sync.c - bringing a search table up to date with its content: the commands.
 *
 * sync_work.c finds what is new, changed or gone; unchanged rows are never embedded again.
 * sync_batch.c makes batches of that work, each of which is read and embedded, then
 * written. There are two ways to run it:
 *
 * The commands here run inside the caller's transaction, and commit nothing.
 *
 * biobert_sync() (tvf_sync.c) embeds a batch outside any transaction, and writes it by one
 * statement, an INSERT into the table's command column, which commits by itself. So
 * progress is live, an interrupt or a crash loses at most the batch that was being
 * computed, other connections write between two batches, and the next call goes on. (Never
 * BEGIN and COMMIT there: an interrupt between the two would leave the user's connection
 * inside a transaction that nothing can end.) */
#include "search/sync.h"

#include <string.h>

#include "base/os.h"
#include "search/queue.h"
#include "search/shadow_sql.h"
#include "search/sync_work.h"
#include "search/table_errors.h"
#include "sql/lists.h"

/* The command ------------------------------------------------------------------------ */

double sync_seconds(void) {
  return (double)bb_os_clock_ns() / 1e9;
}

/* Not sqlite3_sleep(), which some builds round up to whole seconds. */
void sync_sleep_ms(unsigned ms) {
  bb_os_sleep_ms(ms);
}

static const batch_limit no_limit = {SIZE_MAX, SIZE_MAX, SIZE_MAX};

/* Of a batch of so many documents: as many passages as there would be if each were one,
 * and never fewer than a batch has. */
batch_limit sync_limit_of(size_t rows) {
  size_t passages = rows < BATCH_ROWS ? BATCH_ROWS : rows;
  size_t bytes =
      passages < SIZE_MAX / PASSAGE_BYTES ? passages * PASSAGE_BYTES : SIZE_MAX;
  return (batch_limit){rows, passages, bytes};
}

static size_t smaller(size_t a, size_t b) {
  return a < b ? a : b;
}

static batch_limit narrower(batch_limit a, batch_limit b) {
  return (batch_limit){smaller(a.rows, b.rows), smaller(a.passages, b.passages),
                       smaller(a.bytes, b.bytes)};
}

static void use_up(batch_limit *limit, const sync_batch *b) {
  limit->rows -= smaller(limit->rows, b->count);
  limit->passages -= smaller(limit->passages, b->passages);
  limit->bytes -= smaller(limit->bytes, b->bytes);
}

static bool is_used_up(const batch_limit *limit) {
  return !limit->rows || !limit->passages || !limit->bytes;
}

/* Works until all is done, or *left is used up. to_the_end: when all is done, the table is
 * up to date. */
static int do_work(index_table *t, sync_work *w, batch_limit *left, bool to_the_end) {
  char last[MESSAGE_BYTES] = "";
  size_t alike = 0;
  int rc = SQLITE_OK;
  do {
    sync_batch b = {0};
    rc = sync_make_batch(t, w, narrower(*left, sync_limit_of(BATCH_ROWS)), &b);
    b.last = to_the_end && w->done + b.count == w->ids.count;
    t->batch = &b;
    if (rc == SQLITE_OK) rc = sync_write_batch(t);
    t->batch = NULL;
    sync_count_failures(&b, last, &alike);
    w->done += b.count;
    use_up(left, &b);
    sync_free_batch(t, &b);
    if (rc == SQLITE_OK && alike >= MAX_ALIKE)
      rc = table_error(t, SQLITE_ERROR, "%d rows in a row failed: %s", (int)alike, last);
  } while (rc == SQLITE_OK && w->done < w->ids.count && !is_used_up(left));
  return rc;
}

/* SQLite's locks have no queue: a connection that waits tries again, with
 * sqlite3_busy_timeout() the less often the longer it has waited, and in the end every
 * LONGEST_MS. A loop of commands would take the lock again before that, every time. So it
 * pauses when xCommit is called: by then all locks are given back. */
void sync_pause(index_table *t) {
  enum { LONGEST_MS = 100, SHARE = 2 };
  if (!t->left || !t->sync_began) return;
  double ms = (sync_seconds() - t->sync_began) * 1e3 / SHARE;
  t->sync_began = 0;
  sync_sleep_ms(ms < LONGEST_MS ? (unsigned)ms : LONGEST_MS);
}

static bool is_done(const sync_work *w) {
  return w->done == w->ids.count;
}

/* Works off *w, which is freed, and NULL, unless something of it is left. */
static int work_off(index_table *t, sync_work **w, batch_limit *left, bool to_the_end) {
  int rc = do_work(t, *w, left, to_the_end);
  if (rc == SQLITE_OK && !is_done(*w)) return rc;
  sync_drop_work(*w);
  *w = NULL;
  return rc;
}

/* Looks for all that is to be done, and does it within the limit. */
static int look_and_work(index_table *t, sync_work **w, batch_limit *left) {
  *w = sqlite3_malloc64(sizeof **w);
  if (!*w) return SQLITE_NOMEM;
  memset(*w, 0, sizeof **w);
  int rc = sync_find_work(t, *w);
  if (rc == SQLITE_OK) return work_off(t, w, left, true);
  sync_drop_work(*w);
  *w = NULL;
  return rc;
}

/* A limited command is usually repeated until nothing is left. It would read every text of
 * the content each time, while it holds the write lock; so the list of work that is left
 * stays with the table (t->left) and is worked off first. What has changed since is found
 * when the list ends. A row of the list that another connection has done, or whose content
 * is gone, is noticed when it is read. */
int sync_command(index_table *t, sqlite3_int64 max_rows) {
  batch_limit left = max_rows < 0 ? no_limit : sync_limit_of((size_t)max_rows);
  double began = sync_seconds();
  sync_work *w = t->left; /* not the table's meanwhile: a rollback drops that */
  t->left = NULL;
  if (max_rows < 0) {
    sync_drop_work(w);
    w = NULL;
  }
  int rc = queue_lock(t);
  if (rc == SQLITE_OK && w) rc = work_off(t, &w, &left, false);
  if (rc == SQLITE_OK && !w && (max_rows <= 0 || !is_used_up(&left)))
    rc = look_and_work(t, &w, &left);
  if (rc == SQLITE_OK && w) {
    t->left = w;
    t->sync_began = began;
  } else {
    sync_drop_work(w);
  }
  return rc;
}

/* The failed rows once more, whatever their texts are now. */
int sync_retry(index_table *t) {
  sync_work w = {.again = true};
  batch_limit left = no_limit;
  sqlite3_stmt *s = NULL;
  int rc = schema_prepare(t, &s, "SELECT id FROM @docs WHERE error IS NOT NULL");
  while (rc == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW)
    if (!id_list_add(&w.ids, sqlite3_column_int64(s, 0))) rc = SQLITE_NOMEM;
  int ended = sqlite3_finalize(s);
  if (rc == SQLITE_OK) rc = ended;
  if (rc == SQLITE_OK) rc = do_work(t, &w, &left, false);
  sync_free_work(&w);
  return rc;
}
