/* random_bytes.c - arc4random_buf(), which Debian's libexpat.a takes from glibc 2.36: with
 * this the package runs on older ones. Expat makes the salt of its hash tables of it. */
#include <stddef.h>
#include <sys/random.h>

void arc4random_buf(void *buffer, size_t bytes);

void arc4random_buf(void *buffer, size_t bytes) {
  /* Up to 256 bytes come at once (getrandom(2)), and expat asks for 8. Where there are
   * none, the salt is what lay in the buffer. */
  ssize_t got = getrandom(buffer, bytes, 0);
  (void)got;
}
