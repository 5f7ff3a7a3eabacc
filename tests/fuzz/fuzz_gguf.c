/* Fuzz target of core/format/gguf.c and gguf_tensors.c, and of api/gguf_model.c: whatever
 * can be opened as a model is. */
#include "api/gguf_model.h"
#include "fuzz_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_model(const char *path) {
  bb_gguf gguf = {0};
  bb_bert_config config = {0};
  bb_pipeline pipeline = {0};
  bb_tokenizer tokenizer = {0};
  bb_notes notes = {.text = ""};
  bb_tokenizer_wish wish = {BB_UNSAID, false, ""};
  if (bb_gguf_open(path, &gguf, NULL)) return;
  if (!bb_gguf_config(&gguf, path, &config, &notes, NULL)) bb_bert_config_free(&config);
  if (!bb_gguf_pipeline(&gguf, path, &pipeline, &notes, NULL))
    bb_pipeline_free(&pipeline);
  if (!bb_gguf_tokenizer(&gguf, path, &wish, &tokenizer, &notes, NULL))
    bb_tokenizer_free(&tokenizer);
  bb_gguf_free(&gguf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_file(data, size);
  const int fd = memfd_create("fuzz", MFD_CLOEXEC);
  if (fd < 0 || write(fd, data, size) != (ssize_t)size) abort();
  char path[32];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  read_model(path);
  close(fd);
  return 0;
}
