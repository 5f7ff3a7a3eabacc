/* shadow_tables.c - what lies in the shadow tables.
 *
 *   %_config(k TEXT PRIMARY KEY, v)
 *       format_version  1. A larger one was written by a newer version: refused.
 *       dimension       of the vectors; absent until there is one
 *       distance        what the model's files compare vectors by, which counts where the
 *                       option is not given; absent: cosine, or not said
 *       epoch           BLOB(16): u64 counter + u64 random, new in every transaction that
 *                       changes vectors. A counter alone comes back after a rollback with
 *                       other content; the random half does not.
 *       model, fingerprint   of the vectors; absent until the first text was embedded
 *       precision       that they were computed in: f32, int8, or both, joined by "and"
 *       fts             1 if there is a lexical half
 *       vectors         how many live ones there are
 *       synced          1 once a sync has ended, even if it found nothing to do
 *
 *   %_docs(id INTEGER PRIMARY KEY, hash INT, address INT, vectors INT, spans BLOB, error
 * TEXT, sum INT) One row a document that was looked at. id: the content's key. hash: of
 * its text, to see a change. address: of its first vector (the others follow it), NULL if
 * it has none: an empty text, or a failure whose message is in error. spans: u32 start,
 * u32 end of each passage in the document's text; NULL where one vector stands for all of
 * it. vectors is 0 for a text that has words only, NULL for one that is empty or failed.
 *
 *   %_chunks(cid INTEGER PRIMARY KEY, pid INT, gen INT, n INT, live BLOB, ids BLOB, code1
 * BLOB) 256 slots. address = cid * 256 + slot. pid: partition, 0 (partitions to come).
 * gen: the epoch's counter when the row was last written. n: slots ever used; a slot is
 * not used twice, so that passages of a document stay neighbours. live: a bit a slot.
 * ids: an i64 a slot, the document, and the sum. code1: a coarser code, NULL (to come).
 *
 *   %_codes(id INTEGER PRIMARY KEY, v BLOB)    id = cid * 8 + slot / 32
 *       32 slots: first the int8 codes [32, dimension], then {f32 scale, residual,
 * square} [32], and the sum.
 *
 *   %_full(id INTEGER PRIMARY KEY, v BLOB)     id = cid * 16 + slot / 16
 *       16 slots of one stored vector each (biobert_store_bytes() of biobert_vectors.h),
 * and the sum.
 *
 *   %_content(id INTEGER PRIMARY KEY, c0, c1, ...)   only without content=
 *   %_fts        FTS5 over the indexed columns, contentless
 *   %_words(id INTEGER PRIMARY KEY, v BLOB)
 *       The words that FTS5 has to be told to forget a document: u64 hash of them, u32
 * their bytes, then zlib's stream of {u32 length, text} for each indexed column (length
 *       0xFFFFFFFF: NULL).
 *
 * Sums (u64, biobert_hash() of the row's number and of what it holds) find every flipped
 * bit when it is read: an answer from damaged bytes would look like any other.
 *
 * All numbers little-endian. Blobs of 24 to 32 kB: SQLite's cost is per page, and below
 * that a row's overhead shows; above, changing one slot rewrites too much. What a later
 * format adds are columns that are NULL today and tables of their own. */
#include "search/vtab.h"

#include <stdarg.h>
#include <string.h>

enum { FORMAT_VERSION = 1 };

/* %s: schema and prefix are put in by schema_sql(); the rest as it stands. */
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
    [STMT_WORDS_PUT] = "REPLACE INTO @words(id, v) VALUES(?1, ?2)",
    [STMT_WORDS_DELETE] = "DELETE FROM @words WHERE id = ?1",
    [STMT_WORDS_ALL] = "SELECT id, 0.0 FROM @words ORDER BY id",
    [STMT_FTS_REST] = "SELECT rowid FROM @fts WHERE rowid = 0",
};

/* "@docs" as "schema"."table_docs". */
static char *expand(const index_table *t, const char *sql) {
  sqlite3_str *s = sqlite3_str_new(NULL);
  char quote = 0; /* in somebody's name an @ is an @ */
  for (const char *p = sql; *p; p++) {
    if (quote)
      quote = *p == quote ? 0 : quote;
    else if (*p == '"' || *p == '\'')
      quote = *p;
    if (*p != '@' || quote) {
      sqlite3_str_appendchar(s, 1, *p);
      continue;
    }
    size_t word = strspn(p + 1, "abcdefghijklmnopqrstuvwxyz");
    sqlite3_str_appendf(s, "\"%w\".\"%w_%.*s\"", t->schema, t->name, (int)word, p + 1);
    p += word;
  }
  return sqlite3_str_finish(s);
}

