/* test_training_rows.c - the rows that each task takes, and those that it refuses, with
 * their number. Runs from the root of the repository. */
#include "training_run.h"

#include "trainer/tags.h"
#include "trainer/trainer.h"

static const struct {
  const char *task, *model, *row, *message;
} refused[] = {
    {"mlm",      "mlm_cased",     "[1]",                                                 "column 1 (text) is a number, and takes a text"},
    {"mlm",      "mlm_cased",     "[\"a\", \"b\"]",                                      "mlm takes the columns text, not 2"            },
    {"classify", "relations",     "[\"a text\"]",                                        "not 1"                                        },
    {"classify", "relations",     "[2, \"yes\"]",                                        "column 1 (text) is a number"                  },
    {"classify", "relations",     "[\"a text\", 0.5]",                                   "a label is a text or a whole number"          },
    {"classify", "relations",     "[\"a text\", \"\"]",                                  "a label is a text of 1 to"                    },
    {"classify", "relations",     "[\"a text\", \"[1]\"]",                               "of texts alone"                               },
    {"classify", "relations",     "[\"a text\", \"[\\\"a\\\"\"]",                        "is no JSON array"                             },
    {"regress",  "cross_encoder", "[\"a\", \"b\", \"c\"]",                               "column 3 takes a number"                      },
    {"regress",  "cross_encoder", "[\"a\", \"b\", 1e300]",                               "takes a number from -1e+30"                   },
    {"rerank",   "cross_encoder", "[\"a\", \"b\", 1.5]",                                 "takes a number from 0 to 1"                   },
    {"entities", "token_cls",     "[\"aspirin\", 1]",                                    "column 2 (spans) is a number"                 },
    {"entities", "token_cls",     "[\"aspirin\", \"{}\"]",                               "the spans are no JSON array"                  },
    {"entities", "token_cls",     "[\"aspirin\", \"[{}]\"]",                             "a span is {"                                  },
    {"entities", "token_cls",
     "[\"aspirin\", "
     "\"[{\\\"start_byte\\\":0,\\\"end_byte\\\":8,\\\"label\\\":\\\"D\\\"}]\"]",         "from byte 0 to 8 is not in the text of 7"     },
    {"entities", "token_cls",
     "[\"aspirin\", "
     "\"[{\\\"start_byte\\\":3,\\\"end_byte\\\":3,\\\"label\\\":\\\"D\\\"}]\"]",         "is not in the text"                           },
    {"entities", "token_cls",
     "[\"\xC3\xA4sculin\", "
     "\"[{\\\"start_byte\\\":1,\\\"end_byte\\\":3,\\\"label\\\":\\\"D\\\"}]\"]",         "cuts a character"                             },
    {"entities", "token_cls",
     "[\"aspirin\", "
     "\"[{\\\"start_byte\\\":0,\\\"end_byte\\\":3,\\\"label\\\":\\\"D\\\"},"
     "{\\\"start_byte\\\":2,\\\"end_byte\\\":5,\\\"label\\\":\\\"D\\\"}]\"]",            "the spans from byte 0 and from byte 2 overlap"},
    {"answer",   "qa",            "[\"what\", \"aspirin helps\", \"helps\", 0]",
     "the context does not have the answer at byte 0"                                                                                   },
    {"answer",   "qa",            "[\"what\", \"aspirin helps\", \"helps\", \"x\"]",     "whole number"                                 },
    {"answer",   "qa",            "[\"what\", \"aspirin  \", \"  \", 7]",                "the answer has no words"                      },
    {"embed",    "st_mean",       "[\"what\", 2]",                                       "column 2 (positive) is a number"              },
    {"entities", "token_cls",
     "[\"aspirin\", "
     "\"[{\\\"start_byte\\\":-1,\\\"end_byte\\\":3,\\\"label\\\":\\\"D\\\"}]\"]",        "from byte -1 to 3 is not in the text"         },
    {"entities", "token_cls",
     "[\"aspirin\", "
     "\"[{\\\"start_byte\\\":5,\\\"end_byte\\\":2,\\\"label\\\":\\\"D\\\"}]\"]",         "is not in the text"                           },
    {"entities", "token_cls",
     "[\"aspirin\", "
     "\"[{\\\"start_byte\\\":0,\\\"end_byte\\\":\\\"x\\\",\\\"label\\\":\\\"D\\\"}]\"]", "a span is {"                                  },
    {"entities", "token_cls",
     "[\"aspirin\", \"[{\\\"start_byte\\\":0,\\\"end_byte\\\":3}]\"]",                   "a span is {"                                  },
    {"entities", "token_cls",     "[\"aspirin\", \"[\"]",                                "the spans are no JSON array"                  },
    {"entities", "token_cls",     "[2, \"[]\"]",                                         "column 1 (text) is a number"                  },
    {"answer",   "qa",            "[\"what\", \"aspirin helps\", \"\", 0]",
     "does not have the answer"                                                                                                         },
    {"answer",   "qa",            "[\"what\", \"aspirin helps\", \"a\", -1]",
     "does not have the answer"                                                                                                         },
    {"answer",   "qa",            "[\"what\", \"aspirin helps\", \"a\", 99]",
     "does not have the answer"                                                                                                         },
    {"answer",   "qa",            "[\"what\", \"aspirin helps\", \"helps more\", 8]",
     "does not have the answer"                                                                                                         },
    {"answer",   "qa",            "[\"what\", 2, \"a\", 0]",                             "column 2 (context) is a number"               },
    {"answer",   "qa",            "[\"what\", \"aspirin\", 5, 0]",                       "column 3 (answer) is a number"                },
    {"regress",  "cross_encoder", "[2, 1]",                                              "column 1 (text) is a number"                  },
    {"regress",  "cross_encoder", "[\"a\", -1e300]",                                     "takes a number from -1e+30"                   },
    {"rerank",   "cross_encoder", "[\"a\", \"b\", -0.5]",                                "takes a number from 0 to 1"                   },
    {"embed",    "st_mean",       "[2, \"a\"]",                                          "column 1 (anchor) is a number"                },
    {"embed",    "st_mean",       "[\"what\"]",                                          "anchor, positive [, negative], not 1"         },
    {"regress",  "cross_encoder", "[2, \"b\", 1]",                                       "column 1 (text) is a number"                  },
    {"classify", "relations",     "[\"a text\", \"a\\u0000b\"]",                         "a label is a text of 1 to"                    },
    {"answer",   "qa",            "[2, \"aspirin\", \"a\", 0]",                          "column 1 (question) is a number"              },
    {"entities", "token_cls",
     "[\"\xC3\xA4sculin\", "
     "\"[{\\\"start_byte\\\":0,\\\"end_byte\\\":1,\\\"label\\\":\\\"D\\\"}]\"]",         "cuts a character"                             },
    {"entities", "token_cls",
     "[\"aspirin\", "
     "\"[{},{\\\"start_byte\\\":0,\\\"end_byte\\\":7,\\\"label\\\":\\\"D\\\"}]\"]",      "a span is {"                                  },
};

