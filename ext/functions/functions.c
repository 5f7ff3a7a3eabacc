/* functions.c - one table of functions, one of tables: name, arguments, flags, body,
 * help. */
#include "functions/functions.h"

#include "functions/bodies.h"

/* What a function may be used in. DIRECT: opens a path or changes state, so only in SQL
 * that the user typed (never from a view or trigger of a file). MODEL: runs
 * a model; usable in the user's own triggers, but not deterministic, since a name can be
 * bound to another model, and not innocuous. PURE: depends on its arguments alone. */
enum {
  DIRECT = SQLITE_UTF8 | SQLITE_DIRECTONLY,
  MODEL = SQLITE_UTF8,
  PURE = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS,
};

typedef struct function {
  help help;
  int min, max; /* arguments */
  int flags;
  function_body *body; /* NULL: an aggregate */
  const aggregate *aggregate;
} function;

static const function functions[] = {
    {{"biobert_embed", "text [, model]", "BLOB: float32, little-endian",
      "the vector of a document: tokenised, encoded, pooled and normalised as the "
      "model's own "
      "files say; a longer text is truncated",
      "SELECT biobert_embed(abstract) FROM papers"},
     1, 2,
     MODEL,  fn_embed,
     NULL                 },
    {{"biobert_embed_query", "text [, model]", "BLOB",
      "the same with the model's query prompt or query model",
      "SELECT biobert_embed_query('statins after stroke')"},
     1, 2,
     MODEL,  fn_embed_query,
     NULL                 },
    {{"biobert_embed_pair", "a, b [, model]", "BLOB",
      "the vector of [CLS] a [SEP] b [SEP] with token types 0 and 1 (MedCPT: title, "
      "abstract)",
      "SELECT biobert_embed_pair(title, abstract) FROM papers"},
     2, 3,
     MODEL,  fn_embed_pair,
     NULL                 },
    {{"biobert_similarity", "query, text [, model]", "REAL, -1 to 1",
      "cosine similarity; each side is a text or a vector; NULL where one has length 0",
      "SELECT title FROM papers ORDER BY biobert_similarity('statins after stroke', "
      "abstract) "
      "DESC LIMIT 5"},
     2, 3,
     MODEL,  fn_similarity,
     NULL                 },
    {{"biobert_distance", "query, text [, metric [, model]]", "REAL",
      "'cosine' (1 - similarity, the default), 'l2' (not squared) or 'dot' (negative "
      "inner "
      "product)",
      "SELECT biobert_distance(a.embedding, b.embedding, 'l2') FROM papers a, papers b"},
     2, 4,
     MODEL,  fn_distance,
     NULL                 },
    {{"biobert_rerank", "query, text [, model]", "REAL",
      "how well a text answers a query, by a cross-encoder: the sigmoid of its one "
      "logit, unless "
      "the model's files name another activation",
      "SELECT title FROM papers ORDER BY biobert_rerank('statins after stroke', "
      "abstract) DESC "
      "LIMIT 5"},
     2, 3,
     MODEL,  fn_rerank,
     NULL                 },
    {{"biobert_token_count", "text [, model]", "INTEGER",
      "pieces including [CLS] and [SEP], before truncation",
      "SELECT max(biobert_token_count(abstract)) FROM papers"},
     1, 2,
     MODEL,  fn_token_count,
     NULL                 },
    {{"biobert_tokenize", "text [, model]", "TEXT: JSON array",
      "token ids, [CLS] and [SEP] included, before truncation",
      "SELECT biobert_tokenize('aspirin')"},
     1, 2,
     MODEL,  fn_tokenize,
     NULL                 },
    {{"biobert_detokenize", "ids [, model]", "TEXT",
      "text from a JSON array of token ids; special tokens are left out",
      "SELECT biobert_detokenize(biobert_tokenize('aspirin'))"},
     1, 2,
     MODEL,  fn_detokenize,
     NULL                 },
    {{"biobert_vector", "json", "BLOB", "a JSON array of numbers as a vector",
      "SELECT biobert_vector('[0.5, -1, 2]')"},
     1, 1,
     PURE,   fn_vector,
     NULL                 },
    {{"biobert_vector_json", "vector", "TEXT: JSON array", "a vector as JSON",
      "SELECT biobert_vector_json(embedding) FROM papers"},
     1, 1,
     PURE,   fn_vector_json,
     NULL                 },
    {{"biobert_dimension", "vector", "INTEGER", "how many values a vector has",
      "SELECT biobert_dimension(embedding) FROM papers"},
     1, 1,
     PURE,   fn_dimension,
     NULL                 },
    {{"biobert_normalize", "vector", "BLOB",
      "the vector at length 1; a zero vector stays as it is",
      "SELECT biobert_normalize(embedding) FROM papers"},
     1, 1,
     PURE,   fn_normalize,
     NULL                 },
    {{"biobert_slice", "vector, from, to", "BLOB",
      "values from (counted from 0) up to, but not with, to",
      "SELECT biobert_slice(embedding, 0, 4) FROM papers"},
     3, 3,
     PURE,   fn_slice,
     NULL                 },
    {{"biobert_mean", "vector [, weight]", "BLOB",
      "aggregate and window: sum of weight * vector, divided by the sum of |weight|; "
      "NULLs are "
      "skipped; no rows, or weights that add up to 0: NULL",
      "SELECT biobert_mean(embedding, CASE liked WHEN 1 THEN 1 ELSE -0.5 END) FROM "
      "papers"},
     1, 2,
     PURE,   NULL,
     &aggregate_mean      },
    {{"biobert_kmers", "sequence, k", "TEXT",
      "overlapping stretches of k letters, as DNABERT takes them",
      "SELECT biobert_kmers('ATGCA', 3)"},
     2, 2,
     PURE,   fn_kmers,
     NULL                 },
    {{"biobert_residues", "sequence", "TEXT",
      "a protein's residues, spaced, U Z O B as X, as ProtBERT takes them",
      "SELECT biobert_residues('MKUV')"},
     1, 1,
     PURE,   fn_residues,
     NULL                 },
    {{"biobert_plain", "text", "TEXT",
      "a text without its markup: HTML, JATS and MathML tags, comments and character "
      "references; blocks end a line; a < that begins no tag stays",
      "SELECT biobert_plain(abstract) FROM papers"},
     1, 1,
     PURE,   fn_plain,
     NULL                 },
    {{"biobert_vocabulary", "text, size [, options]", "TEXT: a vocab.txt",
      "aggregate: a WordPiece vocabulary of at most size tokens for a new model, the "
      "same "
      "for the same texts in any order; options is a JSON object: lowercase (true), "
      "min_count (2: what occurs less often is no token)",
      "SELECT biobert_vocabulary(abstract, 8000) FROM papers"},
     2, 3,
     PURE,   NULL,
     &aggregate_vocabulary},
    {{"biobert_fit", "x, label [, options]", "BLOB: a classifier",
      "aggregate: learns labels of texts or vectors from rows that have them; the same "
      "for "
      "the same rows in any order; options is a JSON object: C (1), balance (false), "
      "features ('words' or 'vectors'), seed (0)",
      "INSERT INTO classifiers SELECT 'design', biobert_fit(title || '. ' || abstract, "
      "design) FROM papers"},
     2, 3,
     PURE,   NULL,
     &aggregate_fit       },
    {{"biobert_predict", "classifier, x [, label]", "TEXT or INTEGER; with a label: REAL",
      "the most probable label of a text or vector; with a label, its probability",
      "SELECT pmid, biobert_predict(c.classifier, title || '. ' || abstract) FROM "
      "papers, "
      "classifiers c"},
     2, 3,
     PURE,   fn_predict,
     NULL                 },
    {{"biobert_load", "path [, name [, options]]", "TEXT: the name",
      "loads a model directory, a TensorFlow checkpoint, a .gguf, or a hub id from the "
      "local "
      "Hugging Face cache; options is a JSON object",
      "SELECT biobert_load('/models/medcpt', 'medcpt', '{\"pooling\": \"cls\"}')"},
     1, 3,
     DIRECT, fn_load,
     NULL                 },
    {{"biobert_unload", "name", "INTEGER", "1 if it was loaded, else 0",
      "SELECT biobert_unload('medcpt')"},
     1, 1,
     DIRECT, fn_unload,
     NULL                 },
    {{"biobert_config", "key [, value]", "the value in force",
      "reads or sets a setting of the process; biobert_settings lists them",
      "SELECT biobert_config('threads', 1)"},
     1, 2,
     DIRECT, fn_config,
     NULL                 },
    {{"biobert_version", "", "TEXT", "the version of this library",
      "SELECT biobert_version()"},
     0, 0,
     PURE,   fn_version,
     NULL                 },
    {{"biobert_build", "", "TEXT: JSON",
      "compiler, processor path in use, utf8proc and SQLite versions",
      "SELECT biobert_build()"},
     0, 0,
     PURE,   fn_build,
     NULL                 },
};
enum { FUNCTION_COUNT = sizeof functions / sizeof functions[0] };

