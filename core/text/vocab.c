/* vocab.c - an open-addressed hash table of pieces, and the tokens by id.
 *
 * A token that begins with "##" is stored without it and marked "inside a word", so that
 * the look-up of WordPiece never has to put "##" in front of a piece. */
#include "text/vocab.h"

#include <stdio.h>

#include "base/mem.h"
#include "base/status.h"
#include "base/stop.h"
#include "base/utf8.h"
#include "text/unicode_tables.h"

enum {
  FIRST_SLOTS = 1024,
  /* With at most half of the slots in use, chance alone does not reach this; a file that
   * was made to collide does, and would make every look-up slow. */
  MAX_PROBES = 256,
};

/* INSIDE: "##" was cut off. SPELLING: no piece, found by bb_vocab_find_any() alone. */
enum kind { BEGINS_WORD, INSIDE, SPELLING };

typedef struct slot {
  uint64_t hash;
  int32_t id; /* -1: empty */
  enum kind kind;
} slot;

typedef struct entry {
  char *text; /* whole, "##" included; NULL: no such id */
  uint32_t bytes;
} entry;

struct bb_vocab {
  slot *slots;
  size_t slot_count; /* a power of two */
  size_t used;
  entry *tokens; /* by id */
  size_t token_capacity;
  size_t size;
  size_t longest;
};

static biobert_str piece_of(const bb_vocab *v, const slot *s) {
  const entry *t = &v->tokens[s->id];
  size_t cut = s->kind == INSIDE ? 2 : 0;
  return (biobert_str){t->text + cut, t->bytes - cut};
}

static bool is_inside(biobert_str token) {
  return token.len >= 2 && token.data[0] == '#' && token.data[1] == '#';
}

static biobert_str without_prefix(biobert_str token) {
  return is_inside(token) ? (biobert_str){token.data + 2, token.len - 2} : token;
}

static uint64_t hash_of(biobert_str piece, enum kind kind) {
  uint64_t hash = bb_piece_hash_start(kind == INSIDE);
  for (size_t i = 0; i < piece.len; i++)
    hash = bb_piece_hash_byte(hash, (unsigned char)piece.data[i]);
  return hash;
}

static size_t first_slot(const bb_vocab *v, uint64_t hash) {
  return (size_t)(hash ^ hash >> 32) & (v->slot_count - 1);
}

/* The slot of a piece, or the empty one where it belongs; NULL after MAX_PROBES. */
static slot *find_slot(const bb_vocab *v, biobert_str piece, enum kind kind,
                       uint64_t hash) {
  size_t at = first_slot(v, hash);
  for (int probe = 0; probe < MAX_PROBES; probe++) {
    slot *s = &v->slots[at];
    if (s->id < 0) return s;
    if (s->hash == hash && s->kind == kind) {
      biobert_str known = piece_of(v, s);
      if (known.len == piece.len &&
          (piece.len == 0 || memcmp(known.data, piece.data, piece.len) == 0))
        return s;
    }
    at = (at + 1) & (v->slot_count - 1);
  }
  return NULL;
}

static bool make_slots(bb_vocab *v, size_t count) {
  slot *slots = bb_alloc(NULL, count, sizeof *slots);
  if (!slots) return false;
  for (size_t i = 0; i < count; i++) slots[i].id = -1;
  slot *old = v->slots;
  size_t old_count = v->slot_count;
  v->slots = slots;
  v->slot_count = count;
  for (size_t i = 0; i < old_count; i++) {
    if (old[i].id < 0) continue;
    size_t at = first_slot(v, old[i].hash);
    while (slots[at].id >= 0) at = (at + 1) & (count - 1);
    slots[at] = old[i];
  }
  bb_free(NULL, old);
  return true;
}

biobert_status bb_vocab_new(bb_vocab **out, biobert_error *err) {
  bb_vocab *v = bb_alloc_zeroed(NULL, 1, sizeof *v);
  if (!v || !make_slots(v, FIRST_SLOTS)) {
    bb_free(NULL, v);
    return bb_no_memory(err, "vocabulary");
  }
  *out = v;
  return BIOBERT_OK;
}

void bb_vocab_free(bb_vocab *v) {
  if (!v) return;
  for (size_t i = 0; i < v->token_capacity; i++) bb_free(NULL, v->tokens[i].text);
  bb_free(NULL, v->tokens);
  bb_free(NULL, v->slots);
  bb_free(NULL, v);
}

/* Room for token `id`; new entries are empty. */
static bool reserve_id(bb_vocab *v, size_t id) {
  if (id < v->token_capacity) return true;
  size_t capacity = v->token_capacity ? v->token_capacity : FIRST_SLOTS;
  while (capacity <= id) capacity *= 2;
  entry *tokens = bb_resize(NULL, v->tokens, capacity, sizeof *tokens);
  if (!tokens) return false;
  memset(tokens + v->token_capacity, 0, (capacity - v->token_capacity) * sizeof *tokens);
  v->tokens = tokens;
  v->token_capacity = capacity;
  return true;
}

