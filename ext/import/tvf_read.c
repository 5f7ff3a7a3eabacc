/* tvf_read.c - biobert_read(path [, format]): the records of a file, a row each, read one
 * by one. */
#include <string.h>

#include "biobert_records.h"
#include "import/import.h"
#include "sql/interruption.h"

typedef struct read_rows {
  biobert_records *records;
  const biobert_record *record;
  biobert_record last; /* of a file that cannot be read to its end: what is wrong */
  biobert_error why;
  uint64_t count;
} read_rows;

/* Reading ---------------------------------------------------------------------------- */

static bool must_stop(void *db) {
  return is_interrupted(db);
}

/* A server on which strangers type SQL has locked biobert.so, if it has loaded it: then
 * no file is read here either. The function is asked, not the table of settings, in whose
 * place such a stranger could put one of his own. */
static biobert_status refuse_if_locked(tvf_cursor *c, biobert_error *err) {
  sqlite3_stmt *s = NULL;
  static const char sql[] = "SELECT biobert_config('locked') = 1";
  int rc = sqlite3_prepare_v2(c->shared, sql, -1, &s, NULL);
  const bool is_absent = rc == SQLITE_ERROR;
  if (rc == SQLITE_OK) rc = sqlite3_step(s);
  const bool locked = rc == SQLITE_ROW && sqlite3_column_int(s, 0);
  sqlite3_finalize(s);
  if (locked)
    return result_fail(err, BIOBERT_RANGE, "refused: biobert_config('locked') is 1");
  if (rc == SQLITE_ROW || (is_absent && !is_interrupted(c->shared))) return BIOBERT_OK;
  c->code = is_absent ? SQLITE_INTERRUPT : rc;
  return result_fail(err, BIOBERT_RANGE, "%s", sqlite3_errmsg(c->shared));
}

/* A file that is cut off keeps the rows before: an INSERT of them all would be undone by
 * an error, so it is a row too, the last one. */
static biobert_status end_with(read_rows *r, const biobert_error *why) {
  r->why = *why;
  r->last = (biobert_record){.position = r->count,
                             .format = biobert_records_format(r->records),
                             .status = BIOBERT_RECORD_IS_BROKEN};
  r->last.fields[BIOBERT_RECORD_ERROR] =
      (biobert_str){r->why.message, strlen(r->why.message)};
  r->record = &r->last;
  return BIOBERT_OK;
}

static biobert_status next_read(tvf_cursor *c, bool *more, biobert_error *err) {
  read_rows *r = c->rows;
  *more = false;
  if (r->record == &r->last) return BIOBERT_OK;
  biobert_status status = biobert_records_next(r->records, &r->record, err);
  if (status == BIOBERT_IO || status == BIOBERT_FORMAT) status = end_with(r, err);
  *more = !status && r->record;
  if (*more) r->count = r->record->position + 1;
  return status;
}

static biobert_status open_read(tvf_cursor *c, biobert_error *err) {
  const char *path;
  biobert_str format = {NULL, 0};
  biobert_status status = arg_name(c->arguments[0], 1, &path, err);
  if (!status && c->arguments[1] && !arg_is_null(c->arguments[1]))
    status = arg_text(c->arguments[1], 2, &format, err);
  if (!status) status = refuse_if_locked(c, err);
  if (status) return status;
  read_rows *r = sqlite3_malloc64(sizeof *r);
  if (!r) return result_no_memory(err);
  memset(r, 0, sizeof *r);
  c->rows = r;
  const biobert_open_options options = {.cancel = must_stop, .cancel_ctx = c->shared};
  status = biobert_records_open((biobert_str){path, strlen(path)}, format, &options,
                                &r->records, err);
  bool more = false;
  if (!status) status = next_read(c, &more, err);
  c->count = more;
  return status;
}

static void close_read(tvf_cursor *c) {
  read_rows *r = c->rows;
  biobert_records_close(r->records);
  sqlite3_free(r);
}

/* Columns ---------------------------------------------------------------------------- */

static const biobert_record *record_of(const tvf_cell *cell) {
  return ((const read_rows *)cell->cursor->rows)->record;
}

static biobert_status read_position(const tvf_cell *cell) {
  return tvf_result_integer(cell, (int64_t)record_of(cell)->position);
}

static biobert_status read_format(const tvf_cell *cell) {
  return tvf_result_string(cell, record_of(cell)->format);
}

