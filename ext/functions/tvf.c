/* tvf.c - an eponymous virtual table a function, as json_each() is. */
#include "functions/tvf.h"

#include <string.h>

#include "models/head_choice.h"

typedef struct table {
  sqlite3_vtab base;
  call call;
  const table_function *function;
} table;

/* What the module carries. */
typedef struct definition {
  registry *registry;
  const char *name;
  const table_function *function;
} definition;

static void definition_free(void *pointer) {
  definition *d = pointer;
  registry_release(d->registry);
  sqlite3_free(d);
}

static int connect(sqlite3 *db, void *aux, int argc, const char *const *argv,
                   sqlite3_vtab **out, char **error) {
  (void)argc;
  (void)argv;
  (void)error;
  const definition *d = aux;
  char *sql = sqlite3_mprintf("CREATE TABLE x(%s)", d->function->columns);
  if (!sql) return SQLITE_NOMEM;
  int rc = sqlite3_declare_vtab(db, sql);
  sqlite3_free(sql);
  if (rc != SQLITE_OK) return rc;
  if (d->function->direct) sqlite3_vtab_config(db, SQLITE_VTAB_DIRECTONLY);
  if (d->function->pure) sqlite3_vtab_config(db, SQLITE_VTAB_INNOCUOUS);
  table *t = sqlite3_malloc64(sizeof *t);
  if (!t) return SQLITE_NOMEM;
  memset(t, 0, sizeof *t);
  t->call = (call){registry_share(d->registry), d->name};
  t->function = d->function;
  *out = &t->base;
  return SQLITE_OK;
}

static int disconnect(sqlite3_vtab *base) {
  table *t = (table *)base;
  registry_release(t->call.registry);
  sqlite3_free(t);
  return SQLITE_OK;
}

/* idxNum: a bit for each argument that is given; they arrive in xFilter in their order.
 */
static int best_index(sqlite3_vtab *base, sqlite3_index_info *info) {
  const table_function *f = ((table *)base)->function;
  int given[TABLE_MAX_ARGUMENTS], usable = 0, unusable = 0;
  for (int i = 0; i < info->nConstraint; i++) {
    int argument = info->aConstraint[i].iColumn - f->first_argument;
    if (info->aConstraint[i].op != SQLITE_INDEX_CONSTRAINT_EQ || argument < 0 ||
        argument >= f->arguments)
      continue;
    if (info->aConstraint[i].usable) {
      usable |= 1 << argument;
      given[argument] = i;
    } else {
      unusable |= 1 << argument;
    }
  }
  /* An argument that another table of the join provides, in a plan where that comes
   * later. */
  if (unusable & ~usable) return SQLITE_CONSTRAINT;
  int next = 1;
  for (int argument = 0; argument < f->arguments; argument++) {
    if (!(usable & 1 << argument)) continue;
    info->aConstraintUsage[given[argument]].argvIndex = next++;
    info->aConstraintUsage[given[argument]].omit = 1;
  }
  enum { USUAL_ROWS = 100 };
  info->idxNum = usable;
  info->estimatedCost = USUAL_ROWS;
  info->estimatedRows = USUAL_ROWS;
  return SQLITE_OK;
}

static int open_cursor(sqlite3_vtab *base, sqlite3_vtab_cursor **out) {
  table_cursor *c = sqlite3_malloc64(sizeof *c);
  if (!c) return SQLITE_NOMEM;
  memset(c, 0, sizeof *c);
  c->call = &((table *)base)->call;
  *out = &c->base;
  return SQLITE_OK;
}

static const table_function *function_of(const table_cursor *c) {
  return ((const table *)c->base.pVtab)->function;
}

/* Everything a scan has made. */
static void reset(table_cursor *c) {
  if (c->rows && function_of(c)->close) function_of(c)->close(c);
  named_model_release(c->model);
  for (int i = 0; i < TABLE_MAX_ARGUMENTS; i++) {
    sqlite3_value_free(c->arguments[i]);
    c->arguments[i] = NULL;
  }
  c->rows = NULL;
  c->model = NULL;
  c->row = c->count = 0;
  c->code = SQLITE_OK;
  c->seen_bytes = c->seen_characters = 0;
}

static int close_cursor(sqlite3_vtab_cursor *base) {
  table_cursor *c = (table_cursor *)base;
  reset(c);
  sqlite3_free(c);
  return SQLITE_OK;
}

static biobert_status take_arguments(table_cursor *c, int given, sqlite3_value **argv,
                                     bool *any_null, biobert_error *err) {
  const table_function *f = function_of(c);
  *any_null = false;
  for (int i = 0, next = 0; i < f->arguments; i++) {
    if (given & 1 << i) {
      c->arguments[i] = sqlite3_value_dup(argv[next++]);
      if (!c->arguments[i]) return result_fail(err, BIOBERT_NOMEM, "out of memory");
    } else if (i < f->required) {
      return result_fail(err, BIOBERT_RANGE, "argument %d is missing: see biobert_help",
                         i + 1);
    }
    if (i < f->required && arg_is_null(c->arguments[i])) *any_null = true;
  }
  return BIOBERT_OK;
}

