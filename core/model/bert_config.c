/* bert_config.c - config.json of the BERT family.
 *
 * Every number is checked against a limit here, so that the sizes computed from them
 * later cannot overflow. Defaults are those of transformers' configuration_bert.py. */
#include "model/bert_config.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/status.h"
#include "format/json_write.h"

/* clang-format off */
/* Families that look like BERT from far away -------------------------------------------------- */

#define TAKE_MULTILINGUAL                                                                \
  "for many languages take distiluse-base-multilingual-cased-v2 or "                     \
  "bert-base-multilingual-cased"
#define TAKE_SENTENCES "take all-MiniLM-L6-v2, bge-small-en-v1.5 or e5-small-v2"
#define TAKE_BIOMEDICAL "take BioBERT, BiomedBERT or MedCPT"

static const struct {
  const char *model_type, *reason, *instead;
} refused[] = {
    {"roberta", "its tokenizer is byte-level BPE", TAKE_BIOMEDICAL},
    {"xlm-roberta", "its tokenizer is SentencePiece", TAKE_MULTILINGUAL},
    {"xlm-roberta-xl", "its tokenizer is SentencePiece", TAKE_MULTILINGUAL},
    {"xlm", "its tokenizer is BPE and it has language embeddings", TAKE_MULTILINGUAL},
    {"xmod", "its tokenizer is SentencePiece and it has adapters", TAKE_MULTILINGUAL},
    {"camembert", "its tokenizer is SentencePiece", TAKE_MULTILINGUAL},
    {"longformer", "its attention is windowed and its tokenizer is byte-level BPE",
     "split long texts with biobert_chunks() and " TAKE_BIOMEDICAL},
    {"big_bird", "its attention is sparse and its tokenizer is SentencePiece",
     "split long texts with biobert_chunks() and " TAKE_BIOMEDICAL},
    {"mpnet", "it has relative position biases", TAKE_SENTENCES},
    {"albert", "its layers share weights and its tokenizer is SentencePiece",
     TAKE_SENTENCES},
    {"electra", "its embeddings are projected, and it was not trained for similarity",
     TAKE_BIOMEDICAL},
    {"convbert", "its attention is mixed with convolutions", TAKE_BIOMEDICAL},
    {"funnel", "it shortens the text from layer to layer", TAKE_BIOMEDICAL},
    {"squeezebert", "its layers are grouped convolutions", TAKE_SENTENCES},
    {"mobilebert", "its layers have bottlenecks", TAKE_SENTENCES},
    {"roformer", "it has rotary positions", TAKE_SENTENCES},
    {"nezha", "it has relative positions", TAKE_SENTENCES},
    {"deberta", "its attention is disentangled and its tokenizer is byte-level BPE",
     TAKE_BIOMEDICAL},
    {"deberta-v2", "its attention is disentangled and its tokenizer is SentencePiece",
     TAKE_BIOMEDICAL},
    {"modernbert", "it has rotary positions, gated layers and a byte-level BPE",
     TAKE_SENTENCES},
    {"nomic_bert", "it has rotary positions and gated layers", TAKE_SENTENCES},
    {"nomic-bert", "it has rotary positions and gated layers", TAKE_SENTENCES},
    {"nomic-bert-moe", "it has rotary positions and experts", TAKE_SENTENCES},
    {"jina-bert-v2", "it has ALiBi and gated layers", TAKE_SENTENCES},
    {"neo-bert", "it has rotary positions and gated layers", TAKE_SENTENCES},
    {"new", "it has rotary positions and gated layers", "take gte-base, its version 1"},
    {"gte", "it has rotary positions and gated layers", "take gte-base, its version 1"},
    {"eurobert", "it is a decoder's architecture, with rotary positions",
     TAKE_MULTILINGUAL},
    {"megatron-bert", "its layer norms come first", TAKE_BIOMEDICAL},
    {"bert-generation", "its tokenizer is SentencePiece", TAKE_SENTENCES},
    {"esm", "it reads residues with rotary positions", "take ProtBERT"},
    {"t5", "it is no BERT encoder", TAKE_SENTENCES},
    {"gpt2", "it is no BERT encoder", TAKE_SENTENCES},
    {"llama", "it is no BERT encoder", TAKE_SENTENCES},
    {"mistral", "it is no BERT encoder", TAKE_SENTENCES},
    {"qwen2", "it is no BERT encoder", TAKE_SENTENCES},
    {"qwen3", "it is no BERT encoder", TAKE_SENTENCES},
    {"gemma3_text", "it is no BERT encoder", TAKE_SENTENCES},
    {"clip", "it is no BERT encoder", TAKE_SENTENCES},
};
/* clang-format on */

