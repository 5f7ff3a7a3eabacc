/* answer.c - see answer.h. */
#include "cli/answer.h"

#include <string.h>

/* Bytes of the neighbouring text that are shown on each side, and of a text that has no
 * sentence to choose. */
enum { CONTEXT_BYTES = 110, BEGINNING_BYTES = 300 };

bool answer_begin(answer_finder *f, database *d, const char *text, sqlite3_stmt *vector) {
  if (!database_prepare(d, &f->nearest,
                        "SELECT start_byte, end_byte FROM biobert_highlight(?1, ?2, 1)"))
    return false;
  int rc = text ? sqlite3_bind_text(f->nearest, 1, text, -1, SQLITE_TRANSIENT)
                : sqlite3_bind_value(f->nearest, 1, sqlite3_column_value(vector, 0));
  if (rc == SQLITE_OK) return true;
  database_complain(d, rc);
  return false;
}

void answer_end(answer_finder *f) {
  sqlite3_finalize(f->nearest);
  f->nearest = NULL;
}

/* A model that fails on one text leaves that text without a sentence. */
answer answer_find(answer_finder *f, const char *text) {
  answer a = {0};
  if (!f->nearest || !*text) return a;
  if (sqlite3_bind_text(f->nearest, 2, text, -1, SQLITE_STATIC) == SQLITE_OK &&
      sqlite3_step(f->nearest) == SQLITE_ROW) {
    a.start = (size_t)sqlite3_column_int64(f->nearest, 0);
    a.end = (size_t)sqlite3_column_int64(f->nearest, 1);
  }
  sqlite3_reset(f->nearest);
  if (a.end > strlen(text) || a.start > a.end) a = (answer){0};
  return a;
}

/* Words ------------------------------------------------------------------------------ */

static bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         (unsigned char)c >= 0x80;
}

static size_t word_bytes(const char *text) {
  size_t bytes = 0;
  while (is_letter(text[bytes])) bytes++;
  return bytes;
}

static size_t shared_bytes(const char *a, size_t a_bytes, const char *b, size_t b_bytes) {
  size_t i = 0;
  while (i < a_bytes && i < b_bytes && sqlite3_strnicmp(a + i, b + i, 1) == 0) i++;
  return i;
}

/* Words that say nothing about what is asked. */
static bool is_stop_word(const char *word, size_t bytes) {
  static const char *const stop[] = {
      "a",   "an",   "and",  "are",   "as",  "at",   "be",   "by",   "can",   "did",
      "do",  "does", "for",  "how",   "in",  "is",   "it",   "not",  "of",    "on",
      "or",  "than", "that", "the",   "to",  "was",  "were", "what", "when",  "where",
      "who", "why",  "with", "which", "has", "have", "from", "into", "there", "this",
  };
  for (size_t i = 0; i < sizeof stop / sizeof stop[0]; i++)
    if (strlen(stop[i]) == bytes && sqlite3_strnicmp(stop[i], word, (int)bytes) == 0)
      return true;
  return false;
}

/* Forms of one word: "smoke" and "smoking" share four letters, and no more than three are
 * left of either. */
static bool alike(const char *a, size_t a_bytes, const char *b, size_t b_bytes) {
  enum { STEM = 4, ENDING = 3 };
  size_t shared = shared_bytes(a, a_bytes, b, b_bytes);
  if (shared == a_bytes && shared == b_bytes) return true;
  return shared >= STEM && a_bytes - shared <= ENDING && b_bytes - shared <= ENDING;
}

static bool has_word(const char *list, const char *word, size_t bytes) {
  for (const char *at = list; at && *at;) {
    size_t here = word_bytes(at);
    if (here && !is_stop_word(at, here) && alike(at, here, word, bytes)) return true;
    at += here ? here : 1;
  }
  return false;
}

/* A clean text with the question's words strong. */
static void append_strong(sqlite3_str *out, const answer_finder *f, const char *text) {
  for (size_t bytes; *text; text += bytes) {
    bytes = word_bytes(text);
    bool strong =
        bytes && (has_word(f->question, text, bytes) || has_word(f->words, text, bytes));
    if (!bytes) bytes = 1;
    if (strong) sqlite3_str_appendall(out, MARK_STRONG);
    sqlite3_str_append(out, text, (int)bytes);
    if (strong) sqlite3_str_appendall(out, MARK_END);
  }
}

/* Context ---------------------------------------------------------------------------- */

static bool is_continuation(char c) {
  return ((unsigned char)c & 0xC0) == 0x80;
}

/* Where a stretch before `end` begins: at a word. */
static size_t context_start(const char *text, size_t end) {
  if (end <= CONTEXT_BYTES) return 0;
  size_t at = end - CONTEXT_BYTES;
  while (at < end && text[at] != ' ') at++;
  while (at < end && (text[at] == ' ' || is_continuation(text[at]))) at++;
  return at;
}

static size_t context_end(const char *text, size_t start, size_t most) {
  size_t bytes = strlen(text);
  if (bytes - start <= most) return bytes;
  size_t at = start + most;
  while (at > start && text[at] != ' ') at--;
  return at;
}

static char *clean(const char *text, size_t from, size_t to) {
  sqlite3_str *s = sqlite3_str_new(NULL);
  text_append_clean(s, text + from, to - from);
  char *out = sqlite3_str_finish(s);
  return out ? out : sqlite3_mprintf("");
}

static void append_faint(sqlite3_str *out, const char *before, const char *text,
                         const char *after) {
  if (!*text) return;
  sqlite3_str_appendf(out, MARK_FAINT "%s%s%s" MARK_END, before, text, after);
}

char *answer_in_context(const answer_finder *f, const char *text, answer a) {
  sqlite3_str *out = sqlite3_str_new(NULL);
  const bool chosen = a.end > 0;
  if (!chosen) a.end = context_end(text, 0, BEGINNING_BYTES);
  size_t from = context_start(text, a.start);
  size_t to = chosen ? context_end(text, a.end, CONTEXT_BYTES) : a.end;
  char *before = clean(text, from, a.start), *after = clean(text, a.end, to);
  char *sentence = clean(text, a.start, a.end);
  if (before && after && sentence) {
    append_faint(out, from ? "\u2026 " : "", before, " ");
    append_strong(out, f, sentence);
    append_faint(out, " ", after, text[to] ? " \u2026" : "");
    if (!chosen && text[to]) sqlite3_str_appendall(out, " \u2026");
  }
  sqlite3_free(before);
  sqlite3_free(after);
  sqlite3_free(sentence);
  return sqlite3_str_finish(out);
}
