/* sql_operations.c - the table. Most begin with an index that is open: what opening takes is
 * tried by those of its own section. */
#include "sql_operations.h"

#define MODELS "tests/golden/models/"
#define TEXT                                                                             \
  "'Aspirin reduced the risk of stroke. The kinase binds DNA. Was insulin given?'"

/* An index with its own content, of every kind of row. */
#define OWN                                                                              \
  "CREATE VIRTUAL TABLE s USING biobert(a, n INT UNINDEXED); INSERT INTO s(rowid, a, "   \
  "n) "                                                                                  \
  "VALUES(1, 'gene therapy', 1), (2, 'heart cell', 2), (3, NULL, 3), (4, 'aspirin', 4);"
/* The same over a table. */
#define CONTENT                                                                          \
  "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT COLLATE NOCASE, b, n INT); "            \
  "INSERT INTO t VALUES(1, 'gene therapy', 'x', 1), (2, 'heart cell', NULL, 2), "        \
  "(3, NULL, NULL, 3), (4, 'aspirin', 'NCT01234567 and IL-6', 4), (5, 'cell', 'y', 5);"
#define INDEX                                                                            \
  CONTENT "CREATE VIRTUAL TABLE s USING biobert(a, b, n UNINDEXED, content='t');"
#define SYNCED INDEX "INSERT INTO s(s) VALUES('sync');"
/* Enough rows for words to set two of them apart. */
#define WORDY                                                                            \
  "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT); INSERT INTO t(a) VALUES('gene "       \
  "therapy'), ('gene vectors of therapy'), ('vectors of aspirin'), ('c'), ('d'), "       \
  "('e'), ('f'), ('g'), ('h'), ('i'), ('j'), ('k'); CREATE VIRTUAL TABLE s USING "       \
  "biobert(a, content='t'); INSERT INTO s(s) VALUES('sync');"
/* Ready vectors: no model. */
#define READY                                                                            \
  "CREATE TABLE r(k INTEGER PRIMARY KEY, a, v); INSERT INTO r VALUES(1, 'gene', "        \
  "biobert_vector('[1,0]')), (2, 'heart', NULL), (3, 'cell', biobert_vector('[0,1]')), " \
  "(4, 'lung', biobert_vector('[1,2,3]'));"
#define READY_INDEX                                                                      \
  READY                                                                                  \
  "CREATE VIRTUAL TABLE s USING biobert(a, content='r', content_rowid='k', "             \
  "vectors='v', "                                                                        \
  "dimension=2);"
/* The tables that sql/triggers/keep_in_sync.sql makes. */
#define QUEUE                                                                            \
  CONTENT "CREATE TABLE q(id INTEGER PRIMARY KEY); CREATE VIRTUAL TABLE s USING "        \
          "biobert(a, content='t', queue='q'); INSERT INTO s(s) VALUES('sync'); INSERT " \
          "INTO q VALUES(2), (5); UPDATE t SET a = 'lung' WHERE id = 2; DELETE FROM t "  \
          "WHERE id = 5;"
#define CONNECT "SELECT count(*) FROM s"
#define ALL_OF_IT "SELECT rowid, a, n, hex(vector) FROM s"

