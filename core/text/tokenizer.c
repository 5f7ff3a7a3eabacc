/* tokenizer.c - special tokens, words, pieces.
 *
 * Source of the behaviour: tokenizers 0.23 (added_vocabulary.rs, normalizers/bert.rs,
 * pre_tokenizers/bert.rs, models/wordpiece). The text is streamed: a character goes from
 * the normaliser into the word that is being built, and a finished word becomes tokens at
 * once. */
#include "text/tokenizer.h"

#include "base/mem.h"
#include "base/status.h"
#include "base/utf8.h"
#include "text/unicode_tables.h"
#include "text/wordpiece.h"

/* The word that is being built. Of a word that is too long only its ends matter. */
typedef struct word {
  char bytes[BB_WORD_MAX_BYTES];
  uint16_t char_end[BB_WORD_MAX_CHARS];
  biobert_span place[BB_WORD_MAX_CHARS];
  size_t chars; /* may exceed BB_WORD_MAX_CHARS: then the rest is not kept */
  size_t end;   /* of the last character, in bytes of the text */
} word;

typedef struct run {
  const bb_tokenizer *t;
  biobert_str text;
  bb_token_fn *each;
  void *ctx;
  const bb_call *call;
  word word;
  size_t word_index;
  bool stopped;
  bb_character *characters; /* only with normalised added tokens: one segment */
  size_t character_count, character_capacity;
  bool no_memory;
  biobert_span last; /* where the last added token was */
  size_t steps;      /* since the last cancellation check */
} run;

/* A long text of short segments, or tokens that all but match at every place, may keep
 * bb_normalize() from asking. */
static bool must_stop(run *r) {
  if (r->steps < BB_POLL_BYTES) return false;
  r->steps = 0;
  return r->call->cancel && r->call->cancel(r->call->cancel_ctx);
}

static biobert_status interrupted(biobert_error *err) {
  return bb_fail(err, BIOBERT_INTERRUPTED, "interrupted");
}

static void emit(run *r, int32_t id, size_t start, size_t end) {
  if (r->stopped) return;
  r->stopped = !r->each(r->ctx, &(bb_token){id, start, end, r->word_index});
}

/* The reference goes on after the match, not after the white space that the token took:
 * so another match may begin in that white space, and is moved to its end. */
static void emit_added(run *r, const bb_added_token *a, size_t start, size_t end) {
  if (start < r->last.start) start = r->last.start;
  if (end < r->last.end) end = r->last.end;
  r->last = (biobert_span){start, end};
  emit(r, a->id, start, end);
  r->word_index++;
}

/* Words ------------------------------------------------------------------------------ */

static void end_word(run *r) {
  word *w = &r->word;
  if (w->chars == 0) return;
  bb_piece pieces[BB_WORD_MAX_CHARS];
  size_t count = 0;
  if (w->chars <= BB_WORD_MAX_CHARS)
    count = bb_wordpiece(r->t->vocab, w->bytes, w->char_end, w->chars, pieces);
  if (count == 0) emit(r, r->t->unk, w->place[0].start, w->end);
  for (size_t i = 0; i < count; i++)
    emit(r, pieces[i].id, w->place[pieces[i].first].start,
         w->place[pieces[i].end - 1].end);
  w->chars = 0;
  r->word_index++;
}

static void extend_word(run *r, const bb_character *c) {
  word *w = &r->word;
  if (w->chars < BB_WORD_MAX_CHARS) {
    size_t at = w->chars ? w->char_end[w->chars - 1] : 0;
    at += bb_utf8_put(c->code, w->bytes + at);
    w->char_end[w->chars] = (uint16_t)at;
    w->place[w->chars] = (biobert_span){c->start, c->end};
  }
  w->chars++;
  w->end = c->end;
}

/* BertPreTokenizer: white space separates, each punctuation character is a word. */
static bool take_character(void *ctx, const bb_character *c) {
  run *r = ctx;
  uint8_t flags = bb_char_class_of(c->code).flags;
  if (flags & (BB_CHAR_SPACE | BB_CHAR_PUNCT)) {
    end_word(r);
    if (flags & BB_CHAR_SPACE) return !r->stopped;
    extend_word(r, c);
    end_word(r);
    return !r->stopped;
  }
  extend_word(r, c);
  return !r->stopped;
}

/* Added tokens in normalised text ---------------------------------------------------- */

static bool keep_character(void *ctx, const bb_character *c) {
  run *r = ctx;
  if (!bb_grow(r->call->allocator, (void **)&r->characters, &r->character_capacity,
               r->character_count, sizeof *r->characters)) {
    r->no_memory = true;
    return false;
  }
  r->characters[r->character_count++] = *c;
  return true;
}

static bool is_word_character(uint32_t code) {
  return bb_char_class_of(code).flags & BB_CHAR_WORD;
}

