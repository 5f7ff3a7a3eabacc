/* test_head_dropout.c - how much of what a task head reads is left out in training, as
 * transformers reads it from config.json. Runs from the root of the repository. */
#include "training_run.h"

#include "api/model.h"

static bool near(float a, double b) {
  return fabs((double)a - b) < 1e-6;
}

/* Reading ---------------------------------------------------------------------------- */

typedef struct rates {
  double texts, tokens, answers;
} rates;

static void test_reading(void) {
  static const struct {
    const char *says, *json;
    rates expected;
  } rows[] = {
      {"a BERT's heads have its encoder's rate, its answers none",
       "{\"model_type\": \"bert\", \"hidden_dropout_prob\": 0.25}",                                                         {0.25, 0.25, 0}  },
      {"null says nothing",
       "{\"model_type\": \"bert\", \"hidden_dropout_prob\": 0.25, "
       "\"classifier_dropout\": null}",                                                                                     {0.25, 0.25, 0}  },
      {"classifier_dropout is that of texts and tokens",
       "{\"model_type\": \"bert\", \"hidden_dropout_prob\": 0.25, "
       "\"classifier_dropout\": 0.5}",                                                                                      {0.5, 0.5, 0}    },
      {"0 is a rate",                                              "{\"model_type\": \"bert\", \"classifier_dropout\": 0}", {0, 0, 0}        },
      {"what is no probability says nothing",
       "{\"model_type\": \"bert\", \"hidden_dropout_prob\": 0.25, "
       "\"classifier_dropout\": \"much\"}",                                                                                 {0.25, 0.25, 0}  },
      {"a configuration that says nothing has a tenth",
       "{\"model_type\": \"bert\"}",                                                                                        {0.1, 0.1, 0}    },
      {"of a DistilBERT that says nothing texts have a fifth",
       "{\"model_type\": \"distilbert\", \"dropout\": 0.25}",                                                               {0.2, 0.25, 0.1} },
      {"a DistilBERT's rates have names of their own",
       "{\"model_type\": \"distilbert\", \"dropout\": 0.25, "
       "\"seq_classif_dropout\": 0.5, \"qa_dropout\": 0.75, \"classifier_dropout\": 0}",                                    {0.5, 0.25, 0.75}},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    bb_json *json = NULL;
    bb_bert_config c = {0};
    check_begin(rows[i].says);
    CHECK_INT(bb_json_parse(bb_str(rows[i].json), "config.json", &json, &err),
              BIOBERT_OK);
    CHECK_INT(bb_bert_config_read(bb_json_root(json), "config.json", NULL, &c, &err),
              BIOBERT_OK);
    CHECK(near(c.head_dropout[BB_TASK_CLASSIFY], rows[i].expected.texts));
    CHECK(near(c.head_dropout[BB_TASK_RERANK], rows[i].expected.texts));
    CHECK(near(c.head_dropout[BB_TASK_NER], rows[i].expected.tokens));
    CHECK(near(c.head_dropout[BB_TASK_ANSWER], rows[i].expected.answers));
    CHECK(c.head_dropout[BB_TASK_FILL_MASK] == 0 && c.head_dropout[BB_TASK_EMBED] == 0);
    bb_bert_config_free(&c);
    bb_json_free(json);
  }
}

/* Runs ------------------------------------------------------------------------------- */

/* A line of config.json of a model, and what becomes of it. */
typedef struct setting {
  const char *task, *model, *from, *to;
} setting;

static void add_row(run *r, const char *task) {
  const biobert_value label[] = {text_value("aspirin helps"), text_value("yes")};
  const biobert_value other[] = {text_value("aspirin harms"), text_value("no")};
  const biobert_value answer[] = {text_value("what helps?"), text_value("aspirin helps"),
                                  text_value("aspirin"), integer_value(0)};
  const biobert_value spans[] = {
      text_value("aspirin helps"),
      text_value("[{\"start_byte\": 0, \"end_byte\": 7, \"label\": \"Drug\"}]")};
  if (strcmp(task, "answer") == 0) {
    CHECK_INT(run_add(r, BIOBERT_LEARN, 4, answer), BIOBERT_OK);
  } else if (strcmp(task, "entities") == 0) {
    CHECK_INT(run_add(r, BIOBERT_LEARN, 2, spans), BIOBERT_OK);
  } else {
    CHECK_INT(run_add(r, BIOBERT_LEARN, 2, label), BIOBERT_OK);
    CHECK_INT(run_add(r, BIOBERT_LEARN, 2, other), BIOBERT_OK);
  }
}

