/* export_vectors.c - NumPy's .npy and the .fvecs of the vector libraries. Both hold
 * numbers alone: the ids are written beside them. */
#include <string.h>

#include "cli/export.h"
#include "base/os.h"
#include "cli/terminal.h"

/* Numbers are little-endian in both formats, as they are in a vector. */
static void put_u32(unsigned char out[4], uint32_t value) {
  for (int i = 0; i < 4; i++) out[i] = (unsigned char)(value >> (8 * i));
}

static void put_u64(unsigned char out[8], uint64_t value) {
  for (int i = 0; i < 8; i++) out[i] = (unsigned char)(value >> (8 * i));
}

/* "v.npy" has its ids in "v.ids.npy", "v.fvecs" in "v.ids.txt". */
static FILE *open_ids(export_job *j, const char *ending, char **path) {
  if (!j->path) {
    complain("vectors go to a file, and their ids to one beside it: -o FILE");
    return NULL;
  }
  size_t bytes = strlen(j->path);
  const char *dot = strrchr(j->path, '.');
  if (dot && !bb_os_last_separator(dot)) bytes = (size_t)(dot - j->path);
  *path = sqlite3_mprintf("%.*s.ids.%s", (int)bytes, j->path, ending);
  FILE *ids = *path ? bb_os_stream(*path, "wb") : NULL;
  if (!ids && *path) complain("%s cannot be written", *path);
  return ids;
}

static bool close_ids(FILE *ids, char *path, bool ok) {
  if (fclose(ids) != 0 && ok) {
    complain("%s cannot be written", path);
    ok = false;
  }
  if (ok) remark(false, "the ids of the vectors are in %s", path);
  sqlite3_free(path);
  return ok;
}

/* The dimension, from the first vector; all have the same in an index. */
static int64_t dimension_of(export_job *j) {
  return database_integer(
      j->d, 0, "SELECT coalesce(dimension, 0) FROM biobert_status(%Q)", j->index);
}

/* NumPy ------------------------------------------------------------------------------ */

/* Version 1.0 of the format: the header is padded so that the numbers begin at a multiple
 * of 64. */
static void write_npy_header(FILE *file, const char *type, int64_t rows,
                             int64_t columns) {
  enum { HEADER = 128, PREFIX = 10 };
  char header[HEADER + 1], shape[64];
  if (columns)
    sqlite3_snprintf(sizeof shape, shape, "(%lld, %lld)", rows, columns);
  else
    sqlite3_snprintf(sizeof shape, shape, "(%lld,)", rows);
  char *text = sqlite3_mprintf("{'descr': '%s', 'fortran_order': False, 'shape': %s, }",
                               type, shape);
  sqlite3_snprintf(sizeof header, header, "%-*s\n", HEADER - PREFIX - 1,
                   text ? text : "");
  sqlite3_free(text);
  fwrite("\x93NUMPY\x01\x00", 1, 8, file);
  unsigned char length[4];
  put_u32(length, HEADER - PREFIX);
  fwrite(length, 1, 2, file);
  fwrite(header, 1, HEADER - PREFIX, file);
}

static bool write_npy(export_job *j, FILE *ids, int64_t rows, int64_t dimension) {
  sqlite3_stmt *s;
  bool ok = export_prepare_vectors(j, &s, "rowid, vector");
  write_npy_header(j->file, "<f4", rows, dimension);
  write_npy_header(ids, "<i8", rows, 0);
  while (ok && export_step(j, s, &ok)) {
    unsigned char id[8];
    put_u64(id, (uint64_t)sqlite3_column_int64(s, 0));
    fwrite(id, 1, sizeof id, ids);
    fwrite(sqlite3_column_blob(s, 1), 1, (size_t)sqlite3_column_bytes(s, 1), j->file);
    j->count++;
  }
  sqlite3_finalize(s);
  return ok;
}

/* The number of rows is in front: they are counted first, in one transaction. */
bool export_npy(export_job *j) {
  sqlite3_stmt *s;
  char *path = NULL;
  bool ok;
  if (!export_prepare_vectors(j, &s, "count(*)")) return false;
  FILE *ids = open_ids(j, "npy", &path);
  ok = ids && sqlite3_exec(j->d->db, "BEGIN", NULL, NULL, NULL) == SQLITE_OK;
  int64_t rows = ok && export_step(j, s, &ok) ? sqlite3_column_int64(s, 0) : 0;
  sqlite3_finalize(s);
  ok = ok && write_npy(j, ids, rows, dimension_of(j));
  sqlite3_exec(j->d->db, "COMMIT", NULL, NULL, NULL);
  return ids ? close_ids(ids, path, ok) : false;
}

/* fvecs ------------------------------------------------------------------------------ */

/* Each vector: its dimension, then its numbers (http://corpus-texmex.irisa.fr). */
bool export_fvecs(export_job *j) {
  sqlite3_stmt *s;
  char *path = NULL;
  if (!export_prepare_vectors(j, &s, "rowid, vector")) return false;
  FILE *ids = open_ids(j, "txt", &path);
  bool ok = ids != NULL;
  while (ok && export_step(j, s, &ok)) {
    unsigned char dimension[4];
    int bytes = sqlite3_column_bytes(s, 1);
    put_u32(dimension, (uint32_t)bytes / 4);
    fwrite(dimension, 1, sizeof dimension, j->file);
    fwrite(sqlite3_column_blob(s, 1), 1, (size_t)bytes, j->file);
    fprintf(ids, "%lld\n", (long long)sqlite3_column_int64(s, 0));
    j->count++;
  }
  sqlite3_finalize(s);
  return ids ? close_ids(ids, path, ok) : false;
}
