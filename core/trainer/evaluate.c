/* evaluate.c - metrics of texts, tokens and masked words. */
#include "trainer/evaluate.h"

#include <math.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/status.h"
#include "trainer/metrics.h"
#include "trainer/tags.h"

/* All examples, in their order, as one step without derivatives ------------------------ */

/* What the head says of all sequences: the logits that the task's losses are of. */
typedef struct heard {
  bb_step_batch all;
  float *logits; /* one below another; of tokens or of texts */
  size_t width;  /* of a row */
  double loss;
} heard;

biobert_status bb_every_example(const bb_evaluation *e, bb_step_batch *out,
                                biobert_error *err) {
  const size_t count = e->set->examples.count;
  size_t *order = bb_alloc(NULL, count, sizeof *order);
  if (!order) return bb_no_memory(err, "training: evaluation");
  for (size_t i = 0; i < count; i++) order[i] = i;
  biobert_status status =
      bb_step_batch_make(&e->set->examples, order, count, e->masking, out, err);
  bb_free(NULL, order);
  return status;
}

static biobert_status read_part(const bb_evaluation *e, const bb_step_part *part,
                                float *logits, double *loss, biobert_error *err) {
  bb_learner *l = e->learner;
  const bb_learner_batch batch = bb_part_batch(part);
  double share = 0;
  l->heads_pass.logits = logits;
  biobert_status status = bb_learner_read(l, &batch, err);
  if (!status) status = e->loss(l, part, &share, err);
  *loss += share;
  return status;
}

/* of_tokens: the head has a row of logits for each token, else for each text. */
static biobert_status read_parts(const bb_evaluation *e, heard *s, bool of_tokens,
                                 biobert_error *err) {
  bb_heads_pass *h = &e->learner->heads_pass;
  const bb_heads_pass learning = *h;
  size_t *starts = bb_alloc(NULL, s->all.sequences + 1, sizeof *starts);
  biobert_status status = starts ? BIOBERT_OK : bb_no_memory(err, "training: evaluation");
  h->gradient = NULL;
  h->targets = e->targets(&s->all);
  for (size_t first = 0; first < s->all.sequences && !status;) {
    const bb_step_part part = bb_part_at(&s->all, first, e->batch, starts);
    const size_t row = of_tokens ? s->all.starts[first] : first;
    status =
        read_part(e, &part, s->logits ? s->logits + row * s->width : NULL, &s->loss, err);
    first = part.end;
  }
  h->gradient = learning.gradient;
  h->targets = learning.targets;
  h->logits = NULL;
  bb_free(NULL, starts);
  return status;
}

/* width 0: the loss alone is wanted. */
static biobert_status listen(const bb_evaluation *e, size_t width, bool of_tokens,
                             heard *s, biobert_error *err) {
  *s = (heard){.width = width};
  biobert_status status = bb_every_example(e, &s->all, err);
  if (status) return status;
  const size_t rows = of_tokens ? s->all.tokens : s->all.sequences;
  if (width) s->logits = bb_alloc_floats(NULL, rows * width);
  if (width && !s->logits) return bb_no_memory(err, "training: evaluation");
  return read_parts(e, s, of_tokens, err);
}

static void forget(heard *s) {
  bb_step_batch_free(&s->all);
  bb_free_aligned(NULL, s->logits);
}

static size_t label_count(const bb_evaluation *e) {
  return e->learner->heads.labels.count;
}

static size_t best_of(const float *logits, size_t n) {
  size_t best = 0;
  for (size_t i = 1; i < n; i++)
    if (logits[i] > logits[best]) best = i;
  return best;
}

/* Masked words ----------------------------------------------------------------------- */

biobert_status bb_measure_perplexity(bb_evaluation *e, double *value,
                                     biobert_error *err) {
  heard s;
  biobert_status status = listen(e, 0, true, &s, err);
  *value = exp(s.loss);
  forget(&s);
  return status;
}

/* Classes ---------------------------------------------------------------------------- */

static void count_class(bb_counts *classes, size_t class, bool is, bool said) {
  classes[class].right += is && said;
  classes[class].wrong += said && !is;
  classes[class].missed += is && !said;
}

/* One label: the likeliest. Several: those likelier than not, each for itself. True: all
 * of the text are right. */
