/* tvf.c - an eponymous virtual table a function, as json_each() is. */
#include "sql/tvf.h"

#include <string.h>

#include "sql/interruption.h"
#include "sql/numbers.h"

/* What the module carries; it outlives its tables and their cursors. */
typedef struct definition {
  const char *name;
  const tvf *function;
  int column_count, first_argument, arguments;
  void *shared;
  void (*release)(void *);
  int open; /* scans that are being opened, one inside the other: open_rows() */
} definition;

typedef struct table {
  sqlite3_vtab base;
  sqlite3 *db;
  definition *definition;
} table;

static void definition_free(void *pointer) {
  definition *d = pointer;
  if (d->release) d->release(d->shared);
  sqlite3_free(d);
}

/* The text for sqlite3_declare_vtab(). */
static char *declaration(const tvf *f) {
  sqlite3_str *sql = sqlite3_str_new(NULL);
  for (const tvf_column *c = f->columns; c->name; c++)
    sqlite3_str_appendf(sql, "%s\"%w\" %s", c == f->columns ? "CREATE TABLE x(" : ", ",
                        c->name, c->type);
  sqlite3_str_appendall(sql, ")");
  return sqlite3_str_finish(sql);
}

static int connect(sqlite3 *db, void *aux, int argc, const char *const *argv,
                   sqlite3_vtab **out, char **error) {
  (void)argc;
  (void)argv;
  (void)error;
  definition *d = aux;
  char *sql = declaration(d->function);
  int rc = sql ? declare_table(db, sql) : SQLITE_NOMEM;
  sqlite3_free(sql);
  if (rc != SQLITE_OK) return rc;
  if (d->function->direct) sqlite3_vtab_config(db, SQLITE_VTAB_DIRECTONLY);
  if (d->function->pure) sqlite3_vtab_config(db, SQLITE_VTAB_INNOCUOUS);
  table *t = sqlite3_malloc64(sizeof *t);
  if (!t) return SQLITE_NOMEM;
  memset(t, 0, sizeof *t);
  t->db = db;
  t->definition = d;
  *out = &t->base;
  return SQLITE_OK;
}

static int disconnect(sqlite3_vtab *base) {
  sqlite3_free(base);
  return SQLITE_OK;
}

/* A bit of idxNum, after those of the arguments: the first column has to equal the last of
 * what arrives in xFilter. */
enum { LOOK_UP = 1 << TVF_MAX_ARGUMENTS };

/* What the planner is told. A look-up may read as much as a scan does, and only computes
 * less: a join with many rows is better made by one scan. */
enum { USUAL_ROWS = 100, SCAN_ROWS = 100000, LOOK_UP_COST = 10000, SCAN_COST = 1000000 };

/* Takes an equality on the first column. */
static void look_up(sqlite3_index_info *info, int next) {
  info->estimatedCost = SCAN_COST;
  info->estimatedRows = SCAN_ROWS;
  for (int i = 0; i < info->nConstraint; i++) {
    if (info->aConstraint[i].op != SQLITE_INDEX_CONSTRAINT_EQ ||
        info->aConstraint[i].iColumn != 0 || !info->aConstraint[i].usable)
      continue;
    info->aConstraintUsage[i].argvIndex = next;
    info->idxNum |= LOOK_UP;
    info->estimatedCost = LOOK_UP_COST;
    info->estimatedRows = USUAL_ROWS;
    return;
  }
}

/* idxNum: a bit for each argument that is given; they arrive in xFilter in their order.
 */
