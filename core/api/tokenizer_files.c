/* tokenizer_files.c - tokenizer.json, vocab.txt, tokenizer_config.json: which file
 * decides.
 *
 * Vocabulary: tokenizer.json, else vocab.txt and the tokens added later, by
 * added_tokens.json or tokenizer_config.json; special tokens by special_tokens_map.json
 * and tokenizer_config.json too. Lower case: the load option, else tokenizer_config.json,
 * else tokenizer.json's normalizer, else the vocabulary: one whose words have capital
 * letters is cased. Hugging Face's own default, when nothing is said, is to lower-case:
 * dmis-lab/biobert-base-cased-v1.1 ships nothing but vocab.txt, and is ruined by it there
 * (dmis-lab/biobert-pytorch issue 24). This is the one place where we differ, on purpose;
 * the choice is noted. Accents and CJK: tokenizer_config.json, else tokenizer.json, else
 * the defaults of BERT.
 *
 * A truncation or padding block in tokenizer.json is not obeyed: real files carry any
 * length there, and transformers overrides it too. */
#include "api/tokenizer_files.h"

#include <stdio.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/status.h"
#include "base/utf8.h"
#include "format/json_file.h"
#include "text/unicode_tables.h"
#include "text/wordpiece.h"

enum { VOCAB_MAX_BYTES = 64 * 1024 * 1024 };

/* A vocabulary is cased if one in so many of its words with letters has a capital, and
 * more than one word: of BERT's cased one it is one in three, and people put names of
 * their own, a thousand at most, into the [unused] places of uncased ones. */
enum { CASED_SHARE = 20, STRAY_WORDS = 1 };

/* strip_accents: null in tokenizer_config.json is a statement: as lower case is. */
enum { FOLLOWS_CASE = 2 };

typedef struct loader {
  const char *directory;
  bb_tokenizer *t;
  bb_notes *notes;
  int lowercase, strip_accents, space_cjk, clean_text; /* BB_UNSAID until a file says */
  int64_t max_length;
  bool has_config, has_json;
  const char *kind;  /* of the file that brought the vocabulary; NULL: a directory did */
  bool lowers_first; /* before the normalizer, which alone decides about accents */
  bool has_class, has_side; /* tokenizer_config.json names the tokenizer_class; the
                               truncation_side */
} loader;

/* Paths and optional files ----------------------------------------------------------- */

typedef biobert_status read_fn(loader *l, const bb_json_node *root, const char *path,
                               biobert_error *err);

/* *found: the file is there (and was read). */
static biobert_status read_json(loader *l, const char *name, read_fn *read, bool *found,
                                biobert_error *err) {
  char *path = bb_path_join(bb_str(l->directory), bb_str(name));
  if (!path) return bb_no_memory(err, name);
  biobert_status status = BIOBERT_OK;
  *found = bb_path_exists(path);
  if (*found) {
    bb_json *json = NULL;
    status = bb_json_read_file(path, &json, err);
    if (!status) status = read(l, bb_json_root(json), path, err);
    bb_json_free(json);
  }
  bb_free(NULL, path);
  return status;
}

static int said(const bb_json_node *object, const char *key) {
  const bb_json_node *node = bb_json_get(object, key);
  bb_json_kind kind = bb_json_kind_of(node);
  if (kind == BB_JSON_TRUE) return 1;
  return node && kind == BB_JSON_FALSE ? 0 : BB_UNSAID;
}

static void unless_said(int *setting, int value) {
  if (*setting == BB_UNSAID) *setting = value;
}

/* Added tokens ----------------------------------------------------------------------- */

