/* analysis_functions.c - the table-valued functions that look at a whole index, with their
 * help. */
#include "analysis/analysis.h"
#include "analysis/tables.h"

static const struct {
  help help;
  const tvf *function;
} functions[] = {
    {{"biobert_neighbours", "name, k [, threshold]", "rowid, neighbour, rank, similarity",
      "the k nearest documents of every document of an index; exact",
      "SELECT neighbour, similarity FROM biobert_neighbours('papers_search', 5) "
      "WHERE rowid = 42"},
     &tvf_neighbours   },
    {{"biobert_screen", "name, labels [, options]", "rowid, position, score, probability",
      "the papers of an index that a reviewer has not judged yet, the most likely to be "
      "included first; labels is a table of rowid and 1, 0 or NULL; options is a JSON "
      "object: query, features ('auto'), order ('relevance'), seed (0), every (0)",
      "SELECT rowid, probability FROM biobert_screen('papers_search', 'labels') LIMIT "
      "10"},
     &tvf_screen       },
    {{"biobert_screen_status", "name, labels",
      "papers, labelled, included, excluded, since_included, expected, recall, p_value, "
      "advice",
      "how far a screening is, and whether to stop: p_value is the probability that "
      "recall "
      "is below 0.95",
      "SELECT * FROM biobert_screen_status('papers_search', 'labels')"},
     &tvf_screen_status},
};
enum { FUNCTION_COUNT = sizeof functions / sizeof functions[0] };

static const help *help_at(size_t index) {
  return index < FUNCTION_COUNT ? &functions[index].help : NULL;
}

int analysis_register(sqlite3 *db, connection *c) {
  int rc = SQLITE_OK;
  connection_add_help(c, help_at);
  for (size_t i = 0; i < FUNCTION_COUNT && rc == SQLITE_OK; i++)
    rc = tvf_register(db, functions[i].help.name, functions[i].function,
                      connection_share(c), connection_release);
  return rc;
}
