/* pieces.h - the tokens of a text in memory, for what looks at a long text in windows. */
#ifndef BB_PIECES_H
#define BB_PIECES_H

#include "api/session.h"

typedef struct bb_pieces {
  const biobert_allocator *allocator;
  bb_token *items;
  size_t count, capacity;
  size_t limit;
  bool last;
  bool no_memory;
} bb_pieces;

/* The first `limit` tokens of a text (the last ones, where the tokenizer cuts the start),
 * without [CLS] and [SEP]. Free with bb_pieces_free(), also on failure. */
biobert_status bb_pieces_read(biobert_session *s, biobert_str text, size_t limit,
                              bb_pieces *out, biobert_error *err);
void bb_pieces_free(bb_pieces *pieces); /* frees the members, not the struct */

/* [CLS] a [SEP], or [CLS] a [SEP] b [SEP] (b not NULL), into the session's ids and types;
 * returns the tokens, which the caller has seen to be no more than the model takes. */
typedef struct bb_stretch {
  const bb_token *items;
  size_t count;
} bb_stretch;
size_t bb_session_fill_pieces(biobert_session *s, bb_stretch a, const bb_stretch *b);

/* Windows of `room` tokens over a text, `overlap` in common: number 0, 1, ... until
 * false. They begin at its start, or, where the tokenizer cuts the start, at its end. A
 * text without tokens has one window. */
typedef struct bb_windows {
  size_t room, overlap; /* overlap < room */
} bb_windows;
bool bb_window_at(const bb_pieces *pieces, const bb_windows *windows, size_t number,
                  bb_stretch *out);

typedef struct bb_scored {
  double score;
  size_t index;
} bb_scored;

/* Puts the best k of count items (k <= count) in front, best first, equal ones by index;
 * the order of the others is left open. */
void bb_best_first(bb_scored *items, size_t count, size_t k);

/* x = exp(x - max) / sum, in double precision. */
void bb_softmax(double *x, size_t n);

#endif