/* A BERT whose vector is the state of [CLS] (DPREncoder.forward): Karpukhin et al. 2020
 * (arXiv:2004.04906). */
static biobert_status check_dpr(const bb_json_node *root, const char *what,
                                bb_bert_config *c, biobert_error *err) {
  int64_t projection = 0;
  bb_json_int(bb_json_get(root, "projection_dim"), &projection);
  c->pools_cls = true;
  if (projection == 0) return BIOBERT_OK;
  return bb_fail(err, BIOBERT_UNSUPPORTED,
                 "%s: projection_dim %" PRId64 " is not supported: only 0 (none)", what,
                 projection);
}

static biobert_status check_family(const bb_json_node *root, const char *what,
                                   bb_bert_config *c, biobert_error *err) {
  biobert_str type = bb_json_string(bb_json_get(root, "model_type"));
  c->family = BB_FAMILY_BERT;
  if (!type.data || bb_str_equal(type, "bert")) return BIOBERT_OK;
  if (bb_str_equal(type, "dpr")) return check_dpr(root, what, c, err);
  if (bb_str_equal(type, "distilbert")) {
    c->family = BB_FAMILY_DISTILBERT;
    return BIOBERT_OK;
  }
  const char *reason = "only BERT encoders are";
  const char *instead = TAKE_SENTENCES ", or BioBERT";
  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
    if (!bb_str_equal(type, refused[i].model_type)) continue;
    reason = refused[i].reason;
    instead = refused[i].instead;
  }
  char quoted[BB_QUOTE_BYTES];
  return bb_fail(err, BIOBERT_UNSUPPORTED,
                 "%s: model_type '%s' is not supported (%s); %s", what,
                 bb_quote(quoted, type), reason, instead);
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

/* Numbers ---------------------------------------------------------------------------- */

/* What config.json calls a setting, in BERT and in DistilBERT. */
enum setting { VOCABULARY, WIDTH, LAYERS, HEADS, FFN, POSITIONS, TYPES, ACTIVATION };
static const char *const settings[][2] = {
    [VOCABULARY] = {"vocab_size",              "vocab_size"             },
    [WIDTH] = {"hidden_size",             "dim"                    },
    [LAYERS] = {"num_hidden_layers",       "n_layers"               },
    [HEADS] = {"num_attention_heads",     "n_heads"                },
    [FFN] = {"intermediate_size",       "hidden_dim"             },
    [POSITIONS] = {"max_position_embeddings", "max_position_embeddings"},
    [TYPES] = {"type_vocab_size",         "type_vocab_size"        },
    [ACTIVATION] = {"hidden_act",              "activation"             },
};

static biobert_status check_sizes(const char *what, const bb_bert_config *c,
                                  biobert_error *err) {
  if (c->hidden % c->heads)
    return bb_fail(err, BIOBERT_FORMAT,
                   "%s: %s %zu cannot be divided into %zu attention heads", what,
                   settings[WIDTH][c->family], c->hidden, c->heads);
  if (c->positions < 3)
    return bb_fail(
        err, BIOBERT_FORMAT,
        "%s: max_position_embeddings is %zu: too few for [CLS], a piece and [SEP]", what,
        c->positions);
  return BIOBERT_OK;
}

