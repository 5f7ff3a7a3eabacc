/* markup.c - tags as a browser reads them, but for one thing: a `<` in a paper is more
 * often "less than" than in a web page. So a tag is what has the name of a known element
 * and then `>`, `/>` or an attribute; or a prefix (mml:math); or attributes in quotes; or
 * a closing tag close by. Once that is decided, it is read to its end by the rules of the
 * HTML standard (13.2.5), where a `>` in quotes ends nothing; only that a tag that never
 * ends stops at the next `<`. */
#include "text/markup.h"

#include "base/ascii.h"
#include "base/mem.h"
#include "base/status.h"
#include "text/markup_tables.h"

enum {
  MAX_ATTRIBUTE_NAME = 64,
  PAIR_BYTES = 512, /* how far the closing tag of an unknown name may be */
};

/* Attributes without a value. */
static const char *const bare_attributes[] = {
    "async", "checked",  "compact", "controls", "defer",    "disabled", "hidden",
    "ismap", "multiple", "noshade", "nowrap",   "readonly", "reversed", "selected",
};

/* Elements without a closing tag. */
static const char *const void_elements[] = {"br", "break", "hr", "lb", "pb"};

static bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static bool is_name_byte(char c) {
  return bb_is_letter(c) || bb_is_digit(c) || c == '-' || c == '_' || c == '.' ||
         c == ':';
}

/* '\0' after the end: no character that is looked for. */
static char byte_at(biobert_str text, size_t at) {
  return at < text.len ? text.data[at] : '\0';
}

static size_t skip_spaces(biobert_str text, size_t at) {
  while (at < text.len && is_space(text.data[at])) at++;
  return at;
}

static bool starts_with(biobert_str text, size_t at, const char *what) {
  for (; *what; what++, at++)
    if (bb_lower(byte_at(text, at)) != *what) return false;
  return true;
}

/* Where `what` begins, or the text's end. */
static size_t find(biobert_str text, size_t at, const char *what) {
  while (at < text.len) {
    const char *found = memchr(text.data + at, what[0], text.len - at);
    if (!found) break;
    at = (size_t)(found - text.data);
    if (starts_with(text, at, what)) return at;
    at++;
  }
  return text.len;
}

static bb_markup ends_at(biobert_str text, bb_markup_kind kind, size_t at, size_t bytes) {
  bool whole = at < text.len;
  return (bb_markup){.kind = kind, .whole = whole, .end = whole ? at + bytes : text.len};
}

/* Comments and declarations ---------------------------------------------------------- */

/* --> or, as browsers have it, --!>; <!--> is one that is over at once. */
static bb_markup read_comment(biobert_str text, size_t at) {
  if (byte_at(text, at) == '>') return ends_at(text, BB_MARKUP_SKIPPED, at, 1);
  if (starts_with(text, at, "->")) return ends_at(text, BB_MARKUP_SKIPPED, at, 2);
  for (;; at++) {
    at = find(text, at, "--");
    if (at == text.len || byte_at(text, at + 2) == '>')
      return ends_at(text, BB_MARKUP_SKIPPED, at, 3);
    if (starts_with(text, at, "--!>")) return ends_at(text, BB_MARKUP_SKIPPED, at, 4);
  }
}

static bb_markup read_cdata(biobert_str text, size_t at) {
  size_t end = find(text, at, "]]>");
  bb_markup m = ends_at(text, BB_MARKUP_CDATA, end, 3);
  m.content_start = at;
  m.content_end = end;
  return m;
}

/* <!DOCTYPE x [ ... ]>, <?xml ...?>. */
static bb_markup read_declaration(biobert_str text, size_t at) {
  bool inside = false;
  for (; at < text.len; at++) {
    char c = text.data[at];
    if (c == '[') inside = true;
    if (c == ']') inside = false;
    if (c == '>' && !inside) break;
  }
  return ends_at(text, BB_MARKUP_SKIPPED, at, 1);
}

/* Tags ------------------------------------------------------------------------------- */

typedef struct tag {
  size_t name, name_end; /* without a prefix */
  size_t full_name;      /* with it */
  bb_markup_kind kind;   /* NONE: no element that is known */
  bool closing, has_prefix;
} tag;

