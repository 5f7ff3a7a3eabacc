/* full_text.c - a section is given when one in it begins, or when it ends: what it has is
 * before the sections in it. */
#include "records/full_text.h"

#include "base/status.h"

static const biobert_record_field repeated[BB_FULL_TEXT_REPEATED] = {
    BIOBERT_RECORD_PMCID,   BIOBERT_RECORD_DOI,  BIOBERT_RECORD_TITLE,
    BIOBERT_RECORD_JOURNAL, BIOBERT_RECORD_DATE,
};

void bb_full_text_begin(bb_full_text *full) {
  full->is_given = full->has_text = false;
  full->depth = 0;
  full->pmid = full->year = 0;
}

void bb_full_text_give(const bb_xml_event *e, bb_full_text *full) {
  if (full->is_given) return;
  full->is_given = true;
  full->pmid = e->record->shown.pmid;
  full->year = e->record->shown.year;
  for (size_t i = 0; i < BB_FULL_TEXT_REPEATED; i++)
    bb_xml_keep(e, &full->repeated[i], bb_text_view(&e->record->texts[repeated[i]]));
  bb_xml_give(e->xml);
}

/* Makes the record one of the section. */
static void fill_section(const bb_xml_event *e, bb_full_text *full) {
  e->record->is_section = true;
  e->record->shown.pmid = full->pmid;
  e->record->shown.year = full->year;
  for (size_t i = 0; i < BB_FULL_TEXT_REPEATED; i++)
    bb_record_set(e->record, repeated[i], bb_text_view(&full->repeated[i]));
  bb_record_set(e->record, BIOBERT_RECORD_SECTION, bb_text_view(&full->headings));
}

static void give_section(const bb_xml_event *e, bb_full_text *full) {
  if (!full->has_text) return;
  full->has_text = false;
  fill_section(e, full);
  /* Text in no section, or in one without a heading. */
  bb_record_set(e->record, BIOBERT_RECORD_SECTION, bb_str("Text"));
  bb_xml_give(e->xml);
}

void bb_full_text_open_section(const bb_xml_event *e, bb_full_text *full) {
  give_section(e, full);
  if (full->depth < BB_FULL_TEXT_DEPTH) full->lengths[full->depth] = full->headings.len;
  full->depth++;
}

void bb_full_text_heading(const bb_xml_event *e, bb_full_text *full) {
  const biobert_str heading = bb_trimmed(e->text);
  if (!heading.len || full->depth > BB_FULL_TEXT_DEPTH) return;
  if (full->headings.len) bb_xml_append(e, &full->headings, bb_str(" / "));
  bb_xml_append(e, &full->headings, heading);
}

void bb_full_text_paragraph(const bb_xml_event *e, bb_full_text *full) {
  bb_record_add_line(e->record, BIOBERT_RECORD_SECTION_TEXT, e->text);
  full->has_text = bb_record_has(e->record, BIOBERT_RECORD_SECTION_TEXT);
}

void bb_full_text_close_section(const bb_xml_event *e, bb_full_text *full) {
  give_section(e, full);
  if (full->depth == 0) return;
  full->depth--;
  if (full->depth < BB_FULL_TEXT_DEPTH) full->headings.len = full->lengths[full->depth];
}

void bb_full_text_end(const bb_xml_event *e, bb_full_text *full) {
  if (!full->is_given)
    bb_full_text_give(e, full);
  else if (full->has_text)
    give_section(e, full);
  else if (e->record->shown.status == BIOBERT_RECORD_IS_BROKEN)
    fill_section(e, full);
}
