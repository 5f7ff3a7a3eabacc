/* test_os.c - the operating system as base/os.h shows it. Nothing here is of one system: the
 * same program runs on each (tests/packaging/test_portable.sh). */
#include "check.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/os.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* With a space, and letters of two and three bytes. */
#define NAME "a fil\u00E9 \u6587"

static char root[BB_PATH_BYTES];

static const char *below(char path[BB_PATH_BYTES], const char *name) {
  const int bytes = snprintf(path, BB_PATH_BYTES, "%s/%s", root, name);
  CHECK(bytes > 0 && bytes < BB_PATH_BYTES);
  return path;
}

static void put(const char *path, const char *text) {
  FILE *file = bb_os_stream(path, "wb");
  if (!CHECK(file != NULL)) return;
  CHECK_INT(fwrite(text, 1, strlen(text), file), strlen(text));
  CHECK_INT(fclose(file), 0);
}

/* Files ------------------------------------------------------------------------------ */

static void test_looking(void) {
  char path[BB_PATH_BYTES];
  bb_os_info info, again;
  check_begin("a file, a folder and nothing are told from each other");
  put(below(path, NAME), "abc");
  CHECK(bb_os_look(path, &info));
  CHECK_INT(info.kind, BB_OS_FILE);
  CHECK_INT(info.size, 3);
  CHECK(info.inode != 0 && info.mtime_ns > 0);
  CHECK(bb_os_look(root, &again));
  CHECK_INT(again.kind, BB_OS_FOLDER);
  CHECK(!bb_os_look(below(path, "none"), &again));
  CHECK_INT(errno, ENOENT);

  check_begin(
      "a file that has another name is the same one, and one with its name is not");
  char other[BB_PATH_BYTES];
  CHECK(bb_os_rename(below(path, NAME), below(other, "renamed")));
  CHECK(bb_os_look(other, &again));
  CHECK_INT(again.inode, info.inode);
  CHECK_INT(again.device, info.device);
  CHECK_INT(again.mtime_ns, info.mtime_ns);
  put(path, "ab");
  CHECK(bb_os_look(path, &again));
  CHECK(again.inode != info.inode);

  check_begin("a file takes the place of another one");
  CHECK(bb_os_rename(path, other));
  CHECK(bb_os_look(other, &info));
  CHECK_INT(info.size, 2);
  CHECK(bb_os_remove(other));
  CHECK(!bb_os_remove(other));
  CHECK_INT(errno, ENOENT);
}

static void test_reading(void) {
  static const char text[] = "line\r\nline\n\x1A end"; /* as it is, no text for anyone */
  char path[BB_PATH_BYTES], bytes[32];
  bb_os_info info;
  check_begin("bytes are written and read as they are");
  int file = bb_os_open_new(below(path, NAME));
  CHECK(file >= 0);
  CHECK_INT(bb_os_write(file, text, sizeof text), sizeof text);
  CHECK(bb_os_sync(file));
  CHECK(bb_os_close(file));
  file = bb_os_open(path);
  CHECK(file >= 0);
  CHECK_INT(bb_os_read_at(file, bytes, sizeof bytes, 0), sizeof text);
  CHECK(memcmp(bytes, text, sizeof text) == 0);

  check_begin("a read begins where it is told, and gives nothing after the end");
  CHECK_INT(bb_os_read_at(file, bytes, 4, 6), 4);
  CHECK(memcmp(bytes, "line", 4) == 0);
  CHECK_INT(bb_os_read_at(file, bytes, 4, 4), 4);
  CHECK_INT(bb_os_read_at(file, bytes, 4, 1000), 0);

  check_begin("a file that is open can be removed, and is read all the same");
  CHECK(bb_os_remove(path));
  CHECK(bb_os_look_open(file, &info));
  CHECK_INT(info.size, sizeof text);
  CHECK_INT(bb_os_read_at(file, bytes, 4, 0), 4);
  CHECK(bb_os_close(file));
  CHECK(!bb_os_look(path, &info)); /* its name may be there until now */

  check_begin("a new file takes no other's place");
  put(path, "x");
  CHECK_INT(bb_os_open_new(path), -1);
  CHECK_INT(errno, EEXIST);
  CHECK(bb_os_remove(path));
}

static void test_paths(void) {
  char path[BB_PATH_BYTES], real[BB_PATH_BYTES], same[BB_PATH_BYTES];
  check_begin("the last separator of a path is found");
  CHECK(!bb_os_last_separator("name"));
  CHECK_STR(bb_os_last_separator("a/b/c"), "/c");
  CHECK(bb_os_is_separator('/') && !bb_os_is_separator('c'));

  check_begin("a path has one absolute form");
  put(below(path, NAME), "x");
  CHECK(bb_os_real_path(path, real));
  CHECK_STR(bb_os_last_separator(real), "/" NAME);
  below(path, "./" NAME);
  CHECK(bb_os_real_path(path, same));
  CHECK_STR(same, real);
  CHECK(!bb_os_real_path(below(path, "none"), same));
  CHECK_INT(errno, ENOENT);
  CHECK(bb_os_remove(real));

  check_begin("a path longer than 260 characters is a path");
  enum { HALF = 200 };
  char deep[BB_PATH_BYTES], name[2 * HALF + 2] = "";
  memset(name, 'd', HALF);
  CHECK(bb_os_make_folder(below(deep, name)));
  memset(name, 'd', sizeof name - 1);
  name[HALF] = '/';
  put(below(path, name), "deep");
  CHECK(bb_os_can_read(path) && bb_os_can_write(path));
  CHECK(bb_os_remove_tree(deep));

  check_begin("the program knows where it lies");
  CHECK(bb_os_program_path(path));
  CHECK(bb_os_can_read(path));
  CHECK(bb_os_library_path(root, real));
  CHECK(bb_os_real_path(real, same));
  CHECK_STR(same, path);
}

