/* gguf_model.c - a GGUF file as a model: it has no files beside it.
 *
 * Its keys are turned into the config.json that the model was made from, so that they go
 * through the same checks. Not stored, and therefore inferred: the activation (BERT's
 * own, exact GELU), whether text is lower-cased, normalising and prompts. A pooler is
 * dropped by the converter. */
#include "api/gguf_model.h"

#include <math.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/status.h"
#include "base/utf8.h"
#include "format/dequantize.h"
#include "format/json_write.h"

/* Configuration ---------------------------------------------------------------------- */

static const struct {
  const char *key, *config;
} numbers[] = {
    {"bert.embedding_length",     "hidden_size"            },
    {"bert.block_count",          "num_hidden_layers"      },
    {"bert.attention.head_count", "num_attention_heads"    },
    {"bert.feed_forward_length",  "intermediate_size"      },
    {"bert.context_length",       "max_position_embeddings"},
};

static biobert_status refuse(const char *path, const char *key, const char *why,
                             biobert_error *err) {
  return bb_fail(err, BIOBERT_FORMAT, "%s: key %s %s", path, key, why);
}

static const bb_gguf_tensor *find_tensor(const bb_gguf *g, const char *name) {
  for (size_t i = 0; i < g->tensor_count; i++)
    if (bb_str_equal(g->tensors[i].name, name)) return &g->tensors[i];
  return NULL;
}

static void write_number(bb_json_writer *w, const char *key, int64_t value) {
  bb_write_key(w, key);
  bb_write_int(w, value);
}

static biobert_status write_sizes(const bb_gguf *g, const char *path, bb_json_writer *w,
                                  biobert_error *err) {
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
    int64_t value;
    if (!bb_gguf_int(bb_gguf_get(g, numbers[i].key), &value))
      return refuse(path, numbers[i].key, "is absent or no whole number", err);
    write_number(w, numbers[i].config, value);
  }
  /* Rows of the embeddings, which may be more than there are tokens. */
  const bb_gguf_tensor *words = find_tensor(g, "token_embd.weight");
  const bb_gguf_tensor *types = find_tensor(g, "token_types.weight");
  if (!words)
    return bb_fail(
        err, BIOBERT_FORMAT,
        "%s: tensor token_embd.weight is missing: a vocabulary without weights?", path);
  const uint64_t rows = words->rank == 2 ? words->shape[1] : 0;
  write_number(w, "vocab_size", rows > INT32_MAX ? INT32_MAX : (int64_t)rows);
  if (types && types->rank == 2 && types->shape[1] <= BB_MAX_TYPES)
    write_number(w, "type_vocab_size", (int64_t)types->shape[1]);
  return BIOBERT_OK;
}

/* The config.json, but for epsilon. */
static biobert_status write_config(const bb_gguf *g, const char *path, bb_json_writer *w,
                                   biobert_error *err) {
  biobert_str architecture;
  bool causal = false;
  if (!bb_gguf_string(bb_gguf_get(g, "general.architecture"), &architecture))
    return refuse(path, "general.architecture", "is absent or no string", err);
  bb_write_raw(w, "{\"model_type\":");
  bb_write_string(w, architecture);
  bb_gguf_bool(bb_gguf_get(g, "bert.attention.causal"), &causal);
  if (causal) bb_write_raw(w, ",\"is_decoder\":true");
  /* Of another architecture the keys have other names: its own name is the thing to say.
   */
  biobert_status status = BIOBERT_OK;
  if (bb_str_equal(architecture, "bert")) status = write_sizes(g, path, w, err);
  bb_write_raw(w, "}");
  return status;
}

biobert_status bb_gguf_config(const bb_gguf *g, const char *path, bb_bert_config *out,
                              bb_notes *notes, biobert_error *err) {
  bb_json_writer w = {0};
  bb_json *json = NULL;
  biobert_status status = write_config(g, path, &w, err);
  char *text = bb_writer_take(&w, NULL);
  if (!status && !text) status = bb_no_memory(err, path);
  if (!status) status = bb_json_parse(bb_str(text), path, &json, err);
  if (!status) status = bb_bert_config_read(bb_json_root(json), path, NULL, out, err);
  bb_json_free(json);
  bb_free(NULL, text);
  if (status) return status;

  static const char eps_key[] = "bert.attention.layer_norm_epsilon";
  double eps = 1e-12;
  const bb_gguf_value *value = bb_gguf_get(g, eps_key);
  if (value && (!bb_gguf_number(value, &eps) || !(eps > 0) || eps > 1)) {
    bb_bert_config_free(out);
    return refuse(path, eps_key, "is no number in (0, 1]", err);
  }
  out->eps = (float)eps;
  if (!find_tensor(g, "token_types.weight")) {
    out->types = 1;
    out->no_types = true;
  }
  bb_note(notes,
          "GGUF: the activation is not stored, gelu was taken; there is no pooler");
  return BIOBERT_OK;
}

