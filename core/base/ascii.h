/* ascii.h - classes of the letters of ASCII, whatever the locale. Bytes of other letters in
 * UTF-8 are in none of them. */
#ifndef BB_ASCII_H
#define BB_ASCII_H

#include <stdbool.h>

static inline bool bb_is_digit(char c) {
  return c >= '0' && c <= '9';
}

static inline bool bb_is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline char bb_lower(char c) {
  return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

#endif
