/* default_model.c - see default_model.h. */
#include "cli/default_model.h"

#include "base/os.h"
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
static bool program_folder(char out[BB_PATH_BYTES]) {
  if (!bb_os_program_path(out)) return false;
  const char *separator = bb_os_last_separator(out);
  if (!separator) return false;
  out[separator - out] = '\0';
  return true;
}

char *model_tool_path(bool *checkout) {
  static const char *const below[] = {"../share/biobert/model/get_model.sh",
                                      "../../ext/packaging/model/get_model.sh"};
  char folder[BB_PATH_BYTES];
  if (!program_folder(folder)) return NULL;
  for (int i = 0; i < 2; i++) {
    char *path = sqlite3_mprintf("%s/%s", folder, below[i]);
    *checkout = i == 1;
    if (path && bb_os_can_read(path)) return path;
    sqlite3_free(path);
  }
  return NULL;
}

char *model_default_folder(void) {
  char folder[BB_PATH_BYTES];
  bool checkout = false;
  char *tool = model_tool_path(&checkout);
  sqlite3_free(tool);
  if (tool && checkout && program_folder(folder))
    return sqlite3_mprintf("%s/../../models/default", folder);
  return bb_os_data_folder(folder) ? sqlite3_mprintf("%s/biobert/default", folder) : NULL;
}
