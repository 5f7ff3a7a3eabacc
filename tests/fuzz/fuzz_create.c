/* Fuzz target of ext/vtab_config.c: the arguments of CREATE VIRTUAL TABLE, and the same
 * as another program may have written them into a schema. What is accepted works: rows go
 * in and are found, another connection reads the same from the schema, the table takes
 * another name and goes without a trace. What is refused has a reason, and leaves
 * nothing. */
#include "fuzz_sql.h"

static const char base[] =
    "CREATE TABLE p(id INTEGER PRIMARY KEY, title TEXT, abstract TEXT COLLATE NOCASE, "
    "year INT, \"a\"\"b\", e BLOB);"
    "INSERT INTO p VALUES(1, 'gene a', 'heart', 2001, 1, zeroblob(128)), "
    "(2, 'cell', NULL, 1999, 'x', NULL);"
    "CREATE VIEW v AS SELECT id, title, abstract, year FROM p;"
    "CREATE TABLE w(id INTEGER, title, PRIMARY KEY(id)) WITHOUT ROWID;"
    "INSERT INTO w VALUES(7, 'risk');"
    "CREATE TABLE q(id INTEGER PRIMARY KEY);"
    "CREATE TABLE t_docs(mine)";

/* Where and as what the table is made. t: there is a table t_docs already. */
static const char *const schemas[] = {"main", "temp", "a \"b"};
static const char *const names[] = {"s", "x'y\"z", "select", "\xc3\xbc", "a.b",
                                    " ", "t",      "p",      "[x]"};
enum { SCHEMAS = 3, NAMES = sizeof names / sizeof names[0] };

/* What an input has more of than random bytes would: byte 128 is the first. */
static const char *const fragments[] = {
    ", ",
    "title",
    "abstract",
    "year UNINDEXED",
    "\"a\"\"b\"",
    " TEXT",
    " VARCHAR(20)",
    " INTEGER",
    " unindexed",
    "content='p'",
    "content=\"main.p\"",
    "CONTENT = 'v'",
    "content='main.\"p\"'",
    "content=w",
    "content='nobody.t'",
    "content='pragma_table_list'",
    "content=''",
    "content_rowid='id'",
    "content_rowid=year",
    "content_rowid='nobody'",
    "search='semantic'",
    "Search=lexical",
    "search='x'",
    "store='int8'",
    "store=f32",
    "distance='dot'",
    "distance=l2",
    "join='pair'",
    "join='. '",
    "join='[SEP]'",
    "join=''",
    "passage_tokens=2",
    "passage_overlap=99",
    "passage_tokens=18446744073709551617",
    "passage_overlap=-1",
    "vectors='e'",
    "vectors=title",
    "dimension=32",
    "dimension=0",
    "dimension=65536",
    "tokenize='unicode61'",
    "tokenize='trigram'",
    "tokenize='porter unicode61 tokenchars ''-'''",
    "tokenize='nobody'",
    "tokenize='unicode61 remove_diacritics 9'",
    "queue='q'",
    "queue='nobody'",
    "queue=\"main.q\"",
    "model='nobody'",
    "model='default'",
    "rowid",
    "rank",
    "k",
    "vector",
    "select",
    "0x10",
    "1e3",
    "--",
    "/* */",
    "''",
    "\"\"",
    "[a b]",
    "`c`",
    "\xc3\xbc",
    "\xff",
    "\n",
    "((a, b))",
    "')",
    "=",
    "%s%d%n",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    "aaa",
    "c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16, c17, c18, "
    "c19, c20",
};
enum { FRAGMENTS = sizeof fragments / sizeof fragments[0], FIRST_FRAGMENT = 128 };

/* Options in front of the random ones: then it is known what was asked. */
static const char *const stores[] = {NULL, "f32", "f16", "int8"};
static const char *const searches[] = {NULL, "hybrid", "semantic", "lexical"};

typedef struct request {
  const char *schema, *name, *store, *search;
  bool in_schema; /* as the text in the sqlite_schema of a file */
  char *arguments;
} request;

/* After byte 1 the next is taken as it is; no NUL can be in SQL. */
static char *next_arguments(reader *r, const request *q) {
  sqlite3_str *s = sqlite3_str_new(NULL);
  sqlite3_str_appendall(s, "title");
  if (q->store) sqlite3_str_appendf(s, ", store='%s'", q->store);
  if (q->search) sqlite3_str_appendf(s, ", search=%s", q->search);
  while (r->at < r->end) {
    uint8_t byte = next_byte(r);
    if (byte == 1)
      byte = next_byte(r) | 128;
    else if (byte >= FIRST_FRAGMENT) {
      sqlite3_str_appendall(s, fragments[(byte - FIRST_FRAGMENT) % FRAGMENTS]);
      continue;
    }
    if (byte) sqlite3_str_appendchar(s, 1, (char)byte);
  }
  char *text = sqlite3_str_finish(s);
  if (!text) abort();
  return text;
}

