/* Fuzz target of the functions of SQL: an input is a program of statements, each of which
 * calls one with arguments of every kind, on rows and without. Every statement ends, with
 * an answer or an error that says something, within its memory; asked again, it says the
 * same. */
#include "fuzz_sql.h"

#define MODELS "tests/golden/models/"

/* A model for each kind of head, a table of papers, an index of them, and a reviewer's
 * decisions. */
static const char models[] =
    "SELECT biobert_config('threads', 1), biobert_load('" MODELS "seq_cls', 'labels'), "
    "biobert_load('" MODELS "token_cls', 'entities'), biobert_load('" MODELS
    "qa', 'answers'), biobert_load('" MODELS "mlm_cased', 'words')";
static const char base[] =
    "CREATE TABLE p(id INTEGER PRIMARY KEY, title TEXT, abstract TEXT, year INT, doi "
    "TEXT, e BLOB);"
    "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 24) "
    "INSERT INTO p SELECT x, iif(x % 7, 'gene ' || char(97 + x % 5), NULL), iif(x % 5, "
    "'aspirin <i>and</i> stroke, risk ' || x % 9, ''), 1990 + x % 3, iif(x % 6, NULL, "
    "'10.1/' || x % 4), NULL FROM c;"
    "UPDATE p SET e = biobert_embed(title) WHERE id % 4;"
    "CREATE VIRTUAL TABLE s USING biobert(title, abstract, year UNINDEXED, doi "
    "UNINDEXED, content='p');"
    "INSERT INTO s(s) VALUES('sync');"
    "CREATE TABLE l(paper INTEGER, included INT);"
    "INSERT INTO l SELECT id, CASE id % 5 WHEN 0 THEN 1 WHEN 3 THEN NULL ELSE 0 END FROM "
    "p WHERE id < 18;"
    "CREATE VIEW v AS SELECT title, year FROM p";

/* What can be called ------------------------------------------------------------------ */

typedef enum form { SCALAR, AGGREGATE, TABLE } form;

typedef struct function {
  const char *name;
  form form;
  int min;           /* arguments that it must have */
  const char *kinds; /* of all: put_argument() */
  bool changes;      /* something, so that the second answer may be another one */
} function;

