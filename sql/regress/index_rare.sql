-- What is rare in an index: values of every type in a join of a limited search, columns without a type, vectors of no
-- values, rows that failed and move, content that has gone.
.nullvalue NULL
CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT COLLATE NOCASE, b, n INT, r REAL);
INSERT INTO t VALUES(1, 'gene therapy', 'x', 1, 0.5), (2, 'heart cell', NULL, 2, 1.5), (3, NULL, x'01', 3, NULL),
  (4, 'aspirin', '', 4, 2.5), (5, 'cell', 7, 5, 3.5), (6, 'CELL', 7.5, 6, 4.5);
CREATE VIRTUAL TABLE s USING biobert(a, b UNINDEXED, n UNINDEXED, r UNINDEXED, content='t', search='lexical');
INSERT INTO s(s) VALUES('sync');

-- Rows among the first k, one by one: the conditions are part of what is remembered between two of them.
SELECT t.id FROM t CROSS JOIN s ON s.rowid = t.id WHERE s MATCH 'cell' AND k = 3 AND s.r > 1.0 ORDER BY 1;
SELECT t.id FROM t CROSS JOIN s ON s.rowid = t.id WHERE s MATCH 'cell' AND k = 3 AND s.r > t.r - 1.25 ORDER BY 1;
SELECT t.id FROM t CROSS JOIN s ON s.rowid = t.id WHERE s MATCH 'cell' AND k = 3 AND s.b <> '' ORDER BY 1;
SELECT t.id FROM t CROSS JOIN s ON s.rowid = t.id WHERE s MATCH 'cell' AND k = 3 AND s.b > x'' ORDER BY 1;
SELECT t.id FROM t CROSS JOIN s ON s.rowid = t.id WHERE s MATCH 'cell' AND k = 3 AND s.n IS NOT NULL AND s.b IS NULL ORDER BY 1;
SELECT t.id FROM t CROSS JOIN s ON s.rowid = t.id WHERE s MATCH 'cell' AND k = 3 AND s.n IN (2, 5, 5.0, 'x') ORDER BY 1;
SELECT t.id FROM t CROSS JOIN s ON s.rowid = t.id WHERE s MATCH 'cell' AND k = 2 AND s.n IN (SELECT n FROM t WHERE n > 2) ORDER BY 1;
SELECT t.id FROM t CROSS JOIN s ON s.rowid = t.id AND s.rowid = t.n WHERE s MATCH 'cell' AND k = 9 ORDER BY 1;
SELECT t.id FROM t CROSS JOIN s ON s.rowid = t.id AND s.rowid = t.n + 1 WHERE s MATCH 'cell' AND k = 9;
SELECT t.id FROM t CROSS JOIN s ON s.rowid = t.r WHERE s MATCH 'cell' AND k = 9;
SELECT t.id FROM t CROSS JOIN s ON s.rowid = t.id WHERE s MATCH 'no such word' AND k = 9;
-- Lists and words together, of which the smallest leads.
SELECT rowid FROM s WHERE s MATCH 'cell' AND rowid IN (1, 2, 5, 6) AND rowid IN (5, 6, 7) AND n IN (5, 6) AND b = 7 ORDER BY 1;
SELECT rowid FROM s WHERE s MATCH 'cell gene' AND words MATCH 'cell' AND rowid IN (1, 2, 5, 6, 7, 8, 9) ORDER BY 1;
SELECT rowid FROM s WHERE s MATCH 'cell gene' AND words MATCH 'cell NOT heart' AND a MATCH 'cell' AND n > 0 ORDER BY 1;
SELECT rowid FROM s WHERE s MATCH 'cell' AND rowid > 1.5 AND rowid < 5.5 AND rowid <> 3 AND rowid >= '2' AND rowid <= '5e0' ORDER BY 1;
SELECT rowid FROM s WHERE s MATCH 'cell' AND rowid IN ('5', ' 6 ', 2.0, NULL, 'x', x'35') ORDER BY 1;
SELECT rowid FROM s WHERE s MATCH 'cell' AND rowid < 5.0 ORDER BY 1;
SELECT rowid FROM s WHERE s MATCH 'cell' AND b = 7 ORDER BY 1;
SELECT rowid FROM s WHERE s MATCH 'cell' AND b IN (7, 7.5) ORDER BY 1;
SELECT rowid FROM s WHERE s MATCH 'cell' AND a GLOB 'c*' ORDER BY 1;
SELECT rowid FROM s WHERE s MATCH 'cell' AND a = 'CELL' ORDER BY 1;
SELECT rowid FROM s WHERE s MATCH 'cell' AND a = 'CELL' COLLATE BINARY ORDER BY 1;
SELECT rowid FROM s WHERE s MATCH 'cell' ORDER BY rank, rowid, a;
SELECT count(*) FROM s WHERE s MATCH 'cell' || char(0) || 'x';
SELECT count(*) FROM s WHERE s MATCH '10.1000';
SELECT count(*) FROM s WHERE s MATCH '10.1000/a"b';
SELECT count(*) FROM s WHERE s MATCH '<IL-6>';
SELECT k, mode, words, feedback, distance FROM s('cell') LIMIT 1;
SELECT k, mode, words, feedback FROM s('cell', 2, 'lexical', 'cell') LIMIT 1;
SELECT k, mode, passage, document, vector FROM s WHERE rowid = 5;

