/* Tests of core/records on files that are not whole: cut off at every byte, with other bytes
 * in it, with reads that fail, and stopped. Each is read to an error or to its end, every
 * text of it is UTF-8, and the records before the damage are those of the whole file. */
#include <errno.h>
#include <sys/syscall.h>
#include <time.h>
#include <zlib.h>

#include "base/status.h"
#include "base/utf8.h"
#include "check.h"
#include "record_list.h"
#include "records/source.h"

typedef struct sample {
  const char *format;
  const char *begin, *record, *end; /* a file has one record, or many of it */
} sample;

/* clang-format off */
static const sample samples[] = {
    {"pubmed-xml",
     "<?xml version=\"1.0\" encoding=\"utf-8\"?><!DOCTYPE PubmedArticleSet>"
     "<PubmedArticleSet>", "<PubmedArticle><MedlineCitation><PMID Version=\"2\">1</PMID>"
     "<Article><ArticleTitle>A <i>title</i> &alpha;</ArticleTitle><Abstract><AbstractText "
     "Label=\"UNASSIGNED\">T</AbstractText></Abstract><AuthorList><Author><LastName>A"
     "</LastName><Initials>B</Initials></Author><Author><CollectiveName>G"
     "</CollectiveName></Author></AuthorList></Article></MedlineCitation></PubmedArticle>",
     "<DeleteCitation><PMID>7</PMID></DeleteCitation></PubmedArticleSet>"},
    {"jats", "<collection>",
     "<article article-type=\"x\"><front><article-meta><article-id pub-id-type=\"pmc\">PMC1"
     "</article-id><title-group><article-title>T</article-title></title-group><contrib-"
     "group><contrib><name><surname>A</surname><given-names>B</given-names><suffix>Jr"
     "</suffix></name></contrib></contrib-group><pub-date date-type=\"odd\"><year>2001"
     "</year></pub-date><fpage>1</fpage><lpage>1</lpage></article-meta></front><body><sec>"
     "<title>H</title><p>x</p></sec></body></article>",
     "</collection>"},
    {"tei",
     "<teiCorpus xmlns=\"http://www.tei-c.org/ns/1.0\">",
     "<TEI><teiHeader><fileDesc><titleStmt><title>T</title></titleStmt><sourceDesc>"
     "<biblStruct><analytic><author><persName><forename>A</forename><surname>B</surname>"
     "</persName></author><idno type=\"DOI\">10.1/x</idno></analytic><monogr><imprint>"
     "<biblScope unit=\"page\" from=\"1\" to=\"2\"/></imprint></monogr></biblStruct>"
     "</sourceDesc></fileDesc></teiHeader><text><body><div><head>H</head><p>x</p></div>"
     "</body></text></TEI>",
     "</teiCorpus>"},
    {"endnote-xml", "<xml><records>",
     "<record><ref-type name=\"Journal Article\">17</ref-type><contributors><authors>"
     "<author><style>A, B</style></author></authors></contributors><titles><title>T</title>"
     "</titles><dates><year>2001</year></dates><urls><related-urls><url>"
     "https://doi.org/10.1/x</url></related-urls></urls></record>",
     "</records></xml>"},
    {"bibtex", "% Encoding: UTF-8\n@string{j = \"J\"}\n@comment{x{y}}\n@preamble{\"p\"}\n",
     "@article(a, title = {{\\'E}tude $\\beta$ \\\"{u} \\v{\\i}}, author = \"M{\\\"u}ller, "
     "Jr, A and {B and C} and others\", journal = j # { of X}, year = 2001, pages = "
     "{1--2}, url = {http://a.b/~c}, crossref = {p}, xdata = {y, z},)\n",
     "@book{p, title = {P}}\n@xdata{y, volume = {3}}\n"},
    {"medline", "",
     "\nPMID- 1\nTI  - [A <i>title</i>]\n      of two.\nAB  - AIM: One. END: Two.\nFAU - "
     "Doe, J\nAU  - Doe J\nDEP - 20010517\nMH  - A/b/*c\nAID - 10.1/x [doi]\n",
     ""},
    {"ris", "",
     "TY  - JOUR\r\nTI  - x &lt; y\r\nAU  - A, B\r\nT2  - J\r\nSP  - 1\r\nEP  - 2\r\nPY  - "
     "2001///\r\nN1  - PMID: 5\r\nUR  - https://doi.org/10.1/x\r\nER  - \r\n",
     ""},
    {"wos", "FN Clarivate\nVR 1.0\n", "PT J\nAF Doe, J\n   Roe, K\nTI T\nPY 2001\nPD MAY 3\nER\n\n",
     "EF"},
    {"csv", "\"title\",authors,abstract,year,PMID\r\n",
     "\"a \"\"b\"\"\nc\",\"Doe J, Roe K\",<p>x</p>,2001,\"['1', '2']\"\r\n", ""},
    {"csl-json", "{\"items\": [",
     "{\"title\": \"a \\u00e4\", \"author\": [{\"family\": \"B\", \"given\": \"C\"}], "
     "\"issued\": {\"date-parts\": [[2001, 5]]}, \"DOI\": \"10.1/x\", "
     "\"abstract_inverted_index\": {\"a\": [1], \"b\": [0]}},\n",
     "{\"title\": \"T\"}]}"},
};
/* clang-format on */
enum { SAMPLES = sizeof samples / sizeof samples[0], MOST = 1 << 19 };

