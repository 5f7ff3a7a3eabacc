/* xml.c - expat, which stops at the end of each record.
 *
 * Three states: outside of records only the names of open elements are kept; inside, each
 * element is a node of the format's tree of paths, or is in one that no row has; in an
 * element whose text is wanted, text is collected and other elements are markup. */
#include "records/xml.h"

#include <expat.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/status.h"
#include "records/xml_encoding.h"
#include "records/xml_paths.h"
#include "records/xml_text.h"
#include "records/xml_window.h"

enum {
  MAX_DEPTH = 256,       /* JATS has about 50 */
  LONGEST_TAG = 1 << 20, /* expat keeps a tag as a whole, and reads it again with each
                          * piece */
  ROOT_BYTES = 512,
  ENCODING_BYTES = 40,
};

typedef enum xml_next {
  NEXT_PARSE,
  NEXT_RESUME, /* the parser stopped at a record's end */
  NEXT_SEARCH, /* a new parser at the next record */
  NEXT_ENDED,
} xml_next;

struct bb_xml {
  const bb_xml_format *format;
  bb_xml_paths paths;
  XML_Parser parser;
  bb_xml_event event; /* what the format's functions get */

  xml_next next;
  bool all_given;        /* the parser knows that the file has no more */
  bool gives, was_given; /* the record is for the caller; one of this element was */
  const char *refused;   /* why parsing was stopped; NULL: it was not */
  uint64_t refused_at, refused_line; /* where; a parser that was stopped is past it */
  char quoted[BB_QUOTE_BYTES];

  /* Where byte 0 and line 1 of the parser are in the file. */
  uint64_t base, base_line;
  uint64_t began; /* the byte of the file that the parser began with */
  uint64_t tried; /* the byte after the last error: no place is tried twice */
  bool any_root;  /* in the file */
  char encoding[ENCODING_BYTES];

  size_t depth;
  /* The elements around the record, as start tags. */
  char roots[ROOT_BYTES];
  size_t roots_length, roots_depth;
  bool repeats_roots; /* those of a new parser are being given to it again */

  bool in_record;
  size_t record_depth;
  uint64_t record_start;
  size_t unknown; /* depth of an element that no row has; 0: none */
  uint16_t nodes[MAX_DEPTH + 1];

  size_t collects; /* depth of the element whose text is wanted; 0: none */
  bb_xml_text text;
  bb_text attributes[BB_XML_ATTRIBUTES];

  bb_xml_window window;
};

/* Where the parser is ---------------------------------------------------------------- */

static uint64_t byte_now(const bb_xml *x) {
  XML_Index index = XML_GetCurrentByteIndex(x->parser);
  return x->base + (index > 0 ? (uint64_t)index : 0);
}

static uint64_t line_now(const bb_xml *x) {
  return x->base_line + XML_GetCurrentLineNumber(x->parser);
}

/* Names ------------------------------------------------------------------------------ */

static const char *without_prefix(const char *name) {
  const char *colon = strchr(name, ':');
  return colon ? colon + 1 : name;
}

static const bb_xml_record *record_named(const bb_xml *x, biobert_str name) {
  for (size_t i = 0; i < x->format->record_count; i++) {
    const bb_xml_record *r = &x->format->records[i];
    if (name.len && r->name[0] == name.data[0] && bb_str_equal(name, r->name)) return r;
  }
  return NULL;
}

/* The innermost element around the record. */
static bool parent_is(const bb_xml *x, const char *name) {
  size_t length = strlen(name);
  if (x->roots_length < length + 2) return false;
  const char *tag = x->roots + x->roots_length - length - 2;
  return tag[0] == '<' && memcmp(tag + 1, name, length) == 0;
}

/* Stopping --------------------------------------------------------------------------- */

static void refuse(bb_xml *x, const char *why) {
  if (!x->refused) {
    x->refused = why;
    x->refused_at = byte_now(x);
    x->refused_line = line_now(x);
  }
  XML_StopParser(x->parser, XML_FALSE);
}

void bb_xml_give(bb_xml *x) {
  if (x->refused) return;
  x->gives = x->was_given = true;
  x->record_start = byte_now(x);
  XML_StopParser(x->parser, XML_TRUE);
}

static void tell(bb_xml *x, bb_xml_function *function) {
  if (!function) return;
  x->event.text = bb_text_view(&x->text.text);
  function(&x->event);
}

/* The record's element has ended, or cannot be read on. */
static void end_record(bb_xml *x) {
  x->in_record = false;
  x->unknown = x->collects = 0;
  bb_text_clear(&x->text.text);
  XML_SetCharacterDataHandler(x->parser, NULL);
  tell(x, x->format->end);
}