static void test_refused(void) {
  check_begin("a row that a task does not take is an error with its number");
  for (size_t i = 0; i < COUNT(refused); i++) {
    char model[128], output[FOLDER_PATH];
    run r;
    check_context("%s %s", refused[i].task, refused[i].row);
    snprintf(model, sizeof model, GOLDEN "%s", refused[i].model);
    CHECK_INT(run_open(&r, refused[i].task, model, folder_path(output, "x"), ""),
              BIOBERT_OK);
    CHECK_INT(run_add_json(&r, BIOBERT_LEARN, refused[i].row), BIOBERT_RANGE);
    expect_message(refused[i].message);
    CHECK(strstr(err.message, "query") != NULL);
    run_close(&r);
  }
}

static void test_mixed_labels(void) {
  check_begin("labels are all one of a text, or all arrays");
  char output[FOLDER_PATH];
  run r;
  CHECK_INT(run_open(&r, "classify", GOLDEN "relations", folder_path(output, "x"), ""),
            BIOBERT_OK);
  CHECK_INT(run_add_json(&r, BIOBERT_LEARN, "[\"a\", \"yes\"]"), BIOBERT_OK);
  CHECK_INT(run_add_json(&r, BIOBERT_LEARN, "[\"b\", \"[\\\"yes\\\"]\"]"), BIOBERT_RANGE);
  expect_message("row 2");
  run_close(&r);
  CHECK_INT(run_open(&r, "classify", GOLDEN "relations", folder_path(output, "x"), ""),
            BIOBERT_OK);
  CHECK_INT(run_add_json(&r, BIOBERT_LEARN, "[\"a\", \"[\\\"yes\\\"]\"]"), BIOBERT_OK);
  CHECK_INT(run_add_json(&r, BIOBERT_LEARN, "[\"b\", \"yes\"]"), BIOBERT_RANGE);
  expect_message("the label is no JSON array, those before are arrays");
  run_close(&r);
}

