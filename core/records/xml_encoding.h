/* xml_encoding.h - encodings of 8 bits a character that expat does not know itself. */
#ifndef BB_XML_ENCODING_H
#define BB_XML_ENCODING_H

#include <stdbool.h>

/* The code point of each byte, -1 where there is none. False: no such encoding, or one of
 * several bytes a character. */
bool bb_xml_encoding(const char *name, int map[256]);

#endif
