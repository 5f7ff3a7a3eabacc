/* Tests of core/records on what few files have: a row is a record, a field, and what is read
 * of it. An expected NULL: there is none. */
#include "check.h"
#include "record_list.h"
#include "records/encoding.h"

enum { PMID = BIOBERT_RECORD_FIELDS };

typedef struct row {
  const char *says, *record;
  int field;
  const char *expected;
} row;

/* What is around the records of a format. */
typedef struct form {
  const char *format, *before, *after;
} form;

#define FIELD(name) BIOBERT_RECORD_##name

/* clang-format off */
static const form bibtex = {"bibtex", "", "\n"};
static const row bibtex_rows[] = {
    {"an address of a resolver is a DOI", "@article{a, title={T}, url={https://doi.org/10.1/x}}", FIELD(DOI), "10.1/x"},
    {"what is published how may be an address", "@misc{a, title={T}, howpublished={http://a.b}}", FIELD(URL), "http://a.b"},
    {"or none", "@misc{a, title={T}, howpublished={by hand}}", FIELD(URL), NULL},
    {"an e-print of PubMed", "@article{a, eprint={7}, eprinttype={PubMed}}", PMID, "7"},
    {"an e-print of PMC", "@article{a, title={T}, eprint={PMC7}, archiveprefix={pmc}}", FIELD(PMCID), "PMC7"},
    {"a note with a PMCID", "@article{a, title={T}, note={PMCID: PMC12}}", FIELD(PMCID), "PMC12"},
    {"a comma in no name of a parent", "@article{a, title={T}, crossref={,}}", FIELD(TITLE), "T"},
    {"parents in a circle", "@article{a, title={T}, xdata={b}}@xdata{b, xdata={b}, volume={3}}", FIELD(VOLUME), "3"},
    {"an accent on a dotless j", "@article{a, title={\\v{\\j}}}", FIELD(TITLE), "\u01F0"},
    {"an accent that Unicode has no letter with", "@article{a, title={\\d{q}}}", FIELD(TITLE), "q\u0323"},
    {"a tie over two letters", "@article{a, title={\\t{oo}x}}", FIELD(TITLE), "oox"},
    {"an accent on an accent", "@article{a, title={\\'\\^e}}", FIELD(TITLE), "\u1EBF"},
    {"an accent on a group in a command", "@article{a, title={\\\"{\\i}}}", FIELD(TITLE), "\u00EF"},
    {"an accent on nothing", "@article{a, title={a\\~{}b}}", FIELD(TITLE), "a~b"},
    {"a letter accent on nothing", "@article{a, title={a\\c{}b}}", FIELD(TITLE), "ab"},
    {"an address in a title", "@article{a, title={\\url{http://a.b/\\textasciitilde/$\\sim$d}}}", FIELD(TITLE), "http://a.b/~/~d"},
    {"an address without its group", "@article{a, title={x \\url y}}", FIELD(TITLE), "x y"},
    {"a command of one sign", "@article{a, title={a\\,b\\-c\\&d}}", FIELD(TITLE), "a bc&d"},
    {"what sets type has no text", "@article{a, title={\\textit{x}y}}", FIELD(TITLE), "xy"},
    {"a name in braces, then another word", "@article{a, title={T}, author={{A B} C}}", FIELD(AUTHORS), "C, A B"},
    {"a word in small letters first", "@article{a, title={T}, author={van Berg}}", FIELD(AUTHORS), "van Berg"},
    {"and in it no name", "@article{a, title={T}, author={A and and B}}", FIELD(AUTHORS), "A; B"},
    {"words in small letters first", "@article{a, title={T}, author={de la Cruz}}", FIELD(AUTHORS), "de la Cruz"},
    {"a brace that closes nothing", "@article{a, title=\"x} y\"}", FIELD(TITLE), "x y"},
    {"a comment over lines", "@comment{a\n@article{b, title={T}}\n}\n@article{c, title={U}}", FIELD(TITLE), "U"},
    {"keywords with semicolons", "@article{a, title={T}, keywords={a; b, c}}", FIELD(KEYWORDS), "a; b, c"},
    {"a tie between two words of a name", "@article{a, title={T}, author={A~B}}", FIELD(AUTHORS), "B, A"},
    {"a name that begins as a word between names", "@article{a, title={T}, author={Lee Anders and Andy}}", FIELD(AUTHORS), "Anders, Lee; Andy"},
    {"a group", "@article{a, title={T}, author={{A Group, of it}}}", FIELD(AUTHORS), "A Group, of it"},
    {"a junior", "@article{a, title={T}, author={Smith, Jr, John}}", FIELD(AUTHORS), "Smith, John Jr"},
    {"a junior without a first name", "@article{a, title={T}, author={Smith, Jr,}}", FIELD(AUTHORS), "Smith, Jr"},
    {"others are nobody", "@article{a, title={T}, author={A and others}}", FIELD(AUTHORS), "A"},
    {"signs outside of formulas and in them", "@article{a, title={a_b^c $a_b^c$ 5$}}", FIELD(TITLE), "a_b^c abc 5$"},
    {"commands of signs", "@article{a, title={x\\!y\\/z\\ w\\%}}", FIELD(TITLE), "xyz w%"},
    {"an address in its command", "@article{a, title={T}, url={\\url{http://a.b}}}", FIELD(URL), "http://a.b"},
    {"an ISSN behind words", "@article{a, title={T}, issn={ISSN 1234-567x}}", FIELD(ISSN), "1234-567x"},
    {"an ISBN that is none", "@article{a, title={T}, isbn={12345}}", FIELD(ISBN), NULL},
    {"a field twice", "@article{a, title={T}, title={U}}", FIELD(TITLE), "T"},
    {"a comment in braces", "@comment{a {b} c}\n@article{a, title={T}}", FIELD(TITLE), "T"},
    {"a value that is missing", "@article{b, title=}\n@article{a, title={T}}", FIELD(TITLE), NULL},
    {"an ISBN of words", "@article{a, title={T}, isbn={unknown}}", FIELD(ISBN), NULL},
    {"a DOI in brackets of its own", "@article{a, title={T}, doi={(10.1/a(b)c).}}", FIELD(DOI), "10.1/a(b)c"},
    {"a PMID with what it is", "@article{a, title={T}, pmid={5 [uid]}}", PMID, "5"},
    {"a PMID with something else", "@article{a, title={T}, pmid={5 [abc]}}", PMID, NULL},
    {"an address that is nothing but slashes", "@article{a, title={T}, pmid={http:///}}", PMID, NULL},
    {"a PMCID without digits", "@article{a, title={T}, pmcid={PMC}}", FIELD(PMCID), NULL},
    {"a DOI without its second part", "@article{a, title={T}, doi={10.1}}", FIELD(DOI), NULL},
    {"a DOI ends at a quote", "@article{a, title={T}, doi={10.1/x\"y}}", FIELD(DOI), "10.1/x"},
    {"a DOI ends at a bar", "@article{a, title={T}, doi={10.1/x|y}}", FIELD(DOI), "10.1/x"},
    {"slashes alone", "@article{a, title={T}, pmid={///}}", PMID, NULL},
    {"too many digits for a PMCID", "@article{a, title={T}, pmcid={PMC12345678901234567890}}", FIELD(PMCID), NULL},
    {"commands of signs that set type", "@article{a, title={x\\@y\\(z\\)\\[u\\]}}", FIELD(TITLE), "xyzu"},
    {"accents are nested so deep and no deeper", "@article{a, title={\\'\\'\\'\\'\\'\\'\\'\\'\\'\\'e}}", FIELD(TITLE), "'\u0301\u0301\u0301\u0301'\u00E9\u0301\u0301"},
    {"a tie in a formula", "@article{a, title={$\\t{oo}$}}", FIELD(TITLE), "oo"},
    {"a word behind an at sign, on a line of its own", "@article{a, title={x\n@home\ny}}", FIELD(TITLE), "x @home y"},
    {"a comment with a brace that closes nothing", "@comment a } b\n@article{a, title={T}}", FIELD(TITLE), "T"},
    {"an ISBN of ten digits of a book", "@book{a, title={T}, isbn={0306406152}}", FIELD(ISBN), "0306406152"},
    {"an ISBN of thirteen of a book", "@book{a, title={T}, isbn={978-0-306-40615-7}}", FIELD(ISBN), "978-0-306-40615-7"},
    {"a DOI that ends where its second part begins", "@article{a, title={T}, doi={10.1000}}", FIELD(DOI), NULL},
    {"a backslash at the end", "@article{a, title=\"a\\\"}", FIELD(TITLE), "a\\"},
};

