/* tex_tables.h - letters with accents, sorted by letter and accent. */
#ifndef BB_TEX_TABLES_H
#define BB_TEX_TABLES_H

#include <stddef.h>
#include <stdint.h>

typedef struct bb_tex_letter {
  uint16_t base, mark, composed;
} bb_tex_letter;

extern const bb_tex_letter bb_tex_letters[];
extern const size_t bb_tex_letters_count;

#endif
