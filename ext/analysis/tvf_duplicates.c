/* tvf_duplicates.c - biobert_duplicates(name [, threshold]): pairs of documents that are
 * near each other, and what else they agree in. */
#include "analysis/duplicate_pairs.h"
#include "analysis/table_functions.h"

static biobert_status open_duplicates(tvf_cursor *c, biobert_error *err) {
  duplicate_pairs *d = sqlite3_malloc64(sizeof *d);
  if (!d) return result_no_memory(err);
  *d = (duplicate_pairs){.poll = {.db = connection_db(c->shared)}};
  c->rows = d;
  biobert_status status = duplicate_pairs_read(c, d, err);
  c->count = d->pairs.count;
  return status;
}

static void close_duplicates(tvf_cursor *c) {
  duplicate_pairs_free(c->rows);
  sqlite3_free(c->rows);
}

static const duplicate_pairs *pairs_of(const tvf_cell *cell) {
  return cell->cursor->rows;
}

static const biobert_pair *pair_of(const tvf_cell *cell) {
  return pairs_of(cell)->pairs.items + cell->cursor->row;
}

static biobert_status duplicates_rowid(const tvf_cell *cell) {
  return tvf_result_integer(cell, pairs_of(cell)->vectors.id[pair_of(cell)->a]);
}

static biobert_status duplicates_duplicate(const tvf_cell *cell) {
  return tvf_result_integer(cell, pairs_of(cell)->vectors.id[pair_of(cell)->b]);
}

static biobert_status duplicates_similarity(const tvf_cell *cell) {
  sqlite3_result_double(cell->context, pair_of(cell)->similarity);
  return BIOBERT_OK;
}

/* Many papers are of one year: that alone is no reason. */
static biobert_status duplicates_reason(const tvf_cell *cell) {
  static const char *const names[RECORD_FIELDS] = {"doi", "pmid", "title", "year"};
  const index_record *a = duplicate_record(pairs_of(cell), pair_of(cell)->a),
                     *b = duplicate_record(pairs_of(cell), pair_of(cell)->b);
  char reason[sizeof "doi, pmid, title, year"] = "";
  const char *first = reason;
  for (record_field field = 0; field < RECORD_FIELDS; field++) {
    if (!index_records_agree(a, b, field) || (field == RECORD_YEAR && !*first)) continue;
    char before[sizeof reason];
    sqlite3_snprintf(sizeof before, before, "%s", reason);
    sqlite3_snprintf(sizeof reason, reason, "%s%s%s", before, *before ? ", " : "",
                     names[field]);
  }
  return tvf_result_string(cell, *reason ? reason : NULL);
}

static const tvf_column duplicates_columns[] = {
    {"rowid",                "INTEGER", duplicates_rowid, 0},
    {"duplicate",      "INTEGER", duplicates_duplicate, 0},
    {"similarity",                      "REAL", duplicates_similarity, 0},
    {"reason",        "TEXT", duplicates_reason, 0},
    {"name",                     "HIDDEN", NULL, 0},
    {"threshold",           "HIDDEN", NULL, 0},
    {0},
};

const tvf tvf_duplicates = {
    .columns = duplicates_columns,
    .required = 1,
    .open = open_duplicates,
    .close = close_duplicates,
};
