/* words_syntax.c - what a person types for words, in FTS5's syntax.
 *
 * Two readings. The first is FTS5's grammar to the letter (fts5.html, section 3): what it
 * takes is given to FTS5 as it was typed, so syntax never changes its meaning. Only what
 * FTS5 would refuse is read a second time, as people write: IL-6, Crohn's and poly(A)
 * are quoted, brackets may follow each other, and NOT may come first. FTS5 has only
 * `a NOT b`, so the second reading knows of each part whether the rows that it finds are
 * meant or all others, and turns the whole around where it must.
 *
 * expr     = and {OR and}           and = not {AND not}      not = list {NOT list}
 * list     = item {item}            FTS5: brackets are alone, never items of a list
 * item     = (expr) | colset : (expr) | [colset :] near
 * near     = phrase | ^ phrase | NEAR(phrase {phrase} [, number])
 * phrase   = string [*] {+ string [*]}
 * colset   = name | -name | {name ...} | -{name ...} */
#include "base/mem.h"
#include "base/ascii.h"
#include "base/status.h"
#include "index/words_parts.h"

enum {
  /* FTS5's parser has 100 places on its stack, and a bracket takes up to seven of them:
   * expr OR expr AND expr NOT ( */
  MAX_NESTED = 13,
  /* Of what FTS5 itself takes: it decides, this only bounds the recursion. */
  MAX_NESTED_STRICT = 200,
};

static bool read_expr(bb_words_parser *p, bb_words_part *out);

static bool read_phrase(bb_words_parser *p, bb_words_part *out) {
  for (;;) {
    if (!bb_words_is_string(p)) return bb_words_refuse_next(p);
    if (p->next.kind == BB_TOKEN_TEXT)
      bb_part_add_quoted(p, out, bb_words_view(p, p->next));
    else
      bb_part_add_view(p, out, bb_words_view(p, p->next));
    bb_words_advance(p);
    if (bb_words_next_is(p, '*')) {
      bb_part_add(p, out, " *");
      bb_words_advance(p);
    }
    if (!bb_words_next_is(p, '+')) return p->next.kind != BB_TOKEN_BAD;
    bb_part_add(p, out, " + ");
    bb_words_advance(p);
  }
}

static bool read_near(bb_words_parser *p, bb_words_part *out) {
  bb_part_add(p, out, "NEAR(");
  bb_words_advance(p); /* NEAR */
  p->near++;
  bb_words_advance(p); /* ( */
  bool fine = read_phrase(p, out);
  while (fine && bb_words_is_string(p)) {
    bb_part_add(p, out, " ");
    fine = read_phrase(p, out);
  }
  if (fine && bb_words_next_is(p, ',')) {
    bb_words_advance(p);
    biobert_str number = bb_words_view(p, p->next);
    fine = p->next.kind == BB_TOKEN_WORD;
    for (size_t i = 0; fine && i < number.len; i++) fine = bb_is_digit(number.data[i]);
    bb_part_add(p, out, ", ");
    bb_part_append(p, out, number.data, number.len);
    bb_words_advance(p);
  }
  p->near--;
  if (!fine || !bb_words_next_is(p, ')'))
    return p->next.kind != BB_TOKEN_BAD &&
           bb_words_refuse(p, "NEAR is typed NEAR(heart failure, 10)");
  bb_part_add(p, out, ")");
  bb_words_advance(p);
  return p->next.kind != BB_TOKEN_BAD;
}

/* The name of a column, bare or in quotes. */
static bool read_column(bb_words_parser *p, bb_words_part *out) {
  biobert_str name = bb_words_view(p, p->next);
  if (!bb_words_is_string(p)) return bb_words_refuse_next(p);
  if (p->next.kind == BB_TOKEN_STRING) name = (biobert_str){name.data + 1, name.len - 2};
  if (!bb_words_is_column(p, name)) return bb_words_refuse_column(p, name);
  bb_part_append(p, out, p->typed.data + p->next.start, p->next.end - p->next.start);
  bb_words_advance(p);
  return p->next.kind != BB_TOKEN_BAD;
}

