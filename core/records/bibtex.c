/* bibtex.c - BibTeX and biblatex: what the fields of an entry are.
 *
 * An entry takes what it does not have itself from those that it names in crossref and
 * xdata. They may be anywhere in the file, so that a file with such entries is read three
 * times: which are named, what they have, and then for the caller. */
#include "base/mem.h"
#include "base/status.h"
#include "records/abstracts.h"
#include "records/bibtex_entry.h"
#include "records/bibtex_persons.h"
#include "records/parsers.h"
#include "records/serials.h"
#include "records/tex_text.h"

enum { MAX_PARENTS = 8 }; /* of parents of parents; also where they go in a circle */

typedef struct bibtex_state {
  bb_bibtex_reader reader;
  bb_bibtex_entry entry;
  bb_bibtex_names parents; /* key: fields, each name and value ended by a '\x01' */
  bb_text plain;
  biobert_error looked; /* a read that failed while parents were looked for */
} bibtex_state;

/* Values ----------------------------------------------------------------------------- */

static biobert_str plain(bibtex_state *s, bb_record *r, biobert_str tex) {
  bb_text_clear(&s->plain);
  bb_tex_add(&s->plain, tex);
  r->no_memory |= s->plain.no_memory;
  return bb_text_view(&s->plain);
}

static biobert_str verbatim(bibtex_state *s, bb_record *r, const char *tex) {
  bb_text_clear(&s->plain);
  bb_tex_add_verbatim(&s->plain, bb_str(tex));
  r->no_memory |= s->plain.no_memory;
  return bb_trimmed(bb_text_view(&s->plain));
}

static biobert_str value(bibtex_state *s, bb_record *r, const char *name) {
  const char *tex = bb_bibtex_value(&s->entry, name);
  return tex ? plain(s, r, bb_str(tex)) : (biobert_str){NULL, 0};
}

/* The first of the fields that is there, without HTML, which reference managers keep. */
static void set_first(bibtex_state *s, bb_record *r, biobert_record_field field,
                      const char *const *names) {
  for (; *names; names++)
    bb_record_set(r, field, bb_record_plain(r, value(s, r, *names)));
}
#define SET_FIRST(s, r, field, ...)                                                      \
  set_first(s, r, field, (const char *const[]){__VA_ARGS__, NULL})

static void set_title(bibtex_state *s, bb_record *r) {
  bb_text whole = {0};
  bb_text_add(&whole, value(s, r, "title"));
  const biobert_str subtitle = value(s, r, "subtitle");
  if (whole.len && subtitle.len) bb_text_add(&whole, bb_str(": "));
  bb_text_add(&whole, subtitle);
  r->no_memory |= whole.no_memory;
  bb_record_set_title(r, bb_record_plain(r, bb_text_view(&whole)));
  bb_text_free(&whole);
  set_first(s, r, BIOBERT_RECORD_TITLE, (const char *const[]){"booktitle", NULL});
}

static void set_date(bibtex_state *s, bb_record *r) {
  bb_text year = {0}, month = {0};
  bb_record_set_date(r, value(s, r, "date"));
  bb_text_add(&year, value(s, r, "year"));
  bb_text_add(&month, value(s, r, "month"));
  r->no_memory |= year.no_memory || month.no_memory;
  bb_record_set_date_parts(r, bb_text_view(&year), bb_text_view(&month),
                           value(s, r, "day"));
  bb_record_set_date(r, bb_text_view(&year)); /* "2001/05" */
  bb_text_free(&year);
  bb_text_free(&month);
}

/* "1--9" of TeX is "1-9" everywhere else. */
static void set_pages(bibtex_state *s, bb_record *r) {
  const char *tex = bb_bibtex_value(&s->entry, "pages");
  bb_text pages = {0};
  for (; tex && *tex; tex++)
    if (tex[0] != '-' || tex[1] != '-') bb_text_add_char(&pages, *tex);
  r->no_memory |= pages.no_memory;
  const biobert_str dashed = bb_text_view(&pages);
  bb_record_set(r, BIOBERT_RECORD_PAGES, plain(s, r, dashed));
  bb_text_free(&pages);
  SET_FIRST(s, r, BIOBERT_RECORD_PAGES, "eid", "article-number", "articleno");
}