static bool is_space_character(uint32_t code) {
  return bb_char_class_of(code).flags & BB_CHAR_SPACE;
}

static void take_characters(run *r, size_t from, size_t to) {
  for (size_t i = from; i < to && !r->stopped; i++) take_character(r, &r->characters[i]);
  end_word(r);
}

/* The kept segment: added tokens out of it, the rest into words. */
static biobert_status split_characters(run *r, biobert_error *err) {
  const bb_character *c = r->characters;
  size_t count = r->character_count, done = 0;
  for (size_t i = 0; i < count && !r->stopped;) {
    size_t start = i, stop = i;
    const bb_added_token *a =
        bb_added_in_characters(&r->t->added, c, count, i, &stop, &r->steps);
    r->steps++;
    if (must_stop(r)) return interrupted(err);
    if (!a) {
      i++;
      continue;
    }
    i = stop;
    if (a->single_word && ((start > 0 && is_word_character(c[start - 1].code)) ||
                           (stop < count && is_word_character(c[stop].code))))
      continue;
    while (a->lstrip && start > done && is_space_character(c[start - 1].code)) start--;
    while (a->rstrip && stop < count && is_space_character(c[stop].code)) stop++;
    if (a->lstrip && done >= stop) continue; /* white space, taken by the match before */
    if (a->lstrip && start < done) start = done;
    take_characters(r, done, start);
    emit_added(r, a, c[start].start, c[stop - 1].end);
    done = stop;
  }
  take_characters(r, done, count);
  return BIOBERT_OK;
}

/* Segments between special tokens ---------------------------------------------------- */

static biobert_status take_segment(run *r, biobert_span segment, biobert_error *err) {
  if (segment.start >= segment.end || r->stopped) return BIOBERT_OK;
  bool stopped = false;
  bool keep = r->t->added.normalized.count > 0;
  r->character_count = 0;
  biobert_status status =
      bb_normalize(&r->t->normalizer, r->text, segment,
                   keep ? keep_character : take_character, r, r->call, &stopped, err);
  if (status) return status;
  if (r->no_memory) return bb_no_memory(err, "tokens");
  if (keep) return split_characters(r, err);
  end_word(r);
  return BIOBERT_OK;
}

/* The code point that ends before byte `at` > 0, and its bytes. */
static size_t previous_code(biobert_str text, size_t at, uint32_t *code) {
  size_t back = 1;
  while (back < 4 && back < at && (text.data[at - back] & 0xC0) == 0x80) back++;
  size_t bytes = bb_utf8_next(text.data + at - back, text.data + at, code);
  if (bytes == back) return back;
  *code = BB_REPLACEMENT; /* the tail of something ill-formed */
  return 1;
}

static bool touches_word(biobert_str text, size_t start, size_t stop) {
  uint32_t code;
  if (start > 0) {
    previous_code(text, start, &code);
    if (is_word_character(code)) return true;
  }
  if (stop == text.len) return false;
  bb_utf8_next(text.data + stop, text.data + text.len, &code);
  return is_word_character(code);
}

/* lstrip and rstrip: the match takes the white space beside it, but none that an earlier
 * match has taken; of white space alone nothing may be left. */
static biobert_span take_spaces(biobert_str text, const bb_added_token *a, size_t done,
                                biobert_span match) {
  uint32_t code;
  while (a->lstrip && match.start > done) {
    size_t bytes = previous_code(text, match.start, &code);
    if (!is_space_character(code)) break;
    match.start -= bytes;
  }
  while (a->rstrip && match.end < text.len) {
    size_t bytes = bb_utf8_next(text.data + match.end, text.data + text.len, &code);
    if (!is_space_character(code)) break;
    match.end += bytes;
  }
  if (a->lstrip && match.start < done) match.start = done < match.end ? done : match.end;
  return match;
}

static biobert_status tokenize_run(run *r, biobert_error *err) {
  biobert_str text = r->text;
  size_t done = 0;
  for (size_t at = 0; at < text.len && !r->stopped;) {
    r->steps++;
    if (must_stop(r)) return interrupted(err);
    const bb_added_token *a = NULL;
    biobert_span match = {at, at};
    if (r->t->added.raw.start[(unsigned char)text.data[at]])
      a = bb_added_in_bytes(&r->t->added, text, at, &match.end, &r->steps);
    if (!a) {
      at++;
      continue;
    }
    at = match.end;
    if (a->single_word && touches_word(text, match.start, match.end)) continue;
    match = take_spaces(text, a, done, match);
    if (match.start == match.end) continue;
    biobert_status status = take_segment(r, (biobert_span){done, match.start}, err);
    if (status) return status;
    emit_added(r, a, match.start, match.end);
    done = match.end;
  }
  return take_segment(r, (biobert_span){done, text.len}, err);
}

