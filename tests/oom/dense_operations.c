/* dense_operations.c - operations of which more allocations are tried. What takes many and
 * is SQLite's own is done before: the model has been read, the index is open and was
 * searched. */
#include "sql_operations.h"

#define MODELS "tests/golden/models/"
#define LOAD(name, as) "SELECT biobert_load('" MODELS name "', '" as "');"
#define WARM "SELECT hex(biobert_embed('warm')), biobert_token_count('warm');"

#define OWN                                                                              \
  "CREATE VIRTUAL TABLE s USING biobert(a, n INT UNINDEXED); INSERT INTO s(rowid, a, "   \
  "n) VALUES(1, 'gene therapy', 1), (2, 'heart cell', 2), (3, NULL, 3), (4, 'aspirin', " \
  "4);"
#define CONTENT                                                                          \
  "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT COLLATE NOCASE, b, n INT); "            \
  "INSERT INTO t VALUES(1, 'gene therapy', 'x', 1), (2, 'heart cell', NULL, 2), "        \
  "(3, NULL, NULL, 3), (4, 'aspirin', 'NCT01234567 and IL-6', 4), (5, 'cell', 'y', 5);"
#define SYNC "INSERT INTO s(s) VALUES('sync');"
#define SYNCED                                                                           \
  CONTENT                                                                                \
  "CREATE VIRTUAL TABLE s USING biobert(a, b, n UNINDEXED, content='t');" SYNC
/* Words alone, where what an operation does of its own is as much as it can be. */
#define LEXICAL                                                                          \
  CONTENT                                                                                \
  "CREATE VIRTUAL TABLE s USING biobert(a, b UNINDEXED, n UNINDEXED, content='t', "      \
  "search='lexical');" SYNC
/* Two vectors that are none. */
#define READY                                                                            \
  "CREATE TABLE r(k INTEGER PRIMARY KEY, a, v); INSERT INTO r VALUES(1, 'gene', "        \
  "biobert_vector('[1,0]')), (2, 'heart', NULL), (3, 'cell', biobert_vector('[0,1]')), " \
  "(4, 'lung', biobert_vector('[1,2,3]')), (5, 'skin', 'x');"                            \
  "CREATE VIRTUAL TABLE s USING biobert(a, content='r', content_rowid='k', "             \
  "vectors='v', dimension=2);"
#define QUEUE                                                                            \
  CONTENT "CREATE TABLE q(id INTEGER PRIMARY KEY); CREATE VIRTUAL TABLE s USING "        \
          "biobert(a, content='t', queue='q', search='lexical');" SYNC                   \
          "INSERT INTO q VALUES(2), (5); UPDATE t SET a = 'lung' WHERE id = 2; DELETE "  \
          "FROM t WHERE id = 5;"
/* A title and passages, as pairs. */
#define PAIRS                                                                            \
  "CREATE TABLE w(id INTEGER PRIMARY KEY, a, b); INSERT INTO w VALUES(1, 'Title', "      \
  "'Aspirin reduced the risk. The kinase binds DNA. Was insulin given?'), (2, '', 'x')," \
  "(3, 'gene', NULL), (4, x'00', 'y');"                                                  \
  "CREATE VIRTUAL TABLE s USING biobert(a, b, content='w', join=pair, search=semantic, " \
  "passage_tokens=6, passage_overlap=2);"
/* Papers of two subjects, two of them twice, one without a direction and one without a
 * vector: what an analysis has to do, without a model. */
#define PAPERS                                                                           \
  "CREATE TABLE p(id INTEGER PRIMARY KEY, title, doi, pmid, year, v); INSERT INTO p "    \
  "VALUES(1, 'Gene therapy', '10.1/A', 7, 2001, biobert_vector('[1,0,0]')), (2, 'gene "  \
  "therapy.', 'https://doi.org/10.1/a', '7', '2001', biobert_vector('[2,0,0]')), (3, "   \
  "'Heart cell', x'00', NULL, '', biobert_vector('[0,1,0]')), (4, 'heart - cell', "      \
  "NULL, NULL, 2002, biobert_vector('[0,2,0.1]')), (5, 'Gene', NULL, NULL, NULL, "       \
  "biobert_vector('[1,0.1,0]')), (6, 'aspirin', NULL, NULL, 5, zeroblob(12)), (7, "      \
  "NULL, NULL, NULL, NULL, NULL); CREATE VIRTUAL TABLE s USING biobert(title, "          \
  "content='main.p', content_rowid='id', vectors='v', dimension=3); INSERT INTO s(s) "   \
  "VALUES('sync'); CREATE TABLE l(p, y); INSERT INTO l VALUES(1, 1), ('3', '0'), "       \
  "(NULL, 1), (4, NULL), (3, 1), (3, 0), (99, 1);"
