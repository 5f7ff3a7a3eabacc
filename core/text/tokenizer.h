/* tokenizer.h - text -> token ids with offsets, as Hugging Face's fast BertTokenizer.
 *
 * split on special tokens -> normalise -> split on added tokens -> words -> WordPiece.
 * What the model wants around a text ([CLS], [SEP]) and truncation are the caller's. */
#ifndef BB_TOKENIZER_H
#define BB_TOKENIZER_H

#include "text/added_tokens.h"

/* The tokens that BERT has besides pieces of words. */
typedef enum bb_special {
  BB_PAD,
  BB_UNK,
  BB_CLS,
  BB_SEP,
  BB_MASK,
  BB_SPECIAL_COUNT,
} bb_special;
extern const char *const bb_special_names[BB_SPECIAL_COUNT]; /* "[PAD]", ... */

/* Special tokens of an input: [CLS] text [SEP], [CLS] a [SEP] b [SEP]. */
enum { BB_SPECIALS_SINGLE = 2, BB_SPECIALS_PAIR = 3 };

typedef struct bb_tokenizer {
  bb_normalizer_options normalizer;
  bb_vocab *vocab;
  bb_added_tokens added;
  bool cuts_start; /* a text that does not fit loses its first tokens, not its last */
  int32_t unk, cls, sep, pad, mask; /* -1 where there is none; unk, cls, sep always are */
} bb_tokenizer;

typedef struct bb_token {
  int32_t id;
  size_t start, end; /* bytes of the text */
  size_t word;       /* index of the word, from 0 */
} bb_token;

typedef bool bb_token_fn(void *ctx, const bb_token *token);

/* With vocabulary, added tokens and normaliser as they are to be: finds the special ids,
 * and gets the added tokens ready. FORMAT: the vocabulary has no [UNK], [CLS] or [SEP].
 */
biobert_status bb_tokenizer_finish(bb_tokenizer *t, biobert_error *err);
void bb_tokenizer_free(bb_tokenizer *t); /* frees the members, not *t */

/* Hands each token of the text to `each`, in order; false ends it, without an error.
 * Memory does not grow with the text (but for added tokens that are `normalized`). */
biobert_status bb_tokenize(const bb_tokenizer *t, biobert_str text, bb_token_fn *each,
                           void *ctx, const bb_call *call, biobert_error *err);

/* Text from ids as the reference's decoder makes it: special tokens left out, pieces
 * joined, spaces before punctuation and in English contractions removed. The caller frees
 * *text with bb_free(call->allocator, ...). RANGE: an id that the vocabulary does not
 * have. */
biobert_status bb_detokenize(const bb_tokenizer *t, const int32_t *ids, size_t count,
                             const bb_call *call, char **text, size_t *len,
                             biobert_error *err);

#endif
