/* words_tokens.c - tokens: FTS5's own in the first reading; in the second what people type
 * without spaces (IL-6, poly(A)) is one. */
#include "index/words_tokens.h"

#include <string.h>

#include "base/ascii.h"
#include "base/status.h"

enum { RUN_BYTES = 256 }; /* of what is looked at as one; a longer one is several */

/* Characters ------------------------------------------------------------------------- */

/* FTS5's barewords: U+001A is among them. */
static bool is_word_byte(char c) {
  return bb_is_letter(c) || bb_is_digit(c) || c == '_' || c == 0x1A || (c & 0x80);
}

static bool is_space(const bb_words_parser *p, char c) {
  if (c == ' ' || c == '\t' || c == '\n' || c == '\r') return true;
  return !p->strict && (c == '\0' || c == '\v' || c == '\f');
}

static bool is_sign(char c) {
  return c && strchr("(){}:,+*^-", c);
}

static char byte_at(const bb_words_parser *p, size_t at) {
  return at < p->typed.len ? p->typed.data[at] : ' ';
}

biobert_str bb_words_view(const bb_words_parser *p, bb_words_token t) {
  return (biobert_str){p->typed.data + t.start, t.end - t.start};
}

bool bb_words_is(biobert_str text, const char *word) {
  return bb_str_equal(text, word);
}

/* Errors ----------------------------------------------------------------------------- */

/* "words: before 'text' after"; the first error stays. */
static bool refuse_text(bb_words_parser *p, const char *before, biobert_str text,
                        const char *after) {
  char quoted[BB_QUOTE_BYTES];
  bb_quote(quoted, text);
  if (!p->status)
    p->status = bb_fail(p->err, BIOBERT_FORMAT, "words: %s'%s'%s", before, quoted, after);
  p->next = (bb_words_token){.kind = BB_TOKEN_BAD};
  return false;
}

bool bb_words_refuse(bb_words_parser *p, const char *message) {
  if (!p->status) p->status = bb_fail(p->err, BIOBERT_FORMAT, "words: %s", message);
  p->next = (bb_words_token){.kind = BB_TOKEN_BAD};
  return false;
}

bool bb_words_refuse_column(bb_words_parser *p, biobert_str name) {
  char quoted[BB_QUOTE_BYTES], list[200] = "";
  size_t used = 0;
  for (size_t i = 0; i < p->column_count; i++) {
    char column[BB_QUOTE_BYTES];
    bb_quote(column, bb_str(p->columns[i]));
    size_t length = strlen(column);
    if (used + length + 3 > sizeof list) break;
    if (i) {
      memcpy(list + used, ", ", 2);
      used += 2;
    }
    memcpy(list + used, column, length + 1);
    used += length;
  }
  bb_quote(quoted, name);
  if (!p->status)
    p->status =
        bb_fail(p->err, BIOBERT_FORMAT,
                "words: no indexed column is named '%s' (there are: %s); where "
                "the colon belongs to the text, type it in double quotes: \"%s:\"",
                quoted, list, quoted);
  p->next = (bb_words_token){.kind = BB_TOKEN_BAD};
  return false;
}

/* Tokens ----------------------------------------------------------------------------- */

bool bb_words_is_column(const bb_words_parser *p, biobert_str name) {
  for (size_t i = 0; i < p->column_count; i++) {
    const char *column = p->columns[i];
    size_t k = 0;
    while (k < name.len && column[k] && bb_lower(column[k]) == bb_lower(name.data[k]))
      k++;
    if (k == name.len && !column[k]) return true;
  }
  return false;
}

static size_t word_end(const bb_words_parser *p, size_t at) {
  while (at < p->typed.len && is_word_byte(p->typed.data[at])) at++;
  return at;
}

/* The end of what was typed without a space from `at` on. A closing bracket ends it
 * unless it closes one of its own, and an opening one that is not closed does. */
