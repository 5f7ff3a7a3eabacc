/* first_fingerprint.c - what indexes have recorded that were made before version 2.
 *
 * It hashed the precision too, and the added tokens in an order that qsort() chose. Here
 * the longer come first, and of one length those of a smaller id: what a stable sort
 * leaves of a file that lists them by id, as all do. It is only compared with. */
#include "api/first_fingerprint.h"

#include "api/hash_fields.h"
#include "api/runtime.h"
#include "base/mem.h"
#include "base/status.h"

typedef struct listed {
  const bb_added_token *token;
  size_t len;
} listed;

static int longer_first(const void *x, const void *y) {
  const listed *a = x, *b = y;
  if (a->len != b->len) return a->len < b->len ? 1 : -1;
  return (a->token->id > b->token->id) - (a->token->id < b->token->id);
}

static biobert_status hash_added(bb_sha256 *h, const bb_tokenizer *t,
                                 biobert_error *err) {
  const size_t count = t->added.count;
  listed *tokens = bb_alloc(NULL, count, sizeof *tokens);
  if (!tokens) return bb_no_memory(err, "added tokens");
  for (size_t i = 0; i < count; i++)
    tokens[i] =
        (listed){&t->added.items[i], bb_vocab_token(t->vocab, t->added.items[i].id).len};
  if (count) qsort(tokens, count, sizeof *tokens, longer_first);
  for (size_t i = 0; i < count; i++) bb_hash_added(h, t->vocab, tokens[i].token);
  bb_free(NULL, tokens);
  return BIOBERT_OK;
}

static biobert_status hash_tokenizer(bb_sha256 *h, const bb_tokenizer *t,
                                     biobert_error *err) {
  for (size_t id = 0; id < bb_vocab_size(t->vocab); id++)
    bb_hash_token(h, bb_vocab_token(t->vocab, (int32_t)id));
  biobert_status status = hash_added(h, t, err);
  bb_hash_number(h, "lowercase", t->normalizer.lowercase);
  bb_hash_number(h, "strip_accents", t->normalizer.strip_accents);
  bb_hash_number(h, "space_cjk", t->normalizer.space_cjk);
  bb_hash_number(h, "clean_text", t->normalizer.clean_text);
  return status;
}

static void hash_pipeline(bb_sha256 *h, const bb_pipeline *p) {
  char text[BB_POOLING_TEXT];
  bb_hash_text(h, bb_pooling_text(&p->pooling, text));
  bb_hash_number(h, "include_prompt", p->include_prompt);
  bb_hash_text(h, p->document_prompt ? p->document_prompt : "");
  for (size_t i = 0; i < p->step_count; i++) {
    const bb_step *step = &p->steps[i];
    bb_hash_text(h, step->w ? step->activation->name : "normalize");
    if (!step->w) continue;
    bb_hash_number(h, "residual", step->residual);
    bb_hash_floats(h, step->w, step->in * step->out);
    bb_hash_floats(h, step->b, step->out);
  }
}

/* precision: what it had for int8; NULL for f32. */
static biobert_status hash_model(biobert_model *model, const char *precision,
                                 char out[BIOBERT_HASH_CHARS], biobert_error *err) {
  char weights[BIOBERT_HASH_CHARS];
  biobert_status status = biobert_model_sha256(model, weights, err);
  if (status) return status;
  const bb_bert_config *c = &model->bert.config;
  bb_sha256 h;
  bb_sha256_init(&h);
  bb_hash_text(&h, "biobert fingerprint 1");
  bb_hash_text(&h, weights);
  bb_hash_text(&h, c->activation->name);
  bb_hash_number(&h, "heads", c->heads);
  if (precision) bb_hash_text(&h, precision);
  bb_sha256_add(&h, &c->eps, sizeof c->eps);
  bb_hash_number(&h, "max_tokens", model->max_tokens);
  status = hash_tokenizer(&h, &model->tokenizer, err);
  hash_pipeline(&h, &model->pipeline);
  bb_hash_end(&h, out);
  return status;
}

/* Remembered: every search of such an index asks. */
biobert_status bb_first_fingerprint_is(biobert_model *model, const char *fingerprint,
                                       bool *is, biobert_error *err) {
  static const char *const precisions[] = {NULL, "int8 3"};
  char first[2][BIOBERT_HASH_CHARS];
  biobert_status status = BIOBERT_OK;
  bb_runtime_lock();
  memcpy(first, model->first_fingerprints, sizeof first);
  bb_runtime_unlock();
  for (size_t i = 0; i < 2 && !status; i++)
    if (!first[i][0]) status = hash_model(model, precisions[i], first[i], err);
  if (status) return status;
  bb_runtime_lock();
  memcpy(model->first_fingerprints, first, sizeof first);
  bb_runtime_unlock();
  *is = strcmp(first[0], fingerprint) == 0 || strcmp(first[1], fingerprint) == 0;
  return BIOBERT_OK;
}
