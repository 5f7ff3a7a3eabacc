/* vocabulary.c - options, and the life of a vocabulary that is being learnt. */
#include "api/options.h"
#include "base/mem.h"
#include "base/names.h"
#include "text/learn_vocabulary.h"
#include "text/tokenizer.h"

_Static_assert((int)BIOBERT_MIN_VOCABULARY == (int)BB_SPECIAL_COUNT + 1,
               "one more than [MASK]");
_Static_assert((int)BIOBERT_MAX_VOCABULARY == (int)BB_VOCAB_MAX_ID,
               "what a tokenizer can read");

struct biobert_vocabulary {
  biobert_session_options how;
  bb_vocabulary_wish wish;
  bb_word_counts words;
  char *text; /* what was learnt last */
};

/* Options ---------------------------------------------------------------------------- */

enum { MIN_COUNT = 2, MAX_MIN_COUNT = 1000000000 };

static biobert_status read_lowercase(const bb_json_node *value, biobert_vocabulary *v,
                                     biobert_error *err) {
  char shown[BB_SHOWN_BYTES];
  bb_json_kind kind = bb_json_kind_of(value);
  if (kind != BB_JSON_TRUE && kind != BB_JSON_FALSE)
    return bb_fail(err, BIOBERT_RANGE, "options: lowercase takes true or false, not %s",
                   bb_options_show(value, shown));
  v->words.normalizer.lowercase = v->words.normalizer.strip_accents =
      kind == BB_JSON_TRUE;
  return BIOBERT_OK;
}

static biobert_status read_min_count(const bb_json_node *value, biobert_vocabulary *v,
                                     biobert_error *err) {
  char shown[BB_SHOWN_BYTES];
  if (!bb_json_int(value, &v->wish.min_count) || v->wish.min_count < 1 ||
      v->wish.min_count > MAX_MIN_COUNT)
    return bb_fail(err, BIOBERT_RANGE,
                   "options: min_count takes a whole number from 1 to %d, not %s",
                   MAX_MIN_COUNT, bb_options_show(value, shown));
  return BIOBERT_OK;
}

static const struct {
  const char *key;
  biobert_status (*read)(const bb_json_node *, biobert_vocabulary *, biobert_error *);
} options[] = {
    {"lowercase", read_lowercase},
    {"min_count", read_min_count},
};
enum { OPTION_COUNT = sizeof options / sizeof options[0] };

/* null counts as not given. */
static biobert_status read_option(const bb_json_node *value, biobert_vocabulary *v,
                                  biobert_error *err) {
  for (size_t i = 0; i < OPTION_COUNT; i++)
    if (bb_str_equal(bb_json_key(value), options[i].key))
      return bb_json_kind_of(value) == BB_JSON_NULL ? BIOBERT_OK
                                                    : options[i].read(value, v, err);
  return bb_not_one_of(err, "options:", bb_json_key(value), BB_NAMES(options, key));
}

static biobert_status read_options(biobert_str text, biobert_vocabulary *v,
                                   biobert_error *err) {
  bb_json *json = NULL;
  biobert_status status = bb_options_open(text, "{\"min_count\": 5}", &json, err);
  const bb_json_node *value = status ? NULL : bb_json_first(bb_json_root(json));
  for (; value && !status; value = bb_json_next(value))
    status = read_option(value, v, err);
  bb_json_free(json);
  return status;
}

/* Its life --------------------------------------------------------------------------- */

biobert_status biobert_vocabulary_new(int64_t size, biobert_str text,
                                      const biobert_session_options *how,
                                      biobert_vocabulary **out, biobert_error *err) {
  if (size < BIOBERT_MIN_VOCABULARY || size > BIOBERT_MAX_VOCABULARY)
    return bb_fail(err, BIOBERT_RANGE, "a vocabulary of %lld tokens: %d to %d can be had",
                   (long long)size, BIOBERT_MIN_VOCABULARY, BIOBERT_MAX_VOCABULARY);
  biobert_vocabulary *v = bb_alloc_zeroed(how ? &how->allocator : NULL, 1, sizeof *v);
  if (!v) return bb_no_memory(err, "a vocabulary");
  if (how) v->how = *how;
  v->wish = (bb_vocabulary_wish){(size_t)size, MIN_COUNT};
  v->words.normalizer = (bb_normalizer_options){true, true, true, true};
  biobert_status status = read_options(text, v, err);
  if (status)
    biobert_vocabulary_free(v);
  else
    *out = v;
  return status;
}

void biobert_vocabulary_free(biobert_vocabulary *v) {
  if (!v) return;
  const biobert_session_options how = v->how;
  bb_word_counts_free(&v->words);
  bb_free(&how.allocator, v->text);
  bb_free(&how.allocator, v);
}

static bb_call call_of(const biobert_vocabulary *v) {
  return (bb_call){&v->how.allocator, v->how.cancel, v->how.cancel_ctx};
}

biobert_status biobert_vocabulary_add(biobert_vocabulary *v, biobert_str text,
                                      biobert_error *err) {
  const bb_call call = call_of(v);
  return bb_count_words(&v->words, text, &call, err);
}

biobert_status biobert_vocabulary_learn(biobert_vocabulary *v, biobert_str *text,
                                        biobert_error *err) {
  const bb_call call = call_of(v);
  char *learnt;
  size_t len;
  biobert_status status =
      bb_learn_vocabulary(&v->words, &v->wish, &call, &learnt, &len, err);
  if (status) return status;
  bb_free(&v->how.allocator, v->text);
  v->text = learnt;
  *text = (biobert_str){learnt, len};
  return BIOBERT_OK;
}
