/* cursor.c - rows, best first.
 *
 * A search's rows come lazily and never stop early: LIMIT in the user's SQL is how many,
 * and it is right in joins and with any condition, because the order goes on until enough
 * rows have passed. `k` caps the search itself. A row whose content is gone is never
 * returned. */
#include "search/vtab.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sql/numbers.h"

enum {
  FEW_ROWS = 4096, /* so few that may pass are ranked one by one */
  JSON_VECTOR_LEAST = 8,
  GIVEN_COLUMNS = HIDDEN_FEEDBACK + 1, /* the arguments of the call form */
};

typedef struct index_cursor {
  sqlite3_vtab_cursor base;
  sqlite3_uint64 number; /* of the table's cursors, in the order they were opened */
  sqlite3_stmt *by_key;  /* the look-up of a row's columns; kept from filter to filter */
  /* of one filter: */
  struct index_cursor *next; /* of the table's cursors with a search */
  plan_kind kind;
  sqlite3_stmt *scan;
  sqlite3_stmt *content; /* whichever of the two has the row; borrowed */
  bool eof;
  sqlite3_int64 id;
  /* a search: */
  sqlite3_value *given[GIVEN_COLUMNS]; /* what these columns read as; NULL: not given */
  search *search;
  row_filter *filter;
  row_filter *open; /* comparisons left to SQLite, for counting k; may be NULL */
  biobert_search_mode mode;
  bool lost; /* see cursors_lose() */
  size_t position;
  sqlite3_int64 left;    /* of k; -1: no cap */
  double distance_limit; /* NAN: none */
  bool distance_strict;
  biobert_result
      *few; /* the rows of a small set, sorted; NULL: the whole order is walked */
  size_t few_count;
  biobert_result row;
  /* made when a column asks for it: */
  document document;
  bool has_document;
} index_cursor;

static index_table *table_of(const index_cursor *c) {
  return (index_table *)c->base.pVtab;
}

int vtab_open(sqlite3_vtab *base, sqlite3_vtab_cursor **out) {
  index_cursor *c = sqlite3_malloc64(sizeof *c);
  if (!c) return SQLITE_NOMEM;
  memset(c, 0, sizeof *c);
  c->number = ++((index_table *)base)->cursors_opened;
  *out = &c->base;
  return SQLITE_OK;
}

static void forget_document(index_cursor *c) {
  if (c->has_document) document_free(&c->document);
  c->has_document = false;
}

/* Ends a filter. */
static void reset(index_cursor *c) {
  index_table *t = table_of(c);
  for (index_cursor **at = &t->cursors; *at; at = &(*at)->next) {
    if (*at != c) continue;
    *at = c->next;
    break;
  }
  forget_document(c);
  sqlite3_finalize(c->scan);
  sqlite3_reset(c->by_key);
  for (int i = 0; i < GIVEN_COLUMNS; i++) sqlite3_value_free(c->given[i]);
  search_release(c->search);
  filter_free(c->filter);
  filter_free(c->open);
  sqlite3_free(c->few);
  *c = (index_cursor){.base = c->base, .number = c->number, .by_key = c->by_key};
}

int vtab_close(sqlite3_vtab_cursor *base) {
  index_cursor *c = (index_cursor *)base;
  reset(c);
  sqlite3_finalize(c->by_key);
  sqlite3_free(c);
  return SQLITE_OK;
}

static int prepare_row(index_cursor *c) {
  int rc = c->by_key ? SQLITE_OK : content_prepare_key(table_of(c), false, &c->by_key);
  c->content = c->by_key;
  return rc;
}

static int prepare_scan(index_cursor *c) {
  int rc = content_prepare_rows(table_of(c), false, &c->scan);
  c->content = c->scan;
  return rc;
}

/* A step of the content's statement: SQLITE_ROW, SQLITE_DONE or an error. */
static int step_content(index_cursor *c) {
  index_table *t = table_of(c);
  int rc = table_step(t, c->content);
  if (rc != SQLITE_ROW && rc != SQLITE_DONE)
    table_error(t, rc, "content: %s", sqlite3_errmsg(t->db));
  return rc;
}

