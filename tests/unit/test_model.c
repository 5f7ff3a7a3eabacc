/* Spec of core/api: opening, refusing, sharing, finding and naming models.
 *
 * Runs from the root of the repository; every damaged model is a copy of one of
 * tests/golden. */
#include "check.h"
#include "model_folder.h"

#include <fcntl.h>
#include <math.h>
#include <pthread.h>

#include "api/runtime.h"
#include "base/sha256.h"
#include "base/status.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define GOLDEN "tests/golden/models/"

enum { DIMENSION = 32, OPENERS = 8 };

/* One vector by two ways of adding the same numbers. */
static const double SAME_ERROR = 2e-6;

static biobert_error err;

static biobert_model *open_model(const char *path, const char *options) {
  biobert_model *model = NULL;
  err = (biobert_error){0};
  biobert_status status = biobert_model_open(bb_str(path), bb_str(options), &model, &err);
  CHECK_INT(status, err.status);
  return model;
}

static void expect_message(const char *words) {
  if (!strstr(err.message, words)) CHECK_STR(err.message, words);
}

/* A copy of a golden model in the temporary folder: its path, until the next copy. */
static const char *copy_of(const char *name) {
  static char path[FOLDER_PATH];
  static int copies;
  char short_name[64];
  snprintf(short_name, sizeof short_name, "%s_%d", name, copies++);
  char from[FOLDER_PATH];
  snprintf(from, sizeof from, GOLDEN "%s", name);
  folder_copy(from, folder_path(path, short_name));
  return path;
}

static void join(char buffer[FOLDER_PATH], const char *folder, const char *name) {
  if (snprintf(buffer, FOLDER_PATH, "%s/%s", folder, name) >= FOLDER_PATH) exit(2);
}

/* Refusals --------------------------------------------------------------------------- */

typedef struct damage {
  const char *says, *model, *file;
  const char *from, *to; /* from NULL: the whole file becomes `to`; both: it is removed */
  biobert_status status;
  const char *words;
} damage;

static const char lfs_pointer[] =
    "version https://git-lfs.github.com/spec/v1\n"
    "oid sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n"
    "size 440449768\n";

