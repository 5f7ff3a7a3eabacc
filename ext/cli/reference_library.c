/* reference_library.c - see reference_library.h.
 *
 * The programs lock their file while they run, and part of it may be in the -wal file
 * beside it. So both are copied; a copy during which the original has changed is made
 * again. */
#include "cli/reference_library.h"

#include <errno.h>
#include <string.h>

#include "base/os.h"
#include "cli/child.h"
#include "cli/export.h"
#include "cli/terminal.h"

const reference_library reference_libraries[] = {
    {"zotero",   "zotero.sqlite", "items",  "sql/schema/zotero.sql",
     "SELECT item AS id, title, abstract, year, journal, doi, authors, tags AS keywords, "
     "type FROM temp.zotero_papers"                                        },
    {"calibre",  "metadata.db",   "books",  "sql/schema/calibre.sql",
     "SELECT book AS id, title, comments AS abstract, year, doi, isbn, authors, "
     "publisher, "
     "replace(tags, ', ', '; ') AS keywords, languages AS language FROM "
     "temp.calibre_books"                                                  },
    {"jabref",   "jabref.db",     "ENTRY",  "sql/schema/jabref.sql",
     "SELECT entry AS id, title, abstract, year, journal, doi, authors, "
     "replace(keywords, "
     "', ', '; ') AS keywords FROM temp.jabref_papers"                     },
    {"asreview", "results.db",    "record", "sql/schema/asreview.sql",
     "SELECT record AS id, title, abstract, year, doi, authors, keywords FROM "
     "temp.asreview_papers"                                                },
    {NULL,       NULL,            NULL,     NULL,                      NULL},
};

/* Copies ----------------------------------------------------------------------------- */

static bool copy_bytes(FILE *from, FILE *to) {
  char block[1 << 16];
  size_t bytes;
  while ((bytes = fread(block, 1, sizeof block, from)) > 0)
    if (fwrite(block, 1, bytes, to) != bytes) return false;
  return !ferror(from);
}

/* False, and errno: it was not copied. */
static bool copy_file(const char *from, const char *to) {
  FILE *in = bb_os_stream(from, "rb"), *out = in ? bb_os_stream(to, "wb") : NULL;
  bool ok = in && out && copy_bytes(in, out);
  int why = errno;
  if (out && fclose(out) != 0) ok = false;
  if (in) fclose(in);
  errno = why;
  return ok;
}

/* What tells a file that was written from one that was not. */
typedef struct stamp {
  int64_t time_ns, bytes; /* -1: it is not there */
} stamp;

static stamp stamp_of(const char *path) {
  bb_os_info is;
  if (!bb_os_look(path, &is)) return (stamp){.bytes = -1};
  return (stamp){is.mtime_ns, (int64_t)is.size};
}

static bool same_stamp(stamp a, stamp b) {
  return a.bytes == b.bytes && a.time_ns == b.time_ns;
}

/* The database and what SQLite has beside it. */
static const char *const endings[] = {"", "-wal", "-journal"};
enum { ENDINGS = sizeof endings / sizeof endings[0], TRIES = 5 };

/* One try. *changed: the original was written meanwhile. */
static bool copy_once(const char *from, const char *to, bool *changed) {
  char *in[ENDINGS], *out[ENDINGS];
  stamp before[ENDINGS];
  bool ok = true;
  *changed = false;
  for (int i = 0; i < ENDINGS; i++) {
    in[i] = sqlite3_mprintf("%s%s", from, endings[i]);
    out[i] = sqlite3_mprintf("%s%s", to, endings[i]);
    before[i] = in[i] ? stamp_of(in[i]) : (stamp){.bytes = -1};
    if (out[i] && i > 0) bb_os_remove(out[i]);
    ok = ok && in[i] && out[i];
    if (ok && (i == 0 || before[i].bytes > 0)) ok = copy_file(in[i], out[i]);
  }
  int why = errno;
  for (int i = 0; i < ENDINGS; i++) {
    *changed = *changed || (in[i] && !same_stamp(before[i], stamp_of(in[i])));
    sqlite3_free(in[i]);
    sqlite3_free(out[i]);
  }
  errno = why;
  return ok;
}

static bool copy_database(const char *from, const char *to) {
  bool changed = true;
  for (int i = 0; i < TRIES && changed; i++) {
    if (i > 0) sqlite3_sleep(200);
    if (copy_once(from, to, &changed) || changed) continue;
    complain("%s: %s", from, strerror(errno));
    return false;
  }
  if (changed)
    complain("%s is being written all the time: close the program that does, "
             "and type the same command again",
             from);
  return !changed;
}

/* Kinds of files --------------------------------------------------------------------- */

static bool begins_with(const char *path, const char *mark, size_t bytes) {
  char start[16] = "";
  FILE *file = bb_os_stream(path, "rb");
  bool same =
      file && fread(start, 1, bytes, file) == bytes && memcmp(start, mark, bytes) == 0;
  if (file) fclose(file);
  return same;
}

