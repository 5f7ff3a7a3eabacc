/* fit_rows.c - rows in an order of their own, so that sums do not depend on how they came.
 */
#include "analysis/analysis.h"
#include "analysis/fit_parts.h"

/* What a row is sorted by. */
typedef struct row_key {
  int32_t class;
  uint32_t row;
  const void *bytes;
  size_t len;
} row_key;

/* Equal rows are the same whichever comes first. */
static int by_content(const void *a, const void *b) {
  const row_key *x = a, *y = b;
  if (x->class != y->class) return x->class < y->class ? -1 : 1;
  const size_t shorter = x->len < y->len ? x->len : y->len;
  const int order = shorter ? memcmp(x->bytes, y->bytes, shorter) : 0;
  return order != 0 ? order : (x->len > y->len) - (x->len < y->len);
}

void bb_fit_rows_free(bb_fit_rows *r) {
  bb_free(r->allocator, r->start);
  bb_free(r->allocator, r->column);
  bb_free(r->allocator, r->value);
  bb_free(r->allocator, r->dense);
  bb_free(r->allocator, r->label);
  bb_free(r->allocator, r->hash);
  bb_free(r->allocator, r->idf);
  bb_free(r->allocator, r->term);
  *r = (bb_fit_rows){.allocator = r->allocator};
}

/* Vectors ---------------------------------------------------------------------------- */

biobert_status bb_fit_rows_of_vectors(const biobert_fitting *f, const int32_t *class_of,
                                      bb_fit_rows *out, biobert_error *err) {
  const biobert_allocator *a = out->allocator = bb_analysis_allocator(&f->how);
  const size_t row_bytes = f->n * sizeof(float);
  row_key *keys = bb_alloc(a, f->rows, sizeof *keys);
  out->label = bb_alloc(a, f->rows, sizeof *out->label);
  out->dense = bb_alloc(a, f->rows, row_bytes ? row_bytes : 1);
  if (!keys || !out->label || !out->dense) {
    bb_free(a, keys);
    return bb_no_memory(err, "vectors");
  }
  for (size_t r = 0; r < f->rows; r++)
    keys[r] =
        (row_key){class_of[f->label[r]], (uint32_t)r, f->vectors + r * f->n, row_bytes};
  qsort(keys, f->rows, sizeof *keys, by_content);
  for (size_t r = 0; r < f->rows; r++) {
    out->label[r] = keys[r].class;
    if (row_bytes) memcpy(out->dense + r * f->n, keys[r].bytes, row_bytes);
  }
  bb_free(a, keys);
  out->x = (bb_feature_rows){.dense = out->dense, .dense_columns = f->n, .rows = f->rows};
  return BIOBERT_OK;
}

/* Texts ------------------------------------------------------------------------------ */

/* A term that may become a column. */
typedef struct candidate {
  uint32_t rows, hash, term;
  const bb_terms *terms;
} candidate;

static int by_text(const candidate *x, const candidate *y) {
  char a[2 * BB_WORD_BYTES + 1], b[sizeof a];
  const size_t a_len = bb_term_text(x->terms, x->term, a, sizeof a);
  const size_t b_len = bb_term_text(y->terms, y->term, b, sizeof b);
  const int order = memcmp(a, b, a_len < b_len ? a_len : b_len);
  return order != 0 ? order : (a_len > b_len) - (a_len < b_len);
}

static int by_hash(const void *a, const void *b) {
  const candidate *x = a, *y = b;
  if (x->hash != y->hash) return x->hash < y->hash ? -1 : 1;
  if (x->rows != y->rows) return x->rows > y->rows ? -1 : 1;
  return by_text(x, y);
}

/* The more rows have a term, the smaller its key; of equal ones by hash. */
static uint64_t key_of(const bb_terms *t, const uint32_t *hash, uint32_t term) {
  return (uint64_t)(UINT32_MAX - t->terms[term].rows) << 32 | hash[term];
}

/* The key that `nth` others are below: digit by digit, so that a million terms need not
 * be sorted. */
static uint64_t nth_key(const bb_terms *t, const uint32_t *hash, size_t nth) {
  enum { DIGIT_BITS = 8, DIGITS = 1 << DIGIT_BITS };
  uint64_t known = 0, mask = 0;
  for (int shift = 64 - DIGIT_BITS; shift >= 0; shift -= DIGIT_BITS) {
    size_t counts[DIGITS] = {0}, digit = 0;
    for (uint32_t i = 0; i < t->count; i++) {
      const uint64_t key = key_of(t, hash, i);
      if ((key & mask) == known) counts[key >> shift & (DIGITS - 1)]++;
    }
    while (nth >= counts[digit]) nth -= counts[digit++];
    known |= (uint64_t)digit << shift;
    mask |= (uint64_t)(DIGITS - 1) << shift;
  }
  return known;
}

/* The terms that most rows have, by rising hash; of those with one hash, one. c: room for
 * all terms. */
