/* markup.h - what in a text is a tag, a comment or a declaration, and what only looks
 * like it. */
#ifndef BB_TEXT_MARKUP_H
#define BB_TEXT_MARKUP_H

#include <stdint.h>

#include "biobert.h"
#include "text/markup_tables.h"

typedef struct bb_markup {
  bb_markup_kind kind;
  bool closing;                      /* </p> */
  bool empty;                        /* <br>, <p/>: nothing is in it */
  bool whole;                        /* its end is in the text */
  size_t end;                        /* after it */
  size_t content_start, content_end; /* of CDATA */
} bb_markup;

/* A text of which all markup is asked for, from its beginning on. */
typedef struct bb_markup_reader {
  biobert_str text;
  bool no_more[2]; /* of " and ', after the last place where one was looked for */
  size_t closing_from, closing_at; /* the first "</" at or after `from` */
} bb_markup_reader;

/* What begins with the `<` at byte `at`. Takes time in the length of what it finds, or
 * bounded time where it finds none: all of a text is linear. */
bb_markup bb_markup_at(bb_markup_reader *reader, size_t at);

/* Of an element, by its name in any case and without a prefix. */
bb_markup_kind bb_element_kind(biobert_str name);

/* The character of `beta`, which stands for &beta;. NULL: none. */
const bb_named_character *bb_find_named_character(biobert_str name);

/* What a byte of windows-1252 is. */
uint32_t bb_windows_1252(unsigned char byte);

#endif