static size_t run_end(const bb_words_parser *p, size_t at) {
  size_t depth = 0, open = 0;
  for (size_t start = at; at < p->typed.len && at - start < RUN_BYTES; at++) {
    char c = p->typed.data[at];
    if (is_space(p, c) || c == '"') break;
    if (c == '(' || c == '{') {
      if (depth++ == 0) open = at;
    } else if (c == ')' || c == '}') {
      if (depth == 0) return at;
      depth--;
    }
  }
  return depth ? open : at;
}

static bb_words_token keyword_or_word(const bb_words_parser *p, size_t start,
                                      size_t end) {
  static const struct {
    const char *word;
    bb_token_kind kind;
  } keywords[] = {
      {"AND", BB_TOKEN_AND},
      {"OR",  BB_TOKEN_OR },
      {"NOT", BB_TOKEN_NOT}
  };
  bb_words_token t = {BB_TOKEN_WORD, start, end};
  for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++)
    if (bb_words_is(bb_words_view(p, t), keywords[i].word)) t.kind = keywords[i].kind;
  return t;
}

static bb_words_token read_string(bb_words_parser *p, size_t start) {
  for (size_t at = start + 1; at < p->typed.len; at++) {
    if (p->typed.data[at] != '"') continue;
    if (byte_at(p, at + 1) != '"')
      return (bb_words_token){BB_TOKEN_STRING, start, at + 1};
    at++;
  }
  refuse_text(p, "the quotation mark before ",
              (biobert_str){p->typed.data + start + 1, p->typed.len - start - 1},
              " has no second one: type it, or leave the first out");
  return p->next;
}

/* How the word [at, word) of the run [at, run) is meant. True: by itself, and what comes
 * behind it is syntax. */
static bool word_is_alone(bb_words_parser *p, size_t at, size_t word, size_t run) {
  biobert_str name = {p->typed.data + at, word - at};
  char sign = word < run ? p->typed.data[word] : ' ';
  bool digits = false, words = true, stars = true, sums = true;
  if (word >= run) return true;
  for (size_t i = at; i < run; i++) {
    char c = p->typed.data[i];
    digits |= bb_is_digit(c);
    words &= is_word_byte(c) || c == ':';
    stars &= is_word_byte(c) || c == '*' || c == ',';
    sums &= is_word_byte(c) || c == '+' || c == '*';
  }
  bool last = p->typed.data[run - 1] == '+' && byte_at(p, run) != '"';
  switch (sign) {
  case '*': /* immun*, and wom*n as FTS5 has it; not HLA-DRB1*15:01 */
    return stars;
  case '+': /* tumor+necrosis; not Ca2+ */
    return sums && !last;
  case ',': /* of NEAR(a, 5) */
    return p->near > 0;
  case '(':
    return bb_words_is(name, "NEAR") || bb_words_is(name, "AND") ||
           bb_words_is(name, "OR") || bb_words_is(name, "NOT");
  case ':': /* title:heart; doi:10.1000/1 and 12:30 are text, titel:heart a mistake */
    return bb_words_is_column(p, name) || (words && !digits);
  default:
    return false;
  }
}

/* -title : x, -{title abstract} : x. */
static bool minus_is_of_columns(const bb_words_parser *p, size_t at) {
  while (is_space(p, byte_at(p, at)) && at < p->typed.len) at++;
  if (byte_at(p, at) == '{') return true;
  size_t end = word_end(p, at);
  biobert_str name = {p->typed.data + at, end - at};
  while (is_space(p, byte_at(p, end)) && end < p->typed.len) end++;
  return byte_at(p, end) == ':' && bb_words_is_column(p, name);
}

static bool has_word_byte(const bb_words_parser *p, size_t start, size_t end) {
  for (; start < end; start++)
    if (is_word_byte(p->typed.data[start])) return true;
  return false;
}

/* A token of the second reading. What has no letter and no digit is left out: it finds
 * nothing, as in `smith & wesson`. */
