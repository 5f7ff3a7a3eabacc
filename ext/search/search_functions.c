/* search_functions.c - what the search table registers: the module, and the table-valued
 * functions beside it. */
#include "search/index_status.h"
#include "search/module.h"
#include "search/open_tables.h"
#include "search/search.h"
#include "search/tvf_sync.h"
#include "sql/tvf.h"

static const struct {
  help help;
  const tvf *function;
} functions[] = {
    {{"biobert_sync", "name [, batch]",
      "done, total, failed, rows_per_second, eta_seconds, message",
      "embeds what is new or changed in a search index; a row a committed batch, as it "
      "goes",
      "SELECT * FROM biobert_sync('papers_search')"},
     &tvf_sync    },
    {{"biobert_status", "name",
      "rows, pending, stale, empty, failed, passages, bytes, model, fingerprint, "
      "dimension, "
      "store, format_version, notes",
      "the state of a search index",
      "SELECT pending, stale FROM biobert_status('papers_search')"},
     &tvf_status  },
    {{"biobert_failures", "name", "rowid, message",
      "the rows that could not be embedded, and why",
      "SELECT * FROM biobert_failures('papers_search')"},
     &tvf_failures},
};
enum { FUNCTION_COUNT = sizeof functions / sizeof functions[0] };

static const help *help_at(size_t index) {
  return index < FUNCTION_COUNT ? &functions[index].help : NULL;
}

int search_register(sqlite3 *db, connection *c) {
  open_tables *open = open_tables_new(c);
  if (!open) return SQLITE_NOMEM;
  connection_add_help(c, help_at);
  int rc = module_register(db, open);
  for (size_t i = 0; i < FUNCTION_COUNT && rc == SQLITE_OK; i++)
    rc = tvf_register(db, functions[i].help.name, functions[i].function,
                      open_tables_share(open), open_tables_release);
  open_tables_release(open);
  return rc;
}
