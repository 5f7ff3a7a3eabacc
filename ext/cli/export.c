/* export.c - what all formats of `biobert export` share; see export.h. */
#include "cli/export.h"

#include "cli/terminal.h"

bool export_prepare(export_job *j, sqlite3_stmt **out, const char *columns) {
  return database_prepare(j->d, out, "SELECT %s FROM \"%w\" WHERE (%s\n) ORDER BY \"%w\"",
                          columns, j->papers.name, j->where ? j->where : "1",
                          j->papers.key);
}

bool export_prepare_vectors(export_job *j, sqlite3_stmt **out, const char *columns) {
  if (!j->index) {
    complain("%s has no index, and so no vectors: type: biobert index %z", j->d->path,
             text_shell_word(j->d->path));
    return false;
  }
  if (!j->where)
    return database_prepare(
        j->d, out, "SELECT %s FROM \"%w\" WHERE vector IS NOT NULL ORDER BY rowid",
        columns, j->index);
  return database_prepare(
      j->d, out,
      "SELECT %s FROM \"%w\" WHERE vector IS NOT NULL AND rowid IN (SELECT \"%w\" FROM "
      "\"%w\" WHERE (%s\n)) ORDER BY rowid",
      columns, j->index, j->papers.key, j->papers.name, j->where);
}

bool export_step(export_job *j, sqlite3_stmt *s, bool *ok) {
  *ok = !ferror(j->file); /* who looks at it in the end says why */
  if (!*ok) return false;
  int rc = database_step(j->d, s);
  *ok = rc == SQLITE_ROW || rc == SQLITE_DONE;
  if (!*ok) database_complain(j->d, rc);
  return rc == SQLITE_ROW;
}

void export_write(export_job *j, sqlite3_str *s) {
  int bytes = sqlite3_str_length(s);
  char *text = sqlite3_str_finish(s);
  if (text) fwrite(text, 1, (size_t)bytes, j->file);
  sqlite3_free(text);
}
