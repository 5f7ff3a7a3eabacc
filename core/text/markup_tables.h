/* markup_tables.h - elements and named characters, sorted by name (bytes). */
#ifndef BB_TEXT_MARKUP_TABLES_H
#define BB_TEXT_MARKUP_TABLES_H

#include <stdbool.h>
#include <stddef.h>

typedef enum bb_markup_kind {
  BB_MARKUP_NONE,    /* text: p < 0.05, a<b */
  BB_MARKUP_INLINE,  /* leaves the text around it together */
  BB_MARKUP_CELL,    /* parts it by a space */
  BB_MARKUP_BLOCK,   /* parts it by a line's end */
  BB_MARKUP_SKIPPED, /* an element of which nothing is read, or a comment, whole */
  BB_MARKUP_CDATA,   /* whole; its content is plain text */
} bb_markup_kind;

enum {
  BB_LONGEST_MARKUP_NAME = 31,
  BB_LONGEST_BARE_CHARACTER = 6, /* of the names that need no semicolon */
};

typedef struct bb_element {
  char name[BB_LONGEST_MARKUP_NAME + 1]; /* in lower case */
  bb_markup_kind kind;
} bb_element;

typedef struct bb_named_character {
  char name[BB_LONGEST_MARKUP_NAME + 1]; /* without & and ; */
  char text[7];                          /* one or two code points */
  bool bare;                             /* known without its semicolon too */
} bb_named_character;

extern const bb_element bb_elements[];
extern const size_t bb_elements_count;
extern const bb_named_character bb_named_characters[];
extern const size_t bb_named_characters_count;

#endif
