/* begin.c - from rows to a run: checks, labels, weights, the plan of steps, and the last
 * checkpoint. */
#include <math.h>
#include <stdio.h>

#include "api/runtime.h"
#include "base/mem.h"
#include "base/sha256.h"
#include "base/status.h"
#include "trainer/tags.h"
#include "trainer/trainer.h"

/* Rows ------------------------------------------------------------------------------- */

static int by_hash(const void *a, const void *b) {
  const bb_row_hash *x = a, *y = b;
  if (x->high != y->high) return x->high < y->high ? -1 : 1;
  return (x->low > y->low) - (x->low < y->low);
}

/* A model is not measured by what it has learnt by heart. */
static biobert_status refuse_leaks(const biobert_training *t, biobert_error *err) {
  bb_row_set *learn = t->learn;
  if (!learn->hash_count) return BIOBERT_OK;
  qsort(learn->hashes, learn->hash_count, sizeof *learn->hashes, by_hash);
  for (size_t i = 0; i < t->held_out->hash_count; i++) {
    const bb_row_hash *hash = &t->held_out->hashes[i];
    const bb_row_hash *same =
        bsearch(hash, learn->hashes, learn->hash_count, sizeof *learn->hashes, by_hash);
    if (same)
      return bb_fail(err, BIOBERT_RANGE,
                     "evaluate, row %zu: the query has the same text in row %zu; a model "
                     "that has seen it says nothing by it: leave it out of one of them",
                     hash->row, same->row);
  }
  return BIOBERT_OK;
}

static biobert_status check_rows(const biobert_training *t, biobert_error *err) {
  for (size_t i = 0; i < 2; i++) {
    const bb_row_set *set = &t->sets[i];
    const bool wanted = i == BIOBERT_LEARN || t->evaluate;
    if (wanted && set->examples.count == 0)
      return bb_fail(err, BIOBERT_RANGE,
                     "%s: no row to learn from (%zu rows, of which %zu have a NULL)",
                     set->name, set->rows, set->skipped);
  }
  return refuse_leaks(t, err);
}

/* Labels ----------------------------------------------------------------------------- */

/* The labels of the head: those of the rows, or of entities O and B- and I- of each. */
static biobert_status head_labels(const biobert_training *t, bb_label_names *out,
                                  biobert_error *err) {
  const bb_label_names *names = &t->reader.labels;
  const bool tags = t->task->head == BB_TASK_NER;
  biobert_status status = BIOBERT_OK;
  *out = (bb_label_names){0};
  if (tags) status = bb_label_names_add(out, bb_str("O"), err);
  for (size_t i = 0; i < names->count && !status; i++) {
    char tag[BB_MAX_LABEL_BYTES + 3];
    for (const char *part = tags ? "BI" : "-"; *part && !status; part++) {
      snprintf(tag, sizeof tag, tags ? "%c-%s" : "%c%s", *part, names->items[i]);
      status = bb_label_names_add(out, bb_str(tags ? tag : tag + 1), err);
    }
  }
  return status;
}

/* A head that was kept has its own order. */
static void renumber(int32_t *labels, size_t count, const int32_t *numbers) {
  for (size_t i = 0; i < count; i++)
    if (labels[i] != BB_NO_TARGET) labels[i] = numbers[labels[i]];
}

/* Several labels a text: a row of 0 and 1 for each. */
static biobert_status spread_labels(bb_row_set *set, size_t labels,
                                    const int32_t *numbers, biobert_error *err) {
  bb_examples *e = &set->examples;
  e->number_width = labels;
  e->numbers = bb_alloc_zeroed(NULL, e->count, labels * sizeof *e->numbers);
  if (!e->numbers) return bb_no_memory(err, "training: labels");
  for (size_t i = 0; i < set->pair_count; i++) {
    const bb_label_pair *pair = &set->pairs[i];
    e->numbers[pair->example * labels + (size_t)numbers[pair->label]] = 1;
  }
  return BIOBERT_OK;
}

static biobert_status settle_labels(biobert_training *t, const bb_start *start,
                                    biobert_error *err) {
  biobert_status status = BIOBERT_OK;
  for (size_t i = 0; i < 2 && start->numbers && !status; i++) {
    bb_examples *e = &t->sets[i].examples;
    if (t->multiple)
      status = spread_labels(&t->sets[i], start->heads.labels.count, start->numbers, err);
    else if (t->task->head == BB_TASK_NER)
      renumber(e->token_targets, e->tokens, start->numbers);
    else
      renumber(e->labels, e->count, start->numbers);
  }
  return status;
}