static void set_keywords(bibtex_state *s, bb_record *r) {
  static const char *const names[] = {"keywords", "keyword", "author_keywords"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    biobert_str rest = value(s, r, names[i]), part;
    if (!rest.len) continue;
    const char separator = memchr(rest.data, ';', rest.len) ? ';' : ',';
    while (bb_next_part(&rest, separator, &part))
      bb_record_add(r, BIOBERT_RECORD_KEYWORDS, part);
  }
}

/* Identifiers ------------------------------------------------------------------------ */

static void set_urls(bibtex_state *s, bb_record *r) {
  static const char *const names[] = {"url", "ee", "howpublished"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    const char *tex = bb_bibtex_value(&s->entry, names[i]);
    const biobert_str url = tex ? verbatim(s, r, tex) : (biobert_str){NULL, 0};
    if (!url.len) continue;
    if (bb_contains(url, "doi.org/")) bb_record_set_doi(r, url);
    if (i < 2 || bb_starts_as(url, "http")) bb_record_set(r, BIOBERT_RECORD_URL, url);
  }
}

/* eprint is an identifier of what eprinttype says; notes begin with "PMID: ". */
static void set_identifiers(bibtex_state *s, bb_record *r) {
  const char *doi = bb_bibtex_value(&s->entry, "doi");
  if (doi) bb_record_set_doi(r, verbatim(s, r, doi));
  bb_record_set_pmid(r, value(s, r, "pmid"));
  bb_record_set_pmcid(r, value(s, r, "pmcid"));
  bb_record_set_pmcid(r, value(s, r, "pmc"));
  const char *type = bb_bibtex_value(&s->entry, "eprinttype");
  if (!type) type = bb_bibtex_value(&s->entry, "archiveprefix");
  if (type && bb_same_word(bb_str(type), "pubmed"))
    bb_record_set_pmid(r, value(s, r, "eprint"));
  if (type && bb_same_word(bb_str(type), "pmc"))
    bb_record_set_pmcid(r, value(s, r, "eprint"));
  const biobert_str note = bb_trimmed(value(s, r, "note"));
  if (bb_starts_as(note, "PMID:")) bb_record_set_pmid(r, note);
  if (bb_starts_as(note, "PMCID:")) bb_record_set_pmcid(r, note);
  set_urls(s, r);
}

/* Parents ---------------------------------------------------------------------------- */

/* What identifies a work, and what it says itself, is not that of the works in it. */
static bool is_inherited(biobert_str name) {
  static const char *const own[] = {"doi",      "pmid",     "pmcid", "pmc",
                                    "eprint",   "abstract", "pages", "url",
                                    "subtitle", "crossref", "xdata"};
  for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
    if (bb_str_equal(name, own[i])) return false;
  return true;
}

/* A book's title is the booktitle of its chapters. */
static void inherit_field(bb_bibtex_entry *e, biobert_str name, biobert_str tex,
                          bool is_data) {
  if (!is_data && !is_inherited(name)) return;
  if (!is_data && bb_str_equal(name, "title")) name = bb_str("booktitle");
  bb_bibtex_add_field(e, name, tex);
}

/* Takes the fields of the parent of this key; of its own parents it has the names. */
static void inherit_from(bibtex_state *s, biobert_str key, bool is_data, bb_text *more) {
  const char *fields = bb_bibtex_names_get(&s->parents, bb_trimmed(key));
  biobert_str rest = bb_str(fields), name, tex;
  while (fields && bb_next_part(&rest, '\x01', &name) &&
         bb_next_part(&rest, '\x01', &tex)) {
    if (bb_str_equal(name, "crossref") || bb_str_equal(name, "xdata")) {
      bb_text_add_char(more, is_data || name.data[0] == 'x' ? 'x' : 'c');
      bb_text_add(more, tex);
      bb_text_add_char(more, ',');
    } else {
      inherit_field(&s->entry, name, tex, is_data);
    }
  }
}

static void add_keys(bb_text *keys, char kind, const char *value) {
  biobert_str rest = bb_str(value), key;
  while (value && bb_next_part(&rest, ',', &key)) {
    bb_text_add_char(keys, kind);
    bb_text_add(keys, bb_trimmed(key));
    bb_text_add_char(keys, ',');
  }
}

