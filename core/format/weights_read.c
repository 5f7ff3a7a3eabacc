/* weights_read.c - the values of a tensor, as float32 and row after row. */
#include "format/weights.h"

#include "base/mem.h"
#include "base/status.h"
#include "format/crc32c.h"

enum {
  BLOCK_BYTES = 1 << 20, /* read and converted at a time; arbitrary */
  TILE = 16, /* floats of a cache line: both sides of a turn stay in the cache */
};

static biobert_status check_crc(const bb_file *file, const bb_tensor *t, uint32_t crc,
                                biobert_error *err) {
  if (!t->has_crc || t->crc == crc) return BIOBERT_OK;
  char name[BB_QUOTE_BYTES];
  return bb_fail(err, BIOBERT_FORMAT,
                 "%s: tensor %s: its checksum is wrong: the file is damaged", file->path,
                 bb_quote(name, bb_str(t->name)));
}

/* Adds to the checksum, if the tensor has one. */
static uint32_t add_crc(const bb_tensor *t, uint32_t crc, const void *bytes,
                        size_t count) {
  return t->has_crc ? bb_crc32c(crc, bytes, count) : 0;
}

/* A dimension of one element has a stride that means nothing. */
static bool is_row_major(const bb_tensor *t) {
  uint64_t expected = 1;
  for (uint32_t i = t->rank; i-- > 0;) {
    if (t->shape[i] != 1 && t->stride[i] != expected) return false;
    expected *= t->shape[i];
  }
  return true;
}

/* Nothing to convert: read where it belongs. */
static biobert_status read_f32(const bb_file *file, const bb_tensor *t, size_t count,
                               float *out, biobert_error *err) {
  const size_t bytes = count * sizeof *out;
  const biobert_status status = bb_file_read(file, t->offset, out, bytes, err);
  return status ? status : check_crc(file, t, add_crc(t, 0, out, bytes), err);
}

/* Takes `count` more elements, converted; `at`: the first one's index. */
typedef void take_fn(void *ctx, uint64_t at, size_t count, const float *elements);

/* All elements, at most `max` at a time (whole blocks of the type), through `room`. */
static biobert_status read_pieces(const bb_file *file, const bb_tensor *t, uint64_t count,
                                  uint64_t max, float *room, take_fn *take, void *ctx,
                                  biobert_error *err) {
  const bb_dtype_form *form = &bb_dtype_forms[t->dtype];
  unsigned char *buffer = bb_alloc(NULL, max / form->elements, form->bytes);
  if (!buffer) return bb_no_memory(err, t->name);
  biobert_status status = BIOBERT_OK;
  uint64_t offset = t->offset;
  uint32_t crc = 0;
  for (uint64_t at = 0; at < count && !status; at += max) {
    const size_t some = (size_t)(count - at < max ? count - at : max);
    const size_t bytes = some / form->elements * form->bytes;
    status = bb_file_read(file, offset, buffer, bytes, err);
    if (status) break;
    crc = add_crc(t, crc, buffer, bytes);
    float *to = take ? room : room + at;
    form->convert(buffer, some, to);
    if (take) take(ctx, at, some, to);
    offset += bytes;
  }
  bb_free(NULL, buffer);
  return status ? status : check_crc(file, t, crc, err);
}

static biobert_status read_row_major(const bb_file *file, const bb_tensor *t,
                                     uint64_t count, float *out, biobert_error *err) {
  if (t->dtype == BB_F32) return read_f32(file, t, (size_t)count, out, err);
  const bb_dtype_form *form = &bb_dtype_forms[t->dtype];
  const uint64_t max = BLOCK_BYTES / form->bytes * form->elements;
  return read_pieces(file, t, count, max, out, NULL, NULL, err);
}

/* A matrix whose columns lie one after another. */
static bool is_transposed(const bb_tensor *t) {
  return t->dtype == BB_F32 && t->rank == 2 && t->stride[0] == 1 &&
         t->stride[1] == t->shape[0];
}

/* from: [cols, rows], to: [rows, cols]; tile by tile, or each float would cost a cache
 * line. */
