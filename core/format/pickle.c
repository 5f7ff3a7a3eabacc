/* pickle.c - a machine for pickles that can only describe tensors.
 *
 * Its memory is bounded by the limits below, not by what the pickle asks for. Values live
 * in an arena that is freed at once; lists are accepted and their items dropped, since no
 * weights hang on them. */
#include "format/pickle.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "base/status.h"

/* The pickle of BERT-large has 400 tensors, 6,000 values, a memo of 3,000 and a stack of
 * 2,000 (the writer sets 1,000 members at a time). */
enum {
  PROTOCOL = 2,
  MAX_STACK = 1 << 17,
  MAX_MARKS = 64,
  MAX_MEMO = 1 << 20,
  MAX_VALUES = 1 << 20, /* dicts, entries, items of tuples, storages, tensors */
  MAX_STRING = 64 << 10,
  MAX_NAME = 128, /* of a module or a class */
  CHUNK_BYTES = 64 << 10,
};

/* Memory that is given back all at once. */
struct chunk {
  struct chunk *next;
  size_t used, size;
  max_align_t data[];
};

struct bb_pickle {
  struct chunk *chunks;
  bb_pickle_value root;
};

struct machine {
  const char *what;
  biobert_error *err;
  const char *begin, *at, *end;
  bb_pickle *pickle;
  size_t values;
  bb_pickle_value *stack;
  size_t depth, stack_capacity;
  size_t marks[MAX_MARKS];
  size_t mark_count;
  bb_pickle_value *memo;
  size_t memo_count, memo_capacity;
  bool stopped;
};

static const bb_pickle_value nothing = {.kind = BB_PICKLE_OTHER};

static biobert_status refuse(const struct machine *m, const char *why) {
  return bb_fail(m->err, BIOBERT_FORMAT, "%s: no valid pickle at byte %zu: %s", m->what,
                 (size_t)(m->at - m->begin), why);
}

static biobert_status no_memory(const struct machine *m) {
  return bb_no_memory(m->err, m->what);
}

/* Memory --------------------------------------------------------------------------- */

static void *arena_alloc(bb_pickle *pickle, size_t bytes) {
  const size_t unit = sizeof(max_align_t), units = (bytes + unit - 1) / unit;
  struct chunk *c = pickle->chunks;
  if (!c || c->size - c->used < units) {
    const size_t size = units > CHUNK_BYTES / unit ? units : CHUNK_BYTES / unit;
    c = bb_alloc(NULL, sizeof *c + size * unit, 1);
    if (!c) return NULL;
    c->next = pickle->chunks;
    c->used = 0;
    c->size = size;
    pickle->chunks = c;
  }
  void *block = c->data + c->used;
  c->used += units;
  return block;
}

/* Room for `count` values of some kind; the limit bounds what a pickle can make us take.
 */
static biobert_status take(struct machine *m, size_t count, size_t size, void **out) {
  if (count > MAX_VALUES - m->values) return refuse(m, "too many values");
  m->values += count;
  *out = arena_alloc(m->pickle, count * size);
  return *out ? BIOBERT_OK : no_memory(m);
}

/* The stack ------------------------------------------------------------------------ */

static biobert_status push(struct machine *m, bb_pickle_value value) {
  if (m->depth == MAX_STACK) return refuse(m, "too many values on the stack");
  void *stack = m->stack;
  if (!bb_grow(NULL, &stack, &m->stack_capacity, m->depth, sizeof value))
    return no_memory(m);
  m->stack = stack;
  m->stack[m->depth++] = value;
  return BIOBERT_OK;
}

/* Values above the last mark. */
static size_t available(const struct machine *m) {
  return m->depth - (m->mark_count ? m->marks[m->mark_count - 1] : 0);
}

static biobert_status pop(struct machine *m, bb_pickle_value *out) {
  if (available(m) == 0) return refuse(m, "nothing is left on the stack");
  *out = m->stack[--m->depth];
  return BIOBERT_OK;
}

/* The topmost value, which stays; NULL if there is none. */
static bb_pickle_value *top(struct machine *m) {
  return available(m) ? &m->stack[m->depth - 1] : NULL;
}

/* Takes the values above the last mark, and the mark. They stay readable until the next
 * push. */
