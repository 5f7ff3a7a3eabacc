/* Spec of core/api: one copy of a model in a process, and many threads. */
#include "opened_model.h"

#include <pthread.h>

#include "api/runtime.h"

enum { OPENERS = 8 };

/* Threads ---------------------------------------------------------------------------- */

/* A random BERT with room for texts that are divided among threads, which the golden
 * models are too short for. */
enum {
  LONG_POSITIONS = 300,
  LONG_LAYERS = 2,
  LONG_FFN = 32,
  LONG_VOCABULARY = 5,
  LONG_TENSORS = 5 + 16 * LONG_LAYERS,
};

static const char long_config[] =
    "{\"model_type\":\"bert\",\"hidden_size\":32,\"num_hidden_layers\":2,"
    "\"num_attention_heads\":4,\"intermediate_size\":32,\"max_position_embeddings\":300,"
    "\"vocab_size\":5,\"type_vocab_size\":2}";

typedef struct shape {
  const char *name;  /* with the layer's number in it, where there is one */
  size_t rows, cols; /* rows 0: a vector */
} shape;

static const shape model_shapes[] = {
  /* clang-format off */
    {"embeddings.word_embeddings.weight",       LONG_VOCABULARY, DIMENSION},
    {"embeddings.position_embeddings.weight",   LONG_POSITIONS,  DIMENSION},
    {"embeddings.token_type_embeddings.weight", 2,               DIMENSION},
    {"embeddings.LayerNorm.weight",             0,               DIMENSION},
    {"embeddings.LayerNorm.bias",               0,               DIMENSION},
  /* clang-format on */
};
static const shape layer_shapes[] = {
  /* clang-format off */
    {"attention.self.query.weight",       DIMENSION, DIMENSION},
    {"attention.self.query.bias",         0,         DIMENSION},
    {"attention.self.key.weight",         DIMENSION, DIMENSION},
    {"attention.self.key.bias",           0,         DIMENSION},
    {"attention.self.value.weight",       DIMENSION, DIMENSION},
    {"attention.self.value.bias",         0,         DIMENSION},
    {"attention.output.dense.weight",     DIMENSION, DIMENSION},
    {"attention.output.dense.bias",       0,         DIMENSION},
    {"attention.output.LayerNorm.weight", 0,         DIMENSION},
    {"attention.output.LayerNorm.bias",   0,         DIMENSION},
    {"intermediate.dense.weight",         LONG_FFN,  DIMENSION},
    {"intermediate.dense.bias",           0,         LONG_FFN },
    {"output.dense.weight",               DIMENSION, LONG_FFN },
    {"output.dense.bias",                 0,         DIMENSION},
    {"output.LayerNorm.weight",           0,         DIMENSION},
    {"output.LayerNorm.bias",             0,         DIMENSION},
  /* clang-format on */
};

/* One tensor into the header; returns the floats up to its end. */
static size_t describe(char *header, size_t room, const char *before, const shape *s,
                       size_t floats) {
  size_t count = (s->rows ? s->rows : 1) * s->cols, at = strlen(header);
  int bytes =
      snprintf(header + at, room - at, "%s\"%s%s\":{\"dtype\":\"F32\",\"shape\":[",
               at > 1 ? "," : "", before, s->name);
  at += (size_t)bytes;
  if (s->rows) at += (size_t)snprintf(header + at, room - at, "%zu,", s->rows);
  snprintf(header + at, room - at, "%zu],\"data_offsets\":[%zu,%zu]}", s->cols,
           floats * 4, (floats + count) * 4);
  return floats + count;
}

static const char *write_long_model(void) {
  static char folder[FOLDER_PATH];
  char path[FOLDER_PATH], header[LONG_TENSORS * 160] = "{";
  size_t floats = 0;
  if (mkdir(folder_path(folder, "long"), 0700) != 0) exit(2);
  for (size_t i = 0; i < COUNT(model_shapes); i++)
    floats = describe(header, sizeof header, "", &model_shapes[i], floats);
  for (size_t i = 0; i < COUNT(layer_shapes) * LONG_LAYERS; i++) {
    char layer[32];
    snprintf(layer, sizeof layer, "encoder.layer.%zu.", i / COUNT(layer_shapes));
    floats = describe(header, sizeof header, layer,
                      &layer_shapes[i % COUNT(layer_shapes)], floats);
  }
  strcat(header, "}");
  uint64_t length = strlen(header);
  size_t bytes = sizeof length + length + 4 * floats;
  char *file = malloc(bytes);
  memcpy(file, &length, sizeof length);
  memcpy(file + sizeof length, header, length);
  for (size_t i = 0; i < floats; i++) {
    float weight = (float)random_u32() * 0x1p-32f - 0.5f;
    memcpy(file + sizeof length + length + 4 * i, &weight, sizeof weight);
  }
  join(path, folder, "model.safetensors");
  file_write(path, file, bytes);
  free(file);
  join(path, folder, "config.json");
  file_write(path, long_config, strlen(long_config));
  join(path, folder, "vocab.txt");
  file_write(path, "[UNK]\n[CLS]\n[SEP]\na\nb\n", 22);
  return folder;
}

