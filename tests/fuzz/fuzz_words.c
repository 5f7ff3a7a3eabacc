/* Fuzz target of core/index/words_syntax.c. What FTS5 takes is handed on as it was typed;
 * what is handed on, FTS5 takes; everything else is refused with a message of ours. */
#include <sqlite3.h>
#include <string.h>

#include "base/mem.h"
#include "biobert_vectors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const columns[] = {"title", "abstract"};

static sqlite3_stmt *match;

static void open_table(void) {
  sqlite3 *db;
  if (sqlite3_open(":memory:", &db)) abort();
  if (sqlite3_exec(db,
                   "CREATE VIRTUAL TABLE f USING fts5(title, abstract, content='');"
                   "INSERT INTO f(rowid, title, abstract) VALUES(1, 'a', 'b c d');",
                   NULL, NULL, NULL))
    abort();
  if (sqlite3_prepare_v2(db, "SELECT rowid FROM f WHERE f MATCH ?1", -1, &match, NULL))
    abort();
}

/* Whether FTS5 takes it; *limit: its parser has no room for it. */
static bool is_fts5(const char *text, size_t bytes, bool *limit) {
  sqlite3_bind_text(match, 1, text, (int)bytes, SQLITE_STATIC);
  while (sqlite3_step(match) == SQLITE_ROW) continue;
  const char *message = sqlite3_errmsg(sqlite3_db_handle(match));
  *limit = strstr(message, "parser stack overflow") || strstr(message, "too large");
  return sqlite3_reset(match) == SQLITE_OK;
}

static bool is_blank(biobert_str text) {
  for (size_t i = 0; i < text.len; i++)
    if (!strchr(" \t\n\r\v\f", text.data[i])) return false;
  return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  biobert_words words = {0};
  biobert_error err;
  bool limit;
  biobert_str typed = {(const char *)data, size};
  if (!match) open_table();
  /* A star in front is one of FTS5's own commands. */
  bool has_nul = memchr(data, '\0', size), is_command = size && data[0] == '*';
  bool taken = !has_nul && !is_command && is_fts5(typed.data, size, &limit);
  if (biobert_words_read(NULL, typed, columns, 2, &words, &err)) {
    if (taken && !is_blank(typed)) abort();
    if (strncmp(err.message, "words: ", 7) != 0) abort();
    return 0;
  }
  if (taken && !is_blank(typed) &&
      (words.excluded || strlen(words.text) != size || memcmp(words.text, data, size)))
    abort();
  if (words.text[0] == '*') abort();
  if (words.text[0] && !is_fts5(words.text, strlen(words.text), &limit) && !limit)
    abort();
  bb_free(NULL, words.text);
  return 0;
}
