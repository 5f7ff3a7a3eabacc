/* shadow_sql.c - SQL on the shadow tables.
 *
 * A statement calls a shadow table @docs, @chunks ...; expand() puts in the quoted names.
 * What every row that is read or written needs is kept prepared with the table
 * (schema_statement()), by a number, and its text is beside its number. Keeping them is
 * what makes a write of many rows cheap; they are finalized when the table is closed, or
 * its tables change (schema_finalize()).
 *
 * Ordinary shadow tables are prepared with SQLITE_PREPARE_NO_VTAB: a virtual table in the
 * place of one of them would run code of its own while we read or write. */
#include "search/shadow_sql.h"

#include <stdarg.h>
#include <string.h>

#include "search/table_errors.h"

/* Those that depend on the columns are made by statement_text(). */
static const char *const statement_sql[STMT_COUNT] = {
    [STMT_CONFIG_GET] = "SELECT v FROM @config WHERE k = ?1",
    [STMT_CONFIG_PUT] = "REPLACE INTO @config(k, v) VALUES(?1, ?2)",
    [STMT_DOC_GET] =
        "SELECT hash, address, vectors, spans, error, sum FROM @docs WHERE id = ?1",
    [STMT_DOC_PUT] = "REPLACE INTO @docs(id, hash, address, vectors, spans, error, sum) "
                     "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [STMT_DOC_DELETE] = "DELETE FROM @docs WHERE id = ?1",
    [STMT_DOCS_BY_ADDRESS] =
        "SELECT id FROM @docs WHERE address IS NOT NULL ORDER BY address",
    [STMT_CHUNK_LAST] = "SELECT max(cid) FROM @chunks",
    [STMT_CHUNK_GET] = "SELECT n, live, ids FROM @chunks WHERE cid = ?1",
    [STMT_CHUNK_PUT] = "REPLACE INTO @chunks(cid, pid, gen, n, live, ids) "
                       "VALUES(?1, 0, ?2, ?3, ?4, ?5)",
    [STMT_CHUNK_ALL] = "SELECT cid, n, live, ids FROM @chunks ORDER BY cid",
    [STMT_CODES_GET] = "SELECT v FROM @codes WHERE id = ?1",
    [STMT_CODES_PUT] = "REPLACE INTO @codes(id, v) VALUES(?1, ?2)",
    [STMT_CODES_ALL] = "SELECT id, v FROM @codes ORDER BY id",
    [STMT_FULL_GET] = "SELECT v FROM @full WHERE id = ?1",
    [STMT_FULL_ALL] = "SELECT id, v FROM @full ORDER BY id",
    [STMT_FULL_PUT] = "REPLACE INTO @full(id, v) VALUES(?1, ?2)",
    [STMT_CONTENT_HAS] = "SELECT 1 FROM @content WHERE id = ?1",
    [STMT_CONTENT_LAST] = "SELECT max(id) FROM @content",
    [STMT_CONTENT_DELETE] = "DELETE FROM @content WHERE id = ?1",
    [STMT_WORDS_GET] = "SELECT v FROM @words WHERE id = ?1",
    /* What is too long is not even read. */
    [STMT_WORDS_SHORT] = "SELECT length(v) > ?2, CASE WHEN length(v) <= ?2 THEN v END "
                         "FROM @words WHERE id = ?1",
    [STMT_WORDS_PUT] = "REPLACE INTO @words(id, v) VALUES(?1, ?2)",
    [STMT_WORDS_DELETE] = "DELETE FROM @words WHERE id = ?1",
    [STMT_WORDS_ALL] = "SELECT id, 0.0 FROM @words ORDER BY id",
    [STMT_FTS_REST] = "SELECT rowid FROM @fts WHERE rowid = 0",
};

/* Expanding names -------------------------------------------------------------------- */

static bool is_word(const char *word, size_t bytes, const char *name) {
  return bytes == strlen(name) && memcmp(word, name, bytes) == 0;
}

