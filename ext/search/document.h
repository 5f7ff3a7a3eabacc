/* document.h - a row's text, and its vectors (document.c). */
#ifndef EXT_DOCUMENT_H
#define EXT_DOCUMENT_H

#include "search/document_rows.h"

/* A row of the content as the search table sees it. */
typedef struct document {
  sqlite3_int64 id;
  char *text; /* the joined text, NUL-terminated; "" if there is none */
  size_t bytes;
  size_t title; /* bytes of the first indexed column in it */
  sqlite3_int64 hash;
  bool blank;  /* nothing to embed: no text, or white space */
  char *error; /* why it cannot be used, or NULL. Owned */
} document;

/* The text comes with a vector of its own. With vectors= the hash is that of both: the
 * content is asked for both. Otherwise it is another one than a text alone has, so that
 * a check can tell which vectors the model should have made. */
void document_take_vector(const index_table *t, document *d, sqlite3_value *vector);
/* Whether it is the text that an entry was made from, by the model or with a vector. */
bool document_is_known(const document *d, const document_row *known);
/* The hash of a document's text, an indexed column after another, from 0. */
uint64_t document_hash(uint64_t before, int column, biobert_str text);
/* Whether the hash that an entry has may be that of a text of this document_hash(). */
bool document_hash_may_be(const index_table *t, sqlite3_int64 kept, uint64_t hash);

/* From values in the order of the declared columns. */
int document_make(const index_table *t, sqlite3_int64 id, sqlite3_value **values,
                  document *out);
void document_free(document *d);

/* What embedding made of a document. */
typedef struct embedded {
  float *vectors; /* [count, dimension]; owned */
  int count;
  uint32_t *spans; /* [2 * count], or NULL: whole. Owned */
  char *error;     /* why there are none, or NULL. Owned */
} embedded;

/* Runs the table's model over documents, a text a worker. An error of a document is in
 * its out->error; the status is for what ends the run (no memory, an interrupt). */
biobert_status documents_embed(index_table *t, named_model *m,
                               const document *const *documents, embedded **out,
                               size_t count, biobert_error *err);
/* The same for as many of them as have together at most `most` vectors, the first in any
 * case; *count becomes how many those are. */
biobert_status documents_embed_some(index_table *t, named_model *m,
                                    const document *const *documents, embedded **out,
                                    size_t *count, size_t most, biobert_error *err);
void embedded_free(embedded *e);

#endif
