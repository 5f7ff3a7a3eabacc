/* bert_encode_int8.c - the steps of the forward pass that are others in int8.
 *
 * The rows on the left of a product are quantised first (int_product.h), and so are the
 * probabilities of the softmax: the two products of the attention are of integers too.
 * Legend and order of the steps: bert_encode.c. */
#include <math.h>

#include "base/mem.h"
#include "kernels/int_product.h"
#include "model/bert_pass.h"

enum {
  /* Integers are smaller than floats, but their packed keys and values come with scales
   * and sums: so fewer than in float32. */
  QUERY_ROWS = 16,
  /* A text of so few tokens has no others to even out what quantising takes from its
   * states, so they are kept to 16 bits for the products that read them. 1 - cosine to
   * float32 of 7,898 single words (all-MiniLM-L6-v2): .0047 at worst without this, .0021
   * with it; of texts of four tokens and more it is below .0018 anyway. */
  FEW_TOKENS = 4,
};

static const float *word(const bb_bert *bert, size_t id, float *room) {
  const bb_bert_weights *w = &bert->weights;
  size_t H = bert->config.hidden;
  bert->kernels.i8_dequantize(w->word_codes + id * H, w->word_scales[id], room, H);
  return room;
}

/* Quantised rows --------------------------------------------------------------------- */

static bb_int_rows rows_from(const bb_int_rows *all, size_t first) {
  bb_int_rows rows = *all;
  rows.codes = (char *)all->codes + first * all->ld;
  rows.ranges += first * all->range_step;
  return rows;
}

static bool keeps_rest(const bb_pass *f) {
  return f->input->count <= FEW_TOKENS;
}

static void quantize_states(const bb_pass *f, bb_span rows) {
  const bb_kernels *k = &f->bert->kernels;
  size_t H = f->bert->config.hidden;
  const float *x = f->s->x + rows.first * H;
  bb_int_rows to = rows_from(&f->s->states, rows.first);
  bb_i8_quantize_rows(k, x, H, rows.count, H, &to);
  if (!keeps_rest(f)) return;
  bb_int_rows rest = rows_from(&f->s->rest, rows.first);
  bb_i8_quantize_rest(k, x, H, rows.count, H, &to, &rest);
}

static void quantize_context(const bb_pass *f, bb_block b) {
  size_t H = f->bert->config.hidden;
  bb_int_rows to = rows_from(&f->s->inner, b.place);
  bb_i8_quantize_rows(&f->bert->kernels, f->s->context + b.rows.first * H, H,
                      b.rows.count, H, &to);
}

static void take_states(const bb_pass *f, bb_span rows, bb_product *p) {
  p->int_type = BB_INT8;
  p->ints = rows_from(&f->s->states, rows.first);
  if (keeps_rest(f)) p->rest = rows_from(&f->s->rest, rows.first);
}

static void take_inner(const bb_pass *f, bb_block b, const float *rows, bb_product *p) {
  (void)rows;
  p->int_type = BB_INT8;
  p->ints = rows_from(&f->s->inner, b.place);
}

/* Attention -------------------------------------------------------------------------- */

static void lay_out_head(const bb_kernels *k, bb_arena *from, bb_attention_head *h) {
  size_t D = h->keys_shape.depth, T = h->values_shape.depth;
  h->keys = bb_arena_take(from, bb_i8_packed_floats(k, h->keys_shape));
  h->values = bb_arena_take(from, bb_i16_packed_floats(k, h->values_shape));
  h->scores = bb_arena_take(from, QUERY_ROWS * T);
  bb_int_rows *q = &h->queries, *p = &h->probabilities;
  *q = (bb_int_rows){.ld = bb_i8_row_bytes(D), .range_step = bb_i8_blocks(D)};
  *p = (bb_int_rows){.ld = bb_i16_row_numbers(T) * sizeof(int16_t), .range_step = 1};
  q->codes = bb_arena_take(from, QUERY_ROWS * q->ld / sizeof(float));
  p->codes = bb_arena_take(from, QUERY_ROWS * p->ld / sizeof(float));
  q->ranges = (bb_i8_range *)bb_arena_take(from, QUERY_ROWS * 2 * q->range_step);
  p->ranges = (bb_i8_range *)bb_arena_take(from, QUERY_ROWS * 2);
}

