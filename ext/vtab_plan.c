/* vtab_plan.c - what SQLite is told it may ask, and what it then asks.
 *
 * xBestIndex looks for a query (name MATCH x, name = x, the first argument of the call
 * form) or for words; then a search answers. The other constraints become arguments of
 * that search: k, mode, words, feedback as they are; conditions on declared columns, the
 * rowid and the distance as filters. Without a query the table is scanned, or one row
 * looked up.
 *
 * The plan travels to xFilter as text in words, which is what EXPLAIN QUERY PLAN shows:
 *     search: query, k, filter column 2 >= collate BINARY, rowid in
 * One table makes it and reads it. */
#include "vtab.h"

#include <stdlib.h>
#include <string.h>

static const char *const kind_words[] = {
    [PLAN_SCAN] = "scan", [PLAN_ROWID] = "row", [PLAN_SEARCH] = "search"};

/* How an argument is written; %d: its column. */
static const char *const arg_words[ARG_KIND_COUNT] = {
    [ARG_QUERY] = "query",
    [ARG_K] = "k",
    [ARG_MODE] = "mode",
    [ARG_WORDS] = "words",
    [ARG_FEEDBACK] = "feedback",
    [ARG_COLUMN_WORDS] = "words in column",
    [ARG_ROWID] = "rowid",
    [ARG_DISTANCE] = "distance",
    [ARG_FILTER] = "filter column",
};

static const struct {
  unsigned char op;
  const char *text;
} operators[] = {
    {SQLITE_INDEX_CONSTRAINT_EQ,        "="          },
    {SQLITE_INDEX_CONSTRAINT_NE,        "<>"         },
    {SQLITE_INDEX_CONSTRAINT_GT,        ">"          },
    {SQLITE_INDEX_CONSTRAINT_GE,        ">="         },
    {SQLITE_INDEX_CONSTRAINT_LT,        "<"          },
    {SQLITE_INDEX_CONSTRAINT_LE,        "<="         },
    {SQLITE_INDEX_CONSTRAINT_IS,        "IS"         },
    {SQLITE_INDEX_CONSTRAINT_ISNOT,     "IS NOT"     },
    {SQLITE_INDEX_CONSTRAINT_ISNULL,    "IS NULL"    },
    {SQLITE_INDEX_CONSTRAINT_ISNOTNULL, "IS NOT NULL"},
    {SQLITE_INDEX_CONSTRAINT_LIKE,      "LIKE"       },
    {SQLITE_INDEX_CONSTRAINT_GLOB,      "GLOB"       },
};
enum { OPERATOR_COUNT = sizeof operators / sizeof operators[0] };

const char *plan_operator(unsigned char op) {
  for (int i = 0; i < OPERATOR_COUNT; i++)
    if (operators[i].op == op) return operators[i].text;
  return NULL;
}

/* The codec -------------------------------------------------------------------------- */

char *plan_write(const plan *p) {
  sqlite3_str *s = sqlite3_str_new(NULL);
  sqlite3_str_appendall(s, kind_words[p->kind]);
  for (int i = 0; i < p->count; i++) {
    const plan_arg *a = &p->args[i];
    sqlite3_str_appendf(s, "%s %s", i ? "," : ":", arg_words[a->kind]);
    if (a->kind == ARG_FILTER || a->kind == ARG_COLUMN_WORDS)
      sqlite3_str_appendf(s, " %d", a->column);
    if (a->kind == ARG_FILTER || a->kind == ARG_ROWID || a->kind == ARG_DISTANCE)
      sqlite3_str_appendf(s, " %s", a->list ? "in" : plan_operator(a->op));
    if (a->kind == ARG_FILTER) sqlite3_str_appendf(s, " collate %s", a->collation);
  }
  return sqlite3_str_finish(s);
}

static bool starts_with(const char **text, const char *word) {
  size_t bytes = strlen(word);
  if (strncmp(*text, word, bytes) != 0) return false;
  *text += bytes;
  return true;
}

/* " >= " and what follows; the longest operator that fits. */
static bool read_operator(const char **text, plan_arg *a) {
  if (starts_with(text, " in")) {
    a->list = true;
    a->op = SQLITE_INDEX_CONSTRAINT_EQ;
    return true;
  }
  size_t longest = 0;
  if (**text != ' ') return false;
  for (int i = 0; i < OPERATOR_COUNT; i++) {
    size_t bytes = strlen(operators[i].text);
    if (bytes <= longest || strncmp(*text + 1, operators[i].text, bytes) != 0) continue;
    longest = bytes;
    a->op = operators[i].op;
  }
  *text += 1 + longest;
  return longest > 0;
}

