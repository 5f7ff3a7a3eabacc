/* piece_list.h - pieces of words by number, each once, as a vocabulary spells them: "un",
 * "##able". */
#ifndef BB_PIECE_LIST_H
#define BB_PIECE_LIST_H

#include "base/index_table.h"

enum { BB_INSIDE_BYTES = 2 }; /* "##" */

/* Starts as {0} but for the allocator. */
typedef struct bb_piece_list {
  const biobert_allocator *allocator;
  biobert_span *places; /* of bytes */
  size_t count, capacity;
  char *bytes;
  size_t byte_count, byte_capacity;
  bb_index_table table;
  uint64_t seed;
  uint64_t *counts; /* bb_piece_list_count()'s, [count] */
  size_t counts_capacity;
} bb_piece_list;

/* Borrowed until the next bb_piece_list_add(). */
biobert_str bb_piece_list_text(const bb_piece_list *p, uint32_t index);
/* The number of a piece, which may be a new one. False: no memory. */
bool bb_piece_list_add(bb_piece_list *p, biobert_str text, uint32_t *index);
/* The piece occurs `times` more. For lists that are made with this alone. False: no
 * memory. */
bool bb_piece_list_count(bb_piece_list *p, biobert_str text, uint64_t times);
/* The number of a piece. False: it is not there. */
bool bb_piece_list_find(const bb_piece_list *p, biobert_str text, uint32_t *index);
void bb_piece_list_free(bb_piece_list *p); /* the members, not *p */

#endif
