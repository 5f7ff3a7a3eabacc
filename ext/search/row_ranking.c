/* row_ranking.c - one ranking over the whole table.
 *
 * What a score is and in which order rows come is decided in core/index
 * (biobert_vectors.h); this file gives it the rows that FTS5 finds, the estimates from the
 * code cache, and the vectors from the shadow tables. core/index asks for a vector only
 * where the order of two rows depends on the exact score, so the first rows of a ranking
 * are cheap and every later one costs a little more: a ranking that is not complete reads
 * the tables whenever it is asked for a further row. */
#include "search/row_ranking.h"

#include <string.h>

#include "search/chunk_store.h"
#include "search/damage.h"
#include "search/shadow_sql.h"
#include "search/words.h"
#include "sql/lists.h"

enum {
  ITEM_BYTES = 48, /* of memory a row, about, with its places in heap and order */
  /* Of a document that is read for its words. They are stored as a whole, and a book takes
   * longer to unpack than a search; its words come from a thousand pages besides. */
  MAX_TEXT_BYTES = 256 << 10,
};

struct search {
  int owners;
  index_table *table;
  biobert_search_mode mode;
  bool identifier; /* the question is an identifier */
  bool has_words;  /* FTS5 has found a row */
  code_cache *cache;
  biobert_search *search;
  bool complete; /* everything is computed: the tables are not needed any more */
  int code;      /* SQLite's, of a read that failed */
};

/* Words ------------------------------------------------------------------------------ */

typedef struct hit_list {
  biobert_hit *hits;
  size_t count, capacity;
} hit_list;

static bool add_hit(hit_list *list, biobert_hit hit) {
  biobert_hit *hits = list_grow(list->hits, sizeof hit, list->count, &list->capacity);
  if (!hits) return false;
  list->hits = hits;
  hits[list->count++] = hit;
  return true;
}

/* All rows that have words, or those that match; by rising id, as core/index needs them. */
static int find_words(index_table *t, const search_request *r, hit_list *list) {
  sqlite3_stmt *s;
  if (!r->every && (!r->words || !*r->words)) return SQLITE_OK;
  int rc = schema_statement(t, r->every ? STMT_WORDS_ALL : STMT_FTS_MATCH, &s);
  if (rc == SQLITE_OK && !r->every)
    rc = sqlite3_bind_text(s, 1, r->words, -1, SQLITE_TRANSIENT);
  if (rc != SQLITE_OK) return rc;
  bool kept = true;
  while (kept && sqlite3_step(s) == SQLITE_ROW)
    kept = add_hit(
        list, (biobert_hit){sqlite3_column_int64(s, 0), sqlite3_column_double(s, 1)});
  rc = sqlite3_reset(s);
  if (rc == SQLITE_OK && !kept) rc = SQLITE_NOMEM;
  words_explain(t, rc);
  sqlite3_clear_bindings(s);
  return rc;
}

/* Storage ---------------------------------------------------------------------------- */

/* The status of an SQLite code, which is kept: the caller wants it back. */
static biobert_status read_failed(search *s, int code, biobert_error *err) {
  s->code = code;
  return result_fail(err, code == SQLITE_NOMEM ? BIOBERT_NOMEM : BIOBERT_IO, "a read");
}

static biobert_status scan(void *ctx, const biobert_query *query, float *estimate,
                           float *error, biobert_error *err) {
  search *s = ctx;
  int rc = code_cache_scan(s->table, s->cache, query, estimate, error);
  return rc == SQLITE_OK ? BIOBERT_OK : read_failed(s, rc, err);
}

static biobert_status read_vector(void *ctx, int64_t address, float *vector,
                                  biobert_error *err) {
  search *s = ctx;
  int rc = store_read_vector(s->table, address, s->cache->collection.n, vector);
  return rc == SQLITE_OK ? BIOBERT_OK : read_failed(s, rc, err);
}

/* Words for feedback ----------------------------------------------------------------- */

static biobert_status read_text(void *ctx, int64_t id, char **text, size_t *bytes,
                                biobert_error *err) {
  search *s = ctx;
  int rc = words_text(s->table, id, MAX_TEXT_BYTES, text, bytes);
  return rc == SQLITE_OK ? BIOBERT_OK : read_failed(s, rc, err);
}

