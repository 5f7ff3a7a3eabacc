/* oom.c - makes every allocation fail once.
 *
 *     oom BIOBERT_SO        (or BUILD in the environment)
 *
 * An operation is repeated with 0, 1, 2, ... allocations that succeed before all later
 * ones fail, until it needs no more than it gets. Each time it must say that there is no
 * memory, or succeed with the right result; nothing may be left behind; and then the same
 * must succeed with memory.
 *
 * Core is linked in, and its allocations fail through base/mem_fault.h. The extension is
 * loaded like anybody's, and SQLite's allocator fails for it, through
 * SQLITE_CONFIG_MALLOC. What core itself takes from the C library is looked for by the
 * leak sanitizer, under MODE=asan. */
#include <inttypes.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem_fault.h"
#include "biobert.h"
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

/* Core ------------------------------------------------------------------------------- */

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
    {"opening a sentence-transformers model", open_st_dense   },
    {"opening a model with labels",           open_token_cls  },
    {"opening a torch.save model",            open_bin_zip    },
    {"opening a model of several files",      open_sharded    },
    {"opening a model with added tokens",     open_added      },
    {"refusing a model",                      refused         },
    {"a hub id that is not in the cache",     not_in_hub_cache},
    {"no default model",                      no_default_model},
    {"a session that embeds",                 embed           },
    {"hidden states",                         hidden_states   },
    {"tokens and their text",                 tokenize        },
    {"chunks and sentences",                  chunks          },
    {"highlights",                            highlights      },
    {"vectors and ids from and to JSON",      vectors         },
    {"masked words and attention",            masks           },
    {"entities of a long text",               entities        },
    {"answers from a long text",              answers         },
    {"labels of a pair, and its rank",        labels          },
    {"the hashes of a model",                 hashes          },
    {"the default model and the build",       default_path    },
};

/* clang-format off */
static void fail_core(const core_state *s, core_fn *run) {
  biobert_error err = {0};
  /* What stays for good (settings, worker threads) is made by a first run. */
  if (!CHECK_INT(run(s, &err), BIOBERT_OK)) {
    check_fail(__FILE__, __LINE__, "with memory: %s", err.message);
    return;
  }
  long points = 0;
  for (bool failed = true; failed; points++) {
    const long blocks = session_blocks;
    err = (biobert_error){0};
    bb_mem_fail_after(points);
    const biobert_status status = run(s, &err);
    failed = bb_mem_failed();
    bb_mem_fail_after(-1);
    check_context("allocation %ld fails: %s", points, err.message);
    if (status || !failed) CHECK_INT(status, failed ? BIOBERT_NOMEM : BIOBERT_OK);
    CHECK_INT(session_blocks, blocks);
    if (failed) CHECK_INT(run(s, &err), BIOBERT_OK);
  }
  check_context("after all of them");
  CHECK(!leaks());
  printf("  %5ld points: %s\n", points - 1, check_state.sentence);
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

/* SQL
 * -----------------------------------------------------------------------------------------
 */

static sqlite3_mem_methods methods; /* SQLite's own */
static long sql_left = -1;          /* as in base/mem_fault.h */

static bool sql_fault(void) {
  if (sql_left > 0) sql_left--;
  return sql_left == 0;
}

/* The countdown names how many succeed: it is looked at before it is counted down. */
static void *faulty_malloc(int bytes) {
  if (sql_left == 0) return NULL;
  sql_fault();
  return methods.xMalloc(bytes);
}

static void *faulty_realloc(void *block, int bytes) {
  if (sql_left == 0) return NULL;
  sql_fault();
  return methods.xRealloc(block, bytes);
}

static void install_faulty_malloc(void) {
  sqlite3_config(SQLITE_CONFIG_GETMALLOC, &methods);
  sqlite3_mem_methods faulty = methods;
  faulty.xMalloc = faulty_malloc;
  faulty.xRealloc = faulty_realloc;
  sqlite3_config(SQLITE_CONFIG_MALLOC, &faulty);
  /* Small blocks would come from a reserve, and never fail. */
  sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0);
}

/* A connection, and what an operation on it has answered. */
typedef struct sql_state {
  const char *library;
  sqlite3 *db;
  char answer[256];
} sql_state;

static bool is_no_memory(int rc) {
  return (rc & 0xff) == SQLITE_NOMEM;
}

static int load(sql_state *s) {
  sqlite3_enable_load_extension(s->db, 1);
  return sqlite3_load_extension(s->db, s->library, NULL, NULL);
}