static const damage damages[] = {
  /* clang-format off */
    /* What is missing */
    {"a folder without config.json is no model", "st_mean", "config.json", NULL, NULL,
     BIOBERT_IO, "not a model directory"},
    {"a model without weights is refused, and the names looked for are listed", "st_mean",
     "model.safetensors", NULL, NULL, BIOBERT_IO, "model.safetensors"},
    {"a model without a vocabulary is refused", "mlm_cased", "vocab.txt", NULL, NULL,
     BIOBERT_IO, "neither tokenizer.json nor vocab.txt"},
    {"a module's config.json must be there",
     "st_mean", "1_Pooling/config.json", NULL, NULL,
     BIOBERT_IO, "1_Pooling/config.json"},
    {"one of three shards must be there",
     "sharded", "model-00002-of-00003.safetensors", NULL,
     NULL, BIOBERT_IO, "model-00002-of-00003.safetensors"},
    {"the weights of a dense layer must be there",
     "st_dense", "2_Dense/model.safetensors",
     NULL, NULL, BIOBERT_IO, "2_Dense"},
    /* What git-lfs left behind */
    {"weights that git-lfs left behind are named as such", "st_mean", "model.safetensors",
     NULL, lfs_pointer, BIOBERT_FORMAT, "git"},
    {"a .bin that git-lfs left behind is named as such",
     "bin_zip", "pytorch_model.bin", NULL,
     lfs_pointer, BIOBERT_FORMAT, "git"},
    {"a vocabulary that git-lfs left behind is named as such",
     "mlm_cased", "vocab.txt", NULL,
     lfs_pointer, BIOBERT_FORMAT, "git-lfs pointer"},
    /* Numbers that do not fit the weights */
    {"another width than the weights have is refused with both shapes", "st_mean",
     "config.json", "\"hidden_size\": 32", "\"hidden_size\": 64", BIOBERT_FORMAT,
     "makes it [387, 64]"},
    {"another width of the feed-forward layer is refused", "st_mean", "config.json",
     "\"intermediate_size\": 64", "\"intermediate_size\": 65", BIOBERT_FORMAT,
     "makes it [65, 32]"},
    {"more positions than the weights have are refused", "st_mean", "config.json",
     "\"max_position_embeddings\": 48", "\"max_position_embeddings\": 49", BIOBERT_FORMAT,
     "makes it [49, 32]"},
    {"more token types than the weights have are refused", "st_mean", "config.json",
     "\"type_vocab_size\": 2", "\"type_vocab_size\": 3", BIOBERT_FORMAT, "token_type"},
    {"fewer rows than the weights have are refused", "st_mean", "config.json",
     "\"vocab_size\": 387", "\"vocab_size\": 386", BIOBERT_FORMAT,
     "makes it [386, 32]"},
    {"more rows than the weights have are refused", "st_mean", "config.json",
     "\"vocab_size\": 387", "\"vocab_size\": 388", BIOBERT_FORMAT,
     "makes it [388, 32]"},
    {"more layers than declared are refused", "st_mean", "config.json",
     "\"num_hidden_layers\": 3", "\"num_hidden_layers\": 2", BIOBERT_FORMAT,
     "more layers than the 2"},
    {"fewer layers than declared are refused", "st_mean", "config.json",
     "\"num_hidden_layers\": 3", "\"num_hidden_layers\": 4", BIOBERT_FORMAT,
     "encoder.layer.3.attention.self.query.weight is missing"},
    /* Numbers that no model has */
    {"more layers than any model has are refused", "st_mean", "config.json",
     "\"num_hidden_layers\": 3", "\"num_hidden_layers\": 129", BIOBERT_FORMAT,
     "num_hidden_layers is not a whole number from 1 to 128"},
    {"no layers are refused", "st_mean", "config.json", "\"num_hidden_layers\": 3",
     "\"num_hidden_layers\": 0", BIOBERT_FORMAT, "num_hidden_layers"},
    {"a width that is no number is refused",
     "st_mean", "config.json", "\"hidden_size\": 32",
     "\"hidden_size\": \"32\"", BIOBERT_FORMAT, "hidden_size is not a whole number"},
    {"heads that do not divide the width are refused", "st_mean", "config.json",
     "\"num_attention_heads\": 4", "\"num_attention_heads\": 5", BIOBERT_FORMAT,
     "hidden_size 32 cannot be divided into 5"},
    {"an epsilon of 0 is refused", "st_mean", "config.json", "\"layer_norm_eps\": 1e-12",
     "\"layer_norm_eps\": 0", BIOBERT_FORMAT, "layer_norm_eps"},
    {"a config.json that is an array is refused", "st_mean", "config.json", NULL, "[]",
     BIOBERT_FORMAT, "an array, an object was expected"},
    {"a config.json that is cut off is refused", "st_mean", "config.json", NULL,
     "{\"hidden_size\": 32", BIOBERT_FORMAT, "config.json"},
    /* Other models */
    {"another family is refused by its name", "st_mean", "config.json",
     "\"model_type\": \"bert\"", "\"model_type\": \"roberta\"", BIOBERT_UNSUPPORTED,
     "model_type 'roberta' is not supported (its tokenizer is byte-level BPE)"},
    {"a family that nobody knows is refused by its name", "st_mean", "config.json",
     "\"model_type\": \"bert\"", "\"model_type\": \"x\\u001b\"", BIOBERT_UNSUPPORTED,
     "model_type 'x?'"},
    {"an activation that is not known is refused by its name", "st_mean", "config.json",
     "\"gelu\"", "\"mish\"", BIOBERT_UNSUPPORTED, "hidden_act 'mish'"},
    {"relative positions are refused", "st_mean", "config.json", "\"use_cache\": false",
     "\"position_embedding_type\": \"relative_key\"", BIOBERT_UNSUPPORTED,
     "'relative_key'"},
    {"a decoder is refused", "st_mean", "config.json", "\"is_decoder\": false",
     "\"is_decoder\": true", BIOBERT_UNSUPPORTED, "is_decoder is true"},
    /* The pipeline */
    {"a module that is not known is refused by its name", "st_mean", "modules.json",
     "modules.normalize.Normalize", "models.CNN", BIOBERT_UNSUPPORTED, "models.CNN"},
    {"a module's folder must not lead out of the model's", "st_mean", "modules.json",
     "\"1_Pooling\"", "\"../1_Pooling\"", BIOBERT_FORMAT, "no plain folder"},
    {"a module's folder must not be absolute", "st_mean", "modules.json", "\"1_Pooling\"",
     "\"/etc\"", BIOBERT_FORMAT, "no plain folder"},
    {"modules without a pooling are refused", "st_mean", "modules.json", NULL, "[]",
     BIOBERT_FORMAT, "has no Pooling module"},
    {"a dense layer of another width is refused", "st_dense", "2_Dense/config.json",
     "\"in_features\": 32", "\"in_features\": 33", BIOBERT_FORMAT,
     "linear.weight [16, 33]"},
    /* The vocabulary */
    {"a vocabulary without [CLS] is refused", "mlm_cased", "vocab.txt", "[CLS]", "[CLX]",
     BIOBERT_FORMAT, "no [CLS]"},
    {"an empty vocabulary is refused", "mlm_cased", "vocab.txt", NULL, "", BIOBERT_FORMAT,
     "no [UNK]"},
    {"a vocabulary that is no UTF-8 is refused by its line",
     "mlm_cased", "vocab.txt", NULL,
     "[UNK]\n\xFF\n", BIOBERT_FORMAT, "vocab.txt: line 2 is not UTF-8"},
    {"another kind of tokenizer is refused", "st_mean", "tokenizer.json",
     "\"BertPreTokenizer\"", "\"ByteLevel\"", BIOBERT_UNSUPPORTED, "ByteLevel"},
  /* clang-format on */
};

