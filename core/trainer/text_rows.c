/* text_rows.c - rows of whole texts: masked words, classes, numbers, vectors. */
#include <stdio.h>

#include "api/pieces.h"
#include "base/mem.h"
#include "base/status.h"
#include "format/crc32c.h"
#include "format/json.h"
#include "train/heads_pass.h"
#include "trainer/rows.h"

/* Masked words: a long text is several sequences, so that all of it is learnt from ------ */

/* Of whole words: 0 where a word begins, BB_NO_TARGET where it goes on. */
static void mark_words(bb_stretch window, int32_t *marks) {
  marks[0] = marks[window.count + 1] = 0; /* [CLS], [SEP] */
  for (size_t i = 0; i < window.count; i++) {
    const bool goes_on = i > 0 && window.items[i].word == window.items[i - 1].word;
    marks[i + 1] = goes_on ? BB_NO_TARGET : 0;
  }
}

static biobert_status add_windows(bb_row_reader *r, const bb_pieces *pieces,
                                  int32_t *marks, biobert_error *err) {
  const bb_windows windows = {r->max_tokens - BB_SPECIALS_SINGLE, 0};
  bb_stretch window;
  biobert_status status = BIOBERT_OK;
  for (size_t i = 0; !status && bb_window_at(pieces, &windows, i, &window); i++) {
    if (window.count == 0) return BIOBERT_OK;
    const size_t tokens = bb_session_fill_pieces(r->session, window, NULL);
    if (r->whole_words) mark_words(window, marks);
    status = bb_row_add(r, tokens, marks, err);
    if (!status) status = bb_row_end(r, NULL, NULL, err);
  }
  return status;
}

biobert_status bb_row_masked(bb_row_reader *r, const biobert_value *columns, size_t count,
                             biobert_error *err) {
  biobert_str text;
  bb_pieces pieces = {0};
  if (bb_row_has_null(columns, count)) return bb_row_skip(r);
  biobert_status status = bb_row_text(r, columns, 0, "text", &text, err);
  if (!status) status = bb_row_remember(r, &text, 1, err);
  if (status) return status;
  int32_t *marks = bb_alloc(NULL, r->max_tokens, sizeof *marks);
  status = marks ? bb_pieces_read(r->session, text, SIZE_MAX, &pieces, err)
                 : bb_no_memory(err, "training: rows");
  if (!status) status = add_windows(r, &pieces, marks, err);
  bb_pieces_free(&pieces);
  bb_free(NULL, marks);
  return status;
}

/* Classes and numbers ---------------------------------------------------------------- */

/* One text, or a pair, which the model reads together. */
static biobert_status add_texts(bb_row_reader *r, const biobert_value *columns,
                                size_t texts, biobert_error *err) {
  static const char *const names[] = {"text", "second text"};
  biobert_str read[2] = {
      {NULL, 0},
      {NULL, 0}
  };
  size_t tokens = 0;
  biobert_status status = BIOBERT_OK;
  for (size_t i = 0; i < texts && !status; i++)
    status = bb_row_text(r, columns, i, names[i], &read[i], err);
  if (!status) status = bb_row_remember(r, read, texts, err);
  if (status) return status;
  status = texts == 1 ? bb_session_fill_single(r->session, read[0], &tokens, err)
                      : bb_session_fill_pair(r->session, read[0], read[1], &tokens, err);
  return status ? status : bb_row_add(r, tokens, NULL, err);
}

/* A whole number is a label too: 0, 1. */
static biobert_status label_text(const bb_row_reader *r, const biobert_value *value,
                                 char buffer[32], biobert_str *out, biobert_error *err) {
  *out = value->text;
  if (value->kind == BIOBERT_TEXT) return BIOBERT_OK;
  if (value->kind != BIOBERT_INTEGER)
    return bb_row_fail(r, err, "a label is a text or a whole number");
  snprintf(buffer, 32, "%lld", (long long)value->integer);
  *out = bb_str(buffer);
  return BIOBERT_OK;
}

static bool is_list(biobert_str text) {
  return text.len > 0 && text.data[0] == '[';
}

static biobert_status one_kind(bb_row_reader *r, bool list, biobert_error *err) {
  const int kind = list ? BB_LABELS_MULTIPLE : BB_LABELS_SINGLE;
  if (r->label_kind == BB_LABELS_UNSEEN) r->label_kind = kind;
  if ((int)r->label_kind == kind) return BIOBERT_OK;
  return bb_row_fail(r, err,
                     "the label is %s JSON array, those before are %s: one kind for all",
                     list ? "a" : "no", list ? "none" : "arrays");
}

/* Kept as pairs until it is known how many labels there are. */
static biobert_status add_pair(bb_row_set *set, int32_t label, biobert_error *err) {
  if (!bb_grow(NULL, (void **)&set->pairs, &set->pair_room, set->pair_count,
               sizeof *set->pairs))
    return bb_no_memory(err, "training: labels");
  set->pairs[set->pair_count++] = (bb_label_pair){set->examples.count, label};
  return BIOBERT_OK;
}

