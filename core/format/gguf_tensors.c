/* gguf_tensors.c - the tensors of a GGUF file, under the names that they have elsewhere.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/status.h"
#include "format/gguf.h"
#include "format/readers.h"

/* ggml_type of ggml.h; those without a dtype are refused by name. */
static const struct {
  const char *name;
  bool known;
  bb_dtype dtype;
  uint8_t integer_bytes;
} types[] = {
    [0] = {"F32",     true,  BB_F32,     0},
      [1] = {"F16",     true,  BB_F16,     0},
    [2] = {"Q4_0",    true,  BB_Q4_0,    0},
      [3] = {"Q4_1",    true,  BB_Q4_1,    0},
    [6] = {"Q5_0",    true,  BB_Q5_0,    0},
      [7] = {"Q5_1",    true,  BB_Q5_1,    0},
    [8] = {"Q8_0",    true,  BB_Q8_0,    0},
      [9] = {"Q8_1",    false, BB_F32,     0},
    [10] = {"Q2_K",    true,  BB_Q2_K,    0},
      [11] = {"Q3_K",    true,  BB_Q3_K,    0},
    [12] = {"Q4_K",    true,  BB_Q4_K,    0},
      [13] = {"Q5_K",    true,  BB_Q5_K,    0},
    [14] = {"Q6_K",    true,  BB_Q6_K,    0},
      [15] = {"Q8_K",    false, BB_F32,     0},
    [16] = {"IQ2_XXS", false, BB_F32,     0},
      [17] = {"IQ2_XS",  false, BB_F32,     0},
    [18] = {"IQ3_XXS", false, BB_F32,     0},
      [19] = {"IQ1_S",   false, BB_F32,     0},
    [20] = {"IQ4_NL",  false, BB_F32,     0},
      [21] = {"IQ3_S",   false, BB_F32,     0},
    [22] = {"IQ2_S",   false, BB_F32,     0},
      [23] = {"IQ4_XS",  false, BB_F32,     0},
    [24] = {"I8",      true,  BB_INTEGER, 1},
      [25] = {"I16",     true,  BB_INTEGER, 2},
    [26] = {"I32",     true,  BB_INTEGER, 4},
      [27] = {"I64",     true,  BB_INTEGER, 8},
    [28] = {"F64",     true,  BB_F64,     0},
      [29] = {"IQ1_M",   false, BB_F32,     0},
    [30] = {"BF16",    true,  BB_BF16,    0},
      [34] = {"TQ1_0",   false, BB_F32,     0},
    [35] = {"TQ2_0",   false, BB_F32,     0},
      [39] = {"MXFP4",   false, BB_F32,     0},
};

/* The first part of a name, up to ".weight" or ".bias". */
static const char *const model_names[][2] = {
    {"token_embd",      "embeddings.word_embeddings"      },
    {"position_embd",   "embeddings.position_embeddings"  },
    {"token_types",     "embeddings.token_type_embeddings"},
    {"token_embd_norm", "embeddings.LayerNorm"            },
};

/* After "blk.N.". */
static const char *const layer_names[][2] = {
    {"attn_q",            "attention.self.query"      },
    {"attn_k",            "attention.self.key"        },
    {"attn_v",            "attention.self.value"      },
    {"attn_output",       "attention.output.dense"    },
    {"attn_output_norm",  "attention.output.LayerNorm"},
    {"ffn_up",            "intermediate.dense"        },
    {"ffn_down",          "output.dense"              },
    {"layer_output_norm", "output.LayerNorm"          },
};
static const char fused[] = "attn_qkv"; /* query, key and value under one another */

struct reader {
  bb_weights *w;
  uint32_t file;
  const bb_gguf *gguf;
  uint64_t end; /* of the last tensor in the data */
  biobert_error *err;
};

static biobert_status refuse(const struct reader *r, const bb_gguf_tensor *t,
                             const char *why) {
  char quoted[BB_QUOTE_BYTES];
  return bb_fail(r->err, BIOBERT_FORMAT, "%s: tensor %s: %s", r->w->files[r->file].path,
                 bb_quote(quoted, t->name), why);
}

static const char *find_name(const char *const names[][2], size_t count,
                             biobert_str name) {
  for (size_t i = 0; i < count; i++)
    if (bb_str_equal(name, names[i][0])) return names[i][1];
  return NULL;
}

/* "blk.12.attn_q": the layer's number, and the name after it. */
static bool split_layer(biobert_str name, biobert_str *layer, biobert_str *rest) {
  static const char block[] = "blk.";
  const size_t cut = sizeof block - 1;
  if (name.len <= cut || memcmp(name.data, block, cut) != 0) return false;
  const char *dot = memchr(name.data + cut, '.', name.len - cut);
  if (!dot) return false;
  *layer = (biobert_str){name.data + cut, (size_t)(dot - name.data) - cut};
  *rest = (biobert_str){dot + 1, name.len - (size_t)(dot + 1 - name.data)};
  return true;
}

/* `name` without its ending, which is written to *ending (".weight"). */
static biobert_str cut_ending(biobert_str name, biobert_str *ending) {
  size_t stem = name.len;
  while (stem > 0 && name.data[stem - 1] != '.') stem--;
  stem = stem > 0 ? stem - 1 : name.len;
  *ending = (biobert_str){name.data + stem, name.len - stem};
  return (biobert_str){name.data, stem};
}

