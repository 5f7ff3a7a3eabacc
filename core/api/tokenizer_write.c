/* tokenizer_write.c - tokenizer.json, tokenizer_config.json, vocab.txt.
 *
 * transformers 5 takes the vocabulary and the added tokens of tokenizer.json, and the
 * settings of tokenizer_config.json; release 4 and the tokenizers library take all of
 * tokenizer.json; the slow tokenizer of release 4 takes vocab.txt. */
#include "api/tokenizer_write.h"

#include "base/file.h"
#include "base/file_write.h"
#include "base/mem.h"
#include "base/status.h"
#include "base/utf8.h"
#include "format/json_edit.h"
#include "text/unicode_tables.h"
#include "text/wordpiece.h"

static void write_flag(bb_json_writer *w, const char *key, bool value) {
  bb_write_key(w, key);
  bb_write_bool(w, value);
}

static void write_text(bb_json_writer *w, const char *key, const char *value) {
  bb_write_key(w, key);
  bb_write_string(w, bb_str(value));
}

/* null: accents go where capitals do. */
static void write_accents(bb_json_writer *w, const bb_normalizer_options *n) {
  bb_write_key(w, "strip_accents");
  if (n->strip_accents == n->lowercase)
    bb_write_raw(w, "null");
  else
    bb_write_bool(w, n->strip_accents);
}

/* tokenizer.json --------------------------------------------------------------------- */

static void write_added_tokens(bb_json_writer *w, const bb_tokenizer *t) {
  bb_write_key(w, "added_tokens");
  bb_write_raw(w, "[");
  for (size_t i = 0; i < t->added.count; i++) {
    const bb_added_token *token = &t->added.items[i];
    bb_write_raw(w, i ? ",{" : "{");
    bb_write_key(w, "id");
    bb_write_int(w, token->id);
    bb_write_key(w, "content");
    bb_write_string(w, bb_vocab_token(t->vocab, token->id));
    write_flag(w, "single_word", token->single_word);
    write_flag(w, "lstrip", token->lstrip);
    write_flag(w, "rstrip", token->rstrip);
    write_flag(w, "normalized", token->normalized);
    write_flag(w, "special", token->special);
    bb_write_raw(w, "}");
  }
  bb_write_raw(w, "]");
}

static void write_normalizer(bb_json_writer *w, const bb_normalizer_options *n) {
  bb_write_key(w, "normalizer");
  bb_write_raw(w, "{");
  write_text(w, "type", "BertNormalizer");
  write_flag(w, "clean_text", n->clean_text);
  write_flag(w, "handle_chinese_chars", n->space_cjk);
  write_accents(w, n);
  write_flag(w, "lowercase", n->lowercase);
  bb_write_raw(w, "}");
}

/* [CLS] A [SEP], and [CLS] A [SEP] B [SEP] of which the last two are of type 1. */
#define SPECIAL(name, type)                                                              \
  "{\"SpecialToken\":{\"id\":\"" name "\",\"type_id\":" type "}}"
#define SEQUENCE(name, type) "{\"Sequence\":{\"id\":\"" name "\",\"type_id\":" type "}}"
#define ONE SPECIAL("[CLS]", "0") "," SEQUENCE("A", "0") "," SPECIAL("[SEP]", "0")
#define TWO ONE "," SEQUENCE("B", "1") "," SPECIAL("[SEP]", "1")

static void write_special(bb_json_writer *w, const char *name, int32_t id) {
  bb_write_key(w, name);
  bb_write_raw(w, "{");
  write_text(w, "id", name);
  bb_write_key(w, "ids");
  bb_write_raw(w, "[");
  bb_write_int(w, id);
  bb_write_raw(w, "]");
  bb_write_key(w, "tokens");
  bb_write_raw(w, "[");
  bb_write_string(w, bb_str(name));
  bb_write_raw(w, "]}");
}

static void write_post_processor(bb_json_writer *w, const bb_tokenizer *t) {
  bb_write_key(w, "post_processor");
  bb_write_raw(w, "{\"type\":\"TemplateProcessing\",\"single\":[" ONE "],\"pair\":[" TWO
                  "],\"special_tokens\":{");
  write_special(w, bb_special_names[BB_CLS], t->cls);
  write_special(w, bb_special_names[BB_SEP], t->sep);
  bb_write_raw(w, "}}");
}

/* A piece; of two lines of a vocab.txt that are alike the last. */
static bool is_piece(const bb_vocab *vocab, int32_t id) {
  const biobert_str token = bb_vocab_token(vocab, id);
  return token.data && bb_vocab_find(vocab, token) == id;
}

static void write_model(bb_json_writer *w, const bb_tokenizer *t) {
  bb_write_key(w, "model");
  bb_write_raw(w, "{");
  write_text(w, "type", "WordPiece");
  write_text(w, "unk_token", bb_special_names[BB_UNK]);
  write_text(w, "continuing_subword_prefix", "##");
  bb_write_key(w, "max_input_chars_per_word");
  bb_write_int(w, BB_WORD_MAX_CHARS);
  bb_write_key(w, "vocab");
  bb_write_raw(w, "{");
  for (size_t id = 0; id < bb_vocab_size(t->vocab); id++) {
    if (!is_piece(t->vocab, (int32_t)id)) continue;
    bb_write_key_str(w, bb_vocab_token(t->vocab, (int32_t)id));
    bb_write_int(w, (int64_t)id);
  }
  bb_write_raw(w, "}}");
}

