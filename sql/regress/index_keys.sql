-- Keys of the content: what is taken as one, what is said of the others. `.import --csv` makes every
-- column TEXT; programs write REALs.
.nullvalue NULL
CREATE TABLE papers(pmid TEXT, title TEXT, year TEXT);
CREATE INDEX by_pmid ON papers(pmid);
INSERT INTO papers VALUES('1', 'aspirin', '2001'), ('12', 'gene therapy', '2002'), ('-3', 'heart failure', '2003'),
  ('012', 'stroke', '2004'), ('13.0', 'cancer', '2005'), (' 14', 'protein', '2006'), ('PMC15', 'cell', '2007'),
  ('', 'trial', '2008'), (NULL, 'mouse', '2009'), ('99999999999999999999', 'risk', '2010');
CREATE VIRTUAL TABLE s USING biobert(title, year UNINDEXED, content='papers', content_rowid='pmid');
SELECT done, total, failed, message FROM biobert_sync('s');
SELECT rows, pending, stale, failed, passages FROM biobert_status('s');
SELECT * FROM biobert_failures('s') ORDER BY rowid, message;
SELECT rowid, title FROM s;
SELECT rowid, title FROM s('heart failure') ORDER BY rowid;
SELECT rowid, title FROM s WHERE s MATCH 'gene' AND year > '2001' AND rowid > 0;
SELECT title FROM s WHERE rowid = 12;
SELECT title FROM s WHERE rowid = '-3';
SELECT rowid FROM s WHERE words MATCH 'therapy';
-- The key's own index serves the look-up.
EXPLAIN QUERY PLAN SELECT title FROM papers AS c WHERE c.pmid IN (12, CAST(12 AS TEXT));
-- Two that print alike never become one: '012' is none.
UPDATE papers SET title = 'another text' WHERE pmid = '012';
SELECT total FROM biobert_sync('s') LIMIT 1;
SELECT title FROM s WHERE rowid = 12;
DELETE FROM papers WHERE pmid = '12';
SELECT rowid, title FROM s('gene therapy') ORDER BY rowid;
INSERT INTO s(s) VALUES('sync');
SELECT passages FROM biobert_status('s');
INSERT INTO s(s) VALUES('integrity-check');
-- As the advice says: keys that CAST makes alike are found, and do not overwrite.
INSERT INTO papers VALUES('12', 'gene therapy', '2002');
CREATE VIEW v AS SELECT CAST("pmid" AS INTEGER) AS key, * FROM "main"."papers";
CREATE VIRTUAL TABLE sv USING biobert(title, content='v', content_rowid='key');
INSERT INTO sv(sv) VALUES('sync');
SELECT rowid, message FROM biobert_failures('sv') ORDER BY rowid, message;
SELECT count(*) FROM sv('gene');
-- A column without a type keeps what is written: 5, '5' and 5.0 are one key, which the first row has.
CREATE TABLE u(id, t TEXT COLLATE NOCASE);
INSERT INTO u VALUES('5', 'aspirin'), (5, 'stroke'), (5.0, 'gene'), (6.0, 'heart'), (7.5, 'cell'), ('8', 'protein'), (x'39', 'trial');
CREATE VIRTUAL TABLE su USING biobert(t, content='u', content_rowid='id');
INSERT INTO su(su) VALUES('sync');
SELECT rowid, message FROM biobert_failures('su') ORDER BY rowid, message;
SELECT rows, pending, stale, failed, passages FROM biobert_status('su');
SELECT rowid, t FROM su('heart') ORDER BY rowid;
SELECT t FROM su WHERE rowid = 8;
UPDATE u SET t = 'vaccine' WHERE id = 6.0;
SELECT stale FROM biobert_status('su');
SELECT total FROM biobert_sync('su') LIMIT 1;
SELECT pending, stale FROM biobert_status('su');
-- A collation under which '9 ' is '9', and a view's expression, which has no type.
CREATE TABLE r(id TEXT COLLATE RTRIM, t);
INSERT INTO r VALUES('9 ', 'not this'), ('9', 'heart failure');
CREATE VIRTUAL TABLE sr USING biobert(t, content='r', content_rowid='id');
INSERT INTO sr(sr) VALUES('sync');
SELECT rowid, t FROM sr('heart');
SELECT rowid, message FROM biobert_failures('sr');
CREATE VIEW e AS SELECT substr(pmid, 4) AS id, title FROM papers WHERE pmid LIKE 'PMC%';
CREATE VIRTUAL TABLE se USING biobert(title, content='e', content_rowid='id');
INSERT INTO se(se) VALUES('sync');
SELECT rowid, title FROM se('cell', 1);
SELECT rows, pending, failed FROM biobert_status('se');
-- More rows than are asked for one by one.
WITH RECURSIVE c(x) AS (SELECT 100 UNION ALL SELECT x + 1 FROM c LIMIT 600)
  INSERT INTO papers SELECT x, 'gene ' || x, x FROM c;
