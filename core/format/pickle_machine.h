/* pickle_machine.h - the memory and the stack of the pickle reader, below pickle.c, which
 * runs opcodes, and pickle_names.c, which knows what a pickle may call.
 *
 * The machine's memory is bounded by the limits below, not by what the pickle asks for.
 * Values live in an arena that is freed at once. */
#ifndef BB_PICKLE_MACHINE_H
#define BB_PICKLE_MACHINE_H

#include <stddef.h>

#include "format/pickle_value.h"

/* The pickle of BERT-large has 400 tensors, 6,000 values, a memo of 3,000 and a stack of
 * 2,000 (the writer sets 1,000 members at a time). */
enum {
  PROTOCOL = 2,
  MAX_STACK = 1 << 17,
  MAX_MARKS = 64,
  MAX_MEMO = 1 << 20,
  MAX_VALUES = 1 << 20, /* dicts, lists, entries, items of tuples, storages, tensors */
  MAX_STRING = 64 << 10,
  MAX_NAME = 128, /* of a module or a class */
  CHUNK_BYTES = 64 << 10,
};

/* Memory that is given back all at once. */
struct chunk {
  struct chunk *next;
  size_t used, size;
  max_align_t data[];
};

typedef struct bb_pickle {
  struct chunk *chunks;
  bb_pickle_value root;
  const bb_pickle_storage *storages;
  bb_pickle_storage *last_storage;
} bb_pickle;

struct machine {
  const char *what;
  biobert_error *err;
  const char *begin, *at, *end;
  bb_pickle *pickle;
  size_t values;
  bb_pickle_value *stack;
  size_t depth, stack_capacity;
  size_t marks[MAX_MARKS];
  size_t mark_count;
  bb_pickle_value *memo;
  size_t memo_count, memo_capacity;
  bool stopped;
};

biobert_status pickle_refuse(const struct machine *m, const char *why);
biobert_status pickle_no_memory(const struct machine *m);
/* Room for `count` values of some kind; the limit bounds what a pickle can make us take.
 */
biobert_status pickle_take(struct machine *m, size_t count, size_t size, void **out);
biobert_status pickle_push(struct machine *m, bb_pickle_value value);
biobert_status pickle_pop(struct machine *m, bb_pickle_value *out);
/* Values above the last mark. */
size_t pickle_available(const struct machine *m);
/* The topmost value, which stays; NULL if there is none. */
bb_pickle_value *pickle_top(struct machine *m);
/* Takes the values above the last mark, and the mark. They stay readable until the next
 * push. */
biobert_status pickle_pop_mark(struct machine *m, const bb_pickle_value **items,
                               size_t *count);
biobert_status pickle_new_dict(struct machine *m, bb_pickle_value *out);
biobert_status pickle_set_item(struct machine *m, bb_pickle_dict *dict,
                               const bb_pickle_value pair[2]);

#endif