static biobert_status set_token(bb_vocab *v, biobert_str text, int32_t id,
                                biobert_error *err) {
  char quoted[BB_QUOTE_BYTES];
  if (id < 0 || id >= BB_VOCAB_MAX_ID)
    return bb_fail(err, BIOBERT_FORMAT, "vocabulary: token '%s' has id %d, not 0 to %d",
                   bb_quote(quoted, text), id, BB_VOCAB_MAX_ID - 1);
  if (text.len > BB_TOKEN_MAX_BYTES)
    return bb_fail(err, BIOBERT_FORMAT, "vocabulary: token %d has %zu bytes, at most %d",
                   id, text.len, BB_TOKEN_MAX_BYTES);
  size_t index = (size_t)id;
  if (index < v->token_capacity && v->tokens[index].text)
    return bb_fail(err, BIOBERT_FORMAT, "vocabulary: two tokens have id %d", id);
  if (!reserve_id(v, index)) return bb_no_memory(err, "vocabulary");
  char *copy = bb_copy_str(NULL, text);
  if (!copy) return bb_no_memory(err, "vocabulary");
  v->tokens[index] = (entry){copy, (uint32_t)text.len};
  if (index >= v->size) v->size = index + 1;
  return BIOBERT_OK;
}

static biobert_status add(bb_vocab *v, biobert_str text, int32_t id, enum kind kind,
                          biobert_error *err) {
  if (bb_reading_stops()) return bb_interrupted(err, "vocabulary");
  if (v->used * 2 >= v->slot_count && !make_slots(v, v->slot_count * 2))
    return bb_no_memory(err, "vocabulary");
  biobert_status status = set_token(v, text, id, err);
  if (status) return status;
  biobert_str piece = kind == INSIDE ? without_prefix(text) : text;
  uint64_t hash = hash_of(piece, kind);
  slot *s = find_slot(v, piece, kind, hash);
  if (!s)
    return bb_fail(err, BIOBERT_FORMAT, "vocabulary: made to collide in a hash table");
  if (s->id < 0) v->used++;
  *s = (slot){hash, id, kind};
  return BIOBERT_OK;
}

biobert_status bb_vocab_add_spelling(bb_vocab *v, biobert_str text, int32_t id,
                                     biobert_error *err) {
  return add(v, text, id, SPELLING, err);
}

biobert_status bb_vocab_add(bb_vocab *v, biobert_str text, int32_t id,
                            biobert_error *err) {
  biobert_status status = add(v, text, id, is_inside(text) ? INSIDE : BEGINS_WORD, err);
  if (!status && text.len > v->longest) v->longest = text.len;
  return status;
}

/* Rust's trim_end(): all of White_Space, not only ASCII's. */
static biobert_str trim_end(biobert_str line) {
  while (line.len > 0) {
    size_t back = 1;
    while (back < 4 && back < line.len && (line.data[line.len - back] & 0xC0) == 0x80)
      back++;
    uint32_t code;
    bb_utf8_next(line.data + line.len - back, line.data + line.len, &code);
    if (!(bb_char_class_of(code).flags & BB_CHAR_SPACE)) break;
    line.len -= back;
  }
  return line;
}

biobert_status bb_vocab_add_lines(bb_vocab *v, biobert_str text, const char *what,
                                  biobert_error *err) {
  static const char bom[] = "\xEF\xBB\xBF";
  const char *at = text.data, *end = text.data + text.len;
  if (text.len >= 3 && memcmp(at, bom, 3) == 0) at += 3;
  for (int32_t id = 0; at < end; id++) {
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    const char *stop = newline ? newline : end;
    biobert_str line = trim_end((biobert_str){at, (size_t)(stop - at)});
    for (const char *p = line.data; p < line.data + line.len;) {
      uint32_t code;
      size_t bytes = bb_utf8_next(p, line.data + line.len, &code);
      if (!bb_utf8_is_well_formed(p, code, bytes))
        return bb_fail(err, BIOBERT_FORMAT, "%s: line %d is not UTF-8", what, id + 1);
      p += bytes;
    }
    biobert_error why;
    biobert_status status = bb_vocab_add(v, line, id, &why);
    if (status) return bb_fail(err, status, "%s: line %d: %s", what, id + 1, why.message);
    at = newline ? newline + 1 : end;
  }
  return BIOBERT_OK;
}

static int32_t find(const bb_vocab *v, biobert_str piece, enum kind kind, uint64_t hash) {
  const slot *s = find_slot(v, piece, kind, hash);
  return s ? s->id : -1;
}

int32_t bb_vocab_find_piece(const bb_vocab *v, biobert_str piece, bool inside_word,
                            uint64_t hash) {
  return find(v, piece, inside_word ? INSIDE : BEGINS_WORD, hash);
}

int32_t bb_vocab_find(const bb_vocab *v, biobert_str token) {
  enum kind kind = is_inside(token) ? INSIDE : BEGINS_WORD;
  biobert_str piece = without_prefix(token);
  return find(v, piece, kind, hash_of(piece, kind));
}

int32_t bb_vocab_find_any(const bb_vocab *v, biobert_str token) {
  int32_t id = bb_vocab_find(v, token);
  return id >= 0 ? id : find(v, token, SPELLING, hash_of(token, SPELLING));
}

biobert_str bb_vocab_token(const bb_vocab *v, int32_t id) {
  if (id < 0 || (size_t)id >= v->token_capacity || !v->tokens[id].text)
    return (biobert_str){NULL, 0};
  return (biobert_str){v->tokens[id].text, v->tokens[id].bytes};
}

size_t bb_vocab_size(const bb_vocab *v) {
  return v->size;
}

size_t bb_vocab_longest(const bb_vocab *v) {
  return v->longest;
}
