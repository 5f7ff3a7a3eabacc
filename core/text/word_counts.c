/* word_counts.c - words out of characters. */
#include "text/word_counts.h"

#include <string.h>

#include "base/status.h"
#include "base/utf8.h"
#include "text/tokenizer.h"
#include "text/unicode_tables.h"
#include "text/wordpiece.h"

/* The word that is being read. */
typedef struct reader {
  bb_word_counts *counts;
  const bb_call *call;
  biobert_str text;
  size_t special_end; /* of the last special token's name, in bytes of the text */
  char bytes[BB_WORD_MAX_BYTES];
  size_t len, chars; /* chars may exceed BB_WORD_MAX_CHARS: the rest is not kept */
  biobert_status status;
  biobert_error *err;
} reader;

static biobert_status count_word(bb_word_counts *c, biobert_str word, const bb_call *call,
                                 biobert_error *err) {
  c->words.allocator = call->allocator;
  if (!bb_piece_list_count(&c->words, word, 1)) return bb_no_memory(err, "words");
  if (c->words.count <= BB_MAX_DISTINCT_WORDS && c->words.byte_count <= BB_MAX_WORD_STORE)
    return BIOBERT_OK;
  return bb_fail(err, BIOBERT_RANGE,
                 "more than %d different words, or %d bytes of them: give fewer rows",
                 BB_MAX_DISTINCT_WORDS, BB_MAX_WORD_STORE);
}

static void end_word(reader *r) {
  if (r->chars > 0 && r->chars <= BB_WORD_MAX_CHARS && !r->status)
    r->status = count_word(r->counts, (biobert_str){r->bytes, r->len}, r->call, r->err);
  r->chars = r->len = 0;
}

static void extend_word(reader *r, uint32_t code) {
  if (r->chars < BB_WORD_MAX_CHARS) r->len += bb_utf8_put(code, r->bytes + r->len);
  r->chars++;
}

/* Bytes of the special token's name that begins at byte `at`; 0: none does. */
static size_t special_at(biobert_str text, size_t at) {
  for (int i = 0; i < BB_SPECIAL_COUNT; i++) {
    size_t len = strlen(bb_special_names[i]);
    if (text.len - at >= len && memcmp(text.data + at, bb_special_names[i], len) == 0)
      return len;
  }
  return 0;
}

/* As the tokenizer's: white space separates, each punctuation character is a word. */
static bool take_character(void *ctx, const bb_character *c) {
  reader *r = ctx;
  uint8_t flags = bb_char_class_of(c->code).flags;
  if (c->start < r->special_end) return true;
  if (flags & (BB_CHAR_SPACE | BB_CHAR_PUNCT)) end_word(r);
  if (c->code == '[') r->special_end = c->start + special_at(r->text, c->start);
  if (c->start < r->special_end || flags & BB_CHAR_SPACE) return !r->status;
  extend_word(r, c->code);
  if (flags & BB_CHAR_PUNCT) end_word(r);
  return !r->status;
}

biobert_status bb_count_words(bb_word_counts *c, biobert_str text, const bb_call *call,
                              biobert_error *err) {
  reader r = {.counts = c, .call = call, .text = text, .err = err};
  bool stopped;
  biobert_status status = bb_normalize(&c->normalizer, text, (biobert_span){0, text.len},
                                       take_character, &r, call, &stopped, err);
  if (!status) end_word(&r);
  return status ? status : r.status;
}

void bb_word_counts_free(bb_word_counts *c) {
  bb_piece_list_free(&c->words);
  *c = (bb_word_counts){0};
}