/* Text ------------------------------------------------------------------------------- */

static void XMLCALL on_text(void *ctx, const XML_Char *text, int length) {
  bb_xml *x = ctx;
  if (!x->refused) bb_xml_text_add(&x->text, (biobert_str){text, (size_t)length});
}

static void XMLCALL on_skipped_entity(void *ctx, const XML_Char *name, int is_parameter) {
  bb_xml *x = ctx;
  if (!x->refused && x->collects && !is_parameter) bb_xml_text_add_entity(&x->text, name);
}

/* Elements --------------------------------------------------------------------------- */

/* expat's own strings live as long as the start tag. */
static void take_attributes(bb_xml *x, const bb_xml_row *row, const XML_Char **given) {
  for (size_t i = 0; i < BB_XML_ATTRIBUTES; i++) {
    bb_text_clear(&x->attributes[i]);
    for (size_t g = 0; row->attributes[i] && given[g]; g += 2)
      if (strcmp(without_prefix(given[g]), row->attributes[i]) == 0)
        bb_text_add(&x->attributes[i], bb_str(given[g + 1]));
    x->event.record->no_memory |= x->attributes[i].no_memory;
    x->event.attributes[i] = bb_text_view(&x->attributes[i]);
  }
}

static void start_row(bb_xml *x, const bb_xml_row *row, const XML_Char **attributes) {
  if (!row) return;
  if (row->attributes[0]) take_attributes(x, row, attributes);
  if (row->start) tell(x, row->start);
  if (!row->put && !row->text && !row->keep) return;
  x->collects = x->depth;
  bb_xml_text_begin(&x->text, x->format->left_out);
  XML_SetCharacterDataHandler(x->parser, on_text);
}

static bb_text *text_at(const bb_xml *x, size_t offset) {
  return (bb_text *)(void *)((char *)x->event.state + offset);
}

void bb_xml_append(const bb_xml_event *e, bb_text *into, biobert_str text) {
  bb_text_add(into, text);
  e->record->no_memory |= into->no_memory;
}

void bb_xml_keep(const bb_xml_event *e, bb_text *into, biobert_str text) {
  bb_text_clear(into);
  bb_xml_append(e, into, text);
}

static void end_row(bb_xml *x, const bb_xml_row *row) {
  if (!row) return;
  x->event.record->no_memory |= x->text.text.no_memory;
  if (row->put) row->put(x->event.record, row->field, bb_text_view(&x->text.text));
  if (row->keep)
    bb_xml_keep(&x->event, text_at(x, row->keep), bb_text_view(&x->text.text));
  if (row->text) tell(x, row->text);
  if (row->end) tell(x, row->end);
}

static void start_inside(bb_xml *x, const char *name, const XML_Char **attributes) {
  const bb_xml_record *record = record_named(x, bb_str(name));
  if (record && !record->nests) {
    refuse(x, "a record begins before this one has ended");
    return;
  }
  if (x->collects) {
    bb_xml_text_open(&x->text, name);
    return;
  }
  if (x->unknown) return;
  uint16_t node = bb_xml_paths_child(&x->paths, x->nodes[x->depth - 1], name);
  x->nodes[x->depth] = node;
  if (!node)
    x->unknown = x->depth;
  else
    start_row(x, x->paths.nodes[node].row, attributes);
}

static void start_record(bb_xml *x, const bb_xml_record *record,
                         const XML_Char **attributes) {
  x->in_record = true;
  x->was_given = false;
  x->record_depth = x->depth;
  x->record_start = byte_now(x);
  x->nodes[x->depth] = bb_xml_paths_find(&x->paths, record->path);
  for (const size_t *text = x->format->texts; text && *text; text++)
    bb_text_clear(text_at(x, *text));
  tell(x, x->format->begin);
  start_row(x, x->paths.nodes[x->nodes[x->depth]].row, attributes);
}

static bool is_ascii(const char *name) {
  while (*name && (unsigned char)*name < 0x80) name++;
  return !*name;
}

static void start_outside(bb_xml *x, const char *full_name, const char *name,
                          const XML_Char **attributes) {
  const bb_xml_record *record = record_named(x, bb_str(name));
  if (record && (!record->parent || parent_is(x, record->parent))) {
    start_record(x, record, attributes);
    return;
  }
  size_t length = strlen(full_name);
  if (!is_ascii(full_name)) return; /* it would need the encoding of the file */
  if (x->repeats_roots || x->roots_length + length + 2 > ROOT_BYTES) return;
  char *tag = x->roots + x->roots_length;
  tag[0] = '<';
  memcpy(tag + 1, full_name, length);
  tag[length + 1] = '>';
  x->roots_length += length + 2;
  x->roots_depth = x->depth;
}

