/* cmd_import.c - `biobert import`: files of literature into a library that can be
 * searched. */
#include <string.h>

#include "cli/file_list.h"
#include "cli/importing.h"
#include "cli/make_index.h"
#include "cli/reference_library.h"
#include "cli/synchronise.h"
#include "cli/terminal.h"

typedef struct import_run {
  cli *c;
  database d;
  char *index;
  int64_t files, skipped, failed;
  sqlite3_str *skipped_names; /* of the first ones */
  bool synced, no_model;
} import_run;

/* "12 new, 3 changed" without what there is none of. */
static void append_count(sqlite3_str *line, int64_t count, const char *what) {
  if (!count) return;
  sqlite3_str_appendf(line, "%s%lld %s", sqlite3_str_length(line) ? ", " : "",
                      (long long)count, what);
}

static void report_text(import_run *r, const char *path, const imported *i,
                        int64_t embedded) {
  sqlite3_str *line = sqlite3_str_new(NULL), *name = sqlite3_str_new(NULL);
  append_count(line, i->new_papers, "new");
  append_count(line, i->changed, "changed");
  append_count(line, i->same, "the same");
  append_count(line, i->deleted, "deleted");
  append_count(line, i->unreadable, "unreadable");
  if (!sqlite3_str_length(line)) sqlite3_str_appendall(line, "no records");
  append_count(line, embedded, "embedded");
  text_append_clean(name, path, strlen(path));
  char *counts = sqlite3_str_finish(line), *shown = sqlite3_str_finish(name);
  output_line(&r->c->out, "%s: %s", shown, counts);
  sqlite3_free(counts);
  sqlite3_free(shown);
}

static void report(import_run *r, const char *path, const imported *i, int64_t embedded) {
  output *o = &r->c->out;
  if (o->form == OUTPUT_TEXT) {
    report_text(r, path, i, embedded);
    return;
  }
  output_text(o, "file", path);
  output_integer(o, "new", i->new_papers);
  output_integer(o, "changed", i->changed);
  output_integer(o, "same", i->same);
  output_integer(o, "deleted", i->deleted);
  output_integer(o, "unreadable", i->unreadable);
  output_integer(o, "embedded", embedded);
  if (i->error) output_text(o, "error", i->error);
  output_end_row(o);
}

static bool open_index(import_run *r) {
  paper_table papers;
  if (!index_of_table(&r->d, "papers", &r->index)) return false;
  if (r->index) return true;
  if (!tables_find(&r->d, "papers", true, &papers)) return false;
  r->index = make_index(r->c, &r->d, &papers, NULL, NULL);
  paper_table_free(&papers);
  return r->index != NULL;
}

/* The first file's sync takes up what an interrupted run has left; later ones have work
 * only where their file has changed something. */
static bool sync_after(import_run *r, const imported *i, int64_t *embedded) {
  synchronised done = {0};
  *embedded = 0;
  if (r->no_model) return true;
  if (r->synced && !i->new_papers && !i->changed && !i->deleted) return true;
  bool ok = synchronise(r->c, &r->d, r->index, &done);
  *embedded = done.embedded;
  r->no_model = done.no_model;
  r->synced = true;
  return ok;
}

/* After a file that cannot be read the others go on; not after Ctrl-C, or where the
 * library cannot be written. */
static bool fail_file(import_run *r, const char *path, import_result result,
                      const imported *counts) {
  const char *error = counts->error ? counts->error : "out of memory";
  const bool stopped = result == IMPORT_STOPPED || database_was_interrupted();
  r->failed++;
  if (stopped && result != IMPORT_STOPPED)
    database_complain(&r->d, SQLITE_INTERRUPT);
  else if (!stopped && strncmp(error, path, strlen(path)) == 0)
    complain("%s", error);
  else if (!stopped)
    complain("%s: %s", path, error);
  if (r->c->out.form == OUTPUT_JSON) report(r, path, counts, 0);
  return !stopped;
}

/* What is in a folder may be anything, and an export that cannot be read is among it. */
static void skip_file(import_run *r, const char *path) {
  enum { MOST_NAMED = 5 };
  if (!r->skipped_names) r->skipped_names = sqlite3_str_new(NULL);
  if (r->skipped < MOST_NAMED)
    sqlite3_str_appendf(r->skipped_names, "%s%s", r->skipped ? ", " : "", path);
  else if (r->skipped == MOST_NAMED)
    sqlite3_str_appendall(r->skipped_names, ", ...");
  r->skipped++;
}

/* Records that were read from `path`, which people know as `shown`. False: the rest has no
 * chance either. */
