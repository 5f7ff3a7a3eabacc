/* notes.h - what was inferred while a model was loaded: shown in biobert_models.notes. */
#ifndef BB_NOTES_H
#define BB_NOTES_H

typedef struct bb_notes {
  char text[1024]; /* sentences, separated by "; " */
} bb_notes;

/* Adds a note; one that no longer fits is left out. */
void bb_note(bb_notes *notes, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
