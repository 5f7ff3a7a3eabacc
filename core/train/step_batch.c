/* step_batch.c - gathering examples, hiding words. */
#include "train/step_batch.h"

#include "base/mem.h"
#include "base/status.h"
#include "train/random_numbers.h"

/* Memory ----------------------------------------------------------------------------- */

typedef struct carver {
  char *next; /* NULL: adds up only */
  size_t bytes;
} carver;

static void *carve(carver *c, size_t count, size_t size) {
  enum { ALIGNMENT = 16 };
  const size_t bytes = (count * size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  void *block = c->next;
  if (c->next) c->next += bytes;
  c->bytes += bytes;
  return block;
}

static size_t share_out(bb_step_batch *b, const bb_examples *e, bool masks,
                        char *memory) {
  carver c = {memory, 0};
  b->ids = carve(&c, b->tokens, sizeof *b->ids);
  b->types = carve(&c, b->tokens, sizeof *b->types);
  b->starts = carve(&c, b->sequences + 1, sizeof *b->starts);
  if (e->labels_tokens) b->token_targets = carve(&c, b->tokens, sizeof *b->token_targets);
  b->labels = carve(&c, b->examples * e->label_width, sizeof *b->labels);
  b->numbers = carve(&c, b->examples * e->number_width, sizeof *b->numbers);
  b->masked_at = carve(&c, masks ? b->tokens : 0, sizeof *b->masked_at);
  b->masked_were = carve(&c, masks ? b->tokens : 0, sizeof *b->masked_were);
  return c.bytes;
}

void bb_step_batch_free(bb_step_batch *b) {
  bb_free(NULL, b->memory);
  *b = (bb_step_batch){0};
}

/* Hiding words ----------------------------------------------------------------------- */

static const double HIDDEN = 0.15;          /* of all tokens, */
static const double AS_MASK = 0.8;          /* of these become [MASK], */
static const double AS_ANOTHER_TOKEN = 0.1; /* and of these another; the rest stays */

static double part_of(uint32_t bits) {
  return bits * 0x1p-32;
}

static bool is_special(const bb_masking *m, int32_t id) {
  for (size_t i = 0; i < m->never_count; i++)
    if (m->never[i] == id) return true;
  return false;
}

/* A token of a sequence of the examples, its random numbers being those of its place
 * there: the same in whatever batch it comes. `word`: the first token of its word. */
static void hide(bb_step_batch *b, const bb_masking *m, size_t t, uint64_t place,
                 uint64_t word) {
  const bb_random random = {m->seed, BB_RANDOM_MASKS, m->epoch};
  uint32_t chosen[4], bits[4];
  if (is_special(m, b->ids[t])) return;
  bb_random_bits(&random, 2 * word, chosen);
  if (part_of(chosen[0]) >= HIDDEN) return;
  b->masked_at[b->masked] = t;
  b->masked_were[b->masked++] = b->ids[t];
  bb_random_bits(&random, 2 * place + 1, bits);
  if (part_of(bits[0]) < AS_MASK)
    b->ids[t] = m->mask;
  else if (part_of(bits[0]) < AS_MASK + AS_ANOTHER_TOKEN)
    b->ids[t] = (int32_t)((uint64_t)bits[1] * m->vocabulary >> 32);
}

/* token_targets: where whole words count, BB_NO_TARGET for a piece that goes on with the
 * word of the token before. */
static void hide_words(bb_step_batch *b, const bb_examples *e, const bb_masking *m,
                       size_t first, size_t place, size_t count) {
  uint64_t word = place;
  for (size_t i = 0; i < count; i++) {
    if (!m->whole_words || e->token_targets[place + i] != BB_NO_TARGET) word = place + i;
    hide(b, m, first + i, place + i, word);
  }
}

/* Gathering -------------------------------------------------------------------------- */

static void gather_sequence(bb_step_batch *b, const bb_examples *e, size_t sequence,
                            const bb_masking *m) {
  const size_t place = e->starts[sequence], count = e->starts[sequence + 1] - place;
  const size_t first = b->starts[b->sequences];
  memcpy(b->ids + first, e->ids + place, count * sizeof *b->ids);
  memcpy(b->types + first, e->types + place, count * sizeof *b->types);
  if (e->labels_tokens)
    memcpy(b->token_targets + first, e->token_targets + place,
           count * sizeof *b->token_targets);
  if (m->wanted) hide_words(b, e, m, first, place, count);
  b->starts[++b->sequences] = first + count;
}

static void gather_targets(bb_step_batch *b, const bb_examples *e, size_t example) {
  const size_t labels = e->label_width, numbers = e->number_width;
  if (labels)
    memcpy(b->labels + b->examples * labels, e->labels + example * labels,
           labels * sizeof *b->labels);
  if (numbers)
    memcpy(b->numbers + b->examples * numbers, e->numbers + example * numbers,
           numbers * sizeof *b->numbers);
}

biobert_status bb_step_batch_make(const bb_examples *e, const size_t *order, size_t count,
                                  const bb_masking *m, bb_step_batch *out,
                                  biobert_error *err) {
  bb_step_batch b = {.sequences = count * e->group,
                     .examples = count,
                     .group = e->group,
                     .label_width = e->label_width,
                     .number_width = e->number_width};
  for (size_t i = 0; i < count; i++) b.tokens += bb_example_tokens(e, order[i]);
  b.memory = bb_alloc(NULL, share_out(&b, e, m->wanted, NULL), 1);
  if (!b.memory) return bb_no_memory(err, "training: a batch");
  share_out(&b, e, m->wanted, b.memory);
  b.sequences = b.examples = 0;
  b.starts[0] = 0;
  for (; b.examples < count; b.examples++) gather_targets(&b, e, order[b.examples]);
  for (size_t j = 0; j < e->group; j++)
    for (size_t i = 0; i < count; i++) gather_sequence(&b, e, order[i] * e->group + j, m);
  *out = b;
  return BIOBERT_OK;
}
