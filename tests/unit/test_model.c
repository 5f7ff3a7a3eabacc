/* Spec of core/api: opening and refusing models, sessions, what a model says of itself. */
#include "opened_model.h"

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
    {"an unknown family is refused by its name", "st_mean", "config.json",
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
  size_t max = biobert_model_get_info(model)->max_tokens - 2;
  CHECK(count > 1);
  CHECK_INT(chunks[0].tokens, max);
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

/* Information ------------------------------------------------------------------------ */

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

int main(void) {
  folder_begin();
  test_refused();
  test_paths_refused();
  test_damaged_numbers();
  test_spans();
  test_session();
  test_info();
  return check_report();
}