static biobert_status pop_mark(struct machine *m, const bb_pickle_value **items,
                               size_t *count) {
  if (m->mark_count == 0) return refuse(m, "no mark is left on the stack");
  *count = available(m);
  m->depth = m->marks[--m->mark_count];
  *items = m->stack + m->depth;
  return BIOBERT_OK;
}

/* The operand of an opcode. */
static biobert_status operand(struct machine *m, size_t bytes, const char **out) {
  if (bytes > (size_t)(m->end - m->at)) return refuse(m, "it ends too early");
  *out = m->at;
  m->at += bytes;
  return BIOBERT_OK;
}

/* A little-endian number of 1, 2 or 4 bytes, without sign. */
static biobert_status operand_number(struct machine *m, size_t bytes, uint32_t *out) {
  const char *from = NULL;
  const biobert_status status = operand(m, bytes, &from);
  if (status) return status;
  *out = 0;
  memcpy(out, from, bytes);
  return BIOBERT_OK;
}

/* Names ---------------------------------------------------------------------------- */

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
  if (!newline) return refuse(m, "a name without an end");
  *out = (biobert_str){m->at, (size_t)(newline - m->at)};
  m->at = newline + 1;
  return BIOBERT_OK;
}

static biobert_status op_global(struct machine *m, uint32_t unused) {
  (void)unused;
  biobert_str module, name;
  biobert_status status = read_line(m, &module);
  if (status) return status;
  status = read_line(m, &name);
  if (status) return status;
  for (size_t i = 0; i < sizeof globals / sizeof globals[0]; i++) {
    if (!bb_str_equal(module, globals[i].module) || !bb_str_equal(name, globals[i].name))
      continue;
    return push(m, (bb_pickle_value){BB_PICKLE_GLOBAL, 0, {.global = &globals[i]}});
  }
  char quoted_module[BB_QUOTE_BYTES], quoted_name[BB_QUOTE_BYTES];
  return bb_fail(
      m->err, BIOBERT_UNSUPPORTED,
      "%s: the pickle asks for %s.%s, which weights do not need, and nothing of it "
      "was run: save model.state_dict() alone, best as safetensors",
      m->what, bb_quote(quoted_module, module), bb_quote(quoted_name, name));
}

/* What calls give ------------------------------------------------------------------ */

static biobert_status new_dict(struct machine *m, bb_pickle_value *out) {
  void *block;
  const biobert_status status = take(m, 1, sizeof(bb_pickle_dict), &block);
  if (status) return status;
  bb_pickle_dict *dict = block;
  *dict = (bb_pickle_dict){0};
  *out = (bb_pickle_value){BB_PICKLE_DICT, 0, {.dict = dict}};
  return BIOBERT_OK;
}

static biobert_status reduce_dict(struct machine *m, const bb_pickle_value *args,
                                  size_t count, bb_pickle_value *out) {
  (void)args;
  if (count != 0)
    return refuse(m, "OrderedDict with an argument: only an empty one is known");
  return new_dict(m, out);
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
  if (count < 4) return refuse(m, "a tensor of fewer than four arguments");
  if (args[0].kind != BB_PICKLE_STORAGE) return refuse(m, "a tensor without a storage");
  t.storage = args[0].as.storage;
  if (!read_unsigned(&args[1], &t.offset))
    return refuse(m, "a tensor's offset is no whole number from 0");
  if (!read_dimensions(&args[2], t.shape) || !read_dimensions(&args[3], t.stride) ||
      args[2].len != args[3].len)
    return refuse(
        m, "a tensor's shape and strides are no tuples of whole numbers from 0, of "
           "equal length and at most 8");
  t.rank = args[2].len;
  void *block;
  const biobert_status status = take(m, 1, sizeof t, &block);
  if (status) return status;
  memcpy(block, &t, sizeof t);
  *out = (bb_pickle_value){BB_PICKLE_TENSOR, 0, {.tensor = block}};
  return BIOBERT_OK;
}

/* (tensor, requires_grad, hooks) */
static biobert_status reduce_parameter(struct machine *m, const bb_pickle_value *args,
                                       size_t count, bb_pickle_value *out) {
  if (count < 1 || args[0].kind != BB_PICKLE_TENSOR)
    return refuse(m, "a parameter without a tensor");
  *out = args[0];
  return BIOBERT_OK;
}

