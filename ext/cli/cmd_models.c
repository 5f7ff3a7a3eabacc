/* cmd_models.c - `biobert models` shows the model in use, `biobert model get` brings one.
 */
#include <string.h>

#include "cli/child.h"
#include "cli/default_model.h"
#include "cli/terminal.h"

/* biobert models --------------------------------------------------------------------- */

static const char *const model_columns[] = {
    "name",      "path",       "architecture", "task",      "layers", "hidden",
    "dimension", "max_tokens", "pooling",      "normalize", "labels", "notes",
};

enum {
  MODEL_COLUMNS = sizeof model_columns / sizeof model_columns[0],
  NAME = 0,
  PATH = 1
};

static void show_model(output *o, sqlite3_stmt *s) {
  if (o->form != OUTPUT_TEXT) {
    for (int i = 0; i < MODEL_COLUMNS; i++) output_column(o, model_columns[i], s, i);
    output_end_row(o);
    return;
  }
  output_line(o, "%s  %s", sqlite3_column_text(s, NAME), sqlite3_column_text(s, PATH));
  for (int i = PATH + 1; i < MODEL_COLUMNS; i++) {
    const char *value = (const char *)sqlite3_column_text(s, i);
    char *first = sqlite3_mprintf("    %-13s ", model_columns[i]);
    if (value && *value && first) output_wrapped(o, first, value);
    sqlite3_free(first);
  }
}

static int show_models(cli *c, database *d) {
  sqlite3_stmt *s;
  int rc, count = 0;
  if (!database_prepare(
          d, &s,
          "SELECT name, path, architecture, task, layers, hidden, dimension, "
          "max_tokens, pooling, normalize, labels, notes "
          "FROM biobert_models"))
    return FAILED;
  for (; (rc = database_step(d, s)) == SQLITE_ROW; count++) show_model(&c->out, s);
  if (rc != SQLITE_DONE) database_complain(d, rc);
  sqlite3_finalize(s);
  if (rc != SQLITE_DONE) return FAILED;
  if (!count) complain("%s", no_model_advice);
  return count ? FOUND : NOTHING_FOUND;
}

static int run_models(cli *c) {
  database d;
  if (!database_open_memory(&d, c)) return FAILED;
  int status = show_models(c, &d);
  database_close(&d);
  return status;
}

const subcommand command_models = {
    .name = "models",
    .texts = "",
    .least = 0,
    .most = 0,
    .what = "show the model that is used",
    .more = "The model is, first hit wins: the folder that BIOBERT_MODEL names; "
            "models/default beside the program (or two folders up, in a checkout); "
            "$XDG_DATA_HOME/biobert/default or ~/.local/share/biobert/default.",
    .run = run_models,
};

/* biobert model get ------------------------------------------------------------------ */

static int get_model(cli *c, const char *tool, const char *folder, const char *name) {
  const char *const arguments[] = {"bash", tool, "--dir", folder, name ? "--model" : NULL,
                                   name,   NULL};
  int status = child_run(arguments, NULL);
  if (status == 2) return USED_WRONGLY;
  if (status != 0) return FAILED;
  if (c->out.form != OUTPUT_TEXT) {
    output_text(&c->out, "path", folder);
    output_end_row(&c->out);
  } else
    output_line(&c->out, "the model is in %s; 'biobert models' shows it", folder);
  return FOUND;
}

static int run_model(cli *c) {
  const command_line *a = &c->arguments;
  const char *name = a->count > 1 ? a->texts[1] : NULL;
  const char *given = option_value(a, "dir");
  bool checkout;
  if (strcmp(a->texts[0], "get") != 0) {
    complain("'biobert model %s' is not known: biobert model get [OWNER/NAME]",
             a->texts[0]);
    return USED_WRONGLY;
  }
  char *tool = model_tool_path(&checkout);
  char *folder = given ? sqlite3_mprintf("%s", given) : model_default_folder();
  int status = FAILED;
  if (!tool)
    complain("get_model.sh is not beside this program ('make install' puts it into "
             "share/biobert): get the folder of a model by other means and set "
             "BIOBERT_MODEL to it");
  else if (!folder)
    complain("HOME is not set: say where the model is to lie: --dir FOLDER");
  else
    status = get_model(c, tool, folder, name);
  sqlite3_free(tool);
  sqlite3_free(folder);
  return status;
}

static const option get_options[] = {
    {"dir", 0, "FOLDER", "the folder for it (default: where the program finds it)"},
    {NULL,  0, NULL,     NULL                                                     },
};

const subcommand command_model = {
    .name = "model",
    .texts = "get [OWNER/NAME]",
    .least = 1,
    .most = 2,
    .what = "get a model, once",
    .more =
        "Without a name: all-MiniLM-L6-v2 (92 MB), small, fast, for search in general. "
        "A name is a model's on the Hugging Face hub. The model becomes the one that is "
        "used; an index that was made with another one has to be made again: biobert "
        "index LIBRARY.db --rebuild.\n\n"
        "    biobert model get\n"
        "    biobert model get NeuML/pubmedbert-base-embeddings",
    .options = get_options,
    .run = run_model,
};
