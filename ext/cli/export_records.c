/* export_records.c - MEDLINE (nbib), RIS and BibTeX: what reference managers read. */
#include <string.h>

#include "cli/export.h"

/* The fields of a record, as biobert_read() names them. */
typedef enum record_field {
  F_PMID,
  F_PMCID,
  F_DOI,
  F_TITLE,
  F_ORIGINAL_TITLE,
  F_ABSTRACT,
  F_OTHER_ABSTRACT,
  F_AUTHORS,
  F_EDITORS,
  F_JOURNAL,
  F_YEAR,
  F_DATE,
  F_VOLUME,
  F_ISSUE,
  F_PAGES,
  F_PUBLISHER,
  F_ISSN,
  F_ISBN,
  F_KEYWORDS,
  F_MESH,
  F_TYPE,
  F_LANGUAGE,
  F_URL,
  F_KEY,
  F_DECISION,
  FIELDS,
} record_field;

/* The column of a field: of its own name, or of the role that it has in a table of other
 * names. */
static const struct {
  const char *column;
  int role; /* -1: none */
} columns[F_KEY] = {
    [F_PMID] = {"pmid",           ROLE_PMID    },
    [F_PMCID] = {"pmcid",          ROLE_PMCID   },
    [F_DOI] = {"doi",            ROLE_DOI     },
    [F_TITLE] = {"title",          ROLE_TITLE   },
    [F_ORIGINAL_TITLE] = {"original_title", -1           },
    [F_ABSTRACT] = {"abstract",       ROLE_ABSTRACT},
    [F_OTHER_ABSTRACT] = {"other_abstract", -1           },
    [F_AUTHORS] = {"authors",        ROLE_AUTHORS },
    [F_EDITORS] = {"editors",        -1           },
    [F_JOURNAL] = {"journal",        ROLE_JOURNAL },
    [F_YEAR] = {"year",           ROLE_YEAR    },
    [F_DATE] = {"date",           -1           },
    [F_VOLUME] = {"volume",         -1           },
    [F_ISSUE] = {"issue",          -1           },
    [F_PAGES] = {"pages",          -1           },
    [F_PUBLISHER] = {"publisher",      -1           },
    [F_ISSN] = {"issn",           -1           },
    [F_ISBN] = {"isbn",           -1           },
    [F_KEYWORDS] = {"keywords",       -1           },
    [F_MESH] = {"mesh",           -1           },
    [F_TYPE] = {"type",           -1           },
    [F_LANGUAGE] = {"language",       -1           },
    [F_URL] = {"url",            ROLE_URL     },
};

typedef struct record {
  const char *fields[FIELDS]; /* NULL: there is none, or it is empty */
} record;

/* Each writes a tag's or field's line to a record's text. */
typedef void record_function(sqlite3_str *out, const record *r);

static bool has_column(const export_job *j, const char *column) {
  return database_integer(j->d, 0,
                          "SELECT count(*) FROM pragma_table_xinfo(%Q) WHERE name = %Q "
                          "COLLATE NOCASE",
                          j->papers.name, column) > 0;
}

static char *column_list(const export_job *j) {
  sqlite3_str *list = sqlite3_str_new(NULL);
  for (int i = 0; i < F_KEY; i++) {
    const char *by_role =
        columns[i].role >= 0 ? j->papers.columns[columns[i].role] : NULL;
    const char *column = has_column(j, columns[i].column) ? columns[i].column : by_role;
    if (column)
      sqlite3_str_appendf(list, "\"%w\", ", column);
    else
      sqlite3_str_appendall(list, "NULL, ");
  }
  sqlite3_str_appendf(list, "\"%w\", ", j->papers.key);
  if (j->included)
    sqlite3_str_appendf(list,
                        "CASE (%s) WHEN 1 THEN 'ASReview_relevant' WHEN 0 THEN "
                        "'ASReview_irrelevant' ELSE 'ASReview_not_seen' END",
                        j->included);
  else
    sqlite3_str_appendall(list, "NULL");
  return sqlite3_str_finish(list);
}

