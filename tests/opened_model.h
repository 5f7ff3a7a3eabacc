/* opened_model.h - models of tests/golden, opened or copied, for tests of core/api.
 *
 * They run from the root of the repository; every damaged model is a copy. */
#ifndef BB_OPENED_MODEL_H
#define BB_OPENED_MODEL_H

#include <math.h>

#include "base/status.h"
#include "check.h"
#include "model_folder.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define GOLDEN "tests/golden/models/"

/* Of every golden model. */
enum { DIMENSION = 32 };

/* One vector by two ways of adding the same numbers. */
static const double SAME_ERROR = 2e-6;

/* Of the last call that took one. */
static biobert_error err;

static inline biobert_model *open_model(const char *path, const char *options) {
  biobert_model *model = NULL;
  err = (biobert_error){0};
  biobert_status status = biobert_model_open(bb_str(path), bb_str(options), &model, &err);
  CHECK_INT(status, err.status);
  return model;
}

static inline void expect_message(const char *words) {
  if (!strstr(err.message, words)) CHECK_STR(err.message, words);
}

/* A copy of a golden model in the temporary folder: its path, until the next copy. */
static inline const char *copy_of(const char *name) {
  static char path[FOLDER_PATH];
  static int copies;
  char short_name[64];
  snprintf(short_name, sizeof short_name, "%s_%d", name, copies++);
  char from[FOLDER_PATH];
  snprintf(from, sizeof from, GOLDEN "%s", name);
  folder_copy(from, folder_path(path, short_name));
  return path;
}

static inline void join(char buffer[FOLDER_PATH], const char *folder, const char *name) {
  if (snprintf(buffer, FOLDER_PATH, "%s/%s", folder, name) >= FOLDER_PATH) exit(2);
}

static inline void make_folders(const char *path) {
  char part[FOLDER_PATH];
  snprintf(part, sizeof part, "%s", path);
  for (char *p = part + 1; *p; p++) {
    if (*p != '/') continue;
    *p = '\0';
    mkdir(part, 0700);
    *p = '/';
  }
  mkdir(part, 0700);
}

static inline biobert_status embed(biobert_model *model, const char *text,
                                   float *vector) {
  biobert_session *s = NULL;
  err = (biobert_error){0};
  biobert_status status = biobert_session_new(model, NULL, &s, &err);
  if (!status) status = biobert_embed(s, bb_str(text), BIOBERT_DOCUMENT, vector, &err);
  biobert_session_free(s);
  return status;
}

static inline bool same(const float *a, const float *b) {
  for (size_t i = 0; i < DIMENSION; i++)
    if (!(fabs((double)a[i] - (double)b[i]) <= SAME_ERROR)) return false;
  return true;
}

#endif
