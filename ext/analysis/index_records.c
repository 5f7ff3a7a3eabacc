/* index_records.c - columns by their names. */
#include "analysis/index_records.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/index_rows.h"
#include "sql/index_sql.h"

static const char *const field_names[RECORD_FIELDS] = {
    [RECORD_DOI] = "doi",
    [RECORD_PMID] = "pmid",
    [RECORD_TITLE] = "title",
    [RECORD_YEAR] = "year",
};

/* Where the records are. All sqlite3_malloc()ed. */
typedef struct source {
  char *schema, *table, *key;
} source;

static void source_free(source *s) {
  sqlite3_free(s->schema);
  sqlite3_free(s->table);
  sqlite3_free(s->key);
}

static char *copy_column(sqlite3_stmt *s, int column) {
  const char *text = (const char *)sqlite3_column_text(s, column);
  return text ? sqlite3_mprintf("%s", text) : NULL;
}

/* Where the records are ------------------------------------------------------------------ */

/* The index of a name as SQLite resolves it: the whole name first, then schema.table. */
static biobert_status find_index(sqlite3 *db, const char *name, source *out, int *code,
                                 biobert_error *err) {
  static const char sql[] =
      "SELECT l.schema, l.name FROM pragma_table_list l "
      "JOIN pragma_database_list d ON d.name = l.schema "
      "WHERE l.type = 'virtual' AND (l.name = ?1 COLLATE NOCASE OR "
      "l.schema || '.' || l.name = ?1 COLLATE NOCASE) "
      "ORDER BY l.name <> ?1 COLLATE NOCASE, l.schema <> 'temp', d.seq LIMIT 1";
  sqlite3_stmt *s = NULL;
  int rc = sqlite3_prepare_v2(db, sql, -1, &s, NULL);
  if (rc == SQLITE_OK) rc = sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC);
  if (rc == SQLITE_OK) rc = sqlite3_step(s);
  biobert_status status = BIOBERT_OK;
  if (rc == SQLITE_ROW) {
    out->schema = copy_column(s, 0);
    out->table = copy_column(s, 1);
    if (!out->schema || !out->table) status = result_no_memory(err);
  } else if (rc != SQLITE_DONE) {
    status = index_sql_fail(db, code, err);
  }
  sqlite3_finalize(s);
  return status;
}

/* The statement that made it, sqlite3_malloc()ed; *sql NULL: it is no index. */
static biobert_status read_statement(sqlite3 *db, const source *index, char **sql,
                                     int *code, biobert_error *err) {
  sqlite3_stmt *s = NULL;
  biobert_status status = BIOBERT_OK;
  char *query =
      sqlite3_mprintf("SELECT sql FROM \"%w\".%s WHERE type = 'table' AND "
                      "name = ?1 COLLATE NOCASE",
                      index->schema,
                      sqlite3_stricmp(index->schema, "temp") == 0 ? "sqlite_temp_schema"
                                                                  : "sqlite_schema");
  if (!query) return result_no_memory(err);
  int rc = sqlite3_prepare_v2(db, query, -1, &s, NULL);
  sqlite3_free(query);
  if (rc == SQLITE_OK) rc = sqlite3_bind_text(s, 1, index->table, -1, SQLITE_STATIC);
  if (rc == SQLITE_OK) rc = sqlite3_step(s);
  if (rc == SQLITE_ROW && index_sql_is_one((const char *)sqlite3_column_text(s, 0))) {
    *sql = copy_column(s, 0);
    if (!*sql) status = result_no_memory(err);
  } else if (rc != SQLITE_ROW && rc != SQLITE_DONE) {
    status = index_sql_fail(db, code, err);
  }
  sqlite3_finalize(s);
  return status;
}

/* From the index to the table that it reads, where it reads one. */
static biobert_status follow_content(const char *sql, source *s, biobert_error *err) {
  char *content = NULL, *schema = NULL;
  bool ok = index_sql_option(sql, "content", &content);
  if (ok && content) {
    char *table = index_sql_table(content, &schema);
    ok = table && index_sql_option(sql, "content_rowid", &s->key);
    sqlite3_free(s->table);
    s->table = table;
    if (schema) {
      sqlite3_free(s->schema);
      s->schema = schema;
    }
  }
  sqlite3_free(content);
  if (ok && !s->key) s->key = sqlite3_mprintf("rowid");
  return ok && s->key ? BIOBERT_OK : result_no_memory(err);
}

