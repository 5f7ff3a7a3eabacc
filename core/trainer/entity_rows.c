/* entity_rows.c - a text and its named entities: each word's first piece has a label, O or
 * the entity's B- or I-, the other pieces have none (Devlin et al. 2019, 5.3). */
#include "api/pieces.h"
#include "base/mem.h"
#include "base/status.h"
#include "format/json.h"
#include "train/heads_pass.h"
#include "trainer/rows.h"
#include "trainer/tags.h"

typedef struct span {
  size_t start, end; /* bytes */
  int32_t entity;    /* number of its name */
} span;

typedef struct spans {
  span *items;
  size_t count, capacity;
} spans;

/* Spans of a row --------------------------------------------------------------------- */

static bool is_boundary(biobert_str text, size_t at) {
  return at == text.len || ((unsigned char)text.data[at] & 0xC0) != 0x80;
}

static biobert_status read_span(bb_row_reader *r, biobert_str text,
                                const bb_json_node *node, span *out, biobert_error *err) {
  int64_t start, end;
  const biobert_str name = bb_json_string(bb_json_get(node, "label"));
  if (!bb_json_int(bb_json_get(node, "start_byte"), &start) ||
      !bb_json_int(bb_json_get(node, "end_byte"), &end) || !name.data)
    return bb_row_fail(
        r, err, "a span is {\"start_byte\": 0, \"end_byte\": 5, \"label\": \"Gene\"}");
  if (start < 0 || start >= end || (uint64_t)end > text.len)
    return bb_row_fail(r, err,
                       "the span from byte %lld to %lld is not in the text of %zu",
                       (long long)start, (long long)end, text.len);
  if (!is_boundary(text, (size_t)start) || !is_boundary(text, (size_t)end))
    return bb_row_fail(r, err, "the span from byte %lld to %lld cuts a character",
                       (long long)start, (long long)end);
  *out = (span){.start = (size_t)start, .end = (size_t)end};
  return bb_row_label(r, name, &out->entity, err);
}

static int by_start(const void *a, const void *b) {
  const span *x = a, *y = b;
  return (x->start > y->start) - (x->start < y->start);
}

static biobert_status check_overlaps(const bb_row_reader *r, spans *s,
                                     biobert_error *err) {
  if (s->count) qsort(s->items, s->count, sizeof *s->items, by_start);
  for (size_t i = 1; i < s->count; i++)
    if (s->items[i].start < s->items[i - 1].end)
      return bb_row_fail(r, err, "the spans from byte %zu and from byte %zu overlap",
                         s->items[i - 1].start, s->items[i].start);
  return BIOBERT_OK;
}

static biobert_status read_spans(bb_row_reader *r, biobert_str text,
                                 biobert_str json_text, spans *out, biobert_error *err) {
  bb_json *json = NULL;
  biobert_status status = bb_json_parse(json_text, "spans", &json, err);
  if (status == BIOBERT_FORMAT ||
      (!status && bb_json_kind_of(bb_json_root(json)) != BB_JSON_ARRAY))
    status = bb_row_fail(r, err, "the spans are no JSON array");
  const bb_json_node *node = status ? NULL : bb_json_first(bb_json_root(json));
  for (; node && !status; node = bb_json_next(node)) {
    if (!bb_grow(NULL, (void **)&out->items, &out->capacity, out->count,
                 sizeof *out->items))
      status = bb_no_memory(err, "training: spans");
    else
      status = read_span(r, text, node, &out->items[out->count++], err);
  }
  bb_json_free(json);
  return status ? status : check_overlaps(r, out, err);
}

/* Labels of tokens ------------------------------------------------------------------- */

/* Words and spans are walked side by side; both rise. */
typedef struct labeller {
  const bb_pieces *pieces;
  const spans *spans;
  size_t span;  /* the first that does not end before the word */
  bool entered; /* a word before had a part of it */
} labeller;

/* The label of the word that begins at piece i: of the first span that has a part of it. */
static int32_t word_label(labeller *l, size_t i) {
  const bb_token *t = l->pieces->items;
  size_t last = i;
  while (last + 1 < l->pieces->count && t[last + 1].word == t[i].word) last++;
  while (l->span < l->spans->count && l->spans->items[l->span].end <= t[i].start) {
    l->span++;
    l->entered = false;
  }
  if (l->span == l->spans->count || l->spans->items[l->span].start >= t[last].end)
    return BB_TAG_OUTSIDE;
  const int32_t entity = l->spans->items[l->span].entity;
  const bool begins = !l->entered;
  l->entered = true;
  return begins ? bb_tag_begin(entity) : bb_tag_inside(entity);
}

static void label_pieces(const bb_pieces *pieces, const spans *s, int32_t *targets) {
  labeller l = {.pieces = pieces, .spans = s};
  for (size_t i = 0; i < pieces->count; i++) {
    const bool goes_on = i > 0 && pieces->items[i].word == pieces->items[i - 1].word;
    targets[i] = goes_on ? BB_NO_TARGET : word_label(&l, i);
  }
}

/* A long text is several sequences; each piece is in one of them. */
static biobert_status add_windows(bb_row_reader *r, const bb_pieces *pieces,
                                  const int32_t *targets, biobert_error *err) {
  const bb_windows windows = {r->max_tokens - BB_SPECIALS_SINGLE, 0};
  int32_t *own = bb_alloc(NULL, r->max_tokens, sizeof *own);
  if (!own) return bb_no_memory(err, "training: rows");
  bb_stretch window;
  biobert_status status = BIOBERT_OK;
  for (size_t i = 0; !status && bb_window_at(pieces, &windows, i, &window); i++) {
    if (window.count == 0) break;
    const size_t tokens = bb_session_fill_pieces(r->session, window, NULL);
    own[0] = own[tokens - 1] = BB_NO_TARGET; /* [CLS], [SEP] */
    memcpy(own + 1, targets + (window.items - pieces->items), window.count * sizeof *own);
    status = bb_row_add(r, tokens, own, err);
    if (!status) status = bb_row_end(r, NULL, NULL, err);
  }
  bb_free(NULL, own);
  return status;
}

biobert_status bb_row_entities(bb_row_reader *r, const biobert_value *columns,
                               size_t count, biobert_error *err) {
  biobert_str text, json;
  spans s = {0};
  bb_pieces pieces = {0};
  if (bb_row_has_null(columns, count)) return bb_row_skip(r);
  biobert_status status = bb_row_text(r, columns, 0, "text", &text, err);
  if (!status) status = bb_row_text(r, columns, 1, "spans", &json, err);
  if (!status) status = bb_row_remember(r, &text, 1, err);
  if (status) return status;
  status = read_spans(r, text, json, &s, err);
  if (!status) status = bb_pieces_read(r->session, text, SIZE_MAX, &pieces, err);
  int32_t *targets = bb_alloc(NULL, pieces.count, sizeof *targets);
  if (!status && !targets) status = bb_no_memory(err, "training: rows");
  if (!status) {
    label_pieces(&pieces, &s, targets);
    status = add_windows(r, &pieces, targets, err);
  }
  bb_free(NULL, targets);
  bb_pieces_free(&pieces);
  bb_free(NULL, s.items);
  return status;
}