#define AT(member) offsetof(bb_bert_config, member)
static const struct {
  size_t field;
  int64_t standard[2], max; /* of BERT, of DistilBERT */
} sizes[] = {
    [VOCABULARY] = {AT(vocabulary), {30522, 30522}, 4000000         },
    [WIDTH] = {AT(hidden),     {768, 768},     BB_MAX_HIDDEN   },
    [LAYERS] = {AT(layers),     {12, 6},        BB_MAX_LAYERS   },
    [HEADS] = {AT(heads),      {12, 12},       BB_MAX_HIDDEN   },
    [FFN] = {AT(ffn),        {3072, 3072},   BB_MAX_FFN      },
    [POSITIONS] = {AT(positions),  {512, 512},     BB_MAX_POSITIONS},
    [TYPES] = {AT(types),      {2, 1},         BB_MAX_TYPES    },
};
#undef AT
enum { SIZES = sizeof sizes / sizeof sizes[0] };

static biobert_status read_sizes(const bb_json_node *root, const char *what,
                                 bb_bert_config *c, biobert_error *err) {
  for (size_t i = 0; i < SIZES; i++) {
    const char *key = settings[i][c->family];
    const bb_json_node *node = bb_json_get(root, key);
    int64_t value = sizes[i].standard[c->family];
    if (node && (!bb_json_int(node, &value) || value < 1 || value > sizes[i].max))
      return bb_fail(err, BIOBERT_FORMAT,
                     "%s: %s is not a whole number from 1 to %" PRId64, what, key,
                     sizes[i].max);
    *(size_t *)((char *)c + sizes[i].field) = (size_t)value;
  }
  if (c->family == BB_FAMILY_DISTILBERT) {
    c->types = 1;
    c->no_types = true;
  }
  return check_sizes(what, c, err);
}

/* Of training alone, so what is no probability is as good as not said. */
static float read_dropout(const bb_json_node *root, const char *key, float usual) {
  double rate;
  const bool said = bb_json_double(bb_json_get(root, key), &rate);
  return said && rate >= 0 && rate < 1 ? (float)rate : usual;
}

/* transformers' modeling_distilbert.py; a classifier's is the only one above the usual. */
static void read_distilled_dropouts(const bb_json_node *root, bb_bert_config *c) {
  float *heads = c->head_dropout;
  c->dropout = read_dropout(root, "dropout", BB_USUAL_DROPOUT);
  c->attention_dropout = read_dropout(root, "attention_dropout", BB_USUAL_DROPOUT);
  heads[BB_TASK_CLASSIFY] = heads[BB_TASK_RERANK] =
      read_dropout(root, "seq_classif_dropout", 0.2f);
  heads[BB_TASK_NER] = c->dropout;
  heads[BB_TASK_ANSWER] = read_dropout(root, "qa_dropout", BB_USUAL_DROPOUT);
}

/* transformers' modeling_bert.py: without (or with null for) classifier_dropout heads have
 * the encoder's. */
static void read_dropouts(const bb_json_node *root, bb_bert_config *c) {
  if (c->family == BB_FAMILY_DISTILBERT) {
    read_distilled_dropouts(root, c);
    return;
  }
  float *heads = c->head_dropout;
  c->dropout = read_dropout(root, "hidden_dropout_prob", BB_USUAL_DROPOUT);
  c->attention_dropout =
      read_dropout(root, "attention_probs_dropout_prob", BB_USUAL_DROPOUT);
  heads[BB_TASK_CLASSIFY] = heads[BB_TASK_RERANK] = heads[BB_TASK_NER] =
      read_dropout(root, "classifier_dropout", c->dropout);
}

static biobert_status read_eps_and_activation(const bb_json_node *root, const char *what,
                                              bb_bert_config *c, biobert_error *err) {
  double eps = 1e-12;
  const bb_json_node *node = bb_json_get(root, "layer_norm_eps");
  if (node && (!bb_json_double(node, &eps) || !(eps > 0) || eps > 1))
    return bb_fail(err, BIOBERT_FORMAT, "%s: layer_norm_eps is not a number in (0, 1]",
                   what);
  c->eps = (float)eps;
  const char *key = settings[ACTIVATION][c->family];
  node = bb_json_get(root, key);
  biobert_str name = node ? bb_json_string(node) : bb_str("gelu");
  c->activation = name.data ? bb_activation_find(name) : NULL;
  if (c->activation) return BIOBERT_OK;
  char quoted[BB_QUOTE_BYTES];
  return bb_fail(
      err, BIOBERT_UNSUPPORTED,
      "%s: %s '%s' is not known: gelu, gelu_new, relu, silu and a few more are", what,
      key, bb_quote(quoted, name.data ? name : bb_str("?")));
}