static bool write_records(export_job *j, record_function *write) {
  sqlite3_stmt *s = NULL;
  char *list = column_list(j);
  bool ok = list && export_prepare(j, &s, list);
  sqlite3_free(list);
  while (ok && export_step(j, s, &ok)) {
    record r = {0};
    for (int i = 0; i < FIELDS; i++) {
      const char *text = (const char *)sqlite3_column_text(s, i);
      r.fields[i] = text && *text ? text : NULL;
    }
    sqlite3_str *out = sqlite3_str_new(NULL);
    write(out, &r);
    export_write(j, out);
    j->count++;
  }
  sqlite3_finalize(s);
  return ok;
}

/* Parts of a list "a; b; c": the next one and its bytes; false: no more. */
static bool next_part(const char **list, const char **part, size_t *bytes) {
  const char *at = *list;
  if (!at || !*at) return false;
  const char *end = strstr(at, "; ");
  *part = at;
  *bytes = end ? (size_t)(end - at) : strlen(at);
  *list = end ? end + 2 : NULL;
  return true;
}

static bool has_comma(const char *part, size_t bytes) {
  return memchr(part, ',', bytes) != NULL;
}

/* MEDLINE ---------------------------------------------------------------------------- */

/* "TI  - ..."; lines that go on begin with six blanks. */
static void medline_line(sqlite3_str *out, const char *tag, const char *text,
                         size_t bytes) {
  sqlite3_str_appendf(out, "%-4s- ", tag);
  for (size_t i = 0; i < bytes; i++) {
    if (text[i] == '\n')
      sqlite3_str_appendall(out, "\n      ");
    else if (text[i] != '\r')
      sqlite3_str_appendchar(out, 1, text[i]);
  }
  sqlite3_str_appendchar(out, 1, '\n');
}

static void medline_text(sqlite3_str *out, const char *tag, const char *text) {
  if (text) medline_line(out, tag, text, strlen(text));
}

static void medline_list(sqlite3_str *out, const char *tag, const char *list) {
  const char *part;
  size_t bytes;
  while (next_part(&list, &part, &bytes)) medline_line(out, tag, part, bytes);
}

/* Whoever has no given name may be a group. */
static void medline_names(sqlite3_str *out, const char *full, const char *group,
                          const char *list) {
  const char *part;
  size_t bytes;
  while (next_part(&list, &part, &bytes))
    medline_line(out, has_comma(part, bytes) ? full : group, part, bytes);
}

/* "2001-05-17" is "2001 May 17". */
static void medline_date(sqlite3_str *out, const record *r) {
  static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const char *date = r->fields[F_DATE] ? r->fields[F_DATE] : r->fields[F_YEAR];
  if (!date) return;
  size_t bytes = strlen(date);
  int month = bytes >= 7 ? (date[5] - '0') * 10 + date[6] - '0' : 0;
  if (month < 1 || month > 12) {
    medline_line(out, "DP", date, bytes < 4 ? bytes : 4);
    return;
  }
  char text[32];
  sqlite3_snprintf(sizeof text, text, "%.4s %s%s%.2s", date, months[month - 1],
                   bytes >= 10 ? " " : "", bytes >= 10 ? date + 8 : "");
  medline_text(out, "DP", text);
}

static void medline_record(sqlite3_str *out, const record *r) {
  const char *const *f = r->fields;
  medline_text(out, "PMID", f[F_PMID] ? f[F_PMID] : "");
  medline_text(out, "TI", f[F_TITLE]);
  medline_text(out, "TT", f[F_ORIGINAL_TITLE]);
  medline_text(out, "AB", f[F_ABSTRACT]);
  medline_text(out, "OAB", f[F_OTHER_ABSTRACT]);
  medline_names(out, "FAU", "CN", f[F_AUTHORS]);
  medline_names(out, "FED", "FED", f[F_EDITORS]);
  medline_text(out, "JT", f[F_JOURNAL]);
  medline_date(out, r);
  medline_text(out, "VI", f[F_VOLUME]);
  medline_text(out, "IP", f[F_ISSUE]);
  medline_text(out, "PG", f[F_PAGES]);
  medline_text(out, "PB", f[F_PUBLISHER]);
  medline_list(out, "IS", f[F_ISSN]);
  medline_list(out, "ISBN", f[F_ISBN]);
  medline_list(out, "OT", f[F_KEYWORDS]);
  medline_list(out, "MH", f[F_MESH]);
  medline_list(out, "PT", f[F_TYPE]);
  medline_list(out, "LA", f[F_LANGUAGE]);
  medline_text(out, "PMC", f[F_PMCID]);
  if (f[F_DOI]) {
    char *doi = sqlite3_mprintf("%s [doi]", f[F_DOI]);
    medline_text(out, "LID", doi);
    sqlite3_free(doi);
  }
  sqlite3_str_appendchar(out, 1, '\n');
}

