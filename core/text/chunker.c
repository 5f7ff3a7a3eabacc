/* chunker.c - words are counted once, then packed.
 *
 * The unit is the word of the tokenizer: the pieces of [word a, word b) are the pieces of
 * that stretch of text by itself, because no piece reaches over a word's end. Only inside
 * a word is that not so: a part cut off is counted anew, and two parts of a word never
 * share a chunk, as together they have other pieces again. */
#include "text/chunker.h"

#include "base/mem.h"
#include "base/status.h"
#include "base/utf8.h"
#include "text/sentences.h"
#include "text/unicode_tables.h"

/* A word, or the part of one that fits. */
typedef struct unit {
  size_t start, end;
  size_t tokens;
  size_t word;
  bool ends_sentence;
  bool inside_word; /* a part that is not the first: only begins a chunk */
} unit;

typedef struct chunker {
  const bb_tokenizer *t;
  biobert_str text;
  size_t max_tokens;
  const bb_call *call;
  unit *units;
  size_t unit_count, unit_capacity;
  biobert_chunk *chunks;
  size_t chunk_count, chunk_capacity;
  bool no_memory;
} chunker;

/* Units ------------------------------------------------------------------------------ */

static bool push_unit(chunker *c, unit u) {
  if (!bb_grow(c->call->allocator, (void **)&c->units, &c->unit_capacity, c->unit_count,
               sizeof *c->units))
    return false;
  c->units[c->unit_count++] = u;
  return true;
}

static bool take_token(void *ctx, const bb_token *token) {
  chunker *c = ctx;
  unit *last = c->unit_count ? &c->units[c->unit_count - 1] : NULL;
  if (last && last->word == token->word) {
    last->tokens++;
    if (token->end > last->end) last->end = token->end;
    return true;
  }
  c->no_memory = !push_unit(
      c,
      (unit){.start = token->start, .end = token->end, .tokens = 1, .word = token->word});
  return !c->no_memory;
}

static bool count_token(void *ctx, const bb_token *token) {
  (void)token;
  ++*(size_t *)ctx;
  return true;
}

static biobert_status count_tokens(const chunker *c, size_t start, size_t end,
                                   size_t *count, biobert_error *err) {
  *count = 0;
  return bb_tokenize(c->t, (biobert_str){c->text.data + start, end - start}, count_token,
                     count, c->call, err);
}

/* The longest beginning of [start, end) that has at most max_tokens pieces by itself, at
 * least one character; by halving, since more characters rarely make fewer pieces, and
 * then shrinking until it is true. */
static biobert_status fitting_part(const chunker *c, size_t start, size_t end, unit *out,
                                   biobert_error *err) {
  size_t length = end - start, tokens = 0;
  for (;;) {
    size_t stop = start + length;
    while (stop > start && stop < end && (c->text.data[stop] & 0xC0) == 0x80) stop--;
    if (stop == start) {
      uint32_t code;
      stop = start + bb_utf8_next(c->text.data + start, c->text.data + end, &code);
    }
    biobert_status status = count_tokens(c, start, stop, &tokens, err);
    if (status) return status;
    if (tokens <= c->max_tokens || length <= 1) {
      *out = (unit){.start = start, .end = stop, .tokens = tokens};
      return BIOBERT_OK;
    }
    length = length * c->max_tokens / tokens < length - 1
                 ? length * c->max_tokens / tokens
                 : length - 1;
    if (length == 0) length = 1;
  }
}

/* A part without pieces is none: byte_end() gives its characters to the one before. */
static biobert_status push_part(chunker *c, unit part, biobert_error *err) {
  if (part.tokens == 0 || push_unit(c, part)) return BIOBERT_OK;
  return bb_no_memory(err, "chunks");
}

/* Replaces words with more pieces than a chunk may have by parts. */
static biobert_status split_long_words(chunker *c, biobert_error *err) {
  bool any = false;
  for (size_t i = 0; i < c->unit_count; i++) any |= c->units[i].tokens > c->max_tokens;
  if (!any) return BIOBERT_OK;
  unit *words = c->units;
  size_t count = c->unit_count;
  biobert_status status = BIOBERT_OK;
  c->units = NULL;
  c->unit_count = c->unit_capacity = 0;
  for (size_t i = 0; i < count && !status; i++) {
    unit u = words[i];
    while (!status && u.tokens > c->max_tokens) {
      unit part;
      status = fitting_part(c, u.start, u.end, &part, err);
      if (status) break;
      part.inside_word = u.inside_word;
      status = push_part(c, part, err);
      u.start = part.end;
      u.inside_word = true;
      if (!status) status = count_tokens(c, u.start, u.end, &u.tokens, err);
    }
    if (!status) status = push_part(c, u, err);
  }
  bb_free(c->call->allocator, words);
  return status;
}

