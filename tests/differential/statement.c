/* statement.c - the grammar. What a search with k means is said here once more, in plain
 * SQL over the copies: a row is in the answer if no more than k rows of the search,
 * itself included, come before it among those that meet the conditions that count.
 *
 * Left out on purpose, with k, because SQLite turns one condition into another before the
 * index sees it:
 *   - an OR of one column with constants is an IN to it; so is `rowid IN (5)` a `=`
 *   - `(a, b) < (1, 2)` arrives as `a <= 1`, and of `a LIKE 'b%' ESCAPE 'x'` only the
 * range from 'b' to 'c'
 *   - `a = 5 AND a < b` arrives as `5 < b`
 *   - a condition outside of a subquery is moved inside when it is flattened
 *   - a LEFT JOIN becomes an inner one where a later condition drops its NULLs
 * What SQLite itself gets wrong is left out, with a comment in its place. */
#include "statement.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "random.h"

static int below(int n) {
  return (int)random_below((size_t)n);
}

static bool chance(int percent) {
  return below(100) < percent;
}

#define ONE_OF(array) (array)[below((int)(sizeof(array) / sizeof(array)[0]))]

/* Conditions ------------------------------------------------------------------------- */

static const char *const columns[] = {"t", "t2", "j", "n", "r", "u", "d", "b"};

static const char *const literals[] = {
    "0",     "1",        "2",
    "3",     "4",        "5",
    "2.5",   "3.0",      "-1",
    "'a'",   "'b'",      "'B'",
    "'b '",  "'Lancet'", "'bmj'",
    "'BMJ'", "'5'",      "'3.0'",
    "''",    "NULL",     "x'61'",
    "x'62'", "'gene'",   "'stroke'",
    "1e3",   "'2'",      "9223372036854775807",
};

static const char *const rowids[] = {"1",   "2",   "3",   "5",   "8",   "13",
                                     "21",  "34",  "999", "3.0", "2.5", "-1",
                                     "'4'", "'x'", "7",   "11",  "NULL"};

static const char *const comparisons[] = {
    "=", "<>", "<", "<=", ">", ">=", "IS", "IS NOT"};

static const char *const patterns[] = {"'%e%'", "'b%'",  "'B%'", "'%5'",     "'gene%'",
                                       "'_'",   "'*e*'", "'b*'", "'[a-c]*'", "'%'"};

/* Adds a condition; `copy` NULL: the same there. */
static void add(core *c, int about, int on, bool counts, char *text, char *copy) {
  if (c->condition_count == MAX_CONDITIONS) {
    sqlite3_free(text);
    sqlite3_free(copy);
    return;
  }
  c->conditions[c->condition_count++] = (condition){
      {text, copy ? copy : sqlite3_mprintf("%s", text)},
      about, on, counts, false
  };
}

static char *list_of(const char *const *from, int count) {
  sqlite3_str *s = sqlite3_str_new(NULL);
  int n = 2 + below(3);
  for (int i = 0; i < n; i++)
    sqlite3_str_appendf(s, "%s%s", i ? ", " : "", from[below(count)]);
  return sqlite3_str_finish(s);
}

enum {
  LITERAL_COUNT = sizeof literals / sizeof literals[0],
  ROWID_COUNT = sizeof rowids / sizeof rowids[0]
};

/* On a declared column: what counts before k. */
static char *column_condition(bool *counts) {
  const char *column = ONE_OF(columns);
  *counts = true;
  char *list, *made;
  switch (below(11)) {
  case 6:
    return sqlite3_mprintf("@.%s %s (SELECT %s FROM z)", chance(50) ? "n" : "r",
                           ONE_OF(comparisons), chance(50) ? "min(n)" : "count(*)");
  case 7:
    return sqlite3_mprintf("@.%s %s %s COLLATE %s", column,
                           comparisons[chance(50) ? 0 : 2], ONE_OF(literals),
                           chance(50) ? "NOCASE" : "BINARY");
  case 0:
    return sqlite3_mprintf("@.%s BETWEEN %s AND %s", column, ONE_OF(literals),
                           ONE_OF(literals));
  case 1:
    list = list_of(literals, LITERAL_COUNT);
    made = sqlite3_mprintf("@.%s IN (%s)", column, list);
    sqlite3_free(list);
    return made;
  case 2:
    /* Numbers for a number, texts for a text: see add_link(). */
    return chance(50)
               ? sqlite3_mprintf("@.%c IN (SELECT n FROM z)", chance(50) ? 'n' : 'r')
               : sqlite3_mprintf("@.%s IN (SELECT j FROM z)", column);
  case 3:
    return sqlite3_mprintf("@.%s %s %s", column, chance(60) ? "LIKE" : "GLOB",
                           ONE_OF(patterns));
  case 4:
    return sqlite3_mprintf("@.%s IS %sNULL", column, chance(50) ? "NOT " : "");
  case 5:
    return sqlite3_mprintf("%s %s @.%s", ONE_OF(literals), ONE_OF(comparisons), column);
  default:
    return sqlite3_mprintf("@.%s %s %s", column, ONE_OF(comparisons), ONE_OF(literals));
  }
}