static void test_refused(void) {
  for (size_t i = 0; i < COUNT(damages); i++) {
    const damage *d = &damages[i];
    char file[FOLDER_PATH];
    const char *folder = copy_of(d->model);
    check_begin(d->says);
    join(file, folder, d->file);
    if (d->from)
      CHECK(file_replace(file, d->from, d->to));
    else if (d->to)
      file_write(file, d->to, strlen(d->to));
    else
      CHECK_INT(unlink(file), 0);
    biobert_model *model = open_model(folder, "");
    CHECK(model == NULL);
    CHECK_INT(err.status, d->status);
    expect_message(d->words);
    biobert_model_close(model);
  }
}

static void test_paths_refused(void) {
  check_begin("a path that leads nowhere is refused by its name");
  CHECK(open_model("/nowhere/at/all", "") == NULL);
  CHECK_INT(err.status, BIOBERT_IO);
  expect_message("/nowhere/at/all");
  check_begin("a file is no model");
  CHECK(open_model(GOLDEN "st_mean/config.json", "") == NULL);
  expect_message("config.json");
  check_begin("an empty path is refused");
  CHECK(open_model("", "") == NULL);
  CHECK_INT(err.status, BIOBERT_RANGE);
  check_begin("a path with a NUL in it is refused");
  biobert_model *model = NULL;
  biobert_str path = {GOLDEN "st_mean\0x", sizeof(GOLDEN "st_mean\0x") - 1};
  CHECK(biobert_model_open(path, bb_str(""), &model, &err) != BIOBERT_OK);
  CHECK(model == NULL);
  biobert_model_close(model);
  check_begin(
      "more tokens than there are positions are refused, with how many there are");
  CHECK(open_model(GOLDEN "st_mean", "{\"max_tokens\":49}") == NULL);
  CHECK_INT(err.status, BIOBERT_RANGE);
  expect_message("at most 48");
  check_begin("a pooler that the weights do not have is refused");
  CHECK(open_model(GOLDEN "mlm_cased", "{\"pooling\":\"pooler\"}") == NULL);
  CHECK_INT(err.status, BIOBERT_UNSUPPORTED);
  expect_message("no pooler");
}

/* Vectors ---------------------------------------------------------------------------- */

static biobert_status embed(biobert_model *model, const char *text, float *vector) {
  biobert_session *s = NULL;
  err = (biobert_error){0};
  biobert_status status = biobert_session_new(model, NULL, &s, &err);
  if (!status) status = biobert_embed(s, bb_str(text), BIOBERT_DOCUMENT, vector, &err);
  biobert_session_free(s);
  return status;
}

static void test_damaged_numbers(void) {
  check_begin("weights that are no numbers load, but make no vector");
  char file[FOLDER_PATH];
  size_t bytes;
  const char *folder = copy_of("st_mean");
  join(file, folder, "model.safetensors");
  char *weights = file_read(file, &bytes);
  uint64_t header;
  memcpy(&header, weights, sizeof header);
  memset(weights + 8 + header, 0xFF, bytes - 8 - header);
  file_write(file, weights, bytes);
  free(weights);
  biobert_model *model = open_model(folder, "");
  float vector[DIMENSION] = {77};
  if (!CHECK(model != NULL)) return;
  CHECK_INT(embed(model, "Aspirin", vector), BIOBERT_FORMAT);
  expect_message("not finite");
  CHECK(vector[0] == 77);
  biobert_model_close(model);
}

static bool same(const float *a, const float *b) {
  for (size_t i = 0; i < DIMENSION; i++)
    if (!(fabs((double)a[i] - (double)b[i]) <= SAME_ERROR)) return false;
  return true;
}

static void test_spans(void) {
  static const char text[] = "Aspirin and stroke. The gene of liver cells.";
  biobert_str whole = bb_str(text);
  float span[DIMENSION], expected[DIMENSION];
  biobert_session *s = NULL;
  biobert_model *model = open_model(GOLDEN "mlm_cased", "");
  biobert_model *inner =
      open_model(GOLDEN "mlm_cased", "{\"pooling\":\"mean_no_special\"}");
  biobert_model *cls = open_model(GOLDEN "mlm_cased", "{\"pooling\":\"cls\"}");

  check_begin("the span of a whole text is all of its tokens but [CLS] and [SEP]");
  CHECK_INT(biobert_session_new(model, NULL, &s, &err), BIOBERT_OK);
  CHECK_INT(biobert_embed_span(s, whole, 0, whole.len, span, &err), BIOBERT_OK);
  CHECK_INT(embed(inner, text, expected), BIOBERT_OK);
  CHECK(same(span, expected));

  check_begin("a span knows the text around it");
  CHECK_INT(biobert_embed_span(s, whole, 20, whole.len, span, &err), BIOBERT_OK);
  CHECK_INT(embed(inner, text + 20, expected), BIOBERT_OK);
  CHECK(!same(span, expected));

  check_begin("a span without a token is embedded by itself");
  CHECK_INT(biobert_embed_span(s, whole, 7, 8, span, &err), BIOBERT_OK);
  CHECK_INT(embed(model, " ", expected), BIOBERT_OK);
  CHECK(same(span, expected));
  biobert_session_free(s);

  check_begin("a span is embedded by itself where the model looks at [CLS] only");
  CHECK_INT(biobert_session_new(cls, NULL, &s, &err), BIOBERT_OK);
  CHECK_INT(biobert_embed_span(s, whole, 20, whole.len, span, &err), BIOBERT_OK);
  CHECK_INT(embed(cls, text + 20, expected), BIOBERT_OK);
  CHECK(same(span, expected));
  biobert_session_free(s);
  biobert_model_close(model);
  biobert_model_close(inner);
  biobert_model_close(cls);
}

