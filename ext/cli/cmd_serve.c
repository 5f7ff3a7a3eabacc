/* cmd_serve.c - `biobert serve`: the library's pages, by Datasette. */
#include <string.h>

#include "cli/child.h"
#include "cli/tables.h"
#include "cli/terminal.h"

static const char default_port[] = "8001";

/* False, and said: there is no such library, or it has no index to show. */
static bool check_library(cli *c, const char *path) {
  database d;
  paper_index index;
  if (!database_open(&d, c, path, DATABASE_READ)) return false;
  bool ok = indexes_find(&d, NULL, true, &index);
  if (ok) paper_index_free(&index);
  database_close(&d);
  return ok;
}

static bool check_port(const char *port) {
  int64_t number;
  if (read_integer(port, &number) && number > 0 && number <= UINT16_MAX) return true;
  complain("--port is '%s': a number from 1 to %d is expected", port, UINT16_MAX);
  return false;
}

static int run_serve(cli *c) {
  const char *path = c->arguments.texts[0];
  const char *given = option_value(&c->arguments, "port");
  const char *port = given ? given : default_port;
  const char *const arguments[] = {"datasette", "serve", "--port", port,
                                   "--",        path,    NULL};
  if (!check_port(port)) return USED_WRONGLY;
  if (!check_library(c, path)) return FAILED;
  remark(c->quiet, "the library is at http://127.0.0.1:%s/-/library; Ctrl-C ends it",
         port);
  int status = child_run(arguments, NULL);
  if (status < 0)
    complain("Datasette shows the library: pip install 'biobert-sqlite[datasette]', or "
             "see its message above");
  return status == 0 ? FOUND : FAILED;
}

static const option options[] = {
    {"port", 'p', "NUMBER", "where it listens, on this machine alone (default: 8001)"},
    {NULL,   0,   NULL,     NULL                                                     },
};

const subcommand command_serve = {
    .name = "serve",
    .texts = "LIBRARY.db",
    .least = 1,
    .most = 1,
    .what = "show the library in a browser",
    .more = "Starts Datasette, whose plug-in has a page for each index: questions in "
            "plain words, filters, papers like one. Both come with\n\n"
            "    pip install 'biobert-sqlite[datasette]'",
    .options = options,
    .run = run_serve,
};