/* It came out of the labels' JSON as another one, and its number went before an array. */
static void test_ill_formed_labels(void) {
  check_begin("a label that is no UTF-8 is refused, not written outside an array");
  char output[FOLDER_PATH];
  run r;
  CHECK_INT(run_open(&r, "classify", GOLDEN "relations", folder_path(output, "x"), ""),
            BIOBERT_OK);
  CHECK_INT(run_add_json(&r, BIOBERT_LEARN, "[\"a\", \"yes \xEF\xBF\xBD\"]"), BIOBERT_OK);
  const biobert_value row[] = {text_value("b"), text_value("yes \xFC\xFC")};
  CHECK_INT(run_add(&r, BIOBERT_LEARN, 2, row), BIOBERT_RANGE);
  expect_message("query, row 2: a label is a text of 1 to");
  run_close(&r);
}

/* Each set has a number of its own. */
static void test_mixed_columns(void) {
  check_begin(
      "a pair after a pair with a negative is refused, not taken apart elsewhere");
  char output[FOLDER_PATH];
  run r;
  CHECK_INT(run_open(&r, "embed", GOLDEN "st_mean", folder_path(output, "x"), ""),
            BIOBERT_OK);
  CHECK_INT(run_add_json(&r, BIOBERT_LEARN, "[\"what\", \"gene\"]"), BIOBERT_OK);
  CHECK_INT(run_add_json(&r, BIOBERT_LEARN, "[\"which\", \"cell\", \"lung\"]"),
            BIOBERT_RANGE);
  expect_message("query, row 2: 3 columns, after rows of 2");
  CHECK_INT(run_add_json(&r, BIOBERT_EVALUATE, "[\"who\", \"heart\", \"lung\"]"),
            BIOBERT_OK);
  run_close(&r);
}

/* Labels of the tokens of "aspirin helps against platelets": [CLS] and [SEP] have none. */
static void test_tags(void) {
  check_begin("first pieces of words have labels: O, B- and I- of their entity");
  char output[FOLDER_PATH];
  run r;
  CHECK_INT(run_open(&r, "entities", GOLDEN "token_cls", folder_path(output, "x"), ""),
            BIOBERT_OK);
  CHECK_INT(run_add_json(
                &r, BIOBERT_LEARN,
                "[\"aspirin helps against\", \"[{\\\"start_byte\\\":0,\\\"end_byte\\\":"
                "13,\\\"label\\\":\\\"D\\\"}]\"]"),
            BIOBERT_OK);
  const bb_examples *e = &r.training->learn->examples;
  int32_t labels[8];
  size_t words = 0;
  for (size_t i = 0; i < e->tokens && words < COUNT(labels); i++)
    if (e->token_targets[i] != BB_NO_TARGET) labels[words++] = e->token_targets[i];
  CHECK_INT((long long)words, 3);
  CHECK_INT(labels[0], bb_tag_begin(0));
  CHECK_INT(labels[1], bb_tag_inside(0));
  CHECK_INT(labels[2], BB_TAG_OUTSIDE);
  run_close(&r);
}

