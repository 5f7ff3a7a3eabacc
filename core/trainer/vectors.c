/* vectors.c - steps and metrics of tasks whose loss is of vectors: `embed`, `distil`. */
#include "trainer/vectors.h"

#include "base/mem.h"
#include "base/status.h"
#include "train/pass_steps.h"
#include "train/vector_losses.h"
#include "base/stop.h"

/* Vectors of a step ------------------------------------------------------------------ */

/* All texts of a step, and their vectors. */
typedef struct texts {
  const bb_step_batch *step;
  bb_learner *learner;
  size_t part_tokens, n;
  uint32_t number; /* of the step, for dropout */
  bool dropout;
  size_t *starts;   /* scratch: [sequences + 1] */
  size_t *left_out; /* [sequences] */
  float *vectors;   /* [sequences, n] */
  float *d;         /* the same: derivatives */
} texts;

static size_t width_of(const bb_learner *l) {
  return bb_pipeline_dimension(&l->pipeline, l->bert.config.hidden);
}

/* Sequence `number` is of example number % examples, and there number / examples. */
static size_t left_out_of(const bb_step_batch *step, size_t number) {
  const size_t example = number % step->examples, which = number / step->examples;
  return (size_t)step->labels[example * step->label_width + BB_EMBED_LEFT_OUT + which];
}

static biobert_status open_texts(texts *x, biobert_error *err) {
  const size_t count = x->step->sequences;
  x->n = width_of(x->learner);
  x->starts = bb_alloc(NULL, count + 1, sizeof *x->starts);
  x->left_out = bb_alloc(NULL, count, sizeof *x->left_out);
  x->vectors = bb_alloc_floats(NULL, count * x->n);
  x->d = bb_alloc_floats(NULL, count * x->n);
  if (!x->starts || !x->left_out || !x->vectors || !x->d)
    return bb_no_memory(err, "training: vectors");
  for (size_t i = 0; i < count; i++) x->left_out[i] = left_out_of(x->step, i);
  return BIOBERT_OK;
}

static void close_texts(texts *x) {
  bb_free(NULL, x->starts);
  bb_free(NULL, x->left_out);
  bb_free_aligned(NULL, x->vectors);
  bb_free_aligned(NULL, x->d);
}

/* The vectors of the part that begins at `first`; its end. */
static biobert_status read_part(texts *x, size_t first, size_t *end, biobert_error *err) {
  bb_learner *l = x->learner;
  const bb_step_part part = bb_part_at(x->step, first, x->part_tokens, x->starts);
  bb_learner_batch batch = bb_part_batch(&part);
  batch.step = x->number;
  batch.dropout = x->dropout;
  l->vectors_pass.left_out = x->left_out + first;
  *end = part.end;
  biobert_status status = bb_learner_read(l, &batch, err);
  return status ? status
                : bb_vectors_forward(&l->vectors_pass, x->vectors + first * x->n, err);
}

static biobert_status read_all(texts *x, size_t *parts, biobert_error *err) {
  biobert_status status = BIOBERT_OK;
  *parts = 0;
  for (size_t first = 0; first < x->step->sequences && !status; ++*parts)
    status = read_part(x, first, &first, err);
  return status;
}

/* Each part once more, unless there is one: then the learner still has what it kept. */
static biobert_status learn_all(texts *x, size_t parts, biobert_error *err) {
  bb_learner *l = x->learner;
  biobert_status status = BIOBERT_OK;
  for (size_t first = 0, end = x->step->sequences; first < x->step->sequences && !status;
       first = end) {
    if (parts > 1) status = read_part(x, first, &end, err);
    if (!status)
      status =
          bb_vectors_backward(&l->vectors_pass, x->d + first * x->n, l->dstates, err);
    if (!status) status = bb_learner_backward(l, err);
  }
  return status;
}

/* Losses ----------------------------------------------------------------------------- */

/* [examples * (group - 1)] numbers of the candidates' texts, in their order. */
static uint32_t *candidate_texts(const bb_step_batch *step) {
  const size_t count = step->examples * (step->group - 1);
  uint32_t *numbers = bb_alloc(NULL, count, sizeof *numbers);
  for (size_t i = 0; numbers && i < count; i++)
    numbers[i] = (uint32_t)step->labels[i % step->examples * step->label_width +
                                        BB_EMBED_TEXT + 1 + i / step->examples];
  return numbers;
}

