/* paper_labels.h - decisions about papers, as a table of the user's has them. */
#ifndef EXT_PAPER_LABELS_H
#define EXT_PAPER_LABELS_H

#include "biobert_classifier.h"
#include "sql/errors.h"
#include "sql/lists.h"

typedef struct paper_label {
  int64_t id;
  biobert_decision decision;
  size_t place; /* among the rows of the table, from 0 */
} paper_label;

/* {0} is empty. */
typedef struct paper_labels {
  paper_label *items; /* [count], by rising id, one a paper */
  size_t count, capacity;
} paper_labels;

/* Reads a table or view, 'labels' or 'schema.labels': its first column is the paper's
 * rowid, its second 1, 0 or NULL. Rows come in the order of the table's rowid, those of a
 * view as it gives them; of several of one paper the last one counts. RANGE: there is no
 * such table, or a value is none of these. *code as tvf_cursor.code. */
biobert_status paper_labels_read(sqlite3 *db, const char *name, paper_labels *out,
                                 int *code, biobert_error *err);
/* NULL: it has none. */
const paper_label *paper_labels_find(const paper_labels *l, int64_t id);
void paper_labels_free(paper_labels *l); /* the members, not *l */

/* The decisions in their order, of the papers that `ids` has (sorted). The caller frees
 * *included with sqlite3_free(). */
biobert_status paper_labels_in_order(const paper_labels *l, const id_list *ids,
                                     bool **included, size_t *count, biobert_error *err);
/* How many of the last of them are exclusions. */
size_t decisions_since_included(const bool *included, size_t count);

#endif
