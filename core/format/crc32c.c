/* crc32c.c - eight bytes at a time ("slicing by eight", Kounavis & Berry 2005). */
#include "format/crc32c.h"

#include <pthread.h>

#include "base/bytes.h"

enum { SLICES = 8, BYTES = 256 };
static const uint32_t polynomial = 0x82F63B78; /* 0x1EDC6F41 with its bits reversed */

/* table[k][b]: what byte b followed by k zero bytes adds. */
static uint32_t table[SLICES][BYTES];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_table(void) {
  for (uint32_t b = 0; b < BYTES; b++) {
    uint32_t crc = b;
    for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? polynomial : 0);
    table[0][b] = crc;
  }
  for (uint32_t b = 0; b < BYTES; b++)
    for (int k = 1; k < SLICES; k++)
      table[k][b] = table[k - 1][b] >> 8 ^ table[0][table[k - 1][b] & 0xFF];
}

static uint32_t add_eight(uint32_t crc, const unsigned char *at) {
  const uint32_t low = crc ^ bb_read_u32(at), high = bb_read_u32(at + 4);
  return table[7][low & 0xFF] ^ table[6][low >> 8 & 0xFF] ^ table[5][low >> 16 & 0xFF] ^
         table[4][low >> 24] ^ table[3][high & 0xFF] ^ table[2][high >> 8 & 0xFF] ^
         table[1][high >> 16 & 0xFF] ^ table[0][high >> 24];
}

uint32_t bb_crc32c(uint32_t crc, const void *bytes, size_t count) {
  const unsigned char *at = bytes;
  pthread_once(&once, make_table);
  crc = ~crc;
  for (; count >= SLICES; count -= SLICES, at += SLICES) crc = add_eight(crc, at);
  for (; count > 0; count--, at++) crc = crc >> 8 ^ table[0][(crc ^ *at) & 0xFF];
  return ~crc;
}
