/* source.c - a window of bytes that is filled from the file, and lines cut out of it. */
#include "records/source.h"

#include <string.h>

#include "base/mem.h"
#include "base/status.h"
#include "records/encoding.h"
#include "records/packed_file.h"

struct bb_source {
  bb_packed_file *file;
  size_t from, to;      /* of `bytes`: read from the file, not yet taken */
  biobert_error failed; /* the first read that has failed; no other is tried */
  bb_text start;        /* the beginning as UTF-8 */
  bb_encoding encoding;

  bb_text decoded;   /* UTF-16 as UTF-8; lines are cut out of it */
  size_t decoded_at; /* what has been taken */
  size_t mark;       /* bytes of the byte-order mark */
  bool begun, ended; /* lines */
  bool after_return; /* the last line ended in CR, so that an LF belongs to it */

  bb_text parts, clean; /* a line that lies in two windows; one that was no UTF-8 */
  biobert_str line;
  uint64_t number;
  bool again, was_cut;

  char bytes[BB_SOURCE_START];
};

/* Bytes ------------------------------------------------------------------------------ */

/* Fills what is free behind `to`; *got 0: the file has no more. An error stays, also where
 * the same read would now succeed: what was read of a line before it may be gone. */
static biobert_status fill(bb_source *s, size_t *got, biobert_error *err) {
  *got = 0;
  if (!s->failed.status)
    s->failed.status = bb_packed_file_read(s->file, s->bytes + s->to,
                                           sizeof s->bytes - s->to, got, &s->failed);
  s->to += *got;
  if (s->failed.status && err) *err = s->failed;
  return s->failed.status;
}

static biobert_status fill_start(bb_source *s, biobert_error *err) {
  size_t got = 1;
  while (got && s->to < sizeof s->bytes) {
    biobert_status status = fill(s, &got, err);
    /* What is damaged behind the first bytes is met again when it is read. */
    if (status == BIOBERT_IO && s->to) break;
    if (status) return status;
  }
  return BIOBERT_OK;
}

/* A character that the window's end has cut would make a line of UTF-8 look like none. */
static biobert_str whole_characters(biobert_str text) {
  for (size_t back = 1; back <= 3 && back <= text.len; back++) {
    const unsigned char byte = (unsigned char)text.data[text.len - back];
    if (byte >= 0xC0) return (biobert_str){text.data, text.len - back};
    if (byte < 0x80) break;
  }
  return text;
}

static biobert_status decode_start(bb_source *s, biobert_error *err) {
  biobert_str start = bb_source_start(s);
  s->encoding = bb_encoding_of(start, &s->mark);
  start = bb_from(start, s->mark);
  if (s->encoding == BB_ENCODING_8_BIT)
    bb_add_line(&s->start, s->to == sizeof s->bytes ? whole_characters(start) : start);
  else
    bb_add_utf16(&s->start, start, s->encoding, false);
  bb_text_add_char(&s->start, '\0');
  return s->start.no_memory ? bb_no_memory(err, bb_source_path(s)) : BIOBERT_OK;
}

biobert_status bb_source_open(const char *path, const biobert_open_options *options,
                              bb_source **out, biobert_error *err) {
  bb_source *s = bb_alloc_zeroed(NULL, 1, sizeof *s);
  if (!s) return bb_no_memory(err, path);
  biobert_status status = bb_packed_file_open(path, options, &s->file, err);
  if (!status) status = fill_start(s, err);
  if (!status) status = decode_start(s, err);
  if (status)
    bb_source_close(s);
  else
    *out = s;
  return status;
}

biobert_status bb_source_open_again(const bb_source *s, bb_source **out,
                                    biobert_error *err) {
  return bb_source_open(bb_source_path(s), bb_packed_file_options(s->file), out, err);
}

void bb_source_close(bb_source *s) {
  if (!s) return;
  bb_packed_file_close(s->file);
  bb_text_free(&s->start);
  bb_text_free(&s->decoded);
  bb_text_free(&s->parts);
  bb_text_free(&s->clean);
  bb_free(NULL, s);
}

const char *bb_source_path(const bb_source *s) {
  return bb_packed_file_path(s->file);
}

uint64_t bb_source_bytes_read(const bb_source *s) {
  return bb_packed_file_bytes_read(s->file);
}

uint64_t bb_source_bytes(const bb_source *s) {
  return bb_packed_file_bytes(s->file);
}

biobert_str bb_source_start(const bb_source *s) {
  return (biobert_str){s->bytes, s->to};
}

biobert_str bb_source_start_text(const bb_source *s) {
  return (biobert_str){s->start.data, s->start.len - 1};
}

biobert_status bb_source_read(bb_source *s, void *into, size_t size, size_t *got,
                              biobert_error *err) {
  *got = s->to - s->from < size ? s->to - s->from : size;
  if (*got == 0) return bb_packed_file_read(s->file, into, size, got, err);
  memcpy(into, s->bytes + s->from, *got);
  s->from += *got;
  return BIOBERT_OK;
}

