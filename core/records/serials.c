/* serials.c - ISSN have 8 digits, ISBN 10 or 13; the last may be X. */
#include "records/serials.h"

#include "base/mem.h"

/* X is ten: the last digit of an ISSN, and of an ISBN of ten. */
static bool is_serial_digit(char c) {
  return (c >= '0' && c <= '9') || (c | 0x20) == 'x';
}

/* The first run of digits and hyphens; *digits gets how many there are. */
static biobert_str first_number(biobert_str value, size_t *digits) {
  size_t from = 0;
  while (from < value.len && !(value.data[from] >= '0' && value.data[from] <= '9'))
    from++;
  size_t to = from;
  for (*digits = 0; to < value.len; to++) {
    if (is_serial_digit(value.data[to]))
      ++*digits;
    else if (value.data[to] != '-')
      break;
  }
  return (biobert_str){value.data + from, to - from};
}

void bb_record_add_serial(bb_record *record, biobert_record_field field,
                          biobert_str value) {
  size_t digits;
  if (!value.len) return;
  const biobert_str number = first_number(value, &digits);
  (void)field;
  if (digits == 8)
    bb_record_set(record, BIOBERT_RECORD_ISSN, number);
  else if (digits == 10 || digits == 13)
    bb_record_add(record, BIOBERT_RECORD_ISBN, number);
}