static biobert_status find_source(sqlite3 *db, const char *name, source *out, int *code,
                                  biobert_error *err) {
  char *sql = NULL;
  biobert_status status = find_index(db, name, out, code, err);
  if (!status && out->table) status = read_statement(db, out, &sql, code, err);
  if (!status && sql) status = follow_content(sql, out, err);
  sqlite3_free(sql);
  return status;
}

/* Values ------------------------------------------------------------------------------------ */

/* Length of a character that is no letter and no digit; 0: it is one. Beyond ASCII: the
 * no-break space, and general punctuation. */
static size_t separator_bytes(const unsigned char *c) {
  if (*c < 0x80) {
    const bool letter = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z');
    return letter || (*c >= '0' && *c <= '9') ? 0 : 1;
  }
  if (c[0] == 0xC2 && c[1] == 0xA0) return 2;
  if (c[0] == 0xE2 && c[1] == 0x80 && c[2] >= 0x80) return 3;
  return 0;
}

static void append_lower(sqlite3_str *to, unsigned char c) {
  sqlite3_str_appendchar(to, 1, (char)(c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c));
}

/* Words with one space between them. */
static void fold_title(const char *text, sqlite3_str *out) {
  const unsigned char *c = (const unsigned char *)text;
  while (*c) {
    const size_t skip = separator_bytes(c);
    if (!skip) {
      append_lower(out, *c++);
      continue;
    }
    c += skip;
    if (sqlite3_str_length(out) > 0 && *c && !separator_bytes(c))
      sqlite3_str_appendchar(out, 1, ' ');
  }
}

/* A DOI may be a URL: it begins with its directory, "10.". White space around it goes. */
static void fold_word(const char *text, record_field field, sqlite3_str *out) {
  const char *directory = field == RECORD_DOI ? strstr(text, "10.") : NULL;
  const char *c = directory ? directory : text;
  while (*c == ' ' || (*c >= '\t' && *c <= '\r')) c++;
  size_t length = strlen(c);
  while (length > 0 &&
         (c[length - 1] == ' ' || (c[length - 1] >= '\t' && c[length - 1] <= '\r')))
    length--;
  for (size_t i = 0; i < length; i++) append_lower(out, (unsigned char)c[i]);
}

/* *out NULL: nothing is left. */
static biobert_status fold(const char *text, record_field field, char **out,
                           biobert_error *err) {
  sqlite3_str *s = sqlite3_str_new(NULL);
  if (field == RECORD_TITLE)
    fold_title(text, s);
  else
    fold_word(text, field, s);
  const bool failed = sqlite3_str_errcode(s) != SQLITE_OK;
  char *folded = sqlite3_str_finish(s);
  if (failed) sqlite3_free(folded);
  if (failed) return result_no_memory(err);
  *out = folded;
  return BIOBERT_OK;
}

static biobert_status read_column(sqlite3_stmt *s, int column, index_record *r,
                                  biobert_error *err) {
  if (sqlite3_column_type(s, column) == SQLITE_NULL) return BIOBERT_OK;
  const char *name = sqlite3_column_name(s, column);
  if (!name) return result_no_memory(err);
  if (sqlite3_column_type(s, column) == SQLITE_BLOB) {
    r->filled += sqlite3_column_bytes(s, column) > 0;
    return BIOBERT_OK;
  }
  const char *text = (const char *)sqlite3_column_text(s, column);
  if (!text) return result_no_memory(err);
  r->filled += *text != '\0';
  for (record_field field = 0; field < RECORD_FIELDS; field++)
    if (!r->fields[field] && sqlite3_stricmp(name, field_names[field]) == 0)
      return fold(text, field, &r->fields[field], err);
  return BIOBERT_OK;
}