static int failed(table_cursor *c, const biobert_error *err) {
  int code = result_table_error(&c->base.pVtab->zErrMsg, c->call, err);
  return c->code ? c->code : code;
}

static int filter(sqlite3_vtab_cursor *base, int given, const char *unused, int argc,
                  sqlite3_value **argv) {
  (void)unused;
  (void)argc;
  table_cursor *c = (table_cursor *)base;
  reset(c);
  biobert_error err;
  bool any_null;
  biobert_status status = take_arguments(c, given, argv, &any_null, &err);
  if (!status && !any_null) status = function_of(c)->open(c, &err);
  if (!status) return SQLITE_OK;
  c->count = 0;
  return failed(c, &err);
}

static int next_row(sqlite3_vtab_cursor *base) {
  table_cursor *c = (table_cursor *)base;
  c->row++;
  if (!function_of(c)->next) return SQLITE_OK;
  biobert_error err;
  bool more;
  if (function_of(c)->next(c, &more, &err)) return failed(c, &err);
  if (more) c->count++;
  return SQLITE_OK;
}

static int at_end(sqlite3_vtab_cursor *base) {
  const table_cursor *c = (const table_cursor *)base;
  return c->row >= c->count;
}

static int column(sqlite3_vtab_cursor *base, sqlite3_context *context, int number) {
  table_cursor *c = (table_cursor *)base;
  const table_function *f = function_of(c);
  int argument = number - f->first_argument;
  if (argument >= 0 && argument < f->arguments) {
    if (c->arguments[argument]) sqlite3_result_value(context, c->arguments[argument]);
    return SQLITE_OK;
  }
  biobert_error err;
  if (f->column(c, context, number, &err)) result_error(context, c->call, &err);
  return SQLITE_OK;
}

static int row_id(sqlite3_vtab_cursor *base, sqlite3_int64 *out) {
  *out = (sqlite3_int64)((table_cursor *)base)->row + 1;
  return SQLITE_OK;
}

/* Without xCreate the table is eponymous only: there is nothing to create. */
static const sqlite3_module module = {
    .iVersion = 0,
    .xConnect = connect,
    .xBestIndex = best_index,
    .xDisconnect = disconnect,
    .xOpen = open_cursor,
    .xClose = close_cursor,
    .xFilter = filter,
    .xNext = next_row,
    .xEof = at_end,
    .xColumn = column,
    .xRowid = row_id,
};

int table_function_register(sqlite3 *db, registry *r, const char *name,
                            const table_function *f) {
  definition *d = sqlite3_malloc64(sizeof *d);
  if (!d) return SQLITE_NOMEM;
  *d = (definition){registry_share(r), name, f};
  /* On failure too, SQLite calls definition_free(). */
  return sqlite3_create_module_v2(db, name, &module, d, definition_free);
}

void table_characters(table_cursor *c, sqlite3_context *context, size_t bytes) {
  if (bytes < c->seen_bytes) c->seen_bytes = c->seen_characters = 0;
  biobert_str rest = {c->text.data + c->seen_bytes, c->text.len - c->seen_bytes};
  c->seen_characters += biobert_count_characters(rest, bytes - c->seen_bytes);
  c->seen_bytes = bytes;
  sqlite3_result_int64(context, (sqlite3_int64)c->seen_characters);
}

void table_span_text(const table_cursor *c, sqlite3_context *context, size_t start,
                     size_t end) {
  sqlite3_result_text64(context, c->text.data + start, end - start, SQLITE_TRANSIENT,
                        SQLITE_UTF8);
}

biobert_status table_session(table_cursor *c, int argument, biobert_session **session,
                             biobert_error *err) {
  named_model *m;
  biobert_status status =
      arg_model(c->call, c->arguments[argument], argument + 1, &m, err);
  if (status) return status;
  c->model = named_model_share(m);
  return named_model_session(m, session, err);
}

biobert_status table_head_session(table_cursor *c, int argument, biobert_head head,
                                  biobert_session **session, biobert_error *err) {
  named_model *m;
  biobert_status status =
      arg_model_with_head(c->call, c->arguments[argument], argument + 1, head, &m, err);
  if (status) return status;
  c->model = named_model_share(m);
  return named_model_session(m, session, err);
}

biobert_status table_optional_whole(table_cursor *c, int argument, const char *what,
                                    int64_t least, int64_t *out, biobert_error *err) {
  sqlite3_value *value = c->arguments[argument];
  if (!value || arg_is_null(value)) return BIOBERT_OK;
  return arg_whole(value, argument + 1, what, least, INT64_MAX, out, err);
}