static char document[MOST + 1];

/* Makes the file with so many records; its length. */
static size_t make_document(const sample *s, size_t records) {
  size_t length = (size_t)sprintf(document, "%s", s->begin);
  const size_t each = strlen(s->record);
  while (records-- && length + each + strlen(s->end) < MOST) {
    memcpy(document + length, s->record, each);
    length += each;
  }
  return length + (size_t)sprintf(document + length, "%s", s->end);
}

/* Broken files ----------------------------------------------------------------------- */

static bool is_utf8(const char *text) {
  uint32_t code;
  for (const char *end = text + strlen(text); text < end;) {
    const size_t bytes = bb_utf8_next(text, end, &code);
    if (!bb_utf8_is_well_formed(text, code, bytes)) return false;
    text += bytes;
  }
  return true;
}

static void check_texts(const record_list *list) {
  for (size_t r = 0; r < list->count; r++)
    for (size_t i = 0; i < BIOBERT_RECORD_FIELDS; i++) {
      const char *text = list->records[r].fields[i];
      if (text) CHECK(is_utf8(text));
    }
  if (list->err.status) CHECK(list->err.message[0]);
}

static const char *title_of(const record_list *list, size_t record) {
  const char *title = list->records[record].fields[BIOBERT_RECORD_TITLE];
  return title ? title : "";
}

/* How many of two records lie before a byte of the file. */
static size_t records_before(const sample *s, size_t byte) {
  const size_t begin = strlen(s->begin), each = strlen(s->record);
  const size_t before = byte < begin ? 0 : (byte - begin) / each;
  return before < 2 ? before : 2;
}

static void test_cut(void) {
  check_begin("a file that is cut off anywhere gives the records before the cut");
  for (size_t i = 0; i < SAMPLES; i++) {
    const size_t length = make_document(&samples[i], 2);
    record_list whole = read_records(document, length, samples[i].format);
    CHECK_INT(whole.err.status, BIOBERT_OK);
    CHECK(whole.count >= 2);
    for (size_t cut = 0; cut < length; cut++) {
      check_context("%s, cut at %zu", samples[i].format, cut);
      record_list part = read_records(document, cut, samples[i].format);
      check_texts(&part);
      const size_t before = records_before(&samples[i], cut);
      CHECK(part.count >= before);
      for (size_t r = 0; r < before && r < part.count; r++)
        CHECK_STR(title_of(&part, r), title_of(&whole, r));
      record_list_free(&part);
    }
    record_list_free(&whole);
  }
}

static void test_unknown_cut(void) {
  check_begin("what a file is cut off to is known for what it is, or refused in words");
  for (size_t i = 0; i < SAMPLES; i++) {
    const size_t length = make_document(&samples[i], 1);
    for (size_t cut = 0; cut < length; cut++) {
      check_context("%s, cut at %zu", samples[i].format, cut);
      record_list part = read_records(document, cut, "");
      check_texts(&part);
      record_list_free(&part);
    }
  }
}

/* Other packings --------------------------------------------------------------------- */

static char wide[2 * MOST];