static void append_name(sqlite3_str *s, const index_table *t, const char *word,
                        size_t bytes) {
  const index_config *c = &t->config;
  static const char own[] = "content";
  const bool source = is_word(word, bytes, "source");
  if (is_word(word, bytes, "key"))
    sqlite3_str_appendf(s, "\"%w\"", c->content ? c->content_rowid : "id");
  else if (source && c->content)
    sqlite3_str_appendf(s, "\"%w\".\"%w\"", c->content_schema, c->content);
  else
    sqlite3_str_appendf(s, "\"%w\".\"%w_%.*s\"", t->schema, t->name,
                        source ? (int)sizeof own - 1 : (int)bytes, source ? own : word);
}

/* "@docs" as "schema"."table_docs"; "@source" as the table that the rows come from, the
 * content or own content, and "@key" as its key column. */
static char *expand(const index_table *t, const char *sql) {
  sqlite3_str *s = sqlite3_str_new(NULL);
  char quote = 0; /* inside a user's name an @ is an @ */
  const char *from = sql, *p;
  for (p = sql; *p; p++) {
    if (quote)
      quote = *p == quote ? 0 : quote;
    else if (*p == '"' || *p == '\'')
      quote = *p;
    if (*p != '@' || quote) continue;
    size_t word = strspn(p + 1, "abcdefghijklmnopqrstuvwxyz");
    sqlite3_str_append(s, from, (int)(p - from));
    append_name(s, t, p + 1, word);
    p += word;
    from = p + 1;
  }
  sqlite3_str_append(s, from, (int)(p - from));
  return sqlite3_str_finish(s);
}

/* Running and preparing -------------------------------------------------------------- */

static int execute(index_table *t, const char *format, va_list args) {
  char *text = sqlite3_vmprintf(format, args);
  char *sql = text ? expand(t, text) : NULL;
  int rc = sql ? sqlite3_exec(t->db, sql, NULL, NULL, NULL) : SQLITE_NOMEM;
  sqlite3_free(sql);
  sqlite3_free(text);
  return rc;
}

int schema_try(index_table *t, const char *format, ...) {
  va_list args;
  va_start(args, format);
  int rc = execute(t, format, args);
  va_end(args);
  return rc;
}

int schema_exec(index_table *t, const char *format, ...) {
  va_list args;
  va_start(args, format);
  int rc = execute(t, format, args);
  va_end(args);
  if (rc != SQLITE_OK) table_error(t, rc, "%s", sqlite3_errmsg(t->db));
  return rc;
}

static int prepare(const index_table *t, const char *text, unsigned flags,
                   sqlite3_stmt **out) {
  *out = NULL;
  char *sql = text ? expand(t, text) : NULL;
  int rc = sql ? sqlite3_prepare_v3(t->db, sql, -1, flags, out, NULL) : SQLITE_NOMEM;
  sqlite3_free(sql);
  return rc;
}

static int prepare_format(const index_table *t, unsigned flags, sqlite3_stmt **out,
                          const char *format, va_list args) {
  char *text = sqlite3_vmprintf(format, args);
  int rc = prepare(t, text, flags, out);
  sqlite3_free(text);
  return rc;
}

int schema_prepare(const index_table *t, sqlite3_stmt **out, const char *format, ...) {
  va_list args;
  va_start(args, format);
  int rc = prepare_format(t, SQLITE_PREPARE_NO_VTAB, out, format, args);
  va_end(args);
  return rc;
}

int schema_prepare_any(const index_table *t, sqlite3_stmt **out, const char *format,
                       ...) {
  va_list args;
  va_start(args, format);
  int rc = prepare_format(t, 0, out, format, args);
  va_end(args);
  return rc;
}

/* Statements that depend on the columns ---------------------------------------------- */

