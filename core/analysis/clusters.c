/* clusters.c - centres from a sample, then all points; how many clusters; their order. */
#include <math.h>

#include "analysis/shared_options.h"
#include "analysis/means.h"
#include "analysis/units.h"
#include "base/sizes.h"

enum {
  SAMPLE = 4000,           /* points that the centres are made from, at least */
  SAMPLE_OF_CLUSTER = 100, /* so many for each cluster */
  STARTS = 4,              /* on the sample; the best one goes on */
  CHOICE_SAMPLE = 5000,    /* points by which the number of clusters is chosen */
  MOST_CHOSEN = 60,
};

typedef struct clustering {
  const biobert_analysis_options *how;
  const biobert_points *points;
  bb_units units;
  bb_cancel cancel;
  uint64_t random;
  bb_means means; /* of all units */
} clustering;

/* So many units, evenly from the first to the last; NULL: no memory. */
static float *take_sample(const clustering *c, size_t count) {
  const bb_units *u = &c->units;
  float *sample = bb_alloc_floats(bb_analysis_allocator(c->how), count * u->n);
  for (size_t i = 0; sample && i < count; i++)
    memcpy(sample + i * u->n, u->rows + i * u->count / count * u->n,
           u->n * sizeof *sample);
  return sample;
}

/* The number of clusters ----------------------------------------------------------------- */

static biobert_status silhouette_of(clustering *c, const float *sample, size_t count,
                                    size_t k, double *out, biobert_error *err) {
  bb_means m;
  biobert_status status =
      bb_means_init(&m, sample, count, c->units.n, k, &c->cancel, c->how, err);
  if (!status && !(bb_means_seed(&m, &c->random) && bb_means_run(&m) &&
                   bb_means_silhouette(&m, out)))
    status = bb_analysis_interrupted(err);
  bb_means_free(&m);
  return status;
}

static biobert_status choose_k(clustering *c, size_t *k, biobert_error *err) {
  const size_t count = bb_min(c->units.count, CHOICE_SAMPLE);
  const size_t most = bb_min((size_t)sqrt((double)c->units.count), MOST_CHOSEN);
  float *sample = take_sample(c, count);
  biobert_status status = sample ? BIOBERT_OK : bb_no_memory(err, "clusters");
  double best = -INFINITY;
  *k = 1;
  for (size_t tried = 2; tried <= most && !status; tried++) {
    double silhouette = 0;
    status = silhouette_of(c, sample, count, tried, &silhouette, err);
    if (silhouette > best) *k = tried;
    if (silhouette > best) best = silhouette;
  }
  bb_free_aligned(bb_analysis_allocator(c->how), sample);
  return status;
}

/* Centres -------------------------------------------------------------------------------- */

/* The centres of the best start on a sample become those of all points. */
static biobert_status start_from(clustering *c, const float *sample, size_t count,
                                 biobert_error *err) {
  const size_t k = c->means.k;
  bb_means m;
  double best = -INFINITY;
  biobert_status status =
      bb_means_init(&m, sample, count, c->units.n, k, &c->cancel, c->how, err);
  for (int start = 0; start < STARTS && !status; start++) {
    m.k = k;
    if (!bb_means_seed(&m, &c->random) || !bb_means_run(&m)) {
      status = bb_analysis_interrupted(err);
      break;
    }
    const double cosines = bb_means_cosines(&m);
    if (!(cosines > best)) continue;
    best = cosines;
    c->means.k = m.k;
    memcpy(c->means.centres, m.centres, m.k * m.n * sizeof *m.centres);
  }
  bb_means_free(&m);
  return status;
}

static biobert_status find_means(clustering *c, size_t k, biobert_error *err) {
  const bb_units *u = &c->units;
  biobert_status status =
      bb_means_init(&c->means, u->rows, u->count, u->n, k, &c->cancel, c->how, err);
  if (status || k == 0) return status;
  size_t count = SAMPLE_OF_CLUSTER * k;
  count = bb_min(count < SAMPLE ? SAMPLE : count, u->count);
  float *sample = take_sample(c, count);
  status = sample ? start_from(c, sample, count, err) : bb_no_memory(err, "clusters");
  bb_free_aligned(bb_analysis_allocator(c->how), sample);
  if (!status && !bb_means_run(&c->means)) status = bb_analysis_interrupted(err);
  return status;
}

