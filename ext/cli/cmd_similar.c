/* cmd_similar.c - `biobert similar`: papers like one that is known. */
#include <string.h>

#include "cli/found.h"
#include "cli/terminal.h"

/* The key of a paper by a column that holds the text; false: there is none. */
static bool find_by(database *d, const paper_table *t, column_role role, const char *text,
                    int64_t *key) {
  if (!t->columns[role]) return false;
  int64_t found =
      database_integer(d, INT64_MIN, "SELECT \"%w\" FROM \"%w\" WHERE \"%w\" = %Q",
                       t->key, t->name, t->columns[role], text);
  if (found != INT64_MIN) *key = found;
  return found != INT64_MIN;
}

/* A paper is named by its key, its PMID or its DOI. */
static bool find_paper(database *d, const paper_table *t, const char *text,
                       int64_t *key) {
  if (read_integer(text, key) &&
      database_integer(d, 0, "SELECT count(*) FROM \"%w\" WHERE \"%w\" = %lld", t->name,
                       t->key, (long long)*key) > 0)
    return true;
  if (find_by(d, t, ROLE_PMID, text, key)) return true;
  char *lower = sqlite3_mprintf("%s", text);
  for (char *p = lower; p && *p; p++)
    if (*p >= 'A' && *p <= 'Z') *p = (char)(*p + 'a' - 'A');
  bool found = lower && (find_by(d, t, ROLE_DOI, lower, key) ||
                         find_by(d, t, ROLE_DOI, text, key));
  sqlite3_free(lower);
  return found;
}

static bool has_vector(database *d, const paper_index *x, int64_t key) {
  return database_integer(d, 0,
                          "SELECT vector IS NOT NULL FROM \"%w\" WHERE rowid = %lld",
                          x->name, (long long)key) > 0;
}

static int show_similar(cli *c, database *d, const paper_index *index, question *q) {
  const char *text = c->arguments.texts[1];
  if (!find_paper(d, &index->papers, text, &q->like)) {
    complain("the table '%s' has no paper %s: its id, PMID or DOI is expected",
             index->papers.name, text);
    return NOTHING_FOUND;
  }
  if (has_vector(d, index, q->like)) return found_show(c, d, index, q);
  complain("the paper %s is not embedded yet (or has no text): type: biobert index %z",
           text, text_shell_word(d->path));
  return FAILED;
}

static int run_similar(cli *c) {
  database d;
  paper_index index;
  question q = {.by_like = true,
                .limit = 10,
                .where = option_value(&c->arguments, "where"),
                .words = option_value(&c->arguments, "words"),
                .links = option_value(&c->arguments, "open")};
  int status = FAILED;
  if (!option_integer(&c->arguments, "limit", 1, &q.limit)) return USED_WRONGLY;
  if (!database_open(&d, c, c->arguments.texts[0], DATABASE_READ)) return FAILED;
  if (indexes_find(&d, option_value(&c->arguments, "index"), c->quiet, &index))
    status = show_similar(c, &d, &index, &q);
  paper_index_free(&index);
  database_close(&d);
  return status;
}

static const option options[] = {
    {"limit", 'n', "N",     "how many papers (default: 10)"                     },
    {"where", 0,   "SQL",   "only papers for which it is true, as 'year > 2015'"},
    {"words", 0,   "WORDS", "words that must occur"                             },
    {"open",  0,   NULL,    "show the link to PubMed or of the DOI, too"        },
    {"index", 'i', "NAME",  "the index to search (default: the only one)"       },
    {NULL,    0,   NULL,    NULL                                                },
};

const subcommand command_similar = {
    .name = "similar",
    .texts = "LIBRARY.db ID",
    .least = 2,
    .most = 2,
    .what = "find papers like one that is known",
    .more = "ID is the paper's id in its table, its PMID or its DOI.\n\n"
            "    biobert similar library.db 31501885 -n 5\n"
            "    biobert similar library.db 10.1093/bioinformatics/btz682",
    .options = options,
    .run = run_similar,
};
