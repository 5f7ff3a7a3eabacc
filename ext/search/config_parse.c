/* config_parse.c - the arguments of CREATE VIRTUAL TABLE ... USING biobert(...).
 *
 * A column is as in FTS5: a name, perhaps a type, perhaps UNINDEXED. A bare word that is
 * followed by '=' is an option (config_options.c). */
#include "search/config_parse.h"

#include "search/config_content.h"
#include "search/config_options.h"
#include "search/config_tokens.h"

/* Columns ---------------------------------------------------------------------------- */

static bool is_reserved(const char *name, const char *table) {
  if (sqlite3_stricmp(name, table) == 0 || sqlite3_stricmp(name, "rowid") == 0)
    return true;
  for (int i = 1; i < HIDDEN_COUNT; i++)
    if (sqlite3_stricmp(name, config_hidden_names[i]) == 0) return true;
  return false;
}

static int add_column(index_config *config, char *name, char *type, bool indexed,
                      const char *table, char **message) {
  int rc = SQLITE_OK;
  if (is_reserved(name, table))
    rc = config_fail(
        message, "biobert: column '%s' is reserved: name it otherwise in a view", name);
  for (int i = 0; i < config->column_count && rc == SQLITE_OK; i++)
    if (sqlite3_stricmp(config->columns[i].name, name) == 0)
      rc = config_fail(message, "biobert: column '%s' stands there twice", name);
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
  for (p = token_skip_space(p); *p; p = token_skip_space(p)) {
    char *word;
    bool quoted;
    const char *rest = token_read(p, &word, &quoted);
    if (!rest) return SQLITE_NOMEM;
    if (!word)
      return config_fail(message, "biobert: column '%s': '%s' is not understood", name,
                         p);
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
  const char *p = token_skip_space(argument);
  const char *rest = token_read(p, &first, &quoted);
  if (!rest) return SQLITE_NOMEM;
  rest = token_skip_space(rest);
  if (!first)
    return config_fail(message, "biobert: '%s' is neither a column nor an option", p);
  if (*rest == '=' && !quoted) {
    int rc = config_read_option(first, rest + 1, config, message);
    sqlite3_free(first);
    return rc;
  }
  return read_column(first, rest, config, table, message);
}

/* Together --------------------------------------------------------------------------- */

/* What SQLite would refuse with words of its own, or only when it is searched. */
static int check_size(sqlite3 *db, const index_config *config, char **message) {
  /* bm25() takes the table and a weight for each indexed column; before SQLite 3.48 a
   * function has at most 127 arguments. */
  enum { MAX_INDEXED = 126 };
  int max = sqlite3_limit(db, SQLITE_LIMIT_COLUMN, -1) - HIDDEN_COUNT;
  if (config->column_count > max)
    return config_fail(
        message,
        "biobert: %d columns: this SQLite has room for %d beside the hidden ones",
        config->column_count, max);
  max = sqlite3_limit(db, SQLITE_LIMIT_FUNCTION_ARG, -1) - 1;
  if (max > MAX_INDEXED) max = MAX_INDEXED;
  if (config->indexed_count <= max || config->search == BIOBERT_SEMANTIC)
    return SQLITE_OK;
  return config_fail(
      message,
      "biobert: %d columns are indexed, at most %d can be: mark those that are "
      "only for filtering UNINDEXED, or join some of them in a view",
      config->indexed_count, max);
}

/* Options that were not given. */
static int set_defaults(const char *schema, index_config *config) {
  if (!config->model) config->model = sqlite3_mprintf("default");
  if (!config->tokenize)
    config->tokenize = sqlite3_mprintf("porter unicode61 remove_diacritics 2");
  if (!config->content_rowid) config->content_rowid = sqlite3_mprintf("rowid");
  if (!config->model || !config->tokenize || !config->content_rowid) return SQLITE_NOMEM;
  if (!config->content || config->content_schema) return SQLITE_OK;
  config->content_schema = sqlite3_mprintf("%s", schema);
  return config->content_schema ? SQLITE_OK : SQLITE_NOMEM;
}

static int check_config(sqlite3 *db, const char *schema, bool creating,
                        index_config *config, char **message) {
  if (config->indexed_count == 0 && !config->vectors)
    return config_fail(message,
                       "biobert: no column to search: name at least one, such as "
                       "biobert(title, abstract, content='papers')");
  if (config->content_rowid && !config->content)
    return config_fail(message, "biobert: content_rowid without content");
  if (config->vectors && !config->content)
    return config_fail(message,
                       "biobert: vectors='%s' names a column of the content: content is "
                       "missing",
                       config->vectors);
  if (config->indexed_count == 0) config->search = BIOBERT_SEMANTIC;
  int rc = creating ? check_size(db, config, message) : SQLITE_OK;
  if (rc == SQLITE_OK && creating) rc = config_check_counts(config, message);
  if (rc == SQLITE_OK) rc = set_defaults(schema, config);
  if (rc != SQLITE_OK || !config->content) return rc;
  return config_describe_content(db, creating, config, message);
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
