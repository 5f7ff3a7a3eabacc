/* config.c - what a search table was created with: its columns and options, and its
 * declaration. config_parse.c reads them from the arguments of CREATE. */
#include "search/config.h"

#include <stdarg.h>
#include <string.h>

const char *const config_hidden_names[HIDDEN_COUNT] = {
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

int config_fail(char **message, const char *format, ...) {
  va_list args;
  va_start(args, format);
  sqlite3_free(*message);
  *message = sqlite3_vmprintf(format, args);
  va_end(args);
  return *message ? SQLITE_ERROR : SQLITE_NOMEM;
}

bool config_is_rowid_name(const char *name) {
  return sqlite3_stricmp(name, "rowid") == 0 || sqlite3_stricmp(name, "oid") == 0 ||
         sqlite3_stricmp(name, "_rowid_") == 0;
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
    /* The affinity and not the type: a type of the content may be any text. */
    sqlite3_str_appendf(s, "\"%w\" %s", column->name, config_affinity(column->type));
    if (column->collation) sqlite3_str_appendf(s, " COLLATE \"%w\"", column->collation);
    sqlite3_str_appendall(s, ", ");
  }
  sqlite3_str_appendf(s, "\"%w\" HIDDEN", table);
  for (int i = 1; i < HIDDEN_COUNT; i++)
    sqlite3_str_appendf(s, ", %s HIDDEN", config_hidden_names[i]);
  sqlite3_str_appendall(s, ")");
  return sqlite3_str_finish(s);
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
