/* bert_encode.c - the forward pass, in the order of the papers.
 *
 * Vaswani et al. 2017 (arXiv:1706.03762), section 3; Devlin et al. 2019
 * (arXiv:1810.04805), section 3; checked against transformers' modeling_bert.py, layer by
 * layer (tests/golden).
 *
 *   T tokens    H hidden    A heads    D = H / A, the width of a head    F feed-forward
 *
 * A text is encoded by itself, without padding, so nothing has to be masked and no text
 * depends on another. A layer is two steps, the second of which needs all of the first:
 *
 *   1. attend:    head by head, the only place where a token looks at others: Q, K and V
 *                 of the head, its scores, what it gathers
 *   2. transform: block of rows by block: the output of the heads and the feed-forward
 *                 part
 *
 * Nothing that is written in between is larger than the text but the block of a worker,
 * which stays in its cache. In step 2 the workers share out the rows (tokens); where
 * there are too few, the columns of each product. Neither changes a bit of the result, as
 * kernels.h promises.
 *
 * In int8 (product.h) the rows of a product become whole numbers first, and the softmax
 * does, so that the two products of the attention are of whole numbers too.
 *
 * Details that ports get wrong, each with a test: the layer norms come after the residual
 * sums (post-norm) and divide by the biased variance; GELU is the erf form; softmax runs
 * over QK^T / sqrt(D), scaled after the product; position ids start at 0. */
#include "model/bert_encode.h"

#include <math.h>

#include "base/mem.h"
#include "base/status.h"
#include "kernels/product.h"

enum {
  /* Fewer rows than this a worker, and the columns are shared out instead: each worker
   * would read all weights for little work. */
  MIN_BLOCK_ROWS = 32,
  /* How long one is not asked whether to go on, and what the cache has to hold of the
   * feed-forward part; smaller blocks read the weights once more each. */
  MAX_BLOCK_ROWS = 128,
  /* Queries whose scores are in the cache at once, beside the keys and values of a head:
   * in f32; and in int8, where those are smaller. */
  QUERY_ROWS = 64,
  INT8_QUERY_ROWS = 16,
  /* int8: a text of so few tokens has no others to even out what its states lose as
   * bytes, so they are kept to 16 bits for the products that read them. 1 - cosine to f32
   * of 7,898 single words (all-MiniLM-L6-v2): .0047 at worst without this, .0021 with it;
   * of texts of four tokens and more it is below .0018 anyway. */
  FEW_TOKENS = 4,
  /* That stay in the first level of the cache from one step to the next. */
  NEAR_ROWS = 8,
};

typedef struct forward {
  const bb_bert *bert;
  const bb_input *input;
  bb_scratch *s;
  bb_cancel *cancel;
  const bb_watch *watch; /* never NULL */
  const bb_bert_layer *layer;
  size_t layer_number; /* 1..L */
  size_t workers;
  size_t rows;  /* tokens whose states the layer makes: the first ones */
  size_t block; /* rows a task */
  size_t parts; /* tasks a head */
} forward;

typedef struct span {
  size_t first, count;
} span;

/* What falls to a task when each has `size` of `all`; the last may have none. */
static span part_of(size_t all, size_t size, size_t task) {
  size_t first = task * size < all ? task * size : all;
  return (span){first, all - first < size ? all - first : size};
}

/* Embeddings ------------------------------------------------------------------------- */

static void quantize_states(const forward *f, span rows);

