/* crc32c.h - the checksum of LevelDB and TensorFlow: CRC-32 with Castagnoli's polynomial
 * (RFC 3720, appendix B.4). */
#ifndef BB_CRC32C_H
#define BB_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* Of the bytes that follow those of which `crc` is; 0 to begin with. */
uint32_t bb_crc32c(uint32_t crc, const void *bytes, size_t count);

/* LevelDB masks the checksums that it stores, because a checksum of bytes that contain
 * their own checksum is weak (its util/crc32c.h). This unmasks one. */
static inline uint32_t bb_crc32c_unmask(uint32_t masked) {
  const uint32_t turned = masked - 0xa282ead8u;
  return turned >> 17 | turned << 15;
}

#endif
