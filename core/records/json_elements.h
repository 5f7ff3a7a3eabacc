/* json_elements.h - the objects of a JSON file one by one, as texts: those of an array, of
 * an array in an object ({"results": [...]}), or one after another (a line each).
 *
 * An object that is never closed takes all that is behind it. So what it took is read once
 * more, as a file whose objects begin in lines of their own: each ends at the latest where
 * a line has the brace of the next one in the same column. */
#ifndef BB_JSON_ELEMENTS_H
#define BB_JSON_ELEMENTS_H

#include "records/source.h"
#include "records/text_buffer.h"

#define BB_NO_COLUMN SIZE_MAX

typedef struct bb_json_elements {
  bb_text text; /* the object that was found last */
  uint64_t at;  /* the byte at which it begins, from 0 */
  bool is_cut;  /* longer than a record may be: `text` is its beginning */
  bool is_open; /* it is not closed */

  bool begun;
  uint64_t skip;    /* bytes before the first one's array */
  uint64_t read;    /* bytes of the file that have been looked at */
  bool is_by_lines; /* an object does not go on after its line */
  size_t column;    /* blanks before the object's brace; BB_NO_COLUMN: and others */
  bool by_columns;  /* an object does not go on to a brace in this column */
  bb_text rest;     /* what is read once more, */
  size_t rest_at;   /* from here on */
  size_t blanks;    /* at the beginning of the line that is read */
  bool in_blanks;   /* nothing else of it has been read yet */
  bool begins_line; /* the last byte was its first one behind the blanks */
  size_t from, to;  /* of the window */
  char window[1 << 14];
} bb_json_elements;

void bb_json_elements_free(bb_json_elements *elements); /* the members */
biobert_status bb_next_element(bb_json_elements *elements, bb_source *source, bool *more,
                               biobert_error *err);

#endif
