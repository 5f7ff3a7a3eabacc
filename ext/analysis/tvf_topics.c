/* tvf_topics.c - biobert_topics(name [, k [, seed [, words]]]). */
#include "analysis/index_rows.h"
#include "analysis/tables.h"

enum { ARG_NAME, ARG_K, ARG_SEED, ARG_WORDS };

enum {
  DEFAULT_WORDS = 10,
  MAX_WORDS = 1000,
  MAX_TEXT_BYTES = 1 << 20, /* of a document: read in some ten milliseconds */
};

typedef struct topic_rows {
  index_vectors vectors;
  biobert_clusters clusters;
  biobert_topic_words *words;
  biobert_str *chosen; /* [k, most]; lies in `words` */
  size_t *found;       /* [k] */
  size_t *central;     /* [k]: the point nearest to the centre */
  size_t most;
  biobert_analysis_options how;
  interrupt_poll poll;
} topic_rows;

/* The topic of a document; false: it has none. The rows come by rising rowid, and so do
 * the points, of which *at is the first that has not been passed. */
static bool topic_of(const topic_rows *r, int64_t rowid, size_t *at, uint32_t *topic) {
  const biobert_points *p = &r->vectors.points;
  while (*at < p->count && p->id[*at] < rowid) ++*at;
  if (*at == p->count || p->id[*at] != rowid) return false;
  *topic = r->clusters.cluster[*at];
  return *topic != BIOBERT_NO_CLUSTER;
}

static biobert_status read_text(topic_rows *r, sqlite3_stmt *s, size_t *at,
                                biobert_error *err) {
  uint32_t topic;
  if (!topic_of(r, sqlite3_column_int64(s, 0), at, &topic)) return BIOBERT_OK;
  if (sqlite3_column_type(s, 1) == SQLITE_NULL) return BIOBERT_OK;
  const char *text = (const char *)sqlite3_column_text(s, 1);
  if (!text) return result_no_memory(err);
  const size_t bytes = (size_t)sqlite3_column_bytes(s, 1);
  const biobert_str read = {text, bytes < MAX_TEXT_BYTES ? bytes : MAX_TEXT_BYTES};
  return biobert_topic_words_add(r->words, topic, read, err);
}

static biobert_status read_texts(tvf_cursor *c, const char *name, biobert_error *err) {
  topic_rows *r = c->rows;
  sqlite3_stmt *s = NULL;
  size_t at = 0;
  bool more = true;
  biobert_status status = index_select(r->poll.db, name, "rowid, document",
                                       "ORDER BY rowid", &s, &c->code, err);
  while (!status && more) {
    status = index_step(s, &more, &c->code, err);
    if (!status && more) status = read_text(r, s, &at, err);
  }
  sqlite3_finalize(s);
  return status;
}

/* Of equally near ones the first. */
static void find_central(topic_rows *r) {
  const biobert_clusters *clusters = &r->clusters;
  for (size_t i = 0; i < clusters->k; i++) r->central[i] = SIZE_MAX;
  for (size_t i = 0; i < clusters->count; i++) {
    if (clusters->cluster[i] == BIOBERT_NO_CLUSTER) continue;
    size_t *central = &r->central[clusters->cluster[i]];
    if (*central == SIZE_MAX || clusters->similarity[i] > clusters->similarity[*central])
      *central = i;
  }
}

static biobert_status choose_words(topic_rows *r, biobert_error *err) {
  const size_t k = r->clusters.k;
  r->chosen = sqlite3_malloc64((k * r->most + 1) * sizeof *r->chosen);
  r->found = sqlite3_malloc64((k + 1) * sizeof *r->found);
  r->central = sqlite3_malloc64((k + 1) * sizeof *r->central);
  if (!r->chosen || !r->found || !r->central) return result_no_memory(err);
  find_central(r);
  return biobert_topic_words_choose(r->words, r->most, r->chosen, r->found, err);
}