/* x[t] = LayerNorm(word[id_t] + type[s_t] + position[t]): Devlin et al., figure 2. */
static void embed_rows(void *ctx, size_t task, size_t worker) {
  const forward *f = ctx;
  (void)worker;
  const bb_bert_weights *w = &f->bert->weights;
  const bb_kernels *k = &f->bert->kernels;
  size_t H = f->bert->config.hidden;
  span rows = part_of(f->input->count, f->block, task);
  for (size_t t = rows.first; t < rows.first + rows.count; t++) {
    float *x = f->s->x + t * H;
    const float *word = x;
    size_t id = (size_t)f->input->ids[t];
    if (w->int8)
      k->i8_restore(w->word_levels + id * H, w->word_scales[id], x, H);
    else
      word = w->words + id * H;
    k->f32_add3(word, w->types + f->input->types[t] * H, w->positions + t * H, x, H);
  }
  float *x = f->s->x + rows.first * H;
  k->f32_layer_norm(x, rows.count, w->gamma, w->beta, f->bert->config.eps, x, H);
  quantize_states(f, rows);
}

/* Whole numbers ---------------------------------------------------------------------- */

static bool is_int8(const forward *f) {
  return f->bert->weights.int8;
}

static bb_int_rows rows_from(const bb_int_rows *all, size_t first) {
  bb_int_rows rows = *all;
  rows.numbers = (char *)all->numbers + first * all->ld;
  rows.ranges += first * all->range_step;
  return rows;
}

static bool keeps_rest(const forward *f) {
  return is_int8(f) && f->input->count <= FEW_TOKENS;
}

/* Rows of x, for the products that read it. */
static void quantize_states(const forward *f, span rows) {
  const bb_kernels *k = &f->bert->kernels;
  size_t H = f->bert->config.hidden;
  const float *x = f->s->x + rows.first * H;
  if (!is_int8(f)) return;
  bb_int_rows to = rows_from(&f->s->states, rows.first);
  bb_i8_quantize_rows(k, x, H, rows.count, H, &to);
  if (!keeps_rest(f)) return;
  bb_int_rows rest = rows_from(&f->s->rest, rows.first);
  bb_i8_quantize_rest(k, x, H, rows.count, H, &to, &rest);
}

/* The products of a layer ------------------------------------------------------------ */

/* Rows of a text, the row of y, ffn and inner where what becomes of them begins, and who
 * is at it. */
typedef struct block {
  span rows;
  size_t place, worker;
} block;

static bb_number number_of(const forward *f) {
  return is_int8(f) ? BB_INT8 : BB_FLOATS;
}

/* Of rows of x. */
static bb_product state_product(const forward *f, span rows) {
  size_t H = f->bert->config.hidden;
  bb_product p = {.rows = rows.count,
                  .number = number_of(f),
                  .a = f->s->x + rows.first * H,
                  .lda = H};
  if (is_int8(f)) p.ints = rows_from(&f->s->states, rows.first);
  if (keeps_rest(f)) p.rest = rows_from(&f->s->rest, rows.first);
  return p;
}

static bool is_last(const forward *f) {
  return f->layer_number == f->bert->config.layers;
}

/* What comes behind a layer. */
static const float *next_layer(const forward *f) {
  return is_last(f) ? NULL : f->layer[1].qkv_w;
}

/* [Q K V] = x W^T + b of one head, beside one another */
static bb_product projection(const forward *f, size_t head, float *qkv) {
  const bb_bert_config *c = &f->bert->config;
  size_t D = c->hidden / c->heads;
  size_t size = bb_bert_head_floats(c, &f->bert->kernels, is_int8(f));
  bb_product p = state_product(f, (span){0, f->input->count});
  p.shape = (bb_shape){c->hidden, 3 * D};
  p.b = f->layer->qkv_w + head * size;
  p.next = head + 1 < c->heads ? p.b + size : f->layer->attention_w;
  p.bias = f->layer->qkv_b + head * 3 * D;
  p.c = qkv;
  p.ldc = 3 * D;
  return p;
}

/* y = context W^T */
static bb_product attention_output(const forward *f, block b) {
  size_t H = f->bert->config.hidden;
  return (bb_product){
      .rows = b.rows.count,
      .shape = {H, H},
      .number = number_of(f),
      .a = f->s->context + b.rows.first * H,
      .lda = H,
      .ints = is_int8(f) ? rows_from(&f->s->inner, b.place) : (bb_int_rows){0},
      .b = f->layer->attention_w,
      .next = f->layer->ffn_in_w,
      .c = f->s->y + b.place * H,
      .ldc = H
  };
}