/* Our name. A tensor that is none of the encoder's keeps its own. */
static void translate(biobert_str name, char out[BB_MAX_TENSOR_NAME + 1]) {
  biobert_str ending, layer, rest;
  const biobert_str stem = cut_ending(name, &ending);
  const char *ours =
      find_name(model_names, sizeof model_names / sizeof *model_names, stem);
  if (ours) {
    snprintf(out, BB_MAX_TENSOR_NAME + 1, "%s%.*s", ours, (int)ending.len, ending.data);
    return;
  }
  if (split_layer(stem, &layer, &rest))
    ours = find_name(layer_names, sizeof layer_names / sizeof *layer_names, rest);
  if (ours)
    snprintf(out, BB_MAX_TENSOR_NAME + 1, "encoder.layer.%.*s.%s%.*s", (int)layer.len,
             layer.data, ours, (int)ending.len, ending.data);
  else
    snprintf(out, BB_MAX_TENSOR_NAME + 1, "%.*s", (int)name.len, name.data);
}

static bool is_fused(biobert_str name) {
  biobert_str ending, layer, rest;
  return split_layer(cut_ending(name, &ending), &layer, &rest) &&
         bb_str_equal(rest, fused);
}

/* One of three: query, key and value are the thirds of the rows. */
static biobert_status add_thirds(struct reader *r, const bb_gguf_tensor *from,
                                 bb_tensor *t, uint64_t bytes) {
  biobert_str ending, layer, rest;
  split_layer(cut_ending(from->name, &ending), &layer, &rest);
  if (t->rank == 0 || t->shape[0] % 3)
    return refuse(r, from, "its rows cannot be divided into query, key and value");
  biobert_status status = BIOBERT_OK;
  char name[BB_MAX_TENSOR_NAME + 1];
  t->shape[0] /= 3;
  t->name = name;
  for (size_t i = 0; i < 3 && !status; i++) {
    snprintf(name, sizeof name, "encoder.layer.%.*s.%s%.*s", (int)layer.len, layer.data,
             layer_names[i][1], (int)ending.len, ending.data);
    status = bb_weights_add_tensor(r->w, t, r->err);
    t->offset += bytes / 3;
  }
  return status;
}

/* Type and shape of a tensor, row-major, and how many bytes it takes. */
static biobert_status describe(const struct reader *r, const bb_gguf_tensor *from,
                               bb_tensor *t, uint64_t *bytes) {
  const char *path = r->w->files[r->file].path, *name = "?";
  char quoted[BB_QUOTE_BYTES];
  if (from->type < sizeof types / sizeof types[0] && types[from->type].name)
    name = types[from->type].name;
  if (*name == '?' || !types[from->type].known)
    return bb_fail(r->err, BIOBERT_UNSUPPORTED,
                   "%s: tensor %s is of type %s (%" PRIu32
                   "), expected F32, F16, BF16, Q8_0, Q4 or Q5 (_0, _1) or Q2_K to Q6_K",
                   path, bb_quote(quoted, from->name), name, from->type);
  t->dtype = types[from->type].dtype;
  t->rank = from->rank;
  uint64_t count = 1;
  bool fits = true;
  for (uint32_t i = 0; i < t->rank; i++) {
    t->shape[i] = from->shape[t->rank - 1 - i];
    fits = fits && !__builtin_mul_overflow(count, t->shape[i], &count);
  }
  const bb_dtype_form *form = &bb_dtype_forms[t->dtype];
  const size_t width =
      t->dtype == BB_INTEGER ? types[from->type].integer_bytes : form->bytes;
  if (!fits || !bb_tensor_set_row_major(t) ||
      __builtin_mul_overflow(count / form->elements, width, bytes))
    return refuse(r, from, "its shape is too large");
  if (form->elements > 1 && (t->rank == 0 || t->shape[t->rank - 1] % form->elements))
    return refuse(r, from, "its rows are no whole blocks of its type");
  return BIOBERT_OK;
}

static biobert_status add_tensor(struct reader *r, const bb_gguf_tensor *from) {
  char name[BB_MAX_TENSOR_NAME + 1];
  bb_tensor t = {.file = r->file, .name = name};
  uint64_t bytes = 0;
  biobert_status status = describe(r, from, &t, &bytes);
  if (status) return status;
  /* The writer leaves no gaps but for the alignment; so no bytes count twice. */
  if (from->offset != r->end)
    return refuse(r, from, "it does not begin where the tensor in front of it ends");
  if (__builtin_add_overflow(from->offset, bytes, &r->end) ||
      __builtin_add_overflow(r->end, r->gguf->alignment - 1, &r->end) ||
      __builtin_add_overflow(r->gguf->data, from->offset, &t.offset))
    return refuse(r, from, "its place is too large a number");
  r->end &= ~(r->gguf->alignment - 1);
  if (is_fused(from->name)) return add_thirds(r, from, &t, bytes);
  translate(from->name, name);
  return bb_weights_add_tensor(r->w, &t, r->err);
}

biobert_status bb_gguf_read(bb_weights *w, uint32_t file, biobert_error *err) {
  bb_gguf gguf = {0};
  biobert_status status = bb_gguf_parse(&w->files[file], &gguf, err);
  if (status) return status;
  struct reader r = {.w = w, .file = file, .gguf = &gguf, .err = err};
  for (size_t i = 0; i < gguf.tensor_count && !status; i++)
    status = add_tensor(&r, &gguf.tensors[i]);
  bb_gguf_free(&gguf);
  return status;
}
