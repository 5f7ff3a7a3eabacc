/* map_rows.c - see map_rows.h. */
#include "cli/map_rows.h"

#include <string.h>

#include "cli/terminal.h"

/* The arguments of a function of an index: its name, then the numbers that were given. */
static char *arguments(const map_request *r, bool words) {
  sqlite3_str *list = sqlite3_str_new(NULL);
  sqlite3_str_appendf(list, "%Q", r->index->name);
  if (r->topics)
    sqlite3_str_appendf(list, ", %lld", (long long)r->topics);
  else
    sqlite3_str_appendall(list, ", NULL");
  sqlite3_str_appendf(list, ", %lld", (long long)r->seed);
  if (words) sqlite3_str_appendf(list, ", %lld", (long long)r->words);
  return sqlite3_str_finish(list);
}

static void append_column(sqlite3_str *sql, const paper_table *t, column_role role) {
  if (t->columns[role])
    sqlite3_str_appendf(sql, ", p.\"%w\"", t->columns[role]);
  else
    sqlite3_str_appendall(sql, ", NULL");
}

/* Prepares a text that was put together, and frees it. */
static bool prepare(const map_request *r, sqlite3_str *text, sqlite3_stmt **out) {
  char *sql = sqlite3_str_finish(text);
  const bool ok = sql && database_prepare(r->d, out, "%s", sql);
  sqlite3_free(sql);
  return ok;
}

bool map_prepare_topics(const map_request *r, sqlite3_stmt **out) {
  const paper_table *t = &r->index->papers;
  char *list = arguments(r, true);
  sqlite3_str *sql = sqlite3_str_new(NULL);
  sqlite3_str_appendall(sql, "SELECT t.cluster, t.size, t.words, t.rowid");
  append_column(sql, t, ROLE_TITLE);
  append_column(sql, t, ROLE_YEAR);
  sqlite3_str_appendf(sql,
                      " FROM biobert_topics(%s) t LEFT JOIN \"%w\" p ON p.\"%w\" = "
                      "t.rowid ORDER BY t.cluster",
                      list ? list : "", t->name, t->key);
  sqlite3_free(list);
  return prepare(r, sql, out);
}

/* The functions run once: materialized, their rows are joined by an index that SQLite
 * makes for them. */
bool map_prepare_papers(const map_request *r, sqlite3_stmt **out) {
  const paper_table *t = &r->index->papers;
  char *list = arguments(r, false);
  sqlite3_str *sql = sqlite3_str_new(NULL);
  sqlite3_str_appendf(sql,
                      "WITH place AS MATERIALIZED (SELECT rowid AS id, x, y FROM "
                      "biobert_map(%Q, %lld)), topic AS MATERIALIZED (SELECT rowid AS "
                      "id, cluster FROM biobert_clusters(%s)) "
                      "SELECT place.x, place.y, topic.cluster, place.id",
                      r->index->name, (long long)r->seed, list ? list : "");
  for (column_role role = 0; role < ROLES; role++)
    if (role == ROLE_ABSTRACT)
      sqlite3_str_appendall(sql, ", NULL");
    else
      append_column(sql, t, role);
  sqlite3_str_appendf(sql,
                      " FROM place JOIN \"%w\" p ON p.\"%w\" = place.id LEFT JOIN topic "
                      "ON topic.id = place.id WHERE place.x IS NOT NULL",
                      t->name, t->key);
  /* The line end keeps a comment in --where from swallowing what follows. */
  if (r->where)
    sqlite3_str_appendf(sql, " AND place.id IN (SELECT \"%w\" FROM \"%w\" WHERE (%s\n))",
                        t->key, t->name, r->where);
  sqlite3_str_appendall(sql, " ORDER BY place.id");
  sqlite3_free(list);
  return prepare(r, sql, out);
}

bool map_step(const map_request *r, sqlite3_stmt *s, bool *ok) {
  int rc = database_step(r->d, s);
  *ok = rc == SQLITE_ROW || rc == SQLITE_DONE;
  if (!*ok) database_complain(r->d, rc);
  return rc == SQLITE_ROW;
}

static bool add_topic(map_topics *topics, sqlite3_stmt *s) {
  map_topic *larger =
      sqlite3_realloc64(topics->items, (topics->count + 1) * sizeof *topics->items);
  if (!larger) return false;
  topics->items = larger;
  const char *words = (const char *)sqlite3_column_text(s, TOPIC_WORDS);
  map_topic *made = &larger[topics->count++];
  *made = (map_topic){.size = sqlite3_column_int64(s, TOPIC_SIZE),
                      .words = sqlite3_mprintf("%s", words ? words : "")};
  return made->words != NULL;
}

bool map_read_topics(const map_request *r, map_topics *out) {
  sqlite3_stmt *s = NULL;
  *out = (map_topics){0};
  bool ok = map_prepare_topics(r, &s);
  while (ok && map_step(r, s, &ok)) ok = add_topic(out, s);
  sqlite3_finalize(s);
  return ok;
}

void map_topics_free(map_topics *topics) {
  for (size_t i = 0; i < topics->count; i++) sqlite3_free(topics->items[i].words);
  sqlite3_free(topics->items);
  *topics = (map_topics){0};
}

size_t map_first_words(const char *words, int count) {
  const char *end = words;
  for (int i = 0; i < count && *end; i++) {
    const char *comma = strchr(i ? end + 1 : end, ',');
    end = comma ? comma : words + strlen(words);
  }
  return (size_t)(end - words);
}

bool map_year(sqlite3_stmt *s, int column, int *year) {
  enum { DIGITS = 4 };
  const char *text = (const char *)sqlite3_column_text(s, column);
  int value = 0;
  for (int i = 0; i < DIGITS; i++) {
    if (!text || text[i] < '0' || text[i] > '9') return false;
    value = 10 * value + (text[i] - '0');
  }
  *year = value;
  return text[DIGITS] < '0' || text[DIGITS] > '9';
}
