/* formats.c - the table of formats.
 *
 * A file's format is known by its first bytes, whatever its name says: the name only
 * decides for files without a mark at the front. */
#include "format/formats.h"

#include <string.h>

#include "base/status.h"

enum { HEAD_BYTES = 512 }; /* the furthest mark, tar's, ends at 262 */

#define SAVE_AS_SAFETENSORS                                                              \
  "save the model again with transformers' model.save_pretrained(), which writes "       \
  "model.safetensors"

/* In order of preference. (clang-format 14 would align the braces of unlike rows.) */
/* clang-format off */
const bb_format bb_formats[] = {
    {.name = "safetensors",
     .file = "model.safetensors",
     .index = "model.safetensors.index.json",
     .suffix = ".safetensors",
     .mark = "{",
     .mark_at = 8,
     .read = bb_safetensors_read},
    {.name = "pytorch",
     .file = "pytorch_model.bin",
     .index = "pytorch_model.bin.index.json",
     .suffix = ".bin",
     .mark = "PK\x03\x04",
     .read = bb_pytorch_zip_read},
    {.name = "pytorch legacy",
     .mark = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19",
     .read = bb_pytorch_legacy_read},
    {.name = "pytorch tar",
     .mark = "ustar",
     .mark_at = 257,
     .refusal = "PyTorch's tar format (before 0.1.10) is not read: save it again with "
                "torch.save(torch.load(...)) or as safetensors"},
    {.name = "tensorflow",
     .file = "bert_model.ckpt.index",
     .within = ".ckpt",
     .suffix = ".index",
     .read = bb_tensorflow_read},
    {.name = "tensorflow 1",
     .suffix = ".ckpt",
     .refusal = "a TensorFlow checkpoint in one file (before 2017) is not read: only those of "
                ".index and .data files"},
    {.name = "gguf",
     .within = "",
     .suffix = ".gguf",
     .mark = "GGUF",
     .when_named = true,
     .read = bb_gguf_read},
    {.name = "keras",
     .file = "tf_model.h5",
     .suffix = ".h5",
     .mark = "\x89HDF\r\n\x1a\n",
     .refusal = "Keras' HDF5 files are not read: " SAVE_AS_SAFETENSORS},
    {.name = "flax",
     .file = "flax_model.msgpack",
     .suffix = ".msgpack",
     .refusal = "Flax' msgpack files are not read: " SAVE_AS_SAFETENSORS},
};
/* clang-format on */
const size_t bb_format_count = sizeof bb_formats / sizeof bb_formats[0];

static bool ends_with(const char *path, const char *suffix) {
  const size_t length = strlen(path), wanted = suffix ? strlen(suffix) : 0;
  return suffix && length >= wanted && strcmp(path + length - wanted, suffix) == 0;
}

static const bb_format *format_of(const char *path, const char *head, size_t bytes) {
  const bb_format *best = NULL;
  size_t best_length = 0;
  for (size_t i = 0; i < bb_format_count; i++) {
    const bb_format *f = &bb_formats[i];
    const size_t length = f->mark ? strlen(f->mark) : 0;
    if (length <= best_length || bytes < f->mark_at + length) continue;
    if (memcmp(head + f->mark_at, f->mark, length) != 0) continue;
    best = f;
    best_length = length;
  }
  for (size_t i = 0; i < bb_format_count && !best; i++)
    if (ends_with(path, bb_formats[i].suffix)) best = &bb_formats[i];
  return best;
}

static biobert_status read_file(bb_weights *w, uint32_t index, biobert_error *err) {
  const bb_file *file = &w->files[index];
  char head[HEAD_BYTES];
  const size_t bytes = file->size < sizeof head ? (size_t)file->size : sizeof head;
  const biobert_status status = bb_file_read(file, 0, head, bytes, err);
  if (status) return status;
  if (bb_is_lfs_pointer(head, bytes)) return bb_refuse_lfs_pointer(file->path, err);
  const bb_format *f = format_of(file->path, head, bytes);
  if (!f)
    return bb_fail(
        err, BIOBERT_FORMAT,
        "%s: neither safetensors, PyTorch, TensorFlow nor GGUF weights, by its "
        "first bytes",
        file->path);
  if (!f->read)
    return bb_fail(err, BIOBERT_UNSUPPORTED, "%s: %s", file->path, f->refusal);
  if (!w->format) w->format = f->name;
  return f->read(w, index, err);
}

biobert_status bb_weights_add_path(bb_weights *w, const char *path, biobert_error *err) {
  bb_file file = {0};
  biobert_status status = bb_file_open(path, &file, err);
  if (status) return status;
  status = bb_weights_add_file(w, &file, err);
  if (status) return status;
  return read_file(w, (uint32_t)(w->file_count - 1), err);
}