static char *rowid_condition(bool *counts) {
  *counts = true;
  char *list, *made;
  switch (below(7)) {
  case 0:
    /* two different ones: a list of one is an `=` */
    list = list_of(rowids, ROWID_COUNT);
    made = sqlite3_mprintf("@.rowid IN (4, 6, %s)", list);
    sqlite3_free(list);
    return made;
  case 1:
    return sqlite3_mprintf("@.rowid IN (SELECT %s FROM z)", chance(50) ? "id" : "n");
  case 2:
    *counts = false;
    return sqlite3_mprintf("@.rowid = %s", ONE_OF(rowids));
  case 3:
    return sqlite3_mprintf("@.rowid <> %s", ONE_OF(rowids));
  case 4:
    return sqlite3_mprintf("@.rowid BETWEEN %s AND %s", ONE_OF(rowids), ONE_OF(rowids));
  default:
    return sqlite3_mprintf("@.rowid %s %s",
                           chance(50)   ? (chance(50) ? "<" : "<=")
                           : chance(50) ? ">"
                                        : ">=",
                           ONE_OF(rowids));
  }
}

/* What SQLite checks after the search. */
static char *later_condition(bool capped) {
  bool counts;
  char *a, *b, *made;
  switch (below(capped ? 9 : 13)) {
  case 0:
    return sqlite3_mprintf("@.%s %s %s", chance(50) ? "rank" : "bm25",
                           chance(50) ? "<" : ">", chance(50) ? "0.9" : "-0.3");
  case 1:
    return sqlite3_mprintf("@.%s IS %sNULL",
                           chance(50)   ? "bm25"
                           : chance(50) ? "rank"
                                        : "distance",
                           chance(50) ? "NOT " : "");
  case 2:
    return sqlite3_mprintf("@.%s + 1 > %s", ONE_OF(columns), ONE_OF(literals));
  case 3:
    return sqlite3_mprintf("length(@.%s) %s %d", ONE_OF(columns), chance(50) ? "<" : ">",
                           below(30));
  case 4:
    return sqlite3_mprintf("+@.%s %s %s", ONE_OF(columns), ONE_OF(comparisons),
                           ONE_OF(literals));
  case 5:
    return sqlite3_mprintf("NOT coalesce(@.%s = %s, 0)", ONE_OF(columns),
                           ONE_OF(literals));
  case 6:
    return sqlite3_mprintf("@.%s NOT IN (%s, %s)", ONE_OF(columns), ONE_OF(literals),
                           ONE_OF(literals));
  case 7:
    return sqlite3_mprintf("(@.n %s %s OR @.j %s %s)", ONE_OF(comparisons),
                           ONE_OF(literals), ONE_OF(comparisons), ONE_OF(literals));
  case 8:
    return sqlite3_mprintf("@.distance > %s", chance(50) ? "0.2" : "0.8");
  case 9:
    return sqlite3_mprintf("(@.%s, @.%s) %s (%s, %s)", ONE_OF(columns), ONE_OF(columns),
                           comparisons[below(6)], ONE_OF(literals), ONE_OF(literals));
  case 11:
    return sqlite3_mprintf("@.%s LIKE %s ESCAPE 'b'", ONE_OF(columns), ONE_OF(patterns));
  case 10:
    return sqlite3_mprintf("@.%s %s @.%s", ONE_OF(columns), ONE_OF(comparisons),
                           ONE_OF(columns));
  default:
    a = chance(50) ? column_condition(&counts) : rowid_condition(&counts);
    b = chance(50) ? column_condition(&counts) : rowid_condition(&counts);
    made = sqlite3_mprintf(chance(50) ? "(%s OR %s)" : "(@.n > 2 AND %s OR %s)", a, b);
    sqlite3_free(a);
    sqlite3_free(b);
    return made;
  }
}

/* Without a query the hidden columns are NULL, and may be asked whether they are. */
static char *scan_condition(void) {
  static const char *const hidden[] = {"s",    "k",        "mode", "words",  "feedback",
                                       "rank", "distance", "bm25", "vector", "document"};
  return sqlite3_mprintf("@.%s IS %sNULL", ONE_OF(hidden), chance(60) ? "" : "NOT ");
}

/* One condition on source `about`, written in the ON of `on` or in WHERE. */
static void add_condition(const searchable *subject, core *c, int about, int on) {
  const source *s = &c->sources[about];
  bool counts = false;
  char *text;
  int kind = below(20);
  if (s->kind == TABLE_Y || s->kind == TABLE_Z) {
    text = sqlite3_mprintf("@.%s %s %s", chance(50) ? "n" : "j", ONE_OF(comparisons),
                           ONE_OF(literals));
  } else if (s->kind == SCAN && kind >= 16) {
    text = scan_condition();
  } else if (kind < 10) {
    text = column_condition(&counts);
  } else if (kind < 13) {
    text = rowid_condition(&counts);
  } else if (kind == 13 && s->kind == SEARCH) {
    text = sqlite3_mprintf("@.distance %s %s",
                           chance(50) ? "<" : "<=", chance(50) ? "0.5" : "0.9");
    counts = true;
  } else if (kind == 14 && s->kind == SEARCH && subject->words) {
    int word = below(subject->word_count);
    bool column = chance(30);
    add(c, about, on, true,
        sqlite3_mprintf("@.%s MATCH '%s'", column ? "t" : "words",
                        subject->word_queries[word]),
        sqlite3_mprintf(
            "@.rowid IN (SELECT rowid FROM w WHERE \"column\" = %d AND word = %d)",
            column, word));
    return;
  } else {
    text = later_condition(s->k != NULL);
  }
  add(c, about, on, counts, text, NULL);
}

