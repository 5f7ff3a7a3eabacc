/* json_elements.h - the objects of a JSON file one by one, as texts: those of an array, of
 * an array in an object ({"results": [...]}), or one after another (a line each). */
#ifndef BB_JSON_ELEMENTS_H
#define BB_JSON_ELEMENTS_H

#include "records/source.h"
#include "records/text_buffer.h"

typedef struct bb_json_elements {
  bb_text text; /* the object that was found last */
  uint64_t at;  /* the byte at which it begins, from 0 */
  bool is_cut;  /* longer than a record may be: `text` is its beginning */
  bool is_open; /* the file ends inside it */

  bool begun;
  uint64_t skip;    /* bytes before the first one's array */
  uint64_t read;    /* bytes of the file that have been looked at */
  bool is_by_lines; /* an object does not go on after its line */
  size_t from, to;  /* of the window */
  char window[1 << 14];
} bb_json_elements;

void bb_json_elements_free(bb_json_elements *elements); /* the members */
biobert_status bb_next_element(bb_json_elements *elements, bb_source *source, bool *more,
                               biobert_error *err);

#endif