static bb_markup_kind kind_of(const char *name) {
  size_t low = 0, high = bb_elements_count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    int order = strcmp(name, bb_elements[middle].name);
    if (order == 0) return bb_elements[middle].kind;
    if (order < 0)
      high = middle;
    else
      low = middle + 1;
  }
  return BB_MARKUP_NONE;
}

bb_markup_kind bb_element_kind(biobert_str name) {
  char in_lower_case[BB_LONGEST_MARKUP_NAME + 1];
  if (name.len > BB_LONGEST_MARKUP_NAME) return BB_MARKUP_NONE;
  for (size_t i = 0; i < name.len; i++) in_lower_case[i] = bb_lower(name.data[i]);
  in_lower_case[name.len] = '\0';
  return kind_of(in_lower_case);
}

/* False: no name. */
static bool read_name(biobert_str text, size_t at, tag *out) {
  *out = (tag){.closing = byte_at(text, at) == '/'};
  at += out->closing;
  out->full_name = out->name = at;
  if (!bb_is_letter(byte_at(text, at))) return false;
  while (is_name_byte(byte_at(text, at)) && at - out->full_name < MAX_ATTRIBUTE_NAME) {
    if (text.data[at] == ':' && bb_is_letter(byte_at(text, at + 1))) {
      out->has_prefix = true;
      out->name = at + 1;
    }
    at++;
  }
  out->name_end = at;
  size_t length = at - out->name;
  if (length > BB_LONGEST_MARKUP_NAME || text.data[at - 1] == ':') return length > 0;
  out->kind = bb_element_kind((biobert_str){text.data + out->name, length});
  return true;
}

static bool is_among(biobert_str name, const char *const *names, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (strlen(names[i]) == name.len && starts_with(name, 0, names[i])) return true;
  return false;
}
#define IS_AMONG(name, names) is_among(name, names, sizeof(names) / sizeof((names)[0]))

/* name="value" and the like at byte `at` of a tag. */
static bool has_attribute(biobert_str text, size_t at, const tag *t) {
  size_t end = at;
  while (is_name_byte(byte_at(text, end)) && end - at < MAX_ATTRIBUTE_NAME) end++;
  if (end == at || !bb_is_letter(text.data[at])) return false;
  biobert_str name = {text.data + at, end - at};
  bool known = t->kind || t->has_prefix;
  end = skip_spaces(text, end);
  if (byte_at(text, end) != '=') return known && IS_AMONG(name, bare_attributes);
  end = skip_spaces(text, end + 1);
  return known || byte_at(text, end) == '"' || byte_at(text, end) == '\'';
}

/* </name> comes soon. The first "</" is remembered: in a text with many `<` and none of
 * them, each would look through all of the next bytes. */
static bool is_closed(bb_markup_reader *r, const tag *t) {
  size_t length = t->name_end - t->full_name;
  biobert_str near = r->text;
  if (near.len > t->name_end + PAIR_BYTES) near.len = t->name_end + PAIR_BYTES;
  if (r->closing_from > t->name_end || r->closing_at < t->name_end) {
    r->closing_from = t->name_end;
    r->closing_at = find(r->text, t->name_end, "</");
  }
  for (size_t at = r->closing_at; at < near.len; at = find(near, at + 1, "</")) {
    size_t name = at + 2;
    if (near.len - at > length + 2 && byte_at(near, name + length) == '>' &&
        memcmp(near.data + name, r->text.data + t->full_name, length) == 0)
      return true;
  }
  return false;
}

static bool is_tag(bb_markup_reader *r, const tag *t) {
  biobert_str text = r->text;
  size_t at = skip_spaces(text, t->name_end);
  char c = byte_at(text, at);
  bool known = t->kind || t->has_prefix;
  if (t->closing) return c == '>' || (known && at == text.len);
  if (c == '/') return byte_at(text, at + 1) == '>';
  if (c == '>') return known || is_closed(r, t);
  return at > t->name_end && has_attribute(text, at, t);
}

/* After the quotation that begins at `at`, or at + 1 if it never ends. */
static size_t skip_quoted(bb_markup_reader *r, size_t at) {
  char quote = r->text.data[at];
  bool *no_more = &r->no_more[quote == '\''];
  const char *end =
      *no_more ? NULL : memchr(r->text.data + at + 1, quote, r->text.len - at - 1);
  if (!end) {
    *no_more = true;
    return at + 1;
  }
  return (size_t)(end - r->text.data) + 1;
}

