/* notes.c */
#include "api/notes.h"

#include "base/names.h"

void bb_note(bb_notes *notes, const char *format, ...) {
  va_list args;
  va_start(args, format);
  bb_list_add_v(notes->text, sizeof notes->text, "; ", format, args);
  va_end(args);
}
