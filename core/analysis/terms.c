/* terms.c - words out of texts, and their counts.
 *
 * A word has a number in `words`; a term is a pair of such numbers, found by a hash table
 * of its own, so that the text of a pair is never made. */
#include "analysis/terms.h"

#include <math.h>

#include "analysis/stop_words.h"
#include "base/mem.h"
#include "base/status.h"
#include "base/utf8.h"
#include "text/unicode_tables.h"

/* Words ------------------------------------------------------------------------------ */

/* The word that is being read. */
typedef struct word_reader {
  char bytes[BB_WORD_BYTES];
  size_t len, characters;
} word_reader;

static void put(word_reader *w, uint32_t code) {
  char utf8[4];
  const size_t bytes = bb_utf8_put(code, utf8);
  if (w->len + bytes > BB_WORD_BYTES) return;
  memcpy(w->bytes + w->len, utf8, bytes);
  w->len += bytes;
}

/* \w, without what only a broken text has. */
static bool is_word_character(uint32_t code) {
  return code < 0x80 ? (code | 0x20) - 'a' < 26 || code - '0' < 10 || code == '_'
                     : (bb_char_class_of(code).flags & BB_CHAR_WORD) != 0;
}

static void extend(word_reader *w, uint32_t code) {
  uint32_t lower[2];
  w->characters++;
  if (code < 0x80) {
    put(w, code - 'A' < 26 ? code + 0x20 : code);
    return;
  }
  const size_t count = bb_char_lower(code, lower);
  for (size_t i = 0; i < count; i++) put(w, lower[i]);
}

/* False: `each` wants no more. */
static bool end_word(word_reader *w, bb_word_fn *each, void *ctx) {
  const bool goes_on = w->characters < 2 || each(ctx, (biobert_str){w->bytes, w->len});
  w->len = w->characters = 0;
  return goes_on;
}

void bb_each_word(biobert_str text, bb_word_fn *each, void *ctx) {
  word_reader w = {.len = 0};
  const char *p = text.data, *end = p + text.len;
  while (p < end) {
    uint32_t code;
    p += bb_utf8_next(p, end, &code);
    if (is_word_character(code))
      extend(&w, code);
    else if (w.characters && !end_word(&w, each, ctx))
      return;
  }
  end_word(&w, each, ctx);
}

/* Terms ------------------------------------------------------------------------------ */

typedef struct pair {
  uint32_t first, second;
} pair;

static bool is_pair(const void *ctx, uint32_t index, const void *key) {
  const bb_term *term = (const bb_term *)ctx + index;
  const pair *p = key;
  return term->first == p->first && term->second == p->second;
}

/* Of two numbers that are small and dense: nobody can choose them. */
static uint32_t hash_pair(pair p) {
  uint64_t h = ((uint64_t)p.first << 32 | p.second) * 0x9E3779B97F4A7C15u;
  return (uint32_t)(h >> 32) ^ (uint32_t)(h >> 11);
}

/* What adding a row goes through. */
typedef struct adding {
  bb_terms *t;
  const bb_call *call;
  uint32_t before; /* the word before, or BB_NO_WORD */
  size_t unasked;  /* bytes of words since the last question whether to go on */
  biobert_status status;
  biobert_error *err;
} adding;

static bool fail(adding *a, biobert_status status) {
  a->status = status;
  return false;
}

static bool make_term(adding *a, pair p, bb_index_slot *slot, uint32_t hash) {
  bb_terms *t = a->t;
  if (!bb_grow(t->allocator, (void **)&t->terms, &t->capacity, t->count,
               sizeof *t->terms))
    return fail(a, bb_no_memory(a->err, "words"));
  t->terms[t->count] = (bb_term){.first = p.first, .second = p.second};
  *slot = (bb_index_slot){(uint32_t)++t->count, hash};
  return true;
}

/* The number of a term, which may be a new one. */
static bool find_term(adding *a, pair p, uint32_t *out) {
  bb_terms *t = a->t;
  if (t->count >= BB_MAX_TERMS || t->words.byte_count > BB_MAX_TERM_BYTES)
    return fail(a, bb_fail(a->err, BIOBERT_RANGE,
                           "more than %d different words and word pairs, or %d bytes of "
                           "words: give fewer rows",
                           BB_MAX_TERMS, BB_MAX_TERM_BYTES));
  if (!bb_index_make_room(&t->table, t->count, t->allocator))
    return fail(a, bb_no_memory(a->err, "words"));
  const bb_index_key key = {hash_pair(p), is_pair, t->terms, &p};
  bb_index_slot *slot = bb_index_find(&t->table, &key);
  if (!slot->item && !make_term(a, p, slot, key.hash)) return false;
  *out = slot->item - 1;
  return true;
}