/* Windows of text -------------------------------------------------------------------- */

static biobert_str window(const bb_source *s) {
  if (s->encoding == BB_ENCODING_8_BIT)
    return (biobert_str){s->bytes + s->from, s->to - s->from};
  return bb_from((biobert_str){s->decoded.data, s->decoded.len}, s->decoded_at);
}

static void take(bb_source *s, size_t bytes) {
  if (s->encoding == BB_ENCODING_8_BIT)
    s->from += bytes;
  else
    s->decoded_at += bytes;
}

/* All of the last window has been taken: reads the next one. `ended`: there is none. */
static biobert_status next_window(bb_source *s, biobert_error *err) {
  size_t got = 0;
  if (s->begun) { /* the half of a character may be left */
    memmove(s->bytes, s->bytes + s->from, s->to - s->from);
    s->to -= s->from;
    s->from = 0;
    biobert_status status = fill(s, &got, err);
    if (status) return status;
    s->ended = got == 0;
  } else {
    s->from = s->mark;
    s->begun = true;
  }
  if (s->encoding == BB_ENCODING_8_BIT) return BIOBERT_OK;
  const biobert_str bytes = {s->bytes + s->from, s->to - s->from};
  bb_text_clear(&s->decoded);
  s->from += bb_add_utf16(&s->decoded, bytes, s->encoding, s->ended);
  s->decoded_at = 0;
  return s->decoded.no_memory ? bb_no_memory(err, bb_source_path(s)) : BIOBERT_OK;
}

/* Lines ------------------------------------------------------------------------------ */

/* Bytes before the first CR or LF; all where there is none. */
static size_t line_length(biobert_str text) {
  enum { STEP = 256 }; /* a file may have CRs and not one LF: each is looked for nearby */
  for (size_t at = 0; at < text.len; at += STEP) {
    const char *step = text.data + at;
    const size_t left = text.len - at < STEP ? text.len - at : STEP;
    const char *feed = memchr(step, '\n', left);
    const char *carriage = memchr(step, '\r', feed ? (size_t)(feed - step) : left);
    if (carriage) feed = carriage;
    if (feed) return (size_t)(feed - text.data);
  }
  return text.len;
}

static void skip_line_feed(bb_source *s) {
  const biobert_str text = window(s);
  if (!s->after_return || text.len == 0) return;
  s->after_return = false;
  if (text.data[0] == '\n') take(s, 1);
}

static void keep_part(bb_source *s, biobert_str part) {
  const size_t room = BB_LONGEST_RECORD - s->parts.len;
  s->was_cut |= part.len > room;
  if (part.len > room) part.len = room;
  bb_text_add(&s->parts, part);
}

/* The bytes of the next line, in the window or in `parts`. */
static biobert_status read_line(bb_source *s, biobert_str *raw, bool *more,
                                biobert_error *err) {
  bb_text_clear(&s->parts);
  s->was_cut = *more = false;
  biobert_status status = s->begun ? BIOBERT_OK : next_window(s, err);
  while (!status) {
    skip_line_feed(s);
    const biobert_str text = window(s);
    const size_t len = line_length(text);
    *more |= text.len > 0;
    if (len < text.len) {
      *raw = (biobert_str){text.data, len};
      s->after_return = text.data[len] == '\r';
      take(s, len + 1);
      break;
    }
    keep_part(s, text);
    take(s, len);
    *raw = (biobert_str){"", 0};
    if (!s->ended) status = next_window(s, err);
    if (s->ended && window(s).len == 0) break;
  }
  if (status) return status;
  if (s->parts.len) {
    keep_part(s, *raw);
    *raw = bb_text_view(&s->parts);
  }
  return s->parts.no_memory ? bb_no_memory(err, bb_source_path(s)) : BIOBERT_OK;
}

static biobert_status clean_line(bb_source *s, biobert_str raw, biobert_error *err) {
  s->line = raw;
  if (bb_is_clean(raw)) return BIOBERT_OK;
  bb_text_clear(&s->clean);
  bb_add_line(&s->clean, raw);
  s->line = s->clean.len ? bb_text_view(&s->clean) : (biobert_str){"", 0};
  return s->clean.no_memory ? bb_no_memory(err, bb_source_path(s)) : BIOBERT_OK;
}

biobert_status bb_source_line(bb_source *s, biobert_str *line, bool *more,
                              biobert_error *err) {
  *more = true;
  if (!s->again) {
    biobert_str raw;
    biobert_status status = read_line(s, &raw, more, err);
    if (!status && *more) status = clean_line(s, raw, err);
    if (status) return status;
    if (*more) s->number++;
  }
  s->again = false;
  *line = s->line;
  return BIOBERT_OK;
}

uint64_t bb_source_line_number(const bb_source *s) {
  return s->number;
}

void bb_source_line_again(bb_source *s) {
  s->again = true;
}

bool bb_source_line_was_cut(const bb_source *s) {
  return s->was_cut;
}