/* z = act(x W1^T + b1); in int8 see ffn_input_block() */
static bb_product ffn_input(const forward *f, block b) {
  size_t F = f->bert->config.ffn;
  bb_product p = state_product(f, b.rows);
  p.shape = (bb_shape){f->bert->config.hidden, F};
  p.b = f->layer->ffn_in_w;
  p.next = f->layer->ffn_out_w;
  p.c = f->s->ffn + b.place * F;
  p.ldc = F;
  p.bias = f->layer->ffn_in_b;
  p.finish = f->bert->config.activation->apply;
  return p;
}

/* y = z W2^T */
static bb_product ffn_output(const forward *f, block b) {
  size_t H = f->bert->config.hidden, F = f->bert->config.ffn;
  return (bb_product){
      .rows = b.rows.count,
      .shape = {F, H},
      .number = number_of(f),
      .a = f->s->ffn + b.place * F,
      .lda = F,
      .ints = is_int8(f) ? rows_from(&f->s->inner, b.place) : (bb_int_rows){0},
      .b = f->layer->ffn_out_w,
      .next = next_layer(f),
      .c = f->s->y + b.place * H,
      .ldc = H
  };
}

/* In int8: one block of the columns of z, straight to the whole numbers that ffn_output()
 * reads. So the floats of z are never more than what the cache holds, and each worker has
 * its own. At most s->rows rows. Where there is more than one block, all panels are
 * int_most columns wide, which divide a block. */
static void ffn_input_block(const forward *f, block b, size_t number) {
  const bb_kernels *k = &f->bert->kernels;
  size_t F = f->bert->config.ffn, first = number * BB_I8_BLOCK;
  size_t columns = F - first < BB_I8_BLOCK ? F - first : BB_I8_BLOCK;
  size_t width = bb_panel_width(F, k->int_most, k->int_step);
  bb_product p = state_product(f, b.rows);
  p.shape = (bb_shape){f->bert->config.hidden, F};
  p.b = f->layer->ffn_in_w;
  p.next = f->layer->ffn_out_w;
  p.c = f->s->ffn + b.worker * f->s->rows * BB_I8_BLOCK;
  p.ldc = BB_I8_BLOCK;
  p.left_out = first;
  p.first = first / width;
  p.end = bb_divide_up(first + columns, width);
  bb_multiply(k, &p);
  const bb_activation *activation = f->bert->config.activation;
  bb_activation_fn *apply =
      activation->apply_roughly ? activation->apply_roughly : activation->apply;
  bb_int_rows to = rows_from(&f->s->inner, b.place);
  to.numbers = (char *)to.numbers + first;
  to.ranges += number;
  for (size_t t = 0; t < b.rows.count; t += NEAR_ROWS) {
    span rows = part_of(b.rows.count, NEAR_ROWS, t / NEAR_ROWS);
    float *z = p.c + t * p.ldc;
    for (size_t i = 0; i < rows.count; i++)
      apply(k, z + i * p.ldc, f->layer->ffn_in_b + first, columns);
    bb_int_rows near = rows_from(&to, t);
    bb_i8_quantize_rows(k, z, p.ldc, rows.count, columns, &near);
  }
}

static void quantize_context(const forward *f, block b) {
  size_t H = f->bert->config.hidden;
  if (!is_int8(f)) return;
  bb_int_rows to = rows_from(&f->s->inner, b.place);
  bb_i8_quantize_rows(&f->bert->kernels, f->s->context + b.rows.first * H, H,
                      b.rows.count, H, &to);
}

