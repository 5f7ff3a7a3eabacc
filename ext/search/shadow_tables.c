/* shadow_tables.c - the shadow tables: what they contain, and how they are made, dropped and
 * renamed. shadow_check.c checks that they are the ones made here.
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
 *   %_docs(id INTEGER PRIMARY KEY, hash INT, address INT, vectors INT, spans BLOB,
 *          error TEXT, sum INT)
 *       One row a document that was looked at. id: the content's key. hash: of its text,
 *       to see a change. address: of its first vector (the others follow it), NULL if it
 *       has none: an empty text, or a failure whose message is in error. spans: u32 start,
 *       u32 end of each passage in the document's text; NULL where one vector is of all
 *       of it. vectors is 0 for a text that has words only, NULL for one that is empty or
 *       failed.
 *
 *   %_chunks(cid INTEGER PRIMARY KEY, pid INT, gen INT, n INT, live BLOB, ids BLOB,
 *            code1 BLOB)
 *       256 slots. address = cid * 256 + slot. pid: partition, 0 (partitions to come).
 *       gen: the epoch's counter when the row was last written. n: slots ever used; a slot
 *       is not used twice, so that passages of a document stay neighbours. live: a bit a
 *       slot. ids: an i64 a slot, the document, and the sum. code1: a coarser code, NULL
 *       (to come).
 *
 *   %_codes(id INTEGER PRIMARY KEY, v BLOB)    id = cid * 8 + slot / 32
 *       32 slots: first the int8 codes [32, dimension], then {f32 scale, residual,
 *       square} [32], and the sum.
 *
 *   %_full(id INTEGER PRIMARY KEY, v BLOB)     id = cid * 16 + slot / 16
 *       16 slots of one stored vector each (biobert_store_bytes() of biobert_vectors.h),
 *       and the sum.
 *
 *   %_content(id INTEGER PRIMARY KEY, c0, c1, ...)   only without content=
 *   %_fts        FTS5 over the indexed columns, contentless
 *   %_words(id INTEGER PRIMARY KEY, v BLOB)
 *       The words that FTS5 has to be told to forget a document: u64 hash of them, u32
 *       their bytes, then zlib's stream of {u32 length, text} for each indexed column
 *       (length 0xFFFFFFFF: NULL).
 *
 * Sums (u64, biobert_hash() of the row's number and of what it holds) find every flipped
 * bit when it is read: an answer from damaged bytes would look like any other.
 *
 * All numbers little-endian. Blobs of 24 to 32 kB: SQLite's cost is per page, and below
 * that a row's overhead shows; above, changing one slot rewrites too much. What a later
 * format adds are columns that are NULL today and tables of their own. */
#include "search/shadow_tables.h"

#include <string.h>

#include "search/catalog.h"
#include "search/config_table.h"
#include "search/fts_stand_in.h"
#include "search/shadow_sql.h"
#include "search/table_errors.h"

/* The tables ------------------------------------------------------------------------- */

static bool has_own_content(const index_table *t) {
  return !t->config.content;
}

/* has_fts is not known of a damaged table: dropping it then drops whatever has the name. */
static bool has_words(const index_table *t) {
  return t->has_fts || (t->damaged && t->config.search != BIOBERT_SEMANTIC);
}

static char *content_ddl(const index_table *t) {
  sqlite3_str *s = sqlite3_str_new(NULL);
  sqlite3_str_appendall(s, "(id INTEGER PRIMARY KEY");
  for (int i = 0; i < t->config.column_count; i++)
    sqlite3_str_appendf(s, ", c%d %s", i, config_affinity(t->config.columns[i].type));
  sqlite3_str_appendall(s, ")");
  return sqlite3_str_finish(s);
}

static char *fts_ddl(const index_table *t) {
  sqlite3_str *s = sqlite3_str_new(NULL);
  sqlite3_str_appendall(s, " USING fts5(");
  schema_append_columns(s, t, true);
  sqlite3_str_appendf(s, ", content='', tokenize=%Q)", t->config.tokenize);
  return sqlite3_str_finish(s);
}

/* clang-format off */
const shadow_table shadow_tables[] = {
    {.suffix = SHADOW_CONFIG, .ddl = "(k TEXT PRIMARY KEY, v) WITHOUT ROWID"},
    {.suffix = "docs",        .ddl = "(id INTEGER PRIMARY KEY, hash INT, address INT, vectors INT, "
                                     "spans BLOB, error TEXT, sum INT)", .of_vectors = true},
    {.suffix = "chunks",      .ddl = "(cid INTEGER PRIMARY KEY, pid INT, gen INT, n INT, live BLOB, "
                                     "ids BLOB, code1 BLOB)", .of_vectors = true},
    {.suffix = "codes",       .ddl = "(id INTEGER PRIMARY KEY, v BLOB)", .of_vectors = true},
    {.suffix = "full",        .ddl = "(id INTEGER PRIMARY KEY, v BLOB)", .of_vectors = true},
    {.suffix = "content",     .make_ddl = content_ddl, .when = has_own_content},
    {.suffix = "fts",         .make_ddl = fts_ddl, .when = has_words, .is_virtual = true},
    {.suffix = "words",       .ddl = "(id INTEGER PRIMARY KEY, v BLOB)", .when = has_words},
    {0},
};
/* clang-format on */