static const form csl = {"csl-json", "[", "]"};
static const row csl_rows[] = {
    {"a literal name", "{\"title\":\"T\",\"author\":[{\"literal\":\"A Group\"}]}", FIELD(AUTHORS), "A Group"},
    {"a given name alone", "{\"title\":\"T\",\"author\":[{\"given\":\"Ada\"}]}", FIELD(AUTHORS), "Ada"},
    {"a particle that does not drop", "{\"title\":\"T\",\"author\":[{\"family\":\"Berg\",\"non-dropping-particle\":\"van\",\"given\":\"J\"}]}", FIELD(AUTHORS), "van Berg, J"},
    {"a raw name of an author", "{\"title\":\"T\",\"authorships\":[{\"raw_author_name\":\"Ada Lee\"}]}", FIELD(AUTHORS), "Lee, Ada"},
    {"an empty value", "{\"title\":\"\",\"DOI\":\"10.1/x\"}", FIELD(TITLE), NULL},
    {"places of words that cannot be", "{\"title\":\"T\",\"abstract_inverted_index\":{\"a\":[-1,0],\"b\":[99999999],\"c\":[2]}}", FIELD(ABSTRACT), "a c"},
    {"an abstract that is there already", "{\"title\":\"T\",\"abstract\":\"x\",\"abstract_inverted_index\":{\"a\":[0]}}", FIELD(ABSTRACT), "x"},
    {"a name with its suffix", "{\"title\":\"T\",\"authorships\":[{\"raw_author_name\":\"Ada van Lee Jr\"}]}", FIELD(AUTHORS), "van Lee Jr, Ada"},
    {"an escaped backslash", "{\"title\":\"a \\\\\"}", FIELD(TITLE), "a \\"},
    {"a major heading", "{\"title\":\"T\",\"mesh\":[{\"descriptor_name\":\"D\",\"is_major_topic\":true}]}", FIELD(MESH), "*D"},
    {"a major heading with a qualifier", "{\"title\":\"T\",\"mesh\":[{\"descriptor_name\":\"D\",\"qualifier_name\":\"q\",\"is_major_topic\":true}]}", FIELD(MESH), "D/*q"},
    {"a heading with a qualifier", "{\"title\":\"T\",\"mesh\":[{\"descriptor_name\":\"D\",\"qualifier_name\":\"q\"}]}", FIELD(MESH), "D/q"},
    {"keywords of both kinds", "{\"title\":\"T\",\"keywords\":[{\"display_name\":\"a\"},{\"keyword\":\"b\"}]}", FIELD(KEYWORDS), "a; b"},
    {"a place that is no number", "{\"title\":\"T\",\"abstract_inverted_index\":{\"a\":[\"x\"],\"b\":[1.5],\"c\":[0]}}", FIELD(ABSTRACT), "c"},
    {"an escaped quote in a text", "{\"title\":\"a \\\"}] b\"}", FIELD(TITLE), "a \"}] b"},
    {"a title in an array", "{\"title\":[\"T\"]}", FIELD(TITLE), "T"},
    {"a volume in an array", "{\"title\":\"T\",\"volume\":[\"5\"]}", FIELD(VOLUME), "5"},
    {"an editor", "{\"title\":\"T\",\"editor\":[{\"family\":\"A\",\"given\":\"B\"}]}", FIELD(EDITORS), "A, B"},
    {"words in another order than their places", "{\"title\":\"T\",\"abstract_inverted_index\":{\"a\":[1],\"b\":[0]}}", FIELD(ABSTRACT), "b a"},
    {"a month that is a dash", "{\"title\":\"T\",\"issued\":{\"date-parts\":[[2001,\"-\",\"-\"]]}}", FIELD(DATE), "2001"},
    {"a day that is a dash", "{\"title\":\"T\",\"issued\":{\"date-parts\":[[2001,5,\"-\"]]}}", FIELD(DATE), "2001-05"},
    {"a day that is a word", "{\"title\":\"T\",\"issued\":{\"date-parts\":[[2001,5,\"x\"]]}}", FIELD(DATE), "2001-05"},
    {"authors in one text with a full stop", "{\"title\":\"T\",\"authorString\":\"Lee A, Doe B.\"}", FIELD(AUTHORS), "Lee, A; Doe, B"},
    {"authors in one text without", "{\"title\":\"T\",\"authorString\":\"Lee A, Doe B\"}", FIELD(AUTHORS), "Lee, A; Doe, B"},
};

