/* records.c - the table of formats, and a file from its beginning to its end. */
#include "biobert_records.h"

#include "base/mem.h"
#include "base/names.h"
#include "base/status.h"
#include "records/parsers.h"
#include "records/unknown_file.h"

/* Asked in this order whether a file is theirs. */
static const bb_record_parser *const parsers[] = {
    &bb_pubmed_xml, &bb_endnote_xml, &bb_europepmc_xml, &bb_jats,
    &bb_tei,        &bb_bibtex,      &bb_medline,       &bb_ris,
    &bb_wos,        &bb_refer,       &bb_csl_json,      &bb_csv,
};

struct biobert_records {
  bb_source *source;
  const bb_record_parser *parser; /* NULL: an empty file */
  void *state;
  bool opened; /* the parser */
  bb_record record;
  uint64_t next;       /* ordinal */
  biobert_error ended; /* status 0: not yet */
};

/* Formats ---------------------------------------------------------------------------- */

enum { PARSERS = sizeof parsers / sizeof parsers[0] };

const biobert_record_format *biobert_record_formats(size_t index) {
  return index < PARSERS ? &parsers[index]->format : NULL;
}

static biobert_status parser_of_name(biobert_str name, const bb_record_parser **out,
                                     biobert_error *err) {
  const char *names[PARSERS];
  for (size_t i = 0; i < PARSERS; i++) {
    names[i] = parsers[i]->format.name;
    if (!bb_str_equal(name, names[i])) continue;
    *out = parsers[i];
    return BIOBERT_OK;
  }
  return bb_not_one_of(err, "format", name, (bb_names){names, sizeof names[0], PARSERS});
}

static biobert_status not_recognised(const bb_source *source, biobert_error *err) {
  char looks[BB_LOOKS_BYTES], names[256] = "";
  for (size_t i = 0; i < PARSERS; i++)
    bb_list_add(names, sizeof names, ", ", "%s", parsers[i]->format.name);
  return bb_fail(
      err, BIOBERT_FORMAT, "%s: this looks like %s; formats that are read: %s",
      bb_source_path(source),
      bb_looks_like(bb_source_start(source), bb_source_start_text(source), looks), names);
}

/* *out stays NULL for a file in which there is nothing. */
static biobert_status recognise(const bb_source *source, const bb_record_parser **out,
                                biobert_error *err) {
  const biobert_str start = bb_source_start_text(source);
  if (bb_trimmed(start).len == 0 && bb_source_start(source).len < BB_SOURCE_START)
    return BIOBERT_OK;
  if (bb_is_tar(bb_source_start(source))) return not_recognised(source, err);
  for (size_t i = 0; i < PARSERS; i++) {
    if (!parsers[i]->looks_like(start)) continue;
    *out = parsers[i];
    return BIOBERT_OK;
  }
  return not_recognised(source, err);
}

/* Opening ---------------------------------------------------------------------------- */

static biobert_status start_parser(biobert_records *r, biobert_error *err) {
  if (!r->parser) return BIOBERT_OK;
  r->state = bb_alloc_zeroed(NULL, 1, r->parser->state_bytes);
  if (!r->state) return bb_no_memory(err, bb_source_path(r->source));
  biobert_status status =
      r->parser->open ? r->parser->open(r->state, r->source, err) : BIOBERT_OK;
  r->opened = !status;
  return status;
}

static biobert_status open_path(biobert_records *r, biobert_str path, biobert_str format,
                                const biobert_open_options *options, biobert_error *err) {
  biobert_status status = BIOBERT_OK;
  if (format.len) status = parser_of_name(format, &r->parser, err);
  if (status) return status;
  if (path.len && memchr(path.data, '\0', path.len))
    return bb_fail(err, BIOBERT_IO, "a path has no NUL in it");
  char *name = bb_copy_str(NULL, path);
  if (!name) return bb_no_memory(err, "a path");
  status = bb_source_open(name, options, &r->source, err);
  bb_free(NULL, name);
  if (!status && !r->parser) status = recognise(r->source, &r->parser, err);
  return status ? status : start_parser(r, err);
}

biobert_status biobert_records_open(biobert_str path, biobert_str format,
                                    const biobert_open_options *options,
                                    biobert_records **out, biobert_error *err) {
  biobert_records *r = bb_alloc_zeroed(NULL, 1, sizeof *r);
  if (!r) return bb_no_memory(err, "records");
  biobert_status status = open_path(r, path, format, options, err);
  if (status)
    biobert_records_close(r);
  else
    *out = r;
  return status;
}

void biobert_records_close(biobert_records *r) {
  if (!r) return;
  if (r->opened && r->parser->close) r->parser->close(r->state);
  bb_free(NULL, r->state);
  bb_source_close(r->source);
  bb_record_free(&r->record);
  bb_free(NULL, r);
}

/* Reading ---------------------------------------------------------------------------- */

/* The file ends inside a record: that one is broken, and has what was read. The next call
 * says the same of the file. */
static void keep_cut_record(biobert_records *r, bool *more) {
  *more = !bb_record_is_empty(&r->record);
  if (*more) bb_record_broken(&r->record, "%s", r->ended.message);
}

static biobert_status next_record(biobert_records *r, bool *more) {
  *more = false;
  if (!r->parser) return BIOBERT_OK;
  bb_record_start(&r->record, r->next, r->parser->format.name);
  biobert_status status =
      r->parser->next(r->state, r->source, &r->record, more, &r->ended);
  if (status) *more = false;
  r->ended.status = status;
  if (status == BIOBERT_IO) keep_cut_record(r, more);
  if (!*more) return status;
  status = bb_record_finish(&r->record, &r->ended);
  if (status) return status;
  if (r->record.is_section && r->next)
    r->record.shown.position--;
  else
    r->next++;
  return BIOBERT_OK;
}

biobert_status biobert_records_next(biobert_records *r, const biobert_record **record,
                                    biobert_error *err) {
  bool more = false;
  biobert_status status = r->ended.status;
  if (!status) status = next_record(r, &more);
  *record = !status && more ? &r->record.shown : NULL;
  if (status && err) *err = r->ended;
  return status;
}

const char *biobert_records_format(const biobert_records *r) {
  return r->parser ? r->parser->format.name : NULL;
}

uint64_t biobert_records_bytes_read(const biobert_records *r) {
  return bb_source_bytes_read(r->source);
}

uint64_t biobert_records_bytes(const biobert_records *r) {
  return bb_source_bytes(r->source);
}
