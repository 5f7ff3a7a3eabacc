/* words.c - the words of documents in the lexical half.
 *
 * The FTS5 table is contentless: it has the inverted index and no text. To forget a
 * document it has to be told the old words, exactly; so %_words keeps them, compressed
 * (zlib), at about half the size of the text, where FTS5's own copy takes 1.3 times it.
 * They begin with a hash, since forgetting other words would damage FTS5's index without a
 * sign. */
#include "search/words.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "search/chunk_store.h"
#include "search/document.h"
#include "search/shadow_sql.h"
#include "search/table_errors.h"

enum {
  HEAD_BYTES = 12,       /* u64 hash, u32 bytes before compression */
  LENGTH_BYTES = 4,      /* in front of each column's text */
  MAX_RATIO = 1032,      /* no deflate stream makes more bytes out of one */
  MAX_BYTES = 1000000000 /* SQLite's own limit of a value */
};

/* A column without words: NULL, or a BLOB. */
static const uint32_t no_text = UINT32_MAX;

static int damaged(index_table *t, sqlite3_int64 id) {
  return table_error(t, SQLITE_CORRUPT_VTAB,
                     "damaged: the words of document %lld; INSERT INTO \"%w\"(\"%w\") "
                     "VALUES('rebuild') makes them anew",
                     id, t->name, t->name);
}

/* Packing ---------------------------------------------------------------------------- */

/* The indexed columns one after another, each after its length. */
static char *join_columns(const index_table *t, sqlite3_value **values, size_t *bytes) {
  sqlite3_str *s = sqlite3_str_new(NULL);
  for (int i = 0; i < t->config.column_count; i++) {
    if (!t->config.columns[i].indexed) continue;
    int type = sqlite3_value_type(values[i]);
    bool none = type == SQLITE_NULL || type == SQLITE_BLOB;
    const char *text = none ? NULL : (const char *)sqlite3_value_text(values[i]);
    if (!none && !text) {
      sqlite3_free(sqlite3_str_finish(s));
      return NULL;
    }
    uint32_t length = text ? (uint32_t)sqlite3_value_bytes(values[i]) : no_text;
    sqlite3_str_append(s, (const char *)&length, LENGTH_BYTES);
    if (text) sqlite3_str_append(s, text, (int)length);
  }
  *bytes = (size_t)sqlite3_str_length(s);
  return sqlite3_str_finish(s);
}

static int put_words(index_table *t, sqlite3_int64 id, const char *raw, size_t bytes) {
  uLongf packed = compressBound((uLong)bytes);
  char *blob = sqlite3_malloc64(HEAD_BYTES + packed);
  if (!blob) return SQLITE_NOMEM;
  uint64_t hash = biobert_hash((biobert_str){raw, bytes}, 0);
  uint32_t size = (uint32_t)bytes;
  memcpy(blob, &hash, sizeof hash);
  memcpy(blob + sizeof hash, &size, sizeof size);
  int status = compress((Bytef *)blob + HEAD_BYTES, &packed, (const Bytef *)raw, bytes);
  sqlite3_stmt *s;
  int rc = status == Z_OK ? schema_statement_of(t, STMT_WORDS_PUT, id, &s) : SQLITE_NOMEM;
  if (rc == SQLITE_OK) {
    int bound = sqlite3_bind_blob64(s, 2, blob, HEAD_BYTES + packed, SQLITE_STATIC);
    rc = schema_run(s, &bound, 1);
  }
  sqlite3_free(blob);
  return rc;
}

