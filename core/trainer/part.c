/* part.c - parts of a step, and their losses by the task heads. */
#include "trainer/part.h"

#include "base/mem.h"
#include "base/status.h"
#include "trainer/rows.h"

bb_step_part bb_part_at(const bb_step_batch *step, size_t first, size_t tokens,
                        size_t *starts) {
  size_t end = first + 1;
  while (end < step->sequences && step->starts[end + 1] - step->starts[first] <= tokens)
    end++;
  for (size_t i = first; i <= end; i++)
    starts[i - first] = step->starts[i] - step->starts[first];
  return (bb_step_part){step, first, end, starts};
}

size_t bb_part_tokens(const bb_step_part *p) {
  return p->step->starts[p->end] - p->step->starts[p->first];
}

bb_learner_batch bb_part_batch(const bb_step_part *p) {
  const size_t token = p->step->starts[p->first];
  return (bb_learner_batch){
      .batch = {p->step->ids + token, p->step->types + token, p->starts,
                p->end - p->first},
      .before = token
  };
}

/* Losses ----------------------------------------------------------------------------- */

/* The first of rising positions at or after a token. */
static size_t first_from(const size_t *positions, size_t count, size_t token) {
  size_t low = 0, high = count;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (positions[middle] < token)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

biobert_status bb_part_masked(bb_learner *l, const bb_step_part *p, double *loss,
                              biobert_error *err) {
  const bb_step_batch *s = p->step;
  const size_t token = s->starts[p->first];
  const size_t first = first_from(s->masked_at, s->masked, token);
  const size_t end = first_from(s->masked_at, s->masked, s->starts[p->end]);
  size_t *positions = bb_alloc(NULL, end - first, sizeof *positions);
  if (!positions) return bb_no_memory(err, "training: a batch");
  for (size_t i = first; i < end; i++) positions[i - first] = s->masked_at[i] - token;
  const bb_masked masked = {positions, s->masked_were + first, end - first};
  biobert_status status = bb_heads_masked(&l->heads_pass, &masked, loss, err);
  bb_free(NULL, positions);
  return status;
}

static biobert_status texts_loss(bb_learner *l, const bb_step_part *p, bb_text_loss which,
                                 double *loss, biobert_error *err) {
  const bb_step_batch *s = p->step;
  const bb_text_targets targets = {
      which, s->label_width ? s->labels + p->first * s->label_width : NULL,
      s->number_width ? s->numbers + p->first * s->number_width : NULL};
  return bb_heads_texts(&l->heads_pass, &targets, loss, err);
}

biobert_status bb_part_labels(bb_learner *l, const bb_step_part *p, double *loss,
                              biobert_error *err) {
  return texts_loss(l, p, BB_TEXT_LOSS_SOFTMAX, loss, err);
}

biobert_status bb_part_targets(bb_learner *l, const bb_step_part *p, double *loss,
                               biobert_error *err) {
  return texts_loss(l, p, BB_TEXT_LOSS_BINARY, loss, err);
}

biobert_status bb_part_squares(bb_learner *l, const bb_step_part *p, double *loss,
                               biobert_error *err) {
  return texts_loss(l, p, BB_TEXT_LOSS_SQUARES, loss, err);
}

biobert_status bb_part_tokens_loss(bb_learner *l, const bb_step_part *p, double *loss,
                                   biobert_error *err) {
  return bb_heads_tokens(&l->heads_pass,
                         p->step->token_targets + p->step->starts[p->first], loss, err);
}

biobert_status bb_part_answers(bb_learner *l, const bb_step_part *p, double *loss,
                               biobert_error *err) {
  const bb_step_batch *s = p->step;
  const size_t count = p->end - p->first;
  bb_answer_target *targets = bb_alloc(NULL, count, sizeof *targets);
  if (!targets) return bb_no_memory(err, "training: a batch");
  for (size_t i = 0; i < count; i++) {
    const int32_t *labels = s->labels + (p->first + i) * s->label_width;
    targets[i] = (bb_answer_target){(size_t)labels[BB_ANSWER_FIRST],
                                    (size_t)labels[BB_ANSWER_LAST]};
  }
  biobert_status status = bb_heads_answers(&l->heads_pass, targets, loss, err);
  bb_free(NULL, targets);
  return status;
}

/* Targets of a step ------------------------------------------------------------------ */

size_t bb_count_masked(const bb_step_batch *step) {
  return step->masked;
}

size_t bb_count_texts(const bb_step_batch *step) {
  return step->examples;
}

size_t bb_count_tokens(const bb_step_batch *step) {
  size_t count = 0;
  for (size_t i = 0; i < step->tokens; i++)
    count += step->token_targets[i] != BB_NO_TARGET;
  return count;
}
