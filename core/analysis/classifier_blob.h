/* classifier_blob.h - a classifier as it is stored. All numbers are little-endian.
 *
 *      0  "biobclf1"                      the last byte is the version
 *      8  u32 flags                       BB_BLOB_WORDS, BB_BLOB_INTEGERS
 *     12  u32 classes                     2 .. BIOBERT_MAX_CLASSES
 *     16  u32 columns                     of the features
 *     20  u32 bytes of the strings        a multiple of 8
 *     24  classes * { u32 bytes of the label, u32 bytes of its words, i64 rows,
 *                     f64 a, f64 b of Platt }
 *         strings: of each class the label, then the words; zeros fill them up
 *         words:   u32 hash [columns], rising; f32 idf [columns]
 *         f32 weights [outputs, columns + 1], the intercept last; outputs: 1 of two
 *                     classes, else one a class
 *         the first 8 bytes of the SHA-256 of all before
 */
#ifndef BB_CLASSIFIER_BLOB_H
#define BB_CLASSIFIER_BLOB_H

#include "analysis/hashed_terms.h"
#include "analysis/platt.h"
#include "biobert_classifier.h"

/* The words that a class shows, and bytes of one that is longer are cut. */
enum { BB_SHOWN_WORDS = 10 };

typedef struct bb_class_part {
  biobert_str label, words;
  int64_t integer; /* of a reader, where all labels are integers */
  int64_t rows;
  bb_platt platt;
} bb_class_part;

/* Borrowed by the writer; of a reader, it points into the BLOB. */
typedef struct bb_classifier_parts {
  bool is_words, integers;
  size_t classes, outputs;
  const bb_class_part *class; /* [classes] */
  size_t columns;
  const uint32_t *hash; /* [columns], of words */
  const float *idf;     /* [columns], of words */
  const float *weights; /* [outputs, columns + 1] */
} bb_classifier_parts;

static inline size_t bb_outputs_of(size_t classes) {
  return classes == 2 ? 1 : classes;
}

/* The caller frees *blob with the allocator. NOMEM. */
biobert_status bb_classifier_write(const bb_classifier_parts *parts,
                                   const biobert_allocator *allocator, void **blob,
                                   size_t *bytes, biobert_error *err);
/* Checks all of it: sums, sizes, order, that every number is finite. blob lies at a
 * multiple of 8 and outlives *parts; class: room for BIOBERT_MAX_CLASSES at most, as many
 * as bb_classifier_count() says. FORMAT. */
size_t bb_classifier_count(const void *blob, size_t bytes);
biobert_status bb_classifier_read(const void *blob, size_t bytes, bb_class_part *class,
                                  bb_classifier_parts *parts, biobert_error *err);

#endif