static const function functions[] = {
    {"biobert_embed",            SCALAR,    1, "tm",   false},
    {"biobert_embed_query",      SCALAR,    1, "tm",   false},
    {"biobert_embed_pair",       SCALAR,    2, "ttm",  false},
    {"biobert_similarity",       SCALAR,    2, "xxm",  false},
    {"biobert_distance",         SCALAR,    2, "xxdm", false},
    {"biobert_rerank",           SCALAR,    2, "ttm",  false},
    {"biobert_token_count",      SCALAR,    1, "tm",   false},
    {"biobert_tokenize",         SCALAR,    1, "tm",   false},
    {"biobert_detokenize",       SCALAR,    1, "jm",   false},
    {"biobert_vector",           SCALAR,    1, "j",    false},
    {"biobert_vector_json",      SCALAR,    1, "v",    false},
    {"biobert_dimension",        SCALAR,    1, "v",    false},
    {"biobert_normalize",        SCALAR,    1, "v",    false},
    {"biobert_slice",            SCALAR,    3, "vnn",  false},
    {"biobert_kmers",            SCALAR,    2, "tn",   false},
    {"biobert_residues",         SCALAR,    1, "t",    false},
    {"biobert_plain",            SCALAR,    1, "t",    false},
    {"biobert_predict",          SCALAR,    2, "cxl",  false},
    {"biobert_load",             SCALAR,    1, "pmo",  true },
    {"biobert_unload",           SCALAR,    1, "m",    true },
    {"biobert_config",           SCALAR,    1, "kn",   true },
    {"biobert_version",          SCALAR,    0, "",     false},
    {"biobert_build",            SCALAR,    0, "",     false},
    {"biobert_mean",             AGGREGATE, 1, "vn",   false},
    {"biobert_fit",              AGGREGATE, 2, "xlo",  false},
    {"biobert_vocabulary",       AGGREGATE, 2, "tno",  false},
    {"biobert_tokens",           TABLE,     1, "tm",   false},
    {"biobert_chunks",           TABLE,     1, "tnnm", false},
    {"biobert_highlight",        TABLE,     2, "ttnm", false},
    {"biobert_hidden_states",    TABLE,     1, "tnm",  false},
    {"biobert_attention",        TABLE,     1, "tnnm", false},
    {"biobert_fill_mask",        TABLE,     1, "tnm",  false},
    {"biobert_logits",           TABLE,     2, "tnm",  false},
    {"biobert_entities",         TABLE,     1, "tm",   false},
    {"biobert_answer",           TABLE,     2, "ttnm", false},
    {"biobert_classify",         TABLE,     1, "tm",   false},
    {"biobert_classify_pair",    TABLE,     2, "ttm",  false},
    {"biobert_each",             TABLE,     1, "v",    false},
    {"biobert_classifier",       TABLE,     1, "c",    false},
    {"biobert_models",           TABLE,     0, "",     true },
    {"biobert_settings",         TABLE,     0, "",     false},
    {"biobert_help",             TABLE,     0, "",     false},
    {"biobert_sync",             TABLE,     1, "in",   true },
    {"biobert_status",           TABLE,     1, "i",    false},
    {"biobert_failures",         TABLE,     1, "i",    false},
    {"biobert_neighbours",       TABLE,     2, "inn",  false},
    {"biobert_duplicates",       TABLE,     1, "in",   false},
    {"biobert_duplicate_groups", TABLE,     1, "in",   false},
    {"biobert_clusters",         TABLE,     1, "inn",  false},
    {"biobert_novelty",          TABLE,     1, "i",    false},
    {"biobert_map",              TABLE,     1, "in",   false},
    {"biobert_topics",           TABLE,     1, "innn", false},
    {"biobert_screen",           TABLE,     2, "iio",  false},
    {"biobert_screen_status",    TABLE,     2, "ii",   false},
    {"s",                        TABLE,     1, "xnw",  false},
};
enum { FUNCTIONS = sizeof functions / sizeof functions[0] };

/* None is forgotten, but biobert_train(), which has a target of its own and writes files. */
static void check_list(sqlite3 *db) {
  sqlite3_str *s = sqlite3_str_new(db);
  sqlite3_str_appendall(s, "SELECT count(DISTINCT name) FROM (SELECT name FROM "
                           "pragma_function_list UNION SELECT name FROM "
                           "pragma_module_list) WHERE name LIKE 'biobert\\_%' ESCAPE "
                           "'\\' AND name NOT IN ('biobert_train'");
  for (int i = 0; i < FUNCTIONS; i++) sqlite3_str_appendf(s, ", '%q'", functions[i].name);
  sqlite3_str_appendall(s, ")");
  char *sql = sqlite3_str_finish(s);
  if (!sql || sql_number(db, sql) != 0) sql_wrong(db, "a function is not in the list");
  sqlite3_free(sql);
}

/* What the columns of each table-valued function are called, hidden ones too. */
enum { MAX_COLUMNS = 24 };
static char *column_names[FUNCTIONS][MAX_COLUMNS];

static void read_columns(sqlite3 *db, int i) {
  sqlite3_stmt *s = NULL;
  char *sql =
      sqlite3_mprintf("SELECT name FROM pragma_table_xinfo(%Q)", functions[i].name);
  if (!sql || sqlite3_prepare_v2(db, sql, -1, &s, NULL) != SQLITE_OK)
    sql_wrong(db, "no columns");
  for (int c = 0; c < MAX_COLUMNS && sqlite3_step(s) == SQLITE_ROW; c++)
    column_names[i][c] = sqlite3_mprintf("%s", sqlite3_column_text(s, 0));
  sqlite3_finalize(s);
  sqlite3_free(sql);
}

static const char *next_column(reader *r, const function *f) {
  char **names = column_names[f - functions];
  size_t count = 0;
  while (count < MAX_COLUMNS && names[count]) count++;
  return count ? names[next_below(r, count)] : "rowid";
}