/* A project of ASReview is a zip file. */
static bool unzip(const char *path, const char *file, const char *to) {
  char *pattern = sqlite3_mprintf("*%s", file);
  const char *const arguments[] = {"unzip", "-p", path, pattern, NULL};
  int status = pattern ? child_run(arguments, to) : -1;
  sqlite3_free(pattern);
  if (status > 0) complain("%s: there is no %s in it", path, file);
  return status == 0;
}

/* Reading ---------------------------------------------------------------------------- */

static bool write_records(database *d, const char *path) {
  export_job j = {
      .d = d,
      .papers = {.name = sqlite3_mprintf("library_papers"),
                 .key = sqlite3_mprintf("id")}
  };
  j.file = j.papers.name && j.papers.key ? bb_os_stream(path, "wb") : NULL;
  bool ok = j.file && export_medline(&j);
  if (j.file && fclose(j.file) != 0) ok = false;
  if (!j.file) complain("%s: %s", path, strerror(errno));
  paper_table_free(&j.papers);
  return ok;
}

/* False, and said: it is a database of something else. */
static bool is_of_program(database *d, const reference_library *l, const char *file) {
  if (database_integer(d, 0,
                       "SELECT count(*) FROM \"%w\".sqlite_schema WHERE name = %Q "
                       "COLLATE NOCASE",
                       l->option, l->table))
    return true;
  complain("%s is a database, but no library of %s: it has no table '%s'", file,
           l->option, l->table);
  return false;
}

/* `file`: what people know it as. */
static bool read_database(cli *c, const reference_library *l, const reference_copy *copy,
                          const char *file) {
  database d;
  if (!database_open_memory(&d, c)) return false;
  d.path = file;
  bool ok = database_run(&d, "ATTACH %Q AS \"%w\"", copy->path, l->option) &&
            is_of_program(&d, l, file) &&
            database_run_text(&d, database_sql(l->sql), NULL) &&
            database_run(&d, "CREATE TEMP VIEW library_papers AS %s", l->papers) &&
            write_records(&d, copy->records);
  database_close(&d);
  return ok;
}

static char *make_folder(void) {
  char folder[BB_PATH_BYTES];
  if (bb_os_make_temporary_folder(folder)) return sqlite3_mprintf("%s", folder);
  complain("a folder for the copy cannot be made: %s; TMPDIR says where",
           strerror(errno));
  return NULL;
}

/* A shell leaves the ~ of --zotero=~/Zotero as it is. */
static char *expand_home(const char *path) {
  char home[BB_PATH_BYTES];
  if (strncmp(path, "~/", 2) == 0 && bb_os_home_folder(home))
    return sqlite3_mprintf("%s%s", home, path + 1);
  return sqlite3_mprintf("%s", path);
}

/* PATH, or the program's file in it. */
static char *find_file(const reference_library *l, const char *named) {
  bb_os_info is;
  char *path = expand_home(named), *file = path;
  bool folder = path && bb_os_look(path, &is) && is.kind == BB_OS_FOLDER;
  if (folder) file = sqlite3_mprintf("%z/%s", path, l->file);
  if (file && bb_os_can_read(file)) return file;
  complain("%s: %s%s%s", file, strerror(errno), folder ? ": it is no folder of " : "",
           folder ? l->option : "");
  sqlite3_free(file);
  return NULL;
}

static bool read_copy(cli *c, const reference_library *l, reference_copy *out,
                      const char *file) {
  out->folder = make_folder();
  out->path = out->folder ? sqlite3_mprintf("%s/%s", out->folder, l->file) : NULL;
  out->records = out->folder ? sqlite3_mprintf("%s/records.nbib", out->folder) : NULL;
  if (!out->path || !out->records) return false;
  bool copied = begins_with(file, "PK\x03\x04", 4) ? unzip(file, l->file, out->path)
                                                   : copy_database(file, out->path);
  return copied && read_database(c, l, out, file);
}

bool reference_library_open(cli *c, const reference_library *l, const char *path,
                            reference_copy *out) {
  *out = (reference_copy){0};
  char *file = find_file(l, path);
  if (!file) return false;
  bool ok;
  if (begins_with(file, "SQLite format 3", 16) || begins_with(file, "PK\x03\x04", 4))
    ok = read_copy(c, l, out, file);
  else /* a .bib file of JabRef's, for example */
    ok = (out->records = sqlite3_mprintf("%s", file)) != NULL;
  sqlite3_free(file);
  return ok;
}

void reference_library_close(reference_copy *copy) {
  if (copy->folder) bb_os_remove_tree(copy->folder);
  sqlite3_free(copy->folder);
  sqlite3_free(copy->records);
  sqlite3_free(copy->path);
  *copy = (reference_copy){0};
}