/* A token that files list, by its spelling. One that several files list is one token. */
static biobert_status add_token(loader *l, biobert_str content, bb_added_token token,
                                const char *path, biobert_error *err) {
  char quoted[BB_QUOTE_BYTES], other[BB_QUOTE_BYTES];
  bb_vocab *vocab = l->t->vocab;
  if (content.len == 0) return BIOBERT_OK; /* as the reference has it */
  if (content.len > BB_TOKEN_MAX_BYTES)
    return bb_fail(err, BIOBERT_FORMAT, "%s: an added token of %zu bytes, at most %d",
                   path, content.len, BB_TOKEN_MAX_BYTES);
  if (token.id < 0 || token.id >= BB_VOCAB_MAX_ID)
    return bb_fail(err, BIOBERT_FORMAT, "%s: added token '%s' has no id from 0 to %d",
                   path, bb_quote(quoted, content), BB_VOCAB_MAX_ID - 1);
  int32_t known = bb_vocab_find(vocab, content);
  if (known >= 0 && known != token.id)
    return bb_fail(err, BIOBERT_FORMAT,
                   "%s: added token '%s' has id %d, but %d in the vocabulary", path,
                   bb_quote(quoted, content), token.id, known);
  biobert_str spelling = bb_vocab_token(vocab, token.id);
  if (!spelling.data) {
    biobert_status status = bb_vocab_add_spelling(vocab, content, token.id, err);
    if (status) return status;
  } else if (spelling.len != content.len ||
             memcmp(spelling.data, content.data, content.len) != 0) {
    return bb_fail(err, BIOBERT_FORMAT, "%s: two tokens have id %d: '%s' and '%s'", path,
                   token.id, bb_quote(other, spelling), bb_quote(quoted, content));
  }
  return bb_added_put(&l->t->added, &token, err);
}

/* What {"content": ..., "lstrip": ...} says; of a mere string, what is usual. */
static bb_added_token flags_of(const bb_json_node *node, int32_t id, bool special) {
  int normalized = said(node, "normalized");
  return (bb_added_token){
      .id = id,
      .single_word = bb_json_is_true(bb_json_get(node, "single_word")),
      .lstrip = bb_json_is_true(bb_json_get(node, "lstrip")),
      .rstrip = bb_json_is_true(bb_json_get(node, "rstrip")),
      .normalized = normalized == BB_UNSAID ? !special : normalized,
      .special = special,
  };
}

static int32_t id_in_range(int64_t id) {
  return id >= 0 && id < BB_VOCAB_MAX_ID ? (int32_t)id : -1;
}

static biobert_status read_added(loader *l, const bb_json_node *node, int64_t id,
                                 const char *path, biobert_error *err) {
  biobert_str content = bb_json_string(bb_json_get(node, "content"));
  if (!content.data)
    return bb_fail(err, BIOBERT_FORMAT, "%s: an added token without content", path);
  bool special = bb_json_is_true(bb_json_get(node, "special"));
  return add_token(l, content, flags_of(node, id_in_range(id), special), path, err);
}

/* The five of BERT are found in the text itself, even where no file lists them. */
static biobert_status add_specials(loader *l, biobert_error *err) {
  biobert_status status = BIOBERT_OK;
  for (size_t i = 0; i < BB_SPECIAL_COUNT && !status; i++) {
    const bb_added_token token = {
        .id = bb_vocab_find(l->t->vocab, bb_str(bb_special_names[i])), .special = true};
    if (token.id >= 0) status = bb_added_put(&l->t->added, &token, err);
  }
  return status;
}

/* Special tokens by name ------------------------------------------------------------- */

/* A string, or an object with flags. One that has no id yet gets the next, as the
 * reference does, if it was added: a separator that the vocabulary does not have is none.
 * What tokenizer.json says of a token holds. */
static biobert_status read_special(loader *l, const bb_json_node *node, bool added,
                                   const char *path, biobert_error *err) {
  biobert_str content = bb_json_string(node);
  if (!content.data) content = bb_json_string(bb_json_get(node, "content"));
  if (content.len == 0) return BIOBERT_OK;
  int32_t id = bb_vocab_find_any(l->t->vocab, content);
  if (id < 0 && !added) return BIOBERT_OK;
  if (id < 0) id = (int32_t)bb_vocab_size(l->t->vocab);
  if (l->has_json && bb_added_find(&l->t->added, id)) return BIOBERT_OK;
  return add_token(l, content, flags_of(node, id, true), path, err);
}

/* special_tokens_map.json, and the same keys of tokenizer_config.json. The lists: of
 * transformers 2 to 4, of 5 (of 4.46 and later an object, by the names of attributes). */
