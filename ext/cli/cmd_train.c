/* cmd_train.c - `biobert train`: a model learns from rows of a database.
 *
 * The rows are copied first, so that other programs may write to the file while a run of
 * hours goes on. */
#include <string.h>

#include "cli/tables.h"
#include "cli/terminal.h"

/* Options to JSON -------------------------------------------------------------------- */

typedef enum json_kind { JSON_NUMBER, JSON_TEXT } json_kind;

/* Options of the command that are options of biobert_train(), by its name. */
static const struct {
  const char *name, *key;
  json_kind kind;
} passed_on[] = {
    {"epochs",        "epochs",        JSON_NUMBER},
    {"steps",         "steps",         JSON_NUMBER},
    {"batch",         "batch",         JSON_NUMBER},
    {"learning-rate", "learning_rate", JSON_NUMBER},
    {"max-tokens",    "max_tokens",    JSON_NUMBER},
    {"seed",          "seed",          JSON_NUMBER},
    {"memory-limit",  "memory_limit",  JSON_NUMBER},
};
enum { PASSED_ON = sizeof passed_on / sizeof *passed_on };

/* A model's folder under a name. */
static bool load_model(cli *c, database *d, const char *name) {
  const char *path = option_value(&c->arguments, name);
  return !path || database_run(d, "SELECT biobert_load(%Q, %Q)", path, name);
}

/* {"epochs": 3, ...}: what was given, over what --options has. NULL: said. */
static char *options_text(cli *c, database *d, const char *evaluate) {
  const command_line *a = &c->arguments;
  const char *given = option_value(a, "options");
  char *patch = sqlite3_mprintf("'{}'");
  for (int i = 0; i < PASSED_ON && patch; i++) {
    const char *value = option_value(a, passed_on[i].name);
    if (value)
      patch = sqlite3_mprintf("json_set(%z, '$.%s', json(%Q))", patch, passed_on[i].key,
                              value);
  }
  static const char *const models[] = {"model", "teacher"};
  for (int i = 0; i < 2 && patch; i++)
    if (option_value(a, models[i]))
      patch = sqlite3_mprintf("json_set(%z, '$.%s', %Q)", patch, models[i], models[i]);
  if (evaluate && patch)
    patch = sqlite3_mprintf("json_set(%z, '$.evaluate', %Q)", patch, evaluate);
  sqlite3_stmt *s;
  char *text = NULL;
  if (patch &&
      database_prepare(d, &s, "SELECT json_patch(%Q, %s)", given ? given : "{}", patch)) {
    int rc = sqlite3_step(s);
    if (rc == SQLITE_ROW)
      text = sqlite3_mprintf("%s", sqlite3_column_text(s, 0));
    else
      complain("--options and numbers are JSON: --options '{\"freeze\": \"encoder\"}'");
    sqlite3_finalize(s);
  }
  sqlite3_free(patch);
  return text;
}

/* Rows ------------------------------------------------------------------------------- */

/* A copy of a query's rows under a name that says what they are; the SELECT of all of
 * them. NULL: said. */
static char *copy_rows(database *d, const char *path, const char *query) {
  char *name = sqlite3_mprintf("%s: %s", path, query), *select = NULL;
  if (name && database_run(d, "CREATE TABLE \"%w\" AS %s", name, query))
    select = sqlite3_mprintf("SELECT * FROM \"%w\"", name);
  sqlite3_free(name);
  return select;
}