static void mark_sentences(chunker *c) {
  biobert_span sentence;
  size_t at = 0, i = 0;
  while (bb_next_sentence(c->text, at, &sentence)) {
    while (i < c->unit_count && c->units[i].end < sentence.end) i++;
    if (i < c->unit_count && c->units[i].start < sentence.end)
      c->units[i].ends_sentence = true;
    at = sentence.end;
  }
}

/* Packing ---------------------------------------------------------------------------- */

/* One past the last unit of the chunk that begins at `first`: as many units as fit, back
 * to the last sentence's end if there is one after what the chunk before had (`done`). */
static size_t chunk_end(const chunker *c, size_t first, size_t done) {
  size_t tokens = 0, end = first, sentence_end = done;
  while (end < c->unit_count && tokens + c->units[end].tokens <= c->max_tokens) {
    if (end > first && c->units[end].inside_word) break;
    tokens += c->units[end].tokens;
    end++;
    if (c->units[end - 1].ends_sentence && end > done) sentence_end = end;
  }
  if (end == c->unit_count) return end;
  if (sentence_end > done) return sentence_end;
  return end > first ? end : first + 1;
}

/* Where the chunk after [first, end) begins: back by at most `overlap` pieces, at a
 * sentence's beginning if one is in reach; never so far that unit `end` does not fit, or
 * the chunk would say nothing new. */
static size_t next_first(const chunker *c, size_t first, size_t end, size_t overlap) {
  size_t next = c->units[end].tokens;
  size_t room = next < c->max_tokens ? c->max_tokens - next : 0;
  if (overlap > room) overlap = room;
  size_t tokens = 0, at = end, sentence = end;
  while (at > first + 1 && tokens + c->units[at - 1].tokens <= overlap &&
         !c->units[at].inside_word) {
    tokens += c->units[at - 1].tokens;
    at--;
    if (c->units[at - 1].ends_sentence) sentence = at;
  }
  return sentence < end ? sentence : at;
}

/* The end of a chunk whose last unit is `last`: what belongs to no token (an accent that
 * is dropped, a control character) stays with the word before it, up to the next white
 * space. */
static size_t byte_end(const chunker *c, size_t last) {
  size_t at = c->units[last].end;
  size_t limit = last + 1 < c->unit_count ? c->units[last + 1].start : c->text.len;
  while (at < limit) {
    uint32_t code;
    size_t bytes = bb_utf8_next(c->text.data + at, c->text.data + c->text.len, &code);
    if (bb_char_class_of(code).flags & BB_CHAR_SPACE) break;
    at += bytes;
  }
  return at;
}

static biobert_status pack(chunker *c, size_t overlap, biobert_error *err) {
  for (size_t first = 0, end = 0; end < c->unit_count;) {
    end = chunk_end(c, first, end);
    size_t tokens = 0;
    for (size_t i = first; i < end; i++) tokens += c->units[i].tokens;
    if (!bb_grow(c->call->allocator, (void **)&c->chunks, &c->chunk_capacity,
                 c->chunk_count, sizeof *c->chunks))
      return bb_no_memory(err, "chunks");
    c->chunks[c->chunk_count++] =
        (biobert_chunk){c->units[first].start, byte_end(c, end - 1), tokens};
    if (end < c->unit_count) first = next_first(c, first, end, overlap);
  }
  return BIOBERT_OK;
}

biobert_status bb_chunk(const bb_tokenizer *t, biobert_str text, size_t max_tokens,
                        size_t overlap, const bb_call *call, biobert_chunk **chunks,
                        size_t *count, biobert_error *err) {
  chunker c = {.t = t, .text = text, .max_tokens = max_tokens, .call = call};
  biobert_status status = bb_tokenize(t, text, take_token, &c, call, err);
  if (!status && c.no_memory) status = bb_no_memory(err, "chunks");
  if (!status) status = split_long_words(&c, err);
  if (!status) {
    mark_sentences(&c);
    status = pack(&c, overlap, err);
  }
  bb_free(call->allocator, c.units);
  if (status) {
    bb_free(call->allocator, c.chunks);
    return status;
  }
  *chunks = c.chunks;
  *count = c.chunk_count;
  return BIOBERT_OK;
}