/* The document as UTF-16, after its mark where there is one; its length. */
static size_t make_wide(size_t length, bool little, bool marked) {
  size_t at = 0;
  if (marked) {
    wide[at + !little] = '\xFE';
    wide[at + little] = '\xFF';
    at += 2;
  }
  for (size_t i = 0; i < length; i++, at += 2) {
    wide[at + !little] = document[i];
    wide[at + little] = '\0';
  }
  return at;
}

static void test_wide(void) {
  check_begin("so is a file of UTF-16, with either end first");
  for (size_t i = 0; i < SAMPLES; i++) {
    const size_t length = make_document(&samples[i], 1);
    for (int form = 0; form < 4; form++) {
      const size_t bytes = make_wide(length, form % 2, form / 2);
      /* Pairs, halves of pairs, and what is no pair. */
      for (size_t at = 2 * strlen(samples[i].begin); at + 4 < bytes; at += 61)
        memcpy(wide + at, "\xD8\x3D\xDE", 3);
      for (size_t cut = form; cut <= bytes; cut += 5) {
        check_context("%s, form %d, cut at %zu", samples[i].format, form, cut);
        record_list part = read_records(wide, cut, cut % 2 ? "" : samples[i].format);
        check_texts(&part);
        record_list_free(&part);
      }
    }
  }
}

