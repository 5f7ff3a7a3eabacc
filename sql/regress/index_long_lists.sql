-- Lists and conditions of every size and kind: a search keeps the rows that a scan of the
-- content keeps. Each line is 1 where it does.
CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, n INT, x);
WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c LIMIT 1500)
  INSERT INTO t SELECT i, 'gene ' || i, i % 100, iif(i % 3, i, 'v' || i) FROM c;
CREATE VIRTUAL TABLE s USING biobert(a, n INT UNINDEXED, x UNINDEXED, content='t', search='lexical');
INSERT INTO s(s) VALUES('sync');

-- Values that are left to SQLite: more than fit in one bracket of an expression.
WITH RECURSIVE v(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM v LIMIT 1200)
  SELECT (SELECT group_concat(rowid) FROM (SELECT rowid FROM s WHERE s MATCH 'gene' AND k = 2000 AND x IN (SELECT i FROM v) ORDER BY rowid))
       = (SELECT group_concat(id) FROM (SELECT id FROM t WHERE x IN (SELECT i FROM v) ORDER BY id));
WITH RECURSIVE v(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM v LIMIT 1200)
  SELECT (SELECT group_concat(rowid) FROM (SELECT rowid FROM s WHERE s MATCH 'gene' AND k = 2000 AND x IN (SELECT 'v' || i FROM v) ORDER BY rowid))
       = (SELECT group_concat(id) FROM (SELECT id FROM t WHERE x IN (SELECT 'v' || i FROM v) ORDER BY id));
-- A plain list, with what no column of numbers can be.
WITH RECURSIVE v(i) AS (SELECT 1 UNION ALL SELECT i + 3 FROM v LIMIT 30)
  SELECT (SELECT count(*) FROM s WHERE s MATCH 'gene' AND k = 2000 AND n IN (SELECT i FROM v UNION ALL VALUES ('7'), (2.5), ('x'), (NULL), (x'00')))
       = (SELECT count(*) FROM t WHERE n IN (SELECT i FROM v UNION ALL VALUES ('7'), (2.5), ('x'), (NULL), (x'00')));

-- The same where few parameters are allowed: what does not fit is written out.
.limit variable_number 105
SELECT (SELECT count(*) FROM s WHERE s MATCH 'gene' AND k = 2000 AND n IN (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)) = 180;
SELECT (SELECT count(*) FROM s WHERE s MATCH 'gene' AND k = 2000 AND a IN ('gene 1', 'gene 2', 'gene 3', 'gene 4', 'gene 5', 'gene 6', 'gene 7', 'it''s')) = 7;
SELECT (SELECT count(*) FROM s WHERE s MATCH 'gene' AND k = 2000 AND a IN ('gene 1', 'gene 2', 'gene 3', 'gene 4', 'gene 5', 'gene 6', 'gene 7' || char(0), 'gene 8')) = 7;
SELECT (SELECT count(*) FROM s WHERE s MATCH 'gene' AND k = 2000 AND n IN (1, 2, 3, 4, 5, 6, 7.5, 8, 9, 10)) = 135;
SELECT (SELECT count(*) FROM s WHERE s MATCH 'gene' AND k = 2000 AND x IN (1, 2, 4, 5, 7, 8, 10, 11, 13, 'v3', 'v6')) = 11;
.limit variable_number 32766