bool export_medline(export_job *j) {
  return write_records(j, medline_record);
}

/* RIS -------------------------------------------------------------------------------- */

static void ris_line(sqlite3_str *out, const char *tag, const char *text, size_t bytes) {
  sqlite3_str_appendf(out, "%s  - ", tag);
  for (size_t i = 0; i < bytes; i++)
    if (text[i] != '\r') sqlite3_str_appendchar(out, 1, text[i]);
  sqlite3_str_appendchar(out, 1, '\n');
}

static void ris_text(sqlite3_str *out, const char *tag, const char *text) {
  if (text) ris_line(out, tag, text, strlen(text));
}

static void ris_list(sqlite3_str *out, const char *tag, const char *list) {
  const char *part;
  size_t bytes;
  while (next_part(&list, &part, &bytes)) ris_line(out, tag, part, bytes);
}

/* "2001-05" is "2001/05//". */
static void ris_date(sqlite3_str *out, const char *date) {
  size_t bytes = date ? strlen(date) : 0;
  if (bytes < 4) return;
  char text[32];
  sqlite3_snprintf(sizeof text, text, "%.4s/%.2s/%.2s/", date, bytes >= 7 ? date + 5 : "",
                   bytes >= 10 ? date + 8 : "");
  ris_text(out, "DA", text);
}

/* "11-9" has a first and a last page. */
static void ris_pages(sqlite3_str *out, const char *pages) {
  if (!pages) return;
  size_t first = strcspn(pages, "-");
  ris_line(out, "SP", pages, first);
  if (pages[first]) ris_text(out, "EP", pages + first + 1);
}

static void ris_record(sqlite3_str *out, const record *r) {
  const char *const *f = r->fields;
  ris_text(out, "TY", "JOUR");
  ris_text(out, "ID", f[F_KEY]);
  ris_text(out, "TI", f[F_TITLE]);
  ris_text(out, "TT", f[F_ORIGINAL_TITLE]);
  ris_list(out, "AU", f[F_AUTHORS]);
  ris_list(out, "ED", f[F_EDITORS]);
  ris_text(out, "AB", f[F_ABSTRACT]);
  ris_text(out, "JO", f[F_JOURNAL]);
  ris_text(out, "PY", f[F_YEAR]);
  ris_date(out, f[F_DATE]);
  ris_text(out, "VL", f[F_VOLUME]);
  ris_text(out, "IS", f[F_ISSUE]);
  ris_pages(out, f[F_PAGES]);
  ris_text(out, "PB", f[F_PUBLISHER]);
  ris_list(out, "SN", f[F_ISSN] ? f[F_ISSN] : f[F_ISBN]);
  ris_list(out, "KW", f[F_KEYWORDS]);
  ris_list(out, "LA", f[F_LANGUAGE]);
  ris_text(out, "M3", f[F_TYPE]);
  ris_text(out, "DO", f[F_DOI]);
  if (f[F_PMID]) ris_text(out, "DB", "PubMed"); /* which tells what the accession is */
  ris_text(out, "AN", f[F_PMID]);
  ris_text(out, "C2", f[F_PMCID]);
  ris_text(out, "UR", f[F_URL]);
  ris_text(out, "N1", f[F_DECISION]); /* as ASReview writes and reads it */
  sqlite3_str_appendall(out, "ER  - \n\n");
}

bool export_ris(export_job *j) {
  return write_records(j, ris_record);
}

/* BibTeX ----------------------------------------------------------------------------- */

