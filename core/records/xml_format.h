/* xml_format.h - what a format of XML is: which elements are records, and what is in them. */
#ifndef BB_XML_FORMAT_H
#define BB_XML_FORMAT_H

#include <stddef.h>

#include "records/record.h"

typedef struct bb_xml bb_xml;

enum { BB_XML_ATTRIBUTES = 3 };

typedef struct bb_xml_event {
  bb_xml *xml;
  void *state; /* the format's */
  bb_record *record;
  biobert_str text; /* all text in the element, with that of the elements in it */
  biobert_str
      attributes[BB_XML_ATTRIBUTES]; /* those that the row names; data NULL: none */
} bb_xml_event;

typedef void bb_xml_function(const bb_xml_event *event);

/* The text of an element is put into a field, is kept in the state, or is given to a
 * function. Below an element whose text is taken no other row counts: what is there is
 * markup. */
typedef struct bb_xml_row {
  /* "Journal/Title", from the record's element on; "sec+/p": in a sec in however many
   * others. */
  const char *path;
  void (*put)(bb_record *record, biobert_record_field field, biobert_str text);
  biobert_record_field field;
  size_t keep; /* where a bb_text is in the state; 0: nowhere */
  bb_xml_function *text;
  bb_xml_function *start, *end; /* of the element, text or not */
  const char *attributes[BB_XML_ATTRIBUTES];
} bb_xml_row;

/* Rows of a table. */
#define BB_XML_PUT(where, how, what)                                                     \
  { .path = where, .put = bb_record_##how, .field = BIOBERT_RECORD_##what }
#define BB_XML_KEEP(where, state, member)                                                \
  { .path = where, .keep = offsetof(state, member) }
#define BB_XML_TEXT(where, ...)                                                          \
  { .path = where, .text = BB_XML_CALL(__VA_ARGS__, NULL, NULL, NULL, NULL) }
#define BB_XML_START(where, ...)                                                         \
  { .path = where, .start = BB_XML_CALL(__VA_ARGS__, NULL, NULL, NULL, NULL) }
#define BB_XML_CALL(function, a, b, c, ...) function, .attributes = {a, b, c}
#define BB_XML_ROW(...)                                                                  \
  { __VA_ARGS__ }

/* An element that is a record, wherever it is outside of one. */
typedef struct bb_xml_record {
  const char *name;
  const char *parent; /* only there; NULL: anywhere */
  const char *path;   /* where the table has it; "": its rows begin in it */
  bool nests;         /* it may be in another record, and belongs to that one then; any
                       * other there is where a file was cut off and another one begins */
} bb_xml_record;

typedef struct bb_xml_format {
  const bb_xml_record *records;
  size_t record_count;
  const bb_xml_row *rows;
  size_t row_count;
  /* Elements whose text is not part of the text around them; ends with NULL. */
  const char *const *left_out;
  /* Where bb_texts are in the state, which are cleared for each record and freed in the
   * end; ends with 0. */
  const size_t *texts;
  bb_xml_function *begin; /* a record begins; NULL: nothing to do */
  bb_xml_function *end;   /* and ends, or cannot be read on; NULL: nothing to do */
  bool gives;             /* it gives its records itself: bb_xml_give() */
} bb_xml_format;

#endif
