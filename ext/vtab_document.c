/* vtab_document.c - a row's text, and its vectors.
 *
 * A document that the model takes whole stays one vector: the best of several passages in
 * its place loses quality (measured: .069 nDCG@10 on abstracts). A longer one is cut into
 * passages, each with the title in front, which wins .027. */
#include "vtab.h"

#include <string.h>

/* Text ------------------------------------------------------------------------------- */

static bool is_blank(const char *text, size_t bytes) {
  for (size_t i = 0; i < bytes; i++)
    if (!strchr(" \t\n\r\f\v", text[i]) || !text[i]) return false;
  return true;
}

/* The text of a value that counts: NULL and '' do not; a BLOB is the document's error. */
static const char *text_of(const index_column *column, sqlite3_value *value,
                           size_t *bytes, document *d) {
  int type = sqlite3_value_type(value);
  *bytes = 0;
  if (type == SQLITE_BLOB && !d->error)
    d->error = sqlite3_mprintf("column '%s' is a BLOB of %d bytes, a text was expected",
                               column->name, sqlite3_value_bytes(value));
  if (type == SQLITE_NULL || type == SQLITE_BLOB) return NULL;
  const char *text = (const char *)sqlite3_value_text(value);
  *bytes = text ? (size_t)sqlite3_value_bytes(value) : 0;
  return *bytes ? text : NULL;
}

/* The joined text; too much of it for one value is the document's error, not the
 * statement's. */
static int finish_text(sqlite3_str *s, document *out) {
  out->bytes = (size_t)sqlite3_str_length(s);
  int rc = sqlite3_str_errcode(s);
  out->text = sqlite3_str_finish(s);
  if (rc == SQLITE_TOOBIG) {
    sqlite3_free(out->text);
    sqlite3_free(out->error);
    out->error = sqlite3_mprintf("the text is longer than SQLite's longest");
    out->text = NULL;
    out->bytes = out->title = 0;
    rc = out->error ? SQLITE_OK : SQLITE_NOMEM;
  }
  if (!out->text && rc == SQLITE_OK) out->text = sqlite3_mprintf("");
  return out->text ? SQLITE_OK : SQLITE_NOMEM;
}

