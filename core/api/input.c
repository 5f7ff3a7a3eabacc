/* input.c - text to the model's input: [CLS] text [SEP], truncated. */
#include "api/input.h"

#include <string.h>

#include "base/mem.h"
#include "base/status.h"

/* Collects the first or the last `limit` tokens. The last go round in a ring, which
 * settle() unwinds. */
typedef struct collector {
  int32_t *ids;
  size_t *starts; /* NULL: not wanted */
  size_t limit, count;
  bool last;      /* the last ones are kept */
  bool count_all; /* a pair has to know which text is longer */
} collector;

static bool collect(void *ctx, const bb_token *token) {
  collector *c = ctx;
  if (c->count < c->limit || c->last) {
    c->ids[c->count % c->limit] = token->id;
    if (c->starts) c->starts[c->count % c->limit] = token->start;
  }
  c->count++;
  return c->count_all || c->last || c->count < c->limit;
}

static void reverse(collector *c, size_t first, size_t end) {
  for (; first + 1 < end; first++, end--) {
    int32_t id = c->ids[first];
    c->ids[first] = c->ids[end - 1];
    c->ids[end - 1] = id;
    if (!c->starts) continue;
    size_t start = c->starts[first];
    c->starts[first] = c->starts[end - 1];
    c->starts[end - 1] = start;
  }
}

/* Afterwards the first min(count, limit) are those kept, in the order of the text. */
static void settle(collector *c) {
  if (!c->last || c->count <= c->limit) return;
  size_t first = c->count % c->limit; /* where the oldest is: three turns bring it to 0 */
  reverse(c, 0, first);
  reverse(c, first, c->limit);
  reverse(c, 0, c->limit);
}

static size_t put_special(biobert_session *s, size_t at, int32_t id) {
  s->ids[at] = id;
  s->starts[at] = SIZE_MAX;
  return at + 1;
}

/* [CLS] text [SEP], `most` tokens of it: what does not fit is cut at the end, or at the
 * start where the tokenizer's files say so. */
static biobert_status fill_single(biobert_session *s, biobert_str text, size_t max,
                                  size_t *count, biobert_error *err) {
  const bb_tokenizer *t = &s->model->tokenizer;
  bb_call call = bb_session_call(s);
  collector c = {.ids = s->ids + 1,
                 .starts = s->starts + 1,
                 .limit = max - BB_SPECIALS_SINGLE,
                 .last = t->cuts_start};
  biobert_status status = bb_tokenize(t, text, collect, &c, &call, err);
  if (status) return status;
  settle(&c);
  size_t at = put_special(s, 0, t->cls) + (c.count < c.limit ? c.count : c.limit);
  at = put_special(s, at, t->sep);
  memset(s->types, 0, at);
  *count = at;
  return BIOBERT_OK;
}

biobert_status bb_session_fill_single(biobert_session *s, biobert_str text, size_t *count,
                                      biobert_error *err) {
  return fill_single(s, text, bb_session_max(s, BIOBERT_DOCUMENT), count, err);
}

/* How many tokens of each of two texts are kept where M fit: longest first, as tokenizers
 * up to 0.22 has it, which made the published vectors. Later versions cut both texts to
 * the maximum first, which differs only in which of two overlong texts gets the odd
 * token. */
static void truncate_pair(size_t a, size_t b, size_t M, size_t *keep_a, size_t *keep_b) {
  size_t n1 = a < b ? a : b, n2 = a < b ? b : a;
  if (a + b > M) {
    n2 = n1 > M ? n1 : (n1 > M - n1 ? n1 : M - n1);
    if (n1 + n2 > M) {
      n1 = M / 2;
      n2 = n1 + M % 2;
    }
  }
  *keep_a = a > b ? n2 : n1;
  *keep_b = a > b ? n1 : n2;
}

/* Where in c->ids, once all are settled, the `keep` tokens begin that are left. */
static const int32_t *kept(const collector *c, size_t keep) {
  size_t there = c->count < c->limit ? c->count : c->limit;
  return c->ids + (c->last ? there - keep : 0);
}

