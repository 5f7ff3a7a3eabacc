/* What Hugging Face's tokenizer knows about each code point.
 *
 * The reference mixes three Unicode versions: categories of 8.0, decomposition of 9.0,
 * lower case of 17.0. No library has that mix, and one that is upgraded would change
 * token ids, and with them stored vectors, without a word. So the properties are frozen
 * here: make_unicode_tables.py asked the reference about every code point. */
#ifndef BB_TEXT_UNICODE_TABLES_H
#define BB_TEXT_UNICODE_TABLES_H

#include <stddef.h>
#include <stdint.h>

/* Properties of a code point as Hugging Face's tokenizer sees them, whatever Unicode
 * version the libraries here have. MARK and the combining class are asked after
 * decomposition, as the reference does: a code point that DECOMPOSES has neither. */
enum {
  BB_CHAR_REMOVED = 1,     /* dropped by clean_text (control, format, private use, U+0000,
                              U+FFFD); a SPACE that is REMOVED is dropped too */
  BB_CHAR_SPACE = 2,       /* White_Space; also the \s that lstrip and rstrip swallow */
  BB_CHAR_PUNCT = 4,       /* a word of its own */
  BB_CHAR_CJK = 8,         /* is_chinese_char, with the reference's 2B920 */
  BB_CHAR_MARK = 16,       /* Mn of Unicode 8.0: dropped with the accents */
  BB_CHAR_DECOMPOSES = 32, /* changes under NFD of Unicode 9.0 */
  BB_CHAR_LOWERS = 64,     /* lower-casing changes it */
  BB_CHAR_WORD = 128,      /* \w of the regex crate: decides single_word */
};

typedef struct bb_char_class {
  uint8_t flags;
  uint8_t combining; /* canonical combining class, Unicode 9.0 */
} bb_char_class;

/* code_point <= 0x10FFFF; anything else, and a surrogate: all zero. */
bb_char_class bb_char_class_of(uint32_t code_point);

/* The full lower-case mapping: writes 1 or 2 code points to out, returns how many.
 * Unicode 17.0, no context (no final sigma). What has no lower case is written as is. */
size_t bb_char_lower(uint32_t code_point, uint32_t out[2]);

/* ---- Private to unicode.c, which reads them, and unicode_tables.c, which is generated.
 *
 * The class of c is bb_unicode_classes[bb_unicode_blocks[b][low bits of c]], where
 * b = bb_unicode_block_of[the other bits of c]: few blocks are distinct. */
enum {
  BB_UNICODE_LAST = 0x10FFFF,
  BB_UNICODE_BLOCK_BITS = 7, /* the smallest tables whose block numbers fit a byte */
  BB_UNICODE_BLOCK = 1 << BB_UNICODE_BLOCK_BITS,
  BB_UNICODE_BLOCK_COUNT = (BB_UNICODE_LAST + 1) / BB_UNICODE_BLOCK,
};

extern const bb_char_class bb_unicode_classes[];
extern const uint8_t bb_unicode_blocks[][BB_UNICODE_BLOCK];
extern const uint8_t bb_unicode_block_of[BB_UNICODE_BLOCK_COUNT];

/* From `first` to the next run, each code point that LOWERS becomes itself + delta,
 * followed by `second` unless that is 0. Code points between them that do not lower are
 * inside a run too: ask the flag before the run. */
typedef struct bb_lower_run {
  uint32_t first;
  int32_t delta;
  uint32_t second;
} bb_lower_run;

extern const bb_lower_run bb_unicode_lower_runs[]; /* sorted by first */
extern const size_t bb_unicode_lower_run_count;

#endif