static const form marked_csl = {"csl-json", "\xEF\xBB\xBF[", "]"};
static const row marked_csl_rows[] = {
    {"a mark of UTF-8 in front of JSON", "{\"title\":\"T\"}", FIELD(TITLE), "T"},
};

static const form open_csl = {"csl-json", "[", ""};
static const row open_csl_rows[] = {
    {"an object that ends in blanks", "{\"title\":\"T\",\n \t ", FIELD(ERROR), "the object at byte 1 is not closed"},
    {"one that ends in another one", "{\"title\":\"T\",\n \t{", FIELD(ERROR), "the object at byte 1 is not closed"},
};

static const form csv = {"csv", "title,authors,keywords,date\n", "\n"};
static const row csv_rows[] = {
    {"a list of Python in the other quotes", "T,\"[\"\"A, B\"\", \"\"C\"\"]\",,", FIELD(AUTHORS), "A, B; C"},
    {"a list of Python that is not closed", "T,\"['A, B', 'C\",,", FIELD(AUTHORS), "A, B"},
    {"a comma in brackets parts no words", "T,,\"cyst (diagnosis, surgery), cytology\",", FIELD(KEYWORDS), "cyst (diagnosis, surgery); cytology"},
    {"a bracket that closes nothing", "T,,\"a), b\",", FIELD(KEYWORDS), "a); b"},
    {"words in lines", "T,,\"a\nb, c\",", FIELD(KEYWORDS), "a; b, c"},
    {"a date with its month behind", "T,,,2001 May 17", FIELD(DATE), "2001-05-17"},
    {"an American date", "T,,,05/17/2001", FIELD(DATE), "2001-05-17"},
    {"a European date", "T,,,17.05.2001", FIELD(DATE), "2001-05-17"},
    {"a month and a year", "T,,,5/2001", FIELD(DATE), "2001-05"},
    {"a year that is none", "T,,,5999", FIELD(DATE), NULL},
    {"a quarter", "T,,,2001 2nd Quart", FIELD(DATE), "2001-04"},
    {"a quarter that is none", "T,,,2001 7th Quart", FIELD(DATE), "2001"},
    {"a date in one number", "T,,,20010517", FIELD(DATE), "2001-05-17"},
    {"a number of eight digits that is no date", "T,,,99990517", FIELD(DATE), NULL},
    {"a list of Python that ends early", "T,\"['A, B'\",,", FIELD(AUTHORS), "A, B"},
    {"a time behind a date", "T,,,17 May 2001 10:00", FIELD(DATE), "2001-05-17"},
    {"a word behind the month", "T,,,2001 May late", FIELD(DATE), "2001-05"},
    {"a line of a cell that begins with quotes", "\"T\n\"\"a\"\" b\",,,", FIELD(TITLE), "T \"a\" b"},
    {"a cell that ends where a line begins", "\"T\n\",\"Lee, A\",,", FIELD(AUTHORS), "Lee, A"},
    {"and a blank behind it", "\"T\n\" ,\"Lee, A\",,", FIELD(AUTHORS), "Lee, A"},
};

static const form two_authors_csv = {"csv", "title,authors,author\n", "\n"};
static const row two_authors_csv_rows[] = {
    {"the first of two columns of authors", "T,\"Lee, A\",\"Doe, B\"", FIELD(AUTHORS), "Lee, A"},
    {"the second where there is nothing in the first", "T,,\"Doe, B\"", FIELD(AUTHORS), "Doe, B"},
};

static const form tagged_csv = {"csv", "PT,TI,AU,a heading that is no tag\n", "\n"};
static const row tagged_csv_rows[] = {
    {"columns that are called by Web of Science's tags", "J,T,\"Lee, A\",x", FIELD(TITLE), "T"},
    {"and their authors", "J,T,\"Lee, A\",x", FIELD(AUTHORS), "Lee, A"},
};