static const char *key(const source *s) {
  return s->kind == TABLE_Y || s->kind == TABLE_Z ? "id" : "rowid";
}

/* What ties source `about` to another one, or to the table outside. */
static void add_link(core *c, int about, int on, char other, const char *other_key,
                     bool by_rowid) {
  const source *s = &c->sources[about];
  bool counts = false;
  char *text;
  int kind = below(by_rowid ? 4 : 10);
  if (kind < 4)
    text = chance(50) ? sqlite3_mprintf("@.%s = %c.%s", key(s), other, other_key)
                      : sqlite3_mprintf("%c.%s = @.%s", other, other_key, key(s));
  else if (kind < 7) {
    /* A text against a number: which of the two is converted goes by where the number
     * comes from, which an index is not told. */
    const char *left = chance(50) ? "n" : "j";
    const char *right = s->k ? left : chance(50) ? "n" : "j";
    text = sqlite3_mprintf("@.%s = %c.%s", left, other, right);
    counts = true;
  } else if (kind == 7) {
    text = sqlite3_mprintf("@.%s %s %c.%s", key(s), chance(50) ? "<" : "<>", other,
                           other_key);
    counts = true;
  } else if (kind == 8) {
    text = sqlite3_mprintf("@.n %s %c.n", comparisons[1 + below(5)], other);
    counts = true;
  } else
    text = sqlite3_mprintf("@.%s + 0 = %c.%s", key(s), other, other_key);
  add(c, about, on, counts, text, NULL);
}

/* Sources ---------------------------------------------------------------------------- */

static const char *const ks[] = {"0", "1", "2", "3", "5", "8", "20", "3.0", "'2'"};

static void make_search(const searchable *subject, source *s) {
  s->kind = SEARCH;
  s->call = chance(60);
  s->match = chance(60);
  s->query = sqlite3_mprintf("%Q", subject->queries[below(subject->query_count)]);
  if (chance(50)) s->k = sqlite3_mprintf("%s", ONE_OF(ks));
  if (chance(35)) s->mode = subject->modes[below(subject->mode_count)];
  if (!subject->vectors || !chance(12)) return;
  sqlite3_free(s->query);
  s->query = sqlite3_mprintf("(SELECT v FROM vectors WHERE id = %d)", below(3));
  s->mode = "semantic";
}

static void make_source(const searchable *subject, source *s, int at, bool search) {
  memset(s, 0, sizeof *s);
  s->alias = (char)('a' + at);
  s->join = "";
  if (search || chance(25))
    make_search(subject, s);
  else
    s->kind = chance(30) ? SCAN : chance(65) ? TABLE_Y : TABLE_Z;
}

static void make_from(const searchable *subject, core *c) {
  static const char *const joins[] = {", ", " JOIN ", " CROSS JOIN ", " LEFT JOIN "};
  int count = chance(45) ? 1 : chance(80) ? 2 : 3;
  int search = below(count);
  if (chance(6)) search = -1; /* a scan only, or nothing of ours */
  for (int i = 0; i < count; i++) {
    make_source(subject, &c->sources[i], i, i == search);
    if (search < 0 && i == 0) {
      sqlite3_free(c->sources[0].query);
      sqlite3_free(c->sources[0].k);
      c->sources[0] = (source){.kind = SCAN, .alias = 'a', .join = ""};
    }
    if (i > 0) c->sources[i].join = ONE_OF(joins);
    c->sources[i].outer = strcmp(c->sources[i].join, " LEFT JOIN ") == 0;
  }
  c->source_count = count;
}

/* A search that takes its text or its k from a table before it. */
static void maybe_lateral(core *c) {
  for (int i = 1; i < c->source_count; i++) {
    source *s = &c->sources[i];
    if (s->kind != SEARCH || c->sources[i - 1].kind != TABLE_Y) continue;
    char alias = c->sources[i - 1].alias;
    if (c->sources[i - 1].outer || chance(75)) continue;
    if (chance(60)) {
      sqlite3_free(s->query);
      s->query = sqlite3_mprintf("%c.q", alias);
      s->mode = NULL;
    } else {
      sqlite3_free(s->k);
      s->k = sqlite3_mprintf("%c.c", alias);
      s->call = true; /* `k = NULL` is no condition that holds */
    }
  }
}

static bool later_is_forced(const core *c, int i) {
  for (int later = i + 1; later < c->source_count; later++)
    if (c->sources[later].outer || strcmp(c->sources[later].join, " CROSS JOIN ") == 0)
      return true;
  return false;
}