static void pack_head(const bb_kernels *k, const bb_attention_head *h) {
  size_t D = h->keys_shape.depth, T = h->values_shape.depth;
  bb_weight_rows keys = {h->qkv + D, 3 * D, 0, T};
  bb_i8_pack_weights(k, h->keys_shape, &keys, h->keys);
  bb_i16_pack_rows(k, h->values_shape, h->qkv + 2 * D, 3 * D, h->values);
}

static int16_t *codes_of(const bb_attention_head *h, size_t row) {
  return (int16_t *)h->probabilities.codes +
         row * bb_i16_row_numbers(h->values_shape.depth);
}

/* The codes of the softmax; what they are multiplied by is in their ranges, and applied
 * by the product. */
static void softmax_rows(const bb_pass *f, const bb_attention_head *h, size_t rows) {
  size_t T = f->input->count;
  float scale = 1.0f / sqrtf((float)h->keys_shape.depth);
  f->bert->kernels.i16_softmax(h->scores, rows, T, scale, &h->probabilities);
  for (size_t t = 0; t < rows && T % 2; t++) codes_of(h, t)[T] = 0; /* a whole pair */
}

static void show_attention(const bb_pass *f, const bb_attention_head *h, bb_span rows) {
  size_t T = f->input->count;
  for (size_t t = 0; t < rows.count; t++) {
    float *scores = h->scores + t * T;
    for (size_t u = 0; u < T; u++) scores[u] = codes_of(h, t)[u];
    f->bert->kernels.f32_scale(h->probabilities.ranges[t].scale, scores, T);
  }
  bb_show_attention(f, h, rows);
}

static void attend(const bb_pass *f, const bb_attention_head *h, bb_span rows) {
  const bb_kernels *k = &f->bert->kernels;
  size_t D = h->keys_shape.depth;
  bb_i8_quantize_rows(k, h->qkv + rows.first * 3 * D, 3 * D, rows.count, D, &h->queries);
  bb_product scores = bb_score_product(h, rows);
  scores.int_type = BB_INT8;
  scores.ints = h->queries;
  bb_int_multiply(k, &scores);
  softmax_rows(f, h, rows.count);
  bb_product context = bb_context_product(f, h, rows);
  context.int_type = BB_INT16;
  context.ints = h->probabilities;
  bb_int_multiply(k, &context);
  if (f->watch->attention) show_attention(f, h, rows);
}

/* Feed-forward network --------------------------------------------------------------- */

/* One block of the columns of z, quantised at once: the floats of z are never more than
 * the cache holds, and each worker has its own. At most s->rows rows. Where there is more
 * than one block, all panels are int_max columns wide, which divide a block. */
static bb_product input_product(const bb_pass *f, bb_block b, size_t number) {
  const bb_kernels *k = &f->bert->kernels;
  size_t F = f->bert->config.ffn, first = number * BB_I8_BLOCK;
  size_t columns = bb_share_of(F, BB_I8_BLOCK, number).count;
  size_t width = bb_panel_width(F, k->int_max, k->int_step);
  bb_product p = {
      .rows = b.rows.count,
      .shape = {f->bert->config.hidden, F},
      .b = f->layer->ffn_in_w,
      .next = f->layer->ffn_out_w,
      .c = f->s->ffn + b.worker * f->s->rows * BB_I8_BLOCK,
      .ldc = BB_I8_BLOCK,
      .left_out = first,
      .first = first / width,
      .end = bb_divide_up(first + columns, width)
  };
  take_states(f, b.rows, &p);
  return p;
}

