/* Fuzz target of core/text: any text with any options. The first three bytes choose the
 * tokenizer, the longest chunk and its overlap; the rest is the text. */
#include "fuzz_tokens.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char vocabulary[] =
    "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\nof\naspirin\nstroke\npatient\n##s\n##"
    "ing\nbind\na\n"
    "b\nc\ne\n##a\n##b\n##c\n##e\nA\nBRCA\n##1\n0\n1\n2\n##0\n##2\n.\n,\n-\n(\n)\n?\n!\n'"
    "\n\"\n[\n]"
    "\n%\n\xC3\xA9\n\xCE\xB1\n##\xCE\xB1\n\xCE\xB2\n\xE4\xB8\xAD\n\xE1\x84\x92\n##"
    "\xE1\x85\xA1\n"
    "##\xE1\x86\xAB\n\xF0\x9F\x98\x80\n\xEF\xBF\xBD\nstra\xC3\x9F"
    "e\ni\n##i\n";

/* Bits of the first byte. */
enum {
  CLEAN = 1,
  CJK = 2,
  STRIP = 4,
  LOWER = 8,
  SPECIALS = 16,
  ADDED = 32,
  VARIANTS = 64
};

static void add(bb_tokenizer *t, bb_added_token token, const char *content) {
  const biobert_str name = {content, strlen(content)};
  token.id = bb_vocab_find(t->vocab, name);
  if (token.id < 0) {
    token.id = (int32_t)bb_vocab_size(t->vocab);
    if (bb_vocab_add_spelling(t->vocab, name, token.id, NULL)) abort();
  }
  if (bb_added_put(&t->added, &token, NULL)) abort();
}

static void make(bb_tokenizer *t, unsigned variant) {
  const biobert_str lines = {vocabulary, sizeof vocabulary - 1};
  t->normalizer = (bb_normalizer_options){
      .clean_text = variant & CLEAN,
      .space_cjk = variant & CJK,
      .strip_accents = variant & STRIP,
      .lowercase = variant & LOWER,
  };
  if (bb_vocab_new(&t->vocab, NULL)) abort();
  if (bb_vocab_add_lines(t->vocab, lines, "fuzz", NULL)) abort();
  if (variant & SPECIALS) {
    add(t, (bb_added_token){.special = true}, "[CLS]");
    add(t, (bb_added_token){.special = true, .lstrip = true}, "[MASK]");
    add(t, (bb_added_token){.rstrip = true, .single_word = true}, "e");
  }
  if (variant & ADDED) {
    add(t, (bb_added_token){.normalized = true}, "\xC3\x89mil");
    add(t, (bb_added_token){.normalized = true, .lstrip = true, .rstrip = true}, "(C)");
    add(t, (bb_added_token){.normalized = true, .single_word = true}, "ab");
  }
  if (bb_tokenizer_finish(t, NULL)) abort();
}

/* Made when first asked for, and kept. */
static const bb_tokenizer *variant_of(unsigned variant) {
  static bb_tokenizer tokenizers[VARIANTS];
  bb_tokenizer *t = &tokenizers[variant];
  if (!t->vocab) make(t, variant);
  return t;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  enum { CHOICES = 3, LONGEST_CHUNK = 64 };
  if (size < CHOICES) return 0;
  const bb_tokenizer *t = variant_of(data[0] % VARIANTS);
  const size_t max = 1 + data[1] % LONGEST_CHUNK, overlap = data[2] % max;
  const biobert_str text = {(const char *)data + CHOICES, size - CHOICES};
  fuzz_tokens tokens = fuzz_tokenize(t, text, SIZE_MAX);
  fuzz_check_repeat(&tokens, SIZE_MAX);
  fuzz_check_repeat(&tokens, max);
  fuzz_check_detokenize(&tokens);
  fuzz_tokens_free(&tokens);
  fuzz_check_chunks(t, text, max, overlap);
  fuzz_check_sentences(text);
  return 0;
}