static size_t choose(const bb_terms *t, const uint32_t *hash, size_t max_columns,
                     candidate *c) {
  const uint64_t last =
      t->count > max_columns ? nth_key(t, hash, max_columns - 1) : UINT64_MAX;
  size_t some = 0, kept = 0;
  for (uint32_t i = 0; i < t->count; i++)
    if (key_of(t, hash, i) <= last)
      c[some++] = (candidate){t->terms[i].rows, hash[i], i, t};
  qsort(c, some, sizeof *c, by_hash);
  for (size_t i = 0; i < some; i++)
    if (!kept || c[i].hash != c[kept - 1].hash) c[kept++] = c[i];
  return kept;
}

static biobert_status make_columns(const bb_terms *t, const uint32_t *hash,
                                   size_t max_columns, bb_fit_rows *out,
                                   biobert_error *err) {
  candidate *c = bb_alloc(out->allocator, t->count, sizeof *c);
  if (!c) return bb_no_memory(err, "words");
  const size_t columns = out->x.sparse_columns = choose(t, hash, max_columns, c);
  out->hash = bb_alloc(out->allocator, columns, sizeof *out->hash);
  out->idf = bb_alloc(out->allocator, columns, sizeof *out->idf);
  out->term = bb_alloc(out->allocator, columns, sizeof *out->term);
  const bool ok = out->hash && out->idf && out->term;
  for (size_t i = 0; ok && i < columns; i++) {
    out->hash[i] = c[i].hash;
    out->idf[i] = (float)bb_idf(t->rows, c[i].rows);
    out->term[i] = c[i].term;
  }
  bb_free(out->allocator, c);
  return ok ? BIOBERT_OK : bb_no_memory(err, "words");
}

/* Rows of entries, and what sorts them. */
typedef struct text_rows {
  bb_hashed_entry *entries; /* [t->entries] */
  row_key *keys;            /* [rows] */
} text_rows;

/* Rows between two questions whether to go on: some milliseconds. */
enum { POLL_ROWS = 256 };

static biobert_status find_rows(const biobert_fitting *f, const int32_t *class_of,
                                const uint32_t *hash, const bb_fit_rows *out,
                                text_rows *rows, biobert_error *err) {
  const bb_hashed_terms h = {out->hash, out->idf, out->x.sparse_columns};
  for (size_t r = 0; r < f->rows; r++) {
    if (r % POLL_ROWS == 0 && f->how.cancel && f->how.cancel(f->how.cancel_ctx))
      return bb_analysis_interrupted(err);
    bb_hashed_entry *entries = rows->entries + f->terms.start[r];
    const size_t count = bb_hashed_row(&h, &f->terms, hash, r, entries);
    rows->keys[r] =
        (row_key){class_of[f->label[r]], (uint32_t)r, entries, count * sizeof *entries};
  }
  qsort(rows->keys, f->rows, sizeof *rows->keys, by_content);
  return BIOBERT_OK;
}

static biobert_status copy_rows(const biobert_fitting *f, const text_rows *rows,
                                bb_fit_rows *out, biobert_error *err) {
  const biobert_allocator *a = out->allocator;
  out->start = bb_alloc(a, f->rows + 1, sizeof *out->start);
  out->column = bb_alloc(a, f->terms.entries, sizeof *out->column);
  out->value = bb_alloc(a, f->terms.entries, sizeof *out->value);
  out->label = bb_alloc(a, f->rows, sizeof *out->label);
  if (!out->start || !out->column || !out->value || !out->label)
    return bb_no_memory(err, "words");
  size_t at = out->start[0] = 0;
  for (size_t r = 0; r < f->rows; r++) {
    const row_key *key = &rows->keys[r];
    const bb_hashed_entry *entries = key->bytes;
    out->label[r] = key->class;
    for (size_t i = 0; i < key->len / sizeof *entries; i++, at++) {
      out->column[at] = entries[i].column;
      out->value[at] = entries[i].value;
    }
    out->start[r + 1] = at;
  }
  out->x.start = out->start;
  out->x.column = out->column;
  out->x.value = out->value;
  out->x.rows = f->rows;
  return BIOBERT_OK;
}

biobert_status bb_fit_rows_of_texts(const biobert_fitting *f, const int32_t *class_of,
                                    size_t max_columns, bb_fit_rows *out,
                                    biobert_error *err) {
  const biobert_allocator *a = out->allocator = bb_analysis_allocator(&f->how);
  const bb_terms *t = &f->terms;
  uint32_t *hash = bb_alloc(a, t->count, sizeof *hash);
  text_rows rows = {.entries = bb_alloc(a, t->entries, sizeof *rows.entries),
                    .keys = bb_alloc(a, f->rows, sizeof *rows.keys)};
  biobert_status status =
      hash && rows.entries && rows.keys ? BIOBERT_OK : bb_no_memory(err, "words");
  if (!status) {
    bb_terms_hash(t, hash);
    status = make_columns(t, hash, max_columns, out, err);
  }
  if (!status) status = find_rows(f, class_of, hash, out, &rows, err);
  if (!status) status = copy_rows(f, &rows, out, err);
  bb_free(a, hash);
  bb_free(a, rows.entries);
  bb_free(a, rows.keys);
  return status;
}
