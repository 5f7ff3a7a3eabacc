/* answers.c - extractive question answering by the rules of transformers 4.57's pipeline
 * (release 5 has none).
 *
 *   - the context in windows that overlap; of each window a softmax of its own over the
 * tokens that may be part of an answer, [CLS] among them;
 *   - score of a span: P(first) P(last); the best 2k + 10 of each window;
 *   - a span is widened to whole words, of which it sees what lies in the window;
 *   - spans of equal text, whatever their case, are one answer, with the sum of their
 * scores, in the place where it was found first;
 *   - the probability of "no answer" is the lowest P([CLS]) P([CLS]) of all windows.
 *
 * Different here: a span of probability 0 is no answer (there it fills up k, in no order
 * that is defined); a [CLS] typed in the question is no candidate; a question so long
 * that question and context do not fit and no window can be made is cut (there an
 * exception); lower case knows no final
 * sigma. */
#include "api/embed.h"
#include "api/heads_api.h"
#include "api/pieces.h"
#include "base/mem.h"
#include "base/status.h"
#include "base/utf8.h"
#include "text/unicode_tables.h"

enum {
  MAX_SEQUENCE = 384,     /* max_seq_len */
  MAX_OVERLAP = 128,      /* doc_stride; at most half a window */
  MAX_ANSWER_TOKENS = 15, /* max_answer_len */
  MORE_CANDIDATES = 10,   /* align_to_words: 2k + 10, since some will be equal */
};

/* What a position that cannot be part of an answer has for a logit. */
static const double IMPOSSIBLE = -10000.0;

typedef struct answer {
  biobert_answer_span span;
  uint64_t hash; /* of the text in lower case */
} answer;

typedef struct finder {
  biobert_session *s;
  biobert_str context;
  size_t k;
  float *logits;         /* [T, 2] */
  double *first, *last;  /* [T]: probabilities */
  bb_scored *candidates; /* [T * MAX_ANSWER_TOKENS] */
  double least_null;
  answer *found;
  size_t count, capacity;
} finder;

/* Equal but for case ----------------------------------------------------------------- */

/* The next code points in lower case; returns how many. */
static size_t next_lower(const char **at, const char *end, uint32_t lower[2]) {
  uint32_t code;
  *at += bb_utf8_next(*at, end, &code);
  return bb_char_lower(code, lower);
}

static uint64_t hash_lower(biobert_str text) {
  static const uint64_t basis = 0xCBF29CE484222325u,
                        prime = 0x100000001B3u; /* FNV-1a's */
  uint64_t hash = basis;
  for (const char *at = text.data, *end = at + text.len; at < end;) {
    uint32_t lower[2];
    size_t n = next_lower(&at, end, lower);
    for (size_t i = 0; i < n; i++) hash = (hash ^ lower[i]) * prime;
  }
  return hash;
}

/* A character that lowers into two (U+0130) is compared as it is. */
static bool equal_lower(biobert_str a, biobert_str b) {
  const char *x = a.data, *y = b.data, *x_end = x + a.len, *y_end = y + b.len;
  while (x < x_end && y < y_end) {
    uint32_t lower_x[2] = {0, 0}, lower_y[2] = {0, 0};
    next_lower(&x, x_end, lower_x);
    next_lower(&y, y_end, lower_y);
    if (lower_x[0] != lower_y[0] || lower_x[1] != lower_y[1]) return false;
  }
  return x == x_end && y == y_end;
}

/* Collecting ------------------------------------------------------------------------- */

static biobert_str text_of(const finder *f, const biobert_answer_span *span) {
  return (biobert_str){f->context.data + span->start, span->end - span->start};
}

