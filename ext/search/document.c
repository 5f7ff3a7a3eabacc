/* document.c - a row's text, and its vectors.
 *
 * A document that the model takes whole stays one vector: the best of several passages in
 * its place loses quality (measured: .069 nDCG@10 on abstracts). A longer one is cut into
 * passages, each with the title in front, which wins .027. */
#include "search/document.h"

#include <string.h>

#include "sql/lists.h"

/* Text ------------------------------------------------------------------------------- */

static bool is_blank(const char *text, size_t bytes) {
  for (size_t i = 0; i < bytes; i++)
    if (!strchr(" \t\n\r\f\v", text[i]) || !text[i]) return false;
  return true;
}

/* The text of a value that counts: NULL and '' do not (*bytes 0); a BLOB is the
 * document's error. */
static int text_of(const index_column *column, sqlite3_value *value, const char **text,
                   size_t *bytes, document *d) {
  int type = sqlite3_value_type(value);
  *bytes = 0;
  if (type == SQLITE_NULL) return SQLITE_OK;
  if (type == SQLITE_BLOB) {
    if (!d->error)
      d->error = sqlite3_mprintf("column '%s' is a BLOB of %d bytes, a text was expected",
                                 column->name, sqlite3_value_bytes(value));
    return d->error ? SQLITE_OK : SQLITE_NOMEM;
  }
  *text = (const char *)sqlite3_value_text(value);
  if (!*text) return SQLITE_NOMEM;
  *bytes = (size_t)sqlite3_value_bytes(value);
  return SQLITE_OK;
}

/* Whether a value of so many bytes can be stored here. */
static bool is_storable(const index_table *t, size_t bytes) {
  enum { RECORD_BYTES = 128 }; /* of a row, besides the value */
  size_t limit = (size_t)sqlite3_limit(t->db, SQLITE_LIMIT_LENGTH, -1);
  return bytes + RECORD_BYTES <= limit;
}

/* The joined text; too much of it for one value is the document's error, not the
 * statement's. Its words are kept as zlib's stream, which is a little longer than a text
 * that cannot be compressed. */
static int finish_text(const index_table *t, sqlite3_str *s, document *out) {
  out->bytes = (size_t)sqlite3_str_length(s);
  int rc = sqlite3_str_errcode(s);
  out->text = sqlite3_str_finish(s);
  size_t lengths = (size_t)t->config.indexed_count * 4;
  if (rc == SQLITE_OK && !is_storable(t, out->bytes + out->bytes / 1000 + lengths))
    rc = SQLITE_TOOBIG;
  if (rc == SQLITE_TOOBIG) {
    sqlite3_free(out->text);
    sqlite3_free(out->error);
    out->error = sqlite3_mprintf(
        "the text of %lld bytes is longer than SQLITE_LIMIT_LENGTH lets "
        "us store: %d",
        (sqlite3_int64)out->bytes, sqlite3_limit(t->db, SQLITE_LIMIT_LENGTH, -1));
    out->text = NULL;
    out->bytes = out->title = 0;
    rc = out->error ? SQLITE_OK : SQLITE_NOMEM;
  }
  if (!out->text && rc == SQLITE_OK) out->text = sqlite3_mprintf("");
  return out->text ? SQLITE_OK : SQLITE_NOMEM;
}

uint64_t document_hash(uint64_t before, int column, biobert_str text) {
  return text.len ? biobert_hash(text, before + (uint64_t)column + 1) : before;
}

/* Of a document that has an error: not the hash of the text without the BLOB. */
static uint64_t failed_hash(uint64_t hash) {
  return ~hash;
}

int document_make(const index_table *t, sqlite3_int64 id, sqlite3_value **values,
                  document *out) {
  const index_config *c = &t->config;
  sqlite3_str *s = sqlite3_str_new(NULL);
  uint64_t hash = 0;
  int seen = 0, read = SQLITE_OK;
  *out = (document){.id = id};
  for (int i = 0; i < c->column_count && read == SQLITE_OK; i++) {
    if (!c->columns[i].indexed) continue;
    const char *text;
    size_t bytes;
    read = text_of(&c->columns[i], values[i], &text, &bytes, out);
    if (bytes) {
      if (sqlite3_str_length(s)) sqlite3_str_appendall(s, c->join ? c->join : " ");
      sqlite3_str_append(s, text, (int)bytes);
      hash = document_hash(hash, i, (biobert_str){text, bytes});
    }
    if (seen++ == 0) out->title = (size_t)sqlite3_str_length(s);
  }
  int rc = finish_text(t, s, out);
  if (rc == SQLITE_OK) rc = read;
  if (rc != SQLITE_OK) {
    document_free(out);
    return rc;
  }
  if (out->error) hash = failed_hash(hash);
  memcpy(&out->hash, &hash, sizeof out->hash);
  out->blank = is_blank(out->text, out->bytes);
  return SQLITE_OK;
}