static biobert_status read_special_tokens(loader *l, const bb_json_node *root,
                                          const char *path, biobert_error *err) {
  static const char *const names[] = {"unk_token",  "cls_token", "sep_token", "pad_token",
                                      "mask_token", "bos_token", "eos_token"};
  static const char *const lists[] = {"additional_special_tokens",
                                      "extra_special_tokens"};
  biobert_status status = BIOBERT_OK;
  bb_added_sort(&l->t->added);
  for (size_t i = 0; i < sizeof names / sizeof names[0] && !status; i++)
    status = read_special(l, bb_json_get(root, names[i]), false, path, err);
  for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
    const bb_json_node *node = bb_json_first(bb_json_get(root, lists[i]));
    for (; node && !status; node = bb_json_next(node))
      status = read_special(l, node, true, path, err);
  }
  return status;
}

/* tokenizer.json --------------------------------------------------------------------- */

static biobert_status not_bert(const char *path, const char *part,
                               const bb_json_node *node, biobert_error *err) {
  char quoted[BB_QUOTE_BYTES];
  biobert_str type = bb_json_string(bb_json_get(node, "type"));
  return bb_fail(
      err, BIOBERT_UNSUPPORTED,
      "%s: %s '%s' is not BERT's: only WordPiece models with BertNormalizer and "
      "BertPreTokenizer are supported",
      path, part, bb_quote(quoted, type.data ? type : bb_str("none")));
}

static bool has_type(const bb_json_node *node, const char *type) {
  return bb_str_equal(bb_json_string(bb_json_get(node, "type")), type);
}

static biobert_status read_normalizer(loader *l, const bb_json_node *node,
                                      const char *path, biobert_error *err) {
  if (has_type(node, "Sequence")) {
    /* What sentence-transformers builds for do_lower_case: [Lowercase, BertNormalizer].
     */
    const bb_json_node *first = bb_json_first(bb_json_get(node, "normalizers"));
    const bb_json_node *second = bb_json_next(first);
    if (!has_type(first, "Lowercase") || bb_json_next(second))
      return not_bert(path, "normalizer", first, err);
    l->lowers_first = true;
    node = second;
  }
  if (!has_type(node, "BertNormalizer")) return not_bert(path, "normalizer", node, err);
  unless_said(&l->lowercase, said(node, "lowercase"));
  unless_said(&l->strip_accents, said(node, "strip_accents"));
  unless_said(&l->space_cjk, said(node, "handle_chinese_chars"));
  unless_said(&l->clean_text, said(node, "clean_text"));
  return BIOBERT_OK;
}

/* "[CLS] A [SEP]" and nothing else: what biobert.h promises. */
static biobert_status check_post_processor(const bb_json_node *node, const char *path,
                                           biobert_error *err) {
  if (!node || bb_json_kind_of(node) == BB_JSON_NULL || has_type(node, "BertProcessing"))
    return BIOBERT_OK;
  if (!has_type(node, "TemplateProcessing"))
    return not_bert(path, "post_processor", node, err);
  const char *const expected[] = {bb_special_names[BB_CLS], NULL,
                                  bb_special_names[BB_SEP]};
  const bb_json_node *item = bb_json_first(bb_json_get(node, "single"));
  for (size_t i = 0; i < 3; i++, item = bb_json_next(item)) {
    const bb_json_node *special = bb_json_get(item, "SpecialToken");
    biobert_str id = bb_json_string(bb_json_get(special, "id"));
    bool fits = expected[i] ? bb_str_equal(id, expected[i])
                            : item && bb_json_get(item, "Sequence");
    if (!fits || (i == 2 && bb_json_next(item)))
      return bb_fail(err, BIOBERT_UNSUPPORTED,
                     "%s: post_processor does not make [CLS] text [SEP]", path);
  }
  return BIOBERT_OK;
}

