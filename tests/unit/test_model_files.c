/* Spec of how the files of a model folder are found: something that is in the place of
 * one and cannot be read is an error that names it. Only what is not there is absent. */
#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "check.h"

#include "biobert.h"
#include "model_folder.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define MODELS "tests/golden/models/"

static biobert_error err;

static biobert_status open_model(const char *path) {
  biobert_model *m = NULL;
  memset(&err, 0, sizeof err);
  biobert_status status =
      biobert_model_open((biobert_str){path, strlen(path)}, (biobert_str){0}, &m, &err);
  biobert_model_close(m);
  return status;
}

/* What is in a file's place -------------------------------------------------------- */

/* root is never refused with EACCES, so root tests as another user. */
enum { NOBODY = 65534 };

static bool put_loop(const char *path) {
  return symlink(path, path) == 0;
}

static bool put_folder(const char *path) {
  return mkdir(path, 0755) == 0;
}

static bool put_fifo(const char *path) {
  return mkfifo(path, 0644) == 0;
}

static bool put_locked_file(const char *path) {
  file_write(path, "{}", 2);
  return chmod(path, 0) == 0;
}

/* A link into a folder that may not be entered. */
static bool put_locked_link(const char *path) {
  char folder[FOLDER_PATH], inside[FOLDER_PATH + 8];
  static int made;
  char name[32];
  snprintf(name, sizeof name, "locked%d", made++);
  folder_path(folder, name);
  snprintf(inside, sizeof inside, "%s/f", folder);
  return mkdir(folder, 0) == 0 && symlink(inside, path) == 0;
}

static bool put_socket(const char *path) {
  struct sockaddr_un name = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof name.sun_path) return false;
  memcpy(name.sun_path, path, strlen(path) + 1);
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  bool put = fd >= 0 && bind(fd, (struct sockaddr *)&name, sizeof name) == 0;
  close(fd);
  return put;
}

static bool put_link_to_device(const char *path) {
  return symlink("/dev/zero", path) == 0;
}

static const struct {
  const char *what;
  bool (*put)(const char *path);
} obstacles[] = {
    {"a link to itself",                        put_loop          },
    {"a folder",                                put_folder        },
    {"a FIFO",                                  put_fifo          },
    {"a file without permission",               put_locked_file   },
    {"a link into a folder without permission", put_locked_link   },
    {"a socket",                                put_socket        },
    {"a device",                                put_link_to_device},
};

/* Models and the files of them that are read; those that they have not too. */
static const struct {
  const char *model, *files[16];
} models[] = {
    {"st_mean",
     {"config.json", "modules.json", "tokenizer.json", "tokenizer_config.json",
      "config_sentence_transformers.json", "sentence_bert_config.json",
      "1_Pooling/config.json", "1_Pooling", "model.safetensors"}                       },
    {"st_dense",        {"2_Dense/config.json", "2_Dense/model.safetensors", "2_Dense"}},
    {"cross_encoder",
     {"modules.json", "config_sentence_transformers.json", "sentence_bert_config.json"}},
    {"mlm_cased",
     {"config.json", "vocab.txt", "modules.json", "tokenizer.json",
      "tokenizer_config.json", "added_tokens.json", "special_tokens_map.json",
      "config_sentence_transformers.json", "sentence_bert_config.json",
      "sentence_roberta_config.json", "model.safetensors"}                             },
    {"added",           {"tokenizer.json", "tokenizer_config.json", "modules.json"}    },
    {"sharded",
     {"model.safetensors", "model.safetensors.index.json",
      "model-00001-of-00003.safetensors", "model-00003-of-00003.safetensors"}          },
    {"sharded_bin",
     {"model.safetensors", "model.safetensors.index.json", "pytorch_model.bin",
      "pytorch_model.bin.index.json", "pytorch_model-00002-of-00002.bin"}              },
    {"bin_zip",         {"model.safetensors", "pytorch_model.bin"}                     },
    {"bin_legacy",      {"pytorch_model.bin"}                                          },
    {"form_tensorflow",
     {"config.json", "bert_config.json", "vocab.txt", "model.safetensors",
      "pytorch_model.bin", "model.ckpt-1000000.index",
      "model.ckpt-1000000.data-00000-of-00001"}                                        },
};

/* Puts it there, opens the model, and puts what was there back. */
static void obstruct(const char *folder, const char *file, size_t obstacle) {
  char path[FOLDER_PATH], kept[FOLDER_PATH + 8];
  snprintf(path, sizeof path, "%.200s/%.200s", folder, file);
  snprintf(kept, sizeof kept, "%s.kept", folder);
  bool was_there = rename(path, kept) == 0;
  if (CHECK(obstacles[obstacle].put(path))) {
    bool is_root = geteuid() == 0;
    if (is_root) CHECK_INT(seteuid(NOBODY), 0);
    biobert_status status = open_model(folder);
    if (is_root) CHECK_INT(seteuid(0), 0);
    CHECK_INT(status, BIOBERT_IO);
    if (!CHECK(strstr(err.message, file))) printf("   %s\n", err.message);
  }
  remove(path);
  if (was_there) CHECK_INT(rename(kept, path), 0);
}

static void let_everybody_read(const char *folder) {
  chmod(folder, 0755);
  DIR *entries = opendir(folder);
  if (!entries) exit(2);
  for (struct dirent *e; (e = readdir(entries));) {
    char path[FOLDER_PATH];
    struct stat info;
    snprintf(path, sizeof path, "%.200s/%.200s", folder, e->d_name);
    if (e->d_name[0] == '.' || stat(path, &info) != 0) continue;
    if (S_ISDIR(info.st_mode))
      let_everybody_read(path);
    else
      chmod(path, 0644);
  }
  closedir(entries);
}

