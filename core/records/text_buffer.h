/* text_buffer.h - a text that grows.
 *
 * A failure stays in it, and what follows does nothing: one question at the end is
 * enough. */
#ifndef BB_TEXT_BUFFER_H
#define BB_TEXT_BUFFER_H

#include "biobert.h"

/* Starts as {0}. */
typedef struct bb_text {
  char *data;
  size_t len, capacity;
  bool no_memory;
} bb_text;

void bb_text_add(bb_text *text, biobert_str more);
void bb_text_add_char(bb_text *text, char c);
void bb_text_clear(bb_text *text); /* keeps the memory, and forgets a failure */
void bb_text_free(bb_text *text);
biobert_str bb_text_view(const bb_text *text); /* {NULL, 0} where it is empty */
/* Room for so many bytes more, which the caller writes behind data + len; NULL: none. */
char *bb_text_room(bb_text *text, size_t bytes);

/* Adds a value as it is shown: white space of any kind folded to single spaces and
 * trimmed, control characters left out, ill-formed UTF-8 as U+FFFD. Returns the bytes
 * added. */
size_t bb_text_add_folded(bb_text *text, biobert_str value);

/* Without white space at its ends. */
biobert_str bb_trimmed(biobert_str text);
bool bb_is_space(char c); /* of ASCII */
bool bb_starts_with(biobert_str text, const char *prefix);
/* The same, letters of ASCII in either case. */
bool bb_starts_as(biobert_str text, const char *prefix);
bool bb_contains(biobert_str text, const char *part);
bool bb_contains_as(biobert_str text, const char *part); /* in either case */
bool bb_same_word(biobert_str text, const char *word);
/* From byte `at` on (at most the length). */
biobert_str bb_from(biobert_str text, size_t at);
/* Cuts what is before `c` off *rest, and `c` with it; the whole where `c` is not there.
 * False: *rest is used up ({NULL, 0}). */
bool bb_next_part(biobert_str *rest, char c, biobert_str *part);

#endif
