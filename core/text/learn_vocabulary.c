/* learn_vocabulary.c - single characters, then pairs of pieces. */
#include "text/learn_vocabulary.h"

#include "base/mem.h"
#include "base/status.h"
#include "base/utf8.h"
#include "text/pair_counts.h"
#include "text/tokenizer.h"
#include "text/unicode_tables.h"
#include "text/wordpiece.h"

/* Between two questions whether to go on. */
enum { POLL_WORDS = 1024 };

/* Pieces of a word: learner.parts[first .. first + len). */
typedef struct cut_word {
  size_t first;
  size_t len;
  int64_t count;
} cut_word;

typedef struct learner {
  const bb_piece_list *words; /* with counts */
  const bb_vocabulary_wish *wish;
  const bb_call *call;
  bb_piece_list letters; /* with counts */
  bb_piece_list pieces;
  cut_word *cuts; /* [words->count] */
  uint32_t *parts;
  bb_pairs pairs;
  size_t steps; /* since the last question */
} learner;

static biobert_status no_memory(biobert_error *err) {
  return bb_no_memory(err, "a vocabulary");
}

static biobert_status whether_stopped(learner *l, biobert_error *err) {
  if (++l->steps < POLL_WORDS) return BIOBERT_OK;
  l->steps = 0;
  if (l->call->cancel && l->call->cancel(l->call->cancel_ctx))
    return bb_fail(err, BIOBERT_INTERRUPTED, "interrupted");
  return BIOBERT_OK;
}

/* Letters ---------------------------------------------------------------------------- */

/* A character that words are made of, as UTF-8. */
typedef struct counted_letter {
  biobert_str text;
  uint64_t count;
} counted_letter;

/* As code points: UTF-8 keeps their order. */
static int by_code(const void *a, const void *b) {
  const counted_letter *x = a, *y = b;
  const size_t len = x->text.len < y->text.len ? x->text.len : y->text.len;
  return memcmp(x->text.data, y->text.data, len);
}

static int by_count(const void *a, const void *b) {
  const counted_letter *x = a, *y = b;
  if (x->count != y->count) return x->count < y->count ? 1 : -1;
  return by_code(a, b);
}

/* The character that begins at byte *at, which moves to its end. */
static biobert_str next_letter(biobert_str word, size_t *at) {
  uint32_t code;
  const char *start = word.data + *at;
  size_t bytes = bb_utf8_next(start, word.data + word.len, &code);
  *at += bytes;
  return (biobert_str){start, bytes};
}

/* Punctuation and Chinese characters are words of their own. */
static bool is_inside_words(biobert_str letter) {
  uint32_t code;
  bb_utf8_next(letter.data, letter.data + letter.len, &code);
  return !(bb_char_class_of(code).flags & (BB_CHAR_PUNCT | BB_CHAR_CJK));
}

static biobert_status count_letters(learner *l, biobert_error *err) {
  for (uint32_t i = 0; i < l->words->count; i++) {
    biobert_str word = bb_piece_list_text(l->words, i);
    biobert_status status = whether_stopped(l, err);
    if (status) return status;
    for (size_t at = 0; at < word.len;)
      if (!bb_piece_list_count(&l->letters, next_letter(word, &at), l->words->counts[i]))
        return no_memory(err);
  }
  return BIOBERT_OK;
}

/* The most frequent of those that occur often enough, as many as there is room for, by
 * code point: their number. */
static size_t choose_letters(const learner *l, counted_letter *list) {
  size_t room = l->wish->size - BB_SPECIAL_COUNT, enough = 0, chosen = 0;
  for (uint32_t i = 0; i < l->letters.count; i++)
    if (l->letters.counts[i] >= (uint64_t)l->wish->min_count)
      list[enough++] =
          (counted_letter){bb_piece_list_text(&l->letters, i), l->letters.counts[i]};
  qsort(list, enough, sizeof *list, by_count);
  for (; chosen < enough; chosen++) {
    size_t tokens = is_inside_words(list[chosen].text) ? 2 : 1;
    if (tokens > room) break;
    room -= tokens;
  }
  qsort(list, chosen, sizeof *list, by_code);
  return chosen;
}

enum { LETTER_BYTES = BB_INSIDE_BYTES + 4 };

/* The beginning of a word, or inside of one. */
static biobert_str spell(biobert_str letter, bool inside, char buffer[LETTER_BYTES]) {
  if (!inside) return letter;
  memcpy(buffer, "##", BB_INSIDE_BYTES);
  memcpy(buffer + BB_INSIDE_BYTES, letter.data, letter.len);
  return (biobert_str){buffer, BB_INSIDE_BYTES + letter.len};
}

