/* xml_start.c - the first tags of a file, which may be cut off anywhere. */
#include "records/xml_start.h"

#include <string.h>

#include "base/status.h"
#include "records/text_buffer.h"

static bool is_name_byte(char c) {
  return c > ' ' && c != '>' && c != '/' && c != '=';
}

static biobert_str name_after(biobert_str text, size_t at) {
  size_t end = at;
  while (end < text.len && is_name_byte(text.data[end])) end++;
  for (size_t i = at; i < end; i++)
    if (text.data[i] == ':') at = i + 1;
  return (biobert_str){text.data + at, end - at};
}

/* Past a comment, a declaration or a processing instruction. */
static size_t skip_declaration(biobert_str start, size_t at) {
  bool inside = false;
  if (bb_starts_with(bb_from(start, at), "<!--")) {
    const char *end = strstr(start.data + at + 4, "-->");
    return end ? (size_t)(end - start.data) + 3 : start.len;
  }
  for (; at < start.len; at++) {
    char c = start.data[at];
    if (c == '[') inside = true;
    if (c == ']') inside = false;
    if (c == '>' && !inside) return at + 1;
  }
  return at;
}

static biobert_str root_name(biobert_str start) {
  size_t at = 0;
  for (;;) {
    while (at < start.len && bb_is_space(start.data[at])) at++;
    if (at + 1 >= start.len || start.data[at] != '<') return (biobert_str){"", 0};
    if (start.data[at + 1] != '?' && start.data[at + 1] != '!') break;
    at = skip_declaration(start, at);
  }
  return name_after(start, at + 1);
}

bool bb_xml_root_is(biobert_str start, const char *names) {
  biobert_str root = root_name(start), rest = bb_str(names), name;
  while (root.len && bb_next_part(&rest, ' ', &name))
    if (name.len == root.len && memcmp(name.data, root.data, name.len) == 0) return true;
  return false;
}

bool bb_xml_has_tag(biobert_str start, const char *name) {
  for (const char *tag = start.data; tag && (tag = strchr(tag, '<')); tag++)
    if (bb_str_equal(name_after(start, (size_t)(tag + 1 - start.data)), name))
      return true;
  return false;
}
