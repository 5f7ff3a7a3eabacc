/* xml_window.c - bytes, of UTF-16 by twos. */
#include "records/xml_window.h"

#include "base/mem.h"

enum { LONGEST_NAME = 64 }; /* characters of a start tag that are looked at */

static bb_xml_width width_of(const char *bytes, size_t count) {
  if (count < 2) return BB_XML_8_BIT;
  const unsigned char a = (unsigned char)bytes[0], b = (unsigned char)bytes[1];
  if ((a == 0xFF && b == 0xFE) || (a == '<' && b == 0)) return BB_XML_UTF16LE;
  if ((a == 0xFE && b == 0xFF) || (a == 0 && b == '<')) return BB_XML_UTF16BE;
  return BB_XML_8_BIT;
}

static size_t bytes_each(const bb_xml_window *w) {
  return w->width == BB_XML_8_BIT ? 1 : 2;
}

/* Drops what lies before `from`. */
static void drop(bb_xml_window *w, size_t from) {
  memmove(w->bytes, w->bytes + from, w->end - from);
  w->offset += from;
  w->at -= from;
  w->end -= from;
}

static biobert_status read_behind(bb_xml_window *w, bb_source *source, size_t *got,
                                  biobert_error *err) {
  bool first = w->offset == 0 && w->end == 0;
  biobert_status status =
      bb_source_read(source, w->bytes + w->end, BB_XML_READ, got, err);
  if (status) return status;
  w->end += *got;
  if (first) w->width = width_of(w->bytes, w->end);
  return BIOBERT_OK;
}

biobert_status bb_xml_window_read(bb_xml_window *w, bb_source *source,
                                  biobert_error *err) {
  size_t got;
  if (w->at < w->end) return BIOBERT_OK;
  if (w->end > BB_XML_KEPT) drop(w, w->end - BB_XML_KEPT);
  return read_behind(w, source, &got, err);
}

bool bb_xml_window_seek(bb_xml_window *w, uint64_t offset) {
  if (offset < w->offset || offset > w->offset + w->end) return false;
  w->at = (size_t)(offset - w->offset);
  return true;
}

void bb_xml_window_skip(bb_xml_window *w) {
  if (w->at + bytes_each(w) <= w->end) w->at += bytes_each(w);
}

/* Searching -------------------------------------------------------------------------- */

/* The character at byte `at`; 0 where it is none of ASCII. */
static char character(const bb_xml_window *w, size_t at) {
  if (w->width == BB_XML_8_BIT) return w->bytes[at];
  bool little = w->width == BB_XML_UTF16LE;
  return w->bytes[at + little] ? '\0' : w->bytes[at + !little];
}

static bool ends_name(char c) {
  return c == '>' || c == '/' || c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The name at byte `at`; empty where it does not end in the window or is too long. */
static biobert_str name_at(const bb_xml_window *w, size_t at, char name[LONGEST_NAME]) {
  const size_t each = bytes_each(w);
  for (size_t i = 0; i < LONGEST_NAME && at + each <= w->end; i++, at += each) {
    name[i] = character(w, at);
    if (ends_name(name[i])) return (biobert_str){name, i};
  }
  return (biobert_str){name, 0};
}

/* In what is in the window; without it `at` is where a start tag may begin that the end
 * has cut. */
static bool find_here(bb_xml_window *w, bb_xml_is_name *is_name, const void *ctx,
                      uint64_t *lines) {
  const size_t each = bytes_each(w), tag = (LONGEST_NAME + 1) * each;
  size_t stop = w->end > w->at + tag ? w->end - tag : w->at;
  char name[LONGEST_NAME];
  for (; w->at + each <= w->end; w->at += each) {
    char c = character(w, w->at);
    if (c == '<') {
      if (is_name(ctx, name_at(w, w->at + each, name))) return true;
      if (w->at >= stop) return false;
    }
    *lines += c == '\n';
  }
  return false;
}

biobert_status bb_xml_window_find(bb_xml_window *w, bb_source *source,
                                  bb_xml_is_name *is_name, const void *ctx,
                                  uint64_t *lines, bool *found, biobert_error *err) {
  for (;;) {
    *found = find_here(w, is_name, ctx, lines);
    if (*found) return BIOBERT_OK;
    size_t got;
    drop(w, w->at);
    biobert_status status = read_behind(w, source, &got, err);
    if (status) return status;
    if (got) continue;
    /* A `<` near the file's end: what is behind it is not cut, but all there is. */
    if (w->at + bytes_each(w) > w->end) return BIOBERT_OK;
    bb_xml_window_skip(w);
  }
}
