/* means.c - rounds of spherical k-means (Dhillon & Modha 2001, doi:10.1023/A:1007612920971),
 * with Hamerly's bounds (2010, doi:10.1137/1.9781611972801.12): a point whose own centre
 * must still be the nearest one, by how far the centres have gone, is not compared. */
#include "analysis/means.h"

#include <math.h>

#include "analysis/random_bits.h"
#include "analysis/units.h"
#include "api/runtime.h"
#include "base/sizes.h"

enum {
  MAX_ROUNDS = 300,
  STILL = 10000, /* the rounds end when one point of so many changes its cluster */
  MAX_CANDIDATES = sizeof((bb_means *)0)->candidates / sizeof(size_t),
};

static const float rounding = 1e-5f; /* of distances in float */

static bb_shape centres_shape(const bb_means *m) {
  return (bb_shape){m->n, m->k};
}

static size_t tasks_of(const bb_means *m) {
  return bb_divide_up(m->count, BB_MEANS_ROWS);
}

static bool run(bb_means *m, size_t tasks, bb_task_fn *fn) {
  return bb_pool_run(m->workers, tasks, fn, m, m->cancel);
}

static biobert_status allocate(bb_means *m, biobert_error *err) {
  const biobert_allocator *a = m->allocator;
  const size_t columns = bb_max(m->k, MAX_CANDIDATES), count = m->count, n = m->n;
  m->centres = bb_alloc_floats(a, m->k * n);
  m->label = bb_alloc(a, count, sizeof *m->label);
  m->size = bb_alloc(a, m->k, sizeof *m->size);
  m->packed = bb_alloc_floats(a, bb_packed_floats(&m->kernels, (bb_shape){n, columns}));
  m->products = bb_alloc_floats(a, m->workers * BB_MEANS_ROWS * columns);
  m->gathered = bb_alloc_floats(a, m->workers * BB_MEANS_ROWS * n);
  m->next = bb_alloc(a, count, sizeof *m->next);
  m->near = bb_alloc(a, count, sizeof *m->near);
  m->far = bb_alloc(a, count, sizeof *m->far);
  m->sums = bb_alloc(a, m->k * n, sizeof *m->sums);
  m->moved = bb_alloc(a, m->k, sizeof *m->moved);
  m->changes = bb_alloc(a, count, sizeof *m->changes);
  m->potential = bb_alloc(a, tasks_of(m) * MAX_CANDIDATES, sizeof *m->potential);
  bool all = m->centres && m->label && m->size && m->packed && m->products &&
             m->gathered && m->next && m->near && m->far && m->sums && m->moved &&
             m->changes && m->potential;
  return all ? BIOBERT_OK : bb_no_memory(err, "clusters");
}

biobert_status bb_means_init(bb_means *m, const float *rows, size_t count, size_t n,
                             size_t k, bb_cancel *cancel,
                             const biobert_analysis_options *how, biobert_error *err) {
  *m = (bb_means){.allocator = bb_analysis_allocator(how),
                  .cancel = cancel,
                  .workers = bb_runtime_threads(),
                  .rows = rows,
                  .count = count,
                  .n = n,
                  .k = k};
  bb_kernels_init(&m->kernels, bb_runtime_cpu());
  return allocate(m, err);
}

void bb_means_free(bb_means *m) {
  const biobert_allocator *a = m->allocator;
  bb_free_aligned(a, m->centres);
  bb_free(a, m->label);
  bb_free(a, m->size);
  bb_free_aligned(a, m->packed);
  bb_free_aligned(a, m->products);
  bb_free_aligned(a, m->gathered);
  bb_free(a, m->next);
  bb_free(a, m->near);
  bb_free(a, m->far);
  bb_free(a, m->sums);
  bb_free(a, m->moved);
  bb_free(a, m->changes);
  bb_free(a, m->potential);
  *m = (bb_means){0};
}