/* The hash of a text that came with a vector; of: that of the text alone. */
static sqlite3_int64 given_hash(sqlite3_int64 of, biobert_str with) {
  uint64_t hash = biobert_hash(with, (uint64_t)of);
  sqlite3_int64 kept;
  memcpy(&kept, &hash, sizeof kept);
  return kept;
}

static const biobert_str given_mark = {"given", 5};

void document_take_vector(const index_table *t, document *d, sqlite3_value *vector) {
  biobert_str bytes = {sqlite3_value_blob(vector), (size_t)sqlite3_value_bytes(vector)};
  d->hash = given_hash(d->hash, t->config.vectors ? bytes : given_mark);
}

bool document_is_known(const document *d, const document_row *known) {
  return known->found &&
         (known->hash == d->hash || known->hash == given_hash(d->hash, given_mark));
}

bool document_hash_may_be(const index_table *t, sqlite3_int64 kept, uint64_t hash) {
  uint64_t hashes[] = {hash, failed_hash(hash)};
  bool may = t->config.vectors; /* which the vector is part of */
  for (size_t i = 0; i < sizeof hashes / sizeof *hashes && !may; i++) {
    sqlite3_int64 alone;
    memcpy(&alone, &hashes[i], sizeof alone);
    may = kept == alone || kept == given_hash(alone, given_mark);
  }
  return may;
}

void document_free(document *d) {
  sqlite3_free(d->text);
  sqlite3_free(d->error);
  d->text = d->error = NULL;
}

/* Vectors ---------------------------------------------------------------------------- */

void embedded_free(embedded *e) {
  sqlite3_free(e->vectors);
  sqlite3_free(e->spans);
  sqlite3_free(e->error);
  memset(e, 0, sizeof *e);
}

typedef struct counter {
  size_t count, limit;
} counter;

static bool count_token(void *ctx, const biobert_token *token) {
  counter *c = ctx;
  if (!token->added) c->count++;
  return c->count <= c->limit;
}

static bool no_more(biobert_status status) {
  return status == BIOBERT_NOMEM || status == BIOBERT_INTERRUPTED || status == BIOBERT_IO;
}

static biobert_status no_memory(biobert_error *err) {
  return result_fail(err, BIOBERT_NOMEM, "out of memory");
}

/* What the model is to read for one vector. */
typedef struct reading {
  biobert_str text;   /* of a pair: its first half */
  biobert_str second; /* data NULL: no pair */
  char *owned;        /* text's memory, where it was put together; or NULL */
} reading;

/* All readings of several documents, those of one document beside one another. */
typedef struct readings {
  reading *items;
  size_t count, capacity;
} readings;

static bool add_reading(readings *r, reading item) {
  reading *items = list_grow(r->items, sizeof item, r->count, &r->capacity);
  if (!items) {
    sqlite3_free(item.owned);
    return false;
  }
  r->items = items;
  items[r->count++] = item;
  return true;
}

static void free_readings(readings *r) {
  for (size_t i = 0; i < r->count; i++) sqlite3_free(r->items[i].owned);
  sqlite3_free(r->items);
}

/* The whole of a document: as a pair where the index says so. */
static reading whole_reading(const index_table *t, const document *d) {
  if (t->config.join)
    return (reading){
        .text = {d->text, d->bytes}
    };
  size_t rest = d->title < d->bytes && d->title ? d->title + 1 : d->title;
  return (reading){
      .text = {d->text,        d->title       },
        .second = {d->text + rest, d->bytes - rest}
  };
}

/* The title, cut to at most `most` pieces. */
static biobert_status short_title(biobert_session *session, const document *d,
                                  size_t most, biobert_str *title, size_t *tokens,
                                  biobert_error *err) {
  biobert_chunk *chunks = NULL;
  size_t count = 0;
  biobert_str whole = {d->text, d->title};
  *title = (biobert_str){d->text, 0};
  *tokens = 0;
  /* The only column is no title: its beginning before each passage would cost a quarter
   * of it. */
  if (d->title == 0 || d->title == d->bytes || most == 0) return BIOBERT_OK;
  biobert_status status = biobert_chunks(session, whole, most, 0, &chunks, &count, err);
  if (!status && count) {
    *title = (biobert_str){d->text, chunks[0].end};
    *tokens = chunks[0].tokens;
  }
  biobert_session_release(session, chunks);
  return status;
}

