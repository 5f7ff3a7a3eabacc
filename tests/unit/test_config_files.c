/* test_config_files.c - what config.json and the modules of sentence-transformers may say:
 * one line of a model's file is another one, and the model loads or is refused by what is
 * wrong. */
#include "check.h"
#include "model_folder.h"

#include <math.h>

#include "base/status.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define MODELS "tests/golden/models/"

static biobert_error err;

static const char *copy_of(const char *base) {
  static char path[FOLDER_PATH];
  static int copies;
  char from[FOLDER_PATH], name[96];
  snprintf(from, sizeof from, MODELS "%s", base);
  snprintf(name, sizeof name, "%s_%d", base, copies++);
  folder_copy(from, folder_path(path, name));
  return path;
}

static biobert_model *open_model(const char *folder, const char *options) {
  biobert_model *model = NULL;
  err = (biobert_error){0};
  return biobert_model_open(bb_str(folder), bb_str(options), &model, &err) ? NULL : model;
}

/* A line of a file is another one (from NULL: all of it is); words NULL: the model loads.
 */
typedef struct change {
  const char *says, *base, *file, *from, *to, *words;
} change;

static void check_change(const change *c) {
  char path[FOLDER_PATH * 2];
  const char *folder = copy_of(c->base);
  check_begin(c->says);
  snprintf(path, sizeof path, "%s/%s", folder, c->file);
  if (c->from)
    CHECK(file_replace(path, c->from, c->to));
  else
    file_write(path, c->to, strlen(c->to));
  biobert_model *model = open_model(folder, "");
  CHECK_INT(model != NULL, c->words == NULL);
  if (!c->words) CHECK_STR(err.message, "");
  if (c->words && !strstr(err.message, c->words)) CHECK_STR(err.message, c->words);
  biobert_model_close(model);
}

static void test_changes(void) {
#define TYPE "\"type\":\"sentence_transformers.models."
  static const char long_path[] =
      "[{" TYPE "Transformer\",\"path\":\""
      "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
      "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
      "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
      "xxxxxxxxxxxxxxxx\"}]";
  static const change changes[] = {
  /* clang-format off */
      {"an activation is a string", "st_mean", "config.json", "\"gelu\"", "3",
       "hidden_act '?' is not"},
      {"an epsilon is a number", "st_mean", "config.json", "1e-12", "\"0\"", "layer_norm_eps"},
      {"an epsilon is at most 1", "st_mean", "config.json", "1e-12", "1.5", "layer_norm_eps"},
      {"heads that were pruned are refused", "st_mean", "config.json", "{",
       "{\"pruned_heads\": {\"0\": [1]},", "pruned_heads"},
      {"no heads that were pruned are well", "st_mean", "config.json", "{",
       "{\"pruned_heads\": {},", NULL},
      {"a very long tokenizer class is not one that is refused", "st_mean",
       "config.json", "{",
       "{\"tokenizer_class\": \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
       "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\",",
       NULL},

      {"a module has a type", "st_dense", "modules.json", NULL, "[{\"path\":\"\"}]",
       "a module without a type"},
      {"a module has a path", "st_dense", "modules.json", NULL, "[{" TYPE "Transformer\"}]",
       "a module without a type, or with a path"},
      {"a module's folder has a short name", "st_dense", "modules.json", NULL, long_path,
       "no plain folder"},
      {"a module's folder is not above another's", "st_dense", "modules.json", NULL,
       "[{" TYPE "Transformer\",\"path\":\"a\\\\b\"}]", "no plain folder"},
      {"a module's folder has no NUL in its name", "st_dense", "modules.json", NULL,
       "[{" TYPE "Transformer\",\"path\":\"a\\u0000b\"}]", "no plain folder"},
      {"a module's type needs no package", "st_dense", "modules.json",
       "sentence_transformers.base.modules.normalize.Normalize", "Normalize", NULL},
      {"modules that act in training only are left out", "st_dense", "modules.json",
       "sentence_transformers.base.modules.normalize.Normalize", "x.Dropout", NULL},

      {"a pooling is named by a string", "st_dense", "1_Pooling/config.json", "\"mean\"", "3",
       "pooling_mode '?' is not one of"},
      {"each of several poolings too", "st_dense", "1_Pooling/config.json", "\"mean\"",
       "[null, \"cls\"]", "pooling_mode '?' is not one of"},
      {"no pooling at all is the mean", "st_dense", "1_Pooling/config.json", "\"mean\"", "[]",
       NULL},
      {"eight poolings are enough", "st_dense", "1_Pooling/config.json", "\"mean\"",
       "[\"cls\",\"cls\",\"cls\",\"cls\",\"cls\",\"cls\",\"cls\",\"cls\",\"cls\"]",
       "more than 8 poolings"},

      {"a dense layer takes values", "st_dense", "2_Dense/config.json", "32", "0",
       "in_features and out_features must be 1 to"},
      {"a dense layer gives values", "st_dense", "2_Dense/config.json", "16", "0",
       "in_features and out_features must be 1 to"},
      {"a dense layer takes no more than there can be", "st_dense", "2_Dense/config.json",
       "32", "1000000", "in_features and out_features must be 1 to"},
      {"nor gives more", "st_dense", "2_Dense/config.json", "16", "1000000",
       "in_features and out_features must be 1 to"},
      {"a dense layer's activation is known", "st_dense", "2_Dense/config.json",
       "torch.nn.modules.activation.Tanh", "torch.nn.Mish", "'torch.nn.Mish' is not"},
      {"a dense layer's activation is a string", "st_dense", "2_Dense/config.json",
       "\"torch.nn.modules.activation.Tanh\"", "1", "'?' is not"},
      {"a dense layer without a bias has none", "st_dense", "2_Dense/config.json",
       "\"bias\": true", "\"bias\": false", NULL},
      {"a dense layer has a bias where nothing is said", "st_dense", "2_Dense/config.json",
       "\"bias\"", "\"x\"", NULL},
      {"a residual is as wide as what it is added to", "st_dense", "2_Dense/config.json",
       "\"bias\"", "\"use_residual\": true, \"bias\"",
       "a residual has 32 inputs and 16 outputs"},
      {"a dense layer takes what it gets", "st_dense", "1_Pooling/config.json", "\"mean\"",
       "[\"mean\", \"cls\"]", "a Dense module takes 32 values, but gets 64"},

      {"a prompt has no NUL", "st_mean", "config_sentence_transformers.json", NULL,
       "{\"prompts\": {\"query\": \"a\\u0000b\"}}", "or with a NUL in it"},
  /* clang-format on */
  };
#undef TYPE
  for (size_t i = 0; i < COUNT(changes); i++) check_change(&changes[i]);
}

