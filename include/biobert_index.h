/* biobert_index.h - exact nearest neighbours over stored vectors. May change between
 * versions: the search index of biobert.so is built on it, programs should not be yet.
 *
 * A vector is kept twice: in full (float32, float16 or int8) and as an int8 code a
 * quarter of the size of a float32 vector. A search reads all codes; a code comes with
 * the exact length of what it left out, so that the Cauchy-Schwarz inequality bounds how
 * far an estimate can be from the truth. Vectors whose upper bound reaches the best are
 * then compared in full, in double precision. The order that comes out is therefore that
 * of a brute-force scan, provably, at the price of reading a fraction of the bytes. */
#ifndef BIOBERT_INDEX_H
#define BIOBERT_INDEX_H

#include "biobert.h"

#ifdef __cplusplus
extern "C" {
#endif

#ifdef __GNUC__
#pragma GCC visibility push(default) /* all that libbiobert.so exports */
#endif

/* How full vectors are kept. A stored vector is a float32 factor, then n values. */
typedef enum biobert_store {
  BIOBERT_STORE_F32,
  BIOBERT_STORE_F16,
  BIOBERT_STORE_INT8,
  BIOBERT_STORE_COUNT,
} biobert_store;

extern const char *const biobert_store_names[BIOBERT_STORE_COUNT];

size_t biobert_store_bytes(biobert_store store, size_t n);
void biobert_store_pack(biobert_store store, const float *v, size_t n, void *out);
void biobert_store_unpack(biobert_store store, const void *stored, size_t n, float *v);

/* What stands behind the codes c of a vector x: x = scale * c + rest, |rest| <= residual.
 * For cosine x is first brought to length 1. square: |x|^2 (of the vector as stored). */
typedef struct biobert_code {
  float scale, residual, square;
} biobert_code;

/* v as biobert_store_unpack() gives it. codes: [n]. */
void biobert_encode(biobert_metric metric, const float *v, size_t n, int8_t *codes,
                    biobert_code *code);

/* A query, prepared for scanning. */
typedef struct biobert_probe biobert_probe;
biobert_status biobert_probe_new(biobert_metric metric, const float *query, size_t n,
                                 biobert_probe **out, biobert_error *err);
void biobert_probe_free(biobert_probe *probe);

/* Similarity: larger is better; cosine, inner product, or minus the squared distance.
 * scan: for each of `count` codes (one after another, n bytes each) an estimate, and how
 * far the exact similarity may be from it at most; without `error` (NULL), what the
 * similarity is at most in place of the estimate. */
void biobert_probe_scan(const biobert_probe *probe, const int8_t *codes,
                        const biobert_code *code, size_t count, float *estimate,
                        float *error);
/* In double precision; -INFINITY where the metric is cosine and a vector has length 0. */
double biobert_probe_exact(const biobert_probe *probe, const float *v);
/* The metric's distance of a similarity. */
double biobert_similarity_distance(biobert_metric metric, double similarity);

/* Items 0 .. n-1 in falling order of a score that is expensive to know exactly and cheap
 * to bound. Equal scores come in rising order of the item's `tie`. Scores are computed
 * only as far as the order asks for them. */
typedef struct biobert_ranking biobert_ranking;
typedef biobert_status biobert_score_fn(void *ctx, uint32_t item, double *score,
                                        biobert_error *err);

/* upper: [n], no score is larger than its bound; taken over, freed with the allocator.
 * tie: [n], borrowed. -INFINITY: the item takes no part. */
biobert_status biobert_ranking_new(const biobert_allocator *allocator, float *upper,
                                   const int64_t *tie, size_t n, biobert_ranking **out,
                                   biobert_error *err);
void biobert_ranking_free(biobert_ranking *ranking);
/* The item at a position (from 0), and its score. *found false: there are not that many.
 */
biobert_status biobert_ranking_at(biobert_ranking *ranking, size_t position,
                                  biobert_score_fn *score, void *ctx, uint32_t *item,
                                  double *value, bool *found, biobert_error *err);

/* 64-bit hash of a text, to see whether it has changed. Not for secrets. */
uint64_t biobert_hash(biobert_str text, uint64_t seed);

/* Words ------------------------------------------------------------------------------ */

/* Which words must occur and which must not, in FTS5's syntax. */
typedef struct biobert_words {
  char *text;    /* "": no condition. Freed with the allocator that made it */
  bool excluded; /* meant are the rows that `text` does not find */
} biobert_words;

/* What a person typed. FTS5's own syntax means what it means to FTS5, and is handed on
 * letter for letter; what FTS5 would refuse is read as people write: IL-6 and Crohn's
 * as if they were in quotes, NOT in front of the first word, brackets side by side.
 * Errors (BIOBERT_FORMAT) say what to type. columns: the names that a column filter may
 * have. */
biobert_status biobert_words_read(const biobert_allocator *allocator, biobert_str typed,
                                  const char *const *columns, size_t column_count,
                                  biobert_words *out, biobert_error *err);

#ifdef __GNUC__
#pragma GCC visibility pop
#endif

#ifdef __cplusplus
}
#endif

#endif