static biobert_status op_reduce(struct machine *m, uint32_t unused) {
  (void)unused;
  bb_pickle_value args = nothing, function = nothing, result = nothing;
  biobert_status status = pop(m, &args);
  if (status) return status;
  status = pop(m, &function);
  if (status) return status;
  if (args.kind != BB_PICKLE_TUPLE || function.kind != BB_PICKLE_GLOBAL ||
      !function.as.global->reduce)
    return refuse(m, "REDUCE of something that is no known function and its arguments");
  status = function.as.global->reduce(m, args.as.items, args.len, &result);
  return status ? status : push(m, result);
}

/* ('storage', type, key, location, elements): the location, "cpu" or "cuda:0", does not
 * matter. */
static biobert_status op_persistent_id(struct machine *m, uint32_t unused) {
  (void)unused;
  bb_pickle_value id = nothing;
  biobert_status status = pop(m, &id);
  if (status) return status;
  const bb_pickle_value *item = id.as.items;
  if (id.kind != BB_PICKLE_TUPLE || id.len < 5 || item[1].kind != BB_PICKLE_GLOBAL ||
      !item[1].as.global->element_bytes || item[2].kind != BB_PICKLE_STRING)
    return refuse(m, "a persistent id that is no storage");
  bb_pickle_storage s = {.dtype = item[1].as.global->dtype,
                         .element_bytes = item[1].as.global->element_bytes,
                         .key = bb_pickle_string(&item[2])};
  if (!bb_str_equal(bb_pickle_string(&item[0]), "storage") ||
      !read_unsigned(&item[4], &s.elements))
    return refuse(m, "a persistent id that is no storage");
  void *block;
  status = take(m, 1, sizeof s, &block);
  if (status) return status;
  memcpy(block, &s, sizeof s);
  return push(m, (bb_pickle_value){BB_PICKLE_STORAGE, 0, {.storage = block}});
}

/* Simple values -------------------------------------------------------------------- */

static biobert_status op_proto(struct machine *m, uint32_t unused) {
  (void)unused;
  uint32_t version = 0;
  const biobert_status status = operand_number(m, 1, &version);
  if (status) return status;
  if (version == PROTOCOL) return BIOBERT_OK;
  return bb_fail(m->err, BIOBERT_UNSUPPORTED,
                 "%s: pickle protocol %" PRIu32
                 ", expected %d, which torch.save() writes "
                 "unless told otherwise",
                 m->what, version, PROTOCOL);
}

static biobert_status op_stop(struct machine *m, uint32_t unused) {
  (void)unused;
  m->stopped = true;
  if (m->mark_count || m->depth != 1)
    return refuse(m, "STOP wants exactly one value on the stack");
  m->pickle->root = m->stack[0];
  return BIOBERT_OK;
}

static biobert_status op_other(struct machine *m, uint32_t operand_bytes) {
  const char *ignored;
  const biobert_status status = operand(m, operand_bytes, &ignored);
  return status ? status : push(m, nothing);
}

static biobert_status push_int(struct machine *m, int64_t value) {
  return push(m, (bb_pickle_value){BB_PICKLE_INT, 0, {.integer = value}});
}

/* Of 4 bytes it is signed, of 1 or 2 not. */
static biobert_status op_int(struct machine *m, uint32_t bytes) {
  uint32_t value;
  const biobert_status status = operand_number(m, bytes, &value);
  if (status) return status;
  return push_int(m, bytes == 4 ? (int64_t)(int32_t)value : (int64_t)value);
}

/* Little-endian two's complement of any length; 64 bits are enough for any size. */
static biobert_status op_long(struct machine *m, uint32_t unused) {
  (void)unused;
  uint32_t bytes = 0;
  const char *from = NULL;
  biobert_status status = operand_number(m, 1, &bytes);
  if (status) return status;
  int64_t value = 0;
  if (bytes > sizeof value) return refuse(m, "a number of more than 64 bits");
  status = operand(m, bytes, &from);
  if (status) return status;
  if (bytes && from[bytes - 1] & 0x80) value = -1;
  memcpy(&value, from, bytes);
  return push_int(m, value);
}

