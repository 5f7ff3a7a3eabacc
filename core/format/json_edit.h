/* json_edit.h - a JSON file that is another one with some members changed. */
#ifndef BB_JSON_EDIT_H
#define BB_JSON_EDIT_H

#include "format/json.h"
#include "format/json_write.h"

/* The value as it was read, on one line; numbers as they were written. */
void bb_write_node(bb_json_writer *w, const bb_json_node *node);

/* A new file: the members of `object` (NULL: none), those of the object that was written to
 * `changes` in place of its own of the same keys; one that is null there is left out.
 * An array in `changes` is the whole file. Indented as Python's json module does. `changes` is taken. FORMAT: a key is there twice.
 */
biobert_status bb_json_write_file(const char *folder, const char *name,
                                  const bb_json_node *object, bb_json_writer *changes,
                                  biobert_error *err);

#endif