/* Result --------------------------------------------------------------------------------- */

/* A cluster as it is sorted. */
typedef struct cluster_place {
  size_t size;
  uint32_t first, number; /* its first point; its number among the means */
} cluster_place;

static int by_size(const void *a, const void *b) {
  const cluster_place *x = a, *y = b;
  if (x->size != y->size) return x->size > y->size ? -1 : 1;
  return (x->first > y->first) - (x->first < y->first);
}

/* Clusters by falling size, then by their first point. */
static void sort_clusters(const bb_means *m, cluster_place *places) {
  for (uint32_t j = 0; j < m->k; j++)
    places[j] = (cluster_place){.size = m->size[j], .first = UINT32_MAX, .number = j};
  for (size_t i = m->count; i > 0; i--) places[m->label[i - 1]].first = (uint32_t)(i - 1);
  if (m->k) qsort(places, m->k, sizeof *places, by_size);
}

static void put_clusters(const clustering *c, const cluster_place *places,
                         uint32_t *number, biobert_clusters *out) {
  const bb_means *m = &c->means;
  const size_t n = m->n;
  for (size_t j = 0; j < m->k && places[j].size > 0; j++, out->k++) {
    memcpy(out->centres + j * n, m->centres + places[j].number * n,
           n * sizeof *out->centres);
    out->size[j] = places[j].size;
    number[places[j].number] = (uint32_t)j;
  }
  for (size_t i = 0; i < c->points->count; i++) out->cluster[i] = BIOBERT_NO_CLUSTER;
  for (size_t i = 0; i < m->count; i++) {
    const uint32_t point = c->units.point[i], j = number[m->label[i]];
    const float *v = c->points->vectors + point * n, *centre = out->centres + j * n;
    out->cluster[point] = j;
    out->similarity[point] =
        bb_dot(v, centre, n) / sqrt(bb_dot(centre, centre, n) * bb_dot(v, v, n));
  }
}

static biobert_status put_result(const clustering *c, biobert_clusters *out,
                                 biobert_error *err) {
  const biobert_allocator *a = bb_analysis_allocator(c->how);
  const size_t count = c->points->count, n = c->points->n, k = c->means.k;
  biobert_clusters made = {.count = count,
                           .n = n,
                           .cluster = bb_alloc(a, count, sizeof *made.cluster),
                           .similarity =
                               bb_alloc_zeroed(a, count, sizeof *made.similarity),
                           .centres = bb_alloc(a, k * n, sizeof *made.centres),
                           .size = bb_alloc(a, k, sizeof *made.size)};
  cluster_place *places = bb_alloc(a, k, sizeof *places);
  uint32_t *number = bb_alloc(a, k, sizeof *number);
  bool all =
      made.cluster && made.similarity && made.centres && made.size && places && number;
  if (all) {
    sort_clusters(&c->means, places);
    put_clusters(c, places, number, &made);
    *out = made;
  } else {
    biobert_clusters_free(&made, c->how);
  }
  bb_free(a, places);
  bb_free(a, number);
  return all ? BIOBERT_OK : bb_no_memory(err, "clusters");
}

biobert_status biobert_clusters_find(const biobert_points *points, size_t k,
                                     uint64_t seed, const biobert_analysis_options *how,
                                     biobert_clusters *out, biobert_error *err) {
  clustering c = {.how = how,
                  .points = points,
                  .cancel = bb_analysis_cancel(how),
                  .random = seed,
                  .means = {.allocator = bb_analysis_allocator(how)}};
  biobert_status status = bb_units_make(points, how, &c.units, err);
  if (!status && k == 0) status = choose_k(&c, &k, err);
  if (!status) status = find_means(&c, bb_min(k, c.units.count), err);
  if (!status) status = put_result(&c, out, err);
  bb_means_free(&c.means);
  bb_units_free(&c.units, how);
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
