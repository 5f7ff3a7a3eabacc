/* Spec of core/text/sequence.c: what DNABERT and ProtBERT are given. */
#include "check.h"

#include "base/status.h"

/* k 0: residues. The size that is asked for first is the one that is written. */
static const char *words_of(biobert_str sequence, size_t k) {
  static char out[256];
  size_t bytes = k ? biobert_kmers(sequence, k, NULL) : biobert_residues(sequence, NULL);
  if (!CHECK(bytes < sizeof out)) return "";
  CHECK_INT(k ? biobert_kmers(sequence, k, out) : biobert_residues(sequence, out), bytes);
  out[bytes] = '\0';
  return out;
}

static void test_rows(void) {
  static const struct {
    const char *says, *sequence;
    size_t k;
    const char *words;
  } rows[] = {
  /* clang-format off */
      {"windows follow each other by a letter", "ATGCA", 3, "ATG TGC GCA"},
      {"a window of all letters is one word", "ATG", 3, "ATG"},
      {"a sequence shorter than a window has none", "AT", 3, ""},
      {"an empty sequence has none", "", 3, ""},
      {"lines are one sequence", "AT\nGC\r\nA\r", 3, "ATG TGC GCA"},
      {"blanks of every kind are left out", "A T\tG\vC\fA", 3, "ATG TGC GCA"},
      {"the header of a FASTA record is left out", ">seq 1\nATG\nC", 3, "ATG TGC"},
      {"so is one of old files, and one that ends a line of Macs", ";old\rATGC", 3, "ATG TGC"},
      {"and each of several", ">1\nAT\n>2 x\nGC\n>3", 3, "ATG TGC"},
      {"a header alone is no sequence", ">seq", 3, ""},
      {"inside of a line > is a letter", "A>T", 1, "A > T"},
      {"a letter may have several bytes", "\xC3\xA9" "AT", 2, "\xC3\xA9" "A AT"},
      {"residues are words", "MK\nV", 0, "M K V"},
      {"rare residues are X", "MUZOBV", 0, "M X X X X V"},
      {"small letters stay", "mu", 0, "m u"},
      {"no residues, no words", ">p\n", 0, ""},
  /* clang-format on */
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    check_begin(rows[i].says);
    CHECK_STR(words_of(bb_str(rows[i].sequence), rows[i].k), rows[i].words);
  }
}

int main(void) {
  test_rows();
  return check_report();
}
