/* bert_encode.c - the fast forward pass: bert_forward.c, packed and shared out among
 * workers. Read that file first; it has the papers' formulas without the rest.
 *
 * Vaswani et al. 2017 (arXiv:1706.03762), section 3; Devlin et al. 2019
 * (arXiv:1810.04805), section 3.
 *
 *   T tokens    H hidden    A attention heads    D = H / A    F feed-forward
 *
 * A text is encoded by itself, without padding, so nothing has to be masked and no text
 * depends on another. A layer is two steps, the second of which needs all of the first:
 *
 *   1. attend:    per head, the only place where tokens see each other: Q, K and V of
 *                 the head, its scores, its context
 *   2. transform: per block of rows: the output of the attention and the feed-forward
 *                 network
 *
 * What is written in between is no larger than the text, except for a worker's block,
 * which stays in its cache. In step 2 the workers share out the rows (tokens); where
 * there are too few, the columns of each product. Neither changes a bit of the result, as
 * kernels.h promises.
 *
 * Some steps are others in int8: bert_pass.h lists them, the float32 ones are below, and
 * bert_encode_int8.c has the int8 ones. */
#include "model/bert_encode.h"

#include <math.h>

#include "base/mem.h"
#include "base/status.h"
#include "model/bert_pass.h"

enum {
  /* With fewer rows per worker than this the columns are shared out instead: otherwise
   * each worker would read all weights for little work. */
  MIN_BLOCK_ROWS = 32,
  /* Rows between two cancellation checks, and the rows of z that the cache has to hold;
   * each further block reads the weights once more. */
  MAX_BLOCK_ROWS = 128,
  QUERY_ROWS = 64, /* float32: bb_arithmetic.query_rows */
};

/* The products of a layer ------------------------------------------------------------ */

static bool is_last(const bb_pass *f) {
  return f->layer_number == f->bert->config.layers;
}

/* The weights that are read after a layer. */
static const float *next_layer(const bb_pass *f) {
  return is_last(f) ? NULL : f->layer[1].qkv_w;
}

/* [Q K V] = x W^T + b of one head, beside one another */
static bb_product projection(const bb_pass *f, size_t head, float *qkv) {
  const bb_bert_config *c = &f->bert->config;
  size_t D = c->hidden / c->heads;
  size_t size = bb_bert_head_floats(c, &f->bert->kernels, f->bert->weights.int8);
  bb_product p = {
      .rows = f->input->count,
      .shape = {c->hidden, 3 * D},
      .b = f->layer->qkv_w + head * size,
      .bias = f->layer->qkv_b + head * 3 * D,
      .c = qkv,
      .ldc = 3 * D
  };
  p.next = head + 1 < c->heads ? p.b + size : f->layer->attention_w;
  f->math->take_states(f, (bb_span){0, f->input->count}, &p);
  return p;
}

/* y = context W^T */
static bb_product attention_output(const bb_pass *f, bb_block b) {
  size_t H = f->bert->config.hidden;
  bb_product p = {
      .rows = b.rows.count,
      .shape = {H, H},
      .b = f->layer->attention_w,
      .next = f->layer->ffn_in_w,
      .c = f->s->y + b.place * H,
      .ldc = H
  };
  f->math->take_inner(f, b, f->s->context + b.rows.first * H, &p);
  return p;
}

/* y = z W2^T */
static bb_product ffn_output(const bb_pass *f, bb_block b) {
  size_t H = f->bert->config.hidden, F = f->bert->config.ffn;
  bb_product p = {
      .rows = b.rows.count,
      .shape = {F, H},
      .b = f->layer->ffn_out_w,
      .next = next_layer(f),
      .c = f->s->y + b.place * H,
      .ldc = H
  };
  f->math->take_inner(f, b, f->s->ffn + b.place * F, &p);
  return p;
}

/* A product of all rows, some panels a task. */
typedef struct shared_product {
  const bb_pass *pass;
  bb_product product;
  size_t panels, share;
} shared_product;

