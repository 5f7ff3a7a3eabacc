/* xml_window.h - the bytes of the file that the XML parser was given last, in which the
 * next record is looked for when it cannot go on. */
#ifndef BB_XML_WINDOW_H
#define BB_XML_WINDOW_H

#include "records/source.h"

enum {
  BB_XML_READ = 1 << 16, /* bytes at once */
  BB_XML_KEPT = 1 << 12, /* of those given before, kept: an error is at the beginning of a
                          * tag that may have begun in them */
};

typedef enum bb_xml_width { BB_XML_8_BIT, BB_XML_UTF16LE, BB_XML_UTF16BE } bb_xml_width;

/* Starts as {0}. */
typedef struct bb_xml_window {
  uint64_t offset; /* of bytes[0] in the file */
  size_t at, end;  /* bytes[at..end) are not yet given */
  bb_xml_width width;
  char bytes[BB_XML_KEPT + BB_XML_READ];
} bb_xml_window;

/* Reads on once all is given; at == end: the file has no more. */
biobert_status bb_xml_window_read(bb_xml_window *window, bb_source *source,
                                  biobert_error *err);

/* Goes back or forward to this byte of the file; false: it is not in the window. */
bool bb_xml_window_seek(bb_xml_window *window, uint64_t offset);

/* One character on. */
void bb_xml_window_skip(bb_xml_window *window);

/* Moves to the first "<name" from here on, where `is_name` says so of the name behind the
 * `<`; adds the line ends on the way. *found false: there is none. */
typedef bool bb_xml_is_name(const void *ctx, biobert_str name);
biobert_status bb_xml_window_find(bb_xml_window *window, bb_source *source,
                                  bb_xml_is_name *is_name, const void *ctx,
                                  uint64_t *lines, bool *found, biobert_error *err);

#endif
