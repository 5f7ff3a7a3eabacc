/* plan.c - xBestIndex: which constraints the table handles, and at what cost.
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
#include "search/plan.h"

#include <stdlib.h>
#include <string.h>

#include "search/table_errors.h"

static const char *const kind_words[] = {
    [PLAN_SCAN] = "scan", [PLAN_ROWID] = "row", [PLAN_SEARCH] = "search"};
enum { KIND_COUNT = sizeof kind_words / sizeof kind_words[0] };

static const char by_distance_words[] = " by distance";

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
    {SQLITE_INDEX_CONSTRAINT_MATCH,     "MATCH"      },
};
enum { OPERATOR_COUNT = sizeof operators / sizeof operators[0] };

const char *plan_operator(unsigned char op) {
  for (int i = 0; i < OPERATOR_COUNT; i++)
    if (operators[i].op == op) return operators[i].text;
  return NULL;
}

void plan_free(plan *p) {
  sqlite3_free(p->args);
  memset(p, 0, sizeof *p);
}

bool plan_has(const plan *p, plan_arg_kind kind) {
  for (int i = 0; i < p->count; i++)
    if (p->args[i].kind == kind) return true;
  return false;
}

bool plan_arg_is_key(const plan_arg *a) {
  return a->kind == ARG_ROWID && a->op == SQLITE_INDEX_CONSTRAINT_EQ && !a->list;
}

/* The codec -------------------------------------------------------------------------- */

/* How an argument goes on after its words. */
static bool has_column(const plan_arg *a) {
  return a->kind == ARG_FILTER || a->kind == ARG_COLUMN_WORDS;
}

static bool has_operator(const plan_arg *a) {
  return a->kind == ARG_FILTER || a->kind == ARG_ROWID || a->kind == ARG_DISTANCE ||
         a->kind == ARG_WORDS;
}