/* Pooling ---------------------------------------------------------------------------- */

biobert_status bb_gguf_pipeline(const bb_gguf *g, const char *path, bb_pipeline *out,
                                bb_notes *notes, biobert_error *err) {
  static const char key[] = "bert.pooling_type";
  static const char *const names[] = {"none", "mean", "cls", "last", "rank"};
  enum { NONE, MEAN, CLS, COUNT = sizeof names / sizeof names[0] };
  int64_t type = NONE;
  const bb_gguf_value *value = bb_gguf_get(g, key);
  if (value && (!bb_gguf_int(value, &type) || type < 0 || type >= COUNT))
    return refuse(path, key, "is none of 0 to 4", err);
  *out = (bb_pipeline){.include_prompt = true};
  out->transformer = bb_copy_str(NULL, bb_str(""));
  if (!out->transformer) return bb_no_memory(err, path);
  const bool said = type == MEAN || type == CLS;
  if (type > CLS)
    bb_note(notes, "GGUF: pooling '%s' is not one of ours, mean was taken", names[type]);
  else if (!said)
    bb_note(notes, "GGUF: no pooling is stored, mean was taken");
  bb_note(notes, "GGUF: prompts and normalising are not stored");
  out->has_modules = said;
  return bb_pooling_parse(bb_str(said ? names[type] : "mean"), &out->pooling, err);
}

/* Vocabulary ------------------------------------------------------------------------- */

/* tokenizer.ggml.token_type of [CLS] and the like, and of tokens that were added. */
enum { CONTROL = 3, USER_DEFINED = 4 };

static bool is_bracketed(biobert_str token) {
  return token.len >= 2 && token.data[0] == '[' && token.data[token.len - 1] == ']';
}

static biobert_status check_utf8(biobert_str token, const char *path, int32_t id,
                                 biobert_error *err) {
  for (const char *p = token.data; p < token.data + token.len;) {
    uint32_t code;
    const size_t bytes = bb_utf8_next(p, token.data + token.len, &code);
    if (!bb_utf8_is_well_formed(p, code, bytes))
      return bb_fail(err, BIOBERT_FORMAT, "%s: token %d is not UTF-8", path, (int)id);
    p += bytes;
  }
  return BIOBERT_OK;
}

/* Which token it is, spelled as in a vocab.txt; into `inside` where that is another
 * spelling. The converter marks the beginning of a word with U+2581 ("\u2581the") where
 * WordPiece marks its inside ("##s", which becomes "s"). Control tokens stay as they are;
 * older converters left everything in brackets alone, newer ones mark "[unused1]" too. */
static biobert_str spelling_of(biobert_str token, int64_t type,
                               char inside[BB_TOKEN_MAX_BYTES + 2]) {
  static const char begins_word[] = "\xE2\x96\x81";
  enum { MARK_BYTES = sizeof begins_word - 1 };
  if (type == CONTROL) return token;
  if (token.len >= MARK_BYTES && memcmp(token.data, begins_word, MARK_BYTES) == 0)
    return (biobert_str){token.data + MARK_BYTES, token.len - MARK_BYTES};
  if (type == USER_DEFINED || is_bracketed(token) || token.len > BB_TOKEN_MAX_BYTES)
    return token;
  memcpy(inside, "##", 2);
  memcpy(inside + 2, token.data, token.len);
  return (biobert_str){inside, token.len + 2};
}

static biobert_status add_token(bb_tokenizer_parts *parts, biobert_str token,
                                int64_t type, int32_t id, biobert_error *err) {
  char inside[BB_TOKEN_MAX_BYTES + 2];
  biobert_error why;
  biobert_status status = check_utf8(token, parts->what, id, err);
  if (status) return status;
  const biobert_str spelling = spelling_of(token, type, inside);
  status = type == USER_DEFINED ? bb_vocab_add_spelling(parts->vocab, spelling, id, &why)
                                : bb_vocab_add(parts->vocab, spelling, id, &why);
  if (status) return bb_fail(err, status, "%s: %s", parts->what, why.message);
  if (spelling.len == 0 || (type != CONTROL && type != USER_DEFINED)) return BIOBERT_OK;
  const bb_added_token added = {
      .id = id, .special = type == CONTROL, .normalized = type == USER_DEFINED};
  return bb_added_put(&parts->added, &added, err);
}

