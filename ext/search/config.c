/* config.c - the arguments of CREATE VIRTUAL TABLE ... USING biobert(...).
 *
 * A column is FTS5's: a name, perhaps a type, perhaps UNINDEXED; anything with '=' behind
 * a bare word is an option. The table below has every option: name, parser, and the help
 * that an error prints. */
#include "search/vtab.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const char *const hidden_names[HIDDEN_COUNT] = {
    [HIDDEN_NAME] = NULL, /* the table's own */
    [HIDDEN_K] = "k",
    [HIDDEN_MODE] = "mode",
    [HIDDEN_WORDS] = "words",
    [HIDDEN_FEEDBACK] = "feedback",
    [HIDDEN_RANK] = "rank",
    [HIDDEN_DISTANCE] = "distance",
    [HIDDEN_BM25] = "bm25",
    [HIDDEN_PASSAGE] = "passage",
    [HIDDEN_PASSAGE_START] = "passage_start",
    [HIDDEN_PASSAGE_END] = "passage_end",
    [HIDDEN_DOCUMENT] = "document",
    [HIDDEN_VECTOR] = "vector",
};

static int fail(char **message, const char *format, ...) {
  va_list args;
  va_start(args, format);
  sqlite3_free(*message);
  *message = sqlite3_vmprintf(format, args);
  va_end(args);
  return *message ? SQLITE_ERROR : SQLITE_NOMEM;
}

/* Words ------------------------------------------------------------------------------ */