static const form half_tagged_csv = {"csv", "PT,title,keywords,author keywords\n", "\n"};
static const row half_tagged_csv_rows[] = {
    {"one heading that is a tag by chance", "J,T,,", FIELD(TITLE), "T"},
    {"two columns of one kind", "J,T,a; b,c", FIELD(KEYWORDS), "a; b; c"},
};

static const form medline = {"medline", "PMID- 1\n", "\n"};
static const row medline_rows[] = {
    {"a DOI of a book", "AID - doi:10.1/x", FIELD(DOI), "10.1/x"},
    {"an identifier of the publisher", "AID - S01 [pii]", FIELD(DOI), NULL},
    {"an editor twice", "FED - Doe, Jane\nED  - Doe J", FIELD(EDITORS), "Doe, Jane"},
    {"an editor by initials alone", "ED  - Doe J", FIELD(EDITORS), "Doe, J"},
    {"a heading without qualifiers", "MH  - Heart", FIELD(MESH), "Heart"},
    {"a heading of nothing", "MH  - ", FIELD(MESH), NULL},
    {"a title over two fields", "TI  - A\nTI  - B", FIELD(TITLE), "A B"},
    {"a title that nobody translated", "TI  - [Not Available].", FIELD(TITLE), NULL},
    {"brackets that do not close", "TI  - [A of [b].", FIELD(TITLE), "[A of [b]."},
    {"brackets in the midst", "TI  - [A] of b", FIELD(TITLE), "[A] of b"},
    {"a tag that is none", "10  - x\nTI  - T", FIELD(TITLE), "T"},
    {"an abstract whose labels are not ones", "AB  - a: x. B2: y. LONG LABEL (OF IT)/X & Y, Z-1: z", FIELD(ABSTRACT), "a: x. B2: y. LONG LABEL (OF IT)/X & Y, Z-1: z"},
    {"the same word twice", "OT  - heart\nOT  - heart failure\nOT  - heart", FIELD(KEYWORDS), "heart; heart failure"},
    {"a word inside another one", "OT  - the heart\nOT  - lung\nOT  - heart", FIELD(KEYWORDS), "the heart; lung; heart"},
    {"every white space of Unicode", "TI  - a\u2003b\u3000c\u00A0d\u1680e\u2028f\u2029g\u202Fh\u205Fi\xC2\x85" "j\u200Ak\u2000l", FIELD(TITLE), "a b c d e f g h i j k l"},
    {"what is no character", "TI  - a\x7F" "b\uFEFF" "c\xC2\x80" "d\xC2\x9F" "e", FIELD(TITLE), "abcde"},
    {"separators of old files", "TI  - a\x1C" "b\x1F" "c", FIELD(TITLE), "a b c"},
    {"initials with dots and a dash", "AU  - Doe J.-P.", FIELD(AUTHORS), "Doe, J.-P."},
    {"what is too long for initials", "AU  - Doe ABCDEFGH", FIELD(AUTHORS), "Doe ABCDEFGH"},
    {"a suffix behind initials", "AU  - Doe JA Jr", FIELD(AUTHORS), "Doe, JA Jr"},
    {"an empty ISSN", "IS  - ", FIELD(ISSN), NULL},
    {"a title that goes on with nothing", "TI  - A\nTI  - ", FIELD(TITLE), "A"},
    {"a book's title", "BTI - A book", FIELD(TITLE), "A book"},
    {"a title that begins as one that nobody translated", "TI  - [Not available for all patients].", FIELD(TITLE), "Not available for all patients."},
    {"a label of two letters is none", "AB  - One. IT: x", FIELD(ABSTRACT), "One. IT: x"},
    {"capitals up to the end", "AB  - One. RESULTS", FIELD(ABSTRACT), "One. RESULTS"},
    {"a label of nothing", "AB  - One. RESULTS:", FIELD(ABSTRACT), "One. RESULTS:"},
    {"a label after no sentence", "AB  - one RESULTS: x", FIELD(ABSTRACT), "one RESULTS: x"},
    {"what is too long for a label", "AB  - One. AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA: x", FIELD(ABSTRACT), "One. AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA: x"},
    {"the first of two PMCIDs", "PMC - PMC1\nPMC - PMC2", FIELD(PMCID), "PMC1"},
    {"a label may begin with no digit", "AB  - 2ND AIM: x", FIELD(ABSTRACT), "2ND AIM: x"},
    {"a label of 81 letters is none", "AB  - AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA: x. AIM: y", FIELD(ABSTRACT), "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA: x. AIM: y"},
    {"what follows a label begins a sentence", "AB  - AIM: x  RESULTS: y", FIELD(ABSTRACT), "AIM: x RESULTS: y"},
};

