/* format_writer.h - TensorFlow checkpoints and GGUF files in memory, for tests. */
#ifndef FORMAT_WRITER_H
#define FORMAT_WRITER_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "format/crc32c.h"

enum { WRITER_BYTES = 1 << 16 };

struct writer {
  unsigned char bytes[WRITER_BYTES];
  size_t len;
};

/* What does not fit is dropped: the tests' files are small. */
static inline void put(struct writer *w, const void *bytes, size_t count) {
  if (count > WRITER_BYTES - w->len) return;
  if (count) memcpy(w->bytes + w->len, bytes, count);
  w->len += count;
}

static inline void put_number(struct writer *w, uint64_t value, size_t bytes) {
  put(w, &value, bytes);
}

static inline void put_varint(struct writer *w, uint64_t value) {
  for (; value >= 128; value >>= 7) put_number(w, value % 128 + 128, 1);
  put_number(w, value, 1);
}

/* LevelDB's table -------------------------------------------------------------------- */

/* An entry that shares nothing with the one before. */
static inline void put_entry(struct writer *block, const char *key, const void *value,
                             size_t count) {
  put_varint(block, 0);
  put_varint(block, strlen(key));
  put_varint(block, count);
  put(block, key, strlen(key));
  put(block, value, count);
}

/* A block with its trailer; its handle goes to `handle`. */
static inline void put_block(struct writer *w, const struct writer *block,
                             int compression, struct writer *handle) {
  const size_t at = w->len;
  put_varint(handle, at);
  put(w, block->bytes, block->len);
  put_number(w, 0, 4);
  put_number(w, 1, 4);
  put_varint(handle, w->len - at);
  put_number(w, (uint64_t)compression, 1);
  const uint32_t crc = bb_crc32c(0, w->bytes + at, w->len - at);
  put_number(w, (crc >> 15 | crc << 17) + 0xa282ead8u, 4);
}

static inline void put_footer(struct writer *w, const struct writer *handles) {
  static const unsigned char zeros[40];
  put(w, handles->bytes, handles->len);
  put(w, zeros, sizeof zeros - handles->len);
  put_number(w, 0xdb4775248b80fb57, 8);
}

/* The table of one block of entries. */
static inline void put_table(struct writer *w, const struct writer *entries,
                             int compression) {
  static struct writer handle, index, empty, handles;
  handle.len = index.len = empty.len = handles.len = 0;
  put_block(w, entries, compression, &handle);
  put_entry(&index, "z", handle.bytes, handle.len);
  put_block(w, &empty, 0, &handles);
  put_block(w, &index, 0, &handles);
  put_footer(w, &handles);
}

/* GGUF ------------------------------------------------------------------------------- */

static inline void put_string(struct writer *w, const char *text) {
  put_number(w, strlen(text), 8);
  put(w, text, strlen(text));
}

static inline void put_gguf_head(struct writer *w, uint32_t version, uint64_t tensors,
                                 uint64_t keys) {
  put(w, "GGUF", 4);
  put_number(w, version, 4);
  put_number(w, tensors, 8);
  put_number(w, keys, 8);
}

static inline void put_gguf_tensor(struct writer *w, const char *name, uint64_t row,
                                   uint64_t rows, uint32_t type, uint64_t offset) {
  put_string(w, name);
  put_number(w, 2, 4);
  put_number(w, row, 8);
  put_number(w, rows, 8);
  put_number(w, type, 4);
  put_number(w, offset, 8);
}

static inline void put_padding(struct writer *w, size_t to) {
  while (w->len % to) put_number(w, 0, 1);
}

#endif
