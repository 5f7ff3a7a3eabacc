/* tokenizer_files.h - a tokenizer from the files of a model directory. */
#ifndef BB_TOKENIZER_FILES_H
#define BB_TOKENIZER_FILES_H

#include "api/notes.h"
#include "text/tokenizer.h"

/* Not said: the next source decides. */
enum { BB_UNSAID = -1 };

typedef struct bb_tokenizer_wish {
  int lowercase;           /* the load option: 0, 1 or BB_UNSAID */
  bool sentence_lowercase; /* sentence_bert_config.json: do_lower_case */
  const char *class_name;  /* config.json's tokenizer_class; NULL or "": none */
} bb_tokenizer_wish;

/* Reads vocab.txt or tokenizer.json, and tokenizer_config.json. *max_length: what the
 * files say a text may have in tokens, 0 if nothing. The caller frees *out with
 * bb_tokenizer_free(). */
biobert_status bb_tokenizer_read(const char *directory, const bb_tokenizer_wish *wish,
                                 bb_tokenizer *out, int64_t *max_length, bb_notes *notes,
                                 biobert_error *err);

/* What a model file brings itself. Not said: BB_UNSAID. */
typedef struct bb_tokenizer_parts {
  bb_vocab *vocab;
  bb_added_tokens added;
  int lowercase, strip_accents;
  const char *what; /* names the file in messages, */
  const char *kind; /* its format in notes */
} bb_tokenizer_parts;

/* The same from such parts; takes vocabulary and added tokens over, also on failure. */
biobert_status bb_tokenizer_of_parts(const bb_tokenizer_parts *parts,
                                     const bb_tokenizer_wish *wish, bb_tokenizer *out,
                                     bb_notes *notes, biobert_error *err);

/* A new model's: `text` is that of a vocab.txt, which `what` names in messages. */
biobert_status bb_tokenizer_of_vocabulary(biobert_str text, bool lowercase,
                                          const char *what, bb_tokenizer *out,
                                          biobert_error *err);

#endif
