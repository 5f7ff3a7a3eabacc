/* core.c - makes every allocation of core fail.
 *
 * An operation is repeated with 0, 1, 2, ... allocations that succeed before one fails,
 * alone or with all later ones, until it needs no more than it gets. Each time it must
 * say that there is no memory, or succeed with the right result; nothing may be left
 * behind; and then the same must succeed with memory.
 *
 * Core is linked in, and its allocations fail through base/mem_fault.h. What it takes
 * from the C library and loses is found by the leak sanitizer, under MODE=asan. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem_fault.h"
#include "biobert.h"
#include "biobert_records.h"
#include "check.h"

/* Finds what cannot be reached any more, now; absent without the sanitizer. */
int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

static bool leaks(void) {
  return __lsan_do_recoverable_leak_check && __lsan_do_recoverable_leak_check() != 0;
}

static biobert_str view(const char *text) {
  return (biobert_str){text, strlen(text)};
}

/* Long enough for several chunks and sentences, and for more tokens than the model takes.
 */
static const char text[] = "Aspirin reduced the risk of stroke in patients with cancer. "
                           "The kinase binds (Fig. 1) to "
                           "DNA, and the mutation of the gene was not found in blood. "
                           "Was insulin not given to the "
                           "patients after surgery? Proteins of the virus bind the "
                           "receptor of cells in the lung.";

/* Memory of a session, counted. */
static long session_blocks;

static void *session_alloc(void *ctx, size_t bytes) {
  (void)ctx;
  session_blocks++;
  return malloc(bytes);
}

static void *session_realloc(void *ctx, void *block, size_t bytes) {
  (void)ctx;
  if (!block) session_blocks++;
  return realloc(block, bytes);
}

static void session_free(void *ctx, void *block) {
  (void)ctx;
  if (block) session_blocks--;
  free(block);
}

/* What an operation works on: made before any allocation fails. */
typedef struct core_state {
  biobert_model *model;
  biobert_session *session;
  float *query; /* [dimension] */
} core_state;

typedef biobert_status core_fn(const core_state *s, biobert_error *err);

#define MODELS "tests/golden/models/"

static biobert_status open_model(const char *path, const char *options,
                                 biobert_error *err) {
  biobert_model *model = NULL;
  biobert_status status = biobert_model_open(view(path), view(options), &model, err);
  biobert_model_close(model);
  return status;
}

static biobert_status open_st_dense(const core_state *s, biobert_error *err) {
  (void)s;
  return open_model(MODELS "st_dense", "{\"query_prompt\":\"query: \",\"max_tokens\":32}",
                    err);
}

static biobert_status open_token_cls(const core_state *s, biobert_error *err) {
  (void)s;
  return open_model(MODELS "token_cls", "", err);
}

static biobert_status open_bin_zip(const core_state *s, biobert_error *err) {
  (void)s;
  return open_model(MODELS "bin_zip", "{\"pooling\":\"cls+mean\",\"normalize\":true}",
                    err);
}

static biobert_status open_sharded(const core_state *s, biobert_error *err) {
  (void)s;
  return open_model(MODELS "sharded", "", err);
}

static biobert_status open_added(const core_state *s, biobert_error *err) {
  (void)s;
  return open_model(MODELS "added", "", err);
}

static biobert_status refused(const core_state *s, biobert_error *err) {
  (void)s;
  biobert_error why = {0};
  biobert_status status = open_model(MODELS "st_weighted", "", &why);
  if (status != BIOBERT_UNSUPPORTED) {
    *err = why;
    return status;
  }
  return BIOBERT_OK;
}

/* What is not there: IO is right, whether or not there was memory to look everywhere. */
static biobert_status not_in_hub_cache(const core_state *s, biobert_error *err) {
  (void)s;
  const biobert_status status = open_model("nobody/no-such-model", "", err);
  return status == BIOBERT_IO ? BIOBERT_OK : status;
}

static biobert_status no_default_model(const core_state *s, biobert_error *err) {
  (void)s;
  char *path = NULL, named[512];
  snprintf(named, sizeof named, "%s", getenv("BIOBERT_MODEL"));
  unsetenv("BIOBERT_MODEL");
  const biobert_status status =
      biobert_default_model_path("/nowhere/build/release/biobert.so", &path, err);
  setenv("BIOBERT_MODEL", named, 1);
  biobert_free(path);
  return status == BIOBERT_IO ? BIOBERT_OK : status;
}