static const form ris = {"ris", "TY  - JOUR\nTI  - T\n", "\nER  - \n"};
static const row ris_rows[] = {
    {"a PMID in a field of the user", "U1  - 7[pmid]", PMID, "7"},
    {"a PMCID in a field of the user", "U2  - PMC8[pmcid]", FIELD(PMCID), "PMC8"},
    {"an accession number of MEDLINE", "AN  - 9\nDB  - Medline", PMID, "9"},
    {"an accession number of PubMed", "DP  - PubMed\nAN  - 9", PMID, "9"},
    {"an address of PubMed", "L2  - https://pubmed.ncbi.nlm.nih.gov/12/", PMID, "12"},
    {"an address of PubMed is no text about it", "N1  - see pubmed 12", PMID, NULL},
    {"a DOI in a note", "N1  - DOI: 10.1/x", FIELD(DOI), "10.1/x"},
    {"a DOI alone in a note", "M3  - 10.1/x", FIELD(DOI), "10.1/x"},
    {"a tag in small letters", "vl  - 5", FIELD(VOLUME), "5"},
    {"a tag with one blank", "VL - 5", FIELD(VOLUME), "5"},
    {"a tag with a tab", "VL\t- 5", FIELD(VOLUME), "5"},
    {"no tag", "VL5 - 5\nIS  - 2", FIELD(ISSUE), "2"},
    {"too many blanks", "VL      - 5\nIS  - 2", FIELD(VOLUME), NULL},
    {"the first of two dates", "Y1  - 2001/05\nDA  - 2002", FIELD(DATE), "2001-05"},
    {"the pages of one page", "SP  - 7\nEP  - 7", FIELD(PAGES), "7"},
    {"pages that are a range already", "SP  - 7-9\nEP  - 9", FIELD(PAGES), "7-9"},
    {"an ISBN of ten digits", "SN  - 0-306-40615-X", FIELD(ISBN), "0-306-40615-X"},
    {"an ISBN of thirteen", "SN  - 978-0-306-40615-7 (ISBN)", FIELD(ISBN), "978-0-306-40615-7"},
    {"a number that is neither", "SN  - 12345", FIELD(ISSN), NULL},
    {"a DOI in the link", "UR  - https://doi.org/10.1/x", FIELD(DOI), "10.1/x"},
    {"a DOI in a link of its own", "L3  - http://dx.doi.org/10.1/x", FIELD(DOI), "10.1/x"},
    {"a DOI in a number", "M1  - 10.1/x", FIELD(DOI), "10.1/x"},
    {"an abstract twice", "AB  - a b c\nN2  - a b c", FIELD(OTHER_ABSTRACT), NULL},
    {"two abstracts of one length", "AB  - a b c\nN2  - a b d", FIELD(OTHER_ABSTRACT), "a b d"},
    {"a number of nine digits", "SN  - 123456789", FIELD(ISBN), NULL},
    {"another character of two bytes in front of a line", "\xEF\xBB\xBFVL  - 5", FIELD(VOLUME), "5"},
    {"an ISSN with a small x", "SN  - 1234-567x", FIELD(ISSN), "1234-567x"},
    {"that there is no abstract, said twice", "AB  - No abstract available\nN2  - No abstract available.", FIELD(ABSTRACT), NULL},
};

static const form refer = {"refer", "\xEF\xBB\xBF%0 Journal Article\n%T T\n", "\n"};
static const row refer_rows[] = {
    {"a mark of UTF-8 in front", "", FIELD(TITLE), "T"},
    {"an accession number of the database PubMed", "%W PubMed\n%M 5", PMID, "5"},
    {"an accession number of another one", "%~ Scopus\n%M 5", PMID, NULL},
    {"the first of two years", "%D 2001\n%D 2002", FIELD(DATE), "2001"},
    {"a tag that is a control character", "%J J\n%\x01 x", FIELD(JOURNAL), "J % x"},
    {"a tag of two letters", "%J J\n%AB x", FIELD(JOURNAL), "J %AB x"},
    {"a tag alone", "%J J\n%V", FIELD(VOLUME), NULL},
    {"a letter that is not of ASCII", "%J J\n%\xC3\xA4 x", FIELD(JOURNAL), "J %\u00E4 x"},
    {"a per cent sign alone", "%J J\n%", FIELD(JOURNAL), "J %"},
    {"a mark of UTF-8 where one file was put behind another", "%J J\n\xEF\xBB\xBF%V 5", FIELD(VOLUME), "5"},
    {"the first of two abstracts", "%X a\n%X b", FIELD(ABSTRACT), "a"},
};

static const form ebook = {"ris", "TY  - EBOOK\n", "\nER  - \n"};
static const row ebook_rows[] = {
    {"a book's title", "BT  - B", FIELD(TITLE), "B"},
};