biobert_status bb_tokenize(const bb_tokenizer *t, biobert_str text, bb_token_fn *each,
                           void *ctx, const bb_call *call, biobert_error *err) {
  run r = {.t = t, .text = text, .each = each, .ctx = ctx, .call = call};
  biobert_status status = tokenize_run(&r, err);
  bb_free(call->allocator, r.characters);
  return status;
}

/* Setting up ------------------------------------------------------------------------- */

const char *const bb_special_names[BB_SPECIAL_COUNT] = {
    [BB_PAD] = "[PAD]", [BB_UNK] = "[UNK]",   [BB_CLS] = "[CLS]",
    [BB_SEP] = "[SEP]", [BB_MASK] = "[MASK]",
};

biobert_status bb_tokenizer_finish(bb_tokenizer *t, biobert_error *err) {
  const struct {
    int32_t *id;
    bool required;
  } specials[BB_SPECIAL_COUNT] = {
      [BB_PAD] = {&t->pad,  false},
        [BB_UNK] = {&t->unk,  true },
      [BB_CLS] = {&t->cls,  true },
        [BB_SEP] = {&t->sep,  true },
      [BB_MASK] = {&t->mask, false},
  };
  for (size_t i = 0; i < BB_SPECIAL_COUNT; i++) {
    *specials[i].id = bb_vocab_find_any(t->vocab, bb_str(bb_special_names[i]));
    if (*specials[i].id < 0 && specials[i].required)
      return bb_fail(err, BIOBERT_FORMAT,
                     "the vocabulary has no %s: it is not a BERT WordPiece vocabulary",
                     bb_special_names[i]);
  }
  return bb_added_finish(&t->added, t->vocab, &t->normalizer, err);
}

void bb_tokenizer_free(bb_tokenizer *t) {
  bb_added_free(&t->added);
  bb_vocab_free(t->vocab);
  *t = (bb_tokenizer){0};
}

/* Back to text ----------------------------------------------------------------------- */

/* The reference's decoder cleans each piece of such spaces, in this order. */
static const struct {
  const char *from, *to;
} clean_ups[] = {
    {" .",      "."     },
    {" ?",      "?"     },
    {" !",      "!"     },
    {" ,",      ","     },
    {" ' ",     "'"     },
    {" n't",    "n't"   },
    {" 'm",     "'m"    },
    {" do not", " don't"},
    {" 's",     "'s"    },
    {" 've",    "'ve"   },
    {" 're",    "'re"   },
};

/* Replaces every `from` in place (no replacement is longer); returns the new length. */
static size_t replace_all(char *text, size_t len, const char *from, const char *to) {
  size_t from_len = strlen(from), to_len = strlen(to), out = 0;
  for (size_t i = 0; i < len;) {
    if (len - i >= from_len && memcmp(text + i, from, from_len) == 0) {
      memcpy(text + out, to, to_len);
      out += to_len;
      i += from_len;
    } else {
      text[out++] = text[i++];
    }
  }
  return out;
}

/* One token at the end of the text: "##x" without a space, anything else with one. */
static size_t append_piece(char *text, size_t len, biobert_str piece, bool first) {
  char *at = text + len;
  size_t bytes = 0;
  if (!first && piece.len >= 2 && piece.data[0] == '#' && piece.data[1] == '#') {
    piece.data += 2;
    piece.len -= 2;
  } else if (!first) {
    at[bytes++] = ' ';
  }
  memcpy(at + bytes, piece.data, piece.len);
  bytes += piece.len;
  for (size_t i = 0; i < sizeof clean_ups / sizeof clean_ups[0]; i++)
    bytes = replace_all(at, bytes, clean_ups[i].from, clean_ups[i].to);
  return len + bytes;
}

biobert_status bb_detokenize(const bb_tokenizer *t, const int32_t *ids, size_t count,
                             const bb_call *call, char **text, size_t *len,
                             biobert_error *err) {
  size_t bytes = 1;
  for (size_t i = 0; i < count; i++) {
    biobert_str token = bb_vocab_token(t->vocab, ids[i]);
    if (!token.data)
      return bb_fail(err, BIOBERT_RANGE, "no token has id %d: ids go from 0 to %zu",
                     ids[i], bb_vocab_size(t->vocab) - 1);
    bytes += token.len + 1;
  }
  char *result = bb_alloc(call->allocator, bytes, 1);
  if (!result) return bb_no_memory(err, "text of tokens");
  size_t at = 0;
  bool first = true;
  for (size_t i = 0; i < count; i++) {
    const bb_added_token *a = bb_added_find(&t->added, ids[i]);
    if (a && a->special) continue;
    at = append_piece(result, at, bb_vocab_token(t->vocab, ids[i]), first);
    first = false;
  }
  result[at] = '\0';
  *text = result;
  *len = at;
  return BIOBERT_OK;
}