static void inherit(bibtex_state *s) {
  bb_text keys = {0};
  add_keys(&keys, 'x', bb_bibtex_value(&s->entry, "xdata"));
  add_keys(&keys, 'c', bb_bibtex_value(&s->entry, "crossref"));
  size_t at = 0;
  for (int i = 0; i < MAX_PARENTS && at + 1 < keys.len && !keys.no_memory; i++) {
    bb_text more = {0};
    biobert_str rest = bb_from(bb_text_view(&keys), at), key;
    if (!bb_next_part(&rest, ',', &key) || key.len < 2) break;
    at += key.len + 1;
    inherit_from(s, bb_from(key, 1), key.data[0] == 'x', &more);
    bb_text_add(&keys, bb_text_view(&more));
    keys.no_memory |= more.no_memory;
    bb_text_free(&more);
  }
  s->entry.no_memory |= keys.no_memory;
  bb_text_free(&keys);
}

static bool is_named(const bibtex_state *s) {
  const bb_bibtex_entry *e = &s->entry;
  return e->key && bb_bibtex_names_get(&s->parents, bb_str(bb_bibtex_text(e, e->key)));
}

static void name_parents(bibtex_state *s, const char *keys) {
  biobert_str rest = bb_str(keys), key;
  while (keys && bb_next_part(&rest, ',', &key))
    bb_bibtex_names_set(&s->parents, bb_trimmed(key), bb_str(""));
}

static void keep_parent(bibtex_state *s) {
  const bb_bibtex_entry *e = &s->entry;
  if (!is_named(s)) return;
  bb_text fields = {0};
  for (size_t i = 0; i < e->count; i++) {
    bb_text_add(&fields, bb_str(bb_bibtex_text(e, e->fields[i].name)));
    bb_text_add_char(&fields, '\x01');
    bb_text_add(&fields, bb_str(bb_bibtex_text(e, e->fields[i].value)));
    bb_text_add_char(&fields, '\x01');
  }
  bb_bibtex_names_set(&s->parents, bb_str(bb_bibtex_text(e, e->key)),
                      bb_text_view(&fields));
  s->parents.no_memory |= fields.no_memory;
  bb_text_free(&fields);
}

/* One pass before the caller's: names parents, or keeps them. */
static biobert_status look_through(bibtex_state *s, const bb_source *source, bool keeps,
                                   biobert_error *err) {
  s->reader = (bb_bibtex_reader){0};
  biobert_status status = bb_source_open_again(source, &s->reader.source, err);
  bool more = !status;
  while (!status && more) {
    status = bb_bibtex_next(&s->reader, &s->entry, &more, err);
    if (status || !more || s->entry.kind != BB_BIBTEX_ENTRY) continue;
    if (keeps) {
      keep_parent(s);
    } else {
      name_parents(s, bb_bibtex_value(&s->entry, "crossref"));
      name_parents(s, bb_bibtex_value(&s->entry, "xdata"));
    }
    if (s->parents.no_memory) status = bb_no_memory(err, "BibTeX");
  }
  bb_source_close(s->reader.source);
  bb_bibtex_reader_free(&s->reader);
  s->reader = (bb_bibtex_reader){0};
  if (status != BIOBERT_IO) return status;
  /* Damaged data is met again, after what is before it. */
  s->looked = (biobert_error){.status = status};
  if (err) s->looked = *err;
  return BIOBERT_OK;
}

/* The months have macros in every file. */
static void define_months(bb_bibtex_reader *r) {
  static const char *const months[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                       "jul", "aug", "sep", "oct", "nov", "dec"};
  for (size_t i = 0; i < sizeof months / sizeof months[0]; i++)
    bb_bibtex_names_set(&r->macros, bb_str(months[i]), bb_str(months[i]));
}

static void close_file(void *state) {
  bibtex_state *s = state;
  bb_bibtex_reader_free(&s->reader);
  bb_bibtex_entry_free(&s->entry);
  bb_bibtex_names_free(&s->parents);
  bb_text_free(&s->plain);
}

static biobert_status open_file(void *state, bb_source *source, biobert_error *err) {
  bibtex_state *s = state;
  biobert_status status = look_through(s, source, false, err);
  if (!status && s->parents.count) status = look_through(s, source, true, err);
  s->reader.source = source;
  define_months(&s->reader);
  if (status) close_file(state);
  return status;
}

