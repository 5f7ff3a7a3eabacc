/* pickle_names.c - the closed list of what a pickle may name, and what it is taken for.
 */
#include "format/pickle_names.h"

#include "base/mem.h"
#include "base/status.h"

static const bb_pickle_value nothing = {.kind = BB_PICKLE_OTHER};

typedef biobert_status reduce_fn(struct machine *m, const bb_pickle_value *args,
                                 size_t count, bb_pickle_value *out);

static reduce_fn reduce_dict, reduce_tensor, reduce_parameter;

/* A name that may occur: a function, described by what it gives, or a type of storage. */
struct bb_pickle_global {
  const char *module, *name;
  reduce_fn *reduce;
  bb_dtype dtype;
  uint32_t element_bytes; /* of a storage */
};

static const struct bb_pickle_global globals[] = {
    {"collections",  "OrderedDict",        reduce_dict,      BB_INTEGER, 0},
    {"torch._utils", "_rebuild_tensor_v2", reduce_tensor,    BB_INTEGER, 0},
    {"torch._utils", "_rebuild_tensor",    reduce_tensor,    BB_INTEGER, 0},
    {"torch._utils", "_rebuild_parameter", reduce_parameter, BB_INTEGER, 0},
    {"torch",        "FloatStorage",       NULL,             BB_F32,     4},
    {"torch",        "HalfStorage",        NULL,             BB_F16,     2},
    {"torch",        "BFloat16Storage",    NULL,             BB_BF16,    2},
    {"torch",        "DoubleStorage",      NULL,             BB_F64,     8},
    {"torch",        "LongStorage",        NULL,             BB_INTEGER, 8},
    {"torch",        "IntStorage",         NULL,             BB_INTEGER, 4},
    {"torch",        "ShortStorage",       NULL,             BB_INTEGER, 2},
    {"torch",        "CharStorage",        NULL,             BB_INTEGER, 1},
    {"torch",        "ByteStorage",        NULL,             BB_INTEGER, 1},
    {"torch",        "BoolStorage",        NULL,             BB_INTEGER, 1},
};

static biobert_status read_line(struct machine *m, biobert_str *out) {
  const size_t left = (size_t)(m->end - m->at);
  const char *newline = memchr(m->at, '\n', left < MAX_NAME ? left : MAX_NAME);
  if (!newline) return pickle_refuse(m, "a name without an end");
  *out = (biobert_str){m->at, (size_t)(newline - m->at)};
  m->at = newline + 1;
  return BIOBERT_OK;
}

biobert_status pickle_global(struct machine *m, uint32_t unused) {
  (void)unused;
  biobert_str module, name;
  biobert_status status = read_line(m, &module);
  if (status) return status;
  status = read_line(m, &name);
  if (status) return status;
  for (size_t i = 0; i < sizeof globals / sizeof globals[0]; i++) {
    if (!bb_str_equal(module, globals[i].module) || !bb_str_equal(name, globals[i].name))
      continue;
    return pickle_push(m,
                       (bb_pickle_value){BB_PICKLE_GLOBAL, 0, {.global = &globals[i]}});
  }
  char quoted_module[BB_QUOTE_BYTES], quoted_name[BB_QUOTE_BYTES];
  return bb_fail(
      m->err, BIOBERT_UNSUPPORTED,
      "%s: the pickle asks for %s.%s, which weights do not need, and nothing of it "
      "was run: save model.state_dict() alone, best as safetensors",
      m->what, bb_quote(quoted_module, module), bb_quote(quoted_name, name));
}

/* What calls give -------------------------------------------------------------------- */

/* Key and value of a pair; Python 2 makes it a list, torch's own older code a tuple. */
static bool read_pair(const bb_pickle_value *value, bb_pickle_value pair[2]) {
  if (value->kind == BB_PICKLE_TUPLE && value->len == 2) {
    memcpy(pair, value->as.items, 2 * sizeof *pair);
    return true;
  }
  const bb_pickle_entry *key =
      value->kind == BB_PICKLE_LIST ? value->as.dict->first : NULL;
  if (!key || !key->next || key->next->next) return false;
  pair[0] = key->value;
  pair[1] = key->next->value;
  return true;
}

/* OrderedDict(), or OrderedDict([[key, value], ...]) as Python 2 wrote it. */
static biobert_status reduce_dict(struct machine *m, const bb_pickle_value *args,
                                  size_t count, bb_pickle_value *out) {
  biobert_status status = pickle_new_dict(m, out);
  if (status || count == 0) return status;
  if (count != 1 || args[0].kind != BB_PICKLE_LIST)
    return pickle_refuse(m, "OrderedDict of something that is no list of pairs");
  for (const bb_pickle_entry *e = args[0].as.dict->first; e && !status; e = e->next) {
    bb_pickle_value pair[2];
    if (!read_pair(&e->value, pair))
      return pickle_refuse(m, "OrderedDict of something that is no list of pairs");
    status = pickle_set_item(m, out->as.dict, pair);
  }
  return status;
}

static bool read_unsigned(const bb_pickle_value *value, uint64_t *out) {
  if (value->kind != BB_PICKLE_INT || value->as.integer < 0) return false;
  *out = (uint64_t)value->as.integer;
  return true;
}