static bool read_arg(const char **text, plan_arg *a) {
  memset(a, 0, sizeof *a);
  size_t longest = 0;
  for (int i = 0; i < ARG_KIND_COUNT; i++) {
    size_t bytes = strlen(arg_words[i]);
    if (bytes <= longest || strncmp(*text, arg_words[i], bytes) != 0) continue;
    longest = bytes;
    a->kind = (plan_arg_kind)i;
  }
  if (!longest) return false;
  *text += longest;
  if (a->kind == ARG_FILTER || a->kind == ARG_COLUMN_WORDS) {
    char *end;
    a->column = (int)strtol(*text, &end, 10);
    if (end == *text) return false;
    *text = end;
  }
  if ((a->kind == ARG_FILTER || a->kind == ARG_ROWID || a->kind == ARG_DISTANCE) &&
      !read_operator(text, a))
    return false;
  if (a->kind != ARG_FILTER) return true;
  if (!starts_with(text, " collate ")) return false;
  size_t bytes = strcspn(*text, ",");
  if (bytes >= sizeof a->collation) return false;
  memcpy(a->collation, *text, bytes);
  *text += bytes;
  return true;
}

bool plan_read(const char *text, plan *out) {
  memset(out, 0, sizeof *out);
  if (!text) return false;
  bool found = false;
  for (int i = 0; i < 3 && !found; i++) {
    found = starts_with(&text, kind_words[i]);
    if (found) out->kind = (plan_kind)i;
  }
  while (found && *text) {
    if (!starts_with(&text, out->count ? ", " : ": ")) return false;
    if (out->count == PLAN_MAX_ARGS || !read_arg(&text, &out->args[out->count++]))
      return false;
  }
  return found;
}

/* xBestIndex ------------------------------------------------------------------------- */

/* Costs in SQLite's unit, about one row look-up. A search is dear enough that it is never
 * chosen to run once per row of another table, and cheaper than a scan. */
static const double search_cost = 10000, scan_cost = 1000000, row_cost = 10;
enum { SEARCH_ROWS = 1000, SCAN_ROWS = 100000 };

typedef enum verdict { TAKE, IGNORE, LATER, WRONG } verdict;

/* Arguments that accept only `=` (or MATCH, for words). */
static const struct {
  hidden_column column;
  plan_arg_kind kind;
  bool match;
  const char *name;
} exact_args[] = {
    {HIDDEN_NAME,     ARG_QUERY,    true,  "the query"},
    {HIDDEN_K,        ARG_K,        false, "k"        },
    {HIDDEN_MODE,     ARG_MODE,     false, "mode"     },
    {HIDDEN_WORDS,    ARG_WORDS,    true,  "words"    },
    {HIDDEN_FEEDBACK, ARG_FEEDBACK, false, "feedback" },
};

static verdict judge_exact(index_table *t, sqlite3_index_info *info, int i, int which,
                           plan_arg *a) {
  unsigned char op = info->aConstraint[i].op;
  bool equal = op == SQLITE_INDEX_CONSTRAINT_EQ;
  bool match = exact_args[which].match && op == SQLITE_INDEX_CONSTRAINT_MATCH;
  if ((!equal && !match) || sqlite3_vtab_in(info, i, -1)) {
    table_error(t, SQLITE_ERROR, "%s takes one value, with =%s: no range, no list",
                exact_args[which].name, exact_args[which].match ? " or MATCH" : "");
    return WRONG;
  }
  a->kind = exact_args[which].kind;
  return info->aConstraint[i].usable ? TAKE : LATER;
}

static verdict judge_column(index_table *t, sqlite3_index_info *info, int i,
                            plan_arg *a) {
  const struct sqlite3_index_constraint *c = &info->aConstraint[i];
  a->column = c->iColumn;
  if (c->op == SQLITE_INDEX_CONSTRAINT_MATCH) {
    a->kind = ARG_COLUMN_WORDS;
    if (t->config.columns[c->iColumn].indexed) return c->usable ? TAKE : LATER;
    table_error(t, SQLITE_ERROR, "column '%s' is UNINDEXED: it has no words to MATCH",
                t->config.columns[c->iColumn].name);
    return WRONG;
  }
  const char *collation = sqlite3_vtab_collation(info, i);
  if (!c->usable || !plan_operator(c->op) || strlen(collation) >= sizeof a->collation ||
      strchr(collation, ','))
    return IGNORE;
  a->kind = ARG_FILTER;
  a->list = sqlite3_vtab_in(info, i, -1) != 0;
  memcpy(a->collation, collation, strlen(collation) + 1);
  return TAKE;
}

