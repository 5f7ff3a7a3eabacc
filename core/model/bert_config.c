/* bert_config.c - config.json of the BERT family.
 *
 * Every number is checked against a limit here, so that the sizes computed from them later
 * cannot overflow. Defaults are those of transformers' configuration_bert.py. */
#include "model/bert_config.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/status.h"
#include "format/json_write.h"

/* Activations: transformers' activations.py --------------------------------------------------- */

static void apply_gelu(const bb_kernels *k, float *x, const float *bias, size_t n) {
  k->f32_bias_gelu(x, bias, n);
}

/* The tanh form: Hendrycks & Gimpel 2016, section 2. */
static void apply_gelu_tanh(const bb_kernels *k, float *x, const float *bias, size_t n) {
  (void)k;
  static const float sqrt_2_over_pi = 0.79788456080286535588f;
  for (size_t i = 0; i < n; i++) {
    float v = x[i] + bias[i];
    x[i] = 0.5f * v * (1.0f + tanhf(sqrt_2_over_pi * (v + 0.044715f * v * v * v)));
  }
}

static float sigmoid(float v) { return 1.0f / (1.0f + expf(-v)); }

static void apply_quick_gelu(const bb_kernels *k, float *x, const float *bias, size_t n) {
  (void)k;
  for (size_t i = 0; i < n; i++) {
    float v = x[i] + bias[i];
    x[i] = v * sigmoid(1.702f * v);
  }
}

static void apply_relu(const bb_kernels *k, float *x, const float *bias, size_t n) {
  (void)k;
  for (size_t i = 0; i < n; i++) {
    float v = x[i] + bias[i];
    x[i] = v < 0 ? 0 : v;
  }
}

static void apply_silu(const bb_kernels *k, float *x, const float *bias, size_t n) {
  (void)k;
  for (size_t i = 0; i < n; i++) {
    float v = x[i] + bias[i];
    x[i] = v * sigmoid(v);
  }
}

static void apply_sigmoid(const bb_kernels *k, float *x, const float *bias, size_t n) {
  (void)k;
  for (size_t i = 0; i < n; i++) x[i] = sigmoid(x[i] + bias[i]);
}

static void apply_tanh(const bb_kernels *k, float *x, const float *bias, size_t n) {
  (void)k;
  for (size_t i = 0; i < n; i++) x[i] = tanhf(x[i] + bias[i]);
}

static void apply_identity(const bb_kernels *k, float *x, const float *bias, size_t n) {
  (void)k;
  for (size_t i = 0; i < n; i++) x[i] += bias[i];
}

static const bb_activation activations[] = {
    {"gelu",                                apply_gelu      },
    {"gelu_python",                         apply_gelu      },
    {"gelu_new",                            apply_gelu_tanh },
    {"gelu_pytorch_tanh",                   apply_gelu_tanh },
    {"gelu_fast",                           apply_gelu_tanh },
    {"quick_gelu",                          apply_quick_gelu},
    {"relu",                                apply_relu      },
    {"silu",                                apply_silu      },
    {"swish",                               apply_silu      },
    {"tanh",                                apply_tanh      },
    {"sigmoid",                             apply_sigmoid   },
    {"linear",                              apply_identity  },
    {"torch.nn.modules.activation.Tanh",    apply_tanh      },
    {"torch.nn.modules.activation.ReLU",    apply_relu      },
    {"torch.nn.modules.activation.GELU",    apply_gelu      },
    {"torch.nn.modules.activation.SiLU",    apply_silu      },
    {"torch.nn.modules.activation.Sigmoid", apply_sigmoid   },
    {"torch.nn.modules.linear.Identity",    apply_identity  },
};

const bb_activation *bb_activation_find(biobert_str name) {
  for (size_t i = 0; i < sizeof activations / sizeof activations[0]; i++)
    if (bb_str_equal(name, activations[i].name)) return &activations[i];
  return NULL;
}

/* Families that look like BERT from far away -------------------------------------------------- */

static const struct {
  const char *model_type, *reason;
} refused[] = {
    {"roberta",     "its tokenizer is byte-level BPE"                                    },
    {"xlm-roberta", "its tokenizer is SentencePiece"                                     },
    {"camembert",   "its tokenizer is SentencePiece"                                     },
    {"mpnet",       "it has relative position biases; take all-MiniLM-L6-v2 or bge-small"},
    {"distilbert",  "its layers have other names and no token types"                     },
    {"albert",      "its layers share weights and its tokenizer is SentencePiece"        },
    {"electra",     "its embeddings are projected"                                       },
    {"deberta",     "its attention is disentangled"                                      },
    {"deberta-v2",  "its attention is disentangled"                                      },
    {"modernbert",  "it has rotary positions and gated layers"                           },
    {"nomic_bert",  "it has rotary positions and gated layers"                           },
    {"new",         "it has rotary positions and gated layers"                           },
    {"megatron-bert", "its layer norms come first"                                       },
    {"t5",          "it is no BERT encoder"                                              },
    {"gpt2",        "it is no BERT encoder"                                              },
    {"llama",       "it is no BERT encoder"                                              },
};

