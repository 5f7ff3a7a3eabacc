/* tvf_formats.c - biobert_formats: what biobert_read() can read. */
#include "biobert_records.h"
#include "import/import.h"

static biobert_status open_formats(tvf_cursor *c, biobert_error *err) {
  (void)err;
  while (biobert_record_formats(c->count)) c->count++;
  return BIOBERT_OK;
}

static biobert_status format_text(const tvf_cell *cell) {
  const char *format = (const char *)biobert_record_formats(cell->cursor->row);
  const void *member = format + cell->column->offset;
  return tvf_result_string(cell, *(const char *const *)member);
}

#define AT(member) offsetof(biobert_record_format, member)

static const tvf_column format_columns[] = {
    {"name",       "TEXT", format_text, AT(name)      },
    {"what",       "TEXT", format_text, AT(what)      },
    {"recognised", "TEXT", format_text, AT(recognised)},
    {NULL,         NULL,   NULL,        0             },
};

const tvf tvf_formats = {
    .columns = format_columns,
    .pure = true,
    .open = open_formats,
};
