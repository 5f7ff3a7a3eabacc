/* chunker.h - a long text into passages that a model takes whole. */
#ifndef BB_CHUNKER_H
#define BB_CHUNKER_H

#include "text/tokenizer.h"

/* Cuts text into chunks of at most max_tokens (> 0) pieces: whole sentences as long as
 * they fit, a sentence that does not fit at words, a word that does not fit inside the
 * word. A chunk begins with at most `overlap` (< max_tokens) pieces of the one before.
 * White space at the ends of a chunk is left out, a text of white space has none. The
 * caller frees *chunks with bb_free(call->allocator, ...). */
biobert_status bb_chunk(const bb_tokenizer *t, biobert_str text, size_t max_tokens,
                        size_t overlap, const bb_call *call, biobert_chunk **chunks,
                        size_t *count, biobert_error *err);

#endif