static biobert_status embed(const core_state *s, biobert_error *err) {
  const biobert_session_options options = {
      .allocator = {session_alloc, session_realloc, session_free, NULL}
  };
  biobert_session *session = NULL;
  float vector[64];
  biobert_status status = biobert_session_new(s->model, &options, &session, err);
  if (!status) status = biobert_embed(session, view(text), BIOBERT_QUERY, vector, err);
  if (!status)
    status = biobert_embed_pair(session, view(text), view("aspirin"), vector, err);
  if (!status) status = biobert_embed_span(session, view(text), 60, 90, vector, err);
  biobert_session_free(session);
  return status;
}

static biobert_status hidden_states(const core_state *s, biobert_error *err) {
  float *states = NULL;
  size_t tokens;
  biobert_status status =
      biobert_hidden_states(s->session, view(text), 1, &states, &tokens, err);
  biobert_session_release(s->session, states);
  return status;
}

typedef struct ids {
  int32_t values[128];
  size_t count;
} ids;

static bool take_id(void *ctx, const biobert_token *token) {
  ids *i = ctx;
  i->values[i->count++] = token->id;
  return i->count < sizeof i->values / sizeof i->values[0];
}

static biobert_status tokenize(const core_state *s, biobert_error *err) {
  ids taken = {0};
  char *again = NULL;
  size_t len;
  biobert_status status = biobert_tokenize(s->session, view(text), take_id, &taken, err);
  if (!status)
    status = biobert_detokenize(s->session, taken.values, taken.count, &again, &len, err);
  biobert_session_release(s->session, again);
  return status;
}

static biobert_status chunks(const core_state *s, biobert_error *err) {
  biobert_chunk *found = NULL;
  biobert_span *sentences = NULL;
  size_t count;
  biobert_status status =
      biobert_chunks(s->session, view(text), 9, 3, &found, &count, err);
  if (!status)
    status = biobert_sentences(s->session, view(text), &sentences, &count, err);
  biobert_session_release(s->session, found);
  biobert_session_release(s->session, sentences);
  return status;
}

static biobert_status highlights(const core_state *s, biobert_error *err) {
  biobert_highlight *hits = NULL;
  size_t count;
  biobert_status status =
      biobert_highlights(s->session, s->query, view(text), 2, &hits, &count, err);
  biobert_session_release(s->session, hits);
  return status;
}

static biobert_status vectors(const core_state *s, biobert_error *err) {
  (void)s;
  static const char json[] = "[0.5,-1.25e-3,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,0.1]";
  float *vector = NULL;
  int32_t *tokens = NULL;
  char *printed = NULL;
  size_t n, len;
  biobert_status status = biobert_vector_parse(view(json), &vector, &n, err);
  if (!status) status = biobert_vector_print(vector, n, &printed, &len, err);
  if (!status) status = biobert_ids_parse(view("[1,2,3]"), &tokens, &n, err);
  biobert_free(vector);
  biobert_free(printed);
  biobert_free(tokens);
  return status;
}

static biobert_status hashes(const core_state *s, biobert_error *err) {
  (void)s;
  char hash[BIOBERT_HASH_CHARS];
  biobert_model *model = NULL;
  biobert_status status = biobert_model_open(view(MODELS "eps"), view(""), &model, err);
  if (!status) status = biobert_model_sha256(model, hash, err);
  if (!status) status = biobert_model_fingerprint(model, hash, err);
  biobert_model_close(model);
  return status;
}

static biobert_status default_path(const core_state *s, biobert_error *err) {
  (void)s;
  char *path = NULL, *json = NULL;
  biobert_status status = biobert_default_model_path("build/x/biobert.so", &path, err);
  if (!status) status = biobert_build_info(&json, err);
  biobert_free(path);
  biobert_free(json);
  return status;
}

static biobert_status learn_vocabulary(const core_state *s, biobert_error *err) {
  (void)s;
  const biobert_session_options options = {
      .allocator = {session_alloc, session_realloc, session_free, NULL}
  };
  biobert_vocabulary *v = NULL;
  biobert_str lines;
  biobert_status status =
      biobert_vocabulary_new(60, view("{\"min_count\": 1}"), &options, &v, err);
  if (!status) status = biobert_vocabulary_add(v, view(text), err);
  if (!status) status = biobert_vocabulary_learn(v, &lines, err);
  biobert_vocabulary_free(v);
  return status;
}

