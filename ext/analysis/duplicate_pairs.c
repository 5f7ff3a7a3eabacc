/* duplicate_pairs.c - see duplicate_pairs.h. */
#include "analysis/duplicate_pairs.h"

enum { ARG_NAME, ARG_THRESHOLD };

static const double default_threshold = 0.95;

static biobert_status read_records(tvf_cursor *c, duplicate_pairs *d, const char *name,
                                   biobert_error *err) {
  id_list ids = {0};
  bool room = true;
  for (size_t i = 0; i < d->pairs.count && room; i++)
    room = id_list_add(&ids, d->vectors.id[d->pairs.items[i].a]) &&
           id_list_add(&ids, d->vectors.id[d->pairs.items[i].b]);
  if (room) id_list_sort_unique(&ids);
  biobert_status status =
      room ? index_records_read(d->poll.db, name, &ids, &d->records, &c->code, err)
           : result_no_memory(err);
  id_list_free(&ids);
  return status;
}

biobert_status duplicate_pairs_read(tvf_cursor *c, duplicate_pairs *d,
                                    biobert_error *err) {
  const char *name;
  double threshold = default_threshold;
  d->how = index_analysis_options(&d->poll);
  biobert_status status = arg_name(c->arguments[ARG_NAME], ARG_NAME + 1, &name, err);
  if (!status)
    status = tvf_optional_real(c, ARG_THRESHOLD, "threshold", -1, 1, &threshold, err);
  if (!status) status = index_vectors_read(d->poll.db, name, &d->vectors, &c->code, err);
  if (!status)
    status =
        biobert_duplicates_find(&d->vectors.points, threshold, &d->how, &d->pairs, err);
  if (!status) status = read_records(c, d, name, err);
  return status;
}

void duplicate_pairs_free(duplicate_pairs *d) {
  biobert_pairs_free(&d->pairs, &d->how);
  index_records_free(&d->records);
  index_vectors_free(&d->vectors);
}

const index_record *duplicate_record(const duplicate_pairs *d, uint32_t point) {
  return index_records_find(&d->records, d->vectors.id[point]);
}