/* The bytes of join_columns(); *raw NULL: the document has no words. */
static int unpack_words(index_table *t, sqlite3_int64 id, const char *blob, size_t size,
                        char **raw, size_t *bytes) {
  uint64_t hash;
  uint32_t wanted = 0;
  if (size >= HEAD_BYTES) {
    memcpy(&hash, blob, sizeof hash);
    memcpy(&wanted, blob + sizeof hash, sizeof wanted);
  }
  if (size < HEAD_BYTES || wanted > MAX_BYTES ||
      wanted > (uint64_t)(size - HEAD_BYTES) * MAX_RATIO)
    return damaged(t, id);
  char *text = sqlite3_malloc64((sqlite3_uint64)wanted + 1);
  if (!text) return SQLITE_NOMEM;
  uLongf made = wanted;
  int status = uncompress((Bytef *)text, &made, (const Bytef *)blob + HEAD_BYTES,
                          (uLong)(size - HEAD_BYTES));
  biobert_str read = {text, made};
  if (status != Z_OK || made != wanted || biobert_hash(read, 0) != hash) {
    sqlite3_free(text);
    return status == Z_MEM_ERROR ? SQLITE_NOMEM : damaged(t, id);
  }
  *raw = text;
  *bytes = made;
  return SQLITE_OK;
}

static int get_words(index_table *t, sqlite3_int64 id, char **raw, size_t *bytes) {
  sqlite3_stmt *s;
  *raw = NULL;
  int rc = schema_statement_of(t, STMT_WORDS_GET, id, &s);
  if (rc != SQLITE_OK) return rc;
  if (sqlite3_step(s) == SQLITE_ROW)
    rc = unpack_words(t, id, sqlite3_column_blob(s, 0),
                      (size_t)sqlite3_column_bytes(s, 0), raw, bytes);
  int ended = sqlite3_reset(s);
  if (ended == SQLITE_OK) return rc;
  sqlite3_free(*raw);
  *raw = NULL;
  return ended;
}

/* FTS5 ------------------------------------------------------------------------------- */

/* The next column of what join_columns() has made; *at: the end of the one before. False:
 * there is none. text->data NULL: a column without words. */
static bool next_column(const char *raw, size_t bytes, size_t *at, biobert_str *text) {
  uint32_t length;
  if (bytes - *at < LENGTH_BYTES) return false;
  memcpy(&length, raw + *at, LENGTH_BYTES);
  *at += LENGTH_BYTES;
  *text = (biobert_str){NULL, 0};
  if (length == no_text) return true;
  if (length > bytes - *at) return false;
  *text = (biobert_str){raw + *at, length};
  *at += length;
  return true;
}

/* Runs an FTS5 statement on the words: (id, column, column, ...). */
static int tell_fts(index_table *t, statement_kind kind, sqlite3_int64 id,
                    const char *raw, size_t bytes) {
  sqlite3_stmt *s;
  biobert_str text;
  int rc = schema_statement_of(t, kind, id, &s);
  if (rc != SQLITE_OK) return rc;
  size_t at = 0;
  for (int i = 0; i < t->config.indexed_count && rc == SQLITE_OK; i++) {
    if (!next_column(raw, bytes, &at, &text)) break;
    if (text.data)
      rc = sqlite3_bind_text(s, i + 2, text.data, (int)text.len, SQLITE_STATIC);
  }
  return schema_run(s, &rc, 1);
}

/* Reading ---------------------------------------------------------------------------- */

/* The columns, a line each, in the place of what join_columns() has made: a line's end is
 * shorter than a column's length. */
static size_t lines_of(char *raw, size_t bytes) {
  biobert_str text;
  size_t at = 0, end = 0;
  while (next_column(raw, bytes, &at, &text)) {
    if (!text.data) continue;
    memmove(raw + end, text.data, text.len);
    end += text.len;
    raw[end++] = '\n';
  }
  return end;
}

/* The words of a row of STMT_WORDS_SHORT, if they do not take too many bytes. */
static int unpack_short(index_table *t, sqlite3_int64 id, sqlite3_stmt *s,
                        size_t max_bytes, char **text, size_t *bytes) {
  if (sqlite3_column_int(s, 0)) return SQLITE_OK;
  const char *blob = sqlite3_column_blob(s, 1);
  const size_t size = (size_t)sqlite3_column_bytes(s, 1);
  uint32_t wanted = 0;
  if (size >= HEAD_BYTES)
    memcpy(&wanted, blob + HEAD_BYTES - sizeof wanted, sizeof wanted);
  return wanted > max_bytes ? SQLITE_OK : unpack_words(t, id, blob, size, text, bytes);
}

