/* sequence.c - nucleotide and protein sequences in the form that their models take. */
#include "biobert.h"

#include <string.h>

#include "base/utf8.h"

size_t biobert_count_characters(biobert_str text, size_t bytes) {
  size_t count = 0;
  for (const char *p = text.data, *end = text.data + bytes; p < end; count++) {
    uint32_t code;
    p += bb_utf8_next(p, end, &code);
  }
  return count;
}

static size_t next_length(const char *p, const char *end) {
  uint32_t code;
  return bb_utf8_next(p, end, &code);
}

/* Sequences come as FASTA records do: the line of a header begins with '>' (';' in old
 * files), the sequence is broken into lines; letters of the sequence are
 * what is left. */
static bool is_blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The first letter at or after p; `begins`: p begins a line. end: there is none. */
static const char *next_letter(const char *p, const char *end, bool begins) {
  for (; p < end; p++) {
    if (begins && (*p == '>' || *p == ';')) {
      while (p < end && *p != '\n' && *p != '\r') p++;
      if (p == end) return end;
    }
    if (!is_blank(*p)) return p;
    if (*p == '\n' || *p == '\r') begins = true;
  }
  return end;
}

static const char *first_letter(biobert_str sequence) {
  return next_letter(sequence.data, sequence.data + sequence.len, true);
}

static const char *letter_behind(const char *letter, const char *end) {
  return next_letter(letter + next_length(letter, end), end, false);
}

static void copy_letters(const char *first, const char *last, const char *end,
                         char *out) {
  for (; first != last; first = letter_behind(first, end)) {
    size_t length = next_length(first, end);
    memcpy(out, first, length);
    out += length;
  }
}

/* What the k letters of a window take is carried along, so that asking for the size costs
 * no more for a large k. */
size_t biobert_kmers(biobert_str sequence, size_t k, char *out) {
  const char *end = sequence.data + sequence.len, *last = first_letter(sequence);
  size_t bytes = 0, window = 0;
  for (size_t i = 0; i < k; i++) {
    if (last == end) return 0;
    window += next_length(last, end);
    last = letter_behind(last, end);
  }
  for (const char *first = first_letter(sequence);; first = letter_behind(first, end)) {
    if (bytes) {
      if (out) out[bytes] = ' ';
      bytes++;
    }
    if (out) copy_letters(first, last, end, out + bytes);
    if (__builtin_add_overflow(bytes, window, &bytes)) return SIZE_MAX;
    if (last == end) return bytes;
    window += next_length(last, end) - next_length(first, end);
    last = letter_behind(last, end);
  }
}

/* Selenocysteine, pyrrolysine and the ambiguous Z and B are X to ProtBERT (Elnaggar et
 * al. 2021): it was trained so. */
static bool is_rare_residue(char c) {
  return c == 'U' || c == 'Z' || c == 'O' || c == 'B';
}

size_t biobert_residues(biobert_str sequence, char *out) {
  size_t bytes = 0;
  const char *end = sequence.data + sequence.len;
  for (const char *p = first_letter(sequence); p < end; p = letter_behind(p, end)) {
    size_t length = next_length(p, end);
    if (bytes) {
      if (out) out[bytes] = ' ';
      bytes++;
    }
    if (out) memcpy(out + bytes, p, length);
    if (out && is_rare_residue(*p)) out[bytes] = 'X';
    bytes += length;
  }
  return bytes;
}
