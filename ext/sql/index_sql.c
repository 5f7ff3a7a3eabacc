/* index_sql.c - see index_sql.h. */
#include "sql/index_sql.h"

#include <string.h>

#include "sql/sqlite_api.h"

static const char *skip_space(const char *p) {
  return p + strspn(p, " \t\r\n");
}

/* Past a quoted word: '...', "...", `...`, [...]; a doubled quote is one inside it. */
static const char *skip_quoted(const char *p) {
  const char end = *p == '[' ? ']' : *p;
  for (p++; *p; p++) {
    if (*p != end) continue;
    if (end == ']' || p[1] != end) return p + 1;
    p++;
  }
  return p;
}

static bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

/* Past a word or a quoted word or one other character. */
static const char *skip_token(const char *p) {
  if (*p && strchr("'\"`[", *p)) return skip_quoted(p);
  if (!is_word(*p)) return *p ? p + 1 : p;
  while (is_word(*p)) p++;
  return p;
}

static bool token_is(const char *from, const char *to, const char *word) {
  size_t bytes = (size_t)(to - from);
  return bytes == strlen(word) && sqlite3_strnicmp(from, word, (int)bytes) == 0;
}

/* Where the arguments begin, after "USING biobert ("; NULL: of another module. */
static const char *arguments_of(const char *sql) {
  for (const char *p = skip_space(sql), *end; *p; p = skip_space(end)) {
    end = skip_token(p);
    if (!token_is(p, end, "using")) continue;
    p = skip_space(end);
    end = skip_token(p);
    return token_is(p, end, "biobert") || token_is(p, end, "\"biobert\"")
               ? skip_space(end)
               : NULL;
  }
  return NULL;
}

bool index_sql_is_one(const char *sql) {
  return sql && arguments_of(sql) != NULL;
}

/* A token without its quotes. */
static char *unquoted(const char *from, const char *to) {
  sqlite3_str *s = sqlite3_str_new(NULL);
  const bool quoted = from < to && strchr("'\"`[", *from) != NULL;
  const char quote = *from == '[' ? ']' : *from;
  if (quoted) from++, to--;
  for (; from < to; from++) {
    sqlite3_str_appendchar(s, 1, *from);
    if (quoted && *from == quote && from + 1 < to) from++;
  }
  return sqlite3_str_finish(s);
}

bool index_sql_option(const char *sql, const char *option, char **out) {
  *out = NULL;
  const char *p = arguments_of(sql);
  int depth = 0;
  bool first = false; /* the token begins an argument */
  for (const char *end; p && *p; p = skip_space(end)) {
    end = skip_token(p);
    if (first && depth == 1 && token_is(p, end, option) && *skip_space(end) == '=') {
      p = skip_space(skip_space(end) + 1);
      *out = unquoted(p, skip_token(p));
      return *out != NULL;
    }
    first = (*p == '(' && depth == 0) || (*p == ',' && depth == 1);
    depth += (*p == '(') - (*p == ')');
  }
  return true;
}

char *index_sql_table(const char *name, char **schema) {
  const char *p = skip_space(name), *end = skip_token(p);
  *schema = NULL;
  if (*skip_space(end) != '.') {
    /* A name that is not quoted is all of the text, whatever is in it. */
    return strchr("'\"`[", *p) && *p ? unquoted(p, end) : sqlite3_mprintf("%s", name);
  }
  *schema = unquoted(p, end);
  if (!*schema) return NULL;
  p = skip_space(skip_space(end) + 1);
  return unquoted(p, skip_token(p));
}
