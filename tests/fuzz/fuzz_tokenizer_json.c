/* Fuzz target of core/api/tokenizer_files.c: the tokenizer files of a model folder. The
 * input is tokenizer.json, an empty line, and tokenizer_config.json; with nothing before
 * the empty line there is a sound vocab.txt in place of tokenizer.json. */
#include "fuzz_folder.h"
#include "fuzz_tokens.h"

#include "api/tokenizer_files.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char vocabulary[] =
    "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\naspirin\n##s\nand\nstroke\n,\n.\n";

/* A text in which the tokens that a file may add are likely to be found. */
static const char sample[] =
    "Aspirin, the aspirins [MASK] <added>  caf\xC3\xA9 e ##s [new1]\n.";

static biobert_str view(const char *text) {
  return (biobert_str){text, strlen(text)};
}

static void remove_file(const char *name) {
  char path[128];
  snprintf(path, sizeof path, "%s/%s", fuzz_folder(), name);
  unlink(path);
}

static void write_folder(biobert_str rest) {
  const biobert_str tokenizer = fuzz_next_part(&rest);
  remove_file("tokenizer.json");
  remove_file("tokenizer_config.json");
  fuzz_folder_write("vocab.txt", view(vocabulary));
  if (tokenizer.len) fuzz_folder_write("tokenizer.json", tokenizer);
  if (rest.data) fuzz_folder_write("tokenizer_config.json", rest);
}

static void use(const bb_tokenizer *t) {
  fuzz_tokens tokens = fuzz_tokenize(t, view(sample), SIZE_MAX);
  fuzz_check_detokenize(&tokens);
  fuzz_tokens_free(&tokens);
  fuzz_check_chunks(t, view(sample), 4, 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const bb_tokenizer_wish wish = {.lowercase = BB_UNSAID, .class_name = ""};
  bb_tokenizer t = {0};
  bb_notes notes = {0};
  biobert_error err;
  int64_t max_length = 0;
  write_folder((biobert_str){(const char *)data, size});
  if (bb_tokenizer_read(fuzz_folder(), &wish, &t, &max_length, &notes, &err) ==
      BIOBERT_OK) {
    if (max_length < 0) abort();
    use(&t);
  }
  bb_tokenizer_free(&t);
  return 0;
}