static void make_conditions(const searchable *subject, core *c) {
  for (int i = 0; i < c->source_count; i++) {
    const source *s = &c->sources[i];
    for (int n = chance(2) ? 9 + below(12) : below(3); n > 0; n--) {
      int on = s->outer ? i : i > 0 && chance(30) ? i : -1;
      add_condition(subject, c, i, on);
    }
    /* In the ON of a later LEFT JOIN a condition on a search does not cut it. Up to
     * SQLite 3.50 it is shown to the search as if it did, so that k cannot be right
     * there. */
    if (i > 0 && s->outer && c->sources[0].kind == SEARCH && !c->sources[0].k &&
        chance(30)) {
      bool counts;
      add(c, 0, i, false,
          chance(70) ? column_condition(&counts) : rowid_condition(&counts), NULL);
    }
    if (i == 0) {
      if (c->outer) add_link(c, 0, s->outer ? 0 : -1, c->outer, "id", false);
      continue;
    }
    if (chance(12)) continue;
    int other = below(i);
    const source *o = &c->sources[other];
    int on = s->outer || chance(50) ? i : -1;
    /* The link is about the side that is a search with k; see add_link() for two. */
    bool about_other = o->k && !s->k && !s->outer;
    if (about_other && (later_is_forced(c, other) || o->outer)) {
      /* SQLite does not even show such a condition: by rowid only. */
      add(c, other, on, false, sqlite3_mprintf("@.%s = %c.%s", key(o), s->alias, key(s)),
          NULL);
      continue;
    }
    if (about_other)
      add_link(c, other, on, s->alias, key(s), false);
    else
      /* Of two searches with k, which is cut for each row of the other? Only by rowid is
       * that no question. And SQLite may make an inner join of a LEFT JOIN. */
      add_link(c, i, on, o->alias, key(o), o->k && (s->k || s->outer));
  }
}

/* Writing ---------------------------------------------------------------------------- */

/* '@' in a condition becomes the alias. */
static void append_condition(sqlite3_str *s, const char *text, const char *alias) {
  for (; *text; text++) {
    if (*text == '@')
      sqlite3_str_appendall(s, alias);
    else
      sqlite3_str_appendchar(s, 1, *text);
  }
}

static const char *mode_of(const searchable *subject, const source *s) {
  return s->mode ? s->mode : subject->modes[0];
}

/* The copies know hybrid without feedback as a mode of its own. */
static const char *real_mode(const source *s) {
  return s->mode && strcmp(s->mode, NO_FEEDBACK) == 0 ? "hybrid" : s->mode;
}

/* The conditions that make a source a search, over the index or over the copy. */
static void append_search(sqlite3_str *out, const searchable *subject, const source *s,
                          sides side, const char *alias) {
  if (side == COPY_SIDE) {
    sqlite3_str_appendf(out, " AND %s.s = %s AND %s.mode = '%s'", alias, s->query, alias,
                        mode_of(subject, s));
    return;
  }
  if (s->call) return;
  sqlite3_str_appendf(out, " AND %s.s %s %s", alias, s->match ? "MATCH" : "=", s->query);
  if (s->k) sqlite3_str_appendf(out, " AND %s.k = %s", alias, s->k);
  if (s->mode) sqlite3_str_appendf(out, " AND %s.mode = '%s'", alias, real_mode(s));
  if (s->mode != real_mode(s)) sqlite3_str_appendf(out, " AND %s.feedback = 0", alias);
}

/* Among the first k of the rows that meet what counts. */
static void append_cap(sqlite3_str *out, const core *c, const searchable *subject,
                       int i) {
  const source *s = &c->sources[i];
  if (!s->k) return;
  sqlite3_str_appendf(out, " AND (SELECT count(*) FROM m k_ WHERE k_.ord <= %c.ord",
                      s->alias);
  append_search(out, subject, s, COPY_SIDE, "k_");
  for (int n = 0; n < c->condition_count; n++) {
    const condition *x = &c->conditions[n];
    if (x->about != i || !x->counts || x->off) continue;
    sqlite3_str_appendall(out, " AND ");
    append_condition(out, x->text[COPY_SIDE], "k_");
  }
  sqlite3_str_appendf(out, ") <= coalesce(CAST(%s AS INTEGER), 1000000)", s->k);
}

static void append_conditions(sqlite3_str *out, const core *c, const searchable *subject,
                              sides side, int on) {
  for (int n = 0; n < c->condition_count; n++) {
    const condition *x = &c->conditions[n];
    char alias[2] = {c->sources[x->about].alias, 0};
    if (x->on != on || x->off) continue;
    sqlite3_str_appendall(out, " AND ");
    append_condition(out, x->text[side], alias);
  }
  for (int i = 0; i < c->source_count; i++) {
    const source *s = &c->sources[i];
    char alias[2] = {s->alias, 0};
    if (s->kind != SEARCH || (s->outer ? i : -1) != on) continue;
    append_search(out, subject, s, side, alias);
    if (side == COPY_SIDE) append_cap(out, c, subject, i);
  }
}

