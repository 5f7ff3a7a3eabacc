/* biobert_train.h - training: a model learns from rows, and is written as a folder that
 * transformers, sentence-transformers and biobert_model_open() open.
 *
 *   biobert_training_options o;
 *   biobert_training_options_read(json, &o, &err);
 *   biobert_training_open(&settings, &o, &t, &err);
 *   biobert_training_add(t, BIOBERT_LEARN, values, count, &err);     row by row
 *   do biobert_training_next(t, &report, &err); while (!report.done);
 *   biobert_training_close(t);
 *
 * Sources: Devlin et al. 2019 (arXiv:1810.04805), masked language modelling and
 * fine-tuning; Lee et al. 2020 (doi:10.1093/bioinformatics/btz682), on biomedical texts;
 * Reimers & Gurevych 2019 (arXiv:1908.10084), sentence vectors.
 *
 * A run is the same to the last bit whatever the number of threads, whether or not it was
 * stopped and gone on with, on processors of one instruction set. */
#ifndef BIOBERT_TRAIN_H
#define BIOBERT_TRAIN_H

#include "biobert.h"

#ifdef __cplusplus
extern "C" {
#endif

#ifdef __GNUC__
#pragma GCC visibility push(default)
#endif

/* Options ---------------------------------------------------------------------------- */

typedef enum biobert_freeze {
  BIOBERT_FREEZE_NOTHING,
  BIOBERT_FREEZE_EMBEDDINGS,
  BIOBERT_FREEZE_LAYERS,  /* embeddings and the first frozen_layers */
  BIOBERT_FREEZE_ENCODER, /* all but head and pooler */
} biobert_freeze;

/* What the JSON object says; what it does not say is as given here. */
typedef struct biobert_training_options {
  char *model;          /* name of the model to start from; NULL: the default one */
  char *config;         /* JSON of a new model, in place of `model`; NULL: none */
  char *teacher;        /* name of the model that `distil` learns from */
  char *evaluate;       /* SELECT of the same columns, for a metric after each epoch */
  char *json;           /* the options as they were given, for the model card */
  double epochs;        /* 3; a run ends after whole batches */
  uint64_t steps;       /* 0: by epochs */
  size_t batch;         /* tokens of a step: 4096 */
  double learning_rate; /* 0: the task's */
  double warmup;        /* below 1: part of all steps, else steps; 0.1 */
  const char *schedule; /* "linear", "cosine", "constant" */
  double weight_decay;  /* 0.01, of matrices */
  double clip;          /* norm of all derivatives at most: 1; 0: no limit */
  double dropout;       /* below 0: the rates of the model's config.json */
  biobert_freeze freeze;
  size_t frozen_layers;
  size_t max_tokens;   /* of a text; 0: the model's */
  uint64_t seed;       /* 42 */
  size_t save_every;   /* steps between checkpoints: 200 */
  size_t threads;      /* 0: as many as the process uses */
  size_t memory_limit; /* bytes that training allocates at most; 0: no limit */
  bool whole_words;    /* mlm */
  bool projection;     /* distil: a dense layer makes the teacher's dimension */
} biobert_training_options;

/* RANGE: an unknown key or a bad value; the message lists what is allowed. Empty text is
 * {}. The caller ends with biobert_training_options_free(). */
biobert_status biobert_training_options_read(biobert_str json,
                                             biobert_training_options *out,
                                             biobert_error *err);
void biobert_training_options_free(biobert_training_options *options);

/* A run ------------------------------------------------------------------------------ */

typedef struct biobert_training biobert_training; /* one thread at a time */

typedef struct biobert_training_settings {
  biobert_str task;       /* "mlm", "classify", "regress", "rerank", "entities", "answer",
                             "embed", "distil" */
  biobert_str output;     /* the folder to write */
  biobert_model *model;   /* to start from; NULL with options.config */
  biobert_model *teacher; /* of distil; else NULL */
  biobert_str trained_on; /* for the model card: the query */
  bool (*cancel)(void *ctx); /* as biobert_session_options.cancel */
  void *cancel_ctx;
} biobert_training_settings;

/* RANGE: no such task; a folder that is neither new, nor of this run, nor finished by an
 * equal one. UNSUPPORTED: the model has no such vectors. Everything is copied or shared. */
biobert_status biobert_training_open(const biobert_training_settings *settings,
                                     const biobert_training_options *options,
                                     biobert_training **out, biobert_error *err);
/* Saves a checkpoint where steps have been made since the last one. */
void biobert_training_close(biobert_training *training);

typedef enum biobert_value_kind {
  BIOBERT_NULL,
  BIOBERT_INTEGER,
  BIOBERT_REAL,
  BIOBERT_TEXT,
  BIOBERT_BLOB,
} biobert_value_kind;

typedef struct biobert_value {
  biobert_value_kind kind;
  int64_t integer; /* BIOBERT_INTEGER */
  double real;     /* BIOBERT_INTEGER too */
  biobert_str text;
} biobert_value;

typedef enum biobert_rows { BIOBERT_LEARN, BIOBERT_EVALUATE } biobert_rows;

/* One row, before the first biobert_training_next(). A NULL among its columns: it is
 * skipped and counted (in `answer`, NULL as the answer says that there is none). RANGE:
 * the wrong number of columns (in `embed`: another than the rows before have), a wrong
 * type, an unknown span, a label that the training rows do not have; the message has the
 * row's number. */
biobert_status biobert_training_add(biobert_training *training, biobert_rows rows,
                                    const biobert_value *columns, size_t count,
                                    biobert_error *err);

typedef struct biobert_training_report {
  uint64_t step, steps; /* from 1; all */
  uint64_t epoch;       /* from 1 */
  double loss;          /* of the step's batch, before its weights moved; an epoch's: the
                           mean of its steps' */
  double learning_rate; /* that the step used */
  double tokens_per_second;
  double eta_seconds;
  const char *metric; /* at the end of an epoch: its name; NULL: a step */
  double value;
  const char *message; /* NULL: nothing to say; valid until the next call */
  bool done;           /* the last one: the folder is written */
} biobert_training_report;

/* One step, or the evaluation after an epoch. The first call checks all rows (RANGE: a
 * text that is in both sets, no row to learn from) and finds the last checkpoint. A loss
 * that is not finite: FORMAT, with advice. INTERRUPTED, IO, NOMEM: the run can be gone on
 * with from its last checkpoint. */
biobert_status biobert_training_next(biobert_training *training,
                                     biobert_training_report *report, biobert_error *err);

#ifdef __GNUC__
#pragma GCC visibility pop
#endif

#ifdef __cplusplus
}
#endif
#endif
