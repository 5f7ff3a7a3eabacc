/* tvf_train.c - biobert_train(task, query, output [, options]): training as a table of live
 * progress, which writes a folder. */
#include <string.h>

#include "biobert_train.h"
#include "functions/bodies.h"

enum { ARG_TASK, ARG_QUERY, ARG_OUTPUT, ARG_OPTIONS };

typedef struct training_rows {
  biobert_training *training;
  biobert_training_options options;
  interrupt_poll poll;
  biobert_training_report report;
} training_rows;

/* Rows of a SELECT ------------------------------------------------------------------- */

/* Ends with SQLite's own code and words. */
static biobert_status query_fail(tvf_cursor *c, sqlite3 *db, const char *which,
                                 biobert_error *err) {
  c->code = sqlite3_extended_errcode(db);
  return result_fail(err, result_status(c->code, BIOBERT_RANGE), "%s: %s", which,
                     sqlite3_errmsg(db));
}

/* Anything but white space and semicolons after the statement. */
static bool has_more(const char *tail) {
  return tail && tail[strspn(tail, " \t\r\n;")] != '\0';
}

static biobert_status prepare_query(tvf_cursor *c, const char *which, const char *sql,
                                    sqlite3_stmt **out, biobert_error *err) {
  sqlite3 *db = connection_db(c->shared);
  const char *tail = NULL;
  if (sqlite3_prepare_v2(db, sql, -1, out, &tail) != SQLITE_OK)
    return query_fail(c, db, which, err);
  if (*out && sqlite3_stmt_readonly(*out) && sqlite3_column_count(*out) > 0 &&
      !has_more(tail))
    return BIOBERT_OK;
  sqlite3_finalize(*out);
  return result_fail(err, BIOBERT_RANGE, "%s takes one SELECT", which);
}

static biobert_value column_value(sqlite3_stmt *row, int column) {
  static const biobert_value_kind kinds[] = {
      [SQLITE_INTEGER] = BIOBERT_INTEGER, [SQLITE_FLOAT] = BIOBERT_REAL,
      [SQLITE_TEXT] = BIOBERT_TEXT,       [SQLITE_BLOB] = BIOBERT_BLOB,
      [SQLITE_NULL] = BIOBERT_NULL,
  };
  biobert_value value = {.kind = kinds[sqlite3_column_type(row, column)]};
  if (value.kind == BIOBERT_INTEGER) value.integer = sqlite3_column_int64(row, column);
  if (value.kind == BIOBERT_INTEGER || value.kind == BIOBERT_REAL)
    value.real = sqlite3_column_double(row, column);
  if (value.kind == BIOBERT_TEXT) {
    value.text.data = (const char *)sqlite3_column_text(row, column);
    value.text.len = (size_t)sqlite3_column_bytes(row, column);
  }
  return value;
}

enum { MOST_COLUMNS = 8 }; /* more than any task takes */

static biobert_status add_row(training_rows *r, biobert_rows rows, sqlite3_stmt *row,
                              biobert_error *err) {
  biobert_value values[MOST_COLUMNS];
  int count = sqlite3_column_count(row);
  for (int i = 0; i < count && i < MOST_COLUMNS; i++) {
    values[i] = column_value(row, i);
    if (values[i].kind == BIOBERT_TEXT && !values[i].text.data)
      return result_no_memory(err);
  }
  return biobert_training_add(r->training, rows, values, (size_t)count, err);
}

static biobert_status read_query(tvf_cursor *c, biobert_rows rows, const char *which,
                                 const char *sql, biobert_error *err) {
  sqlite3_stmt *s = NULL;
  int rc = SQLITE_ROW;
  biobert_status status = prepare_query(c, which, sql, &s, err);
  if (status) return status;
  while (!status && (rc = sqlite3_step(s)) == SQLITE_ROW)
    status = add_row(c->rows, rows, s, err);
  if (!status && rc != SQLITE_DONE)
    status = query_fail(c, sqlite3_db_handle(s), which, err);
  sqlite3_finalize(s);
  return status;
}

/* Opening ---------------------------------------------------------------------------- */

/* Who may not load models may not make any. */
static biobert_status refuse_locked(biobert_error *err) {
  static const char key[] = "locked";
  char value[64];
  biobert_status status =
      biobert_setting_get((biobert_str){key, strlen(key)}, value, err);
  if (status || strcmp(value, "0") == 0) return status;
  return result_fail(err, BIOBERT_RANGE, "locked: no training in this process");
}

static biobert_status find_model(tvf_cursor *c, const char *name, biobert_model **out,
                                 biobert_error *err) {
  named_model *m = NULL;
  biobert_status status = connection_find_model(c->shared, name, &m, err);
  if (!status) status = named_model_hash(m, err);
  if (!status) *out = named_model_model(m);
  return status;
}

