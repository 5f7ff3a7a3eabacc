/* tvf_screen_status.c - biobert_screen_status(name, labels): how far the screening is. */
#include <math.h>
#include <stddef.h>

#include "analysis/screened_papers.h"
#include "analysis/table_functions.h"

enum { ARG_NAME, ARG_LABELS };

/* The recall that the stopping test asks about, and below which probability it says yes:
 * what Callaghan and Mueller-Hansen 2020 use. */
static const double target_recall = 0.95, significant = 0.05;

enum { ADVICE_BYTES = 256 };

typedef struct screen_status {
  size_t papers, labelled, included, excluded, since_included;
  double expected, recall; /* NAN: nothing is known yet */
  double p_value;
  char advice[ADVICE_BYTES];
} screen_status;

/* The probabilities of the papers that nobody has read. */
static biobert_status expect(screened_papers *p, screen_status *s, biobert_error *err) {
  const biobert_screened *ranked;
  size_t count;
  biobert_status status = biobert_screening_rank(p->screening, &ranked, &count, err);
  if (status) return status;
  s->expected = 0;
  for (size_t i = 0; i < count; i++) s->expected += ranked[i].probability;
  const double all = (double)s->included + s->expected;
  s->recall = all > 0 ? (double)s->included / all : NAN;
  return BIOBERT_OK;
}

static void advise(screen_status *s) {
  if (s->labelled == s->papers)
    sqlite3_snprintf(ADVICE_BYTES, s->advice, "all papers have been read: stop");
  else if (!s->included || !s->excluded)
    sqlite3_snprintf(ADVICE_BYTES, s->advice,
                     "go on: nothing can be learnt before one paper is included and one "
                     "excluded");
  else if (s->p_value < significant)
    sqlite3_snprintf(ADVICE_BYTES, s->advice,
                     "stop, if 95 %% recall is enough: that fewer than 95 %% of the "
                     "relevant papers have been found has a probability of %.2g",
                     s->p_value);
  else
    sqlite3_snprintf(
        ADVICE_BYTES, s->advice,
        "go on: about %.0f of the %lld papers left may be relevant; %lld read "
        "since the last one that was",
        ceil(s->expected), (sqlite3_int64)(s->papers - s->labelled),
        (sqlite3_int64)s->since_included);
}

static biobert_status find_status(screened_papers *p, screen_status *s,
                                  biobert_error *err) {
  *s = (screen_status){.papers = p->ids.count,
                       .labelled = p->decisions,
                       .since_included =
                           decisions_since_included(p->included, p->decisions),
                       .expected = NAN,
                       .recall = NAN};
  for (size_t i = 0; i < p->decisions; i++) s->included += p->included[i];
  s->excluded = s->labelled - s->included;
  s->p_value =
      biobert_stopping_p_value(p->included, p->decisions, s->papers, target_recall);
  biobert_status status = s->included && s->excluded ? expect(p, s, err) : BIOBERT_OK;
  if (!status) advise(s);
  return status;
}

static biobert_status read_status(tvf_cursor *c, screened_papers *p, screen_status *s,
                                  biobert_error *err) {
  const char *name, *labels;
  biobert_status status = arg_name(c->arguments[ARG_NAME], ARG_NAME + 1, &name, err);
  if (!status) status = arg_name(c->arguments[ARG_LABELS], ARG_LABELS + 1, &labels, err);
  if (!status)
    status = screened_papers_read(p, name, labels, (biobert_str){"", 0}, &c->code, err);
  return status ? status : find_status(p, s, err);
}

static biobert_status open_screen_status(tvf_cursor *c, biobert_error *err) {
  screened_papers p = {.poll = {.db = connection_db(c->shared)}};
  screen_status *s = sqlite3_malloc64(sizeof *s);
  if (!s) return result_no_memory(err);
  c->rows = s;
  c->count = 1;
  biobert_status status = read_status(c, &p, s, err);
  screened_papers_free(&p);
  return status;
}

/* A number that may not be known. */
static biobert_status known_double(const tvf_cell *cell) {
  const double value =
      *(const double *)(const void *)((const char *)cell->row + cell->column->offset);
  if (!isnan(value)) sqlite3_result_double(cell->context, value);
  return BIOBERT_OK;
}

static biobert_status status_advice(const tvf_cell *cell) {
  return tvf_result_string(cell, ((const screen_status *)cell->row)->advice);
}

#define AT(member) offsetof(screen_status, member)

static const tvf_column screen_status_columns[] = {
    {"papers",         "INTEGER", tvf_size, AT(papers)},
    {"labelled",        "INTEGER", tvf_size, AT(labelled)},
    {"included",                "INTEGER", tvf_size, AT(included)},
    {"excluded","INTEGER", tvf_size, AT(excluded)},
    {"since_included",    "INTEGER", tvf_size, AT(since_included)},
    {"expected",       "REAL", known_double, AT(expected)},
    {"recall",        "REAL", known_double, AT(recall)},
    {"p_value",                "REAL", known_double, AT(p_value)},
    {"advice",        "TEXT", status_advice, 0},
    {"name",    "HIDDEN", NULL, 0},
    {"labels", "HIDDEN", NULL, 0},
    {0       },
};

const tvf tvf_screen_status = {
    .columns = screen_status_columns,
    .required = 2,
    .row_bytes = sizeof(screen_status),
    .open = open_screen_status,
};