/* Runs a statement to its end; the first column of the first row is the answer. */
static int query_one(sql_state *s, const char **sql) {
  sqlite3_stmt *statement = NULL;
  int rc = sqlite3_prepare_v2(s->db, *sql, -1, &statement, sql);
  if (rc == SQLITE_OK) rc = sqlite3_step(statement);
  if (rc == SQLITE_ROW) {
    const char *answer = (const char *)sqlite3_column_text(statement, 0);
    if (answer) snprintf(s->answer, sizeof s->answer, "%s", answer);
    if (!answer) rc = SQLITE_NOMEM;
  }
  while (rc == SQLITE_ROW) rc = sqlite3_step(statement);
  const int end = sqlite3_finalize(statement);
  return rc == SQLITE_DONE ? end : rc;
}

static int query(sql_state *s, const char *sql) {
  int rc = SQLITE_OK;
  while (rc == SQLITE_OK && *sql) rc = query_one(s, &sql);
  return rc;
}

#define TEXT                                                                             \
  "'Aspirin reduced the risk of stroke. The kinase binds DNA. Was insulin given?'"

static const struct {
  const char *says, *setup, *sql;
} sql_operations[] = {
    {"biobert_load()",                           NULL,
     "SELECT biobert_load('" MODELS "st_cls', 'other', '{\"pooling\":\"mean\"}')"                                                                                  },
    {"biobert_unload()",                         "SELECT biobert_load('" MODELS "st_cls', 'other')",
     "SELECT biobert_unload('other')"                                                                                                                              },
    {"biobert_embed()",                          NULL,                                               "SELECT hex(biobert_embed(" TEXT "))"                         },
    {"biobert_embed_pair()",                     NULL,                                               "SELECT hex(biobert_embed_pair(" TEXT ", 'aspirin'))"         },
    {"biobert_similarity() with a constant",     NULL,
     "SELECT sum(biobert_similarity('stroke', column1)) FROM (VALUES ('aspirin'), "
     "('DNA'))"                                                                                                                                                    },
    {"biobert_distance() of two constants",      NULL,
     "SELECT biobert_distance('stroke', 'aspirin', 'l2')"                                                                                                          },
    {"biobert_mean()",                           NULL,
     "SELECT biobert_vector_json(biobert_mean(biobert_vector(column1), column2)) FROM "
     "(VALUES "
     "('[1,2]', 1), ('[3,4]', -0.5), (NULL, 1))"                                                                                                                   },
    {"biobert_mean() over a window",             NULL,
     "SELECT group_concat(hex(m)) FROM (SELECT biobert_mean(biobert_vector(column1)) "
     "OVER (ROWS "
     "1 PRECEDING) m FROM (VALUES ('[1,2]'), ('[3,4]'), ('[5,6]')))"                                                                                               },
    {"vectors",                                  NULL,
     "SELECT "
     "biobert_vector_json(biobert_normalize(biobert_slice(biobert_vector('[1,3,4]'), 1, "
     "3)))"                                                                                                                                                        },
    {"biobert_tokenize(), biobert_detokenize()", NULL,
     "SELECT biobert_detokenize(biobert_tokenize(" TEXT ")) || biobert_token_count('a')"                                                                           },
    {"sequences",                                NULL,                                               "SELECT biobert_kmers('ATGCA', 3) || biobert_residues('MKUV')"},
    {"biobert_tokens",                           NULL,
     "SELECT group_concat(token || start_byte || end_char) FROM biobert_tokens(" TEXT
     ")"                                                                                                                                                           },
    {"biobert_chunks",                           NULL,
     "SELECT group_concat(text || tokens) FROM biobert_chunks(" TEXT ", 6, 2)"                                                                                     },
    {"biobert_highlight",                        NULL,
     "SELECT group_concat(text || similarity) FROM biobert_highlight('stroke', " TEXT
     ", 2)"                                                                                                                                                        },
    {"biobert_fill_mask, biobert_logits", "SELECT biobert_load('" MODELS "mlm_cased', 'mlm')",
     "SELECT group_concat(f.filled || f.token || l.token) FROM biobert_fill_mask('a [MASK]', 2) f, "
     "biobert_logits('a', 1) l WHERE l.id = 20"},
    {"biobert_hidden_states, biobert_attention", NULL,
     "SELECT hex(group_concat(vector)) || sum(weight) || max(from_token) FROM "
     "biobert_hidden_states('a', 1), biobert_attention('a', 2)"},
    {"biobert_entities", "SELECT biobert_load('" MODELS "token_cls', 'ner')",
     "SELECT group_concat(entity || label || start_char) FROM biobert_entities(" TEXT ")"},
    {"biobert_answer", "SELECT biobert_load('" MODELS "qa', 'qa')",
     "SELECT group_concat(answer || start_char) FROM biobert_answer('Which?', " TEXT ", 2)"},
    {"biobert_classify, biobert_classify_pair, biobert_rerank",
     "SELECT biobert_load('" MODELS "seq_cls', 'pairs')",
     "SELECT a.label || b.label || biobert_rerank('a', " TEXT ") FROM biobert_classify('a') a, "
     "biobert_classify_pair('a', 'b') b"},
    {"biobert_each",                             NULL,
     "SELECT sum(value * position) FROM biobert_each(biobert_vector('[1,2,3]'))"                                                                                   },
    {"biobert_models",                           NULL,
     "SELECT name || sha256 || fingerprint || notes FROM biobert_models"                                                                                           },
    {"biobert_settings",                         NULL,
     "SELECT group_concat(key || value || meaning) FROM biobert_settings"                                                                                          },
    {"biobert_help",                             NULL,                                               "SELECT group_concat(name || example) FROM biobert_help"      },
    {"creating an index",                        "CREATE TABLE t(a, b, v)",
     "CREATE VIRTUAL TABLE s USING biobert(a, b, content='t'); DROP TABLE s; SELECT 'made'"},
    {"an index's rows written, changed and found",
     "CREATE VIRTUAL TABLE s USING biobert(a, n UNINDEXED, store='f32')",
     "INSERT INTO s(rowid, a, n) VALUES(1, 'gene', 1), (2, 'heart cell', 2); UPDATE s SET a = "
     "'aspirin' WHERE rowid = 1; UPDATE s SET n = 5; DELETE FROM s WHERE rowid = 2; SELECT "
     "group_concat(rowid || passage || round(distance, 3)) FROM s('gene', 2) WHERE n = 5"},
    {"biobert_sync()",
     "CREATE TABLE t(a, b); INSERT INTO t VALUES('gene', 1), ('heart', NULL), (NULL, 2), ('cell', 3); "
     "CREATE VIRTUAL TABLE s USING biobert(a, b UNINDEXED, content='t')",
     "SELECT count(*) FROM biobert_sync('s', 2); SELECT rows || ',' || pending || ',' || passages "
     "FROM biobert_status('s')"},
    {"searching an index",
     "CREATE TABLE t(a, b); INSERT INTO t VALUES('gene', 1), ('heart failure', 2), ('cell', 3); CREATE "
     "VIRTUAL TABLE s USING biobert(a, b UNINDEXED, content='t'); INSERT INTO s(s) VALUES('sync')",
     "SELECT group_concat(rowid || a) FROM s WHERE s MATCH 'heart cell' AND b IN (1, 2, 3) AND words "
     "MATCH 'cell OR heart' AND rowid < 9; SELECT count(*) FROM s((SELECT vector FROM s WHERE rowid = "
     "1), 2); INSERT INTO s(s) VALUES('optimize'); INSERT INTO s(s) VALUES('integrity-check'); SELECT "
     "count(*) FROM s('gene')"},
    {"words as people type them, an identifier",
     "CREATE TABLE t(a, b); INSERT INTO t VALUES('IL-6 NCT01234567', 1), ('heart failure', 2); CREATE "
     "VIRTUAL TABLE s USING biobert(a, b UNINDEXED, content='t'); INSERT INTO s(s) VALUES('sync')",
     "SELECT group_concat(rowid || a) FROM s WHERE s MATCH 'heart' AND words MATCH 'NOT (IL-6 OR x-y)' "
     "AND a MATCH 'heart (failure) AND NOT b-c'; SELECT group_concat(rowid) FROM s WHERE words MATCH "
     "'NOT IL-6'; SELECT rowid FROM s('NCT01234567', 1)"},
    {"biobert_plain()",                          NULL,
     "SELECT biobert_plain('<p>p &lt; 1</p>a<b')"                                                                                                                  },
    {"an index's rows updated from another table",
     "CREATE TABLE t(a, n); INSERT INTO t VALUES('cell', 1), ('heart', 1); CREATE VIRTUAL TABLE s "
     "USING biobert(a, n UNINDEXED); INSERT INTO s(rowid, a, n) VALUES(1, 'gene', 1)",
     "UPDATE s SET a = t.a FROM t WHERE t.n = s.n; UPDATE s SET rowid = 2, n = 3; UPDATE s SET vector = "
     "biobert_embed('gene'); SELECT a || s.rowid || notes FROM s, biobert_status('s')"},
    {"keys that are texts, and ready vectors",
     "CREATE TABLE t(k TEXT, a, v); INSERT INTO t VALUES('1', 'gene', biobert_vector('[1,0]')), ('01', "
     "'heart', NULL), ('2', 'cell', biobert_vector('[0,1]')); CREATE VIRTUAL TABLE s USING biobert(a, "
     "content='t', content_rowid='k', vectors='v')",
     "SELECT max(message) FROM biobert_sync('s'); UPDATE s SET a = 'cells' WHERE rowid = 2; SELECT "
     "group_concat(message) FROM biobert_failures('s'); SELECT count(*) FROM s(biobert_vector('[1,0]'))"},
    {"biobert_build()",                          NULL,                                               "SELECT biobert_build() || biobert_config('threads')"         },
};
/* clang-format on */

