/* sha256.h - FIPS 180-4. */
#ifndef BB_SHA256_H
#define BB_SHA256_H

#include <stddef.h>
#include <stdint.h>

typedef struct bb_sha256 {
  uint32_t state[8];
  uint64_t bytes;
  unsigned char block[64];
} bb_sha256;

enum { BB_SHA256_BYTES = 32 };

void bb_sha256_init(bb_sha256 *h);
void bb_sha256_add(bb_sha256 *h, const void *data, size_t bytes);
void bb_sha256_end(bb_sha256 *h, unsigned char digest[BB_SHA256_BYTES]);

/* 64 lower-case hexadecimal digits and a NUL. */
void bb_sha256_hex(const unsigned char digest[BB_SHA256_BYTES], char out[65]);

#endif
