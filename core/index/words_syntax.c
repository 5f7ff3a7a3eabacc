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
#include "base/status.h"
#include "biobert_vectors.h"

enum {
  /* FTS5's parser has 100 places on its stack, and a bracket takes up to seven of them:
   * expr OR expr AND expr NOT ( */
  MAX_NESTED = 13,
  /* Of what FTS5 itself takes: it decides, this only bounds the recursion. */
  MAX_NESTED_STRICT = 200,
  RUN_BYTES = 256, /* of what is looked at as one; a longer one is several */
};

typedef enum token_kind {
  TOKEN_END,
  TOKEN_WORD,   /* letters, digits, _ and everything beyond ASCII */
  TOKEN_STRING, /* "..." */
  TOKEN_TEXT,   /* to be quoted; second reading only */
  TOKEN_AND,
  TOKEN_OR,
  TOKEN_NOT,
  TOKEN_SIGN, /* one of ( ) { } : , + * ^ - */
  TOKEN_BAD,  /* the error has been written */
} token_kind;

typedef struct token {
  token_kind kind;
  size_t start, end;
} token;

/* How tightly a part's outermost operator binds. */
typedef enum level {
  LEVEL_OR,
  LEVEL_AND,
  LEVEL_NOT,
  LEVEL_LIST,  /* items without brackets, which FTS5 takes side by side */
  LEVEL_GROUP, /* in brackets */
} level;

/* A part of the expression, as FTS5 takes it. */
typedef struct part {
  char *text;
  size_t length, capacity;
  level level;
  bool excludes; /* the rows that it does not find are meant */
} part;

typedef struct parser {
  const biobert_allocator *allocator;
  biobert_str typed;
  const char *const *columns;
  size_t column_count;
  bool strict; /* FTS5's grammar to the letter */
  size_t at;   /* behind `next` */
  token next;
  int nested;
  int near; /* inside NEAR( ), where a comma is syntax */
  bool no_memory;
  biobert_status status;
  biobert_error *err;
} parser;

/* Characters ------------------------------------------------------------------------- */

static bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/* FTS5's barewords: U+001A is among them. */
static bool is_word_byte(char c) {
  return is_letter(c) || is_digit(c) || c == '_' || c == 0x1A || (c & 0x80);
}

static bool is_space(const parser *p, char c) {
  if (c == ' ' || c == '\t' || c == '\n' || c == '\r') return true;
  return !p->strict && (c == '\0' || c == '\v' || c == '\f');
}

static bool is_sign(char c) {
  return c && strchr("(){}:,+*^-", c);
}

static char byte_at(const parser *p, size_t at) {
  return at < p->typed.len ? p->typed.data[at] : ' ';
}

