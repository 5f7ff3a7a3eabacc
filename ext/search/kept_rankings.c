/* kept_rankings.c - what was computed for one search and may be asked for again.
 *
 * Rankings: a join, a correlated subquery or a page of results asks for the same ranking
 * once per row. The last few are kept with the table, not only one: where two searches of
 * one table are joined, SQLite asks for them in turn. A ranking depends on its request and
 * on the vectors and words alone, so it is valid while the epoch is. The code cache that it
 * ranks tells that: code_cache_get() returns another one when the epoch is another.
 *
 * Top rows: with k, `rowid = x` asks whether x is among the k rows of the search. Which
 * rows these are depends on the content too (a row that is gone does not count), and no
 * epoch tells that the content has changed. So the set is valid for the cursor that made
 * it, because its statement sees one state; and for other cursors only if the connection
 * is not writing and none of its files has changed since (content_state()). */
#include "search/kept_rankings.h"

#include <stdlib.h>
#include <string.h>

#include "search/code_cache.h"
#include "search/damage.h"

enum {
  /* Arbitrary: searches of one table in one statement are two, seldom three. */
  LARGE_RANKINGS = 64 << 20, /* bytes: beyond that only one is kept */
  FIRST_DB_NAME = 3039000,   /* the SQLite version that has sqlite3_db_name() */
};

enum { KEPT_RANKINGS = 4 };

typedef struct kept_ranking {
  search *search; /* NULL: none */
  char *key;      /* of the request */
  size_t key_bytes;
} kept_ranking;

/* The rowids of the k rows of a search. */
typedef struct top_rows {
  sqlite3_uint64 cursor; /* which made it */
  char *key;             /* of the search and its filters; NULL: none */
  size_t key_bytes;
  id_list rows;
  bool has_state;
  sqlite3_uint64 state; /* of all files of the connection */
} top_rows;

typedef struct kept_results {
  kept_ranking rankings[KEPT_RANKINGS]; /* the last used first */
  top_rows top;
} kept_results;

int kept_new(index_table *t) {
  t->kept = sqlite3_malloc64(sizeof *t->kept);
  if (!t->kept) return SQLITE_NOMEM;
  memset(t->kept, 0, sizeof *t->kept);
  return SQLITE_OK;
}

/* Rankings --------------------------------------------------------------------------- */

/* Everything that a ranking depends on, besides the vectors and words themselves. */
static char *request_key(const search_request *r, size_t *bytes) {
  size_t vector = r->vector ? r->dimension * sizeof *r->vector : 0;
  size_t words = r->words ? strlen(r->words) : 0;
  char *key = sqlite3_malloc64(2 + vector + words);
  if (!key) return NULL;
  key[0] = (char)('a' + (int)r->mode);
  key[1] = (char)('0' + r->feedback + 2 * r->every + 4 * r->identifier);
  if (vector) memcpy(key + 2, r->vector, vector);
  if (words) memcpy(key + 2 + vector, r->words, words);
  *bytes = 2 + vector + words;
  return key;
}

static void drop_ranking(kept_ranking *r) {
  search_release(r->search);
  sqlite3_free(r->key);
  memset(r, 0, sizeof *r);
}

/* Puts an entry first: the last one is the least recently used. */
static void move_to_front(kept_results *k, int at) {
  kept_ranking moved = k->rankings[at];
  memmove(k->rankings + 1, k->rankings, (size_t)at * sizeof moved);
  k->rankings[0] = moved;
}

static bool find_ranking(kept_results *k, const code_cache *c, const char *key,
                         size_t bytes) {
  for (int i = 0; i < KEPT_RANKINGS; i++) {
    const kept_ranking *r = &k->rankings[i];
    if (!r->search || r->key_bytes != bytes || memcmp(r->key, key, bytes) != 0 ||
        !search_is_of(r->search, c))
      continue;
    move_to_front(k, i);
    return true;
  }
  return false;
}

