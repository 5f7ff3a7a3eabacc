/* csl_json.c - CSL-JSON, of Zotero, pandoc and Crossref, and the works of OpenAlex and
 * Europe PMC, which have the same things under other names.
 *
 * https://github.com/citation-style-language/schema (csl-data.json)
 * https://docs.openalex.org/api-entities/works/work-object
 * https://europepmc.org/RestfulWebService (resultType=core, and lite) */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/status.h"
#include "format/json.h"
#include "records/abstracts.h"
#include "records/json_elements.h"
#include "records/parsers.h"
#include "records/tagged_fields.h"

typedef struct csl_json {
  bb_json_elements elements;
} csl_json;

/* Nodes ------------------------------------------------------------------------------ */

enum { NUMBER_BYTES = 24 };

/* A string, or an integer as one in `buffer`; of an array its first element. */
static biobert_str text_of(const bb_json_node *node, char buffer[NUMBER_BYTES]) {
  int64_t number;
  if (bb_json_kind_of(node) == BB_JSON_ARRAY) node = bb_json_first(node);
  if (bb_json_int(node, &number)) {
    const int len = snprintf(buffer, NUMBER_BYTES, "%" PRId64, number);
    return (biobert_str){buffer, (size_t)len};
  }
  const biobert_str text = bb_json_string(node);
  return text.data ? text : (biobert_str){"", 0};
}

/* The text at a path of keys: "primary_location", "source", "display_name". */
static const bb_json_node *node_at(const bb_json_node *node, const char *const *keys) {
  while (node && *keys) node = bb_json_get(node, *keys++);
  return node;
}

/* Rows ------------------------------------------------------------------------------- */

typedef struct member {
  const char *keys[4]; /* a path; the last one is NULL */
  biobert_record_field into;
  bb_put_field *put;
} member;

static void put_issns(bb_record *r, biobert_record_field into, biobert_str value) {
  (void)into;
  bb_put_serial(r, BIOBERT_RECORD_ISSN, value);
}

static void put_noted(bb_record *r, biobert_record_field into, biobert_str value) {
  (void)into;
  bb_record_set_noted(r, value);
}

/* Better names first, where the first value holds. */
static const member members[] = {
    {{"title"},                                      BIOBERT_RECORD_TITLE,          bb_put_title   },
    {{"display_name"},                               BIOBERT_RECORD_TITLE,          bb_put_title   },
    {{"original-title"},                             BIOBERT_RECORD_ORIGINAL_TITLE, bb_put_title   },
    {{"abstract"},                                   BIOBERT_RECORD_ABSTRACT,       bb_put_abstract},
    {{"abstractText"},                               BIOBERT_RECORD_ABSTRACT,       bb_put_abstract},
    {{"DOI"},                                        BIOBERT_RECORD_DOI,            bb_put_doi     },
    {{"doi"},                                        BIOBERT_RECORD_DOI,            bb_put_doi     },
    {{"ids", "doi"},                                 BIOBERT_RECORD_DOI,            bb_put_doi     },
    {{"PMID"},                                       BIOBERT_RECORD_FIELDS,         bb_put_pmid    },
    {{"pmid"},                                       BIOBERT_RECORD_FIELDS,         bb_put_pmid    },
    {{"ids", "pmid"},                                BIOBERT_RECORD_FIELDS,         bb_put_pmid    },
    {{"PMCID"},                                      BIOBERT_RECORD_PMCID,          bb_put_pmcid   },
    {{"pmcid"},                                      BIOBERT_RECORD_PMCID,          bb_put_pmcid   },
    {{"ids", "pmcid"},                               BIOBERT_RECORD_PMCID,          bb_put_pmcid   },
    {{"note"},                                       BIOBERT_RECORD_FIELDS,         put_noted      },
    {{"container-title"},                            BIOBERT_RECORD_JOURNAL,        bb_put_title   },
    {{"primary_location", "source", "display_name"},
     BIOBERT_RECORD_JOURNAL,                                                        bb_put_title   },
    {{"host_venue", "display_name"},                 BIOBERT_RECORD_JOURNAL,        bb_put_title   },
    {{"journalInfo", "journal", "title"},            BIOBERT_RECORD_JOURNAL,        bb_put_title   },
    {{"journalTitle"},                               BIOBERT_RECORD_JOURNAL,        bb_put_title   },
    {{"volume"},                                     BIOBERT_RECORD_VOLUME,         bb_record_set  },
    {{"biblio", "volume"},                           BIOBERT_RECORD_VOLUME,         bb_record_set  },
    {{"journalInfo", "volume"},                      BIOBERT_RECORD_VOLUME,         bb_record_set  },
    {{"journalVolume"},                              BIOBERT_RECORD_VOLUME,         bb_record_set  },
    {{"issue"},                                      BIOBERT_RECORD_ISSUE,          bb_record_set  },
    {{"biblio", "issue"},                            BIOBERT_RECORD_ISSUE,          bb_record_set  },
    {{"journalInfo", "issue"},                       BIOBERT_RECORD_ISSUE,          bb_record_set  },
    {{"page"},                                       BIOBERT_RECORD_PAGES,          bb_record_set  },
    {{"pageInfo"},                                   BIOBERT_RECORD_PAGES,          bb_record_set  },
    {{"publisher"},                                  BIOBERT_RECORD_PUBLISHER,      bb_record_set  },
    {{"ISBN"},                                       BIOBERT_RECORD_ISBN,           put_issns      },
    {{"ISSN"},                                       BIOBERT_RECORD_ISSN,           put_issns      },
    {{"primary_location", "source", "issn"},         BIOBERT_RECORD_ISSN,           put_issns      },
    {{"journalInfo", "journal", "issn"},             BIOBERT_RECORD_ISSN,           put_issns      },
    {{"journalInfo", "journal", "essn"},             BIOBERT_RECORD_ISSN,           put_issns      },
    {{"keyword"},                                    BIOBERT_RECORD_KEYWORDS,       bb_put_list    },
    {{"keywordList", "keyword"},                     BIOBERT_RECORD_KEYWORDS,       bb_put_list    },
    {{"type"},                                       BIOBERT_RECORD_TYPE,           bb_record_set  },
    {{"pubTypeList", "pubType"},                     BIOBERT_RECORD_TYPE,           bb_record_add  },
    {{"language"},                                   BIOBERT_RECORD_LANGUAGE,       bb_put_language},
    {{"URL"},                                        BIOBERT_RECORD_URL,            bb_record_set  },
    {{"primary_location", "landing_page_url"},       BIOBERT_RECORD_URL,            bb_record_set  },
};