/* Seeds ------------------------------------------------------------------------------
 *
 * Arthur & Vassilvitskii 2007, "k-means++: the advantages of careful seeding": the next
 * seed is a point drawn by its squared distance to the nearest seed; of a few drawn ones
 * that which leaves the smallest sum of these. Here near[i] is half that squared distance,
 * 1 - cosine. */

/* Where it is less, there is but rounding between two directions. */
static const float least_weight = 1e-6f;

static float weight_of(const bb_means *m, size_t i) {
  return m->near[i] > least_weight ? m->near[i] : 0;
}

/* What each candidate would leave, of a task's points. */
static void weigh_candidates(void *ctx, size_t task, size_t worker) {
  bb_means *m = ctx;
  const size_t first = task * BB_MEANS_ROWS, columns = m->change_count;
  const bb_product p = {
      .rows = bb_min(BB_MEANS_ROWS, m->count - first),
      .shape = {m->n, columns},
      .a = m->rows + first * m->n,
      .lda = m->n,
      .b = m->packed,
      .c = m->products + worker * BB_MEANS_ROWS * bb_max(m->k, columns),
      .ldc = columns
  };
  bb_multiply(&m->kernels, &p);
  double *left = m->potential + task * columns;
  for (size_t j = 0; j < columns; j++) left[j] = 0;
  for (size_t i = 0; i < p.rows; i++)
    for (size_t j = 0; j < columns; j++) {
      const float distance = 1 - p.c[i * columns + j], before = weight_of(m, first + i);
      left[j] += (double)(distance < before ? distance : before);
    }
}

/* The nearest seed of a task's points, after the last one came. */
static void near_seed(void *ctx, size_t task, size_t worker) {
  bb_means *m = ctx;
  (void)worker;
  const size_t end = bb_min((task + 1) * BB_MEANS_ROWS, m->count);
  const float *seed = m->rows + m->candidates[0] * m->n;
  for (size_t i = task * BB_MEANS_ROWS; i < end; i++) {
    const float distance = 1 - m->kernels.f32_dot(m->rows + i * m->n, seed, m->n);
    if (distance < m->near[i]) m->near[i] = distance;
  }
}

/* Draws the candidates, by their weights; false: all points are at seeds. */
static bool draw(bb_means *m, size_t candidates, uint64_t *random) {
  double sum = 0;
  for (size_t i = 0; i < m->count; i++) sum += (double)weight_of(m, i);
  for (size_t j = 0; j < candidates; j++) {
    double at = bb_random_unit(random) * sum;
    size_t drawn = SIZE_MAX;
    for (size_t i = 0; i < m->count; i++) {
      const float weight = weight_of(m, i);
      if (weight <= 0) continue;
      drawn = i;
      if ((at -= (double)weight) < 0) break;
    }
    if (drawn == SIZE_MAX) return false;
    m->candidates[j] = drawn;
  }
  return true;
}

/* Puts the best of the candidates in the first place. */
static bool choose(bb_means *m, size_t candidates) {
  if (candidates == 1) return true;
  const bb_shape shape = {m->n, candidates};
  for (size_t j = 0; j < candidates; j++)
    bb_pack_weights(&m->kernels, shape,
                    &(bb_weight_rows){m->rows + m->candidates[j] * m->n, m->n, j, 1},
                    m->packed);
  m->change_count = candidates;
  if (!run(m, tasks_of(m), weigh_candidates)) return false;
  size_t best = 0;
  double least = INFINITY;
  for (size_t j = 0; j < candidates; j++) {
    double left = 0;
    for (size_t task = 0; task < tasks_of(m); task++)
      left += m->potential[task * candidates + j];
    if (left < least) best = j;
    if (left < least) least = left;
  }
  m->candidates[0] = m->candidates[best];
  return true;
}

