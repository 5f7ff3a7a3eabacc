/* test_search_feedback.c - the two steps of feedback of a search give the order of the
 * formula at the top of core/index/fusion.c, with every word's value computed; and what
 * fails ends a search. No database takes part. */
#include "search_world.h"

enum { FEEDBACK = 3 };

/* Feedback by words. */
enum { TEXTS = 10, CHOSEN = 10, VOCABULARY = 120, MAX_TEXT_WORDS = 60, WORD_BYTES = 8 };

/* A text ------------------------------------------------------------------------------ */

/* wordaa, wordab ... */
static void name_word(int word, char out[WORD_BYTES]) {
  snprintf(out, WORD_BYTES, "word%c%c", 'a' + word / 26, 'a' + word % 26);
}

static int number_of(biobert_str word) {
  return word.len == 6 ? (word.data[4] - 'a') * 26 + word.data[5] - 'a' : -1;
}

/* Among function words, numbers and words with digits, which take part in the length. */
static biobert_status read_text(void *ctx, int64_t id, char **text, size_t *bytes,
                                biobert_error *err) {
  world *w = ctx;
  enum { ROOM = 16 * MAX_TEXT_WORDS };
  const unsigned char *counts =
      w->texts + biobert_collection_find(&w->collection, id) * VOCABULARY;
  if (fail_read(w, err)) return err->status;
  *text = allocate(w, ROOM);
  if (!*text) return err->status = BIOBERT_NOMEM;
  *bytes = 0;
  for (int i = 0; i < VOCABULARY; i++)
    for (int n = 0; n < counts[i]; n++) {
      char word[WORD_BYTES];
      name_word(i, word);
      if (n == 0) word[0] = 'W';
      *bytes += (size_t)snprintf(*text + *bytes, ROOM - *bytes, "%s%s", word,
                                 i % 9 ? " " : ", the a1b ");
    }
  return BIOBERT_OK;
}

static bool has_word(const world *w, size_t document, int word) {
  return w->texts[document * VOCABULARY + (size_t)word] > 0;
}

static size_t documents_with(const world *w, int word) {
  size_t count = 0;
  for (size_t d = 0; d < w->collection.documents; d++) count += has_word(w, d, word);
  return count;
}

static biobert_status count_word(void *ctx, biobert_str word, size_t limit, size_t *count,
                                 biobert_error *err) {
  world *w = ctx;
  if (fail_read(w, err)) return err->status;
  const size_t having = documents_with(w, number_of(word));
  *count = having < limit ? having : limit;
  return BIOBERT_OK;
}

static biobert_status find_word(void *ctx, biobert_str word, int64_t *ids, size_t *count,
                                biobert_error *err) {
  world *w = ctx;
  size_t found = 0;
  if (fail_read(w, err)) return err->status;
  for (size_t d = 0; d < w->collection.documents; d++)
    if (has_word(w, d, number_of(word)) && found < *count)
      ids[found++] = w->collection.id[d];
  *count = found;
  return BIOBERT_OK;
}

static biobert_lexicon lexicon_of(world *w) {
  return (biobert_lexicon){read_text, count_word, find_word, w};
}

/* Low words are frequent. */
static void write_texts(world *w) {
  w->texts = calloc(w->collection.documents + 1, VOCABULARY);
  for (size_t d = 0; d < w->collection.documents; d++) {
    const size_t words = random_u64() % MAX_TEXT_WORDS;
    for (size_t i = 0; i < words; i++)
      w->texts[d * VOCABULARY + random_u64() % (1 + random_u64() % VOCABULARY)]++;
  }
}

/* The question's vector, moved as Rocchio says toward the best three documents. */
static void move(world *w, const float *question, const double *bm25, float *moved) {
  const biobert_collection *c = &w->collection;
  biobert_query *query;
  biobert_error err;
  float v[24];
  double length = 0;
  CHECK_INT(biobert_query_new(w->metric, question, 24, &query, &err), BIOBERT_OK);
  expected *order = expect(w, query, BIOBERT_HYBRID, bm25);
  for (int i = 0; i < 24; i++) length += (double)question[i] * question[i];
  for (int i = 0; i < 24; i++) moved[i] = (float)(1 / sqrt(length) * question[i]);
  for (int best = 0; best < FEEDBACK; best++) {
    const size_t d = biobert_collection_find(&w->collection, order[best].id);
    uint32_t nearest = c->first[d];
    double max = -INFINITY, square = 0;
    for (uint32_t i = c->first[d]; i < c->first[d + 1]; i++) {
      biobert_full_get(w->store, w->n, c->address[i], full_of(w, c->address[i]), v);
      const double similarity = biobert_query_exact(query, v);
      if (similarity > max) nearest = i;
      if (similarity > max) max = similarity;
    }
    biobert_full_get(w->store, w->n, c->address[nearest], full_of(w, c->address[nearest]),
                     v);
    for (int i = 0; i < 24; i++) square += (double)v[i] * v[i];
    const double factor = 0.3 / FEEDBACK / sqrt(square);
    for (int i = 0; i < 24; i++) moved[i] += (float)(factor * v[i]);
  }
  free(order);
  biobert_query_free(query);
}