static bool takes_all(const member *m) {
  return m->put == put_issns || m->put == bb_put_list || m->put == bb_record_add;
}

static void put_members(bb_record *r, const bb_json_node *work) {
  char number[NUMBER_BYTES];
  for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
    const member *m = &members[i];
    const bb_json_node *node = node_at(work, m->keys), *item = NULL;
    if (takes_all(m) && bb_json_kind_of(node) == BB_JSON_ARRAY)
      item = bb_json_first(node);
    for (const bb_json_node *n = item ? item : node; n;
         n = item ? bb_json_next(n) : NULL) {
      const biobert_str value = text_of(n, number);
      if (value.len) m->put(r, m->into, value);
    }
  }
}

/* Persons ---------------------------------------------------------------------------- */

/* "van der" and "Berg" -> "van der Berg" */
static void put_person(bb_record *r, biobert_record_field into, const bb_json_node *n) {
  char number[NUMBER_BYTES];
  const biobert_str family = text_of(bb_json_get(n, "family"), number);
  const biobert_str particle = bb_json_string(bb_json_get(n, "non-dropping-particle"));
  const biobert_str given = bb_json_string(bb_json_get(n, "given"));
  biobert_str literal = bb_json_string(bb_json_get(n, "literal"));
  if (!literal.len) literal = bb_json_string(bb_json_get(n, "name"));
  if (!family.len) {
    bb_record_add_person(r, into, literal.len ? literal : given, (biobert_str){"", 0});
    return;
  }
  bb_text whole = {0};
  bb_text_add(&whole, particle);
  if (particle.len) bb_text_add_char(&whole, ' ');
  bb_text_add(&whole, family);
  bb_record_add_person(r, into, bb_text_view(&whole), given);
  r->no_memory |= whole.no_memory;
  bb_text_free(&whole);
}

/* Europe PMC: {"authorList": {"author": [{"lastName": ...}]}}, or "Lee J, Yoon W." alone. */
static void put_author_list(bb_record *r, const bb_json_node *work) {
  const bb_json_node *list = bb_json_get(bb_json_get(work, "authorList"), "author");
  for (const bb_json_node *n = bb_json_first(list); n; n = bb_json_next(n)) {
    const biobert_str family = bb_json_string(bb_json_get(n, "lastName"));
    const biobert_str given = bb_json_string(bb_json_get(n, "firstName"));
    const biobert_str group = bb_json_string(bb_json_get(n, "collectiveName"));
    bb_record_add_person(r, BIOBERT_RECORD_AUTHORS, family.len ? family : group, given);
  }
  if (!bb_record_has(r, BIOBERT_RECORD_AUTHORS))
    bb_put_author_string(r, BIOBERT_RECORD_AUTHORS,
                         bb_json_string(bb_json_get(work, "authorString")));
}