static verdict judge(index_table *t, sqlite3_index_info *info, int i, plan_arg *a) {
  const struct sqlite3_index_constraint *c = &info->aConstraint[i];
  memset(a, 0, sizeof *a);
  a->op = c->op;
  if (c->op >= SQLITE_INDEX_CONSTRAINT_LIMIT && c->op <= SQLITE_INDEX_CONSTRAINT_OFFSET)
    return IGNORE; /* rows come lazily: there is nothing to save */
  if (c->iColumn < 0) {
    bool known =
        c->op == SQLITE_INDEX_CONSTRAINT_EQ || c->op == SQLITE_INDEX_CONSTRAINT_GT ||
        c->op == SQLITE_INDEX_CONSTRAINT_GE || c->op == SQLITE_INDEX_CONSTRAINT_LT ||
        c->op == SQLITE_INDEX_CONSTRAINT_LE;
    a->kind = ARG_ROWID;
    a->list = known && c->usable && sqlite3_vtab_in(info, i, -1);
    return known && c->usable ? TAKE : IGNORE;
  }
  int hidden = c->iColumn - t->config.column_count;
  if (hidden < 0) return judge_column(t, info, i, a);
  for (int which = 0; which < 5; which++)
    if (exact_args[which].column == (hidden_column)hidden)
      return judge_exact(t, info, i, which, a);
  a->kind = ARG_DISTANCE;
  bool below = c->op == SQLITE_INDEX_CONSTRAINT_LT || c->op == SQLITE_INDEX_CONSTRAINT_LE;
  return hidden == HIDDEN_DISTANCE && below && c->usable ? TAKE : IGNORE;
}

static bool has_arg(const plan *p, plan_arg_kind kind) {
  for (int i = 0; i < p->count; i++)
    if (p->args[i].kind == kind) return true;
  return false;
}

/* Rows come by rank, equal ones by rowid; that is also the order of distance where the
 * mode is surely semantic. */
static bool order_is_ours(const index_table *t, const sqlite3_index_info *info,
                          const plan *p) {
  if (p->kind != PLAN_SEARCH || info->nOrderBy < 1 || info->nOrderBy > 2) return false;
  if (info->aOrderBy[0].desc) return false;
  int hidden = info->aOrderBy[0].iColumn - t->config.column_count;
  bool semantic = t->config.search == MODE_SEMANTIC && !has_arg(p, ARG_MODE);
  if (hidden != HIDDEN_RANK && !(hidden == HIDDEN_DISTANCE && semantic)) return false;
  return info->nOrderBy == 1 ||
         (info->aOrderBy[1].iColumn < 0 && !info->aOrderBy[1].desc);
}

static void keep_only(plan *p, const int *constraint, int *kept, plan_arg_kind kind) {
  int count = 0;
  for (int i = 0; i < p->count; i++) {
    if (p->args[i].kind != kind || p->args[i].op != SQLITE_INDEX_CONSTRAINT_EQ ||
        p->args[i].list)
      continue;
    kept[count] = constraint[i];
    p->args[count++] = p->args[i];
    break;
  }
  p->count = count;
}

static bool is_second(const plan *p, plan_arg_kind kind) {
  bool single =
      kind == ARG_QUERY || kind == ARG_K || kind == ARG_MODE || kind == ARG_FEEDBACK;
  return single && has_arg(p, kind);
}

static int said_twice(index_table *t, plan_arg_kind kind) {
  return table_error(t, SQLITE_ERROR, "the %s is given twice", arg_words[kind]);
}

int vtab_best_index(sqlite3_vtab *base, sqlite3_index_info *info) {
  index_table *t = (index_table *)base;
  plan p = {0};
  int constraint[PLAN_MAX_ARGS];
  /* What must be taken first; filters as far as there is room. */
  for (int i = 0; i < 2 * info->nConstraint && p.count < PLAN_MAX_ARGS; i++) {
    int at = i % info->nConstraint;
    plan_arg *a = &p.args[p.count];
    verdict v = judge(t, info, at, a);
    if (v == LATER) return SQLITE_CONSTRAINT;
    if (v == WRONG) return SQLITE_ERROR;
    if (v == IGNORE || (a->kind <= ARG_COLUMN_WORDS) != (i < info->nConstraint)) continue;
    if (is_second(&p, a->kind)) return said_twice(t, a->kind);
    constraint[p.count++] = at;
  }
  if (has_arg(&p, ARG_QUERY) || has_arg(&p, ARG_WORDS) || has_arg(&p, ARG_COLUMN_WORDS)) {
    p.kind = PLAN_SEARCH;
    info->estimatedCost = search_cost;
    info->estimatedRows = SEARCH_ROWS;
  } else {
    keep_only(&p, constraint, constraint, ARG_ROWID);
    p.kind = p.count ? PLAN_ROWID : PLAN_SCAN;
    info->estimatedCost = p.count ? row_cost : scan_cost;
    info->estimatedRows = p.count ? 1 : SCAN_ROWS;
    if (p.count) info->idxFlags |= SQLITE_INDEX_SCAN_UNIQUE;
  }
  for (int i = 0; i < p.count; i++) {
    struct sqlite3_index_constraint_usage *usage = &info->aConstraintUsage[constraint[i]];
    usage->argvIndex = i + 1;
    /* What is ours alone must not be compared again; of filters SQLite may make sure. */
    usage->omit = p.args[i].kind <= ARG_COLUMN_WORDS;
    if (p.args[i].list) sqlite3_vtab_in(info, constraint[i], 1);
  }
  info->orderByConsumed = order_is_ours(t, info, &p);
  info->idxNum = (int)p.kind;
  info->idxStr = plan_write(&p);
  info->needToFreeIdxStr = 1;
  return info->idxStr ? SQLITE_OK : SQLITE_NOMEM;
}
