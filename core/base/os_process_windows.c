/* os_process_windows.c - processes, libraries, clocks and the environment, by Windows. */
#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>
#include <shellapi.h>

#include "base/os_windows.h"

enum { MAX_COMMAND = 32767 }; /* characters of a command line: the system's limit */

/* Clocks ----------------------------------------------------------------------------- */

uint64_t bb_os_clock_ns(void) {
  static const uint64_t second = 1000000000;
  LARGE_INTEGER ticks, frequency;
  QueryPerformanceCounter(&ticks);
  QueryPerformanceFrequency(&frequency);
  const uint64_t t = (uint64_t)ticks.QuadPart, f = (uint64_t)frequency.QuadPart;
  return t / f * second + t % f * second / f;
}

void bb_os_sleep_ms(unsigned ms) {
  Sleep(ms);
}

/* This process ----------------------------------------------------------------------- */

unsigned long bb_os_process_id(void) {
  return GetCurrentProcessId();
}

/* No process of this system is the copy of another. */
void bb_os_at_fork(void (*before)(void), void (*in_parent)(void),
                   void (*in_child)(void)) {
  (void)before;
  (void)in_parent;
  (void)in_child;
}

/* One that does not fit counts as not set. */
const char *bb_os_environment(const char *name, char room[BB_PATH_BYTES]) {
  wchar_t wide[BB_WIDE_PATH], value[BB_WIDE_PATH];
  if (!MultiByteToWideChar(CP_UTF8, 0, name, -1, wide, BB_WIDE_PATH)) return NULL;
  SetLastError(ERROR_SUCCESS); /* an empty value has no length either */
  const DWORD length = GetEnvironmentVariableW(wide, value, BB_WIDE_PATH);
  if (length >= BB_WIDE_PATH || (length == 0 && GetLastError() != ERROR_SUCCESS))
    return NULL;
  if (length == 0) value[0] = L'\0';
  return bb_windows_narrow(value, room, BB_PATH_BYTES) ? room : NULL;
}

static UINT console_before;

static void give_console_back(void) {
  SetConsoleOutputCP(console_before);
}

/* The arguments live as long as the process; those that C's library has read are kept where
 * there is no memory. */
static void take_arguments(int *argc, char ***argv) {
  int count = 0;
  wchar_t **wide = CommandLineToArgvW(GetCommandLineW(), &count);
  size_t bytes = ((size_t)count + 1) * sizeof(char *);
  for (int i = 0; wide && i < count; i++) bytes += 3 * wcslen(wide[i]) + 1;
  char **list = wide ? LocalAlloc(LMEM_FIXED, bytes) : NULL;
  if (list) {
    char *at = (char *)(list + count + 1), *end = (char *)list + bytes;
    for (int i = 0; i < count; i++) {
      list[i] = at;
      bb_windows_narrow(wide[i], at, (size_t)(end - at));
      at += strlen(at) + 1;
    }
    list[count] = NULL;
    *argc = count;
    *argv = list;
  }
  LocalFree(wide);
}

void bb_os_begin_program(int *argc, char ***argv) {
  enum { OUTPUTS = 2 };
  take_arguments(argc, argv);
  for (int file = 1; file <= OUTPUTS; file++) _setmode(file, _O_BINARY);
  console_before = GetConsoleOutputCP();
  if (console_before && SetConsoleOutputCP(CP_UTF8)) atexit(give_console_back);
}

/* A handler is for one signal: the next one ends the process. */
void bb_os_catch_interrupts(void (*handler)(int)) {
  signal(SIGINT, handler);
  signal(SIGBREAK, handler);
}

/* Others ----------------------------------------------------------------------------- */

typedef struct line {
  wchar_t text[MAX_COMMAND];
  size_t length;
  bool full;
} line;

static void put(line *l, wchar_t c, size_t times) {
  for (size_t i = 0; i < times; i++) {
    l->full |= l->length + 1 == MAX_COMMAND;
    if (!l->full) l->text[l->length++] = c;
  }
  l->text[l->length] = L'\0';
}

/* In quotes, as CommandLineToArgvW() reads it: '\' counts double before a quote. */
static void put_argument(line *l, const wchar_t *text) {
  size_t backslashes = 0;
  if (l->length) put(l, L' ', 1);
  put(l, L'"', 1);
  for (; *text; text++) {
    if (*text == L'"') put(l, L'\\', backslashes + 1);
    backslashes = *text == L'\\' ? backslashes + 1 : 0;
    put(l, *text, 1);
  }
  put(l, L'\\', backslashes);
  put(l, L'"', 1);
}

