/* persons.c */
#include "records/persons.h"

#include <string.h>

#include "base/utf8.h"
#include "records/text_buffer.h"

/* Cuts at byte `at`, and the separator of one byte there is left out. */
static bb_person cut(biobert_str name, size_t at) {
  return (bb_person){bb_trimmed((biobert_str){name.data, at}),
                     bb_trimmed(bb_from(name, at))};
}

/* Where the last word of name[0, len) begins. */
static size_t last_word(biobert_str name, size_t len) {
  while (len && bb_is_space(name.data[len - 1])) len--;
  while (len && !bb_is_space(name.data[len - 1])) len--;
  return len;
}

static bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}

/* "JA", "J.-P.", "Å": no small letter of ASCII in it, and a few characters. */
static bool is_initials(biobert_str word) {
  enum { MOST = 6 };
  size_t letters = 0;
  for (size_t at = 0; at < word.len;) {
    uint32_t code;
    const char *p = word.data + at;
    at += bb_utf8_next(p, word.data + word.len, &code);
    if (is_lower(*p) || (code < 0x80 && memchr("0123456789()/&", *p, 14))) return false;
    if (*p != '.' && *p != '-') letters++;
  }
  return letters > 0 && letters <= MOST;
}

static bool is_suffix(biobert_str word) {
  static const char *const suffixes[] = {"Jr",  "Jr.", "Sr", "Sr.", "2nd",
                                         "3rd", "4th", "II", "III", "IV"};
  for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++)
    if (bb_same_word(word, suffixes[i])) return true;
  return false;
}

static bb_person with_initials(biobert_str name) {
  size_t at = last_word(name, name.len), end = name.len;
  if (at && is_suffix(bb_from(name, at))) {
    end = at;
    at = last_word(name, at);
  }
  const biobert_str word = bb_trimmed((biobert_str){name.data + at, end - at});
  return at && is_initials(word) ? cut(name, at)
                                 : (bb_person){
                                       name, {"", 0}
  };
}

/* The family name is the last word, with the words in small letters before it. */
static bb_person given_first(biobert_str name) {
  size_t at = last_word(name, name.len);
  if (at && is_suffix(bb_from(name, at))) at = last_word(name, at);
  while (at) {
    const size_t before = last_word(name, at);
    if (!before || !is_lower(name.data[before])) break;
    at = before;
  }
  if (!at)
    return (bb_person){
        name, {"", 0}
    };
  const bb_person turned = cut(name, at);
  return (bb_person){turned.given, turned.family};
}

bb_person bb_person_of(biobert_str name, bb_person_form form) {
  name = bb_trimmed(name);
  const char *comma = name.len ? memchr(name.data, ',', name.len) : NULL;
  if (comma) {
    bb_person p = cut(name, (size_t)(comma - name.data));
    p.given = bb_trimmed(bb_from(p.given, 1));
    return p;
  }
  if (form == BB_PERSON_INITIALS) return with_initials(name);
  if (form == BB_PERSON_GIVEN_FIRST) return given_first(name);
  return (bb_person){
      name, {"", 0}
  };
}
