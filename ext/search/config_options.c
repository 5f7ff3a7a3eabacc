/* config_options.c - the options of CREATE VIRTUAL TABLE ... USING biobert(...).
 *
 * The table below has every option: its key, the help that an error prints, its parser,
 * and the member of index_config that it sets. A further option is a further row. */
#include "search/config_options.h"

#include <stdlib.h>
#include <string.h>

#include "search/config_tokens.h"
#include "search/row_ranking.h"

typedef struct option option;
struct option {
  const char *key, *takes;
  int (*parse)(const option *o, const char *value, index_config *config);
  size_t field;
};

static int parse_text(const option *o, const char *value, index_config *config) {
  char **at = (char **)((char *)config + o->field);
  if (!*value) return TOKEN_BAD_VALUE;
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
  return TOKEN_BAD_VALUE;
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
  enum { MAX_NUMBER = BIOBERT_MAX_DIMENSION };
  char *end;
  long number = strtol(value, &end, 10);
  if (end == value || *end || number < 0 || number > MAX_NUMBER) return TOKEN_BAD_VALUE;
  sqlite3_int64 wide = number;
  memcpy((char *)config + o->field, &wide, sizeof wide);
  return SQLITE_OK;
}

/* From 1: 0 is "not given". config_check_counts() refuses it when the table is created. */
static int parse_count(const option *o, const char *value, index_config *config) {
  return parse_number(o, value, config);
}

static int parse_join(const option *o, const char *value, index_config *config) {
  enum { MAX_BYTES = 32 };
  (void)o;
  sqlite3_free(config->join);
  config->join = NULL;
  if (strcmp(value, "pair") == 0) return SQLITE_OK;
  if (strlen(value) > MAX_BYTES) return TOKEN_BAD_VALUE;
  config->join = sqlite3_mprintf("%s", value);
  return config->join ? SQLITE_OK : SQLITE_NOMEM;
}

static int parse_content(const option *o, const char *value, index_config *config) {
  (void)o;
  return token_read_table(value, &config->content_schema, &config->content);
}

static int parse_queue(const option *o, const char *value, index_config *config) {
  (void)o;
  return token_read_table(value, &config->queue_schema, &config->queue);
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
  int rc = list
               ? config_fail(message, "biobert: option '%s' is not one of: %s", key, list)
               : SQLITE_NOMEM;
  sqlite3_free(list);
  return rc;
}

/* key = value */
int config_read_option(const char *key, const char *p, index_config *config,
                       char **message) {
  const option *o = NULL;
  for (int i = 0; i < OPTION_COUNT; i++)
    if (sqlite3_stricmp(key, options[i].key) == 0) o = &options[i];
  if (!o) return unknown_option(key, message);
  unsigned bit = 1u << (o - options);
  if (config->given & bit)
    return config_fail(message, "biobert: option %s is given twice", o->key);
  config->given |= bit;
  char *value;
  bool quoted;
  p = token_read(token_skip_space(p), &value, &quoted);
  if (!p) return SQLITE_NOMEM;
  p = token_skip_space(p);
  int rc = value && !*p ? o->parse(o, value, config) : TOKEN_BAD_VALUE;
  if (rc == TOKEN_BAD_VALUE)
    rc = config_fail(message, "biobert: option %s takes %s, not '%s'", key, o->takes,
                     value ? value : p);
  sqlite3_free(value);
  return rc;
}

int config_check_counts(const index_config *config, char **message) {
  for (int i = 0; i < OPTION_COUNT; i++) {
    const option *o = &options[i];
    sqlite3_int64 value;
    if (o->parse != parse_count || !(config->given & 1u << i)) continue;
    memcpy(&value, (const char *)config + o->field, sizeof value);
    if (!value)
      return config_fail(
          message, "biobert: option %s takes %s, not '0'; leave it out for the default",
          o->key, o->takes);
  }
  return SQLITE_OK;
}
