/* classifier_blob.c - a classifier into bytes, and out of bytes that may be anything. */
#include "analysis/classifier_blob.h"

#include <math.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "base/sha256.h"
#include "base/status.h"

static const char magic[8] = {'b', 'i', 'o', 'b', 'c', 'l', 'f', '1'};

enum { FLAG_WORDS = 1, FLAG_INTEGERS = 2 };
enum { AT_FLAGS = 8, AT_CLASSES = 12, AT_COLUMNS = 16, AT_STRINGS = 20, HEAD_BYTES = 24 };
enum { CLASS_BYTES = 32, SUM_BYTES = 8 };
/* More columns than this have no vector and no list of words. */
enum { MAX_COLUMNS = 1 << 20, MAX_STRING_BYTES = 1 << 24 };

static void sum_of(const void *blob, size_t bytes, unsigned char sum[SUM_BYTES]) {
  unsigned char digest[BB_SHA256_BYTES];
  bb_sha256 h;
  bb_sha256_init(&h);
  bb_sha256_add(&h, blob, bytes);
  bb_sha256_end(&h, digest);
  memcpy(sum, digest, SUM_BYTES);
}

/* Where the parts are. The counts are below their bounds: nothing overflows. */
typedef struct layout {
  size_t strings, hash, idf, weights, sum, bytes;
} layout;

static layout lay_out(bool is_words, size_t classes, size_t columns,
                      size_t string_bytes) {
  layout l = {.strings = HEAD_BYTES + classes * CLASS_BYTES};
  const size_t per_words = is_words ? columns * sizeof(uint32_t) : 0;
  l.hash = l.strings + string_bytes;
  l.idf = l.hash + per_words;
  l.weights = l.idf + per_words;
  l.sum = l.weights + bb_outputs_of(classes) * (columns + 1) * sizeof(float);
  l.bytes = l.sum + SUM_BYTES;
  return l;
}

/* Writing ---------------------------------------------------------------------------- */

static void put_u32(unsigned char *at, size_t value) {
  const uint32_t v = (uint32_t)value;
  memcpy(at, &v, sizeof v);
}

static unsigned char *put_bytes(unsigned char *at, biobert_str text) {
  if (text.len) memcpy(at, text.data, text.len);
  return at + text.len;
}

static void put_head(const bb_classifier_parts *p, size_t string_bytes,
                     unsigned char *blob) {
  memcpy(blob, magic, sizeof magic);
  put_u32(blob + AT_FLAGS,
          (p->is_words ? FLAG_WORDS : 0) | (p->integers ? FLAG_INTEGERS : 0));
  put_u32(blob + AT_CLASSES, p->classes);
  put_u32(blob + AT_COLUMNS, p->columns);
  put_u32(blob + AT_STRINGS, string_bytes);
}

static void put_classes(const bb_classifier_parts *p, const layout *l,
                        unsigned char *blob) {
  unsigned char *text = blob + l->strings;
  for (size_t k = 0; k < p->classes; k++) {
    const bb_class_part *c = &p->class[k];
    unsigned char *at = blob + HEAD_BYTES + k * CLASS_BYTES;
    put_u32(at, c->label.len);
    put_u32(at + 4, c->words.len);
    memcpy(at + 8, &c->rows, sizeof c->rows);
    memcpy(at + 16, &c->platt.a, sizeof c->platt.a);
    memcpy(at + 24, &c->platt.b, sizeof c->platt.b);
    text = put_bytes(put_bytes(text, c->label), c->words);
  }
}

static size_t string_bytes_of(const bb_classifier_parts *p) {
  size_t bytes = 0;
  for (size_t k = 0; k < p->classes; k++)
    bytes += p->class[k].label.len + p->class[k].words.len;
  return (bytes + 7) / 8 * 8;
}

biobert_status bb_classifier_write(const bb_classifier_parts *p,
                                   const biobert_allocator *allocator, void **blob,
                                   size_t *bytes, biobert_error *err) {
  const size_t string_bytes = string_bytes_of(p);
  const layout l = lay_out(p->is_words, p->classes, p->columns, string_bytes);
  unsigned char *out = bb_alloc_zeroed(allocator, l.bytes, 1);
  if (!out) return bb_no_memory(err, "a classifier");
  put_head(p, string_bytes, out);
  put_classes(p, &l, out);
  if (p->is_words) {
    memcpy(out + l.hash, p->hash, l.idf - l.hash);
    memcpy(out + l.idf, p->idf, l.weights - l.idf);
  }
  memcpy(out + l.weights, p->weights, l.sum - l.weights);
  sum_of(out, l.sum, out + l.sum);
  *blob = out;
  *bytes = l.bytes;
  return BIOBERT_OK;
}

/* Reading ---------------------------------------------------------------------------- */

static biobert_status refuse(biobert_error *err, const char *what) {
  return bb_fail(err, BIOBERT_FORMAT,
                 "this BLOB is no classifier that biobert_fit() has made: %s", what);
}

size_t bb_classifier_count(const void *blob, size_t bytes) {
  if (bytes < HEAD_BYTES) return 0;
  const size_t classes = bb_read_u32((const char *)blob + AT_CLASSES);
  return classes <= BIOBERT_MAX_CLASSES ? classes : 0;
}

