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

size_t biobert_kmers(biobert_str sequence, size_t k, char *out) {
  const char *end = sequence.data + sequence.len, *last = sequence.data;
  size_t bytes = 0;
  for (size_t i = 0; i < k; i++) {
    if (last == end) return 0;
    last += next_length(last, end);
  }
  for (const char *first = sequence.data;; first += next_length(first, end)) {
    size_t length = (size_t)(last - first);
    if (bytes) {
      if (out) out[bytes] = ' ';
      bytes++;
    }
    if (out) memcpy(out + bytes, first, length);
    if (__builtin_add_overflow(bytes, length, &bytes)) return SIZE_MAX;
    if (last == end) return bytes;
    last += next_length(last, end);
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
  for (const char *p = sequence.data; p < end;) {
    size_t length = next_length(p, end);
    /* Line breaks of a FASTA record are no residues. */
    if (*p == ' ' || (*p >= '\t' && *p <= '\r')) {
      p += length;
      continue;
    }
    if (bytes) {
      if (out) out[bytes] = ' ';
      bytes++;
    }
    if (out) memcpy(out + bytes, p, length);
    if (out && is_rare_residue(*p)) out[bytes] = 'X';
    bytes += length;
    p += length;
  }
  return bytes;
}