/* Labels and task -------------------------------------------------------------------- */

static const struct {
  const char *ending;
  bb_task task;
} tasks[] = {
    {"ForMaskedLM",               BB_TASK_FILL_MASK},
    {"ForPreTraining",            BB_TASK_FILL_MASK},
    {"ForTokenClassification",    BB_TASK_NER      },
    {"ForQuestionAnswering",      BB_TASK_ANSWER   },
    {"ForSequenceClassification", BB_TASK_CLASSIFY },
};

static const char *const task_names[] = {
    [BB_TASK_EMBED] = "embed",       [BB_TASK_FILL_MASK] = "fill-mask",
    [BB_TASK_NER] = "ner",           [BB_TASK_ANSWER] = "question-answering",
    [BB_TASK_CLASSIFY] = "classify", [BB_TASK_RERANK] = "rerank",
};

const char *bb_task_name(bb_task task) {
  return task_names[task];
}

static bool ends_with(const char *text, const char *ending) {
  size_t a = strlen(text), b = strlen(ending);
  return a >= b && strcmp(text + a - b, ending) == 0;
}

bool bb_task_find(biobert_str name, bb_task *out) {
  for (size_t i = 0; i < sizeof task_names / sizeof task_names[0]; i++) {
    if (!bb_str_equal(name, task_names[i])) continue;
    *out = (bb_task)i;
    return true;
  }
  return false;
}

/* The word that a caller said, or what the architecture's name ends in. */
static biobert_status read_task(const bb_json_node *root, const char *said,
                                bb_bert_config *c, biobert_error *err) {
  const bb_json_node *first = bb_json_first(bb_json_get(root, "architectures"));
  biobert_str name = bb_json_string(first);
  c->names_architecture = name.data != NULL;
  if (!name.data)
    name = bb_str(c->family == BB_FAMILY_BERT ? "BertModel" : "DistilBertModel");
  if (name.len >= sizeof c->architecture) name.len = sizeof c->architecture - 1;
  snprintf(c->architecture, sizeof c->architecture, "%.*s", (int)name.len, name.data);
  c->task = BB_TASK_EMBED;
  for (size_t i = 0; i < sizeof tasks / sizeof tasks[0]; i++)
    if (ends_with(c->architecture, tasks[i].ending)) c->task = tasks[i].task;
  if (!said || bb_task_find(bb_str(said), &c->task)) return BIOBERT_OK;
  return bb_fail(err, BIOBERT_RANGE, "'%s' is no task", said);
}

static const bb_json_node *label_of(const bb_json_node *id2label, size_t id) {
  char key[24];
  snprintf(key, sizeof key, "%zu", id);
  return bb_json_get(id2label, key);
}

/* As PretrainedConfig counts: id2label before num_labels, and where neither is said two,
 * which save_pretrained() leaves out; or one, for a CrossEncoder whose architecture is
 * not said (sentence-transformers' Transformer). */
static size_t count_labels(const bb_json_node *root, const bb_bert_config *c) {
  size_t count = bb_json_count(bb_json_get(root, "id2label"));
  int64_t said = c->task == BB_TASK_RERANK ? 1 : 2;
  if (count == 0) bb_json_int(bb_json_get(root, "num_labels"), &said);
  return count > 0 || said < 0 ? count : (size_t)said;
}

/* A label as text: a string, or a number as it is written. */
static biobert_str label_text(const bb_json_node *label, char buffer[24]) {
  int64_t number;
  if (!bb_json_int(label, &number)) return bb_json_string(label);
  snprintf(buffer, 24, "%" PRId64, number);
  return bb_str(buffer);
}

static bool has_labels(bb_task task) {
  return task == BB_TASK_NER || task == BB_TASK_CLASSIFY || task == BB_TASK_RERANK;
}

