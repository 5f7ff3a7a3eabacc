-- What happens to an index: rename, drop, attach, TEMP, VACUUM, dump, read-only, without the extension.
-- Each .open makes a connection anew, which needs the extension: run.sh exports BUILD.
.nullvalue NULL
.shell rm -rf build/tmp_index && mkdir -p build/tmp_index
.open build/tmp_index/a.db
.read '|echo .load $BUILD/biobert'
CREATE TABLE papers(pmid INTEGER PRIMARY KEY, title TEXT, year INT);
INSERT INTO papers VALUES(1, 'aspirin', 2001), (2, 'gene therapy', 2002), (3, 'heart failure', 2003);
CREATE VIRTUAL TABLE s USING biobert(title, year UNINDEXED, content='papers', content_rowid='pmid');
INSERT INTO s(s) VALUES('sync');
SELECT rowid FROM s('heart failure', 1);
-- Rename, also inside a transaction that is rolled back.
ALTER TABLE s RENAME TO t;
SELECT rowid FROM t('heart failure', 1);
BEGIN;
ALTER TABLE t RENAME TO u;
INSERT INTO papers VALUES(4, 'cell', 2004);
INSERT INTO u(u) VALUES('sync');
SELECT rowid FROM u('cell', 1);
ROLLBACK;
SELECT rowid FROM t('cell', 1);
ALTER TABLE t RENAME TO s;
INSERT INTO s(s) VALUES('integrity-check');
-- VACUUM, another file by VACUUM INTO, backup.
VACUUM;
SELECT rowid FROM s('heart failure', 1);
VACUUM INTO 'build/tmp_index/b.db';
.backup build/tmp_index/c.db
ATTACH 'build/tmp_index/b.db' AS b;
SELECT rowid FROM b.s WHERE s MATCH 'heart failure' LIMIT 1;
SELECT rows, pending FROM biobert_status('b.s');
INSERT INTO b.papers VALUES(9, 'DNA', 2009);
SELECT done, total FROM biobert_sync('b.s');
SELECT rows FROM biobert_status('s');
SELECT rows FROM biobert_status('b.s');
DETACH b;
-- A TEMP index, and one over a TEMP view, which is not there the next time.
CREATE VIRTUAL TABLE temp.tt USING biobert(title);
INSERT INTO tt VALUES('protein'), ('cancer');
SELECT title FROM tt('cancer', 1);
SELECT rows FROM biobert_status('tt');
CREATE TEMP VIEW tv AS SELECT pmid, title FROM papers WHERE year < 2003;
CREATE VIRTUAL TABLE v USING biobert(title, content='temp.tv', content_rowid='pmid');
INSERT INTO v(v) VALUES('sync');
SELECT rowid FROM v('gene therapy', 1);
.open build/tmp_index/a.db
.read '|echo .load $BUILD/biobert'
SELECT rowid FROM v('gene therapy', 1);
SELECT * FROM biobert_sync('v');
DROP TABLE v;
-- Dump and restore into another file.
.output build/tmp_index/dump.sql
.dump
.output
.open build/tmp_index/d.db
.read build/tmp_index/dump.sql
.open build/tmp_index/d.db
.read '|echo .load $BUILD/biobert'
SELECT rowid FROM s('heart failure', 1);
INSERT INTO s(s) VALUES('integrity-check');
INSERT INTO papers VALUES(5, 'protein', 2005);
SELECT done, total FROM biobert_sync('s');
SELECT rowid FROM s('protein', 1);
-- A file that must not be written.
.open --readonly build/tmp_index/a.db
.read '|echo .load $BUILD/biobert'
SELECT rowid FROM s('heart failure', 1);
SELECT rowid, rank IS NULL FROM s('gene', 1, 'lexical');
SELECT rows, pending FROM biobert_status('s');
SELECT done, total, message FROM biobert_sync('s');
INSERT INTO s(s) VALUES('reset');
-- Without the extension: the user's tables work.
.open build/tmp_index/a.db
.read '|echo .load $BUILD/biobert'
.shell sqlite3 -batch -init /dev/null build/tmp_index/a.db "INSERT INTO papers VALUES(6, 'mouse', 2006); ALTER TABLE papers ADD COLUMN doi; ALTER TABLE papers RENAME COLUMN doi TO link; VACUUM; PRAGMA integrity_check; SELECT count(*) FROM papers; DELETE FROM papers WHERE pmid = 1;"
.shell sqlite3 -batch -init /dev/null build/tmp_index/a.db "ALTER TABLE papers RENAME TO works; ALTER TABLE works RENAME TO papers; SELECT * FROM s;" 2>&1
SELECT rows, pending FROM biobert_status('s');
SELECT done, total FROM biobert_sync('s');
SELECT rowid FROM s('mouse', 1);
-- Shadow tables are protected where the user wants that.
.dbconfig defensive on
INSERT INTO s_docs(id) VALUES(99);
DROP TABLE s_full;
INSERT INTO papers(pmid, title) VALUES(7, 'DNA');
INSERT INTO s(s) VALUES('sync');
.dbconfig defensive off
-- The content is dropped: searching says so, look-ups of vectors and DROP work.
ALTER TABLE papers RENAME TO moved;
SELECT rowid FROM s('mouse', 1);
SELECT rowid, title, length(vector), document FROM s WHERE rowid = 3;
SELECT rowid FROM s WHERE rowid = 99;
ALTER TABLE moved RENAME TO papers;
DROP TABLE papers;
SELECT rowid FROM s('mouse', 1);
DROP TABLE s;
SELECT count(*) FROM sqlite_schema;
PRAGMA integrity_check;
.shell rm -rf build/tmp_index