/* Text that begins with " AND ", as a clause. */
static void append_clause(sqlite3_str *out, const char *word, sqlite3_str *conditions) {
  char *text = sqlite3_str_finish(conditions);
  if (text) sqlite3_str_appendf(out, "%s%s", word, text + 5);
  sqlite3_free(text);
}

static void append_source(sqlite3_str *out, const source *s, sides side) {
  static const char *const names[SIDES][4] = {
      {"s", "s",  "y", "z"},
      {"m", "m0", "y", "z"}
  };
  sqlite3_str_appendf(out, "%s%s", s->join, names[side][s->kind]);
  if (s->kind == SEARCH && side == INDEX_SIDE && s->call) {
    sqlite3_str_appendf(out, "(%s", s->query);
    if (s->k || s->mode) sqlite3_str_appendf(out, ", %s", s->k ? s->k : "NULL");
    if (s->mode) sqlite3_str_appendf(out, ", '%s'", real_mode(s));
    if (s->mode != real_mode(s)) sqlite3_str_appendall(out, ", NULL, 0");
    sqlite3_str_appendall(out, ")");
  }
  sqlite3_str_appendf(out, " AS %c", s->alias);
}

static bool best_first(const core *c) {
  return c->source_count == 1 && c->sources[0].kind == SEARCH;
}

static void append_core(sqlite3_str *out, const core *c, const searchable *subject,
                        sides side) {
  sqlite3_str_appendf(out, "SELECT %s FROM ", c->select);
  for (int i = 0; i < c->source_count; i++) {
    append_source(out, &c->sources[i], side);
    if (i == 0) continue;
    sqlite3_str *on = sqlite3_str_new(NULL);
    append_conditions(on, c, subject, side, i);
    if (c->sources[i].outer && sqlite3_str_length(on) == 0)
      sqlite3_str_appendall(on, " AND 1");
    append_clause(out, " ON ", on);
  }
  sqlite3_str *where = sqlite3_str_new(NULL);
  append_conditions(where, c, subject, side, -1);
  append_clause(out, " WHERE ", where);
  if (c->group) sqlite3_str_appendf(out, " %s", c->group);
  bool by_order = side == COPY_SIDE && best_first(c) && !c->group;
  if (c->order) {
    sqlite3_str_appendf(out, " ORDER BY %s", c->order);
    if (by_order) sqlite3_str_appendf(out, ", %c.ord", c->sources[0].alias);
  } else if (by_order && strncmp(c->select, "DISTINCT", 8) != 0)
    sqlite3_str_appendf(out, " ORDER BY %c.ord", c->sources[0].alias);
  if (c->limit) sqlite3_str_appendf(out, " %s", c->limit);
}

char *statement_sql(const statement *s, const searchable *subject, sides side) {
  sqlite3_str *out = sqlite3_str_new(NULL);
  for (const char *p = s->frame; *p; p++) {
    if (*p == '$' && (p[1] == '0' || p[1] == '1')) {
      append_core(out, &s->cores[*++p - '0'], subject, side);
    } else if (*p == '$' && p[1] == 's') { /* the index, to write to; its copy */
      sqlite3_str_appendall(out, side == INDEX_SIDE ? "s" : "m0");
      p++;
    } else
      sqlite3_str_appendchar(out, 1, *p);
  }
  return sqlite3_str_finish(out);
}

static bool any_has(const core *c, const char *text) {
  for (int n = 0; n < c->condition_count; n++)
    if (!c->conditions[n].off && strstr(c->conditions[n].text[INDEX_SIDE], text))
      return true;
  return false;
}

/* A join order written by hand may leave no plan in which what a search needs comes
 * before it. MATCH, as in FTS5, does not go with more conditions than SQLite shows; and
 * of `t MATCH 'x' AND t = 'y'` SQLite makes `'y' MATCH 'x'`, where t has a type. */
bool statement_may_refuse(const statement *s, const char *error) {
  for (int i = 0; i < s->core_count; i++) {
    const core *c = &s->cores[i];
    for (int n = 0; n < c->source_count; n++) {
      if (c->sources[n].k && later_is_forced(c, n) &&
          strcmp(error, "no query solution") == 0)
        return true;
      if (!strstr(error, "MATCH")) continue;
      if (c->sources[n].match && c->condition_count > 7) return true;
      if (any_has(c, ".t MATCH") && (any_has(c, "@.t = ") || any_has(c, "= @.t")))
        return true;
    }
  }
  return false;
}

void statement_free(statement *s) {
  for (int i = 0; i < s->core_count; i++) {
    core *c = &s->cores[i];
    for (int n = 0; n < c->source_count; n++) {
      sqlite3_free(c->sources[n].query);
      sqlite3_free(c->sources[n].k);
    }
    for (int n = 0; n < c->condition_count; n++)
      for (int side = 0; side < SIDES; side++) sqlite3_free(c->conditions[n].text[side]);
    sqlite3_free(c->select);
    sqlite3_free(c->group);
    sqlite3_free(c->order);
    sqlite3_free(c->limit);
  }
  sqlite3_free(s->frame);
  memset(s, 0, sizeof *s);
}