/* Arguments --------------------------------------------------------------------------- */

/* Texts that mean something to one function or another, by the kind of argument. */
typedef struct pool {
  char kind;
  const char *texts[24]; /* up to the first NULL */
} pool;

static const pool pools[] = {
    {'t',
     {"gene", "", "Does aspirin prevent a second stroke? Yes. No!",
      "Insulin lowers [MASK] and [MASK].", "[CLS] [SEP] [PAD] [UNK]",
      "<p>a &lt; b &#x10FFFF; &#0;<![CDATA[x]]> <math><mi>y</mi></math></p>", "ATGCATGC",
      "MKUVZOB", "\xc3\xa9\xcc\x81\xe2\x80\x8b\xf0\x9f\xa7\xac", "\xff\xfe\xed\xa0\x80",
      "t : \"cell risk\" NEAR(a b, 2) ge*",
      "genegenegenegenegenegenegenegenegenegenegenegenegenegenegenegenegenegenegenegene"
      "geneasogwmvqpzxhfbnrtlkjdycusoga "}                                           },
    {'i', {"s", "main.s", "l", "p", "v", "nobody", "s_config", "\"s\"", "temp.s", ""}},
    {'m', {"default", "labels", "entities", "answers", "words", "nobody"}            },
    {'d', {"cosine", "l2", "dot", "COSINE", "hamming"}                               },
    {'k', {"threads", "memory_limit", "nobody"}                                      },
    {'w', {"semantic", "lexical", "hybrid"}                                          },
    {'p',
     {MODELS "st_cls", MODELS "form_gguf_q4_0", MODELS "qa/config.json", MODELS, ""} },
    {'j',
     {"[1, 2, 3]", "[0.5, -1e38, 3.4e38, 1e-45, 0, 7, 8, 9]",
      "[101, 5, 102, 4294967296, -1]", "[]", "[[1]]", "[1e39]", "[0.1", "{}"}        },
    {'o',
     {"{\"C\": 1e300, \"balance\": true}", "{\"C\": 1e-300, \"features\": \"words\"}",
      "{\"features\": \"vectors\", \"seed\": 9223372036854775807}",
      "{\"features\": \"both\", \"order\": \"random\", \"every\": 2}",
      "{\"query\": \"gene\", \"order\": \"uncertain\"}",
      "{\"query\": \"\", \"every\": 9223372036854775807}",
      "{\"lowercase\": false, \"min_count\": 0}",
      "{\"pooling\": \"cls\", \"normalize\": true, \"max_tokens\": 3}",
      "{\"dimension\": 8, \"precision\": \"int8\", \"query_model\": \"words\"}",
      "{\"pooling\": 1, \"pooling\": null, \"x\": [[[[[[]]]]]]}", "{}", "{"}         },
};
enum { POOLS = sizeof pools / sizeof pools[0] };

static const pool *pool_of(char kind) {
  const pool *p = pools;
  while (p->kind != kind) p++;
  return p;
}

static const char *next_of(reader *r, const pool *p) {
  size_t count = 0;
  while (count < sizeof p->texts / sizeof p->texts[0] && p->texts[count]) count++;
  return p->texts[next_below(r, count)];
}

static const sqlite3_int64 integers[] = {
    0,           1,          -1,         2,         3,        5,     7,
    10,          31,         32,         33,        64,       100,   511,
    512,         4096,       65535,      65536,     1000000,  -1000, 2147483647,
    -2147483648, 4294967295, 4294967296, INT64_MAX, INT64_MIN};
enum { INTEGERS = sizeof integers / sizeof integers[0] };

/* 9e999 is an infinity; SQLite has no NaN. */
static const char *const reals[] = {"0.0",    "0.5",   "0.95",    "1.0",    "-0.25",
                                    "1e-300", "1e300", "9e999",   "-9e999", "2.5",
                                    "1e19",   "-1e19", "0.99999", "-0.0"};
enum { REALS = sizeof reals / sizeof reals[0] };

static const char *const columns[] = {"title", "abstract", "year", "doi", "e", "id"};
enum { COLUMNS = sizeof columns / sizeof columns[0], FIRST_POOL = 128 };

