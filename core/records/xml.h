/* xml.h - a file of XML as a sequence of records: the one door to expat.
 *
 * A format says which elements are records and has a table of paths in them; the text or
 * the beginning or end of what is at a path is given to the format's functions. The file
 * is read by 64 KiB: parsing stops at each record's end, and goes on with the next call.
 *
 * Nothing outside the file is read: a DTD is not, and a file that declares entities is told
 * so, since the few characters that they save are not worth a "billion laughs". Entities
 * that only the DTD declares (&alpha;) are the characters that HTML has under the name.
 *
 * What is not well-formed costs its record: the bytes after it are searched for the next
 * record's start tag, and a new parser begins there, inside the same root element. Several
 * documents in one file (from `cat`) are read one after another. */
#ifndef BB_XML_H
#define BB_XML_H

#include "records/source.h"
#include "records/xml_format.h"

/* What a bb_record_parser has. Its state begins with a bb_xml *; the format must outlive
 * it. */
biobert_status bb_xml_open(const bb_xml_format *format, void *state, bb_source *source,
                           biobert_error *err);
biobert_status bb_xml_next(void *state, bb_source *source, bb_record *record, bool *more,
                           biobert_error *err);
void bb_xml_close(void *state);

/* What a format does with its texts; without memory the record fails. */
void bb_xml_keep(const bb_xml_event *event, bb_text *into, biobert_str text);
void bb_xml_append(const bb_xml_event *event, bb_text *into, biobert_str text);

/* From a function of the format: what is in the record now is given to the caller; what
 * follows is put into another one. */
void bb_xml_give(bb_xml *xml);

#endif