static void test_long_texts(void) {
  check_begin("a long text is several sequences, and all of it is learnt from");
  char output[FOLDER_PATH], text[2000] = "[\"";
  run r;
  for (int i = 0; i < 200; i++) strcat(text, "gene ");
  strcat(text, "\"]");
  CHECK_INT(run_open(&r, "mlm", GOLDEN "mlm_cased", folder_path(output, "x"),
                     "{\"max_tokens\": 12}"),
            BIOBERT_OK);
  CHECK_INT(run_add_json(&r, BIOBERT_LEARN, text), BIOBERT_OK);
  const bb_examples *e = &r.training->learn->examples;
  CHECK(e->count >= 20);
  CHECK(e->tokens >= 200 + 2 * e->count);
  for (size_t i = 0; i < e->count; i++) CHECK(bb_example_tokens(e, i) <= 12);
  run_close(&r);
}

static void test_answers(void) {
  check_begin("a window that has not all of an answer aims at [CLS]");
  char output[FOLDER_PATH], row[2000] = "[\"what\", \"";
  run r;
  for (int i = 0; i < 60; i++) strcat(row, "gene ");
  strcat(row, "aspirin helps\", \"aspirin helps\", 300]");
  CHECK_INT(run_open(&r, "answer", GOLDEN "qa", folder_path(output, "x"), ""),
            BIOBERT_OK);
  CHECK_INT(run_add_json(&r, BIOBERT_LEARN, row), BIOBERT_OK);
  CHECK_INT(run_add_json(&r, BIOBERT_LEARN, "[\"what\", \"a gene\", null, null]"),
            BIOBERT_OK);
  const bb_examples *e = &r.training->learn->examples;
  size_t found = 0;
  for (size_t i = 0; i < e->count; i++) {
    const int32_t *labels = e->labels + i * e->label_width;
    found += labels[BB_ANSWER_FIRST] > 0;
    CHECK(labels[BB_ANSWER_LAST] >= labels[BB_ANSWER_FIRST]);
  }
  CHECK(e->count > 3);
  CHECK(found >= 1 && found < e->count);
  run_close(&r);
}

static void test_options(void) {
  static const struct {
    const char *json, *message;
  } bad[] = {
      {"[]",                                         "a JSON object was expected"                    },
      {"{\"epoch\": 3}",                             "is not one of"                                 },
      {"{\"epochs\": 0}",                            "epochs takes a number above 0"                 },
      {"{\"batch\": 1.5}",                           "batch takes a whole number"                    },
      {"{\"schedule\": \"step\"}",                   "schedule takes \"linear\""                     },
      {"{\"freeze\": \"head\"}",                     "freeze takes \"embeddings\""                   },
      {"{\"warmup\": 1.5}",                          "warmup takes a part below 1, or a whole number"},
      {"{\"config\": 3}",                            "config takes an object"                        },
      {"{\"config\": {}, \"model\": \"m\"}",         "model and config"                              },
      {"{\"epochs\": 1,}",                           "options"                                       },
      {"{\"epochs\": \"many\"}",                     "epochs takes"                                  },
      {"{\"clip\": -1}",                             "clip takes a number from 0"                    },
      {"{\"batch\": \"x\"}",                         "batch takes a whole number"                    },
      {"{\"batch\": 4}",                             "batch takes a whole number of tokens from 8"   },
      {"{\"projection\": 1}",                        "projection takes true or false"                },
      {"{\"model\": \"\"}",                          "model takes the name"                          },
      {"{\"model\": 1}",                             "model takes the name"                          },
      {"{\"evaluate\": \"a\\u0000b\"}",              "evaluate takes a SELECT"                       },
      {"{\"freeze\": 200}",                          "freeze takes"                                  },
      {"{\"freeze\": 1.5}",                          "freeze takes"                                  },
      {"{\"config\": {\"layers\": []}}",             "config takes an object"                        },
      {"{\"config\": {\"layers\": {}}}",             "config takes an object"                        },
      {"{\"epochs\": 3, \"steps\": 0, \"seed\": 1}", "steps takes a whole number from 1"             },
  };
  check_begin("an option that is not known, or not good, is refused by name");
  for (size_t i = 0; i < COUNT(bad); i++) {
    biobert_training_options o;
    check_context("%s", bad[i].json);
    CHECK_INT(biobert_training_options_read(bb_str(bad[i].json), &o, &err),
              BIOBERT_RANGE);
    expect_message(bad[i].message);
  }
}