int schema_exec(index_table *t, const char *format, ...) {
  va_list args;
  va_start(args, format);
  char *text = sqlite3_vmprintf(format, args);
  va_end(args);
  char *sql = text ? expand(t, text) : NULL;
  int rc = sql ? sqlite3_exec(t->db, sql, NULL, NULL, NULL) : SQLITE_NOMEM;
  if (rc != SQLITE_OK) table_error(t, rc, "%s", sqlite3_errmsg(t->db));
  sqlite3_free(sql);
  sqlite3_free(text);
  return rc;
}

/* Statements that depend on the columns ---------------------------------------------- */

static void append_columns(sqlite3_str *s, const index_table *t, bool indexed_only) {
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
char *schema_content_sql(const index_table *t, const char *rest) {
  const index_config *c = &t->config;
  sqlite3_str *s = sqlite3_str_new(NULL);
  sqlite3_str_appendf(s, "SELECT c.\"%w\"", c->content ? c->content_rowid : "id");
  if (c->column_count) sqlite3_str_appendall(s, ", ");
  append_columns(s, t, false);
  if (c->content)
    sqlite3_str_appendf(s, " FROM \"%w\".\"%w\" AS c %s", c->content_schema, c->content,
                        rest);
  else
    sqlite3_str_appendf(s, " FROM \"%w\".\"%w_content\" AS c %s", t->schema, t->name,
                        rest);
  return sqlite3_str_finish(s);
}

/* One statement, so that a row that cannot be stored leaves the one it would replace. */
static char *content_put_sql(const index_table *t) {
  sqlite3_str *s = sqlite3_str_new(NULL);
  sqlite3_str_appendall(s, "REPLACE INTO @content(id");
  if (t->config.column_count) sqlite3_str_appendall(s, ", ");
  append_columns(s, t, false);
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
  append_columns(s, t, true);
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

static char *statement_text(const index_table *t, statement_kind kind) {
  char *made = NULL;
  switch (kind) {
  case STMT_CONTENT_PUT:
    made = content_put_sql(t);
    break;
  case STMT_FTS_INSERT:
  case STMT_FTS_DELETE:
    made = fts_words_sql(t, kind == STMT_FTS_DELETE);
    break;
  case STMT_FTS_MATCH:
    made = fts_match_sql(t);
    break;
  default:
    return expand(t, statement_sql[kind]);
  }
  char *sql = made ? expand(t, made) : NULL;
  sqlite3_free(made);
  return sql;
}

/* The lexical half is a virtual table; nothing else of ours may be one, nor be made from
 * one (schema_verify()). */
static bool is_of_fts(statement_kind kind) {
  return kind == STMT_FTS_INSERT || kind == STMT_FTS_DELETE || kind == STMT_FTS_MATCH ||
         kind == STMT_FTS_REST;
}

int schema_statement(index_table *t, statement_kind kind, sqlite3_stmt **out) {
  int rc = SQLITE_OK;
  *out = NULL;
  if (!t->statements[kind]) {
    char *sql = statement_text(t, kind);
    if (!sql) return SQLITE_NOMEM;
    unsigned flags = SQLITE_PREPARE_PERSISTENT;
    if (!is_of_fts(kind)) flags |= SQLITE_PREPARE_NO_VTAB;
    rc = sqlite3_prepare_v3(t->db, sql, -1, flags, &t->statements[kind], NULL);
    sqlite3_free(sql);
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

/* Creating, dropping, renaming ------------------------------------------------------- */

static int has_module(sqlite3 *db, const char *name, bool *has) {
  sqlite3_stmt *s = NULL;
  *has = false;
  int rc = sqlite3_prepare_v2(db, "SELECT 1 FROM pragma_module_list WHERE name = ?1", -1,
                              &s, NULL);
  if (rc == SQLITE_OK) rc = sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC);
  if (rc == SQLITE_OK) *has = sqlite3_step(s) == SQLITE_ROW;
  int ended = sqlite3_finalize(s);
  return rc == SQLITE_OK ? ended : rc;
}

/* The shadow tables, as they are made. ddl: what follows the name; NULL where it depends
 * on the columns. */
typedef enum shadow { SHADOW_CONFIG, SHADOW_CONTENT = 5, SHADOW_FTS = 6 } shadow;

static const struct {
  const char *suffix, *ddl;
} shadows[] = {
    {"config",  "(k TEXT PRIMARY KEY, v) WITHOUT ROWID"    },
    {"docs",    "(id INTEGER PRIMARY KEY, hash INT, address INT, vectors INT, "
             "spans BLOB, error TEXT, sum INT)"},
    {"chunks",  "(cid INTEGER PRIMARY KEY, pid INT, gen INT, n INT, live BLOB, "
               "ids BLOB, code1 BLOB)"       },
    {"codes",   "(id INTEGER PRIMARY KEY, v BLOB)"         },
    {"full",    "(id INTEGER PRIMARY KEY, v BLOB)"         },
    {"content", NULL                                       },
    {"fts",     NULL                                       },
    {"words",   "(id INTEGER PRIMARY KEY, v BLOB)"         },
};
enum { SHADOW_COUNT = sizeof shadows / sizeof shadows[0] };

bool schema_is_shadow(const char *suffix) {
  for (int i = 0; i < SHADOW_COUNT; i++)
    if (sqlite3_stricmp(suffix, shadows[i].suffix) == 0) return true;
  return false;
}

/* Whether a shadow table is this index's: somebody else's may have the name of one that
 * it does not need. */
static bool has_shadow(const index_table *t, int which) {
  if (which == SHADOW_CONTENT) return !t->config.content;
  if (which >= SHADOW_FTS)
    return t->has_fts || (t->damaged && t->config.search != BIOBERT_SEMANTIC);
  return true;
}

/* What follows the name; the caller frees it with sqlite3_free(). */
static char *shadow_ddl(const index_table *t, int which) {
  if (shadows[which].ddl) return sqlite3_mprintf("%s", shadows[which].ddl);
  sqlite3_str *s = sqlite3_str_new(NULL);
  if (which == SHADOW_CONTENT) {
    sqlite3_str_appendall(s, "(id INTEGER PRIMARY KEY");
    for (int i = 0; i < t->config.column_count; i++)
      sqlite3_str_appendf(s, ", c%d %s", i, config_affinity(t->config.columns[i].type));
    sqlite3_str_appendall(s, ")");
  } else {
    sqlite3_str_appendall(s, " USING fts5(");
    append_columns(s, t, true);
    sqlite3_str_appendf(s, ", content='', tokenize=%Q)", t->config.tokenize);
  }
  return sqlite3_str_finish(s);
}

static int create_shadow(index_table *t, int which) {
  char *ddl = shadow_ddl(t, which);
  const char *virtual = which == SHADOW_FTS ? "VIRTUAL " : "";
  int rc =
      ddl ? schema_exec(t, "CREATE %sTABLE @%s%s", virtual, shadows[which].suffix, ddl)
          : SQLITE_NOMEM;
  sqlite3_free(ddl);
  if (rc == SQLITE_ERROR && which == SHADOW_FTS)
    return table_error(t, rc, "the lexical half cannot be made: %s",
                       sqlite3_errmsg(t->db));
  return rc;
}

int schema_has_fts(const index_table *t, bool *has) {
  sqlite3_stmt *s = NULL;
  char *sql = expand(t, "SELECT 1 FROM @fts LIMIT 0");
  int rc = sql ? sqlite3_prepare_v2(t->db, sql, -1, &s, NULL) : SQLITE_NOMEM;
  *has = rc == SQLITE_OK;
  sqlite3_finalize(s);
  sqlite3_free(sql);
  /* One that is there and damaged, or not there. */
  bool none = (rc & 0xFF) == SQLITE_ERROR || (rc & 0xFF) == SQLITE_CORRUPT;
  return none ? SQLITE_OK : rc;
}

int schema_create(index_table *t) {
  bool wanted = t->config.search != BIOBERT_SEMANTIC;
  int rc = wanted ? has_module(t->db, "fts5", &t->has_fts) : SQLITE_OK;
  if (rc != SQLITE_OK) return rc;
  if (wanted && !t->has_fts && t->config.search == BIOBERT_LEXICAL)
    return table_error(t, SQLITE_ERROR,
                       "search='lexical' needs FTS5, which this SQLite has not");
  for (int i = 0; i < SHADOW_COUNT && rc == SQLITE_OK; i++)
    if (has_shadow(t, i)) rc = create_shadow(t, i);
  if (rc == SQLITE_OK) rc = schema_put_int(t, "format_version", FORMAT_VERSION);
  if (rc == SQLITE_OK) rc = schema_put_int(t, "fts", t->has_fts);
  return rc;
}

/* Where SQLite has no FTS5 its table cannot be dropped or renamed, and with it the index.
 * A module of that name which can do just that takes its place meanwhile. */
typedef struct stand_in {
  sqlite3_vtab base;
  sqlite3 *db;
  char *schema, *name;
} stand_in;

static const char *const fts_shadows[] = {"data", "idx", "docsize", "config"};
enum { FTS_SHADOWS = sizeof fts_shadows / sizeof fts_shadows[0] };

static int stand_in_disconnect(sqlite3_vtab *base) {
  stand_in *f = (stand_in *)base;
  sqlite3_free(f->schema);
  sqlite3_free(f->name);
  sqlite3_free(f);
  return SQLITE_OK;
}

static int stand_in_connect(sqlite3 *db, void *aux, int argc, const char *const *argv,
                            sqlite3_vtab **out, char **message) {
  (void)aux;
  (void)argc;
  (void)message;
  stand_in *f = sqlite3_malloc64(sizeof *f);
  if (!f) return SQLITE_NOMEM;
  *f = (stand_in){.db = db,
                  .schema = sqlite3_mprintf("%s", argv[1]),
                  .name = sqlite3_mprintf("%s", argv[2])};
  int rc =
      f->schema && f->name ? sqlite3_declare_vtab(db, "CREATE TABLE x(a)") : SQLITE_NOMEM;
  *out = &f->base;
  if (rc != SQLITE_OK) stand_in_disconnect(&f->base);
  return rc;
}

static int stand_in_best_index(sqlite3_vtab *base, sqlite3_index_info *info) {
  (void)base;
  (void)info;
  return SQLITE_ERROR;
}

/* The SQL is freed. */
static int stand_in_exec(const stand_in *f, char *sql) {
  int rc = sql ? sqlite3_exec(f->db, sql, NULL, NULL, NULL) : SQLITE_NOMEM;
  sqlite3_free(sql);
  return rc;
}

static int stand_in_destroy(sqlite3_vtab *base) {
  const stand_in *f = (stand_in *)base;
  int rc = SQLITE_OK;
  for (int i = 0; i < FTS_SHADOWS && rc == SQLITE_OK; i++)
    rc = stand_in_exec(f, sqlite3_mprintf("DROP TABLE IF EXISTS \"%w\".\"%w_%s\"",
                                          f->schema, f->name, fts_shadows[i]));
  return rc == SQLITE_OK ? stand_in_disconnect(base) : rc;
}

static int stand_in_rename(sqlite3_vtab *base, const char *name) {
  const stand_in *f = (stand_in *)base;
  int rc = SQLITE_OK;
  for (int i = 0; i < FTS_SHADOWS && rc == SQLITE_OK; i++)
    rc = stand_in_exec(
        f, sqlite3_mprintf("ALTER TABLE \"%w\".\"%w_%s\" RENAME TO \"%w_%s\"", f->schema,
                           f->name, fts_shadows[i], name, fts_shadows[i]));
  return rc;
}

static const sqlite3_module stand_in_module = {.xConnect = stand_in_connect,
                                               .xBestIndex = stand_in_best_index,
                                               .xDisconnect = stand_in_disconnect,
                                               .xDestroy = stand_in_destroy,
                                               .xRename = stand_in_rename};

/* *put: it was, and has to be taken away again. */
static int put_stand_in(const index_table *t, bool *put) {
  bool has = true;
  int rc = has_shadow(t, SHADOW_FTS) ? has_module(t->db, "fts5", &has) : SQLITE_OK;
  *put = rc == SQLITE_OK && !has;
  return *put ? sqlite3_create_module(t->db, "fts5", &stand_in_module, NULL) : rc;
}

static int take_stand_in(const index_table *t, bool put) {
  return put ? sqlite3_create_module(t->db, "fts5", NULL, NULL) : SQLITE_OK;
}

/* s: a statement on the schema's own table, with the shadow table's name as ?1; *step:
 * its first step. */
static int ask_schema(index_table *t, const char *select, const char *suffix,
                      sqlite3_stmt **s, int *step) {
  char *sql = sqlite3_mprintf(select, t->schema);
  char *name = sqlite3_mprintf("%s_%s", t->name, suffix);
  int rc = sql && name ? sqlite3_prepare_v2(t->db, sql, -1, s, NULL) : SQLITE_NOMEM;
  if (rc == SQLITE_OK) rc = sqlite3_bind_text(*s, 1, name, -1, SQLITE_TRANSIENT);
  if (rc == SQLITE_OK) *step = sqlite3_step(*s);
  sqlite3_free(sql);
  sqlite3_free(name);
  return rc;
}

/* Whatever has the name of a shadow table goes with the index: also a view that somebody
 * has put there. */
static int drop_shadow(index_table *t, const char *suffix) {
  sqlite3_stmt *s = NULL;
  int step = SQLITE_DONE;
  int rc = ask_schema(t,
                      "SELECT 1 FROM \"%w\".sqlite_schema WHERE type = 'view' AND name = "
                      "?1 COLLATE NOCASE",
                      suffix, &s, &step);
  int ended = sqlite3_finalize(s);
  if (rc == SQLITE_OK) rc = ended;
  if (rc != SQLITE_OK) return rc;
  return schema_exec(t, "DROP %s IF EXISTS @%s", step == SQLITE_ROW ? "VIEW" : "TABLE",
                     suffix);
}

int schema_drop(index_table *t) {
  bool put;
  int rc = put_stand_in(t, &put);
  for (int i = 0; i < SHADOW_COUNT && rc == SQLITE_OK; i++)
    if (has_shadow(t, i)) rc = drop_shadow(t, shadows[i].suffix);
  int taken = take_stand_in(t, put);
  return rc == SQLITE_OK ? taken : rc;
}

int schema_rename(index_table *t, const char *name) {
  bool put;
  int rc = put_stand_in(t, &put);
  for (int i = 0; i < SHADOW_COUNT && rc == SQLITE_OK; i++) {
    if (has_shadow(t, i))
      rc = schema_exec(t, "ALTER TABLE @%s RENAME TO \"%w_%s\"", shadows[i].suffix, name,
                       shadows[i].suffix);
  }
  int taken = take_stand_in(t, put);
  return rc == SQLITE_OK ? taken : rc;
}

/* Verifying -------------------------------------------------------------------------- */

/* A database file is somebody's who may want to harm us. What its schema calls our shadow
 * tables could be views that read differently each time, tables that come in another
 * order, or have triggers that call us while we write. So before a connection uses them
 * for the first time, each has to be the very table that we make. */

static int not_as_made(index_table *t, const char *suffix, const char *why) {
  return table_error(t, SQLITE_CORRUPT_VTAB,
                     "damaged: the table \"%w_%s\" is not as it was made: %s; DROP TABLE "
                     "\"%w\" and make the index anew",
                     t->name, suffix, why, t->name);
}

static int verify_ddl(index_table *t, int which) {
  sqlite3_stmt *s = NULL;
  int step = SQLITE_DONE;
  const char *suffix = shadows[which].suffix,
             *virtual = which == SHADOW_FTS ? "VIRTUAL " : "";
  int rc =
      ask_schema(t,
                 "SELECT sql FROM \"%w\".sqlite_schema WHERE type = 'table' AND name "
                 "= ?1 COLLATE NOCASE",
                 suffix, &s, &step);
  char *ddl = rc == SQLITE_OK ? shadow_ddl(t, which) : NULL;
  char *made =
      ddl ? sqlite3_mprintf("CREATE %sTABLE \"%w_%s\"%s", virtual, t->name, suffix, ddl)
          : NULL;
  if (rc == SQLITE_OK && !made) rc = SQLITE_NOMEM;
  const char *there = step == SQLITE_ROW ? (const char *)sqlite3_column_text(s, 0) : NULL;
  if (rc == SQLITE_OK && step == SQLITE_DONE)
    rc = not_as_made(t, suffix, "there is none");
  else if (rc == SQLITE_OK && step == SQLITE_ROW && !there)
    rc = SQLITE_NOMEM;
  else if (rc == SQLITE_OK && there && sqlite3_stricmp(there, made) != 0)
    rc = not_as_made(t, suffix, "it has other columns");
  sqlite3_free(ddl);
  sqlite3_free(made);
  int ended = sqlite3_finalize(s);
  return rc == SQLITE_OK ? ended : rc;
}

int schema_verify_config(index_table *t) {
  return verify_ddl(t, SHADOW_CONFIG);
}

/* Refuses a shadow table with something of its own that the schema's table has, by the
 * query's name for it. what: what that is and would do, and how to take it away. */
static int refuse_found(index_table *t, const char *select, const char *suffix,
                        const char *what) {
  sqlite3_stmt *s = NULL;
  int step = SQLITE_DONE;
  int rc = ask_schema(t, select, suffix, &s, &step);
  if (rc == SQLITE_OK && step == SQLITE_ROW)
    rc = table_error(t, SQLITE_CORRUPT_VTAB,
                     "the table \"%w_%s\" is the index's own and has %s \"%w\"", t->name,
                     suffix, what, (const char *)sqlite3_column_text(s, 0));
  int ended = sqlite3_finalize(s);
  return rc == SQLITE_OK ? ended : rc;
}

static int verify_no_trigger(index_table *t, const char *suffix) {
  return refuse_found(t,
                      "SELECT name FROM \"%w\".sqlite_schema WHERE type = 'trigger' AND "
                      "tbl_name = ?1 COLLATE NOCASE UNION ALL SELECT name FROM "
                      "temp.sqlite_schema WHERE type = 'trigger' AND tbl_name = ?1 "
                      "COLLATE NOCASE",
                      suffix,
                      "a trigger, which would run while it is written: DROP TRIGGER");
}

/* REPLACE would delete another entry in place of failing. SQLite writes the text of an
 * index anew when it is made, so one that begins otherwise is unique, or forged. */
static int verify_no_unique_index(index_table *t, const char *suffix) {
  return refuse_found(t,
                      "SELECT name FROM \"%w\".sqlite_schema WHERE type = 'index' AND "
                      "tbl_name = ?1 COLLATE NOCASE AND sql NOT LIKE 'CREATE INDEX %%'",
                      suffix,
                      "a unique index, for which rows would be deleted while it is "
                      "written: DROP INDEX");
}

static int is_module(sqlite3 *db, const char *name, bool *is) {
  *is = sqlite3_strnicmp(name, "pragma_", 7) == 0;
  return *is ? SQLITE_OK : has_module(db, name, is);
}

/* Whether the content is a table or view of its schema, and a virtual one. */
static int find_content(index_table *t, bool *there, bool *virtual) {
  const index_config *c = &t->config;
  sqlite3_stmt *s = NULL;
  char *sql =
      sqlite3_mprintf("SELECT sql LIKE 'CREATE VIRTUAL%%' FROM \"%w\".sqlite_schema "
                      "WHERE type IN ('table', 'view') AND name = %Q COLLATE "
                      "NOCASE",
                      c->content_schema, c->content);
  int rc = sql ? sqlite3_prepare_v2(t->db, sql, -1, &s, NULL) : SQLITE_NOMEM;
  sqlite3_free(sql);
  *there = rc == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW;
  *virtual = *there && sqlite3_column_int(s, 0);
  int ended = sqlite3_finalize(s);
  bool detached = (rc & 0xFF) == SQLITE_ERROR;
  return rc == SQLITE_OK || detached ? ended : rc;
}

/* The content has to be a table or view that a schema has. A module's name alone would be
 * read too, as a table of files, settings or statements that views may not show; and a
 * virtual table is read with the trust that its schema has. A content that is not there
 * is an error for those who read it. */
static int verify_content(index_table *t) {
  const index_config *c = &t->config;
  int trusted = 1;
  bool there, virtual, module = false;
  if (!c->content) return SQLITE_OK;
  int rc = find_content(t, &there, &virtual);
  if (rc == SQLITE_OK && !there) rc = is_module(t->db, c->content, &module);
  if (rc != SQLITE_OK) return rc;
  if (module)
    return table_error(
        t, SQLITE_ERROR,
        "content='%s' is no table or view of %s, but a module of this program",
        c->content, c->content_schema);
  sqlite3_db_config(t->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, -1, &trusted);
  if (virtual && !trusted)
    return table_error(
        t, SQLITE_ERROR,
        "content='%s' is a virtual table, and the schema is not trusted: "
        "PRAGMA trusted_schema = ON, if you know where the file comes from",
        c->content);
  return SQLITE_OK;
}

/* FTS5 writes its own memory out at a savepoint alone, and so do we: a statement that
 * could insert several rows makes one for every virtual table of the transaction. */
int schema_flush_all(index_table *t) {
  return schema_exec(t, "INSERT INTO @config SELECT k, v FROM @config WHERE 0");
}

/* How often SQLite has prepared anew what is asked first in every operation: it does when
 * the schema has changed. */
static int reprepared(const index_table *t) {
  sqlite3_stmt *s = t->statements[STMT_CONFIG_GET];
  return s ? sqlite3_stmt_status(s, SQLITE_STMTSTATUS_REPREPARE, 0) : 0;
}

int schema_verify(index_table *t) {
  sqlite3_int64 version;
  int rc = t->verified ? schema_get_int(t, "format_version", &version) : SQLITE_OK;
  if (rc != SQLITE_OK && rc != SQLITE_ERROR) return rc;
  if (t->verified && rc == SQLITE_OK && t->reprepared == reprepared(t)) return SQLITE_OK;
  /* The lexical half is another object now, too. */
  rc = t->pending ? schema_flush_all(t) : SQLITE_OK;
  schema_finalize(t);
  for (int i = 0; i < SHADOW_COUNT && rc == SQLITE_OK; i++) {
    if (!has_shadow(t, i)) continue;
    rc = verify_ddl(t, i);
    if (rc == SQLITE_OK) rc = verify_no_trigger(t, shadows[i].suffix);
    if (rc == SQLITE_OK) rc = verify_no_unique_index(t, shadows[i].suffix);
  }
  if (rc == SQLITE_OK) rc = verify_content(t);
  if (rc == SQLITE_OK) rc = schema_get_int(t, "format_version", &version);
  t->verified = rc == SQLITE_OK;
  t->reprepared = reprepared(t);
  return rc;
}

/* The config table ------------------------------------------------------------------- */

static int get_value(index_table *t, const char *key, sqlite3_stmt **out, bool *found) {
  int rc = schema_statement(t, STMT_CONFIG_GET, out);
  if (rc == SQLITE_OK) rc = sqlite3_bind_text(*out, 1, key, -1, SQLITE_STATIC);
  if (rc != SQLITE_OK) return rc;
  rc = sqlite3_step(*out);
  *found = rc == SQLITE_ROW;
  return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int schema_get_int(index_table *t, const char *key, sqlite3_int64 *out) {
  sqlite3_stmt *s;
  bool found = false;
  int rc = get_value(t, key, &s, &found);
  if (rc != SQLITE_OK) return rc;
  *out = found ? sqlite3_column_int64(s, 0) : 0;
  return sqlite3_reset(s);
}

int schema_get_text(index_table *t, const char *key, char **out) {
  sqlite3_stmt *s;
  bool found = false;
  int rc = get_value(t, key, &s, &found);
  *out = NULL;
  if (rc != SQLITE_OK) return rc;
  const char *text = found ? (const char *)sqlite3_column_text(s, 0) : NULL;
  if (text) *out = sqlite3_mprintf("%s", text);
  bool copied = !text || *out;
  rc = sqlite3_reset(s);
  return rc == SQLITE_OK && !copied ? SQLITE_NOMEM : rc;
}

static int put_value(index_table *t, const char *key, const char *text,
                     sqlite3_int64 number) {
  sqlite3_stmt *s;
  int rc = schema_statement(t, STMT_CONFIG_PUT, &s);
  if (rc != SQLITE_OK) return rc;
  const int bound[] = {
      sqlite3_bind_text(s, 1, key, -1, SQLITE_STATIC),
      text ? sqlite3_bind_text(s, 2, text, -1, SQLITE_STATIC)
           : sqlite3_bind_int64(s, 2, number),
  };
  return schema_run(s, bound, sizeof bound / sizeof *bound);
}

int schema_put_int(index_table *t, const char *key, sqlite3_int64 value) {
  return put_value(t, key, NULL, value);
}

int schema_put_text(index_table *t, const char *key, const char *value) {
  return put_value(t, key, value, 0);
}