static int best_index(sqlite3_vtab *base, sqlite3_index_info *info) {
  const definition *d = ((table *)base)->definition;
  int given[TVF_MAX_ARGUMENTS], usable = 0, unusable = 0;
  for (int i = 0; i < info->nConstraint; i++) {
    int argument = info->aConstraint[i].iColumn - d->first_argument;
    if (info->aConstraint[i].op != SQLITE_INDEX_CONSTRAINT_EQ || argument < 0 ||
        argument >= d->arguments)
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
  for (int argument = 0; argument < d->arguments; argument++) {
    if (!(usable & 1 << argument)) continue;
    info->aConstraintUsage[given[argument]].argvIndex = next++;
    info->aConstraintUsage[given[argument]].omit = 1;
  }
  info->idxNum = usable;
  info->estimatedCost = USUAL_ROWS;
  info->estimatedRows = USUAL_ROWS;
  if (d->function->looks_up) look_up(info, next);
  return SQLITE_OK;
}

static definition *definition_of(const tvf_cursor *c) {
  return ((const table *)c->base.pVtab)->definition;
}

static int open_cursor(sqlite3_vtab *base, sqlite3_vtab_cursor **out) {
  const definition *d = ((table *)base)->definition;
  tvf_cursor *c = sqlite3_malloc64(sizeof *c);
  if (!c) return SQLITE_NOMEM;
  memset(c, 0, sizeof *c);
  c->function = d->function;
  c->name = d->name;
  c->shared = d->shared;
  *out = &c->base;
  return SQLITE_OK;
}

/* Frees everything that a scan has made. */
static void reset(tvf_cursor *c) {
  if (c->rows && c->function->close)
    c->function->close(c);
  else
    sqlite3_free(c->rows);
  if (c->made_with) c->release(c->made_with);
  for (int i = 0; i < TVF_MAX_ARGUMENTS; i++) {
    sqlite3_value_free(c->arguments[i]);
    c->arguments[i] = NULL;
  }
  sqlite3_value_free(c->wanted);
  c->wanted = NULL;
  c->rows = c->made_with = NULL;
  c->row = c->count = 0;
  c->code = SQLITE_OK;
  c->seen_bytes = c->seen_characters = 0;
}

static int close_cursor(sqlite3_vtab_cursor *base) {
  tvf_cursor *c = (tvf_cursor *)base;
  reset(c);
  sqlite3_free(c);
  return SQLITE_OK;
}

static biobert_status take_arguments(tvf_cursor *c, int given, sqlite3_value **argv,
                                     bool *any_null, biobert_error *err) {
  *any_null = false;
  for (int i = 0, next = 0; i < definition_of(c)->arguments; i++) {
    bool required = i < c->function->required;
    if (given & 1 << i) {
      c->arguments[i] = sqlite3_value_dup(argv[next++]);
      if (!c->arguments[i]) return result_no_memory(err);
    } else if (required) {
      return result_fail(err, BIOBERT_RANGE, "argument %d is missing: see biobert_help",
                         i + 1);
    }
    if (required && arg_is_null(c->arguments[i])) *any_null = true;
  }
  return BIOBERT_OK;
}

static biobert_status take_wanted(tvf_cursor *c, sqlite3_value *value,
                                  biobert_error *err) {
  c->wanted = sqlite3_value_dup(value);
  return c->wanted ? BIOBERT_OK : result_no_memory(err);
}

static int failed(tvf_cursor *c, const biobert_error *err) {
  int code = result_table_error(&c->base.pVtab->zErrMsg, c->name, err);
  return interrupt_code(((const table *)c->base.pVtab)->db, c->code ? c->code : code);
}

/* What a function reads may be a view that asks for the function again, of other names:
 * but not of itself, without an end. */
enum { MAX_OPEN = 4 };

static biobert_status open_rows(tvf_cursor *c, biobert_error *err) {
  definition *d = definition_of(c);
  if (d->open == MAX_OPEN)
    return result_fail(err, BIOBERT_RANGE,
                       "asked for by a view that it reads itself, and that %d times over",
                       MAX_OPEN);
  d->open++;
  biobert_status status = c->function->open(c, err);
  d->open--;
  return status;
}

static int filter(sqlite3_vtab_cursor *base, int given, const char *unused, int argc,
                  sqlite3_value **argv) {
  (void)unused;
  tvf_cursor *c = (tvf_cursor *)base;
  reset(c);
  biobert_error err;
  bool any_null;
  biobert_status status = take_arguments(c, given, argv, &any_null, &err);
  if (!status && given & LOOK_UP) status = take_wanted(c, argv[argc - 1], &err);
  if (!status && !any_null) status = open_rows(c, &err);
  if (!status) return SQLITE_OK;
  c->count = 0;
  return failed(c, &err);
}

static int next_row(sqlite3_vtab_cursor *base) {
  tvf_cursor *c = (tvf_cursor *)base;
  c->row++;
  if (!c->function->next) return SQLITE_OK;
  biobert_error err;
  bool more;
  if (c->function->next(c, &more, &err)) return failed(c, &err);
  if (more) c->count++;
  return SQLITE_OK;
}

static int at_end(sqlite3_vtab_cursor *base) {
  const tvf_cursor *c = (const tvf_cursor *)base;
  return c->row >= c->count;
}

static int column(sqlite3_vtab_cursor *base, sqlite3_context *context, int number) {
  tvf_cursor *c = (tvf_cursor *)base;
  const tvf_column *column = &c->function->columns[number];
  if (!column->get) {
    sqlite3_value *argument = c->arguments[number - definition_of(c)->first_argument];
    if (argument) sqlite3_result_value(context, argument);
    return SQLITE_OK;
  }
  biobert_error err;
  tvf_cell cell = {.cursor = c, .column = column, .context = context, .err = &err};
  if (c->function->row_bytes)
    cell.row = (const char *)c->rows + c->row * c->function->row_bytes;
  if (column->get(&cell)) result_error(context, c->name, &err);
  return SQLITE_OK;
}

static int row_id(sqlite3_vtab_cursor *base, sqlite3_int64 *out) {
  *out = (sqlite3_int64)((tvf_cursor *)base)->row + 1;
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

static void count_columns(definition *d) {
  for (const tvf_column *c = d->function->columns; c->name; c++, d->column_count++) {
    if (c->get) continue;
    if (d->arguments == 0) d->first_argument = d->column_count;
    d->arguments++;
  }
}

int tvf_register(sqlite3 *db, const char *name, const tvf *function, void *shared,
                 void (*release)(void *)) {
  definition *d = sqlite3_malloc64(sizeof *d);
  if (!d) {
    if (release) release(shared);
    return SQLITE_NOMEM;
  }
  *d = (definition){
      .name = name, .function = function, .shared = shared, .release = release};
  count_columns(d);
  /* On failure too, SQLite calls definition_free(). */
  return sqlite3_create_module_v2(db, name, &module, d, definition_free);
}

/* Arguments -------------------------------------------------------------------------- */

biobert_status tvf_optional_integer(const tvf_cursor *c, int argument, const char *what,
                                    int64_t min, int64_t *out, biobert_error *err) {
  sqlite3_value *value = c->arguments[argument];
  if (!value || arg_is_null(value)) return BIOBERT_OK;
  return arg_whole(value, argument + 1, what, min, INT64_MAX, out, err);
}

biobert_status tvf_optional_real(const tvf_cursor *c, int argument, const char *what,
                                 double min, double max, double *out,
                                 biobert_error *err) {
  sqlite3_value *value = c->arguments[argument];
  if (!value || arg_is_null(value)) return BIOBERT_OK;
  return arg_real(value, argument + 1, what, min, max, out, err);
}

/* A REAL beyond 2^53 may equal several integers: SQLite finds which, among all. */
biobert_status tvf_wanted(const tvf_cursor *c, tvf_want *want, int64_t *value,
                          biobert_error *err) {
  *want = TVF_ALL;
  if (!c->wanted) return BIOBERT_OK;
  sqlite3_value *wanted = c->wanted;
  if (!values_are_readable(1, &wanted)) return result_no_memory(err);
  if (number_whole(wanted, value))
    *want = TVF_ONE;
  else if (number_type(wanted) != SQLITE_FLOAT)
    *want = TVF_NONE;
  return BIOBERT_OK;
}

/* Getters ---------------------------------------------------------------------------- */

static const void *member(const tvf_cell *cell) {
  return (const char *)cell->row + cell->column->offset;
}

biobert_status tvf_result_integer(const tvf_cell *cell, int64_t value) {
  sqlite3_result_int64(cell->context, value);
  return BIOBERT_OK;
}

biobert_status tvf_result_string(const tvf_cell *cell, const char *text) {
  if (text) sqlite3_result_text(cell->context, text, -1, SQLITE_TRANSIENT);
  return BIOBERT_OK;
}

biobert_status tvf_result_str(const tvf_cell *cell, biobert_str text) {
  sqlite3_result_text64(cell->context, text.data, text.len, SQLITE_TRANSIENT,
                        SQLITE_UTF8);
  return BIOBERT_OK;
}

biobert_status tvf_result_span(const tvf_cell *cell, size_t start, size_t end) {
  return tvf_result_str(cell,
                        (biobert_str){cell->cursor->text.data + start, end - start});
}

biobert_status tvf_from_0(const tvf_cell *cell) {
  return tvf_result_integer(cell, (int64_t)cell->cursor->row);
}

biobert_status tvf_from_1(const tvf_cell *cell) {
  return tvf_result_integer(cell, (int64_t)cell->cursor->row + 1);
}

biobert_status tvf_size(const tvf_cell *cell) {
  return tvf_result_integer(cell, (int64_t) * (const size_t *)member(cell));
}

biobert_status tvf_int32(const tvf_cell *cell) {
  return tvf_result_integer(cell, *(const int32_t *)member(cell));
}

biobert_status tvf_double(const tvf_cell *cell) {
  sqlite3_result_double(cell->context, *(const double *)member(cell));
  return BIOBERT_OK;
}

biobert_status tvf_str(const tvf_cell *cell) {
  return tvf_result_str(cell, *(const biobert_str *)member(cell));
}

biobert_status tvf_string(const tvf_cell *cell) {
  return tvf_result_string(cell, *(const char *const *)member(cell));
}

biobert_status tvf_characters(const tvf_cell *cell) {
  tvf_cursor *c = cell->cursor;
  const size_t bytes = *(const size_t *)member(cell);
  if (bytes < c->seen_bytes) c->seen_bytes = c->seen_characters = 0;
  biobert_str rest = {c->text.data + c->seen_bytes, c->text.len - c->seen_bytes};
  c->seen_characters += biobert_count_characters(rest, bytes - c->seen_bytes);
  c->seen_bytes = bytes;
  return tvf_result_integer(cell, (int64_t)c->seen_characters);
}