/* [-] name, or [-] {name ...}, and the colon. *there: is there one at all? */
static bool read_columns(bb_words_parser *p, bb_words_part *out, bool *there) {
  bool minus = bb_words_next_is(p, '-');
  *there = minus || bb_words_next_is(p, '{') ||
           (bb_words_is_string(p) && bb_words_sign_after(p) == ':');
  if (!*there) return true;
  if (minus) {
    bb_part_add(p, out, "- ");
    bb_words_advance(p);
  }
  if (bb_words_next_is(p, '{')) {
    bb_part_add(p, out, "{");
    bb_words_advance(p);
    do {
      if (!read_column(p, out)) return false;
      bb_part_add(p, out, " ");
    } while (!bb_words_next_is(p, '}'));
    bb_part_add(p, out, "}");
    bb_words_advance(p);
  } else if (!read_column(p, out)) {
    return false;
  }
  if (!bb_words_next_is(p, ':')) return bb_words_refuse_next(p);
  bb_part_add(p, out, " : ");
  bb_words_advance(p);
  return true;
}

static bool read_group(bb_words_parser *p, bb_words_part *out) {
  int max = p->strict ? MAX_NESTED_STRICT : MAX_NESTED;
  if (p->nested >= max)
    return bb_words_refuse(p, "the brackets are nested too deeply: write it with fewer");
  p->nested++;
  bb_words_advance(p);
  bool fine = read_expr(p, out);
  p->nested--;
  if (!fine) return false;
  if (!bb_words_next_is(p, ')')) {
    if (p->next.kind != BB_TOKEN_END) return bb_words_refuse_next(p);
    return bb_words_refuse(p, "a bracket is not closed: type a ')'");
  }
  bb_words_advance(p);
  return p->next.kind != BB_TOKEN_BAD;
}

static bool read_item(bb_words_parser *p, bb_words_part *out) {
  bool columns;
  out->level = BB_LEVEL_LIST;
  if (!read_columns(p, out, &columns)) return false;
  if (bb_words_next_is(p, '(')) {
    bb_words_part inner = {0};
    bool fine = read_group(p, &inner);
    if (fine && columns) {
      bb_part_bracket(p, &inner); /* columns inside of columns need it too */
      bb_part_append(p, out, inner.text ? inner.text : "", inner.length);
      out->level = BB_LEVEL_GROUP;
      out->excludes = inner.excludes;
    } else if (fine) {
      /* Without its brackets, which come back where they are needed; but FTS5 has it
       * stand alone. */
      bb_part_swap(out, &inner);
      if (p->strict) out->level = BB_LEVEL_GROUP;
    }
    bb_part_free(p, &inner);
    return fine;
  }
  if (bb_words_next_is(p, '^')) {
    bb_part_add(p, out, "^ ");
    bb_words_advance(p);
    return read_phrase(p, out);
  }
  if (bb_words_is_string(p) && bb_words_sign_after(p) == '(' &&
      (p->strict || bb_words_is(bb_words_view(p, p->next), "NEAR"))) {
    if (bb_words_is(bb_words_view(p, p->next), "NEAR")) return read_near(p, out);
    return bb_words_refuse_next(p);
  }
  return read_phrase(p, out);
}

static bool begins_item(const bb_words_parser *p) {
  return bb_words_is_string(p) || bb_words_next_is(p, '(') || bb_words_next_is(p, '{') ||
         bb_words_next_is(p, '^') || bb_words_next_is(p, '-');
}

/* Frees what was read of the right side if it could not be read to its end. */
static bool read_right(bb_words_parser *p, bb_words_part *right,
                       bool (*read)(bb_words_parser *, bb_words_part *)) {
  *right = (bb_words_part){0};
  if (read(p, right)) return true;
  bb_part_free(p, right);
  return false;
}