/* Behind its length in so many bytes. */
static biobert_status op_string(struct machine *m, uint32_t length_bytes) {
  uint32_t length = 0;
  const char *text = NULL;
  biobert_status status = operand_number(m, length_bytes, &length);
  if (status) return status;
  if (length > MAX_STRING) return refuse(m, "a string that is too long");
  status = operand(m, length, &text);
  if (status) return status;
  return push(m, (bb_pickle_value){BB_PICKLE_STRING, length, {.text = text}});
}

/* Containers ----------------------------------------------------------------------- */

static biobert_status op_mark(struct machine *m, uint32_t unused) {
  (void)unused;
  if (m->mark_count == MAX_MARKS) return refuse(m, "nested too deeply");
  m->marks[m->mark_count++] = m->depth;
  return BIOBERT_OK;
}

static biobert_status push_tuple(struct machine *m, const bb_pickle_value *items,
                                 size_t count) {
  void *block = NULL;
  if (count) {
    const biobert_status status = take(m, count, sizeof *items, &block);
    if (status) return status;
    memcpy(block, items, count * sizeof *items);
  }
  return push(m, (bb_pickle_value){BB_PICKLE_TUPLE, (uint32_t)count, {.items = block}});
}

static biobert_status op_tuple(struct machine *m, uint32_t unused) {
  (void)unused;
  const bb_pickle_value *items = NULL;
  size_t count = 0;
  const biobert_status status = pop_mark(m, &items, &count);
  return status ? status : push_tuple(m, items, count);
}

static biobert_status op_tuple_of(struct machine *m, uint32_t count) {
  if (available(m) < count) return refuse(m, "nothing is left on the stack");
  m->depth -= count;
  return push_tuple(m, m->stack + m->depth, count);
}

static biobert_status op_empty_dict(struct machine *m, uint32_t unused) {
  (void)unused;
  bb_pickle_value dict = nothing;
  const biobert_status status = new_dict(m, &dict);
  return status ? status : push(m, dict);
}

static biobert_status set_item(struct machine *m, bb_pickle_dict *dict,
                               const bb_pickle_value pair[2]) {
  void *block;
  const biobert_status status = take(m, 1, sizeof(bb_pickle_entry), &block);
  if (status) return status;
  bb_pickle_entry *entry = block;
  *entry = (bb_pickle_entry){.key = pair[0], .value = pair[1]};
  if (dict->last)
    dict->last->next = entry;
  else
    dict->first = entry;
  dict->last = entry;
  return BIOBERT_OK;
}

static biobert_status set_items(struct machine *m, const bb_pickle_value *items,
                                size_t count) {
  const bb_pickle_value *dict = top(m);
  if (!dict || dict->kind != BB_PICKLE_DICT || count % 2)
    return refuse(m, "keys and values for something that is no dict");
  for (size_t i = 0; i < count; i += 2) {
    const biobert_status status = set_item(m, dict->as.dict, items + i);
    if (status) return status;
  }
  return BIOBERT_OK;
}

static biobert_status op_setitem(struct machine *m, uint32_t unused) {
  (void)unused;
  if (available(m) < 3) return refuse(m, "nothing is left on the stack");
  m->depth -= 2;
  return set_items(m, m->stack + m->depth, 2);
}

static biobert_status op_setitems(struct machine *m, uint32_t unused) {
  (void)unused;
  const bb_pickle_value *items = NULL;
  size_t count = 0;
  const biobert_status status = pop_mark(m, &items, &count);
  return status ? status : set_items(m, items, count);
}

static biobert_status check_list(struct machine *m) {
  const bb_pickle_value *list = top(m);
  if (list && list->kind == BB_PICKLE_OTHER) return BIOBERT_OK;
  return refuse(m, "items for something that is no list");
}

static biobert_status op_append(struct machine *m, uint32_t unused) {
  (void)unused;
  bb_pickle_value dropped;
  const biobert_status status = pop(m, &dropped);
  return status ? status : check_list(m);
}

static biobert_status op_appends(struct machine *m, uint32_t unused) {
  (void)unused;
  const bb_pickle_value *items = NULL;
  size_t count = 0;
  const biobert_status status = pop_mark(m, &items, &count);
  return status ? status : check_list(m);
}

