/* biobert_vectors.h - exact search over stored vectors and words, without a database.
 * May change between versions: the search table of biobert.so is built on it, programs
 * should not be yet.
 *
 * A vector is kept twice: in full (float32, float16 or int8) and as an int8 code a
 * quarter of the size of a float32 vector. A search reads all codes; a code comes with
 * the exact length of what it left out, so that the Cauchy-Schwarz inequality bounds how
 * far an estimate can be from the truth. Vectors whose upper bound reaches the best are
 * then compared in full, in double precision. The order that comes out is therefore that
 * of a brute-force scan, provably, at the price of reading a fraction of the bytes. */
#ifndef BIOBERT_VECTORS_H
#define BIOBERT_VECTORS_H

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

/* What belongs to the codes c of a vector x: x = scale * c + rest, |rest| <= residual.
 * For cosine x is first brought to length 1. square: |x|^2 (of the vector as stored). */
typedef struct biobert_code {
  float scale, residual, square;
} biobert_code;

/* v as biobert_store_unpack() gives it. codes: [n]. */
void biobert_encode(biobert_metric metric, const float *v, size_t n, int8_t *codes,
                    biobert_code *code);

/* Blocks ------------------------------------------------------------------------------
 *
 * How vectors lie in storage. A vector's address is the number of its place ("slot"): a
 * chunk has BIOBERT_CHUNK_SLOTS of them, which lie in blocks of codes and in blocks of
 * full vectors:
 *
 *     slots   live bit per slot; then the document of each slot, int64   | sum
 *     codes   BIOBERT_CODES_SLOTS x int8 [n], then as many biobert_code  | sum
 *     full    BIOBERT_FULL_SLOTS x what biobert_store_pack() writes      | sum
 *
 * All numbers are little-endian. A sum is a hash of the bytes before it and of the number
 * of the row in which they lie, so that a row in another's place is found too. */

enum {
  BIOBERT_CHUNK_SLOTS = 256,
  BIOBERT_CODES_SLOTS = 32,
  BIOBERT_FULL_SLOTS = 16,
  BIOBERT_SUM_BYTES = 8,
  BIOBERT_LIVE_BYTES = BIOBERT_CHUNK_SLOTS / 8,
  BIOBERT_IDS_BYTES = BIOBERT_CHUNK_SLOTS * 8 + BIOBERT_SUM_BYTES,
};

/* Larger addresses are damage: the arithmetic with them has to fit. */
#define BIOBERT_MAX_ADDRESS ((int64_t)1 << 48)

/* Which document each slot of a chunk is of. */
typedef struct biobert_slots {
  int count; /* slots in use, from the first; the dead ones among them too */
  unsigned char live[BIOBERT_LIVE_BYTES];
  unsigned char ids[BIOBERT_IDS_BYTES];
} biobert_slots;

/* The slots of a chunk as they were stored. False: they are damaged. */
bool biobert_slots_read(int64_t chunk, int64_t count, const void *live, size_t live_bytes,
                        const void *ids, size_t ids_bytes, biobert_slots *out);
/* Writes the sum, before they are stored. */
void biobert_slots_seal(int64_t chunk, biobert_slots *s);
/* Makes a slot one of a document, or of none. */
void biobert_slots_put(biobert_slots *s, int slot, int64_t id);
void biobert_slots_clear(biobert_slots *s, int slot);
/* Whether a slot is in use and not dead; the document it is of. */
bool biobert_slots_is_live(const biobert_slots *s, int slot);
int64_t biobert_slots_id(const biobert_slots *s, int slot);

size_t biobert_codes_bytes(size_t n);
size_t biobert_full_bytes(biobert_store store, size_t n);
/* Whether a block is of this size and has the right sum. data may be NULL. */
bool biobert_block_is_sound(int64_t row, const void *data, size_t bytes, size_t expected);
void biobert_block_seal(int64_t row, void *data, size_t bytes);

/* Writes a vector, and its codes, into its places of two blocks; the codes are those of
 * the vector as it is stored. stored: [n], receives it so. */
void biobert_blocks_put(biobert_metric metric, biobert_store store, size_t n,
                        int64_t address, const float *vector, void *codes, void *full,
                        float *stored);
