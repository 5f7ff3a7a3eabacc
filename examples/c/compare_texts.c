/* compare_texts.c - how alike two texts are, without SQLite.
 *
 *   cc compare_texts.c $(pkg-config --cflags --libs biobert) -o compare_texts
 *   ./compare_texts MODEL_FOLDER 'aspirin' 'acetylsalicylic acid'
 */
#include <biobert.h>
#include <stdio.h>
#include <string.h>

enum { MOST_VALUES = 4096 };

static biobert_str view(const char *text) {
  return (biobert_str){text, strlen(text)};
}

int main(int argc, char **argv) {
  static float a[MOST_VALUES], b[MOST_VALUES];
  biobert_model *model = NULL;
  biobert_session *session = NULL;
  biobert_error err = {BIOBERT_OK, "this model's vectors have too many values"};
  if (argc != 4) {
    fprintf(stderr, "usage: compare_texts MODEL_FOLDER TEXT TEXT\n");
    return 2;
  }
  bool done = !biobert_model_open(view(argv[1]), view(""), &model, &err) &&
              !biobert_session_new(model, NULL, &session, &err) &&
              biobert_model_dimension(model) <= MOST_VALUES &&
              !biobert_embed(session, view(argv[2]), BIOBERT_DOCUMENT, a, &err) &&
              !biobert_embed(session, view(argv[3]), BIOBERT_DOCUMENT, b, &err);
  if (done)
    printf("%.4f\n", 1 - biobert_vector_distance(a, b, biobert_model_dimension(model),
                                                 BIOBERT_COSINE));
  else
    fprintf(stderr, "compare_texts: %s\n", err.message);
  biobert_session_free(session);
  biobert_model_close(model);
  return !done;
}
