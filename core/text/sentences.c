/* sentences.c - rules, no model: a full stop, question or exclamation mark (and closing
 * quotes or brackets after it), white space, and then something that can begin a
 * sentence; or an empty line. A full stop does not count after an abbreviation, an
 * initial, or before a small letter. CJK full stops need no space.
 *
 * Headings, lists and the parts of a structured abstract have no full stops: a line's end
 * counts too, unless the next line goes on with a small letter or this one cannot end so
 * (a wrapped text); a tag of a paragraph or another block; and METHODS: in the middle of
 * a line. Tags are never cut: a closing one belongs to the sentence before it, an opening
 * one to the sentence after it.
 *
 * Errors are harmless here: chunks are cut a little early, a highlight is a little long.
 */
#include "text/sentences.h"

#include <string.h>

#include "base/utf8.h"
#include "text/markup.h"
#include "text/unicode_tables.h"

/* Before a full stop these do not end a sentence. Journals' usage; lower case. */
static const char *const abbreviations[] = {
    "al",   "approx", "ca",    "cf",   "dr",  "e.g",  "eq",   "eqs", "et",  "etc", "fig",
    "figs", "i.e",    "inc",   "i.v",  "i.m", "jr",   "ltd",  "mr",  "mrs", "ms",  "no",
    "nos",  "p",      "pp",    "prof", "ref", "refs", "resp", "s.c", "sp",  "spp", "sr",
    "st",   "suppl",  "subsp", "tab",  "var", "vol",  "vs",   "viz", "wt",
};

/* A line that ends with one of these goes on. */
static const char *const small_words[] = {
    "a",      "an",  "and",  "are",  "as",    "at",   "be",      "between",
    "by",     "for", "from", "in",   "into",  "is",   "no",      "not",
    "of",     "on",  "or",   "than", "that",  "the",  "their",   "to",
    "versus", "vs",  "was",  "were", "which", "with", "without",
};

/* Of structured abstracts, as PubMed prints them: the last word before the colon. */
static const char *const labels[] = {
    "aim",          "aims",         "approach",       "background",   "conclusion",
    "conclusions",  "context",      "data",           "design",       "discussion",
    "evidence",     "findings",     "funding",        "hypothesis",   "implications",
    "importance",   "introduction", "interpretation", "intervention", "interventions",
    "limitations",  "measurements", "measures",       "method",       "methods",
    "objective",    "objectives",   "outcome",        "outcomes",     "participants",
    "patients",     "population",   "purpose",        "rationale",    "registration",
    "relevance",    "result",       "results",        "setting",      "settings",
    "significance", "subjects",
};

enum {
  TAG_BYTES = 512,  /* a longer tag ends no sentence */
  LABEL_BYTES = 64, /* MAIN OUTCOME MEASURES AND RESULTS: */
};

static bool is_space(uint32_t code) {
  return bb_char_class_of(code).flags & BB_CHAR_SPACE;
}

static size_t skip_spaces(biobert_str text, size_t at, size_t *newlines) {
  *newlines = 0;
  while (at < text.len) {
    uint32_t code;
    size_t bytes = bb_utf8_next(text.data + at, text.data + text.len, &code);
    if (!is_space(code)) break;
    *newlines += code == '\n';
    at += bytes;
  }
  return at;
}

static bool is_wide_stop(uint32_t code) {
  return code == 0x3002 || code == 0xFF01 || code == 0xFF1F; /* ideographic . ! ? */
}

static bool is_stop(uint32_t code) {
  return code == '.' || code == '!' || code == '?';
}

static bool is_closing(uint32_t code) {
  return code == ')' || code == ']' || code == '"' || code == '\'' || code == 0x201D ||
         code == 0x2019 || code == 0xBB || code == 0x300D || code == 0x300F;
}

/* Small letters (those that do not lower, but are word characters) continue a sentence.
 * Digits, capitals, brackets and quotes can begin one. */
static bool can_begin(uint32_t code) {
  if (code >= 'a' && code <= 'z') return false;
  return code != ',' && code != ';' && code != ':' && code != '%';
}

/* Part of a word whose full stop may be that of an abbreviation. Not a digit: "12 p." and
 * "12p." are alike. Beyond ASCII not any byte: "et al." may contain a no-break space, and
 * "Fig." follow a quote. */
static bool is_in_word(uint32_t code) {
  if (code >= 0x80) return bb_char_class_of(code).flags & BB_CHAR_WORD;
  return code == '.' || ((code | 0x20) >= 'a' && (code | 0x20) <= 'z');
}

/* The word that ends right before byte `at`, letters and inner full stops. */
static biobert_str word_before(biobert_str text, size_t first, size_t at) {
  size_t start = at;
  while (start > first) {
    size_t back = 1;
    while (back < 4 && start - back > first && (text.data[start - back] & 0xC0) == 0x80)
      back++;
    uint32_t code;
    bb_utf8_next(text.data + start - back, text.data + start, &code);
    if (!is_in_word(code)) break;
    start -= back;
  }
  return (biobert_str){text.data + start, at - start};
}

static bool is_among(biobert_str word, const char *const *words, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (strlen(words[i]) != word.len) continue;
    size_t same = 0;
    while (same < word.len && (word.data[same] | 0x20) == (words[i][same] | 0x20)) same++;
    if (same == word.len) return true;
  }
  return false;
}
#define IS_AMONG(word, words) is_among(word, words, sizeof(words) / sizeof((words)[0]))

static bool is_abbreviation(biobert_str word) {
  if (word.len == 1 && word.data[0] >= 'A' && word.data[0] <= 'Z')
    return true; /* initial */
  return IS_AMONG(word, abbreviations);
}