static void multiply_panels(void *ctx, size_t task, size_t worker) {
  const shared_product *shared = ctx;
  (void)worker;
  bb_span panels = bb_share_of(shared->panels, shared->share, task);
  if (panels.count == 0) return;
  bb_product p = shared->product;
  p.first = panels.first;
  p.end = panels.first + panels.count;
  shared->pass->math->multiply(&shared->pass->bert->kernels, &p);
}

static bool multiply_shared(const bb_pass *f, bb_product p) {
  shared_product shared = {f, p, f->math->panels(&f->bert->kernels, p.shape), .share = 1};
  shared.share = bb_divide_up(shared.panels, f->workers);
  return bb_pool_run(f->workers, bb_divide_up(shared.panels, shared.share),
                     multiply_panels, &shared, f->cancel);
}

/* float32 ---------------------------------------------------------------------------- */

static const float *f32_word(const bb_bert *bert, size_t id, float *room) {
  (void)room;
  return bert->weights.words + id * bert->config.hidden;
}

static void f32_states_written(const bb_pass *f, bb_span rows) {
  (void)f, (void)rows; /* products read the floats */
}

static void f32_context_written(const bb_pass *f, bb_block b) {
  (void)f, (void)b;
}

static void f32_take_states(const bb_pass *f, bb_span rows, bb_product *p) {
  size_t H = f->bert->config.hidden;
  p->a = f->s->x + rows.first * H;
  p->lda = H;
}

static void f32_take_inner(const bb_pass *f, bb_block b, const float *rows,
                           bb_product *p) {
  (void)f, (void)b;
  p->a = rows;
  p->lda = p->shape.depth;
}

static void f32_lay_out_head(const bb_kernels *k, bb_arena *from, bb_attention_head *h) {
  h->keys = bb_arena_take(from, bb_packed_floats(k, h->keys_shape));
  h->values = bb_arena_take(from, bb_packed_floats(k, h->values_shape));
  h->scores = bb_arena_take(from, QUERY_ROWS * h->values_shape.depth);
}

static void f32_pack_head(const bb_kernels *k, const bb_attention_head *h) {
  size_t D = h->keys_shape.depth, T = h->values_shape.depth;
  bb_weight_rows keys = {h->qkv + D, 3 * D, 0, T};
  bb_pack_weights(k, h->keys_shape, &keys, h->keys);
  bb_pack_rows(k, h->values_shape, h->qkv + 2 * D, 3 * D, h->values);
}

/* The softmax is divided by its sum after the product, where there are D numbers a token
 * and not T. */
static void f32_attend(const bb_pass *f, const bb_attention_head *h, bb_span rows) {
  const bb_kernels *k = &f->bert->kernels;
  size_t T = f->input->count, H = f->bert->config.hidden, D = h->keys_shape.depth;
  float inverse[QUERY_ROWS], scale = 1.0f / sqrtf((float)D);
  bb_product scores = bb_score_product(h, rows);
  scores.a = h->qkv + rows.first * 3 * D;
  scores.lda = 3 * D;
  bb_multiply(k, &scores);
  for (size_t t = 0; t < rows.count; t++)
    inverse[t] = 1.0f / k->f32_softmax(h->scores + t * T, scale, T);
  bb_product context = bb_context_product(f, h, rows);
  context.a = h->scores;
  context.lda = T;
  bb_multiply(k, &context);
  for (size_t t = 0; t < rows.count; t++) k->f32_scale(inverse[t], context.c + t * H, D);
  if (!f->watch->attention) return;
  for (size_t t = 0; t < rows.count; t++) k->f32_scale(inverse[t], h->scores + t * T, T);
  bb_show_attention(f, h, rows);
}