/* Sets attributes of an object: a state_dict has `_metadata`, of no use here. */
static biobert_status op_build(struct machine *m, uint32_t unused) {
  (void)unused;
  bb_pickle_value state = nothing;
  const biobert_status status = pop(m, &state);
  if (status) return status;
  const bb_pickle_value *object = top(m);
  if (object && object->kind == BB_PICKLE_DICT) return BIOBERT_OK;
  return refuse(m, "BUILD of something that is no dict");
}

/* The memo ------------------------------------------------------------------------- */

/* Writers number the memo without gaps, so a number cannot make us allocate more than the
 * pickle has instructions. */
static biobert_status op_put(struct machine *m, uint32_t bytes) {
  uint32_t index = 0;
  const biobert_status status = operand_number(m, bytes, &index);
  if (status) return status;
  const bb_pickle_value *value = top(m);
  if (!value) return refuse(m, "nothing is left on the stack");
  if (index > m->memo_count || index >= MAX_MEMO)
    return refuse(m, "a memo number that is out of range");
  void *memo = m->memo;
  if (!bb_grow(NULL, &memo, &m->memo_capacity, m->memo_count, sizeof *value))
    return no_memory(m);
  m->memo = memo;
  m->memo[index] = *value;
  if (index == m->memo_count) m->memo_count++;
  return BIOBERT_OK;
}

static biobert_status op_get(struct machine *m, uint32_t bytes) {
  uint32_t index = 0;
  const biobert_status status = operand_number(m, bytes, &index);
  if (status) return status;
  if (index >= m->memo_count) return refuse(m, "a memo number that was never put");
  return push(m, m->memo[index]);
}

/* The machine ---------------------------------------------------------------------- */

/* Every opcode there is (pickletools), so that a refused one can be named; those without
 * a function are refused. */
static const struct {
  const char *name;
  biobert_status (*run)(struct machine *m, uint32_t argument);
  uint32_t argument; /* a number of bytes or of values, where run takes one */
} opcodes[256] = {
    [0x80] = {"PROTO",            op_proto,         0},
    ['.'] = {"STOP",             op_stop,          0},
    ['c'] = {"GLOBAL",           op_global,        0},
    ['R'] = {"REDUCE",           op_reduce,        0},
    ['b'] = {"BUILD",            op_build,         0},
    ['Q'] = {"BINPERSID",        op_persistent_id, 0},
    ['('] = {"MARK",             op_mark,          0},
    ['t'] = {"TUPLE",            op_tuple,         0},
    [')'] = {"EMPTY_TUPLE",      op_tuple_of,      0},
    [0x85] = {"TUPLE1",           op_tuple_of,      1},
    [0x86] = {"TUPLE2",           op_tuple_of,      2},
    [0x87] = {"TUPLE3",           op_tuple_of,      3},
    [']'] = {"EMPTY_LIST",       op_other,         0},
    ['a'] = {"APPEND",           op_append,        0},
    ['e'] = {"APPENDS",          op_appends,       0},
    ['}'] = {"EMPTY_DICT",       op_empty_dict,    0},
    ['s'] = {"SETITEM",          op_setitem,       0},
    ['u'] = {"SETITEMS",         op_setitems,      0},
    ['N'] = {"NONE",             op_other,         0},
    [0x88] = {"NEWTRUE",          op_other,         0},
    [0x89] = {"NEWFALSE",         op_other,         0},
    ['G'] = {"BINFLOAT",         op_other,         8},
    ['K'] = {"BININT1",          op_int,           1},
    ['M'] = {"BININT2",          op_int,           2},
    ['J'] = {"BININT",           op_int,           4},
    [0x8a] = {"LONG1",            op_long,          0},
    ['X'] = {"BINUNICODE",       op_string,        4},
    ['T'] = {"BINSTRING",        op_string,        4},
    ['U'] = {"SHORT_BINSTRING",  op_string,        1},
    ['q'] = {"BINPUT",           op_put,           1},
    ['r'] = {"LONG_BINPUT",      op_put,           4},
    ['h'] = {"BINGET",           op_get,           1},
    ['j'] = {"LONG_BINGET",      op_get,           4},

    ['0'] = {"POP",              NULL,             0},
    ['1'] = {"POP_MARK",         NULL,             0},
    ['2'] = {"DUP",              NULL,             0},
    ['F'] = {"FLOAT",            NULL,             0},
    ['I'] = {"INT",              NULL,             0},
    ['L'] = {"LONG",             NULL,             0},
    ['P'] = {"PERSID",           NULL,             0},
    ['S'] = {"STRING",           NULL,             0},
    ['V'] = {"UNICODE",          NULL,             0},
    ['d'] = {"DICT",             NULL,             0},
    ['g'] = {"GET",              NULL,             0},
    ['i'] = {"INST",             NULL,             0},
    ['l'] = {"LIST",             NULL,             0},
    ['o'] = {"OBJ",              NULL,             0},
    ['p'] = {"PUT",              NULL,             0},
    [0x81] = {"NEWOBJ",           NULL,             0},
    [0x82] = {"EXT1",             NULL,             0},
    [0x83] = {"EXT2",             NULL,             0},
    [0x84] = {"EXT4",             NULL,             0},
    [0x8b] = {"LONG4",            NULL,             0},
    ['B'] = {"BINBYTES",         NULL,             0},
    ['C'] = {"SHORT_BINBYTES",   NULL,             0},
    [0x8c] = {"SHORT_BINUNICODE", NULL,             0},
    [0x8d] = {"BINUNICODE8",      NULL,             0},
    [0x8e] = {"BINBYTES8",        NULL,             0},
    [0x8f] = {"EMPTY_SET",        NULL,             0},
    [0x90] = {"ADDITEMS",         NULL,             0},
    [0x91] = {"FROZENSET",        NULL,             0},
    [0x92] = {"NEWOBJ_EX",        NULL,             0},
    [0x93] = {"STACK_GLOBAL",     NULL,             0},
    [0x94] = {"MEMOIZE",          NULL,             0},
    [0x95] = {"FRAME",            NULL,             0},
    [0x96] = {"BYTEARRAY8",       NULL,             0},
    [0x97] = {"NEXT_BUFFER",      NULL,             0},
    [0x98] = {"READONLY_BUFFER",  NULL,             0},
};