static bool read_dimensions(const bb_pickle_value *tuple, uint64_t out[BB_MAX_RANK]) {
  if (tuple->kind != BB_PICKLE_TUPLE || tuple->len > BB_MAX_RANK) return false;
  for (uint32_t i = 0; i < tuple->len; i++)
    if (!read_unsigned(&tuple->as.items[i], &out[i])) return false;
  return true;
}

/* (storage, offset, shape, stride, ...): requires_grad and hooks do not matter here. */
static biobert_status reduce_tensor(struct machine *m, const bb_pickle_value *args,
                                    size_t count, bb_pickle_value *out) {
  bb_pickle_tensor t = {0};
  if (count < 4) return pickle_refuse(m, "a tensor of fewer than four arguments");
  if (args[0].kind != BB_PICKLE_STORAGE)
    return pickle_refuse(m, "a tensor without a storage");
  t.storage = args[0].as.storage;
  if (!read_unsigned(&args[1], &t.offset))
    return pickle_refuse(m, "a tensor's offset is no whole number from 0");
  if (!read_dimensions(&args[2], t.shape) || !read_dimensions(&args[3], t.stride) ||
      args[2].len != args[3].len)
    return pickle_refuse(
        m, "a tensor's shape and strides are no tuples of whole numbers from 0, of "
           "equal length and at most 8");
  t.rank = args[2].len;
  void *block;
  const biobert_status status = pickle_take(m, 1, sizeof t, &block);
  if (status) return status;
  memcpy(block, &t, sizeof t);
  *out = (bb_pickle_value){BB_PICKLE_TENSOR, 0, {.tensor = block}};
  return BIOBERT_OK;
}

/* (tensor, requires_grad, hooks) */
static biobert_status reduce_parameter(struct machine *m, const bb_pickle_value *args,
                                       size_t count, bb_pickle_value *out) {
  if (count < 1 || args[0].kind != BB_PICKLE_TENSOR)
    return pickle_refuse(m, "a parameter without a tensor");
  *out = args[0];
  return BIOBERT_OK;
}

biobert_status pickle_reduce(struct machine *m, uint32_t unused) {
  (void)unused;
  bb_pickle_value args = nothing, function = nothing, result = nothing;
  biobert_status status = pickle_pop(m, &args);
  if (status) return status;
  status = pickle_pop(m, &function);
  if (status) return status;
  if (args.kind != BB_PICKLE_TUPLE || function.kind != BB_PICKLE_GLOBAL ||
      !function.as.global->reduce)
    return pickle_refuse(
        m, "REDUCE of something that is no known function and its arguments");
  status = function.as.global->reduce(m, args.as.items, args.len, &result);
  return status ? status : pickle_push(m, result);
}

/* None, or (key of the view, start, elements). */
static bool read_view(const bb_pickle_value *view, bb_pickle_storage *s) {
  uint64_t end;
  s->view_start = 0;
  s->view_elements = s->elements;
  if (!view || view->kind == BB_PICKLE_OTHER) return true;
  return view->kind == BB_PICKLE_TUPLE && view->len == 3 &&
         read_unsigned(&view->as.items[1], &s->view_start) &&
         read_unsigned(&view->as.items[2], &s->view_elements) &&
         !__builtin_add_overflow(s->view_start, s->view_elements, &end) &&
         end <= s->elements;
}

static bool read_storage(const bb_pickle_value *id, bb_pickle_storage *s) {
  const bb_pickle_value *item = id->as.items;
  if (id->kind != BB_PICKLE_TUPLE || id->len < 5 || id->len > 6 ||
      item[1].kind != BB_PICKLE_GLOBAL || !item[1].as.global->element_bytes ||
      item[2].kind != BB_PICKLE_STRING)
    return false;
  *s = (bb_pickle_storage){.dtype = item[1].as.global->dtype,
                           .element_bytes = item[1].as.global->element_bytes,
                           .key = bb_pickle_string(&item[2])};
  return bb_str_equal(bb_pickle_string(&item[0]), "storage") &&
         read_unsigned(&item[4], &s->elements) &&
         read_view(id->len > 5 ? &item[5] : NULL, s);
}

/* ('storage', type, key, location, elements), and of the legacy form a view; the
 * location, "cpu" or "cuda:0", does not matter. */
biobert_status pickle_persistent_id(struct machine *m, uint32_t unused) {
  (void)unused;
  bb_pickle_value id = nothing;
  bb_pickle_storage s;
  biobert_status status = pickle_pop(m, &id);
  if (status) return status;
  if (!read_storage(&id, &s))
    return pickle_refuse(m, "a persistent id that is no storage");
  void *block;
  status = pickle_take(m, 1, sizeof s, &block);
  if (status) return status;
  bb_pickle_storage *storage = block;
  *storage = s;
  bb_pickle *pickle = m->pickle;
  if (pickle->last_storage)
    pickle->last_storage->next = storage;
  else
    pickle->storages = storage;
  pickle->last_storage = storage;
  return pickle_push(m, (bb_pickle_value){BB_PICKLE_STORAGE, 0, {.storage = storage}});
}
