/* persons.h - a name that a file has as one text → family and given names. */
#ifndef BB_PERSONS_H
#define BB_PERSONS_H

#include "biobert.h"

typedef enum bb_person_form {
  BB_PERSON_COMMA,       /* "Smith, John", "Smith, John, Jr." */
  BB_PERSON_INITIALS,    /* "Smith JA", "van der Berg J.-P. Jr", "A Collective" */
  BB_PERSON_GIVEN_FIRST, /* "John van Smith" */
} bb_person_form;

typedef struct bb_person {
  biobert_str family, given; /* parts of the name; given may be empty */
} bb_person;

/* A name with a comma is of the first form, whatever `form` says. */
bb_person bb_person_of(biobert_str name, bb_person_form form);

#endif