static biobert_status add_answer(finder *f, const biobert_answer_span *span,
                                 biobert_error *err) {
  biobert_str text = text_of(f, span);
  uint64_t hash = hash_lower(text);
  for (size_t i = 0; i < f->count; i++) {
    if (f->found[i].hash != hash || !equal_lower(text_of(f, &f->found[i].span), text))
      continue;
    f->found[i].span.score += span->score;
    return BIOBERT_OK;
  }
  if (!bb_grow(&f->s->allocator, (void **)&f->found, &f->capacity, f->count,
               sizeof *f->found))
    return bb_no_memory(err, "answers");
  f->found[f->count++] = (answer){*span, hash};
  return BIOBERT_OK;
}

/* Widened to whole words, as far as the window shows them. */
static biobert_answer_span whole_words(bb_stretch window, size_t first, size_t last,
                                       double score) {
  const bb_token *t = window.items;
  while (first > 0 && t[first - 1].word == t[first].word) first--;
  while (last + 1 < window.count && t[last + 1].word == t[last].word) last++;
  return (biobert_answer_span){score, t[first].start, t[last].end};
}

/* A window --------------------------------------------------------------------------- */

/* One side's probabilities: side 0 the first token, 1 the last. */
static void probabilities(const finder *f, size_t tokens, size_t context, size_t count,
                          size_t side, double *out) {
  for (size_t t = 0; t < tokens; t++) {
    bool possible = t == 0 || (t >= context && t < context + count);
    out[t] = possible ? (double)f->logits[2 * t + side] : IMPOSSIBLE;
  }
  bb_softmax(out, tokens);
}

/* Every span that may be an answer; index = first * MAX_ANSWER_TOKENS + (last - first).
 */
static size_t list_candidates(finder *f, size_t context, size_t count) {
  size_t n = 0;
  for (size_t i = 0; i < count; i++)
    for (size_t more = 0; more < MAX_ANSWER_TOKENS && i + more < count; more++) {
      double score = f->first[context + i] * f->last[context + i + more];
      if (score > 0)
        f->candidates[n++] = (bb_scored){score, i * MAX_ANSWER_TOKENS + more};
    }
  return n;
}

static biobert_status read_window(finder *f, bb_stretch question, bb_stretch window,
                                  biobert_error *err) {
  biobert_session *s = f->s;
  size_t context = question.count + 2; /* position of the window's first token */
  size_t tokens = bb_session_fill_pieces(s, question, &window);
  biobert_status status = bb_session_encode(s, tokens, 0, NULL, err);
  if (status) return status;
  bb_task_heads_answer(&s->model->bert, &s->model->heads, s->scratch.x, tokens,
                       f->logits);
  probabilities(f, tokens, context, window.count, 0, f->first);
  probabilities(f, tokens, context, window.count, 1, f->last);
  double null = f->first[0] * f->last[0];
  if (null < f->least_null) f->least_null = null;

  size_t n = list_candidates(f, context, window.count);
  size_t wanted = f->k < n ? 2 * f->k + MORE_CANDIDATES : n;
  if (wanted > n) wanted = n;
  bb_best_first(f->candidates, n, wanted);
  for (size_t i = 0; i < wanted && !status; i++) {
    size_t first = f->candidates[i].index / MAX_ANSWER_TOKENS;
    size_t last = first + f->candidates[i].index % MAX_ANSWER_TOKENS;
    biobert_answer_span span = whole_words(window, first, last, f->candidates[i].score);
    status = add_answer(f, &span, err);
    if (!status && bb_cancelled(&s->cancel, 0))
      status = bb_fail(err, BIOBERT_INTERRUPTED, "interrupted");
  }
  return status;
}

static biobert_status read_windows(finder *f, const bb_pieces *question,
                                   const bb_pieces *context, size_t room, size_t overlap,
                                   biobert_error *err) {
  const bb_windows windows = {room, overlap};
  bb_stretch asked = {question->items, question->count}, window;
  for (size_t i = 0; bb_window_at(context, &windows, i, &window); i++) {
    biobert_status status = read_window(f, asked, window, err);
    if (status) return status;
  }
  return BIOBERT_OK;
}

