/* wos.h - Web of Science's field tags, which its plain text and its tables have. */
#ifndef BB_WOS_H
#define BB_WOS_H

#include "records/tagged_fields.h"

/* Tags whose value goes into the record as it is. */
extern const bb_tag bb_wos_tags[];

/* Values of which several make one, until the record is whole. Starts as {0}. */
enum { BB_WOS_PARTS = 9 };
typedef struct bb_wos_parts {
  bb_text texts[BB_WOS_PARTS];
} bb_wos_parts;

void bb_wos_start(bb_wos_parts *parts);
void bb_wos_free(bb_wos_parts *parts);
void bb_wos_put(bb_wos_parts *parts, bb_record *record, const char *tag,
                biobert_str value);
void bb_wos_finish(const bb_wos_parts *parts, bb_record *record);

#endif