/* As CAST(x'..' AS TEXT), which any bytes can be in. */
static void put_bytes(sqlite3_str *s, const char *text) {
  for (; *text; text++) sqlite3_str_appendf(s, "%02X", (uint8_t)*text);
}

static void put_known_text(sqlite3_str *s, reader *r, char kind) {
  sqlite3_str_appendall(s, "CAST(x'");
  put_bytes(s, next_of(r, pool_of(kind)));
  sqlite3_str_appendall(s, "' AS TEXT)");
}

/* Bytes of the input between known texts. */
static void put_text(sqlite3_str *s, reader *r) {
  const size_t pieces = 1 + next_below(r, 6);
  sqlite3_str_appendall(s, "CAST(x'");
  for (size_t i = 0; i < pieces; i++) {
    const uint8_t byte = next_byte(r);
    if (byte < FIRST_POOL)
      sqlite3_str_appendf(s, "%02X", byte);
    else
      put_bytes(s, next_of(r, &pools[byte % POOLS]));
  }
  sqlite3_str_appendall(s, "' AS TEXT)");
}

/* Of the dimension of the models, or another; one value may be no number. */
static void put_vector(sqlite3_str *s, reader *r) {
  static const uint32_t values[] = {0,          0x3F800000, 0xBF800000, 0x3DCCCCCD,
                                    0xC2C80000, 0x7F7FFFFF, 0x00000001, 0x80000000,
                                    0x7F800000, 0x7FC00000};
  enum { VALUES = sizeof values / sizeof values[0], FINITE = 8, DIMENSION = 32 };
  const uint8_t how = next_byte(r), strange = next_byte(r);
  const int count = how % 8 ? DIMENSION : how / 8;
  sqlite3_str_appendall(s, "x'");
  for (int i = 0; i < count; i++) {
    uint32_t value = values[next_below(r, FINITE)];
    if (strange % 8 == 0 && i == strange / 8) value = values[strange % VALUES];
    for (int byte = 0; byte < 4; byte++)
      sqlite3_str_appendf(s, "%02X", value >> 8 * byte & 0xFF);
  }
  sqlite3_str_appendall(s, how == 255 ? "00'" : "'");
}

static void put_blob(sqlite3_str *s, reader *r) {
  const size_t bytes = next_below(r, 64);
  sqlite3_str_appendall(s, "x'");
  for (size_t i = 0; i < bytes; i++) sqlite3_str_appendf(s, "%02X", next_byte(r));
  sqlite3_str_appendall(s, "'");
}

static void put_number(sqlite3_str *s, reader *r) {
  const uint8_t how = next_byte(r);
  if (how % 8 == 0)
    sqlite3_str_appendall(s, reals[how / 8 % REALS]);
  else if (how % 8 == 1)
    sqlite3_str_appendf(s, "%lld", integers[how / 8 % INTEGERS]);
  else
    sqlite3_str_appendf(s, "%d", how / 8);
}

/* What biobert_fit() makes, sometimes damaged. */
static void put_classifier(sqlite3_str *s, reader *r) {
  static const char *const fits[] = {"title, id % 3", "e, year",
                                     "abstract, iif(id % 2, 'a', 'b')",
                                     "title || abstract, year, '{\"balance\": true}'"};
  static const char *const damages[] = {"%s", "%s", "substr(%s, 1, 40)",
                                        "CAST(%s || x'00' AS BLOB)"};
  const uint8_t how = next_byte(r);
  char *fit = sqlite3_mprintf("(SELECT biobert_fit(%s) FROM p)", fits[how % 4]);
  if (!fit) abort();
  sqlite3_str_appendf(s, damages[how / 4 % 4], fit);
  sqlite3_free(fit);
}

enum { MAX_DEPTH = 3 };
static void put_arguments(sqlite3_str *s, reader *r, const function *f, bool row,
                          int depth);

