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
     &tvf_neighbours      },
    {{"biobert_duplicates", "name [, threshold]", "rowid, duplicate, similarity, reason",
      "pairs of documents with a similarity of at least threshold (0.95), the best "
      "first; "
      "reason is what else they agree in: doi, pmid, title, year",
      "SELECT * FROM biobert_duplicates('papers_search')"},
     &tvf_duplicates      },
    {{"biobert_duplicate_groups", "name [, threshold]", "group, rowid, keep",
      "the documents that such pairs connect; keep is 1 for the one with the most filled "
      "columns",
      "SELECT rowid FROM biobert_duplicate_groups('papers_search') WHERE NOT keep"},
     &tvf_duplicate_groups},
    {{"biobert_clusters", "name [, k [, seed]]", "rowid, cluster, similarity",
      "the documents of an index in k clusters (left out: chosen), 0 is the largest; "
      "similarity is that to the centre",
      "SELECT cluster, count(*) FROM biobert_clusters('papers_search', 8) GROUP BY 1"},
     &tvf_clusters        },
    {{"biobert_novelty", "name", "rowid, novelty",
      "1 - the mean similarity of a document to its ten nearest",
      "SELECT rowid FROM biobert_novelty('papers_search') ORDER BY novelty DESC LIMIT "
      "10"},
     &tvf_novelty         },
    {{"biobert_map", "name [, seed]", "rowid, x, y",
      "a map of an index's documents, on which neighbours stay neighbours",
      "SELECT title, x, y FROM biobert_map('papers_search') m JOIN papers p ON p.rowid = "
      "m.rowid"},
     &tvf_map             },
    {{"biobert_topics", "name [, k [, seed [, words]]]", "cluster, size, rowid, words",
      "what an index's documents are about: clusters, with the words that set each apart "
      "and its most central document",
      "SELECT size, words FROM biobert_topics('papers_search', 12)"},
     &tvf_topics          },
    {{"biobert_screen", "name, labels [, options]", "rowid, position, score, probability",
      "the papers of an index that a reviewer has not judged yet, the most likely to be "
      "included first; labels is a table of rowid and 1, 0 or NULL; options is a JSON "
      "object: query, features ('auto'), order ('relevance'), seed (0), every (0)",
      "SELECT rowid, probability FROM biobert_screen('papers_search', 'labels') LIMIT "
      "10"},
     &tvf_screen          },
    {{"biobert_screen_status", "name, labels",
      "papers, labelled, included, excluded, since_included, expected, recall, p_value, "
      "advice",
      "how far a screening is, and whether to stop: p_value is the probability that "
      "recall "
      "is below 0.95",
      "SELECT * FROM biobert_screen_status('papers_search', 'labels')"},
     &tvf_screen_status   },
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
