/* cmd_screen.c - `biobert screen`: judging papers for a review, the likely ones first. */
#include <string.h>

#include "cli/review.h"
#include "cli/terminal.h"

/* {"query": ..., "features": ...} of those that are given. */
static char *options_json(const cli *c) {
  static const char *const names[] = {"query", "features", "order"};
  sqlite3_str *json = sqlite3_str_new(NULL);
  const char *between = "{";
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    const char *value = option_value(&c->arguments, names[i]);
    if (!value) continue;
    sqlite3_str_appendf(json, "%s\"%s\":", between, names[i]);
    text_append_json(json, value, strlen(value));
    between = ",";
  }
  sqlite3_str_appendall(json, *between == '{' ? "{}" : "}");
  return sqlite3_str_finish(json);
}

typedef struct wish {
  const char *simulate, *format, *path;
  int64_t starts, limit;
} wish;

static int run_review(review *r, const wish *w) {
  if (w->format) return review_export(r, w->format, w->path);
  if (w->simulate) return review_simulate(r, w->simulate, w->starts);
  if (r->c->out.form != OUTPUT_TEXT) return review_list(r, w->limit);
  return review_loop(r);
}

static bool check_wish(const cli *c, const wish *w) {
  if (w->format && w->simulate) {
    complain("--export and --simulate are two things: choose one");
    return false;
  }
  if (!w->path || w->format) return true;
  complain("'%s' is one text too many: FILE is of --export", c->arguments.texts[1]);
  return false;
}

static int open_and_run(cli *c, review *r, const wish *w) {
  database d;
  const bool asks = !w->format && !w->simulate && c->out.form == OUTPUT_TEXT;
  int status = FAILED;
  if (!database_open(&d, c, c->arguments.texts[0], asks ? DATABASE_WRITE : DATABASE_READ))
    return FAILED;
  r->d = &d;
  if (indexes_find(&d, option_value(&c->arguments, "index"), c->quiet, &r->index))
    status = run_review(r, w);
  paper_index_free(&r->index);
  database_close(&d);
  return status;
}

static int run_screen(cli *c) {
  const char *table = option_value(&c->arguments, "labels");
  review r = {.c = c, .table = table ? table : "screening", .batch = 10};
  wish w = {.simulate = option_value(&c->arguments, "simulate"),
            .format = option_value(&c->arguments, "export"),
            .path = c->arguments.count > 1 ? c->arguments.texts[1] : NULL,
            .starts = 3,
            .limit = 10};
  if (!option_integer(&c->arguments, "batch", 1, &r.batch) ||
      !option_integer(&c->arguments, "starts", 1, &w.starts) ||
      !option_integer(&c->arguments, "limit", 1, &w.limit) || !check_wish(c, &w))
    return USED_WRONGLY;
  if (r.batch > REVIEW_MAX_BATCH) r.batch = REVIEW_MAX_BATCH;
  c->out.sql_aside = w.format && !w.path;
  r.options = options_json(c);
  const int status = r.options ? open_and_run(c, &r, &w) : FAILED;
  sqlite3_free(r.options);
  return status;
}

static const option options[] = {
    {"query",    0,   "TEXT",   "the inclusion criteria: what comes first"             },
    {"labels",   'l', "TABLE",  "the table of decisions (default: screening)"          },
    {"features", 0,   "WHAT",   "auto (default), words, vectors or both"               },
    {"order",    0,   "ORDER",  "relevance (default), uncertain or random"             },
    {"batch",    'b', "N",      "learn anew after N decisions (default: 10)"           },
    {"limit",    'n', "N",      "with --json, --csv: how many papers (default: 10)"    },
    {"export",   0,   "FORMAT", "write records with the decisions: ris or asreview-csv"},
    {"simulate", 0,   "NAME",   "a table or column of labels: how much work is saved"  },
    {"starts",   0,   "N",      "with --simulate: how often to begin (default: 3)"     },
    {"index",    'i', "NAME",   "the index (default: the only one)"                    },
    {NULL,       0,   NULL,     NULL                                                   },
};

const subcommand command_screen = {
    .name = "screen",
    .texts = "LIBRARY.db [FILE]",
    .least = 1,
    .most = 2,
    .what = "judge papers for a review, the likely ones first",
    .more =
        "Shows one paper after another and asks: i include, e exclude, s skip, u undo, q "
        "stop. What is likely to be included is learnt from the decisions and comes "
        "first; a line says how many papers may be left, and whether to stop. Each "
        "decision is kept in the library at once.\n\n"
        "    biobert screen library.db --query 'statins for stroke, randomised trials'\n"
        "    biobert screen library.db --export asreview-csv labels.csv\n"
        "    biobert screen library.db --simulate old_labels",
    .options = options,
    .run = run_screen,
};