/* Each with a connection of its own, which takes everything with it when it goes. */
static void open_and_load(sql_state *s, const char *setup) {
  s->answer[0] = '\0';
  CHECK_INT(sqlite3_open(":memory:", &s->db), SQLITE_OK);
  CHECK_INT(load(s), SQLITE_OK);
  if (setup) CHECK_INT(query(s, setup), SQLITE_OK);
}

static void close_and_count(sql_state *s, sqlite3_int64 before) {
  CHECK_INT(sqlite3_close(s->db), SQLITE_OK);
  CHECK_INT(sqlite3_memory_used(), before);
}

static void fail_sql(sql_state *s, const char *setup, const char *sql) {
  char expected[sizeof s->answer];
  const sqlite3_int64 before = sqlite3_memory_used();
  open_and_load(s, setup);
  CHECK_INT(query(s, sql), SQLITE_OK);
  close_and_count(s, before);
  memcpy(expected, s->answer, sizeof expected);
  CHECK(expected[0]);
  long points = 0;
  for (bool failed = true; failed; points++) {
    check_context("before allocation %ld fails", points);
    open_and_load(s, setup);
    sql_left = points;
    const int rc = query(s, sql);
    failed = sql_left == 0;
    sql_left = -1;
    check_context("allocation %ld fails: %s", points, sqlite3_errmsg(s->db));
    if (rc == SQLITE_OK) CHECK_STR(s->answer, expected);
    if (rc != SQLITE_OK) CHECK(failed && is_no_memory(rc));
    if (failed && !setup) {
      CHECK_INT(query(s, sql), SQLITE_OK);
      CHECK_STR(s->answer, expected);
    }
    close_and_count(s, before);
  }
  printf("  %5ld points: %s\n", points - 1, check_state.sentence);
}