static biobert_status read_model(loader *l, const bb_json_node *node, const char *path,
                                 biobert_error *err) {
  const bb_json_node *type = bb_json_get(node, "type");
  if (!node || (type && !has_type(node, "WordPiece")))
    return not_bert(path, "model", node, err);
  int64_t max_chars = BB_WORD_MAX_CHARS;
  bb_json_int(bb_json_get(node, "max_input_chars_per_word"), &max_chars);
  biobert_str prefix = bb_json_string(bb_json_get(node, "continuing_subword_prefix"));
  biobert_str unknown = bb_json_string(bb_json_get(node, "unk_token"));
  if (max_chars != BB_WORD_MAX_CHARS || (prefix.data && !bb_str_equal(prefix, "##")) ||
      (unknown.data && !bb_str_equal(unknown, "[UNK]")))
    return bb_fail(err, BIOBERT_UNSUPPORTED,
                   "%s: WordPiece with other settings than '##', '[UNK]' and words of %d "
                   "characters",
                   path, BB_WORD_MAX_CHARS);
  const bb_json_node *token = bb_json_first(bb_json_get(node, "vocab"));
  for (; token; token = bb_json_next(token)) {
    int64_t id = -1;
    char quoted[BB_QUOTE_BYTES];
    if (!bb_json_int(token, &id) || id < 0 || id >= BB_VOCAB_MAX_ID)
      return bb_fail(err, BIOBERT_FORMAT, "%s: token '%s' has no valid id", path,
                     bb_quote(quoted, bb_json_key(token)));
    biobert_error why;
    biobert_status status =
        bb_vocab_add(l->t->vocab, bb_json_key(token), (int32_t)id, &why);
    if (status) return bb_fail(err, status, "%s: %s", path, why.message);
  }
  return BIOBERT_OK;
}

static biobert_status read_tokenizer_json(loader *l, const bb_json_node *root,
                                          const char *path, biobert_error *err) {
  biobert_status status = read_model(l, bb_json_get(root, "model"), path, err);
  if (!status) status = add_specials(l, err);
  if (!status) status = read_normalizer(l, bb_json_get(root, "normalizer"), path, err);
  const bb_json_node *words = bb_json_get(root, "pre_tokenizer");
  if (!status && !has_type(words, "BertPreTokenizer"))
    status = not_bert(path, "pre_tokenizer", words, err);
  if (!status)
    status = check_post_processor(bb_json_get(root, "post_processor"), path, err);
  const bb_json_node *token = bb_json_first(bb_json_get(root, "added_tokens"));
  for (; token && !status; token = bb_json_next(token)) {
    int64_t id = -1;
    bb_json_int(bb_json_get(token, "id"), &id);
    status = read_added(l, token, id, path, err);
  }
  const bb_json_node *cut = bb_json_get(bb_json_get(root, "truncation"), "direction");
  if (!l->has_side) l->t->cuts_start = bb_str_equal(bb_json_string(cut), "Left");
  return status;
}

/* vocab.txt -------------------------------------------------------------------------- */

static biobert_status read_vocab_txt(loader *l, biobert_error *err) {
  char *path = bb_path_join(bb_str(l->directory), bb_str("vocab.txt"));
  if (!path) return bb_no_memory(err, "vocab.txt");
  bb_buffer text = {0};
  biobert_status status;
  if (!bb_path_exists(path))
    status = bb_fail(err, BIOBERT_IO, "%s: neither tokenizer.json nor vocab.txt is there",
                     l->directory);
  else
    status = bb_file_read_all(path, VOCAB_MAX_BYTES, &text, err);
  if (!status && bb_is_lfs_pointer(text.data, text.len))
    status =
        bb_fail(err, BIOBERT_FORMAT,
                "%s: is a git-lfs pointer, not the file: run 'git lfs pull', or 'make "
                "model'",
                path);
  if (!status)
    status =
        bb_vocab_add_lines(l->t->vocab, (biobert_str){text.data, text.len}, path, err);
  bb_free(NULL, text.data);
  bb_free(NULL, path);
  return status;
}