static bool count_text(const bb_evaluation *e, const heard *s, size_t text,
                       bb_counts *classes) {
  const size_t L = s->width;
  const float *logits = s->logits + text * L;
  bool right = true;
  for (size_t i = 0; i < L; i++) {
    const bool is = e->multiple ? s->all.numbers[text * L + i] > 0.5f
                                : (size_t)s->all.labels[text] == i;
    const bool told = e->multiple ? logits[i] > 0 : best_of(logits, L) == i;
    count_class(classes, i, is, told);
    right = right && is == told;
  }
  return right;
}

biobert_status bb_measure_labels(bb_evaluation *e, double *value, biobert_error *err) {
  const size_t L = label_count(e);
  heard s;
  size_t right = 0;
  biobert_status status = listen(e, L, false, &s, err);
  bb_counts *classes = bb_alloc_zeroed(NULL, L, sizeof *classes);
  if (!status && !classes) status = bb_no_memory(err, "training: evaluation");
  for (size_t i = 0; !status && i < s.all.examples; i++)
    right += count_text(e, &s, i, classes);
  if (!status) {
    *value = bb_macro_f1(classes, L);
    snprintf(e->note, sizeof e->note, "accuracy %.4f",
             (double)right / (double)s.all.examples);
  }
  bb_free(NULL, classes);
  forget(&s);
  return status;
}

/* Numbers ---------------------------------------------------------------------------- */

typedef bool metric_fn(const float *said, const float *targets, size_t count,
                       double *out);

static biobert_status measure_numbers(bb_evaluation *e, metric_fn *metric, double *value,
                                      biobert_error *err) {
  heard s;
  biobert_status status = listen(e, 1, false, &s, err);
  if (!status && !metric(s.logits, s.all.numbers, s.all.examples, value))
    status = bb_no_memory(err, "training: evaluation");
  forget(&s);
  return status;
}

biobert_status bb_measure_ranks(bb_evaluation *e, double *value, biobert_error *err) {
  return measure_numbers(e, bb_spearman, value, err);
}

biobert_status bb_measure_precision(bb_evaluation *e, double *value, biobert_error *err) {
  return measure_numbers(e, bb_average_precision, value, err);
}

/* Entities --------------------------------------------------------------------------- */

/* Labels of a sequence's words, one after another, to spans of words: equal spans of equal
 * tags are right. */
typedef struct tagged_span {
  size_t first, end; /* words */
  biobert_str tag;
} tagged_span;

/* The span that begins at word `at` or later; false: none. */
static bool next_span(const bb_labels *labels, const int32_t *words, size_t count,
                      size_t at, tagged_span *out) {
  while (at < count && bb_label_is_outside(&labels->items[words[at]])) at++;
  if (at == count) return false;
  const size_t first = at++;
  while (at < count && !bb_label_is_outside(&labels->items[words[at]]) &&
         bb_label_joins(&labels->items[words[at - 1]], &labels->items[words[at]]))
    at++;
  *out = (tagged_span){first, at, labels->items[words[first]].tag};
  return true;
}

static bool equal_spans(const tagged_span *a, const tagged_span *b) {
  return a->first == b->first && a->end == b->end && a->tag.len == b->tag.len &&
         memcmp(a->tag.data, b->tag.data, a->tag.len) == 0;
}

/* Both lists of spans rise, and neither overlaps itself: they are walked side by side. */
static void count_spans(const bb_labels *labels, const int32_t *is, const int32_t *told,
                        size_t words, bb_counts *counts) {
  tagged_span a, b;
  bool has_a = next_span(labels, is, words, 0, &a);
  bool has_b = next_span(labels, told, words, 0, &b);
  while (has_a || has_b) {
    const bool both = has_a && has_b && equal_spans(&a, &b);
    const bool takes_a = has_a && (!has_b || a.first <= b.first);
    const bool takes_b = has_b && (!has_a || b.first <= a.first);
    counts->right += both;
    counts->missed += takes_a && !both;
    counts->wrong += takes_b && !both;
    if (takes_a) has_a = next_span(labels, is, words, a.end, &a);
    if (takes_b) has_b = next_span(labels, told, words, b.end, &b);
  }
}

/* The labels of words: of their first pieces. */
static size_t gather_words(const heard *s, size_t sequence, int32_t *is, int32_t *told) {
  size_t words = 0;
  for (size_t t = s->all.starts[sequence]; t < s->all.starts[sequence + 1]; t++) {
    if (s->all.token_targets[t] == BB_NO_TARGET) continue;
    is[words] = s->all.token_targets[t];
    told[words++] = (int32_t)best_of(s->logits + t * s->width, s->width);
  }
  return words;
}