static void ffn_input_block(const bb_pass *f, bb_block b, size_t number) {
  const bb_kernels *k = &f->bert->kernels;
  const bb_activation *activation = f->bert->config.activation;
  bb_activation_fn *apply =
      activation->apply_roughly ? activation->apply_roughly : activation->apply;
  bb_span columns = bb_share_of(f->bert->config.ffn, BB_I8_BLOCK, number);
  bb_product p = input_product(f, b, number);
  bb_int_multiply(k, &p);
  bb_int_rows to = rows_from(&f->s->inner, b.place);
  to.codes = (char *)to.codes + columns.first;
  to.ranges += number;
  for (size_t t = 0; t < b.rows.count; t += BB_NEAR_ROWS) {
    bb_span rows = bb_share_of(b.rows.count, BB_NEAR_ROWS, t / BB_NEAR_ROWS);
    float *z = p.c + t * p.ldc;
    for (size_t i = 0; i < rows.count; i++)
      apply(k, z + i * p.ldc, f->layer->ffn_in_b + columns.first, columns.count);
    bb_int_rows near = rows_from(&to, t);
    bb_i8_quantize_rows(k, z, p.ldc, rows.count, columns.count, &near);
  }
}

static void ffn_input(const bb_pass *f, bb_block b) {
  for (size_t i = 0; i < bb_i8_blocks(f->bert->config.ffn); i++) ffn_input_block(f, b, i);
}

/* A task is a block of the columns, and as many rows as a worker has room for. */
static size_t row_tasks(const bb_pass *f) {
  return bb_divide_up(f->rows, f->s->rows);
}

static void ffn_input_task(void *ctx, size_t task, size_t worker) {
  const bb_pass *f = ctx;
  bb_span rows = bb_share_of(f->rows, f->s->rows, task % row_tasks(f));
  ffn_input_block(f, (bb_block){rows, rows.first, worker}, task / row_tasks(f));
}

static bool ffn_input_shared(bb_pass *f, bb_block all) {
  (void)all;
  size_t blocks = bb_i8_blocks(f->bert->config.ffn);
  return bb_pool_run(f->workers, blocks * row_tasks(f), ffn_input_task, f, f->cancel);
}

/* Scratch ---------------------------------------------------------------------------- */

static size_t ffn_columns(const bb_bert_config *c) {
  (void)c;
  return BB_I8_BLOCK;
}

static bool make_rows(const biobert_allocator *allocator, size_t rows, size_t widest,
                      bb_int_rows *out) {
  out->ld = bb_i8_row_bytes(widest);
  out->range_step = bb_i8_blocks(widest);
  out->codes = bb_alloc(allocator, rows, out->ld);
  out->ranges = bb_alloc(allocator, rows * out->range_step, sizeof *out->ranges);
  return out->codes && out->ranges;
}

static bool make_scratch(bb_scratch *s, const bb_bert_config *c) {
  size_t widest = c->ffn > c->hidden ? c->ffn : c->hidden;
  return make_rows(s->allocator, s->tokens, c->hidden, &s->states) &&
         make_rows(s->allocator, s->workers * s->rows, widest, &s->inner) &&
         make_rows(s->allocator, FEW_TOKENS, c->hidden, &s->rest);
}

const bb_arithmetic bb_int8_arithmetic = {
    .word = word,
    .states_written = quantize_states,
    .context_written = quantize_context,
    .take_states = take_states,
    .take_inner = take_inner,
    .multiply = bb_int_multiply,
    .panels = bb_int_panels,
    .query_rows = QUERY_ROWS,
    .lay_out_head = lay_out_head,
    .pack_head = pack_head,
    .attend = attend,
    .ffn_input = ffn_input,
    .ffn_input_shared = ffn_input_shared,
    .ffn_columns = ffn_columns,
    .make_scratch = make_scratch,
};