/* Bytes of all fields of all records. */
static biobert_status read_records(const char *path, const char *format, size_t *bytes,
                                   biobert_error *err) {
  biobert_records *records = NULL;
  const biobert_record *record = NULL;
  *bytes = 0;
  biobert_status status =
      biobert_records_open(view(path), view(format), NULL, &records, err);
  if (!status) status = biobert_records_next(records, &record, err);
  while (!status && record) {
    for (size_t i = 0; i < BIOBERT_RECORD_FIELDS; i++) *bytes += record->fields[i].len;
    status = biobert_records_next(records, &record, err);
  }
  biobert_records_close(records);
  return status;
}

/* With memory or without, all of it is read or it fails. */
static biobert_status read_all(const char *document, const char *format, size_t *expected,
                               biobert_error *err) {
  char path[32];
  size_t bytes;
  const size_t size = strlen(document);
  const int fd = memfd_create("records", MFD_CLOEXEC);
  CHECK(fd >= 0 && write(fd, document, size) == (ssize_t)size);
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  biobert_status status = read_records(path, format, &bytes, err);
  close(fd);
  if (!status && !*expected) *expected = bytes;
  if (!status) CHECK_INT(bytes, *expected);
  return status;
}

static biobert_status pubmed_records(const core_state *s, biobert_error *err) {
  static size_t expected;
  (void)s;
  return read_all(
      "<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID Version=\"1\">1</PMID>"
      "<Article><ArticleTitle>The <i>title</i> &alpha;</ArticleTitle><ELocationID "
      "EIdType=\"doi\">10.1/x</ELocationID><Abstract><AbstractText Label=\"AIM\">Text"
      "</AbstractText></Abstract><AuthorList><Author><LastName>A</LastName><ForeName>B"
      "</ForeName><Suffix>Jr</Suffix></Author></AuthorList><Pagination><StartPage>1"
      "</StartPage><EndPage>9</EndPage></Pagination></Article><MeshHeadingList>"
      "<MeshHeading><DescriptorName>D</DescriptorName><QualifierName MajorTopicYN=\"Y\">"
      "q</QualifierName></MeshHeading></MeshHeadingList></MedlineCitation></"
      "PubmedArticle>"
      "<PubmedArticle><PMID>2 & </PMID></PubmedArticle><PubmedArticle><MedlineCitation>"
      "<PMID>3</PMID></MedlineCitation></PubmedArticle></PubmedArticleSet>",
      "pubmed-xml", &expected, err);
}

static biobert_status full_text_records(const core_state *s, biobert_error *err) {
  static size_t expected;
  (void)s;
  return read_all(
      "<article xml:lang=\"de\"><front><article-meta><article-id pub-id-type=\"pmc\">12"
      "</article-id><title-group><article-title>T</article-title><subtitle>S</subtitle>"
      "<trans-title xml:lang=\"en\">U</trans-title></title-group><pub-date><year>2001"
      "</year></pub-date><fpage>1</fpage><lpage>2</lpage><abstract><sec><title>L</title>"
      "<p>a</p><p>b</p></sec></abstract></article-meta></front><body><sec><title>A</"
      "title>"
      "<p>x</p><sec><title>B</title><p>y</p></sec></sec></body></article>",
      "jats", &expected, err);
}

static biobert_status bibtex_records(const core_state *s, biobert_error *err) {
  static size_t expected;
  (void)s;
  return read_all("@string{j = {Journal}}\n@article{a, title={{\\'E}tude $\\beta$}, "
                  "subtitle={x}, author={M{\\\"u}ller, Jr, A and {B and C} and D E}, "
                  "journal = j # { of X}, crossref={p}, year=2001, month=may, url={a~b}, "
                  "keywords={a;b}, pages={1--2}}\n@book{p, title={P}, publisher={Q}, "
                  "xdata={y}}\n@xdata{y, volume={3}}\n",
                  "bibtex", &expected, err);
}