/* The document in gzip, in `wide`. */
static size_t make_packed(size_t length) {
  z_stream s = {.next_in = (unsigned char *)document,
                .avail_in = (uInt)length,
                .next_out = (unsigned char *)wide,
                .avail_out = sizeof wide};
  CHECK_INT(deflateInit2(&s, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  CHECK_INT(deflate(&s, Z_FINISH), Z_STREAM_END);
  deflateEnd(&s);
  return sizeof wide - s.avail_out;
}

static void test_packed(void) {
  check_begin("so is a file in gzip, also with other bytes in it");
  for (size_t i = 0; i < SAMPLES; i++) {
    const size_t bytes = make_packed(make_document(&samples[i], 2));
    for (size_t at = 0; at < bytes; at++) {
      check_context("%s, byte %zu", samples[i].format, at);
      record_list part = read_records(wide, at, samples[i].format);
      check_texts(&part);
      record_list_free(&part);
      wide[at] ^= (char)(1 << at % 8);
      part = read_records(wide, bytes, "");
      check_texts(&part);
      record_list_free(&part);
      wide[at] ^= (char)(1 << at % 8);
    }
  }
}

/* Bytes that mean something in one of the formats, or are no UTF-8. */
static const char others[] = "\"{}<>&\\,;:'()[]#-=@/$~ \n\r\tXx9.|\x80\xC3\xE4\xF4\xFF";

static void test_other_bytes(void) {
  enum { ROUNDS = 4 };
  const size_t kinds = sizeof others; /* the NUL too */
  check_begin("a byte that is another one breaks a record at most, or ends the file");
  for (size_t i = 0; i < SAMPLES; i++) {
    const size_t length = make_document(&samples[i], 2);
    for (size_t at = 0; at < length * ROUNDS; at++) {
      char *byte = &document[at / ROUNDS];
      const char was = *byte;
      *byte = others[at * 7 % kinds];
      check_context("%s, byte %zu is %02x", samples[i].format, at / ROUNDS, *byte & 0xFF);
      record_list list = read_records(document, length, at % 2 ? "" : samples[i].format);
      check_texts(&list);
      record_list_free(&list);
      *byte = was;
    }
  }
}

/* Reads that fail -------------------------------------------------------------------- */

static long left = -1; /* reads until the one that fails; -1: none does */
static bool failed;

ssize_t failing_pread(int fd, void *into, size_t bytes, off_t offset) __asm__("pread");

ssize_t failing_pread(int fd, void *into, size_t bytes, off_t offset) {
  if (left == 0) {
    left = -1;
    failed = true;
    errno = EIO;
    return -1;
  }
  if (left > 0) left--;
  return syscall(SYS_pread64, fd, into, bytes, offset);
}

/* Every look at the clock is a second after the last. */
int hasty_clock(clockid_t clock, struct timespec *out) __asm__("clock_gettime");

int hasty_clock(clockid_t clock, struct timespec *out) {
  static time_t seconds = 1;
  (void)clock;
  *out = (struct timespec){seconds++, 0};
  return 0;
}

static bool stop_later(void *ctx) {
  long *questions = ctx;
  return (*questions)-- == 0;
}

/* Reads the document to its end or an error; *records: how many there were. */
static biobert_status read_all(const char *format, long *questions, size_t *records,
                               biobert_error *err) {
  char path[32];
  const int fd = memfd_create("records", MFD_CLOEXEC);
  const size_t size = strlen(document);
  CHECK(fd >= 0 && write(fd, document, size) == (ssize_t)size);
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  const biobert_open_options how = {stop_later, questions};
  biobert_records *open = NULL;
  const biobert_record *record = NULL;
  biobert_status status =
      biobert_records_open(bb_str(path), bb_str(format), &how, &open, err);
  *records = 0;
  if (!status) status = biobert_records_next(open, &record, err);
  while (!status && record) {
    ++*records;
    status = biobert_records_next(open, &record, err);
  }
  /* An error stays. */
  if (status && open) CHECK_INT(biobert_records_next(open, &record, NULL), status);
  biobert_records_close(open);
  close(fd);
  return status;
}

static void test_reads(void) {
  check_begin(
      "whichever read of a file fails, that is its error, after the records before");
  for (size_t i = 0; i < SAMPLES; i++) {
    for (size_t known = 0; known < 2; known++) {
      const char *format = known ? samples[i].format : "";
      biobert_error err = {0};
      size_t whole, count;
      make_document(&samples[i], 4 * BB_SOURCE_START / strlen(samples[i].record));
      long never = -1;
      CHECK_INT(read_all(format, &never, &whole, &err), BIOBERT_OK);
      failed = true;
      for (long reads = 0; failed; reads++) {
        failed = false;
        left = reads;
        never = -1;
        const biobert_status status = read_all(format, &never, &count, &err);
        left = -1;
        check_context("%s, read %ld: %zu records, %s", samples[i].format, reads, count,
                      err.message);
        CHECK_INT(status, failed ? BIOBERT_IO : BIOBERT_OK);
        CHECK(count <= whole + 1);
        if (status) CHECK(strstr(err.message, "Input/output error"));
      }
    }
  }
}

/* An entry with a line's end between any two tokens, so that the window's end can lie at
 * each of them. */
static const char spread[] = "@article\n{\na\n,\ntitle\n=\n{T\n{\nU}\n}\n#\n\"V\nW\"\n,"
                             "\nyear\n=\n2001\n,\n}\n@comment\n{\nx\n{\ny\n}\n}\n";

static void test_shifted_reads(void) {
  check_begin(
      "a read that fails within an entry of BibTeX is its error, wherever that is");
  const sample s = {"bibtex", "", spread, ""};
  const size_t each = strlen(spread);
  for (size_t shift = 0; shift < each; shift++) {
    biobert_error err = {0};
    size_t count;
    char begin[sizeof spread];
    memset(begin, '%', sizeof begin);
    begin[shift] = '\0';
    if (shift) begin[shift - 1] = '\n';
    const sample shifted = {s.format, begin, s.record, s.end};
    make_document(&shifted, 2 * BB_SOURCE_START / each);
    failed = true;
    for (long reads = 2; failed; reads++) {
      long never = -1;
      failed = false;
      left = reads;
      const biobert_status status = read_all("bibtex", &never, &count, &err);
      left = -1;
      check_context("shift %zu, read %ld: %s", shift, reads, err.message);
      CHECK_INT(status, failed ? BIOBERT_IO : BIOBERT_OK);
    }
  }
}

static void test_stops(void) {
  check_begin("reading is stopped at every question whether to go on");
  for (size_t i = 0; i < SAMPLES; i++) {
    biobert_error err = {0};
    size_t count;
    biobert_status status = BIOBERT_INTERRUPTED;
    make_document(&samples[i], 4 * BB_SOURCE_START / strlen(samples[i].record));
    for (long question = 0; status; question++) {
      long questions = question;
      status = read_all(samples[i].format, &questions, &count, &err);
      check_context("%s, question %ld", samples[i].format, question);
      CHECK_INT(status, questions < 0 ? BIOBERT_INTERRUPTED : BIOBERT_OK);
      if (status && !CHECK(strstr(err.message, "interrupted"))) break;
    }
  }
}

int main(void) {
  test_cut();
  test_unknown_cut();
  test_other_bytes();
  test_wide();
  test_packed();
  test_reads();
  test_shifted_reads();
  test_stops();
  return check_report();
}