static const char *skip_space(const char *p) {
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

/* One word or one quoted string ('..', "..", [..], `..`, quotes inside doubled). *out is
 * sqlite3_malloc'ed; NULL: there is none here. Returns what follows; NULL without memory.
 */
static const char *read_token(const char *p, char **out, bool *quoted) {
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

/* Options ---------------------------------------------------------------------------- */

typedef struct option option;
struct option {
  const char *key, *takes;
  int (*parse)(const option *o, const char *value, index_config *config);
  size_t field;
};

/* A parser returns 1 for "not a value that this option takes", or an SQLite code. */
enum { BAD_VALUE = 1 };

static int parse_text(const option *o, const char *value, index_config *config) {
  char **at = (char **)((char *)config + o->field);
  if (!*value) return BAD_VALUE;
  sqlite3_free(*at);
  *at = sqlite3_mprintf("%s", value);
  return *at ? SQLITE_OK : SQLITE_NOMEM;
}

static int parse_name(const option *o, const char *value, index_config *config,
                      const char *const *names, int count) {
  for (int i = 0; i < count; i++) {
    if (sqlite3_stricmp(value, names[i]) != 0) continue;
    memcpy((char *)config + o->field, &i, sizeof i);
    return SQLITE_OK;
  }
  return BAD_VALUE;
}

static int parse_search(const option *o, const char *value, index_config *config) {
  return parse_name(o, value, config, biobert_search_mode_names,
                    BIOBERT_SEARCH_MODE_COUNT);
}

static int parse_distance(const option *o, const char *value, index_config *config) {
  config->has_metric = true;
  return parse_name(o, value, config, biobert_metric_names, BIOBERT_METRIC_COUNT);
}

static int parse_store(const option *o, const char *value, index_config *config) {
  return parse_name(o, value, config, biobert_store_names, BIOBERT_STORE_COUNT);
}

static int parse_number(const option *o, const char *value, index_config *config) {
  enum { MOST = BIOBERT_MAX_DIMENSION };
  char *end;
  long number = strtol(value, &end, 10);
  if (end == value || *end || number < 0 || number > MOST) return BAD_VALUE;
  sqlite3_int64 wide = number;
  memcpy((char *)config + o->field, &wide, sizeof wide);
  return SQLITE_OK;
}

/* From 1: 0 stands for "not given". Checked when the table is created, by check_counts().
 */
static int parse_count(const option *o, const char *value, index_config *config) {
  return parse_number(o, value, config);
}

static int parse_join(const option *o, const char *value, index_config *config) {
  enum { MOST_BYTES = 32 };
  (void)o;
  sqlite3_free(config->join);
  config->join = NULL;
  if (strcmp(value, "pair") == 0) return SQLITE_OK;
  if (strlen(value) > MOST_BYTES) return BAD_VALUE;
  config->join = sqlite3_mprintf("%s", value);
  return config->join ? SQLITE_OK : SQLITE_NOMEM;
}

/* One part of a name: quoted, or up to the next dot. *rest: what follows it, as of
 * read_token(). */
static char *read_name(const char *p, const char **rest) {
  char *name;
  bool quoted;
  if (*p == '"' || *p == '[' || *p == '`') {
    *rest = read_token(p, &name, &quoted);
    return name;
  }
  *rest = copy_token(p, p + strcspn(p, "."), &name);
  return name;
}

/* table, schema.table, or "schema"."table". *schema is NULL where none is named. */
static int read_table(const char *value, char **schema, char **table) {
  const char *rest;
  char *first = read_name(value, &rest), *second = NULL;
  bool two = first && *rest == '.';
  if (two) second = read_name(rest + 1, &rest);
  const char *last = two ? second : first;
  if (!last || !*last || !*first || *rest) {
    sqlite3_free(first);
    sqlite3_free(second);
    return rest ? BAD_VALUE : SQLITE_NOMEM;
  }
  *table = two ? second : first;
  *schema = two ? first : NULL;
  return SQLITE_OK;
}

static int parse_content(const option *o, const char *value, index_config *config) {
  (void)o;
  return read_table(value, &config->content_schema, &config->content);
}

static int parse_queue(const option *o, const char *value, index_config *config) {
  (void)o;
  return read_table(value, &config->queue_schema, &config->queue);
}

#define AT(member) offsetof(index_config, member)
/* clang-format off */
static const option options[] = {
    {"content",         "'table', 'view' or 'schema.table'", parse_content,  0                  },
    {"content_rowid",   "a column of whole numbers",         parse_text,     AT(content_rowid)  },
    {"model",           "a model's name",                    parse_text,     AT(model)          },
    {"join",            "' ', '. ', '[SEP]' or pair",        parse_join,     0                  },
    {"search",          "hybrid, semantic or lexical",       parse_search,   AT(search)         },
    {"distance",        "cosine, l2 or dot",                 parse_distance, AT(metric)         },
    {"store",           "f32, f16 or int8",                  parse_store,    AT(store)          },
    {"passage_tokens",  "a number from 1 to 65536",          parse_count,    AT(passage_tokens) },
    {"passage_overlap", "a number from 0 to 65536",          parse_number,   AT(passage_overlap)},
    {"vectors",         "a column of the content",           parse_text,     AT(vectors)        },
    {"dimension",       "a number from 1 to 65536",          parse_count,    AT(dimension)      },
    {"tokenize",        "an FTS5 tokenizer",                 parse_text,     AT(tokenize)       },
    {"queue",           "'table' or 'schema.table'",         parse_queue,    0                  },
};
/* clang-format on */
#undef AT
enum { OPTION_COUNT = sizeof options / sizeof options[0] };

static int unknown_option(const char *key, char **message) {
  sqlite3_str *s = sqlite3_str_new(NULL);
  for (int i = 0; i < OPTION_COUNT; i++)
    sqlite3_str_appendf(s, "%s%s", i ? ", " : "", options[i].key);
  char *list = sqlite3_str_finish(s);
  int rc = list ? fail(message, "biobert: option '%s' is not one of: %s", key, list)
                : SQLITE_NOMEM;
  sqlite3_free(list);
  return rc;
}

/* key = value */
static int read_option(const char *key, const char *p, index_config *config,
                       char **message) {
  const option *o = NULL;
  for (int i = 0; i < OPTION_COUNT; i++)
    if (sqlite3_stricmp(key, options[i].key) == 0) o = &options[i];
  if (!o) return unknown_option(key, message);
  unsigned bit = 1u << (o - options);
  if (config->given & bit)
    return fail(message, "biobert: option %s is given twice", o->key);
  config->given |= bit;
  char *value;
  bool quoted;
  p = read_token(skip_space(p), &value, &quoted);
  if (!p) return SQLITE_NOMEM;
  p = skip_space(p);
  int rc = value && !*p ? o->parse(o, value, config) : BAD_VALUE;
  if (rc == BAD_VALUE)
    rc = fail(message, "biobert: option %s takes %s, not '%s'", key, o->takes,
              value ? value : p);
  sqlite3_free(value);
  return rc;
}

static int check_counts(const index_config *config, char **message) {
  for (int i = 0; i < OPTION_COUNT; i++) {
    const option *o = &options[i];
    sqlite3_int64 value;
    if (o->parse != parse_count || !(config->given & 1u << i)) continue;
    memcpy(&value, (const char *)config + o->field, sizeof value);
    if (!value)
      return fail(message,
                  "biobert: option %s takes %s, not '0'; leave it out for the default",
                  o->key, o->takes);
  }
  return SQLITE_OK;
}

/* Columns ---------------------------------------------------------------------------- */

static bool is_reserved(const char *name, const char *table) {
  if (sqlite3_stricmp(name, table) == 0 || sqlite3_stricmp(name, "rowid") == 0)
    return true;
  for (int i = 1; i < HIDDEN_COUNT; i++)
    if (sqlite3_stricmp(name, hidden_names[i]) == 0) return true;
  return false;
}

static int add_column(index_config *config, char *name, char *type, bool indexed,
                      const char *table, char **message) {
  int rc = SQLITE_OK;
  if (is_reserved(name, table))
    rc = fail(message, "biobert: column '%s' is reserved: name it otherwise in a view",
              name);
  for (int i = 0; i < config->column_count && rc == SQLITE_OK; i++)
    if (sqlite3_stricmp(config->columns[i].name, name) == 0)
      rc = fail(message, "biobert: column '%s' stands there twice", name);
  index_column *grown = NULL;
  if (rc == SQLITE_OK) {
    grown = sqlite3_realloc64(config->columns,
                              (size_t)(config->column_count + 1) * sizeof *grown);
    if (!grown) rc = SQLITE_NOMEM;
  }
  if (rc != SQLITE_OK) {
    sqlite3_free(name);
    sqlite3_free(type);
    return rc;
  }
  config->columns = grown;
  grown[config->column_count++] = (index_column){name, type, NULL, indexed};
  config->indexed_count += indexed;
  return SQLITE_OK;
}

/* [type words] [UNINDEXED] of a column. */
static int read_type(const char *name, const char *p, char **type, bool *indexed,
                     char **message) {
  for (p = skip_space(p); *p; p = skip_space(p)) {
    char *word;
    bool quoted;
    const char *rest = read_token(p, &word, &quoted);
    if (!rest) return SQLITE_NOMEM;
    if (!word)
      return fail(message, "biobert: column '%s': '%s' is not understood", name, p);
    if (!quoted && sqlite3_stricmp(word, "unindexed") == 0) {
      *indexed = false;
      sqlite3_free(word);
    } else {
      *type = sqlite3_mprintf("%z%s%z", *type, *type ? " " : "", word);
      if (!*type) return SQLITE_NOMEM;
    }
    p = rest;
  }
  return SQLITE_OK;
}

/* name [type words] [UNINDEXED]; takes the name. */
static int read_column(char *name, const char *p, index_config *config, const char *table,
                       char **message) {
  char *type = NULL;
  bool indexed = true;
  int rc = read_type(name, p, &type, &indexed, message);
  if (rc == SQLITE_OK) return add_column(config, name, type, indexed, table, message);
  sqlite3_free(name);
  sqlite3_free(type);
  return rc;
}

static int read_argument(const char *argument, index_config *config, const char *table,
                         char **message) {
  char *first;
  bool quoted;
  const char *p = skip_space(argument);
  const char *rest = read_token(p, &first, &quoted);
  if (!rest) return SQLITE_NOMEM;
  rest = skip_space(rest);
  if (!first) return fail(message, "biobert: '%s' is neither a column nor an option", p);
  if (*rest == '=' && !quoted) {
    int rc = read_option(first, rest + 1, config, message);
    sqlite3_free(first);
    return rc;
  }
  return read_column(first, rest, config, table, message);
}

/* The content's own types and collations --------------------------------------------- */

/* An error that is not about the content, and may be over the next time. (SQLITE_LOCKED
 * is also what a content says that is made from the index.) */
static bool passes(int code) {
  static const int codes[] = {SQLITE_NOMEM, SQLITE_INTERRUPT, SQLITE_IOERR, SQLITE_BUSY,
                              SQLITE_PROTOCOL};
  for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
    if ((code & 0xFF) == codes[i]) return true;
  return false;
}

/* The table is still to be dropped where the program has not registered a collation of
 * the content; all else would compare otherwise than the content does. */
static int note_lack(sqlite3 *db, index_config *config) {
  static const char lack[] = "no such collation sequence";
  if (strncmp(sqlite3_errmsg(db), lack, sizeof lack - 1) != 0) return SQLITE_OK;
  if (!config->lacks) config->lacks = sqlite3_mprintf("%s", sqlite3_errmsg(db));
  return config->lacks ? SQLITE_OK : SQLITE_NOMEM;
}

/* Whether the program has a collation; *name becomes NULL where it has not. */
static int check_collation(sqlite3 *db, index_config *config, const char **name) {
  sqlite3_stmt *s = NULL;
  char *sql = sqlite3_mprintf("SELECT 'a' = 'b' COLLATE \"%w\"", *name);
  int rc = sql ? sqlite3_prepare_v2(db, sql, -1, &s, NULL) : SQLITE_NOMEM;
  sqlite3_free(sql);
  if (rc == SQLITE_ERROR) {
    *name = NULL;
    rc = note_lack(db, config);
  }
  sqlite3_finalize(s);
  return rc;
}

/* A view has no metadata to ask: how its column compares tells which of SQLite's own it
 * has. */
static int collation_of_view(sqlite3 *db, index_config *config, const char *name,
                             const char **collation) {
  sqlite3_stmt *s = NULL;
  *collation = NULL;
  char *sql = sqlite3_mprintf("SELECT x = 'A', x = 'a ' FROM (SELECT \"%w\" AS x FROM "
                              "\"%w\".\"%w\" WHERE 0 UNION ALL SELECT 'a' LIMIT 1)",
                              name, config->content_schema, config->content);
  int rc = sql ? sqlite3_prepare_v2(db, sql, -1, &s, NULL) : SQLITE_NOMEM;
  sqlite3_free(sql);
  if (rc == SQLITE_ERROR) return note_lack(db, config);
  if (rc == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW) {
    if (sqlite3_column_int(s, 0)) *collation = "NOCASE";
    if (sqlite3_column_int(s, 1)) *collation = "RTRIM";
  }
  int ended = sqlite3_finalize(s);
  if (rc == SQLITE_OK) rc = ended;
  return passes(rc) ? rc : SQLITE_OK;
}

/* *collation: borrowed, NULL where nothing tells. */
static int find_collation(sqlite3 *db, index_config *config, const char *name,
                          const char **collation) {
  *collation = NULL;
  int rc = sqlite3_table_column_metadata(db, config->content_schema, config->content,
                                         name, NULL, collation, NULL, NULL, NULL);
  if (rc != SQLITE_OK && !passes(rc))
    return collation_of_view(db, config, name, collation);
  return rc == SQLITE_OK && *collation ? check_collation(db, config, collation) : rc;
}

/* The number of a column in SELECT *, or -1. */
static int column_at(sqlite3_stmt *s, const char *name) {
  int at = -1;
  for (int i = 0; i < sqlite3_column_count(s); i++)
    if (sqlite3_stricmp(sqlite3_column_name(s, i), name) == 0) at = i;
  return at;
}

bool config_is_rowid_name(const char *name) {
  return sqlite3_stricmp(name, "rowid") == 0 || sqlite3_stricmp(name, "oid") == 0 ||
         sqlite3_stricmp(name, "_rowid_") == 0;
}

/* A view or a table WITHOUT ROWID. (Not by pragma_table_list: it opens every virtual
 * table of the schema, the one that is being made too.) */
static int has_no_rowid(sqlite3 *db, const index_config *config, bool *none) {
  int rc = sqlite3_table_column_metadata(db, config->content_schema, config->content,
                                         "rowid", NULL, NULL, NULL, NULL, NULL);
  *none = rc != SQLITE_OK && !passes(rc);
  return *none ? SQLITE_OK : rc;
}

static bool is_column(sqlite3_stmt *s, const char *name) {
  return column_at(s, name) >= 0;
}

/* The columns that options name; s: of SELECT * over the content. */
static int check_names(sqlite3 *db, const index_config *config, sqlite3_stmt *s,
                       char **message) {
  const char *missing = NULL;
  if (config->vectors && !is_column(s, config->vectors)) missing = config->vectors;
  if (!is_column(s, config->content_rowid) &&
      !config_is_rowid_name(config->content_rowid))
    missing = config->content_rowid;
  if (missing)
    return fail(message, "biobert: content %s.%s has no column '%s'",
                config->content_schema, config->content, missing);
  if (is_column(s, config->content_rowid)) return SQLITE_OK;
  bool none;
  int rc = has_no_rowid(db, config, &none);
  if (rc != SQLITE_OK || !none) return rc;
  return fail(message,
              "biobert: content %s.%s has no rowid: name its column of whole numbers "
              "with content_rowid='...'",
              config->content_schema, config->content);
}

/* Conditions on a column run in the content: a type that is declared here alone would
 * have them compare in one way there and in another here. (A text is one as it is.) */
static int check_type(const index_config *config, const index_column *column,
                      const char *type, char **message) {
  const char *declared = config_affinity(column->type);
  bool text = column->indexed && strcmp(declared, "TEXT") == 0;
  if (!*declared || text || (type && *type)) return SQLITE_OK;
  return fail(message,
              "biobert: column '%s' is declared %s, but content %s.%s gives it no type: "
              "leave %s out; CAST(%s AS %s) in a view makes its values so",
              column->name, column->type, config->content_schema, config->content,
              column->type, column->name, declared);
}

/* The type and collation of a content's column; at: its number in SELECT *. */
static int describe_column(sqlite3 *db, bool creating, index_config *config,
                           sqlite3_stmt *s, int at, index_column *column,
                           char **message) {
  const char *type = sqlite3_column_decltype(s, at), *collation;
  int rc = creating ? check_type(config, column, type, message) : SQLITE_OK;
  if (rc != SQLITE_OK) return rc;
  sqlite3_free(column->type);
  column->type = type ? sqlite3_mprintf("%s", type) : NULL;
  if (type && !column->type) return SQLITE_NOMEM;
  rc = find_collation(db, config, column->name, &collation);
  if (rc != SQLITE_OK) return rc;
  if (!collation || sqlite3_stricmp(collation, "binary") == 0) return SQLITE_OK;
  column->collation = sqlite3_mprintf("%s", collation);
  return column->collation ? SQLITE_OK : SQLITE_NOMEM;
}

/* Whether the key column turns what is stored in it into numbers. (Of a STRICT table ANY
 * does not.) */
static bool is_plain_key(const index_config *config, sqlite3_stmt *s) {
  int at = column_at(s, config->content_rowid);
  const char *type = at < 0 ? "INTEGER" : sqlite3_column_decltype(s, at);
  const char *affinity = config_affinity(type);
  return *affinity && strcmp(affinity, "TEXT") != 0 && sqlite3_stricmp(type, "ANY") != 0;
}

static int describe_content(sqlite3 *db, bool creating, index_config *config,
                            char **message) {
  const char *schema = config->content_schema;
  char *sql =
      sqlite3_mprintf("SELECT * FROM \"%w\".\"%w\" LIMIT 0", schema, config->content);
  sqlite3_stmt *statement = NULL;
  if (!sql) return SQLITE_NOMEM;
  int rc = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
  sqlite3_free(sql);
  /* A content that is not there (an ATTACH or a TEMP view still to come) must not keep
   * the table from being opened or dropped: searching it will say what is missing. */
  if (rc != SQLITE_OK) return passes(rc) ? rc : SQLITE_OK;
  if (creating) rc = check_names(db, config, statement, message);
  config->plain_key = is_plain_key(config, statement);
  for (int i = 0; i < config->column_count && rc == SQLITE_OK; i++) {
    index_column *column = &config->columns[i];
    int at = column_at(statement, column->name);
    if (at < 0 && !creating) continue; /* renamed since: reading it will say so */
    rc = at < 0 ? fail(message, "biobert: content %s.%s has no column '%s'", schema,
                       config->content, column->name)
                : describe_column(db, creating, config, statement, at, column, message);
  }
  sqlite3_finalize(statement);
  if (rc == SQLITE_OK && creating && config->lacks)
    rc = fail(message, "biobert: content %s.%s: %s", schema, config->content,
              config->lacks);
  return rc;
}

/* What SQLite would refuse with words of its own, or only when it is searched. */
static int check_size(sqlite3 *db, const index_config *config, char **message) {
  /* bm25() takes the table and a weight for each indexed column; before SQLite 3.48 a
   * function has at most 127 arguments. */
  enum { MOST_INDEXED = 126 };
  int most = sqlite3_limit(db, SQLITE_LIMIT_COLUMN, -1) - HIDDEN_COUNT;
  if (config->column_count > most)
    return fail(message,
                "biobert: %d columns: this SQLite has room for %d beside the hidden ones",
                config->column_count, most);
  most = sqlite3_limit(db, SQLITE_LIMIT_FUNCTION_ARG, -1) - 1;
  if (most > MOST_INDEXED) most = MOST_INDEXED;
  if (config->indexed_count <= most || config->search == BIOBERT_SEMANTIC)
    return SQLITE_OK;
  return fail(message,
              "biobert: %d columns are indexed, at most %d can be: mark those that are "
              "only for filtering UNINDEXED, or join some of them in a view",
              config->indexed_count, most);
}

static int check_config(sqlite3 *db, const char *schema, bool creating,
                        index_config *config, char **message) {
  if (config->indexed_count == 0 && !config->vectors)
    return fail(message, "biobert: no column to search: name at least one, such as "
                         "biobert(title, abstract, content='papers')");
  if (config->content_rowid && !config->content)
    return fail(message, "biobert: content_rowid without content");
  if (config->vectors && !config->content)
    return fail(message,
                "biobert: vectors='%s' names a column of the content: content is "
                "missing",
                config->vectors);
  if (config->indexed_count == 0) config->search = BIOBERT_SEMANTIC;
  int rc = creating ? check_size(db, config, message) : SQLITE_OK;
  if (rc == SQLITE_OK && creating) rc = check_counts(config, message);
  if (rc != SQLITE_OK) return rc;
  if (!config->model) config->model = sqlite3_mprintf("default");
  if (!config->tokenize)
    config->tokenize = sqlite3_mprintf("porter unicode61 remove_diacritics 2");
  if (!config->content_rowid) config->content_rowid = sqlite3_mprintf("rowid");
  if (!config->model || !config->tokenize || !config->content_rowid) return SQLITE_NOMEM;
  if (!config->content) return SQLITE_OK;
  if (!config->content_schema) config->content_schema = sqlite3_mprintf("%s", schema);
  if (!config->content_schema) return SQLITE_NOMEM;
  return describe_content(db, creating, config, message);
}

int config_parse(sqlite3 *db, bool creating, int argc, const char *const *argv,
                 index_config *out, char **message) {
  index_config config = {.store = BIOBERT_STORE_F16};
  config.join = sqlite3_mprintf(" ");
  int rc = config.join ? SQLITE_OK : SQLITE_NOMEM;
  for (int i = 3; i < argc && rc == SQLITE_OK; i++)
    rc = read_argument(argv[i], &config, argv[2], message);
  if (rc == SQLITE_OK) rc = check_config(db, argv[1], creating, &config, message);
  if (rc != SQLITE_OK) {
    config_free(&config);
    return rc;
  }
  *out = config;
  return SQLITE_OK;
}

void config_free(index_config *config) {
  for (int i = 0; i < config->column_count; i++) {
    sqlite3_free(config->columns[i].name);
    sqlite3_free(config->columns[i].type);
    sqlite3_free(config->columns[i].collation);
  }
  sqlite3_free(config->columns);
  sqlite3_free(config->content_schema);
  sqlite3_free(config->content);
  sqlite3_free(config->content_rowid);
  sqlite3_free(config->model);
  sqlite3_free(config->join);
  sqlite3_free(config->vectors);
  sqlite3_free(config->tokenize);
  sqlite3_free(config->queue_schema);
  sqlite3_free(config->queue);
  sqlite3_free(config->lacks);
  memset(config, 0, sizeof *config);
}

/* "Determination of column affinity" in SQLite's documentation of datatypes. */
const char *config_affinity(const char *type) {
  static const struct {
    const char *part, *affinity;
  } rules[] = {
      {"int",  "INTEGER"},
      {"char", "TEXT"   },
      {"clob", "TEXT"   },
      {"text", "TEXT"   },
      {"blob", ""       },
      {"real", "REAL"   },
      {"floa", "REAL"   },
      {"doub", "REAL"   },
  };
  if (!type || !*type) return "";
  for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
    for (const char *p = type; *p; p++)
      if (sqlite3_strnicmp(p, rules[i].part, (int)strlen(rules[i].part)) == 0)
        return rules[i].affinity;
  return "NUMERIC";
}

char *config_declaration(const index_config *config, const char *table) {
  sqlite3_str *s = sqlite3_str_new(NULL);
  sqlite3_str_appendall(s, "CREATE TABLE x(");
  for (int i = 0; i < config->column_count; i++) {
    const index_column *column = &config->columns[i];
    /* The affinity and not the type: that may be any text in somebody else's schema. */
    sqlite3_str_appendf(s, "\"%w\" %s", column->name, config_affinity(column->type));
    if (column->collation) sqlite3_str_appendf(s, " COLLATE \"%w\"", column->collation);
    sqlite3_str_appendall(s, ", ");
  }
  sqlite3_str_appendf(s, "\"%w\" HIDDEN", table);
  for (int i = 1; i < HIDDEN_COUNT; i++)
    sqlite3_str_appendf(s, ", %s HIDDEN", hidden_names[i]);
  sqlite3_str_appendall(s, ")");
  return sqlite3_str_finish(s);
}
