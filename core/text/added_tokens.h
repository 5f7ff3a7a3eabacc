/* added_tokens.h - tokens that are found in the text itself, before WordPiece.
 *
 * There may be a million of them, and a text does not pay for their number: two tries,
 * one over the bytes of the text as it is, one over its normalised form, answer at each
 * place which token is the longest that begins there. */
#ifndef BB_ADDED_TOKENS_H
#define BB_ADDED_TOKENS_H

#include "text/normalize.h"
#include "text/vocab.h"

/* Its spelling is the vocabulary's. */
typedef struct bb_added_token {
  int32_t id;
  bool single_word;    /* only where no word character touches it */
  bool lstrip, rstrip; /* takes the white space before, after it */
  bool normalized;     /* is looked for in the normalised text, in its normalised form */
  bool special;        /* left out by detokenising */
  uint32_t order;      /* bb_added_put()'s own */
} bb_added_token;

typedef struct bb_pattern {
  const char *text;
  uint32_t len;
  uint32_t token; /* index into bb_added_tokens.items */
} bb_pattern;

/* A trie without chains: a node is where patterns part, or where one ends. Node 0 is the
 * root. */
typedef struct bb_trie_node {
  uint32_t first, end; /* the patterns below it, the first of which may end here */
  uint32_t depth;      /* bytes that they share */
  uint32_t children;   /* the first; they lie together, by their first bytes */
  uint16_t child_count;
  unsigned char byte; /* after the parent's bytes */
} bb_trie_node;

typedef struct bb_trie {
  bb_pattern *patterns; /* sorted by their bytes, no two alike */
  size_t count, capacity;
  bb_trie_node *nodes;
  size_t node_count, node_capacity;
  uint32_t start[256]; /* the root's child by its byte; 0: there is none */
} bb_trie;

/* Starts as {0}. */
typedef struct bb_added_tokens {
  bb_added_token *items; /* after bb_added_sort(): by id, no two alike */
  size_t count, capacity;
  size_t sorted; /* of the items, so many are */
  uint32_t put;
  bb_trie raw, normalized;
  char *forms; /* what `normalized` has for patterns */
} bb_added_tokens;

/* A token whose id the vocabulary has; of two with one id the later holds. */
biobert_status bb_added_put(bb_added_tokens *a, const bb_added_token *token,
                            biobert_error *err);
/* For bb_added_find(); costs nothing where nothing was added since. */
void bb_added_sort(bb_added_tokens *a);
/* NULL: when they were last sorted, no added token had this id. */
const bb_added_token *bb_added_find(const bb_added_tokens *a, int32_t id);

/* After the last one: makes the tries. Borrows the vocabulary's spellings. Of two that
 * are spelled alike (once normalised) the one of the smaller id is found; the reference
 * takes any. */
biobert_status bb_added_finish(bb_added_tokens *a, const bb_vocab *vocab,
                               const bb_normalizer_options *normalizer,
                               biobert_error *err);
void bb_added_free(bb_added_tokens *a); /* the members, not *a */

/* The longest token that begins at byte, or character, `at`, or NULL; *end: after it.
 * *steps grows by what was looked at. */
const bb_added_token *bb_added_in_bytes(const bb_added_tokens *a, biobert_str text,
                                        size_t at, size_t *end, size_t *steps);
const bb_added_token *bb_added_in_characters(const bb_added_tokens *a,
                                             const bb_character *characters, size_t count,
                                             size_t at, size_t *end, size_t *steps);

#endif
