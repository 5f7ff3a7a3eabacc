/* commands.c - the commands: INSERT INTO s(s) VALUES('command'). A further command is a
 * function and a row. */
#include "search/commands.h"

#include <string.h>

#include "search/chunk_store.h"
#include "search/code_cache.h"
#include "search/compact.h"
#include "search/integrity.h"
#include "search/queue.h"
#include "search/sync.h"
#include "search/sync_batch.h"
#include "search/table_errors.h"
#include "search/words.h"
#include "sql/numbers.h"

static int command_sync(const update *u) {
  sqlite3_value *rank = update_hidden(u, HIDDEN_RANK);
  int64_t max_rows;
  if (sqlite3_value_type(rank) == SQLITE_NULL) return sync_command(u->table, -1);
  if (!number_whole(rank, &max_rows) || max_rows < 0)
    return table_error(
        u->table, SQLITE_ERROR,
        "'sync': rank is '%.32s': how many rows at most, a whole number from 0",
        (const char *)sqlite3_value_text(rank));
  return sync_command(u->table, max_rows);
}

/* Forgets all that was made of the texts, the words too: if a row of the content were
 * deleted before the next sync, no entry would show that its words have to go. */
static int forget_all(index_table *t) {
  table_drop_memory(t);
  int rc = store_reset(t);
  return rc == SQLITE_OK ? words_clear(t) : rc;
}

static int command_reset(const update *u) {
  return forget_all(u->table);
}

static int command_rebuild(const update *u) {
  index_table *t = u->table;
  biobert_error err;
  named_model *m;
  /* Without a model, or a queue, nothing must be forgotten. */
  bool needs = t->config.search != BIOBERT_LEXICAL && !t->config.vectors;
  if (needs && connection_find_model(t->connection, t->config.model, &m, &err))
    return table_status(t, &err);
  int rc = queue_check(t, false);
  if (rc != SQLITE_OK) return rc;
  t->changing = true;
  rc = forget_all(t);
  t->changing = rc != SQLITE_OK;
  return rc == SQLITE_OK ? sync_command(t, -1) : rc;
}

static int command_retry(const update *u) {
  return sync_retry(u->table);
}

/* Rewrites the chunks without the slots that were deleted. */
static int command_optimize(const update *u) {
  index_table *t = u->table;
  int rc = store_compact(t);
  return rc == SQLITE_OK ? words_optimize(t) : rc;
}

static int command_check(const update *u) {
  char *problem = NULL;
  int rc = integrity_check(u->table, &problem);
  if (rc == SQLITE_OK && problem)
    rc = table_error(u->table, SQLITE_CORRUPT_VTAB, "%s", problem);
  sqlite3_free(problem);
  return rc;
}

static int command_delete_all(const update *u) {
  index_table *t = u->table;
  if (!t->config.content)
    return table_error(t, SQLITE_ERROR,
                       "'delete-all' is for an index with content=: here it "
                       "would delete your text");
  return forget_all(t);
}

/* FTS5's trigger form: forget a row of the content. */
static int command_delete(const update *u) {
  int64_t id;
  if (!u->table->config.content || !number_whole(u->argv[1], &id))
    return table_error(u->table, SQLITE_ERROR,
                       "'delete' is for an index with content=, and needs a rowid");
  return remove_document(u->table, id);
}

static int command_batch(const update *u) {
  return sync_write_batch(u->table);
}

/* Finding and running one ------------------------------------------------------------ */

static const command commands[] = {
    {"sync",            command_sync,       true,  true,  true,  false},
    {"reset",           command_reset,      true,  true,  false, true },
    {"rebuild",         command_rebuild,    true,  true,  true,  true },
    {"retry",           command_retry,      true,  true,  true,  false},
    {"optimize",        command_optimize,   true,  true,  false, false},
    {"integrity-check", command_check,      true,  false, false, false},
    {"delete-all",      command_delete_all, true,  true,  false, true },
    {"delete",          command_delete,     true,  true,  false, false},
    {"sync-batch",      command_batch,      false, false, false, false}, /* of biobert_sync() */
};
enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

static const command *find_command(const char *name) {
  for (int i = 0; i < COMMAND_COUNT; i++)
    if (strcmp(name, commands[i].name) == 0) return &commands[i];
  return NULL;
}

static int refuse_command(index_table *t, const char *name) {
  sqlite3_str *s = sqlite3_str_new(NULL);
  for (int i = 0; i < COMMAND_COUNT; i++)
    if (commands[i].shown)
      sqlite3_str_appendf(s, "%s%s", i ? ", " : "", commands[i].name);
  char *list = sqlite3_str_finish(s);
  int rc =
      list ? table_error(t, SQLITE_ERROR, "command '%.32s' is not one of: %s", name, list)
           : SQLITE_NOMEM;
  sqlite3_free(list);
  return rc;
}

int command_read(const update *u, const command **out) {
  *out = NULL;
  if (u->argc == 1 || sqlite3_value_type(u->argv[0]) != SQLITE_NULL) return SQLITE_OK;
  sqlite3_value *value = update_hidden(u, HIDDEN_NAME);
  if (sqlite3_value_type(value) == SQLITE_NULL) return SQLITE_OK;
  const char *name = (const char *)sqlite3_value_text(value);
  if (!name) return SQLITE_NOMEM;
  *out = find_command(name);
  return *out ? SQLITE_OK : refuse_command(u->table, name);
}

/* The same command once more, by a statement that could insert several rows: for such a
 * one SQLite keeps a journal within a transaction, and undoes all of it if it fails. */
static int run_as_statement(const update *u) {
  index_table *t = u->table;
  sqlite3_stmt *s = NULL;
  char *sql =
      sqlite3_mprintf("INSERT INTO \"%w\".\"%w\"(rowid, \"%w\", rank) SELECT ?1, ?2, ?3",
                      t->schema, t->name, t->name);
  int rc = sql ? sqlite3_prepare_v2(t->db, sql, -1, &s, NULL) : SQLITE_NOMEM;
  sqlite3_free(sql);
  if (rc == SQLITE_OK) rc = sqlite3_bind_value(s, 1, u->argv[1]);
  if (rc == SQLITE_OK) rc = sqlite3_bind_value(s, 2, update_hidden(u, HIDDEN_NAME));
  if (rc == SQLITE_OK) rc = sqlite3_bind_value(s, 3, update_hidden(u, HIDDEN_RANK));
  t->as_statement = true;
  if (rc == SQLITE_OK && sqlite3_step(s) != SQLITE_DONE) {
    rc = sqlite3_extended_errcode(t->db);
    sqlite3_free(t->base.zErrMsg); /* SQLite has taken what the command said */
    t->base.zErrMsg = sqlite3_mprintf("%s", sqlite3_errmsg(t->db));
  }
  t->as_statement = false;
  sqlite3_finalize(s);
  return rc;
}

/* A journal covers one file: with a queue in another one, a command that fails leaves the
 * batches that it has written, of which each is whole. */
static int needs_journal(index_table *t, const command *c, bool *needs) {
  bool beside = true;
  int rc = c->takes ? queue_is_beside(t, &beside) : SQLITE_OK;
  *needs = c->changes && beside && !sqlite3_get_autocommit(t->db);
  return rc;
}

int command_run(const update *u, const command *c) {
  bool needs;
  int rc = needs_journal(u->table, c, &needs);
  if (rc != SQLITE_OK) return rc;
  return needs ? run_as_statement(u) : c->body(u);
}