/* The best k, best first; equal ones in the order found. */
static biobert_status take_best(finder *f, biobert_answer_span **out, size_t *count,
                                biobert_error *err) {
  const biobert_allocator *a = &f->s->allocator;
  size_t k = f->k < f->count ? f->k : f->count;
  bb_scored *order = bb_alloc(a, f->count, sizeof *order);
  biobert_answer_span *best = bb_alloc(a, k, sizeof *best);
  if (!order || !best) {
    bb_free(a, order);
    bb_free(a, best);
    return bb_no_memory(err, "answers");
  }
  for (size_t i = 0; i < f->count; i++) order[i] = (bb_scored){f->found[i].span.score, i};
  bb_best_first(order, f->count, k);
  for (size_t i = 0; i < k; i++) best[i] = f->found[order[i].index].span;
  bb_free(a, order);
  *out = best;
  *count = k;
  return BIOBERT_OK;
}

static biobert_status new_buffers(finder *f, size_t tokens, biobert_error *err) {
  const biobert_allocator *a = &f->s->allocator;
  f->logits = bb_alloc(a, tokens, 2 * sizeof *f->logits);
  f->first = bb_alloc(a, tokens, sizeof *f->first);
  f->last = bb_alloc(a, tokens, sizeof *f->last);
  f->candidates = bb_alloc(a, tokens, MAX_ANSWER_TOKENS * sizeof *f->candidates);
  return f->logits && f->first && f->last && f->candidates ? BIOBERT_OK
                                                           : bb_no_memory(err, "answers");
}

static void free_buffers(finder *f) {
  const biobert_allocator *a = &f->s->allocator;
  bb_free(a, f->logits);
  bb_free(a, f->first);
  bb_free(a, f->last);
  bb_free(a, f->candidates);
  bb_free(a, f->found);
}

/* "No answer" is at 0, 0 whatever the text. */
static biobert_status add_no_answer(finder *f, biobert_error *err) {
  if (!bb_grow(&f->s->allocator, (void **)&f->found, &f->capacity, f->count,
               sizeof *f->found))
    return bb_no_memory(err, "answers");
  f->found[f->count++] = (answer){.span = {.score = f->least_null}};
  return BIOBERT_OK;
}

biobert_status biobert_answer(biobert_session *s, biobert_str question,
                              biobert_str context, size_t k,
                              biobert_answer_span **answers, size_t *count,
                              biobert_error *err) {
  size_t sequence =
      s->model->max_tokens < MAX_SEQUENCE ? s->model->max_tokens : MAX_SEQUENCE;
  size_t overlap = sequence / 2 < MAX_OVERLAP ? sequence / 2 : MAX_OVERLAP;
  bb_pieces asked = {0}, pieces = {0};
  finder f = {.s = s, .context = context, .k = k, .least_null = 1};
  biobert_status status = bb_session_need_head(s, BIOBERT_HEAD_ANSWER, err);
  if (!status && sequence <= BB_SPECIALS_PAIR + overlap)
    status = bb_fail(err, BIOBERT_RANGE,
                     "max_tokens %zu: too few for a question and a part of a text",
                     s->model->max_tokens);
  if (!status) status = bb_session_prepare(s, err);
  if (status) return status;
  size_t room = sequence - BB_SPECIALS_PAIR;
  size_t longest = room - overlap - 1; /* beside a window that gets on */
  status = bb_pieces_read(s, question, room + 1, &asked, err);
  if (!status) status = bb_pieces_read(s, context, SIZE_MAX, &pieces, err);
  if (asked.count > longest && asked.count + pieces.count > room) asked.count = longest;
  if (!status) status = new_buffers(&f, sequence, err);
  if (!status)
    status = read_windows(&f, &asked, &pieces, room - asked.count, overlap, err);
  if (!status && s->model->options.no_answer) status = add_no_answer(&f, err);
  if (!status) status = take_best(&f, answers, count, err);
  free_buffers(&f);
  bb_pieces_free(&asked);
  bb_pieces_free(&pieces);
  return status;
}