int document_make(const index_table *t, sqlite3_int64 id, sqlite3_value **values,
                  document *out) {
  const index_config *c = &t->config;
  sqlite3_str *s = sqlite3_str_new(NULL);
  uint64_t hash = 0;
  int seen = 0;
  *out = (document){.id = id};
  for (int i = 0; i < c->column_count; i++) {
    if (!c->columns[i].indexed) continue;
    size_t bytes;
    const char *text = text_of(&c->columns[i], values[i], &bytes, out);
    if (text) {
      if (sqlite3_str_length(s)) sqlite3_str_appendall(s, c->join ? c->join : " ");
      sqlite3_str_append(s, text, (int)bytes);
      hash = biobert_hash((biobert_str){text, bytes}, hash + (uint64_t)i + 1);
    }
    if (seen++ == 0) out->title = (size_t)sqlite3_str_length(s);
  }
  int rc = finish_text(s, out);
  if (rc != SQLITE_OK) {
    document_free(out);
    return rc;
  }
  if (out->error) hash = ~hash; /* not that of the text without the BLOB */
  memcpy(&out->hash, &hash, sizeof out->hash);
  out->blank = is_blank(out->text, out->bytes);
  return SQLITE_OK;
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

/* One vector for the whole of a document: as a pair where the index says so. */
static biobert_status embed_whole(const index_table *t, biobert_session *session,
                                  const document *d, float *vector, biobert_error *err) {
  biobert_str text = {d->text, d->bytes};
  if (t->config.join) return biobert_embed(session, text, BIOBERT_DOCUMENT, vector, err);
  size_t rest = d->title < d->bytes && d->title ? d->title + 1 : d->title;
  return biobert_embed_pair(session, (biobert_str){d->text, d->title},
                            (biobert_str){d->text + rest, d->bytes - rest}, vector, err);
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

static biobert_status embed_passage(const index_table *t, biobert_session *session,
                                    const document *d, biobert_str title,
                                    const biobert_chunk *chunk, float *vector,
                                    biobert_error *err) {
  biobert_str passage = {d->text + chunk->start, chunk->end - chunk->start};
  if (title.len == 0 || chunk->start < d->title)
    return biobert_embed(session, passage, BIOBERT_DOCUMENT, vector, err);
  if (!t->config.join) return biobert_embed_pair(session, title, passage, vector, err);
  sqlite3_str *s = sqlite3_str_new(NULL); /* not printed: a text may have NULs in it */
  sqlite3_str_append(s, title.data, (int)title.len);
  sqlite3_str_appendall(s, t->config.join);
  sqlite3_str_append(s, passage.data, (int)passage.len);
  biobert_str joined = {NULL, (size_t)sqlite3_str_length(s)};
  char *text = sqlite3_str_finish(s);
  if (!text) return result_fail(err, BIOBERT_NOMEM, "out of memory");
  joined.data = text;
  biobert_status status = biobert_embed(session, joined, BIOBERT_DOCUMENT, vector, err);
  sqlite3_free(text);
  return status;
}

static biobert_status embed_passages(index_table *t, biobert_session *session,
                                     const document *d, size_t limit, size_t takes,
                                     size_t dimension, embedded *out,
                                     biobert_error *err) {
  biobert_str title;
  biobert_chunk *chunks = NULL;
  size_t title_tokens, count = 0;
  biobert_status status =
      short_title(session, d, (takes + 2) / 4, &title, &title_tokens, err);
  size_t passage = takes - title_tokens < limit ? takes - title_tokens : limit;
  size_t overlap = (size_t)t->config.passage_overlap;
  if (overlap >= passage) overlap = passage - 1;
  if (!status)
    status = biobert_chunks(session, (biobert_str){d->text, d->bytes}, passage, overlap,
                            &chunks, &count, err);
  if (!status) {
    out->vectors = sqlite3_malloc64((count + 1) * dimension * sizeof *out->vectors);
    out->spans = sqlite3_malloc64((count + 1) * 2 * sizeof *out->spans);
    if (!out->vectors || !out->spans)
      status = result_fail(err, BIOBERT_NOMEM, "out of memory");
  }
  for (size_t i = 0; i < count && !status; i++) {
    status = embed_passage(t, session, d, title, &chunks[i], out->vectors + i * dimension,
                           err);
    out->spans[2 * i] = (uint32_t)chunks[i].start;
    out->spans[2 * i + 1] = (uint32_t)chunks[i].end;
    out->count = (int)i + 1;
  }
  biobert_session_release(session, chunks);
  return status;
}

biobert_status document_embed(index_table *t, named_model *m, const document *d,
                              embedded *out, biobert_error *err) {
  memset(out, 0, sizeof *out);
  if (d->error) {
    out->error = sqlite3_mprintf("%s", d->error);
    return out->error ? BIOBERT_OK : result_fail(err, BIOBERT_NOMEM, "out of memory");
  }
  if (d->blank) return BIOBERT_OK;
  biobert_session *session;
  biobert_status status = named_model_session(m, &session, err);
  if (status) return status;
  const biobert_model_info *info = biobert_model_get_info(named_model_model(m));
  size_t takes = info->max_tokens - 2, limit = takes; /* [CLS] and [SEP] */
  if (t->config.passage_tokens && (size_t)t->config.passage_tokens < limit)
    limit = (size_t)t->config.passage_tokens;
  counter c = {.limit = limit};
  status =
      biobert_tokenize(session, (biobert_str){d->text, d->bytes}, count_token, &c, err);
  if (!status && c.count <= limit) {
    out->vectors = sqlite3_malloc64(info->dimension * sizeof *out->vectors);
    if (!out->vectors) return result_fail(err, BIOBERT_NOMEM, "out of memory");
    status = embed_whole(t, session, d, out->vectors, err);
    out->count = 1;
  } else if (!status) {
    status = embed_passages(t, session, d, limit, takes, info->dimension, out, err);
  }
  if (!status) return BIOBERT_OK;
  embedded_free(out);
  if (no_more(status)) return status;
  out->error = sqlite3_mprintf("%s", err->message);
  return out->error ? BIOBERT_OK : result_fail(err, BIOBERT_NOMEM, "out of memory");
}