/* SQLite itself answers "error during initialization" when an extension says NOMEM. */
static void fail_loading(sql_state *s) {
  const sqlite3_int64 before = sqlite3_memory_used();
  long points = 0;
  for (bool failed = true; failed; points++) {
    CHECK_INT(sqlite3_open(":memory:", &s->db), SQLITE_OK);
    sql_left = points;
    const int rc = load(s);
    failed = sql_left == 0;
    sql_left = -1;
    check_context("allocation %ld fails: %s", points, sqlite3_errmsg(s->db));
    if (rc != SQLITE_OK) CHECK(failed && (is_no_memory(rc) || rc == SQLITE_ERROR));
    if (failed) CHECK_INT(load(s), SQLITE_OK);
    CHECK_INT(query(s, "SELECT biobert_version()"), SQLITE_OK);
    close_and_count(s, before);
  }
  printf("  %5ld points: %s\n", points - 1, check_state.sentence);
}

static void test_sql(const char *library) {
  sql_state s = {.library = library};
  check_begin("the extension loads");
  const sqlite3_int64 before = sqlite3_memory_used();
  open_and_load(&s, NULL);
  close_and_count(&s, before);
  if (check_state.failures) return;
  check_begin("loading the extension");
  fail_loading(&s);
  for (size_t i = 0; i < sizeof sql_operations / sizeof sql_operations[0]; i++) {
    check_begin(sql_operations[i].says);
    fail_sql(&s, sql_operations[i].setup, sql_operations[i].sql);
  }
  check_begin("the extension gives everything back");
  CHECK(!leaks());
}

int main(int argc, char **argv) {
  char library[512];
  const char *build = getenv("BUILD");
  if (argc > 1)
    snprintf(library, sizeof library, "%s", argv[1]);
  else
    snprintf(library, sizeof library, "%s/biobert.so", build ? build : "build/release");
  setenv("BIOBERT_MODEL", MODELS "st_mean", 0);
  install_faulty_malloc();
  if (sqlite3_initialize() != SQLITE_OK) return 2;
  test_core();
  test_sql(library);
  return check_report();
}