/* added_tokens.json: {"token": id} */
static biobert_status read_added_tokens(loader *l, const bb_json_node *root,
                                        const char *path, biobert_error *err) {
  const bb_json_node *node = bb_json_first(root);
  biobert_status status = BIOBERT_OK;
  for (; node && !status; node = bb_json_next(node)) {
    int64_t id = -1;
    bb_json_int(node, &id);
    const bb_added_token token = {.id = id_in_range(id), .normalized = true};
    status = add_token(l, bb_json_key(node), token, path, err);
  }
  return status;
}

/* tokenizer_config.json -------------------------------------------------------------- */

/* Of the classes that transformers names in files, those that are a BertTokenizer, and
 * those that are what tokenizer.json says. */
static biobert_status check_class(const char *path, biobert_str name,
                                  biobert_error *err) {
  static const char *const known[] = {
      "Bert",
      "DistilBert",
      "Electra",
      "RetriBert",
      "MobileBert",
      "LayoutLM",
      "ConvBert",
      "Lxmert",
      "Realm",
      "DPRQuestionEncoder",
      "DPRReader",
      "SqueezeBert",
      "DPRContextEncoder",
  };
  static const char *const endings[] = {"Tokenizer", "TokenizerFast", "TokenizerLegacy"};
  static const char *const of_json[] = {"PreTrainedTokenizerFast", "TokenizersBackend"};
  char quoted[BB_QUOTE_BYTES], whole[64];
  for (size_t i = 0; i < sizeof of_json / sizeof of_json[0]; i++)
    if (bb_str_equal(name, of_json[i])) return BIOBERT_OK;
  for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
    for (size_t j = 0; j < sizeof endings / sizeof endings[0]; j++) {
      snprintf(whole, sizeof whole, "%s%s", known[i], endings[j]);
      if (bb_str_equal(name, whole)) return BIOBERT_OK;
    }
  return bb_fail(err, BIOBERT_UNSUPPORTED,
                 "%s: tokenizer_class '%s' is not supported: it makes other tokens than "
                 "BertTokenizer; take a model with that one",
                 path, bb_quote(quoted, name));
}

/* "right", the default, or "left". */
static biobert_status read_side(loader *l, const bb_json_node *root, const char *path,
                                biobert_error *err) {
  const bb_json_node *node = bb_json_get(root, "truncation_side");
  biobert_str side = bb_json_string(node);
  char quoted[BB_QUOTE_BYTES];
  if (bb_json_kind_of(node) == BB_JSON_NULL) return BIOBERT_OK;
  l->has_side = true;
  l->t->cuts_start = bb_str_equal(side, "left");
  if (l->t->cuts_start || bb_str_equal(side, "right")) return BIOBERT_OK;
  return bb_fail(err, BIOBERT_FORMAT,
                 "%s: truncation_side '%s' is neither left nor right", path,
                 bb_quote(quoted, side.data ? side : bb_str("?")));
}

static biobert_status read_config(loader *l, const bb_json_node *root, const char *path,
                                  biobert_error *err) {
  biobert_str class_name = bb_json_string(bb_json_get(root, "tokenizer_class"));
  l->has_class = class_name.data != NULL;
  biobert_status status = BIOBERT_OK;
  if (l->has_class) status = check_class(path, class_name, err);
  if (!status) status = read_side(l, root, path, err);
  if (status) return status;
  if (said(root, "do_basic_tokenize") == 0)
    return bb_fail(err, BIOBERT_UNSUPPORTED,
                   "%s: do_basic_tokenize is false: the words of this model are made by "
                   "another program",
                   path);
  if (bb_json_count(bb_json_get(root, "never_split")) > 0)
    return bb_fail(err, BIOBERT_UNSUPPORTED, "%s: never_split is not supported", path);
  unless_said(&l->lowercase, said(root, "do_lower_case"));
  unless_said(&l->space_cjk, said(root, "tokenize_chinese_chars"));
  if (bb_json_get(root, "strip_accents")) {
    unless_said(&l->strip_accents, said(root, "strip_accents"));
    unless_said(&l->strip_accents, FOLLOWS_CASE);
  }
  /* 1e30 stands for "not known" in old files. */
  double length = 0;
  if (bb_json_double(bb_json_get(root, "model_max_length"), &length) ||
      bb_json_double(bb_json_get(root, "max_len"), &length))
    if (length >= 1 && length < 1e6) l->max_length = (int64_t)length;
  return BIOBERT_OK;
}

