/* fault.c - one countdown for both ways in which memory is taken.
 *
 * SQLite's allocator is replaced through SQLITE_CONFIG_MALLOC. malloc() and realloc() of
 * the C library are this program's own, which every library of the process then calls:
 * they fail for callers that lie in the watched library, and pass everything else on. */
#include "fault.h"

#include <dlfcn.h>
#include <link.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "places.h"

const char *const fault_names[FAULT_KINDS] = {
    [FAULT_ONCE] = "once", [FAULT_STAYS] = "from then on"};

static struct {
  fault_kind kind;
  _Atomic long left; /* how many succeed before the next failure; -1: all */
  _Atomic bool failed;
  uintptr_t start, end; /* of the watched library */
  bool noting;
} fault = {.left = -1};

void fault_arm(fault_kind kind, long allocations) {
  fault.kind = kind;
  fault.failed = false;
  fault.left = allocations;
}

bool fault_disarm(void) {
  fault.left = -1;
  return fault.failed;
}

static fault_places places;

const fault_places *fault_places_begin(void) {
  places.count = 0;
  fault.noting = true;
  return &places;
}

void fault_places_end(void) {
  fault.noting = false;
  if (places.count > FAULT_MOST_PLACES) abort();
}

bool fault_place_is_new(const fault_places *p, long number) {
  return p->at[number] && place_is_new(p->at[number]);
}

/* Worker threads may ask at the same time. */
static void note_place(void) {
  enum { CALLERS = 4 }; /* so many tell one place from another */
  const long number = places.count++;
  if (number < FAULT_MOST_PLACES)
    places.at[number] = place_within(fault.start, fault.end, CALLERS);
}

/* Worker threads may ask at the same time: then which of them fails is theirs to see. */
static bool is_to_fail(void) {
  if (fault.noting) note_place();
  if (fault.left < 0) return false;
  if (fault.left > 0 && atomic_fetch_sub(&fault.left, 1) > 0) return false;
  fault.failed = true;
  fault.left = fault.kind == FAULT_ONCE ? -1 : 0;
  return true;
}

/* SQLite's --------------------------------------------------------------------------- */

static sqlite3_mem_methods methods;

/* Logged, as SQLite's own allocator does. */
static void *fail(int bytes) {
  sqlite3_log(SQLITE_NOMEM, "failed to allocate %u bytes of memory", (unsigned)bytes);
  return NULL;
}

static void *sqlite_malloc(int bytes) {
  return is_to_fail() ? fail(bytes) : methods.xMalloc(bytes);
}

static void *sqlite_realloc(void *block, int bytes) {
  return is_to_fail() ? fail(bytes) : methods.xRealloc(block, bytes);
}

void fault_install(void) {
  sqlite3_config(SQLITE_CONFIG_GETMALLOC, &methods);
  sqlite3_mem_methods faulty = methods;
  faulty.xMalloc = sqlite_malloc;
  faulty.xRealloc = sqlite_realloc;
  sqlite3_config(SQLITE_CONFIG_MALLOC, &faulty);
  /* Small blocks would come from a reserve, and never fail. */
  sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0);
}

/* The C library's -------------------------------------------------------------------- */

/* A sanitizer's, where there is one: its free() would not know other blocks. */
void *__interceptor_malloc(size_t bytes) __attribute__((weak));
void *__interceptor_realloc(void *block, size_t bytes) __attribute__((weak));

typedef void *malloc_fn(size_t);
typedef void *realloc_fn(void *, size_t);

/* A pointer to an object as one to a function: POSIX promises what C does not. */
static void find_next(const char *name, void *function) {
  void *next = dlsym(RTLD_NEXT, name);
  memcpy(function, &next, sizeof next);
}

static bool is_watched(const void *caller) {
  return (uintptr_t)caller - fault.start < fault.end - fault.start;
}

__attribute__((visibility("default"))) void *malloc(size_t bytes) {
  static malloc_fn *next = __interceptor_malloc;
  if (!next) find_next("malloc", &next);
  if (is_watched(__builtin_return_address(0)) && is_to_fail()) return NULL;
  return next(bytes);
}

__attribute__((visibility("default"))) void *realloc(void *block, size_t bytes) {
  static realloc_fn *next = __interceptor_realloc;
  if (!next) find_next("realloc", &next);
  if (is_watched(__builtin_return_address(0)) && is_to_fail()) return NULL;
  return next(block, bytes);
}

static int find_library(struct dl_phdr_info *info, size_t size, void *library) {
  const char *const *name = library;
  (void)size;
  if (strcmp(info->dlpi_name, *name) != 0) return 0;
  fault.start = info->dlpi_addr;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *part = &info->dlpi_phdr[i];
    const uintptr_t end = info->dlpi_addr + part->p_vaddr + part->p_memsz;
    if (part->p_type == PT_LOAD && end > fault.end) fault.end = end;
  }
  return 1;
}

bool fault_watch(const char *library) {
  return dl_iterate_phdr(find_library, &library) == 1;
}
