/* Tests of core/records/source.c and what opens files: kinds of files, gzip, encodings,
 * line ends, endless lines. */
#include <fcntl.h>
#include <zlib.h>

#include "base/status.h"
#include "check.h"
#include "model_folder.h"
#include "record_list.h"
#include "records/source.h"

static char path[FOLDER_PATH];

static bb_source *source_of(const void *bytes, size_t count) {
  bb_source *source = NULL;
  biobert_error err = {0};
  file_write(folder_path(path, "file"), bytes, count);
  CHECK_INT(bb_source_open(path, NULL, &source, &err), BIOBERT_OK);
  return source;
}

/* All lines, each with '|' behind it. */
static const char *lines_of(const void *bytes, size_t count) {
  static char all[512];
  bb_source *source = source_of(bytes, count);
  biobert_str line;
  bool more = true;
  size_t len = 0;
  while (source && bb_source_line(source, &line, &more, NULL) == BIOBERT_OK && more)
    len +=
        (size_t)snprintf(all + len, sizeof all - len, "%.*s|", (int)line.len, line.data);
  all[len] = '\0';
  bb_source_close(source);
  return all;
}

static void test_lines(void) {
  static const struct {
    const char *says, *bytes;
    size_t count;
    const char *lines;
  } cases[] = {
#define BYTES(text) text, sizeof text - 1
      {"LF, CR LF and CR end a line, once",         BYTES("a\nb\r\nc\rd\r\r\ne"),    "a|b|c|d||e|"                       },
      {"an end at the end begins no line",          BYTES("a\n"),                    "a|"                                },
      {"an empty file has none",                    BYTES(""),                       ""                                  },
      {"a byte-order mark of UTF-8 is left out",
                                               BYTES("\xEF\xBB\xBF"
             "a"),
                                               "a|"                                                                                                              },
      {"UTF-16, little end first",
                                               BYTES("\xFF\xFE"
             "a\0\xE4\0\n\0\x3D\xD8\x00\xDE"),
                                               "a\xC3\xA4|\xF0\x9F\x98\x80|"                                                                                     },
      {"UTF-16, big end first",                     BYTES("\xFE\xFF\0a\0\r\0\n\0b"), "a|b|"                              },
      {"UTF-16 without its mark",                   BYTES("@\0a\0\n\0b\0"),          "@a|b|"                             },
      {"half a character of UTF-16 is U+FFFD",
                                               BYTES("\xFF\xFE"
             "a\0\x3D\xD8"
             "b\0c"),
                                               "a\xEF\xBF\xBD"
       "b\xEF\xBF\xBD|"                                                                                                                                          },
      {"Windows-1252, beside a line of UTF-8",
                                               BYTES("M\xFCller \x93x\x94\nM\xC3\xBCller"),
                                               "M\xC3\xBCller \xE2\x80\x9Cx\xE2\x80\x9D|M\xC3\xBCller|"                                                          },
      {"a byte of Windows-1252 in a line of UTF-8",
                                               BYTES("\xC3\xA4\xC3\xB6\xC3\xBC \xE9"),                                       "\xC3\xA4\xC3\xB6\xC3\xBC \xC3\xA9|"},
      {"NULs are left out",                         BYTES("a\0b\n\0\n"),             "ab||"                              },
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    check_begin(cases[i].says);
    CHECK_STR(lines_of(cases[i].bytes, cases[i].count), cases[i].lines);
  }
}

/* A character, a CR LF or a line that lies in two windows is what it is in one. */
static void test_windows(void) {
  check_begin("what lies across the window's end is whole");
  enum { LENGTH = BB_SOURCE_START + 16 };
  static char bytes[LENGTH];
  for (size_t shift = 0; shift < 8; shift++) {
    memset(bytes, 'x', sizeof bytes);
    memcpy(bytes + BB_SOURCE_START - 8 + shift, "\xC3\xA4\r\n\xC3\xB6", 6);
    check_context("shift %zu", shift);
    bb_source *source = source_of(bytes, sizeof bytes);
    biobert_str line = {NULL, 0};
    bool more = false;
    CHECK_INT(bb_source_line(source, &line, &more, NULL), BIOBERT_OK);
    CHECK_INT(line.len, BB_SOURCE_START - 8 + shift + 2);
    CHECK(more && memcmp(line.data + line.len - 2, "\xC3\xA4", 2) == 0);
    CHECK_INT(bb_source_line(source, &line, &more, NULL), BIOBERT_OK);
    CHECK(more && memcmp(line.data, "\xC3\xB6x", 3) == 0);
    CHECK_INT(bb_source_line_number(source), 2);
    bb_source_line_again(source);
    CHECK_INT(bb_source_line(source, &line, &more, NULL), BIOBERT_OK);
    CHECK(more && memcmp(line.data, "\xC3\xB6x", 3) == 0);
    CHECK_INT(bb_source_line(source, &line, &more, NULL), BIOBERT_OK);
    CHECK(!more);
    bb_source_close(source);
  }
}

