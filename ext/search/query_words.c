/* query_words.c - `words` and column MATCHes together, for FTS5.
 *
 * Each argument is read by itself (biobert_words_read()), so a bracket of one cannot
 * close what the others opened. FTS5 can say "these but not those", and not "all but
 * those": what excludes is kept apart. */
#include "search/query_words.h"

#include "search/table_errors.h"
#include "sql/allocator.h"

static biobert_status read_typed(const index_table *t, biobert_str typed,
                                 biobert_words *out, biobert_error *err) {
  const index_config *config = &t->config;
  const char **names =
      sqlite3_malloc64((size_t)(config->column_count + 1) * sizeof *names);
  if (!names) return result_fail(err, BIOBERT_NOMEM, "out of memory");
  size_t count = 0;
  for (int i = 0; i < config->column_count; i++)
    if (config->columns[i].indexed) names[count++] = config->columns[i].name;
  biobert_status status =
      biobert_words_read(&sqlite_allocator, typed, names, count, out, err);
  sqlite3_free(names);
  return status;
}

int asked_words_add(index_table *t, int column, biobert_str typed, asked_words *out) {
  biobert_words words;
  biobert_error err;
  out->given = true;
  if (read_typed(t, typed, &words, &err)) return table_status(t, &err);
  if (!*words.text) {
    sqlite3_free(words.text);
    return SQLITE_OK;
  }
  /* ("column" : (words)) */
  char *one = column < 0 ? sqlite3_mprintf("(%s)", words.text)
                         : sqlite3_mprintf("(\"%w\" : (%s))",
                                           t->config.columns[column].name, words.text);
  sqlite3_free(words.text);
  char **place = words.excluded ? &out->must_not : &out->must;
  const char *between = *place ? (words.excluded ? " OR " : " AND ") : "";
  char *all = one ? sqlite3_mprintf("%s%s%s", *place ? *place : "", between, one) : NULL;
  sqlite3_free(one);
  if (!all) return SQLITE_NOMEM;
  sqlite3_free(*place);
  *place = all;
  return SQLITE_OK;
}

void asked_words_free(asked_words *words) {
  sqlite3_free(words->must);
  sqlite3_free(words->must_not);
  *words = (asked_words){0};
}