/* In files without tokenizer.json the tokens added later are here, by id. */
static biobert_status read_added_decoder(loader *l, const bb_json_node *root,
                                         const char *path, biobert_error *err) {
  const bb_json_node *node = bb_json_first(bb_json_get(root, "added_tokens_decoder"));
  biobert_status status = BIOBERT_OK;
  for (; node && !status; node = bb_json_next(node)) {
    char key[BB_QUOTE_BYTES], *end;
    bb_quote(key, bb_json_key(node));
    long id = strtol(key, &end, 10);
    status = read_added(l, node, *end ? -1 : id, path, err);
  }
  return status;
}

/* Case ------------------------------------------------------------------------------- */

/* Of the letters that have case, where vocabularies have words in lower case. */
static bool is_lower(uint32_t code) {
  const bool of_alphabet = (code >= 'a' && code <= 'z') || (code >= 0xDF && code < 0x530);
  const uint8_t flags = bb_char_class_of(code).flags;
  return of_alphabet && (flags & BB_CHAR_WORD) && !(flags & BB_CHAR_LOWERS);
}

typedef struct case_count {
  size_t words, capitals; /* with letters; with a capital among them */
} case_count;

/* Of the words that the vocabulary was trained with: not of special tokens ([UNK],
 * [unused1]), nor of any that were added. */
static case_count count_case(const bb_tokenizer *t) {
  case_count count = {0};
  for (size_t id = 0; id < bb_vocab_size(t->vocab); id++) {
    biobert_str token = bb_vocab_token(t->vocab, (int32_t)id);
    if (token.len == 0 || token.data[0] == '[' || bb_added_find(&t->added, (int32_t)id))
      continue;
    bool lower = false, capital = false;
    for (const char *p = token.data; p < token.data + token.len;) {
      uint32_t code;
      p += bb_utf8_next(p, token.data + token.len, &code);
      capital |= (bb_char_class_of(code).flags & BB_CHAR_LOWERS) != 0;
      lower |= is_lower(code);
    }
    count.words += lower || capital;
    count.capitals += capital;
  }
  return count;
}

static void decide_case(loader *l, const bb_tokenizer_wish *wish) {
  const case_count count = count_case(l->t);
  const bool cased =
      count.capitals > STRAY_WORDS && count.capitals >= count.words / CASED_SHARE;
  char silent[64] = "no tokenizer_config.json";
  if (l->has_config)
    snprintf(silent, sizeof silent, "tokenizer_config.json does not say");
  if (l->kind) snprintf(silent, sizeof silent, "%s says nothing of case", l->kind);
  if (wish->lowercase != BB_UNSAID) {
    l->lowercase = wish->lowercase;
  } else if (l->lowercase == BB_UNSAID) {
    l->lowercase = !cased;
    bb_note(l->notes, "%s vocabulary and %s: %slower-cased", cased ? "cased" : "uncased",
            silent, cased ? "not " : "");
  }
  if (wish->sentence_lowercase) l->lowers_first = true;
  if (wish->lowercase != BB_UNSAID) l->lowers_first = false;
  if ((l->lowercase || l->lowers_first) && cased)
    bb_note(l->notes, "lower-cases text for a vocabulary that has capital letters");
  else if ((l->lowercase || l->lowers_first) && count.capitals)
    bb_note(l->notes,
            "%zu of %zu words in the vocabulary have a capital, and are not found",
            count.capitals, count.words);
}

/* Everything ------------------------------------------------------------------------- */