static void feedback_order(void) {
  check_begin("feedback ranks by the question moved toward the best three");
  world w;
  float question[24], moved[24];
  biobert_hit hits[2 * BIOBERT_CHUNK_SLOTS];
  size_t count;
  open_world(&w, BIOBERT_COSINE, BIOBERT_STORE_F32, 24, 2);
  for (int i = 0; i < 24; i++) question[i] = uniform() + 0.5f;
  double *bm25 = make_words(&w, hits, &count);
  move(&w, question, bm25, moved);
  biobert_query *query;
  biobert_error err;
  CHECK_INT(biobert_query_new(w.metric, moved, 24, &query, &err), BIOBERT_OK);
  expected *wanted = expect(&w, query, BIOBERT_HYBRID, bm25);
  biobert_search_request request = {.mode = BIOBERT_HYBRID,
                                    .metric = w.metric,
                                    .vector = question,
                                    .feedback = true,
                                    .hits = hits,
                                    .hit_count = count};
  compare(&w, &request, wanted);
  free(wanted);
  free(bm25);
  biobert_query_free(query);
  close_world(&w);
}

/* Feedback by words: what it adds to each document, from all words' values. */

typedef struct valued_word {
  double value;
  int word;
  size_t documents;
} valued_word;

static int by_value(const void *x, const void *y) {
  const valued_word *a = x, *b = y;
  if (a->value != b->value) return a->value > b->value ? -1 : 1;
  return a->word < b->word ? -1 : a->word > b->word;
}

/* Words of a text, with the function words and others between them. */
static double length_of(const world *w, size_t document) {
  double length = 0;
  for (int i = 0; i < VOCABULARY; i++)
    length += w->texts[document * VOCABULARY + (size_t)i] * (i % 9 ? 1 : 3);
  return length;
}

/* shares: [VOCABULARY] */
static void sum_shares(world *w, const expected *order, double *shares) {
  for (int best = 0; best < TEXTS; best++) {
    const double weight = exp((order[0].rank - order[best].rank) / 0.03);
    const size_t d = biobert_collection_find(&w->collection, order[best].id);
    for (size_t i = 0; weight >= 0.01 && i < VOCABULARY; i++)
      if (has_word(w, d, (int)i))
        shares[i] += weight * w->texts[d * VOCABULARY + i] / length_of(w, d);
  }
}

/* left_out: a word of the question. */
static size_t choose_words(world *w, const expected *order, int left_out,
                           valued_word chosen[VOCABULARY]) {
  double shares[VOCABULARY] = {0};
  const double n = (double)w->collection.documents;
  size_t count = 0;
  sum_shares(w, order, shares);
  for (int i = 0; i < VOCABULARY; i++) {
    const size_t having = documents_with(w, i);
    const double df = (double)having;
    if (i != left_out && shares[i] > 0 && df > 1 + n / 1000 && df < n / 4)
      chosen[count++] = (valued_word){shares[i] * log(n / df), i, having};
  }
  qsort(chosen, count, sizeof *chosen, by_value);
  return count < CHOSEN ? count : CHOSEN;
}

static double *feed_back(world *w, const expected *order, int left_out) {
  valued_word words[VOCABULARY];
  double *feedback = calloc(w->collection.documents + 1, sizeof *feedback);
  const size_t count = choose_words(w, order, left_out, words);
  const double n = (double)w->collection.documents;
  CHECK_INT(count, CHOSEN);
  for (size_t i = 0; i < count; i++)
    for (size_t d = 0; d < w->collection.documents; d++)
      if (has_word(w, d, words[i].word))
        feedback[d] += log((n - (double)words[i].documents + 0.5) /
                           ((double)words[i].documents + 0.5));
  return feedback;
}

