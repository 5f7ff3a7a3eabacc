/* cmd_search.c - `biobert search`: papers that answer a question. */
#include <string.h>

#include "cli/found.h"
#include "cli/terminal.h"

/* False, and said: the question is where the library should be. */
static bool check_order(const command_line *a) {
  const bool swapped = a->count == 2 && !path_exists(a->texts[0]) &&
                       path_exists(a->texts[1]) && !path_is_no_library(a->texts[1]);
  if (!swapped) return true;
  complain("the library comes first: biobert search %z %z", text_shell_word(a->texts[1]),
           text_shell_word(a->texts[0]));
  return false;
}

static bool read_question(cli *c, question *q) {
  const command_line *a = &c->arguments;
  *q = (question){
      .text = a->count > 1 ? a->texts[1] : NULL,
      .words = option_value(a, "words"),
      .where = option_value(a, "where"),
      .by_like = option_value(a, "like"),
      .links = option_value(a, "open"),
      .limit = 10,
  };
  if (!check_order(a)) return false;
  if (!option_integer(a, "limit", 1, &q->limit)) return false;
  if (!option_integer(a, "like", INT64_MIN, &q->like)) return false;
  if (q->text && !q->text[strspn(q->text, " \t\n")]) {
    complain("the question is empty: biobert search library.db 'does aspirin prevent a "
             "second stroke'");
    return false;
  }
  if (q->text && q->by_like) {
    complain("a question and --like are two searches: choose one");
    return false;
  }
  if (q->text || q->by_like || q->words) return true;
  if (!path_exists(a->texts[0]))
    complain("the library comes first: biobert search library.db %z",
             text_shell_word(a->texts[0]));
  else
    complain("search needs a question, --words or --like: biobert search library.db "
             "'does aspirin prevent a second stroke'");
  return false;
}

static int run_search(cli *c) {
  database d;
  question q;
  paper_index index;
  int status = FAILED;
  if (!read_question(c, &q)) return USED_WRONGLY;
  if (!database_open(&d, c, c->arguments.texts[0], DATABASE_READ)) return FAILED;
  if (indexes_find(&d, option_value(&c->arguments, "index"), c->quiet, &index))
    status = found_show(c, &d, &index, &q);
  paper_index_free(&index);
  database_close(&d);
  return status;
}

static const option options[] = {
    {"limit", 'n', "N",     "how many papers (default: 10)"                            },
    {"where", 0,   "SQL",   "only papers for which it is true, as 'year > 2015'"       },
    {"words", 0,   "WORDS", "words that must occur, as '\"heart failure\" NOT animal*'"},
    {"like",  0,   "ID",    "papers like that one, in place of a question"             },
    {"open",  0,   NULL,    "show the link to PubMed or of the DOI, too"               },
    {"index", 'i', "NAME",  "the index to search (default: the only one)"              },
    {NULL,    0,   NULL,    NULL                                                       },
};

const subcommand command_search = {
    .name = "search",
    .texts = "LIBRARY.db QUESTION",
    .least = 1,
    .most = 2,
    .what = "find papers that answer a question",
    .more =
        "Words and meaning count. With each paper comes the sentence of it that is "
        "nearest to the question. --where is an SQL expression over the columns of the "
        "table of papers; --words is FTS5's syntax: AND, OR, NOT, \"a phrase\", "
        "immun*, title : word.\n\n"
        "    biobert search library.db 'does aspirin prevent a second stroke'\n"
        "    biobert search library.db 'gene therapy' -n 5 --where 'year > 2015'\n"
        "    biobert search library.db --words '\"IL-6\" asthma' --open",
    .options = options,
    .run = run_search,
};