static biobert_status pairs_loss(texts *x, double *loss, biobert_error *err) {
  const bb_step_batch *s = x->step;
  const bb_steps steps = bb_steps_of(&x->learner->pass);
  uint32_t *numbers = candidate_texts(s);
  if (!numbers) return bb_no_memory(err, "training: vectors");
  const bb_pairs pairs = {.vectors = x->vectors,
                          .pairs = s->examples,
                          .negatives = (s->group - 2) * s->examples,
                          .n = x->n,
                          .texts = numbers};
  biobert_status status = bb_loss_pairs(&steps, &pairs, loss, x->d, err);
  bb_free(NULL, numbers);
  return status;
}

static double teacher_loss(texts *x) {
  const bb_step_batch *s = x->step;
  memcpy(x->d, x->vectors, s->sequences * x->n * sizeof *x->d);
  return bb_loss_teacher(x->d, s->numbers, s->sequences, x->n, s->sequences);
}

biobert_status bb_learn_vectors(bb_learner *l, const bb_vectors_step *v, double *loss,
                                biobert_error *err) {
  texts x = {.step = v->step,
             .learner = l,
             .part_tokens = v->part_tokens,
             .number = v->number,
             .dropout = true};
  size_t parts = 0;
  biobert_status status = open_texts(&x, err);
  if (!status) status = read_all(&x, &parts, err);
  if (!status && v->has_teacher)
    *loss = teacher_loss(&x);
  else if (!status)
    status = pairs_loss(&x, loss, err);
  if (!status) status = learn_all(&x, parts, err);
  close_texts(&x);
  return status;
}

/* Metrics ---------------------------------------------------------------------------- */

static biobert_status read_set(bb_evaluation *e, bb_step_batch *all, texts *x,
                               biobert_error *err) {
  size_t parts;
  biobert_status status = bb_every_example(e, all, err);
  *x = (texts){.step = all, .learner = e->learner, .part_tokens = e->batch};
  if (!status) status = open_texts(x, err);
  if (!status) status = read_all(x, &parts, err);
  return status;
}

static double cosine(const float *a, const float *b, size_t n) {
  return 1 - biobert_vector_distance(a, b, n, BIOBERT_COSINE);
}

/* The rank of an anchor's positive among all positives, from 1; those that are equal to it
 * do not stand before it. */
static size_t rank_of(const texts *x, const uint32_t *numbers, size_t anchor) {
  const size_t pairs = x->step->examples;
  const float *a = x->vectors + anchor * x->n;
  const float *positives = x->vectors + pairs * x->n;
  const double own = cosine(a, positives + anchor * x->n, x->n);
  size_t rank = 1;
  for (size_t i = 0; i < pairs; i++)
    rank += numbers[i] != numbers[anchor] && cosine(a, positives + i * x->n, x->n) > own;
  return rank;
}

/* Mean reciprocal rank: 0 beyond the tenth. */
biobert_status bb_measure_neighbours(bb_evaluation *e, double *value,
                                     biobert_error *err) {
  enum { DEPTH = 10 };
  bb_step_batch all = {0};
  texts x = {0};
  double sum = 0;
  biobert_status status = read_set(e, &all, &x, err);
  uint32_t *numbers = status ? NULL : candidate_texts(&all);
  if (!status && !numbers) status = bb_no_memory(err, "training: evaluation");
  for (size_t i = 0; i < all.examples && !status; i++) {
    const size_t rank = rank_of(&x, numbers, i);
    if (rank <= DEPTH) sum += 1 / (double)rank;
    if (bb_cancelled(e->learner->wish.cancel, 0))
      status = bb_interrupted(err, "training: evaluation");
  }
  *value = all.examples ? sum / (double)all.examples : 0;
  bb_free(NULL, numbers);
  close_texts(&x);
  bb_step_batch_free(&all);
  return status;
}

biobert_status bb_measure_cosine(bb_evaluation *e, double *value, biobert_error *err) {
  bb_step_batch all = {0};
  texts x = {0};
  double sum = 0;
  biobert_status status = read_set(e, &all, &x, err);
  for (size_t i = 0; i < all.examples && !status; i++)
    sum += cosine(x.vectors + i * x.n, all.numbers + i * x.n, x.n);
  *value = all.examples ? sum / (double)all.examples : 0;
  close_texts(&x);
  bb_step_batch_free(&all);
  return status;
}
