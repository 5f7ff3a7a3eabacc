/* row_filter.c - which rows of a ranking count.
 *
 * Conditions on declared columns run as SQL on the content table, so that its own
 * indexes, affinities and collations decide. Two ways, one answer: each candidate is
 * asked for by its key, until it shows that few pass; then all rows that pass are fetched
 * by one query. */
#include "search/row_filter.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "search/content.h"
#include "search/shadow_sql.h"
#include "search/table_errors.h"
#include "sql/lists.h"
#include "sql/numbers.h"

enum {
  TRY_ROWS = 256,     /* candidates asked one by one before deciding */
  RARE = 16,          /* fewer than one in so many pass: fetch them all */
  MAX_VALUES = 10000, /* of IN lists, in SQL */
  OTHER_VALUES = 100, /* parameters that are not of lists */
};

/* A double of this size has every whole number below it; 2^63. */
#define LARGEST_EXACT 9e15
#define LARGEST_KEY 9223372036854775808.0

/* A condition on the rowid itself; nothing passes one that compares with NULL. */
typedef struct rowid_condition {
  unsigned char op;
  int type; /* of the value, after INTEGER affinity */
  sqlite3_int64 whole;
  double real;
  id_list list;
  bool is_list;
} rowid_condition;

/* Rows that have words, or must not. */
typedef struct word_set {
  id_list keys;
  bool excluded;
} word_set;

struct row_filter {
  index_table *table;
  bool open;   /* of the comparisons that are left to SQLite */
  char *where; /* conditions on columns, or NULL */
  sqlite3_value **values;
  int value_count;
  sqlite3_stmt *one;
  size_t asked, passed;
  id_list all; /* valid once `fetched` */
  bool fetched;
  word_set *sets;
  int set_count;
  rowid_condition *rowids;
  int rowid_count;
};

/* Fetching --------------------------------------------------------------------------- */

/* All keys that a statement yields in its first column. */
static int set_fetch(index_table *t, sqlite3_stmt *statement, id_list *s) {
  int rc;
  sqlite3_int64 key;
  while ((rc = table_step(t, statement)) == SQLITE_ROW)
    if (content_read_key(statement, 0, &key) && !id_list_add(s, key)) return SQLITE_NOMEM;
  if (rc != SQLITE_DONE) return table_error(t, rc, "%s", sqlite3_errmsg(t->db));
  id_list_sort_unique(s);
  return SQLITE_OK;
}

/* Conditions ------------------------------------------------------------------------- */

/* Whether the content's own comparison is the one that the user's SQL makes. Where a
 * value's type leaves it open (a number against text: SQLite converts one or the other by
 * rules that need the expression), the condition is left to SQLite, which makes it in any
 * case. */
static bool comparison_is_plain(const index_column *column, sqlite3_value *value) {
  const char *affinity = config_affinity(column->type);
  int type = sqlite3_value_type(value);
  bool number = type == SQLITE_INTEGER || type == SQLITE_FLOAT;
  if (number) return strcmp(affinity, "TEXT") != 0 && *affinity;
  if (type == SQLITE_TEXT) return *affinity != '\0';
  return true;
}

static int keep_value(row_filter *f, sqlite3_value *value) {
  sqlite3_value **grown =
      sqlite3_realloc64(f->values, (size_t)(f->value_count + 1) * sizeof *grown);
  if (!grown) return SQLITE_NOMEM;
  f->values = grown;
  f->values[f->value_count] = sqlite3_value_dup(value);
  if (!f->values[f->value_count]) return SQLITE_NOMEM;
  f->value_count++;
  return SQLITE_OK;
}

static char *column_name(const index_table *t, int column) {
  if (t->config.content)
    return sqlite3_mprintf("c.\"%w\"", t->config.columns[column].name);
  return sqlite3_mprintf("c.c%d", column);
}

/* (col = ? OR ...), in brackets of so many, because SQLite limits the depth of an
 * expression. A number that is compared with a column of texts comes from a column of
 * numbers most likely: hence the cast. */
