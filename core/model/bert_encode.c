/* bert_encode.c - the forward pass, in the order of the papers.
 *
 * Vaswani et al. 2017 (arXiv:1706.03762), section 3; Devlin et al. 2019
 * (arXiv:1810.04805), section 3; checked against transformers' modeling_bert.py, layer by
 * layer (tests/golden).
 *
 *   T tokens    H hidden    A heads    D = H / A, the width of a head    F feed-forward
 *
 * A text is encoded by itself, without padding, so nothing has to be masked and no text
 * depends on another. A layer is three steps, each of which needs all of the one before:
 *
 *   1. project:   Q, K, V of all tokens
 *   2. attend:    head by head, the only place where a token looks at others
 *   3. transform: the output of the heads and the feed-forward part
 *
 * In steps 1 and 3 the workers share out the rows (tokens); where there are too few, the
 * columns of each product. Neither changes a bit of the result, as kernels.h promises.
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
  /* How long one is not asked whether to go on. Larger blocks gain nothing, smaller ones
   * read the weights once more each: 3 % at 128, measured on Zen 5. */
  MAX_BLOCK_ROWS = 256,
  /* Queries whose scores are in the cache at once, beside the keys and values of a head.
   */
  QUERY_ROWS = 64,
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
  size_t block; /* rows a task */
  size_t parts; /* tasks a head */
} forward;

typedef struct span {
  size_t first, count;
} span;

static size_t divide_up(size_t a, size_t b) {
  return (a + b - 1) / b;
}

/* What falls to a task when each has `size` of `all`; the last may have none. */
static span part_of(size_t all, size_t size, size_t task) {
  size_t first = task * size < all ? task * size : all;
  return (span){first, all - first < size ? all - first : size};
}

/* Embeddings ------------------------------------------------------------------------- */

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
    k->f32_add3(w->words + (size_t)f->input->ids[t] * H,
                w->types + f->input->types[t] * H, w->positions + t * H, x, H);
    k->f32_layer_norm(x, w->gamma, w->beta, f->bert->config.eps, x, H);
  }
}

/* The products of a layer ------------------------------------------------------------ */

/* [Q K V] = x W^T + b, the three beside one another */
static bb_product projection(const forward *f, span rows) {
  size_t H = f->bert->config.hidden;
  return (bb_product){
      .rows = rows.count,
      .shape = {H, 3 * H},
      .a = f->s->x + rows.first * H,
      .lda = H,
      .b = f->layer->qkv_w,
      .c = f->s->qkv + rows.first * 3 * H,
      .ldc = 3 * H,
      .finish = bb_add_bias,
      .bias = f->layer->qkv_b
  };
}

/* y = context W^T */
static bb_product attention_output(const forward *f, span rows) {
  size_t H = f->bert->config.hidden;
  return (bb_product){
      .rows = rows.count,
      .shape = {H, H},
      .a = f->s->context + rows.first * H,
      .lda = H,
      .b = f->layer->attention_w,
      .c = f->s->y + rows.first * H,
      .ldc = H
  };
}

/* z = act(x W1^T + b1) */
static bb_product ffn_input(const forward *f, span rows) {
  size_t H = f->bert->config.hidden, F = f->bert->config.ffn;
  return (bb_product){
      .rows = rows.count,
      .shape = {H, F},
      .a = f->s->x + rows.first * H,
      .lda = H,
      .b = f->layer->ffn_in_w,
      .c = f->s->ffn + rows.first * F,
      .ldc = F,
      .finish = f->bert->config.activation->apply,
      .bias = f->layer->ffn_in_b
  };
}

/* y = z W2^T */
static bb_product ffn_output(const forward *f, span rows) {
  size_t H = f->bert->config.hidden, F = f->bert->config.ffn;
  return (bb_product){
      .rows = rows.count,
      .shape = {F, H},
      .a = f->s->ffn + rows.first * F,
      .lda = F,
      .b = f->layer->ffn_out_w,
      .c = f->s->y + rows.first * H,
      .ldc = H
  };
}

/* x = LayerNorm(x + (y + bias)) */
static void add_and_norm(const forward *f, span rows, const float *bias,
                         const float *gamma, const float *beta) {
  const bb_kernels *k = &f->bert->kernels;
  size_t H = f->bert->config.hidden;
  for (size_t t = rows.first; t < rows.first + rows.count; t++) {
    float *x = f->s->x + t * H;
    k->f32_add3(f->s->y + t * H, bias, x, x, H);
    k->f32_layer_norm(x, gamma, beta, f->bert->config.eps, x, H);
  }
}

static void norm_attention(const forward *f, span rows) {
  const bb_bert_layer *l = f->layer;
  add_and_norm(f, rows, l->attention_b, l->attention_gamma, l->attention_beta);
}

static void norm_ffn(const forward *f, span rows) {
  const bb_bert_layer *l = f->layer;
  add_and_norm(f, rows, l->ffn_out_b, l->ffn_gamma, l->ffn_beta);
}

/* Attention -------------------------------------------------------------------------- */