/* Dense layers ------------------------------------------------------------------------
 */

/* A safetensors file of one or two tensors, whose values are `value`. */
static void write_dense(const char *folder, const char *header, size_t floats,
                        float value) {
  static char bytes[1 << 16];
  char path[FOLDER_PATH * 2];
  uint64_t length = strlen(header);
  memcpy(bytes, &length, 8);
  memcpy(bytes + 8, header, length);
  for (size_t i = 0; i < floats; i++)
    memcpy(bytes + 8 + length + 4 * i, &value, sizeof value);
  snprintf(path, sizeof path, "%s/2_Dense/model.safetensors", folder);
  file_write(path, bytes, 8 + length + 4 * floats);
}

#define TENSOR(name, shape, begin, end)                                                  \
  "\"" name "\":{\"dtype\":\"F32\",\"shape\":[" shape "],\"data_offsets\":[" begin       \
  "," end "]}"

static void test_dense_refused(void) {
  static const struct {
    const char *says, *header;
    size_t floats;
  } rows[] = {
  /* clang-format off */
      {"a dense layer has weights", "{" TENSOR("linear.bias", "16", "0", "64") "}", 16},
      {"they are a matrix", "{" TENSOR("linear.weight", "512", "0", "2048") ","
       TENSOR("linear.bias", "16", "2048", "2112") "}", 528},
      {"of as many rows as it gives values", "{" TENSOR("linear.weight", "15,32", "0", "1920") ","
       TENSOR("linear.bias", "16", "1920", "1984") "}", 496},
      {"it has its bias", "{" TENSOR("linear.weight", "16,32", "0", "2048") "}", 512},
      {"the bias is no matrix", "{" TENSOR("linear.weight", "16,32", "0", "2048") ","
       TENSOR("linear.bias", "16,1", "2048", "2112") "}", 528},
      {"the bias is as long as what is given", "{" TENSOR("linear.weight", "16,32", "0", "2048") ","
       TENSOR("linear.bias", "15", "2048", "2108") "}", 527},
  /* clang-format on */
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    const char *folder = copy_of("st_dense");
    check_begin(rows[i].says);
    write_dense(folder, rows[i].header, rows[i].floats, 0);
    biobert_model *model = open_model(folder, "");
    CHECK(!model);
    CHECK(strstr(err.message, "linear.weight [16, 32] or linear.bias [16] is missing"));
    biobert_model_close(model);
  }
}

static bool embed(const char *folder, float vector[64]) {
  biobert_model *model = open_model(folder, "");
  biobert_session *session = NULL;
  const bool fine = model && biobert_model_dimension(model) <= 64 &&
                    biobert_session_new(model, NULL, &session, &err) == BIOBERT_OK &&
                    biobert_embed(session, bb_str("stroke"), BIOBERT_DOCUMENT, vector,
                                  &err) == BIOBERT_OK;
  biobert_session_free(session);
  biobert_model_close(model);
  return fine;
}

static void test_residual(void) {
  static const char zeros[] = "{" TENSOR("linear.weight", "32,32", "0", "4096") "}";
  char config[FOLDER_PATH * 2];
  float plain[64] = {0}, residual[64] = {0};
  check_begin("a dense layer of zeros with a residual changes nothing");
  const char *folder = copy_of("st_dense");
  snprintf(config, sizeof config, "%s/modules.json", folder);
  CHECK(file_replace(config, "sentence_transformers.base.modules.dense.Dense",
                     "x.Dropout"));
  CHECK(embed(folder, plain));
  folder = copy_of("st_dense");
  snprintf(config, sizeof config, "%s/2_Dense/config.json", folder);
  CHECK(file_replace(config, "16", "32"));
  CHECK(
      file_replace(config, "\"bias\": true", "\"bias\": false, \"use_residual\": true"));
  write_dense(folder, zeros, 1024, 0);
  CHECK(embed(folder, residual));
  CHECK(memcmp(plain, residual, sizeof plain) == 0);

  check_begin("a vector that a layer makes 0 stays 0 where it is normalised");
  CHECK(file_replace(config, "\"use_residual\": true", "\"use_residual\": false"));
  CHECK(embed(folder, residual));
  for (size_t i = 0; i < 32; i++) CHECK(residual[i] == 0);
}

int main(void) {
  folder_begin();
  test_changes();
  test_dense_refused();
  test_residual();
  return check_report();
}
