/* os.h - all that is asked of the operating system beside C11's library and pthread.h.
 *
 * The files os_*.c are for one system or one family each; the Makefile takes those of its
 * TARGET_OS. No other file knows which system it runs on.
 *
 * Paths and names are UTF-8. Those that we put together have '/' between their parts, which
 * every system takes; Windows takes '\' too. What fails says why in errno. Nothing here
 * allocates. */
#ifndef BB_OS_H
#define BB_OS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum {
  BB_PATH_BYTES = 4096, /* of a path with its NUL: longer ones are refused */
  BB_NAME_BYTES = 1024, /* of a name in a folder with its NUL */
};

/* Files ------------------------------------------------------------------------------ */

typedef enum bb_os_kind { BB_OS_FILE, BB_OS_FOLDER, BB_OS_OTHER } bb_os_kind;

/* What is said of a file without reading it. Device and inode together are its identity. */
typedef struct bb_os_info {
  bb_os_kind kind; /* OTHER: a device, a pipe, a link */
  uint64_t device, inode, size;
  int64_t mtime_ns;
} bb_os_info;

/* Of what a path leads to; of the path itself, which may be a link; of an open file. */
bool bb_os_look(const char *path, bb_os_info *out);
bool bb_os_look_at_link(const char *path, bb_os_info *out);
bool bb_os_look_open(int file, bb_os_info *out);

/* A file to read (a pipe is opened too, and not waited for), or a new one to write: EEXIST
 * where there is one. -1: neither. No child process has it. End with bb_os_close(). */
int bb_os_open(const char *path);
int bb_os_open_new(const char *path);
bool bb_os_close(int file);

/* How many bytes were read or written, fewer than asked perhaps; -1: none. EINTR: again. */
int64_t bb_os_read_at(int file, void *into, size_t bytes, uint64_t offset);
int64_t bb_os_write(int file, const void *from, size_t bytes);
/* What was written is on the disk. */
bool bb_os_sync(int file);

/* fopen() with a path in UTF-8; no child process has the stream. */
FILE *bb_os_stream(const char *path, const char *mode);

/* Replaces a file of the name `to`. */
bool bb_os_rename(const char *from, const char *to);
bool bb_os_remove(const char *path); /* a file, or a link and not what it leads to */
bool bb_os_can_read(const char *path);
bool bb_os_can_write(const char *path);

/* Paths ------------------------------------------------------------------------------ */

/* The last separator of a path; NULL: it is a name alone. */
const char *bb_os_last_separator(const char *path);
bool bb_os_is_separator(char c);
/* Absolute, and without links; ENOENT and others. out may not be path. */
bool bb_os_real_path(const char *path, char out[BB_PATH_BYTES]);

/* The file of the program that runs. */
bool bb_os_program_path(char out[BB_PATH_BYTES]);
/* The file, program or library, that an address lies in. */
bool bb_os_library_path(const void *address, char out[BB_PATH_BYTES]);

/* A variable of the environment; NULL: not set. room: where it may be put. */
const char *bb_os_environment(const char *name, char room[BB_PATH_BYTES]);
/* The user's own folder, and those in it for data and for what can be made again, which
 * may not be there yet. False: there is none. */
bool bb_os_home_folder(char out[BB_PATH_BYTES]);
bool bb_os_data_folder(char out[BB_PATH_BYTES]);
bool bb_os_cache_folder(char out[BB_PATH_BYTES]);

/* Folders ---------------------------------------------------------------------------- */

bool bb_os_make_folder(const char *path);
bool bb_os_make_private_folder(const char *path); /* other users see nothing of it */
/* A private one of a new name among the temporary files. */
bool bb_os_make_temporary_folder(char out[BB_PATH_BYTES]);
bool bb_os_remove_folder(const char *path); /* an empty one */
/* With what is in it. Links are removed, not followed. False: something is left. */
bool bb_os_remove_tree(const char *path);
/* The names that were made, renamed and removed in it are on the disk. */
bool bb_os_sync_folder(const char *path);