/* The record ------------------------------------------------------------------------- */

static void fill(bibtex_state *s, bb_record *r) {
  const bb_bibtex_entry *e = &s->entry;
  bb_record_set(r, BIOBERT_RECORD_TYPE, bb_str(bb_bibtex_text(e, e->type)));
  set_title(s, r);
  set_identifiers(s, r);
  bb_bibtex_add_persons(r, BIOBERT_RECORD_AUTHORS, bb_bibtex_value(e, "author"));
  bb_bibtex_add_persons(r, BIOBERT_RECORD_EDITORS, bb_bibtex_value(e, "editor"));
  SET_FIRST(s, r, BIOBERT_RECORD_JOURNAL, "journal", "journaltitle", "booktitle");
  SET_FIRST(s, r, BIOBERT_RECORD_VOLUME, "volume");
  SET_FIRST(s, r, BIOBERT_RECORD_ISSUE, "number", "issue");
  SET_FIRST(s, r, BIOBERT_RECORD_PUBLISHER, "publisher", "school", "institution",
            "organization");
  set_date(s, r);
  set_pages(s, r);
  set_keywords(s, r);
  bb_record_add_serial(r, BIOBERT_RECORD_ISSN, value(s, r, "issn"));
  bb_record_add_serial(r, BIOBERT_RECORD_ISBN, value(s, r, "isbn"));
  bb_record_add_abstract(r, BIOBERT_RECORD_ABSTRACT, value(s, r, "abstract"));
  bb_record_add_language(r, value(s, r, "langid"));
  bb_record_add_language(r, value(s, r, "language"));
}

/* At the end: a read that failed before, and not again, may have cost fields. */
static biobert_status say_looked(const bibtex_state *s, biobert_error *err) {
  if (s->looked.status && err) *err = s->looked;
  return s->looked.status;
}

static biobert_status next(void *state, bb_source *source, bb_record *record, bool *more,
                           biobert_error *err) {
  bibtex_state *s = state;
  bb_bibtex_entry *e = &s->entry;
  (void)source;
  do {
    biobert_status status = bb_bibtex_next(&s->reader, e, more, err);
    if (!status && !*more) return say_looked(s, err);
    if (status) return status;
  } while (e->kind != BB_BIBTEX_ENTRY ||
           (strcmp(bb_bibtex_text(e, e->type), "xdata") == 0 && !e->broken));
  if (e->broken)
    bb_record_broken(record, "line %llu: %s (it begins in line %llu)",
                     (unsigned long long)e->broken_line, e->broken,
                     (unsigned long long)e->line);
  else if (!e->count)
    bb_record_broken(record, "line %llu: there is nothing in this entry",
                     (unsigned long long)e->line);
  inherit(s);
  if (e->no_memory) return bb_no_memory(err, "BibTeX");
  fill(s, record);
  return BIOBERT_OK;
}

/* An `@word{` at a line's beginning, and behind it a key or a field. */
static bool looks_like(biobert_str start) {
  if (bb_starts_as(bb_trimmed(start), "% Encoding: ")) return true; /* JabRef's */
  for (size_t from = 0, end; from < start.len; from = end + 1) {
    for (end = from; end < start.len && !strchr("\r\n", start.data[end]); end++) continue;
    const biobert_str line = bb_trimmed((biobert_str){start.data + from, end - from});
    if (!line.len || line.data[0] != '@') continue;
    size_t at = 1;
    while (at < line.len && (line.data[at] | 0x20) >= 'a' &&
           (line.data[at] | 0x20) <= 'z')
      at++;
    const size_t word = at;
    while (at < line.len && line.data[at] == ' ') at++;
    if (word > 1 && at < line.len && (line.data[at] == '{' || line.data[at] == '('))
      return true;
  }
  return false;
}

const bb_record_parser bb_bibtex = {
    .format = {"bibtex", "BibTeX and biblatex (.bib)", "a line that begins with @word{"},
    .looks_like = looks_like,
    .state_bytes = sizeof(bibtex_state),
    .open = open_file,
    .next = next,
    .close = close_file,
};
