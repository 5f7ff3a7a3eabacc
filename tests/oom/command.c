/* command.c - the command biobert, of whose calls of SQLite one after another finds no
 * memory.
 *
 * Each command line is run in a child, on a copy of a library, with 0, 1, 2, ... calls that
 * go well before one in which every allocation of SQLite fails: that call alone, or it and
 * all that follow. The child must say what it says with memory, or end with status 3 and
 * a reason; then the library is sound, and the same command line works.
 *
 * The calls are found by the linker (--wrap): those of the command, and of both extensions
 * in it. Tried are the first from each place in the code, or from one in
 * OOM_COMMAND_PLACES, and one in OOM_COMMAND_STEP (1: all); OOM_ONLY: command lines with this in them. */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "fault.h"
#include "loaded.h"
#include "model_folder.h"
#include "places.h"
#include "step_given.h"

/* The command itself, whose main() has another name here. */
int command_main(int argc, char **argv);
#define main command_main
#include "../../ext/cli/main.c"
#undef main

/* Calls of SQLite -------------------------------------------------------------------- */

/* A function that asks for others is told apart by who has called it. */
enum { MOST_CALLS = 1 << 20, CALLERS = 4 };

/* What a child tells its parent. */
typedef struct noted {
  bool was_reached;
  _Atomic long count;          /* of calls, */
  uint64_t places[MOST_CALLS]; /* and where they come from */
} noted;

static struct {
  fault_kind kind;
  long left; /* calls before the one that finds no memory; -1: none does */
  bool are_noted;
  noted *noted;
} calls = {.left = -1};

static __attribute__((noinline)) void note_call(uint64_t place) {
  const long number = calls.noted->count++;
  if (number >= MOST_CALLS) exit(2);
  calls.noted->places[number] = place;
}

static inline __attribute__((always_inline)) bool call_begins(void) {
  if (calls.are_noted) note_call(place_here(CALLERS));
  if (calls.left < 0 || calls.left-- > 0) return false;
  calls.noted->was_reached = true;
  fault_arm(FAULT_STAYS, 0);
  return true;
}

static void call_ends(bool is_short) {
  if (is_short && calls.kind == FAULT_ONCE) fault_disarm();
}

#define WRAP(type, name, parameters, arguments)                                          \
  type __real_##name parameters;                                                         \
  type __wrap_##name parameters;                                                         \
  type __wrap_##name parameters {                                                        \
    const bool is_short = call_begins();                                                 \
    type answer = __real_##name arguments;                                               \
    call_ends(is_short);                                                                 \
    return answer;                                                                       \
  }
#define WRAP_VOID(name, parameters, arguments)                                           \
  void __real_##name parameters;                                                         \
  void __wrap_##name parameters;                                                         \
  void __wrap_##name parameters {                                                        \
    const bool is_short = call_begins();                                                 \
    __real_##name arguments;                                                             \
    call_ends(is_short);                                                                 \
  }

typedef void destroy(void *);

WRAP(void *, sqlite3_malloc64, (sqlite3_uint64 n), (n))
WRAP(void *, sqlite3_realloc64, (void *p, sqlite3_uint64 n), (p, n))
WRAP(char *, sqlite3_vmprintf, (const char *f, va_list a), (f, a))
WRAP(sqlite3_str *, sqlite3_str_new, (sqlite3 * db), (db))
WRAP(char *, sqlite3_str_finish, (sqlite3_str * s), (s))
WRAP_VOID(sqlite3_str_append, (sqlite3_str * s, const char *t, int n), (s, t, n))
WRAP_VOID(sqlite3_str_appendall, (sqlite3_str * s, const char *t), (s, t))
WRAP_VOID(sqlite3_str_appendchar, (sqlite3_str * s, int n, char c), (s, n, c))
WRAP(int, sqlite3_open_v2, (const char *n, sqlite3 **db, int f, const char *v),
     (n, db, f, v))
WRAP(int, sqlite3_exec,
     (sqlite3 * db, const char *t, int (*f)(void *, int, char **, char **), void *c,
      char **e),
     (db, t, f, c, e))
WRAP(int, sqlite3_prepare_v2,
     (sqlite3 * db, const char *t, int n, sqlite3_stmt **s, const char **r),
     (db, t, n, s, r))