static biobert_status check_family(const bb_json_node *root, const char *what,
                                   biobert_error *err) {
  biobert_str type = bb_json_string(bb_json_get(root, "model_type"));
  if (!type.data || bb_str_equal(type, "bert")) return BIOBERT_OK;
  const char *reason = "only BERT encoders are";
  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
    if (bb_str_equal(type, refused[i].model_type)) reason = refused[i].reason;
  char quoted[BB_QUOTE_BYTES];
  return bb_fail(err, BIOBERT_UNSUPPORTED,
                 "%s: model_type '%s' is not supported (%s); take a BERT model, such as "
                 "all-MiniLM-L6-v2, bge-small-en-v1.5 or BioBERT",
                 what, bb_quote(quoted, type), reason);
}

/* Settings under which the same weights would mean something else. */
static biobert_status check_variants(const bb_json_node *root, const char *what,
                                     biobert_error *err) {
  biobert_str positions = bb_json_string(bb_json_get(root, "position_embedding_type"));
  char quoted[BB_QUOTE_BYTES];
  if (positions.data && !bb_str_equal(positions, "absolute"))
    return bb_fail(err, BIOBERT_UNSUPPORTED,
                   "%s: position_embedding_type '%s' is not supported: only 'absolute'",
                   what, bb_quote(quoted, positions));
  static const char *const must_be_false[] = {"is_decoder", "add_cross_attention"};
  for (size_t i = 0; i < sizeof must_be_false / sizeof must_be_false[0]; i++)
    if (bb_json_is_true(bb_json_get(root, must_be_false[i])))
      return bb_fail(err, BIOBERT_UNSUPPORTED,
                     "%s: %s is true: a decoder, not an encoder", what, must_be_false[i]);
  if (bb_json_count(bb_json_get(root, "pruned_heads")) > 0)
    return bb_fail(err, BIOBERT_UNSUPPORTED, "%s: pruned_heads is not supported", what);
  return BIOBERT_OK;
}

/* Numbers ------------------------------------------------------------------------------------ */

static biobert_status read_sizes(const bb_json_node *root, const char *what,
                                 bb_bert_config *c, biobert_error *err) {
  const struct {
    const char *key;
    size_t *at;
    int64_t standard, max;
  } sizes[] = {
      {"vocab_size",              &c->vocabulary, 30522, 4000000         },
      {"hidden_size",             &c->hidden,     768,   BB_MAX_HIDDEN   },
      {"num_hidden_layers",       &c->layers,     12,    BB_MAX_LAYERS   },
      {"num_attention_heads",     &c->heads,      12,    BB_MAX_HIDDEN   },
      {"intermediate_size",       &c->ffn,        3072,  BB_MAX_FFN      },
      {"max_position_embeddings", &c->positions,  512,   BB_MAX_POSITIONS},
      {"type_vocab_size",         &c->types,      2,     BB_MAX_TYPES    },
  };
  for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
    const bb_json_node *node = bb_json_get(root, sizes[i].key);
    int64_t value = sizes[i].standard;
    if (node && (!bb_json_int(node, &value) || value < 1 || value > sizes[i].max))
      return bb_fail(err, BIOBERT_FORMAT,
                     "%s: %s is not a whole number from 1 to %" PRId64, what, sizes[i].key,
                     sizes[i].max);
    *sizes[i].at = (size_t)value;
  }
  if (c->hidden % c->heads)
    return bb_fail(err, BIOBERT_FORMAT,
                   "%s: hidden_size %zu cannot be divided into %zu attention heads", what,
                   c->hidden, c->heads);
  if (c->positions < 3)
    return bb_fail(err, BIOBERT_FORMAT,
                   "%s: max_position_embeddings is %zu: too few for [CLS], a piece and [SEP]",
                   what, c->positions);
  return BIOBERT_OK;
}

static biobert_status read_eps_and_activation(const bb_json_node *root, const char *what,
                                              bb_bert_config *c, biobert_error *err) {
  double eps = 1e-12;
  const bb_json_node *node = bb_json_get(root, "layer_norm_eps");
  if (node && (!bb_json_double(node, &eps) || !(eps > 0) || eps > 1))
    return bb_fail(err, BIOBERT_FORMAT, "%s: layer_norm_eps is not a number in (0, 1]",
                   what);
  c->eps = (float)eps;
  node = bb_json_get(root, "hidden_act");
  biobert_str name = node ? bb_json_string(node) : bb_str("gelu");
  c->activation = name.data ? bb_activation_find(name) : NULL;
  if (!c->activation) {
    char quoted[BB_QUOTE_BYTES];
    return bb_fail(err, BIOBERT_UNSUPPORTED, "%s: hidden_act '%s' is not known: gelu, "
                   "gelu_new, relu, silu and a few more are", what,
                   bb_quote(quoted, name.data ? name : bb_str("?")));
  }
  return BIOBERT_OK;
}