-- A key three times, keys between others.
CREATE VIEW keys AS SELECT id * 2 AS key, a FROM t UNION ALL SELECT 4, 'four' UNION ALL SELECT 4, 'vier' UNION ALL SELECT 10, 'ten';
CREATE VIRTUAL TABLE d USING biobert(a, content='keys', content_rowid='key', search='lexical');
INSERT INTO d(d) VALUES('sync');
SELECT rowid, message FROM biobert_failures('d');
SELECT rowid FROM d ORDER BY 1;

-- Vectors: of no values, of another size, of values that are none.
CREATE TABLE r(k INTEGER PRIMARY KEY, a, v);
INSERT INTO r VALUES(1, 'gene', biobert_vector('[1,0]')), (2, 'heart', x''), (3, 'cell', x'0000807f00000000'), (4, 'lung', x'000000'), (5, 'skin', 5);
CREATE VIRTUAL TABLE v USING biobert(a, content='r', content_rowid='k', vectors='v', dimension=2);
INSERT INTO v(v) VALUES('sync');
SELECT rowid, message FROM biobert_failures('v');
CREATE VIRTUAL TABLE o USING biobert(a, b UNINDEXED);
INSERT INTO o(rowid, a, vector) VALUES(1, 'x', x'');
INSERT INTO o(rowid, a, vector) VALUES(1, 'x', x'000000');
INSERT INTO o(rowid, a, vector) VALUES(1, 'x', x'0000807f');
INSERT INTO o(rowid, a) VALUES(1, 'gene'), (2, 'heart');
INSERT INTO o(rowid, a, vector) VALUES(3, 'x', x'0000803f');
SELECT rowid FROM o WHERE o MATCH x'0000803f';
SELECT rowid FROM o WHERE o MATCH x'';
UPDATE o SET rowid = 7 WHERE rowid = 1;
UPDATE o SET rowid = 8, vector = (SELECT vector FROM o WHERE rowid = 2) WHERE rowid = 7;
SELECT rowid, distance < 0.01 FROM o WHERE o MATCH (SELECT vector FROM o WHERE rowid = 2) AND mode = 'semantic' ORDER BY distance, rowid;

-- Passages: more tokens than the model takes, an overlap as large as they are.
CREATE VIRTUAL TABLE p USING biobert(a, b, passage_tokens=60000, search='semantic');
INSERT INTO p(rowid, a, b) VALUES(1, 'gene', 'heart');
SELECT passages FROM biobert_status('p');
CREATE VIRTUAL TABLE p1 USING biobert(a, passage_tokens=4, passage_overlap=4);
CREATE VIRTUAL TABLE p2 USING biobert(a, passage_tokens=-4);
CREATE VIRTUAL TABLE p3 USING biobert(a, passage_tokens=+4.5);
CREATE VIRTUAL TABLE p4 USING biobert(a, passage_tokens=);
CREATE VIRTUAL TABLE p5 USING biobert(a, join='0123456789012345678901234567890123');
CREATE VIRTUAL TABLE p6 USING biobert(a "unindexed", b VARCHAR(10) UNINDEXED, search='lexical');
INSERT INTO p6(rowid, a, b) VALUES(1, 'gene', 'heart');
SELECT count(*) FROM p6('gene');
CREATE VIRTUAL TABLE m USING biobert(a, model='nobody');
INSERT INTO m(m) VALUES('rebuild');
INSERT INTO m(rowid, a) VALUES(1, 'gene');

-- Content that has gone, and comes back.
CREATE TABLE c(id INTEGER PRIMARY KEY, a);
INSERT INTO c VALUES(1, 'gene'), (2, NULL);
CREATE VIRTUAL TABLE g USING biobert(a, content='c', search='semantic');
INSERT INTO g(g) VALUES('sync');
ALTER TABLE c RENAME TO elsewhere;
SELECT length(vector) FROM g WHERE rowid = 1;
SELECT length(vector) FROM g WHERE rowid = 2;
SELECT a FROM g WHERE rowid = 1;
SELECT rowid FROM g('gene');
ALTER TABLE elsewhere RENAME TO c;
SELECT rowid FROM g('gene');
SELECT notes FROM biobert_status('g');

-- Numbers as people write them, limits that are none.
SELECT rowid FROM s WHERE s MATCH 'cell' AND rowid = '5E0';
SELECT rowid FROM s WHERE s MATCH 'cell' AND rowid = char(9) || '5' || char(13);
SELECT count(*) FROM s WHERE s MATCH 'cell' AND rowid = char(14) || '5';
INSERT INTO s(s, rank) VALUES('sync', 9223372036854775807);
SELECT rowid FROM s WHERE s MATCH 'cell' AND rowid IN (5, 5, 5.0, '5');
