/* Fuzz target of ext/search: a database made by someone who knows the format. An index is
 * made, then values, rows and bytes of its shadow tables are changed, the checksums are
 * made right again, and everything that an index can do is done meanwhile. Every
 * statement ends, without an answer that is no number and without more memory or file
 * than its rows need; and the table can be dropped.
 *
 * Not changed: the tables of FTS5, whose readers are SQLite's. It is told other words
 * than the documents have. */
#include <zlib.h>

#include "biobert_vectors.h"
#include "fuzz_sql.h"

enum {
  DIMENSION = 32, /* of tests/golden/models/st_mean */
  CHUNK_SLOTS = 256,
  LIVE_BYTES = CHUNK_SLOTS / 8,
  SUM_BYTES = 8,
  IDS_BYTES = CHUNK_SLOTS * 8 + SUM_BYTES,
  WORDS_HEAD = 12,
  MAX_MORE = 255 * 16, /* bytes that damage adds to a value */
  MAX_WORDS = 1 << 14, /* bytes of words that are damaged */
  MAX_STATEMENTS = 48,
};

/* Kinds of index --------------------------------------------------------------------- */

#define DECISIONS                                                                        \
  "CREATE TABLE l(paper INTEGER, included INT);"                                         \
  "INSERT INTO l VALUES(1, 1), (2, 0), (5, 0), (9, 1), (10, NULL);"
#define PAPERS                                                                           \
  "CREATE TABLE p(id INTEGER PRIMARY KEY, t TEXT, b TEXT, v BLOB);"                      \
  "CREATE TABLE q(id INTEGER PRIMARY KEY);" DECISIONS                                    \
  "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 24) "            \
  "INSERT INTO p SELECT x, iif(x % 8, 'gene ' || char(97 + x), iif(x % 16, NULL, "       \
  "replace(hex(zeroblob(30)), '00', 'cell risk. '))), 'heart ' || x, NULL FROM c;"
#define SYNC "INSERT INTO s(s) VALUES('sync')"
#define FILL "INSERT INTO s(t, b) SELECT t, b FROM p"