#define SEARCHED "SELECT rowid FROM s('gene')"
#define CONNECT "SELECT count(*) FROM s"

/* clang-format off */
const operation dense_operations[] = {
    /* Functions of values */
    {.says = "densely: texts are embedded", .before = WARM,
     .run = "SELECT hex(biobert_embed('gene')), hex(biobert_embed_query('heart')), "
            "hex(biobert_embed_pair('gene', 'cell'))"},
    {.says = "densely: texts and vectors are compared", .before = WARM,
     .run = "SELECT biobert_similarity('stroke', column1), biobert_similarity(biobert_embed('gene'), column1), "
            "biobert_distance(column1, 'heart', 'l2') FROM (VALUES ('aspirin'), ('DNA'))"},
    {.says = "densely: vectors are made and read", .before = WARM,
     .run = "SELECT biobert_vector_json(biobert_normalize(biobert_slice(biobert_vector('[1,3,4]'), 1, 3))), "
            "biobert_dimension(biobert_vector('[1,2]')), biobert_distance(biobert_vector('[1,2]'), biobert_vector('[3,4]'), 'dot')"},
    {.says = "densely: a mean over a window",
     .run = "SELECT hex(biobert_mean(biobert_vector(column1), column2) OVER (ROWS 1 PRECEDING)) FROM "
            "(VALUES ('[1,2]', 1), ('[3,4]', 2), ('[5,6]', 3))"},
    {.says = "densely: texts are cut and put together", .before = WARM,
     .run = "SELECT biobert_tokenize('gene cell'), biobert_detokenize('[5,6]'), biobert_token_count('a'), "
            "biobert_kmers('ATGCA', 3), biobert_residues('MKUV'), biobert_plain('<p>p &lt; 1</p>')"},
    {.says = "densely: settings are read and written",
     .run = "SELECT biobert_config('threads'), biobert_config('threads', 2), "
            "biobert_build(), biobert_version()"},
    {.says = "densely: a second model is loaded by the same name",
     .before = LOAD("st_cls", "other"),
     .run = "SELECT biobert_load('" MODELS "st_cls', 'other'); SELECT biobert_load('" MODELS "st_cls', 'third')"},
    {.says = "densely: the only model that can is chosen",
     .before = LOAD("seq_cls", "pairs") "SELECT biobert_rerank('a', 'b')",
     .run = "SELECT biobert_rerank('gene', 'cell'); SELECT label, score FROM biobert_classify('gene')"},

    {.says = "densely: a vocabulary is learnt",
     .run = "SELECT biobert_vocabulary(column1, 30, '{\"min_count\":1}') FROM (VALUES ('lower lowest'), ('newest'))"},

    /* Tables of values */
    {.says = "densely: tokens and chunks", .before = WARM,
     .run = "SELECT position, token, start_byte, end_char FROM biobert_tokens('gene therapy'); SELECT text, tokens "
            "FROM biobert_chunks('Aspirin. The kinase binds DNA.', 6, 2)"},
    {.says = "densely: highlights", .before = WARM,
     .run = "SELECT text, similarity FROM biobert_highlight('stroke', 'Aspirin. The kinase.', 2)"},
    {.says = "densely: hidden states and attention", .before = WARM,
     .run = "SELECT hex(vector), token FROM biobert_hidden_states('a', 1); SELECT from_token, weight FROM "
            "biobert_attention('a', 2, 1)"},
    {.says = "densely: masked words",
     .before = LOAD("mlm_cased", "mlm") "SELECT filled FROM biobert_fill_mask('a [MASK]', 1)",
     .run = "SELECT filled, token FROM biobert_fill_mask('gene [MASK]', 2)"},
    {.says = "densely: entities and answers",
     .before = LOAD("token_cls", "ner") LOAD("qa", "qa") "SELECT entity FROM biobert_entities('a'); SELECT answer "
               "FROM biobert_answer('b', 'a')",
     .run = "SELECT entity, label, start_char FROM biobert_entities('gene therapy'); SELECT answer, start_char FROM "
            "biobert_answer('Which?', 'The kinase binds DNA', 2)"},
    {.says = "densely: models", .before = WARM,
     .run = "SELECT name, path, sha256, fingerprint, notes FROM biobert_models"},

    /* Searching */
    {.says = "densely: a hybrid search", .setup = SYNCED, .before = SEARCHED,
     .run = "SELECT rowid, a, rank, distance, bm25, passage, document FROM s WHERE s MATCH 'heart cell' LIMIT 2"},
    {.says = "densely: a search by distance", .setup = SYNCED, .before = SEARCHED,
     .run = "SELECT rowid, hex(vector) FROM s WHERE s MATCH 'gene' AND mode = 'semantic' AND k = 9 ORDER BY distance"},
    {.says = "densely: all by distance", .setup = SYNCED, .before = SEARCHED,
     .run = "SELECT rowid FROM s WHERE s MATCH 'cell' AND distance < 2 ORDER BY distance DESC"},
    {.says = "densely: a search by a vector without feedback", .setup = SYNCED, .before = SEARCHED,
     .run = "SELECT rowid, distance FROM s WHERE s MATCH (SELECT vector FROM s WHERE rowid = 1) AND feedback = 0"},
    {.says = "densely: a search for words", .setup = LEXICAL, .before = CONNECT,
     .run = "SELECT rowid, bm25 FROM s WHERE words MATCH '(cell OR heart) NOT gene' AND a MATCH 'heart cell'"},
    {.says = "densely: a search with lists", .setup = LEXICAL, .before = CONNECT,
     .run = "SELECT rowid, bm25 FROM s WHERE s MATCH 'gene cell' AND a IN ('gene therapy', 'cell', 'x') AND n IN "
            "(1, '5', 2.5) AND rowid IN (1, 5, 7)"},
    {.says = "densely: a search with conditions", .setup = LEXICAL, .before = CONNECT,
     .run = "SELECT rowid FROM s WHERE s MATCH 'gene cell' AND k = 2 AND a > 'b' AND b LIKE 'x%' AND n <> 7 AND "
            "rowid < 4"},
    {.says = "densely: rows among the first of a search", .setup = LEXICAL, .before = CONNECT,
     .run = "SELECT t.id, s.bm25 FROM t CROSS JOIN s ON s.rowid = t.id WHERE s MATCH 'cell' AND k = 2 AND s.n < 5"},
    {.says = "densely: rows among the first, by values of all types", .setup = LEXICAL, .before = CONNECT,
     .run = "SELECT t.id FROM t CROSS JOIN s ON s.rowid = t.id WHERE s MATCH 'cell' AND k = 2 AND s.n IN (2, 5) AND "
            "s.b <> zeroblob(3) AND s.n < 5.5"},
    {.says = "densely: lists that SQLite compares", .setup = LEXICAL, .before = CONNECT,
     .run = "SELECT rowid FROM s WHERE s MATCH 'cell gene' AND k = 3 AND n IN ('5', 5) AND a IN (5, 'cell') AND rowid "
            "IN (1, '5', 2.0)"},
    {.says = "densely: numbers and zeros as questions", .setup = SYNCED, .before = SEARCHED,
     .run = "SELECT rowid FROM s WHERE s MATCH 5 AND words MATCH 7; SELECT count(*), count(distance) FROM s WHERE s "
            "MATCH zeroblob(128) AND mode = 'semantic'"},
    {.says = "densely: all by distance, one of which has none", .before = SEARCHED,
     .setup = OWN "INSERT INTO s(rowid, a, vector) VALUES(9, 'zero', zeroblob(128));",
     .run = "SELECT rowid, distance FROM s WHERE s MATCH 'gene' AND mode = 'semantic' ORDER BY distance"},
    {.says = "densely: one row is looked up", .setup = SYNCED, .before = SEARCHED,
     .run = "SELECT a, document, hex(vector) FROM s WHERE rowid = 4"},
    {.says = "densely: an index is written while it is searched", .setup = OWN, .before = SEARCHED,
     .run = "INSERT INTO s(rowid, a) SELECT rowid + 100, a FROM s('heart', 2)"},

    /* Analysis */
    {.says = "densely: biobert_neighbours()", .setup = PAPERS, .before = CONNECT,
     .run = "SELECT * FROM biobert_neighbours('main.s', 2, '0.1'); SELECT * FROM biobert_neighbours('s', 2) WHERE "
            "rowid = 4"},
    {.says = "densely: biobert_novelty()", .setup = PAPERS, .before = CONNECT,
     .run = "SELECT rowid, novelty FROM biobert_novelty('s')"},
    {.says = "densely: biobert_duplicates()", .setup = PAPERS, .before = CONNECT,
     .run = "SELECT rowid, duplicate, reason FROM biobert_duplicates('s', 0.9)"},
    {.says = "densely: biobert_duplicate_groups()", .setup = PAPERS, .before = CONNECT,
     .run = "SELECT \"group\", rowid, keep FROM biobert_duplicate_groups('main.s', '0.9')"},
    {.says = "densely: biobert_clusters()", .setup = PAPERS, .before = CONNECT,
     .run = "SELECT rowid, cluster, similarity FROM biobert_clusters('s', 2, 1)"},
    {.says = "densely: biobert_topics()", .setup = PAPERS, .before = CONNECT,
     .run = "SELECT cluster, size, rowid, words FROM biobert_topics('s', 2, 1, 3)"},
    {.says = "densely: biobert_map()", .setup = PAPERS, .before = CONNECT,
     .run = "SELECT rowid, x, y FROM biobert_map('s', 1)"},
    {.says = "densely: biobert_screen() by vectors", .setup = PAPERS, .before = CONNECT,
     .run = "SELECT rowid, score FROM biobert_screen('s', 'main.l', '{\"features\": \"vectors\"}')"},
    {.says = "densely: biobert_screen() by a search", .setup = LEXICAL "CREATE TABLE l(p, y);", .before = CONNECT,
     .run = "SELECT rowid, position, score FROM biobert_screen('main.s', 'l', '{\"features\": \"words\", \"query\": "
            "\"gene cell\"}')"},
    {.says = "densely: biobert_screen_status()", .before = CONNECT,
     .setup = LEXICAL "CREATE TABLE l(p, y); INSERT INTO l VALUES(1, 1), ('2', '0'), (5, 1);",
     .run = "SELECT papers, labelled, expected, advice FROM biobert_screen_status('s', 'l')"},
    {.says = "densely: biobert_screen() by labels of a view", .before = CONNECT,
     .setup = LEXICAL "CREATE TABLE k(p INTEGER PRIMARY KEY, y) WITHOUT ROWID; INSERT INTO k VALUES(1, 1), (2, 0); "
              "CREATE VIEW l AS SELECT CAST(p AS TEXT), CAST(y AS TEXT) FROM k;",
     .run = "SELECT rowid FROM biobert_screen('s', 'main.l', NULL)"},
    {.says = "densely: a classifier is learnt, used and shown",
     .run = "WITH c(c) AS MATERIALIZED (SELECT biobert_fit(column1, column2) FROM (VALUES ('aspirin', 'a'), ('kinase "
            "cell', 'b'), ('aspirin stroke', 'a'), ('cells', 'b'))) SELECT biobert_predict(c, 'cells'), "
            "biobert_predict(c, 'aspirin', 'a'), (SELECT group_concat(label || words) FROM biobert_classifier(c)) FROM c"},

    /* Commands */
    {.says = "densely: 'sync' of words", .before = CONNECT,
     .setup = LEXICAL "UPDATE t SET a = 'lung' WHERE id = 2; DELETE FROM t WHERE id = 1; INSERT INTO t(a) "
              "VALUES('blood');",
     .run = "INSERT INTO s(s) VALUES('sync')"},
    {.says = "densely: 'sync' of passages of pairs", .setup = PAIRS, .before = WARM CONNECT,
     .run = "INSERT INTO s(s) VALUES('sync')"},
    {.says = "densely: 'sync' of ready vectors, good and bad", .setup = READY, .before = CONNECT,
     .run = "INSERT INTO s(s) VALUES('sync')"},
    {.says = "densely: 'sync' of keys that are texts, one twice", .before = CONNECT,
     .setup = "CREATE TABLE w(k TEXT, a); INSERT INTO w VALUES('1', 'gene'), ('2', 'cell'), ('2', 'lung'), (NULL, "
              "'x'); CREATE VIRTUAL TABLE s USING biobert(a, content='w', content_rowid='k', search='lexical');",
     .run = "INSERT INTO s(s) VALUES('sync'); SELECT * FROM biobert_failures('s')"},
    {.says = "densely: biobert_sync() by a queue", .setup = QUEUE, .before = CONNECT, .in_steps = true,
     .run = "SELECT done, total, failed, message FROM biobert_sync('main.s', 1)"},
    {.says = "densely: 'retry'", .before = CONNECT,
     .setup = READY SYNC "UPDATE r SET v = biobert_vector('[3,4]') WHERE k = 4;",
     .run = "INSERT INTO s(s) VALUES('retry')"},
    {.says = "densely: 'rebuild'", .setup = LEXICAL, .before = CONNECT,
     .run = "INSERT INTO s(s) VALUES('rebuild')"},
    {.says = "densely: 'reset'", .setup = READY SYNC, .before = CONNECT,
     .run = "INSERT INTO s(s) VALUES('reset')"},
    {.says = "densely: 'optimize'", .before = CONNECT,
     .setup = READY SYNC "DELETE FROM s WHERE rowid = 1;", .run = "INSERT INTO s(s) VALUES('optimize')"},
    {.says = "densely: 'integrity-check'", .setup = SYNCED, .before = SEARCHED,
     .run = "INSERT INTO s(s) VALUES('integrity-check')"},
    {.says = "densely: PRAGMA integrity_check", .setup = SYNCED, .before = SEARCHED,
     .run = "PRAGMA integrity_check(s)"},
    {.says = "densely: biobert_status(), biobert_failures()", .setup = READY SYNC, .before = CONNECT,
     .run = "SELECT rows, pending, stale, failed, passages, model, notes FROM biobert_status('s'); SELECT * FROM "
            "biobert_failures('main.s')"},
    {.says = "densely: biobert_status() of what a model made",
     .setup = SYNCED "UPDATE t SET a = 'lung' WHERE id = 2;", .before = SEARCHED,
     .run = "SELECT rows, pending, stale, empty, model, fingerprint, notes FROM biobert_status('s')"},

    /* Writing */
    {.says = "densely: a row is inserted", .setup = OWN, .before = SEARCHED,
     .run = "INSERT INTO s(rowid, a, n) VALUES(9, 'insulin', 9)"},
    {.says = "densely: a row is updated", .setup = OWN, .before = SEARCHED,
     .run = "UPDATE s SET a = 'insulin', n = 7 WHERE rowid = 2"},
    {.says = "densely: a row is updated onto another", .setup = OWN, .before = SEARCHED,
     .run = "UPDATE OR REPLACE s SET rowid = 2 WHERE rowid = 1"},
    {.says = "densely: a row is replaced with its vector", .setup = OWN, .before = SEARCHED,
     .run = "REPLACE INTO s(rowid, a, vector) VALUES(2, 'x', biobert_embed('blood'))"},
    {.says = "densely: a row is inserted with zeros as its vector", .setup = OWN, .before = SEARCHED,
     .run = "INSERT INTO s(rowid, a, vector) VALUES(9, 7, zeroblob(128))"},
    {.says = "densely: a row is moved, and its vector with it", .setup = OWN, .before = SEARCHED,
     .run = "UPDATE s SET rowid = 7, vector = vector WHERE rowid = 2"},
    {.says = "densely: a row is deleted", .setup = OWN, .before = SEARCHED,
     .run = "DELETE FROM s WHERE rowid = 2"},
    {.says = "densely: rows are written and searched in a transaction", .setup = OWN, .before = SEARCHED,
     .run = "BEGIN; INSERT INTO s(rowid, a) VALUES(9, 'lung'); SELECT rowid FROM s('lung', 1); DELETE FROM s WHERE "
            "rowid = 2; COMMIT"},
};
/* clang-format on */

const size_t dense_operation_count = sizeof dense_operations / sizeof dense_operations[0];