/* Characters that TeX takes for its own. */
static void append_tex(sqlite3_str *out, const char *text, size_t bytes) {
  static const struct {
    char character;
    const char *tex;
  } escapes[] = {
      {'\\', "{\\textbackslash}"  },
      {'{',  "{\\textbraceleft}"  },
      {'}',  "{\\textbraceright}" },
      {'&',  "\\&"                },
      {'%',  "\\%"                },
      {'$',  "\\$"                },
      {'#',  "\\#"                },
      {'_',  "\\_"                },
      {'~',  "{\\textasciitilde}" },
      {'^',  "{\\textasciicircum}"},
  };
  for (size_t i = 0; i < bytes; i++) {
    const char *tex = NULL;
    for (size_t k = 0; k < sizeof escapes / sizeof escapes[0]; k++)
      if (escapes[k].character == text[i]) tex = escapes[k].tex;
    if (tex)
      sqlite3_str_appendall(out, tex);
    else
      sqlite3_str_appendchar(out, 1, text[i]);
  }
}

static void bibtex_text(sqlite3_str *out, const char *name, const char *text) {
  if (!text) return;
  sqlite3_str_appendf(out, ",\n  %s = {", name);
  append_tex(out, text, strlen(text));
  sqlite3_str_appendchar(out, 1, '}');
}

/* Identifiers and addresses, in which nothing is TeX's. */
static void bibtex_verbatim(sqlite3_str *out, const char *name, const char *text) {
  if (text && !strpbrk(text, "{}"))
    sqlite3_str_appendf(out, ",\n  %s = {%s}", name, text);
}

/* A title's capitals stay: in braces of their own. */
static void bibtex_title(sqlite3_str *out, const char *text) {
  if (!text) return;
  sqlite3_str_appendall(out, ",\n  title = {{");
  append_tex(out, text, strlen(text));
  sqlite3_str_appendall(out, "}}");
}

static void bibtex_names(sqlite3_str *out, const char *name, const char *list) {
  const char *part, *between = "";
  size_t bytes;
  if (!list) return;
  sqlite3_str_appendf(out, ",\n  %s = {", name);
  while (next_part(&list, &part, &bytes)) {
    bool person = has_comma(part, bytes);
    sqlite3_str_appendall(out, between);
    if (!person) sqlite3_str_appendchar(out, 1, '{');
    append_tex(out, part, bytes);
    if (!person) sqlite3_str_appendchar(out, 1, '}');
    between = " and ";
  }
  sqlite3_str_appendchar(out, 1, '}');
}

static void bibtex_record(sqlite3_str *out, const record *r) {
  const char *const *f = r->fields;
  sqlite3_str_appendf(out, "@article{%s%s", f[F_PMID] ? "pmid" : "id",
                      f[F_PMID] ? f[F_PMID] : f[F_KEY]);
  bibtex_title(out, f[F_TITLE]);
  bibtex_names(out, "author", f[F_AUTHORS]);
  bibtex_names(out, "editor", f[F_EDITORS]);
  bibtex_text(out, "journal", f[F_JOURNAL]);
  bibtex_text(out, "year", f[F_YEAR]);
  bibtex_text(out, "date", f[F_DATE]);
  bibtex_text(out, "volume", f[F_VOLUME]);
  bibtex_text(out, "number", f[F_ISSUE]);
  bibtex_text(out, "pages", f[F_PAGES]);
  bibtex_text(out, "publisher", f[F_PUBLISHER]);
  bibtex_text(out, "issn", f[F_ISSN]);
  bibtex_text(out, "isbn", f[F_ISBN]);
  bibtex_text(out, "abstract", f[F_ABSTRACT]);
  bibtex_text(out, "keywords", f[F_KEYWORDS]);
  bibtex_text(out, "language", f[F_LANGUAGE]);
  bibtex_verbatim(out, "doi", f[F_DOI]);
  bibtex_verbatim(out, "pmid", f[F_PMID]);
  bibtex_verbatim(out, "pmcid", f[F_PMCID]);
  bibtex_verbatim(out, "url", f[F_URL]);
  sqlite3_str_appendall(out, "\n}\n\n");
}

bool export_bibtex(export_job *j) {
  return write_records(j, bibtex_record);
}
