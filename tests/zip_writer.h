/* zip_writer.h - stored zip files in memory, as torch.save() writes them, for tests.
 *
 * The places of the records are kept, so that a test can damage one of them. */
#ifndef ZIP_WRITER_H
#define ZIP_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { ZIP_MAX_ENTRIES = 8, ZIP_LOCAL = 30, ZIP_CENTRAL = 46 };

struct zip {
  unsigned char *bytes;
  size_t len, capacity;
  size_t entries;
  const char *name[ZIP_MAX_ENTRIES];
  uint32_t crc[ZIP_MAX_ENTRIES], size[ZIP_MAX_ENTRIES];
  size_t local[ZIP_MAX_ENTRIES], data[ZIP_MAX_ENTRIES], central[ZIP_MAX_ENTRIES];
  size_t directory, end64, locator, end;
};

/* What does not fit is dropped: the callers' buffers are large enough. */
static inline void zip_put(struct zip *z, const void *bytes, size_t count) {
  if (count > z->capacity - z->len) return;
  if (count) memcpy(z->bytes + z->len, bytes, count);
  z->len += count;
}

static inline void zip_number(struct zip *z, uint64_t value, size_t bytes) {
  zip_put(z, &value, bytes);
}

static inline void zip_zeros(struct zip *z, size_t count) {
  while (count-- > 0) zip_put(z, "", 1);
}

static inline uint32_t zip_crc(const void *data, size_t count) {
  const unsigned char *bytes = data;
  uint32_t crc = UINT32_MAX;
  for (size_t i = 0; i < count; i++) {
    crc ^= bytes[i];
    for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320 : 0);
  }
  return ~crc;
}

/* The header says nothing of size and checksum: that is in the directory. */
static inline void zip_add(struct zip *z, const char *name, const void *data,
                           size_t size) {
  const size_t i = z->entries++;
  z->name[i] = name;
  z->crc[i] = zip_crc(data, size);
  z->size[i] = (uint32_t)size;
  z->local[i] = z->len;
  zip_number(z, 0x04034b50, 4);
  zip_zeros(z, 2);
  zip_number(z, 0x0808, 2);
  zip_zeros(z, 18);
  zip_number(z, strlen(name), 2);
  zip_zeros(z, 2);
  zip_put(z, name, strlen(name));
  z->data[i] = z->len;
  zip_put(z, data, size);
}

static inline void zip_central(struct zip *z, size_t i) {
  z->central[i] = z->len;
  zip_number(z, 0x02014b50, 4);
  zip_zeros(z, 4);
  zip_number(z, 0x0808, 2);
  zip_zeros(z, 6);
  zip_number(z, z->crc[i], 4);
  zip_number(z, z->size[i], 4);
  zip_number(z, z->size[i], 4);
  zip_number(z, strlen(z->name[i]), 2);
  zip_zeros(z, 12);
  zip_number(z, z->local[i], 4);
  zip_put(z, z->name[i], strlen(z->name[i]));
}

static inline void zip_finish(struct zip *z, bool zip64) {
  z->directory = z->len;
  for (size_t i = 0; i < z->entries; i++) zip_central(z, i);
  const size_t bytes = z->len - z->directory;
  if (zip64) {
    z->end64 = z->len;
    zip_number(z, 0x06064b50, 4);
    zip_number(z, 44, 8);
    zip_zeros(z, 4);
    zip_zeros(z, 8);
    zip_number(z, z->entries, 8);
    zip_number(z, z->entries, 8);
    zip_number(z, bytes, 8);
    zip_number(z, z->directory, 8);
    z->locator = z->len;
    zip_number(z, 0x07064b50, 4);
    zip_zeros(z, 4);
    zip_number(z, z->end64, 8);
    zip_number(z, 1, 4);
  }
  z->end = z->len;
  zip_number(z, 0x06054b50, 4);
  zip_zeros(z, 4);
  zip_number(z, z->entries, 2);
  zip_number(z, z->entries, 2);
  zip_number(z, bytes, 4);
  zip_number(z, z->directory, 4);
  zip_zeros(z, 2);
}

#endif
