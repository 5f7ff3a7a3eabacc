/* tokens_of.c - the tokens of many strings, for compare_tokenizer.py.
 *
 *     tokens_of MODEL_DIRECTORY < strings > tokens
 *
 * stdin: for each string u32 length and its bytes. stdout: for each string u32 n and n
 * times {i32 id, u32 start, u32 end, i32 word}. All little-endian. [CLS] and [SEP] are
 * not there, and no weights are read: this is core/text alone. */
#include "api/tokenizer_files.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "text/tokenizer.h"

#include <stdio.h>

typedef struct record {
  int32_t id;
  uint32_t start, end;
  int32_t word;
} record;

_Static_assert(sizeof(record) == 16, "written as it lies in memory");

typedef struct answer {
  record *records;
  size_t count, capacity;
  bool no_memory;
} answer;

static bool take_token(void *ctx, const bb_token *token) {
  answer *a = ctx;
  if (!bb_grow(NULL, (void **)&a->records, &a->capacity, a->count, sizeof *a->records)) {
    a->no_memory = true;
    return false;
  }
  a->records[a->count++] = (record){token->id, (uint32_t)token->start,
                                    (uint32_t)token->end, (int32_t)token->word};
  return true;
}

static bool write_answer(const answer *a, FILE *out) {
  uint32_t count = (uint32_t)a->count;
  if (fwrite(&count, sizeof count, 1, out) != 1) return false;
  return count == 0 || fwrite(a->records, sizeof *a->records, count, out) == count;
}

/* The next string into *buffer. False: there is none, or not all of it. */
static bool read_string(FILE *in, char **buffer, size_t *capacity, biobert_str *text) {
  unsigned char head[4];
  if (fread(head, 1, sizeof head, in) != sizeof head) return false;
  size_t len = bb_read_u32(head);
  if (len > *capacity) {
    char *grown = bb_resize(NULL, *buffer, len, 1);
    if (!grown) return false;
    *buffer = grown;
    *capacity = len;
  }
  *text = (biobert_str){*buffer, len};
  return len == 0 || fread(*buffer, 1, len, in) == len;
}

/* A string that is cut off ends the answers early: the other side counts them. */
static biobert_status answer_all(const bb_tokenizer *t, FILE *in, FILE *out,
                                 biobert_error *err) {
  biobert_status status = BIOBERT_OK;
  char *buffer = NULL;
  size_t capacity = 0;
  biobert_str text;
  answer a = {0};
  while (!status && read_string(in, &buffer, &capacity, &text)) {
    a.count = 0;
    status = bb_tokenize(t, text, take_token, &a, &(bb_call){0}, err);
    if (a.no_memory || !write_answer(&a, out)) break;
  }
  bb_free(NULL, a.records);
  bb_free(NULL, buffer);
  return status;
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: tokens_of MODEL_DIRECTORY < strings > tokens\n");
    return 2;
  }
  biobert_error err = {0};
  bb_tokenizer tokenizer = {0};
  bb_notes notes = {0};
  int64_t max_length;
  biobert_status status = bb_tokenizer_read(
      argv[1], &(bb_tokenizer_wish){.lowercase = BB_UNSAID, .class_name = ""}, &tokenizer,
      &max_length, &notes, &err);
  if (!status) status = answer_all(&tokenizer, stdin, stdout, &err);
  if (status) fprintf(stderr, "tokens_of: %s\n", err.message);
  bb_tokenizer_free(&tokenizer);
  return status ? 1 : 0;
}