static biobert_status check_labels(const biobert_training *t, biobert_error *err) {
  const bb_label_names *names = &t->reader.labels;
  const bool one = t->task->head == BB_TASK_CLASSIFY && !t->multiple && names->count == 1;
  if (one)
    return bb_fail(err, BIOBERT_RANGE,
                   "query: all rows have the label '%s': there is nothing to tell apart",
                   names->items[0]);
  if (t->task->has_labels && names->count == 0)
    return bb_fail(err, BIOBERT_RANGE, "query: no row has a label");
  return BIOBERT_OK;
}

/* Weights ---------------------------------------------------------------------------- */

/* What the folder's config.json will say of the head's logits. */
static void settle_scoring(const biobert_training *t, bb_task_heads *heads) {
  const bool regresses = t->task->row == bb_row_regress;
  heads->scoring = t->task->head == BB_TASK_RERANK
                       ? (regresses ? BB_SCORING_RAW : BB_SCORING_SIGMOID)
                       : (t->multiple ? BB_SCORING_SIGMOID : BB_SCORING_SOFTMAX);
  heads->rerank = bb_activation_find(bb_str(regresses ? "linear" : "sigmoid"));
}

/* Of a BERT's answers there is none, whatever the options say: transformers'
 * BertForQuestionAnswering. */
static bool has_dropout(const bb_bert_config *c, bb_task head) {
  return head != BB_TASK_ANSWER || c->family == BB_FAMILY_DISTILBERT;
}

static bb_learner_wish learner_wish(biobert_training *t) {
  const biobert_training_options *o = &t->options;
  const bb_task head = t->task->head;
  const bb_bert_config *c = &t->model->bert.config;
  const bool said = o->dropout >= 0; /* then everywhere where the model has any */
  const float given = (float)o->dropout;
  return (bb_learner_wish){
      .freeze = o->freeze,
      .frozen_layers = o->frozen_layers,
      .trains_pooler = head == BB_TASK_CLASSIFY || head == BB_TASK_RERANK,
      .dropout = said ? given : c->dropout,
      .attention_dropout = said ? given : c->attention_dropout,
      .head_dropout = said && has_dropout(c, head) ? given : c->head_dropout[head],
      .seed = o->seed,
      .pad = t->model->tokenizer.pad,
      .workers = o->threads ? o->threads : bb_runtime_threads(),
      .cancel = &t->cancel,
  };
}

/* The model's pipeline, or with options.projection one more layer, to the teacher's
 * dimension. */
static biobert_status copy_pipeline(const biobert_training *t, bb_pipeline *out,
                                    biobert_error *err) {
  const biobert_model *m = t->model;
  if (!bb_training_is_vectors(t)) return BIOBERT_OK;
  biobert_status status = bb_pipeline_copy(&m->pipeline, out, err);
  if (status || !t->teacher) return status;
  const size_t wanted = biobert_model_dimension(t->teacher);
  if (t->options.projection)
    status =
        bb_pipeline_project(out, m->bert.config.hidden, wanted, t->options.seed, err);
  const size_t has = bb_pipeline_dimension(out, m->bert.config.hidden);
  if (status || has == wanted) return status;
  return bb_fail(err, BIOBERT_RANGE,
                 "distil: the model's vectors have %zu values, the teacher's %zu: "
                 "{\"projection\": true} adds a layer",
                 has, wanted);
}

/* The weights are the learner's from then on. */
static biobert_status open_learner(biobert_training *t, bb_start *start,
                                   biobert_error *err) {
  const bb_learner_wish how = learner_wish(t);
  bb_learnt learnt = {.bert = start->bert, .heads = start->heads};
  biobert_status status = copy_pipeline(t, &learnt.pipeline, err);
  if (status) {
    bb_pipeline_free(&learnt.pipeline);
    return status;
  }
  settle_scoring(t, &learnt.heads);
  start->bert.weights = (bb_bert_weights){0};
  start->heads = (bb_task_heads){0};
  t->has_learner = true;
  return bb_learner_open(&t->learner, &how, &learnt, err);
}

static biobert_status begin_learner(biobert_training *t, biobert_error *err) {
  bb_label_names labels = {0};
  bb_start start = {0};
  biobert_status status = head_labels(t, &labels, err);
  const bb_start_wish wish = {t->model, t->task->head,
                              t->task->has_labels ? &labels : NULL, t->options.seed};
  if (!status) status = bb_start_read(&wish, &start, err);
  if (!status) status = settle_labels(t, &start, err);
  if (!status) status = open_learner(t, &start, err);
  bb_start_free(&start);
  bb_label_names_free(&labels);
  return status;
}

/* Plan ------------------------------------------------------------------------------- */

static size_t batches_of(biobert_training *t, uint64_t epoch) {
  const bb_examples *e = &t->learn->examples;
  size_t batches = 0;
  bb_epoch_order(t->options.seed, epoch, t->order, e->count);
  for (size_t first = 0; first < e->count; batches++)
    first = bb_epoch_batch_end(e, t->order, first, t->options.batch);
  return batches;
}