static bool add_passage(const index_table *t, const document *d, biobert_str title,
                        const biobert_chunk *chunk, readings *out) {
  biobert_str passage = {d->text + chunk->start, chunk->end - chunk->start};
  if (title.len == 0 || chunk->start < d->title)
    return add_reading(out, (reading){.text = passage});
  if (!t->config.join)
    return add_reading(out, (reading){.text = title, .second = passage});
  sqlite3_str *s = sqlite3_str_new(NULL); /* not printed: a text may have NULs in it */
  sqlite3_str_append(s, title.data, (int)title.len);
  sqlite3_str_appendall(s, t->config.join);
  sqlite3_str_append(s, passage.data, (int)passage.len);
  size_t bytes = (size_t)sqlite3_str_length(s);
  char *text = sqlite3_str_finish(s);
  return text && add_reading(out, (reading){
                                      .text = {text, bytes},
                                        .owned = text
  });
}

/* What turns documents into readings. */
typedef struct reader {
  const index_table *t;
  biobert_session *session;
  size_t takes; /* pieces of a text that the model takes, without [CLS] and [SEP] */
  readings *out;
  biobert_error *err;
} reader;

/* The spans of so many passages; too many to store are the document's error, not ours. */
static biobert_status make_spans(const reader *r, size_t *count, embedded *e) {
  if (is_storable(r->t, *count * 2 * sizeof *e->spans)) {
    e->spans = sqlite3_malloc64((*count + 1) * 2 * sizeof *e->spans);
    return e->spans ? BIOBERT_OK : no_memory(r->err);
  }
  e->error = sqlite3_mprintf("%lld passages are more than SQLITE_LIMIT_LENGTH lets us "
                             "store: a larger passage_tokens makes fewer",
                             (sqlite3_int64)*count);
  *count = 0;
  return e->error ? BIOBERT_OK : no_memory(r->err);
}

/* Passages of at most `limit` pieces, the title before each counted. */
static biobert_status add_passages(const reader *r, const document *d, size_t limit,
                                   embedded *e) {
  const index_table *t = r->t;
  biobert_str title;
  biobert_chunk *chunks = NULL;
  size_t title_tokens, count = 0;
  biobert_status status =
      short_title(r->session, d, (r->takes + 2) / 4, &title, &title_tokens, r->err);
  size_t passage = r->takes - title_tokens < limit ? r->takes - title_tokens : limit;
  size_t overlap = (size_t)t->config.passage_overlap;
  if (overlap >= passage) overlap = passage - 1;
  if (!status)
    status = biobert_chunks(r->session, (biobert_str){d->text, d->bytes}, passage,
                            overlap, &chunks, &count, r->err);
  if (!status) status = make_spans(r, &count, e);
  for (size_t i = 0; i < count && !status; i++) {
    if (!add_passage(t, d, title, &chunks[i], r->out)) status = no_memory(r->err);
    e->spans[2 * i] = (uint32_t)chunks[i].start;
    e->spans[2 * i + 1] = (uint32_t)chunks[i].end;
    e->count = (int)i + 1;
  }
  biobert_session_release(r->session, chunks);
  return status;
}

/* What is to be read of one document; e->count readings are added. */
static biobert_status add_document(const reader *r, const document *d, embedded *e) {
  if (d->blank) return BIOBERT_OK;
  size_t limit = r->takes;
  if (r->t->config.passage_tokens && (size_t)r->t->config.passage_tokens < limit)
    limit = (size_t)r->t->config.passage_tokens;
  counter c = {.limit = limit};
  biobert_str text = {d->text, d->bytes};
  biobert_status status = biobert_tokenize(r->session, text, count_token, &c, r->err);
  if (status) return status;
  if (c.count > limit) return add_passages(r, d, limit, e);
  e->count = 1;
  return add_reading(r->out, whole_reading(r->t, d)) ? BIOBERT_OK : no_memory(r->err);
}

/* vectors [count, dimension]; a reading that cannot be done has its error. Texts go a
 * text a worker, pairs one after another. */