static void put_persons(bb_record *r, const bb_json_node *work) {
  const bb_json_node *n;
  for (n = bb_json_first(bb_json_get(work, "author")); n; n = bb_json_next(n))
    put_person(r, BIOBERT_RECORD_AUTHORS, n);
  for (n = bb_json_first(bb_json_get(work, "editor")); n; n = bb_json_next(n))
    put_person(r, BIOBERT_RECORD_EDITORS, n);
  for (n = bb_json_first(bb_json_get(work, "authorships")); n; n = bb_json_next(n)) {
    const bb_json_node *author = bb_json_get(n, "author");
    biobert_str name = bb_json_string(bb_json_get(author, "display_name"));
    if (!name.len) name = bb_json_string(bb_json_get(n, "raw_author_name"));
    bb_record_add_name(r, BIOBERT_RECORD_AUTHORS, name, BB_PERSON_GIVEN_FIRST);
  }
  put_author_list(r, work);
}

/* Dates ------------------------------------------------------------------------------ */

/* {"date-parts": [[2001, 5, 17]]}, {"raw": "17 May 2001"}, or a text. */
static void put_csl_date(bb_record *r, const bb_json_node *date) {
  char parts[3][NUMBER_BYTES];
  biobert_str values[3] = {
      {"", 0},
      {"", 0},
      {"", 0}
  };
  const bb_json_node *n = bb_json_first(bb_json_first(bb_json_get(date, "date-parts")));
  for (size_t i = 0; i < 3 && n; i++, n = bb_json_next(n))
    values[i] = text_of(n, parts[i]);
  bb_record_set_date_parts(r, values[0], values[1], values[2]);
  bb_record_set_date(r, bb_json_string(bb_json_get(date, "raw")));
  bb_record_set_date(r, bb_json_string(bb_json_get(date, "literal")));
  bb_record_set_date(r, bb_json_string(date));
}

static void put_dates(bb_record *r, const bb_json_node *work) {
  static const char *const names[] = {"issued", "published", "published-print",
                                      "published-online", "publication_date"};
  char number[NUMBER_BYTES];
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    put_csl_date(r, bb_json_get(work, names[i]));
  bb_record_set_date(r, text_of(bb_json_get(work, "publication_year"), number));
  put_csl_date(r, bb_json_get(bb_json_get(work, "journalInfo"), "dateOfPublication"));
  bb_record_set_date(r, text_of(bb_json_get(work, "pubYear"), number));
}

/* What OpenAlex has of its own ------------------------------------------------------- */

/* {"Aspirin": [0, 7], "prevents": [1]}: the places of each word. */
static size_t count_words(const bb_json_node *index) {
  enum { MOST = 1 << 20 };
  size_t count = 0;
  for (const bb_json_node *w = bb_json_first(index); w; w = bb_json_next(w))
    for (const bb_json_node *p = bb_json_first(w); p; p = bb_json_next(p)) {
      int64_t place;
      if (bb_json_int(p, &place) && place >= 0 && place < MOST && (size_t)place >= count)
        count = (size_t)place + 1;
    }
  return count;
}

static void put_inverted(bb_record *r, const bb_json_node *index) {
  const size_t count = count_words(index);
  if (!count || bb_record_has(r, BIOBERT_RECORD_ABSTRACT)) return;
  biobert_str *words = bb_alloc_zeroed(NULL, count, sizeof *words);
  bb_text text = {.no_memory = !words};
  for (const bb_json_node *w = bb_json_first(index); w && words; w = bb_json_next(w))
    for (const bb_json_node *p = bb_json_first(w); p; p = bb_json_next(p)) {
      int64_t place;
      if (bb_json_int(p, &place) && place >= 0 && (uint64_t)place < count)
        words[place] = bb_json_key(w);
    }
  for (size_t i = 0; i < count && words && text.len <= BB_LONGEST_RECORD; i++) {
    if (text.len && words[i].len) bb_text_add_char(&text, ' ');
    bb_text_add(&text, words[i]);
  }
  bb_record_add_abstract(r, BIOBERT_RECORD_ABSTRACT, bb_text_view(&text));
  r->no_memory |= text.no_memory;
  bb_text_free(&text);
  bb_free(NULL, words);
}

