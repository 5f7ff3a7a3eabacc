/* Spec of core/base/sha256.c: the vectors of FIPS 180-4's examples (NIST CSRC). */
#include "check.h"

#include "base/sha256.h"

static const char *hash_of(const void *data, size_t bytes, size_t step) {
  static char hex[65];
  unsigned char digest[BB_SHA256_BYTES];
  bb_sha256 h;
  bb_sha256_init(&h);
  for (size_t at = 0; at < bytes; at += step)
    bb_sha256_add(&h, (const char *)data + at, bytes - at < step ? bytes - at : step);
  bb_sha256_end(&h, digest);
  bb_sha256_hex(digest, hex);
  return hex;
}

int main(void) {
  static const struct {
    const char *says, *text, *digest;
  } rows[] = {
  /* clang-format off */
      {"no byte at all hashes as in FIPS 180-4", "",
       "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"a text within one block hashes as in FIPS 180-4", "abc",
       "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {"a text whose length needs a second block hashes as in FIPS 180-4",
       "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
       "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
      {"a text of two blocks hashes as in FIPS 180-4",
       "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopq"
       "klmnopqrlmnopqrsmnopqrstnopqrstu",
       "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
  /* clang-format on */
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    check_begin(rows[i].says);
    CHECK_STR(hash_of(rows[i].text, strlen(rows[i].text), 200), rows[i].digest);
  }

  enum { MILLION = 1000000 };
  static char letters[MILLION];
  memset(letters, 'a', sizeof letters);
  static const char million[] =
      "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";
  check_begin("a million letters hash as in FIPS 180-4");
  CHECK_STR(hash_of(letters, sizeof letters, sizeof letters), million);

  check_begin("it does not matter in what pieces the bytes come");
  static const size_t steps[] = {1, 3, 55, 56, 63, 64, 65, 127, 4096};
  for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
    check_context("pieces of %zu bytes", steps[i]);
    CHECK_STR(hash_of(letters, sizeof letters, steps[i]), million);
  }
  return check_report();
}