/* Whole statements ------------------------------------------------------------------- */

static const char *const shown[] = {"t",
                                    "j",
                                    "n",
                                    "r",
                                    "u",
                                    "d",
                                    "b",
                                    "rank",
                                    "distance",
                                    "bm25",
                                    "s",
                                    "document",
                                    "length(@.vector)"};

static void append_shown(sqlite3_str *s, const source *from) {
  char alias[2] = {from->alias, 0};
  if (from->kind == TABLE_Y || from->kind == TABLE_Z) {
    sqlite3_str_appendf(s, "%c.%s", from->alias, chance(50) ? "n" : "j");
    return;
  }
  const char *column = ONE_OF(shown);
  if (strchr(column, '@'))
    append_condition(s, column, alias);
  else
    sqlite3_str_appendf(s, "%s.%s", alias, column);
}

static char *plain_columns(const core *c) {
  sqlite3_str *s = sqlite3_str_new(NULL);
  for (int i = 0; i < c->source_count; i++) {
    sqlite3_str_appendf(s, "%s%c.%s", i ? ", " : "", c->sources[i].alias,
                        key(&c->sources[i]));
    for (int n = below(3); n > 0; n--) {
      sqlite3_str_appendall(s, ", ");
      append_shown(s, &c->sources[i]);
    }
  }
  return sqlite3_str_finish(s);
}

/* ORDER BY that leaves nothing open. */
static char *total_order(const core *c) {
  sqlite3_str *s = sqlite3_str_new(NULL);
  const source *first = &c->sources[below(c->source_count)];
  if (first->kind == SEARCH || first->kind == SCAN) {
    static const char *const orders[] = {"rank", "distance", "bm25", "n",
                                         "j",    "u",        "rowid"};
    sqlite3_str_appendf(s, "%c.%s%s%s, ", first->alias, ONE_OF(orders),
                        chance(30) ? " DESC" : "",
                        chance(15)   ? " NULLS LAST"
                        : chance(15) ? " NULLS FIRST"
                                     : "");
  } else if (chance(50))
    sqlite3_str_appendf(s, "%c.n, ", first->alias);
  for (int i = 0; i < c->source_count; i++) /* The ids of z are not unique. */
    sqlite3_str_appendf(s, "%s%c.%s", i ? ", " : "", c->sources[i].alias,
                        c->sources[i].kind == TABLE_Z ? "rowid" : key(&c->sources[i]));
  return sqlite3_str_finish(s);
}

static char *some_limit(void) {
  return chance(60) ? sqlite3_mprintf("LIMIT %d", below(7))
                    : sqlite3_mprintf("LIMIT %d OFFSET %d", below(7), below(5));
}

static void order_and_limit(core *c, bool *ordered) {
  *ordered = best_first(c);
  if (chance(55) || !*ordered) {
    if (best_first(c) && chance(40))
      c->order = sqlite3_mprintf("%c.rank%s", c->sources[0].alias,
                                 chance(30) ? ", a.rowid" : "");
    else if (chance(75))
      c->order = total_order(c);
    if (c->order) *ordered = true;
  }
  if (*ordered && chance(45)) c->limit = some_limit();
}

static void make_plain(core *c, statement *out) {
  c->select = plain_columns(c);
  order_and_limit(c, &out->ordered);
  out->frame = sqlite3_mprintf("$0");
}

static void make_distinct(core *c, statement *out) {
  sqlite3_str *s = sqlite3_str_new(NULL);
  /* as bytes: of 'b' and 'B' under NOCASE any one may be shown */
  sqlite3_str_appendall(s, "DISTINCT hex(");
  append_shown(s, &c->sources[0]);
  sqlite3_str_appendall(s, ")");
  c->select = sqlite3_str_finish(s);
  out->frame = sqlite3_mprintf("$0");
}

static void make_aggregate(core *c, statement *out) {
  const source *s = &c->sources[below(c->source_count)];
  bool ours = s->kind == SEARCH || s->kind == SCAN;
  static const char *const aggregates[] = {
      "min(@.n)",    "max(@.r)",        "sum(@.n)",    "count(@.u)",         "total(@.r)",
      "avg(@.rank)", "min(@.distance)", "max(@.bm25)", "count(DISTINCT @.j)"};
  static const char *const plain[] = {"min(@.n)", "max(@.n)", "sum(@.n)", "count(@.n)"};
  char alias[2] = {s->alias, 0};
  sqlite3_str *text = sqlite3_str_new(NULL);
  bool group = chance(50);
  if (group)
    sqlite3_str_appendf(text, "%s.%s, count(*), ", alias, chance(50) ? "n" : "n % 2");
  else
    sqlite3_str_appendall(text, "count(*), ");
  append_condition(text, ours ? ONE_OF(aggregates) : ONE_OF(plain), alias);
  c->select = sqlite3_str_finish(text);
  c->group = sqlite3_mprintf(
      group ? chance(40) ? "GROUP BY 1 HAVING count(*) > 1" : "GROUP BY 1" : " ");
  out->frame = sqlite3_mprintf("$0");
}

