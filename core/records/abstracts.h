/* abstracts.h - an abstract that a file has as one text. */
#ifndef BB_ABSTRACTS_H
#define BB_ABSTRACTS_H

#include "records/record.h"

/* Without markup; where it begins with a label in capitals ("BACKGROUND: ..."), a line for
 * each of its sections. After a line's end if the field has a text. */
void bb_record_add_abstract(bb_record *record, biobert_record_field field,
                            biobert_str value);

#endif