/* A metric that moves no query shows the words' step alone. */
static void words_feedback_order(biobert_metric metric) {
  world w;
  float question[24], moved[24];
  biobert_hit hits[2 * BIOBERT_CHUNK_SLOTS];
  size_t count;
  open_world(&w, metric, BIOBERT_STORE_F32, 24, 2);
  write_texts(&w);
  for (int i = 0; i < 24; i++) moved[i] = question[i] = uniform() + 0.5f;
  double *bm25 = make_words(&w, hits, &count);
  biobert_query *query;
  biobert_error err;
  CHECK_INT(biobert_query_new(metric, question, 24, &query, &err), BIOBERT_OK);
  expected *order = expect(&w, query, BIOBERT_HYBRID, bm25);
  double *feedback = feed_back(&w, order, 3);
  biobert_query_free(query);
  free(order);
  if (metric != BIOBERT_L2) move(&w, question, bm25, moved);
  CHECK_INT(biobert_query_new(metric, moved, 24, &query, &err), BIOBERT_OK);
  expected *wanted = expect_with(&w, query, BIOBERT_HYBRID, bm25, feedback);
  const biobert_lexicon lexicon = lexicon_of(&w);
  const biobert_search_request request = {
      .mode = BIOBERT_HYBRID,
      .metric = metric,
      .vector = question,
      .feedback = true,
      .lexicon = &lexicon,
      .question = {"\"WORDad\" OR \"the\"", 17},
      .hits = hits,
      .hit_count = count
  };
  compare_within(&w, &request, wanted, other_order);
  free(wanted);
  free(feedback);
  free(bm25);
  biobert_query_free(query);
  close_world(&w);
}

static void words_feedback(void) {
  check_begin("feedback ranks by the words too that set the best ten apart");
  for (int metric = 0; metric < BIOBERT_METRIC_COUNT; metric++)
    words_feedback_order((biobert_metric)metric);
}

/* A search that must not ask for words. */
static void no_words_feedback(void) {
  check_begin("no words are fed back where feedback is off, of an identifier, or where "
              "words or vectors alone are asked for");
  static const struct {
    biobert_search_mode mode;
    bool feedback, identifier;
  } rows[] = {
      {BIOBERT_HYBRID,   false, false},
      {BIOBERT_HYBRID,   true,  true },
      {BIOBERT_SEMANTIC, true,  false},
      {BIOBERT_LEXICAL,  true,  false},
  };
  world w;
  float question[8] = {1, 2, 3};
  const biobert_lexicon none = {NULL, NULL, NULL, NULL};
  open_world(&w, BIOBERT_COSINE, BIOBERT_STORE_F32, 8, 1);
  const biobert_storage storage = storage_of(&w);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const biobert_search_request request = {
        .mode = rows[i].mode,
        .vector = question,
        .feedback = rows[i].feedback,
        .lexicon = &none,
        .question = {"word", 4},
        .identifier = rows[i].identifier
    };
    biobert_search *s = NULL;
    biobert_error err;
    CHECK_INT(biobert_search_new(&w.collection, &storage, &request, &s, &err),
              BIOBERT_OK);
    biobert_search_free(s);
  }
  close_world(&w);
}

/* What goes wrong ---------------------------------------------------------------------
 */

static biobert_status all_results(world *w, const biobert_search_request *request,
                                  biobert_error *err) {
  const biobert_storage storage = storage_of(w);
  biobert_search *s = NULL;
  bool more = true;
  biobert_result found;
  biobert_status status = biobert_search_new(&w->collection, &storage, request, &s, err);
  for (size_t i = 0; more && !status; i++)
    status = biobert_search_at(s, i, &found, &more, err);
  if (!status) status = biobert_search_find(s, 12345, &found, &more, err);
  biobert_search_free(s);
  return status;
}

static void failures(void) {
  check_begin("a read that fails, or memory that runs out, ends a search with just that");
  world w;
  float question[8] = {1, 2, 3};
  biobert_hit hits[BIOBERT_CHUNK_SLOTS];
  size_t count;
  open_world(&w, BIOBERT_COSINE, BIOBERT_STORE_F32, 8, 1);
  free(make_words(&w, hits, &count));
  write_texts(&w);
  const biobert_lexicon lexicon = lexicon_of(&w);
  const biobert_search_request request = {
      .mode = BIOBERT_HYBRID,
      .vector = question,
      .feedback = true,
      .lexicon = &lexicon,
      .question = {"worded", 6},
      .hits = hits,
      .hit_count = count
  };
  biobert_error err;
  for (size_t n = 0;; n += 7) {
    w.reads_left = n;
    biobert_status status = all_results(&w, &request, &err);
    if (status == BIOBERT_OK) break;
    CHECK_INT(status, BIOBERT_IO);
    CHECK_STR(err.message, "the disk is gone");
  }
  w.reads_left = SIZE_MAX;
  const int held = w.blocks_held;
  for (long n = 0;; n++) {
    w.allocations_left = n;
    biobert_status status = all_results(&w, &request, &err);
    w.allocations_left = -1;
    if (status == BIOBERT_OK) break;
    CHECK_INT(status, BIOBERT_NOMEM);
  }
  CHECK(w.blocks_held <= held + 1); /* the order by id is the collection's */
  close_world(&w);
}

int main(void) {
  feedback_order();
  words_feedback();
  no_words_feedback();
  failures();
  return check_report();
}
