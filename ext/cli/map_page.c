/* map_page.c - a map as one HTML file: map/map.html with what its marks stand for.
 *
 * Texts of records are data in it, never markup: they stand in a JSON object in which no <
 * occurs, so none can end it, and map.js shows them as text. */
#include <string.h>

#include "cli/links.h"
#include "cli/map_files.h"

/* JSON that may stand in a script element, and that old readers of JavaScript take too:
 * without <, and without the two line ends that they do not allow in a text. */
static void append_json(sqlite3_str *out, const char *text) {
  sqlite3_str *json = sqlite3_str_new(NULL);
  text_append_json(json, text, strlen(text));
  char *made = sqlite3_str_finish(json);
  for (const char *p = made; p && *p; p++)
    if (*p == '<') {
      sqlite3_str_appendall(out, "\\u003c");
    } else if (strncmp(p, "\xE2\x80\xA8", 3) == 0 || strncmp(p, "\xE2\x80\xA9", 3) == 0) {
      sqlite3_str_appendf(out, "\\u202%d", p[2] == '\xA8' ? 8 : 9);
      p += 2;
    } else {
      sqlite3_str_appendchar(out, 1, *p);
    }
  sqlite3_free(made);
}

static void append_text(sqlite3_str *out, const char *text) {
  if (text && *text)
    append_json(out, text);
  else
    sqlite3_str_appendall(out, "null");
}

/* False: no memory. */
static bool put(FILE *file, sqlite3_str *s) {
  const int bytes = sqlite3_str_length(s);
  const int code = sqlite3_str_errcode(s);
  char *text = sqlite3_str_finish(s);
  if (text) fwrite(text, 1, (size_t)bytes, file);
  sqlite3_free(text);
  return code == SQLITE_OK;
}

/* "aspirin, stroke" as "aspirin","stroke". */
static void append_words(sqlite3_str *out, const char *words) {
  while (*words) {
    const size_t bytes = map_first_words(words, 1);
    char *word = sqlite3_mprintf("%.*s", (int)bytes, words);
    sqlite3_str_appendchar(out, 1, ',');
    append_text(out, word);
    sqlite3_free(word);
    words += bytes;
    words += strspn(words, ", ");
  }
}

/* [[papers, word, word ...] ...] */
static bool write_topics(const map_file *m, FILE *file) {
  map_topics topics;
  bool ok = map_read_topics(m->request, &topics);
  for (size_t i = 0; ok && i < topics.count; i++) {
    sqlite3_str *line = sqlite3_str_new(NULL);
    sqlite3_str_appendf(line, "%s[%lld", i ? ",\n" : "", (long long)topics.items[i].size);
    append_words(line, topics.items[i].words);
    sqlite3_str_appendchar(line, 1, ']');
    ok = put(file, line);
  }
  map_topics_free(&topics);
  return ok;
}

/* [x, y, topic, year, title, link] */
static sqlite3_str *paper_line(sqlite3_stmt *s, bool first) {
  sqlite3_str *line = sqlite3_str_new(NULL);
  char *link = paper_link(s, PAPER_ROLES);
  int year;
  sqlite3_str_appendf(line, "%s[%.5f,%.5f,", first ? "" : ",\n",
                      sqlite3_column_double(s, PAPER_X),
                      sqlite3_column_double(s, PAPER_Y));
  sqlite3_str_appendf(line, "%d,",
                      sqlite3_column_type(s, PAPER_TOPIC) == SQLITE_NULL
                          ? -1
                          : sqlite3_column_int(s, PAPER_TOPIC));
  if (map_year(s, PAPER_ROLES + ROLE_YEAR, &year))
    sqlite3_str_appendf(line, "%d,", year);
  else
    sqlite3_str_appendall(line, "null,");
  append_text(line, (const char *)sqlite3_column_text(s, PAPER_ROLES + ROLE_TITLE));
  sqlite3_str_appendchar(line, 1, ',');
  append_text(line, link);
  sqlite3_str_appendchar(line, 1, ']');
  sqlite3_free(link);
  return line;
}

static bool write_papers(map_file *m, FILE *file) {
  sqlite3_stmt *s = NULL;
  bool ok = map_prepare_papers(m->request, &s);
  while (ok && !ferror(file) && map_step(m->request, s, &ok)) {
    ok = put(file, paper_line(s, m->papers == 0));
    m->papers++;
  }
  sqlite3_finalize(s);
  return ok;
}

/* What a mark of the page stands for. */
static bool write_title(map_file *m, FILE *file) {
  for (const char *p = m->title; *p; p++)
    if (strchr("<>&\"'", *p))
      fprintf(file, "&#%d;", *p);
    else if ((unsigned char)*p >= ' ')
      fputc(*p, file);
  return true;
}

static bool write_data(map_file *m, FILE *file) {
  fputs("{\"topics\":[", file);
  if (!write_topics(m, file)) return false;
  fputs("],\n\"papers\":[", file);
  if (!write_papers(m, file)) return false;
  fputs("]}", file);
  return true;
}

/* Without the last line, which says where its source is: a browser that looks for it would
 * ask for a file that is not there. */
static bool write_chart(map_file *m, FILE *file) {
  (void)m;
  const char *chart = database_sql("third_party/chart.js/chart.umd.min.js");
  const char *last = strstr(chart, "//# sourceMappingURL");
  fwrite(chart, 1, last ? (size_t)(last - chart) : strlen(chart), file);
  return true;
}

static bool write_script(map_file *m, FILE *file) {
  (void)m;
  fputs(database_sql("ext/cli/map/map.js"), file);
  return true;
}

static const struct {
  const char *mark;
  bool (*write)(map_file *m, FILE *file);
} marks[] = {
    {"{{title}}",  write_title },
    {"{{chart}}",  write_chart },
    {"{{data}}",   write_data  },
    {"{{script}}", write_script},
};

enum { MARKS = sizeof marks / sizeof marks[0] };

/* The mark at the beginning of a text, or MARKS. */
static size_t mark_at(const char *text) {
  for (size_t i = 0; i < MARKS; i++)
    if (strncmp(text, marks[i].mark, strlen(marks[i].mark)) == 0) return i;
  return MARKS;
}

bool map_write_page(void *ctx, FILE *file) {
  bool ok = true;
  for (const char *page = database_sql("ext/cli/map/map.html"); ok && *page;) {
    const size_t mark = mark_at(page);
    if (mark == MARKS) {
      fputc(*page++, file);
    } else {
      ok = marks[mark].write(ctx, file);
      page += strlen(marks[mark].mark);
    }
  }
  return ok;
}
