/* terminal.c - see terminal.h. */
#include "cli/terminal.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/os.h"

enum { DEFAULT_WIDTH = 80, MIN_WIDTH = 30, MAX_WIDTH = 100 };

/* Seconds between two states of a bar, and between two lines where there is none. */
static const double BAR_SECONDS = 0.1, LINE_SECONDS = 10;

double clock_seconds(void) {
  return (double)bb_os_clock_ns() / 1e9;
}

/* https://no-color.org: set and not empty. */
bool terminal_has_styles(FILE *stream) {
  const char *no_color = getenv("NO_COLOR");
  return !(no_color && *no_color) && bb_os_has_styles(stream);
}

static size_t width_of(FILE *stream) {
  const size_t columns = bb_os_columns(stream);
  if (columns == 0) return DEFAULT_WIDTH;
  if (columns < MIN_WIDTH) return MIN_WIDTH;
  return columns > MAX_WIDTH ? MAX_WIDTH : columns;
}

size_t terminal_width(void) {
  return width_of(stdout);
}

void terminal_append_styled(sqlite3_str *out, const char *text, size_t bytes,
                            bool styles) {
  static const char *const sequences[] = {"", "\x1B[1m", "\x1B[2m", "\x1B[1;36m",
                                          "\x1B[0m"};
  for (size_t i = 0; i < bytes; i++) {
    unsigned char c = (unsigned char)text[i];
    if (c == 0 || c > 4)
      sqlite3_str_appendchar(out, 1, text[i]);
    else if (styles)
      sqlite3_str_appendall(out, sequences[c]);
  }
}

/* Messages --------------------------------------------------------------------------- */

static void write_message(const char *format, va_list args) {
  char *message = sqlite3_vmprintf(format, args);
  sqlite3_str *clean = sqlite3_str_new(NULL);
  if (message) text_append_clean(clean, message, strlen(message));
  char *text = sqlite3_str_finish(clean);
  fprintf(stderr, "biobert: %s\n", text ? text : "out of memory");
  sqlite3_free(text);
  sqlite3_free(message);
}

void complain(const char *format, ...) {
  va_list args;
  va_start(args, format);
  write_message(format, args);
  va_end(args);
}

/* What is not said is put together too: %z frees its text. */
void remark(bool quiet, const char *format, ...) {
  va_list args;
  va_start(args, format);
  if (quiet)
    sqlite3_free(sqlite3_vmprintf(format, args));
  else
    write_message(format, args);
  va_end(args);
}

/* Progress --------------------------------------------------------------------------- */

void progress_begin(progress *p, const char *what, const char *unit, bool quiet) {
  double now = clock_seconds();
  *p = (progress){.what = what, .unit = unit, .quiet = quiet, .begun = now, .spoke = now};
}

/* "2 h 05 min", "3 min 20 s", "12 s". */
static void put_duration(char *out, size_t bytes, double seconds) {
  unsigned long s = (unsigned long)ceil(seconds);
  if (s >= 3600)
    sqlite3_snprintf((int)bytes, out, "%lu h %02lu min", s / 3600, s / 60 % 60);
  else if (s >= 60)
    sqlite3_snprintf((int)bytes, out, "%lu min %02lu s", s / 60, s % 60);
  else
    sqlite3_snprintf((int)bytes, out, "%lu s", s);
}

static void put_bar(char out[23], uint64_t done, uint64_t total) {
  enum { CELLS = 20 };
  size_t full = total ? (size_t)((double)done / (double)total * CELLS) : CELLS;
  if (full > CELLS) full = CELLS;
  out[0] = '[';
  memset(out + 1, '#', full);
  memset(out + 1 + full, '.', CELLS - full);
  out[1 + CELLS] = ']';
  out[2 + CELLS] = '\0';
}

/* Whether it is time to say something again. */
static bool is_time(progress *p, bool bar) {
  double now = clock_seconds();
  if (p->quiet || now - p->spoke < (bar ? BAR_SECONDS : LINE_SECONDS)) return false;
  p->spoke = now;
  p->shown = bar;
  return true;
}

void progress_count(progress *p, uint64_t done) {
  const bool bar = bb_os_is_terminal(stderr);
  if (!is_time(p, bar)) return;
  fprintf(stderr, bar ? "\r%s: %llu %s\x1B[K" : "biobert: %s: %llu %s\n", p->what,
          (unsigned long long)done, p->unit);
  fflush(stderr);
}

/* A line that is wrapped cannot be written over: on a narrow terminal the bar goes first,
 * then the end. */
static void show_bar(const progress *p, const char *cells, const char *line) {
  size_t width = width_of(stderr) - 1, what = strlen(p->what);
  bool fits = what + strlen(cells) + strlen(line) + 2 <= width;
  int left = what + 1 < width ? (int)(width - what - 1) : 0;
  if (fits)
    fprintf(stderr, "\r%s %s %s\x1B[K", p->what, cells, line);
  else
    fprintf(stderr, "\r%s %.*s\x1B[K", p->what, left, line);
}

void progress_show(progress *p, uint64_t done, uint64_t total) {
  const bool bar = bb_os_is_terminal(stderr);
  double elapsed = clock_seconds() - p->begun;
  if (total == 0 || !is_time(p, bar)) return;
  char left[32] = "", rate[48] = "", cells[23], line[160];
  if (done > 0 && elapsed > 0) {
    put_duration(left, sizeof left, elapsed * (double)(total - done) / (double)done);
    sqlite3_snprintf(sizeof rate, rate, ", %.1f a second, %s left",
                     (double)done / elapsed, left);
  }
  put_bar(cells, done, total);
  sqlite3_snprintf(sizeof line, line, "%llu of %llu %s%s", (unsigned long long)done,
                   (unsigned long long)total, p->unit, rate);
  if (bar)
    show_bar(p, cells, line);
  else
    fprintf(stderr, "biobert: %s: %s\n", p->what, line);
  fflush(stderr);
}

void progress_clear(progress *p) {
  if (!p->shown) return;
  fprintf(stderr, "\r\x1B[K");
  fflush(stderr);
  p->shown = false;
}