/* null is as if it were not said, in the options and in their object. */
static void test_null_options(void) {
  check_begin("an option that is null has its default");
  biobert_training_options o;
  CHECK_INT(biobert_training_options_read(
                bb_str("{\"epochs\": null, \"batch\": 8, \"projection\": false, "
                       "\"whole_words\": true, \"config\": {\"layers\": null, "
                       "\"lowercase\": false, \"dropout\": 0.5, \"heads\": 2}}"),
                &o, &err),
            BIOBERT_OK);
  CHECK(o.epochs == 3 && o.batch == 8 && !o.projection && o.whole_words);
  CHECK_STR(o.config, "{\"lowercase\":false,\"dropout\":0.5,\"heads\":2}");
  biobert_training_options_free(&o);
}

static const struct {
  const char *task, *model, *row;
} skipped[] = {
    {"mlm",      "mlm_cased",     "[null]"                             },
    {"classify", "relations",     "[\"a text\", null]"                 },
    {"regress",  "cross_encoder", "[\"a\", null]"                      },
    {"rerank",   "cross_encoder", "[null, \"b\", 1]"                   },
    {"entities", "token_cls",     "[\"aspirin\", null]"                },
    {"answer",   "qa",            "[null, \"aspirin helps\", \"a\", 0]"},
    {"embed",    "st_mean",       "[\"what\", null]"                   },
};

static void test_skipped(void) {
  check_begin("a row with a NULL is left out and counted, whatever the task");
  for (size_t i = 0; i < COUNT(skipped); i++) {
    char model[128], output[FOLDER_PATH];
    run r;
    check_context("%s %s", skipped[i].task, skipped[i].row);
    snprintf(model, sizeof model, GOLDEN "%s", skipped[i].model);
    CHECK_INT(run_open(&r, skipped[i].task, model, folder_path(output, "x"), ""),
              BIOBERT_OK);
    CHECK_INT(run_add_json(&r, BIOBERT_LEARN, skipped[i].row), BIOBERT_OK);
    CHECK_INT((long long)r.training->learn->skipped, 1);
    CHECK_INT((long long)r.training->learn->examples.count, 0);
    run_close(&r);
  }
  check_begin("an answer that is NULL is none, and its row is learnt from");
  char output[FOLDER_PATH];
  run r;
  CHECK_INT(run_open(&r, "answer", GOLDEN "qa", folder_path(output, "x"), ""),
            BIOBERT_OK);
  CHECK_INT(run_add_json(&r, BIOBERT_LEARN, "[\"what\", \"a text\", \"a\", null]"),
            BIOBERT_OK);
  CHECK_INT(run_add_json(&r, BIOBERT_LEARN, "[\"what\", \"a text\", null, 0]"),
            BIOBERT_OK);
  CHECK_INT((long long)r.training->learn->skipped, 0);
  CHECK(r.training->learn->examples.count >= 2);
  run_close(&r);
}

