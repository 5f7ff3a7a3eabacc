/* entities.c - named entities: tokens to words, words to entities, windows to a text.
 *
 * The rules are those of transformers' TokenClassificationPipeline with aggregation
 * "first" and `stride`, with two things of our own: schemes other than B- and I-
 * (model/labels.c), and a label without any scheme keeps its dashes ("cell-line", of
 * which transformers leaves "line"). */
#include "api/embed.h"
#include "api/heads_api.h"
#include "api/pieces.h"
#include "base/mem.h"
#include "base/status.h"

enum {
  OVERLAP_PART = 4, /* windows overlap by this part of the maximum: design, arbitrary */
};

/* A word, and the entity that is being built of words. */
typedef struct word {
  const bb_label *label;
  double score;
  size_t start, end;
} word;

typedef struct gatherer {
  const biobert_model *model;
  const biobert_allocator *allocator;
  biobert_str text;
  float *logits;  /* [max_tokens, L] */
  double *scores; /* [L] */
  word word;      /* label NULL: none yet */
  const bb_label *first,
      *last;  /* labels of the entity's first and last word; NULL: none */
  double sum; /* of its words' scores */
  size_t words, start, end;
  biobert_entity *found;
  size_t count, capacity;
  bool no_memory;
} gatherer;

/* Words to entities ------------------------------------------------------------------ */

static void end_entity(gatherer *g) {
  const bb_label *first = g->first;
  g->first = NULL;
  if (!first || bb_label_is_outside(first)) return;
  if (!bb_grow(g->allocator, (void **)&g->found, &g->capacity, g->count,
               sizeof *g->found)) {
    g->no_memory = true;
    return;
  }
  g->found[g->count++] =
      (biobert_entity){first->tag, g->sum / (double)g->words, g->start, g->end};
}

static void end_word(gatherer *g) {
  const word *w = &g->word;
  if (!w->label) return;
  if (!g->first || !bb_label_joins(g->last, w->label)) {
    end_entity(g);
    g->first = w->label;
    g->sum = 0;
    g->words = 0;
    g->start = w->start;
  }
  g->last = w->label;
  g->sum += w->score;
  g->words++;
  g->end = w->end;
  g->word.label = NULL;
}

/* Tokens to words -------------------------------------------------------------------- */

/* transformers compares the length of the token with that of its place in the text:
 * "##ase" is not. A piece from whose place characters were removed comes out wrong there,
 * and so it does here; an unknown word is always one of its own. */
static bool goes_on(const gatherer *g, const bb_token *token) {
  if (token->id == g->model->tokenizer.unk) return false;
  biobert_str spelling = bb_vocab_token(g->model->tokenizer.vocab, token->id);
  size_t bytes = token->end - token->start;
  biobert_str place = {g->text.data + token->start, bytes};
  return biobert_count_characters(spelling, spelling.len) !=
         biobert_count_characters(place, bytes);
}

static void begin_word(gatherer *g, const bb_token *token, const float *logits) {
  size_t L = g->model->heads.labels.count, best = 0;
  for (size_t i = 0; i < L; i++) g->scores[i] = (double)logits[i];
  bb_softmax(g->scores, L);
  for (size_t i = 1; i < L; i++)
    if (g->scores[i] > g->scores[best]) best = i;
  g->word = (word){&g->model->heads.labels.items[best], g->scores[best], token->start,
                   token->end};
}

static biobert_status read_window(biobert_session *s, gatherer *g, bb_stretch window,
                                  biobert_error *err) {
  const biobert_model *m = g->model;
  size_t L = m->heads.labels.count;
  size_t tokens = bb_session_fill_pieces(s, window, NULL);
  biobert_status status = bb_session_encode(s, tokens, 0, NULL, err);
  if (status) return status;
  bb_task_heads_tokens(&m->bert, &m->heads, s->scratch.x, tokens, g->logits);
  for (size_t i = 0; i < window.count; i++) {
    const bb_token *token = &window.items[i];
    if (g->word.label && goes_on(g, token)) {
      g->word.end = token->end;
      continue;
    }
    end_word(g);
    begin_word(g, token, g->logits + (i + 1) * L); /* after [CLS] */
  }
  end_word(g);
  end_entity(g);
  return g->no_memory ? bb_no_memory(err, "entities") : BIOBERT_OK;
}

/* Windows to a text ------------------------------------------------------------------ */

/* By start, and where that is equal in the order found. Insertion: the list of each
 * window is sorted, and only its overlap lies among the entities of the one before. */
static void sort_by_start(biobert_entity *e, size_t count) {
  for (size_t i = 1; i < count; i++) {
    biobert_entity moved = e[i];
    size_t at = i;
    for (; at > 0 && e[at - 1].start > moved.start; at--) e[at] = e[at - 1];
    e[at] = moved;
  }
}

static size_t characters(biobert_str text, const biobert_entity *e) {
  biobert_str place = {text.data + e->start, e->end - e->start};
  return biobert_count_characters(place, place.len);
}

/* Of entities that overlap, the longer, then the surer; returns how many are left. */
static size_t drop_overlaps(biobert_str text, biobert_entity *e, size_t count) {
  if (count == 0) return 0;
  size_t kept = 0; /* e[kept] may still be replaced */
  for (size_t i = 1; i < count; i++) {
    if (e[i].start >= e[kept].end) {
      e[++kept] = e[i];
      continue;
    }
    size_t length = characters(text, &e[i]), other = characters(text, &e[kept]);
    if (length > other || (length == other && e[i].score > e[kept].score)) e[kept] = e[i];
  }
  return kept + 1;
}

static biobert_status read_windows(biobert_session *s, gatherer *g,
                                   const bb_pieces *pieces, biobert_error *err) {
  size_t room = s->model->max_tokens - BB_SPECIALS_SINGLE;
  size_t overlap = s->model->max_tokens / OVERLAP_PART;
  if (overlap >= room) overlap = room - 1;
  const bb_windows windows = {room, overlap};
  bb_stretch window;
  size_t number = 0;
  for (; bb_window_at(pieces, &windows, number, &window); number++) {
    biobert_status status = read_window(s, g, window, err);
    if (status) return status;
  }
  if (number > 1) {
    sort_by_start(g->found, g->count);
    g->count = drop_overlaps(g->text, g->found, g->count);
  }
  return BIOBERT_OK;
}

biobert_status biobert_entities(biobert_session *s, biobert_str text,
                                biobert_entity **entities, size_t *count,
                                biobert_error *err) {
  const biobert_model *m = s->model;
  bb_pieces pieces = {0};
  gatherer g = {.model = m, .allocator = &s->allocator, .text = text};
  biobert_status status = bb_session_need_head(s, BIOBERT_HEAD_ENTITIES, err);
  if (!status) status = bb_session_prepare(s, err);
  if (status) return status;
  status = bb_pieces_read(s, text, SIZE_MAX, &pieces, err);
  if (status) goto done;
  g.logits =
      bb_alloc(&s->allocator, m->max_tokens, m->heads.labels.count * sizeof *g.logits);
  g.scores = bb_alloc(&s->allocator, m->heads.labels.count, sizeof *g.scores);
  status = g.logits && g.scores ? BIOBERT_OK : bb_no_memory(err, "entities");
  if (!status && pieces.count > 0) status = read_windows(s, &g, &pieces, err);
  if (status) goto done;
  *entities = g.found;
  *count = g.count;
  g.found = NULL;

done:
  bb_free(&s->allocator, g.found);
  bb_free(&s->allocator, g.logits);
  bb_free(&s->allocator, g.scores);
  bb_pieces_free(&pieces);
  return status;
}