static bb_product f32_ffn_product(const bb_pass *f, bb_block b) {
  size_t F = f->bert->config.ffn;
  bb_product p = {
      .rows = b.rows.count,
      .shape = {f->bert->config.hidden, F},
      .b = f->layer->ffn_in_w,
      .next = f->layer->ffn_out_w,
      .c = f->s->ffn + b.place * F,
      .ldc = F,
      .bias = f->layer->ffn_in_b,
      .epilogue = f->bert->config.activation->apply
  };
  f32_take_states(f, b.rows, &p);
  return p;
}

static void f32_ffn_input(const bb_pass *f, bb_block b) {
  bb_product p = f32_ffn_product(f, b);
  bb_multiply(&f->bert->kernels, &p);
}

static bool f32_ffn_input_shared(bb_pass *f, bb_block all) {
  return multiply_shared(f, f32_ffn_product(f, all));
}

static size_t f32_ffn_columns(const bb_bert_config *c) {
  return c->ffn;
}

static bool f32_make_scratch(bb_scratch *s, const bb_bert_config *c) {
  (void)s, (void)c;
  return true;
}

static const bb_arithmetic f32_arithmetic = {
    .word = f32_word,
    .states_written = f32_states_written,
    .context_written = f32_context_written,
    .take_states = f32_take_states,
    .take_inner = f32_take_inner,
    .multiply = bb_multiply,
    .panels = bb_panels,
    .query_rows = QUERY_ROWS,
    .lay_out_head = f32_lay_out_head,
    .pack_head = f32_pack_head,
    .attend = f32_attend,
    .ffn_input = f32_ffn_input,
    .ffn_input_shared = f32_ffn_input_shared,
    .ffn_columns = f32_ffn_columns,
    .make_scratch = f32_make_scratch,
};

static const bb_arithmetic *arithmetic_of(const bb_bert *bert) {
  return bert->weights.int8 ? &bb_int8_arithmetic : &f32_arithmetic;
}

/* Embeddings ------------------------------------------------------------------------- */

/* x[t] = LayerNorm(word[id_t] + type[s_t] + position[t]): Devlin et al., figure 2. */
static void embed_rows(void *ctx, size_t task, size_t worker) {
  const bb_pass *f = ctx;
  (void)worker;
  const bb_bert_weights *w = &f->bert->weights;
  const bb_kernels *k = &f->bert->kernels;
  size_t H = f->bert->config.hidden;
  bb_span rows = bb_share_of(f->input->count, f->block, task);
  for (size_t t = rows.first; t < rows.first + rows.count; t++) {
    float *x = f->s->x + t * H;
    const float *word = f->math->word(f->bert, (size_t)f->input->ids[t], x);
    k->f32_add3(word, w->types + f->input->types[t] * H, w->positions + t * H, x, H);
  }
  float *x = f->s->x + rows.first * H;
  k->f32_layer_norm(x, rows.count, w->gamma, w->beta, f->bert->config.eps, x, H);
  f->math->states_written(f, rows);
}

/* Attention -------------------------------------------------------------------------- */

static size_t head_memory(const bb_bert *bert, size_t T, float *memory,
                          bb_attention_head *h) {
  size_t D = bert->config.hidden / bert->config.heads;
  bb_arena from = {.next = memory};
  *h = (bb_attention_head){
      .keys_shape = {D, T},
        .values_shape = {T, D}
  };
  h->qkv = bb_arena_take(&from, T * 3 * D);
  arithmetic_of(bert)->lay_out_head(&bert->kernels, &from, h);
  return from.floats;
}

/* A task is one head, or some of its queries. */
static void attend(void *ctx, size_t task, size_t worker) {
  const bb_pass *f = ctx;
  const bb_kernels *k = &f->bert->kernels;
  bb_span mine = bb_share_of(f->rows, bb_divide_up(f->rows, f->parts), task % f->parts);
  if (mine.count == 0) return;
  bb_attention_head h;
  head_memory(f->bert, f->input->count, f->s->per_head + worker * f->s->per_head_floats,
              &h);
  h.number = task / f->parts;
  bb_product qkv = projection(f, h.number, h.qkv);
  f->math->multiply(k, &qkv);
  if (bb_cancelled(f->cancel, worker)) return;
  f->math->pack_head(k, &h);
  size_t queries = f->math->query_rows;
  for (size_t t = 0; t < mine.count; t += queries) {
    bb_span rows = bb_share_of(mine.count, queries, t / queries);
    rows.first += mine.first;
    f->math->attend(f, &h, rows);
  }
}