static biobert_status read_all(biobert_session *session, const readings *r, size_t n,
                               float *vectors, biobert_error *errors,
                               biobert_error *err) {
  bool pairs = false;
  for (size_t i = 0; i < r->count; i++) pairs = pairs || r->items[i].second.data;
  if (!pairs) {
    biobert_str *texts = sqlite3_malloc64((r->count + 1) * sizeof *texts);
    if (!texts) return no_memory(err);
    for (size_t i = 0; i < r->count; i++) texts[i] = r->items[i].text;
    biobert_status status = biobert_embed_many(session, texts, r->count, BIOBERT_DOCUMENT,
                                               vectors, errors, err);
    sqlite3_free(texts);
    return status;
  }
  for (size_t i = 0; i < r->count; i++) {
    const reading *item = &r->items[i];
    biobert_error why = {0};
    float *vector = vectors + i * n;
    biobert_status status =
        item->second.data
            ? biobert_embed_pair(session, item->text, item->second, vector, &why)
            : biobert_embed(session, item->text, BIOBERT_DOCUMENT, vector, &why);
    if (no_more(status)) return result_fail(err, status, "%s", why.message);
    errors[i] = why;
  }
  return BIOBERT_OK;
}

/* A document's share of the vectors, or the error of the first that failed. */
static biobert_status take_share(embedded *e, size_t n, const float *vectors,
                                 const biobert_error *errors, biobert_error *err) {
  for (int i = 0; i < e->count; i++) {
    if (!errors[i].status) continue;
    if (no_more(errors[i].status)) {
      *err = errors[i];
      return err->status;
    }
    embedded_free(e);
    e->error = sqlite3_mprintf("%s", errors[i].message);
    return e->error ? BIOBERT_OK : no_memory(err);
  }
  size_t bytes = (size_t)e->count * n * sizeof *vectors;
  e->vectors = sqlite3_malloc64(bytes + 1);
  if (!e->vectors) return no_memory(err);
  memcpy(e->vectors, vectors, bytes);
  return BIOBERT_OK;
}

static biobert_status embed_readings(biobert_session *session, const readings *r,
                                     size_t n, embedded **out, size_t count,
                                     biobert_error *err) {
  float *vectors = sqlite3_malloc64((r->count * n + 1) * sizeof *vectors);
  biobert_error *errors = sqlite3_malloc64((r->count + 1) * sizeof *errors);
  biobert_status status = vectors && errors ? BIOBERT_OK : no_memory(err);
  if (!status) status = read_all(session, r, n, vectors, errors, err);
  for (size_t i = 0, at = 0; i < count && !status; i++) {
    size_t share = (size_t)out[i]->count;
    if (share) status = take_share(out[i], n, vectors + at * n, errors + at, err);
    at += share;
  }
  sqlite3_free(vectors);
  sqlite3_free(errors);
  return status;
}

/* The readings of as many documents as have together at most `most`, the first in any
 * case; *count becomes how many those are. */
static biobert_status add_documents(const reader *r, const document *const *documents,
                                    embedded **out, size_t *count, size_t most) {
  readings *all = r->out;
  for (size_t i = 0; i < *count; i++) {
    size_t before = all->count;
    biobert_status status = add_document(r, documents[i], out[i]);
    if (status) return status;
    if (i == 0 || all->count <= most) continue;
    while (all->count > before) sqlite3_free(all->items[--all->count].owned);
    embedded_free(out[i]);
    *count = i;
  }
  return BIOBERT_OK;
}

biobert_status documents_embed_some(index_table *t, named_model *m,
                                    const document *const *documents, embedded **out,
                                    size_t *count, size_t most, biobert_error *err) {
  const biobert_model_info *info = biobert_model_get_info(named_model_model(m));
  biobert_session *session = NULL;
  readings r = {0};
  size_t given = *count;
  for (size_t i = 0; i < given; i++) memset(out[i], 0, sizeof *out[i]);
  biobert_status status = named_model_session(m, &session, err);
  const reader reading_with = {t, session, info->max_tokens - 2, &r, err};
  if (!status) status = add_documents(&reading_with, documents, out, count, most);
  if (!status && r.count)
    status = embed_readings(session, &r, info->dimension, out, *count, err);
  free_readings(&r);
  for (size_t i = 0; i < given && status; i++) embedded_free(out[i]);
  return status;
}

biobert_status documents_embed(index_table *t, named_model *m,
                               const document *const *documents, embedded **out,
                               size_t count, biobert_error *err) {
  return documents_embed_some(t, m, documents, out, &count, SIZE_MAX, err);
}