bool bb_means_seed(bb_means *m, uint64_t *random) {
  const size_t wanted = m->k,
               candidates = bb_min(2 + (size_t)log((double)wanted), MAX_CANDIDATES);
  for (size_t i = 0; i < m->count; i++) m->near[i] = INFINITY;
  m->candidates[0] = (size_t)(bb_random_unit(random) * (double)m->count);
  for (size_t made = 0; made < wanted;) {
    memcpy(m->centres + made * m->n, m->rows + m->candidates[0] * m->n,
           m->n * sizeof *m->centres);
    m->k = ++made;
    if (!run(m, tasks_of(m), near_seed)) return false;
    if (made == wanted || !draw(m, candidates, random)) break;
    m->k = wanted; /* the scratch is that large */
    if (!choose(m, candidates)) return false;
  }
  return true;
}

/* Rounds ----------------------------------------------------------------------------- */

static float distance_of(float cosine) {
  return cosine < 1 ? sqrtf(2 - 2 * cosine) : 0;
}

/* The nearest centre, and how far it and the next one are. */
static void put_nearest(bb_means *m, size_t point, const float *cosine) {
  uint32_t best = 0;
  float next = -1;
  for (uint32_t j = 1; j < m->k; j++) {
    if (cosine[j] > cosine[best]) {
      next = cosine[best];
      best = j;
    } else if (cosine[j] > next) {
      next = cosine[j];
    }
  }
  m->next[point] = best;
  m->near[point] = distance_of(cosine[best]);
  m->far[point] = distance_of(next);
}

/* Moves a point's bounds with the centres; whether it has to be compared. */
static bool is_open(bb_means *m, size_t point) {
  if (m->label[point] == BB_NO_LABEL) return true;
  m->near[point] += m->moved[m->label[point]];
  m->far[point] -= m->max_moved;
  m->next[point] = m->label[point];
  return m->near[point] + rounding >= m->far[point];
}

static void label_points(void *ctx, size_t task, size_t worker) {
  bb_means *m = ctx;
  uint32_t open[BB_MEANS_ROWS];
  const size_t end = bb_min((task + 1) * BB_MEANS_ROWS, m->count);
  float *rows = m->gathered + worker * BB_MEANS_ROWS * m->n;
  bb_product p = {.shape = centres_shape(m),
                  .a = rows,
                  .lda = m->n,
                  .b = m->packed,
                  .c = m->products + worker * BB_MEANS_ROWS * m->k,
                  .ldc = m->k};
  for (size_t i = task * BB_MEANS_ROWS; i < end; i++) {
    if (!is_open(m, i)) continue;
    memcpy(rows + p.rows * m->n, m->rows + i * m->n, m->n * sizeof *rows);
    open[p.rows++] = (uint32_t)i;
  }
  if (p.rows == 0) return;
  bb_multiply(&m->kernels, &p);
  for (size_t i = 0; i < p.rows; i++) put_nearest(m, open[i], p.c + i * p.ldc);
}

static void list_changes(bb_means *m) {
  m->change_count = 0;
  for (uint32_t i = 0; i < m->count; i++) {
    if (m->next[i] == m->label[i]) continue;
    m->changes[m->change_count++] = (bb_label_change){i, m->label[i], m->next[i]};
    if (m->label[i] != BB_NO_LABEL) m->size[m->label[i]]--;
    m->size[m->next[i]]++;
    m->label[i] = m->next[i];
  }
}

/* A cluster that has lost all its points gets the one that is farthest from its centre, as
 * long as that is in another direction. */
static void fill_empty(bb_means *m) {
  for (uint32_t j = 0; j < m->k; j++) {
    if (m->size[j] > 0) continue;
    size_t farthest = SIZE_MAX;
    for (size_t i = 0; i < m->count; i++)
      if (m->size[m->label[i]] > 1 && m->near[i] > 0.01f &&
          (farthest == SIZE_MAX || m->near[i] > m->near[farthest]))
        farthest = i;
    if (farthest == SIZE_MAX) return;
    m->next[farthest] = j;
    m->near[farthest] = 0;
    m->far[farthest] = 0; /* it is compared in the next round */
    m->size[m->label[farthest]]--;
    m->size[j]++;
    bb_label_change change = {(uint32_t)farthest, m->label[farthest], j};
    m->label[farthest] = j;
    for (size_t t = 0; t < m->n; t++) {
      const double x = (double)m->rows[farthest * m->n + t];
      m->sums[change.from * m->n + t] -= x;
      m->sums[j * m->n + t] += x;
    }
  }
}