/* What is deleted leaves nothing behind. */
void biobert_blocks_clear(biobert_store store, size_t n, int64_t address, void *codes,
                          void *full);
/* The vector at an address out of its block. */
void biobert_full_get(biobert_store store, size_t n, int64_t address, const void *full,
                      float *vector);
/* Whether the codes at an address are this vector's. made: [n], scratch. */
bool biobert_codes_are_of(biobert_metric metric, size_t n, int64_t address,
                          const void *codes, const float *vector, int8_t *made);

/* A query, prepared for scanning ----------------------------------------------------- */

typedef struct biobert_query biobert_query;
biobert_status biobert_query_new(biobert_metric metric, const float *vector, size_t n,
                                 biobert_query **out, biobert_error *err);
void biobert_query_free(biobert_query *query);

/* Similarity: larger is better; cosine, inner product, or minus the squared distance.
 * scan: for each of `count` codes (one after another, n bytes each) an estimate, and how
 * far the exact similarity may be from it at most; without `error` (NULL), what the
 * similarity is at most in place of the estimate. */
void biobert_query_scan(const biobert_query *query, const int8_t *codes,
                        const biobert_code *code, size_t count, float *estimate,
                        float *error);
/* In double precision; -INFINITY where the metric is cosine and a vector has length 0. */
double biobert_query_exact(const biobert_query *query, const float *v);
/* The metric's distance of a similarity. */
double biobert_similarity_distance(biobert_metric metric, double similarity);

/* A collection -------------------------------------------------------------------------
 *
 * Documents of one or more vectors (passages), in the order of their addresses: what a
 * search runs over. The members are there to be read; the functions write them. */

typedef struct biobert_collection {
  const biobert_allocator *allocator;
  size_t n; /* values of a vector */
  size_t vectors, documents, capacity;
  int64_t *address;   /* [vectors], rising */
  int64_t *id;        /* [documents] */
  uint32_t *first;    /* [documents + 1]: first vector of each document */
  uint32_t *by_id;    /* [documents]: documents by rising id; NULL: not asked for yet */
  int8_t *codes;      /* [vectors, n], or NULL: they are read from their blocks */
  biobert_code *code; /* [vectors] */
  bool null_vectors;  /* a scan has met vectors of length 0 */
} biobert_collection;

/* {0}, but with an allocator, is the empty collection of no dimension. */
void biobert_collection_free(biobert_collection *c); /* frees the members */
/* Adds the live slots of a chunk. BIOBERT_FORMAT: chunks come in rising order, and this
 * one does not. Neighbours of one id are passages of a document. */
biobert_status biobert_collection_add(biobert_collection *c, int64_t chunk,
                                      const biobert_slots *s, biobert_error *err);
/* The document of an id, or SIZE_MAX. Of two with one id, the first. */
size_t biobert_collection_find(biobert_collection *c, int64_t id);
/* Bytes that its codes take in memory. */
size_t biobert_collection_codes_bytes(const biobert_collection *c);
/* Makes room for the codes, for the next scan of the blocks to fill. False: no memory,
 * and everything is as it was. */
bool biobert_collection_keep_codes(biobert_collection *c);
void biobert_collection_drop_codes(biobert_collection *c);

/* A pass over the blocks of codes, by rising row. */
typedef struct biobert_scan {
  biobert_collection *collection;
  const biobert_query *query;
  float *estimate, *error; /* [vectors]; error may be NULL: biobert_query_scan() */
  size_t vector;           /* the next one; from 0 */
} biobert_scan;

/* One block. BIOBERT_FORMAT: it is damaged, or one before it is missing; the message says
 * what. */
biobert_status biobert_scan_block(biobert_scan *scan, int64_t row, const void *codes,
                                  size_t bytes, biobert_error *err);
/* After the last one. BIOBERT_FORMAT: codes are missing. */
biobert_status biobert_scan_end(const biobert_scan *scan, biobert_error *err);

/* A ranking ---------------------------------------------------------------------------
 *
 * Items 0 .. n-1 in falling order of a score that is expensive to know exactly and cheap
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

/* A search -----------------------------------------------------------------------------
 *
 * One order of a whole collection: by meaning, by words, or by both (the formula is
 * at the top of core/index/fusion.c). A row's score depends on the question and the
 * collection alone, never on what a filter leaves. */