static void write_tokenizer(bb_json_writer *w, const bb_tokenizer *t) {
  bb_write_raw(w, "{\"version\":\"1.0\"");
  write_added_tokens(w, t);
  write_normalizer(w, &t->normalizer);
  bb_write_raw(w, ",\"pre_tokenizer\":{\"type\":\"BertPreTokenizer\"}");
  write_post_processor(w, t);
  bb_write_raw(w, ",\"decoder\":{\"type\":\"WordPiece\",\"prefix\":\"##\","
                  "\"cleanup\":true}");
  write_model(w, t);
  bb_write_raw(w, "}");
}

/* tokenizer_config.json -------------------------------------------------------------- */

/* Said in tokenizer.json; or of another library; or of code that the source came with. */
static const char *const left_out[] = {
    "added_tokens_decoder", "max_len",  "do_basic_tokenize", "never_split",
    "tokenizer_file",       "auto_map", "add_prefix_space",
};

/* BertTokenizer always cleans its text: where that is off, tokenizer.json alone counts. */
static void write_settings(bb_json_writer *w, const bb_tokenizer_out *out) {
  static const char *const keys[] = {
      [BB_PAD] = "pad_token", [BB_UNK] = "unk_token",   [BB_CLS] = "cls_token",
      [BB_SEP] = "sep_token", [BB_MASK] = "mask_token",
  };
  const bb_tokenizer *t = out->tokenizer;
  const int32_t ids[] = {[BB_PAD] = t->pad,
                         [BB_UNK] = t->unk,
                         [BB_CLS] = t->cls,
                         [BB_SEP] = t->sep,
                         [BB_MASK] = t->mask};
  bb_write_raw(w, "{");
  for (size_t i = 0; i < sizeof left_out / sizeof left_out[0]; i++) {
    bb_write_key(w, left_out[i]);
    bb_write_raw(w, "null");
  }
  write_text(w, "tokenizer_class",
             t->normalizer.clean_text ? out->class_name : "PreTrainedTokenizerFast");
  write_flag(w, "do_lower_case", t->normalizer.lowercase);
  write_accents(w, &t->normalizer);
  write_flag(w, "tokenize_chinese_chars", t->normalizer.space_cjk);
  bb_write_key(w, "truncation_side");
  bb_write_raw(w, t->cuts_start ? "\"left\"" : "null");
  bb_write_key(w, "model_max_length");
  bb_write_int(w, (int64_t)out->max_tokens);
  for (size_t i = 0; i < BB_SPECIAL_COUNT; i++)
    if (ids[i] >= 0) write_text(w, keys[i], bb_special_names[i]);
  bb_write_raw(w, "}");
}

/* vocab.txt -------------------------------------------------------------------------- */

static bool has_space(biobert_str token) {
  for (const char *p = token.data; p < token.data + token.len;) {
    uint32_t code;
    p += bb_utf8_next(p, token.data + token.len, &code);
    if (bb_char_class_of(code).flags & BB_CHAR_SPACE) return true;
  }
  return false;
}

/* Lines up to the last piece. False: an id has no token, or one that is no line or no
 * piece. */
static bool write_lines(bb_json_writer *w, const bb_vocab *vocab) {
  size_t count = bb_vocab_size(vocab);
  while (count > 0 && !is_piece(vocab, (int32_t)count - 1)) count--;
  for (size_t id = 0; id < count; id++) {
    const biobert_str token = bb_vocab_token(vocab, (int32_t)id);
    if (!token.data || bb_vocab_find(vocab, token) < 0 || has_space(token)) return false;
    bb_write_bytes(w, token.data, token.len);
    bb_write_raw(w, "\n");
  }
  return true;
}

static biobert_status write_vocab_txt(const bb_vocab *vocab, const char *folder,
                                      biobert_error *err) {
  bb_json_writer w = {0};
  biobert_str text;
  const bool lines = write_lines(&w, vocab);
  char *whole = bb_writer_take(&w, &text.len);
  char *path = bb_path_join(bb_str(folder), bb_str("vocab.txt"));
  text.data = whole;
  biobert_status status = BIOBERT_OK;
  if (!whole || !path)
    status = bb_no_memory(err, folder);
  else if (lines)
    status = bb_file_write_all(path, text, err);
  bb_free(NULL, whole);
  bb_free(NULL, path);
  return status;
}

biobert_status bb_tokenizer_write(const bb_tokenizer_out *out, const char *folder,
                                  biobert_error *err) {
  bb_json_writer tokenizer = {0}, settings = {0};
  write_tokenizer(&tokenizer, out->tokenizer);
  biobert_status status =
      bb_json_write_file(folder, "tokenizer.json", NULL, &tokenizer, err);
  if (status) return status;
  write_settings(&settings, out);
  status = bb_json_write_file(folder, "tokenizer_config.json", out->base, &settings, err);
  return status ? status : write_vocab_txt(out->tokenizer->vocab, folder, err);
}