/* The tag, comment, ... at byte `at`, all of which is near; else of kind NONE. */
static bb_markup markup_at(biobert_str text, size_t at) {
  size_t bytes = text.len - at < TAG_BYTES ? text.len - at : TAG_BYTES;
  bb_markup_reader reader = {
      .text = {text.data + at, bytes}
  };
  bb_markup m = bb_markup_at(&reader, 0);
  if (!m.whole) m.kind = BB_MARKUP_NONE;
  m.end += at;
  return m;
}

static bool ends_block(const bb_markup *m) {
  return m->kind == BB_MARKUP_BLOCK && (m->closing || m->empty);
}

/* After the blocks that end at or after byte `at`, one after another. */
static size_t skip_block_ends(biobert_str text, size_t at) {
  for (;;) {
    size_t newlines, next = skip_spaces(text, at, &newlines);
    if (next >= text.len || text.data[next] != '<') return at;
    bb_markup m = markup_at(text, next);
    if (!ends_block(&m)) return at;
    at = m.end;
  }
}

/* After MAIN OUTCOME MEASURES: (in capitals, with a colon and a space) at byte `at`;
 * `at`: it is none. */
static size_t skip_label(biobert_str text, size_t at) {
  size_t word = at, end = at;
  for (; end < text.len && end - at < LABEL_BYTES; end++) {
    char c = text.data[end];
    if (c >= 'A' && c <= 'Z') continue;
    if (c != ' ' && c != '/' && c != '&' && c != ',' && c != '-') break;
    word = end + 1;
  }
  if (end >= text.len || text.data[end] != ':') return at;
  uint32_t code = ' ';
  if (end + 1 < text.len) bb_utf8_next(text.data + end + 1, text.data + text.len, &code);
  biobert_str name = {text.data + word, end - word};
  return is_space(code) && IS_AMONG(name, labels) ? end + 1 : at;
}

/* Whether the line that ends at byte `at` ends a sentence; the next one begins at `next`.
 */
static bool line_ends(biobert_str text, size_t first, size_t at, size_t next) {
  uint32_t code;
  if (next >= text.len || at == first) return false;
  bb_utf8_next(text.data + next, text.data + text.len, &code);
  if (!can_begin(code)) return false;
  char last = text.data[at - 1];
  if (last && strchr(",-(/=<>+&", last)) return false;
  bool stop = last == '.';
  biobert_str word = word_before(text, first, at - stop);
  return stop ? !is_abbreviation(word) : !IS_AMONG(word, small_words);
}

/* Does the sentence that began at `first` end with the mark at [at, at + bytes)? If so
 * *end is after it and its closing quotes. */
static bool ends_here(biobert_str text, size_t first, size_t at, size_t bytes,
                      uint32_t mark, size_t *end) {
  size_t stop = at + bytes;
  uint32_t code = 0;
  while (stop < text.len) {
    size_t more = bb_utf8_next(text.data + stop, text.data + text.len, &code);
    if (code == '<') {
      bb_markup m = markup_at(text, stop);
      if (m.kind != BB_MARKUP_INLINE || !m.closing) break;
      more = m.end - stop;
      code = ' '; /* should the text end here */
    } else if (!is_closing(code) && !is_stop(code)) {
      break;
    }
    stop += more;
  }
  *end = stop;
  if (stop == text.len || is_wide_stop(mark)) return true;
  if (!is_space(code)) return false;
  size_t newlines;
  size_t next = skip_spaces(text, stop, &newlines);
  if (next == text.len) return true;
  bb_utf8_next(text.data + next, text.data + text.len, &code);
  if (!can_begin(code)) return false;
  return mark != '.' || !is_abbreviation(word_before(text, first, at));
}

/* After the markup at byte `at` of the sentence that began at `first`. *ends: the
 * sentence ends there, or, where the markup begins a block, in front of it. */
static size_t take_markup(biobert_str text, size_t at, bool has_text, bool *ends) {
  bb_markup m = markup_at(text, at);
  *ends = has_text && m.kind == BB_MARKUP_BLOCK;
  if (m.kind == BB_MARKUP_NONE) return at + 1;
  if (*ends && !ends_block(&m)) return at;
  return m.end;
}

bool bb_next_sentence(biobert_str text, size_t from, biobert_span *out) {
  size_t newlines;
  size_t first = skip_spaces(text, from, &newlines);
  if (first >= text.len) return false;
  size_t at = first, last = first; /* last: after the last character that is no space */
  size_t label_end = skip_label(text, first);
  bool has_text = false; /* besides tags */
  while (at < text.len) {
    uint32_t code;
    size_t bytes = bb_utf8_next(text.data + at, text.data + text.len, &code);
    if (is_space(code)) {
      size_t next = skip_spaces(text, at, &newlines);
      if (newlines > 1) break; /* an empty line: a new paragraph */
      if (newlines && has_text && line_ends(text, first, at, next)) break;
      if (has_text && at >= label_end && skip_label(text, next) > next) break;
      at = next;
      continue;
    }
    bool ends = false;
    if (code == '<') {
      size_t next = take_markup(text, at, has_text, &ends);
      if (next == at) break;
      has_text |= next == at + 1;
      at = last = next;
      if (ends) break;
      continue;
    }
    has_text = true;
    size_t end;
    if ((is_stop(code) || is_wide_stop(code)) &&
        ends_here(text, first, at, bytes, code, &end)) {
      last = end;
      break;
    }
    at += bytes;
    last = at;
  }
  *out = (biobert_span){first, skip_block_ends(text, last)};
  return true;
}