static biobert_status check_head(const unsigned char *blob, size_t bytes, layout *l,
                                 biobert_error *err) {
  if (bytes < HEAD_BYTES) return refuse(err, "it is too short");
  if (memcmp(blob, magic, sizeof magic - 1) != 0)
    return refuse(err, "it does not begin as one");
  if (memcmp(blob, magic, sizeof magic) != 0)
    return refuse(err, "it is of another version");
  const size_t classes = bb_classifier_count(blob, bytes);
  const uint32_t flags = bb_read_u32(blob + AT_FLAGS);
  const uint32_t columns = bb_read_u32(blob + AT_COLUMNS);
  const uint32_t string_bytes = bb_read_u32(blob + AT_STRINGS);
  if (classes < 2 || flags > (FLAG_WORDS | FLAG_INTEGERS) || columns > MAX_COLUMNS ||
      string_bytes > MAX_STRING_BYTES || string_bytes % 8 != 0)
    return refuse(err, "its sizes cannot be");
  *l = lay_out(flags & FLAG_WORDS, classes, columns, string_bytes);
  if (bytes != l->bytes) return refuse(err, "it has been cut or grown");
  unsigned char sum[SUM_BYTES];
  sum_of(blob, l->sum, sum);
  if (memcmp(sum, blob + l->sum, SUM_BYTES) != 0)
    return refuse(err, "its checksum is wrong");
  return BIOBERT_OK;
}

static biobert_status read_classes(const unsigned char *blob, const layout *l,
                                   size_t classes, bb_class_part *out,
                                   biobert_error *err) {
  size_t at = l->strings;
  for (size_t k = 0; k < classes; k++) {
    const unsigned char *entry = blob + HEAD_BYTES + k * CLASS_BYTES;
    bb_class_part *c = &out[k];
    const size_t label = bb_read_u32(entry), words = bb_read_u32(entry + 4);
    if (label > l->hash - at || words > l->hash - at - label)
      return refuse(err, "its labels do not fit");
    c->label = (biobert_str){(const char *)blob + at, label};
    c->words = (biobert_str){(const char *)blob + at + label, words};
    at += label + words;
    memcpy(&c->rows, entry + 8, sizeof c->rows);
    memcpy(&c->platt.a, entry + 16, sizeof c->platt.a);
    memcpy(&c->platt.b, entry + 24, sizeof c->platt.b);
    if (c->rows < 0 || !isfinite(c->platt.a) || !isfinite(c->platt.b))
      return refuse(err, "its numbers cannot be");
  }
  return BIOBERT_OK;
}

/* An integer as it is written without need for more: "-12". */
static bool read_integer(biobert_str text, int64_t *out) {
  const bool below = text.len && text.data[0] == '-';
  const uint64_t limit = (uint64_t)INT64_MAX + below;
  uint64_t sum = 0;
  if (text.len == below) return false;
  for (size_t i = below; i < text.len; i++) {
    const unsigned digit = (unsigned char)text.data[i] - (unsigned)'0';
    if (digit > 9 || sum > (limit - digit) / 10) return false;
    sum = sum * 10 + digit;
  }
  *out = below ? (int64_t)(0 - sum) : (int64_t)sum;
  return true;
}

static biobert_status read_integers(size_t classes, bb_class_part *class,
                                    biobert_error *err) {
  for (size_t k = 0; k < classes; k++)
    if (!read_integer(class[k].label, &class[k].integer))
      return refuse(err, "its labels are no integers");
  return BIOBERT_OK;
}

static bool all_finite(const float *values, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (!isfinite(values[i])) return false;
  return true;
}

static biobert_status check_numbers(const bb_classifier_parts *p, biobert_error *err) {
  for (size_t i = 1; p->is_words && i < p->columns; i++)
    if (p->hash[i] <= p->hash[i - 1]) return refuse(err, "its words are out of order");
  if ((p->is_words && !all_finite(p->idf, p->columns)) ||
      !all_finite(p->weights, p->outputs * (p->columns + 1)))
    return refuse(err, "its numbers cannot be");
  return BIOBERT_OK;
}

biobert_status bb_classifier_read(const void *data, size_t bytes, bb_class_part *class,
                                  bb_classifier_parts *parts, biobert_error *err) {
  const unsigned char *blob = data;
  layout l = {0};
  biobert_status status = check_head(blob, bytes, &l, err);
  if (status) return status;
  const uint32_t flags = bb_read_u32(blob + AT_FLAGS);
  const size_t classes = bb_classifier_count(blob, bytes);
  *parts = (bb_classifier_parts){
      .is_words = flags & FLAG_WORDS,
      .integers = flags & FLAG_INTEGERS,
      .classes = classes,
      .outputs = bb_outputs_of(classes),
      .class = class,
      .columns = bb_read_u32(blob + AT_COLUMNS),
      .hash = (const uint32_t *)(const void *)(blob + l.hash),
      .idf = (const float *)(const void *)(blob + l.idf),
      .weights = (const float *)(const void *)(blob + l.weights),
  };
  status = read_classes(blob, &l, classes, class, err);
  if (!status && parts->integers) status = read_integers(classes, class, err);
  return status ? status : check_numbers(parts, err);
}
