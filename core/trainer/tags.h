/* tags.h - entities by number to labels of tokens by number: 0 is O, then B- and I- of
 * each entity. */
#ifndef BB_TRAINER_TAGS_H
#define BB_TRAINER_TAGS_H

#include <stdint.h>

enum { BB_TAG_OUTSIDE = 0 };

static inline int32_t bb_tag_begin(int32_t entity) {
  return 2 * entity + 1;
}

static inline int32_t bb_tag_inside(int32_t entity) {
  return 2 * entity + 2;
}

#endif