/* A text of nothing has no tokens to learn from, and is a text all the same. */
static void test_empty_texts(void) {
  static const struct {
    const char *task, *model, *row;
    size_t examples;
  } empty[] = {
      {"mlm",      "mlm_cased", "[\"\"]",           0},
      {"entities", "token_cls", "[\"\", \"[]\"]",   0},
      {"classify", "relations", "[\"\", \"none\"]", 1},
  };
  check_begin("a text of nothing is read, whatever the task");
  for (size_t i = 0; i < COUNT(empty); i++) {
    char model[128], output[FOLDER_PATH];
    run r;
    check_context("%s", empty[i].task);
    snprintf(model, sizeof model, GOLDEN "%s", empty[i].model);
    CHECK_INT(run_open(&r, empty[i].task, model, folder_path(output, "x"), ""),
              BIOBERT_OK);
    CHECK_INT(run_add_json(&r, BIOBERT_LEARN, empty[i].row), BIOBERT_OK);
    CHECK_INT((long long)r.training->learn->skipped, 0);
    CHECK_INT((long long)r.training->learn->examples.count, (long long)empty[i].examples);
    run_close(&r);
  }
}

static void test_no_number(void) {
  check_begin("what is no number is no target");
  char output[FOLDER_PATH];
  run r;
  const biobert_value row[] = {text_value("a"), real_value(NAN)};
  CHECK_INT(run_open(&r, "regress", GOLDEN "cross_encoder", folder_path(output, "x"), ""),
            BIOBERT_OK);
  CHECK_INT(run_add(&r, BIOBERT_LEARN, 2, row), BIOBERT_RANGE);
  expect_message("takes a number from -1e+30");
  run_close(&r);
}

/* Each label is a column of the head: a column of texts in its place would be too many. */
static void test_many_labels(void) {
  check_begin("more labels than a head may have are an error with its row");
  char output[FOLDER_PATH], label[16];
  run r;
  CHECK_INT(run_open(&r, "classify", GOLDEN "relations", folder_path(output, "x"), ""),
            BIOBERT_OK);
  for (int i = 0; i < BB_MAX_LABELS; i++) {
    snprintf(label, sizeof label, "%d", i);
    if (bb_label_names_add(&r.training->reader.labels, bb_str(label), &err)) break;
  }
  CHECK_INT(run_add_json(&r, BIOBERT_LEARN, "[\"a text\", \"7\"]"), BIOBERT_OK);
  CHECK_INT(run_add_json(&r, BIOBERT_LEARN, "[\"a text\", \"one more\"]"), BIOBERT_RANGE);
  expect_message("row 2: more than 65536 labels: is this column the label?");
  run_close(&r);
}

static void test_distil_rows(void) {
  check_begin("distil takes texts, and leaves out what is NULL");
  char output[FOLDER_PATH];
  run r = {
      .settings = {.task = bb_str("distil"), .output = bb_str(folder_path(output, "x"))}
  };
  CHECK_INT(biobert_training_options_read(bb_str(""), &r.options, &err), BIOBERT_OK);
  r.settings.model = open_model(GOLDEN "st_mean", "");
  r.settings.teacher = open_model(GOLDEN "st_cls", "");
  CHECK_INT(biobert_training_open(&r.settings, &r.options, &r.training, &err),
            BIOBERT_OK);
  CHECK_INT(run_add_json(&r, BIOBERT_LEARN, "[null]"), BIOBERT_OK);
  CHECK_INT((long long)r.training->learn->skipped, 1);
  CHECK_INT(run_add_json(&r, BIOBERT_LEARN, "[1]"), BIOBERT_RANGE);
  expect_message("row 2: column 1 (text) is a number, and takes a text");
  run_close(&r);
  check_begin("another task takes no teacher");
  r = (run){
      .settings = {.task = bb_str("embed"), .output = bb_str(output)}
  };
  CHECK_INT(biobert_training_options_read(bb_str(""), &r.options, &err), BIOBERT_OK);
  r.settings.model = open_model(GOLDEN "st_mean", "");
  r.settings.teacher = open_model(GOLDEN "st_cls", "");
  CHECK_INT(biobert_training_open(&r.settings, &r.options, &r.training, &err),
            BIOBERT_RANGE);
  expect_message("teacher is an option of distil");
  run_close(&r);
}