static void XMLCALL on_start(void *ctx, const XML_Char *name,
                             const XML_Char **attributes) {
  bb_xml *x = ctx;
  if (x->refused) return;
  x->any_root = true;
  if (++x->depth > MAX_DEPTH) {
    refuse(x, "elements are too deep in each other");
    return;
  }
  if (x->in_record)
    start_inside(x, without_prefix(name), attributes);
  else
    start_outside(x, name, without_prefix(name), attributes);
}

static void end_inside(bb_xml *x, const char *name) {
  if (x->collects && x->depth > x->collects) {
    bb_xml_text_close(&x->text, name);
    return;
  }
  if (x->collects) XML_SetCharacterDataHandler(x->parser, NULL);
  x->collects = 0;
  if (!x->unknown) end_row(x, x->paths.nodes[x->nodes[x->depth]].row);
  if (x->unknown == x->depth) x->unknown = 0;
}

static void end_outside(bb_xml *x) {
  if (x->roots_depth != x->depth) return;
  while (x->roots_length && x->roots[--x->roots_length] != '<') continue;
  x->roots_depth--;
}

static void end_whole_record(bb_xml *x) {
  end_record(x);
  if (x->format->gives) return;
  if (bb_record_is_empty(x->event.record))
    bb_record_broken(x->event.record, "line %llu: there is nothing in this record",
                     (unsigned long long)line_now(x));
  bb_xml_give(x);
}

static void XMLCALL on_end(void *ctx, const XML_Char *name) {
  bb_xml *x = ctx;
  if (x->refused) return;
  if (x->in_record)
    end_inside(x, without_prefix(name));
  else
    end_outside(x);
  if (x->in_record && x->depth == x->record_depth) end_whole_record(x);
  x->depth--;
}

/* What comes before the root --------------------------------------------------------- */

static void XMLCALL on_declaration(void *ctx, const XML_Char *version,
                                   const XML_Char *encoding, int standalone) {
  bb_xml *x = ctx;
  (void)version;
  (void)standalone;
  if (encoding) snprintf(x->encoding, sizeof x->encoding, "%s", encoding);
}

static void XMLCALL on_entity(void *ctx, const XML_Char *name, int is_parameter,
                              const XML_Char *value, int length, const XML_Char *base,
                              const XML_Char *system_id, const XML_Char *public_id,
                              const XML_Char *notation) {
  bb_xml *x = ctx;
  (void)is_parameter, (void)value, (void)length, (void)base, (void)system_id;
  (void)public_id, (void)notation;
  bb_quote(x->quoted, bb_str(name));
  refuse(x, "it declares an entity of its own, which is refused");
}

static int XMLCALL on_unknown_encoding(void *ctx, const XML_Char *name,
                                       XML_Encoding *encoding) {
  (void)ctx;
  encoding->data = NULL;
  encoding->convert = NULL;
  encoding->release = NULL;
  return bb_xml_encoding(name, encoding->map) ? XML_STATUS_OK : XML_STATUS_ERROR;
}

/* The parser ------------------------------------------------------------------------- */

static void *take(size_t bytes) {
  return bb_alloc(NULL, bytes, 1);
}

static void *take_again(void *block, size_t bytes) {
  return bb_resize(NULL, block, bytes, 1);
}

static void give_back(void *block) {
  bb_free(NULL, block);
}

/* A parser forgets its handlers when it is reset. */
static void set_handlers(bb_xml *x) {
  XML_SetUserData(x->parser, x);
  XML_SetElementHandler(x->parser, on_start, on_end);
  XML_SetXmlDeclHandler(x->parser, on_declaration);
  XML_SetEntityDeclHandler(x->parser, on_entity);
  XML_SetSkippedEntityHandler(x->parser, on_skipped_entity);
  XML_SetUnknownEncodingHandler(x->parser, on_unknown_encoding, NULL);
  /* As if there were a DTD, which is not read: what it might declare is no error. */
  XML_UseForeignDTD(x->parser, XML_TRUE);
}

static bool set_up(bb_xml *x) {
  const XML_Memory_Handling_Suite memory = {take, take_again, give_back};
  x->parser = XML_ParserCreate_MM(NULL, &memory, NULL);
  if (!x->parser) return false;
  set_handlers(x);
  return bb_xml_paths_build(&x->paths, x->format->rows, x->format->row_count);
}

