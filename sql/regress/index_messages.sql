-- What is said where the content has changed, an option's value is none, or an index has grown old.
.nullvalue NULL
CREATE TABLE p(id INTEGER PRIMARY KEY, title TEXT, year INT);
INSERT INTO p VALUES(1, 'aspirin', 2001), (2, 'gene therapy', 2002), (3, 'heart failure', 2003);
CREATE VIEW w AS SELECT id, title, year + 0 AS year FROM p;
CREATE VIRTUAL TABLE s USING biobert(title, year UNINDEXED, content='w', content_rowid='id');
INSERT INTO s(s) VALUES('sync');
-- The content is gone: the same advice everywhere; vectors can still be looked up.
DROP VIEW w;
SELECT * FROM biobert_status('s');
SELECT * FROM biobert_failures('s');
SELECT * FROM biobert_sync('s');
SELECT * FROM s('gene');
SELECT title FROM s;
INSERT INTO s(s) VALUES('sync');
SELECT biobert_dimension(vector) FROM s WHERE rowid = 2;
CREATE VIEW w AS SELECT id, title, year + 0 AS year FROM p;
SELECT rows, pending FROM biobert_status('s');
-- A column of it has another name now: ATTACH is no advice.
CREATE VIRTUAL TABLE r USING biobert(title, year UNINDEXED, content='p', content_rowid='id');
INSERT INTO r(r) VALUES('sync');
ALTER TABLE p RENAME COLUMN title TO headline;
SELECT * FROM biobert_status('r');
SELECT * FROM biobert_sync('r');
SELECT title FROM r('gene');
SELECT count(*) FROM r;
INSERT INTO r(r) VALUES('sync');
ALTER TABLE p RENAME COLUMN headline TO title;
SELECT rows, pending, stale FROM biobert_status('r');
ALTER TABLE p RENAME COLUMN id TO pmid;
SELECT * FROM biobert_status('r');
SELECT * FROM biobert_failures('r');
SELECT title FROM r WHERE rowid = 1;
ALTER TABLE p RENAME COLUMN pmid TO id;
-- A filter's column goes; the ready vectors' goes.
DROP VIEW w;
ALTER TABLE p DROP COLUMN year;
SELECT rowid FROM r('gene', 1);
DROP TABLE r;
CREATE TABLE c(id INTEGER PRIMARY KEY, t TEXT, v BLOB);
CREATE VIRTUAL TABLE rv USING biobert(t, content='c', vectors='v');
ALTER TABLE c RENAME COLUMN v TO embedding;
INSERT INTO rv(rv) VALUES('sync');
SELECT * FROM biobert_status('rv');
-- A table dropped and made anew with other columns.
DROP TABLE c;
SELECT stale FROM biobert_status('rv');
CREATE TABLE c(a, b, d, e, f, g, h, i, j, k, l, m, n, o);
SELECT stale FROM biobert_status('rv');
DROP TABLE rv;
-- Options: the value, and what there is to choose.
CREATE VIRTUAL TABLE x USING biobert(t, passage_tokens=0);
CREATE VIRTUAL TABLE x USING biobert(t, passage_tokens=-1);
CREATE VIRTUAL TABLE x USING biobert(t, passage_tokens=65537);
CREATE VIRTUAL TABLE x USING biobert(t, passage_overlap=none);
CREATE VIRTUAL TABLE x USING biobert(t, content='c', vectors='a', dimension=0);
CREATE VIRTUAL TABLE x0 USING biobert(t, passage_tokens=16, passage_overlap=0);
-- A type that only the index would know of.
CREATE TABLE q(id INTEGER PRIMARY KEY, t TEXT, y, n INT);
CREATE VIEW qv AS SELECT id, t || '' AS t, n * 2 AS n, y, n AS m FROM q;
CREATE VIRTUAL TABLE x USING biobert(t, n INTEGER UNINDEXED, content='qv', content_rowid='id');
CREATE VIRTUAL TABLE x USING biobert(t, y VARCHAR(20) UNINDEXED, content='q', content_rowid='id');
CREATE VIRTUAL TABLE x USING biobert(t REAL, content='qv', content_rowid='id');
CREATE VIRTUAL TABLE x1 USING biobert(t TEXT, n UNINDEXED, m INTEGER UNINDEXED, content='qv', content_rowid='id');
CREATE VIRTUAL TABLE x2 USING biobert(t TEXT, n INTEGER UNINDEXED, y UNINDEXED, content='q', content_rowid='id');
-- More columns than SQLite can rank by, and as many as it can.
.shell rm -rf build/tmp_messages && mkdir -p build/tmp_messages
.once build/tmp_messages/127.sql
WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 127)
  SELECT 'CREATE VIRTUAL TABLE many USING biobert(' || group_concat('c' || x, ', ') || ');' FROM c;
.once build/tmp_messages/126.sql
WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 126)
  SELECT 'CREATE VIRTUAL TABLE many USING biobert(' || group_concat('c' || x, ', ') || ', c127 UNINDEXED);' FROM c;
.read build/tmp_messages/127.sql
.read build/tmp_messages/126.sql
INSERT INTO many(c1, c126, c127) VALUES('heart', 'failure', 'x');
SELECT c1, c126, c127 FROM many('failure', 1);
.shell rm -rf build/tmp_messages
-- More than half of an index is dead.
CREATE VIRTUAL TABLE o USING biobert(t);
INSERT INTO o(t) VALUES('aspirin'), ('stroke'), ('gene'), ('heart');
DELETE FROM o WHERE rowid < 3;
SELECT passages, notes FROM biobert_status('o');
UPDATE o SET t = 'cell' WHERE rowid = 3;
SELECT passages, notes FROM biobert_status('o');
INSERT INTO o(o) VALUES('optimize');
SELECT passages, notes FROM biobert_status('o');
SELECT rowid FROM o('cell', 1);
DELETE FROM o;
SELECT notes FROM biobert_status('o');
INSERT INTO o(o) VALUES('optimize');
SELECT notes FROM biobert_status('o');
INSERT INTO o(o) VALUES('integrity-check');

-- A content that cannot be read says why in every mode.
CREATE VIEW circle AS SELECT rowid AS id, 'gene' AS t FROM biobert_clusters('around');
CREATE VIRTUAL TABLE around USING biobert(t, content='circle', content_rowid='id');
SELECT rowid FROM around('gene');
SELECT rowid FROM around WHERE around MATCH 'gene' AND mode = 'lexical';
INSERT INTO around(around) VALUES('sync');