/* Folders ---------------------------------------------------------------------------- */

static void test_folders(void) {
  static const char *const paths[] = {"full/one", "full/two", ("full/" NAME)};
  char path[BB_PATH_BYTES], folder[BB_PATH_BYTES];
  bb_os_listing listing;
  bool seen[COUNT(paths)] = {false};
  size_t count = 0;
  check_begin("a folder lists what is in it");
  CHECK(bb_os_make_folder(below(folder, "full")));
  CHECK(!bb_os_make_folder(folder));
  CHECK_INT(errno, EEXIST);
  for (size_t i = 0; i < COUNT(paths); i++) put(below(path, paths[i]), "x");
  CHECK(bb_os_list(&listing, folder));
  for (const char *name; (name = bb_os_next(&listing)); count++)
    for (size_t i = 0; i < COUNT(paths); i++)
      seen[i] |= strcmp(name, paths[i] + strlen("full/")) == 0;
  bb_os_list_end(&listing);
  CHECK_INT(count, COUNT(paths));
  for (size_t i = 0; i < COUNT(paths); i++) CHECK(seen[i]);

  check_begin("a folder that is none, or not there, lists nothing");
  CHECK(!bb_os_list(&listing, path));
  CHECK(!bb_os_list(&listing, below(path, "none")));

  check_begin("a folder is removed with what is in it, and by itself only when empty");
  CHECK(bb_os_make_folder(below(path, "full/inner")));
  put(below(path, "full/inner/file"), "x");
  CHECK(!bb_os_remove_folder(folder));
  CHECK(bb_os_remove_tree(folder));
  CHECK(!bb_os_can_read(folder));
  CHECK(!bb_os_remove_tree(folder));
}

static void test_holding(void) {
  char path[BB_PATH_BYTES], moved[BB_PATH_BYTES];
  bb_os_folder first, second;
  bb_os_info info;
  check_begin("a folder that is locked is in use for everyone else");
  CHECK(bb_os_make_folder(below(path, NAME)));
  CHECK(bb_os_hold_folder(path, BB_OS_NO_LINK, &first));
  CHECK_INT(bb_os_lock_folder(&first), BB_OS_LOCKED);
  CHECK(bb_os_hold_folder(path, BB_OS_FOLLOW, &second));
  CHECK_INT(bb_os_lock_folder(&second), BB_OS_IN_USE);
  bb_os_let_folder_go(&second);

  check_begin("a folder that is held can be filled, synced and renamed");
  CHECK(bb_os_make_inside(&first, "inner"));
  CHECK(bb_os_sync_tree(&first));
  CHECK(bb_os_rename(path, below(moved, "moved")));
  CHECK(bb_os_sync_folder(root));
  CHECK(bb_os_look(below(path, "moved/inner"), &info));

  check_begin("a folder that was let go is free");
  bb_os_let_folder_go(&first);
  bb_os_let_folder_go(&first);
  CHECK(bb_os_hold_folder(moved, BB_OS_NO_LINK, &second));
  CHECK_INT(bb_os_lock_folder(&second), BB_OS_LOCKED);
  bb_os_let_folder_go(&second);
  CHECK(bb_os_remove_tree(moved));
  CHECK(!bb_os_hold_folder(moved, BB_OS_NO_LINK, &second));
}

/* The process -------------------------------------------------------------------------- */

static void test_process(const char *program) {
  char room[BB_PATH_BYTES];
  check_begin("the machine has cores and memory, and a clock that goes on");
  CHECK(bb_os_cores() >= 1);
  CHECK(bb_os_memory() > 0);
  const uint64_t begun = bb_os_clock_ns();
  bb_os_sleep_ms(20);
  CHECK(bb_os_clock_ns() - begun >= 10 * 1000000);

  check_begin("a variable that is not set is none");
  CHECK(!bb_os_environment("BIOBERT_TEST_NOT_SET", room));
  CHECK(bb_os_environment("PATH", room) != NULL);

  check_begin("numbers have a '.' as their point");
  CHECK(bb_os_read_number("2.5,") == 2.5);
  CHECK(isinf(bb_os_read_number("1e999")));

  check_begin("a program gets its arguments as they are, and gives back its exit status");
  const char *const arguments[] = {program, "--answer", "a \"b\" \\", NAME, "", NULL};
  int status = -1;
  CHECK(bb_os_run(arguments, below(room, "out"), &status));
  CHECK_INT(status, 7);
  FILE *out = bb_os_stream(room, "rb");
  char text[64] = "";
  CHECK(out && fread(text, 1, sizeof text - 1, out) > 0);
  CHECK_STR(text, "a \"b\" \\|" NAME "|\n");
  if (out) fclose(out);
  CHECK(bb_os_remove(room));

  check_begin("a program that is not there cannot be started");
  const char *const nothing[] = {"biobert-no-such-program", NULL};
  CHECK(!bb_os_run(nothing, NULL, &status));
  CHECK_INT(errno, ENOENT);
}

/* The child of test_process(). */
static int answer(char **argv) {
  enum { ANSWER = 7 };
  for (; *argv; argv++) printf("%s%s", *argv, argv[1] ? "|" : "\n");
  return ANSWER;
}

int main(int argc, char **argv) {
  bb_os_begin_program(&argc, &argv);
  if (argc > 1 && strcmp(argv[1], "--answer") == 0) return answer(argv + 2);
  if (!bb_os_make_temporary_folder(root)) return 2;
  test_looking();
  test_reading();
  test_paths();
  test_folders();
  test_holding();
  test_process(argv[0]);
  check_begin("nothing is left");
  CHECK(bb_os_remove_folder(root));
  return check_report();
}
