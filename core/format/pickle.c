/* pickle.c - a machine for pickles that can only describe tensors. The names that a
 * pickle may use are in pickle_names.c. */
#include "format/pickle.h"

#include <inttypes.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "base/status.h"
#include "format/pickle_machine.h"
#include "format/pickle_names.h"

static const bb_pickle_value nothing = {.kind = BB_PICKLE_OTHER};

/* The operand of an opcode. */
static biobert_status operand(struct machine *m, size_t bytes, const char **out) {
  if (bytes > (size_t)(m->end - m->at)) return pickle_refuse(m, "it ends too early");
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

/* Simple values ---------------------------------------------------------------------- */

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
    return pickle_refuse(m, "STOP wants exactly one value on the stack");
  m->pickle->root = m->stack[0];
  return BIOBERT_OK;
}

static biobert_status op_other(struct machine *m, uint32_t operand_bytes) {
  const char *ignored;
  const biobert_status status = operand(m, operand_bytes, &ignored);
  return status ? status : pickle_push(m, nothing);
}

static biobert_status op_bool(struct machine *m, uint32_t value) {
  return pickle_push(m, (bb_pickle_value){BB_PICKLE_BOOL, 0, {.integer = value}});
}

static biobert_status push_int(struct machine *m, int64_t value) {
  return pickle_push(m, (bb_pickle_value){BB_PICKLE_INT, 0, {.integer = value}});
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
  if (bytes > sizeof value) return pickle_refuse(m, "a number of more than 64 bits");
  status = operand(m, bytes, &from);
  if (status) return status;
  if (bytes && from[bytes - 1] & 0x80) value = -1;
  memcpy(&value, from, bytes);
  return push_int(m, value);
}

/* After its length in so many bytes. */
static biobert_status op_string(struct machine *m, uint32_t length_bytes) {
  uint32_t length = 0;
  const char *text = NULL;
  biobert_status status = operand_number(m, length_bytes, &length);
  if (status) return status;
  if (length > MAX_STRING) return pickle_refuse(m, "a string that is too long");
  status = operand(m, length, &text);
  if (status) return status;
  return pickle_push(m, (bb_pickle_value){BB_PICKLE_STRING, length, {.text = text}});
}

/* Containers ------------------------------------------------------------------------- */

static biobert_status op_mark(struct machine *m, uint32_t unused) {
  (void)unused;
  if (m->mark_count == MAX_MARKS) return pickle_refuse(m, "nested too deeply");
  m->marks[m->mark_count++] = m->depth;
  return BIOBERT_OK;
}

static biobert_status push_tuple(struct machine *m, const bb_pickle_value *items,
                                 size_t count) {
  void *block = NULL;
  if (count) {
    const biobert_status status = pickle_take(m, count, sizeof *items, &block);
    if (status) return status;
    memcpy(block, items, count * sizeof *items);
  }
  return pickle_push(
      m, (bb_pickle_value){BB_PICKLE_TUPLE, (uint32_t)count, {.items = block}});
}

static biobert_status op_tuple(struct machine *m, uint32_t unused) {
  (void)unused;
  const bb_pickle_value *items = NULL;
  size_t count = 0;
  const biobert_status status = pickle_pop_mark(m, &items, &count);
  return status ? status : push_tuple(m, items, count);
}

static biobert_status op_tuple_of(struct machine *m, uint32_t count) {
  if (pickle_available(m) < count)
    return pickle_refuse(m, "nothing is left on the stack");
  m->depth -= count;
  return push_tuple(m, m->stack + m->depth, count);
}

static biobert_status op_empty(struct machine *m, uint32_t kind) {
  bb_pickle_value container = nothing;
  const biobert_status status = pickle_new_dict(m, &container);
  container.kind = (bb_pickle_kind)kind;
  return status ? status : pickle_push(m, container);
}

static biobert_status set_items(struct machine *m, const bb_pickle_value *items,
                                size_t count) {
  const bb_pickle_value *dict = pickle_top(m);
  if (!dict || dict->kind != BB_PICKLE_DICT || count % 2)
    return pickle_refuse(m, "keys and values for something that is no dict");
  for (size_t i = 0; i < count; i += 2) {
    const biobert_status status = pickle_set_item(m, dict->as.dict, items + i);
    if (status) return status;
  }
  return BIOBERT_OK;
}

static biobert_status op_setitem(struct machine *m, uint32_t unused) {
  (void)unused;
  if (pickle_available(m) < 3) return pickle_refuse(m, "nothing is left on the stack");
  m->depth -= 2;
  return set_items(m, m->stack + m->depth, 2);
}

static biobert_status op_setitems(struct machine *m, uint32_t unused) {
  (void)unused;
  const bb_pickle_value *items = NULL;
  size_t count = 0;
  const biobert_status status = pickle_pop_mark(m, &items, &count);
  return status ? status : set_items(m, items, count);
}