biobert_status bb_measure_spans(bb_evaluation *e, double *value, biobert_error *err) {
  heard s;
  bb_counts counts = {0};
  biobert_status status = listen(e, label_count(e), true, &s, err);
  int32_t *is = bb_alloc(NULL, s.all.tokens, 2 * sizeof *is);
  if (!status && !is) status = bb_no_memory(err, "training: evaluation");
  for (size_t i = 0; !status && i < s.all.sequences; i++) {
    const size_t words = gather_words(&s, i, is, is + s.all.tokens);
    count_spans(&e->learner->heads.labels, is, is + s.all.tokens, words, &counts);
  }
  *value = bb_f1(&counts);
  bb_free(NULL, is);
  forget(&s);
  return status;
}

/* Answers ---------------------------------------------------------------------------- */

enum { ENDS = 2, MAX_ANSWER_TOKENS = 15 }; /* as core/api/answers.c */

typedef struct best_answer {
  double score; /* logit of the first token + logit of the last; -INFINITY: none yet */
  double none;  /* the same of "no answer": the least of the row's windows */
  size_t start, end; /* bytes of the context */
} best_answer;

/* The byte after a token: where the next one begins, without the space before it. */
static size_t token_end(const heard *s, size_t t, size_t last, biobert_str context) {
  size_t end = t < last ? (size_t)s->all.token_targets[t + 1] : context.len;
  while (end > 0 && (context.data[end - 1] == ' ' || context.data[end - 1] == '\n'))
    end--;
  return end;
}

static void read_window(const heard *s, size_t sequence, biobert_str context,
                        best_answer *best) {
  const int32_t *labels = s->all.labels + sequence * s->all.label_width;
  const size_t cls = s->all.starts[sequence];
  const size_t first = cls + (size_t)labels[BB_ANSWER_WINDOW];
  const size_t count = (size_t)labels[BB_ANSWER_COUNT];
  const double none = (double)s->logits[cls * ENDS] + (double)s->logits[cls * ENDS + 1];
  if (none < best->none) best->none = none;
  for (size_t i = first; i < first + count; i++)
    for (size_t j = i; j < first + count && j < i + MAX_ANSWER_TOKENS; j++) {
      const double score = (double)s->logits[i * ENDS] + (double)s->logits[j * ENDS + 1];
      if (score <= best->score) continue;
      best->score = score;
      best->start = (size_t)s->all.token_targets[i];
      best->end = token_end(s, j, first + count - 1, context);
    }
}

static biobert_status score_row(const bb_answer_row *row, const best_answer *best,
                                bb_answer_score *sums, biobert_error *err) {
  bb_answer_score score;
  const bool answers = best->score > best->none && best->end > best->start;
  const biobert_str said = {row->context + best->start,
                            answers ? best->end - best->start : 0};
  const biobert_str expected = row->answer ? bb_str(row->answer) : (biobert_str){"", 0};
  if (!bb_answer_compare(said, expected, &score))
    return bb_no_memory(err, "training: evaluation");
  sums->f1 += score.f1;
  sums->exact = score.exact;
  return BIOBERT_OK;
}

/* Windows of one row are neighbours. */
static biobert_status score_answers(const bb_evaluation *e, const heard *s, double *f1,
                                    double *exact, biobert_error *err) {
  const bb_examples *x = &e->set->examples;
  bb_answer_score sums = {0};
  size_t rows = 0, exact_rows = 0;
  biobert_status status = BIOBERT_OK;
  for (size_t i = 0; i < x->count && !status; rows++) {
    const bb_answer_row *row = &e->set->answers[x->rows[i]];
    best_answer best = {.score = -INFINITY, .none = INFINITY};
    const size_t number = x->rows[i];
    for (; i < x->count && x->rows[i] == number; i++)
      read_window(s, i, bb_str(row->context), &best);
    status = score_row(row, &best, &sums, err);
    exact_rows += sums.exact;
  }
  *f1 = sums.f1 / (double)rows;
  *exact = (double)exact_rows / (double)rows;
  return status;
}

biobert_status bb_measure_answers(bb_evaluation *e, double *value, biobert_error *err) {
  heard s;
  double exact = 0;
  biobert_status status = listen(e, ENDS, true, &s, err);
  if (!status) status = score_answers(e, &s, value, &exact, err);
  snprintf(e->note, sizeof e->note, "exact match %.4f", exact);
  forget(&s);
  return status;
}
