/* answer_rows.c - a question, a text and where in it the answer is: windows of the text
 * beside the question, as biobert_answer() reads them. A window that has not all of the
 * answer aims at [CLS] (Devlin et al. 2019, 4.3). */
#include "api/pieces.h"
#include "base/mem.h"
#include "base/status.h"
#include "trainer/rows.h"

enum { MAX_OVERLAP = 128 }; /* as core/api/answers.c: transformers' pipeline */

typedef struct answer {
  bool there;
  size_t start, end;  /* bytes of the context */
  size_t first, last; /* pieces of it: [first, last) */
} answer;

/* The answer's column and where it begins. */
static biobert_status read_answer(const bb_row_reader *r, biobert_str context,
                                  const biobert_value *columns, answer *out,
                                  biobert_error *err) {
  biobert_str text;
  *out = (answer){0};
  if (columns[2].kind == BIOBERT_NULL || columns[3].kind == BIOBERT_NULL)
    return BIOBERT_OK;
  biobert_status status = bb_row_text(r, columns, 2, "answer", &text, err);
  if (status) return status;
  if (columns[3].kind != BIOBERT_INTEGER)
    return bb_row_fail(r, err, "column 4 (start_byte) takes a whole number");
  const int64_t start = columns[3].integer;
  if (text.len == 0 || start < 0 || (uint64_t)start > context.len ||
      text.len > context.len - (size_t)start ||
      memcmp(context.data + start, text.data, text.len) != 0)
    return bb_row_fail(r, err, "the context does not have the answer at byte %lld",
                       (long long)start);
  *out = (answer){.there = true, .start = (size_t)start, .end = (size_t)start + text.len};
  return BIOBERT_OK;
}

/* The pieces of the context that have a part of the answer. */
static biobert_status find_pieces(const bb_row_reader *r, const bb_pieces *context,
                                  answer *a, biobert_error *err) {
  if (!a->there) return BIOBERT_OK;
  const bb_token *t = context->items;
  a->first = 0;
  a->last = context->count;
  while (a->first < context->count && t[a->first].end <= a->start) a->first++;
  while (a->last > 0 && t[a->last - 1].start >= a->end) a->last--;
  if (a->first < a->last) return BIOBERT_OK;
  return bb_row_fail(r, err, "the answer has no words");
}

/* First and last token of the answer in a window whose first piece is number `before` of
 * the context, and which begins at `offset` of the sequence; (0, 0): not all of it is
 * there. */
static void find_ends(const answer *a, bb_stretch window, size_t before, size_t offset,
                      int32_t ends[2]) {
  ends[0] = ends[1] = 0;
  if (!a->there || a->first < before || a->last > before + window.count) return;
  ends[0] = (int32_t)(offset + a->first - before);
  ends[1] = (int32_t)(offset + a->last - 1 - before);
}

/* For the evaluation: where each token begins in the context; -1: the question,
 * or a special token. */
static void mark_places(bb_stretch window, size_t offset, size_t tokens,
                        int32_t *places) {
  for (size_t i = 0; i < tokens; i++) places[i] = -1;
  for (size_t i = 0; i < window.count; i++)
    places[offset + i] = (int32_t)window.items[i].start;
}

typedef struct placed_window {
  bb_stretch pieces;
  size_t before; /* pieces of the context before it */
} placed_window;

static biobert_status add_window(bb_row_reader *r, bb_stretch question,
                                 const placed_window *w, const answer *a, int32_t *places,
                                 biobert_error *err) {
  const bb_stretch window = w->pieces;
  const size_t offset = question.count + 2;
  int32_t labels[BB_ANSWER_LABELS];
  const size_t tokens = bb_session_fill_pieces(r->session, question, &window);
  find_ends(a, window, w->before, offset, labels);
  labels[BB_ANSWER_WINDOW] = (int32_t)offset;
  labels[BB_ANSWER_COUNT] = (int32_t)window.count;
  mark_places(window, offset, tokens, places);
  biobert_status status = bb_row_add(r, tokens, places, err);
  return status ? status : bb_row_end(r, labels, NULL, err);
}

static biobert_status add_windows(bb_row_reader *r, bb_pieces *question,
                                  const bb_pieces *context, const answer *a,
                                  biobert_error *err) {
  const size_t room = r->max_tokens - BB_SPECIALS_PAIR;
  const size_t overlap =
      r->max_tokens / 2 < MAX_OVERLAP ? r->max_tokens / 2 : MAX_OVERLAP;
  const size_t longest = room - overlap - 1; /* beside a window that gets on */
  if (question->count > longest && question->count + context->count > room)
    question->count = longest;
  const bb_windows windows = {room - question->count, overlap};
  const bb_stretch asked = {question->items, question->count};
  int32_t *places = bb_alloc(NULL, r->max_tokens, sizeof *places);
  if (!places) return bb_no_memory(err, "training: rows");
  placed_window w = {0};
  biobert_status status = BIOBERT_OK;
  for (size_t i = 0; !status && bb_window_at(context, &windows, i, &w.pieces); i++) {
    w.before = w.pieces.count ? (size_t)(w.pieces.items - context->items) : 0;
    status = add_window(r, asked, &w, a, places, err);
  }
  bb_free(NULL, places);
  return status;
}

/* The texts of a row that is evaluated. */
static biobert_status keep_texts(bb_row_reader *r, biobert_str context, const answer *a,
                                 biobert_error *err) {
  bb_row_set *set = r->set;
  if (!set->keeps_answers) return BIOBERT_OK;
  while (set->answer_room < set->rows) {
    size_t room = set->answer_room;
    if (!bb_grow(NULL, (void **)&set->answers, &room, set->answer_room,
                 sizeof *set->answers))
      return bb_no_memory(err, "training: rows");
    memset(set->answers + set->answer_room, 0,
           (room - set->answer_room) * sizeof *set->answers);
    set->answer_room = room;
  }
  bb_answer_row *row = &set->answers[set->rows - 1];
  row->context = bb_copy_str(NULL, context);
  if (row->context && a->there)
    row->answer =
        bb_copy_str(NULL, (biobert_str){context.data + a->start, a->end - a->start});
  return row->context && (row->answer || !a->there) ? BIOBERT_OK
                                                    : bb_no_memory(err, "training: rows");
}

biobert_status bb_row_answer(bb_row_reader *r, const biobert_value *columns, size_t count,
                             biobert_error *err) {
  biobert_str texts[2];
  answer a;
  bb_pieces question = {0}, context = {0};
  (void)count;
  if (bb_row_has_null(columns, 2)) return bb_row_skip(r);
  biobert_status status = bb_row_text(r, columns, 0, "question", &texts[0], err);
  if (!status) status = bb_row_text(r, columns, 1, "context", &texts[1], err);
  if (!status) status = read_answer(r, texts[1], columns, &a, err);
  if (!status) status = bb_row_remember(r, texts, 2, err);
  if (!status) status = keep_texts(r, texts[1], &a, err);
  if (status) return status;
  status = bb_pieces_read(r->session, texts[0], r->max_tokens, &question, err);
  if (!status) status = bb_pieces_read(r->session, texts[1], SIZE_MAX, &context, err);
  if (!status) status = find_pieces(r, &context, &a, err);
  if (!status) status = add_windows(r, &question, &context, &a, err);
  bb_pieces_free(&question);
  bb_pieces_free(&context);
  return status;
}
