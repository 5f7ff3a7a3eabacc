/* gemm.c - b is packed, then tiles of rows are multiplied: Goto & van de Geijn 2008
 * (doi:10.1145/1356052.1356053), as in product.c. */
#include "kernels/gemm.h"

#include "base/sizes.h"
#include "kernels/tiles.h"

/* Rows of c in one task. A tile of a that is BB_PANEL_DEPTH deep takes 192 KB: it stays in
 * the L2 cache beside a panel of b. */
enum { TILE_ROWS = 128 };

/* A transposed tile is written in strips: each of its rows goes on in the cache line that
 * it wrote last. Rows are a line more than the depth apart, so that those of a strip do
 * not compete for the same place in the cache. */
enum { STRIP = 16, TILE_LD = BB_PANEL_DEPTH + STRIP };

typedef struct gemm_run {
  const bb_kernels *k;
  const bb_gemm *g;
  float *packed; /* b: blocks of BB_PANEL_DEPTH of the depth, as in product.h */
  float *tiles;  /* a worker's [TILE_ROWS, TILE_LD], where a is transposed */
} gemm_run;

static size_t tile_floats(const bb_gemm *g) {
  return g->a_transposed ? (size_t)TILE_ROWS * TILE_LD : 0;
}

static size_t packed_until(const gemm_run *r, size_t depth) {
  return bb_packed_floats(r->k, (bb_shape){depth, r->g->columns});
}

size_t bb_gemm_scratch(const bb_kernels *k, const bb_gemm *g, size_t workers) {
  return bb_packed_floats(k, (bb_shape){g->depth, g->columns}) + workers * tile_floats(g);
}

/* Packs one block of the depth. */
static void pack_block(void *ctx, size_t block, size_t worker) {
  const gemm_run *r = ctx;
  const bb_gemm *g = r->g;
  (void)worker;
  size_t t = block * BB_PANEL_DEPTH;
  bb_shape shape = {bb_min(BB_PANEL_DEPTH, g->depth - t), g->columns};
  float *packed = r->packed + packed_until(r, t);
  if (g->b_transposed) {
    bb_weight_rows rows = {g->b + t, g->ldb, 0, g->columns};
    bb_pack_weights(r->k, shape, &rows, packed);
  } else {
    bb_pack_rows(r->k, shape, g->b + t * g->ldb, g->ldb, packed);
  }
}

/* to[i, j] = from[j, i], for i below STRIP: a known width is unrolled, which takes a tenth
 * off the product's time. */
static void transpose_strip(const float *from, size_t lda, size_t depth, float *to) {
  for (size_t j = 0; j < depth; j++, from += lda) {
    BB_UNROLL
    for (size_t i = 0; i < STRIP; i++) to[i * TILE_LD + j] = from[i];
  }
}

/* The same for i below width. */
static void transpose_rest(const float *from, size_t lda, size_t width, size_t depth,
                           float *to) {
  for (size_t j = 0; j < depth; j++, from += lda)
    for (size_t i = 0; i < width; i++) to[i * TILE_LD + j] = from[i];
}

/* tile[i, j] = a[t + j, first + i] */
static void transpose(const bb_gemm *g, size_t first, size_t rows, size_t t, size_t depth,
                      float *tile) {
  for (size_t strip = 0; strip < rows; strip += STRIP) {
    const float *from = g->a + t * g->lda + first + strip;
    float *to = tile + strip * TILE_LD;
    if (rows - strip >= STRIP)
      transpose_strip(from, g->lda, depth, to);
    else
      transpose_rest(from, g->lda, rows - strip, depth, to);
  }
}

/* Rows [first, first + panel.rows) times one block of the depth. */
static void multiply_block(const gemm_run *r, size_t t, bb_panel panel) {
  const bb_gemm *g = r->g;
  size_t n = g->columns, all = bb_panels(r->k, (bb_shape){g->depth, n});
  size_t width = bb_panel_width(n, r->k->panel_max, r->k->panel_step);
  panel.b = r->packed + packed_until(r, t);
  panel.width = width;
  float *c = panel.c;
  for (size_t i = 0; i < all; i++, panel.b += panel.depth * width) {
    panel.columns = bb_min(width, n - i * width);
    panel.c = c + i * width;
    panel.prefetch = bb_prefetch_panel(i + 1 < all ? panel.b + panel.depth * width : NULL,
                                       panel.depth * width, panel.rows, panel.depth);
    r->k->f32_panel(&panel);
  }
}

static void multiply_tile(void *ctx, size_t task, size_t worker) {
  const gemm_run *r = ctx;
  const bb_gemm *g = r->g;
  size_t first = task * TILE_ROWS, t = 0;
  bb_panel panel = {.rows = bb_min(TILE_ROWS, g->rows - first),
                    .c = g->c + first * g->ldc,
                    .ldc = g->ldc};
  float *tile = r->tiles + worker * tile_floats(g);
  do { /* once at least: a sum without terms is 0 */
    panel.depth = bb_min(BB_PANEL_DEPTH, g->depth - t);
    panel.a = g->a_transposed ? tile : g->a + first * g->lda + t;
    panel.lda = g->a_transposed ? TILE_LD : g->lda;
    panel.add = g->add || t > 0;
    if (g->a_transposed) transpose(g, first, panel.rows, t, panel.depth, tile);
    multiply_block(r, t, panel);
    t += panel.depth;
  } while (t < g->depth);
}

bool bb_gemm_share(const bb_kernels *k, const bb_gemm *g, size_t workers, float *scratch,
                   bb_cancel *cancel) {
  if (g->rows == 0 || g->columns == 0) return true;
  gemm_run r = {k, g, scratch, scratch};
  r.tiles += bb_packed_floats(k, (bb_shape){g->depth, g->columns});
  size_t blocks = bb_divide_up(g->depth, BB_PANEL_DEPTH);
  size_t tiles = bb_divide_up(g->rows, TILE_ROWS);
  return bb_pool_run(workers, blocks, pack_block, &r, cancel) &&
         bb_pool_run(workers, tiles, multiply_tile, &r, cancel);
}

void bb_gemm_run(const bb_kernels *k, const bb_gemm *g, float *scratch) {
  bb_cancel never = {0};
  bb_gemm_share(k, g, 1, scratch, &never);
}
