/* terms.h - the words and word pairs of texts, counted row by row, and TF-IDF: what
 * scikit-learn's TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True) makes of them.
 *
 * A word is a run of two or more letters, digits, marks and _ (\w of Unicode), in lower
 * case; a pair is two words that follow one another once stop words have been left out.
 * The numbers of terms come from the order of the rows; their hashes do not. */
#ifndef BB_TERMS_H
#define BB_TERMS_H

#include "text/normalize.h"
#include "text/piece_list.h"

/* Bounds on what hostile rows can cost; a million abstracts are below. */
enum { BB_MAX_TERMS = 1 << 28, BB_MAX_TERM_BYTES = 1 << 30, BB_WORD_BYTES = 256 };

typedef struct bb_term {
  uint32_t first, second; /* words; second BB_NO_WORD: the term is one word */
  uint32_t rows;          /* that have it */
  uint32_t last_row;      /* 1 + the last of them */
  size_t entry;           /* its entry in that row */
} bb_term;

#define BB_NO_WORD UINT32_MAX

/* Starts as {0} but for the allocator and stop_words. Row r's terms are term[start[r]] up
 * to term[start[r + 1]], each once, with how often they occur in it. */
typedef struct bb_terms {
  const biobert_allocator *allocator;
  bool stop_words; /* leave out those of English */
  bb_piece_list words;
  bb_term *terms;
  size_t count, capacity;
  bb_index_table table;
  size_t *start; /* [rows + 1]; NULL without rows */
  size_t rows, rows_capacity;
  uint32_t *term, *times; /* [entries] */
  size_t entries, term_capacity, times_capacity;
} bb_terms;

/* Adds a row; what `text` points to is not kept. RANGE: too many terms. NOMEM,
 * INTERRUPTED: the row may be there in part, and the list is only to be freed. */
biobert_status bb_terms_add_row(bb_terms *t, const bb_call *call, biobert_error *err);
biobert_status bb_terms_add_text(bb_terms *t, biobert_str text, const bb_call *call,
                                 biobert_error *err);
void bb_terms_free(bb_terms *t); /* the members, not *t */

/* A term as it is written: "heart", "heart failure". Bytes that it takes; those that fit
 * are written to out, without NUL. */
size_t bb_term_text(const bb_terms *t, uint32_t term, char *out, size_t room);

/* log((1 + rows) / (1 + rows that have the term)) + 1 */
double bb_idf(size_t rows, size_t rows_with_term);
/* (1 + log(times)) * idf */
double bb_tf_idf(uint32_t times, double idf);

/* Hands the words of a text to `each`, in lower case, in order; one of more than
 * BB_WORD_BYTES bytes is cut there. False stops. */
typedef bool bb_word_fn(void *ctx, biobert_str word);
void bb_each_word(biobert_str text, bb_word_fn *each, void *ctx);

#endif
