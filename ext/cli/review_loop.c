/* review_loop.c - `biobert screen` at a terminal: a paper, a key, the next paper. */
#include <stdio.h>
#include <string.h>

#include "cli/keys.h"
#include "cli/review.h"
#include "cli/terminal.h"

typedef struct loop {
  review *r;
  sqlite3_stmt *paper;
  /* One more than a batch: what is undone comes back in front. */
  review_paper queue[REVIEW_MAX_BATCH + 1];
  int at, count;
  int64_t decisions; /* of this run */
  bool ended;
} loop;

/* A paper ------------------------------------------------------------------------------ */

static const char *text_of(sqlite3_stmt *s, column_role role) {
  return (const char *)sqlite3_column_text(s, (int)role);
}

static void append_part(sqlite3_str *line, const char *before, const char *text) {
  if (!text || !*text) return;
  if (sqlite3_str_length(line)) sqlite3_str_appendall(line, " \u00B7 ");
  sqlite3_str_appendall(line, before);
  text_append_clean(line, text, strlen(text));
}

static void show_styled(output *o, const char *mark, const char *text) {
  sqlite3_str *styled = sqlite3_str_new(NULL);
  sqlite3_str_appendall(styled, mark);
  text_append_clean(styled, text, strlen(text));
  if (*mark) sqlite3_str_appendall(styled, MARK_END);
  char *shown = sqlite3_str_finish(styled);
  if (shown) output_wrapped(o, "  ", shown);
  sqlite3_free(shown);
}

static void show_details(output *o, sqlite3_stmt *s, const review_paper *paper) {
  sqlite3_str *line = sqlite3_str_new(NULL);
  append_part(line, "", text_of(s, ROLE_AUTHORS));
  append_part(line, "", text_of(s, ROLE_JOURNAL));
  append_part(line, "", text_of(s, ROLE_YEAR));
  append_part(line, "PMID ", text_of(s, ROLE_PMID));
  if (paper->probability >= 0)
    sqlite3_str_appendf(line, "%s%.0f %% likely",
                        sqlite3_str_length(line) ? " \u00B7 " : "",
                        100 * paper->probability);
  char *text = sqlite3_str_finish(line);
  if (text) output_wrapped(o, "  ", text);
  sqlite3_free(text);
}

/* False, and said: it could not be read. *there false: somebody has deleted it. */
static bool show_paper(loop *l, const review_paper *paper, bool *there) {
  output *o = &l->r->c->out;
  sqlite3_reset(l->paper);
  int rc = sqlite3_bind_int64(l->paper, 1, paper->key);
  if (rc == SQLITE_OK) rc = database_step(l->r->d, l->paper);
  *there = rc == SQLITE_ROW;
  if (rc == SQLITE_ROW) {
    const char *title = text_of(l->paper, ROLE_TITLE);
    const char *abstract = text_of(l->paper, ROLE_ABSTRACT);
    show_styled(o, MARK_TITLE, title && *title ? title : "(no title)");
    show_details(o, l->paper, paper);
    show_styled(o, "", abstract && *abstract ? abstract : "(no abstract)");
    output_line(o, "");
  } else if (rc != SQLITE_DONE) {
    database_complain(l->r->d, rc);
  }
  sqlite3_reset(l->paper);
  return rc == SQLITE_ROW || rc == SQLITE_DONE;
}

/* Keys --------------------------------------------------------------------------------- */

static bool decide(loop *l, int decision) {
  if (!decisions_put(l->r, l->queue[l->at].key, decision)) return false;
  l->at++;
  l->decisions++;
  return true;
}

/* The paper whose decision was undone comes again. */
static bool undo(loop *l) {
  int64_t key;
  bool found;
  if (!decisions_undo(l->r, &key, &found)) return false;
  if (!found) {
    remark(l->r->c->quiet, "there is nothing to undo");
    return true;
  }
  if (l->at > 0 && l->queue[l->at - 1].key == key) {
    l->at--;
    return true;
  }
  /* A decision of an earlier batch: those that are left move on. */
  const int left = l->count - l->at;
  memmove(l->queue + 1, l->queue + l->at, (size_t)left * sizeof *l->queue);
  l->queue[0] = (review_paper){key, -1};
  l->at = 0;
  l->count = left + 1;
  return true;
}

static const char prompt[] = "i include, e exclude, s skip, u undo, q stop: ";

static bool take_key(loop *l) {
  for (;;) {
    const int key = key_read(prompt);
    switch (key) {
    case 'i':
      return decide(l, 1);
    case 'e':
      return decide(l, 0);
    case 's':
      return decide(l, -1);
    case 'u':
      return undo(l);
    case EOF:
    case 'q':
      l->ended = true;
      return true;
    default:
      remark(l->r->c->quiet, "%s", prompt);
    }
  }
}

/* The loop ----------------------------------------------------------------------------- */

/* Learns anew. */
static bool fill(loop *l) {
  if (!decisions_status(l->r)) return false;
  l->at = 0;
  l->count = decisions_next(l->r, l->queue, (int)l->r->batch);
  if (l->count == 0) {
    remark(l->r->c->quiet, "all papers have been read");
    l->ended = true;
  }
  return l->count >= 0;
}

static bool one_paper(loop *l) {
  if (l->at == l->count && !fill(l)) return false;
  if (l->ended) return true;
  bool there;
  if (!show_paper(l, &l->queue[l->at], &there)) return false;
  if (!there) l->at++;
  /* What nobody has seen is not judged. */
  return !there || !output_flush(&l->r->c->out) || take_key(l);
}

int review_loop(review *r) {
  loop *l = sqlite3_malloc64(sizeof *l);
  if (!l) return FAILED;
  *l = (loop){.r = r};
  bool ok = decisions_open(r) && review_prepare_paper(r, &l->paper);
  while (ok && !l->ended && !output_is_broken(&r->c->out)) ok = one_paper(l);
  const int64_t decisions = l->decisions;
  const bool nothing = ok && !decisions && l->count == 0;
  if (decisions)
    remark(r->c->quiet,
           "%lld decisions are kept in the table '%s'; the same command goes on",
           (long long)decisions, r->table);
  sqlite3_finalize(l->paper);
  sqlite3_free(l);
  return !ok ? FAILED : nothing ? NOTHING_FOUND : FOUND;
}
