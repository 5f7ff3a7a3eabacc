/* safetensors_write.c - the header, then the tensors in its order, float32. */
#include "format/safetensors_write.h"

#include "base/bytes.h"
#include "base/file_write.h"
#include "base/mem.h"
#include "base/status.h"
#include "format/json_write.h"

/* The data begins at a multiple of it, as the reference implementation writes it. */
enum { ALIGNMENT = 8 };

static size_t bytes_of(const bb_tensor_out *t) {
  return t->rows * t->columns * sizeof *t->values;
}

static void write_tensor(bb_json_writer *w, const bb_tensor_out *t, size_t begin) {
  bb_write_string(w, (biobert_str){t->name, strlen(t->name)});
  bb_write_raw(w, ":{\"dtype\":\"F32\",\"shape\":[");
  if (!t->is_vector) {
    bb_write_int(w, (int64_t)t->rows);
    bb_write_raw(w, ",");
  }
  bb_write_int(w, (int64_t)t->columns);
  bb_write_raw(w, "],\"data_offsets\":[");
  bb_write_int(w, (int64_t)begin);
  bb_write_raw(w, ",");
  bb_write_int(w, (int64_t)(begin + bytes_of(t)));
  bb_write_raw(w, "]}");
}

/* "format": transformers refuses a file that does not say whose tensors they are. */
static char *header_of(const bb_tensor_out *tensors, size_t count, size_t *len) {
  bb_json_writer w = {0};
  size_t begin = 0;
  bb_write_raw(&w, "{\"__metadata__\":{\"format\":\"pt\"}");
  for (size_t i = 0; i < count; i++) {
    bb_write_raw(&w, ",");
    write_tensor(&w, &tensors[i], begin);
    begin += bytes_of(&tensors[i]);
  }
  bb_write_raw(&w, "}");
  while (!w.failed && w.len % ALIGNMENT) bb_write_raw(&w, " ");
  return bb_writer_take(&w, len);
}

static biobert_status write_all(bb_file_out *out, biobert_str header,
                                const bb_tensor_out *tensors, size_t count,
                                biobert_error *err) {
  const uint64_t length = header.len;
  biobert_status status = bb_file_out_write(out, &length, sizeof length, err);
  if (!status) status = bb_file_out_write(out, header.data, header.len, err);
  for (size_t i = 0; i < count && !status; i++)
    status = bb_file_out_write(out, tensors[i].values, bytes_of(&tensors[i]), err);
  return status;
}

biobert_status bb_safetensors_write(const char *path, const bb_tensor_out *tensors,
                                    size_t count, biobert_error *err) {
  biobert_str header;
  bb_file_out out;
  char *text = header_of(tensors, count, &header.len);
  header.data = text;
  if (!text) return bb_no_memory(err, path);
  biobert_status status = bb_file_out_open(path, &out, err);
  if (!status) {
    status = write_all(&out, header, tensors, count, err);
    status = bb_file_out_close(&out, status, err);
  }
  bb_free(NULL, text);
  return status;
}
