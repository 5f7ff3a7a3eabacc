/* functions.h - the functions and tables of biobert.so. functions.c has the tables that
 * register them, and that biobert_help shows. */
#ifndef EXT_FUNCTIONS_H
#define EXT_FUNCTIONS_H

#include "models/result.h"
#include "functions/tvf.h"

/* The body of a scalar function. On failure it has written err and set no result. */
typedef biobert_status function_body(sqlite3_context *context, const call *c, int argc,
                                     sqlite3_value **argv, biobert_error *err);

/* What biobert_help says of a function or a table. */
typedef struct help {
  const char *name, *arguments, *returns, *what, *example;
} help;

int functions_register(sqlite3 *db, registry *r);
/* Functions first, then tables; NULL after the last. */
const help *functions_help(size_t index);

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

/* fn_mean.c: the aggregate and window function biobert_mean(vector [, weight]) */
void mean_step(sqlite3_context *context, int argc, sqlite3_value **argv);
void mean_inverse(sqlite3_context *context, int argc, sqlite3_value **argv);
void mean_value(sqlite3_context *context);
void mean_final(sqlite3_context *context);

/* tvf_layers.c, tvf_masks.c, tvf_heads.c */
extern const table_function table_hidden_states, table_attention, table_fill_mask,
    table_logits, table_entities, table_answer, table_classify, table_classify_pair;
/* tvf_tokens.c, tvf_chunks.c, tvf_vectors.c, tvf_models.c, index_status.c,
 * sync.c */
extern const table_function table_tokens, table_chunks, table_highlight, table_each,
    table_models, table_settings, table_help, table_sync, table_status_of, table_failures;

#endif