/* [CLS] a [SEP] b [SEP]; the second [SEP] has type 1. */
biobert_status bb_session_fill_pair(biobert_session *s, biobert_str a, biobert_str b,
                                    size_t *count, biobert_error *err) {
  const bb_tokenizer *t = &s->model->tokenizer;
  bb_call call = bb_session_call(s);
  size_t room = bb_session_max(s, BIOBERT_DOCUMENT) - BB_SPECIALS_PAIR;
  int32_t *second = bb_alloc(&s->allocator, room, sizeof *second);
  if (!second) return bb_no_memory(err, "pair");
  collector first = {
      .ids = s->ids + 1, .limit = room, .last = t->cuts_start, .count_all = true};
  collector other = {
      .ids = second, .limit = room, .last = t->cuts_start, .count_all = true};
  biobert_status status = bb_tokenize(t, a, collect, &first, &call, err);
  if (!status) status = bb_tokenize(t, b, collect, &other, &call, err);
  if (!status) {
    size_t keep_a, keep_b;
    truncate_pair(first.count, other.count, room, &keep_a, &keep_b);
    settle(&first);
    settle(&other);
    memmove(s->ids + 1, kept(&first, keep_a), keep_a * sizeof *s->ids);
    size_t at = put_special(s, 0, t->cls) + keep_a;
    at = put_special(s, at, t->sep);
    memset(s->types, 0, at);
    memcpy(s->ids + at, kept(&other, keep_b), keep_b * sizeof *second);
    memset(s->types + at, s->model->bert.config.types > 1, keep_b + 1);
    *count = put_special(s, at + keep_b, t->sep);
  }
  bb_free(&s->allocator, second);
  return status;
}

/* Prompts ---------------------------------------------------------------------------- */

static bool count_piece(void *ctx, const bb_token *token) {
  (void)token;
  ++*(size_t *)ctx;
  return true;
}

/* Tokens that a prompt takes at the beginning, [CLS] among them, where they are not to be
 * pooled. */
static biobert_status prompt_tokens(biobert_session *s, const char *prompt, size_t *count,
                                    biobert_error *err) {
  *count = 0;
  if (s->model->pipeline.include_prompt || !prompt) return BIOBERT_OK;
  bb_call call = bb_session_call(s);
  biobert_status status =
      bb_tokenize(&s->model->tokenizer, bb_str(prompt), count_piece, count, &call, err);
  *count += 1;
  return status;
}

biobert_status bb_session_with_prompt(const biobert_session *s, const char *prompt,
                                      biobert_str text, biobert_str *out, char **owned,
                                      biobert_error *err) {
  *out = text;
  *owned = NULL;
  if (!prompt || !*prompt) return BIOBERT_OK;
  size_t bytes = strlen(prompt);
  char *joined = bb_alloc(&s->allocator, bytes + text.len, 1);
  if (!joined) return bb_no_memory(err, "prompt");
  memcpy(joined, prompt, bytes);
  if (text.len) memcpy(joined + bytes, text.data, text.len);
  *out = (biobert_str){joined, bytes + text.len};
  *owned = joined;
  return BIOBERT_OK;
}

biobert_status bb_session_fill_text(biobert_session *s, biobert_str text,
                                    biobert_role role, bb_text_tokens *out,
                                    biobert_error *err) {
  const bb_pipeline *p = &s->model->pipeline;
  const char *prompt = role == BIOBERT_QUERY ? p->query_prompt : p->document_prompt;
  char *owned = NULL;
  biobert_status status = bb_session_with_prompt(s, prompt, text, &text, &owned, err);
  if (!status) status = fill_single(s, text, bb_session_max(s, role), &out->count, err);
  if (!status) status = prompt_tokens(s, prompt, &out->first, err);
  bb_free(&s->allocator, owned);
  return status;
}

biobert_status bb_model_check_ids(const biobert_model *m, const int32_t *ids,
                                  size_t count, biobert_error *err) {
  size_t rows = m->bert.config.vocabulary;
  char quoted[BB_QUOTE_BYTES];
  for (size_t i = 0; i < count; i++)
    if ((size_t)ids[i] >= rows)
      return bb_fail(
          err, BIOBERT_FORMAT,
          "%s: token '%s' (id %d) has no row in the embedding table, which has "
          "%zu: the vocabulary is not that of the weights",
          m->path, bb_quote(quoted, bb_vocab_token(m->tokenizer.vocab, ids[i])),
          (int)ids[i], rows);
  return BIOBERT_OK;
}