static biobert_status read_status(const tvf_cell *cell) {
  return tvf_result_string(cell, biobert_record_status_names[record_of(cell)->status]);
}

static biobert_status read_source(const tvf_cell *cell) {
  sqlite3_result_value(cell->context, cell->cursor->arguments[0]);
  return BIOBERT_OK;
}

/* The member at column->offset; 0: there is none. */
static biobert_status read_integer(const tvf_cell *cell) {
  const void *member = (const char *)record_of(cell) + cell->column->offset;
  const int64_t value = *(const int64_t *)member;
  return value ? tvf_result_integer(cell, value) : BIOBERT_OK;
}

/* column->offset is the field. */
static biobert_status read_field(const tvf_cell *cell) {
  const biobert_str text = record_of(cell)->fields[cell->column->offset];
  return text.data ? tvf_result_str(cell, text) : BIOBERT_OK;
}

#define AT(member) offsetof(biobert_record, member)

static const tvf_column read_columns[] = {
    {"position",       "INTEGER",        read_position, 0                            },
    {"format",         "TEXT",           read_format,   0                            },
    {"pmid",           "INTEGER",        read_integer,  AT(pmid)                     },
    {"pmcid",          "TEXT",           read_field,    BIOBERT_RECORD_PMCID         },
    {"doi",            "TEXT",           read_field,    BIOBERT_RECORD_DOI           },
    {"title",          "TEXT",           read_field,    BIOBERT_RECORD_TITLE         },
    {"abstract",       "TEXT",           read_field,    BIOBERT_RECORD_ABSTRACT      },
    {"original_title", "TEXT",           read_field,    BIOBERT_RECORD_ORIGINAL_TITLE},
    {"other_abstract", "TEXT",           read_field,    BIOBERT_RECORD_OTHER_ABSTRACT},
    {"authors",        "TEXT",           read_field,    BIOBERT_RECORD_AUTHORS       },
    {"editors",        "TEXT",           read_field,    BIOBERT_RECORD_EDITORS       },
    {"journal",        "TEXT",           read_field,    BIOBERT_RECORD_JOURNAL       },
    {"year",           "INTEGER",        read_integer,  AT(year)                     },
    {"date",           "TEXT",           read_field,    BIOBERT_RECORD_DATE          },
    {"volume",         "TEXT",           read_field,    BIOBERT_RECORD_VOLUME        },
    {"issue",          "TEXT",           read_field,    BIOBERT_RECORD_ISSUE         },
    {"pages",          "TEXT",           read_field,    BIOBERT_RECORD_PAGES         },
    {"publisher",      "TEXT",           read_field,    BIOBERT_RECORD_PUBLISHER     },
    {"issn",           "TEXT",           read_field,    BIOBERT_RECORD_ISSN          },
    {"isbn",           "TEXT",           read_field,    BIOBERT_RECORD_ISBN          },
    {"keywords",       "TEXT",           read_field,    BIOBERT_RECORD_KEYWORDS      },
    {"mesh",           "TEXT",           read_field,    BIOBERT_RECORD_MESH          },
    {"type",           "TEXT",           read_field,    BIOBERT_RECORD_TYPE          },
    {"language",       "TEXT",           read_field,    BIOBERT_RECORD_LANGUAGE      },
    {"url",            "TEXT",           read_field,    BIOBERT_RECORD_URL           },
    {"status",         "TEXT",           read_status,   0                            },
    {"error",          "TEXT",           read_field,    BIOBERT_RECORD_ERROR         },
    {"version",        "INTEGER",        read_integer,  AT(version)                  },
    {"source",         "TEXT",           read_source,   0                            },
    {"path",           "HIDDEN",         NULL,          0                            },
    {"read_as",        "HIDDEN",         NULL,          0                            }, /* `format` is what it was */
    {"section",        "TEXT HIDDEN",    read_field,    BIOBERT_RECORD_SECTION       },
    {"section_text",   "TEXT HIDDEN",    read_field,    BIOBERT_RECORD_SECTION_TEXT  },
    {"fingerprint",    "INTEGER HIDDEN", read_integer,  AT(fingerprint)              },
    {NULL,             NULL,             NULL,          0                            },
};

const tvf tvf_read = {
    .columns = read_columns,
    .required = 1,
    .direct = true,
    .open = open_read,
    .next = next_read,
    .close = close_read,
};
