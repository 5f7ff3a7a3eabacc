/* clusters.c - spherical k-means: points to the centre of the largest cosine, centres to
 * the mean direction of their points, until nothing changes. */
#include <math.h>

#include "analysis/analysis.h"
#include "analysis/random.h"
#include "analysis/units.h"
#include "api/runtime.h"
#include "kernels/product.h"

enum {
  TASK_ROWS = 256, /* points of one task: their products stay in the cache */
  MAX_ROUNDS = 300,
};

typedef struct means {
  const biobert_allocator *allocator;
  bb_units units;
  bb_kernels kernels;
  bb_cancel cancel;
  size_t workers, k;
  uint64_t random;
  float *centres;           /* [k, n] */
  float *packed;            /* the same, for products */
  float *products;          /* a worker's [TASK_ROWS, k] */
  double *sums;             /* a worker's [n] */
  uint32_t *label;          /* [units.count] */
  float *cosine;            /* [units.count]: to its centre, by a product in float32 */
  uint32_t *member, *first; /* [units.count], [k + 1]: units by cluster */
  atomic_size_t changed;    /* labels, in this round */
} means;

static size_t min_of(size_t a, size_t b) {
  return a < b ? a : b;
}

static bb_shape centres_shape(const means *m) {
  return (bb_shape){m->units.n, m->k};
}

static biobert_status allocate(means *m, biobert_error *err) {
  const size_t points = m->units.count, n = m->units.n;
  m->centres = bb_alloc_floats(m->allocator, m->k * n);
  m->packed =
      bb_alloc_floats(m->allocator, bb_packed_floats(&m->kernels, centres_shape(m)));
  m->products = bb_alloc_floats(m->allocator, m->workers * TASK_ROWS * m->k);
  m->sums = bb_alloc(m->allocator, m->workers * n, sizeof *m->sums);
  m->label = bb_alloc_zeroed(m->allocator, points, sizeof *m->label);
  m->cosine = bb_alloc(m->allocator, points, sizeof *m->cosine);
  m->member = bb_alloc(m->allocator, points, sizeof *m->member);
  m->first = bb_alloc(m->allocator, m->k + 1, sizeof *m->first);
  bool all = m->centres && m->packed && m->products && m->sums && m->label && m->cosine &&
             m->member && m->first;
  return all ? BIOBERT_OK : bb_no_memory(err, "clusters");
}

static void free_means(means *m, const biobert_analysis_options *how) {
  bb_free_aligned(m->allocator, m->centres);
  bb_free_aligned(m->allocator, m->packed);
  bb_free_aligned(m->allocator, m->products);
  bb_free(m->allocator, m->sums);
  bb_free(m->allocator, m->label);
  bb_free(m->allocator, m->cosine);
  bb_free(m->allocator, m->member);
  bb_free(m->allocator, m->first);
  bb_units_free(&m->units, how);
}

static bool run(means *m, size_t tasks, bb_task_fn *fn) {
  return bb_pool_run(m->workers, tasks, fn, m, &m->cancel);
}

/* Seeds ------------------------------------------------------------------------------ */

/* The cosine of a task's points to the last seed, where it is the largest so far. */
static void near_seed(void *ctx, size_t task, size_t worker) {
  means *m = ctx;
  (void)worker;
  const size_t n = m->units.n, end = min_of((task + 1) * TASK_ROWS, m->units.count);
  const float *seed = m->centres + m->k * n; /* k: seeds so far, without this one */
  for (size_t i = task * TASK_ROWS; i < end; i++) {
    const float cosine = m->kernels.f32_dot(m->units.rows + i * n, seed, n);
    if (m->k == 0 || cosine > m->cosine[i]) m->cosine[i] = cosine;
  }
}

/* Half the squared distance to the nearest seed. */
static double weight_of(const means *m, size_t i) {
  const double weight = 1 - (double)m->cosine[i];
  return weight > 1e-6 ? weight : 0; /* below it there is but rounding */
}

