/* bert_pass.h - one run of the fast forward pass, and the steps of it that differ between
 * float32 and int8. Between bert_encode.c, which has the order of the steps, and
 * bert_encode_int8.c. Legend as in bert_encode.c. */
#ifndef BB_BERT_PASS_H
#define BB_BERT_PASS_H

#include "base/pool.h"
#include "model/bert_scratch.h"

/* Rows that stay in the first-level cache from one step to the next. */
enum { BB_NEAR_ROWS = 8 };

typedef struct bb_span {
  size_t first, count;
} bb_span;

/* The share of a task when each has `size` of `all`; the last one may have none. */
static inline bb_span bb_share_of(size_t all, size_t size, size_t task) {
  size_t first = task * size < all ? task * size : all;
  return (bb_span){first, all - first < size ? all - first : size};
}

/* Rows of a text, the first of their rows in y, ffn and inner, and the worker. */
typedef struct bb_block {
  bb_span rows;
  size_t place, worker;
} bb_block;

/* An attention head in a worker's scratch: its Q, K and V, keys and values packed, and
 * some rows of scores. */
typedef struct bb_attention_head {
  size_t number;
  bb_shape keys_shape, values_shape;
  float *qkv;                /* [T, 3D] */
  float *keys, *values;      /* packed: [D, T], [T, D] */
  float *scores;             /* [queries, T] */
  bb_int_rows queries;       /* int8: [queries] of Q */
  bb_int_rows probabilities; /* int8: [queries] of the softmax, int16 */
} bb_attention_head;

/* A worker's scratch, taken from its start on; next NULL: only the size is added up. */
typedef struct bb_arena {
  float *next;
  size_t floats;
} bb_arena;

static inline float *bb_arena_take(bb_arena *from, size_t count) {
  float *begin = from->next;
  count = bb_divide_up(count, BB_LANES) * BB_LANES; /* each begins a cache line */
  from->floats += count;
  if (begin) from->next += count;
  return begin;
}

typedef struct bb_pass bb_pass;

/* What differs between float32 and int8. Chosen once a pass. */
typedef struct bb_arithmetic {
  /* The row of a token in the word embeddings; room: [H], where it may be put. */
  const float *(*word)(const bb_bert *bert, size_t id, float *room);

  /* After rows of x / of the context have been written; before products read them. */
  void (*states_written)(const bb_pass *f, bb_span rows);
  void (*context_written)(const bb_pass *f, bb_block b);
  /* Set the left side of a product: rows of x; the rows [depth] of a block, which are the
   * context or the inner states of the feed-forward network. */
  void (*take_states)(const bb_pass *f, bb_span rows, bb_product *p);
  void (*take_inner)(const bb_pass *f, bb_block b, const float *rows, bb_product *p);
  void (*multiply)(const bb_kernels *k, const bb_product *p);
  size_t (*panels)(const bb_kernels *k, bb_shape shape);

  /* Queries whose scores are in the cache at once, beside the keys and values. */
  size_t query_rows;
  /* Takes what follows qkv in a head's scratch. */
  void (*lay_out_head)(const bb_kernels *k, bb_arena *from, bb_attention_head *h);
  void (*pack_head)(const bb_kernels *k, const bb_attention_head *h);
  /* context_h = softmax(Q_h K_h^T / sqrt(D)) V_h of some rows: Vaswani et al., eq. 1. */
  void (*attend)(const bb_pass *f, const bb_attention_head *h, bb_span rows);

  /* z = act(x W1^T + b1): of a block; of all rows, shared out among the workers (false:
   * interrupted). */
  void (*ffn_input)(const bb_pass *f, bb_block b);
  bool (*ffn_input_shared)(bb_pass *f, bb_block all);

  /* Scratch: columns of z that a row needs at once, and what float32 does not have. */
  size_t (*ffn_columns)(const bb_bert_config *c);
  bool (*make_scratch)(bb_scratch *s, const bb_bert_config *c);
} bb_arithmetic;

extern const bb_arithmetic bb_int8_arithmetic; /* bert_encode_int8.c */

struct bb_pass {
  const bb_bert *bert;
  const bb_arithmetic *math;
  const bb_input *input;
  bb_scratch *s;
  bb_cancel *cancel;
  const bb_watch *watch; /* never NULL */
  const bb_bert_layer *layer;
  size_t layer_number; /* 1..L */
  size_t workers;
  size_t rows;  /* tokens whose states the layer computes: the first ones */
  size_t block; /* rows a task */
  size_t parts; /* tasks an attention head */
};

/* S = Q_h K_h^T, and context_h = S V_h: the products without their left sides. */
static inline bb_product bb_score_product(const bb_attention_head *h, bb_span rows) {
  size_t T = h->values_shape.depth;
  return (bb_product){
      .rows = rows.count, .shape = h->keys_shape, .b = h->keys, .c = h->scores, .ldc = T};
}

static inline bb_product bb_context_product(const bb_pass *f, const bb_attention_head *h,
                                            bb_span rows) {
  size_t H = f->bert->config.hidden, D = h->keys_shape.depth;
  return (bb_product){.rows = rows.count,
                      .shape = h->values_shape,
                      .b = h->values,
                      .c = f->s->context + rows.first * H + h->number * D,
                      .ldc = H};
}

/* Passes the probabilities, which are in h->scores, to the caller's callback. */
static inline void bb_show_attention(const bb_pass *f, const bb_attention_head *h,
                                     bb_span rows) {
  f->watch->attention(f->watch->ctx, &(bb_attention){f->layer_number, h->number,
                                                     rows.first, rows.count, h->scores});
}

#endif
