/* xml_encoding.c - Windows-1252 from a table of our own, since browsers know more of it
 * than iconv; all others from iconv. */
#include "records/xml_encoding.h"

#include <iconv.h>
#include <stddef.h>
#include <stdint.h>
#include <strings.h>

#include "text/markup.h"

/* iconv looks for files by the name. */
static bool is_plain_name(const char *name) {
  size_t length = 0;
  for (; name[length]; length++) {
    char c = name[length];
    bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
    if (!letter && !(c >= '0' && c <= '9') && c != '-' && c != '_') return false;
  }
  return length > 0;
}

static int code_of(iconv_t from, unsigned char byte) {
  char in[1] = {(char)byte}, *rest = in;
  uint32_t code = 0;
  char *out = (char *)&code;
  size_t left = sizeof in, room = sizeof code;
  iconv(from, NULL, NULL, NULL, NULL);
  size_t failed = iconv(from, &rest, &left, &out, &room);
  return failed || left || room ? -1 : (int)code;
}

bool bb_xml_encoding(const char *name, int map[256]) {
  if (strcasecmp(name, "windows-1252") == 0 || strcasecmp(name, "cp1252") == 0) {
    for (int byte = 0; byte < 256; byte++)
      map[byte] = (int)bb_windows_1252((unsigned char)byte);
    return true;
  }
  iconv_t from = is_plain_name(name) ? iconv_open("UTF-32LE", name) : (iconv_t)-1;
  if (from == (iconv_t)-1) return false;
  int above = 0;
  for (int byte = 0; byte < 256; byte++) {
    map[byte] = code_of(from, (unsigned char)byte);
    above += byte >= 128 && map[byte] >= 0;
  }
  iconv_close(from);
  return above > 0 || strcasecmp(name, "ascii") == 0;
}