/* Labels and task ---------------------------------------------------------------------------- */

static const struct {
  const char *ending;
  bb_task task;
} tasks[] = {
    {"ForMaskedLM",                BB_TASK_FILL_MASK},
    {"ForPreTraining",             BB_TASK_FILL_MASK},
    {"ForTokenClassification",     BB_TASK_NER      },
    {"ForQuestionAnswering",       BB_TASK_ANSWER   },
    {"ForSequenceClassification",  BB_TASK_CLASSIFY },
};

static const char *const task_names[] = {
    [BB_TASK_EMBED] = "embed",        [BB_TASK_FILL_MASK] = "fill-mask",
    [BB_TASK_NER] = "ner",            [BB_TASK_ANSWER] = "question-answering",
    [BB_TASK_CLASSIFY] = "classify",  [BB_TASK_RERANK] = "rerank",
};

const char *bb_task_name(bb_task task) { return task_names[task]; }

static bool ends_with(const char *text, const char *ending) {
  size_t a = strlen(text), b = strlen(ending);
  return a >= b && strcmp(text + a - b, ending) == 0;
}

static void read_task(const bb_json_node *root, bb_bert_config *c) {
  const bb_json_node *first = bb_json_first(bb_json_get(root, "architectures"));
  biobert_str name = bb_json_string(first);
  if (!name.data) name = bb_str("BertModel");
  if (name.len >= sizeof c->architecture) name.len = sizeof c->architecture - 1;
  snprintf(c->architecture, sizeof c->architecture, "%.*s", (int)name.len, name.data);
  c->task = BB_TASK_EMBED;
  for (size_t i = 0; i < sizeof tasks / sizeof tasks[0]; i++)
    if (ends_with(c->architecture, tasks[i].ending)) c->task = tasks[i].task;
}

static const bb_json_node *label_of(const bb_json_node *id2label, size_t id) {
  char key[24];
  snprintf(key, sizeof key, "%zu", id);
  return bb_json_get(id2label, key);
}

/* id2label {"0": "O", "1": "B-Disease"} as ["O", "B-Disease"]. */
static biobert_status read_labels(const bb_json_node *root, const char *what,
                                  bb_bert_config *c, biobert_error *err) {
  enum { MAX_LABELS = 4096 };
  const bb_json_node *id2label = bb_json_get(root, "id2label");
  size_t count = bb_json_count(id2label);
  if (count == 0 || c->task == BB_TASK_EMBED || c->task == BB_TASK_FILL_MASK ||
      c->task == BB_TASK_ANSWER)
    return BIOBERT_OK;
  if (count > MAX_LABELS)
    return bb_fail(err, BIOBERT_FORMAT, "%s: %zu labels, at most %d", what, count,
                   MAX_LABELS);
  bb_json_writer w = {0};
  for (size_t i = 0; i < count; i++) {
    biobert_str label = bb_json_string(label_of(id2label, i));
    if (!label.data) {
      bb_free(NULL, bb_writer_take(&w, NULL));
      return bb_fail(err, BIOBERT_FORMAT, "%s: id2label has no string for '%zu'", what, i);
    }
    bb_write_raw(&w, i ? "," : "[");
    bb_write_string(&w, label);
  }
  bb_write_raw(&w, "]");
  c->labels = bb_writer_take(&w, NULL);
  if (!c->labels) return bb_no_memory(err, what);
  if (c->task == BB_TASK_CLASSIFY && count == 1) c->task = BB_TASK_RERANK;
  return BIOBERT_OK;
}

biobert_status bb_bert_config_read(const bb_json_node *root, const char *what,
                                   bb_bert_config *out, biobert_error *err) {
  if (bb_json_kind_of(root) != BB_JSON_OBJECT)
    return bb_fail(err, BIOBERT_FORMAT, "%s: %s, an object was expected", what,
                   bb_json_kind_name(bb_json_kind_of(root)));
  bb_bert_config c = {0};
  biobert_status status = check_family(root, what, err);
  if (!status) status = check_variants(root, what, err);
  if (!status) status = read_sizes(root, what, &c, err);
  if (!status) status = read_eps_and_activation(root, what, &c, err);
  if (!status) {
    read_task(root, &c);
    status = read_labels(root, what, &c, err);
  }
  if (status) {
    bb_bert_config_free(&c);
    return status;
  }
  *out = c;
  return BIOBERT_OK;
}

void bb_bert_config_free(bb_bert_config *config) {
  bb_free(NULL, config->labels);
  config->labels = NULL;
}
