/* default_model.c - see default_model.h. */
#include "cli/default_model.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/terminal.h"

const char *const no_model_advice =
    "there is no model yet: type 'biobert model get' (92 MB), or set BIOBERT_MODEL to "
    "the folder of one";

model_state model_look(database *d) {
  sqlite3_stmt *s;
  if (!database_prepare(d, &s, "SELECT count(*) FROM biobert_models"))
    return MODEL_BROKEN;
  int rc = sqlite3_step(s);
  model_state state = MODEL_BROKEN;
  if (rc == SQLITE_ROW) state = sqlite3_column_int(s, 0) ? MODEL_FOUND : MODEL_ABSENT;
  if (rc != SQLITE_ROW) complain("the model: %s", sqlite3_errmsg(d->db));
  sqlite3_finalize(s);
  return state;
}

/* The folder of the program that runs; false: it is not known. */
static bool program_folder(char out[PATH_MAX]) {
  ssize_t bytes = readlink("/proc/self/exe", out, PATH_MAX - 1);
  if (bytes <= 0) return false;
  out[bytes] = '\0';
  char *slash = strrchr(out, '/');
  if (!slash) return false;
  *slash = '\0';
  return true;
}

char *model_tool_path(bool *checkout) {
  static const char *const below[] = {"../share/biobert/model/get_model.sh",
                                      "../../ext/packaging/model/get_model.sh"};
  char folder[PATH_MAX];
  if (!program_folder(folder)) return NULL;
  for (int i = 0; i < 2; i++) {
    char *path = sqlite3_mprintf("%s/%s", folder, below[i]);
    *checkout = i == 1;
    if (path && access(path, R_OK) == 0) return path;
    sqlite3_free(path);
  }
  return NULL;
}

char *model_default_folder(void) {
  char folder[PATH_MAX];
  bool checkout = false;
  char *tool = model_tool_path(&checkout);
  sqlite3_free(tool);
  if (tool && checkout && program_folder(folder))
    return sqlite3_mprintf("%s/../../models/default", folder);
  const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
  if (data && *data) return sqlite3_mprintf("%s/biobert/default", data);
  if (home && *home) return sqlite3_mprintf("%s/.local/share/biobert/default", home);
  return NULL;
}