static bool say_yes(void *ctx) {
  (void)ctx;
  return true;
}

static void test_session(void) {
  biobert_model *model = open_model(GOLDEN "mlm_cased", "");
  biobert_session *s = NULL;
  biobert_session_options options = {.cancel = say_yes};
  float vector[DIMENSION] = {77};
  check_begin("a call that is cancelled is interrupted and writes no vector");
  CHECK_INT(biobert_session_new(model, &options, &s, &err), BIOBERT_OK);
  CHECK_INT(biobert_embed(s, bb_str("Aspirin"), BIOBERT_DOCUMENT, vector, &err),
            BIOBERT_INTERRUPTED);
  CHECK(vector[0] == 77);
  biobert_session_free(s);

  CHECK_INT(biobert_session_new(model, NULL, &s, &err), BIOBERT_OK);
  check_begin("a layer that the model does not have is refused with those it has");
  float *states = NULL;
  size_t tokens;
  size_t layers = biobert_model_get_info(model)->layers;
  CHECK_INT(biobert_hidden_states(s, bb_str("a"), layers + 1, &states, &tokens, &err),
            BIOBERT_RANGE);
  CHECK(states == NULL);
  expect_message("0 (embeddings) to");

  check_begin("an overlap as large as the chunk is refused");
  biobert_chunk *chunks = NULL;
  size_t count;
  CHECK_INT(biobert_chunks(s, bb_str("a b"), 4, 4, &chunks, &count, &err), BIOBERT_RANGE);
  expect_message("overlap 4: must be smaller than max_tokens, which is 4");

  check_begin("chunks of no given size fit the model");
  char text[4096];
  for (size_t i = 0; i + 2 < sizeof text; i += 2) memcpy(text + i, "a ", 3);
  CHECK_INT(biobert_chunks(s, bb_str(text), 0, 0, &chunks, &count, &err), BIOBERT_OK);
  size_t most = biobert_model_get_info(model)->max_tokens - 2;
  CHECK(count > 1);
  CHECK_INT(chunks[0].tokens, most);
  biobert_session_release(s, chunks);

  check_begin("highlights are the best k of all sentences, best first");
  static const char three[] = "Aspirin helps. The gene is long. Stroke of liver.";
  biobert_highlight *hits = NULL;
  float query[DIMENSION];
  CHECK_INT(embed(model, "Aspirin helps.", query), BIOBERT_OK);
  CHECK_INT(biobert_highlights(s, query, bb_str(three), 2, &hits, &count, &err),
            BIOBERT_OK);
  CHECK_INT(count, 2);
  CHECK(hits[0].similarity >= hits[1].similarity && hits[0].end > hits[0].start);
  biobert_session_release(s, hits);
  biobert_session_free(s);
  biobert_model_close(model);
}

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

/* Where models are found --------------------------------------------------------------
 */