/* gzip ------------------------------------------------------------------------------- */

static size_t pack(const char *text, unsigned char *out, size_t size) {
  z_stream s = {.next_in = (unsigned char *)(uintptr_t)text,
                .avail_in = (uInt)strlen(text),
                .next_out = out,
                .avail_out = (uInt)size};
  deflateInit2(&s, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  deflate(&s, Z_FINISH);
  deflateEnd(&s);
  return size - s.avail_out;
}

static biobert_status read_lines(bb_source *source, size_t *count, biobert_error *err) {
  biobert_str line;
  bool more = true;
  for (*count = 0;; ++*count) {
    biobert_status status = bb_source_line(source, &line, &more, err);
    if (status || !more) return status;
  }
}

static void test_gzip(void) {
  unsigned char bytes[2048];
  biobert_error err = {0};
  size_t count;
  const size_t first = pack("a\nb\n", bytes, sizeof bytes);
  const size_t size = first + pack("c\nd\n", bytes + first, sizeof bytes - first);
  memset(bytes + size, 0, 64);

  check_begin("gzip is known by its content, and its members are one text");
  CHECK_STR(lines_of(bytes, size), "a|b|c|d|");
  check_begin("zeros behind the last member are no data");
  CHECK_STR(lines_of(bytes, size + 64), "a|b|c|d|");

  check_begin("gzip that is cut off gives what was before, then an error that stays");
  bb_source *source = source_of(bytes, size - 4);
  CHECK_INT(read_lines(source, &count, &err), BIOBERT_IO);
  CHECK_INT(count, 4);
  CHECK(strstr(err.message, "cut off"));
  CHECK_INT(read_lines(source, &count, &err), BIOBERT_IO);
  bb_source_close(source);

  check_begin("gzip that is damaged gives what was before, then an error");
  memcpy(bytes + size, "garbage", 7);
  source = source_of(bytes, size + 7);
  CHECK_INT(read_lines(source, &count, &err), BIOBERT_IO);
  CHECK_INT(count, 4);
  CHECK(strstr(err.message, "damaged"));
  bb_source_close(source);
}

/* Files ------------------------------------------------------------------------------ */

static void test_no_files(void) {
  static const char *const paths[] = {"/dev/zero", "/dev/null", "/", "/nowhere/at/all",
                                      ""};
  biobert_records *records = NULL;
  biobert_error err = {0};
  for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
    check_begin("what is no regular file is refused");
    check_context("'%s'", paths[i]);
    CHECK_INT(biobert_records_open(bb_str(paths[i]), bb_str(""), NULL, &records, &err),
              BIOBERT_IO);
  }
  check_begin("a FIFO is refused at once, and not waited for");
  CHECK_INT(mkfifo(folder_path(path, "fifo"), 0600), 0);
  CHECK_INT(biobert_records_open(bb_str(path), bb_str(""), NULL, &records, &err),
            BIOBERT_IO);
  check_begin("a path with a NUL in it is refused");
  CHECK_INT(
      biobert_records_open((biobert_str){"a\0b", 3}, bb_str(""), NULL, &records, &err),
      BIOBERT_IO);
  check_begin("a format's name that is none is refused with a list of them");
  CHECK_INT(biobert_records_open(bb_str(path), bb_str("docx"), NULL, &records, &err),
            BIOBERT_RANGE);
  CHECK(strstr(err.message, "medline"));
}

