/* sentence_pipeline.h - what sentence-transformers puts after an encoder: pooling, dense
 * layers, normalising, prompts. Source: Reimers & Gurevych 2019 (arXiv:1908.10084) and
 * the files that the library writes (modules.json and what it names). */
#ifndef BB_SENTENCE_PIPELINE_H
#define BB_SENTENCE_PIPELINE_H

#include "model/pooling.h"

enum { BB_MAX_STEPS = 8, BB_MAX_PROMPT_BYTES = 4096 };

/* One module after the pooling: a dense layer, or (w == NULL) normalising to length 1. */
typedef struct bb_step {
  size_t in, out;
  float *w, *b; /* [out, in], [out]: one block, freed by w */
  const bb_activation *activation;
  bool residual; /* y = f(x) + x */
  bool no_bias;  /* b is 0, and stays so in training */
} bb_step;

typedef struct bb_pipeline {
  bool has_modules;  /* modules.json was there: pooling is a statement, not a guess */
  char *transformer; /* folder of the encoder, relative; "" for the model's own */
  bb_pooling_list pooling;
  bool include_prompt; /* the prompt's tokens are pooled too */
  bb_step steps[BB_MAX_STEPS];
  size_t step_count;
  size_t dimension; /* vectors are cut to it; 0, or more than they have: they are not */
  bool has_lengths; /* a sentence_*_config.json said something */
  int64_t max_seq_length;                /* 0: not said; so are the next three */
  int64_t query_length, document_length; /* of that side of a search alone */
  int64_t any_length;                    /* before all of the above */
  bool lowercase; /* sentence_bert_config.json says do_lower_case: text is lower-cased,
                     which strips no accents */
  char *query_prompt, *document_prompt; /* NULL: none */
  const char *similarity, *metric;      /* as the files name it, and our name; or NULL */
  bool cross_encoder; /* a CrossEncoder's folder: its modules.json has no pooling */
  const bb_activation *activation; /* of a CrossEncoder's score; NULL: not said */
  char *pair_prompt;               /* before a CrossEncoder's query; NULL: none */
} bb_pipeline;

/* Reads what lies in a model directory; without modules.json: mean pooling, nothing after
 * it, as sentence-transformers does with a bare model. */
biobert_status bb_pipeline_read(const char *directory, bb_pipeline *out,
                                biobert_error *err);
/* Pooling and dimensions must fit an encoder of this width. */
biobert_status bb_pipeline_check(const bb_pipeline *p, size_t hidden, const char *what,
                                 biobert_error *err);
void bb_pipeline_free(bb_pipeline *p); /* frees the members, not the struct */

size_t bb_pipeline_dimension(const bb_pipeline *p, size_t hidden);
/* Cuts vectors to the dimension, then normalises again where the model does (Kusupati et
 * al. 2022, arXiv:2205.13147). RANGE: they have fewer values. */
biobert_status bb_pipeline_cut(bb_pipeline *p, size_t hidden, size_t dimension,
                               biobert_error *err);
/* The widest vector on the way. */
size_t bb_pipeline_widest(const bb_pipeline *p, size_t hidden);
bool bb_pipeline_normalizes(const bb_pipeline *p); /* its last step does */
/* Adds or takes away the last normalising. RANGE: no room for one more step. */
biobert_status bb_pipeline_set_normalize(bb_pipeline *p, bool normalize,
                                         biobert_error *err);

/* The members of a Pooling module's config.json that say this pooling of states [H]; false:
 * sentence-transformers has no name for it. */
bool bb_pipeline_write_pooling(const bb_pipeline *p, size_t hidden, bb_json_writer *w);

/* x = x / length, which is returned: max(|x|, BB_MIN_LENGTH), as
 * torch.nn.functional.normalize has it. */
double bb_unit_vector(float *x, size_t n);
#define BB_MIN_LENGTH 1e-12

/* Pools and runs the steps. a, b: [widest] each; the result is written to out. */
void bb_pipeline_run(const bb_pipeline *p, const bb_pooling_input *input, float *a,
                     float *b, float *out);

#endif