/* id2label {"0": "O", "1": "B-Disease"} as ["O", "B-Disease"]. */
static biobert_status read_labels(const bb_json_node *root, const char *what,
                                  bb_bert_config *c, biobert_error *err) {
  enum { MAX_LABELS = 4096 };
  const bb_json_node *id2label = bb_json_get(root, "id2label");
  if (!has_labels(c->task)) return BIOBERT_OK;
  size_t count = count_labels(root, c);
  if (count == 0 || count > MAX_LABELS)
    return bb_fail(err, BIOBERT_FORMAT, "%s: %zu labels, from 1 to %d were expected",
                   what, count, MAX_LABELS);
  bb_json_writer w = {0};
  for (size_t i = 0; i < count; i++) {
    char standard[32], number[24];
    snprintf(standard, sizeof standard, "LABEL_%zu", i);
    biobert_str label = bb_json_count(id2label)
                            ? label_text(label_of(id2label, i), number)
                            : bb_str(standard);
    if (!label.data) {
      bb_free(NULL, bb_writer_take(&w, NULL));
      return bb_fail(err, BIOBERT_FORMAT,
                     "%s: id2label has neither a string nor a number for '%zu'", what, i);
    }
    bb_write_raw(&w, i ? "," : "[");
    bb_write_string(&w, label);
  }
  bb_write_raw(&w, "]");
  c->labels = bb_writer_take(&w, NULL);
  if (!c->labels) return bb_no_memory(err, what);
  if (c->task == BB_TASK_CLASSIFY && count == 1) c->task = BB_TASK_RERANK;
  if (c->task == BB_TASK_RERANK && count > 1) c->task = BB_TASK_CLASSIFY;
  return BIOBERT_OK;
}

static void read_tokenizer_class(const bb_json_node *root, bb_bert_config *c) {
  biobert_str name = bb_json_string(bb_json_get(root, "tokenizer_class"));
  if (name.len < sizeof c->tokenizer_class) /* longer ones do not exist */
    snprintf(c->tokenizer_class, sizeof c->tokenizer_class, "%.*s", (int)name.len,
             name.data ? name.data : "");
}

biobert_status bb_bert_config_read(const bb_json_node *root, const char *what,
                                   const char *task, bb_bert_config *out,
                                   biobert_error *err) {
  if (bb_json_kind_of(root) != BB_JSON_OBJECT)
    return bb_fail(err, BIOBERT_FORMAT, "%s: %s, an object was expected", what,
                   bb_json_kind_name(bb_json_kind_of(root)));
  bb_bert_config c = {0};
  biobert_status status = check_family(root, what, &c, err);
  if (!status) status = check_variants(root, what, err);
  if (!status) status = read_sizes(root, what, &c, err);
  if (!status) status = read_eps_and_activation(root, what, &c, err);
  if (!status) status = read_task(root, task, &c, err);
  if (!status) status = read_labels(root, what, &c, err);
  read_tokenizer_class(root, &c);
  read_dropouts(root, &c);
  if (status) {
    bb_bert_config_free(&c);
    return status;
  }
  *out = c;
  return BIOBERT_OK;
}

/* A DistilBERT has no types, and its epsilon is in its code. */
void bb_bert_config_write(const bb_bert_config *c, bb_json_writer *w) {
  const bool distilled = c->family == BB_FAMILY_DISTILBERT;
  bb_write_key(w, "model_type");
  bb_write_raw(w, distilled ? "\"distilbert\"" : "\"bert\"");
  for (size_t i = 0; i < SIZES; i++) {
    if (i == TYPES && distilled) continue;
    bb_write_key(w, settings[i][c->family]);
    bb_write_int(w, (int64_t) * (const size_t *)((const char *)c + sizes[i].field));
  }
  bb_write_key(w, settings[ACTIVATION][c->family]);
  bb_write_string(w, bb_str(c->activation->name));
  if (distilled) return;
  bb_write_key(w, "layer_norm_eps");
  bb_write_float(w, c->eps);
}

void bb_bert_config_free(bb_bert_config *config) {
  bb_free(NULL, config->labels);
  config->labels = NULL;
}