static const form jats = {"jats", "<article xml:lang=\"de\"><front><article-meta>", "</article-meta></front></article>"};
static const row jats_rows[] = {
    {"a PMCID with its letters", "<article-id pub-id-type=\"pmc\">PMC5</article-id>", FIELD(PMCID), "PMC5"},
    {"a name with a suffix", "<contrib-group><contrib><name><surname>A</surname><given-names>B</given-names><suffix>Jr</suffix></name></contrib></contrib-group>", FIELD(AUTHORS), "A, B Jr"},
    {"who is neither author nor editor", "<contrib-group><contrib contrib-type=\"guest\"><name><surname>A</surname></name></contrib><contrib contrib-type=\"guest\"><collab>G</collab></contrib></contrib-group>", FIELD(AUTHORS), NULL},
    {"a group of the kind collab", "<contrib-group><contrib contrib-type=\"collab\"><collab>G</collab></contrib></contrib-group>", FIELD(AUTHORS), "G"},
    {"a name without a family name", "<contrib-group><contrib><name><given-names>B</given-names></name></contrib></contrib-group>", FIELD(AUTHORS), NULL},
    {"a date of an unknown kind", "<pub-date pub-type=\"odd\"><year>2001</year></pub-date>", FIELD(DATE), "2001"},
    {"a worse date later", "<pub-date pub-type=\"ppub\"><year>2001</year></pub-date><pub-date pub-type=\"epub\"><year>2000</year></pub-date>", FIELD(DATE), "2001"},
    {"a date without a year", "<pub-date><month>5</month></pub-date>", FIELD(DATE), NULL},
    {"one page", "<fpage>7</fpage><lpage>7</lpage>", FIELD(PAGES), "7"},
    {"pages of the same length", "<fpage>7</fpage><lpage>8</lpage>", FIELD(PAGES), "7-8"},
    {"a second abstract", "<abstract><p>a</p></abstract><abstract><p>b</p></abstract>", FIELD(OTHER_ABSTRACT), "b"},
    {"a title in a third language", "<title-group><article-title>T</article-title><trans-title-group xml:lang=\"fr\"><trans-title>U</trans-title></trans-title-group></title-group>", FIELD(TITLE), "T"},
    {"two titles in English", "<title-group><article-title>T</article-title><trans-title-group xml:lang=\"en\"><trans-title>U</trans-title></trans-title-group><trans-title-group xml:lang=\"en\"><trans-title>V</trans-title></trans-title-group></title-group>", FIELD(TITLE), "U"},
    {"two names of one person", "<contrib-group><contrib><name><surname>A</surname></name><name><surname>B</surname></name></contrib></contrib-group>", FIELD(AUTHORS), "A"},
    {"a group that a person is of", "<contrib-group><contrib><name><surname>A</surname></name><collab>G</collab></contrib></contrib-group>", FIELD(AUTHORS), "A"},
    {"a last page alone", "<lpage>8</lpage>", FIELD(PAGES), NULL},
    {"pages of another length", "<fpage>99</fpage><lpage>101</lpage>", FIELD(PAGES), "99-101"},
    {"a section of an abstract whose title has its colon", "<abstract><sec><title>AIM:</title><p>x</p></sec><sec><p>y</p></sec></abstract>", FIELD(ABSTRACT), "AIM: x\ny"},
    {"a text in a formula, and in it another one", "<title-group><article-title><math><mi>x</mi> <mtext>a <mtext>b</mtext></mtext></math></article-title></title-group>", FIELD(TITLE), "xa b"},
    {"a tag with a return in it", "<title-group><article-title\r>T</article-title></title-group>", FIELD(TITLE), "T"},
    {"a title with what is under it", "<title-group><article-title>T</article-title><subtitle>S</subtitle></title-group>", FIELD(TITLE), "T: S"},
    {"what is under a title that is not there", "<title-group><subtitle>S</subtitle></title-group>", FIELD(TITLE), NULL},
    {"a record with nothing in it is none but its number", "<article-id pub-id-type=\"pmid\">5</article-id>", PMID, "5"},
};

static const form english = {"jats", "<article xml:lang=\"en\"><front><article-meta>", "</article-meta></front></article>"};
static const row english_rows[] = {
    {"a translation of what is in English", "<title-group><article-title>T</article-title><trans-title-group xml:lang=\"fr\"><trans-title>U</trans-title></trans-title-group></title-group>", FIELD(TITLE), "T"},
};

static const form no_language = {"jats", "<article><front><article-meta>", "</article-meta></front></article>"};
static const row no_language_rows[] = {
    {"no language is English", "<title-group><article-title>T</article-title><trans-title-group xml:lang=\"fr\"><trans-title>U</trans-title></trans-title-group></title-group>", FIELD(TITLE), "T"},
};

static const form tei = {"tei", "<TEI xmlns=\"http://www.tei-c.org/ns/1.0\"><teiHeader><fileDesc><titleStmt><title>T</title></titleStmt><sourceDesc><biblStruct>", "</biblStruct></sourceDesc></fileDesc></teiHeader></TEI>"};
static const row tei_rows[] = {
    {"identifiers of TEI: PMID", "<idno type=\"PMID\">5</idno>", PMID, "5"},
    {"identifiers of TEI: PMCID", "<idno type=\"PMCID\">PMC5</idno>", FIELD(PMCID), "PMC5"},
    {"identifiers of TEI: ISSN", "<monogr><idno type=\"eISSN\">1234-5678</idno></monogr>", FIELD(ISSN), "1234-5678"},
    {"identifiers of TEI: another", "<monogr><idno type=\"URN\">1234-5678</idno></monogr>", FIELD(ISSN), NULL},
    {"identifiers of TEI: an ISSN in print", "<monogr><idno type=\"ISSN\">1234-5678</idno></monogr>", FIELD(ISSN), "1234-5678"},
    {"identifiers of TEI: ISBN", "<monogr><idno type=\"ISBN\">0306406152</idno></monogr>", FIELD(ISBN), "0306406152"},
    {"an issue of TEI", "<monogr><imprint><biblScope unit=\"issue\">2</biblScope></imprint></monogr>", FIELD(ISSUE), "2"},
    {"pages of TEI in a text", "<monogr><imprint><biblScope unit=\"pp\">2-3</biblScope></imprint></monogr>", FIELD(PAGES), "2-3"},
    {"a first page of TEI alone", "<monogr><imprint><biblScope unit=\"page\" from=\"2\"/></imprint></monogr>", FIELD(PAGES), "2"},
    {"a person of TEI without a family name", "<analytic><author><persName><forename>B</forename></persName></author></analytic>", FIELD(AUTHORS), NULL},
};

