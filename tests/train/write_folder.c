/* write_folder.c - writes a model as training would, unchanged: for loaders.py.
 *
 *   write_folder [--new] MODEL FOLDER [OPTIONS]
 *
 * OPTIONS are those of biobert_model_open(). --new: as a new model, of which nothing but
 * sizes, weights and the vocabulary is known. Prints the kind. */
#include <stdio.h>
#include <string.h>

#include "trained_folder.h"

#include "api/tokenizer_files.h"

static const char *const kind_names[] = {
    [BB_FOLDER_MASKED_WORDS] = "masked words",
    [BB_FOLDER_TEXTS] = "texts",
    [BB_FOLDER_CROSS_ENCODER] = "cross-encoder",
    [BB_FOLDER_TOKENS] = "tokens",
    [BB_FOLDER_ANSWERS] = "answers",
    [BB_FOLDER_SENTENCES] = "sentences",
};

/* The vocabulary's lines again. */
static biobert_status read_again(const bb_tokenizer *t, bb_tokenizer *out,
                                 biobert_error *why) {
  bb_json_writer lines = {0};
  for (int32_t id = 0; id < (int32_t)bb_vocab_size(t->vocab); id++) {
    const biobert_str token = bb_vocab_token(t->vocab, id);
    bb_write_bytes(&lines, token.data, token.len);
    bb_write_raw(&lines, "\n");
  }
  biobert_str text;
  char *whole = bb_writer_take(&lines, &text.len);
  text.data = whole;
  const biobert_status status =
      bb_tokenizer_of_vocabulary(text, t->normalizer.lowercase, "vocabulary", out, why);
  bb_free(NULL, whole);
  return status;
}

int main(int argc, char **argv) {
  const bool is_new = argc > 1 && strcmp(argv[1], "--new") == 0;
  char **words = argv + 1 + is_new;
  const int count = argc - 1 - is_new;
  biobert_error why = {0};
  bb_tokenizer tokenizer = {0};
  trained t = {0};
  if (count < 2) {
    fprintf(stderr, "usage: write_folder [--new] MODEL FOLDER [OPTIONS]\n");
    return 2;
  }
  biobert_status status = trained_open(words[0], count > 2 ? words[2] : "", &t, &why);
  if (!status && is_new) {
    status = read_again(&t.model->tokenizer, &tokenizer, &why);
    t.folder.tokenizer = &tokenizer;
    t.folder.source = NULL;
  }
  if (!status) status = bb_model_folder_write(&t.folder, words[1], &why);
  puts(status ? why.message : kind_names[t.folder.kind]);
  bb_tokenizer_free(&tokenizer);
  trained_free(&t);
  return status != BIOBERT_OK;
}