INSERT INTO s(s) VALUES('sync');
SELECT count(*), min(rowid), max(rowid) FROM s WHERE s MATCH 'gene' AND mode = 'lexical' AND year IN ('120', '450', '699');
-- VACUUM renumbers a table without INTEGER PRIMARY KEY.
CREATE TABLE plain(t TEXT);
INSERT INTO plain VALUES('a text that will be deleted'), ('polio vaccine'), ('bed nets');
CREATE VIRTUAL TABLE sp USING biobert(t, content='plain');
SELECT done, message FROM biobert_sync('sp');
SELECT notes FROM biobert_status('sp');
-- So say "INT PRIMARY KEY", DESC, and a key of two columns; an alias of the rowid does not, however it is written.
CREATE TABLE k1(id INT PRIMARY KEY, t); CREATE TABLE k2(id INTEGER PRIMARY KEY DESC, t);
CREATE TABLE k3(a INTEGER, b INTEGER, t, PRIMARY KEY(a, b)); CREATE TABLE k4(id INTEGER UNIQUE, t);
CREATE TABLE k5(id integer primary key, t); CREATE TABLE k6(id INTEGER, t, PRIMARY KEY(id DESC));
CREATE TABLE k7(rowid TEXT, t); CREATE TABLE k8(id INTEGER PRIMARY KEY AUTOINCREMENT, t);
CREATE VIRTUAL TABLE k9 USING fts5(t);
CREATE VIRTUAL TABLE s1 USING biobert(t, content='k1'); CREATE VIRTUAL TABLE s2 USING biobert(t, content='k2');
CREATE VIRTUAL TABLE s3 USING biobert(t, content='k3', content_rowid='oid'); CREATE VIRTUAL TABLE s4 USING biobert(t, content='k4');
CREATE VIRTUAL TABLE s5 USING biobert(t, content='k5'); CREATE VIRTUAL TABLE s6 USING biobert(t, content='k6');
CREATE VIRTUAL TABLE s7 USING biobert(t, content='k7'); CREATE VIRTUAL TABLE s8 USING biobert(t, content='k8', content_rowid='_rowid_');
CREATE VIRTUAL TABLE s9 USING biobert(t, content='k9'); CREATE VIRTUAL TABLE s0 USING biobert(t, content='k4', content_rowid='id');
CREATE TEMP TABLE kt(t); CREATE VIRTUAL TABLE temp.st USING biobert(t, content='kt');
WITH n(name) AS (VALUES('s1'), ('s2'), ('s3'), ('s4'), ('s5'), ('s6'), ('s7'), ('s8'), ('s9'), ('s0'), ('temp.st'))
  SELECT n.name, notes LIKE '%VACUUM%' FROM n, biobert_status(n.name);
-- An index with its own text survives it.
CREATE VIRTUAL TABLE own USING biobert(t);
INSERT INTO own(rowid, t) VALUES(1, 'aspirin'), (5, 'polio vaccine'), (9, 'bed nets');
DELETE FROM own WHERE rowid = 1;
VACUUM;
SELECT rowid, t FROM own('bed nets', 1);
SELECT rowid, t FROM own WHERE own MATCH 'vaccine' AND mode = 'lexical';
INSERT INTO own(own) VALUES('integrity-check');
-- Rowids that programs write as REALs or texts.
INSERT INTO own(rowid, t) VALUES(20.0, 'cell'), ('21', 'mouse');
INSERT INTO own(rowid, t) VALUES(2.5, 'cell');
INSERT INTO own(rowid, t) VALUES('PMC1', 'cell');
UPDATE own SET rowid = 22.0 WHERE rowid = 21;
UPDATE own SET rowid = 'x' WHERE rowid = 22;
SELECT rowid, t FROM own WHERE rowid >= 20;
INSERT INTO s(s, rowid) VALUES('delete', '1');
SELECT count(*) FROM s WHERE s MATCH 'aspirin' AND mode = 'lexical';
INSERT INTO s(rowid, title, year) SELECT pmid, title, year FROM papers WHERE pmid = '1';
SELECT rowid FROM s WHERE s MATCH 'aspirin' AND mode = 'lexical';
SELECT pending, stale FROM biobert_status('s');
