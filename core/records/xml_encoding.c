/* xml_encoding.c - Windows-1252 from a table of our own, since browsers know more of it
 * than systems do; all others from the system. */
#include "records/xml_encoding.h"

#include <stddef.h>
#include <strings.h>

#include "base/os.h"
#include "text/markup.h"

/* A system may look for files by the name. */
static bool is_plain_name(const char *name) {
  size_t length = 0;
  for (; name[length]; length++) {
    char c = name[length];
    bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
    if (!letter && !(c >= '0' && c <= '9') && c != '-' && c != '_') return false;
  }
  return length > 0;
}

bool bb_xml_encoding(const char *name, int map[256]) {
  if (strcasecmp(name, "windows-1252") == 0 || strcasecmp(name, "cp1252") == 0) {
    for (int byte = 0; byte < 256; byte++)
      map[byte] = (int)bb_windows_1252((unsigned char)byte);
    return true;
  }
  if (!is_plain_name(name) || !bb_os_byte_codes(name, map)) return false;
  int above = 0;
  for (int byte = 128; byte < 256; byte++) above += map[byte] >= 0;
  return above > 0 || strcasecmp(name, "ascii") == 0;
}