/* x = LayerNorm(x + (y + bias)), for `readers` of x behind it or none. */
static void add_and_norm(const forward *f, block b, const float *bias, const float *gamma,
                         const float *beta, bool readers) {
  const bb_kernels *k = &f->bert->kernels;
  size_t H = f->bert->config.hidden;
  for (size_t i = 0; i < b.rows.count; i += NEAR_ROWS) {
    span rows = part_of(b.rows.count, NEAR_ROWS, i / NEAR_ROWS);
    rows.first += b.rows.first;
    float *x = f->s->x + rows.first * H, *y = f->s->y + (b.place + i) * H;
    for (size_t t = 0; t < rows.count; t++)
      k->f32_add3(y + t * H, bias, x + t * H, x + t * H, H);
    k->f32_layer_norm(x, rows.count, gamma, beta, f->bert->config.eps, x, H);
    if (readers) quantize_states(f, rows);
  }
}

static void norm_attention(const forward *f, block b) {
  const bb_bert_layer *l = f->layer;
  add_and_norm(f, b, l->attention_b, l->attention_gamma, l->attention_beta, true);
}

static void norm_ffn(const forward *f, block b) {
  const bb_bert_layer *l = f->layer;
  add_and_norm(f, b, l->ffn_out_b, l->ffn_gamma, l->ffn_beta, !is_last(f));
}

/* Attention -------------------------------------------------------------------------- */

/* A head, in a worker's own memory: its Q, K and V, keys and values packed, and some rows
 * of scores. */
typedef struct head {
  size_t number;
  bb_shape keys_shape, values_shape;
  float *qkv;           /* [T, 3D] */
  float *keys, *values; /* packed: [D, T], [T, D] */
  float *scores;        /* [queries, T] */
  bb_int_rows queries;  /* int8: [queries] of Q */
  bb_int_rows levels;   /* int8: [queries] of the softmax, int16 */
} head;

/* The parts of a worker's memory, one after another; NULL: only their size is wanted. */
static float *part(float **memory, size_t *floats, size_t count) {
  float *begin = *memory;
  count = bb_divide_up(count, BB_LANES) * BB_LANES; /* the next one begins a cache line */
  *floats += count;
  if (begin) *memory += count;
  return begin;
}

static size_t query_rows(const bb_bert *bert) {
  return bert->weights.int8 ? INT8_QUERY_ROWS : QUERY_ROWS;
}

static size_t head_memory(const bb_bert *bert, size_t T, float *memory, head *h) {
  const bb_kernels *k = &bert->kernels;
  size_t D = bert->config.hidden / bert->config.heads, floats = 0;
  size_t queries = query_rows(bert);
  bool int8 = bert->weights.int8;
  *h = (head){
      .keys_shape = {D, T},
        .values_shape = {T, D}
  };
  h->qkv = part(&memory, &floats, T * 3 * D);
  h->keys = part(&memory, &floats,
                 (int8 ? bb_i8_packed_floats : bb_packed_floats)(k, h->keys_shape));
  h->values = part(&memory, &floats,
                   (int8 ? bb_i16_packed_floats : bb_packed_floats)(k, h->values_shape));
  h->scores = part(&memory, &floats, queries * T);
  if (!int8) return floats;
  bb_int_rows *q = &h->queries, *l = &h->levels;
  *q = (bb_int_rows){.ld = bb_i8_row_bytes(D), .range_step = bb_i8_blocks(D)};
  *l = (bb_int_rows){.ld = bb_i16_row_numbers(T) * sizeof(int16_t), .range_step = 1};
  q->numbers = part(&memory, &floats, queries * q->ld / sizeof(float));
  l->numbers = part(&memory, &floats, queries * l->ld / sizeof(float));
  q->ranges = (bb_i8_range *)part(&memory, &floats, queries * 2 * q->range_step);
  l->ranges = (bb_i8_range *)part(&memory, &floats, queries * 2);
  return floats;
}