static void test_openings(void) {
  static const struct {
    const char *task, *output, *options, *message;
  } bad[] = {
      {"translate", "x",  "",                      "task 'translate' is not one of: mlm, classify"},
      {"mlm",       "",   "",                      "output takes the name of a folder"            },
      {"mlm",       "x/", "",                      "output takes the name of a folder"            },
      {"distil",    "x",  "",                      "distil takes a teacher"                       },
      {"mlm",       "x",  "{\"max_tokens\": 100}", "max_tokens 100: the model takes at most 48"   },
  };
  check_begin("a run that cannot be is refused before any row");
  for (size_t i = 0; i < COUNT(bad); i++) {
    run r;
    check_context("%s %s", bad[i].task, bad[i].options);
    CHECK_INT(
        run_open(&r, bad[i].task, GOLDEN "mlm_cased", bad[i].output, bad[i].options),
        BIOBERT_RANGE);
    expect_message(bad[i].message);
    run_close(&r);
  }
}

static void test_new_models(void) {
  static const struct {
    const char *config, *message;
  } bad[] = {
      {"{\"layers\": 2}",                                                     "config: vocabulary takes the text of a vocab.txt"},
      {"{\"layer\": 2}",                                                      "is not one of: layers"                           },
      {"{\"vocabulary\": \"[PAD]\\n[UNK]\\n[CLS]\\n[SEP]\\n[MASK]\\na\\n\"}",
       "config: layers takes a whole number"                                                                                    },
      {"{\"vocabulary\": \"a\\nb\\n\", \"layers\": 1}",                       "[UNK]"                                           },
      {"{\"lowercase\": 3}",                                                  "lowercase takes true or false"                   },
      {"{\"dropout\": \"x\"}",                                                "dropout takes a number"                          },
      {"{\"dropout\": -1}",                                                   "dropout takes a number"                          },
      {"{\"vocabulary\": \"[PAD]\\n[UNK]\\n[CLS]\\n[SEP]\\n[MASK]\\na\\n\", \"layers\": "
       "0}",                                                           "config: layers takes a whole number"             },
      {"{\"vocabulary\": \"[PAD]\\n[UNK]\\n[CLS]\\n[SEP]\\n[MASK]\\na\\n\", \"layers\": "
       "1, \"hidden\": 9, \"heads\": 2, \"intermediate\": 4}",         "config"                                          },
      {"{\"dropout\": 2}",                                                    "dropout takes a number"                          },
      {"{\"lowercase\": true}",                                               "config: vocabulary takes the text of a vocab.txt"},
      {"{\"vocabulary\": \"[PAD]\\n[UNK]\\n[CLS]\\n[SEP]\\n[MASK]\\na\\n\", \"layers\": "
       "\"x\"}",                                                       "config: layers takes a whole number"             },
  };
  check_begin("a configuration of a new model that cannot be is refused");
  for (size_t i = 0; i < COUNT(bad); i++) {
    char output[FOLDER_PATH], options[512];
    run r;
    check_context("%s", bad[i].config);
    snprintf(options, sizeof options, "{\"config\": %s}", bad[i].config);
    CHECK_INT(run_open(&r, "mlm", NULL, folder_path(output, "new"), options),
              BIOBERT_RANGE);
    expect_message(bad[i].message);
    run_close(&r);
  }
  check_begin("a new model learns from nothing, and is a model");
  char output[FOLDER_PATH];
  run r;
  CHECK_INT(
      run_open(&r, "mlm", NULL, folder_path(output, "new_whole"),
               "{\"steps\": 4, \"whole_words\": true, \"config\": {\"layers\": 1, "
               "\"hidden\": 16, \"heads\": 2, \"intermediate\": 32, \"positions\": 32, "
               "\"vocabulary\": \"[PAD]\\n[UNK]\\n[CLS]\\n[SEP]\\n[MASK]\\nacg\\n"
               "cgt\\n##t\\ngta\\n\"}}"),
      BIOBERT_OK);
  for (int i = 0; i < 8; i++)
    CHECK_INT(run_add_json(&r, BIOBERT_LEARN, "[\"acg cgt gta acgt acg gta\"]"),
              BIOBERT_OK);
  CHECK_INT(run_steps(&r, 0), BIOBERT_OK);
  CHECK(r.report.loss > 0 && isfinite(r.report.loss));
  run_close(&r);
  biobert_model *model = open_model(output, "");
  CHECK_STR(biobert_model_get_info(model)->task, "fill-mask");
  biobert_model_close(model);
}