static void make_window(core *c, statement *out) {
  static const char *const functions[] = {"row_number()", "count(*)", "sum(%c.n)",
                                          "lag(%c.n)", "first_value(%c.j)"};
  const source *s = &c->sources[below(c->source_count)];
  char *columns_text = plain_columns(c), *order = total_order(c);
  char *function = sqlite3_mprintf(ONE_OF(functions), s->alias);
  char *part = chance(30) ? sqlite3_mprintf("PARTITION BY %c.n ", s->alias) : NULL;
  c->select = sqlite3_mprintf("%s, %s OVER (%sORDER BY %s)", columns_text, function,
                              part ? part : "", order);
  c->group = sqlite3_mprintf(" ");
  sqlite3_free(columns_text);
  sqlite3_free(order);
  sqlite3_free(function);
  sqlite3_free(part);
  out->frame = sqlite3_mprintf("$0");
}

static bool has_k(const core *c) {
  for (int i = 0; i < c->source_count; i++)
    if (c->sources[i].k) return true;
  return false;
}

/* A core as a subquery, a CTE or a list. */
static void make_nested(core *c, statement *out) {
  static const char *const frames[] = {
      "SELECT * FROM ($0) AS q",
      "SELECT y.id, q.* FROM y JOIN ($0) AS q ON q.id = y.id",
      "SELECT y.id, q.* FROM y CROSS JOIN ($0) AS q ON q.id = y.id",
      "SELECT y.id, q.* FROM ($0) AS q CROSS JOIN y ON q.id = y.id",
      "SELECT y.id, q.* FROM y LEFT JOIN ($0) AS q ON q.id = y.id",
      "SELECT y.id, q.* FROM ($0) AS q LEFT JOIN y ON q.id = y.id",
      "WITH q AS ($0) SELECT y.id, q.* FROM y JOIN q ON q.id = y.id",
      "WITH q AS MATERIALIZED ($0) SELECT y.id, q.* FROM y JOIN q ON q.id = y.id",
      "WITH q AS NOT MATERIALIZED ($0) SELECT y.id, q.* FROM y CROSS JOIN q ON q.id = "
      "y.id",
      "WITH q AS ($0) SELECT x.id, q.id FROM q AS x LEFT JOIN q ON q.id = x.id + 1",
      "WITH q AS ($0) SELECT id FROM q UNION ALL SELECT count(*) FROM q",
      "WITH q AS NOT MATERIALIZED ($0) SELECT y.id FROM y WHERE y.id IN (SELECT id FROM "
      "q)",
      "SELECT y.id FROM y WHERE y.id IN (SELECT id FROM ($0))",
      "SELECT y.id FROM y WHERE y.id NOT IN (SELECT id FROM ($0) WHERE id IS NOT NULL)",
      "SELECT y.id FROM y WHERE EXISTS (SELECT 1 FROM ($0) AS q WHERE q.id = y.id)",
      "SELECT y.id FROM y WHERE NOT EXISTS (SELECT 1 FROM ($0) AS q WHERE q.id = y.id)",
      "SELECT y.id, (SELECT q.id FROM ($0) AS q WHERE q.id = y.id) FROM y",
  };
  /* A condition on a column stays outside k only where SQLite cannot move it. */
  static const char *const free_frames[] = {
      "SELECT * FROM ($0) AS q WHERE q.id > 4",
      "WITH q AS ($0) SELECT id FROM q WHERE id IN (SELECT n FROM z)",
      "WITH q AS ($0) SELECT * FROM q WHERE n = 2",
      "SELECT y.id, q.* FROM y JOIN ($0) AS q ON q.n = y.n",
      "SELECT y.id, q.* FROM y LEFT JOIN ($0) AS q ON q.n = y.n",
      "SELECT y.id, q.* FROM ($0) AS q CROSS JOIN y ON q.n = y.n",
      "SELECT y.id FROM y WHERE EXISTS (SELECT 1 FROM ($0) AS q WHERE q.n = y.n)",
      "SELECT y.id, (SELECT max(q.id) FROM ($0) AS q WHERE q.n = y.n) FROM y",
  };
  static const char *const fenced_frames[] = {
      "WITH q AS MATERIALIZED ($0) SELECT * FROM q WHERE n = 2",
      "WITH q AS MATERIALIZED ($0) SELECT y.id, q.* FROM y JOIN q ON q.n = y.n",
  };
  char a = c->sources[0].alias;
  const source *second = &c->sources[c->source_count - 1];
  c->select =
      sqlite3_mprintf("%c.%s AS id, %c.n AS n, %c.%s AS id2", a, key(&c->sources[0]),
                      second->alias, second->alias, key(second));
  bool ordered = false;
  if (chance(30)) order_and_limit(c, &ordered);
  bool free = c->limit || !has_k(c);
  out->frame = sqlite3_mprintf("%s", chance(25)           ? ONE_OF(fenced_frames)
                                     : free && chance(50) ? ONE_OF(free_frames)
                                                          : ONE_OF(frames));
}