static biobert_status add_tokens(bb_tokenizer_parts *parts, const bb_gguf *g,
                                 bb_notes *notes, biobert_error *err) {
  const char *path = parts->what;
  static const char key[] = "tokenizer.ggml.tokens";
  const bb_gguf_value *stored = bb_gguf_get(g, key);
  const bb_gguf_value *stored_types = bb_gguf_get(g, "tokenizer.ggml.token_type");
  if (!stored || !stored->is_array || stored->type != BB_GGUF_STRING)
    return refuse(path, key, "is absent or no array of strings", err);
  if (stored->count > BB_VOCAB_MAX_ID)
    return refuse(path, key, "has too many tokens", err);
  bb_gguf_value tokens = *stored, types = {0};
  if (stored_types && stored_types->is_array) types = *stored_types;
  biobert_status status = BIOBERT_OK;
  bool any_added = false;
  for (int32_t id = 0; (uint64_t)id < stored->count && !status; id++) {
    biobert_str token = {"", 0};
    int64_t type = 0;
    bb_gguf_next_string(&tokens, &token);
    if (types.count) bb_gguf_next_int(&types, &type);
    any_added |= type == USER_DEFINED;
    status = add_token(parts, token, type, id, err);
  }
  if (any_added)
    bb_note(notes,
            "GGUF: flags of added tokens are not stored, those that are usual were "
            "taken");
  return status;
}

/* [CLS] and the others are known by name; where a key says another token, the model is
 * not one that is fed as BERT is. */
static biobert_status check_specials(const bb_vocab *vocab, const bb_gguf *g,
                                     const char *path, biobert_error *err) {
  static const struct {
    const char *key, *other;
    bb_special token;
  } specials[] = {
      {"tokenizer.ggml.cls_token_id",       "tokenizer.ggml.bos_token_id", BB_CLS },
      {"tokenizer.ggml.seperator_token_id", "tokenizer.ggml.eos_token_id", BB_SEP },
      {"tokenizer.ggml.separator_token_id", NULL,                          BB_SEP },
      {"tokenizer.ggml.unknown_token_id",   NULL,                          BB_UNK },
      {"tokenizer.ggml.padding_token_id",   NULL,                          BB_PAD },
      {"tokenizer.ggml.mask_token_id",      NULL,                          BB_MASK},
  };
  for (size_t i = 0; i < sizeof specials / sizeof specials[0]; i++) {
    int64_t id;
    const char *key = specials[i].key, *name = bb_special_names[specials[i].token];
    if (!bb_gguf_get(g, key) && specials[i].other) key = specials[i].other;
    if (!bb_gguf_int(bb_gguf_get(g, key), &id)) continue;
    if (id == bb_vocab_find(vocab, bb_str(name))) continue;
    return bb_fail(err, BIOBERT_UNSUPPORTED,
                   "%s: key %s is %lld, which is not the id of %s", path, key,
                   (long long)id, name);
  }
  return BIOBERT_OK;
}

/* What the file says of case: true or false, or nothing. */
static biobert_status read_case(const bb_gguf *g, bb_tokenizer_parts *parts,
                                biobert_error *err) {
  const struct {
    const char *key;
    int *said;
  } rows[] = {
      {"tokenizer.ggml.normalizer.lowercase",     &parts->lowercase    },
      {"tokenizer.ggml.normalizer.strip_accents", &parts->strip_accents},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    bool value;
    const bb_gguf_value *stored = bb_gguf_get(g, rows[i].key);
    if (!stored) continue;
    if (!bb_gguf_bool(stored, &value))
      return refuse(parts->what, rows[i].key, "is no bool", err);
    *rows[i].said = value;
  }
  return BIOBERT_OK;
}

biobert_status bb_gguf_tokenizer(const bb_gguf *g, const char *path,
                                 const bb_tokenizer_wish *wish, bb_tokenizer *out,
                                 bb_notes *notes, biobert_error *err) {
  biobert_str model = {"none", 4};
  char quoted[BB_QUOTE_BYTES];
  bb_gguf_string(bb_gguf_get(g, "tokenizer.ggml.model"), &model);
  if (!bb_str_equal(model, "bert"))
    return bb_fail(
        err, BIOBERT_UNSUPPORTED,
        "%s: tokenizer.ggml.model is '%s', only 'bert' (WordPiece) is supported", path,
        bb_quote(quoted, model));
  bb_tokenizer_parts parts = {
      .lowercase = BB_UNSAID, .strip_accents = BB_UNSAID, .what = path, .kind = "GGUF"};
  biobert_status status = bb_vocab_new(&parts.vocab, err);
  if (!status) status = add_tokens(&parts, g, notes, err);
  if (!status) status = check_specials(parts.vocab, g, path, err);
  if (!status) status = read_case(g, &parts, err);
  if (!status) return bb_tokenizer_of_parts(&parts, wish, out, notes, err);
  bb_added_free(&parts.added);
  bb_vocab_free(parts.vocab);
  return status;
}
