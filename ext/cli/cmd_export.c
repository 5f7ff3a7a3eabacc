/* cmd_export.c - `biobert export`: records, or vectors with their ids. */
#include <string.h>

#include "cli/export_file.h"
#include "cli/terminal.h"

/* To add a format: its function, and a row. */
static const struct {
  const char *name;
  export_function *write;
  bool binary;
} formats[] = {
    {"ris",     export_ris,     false},
    {"bibtex",  export_bibtex,  false},
    {"nbib",    export_medline, false},
    {"csv",     export_csv,     false},
    {"json",    export_json,    false},
    {"npy",     export_npy,     true },
    {"fvecs",   export_fvecs,   true },
    {"parquet", export_parquet, true },
};

enum { FORMATS = sizeof formats / sizeof formats[0] };

/* FORMATS, and said: there is none of the name. */
static size_t find_format(const char *name) {
  for (size_t i = 0; i < FORMATS; i++)
    if (name && strcmp(formats[i].name, name) == 0) return i;
  sqlite3_str *list = sqlite3_str_new(NULL);
  for (size_t i = 0; i < FORMATS; i++)
    sqlite3_str_appendf(list, "%s%s", i ? ", " : "", formats[i].name);
  char *names = sqlite3_str_finish(list);
  if (name)
    complain("there is no format '%s'; there are: %s", name, names);
  else
    complain("say which format: --format %s", names);
  sqlite3_free(names);
  return FORMATS;
}

/* The table of the index, or the one that was named. */
static bool find_papers(cli *c, export_job *j) {
  const char *table = option_value(&c->arguments, "table");
  if (!tables_find(j->d, table, c->quiet, &j->papers)) return false;
  if (!index_of_table(j->d, j->papers.name, &j->index)) return false;
  return tables_check_where(j->d, &j->papers, j->where);
}

static void report(cli *c, const export_job *j) {
  if (c->out.form == OUTPUT_TEXT) {
    remark(c->quiet, "%lld papers are in %s", (long long)j->count, j->path);
    return;
  }
  output_text(&c->out, "file", j->path);
  output_integer(&c->out, "papers", j->count);
  output_end_row(&c->out);
}

static int write_export(cli *c, export_job *j, size_t format) {
  if (!find_papers(c, j)) return FAILED;
  const bool ok = export_to(j, formats[format].write);
  if (ok && j->path) report(c, j);
  return !ok ? FAILED : j->count ? FOUND : NOTHING_FOUND;
}

static int run_export(cli *c) {
  database d;
  export_job j = {.d = &d,
                  .where = option_value(&c->arguments, "where"),
                  .path = option_value(&c->arguments, "output")};
  size_t format = find_format(option_value(&c->arguments, "format"));
  if (format == FORMATS) return USED_WRONGLY;
  if (formats[format].binary && !j.path) {
    complain("%s goes to a file: -o FILE", formats[format].name);
    return USED_WRONGLY;
  }
  c->out.sql_aside = !j.path;
  if (!database_open(&d, c, c->arguments.texts[0], DATABASE_READ)) return FAILED;
  int status = write_export(c, &j, format);
  paper_table_free(&j.papers);
  sqlite3_free(j.index);
  database_close(&d);
  return status;
}

static const option options[] = {
    {"format", 'f', "FORMAT", "ris, bibtex, nbib, csv, json, npy, fvecs or parquet"      },
    {"where",  0,   "SQL",    "only papers for which it is true, as 'year > 2015'"       },
    {"output", 'o', "FILE",   "the file to write (default: standard output)"             },
    {"table",  't', "TABLE",  "the table of papers (default: the one that looks like it)"},
    {NULL,     0,   NULL,     NULL                                                       },
};

const subcommand command_export = {
    .name = "export",
    .texts = "LIBRARY.db",
    .least = 1,
    .most = 1,
    .what = "write records or vectors for other programs",
    .more =
        "ris, bibtex and nbib are for reference managers; csv and json have every "
        "column. npy and fvecs have the vectors, and a file beside them the ids, in the "
        "same order; parquet has the columns and the vectors.\n\n"
        "    biobert export library.db --format ris -o library.ris\n"
        "    biobert export library.db -f npy --where 'year > 2015' -o recent.npy",
    .options = options,
    .run = run_export,
};