static void test_obstacles(void) {
  check_begin("what is in the place of a model's file and is none is an error that names "
              "the file");
  for (size_t i = 0; i < COUNT(models); i++) {
    char folder[FOLDER_PATH], from[FOLDER_PATH];
    snprintf(from, sizeof from, MODELS "%s", models[i].model);
    folder_copy(from, folder_path(folder, models[i].model));
    let_everybody_read(folder);
    check_context("%s", models[i].model);
    if (!CHECK_INT(open_model(folder), BIOBERT_OK)) printf("   %s\n", err.message);
    for (size_t f = 0; f < COUNT(models[i].files) && models[i].files[f]; f++)
      for (size_t o = 0; o < COUNT(obstacles); o++) {
        bool is_folder = !strchr(models[i].files[f], '.');
        if (is_folder && obstacles[o].put == put_folder) continue;
        check_context("%s, %s: %s", models[i].model, models[i].files[f],
                      obstacles[o].what);
        obstruct(folder, models[i].files[f], o);
      }
    check_context("%s again", models[i].model);
    CHECK_INT(open_model(folder), BIOBERT_OK);
  }
}

/* Absence ---------------------------------------------------------------------------- */

static void test_absence(void) {
  char folder[FOLDER_PATH], path[FOLDER_PATH + 64];
  check_begin("an optional file that is a link to nothing is absent");
  folder_copy(MODELS "mlm_cased", folder_path(folder, "absent"));
  static const char *const optional[] = {"modules.json", "tokenizer.json",
                                         "tokenizer_config.json", "added_tokens.json",
                                         "pytorch_model.bin"};
  for (size_t i = 0; i < COUNT(optional); i++) {
    check_context("%s", optional[i]);
    snprintf(path, sizeof path, "%s/%s", folder, optional[i]);
    CHECK_INT(symlink("/nonexistent/file", path), 0);
    CHECK_INT(open_model(folder), BIOBERT_OK);
    remove(path);
    /* Below a file there is nothing either: ENOTDIR. */
    char below[FOLDER_PATH + 16];
    snprintf(below, sizeof below, "%s/config.json/x", folder);
    CHECK_INT(symlink(below, path), 0);
    CHECK_INT(open_model(folder), BIOBERT_OK);
    remove(path);
  }
}

/* Folders and paths ------------------------------------------------------------------ */

static void test_folders(void) {
  char path[FOLDER_PATH], name[FOLDER_PATH + 64];
  check_begin("a model's folder that is a link to itself is said to be one");
  folder_path(path, "loop");
  CHECK(put_loop(path));
  CHECK_INT(open_model(path), BIOBERT_IO);
  CHECK(strstr(err.message, strerror(ELOOP)));
  check_begin("a checkpoint whose index is a link to itself is an error that names it");
  folder_copy(MODELS "form_tensorflow", folder_path(path, "checkpoint"));
  snprintf(name, sizeof name, "%s/model.ckpt-1000000.index", path);
  remove(name);
  CHECK(put_loop(name));
  snprintf(name, sizeof name, "%s/model.ckpt-1000000", path);
  CHECK_INT(open_model(name), BIOBERT_IO);
  if (!CHECK(strstr(err.message, "model.ckpt-1000000.index")))
    printf("   %s\n", err.message);

  check_begin("a folder that cannot be listed is not one without weights");
  folder_copy(MODELS "form_tensorflow", folder_path(path, "unlisted"));
  let_everybody_read(path);
  chmod(path, 0711);
  bool is_root = geteuid() == 0;
  if (is_root) CHECK_INT(seteuid(NOBODY), 0);
  if (!is_root) chmod(path, 0311);
  CHECK_INT(open_model(path), BIOBERT_IO);
  if (!CHECK(strstr(err.message, strerror(EACCES)))) printf("   %s\n", err.message);
  if (is_root) CHECK_INT(seteuid(0), 0);
  chmod(path, 0755);
}

static void test_cache(void) {
  char cache[FOLDER_PATH], path[FOLDER_PATH + 64];
  check_begin("a model of the cache whose branch cannot be read is not called absent");
  folder_path(cache, "hub");
  mkdir(cache, 0755);
  setenv("HF_HUB_CACHE", cache, 1);
  CHECK_INT(open_model("owner/name"), BIOBERT_IO);
  CHECK(strstr(err.message, "neither a folder here nor a model"));
  snprintf(path, sizeof path, "%s/models--owner--name", cache);
  mkdir(path, 0755);
  snprintf(path, sizeof path, "%s/models--owner--name/refs", cache);
  mkdir(path, 0755);
  snprintf(path, sizeof path, "%s/models--owner--name/refs/main", cache);
  for (size_t o = 0; o < 3; o++) {
    check_context("%s", obstacles[o].what);
    CHECK(obstacles[o].put(path));
    CHECK_INT(open_model("owner/name"), BIOBERT_IO);
    if (!CHECK(strstr(err.message, "refs/main"))) printf("   %s\n", err.message);
    remove(path);
  }
  unsetenv("HF_HUB_CACHE");
}

int main(void) {
  folder_begin();
  chmod(folder_root, 0755);
  test_obstacles();
  test_absence();
  test_folders();
  test_cache();
  return check_report();
}