static biobert_status add_items(struct machine *m, const bb_pickle_value *items,
                                size_t count) {
  const bb_pickle_value *list = pickle_top(m);
  if (!list || list->kind != BB_PICKLE_LIST)
    return pickle_refuse(m, "items for something that is no list");
  for (size_t i = 0; i < count; i++) {
    const bb_pickle_value pair[2] = {nothing, items[i]};
    const biobert_status status = pickle_set_item(m, list->as.dict, pair);
    if (status) return status;
  }
  return BIOBERT_OK;
}

static biobert_status op_append(struct machine *m, uint32_t unused) {
  (void)unused;
  bb_pickle_value item = nothing;
  const biobert_status status = pickle_pop(m, &item);
  return status ? status : add_items(m, &item, 1);
}

static biobert_status op_appends(struct machine *m, uint32_t unused) {
  (void)unused;
  const bb_pickle_value *items = NULL;
  size_t count = 0;
  const biobert_status status = pickle_pop_mark(m, &items, &count);
  return status ? status : add_items(m, items, count);
}

/* Sets attributes of an object: a state_dict has `_metadata`, of no use here. */
static biobert_status op_build(struct machine *m, uint32_t unused) {
  (void)unused;
  bb_pickle_value state = nothing;
  const biobert_status status = pickle_pop(m, &state);
  if (status) return status;
  const bb_pickle_value *object = pickle_top(m);
  if (object && object->kind == BB_PICKLE_DICT) return BIOBERT_OK;
  return pickle_refuse(m, "BUILD of something that is no dict");
}

/* The memo --------------------------------------------------------------------------- */

/* Writers number the memo without gaps, so a number cannot make us allocate more than the
 * pickle has instructions. */
static biobert_status op_put(struct machine *m, uint32_t bytes) {
  uint32_t index = 0;
  const biobert_status status = operand_number(m, bytes, &index);
  if (status) return status;
  const bb_pickle_value *value = pickle_top(m);
  if (!value) return pickle_refuse(m, "nothing is left on the stack");
  if (index > m->memo_count || index >= MAX_MEMO)
    return pickle_refuse(m, "a memo number that is out of range");
  void *memo = m->memo;
  if (!bb_grow(NULL, &memo, &m->memo_capacity, m->memo_count, sizeof *value))
    return pickle_no_memory(m);
  m->memo = memo;
  m->memo[index] = *value;
  if (index == m->memo_count) m->memo_count++;
  return BIOBERT_OK;
}

static biobert_status op_get(struct machine *m, uint32_t bytes) {
  uint32_t index = 0;
  const biobert_status status = operand_number(m, bytes, &index);
  if (status) return status;
  if (index >= m->memo_count) return pickle_refuse(m, "a memo number that was never put");
  return pickle_push(m, m->memo[index]);
}

/* The machine ------------------------------------------------------------------------ */

/* Every opcode there is (pickletools), so that a refused one can be named; those without
 * a function are refused. */