/* S = Q_h K_h^T */
static void score_rows(const forward *f, const head *h, span rows) {
  size_t T = f->input->count, D = h->keys_shape.depth;
  const float *queries = h->qkv + rows.first * 3 * D;
  if (is_int8(f))
    bb_i8_quantize_rows(&f->bert->kernels, queries, 3 * D, rows.count, D, &h->queries);
  bb_multiply(&f->bert->kernels, &(bb_product){.rows = rows.count,
                                               .shape = h->keys_shape,
                                               .number = number_of(f),
                                               .a = queries,
                                               .lda = 3 * D,
                                               .ints = h->queries,
                                               .b = h->keys,
                                               .c = h->scores,
                                               .ldc = T});
}

/* Softmax without its division: inverse[t] is what row t is still to be multiplied by. In
 * int8 the scores become levels, and the product does that. */
static void soften_rows(const forward *f, const head *h, size_t rows, float *inverse) {
  const bb_kernels *k = &f->bert->kernels;
  size_t T = f->input->count;
  float scale = 1.0f / sqrtf((float)h->keys_shape.depth);
  if (is_int8(f)) k->i16_softmax(h->scores, rows, T, scale, &h->levels);
  for (size_t t = 0; t < rows; t++) {
    if (!is_int8(f)) {
      inverse[t] = 1.0f / k->f32_softmax(h->scores + t * T, scale, T);
      continue;
    }
    int16_t *levels = (int16_t *)h->levels.numbers + t * bb_i16_row_numbers(T);
    if (T % 2) levels[T] = 0;
    inverse[t] = h->levels.ranges[t].scale;
  }
}

/* The probabilities of a head, for whoever watches. */
static void show_attention(const forward *f, const head *h, span rows,
                           const float *inverse) {
  const bb_kernels *k = &f->bert->kernels;
  size_t T = f->input->count;
  for (size_t t = 0; t < rows.count; t++) {
    float *scores = h->scores + t * T;
    const int16_t *levels =
        (const int16_t *)h->levels.numbers + t * bb_i16_row_numbers(T);
    for (size_t u = 0; u < T && is_int8(f); u++) scores[u] = levels[u];
    k->f32_scale(inverse[t], scores, T);
  }
  f->watch->attention(f->watch->ctx, &(bb_attention){f->layer_number, h->number,
                                                     rows.first, rows.count, h->scores});
}

/* context_h = softmax(Q_h K_h^T / sqrt(D)) V_h: Vaswani et al., equation 1. The softmax
 * is divided by its sum after the product, where there are D numbers a token and not T.
 */
static void attend_rows(const forward *f, const head *h, span rows) {
  const bb_kernels *k = &f->bert->kernels;
  size_t T = f->input->count, H = f->bert->config.hidden, D = h->keys_shape.depth;
  float inverse[QUERY_ROWS], *context = f->s->context + rows.first * H + h->number * D;
  score_rows(f, h, rows);
  soften_rows(f, h, rows.count, inverse);
  bb_multiply(k, &(bb_product){.rows = rows.count,
                               .shape = h->values_shape,
                               .number = is_int8(f) ? BB_INT16 : BB_FLOATS,
                               .a = h->scores,
                               .lda = T,
                               .ints = h->levels,
                               .b = h->values,
                               .c = context,
                               .ldc = H});
  for (size_t t = 0; t < rows.count && !is_int8(f); t++)
    k->f32_scale(inverse[t], context + t * H, D);
  if (f->watch->attention) show_attention(f, h, rows, inverse);
}

static void attend(void *ctx, size_t task, size_t worker) {
  const forward *f = ctx;
  const bb_kernels *k = &f->bert->kernels;
  size_t T = f->input->count;
  span mine = part_of(f->rows, bb_divide_up(f->rows, f->parts), task % f->parts);
  if (mine.count == 0) return;
  head h;
  head_memory(f->bert, T, f->s->heads + worker * f->s->head_floats, &h);
  h.number = task / f->parts;
  size_t D = h.keys_shape.depth;
  bb_product all = projection(f, h.number, h.qkv);
  bb_multiply(k, &all);
  if (bb_cancelled(f->cancel, worker)) return;
  bb_weight_rows keys = {h.qkv + D, 3 * D, 0, T};
  const float *values = h.qkv + 2 * D;
  (is_int8(f) ? bb_i8_pack_weights : bb_pack_weights)(k, h.keys_shape, &keys, h.keys);
  (is_int8(f) ? bb_i16_pack_rows : bb_pack_rows)(k, h.values_shape, values, 3 * D,
                                                 h.values);
  size_t queries = query_rows(f->bert);
  for (size_t t = 0; t < mine.count; t += queries) {
    span rows = part_of(mine.count, queries, t / queries);
    rows.first += mine.first;
    attend_rows(f, &h, rows);
  }
}