static bb_words_token read_as_typed(bb_words_parser *p, size_t at) {
  char c = p->typed.data[at];
  if (c == '-' && !minus_is_of_columns(p, at + 1)) {
    size_t end = run_end(p, at);
    bool quotes = byte_at(p, end) == '"' && end == at + 1;
    if (!quotes && !has_word_byte(p, at, end))
      return (bb_words_token){BB_TOKEN_TEXT, at, at + 1};
    refuse_text(p, "", (biobert_str){p->typed.data + at, end - at},
                ": to leave rows out type NOT (heart NOT animal); a hyphen of the text "
                "itself belongs into double quotes");
    return p->next;
  }
  if (c == ',' && !p->near) return (bb_words_token){BB_TOKEN_TEXT, at, at + 1};
  if (is_sign(c)) return (bb_words_token){BB_TOKEN_SIGN, at, at + 1};
  size_t word = word_end(p, at), run = run_end(p, at);
  if (run == at) run = at + 1;
  if (word > at && word_is_alone(p, at, word, run)) return keyword_or_word(p, at, word);
  /* NEAR(a IL-6, 5) and IL-6*: the comma and the star are syntax. */
  if (p->near && run - at > 1 && p->typed.data[run - 1] == ',') run--;
  if (run - at > 1 && p->typed.data[run - 1] == '*') run--;
  return (bb_words_token){BB_TOKEN_TEXT, at, run};
}

void bb_words_advance(bb_words_parser *p) {
  if (p->next.kind == BB_TOKEN_BAD) return;
  for (;;) {
    while (p->at < p->typed.len && is_space(p, p->typed.data[p->at])) p->at++;
    size_t at = p->at;
    bb_words_token t = {BB_TOKEN_END, at, at};
    if (at >= p->typed.len) {
      p->next = t;
      return;
    }
    char c = p->typed.data[at];
    if (c == '"')
      t = read_string(p, at);
    else if (!p->strict)
      t = read_as_typed(p, at);
    else if (is_sign(c))
      t = (bb_words_token){BB_TOKEN_SIGN, at, at + 1};
    else if (is_word_byte(c))
      t = keyword_or_word(p, at, word_end(p, at));
    else
      t = (bb_words_token){.kind = BB_TOKEN_BAD};
    if (t.kind != BB_TOKEN_BAD) p->at = t.end;
    if (t.kind == BB_TOKEN_TEXT && !has_word_byte(p, t.start, t.end)) continue;
    p->next = t;
    return;
  }
}

bool bb_words_next_is(const bb_words_parser *p, char sign) {
  return p->next.kind == BB_TOKEN_SIGN && p->typed.data[p->next.start] == sign;
}

char bb_words_sign_after(const bb_words_parser *p) {
  size_t at = p->at;
  while (at < p->typed.len && is_space(p, p->typed.data[at])) at++;
  return byte_at(p, at);
}

bool bb_words_is_string(const bb_words_parser *p) {
  return p->next.kind == BB_TOKEN_WORD || p->next.kind == BB_TOKEN_STRING ||
         p->next.kind == BB_TOKEN_TEXT;
}

bool bb_words_refuse_next(bb_words_parser *p) {
  static const struct {
    char sign;
    const char *message;
  } signs[] = {
      {'*', "'*' stands right behind the beginning of a word: immun*"},
      {')', "a ')' closes a bracket that was not opened; brackets of the text itself "
            "belong into double quotes"                   },
  };
  biobert_str text = bb_words_view(p, p->next);
  bb_token_kind kind = p->next.kind;
  if (kind == BB_TOKEN_BAD) return false;
  if (kind == BB_TOKEN_END) return bb_words_refuse(p, "a word is missing at the end");
  if (kind == BB_TOKEN_AND || kind == BB_TOKEN_OR || kind == BB_TOKEN_NOT)
    return refuse_text(
        p, "", text,
        " stands between words (heart NOT animal); the word itself belongs "
        "into double quotes");
  for (size_t i = 0; kind == BB_TOKEN_SIGN && i < sizeof signs / sizeof signs[0]; i++)
    if (text.data[0] == signs[i].sign) return bb_words_refuse(p, signs[i].message);
  return refuse_text(p, "", text,
                     " is syntax and was not expected here; text itself belongs into "
                     "double quotes");
}
