/* xml_start.h - what a file of XML is, by its beginning: for looks_like(). */
#ifndef BB_XML_START_H
#define BB_XML_START_H

#include "biobert.h"

/* The root element is one of the names (separated by spaces), whatever
 * its prefix. */
bool bb_xml_root_is(biobert_str start, const char *names);
/* There is a start tag of this name. */
bool bb_xml_has_tag(biobert_str start, const char *name);

#endif
