/* source_id.c - lets the installed sqlite3 shell run on another libsqlite3.so.0 (make
 * test SQLITE=...). The shell compares the library's source id with that of its own
 * header, and ends if they differ. Preloaded, this answers the question as the header
 * does; nothing else of the library is touched. */
#include <sqlite3.h>

const char *sqlite3_sourceid(void) {
  return SQLITE_SOURCE_ID;
}