/* For mlm: the texts of the papers. NULL: said. */
static char *texts_of_papers(cli *c, const char *path) {
  database d;
  paper_table papers;
  char *query = NULL;
  if (!database_open(&d, c, path, DATABASE_READ)) return NULL;
  if (tables_find(&d, option_value(&c->arguments, "table"), c->quiet, &papers)) {
    const char *title = papers.columns[ROLE_TITLE],
               *abstract = papers.columns[ROLE_ABSTRACT];
    if (abstract && title)
      query = sqlite3_mprintf("SELECT coalesce(\"%w\" || '. ', '') || \"%w\" FROM \"%w\"",
                              title, abstract, papers.name);
    else if (abstract || title)
      query = sqlite3_mprintf("SELECT \"%w\" FROM \"%w\"", abstract ? abstract : title,
                              papers.name);
    else
      complain("'%s' has no column that looks like a text: --query 'SELECT text FROM "
               "papers'",
               papers.name);
    paper_table_free(&papers);
  }
  database_close(&d);
  if (query) remark(c->quiet, "learns from: %s", query);
  return query;
}

static char *learning_query(cli *c, const char *path, const char *task) {
  const char *given = option_value(&c->arguments, "query");
  if (given) return sqlite3_mprintf("%s", given);
  if (strcmp(task, "mlm") == 0) return texts_of_papers(c, path);
  complain("'%s' needs rows to learn from: --query 'SELECT ...'; 'biobert train --help' "
           "lists the columns",
           task);
  return NULL;
}

/* The run ---------------------------------------------------------------------------- */

enum { STEP, STEPS, EPOCH, LOSS, METRIC, VALUE, MESSAGE };

static void show_epoch(output *o, sqlite3_stmt *s) {
  const char *message = (const char *)sqlite3_column_text(s, MESSAGE);
  if (o->form != OUTPUT_TEXT) {
    static const char *const names[] = {"step",   "steps", "epoch",  "loss",
                                        "metric", "value", "message"};
    for (int i = STEP; i <= MESSAGE; i++) output_column(o, names[i], s, i);
    output_end_row(o);
  } else if (sqlite3_column_type(s, EPOCH) == SQLITE_NULL) {
    output_line(o, "%s", message);
  } else {
    output_line(o, "epoch %lld: loss %.4f, %s %.4f%s%s", sqlite3_column_int64(s, EPOCH),
                sqlite3_column_double(s, LOSS), sqlite3_column_text(s, METRIC),
                sqlite3_column_double(s, VALUE), message ? "; " : "",
                message ? message : "");
  }
}

static void show_row(cli *c, progress *p, sqlite3_stmt *s) {
  const bool ends_epoch = sqlite3_column_type(s, METRIC) != SQLITE_NULL ||
                          sqlite3_column_type(s, STEP) == SQLITE_NULL;
  const char *message = (const char *)sqlite3_column_text(s, MESSAGE);
  if (ends_epoch || message) progress_clear(p);
  if (ends_epoch)
    show_epoch(&c->out, s);
  else if (message)
    remark(c->quiet, "%s", message);
  progress_show(p, (uint64_t)sqlite3_column_int64(s, STEP),
                (uint64_t)sqlite3_column_int64(s, STEPS));
}

static int run_training(cli *c, database *d, const char *query, const char *options) {
  const char *task = c->arguments.texts[1], *folder = c->arguments.texts[2];
  sqlite3_stmt *s;
  progress p;
  int rc;
  if (!database_prepare(d, &s,
                        "SELECT step, steps, epoch, loss, metric, value, message "
                        "FROM biobert_train(%Q, %Q, %Q, %Q)",
                        task, query, folder, options))
    return FAILED;
  progress_begin(&p, "training", "steps", c->quiet);
  rc = database_step(d, s);
  for (; rc == SQLITE_ROW && !output_is_broken(&c->out); rc = sqlite3_step(s))
    show_row(c, &p, s);
  progress_clear(&p);
  if (rc != SQLITE_ROW && rc != SQLITE_DONE) database_complain(d, rc);
  if (rc == SQLITE_INTERRUPT)
    remark(c->quiet, "the same command goes on where it stopped");
  sqlite3_finalize(s);
  return rc == SQLITE_DONE ? FOUND : FAILED;
}