static biobert_status count_word(void *ctx, biobert_str word, size_t limit,
                                 size_t *documents, biobert_error *err) {
  search *s = ctx;
  document_counts *known = &s->cache->counts;
  if (document_counts_find(known, word, limit, documents)) return BIOBERT_OK;
  int rc = words_count(s->table, word, limit, documents);
  if (rc != SQLITE_OK) return read_failed(s, rc, err);
  document_counts_put(known, word, limit, *documents);
  return BIOBERT_OK;
}

static biobert_status find_word(void *ctx, biobert_str word, int64_t *ids, size_t *count,
                                biobert_error *err) {
  search *s = ctx;
  int rc = words_find(s->table, word, ids, count);
  return rc == SQLITE_OK ? BIOBERT_OK : read_failed(s, rc, err);
}

/* In a search only a read or an allocation can fail. */
static int code_of(search *s, biobert_status status) {
  if (!status) return SQLITE_OK;
  int code = s->code != SQLITE_OK ? s->code : SQLITE_NOMEM;
  s->code = SQLITE_OK;
  return code;
}

/* Making one ------------------------------------------------------------------------- */

static int rank(search *s, const search_request *r, const hit_list *words) {
  const biobert_storage storage = {scan, read_vector, s};
  const biobert_lexicon lexicon = {read_text, count_word, find_word, s};
  const bool has_words = s->table->has_fts && r->words && *r->words;
  const biobert_search_request request = {
      .mode = r->mode,
      .metric = s->table->config.metric,
      .vector = r->vector,
      .feedback = r->feedback,
      .lexicon = has_words ? &lexicon : NULL,
      .question = {has_words ? r->words : NULL, has_words ? strlen(r->words) : 0},
      .unscored = r->every,
      .identifier = r->identifier,
      .hits = words->hits,
      .hit_count = words->count,
  };
  biobert_error err;
  return code_of(
      s, biobert_search_new(&s->cache->collection, &storage, &request, &s->search, &err));
}

static int build(search *s, const search_request *request) {
  index_table *t = s->table;
  hit_list words = {0};
  int rc = code_cache_get(t, &s->cache);
  if (rc != SQLITE_OK) return rc;
  s->cache->owners++;
  if (request->vector && request->dimension != s->cache->collection.n)
    return damage_error(t, "the dimension is not what it was");
  if (request->mode != BIOBERT_SEMANTIC && t->has_fts)
    rc = find_words(t, request, &words);
  s->has_words = words.count > 0;
  if (rc == SQLITE_OK) rc = rank(s, request, &words);
  sqlite3_free(words.hits);
  return rc;
}

int search_new(index_table *t, const search_request *request, search **out) {
  search *s = sqlite3_malloc64(sizeof *s);
  if (!s) return SQLITE_NOMEM;
  memset(s, 0, sizeof *s);
  s->owners = 1;
  s->table = t;
  s->mode = request->mode;
  s->identifier = request->identifier;
  int rc = build(s, request);
  if (rc != SQLITE_OK) {
    search_release(s);
    return rc;
  }
  *out = s;
  return SQLITE_OK;
}

search *search_share(search *s) {
  s->owners++;
  return s;
}

void search_release(search *s) {
  if (!s || --s->owners > 0) return;
  biobert_search_free(s->search);
  code_cache_release(s->cache);
  sqlite3_free(s);
}

/* Rows ------------------------------------------------------------------------------- */

int search_at(search *s, size_t position, biobert_result *out, bool *found) {
  biobert_error err;
  return code_of(s, biobert_search_at(s->search, position, out, found, &err));
}

int search_find(search *s, sqlite3_int64 id, biobert_result *out, bool *found) {
  biobert_error err;
  return code_of(s, biobert_search_find(s->search, id, out, found, &err));
}

bool search_is_of(const search *s, const code_cache *c) {
  return s->cache == c;
}

size_t search_bytes(const search *s) {
  return biobert_search_count(s->search) * ITEM_BYTES;
}

bool search_has_null_distances(const search *s) {
  return s->mode == BIOBERT_SEMANTIC && s->table->config.metric == BIOBERT_COSINE &&
         s->cache->collection.null_vectors;
}

bool search_is_complete(const search *s) {
  return s->complete;
}

const unsigned char *search_epoch(const search *s) {
  return s->cache->epoch;
}

bool search_missed_identifier(const search *s) {
  return s->identifier && !s->has_words;
}

int search_materialize(search *s) {
  biobert_result row;
  bool found = !s->complete;
  int rc = SQLITE_OK;
  for (size_t position = 0; found && rc == SQLITE_OK; position++)
    rc = search_at(s, position, &row, &found);
  s->complete = rc == SQLITE_OK;
  return rc;
}