/* clang-format off */
const operation operations[] = {
    /* Functions and tables of them */
    {.says = "biobert_load()",
     .run = "SELECT biobert_load('" MODELS "st_cls', 'other', '{\"pooling\":\"mean\"}')"},
    {.says = "biobert_unload()",
     .before = "SELECT biobert_load('" MODELS "st_cls', 'other')",
     .run = "SELECT biobert_unload('other')", .in_steps = true},
    {.says = "biobert_embed()", .run = "SELECT hex(biobert_embed(" TEXT "))"},
    {.says = "biobert_embed() by a model that is named",
     .before = "SELECT biobert_load('" MODELS "st_cls', 'other')",
     .run = "SELECT hex(biobert_embed_query('gene', 'other'))"},
    {.says = "biobert_embed_pair()",
     .run = "SELECT hex(biobert_embed_pair(" TEXT ", 'aspirin'))"},
    {.says = "biobert_similarity() with a constant",
     .run = "SELECT sum(biobert_similarity('stroke', column1)) FROM (VALUES ('aspirin'), ('DNA'))"},
    {.says = "biobert_distance() of two constants",
     .run = "SELECT biobert_distance('stroke', 'aspirin', 'l2')"},
    {.says = "biobert_mean()",
     .run = "SELECT biobert_vector_json(biobert_mean(biobert_vector(column1), column2)) FROM "
            "(VALUES ('[1,2]', 1), ('[3,4]', -0.5), (NULL, 1))"},
    {.says = "biobert_mean() over a window",
     .run = "SELECT hex(biobert_mean(biobert_vector(column1)) OVER (ROWS 1 PRECEDING)) FROM "
            "(VALUES ('[1,2]'), ('[3,4]'), ('[5,6]'))"},
    {.says = "vectors",
     .run = "SELECT biobert_vector_json(biobert_normalize(biobert_slice(biobert_vector("
            "'[1,3,4]'), 1, 3))), biobert_dimension(biobert_vector('[1,2]'))"},
    {.says = "tokens and their text",
     .run = "SELECT biobert_detokenize(biobert_tokenize(" TEXT ")), biobert_token_count('a')"},
    {.says = "sequences", .run = "SELECT biobert_kmers('ATGCA', 3), biobert_residues('MKUV')"},
    {.says = "biobert_plain()", .run = "SELECT biobert_plain('<p>p &lt; 1</p>a<b')"},
    {.says = "biobert_vocabulary()",
     .run = "SELECT biobert_vocabulary(column1, 30, '{\"min_count\":1}') FROM "
            "(VALUES ('lower lowest'), ('newest widest'))"},
    {.says = "biobert_fit() of texts",
     .run = "SELECT hex(biobert_fit(column1, column2, '{\"C\":2}')) FROM (VALUES ('aspirin', "
            "'a'), ('kinase cells', 'b'), ('aspirin stroke', 'a'), ('cells', 'b'))"},
    {.says = "biobert_fit() of vectors, biobert_predict(), biobert_classifier()",
     .run = "WITH c(c) AS MATERIALIZED (SELECT biobert_fit(biobert_vector(column1), column2) "
            "FROM (VALUES ('[1,2]', 1), ('[3,4]', 0), ('[1,3]', 1), ('[4,4]', 2), ('[5,4]', 2))) "
            "SELECT biobert_predict(c, biobert_vector('[1,2]')), biobert_predict(c, "
            "biobert_vector('[1,2]'), 2), (SELECT group_concat(label) FROM "
            "biobert_classifier(c)) FROM c"},
    {.says = "biobert_screen(), biobert_screen_status()", .setup = SYNCED
     "CREATE TABLE l(p, y); INSERT INTO l VALUES(1, 1), (2, 0);",
     .run = "SELECT rowid, position, score, probability FROM biobert_screen('s', 'l', "
            "'{\"query\": \"gene\", \"every\": 2}'); SELECT * FROM "
            "biobert_screen_status('s', 'main.l')"},
    {.says = "the version, the build and the settings",
     .run = "SELECT biobert_version(), biobert_build(), biobert_config('threads'), "
            "biobert_config('threads', 2)"},
    {.says = "biobert_tokens",
     .run = "SELECT position, token, start_byte, end_char FROM biobert_tokens(" TEXT ")"},
    {.says = "biobert_chunks", .run = "SELECT text, tokens FROM biobert_chunks(" TEXT ", 6, 2)"},
    {.says = "biobert_highlight",
     .run = "SELECT text, similarity FROM biobert_highlight('stroke', " TEXT ", 2)"},
    {.says = "biobert_fill_mask, biobert_logits",
     .before = "SELECT biobert_load('" MODELS "mlm_cased', 'mlm')",
     .run = "SELECT filled, token FROM biobert_fill_mask('a [MASK]', 2); SELECT token, logit "
            "FROM biobert_logits('a', 1) WHERE id = 20"},
    {.says = "biobert_hidden_states, biobert_attention",
     .run = "SELECT hex(vector) FROM biobert_hidden_states('a', 1); SELECT from_token, weight "
            "FROM biobert_attention('a', 2)"},
    {.says = "biobert_entities",
     .before = "SELECT biobert_load('" MODELS "token_cls', 'ner')",
     .run = "SELECT entity, label, start_char FROM biobert_entities(" TEXT ")"},
    {.says = "biobert_answer",
     .before = "SELECT biobert_load('" MODELS "qa', 'qa')",
     .run = "SELECT answer, start_char FROM biobert_answer('Which?', " TEXT ", 2)"},
    {.says = "biobert_classify, biobert_classify_pair, biobert_rerank",
     .before = "SELECT biobert_load('" MODELS "seq_cls', 'pairs')",
     .run = "SELECT label, score FROM biobert_classify('a'); SELECT label FROM "
            "biobert_classify_pair('a', 'b'); SELECT biobert_rerank('a', " TEXT ")"},
    {.says = "biobert_each",
     .run = "SELECT value, position FROM biobert_each(biobert_vector('[1,2,3]'))"},
    {.says = "biobert_models",
     .run = "SELECT name, sha256, fingerprint, notes FROM biobert_models"},
    {.says = "biobert_settings", .run = "SELECT key, value, meaning FROM biobert_settings"},
    {.says = "biobert_help", .run = "SELECT name, example FROM biobert_help"},

    /* Creating */
    {.says = "an index with its own content is made",
     .run = "CREATE VIRTUAL TABLE s USING biobert(a TEXT, b VARCHAR(20), n INT UNINDEXED)"},
    {.says = "an index over a table is made", .setup = CONTENT,
     .run = "CREATE VIRTUAL TABLE s USING biobert(a, b, n UNINDEXED, content='t')"},
    {.says = "an index with every option is made", .setup = CONTENT,
     .run = "CREATE VIRTUAL TABLE s USING biobert(\"a\", [b], `n` UNINDEXED, content='main.\"t\"', "
            "content_rowid='id', model='default', join='. ', search='hybrid', distance='cosine', "
            "store='int8', passage_tokens=20, passage_overlap=4, tokenize='trigram')"},
    {.says = "a semantic index of pairs is made", .setup = CONTENT,
     .run = "CREATE VIRTUAL TABLE s USING biobert(a, b, content=t, join=pair, search=semantic)"},
    {.says = "a lexical index is made", .setup = CONTENT,
     .run = "CREATE VIRTUAL TABLE IF NOT EXISTS s USING biobert(a, content='t', search='lexical')"},
    {.says = "an index of ready vectors is made", .setup = READY,
     .run = "CREATE VIRTUAL TABLE s USING biobert(a, content='r', content_rowid='k', vectors='v', "
            "dimension=2, store='f32', distance='l2')"},
    {.says = "an index of vectors without a text is made", .setup = READY,
     .run = "CREATE VIRTUAL TABLE s USING biobert(content='r', content_rowid='k', vectors='v')"},
    {.says = "an index over a view is made",
     .setup = CONTENT "CREATE VIEW w AS SELECT id, a, b COLLATE RTRIM AS b FROM t;",
     .run = "CREATE VIRTUAL TABLE s USING biobert(a, b UNINDEXED, content='w', content_rowid='id')"},
    {.says = "an index over a table without rowid is made",
     .setup = "CREATE TABLE w(k INT PRIMARY KEY, a TEXT) WITHOUT ROWID; INSERT INTO w VALUES(7, 'gene');",
     .run = "CREATE VIRTUAL TABLE s USING biobert(a, content='w', content_rowid='k')"},
    {.says = "an index with a queue is made",
     .setup = CONTENT "CREATE TABLE q(id INTEGER PRIMARY KEY); CREATE TABLE p(id INTEGER PRIMARY "
              "KEY); CREATE VIRTUAL TABLE other USING biobert(a, content='t', queue='p');",
     .run = "CREATE VIRTUAL TABLE s USING biobert(a, content='t', queue='main.q')"},
    {.says = "an index of the TEMP schema is made", .setup = CONTENT,
     .run = "CREATE VIRTUAL TABLE temp.s USING biobert(a, content='main.t'); INSERT INTO s(s) "
            "VALUES('sync'); SELECT rowid FROM s('gene'); DROP TABLE s"},
    {.says = "an index of an attached database is made and used", .setup = CONTENT,
     .before = "ATTACH ':memory:' AS x",
     .run = "CREATE VIRTUAL TABLE x.s USING biobert(a, content='main.t'); INSERT INTO x.s(s) "
            "VALUES('sync'); SELECT rowid, passage FROM x.s WHERE s MATCH 'gene'; SELECT rows FROM "
            "biobert_status('x.s'); DROP TABLE x.s"},
    {.says = "an index with a name in need of quotes is made and used",
     .run = "CREATE VIRTUAL TABLE \"it's \"\"x\"\"\" USING biobert(\"a \"\"b\"); INSERT INTO "
            "\"it's \"\"x\"\"\"(\"a \"\"b\") VALUES('gene'); SELECT * FROM \"it's \"\"x\"\"\"('gene')"},
    {.says = "an index is made in a transaction and used", .setup = CONTENT,
     .run = "BEGIN; CREATE VIRTUAL TABLE s USING biobert(a, content='t'); INSERT INTO s(s) "
            "VALUES('sync'); SELECT rowid FROM s('gene'); COMMIT"},

    /* Opening */
    {.says = "an index with its own content is opened", .setup = OWN, .run = ALL_OF_IT},
    {.says = "an index over a table is opened", .setup = SYNCED, .run = ALL_OF_IT},
    {.says = "an index over a view is opened",
     .setup = CONTENT "CREATE VIEW w AS SELECT id, a COLLATE RTRIM AS a FROM t; CREATE VIRTUAL "
              "TABLE s USING biobert(a, content='w', content_rowid='id'); INSERT INTO s(s) VALUES('sync');",
     .run = "SELECT rowid, a FROM s WHERE a = 'aspirin '"},
    {.says = "an index of ready vectors is opened",
     .setup = READY_INDEX "INSERT INTO s(s) VALUES('sync');",
     .run = "SELECT rowid, a, hex(vector) FROM s"},
    {.says = "one row is looked up", .setup = SYNCED,
     .run = "SELECT a, document, hex(vector) FROM s WHERE rowid = 4"},
    {.says = "the schema is listed", .setup = SYNCED,
     .run = "SELECT name, type FROM pragma_table_list WHERE name NOT LIKE 'sqlite%' ORDER BY name; "
            "SELECT name, type, hidden FROM pragma_table_xinfo('s')"},

    /* Writing */
    {.says = "rows are inserted", .setup = OWN,
     .run = "INSERT INTO s(a, n) VALUES('lung', 5); INSERT INTO s(rowid, a) VALUES(9, 'blood'), (10, '')"},
    {.says = "a row is inserted into an index that is open", .setup = OWN, .before = CONNECT,
     .run = "INSERT INTO s(rowid, a, n) VALUES(9, 'insulin', 9)"},
    {.says = "a row is inserted with its vector",
     .setup = "CREATE VIRTUAL TABLE s USING biobert(a); INSERT INTO s(a, vector) VALUES('x', "
              "biobert_vector('[1,2]'));",
     .before = CONNECT,
     .run = "INSERT INTO s(a, vector) VALUES('gene', biobert_vector('[1,0]'))"},
    {.says = "a row is inserted over another", .setup = OWN,
     .before = CONNECT,
     .run = "REPLACE INTO s(rowid, a) VALUES(2, 'blood'); INSERT OR REPLACE INTO s(rowid, a) VALUES(2, 'lung')"},
    {.says = "rows of a table are inserted", .setup = OWN CONTENT,
     .before = CONNECT,
     .run = "INSERT INTO s(rowid, a, n) SELECT id + 10, a, n FROM t ORDER BY id"},
    {.says = "rows are inserted into an index over a table", .setup = INDEX,
     .before = CONNECT,
     .run = "INSERT INTO s(rowid, a, b) SELECT id, a, b FROM t"},
    {.says = "a text is updated", .setup = OWN, .before = CONNECT, .run = "UPDATE s SET a = 'insulin' WHERE rowid = 2"},
    {.says = "texts are updated in an index that is open", .setup = OWN, .before = CONNECT,
     .run = "UPDATE s SET a = a || ' lung'"},
    {.says = "what is not indexed is updated", .setup = OWN, .before = CONNECT, .run = "UPDATE s SET n = n + 1"},
    {.says = "a rowid is updated", .setup = OWN, .before = CONNECT, .run = "UPDATE s SET rowid = 20 WHERE rowid = 2"},
    {.says = "a row is updated onto another", .setup = OWN,
     .before = CONNECT,
     .run = "UPDATE OR REPLACE s SET rowid = 2 WHERE rowid = 1"},
    {.says = "a vector is updated", .setup = OWN,
     .before = CONNECT,
     .run = "UPDATE s SET vector = biobert_embed('blood') WHERE rowid = 2"},
    {.says = "rows are updated from another table", .setup = OWN CONTENT,
     .before = CONNECT,
     .run = "UPDATE s SET a = t.b FROM t WHERE t.n = s.n"},
    {.says = "a row over a table is updated", .setup = SYNCED,
     .before = CONNECT,
     .run = "UPDATE s SET a = 'lung' WHERE rowid = 2"},
    {.says = "a row with a ready vector is updated",
     .setup = READY_INDEX "INSERT INTO s(s) VALUES('sync');",
     .before = CONNECT,
     .run = "UPDATE s SET a = 'genes' WHERE rowid = 1"},
    {.says = "a row is deleted", .setup = OWN, .before = CONNECT, .run = "DELETE FROM s WHERE rowid = 2"},
    {.says = "words are deleted", .whole = true,
     .setup = "CREATE VIRTUAL TABLE s USING biobert(a, search='lexical'); INSERT INTO s(a) "
              "VALUES('gene'), ('heart cell');",
     .before = "DELETE FROM s WHERE rowid = 1", .run = "DELETE FROM s"},
    {.says = "all rows are deleted", .setup = OWN, .before = CONNECT, .run = "DELETE FROM s"},
    {.says = "rows over a table are deleted", .setup = SYNCED,
     .before = CONNECT,
     .run = "DELETE FROM s WHERE rowid IN (1, 4)"},
    {.says = "rows that a search finds are deleted", .setup = OWN,
     .before = CONNECT,
     .run = "DELETE FROM s WHERE rowid IN (SELECT rowid FROM s('gene', 2))"},

    /* Transactions */
    {.says = "rows are written in a transaction", .setup = OWN,
     .before = CONNECT,
     .run = "BEGIN; INSERT INTO s(rowid, a) VALUES(9, 'lung'); UPDATE s SET a = 'blood' WHERE rowid = "
            "1; DELETE FROM s WHERE rowid = 2; SELECT rowid FROM s('blood'); COMMIT"},
    {.says = "savepoints are released and rolled back", .setup = OWN, .before = CONNECT,
     .run = "BEGIN IMMEDIATE; INSERT INTO s(rowid, a) VALUES(9, 'lung'); SAVEPOINT p; UPDATE s SET a = "
            "'blood' WHERE rowid = 1; SAVEPOINT q; DELETE FROM s WHERE rowid = 2; RELEASE q; SELECT "
            "rowid FROM s('gene'); ROLLBACK TO p; SELECT rowid, round(distance, 4) FROM s('gene'); "
            "RELEASE p; COMMIT"},
    {.says = "a transaction is rolled back", .setup = OWN,
     .before = CONNECT,
     .run = "BEGIN; INSERT INTO s(rowid, a) VALUES(9, 'lung'); SELECT rowid FROM s('lung', 1); ROLLBACK; "
            "SELECT rowid FROM s('lung')"},
    {.says = "two indexes are written in one transaction", .setup = OWN "CREATE VIRTUAL TABLE o USING biobert(a);",
     .before = CONNECT,
     .run = "BEGIN; INSERT INTO s(rowid, a) VALUES(9, 'lung'); INSERT INTO o(rowid, a) VALUES(9, "
            "'blood'); SELECT rowid FROM s('lung', 1); SELECT rowid FROM o('blood', 1); COMMIT"},

    /* Commands */
    {.says = "'sync'", .setup = INDEX, .run = "INSERT INTO s(s) VALUES('sync')"},
    {.says = "'sync' by and by", .setup = INDEX,
     .before = CONNECT,
     .run = "INSERT INTO s(s, rank) VALUES('sync', 2); INSERT INTO s(s, rank) VALUES('sync', 2); "
            "INSERT INTO s(s, rank) VALUES('sync', 2)"},
    {.says = "'sync' after changes",
     .setup = SYNCED "UPDATE t SET a = 'lung' WHERE id = 2; DELETE FROM t WHERE id = 1; INSERT INTO t "
              "VALUES(8, 'blood', 'z', 8);",
     .before = CONNECT,
     .run = "INSERT INTO s(s) VALUES('sync')"},
    {.says = "'sync' of ready vectors", .setup = READY_INDEX, .before = CONNECT, .run = "INSERT INTO s(s) VALUES('sync')"},
    {.says = "'sync' over several chunks",
     .setup = "CREATE TABLE r(k INTEGER PRIMARY KEY, v); WITH c(x) AS (SELECT 1 UNION ALL SELECT x + 1 "
              "FROM c LIMIT 300) INSERT INTO r SELECT x, biobert_vector('[' || x || ',1]') FROM c; CREATE "
              "VIRTUAL TABLE s USING biobert(content='r', content_rowid='k', vectors='v');",
     .before = CONNECT,
     .run = "INSERT INTO s(s) VALUES('sync')"},
    {.says = "'sync' by a queue", .setup = QUEUE, .run = "INSERT INTO s(s) VALUES('sync')"},
    {.says = "'sync' of keys that are texts, one twice",
     .setup = "CREATE TABLE w(k TEXT, a); INSERT INTO w VALUES('1', 'gene'), ('01', 'heart'), ('2', "
              "'cell'), ('2', 'lung'), (NULL, 'x'); CREATE VIRTUAL TABLE s USING biobert(a, content='w', "
              "content_rowid='k');",
     .run = "INSERT INTO s(s) VALUES('sync'); SELECT * FROM biobert_failures('s')"},
    {.says = "'sync' of long texts",
     .setup = "CREATE TABLE w(id INTEGER PRIMARY KEY, a, b); INSERT INTO w VALUES(1, 'Title', " TEXT
              " || " TEXT "); CREATE VIRTUAL TABLE s USING biobert(a, b, content='w', passage_tokens=12);",
     .run = "INSERT INTO s(s) VALUES('sync'); SELECT passage, passage_start FROM s('kinase', 1)"},
    {.says = "biobert_sync()", .setup = INDEX, .in_steps = true,
     .run = "SELECT done, total, failed, message FROM biobert_sync('s', 2)"},
    {.says = "biobert_sync() by a queue", .setup = QUEUE, .in_steps = true,
     .before = CONNECT,
     .run = "SELECT done, total, failed, message FROM biobert_sync('main.s', 1)"},
    {.says = "biobert_sync() of ready vectors", .setup = READY_INDEX, .in_steps = true,
     .before = CONNECT,
     .run = "SELECT done, total, failed, message FROM biobert_sync('s')"},
    {.says = "'reset'",
     .setup = READY "CREATE VIRTUAL TABLE s USING biobert(content='r', content_rowid='k', "
              "vectors='v', dimension=2); INSERT INTO s(s) VALUES('sync');",
     .before = CONNECT,
     .run = "INSERT INTO s(s) VALUES('reset')"},
    {.says = "'rebuild'", .setup = SYNCED, .before = CONNECT, .run = "INSERT INTO s(s) VALUES('rebuild')"},
    {.says = "'retry'", .setup = READY_INDEX "INSERT INTO s(s) VALUES('sync'); UPDATE r SET v = "
              "biobert_vector('[3,4]') WHERE k = 4;",
     .before = CONNECT,
     .run = "INSERT INTO s(s) VALUES('retry')"},
    {.says = "'optimize'", .setup = SYNCED "UPDATE s SET a = 'lung' WHERE rowid = 2; DELETE FROM s WHERE rowid = 1;",
     .before = CONNECT,
     .run = "INSERT INTO s(s) VALUES('optimize')"},
    {.says = "'integrity-check'", .setup = SYNCED, .before = CONNECT, .run = "INSERT INTO s(s) VALUES('integrity-check')"},
    {.says = "'integrity-check' of own content", .setup = OWN, .before = CONNECT, .run = "INSERT INTO s(s) VALUES('integrity-check')"},
    {.says = "PRAGMA integrity_check", .setup = SYNCED, .run = "PRAGMA integrity_check"},
    {.says = "PRAGMA integrity_check of what is open", .setup = OWN, .before = CONNECT,
     .run = "PRAGMA quick_check"},
    {.says = "'delete-all'", .setup = SYNCED, .before = CONNECT, .run = "INSERT INTO s(s) VALUES('delete-all')"},
    {.says = "'delete'", .setup = SYNCED, .before = CONNECT, .run = "INSERT INTO s(s, rowid, a) VALUES('delete', 2, 'x')"},
    {.says = "biobert_status()", .setup = SYNCED "UPDATE t SET a = 'lung' WHERE id = 2;",
     .run = "SELECT rows, pending, stale, empty, failed, passages, model, fingerprint, dimension, store, "
            "notes FROM biobert_status('s')"},
    {.says = "biobert_status() of ready vectors, biobert_failures()",
     .setup = READY_INDEX "INSERT INTO s(s) VALUES('sync');",
     .before = CONNECT,
     .run = "SELECT rows, failed, notes FROM biobert_status('main.s'); SELECT * FROM biobert_failures('s')"},
    {.says = "an index is renamed", .setup = SYNCED,
     .before = CONNECT,
     .run = "ALTER TABLE s RENAME TO \"o'o\"; SELECT rowid FROM \"o'o\"('gene', 1)"},
    {.says = "an index without words is renamed and written",
     .setup = "CREATE VIRTUAL TABLE s USING biobert(a, search='semantic');", .before = CONNECT,
     .run = "ALTER TABLE s RENAME TO o; INSERT INTO o(a) VALUES('lung')"},
    {.says = "an index is dropped", .setup = SYNCED, .run = "DROP TABLE s"},
    {.says = "an index that is open is dropped", .setup = OWN, .before = CONNECT, .run = "DROP TABLE s"},

    /* Searching */
    {.says = "a hybrid search", .setup = SYNCED,
     .run = "SELECT rowid, a, rank, distance, bm25, passage FROM s('heart cell')"},
    {.says = "a hybrid search of what is open", .setup = OWN, .before = CONNECT,
     .run = "SELECT rowid, a, passage FROM s WHERE s MATCH 'heart cell' ORDER BY rank LIMIT 2"},
    {.says = "a semantic search", .setup = SYNCED,
     .before = CONNECT,
     .run = "SELECT rowid, distance FROM s WHERE s MATCH 'gene' AND mode = 'semantic' ORDER BY distance"},
    {.says = "a lexical search", .setup = SYNCED,
     .before = CONNECT,
     .run = "SELECT rowid, bm25 FROM s WHERE s MATCH 'gene cell' AND mode = 'lexical'"},
    {.says = "a search by a vector", .setup = SYNCED,
     .before = CONNECT,
     .run = "SELECT rowid, distance FROM s WHERE s MATCH (SELECT vector FROM s WHERE rowid = 1) AND "
            "rowid <> 1"},
    {.says = "a search without feedback", .setup = SYNCED,
     .before = CONNECT,
     .run = "SELECT rowid FROM s WHERE s MATCH 'gene' AND feedback = 0 AND k = 3"},
    {.says = "a search with feedback by words", .setup = WORDY, .before = CONNECT,
     .run = "SELECT rowid, rank FROM s WHERE s MATCH 'gene' AND k = 4"},
    {.says = "a search for an identifier", .setup = SYNCED, .before = CONNECT, .run = "SELECT rowid FROM s('NCT01234567', 1)"},
    {.says = "a search by words alone", .setup = SYNCED,
     .before = CONNECT,
     .run = "SELECT rowid, bm25 FROM s WHERE words MATCH 'cell OR heart NOT (IL-6)'; SELECT rowid FROM s "
            "WHERE words MATCH 'NOT IL-6' AND a MATCH 'heart (cell) OR b-c'"},
    {.says = "a search with filters", .setup = SYNCED,
     .before = CONNECT,
     .run = "SELECT rowid FROM s WHERE s MATCH 'gene' AND n IN (1, 2, 4) AND a <> 'x' AND b IS NOT NULL AND "
            "rowid < 9 AND words MATCH 'gene OR aspirin'; SELECT rowid FROM s WHERE s MATCH 'gene' AND a "
            "LIKE 'gene%' AND n BETWEEN 1 AND '4' AND distance < 2"},
    {.says = "a search with filters and k", .setup = SYNCED, .before = CONNECT,
     .run = "SELECT rowid FROM s('gene', 2) WHERE n IN (SELECT n FROM t WHERE n > 1) AND a > 'a'; SELECT "
            "rowid FROM s WHERE s MATCH 'gene' AND k = 2 AND b = 5 OR s MATCH 'cell' AND k = 1"},
    {.says = "a search in a join", .setup = SYNCED,
     .before = CONNECT,
     .run = "SELECT t.id, s.rank FROM t JOIN s ON s.rowid = t.id WHERE s MATCH 'gene' AND k = 3 ORDER BY "
            "t.id; SELECT id FROM t WHERE EXISTS (SELECT 1 FROM s('cell', 2) c WHERE c.rowid = t.id)"},
    {.says = "a ranking that is kept", .setup = SYNCED, .before = "SELECT rowid FROM s('gene')",
     .run = "SELECT rowid FROM s('gene'); SELECT rowid FROM s('heart'); SELECT (SELECT rank FROM s('gene', 2) "
            "g WHERE g.rowid = t.id) IS NULL FROM t"},
    {.says = "biobert_neighbours()", .setup = SYNCED, .before = CONNECT,
     .run = "SELECT * FROM biobert_neighbours('s', 2, '0.1'); SELECT * FROM biobert_neighbours('s', 2) WHERE "
            "rowid = 4"},
    {.says = "biobert_duplicates()",
     .setup = "CREATE TABLE t(id INTEGER PRIMARY KEY, title, doi, year); INSERT INTO t VALUES(1, 'A gene.', "
              "'10.1/A', 2001), (2, 'a gene', 'https://doi.org/10.1/a', 2001), (3, 'a heart', NULL, ''); CREATE "
              "VIRTUAL TABLE s USING biobert(title, content='main.t', content_rowid='id'); INSERT INTO s(s) "
              "VALUES('sync');",
     .before = CONNECT,
     .run = "SELECT * FROM biobert_duplicates('main.s', 0.1); SELECT * FROM biobert_duplicate_groups('s', 0.1)"},
    {.says = "biobert_clusters() and biobert_novelty()", .setup = SYNCED, .before = CONNECT,
     .run = "SELECT * FROM biobert_clusters('s', 2); SELECT * FROM biobert_clusters('s'); SELECT * FROM "
            "biobert_novelty('s')"},
    {.says = "a search of ready vectors",
     .setup = READY_INDEX "INSERT INTO s(s) VALUES('sync');",
     .before = CONNECT,
     .run = "SELECT rowid, distance FROM s(biobert_vector('[1,0]')); SELECT hex(biobert_mean(vector)) FROM s"},
    {.says = "an index is written while it is searched", .setup = OWN,
     .before = CONNECT,
     .run = "INSERT INTO s(rowid, a) SELECT rowid + 100, a FROM s('gene', 3); SELECT rowid FROM s('gene')"},
    {.says = "an index is copied by VACUUM", .setup = OWN, .before = CONNECT,
     .run = "VACUUM; SELECT rowid FROM s('gene')"},

    /* Analysis */
    {.says = "a map", .setup = WORDY, .before = CONNECT,
     .run = "SELECT rowid, x, y FROM biobert_map('s')"},
    {.says = "topics", .setup = WORDY, .before = CONNECT,
     .run = "SELECT * FROM biobert_topics('main.s', 3)"},
};
/* clang-format on */

const size_t operation_count = sizeof operations / sizeof operations[0];
