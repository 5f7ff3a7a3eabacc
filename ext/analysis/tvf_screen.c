/* tvf_screen.c - biobert_screen(name, labels [, options]): what to read next. */
#include <math.h>

#include "analysis/screened_papers.h"
#include "analysis/table_functions.h"

enum { ARG_NAME, ARG_LABELS, ARG_OPTIONS };

typedef struct screen_rows {
  screened_papers papers;
  const biobert_screened *ranked; /* of the screening */
} screen_rows;

static biobert_status read_options(const tvf_cursor *c, biobert_str *out,
                                   biobert_error *err) {
  sqlite3_value *value = c->arguments[ARG_OPTIONS];
  *out = (biobert_str){"", 0};
  if (!value || arg_is_null(value)) return BIOBERT_OK;
  return arg_text(value, ARG_OPTIONS + 1, out, err);
}

static biobert_status rank_papers(tvf_cursor *c, screen_rows *r, biobert_error *err) {
  const char *name, *labels;
  biobert_str options;
  biobert_status status = arg_name(c->arguments[ARG_NAME], ARG_NAME + 1, &name, err);
  if (!status) status = arg_name(c->arguments[ARG_LABELS], ARG_LABELS + 1, &labels, err);
  if (!status) status = read_options(c, &options, err);
  if (!status)
    status = screened_papers_read(&r->papers, name, labels, options, &c->code, err);
  if (!status)
    status = biobert_screening_rank(r->papers.screening, &r->ranked, &c->count, err);
  return status;
}

static biobert_status open_screen(tvf_cursor *c, biobert_error *err) {
  screen_rows *r = sqlite3_malloc64(sizeof *r);
  if (!r) return result_no_memory(err);
  *r = (screen_rows){.papers = {.poll = {.db = connection_db(c->shared)}}};
  c->rows = r;
  return rank_papers(c, r, err);
}

static void close_screen(tvf_cursor *c) {
  screen_rows *r = c->rows;
  screened_papers_free(&r->papers);
  sqlite3_free(r);
}

static const biobert_screened *paper_of(const tvf_cell *cell) {
  return ((const screen_rows *)cell->cursor->rows)->ranked + cell->cursor->row;
}

static biobert_status screen_rowid(const tvf_cell *cell) {
  return tvf_result_integer(cell, paper_of(cell)->id);
}

static biobert_status screen_score(const tvf_cell *cell) {
  sqlite3_result_double(cell->context, paper_of(cell)->score);
  return BIOBERT_OK;
}

static biobert_status screen_probability(const tvf_cell *cell) {
  if (!isnan(paper_of(cell)->probability))
    sqlite3_result_double(cell->context, paper_of(cell)->probability);
  return BIOBERT_OK;
}

static const tvf_column screen_columns[] = {
    {"rowid",       "INTEGER", screen_rowid, 0},
    {"position", "INTEGER", tvf_from_1, 0},
    {"score",             "REAL", screen_score, 0},
    {"probability",    "REAL", screen_probability, 0},
    {"name",            "HIDDEN", NULL, 0},
    {"labels",       "HIDDEN", NULL, 0},
    {"options", "HIDDEN", NULL, 0},
    {0            },
};

const tvf tvf_screen = {
    .columns = screen_columns,
    .required = 2,
    .open = open_screen,
    .close = close_screen,
};