char *plan_write(const plan *p) {
  sqlite3_str *s = sqlite3_str_new(NULL);
  sqlite3_str_appendall(s, kind_words[p->kind]);
  if (p->by_distance) sqlite3_str_appendall(s, by_distance_words);
  for (int i = 0; i < p->count; i++) {
    const plan_arg *a = &p->args[i];
    sqlite3_str_appendf(s, "%s %s", i ? "," : ":", arg_words[a->kind]);
    if (has_column(a)) sqlite3_str_appendf(s, " %d", a->column);
    if (has_operator(a))
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
  if (has_column(a)) {
    char *end;
    a->column = (int)strtol(*text, &end, 10);
    if (end == *text) return false;
    *text = end;
  }
  if (has_operator(a) && !read_operator(text, a)) return false;
  if (a->kind != ARG_FILTER) return true;
  if (!starts_with(text, " collate ")) return false;
  size_t bytes = strcspn(*text, ",");
  if (bytes >= sizeof a->collation) return false;
  memcpy(a->collation, *text, bytes);
  *text += bytes;
  return true;
}

static bool read_args(const char *text, plan *out) {
  while (*text) {
    if (!starts_with(&text, out->count ? ", " : ": ") ||
        !read_arg(&text, &out->args[out->count]))
      return false;
    out->count++;
  }
  return true;
}

int plan_read(const char *text, plan *out) {
  memset(out, 0, sizeof *out);
  bool found = false;
  for (int i = 0; text && i < KIND_COUNT && !found; i++) {
    found = starts_with(&text, kind_words[i]);
    if (found) out->kind = (plan_kind)i;
  }
  if (!found) return SQLITE_ERROR;
  out->by_distance = starts_with(&text, by_distance_words);
  size_t max = 1; /* arguments: there is something between any two */
  for (const char *c = text; *c; c++) max += *c == ',';
  out->args = sqlite3_malloc64(max * sizeof *out->args);
  if (!out->args) return SQLITE_NOMEM;
  if (read_args(text, out)) return SQLITE_OK;
  plan_free(out);
  return SQLITE_ERROR;
}

/* xBestIndex ------------------------------------------------------------------------- */

/* Costs in SQLite's unit, about one row look-up. A search is dear enough that it is never
 * chosen to run once per row of another table, and cheaper than a scan. Asking for one
 * rowid is cheap, because the ranking is kept from one time to the next
 * (kept_rankings.c). A scan in a statement that has a query elsewhere (one branch of an
 * OR, to SQLite) would lose the query: it is what SQLite must not choose if there is
 * another plan. Nor must it take an OR apart whose branches have filters, which would
 * then count before k: so a rowid with them costs more than a search whose rows are
 * compared afterwards. */
static const double search_cost = 10000, key_cost = 60, filtered_key_cost = 20000,
                    or_branch_cost = 1e12, scan_cost = 1000000, row_cost = 10,
                    lost_query_cost = 1e12;
enum { SEARCH_ROWS = 1000, SCAN_ROWS = 100000 };

/* Up to SQLite 3.50 the ON clause of a LEFT JOIN shows its <>, IS NOT, IS NOT NULL, LIKE
 * and GLOB on the left table as if they were conditions of the WHERE clause. */
enum { FIRST_WITHOUT_ON_CLAUSES = 3051000 };

/* TAKE: an argument of the search. FILTER: one if it is a search, counted before k.
 * REST: left to SQLite. UNKNOWN: counted before k, but the value is not known in this
 * plan. LATER: the same of what makes it a search. WRONG: an error. */
typedef enum verdict { TAKE, FILTER, REST, UNKNOWN, LATER, WRONG } verdict;

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
enum { EXACT_ARGS = sizeof exact_args / sizeof exact_args[0] };

static verdict judge_exact(index_table *t, sqlite3_index_info *info, int i, int which,
                           plan_arg *a) {
  unsigned char op = info->aConstraint[i].op;
  /* What programs ask of any column: the answer is what reading the column gives. */
  if (op == SQLITE_INDEX_CONSTRAINT_ISNULL || op == SQLITE_INDEX_CONSTRAINT_ISNOTNULL)
    return REST;
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

/* Of a condition whose value SQLite does not give in this plan. One with a literal comes
 * from the ON clause of an outer join, which SQLite never lets us use, and compares
 * itself: it decides which rows are joined, not which there are. */
static verdict judge_unusable(sqlite3_index_info *info, int i) {
  sqlite3_value *literal = NULL;
  bool is_literal = sqlite3_vtab_rhs_value(info, i, &literal) == SQLITE_OK && literal;
  return is_literal ? REST : UNKNOWN;
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
  if (!plan_operator(c->op) || strlen(collation) >= sizeof a->collation ||
      strchr(collation, ','))
    return REST;
  a->kind = ARG_FILTER;
  a->list = sqlite3_vtab_in(info, i, -1) != 0;
  memcpy(a->collation, collation, strlen(collation) + 1);
  return c->usable ? FILTER : judge_unusable(info, i);
}

/* `rowid = x` asks for one of the rows that there are, so a value that is not known yet
 * can be compared afterwards; a range, a list or <> decides which rows there are. */
static verdict judge_rowid(sqlite3_index_info *info, int i, plan_arg *a) {
  const struct sqlite3_index_constraint *c = &info->aConstraint[i];
  a->kind = ARG_ROWID;
  switch (c->op) {
  case SQLITE_INDEX_CONSTRAINT_EQ:
    a->list = sqlite3_vtab_in(info, i, -1) != 0;
    if (!a->list) return c->usable ? FILTER : REST;
    break;
  case SQLITE_INDEX_CONSTRAINT_NE:
  case SQLITE_INDEX_CONSTRAINT_ISNOT:
  case SQLITE_INDEX_CONSTRAINT_GT:
  case SQLITE_INDEX_CONSTRAINT_GE:
  case SQLITE_INDEX_CONSTRAINT_LT:
  case SQLITE_INDEX_CONSTRAINT_LE:
    break;
  default:
    return REST;
  }
  return c->usable ? FILTER : judge_unusable(info, i);
}

static verdict judge(index_table *t, sqlite3_index_info *info, int i, plan_arg *a) {
  const struct sqlite3_index_constraint *c = &info->aConstraint[i];
  memset(a, 0, sizeof *a);
  a->op = c->op;
  if (c->op >= SQLITE_INDEX_CONSTRAINT_LIMIT && c->op <= SQLITE_INDEX_CONSTRAINT_OFFSET)
    return REST; /* rows come lazily: there is nothing to save */
  if (c->iColumn < 0) return judge_rowid(info, i, a);
  int hidden = c->iColumn - t->config.column_count;
  if (hidden < 0) return judge_column(t, info, i, a);
  for (int which = 0; which < EXACT_ARGS; which++)
    if (exact_args[which].column == (hidden_column)hidden)
      return judge_exact(t, info, i, which, a);
  a->kind = ARG_DISTANCE;
  bool below = c->op == SQLITE_INDEX_CONSTRAINT_LT || c->op == SQLITE_INDEX_CONSTRAINT_LE;
  if (hidden != HIDDEN_DISTANCE || !below) return REST;
  return c->usable ? FILTER : judge_unusable(info, i);
}

/* Operators that an ON clause of another table may have put here. */
static bool may_be_of_on_clause(const plan_arg *a) {
  return a->op == SQLITE_INDEX_CONSTRAINT_NE || a->op == SQLITE_INDEX_CONSTRAINT_ISNOT ||
         a->op == SQLITE_INDEX_CONSTRAINT_ISNOTNULL ||
         a->op == SQLITE_INDEX_CONSTRAINT_LIKE || a->op == SQLITE_INDEX_CONSTRAINT_GLOB;
}

/* The plan being made: which constraint each of its arguments is. */
typedef struct draft {
  plan plan;
  int *constraint;
  bool has_unknown;
} draft;

static void draft_free(draft *d) {
  plan_free(&d->plan);
  sqlite3_free(d->constraint);
}

static void draft_keep(draft *d, int *kept, int i) {
  d->constraint[*kept] = d->constraint[i];
  d->plan.args[(*kept)++] = d->plan.args[i];
}

/* Every constraint that could be an argument, whatever the plan will be. */
static int draft_read(index_table *t, sqlite3_index_info *info, draft *d) {
  plan *p = &d->plan;
  size_t max = (size_t)info->nConstraint + 1;
  p->args = sqlite3_malloc64(max * sizeof *p->args);
  d->constraint = sqlite3_malloc64(max * sizeof *d->constraint);
  if (!p->args || !d->constraint) return SQLITE_NOMEM;
  /* First what makes a search, then the filters: so a plan reads better. */
  for (int twice = 0; twice < 2 * info->nConstraint; twice++) {
    int i = twice % info->nConstraint;
    plan_arg *a = &p->args[p->count];
    verdict v = judge(t, info, i, a);
    if (v == LATER) return SQLITE_CONSTRAINT;
    if (v == WRONG) return SQLITE_ERROR;
    if (v == UNKNOWN) d->has_unknown = true;
    if (v != (twice < info->nConstraint ? TAKE : FILTER)) continue;
    d->constraint[p->count++] = i;
  }
  return SQLITE_OK;
}

/* Whether a search has k, and how many rows it yields as far as that can be seen. */
static bool read_k(sqlite3_index_info *info, const draft *d, sqlite3_int64 *rows) {
  *rows = SEARCH_ROWS;
  for (int i = 0; i < d->plan.count; i++) {
    sqlite3_value *value = NULL;
    if (d->plan.args[i].kind != ARG_K) continue;
    if (sqlite3_vtab_rhs_value(info, d->constraint[i], &value) != SQLITE_OK || !value)
      return true;
    sqlite3_int64 k = sqlite3_value_int64(value);
    if (k >= 1 && k < SEARCH_ROWS) *rows = k;
    return sqlite3_value_type(value) != SQLITE_NULL;
  }
  return false;
}

/* From SQLite 3.51 on, a branch of an OR is planned together with the conditions beside the
 * OR: first the branch's own, then those of the call before. With k, filters of a branch
 * would be applied before k rows are counted, and must not. SQLite does not say that a call
 * is of a branch; so one that looks like it gets a cost too high to be chosen. A wrong
 * guess costs time, and never changes rows. */
static bool looks_like_or_branch(index_table *t, const sqlite3_index_info *info) {
  int more = info->nConstraint - t->planned.count;
  uint64_t all = 0, last = 0; /* of all, and of those that the call before had */
  for (int i = 0; i < info->nConstraint; i++) {
    const struct sqlite3_index_constraint *c = &info->aConstraint[i];
    int shape[2] = {c->iColumn, c->op};
    biobert_str bytes = {(const char *)shape, sizeof shape};
    all = biobert_hash(bytes, all);
    if (i >= more) last = biobert_hash(bytes, last);
  }
  if (more > 0 && t->planned.count > 0 && last == t->planned.shape) return true;
  t->planned.count = info->nConstraint;
  t->planned.shape = all;
  return false;
}

/* With k, what counts before it must be known; without k, what SQLite compares itself in
 * any case need not be an argument. */
static int plan_search(index_table *t, sqlite3_index_info *info, draft *d) {
  plan *p = &d->plan;
  bool or_branch = looks_like_or_branch(t, info);
  sqlite3_int64 rows;
  bool has_k = read_k(info, d, &rows), has_key = false, has_filter = false;
  if (has_k && d->has_unknown) return SQLITE_CONSTRAINT;
  bool on_clauses = sqlite3_libversion_number() < FIRST_WITHOUT_ON_CLAUSES;
  int kept = 0;
  for (int i = 0; i < p->count; i++) {
    const plan_arg *a = &p->args[i];
    has_key |= plan_arg_is_key(a);
    has_filter |= a->kind > ARG_COLUMN_WORDS && !plan_arg_is_key(a);
    if (a->kind > ARG_COLUMN_WORDS && !has_k && on_clauses && may_be_of_on_clause(a))
      continue;
    draft_keep(d, &kept, i);
  }
  p->count = kept;
  p->kind = PLAN_SEARCH;
  info->estimatedRows = has_key ? 1 : rows;
  info->estimatedCost = has_key ? key_cost : search_cost;
  if (has_k && has_filter && (has_key || or_branch))
    info->estimatedCost = or_branch ? or_branch_cost : filtered_key_cost;
  if (has_key) info->idxFlags |= SQLITE_INDEX_SCAN_UNIQUE;
  return SQLITE_OK;
}

/* Whether the statement uses a column that only a search has, although no constraint says
 * so here. The last bit is for all columns from there on. */
static bool query_is_elsewhere(const index_table *t, const sqlite3_index_info *info) {
  enum { LAST_BIT = 63 };
  for (int i = 0; i < EXACT_ARGS; i++) {
    int column = t->config.column_count + (int)exact_args[i].column;
    int bit = column < LAST_BIT ? column : LAST_BIT;
    if (info->colUsed >> bit & 1) return true;
  }
  return false;
}

static void plan_scan(const index_table *t, sqlite3_index_info *info, draft *d) {
  plan *p = &d->plan;
  int kept = 0;
  for (int i = 0; i < p->count && !kept; i++)
    if (plan_arg_is_key(&p->args[i])) draft_keep(d, &kept, i);
  p->count = kept;
  p->kind = kept ? PLAN_ROWID : PLAN_SCAN;
  info->estimatedCost = kept ? row_cost : scan_cost;
  if (query_is_elsewhere(t, info)) info->estimatedCost += lost_query_cost;
  info->estimatedRows = kept ? 1 : SCAN_ROWS;
  if (kept) info->idxFlags |= SQLITE_INDEX_SCAN_UNIQUE;
}

/* Rows come by rank, equal ones by rowid; that is also the order of distance where the
 * mode is surely semantic. */
static void plan_order(const index_table *t, sqlite3_index_info *info, plan *p) {
  if (p->kind != PLAN_SEARCH || info->nOrderBy < 1 || info->nOrderBy > 2) return;
  if (info->aOrderBy[0].desc) return;
  if (info->nOrderBy == 2 && (info->aOrderBy[1].iColumn >= 0 || info->aOrderBy[1].desc))
    return;
  int hidden = info->aOrderBy[0].iColumn - t->config.column_count;
  bool semantic = t->config.search == BIOBERT_SEMANTIC && !plan_has(p, ARG_MODE);
  p->by_distance = hidden == HIDDEN_DISTANCE && semantic;
  info->orderByConsumed = hidden == HIDDEN_RANK || p->by_distance;
}

static void pass_arguments(sqlite3_index_info *info, const draft *d) {
  for (int i = 0; i < d->plan.count; i++) {
    const plan_arg *a = &d->plan.args[i];
    struct sqlite3_index_constraint_usage *usage =
        &info->aConstraintUsage[d->constraint[i]];
    usage->argvIndex = i + 1;
    /* What is ours alone need not be compared again; of filters SQLite may make sure.
     * Beyond the first 16 constraints SQLite compares in any case, which is why these
     * columns read as what was given. */
    usage->omit = a->kind <= ARG_COLUMN_WORDS;
    if (a->list) sqlite3_vtab_in(info, d->constraint[i], 1);
  }
}

int vtab_best_index(sqlite3_vtab *base, sqlite3_index_info *info) {
  index_table *t = (index_table *)base;
  draft d = {0};
  int rc = draft_read(t, info, &d);
  if (rc == SQLITE_OK) {
    if (plan_has(&d.plan, ARG_QUERY) || plan_has(&d.plan, ARG_WORDS) ||
        plan_has(&d.plan, ARG_COLUMN_WORDS))
      rc = plan_search(t, info, &d);
    else
      plan_scan(t, info, &d);
  }
  if (rc == SQLITE_OK) {
    plan_order(t, info, &d.plan);
    pass_arguments(info, &d);
    info->idxNum = (int)d.plan.kind;
    info->idxStr = plan_write(&d.plan);
    info->needToFreeIdxStr = 1;
    if (!info->idxStr) rc = SQLITE_NOMEM;
  }
  draft_free(&d);
  return rc;
}
