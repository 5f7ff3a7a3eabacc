/* tensorflow_names.c - "bert/encoder/layer_0/output/dense/kernel" is
 * "bert.encoder.layer.0.output.dense.weight" here. */
#include "format/tensorflow_names.h"

#include <stdio.h>
#include <string.h>

#include "base/status.h"

/* Optimizers keep variables of their own beside or below each weight; a part of a name
 * that begins so is none of the model's. */
static const char *const of_training[] = {
    "adam_",       "Adam",        "BERTAdam",
    "LAMB",        "lamb_",       "ExponentialMovingAverage",
    "beta1_power", "beta2_power", "global_step",
    "loss_scale",  "accum_grad",  "_CHECKPOINTABLE",
    "save_counter"};

/* Whole names: of heads, that do not follow the rule. */
static const char *const whole[][2] = {
    {"cls/predictions/output_bias",         "cls.predictions.bias"       },
    {"cls/seq_relationship/output_weights", "cls.seq_relationship.weight"},
    {"cls/seq_relationship/output_bias",    "cls.seq_relationship.bias"  },
    {"cls/squad/output_weights",            "qa_outputs.weight"          },
    {"cls/squad/output_bias",               "qa_outputs.bias"            },
    {"output_weights",                      "classifier.weight"          },
    {"output_bias",                         "classifier.bias"            },
};

/* Last parts. A dense layer's kernel is [in, out]: it is multiplied from the left. */
static const struct {
  const char *theirs, *ours;
  bool turned;
} last[] = {
    {"kernel",                "weight",                       true },
    {"gamma",                 "weight",                       false},
    {"beta",                  "bias",                         false},
    {"word_embeddings",       "word_embeddings.weight",       false},
    {"position_embeddings",   "position_embeddings.weight",   false},
    {"token_type_embeddings", "token_type_embeddings.weight", false},
};

static bool begins(biobert_str text, const char *with) {
  const size_t len = strlen(with);
  return text.len >= len && memcmp(text.data, with, len) == 0;
}

static bool is_of_training(biobert_str part) {
  for (size_t i = 0; i < sizeof of_training / sizeof of_training[0]; i++)
    if (begins(part, of_training[i])) return true;
  return false;
}

/* A part of a name; "layer_0" becomes "layer.0". */
static int put_part(biobert_str part, bool is_last, char *out, size_t size,
                    bool *turned) {
  static const char layer[] = "layer_";
  for (size_t i = 0; is_last && i < sizeof last / sizeof last[0]; i++) {
    if (!bb_str_equal(part, last[i].theirs)) continue;
    *turned = last[i].turned;
    return snprintf(out, size, "%s", last[i].ours);
  }
  if (begins(part, layer)) {
    const int cut = sizeof layer - 1;
    return snprintf(out, size, "layer.%.*s", (int)part.len - cut, part.data + cut);
  }
  return snprintf(out, size, "%.*s", (int)part.len, part.data);
}

bool bb_tensorflow_name(biobert_str variable, char out[BB_MAX_TENSOR_NAME + 1],
                        bool *turned) {
  size_t at = 0;
  *turned = false;
  out[0] = '\0';
  for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++) {
    if (!bb_str_equal(variable, whole[i][0])) continue;
    snprintf(out, BB_MAX_TENSOR_NAME + 1, "%s", whole[i][1]);
    return true;
  }
  for (biobert_str rest = variable; rest.len > 0;) {
    const char *slash = memchr(rest.data, '/', rest.len);
    const biobert_str part = {rest.data, slash ? (size_t)(slash - rest.data) : rest.len};
    if (is_of_training(part) || memchr(part.data, '\0', part.len)) return false;
    if (at > 0 && at < BB_MAX_TENSOR_NAME) out[at++] = '.';
    at += (size_t)put_part(part, !slash, out + at, BB_MAX_TENSOR_NAME + 1 - at, turned);
    if (at > BB_MAX_TENSOR_NAME) return false;
    rest.data += part.len + (slash ? 1 : 0);
    rest.len -= part.len + (slash ? 1 : 0);
  }
  return at > 0;
}