static biobert_status several_labels(bb_row_reader *r, biobert_str text,
                                     biobert_error *err) {
  bb_json *json = NULL;
  biobert_status status = bb_json_parse(text, "label", &json, err);
  if (status == BIOBERT_FORMAT)
    return bb_row_fail(r, err, "the label begins with [ and is no JSON array");
  if (status) return status;
  const bb_json_node *item = bb_json_first(bb_json_root(json));
  for (; item && !status; item = bb_json_next(item)) {
    int32_t number;
    if (!bb_json_string(item).data)
      status = bb_row_fail(r, err, "the label is a JSON array, of texts alone");
    else
      status = bb_row_label(r, bb_json_string(item), &number, err);
    if (!status) status = add_pair(r->set, number, err);
  }
  bb_json_free(json);
  return status;
}

biobert_status bb_row_classify(bb_row_reader *r, const biobert_value *columns,
                               size_t count, biobert_error *err) {
  char buffer[32];
  biobert_str label;
  int32_t number = 0;
  if (bb_row_has_null(columns, count)) return bb_row_skip(r);
  biobert_status status = label_text(r, &columns[count - 1], buffer, &label, err);
  if (!status) status = one_kind(r, is_list(label), err);
  if (!status && is_list(label))
    status = several_labels(r, label, err);
  else if (!status)
    status = bb_row_label(r, label, &number, err);
  if (!status) status = add_texts(r, columns, count - 1, err);
  return status ? status : bb_row_end(r, &number, NULL, err);
}

static biobert_status add_number(bb_row_reader *r, const biobert_value *columns,
                                 size_t count, double min, double max,
                                 biobert_error *err) {
  const biobert_value *value = &columns[count - 1];
  if (bb_row_has_null(columns, count)) return bb_row_skip(r);
  if (value->kind != BIOBERT_INTEGER && value->kind != BIOBERT_REAL)
    return bb_row_fail(r, err, "column %zu takes a number", count);
  if (!(value->real >= min && value->real <= max))
    return bb_row_fail(r, err, "column %zu is %g, and takes a number from %g to %g",
                       count, value->real, min, max);
  const float number = (float)value->real;
  biobert_status status = add_texts(r, columns, count - 1, err);
  return status ? status : bb_row_end(r, NULL, &number, err);
}

biobert_status bb_row_regress(bb_row_reader *r, const biobert_value *columns,
                              size_t count, biobert_error *err) {
  static const double largest = 1e30;
  return add_number(r, columns, count, -largest, largest, err);
}

biobert_status bb_row_rerank(bb_row_reader *r, const biobert_value *columns, size_t count,
                             biobert_error *err) {
  return add_number(r, columns, count, 0, 1, err);
}

/* Vectors ---------------------------------------------------------------------------- */

/* label: the tokens at its beginning that are not pooled. */
static biobert_status add_side(bb_row_reader *r, biobert_str text, biobert_role role,
                               int32_t *left_out, biobert_error *err) {
  bb_text_tokens tokens;
  biobert_status status = bb_session_fill_text(r->session, text, role, &tokens, err);
  if (status) return status;
  *left_out = (int32_t)tokens.first;
  return bb_row_add(r, tokens.count, NULL, err);
}

/* Equal for equal texts. Of two others it is equal once in four billion times: then one is
 * no negative of the other. */
static int32_t text_number(biobert_str text) {
  return (int32_t)bb_crc32c(0, text.data, text.len);
}

/* anchor, positive, negative: a question and what answers it, as a search has them. */
biobert_status bb_row_embed(bb_row_reader *r, const biobert_value *columns, size_t count,
                            biobert_error *err) {
  static const char *const names[] = {"anchor", "positive", "negative"};
  biobert_str texts[BB_MAX_GROUP];
  int32_t labels[BB_EMBED_LABELS] = {0};
  if (bb_row_has_null(columns, count)) return bb_row_skip(r);
  biobert_status status = BIOBERT_OK;
  for (size_t i = 0; i < count && !status; i++)
    status = bb_row_text(r, columns, i, names[i], &texts[i], err);
  if (!status) status = bb_row_remember(r, texts, count, err);
  for (size_t i = 0; i < count && !status; i++)
    status = add_side(r, texts[i], i ? BIOBERT_DOCUMENT : BIOBERT_QUERY, &labels[i], err);
  for (size_t i = 1; i < count && !status; i++)
    labels[BB_EMBED_TEXT + i] = text_number(texts[i]);
  return status ? status : bb_row_end(r, labels, NULL, err);
}

biobert_status bb_row_distil(bb_row_reader *r, const biobert_value *columns, size_t count,
                             biobert_error *err) {
  biobert_str text;
  int32_t left_out;
  if (bb_row_has_null(columns, count)) return bb_row_skip(r);
  biobert_status status = bb_row_text(r, columns, 0, "text", &text, err);
  if (!status) status = bb_row_remember(r, &text, 1, err);
  if (!status) status = add_side(r, text, BIOBERT_DOCUMENT, &left_out, err);
  if (status) return status;
  float *vector = bb_alloc_floats(NULL, biobert_model_dimension(r->teacher->model));
  if (!vector) return bb_no_memory(err, "training: the teacher's vectors");
  status = biobert_embed(r->teacher, text, BIOBERT_DOCUMENT, vector, err);
  if (!status) status = bb_row_end(r, &left_out, vector, err);
  bb_free_aligned(NULL, vector);
  return status;
}
