/* index_records.h - what is known of documents of an index beside their vectors: the columns
 * of the table that it reads (content=), or its own. */
#ifndef EXT_INDEX_RECORDS_H
#define EXT_INDEX_RECORDS_H

#include "sql/errors.h"
#include "sql/lists.h"

/* What two documents can agree in, in the order in which it is named. */
typedef enum record_field {
  RECORD_DOI,
  RECORD_PMID,
  RECORD_TITLE,
  RECORD_YEAR,
  RECORD_FIELDS
} record_field;

typedef struct index_record {
  int64_t id;
  int filled; /* columns that are neither NULL nor empty */
  /* Without what does not tell texts apart: case, and of titles punctuation and white
   * space; NULL: there is none. */
  char *fields[RECORD_FIELDS];
} index_record;

/* {0} is empty. */
typedef struct index_records {
  index_record *items; /* [count], by rising id */
  size_t count, capacity;
} index_records;

/* Those of some documents (`ids` is sorted) that are there; none where the content table is
 * not. name: as index_select() takes it. *code as tvf_cursor.code. */
biobert_status index_records_read(sqlite3 *db, const char *name, const id_list *ids,
                                  index_records *out, int *code, biobert_error *err);
/* NULL: there is none. */
const index_record *index_records_find(const index_records *r, int64_t id);
void index_records_free(index_records *r); /* the members, not *r */

/* Whether both have the field, and the same. */
bool index_records_agree(const index_record *a, const index_record *b,
                         record_field field);

#endif