static request next_request(reader *r) {
  request q = {0};
  uint8_t where = next_byte(r), what = next_byte(r);
  q.in_schema = where & 1;
  q.schema = q.in_schema ? "main" : schemas[where / 2 % SCHEMAS];
  q.name = names[where / 8 % NAMES];
  q.store = stores[what % 4];
  q.search = searches[what / 4 % 4];
  q.arguments = next_arguments(r, &q);
  return q;
}

/* Statements about the table --------------------------------------------------------- */

/* %w in the format: schema, then name. */
static int about(sqlite3 *db, const char *format, const request *q) {
  char *sql = sqlite3_mprintf(format, q->schema, q->name, q->name);
  if (!sql) abort();
  int rc = sql_run(db, sql);
  sqlite3_free(sql);
  return rc;
}

/* The text in the first row; NULL: none. The caller frees it. */
static char *ask(sqlite3 *db, char *sql) {
  sqlite3_stmt *s = NULL;
  char *text = NULL;
  if (!sql) abort();
  sql_begin(sql);
  sql_check_code(db, sqlite3_prepare_v2(db, sql, -1, &s, NULL));
  if (s && sqlite3_step(s) == SQLITE_ROW && sqlite3_column_text(s, 0))
    text = sqlite3_mprintf("%s", sqlite3_column_text(s, 0));
  sqlite3_finalize(s);
  sqlite3_free(sql);
  return text;
}

/* What SQLite and the index say that the table is. */
static char *describe(sqlite3 *db, const request *q) {
  char *status = ask(db, sqlite3_mprintf("SELECT store || ' ' || model || ' ' || "
                                         "format_version FROM biobert_status('%q.%q')",
                                         q->schema, q->name));
  char *columns = ask(db, sqlite3_mprintf("SELECT group_concat(name || ' ' || type || "
                                          "hidden) FROM pragma_table_xinfo(%Q, %Q)",
                                          q->name, q->schema));
  char *both = sqlite3_mprintf("%z; %z", status, columns);
  if (!both) abort();
  return both;
}

static void expect(sqlite3 *db, const request *q, char *actual, const char *expected) {
  if (!actual || strcmp(actual, expected) != 0) {
    fprintf(stderr, "%s: '%s', not '%s'\n", q->arguments, actual ? actual : "", expected);
    sql_wrong(db, "it is not what was asked");
  }
  sqlite3_free(actual);
}

static void check_recorded(sqlite3 *db, const request *q) {
  const char *semantic = q->search && strcmp(q->search, "semantic") == 0 ? "0" : "1";
  expect(db, q,
         ask(db, sqlite3_mprintf("SELECT v FROM \"%w\".\"%w_config\" WHERE k = "
                                 "'format_version'",
                                 q->schema, q->name)),
         "1");
  if (q->search)
    expect(db, q,
           ask(db, sqlite3_mprintf("SELECT v FROM \"%w\".\"%w_config\" WHERE k = 'fts'",
                                   q->schema, q->name)),
           semantic);
  char *store = ask(db, sqlite3_mprintf("SELECT store FROM biobert_status('%q.%q')",
                                        q->schema, q->name));
  if (store && q->store)
    expect(db, q, store, q->store);
  else
    sqlite3_free(store);
}

/* Rows of its own, or of the content. */
static void use(sqlite3 *db, const request *q) {
  int in =
      about(db, "INSERT INTO \"%w\".\"%w\"(rowid, title) VALUES(5, 'gene therapy')", q);
  int synced = about(db, "INSERT INTO \"%w\".\"%w\"(\"%w\") VALUES('sync')", q);
  about(db, "SELECT rowid, rank, passage FROM \"%w\".\"%w\" WHERE \"%w\" MATCH 'gene'",
        q);
  about(db, "SELECT *, rowid, vector FROM \"%w\".\"%w\"", q);
  about(db, "UPDATE \"%w\".\"%w\" SET title = 'heart' WHERE rowid = 5", q);
  about(db, "INSERT INTO \"%w\".\"%w\"(\"%w\") VALUES('optimize')", q);
  int checked =
      about(db, "INSERT INTO \"%w\".\"%w\"(\"%w\") VALUES('integrity-check')", q);
  if (!q->in_schema && in == SQLITE_OK && synced == SQLITE_OK && checked != SQLITE_OK)
    sql_wrong(db, "a new index is damaged");
  about(db, "DELETE FROM \"%w\".\"%w\" WHERE rowid = 5", q);
}