static void transpose(const unsigned char *from, size_t rows, size_t cols, float *to) {
  for (size_t row = 0; row < rows; row += TILE)
    for (size_t col = 0; col < cols; col += TILE)
      for (size_t r = row; r < rows && r < row + TILE; r++)
        for (size_t c = col; c < cols && c < col + TILE; c++)
          memcpy(to + r * cols + c, from + (c * rows + r) * sizeof *to, sizeof *to);
}

/* span: the bytes from the first to the furthest element. */
static void gather(const bb_tensor *t, const unsigned char *span, uint64_t count,
                   float *out) {
  const bb_dtype_form *form = &bb_dtype_forms[t->dtype];
  uint64_t index[BB_MAX_RANK] = {0}, from = 0;
  for (uint64_t i = 0; i < count; i++) {
    form->convert(span + from * form->bytes, 1, out + i);
    for (uint32_t d = t->rank; d-- > 0;) {
      from += t->stride[d];
      if (++index[d] < t->shape[d]) break;
      from -= t->stride[d] * t->shape[d];
      index[d] = 0;
    }
  }
}

static biobert_status read_strided(const bb_file *file, const bb_tensor *t,
                                   uint64_t count, uint64_t elements, float *out,
                                   biobert_error *err) {
  const size_t bytes = (size_t)elements * bb_dtype_forms[t->dtype].bytes;
  unsigned char *span = bb_alloc(NULL, bytes, 1);
  if (!span) return bb_no_memory(err, t->name);
  biobert_status status = bb_file_read(file, t->offset, span, bytes, err);
  if (!status) status = check_crc(file, t, add_crc(t, 0, span, bytes), err);
  if (!status && is_transposed(t))
    transpose(span, (size_t)t->shape[0], (size_t)t->shape[1], out);
  else if (!status)
    gather(t, span, count, out);
  bb_free(NULL, span);
  return status;
}

biobert_status bb_weights_read(const bb_weights *w, const bb_tensor *tensor, float *out,
                               biobert_error *err) {
  const bb_file *file = &w->files[tensor->file];
  char name[BB_QUOTE_BYTES];
  uint64_t count, span;
  if (!bb_dtype_forms[tensor->dtype].convert)
    return bb_fail(
        err, BIOBERT_UNSUPPORTED,
        "%s: tensor %s is of a type that holds no weights: F32, F16, BF16 and F64 "
        "are read",
        file->path, bb_quote(name, bb_str(tensor->name)));
  bb_tensor_measure(tensor, &count, &span); /* fits: bb_weights_add_tensor() saw to it */
  if (count == 0) return BIOBERT_OK;
  return is_row_major(tensor) ? read_row_major(file, tensor, count, out, err)
                              : read_strided(file, tensor, count, span, out, err);
}

/* Rows of a matrix that come in pieces of whole rows. */
typedef struct row_taker {
  bb_rows_fn *take;
  void *ctx;
  size_t columns;
} row_taker;

static void take_elements(void *ctx, uint64_t at, size_t count, const float *elements) {
  const row_taker *to = ctx;
  to->take(to->ctx, (size_t)at / to->columns, count / to->columns, elements);
}

biobert_status bb_weights_read_rows(const bb_weights *w, const bb_tensor *tensor,
                                    bb_rows_fn *take, void *ctx, biobert_error *err) {
  const bb_dtype_form *form = &bb_dtype_forms[tensor->dtype];
  uint64_t count, span;
  bb_tensor_measure(tensor, &count, &span);
  row_taker to = {take, ctx, tensor->rank == 2 ? (size_t)tensor->shape[1] : 0};
  if (count == 0 || to.columns == 0) return BIOBERT_OK;
  const uint64_t piece = (BLOCK_BYTES / sizeof(float) / to.columns + 1) * to.columns;
  /* A row ends where a block of a quantised type does, or all of them are read at once.
   */
  const bool pieces = form->convert && is_row_major(tensor) && piece < count &&
                      to.columns % form->elements == 0;
  float *room = bb_alloc_floats(NULL, (size_t)(pieces ? piece : count));
  if (!room) return bb_no_memory(err, tensor->name);
  biobert_status status = pieces ? read_pieces(&w->files[tensor->file], tensor, count,
                                               piece, room, take_elements, &to, err)
                                 : bb_weights_read(w, tensor, room, err);
  if (!pieces && !status) take_elements(&to, 0, (size_t)count, room);
  bb_free_aligned(NULL, room);
  return status;
}