/* As in get_words(), it is the reset that tells damage from want of memory. */
int words_text(index_table *t, sqlite3_int64 id, size_t max_bytes, char **text,
               size_t *bytes) {
  sqlite3_stmt *s;
  *text = NULL;
  int rc = schema_statement_of(t, STMT_WORDS_SHORT, id, &s);
  if (rc == SQLITE_OK) rc = sqlite3_bind_int64(s, 2, (sqlite3_int64)max_bytes);
  if (rc != SQLITE_OK) return rc;
  const int step = sqlite3_step(s);
  if (step == SQLITE_ROW) rc = unpack_short(t, id, s, max_bytes, text, bytes);
  if (step == SQLITE_DONE) rc = damaged(t, id);
  int ended = sqlite3_reset(s);
  if (*text) *bytes = lines_of(*text, *bytes);
  if (ended == SQLITE_OK) return rc;
  sqlite3_free(*text);
  *text = NULL;
  return ended;
}

void words_explain(index_table *t, int rc) {
  if (rc != SQLITE_OK && rc != SQLITE_NOMEM && rc != SQLITE_INTERRUPT)
    table_error(t, rc, "%s", sqlite3_errmsg(t->db));
}

/* A statement on the rows that have a word, at most so many. */
static int ask_word(index_table *t, statement_kind kind, biobert_str word, size_t limit,
                    sqlite3_stmt **out) {
  int rc = schema_statement(t, kind, out);
  if (rc != SQLITE_OK) return rc;
  char *phrase = sqlite3_mprintf("\"%.*s\"", (int)word.len, word.data);
  if (!phrase) return SQLITE_NOMEM;
  rc = sqlite3_bind_text(*out, 1, phrase, -1, sqlite3_free);
  return rc == SQLITE_OK ? sqlite3_bind_int64(*out, 2, (sqlite3_int64)limit) : rc;
}

static int end_word(index_table *t, sqlite3_stmt *s) {
  int rc = sqlite3_reset(s);
  words_explain(t, rc);
  sqlite3_clear_bindings(s);
  return rc;
}

int words_count(index_table *t, biobert_str word, size_t limit, size_t *documents) {
  sqlite3_stmt *s;
  *documents = 0;
  int rc = ask_word(t, STMT_FTS_WORD_COUNT, word, limit, &s);
  if (rc != SQLITE_OK) return rc;
  if (sqlite3_step(s) == SQLITE_ROW) *documents = (size_t)sqlite3_column_int64(s, 0);
  return end_word(t, s);
}

int words_find(index_table *t, biobert_str word, int64_t *ids, size_t *count) {
  sqlite3_stmt *s;
  size_t found = 0;
  int rc = ask_word(t, STMT_FTS_WORD, word, *count, &s);
  if (rc != SQLITE_OK) return rc;
  while (found < *count && sqlite3_step(s) == SQLITE_ROW)
    ids[found++] = sqlite3_column_int64(s, 0);
  *count = found;
  return end_word(t, s);
}

/* Writing ---------------------------------------------------------------------------- */

int words_check_before_write(index_table *t, sqlite3_int64 id) {
  char *raw = NULL;
  size_t bytes;
  int rc = t->has_fts ? get_words(t, id, &raw, &bytes) : SQLITE_OK;
  sqlite3_free(raw);
  return rc;
}

int words_remove(index_table *t, sqlite3_int64 id) {
  char *raw;
  size_t bytes = 0;
  if (!t->has_fts) return SQLITE_OK;
  int rc = get_words(t, id, &raw, &bytes);
  if (rc != SQLITE_OK || !raw) return rc;
  rc = tell_fts(t, STMT_FTS_DELETE, id, raw, bytes);
  sqlite3_free(raw);
  sqlite3_stmt *s;
  if (rc == SQLITE_OK) rc = schema_statement_of(t, STMT_WORDS_DELETE, id, &s);
  return rc == SQLITE_OK ? schema_run(s, NULL, 0) : rc;
}