static uint64_t count_steps(biobert_training *t) {
  const double epochs = t->options.epochs, whole = floor(epochs);
  uint64_t steps = 0;
  if (t->options.steps) return t->options.steps;
  for (uint64_t epoch = 0; (double)epoch < whole; epoch++) steps += batches_of(t, epoch);
  if (epochs > whole)
    steps += (uint64_t)ceil((epochs - whole) * (double)batches_of(t, (uint64_t)whole));
  return steps;
}

static biobert_status plan_steps(biobert_training *t, biobert_error *err) {
  const double warmup = t->options.warmup;
  t->order = bb_alloc(NULL, t->learn->examples.count, sizeof *t->order);
  if (!t->order) return bb_no_memory(err, "training");
  t->schedule.steps = count_steps(t);
  t->schedule.warmup =
      (uint64_t)(warmup < 1 ? ceil(warmup * (double)t->schedule.steps) : warmup);
  for (size_t i = 0; bb_schedule_names[i]; i++)
    if (bb_schedule_names[i] == t->options.schedule)
      t->schedule.kind = (bb_schedule_kind)i;
  return BIOBERT_OK;
}

/* Puts the order of the epochs at the step that comes next, or at the end of an epoch
 * whose steps have been made and not yet been reported. */
static void find_place(biobert_training *t) {
  const bb_examples *e = &t->learn->examples;
  const bool pending = t->state.epoch_steps > 0;
  uint64_t step = 0;
  for (t->epoch = 0;; t->epoch++) {
    const uint64_t end = step + batches_of(t, t->epoch);
    if (end > t->state.step || (pending && end == t->state.step)) break;
    step = end;
  }
  for (t->next = 0; step < t->state.step; step++)
    t->next = bb_epoch_batch_end(e, t->order, t->next, t->options.batch);
  t->epoch_ended = pending && (t->next == e->count || t->state.step == t->schedule.steps);
}

/* Memory ----------------------------------------------------------------------------- */

static size_t longest_sequence(const biobert_training *t) {
  size_t longest = 0;
  for (size_t i = 0; i < 2; i++) {
    const bb_examples *e = &t->sets[i].examples;
    for (size_t j = 0; j < e->sequences; j++)
      if (e->starts[j + 1] - e->starts[j] > longest)
        longest = e->starts[j + 1] - e->starts[j];
  }
  return longest;
}

/* With a limit a step is read in parts, each forwards and backwards by itself. */
static biobert_status fit_memory(biobert_training *t, biobert_error *err) {
  const size_t limit = t->options.memory_limit, longest = longest_sequence(t);
  size_t most = t->options.batch > longest ? t->options.batch : longest;
  size_t least = longest;
  t->part_tokens = most;
  if (!limit || bb_learner_bytes(&t->learner, most, longest) <= limit) return BIOBERT_OK;
  const size_t needed = bb_learner_bytes(&t->learner, least, longest);
  if (needed > limit)
    return bb_fail(
        err, BIOBERT_RANGE,
        "options: memory_limit %zu: this model and texts of %zu tokens take %zu; "
        "raise it, or lower max_tokens",
        limit, longest, needed);
  while (least + 1 < most) {
    const size_t middle = least + (most - least) / 2;
    if (bb_learner_bytes(&t->learner, middle, longest) <= limit)
      least = middle;
    else
      most = middle;
  }
  t->part_tokens = least;
  return BIOBERT_OK;
}

/* Masking ---------------------------------------------------------------------------- */

static void plan_masking(biobert_training *t) {
  const bb_tokenizer *k = &t->model->tokenizer;
  static const uint64_t held_out_epoch = UINT64_MAX; /* of no epoch */
  t->never[0] = k->cls;
  t->never[1] = k->sep;
  t->never[2] = k->pad;
  t->never[3] = k->mask;
  t->masking = (bb_masking){.wanted = t->task->row == bb_row_masked,
                            .whole_words = t->options.whole_words,
                            .never = t->never,
                            .never_count = BB_NEVER_MASKED,
                            .mask = k->mask,
                            .vocabulary = t->model->bert.config.vocabulary,
                            .seed = t->options.seed};
  t->held_out_masking = t->masking;
  t->held_out_masking.epoch = held_out_epoch;
}

static biobert_status check_mask(const biobert_training *t, biobert_error *err) {
  if (!t->masking.wanted || t->masking.mask >= 0) return BIOBERT_OK;
  return bb_fail(err, BIOBERT_UNSUPPORTED, "mlm: the vocabulary of %s has no [MASK]",
                 t->model->path);
}

