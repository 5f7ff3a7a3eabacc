/* Spec of core/api/locate.c by what opens: the cache of the Hugging Face hub, and the
 * default model. */
#include "opened_model.h"

/* The hub's cache -------------------------------------------------------------------- */

/* hub/models--test--mini with one snapshot; returns the snapshot's path. */
static const char *make_hub(const char *hub) {
  static char snapshot[FOLDER_PATH];
  char path[FOLDER_PATH];
  join(path, hub, "models--test--mini/refs");
  make_folders(path);
  join(path, hub, "models--test--mini/refs/main");
  file_write(path, "0123abcd\n", 9);
  join(path, hub, "models--test--mini/snapshots");
  make_folders(path);
  join(snapshot, hub, "models--test--mini/snapshots/0123abcd");
  folder_copy(GOLDEN "st_mean", snapshot);
  return snapshot;
}

static void test_hub(void) {
  char home[FOLDER_PATH], hub[FOLDER_PATH], cache[FOLDER_PATH];
  check_begin("a hub id is found in the cache below HF_HOME");
  unsetenv("HF_HUB_CACHE");
  setenv("HF_HOME", folder_path(home, "hf_home"), 1);
  join(hub, home, "hub");
  const char *snapshot = make_hub(hub);
  biobert_model *model = open_model("test/mini", "");
  if (CHECK(model != NULL)) CHECK_STR(biobert_model_get_info(model)->path, snapshot);
  biobert_model_close(model);

  check_begin("a hub id that is not in the cache is refused by its name");
  CHECK(open_model("test/other", "") == NULL);
  CHECK_INT(err.status, BIOBERT_IO);
  expect_message("test/other");

  check_begin("a revision that leads out of the cache is not followed");
  char refs[FOLDER_PATH];
  join(refs, hub, "models--test--mini/refs/main");
  file_write(refs, "../../..", 8);
  CHECK(open_model("test/mini", "") == NULL);

  check_begin("HF_HUB_CACHE goes before HF_HOME");
  setenv("HF_HUB_CACHE", folder_path(cache, "hub_cache"), 1);
  snapshot = make_hub(cache);
  model = open_model("test/mini", "");
  if (CHECK(model != NULL)) CHECK_STR(biobert_model_get_info(model)->path, snapshot);
  biobert_model_close(model);

  /* make_hub() made what is below both folders; each variable names it in another way. */
  static const struct {
    const char *says, *name, *value;
  } spellings[] = {
      {"the older name of the variable is known", "HUGGINGFACE_HUB_CACHE", "%s"                     },
      {"a ~ is the home",                         "HUGGINGFACE_HUB_CACHE", "~/hub_cache"            },
      {"$HOME is put in",                         "HF_HUB_CACHE",          "$HOME/hub_cache"        },
      {"so is ${HOME}",                           "HF_HUB_CACHE",          "${HOME}/hub_cache"      },
      {"a variable inside a path too",            "HF_HUB_CACHE",          "$HOME/${HUB_PART}_cache"},
      {"also in HF_HOME",                         "HF_HOME",               "~/old_home"             },
  };
  char old_home[FOLDER_PATH], own[FOLDER_PATH], value[FOLDER_PATH];
  const char *kept = getenv("HOME");
  snprintf(own, sizeof own, "%s", kept ? kept : "");
  folder_path(old_home, "old_home");
  setenv("HOME", folder_root, 1);
  setenv("HUB_PART", "hub", 1);
  join(hub, old_home, "hub");
  const char *in_home = make_hub(hub);
  char below_home[FOLDER_PATH], below_cache[FOLDER_PATH];
  snprintf(below_home, sizeof below_home, "%s", in_home);
  join(below_cache, cache, "models--test--mini/snapshots/0123abcd");
  for (size_t i = 0; i < COUNT(spellings); i++) {
    check_begin(spellings[i].says);
    unsetenv("HF_HUB_CACHE");
    unsetenv("HUGGINGFACE_HUB_CACHE");
    unsetenv("HF_HOME");
    if (spellings[i].value[0] == '%')
      snprintf(value, sizeof value, "%s", cache);
    else
      snprintf(value, sizeof value, "%s", spellings[i].value);
    setenv(spellings[i].name, value, 1);
    model = open_model("test/mini", "");
    bool is_home = strcmp(spellings[i].name, "HF_HOME") == 0;
    if (CHECK(model != NULL))
      CHECK_STR(biobert_model_get_info(model)->path, is_home ? below_home : below_cache);
    biobert_model_close(model);
  }

  check_begin("HF_HUB_CACHE goes before its older name");
  unsetenv("HF_HOME");
  setenv("HF_HUB_CACHE", cache, 1);
  setenv("HUGGINGFACE_HUB_CACHE", "/nowhere", 1);
  model = open_model("test/mini", "");
  CHECK(model != NULL);
  biobert_model_close(model);

  check_begin("a variable that is not set stays as it is written");
  setenv("HF_HUB_CACHE", "$NOBODY_HAS_SET_THIS/hub", 1);
  CHECK(open_model("test/mini", "") == NULL);
  unsetenv("HUGGINGFACE_HUB_CACHE");
  if (kept)
    setenv("HOME", own, 1);
  else
    unsetenv("HOME");

  check_begin("without both it is found in the user's cache folder");
  unsetenv("HF_HUB_CACHE");
  unsetenv("HF_HOME");
  setenv("XDG_CACHE_HOME", folder_path(cache, "xdg_cache"), 1);
  join(hub, cache, "huggingface/hub");
  snapshot = make_hub(hub);
  model = open_model("test/mini", "");
  if (CHECK(model != NULL)) CHECK_STR(biobert_model_get_info(model)->path, snapshot);
  biobert_model_close(model);
}