static biobert_status read_arguments(const tvf_cursor *c, const char **name, int64_t *k,
                                     int64_t *seed, int64_t *words, biobert_error *err) {
  biobert_status status = arg_name(c->arguments[ARG_NAME], ARG_NAME + 1, name, err);
  if (!status) status = tvf_optional_integer(c, ARG_K, "k", 1, k, err);
  if (!status) status = tvf_optional_integer(c, ARG_SEED, "seed", 0, seed, err);
  if (!status) status = tvf_optional_integer(c, ARG_WORDS, "words", 0, words, err);
  if (!status && *words > MAX_WORDS)
    status = result_fail(err, BIOBERT_RANGE, "argument %d (words) is at most %d",
                         ARG_WORDS + 1, MAX_WORDS);
  return status;
}

static biobert_status find_topics(tvf_cursor *c, biobert_error *err) {
  topic_rows *r = c->rows;
  const char *name;
  int64_t k = 0, seed = 0, words = DEFAULT_WORDS;
  biobert_status status = read_arguments(c, &name, &k, &seed, &words, err);
  if (!status) status = index_vectors_read(r->poll.db, name, &r->vectors, &c->code, err);
  if (!status)
    status = biobert_clusters_find(&r->vectors.points, (size_t)k, (uint64_t)seed, &r->how,
                                   &r->clusters, err);
  if (!status) status = biobert_topic_words_new(r->clusters.k, &r->how, &r->words, err);
  if (!status) status = read_texts(c, name, err);
  r->most = (size_t)words;
  if (!status) status = choose_words(r, err);
  if (!status) c->count = r->clusters.k;
  return status;
}

static biobert_status open_topics(tvf_cursor *c, biobert_error *err) {
  topic_rows *r = sqlite3_malloc64(sizeof *r);
  if (!r) return result_no_memory(err);
  *r = (topic_rows){.poll = {.db = connection_db(c->shared)}};
  r->how = index_analysis_options(&r->poll);
  c->rows = r;
  return find_topics(c, err);
}

static void close_topics(tvf_cursor *c) {
  topic_rows *r = c->rows;
  biobert_topic_words_free(r->words);
  biobert_clusters_free(&r->clusters, &r->how);
  index_vectors_free(&r->vectors);
  sqlite3_free(r->chosen);
  sqlite3_free(r->found);
  sqlite3_free(r->central);
  sqlite3_free(r);
}

static biobert_status topics_size(const tvf_cell *cell) {
  const topic_rows *r = cell->cursor->rows;
  return tvf_result_integer(cell, (int64_t)r->clusters.size[cell->cursor->row]);
}

static biobert_status topics_rowid(const tvf_cell *cell) {
  const topic_rows *r = cell->cursor->rows;
  return tvf_result_integer(cell, r->vectors.id[r->central[cell->cursor->row]]);
}

static biobert_status topics_words(const tvf_cell *cell) {
  const topic_rows *r = cell->cursor->rows;
  const size_t topic = cell->cursor->row;
  sqlite3_str *list = sqlite3_str_new(r->poll.db);
  for (size_t i = 0; i < r->found[topic]; i++) {
    const biobert_str word = r->chosen[topic * r->most + i];
    sqlite3_str_appendf(list, "%s%.*s", i ? ", " : "", (int)word.len, word.data);
  }
  const int code = sqlite3_str_errcode(list);
  char *text = sqlite3_str_finish(list);
  if (code == SQLITE_OK) {
    sqlite3_result_text(cell->context, text ? text : "", -1, SQLITE_TRANSIENT);
  }
  sqlite3_free(text);
  return code == SQLITE_OK ? BIOBERT_OK : result_no_memory(cell->err);
}

static const tvf_column topics_columns[] = {
    {"cluster",     "INTEGER", tvf_from_0, 0},
    {"size",   "INTEGER", topics_size, 0},
    {"rowid",             "INTEGER", topics_rowid, 0},
    {"words",  "TEXT", topics_words, 0},
    {"name",            "HIDDEN", NULL, 0},
    {"k",       "HIDDEN", NULL, 0},
    {"seed", "HIDDEN", NULL, 0},
    {"most",             "HIDDEN", NULL, 0}, /* words: a column has that name */
    {0     },
};

const tvf tvf_topics = {
    .columns = topics_columns,
    .required = 1,
    .open = open_topics,
    .close = close_topics,
};