static biobert_status tagged_records(const core_state *s, biobert_error *err) {
  static size_t medline, ris, wos, refer;
  (void)s;
  biobert_status status = read_all(
      "PMID- 1\nTI  - [A <i>title</i>]\n      of two.\nTT  - Ein Titel\nAB  - AIM: One. "
      "END: Two.\nFAU - Doe, J\nAU  - Doe J\nDEP - 20010517\nMH  - A/b/*c\nTA  - J\n"
      "\nPMID- 2\nBTI - M\xFCller\n",
      "medline", &medline, err);
  if (!status)
    status = read_all("TY  - JOUR\nTI  - x &lt; y\nT2  - J\nAB  - a\nN2  - b\nSP  - 1\n"
                      "EP  - 2\nPY  - 2001\nDA  - 2001/05\nKW  - a; b\nM3  - doi:10.1/x\n"
                      "ER  - \nTY  - BOOK\nBT  - B\n",
                      "ris", &ris, err);
  if (!status)
    status = read_all("PT J\nAF Doe, J\n   Roe, K\nTI T\nPY 2001\nPD MAY\nBP 1\nER\n",
                      "wos", &wos, err);
  if (!status)
    status = read_all("%0 Book\n%A Doe, J\n%T T\n%B B\n%D 2001\n%8 May 17\n%K a\nb\n"
                      "%M 1\n%~ PubMed\n\n%0 Thesis\n%T U\n",
                      "refer", &refer, err);
  return status;
}

static biobert_status table_records(const core_state *s, biobert_error *err) {
  static size_t csv, wos, json, open;
  (void)s;
  biobert_status status = read_all(
      "title;authors;abstract\n\"a\nb\";Doe J, Roe K;<p>x</p>\n\"open;1\nc;d;e;f\n",
      "csv", &csv, err);
  if (!status)
    status = read_all("PT\tAU\tTI\tPY\nJ\tDoe, J; Roe, K\tT\t2001\n", "csv", &wos, err);
  if (!status)
    status = read_all(
        "{\"results\": [{\"title\": [\"T\"], \"author\": [{\"family\": \"B\", "
        "\"non-dropping-particle\": \"van\"}], \"abstract_inverted_index\": {\"a\": "
        "[1], \"b\": [0]}, \"mesh\": [{\"descriptor_name\": \"D\"}]}, {\"x\" 1}]}",
        "csl-json", &json, err);
  if (!status)
    status = read_all("[\n {\"title\": \"one\n },\n {\n  \"title\": \"two\"\n },\n"
                      " {\n  \"title\": \"three\"\n }\n]\n",
                      "csl-json", &open, err);
  return status;
}

/* Opens a model of its own and does one task with it. */
static biobert_status do_task(const char *path,
                              biobert_status (*task)(biobert_session *, biobert_error *),
                              biobert_error *err) {
  biobert_model *model = NULL;
  biobert_session *session = NULL;
  biobert_status status = biobert_model_open(view(path), view(""), &model, err);
  if (!status) status = biobert_session_new(model, NULL, &session, err);
  if (!status) status = task(session, err);
  biobert_session_free(session);
  biobert_model_close(model);
  return status;
}

static biobert_status do_masks(biobert_session *s, biobert_error *err) {
  biobert_fill *fills = NULL;
  float *numbers = NULL;
  int32_t *input = NULL;
  size_t n;
  biobert_status status =
      biobert_fill_mask(s, view("a [MASK] b [MASK]"), 3, &fills, &n, err);
  if (!status) status = biobert_logits(s, view("a"), 1, &numbers, &n, err);
  biobert_session_release(s, numbers);
  numbers = NULL;
  if (!status)
    status = biobert_attention(s, view("a"), 1, BIOBERT_ALL, &numbers, &n, err);
  if (!status) status = biobert_input_ids(s, view("a"), &input, &n, err);
  biobert_session_release(s, numbers);
  biobert_session_release(s, input);
  biobert_session_release(s, fills);
  return status;
}

static biobert_status do_entities(biobert_session *s, biobert_error *err) {
  biobert_entity *entities = NULL;
  size_t n;
  biobert_status status = biobert_entities(s, view(text), &entities, &n, err);
  biobert_session_release(s, entities);
  return status;
}

static biobert_status do_answers(biobert_session *s, biobert_error *err) {
  biobert_answer_span *answers = NULL;
  size_t n;
  biobert_status status =
      biobert_answer(s, view("Which kinase?"), view(text), 3, &answers, &n, err);
  biobert_session_release(s, answers);
  return status;
}

static biobert_status do_labels(biobert_session *s, biobert_error *err) {
  biobert_label_score *labels = NULL;
  double score;
  size_t n;
  biobert_status status =
      biobert_classify(s, view(text), view("aspirin"), &labels, &n, err);
  if (!status) status = biobert_rerank(s, view("aspirin"), view(text), &score, err);
  biobert_session_release(s, labels);
  return status;
}