static const struct {
  const char *name;
  biobert_status (*run)(struct machine *m, uint32_t argument);
  uint32_t argument; /* a number of bytes or of values, where run takes one */
} opcodes[256] = {
    [0x80] = {"PROTO",            op_proto,             0             },
    ['.'] = {"STOP",             op_stop,              0             },
    ['c'] = {"GLOBAL",           pickle_global,        0             },
    ['R'] = {"REDUCE",           pickle_reduce,        0             },
    ['b'] = {"BUILD",            op_build,             0             },
    ['Q'] = {"BINPERSID",        pickle_persistent_id, 0             },
    ['('] = {"MARK",             op_mark,              0             },
    ['t'] = {"TUPLE",            op_tuple,             0             },
    [')'] = {"EMPTY_TUPLE",      op_tuple_of,          0             },
    [0x85] = {"TUPLE1",           op_tuple_of,          1             },
    [0x86] = {"TUPLE2",           op_tuple_of,          2             },
    [0x87] = {"TUPLE3",           op_tuple_of,          3             },
    [']'] = {"EMPTY_LIST",       op_empty,             BB_PICKLE_LIST},
    ['a'] = {"APPEND",           op_append,            0             },
    ['e'] = {"APPENDS",          op_appends,           0             },
    ['}'] = {"EMPTY_DICT",       op_empty,             BB_PICKLE_DICT},
    ['s'] = {"SETITEM",          op_setitem,           0             },
    ['u'] = {"SETITEMS",         op_setitems,          0             },
    ['N'] = {"NONE",             op_other,             0             },
    [0x88] = {"NEWTRUE",          op_bool,              1             },
    [0x89] = {"NEWFALSE",         op_bool,              0             },
    ['G'] = {"BINFLOAT",         op_other,             8             },
    ['K'] = {"BININT1",          op_int,               1             },
    ['M'] = {"BININT2",          op_int,               2             },
    ['J'] = {"BININT",           op_int,               4             },
    [0x8a] = {"LONG1",            op_long,              0             },
    ['X'] = {"BINUNICODE",       op_string,            4             },
    ['T'] = {"BINSTRING",        op_string,            4             },
    ['U'] = {"SHORT_BINSTRING",  op_string,            1             },
    ['q'] = {"BINPUT",           op_put,               1             },
    ['r'] = {"LONG_BINPUT",      op_put,               4             },
    ['h'] = {"BINGET",           op_get,               1             },
    ['j'] = {"LONG_BINGET",      op_get,               4             },

    ['0'] = {"POP",              NULL,                 0             },
    ['1'] = {"POP_MARK",         NULL,                 0             },
    ['2'] = {"DUP",              NULL,                 0             },
    ['F'] = {"FLOAT",            NULL,                 0             },
    ['I'] = {"INT",              NULL,                 0             },
    ['L'] = {"LONG",             NULL,                 0             },
    ['P'] = {"PERSID",           NULL,                 0             },
    ['S'] = {"STRING",           NULL,                 0             },
    ['V'] = {"UNICODE",          NULL,                 0             },
    ['d'] = {"DICT",             NULL,                 0             },
    ['g'] = {"GET",              NULL,                 0             },
    ['i'] = {"INST",             NULL,                 0             },
    ['l'] = {"LIST",             NULL,                 0             },
    ['o'] = {"OBJ",              NULL,                 0             },
    ['p'] = {"PUT",              NULL,                 0             },
    [0x81] = {"NEWOBJ",           NULL,                 0             },
    [0x82] = {"EXT1",             NULL,                 0             },
    [0x83] = {"EXT2",             NULL,                 0             },
    [0x84] = {"EXT4",             NULL,                 0             },
    [0x8b] = {"LONG4",            NULL,                 0             },
    ['B'] = {"BINBYTES",         NULL,                 0             },
    ['C'] = {"SHORT_BINBYTES",   NULL,                 0             },
    [0x8c] = {"SHORT_BINUNICODE", NULL,                 0             },
    [0x8d] = {"BINUNICODE8",      NULL,                 0             },
    [0x8e] = {"BINBYTES8",        NULL,                 0             },
    [0x8f] = {"EMPTY_SET",        NULL,                 0             },
    [0x90] = {"ADDITEMS",         NULL,                 0             },
    [0x91] = {"FROZENSET",        NULL,                 0             },
    [0x92] = {"NEWOBJ_EX",        NULL,                 0             },
    [0x93] = {"STACK_GLOBAL",     NULL,                 0             },
    [0x94] = {"MEMOIZE",          NULL,                 0             },
    [0x95] = {"FRAME",            NULL,                 0             },
    [0x96] = {"BYTEARRAY8",       NULL,                 0             },
    [0x97] = {"NEXT_BUFFER",      NULL,                 0             },
    [0x98] = {"READONLY_BUFFER",  NULL,                 0             },
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
  return BIOBERT_OK;
}

/* *used: the bytes up to and with STOP. */
biobert_status bb_pickle_load_first(biobert_str data, const char *what, size_t *used,
                                    bb_pickle **out, biobert_error *err) {
  struct machine m = {.what = what,
                      .err = err,
                      .begin = data.data,
                      .at = data.data,
                      .end = data.data + data.len};
  m.pickle = bb_alloc_zeroed(NULL, 1, sizeof *m.pickle);
  if (!m.pickle) return pickle_no_memory(&m);
  void *stack =
      NULL; /* never NULL: pointer arithmetic is done on it even when it is empty */
  const bool room = bb_grow(NULL, &stack, &m.stack_capacity, 0, sizeof *m.stack);
  m.stack = stack;
  const biobert_status status = room ? run(&m) : pickle_no_memory(&m);
  bb_free(NULL, m.stack);
  bb_free(NULL, m.memo);
  if (status) {
    bb_pickle_free(m.pickle);
    return status;
  }
  *used = (size_t)(m.at - m.begin);
  *out = m.pickle;
  return BIOBERT_OK;
}

biobert_status bb_pickle_load(biobert_str data, const char *what, bb_pickle **out,
                              biobert_error *err) {
  bb_pickle *pickle = NULL;
  size_t used = 0;
  const biobert_status status = bb_pickle_load_first(data, what, &used, &pickle, err);
  if (status) return status;
  if (used == data.len) {
    *out = pickle;
    return BIOBERT_OK;
  }
  bb_pickle_free(pickle);
  return bb_fail(err, BIOBERT_FORMAT,
                 "%s: no valid pickle at byte %zu: it goes on behind STOP", what, used);
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

const bb_pickle_storage *bb_pickle_storages(const bb_pickle *pickle) {
  return pickle->storages;
}