static biobert_status add_letters(learner *l, const counted_letter *list, size_t count,
                                  biobert_error *err) {
  char buffer[LETTER_BYTES];
  uint32_t index;
  for (int inside = 0; inside < 2; inside++)
    for (size_t i = 0; i < count; i++)
      if ((!inside || is_inside_words(list[i].text)) &&
          !bb_piece_list_add(&l->pieces, spell(list[i].text, inside, buffer), &index))
        return no_memory(err);
  return BIOBERT_OK;
}

static biobert_status learn_letters(learner *l, biobert_error *err) {
  biobert_status status = count_letters(l, err);
  if (status) return status;
  counted_letter *list = bb_alloc(l->call->allocator, l->letters.count, sizeof *list);
  if (!list) return no_memory(err);
  status = add_letters(l, list, choose_letters(l, list), err);
  bb_free(l->call->allocator, list);
  return status;
}

/* Words ------------------------------------------------------------------------------ */

/* The word's letters as pieces; how many, 0: one of them is no token. */
static size_t cut(const learner *l, biobert_str word, uint32_t *parts) {
  char buffer[LETTER_BYTES];
  size_t count = 0;
  for (size_t at = 0; at < word.len; count++) {
    biobert_str letter = spell(next_letter(word, &at), count > 0, buffer);
    if (!bb_piece_list_find(&l->pieces, letter, &parts[count])) return 0;
  }
  return count;
}

/* The pair of parts at - 1 and at occurs so many times more in a word. */
static bool add_pair(learner *l, uint32_t word, size_t at) {
  const cut_word *w = &l->cuts[word];
  const uint32_t *parts = l->parts + w->first;
  return bb_pairs_add(&l->pairs, parts[at - 1], parts[at], w->count, word);
}

static biobert_status cut_words(learner *l, biobert_error *err) {
  size_t used = 0;
  for (uint32_t i = 0; i < l->words->count; i++) {
    biobert_status status = whether_stopped(l, err);
    if (status) return status;
    cut_word *w = &l->cuts[i];
    w->first = used;
    w->len = cut(l, bb_piece_list_text(l->words, i), l->parts + used);
    w->count = (int64_t)l->words->counts[i];
    used += w->len;
    for (size_t at = 1; at < w->len; at++)
      if (!add_pair(l, i, at)) return no_memory(err);
  }
  return BIOBERT_OK;
}

/* Pairs ------------------------------------------------------------------------------ */

/* What two pieces are joined to. */
static biobert_str join(const learner *l, const bb_pair *pair,
                        char buffer[BB_TOKEN_MAX_BYTES]) {
  biobert_str left = bb_piece_list_text(&l->pieces, pair->left);
  biobert_str right = bb_piece_list_text(&l->pieces, pair->right);
  memcpy(buffer, left.data, left.len);
  memcpy(buffer + left.len, right.data + BB_INSIDE_BYTES, right.len - BB_INSIDE_BYTES);
  return (biobert_str){buffer, left.len + right.len - BB_INSIDE_BYTES};
}

/* Of pairs that occur as often: the one whose spelling comes first; of two with one
 * spelling, the one whose left piece is shorter. */
static bool comes_before(const void *ctx, const bb_pair *a, const bb_pair *b) {
  const learner *l = ctx;
  char first[BB_TOKEN_MAX_BYTES], second[BB_TOKEN_MAX_BYTES];
  biobert_str x = join(l, a, first), y = join(l, b, second);
  int order = memcmp(x.data, y.data, x.len < y.len ? x.len : y.len);
  if (order != 0) return order < 0;
  if (x.len != y.len) return x.len < y.len;
  return bb_piece_list_text(&l->pieces, a->left).len <
         bb_piece_list_text(&l->pieces, b->left).len;
}

typedef struct joining {
  learner *learner;
  bb_pair pair;
  uint32_t joined; /* the piece that the pair becomes */
} joining;

/* The pair of parts at - 1 and at is no more; the pair that is joined has gone already. */
static void take_pair(const joining *j, uint32_t word, size_t at) {
  const cut_word *w = &j->learner->cuts[word];
  const uint32_t *parts = j->learner->parts + w->first;
  if (parts[at - 1] != j->pair.left || parts[at] != j->pair.right)
    bb_pairs_take(&j->learner->pairs, parts[at - 1], parts[at], w->count);
}

