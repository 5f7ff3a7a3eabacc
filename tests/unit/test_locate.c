/* Spec of core/api/locate.c: what a path, a hub id and the environment name. Models that
 * are opened by them are in test_model.c. */
#include "check.h"
#include "model_folder.h"

#include "api/locate.h"
#include "base/status.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static biobert_error err;
static bb_location found;

static biobert_status locate(const char *path) {
  bb_location_free(&found);
  err = (biobert_error){0};
  return bb_locate_model(bb_str(path), &found, &err);
}

/* As many bytes of a path as are too many for one. */
static const char *long_path(void) {
  static char path[PATH_MAX + 1];
  memset(path, 'x', PATH_MAX);
  path[0] = '/';
  return path;
}

/* Names -------------------------------------------------------------------------------
 */

static void test_hub_ids(void) {
  static const struct {
    const char *text;
    bool is;
  } rows[] = {
      {"Owner-1_x/Na.me-2_y", true },
      {"a/b",                 true },
      {"a",                   false},
      {"a/b/c",               false},
      {"/a",                  false},
      {"a/",                  false},
      {"a//b",                false},
      {"./b",                 false},
      {"a/.b",                false},
      {"a b/c",               false},
      {"a/b@c",               false},
      {"a/b[c",               false},
      {"a/b{c",               false},
      {"a:b/c",               false},
  };
  check_begin("a hub id is an owner and a name of letters, digits, '.', '_' and '-'");
  setenv("HF_HUB_CACHE", folder_root, 1);
  for (size_t i = 0; i < COUNT(rows); i++) {
    check_context("%s", rows[i].text);
    CHECK_INT(locate(rows[i].text), BIOBERT_IO);
    CHECK_INT(strstr(err.message, "nor a model in the Hugging Face cache") != NULL,
              rows[i].is);
    CHECK(strstr(err.message, rows[i].text) != NULL);
  }
}

/* The cache ---------------------------------------------------------------------------
 */

static void make_folder(const char *name) {
  char path[FOLDER_PATH];
  mkdir(folder_path(path, name), 0700);
}

static void write_revision(const char *revision) {
  char path[FOLDER_PATH];
  file_write(folder_path(path, "hub/models--o--n/refs/main"), revision, strlen(revision));
}

static void test_snapshots(void) {
  static const struct {
    const char *says, *revision;
    bool is;
  } rows[] = {
      {"a revision is a folder",               "abc\n",   true },
      {"the line may end as on Windows",       "abc\r\n", true },
      {"a revision that is not there is none", "abd",     false},
      {"a revision of a folder above is none", "..",      false},
      {"a revision with a slash is none",      "abc/..",  false},
  };
  char hub[FOLDER_PATH];
  make_folder("hub");
  make_folder("hub/models--o--n");
  make_folder("hub/models--o--n/refs");
  make_folder("hub/models--o--n/snapshots");
  make_folder("hub/models--o--n/snapshots/abc");
  setenv("HF_HUB_CACHE", folder_path(hub, "hub"), 1);
  for (size_t i = 0; i < COUNT(rows); i++) {
    check_begin(rows[i].says);
    write_revision(rows[i].revision);
    CHECK_INT(locate("o/n"), rows[i].is ? BIOBERT_OK : BIOBERT_IO);
    if (rows[i].is) CHECK(found.path && strstr(found.path, "/snapshots/abc"));
  }
}

/* What a variable is replaced with is found, or nothing is: no message but the usual. */
static void test_cache_folders(void) {
  char longest[PATH_MAX + 64], name[256];
  const struct {
    const char *says, *value;
    bool is;
  } rows[] = {
      {"a home is ~ alone",                       "~",                  true },
      {"~name is not looked up",                  "~nobody/hub",        false},
      {"a name in braces has its end",            "${THE_HUB",          false},
      {"a variable has a name",                   "${}",                false},
      {"a dollar alone stays",                    "$/hub",              false},
      {"a variable in braces is replaced",        "${THE_HUB}",         true },
      {"a name of capitals, digits and _ is one", "$THE_HUB_2",         true },
      {"a name that is too long is no variable",  name,                 false},
      {"a folder that is too long is not there",  longest,              false},
      {"nor with more behind it",                 "$TOO_LONG/x",        false},
      {"nor in the home",                         "$TOO_LONG$TOO_LONG", false},
  };
  char hub[FOLDER_PATH], home[FOLDER_PATH];
  snprintf(home, sizeof home, "%s", getenv("HOME") ? getenv("HOME") : "");
  write_revision("abc");
  folder_path(hub, "hub");
  setenv("HOME", hub, 1);
  setenv("THE_HUB", hub, 1);
  setenv("THE_HUB_2", hub, 1);
  setenv("TOO_LONG", long_path(), 1);
  snprintf(longest, sizeof longest, "%s", long_path());
  memset(name, 'N', sizeof name);
  name[0] = '$';
  name[sizeof name - 1] = '\0';
  for (size_t i = 0; i < COUNT(rows); i++) {
    check_begin(rows[i].says);
    setenv("HF_HUB_CACHE", rows[i].value, 1);
    CHECK_INT(locate("o/n"), rows[i].is ? BIOBERT_OK : BIOBERT_IO);
  }

  check_begin("a home that is too long for a path is none");
  setenv("HOME", long_path(), 1);
  setenv("HF_HUB_CACHE", "~/x", 1);
  CHECK_INT(locate("o/n"), BIOBERT_IO);

  check_begin("without a home, ~ is a folder of that name");
  unsetenv("HOME");
  CHECK_INT(locate("o/n"), BIOBERT_IO);
  setenv("HOME", home, 1);
}

