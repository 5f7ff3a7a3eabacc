/* encoding.h - bytes of any of the encodings that libraries have → UTF-8. */
#ifndef BB_ENCODING_H
#define BB_ENCODING_H

#include "records/text_buffer.h"

typedef enum bb_encoding {
  BB_ENCODING_8_BIT, /* UTF-8 or Windows-1252, each line by itself */
  BB_ENCODING_UTF16LE,
  BB_ENCODING_UTF16BE,
} bb_encoding;

/* By the byte-order mark, of which *mark gets the bytes; UTF-16 without one by the zeros
 * beside the first two characters. */
bb_encoding bb_encoding_of(biobert_str start, size_t *mark);

/* Adds UTF-16 as UTF-8; returns the bytes taken: the half of a character at the end is
 * left, unless `last`, when it is U+FFFD. */
size_t bb_add_utf16(bb_text *into, biobert_str bytes, bb_encoding encoding, bool last);

/* Adds a line of 8 bits a character as UTF-8 without NULs. What is not UTF-8 is
 * Windows-1252: all of the line, or in a line that is mostly UTF-8 those bytes. */
void bb_add_line(bb_text *into, biobert_str line);
/* Nothing is to be changed: UTF-8 without NULs. */
bool bb_is_clean(biobert_str line);

#endif