/* A point with the probability of its weight; SIZE_MAX: all are at seeds. */
static size_t draw(means *m) {
  double sum = 0;
  for (size_t i = 0; i < m->units.count; i++) sum += weight_of(m, i);
  double at = bb_random_unit(&m->random) * sum;
  size_t last = SIZE_MAX;
  for (size_t i = 0; i < m->units.count; i++) {
    const double weight = weight_of(m, i);
    if (weight <= 0) continue;
    last = i;
    if ((at -= weight) < 0) break;
  }
  return last;
}

/* Arthur & Vassilvitskii 2007, "k-means++: the advantages of careful seeding". */
static bool choose_seeds(means *m, size_t k) {
  const size_t n = m->units.n, tasks = bb_divide_up(m->units.count, TASK_ROWS);
  size_t chosen = (size_t)(bb_random_unit(&m->random) * (double)m->units.count);
  for (m->k = 0; m->k < k && chosen != SIZE_MAX; m->k++) {
    memcpy(m->centres + m->k * n, m->units.rows + chosen * n, n * sizeof *m->centres);
    if (!run(m, tasks, near_seed)) return false;
    chosen = draw(m);
  }
  return true;
}

/* Rounds ----------------------------------------------------------------------------- */

static void label_points(void *ctx, size_t task, size_t worker) {
  means *m = ctx;
  const size_t first = task * TASK_ROWS;
  const bb_product p = {.rows = min_of(TASK_ROWS, m->units.count - first),
                        .shape = centres_shape(m),
                        .a = m->units.rows + first * m->units.n,
                        .lda = m->units.n,
                        .b = m->packed,
                        .c = m->products + worker * TASK_ROWS * m->k,
                        .ldc = m->k};
  bb_multiply(&m->kernels, &p);
  size_t changed = 0;
  for (size_t i = 0; i < p.rows; i++) {
    const float *cosine = p.c + i * p.ldc;
    uint32_t best = 0;
    for (uint32_t j = 1; j < m->k; j++)
      if (cosine[j] > cosine[best]) best = j;
    changed += best != m->label[first + i];
    m->label[first + i] = best;
    m->cosine[first + i] = cosine[best];
  }
  atomic_fetch_add(&m->changed, changed);
}

static bool label_all(means *m) {
  bb_pack_weights(&m->kernels, centres_shape(m),
                  &(bb_weight_rows){m->centres, m->units.n, 0, m->k}, m->packed);
  m->changed = 0;
  return run(m, bb_divide_up(m->units.count, TASK_ROWS), label_points);
}

static void list_members(means *m) {
  memset(m->first, 0, (m->k + 1) * sizeof *m->first);
  for (size_t i = 0; i < m->units.count; i++) m->first[m->label[i] + 1]++;
  for (size_t j = 0; j < m->k; j++) m->first[j + 1] += m->first[j];
  for (size_t i = 0; i < m->units.count; i++)
    m->member[m->first[m->label[i]]++] = (uint32_t)i;
  for (size_t j = m->k; j > 0; j--) m->first[j] = m->first[j - 1];
  m->first[0] = 0;
}

/* The mean direction of a cluster; one without points or direction stays as it is. */
static void move_centre(void *ctx, size_t cluster, size_t worker) {
  means *m = ctx;
  const size_t n = m->units.n;
  double *sum = m->sums + worker * n, square = 0;
  for (size_t t = 0; t < n; t++) sum[t] = 0;
  for (size_t i = m->first[cluster]; i < m->first[cluster + 1]; i++) {
    const float *row = m->units.rows + m->member[i] * n;
    for (size_t t = 0; t < n; t++) sum[t] += (double)row[t];
  }
  for (size_t t = 0; t < n; t++) square += sum[t] * sum[t];
  if (!(square > 0)) return;
  for (size_t t = 0; t < n; t++)
    m->centres[cluster * n + t] = (float)(sum[t] / sqrt(square));
}

static bool find_means(means *m) {
  for (int round = 0; round < MAX_ROUNDS; round++) {
    if (!label_all(m)) return false;
    list_members(m);
    if (round > 0 && m->changed == 0) return true;
    if (!run(m, m->k, move_centre)) return false;
  }
  return label_all(m);
}

/* Result ----------------------------------------------------------------------------- */