/* A core inside a statement on y, with y's columns in its conditions. */
static void make_correlated(core *c, statement *out) {
  static const char *const frames[] = {
      "SELECT o.id FROM y AS o WHERE EXISTS ($0)",
      "SELECT o.id FROM y AS o WHERE NOT EXISTS ($0)",
      "SELECT o.id, ($0) FROM y AS o",
      "SELECT o.id FROM y AS o WHERE o.id IN ($0)",
  };
  int which = below(4);
  out->frame = sqlite3_mprintf("%s", frames[which]);
  if (which == 2)
    c->select = sqlite3_mprintf("%s(%c.%s)", chance(50) ? "count" : "max",
                                c->sources[0].alias, key(&c->sources[0]));
  else
    c->select = sqlite3_mprintf("%c.%s", c->sources[0].alias, key(&c->sources[0]));
  if (which == 2)
    c->group = sqlite3_mprintf(" ");
  else if (chance(20)) {
    bool ordered;
    order_and_limit(c, &ordered);
  }
}

static void make_compound(const searchable *subject, statement *out) {
  static const char *const words[] = {"UNION", "UNION ALL", "INTERSECT", "EXCEPT"};
  core *second = &out->cores[1];
  make_from(subject, second);
  make_conditions(subject, second);
  out->core_count = 2;
  for (int i = 0; i < 2; i++) {
    core *c = &out->cores[i];
    c->select = sqlite3_mprintf("%c.%s, %c.n", c->sources[0].alias, key(&c->sources[0]),
                                c->sources[0].alias);
    c->group = sqlite3_mprintf(" ");
  }
  out->frame = sqlite3_mprintf("$0 %s $1", ONE_OF(words));
  if (chance(30)) {
    out->ordered = true;
    char *frame = sqlite3_mprintf("%s ORDER BY 1, 2 LIMIT %d", out->frame, below(8));
    sqlite3_free(out->frame);
    out->frame = frame;
  }
}

static void make_change(const searchable *subject, core *c, statement *out) {
  static const char *const y_frames[] = {
      "DELETE FROM y WHERE id IN ($0)",
      "DELETE FROM y WHERE id NOT IN ($0)",
      "UPDATE y SET n = n + 100 WHERE id IN ($0)",
      "UPDATE y SET n = (SELECT count(*) FROM ($0)) WHERE id > 3",
      "INSERT INTO y(id, n) SELECT coalesce(q.id, -9) + 1000, 1 FROM ($0) AS q",
      "UPDATE y SET n = q.id FROM ($0) AS q WHERE q.id = y.id",
  };
  static const char *const s_frames[] = {
      "DELETE FROM $s WHERE rowid IN ($0)",
      "DELETE FROM $s WHERE rowid NOT IN ($0)",
      "UPDATE $s SET n = n + 100 WHERE rowid IN ($0)",
      "UPDATE $s SET j = (SELECT count(*) FROM ($0)) WHERE n > 3",
      "UPDATE $s SET t = 'the mouse' WHERE rowid IN ($0)",
      "UPDATE $s SET r = q.id FROM ($0) AS q WHERE q.id = $s.rowid",
      "INSERT INTO $s(rowid, t) SELECT coalesce(q.id, -9) + 1000, 'gene' FROM ($0) q",
  };
  bool own = subject->own && chance(40);
  out->frame = sqlite3_mprintf("%s", own ? ONE_OF(s_frames) : ONE_OF(y_frames));
  out->check =
      own ? "SELECT rowid, t, t2, j, n, r, u, d, b FROM s" : "SELECT id, j, n, u FROM y";
  out->check_copy =
      own ? "SELECT rowid, t, t2, j, n, r, u, d, b FROM m0" : "SELECT id, j, n, u FROM y";
  c->select =
      sqlite3_mprintf("DISTINCT %c.%s AS id", c->sources[0].alias, key(&c->sources[0]));
  c->group = sqlite3_mprintf(" ");
}

void statement_random(const searchable *subject, uint64_t number, statement *out) {
  random_state = number | 1;
  memset(out, 0, sizeof *out);
  core *c = &out->cores[0];
  out->core_count = 1;
  make_from(subject, c);
  maybe_lateral(c);
  int shape = below(20);
  if (shape == 12 || shape == 13 || shape == 14) c->outer = 'o';
  if (c->outer && c->sources[0].kind == SEARCH && chance(25)) {
    sqlite3_free(c->sources[0].query);
    c->sources[0].query = sqlite3_mprintf("o.q");
    c->sources[0].mode = NULL;
  }
  make_conditions(subject, c);
  if (shape < 7)
    make_plain(c, out);
  else if (shape == 7)
    make_distinct(c, out);
  else if (shape == 8)
    make_aggregate(c, out);
  else if (shape == 9)
    make_window(c, out);
  else if (shape < 12 || shape == 19)
    make_nested(c, out);
  else if (shape < 15)
    make_correlated(c, out);
  else if (shape < 17)
    make_compound(subject, out);
  else
    make_change(subject, c, out);
}
