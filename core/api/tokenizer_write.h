/* tokenizer_write.h - a tokenizer as the files of Hugging Face's libraries. */
#ifndef BB_TOKENIZER_WRITE_H
#define BB_TOKENIZER_WRITE_H

#include "format/json.h"
#include "text/tokenizer.h"

typedef struct bb_tokenizer_out {
  const bb_tokenizer *tokenizer;
  const char *class_name; /* "BertTokenizer" */
  size_t max_tokens;      /* of a text */
  const bb_json_node
      *base; /* a tokenizer_config.json whose other settings are kept; or NULL
                             */
} bb_tokenizer_out;

/* Writes tokenizer.json, tokenizer_config.json and, where the vocabulary is lines without
 * white space, vocab.txt into a folder that has none of them. They make the tokens that
 * the tokenizer makes, whatever files it was read from. IO, NOMEM, INTERRUPTED. */
biobert_status bb_tokenizer_write(const bb_tokenizer_out *out, const char *folder,
                                  biobert_error *err);

#endif
