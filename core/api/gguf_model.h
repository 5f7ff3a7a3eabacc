/* gguf_model.h - configuration, pooling and vocabulary from the keys of a GGUF file. */
#ifndef BB_GGUF_MODEL_H
#define BB_GGUF_MODEL_H

#include "api/notes.h"
#include "api/tokenizer_files.h"
#include "format/gguf.h"
#include "model/bert_config.h"
#include "model/sentence_pipeline.h"

/* UNSUPPORTED: another architecture or tokenizer than BERT's, by name. */
biobert_status bb_gguf_config(const bb_gguf *gguf, const char *path, bb_bert_config *out,
                              bb_notes *notes, biobert_error *err);
/* What follows the encoder: a pooling, as far as the file names one. */
biobert_status bb_gguf_pipeline(const bb_gguf *gguf, const char *path, bb_pipeline *out,
                                bb_notes *notes, biobert_error *err);
biobert_status bb_gguf_tokenizer(const bb_gguf *gguf, const char *path,
                                 const bb_tokenizer_wish *wish, bb_tokenizer *out,
                                 bb_notes *notes, biobert_error *err);

#endif