/* Tables with what biobert_help says of them. */
static const struct {
  help help;
  const tvf *table;
} tables[] = {
    {{"biobert_tokens", "text [, model]",
      "position, token, id, start_byte, end_byte, word (hidden: start_char, end_char)",
      "the tokens of a text with their places in it, not truncated",
      "SELECT token, start_byte FROM biobert_tokens('aspirin and stroke')"},
     &tvf_tokens       },
    {{"biobert_chunks", "text [, max_tokens [, overlap [, model]]]",
      "chunk, start_byte, end_byte, tokens, text (hidden: start_char, end_char)",
      "a text in chunks of at most max_tokens pieces, cut at sentence, then word "
      "boundaries",
      "SELECT text FROM papers, biobert_chunks(papers.fulltext, 200, 20)"},
     &tvf_chunks       },
    {{"biobert_highlight", "query, text [, k [, model]]",
      "rank, similarity, start_byte, end_byte, text (hidden: start_char, end_char)",
      "the k sentences of the text nearest to the query",
      "SELECT h.text FROM papers, biobert_highlight('side effects', abstract) h"},
     &tvf_highlight    },
    {{"biobert_hidden_states", "text [, layer [, model]]",
      "position, token, layer, vector",
      "what the encoder makes of each token; layer 0 is the embedding layer, left out: "
      "the last",
      "SELECT token, biobert_dimension(vector) FROM biobert_hidden_states('aspirin', 0)"},
     &tvf_hidden_states},
    {{"biobert_attention", "text [, layer [, head [, model]]]",
      "layer, head, from_position, from_token, to_position, to_token, weight",
      "how much each token looks at each other one; layers from 1, heads from 0, left "
      "out: all; "
      "the weights of a from_position sum to 1",
      "SELECT to_token, avg(weight) FROM biobert_attention('aspirin prevents stroke') "
      "WHERE from_token = 'aspirin' GROUP BY to_position"},
     &tvf_attention    },
    {{"biobert_fill_mask", "text [, k [, model]]",
      "mask, position, rank, token, id, score, logit, filled",
      "the best k (5) tokens for every [MASK]; needs a masked-language model",
      "SELECT token, score FROM biobert_fill_mask('Insulin lowers blood [MASK].')"},
     &tvf_fill_mask    },
    {{"biobert_logits", "text, position [, model]", "id, token, logit",
      "the masked-language model's logits of the token at a position, [CLS] being 0",
      "SELECT token FROM biobert_logits('Insulin lowers [MASK].', 3) ORDER BY logit DESC "
      "LIMIT 3"},
     &tvf_logits       },
    {{"biobert_entities", "text [, model]",
      "entity, label, score, start_byte, end_byte (hidden: start_char, end_char)",
      "the named entities of a text of any length; needs a token-classification model",
      "SELECT e.entity, e.label FROM papers, biobert_entities(abstract) e"},
     &tvf_entities     },
    {{"biobert_answer", "question, context [, k [, model]]",
      "rank, answer, score, start_byte, end_byte (hidden: start_char, end_char)",
      "the best k (1) answers that stand in the context, which may be long; needs a "
      "question-answering model; with the load option no_answer it may be ''",
      "SELECT a.answer FROM papers, biobert_answer('Which drug was given?', abstract) a"},
     &tvf_answer       },
    {{"biobert_classify", "text [, model]", "label, score",
      "the labels of a text, best first: softmax, or the sigmoid of each for a "
      "multi-label model",
      "SELECT p.title, c.label FROM papers p, biobert_classify(p.abstract) c WHERE "
      "c.score > 0.5"},
     &tvf_classify     },
    {{"biobert_classify_pair", "a, b [, model]", "label, score",
      "the same of two texts, such as a claim and a sentence",
      "SELECT label, score FROM biobert_classify_pair('Aspirin helps.', 'Aspirin "
      "harms.')"},
     &tvf_classify_pair},
    {{"biobert_each", "vector", "position, value", "the values of a vector as rows",
      "SELECT max(value) FROM biobert_each(biobert_embed('aspirin'))"},
     &tvf_each         },
    {{"biobert_classifier", "blob", "label, rows, bias, words",
      "what a classifier that biobert_fit() made knows of each label: the rows it was "
      "learnt from, and the words that weigh most (NULL of vectors)",
      "SELECT label, words FROM biobert_classifier((SELECT classifier FROM "
      "classifiers))"},
     &tvf_classifier   },
    {{"biobert_train", "task, query, output [, options]",
      "step, steps, epoch, loss, learning_rate, tokens_per_second, eta_seconds, metric, "
      "value, message",
      "trains the default model, or options.model, on the rows of a SELECT, and writes "
      "the "
      "folder `output`, which biobert_load() and Hugging Face's libraries open; task: "
      "mlm, "
      "classify, regress, rerank, entities, answer, embed, distil; run again, it goes on",
      "SELECT step, steps, loss, metric, value FROM biobert_train('classify', 'SELECT "
      "abstract, label FROM papers', 'my-model', '{\"epochs\": 3}')"},
     &tvf_train        },
    {{"biobert_models", "",
      "one row a loaded model: name, path, sha256, fingerprint, ...",
      "the models of this connection; reading it loads the default model if there is one",
      "SELECT name, dimension, notes FROM biobert_models"},
     &tvf_models       },
    {{"biobert_settings", "", "key, value, default, meaning",
      "the settings of the process", "SELECT * FROM biobert_settings"},
     &tvf_settings     },
    {{"biobert_help", "", "name, arguments, returns, what, example", "this list",
      "SELECT what, example FROM biobert_help WHERE name = 'biobert_embed'"},
     &tvf_help         },
};
enum { TABLE_COUNT = sizeof tables / sizeof tables[0] };