/* Takes the key. */
static void keep_ranking(kept_results *k, const code_cache *c, search *s, char *key,
                         size_t bytes) {
  size_t total = search_bytes(s);
  drop_ranking(&k->rankings[KEPT_RANKINGS - 1]);
  move_to_front(k, KEPT_RANKINGS - 1);
  k->rankings[0] = (kept_ranking){search_share(s), key, bytes};
  for (int i = 1; i < KEPT_RANKINGS; i++) {
    search *other = k->rankings[i].search;
    if (!other) continue;
    total += search_bytes(other);
    /* One of an older state would only keep that state's codes in memory. */
    if (!search_is_of(other, c) || total > LARGE_RANKINGS) drop_ranking(&k->rankings[i]);
  }
}

int kept_search(index_table *t, const search_request *request, search **out) {
  code_cache *c;
  int rc = code_cache_get(t, &c);
  if (rc != SQLITE_OK) return rc;
  size_t bytes = 0;
  char *key = request_key(request, &bytes);
  if (!key) return SQLITE_NOMEM;
  if (find_ranking(t->kept, c, key, bytes)) {
    sqlite3_free(key);
    *out = search_share(t->kept->rankings[0].search);
    return SQLITE_OK;
  }
  rc = search_new(t, request, out);
  if (rc == SQLITE_OK)
    keep_ranking(t->kept, c, *out, key, bytes);
  else
    sqlite3_free(key);
  return rc;
}

/* Top rows --------------------------------------------------------------------------- */

/* A number that changes when a file of the connection does. False: SQLite is too old to
 * tell; or this connection is writing, or reads what another one has not committed, and
 * then the content may change without the number. */
static bool content_state(index_table *t, sqlite3_uint64 *out) {
  sqlite3 *db = t->db;
  if (sqlite3_libversion_number() < FIRST_DB_NAME ||
      sqlite3_txn_state(db, NULL) == SQLITE_TXN_WRITE || table_reads_uncommitted(t))
    return false;
  sqlite3_uint64 state = (sqlite3_uint64)sqlite3_total_changes64(db);
  const char *name;
  for (int i = 0; (name = sqlite3_db_name(db, i)) != NULL; i++) {
    unsigned version = 0;
    sqlite3_file_control(db, name, SQLITE_FCNTL_DATA_VERSION, &version);
    biobert_str bytes = {(const char *)&version, sizeof version};
    state = biobert_hash(bytes, state);
  }
  *out = state;
  return true;
}

const id_list *kept_top(index_table *t, sqlite3_uint64 cursor, const char *key,
                        size_t bytes) {
  const top_rows *top = &t->kept->top;
  sqlite3_uint64 state;
  if (!top->key || top->key_bytes != bytes || memcmp(top->key, key, bytes) != 0)
    return NULL;
  bool valid = top->cursor == cursor ||
               (top->has_state && content_state(t, &state) && state == top->state);
  return valid ? &top->rows : NULL;
}

static void drop_top(top_rows *top) {
  sqlite3_free(top->key);
  id_list_free(&top->rows);
  memset(top, 0, sizeof *top);
}

const id_list *kept_put_top(index_table *t, sqlite3_uint64 cursor, char *key,
                            size_t bytes, id_list *rows) {
  top_rows *top = &t->kept->top;
  drop_top(top);
  *top = (top_rows){.cursor = cursor, .key = key, .key_bytes = bytes, .rows = *rows};
  top->has_state = content_state(t, &top->state);
  return &top->rows;
}

void kept_drop(index_table *t) {
  if (!t->kept) return; /* the table could not be opened */
  for (int i = 0; i < KEPT_RANKINGS; i++) drop_ranking(&t->kept->rankings[i]);
  drop_top(&t->kept->top);
}

void kept_free(index_table *t) {
  kept_drop(t);
  sqlite3_free(t->kept);
  t->kept = NULL;
}

const search *kept_last(const index_table *t) {
  return t->kept->rankings[0].search;
}
