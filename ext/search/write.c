/* write.c - xUpdate: a row (write_rows.c) or a command (commands.c), and what every write
 * begins and ends with.
 *
 * With own content a write changes the content too; with content= it changes the search
 * table alone, as FTS5's external content tables do. What was written is found at once. */
#include "search/write.h"

#include "search/commands.h"
#include "search/cursor.h"
#include "search/recorded.h"
#include "search/transaction.h"
#include "search/update.h"
#include "search/words.h"
#include "search/write_rows.h"
#include "sql/numbers.h"

/* What every write begins with. c: the command, or NULL. */
static int begin_write(index_table *t, const command *c) {
  int rc = table_check_open(t);
  if (rc == SQLITE_OK) rc = table_before_write(t);
  if (rc == SQLITE_OK && !(c && c->anew)) rc = recorded_dimension(t, 0);
  return rc == SQLITE_OK ? recorded_check_size(t, t->dimension) : rc;
}

/* A row, or a command, within xUpdate. */
static int change(update *u, const command *c, sqlite3_int64 *rowid) {
  if (c) return command_run(u, c);
  if (u->argc == 1) return write_delete_row(u->table, sqlite3_value_int64(u->argv[0]));
  return sqlite3_value_type(u->argv[0]) == SQLITE_NULL ? write_insert_row(u, rowid)
                                                       : write_update_row(u, rowid);
}

/* The command of run_as_statement(), inside the xUpdate that it serves. */
static int continue_command(const update *u, const command *c) {
  u->table->as_statement = false;
  return c ? c->body(u) : SQLITE_ERROR;
}

/* A row or a command, with the state of the table that its statements need. */
static int run(update *u, const command *c, sqlite3_int64 *rowid) {
  index_table *t = u->table;
  t->writing = t->pending = true;
  t->changing = false;
  t->inside++;
  int rc = change(u, c, rowid);
  t->inside--;
  t->writing = false;
  t->half_written = rc != SQLITE_OK && t->changing && !t->rolled_back;
  return rc;
}

int vtab_update(sqlite3_vtab *base, int argc, sqlite3_value **argv,
                sqlite3_int64 *rowid) {
  index_table *t = (index_table *)base;
  update u = {.table = t, .argc = argc, .argv = argv};
  const command *c;
  if (!values_are_readable(argc, argv)) return SQLITE_NOMEM;
  /* The shadow tables' rows are not what the user has inserted. */
  sqlite3_int64 last = sqlite3_last_insert_rowid(t->db);
  *rowid = last;
  int rc = command_read(&u, &c);
  if (rc != SQLITE_OK) return rc;
  if (t->as_statement) return continue_command(&u, c);
  rc = begin_write(t, c);
  if (rc != SQLITE_OK) return rc;
  rc = run(&u, c, rowid);
  /* Where everything was rolled back FTS5 has nothing open. */
  int rest = t->rolled_back ? SQLITE_OK : words_rest(t);
  sqlite3_set_last_insert_rowid(t->db, last);
  if (rc != SQLITE_OK || !t->rolled_back) return rc;
  /* An error that was passed over somewhere: what is left would be written by itself. */
  return rest == SQLITE_OK ? SQLITE_ABORT_ROLLBACK : rest;
}
