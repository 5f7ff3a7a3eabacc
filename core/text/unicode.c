/* Look-up of code point properties in the generated tables. */
#include "text/unicode_tables.h"

bb_char_class bb_char_class_of(uint32_t code_point) {
  if (code_point > BB_UNICODE_LAST) return (bb_char_class){0};
  const uint8_t block = bb_unicode_block_of[code_point >> BB_UNICODE_BLOCK_BITS];
  const uint8_t class = bb_unicode_blocks[block][code_point & (BB_UNICODE_BLOCK - 1)];
  return bb_unicode_classes[class];
}

/* The last run that starts at or before code_point; it is not before the first run. */
static const bb_lower_run *lower_run_of(uint32_t code_point) {
  size_t low = 0, high = bb_unicode_lower_run_count;
  while (high - low > 1) {
    const size_t middle = low + (high - low) / 2;
    if (bb_unicode_lower_runs[middle].first <= code_point)
      low = middle;
    else
      high = middle;
  }
  return &bb_unicode_lower_runs[low];
}

size_t bb_char_lower(uint32_t code_point, uint32_t out[2]) {
  out[0] = code_point;
  if (!(bb_char_class_of(code_point).flags & BB_CHAR_LOWERS)) return 1;

  const bb_lower_run *run = lower_run_of(code_point);
  out[0] = (uint32_t)((int32_t)code_point + run->delta);
  if (!run->second) return 1;
  out[1] = run->second;
  return 2;
}
