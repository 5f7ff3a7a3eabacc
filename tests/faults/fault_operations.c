/* fault_operations.c - see fault_operations.h. Tables are small: every read and write of
 * an operation is one point to fail at. */
#include <stdbool.h>

#include "fault_operations.h"

/* Texts of every kind: short ones, a blank one, a NULL, and a BLOB, which fails. */
#define PAPERS                                                                           \
  "CREATE TABLE t(id INTEGER PRIMARY KEY, a, b, n); INSERT INTO t VALUES(1, 'gene', "    \
  "'heart failure', 1), (2, 'cell', NULL, 2), (3, NULL, ' ', 3), (4, 'kinase of the "    \
  "gene', 'DNA', 4), (5, x'00ff', 'blood', 5), (6, 'aspirin', 'stroke and blood', 6), "  \
  "(7, 'lung', 'cancer', 7), (9, 'protein', 'receptor', 9);"
#define INDEX(more)                                                                      \
  "CREATE VIRTUAL TABLE s USING biobert(a, b, n UNINDEXED, content='t'" more ");"
#define SYNCED "INSERT INTO s(s) VALUES('sync');"
#define CHANGES                                                                          \
  "UPDATE t SET a = 'virus' WHERE id IN (1, 6); DELETE FROM t WHERE id IN (2, 9); "      \
  "INSERT INTO t VALUES(12, 'insulin', 'surgery', 12), (13, 'mutation', NULL, 13);"
#define QUEUE                                                                            \
  "CREATE TABLE q(id INTEGER PRIMARY KEY); CREATE TRIGGER q1 AFTER INSERT ON t BEGIN "   \
  "INSERT INTO q SELECT new.id WHERE new.id NOT IN (SELECT id FROM q); END; CREATE "     \
  "TRIGGER q2 AFTER DELETE ON t BEGIN INSERT INTO q SELECT old.id WHERE old.id NOT IN "  \
  "(SELECT id FROM q); END; CREATE TRIGGER q3 AFTER UPDATE OF a, b ON t BEGIN INSERT "   \
  "INTO q SELECT new.id WHERE new.id NOT IN (SELECT id FROM q); END;"
#define OWN(more)                                                                        \
  "CREATE VIRTUAL TABLE s USING biobert(a, n UNINDEXED" more "); INSERT INTO s(rowid, "  \
  "a, n) VALUES(1, 'gene', 1), (2, 'heart failure', 2), (3, NULL, 3), (4, 'kinase of "   \
  "the gene', 4), (6, 'aspirin', 6);"
#define SYNC_ROWS(batch)                                                                 \
  "SELECT done, total, failed, message FROM biobert_sync('s', " batch ");"

