/* notes.c */
#include "api/notes.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void bb_note(bb_notes *notes, const char *format, ...) {
  size_t used = strlen(notes->text), at = used;
  if (used) at += (size_t)snprintf(notes->text + at, sizeof notes->text - at, "; ");
  if (at >= sizeof notes->text) {
    notes->text[used] = '\0';
    return;
  }
  va_list args;
  va_start(args, format);
  int length = vsnprintf(notes->text + at, sizeof notes->text - at, format, args);
  va_end(args);
  if (length < 0 || at + (size_t)length >= sizeof notes->text) notes->text[used] = '\0';
}
