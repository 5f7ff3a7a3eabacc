/* map_picture.c - a map as an SVG picture: dots by topic, and the topics' names.
 *
 * A topic's dots are one path of lines of length 0 with round ends: ten bytes a paper. */
#include <stdlib.h>
#include <string.h>

#include "cli/map_files.h"

enum {
  SIDE = 1000, /* of the map, in the picture's units */
  MARGIN = 30,
  NAME_WORDS = 3,
  LETTER = 8, /* of a name, bold, on average; of 13 units in height */
  LINE = 18,
};

typedef struct dot {
  int x, y, topic; /* topic -1: none */
} dot;

typedef struct name {
  int x, y, half; /* half of its width */
} name;

typedef struct picture {
  map_topics topics;
  dot *dots;
  size_t count, capacity;
  name *names; /* [topics.count]: those that are shown */
  size_t name_count;
  int *sorted; /* [count]: scratch */
} picture;

/* Okabe and Ito's colours, which nobody confuses; then hues a golden angle apart, as on
 * the page. */
static const char *const first_colours[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                            "#e69f00", "#56b4e9", "#a6761d", "#7570b3"};

static void write_colour(FILE *file, int topic) {
  const int first = (int)(sizeof first_colours / sizeof first_colours[0]);
  if (topic < 0)
    fputs("#8a93a3", file);
  else if (topic < first)
    fputs(first_colours[topic], file);
  else
    fprintf(file, "hsl(%d,%d%%,%d%%)", (int)(topic * 137.508) % 360, topic % 2 ? 55 : 70,
            topic % 3 ? 52 : 42);
}

/* Reading ---------------------------------------------------------------------------- */

static bool add_dot(picture *p, sqlite3_stmt *s) {
  if (p->count == p->capacity) {
    const size_t capacity = p->capacity ? 2 * p->capacity : 256;
    dot *larger = sqlite3_realloc64(p->dots, capacity * sizeof *p->dots);
    if (!larger) return false;
    p->dots = larger;
    p->capacity = capacity;
  }
  const bool has_topic = sqlite3_column_type(s, PAPER_TOPIC) != SQLITE_NULL;
  p->dots[p->count++] = (dot){
      .x = MARGIN + (int)(SIDE * sqlite3_column_double(s, PAPER_X)),
      .y = MARGIN + (int)(SIDE * (1 - sqlite3_column_double(s, PAPER_Y))),
      .topic = has_topic ? sqlite3_column_int(s, PAPER_TOPIC) : -1,
  };
  return true;
}

static bool read_picture(picture *p, const map_request *r) {
  sqlite3_stmt *s = NULL;
  bool ok = map_read_topics(r, &p->topics) && map_prepare_papers(r, &s);
  while (ok && map_step(r, s, &ok)) ok = add_dot(p, s);
  sqlite3_finalize(s);
  if (!ok) return false;
  p->names = sqlite3_malloc64((p->topics.count + 1) * sizeof *p->names);
  p->sorted = sqlite3_malloc64((p->count + 1) * sizeof *p->sorted);
  return p->names && p->sorted;
}

static void free_picture(picture *p) {
  map_topics_free(&p->topics);
  sqlite3_free(p->dots);
  sqlite3_free(p->names);
  sqlite3_free(p->sorted);
}

/* Names ------------------------------------------------------------------------------ */

static int compare_ints(const void *a, const void *b) {
  const int x = *(const int *)a, y = *(const int *)b;
  return (x > y) - (x < y);
}

static int median_of(const picture *p, int topic, bool upright) {
  size_t count = 0;
  for (size_t i = 0; i < p->count; i++)
    if (p->dots[i].topic == topic)
      p->sorted[count++] = upright ? p->dots[i].y : p->dots[i].x;
  qsort(p->sorted, count, sizeof *p->sorted, compare_ints);
  return count ? p->sorted[count / 2] : 0;
}

/* The dot nearest to the middle of its topic's; NULL: there is none. */
static const dot *find_middle(const picture *p, int topic) {
  const int x = median_of(p, topic, false), y = median_of(p, topic, true);
  const dot *best = NULL;
  int64_t least = 0;
  for (const dot *d = p->dots; d < p->dots + p->count; d++) {
    const int64_t dx = d->x - x, dy = d->y - y, square = dx * dx + dy * dy;
    if (d->topic != topic || (best && square >= least)) continue;
    best = d;
    least = square;
  }
  return best;
}