static void put_mesh(bb_record *r, const bb_json_node *mesh) {
  for (const bb_json_node *n = bb_json_first(mesh); n; n = bb_json_next(n)) {
    const bool is_major = bb_json_is_true(bb_json_get(n, "is_major_topic"));
    const biobert_str name = bb_json_string(bb_json_get(n, "descriptor_name"));
    const biobert_str qualifier = bb_json_string(bb_json_get(n, "qualifier_name"));
    bb_text heading = {0};
    if (is_major && !qualifier.len) bb_text_add_char(&heading, '*');
    bb_text_add(&heading, name);
    if (qualifier.len) bb_text_add(&heading, bb_str(is_major ? "/*" : "/"));
    bb_text_add(&heading, qualifier);
    bb_record_add(r, BIOBERT_RECORD_MESH, bb_text_view(&heading));
    r->no_memory |= heading.no_memory;
    bb_text_free(&heading);
  }
}

static void put_openalex(bb_record *r, const bb_json_node *work) {
  char first[NUMBER_BYTES], last[NUMBER_BYTES];
  const bb_json_node *biblio = bb_json_get(work, "biblio");
  put_inverted(r, bb_json_get(work, "abstract_inverted_index"));
  put_mesh(r, bb_json_get(work, "mesh"));
  bb_record_set_pages(r, text_of(bb_json_get(biblio, "first_page"), first),
                      text_of(bb_json_get(biblio, "last_page"), last));
  const bb_json_node *n = bb_json_first(bb_json_get(work, "keywords"));
  for (; n; n = bb_json_next(n)) {
    bb_record_add(r, BIOBERT_RECORD_KEYWORDS,
                  bb_json_string(bb_json_get(n, "display_name")));
    bb_record_add(r, BIOBERT_RECORD_KEYWORDS, bb_json_string(bb_json_get(n, "keyword")));
  }
  if (bb_json_is_true(bb_json_get(work, "is_retracted")))
    r->shown.status = BIOBERT_RECORD_IS_RETRACTED;
}

/* Records ---------------------------------------------------------------------------- */

/* What keeps an object from being read is of this record alone, but for memory. */
static biobert_status parse(const bb_json_elements *e, bb_record *r, biobert_error *err) {
  biobert_error why = {.status = BIOBERT_OK};
  bb_json *json = NULL;
  biobert_status status = bb_json_parse(bb_text_view(&e->text), "JSON", &json, &why);
  if (status == BIOBERT_NOMEM) {
    *err = why;
    return status;
  }
  if (status) {
    bb_record_broken(r, "the object at byte %" PRIu64 ": %s", e->at, why.message);
    return BIOBERT_OK;
  }
  const bb_json_node *work = bb_json_root(json);
  put_members(r, work);
  put_persons(r, work);
  put_dates(r, work);
  put_openalex(r, work);
  bb_json_free(json);
  return BIOBERT_OK;
}

static biobert_status next(void *state, bb_source *source, bb_record *r, bool *more,
                           biobert_error *err) {
  bb_json_elements *e = &((csl_json *)state)->elements;
  biobert_status status = bb_next_element(e, source, more, err);
  if (status || !*more) return status;
  r->too_long = e->is_cut;
  if (e->is_cut) return BIOBERT_OK;
  if (!e->is_open) return parse(e, r, err);
  bb_record_broken(r, "the object at byte %" PRIu64 " is not closed", e->at);
  return BIOBERT_OK;
}

static void close(void *state) {
  bb_json_elements_free(&((csl_json *)state)->elements);
}

static bool looks_like(biobert_str text) {
  static const char *const keys[] = {"\"title\"", "\"display_name\"", "\"abstract\"",
                                     "\"DOI\"", "\"container-title\""};
  text = bb_trimmed(text);
  if (!text.len || !memchr("[{", text.data[0], 2)) return false;
  if (text.len == 2 && text.data[1] == ']') return true;
  for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
    if (bb_str_find(text, bb_str(keys[i]))) return true;
  return false;
}

const bb_record_parser bb_csl_json = {
    .format = {"csl-json",
               "CSL-JSON of Zotero, pandoc and Crossref; OpenAlex, Europe PMC", "JSON objects with \"title\" and the like"},
    .looks_like = looks_like,
    .state_bytes = sizeof(csl_json),
    .next = next,
    .close = close,
};