int words_write(index_table *t, sqlite3_int64 id, sqlite3_value **values) {
  int rc = words_remove(t, id);
  if (!t->has_fts || rc != SQLITE_OK) return rc;
  size_t bytes;
  char *raw = join_columns(t, values, &bytes);
  if (!raw) return SQLITE_NOMEM;
  rc = put_words(t, id, raw, bytes);
  if (rc == SQLITE_OK) rc = tell_fts(t, STMT_FTS_INSERT, id, raw, bytes);
  sqlite3_free(raw);
  return rc;
}

/* When a statement of FTS5's own finds no memory, or no disk, SQLite rolls everything
 * back at once, in the midst of FTS5's work. FTS5 then goes on with totals that it has
 * not read: it calls its tables damaged, or writes what is wrong. At every later rollback
 * it forgets them; so a statement that fails, at a command that FTS5 does not know, sets
 * it right. */
int words_settle(index_table *t) {
  if (!t->fts_unsettled) return SQLITE_OK;
  t->fts_settling = true;
  int rc = schema_try(t, "INSERT INTO @fts(\"%w_fts\") SELECT 'settle'", t->name);
  t->fts_settling = false;
  t->fts_unsettled = rc != SQLITE_OK && (rc & 0xFF) != SQLITE_ERROR;
  return t->fts_unsettled ? rc : SQLITE_OK;
}

int remove_document(index_table *t, sqlite3_int64 id) {
  int rc = words_remove(t, id);
  return rc == SQLITE_OK ? store_delete(t, id) : rc;
}

int words_clear(index_table *t) {
  if (!t->has_fts) return SQLITE_OK;
  return schema_exec(t,
                     "INSERT INTO @fts(\"%w_fts\") VALUES('delete-all'); "
                     "DELETE FROM @words",
                     t->name);
}

int words_optimize(index_table *t) {
  if (!t->has_fts) return SQLITE_OK;
  return schema_exec(t, "INSERT INTO @fts(\"%w_fts\") VALUES('optimize')", t->name);
}

/* After a write FTS5 keeps a row of its tables open until the transaction ends. To SQLite
 * that is a statement that runs, and an interrupt holds until none does: not even a
 * ROLLBACK could be prepared any more. The end of a search closes the row. */
int words_rest(index_table *t) {
  sqlite3_stmt *s;
  if (!t->has_fts) return SQLITE_OK;
  char *said = t->base.zErrMsg; /* by the write, which is what counts */
  t->base.zErrMsg = NULL;
  int rc = schema_statement(t, STMT_FTS_REST, &s);
  if (rc == SQLITE_OK) sqlite3_step(s);
  if (rc == SQLITE_OK) rc = sqlite3_reset(s);
  sqlite3_free(t->base.zErrMsg);
  t->base.zErrMsg = said;
  return rc;
}

/* Checking --------------------------------------------------------------------------- */

/* Whether words are those of the text that an entry was made from. Their own hash does
 * not tell whose they are. */
static bool are_of(const index_table *t, const char *raw, size_t bytes,
                   sqlite3_int64 kept) {
  uint64_t hash = 0;
  size_t at = 0;
  biobert_str text;
  for (int i = 0; i < t->config.column_count; i++) {
    if (!t->config.columns[i].indexed) continue;
    if (!next_column(raw, bytes, &at, &text)) return false;
    hash = document_hash(hash, i, text);
  }
  return at == bytes && document_hash_may_be(t, kept, hash);
}

/* A row of id, words, hash of the document's entry. */
static int check_row(index_table *t, sqlite3_stmt *s, char **problem) {
  sqlite3_int64 id = sqlite3_column_int64(s, 0);
  char *raw = NULL;
  size_t bytes;
  if (sqlite3_column_type(s, 1) == SQLITE_NULL ||
      sqlite3_column_type(s, 2) == SQLITE_NULL) {
    *problem = sqlite3_mprintf("document %lld: words without an entry, or none", id);
    return SQLITE_OK;
  }
  int rc = unpack_words(t, id, sqlite3_column_blob(s, 1),
                        (size_t)sqlite3_column_bytes(s, 1), &raw, &bytes);
  if (rc == SQLITE_OK && !are_of(t, raw, bytes, sqlite3_column_int64(s, 2)))
    *problem = sqlite3_mprintf("document %lld: the words of another text", id);
  sqlite3_free(raw);
  return rc;
}

