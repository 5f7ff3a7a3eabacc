/* search_forms.h - the table of the plan test. */
#ifndef BB_TEST_SEARCH_FORMS_H
#define BB_TEST_SEARCH_FORMS_H

/* $A and $B are two searches; beside them are tables with the same rows. */
typedef struct search_form {
  const char *sql;
  int since;         /* the SQLite version that has it right; 0: any */
  const char *check; /* of one that changes something: what to look at then */
} search_form;

extern const search_form search_forms[];
extern const int search_form_count;

#endif