/* A layer ---------------------------------------------------------------------------- */

/* x = LayerNorm(x + (y + bias)); is_read: a product reads x afterwards. */
static void add_and_norm(const bb_pass *f, bb_block b, const float *bias,
                         const float *gamma, const float *beta, bool is_read) {
  const bb_kernels *k = &f->bert->kernels;
  size_t H = f->bert->config.hidden;
  for (size_t i = 0; i < b.rows.count; i += BB_NEAR_ROWS) {
    bb_span rows = bb_share_of(b.rows.count, BB_NEAR_ROWS, i / BB_NEAR_ROWS);
    rows.first += b.rows.first;
    float *x = f->s->x + rows.first * H, *y = f->s->y + (b.place + i) * H;
    for (size_t t = 0; t < rows.count; t++)
      k->f32_add3(y + t * H, bias, x + t * H, x + t * H, H);
    k->f32_layer_norm(x, rows.count, gamma, beta, f->bert->config.eps, x, H);
    if (is_read) f->math->states_written(f, rows);
  }
}

static void norm_attention(const bb_pass *f, bb_block b) {
  const bb_bert_layer *l = f->layer;
  add_and_norm(f, b, l->attention_b, l->attention_gamma, l->attention_beta, true);
}

static void norm_ffn(const bb_pass *f, bb_block b) {
  const bb_bert_layer *l = f->layer;
  add_and_norm(f, b, l->ffn_out_b, l->ffn_gamma, l->ffn_beta, !is_last(f));
}

/* x = LayerNorm(x + attention(x)); x = LayerNorm(x + FFN(x)), FFN(x) = act(x W1 + b1) W2
 * + b2: Vaswani et al., sections 3.1 and 3.3, with GELU for ReLU as in Devlin et al. */
static void transform_rows(void *ctx, size_t task, size_t worker) {
  const bb_pass *f = ctx;
  const bb_kernels *k = &f->bert->kernels;
  bb_block b = {bb_share_of(f->rows, f->block, task), worker * f->s->rows, worker};
  f->math->context_written(f, b);
  bb_product p = attention_output(f, b);
  f->math->multiply(k, &p);
  norm_attention(f, b);
  if (bb_cancelled(f->cancel, worker)) return;
  f->math->ffn_input(f, b);
  if (bb_cancelled(f->cancel, worker)) return;
  p = ffn_output(f, b);
  f->math->multiply(k, &p);
  norm_ffn(f, b);
}

static bool attend_all(bb_pass *f) {
  return bb_pool_run(f->workers, f->bert->config.heads * f->parts, attend, f, f->cancel);
}

static bool layer_by_rows(bb_pass *f) {
  size_t tasks = bb_divide_up(f->rows, f->block);
  return attend_all(f) && bb_pool_run(f->workers, tasks, transform_rows, f, f->cancel);
}

static bool layer_by_columns(bb_pass *f) {
  bb_block all = {
      .rows = {0, f->rows}
  };
  if (!attend_all(f)) return false;
  f->math->context_written(f, all);
  if (!multiply_shared(f, attention_output(f, all))) return false;
  norm_attention(f, all);
  if (!f->math->ffn_input_shared(f, all)) return false;
  if (!multiply_shared(f, ffn_output(f, all))) return false;
  norm_ffn(f, all);
  return true;
}

