/* config_tokens.c - the words, quoted names and table names of which the arguments of
 * CREATE consist. */
#include "search/config_tokens.h"

#include <ctype.h>
#include <string.h>

#include "sql/sqlite_api.h"

const char *token_skip_space(const char *p) {
  while (isspace((unsigned char)*p)) p++;
  return p;
}

static bool is_word_byte(char c) {
  unsigned char u = (unsigned char)c;
  return isalnum(u) || c == '_' || u >= 0x80;
}

/* The text from start to end; returns the end, or NULL without memory. */
static const char *copy_token(const char *start, const char *end, char **out) {
  *out = sqlite3_mprintf("%.*s", (int)(end - start), start);
  return *out ? end : NULL;
}

const char *token_read(const char *p, char **out, bool *quoted) {
  char close = *p == '[' ? ']' : *p;
  *out = NULL;
  *quoted = close == '\'' || close == '"' || close == '`' || *p == '[';
  const char *start = p;
  if (*p == '(') { /* VARCHAR(20) */
    while (*p && *p != ')') p++;
    return *p ? copy_token(start, p + 1, out) : p;
  }
  if (!*quoted) {
    while (is_word_byte(*p) || (p > start && (*p == '.' || *p == '-' || *p == '+'))) p++;
    return p > start ? copy_token(start, p, out) : p;
  }
  char *text = sqlite3_malloc64(strlen(p) + 1);
  size_t bytes = 0;
  if (!text) return NULL;
  for (p++; *p; p++) {
    if (*p == close && (close == ']' || p[1] != close)) break;
    if (*p == close) p++;
    text[bytes++] = *p;
  }
  text[bytes] = '\0';
  if (*p == close) {
    *out = text;
    return p + 1;
  }
  sqlite3_free(text);
  return p;
}

/* One part of a name: quoted, or up to the next dot. *rest: what follows it, as of
 * token_read(). */
static char *read_name(const char *p, const char **rest) {
  char *name;
  bool quoted;
  if (*p == '"' || *p == '[' || *p == '`') {
    *rest = token_read(p, &name, &quoted);
    return name;
  }
  *rest = copy_token(p, p + strcspn(p, "."), &name);
  return name;
}

int token_read_table(const char *value, char **schema, char **table) {
  const char *rest;
  char *first = read_name(value, &rest), *second = NULL;
  bool two = first && *rest == '.';
  if (two) second = read_name(rest + 1, &rest);
  const char *last = two ? second : first;
  if (!last || !*last || !*first || *rest) {
    sqlite3_free(first);
    sqlite3_free(second);
    return rest ? TOKEN_BAD_VALUE : SQLITE_NOMEM;
  }
  *table = two ? second : first;
  *schema = two ? first : NULL;
  return SQLITE_OK;
}