static bool write_line(line *l, const char *const *arguments) {
  wchar_t wide[BB_WIDE_PATH];
  l->length = 0;
  l->full = false;
  for (; *arguments; arguments++) {
    l->full |= !MultiByteToWideChar(CP_UTF8, 0, *arguments, -1, wide, BB_WIDE_PATH);
    if (!l->full) put_argument(l, wide);
  }
  if (l->full) errno = E2BIG;
  return !l->full;
}

/* INVALID_HANDLE_VALUE, and errno: it cannot be made. */
static HANDLE open_output(const char *path) {
  SECURITY_ATTRIBUTES inherited = {.nLength = sizeof inherited, .bInheritHandle = TRUE};
  wchar_t wide[BB_WIDE_PATH];
  if (!bb_windows_path(path, wide)) return INVALID_HANDLE_VALUE;
  const HANDLE file = CreateFileW(wide, GENERIC_WRITE, FILE_SHARE_READ, &inherited,
                                  CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
  if (file == INVALID_HANDLE_VALUE) bb_windows_failed();
  return file;
}

static bool start(wchar_t *command, HANDLE output, PROCESS_INFORMATION *process) {
  STARTUPINFOW how = {.cb = sizeof how, .dwFlags = STARTF_USESTDHANDLES};
  how.hStdInput = GetStdHandle(STD_INPUT_HANDLE);
  how.hStdOutput = output ? output : GetStdHandle(STD_OUTPUT_HANDLE);
  how.hStdError = GetStdHandle(STD_ERROR_HANDLE);
  return CreateProcessW(NULL, command, NULL, NULL, TRUE, 0, NULL, NULL, &how, process) ||
         bb_windows_failed();
}

/* Ctrl-C comes to all processes of the console, and the child tidies up. */
static int wait_for(PROCESS_INFORMATION *process) {
  DWORD status = 0;
  WaitForSingleObject(process->hProcess, INFINITE);
  GetExitCodeProcess(process->hProcess, &status);
  CloseHandle(process->hThread);
  CloseHandle(process->hProcess);
  return status <= INT16_MAX ? (int)status : -1; /* more are codes of crashes */
}

bool bb_os_run(const char *const *arguments, const char *output, int *status) {
  line command;
  PROCESS_INFORMATION process;
  *status = -1;
  if (!write_line(&command, arguments)) return false;
  const HANDLE file = output ? open_output(output) : NULL;
  if (file == INVALID_HANDLE_VALUE) return false;
  void (*before)(int) = signal(SIGINT, SIG_IGN);
  const bool started = start(command.text, file, &process);
  if (file) CloseHandle(file);
  if (started) *status = wait_for(&process);
  signal(SIGINT, before);
  return started;
}

/* Libraries -------------------------------------------------------------------------- */

static bool module_path(HMODULE module, char out[BB_PATH_BYTES]) {
  wchar_t wide[BB_WIDE_PATH];
  const DWORD length = GetModuleFileNameW(module, wide, BB_WIDE_PATH);
  return length > 0 && length < BB_WIDE_PATH && bb_windows_narrow_path(wide, out);
}

bool bb_os_program_path(char out[BB_PATH_BYTES]) {
  return module_path(NULL, out);
}

bool bb_os_library_path(const void *address, char out[BB_PATH_BYTES]) {
  HMODULE module;
  return GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS |
                                GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
                            address, &module) &&
         module_path(module, out);
}

void bb_os_stay_loaded(const void *address) {
  HMODULE module;
  GetModuleHandleExW(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS |
                         GET_MODULE_HANDLE_EX_FLAG_PIN,
                     address, &module);
}

void *bb_os_load(const char *path) {
  wchar_t wide[BB_WIDE_PATH];
  HMODULE module = bb_windows_path(path, wide) ? LoadLibraryW(wide) : NULL;
  if (!module) bb_windows_failed();
  return module;
}

bool bb_os_find_function(void *library, const char *name, void *function) {
  const FARPROC found = GetProcAddress(library, name);
  memcpy(function, &found, sizeof found);
  return found != NULL;
}

const char *bb_os_load_error(void) {
  return strerror(errno);
}