/* What another function returns. */
static void put_call(sqlite3_str *s, reader *r, bool row, int depth) {
  const function *f = &functions[next_below(r, FUNCTIONS)];
  if (f->form != SCALAR || depth == MAX_DEPTH) {
    put_classifier(s, r);
    return;
  }
  sqlite3_str_appendf(s, "%s(", f->name);
  put_arguments(s, r, f, row, depth + 1);
  sqlite3_str_appendall(s, ")");
}

static void put_any(sqlite3_str *s, reader *r, bool row, int depth) {
  switch (next_byte(r) % 8) {
  case 0:
    sqlite3_str_appendall(s, "NULL");
    break;
  case 1:
    put_number(s, r);
    break;
  case 2:
    put_vector(s, r);
    break;
  case 3:
    put_blob(s, r);
    break;
  case 4:
    sqlite3_str_appendall(s, row ? columns[next_below(r, COLUMNS)] : "0.5");
    break;
  case 5:
    put_call(s, r, row, depth);
    break;
  default:
    put_text(s, r);
  }
}

/* Mostly of the kind that is expected: v a vector, x a vector or a text, n a number, c a
 * classifier, l a label, else a text of a pool. */
static void put_argument(sqlite3_str *s, reader *r, char kind, bool row, int depth) {
  const uint8_t how = next_byte(r);
  if (how % 8 == 0) {
    put_any(s, r, row, depth);
    return;
  }
  if (kind == 'x') kind = how & 64 ? 'v' : 't';
  if (kind == 'l') kind = how & 64 ? 'n' : 't';
  if (row && kind == 't' && how & 128)
    sqlite3_str_appendall(s, columns[how / 8 % 2]);
  else if (kind == 'v' && row && how & 128)
    sqlite3_str_appendall(s, "e");
  else if (kind == 'v')
    put_vector(s, r);
  else if (kind == 'n')
    put_number(s, r);
  else if (kind == 'c')
    put_classifier(s, r);
  else
    put_known_text(s, r, kind);
}

static void put_arguments(sqlite3_str *s, reader *r, const function *f, bool row,
                          int depth) {
  const size_t most = strlen(f->kinds), min = (size_t)f->min;
  const size_t count = min + next_below(r, most - min + 1);
  for (size_t i = 0; i < count; i++) {
    if (i) sqlite3_str_appendall(s, ", ");
    put_argument(s, r, f->kinds[i], row, depth);
  }
}

/* Statements -------------------------------------------------------------------------- */

static void put_scalar(sqlite3_str *s, reader *r, const function *f) {
  const bool row = next_byte(r) % 3 == 0;
  sqlite3_str_appendf(s, "SELECT %s(", f->name);
  put_arguments(s, r, f, row, 0);
  sqlite3_str_appendall(s, row ? ") FROM p LIMIT 9" : ")");
}

static void put_aggregate(sqlite3_str *s, reader *r, const function *f) {
  static const char *const ends[] = {
      ") FROM p", ") FROM p GROUP BY year", ") FROM p WHERE id > 99",
      ") OVER (ORDER BY id ROWS BETWEEN 2 PRECEDING AND 1 FOLLOWING) FROM p",
      ") FILTER (WHERE id % 2) FROM p"};
  sqlite3_str_appendf(s, "SELECT %s(", f->name);
  put_arguments(s, r, f, true, 0);
  sqlite3_str_appendall(s, ends[next_below(r, 5)]);
}

/* By arguments; over the rows of p; with a condition on one of its columns. */
static void put_table(sqlite3_str *s, reader *r, const function *f) {
  static const char *const conditions[] = {
      " = ", " > ", " <= ", " IN (1, 2, ", " IS NOT ", " MATCH "};
  const uint8_t how = next_byte(r);
  const bool row = how % 4 == 3, without = !f->kinds[0];
  sqlite3_str_appendf(s, "SELECT f.* FROM %s%s%s", row ? "p, " : "", f->name,
                      without ? "" : "(");
  put_arguments(s, r, f, row, 0);
  sqlite3_str_appendf(s, "%s f", without ? "" : ")");
  if (how % 4 == 2) {
    const size_t which = how / 4 % 6;
    sqlite3_str_appendf(s, " WHERE f.\"%w\"%s", next_column(r, f), conditions[which]);
    put_any(s, r, false, MAX_DEPTH);
    if (which == 3) sqlite3_str_appendall(s, ")");
    if (how & 64) sqlite3_str_appendf(s, " ORDER BY f.\"%w\"", next_column(r, f));
  }
  sqlite3_str_appendall(s, " LIMIT 400");
}