static const form endnote = {"endnote-xml", "<xml><records><record><titles><title>T</title>", "</record></records></xml>"};
static const row endnote_rows[] = {
    {"an address of EndNote that is a DOI", "</titles><urls><related-urls><url>https://doi.org/10.1/x</url></related-urls></urls>", FIELD(DOI), "10.1/x"},
    {"a name of EndNote that is whole", "</titles><contributors><authors><author>A Group,</author></authors></contributors>", FIELD(AUTHORS), "A Group"},
    {"empty lines of names", "</titles><contributors><authors><author>A, B&#13;&#13;C, D</author></authors></contributors>", FIELD(AUTHORS), "A, B; C, D"},
    {"a PMCID of EndNote", "</titles><custom2>PMC5</custom2>", FIELD(PMCID), "PMC5"},
    {"what is no PMCID of EndNote", "</titles><custom2>of my own</custom2>", FIELD(PMCID), NULL},
    {"a translated title of EndNote", "<translated-title>U</translated-title></titles>", FIELD(TITLE), "U"},
    {"the title that was translated", "<translated-title>U</translated-title></titles>", FIELD(ORIGINAL_TITLE), "T"},
};
static const form pubmed = {"pubmed-xml", "<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>1</PMID><Article>", "</Article></MedlineCitation></PubmedArticle></PubmedArticleSet>"};
static const row pubmed_rows[] = {
    {"a section of no category", "<Abstract><AbstractText NlmCategory=\"UNLABELLED\">a</AbstractText></Abstract>", FIELD(ABSTRACT), "a"},
    {"a section that is not assigned to one", "<Abstract><AbstractText NlmCategory=\"UNASSIGNED\">a</AbstractText></Abstract>", FIELD(ABSTRACT), "a"},
    {"a section that has a category alone", "<Abstract><AbstractText NlmCategory=\"METHODS\">a</AbstractText></Abstract>", FIELD(ABSTRACT), "METHODS: a"},
};

/* Encodings by the names that XML declares. */
static const form latin_2 = {"jats", "<?xml version=\"1.0\" encoding=\"iso-8859-2\"?><article><front><article-meta><title-group><article-title>", "</article-title></title-group></article-meta></front></article>"};
static const row latin_2_rows[] = {
    {"a byte of ISO 8859-2", "\xB1", FIELD(TITLE), "\u0105"},
};
static const form windows = {"jats", "<?xml version=\"1.0\" encoding=\"cp1252\"?><article><front><article-meta><title-group><article-title>", "</article-title></title-group></article-meta></front></article>"};
static const row windows_rows[] = {
    {"a byte of Windows, by another name", "\x80", FIELD(TITLE), "\u20AC"},
};
static const form ascii = {"jats", "<?xml version=\"1.0\" encoding=\"ascii\"?><article><front><article-meta><title-group><article-title>", "</article-title></title-group></article-meta></front></article>"};
static const row ascii_rows[] = {
    {"ASCII by its short name", "T", FIELD(TITLE), "T"},
};
static const form shift_jis = {"jats", "<?xml version=\"1.0\" encoding=\"shift_jis\"?><article><front><article-meta><title-group><article-title>", "</article-title></title-group></article-meta></front></article>"};
static const row shift_jis_rows[] = {
    {"an encoding of two bytes a character, in which all are of one", "T", FIELD(TITLE), "T"},
};
static const form dotted = {"jats", "<?xml version=\"1.0\" encoding=\"x.y\"?><article><front><article-meta><title-group><article-title>", "</article-title></title-group></article-meta></front></article>"};
static const row dotted_rows[] = {
    {"an encoding whose name is none is taken for UTF-8", "\u00E4", FIELD(TITLE), "\u00E4"},
};
static const form underlined = {"jats", "<?xml version=\"1.0\" encoding=\"x_y-1\"?><article><front><article-meta><title-group><article-title>", "</article-title></title-group></article-meta></front></article>"};
static const row underlined_rows[] = {
    {"as one that nobody knows is", "\u00E4", FIELD(TITLE), "\u00E4"},
};

/* Files whose format is found. */
static const form unnamed = {"", "", ""};
static const row unnamed_rows[] = {
    {"BibTeX behind an at sign that begins nothing", "@ x\n@1\n@misc\n@misc{a, title={T}}", FIELD(TITLE), "T"},
    {"tags with lines that go on, and an empty one", "%J J\nof it\n%T \n%T T", FIELD(TITLE), "T"},
};
/* clang-format on */

static void check_rows(const form *f, const row *rows, size_t count) {
  char document[2048], pmid[24];
  for (size_t i = 0; i < count; i++) {
    const row *r = &rows[i];
    check_begin(r->says);
    check_context("%s", r->record);
    const int length =
        snprintf(document, sizeof document, "%s%s%s", f->before, r->record, f->after);
    record_list list = read_records(document, (size_t)length, f->format);
    CHECK_INT(list.err.status, 0);
    if (CHECK(list.count > 0)) {
      const listed_record *first = &list.records[0];
      snprintf(pmid, sizeof pmid, "%lld", first->pmid);
      const char *found = r->field < BIOBERT_RECORD_FIELDS ? first->fields[r->field]
                          : first->pmid                    ? pmid
                                                           : NULL;
      if (r->expected && found)
        CHECK_STR(found, r->expected);
      else
        CHECK_STR(found ? found : "(none)", r->expected ? r->expected : "(none)");
    }
    record_list_free(&list);
  }
}