bool shadow_is_own(const index_table *t, const shadow_table *s) {
  return !s->when || s->when(t);
}

char *shadow_ddl(const index_table *t, const shadow_table *s) {
  return s->ddl ? sqlite3_mprintf("%s", s->ddl) : s->make_ddl(t);
}

bool schema_is_shadow(const char *suffix) {
  for (const shadow_table *s = shadow_tables; s->suffix; s++)
    if (sqlite3_stricmp(suffix, s->suffix) == 0) return true;
  return false;
}

/* Creating --------------------------------------------------------------------------- */

/* SQLite's words for a module that has given no reason. FTS5 has one for whatever it
 * refuses, so there was no memory for it. */
static bool gave_no_reason(sqlite3 *db) {
  static const char words[] = "vtable constructor failed";
  return strncmp(sqlite3_errmsg(db), words, sizeof words - 1) == 0;
}

static int create_shadow(index_table *t, const shadow_table *s) {
  char *ddl = shadow_ddl(t, s);
  const char *virtual = s->is_virtual ? "VIRTUAL " : "";
  int rc = ddl ? schema_exec(t, "CREATE %sTABLE @%s%s", virtual, s->suffix, ddl)
               : SQLITE_NOMEM;
  sqlite3_free(ddl);
  if (rc == SQLITE_ERROR && s->is_virtual && gave_no_reason(t->db)) return SQLITE_NOMEM;
  if (rc == SQLITE_ERROR && s->is_virtual)
    return table_error(t, rc, "the lexical half cannot be made: %s",
                       sqlite3_errmsg(t->db));
  return rc;
}

int schema_create(index_table *t) {
  bool wanted = t->config.search != BIOBERT_SEMANTIC;
  int rc = wanted ? catalog_has_module(t->db, "fts5", &t->has_fts) : SQLITE_OK;
  if (rc != SQLITE_OK) return rc;
  if (wanted && !t->has_fts && t->config.search == BIOBERT_LEXICAL)
    return table_error(t, SQLITE_ERROR,
                       "search='lexical' needs FTS5, which this SQLite has not");
  for (const shadow_table *s = shadow_tables; s->suffix && rc == SQLITE_OK; s++)
    if (shadow_is_own(t, s)) rc = create_shadow(t, s);
  if (rc == SQLITE_OK) rc = schema_put_int(t, "format_version", NEWEST_FORMAT);
  if (rc == SQLITE_OK) rc = schema_put_int(t, "fts", t->has_fts);
  return rc;
}

int schema_empty(index_table *t) {
  int rc = SQLITE_OK;
  for (const shadow_table *s = shadow_tables; s->suffix && rc == SQLITE_OK; s++)
    if (s->of_vectors) rc = schema_exec(t, "DELETE FROM @%s", s->suffix);
  return rc;
}

/* Dropping and renaming -------------------------------------------------------------- */

static int put_stand_in(const index_table *t, bool *put) {
  *put = false;
  return has_words(t) ? fts_stand_in_put(t->db, put) : SQLITE_OK;
}

/* Whatever has the name of a shadow table goes with the search table: also a view that was
 * put in its place. */
static int drop_shadow(index_table *t, const char *suffix) {
  sqlite3_stmt *s = NULL;
  int step = SQLITE_DONE;
  int rc =
      catalog_ask(t,
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
  for (const shadow_table *s = shadow_tables; s->suffix && rc == SQLITE_OK; s++)
    if (shadow_is_own(t, s)) rc = drop_shadow(t, s->suffix);
  int taken = fts_stand_in_take(t->db, put);
  return rc == SQLITE_OK ? taken : rc;
}

int schema_rename(index_table *t, const char *name) {
  bool put;
  int rc = put_stand_in(t, &put);
  for (const shadow_table *s = shadow_tables; s->suffix && rc == SQLITE_OK; s++) {
    if (shadow_is_own(t, s))
      rc = schema_exec(t, "ALTER TABLE @%s RENAME TO \"%w_%s\"", s->suffix, name,
                       s->suffix);
  }
  int taken = fts_stand_in_take(t->db, put);
  return rc == SQLITE_OK ? taken : rc;
}
