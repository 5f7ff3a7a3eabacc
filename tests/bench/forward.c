/* forward.c - times the forward pass alone, for bench.py.
 *
 *     forward MODEL_DIRECTORY THREADS PRECISION [CPU] < questions > answers
 *
 * CPU is a value of the setting `cpu`, such as avx2.
 * A question is a line "TOKENS TEXTS SECONDS", its answer the median of the milliseconds
 * that TEXTS texts of exactly so many tokens took, run for so many seconds. One text goes
 * through biobert_embed(), more through biobert_embed_many(). The process stays, so that
 * what is compared with it can be asked in turn. Nothing is run first to get warm: throw
 * the first answer of a shape away. */
#include "biobert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
  MAX_TOKENS = 512, /* of BERT */
  MAX_TEXTS = 64,   /* of a question */
  MAX_RUNS = 10000,
  SPECIALS = 2, /* [CLS] and [SEP] */
};

static const char WORD[] = "cell "; /* one piece in every vocabulary of English */

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static biobert_str str(const char *text) {
  return (biobert_str){text, strlen(text)};
}

static int by_size(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

typedef struct batch {
  biobert_session *session;
  biobert_str texts[MAX_TEXTS]; /* all the same */
  size_t count;
  float *vectors; /* [MAX_TEXTS, dimension] */
} batch;

static biobert_status embed(batch *b, biobert_error *err) {
  if (b->count == 1)
    return biobert_embed(b->session, b->texts[0], BIOBERT_DOCUMENT, b->vectors, err);
  return biobert_embed_many(b->session, b->texts, b->count, BIOBERT_DOCUMENT, b->vectors,
                            NULL, err);
}

/* The median of as many runs as fit, at least one, in seconds; 0: it failed. */
static double time_batch(batch *b, double seconds, biobert_error *err) {
  static double runs[MAX_RUNS];
  size_t count = 0;
  double begin = now(), last = begin;
  while (count < MAX_RUNS && (count == 0 || last - begin < seconds)) {
    if (embed(b, err)) return 0;
    double t = now();
    runs[count++] = t - last;
    last = t;
  }
  qsort(runs, count, sizeof *runs, by_size);
  return (runs[(count - 1) / 2] + runs[count / 2]) / 2;
}

static biobert_status answer_all(batch *b, biobert_error *err) {
  static char text[MAX_TOKENS * sizeof WORD];
  size_t tokens;
  double seconds;
  while (scanf("%zu %zu %lf", &tokens, &b->count, &seconds) == 3) {
    if (tokens < SPECIALS || tokens > MAX_TOKENS) continue;
    if (b->count < 1 || b->count > MAX_TEXTS) continue;
    size_t len = 0;
    for (size_t i = SPECIALS; i < tokens; i++, len += sizeof WORD - 1)
      memcpy(text + len, WORD, sizeof WORD - 1);
    for (size_t i = 0; i < b->count; i++) b->texts[i] = (biobert_str){text, len};
    double s = time_batch(b, seconds, err);
    if (s == 0) return err->status;
    printf("%.4f\n", s * 1e3);
    fflush(stdout);
  }
  return BIOBERT_OK;
}

int main(int argc, char **argv) {
  if (argc != 4 && argc != 5) {
    fprintf(stderr,
            "usage: forward MODEL_DIRECTORY THREADS PRECISION [CPU] < questions > "
            "answers\n");
    return 2;
  }
  biobert_error err = {0};
  biobert_model *model = NULL;
  batch b = {0};
  biobert_status status = biobert_setting_set(str("threads"), str(argv[2]), &err);
  if (!status && argc == 5) status = biobert_setting_set(str("cpu"), str(argv[4]), &err);
  if (status) goto done;
  char options[64];
  snprintf(options, sizeof options, "{\"max_tokens\":512,\"precision\":\"%.8s\"}",
           argv[3]);
  status = biobert_model_open(str(argv[1]), str(options), &model, &err);
  if (status) goto done;
  status = biobert_session_new(model, NULL, &b.session, &err);
  if (status) goto done;
  b.vectors = calloc(MAX_TEXTS * biobert_model_dimension(model), sizeof *b.vectors);
  status = b.vectors ? answer_all(&b, &err) : BIOBERT_NOMEM;
done:
  if (status) fprintf(stderr, "forward: %s\n", err.message);
  free(b.vectors);
  biobert_session_free(b.session);
  biobert_model_close(model);
  return status ? 1 : 0;
}