/* The loss of the second step of a run with that configuration, and its folder. */
static double loss_with(const setting *s, const char *to, const char *options,
                        char output[FOLDER_PATH]) {
  static int runs;
  char name[32], file[2 * FOLDER_PATH];
  const char *model = copy_of(s->model);
  run r;
  snprintf(file, sizeof file, "%s/config.json", model);
  CHECK(file_replace(file, s->from, to));
  snprintf(name, sizeof name, "dropout_%d", runs++);
  CHECK_INT(run_open(&r, s->task, model, folder_path(output, name), options), BIOBERT_OK);
  add_row(&r, s->task);
  CHECK_INT(run_steps(&r, 2), BIOBERT_OK);
  const double loss = r.report.loss;
  CHECK_INT(run_steps(&r, 0), BIOBERT_OK);
  run_close(&r);
  return loss;
}

static const char OPTIONS[] = "{\"steps\": 2, \"warmup\": 0}";

static void test_runs(void) {
  static const setting rows[] = {
      {"classify", "relations",       "\"classifier_dropout\": null",
       "\"classifier_dropout\": 0.5"                                                       },
      {"entities", "relations",       "\"classifier_dropout\": null",
       "\"classifier_dropout\": 0.5"                                                       },
      {"classify", "distilbert_text", "\"seq_classif_dropout\": 0.2",
       "\"seq_classif_dropout\": 0.5"                                                      },
      {"answer",   "distilbert",      "\"qa_dropout\": 0.1",          "\"qa_dropout\": 0.5"},
  };
  check_begin("the rate of the configuration is trained with, and written again");
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const setting *s = &rows[i];
    char output[FOLDER_PATH], file[2 * FOLDER_PATH];
    size_t count;
    check_context("%s of %s", s->task, s->model);
    const double as_it_is = loss_with(s, s->from, OPTIONS, output);
    CHECK(loss_with(s, s->to, OPTIONS, output) != as_it_is);
    snprintf(file, sizeof file, "%s/config.json", output);
    char *config = file_read(file, &count);
    CHECK(config && strstr(config, s->to));
    free(config);
  }
}

static void test_no_rate(void) {
  check_begin("of a BERT's answers nothing is left out but in the encoder");
  static const setting answers = {"answer", "relations", "\"classifier_dropout\": null",
                                  "\"classifier_dropout\": 0.5"};
  char output[FOLDER_PATH];
  CHECK(loss_with(&answers, answers.to, OPTIONS, output) ==
        loss_with(&answers, answers.from, OPTIONS, output));
  check_begin("null is the encoder's rate");
  static const setting texts = {"classify", "relations", "\"classifier_dropout\": null",
                                "\"classifier_dropout\": 0.1"};
  CHECK(loss_with(&texts, texts.to, OPTIONS, output) ==
        loss_with(&texts, texts.from, OPTIONS, output));
  check_begin("the option wins over all of them");
  static const char none[] = "{\"steps\": 2, \"warmup\": 0, \"dropout\": 0}";
  static const setting won = {"classify", "distilbert_text",
                              "\"seq_classif_dropout\": 0.2",
                              "\"seq_classif_dropout\": 0.5"};
  CHECK(loss_with(&won, won.to, none, output) == loss_with(&won, won.from, none, output));
}

/* The rate is of the configuration, which the weights' hash does not see. */
static void test_other_rate(void) {
  check_begin("a run is not gone on with under another rate");
  char output[FOLDER_PATH], file[2 * FOLDER_PATH];
  const char *model = copy_of("relations");
  run r;
  folder_path(output, "other_rate");
  snprintf(file, sizeof file, "%s/config.json", model);
  for (int i = 0; i < 2; i++) {
    CHECK_INT(run_open(&r, "classify", model, output, OPTIONS), BIOBERT_OK);
    add_row(&r, "classify");
    CHECK_INT(run_steps(&r, 1), i ? BIOBERT_RANGE : BIOBERT_OK);
    if (i) expect_message("other arguments");
    run_close(&r);
    if (i == 0)
      CHECK(file_replace(file, "\"classifier_dropout\": null",
                         "\"classifier_dropout\": 0.5"));
  }
}

int main(void) {
  folder_begin();
  test_reading();
  test_runs();
  test_no_rate();
  test_other_rate();
  return check_report();
}
