/* examples.c - examples in growing arrays, their order, and their batches. */
#include "train/examples.h"

#include <string.h>

#include "base/mem.h"
#include "base/status.h"
#include "train/random_numbers.h"

/* Room for `count` elements of each array, or no change. */
typedef struct column {
  void **items;
  size_t size;
} column;

static bool reserve(const column *columns, size_t n, size_t *room, size_t count) {
  enum { LEAST = 64 };
  if (count <= *room) return true;
  size_t wanted = *room > LEAST ? *room : LEAST;
  while (wanted < count && wanted <= SIZE_MAX / 2) wanted *= 2;
  for (size_t i = 0; i < n; i++) {
    if (columns[i].size == 0) continue;
    void *grown = bb_resize(NULL, *columns[i].items, wanted, columns[i].size);
    if (!grown) return false;
    *columns[i].items = grown;
  }
  *room = wanted;
  return true;
}

static bool reserve_tokens(bb_examples *e, size_t more) {
  const column columns[] = {
      {(void **)&e->ids,           sizeof *e->ids                                 },
      {(void **)&e->types,         sizeof *e->types                               },
      {(void **)&e->token_targets, e->labels_tokens ? sizeof *e->token_targets : 0},
  };
  return more <= SIZE_MAX - e->tokens &&
         reserve(columns, sizeof columns / sizeof *columns, &e->token_room,
                 e->tokens + more);
}

static bool reserve_sequences(bb_examples *e) {
  const column columns[] = {
      {(void **)&e->starts, sizeof *e->starts}
  };
  return reserve(columns, 1, &e->sequence_room, e->sequences + 2);
}

static bool reserve_examples(bb_examples *e) {
  const column columns[] = {
      {(void **)&e->labels,  e->label_width * sizeof *e->labels  },
      {(void **)&e->numbers, e->number_width * sizeof *e->numbers},
      {(void **)&e->rows,    sizeof *e->rows                     },
  };
  return reserve(columns, sizeof columns / sizeof *columns, &e->example_room,
                 e->count + 1);
}

biobert_status bb_examples_add_sequence(bb_examples *e, const bb_sequence *s,
                                        biobert_error *err) {
  if (!reserve_tokens(e, s->tokens) || !reserve_sequences(e))
    return bb_no_memory(err, "training: examples");
  memcpy(e->ids + e->tokens, s->ids, s->tokens * sizeof *s->ids);
  memcpy(e->types + e->tokens, s->types, s->tokens * sizeof *s->types);
  if (e->labels_tokens)
    memcpy(e->token_targets + e->tokens, s->token_targets,
           s->tokens * sizeof *s->token_targets);
  e->starts[0] = 0;
  e->tokens += s->tokens;
  e->starts[++e->sequences] = e->tokens;
  return BIOBERT_OK;
}

biobert_status bb_examples_end(bb_examples *e, const bb_targets *t, biobert_error *err) {
  if (!reserve_examples(e)) return bb_no_memory(err, "training: examples");
  const size_t labels = e->label_width, numbers = e->number_width;
  if (labels)
    memcpy(e->labels + e->count * labels, t->labels, labels * sizeof *e->labels);
  if (numbers)
    memcpy(e->numbers + e->count * numbers, t->numbers, numbers * sizeof *e->numbers);
  e->rows[e->count++] = t->row;
  return BIOBERT_OK;
}

void bb_examples_free(bb_examples *e) {
  bb_free(NULL, e->ids);
  bb_free(NULL, e->types);
  bb_free(NULL, e->token_targets);
  bb_free(NULL, e->starts);
  bb_free(NULL, e->labels);
  bb_free(NULL, e->numbers);
  bb_free(NULL, e->rows);
  *e = (bb_examples){0};
}

size_t bb_example_tokens(const bb_examples *e, size_t example) {
  return e->starts[(example + 1) * e->group] - e->starts[example * e->group];
}

/* Epochs ----------------------------------------------------------------------------- */

void bb_epoch_order(uint64_t seed, uint64_t epoch, size_t *order, size_t count) {
  for (size_t i = 0; i < count; i++) order[i] = i;
  for (size_t i = count; i > 1; i--) {
    size_t j = bb_random_below(&(bb_random){seed, BB_RANDOM_ORDER, epoch}, i, i);
    size_t moved = order[i - 1];
    order[i - 1] = order[j];
    order[j] = moved;
  }
}

size_t bb_epoch_batch_end(const bb_examples *e, const size_t *order, size_t first,
                          size_t tokens) {
  size_t sum = bb_example_tokens(e, order[first]), end = first + 1;
  while (end < e->count) {
    sum += bb_example_tokens(e, order[end]);
    if (sum > tokens) break;
    end++;
  }
  return end;
}
