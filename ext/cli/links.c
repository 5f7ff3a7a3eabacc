/* links.c - see links.h. */
#include "cli/links.h"

#include <string.h>

static const char *text_of(sqlite3_stmt *s, int first, column_role role) {
  return (const char *)sqlite3_column_text(s, first + (int)role);
}

/* A DOI may have what a URL may not. */
static void append_url(sqlite3_str *out, const char *text) {
  for (; *text; text++) {
    unsigned char c = (unsigned char)*text;
    bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                 (c >= 'A' && c <= 'Z') || strchr("-._~/:;()", c);
    sqlite3_str_appendf(out, plain ? "%c" : "%%%02X", c);
  }
}

char *paper_link(sqlite3_stmt *s, int first) {
  static const struct {
    column_role role;
    const char *before, *after;
  } places[] = {
      {ROLE_PMID,  "https://pubmed.ncbi.nlm.nih.gov/",       "/"},
      {ROLE_DOI,   "https://doi.org/",                       "" },
      {ROLE_PMCID, "https://pmc.ncbi.nlm.nih.gov/articles/", "/"},
  };
  for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
    const char *value = text_of(s, first, places[i].role);
    if (!value || !*value) continue;
    sqlite3_str *link = sqlite3_str_new(NULL);
    sqlite3_str_appendall(link, places[i].before);
    append_url(link, value);
    sqlite3_str_appendall(link, places[i].after);
    return sqlite3_str_finish(link);
  }
  const char *url = text_of(s, first, ROLE_URL);
  return url && *url ? sqlite3_mprintf("%s", url) : NULL;
}
