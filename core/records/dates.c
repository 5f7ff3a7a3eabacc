/* dates.c - a date is words, of which each is a year, a month, a day or nothing. */
#include "records/dates.h"

#include <stdio.h>
#include <string.h>

#include "base/ascii.h"
#include "records/text_buffer.h"

typedef struct word {
  biobert_str text;
  char before, after; /* the bytes beside it; '\0': an end */
  bool is_number;
  int number; /* of at most four digits; -1: longer */
} word;

/* Months are words of any language. */
static bool is_letter(char c) {
  return bb_is_letter(c) || (unsigned char)c >= 0x80;
}

static int number_of(biobert_str digits) {
  int number = 0;
  if (digits.len > 4) return -1;
  for (size_t i = 0; i < digits.len; i++) number = number * 10 + (digits.data[i] - '0');
  return number;
}

/* The next run of digits or of letters at or after *at. */
static bool next_word(biobert_str value, size_t *at, word *out) {
  while (*at < value.len && !bb_is_digit(value.data[*at]) && !is_letter(value.data[*at]))
    (*at)++;
  if (*at == value.len) return false;
  const size_t start = *at;
  out->is_number = bb_is_digit(value.data[start]);
  while (*at < value.len &&
         (out->is_number ? bb_is_digit(value.data[*at]) : is_letter(value.data[*at])))
    (*at)++;
  out->text = (biobert_str){value.data + start, *at - start};
  out->before = start ? value.data[start - 1] : '\0';
  out->after = *at < value.len ? value.data[*at] : '\0';
  out->number = out->is_number ? number_of(out->text) : -1;
  return true;
}

/* Months ----------------------------------------------------------------------------- */

typedef struct month_name {
  const char *name; /* in lower case; a word that begins so is meant */
  int month;
} month_name;

/* German, French, Spanish, Italian and Portuguese where they differ; seasons by their
 * first month. "mar" is March in all of them, "mai" May. */
static const month_name month_names[] = {
    {"jan",        1 },
    {"ene",        1 },
    {"gen",        1 },
    {"feb",        2 },
    {"f\xC3\xA9v", 2 },
    {"fev",        2 },
    {"mar",        3 },
    {"m\xC3\xA4r", 3 },
    {"apr",        4 },
    {"avr",        4 },
    {"abr",        4 },
    {"may",        5 },
    {"mai",        5 },
    {"mag",        5 },
    {"jun",        6 },
    {"juin",       6 },
    {"giu",        6 },
    {"jul",        7 },
    {"juil",       7 },
    {"lug",        7 },
    {"aug",        8 },
    {"ao\xC3\xBB", 8 },
    {"ago",        8 },
    {"sep",        9 },
    {"set",        9 },
    {"oct",        10},
    {"okt",        10},
    {"ott",        10},
    {"out",        10},
    {"nov",        11},
    {"dec",        12},
    {"d\xC3\xA9"
     "c",     12},
    {"dez",        12},
    {"dic",        12},
    {"spring",     3 },
    {"summer",     6 },
    {"autumn",     9 },
    {"fall",       9 },
    {"winter",     12},
};

static int month_of_name(biobert_str text) {
  for (size_t i = 0; i < sizeof month_names / sizeof month_names[0]; i++)
    if (bb_starts_as(text, month_names[i].name)) return month_names[i].month;
  return 0;
}

static int days_in(int year, int month) {
  static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : days[month - 1];
}

static bool is_month(int number) {
  return number >= 1 && number <= 12;
}

/* A day that the month does not have, or a month that is none, is unknown. */
static void drop_impossible(bb_date *d) {
  if (!is_month(d->month)) d->month = 0;
  if (!d->month || d->day < 1 || d->day > days_in(d->year, d->month)) d->day = 0;
}

/* Years ------------------------------------------------------------------------------ */

static bool is_year(biobert_str text) {
  enum { FIRST = 1000, LAST = 2999 };
  if (text.len != 4) return false;
  const int year = number_of(text);
  return year >= FIRST && year <= LAST;
}

/* "20010517" */
static bool read_compact(biobert_str text, bb_date *out) {
  const biobert_str year = {text.data, 4};
  if (text.len != 8 || !is_year(year)) return false;
  *out = (bb_date){number_of(year), number_of((biobert_str){text.data + 4, 2}),
                   number_of((biobert_str){text.data + 6, 2})};
  return true;
}

/* The words in front of the year: "17 May 2001", "05/17/2001", "17.5.2001", "May 2001". */
typedef struct before_year {
  int numbers[2], count, month;
} before_year;

static void take_before(before_year *b, const word *w) {
  if (!w->is_number && !b->month) b->month = month_of_name(w->text);
  if (w->is_number && b->count < 2 && w->text.len <= 2)
    b->numbers[b->count++] = w->number;
}

static void apply_before(const before_year *b, bb_date *d) {
  if (b->month) {
    d->month = b->month;
    if (b->count) d->day = b->numbers[0];
  } else if (b->count == 2) {
    /* American where it can be; a number above twelve is a day. */
    const bool day_first = b->numbers[0] > 12;
    d->month = b->numbers[day_first];
    d->day = b->numbers[!day_first];
  } else if (b->count == 1) {
    d->month = b->numbers[0];
  }
}

/* The words behind the year, up to what ends them: a range's second part, a time. */
static void read_after(biobert_str value, size_t at, bb_date *d) {
  word w;
  while (next_word(value, &at, &w)) {
    if (!w.is_number && !d->month) {
      d->month = month_of_name(w.text);
    } else if (w.is_number && !d->month && is_letter(w.after)) {
      if (w.number <= 4) d->month = 3 * w.number - 2; /* "2001 2nd Quart" */
      return;
    } else if (w.is_number && !d->month) {
      if (!is_month(w.number)) return;
      d->month = w.number;
    } else if (w.is_number) {
      d->day = w.number;
      return;
    } else {
      return;
    }
  }
}

bool bb_date_read(biobert_str value, bb_date *out) {
  before_year before = {{0}, 0, 0};
  word w;
  *out = (bb_date){0, 0, 0};
  for (size_t at = 0; next_word(value, &at, &w); take_before(&before, &w)) {
    if (w.is_number && read_compact(w.text, out)) {
      drop_impossible(out);
      return true;
    }
    if (!w.is_number || !is_year(w.text)) continue;
    out->year = w.number;
    apply_before(&before, out);
    if (!out->month) read_after(value, at, out);
    drop_impossible(out);
    return true;
  }
  return false;
}

bool bb_date_read_parts(biobert_str year, biobert_str month, biobert_str day,
                        bb_date *out) {
  size_t at = 0;
  word w;
  if (!bb_date_read(year, out)) return false;
  if (month.len && next_word(month, &at, &w))
    out->month = w.is_number ? w.number : month_of_name(w.text);
  at = 0;
  if (day.len && next_word(day, &at, &w) && w.is_number) out->day = w.number;
  drop_impossible(out);
  return true;
}

biobert_str bb_date_iso(bb_date d, char buffer[BB_DATE_BYTES]) {
  const int year = d.year % 10000, month = d.month % 100, day = d.day % 100;
  if (day)
    snprintf(buffer, BB_DATE_BYTES, "%04d-%02d-%02d", year, month, day);
  else if (month)
    snprintf(buffer, BB_DATE_BYTES, "%04d-%02d", year, month);
  else
    snprintf(buffer, BB_DATE_BYTES, "%04d", year);
  return (biobert_str){buffer, strlen(buffer)};
}