/* Positions c->content on the row of an id. */
static int find_content(index_cursor *c, sqlite3_int64 id, bool *found) {
  sqlite3_reset(c->content);
  int rc = sqlite3_bind_int64(c->content, 1, id);
  if (rc == SQLITE_OK) rc = step_content(c);
  *found = rc == SQLITE_ROW;
  return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* What a search is asked ------------------------------------------------------------- */

typedef struct asked {
  sqlite3_value *query;
  asked_words words; /* of `words` and column MATCHes together; owned */
  biobert_search_mode mode;
  bool has_mode, feedback, nothing;
  sqlite3_int64 k; /* -1: no cap */
} asked;

static int read_mode(index_table *t, sqlite3_value *value, asked *a) {
  const char *name = (const char *)sqlite3_value_text(value);
  if (sqlite3_value_type(value) == SQLITE_NULL) return SQLITE_OK;
  if (!name) return SQLITE_NOMEM;
  for (int i = 0; i < BIOBERT_SEARCH_MODE_COUNT; i++) {
    if (strcmp(name, biobert_search_mode_names[i]) != 0) continue;
    a->mode = (biobert_search_mode)i;
    a->has_mode = true;
    return SQLITE_OK;
  }
  return table_error(t, SQLITE_ERROR,
                     "mode '%.32s' is not one of: hybrid, semantic, lexical", name);
}

static int read_k(index_table *t, sqlite3_value *value, asked *a) {
  if (sqlite3_value_type(value) == SQLITE_NULL) return SQLITE_OK;
  if (sqlite3_value_type(value) == SQLITE_BLOB)
    return table_error(t, SQLITE_ERROR,
                       "k is a BLOB: a whole number from 0 was expected");
  int64_t k;
  if (!number_whole(value, &k) || k < 0)
    return table_error(t, SQLITE_ERROR,
                       "k is '%.32s': a whole number from 0 was expected",
                       (const char *)sqlite3_value_text(value));
  a->k = k;
  return SQLITE_OK;
}

static int add_words(index_table *t, const plan_arg *arg, sqlite3_value *value,
                     asked *a) {
  if (!t->has_fts)
    return table_error(t, SQLITE_ERROR,
                       "words need the lexical half: this index was made with "
                       "search='semantic', or where SQLite has no FTS5");
  if (sqlite3_value_type(value) == SQLITE_BLOB)
    return table_error(t, SQLITE_ERROR, "words are a BLOB: text was expected");
  const char *text = (const char *)sqlite3_value_text(value);
  if (sqlite3_value_type(value) == SQLITE_NULL) {
    /* In the call form an optional argument is left out so; MATCH NULL finds nothing. */
    if (arg->op == SQLITE_INDEX_CONSTRAINT_MATCH) a->nothing = true;
    return SQLITE_OK;
  }
  if (!text) return SQLITE_NOMEM;
  return asked_words_add(t, arg->kind == ARG_COLUMN_WORDS ? arg->column : -1,
                         (biobert_str){text, (size_t)sqlite3_value_bytes(value)},
                         &a->words);
}

static bool same_value(sqlite3_value *a, sqlite3_value *b) {
  int bytes = sqlite3_value_bytes(a);
  return sqlite3_value_type(a) == sqlite3_value_type(b) &&
         bytes == sqlite3_value_bytes(b) &&
         (bytes == 0 ||
          memcmp(sqlite3_value_blob(a), sqlite3_value_blob(b), (size_t)bytes) == 0);
}

/* What takes one value may be there twice: SQLite repeats the arguments of the call form
 * where it takes an OR apart. */
static int check_repeated(index_table *t, const plan *p, sqlite3_value **values, int at) {
  static const char *const names[] = {[ARG_QUERY] = "query",
                                      [ARG_K] = "k",
                                      [ARG_MODE] = "mode",
                                      [ARG_WORDS] = NULL, /* both count */
                                      [ARG_FEEDBACK] = "feedback"};
  plan_arg_kind kind = p->args[at].kind;
  if (kind > ARG_FEEDBACK || !names[kind]) return SQLITE_OK;
  for (int i = 0; i < at; i++)
    if (p->args[i].kind == kind && !same_value(values[i], values[at]))
      return table_error(t, SQLITE_ERROR, "the %s is given twice, with different values",
                         names[kind]);
  return SQLITE_OK;
}

static int read_args(index_table *t, const plan *p, sqlite3_value **values, asked *a) {
  *a = (asked){.mode = t->config.search, .feedback = true, .k = -1};
  int rc = SQLITE_OK;
  for (int i = 0; i < p->count && rc == SQLITE_OK; i++) {
    rc = check_repeated(t, p, values, i);
    if (rc != SQLITE_OK) return rc;
    switch (p->args[i].kind) {
    case ARG_QUERY:
      a->query = values[i];
      break;
    case ARG_K:
      rc = read_k(t, values[i], a);
      break;
    case ARG_MODE:
      rc = read_mode(t, values[i], a);
      break;
    case ARG_FEEDBACK:
      if (sqlite3_value_type(values[i]) != SQLITE_NULL)
        a->feedback = sqlite3_value_int(values[i]) != 0;
      break;
    case ARG_WORDS:
    case ARG_COLUMN_WORDS:
      rc = add_words(t, &p->args[i], values[i], a);
      break;
    default:
      break;
    }
  }
  if (a->query ? sqlite3_value_type(a->query) == SQLITE_NULL : !a->words.given)
    a->nothing = true;
  if (rc == SQLITE_OK && a->query && sqlite3_value_type(a->query) == SQLITE_BLOB &&
      a->has_mode && a->mode == BIOBERT_LEXICAL)
    rc = table_error(t, SQLITE_ERROR,
                     "mode 'lexical' searches words, and the query is a vector");
  if (a->k == 0) a->nothing = true;
  return rc;
}

/* The request ------------------------------------------------------------------------ */

/* A search on an index that was never synced, or not since 'reset', while its content has
 * rows, would be silently empty. */
static int check_synced(index_table *t) {
  code_cache *cache;
  int rc = code_cache_get(t, &cache);
  if (rc != SQLITE_OK || cache->collection.documents) return rc;
  sqlite3_stmt *s;
  rc = content_prepare(t, &s,
                       "SELECT NOT EXISTS (SELECT 1 FROM @docs) AND EXISTS (SELECT 1 "
                       "FROM @source)");
  if (rc != SQLITE_OK) return rc;
  bool never = table_step(t, s) == SQLITE_ROW && sqlite3_column_int(s, 0);
  rc = sqlite3_finalize(s);
  sqlite3_int64 synced = 0;
  if (rc == SQLITE_OK && never) rc = schema_get_int(t, "synced", &synced);
  if (rc == SQLITE_OK && never && !synced)
    rc = table_error(t, SQLITE_ERROR,
                     "the index was never filled: SELECT * FROM biobert_sync('%s')",
                     t->name);
  return rc;
}

static int query_vector(index_table *t, const asked *a, biobert_search_mode mode,
                        float **out, size_t *dimension) {
  biobert_error err;
  size_t n = *dimension = t->dimension;
  if (mode == BIOBERT_LEXICAL || !n) return SQLITE_OK;
  *out = sqlite3_malloc64(n * sizeof **out);
  if (!*out) return SQLITE_NOMEM;
  if (sqlite3_value_type(a->query) == SQLITE_BLOB) {
    const void *blob = sqlite3_value_blob(a->query);
    size_t bytes = (size_t)sqlite3_value_bytes(a->query);
    if (bytes && !blob) return SQLITE_NOMEM;
    if (biobert_vector_check(blob, bytes, n, &err)) return table_status(t, &err);
    memcpy(*out, blob, bytes);
    return SQLITE_OK;
  }
  named_model *m;
  biobert_str text = {(const char *)sqlite3_value_text(a->query),
                      (size_t)sqlite3_value_bytes(a->query)};
  const float *vector;
  if (!text.data) return SQLITE_NOMEM;
  if (biobert_vector_is_json(text, JSON_VECTOR_LEAST))
    return table_error(t, SQLITE_ERROR,
                       "this looks like a vector in JSON: wrap it in biobert_vector()");
  if (table_model(t, false, &m, &err) || registry_query_model(t->registry, m, &m, &err) ||
      named_model_embed(m, BIOBERT_QUERY, text, (biobert_str){NULL, 0}, &vector, &n,
                        &err))
    return table_status(t, &err);
  if (n != *dimension)
    return table_error(t, SQLITE_ERROR,
                       "the model makes vectors of %d values, the index has %d", (int)n,
                       (int)*dimension);
  memcpy(*out, vector, n * sizeof *vector);
  return SQLITE_OK;
}

static int make_search(index_cursor *c, const asked *a) {
  index_table *t = table_of(c);
  code_cache *cache;
  float *vector = NULL;
  char *words = NULL;
  search_request request = {.mode = a->mode, .feedback = a->feedback};
  int rc = code_cache_get(t, &cache); /* sets t->dimension */
  if (!a->query) {
    request.mode = BIOBERT_LEXICAL;
    request.words = a->words.must;
    request.every = !a->words.must;
  } else if (rc == SQLITE_OK) {
    bool blob = sqlite3_value_type(a->query) == SQLITE_BLOB;
    if (blob || (!t->has_fts && request.mode == BIOBERT_HYBRID))
      request.mode = BIOBERT_SEMANTIC;
    if (request.mode == BIOBERT_LEXICAL && !t->has_fts)
      rc = table_error(t, SQLITE_ERROR,
                       "mode 'lexical' needs the lexical half, which this "
                       "index has not");
    if (rc == SQLITE_OK)
      rc = query_vector(t, a, request.mode, &vector, &request.dimension);
    request.vector = vector;
    if (rc == SQLITE_OK && request.mode != BIOBERT_SEMANTIC) {
      const char *text = (const char *)sqlite3_value_text(a->query);
      if (text)
        words = hybrid_query(text, (size_t)sqlite3_value_bytes(a->query),
                             &request.identifier);
      if (!words) rc = SQLITE_NOMEM;
      request.words = words;
    }
  }
  c->mode = request.mode;
  if (rc == SQLITE_OK) rc = kept_search(t, &request, &c->search);
  sqlite3_free(vector);
  sqlite3_free(words);
  return rc;
}

/* Walking ---------------------------------------------------------------------------- */

static int by_rank(const void *x, const void *y) {
  const biobert_result *a = x, *b = y;
  if (a->rank != b->rank) return a->rank < b->rank ? -1 : 1;
  return a->id < b->id ? -1 : a->id > b->id;
}

/* The order that SQLite would make: NULLs are smaller than all numbers. */
static int by_distance(const void *x, const void *y) {
  const biobert_result *a = x, *b = y;
  if (isnan(a->distance) != isnan(b->distance)) return isnan(a->distance) ? -1 : 1;
  return by_rank(a, b);
}

/* Ranks a small set of keys one by one; rows that were returned already are left out. */
static int take_few(index_cursor *c, const sqlite3_int64 *keys, size_t count) {
  biobert_result last = c->row;
  bool started = c->position > 0;
  c->few = sqlite3_malloc64((count + 1) * sizeof *c->few);
  if (!c->few) return SQLITE_NOMEM;
  for (size_t i = 0; i < count; i++) {
    biobert_result *row = &c->few[c->few_count];
    bool found;
    int rc = search_find(c->search, keys[i], row, &found);
    if (rc != SQLITE_OK) return rc;
    /* The order is total: what came before the last row has been returned or refused. */
    if (found && (!started || by_rank(&last, row) < 0)) c->few_count++;
  }
  qsort(c->few, c->few_count, sizeof *c->few, by_rank);
  c->position = 0;
  return SQLITE_OK;
}

/* Takes all rows at once, those without a distance first. */
static int take_all_by_distance(index_cursor *c) {
  size_t capacity = 0;
  bool found = true;
  while (found) {
    biobert_result *rows = list_grow(c->few, sizeof *rows, c->few_count, &capacity);
    if (!rows) return SQLITE_NOMEM;
    c->few = rows;
    int rc = search_at(c->search, c->few_count, &c->few[c->few_count], &found);
    if (rc != SQLITE_OK) return rc;
    c->few_count += found;
  }
  qsort(c->few, c->few_count, sizeof *c->few, by_distance);
  return SQLITE_OK;
}

static int next_row(index_cursor *c, bool *found) {
  if (!c->few && (c->position == 0 || c->position % FEW_ROWS == 256)) {
    size_t count;
    const sqlite3_int64 *keys = filter_few(c->filter, FEW_ROWS, &count);
    int rc = keys ? take_few(c, keys, count) : SQLITE_OK;
    if (rc != SQLITE_OK) return rc;
  }
  if (!c->few) return search_at(c->search, c->position++, &c->row, found);
  *found = c->position < c->few_count;
  if (*found) c->row = c->few[c->position++];
  return SQLITE_OK;
}

static bool near_enough(const index_cursor *c) {
  if (isnan(c->distance_limit)) return true;
  if (isnan(c->row.distance)) return false;
  return c->distance_strict ? c->row.distance < c->distance_limit
                            : c->row.distance <= c->distance_limit;
}

/* After a rollback a search may go on if it is of the state that has come back, or needs
 * none. */
static int check_lost(index_cursor *c) {
  unsigned char epoch[16];
  if (!c->lost || search_is_complete(c->search)) return SQLITE_OK;
  int rc = index_read_epoch(table_of(c), epoch);
  if (rc != SQLITE_OK) return rc;
  if (memcmp(epoch, search_epoch(c->search), sizeof epoch) != 0)
    return SQLITE_ABORT_ROLLBACK;
  c->lost = false;
  return SQLITE_OK;
}

/* k counts only rows that pass what SQLite compares itself. */
static int count_hit(index_cursor *c) {
  bool counts = true;
  if (c->left <= 0) return SQLITE_OK;
  int rc = c->open ? filter_accepts(c->open, c->id, &counts) : SQLITE_OK;
  if (counts) c->left--;
  return rc;
}

static int next_hit(index_cursor *c) {
  forget_document(c);
  table_settle(table_of(c));
  int lost = check_lost(c);
  if (lost != SQLITE_OK) return lost;
  for (;;) {
    bool found = false, accepts = false;
    if (c->left == 0) break;
    int rc = next_row(c, &found);
    if (rc != SQLITE_OK) return rc;
    if (!found) break;
    if (!near_enough(c)) {
      if (c->mode == BIOBERT_SEMANTIC && !isnan(c->row.distance))
        break; /* the others are farther */
      continue;
    }
    rc = filter_accepts(c->filter, c->row.id, &accepts);
    if (rc != SQLITE_OK) return rc;
    if (!accepts) continue;
    rc = find_content(c, c->row.id, &found);
    if (rc != SQLITE_OK) return rc;
    if (!found) continue;
    c->id = c->row.id;
    return count_hit(c);
  }
  c->eof = true;
  return SQLITE_OK;
}

static void read_distance(index_cursor *c, const plan *p, sqlite3_value **values) {
  c->distance_limit = NAN;
  for (int i = 0; i < p->count; i++) {
    if (p->args[i].kind != ARG_DISTANCE) continue;
    int type = number_type(values[i]);
    if (type != SQLITE_INTEGER && type != SQLITE_FLOAT) continue;
    double limit = sqlite3_value_double(values[i]);
    bool strict = p->args[i].op == SQLITE_INDEX_CONSTRAINT_LT;
    if (!isnan(c->distance_limit) && limit > c->distance_limit) continue;
    c->distance_limit = limit;
    c->distance_strict = strict;
  }
}

/* Which rows count. keys: `rowid = x` is one of the conditions. */
static int make_filters(index_cursor *c, const plan *p, sqlite3_value **values,
                        const asked *a, bool keys) {
  index_table *t = table_of(c);
  int rc = filter_new(t, p, values, keys, &c->filter);
  if (rc == SQLITE_OK && a->k > 0) rc = filter_new_open(t, p, values, &c->open);
  if (rc == SQLITE_OK && a->query && a->words.must)
    rc = filter_add_words(c->filter, a->words.must, false);
  if (rc == SQLITE_OK && a->words.must_not)
    rc = filter_add_words(c->filter, a->words.must_not, true);
  read_distance(c, p, values);
  return rc;
}

/* One rowid ------------------------------------------------------------------------- */

static void append_bytes(sqlite3_str *s, const void *bytes, size_t count) {
  sqlite3_str_append(s, (const char *)&count, (int)sizeof count);
  if (count) sqlite3_str_append(s, bytes, (int)count);
}

static int append_value(sqlite3_str *s, sqlite3_value *value) {
  int type = sqlite3_value_type(value);
  sqlite3_str_appendchar(s, 1, (char)('0' + type));
  if (type == SQLITE_INTEGER) {
    sqlite3_int64 whole = sqlite3_value_int64(value);
    append_bytes(s, &whole, sizeof whole);
  } else if (type == SQLITE_FLOAT) {
    double real = sqlite3_value_double(value);
    append_bytes(s, &real, sizeof real);
  } else if (type != SQLITE_NULL) {
    const void *blob = sqlite3_value_blob(value);
    size_t bytes = (size_t)sqlite3_value_bytes(value);
    if (bytes && !blob) return SQLITE_NOMEM;
    append_bytes(s, blob, bytes);
  }
  return SQLITE_OK;
}

/* All values of an IN list. */
static int append_list(sqlite3_str *s, sqlite3_value *list) {
  sqlite3_value *item;
  int rc = sqlite3_vtab_in_first(list, &item);
  while (rc == SQLITE_OK) {
    rc = append_value(s, item);
    if (rc == SQLITE_OK) rc = sqlite3_vtab_in_next(list, &item);
  }
  sqlite3_str_appendchar(s, 1, ';');
  return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Everything that the k rows depend on, besides the content. NULL without memory. */
static char *top_key(const unsigned char epoch[16], const plan *p, const char *text,
                     sqlite3_value **values, size_t *bytes) {
  sqlite3_str *s = sqlite3_str_new(NULL);
  sqlite3_str_append(s, (const char *)epoch, 16);
  append_bytes(s, text, strlen(text));
  int rc = SQLITE_OK;
  for (int i = 0; i < p->count && rc == SQLITE_OK; i++) {
    if (plan_arg_is_key(&p->args[i])) continue;
    rc = p->args[i].list ? append_list(s, values[i]) : append_value(s, values[i]);
  }
  *bytes = (size_t)sqlite3_str_length(s);
  char *key = sqlite3_str_finish(s);
  if (rc == SQLITE_OK) return key;
  sqlite3_free(key);
  return NULL;
}

static int next_hit(index_cursor *c);

/* Walks the k rows to their end. */
static int collect_top(index_cursor *c, id_list *out) {
  int rc = next_hit(c);
  while (rc == SQLITE_OK && !c->eof) {
    if (!id_list_add(out, c->id)) return SQLITE_NOMEM;
    rc = next_hit(c);
  }
  id_list_sort_unique(out);
  return rc;
}

/* The rowid that all `rowid = x` of the plan ask for; false: none can be it. */
static bool asked_rowid(const plan *p, sqlite3_value **values, sqlite3_int64 *id) {
  bool any = false;
  for (int i = 0; i < p->count; i++) {
    int64_t value;
    if (!plan_arg_is_key(&p->args[i])) continue;
    if (!number_whole(values[i], &value) || (any && value != *id)) return false;
    *id = value;
    any = true;
  }
  return any;
}

/* Shows the row of one rowid, or none. */
static int show_row(index_cursor *c, sqlite3_int64 id) {
  bool found = false;
  c->left = 0; /* there is no other */
  int rc = search_find(c->search, id, &c->row, &found);
  if (rc == SQLITE_OK && found) rc = find_content(c, id, &found);
  c->eof = !found;
  c->id = id;
  return rc;
}

/* With k, `rowid = x` asks whether x is among the k rows of the search. */
static int find_among_top(index_cursor *c, const plan *p, const char *text,
                          sqlite3_value **values, const asked *a) {
  index_table *t = table_of(c);
  sqlite3_int64 id = 0;
  size_t bytes;
  c->eof = true;
  if (!asked_rowid(p, values, &id)) return SQLITE_OK;
  char *key = top_key(search_epoch(c->search), p, text, values, &bytes);
  if (!key) return SQLITE_NOMEM;
  const id_list *top = kept_top(t, c->number, key, bytes);
  if (top) {
    sqlite3_free(key);
    return id_list_has(top, id) ? show_row(c, id) : SQLITE_OK;
  }
  id_list rows = {0};
  int rc = make_filters(c, p, values, a, false);
  c->eof = false;
  if (rc == SQLITE_OK) rc = collect_top(c, &rows);
  if (rc != SQLITE_OK) {
    sqlite3_free(key);
    id_list_free(&rows);
    return rc;
  }
  top = kept_put_top(t, c->number, key, bytes, &rows);
  return id_list_has(top, id) ? show_row(c, id) : SQLITE_OK;
}

/* Starting ----------------------------------------------------------------------------
 */

/* The arguments of the call form have their kinds in the order of their columns. */
_Static_assert((int)ARG_QUERY == (int)HIDDEN_NAME &&
                   (int)ARG_FEEDBACK == (int)HIDDEN_FEEDBACK,
               "kinds of arguments and hidden columns");

static int keep_given(index_cursor *c, const plan *p, sqlite3_value **values) {
  for (int i = 0; i < p->count; i++) {
    plan_arg_kind kind = p->args[i].kind;
    if (kind > ARG_FEEDBACK || c->given[kind]) continue;
    c->given[kind] = sqlite3_value_dup(values[i]);
    if (!c->given[kind]) return SQLITE_NOMEM;
  }
  return SQLITE_OK;
}

static int start_search(index_cursor *c, const plan *p, const char *text,
                        sqlite3_value **values, const asked *a) {
  index_table *t = table_of(c);
  bool keys = false;
  for (int i = 0; i < p->count; i++) keys |= plan_arg_is_key(&p->args[i]);
  int rc = check_synced(t);
  if (rc == SQLITE_OK) rc = keep_given(c, p, values);
  if (rc == SQLITE_OK) rc = make_search(c, a);
  if (rc == SQLITE_OK) rc = prepare_row(c);
  if (rc != SQLITE_OK) return rc;
  c->left = a->k;
  c->next = t->cursors;
  t->cursors = c;
  if (keys && a->k > 0) return find_among_top(c, p, text, values, a);
  rc = make_filters(c, p, values, a, true);
  if (rc == SQLITE_OK && p->by_distance && search_has_null_distances(c->search))
    rc = take_all_by_distance(c);
  return rc == SQLITE_OK ? next_hit(c) : rc;
}

/* Reads what is asked, and starts it. */
static int ask(index_cursor *c, const plan *p, const char *text, sqlite3_value **values) {
  asked a;
  int rc = read_args(table_of(c), p, values, &a);
  c->eof = a.nothing;
  if (rc == SQLITE_OK && !c->eof) rc = start_search(c, p, text, values, &a);
  asked_words_free(&a.words);
  return rc;
}

/* The next row of a scan; one whose key is no whole number has no rowid to be shown
 * under. */
static int next_row_of_content(index_cursor *c) {
  forget_document(c);
  int rc;
  do {
    rc = step_content(c);
  } while (rc == SQLITE_ROW && !content_read_key(c->content, 0, &c->id));
  c->eof = rc != SQLITE_ROW;
  return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Where the content is not there, its vectors still are. */
static int look_up_bare(index_cursor *c, sqlite3_int64 id) {
  document_row row;
  int rc = index_get_document(table_of(c), id, &row);
  if (rc != SQLITE_OK) return rc;
  c->eof = row.address < 0;
  document_row_free(&row);
  c->id = id;
  return c->eof ? SQLITE_ERROR : SQLITE_OK; /* with the message that there is */
}

/* A look-up: the value as the INTEGER affinity of a rowid makes it. */
static int look_up_row(index_cursor *c, sqlite3_value *value) {
  int64_t id;
  c->eof = !number_whole(value, &id);
  if (c->eof) return SQLITE_OK;
  int rc = prepare_row(c);
  if (rc == SQLITE_ERROR && table_of(c)->config.content) return look_up_bare(c, id);
  if (rc == SQLITE_OK) rc = sqlite3_bind_int64(c->content, 1, id);
  return rc == SQLITE_OK ? next_row_of_content(c) : rc;
}

static int start(index_cursor *c, const plan *p, const char *text, int argc,
                 sqlite3_value **argv) {
  index_table *t = table_of(c);
  if (p->count != argc)
    return table_error(t, SQLITE_ERROR, "the plan '%s' has other arguments", text);
  c->kind = p->kind;
  int rc = table_check_open(t);
  if (rc != SQLITE_OK) return rc;
  if (p->kind == PLAN_SEARCH) return ask(c, p, text, argv);
  if (p->kind == PLAN_ROWID) return look_up_row(c, argv[0]);
  rc = prepare_scan(c);
  return rc == SQLITE_OK ? next_row_of_content(c) : rc;
}

int vtab_filter(sqlite3_vtab_cursor *base, int number, const char *text, int argc,
                sqlite3_value **argv) {
  (void)number;
  index_cursor *c = (index_cursor *)base;
  plan p;
  reset(c);
  if (!values_are_readable(argc, argv)) return SQLITE_NOMEM;
  int rc = plan_read(text, &p);
  if (rc == SQLITE_ERROR)
    return table_error(table_of(c), rc, "the plan '%s' is not understood",
                       text ? text : "");
  if (rc == SQLITE_OK) rc = start(c, &p, text, argc, argv);
  plan_free(&p);
  return rc;
}

int vtab_next(sqlite3_vtab_cursor *base) {
  index_cursor *c = (index_cursor *)base;
  if (c->kind == PLAN_SEARCH) return next_hit(c);
  /* A key is looked up once, even if it occurs twice. */
  if (c->kind == PLAN_ROWID) c->eof = true;
  return c->eof ? SQLITE_OK : next_row_of_content(c);
}

int vtab_eof(sqlite3_vtab_cursor *base) {
  return ((index_cursor *)base)->eof;
}

int vtab_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *out) {
  *out = ((index_cursor *)base)->id;
  return SQLITE_OK;
}

/* Columns ---------------------------------------------------------------------------- */

/* The document of the current row, made from the content's columns. */
static int get_document(index_cursor *c, const document **out) {
  index_table *t = table_of(c);
  if (!c->has_document) {
    int count = t->config.column_count;
    sqlite3_value **values = sqlite3_malloc64((size_t)(count + 1) * sizeof *values);
    if (!values) return SQLITE_NOMEM;
    for (int i = 0; i < count; i++) values[i] = sqlite3_column_value(c->content, i + 1);
    /* Column values of a statement are unprotected: text must be taken from copies. */
    int rc = SQLITE_OK;
    for (int i = 0; i < count; i++) {
      values[i] = sqlite3_value_dup(values[i]);
      if (!values[i]) rc = SQLITE_NOMEM;
    }
    if (rc == SQLITE_OK) rc = document_make(t, c->id, values, &c->document);
    for (int i = 0; i < count; i++) sqlite3_value_free(values[i]);
    sqlite3_free(values);
    if (rc != SQLITE_OK) return rc;
    c->has_document = true;
  }
  *out = &c->document;
  return SQLITE_OK;
}

static int column_vector(index_cursor *c, sqlite3_context *context) {
  index_table *t = table_of(c);
  sqlite3_int64 address = -1;
  document_row row;
  table_settle(t);
  int rc = index_flush(t);
  if (rc == SQLITE_OK) rc = index_dimension(t, 0);
  if (rc == SQLITE_OK) rc = index_get_document(t, c->id, &row);
  if (rc != SQLITE_OK) return rc;
  int passage = c->kind == PLAN_SEARCH ? c->row.passage : 0;
  /* Not the search's address: the vectors may have moved since it began. */
  if (row.address >= 0 && passage >= 0 && passage < row.vectors)
    address = row.address + passage;
  document_row_free(&row);
  if (address < 0) return SQLITE_OK;
  size_t n = t->dimension;
  if (!n) return index_no_dimension(t);
  float *vector = sqlite3_malloc64(n * sizeof *vector);
  if (!vector) return SQLITE_NOMEM;
  rc = index_read_vector(t, address, n, vector);
  if (rc == SQLITE_OK) result_vector(context, vector, n);
  sqlite3_free(vector);
  return rc;
}

/* The best passage, where the text still is what was embedded. */
static int column_passage(index_cursor *c, sqlite3_context *context,
                          hidden_column column) {
  index_table *t = table_of(c);
  const document *d;
  document_row row;
  if (c->kind != PLAN_SEARCH) return SQLITE_OK;
  int rc = get_document(c, &d);
  if (rc == SQLITE_OK) rc = index_get_document(t, c->id, &row);
  if (rc != SQLITE_OK) return rc;
  size_t start = 0, end = d->bytes;
  bool known = document_is_known(d, &row) && c->row.passage < row.vectors;
  /* Found by its words alone: no passage is the best, unless there is but one. */
  if (c->row.passage < 0) known = known && !row.spans;
  if (known && row.spans) {
    start = row.spans[2 * c->row.passage];
    end = row.spans[2 * c->row.passage + 1];
  }
  document_row_free(&row);
  if (!known || start > end || end > d->bytes) return SQLITE_OK;
  if (column == HIDDEN_PASSAGE)
    sqlite3_result_text64(context, d->text + start, end - start, SQLITE_TRANSIENT,
                          SQLITE_UTF8);
  else
    sqlite3_result_int64(context,
                         (sqlite3_int64)(column == HIDDEN_PASSAGE_START ? start : end));
  return SQLITE_OK;
}

static void result_real(sqlite3_context *context, double value) {
  if (!isnan(value)) sqlite3_result_double(context, value);
}

int vtab_column(sqlite3_vtab_cursor *base, sqlite3_context *context, int column) {
  index_cursor *c = (index_cursor *)base;
  const index_table *t = table_of(c);
  if (column < t->config.column_count) {
    if (c->content)
      sqlite3_result_value(context, sqlite3_column_value(c->content, column + 1));
    return SQLITE_OK;
  }
  bool found = c->kind == PLAN_SEARCH;
  const document *d;
  int rc;
  hidden_column hidden = (hidden_column)(column - t->config.column_count);
  /* Of an UPDATE that does not set it: then it must not look like one that does. */
  if (sqlite3_vtab_nochange(context)) return SQLITE_OK;
  switch (hidden) {
  case HIDDEN_RANK:
    if (found) result_real(context, c->row.rank);
    return SQLITE_OK;
  case HIDDEN_DISTANCE:
    if (found) result_real(context, c->row.distance);
    return SQLITE_OK;
  case HIDDEN_BM25:
    if (found) result_real(context, c->row.bm25);
    return SQLITE_OK;
  case HIDDEN_PASSAGE:
  case HIDDEN_PASSAGE_START:
  case HIDDEN_PASSAGE_END:
    return column_passage(c, context, hidden);
  case HIDDEN_DOCUMENT:
    if (!c->content) return SQLITE_OK;
    rc = get_document(c, &d);
    if (rc == SQLITE_OK)
      sqlite3_result_text64(context, d->text, d->bytes, SQLITE_TRANSIENT, SQLITE_UTF8);
    return rc;
  case HIDDEN_VECTOR:
    return column_vector(c, context);
  default: /* the arguments of the call form */
    if ((int)hidden < GIVEN_COLUMNS && c->given[hidden])
      sqlite3_result_value(context, c->given[hidden]);
    return SQLITE_OK;
  }
}

void cursors_lose(index_table *t) {
  for (index_cursor *c = t->cursors; c; c = c->next) c->lost = true;
}

int cursors_materialize(index_table *t) {
  int rc = SQLITE_OK;
  for (index_cursor *c = t->cursors; c && rc == SQLITE_OK; c = c->next)
    rc = search_materialize(c->search);
  return rc;
}

int table_before_write(index_table *t) {
  int rc = cursors_materialize(t);
  FOR_EACH_OTHER (t, o)
    if (rc == SQLITE_OK) rc = cursors_materialize(o);
  kept_drop(t);
  return rc;
}