static bool new_entry(adding *a, uint32_t number) {
  bb_terms *t = a->t;
  if (!bb_grow(t->allocator, (void **)&t->term, &t->term_capacity, t->entries,
               sizeof *t->term) ||
      !bb_grow(t->allocator, (void **)&t->times, &t->times_capacity, t->entries,
               sizeof *t->times))
    return fail(a, bb_no_memory(a->err, "words"));
  t->term[t->entries] = number;
  t->times[t->entries] = 0;
  t->terms[number].entry = t->entries++;
  t->terms[number].last_row = (uint32_t)t->rows;
  t->terms[number].rows++;
  t->start[t->rows] = t->entries;
  return true;
}

static bool count_term(adding *a, pair p) {
  uint32_t number;
  if (!find_term(a, p, &number)) return false;
  bb_terms *t = a->t;
  if (t->terms[number].last_row != t->rows && !new_entry(a, number)) return false;
  t->times[t->terms[number].entry]++;
  return true;
}

static bool whether_to_go_on(adding *a, size_t bytes) {
  a->unasked += bytes;
  if (a->unasked < BB_POLL_BYTES) return true;
  a->unasked = 0;
  if (!a->call || !a->call->cancel || !a->call->cancel(a->call->cancel_ctx)) return true;
  return fail(a, bb_fail(a->err, BIOBERT_INTERRUPTED, "interrupted while reading words"));
}

static bool add_word(void *ctx, biobert_str text) {
  adding *a = ctx;
  uint32_t word;
  if (!whether_to_go_on(a, text.len)) return false;
  if (a->t->stop_words && bb_is_stop_word(text)) return true;
  if (!bb_piece_list_add(&a->t->words, text, &word))
    return fail(a, bb_no_memory(a->err, "words"));
  if (!count_term(a, (pair){word, BB_NO_WORD})) return false;
  const uint32_t before = a->before;
  a->before = word;
  return before == BB_NO_WORD || count_term(a, (pair){before, word});
}

biobert_status bb_terms_add_row(bb_terms *t, const bb_call *call, biobert_error *err) {
  (void)call;
  t->words.allocator = t->allocator;
  if (t->rows >= UINT32_MAX - 1) return bb_fail(err, BIOBERT_RANGE, "too many rows");
  /* One more than the rows: start[0] is there from the first on. */
  if (!bb_grow(t->allocator, (void **)&t->start, &t->rows_capacity, t->rows + 1,
               sizeof *t->start))
    return bb_no_memory(err, "words");
  if (t->rows == 0) t->start[0] = 0;
  t->start[++t->rows] = t->entries;
  return BIOBERT_OK;
}

biobert_status bb_terms_add_text(bb_terms *t, biobert_str text, const bb_call *call,
                                 biobert_error *err) {
  adding a = {.t = t, .call = call, .before = BB_NO_WORD, .err = err};
  biobert_status status = bb_terms_add_row(t, call, err);
  if (status) return status;
  bb_each_word(text, add_word, &a);
  return a.status;
}

void bb_terms_free(bb_terms *t) {
  bb_piece_list_free(&t->words);
  bb_free(t->allocator, t->terms);
  bb_free(t->allocator, t->table.slots);
  bb_free(t->allocator, t->start);
  bb_free(t->allocator, t->term);
  bb_free(t->allocator, t->times);
  *t = (bb_terms){.allocator = t->allocator, .stop_words = t->stop_words};
}

size_t bb_term_text(const bb_terms *t, uint32_t term, char *out, size_t room) {
  const bb_term *it = &t->terms[term];
  biobert_str parts[3] = {
      bb_piece_list_text(&t->words, it->first), {" ", 1},
        {"",  0}
  };
  size_t count = 1, bytes = 0;
  if (it->second != BB_NO_WORD) {
    parts[2] = bb_piece_list_text(&t->words, it->second);
    count = 3;
  }
  for (size_t i = 0; i < count; i++) {
    const size_t left = bytes < room ? room - bytes : 0;
    memcpy(out + (left ? bytes : 0), parts[i].data,
           parts[i].len < left ? parts[i].len : left);
    bytes += parts[i].len;
  }
  return bytes;
}

double bb_idf(size_t rows, size_t rows_with_term) {
  return log((1.0 + (double)rows) / (1.0 + (double)rows_with_term)) + 1;
}

double bb_tf_idf(uint32_t times, double idf) {
  return (1 + log((double)times)) * idf;
}