static biobert_status open_training(tvf_cursor *c, biobert_error *err) {
  training_rows *r = c->rows;
  const biobert_training_options *o = &r->options;
  biobert_training_settings settings = {.cancel = poll_interrupt, .cancel_ctx = &r->poll};
  biobert_status status = arg_text(c->arguments[ARG_TASK], 1, &settings.task, err);
  if (!status) status = arg_text(c->arguments[ARG_QUERY], 2, &settings.trained_on, err);
  if (!status) status = arg_text(c->arguments[ARG_OUTPUT], 3, &settings.output, err);
  if (!status && !o->config) status = find_model(c, o->model, &settings.model, err);
  if (!status && o->teacher) status = find_model(c, o->teacher, &settings.teacher, err);
  return status ? status : biobert_training_open(&settings, o, &r->training, err);
}

static biobert_status read_options(tvf_cursor *c, biobert_error *err) {
  training_rows *r = c->rows;
  biobert_str text = {"", 0};
  biobert_status status = BIOBERT_OK;
  if (c->arguments[ARG_OPTIONS] && !arg_is_null(c->arguments[ARG_OPTIONS]))
    status = arg_text(c->arguments[ARG_OPTIONS], 4, &text, err);
  return status ? status : biobert_training_options_read(text, &r->options, err);
}

static biobert_status next_training(tvf_cursor *c, bool *more, biobert_error *err) {
  training_rows *r = c->rows;
  *more = !r->report.done;
  return *more ? biobert_training_next(r->training, &r->report, err) : BIOBERT_OK;
}

static biobert_status begin_training(tvf_cursor *c, biobert_error *err) {
  training_rows *r = c->rows;
  const char *query;
  bool more;
  biobert_status status = refuse_locked(err);
  if (!status) status = arg_name(c->arguments[ARG_QUERY], 2, &query, err);
  if (!status) status = read_options(c, err);
  if (!status) status = open_training(c, err);
  if (!status) status = read_query(c, BIOBERT_LEARN, "query", query, err);
  if (!status && r->options.evaluate)
    status = read_query(c, BIOBERT_EVALUATE, "evaluate", r->options.evaluate, err);
  return status ? status : next_training(c, &more, err);
}

static biobert_status open_train(tvf_cursor *c, biobert_error *err) {
  training_rows *r = sqlite3_malloc64(sizeof *r);
  if (!r) return result_no_memory(err);
  *r = (training_rows){.poll = {.db = connection_db(c->shared)}};
  c->rows = r;
  c->count = 1;
  return begin_training(c, err);
}

static void close_train(tvf_cursor *c) {
  training_rows *r = c->rows;
  biobert_training_close(r->training);
  biobert_training_options_free(&r->options);
  sqlite3_free(r);
}

/* Cells ------------------------------------------------------------------------------ */

static const biobert_training_report *report_of(const tvf_cell *cell) {
  return &((const training_rows *)cell->cursor->rows)->report;
}

/* A finished run that was asked for again has a message alone. */
static bool says_nothing(const tvf_cell *cell) {
  return report_of(cell)->step == 0;
}

static biobert_status train_count(const tvf_cell *cell) {
  const char *report = (const char *)report_of(cell);
  if (says_nothing(cell)) return BIOBERT_OK;
  return tvf_result_integer(cell, (int64_t) *
                                      (const uint64_t *)(report + cell->column->offset));
}

static biobert_status train_real(const tvf_cell *cell) {
  const char *report = (const char *)report_of(cell);
  if (!says_nothing(cell))
    sqlite3_result_double(cell->context,
                          *(const double *)(report + cell->column->offset));
  return BIOBERT_OK;
}

/* Of a step alone. */
static biobert_status train_of_step(const tvf_cell *cell) {
  return report_of(cell)->metric ? BIOBERT_OK : train_real(cell);
}

/* Of an epoch alone. */
static biobert_status train_of_epoch(const tvf_cell *cell) {
  return report_of(cell)->metric ? train_real(cell) : BIOBERT_OK;
}

static biobert_status train_text(const tvf_cell *cell) {
  const char *report = (const char *)report_of(cell);
  return tvf_result_string(cell, *(const char *const *)(report + cell->column->offset));
}

#define AT(member) offsetof(biobert_training_report, member)
static const tvf_column train_columns[] = {
    {"step",                 "INTEGER", train_count, AT(step)},
    {"steps",           "INTEGER", train_count, AT(steps)},
    {"epoch",                      "INTEGER", train_count, AT(epoch)},
    {"loss",   "REAL", train_real, AT(loss)},
    {"learning_rate",             "REAL", train_of_step, AT(learning_rate)},
    {"tokens_per_second",                "REAL", train_of_step, AT(tokens_per_second)},
    {"eta_seconds",           "REAL", train_of_step, AT(eta_seconds)},
    {"metric",                      "TEXT", train_text, AT(metric)},
    {"value",              "REAL", train_of_epoch, AT(value)},
    {"message",              "TEXT", train_text, AT(message)},
    {"task",        "HIDDEN", NULL, 0},
    {"query",         "HIDDEN", NULL, 0},
    {"output",                      "HIDDEN", NULL, 0},
    {"options", "HIDDEN", NULL, 0},
    {0},
};
#undef AT

const tvf tvf_train = {
    .columns = train_columns,
    .required = 3,
    .direct = true,
    .open = open_train,
    .next = next_training,
    .close = close_train,
};