/* Models that have another head than the task's, or none, or no pooler. */
static const struct {
  const char *task, *model, *rows[2], *becomes;
} starts[] = {
    {"mlm",      "st_mean",   {"[\"a gene\"]", "[\"a cell\"]"},                                              "fill-mask"},
    {"mlm",      "qa",        {"[\"a gene\"]", "[\"a cell\"]"},                                              "fill-mask"},
    {"classify", "mlm_cased", {"[\"a gene\", \"b\"]", "[\"a cell\", \"c\"]"},                                "classify" },
    {"classify",
     "distilbert",            {"[\"a gene\", \"b\"]", "[\"a cell\", \"c\"]"},
     "classify"                                                                                                         },
    {"regress",  "relations", {"[\"a gene\", 1]", "[\"a cell\", 2]"},                                        "rerank"   },
    {"entities",
     "qa",                    {"[\"a gene\", \"[]\"]",
      "[\"gene\", "
      "\"[{\\\"start_byte\\\":0,\\\"end_byte\\\":4,\\\"label\\\":\\\"D\\\"}]\"]"},
     "ner"                                                                                                              },
    {"answer",
     "token_cls",             {"[\"what\", \"a gene\", \"gene\", 2]", "[\"what\", \"a gene\", null, null]"},
     "question-answering"                                                                                               },
    {"answer",
     "distilbert",            {"[\"what\", \"a gene\", \"gene\", 2]", "[\"what\", \"a gene\", null, null]"},
     "question-answering"                                                                                               },
};

static void test_starts(void) {
  check_begin("a task begins from a model of another one, and makes one of its own");
  for (size_t i = 0; i < COUNT(starts); i++) {
    char model[128], output[FOLDER_PATH];
    run r;
    check_context("%s from %s", starts[i].task, starts[i].model);
    snprintf(model, sizeof model, GOLDEN "%s", starts[i].model);
    CHECK_INT(run_open(&r, starts[i].task, model, folder_path(output, "started"),
                       "{\"steps\": 1, \"dropout\": 0.1}"),
              BIOBERT_OK);
    for (int row = 0; row < 2; row++)
      CHECK_INT(run_add_json(&r, BIOBERT_LEARN, starts[i].rows[row]), BIOBERT_OK);
    CHECK_INT(run_steps(&r, 0), BIOBERT_OK);
    run_close(&r);
    biobert_model *written = open_model(output, "");
    if (written) CHECK_STR(biobert_model_get_info(written)->task, starts[i].becomes);
    biobert_model_close(written);
    folder_remove(output);
  }
}

int main(void) {
  folder_begin();
  test_refused();
  test_mixed_labels();
  test_mixed_columns();
  test_ill_formed_labels();
  test_tags();
  test_long_texts();
  test_answers();
  test_skipped();
  test_empty_texts();
  test_no_number();
  test_many_labels();
  test_distil_rows();
  test_options();
  test_null_options();
  test_openings();
  test_new_models();
  test_starts();
  return check_report();
}