static bool is_free(const picture *p, const name *wanted) {
  for (size_t i = 0; i < p->name_count; i++)
    if (abs(p->names[i].x - wanted->x) < p->names[i].half + wanted->half &&
        abs(p->names[i].y - wanted->y) < LINE)
      return false;
  return true;
}

static size_t letters(const char *text, size_t bytes) {
  size_t count = 0;
  for (size_t i = 0; i < bytes; i++) count += (text[i] & 0xC0) != 0x80;
  return count;
}

static void write_escaped(FILE *file, const char *text, size_t bytes) {
  for (size_t i = 0; i < bytes; i++)
    if (strchr("<>&\"'", text[i]))
      fprintf(file, "&#%d;", text[i]);
    else
      fputc(text[i], file);
}

/* Where two would overlap, the larger topic's is shown. */
static void write_name(picture *p, FILE *file, int topic) {
  const char *words = p->topics.items[topic].words;
  const size_t bytes = map_first_words(words, NAME_WORDS);
  const dot *middle = find_middle(p, topic);
  if (bytes == 0 || !middle) return;
  name wanted = {middle->x, middle->y, (int)letters(words, bytes) * LETTER / 2 + LETTER};
  if (wanted.x < wanted.half) wanted.x = wanted.half;
  const int right = SIDE + 2 * MARGIN - wanted.half;
  if (wanted.x > right) wanted.x = right;
  if (!is_free(p, &wanted)) return;
  p->names[p->name_count++] = wanted;
  fprintf(file, "<text x=\"%d\" y=\"%d\">", wanted.x, wanted.y);
  write_escaped(file, words, bytes);
  fputs("</text>\n", file);
}

/* Dots ------------------------------------------------------------------------------- */

static void write_dots(const picture *p, FILE *file, int topic) {
  bool any = false;
  for (size_t i = 0; i < p->count; i++) {
    if (p->dots[i].topic != topic) continue;
    if (!any) {
      fputs("<path stroke=\"", file);
      write_colour(file, topic);
      fputs("\" d=\"", file);
    }
    any = true;
    fprintf(file, "M%d %dh0", p->dots[i].x, p->dots[i].y);
  }
  if (any) fputs("\"/>\n", file);
}

/* So that they fill a part of the map, however many there are. */
static int dot_size(size_t count) {
  static const struct {
    size_t papers;
    int size;
  } steps[] = {
      {300,   12},
      {1000,  9 },
      {3000,  7 },
      {10000, 5 }
  };
  for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
    if (count <= steps[i].papers) return steps[i].size;
  return 3;
}

/* The part of the height that has dots: a map may be wider than high. */
static void find_height(const picture *p, int *top, int *height) {
  int low = SIDE + MARGIN, high = MARGIN;
  for (size_t i = 0; i < p->count; i++) {
    if (p->dots[i].y < low) low = p->dots[i].y;
    if (p->dots[i].y > high) high = p->dots[i].y;
  }
  *top = low - MARGIN;
  *height = high > low ? high - low + 2 * MARGIN : 2 * MARGIN;
}

static void write_picture(picture *p, FILE *file) {
  const int topics = (int)p->topics.count;
  int top, height;
  find_height(p, &top, &height);
  fprintf(file,
          "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 %d %d %d\">\n"
          "<style>path{fill:none;stroke-width:%d;stroke-linecap:round}"
          "text{font:600 13px system-ui,sans-serif;text-anchor:middle;fill:#1c2330;"
          "stroke:#fff;stroke-width:4px;stroke-linejoin:round;paint-order:stroke}"
          "@media(prefers-color-scheme:dark){text{fill:#e6e9ef;stroke:#12161d}}"
          "</style>\n",
          top, SIDE + 2 * MARGIN, height, dot_size(p->count));
  for (int topic = -1; topic < topics; topic++) write_dots(p, file, topic);
  for (int topic = 0; topic < topics; topic++) write_name(p, file, topic);
  fputs("</svg>\n", file);
}

bool map_write_picture(void *ctx, FILE *file) {
  map_file *m = ctx;
  picture p = {0};
  const bool ok = read_picture(&p, m->request);
  if (ok) write_picture(&p, file);
  m->papers = (int64_t)p.count;
  free_picture(&p);
  return ok;
}