static void test_unknown(void) {
  static const struct {
    const char *bytes;
    size_t count;
    const char *looks;
  } cases[] = {
      {BYTES("%PDF-1.4\n"),                       "a PDF file"                      },
      {BYTES("PK\x03\x04..."),                    "a ZIP file: unpack it"           },
      {BYTES("<1>\nUnique Identifier\n  1\n"),    "Ovid's list of citations"        },
      {BYTES("SQLite format 3\0"),                "an SQLite database"              },
      {BYTES("\n<!DOCTYPE html><html>"),          "an HTML page"                    },
      {BYTES("<!-- saved -->\n<HTML lang='en'>"), "an HTML page"                    },
      {BYTES("<?xml version='1.0'?><svg></svg>"), "XML whose first element is <svg>"},
      {BYTES("Dear Sir,\nwe"),                    "a text that begins 'Dear Sir,'"  },
      {BYTES("name;size\n1;2\n"),                 "a text that begins 'name;size'"  },
      {BYTES("\x01\x02\x03"),                     "no text"                         },
  };
  biobert_error err = {0};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    check_begin("of a file that is of no format the error says what it looks like");
    record_list list = read_records(cases[i].bytes, cases[i].count, "");
    err = list.err;
    check_context("%s", err.message);
    CHECK_INT(err.status, BIOBERT_FORMAT);
    CHECK(strstr(err.message, cases[i].looks) != NULL);
    CHECK(strstr(err.message, "medline, ris") != NULL);
    record_list_free(&list);
  }
  check_begin("a tar archive is none, though its files may begin with a record");
  char archive[1024] = "export.ris";
  memcpy(archive + 257, "ustar", 5);
  memcpy(archive + 512, BYTES("TY  - JOUR\nTI  - x\nER  - \n"));
  record_list list = read_records(archive, sizeof archive, "");
  CHECK_INT(list.err.status, BIOBERT_FORMAT);
  CHECK(strstr(list.err.message, "a tar archive: unpack it first") != NULL);
  record_list_free(&list);

  check_begin("a file of nothing has no records, and is no error");
  list = read_records(" \r\n\n", 4, "");
  CHECK_INT(list.err.status, BIOBERT_OK);
  CHECK_INT(list.count, 0);
}

/* Endless things --------------------------------------------------------------------- */

static bool stop_soon(void *ctx) {
  return --*(int *)ctx <= 0;
}

/* A file of this size that takes no room; its bytes are NULs between the texts. */
static void make_sparse(off_t size, const char *begin, const char *end) {
  const int fd = open(folder_path(path, "sparse"), O_RDWR | O_CREAT | O_TRUNC, 0600);
  const size_t b = strlen(begin), e = strlen(end);
  CHECK(fd >= 0 && ftruncate(fd, size) == 0 && pwrite(fd, begin, b, 0) == (ssize_t)b &&
        pwrite(fd, end, e, size - (off_t)e) == (ssize_t)e);
  close(fd);
}

static void test_endless(void) {
  enum { QUESTIONS = 3 };
  const off_t size = (off_t)200 << 20;
  int left = QUESTIONS;
  const biobert_open_options options = {.cancel = stop_soon, .cancel_ctx = &left};
  biobert_records *records = NULL;
  const biobert_record *record = NULL;
  biobert_error err = {0};
  make_sparse(size, "TY  - JOUR\nTI  - x", "\nER  - \nTY  - JOUR\nTI  - y\nER  - \n");

  check_begin("reading asks whether to go on, and stops");
  CHECK_INT(biobert_records_open(bb_str(path), bb_str("ris"), &options, &records, &err),
            BIOBERT_OK);
  if (!records) return;
  CHECK_INT(biobert_records_next(records, &record, &err), BIOBERT_INTERRUPTED);
  CHECK_INT(biobert_records_next(records, &record, &err), BIOBERT_INTERRUPTED);
  biobert_records_close(records);

  check_begin("a line that is longer than a record breaks it, and the next one is read");
  records = NULL;
  CHECK_INT(biobert_records_open(bb_str(path), bb_str(""), NULL, &records, &err),
            BIOBERT_OK);
  if (!records) return;
  CHECK_INT(biobert_records_next(records, &record, &err), BIOBERT_OK);
  CHECK(record && record->status == BIOBERT_RECORD_IS_BROKEN);
  CHECK_INT(biobert_records_next(records, &record, &err), BIOBERT_OK);
  CHECK(record && record->status == BIOBERT_RECORD_IS_CURRENT &&
        bb_str_equal(record->fields[BIOBERT_RECORD_TITLE], "y"));
  CHECK_INT(biobert_records_bytes_read(records), biobert_records_bytes(records));
  biobert_records_close(records);
}

int main(void) {
  folder_begin();
  test_lines();
  test_windows();
  test_gzip();
  test_no_files();
  test_unknown();
  test_endless();
  return check_report();
}
