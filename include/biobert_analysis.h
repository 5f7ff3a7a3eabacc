/* biobert_analysis.h - what is in a collection: neighbours, duplicates, clusters, topics,
 * a map. Knows vectors and texts, no database. May change between versions.
 *
 * Everything here is the same to the last bit whatever the number of threads and the
 * instruction set; what draws random numbers draws them from a seed. */
#ifndef BIOBERT_ANALYSIS_H
#define BIOBERT_ANALYSIS_H

#include "biobert.h"

#ifdef __cplusplus
extern "C" {
#endif

#ifdef __GNUC__
#pragma GCC visibility push(default) /* all that libbiobert.so exports */
#endif

/* What is analysed: documents, one vector each. Borrowed by every function. */
typedef struct biobert_points {
  size_t count, n;      /* n: values of a vector */
  const int64_t *id;    /* [count], rising */
  const float *vectors; /* [count, n], of any length; one of length 0 is near nothing */
} biobert_points;

/* How the work is done; NULL or {0} is a valid one. */
typedef struct biobert_analysis_options {
  biobert_allocator allocator; /* for results and for scratch */
  /* Asked on the calling thread every few milliseconds; true stops the call with
   * BIOBERT_INTERRUPTED. NULL: never. */
  bool (*cancel)(void *ctx);
  void *cancel_ctx;
} biobert_analysis_options;

/* Neighbours ------------------------------------------------------------------------- */

typedef struct biobert_neighbour {
  uint32_t point;    /* its number in the points */
  double similarity; /* cosine, in double precision */
} biobert_neighbour;

/* Of each point, the nearest ones first; equal similarities by rising id. */
typedef struct biobert_neighbours {
  size_t count;  /* points */
  size_t *first; /* [count + 1]: those of point i are first[i] .. first[i + 1] - 1 */
  biobert_neighbour *items; /* [first[count]] */
} biobert_neighbours;

/* The k nearest of every point, itself left out; only those of a similarity >= threshold
 * (-1: all). Exact: what comparing all pairs in double precision gives. The caller frees
 * *out with the same options. */
biobert_status biobert_neighbours_find(const biobert_points *points, size_t k,
                                       double threshold,
                                       const biobert_analysis_options *how,
                                       biobert_neighbours *out, biobert_error *err);
/* The same of one point; out has room for k, *found is how many there are. */
biobert_status biobert_neighbours_of(const biobert_points *points, size_t point, size_t k,
                                     double threshold,
                                     const biobert_analysis_options *how,
                                     biobert_neighbour *out, size_t *found,
                                     biobert_error *err);
void biobert_neighbours_free(biobert_neighbours *neighbours,
                             const biobert_analysis_options *how);

/* Duplicates ------------------------------------------------------------------------- */

/* Two points, a < b. */
typedef struct biobert_pair {
  uint32_t a, b;
  double similarity; /* cosine, in double precision */
} biobert_pair;

typedef struct biobert_pairs {
  size_t count;
  biobert_pair *items; /* [count] */
} biobert_pairs;

/* Every pair of a similarity >= threshold, the best first; equal similarities by rising a,
 * then b. Exact, as biobert_neighbours_find(). The caller frees *out with the same options.
 */
biobert_status biobert_duplicates_find(const biobert_points *points, double threshold,
                                       const biobert_analysis_options *how,
                                       biobert_pairs *out, biobert_error *err);
void biobert_pairs_free(biobert_pairs *pairs, const biobert_analysis_options *how);

/* The connected groups of a graph: into group [count], for each point, the least point
 * that pairs lead to. */
void biobert_groups_of(size_t count, const biobert_pair *pairs, size_t pair_count,
                       uint32_t *group);

/* Clusters --------------------------------------------------------------------------- */

/* The cluster of a point of length 0. */
#define BIOBERT_NO_CLUSTER UINT32_MAX

typedef struct biobert_clusters {
  size_t count, n, k;
  uint32_t *cluster; /* [count]: 0 is the largest; of equal ones that of the least id */
  double
      *similarity; /* [count]: cosine to the centre of its cluster; 0 for those of none */
  float *centres;  /* [k, n], of length 1: the mean direction of a cluster's points */
  size_t *size;    /* [k]: points; none is 0 */
} biobert_clusters;

/* Spherical k-means (Dhillon & Modha 2001, doi:10.1023/A:1007612920971) from k-means++
 * seeds. k 0: chosen, by the largest mean simplified silhouette. Fewer than k clusters come
 * out where the points have fewer directions. The caller frees *out with the same
 * options. */
biobert_status biobert_clusters_find(const biobert_points *points, size_t k,
                                     uint64_t seed, const biobert_analysis_options *how,
                                     biobert_clusters *out, biobert_error *err);
void biobert_clusters_free(biobert_clusters *clusters,
                           const biobert_analysis_options *how);

/* Topics ----------------------------------------------------------------------------- */

/* The words of topics, while their documents are read. */
typedef struct biobert_topic_words biobert_topic_words;

/* For topics 0 .. topics - 1. Its allocator is that of `how`; no callback is kept. */
biobert_status biobert_topic_words_new(size_t topics, const biobert_analysis_options *how,
                                       biobert_topic_words **out, biobert_error *err);
void biobert_topic_words_free(biobert_topic_words *t);
/* The words of one document, whose topic is < topics. Left out: function words, what has
 * a digit, fewer than three letters. NOMEM: the document is counted in part. */
biobert_status biobert_topic_words_add(biobert_topic_words *t, uint32_t topic,
                                       biobert_str text, biobert_error *err);
/* Of each topic the words that set it apart, best first, at most `most`, spelt as they are
 * most often: words [topics, most], borrowed until more are added; found [topics]. Class-
 * based TF-IDF: Grootendorst 2022 (arXiv:2203.05794); how it differs: topics.c. */
biobert_status biobert_topic_words_choose(const biobert_topic_words *t, size_t most,
                                          biobert_str *words, size_t *found,
                                          biobert_error *err);

/* A map ------------------------------------------------------------------------------ */

/* Places of the points in a plane on which neighbours stay neighbours: t-SNE over the 15
 * nearest of each (van der Maaten 2014, JMLR 15). out: [count, 2], x and y from 0 to 1, of
 * one scale; NAN for a point of length 0, which is near nothing. Another seed gives
 * another map of the same neighbours. */
biobert_status biobert_map_draw(const biobert_points *points, uint64_t seed,
                                const biobert_analysis_options *how, float *out,
                                biobert_error *err);

#ifdef __GNUC__
#pragma GCC visibility pop
#endif

#ifdef __cplusplus
}
#endif

#endif