/* To the `>` that ends a tag, from after its name. */
static bb_markup read_attributes(bb_markup_reader *r, size_t at, bb_markup_kind kind) {
  biobert_str text = r->text;
  for (; at < text.len && text.data[at] != '>'; at++) {
    if (text.data[at] == '<') return ends_at(text, kind, at, 0);
    if (text.data[at] != '=') continue;
    size_t value = skip_spaces(text, at + 1);
    char c = byte_at(text, value);
    if (c == '"' || c == '\'') at = skip_quoted(r, value) - 1;
  }
  return ends_at(text, kind, at, 1);
}

/* EndNote's <style face="normal"> is around text, HTML's around no text. */
static bool is_face(biobert_str text, const tag *t, size_t end) {
  biobert_str inside = {text.data, end};
  return starts_with(text, t->name, "style") && find(inside, t->name_end, "face=") < end;
}

/* Up to the closing tag of an element that is not read. */
static bb_markup skip_element(bb_markup_reader *r, const tag *t, bb_markup m) {
  biobert_str text = r->text;
  size_t length = t->name_end - t->full_name;
  for (size_t at = m.end; (at = find(text, at, "</")) < text.len; at++) {
    size_t name = at + 2, i = 0;
    while (i < length &&
           bb_lower(byte_at(text, name + i)) == bb_lower(text.data[t->full_name + i]))
      i++;
    if (i == length && !is_name_byte(byte_at(text, name + i)))
      return read_attributes(r, name + i, BB_MARKUP_SKIPPED);
  }
  return ends_at(text, BB_MARKUP_SKIPPED, text.len, 0);
}

static bb_markup read_tag(bb_markup_reader *r, const tag *t) {
  bb_markup m = read_attributes(r, t->name_end, t->kind ? t->kind : BB_MARKUP_INLINE);
  bool empty = m.whole && m.end >= 2 && byte_at(r->text, m.end - 2) == '/';
  if (m.kind == BB_MARKUP_SKIPPED) {
    if (is_face(r->text, t, m.end) || t->closing || empty)
      m.kind = BB_MARKUP_INLINE;
    else
      return skip_element(r, t, m);
  }
  biobert_str name = {r->text.data + t->name, t->name_end - t->name};
  m.closing = t->closing;
  m.empty = empty || IS_AMONG(name, void_elements);
  return m;
}

bb_markup bb_markup_at(bb_markup_reader *r, size_t at) {
  biobert_str text = r->text;
  const bb_markup none = {.kind = BB_MARKUP_NONE, .end = at + 1};
  size_t inside = at + 1;
  tag t;
  if (starts_with(text, inside, "!--")) return read_comment(text, inside + 3);
  if (starts_with(text, inside, "![cdata[")) return read_cdata(text, inside + 8);
  if ((byte_at(text, inside) == '!' || byte_at(text, inside) == '?') &&
      bb_is_letter(byte_at(text, inside + 1)))
    return read_declaration(text, inside + 1);
  if (!read_name(text, inside, &t) || !is_tag(r, &t)) return none;
  return read_tag(r, &t);
}

/* Characters ------------------------------------------------------------------------- */

/* HTML standard, 13.2.5.80: what windows-1252 has in the place of C1 controls. */
static const uint16_t windows_1252[32] = {
    0x20AC, 0x81,   0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
    0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D,   0x017D, 0x8F,
    0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
    0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D,   0x017E, 0x0178,
};

uint32_t bb_windows_1252(unsigned char byte) {
  return byte >= 0x80 && byte < 0xA0 ? windows_1252[byte - 0x80] : byte;
}

const bb_named_character *bb_find_named_character(biobert_str name) {
  size_t low = 0, high = bb_named_characters_count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    const bb_named_character *c = &bb_named_characters[middle];
    int order = strncmp(name.data, c->name, name.len);
    if (order == 0 && c->name[name.len]) order = -1;
    if (order == 0) return c;
    if (order < 0)
      high = middle;
    else
      low = middle + 1;
  }
  return NULL;
}
