/* cmd_index.c - `biobert index`: makes the search index of a table, and brings it up to
 * date. */
#include <string.h>

#include "cli/make_index.h"
#include "cli/command.h"
#include "cli/synchronise.h"
#include "cli/terminal.h"

static int report(cli *c, const char *index, bool made, const synchronised *done) {
  output *o = &c->out;
  if (o->form == OUTPUT_TEXT) {
    output_line(o, "%s%s: %lld embedded%s", index, made ? " (new)" : "",
                (long long)done->embedded,
                done->no_model ? " (no model)" : ", up to date");
    return FOUND;
  }
  output_text(o, "index", index);
  output_integer(o, "embedded", done->embedded);
  output_integer(o, "failed", done->failed);
  output_end_row(o);
  return FOUND;
}

/* The index that there is, or a new one; NULL, and said: it is not as it was asked for. */
static char *find_or_make_of(cli *c, database *d, const paper_table *papers, bool *made) {
  const char *text = option_value(&c->arguments, "text");
  const char *key = option_value(&c->arguments, "id");
  char *index;
  if (!index_of_table(d, papers->name, &index)) {
    sqlite3_free(index);
    return NULL;
  }
  /* The command that was stopped goes on when it is typed again. */
  if (index && text && !index_was_made_so(c, d, index, papers, text, key)) {
    complain("'%s' has an index already, '%s': DROP TABLE \"%w\" removes it",
             papers->name, index, index);
    sqlite3_free(index);
    index = NULL;
  } else if (!index) {
    index = make_index(c, d, papers, text, key);
    *made = index != NULL;
  }
  return index;
}

/* Of the table that was named, or of the one that looks like literature. */
static char *find_or_make(cli *c, database *d, bool *made) {
  paper_table papers;
  *made = false;
  if (!tables_find(d, option_value(&c->arguments, "table"), c->quiet, &papers))
    return NULL;
  char *index = find_or_make_of(c, d, &papers, made);
  paper_table_free(&papers);
  return index;
}

static int run_index(cli *c) {
  database d;
  bool made;
  synchronised done;
  int status = FAILED;
  if (!database_open(&d, c, c->arguments.texts[0], DATABASE_WRITE)) return FAILED;
  char *index = find_or_make(c, &d, &made);
  if (index && !made && option_value(&c->arguments, "rebuild") &&
      !database_run(&d, "INSERT INTO \"%w\"(\"%w\") VALUES('reset')", index, index)) {
    sqlite3_free(index);
    index = NULL;
  }
  if (index && synchronise(c, &d, index, &done)) status = report(c, index, made, &done);
  sqlite3_free(index);
  database_close(&d);
  return status;
}

static const option options[] = {
    {"table",   't', "TABLE",   "the table of papers (default: the one that looks like it)"},
    {"text",    0,   "COLUMNS", "its columns of text, as title,abstract"                   },
    {"rebuild", 0,   NULL,      "forget all vectors first: for another model"              },
    {"id",      0,   "COLUMN",  "its integer key (default: the INTEGER PRIMARY KEY)"       },
    {NULL,      0,   NULL,      NULL                                                       },
};

const subcommand command_index = {
    .name = "index",
    .texts = "LIBRARY.db",
    .least = 1,
    .most = 1,
    .what = "make the search index of a table, or bring it up to date",
    .more =
        "Works on any SQLite database with texts. The table itself is not changed: the "
        "index is a table TABLE_search beside it. What is embedded already is not "
        "embedded again.\n\n"
        "    biobert index library.db\n"
        "    biobert index study.db --table articles --text title,abstract --id pmid",
    .options = options,
    .run = run_index,
};