void schema_append_columns(sqlite3_str *s, const index_table *t, bool indexed_only) {
  const index_config *c = &t->config;
  for (int i = 0, n = 0; i < c->column_count; i++) {
    if (indexed_only && !c->columns[i].indexed) continue;
    if (n++) sqlite3_str_appendall(s, ", ");
    if (c->content || indexed_only)
      sqlite3_str_appendf(s, indexed_only ? "\"%w\"" : "c.\"%w\"", c->columns[i].name);
    else
      sqlite3_str_appendf(s, "c%d", i);
  }
}

static void append_parameters(sqlite3_str *s, int count) {
  for (int i = 0; i < count; i++) sqlite3_str_appendf(s, ", ?%d", i + 2);
}

/* With a prefix, because "name" alone is the text 'name' where there is no such column.
 */
char *schema_content_sql(const index_table *t, bool vectors, const char *rest) {
  const index_config *c = &t->config;
  sqlite3_str *s = sqlite3_str_new(NULL);
  sqlite3_str_appendall(s, "SELECT c.@key");
  if (c->column_count) sqlite3_str_appendall(s, ", ");
  schema_append_columns(s, t, false);
  if (vectors && c->vectors) sqlite3_str_appendf(s, ", c.\"%w\"", c->vectors);
  sqlite3_str_appendf(s, " FROM @source AS c %s", rest);
  return sqlite3_str_finish(s);
}

/* One statement, so that a row that cannot be stored leaves the one it would replace. */
static char *content_put_sql(const index_table *t) {
  sqlite3_str *s = sqlite3_str_new(NULL);
  sqlite3_str_appendall(s, "REPLACE INTO @content(id");
  if (t->config.column_count) sqlite3_str_appendall(s, ", ");
  schema_append_columns(s, t, false);
  sqlite3_str_appendall(s, ") VALUES(?1");
  append_parameters(s, t->config.column_count);
  sqlite3_str_appendall(s, ")");
  return sqlite3_str_finish(s);
}

/* A contentless FTS5 table is told a document's words to enter them, and to forget them.
 */
static char *fts_words_sql(const index_table *t, bool forget) {
  sqlite3_str *s = sqlite3_str_new(NULL);
  sqlite3_str_appendall(s, "INSERT INTO @fts(");
  if (forget) sqlite3_str_appendf(s, "\"%w_fts\", ", t->name);
  sqlite3_str_appendall(s, "rowid, ");
  schema_append_columns(s, t, true);
  sqlite3_str_appendf(s, ") VALUES(%s?1", forget ? "'delete', " : "");
  append_parameters(s, t->config.indexed_count);
  sqlite3_str_appendall(s, ")");
  return sqlite3_str_finish(s);
}

/* The title counts three times: design measurements, BM25 of SQLite's FTS5. */
static char *fts_match_sql(const index_table *t) {
  sqlite3_str *s = sqlite3_str_new(NULL);
  sqlite3_str_appendf(s, "SELECT rowid, bm25(\"%w_fts\"", t->name);
  for (int i = 0; i < t->config.indexed_count && t->config.indexed_count > 1; i++)
    sqlite3_str_appendall(s, i == 0 ? ", 3.0" : ", 1.0");
  sqlite3_str_appendf(s, ") FROM @fts WHERE \"%w_fts\" MATCH ?1", t->name);
  return sqlite3_str_finish(s);
}

/* The rows that have a word, ?2 at most, or how many these are. */
static char *fts_word_sql(const index_table *t, bool count) {
  return sqlite3_mprintf(
      count ? "SELECT count(*) FROM (SELECT 1 FROM @fts WHERE "
              "\"%w_fts\" MATCH ?1 LIMIT ?2)"
            : "SELECT rowid FROM @fts WHERE \"%w_fts\" MATCH ?1 LIMIT ?2",
      t->name);
}