#define CHECK_ROWS(name)                                                                 \
  check_rows(&name, name##_rows, sizeof name##_rows / sizeof name##_rows[0])

/* A hostile entry may have a million fields, which are looked for one by one. */
static void test_many_fields(void) {
  enum { FIELDS = 1100, ROOM = 1 << 16 };
  char *document = calloc(1, ROOM);
  if (!document) exit(2);
  check_begin("fields behind the thousandth of an entry are left out");
  int at = sprintf(document, "@article{a, title={T}");
  for (int i = 0; i < FIELDS; i++) at += sprintf(document + at, ", f%d={x}", i);
  at += sprintf(document + at, ", volume={3}}");
  record_list list = read_records(document, (size_t)at, "bibtex");
  if (CHECK_INT((long long)list.count, 1)) {
    CHECK_STR(list.records[0].fields[BIOBERT_RECORD_TITLE], "T");
    CHECK(!list.records[0].fields[BIOBERT_RECORD_VOLUME]);
  }
  record_list_free(&list);
  check_begin("macros are kept, however many they are");
  at = sprintf(document, "@string{m={0}");
  for (int i = 0; i < FIELDS; i++) at += sprintf(document + at, ", m%d={%d}", i, i);
  at += sprintf(document + at, "}\n@article{a, title=m7 # m%d}", FIELDS - 1);
  list = read_records(document, (size_t)at, "bibtex");
  if (CHECK_INT((long long)list.count, 1))
    CHECK_STR(list.records[0].fields[BIOBERT_RECORD_TITLE], "71099");
  record_list_free(&list);
  free(document);
}

static void test_long_doi(void) {
  enum { LETTERS = 3000 };
  char document[LETTERS + 128];
  check_begin("a DOI of thousands of letters is none");
  int at = sprintf(document, "@article{a, title={T}, doi={10.1/");
  memset(document + at, 'x', LETTERS);
  at += LETTERS;
  at += sprintf(document + at, "}}");
  record_list list = read_records(document, (size_t)at, "bibtex");
  if (CHECK_INT((long long)list.count, 1)) {
    CHECK_STR(list.records[0].fields[BIOBERT_RECORD_TITLE], "T");
    CHECK(!list.records[0].fields[BIOBERT_RECORD_DOI]);
  }
  record_list_free(&list);
}

static void test_deep_sections(void) {
  enum { SECTIONS = 40, HEADINGS = 32 };
  char document[8192], expected[512] = "1";
  check_begin("headings that are deeper than any paper's are left out");
  int at = sprintf(document, "<article><front><article-meta/></front><body>");
  for (int i = 1; i <= SECTIONS; i++)
    at += sprintf(document + at, "<sec><title>%d</title>", i);
  at += sprintf(document + at, "<p>deep</p>");
  for (int i = 0; i < SECTIONS; i++) at += sprintf(document + at, "</sec>");
  at += sprintf(document + at,
                "<sec><title>After</title><p>flat</p></sec></body></article>");
  for (int i = 2; i <= HEADINGS; i++) sprintf(expected + strlen(expected), " / %d", i);
  record_list list = read_records(document, (size_t)at, "jats");
  CHECK_INT(list.err.status, 0);
  if (CHECK_INT((long long)list.count, 3)) {
    CHECK_STR(list.records[1].fields[BIOBERT_RECORD_SECTION], expected);
    CHECK_STR(list.records[1].fields[BIOBERT_RECORD_SECTION_TEXT], "deep");
    CHECK_STR(list.records[2].fields[BIOBERT_RECORD_SECTION], "After");
  }
  record_list_free(&list);
}

static void test_utf16(void) {
  static const struct {
    char bytes[4];
    bb_encoding is;
  } starts[] = {
      {{'a', 0, 'b', 0},   BB_ENCODING_UTF16LE},
      {{0, 'a', 0, 'b'},   BB_ENCODING_UTF16BE},
      {{'a', 0, 'b', 'c'}, BB_ENCODING_8_BIT  },
      {{'a', 0, 0, 'c'},   BB_ENCODING_8_BIT  },
      {{0, 'a', 'b', 'c'}, BB_ENCODING_8_BIT  },
      {{0, 'a', 0, 0},     BB_ENCODING_8_BIT  },
      {{0, 0, 0, 0},       BB_ENCODING_8_BIT  },
  };
  check_begin("UTF-16 without a mark is found by its zeros");
  for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
    size_t mark;
    check_context("%zu", i);
    CHECK_INT(bb_encoding_of((biobert_str){starts[i].bytes, 4}, &mark), starts[i].is);
  }
  check_begin("half a character of UTF-16 is replaced, and what follows is read");
  static const char halves[] = "\x00\xD8\x00\xE0"
                               "\x00\xDC"
                               "a\x00"
                               "\x00\xD8";
  bb_text text = {0};
  const size_t read = bb_add_utf16(&text, (biobert_str){halves, sizeof halves - 1},
                                   BB_ENCODING_UTF16LE, true);
  CHECK_INT((long long)read, (long long)sizeof halves - 1);
  bb_text_add_char(&text, '\0');
  CHECK_STR(text.data, "\uFFFD\uE000\uFFFD"
                       "a\uFFFD");
  bb_text_free(&text);
}

int main(void) {
  CHECK_ROWS(bibtex);
  CHECK_ROWS(csl);
  CHECK_ROWS(marked_csl);
  CHECK_ROWS(open_csl);
  CHECK_ROWS(csv);
  CHECK_ROWS(two_authors_csv);
  CHECK_ROWS(tagged_csv);
  CHECK_ROWS(half_tagged_csv);
  CHECK_ROWS(medline);
  CHECK_ROWS(ris);
  CHECK_ROWS(refer);
  CHECK_ROWS(ebook);
  CHECK_ROWS(jats);
  CHECK_ROWS(english);
  CHECK_ROWS(no_language);
  CHECK_ROWS(tei);
  CHECK_ROWS(endnote);
  CHECK_ROWS(pubmed);
  CHECK_ROWS(latin_2);
  CHECK_ROWS(windows);
  CHECK_ROWS(ascii);
  CHECK_ROWS(shift_jis);
  CHECK_ROWS(dotted);
  CHECK_ROWS(underlined);
  CHECK_ROWS(unnamed);
  test_many_fields();
  test_long_doi();
  test_deep_sections();
  test_utf16();
  return check_report();
}