biobert_status bb_xml_open(const bb_xml_format *format, void *state, bb_source *source,
                           biobert_error *err) {
  bb_xml *x = bb_alloc_zeroed(NULL, 1, sizeof *x);
  if (!x) return bb_no_memory(err, bb_source_path(source));
  *(bb_xml **)state = x;
  x->format = format;
  x->event = (bb_xml_event){.xml = x, .state = state};
  if (set_up(x)) return BIOBERT_OK;
  bb_xml_close(state);
  return bb_no_memory(err, bb_source_path(source));
}

void bb_xml_close(void *state) {
  bb_xml *x = *(bb_xml **)state;
  if (x->parser) XML_ParserFree(x->parser);
  bb_xml_paths_free(&x->paths);
  bb_text_free(&x->text.text);
  for (size_t i = 0; i < BB_XML_ATTRIBUTES; i++) bb_text_free(&x->attributes[i]);
  for (const size_t *text = x->format->texts; text && *text; text++)
    bb_text_free(text_at(x, *text));
  bb_free(NULL, x);
}

/* Beginning anew --------------------------------------------------------------------- */

static const char *forced_encoding(const bb_xml *x) {
  if (x->window.width == BB_XML_UTF16LE) return "UTF-16LE";
  if (x->window.width == BB_XML_UTF16BE) return "UTF-16BE";
  /* 8 bits a character, whatever was declared. */
  bool wide = (x->encoding[0] | 0x20) == 'u' && strstr(x->encoding, "16");
  return wide || !x->encoding[0] ? NULL : x->encoding;
}

/* A new parser, for what is at the window's `at`, `line` line ends into the file. */
static void begin_anew(bb_xml *x, const char *encoding, uint64_t line) {
  XML_ParserReset(x->parser, encoding);
  set_handlers(x);
  x->refused = NULL;
  x->depth = 0;
  x->all_given = false;
  x->base = x->began = x->window.offset + x->window.at;
  x->base_line = line;
  x->next = NEXT_PARSE;
}

/* Gives the start tags around the record to a new parser. */
static void repeat_roots(bb_xml *x) {
  char wide[2 * ROOT_BYTES];
  size_t each = x->window.width == BB_XML_8_BIT ? 1 : 2;
  memset(wide, 0, sizeof wide);
  for (size_t i = 0; i < x->roots_length; i++)
    wide[i * each + (x->window.width == BB_XML_UTF16BE)] = x->roots[i];
  x->repeats_roots = true;
  XML_Parse(x->parser, wide, (int)(x->roots_length * each), XML_FALSE);
  x->repeats_roots = false;
  x->base -= x->roots_length * each;
}

static bool is_record(const void *ctx, biobert_str name) {
  const bb_xml_record *record = record_named(ctx, name);
  return record && (!record->parent || parent_is(ctx, record->parent));
}

/* From where an error was to the next record. */
static biobert_status search(bb_xml *x, bb_source *source, biobert_error *err) {
  bool found;
  uint64_t lines = x->base_line;
  biobert_status status =
      bb_xml_window_find(&x->window, source, is_record, x, &lines, &found, err);
  if (status) return status;
  if (!found) {
    x->next = NEXT_ENDED;
    return BIOBERT_OK;
  }
  begin_anew(x, forced_encoding(x), lines);
  repeat_roots(x);
  return BIOBERT_OK;
}

/* Another document begins where the parser is: its declaration, or a start tag after the
 * root's end. */
static bool begins_document(const bb_xml *x, enum XML_Error error) {
  return error == XML_ERROR_MISPLACED_XML_PI ||
         (error == XML_ERROR_JUNK_AFTER_DOC_ELEMENT && x->depth == 0);
}

/* Programs of Windows write "UTF-16" into files of UTF-8. */
static bool is_wrong_encoding(enum XML_Error error) {
  return error == XML_ERROR_INCORRECT_ENCODING || error == XML_ERROR_UNKNOWN_ENCODING;
}

/* Leaves the place of an error, `line` line ends into the file: x->next is what to do
 * there. */
static void leave(bb_xml *x, enum XML_Error error, uint64_t byte, uint64_t line) {
  const bool again = byte < x->tried;
  const bool in_window = bb_xml_window_seek(&x->window, byte);
  if (!again) x->tried = byte + 1;
  if (in_window && !again && begins_document(x, error)) {
    x->roots_length = x->roots_depth = 0;
    begin_anew(x, NULL, line);
  } else if (!again && is_wrong_encoding(error) && bb_xml_window_seek(&x->window, 0)) {
    begin_anew(x, "UTF-8", 0);
  } else {
    if (!in_window) x->window.at = 0;
    if (again) bb_xml_window_skip(&x->window);
    x->base_line = line;
    x->next = NEXT_SEARCH;
  }
}