/* Of a token in two files the last entry holds. */
static biobert_status read_vocabulary(loader *l, biobert_error *err) {
  static const struct {
    const char *name;
    read_fn *read;
    bool beside_json; /* also where there is a tokenizer.json */
  } files[] = {
      {"added_tokens.json",       read_added_tokens,   false},
      {"special_tokens_map.json", read_special_tokens, true },
      {"tokenizer_config.json",   read_special_tokens, true },
      {"tokenizer_config.json",   read_added_decoder,  false},
  };
  bool found;
  biobert_status status =
      read_json(l, "tokenizer.json", read_tokenizer_json, &l->has_json, err);
  if (!status && !l->has_json) status = read_vocab_txt(l, err);
  if (!status && !l->has_json) status = add_specials(l, err);
  for (size_t i = 0; i < sizeof files / sizeof files[0] && !status; i++)
    if (files[i].beside_json || !l->has_json)
      status = read_json(l, files[i].name, files[i].read, &found, err);
  return status;
}

static loader new_loader(bb_tokenizer *t, const char *directory, bb_notes *notes) {
  return (loader){.directory = directory,
                  .t = t,
                  .notes = notes,
                  .lowercase = BB_UNSAID,
                  .strip_accents = BB_UNSAID,
                  .space_cjk = BB_UNSAID,
                  .clean_text = BB_UNSAID};
}

/* With all that the files have said. */
static biobert_status finish(loader *l, const bb_tokenizer_wish *wish,
                             biobert_error *err) {
  bb_added_sort(&l->t->added);
  decide_case(l, wish);
  l->t->normalizer = (bb_normalizer_options){
      .clean_text = l->clean_text != 0,
      .space_cjk = l->space_cjk != 0,
      .lowercase = l->lowercase == 1 || l->lowers_first,
      .strip_accents = l->strip_accents == BB_UNSAID || l->strip_accents == FOLLOWS_CASE
                           ? l->lowercase == 1
                           : l->strip_accents == 1,
  };
  biobert_error why;
  const biobert_status status = bb_tokenizer_finish(l->t, &why);
  return status ? bb_fail(err, status, "%s: %s", l->directory, why.message) : BIOBERT_OK;
}

biobert_status bb_tokenizer_read(const char *directory, const bb_tokenizer_wish *wish,
                                 bb_tokenizer *out, int64_t *max_length, bb_notes *notes,
                                 biobert_error *err) {
  bb_tokenizer t = {0};
  loader l = new_loader(&t, directory, notes);
  biobert_status status = bb_vocab_new(&t.vocab, err);
  if (!status)
    status = read_json(&l, "tokenizer_config.json", read_config, &l.has_config, err);
  if (!status && !l.has_class && wish->class_name && wish->class_name[0])
    status = check_class(directory, bb_str(wish->class_name), err);
  if (!status) status = read_vocabulary(&l, err);
  if (!status) status = finish(&l, wish, err);
  if (status) {
    bb_tokenizer_free(&t);
    return status;
  }
  *out = t;
  *max_length = l.max_length;
  return BIOBERT_OK;
}

biobert_status bb_tokenizer_of_parts(const bb_tokenizer_parts *parts,
                                     const bb_tokenizer_wish *wish, bb_tokenizer *out,
                                     bb_notes *notes, biobert_error *err) {
  bb_tokenizer t = {.vocab = parts->vocab, .added = parts->added};
  loader l = new_loader(&t, parts->what, notes);
  l.kind = parts->kind;
  l.lowercase = parts->lowercase;
  l.strip_accents = parts->strip_accents;
  biobert_status status = add_specials(&l, err);
  if (!status) status = finish(&l, wish, err);
  if (status)
    bb_tokenizer_free(&t);
  else
    *out = t;
  return status;
}

biobert_status bb_tokenizer_of_vocabulary(biobert_str text, bool lowercase,
                                          const char *what, bb_tokenizer *out,
                                          biobert_error *err) {
  bb_notes notes = {""};
  bb_tokenizer_parts parts = {
      .lowercase = lowercase, .strip_accents = BB_UNSAID, .what = what, .kind = what};
  const bb_tokenizer_wish wish = {BB_UNSAID, false, NULL};
  biobert_status status = bb_vocab_new(&parts.vocab, err);
  if (!status) status = bb_vocab_add_lines(parts.vocab, text, what, err);
  if (!status) return bb_tokenizer_of_parts(&parts, &wish, out, &notes, err);
  bb_vocab_free(parts.vocab);
  return status;
}