static char lower(char c) {
  return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static biobert_str view(const parser *p, token t) {
  return (biobert_str){p->typed.data + t.start, t.end - t.start};
}

static bool is_word(biobert_str text, const char *word) {
  return bb_str_equal(text, word);
}

/* Errors ----------------------------------------------------------------------------- */

/* "words: before 'text' after"; the first error stays. */
static bool refuse_text(parser *p, const char *before, biobert_str text,
                        const char *after) {
  char quoted[BB_QUOTE_BYTES];
  bb_quote(quoted, text);
  if (!p->status)
    p->status = bb_fail(p->err, BIOBERT_FORMAT, "words: %s'%s'%s", before, quoted, after);
  p->next = (token){.kind = TOKEN_BAD};
  return false;
}

static bool refuse(parser *p, const char *message) {
  if (!p->status) p->status = bb_fail(p->err, BIOBERT_FORMAT, "words: %s", message);
  p->next = (token){.kind = TOKEN_BAD};
  return false;
}

static bool refuse_column(parser *p, biobert_str name) {
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
  p->next = (token){.kind = TOKEN_BAD};
  return false;
}

/* Tokens ----------------------------------------------------------------------------- */

static bool is_column(const parser *p, biobert_str name) {
  for (size_t i = 0; i < p->column_count; i++) {
    const char *column = p->columns[i];
    size_t k = 0;
    while (k < name.len && column[k] && lower(column[k]) == lower(name.data[k])) k++;
    if (k == name.len && !column[k]) return true;
  }
  return false;
}

static size_t word_end(const parser *p, size_t at) {
  while (at < p->typed.len && is_word_byte(p->typed.data[at])) at++;
  return at;
}

/* The end of what was typed without a space from `at` on. A closing bracket ends it
 * unless it closes one of its own, and an opening one that is not closed does. */
static size_t run_end(const parser *p, size_t at) {
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

static token keyword_or_word(const parser *p, size_t start, size_t end) {
  static const struct {
    const char *word;
    token_kind kind;
  } keywords[] = {
      {"AND", TOKEN_AND},
      {"OR",  TOKEN_OR },
      {"NOT", TOKEN_NOT}
  };
  token t = {TOKEN_WORD, start, end};
  for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++)
    if (is_word(view(p, t), keywords[i].word)) t.kind = keywords[i].kind;
  return t;
}

static token read_string(parser *p, size_t start) {
  for (size_t at = start + 1; at < p->typed.len; at++) {
    if (p->typed.data[at] != '"') continue;
    if (byte_at(p, at + 1) != '"') return (token){TOKEN_STRING, start, at + 1};
    at++;
  }
  refuse_text(p, "the quotation mark before ",
              (biobert_str){p->typed.data + start + 1, p->typed.len - start - 1},
              " has no second one: type it, or leave the first out");
  return p->next;
}

/* How the word [at, word) of the run [at, run) is meant. True: by itself, and what comes
 * behind it is syntax. */
static bool word_is_alone(parser *p, size_t at, size_t word, size_t run) {
  biobert_str name = {p->typed.data + at, word - at};
  char sign = word < run ? p->typed.data[word] : ' ';
  bool digits = false, words = true, stars = true, sums = true;
  if (word >= run) return true;
  for (size_t i = at; i < run; i++) {
    char c = p->typed.data[i];
    digits |= is_digit(c);
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
    return is_word(name, "NEAR") || is_word(name, "AND") || is_word(name, "OR") ||
           is_word(name, "NOT");
  case ':': /* title:heart; doi:10.1000/1 and 12:30 are text, titel:heart a mistake */
    return is_column(p, name) || (words && !digits);
  default:
    return false;
  }
}

/* -title : x, -{title abstract} : x. */
static bool minus_is_of_columns(const parser *p, size_t at) {
  while (is_space(p, byte_at(p, at)) && at < p->typed.len) at++;
  if (byte_at(p, at) == '{') return true;
  size_t end = word_end(p, at);
  biobert_str name = {p->typed.data + at, end - at};
  while (is_space(p, byte_at(p, end)) && end < p->typed.len) end++;
  return byte_at(p, end) == ':' && is_column(p, name);
}

static bool has_word_byte(const parser *p, size_t start, size_t end) {
  for (; start < end; start++)
    if (is_word_byte(p->typed.data[start])) return true;
  return false;
}

/* A token of the second reading. What has no letter and no digit is left out: it finds
 * nothing, as in `smith & wesson`. */
static token read_as_typed(parser *p, size_t at) {
  char c = p->typed.data[at];
  if (c == '-' && !minus_is_of_columns(p, at + 1)) {
    size_t end = run_end(p, at);
    bool quotes = byte_at(p, end) == '"' && end == at + 1;
    if (!quotes && !has_word_byte(p, at, end)) return (token){TOKEN_TEXT, at, at + 1};
    refuse_text(p, "", (biobert_str){p->typed.data + at, end - at},
                ": to leave rows out type NOT (heart NOT animal); a hyphen of the text "
                "itself belongs into double quotes");
    return p->next;
  }
  if (c == ',' && !p->near) return (token){TOKEN_TEXT, at, at + 1};
  if (is_sign(c)) return (token){TOKEN_SIGN, at, at + 1};
  size_t word = word_end(p, at), run = run_end(p, at);
  if (run == at) run = at + 1;
  if (word > at && word_is_alone(p, at, word, run)) return keyword_or_word(p, at, word);
  /* NEAR(a IL-6, 5) and IL-6*: the comma and the star are syntax. */
  if (p->near && run - at > 1 && p->typed.data[run - 1] == ',') run--;
  if (run - at > 1 && p->typed.data[run - 1] == '*') run--;
  return (token){TOKEN_TEXT, at, run};
}

static void advance(parser *p) {
  if (p->next.kind == TOKEN_BAD) return;
  for (;;) {
    while (p->at < p->typed.len && is_space(p, p->typed.data[p->at])) p->at++;
    size_t at = p->at;
    token t = {TOKEN_END, at, at};
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
      t = (token){TOKEN_SIGN, at, at + 1};
    else if (is_word_byte(c))
      t = keyword_or_word(p, at, word_end(p, at));
    else
      t = (token){.kind = TOKEN_BAD};
    if (t.kind != TOKEN_BAD) p->at = t.end;
    if (t.kind == TOKEN_TEXT && !has_word_byte(p, t.start, t.end)) continue;
    p->next = t;
    return;
  }
}

static bool is_next_sign(const parser *p, char sign) {
  return p->next.kind == TOKEN_SIGN && p->typed.data[p->next.start] == sign;
}

/* The sign behind the token that is next, or ' '. */
static char sign_after(const parser *p) {
  size_t at = p->at;
  while (at < p->typed.len && is_space(p, p->typed.data[at])) at++;
  return byte_at(p, at);
}

static bool is_string(const parser *p) {
  return p->next.kind == TOKEN_WORD || p->next.kind == TOKEN_STRING ||
         p->next.kind == TOKEN_TEXT;
}

/* Says what was not expected, and what to type. */
static bool refuse_next(parser *p) {
  static const struct {
    char sign;
    const char *message;
  } signs[] = {
      {'*', "'*' stands right behind the beginning of a word: immun*"},
      {')', "a ')' closes a bracket that was not opened; brackets of the text itself "
            "belong into double quotes"                   },
  };
  biobert_str text = view(p, p->next);
  token_kind kind = p->next.kind;
  if (kind == TOKEN_BAD) return false;
  if (kind == TOKEN_END) return refuse(p, "a word is missing at the end");
  if (kind == TOKEN_AND || kind == TOKEN_OR || kind == TOKEN_NOT)
    return refuse_text(
        p, "", text,
        " stands between words (heart NOT animal); the word itself belongs "
        "into double quotes");
  for (size_t i = 0; kind == TOKEN_SIGN && i < sizeof signs / sizeof signs[0]; i++)
    if (text.data[0] == signs[i].sign) return refuse(p, signs[i].message);
  return refuse_text(p, "", text,
                     " is syntax and was not expected here; text itself belongs into "
                     "double quotes");
}

/* Parts ------------------------------------------------------------------------------ */

static void append(parser *p, part *out, const char *text, size_t length) {
  while (!p->no_memory && out->capacity - out->length < length + 1) {
    size_t wanted = out->length + length + 1;
    if (wanted < 2 * out->capacity) wanted = 2 * out->capacity;
    char *grown = bb_resize(p->allocator, out->text, wanted, 1);
    if (!grown) {
      p->no_memory = true;
      return;
    }
    out->text = grown;
    out->capacity = wanted;
  }
  if (p->no_memory) return;
  memcpy(out->text + out->length, text, length);
  out->length += length;
  out->text[out->length] = '\0';
}

static void append_text(parser *p, part *out, const char *text) {
  append(p, out, text, strlen(text));
}

/* As it was typed; a NUL would end it for FTS5. */
static void append_view(parser *p, part *out, biobert_str text) {
  for (size_t at = 0; at < text.len;) {
    const char *nul = memchr(text.data + at, '\0', text.len - at);
    size_t end = nul ? (size_t)(nul - text.data) : text.len;
    append(p, out, text.data + at, end - at);
    if (nul) append_text(p, out, " ");
    at = end + (nul != NULL);
  }
}

/* No token of kind TEXT has a quotation mark in it. */
static void append_quoted(parser *p, part *out, biobert_str text) {
  append_text(p, out, "\"");
  append_view(p, out, text);
  append_text(p, out, "\"");
}

static void part_free(parser *p, part *out) {
  bb_free(p->allocator, out->text);
  *out = (part){0};
}

static void bracket(parser *p, part *out) {
  append_text(p, out, "()");
  if (p->no_memory) return;
  memmove(out->text + 1, out->text, out->length - 2);
  out->text[0] = '(';
  out->level = LEVEL_GROUP;
}

/* left becomes `left operator right`; right is freed. */
static void join(parser *p, part *left, part *right, level to, const char *operator) {
  /* a AND b NOT c: the same rows, whichever is taken first. */
  if (to == LEVEL_NOT && left->level == LEVEL_AND)
    to = LEVEL_AND;
  else if (left->level < to)
    bracket(p, left);
  bool is_not = operator[1] == 'N';
  if (right->level < to || (is_not && right->level <= LEVEL_NOT)) bracket(p, right);
  append_text(p, left, operator);
  if (right->text) append(p, left, right->text, right->length);
  part_free(p, right);
  left->level = to;
}

static void swap(part *a, part *b) {
  part c = *a;
  *a = *b;
  *b = c;
}

/* Rows of both; FTS5 can say so of two parts that find their rows, or of one. */
static void join_and(parser *p, part *left, part *right) {
  if (left->excludes && right->excludes) {
    join(p, left, right, LEVEL_OR, " OR ");
  } else if (left->excludes || right->excludes) {
    if (left->excludes) swap(left, right);
    join(p, left, right, LEVEL_NOT, " NOT ");
  } else {
    join(p, left, right, LEVEL_AND, " AND ");
  }
}

static void join_or(parser *p, part *left, part *right) {
  if (left->excludes && right->excludes) {
    join(p, left, right, LEVEL_AND, " AND ");
  } else if (left->excludes || right->excludes) {
    if (right->excludes) swap(left, right);
    join(p, left, right, LEVEL_NOT, " NOT ");
    left->excludes = true;
  } else {
    join(p, left, right, LEVEL_OR, " OR ");
  }
}

static void join_items(parser *p, part *left, part *right) {
  if (left->level == LEVEL_LIST && right->level == LEVEL_LIST)
    join(p, left, right, LEVEL_LIST, " ");
  else
    join_and(p, left, right);
}

/* Grammar ---------------------------------------------------------------------------- */

static bool read_expr(parser *p, part *out);

static bool read_phrase(parser *p, part *out) {
  for (;;) {
    if (!is_string(p)) return refuse_next(p);
    if (p->next.kind == TOKEN_TEXT)
      append_quoted(p, out, view(p, p->next));
    else
      append_view(p, out, view(p, p->next));
    advance(p);
    if (is_next_sign(p, '*')) {
      append_text(p, out, " *");
      advance(p);
    }
    if (!is_next_sign(p, '+')) return p->next.kind != TOKEN_BAD;
    append_text(p, out, " + ");
    advance(p);
  }
}

static bool read_near(parser *p, part *out) {
  append_text(p, out, "NEAR(");
  advance(p); /* NEAR */
  p->near++;
  advance(p); /* ( */
  bool fine = read_phrase(p, out);
  while (fine && is_string(p)) {
    append_text(p, out, " ");
    fine = read_phrase(p, out);
  }
  if (fine && is_next_sign(p, ',')) {
    advance(p);
    biobert_str number = view(p, p->next);
    fine = p->next.kind == TOKEN_WORD;
    for (size_t i = 0; fine && i < number.len; i++) fine = is_digit(number.data[i]);
    append_text(p, out, ", ");
    append(p, out, number.data, number.len);
    advance(p);
  }
  p->near--;
  if (!fine || !is_next_sign(p, ')'))
    return p->next.kind != TOKEN_BAD &&
           refuse(p, "NEAR is typed NEAR(heart failure, 10)");
  append_text(p, out, ")");
  advance(p);
  return p->next.kind != TOKEN_BAD;
}

/* The name of a column, bare or in quotes. */
static bool read_column(parser *p, part *out) {
  biobert_str name = view(p, p->next);
  if (!is_string(p)) return refuse_next(p);
  if (p->next.kind == TOKEN_STRING) name = (biobert_str){name.data + 1, name.len - 2};
  if (!is_column(p, name)) return refuse_column(p, name);
  append(p, out, p->typed.data + p->next.start, p->next.end - p->next.start);
  advance(p);
  return p->next.kind != TOKEN_BAD;
}

/* [-] name, or [-] {name ...}, and the colon. *there: is there one at all? */
static bool read_columns(parser *p, part *out, bool *there) {
  bool minus = is_next_sign(p, '-');
  *there = minus || is_next_sign(p, '{') || (is_string(p) && sign_after(p) == ':');
  if (!*there) return true;
  if (minus) {
    append_text(p, out, "- ");
    advance(p);
  }
  if (is_next_sign(p, '{')) {
    append_text(p, out, "{");
    advance(p);
    do {
      if (!read_column(p, out)) return false;
      append_text(p, out, " ");
    } while (!is_next_sign(p, '}'));
    append_text(p, out, "}");
    advance(p);
  } else if (!read_column(p, out)) {
    return false;
  }
  if (!is_next_sign(p, ':')) return refuse_next(p);
  append_text(p, out, " : ");
  advance(p);
  return true;
}

static bool read_group(parser *p, part *out) {
  int max = p->strict ? MAX_NESTED_STRICT : MAX_NESTED;
  if (p->nested >= max)
    return refuse(p, "the brackets are nested too deeply: write it with fewer");
  p->nested++;
  advance(p);
  bool fine = read_expr(p, out);
  p->nested--;
  if (!fine) return false;
  if (!is_next_sign(p, ')')) {
    if (p->next.kind != TOKEN_END) return refuse_next(p);
    return refuse(p, "a bracket is not closed: type a ')'");
  }
  advance(p);
  return p->next.kind != TOKEN_BAD;
}

static bool read_item(parser *p, part *out) {
  bool columns;
  out->level = LEVEL_LIST;
  if (!read_columns(p, out, &columns)) return false;
  if (is_next_sign(p, '(')) {
    part inner = {0};
    bool fine = read_group(p, &inner);
    if (fine && columns) {
      bracket(p, &inner); /* columns inside of columns need it too */
      append(p, out, inner.text ? inner.text : "", inner.length);
      out->level = LEVEL_GROUP;
      out->excludes = inner.excludes;
    } else if (fine) {
      /* Without its brackets, which come back where they are needed; but FTS5 has it
       * stand alone. */
      swap(out, &inner);
      if (p->strict) out->level = LEVEL_GROUP;
    }
    part_free(p, &inner);
    return fine;
  }
  if (is_next_sign(p, '^')) {
    append_text(p, out, "^ ");
    advance(p);
    return read_phrase(p, out);
  }
  if (is_string(p) && sign_after(p) == '(' &&
      (p->strict || is_word(view(p, p->next), "NEAR"))) {
    if (is_word(view(p, p->next), "NEAR")) return read_near(p, out);
    return refuse_next(p);
  }
  return read_phrase(p, out);
}

static bool begins_item(const parser *p) {
  return is_string(p) || is_next_sign(p, '(') || is_next_sign(p, '{') ||
         is_next_sign(p, '^') || is_next_sign(p, '-');
}

/* Frees what was read of the right side if it could not be read to its end. */
static bool read_right(parser *p, part *right, bool (*read)(parser *, part *)) {
  *right = (part){0};
  if (read(p, right)) return true;
  part_free(p, right);
  return false;
}

static bool read_list(parser *p, part *out) {
  part right;
  if (!read_item(p, out)) return false;
  while (begins_item(p)) {
    if (!read_right(p, &right, read_item)) return false;
    if (p->strict && (out->level != LEVEL_LIST || right.level != LEVEL_LIST)) {
      part_free(p, &right);
      return refuse_next(p);
    }
    join_items(p, out, &right);
  }
  return p->next.kind != TOKEN_BAD;
}

/* NOT in front is not FTS5's. */
static bool read_signed_list(parser *p, part *out) {
  bool excludes = false;
  while (!p->strict && p->next.kind == TOKEN_NOT) {
    excludes = !excludes;
    advance(p);
  }
  if (!read_list(p, out)) return false;
  out->excludes ^= excludes;
  return true;
}

static bool read_not(parser *p, part *out) {
  part right;
  if (!read_signed_list(p, out)) return false;
  while (p->next.kind == TOKEN_NOT) {
    advance(p);
    if (!read_right(p, &right, read_signed_list)) return false;
    right.excludes = !right.excludes;
    join_and(p, out, &right);
  }
  return true;
}

static bool read_and(parser *p, part *out) {
  part right;
  if (!read_not(p, out)) return false;
  while (p->next.kind == TOKEN_AND) {
    advance(p);
    if (!read_right(p, &right, read_not)) return false;
    join_and(p, out, &right);
  }
  return true;
}

static bool read_expr(parser *p, part *out) {
  part right;
  if (!read_and(p, out)) return false;
  while (p->next.kind == TOKEN_OR) {
    advance(p);
    if (!read_right(p, &right, read_and)) return false;
    join_or(p, out, &right);
  }
  return true;
}

static biobert_status read_all(parser *p, part *out) {
  advance(p);
  if (p->next.kind == TOKEN_END) return BIOBERT_OK;
  if (read_expr(p, out) && p->next.kind != TOKEN_END) refuse_next(p);
  if (p->no_memory) return bb_no_memory(p->err, "words");
  if (p->next.kind == TOKEN_BAD && !p->status)
    p->status = bb_fail(p->err, BIOBERT_FORMAT, "words: not FTS5's syntax");
  return p->status;
}

static biobert_status read_words(parser *p, biobert_words *out) {
  part all = {0};
  biobert_status status = read_all(p, &all);
  if (!status && p->strict && all.text) {
    all.length = 0;
    append(p, &all, p->typed.data, p->typed.len);
  }
  if (!status) append_text(p, &all, "");
  if (!status && p->no_memory) status = bb_no_memory(p->err, "words");
  if (status) {
    part_free(p, &all);
    return status;
  }
  *out = (biobert_words){all.text, all.excludes};
  return BIOBERT_OK;
}

biobert_status biobert_words_read(const biobert_allocator *allocator, biobert_str typed,
                                  const char *const *columns, size_t column_count,
                                  biobert_words *out, biobert_error *err) {
  parser strict = {.allocator = allocator,
                   .typed = typed,
                   .columns = columns,
                   .column_count = column_count,
                   .strict = true,
                   .err = err};
  parser as_typed = strict;
  as_typed.strict = false;
  /* To FTS5 a text ends with its first NUL. */
  bool has_nul = typed.len && memchr(typed.data, '\0', typed.len);
  biobert_status status = has_nul ? BIOBERT_FORMAT : read_words(&strict, out);
  return status == BIOBERT_FORMAT ? read_words(&as_typed, out) : status;
}