static bool read_list(bb_words_parser *p, bb_words_part *out) {
  bb_words_part right;
  if (!read_item(p, out)) return false;
  while (begins_item(p)) {
    if (!read_right(p, &right, read_item)) return false;
    if (p->strict && (out->level != BB_LEVEL_LIST || right.level != BB_LEVEL_LIST)) {
      bb_part_free(p, &right);
      return bb_words_refuse_next(p);
    }
    bb_part_list(p, out, &right);
  }
  return p->next.kind != BB_TOKEN_BAD;
}

/* NOT in front is not FTS5's. */
static bool read_signed_list(bb_words_parser *p, bb_words_part *out) {
  bool excludes = false;
  while (!p->strict && p->next.kind == BB_TOKEN_NOT) {
    excludes = !excludes;
    bb_words_advance(p);
  }
  if (!read_list(p, out)) return false;
  out->excludes ^= excludes;
  return true;
}

static bool read_not(bb_words_parser *p, bb_words_part *out) {
  bb_words_part right;
  if (!read_signed_list(p, out)) return false;
  while (p->next.kind == BB_TOKEN_NOT) {
    bb_words_advance(p);
    if (!read_right(p, &right, read_signed_list)) return false;
    right.excludes = !right.excludes;
    bb_part_and(p, out, &right);
  }
  return true;
}

static bool read_and(bb_words_parser *p, bb_words_part *out) {
  bb_words_part right;
  if (!read_not(p, out)) return false;
  while (p->next.kind == BB_TOKEN_AND) {
    bb_words_advance(p);
    if (!read_right(p, &right, read_not)) return false;
    bb_part_and(p, out, &right);
  }
  return true;
}

static bool read_expr(bb_words_parser *p, bb_words_part *out) {
  bb_words_part right;
  if (!read_and(p, out)) return false;
  while (p->next.kind == BB_TOKEN_OR) {
    bb_words_advance(p);
    if (!read_right(p, &right, read_and)) return false;
    bb_part_or(p, out, &right);
  }
  return true;
}

static biobert_status read_all(bb_words_parser *p, bb_words_part *out) {
  bb_words_advance(p);
  if (p->next.kind == BB_TOKEN_END) return BIOBERT_OK;
  if (read_expr(p, out) && p->next.kind != BB_TOKEN_END) bb_words_refuse_next(p);
  if (p->no_memory) return bb_no_memory(p->err, "words");
  if (p->next.kind == BB_TOKEN_BAD && !p->status)
    p->status = bb_fail(p->err, BIOBERT_FORMAT, "words: not FTS5's syntax");
  return p->status;
}

static biobert_status read_words(bb_words_parser *p, biobert_words *out) {
  bb_words_part all = {0};
  biobert_status status = read_all(p, &all);
  if (!status && p->strict && all.text) {
    all.length = 0;
    bb_part_append(p, &all, p->typed.data, p->typed.len);
  }
  if (!status) bb_part_add(p, &all, "");
  if (!status && p->no_memory) status = bb_no_memory(p->err, "words");
  if (status) {
    bb_part_free(p, &all);
    return status;
  }
  *out = (biobert_words){all.text, all.excludes};
  return BIOBERT_OK;
}

biobert_status biobert_words_read(const biobert_allocator *allocator, biobert_str typed,
                                  const char *const *columns, size_t column_count,
                                  biobert_words *out, biobert_error *err) {
  bb_words_parser strict = {.allocator = allocator,
                            .typed = typed,
                            .columns = columns,
                            .column_count = column_count,
                            .strict = true,
                            .err = err};
  bb_words_parser as_typed = strict;
  as_typed.strict = false;
  /* To FTS5 a text ends with its first NUL. */
  bool has_nul = typed.len && memchr(typed.data, '\0', typed.len);
  biobert_status status = has_nul ? BIOBERT_FORMAT : read_words(&strict, out);
  return status == BIOBERT_FORMAT ? read_words(&as_typed, out) : status;
}