/* The default model ------------------------------------------------------------------ */

static void expect_default(const char *library, const char *expected) {
  char *path = NULL;
  err = (biobert_error){0};
  CHECK_INT(biobert_default_model_path(library, &path, &err),
            expected ? BIOBERT_OK : BIOBERT_IO);
  CHECK_STR(path, expected);
  biobert_free(path);
}

static void test_default_path(void) {
  char tree[FOLDER_PATH], library[FOLDER_PATH], beside[FOLDER_PATH], above[FOLDER_PATH];
  char data[FOLDER_PATH], home[FOLDER_PATH], folder[FOLDER_PATH];
  unsetenv("BIOBERT_MODEL");
  unsetenv("XDG_DATA_HOME");
  setenv("HOME", folder_path(home, "home"), 1);
  join(folder, folder_path(tree, "tree"), "build/release");
  make_folders(folder);
  join(library, folder, "biobert.so");
  file_write(library, "", 0);

  check_begin("where there is no model, the message says what to do");
  expect_default(library, NULL);
  expect_message("biobert_load('/path/to/model')");
  expect_message("BIOBERT_MODEL");
  expect_default(NULL, NULL);

  check_begin("the default model is found in the home folder");
  join(data, home, ".local/share/biobert/default");
  make_folders(data);
  expect_default(library, data);
  expect_default(NULL, data);

  check_begin("XDG_DATA_HOME goes before the home folder");
  setenv("XDG_DATA_HOME", folder_path(folder, "data"), 1);
  join(data, folder, "biobert/default");
  make_folders(data);
  expect_default(library, data);

  check_begin("models/default of a checkout goes before the user's folders");
  join(above, tree, "models/default");
  make_folders(above);
  expect_default(library, above);

  check_begin("models/default beside the library goes before that");
  join(beside, tree, "build/release/models/default");
  make_folders(beside);
  expect_default(library, beside);

  check_begin("models/default is looked for behind a link to the library too");
  char link[FOLDER_PATH];
  CHECK_INT(symlink(library, folder_path(link, "biobert_link.so")), 0);
  expect_default(link, beside);

  check_begin("BIOBERT_MODEL goes before everything, and is not looked at");
  setenv("BIOBERT_MODEL", "owner/name", 1);
  expect_default(library, "owner/name");
  setenv("BIOBERT_MODEL", "", 1);
  expect_default(library, beside);
  unsetenv("BIOBERT_MODEL");
}

int main(void) {
  folder_begin();
  test_hub();
  test_default_path();
  return check_report();
}
