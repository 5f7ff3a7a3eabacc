/* tvf_clusters.c - biobert_clusters(name [, k [, seed]]). */
#include "analysis/index_rows.h"
#include "analysis/table_functions.h"

enum { ARG_NAME, ARG_K, ARG_SEED };

typedef struct cluster_rows {
  index_vectors vectors;
  biobert_clusters found;
  biobert_analysis_options how;
  interrupt_poll poll;
} cluster_rows;

static biobert_status find_clusters(tvf_cursor *c, biobert_error *err) {
  cluster_rows *r = c->rows;
  const char *name;
  int64_t k = 0, seed = 0;
  biobert_status status = arg_name(c->arguments[ARG_NAME], ARG_NAME + 1, &name, err);
  if (!status) status = tvf_optional_integer(c, ARG_K, "k", 1, &k, err);
  if (!status) status = tvf_optional_integer(c, ARG_SEED, "seed", 0, &seed, err);
  if (!status) status = index_vectors_read(r->poll.db, name, &r->vectors, &c->code, err);
  if (!status)
    status = biobert_clusters_find(&r->vectors.points, (size_t)k, (uint64_t)seed, &r->how,
                                   &r->found, err);
  c->count = r->found.count;
  return status;
}

static biobert_status open_clusters(tvf_cursor *c, biobert_error *err) {
  cluster_rows *r = sqlite3_malloc64(sizeof *r);
  if (!r) return result_no_memory(err);
  *r = (cluster_rows){.poll = {.db = connection_db(c->shared)}};
  r->how = index_analysis_options(&r->poll);
  c->rows = r;
  return find_clusters(c, err);
}

static void close_clusters(tvf_cursor *c) {
  cluster_rows *r = c->rows;
  biobert_clusters_free(&r->found, &r->how);
  index_vectors_free(&r->vectors);
  sqlite3_free(r);
}

static const cluster_rows *rows_of(const tvf_cell *cell) {
  return cell->cursor->rows;
}

static bool is_in_one(const tvf_cell *cell) {
  return rows_of(cell)->found.cluster[cell->cursor->row] != BIOBERT_NO_CLUSTER;
}

static biobert_status clusters_rowid(const tvf_cell *cell) {
  return tvf_result_integer(cell, rows_of(cell)->vectors.id[cell->cursor->row]);
}

static biobert_status clusters_cluster(const tvf_cell *cell) {
  if (!is_in_one(cell)) return BIOBERT_OK;
  return tvf_result_integer(cell, rows_of(cell)->found.cluster[cell->cursor->row]);
}

static biobert_status clusters_similarity(const tvf_cell *cell) {
  if (is_in_one(cell))
    sqlite3_result_double(cell->context,
                          rows_of(cell)->found.similarity[cell->cursor->row]);
  return BIOBERT_OK;
}

static const tvf_column clusters_columns[] = {
    {"rowid",              "INTEGER", clusters_rowid, 0},
    {"cluster",      "INTEGER", clusters_cluster, 0},
    {"similarity",                    "REAL", clusters_similarity, 0},
    {"name",      "HIDDEN", NULL, 0},
    {"k",                   "HIDDEN", NULL, 0},
    {"seed",         "HIDDEN", NULL, 0},
    {0},
};

const tvf tvf_clusters = {
    .columns = clusters_columns,
    .required = 1,
    .open = open_clusters,
    .close = close_clusters,
};