/* Every document's words, and that a document and nothing else has them. */
static int check_each(index_table *t, char **problem) {
  sqlite3_stmt *s = NULL;
  int rc = schema_prepare(
      t, &s,
      "SELECT w.id, w.v, d.hash FROM @words w LEFT JOIN @docs d ON d.id = w.id UNION ALL "
      "SELECT d.id, NULL, d.hash FROM @docs d WHERE d.id NOT IN (SELECT id FROM @words)");
  while (rc == SQLITE_OK && !*problem && sqlite3_step(s) == SQLITE_ROW)
    rc = check_row(t, s, problem);
  int ended = sqlite3_finalize(s);
  return rc == SQLITE_OK ? ended : rc;
}

/* FTS5's own check. Its command is an INSERT, which takes the write lock: only where a
 * command of ours has taken it already. */
static int check_fts_by_command(index_table *t, char **problem) {
  int rc =
      schema_exec(t, "INSERT INTO @fts(\"%w_fts\") VALUES('integrity-check')", t->name);
  if ((rc & 0xFF) != SQLITE_CORRUPT) return rc;
  *problem = sqlite3_mprintf("the lexical half is damaged");
  return SQLITE_OK;
}

/* FTS5 reports what has stopped it in the words in which it reports damage. */
static int code_at_end_of(const char *report) {
  static const int codes[] = {SQLITE_INTERRUPT, SQLITE_NOMEM};
  size_t bytes = strlen(report);
  for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
    const char *reason = sqlite3_errstr(codes[i]);
    size_t cut = strlen(reason);
    if (bytes >= cut && strcmp(report + bytes - cut, reason) == 0) return codes[i];
  }
  return SQLITE_OK;
}

/* The same within PRAGMA integrity_check, which must not write: it may run on a file that
 * cannot be written, or beside a writer. SQLite has called us, so it is 3.44 or newer and
 * FTS5 can be asked in this way. A check of the whole file asks FTS5 for itself once
 * more; one of this table alone does not, and nothing tells the two apart.
 *
 * FTS5 keeps its list of segments, and its check (of 3.53 too) does not look whether
 * another connection has written since: a read before it does. */
static int check_fts_by_pragma(index_table *t, char **problem) {
  sqlite3_stmt *s = NULL;
  char *fts = sqlite3_mprintf("%s_fts", t->name);
  char *sql =
      fts ? sqlite3_mprintf("PRAGMA \"%w\".integrity_check(%Q)", t->schema, fts) : NULL;
  int rc = words_rest(t);
  if (rc == SQLITE_OK)
    rc = sql ? sqlite3_prepare_v2(t->db, sql, -1, &s, NULL) : SQLITE_NOMEM;
  while (rc == SQLITE_OK && !*problem && sqlite3_step(s) == SQLITE_ROW) {
    const char *report = (const char *)sqlite3_column_text(s, 0);
    if (!report) rc = SQLITE_NOMEM;
    if (rc == SQLITE_OK) rc = code_at_end_of(report);
    if (rc == SQLITE_OK && strcmp(report, "ok") != 0)
      *problem = sqlite3_mprintf("the lexical half: %s", report);
  }
  int ended = sqlite3_finalize(s);
  sqlite3_free(sql);
  sqlite3_free(fts);
  return rc == SQLITE_OK ? ended : rc;
}

int words_check(index_table *t, char **problem) {
  if (!t->has_fts) return SQLITE_OK;
  int rc = check_each(t, problem);
  if (rc != SQLITE_OK || *problem) return rc;
  return t->writing ? check_fts_by_command(t, problem) : check_fts_by_pragma(t, problem);
}