/* What is wrong ---------------------------------------------------------------------- */

/* An error in no record is told where something may be lost by it. */
static bool is_told(const bb_xml *x, enum XML_Error error, uint64_t byte) {
  if (x->in_record || x->refused) return true;
  if (byte < x->tried || begins_document(x, error) || is_wrong_encoding(error))
    return false;
  /* Behind a broken record the elements around it may be others than those before it. */
  if (error == XML_ERROR_TAG_MISMATCH && x->tried) return false;
  return x->depth > 0 || !(x->any_root || error == XML_ERROR_NO_ELEMENTS);
}

static const char *reason(const bb_xml *x, enum XML_Error error) {
  if (x->refused) return x->refused;
  if (x->all_given && x->in_record) return "the file ends inside of this record";
  if (x->all_given) return "the file ends before its last element does";
  return XML_ErrorString(error);
}

/* *told: the record says what is wrong, and is for the caller. */
static biobert_status fail(bb_xml *x, bool *told, biobert_error *err) {
  enum XML_Error error = XML_GetErrorCode(x->parser);
  if (error == XML_ERROR_NO_MEMORY) return bb_no_memory(err, "XML");
  /* Never before that: no place is read twice because of an error. */
  uint64_t byte = x->refused ? x->refused_at : byte_now(x);
  const uint64_t line = x->refused ? x->refused_line : line_now(x);
  if (byte - x->began > UINT64_MAX / 2) byte = x->began;
  *told = is_told(x, error, byte);
  if (*told)
    bb_record_broken(x->event.record, "line %llu, byte %llu: %s%s%s",
                     (unsigned long long)line, (unsigned long long)byte, reason(x, error),
                     x->quoted[0] ? ": " : "", x->quoted);
  x->quoted[0] = '\0';
  if (x->in_record) end_record(x);
  x->gives = false;
  leave(x, error, byte, line - 1);
  return BIOBERT_OK;
}

static bool is_too_long(const bb_xml *x) {
  if (x->in_record && byte_now(x) - x->record_start > BB_LONGEST_RECORD) return true;
  return x->window.offset + x->window.end - byte_now(x) > LONGEST_TAG + BB_XML_READ;
}

/* One piece of the file -------------------------------------------------------------- */

static biobert_status parse(bb_xml *x, bb_source *source, enum XML_Status *how,
                            biobert_error *err) {
  if (x->next == NEXT_RESUME) {
    x->next = NEXT_PARSE;
    *how = XML_ResumeParser(x->parser);
    return BIOBERT_OK;
  }
  bb_xml_window *w = &x->window;
  biobert_status status = bb_xml_window_read(w, source, err);
  if (status) return status;
  const char *bytes = w->bytes + w->at;
  int count = (int)(w->end - w->at);
  w->at = w->end;
  x->all_given = count == 0;
  *how = XML_Parse(x->parser, bytes, count, x->all_given);
  if (*how == XML_STATUS_OK && is_too_long(x)) {
    refuse(x, "a record or tag is too long");
    *how = XML_STATUS_ERROR;
  }
  return BIOBERT_OK;
}

static biobert_status go_on(bb_xml *x, bb_source *source, bool *more,
                            biobert_error *err) {
  enum XML_Status how = XML_STATUS_OK;
  if (x->next == NEXT_SEARCH) return search(x, source, err);
  biobert_status status = parse(x, source, &how, err);
  if (status) return status;
  if (how == XML_STATUS_ERROR) return fail(x, more, err);
  if (how == XML_STATUS_SUSPENDED) {
    x->next = NEXT_RESUME;
    *more = x->gives;
    x->gives = false;
  } else if (x->all_given) {
    x->next = NEXT_ENDED;
  }
  return x->event.record->no_memory ? bb_no_memory(err, "XML") : BIOBERT_OK;
}

biobert_status bb_xml_next(void *state, bb_source *source, bb_record *record, bool *more,
                           biobert_error *err) {
  bb_xml *x = *(bb_xml **)state;
  biobert_status status = BIOBERT_OK;
  x->event.record = record;
  *more = false;
  while (!status && !*more && x->next != NEXT_ENDED) status = go_on(x, source, more, err);
  return status;
}
