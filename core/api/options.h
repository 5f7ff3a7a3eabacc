/* options.h - the JSON object that biobert_model_open() takes. */
#ifndef BB_OPTIONS_H
#define BB_OPTIONS_H

#include "base/status.h"
#include "model/sentence_pipeline.h"

typedef struct bb_options {
  bb_pooling_list pooling;  /* count 0: as the files say */
  int lowercase, normalize; /* 0, 1, or -1: as the files say */
  int64_t max_tokens;       /* 0: as the files say */
  int64_t dimension;        /* the same */
  bool no_answer, cache;
  char *precision;                                    /* NULL: f32 */
  char *task, *encoder;                               /* NULL: as the files say */
  char *query_prompt, *document_prompt, *query_model; /* NULL: not given */
  char *canonical; /* the same options with sorted keys, as JSON: equal texts, equal
                      options */
} bb_options;

/* RANGE: an unknown key or a bad value; the message lists what is allowed. Empty text is
 * {}. */
biobert_status bb_options_parse(biobert_str json, bb_options *out, biobert_error *err);
/* For other objects of options: empty text is {}. RANGE: it is no JSON object; the
 * message shows one. The caller frees *out. */
biobert_status bb_options_open(biobert_str json, const char *example, bb_json **out,
                               biobert_error *err);
/* A value as messages show it: a string in quotes, a number or a truth value as it is
 * written, or what else it is. Returns buffer. */
enum { BB_SHOWN_BYTES = BB_QUOTE_BYTES + 2 };
const char *bb_options_show(const bb_json_node *value, char buffer[BB_SHOWN_BYTES]);
void bb_options_free(bb_options *options); /* frees the members, not the struct */

#endif