static const help *help_at(size_t index) {
  if (index < FUNCTION_COUNT) return &functions[index].help;
  index -= FUNCTION_COUNT;
  return index < TABLE_COUNT ? &tables[index].help : NULL;
}

/* Registering ------------------------------------------------------------------------ */

/* What a registered function carries. */
typedef struct binding {
  call call;
  const function *function;
} binding;

static void binding_free(void *pointer) {
  binding *b = pointer;
  connection_release(b->call.connection);
  sqlite3_free(b);
}

static void run_body(sqlite3_context *context, int argc, sqlite3_value **argv) {
  const binding *b = sqlite3_user_data(context);
  biobert_error err;
  if (b->function->body(context, &b->call, argc, argv, &err))
    result_error(context, b->call.name, &err);
}

static int register_arity(sqlite3 *db, connection *c, const function *f, int argc) {
  binding *b = sqlite3_malloc64(sizeof *b);
  if (!b) return SQLITE_NOMEM;
  *b = (binding){
      {connection_share(c), f->help.name},
      f
  };
  /* On failure too, SQLite calls binding_free(). */
  const aggregate *a = f->aggregate;
  if (a)
    return sqlite3_create_window_function(db, f->help.name, argc, f->flags, b, a->step,
                                          a->final, a->value, a->inverse, binding_free);
  return sqlite3_create_function_v2(db, f->help.name, argc, f->flags, b, run_body, NULL,
                                    NULL, binding_free);
}

int functions_register(sqlite3 *db, connection *c) {
  int rc = SQLITE_OK;
  connection_add_help(c, help_at);
  for (size_t i = 0; i < FUNCTION_COUNT; i++)
    for (int argc = functions[i].min; argc <= functions[i].max && rc == SQLITE_OK; argc++)
      rc = register_arity(db, c, &functions[i], argc);
  for (size_t i = 0; i < TABLE_COUNT && rc == SQLITE_OK; i++)
    rc = tvf_register(db, tables[i].help.name, tables[i].table, connection_share(c),
                      connection_release);
  return rc;
}
