/* xml_paths.c - a tree of a few dozen nodes: the children of one are looked through. */
#include "records/xml_paths.h"

#include "base/mem.h"
#include "base/status.h"

static bool is_name(biobert_str name, const char *text) {
  return name.data[0] == text[0] && bb_str_equal(name, text);
}

uint16_t bb_xml_paths_child(const bb_xml_paths *paths, uint16_t parent,
                            const char *name) {
  const bb_xml_node *node = &paths->nodes[parent];
  if (node->repeats && is_name(node->name, name)) return parent;
  for (uint16_t child = node->children; child; child = paths->nodes[child].next)
    if (is_name(paths->nodes[child].name, name)) return child;
  return 0;
}

/* Cuts the first element off a path. */
static biobert_str next_element(const char **path) {
  const char *end = strchr(*path, '/');
  biobert_str element = {*path, end ? (size_t)(end - *path) : strlen(*path)};
  *path = end ? end + 1 : *path + element.len;
  return element;
}

static uint16_t find_child(const bb_xml_paths *paths, uint16_t parent, biobert_str name) {
  uint16_t child = paths->nodes[parent].children;
  while (child) {
    biobert_str other = paths->nodes[child].name;
    if (other.len == name.len && memcmp(other.data, name.data, name.len) == 0) break;
    child = paths->nodes[child].next;
  }
  return child;
}

uint16_t bb_xml_paths_find(const bb_xml_paths *paths, const char *path) {
  uint16_t node = 0;
  while (*path) node = find_child(paths, node, next_element(&path));
  return node;
}

static bool add_node(bb_xml_paths *paths, bb_xml_node node) {
  if (!bb_grow(NULL, (void **)&paths->nodes, &paths->capacity, paths->count, sizeof node))
    return false;
  paths->nodes[paths->count++] = node;
  return true;
}

/* In the order of the table: the rows that come first are found first. */
static bool add_child(bb_xml_paths *paths, uint16_t parent, biobert_str name) {
  uint16_t added = (uint16_t)paths->count;
  if (!add_node(paths, (bb_xml_node){.name = name})) return false;
  uint16_t *link = &paths->nodes[parent].children;
  while (*link) link = &paths->nodes[*link].next;
  *link = added;
  return true;
}

static bool add_row(bb_xml_paths *paths, const bb_xml_row *row) {
  uint16_t node = 0;
  for (const char *path = row->path; *path;) {
    biobert_str name = next_element(&path);
    bool repeats = name.data[name.len - 1] == '+';
    name.len -= repeats;
    uint16_t child = find_child(paths, node, name);
    if (!child) {
      child = (uint16_t)paths->count;
      if (!add_child(paths, node, name)) return false;
    }
    node = child;
    paths->nodes[node].repeats |= repeats;
  }
  paths->nodes[node].row = row;
  return true;
}

bool bb_xml_paths_build(bb_xml_paths *paths, const bb_xml_row *rows, size_t count) {
  bool built = add_node(paths, (bb_xml_node){
                                   .name = {"", 0}
  });
  for (size_t i = 0; built && i < count; i++) built = add_row(paths, &rows[i]);
  return built;
}

void bb_xml_paths_free(bb_xml_paths *paths) {
  bb_free(NULL, paths->nodes);
}
