/* forward.c - times the forward pass alone, for bench.py.
 *
 *     forward MODEL_DIRECTORY THREADS PRECISION < questions > answers
 *
 * A question is a line "TOKENS SECONDS", its answer the median of the milliseconds that
 * one text of exactly so many tokens took. The process stays, so that what is compared
 * with it can be asked in turn. */
#include "biobert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
  MAX_TOKENS = 512, /* of BERT */
  MAX_RUNS = 10000, /* of a question */
  SPECIALS = 2,     /* [CLS] and [SEP] */
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

/* Seconds of one text, the median of as many runs as fit; 0: it failed. */
static double time_text(biobert_session *session, biobert_str text, double seconds,
                        float *vector, biobert_error *err) {
  static double runs[MAX_RUNS];
  size_t count = 0;
  if (biobert_embed(session, text, BIOBERT_DOCUMENT, vector, err)) return 0; /* warm */
  double begin = now(), last = begin;
  while (count < MAX_RUNS && (count == 0 || last - begin < seconds)) {
    if (biobert_embed(session, text, BIOBERT_DOCUMENT, vector, err)) return 0;
    double t = now();
    runs[count++] = t - last;
    last = t;
  }
  qsort(runs, count, sizeof *runs, by_size);
  return runs[count / 2];
}

static biobert_status answer_all(biobert_session *session, float *vector,
                                 biobert_error *err) {
  static char text[MAX_TOKENS * sizeof WORD];
  size_t tokens;
  double seconds;
  while (scanf("%zu %lf", &tokens, &seconds) == 2) {
    if (tokens < SPECIALS || tokens > MAX_TOKENS) continue;
    size_t len = 0;
    for (size_t i = SPECIALS; i < tokens; i++, len += sizeof WORD - 1)
      memcpy(text + len, WORD, sizeof WORD - 1);
    double s = time_text(session, (biobert_str){text, len}, seconds, vector, err);
    if (s == 0) return err->status;
    printf("%.4f\n", s * 1e3);
    fflush(stdout);
  }
  return BIOBERT_OK;
}

int main(int argc, char **argv) {
  if (argc != 4) {
    fprintf(stderr,
            "usage: forward MODEL_DIRECTORY THREADS PRECISION < questions > answers\n");
    return 2;
  }
  biobert_error err = {0};
  biobert_model *model = NULL;
  biobert_session *session = NULL;
  float *vector = NULL;
  biobert_status status = biobert_setting_set(str("threads"), str(argv[2]), &err);
  if (status) goto done;
  char options[64];
  snprintf(options, sizeof options, "{\"max_tokens\":512,\"precision\":\"%.8s\"}",
           argv[3]);
  status = biobert_model_open(str(argv[1]), str(options), &model, &err);
  if (status) goto done;
  status = biobert_session_new(model, NULL, &session, &err);
  if (status) goto done;
  vector = calloc(biobert_model_dimension(model), sizeof *vector);
  status = vector ? answer_all(session, vector, &err) : BIOBERT_NOMEM;
done:
  if (status) fprintf(stderr, "forward: %s\n", err.message);
  free(vector);
  biobert_session_free(session);
  biobert_model_close(model);
  return status ? 1 : 0;
}
