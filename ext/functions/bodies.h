/* bodies.h - the functions and table-valued functions, for the tables of functions.c that
 * register them. */
#ifndef EXT_BODIES_H
#define EXT_BODIES_H

#include "models/model_choice.h"
#include "models/tvf_model.h"

/* What a scalar function is called with, besides its arguments. */
typedef struct call {
  connection *connection;
  const char *name; /* "biobert_embed", for messages */
} call;

/* The body of a scalar function. On failure it has written err and set no result. */
typedef biobert_status function_body(sqlite3_context *context, const call *c, int argc,
                                     sqlite3_value **argv, biobert_error *err);

/* An aggregate; value and inverse NULL: not over a window. */
typedef struct aggregate {
  void (*step)(sqlite3_context *context, int argc, sqlite3_value **argv);
  void (*final)(sqlite3_context *context);
  void (*value)(sqlite3_context *context);
  void (*inverse)(sqlite3_context *context, int argc, sqlite3_value **argv);
} aggregate;

/* Bodies, by file -------------------------------------------------------------------- */

/* fn_embed.c */
function_body fn_embed, fn_embed_query, fn_embed_pair, fn_similarity, fn_distance;
/* fn_heads.c */
function_body fn_rerank;
/* fn_text.c */
function_body fn_token_count, fn_tokenize, fn_detokenize, fn_kmers, fn_residues, fn_plain;
/* fn_vector.c */
function_body fn_vector, fn_vector_json, fn_dimension, fn_normalize, fn_slice;
/* fn_model.c */
function_body fn_load, fn_unload, fn_config, fn_version, fn_build;

/* fn_classifier.c */
function_body fn_predict;

/* fn_mean.c: biobert_mean(vector [, weight]); fn_vocabulary.c; fn_fit.c */
extern const aggregate aggregate_mean, aggregate_vocabulary, aggregate_fit;

/* tvf_*.c */
extern const tvf tvf_tokens, tvf_chunks, tvf_highlight, tvf_hidden_states, tvf_attention,
    tvf_fill_mask, tvf_logits, tvf_entities, tvf_answer, tvf_classify, tvf_classify_pair,
    tvf_each, tvf_classifier, tvf_train, tvf_models, tvf_settings, tvf_help;

#endif
