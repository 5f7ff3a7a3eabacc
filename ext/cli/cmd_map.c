/* cmd_map.c - `biobert map`: a library as a map, on a page, as a picture, or as rows. */
#include <string.h>

#include "base/os.h"
#include "cli/links.h"
#include "cli/map_files.h"
#include "cli/terminal.h"
#include "cli/whole_file.h"

static const struct {
  const char *option;
  file_writer *write;
} files[] = {
    {"html", map_write_page   },
    {"svg",  map_write_picture},
};

enum { FILES = sizeof files / sizeof files[0] };

static void show_row(cli *c, sqlite3_stmt *s) {
  output *o = &c->out;
  char *link = paper_link(s, PAPER_ROLES);
  output_column(o, "id", s, PAPER_ID);
  output_column(o, "x", s, PAPER_X);
  output_column(o, "y", s, PAPER_Y);
  output_column(o, "topic", s, PAPER_TOPIC);
  output_column(o, "title", s, PAPER_ROLES + ROLE_TITLE);
  output_column(o, "year", s, PAPER_ROLES + ROLE_YEAR);
  output_text(o, "link", link);
  output_end_row(o);
  sqlite3_free(link);
}

static bool show_rows(cli *c, const map_request *r, int64_t *count) {
  sqlite3_stmt *s = NULL;
  bool ok = map_prepare_papers(r, &s);
  while (ok && !output_is_broken(&c->out) && map_step(r, s, &ok)) {
    show_row(c, s);
    ++*count;
  }
  sqlite3_finalize(s);
  return ok;
}

static void report(cli *c, const char *path, int64_t papers) {
  if (c->out.form == OUTPUT_TEXT) {
    remark(c->quiet, "%lld papers are on the map %s", (long long)papers, path);
    return;
  }
  output_text(&c->out, "file", path);
  output_integer(&c->out, "papers", papers);
  output_end_row(&c->out);
}

/* The file's name, without folders. */
static const char *title_of(const database *d) {
  const char *slash = bb_os_last_separator(d->path);
  return slash ? slash + 1 : d->path;
}

static bool write_files(cli *c, const map_request *r, int64_t *count) {
  for (size_t i = 0; i < FILES; i++) {
    const char *path = option_value(&c->arguments, files[i].option);
    map_file file = {.request = r, .title = title_of(r->d)};
    if (!path) continue;
    if (!whole_file_write(path, files[i].write, &file)) return false;
    report(c, path, file.papers);
    *count += file.papers;
  }
  return true;
}

static bool is_for_a_file(const cli *c) {
  for (size_t i = 0; i < FILES; i++)
    if (option_value(&c->arguments, files[i].option)) return true;
  return false;
}

static int draw_map(cli *c, const map_request *r) {
  int64_t count = 0;
  if (!tables_check_where(r->d, &r->index->papers, r->where)) return FAILED;
  if (!(is_for_a_file(c) ? write_files(c, r, &count) : show_rows(c, r, &count)))
    return FAILED;
  if (count) return FOUND;
  if (r->where)
    remark(c->quiet, "no paper is on the map");
  else
    complain("nothing is embedded yet: type: biobert index %z",
             text_shell_word(r->d->path));
  return NOTHING_FOUND;
}

static int run_map(cli *c) {
  database d;
  paper_index index;
  map_request r = {.d = &d,
                   .index = &index,
                   .words = 6,
                   .where = option_value(&c->arguments, "where")};
  int status = FAILED;
  if (!is_for_a_file(c) && c->out.form == OUTPUT_TEXT) {
    complain(
        "say where the map goes: --html FILE or --svg FILE; its rows: --json, --csv");
    return USED_WRONGLY;
  }
  if (!option_integer(&c->arguments, "topics", 1, &r.topics) ||
      !option_integer(&c->arguments, "seed", 0, &r.seed))
    return USED_WRONGLY;
  if (!database_open(&d, c, c->arguments.texts[0], DATABASE_READ)) return FAILED;
  if (indexes_find(&d, option_value(&c->arguments, "index"), c->quiet, &index))
    status = draw_map(c, &r);
  paper_index_free(&index);
  database_close(&d);
  return status;
}

static const option options[] = {
    {"html",   0,   "FILE", "a page to look at in a browser: one file, no network"},
    {"svg",    0,   "FILE", "a picture"                                           },
    {"topics", 'k', "K",    "how many topics (default: as many as stand apart)"   },
    {"seed",   0,   "N",    "another seed, another map (default: 0)"              },
    {"where",  0,   "SQL",  "only papers for which it is true, as 'year > 2015'"  },
    {"index",  'i', "NAME", "the index to draw (default: the only one)"           },
    {NULL,     0,   NULL,   NULL                                                  },
};

const subcommand command_map = {
    .name = "map",
    .texts = "LIBRARY.db",
    .least = 1,
    .most = 1,
    .what = "draw a library as a map: papers that are alike lie together",
    .more =
        "The page has everything in it and asks for nothing from the network: papers "
        "as dots coloured by topic, the topics' names, a search in titles, years; a "
        "click opens a paper at PubMed or by its DOI. --json and --csv without a file "
        "give id, x, y, topic, title, year and link of each paper.\n\n"
        "    biobert map library.db --html map.html\n"
        "    biobert map library.db --svg map.svg -k 12\n"
        "    biobert map library.db --csv > places.csv",
    .options = options,
    .run = run_map,
};
