/* bytes.h - little-endian numbers at any alignment. */
#ifndef BB_BYTES_H
#define BB_BYTES_H

#include <stdint.h>
#include <string.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "vectors and model files are little-endian; a big-endian port has to swap here"
#endif

static inline uint16_t bb_read_u16(const void *p) {
  uint16_t v;
  memcpy(&v, p, sizeof v);
  return v;
}

static inline uint32_t bb_read_u32(const void *p) {
  uint32_t v;
  memcpy(&v, p, sizeof v);
  return v;
}

static inline uint64_t bb_read_u64(const void *p) {
  uint64_t v;
  memcpy(&v, p, sizeof v);
  return v;
}

static inline float bb_read_f32(const void *p) {
  float v;
  memcpy(&v, p, sizeof v);
  return v;
}

#endif
