/* json_file.c - a file, then the parser. */
#include "format/json_file.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/status.h"

biobert_status bb_json_read_file(const char *path, bb_json **out, biobert_error *err) {
  bb_buffer text = {0};
  biobert_status status = bb_file_read_all(path, BB_JSON_FILE_MAX_BYTES, &text, err);
  if (status) return status;
  if (!bb_is_lfs_pointer(text.data, text.len))
    return bb_json_parse_own(text.data, text.len, path, out, err);
  bb_free(NULL, text.data);
  return bb_fail(err, BIOBERT_FORMAT,
                 "%s: is a git-lfs pointer, not the file: run 'git lfs pull', or 'make "
                 "model'",
                 path);
}
