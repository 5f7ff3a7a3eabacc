/* xml_text.h - the text of an element, with that of the markup in it. */
#ifndef BB_XML_TEXT_H
#define BB_XML_TEXT_H

#include "records/text_buffer.h"

/* Starts as {0}. */
typedef struct bb_xml_text {
  bb_text text;
  const char *const *excluded;            /* names of elements; NULL: none */
  size_t depth;                           /* of elements in the one whose text it is */
  size_t left_out, formula, formula_text; /* depths at which one began; 0: none is open */
} bb_xml_text;

void bb_xml_text_begin(bb_xml_text *text, const char *const *excluded);
void bb_xml_text_add(bb_xml_text *text, biobert_str more);
/* &alpha; of a DTD that is not read. */
void bb_xml_text_add_entity(bb_xml_text *text, const char *name);
/* An element in it, by its name without a prefix. */
void bb_xml_text_open(bb_xml_text *text, const char *name);
void bb_xml_text_close(bb_xml_text *text, const char *name);

#endif
