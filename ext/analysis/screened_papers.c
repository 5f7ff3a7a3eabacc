/* screened_papers.c - documents of an index, one SELECT; what the query finds, another. */
#include "analysis/screened_papers.h"

#include "analysis/index_rows.h"

/* Documents ---------------------------------------------------------------------------- */

static biobert_status add_document(screened_papers *p, sqlite3_stmt *s,
                                   biobert_error *err) {
  const int64_t id = sqlite3_column_int64(s, 0);
  const paper_label *label = paper_labels_find(&p->labels, id);
  const char *text = (const char *)sqlite3_column_text(s, 1);
  const void *vector = sqlite3_column_blob(s, 2);
  if ((!text && sqlite3_column_type(s, 1) != SQLITE_NULL) ||
      (!vector && sqlite3_column_type(s, 2) != SQLITE_NULL) || !id_list_add(&p->ids, id))
    return result_no_memory(err);
  const biobert_str document = {text ? text : "", (size_t)sqlite3_column_bytes(s, 1)};
  return biobert_screening_add(p->screening, id, document, vector,
                               (size_t)sqlite3_column_bytes(s, 2) / sizeof(float),
                               label ? label->decision : BIOBERT_UNDECIDED, err);
}

/* Only what the features need is read. */
static const char *columns_of(const biobert_screening *s) {
  if (!biobert_screening_uses_vectors(s)) return "rowid, document, NULL";
  return biobert_screening_uses_words(s) ? "rowid, document, vector"
                                         : "rowid, NULL, vector";
}

static biobert_status read_documents(screened_papers *p, const char *name, int *code,
                                     biobert_error *err) {
  sqlite3_stmt *s = NULL;
  bool more = true;
  biobert_status status = index_select(p->poll.db, name, columns_of(p->screening),
                                       "ORDER BY rowid", &s, code, err);
  while (!status && more) {
    status = index_step(s, &more, code, err);
    if (!status && more) status = add_document(p, s, err);
  }
  sqlite3_finalize(s);
  return status;
}

/* The query ---------------------------------------------------------------------------- */

static const char *mode_of(const biobert_screening *s) {
  if (!biobert_screening_uses_vectors(s)) return "lexical";
  return biobert_screening_uses_words(s) ? "hybrid" : "semantic";
}

static biobert_status bind_query(sqlite3_stmt *s, biobert_str query, const char *mode,
                                 biobert_error *err) {
  int rc = sqlite3_bind_text64(s, 1, query.data, query.len, SQLITE_STATIC, SQLITE_UTF8);
  if (rc == SQLITE_OK) rc = sqlite3_bind_text(s, 2, mode, -1, SQLITE_STATIC);
  return rc == SQLITE_OK ? BIOBERT_OK : result_no_memory(err);
}

/* The table's own search, by words and by meaning. */
static biobert_status find_query(screened_papers *p, const char *name, int *code,
                                 biobert_error *err) {
  const biobert_str query = biobert_screening_query(p->screening);
  sqlite3_stmt *s = NULL;
  bool more = true;
  biobert_status status = index_select(p->poll.db, name, "rowid",
                                       "(?1, NULL, ?2) ORDER BY rank", &s, code, err);
  if (!status) status = bind_query(s, query, mode_of(p->screening), err);
  while (!status && more) {
    status = index_step(s, &more, code, err);
    if (!status && more)
      biobert_screening_add_found(p->screening, sqlite3_column_int64(s, 0));
  }
  sqlite3_finalize(s);
  return status;
}

/* All of it ---------------------------------------------------------------------------- */

/* A search ranks as long as nothing has been included. */
static bool needs_search(const screened_papers *p) {
  for (size_t i = 0; i < p->decisions; i++)
    if (p->included[i]) return false;
  return biobert_screening_query(p->screening).len > 0;
}

biobert_status screened_papers_read(screened_papers *p, const char *name,
                                    const char *labels, biobert_str options, int *code,
                                    biobert_error *err) {
  const biobert_analysis_options how = index_analysis_options(&p->poll);
  biobert_status status = biobert_screening_new(options, &how, &p->screening, err);
  if (!status) status = paper_labels_read(p->poll.db, labels, &p->labels, code, err);
  if (!status) status = read_documents(p, name, code, err);
  if (!status)
    status = paper_labels_in_order(&p->labels, &p->ids, &p->included, &p->decisions, err);
  if (status) return status;
  biobert_screening_set_since_included(
      p->screening, decisions_since_included(p->included, p->decisions));
  return needs_search(p) ? find_query(p, name, code, err) : BIOBERT_OK;
}

void screened_papers_free(screened_papers *p) {
  biobert_screening_free(p->screening);
  paper_labels_free(&p->labels);
  id_list_free(&p->ids);
  sqlite3_free(p->included);
}