typedef enum biobert_search_mode {
  BIOBERT_HYBRID,
  BIOBERT_SEMANTIC,
  BIOBERT_LEXICAL,
  BIOBERT_SEARCH_MODE_COUNT,
} biobert_search_mode;

extern const char *const biobert_search_mode_names[BIOBERT_SEARCH_MODE_COUNT];

/* How a search reads what it searches; each returns a status and says why it failed. */
typedef struct biobert_storage {
  /* Estimates of all vectors, as biobert_query_scan() gives them; error may be NULL. */
  biobert_status (*scan)(void *ctx, const biobert_query *query, float *estimate,
                         float *error, biobert_error *err);
  /* The full vector at an address, into [n]. */
  biobert_status (*read)(void *ctx, int64_t address, float *vector, biobert_error *err);
  void *ctx;
} biobert_storage;

/* A document that has words of the question; smaller is better, as FTS5's bm25(). */
typedef struct biobert_hit {
  int64_t id;
  double bm25;
} biobert_hit;

/* How a search asks for words, for its step of feedback; each returns a status and says
 * why it failed. A word is letters alone, of ASCII's in lower case. */
typedef struct biobert_lexicon {
  /* A document's text, which the search frees with the collection's allocator. *text NULL:
   * it has none, or one too long to be looked at. */
  biobert_status (*text)(void *ctx, int64_t id, char **text, size_t *bytes,
                         biobert_error *err);
  /* Documents that have a word; at most `limit` are counted. */
  biobert_status (*count)(void *ctx, biobert_str word, size_t limit, size_t *documents,
                          biobert_error *err);
  /* Which they are: ids has room for *count, which becomes how many there are in it. */
  biobert_status (*find)(void *ctx, biobert_str word, int64_t *ids, size_t *count,
                         biobert_error *err);
  void *ctx;
} biobert_lexicon;

typedef struct biobert_search_request {
  biobert_search_mode mode;
  biobert_metric metric;
  const float *vector; /* [n] of the question, or NULL: by words alone */
  bool feedback;
  const biobert_lexicon *lexicon; /* for feedback; NULL: by vectors alone */
  biobert_str question;           /* its words are no feedback; lexicon NULL: not read */
  bool unscored;                  /* the hits answer no question: their bm25 is none */
  bool identifier;         /* the question is an identifier, which has no meaning */
  const biobert_hit *hits; /* [hit_count], by rising id */
  size_t hit_count;
} biobert_search_request;

typedef struct biobert_result {
  int64_t id;
  double rank;           /* smaller is better */
  double distance, bm25; /* NAN: it has none */
  int passage;           /* number of the best one; -1: the document has no vector */
  int64_t address;       /* of the best passage's vector */
} biobert_result;

typedef struct biobert_search biobert_search;

/* The collection is borrowed, and must stay as it is; so must what the storage reads. */
biobert_status biobert_search_new(biobert_collection *collection,
                                  const biobert_storage *storage,
                                  const biobert_search_request *request,
                                  biobert_search **out, biobert_error *err);
void biobert_search_free(biobert_search *search);
/* The result at a position (from 0). *found false: there are not that many. */
biobert_status biobert_search_at(biobert_search *search, size_t position,
                                 biobert_result *out, bool *found, biobert_error *err);
/* The result of one id, wherever it is in the order. */
biobert_status biobert_search_find(biobert_search *search, int64_t id,
                                   biobert_result *out, bool *found, biobert_error *err);
/* Results, whether found by meaning or by words alone. */
size_t biobert_search_count(const biobert_search *search);

/* 64-bit hash of a text, to see whether it has changed. Not for secrets. */
uint64_t biobert_hash(biobert_str text, uint64_t seed);

/* Words ------------------------------------------------------------------------------ */

/* The next word of a text from *at on, which becomes its end: a run of ASCII's letters and
 * digits, _ and everything beyond ASCII. False: there is none. */
bool biobert_next_word(biobert_str text, size_t *at, biobert_str *word);
/* One of English that carries nothing: the, of, which ... */
bool biobert_is_function_word(biobert_str word);

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