WRAP(int, sqlite3_prepare_v3,
     (sqlite3 * db, const char *t, int n, unsigned f, sqlite3_stmt **s, const char **r),
     (db, t, n, f, s, r))
WRAP(int, sqlite3_step, (sqlite3_stmt * s), (s))
WRAP(int, sqlite3_reset, (sqlite3_stmt * s), (s))
WRAP(int, sqlite3_bind_text, (sqlite3_stmt * s, int i, const char *t, int n, destroy *d),
     (s, i, t, n, d))
WRAP(int, sqlite3_bind_value, (sqlite3_stmt * s, int i, const sqlite3_value *v),
     (s, i, v))
WRAP(const unsigned char *, sqlite3_column_text, (sqlite3_stmt * s, int i), (s, i))
WRAP(const void *, sqlite3_column_blob, (sqlite3_stmt * s, int i), (s, i))
WRAP(const unsigned char *, sqlite3_value_text, (sqlite3_value * v), (v))
WRAP(sqlite3_value *, sqlite3_value_dup, (const sqlite3_value *v), (v))
WRAP(int, sqlite3_declare_vtab, (sqlite3 * db, const char *t), (db, t))
WRAP(char *, sqlite3_expanded_sql, (sqlite3_stmt * s), (s))

char *__wrap_sqlite3_mprintf(const char *format, ...);
char *__wrap_sqlite3_mprintf(const char *format, ...) {
  va_list list;
  va_start(list, format);
  char *text = __wrap_sqlite3_vmprintf(format, list);
  va_end(list);
  return text;
}

/* Running the command ---------------------------------------------------------------- */

enum { MOST_WORDS = 20, DEFAULT_STEP = 199 };

/* A command line: words apart by spaces. Those of `values` are what they stand for. */
typedef struct line {
  const char *text, *setup; /* the library; NULL: none yet */
  const char *sql;          /* then run on it; NULL: nothing */
} line;

static char library_path[FOLDER_PATH], template_path[FOLDER_PATH], file_path[FOLDER_PATH],
    files_path[FOLDER_PATH], out_path[FOLDER_PATH], zotero_path[FOLDER_PATH],
    keys_path[FOLDER_PATH], said_path[FOLDER_PATH], why_path[FOLDER_PATH];

static const struct {
  const char *word, *value;
} values[] = {
    {"LIBRARY",  library_path                                },
    {"FILE",     file_path                                   },
    {"FILES",    files_path                                  },
    {"OUT",      out_path                                    },
    {"ZOTERO",   zotero_path                                 },
    {"ROWS",     "SELECT title, pmid FROM papers"            },
    {"HELD_OUT", "SELECT title || ' again', pmid FROM papers"},
    {"FROZEN",   "{\"freeze\": \"encoder\"}"                 },
};

static const char *value_of(const char *word) {
  for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
    if (strcmp(word, values[i].word) == 0) return values[i].value;
  return word;
}

static void redirect(int fd, const char *path, int how) {
  const int file = open(path, how, 0600);
  if (file < 0 || dup2(file, fd) < 0) exit(2);
  close(file);
}

static void run_in_child(const char *text, fault_kind kind, long point) {
  char words[512], *list[MOST_WORDS + 1] = {"biobert"};
  int count = 1;
  snprintf(words, sizeof words, "%s", text);
  for (char *word = strtok(words, " "); word && count < MOST_WORDS;
       word = strtok(NULL, " "))
    list[count++] = (char *)(uintptr_t)value_of(word);
  sqlite3_shutdown(); /* as the command finds it */
  redirect(STDIN_FILENO, keys_path, O_RDONLY);
  redirect(STDOUT_FILENO, said_path, O_WRONLY | O_CREAT | O_TRUNC);
  redirect(STDERR_FILENO, why_path, O_WRONLY | O_CREAT | O_TRUNC);
  calls.kind = kind;
  calls.left = point;
  const int status = command_main(count, list);
  calls.left = -1;
  fault_disarm();
  fflush(stdout);
  exit(status);
}