static void test_threads(void) {
  static const char *const threads[] = {"2", "3", "4", "5", "7", "9", "64", "1"};
  static const size_t lengths[] = {0, 62, 63, 64, 94, 95, 126, 200, 297, 298, 400};
  char text[2 * 400 + 1];
  float once[DIMENSION], again[DIMENSION];
  biobert_session *s = NULL;
  check_begin("a long text has the same vector on any number of threads");
  biobert_model *model = open_model(write_long_model(), "");
  if (!CHECK(model != NULL)) {
    printf("  %s\n", err.message);
    return;
  }
  CHECK_INT(biobert_session_new(model, NULL, &s, &err), BIOBERT_OK);
  for (size_t i = 0; i < COUNT(lengths); i++) {
    for (size_t k = 0; k < lengths[i]; k++) memcpy(text + 2 * k, k % 3 ? "a " : "b ", 3);
    text[2 * lengths[i]] = '\0';
    CHECK_INT(biobert_setting_set(bb_str("threads"), bb_str("1"), &err), BIOBERT_OK);
    CHECK_INT(embed(model, text, once), BIOBERT_OK);
    for (size_t k = 0; k < COUNT(threads); k++) {
      check_context("%zu words, %s threads", lengths[i], threads[k]);
      CHECK_INT(biobert_setting_set(bb_str("threads"), bb_str(threads[k]), &err), 0);
      CHECK_INT(biobert_embed(s, bb_str(text), BIOBERT_DOCUMENT, again, &err),
                BIOBERT_OK);
      CHECK(same(once, again));
    }
  }
  biobert_session_free(s);
  biobert_model_close(model);
}

/* One copy a process ----------------------------------------------------------------- */

static void *open_and_keep(void *out) {
  biobert_model_open(bb_str(GOLDEN "st_mean"), bb_str(""), out, NULL);
  return NULL;
}

static void test_one_copy(void) {
  check_begin("the same path and options are the same model, by whatever way");
  char link[FOLDER_PATH], absolute[4096];
  if (!realpath(GOLDEN "st_mean", absolute)) exit(2);
  CHECK_INT(symlink(absolute, folder_path(link, "link")), 0);
  biobert_model *first = open_model(GOLDEN "st_mean", "");
  biobert_model *models[] = {
      open_model(GOLDEN "st_mean/", "{}"),
      open_model(link, " { } "),
      open_model(GOLDEN "../models/st_mean", "{\"pooling\":null}"),
      open_model(absolute, ""),
  };
  CHECK_STR(biobert_model_get_info(first)->path, absolute);
  for (size_t i = 0; i < COUNT(models); i++) {
    CHECK(models[i] == first);
    biobert_model_close(models[i]);
  }

  check_begin("other options are another model");
  biobert_model *other = open_model(GOLDEN "st_mean", "{\"pooling\":\"cls\"}");
  CHECK(other && other != first);
  biobert_model_close(other);

  check_begin("a model lives as long as any of its owners");
  CHECK(biobert_model_share(first) == first);
  biobert_model_close(first);
  float vector[DIMENSION];
  CHECK_INT(embed(first, "Aspirin", vector), BIOBERT_OK);
  biobert_session *s = NULL;
  CHECK_INT(biobert_session_new(first, NULL, &s, &err), BIOBERT_OK);
  biobert_model_close(first);
  CHECK_INT(biobert_embed(s, bb_str("Aspirin"), BIOBERT_DOCUMENT, vector, &err),
            BIOBERT_OK);
  biobert_session_free(s);

  check_begin("nothing is open when all have been closed");
  CHECK(*bb_runtime_models() == NULL);
  biobert_model_close(NULL);
  biobert_session_free(NULL);

  check_begin("threads that open one model at once get one copy");
  pthread_t threads[OPENERS];
  biobert_model *opened[OPENERS] = {NULL};
  for (size_t i = 0; i < OPENERS; i++)
    CHECK_INT(pthread_create(&threads[i], NULL, open_and_keep, &opened[i]), 0);
  for (size_t i = 0; i < OPENERS; i++) pthread_join(threads[i], NULL);
  for (size_t i = 0; i < OPENERS; i++) {
    CHECK(opened[i] && opened[i] == opened[0]);
    biobert_model_close(opened[i]);
  }
  CHECK(*bb_runtime_models() == NULL);
}

int main(void) {
  folder_begin();
  test_threads();
  test_one_copy();
  return check_report();
}