/* A layer ---------------------------------------------------------------------------- */

/* x = LayerNorm(x + attention(x)); x = LayerNorm(x + FFN(x)), FFN(x) = act(x W1 + b1) W2
 * + b2: Vaswani et al., sections 3.1 and 3.3, with GELU for ReLU as in Devlin et al. */
static void transform_rows(void *ctx, size_t task, size_t worker) {
  const forward *f = ctx;
  const bb_kernels *k = &f->bert->kernels;
  block b = {part_of(f->rows, f->block, task), worker * f->s->rows, worker};
  quantize_context(f, b);
  bb_product p = attention_output(f, b);
  bb_multiply(k, &p);
  norm_attention(f, b);
  if (bb_cancelled(f->cancel, worker)) return;
  p = ffn_input(f, b);
  if (!is_int8(f)) bb_multiply(k, &p);
  for (size_t i = 0; is_int8(f) && i < bb_i8_blocks(f->bert->config.ffn); i++)
    ffn_input_block(f, b, i);
  if (bb_cancelled(f->cancel, worker)) return;
  p = ffn_output(f, b);
  bb_multiply(k, &p);
  norm_ffn(f, b);
}

/* A product of all rows, some panels a task. */
typedef struct shared_product {
  const bb_kernels *kernels;
  bb_product product;
  size_t panels, share;
} shared_product;

static void multiply_panels(void *ctx, size_t task, size_t worker) {
  const shared_product *shared = ctx;
  (void)worker;
  span panels = part_of(shared->panels, shared->share, task);
  if (panels.count == 0) return;
  bb_product p = shared->product;
  p.first = panels.first;
  p.end = panels.first + panels.count;
  bb_multiply(shared->kernels, &p);
}

static bool multiply_shared(const forward *f, bb_product p) {
  const bb_kernels *k = &f->bert->kernels;
  shared_product shared = {k, p, bb_product_panels(k, &p), .share = 1};
  shared.share = bb_divide_up(shared.panels, f->workers);
  return bb_pool_run(f->workers, bb_divide_up(shared.panels, shared.share),
                     multiply_panels, &shared, f->cancel);
}

/* In int8 a task is a block of the columns, and as many rows as a worker has room for. */
static size_t row_tasks(const forward *f) {
  return bb_divide_up(f->rows, f->s->rows);
}

static void ffn_input_task(void *ctx, size_t task, size_t worker) {
  const forward *f = ctx;
  span rows = part_of(f->rows, f->s->rows, task % row_tasks(f));
  ffn_input_block(f, (block){rows, rows.first, worker}, task / row_tasks(f));
}

static bool ffn_input_shared(forward *f, block all) {
  if (!is_int8(f)) return multiply_shared(f, ffn_input(f, all));
  size_t blocks = bb_i8_blocks(f->bert->config.ffn);
  return bb_pool_run(f->workers, blocks * row_tasks(f), ffn_input_task, f, f->cancel);
}

static bool attend_all(forward *f) {
  return bb_pool_run(f->workers, f->bert->config.heads * f->parts, attend, f, f->cancel);
}

static bool layer_by_rows(forward *f) {
  size_t tasks = bb_divide_up(f->rows, f->block);
  return attend_all(f) && bb_pool_run(f->workers, tasks, transform_rows, f, f->cancel);
}

