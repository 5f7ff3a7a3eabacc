/* xml_paths.h - a format's table of paths as a tree: one step for each start tag. */
#ifndef BB_XML_PATHS_H
#define BB_XML_PATHS_H

#include "records/xml_format.h"

typedef struct bb_xml_node {
  biobert_str name;
  const bb_xml_row *row;   /* NULL: the path only leads on */
  uint16_t children, next; /* first child and sibling; 0: none */
  bool repeats;            /* the same element in it is this node again */
} bb_xml_node;

/* Node 0 is the record itself. Starts as {0}. */
typedef struct bb_xml_paths {
  bb_xml_node *nodes;
  size_t count, capacity;
} bb_xml_paths;

/* False: no memory. */
bool bb_xml_paths_build(bb_xml_paths *paths, const bb_xml_row *rows, size_t count);
void bb_xml_paths_free(bb_xml_paths *paths);
/* 0: no row has this element there. */
uint16_t bb_xml_paths_child(const bb_xml_paths *paths, uint16_t parent, const char *name);
/* The node of a path of the table, without "+". */
uint16_t bb_xml_paths_find(const bb_xml_paths *paths, const char *path);

#endif