/* Divides the work. True: by rows; also with one worker. */
static bool share_out(bb_pass *f, size_t rows) {
  size_t heads = f->bert->config.heads;
  f->workers = f->s->workers;
  f->rows = rows;
  bool by_rows = f->workers == 1 || rows / MIN_BLOCK_ROWS >= f->workers;
  size_t turns = bb_divide_up(rows, f->workers * MAX_BLOCK_ROWS);
  f->block = bb_divide_up(rows, f->workers * turns);
  /* Rounded down: each part of a head computes its Q, K and V anew. */
  f->parts = f->workers > heads ? f->workers / heads : 1;
  return by_rows;
}

biobert_status bb_bert_encode(const bb_bert *bert, const bb_input *input, bb_scratch *s,
                              bb_cancel *cancel, const bb_watch *watch,
                              biobert_error *err) {
  static const bb_watch nothing = {0};
  if (!watch) watch = &nothing;
  bb_pass f = {.bert = bert,
               .math = arithmetic_of(bert),
               .input = input,
               .s = s,
               .cancel = cancel,
               .watch = watch};
  bool some = input->wanted > 0 && !watch->layer && !watch->attention;
  bool by_rows = share_out(&f, input->count);
  bool running = bb_pool_run(by_rows ? f.workers : 1, bb_divide_up(input->count, f.block),
                             embed_rows, &f, cancel);
  if (running && watch->layer) watch->layer(watch->ctx, 0, s->x);
  for (size_t i = 0; i < bert->config.layers && running; i++) {
    f.layer = &bert->weights.layers[i];
    f.layer_number = i + 1;
    if (is_last(&f) && some) by_rows = share_out(&f, input->wanted);
    running = by_rows ? layer_by_rows(&f) : layer_by_columns(&f);
    if (running && watch->layer) watch->layer(watch->ctx, i + 1, s->x);
  }
  return running ? BIOBERT_OK : bb_fail(err, BIOBERT_INTERRUPTED, "interrupted");
}

/* Scratch ---------------------------------------------------------------------------- */

biobert_status bb_scratch_init(bb_scratch *s, const bb_bert *bert, size_t tokens,
                               size_t workers, const biobert_allocator *allocator,
                               biobert_error *err) {
  const bb_bert_config *c = &bert->config;
  const bb_arithmetic *math = arithmetic_of(bert);
  bb_attention_head h;
  *s = (bb_scratch){.allocator = allocator, .tokens = tokens, .workers = workers};
  s->rows = tokens < MAX_BLOCK_ROWS ? tokens : MAX_BLOCK_ROWS;
  s->per_head_floats = head_memory(bert, tokens, NULL, &h);
  size_t inner = workers * s->rows;
  s->x = bb_alloc_floats(allocator, tokens * c->hidden);
  s->context = bb_alloc_floats(allocator, tokens * c->hidden);
  s->y = bb_alloc_floats(allocator, inner * c->hidden);
  s->ffn = bb_alloc_floats(allocator, inner * math->ffn_columns(c));
  s->per_head = bb_alloc_floats(allocator, workers * s->per_head_floats);
  bool ok = math->make_scratch(s, c);
  if (!ok || !s->x || !s->context || !s->y || !s->ffn || !s->per_head) {
    bb_scratch_free(s);
    return bb_no_memory(err, "scratch of the encoder");
  }
  return BIOBERT_OK;
}

void bb_scratch_free(bb_scratch *s) {
  bb_free_aligned(s->allocator, s->x);
  bb_free_aligned(s->allocator, s->context);
  bb_free_aligned(s->allocator, s->y);
  bb_free_aligned(s->allocator, s->ffn);
  bb_free_aligned(s->allocator, s->per_head);
  bb_int_rows *ints[] = {&s->states, &s->inner, &s->rest};
  for (size_t i = 0; i < sizeof ints / sizeof ints[0]; i++) {
    bb_free(s->allocator, ints[i]->codes);
    bb_free(s->allocator, ints[i]->ranges);
  }
  *s = (bb_scratch){0};
}