/* Files -------------------------------------------------------------------------------
 */

static void test_files(void) {
  char path[FOLDER_PATH], real[PATH_MAX];
  if (!realpath(folder_root, real)) exit(2);

  check_begin("a file that begins as GGUF does brings its configuration");
  file_write(folder_path(path, "blob"), "GGUF and more", 13);
  CHECK_INT(locate(path), BIOBERT_OK);
  CHECK(found.weights && !found.directory);

  check_begin("another file has it beside itself");
  file_write(path, "GGU", 3);
  CHECK_INT(locate(path), BIOBERT_OK);
  CHECK_STR(found.directory, real);
  file_write(path, "GGML", 4);
  CHECK_INT(locate(path), BIOBERT_OK);
  CHECK_STR(found.directory, real);

  check_begin("a file named .gguf is one of GGUF");
  file_write(folder_path(path, "m.gguf"), "x", 1);
  CHECK_INT(locate(path), BIOBERT_OK);
  CHECK(!found.directory);

  check_begin("a file without a folder lies in this one");
  CHECK_INT(locate("Makefile"), BIOBERT_OK);
  CHECK(found.directory && realpath(".", real));
  CHECK_STR(found.directory, real);

  check_begin("a folder that is named as an index is no checkpoint");
  make_folder("m.ckpt.index");
  CHECK_INT(locate(folder_path(path, "m.ckpt")), BIOBERT_IO);

  check_begin("a path that is too long is refused");
  CHECK_INT(locate(long_path()), BIOBERT_RANGE);
}

/* The default model -------------------------------------------------------------------
 */

static biobert_status default_of(const char *library, char **path) {
  *path = NULL;
  return biobert_default_model_path(library, path, &err);
}

static void test_default(void) {
  char library[FOLDER_PATH], expected[FOLDER_PATH], *path;
  make_folder("lib");
  make_folder("lib/build");
  make_folder("lib/build/release");
  make_folder("lib/models");
  make_folder("lib/models/default");
  unsetenv("BIOBERT_MODEL");
  setenv("XDG_DATA_HOME", "/nowhere", 1);
  folder_path(expected, "lib/models/default");

  check_begin("the default model is beside the library, or above its build folder");
  CHECK_INT(default_of(folder_path(library, "lib/biobert.so"), &path), BIOBERT_OK);
  CHECK_STR(path, expected);
  biobert_free(path);
  CHECK_INT(default_of(folder_path(library, "lib/build/release/b.so"), &path),
            BIOBERT_OK);
  CHECK_STR(path, expected);
  biobert_free(path);

  check_begin("a library of unknown path has no model beside it");
  CHECK_INT(default_of(NULL, &path), BIOBERT_IO);
  CHECK_INT(default_of(long_path(), &path), BIOBERT_IO);
  CHECK_INT(default_of("/b.so", &path), BIOBERT_IO);

  check_begin("a place that is too long for a path is none");
  setenv("XDG_DATA_HOME", long_path(), 1);
  CHECK_INT(default_of(NULL, &path), BIOBERT_IO);
  setenv("BIOBERT_MODEL", long_path(), 1);
  CHECK_INT(default_of(NULL, &path), BIOBERT_IO);

  check_begin("without a home there is no model in it");
  unsetenv("BIOBERT_MODEL");
  unsetenv("XDG_DATA_HOME");
  unsetenv("HOME");
  CHECK_INT(default_of(NULL, &path), BIOBERT_IO);
  setenv("HOME", long_path(), 1);
  CHECK_INT(default_of(NULL, &path), BIOBERT_IO);
}

int main(void) {
  folder_begin();
  test_hub_ids();
  test_snapshots();
  test_cache_folders();
  test_files();
  test_default();
  bb_location_free(&found);
  return check_report();
}