static biobert_status refuse_opcode(const struct machine *m, unsigned char code) {
  const char *name = opcodes[code].name;
  return bb_fail(m->err, name ? BIOBERT_UNSUPPORTED : BIOBERT_FORMAT,
                 "%s: pickle opcode %s (0x%02x) at byte %zu is not one that torch.save() "
                 "writes for weights",
                 m->what, name ? name : "unknown", code, (size_t)(m->at - 1 - m->begin));
}

static biobert_status run(struct machine *m) {
  while (!m->stopped) {
    const char *byte = NULL;
    biobert_status status = operand(m, 1, &byte);
    if (status) return status;
    const unsigned char code = (unsigned char)*byte;
    if (!opcodes[code].run) return refuse_opcode(m, code);
    status = opcodes[code].run(m, opcodes[code].argument);
    if (status) return status;
  }
  return m->at == m->end ? BIOBERT_OK : refuse(m, "it goes on behind STOP");
}

biobert_status bb_pickle_load(biobert_str data, const char *what, bb_pickle **out,
                              biobert_error *err) {
  struct machine m = {.what = what,
                      .err = err,
                      .begin = data.data,
                      .at = data.data,
                      .end = data.data + data.len};
  m.pickle = bb_alloc_zeroed(NULL, 1, sizeof *m.pickle);
  if (!m.pickle) return no_memory(&m);
  void *stack = NULL; /* never none: its address is reckoned with even when it is empty */
  const bool room = bb_grow(NULL, &stack, &m.stack_capacity, 0, sizeof *m.stack);
  m.stack = stack;
  const biobert_status status = room ? run(&m) : no_memory(&m);
  bb_free(NULL, m.stack);
  bb_free(NULL, m.memo);
  if (status)
    bb_pickle_free(m.pickle);
  else
    *out = m.pickle;
  return status;
}

void bb_pickle_free(bb_pickle *pickle) {
  if (!pickle) return;
  for (struct chunk *c = pickle->chunks, *next; c; c = next) {
    next = c->next;
    bb_free(NULL, c);
  }
  bb_free(NULL, pickle);
}

const bb_pickle_value *bb_pickle_root(const bb_pickle *pickle) {
  return &pickle->root;
}

biobert_str bb_pickle_string(const bb_pickle_value *value) {
  if (value->kind != BB_PICKLE_STRING) return (biobert_str){NULL, 0};
  return (biobert_str){value->as.text, value->len};
}