/* Freed with sqlite3_free(). */
static char *statement_text(const index_table *t, statement_kind kind) {
  switch (kind) {
  case STMT_CONTENT_PUT:
    return content_put_sql(t);
  case STMT_FTS_INSERT:
  case STMT_FTS_DELETE:
    return fts_words_sql(t, kind == STMT_FTS_DELETE);
  case STMT_FTS_MATCH:
    return fts_match_sql(t);
  case STMT_FTS_WORD_COUNT:
  case STMT_FTS_WORD:
    return fts_word_sql(t, kind == STMT_FTS_WORD_COUNT);
  default:
    return sqlite3_mprintf("%s", statement_sql[kind]);
  }
}

/* Kept statements -------------------------------------------------------------------- */

/* The lexical half is a virtual table; nothing else of ours may be one, nor be made from
 * one (schema_verify()). */
static bool is_of_fts(statement_kind kind) {
  return kind == STMT_FTS_INSERT || kind == STMT_FTS_DELETE || kind == STMT_FTS_MATCH ||
         kind == STMT_FTS_WORD_COUNT || kind == STMT_FTS_WORD || kind == STMT_FTS_REST;
}

int schema_statement(index_table *t, statement_kind kind, sqlite3_stmt **out) {
  int rc = SQLITE_OK;
  *out = NULL;
  if (!t->statements[kind]) {
    unsigned flags = SQLITE_PREPARE_PERSISTENT;
    if (!is_of_fts(kind)) flags |= SQLITE_PREPARE_NO_VTAB;
    char *text = statement_text(t, kind);
    rc = prepare(t, text, flags, &t->statements[kind]);
    sqlite3_free(text);
    if (rc != SQLITE_OK && is_of_fts(kind))
      table_error(t, rc, "the lexical half cannot be used: %s", sqlite3_errmsg(t->db));
  } else {
    sqlite3_reset(t->statements[kind]);
  }
  *out = t->statements[kind];
  return rc;
}

int schema_statement_of(index_table *t, statement_kind kind, sqlite3_int64 id,
                        sqlite3_stmt **out) {
  int rc = schema_statement(t, kind, out);
  return rc == SQLITE_OK ? sqlite3_bind_int64(*out, 1, id) : rc;
}

int schema_run(sqlite3_stmt *s, const int *bound, size_t count) {
  int rc = SQLITE_OK;
  for (size_t i = 0; i < count && rc == SQLITE_OK; i++) rc = bound[i];
  if (rc == SQLITE_OK) sqlite3_step(s);
  int ended = sqlite3_reset(s);
  sqlite3_clear_bindings(s);
  return rc == SQLITE_OK ? ended : rc;
}

static bool is_needed(const index_table *t, statement_kind kind) {
  if (kind == STMT_CONTENT_PUT || kind == STMT_CONTENT_DELETE) return !t->config.content;
  bool words = kind == STMT_WORDS_PUT || kind == STMT_WORDS_DELETE || is_of_fts(kind);
  return t->has_fts || !words;
}

int schema_prepare_writes(index_table *t) {
  static const statement_kind kinds[] = {
      STMT_CONFIG_PUT,  STMT_DOC_PUT,        STMT_DOC_DELETE, STMT_CHUNK_PUT,
      STMT_CODES_PUT,   STMT_FULL_PUT,       STMT_WORDS_PUT,  STMT_WORDS_DELETE,
      STMT_CONTENT_PUT, STMT_CONTENT_DELETE, STMT_FTS_INSERT, STMT_FTS_DELETE,
  };
  sqlite3_stmt *s;
  int rc = SQLITE_OK;
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds && rc == SQLITE_OK; i++)
    if (!t->statements[kinds[i]] && is_needed(t, kinds[i]))
      rc = schema_statement(t, kinds[i], &s);
  return rc;
}

void schema_finalize(index_table *t) {
  t->verified = false;
  for (int i = 0; i < STMT_COUNT; i++) {
    sqlite3_finalize(t->statements[i]);
    t->statements[i] = NULL;
  }
}