/* Its exit status; -1: a signal has ended it. */
static int run_command_line(const char *text, fault_kind kind, long point) {
  int status;
  calls.noted->was_reached = false;
  fflush(stdout);
  const pid_t child = fork();
  if (child == 0) run_in_child(text, kind, point);
  if (child < 0 || waitpid(child, &status, 0) < 0) exit(2);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* The file's text; the caller frees it. */
static char *read_text(const char *path) {
  size_t bytes;
  return file_read(path, &bytes);
}

static void make_library(const char *from) {
  size_t bytes;
  unlink(library_path);
  char *content = from ? file_read(from, &bytes) : NULL;
  if (content) file_write(library_path, content, bytes);
  free(content);
}

static void run_sql(const char *path, const char *sql) {
  sqlite3 *db;
  CHECK_INT(sqlite3_open(path, &db), SQLITE_OK);
  RUN(db, sql);
  sqlite3_close(db);
}

static void make_template(const line *l) {
  char words[256];
  make_library(NULL);
  snprintf(words, sizeof words, "%s", l->setup);
  for (char *rest = words, *text; (text = strsep(&rest, ";"));)
    CHECK_INT(run_command_line(text, FAULT_ONCE, -1), FOUND);
  if (l->sql) run_sql(library_path, l->sql);
  size_t bytes;
  char *content = file_read(library_path, &bytes);
  if (content) file_write(template_path, content, bytes);
  free(content);
}

/* A file, or the folder of a training with its checkpoints beside it. */
static void remove_out(void) {
  char checkpoints[FOLDER_PATH + 32];
  snprintf(checkpoints, sizeof checkpoints, "%s.biobert-training", out_path);
  folder_remove(checkpoints);
  folder_remove(out_path);
}

/* One failure ------------------------------------------------------------------------ */

static void check_library(void) {
  sqlite3 *db;
  if (access(library_path, F_OK) != 0) return; /* the command works on none */
  CHECK_INT(sqlite3_open_v2(library_path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
  sqlite3_stmt *s = NULL;
  CHECK_INT(sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &s, NULL), SQLITE_OK);
  if (CHECK_INT(sqlite3_step(s), SQLITE_ROW))
    CHECK_STR((const char *)sqlite3_column_text(s, 0), "ok");
  sqlite3_finalize(s);
  sqlite3_close(db);
}

static bool fail_at(const line *l, fault_kind kind, long point, const char *expected) {
  make_library(l->setup ? template_path : NULL);
  remove_out();
  const int status = run_command_line(l->text, kind, point);
  const bool was_reached = calls.noted->was_reached;
  char *said = read_text(said_path), *why = read_text(why_path);
  check_context("%s: call %ld fails %s: %d, %.120s", l->text, point, fault_names[kind],
                status, why ? why : "");
  if (status == FOUND)
    CHECK_STR(said, expected);
  else if (CHECK_INT(status, FAILED))
    CHECK(why && *why && !strstr(why, "damaged") && !strstr(why, "malformed"));
  if (status != FOUND) {
    const int again = run_command_line(l->text, kind, -1);
    /* What was decided before is kept: then all papers may have been read. */
    CHECK(again == FOUND || (again == NOTHING_FOUND && strstr(l->text, "screen")));
    check_library();
  }
  free(said);
  free(why);
  return was_reached;
}

static long fail_each(const line *l) {
  const long step = step_given("OOM_COMMAND_STEP", DEFAULT_STEP);
  const long share = step_given("OOM_COMMAND_PLACES", 1);
  static long places; /* of all command lines */
  long points = 0;
  if (l->setup) make_template(l);
  make_library(l->setup ? template_path : NULL);
  remove_out();
  calls.are_noted = true;
  calls.noted->count = 0;
  CHECK_INT(run_command_line(l->text, FAULT_ONCE, -1), FOUND);
  calls.are_noted = false;
  char *expected = read_text(said_path);
  for (long call = 0; call < calls.noted->count; call++) {
    const bool is_new = place_is_new(calls.noted->places[call]) && ++places % share == 0;
    for (int kind = 0; kind < FAULT_KINDS; kind++) {
      if (!is_new && call % step != kind * step / FAULT_KINDS) continue;
      points += fail_at(l, (fault_kind)kind, call, expected);
    }
  }
  free(expected);
  return points;
}

/* All of them ------------------------------------------------------------------------ */

#define IMPORT "import -q LIBRARY FILE"

#define JUDGED                                                                           \
  "CREATE TABLE screening(paper INTEGER NOT NULL UNIQUE, included, decided_at, "         \
  "position INTEGER PRIMARY KEY); INSERT INTO screening VALUES(1, 1, 'x', 1)"

#define TRAIN "train LIBRARY classify OUT --model tests/golden/models/relations --steps 1"

static const line lines[] = {
    {"import LIBRARY FILE",                                                   NULL,   NULL                                        },
    {"import LIBRARY FILE --json",                                            IMPORT, NULL                                        },
    {"import LIBRARY FILES",                                                  NULL,   NULL                                        },
    {"import LIBRARY --zotero ZOTERO",                                        NULL,   NULL                                        },
    {"index LIBRARY --rebuild",                                               IMPORT, NULL                                        },
    {"index LIBRARY -t t --text a,b --id k --json",                           IMPORT,
     "CREATE TABLE t(k INTEGER, a TEXT, b TEXT, year); INSERT INTO t VALUES(1, 'gene', "
     "'cell', 2001); CREATE TABLE t_search(x)"                                                                                    },
    {"search LIBRARY aspirin -n 2 --open",                                    IMPORT, NULL                                        },
    {"search LIBRARY aspirin --json --sql",                                   IMPORT, NULL                                        },
    {"search LIBRARY --like 1 --words aspirin --csv",                         IMPORT, NULL                                        },
    {"search LIBRARY cells --words gene --where year>1900",                   IMPORT, NULL                                        },
    {"similar LIBRARY 11 --where year>1900",                                  IMPORT, NULL                                        },
    {"similar LIBRARY 10.1000/A --index papers_search",                       IMPORT, NULL                                        },
    {"duplicates LIBRARY -t 0.1",                                             IMPORT, NULL                                        },
    {"duplicates LIBRARY --threshold 0.1 --json",                             IMPORT, NULL                                        },
    {"screen LIBRARY --query gene --json -n 2",                               IMPORT, NULL                                        },
    {"screen LIBRARY",                                                        IMPORT, NULL                                        },
    {"screen LIBRARY --json -n 2",                                            IMPORT, JUDGED                                      },
    {"screen LIBRARY --simulate labels",                                      IMPORT,
     "CREATE TABLE labels AS SELECT id, id = 1 FROM papers"                                                                       },
    {"screen LIBRARY --export asreview-csv OUT",                              IMPORT, JUDGED                                      },
    {"screen LIBRARY --export ris OUT",                                       IMPORT, NULL                                        },
    {"topics LIBRARY",                                                        IMPORT, NULL                                        },
    {"topics LIBRARY -k 1 --json",                                            IMPORT, NULL                                        },
    {"map LIBRARY --csv",                                                     IMPORT, NULL                                        },
    {"map LIBRARY --json --where year>1900",                                  IMPORT, NULL                                        },
    {"map LIBRARY -k 1 --html OUT",                                           IMPORT, NULL                                        },
    {"map LIBRARY -k 1 --svg OUT",                                            IMPORT, NULL                                        },
    {"models",                                                                NULL,   NULL                                        },
    {"models --json",                                                         NULL,   NULL                                        },
    {"doctor LIBRARY",                                                        IMPORT, NULL                                        },
    {"doctor LIBRARY --json",                                                 IMPORT, "UPDATE papers SET title = 'x' WHERE id = 1"},
    {"export LIBRARY -f nbib",                                                IMPORT, NULL                                        },
    {"export LIBRARY -f ris --where pmid=11",                                 IMPORT, NULL                                        },
    {"export LIBRARY -f bibtex",                                              IMPORT, NULL                                        },
    {"export LIBRARY -f json",                                                IMPORT, NULL                                        },
    {"serve LIBRARY",                                                         IMPORT, NULL                                        },
    {"manual",                                                                NULL,   NULL                                        },
    {"help search",                                                           NULL,   NULL                                        },
    {"completion bash",                                                       NULL,   NULL                                        },
    {"export LIBRARY -f csv",                                                 IMPORT, NULL                                        },
    {"export LIBRARY -f npy -o OUT --where pmid=11",                          IMPORT, NULL                                        },
    {"export LIBRARY -f fvecs -o OUT",                                        IMPORT, NULL                                        },
    {"export LIBRARY -f parquet -o OUT",                                      IMPORT, NULL                                        },
    {"export LIBRARY -f json -o OUT",                                         IMPORT, NULL                                        },
    {TRAIN " --query ROWS",                                                   IMPORT, NULL                                        },
    {TRAIN " --query ROWS --evaluate HELD_OUT --json --options FROZEN",       IMPORT, NULL                                        },
    {"train LIBRARY mlm OUT --model tests/golden/models/mlm_cased --steps 1", IMPORT,
     NULL                                                                                                                         },
};

static const char records[] =
    "PMID- 11\nTI  - Aspirin after stroke\nAB  - AIM: Aspirin was given. RESULTS: It "
    "helped.\nFAU - Doe, Jane\nJT  - Journal of Trials\nDP  - 2001 May 17\nVI  - 12\nPG  "
    "- "
    "100-9\nOT  - heart\nLID - 10.1000/a [doi]\n\nPMID- 12\nTI  - Gene therapy and the "
    "aspirin\nDP  - 1999\n";

/* The part of the schemas' regression that is a library of Zotero. */
static void make_zotero(void) {
  sqlite3 *db;
  char *all = read_text("sql/regress/library_schemas.sql");
  char *begin = all ? strstr(all, "AS zotero;") : NULL;
  char *end = begin ? strstr(begin, "\n.read") : NULL;
  if (!end) give_up("sql/regress/library_schemas.sql has no library of Zotero");
  *end = '\0';
  char *attach = sqlite3_mprintf("ATTACH %Q AS zotero", zotero_path);
  CHECK_INT(sqlite3_open(":memory:", &db), SQLITE_OK);
  RUN(db, attach);
  RUN(db, strchr(begin, ';') + 1);
  sqlite3_close(db);
  sqlite3_free(attach);
  free(all);
}

/* What the command lines find. */
static void make_files(void) {
  char path[FOLDER_PATH + 16], programs[FOLDER_PATH + 4096];
  static const char program[] = "#!/bin/sh\n", keys[] = "i?eusq";
  file_write(file_path, records, sizeof records - 1);
  file_write(keys_path, keys, sizeof keys - 1);
  if (mkdir(files_path, 0700) != 0) exit(2);
  snprintf(path, sizeof path, "%s/a.nbib", files_path);
  file_write(path, records, sizeof records - 1);
  snprintf(path, sizeof path, "%s/notes.txt", files_path);
  file_write(path, "notes\n", 6);
  snprintf(path, sizeof path, "%s/datasette", folder_root);
  file_write(path, program, sizeof program - 1);
  chmod(path, 0700);
  snprintf(programs, sizeof programs, "%s:%s", folder_root, getenv("PATH"));
  setenv("PATH", programs, 1);
}

int main(void) {
  const char *only = getenv("OOM_ONLY");
  long points = 0;
  setenv("BIOBERT_MODEL", "tests/golden/models/st_mean", 0);
  fault_install();
  if (!mkdtemp(folder_root)) return 2; /* not removed at exit: children exit too */
  folder_path(library_path, "library.db");
  folder_path(template_path, "template.db");
  folder_path(file_path, "records.nbib");
  folder_path(files_path, "files");
  folder_path(keys_path, "keys");
  folder_path(out_path, "out.npy");
  folder_path(said_path, "said");
  folder_path(why_path, "why");
  folder_path(zotero_path, "zotero.sqlite");
  make_files();
  calls.noted = mmap(NULL, sizeof *calls.noted, PROT_READ | PROT_WRITE,
                     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (calls.noted == MAP_FAILED) return 2;
  check_begin("without memory the command says so, and loses nothing");
  make_zotero();
  for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
    if (only && !strstr(lines[i].text, only)) continue;
    const long tried = fail_each(&lines[i]);
    printf("  %5ld points: %s\n", tried, lines[i].text);
    points += tried;
  }
  printf("%ld points, one of %ld calls\n", points,
         step_given("OOM_COMMAND_STEP", DEFAULT_STEP));
  folder_remove_root();
  return check_report();
}
