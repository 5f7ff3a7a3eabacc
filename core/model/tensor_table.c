/* tensor_table.c - the one reader of tables of tensors. */
#include "model/tensor_table.h"

#include <stdio.h>
#include <string.h>

#include "base/status.h"

enum { NAME_BYTES = 192 };

/* pytorch-pretrained-bert wrote LayerNorm.gamma and LayerNorm.beta. */
static const char *const old_endings[][2] = {
    {".LayerNorm.weight", ".LayerNorm.gamma"},
    {".LayerNorm.bias",   ".LayerNorm.beta" }
};

const bb_tensor *bb_table_find(const bb_tensor_table *t, const char *middle,
                               const char *name) {
  char whole[NAME_BYTES], old[NAME_BYTES];
  if (!name) return NULL;
  snprintf(whole, sizeof whole, "%s%s%s", t->prefix, middle, name);
  const bb_tensor *tensor = bb_weights_find(t->file, whole);
  for (size_t i = 0; i < 2 && !tensor; i++) {
    size_t ending = strlen(old_endings[i][0]), bytes = strlen(whole);
    if (bytes < ending || strcmp(whole + bytes - ending, old_endings[i][0]) != 0)
      continue;
    snprintf(old, sizeof old, "%.*s%s", (int)(bytes - ending), whole, old_endings[i][1]);
    tensor = bb_weights_find(t->file, old);
  }
  return tensor;
}

size_t bb_table_size(const bb_tensor_table *t, const bb_tensor_row *row) {
  return t->dims[row->rows] * t->dims[row->cols];
}

biobert_status bb_table_check(const bb_tensor_table *t, const bb_tensor_row *row,
                              const bb_tensor *tensor, biobert_error *err) {
  size_t rows = t->dims[row->rows], cols = t->dims[row->cols];
  bool fits = row->rows == BB_DIM_ONE ? tensor->rank == 1 && tensor->shape[0] == cols
                                      : tensor->rank == 2 && tensor->shape[0] == rows &&
                                            tensor->shape[1] == cols;
  if (fits) return BIOBERT_OK;
  char shape[128], expected[64];
  if (row->rows == BB_DIM_ONE)
    snprintf(expected, sizeof expected, "[%zu]", cols);
  else
    snprintf(expected, sizeof expected, "[%zu, %zu]", rows, cols);
  return bb_fail(err, BIOBERT_FORMAT, "%s: tensor %s has shape %s; %s makes it %s",
                 t->what, tensor->name, bb_shape_text(tensor, shape), t->declared,
                 expected);
}

static size_t floats_of(const bb_tensor_table *t, const bb_tensor_row *row) {
  if (t->form) return t->form->floats(t->form->ctx, row);
  return row->part == 0 ? row->parts * bb_table_size(t, row) : 0;
}

/* The row's place in the block. */
static float *place_row(bb_tensor_table *t, const bb_tensor_row *row, void *base) {
  float *field = t->next;
  t->next += floats_of(t, row);
  if (row->part == 0) memcpy((char *)base + row->field, &field, sizeof field);
  memcpy(&field, (char *)base + row->field, sizeof field);
  return field;
}

static biobert_status read_row(bb_tensor_table *t, const bb_tensor_row *row,
                               const bb_tensor *tensor, void *base, biobert_error *err) {
  float *field = place_row(t, row, base);
  if (t->form) return t->form->read(t->form->ctx, row, tensor, field, err);
  return bb_weights_read(t->file, tensor, field + row->part * bb_table_size(t, row), err);
}

static void make_row(bb_tensor_table *t, const bb_tensor_row *row, void *base) {
  const size_t floats = bb_table_size(t, row);
  if (t->next)
    memset(place_row(t, row, base) + row->part * floats, 0, floats * sizeof(float));
  else
    t->floats += floats_of(t, row);
}

static biobert_status take_row(bb_tensor_table *t, const char *middle,
                               const bb_tensor_row *row, void *base, biobert_error *err) {
  if (t->is_new) {
    make_row(t, row, base);
    return BIOBERT_OK;
  }
  const bb_tensor *tensor = bb_table_find(t, middle, row->name);
  if (!tensor) tensor = bb_table_find(t, middle, row->other);
  if (!tensor)
    return bb_fail(err, BIOBERT_FORMAT, "%s: tensor %s%s%s is missing", t->what,
                   t->prefix, middle, row->name);
  if (t->next) return read_row(t, row, tensor, base, err);
  t->floats += floats_of(t, row);
  return bb_table_check(t, row, tensor, err);
}

biobert_status bb_table_read(bb_tensor_table *t, const char *middle,
                             const bb_tensor_row *rows, size_t count, void *base,
                             biobert_error *err) {
  biobert_status status = BIOBERT_OK;
  for (size_t i = 0; i < count && !status; i++)
    status = take_row(t, middle, &rows[i], base, err);
  return status;
}