/* clang-format off */
const operation operations[] = {
    {"inserting rows into FTS5 alone, for comparison",
     PAPERS "CREATE VIRTUAL TABLE f USING fts5(a)",
     "INSERT INTO f SELECT a || hex(zeroblob(1500)) FROM t",
     WARM, NULL},
    {"opening a database and reading an index",
     PAPERS INDEX("") SYNCED,
     "SELECT rowid, a, hex(vector) FROM s; SELECT count(*) FROM s('gene');",
     COLD, NULL},
    {"creating an index with content of its own",
     "CREATE TABLE t(x)",
     "CREATE VIRTUAL TABLE s USING biobert(a, n UNINDEXED)",
     WARM, NULL},
    {"creating an index over a table", PAPERS, INDEX(""),
     WARM, NULL},
    {"creating an index with a queue",
     PAPERS QUEUE
     "CREATE TABLE elsewhere(id); CREATE VIRTUAL TABLE other USING biobert(a, "
     "content='t', queue='elsewhere')",
     INDEX(", queue='q'"),
     WARM, NULL},
    {"creating, filling and asking an index of floats without words",
     PAPERS,
     INDEX(", search='semantic', store='f32'") SYNCED "SELECT rowid FROM s('gene')",
     WARM, NULL},
    {"creating, filling and asking an index of integers",
     PAPERS,
     INDEX(", store='int8'") SYNCED "SELECT rowid FROM s('gene')",
     WARM, NULL},
    {"inserting a row",
     OWN(""),
     "INSERT INTO s(a, n) VALUES('insulin', 7)",
     WARM, NULL},
    {"inserting rows",
     OWN(""),
     "INSERT INTO s(rowid, a, n) VALUES(10, 'insulin', 7), (11, 'cell', 8), (12, "
     "'heart', 9)",
     WARM, NULL},
    {"inserting rows from a table",
     PAPERS OWN(""),
     "INSERT INTO s(a, n) SELECT b, n FROM t",
     WARM, NULL},
    {"inserting a row with its vector",
     OWN(""),
     "INSERT INTO s(a, vector) VALUES('cell', biobert_embed('cell'))",
     WARM, NULL},
    {"updating a text",
     OWN(""),
     "UPDATE s SET a = 'virus' WHERE rowid = 2",
     WARM, NULL},
    {"updating texts",
     OWN(""),
     "UPDATE s SET a = a || ' cell' WHERE rowid < 5",
     WARM, NULL},
    {"updating what is not embedded",
     OWN(""),
     "UPDATE s SET n = n + 1",
     WARM, NULL},
    {"updating a rowid",
     OWN(""),
     "UPDATE s SET rowid = 20 WHERE rowid = 2",
     WARM, NULL},
    {"deleting a row", OWN(""), "DELETE FROM s WHERE rowid = 4",
     WARM, NULL},
    {"deleting all rows", OWN(""), "DELETE FROM s",
     WARM, NULL},
    {"replacing rows",
     OWN(""),
     "REPLACE INTO s(rowid, a, n) VALUES(2, 'virus', 2), (3, 'cell', 3), (30, "
     "'lung', 30)",
     WARM, NULL},
    {"an upsert of the content and a sync",
     PAPERS INDEX("") SYNCED,
     "INSERT INTO t VALUES(1, 'virus', NULL, 1), (20, 'lung', 'x', 2) ON CONFLICT "
     "DO UPDATE SET a = excluded.a, b = excluded.b; INSERT INTO s(s) "
     "VALUES('sync')",
     WARM, NULL},
    {"a first sync by the command",
     PAPERS INDEX(""),
     "INSERT INTO s(s) VALUES('sync')",
     WARM, NULL},
    {"a later sync by the command",
     PAPERS INDEX("") SYNCED CHANGES,
     "INSERT INTO s(s) VALUES('sync')",
     WARM, NULL},
    {"syncs by the command with a limit",
     PAPERS INDEX("") SYNCED CHANGES,
     "INSERT INTO s(s, rank) VALUES('sync', 2); INSERT INTO s(s, rank) "
     "VALUES('sync', 2); INSERT INTO s(s, rank) VALUES('sync', 9)",
     WARM, NULL},
    {"a sync of an index's own content after a reset",
     OWN("") "INSERT INTO s(s) VALUES('reset')",
     "INSERT INTO s(s) VALUES('sync')",
     WARM, NULL},
    {"a first sync by the table",
     PAPERS INDEX(""),
     SYNC_ROWS("3"),
     WARM, NULL},
    {"a later sync by the table",
     PAPERS INDEX("") SYNCED CHANGES,
     SYNC_ROWS("2"),
     WARM, NULL},
    {"a first sync with a queue",
     PAPERS QUEUE INDEX(", queue='q'"),
     SYNC_ROWS("3"),
     WARM, NULL},
    {"a later sync with a queue",
     PAPERS QUEUE INDEX(", queue='q'") SYNCED CHANGES,
     SYNC_ROWS("3"),
     WARM, NULL},
    {"a later sync with a queue by the command",
     PAPERS QUEUE INDEX(", queue='q'") SYNCED CHANGES,
     "INSERT INTO s(s, rank) VALUES('sync', 3); INSERT INTO s(s) VALUES('sync')",
     WARM, NULL},
    {"a sync of ready vectors",
     PAPERS "ALTER TABLE t ADD COLUMN v; UPDATE t SET v = biobert_embed(b) "
     "WHERE b IS NOT NULL; CREATE VIRTUAL TABLE s USING biobert(a, b, "
     "content='t', vectors='v');",
     SYNC_ROWS("3"),
     WARM, NULL},
    {"a hybrid search",
     PAPERS INDEX("") SYNCED,
     "SELECT rowid, a, printf('%.4f', distance), passage FROM s('gene cell'); "
     "SELECT rowid FROM s('blood', 2)",
     WARM, NULL},
    {"a search by words",
     PAPERS INDEX("") SYNCED,
     "SELECT rowid FROM s WHERE s MATCH 'gene blood' AND mode = 'lexical'; SELECT "
     "rowid FROM s WHERE words MATCH 'blood NOT stroke'; SELECT rowid FROM s "
     "WHERE a MATCH 'gene'",
     WARM, NULL},
    {"a search by vectors",
     PAPERS INDEX("") SYNCED,
     "SELECT rowid, printf('%.4f', distance) FROM s WHERE s MATCH 'gene' AND mode "
     "= 'semantic'; SELECT rowid FROM s WHERE s MATCH (SELECT vector FROM s WHERE "
     "rowid = 6) AND mode = 'semantic' AND k = 3",
     WARM, NULL},
    {"a search with filters",
     PAPERS INDEX("") SYNCED,
     "SELECT rowid, document FROM s WHERE s MATCH 'gene' AND n IN (1, 4, 7, 9) AND "
     "k = 3; SELECT rowid FROM s WHERE s MATCH 'gene' AND n > 3 AND rowid < 9; "
     "SELECT t.a FROM t JOIN s ON s.rowid = t.id WHERE s MATCH 'blood' LIMIT 3",
     WARM, NULL},
    {"biobert_status and biobert_failures",
     PAPERS INDEX("") SYNCED CHANGES,
     "SELECT rows, pending, stale, empty, failed, passages, bytes, notes FROM "
     "biobert_status('s'); SELECT * FROM biobert_failures('s')",
     WARM, NULL},
    {"renaming an index",
     PAPERS INDEX("") SYNCED,
     "ALTER TABLE s RENAME TO renamed",
     WARM, NULL},
    {"dropping an index", PAPERS INDEX("") SYNCED, "DROP TABLE s",
     WARM, NULL},
    {"dropping an index with content of its own",
     OWN(""),
     "DROP TABLE s",
     WARM, NULL},
    {"'rebuild'",
     PAPERS INDEX("") SYNCED CHANGES,
     "INSERT INTO s(s) VALUES('rebuild')",
     WARM, NULL},
    {"'optimize'",
     PAPERS INDEX("") SYNCED CHANGES SYNCED,
     "INSERT INTO s(s) VALUES('optimize')",
     WARM, NULL},
    {"'reset'",
     PAPERS INDEX("") SYNCED,
     "INSERT INTO s(s) VALUES('reset')",
     WARM, NULL},
    {"'retry'",
     PAPERS INDEX("") SYNCED "UPDATE t SET a = 'heart' WHERE id = 5",
     "INSERT INTO s(s) VALUES('retry')",
     WARM, NULL},
    {"'delete-all' and 'delete'",
     PAPERS INDEX("") SYNCED,
     "INSERT INTO s(s, rowid) VALUES('delete', 4); INSERT INTO s(s) "
     "VALUES('delete-all')",
     WARM, NULL},
    {"'integrity-check'",
     PAPERS INDEX("") SYNCED,
     "INSERT INTO s(s) VALUES('integrity-check')",
     WARM, NULL},
    {"a transaction with savepoints",
     OWN(""),
     "BEGIN; INSERT INTO s(a) VALUES('insulin'), ('cell'); SAVEPOINT one; UPDATE s "
     "SET a = 'virus' WHERE rowid = 2; SAVEPOINT two; DELETE FROM s WHERE rowid < "
     "3; INSERT INTO s(a) VALUES('lung'); ROLLBACK TO two; INSERT INTO s(a) "
     "VALUES('heart'); SELECT rowid FROM s('heart', 3); RELEASE one; REPLACE INTO "
     "s(rowid, a) VALUES(1, 'blood'); DELETE FROM s WHERE rowid = 4; COMMIT",
     WARM, NULL},
    {"a transaction that is rolled back",
     PAPERS INDEX("") SYNCED,
     "BEGIN; UPDATE t SET a = 'virus' WHERE id = 4; INSERT INTO s(s) "
     "VALUES('sync'); SELECT rowid FROM s('virus', 2); INSERT INTO s(s) "
     "VALUES('optimize'); ROLLBACK; SELECT rowid, hex(vector) FROM s('gene')",
     WARM, NULL},
    {"a schema change, VACUUM and a search",
     PAPERS INDEX("") SYNCED,
     "CREATE TABLE later(x); VACUUM; SELECT rowid FROM s('gene')",
     WARM, NULL},
    {"opening a database whose writer was killed, and a sync",
     PAPERS INDEX("") SYNCED CHANGES,
     "SELECT rowid, hex(vector) FROM s; INSERT INTO s(s) VALUES('sync')",
     AFTER_KILL, "INSERT INTO s(s) VALUES('sync')"},
    {"opening a database after a loss of power, and a sync",
     PAPERS INDEX("") SYNCED CHANGES,
     "SELECT rowid, hex(vector) FROM s; INSERT INTO s(s) VALUES('sync')",
     AFTER_POWER_LOSS, "INSERT INTO s(s) VALUES('sync')"},
    {"opening a database whose index was half made",
     PAPERS,
     "SELECT name FROM sqlite_schema; SELECT count(*) FROM t",
     AFTER_KILL, INDEX("") SYNCED},
};
/* clang-format on */

const size_t operation_count = sizeof operations / sizeof operations[0];
