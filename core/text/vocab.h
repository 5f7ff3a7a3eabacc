/* vocab.h - token <-> id, and the look-up that WordPiece makes. */
#ifndef BB_VOCAB_H
#define BB_VOCAB_H

#include "biobert.h"

typedef struct bb_vocab bb_vocab;

/* Far more than any BERT has (multilingual: 119,547); bounds what a hostile file can
 * cost. */
enum { BB_VOCAB_MAX_ID = 4000000, BB_TOKEN_MAX_BYTES = 1024 };

biobert_status bb_vocab_new(bb_vocab **out, biobert_error *err);
void bb_vocab_free(bb_vocab *v);

/* Gives a token an id; a token that is there already gets the new one (the last of two
 * equal lines in vocab.txt wins, as in the reference). RANGE: the id or the length is out
 * of bounds. */
biobert_status bb_vocab_add(bb_vocab *v, biobert_str token, int32_t id,
                            biobert_error *err);

/* Gives an id a spelling without making it a piece: a token added later is found in the
 * text itself, but WordPiece must not build words from it. */
biobert_status bb_vocab_add_spelling(bb_vocab *v, biobert_str token, int32_t id,
                                     biobert_error *err);

/* The lines of a vocab.txt: id = number of the line from 0, white space at a line's end
 * cut off. `what` names the file in messages. */
biobert_status bb_vocab_add_lines(bb_vocab *v, biobert_str text, const char *what,
                                  biobert_error *err);

/* -1: there is none. A piece, and a token that is only spelled too. */
int32_t bb_vocab_find(const bb_vocab *v, biobert_str token);
int32_t bb_vocab_find_any(const bb_vocab *v, biobert_str token);
/* {NULL, 0}: no token has this id. Borrowed until bb_vocab_free(). */
biobert_str bb_vocab_token(const bb_vocab *v, int32_t id);
/* One more than the largest id. */
size_t bb_vocab_size(const bb_vocab *v);
/* Bytes of the longest token: no longer piece need be looked for. */
size_t bb_vocab_longest(const bb_vocab *v);

/* WordPiece asks for pieces that start at the beginning of a word, or inside it ("##..."
 * in the vocabulary). The hash runs along the word, so that all prefixes of a position
 * cost one pass: start with bb_piece_hash_start(), feed bytes, ask at every character. */
static inline uint64_t bb_piece_hash_start(bool inside_word) {
  return inside_word ? 0x9AE16A3B2F90404Full : 0xCBF29CE484222325ull; /* FNV-1a's basis */
}
static inline uint64_t bb_piece_hash_byte(uint64_t hash, unsigned char byte) {
  return (hash ^ byte) * 0x100000001B3ull; /* FNV-1a's prime */
}
int32_t bb_vocab_find_piece(const bb_vocab *v, biobert_str piece, bool inside_word,
                            uint64_t hash);

#endif
