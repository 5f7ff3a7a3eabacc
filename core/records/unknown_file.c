/* unknown_file.c - people import what their browser has saved: say what it is. */
#include "records/unknown_file.h"

#include <stdio.h>
#include <string.h>

#include "base/status.h"
#include "records/text_buffer.h"

typedef struct known_start {
  const char *bytes, *what;
} known_start;

static const known_start binary[] = {
    {"%PDF-",            "a PDF file"                                                   },
    {"PK\x03\x04",       "a ZIP file: unpack it (an .xlsx or .docx: save as CSV or RIS)"},
    {"SQLite format 3",  "an SQLite database: open or ATTACH it"                        },
    {"\xD0\xCF\x11\xE0", "an old Office file (.xls, .doc?): save as CSV or RIS"         },
    {"{\\rtf",           "an RTF document: save as plain text"                          },
    {"BZh",              "a bzip2 file: unpack it first"                                },
    {"\xFD"
     "7zXZ",        "an xz file: unpack it first"                                  },
    {"\x28\xB5\x2F\xFD", "a zstd file: unpack it first"                                 },
    {"7z\xBC\xAF",       "a 7z archive: unpack it first"                                },
    {"Rar!",             "a RAR archive: unpack it first"                               },
    {"\x1F\x8B",         "a gzip file inside a gzip file: unpack it once"               },
    {"PAR1",             "a Parquet file"                                               },
    {"\x89PNG",          "a PNG picture"                                                },
    {"\xFF\xD8\xFF",     "a JPEG picture"                                               },
    {"\x7F"
     "ELF",         "a program"                                                    },
};

/* Without case, after white space. */
static const known_start texts[] = {
    {"<!doctype html", "an HTML page: use the export of the web site that has made it"},
    {"<html",          "an HTML page: use the export of the web site that has made it"},
    {"<1>",            "Ovid's list of citations: export as RIS"                      },
};

bool bb_is_tar(biobert_str start) {
  enum { MAGIC_AT = 257 }; /* POSIX.1-1988, ustar */
  return start.len > MAGIC_AT && bb_starts_with(bb_from(start, MAGIC_AT), "ustar");
}

/* The name of the first element: after declarations, comments and instructions. */
static biobert_str root_element(biobert_str text) {
  while (text.len) {
    const char *open = memchr(text.data, '<', text.len);
    if (!open) break;
    text = bb_from(text, (size_t)(open - text.data) + 1);
    if (!text.len || text.data[0] == '!' || text.data[0] == '?') continue;
    size_t len = 0;
    while (len < text.len && !bb_is_space(text.data[len]) && text.data[len] != '>' &&
           text.data[len] != '/')
      len++;
    return (biobert_str){text.data, len};
  }
  return (biobert_str){NULL, 0};
}

static biobert_str first_line(biobert_str text) {
  size_t len = 0;
  while (len < text.len && text.data[len] != '\n' && text.data[len] != '\r') len++;
  return (biobert_str){text.data, len};
}

/* Control characters that no text has. */
static bool is_binary(biobert_str start, biobert_str text) {
  if (start.len > 4 * text.len) return true; /* little but NULs */
  for (size_t i = 0; i < text.len; i++) {
    const unsigned char byte = (unsigned char)text.data[i];
    if (byte < 0x20 && !bb_is_space(text.data[i]) && byte != 0x1A && byte != 0x1E)
      return true;
  }
  return false;
}

const char *bb_looks_like(biobert_str start, biobert_str text,
                          char buffer[BB_LOOKS_BYTES]) {
  for (size_t i = 0; i < sizeof binary / sizeof binary[0]; i++)
    if (bb_starts_with(start, binary[i].bytes)) return binary[i].what;
  if (bb_is_tar(start)) return "a tar archive: unpack it first, and give its folder";
  text = bb_trimmed(text);
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
    if (bb_starts_as(text, texts[i].bytes)) return texts[i].what;
  if (is_binary(start, text)) return "no text";
  const biobert_str root =
      bb_starts_with(text, "<") ? root_element(text) : (biobert_str){NULL, 0};
  if (bb_same_word(root, "html")) return texts[0].what;
  char quoted[BB_QUOTE_BYTES];
  if (root.len)
    snprintf(buffer, BB_LOOKS_BYTES, "XML whose first element is <%s>",
             bb_quote(quoted, root));
  else
    snprintf(buffer, BB_LOOKS_BYTES, "a text that begins '%s'",
             bb_quote(quoted, first_line(text)));
  return buffer;
}