/* Joins the parts at and at + 1 of a word. False: no memory. */
static bool join_parts(const joining *j, uint32_t word, size_t at) {
  learner *l = j->learner;
  cut_word *w = &l->cuts[word];
  uint32_t *parts = l->parts + w->first;
  const bool follows = at > 0, goes_on = at + 2 < w->len;
  if (follows) take_pair(j, word, at);
  if (goes_on) take_pair(j, word, at + 2);
  parts[at] = j->joined;
  memmove(parts + at + 1, parts + at + 2, (w->len - at - 2) * sizeof *parts);
  w->len--;
  return (!follows || add_pair(l, word, at)) && (!goes_on || add_pair(l, word, at + 1));
}

static bool join_in_word(const joining *j, uint32_t word) {
  const cut_word *w = &j->learner->cuts[word];
  const uint32_t *parts = j->learner->parts + w->first;
  for (size_t at = 0; at + 1 < w->len; at++)
    if (parts[at] == j->pair.left && parts[at + 1] == j->pair.right &&
        !join_parts(j, word, at))
      return false;
  return true;
}

static biobert_status join_in_words(joining *j, biobert_error *err) {
  uint32_t word;
  while (bb_pairs_next_word(&j->learner->pairs, &j->pair, &word)) {
    biobert_status status = whether_stopped(j->learner, err);
    if (status) return status;
    if (!join_in_word(j, word)) return no_memory(err);
  }
  return BIOBERT_OK;
}

static biobert_status join_pair(learner *l, const bb_pair *pair, biobert_error *err) {
  char buffer[BB_TOKEN_MAX_BYTES];
  joining j = {l, *pair, 0};
  if (!bb_piece_list_add(&l->pieces, join(l, pair, buffer), &j.joined))
    return no_memory(err);
  biobert_status status = join_in_words(&j, err);
  if (!status && !bb_pairs_queue_grown(&l->pairs)) status = no_memory(err);
  return status;
}

static biobert_status learn_pairs(learner *l, biobert_error *err) {
  bb_pair pair;
  biobert_status status = cut_words(l, err);
  if (!status && !bb_pairs_queue_grown(&l->pairs)) status = no_memory(err);
  while (!status && BB_SPECIAL_COUNT + l->pieces.count < l->wish->size &&
         bb_pairs_next(&l->pairs, &pair))
    status = join_pair(l, &pair, err);
  return status;
}

/* All of it -------------------------------------------------------------------------- */

static char *write_line(char *at, biobert_str token) {
  memcpy(at, token.data, token.len);
  at[token.len] = '\n';
  return at + token.len + 1;
}

static biobert_status write_tokens(const learner *l, char **text, size_t *len,
                                   biobert_error *err) {
  size_t bytes = l->pieces.byte_count + l->pieces.count;
  for (int i = 0; i < BB_SPECIAL_COUNT; i++) bytes += strlen(bb_special_names[i]) + 1;
  char *at = *text = bb_alloc(l->call->allocator, bytes, 1);
  if (!at) return no_memory(err);
  for (int i = 0; i < BB_SPECIAL_COUNT; i++)
    at = write_line(at, bb_str(bb_special_names[i]));
  for (uint32_t i = 0; i < l->pieces.count; i++)
    at = write_line(at, bb_piece_list_text(&l->pieces, i));
  *len = bytes;
  return BIOBERT_OK;
}

static biobert_status reserve(learner *l, biobert_error *err) {
  l->cuts = bb_alloc(l->call->allocator, l->words->count, sizeof *l->cuts);
  /* A letter has at least a byte. */
  l->parts = bb_alloc(l->call->allocator, l->words->byte_count, sizeof *l->parts);
  return l->cuts && l->parts ? BIOBERT_OK : no_memory(err);
}

static void free_learner(learner *l) {
  bb_free(l->call->allocator, l->cuts);
  bb_free(l->call->allocator, l->parts);
  bb_piece_list_free(&l->letters);
  bb_piece_list_free(&l->pieces);
  bb_pairs_free(&l->pairs);
}

biobert_status bb_learn_vocabulary(const bb_word_counts *words,
                                   const bb_vocabulary_wish *wish, const bb_call *call,
                                   char **text, size_t *len, biobert_error *err) {
  learner l = {.words = &words->words, .wish = wish, .call = call};
  l.letters.allocator = l.pieces.allocator = call->allocator;
  l.pairs = (bb_pairs){.allocator = call->allocator,
                       .before = comes_before,
                       .ctx = &l,
                       .min_count = wish->min_count};
  biobert_status status = reserve(&l, err);
  if (!status) status = learn_letters(&l, err);
  if (!status) status = learn_pairs(&l, err);
  if (!status) status = write_tokens(&l, text, len, err);
  free_learner(&l);
  return status;
}