static bool layer_by_columns(forward *f) {
  block all = {
      {0, f->rows},
      0, 0
  };
  if (!attend_all(f)) return false;
  quantize_context(f, all);
  if (!multiply_shared(f, attention_output(f, all))) return false;
  norm_attention(f, all);
  if (!ffn_input_shared(f, all) || !multiply_shared(f, ffn_output(f, all))) return false;
  norm_ffn(f, all);
  return true;
}

/* Who does what. True: the rows are shared out, or there is one worker. */
static bool share_out(forward *f, size_t rows) {
  size_t heads = f->bert->config.heads;
  f->workers = f->s->workers;
  f->rows = rows;
  bool by_rows = f->workers == 1 || rows / MIN_BLOCK_ROWS >= f->workers;
  size_t turns = bb_divide_up(rows, f->workers * MAX_BLOCK_ROWS);
  f->block = bb_divide_up(rows, f->workers * turns);
  /* Rounded down: each part of a head makes its Q, K and V anew. */
  f->parts = f->workers > heads ? f->workers / heads : 1;
  return by_rows;
}

biobert_status bb_bert_encode(const bb_bert *bert, const bb_input *input, bb_scratch *s,
                              bb_cancel *cancel, const bb_watch *watch,
                              biobert_error *err) {
  static const bb_watch nothing = {0};
  if (!watch) watch = &nothing;
  forward f = {.bert = bert, .input = input, .s = s, .cancel = cancel, .watch = watch};
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

static bool make_int_rows(const biobert_allocator *allocator, size_t rows, size_t widest,
                          bb_int_rows *out) {
  out->ld = bb_i8_row_bytes(widest);
  out->range_step = bb_i8_blocks(widest);
  out->numbers = bb_alloc(allocator, rows, out->ld);
  out->ranges = bb_alloc(allocator, rows * out->range_step, sizeof *out->ranges);
  return out->numbers && out->ranges;
}

static bool make_ints(bb_scratch *s, const bb_bert_config *c) {
  size_t widest = c->ffn > c->hidden ? c->ffn : c->hidden;
  return make_int_rows(s->allocator, s->tokens, c->hidden, &s->states) &&
         make_int_rows(s->allocator, s->workers * s->rows, widest, &s->inner) &&
         make_int_rows(s->allocator, FEW_TOKENS, c->hidden, &s->rest);
}

biobert_status bb_scratch_init(bb_scratch *s, const bb_bert *bert, size_t tokens,
                               size_t workers, const biobert_allocator *allocator,
                               biobert_error *err) {
  const bb_bert_config *c = &bert->config;
  bool int8 = bert->weights.int8;
  head h;
  *s = (bb_scratch){.allocator = allocator, .tokens = tokens, .workers = workers};
  s->rows = tokens < MAX_BLOCK_ROWS ? tokens : MAX_BLOCK_ROWS;
  s->head_floats = head_memory(bert, tokens, NULL, &h);
  size_t inner = workers * s->rows;
  s->x = bb_alloc_floats(allocator, tokens * c->hidden);
  s->context = bb_alloc_floats(allocator, tokens * c->hidden);
  s->y = bb_alloc_floats(allocator, inner * c->hidden);
  s->ffn = bb_alloc_floats(allocator, inner * (int8 ? BB_I8_BLOCK : c->ffn));
  s->heads = bb_alloc_floats(allocator, workers * s->head_floats);
  bool ok = !int8 || make_ints(s, c);
  if (!ok || !s->x || !s->context || !s->y || !s->ffn || !s->heads) {
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
  bb_free_aligned(s->allocator, s->heads);
  bb_int_rows *ints[] = {&s->states, &s->inner, &s->rest};
  for (size_t i = 0; i < sizeof ints / sizeof ints[0]; i++) {
    bb_free(s->allocator, ints[i]->numbers);
    bb_free(s->allocator, ints[i]->ranges);
  }
  *s = (bb_scratch){0};
}
