/* full_text.h - an article and its sections as records: the article's first, then one for
 * each section that has text of its own. */
#ifndef BB_FULL_TEXT_H
#define BB_FULL_TEXT_H

#include "records/xml.h"

enum {
  BB_FULL_TEXT_DEPTH = 32,   /* headings deeper than that are left out */
  BB_FULL_TEXT_REPEATED = 5, /* fields of the article that its sections have too */
};

/* In the state of a format whose records it is; starts as {0}. */
typedef struct bb_full_text {
  bool is_given;                             /* the article */
  bool has_text;                             /* the section, in the record */
  bb_text headings;                          /* of the open sections, with " / " */
  size_t lengths[BB_FULL_TEXT_DEPTH], depth; /* of `headings` outside of each section */
  int64_t pmid, year;
  bb_text repeated[BB_FULL_TEXT_REPEATED];
} bb_full_text;

/* Offsets for bb_xml_format's texts. */
#define BB_FULL_TEXT_AT(state, member)                                                   \
  offsetof(state, member.headings), offsetof(state, member.repeated[0]),                 \
      offsetof(state, member.repeated[1]), offsetof(state, member.repeated[2]),          \
      offsetof(state, member.repeated[3]), offsetof(state, member.repeated[4])

void bb_full_text_begin(bb_full_text *full);
/* All of the article but its sections is in the record: gives it, unless it was given. */
void bb_full_text_give(const bb_xml_event *event, bb_full_text *full);
void bb_full_text_open_section(const bb_xml_event *event, bb_full_text *full);
void bb_full_text_heading(const bb_xml_event *event, bb_full_text *full);
void bb_full_text_paragraph(const bb_xml_event *event, bb_full_text *full);
void bb_full_text_close_section(const bb_xml_event *event, bb_full_text *full);
/* The article has ended, or cannot be read on. */
void bb_full_text_end(const bb_xml_event *event, bb_full_text *full);

#endif
