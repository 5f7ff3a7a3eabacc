/* update.h - the arguments of xUpdate by name. */
#ifndef EXT_UPDATE_H
#define EXT_UPDATE_H

#include "search/search_table.h"

typedef struct update {
  index_table *table;
  int argc;
  sqlite3_value **argv;
  /* The rowid that the row is to have; of an INSERT perhaps none: SQLite chooses one. */
  bool has_id;
  int64_t id;
} update;

static inline sqlite3_value *update_declared(const update *u, int column) {
  return u->argv[2 + column];
}

static inline sqlite3_value *update_hidden(const update *u, hidden_column column) {
  return u->argv[2 + u->table->config.column_count + (int)column];
}

#endif
