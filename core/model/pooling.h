/* pooling.h - hidden states of a text -> one vector. pooling.c holds the table: a new
 * pooling is a function and a row, and everything that names the choices walks that
 * table. */
#ifndef BB_POOLING_H
#define BB_POOLING_H

#include "model/bert.h"

/* The text holds as many of the longest name as there may be: a fingerprint is made of
 * it. */
enum { BB_MAX_POOLINGS = 8, BB_POOLING_TEXT = BB_MAX_POOLINGS * 16 };

/* What a pooling looks at. first..end: the tokens that count, where a pooling runs over
 * tokens (a prompt may be left out, a span of the text picked). */
typedef struct bb_pooling_input {
  const bb_bert *bert;
  const float *states; /* [T, H] */
  size_t count;        /* T */
  size_t first, end;
} bb_pooling_input;

typedef struct bb_pooling {
  const char *name;
  bool over_tokens; /* false: looks at [CLS] only */
  bool needs_pooler;
  void (*pool)(const bb_pooling_input *input, float *out /* [H] */);
  /* dstates [T, H] += the derivatives by the states, of those by out, d [H]. NULL: it has
   * weights of its own, and no module of sentence-transformers, so it is not trained. */
  void (*backward)(const bb_pooling_input *input, const float *d, float *dstates);
} bb_pooling;

/* Several poolings are concatenated in order, [n * H]. */
typedef struct bb_pooling_list {
  const bb_pooling *items[BB_MAX_POOLINGS];
  size_t count;
} bb_pooling_list;

/* "mean", "cls+max". RANGE: the message lists the names. */
biobert_status bb_pooling_parse(biobert_str text, bb_pooling_list *out,
                                biobert_error *err);
const char *bb_pooling_text(const bb_pooling_list *list, char buffer[BB_POOLING_TEXT]);
const bb_pooling *bb_pooling_find(const char *name); /* NULL: none */
bool bb_pooling_needs_pooler(const bb_pooling_list *list);
bool bb_pooling_over_tokens(const bb_pooling_list *list); /* all of them are */
/* What to say for bb_input.wanted: 1 where all of them look at [CLS] only, or 0. */
size_t bb_pooling_wants(const bb_pooling_list *list);

void bb_pool(const bb_pooling_list *list, const bb_pooling_input *input, float *out);

/* UNSUPPORTED: one of them cannot be trained; the message names it. */
biobert_status bb_pooling_check_trained(const bb_pooling_list *list, biobert_error *err);
/* Of poolings that can be: dstates [T, H] += the derivatives, of those by out [n * H]. */
void bb_pool_backward(const bb_pooling_list *list, const bb_pooling_input *input,
                      const float *d, float *dstates);

#endif