static void make_folders(const char *path) {
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

/* hub/models--test--mini with one snapshot; returns the snapshot's path. */
static const char *make_hub(const char *hub) {
  static char snapshot[FOLDER_PATH];
  char path[FOLDER_PATH];
  join(path, hub, "models--test--mini/refs");
  make_folders(path);
  join(path, hub, "models--test--mini/refs/main");
  file_write(path, "0123abcd\n", 9);
  join(path, hub, "models--test--mini/snapshots");
  make_folders(path);
  join(snapshot, hub, "models--test--mini/snapshots/0123abcd");
  folder_copy(GOLDEN "st_mean", snapshot);
  return snapshot;
}

static void test_hub(void) {
  char home[FOLDER_PATH], hub[FOLDER_PATH], cache[FOLDER_PATH];
  check_begin("a hub id is found in the cache below HF_HOME");
  unsetenv("HF_HUB_CACHE");
  setenv("HF_HOME", folder_path(home, "hf_home"), 1);
  join(hub, home, "hub");
  const char *snapshot = make_hub(hub);
  biobert_model *model = open_model("test/mini", "");
  if (CHECK(model != NULL)) CHECK_STR(biobert_model_get_info(model)->path, snapshot);
  biobert_model_close(model);

  check_begin("a hub id that is not in the cache is refused by its name");
  CHECK(open_model("test/other", "") == NULL);
  CHECK_INT(err.status, BIOBERT_IO);
  expect_message("test/other");

  check_begin("a revision that leads out of the cache is not followed");
  char refs[FOLDER_PATH];
  join(refs, hub, "models--test--mini/refs/main");
  file_write(refs, "../../..", 8);
  CHECK(open_model("test/mini", "") == NULL);

  check_begin("HF_HUB_CACHE goes before HF_HOME");
  setenv("HF_HUB_CACHE", folder_path(cache, "hub_cache"), 1);
  snapshot = make_hub(cache);
  model = open_model("test/mini", "");
  if (CHECK(model != NULL)) CHECK_STR(biobert_model_get_info(model)->path, snapshot);
  biobert_model_close(model);

  /* make_hub() made what is below both folders; each variable names it in another way. */
  static const struct {
    const char *says, *name, *value;
  } spellings[] = {
      {"the older name of the variable is known", "HUGGINGFACE_HUB_CACHE", "%s"                     },
      {"a ~ is the home",                         "HUGGINGFACE_HUB_CACHE", "~/hub_cache"            },
      {"$HOME is put in",                         "HF_HUB_CACHE",          "$HOME/hub_cache"        },
      {"so is ${HOME}",                           "HF_HUB_CACHE",          "${HOME}/hub_cache"      },
      {"a variable inside a path too",            "HF_HUB_CACHE",          "$HOME/${HUB_PART}_cache"},
      {"also in HF_HOME",                         "HF_HOME",               "~/old_home"             },
  };
  char old_home[FOLDER_PATH], own[FOLDER_PATH], value[FOLDER_PATH];
  const char *kept = getenv("HOME");
  snprintf(own, sizeof own, "%s", kept ? kept : "");
  folder_path(old_home, "old_home");
  setenv("HOME", folder_root, 1);
  setenv("HUB_PART", "hub", 1);
  join(hub, old_home, "hub");
  const char *in_home = make_hub(hub);
  char below_home[FOLDER_PATH], below_cache[FOLDER_PATH];
  snprintf(below_home, sizeof below_home, "%s", in_home);
  join(below_cache, cache, "models--test--mini/snapshots/0123abcd");
  for (size_t i = 0; i < COUNT(spellings); i++) {
    check_begin(spellings[i].says);
    unsetenv("HF_HUB_CACHE");
    unsetenv("HUGGINGFACE_HUB_CACHE");
    unsetenv("HF_HOME");
    if (spellings[i].value[0] == '%')
      snprintf(value, sizeof value, "%s", cache);
    else
      snprintf(value, sizeof value, "%s", spellings[i].value);
    setenv(spellings[i].name, value, 1);
    model = open_model("test/mini", "");
    bool is_home = strcmp(spellings[i].name, "HF_HOME") == 0;
    if (CHECK(model != NULL))
      CHECK_STR(biobert_model_get_info(model)->path, is_home ? below_home : below_cache);
    biobert_model_close(model);
  }

  check_begin("HF_HUB_CACHE goes before its older name");
  unsetenv("HF_HOME");
  setenv("HF_HUB_CACHE", cache, 1);
  setenv("HUGGINGFACE_HUB_CACHE", "/nowhere", 1);
  model = open_model("test/mini", "");
  CHECK(model != NULL);
  biobert_model_close(model);

  check_begin("a variable that is not set stays as it is written");
  setenv("HF_HUB_CACHE", "$NOBODY_HAS_SET_THIS/hub", 1);
  CHECK(open_model("test/mini", "") == NULL);
  unsetenv("HUGGINGFACE_HUB_CACHE");
  if (kept)
    setenv("HOME", own, 1);
  else
    unsetenv("HOME");

  check_begin("without both it is found in the user's cache folder");
  unsetenv("HF_HUB_CACHE");
  unsetenv("HF_HOME");
  setenv("XDG_CACHE_HOME", folder_path(cache, "xdg_cache"), 1);
  join(hub, cache, "huggingface/hub");
  snapshot = make_hub(hub);
  model = open_model("test/mini", "");
  if (CHECK(model != NULL)) CHECK_STR(biobert_model_get_info(model)->path, snapshot);
  biobert_model_close(model);
}

static void expect_default(const char *library, const char *expected) {
  char *path = NULL;
  err = (biobert_error){0};
  CHECK_INT(biobert_default_model_path(library, &path, &err),
            expected ? BIOBERT_OK : BIOBERT_IO);
  CHECK_STR(path, expected);
  biobert_free(path);
}

static void test_default_path(void) {
  char tree[FOLDER_PATH], library[FOLDER_PATH], beside[FOLDER_PATH], above[FOLDER_PATH];
  char data[FOLDER_PATH], home[FOLDER_PATH], folder[FOLDER_PATH];
  unsetenv("BIOBERT_MODEL");
  unsetenv("XDG_DATA_HOME");
  setenv("HOME", folder_path(home, "home"), 1);
  join(folder, folder_path(tree, "tree"), "build/release");
  make_folders(folder);
  join(library, folder, "biobert.so");
  file_write(library, "", 0);

  check_begin("where there is no model, the message says what to do");
  expect_default(library, NULL);
  expect_message("biobert_load('/path/to/model')");
  expect_message("BIOBERT_MODEL");
  expect_default(NULL, NULL);

  check_begin("the default model is found in the home folder");
  join(data, home, ".local/share/biobert/default");
  make_folders(data);
  expect_default(library, data);
  expect_default(NULL, data);

  check_begin("XDG_DATA_HOME goes before the home folder");
  setenv("XDG_DATA_HOME", folder_path(folder, "data"), 1);
  join(data, folder, "biobert/default");
  make_folders(data);
  expect_default(library, data);

  check_begin("models/default of a checkout goes before the user's folders");
  join(above, tree, "models/default");
  make_folders(above);
  expect_default(library, above);

  check_begin("models/default beside the library goes before that");
  join(beside, tree, "build/release/models/default");
  make_folders(beside);
  expect_default(library, beside);

  check_begin("models/default is looked for behind a link to the library too");
  char link[FOLDER_PATH];
  CHECK_INT(symlink(library, folder_path(link, "biobert_link.so")), 0);
  expect_default(link, beside);

  check_begin("BIOBERT_MODEL goes before everything, and is not looked at");
  setenv("BIOBERT_MODEL", "owner/name", 1);
  expect_default(library, "owner/name");
  setenv("BIOBERT_MODEL", "", 1);
  expect_default(library, beside);
  unsetenv("BIOBERT_MODEL");
}

/* Names of what a model is -------------------------------------------------------------
 */

static void hash_files(const char *const *paths, size_t count, char hex[65]) {
  bb_sha256 h;
  unsigned char digest[BB_SHA256_BYTES];
  bb_sha256_init(&h);
  for (size_t i = 0; i < count; i++) {
    size_t bytes;
    char *data = file_read(paths[i], &bytes);
    if (!data) exit(2);
    bb_sha256_add(&h, data, bytes);
    free(data);
  }
  bb_sha256_end(&h, digest);
  bb_sha256_hex(digest, hex);
}

/* The hash of the weights of a path, "" where there is none. */
static const char *sha256_of(const char *path) {
  static char hash[BIOBERT_HASH_CHARS];
  biobert_model *model = open_model(path, "");
  hash[0] = '\0';
  if (model) CHECK_INT(biobert_model_sha256(model, hash, &err), BIOBERT_OK);
  biobert_model_close(model);
  return hash;
}

static void test_sha256(void) {
  char expected[65];
  static const char *const one[] = {GOLDEN "st_mean/model.safetensors"};
  static const char *const three[] = {GOLDEN "sharded/model-00001-of-00003.safetensors",
                                      GOLDEN "sharded/model-00002-of-00003.safetensors",
                                      GOLDEN "sharded/model-00003-of-00003.safetensors"};
  check_begin("the hash of a model is that of its weights");
  hash_files(one, 1, expected);
  CHECK_STR(sha256_of(GOLDEN "st_mean"), expected);
  CHECK_STR(sha256_of(GOLDEN "st_mean"), expected); /* from the cache */
  check_begin("the hash of several files is that of all their bytes in name order");
  hash_files(three, 3, expected);
  CHECK_STR(sha256_of(GOLDEN "sharded"), expected);
}

/* Changes a byte of the weights (of a tensor, not of the header) and sets the file's
 * times. */
static void change_byte(const char *path, struct timespec mtime) {
  size_t bytes;
  char *data = file_read(path, &bytes);
  data[bytes - 1] ^= 1;
  file_write(path, data, bytes);
  free(data);
  const struct timespec times[] = {mtime, mtime};
  CHECK_INT(utimensat(AT_FDCWD, path, times, 0), 0);
}

/* The only file in the cache folder. */
static const char *cache_entry(const char *cache) {
  static char path[FOLDER_PATH];
  char folder[FOLDER_PATH];
  join(folder, cache, "biobert");
  DIR *d = opendir(folder);
  path[0] = '\0';
  size_t entries = 0;
  for (struct dirent *entry; d && (entry = readdir(d));) {
    if (entry->d_name[0] == '.') continue;
    join(path, folder, entry->d_name);
    entries++;
  }
  if (d) closedir(d);
  CHECK_INT(entries, 1);
  return path;
}

static void test_cache(void) {
  char cache[FOLDER_PATH], weights[FOLDER_PATH], first[65], second[65];
  setenv("XDG_CACHE_HOME", folder_path(cache, "hashes"), 1);
  make_folders(cache);
  const char *folder = copy_of("st_mean"), *const path[] = {weights};
  join(weights, folder, "model.safetensors");
  hash_files(path, 1, first);
  struct stat info;
  CHECK_INT(stat(weights, &info), 0);

  check_begin("a hash is remembered as long as size and time of the file stay");
  CHECK_STR(sha256_of(folder), first);
  change_byte(weights, info.st_mtim);
  CHECK_STR(sha256_of(folder), first);
  hash_files(path, 1, second);

  check_begin("another time of the file makes it hash again");
  struct timespec later = info.st_mtim;
  later.tv_sec += 10;
  change_byte(weights, later);
  change_byte(weights, later);
  CHECK_STR(sha256_of(folder), second);

  static const struct {
    const char *says, *text;
  } rows[] = {
  /* clang-format off */
      {"an empty entry of the cache is ignored",                 ""                     },
      {"an entry that is no text is ignored",                    "\x80\x02\x8a\x0a"     },
      {"an entry with numbers and no hash is ignored",           "168608 1 xyz"         },
      {"an entry that is far too long is ignored",               NULL                   },
  /* clang-format on */
  };
  char *entry_text = malloc(100000);
  memset(entry_text, 'a', 100000);
  entry_text[99999] = '\0';
  for (size_t i = 0; i < COUNT(rows); i++) {
    const char *text = rows[i].text ? rows[i].text : entry_text;
    check_begin(rows[i].says);
    file_write(cache_entry(cache), text, strlen(text));
    CHECK_STR(sha256_of(folder), second);
  }
  free(entry_text);

  check_begin("an entry whose hash is cut off is ignored, and written again");
  CHECK_INT(truncate(cache_entry(cache), 60), 0);
  CHECK_STR(sha256_of(folder), second);
  CHECK(stat(cache_entry(cache), &info) == 0 && info.st_size > 64);

  check_begin("without a place to remember it the hash is the same");
  setenv("XDG_CACHE_HOME", "/proc/nowhere", 1);
  CHECK_STR(sha256_of(folder), second);
  setenv("XDG_CACHE_HOME", cache, 1);
}

/* The fingerprint of a model with these options. */
static const char *fingerprint(const char *path, const char *options, char out[65]) {
  biobert_model *model = open_model(path, options);
  out[0] = '\0';
  if (CHECK(model != NULL))
    CHECK_INT(biobert_model_fingerprint(model, out, &err), BIOBERT_OK);
  biobert_model_close(model);
  return out;
}

static void test_fingerprint(void) {
  static const struct {
    const char *says, *options;
    bool same;
  } rows[] = {
  /* clang-format off */
      {"the same model has the same fingerprint",
       "{}", true},
      {"another pooling is another fingerprint",
       "{\"pooling\":\"cls\"}", false},
      {"the pooling of the files, given, is the same",
       "{\"pooling\":\"mean\"}", true},
      {"another maximum is another fingerprint",
       "{\"max_tokens\":20}", false},
      {"another document prompt is another fingerprint",
       "{\"document_prompt\":\"x: \"}", false},
      {"no document prompt is another fingerprint",
       "{\"document_prompt\":\"\"}", false},
      {"another query prompt is the same fingerprint",
       "{\"query_prompt\":\"x: \"}", true},
      {"another case is another fingerprint",
       "{\"lowercase\":false}", false},
      {"vectors of another length are another fingerprint",
       "{\"normalize\":false}", false},
      {"a query model is the same fingerprint",
       "{\"query_model\":\"q\"}", true},
      {"the cache is the same fingerprint",
       "{\"cache\":true}", true},
  /* clang-format on */
  };
  char plain[65], other[65];
  fingerprint(GOLDEN "st_mean", "", plain);
  for (size_t i = 0; i < COUNT(rows); i++) {
    check_begin(rows[i].says);
    fingerprint(GOLDEN "st_mean", rows[i].options, other);
    CHECK_INT(strcmp(plain, other) == 0, rows[i].same);
  }
  check_begin("a copy in another place has the same fingerprint");
  CHECK_STR(fingerprint(copy_of("st_mean"), "", other), plain);

  check_begin("poolings that differ behind the longest names have other fingerprints");
  char eighth[2][65];
  static const char *const lists[] = {
      "{\"pooling\":\"mean_no_special+mean_no_special+mean_no_special+mean_no_special+"
      "mean_no_special+mean_no_special+mean_no_special+cls\"}",
      "{\"pooling\":\"mean_no_special+mean_no_special+mean_no_special+mean_no_special+"
      "mean_no_special+mean_no_special+mean_no_special+max\"}"};
  for (size_t i = 0; i < 2; i++) fingerprint(GOLDEN "mlm_cased", lists[i], eighth[i]);
  CHECK(strcmp(eighth[0], eighth[1]) != 0);

  check_begin("another epsilon is another fingerprint");
  char file[FOLDER_PATH];
  const char *folder = copy_of("st_mean");
  join(file, folder, "config.json");
  CHECK(file_replace(file, "1e-12", "1e-6"));
  CHECK(strcmp(fingerprint(folder, "", other), plain) != 0);

  check_begin("another token in the vocabulary is another fingerprint");
  folder = copy_of("st_mean");
  join(file, folder, "tokenizer.json");
  CHECK(file_replace(file, "\"aspirin\"", "\"asperin\""));
  CHECK(strcmp(fingerprint(folder, "", other), plain) != 0);
}

/* Information and settings ----------------------------------------------------------- */

static void test_info(void) {
  check_begin("a class name of any length is kept as far as there is room");
  char file[FOLDER_PATH], name[128], long_name[80];
  for (size_t length = 62; length <= 70; length++) {
    const char *folder = copy_of("mlm_cased");
    memset(long_name, 'B', length);
    long_name[length] = '\0';
    snprintf(name, sizeof name, "\"%s\"", long_name);
    join(file, folder, "config.json");
    CHECK(file_replace(file, "\"BertForMaskedLM\"", name));
    biobert_model *model = open_model(folder, "");
    check_context("%zu characters", length);
    if (length > 63) long_name[63] = '\0';
    if (CHECK(model != NULL))
      CHECK_STR(biobert_model_get_info(model)->architecture, long_name);
    biobert_model_close(model);
  }
  check_begin("the notes of a bare model say what was guessed");
  biobert_model *model = open_model(GOLDEN "mlm_cased", "");
  const biobert_model_info *info = biobert_model_get_info(model);
  CHECK(strstr(info->notes, "mean over all tokens") != NULL);
  CHECK(strstr(info->notes, "cased vocabulary") != NULL);
  CHECK(!info->has_query_prompt);
  CHECK_STR(info->options, "{}");
  CHECK(info->labels == NULL);
  CHECK(biobert_token_text(model, -1).data == NULL);
  biobert_model_close(model);
}

static void test_settings(void) {
  static const struct {
    const char *says, *key, *value, *words;
  } rows[] = {
  /* clang-format off */
      {"no thread is refused",
       "threads", "0", "threads takes a whole number from 1 to 64"},
      {"65 threads are refused", "threads", "65", "not '65'"},
      {"a number with text behind it is refused", "threads", "2x", "not '2x'"},
      {"a negative number is refused", "memory_limit", "-1", "takes a number of bytes"},
      {"a number that overflows is refused",
       "memory_limit", "99999999999999999999", "not '9"},
      {"an instruction set that nobody has is refused", "cpu", "sse9", "one of scalar"},
      {"an unknown setting is refused with those that there are", "thread", "1",
       "setting 'thread' is not one of: threads, memory_limit, cpu, locked"},
  /* clang-format on */
  };
  char before[64], value[64];
  CHECK_INT(biobert_setting_get(bb_str("threads"), before, &err), BIOBERT_OK);
  for (size_t i = 0; i < COUNT(rows); i++) {
    check_begin(rows[i].says);
    biobert_status status =
        biobert_setting_set(bb_str(rows[i].key), bb_str(rows[i].value), &err);
    CHECK_INT(status, BIOBERT_RANGE);
    expect_message(rows[i].words);
  }
  CHECK_INT(biobert_setting_get(bb_str("threads"), value, &err), BIOBERT_OK);
  CHECK_STR(value, before);

  check_begin("every setting that is listed can be read, and what was set is read");
  size_t count = 0;
  for (const biobert_setting *s; (s = biobert_setting_at(count)); count++) {
    CHECK_INT(biobert_setting_get(bb_str(s->key), value, &err), BIOBERT_OK);
    CHECK(value[0] && s->meaning[0] && s->standard[0]);
  }
  CHECK_INT(count, 4);
  CHECK_INT(biobert_setting_set(bb_str("threads"), bb_str("3"), &err), BIOBERT_OK);
  CHECK_INT(biobert_setting_get(bb_str("threads"), value, &err), BIOBERT_OK);
  CHECK_STR(value, "3");

  check_begin("a model loaded for other kernels is another, with the same vectors");
  float wide[DIMENSION], narrow[DIMENSION];
  biobert_model *first = open_model(GOLDEN "st_mean", "");
  CHECK_INT(biobert_setting_set(bb_str("cpu"), bb_str("scalar"), &err), BIOBERT_OK);
  biobert_model *second = open_model(GOLDEN "st_mean", "");
  CHECK_STR(biobert_model_get_info(second)->cpu, "scalar");
  CHECK_INT(embed(first, "Aspirin", wide), BIOBERT_OK);
  CHECK_INT(embed(second, "Aspirin", narrow), BIOBERT_OK);
  CHECK(same(wide, narrow));
  biobert_model_close(first);
  biobert_model_close(second);

  check_begin("a lock is for good");
  CHECK(!biobert_is_locked());
  CHECK_INT(biobert_setting_set(bb_str("locked"), bb_str("0"), &err), BIOBERT_OK);
  CHECK_INT(biobert_setting_set(bb_str("locked"), bb_str("1"), &err), BIOBERT_OK);
  CHECK(biobert_is_locked());
  CHECK_INT(biobert_setting_set(bb_str("locked"), bb_str("0"), &err), BIOBERT_RANGE);
  CHECK(biobert_is_locked());
}

static void test_build_info(void) {
  check_begin("the build names its version and what it runs on");
  char *json = NULL;
  CHECK_INT(biobert_build_info(&json, &err), BIOBERT_OK);
  static const char *const parts[] = {"\"version\":\"" BIOBERT_VERSION "\"",
                                      "\"cpu\":", "\"utf8proc\":"};
  for (size_t i = 0; i < COUNT(parts); i++) CHECK(json && strstr(json, parts[i]));
  biobert_free(json);
}

int main(void) {
  char cache[FOLDER_PATH];
  folder_begin();
  setenv("XDG_CACHE_HOME", folder_path(cache, "cache"), 1);
  make_folders(cache);
  test_refused();
  test_paths_refused();
  test_damaged_numbers();
  test_spans();
  test_session();
  test_threads();
  test_one_copy();
  test_sha256();
  test_cache();
  test_fingerprint();
  test_hub();
  test_default_path();
  test_info();
  test_build_info();
  test_settings();
  return check_report();
}