/* Arguments -------------------------------------------------------------------------- */

static void add_bytes(bb_sha256 *h, const void *bytes, size_t count) {
  const uint64_t length = count;
  bb_sha256_add(h, &length, sizeof length);
  if (count) bb_sha256_add(h, bytes, count);
}

static void add_examples(bb_sha256 *h, const bb_examples *e) {
  add_bytes(h, e->ids, e->tokens * sizeof *e->ids);
  add_bytes(h, e->types, e->tokens * sizeof *e->types);
  add_bytes(h, e->starts, e->sequences ? (e->sequences + 1) * sizeof *e->starts : 0);
  add_bytes(h, e->token_targets, e->labels_tokens ? e->tokens * sizeof(int32_t) : 0);
  add_bytes(h, e->labels, e->count * e->label_width * sizeof *e->labels);
  add_bytes(h, e->numbers, e->count * e->number_width * sizeof *e->numbers);
}

static void add_text(bb_sha256 *h, const char *text) {
  add_bytes(h, text, strlen(text));
}

/* Not threads and save_every: they change no bit. */
static void add_options(bb_sha256 *h, const biobert_training_options *o) {
  const double numbers[] = {o->epochs, o->learning_rate, o->warmup, o->weight_decay,
                            o->clip};
  const uint64_t whole[] = {o->steps,         o->batch,       (uint64_t)o->freeze,
                            o->frozen_layers, o->max_tokens,  o->seed,
                            o->memory_limit,  o->whole_words, o->projection};
  add_bytes(h, numbers, sizeof numbers);
  add_bytes(h, whole, sizeof whole);
  add_text(h, o->schedule);
}

static biobert_status hash_arguments(biobert_training *t, char out[65],
                                     biobert_error *err) {
  char model[BIOBERT_HASH_CHARS];
  unsigned char digest[BB_SHA256_BYTES];
  const bb_learner_wish wish = learner_wish(t);
  const float rates[] = {wish.dropout, wish.attention_dropout, wish.head_dropout};
  bb_sha256 h;
  biobert_status status = biobert_model_sha256(t->model, model, err);
  if (status) return status;
  bb_sha256_init(&h);
  add_text(&h, "biobert training 1");
  add_text(&h, t->task->name);
  add_text(&h, model);
  add_text(&h, t->config ? t->config : "");
  add_options(&h, &t->options);
  add_bytes(&h, rates, sizeof rates);
  for (size_t i = 0; i < 2; i++) add_examples(&h, &t->sets[i].examples);
  for (size_t i = 0; i < t->reader.labels.count; i++)
    add_text(&h, t->reader.labels.items[i]);
  bb_sha256_end(&h, digest);
  bb_sha256_hex(digest, out);
  return BIOBERT_OK;
}

/* Finding the run -------------------------------------------------------------------- */

static biobert_status find_run(biobert_training *t, const char *arguments,
                               biobert_error *err) {
  bool found;
  biobert_status status = BIOBERT_OK;
  if (!t->files.folder) status = bb_run_files_open(t->output, &t->files, err);
  if (!status) status = bb_run_find(&t->files, &t->state, &found, err);
  if (status) return status;
  if (found && strcmp(t->state.arguments, arguments) != 0)
    return bb_fail(
        err, BIOBERT_RANGE,
        "%s: a run with other arguments, rows or another model was begun there: "
        "remove it, or name another output",
        t->files.folder);
  if (!found) {
    t->state = (bb_run_state){.best = NAN, .before = NAN};
    memcpy(t->state.arguments, arguments, sizeof t->state.arguments);
    return BIOBERT_OK;
  }
  t->saved_step = t->state.step;
  return bb_run_load(&t->files, &t->learner, err);
}

biobert_status bb_training_begin(biobert_training *t, biobert_error *err) {
  char arguments[65];
  t->multiple = t->reader.label_kind == BB_LABELS_MULTIPLE;
  t->loss = t->multiple ? bb_part_targets : t->task->loss;
  if (!(t->options.learning_rate > 0)) t->options.learning_rate = t->task->learning_rate;
  plan_masking(t);
  biobert_status status = check_mask(t, err);
  if (!status) status = check_rows(t, err);
  if (!status) status = check_labels(t, err);
  if (!status) status = hash_arguments(t, arguments, err);
  if (!status) status = bb_training_find_finished(t, arguments, err);
  if (!status && t->finished && t->files.folder) status = bb_run_remove(&t->files, err);
  if (status || t->finished) return status;
  status = begin_learner(t, err);
  if (!status) status = fit_memory(t, err);
  if (!status) status = plan_steps(t, err);
  if (!status) status = find_run(t, arguments, err);
  if (status) return status;
  find_place(t);
  t->begun = true;
  return BIOBERT_OK;
}