static void append_equals(const row_filter *f, sqlite3_str *where, const plan_arg *a,
                          const char *name, int first) {
  enum { BRACKET = 500 };
  sqlite3_str_appendf(where, "%s((0", sqlite3_str_length(where) ? " AND " : "");
  for (int i = first; i < f->value_count; i++) {
    int type = sqlite3_value_type(f->values[i]);
    bool text = type == SQLITE_TEXT || type == SQLITE_BLOB;
    bool cast = !text && *config_affinity(f->table->config.columns[a->column].type);
    if (i > first && (i - first) % BRACKET == 0) sqlite3_str_appendall(where, ") OR (0");
    sqlite3_str_appendf(where,
                        cast ? " OR %s COLLATE \"%w\" = CAST(?%d AS NUMERIC)"
                             : " OR %s COLLATE \"%w\" = ?%d",
                        name, a->collation, i + 2);
  }
  sqlite3_str_appendall(where, "))");
}

/* Whether a list has a value whose comparison is left to SQLite. */
static int list_is_open(const row_filter *f, const plan_arg *a, sqlite3_value *list,
                        bool *open) {
  sqlite3_value *value;
  int rc;
  for (rc = sqlite3_vtab_in_first(list, &value); rc == SQLITE_OK && !*open;
       rc = sqlite3_vtab_in_next(list, &value))
    *open = !comparison_is_plain(&f->table->config.columns[a->column], value);
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* How many values may be parameters. */
static int max_values(const row_filter *f) {
  int max = sqlite3_limit(f->table->db, SQLITE_LIMIT_VARIABLE_NUMBER, -1) - OTHER_VALUES;
  return max > MAX_VALUES ? MAX_VALUES : max;
}

/* A value of a list: a parameter as long as there are any, then a literal where its text
 * is the value, to the bit. *taken false: it is neither. */
static int append_item(row_filter *f, sqlite3_str *items, sqlite3_value *value,
                       bool *taken) {
  const char *comma = sqlite3_str_length(items) ? ", " : "";
  int type = sqlite3_value_type(value), rc = SQLITE_OK;
  const char *text = type == SQLITE_TEXT ? (const char *)sqlite3_value_text(value) : NULL;
  if (type == SQLITE_TEXT && !text) return SQLITE_NOMEM;
  *taken = true;
  if (f->value_count < max_values(f)) {
    rc = keep_value(f, value);
    sqlite3_str_appendf(items, "%s?%d", comma, f->value_count + 1);
  } else if (type == SQLITE_INTEGER) {
    sqlite3_str_appendf(items, "%s%lld", comma, sqlite3_value_int64(value));
  } else if (text && strlen(text) == (size_t)sqlite3_value_bytes(value)) {
    sqlite3_str_appendf(items, "%s%Q", comma, text);
  } else {
    *taken = false;
  }
  return rc;
}

/* *plain false: a value's comparison is left to SQLite, or there is no place for it. */
static int append_items(row_filter *f, sqlite3_str *items, const plan_arg *a,
                        sqlite3_value *list, bool *plain) {
  sqlite3_value *value;
  int rc = sqlite3_vtab_in_first(list, &value);
  *plain = true;
  for (; rc == SQLITE_OK && value && *plain; rc = sqlite3_vtab_in_next(list, &value)) {
    *plain = comparison_is_plain(&f->table->config.columns[a->column], value);
    int kept = *plain ? append_item(f, items, value, plain) : SQLITE_OK;
    if (kept != SQLITE_OK) return kept;
  }
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* col IN (?, ?, ...) from sqlite3_vtab_in(); one value that is not plain leaves it all to
 * SQLite. */
static int add_plain_list(row_filter *f, sqlite3_str *where, const plan_arg *a,
                          const char *name, sqlite3_value *list) {
  const int first = f->value_count;
  bool plain;
  sqlite3_str *items = sqlite3_str_new(f->table->db);
  int rc = append_items(f, items, a, list, &plain);
  if (rc == SQLITE_OK) rc = sqlite3_str_errcode(items);
  char *text = sqlite3_str_finish(items);
  if (rc == SQLITE_OK && plain)
    sqlite3_str_appendf(where, "%s%s COLLATE \"%w\" IN (%s)",
                        sqlite3_str_length(where) ? " AND " : "", name, a->collation,
                        text ? text : "");
  sqlite3_free(text);
  while (rc == SQLITE_OK && !plain && f->value_count > first)
    sqlite3_value_free(f->values[--f->value_count]);
  return rc;
}

/* The same of values that are compared as SQLite will most likely compare them. */
static int add_open_list(row_filter *f, sqlite3_str *where, const plan_arg *a,
                         const char *name, sqlite3_value *list) {
  sqlite3_value *value;
  const int first = f->value_count, max = max_values(f);
  int rc = sqlite3_vtab_in_first(list, &value);
  for (; rc == SQLITE_OK && value && f->value_count < max;
       rc = sqlite3_vtab_in_next(list, &value))
    if (keep_value(f, value) != SQLITE_OK) return SQLITE_NOMEM;
  if (rc != SQLITE_OK && rc != SQLITE_DONE) return rc;
  append_equals(f, where, a, name, first);
  return SQLITE_OK;
}

/* SQLite shows <> and IS NOT without their collation, as BINARY, by which more rows pass.
 * They will most likely be compared by the column's own. */
static bool collation_is_open(const index_column *column, const plan_arg *a,
                              sqlite3_value *value) {
  bool hidden =
      a->op == SQLITE_INDEX_CONSTRAINT_NE || a->op == SQLITE_INDEX_CONSTRAINT_ISNOT;
  return hidden && column->collation && sqlite3_value_type(value) == SQLITE_TEXT;
}

/* Whether a condition is left to SQLite. How it will be compared is then assumed: as with a
 * literal or a parameter on the other side. */
static int is_open(const row_filter *f, const plan_arg *a, sqlite3_value *value,
                   bool *open) {
  *open = false;
  if (a->column < 0 || a->column >= f->table->config.column_count) return SQLITE_OK;
  if (a->list) return list_is_open(f, a, value, open);
  const index_column *column = &f->table->config.columns[a->column];
  bool compares = a->op != SQLITE_INDEX_CONSTRAINT_ISNULL &&
                  a->op != SQLITE_INDEX_CONSTRAINT_ISNOTNULL;
  *open = collation_is_open(column, a, value) ||
          (compares && !comparison_is_plain(column, value));
  return SQLITE_OK;
}

static int add_condition(row_filter *f, sqlite3_str *where, const plan_arg *a,
                         sqlite3_value *value) {
  if (a->column < 0 || a->column >= f->table->config.column_count) return SQLITE_OK;
  char *name = column_name(f->table, a->column);
  if (!name) return SQLITE_NOMEM;
  const char *and = sqlite3_str_length(where) ? " AND " : "";
  int rc = SQLITE_OK;
  if (a->list) {
    rc = f->open ? add_open_list(f, where, a, name, value)
                 : add_plain_list(f, where, a, name, value);
  } else if (a->op == SQLITE_INDEX_CONSTRAINT_ISNULL ||
             a->op == SQLITE_INDEX_CONSTRAINT_ISNOTNULL) {
    sqlite3_str_appendf(where, "%s%s %s", and, name, plan_operator(a->op));
  } else if (f->open ||
             comparison_is_plain(&f->table->config.columns[a->column], value)) {
    const index_column *column = &f->table->config.columns[a->column];
    bool own = f->open && collation_is_open(column, a, value);
    const char *collation = own ? column->collation : a->collation;
    rc = keep_value(f, value);
    bool pattern =
        a->op == SQLITE_INDEX_CONSTRAINT_LIKE || a->op == SQLITE_INDEX_CONSTRAINT_GLOB;
    if (pattern)
      sqlite3_str_appendf(where, "%s%s %s ?%d", and, name, plan_operator(a->op),
                          f->value_count + 1);
    else
      sqlite3_str_appendf(where, "%s%s COLLATE \"%w\" %s ?%d", and, name, collation,
                          plan_operator(a->op), f->value_count + 1);
  }
  sqlite3_free(name);
  return rc;
}

/* Rowids ----------------------------------------------------------------------------- */

static int add_rowids(row_filter *f, const plan_arg *a, sqlite3_value *value) {
  rowid_condition *grown =
      sqlite3_realloc64(f->rowids, (size_t)(f->rowid_count + 1) * sizeof *grown);
  if (!grown) return SQLITE_NOMEM;
  f->rowids = grown;
  rowid_condition *c = &grown[f->rowid_count];
  *c = (rowid_condition){.op = a->op, .is_list = a->list};
  if (a->list) {
    sqlite3_value *item;
    int rc;
    f->rowid_count++;
    for (rc = sqlite3_vtab_in_first(value, &item); rc == SQLITE_OK && item;
         rc = sqlite3_vtab_in_next(value, &item)) {
      if (!values_are_readable(1, &item)) return SQLITE_NOMEM;
      if (number_type(item) == SQLITE_INTEGER &&
          !id_list_add(&c->list, sqlite3_value_int64(item)))
        return SQLITE_NOMEM;
    }
    id_list_sort_unique(&c->list);
    return rc == SQLITE_DONE || rc == SQLITE_OK ? SQLITE_OK : rc;
  }
  f->rowid_count++;
  c->type = sqlite3_value_type(value);
  if (c->type == SQLITE_TEXT) c->type = number_type(value);
  c->whole = sqlite3_value_int64(value);
  c->real = sqlite3_value_double(value);
  if (c->type == SQLITE_FLOAT && fabs(c->real) < LARGEST_EXACT &&
      c->real == floor(c->real))
    c->type = SQLITE_INTEGER;
  /* One key is a short list: it need not be looked for along the whole order. */
  c->is_list = c->op == SQLITE_INDEX_CONSTRAINT_EQ;
  if (c->is_list && c->type == SQLITE_INTEGER && !id_list_add(&c->list, c->whole))
    return SQLITE_NOMEM;
  return SQLITE_OK;
}

/* -1, 0 or 1 as a key is below, at or above the value; texts and BLOBs are above all
 * numbers. */
static int compare_rowid(const rowid_condition *c, sqlite3_int64 id) {
  if (c->type == SQLITE_INTEGER) return id < c->whole ? -1 : id > c->whole;
  if (c->type != SQLITE_FLOAT) return -1;
  if (c->real >= LARGEST_KEY) return -1;
  if (c->real < -LARGEST_KEY) return 1;
  sqlite3_int64 below = (sqlite3_int64)floor(c->real);
  return id <= below ? (id == below && c->real == (double)below ? 0 : -1) : 1;
}

static bool rowid_passes(const rowid_condition *c, sqlite3_int64 id) {
  if (c->is_list) return id_list_has(&c->list, id);
  if (c->type == SQLITE_NULL) return c->op == SQLITE_INDEX_CONSTRAINT_ISNOT;
  int order = compare_rowid(c, id);
  switch (c->op) {
  case SQLITE_INDEX_CONSTRAINT_GT:
    return order > 0;
  case SQLITE_INDEX_CONSTRAINT_GE:
    return order >= 0;
  case SQLITE_INDEX_CONSTRAINT_LT:
    return order < 0;
  case SQLITE_INDEX_CONSTRAINT_LE:
    return order <= 0;
  case SQLITE_INDEX_CONSTRAINT_NE:
  case SQLITE_INDEX_CONSTRAINT_ISNOT:
    return order != 0;
  default:
    return true;
  }
}

/* Words ------------------------------------------------------------------------------ */

int filter_add_words(row_filter *f, const char *expression, bool excluded) {
  index_table *t = f->table;
  word_set *grown =
      sqlite3_realloc64(f->sets, (size_t)(f->set_count + 1) * sizeof *grown);
  if (!grown) return SQLITE_NOMEM;
  f->sets = grown;
  f->sets[f->set_count++] = (word_set){.excluded = excluded};
  sqlite3_stmt *s;
  int rc = schema_statement(t, STMT_FTS_MATCH, &s);
  if (rc == SQLITE_OK) rc = sqlite3_bind_text(s, 1, expression, -1, SQLITE_TRANSIENT);
  if (rc != SQLITE_OK) return rc;
  rc = set_fetch(t, s, &f->sets[f->set_count - 1].keys);
  sqlite3_reset(s);
  sqlite3_clear_bindings(s);
  return rc;
}

/* Making one ------------------------------------------------------------------------- */

static int make_filter(index_table *t, const plan *p, sqlite3_value **values, bool open,
                       bool keys, row_filter **out) {
  row_filter *f = sqlite3_malloc64(sizeof *f);
  if (!f) return SQLITE_NOMEM;
  memset(f, 0, sizeof *f);
  f->table = t;
  f->open = open;
  sqlite3_str *where = sqlite3_str_new(NULL);
  int rc = SQLITE_OK;
  for (int i = 0; i < p->count && rc == SQLITE_OK; i++) {
    const plan_arg *a = &p->args[i];
    bool wanted = a->kind == ARG_FILTER;
    if (wanted && open) rc = is_open(f, a, values[i], &wanted);
    if (rc == SQLITE_OK && wanted) rc = add_condition(f, where, a, values[i]);
    if (a->kind == ARG_ROWID && !open && (keys || !plan_arg_is_key(a)))
      rc = add_rowids(f, a, values[i]);
  }
  if (rc == SQLITE_OK) rc = sqlite3_str_errcode(where);
  f->where = sqlite3_str_finish(where);
  if (rc != SQLITE_OK) {
    filter_free(f);
    return rc;
  }
  *out = f;
  return SQLITE_OK;
}

int filter_new(index_table *t, const plan *p, sqlite3_value **values, bool keys,
               row_filter **out) {
  return make_filter(t, p, values, false, keys, out);
}

int filter_new_open(index_table *t, const plan *p, sqlite3_value **values,
                    row_filter **out) {
  int rc = make_filter(t, p, values, true, false, out);
  if (rc != SQLITE_OK || (*out)->where) return rc;
  filter_free(*out);
  *out = NULL;
  return SQLITE_OK;
}

void filter_free(row_filter *f) {
  if (!f) return;
  sqlite3_finalize(f->one);
  for (int i = 0; i < f->value_count; i++) sqlite3_value_free(f->values[i]);
  for (int i = 0; i < f->set_count; i++) id_list_free(&f->sets[i].keys);
  for (int i = 0; i < f->rowid_count; i++) id_list_free(&f->rowids[i].list);
  sqlite3_free(f->values);
  sqlite3_free(f->sets);
  sqlite3_free(f->rowids);
  id_list_free(&f->all);
  sqlite3_free(f->where);
  sqlite3_free(f);
}

/* Asking ----------------------------------------------------------------------------- */

/* One row, of the key ?1, or all. */
static int prepare(row_filter *f, bool one, sqlite3_stmt **out) {
  int rc = schema_prepare_any(f->table, out,
                              "SELECT c.@key FROM @source AS c WHERE %s AND (%s)",
                              one ? content_key_condition(f->table) : "1", f->where);
  for (int i = 0; i < f->value_count && rc == SQLITE_OK; i++)
    rc = sqlite3_bind_value(*out, i + 2, f->values[i]);
  if (rc != SQLITE_OK)
    table_error(f->table, rc, "filter: %s", sqlite3_errmsg(f->table->db));
  return rc;
}

static int fetch_all(row_filter *f) {
  sqlite3_stmt *s = NULL;
  int rc = prepare(f, false, &s);
  if (rc == SQLITE_OK) rc = set_fetch(f->table, s, &f->all);
  sqlite3_finalize(s);
  f->fetched = rc == SQLITE_OK;
  return rc;
}

static int ask_one(row_filter *f, sqlite3_int64 id, bool *accepts) {
  int rc = f->one ? sqlite3_reset(f->one) : prepare(f, true, &f->one);
  if (rc == SQLITE_OK) rc = sqlite3_bind_int64(f->one, 1, id);
  if (rc != SQLITE_OK) return rc;
  rc = table_step(f->table, f->one);
  *accepts = rc == SQLITE_ROW;
  f->asked++;
  f->passed += *accepts;
  if (rc != SQLITE_ROW && rc != SQLITE_DONE) return rc;
  sqlite3_reset(f->one);
  if (f->asked >= TRY_ROWS && f->passed * RARE < f->asked) return fetch_all(f);
  return SQLITE_OK;
}

int filter_accepts(row_filter *f, sqlite3_int64 id, bool *accepts) {
  *accepts = true;
  for (int i = 0; i < f->rowid_count && *accepts; i++)
    *accepts = rowid_passes(&f->rowids[i], id);
  for (int i = 0; i < f->set_count && *accepts; i++)
    *accepts = id_list_has(&f->sets[i].keys, id) != f->sets[i].excluded;
  if (!*accepts || !f->where) return SQLITE_OK;
  if (f->fetched) {
    *accepts = id_list_has(&f->all, id);
    return SQLITE_OK;
  }
  return ask_one(f, id, accepts);
}

const sqlite3_int64 *filter_few(const row_filter *f, size_t max, size_t *count) {
  const id_list *best = NULL;
  for (int i = 0; i < f->rowid_count; i++)
    if (f->rowids[i].is_list && (!best || f->rowids[i].list.count < best->count))
      best = &f->rowids[i].list;
  for (int i = 0; i < f->set_count; i++)
    if (!f->sets[i].excluded && (!best || f->sets[i].keys.count < best->count))
      best = &f->sets[i].keys;
  if (f->fetched && (!best || f->all.count < best->count)) best = &f->all;
  if (!best || best->count > max) return NULL;
  *count = best->count;
  return best->ids ? best->ids : (const sqlite3_int64 *)"";
}