static char *next_statement(reader *r, const function **called) {
  const function *f = &functions[next_below(r, FUNCTIONS)];
  sqlite3_str *s = sqlite3_str_new(NULL);
  if (f->form == SCALAR)
    put_scalar(s, r, f);
  else if (f->form == AGGREGATE)
    put_aggregate(s, r, f);
  else
    put_table(s, r, f);
  *called = f;
  char *sql = sqlite3_str_finish(s);
  if (!sql) abort();
  return sql;
}

/* A hash of the values of a row, on top of that of the rows before (FNV-1a). */
static uint64_t hash_row(sqlite3_stmt *s, uint64_t hash) {
  enum { MULTIPLIER = 0x1B3 };
  for (int i = 0; i < sqlite3_column_count(s); i++) {
    const uint8_t *bytes = sqlite3_column_blob(s, i);
    const int count = sqlite3_column_bytes(s, i);
    hash = (hash ^ (uint64_t)sqlite3_column_type(s, i)) * (1099511627776u + MULTIPLIER);
    for (int at = 0; at < count; at++)
      hash = (hash ^ bytes[at]) * (1099511627776u + MULTIPLIER);
  }
  return hash;
}

/* Of all rows and the code. */
static uint64_t answer_of(sqlite3 *db, const char *sql) {
  sqlite3_stmt *s = NULL;
  uint64_t hash = 14695981039346656037u;
  sql_begin(sql);
  int rc = sqlite3_prepare_v2(db, sql, -1, &s, NULL);
  sql_check_code(db, rc);
  if (!s) return hash + (uint64_t)rc;
  for (int rows = 0; (rc = sqlite3_step(s)) == SQLITE_ROW; rows++) {
    if (rows == SQL_MAX_ROWS) sql_wrong(db, "rows without end");
    sql_check_row(s);
    hash = hash_row(s, hash);
  }
  if (rc != SQLITE_DONE) sql_check_code(db, rc);
  sqlite3_finalize(s);
  return hash + (uint64_t)rc;
}

static bool may_differ(const char *sql) {
  for (int i = 0; i < FUNCTIONS; i++)
    if (functions[i].changes && strstr(sql, functions[i].name)) return true;
  return false;
}

static void run_call(reader *r, sqlite3 *db) {
  const function *f;
  char *sql = next_statement(r, &f);
  const uint64_t first = answer_of(db, sql);
  if (!may_differ(sql) && answer_of(db, sql) != first)
    sql_wrong(db, "another answer than before");
  sqlite3_free(sql);
}

/* A program --------------------------------------------------------------------------- */

enum { MAX_CALLS = 16 };

static sqlite3 *template_database(void) {
  static sqlite3 *made;
  if (made) return made;
  made = sql_open(":memory:", true);
  check_list(made);
  if (sqlite3_exec(made, models, NULL, NULL, NULL) != SQLITE_OK) sql_wrong(made, models);
  if (sqlite3_exec(made, base, NULL, NULL, NULL) != SQLITE_OK) sql_wrong(made, base);
  for (int i = 0; i < FUNCTIONS; i++)
    if (functions[i].form == TABLE) read_columns(made, i);
  return made;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (!sql_api) sql_set_up();
  sql_opens_models = true;
  reader r = {data, data + size};
  sqlite3 *from = template_database(), *db = sql_open(":memory:", true);
  sql_copy(from, db);
  if (sqlite3_exec(db, models, NULL, NULL, NULL) != SQLITE_OK) sql_wrong(db, models);
  for (int i = 0; i < MAX_CALLS && r.at < r.end; i++) run_call(&r, db);
  if (sql_run(db, "INSERT INTO s(s) VALUES('integrity-check')"))
    sql_wrong(db, "the index is damaged");
  sql_close(db);
  return 0;
}
