/* names.c */
#include "base/names.h"

#include <stdio.h>
#include <string.h>

bool bb_list_add_v(char *text, size_t size, const char *separator, const char *format,
                   va_list args) {
  const size_t used = strlen(text), gap = used ? strlen(separator) : 0;
  if (gap >= size - used) return false;
  char *item = text + used + gap;
  const size_t room = size - used - gap;
  const int bytes = vsnprintf(item, room, format, args);
  if (bytes < 0 || (size_t)bytes >= room) {
    text[used] = '\0';
    return false;
  }
  memcpy(text + used, separator, gap);
  return true;
}

bool bb_list_add(char *text, size_t size, const char *separator, const char *format,
                 ...) {
  va_list args;
  va_start(args, format);
  const bool added = bb_list_add_v(text, size, separator, format, args);
  va_end(args);
  return added;
}

biobert_status bb_not_one_of(biobert_error *err, const char *thing, biobert_str value,
                             bb_names names) {
  static const char more[] = ", ...";
  enum { BYTES = sizeof err->message - sizeof more };
  char message[BYTES] = "", quoted[BB_QUOTE_BYTES];
  bb_list_add(message, BYTES, "", "%s '%s' is not one of: ", thing,
              bb_quote(quoted, value));
  char *list = message + strlen(message); /* of BYTES that the line above has left */
  const size_t room = BYTES - (size_t)(list - message);
  bool fits = true;
  for (size_t i = 0; i < names.count && fits; i++) {
    const char *at = (const char *)names.first + i * names.stride;
    fits = bb_list_add(list, room, ", ", "%s", *(const char *const *)(const void *)at);
  }
  return bb_fail(err, BIOBERT_RANGE, "%s%s", message, fits ? "" : more);
}
