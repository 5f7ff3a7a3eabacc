/* normalize.h - Hugging Face's BertNormalizer, character by character, keeping for every
 * character that comes out the bytes of the text it came from. */
#ifndef BB_NORMALIZE_H
#define BB_NORMALIZE_H

#include "biobert.h"

typedef struct bb_normalizer_options {
  bool clean_text;    /* drop control characters, make white space ' ' */
  bool space_cjk;     /* every Chinese character is a word */
  bool strip_accents; /* decompose (NFD) and drop the marks */
  bool lowercase;
} bb_normalizer_options;

typedef struct bb_character {
  uint32_t code;
  size_t start, end; /* bytes of the text */
} bb_character;

/* Takes the characters in order; false stops. */
typedef bool bb_character_fn(void *ctx, const bb_character *c);

/* What a long call needs besides its work: memory that counts for the caller, and a
 * question to ask now and then. Zero is the C library and "never stop". */
typedef struct bb_call {
  const biobert_allocator *allocator;
  bool (*cancel)(void *ctx);
  void *cancel_ctx;
} bb_call;

/* Text between two questions whether to go on: about a millisecond. */
enum { BB_POLL_BYTES = 1 << 16 };

/* Normalises text[start, end) and hands each character to `each`. A segment is normalised
 * by itself, as the reference does between two special tokens. Memory: none but for a run
 * of combining marks. *stopped: `each` returned false. */
biobert_status bb_normalize(const bb_normalizer_options *options, biobert_str text,
                            biobert_span segment, bb_character_fn *each, void *ctx,
                            const bb_call *call, bool *stopped, biobert_error *err);

/* The version of the library that decomposes. */
const char *bb_utf8proc_version(void);

#endif
