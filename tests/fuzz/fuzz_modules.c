/* Fuzz target of core/model/sentence_pipeline.c: what sentence-transformers puts beside a
 * model. The input is the files of `files` below, in that order, an empty line between
 * two of them. */
#include "fuzz_folder.h"

#include "base/mem.h"
#include "model/sentence_pipeline.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const files[] = {
    "modules.json",
    "1_Pooling/config.json",
    "2_Dense/config.json",
    "config_sentence_transformers.json",
    "sentence_bert_config.json",
};

/* A module's weights: "linear.weight" [2, 2] and "linear.bias" [2], all 0. */
static void write_weights(void) {
  static const char header[] =
      "{\"linear.weight\":{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[0,16]},"
      "\"linear.bias\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[16,24]}}";
  enum { HEADER = sizeof header - 1, DATA = 24 };
  static char file[8 + HEADER + DATA];
  const uint64_t bytes = HEADER;
  memcpy(file, &bytes, sizeof bytes);
  memcpy(file + sizeof bytes, header, HEADER);
  fuzz_folder_write("2_Dense/model.safetensors", (biobert_str){file, sizeof file});
}

static void write_folder(biobert_str rest) {
  for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
    const biobert_str part = fuzz_next_part(&rest);
    fuzz_folder_write(files[i], part.data ? part : (biobert_str){"{}", 2});
  }
  write_weights();
}

static void check(bb_pipeline *p) {
  char text[BB_POOLING_TEXT];
  enum { HIDDEN = 2 };
  if (p->step_count > BB_MAX_STEPS || p->pooling.count == 0) abort();
  if (p->pooling.count > BB_MAX_POOLINGS || !bb_pooling_text(&p->pooling, text)) abort();
  biobert_error err;
  if (bb_pipeline_check(p, HIDDEN, "fuzz", &err)) return;
  if (bb_pipeline_dimension(p, HIDDEN) > bb_pipeline_widest(p, HIDDEN)) abort();
  for (int normalize = 0; normalize < 2; normalize++)
    if (bb_pipeline_set_normalize(p, normalize, &err) == BIOBERT_OK &&
        bb_pipeline_normalizes(p) != (normalize == 1))
      abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  bb_pipeline p = {0};
  biobert_error err;
  write_folder((biobert_str){(const char *)data, size});
  if (bb_pipeline_read(fuzz_folder(), &p, &err) == BIOBERT_OK) check(&p);
  bb_pipeline_free(&p);
  return 0;
}
