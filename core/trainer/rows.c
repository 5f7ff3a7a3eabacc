/* rows.c - what the rows of all tasks share. */
#include "trainer/rows.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/sha256.h"
#include "base/status.h"
#include "base/utf8.h"

void bb_row_set_free(bb_row_set *set) {
  for (size_t i = 0; set->answers && i < set->rows && i < set->answer_room; i++) {
    bb_free(NULL, set->answers[i].context);
    bb_free(NULL, set->answers[i].answer);
  }
  bb_free(NULL, set->answers);
  bb_free(NULL, set->hashes);
  bb_free(NULL, set->pairs);
  bb_examples_free(&set->examples);
  *set = (bb_row_set){0};
}

biobert_status bb_row_fail(const bb_row_reader *r, biobert_error *err, const char *format,
                           ...) {
  char message[sizeof(biobert_error)];
  va_list args;
  va_start(args, format);
  vsnprintf(message, sizeof message, format, args);
  va_end(args);
  return bb_fail(err, BIOBERT_RANGE, "%s, row %zu: %s", r->set->name, r->set->rows,
                 message);
}

bool bb_row_has_null(const biobert_value *columns, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (columns[i].kind == BIOBERT_NULL) return true;
  return false;
}

biobert_status bb_row_skip(bb_row_reader *r) {
  r->set->skipped++;
  return BIOBERT_OK;
}

static const char *const kind_names[] = {
    [BIOBERT_NULL] = "NULL",     [BIOBERT_INTEGER] = "a number",
    [BIOBERT_REAL] = "a number", [BIOBERT_TEXT] = "a text",
    [BIOBERT_BLOB] = "a blob",
};

biobert_status bb_row_text(const bb_row_reader *r, const biobert_value *columns,
                           size_t column, const char *name, biobert_str *out,
                           biobert_error *err) {
  const biobert_value *value = &columns[column];
  if (value->kind != BIOBERT_TEXT)
    return bb_row_fail(r, err, "column %zu (%s) is %s, and takes a text", column + 1,
                       name, kind_names[value->kind]);
  *out = value->text;
  return BIOBERT_OK;
}

static void add_length_and_text(bb_sha256 *h, biobert_str text) {
  const uint64_t bytes = text.len;
  bb_sha256_add(h, &bytes, sizeof bytes);
  if (text.len) bb_sha256_add(h, text.data, text.len);
}

biobert_status bb_row_remember(bb_row_reader *r, const biobert_str *texts, size_t count,
                               biobert_error *err) {
  bb_row_set *set = r->set;
  bb_sha256 h;
  unsigned char digest[BB_SHA256_BYTES];
  bb_sha256_init(&h);
  for (size_t i = 0; i < count; i++) add_length_and_text(&h, texts[i]);
  bb_sha256_end(&h, digest);
  if (!bb_grow(NULL, (void **)&set->hashes, &set->hash_room, set->hash_count,
               sizeof *set->hashes))
    return bb_no_memory(err, "training: rows");
  bb_row_hash *hash = &set->hashes[set->hash_count++];
  memcpy(&hash->high, digest, sizeof hash->high);
  memcpy(&hash->low, digest + sizeof hash->high, sizeof hash->low);
  hash->row = set->rows;
  return BIOBERT_OK;
}

biobert_status bb_row_add(bb_row_reader *r, size_t tokens, const int32_t *token_targets,
                          biobert_error *err) {
  const biobert_session *s = r->session;
  biobert_status status = bb_model_check_ids(s->model, s->ids, tokens, err);
  if (status) return status;
  return bb_examples_add_sequence(
      &r->set->examples, &(bb_sequence){s->ids, s->types, token_targets, tokens}, err);
}

biobert_status bb_row_end(bb_row_reader *r, const int32_t *labels, const float *numbers,
                          biobert_error *err) {
  return bb_examples_end(&r->set->examples,
                         &(bb_targets){labels, numbers, r->set->rows - 1}, err);
}

static bool is_utf8(biobert_str text) {
  const char *end = text.data + text.len;
  for (const char *p = text.data; p < end;) {
    uint32_t code;
    const size_t bytes = bb_utf8_next(p, end, &code);
    if (!bb_utf8_is_well_formed(p, code, bytes)) return false;
    p += bytes;
  }
  return true;
}

/* A label goes into JSON and is looked for as it comes out: other bytes than those of
 * UTF-8 would not come out again. */
static bool may_be_label(biobert_str name) {
  return name.len > 0 && name.len <= BB_MAX_LABEL_BYTES &&
         !memchr(name.data, 0, name.len) && is_utf8(name);
}

biobert_status bb_row_label(bb_row_reader *r, biobert_str name, int32_t *out,
                            biobert_error *err) {
  char quoted[BB_QUOTE_BYTES];
  size_t number = bb_label_names_find(&r->labels, name);
  if (number == SIZE_MAX) {
    if (r->labels_are_known)
      return bb_row_fail(r, err, "the label '%s' is in no row to learn from",
                         bb_quote(quoted, name));
    if (!may_be_label(name))
      return bb_row_fail(r, err, "a label is a text of 1 to %d bytes of UTF-8, not '%s'",
                         BB_MAX_LABEL_BYTES, bb_quote(quoted, name));
    if (r->labels.count == BB_MAX_LABELS)
      return bb_row_fail(r, err, "more than %d labels: is this column the label?",
                         BB_MAX_LABELS);
    number = r->labels.count;
    biobert_status status = bb_label_names_add(&r->labels, name, err);
    if (status) return status;
  }
  *out = (int32_t)number;
  return BIOBERT_OK;
}
