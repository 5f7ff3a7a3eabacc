/* cmd_topics.c - `biobert topics`: what a library is about. */
#include <string.h>

#include "cli/map_rows.h"
#include "cli/terminal.h"

static void show_text(cli *c, sqlite3_stmt *s) {
  const char *words = (const char *)sqlite3_column_text(s, TOPIC_WORDS);
  const char *title = (const char *)sqlite3_column_text(s, TOPIC_TITLE);
  char number[32];
  int year;
  sqlite3_snprintf(sizeof number, number, "%3lld  ",
                   (long long)sqlite3_column_int64(s, TOPIC_NUMBER));
  sqlite3_str *first = sqlite3_str_new(NULL), *second = sqlite3_str_new(NULL);
  sqlite3_str_appendf(first, MARK_TITLE "%s" MARK_END " (%lld)", words ? words : "",
                      (long long)sqlite3_column_int64(s, TOPIC_SIZE));
  if (title) text_append_clean(second, title, strlen(title));
  if (title && map_year(s, TOPIC_YEAR, &year)) sqlite3_str_appendf(second, " (%d)", year);
  char *heading = sqlite3_str_finish(first), *central = sqlite3_str_finish(second);
  if (heading) output_wrapped(&c->out, number, heading);
  if (central) output_wrapped(&c->out, "     ", central);
  sqlite3_free(heading);
  sqlite3_free(central);
}

static void show_row(cli *c, sqlite3_stmt *s) {
  output *o = &c->out;
  output_column(o, "cluster", s, TOPIC_NUMBER);
  output_column(o, "size", s, TOPIC_SIZE);
  output_column(o, "words", s, TOPIC_WORDS);
  output_column(o, "id", s, TOPIC_ID);
  output_column(o, "title", s, TOPIC_TITLE);
  output_column(o, "year", s, TOPIC_YEAR);
  output_end_row(o);
}

static int show_topics(cli *c, const map_request *r) {
  sqlite3_stmt *s = NULL;
  int64_t count = 0;
  bool ok = map_prepare_topics(r, &s);
  while (ok && !output_is_broken(&c->out) && map_step(r, s, &ok)) {
    count++;
    if (c->out.form == OUTPUT_TEXT)
      show_text(c, s);
    else
      show_row(c, s);
  }
  sqlite3_finalize(s);
  if (!ok) return FAILED;
  if (count) return FOUND;
  complain("nothing is embedded yet: type: biobert index %z",
           text_shell_word(r->d->path));
  return NOTHING_FOUND;
}

static int run_topics(cli *c) {
  database d;
  paper_index index;
  map_request r = {.d = &d, .index = &index, .words = 10};
  int status = FAILED;
  if (!option_integer(&c->arguments, "topics", 1, &r.topics) ||
      !option_integer(&c->arguments, "words", 0, &r.words) ||
      !option_integer(&c->arguments, "seed", 0, &r.seed))
    return USED_WRONGLY;
  if (!database_open(&d, c, c->arguments.texts[0], DATABASE_READ)) return FAILED;
  if (indexes_find(&d, option_value(&c->arguments, "index"), c->quiet, &index))
    status = show_topics(c, &r);
  paper_index_free(&index);
  database_close(&d);
  return status;
}

static const option options[] = {
    {"topics", 'k', "K",    "how many topics (default: as many as stand apart)"},
    {"words",  'w', "N",    "how many words of each (default: 10)"             },
    {"seed",   0,   "N",    "another seed, other topics (default: 0)"          },
    {"index",  'i', "NAME", "the index to look at (default: the only one)"     },
    {NULL,     0,   NULL,   NULL                                               },
};

const subcommand command_topics = {
    .name = "topics",
    .texts = "LIBRARY.db",
    .least = 1,
    .most = 1,
    .what = "show what a library is about: topics, by their words",
    .more = "Papers that are near each other in meaning are a topic, the largest first: "
            "its number, the words that set it apart, how many papers it has, and the "
            "title of the paper in its middle.\n\n"
            "    biobert topics library.db\n"
            "    biobert topics library.db -k 12 --json",
    .options = options,
    .run = run_topics,
};