static biobert_status add_record(index_records *all, sqlite3_stmt *s,
                                 biobert_error *err) {
  index_record *items =
      list_grow(all->items, sizeof *all->items, all->count, &all->capacity);
  if (!items) return result_no_memory(err);
  all->items = items;
  index_record *r = &all->items[all->count++];
  *r = (index_record){.id = sqlite3_column_int64(s, 0)};
  biobert_status status = BIOBERT_OK;
  for (int i = 1; i < sqlite3_column_count(s) && !status; i++)
    status = read_column(s, i, r, err);
  return status;
}

/* Records -------------------------------------------------------------------------------- */

/* [1,2,3] */
static char *json_of(const id_list *ids) {
  sqlite3_str *s = sqlite3_str_new(NULL);
  for (size_t i = 0; i < ids->count; i++)
    sqlite3_str_appendf(s, i ? ",%lld" : "[%lld", ids->ids[i]);
  sqlite3_str_appendall(s, "]");
  const bool failed = sqlite3_str_errcode(s) != SQLITE_OK;
  char *json = sqlite3_str_finish(s);
  if (!failed) return json;
  sqlite3_free(json);
  return NULL;
}

/* *out NULL: the table is not there, or has not this key. */
static biobert_status select_records(sqlite3 *db, const source *from, sqlite3_stmt **out,
                                     int *code, biobert_error *err) {
  char *sql = sqlite3_mprintf("SELECT \"%w\", * FROM \"%w\".\"%w\" WHERE \"%w\" IN "
                              "(SELECT value FROM json_each(?1))",
                              from->key, from->schema, from->table, from->key);
  if (!sql) return result_no_memory(err);
  int rc = sqlite3_prepare_v2(db, sql, -1, out, NULL);
  sqlite3_free(sql);
  if (rc == SQLITE_OK || rc == SQLITE_ERROR) return BIOBERT_OK;
  return index_sql_fail(db, code, err);
}

static int by_id(const void *a, const void *b) {
  const index_record *x = a, *y = b;
  return (x->id > y->id) - (x->id < y->id);
}

static biobert_status read_records(sqlite3 *db, const source *from, const char *json,
                                   index_records *out, int *code, biobert_error *err) {
  sqlite3_stmt *s = NULL;
  biobert_status status = select_records(db, from, &s, code, err);
  int rc = s ? sqlite3_bind_text(s, 1, json, -1, SQLITE_STATIC) : SQLITE_OK;
  while (s && !status && rc == SQLITE_OK && (rc = sqlite3_step(s)) == SQLITE_ROW) {
    status = add_record(out, s, err);
    rc = SQLITE_OK;
  }
  if (s && !status && rc != SQLITE_DONE) status = index_sql_fail(db, code, err);
  sqlite3_finalize(s);
  if (!status && out->count) qsort(out->items, out->count, sizeof *out->items, by_id);
  return status;
}

biobert_status index_records_read(sqlite3 *db, const char *name, const id_list *ids,
                                  index_records *out, int *code, biobert_error *err) {
  source from = {0};
  index_records r = {0};
  if (ids->count == 0) return BIOBERT_OK;
  char *json = json_of(ids);
  biobert_status status =
      json ? find_source(db, name, &from, code, err) : result_no_memory(err);
  if (!status && from.key) status = read_records(db, &from, json, &r, code, err);
  sqlite3_free(json);
  source_free(&from);
  if (status)
    index_records_free(&r);
  else
    *out = r;
  return status;
}

const index_record *index_records_find(const index_records *r, int64_t id) {
  const index_record key = {.id = id};
  return r->count ? bsearch(&key, r->items, r->count, sizeof key, by_id) : NULL;
}

void index_records_free(index_records *r) {
  for (size_t i = 0; i < r->count; i++)
    for (size_t j = 0; j < RECORD_FIELDS; j++) sqlite3_free(r->items[i].fields[j]);
  sqlite3_free(r->items);
  *r = (index_records){0};
}

bool index_records_agree(const index_record *a, const index_record *b,
                         record_field field) {
  const char *x = a ? a->fields[field] : NULL, *y = b ? b->fields[field] : NULL;
  return x && y && strcmp(x, y) == 0;
}