static bool import_records(import_run *r, const char *path, const char *shown,
                           bool named) {
  imported counts;
  int64_t embedded = 0;
  import_result result = importing_run(&r->d, path, r->c->quiet, &counts);
  bool ok = true;
  if (result == IMPORT_UNKNOWN && !named)
    skip_file(r, shown);
  else if (result != IMPORT_DONE)
    ok = fail_file(r, shown, result, &counts);
  else {
    r->files++;
    ok = (path == shown ||
          database_run(&r->d, "UPDATE papers SET source = %Q WHERE source = %Q", shown,
                       path)) &&
         sync_after(r, &counts, &embedded);
    report(r, shown, &counts, embedded);
    if (!ok || counts.unreadable) r->failed++;
  }
  sqlite3_free(counts.error);
  return ok; /* whether or not anyone reads the counts */
}

/* The libraries of other programs that options name. */
static bool import_libraries(import_run *r) {
  bool ok = true;
  for (const reference_library *l = reference_libraries; ok && l->option; l++) {
    const char *path = option_value(&r->c->arguments, l->option);
    reference_copy copy;
    if (!path) continue;
    if (reference_library_open(r->c, l, path, &copy))
      ok = import_records(r, copy.records, path, true);
    else
      r->failed++;
    reference_library_close(&copy);
  }
  return ok;
}

static void say_what_next(import_run *r) {
  char *skipped = sqlite3_str_finish(r->skipped_names);
  r->skipped_names = NULL;
  if (r->skipped)
    remark(r->c->quiet,
           "%lld files of the folders are no literature and were left out: %s (name one "
           "to see why)",
           (long long)r->skipped, skipped);
  sqlite3_free(skipped);
  if (r->failed && database_was_interrupted()) return;
  if (r->c->out.form == OUTPUT_TEXT && r->files && !r->no_model)
    remark(r->c->quiet, "to search: biobert search %z 'a question'",
           text_shell_word(r->d.path));
}

static int import_files(import_run *r, const file_list *list) {
  if (list->no_memory) {
    complain("out of memory");
    return FAILED;
  }
  if (!importing_prepare(&r->d) || !open_index(r)) return FAILED;
  bool ok = import_libraries(r);
  for (size_t i = 0; ok && i < list->count; i++) {
    const listed_file *file = &list->files[i];
    ok = import_records(r, file->path, file->path, file->named);
  }
  say_what_next(r);
  if (r->failed) return FAILED;
  return r->files ? FOUND : NOTHING_FOUND;
}

static bool names_a_library(const command_line *a) {
  for (const reference_library *l = reference_libraries; l->option; l++)
    if (option_value(a, l->option)) return true;
  return false;
}

/* False, and said with the command that was meant. */
static bool check_files(const command_line *a) {
  for (int i = 0; i < a->count; i++)
    if (strcmp(a->texts[i], "-") == 0) {
      complain("standard input is not read: write it into a file, and import that");
      return false;
    }
  if (a->count > 1 || names_a_library(a)) return true;
  if (path_is_no_library(a->texts[0]))
    complain("the library comes first, a file that is made: biobert import library.db %z",
             text_shell_word(a->texts[0]));
  else
    complain("import needs a file: biobert import %z FILE...",
             text_shell_word(a->texts[0]));
  return false;
}

static int run_import(cli *c) {
  import_run r = {.c = c};
  file_list list = {0};
  int status = FAILED;
  const command_line *a = &c->arguments;
  if (!check_files(a)) return USED_WRONGLY;
  for (int i = 1; i < a->count; i++) file_list_add(&list, a->texts[i]);
  if (database_open(&r.d, c, a->texts[0], DATABASE_MAKE)) {
    status = import_files(&r, &list);
    sqlite3_free(r.index);
    database_close(&r.d);
  }
  file_list_free(&list);
  return status;
}

static const option options[] = {
    {"zotero",   0, "PATH", "the folder of Zotero's data, or its zotero.sqlite"           },
    {"calibre",  0, "PATH", "the folder of a library of Calibre, or its metadata.db"      },
    {"jabref",   0, "PATH", "a shared library of JabRef as an SQLite file, or a .bib file"},
    {"asreview", 0, "PATH", "a project of ASReview (.asreview), or its results.db"        },
    {NULL,       0, NULL,   NULL                                                          },
};

const subcommand command_import = {
    .name = "import",
    .texts = "LIBRARY.db FILE...",
    .least = 1,
    .most = 0,
    .what = "take up files of literature",
    .more =
        "Files of PubMed (nbib, XML), RIS, BibTeX, EndNote (XML, .enw), Web of Science, "
        "Europe PMC, CSL-JSON, CSV, JATS and TEI, plain or gzip, or folders of them, go "
        "into the table papers "
        "of the library, which is made if it is not there. What is new or changed is "
        "embedded, so that it can be searched. The same file again changes nothing. "
        "Ctrl-C: the same command again goes on. Libraries of other programs are read "
        "from a copy; new items are found at the next run.\n\n"
        "    biobert import library.db pubmed.nbib\n"
        "    biobert import library.db exports/ more.ris\n"
        "    biobert import library.db --zotero ~/Zotero",
    .options = options,
    .run = run_import,
};
