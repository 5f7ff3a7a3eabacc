/* json_edit.c */
#include "format/json_edit.h"

#include "base/file.h"
#include "base/file_write.h"
#include "base/mem.h"
#include "base/status.h"

static void write_leaf(bb_json_writer *w, const bb_json_node *node) {
  const biobert_str number = bb_json_number(node), text = bb_json_string(node);
  const bb_json_kind kind = bb_json_kind_of(node);
  if (number.data)
    bb_write_bytes(w, number.data, number.len);
  else if (text.data)
    bb_write_string(w, text);
  else if (kind == BB_JSON_NULL)
    bb_write_raw(w, "null");
  else
    bb_write_bool(w, kind == BB_JSON_TRUE);
}

/* depth -1: on one line. */
static void new_line(bb_json_writer *w, int depth) {
  if (depth < 0) return;
  bb_write_raw(w, "\n");
  for (int i = 0; i < depth; i++) bb_write_raw(w, "  ");
}

static void write_key(bb_json_writer *w, const bb_json_node *node, bool pretty) {
  const biobert_str key = bb_json_key(node);
  if (!key.data) return;
  bb_write_string(w, key);
  bb_write_raw(w, pretty ? ": " : ":");
}

/* At most BB_JSON_MAX_DEPTH deep, as what was parsed is. */
static void write_value(bb_json_writer *w, const bb_json_node *node, int depth) {
  const bb_json_kind kind = bb_json_kind_of(node);
  if (kind != BB_JSON_ARRAY && kind != BB_JSON_OBJECT) {
    write_leaf(w, node);
    return;
  }
  const int inside = depth < 0 ? depth : depth + 1;
  const bb_json_node *first = bb_json_first(node);
  bb_write_raw(w, kind == BB_JSON_ARRAY ? "[" : "{");
  for (const bb_json_node *child = first; child; child = bb_json_next(child)) {
    if (child != first) bb_write_raw(w, ",");
    new_line(w, inside);
    write_key(w, child, depth >= 0);
    write_value(w, child, inside);
  }
  if (first) new_line(w, depth);
  bb_write_raw(w, kind == BB_JSON_ARRAY ? "]" : "}");
}

void bb_write_node(bb_json_writer *w, const bb_json_node *node) {
  write_value(w, node, -1);
}

/* A member of what is indented; *first: no other is before it. */
static void write_member(bb_json_writer *w, const bb_json_node *node, bool *first) {
  if (!*first) bb_write_raw(w, ",");
  *first = false;
  new_line(w, 1);
  write_key(w, node, true);
  write_value(w, node, 1);
}

static void write_merged(bb_json_writer *w, const bb_json_node *object,
                         const bb_json_node *changes) {
  bool first = true;
  if (bb_json_kind_of(changes) != BB_JSON_OBJECT) {
    write_value(w, changes, 0);
    bb_write_raw(w, "\n");
    return;
  }
  bb_write_raw(w, "{");
  for (const bb_json_node *n = bb_json_first(object); n; n = bb_json_next(n))
    if (!bb_json_get(changes, bb_json_key(n).data)) write_member(w, n, &first);
  for (const bb_json_node *n = bb_json_first(changes); n; n = bb_json_next(n))
    if (bb_json_kind_of(n) != BB_JSON_NULL) write_member(w, n, &first);
  bb_write_raw(w, "\n}\n");
}

static biobert_status write_file(const char *path, const bb_json_node *object,
                                 const bb_json_node *changes, biobert_error *err) {
  bb_json_writer w = {0};
  biobert_str text;
  write_merged(&w, object, changes);
  char *whole = bb_writer_take(&w, &text.len);
  text.data = whole;
  if (!whole) return bb_no_memory(err, path);
  const biobert_status status = bb_file_write_all(path, text, err);
  bb_free(NULL, whole);
  return status;
}

biobert_status bb_json_write_file(const char *folder, const char *name,
                                  const bb_json_node *object, bb_json_writer *changes,
                                  biobert_error *err) {
  bb_json *parsed = NULL;
  size_t len;
  char *changed = bb_writer_take(changes, &len);
  char *path = bb_path_join(bb_str(folder), bb_str(name));
  if (!changed || !path) {
    bb_free(NULL, changed);
    bb_free(NULL, path);
    return bb_no_memory(err, name);
  }
  biobert_status status = bb_json_parse_own(changed, len, path, &parsed, err);
  if (!status) status = write_file(path, object, bb_json_root(parsed), err);
  bb_json_free(parsed);
  bb_free(NULL, path);
  return status;
}