static const char *const kinds[] = {
    PAPERS "CREATE VIRTUAL TABLE s USING biobert(t, b UNINDEXED);" FILL,
    PAPERS "CREATE VIRTUAL TABLE s USING biobert(t, b, content='p');" SYNC,
    PAPERS "CREATE VIRTUAL TABLE s USING biobert(t, b, content='p', queue='q');" SYNC
           "; INSERT INTO q VALUES(3), (77)",
    PAPERS
    "CREATE VIRTUAL TABLE s USING biobert(t, b, search='semantic', store='int8');" FILL,
    PAPERS "CREATE VIRTUAL TABLE s USING biobert(t, b, search='lexical');" FILL,
    PAPERS
    "UPDATE p SET v = biobert_embed(t) WHERE id < 20; CREATE VIRTUAL TABLE s USING "
    "biobert(t, b, content='p', vectors='v', store='f32', distance='l2');" SYNC,
    PAPERS "CREATE VIRTUAL TABLE s USING biobert(t, b, join='pair', distance='dot', "
           "store='f32');" FILL,
    DECISIONS
    "CREATE TABLE p(id INTEGER PRIMARY KEY, t TEXT, b TEXT);"
    "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 12) INSERT "
    "INTO "
    "p SELECT x, 'gene', replace(hex(zeroblob(60)), '00', 'cell risk. ') FROM c;"
    "CREATE VIRTUAL TABLE s USING biobert(t, b, content='p', passage_tokens=4, "
    "passage_overlap=1, search='semantic');" SYNC,
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

/* Checksums -------------------------------------------------------------------------- */

static uint64_t sum_of(sqlite3_int64 id, const void *data, size_t bytes) {
  return biobert_hash((biobert_str){data, bytes}, (uint64_t)id);
}

/* A copy of an argument that may be written to, with room for so much more; the caller
 * frees it. */
static char *copy_blob(sqlite3_value *value, size_t more, size_t *bytes) {
  const void *blob = sqlite3_value_blob(value);
  *bytes = (size_t)sqlite3_value_bytes(value);
  char *copy = sqlite3_malloc64(*bytes + more + 1);
  if (!copy) abort();
  if (*bytes) memcpy(copy, blob, *bytes);
  return copy;
}

static bool is_blob(sqlite3_value *value, int min) {
  return sqlite3_value_type(value) == SQLITE_BLOB && sqlite3_value_bytes(value) >= min;
}

/* seal(id, v): a row of %_codes or %_full. */
static void seal(sqlite3_context *context, int argc, sqlite3_value **argv) {
  size_t bytes;
  (void)argc;
  if (!is_blob(argv[1], SUM_BYTES)) {
    sqlite3_result_value(context, argv[1]);
    return;
  }
  char *blob = copy_blob(argv[1], 0, &bytes);
  uint64_t sum = sum_of(sqlite3_value_int64(argv[0]), blob, bytes - SUM_BYTES);
  memcpy(blob + bytes - SUM_BYTES, &sum, sizeof sum);
  sqlite3_result_blob64(context, blob, bytes, sqlite3_free);
}

/* seal_chunk(cid, n, live, ids): the ids of a chunk. */
static void seal_chunk(sqlite3_context *context, int argc, sqlite3_value **argv) {
  size_t bytes;
  (void)argc;
  if (!is_blob(argv[2], LIVE_BYTES) || !is_blob(argv[3], IDS_BYTES)) {
    sqlite3_result_value(context, argv[3]);
    return;
  }
  uint64_t number = (uint64_t)sqlite3_value_int64(argv[0]) * (CHUNK_SLOTS + 1) +
                    (uint64_t)sqlite3_value_int64(argv[1]);
  biobert_str live = {sqlite3_value_blob(argv[2]), LIVE_BYTES};
  char *ids = copy_blob(argv[3], 0, &bytes);
  uint64_t sum =
      biobert_hash((biobert_str){ids, IDS_BYTES - SUM_BYTES}, biobert_hash(live, number));
  memcpy(ids + IDS_BYTES - SUM_BYTES, &sum, sizeof sum);
  sqlite3_result_blob64(context, ids, bytes, sqlite3_free);
}

/* seal_document(id, hash, address, vectors, spans, error): its sum. */
static void seal_document(sqlite3_context *context, int argc, sqlite3_value **argv) {
  (void)argc;
  bool none = sqlite3_value_type(argv[2]) == SQLITE_NULL;
  sqlite3_int64 numbers[3] = {sqlite3_value_int64(argv[1]),
                              none ? -1 : sqlite3_value_int64(argv[2]),
                              sqlite3_value_int(argv[3])};
  uint64_t sum = sum_of(sqlite3_value_int64(argv[0]), numbers, sizeof numbers);
  const char *spans = sqlite3_value_blob(argv[4]);
  sum = biobert_hash((biobert_str){spans, (size_t)sqlite3_value_bytes(argv[4])}, sum);
  const char *error = (const char *)sqlite3_value_text(argv[5]);
  sum = biobert_hash((biobert_str){error, error ? strlen(error) : 0}, sum);
  sqlite3_int64 kept;
  memcpy(&kept, &sum, sizeof kept);
  sqlite3_result_int64(context, kept);
}

/* live_slots(n, live) */
static void live_slots(sqlite3_context *context, int argc, sqlite3_value **argv) {
  (void)argc;
  int n = sqlite3_value_int(argv[0]), live = 0;
  const unsigned char *bits = sqlite3_value_blob(argv[1]);
  int slots = sqlite3_value_bytes(argv[1]) * 8;
  for (int i = 0; i < n && i < slots; i++) live += bits[i / 8] >> i % 8 & 1;
  sqlite3_result_int(context, live);
}

static void add_functions(sqlite3 *db) {
  const int flags = SQLITE_UTF8;
  sqlite3_create_function(db, "seal", 2, flags, NULL, seal, NULL, NULL);
  sqlite3_create_function(db, "seal_chunk", 4, flags, NULL, seal_chunk, NULL, NULL);
  sqlite3_create_function(db, "seal_document", 6, flags, NULL, seal_document, NULL, NULL);
  sqlite3_create_function(db, "live_slots", 2, flags, NULL, live_slots, NULL, NULL);
}

/* The shadow tables; the first column is the key. mend: makes their sums right. */
static const struct {
  const char *name, *columns[8], *mend;
} shadows[] = {
    {"s_config",  {"k", "v"},                                       NULL                                },
    {"s_docs",
     {"id", "hash", "address", "vectors", "spans", "error", "sum"},
     "UPDATE s_docs SET sum = seal_document(id, hash, address, vectors, spans, error)"                  },
    {"s_chunks",
     {"cid", "pid", "gen", "n", "live", "ids", "code1"},
     "UPDATE s_chunks SET ids = seal_chunk(cid, n, live, ids)"                                          },
    {"s_codes",   {"id", "v"},                                      "UPDATE s_codes SET v = seal(id, v)"},
    {"s_full",    {"id", "v"},                                      "UPDATE s_full SET v = seal(id, v)" },
    {"s_content", {"id", "c0", "c1"},                               NULL                                },
    {"s_words",   {"id", "v"},                                      NULL                                },
};
enum { SHADOWS = sizeof shadows / sizeof shadows[0], WORDS = SHADOWS - 1, CHUNKS = 2 };

static const char *const config_keys[] = {
    "dimension", "vectors", "distance", "fts",    "synced",      "model",
    "precision", "epoch",   "fts",      "nobody", "fingerprint", "format_version",
};
enum { CONFIG_KEYS = sizeof config_keys / sizeof config_keys[0] };

/* Values ----------------------------------------------------------------------------- */

static const sqlite3_int64 numbers[] = {
    0,         1,          -1,        2,         3,
    15,        16,         31,        32,        33,
    64,        255,        256,       257,       1000,
    65535,     65536,      65537,     1 << 24,   INT32_MAX,
    INT32_MIN, UINT32_MAX, 1LL << 40, 1LL << 44, (1LL << 48) - 1,
    1LL << 48, 1LL << 56,  INT64_MAX, INT64_MIN, -256,
};
enum { NUMBERS = sizeof numbers / sizeof numbers[0] };

static const char *const texts[] = {
    "aspirin", "gene b", "",      "1",          "cell risk. heart", "cosine",   "dot",
    "l2",      "0",      "1e999", "PMID 12345", "\xff\xfe",         "gene\xcc", "x' \" ;",
};
enum { TEXTS = sizeof texts / sizeof texts[0] };

static float next_float(reader *r) {
  static const float special[] = {0, 1, -1, 1e-40f, 3e38f, -3e38f, 1e30f, 65504};
  uint8_t byte = next_byte(r);
  if (byte < 8) return special[byte];
  if (byte == 8) return NAN;
  if (byte == 9) return -INFINITY;
  return (float)(byte - 128) / 64;
}

/* A vector, mostly of the right length; bytes in *size. */
static const void *next_vector(reader *r, size_t *size) {
  static float vector[DIMENSION + 1];
  uint8_t how = next_byte(r);
  float all = next_float(r);
  for (int i = 0; i <= DIMENSION; i++)
    vector[i] = how & 1 ? all : (float)((i * 7 + how) % 13 - 6) / 8;
  size_t count = how > 250 ? (size_t)(how - 250) * 8 : DIMENSION;
  *size = (count > DIMENSION ? DIMENSION + 1 : count) * sizeof *vector;
  return vector;
}

static sqlite3_int64 next_rowid(reader *r) {
  uint8_t byte = next_byte(r);
  return byte < 200 ? byte % 32 : numbers[byte % NUMBERS];
}

/* Damage ----------------------------------------------------------------------------- */

static size_t write_number(reader *r, char *at, size_t room) {
  static const size_t widths[] = {1, 2, 4, 8};
  uint8_t how = next_byte(r);
  size_t width = widths[how % 4];
  sqlite3_int64 number = numbers[next_below(r, NUMBERS)];
  float real = next_float(r);
  if (width > room) return 0;
  if (how & 4 && width == 4)
    memcpy(at, &real, sizeof real);
  else
    memcpy(at, &number, width);
  return width;
}

/* Changes bytes in place; there is room for MAX_MORE more. Returns the new length. */
static size_t damage_bytes(reader *r, char *data, size_t bytes) {
  uint8_t how = next_byte(r);
  size_t at = (size_t)next_byte(r) << 8 | next_byte(r);
  at = bytes ? at % bytes : 0;
  switch (how % 8) {
  case 0: /* a bit */
    if (bytes) data[at] ^= (char)(1 << how / 32);
    return bytes;
  case 1: /* shorter */
    return at;
  case 2: /* longer */
    at = (size_t)next_byte(r) * 16;
    memset(data + bytes, (char)next_byte(r), at);
    return bytes + at;
  case 3: /* all one */
    if (bytes) memset(data, (char)next_byte(r), bytes);
    return bytes;
  case 4: /* bytes of the input */
    for (size_t i = at; i < bytes && i < at + how / 8; i++) data[i] = (char)next_byte(r);
    return bytes;
  case 5: /* moved */
    if (bytes) memmove(data, data + at, bytes - at);
    return bytes;
  default:
    if (bytes)
      write_number(r, data + at / (how & 16 ? 1 : 8) * (how & 16 ? 1 : 8), bytes - at);
    return bytes;
  }
}

static char *pack_words(const char *raw, size_t bytes, size_t *size) {
  uLongf packed = compressBound((uLong)bytes);
  char *blob = sqlite3_malloc64(WORDS_HEAD + packed);
  if (!blob) abort();
  uint64_t hash = biobert_hash((biobert_str){raw, bytes}, 0);
  uint32_t length = (uint32_t)bytes;
  memcpy(blob, &hash, sizeof hash);
  memcpy(blob + sizeof hash, &length, sizeof length);
  compress((Bytef *)blob + WORDS_HEAD, &packed, (const Bytef *)raw, (uLong)bytes);
  *size = WORDS_HEAD + packed;
  return blob;
}

/* The words of a document, changed and packed again as the format has it. */
static bool damage_words(reader *r, sqlite3_value *old, sqlite3_stmt *s) {
  char *raw = sqlite3_malloc64(MAX_WORDS + MAX_MORE);
  uLongf bytes = MAX_WORDS;
  int length = sqlite3_value_bytes(old) - WORDS_HEAD;
  if (!raw) abort();
  bool is = length > 0 && uncompress((Bytef *)raw, &bytes,
                                     (const Bytef *)sqlite3_value_blob(old) + WORDS_HEAD,
                                     (uLong)length) == Z_OK;
  if (is) {
    size_t size;
    char *blob = pack_words(raw, damage_bytes(r, raw, bytes), &size);
    sqlite3_bind_blob64(s, 1, blob, size, sqlite3_free);
  }
  sqlite3_free(raw);
  return is;
}

static void damage_blob(reader *r, sqlite3_value *old, sqlite3_stmt *s) {
  size_t bytes;
  char *data = copy_blob(old, MAX_MORE, &bytes);
  bytes = damage_bytes(r, data, bytes);
  sqlite3_bind_blob64(s, 1, data, bytes, sqlite3_free);
}

/* Binds to ?1 a value in place of an old one. */
static void damage_value(reader *r, int table, sqlite3_value *old, sqlite3_stmt *s) {
  uint8_t how = next_byte(r);
  if (how % 2 && table == WORDS && damage_words(r, old, s)) return;
  switch (how % 8) {
  case 0:
    sqlite3_bind_null(s, 1);
    return;
  case 1:
    sqlite3_bind_int64(s, 1, numbers[next_below(r, NUMBERS)]);
    return;
  case 2: /* near what it was */
    sqlite3_bind_int64(s, 1,
                       (sqlite3_int64)((uint64_t)sqlite3_value_int64(old) +
                                       (uint64_t)numbers[next_below(r, NUMBERS)]));
    return;
  case 3:
    sqlite3_bind_double(s, 1, (double)next_float(r) * (how & 64 ? 1e300 : 1));
    return;
  case 4:
    sqlite3_bind_text(s, 1, texts[next_below(r, TEXTS)], -1, SQLITE_STATIC);
    return;
  case 5:
    sqlite3_bind_zeroblob(s, 1, next_byte(r) * (how & 64 ? 64 : 1));
    return;
  default:
    damage_blob(r, old, s);
    return;
  }
}

static sqlite3_stmt *prepare(sqlite3 *db, char *sql) {
  sqlite3_stmt *s = NULL;
  if (!sql) abort();
  sqlite3_prepare_v2(db, sql, -1, &s, NULL);
  sqlite3_free(sql);
  return s;
}

/* The damage itself may fail: then it is none. */
static void damage_column(reader *r, sqlite3 *db, int table) {
  const char *name = shadows[table].name, *key = shadows[table].columns[0];
  size_t columns = 0;
  while (shadows[table].columns[columns]) columns++;
  const char *column = shadows[table].columns[next_below(r, columns)];
  int row = next_byte(r);
  sqlite3_stmt *old, *s;
  if (table == 0) {
    column = "v";
    old = prepare(db, sqlite3_mprintf("SELECT k, v FROM s_config WHERE k = %Q",
                                      config_keys[row % CONFIG_KEYS]));
    s = prepare(db, sqlite3_mprintf("REPLACE INTO s_config(v, k) VALUES(?1, %Q)",
                                    config_keys[row % CONFIG_KEYS]));
  } else {
    old = prepare(db, sqlite3_mprintf("SELECT %s, %s FROM %s LIMIT 1 OFFSET %d", key,
                                      column, name, row % 32));
    s = prepare(db, sqlite3_mprintf("UPDATE OR REPLACE %s SET %s = ?1 WHERE %s = ?2",
                                    name, column, key));
  }
  if (old && s && sqlite3_step(old) == SQLITE_ROW) {
    damage_value(r, table, sqlite3_column_value(old, 1), s);
    if (table) sqlite3_bind_value(s, 2, sqlite3_column_value(old, 0));
    sqlite3_step(s);
  }
  sqlite3_finalize(old);
  sqlite3_finalize(s);
}

/* Whole rows, and what agrees in one table with what is wrong in another. */
static const char *const rows[] = {
    "DELETE FROM s_docs WHERE id = :id",
    "DELETE FROM s_chunks WHERE cid = :id",
    "DELETE FROM s_codes WHERE id = :id",
    "DELETE FROM s_full WHERE id = :id",
    "DELETE FROM s_content WHERE id = :id",
    "DELETE FROM s_words WHERE id = :id",
    "DELETE FROM s_config WHERE k = :t",
    "DELETE FROM s_docs",
    "DELETE FROM s_chunks",
    "DELETE FROM s_codes",
    "DELETE FROM s_full",
    "DELETE FROM s_words",
    "INSERT INTO s_docs SELECT :id, hash, address, vectors, spans, error, sum FROM "
    "s_docs "
    "WHERE id <> :id LIMIT 1",
    "INSERT INTO s_docs SELECT id + 100, hash, address, vectors, spans, error, sum FROM "
    "s_docs",
    "INSERT INTO s_chunks SELECT :id, pid, gen, n, live, ids, code1 FROM s_chunks LIMIT "
    "1",
    "INSERT INTO s_codes SELECT :id, v FROM s_codes LIMIT 1",
    "INSERT INTO s_full SELECT :id, v FROM s_full LIMIT 1",
    "INSERT INTO s_words SELECT :id, v FROM s_words LIMIT 1",
    "UPDATE OR REPLACE s_docs SET id = :id WHERE id = 1",
    "UPDATE OR REPLACE s_chunks SET cid = :id WHERE cid = 0",
    "UPDATE OR REPLACE s_codes SET id = id + :id",
    "UPDATE OR REPLACE s_full SET id = id + :id",
    "UPDATE s_docs SET address = address + :id",
    "UPDATE s_docs SET address = :id, vectors = 1 WHERE id < 4",
    "UPDATE s_docs SET address = 0, vectors = 200, spans = zeroblob(1600) WHERE id = 1",
    "UPDATE s_docs SET address = 0, vectors = 4000, spans = randomblob(32000) WHERE id = "
    "2",
    "UPDATE s_docs SET address = (SELECT address FROM s_docs WHERE id = :id)",
    "UPDATE s_chunks SET live = zeroblob(32)",
    "UPDATE s_chunks SET n = 256, live = replace(zeroblob(32), x'00', x'ff')",
    "UPDATE s_chunks SET n = 256, live = CAST(substr(v, 1, 32) AS BLOB) FROM (SELECT v "
    "FROM "
    "s_codes LIMIT 1)",
    "UPDATE s_full SET v = zeroblob(length(v))",
    "UPDATE s_codes SET v = zeroblob(length(v))",
    "INSERT INTO s_fts(rowid, t) VALUES(:id, 'gene aspirin')",
    "INSERT INTO s_fts(s_fts, rowid, t) VALUES('delete', :id, 'gene aspirin')",
    "INSERT INTO s_fts(s_fts) VALUES('delete-all')",
    "UPDATE s_docs SET hash = hash + 1, error = NULL",
    "UPDATE s_docs SET error = 'e' WHERE id = :id",
    "UPDATE s_config SET v = zeroblob(16) WHERE k = 'epoch'",
    "UPDATE s_content SET c0 = x'00' WHERE id = :id",
    "CREATE INDEX i ON s_docs(abs(id))",
    "CREATE UNIQUE INDEX j ON s_docs(vectors)",
    "CREATE UNIQUE INDEX k ON s_chunks(n)",
    "CREATE INDEX l ON s_codes(length(v))",
    "CREATE INDEX m ON s_full(abs(id)) WHERE id > 0",
    "CREATE TRIGGER n AFTER INSERT ON s_docs BEGIN DELETE FROM s_chunks; END",
};
enum { ROWS = sizeof rows / sizeof rows[0] };

static void mend(sqlite3 *db, int table) {
  if (shadows[table].mend) sqlite3_exec(db, shadows[table].mend, NULL, NULL, NULL);
}

static void mend_all(sqlite3 *db) {
  for (int i = 0; i < SHADOWS; i++) mend(db, i);
}

/* What a chunk that is missing is found by. */
static void mend_count(sqlite3 *db) {
  sqlite3_exec(
      db,
      "UPDATE s_config SET v = (SELECT coalesce(sum(live_slots(n, live)), 0) FROM "
      "s_chunks) WHERE k = 'vectors'",
      NULL, NULL, NULL);
}

/* Without a new epoch the memory of a search that was made before is believed. */
static void new_epoch(sqlite3 *db) {
  sqlite3_exec(db, "UPDATE s_config SET v = randomblob(16) WHERE k = 'epoch'", NULL, NULL,
               NULL);
}

/* Statements ------------------------------------------------------------------------- */

static const char all[] =
    "SELECT rowid, rank, distance, bm25, passage, passage_start, passage_end, document, "
    "vector FROM s WHERE s MATCH :q";

/* A parameter's name says what it is: bind_all(). */
static const char *const statements[] = {
    all,
    "SELECT rowid, rank, distance FROM s(:q, :k)",
    "SELECT rowid, rank, distance, vector FROM s WHERE s MATCH :q AND mode = 'semantic' "
    "AND "
    "k = :k",
    "SELECT rowid, rank, bm25 FROM s WHERE s MATCH :q AND mode = 'lexical'",
    "SELECT rowid, rank, bm25, passage FROM s WHERE words MATCH :w",
    "SELECT rowid, rank FROM s WHERE s MATCH :q AND words MATCH :w LIMIT 5",
    "SELECT rowid, rank FROM s WHERE s MATCH :q AND t LIKE 'g%' AND b > 'a' AND k = :k",
    "SELECT rowid, rank, passage FROM s WHERE s MATCH :q AND rowid IN (1, 2, 3, :id)",
    "SELECT rowid, rank FROM s WHERE s MATCH :q AND k = :k AND rowid = :id",
    "SELECT rowid, rank FROM s WHERE s MATCH :q AND rowid > :id AND distance < 0.9",
    "SELECT a.rowid, b.rank FROM s(:q, 5) a JOIN s(:q, :k) b ON a.rowid = b.rowid",
    "SELECT rowid, distance FROM s WHERE s MATCH :q AND mode = 'semantic' ORDER BY "
    "distance",
    "SELECT rowid, rank FROM s WHERE s MATCH :q AND feedback = 0 AND t MATCH 'gene'",
    "SELECT rowid, vector, document FROM s",
    "SELECT vector, t FROM s WHERE rowid = :id",
    "SELECT rowid FROM s WHERE vector IS NULL",
    "SELECT * FROM biobert_status('s')",
    "SELECT * FROM biobert_failures('s')",
    "SELECT * FROM biobert_sync('s')",
    "SELECT * FROM biobert_sync('s', 2) LIMIT 3",
    "INSERT INTO s(s) VALUES('sync')",
    "INSERT INTO s(s, rank) VALUES('sync', :k)",
    "INSERT INTO s(s) VALUES('sync-batch')",
    "INSERT INTO s(s) VALUES('retry')",
    "INSERT INTO s(s) VALUES('reset')",
    "INSERT INTO s(s) VALUES('rebuild')",
    "INSERT INTO s(s) VALUES('optimize')",
    "INSERT INTO s(s) VALUES('integrity-check')",
    "INSERT INTO s(s) VALUES('delete-all')",
    "INSERT INTO s(s, rowid, t) VALUES('delete', :id, :t)",
    "INSERT INTO s(t, b) VALUES(:t, :t)",
    "INSERT INTO s(rowid, t) VALUES(:id, :t)",
    "INSERT INTO s(rowid, t, vector) VALUES(:id, :t, :v)",
    "REPLACE INTO s(rowid, t, b) VALUES(:id, :t, :t)",
    "UPDATE s SET t = :t WHERE rowid = :id",
    "UPDATE s SET vector = :v WHERE rowid = :id",
    "UPDATE s SET rowid = :id WHERE rowid = :id",
    "UPDATE s SET b = :t WHERE rowid < :id",
    "UPDATE s SET t = t || ' x' WHERE rowid IN (SELECT rowid FROM s(:q, 3))",
    "DELETE FROM s WHERE rowid = :id",
    "DELETE FROM s WHERE rowid < :id",
    "DELETE FROM s WHERE rowid IN (SELECT rowid FROM s(:q, :k))",
    "INSERT INTO p(id, t) VALUES(:id, :t)",
    "UPDATE p SET t = :t, v = :v WHERE id = :id",
    "DELETE FROM p WHERE id = :id",
    "INSERT INTO q(id) VALUES(:id)",
    "PRAGMA integrity_check",
    "SELECT count(*) FROM s a, s b WHERE a.rowid = b.rowid",
    "DROP TABLE s",
    "CREATE VIRTUAL TABLE s USING biobert(t, b, content='p')",
    "VACUUM",
    "BEGIN",
    "COMMIT",
    "ROLLBACK",
    "SAVEPOINT a",
    "ROLLBACK TO a",
    "RELEASE a",
    "SELECT * FROM biobert_neighbours('s', :k)",
    "SELECT * FROM biobert_neighbours('s', 3, 0.2) WHERE rowid = :id",
    "SELECT * FROM biobert_duplicates('s', 0.5)",
    "SELECT * FROM biobert_duplicate_groups('s')",
    "SELECT * FROM biobert_clusters('s', :k)",
    "SELECT * FROM biobert_topics('s', 3)",
    "SELECT * FROM biobert_map('s')",
    "SELECT * FROM biobert_novelty('s')",
    "SELECT * FROM biobert_screen('s', 'l')",
    "SELECT * FROM biobert_screen('s', 'l', '{\"features\": \"vectors\"}')",
    "SELECT * FROM biobert_screen('s', 'l', '{\"features\": \"both\", \"query\": "
    "\"gene\"}')",
    "SELECT * FROM biobert_screen_status('s', 'l')",
    "INSERT INTO l VALUES(:id, :k % 2)",
};
enum { STATEMENTS = sizeof statements / sizeof statements[0] };

static void bind_query(reader *r, sqlite3_stmt *s, int i) {
  uint8_t how = next_byte(r);
  size_t bytes;
  if (how & 1) {
    sqlite3_bind_text(s, i, texts[how / 2 % TEXTS], -1, SQLITE_STATIC);
    return;
  }
  const void *vector = next_vector(r, &bytes);
  sqlite3_bind_blob64(s, i, vector, bytes, SQLITE_TRANSIENT);
}

static void bind_vector(reader *r, sqlite3_stmt *s, int i) {
  size_t bytes;
  const void *vector = next_vector(r, &bytes);
  sqlite3_bind_blob64(s, i, vector, bytes, SQLITE_TRANSIENT);
}

static void bind_all(reader *r, sqlite3_stmt *s) {
  static const char *const words[] = {
      "gene", "aspirin OR heart", "NOT gene", "ge*", "t : gene", "\"cell risk\"", "\"",
      "",     "NEAR(a b, 2)"};
  enum { WORD_COUNT = sizeof words / sizeof words[0] };
  for (int i = 1; i <= sqlite3_bind_parameter_count(s); i++) {
    switch (sqlite3_bind_parameter_name(s, i)[1]) {
    case 'q':
      bind_query(r, s, i);
      break;
    case 'v':
      bind_vector(r, s, i);
      break;
    case 'w':
      sqlite3_bind_text(s, i, words[next_below(r, WORD_COUNT)], -1, SQLITE_STATIC);
      break;
    case 't':
      sqlite3_bind_text(s, i, texts[next_below(r, TEXTS)], -1, SQLITE_STATIC);
      break;
    default: /* :id, :k */
      sqlite3_bind_int64(s, i, next_rowid(r));
    }
  }
}

/* A program -------------------------------------------------------------------------- */

/* Both connections are to one database in memory, which lasts as long as `keeper` is
 * open. */
typedef struct program {
  sqlite3 *keeper, *db[2];
  sqlite3_stmt *held; /* a statement that has begun and not ended, or NULL */
  int now;            /* which connection is used */
} program;

static const char uri[] = "file:/fuzz?vfs=memdb";

static sqlite3 *connection(program *p) {
  sqlite3 **db = &p->db[p->now];
  char limit[64];
  if (*db) return *db;
  *db = sql_open(uri, true);
  add_functions(*db);
  snprintf(limit, sizeof limit, "PRAGMA max_page_count = %d", SQL_FILE_PAGES);
  sqlite3_exec(*db, limit, NULL, NULL, NULL);
  return *db;
}

static void let_go(program *p) {
  sqlite3_finalize(p->held);
  p->held = NULL;
}

static void close_connection(program *p, int which) {
  if (!p->db[which]) return;
  if (p->held && sqlite3_db_handle(p->held) == p->db[which]) let_go(p);
  sql_close(p->db[which]);
  p->db[which] = NULL;
}

static sqlite3_stmt *begin_statement(reader *r, sqlite3 *db, const char *sql) {
  sqlite3_stmt *s = NULL;
  sql_begin(sql);
  sql_check_code(db, sqlite3_prepare_v2(db, sql, -1, &s, NULL));
  if (s) bind_all(r, s);
  return s;
}

static void run_statement(reader *r, sqlite3 *db, const char *sql) {
  bool was_alone = sqlite3_get_autocommit(db), begins = *sql == 'B' || *sql == 'S';
  sqlite3_stmt *s = begin_statement(r, db, sql);
  if (s) sql_step(s, SQL_MAX_ROWS);
  sqlite3_finalize(s);
  if (was_alone && !begins && !sqlite3_get_autocommit(db))
    sql_wrong(db, "a transaction that was not begun");
}

/* One search is held open while other statements run. */
static void hold(reader *r, program *p) {
  sqlite3 *db = connection(p);
  if (!p->held) p->held = begin_statement(r, db, statements[next_below(r, 20)]);
  sql_begin("(next row of what is held)");
  if (p->held && !sql_step(p->held, 1)) let_go(p);
}

static void damage_row(reader *r, sqlite3 *db) {
  sqlite3_stmt *s = NULL;
  const char *sql = rows[next_below(r, ROWS)];
  sql_begin(sql);
  sqlite3_prepare_v2(db, sql, -1, &s, NULL);
  if (s) bind_all(r, s);
  if (s) sqlite3_step(s);
  sqlite3_finalize(s);
  mend_all(db);
}

static void damage(reader *r, sqlite3 *db) {
  uint8_t how = next_byte(r);
  int table = how % (SHADOWS + 1);
  sql_begin("(damage)");
  if (table == SHADOWS)
    damage_row(r, db);
  else
    damage_column(r, db, table);
  if (table < SHADOWS && how < 232) mend(db, table);
  if (how & 64) mend_count(db);
  if (how & 128) new_epoch(db);
}

enum { STEP_DAMAGE = 9, STEP_HOLD = 14, STEP_OTHER, STEPS };

static void other_step(reader *r, program *p) {
  switch (next_byte(r) % 4) {
  case 0:
    p->now = 1 - p->now;
    break;
  case 1:
    let_go(p);
    break;
  case 2:
    sql_run(connection(p), "ALTER TABLE s RENAME TO \"r\"\"'\"");
    sql_run(connection(p), "ALTER TABLE \"r\"\"'\" RENAME TO s");
    break;
  default:
    close_connection(p, p->now);
  }
}

static void run_step(reader *r, program *p) {
  uint8_t step = next_byte(r) % STEPS;
  if (step < STEP_DAMAGE) {
    run_statement(r, connection(p), statements[next_below(r, STATEMENTS)]);
  } else if (step < STEP_HOLD) {
    damage(r, connection(p));
  } else if (step == STEP_HOLD) {
    hold(r, p);
  } else {
    other_step(r, p);
  }
}

/* Where a message says that 'rebuild' makes it anew, it does. */
static void rebuild(sqlite3 *db) {
  int rc = sql_run(db, "INSERT INTO s(s) VALUES('rebuild')");
  const char *message = sqlite3_errmsg(db);
  if ((rc & 0xFF) == SQLITE_CORRUPT && !strstr(message, ": DROP ") &&
      !strstr(message, "; DROP "))
    sql_wrong(db, "what is damaged cannot be made anew");
  if (rc == SQLITE_OK && sql_run(db, "INSERT INTO s(s) VALUES('integrity-check')"))
    sql_wrong(db, "what was made anew is damaged");
}

/* The end: whatever was done, the index can be dropped, and nothing of it is left. */
static void drop(program *p) {
  static const char left[] =
      "SELECT count(*) FROM sqlite_schema WHERE name GLOB 's*' OR name GLOB 'r*'";
  let_go(p);
  close_connection(p, 1);
  p->now = 0;
  sqlite3 *db = connection(p);
  if (!sqlite3_get_autocommit(db)) sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
  rebuild(db);
  if (sql_run(db, "DROP TABLE IF EXISTS s") ||
      sql_run(db, "DROP TABLE IF EXISTS \"r\"\"'\""))
    sql_wrong(db, "the table cannot be dropped");
  if (sql_number(db, left)) sql_wrong(db, "shadow tables are left");
  close_connection(p, 0);
}

/* Made once: a run begins with a copy. */
static sqlite3 *template_of(int kind) {
  static sqlite3 *made[KINDS];
  if (made[kind]) return made[kind];
  made[kind] = sql_open(":memory:", true);
  sqlite3_exec(made[kind], "SELECT biobert_config('threads', 1)", NULL, NULL, NULL);
  if (sqlite3_exec(made[kind], kinds[kind], NULL, NULL, NULL) != SQLITE_OK)
    sql_wrong(made[kind], kinds[kind]);
  return made[kind];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (!sql_api) sql_set_up();
  reader r = {data, data + size};
  program p = {.keeper = sql_open(uri, false)};
  sql_copy(template_of((int)next_below(&r, KINDS)), p.keeper);
  for (int i = 0; i < MAX_STATEMENTS && r.at < r.end; i++) run_step(&r, &p);
  drop(&p);
  sqlite3_close(p.keeper);
  return 0;
}