/* The sum of a cluster's points, after the changes. */
static void add_changes(void *ctx, size_t cluster, size_t worker) {
  bb_means *m = ctx;
  (void)worker;
  double *sum = m->sums + cluster * m->n;
  for (size_t i = 0; i < m->change_count; i++) {
    const bb_label_change *c = &m->changes[i];
    const float *row = m->rows + c->point * m->n;
    if (c->to == cluster)
      for (size_t t = 0; t < m->n; t++) sum[t] += (double)row[t];
    if (c->from == cluster)
      for (size_t t = 0; t < m->n; t++) sum[t] -= (double)row[t];
  }
}

/* A centre without points or direction stays where it is. */
static void move_centre(bb_means *m, size_t cluster) {
  const double *sum = m->sums + cluster * m->n;
  float *centre = m->centres + cluster * m->n;
  double square = 0, moved = 0;
  for (size_t t = 0; t < m->n; t++) square += sum[t] * sum[t];
  m->moved[cluster] = 0;
  if (m->size[cluster] == 0 || !(square > 0)) return;
  const double length = sqrt(square);
  for (size_t t = 0; t < m->n; t++) {
    const float before = centre[t];
    centre[t] = (float)(sum[t] / length);
    const double d = (double)centre[t] - (double)before;
    moved += d * d;
  }
  m->moved[cluster] = (float)(sqrt(moved) * 1.000001);
}

static void move_centres(bb_means *m) {
  m->max_moved = 0;
  for (size_t j = 0; j < m->k; j++) {
    move_centre(m, j);
    if (m->moved[j] > m->max_moved) m->max_moved = m->moved[j];
  }
}

static bool label_all(bb_means *m) {
  bb_pack_weights(&m->kernels, centres_shape(m),
                  &(bb_weight_rows){m->centres, m->n, 0, m->k}, m->packed);
  return run(m, tasks_of(m), label_points);
}

static void forget_labels(bb_means *m) {
  for (size_t i = 0; i < m->count; i++) m->label[i] = BB_NO_LABEL;
  for (size_t j = 0; j < m->k; j++) m->size[j] = 0;
  for (size_t j = 0; j < m->k * m->n; j++) m->sums[j] = 0;
}

bool bb_means_run(bb_means *m) {
  forget_labels(m);
  for (int round = 0; round < MAX_ROUNDS; round++) {
    if (!label_all(m)) return false;
    list_changes(m);
    if (!run(m, m->k, add_changes)) return false;
    fill_empty(m);
    move_centres(m);
    if (m->change_count * STILL <= m->count) break;
  }
  return true;
}

bool bb_means_silhouette(bb_means *m, double *out) {
  for (size_t i = 0; i < m->count; i++) m->label[i] = BB_NO_LABEL; /* all are compared */
  if (!label_all(m)) return false;
  double sum = 0;
  for (size_t i = 0; i < m->count; i++) {
    /* 1 - cosine is half the square of the distance. */
    const double own = (double)m->near[i] * (double)m->near[i],
                 other = (double)m->far[i] * (double)m->far[i];
    if (other > 0) sum += (other - own) / other; /* own <= other */
    m->label[i] = m->next[i];
  }
  *out = m->count ? sum / (double)m->count : 0;
  return true;
}

double bb_means_cosines(const bb_means *m) {
  double cosines = 0;
  for (size_t j = 0; j < m->k; j++) {
    double square = 0;
    for (size_t t = 0; t < m->n; t++)
      square += m->sums[j * m->n + t] * m->sums[j * m->n + t];
    cosines += sqrt(square);
  }
  return cosines;
}