/* Copies what is learnt from, lets the file go, and trains. */
static int train(cli *c, database *d, const char *path, const char *query) {
  const char *held_out = option_value(&c->arguments, "evaluate");
  char *rows = NULL, *evaluation = NULL, *options = NULL;
  int status = FAILED;
  if (database_run(d, "ATTACH %Q AS library", path)) rows = copy_rows(d, path, query);
  if (rows && held_out) evaluation = copy_rows(d, path, held_out);
  const bool copied = rows && (evaluation || !held_out);
  if (copied && database_run(d, "DETACH library") && load_model(c, d, "model") &&
      load_model(c, d, "teacher"))
    options = options_text(c, d, evaluation);
  if (options) status = run_training(c, d, rows, options);
  sqlite3_free(rows);
  sqlite3_free(evaluation);
  sqlite3_free(options);
  return status;
}

/* That the file is there and is a database is said before anything is made of it. */
static bool check_library(cli *c, const char *path) {
  database d;
  if (!database_open(&d, c, path, DATABASE_READ)) return false;
  database_close(&d);
  return true;
}

static int run_train(cli *c) {
  const char *path = c->arguments.texts[0];
  database d;
  int status = FAILED;
  if (!check_library(c, path)) return FAILED;
  char *query = learning_query(c, path, c->arguments.texts[1]);
  if (!query) return USED_WRONGLY;
  if (database_open_memory(&d, c)) {
    status = train(c, &d, path, query);
    database_close(&d);
  }
  sqlite3_free(query);
  return status;
}

static const option options[] = {
    {"query",         0,   "SQL",   "the rows to learn from, as the task has its columns"},
    {"evaluate",      0,   "SQL",   "rows held out, for a metric after each epoch"       },
    {"table",         't', "TABLE", "mlm without --query: the table of papers"           },
    {"model",         'm', "PATH",  "the model to start from (default: the one in use)"  },
    {"teacher",       0,   "PATH",  "distil: the model to learn from"                    },
    {"epochs",        0,   "N",     "how often all rows are seen (default: 3)"           },
    {"steps",         0,   "N",     "steps, in place of epochs"                          },
    {"batch",         0,   "N",     "tokens of a step (default: 4096)"                   },
    {"learning-rate", 0,   "X",     "default: 5e-5; embed and rerank 2e-5"               },
    {"max-tokens",    0,   "N",     "of a text (default: the model's)"                   },
    {"seed",          0,   "N",     "of random numbers (default: 42)"                    },
    {"memory-limit",  0,   "BYTES", "that training may allocate"                         },
    {"options",       0,   "JSON",  "all other options of biobert_train()"               },
    {NULL,            0,   NULL,    NULL                                                 },
};

const subcommand command_train = {
    .name = "train",
    .texts = "LIBRARY.db TASK FOLDER",
    .least = 3,
    .most = 3,
    .what = "teach a model by rows of a database; writes the folder of a new model",
    .more =
        "TASK and the columns of its rows:\n\n"
        "    mlm       text: adapts the model to one's own literature\n"
        "    classify  text [, second text], label (a JSON array: several)\n"
        "    regress   text [, second text], number\n"
        "    rerank    question, text, number from 0 to 1\n"
        "    entities  text, spans: [{\"start_byte\": 0, \"end_byte\": 7, \"label\": "
        "\"Drug\"}]\n"
        "    answer    question, context, answer, start_byte\n"
        "    embed     question, text that answers it [, text that does not]\n"
        "    distil    text: learns another model's vectors\n\n"
        "FOLDER is what transformers, sentence-transformers and biobert_load() open. A "
        "run "
        "that was stopped goes on when the same command is typed again. The database is "
        "read once, at the beginning.\n\n"
        "    biobert train library.db mlm my-model\n"
        "    biobert train study.db classify new --query 'SELECT text, label "
        "FROM t'\n"
        "    BIOBERT_MODEL=my-model biobert search library.db 'statins after stroke'",
    .options = options,
    .run = run_train,
};
