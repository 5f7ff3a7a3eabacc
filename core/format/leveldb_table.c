/* leveldb_table.c - the reader of LevelDB's tables, as TensorFlow writes its index.
 *
 *   data blocks | metaindex block | index block | footer
 *   block   entries | u32 restarts[n] | u32 n, then u8 compression | u32 masked CRC-32C
 *   entry   varint shared, varint unshared, varint value bytes | rest of the key | value
 *   footer  two handles (metaindex, index) padded to 40 bytes | u64 magic number
 *   handle  varint offset, varint bytes (without compression and CRC)
 *
 * A key begins with the first `shared` bytes of the one before. The index block has an
 * entry for each data block, whose value is its handle. Keys must ascend over the whole
 * table. Source: doc/table_format.md of LevelDB. */
#include "format/leveldb_table.h"

#include <inttypes.h>

#include "base/bytes.h"
#include "base/status.h"
#include "format/crc32c.h"
#include "format/varint.h"

enum {
  FOOTER_BYTES = 48,
  MAGIC_AT = 40,
  TRAILER_BYTES = 5, /* compression and CRC after a block */
  MAX_KEY = 1024,
};
static const uint64_t magic = 0xdb4775248b80fb57;

/* A key that grows and shrinks from entry to entry. */
struct key {
  char text[MAX_KEY + 1];
  size_t len;
};

struct table {
  biobert_str bytes;
  const char *what;
  bb_table_entry_fn *each;
  void *ctx;
  biobert_error *err;
  struct key last; /* of all data blocks so far */
  bool any;
};

static biobert_status refuse(const struct table *t, const char *why) {
  return bb_fail(t->err, BIOBERT_FORMAT, "%s: %s", t->what, why);
}

static bool read_handle(biobert_str *from, uint64_t *offset, uint64_t *bytes) {
  return bb_read_varint(from, offset) && bb_read_varint(from, bytes);
}

/* The entries of a block: without compression, checksum and restart points. */
static biobert_status find_block(const struct table *t, uint64_t offset, uint64_t bytes,
                                 biobert_str *entries) {
  uint64_t end;
  if (__builtin_add_overflow(offset, bytes, &end) ||
      __builtin_add_overflow(end, TRAILER_BYTES, &end) || end > t->bytes.len ||
      bytes < sizeof(uint32_t))
    return refuse(t, "a block of the table lies outside the file: cut off?");
  const char *block = t->bytes.data + offset, *trailer = block + bytes;
  if (bb_crc32c_unmask(bb_read_u32(trailer + 1)) !=
      bb_crc32c(0, block, (size_t)bytes + 1))
    return refuse(t, "the checksum of a block is wrong: the file is damaged");
  if (*trailer != 0)
    return bb_fail(
        t->err, BIOBERT_UNSUPPORTED,
        "%s: a block of the table is compressed (%d); TensorFlow's checkpoints are "
        "not",
        t->what, (unsigned char)*trailer);
  const uint64_t restarts = bb_read_u32(trailer - sizeof(uint32_t));
  if (restarts >= bytes / sizeof(uint32_t))
    return refuse(t, "a block of the table has more restart points than room");
  *entries = (biobert_str){block, (size_t)(bytes - (restarts + 1) * sizeof(uint32_t))};
  return BIOBERT_OK;
}

/* Takes the first entry off `entries`; key is that of the entry before it. */
static biobert_status next_entry(const struct table *t, biobert_str *entries,
                                 struct key *key, biobert_str *value) {
  uint64_t shared, unshared, bytes;
  if (!bb_read_varint(entries, &shared) || !bb_read_varint(entries, &unshared) ||
      !bb_read_varint(entries, &bytes) || shared > key->len || unshared > entries->len ||
      bytes > entries->len - unshared)
    return refuse(t, "an entry of the table is damaged");
  if (unshared > MAX_KEY - shared) return refuse(t, "a key of the table is too long");
  memcpy(key->text + shared, entries->data, (size_t)unshared);
  key->len = (size_t)(shared + unshared);
  key->text[key->len] = '\0';
  *value = (biobert_str){entries->data + unshared, (size_t)bytes};
  entries->data += unshared + bytes;
  entries->len -= (size_t)(unshared + bytes);
  return BIOBERT_OK;
}

static bool ascends(const struct key *a, const struct key *b) {
  const int order = memcmp(a->text, b->text, a->len < b->len ? a->len : b->len);
  return order < 0 || (order == 0 && a->len < b->len);
}

static biobert_status read_data(struct table *t, uint64_t offset, uint64_t bytes) {
  struct key key = {.len = 0};
  biobert_str entries, value;
  biobert_status status = find_block(t, offset, bytes, &entries);
  while (!status && entries.len > 0) {
    status = next_entry(t, &entries, &key, &value);
    if (status) return status;
    if (t->any && !ascends(&t->last, &key))
      return refuse(t, "the keys of the table are out of order");
    memcpy(&t->last, &key, sizeof key);
    t->any = true;
    status = t->each(t->ctx, (biobert_str){key.text, key.len}, value, t->err);
  }
  return status;
}

biobert_status bb_leveldb_table_read(biobert_str table, const char *what,
                                     bb_table_entry_fn *each, void *ctx,
                                     biobert_error *err) {
  struct table t = {.bytes = table, .what = what, .each = each, .ctx = ctx, .err = err};
  struct key key = {.len = 0};
  uint64_t offset, bytes;
  biobert_str entries, value;
  if (table.len < FOOTER_BYTES ||
      bb_read_u64(table.data + table.len - FOOTER_BYTES + MAGIC_AT) != magic)
    return refuse(&t, "no LevelDB table, or one that is cut off");
  biobert_str footer = {table.data + table.len - FOOTER_BYTES, MAGIC_AT};
  if (!read_handle(&footer, &offset, &bytes) || !read_handle(&footer, &offset, &bytes))
    return refuse(&t, "the footer of the table is damaged");
  biobert_status status = find_block(&t, offset, bytes, &entries);
  while (!status && entries.len > 0) {
    status = next_entry(&t, &entries, &key, &value);
    if (status) return status;
    if (!read_handle(&value, &offset, &bytes))
      return refuse(&t, "an entry of the table is damaged");
    status = read_data(&t, offset, bytes);
  }
  return status;
}