/* Another name and back, and away. */
static void end(sqlite3 *db, request *q) {
  static const char strange[] = "n\"'e w;\xc3\xa9";
  if (about(db, "ALTER TABLE \"%w\".\"%w\" RENAME TO \"n\"\"'e w;\xc3\xa9\"", q) !=
      SQLITE_OK) {
    if (!q->in_schema) sql_wrong(db, "it takes no other name");
  } else {
    q->name = strange;
  }
  if (about(db, "DROP TABLE \"%w\".\"%w\"", q) != SQLITE_OK && !q->in_schema)
    sql_wrong(db, "it cannot be dropped");
}

/* Two ways to a table ---------------------------------------------------------------- */

static const char uri[] = "file:/create?vfs=memdb";

/* A schema that cannot be read at all keeps SQLite from attaching: that is no concern of
 * ours. */
static sqlite3 *connect(void) {
  sqlite3 *db = sql_open(uri, true);
  sqlite3_exec(db, "ATTACH ':memory:' AS \"a \"\"b\"", NULL, NULL, NULL);
  return db;
}

static sqlite3_int64 tables(sqlite3 *db) {
  return sql_number(db, "SELECT (SELECT count(*) FROM main.sqlite_schema) + (SELECT "
                        "count(*) FROM temp.sqlite_schema) + (SELECT count(*) FROM "
                        "\"a \"\"b\".sqlite_schema)");
}

/* Another connection makes the same of the text in the schema. */
static void compare(sqlite3 *db, const request *q) {
  if (strcmp(q->schema, "main") != 0) return;
  sqlite3 *other = connect();
  char *here = describe(db, q);
  expect(other, q, describe(other, q), here);
  sqlite3_free(here);
  sql_close(other);
}

static void create(sqlite3 *db, request *q) {
  sqlite3_int64 before = tables(db);
  char *sql = sqlite3_mprintf("CREATE VIRTUAL TABLE \"%w\".\"%w\" USING biobert(%s)",
                              q->schema, q->name, q->arguments);
  int rc = sql ? sql_run(db, sql) : SQLITE_NOMEM;
  sqlite3_free(sql);
  if (rc == SQLITE_OK && tables(db) > before) {
    check_recorded(db, q);
    compare(db, q);
    use(db, q);
    end(db, q);
  }
  if (tables(db) != before) sql_wrong(db, "something is left in the schema");
}

/* The shadow tables are those of an index with two columns. */
static void change_schema(sqlite3 *db, const request *q) {
  char *sql = sqlite3_mprintf(
      "CREATE VIRTUAL TABLE \"%w\" USING biobert(title, abstract); INSERT INTO "
      "\"%w\"(title, abstract) VALUES('gene', 'cell'), (NULL, 'heart'); PRAGMA "
      "writable_schema = ON; UPDATE sqlite_schema SET sql = 'CREATE VIRTUAL TABLE \"%q\" "
      "USING biobert(%q)' WHERE name = %Q; PRAGMA writable_schema = OFF",
      q->name, q->name, q->name, q->arguments, q->name);
  if (!sql) abort();
  sqlite3_exec(db, sql, NULL, NULL, NULL);
  sqlite3_free(sql);
}

static sqlite3 *base_database(void) {
  static sqlite3 *made;
  if (made) return made;
  made = sql_open(":memory:", true);
  sqlite3_exec(made, "SELECT biobert_config('threads', 1), biobert_embed('a')", NULL,
               NULL, NULL);
  if (sqlite3_exec(made, base, NULL, NULL, NULL) != SQLITE_OK) sql_wrong(made, base);
  return made;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (!sql_api) sql_set_up();
  reader r = {data, data + size};
  request q = next_request(&r);
  sqlite3 *keeper = sql_open(uri, false), *db = NULL;
  sql_copy(base_database(), keeper);
  if (q.in_schema) {
    db = connect();
    change_schema(db, &q);
    sql_close(db);
  }
  db = connect();
  if (q.in_schema) {
    use(db, &q);
    end(db, &q);
  } else {
    create(db, &q);
  }
  sql_close(db);
  sqlite3_close(keeper);
  sqlite3_free(q.arguments);
  return 0;
}