static void exchange(uint32_t *a, uint32_t *b) {
  uint32_t before = *a;
  *a = *b;
  *b = before;
}

/* Clusters by falling size, then by their first point; those without points last. */
static void sort_clusters(const means *m, uint32_t *order) {
  for (uint32_t j = 0; j < m->k; j++) order[j] = j;
  for (size_t i = 1; i < m->k; i++)
    for (size_t j = i; j > 0; j--) {
      const uint32_t *first = m->first, a = order[j - 1], b = order[j];
      const uint32_t size_a = first[a + 1] - first[a], size_b = first[b + 1] - first[b];
      if (size_a > size_b || (size_a == size_b &&
                              (size_a == 0 || m->member[first[a]] < m->member[first[b]])))
        break;
      exchange(&order[j - 1], &order[j]);
    }
}

static void put_cluster(const means *m, const biobert_points *p, uint32_t from,
                        biobert_clusters *out) {
  const size_t to = out->k++, n = p->n;
  float *centre = out->centres + to * n;
  memcpy(centre, m->centres + from * n, n * sizeof *centre);
  out->size[to] = m->first[from + 1] - m->first[from];
  const double square = bb_dot(centre, centre, n);
  for (size_t i = m->first[from]; i < m->first[from + 1]; i++) {
    const uint32_t point = m->units.point[m->member[i]];
    const float *v = p->vectors + point * n;
    out->cluster[point] = (uint32_t)to;
    out->similarity[point] = bb_dot(v, centre, n) / sqrt(square * bb_dot(v, v, n));
  }
}

static biobert_status put_result(means *m, const biobert_points *p,
                                 const biobert_analysis_options *how,
                                 biobert_clusters *out, biobert_error *err) {
  const biobert_allocator *a = m->allocator;
  biobert_clusters made = {.count = p->count,
                           .n = p->n,
                           .cluster = bb_alloc(a, p->count, sizeof *made.cluster),
                           .similarity =
                               bb_alloc_zeroed(a, p->count, sizeof *made.similarity),
                           .centres = bb_alloc(a, m->k * p->n, sizeof *made.centres),
                           .size = bb_alloc(a, m->k, sizeof *made.size)};
  uint32_t *order = bb_alloc(a, m->k, sizeof *order);
  if (!made.cluster || !made.similarity || !made.centres || !made.size || !order) {
    bb_free(a, order);
    biobert_clusters_free(&made, how);
    return bb_no_memory(err, "clusters");
  }
  for (size_t i = 0; i < p->count; i++) made.cluster[i] = BIOBERT_NO_CLUSTER;
  sort_clusters(m, order);
  for (size_t j = 0; j < m->k; j++)
    if (m->first[order[j] + 1] > m->first[order[j]]) put_cluster(m, p, order[j], &made);
  bb_free(a, order);
  *out = made;
  return BIOBERT_OK;
}

biobert_status biobert_clusters_find(const biobert_points *points, size_t k,
                                     uint64_t seed, const biobert_analysis_options *how,
                                     biobert_clusters *out, biobert_error *err) {
  means m = {.allocator = bb_analysis_allocator(how),
             .cancel = bb_analysis_cancel(how),
             .workers = bb_runtime_threads(),
             .random = seed};
  bb_kernels_init(&m.kernels, bb_runtime_cpu());
  biobert_status status = bb_units_make(points, how, &m.units, err);
  if (k == 0) k = (size_t)sqrt((double)m.units.count / 2);
  m.k = k = min_of(k, m.units.count);
  if (!status) status = allocate(&m, err);
  if (!status && !(choose_seeds(&m, k) && find_means(&m)))
    status = bb_analysis_interrupted(err);
  if (!status) status = put_result(&m, points, how, out, err);
  free_means(&m, how);
  return status;
}

void biobert_clusters_free(biobert_clusters *c, const biobert_analysis_options *how) {
  const biobert_allocator *a = bb_analysis_allocator(how);
  bb_free(a, c->cluster);
  bb_free(a, c->similarity);
  bb_free(a, c->centres);
  bb_free(a, c->size);
  *c = (biobert_clusters){0};
}