/* A head's keys, values and scores, in a worker's own memory. */
typedef struct head {
  size_t number;
  bb_shape keys_shape, values_shape;
  float *keys, *values; /* packed: [D, T], [T, D] */
  float *scores;        /* [QUERY_ROWS, T] */
} head;

static head head_memory(const bb_kernels *k, size_t T, size_t D, float *memory) {
  head h = {
      .keys_shape = {D, T},
        .values_shape = {T, D},
        .keys = memory
  };
  h.values = h.keys + bb_packed_floats(k, h.keys_shape);
  h.scores = h.values + bb_packed_floats(k, h.values_shape);
  return h;
}

static size_t head_floats(const bb_kernels *k, size_t T, size_t D) {
  return bb_packed_floats(k, (bb_shape){D, T}) + bb_packed_floats(k, (bb_shape){T, D}) +
         QUERY_ROWS * T;
}

/* context_h = softmax(Q_h K_h^T / sqrt(D)) V_h: Vaswani et al., equation 1. The softmax
 * is divided by its sum after the product, where there are D numbers a token and not T.
 */
static void attend_rows(const forward *f, const head *h, span rows) {
  const bb_kernels *k = &f->bert->kernels;
  size_t T = f->input->count, H = f->bert->config.hidden, D = h->keys_shape.depth;
  float inverse[QUERY_ROWS], *context = f->s->context + rows.first * H + h->number * D;
  bb_multiply(k, &(bb_product){.rows = rows.count,
                               .shape = h->keys_shape,
                               .a = f->s->qkv + rows.first * 3 * H + h->number * D,
                               .lda = 3 * H,
                               .b = h->keys,
                               .c = h->scores,
                               .ldc = T});
  for (size_t t = 0; t < rows.count; t++)
    inverse[t] = 1.0f / k->f32_softmax(h->scores + t * T, 1.0f / sqrtf((float)D), T);
  bb_multiply(k, &(bb_product){.rows = rows.count,
                               .shape = h->values_shape,
                               .a = h->scores,
                               .lda = T,
                               .b = h->values,
                               .c = context,
                               .ldc = H});
  for (size_t t = 0; t < rows.count; t++) k->f32_scale(inverse[t], context + t * H, D);
  if (!f->watch->attention) return;
  for (size_t t = 0; t < rows.count; t++) k->f32_scale(inverse[t], h->scores + t * T, T);
  f->watch->attention(f->watch->ctx, &(bb_attention){f->layer_number, h->number,
                                                     rows.first, rows.count, h->scores});
}

static void attend(void *ctx, size_t task, size_t worker) {
  const forward *f = ctx;
  const bb_kernels *k = &f->bert->kernels;
  size_t T = f->input->count, H = f->bert->config.hidden, D = H / f->bert->config.heads;
  head h = head_memory(k, T, D, f->s->heads + worker * f->s->head_floats);
  h.number = task / f->parts;
  const float *keys = f->s->qkv + H + h.number * D, *values = keys + H;
  bb_pack_weights(k, h.keys_shape, &(bb_weight_rows){keys, 3 * H, 0, T}, h.keys);
  bb_pack_rows(k, h.values_shape, values, 3 * H, h.values);
  span all = part_of(T, divide_up(T, f->parts), task % f->parts);
  for (size_t t = 0; t < all.count; t += QUERY_ROWS) {
    span rows = part_of(all.count, QUERY_ROWS, t / QUERY_ROWS);
    rows.first += all.first;
    attend_rows(f, &h, rows);
  }
}

/* A layer ---------------------------------------------------------------------------- */

/* In int8 the rows become bytes first; each has its own place for them. */
static void quantize(const forward *f, size_t first, bb_product *p, bb_i8_rows *i8) {
  if (!f->bert->weights.int8) return;
  *i8 = f->s->i8;
  i8->bytes += first * i8->ld;
  i8->ranges += first;
  p->i8 = i8;
  bb_i8_quantize_rows(&f->bert->kernels, p);
}

static void multiply(const forward *f, size_t first, bb_product p) {
  bb_i8_rows i8;
  quantize(f, first, &p, &i8);
  bb_multiply(&f->bert->kernels, &p);
}

static void project_rows(void *ctx, size_t task, size_t worker) {
  const forward *f = ctx;
  (void)worker;
  span rows = part_of(f->input->count, f->block, task);
  multiply(f, rows.first, projection(f, rows));
}

/* x = LayerNorm(x + attention(x)); x = LayerNorm(x + FFN(x)), FFN(x) = act(x W1 + b1) W2
 * + b2: Vaswani et al., sections 3.1 and 3.3, with GELU for ReLU as in Devlin et al. */
static void transform_rows(void *ctx, size_t task, size_t worker) {
  const forward *f = ctx;
  span rows = part_of(f->input->count, f->block, task);
  multiply(f, rows.first, attention_output(f, rows));
  norm_attention(f, rows);
  if (bb_cancelled(f->cancel, worker)) return;
  multiply(f, rows.first, ffn_input(f, rows));
  if (bb_cancelled(f->cancel, worker)) return;
  multiply(f, rows.first, ffn_output(f, rows));
  norm_ffn(f, rows);
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
  bb_i8_rows i8;
  quantize(f, 0, &p, &i8);
  shared_product shared = {k, p, .share = 1};
  shared.panels = (p.i8 ? bb_i8_panel_count : bb_panel_count)(k, p.shape.columns);
  shared.share = divide_up(shared.panels, f->workers);
  return bb_pool_run(f->workers, divide_up(shared.panels, shared.share), multiply_panels,
                     &shared, f->cancel);
}