/* The names in a folder but "." and "..", in no order. */
typedef struct bb_os_listing {
  void *of_system;
  char name[BB_NAME_BYTES];
  bool waits; /* the name is the next one */
} bb_os_listing;

bool bb_os_list(bb_os_listing *l, const char *path);
/* The next name, which the next call overwrites; NULL: the end. */
const char *bb_os_next(bb_os_listing *l);
void bb_os_list_end(bb_os_listing *l);

/* A folder that is held open. The path is the caller's, and stays. */
typedef struct bb_os_folder {
  intptr_t of_system; /* -1: none */
  const char *path;
} bb_os_folder;

static const bb_os_folder bb_os_no_folder = {-1, NULL};

typedef enum bb_os_links { BB_OS_FOLLOW, BB_OS_NO_LINK } bb_os_links;
typedef enum bb_os_lock { BB_OS_LOCKED, BB_OS_IN_USE, BB_OS_NO_LOCK } bb_os_lock;

/* NO_LINK: a link is none. */
bool bb_os_hold_folder(const char *path, bb_os_links links, bb_os_folder *out);
/* No other process locks it until it is let go, or this one ends. IN_USE: another has. */
bb_os_lock bb_os_lock_folder(bb_os_folder *folder);
void bb_os_let_folder_go(bb_os_folder *folder); /* none: nothing happens */
/* A folder in it. */
bool bb_os_make_inside(const bb_os_folder *folder, const char *name);
/* The names in it, and in the folders in it, are on the disk. */
bool bb_os_sync_tree(const bb_os_folder *folder);

/* The machine ------------------------------------------------------------------------ */

/* Cores that this process may use, 1 at least; bytes of memory, 0: not known. */
size_t bb_os_cores(void);
uint64_t bb_os_memory(void);
/* Says that a block is large, lasts, and is read through again and again, so that the
 * system may give it large pages: a hint, before it is written. */
void bb_os_want_large_pages(void *block, size_t bytes);

/* Of a clock that never goes back. */
uint64_t bb_os_clock_ns(void);
void bb_os_sleep_ms(unsigned ms);

/* The number at the beginning of a text, its decimal point a '.' whatever the locale. */
double bb_os_read_number(const char *text);

/* The characters that the bytes of an encoding are each by itself; -1: none. False: the
 * system does not know an encoding of this name. */
bool bb_os_byte_codes(const char *name, int codes[256]);

/* Processes -------------------------------------------------------------------------- */

unsigned long bb_os_process_id(void);
/* What is called around a fork(), where there is one. */
void bb_os_at_fork(void (*before)(void), void (*in_parent)(void), void (*in_child)(void));

/* The first thing in main(): arguments as UTF-8, bytes written as they are; a reader that
 * goes away does not end the process. */
void bb_os_begin_program(int *argc, char ***argv);
/* Calls `handler` at the first Ctrl-C or request to end; the second one ends the process. */
void bb_os_catch_interrupts(void (*handler)(int));
/* Runs a program, found as a shell would, until it ends; Ctrl-C is for it alone. output:
 * a file that its standard output makes, or NULL. False: it cannot be started. *status:
 * its exit status; -1: it was killed. */
bool bb_os_run(const char *const *arguments, const char *output, int *status);

/* The library that an address lies in is not unloaded before the process ends. */
void bb_os_stay_loaded(const void *address);

/* "so", "dylib", "dll". */
extern const char bb_os_library_ending[];
/* A library that stays loaded; NULL: bb_os_load_error() says why. */
void *bb_os_load(const char *path);
/* A function of it into *function, a pointer to a function; false: there is none. */
bool bb_os_find_function(void *library, const char *name, void *function);
const char *bb_os_load_error(void);

/* The terminal ----------------------------------------------------------------------- */

bool bb_os_is_terminal(FILE *stream);
/* Whether it is one that understands escape sequences. */
bool bb_os_has_styles(FILE *stream);
/* Of a line on it; 0: not known. */
size_t bb_os_columns(FILE *stream);
/* A key typed on standard input, without waiting for Enter, and not shown; EOF: there is none. */
int bb_os_read_key(void);

#endif