static biobert_status masks(const core_state *s, biobert_error *err) {
  (void)s;
  return do_task(MODELS "mlm_untied", do_masks, err);
}

static biobert_status entities(const core_state *s, biobert_error *err) {
  (void)s;
  return do_task(MODELS "token_cls", do_entities, err);
}

static biobert_status answers(const core_state *s, biobert_error *err) {
  (void)s;
  return do_task(MODELS "qa", do_answers, err);
}

static biobert_status labels(const core_state *s, biobert_error *err) {
  (void)s;
  return do_task(MODELS "cross_encoder", do_labels, err);
}

static const struct {
  const char *says;
  core_fn *run;
} core_operations[] = {
    {"opening a sentence-transformers model", open_st_dense    },
    {"opening a model with labels",           open_token_cls   },
    {"opening a torch.save model",            open_bin_zip     },
    {"opening a model of several files",      open_sharded     },
    {"opening a model with added tokens",     open_added       },
    {"refusing a model",                      refused          },
    {"a hub id that is not in the cache",     not_in_hub_cache },
    {"no default model",                      no_default_model },
    {"a session that embeds",                 embed            },
    {"hidden states",                         hidden_states    },
    {"tokens and their text",                 tokenize         },
    {"chunks and sentences",                  chunks           },
    {"highlights",                            highlights       },
    {"vectors and ids from and to JSON",      vectors          },
    {"masked words and attention",            masks            },
    {"entities of a long text",               entities         },
    {"answers from a long text",              answers          },
    {"labels of a pair, and its rank",        labels           },
    {"the hashes of a model",                 hashes           },
    {"the default model and the build",       default_path     },
    {"a vocabulary",                          learn_vocabulary },
    {"records of PubMed",                     pubmed_records   },
    {"records of full texts",                 full_text_records},
    {"records of BibTeX",                     bibtex_records   },
    {"records of tagged lines",               tagged_records   },
    {"records of tables and JSON",            table_records    },
};

/* once: an allocation fails alone, and the later ones succeed. */
static long fail_each(const core_state *s, core_fn *run, bool once) {
  biobert_error err = {0};
  long points = 0;
  for (bool failed = true; failed; points++) {
    const long blocks = session_blocks;
    err = (biobert_error){0};
    bb_mem_fail_after(points, once);
    const biobert_status status = run(s, &err);
    failed = bb_mem_fail_end();
    check_context("allocation %ld fails%s: %s", points, once ? " once" : "", err.message);
    if (status) CHECK(failed && status == BIOBERT_NOMEM);
    CHECK_INT(session_blocks, blocks);
    if (failed) CHECK_INT(run(s, &err), BIOBERT_OK);
  }
  return points - 1;
}

static void fail_core(const core_state *s, core_fn *run) {
  biobert_error err = {0};
  /* What stays for good (settings, worker threads) is made by a first run. */
  if (!CHECK_INT(run(s, &err), BIOBERT_OK)) {
    check_fail(__FILE__, __LINE__, "with memory: %s", err.message);
    return;
  }
  const long points = fail_each(s, run, false) + fail_each(s, run, true);
  check_context("after all of them");
  CHECK(!leaks());
  printf("  %5ld points: %s\n", points, check_state.sentence);
}

static void test_core(void) {
  const biobert_session_options options = {
      .allocator = {session_alloc, session_realloc, session_free, NULL}
  };
  float query[64] = {1, 2, 3};
  core_state s = {.query = query};
  biobert_error err = {0};
  check_begin("core has what its operations work on");
  CHECK_INT(biobert_model_open(view(MODELS "st_mean"), view(""), &s.model, &err),
            BIOBERT_OK);
  if (!s.model) return;
  CHECK(biobert_model_dimension(s.model) <= sizeof query / sizeof query[0]);
  CHECK_INT(biobert_session_new(s.model, &options, &s.session, &err), BIOBERT_OK);
  if (s.session) {
    for (size_t i = 0; i < sizeof core_operations / sizeof core_operations[0]; i++) {
      check_begin(core_operations[i].says);
      fail_core(&s, core_operations[i].run);
    }
  }
  biobert_session_free(s.session);
  biobert_model_close(s.model);
  check_begin("core gives everything back");
  CHECK_INT(session_blocks, 0);
  CHECK(!leaks());
}

int main(void) {
  setenv("BIOBERT_MODEL", MODELS "st_mean", 0);
  test_core();
  return check_report();
}