-- The rowid and values of every type.
SELECT (SELECT count(*) FROM s WHERE s MATCH 'gene' AND k = 2000 AND rowid < 2.5) = 2;
SELECT (SELECT count(*) FROM s WHERE s MATCH 'gene' AND k = 2000 AND rowid >= 1499.5) = 1;
SELECT (SELECT count(*) FROM s WHERE s MATCH 'gene' AND k = 2000 AND rowid <= '3') = 3;
SELECT (SELECT count(*) FROM s WHERE s MATCH 'gene' AND k = 2000 AND rowid > 'x') = 0;
SELECT (SELECT count(*) FROM s WHERE s MATCH 'gene' AND k = 2000 AND rowid < x'00') = 1500;
SELECT (SELECT count(*) FROM s WHERE s MATCH 'gene' AND k = 2000 AND rowid < 1e300) = 1500;
SELECT (SELECT count(*) FROM s WHERE s MATCH 'gene' AND k = 2000 AND rowid > -1e300) = 1500;
SELECT (SELECT count(*) FROM s WHERE s MATCH 'gene' AND k = 2000 AND rowid <> 7.0) = 1499;
SELECT (SELECT count(*) FROM s WHERE s MATCH 'gene' AND k = 2000 AND rowid <> 7.5) = 1500;
SELECT (SELECT count(*) FROM s WHERE s MATCH 'gene' AND k = 2000 AND rowid = 7.5) = 0;
SELECT (SELECT count(*) FROM s WHERE s MATCH 'gene' AND k = 2000 AND rowid = '7e0') = 1;
SELECT (SELECT count(*) FROM s WHERE s MATCH 'gene' AND k = 2000 AND rowid = '7.5e1') = 1;
SELECT (SELECT count(*) FROM s WHERE s MATCH 'gene' AND k = 2000 AND rowid = 'e') = 0;
SELECT (SELECT count(*) FROM s WHERE s MATCH 'gene' AND k = 2000 AND rowid > NULL) = 0;
SELECT (SELECT count(*) FROM s WHERE s MATCH 'gene' AND k = 2000 AND rowid IS NOT NULL) = 1500;
SELECT (SELECT count(*) FROM s WHERE s MATCH 'gene' AND k = 2000 AND rowid IN (1, '2', 3.0, 4.5, 'x', NULL, x'35')) = 3;

-- Identifiers as they are pasted, and what only looks like one: the search is for one row.
UPDATE t SET a = 'trial NCT01234567, doi 10.1001/jama.2020.12345' WHERE id = 9;
INSERT INTO s(s) VALUES('sync');
SELECT rowid = 9 FROM s('NCT01234567', 1);
SELECT rowid = 9 FROM s('  "NCT01234567".', 1);
SELECT rowid = 9 FROM s('doi:10.1001/jama.2020.12345', 1);
SELECT rowid = 9 FROM s('DOI 10.1001/jama.2020.12345;', 1);
SELECT rowid = 9 FROM s('https://doi.org/10.1001/jama.2020.12345', 1);
SELECT count(*) = 0 FROM s('10.1001', 1) WHERE rowid = 9 AND bm25 IS NULL;

-- What is not told apart by its order.
SELECT count(*) = 1499 FROM (SELECT rowid FROM s WHERE s MATCH 'gene' ORDER BY rank, rowid);
SELECT (SELECT group_concat(rowid) FROM (SELECT rowid FROM s WHERE s MATCH 'gene' ORDER BY rank, rowid DESC LIMIT 3))
     = (SELECT group_concat(rowid) FROM (SELECT rowid, rank FROM s WHERE s MATCH 'gene' ORDER BY +rank, rowid DESC LIMIT 3));
SELECT (SELECT group_concat(rowid) FROM (SELECT rowid FROM s WHERE s MATCH 'gene' ORDER BY rank, n LIMIT 3))
     = (SELECT group_concat(rowid) FROM (SELECT rowid, rank FROM s WHERE s MATCH 'gene' ORDER BY +rank, n LIMIT 3));
SELECT (SELECT group_concat(rowid) FROM (SELECT rowid FROM s WHERE s MATCH 'gene' ORDER BY rank DESC LIMIT 3))
     = (SELECT group_concat(rowid) FROM (SELECT rowid, rank FROM s WHERE s MATCH 'gene' ORDER BY +rank DESC LIMIT 3));
SELECT count(*) FROM s WHERE s MATCH 'gene' AND k = (SELECT NULL);
SELECT count(*) FROM s WHERE s MATCH 'gene' AND k = 5000000000;

-- Declarations that are none.
CREATE VIRTUAL TABLE x USING biobert(a, passage_tokens='');
CREATE VIRTUAL TABLE x USING biobert(a, passage_tokens='12x');
CREATE VIRTUAL TABLE x USING biobert(a, passage_tokens='-1');
CREATE VIRTUAL TABLE x USING biobert(a, passage_tokens='99999999999999999999');
CREATE VIRTUAL TABLE x USING biobert(a, "store"='f32');
CREATE VIRTUAL TABLE x USING biobert(a, = 'f32');
.limit column 16
CREATE VIRTUAL TABLE x USING biobert(a, b, c, d, e, f, g);
.limit column 2000
.limit function_arg 3
CREATE VIRTUAL TABLE x USING biobert(a, b, c, d);