static bool attend_all(forward *f) {
  return bb_pool_run(f->workers, f->bert->config.heads * f->parts, attend, f, f->cancel);
}

static bool layer_by_rows(forward *f) {
  size_t tasks = divide_up(f->input->count, f->block);
  return bb_pool_run(f->workers, tasks, project_rows, f, f->cancel) && attend_all(f) &&
         bb_pool_run(f->workers, tasks, transform_rows, f, f->cancel);
}

static bool layer_by_columns(forward *f) {
  span all = {0, f->input->count};
  if (!multiply_shared(f, projection(f, all)) || !attend_all(f) ||
      !multiply_shared(f, attention_output(f, all)))
    return false;
  norm_attention(f, all);
  if (!multiply_shared(f, ffn_input(f, all)) || !multiply_shared(f, ffn_output(f, all)))
    return false;
  norm_ffn(f, all);
  return true;
}

/* Who does what. True: the rows are shared out, or there is one worker. */
static bool share_out(forward *f) {
  size_t T = f->input->count, heads = f->bert->config.heads;
  f->workers = f->s->workers;
  bool by_rows = f->workers == 1 || T / MIN_BLOCK_ROWS >= f->workers;
  size_t turns = divide_up(T, f->workers * MAX_BLOCK_ROWS);
  f->block = divide_up(T, f->workers * turns);
  f->parts = f->workers > 1 ? divide_up(f->workers, heads) : 1;
  return by_rows;
}

biobert_status bb_bert_encode(const bb_bert *bert, const bb_input *input, bb_scratch *s,
                              bb_cancel *cancel, const bb_watch *watch,
                              biobert_error *err) {
  static const bb_watch nothing = {0};
  if (!watch) watch = &nothing;
  forward f = {.bert = bert, .input = input, .s = s, .cancel = cancel, .watch = watch};
  bool by_rows = share_out(&f);
  bool running = bb_pool_run(by_rows ? f.workers : 1, divide_up(input->count, f.block),
                             embed_rows, &f, cancel);
  if (running && watch->layer) watch->layer(watch->ctx, 0, s->x);
  for (size_t i = 0; i < bert->config.layers && running; i++) {
    f.layer = &bert->weights.layers[i];
    f.layer_number = i + 1;
    running = by_rows ? layer_by_rows(&f) : layer_by_columns(&f);
    if (running && watch->layer) watch->layer(watch->ctx, i + 1, s->x);
  }
  return running ? BIOBERT_OK : bb_fail(err, BIOBERT_INTERRUPTED, "interrupted");
}

/* Scratch ---------------------------------------------------------------------------- */

static bool make_i8_rows(bb_scratch *s, const bb_bert_config *c) {
  s->i8.ld = bb_i8_row_bytes(c->ffn > c->hidden ? c->ffn : c->hidden);
  s->i8.bytes = bb_alloc(s->allocator, s->tokens, s->i8.ld);
  s->i8.ranges = bb_alloc(s->allocator, s->tokens, sizeof *s->i8.ranges);
  return s->i8.bytes && s->i8.ranges;
}

biobert_status bb_scratch_init(bb_scratch *s, const bb_bert *bert, size_t tokens,
                               size_t workers, const biobert_allocator *allocator,
                               biobert_error *err) {
  const bb_bert_config *c = &bert->config;
  size_t T = tokens, H = c->hidden;
  *s = (bb_scratch){.allocator = allocator, .tokens = tokens, .workers = workers};
  s->head_floats = head_floats(&bert->kernels, T, H / c->heads);
  s->x = bb_alloc_floats(allocator, T * H);
  s->qkv = bb_alloc_floats(allocator, T * 3 * H);
  s->context = bb_alloc_floats(allocator, T * H);
  s->y = bb_alloc_floats(allocator, T * H);
  s->ffn = bb_alloc_floats(allocator, T * c->ffn);
  s->heads = bb_alloc_floats(allocator, workers * s->head_floats);
  bool ok = !bert->weights.int8 || make_i8_rows(s, c);
  if (!ok || !s->x || !s->qkv || !s->context || !s->y || !s->ffn || !s->heads) {
    bb_scratch_free(s);
    return bb_no_memory(err, "scratch of the encoder");
  }
  return BIOBERT_OK;
}

void bb_scratch_free(bb_scratch *s) {
  bb_free_aligned(s->allocator, s->x);
  bb_free_aligned(s->allocator, s->qkv);
  bb_free_aligned(s->allocator, s->context);
  bb_free_aligned(s->allocator, s->y);
  bb_free_aligned(s->allocator, s->ffn);
  bb_free_aligned(s->allocator, s->heads);
  bb_free(s->allocator, s->i8.bytes);
  bb_free(s->allocator, s->i8.ranges);
  *s = (bb_scratch){0};
}
