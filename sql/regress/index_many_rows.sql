-- Statements over many rows of an index leave what they leave in a table.
.nullvalue NULL
CREATE TABLE copy(id INTEGER PRIMARY KEY, t TEXT, j TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400)
  INSERT INTO copy SELECT i, 'word' || (i % 7) || ' stroke', 'j' || (i % 3) FROM n;
CREATE VIRTUAL TABLE own USING biobert(t, j UNINDEXED, search='lexical');
INSERT INTO own(rowid, t, j) SELECT * FROM copy;
CREATE VIEW differences AS SELECT (SELECT count(*) FROM (SELECT rowid, t, j FROM own EXCEPT SELECT * FROM copy)) AS more,
  (SELECT count(*) FROM (SELECT * FROM copy EXCEPT SELECT rowid, t, j FROM own)) AS fewer, (SELECT count(*) FROM own) AS own_rows, (SELECT count(*) FROM copy) AS copy_rows,
  (SELECT group_concat(i) FROM (SELECT rowid AS i FROM own('word3') ORDER BY i)) IS (SELECT group_concat(id) FROM (SELECT id FROM copy WHERE t LIKE '%word3%' ORDER BY id)) AS found;
SELECT * FROM differences;

-- Rows that take the place of others.
UPDATE OR REPLACE own SET rowid = rowid + 150 WHERE rowid <= 150;
UPDATE OR REPLACE copy SET id = id + 150 WHERE id <= 150;
SELECT * FROM differences;
UPDATE OR REPLACE own SET rowid = rowid - 100, t = t || ' word3' WHERE rowid > 200;
UPDATE OR REPLACE copy SET id = id - 100, t = t || ' word3' WHERE id > 200;
SELECT * FROM differences;
UPDATE OR IGNORE own SET rowid = rowid + 1 WHERE rowid % 2;
UPDATE OR IGNORE copy SET id = id + 1 WHERE id % 2;
SELECT * FROM differences;
REPLACE INTO own(rowid, t, j) SELECT id, 'word3', NULL FROM copy WHERE id % 5 = 0;
REPLACE INTO copy SELECT id, 'word3', NULL FROM copy WHERE id % 5 = 0;
SELECT * FROM differences;
INSERT OR IGNORE INTO own(rowid, t) VALUES(170, 'x'), (100000, 'word3');
INSERT OR IGNORE INTO copy(id, t) VALUES(170, 'x'), (100000, 'word3');
SELECT * FROM differences;

-- A statement that fails in its middle changes nothing.
UPDATE own SET rowid = rowid + 1;
SELECT * FROM differences;
INSERT INTO own(rowid, t) SELECT 200000 + id, t FROM copy UNION ALL SELECT 170, 'y';
SELECT * FROM differences;
UPDATE OR FAIL own SET rowid = 100000 WHERE rowid = 170;
SELECT * FROM differences;

-- All of them, and none.
UPDATE own SET j = 'k', t = t WHERE rowid % 3 = 0;
UPDATE copy SET j = 'k' WHERE id % 3 = 0;
SELECT * FROM differences;
DELETE FROM own WHERE rowid IN (SELECT id FROM copy WHERE t LIKE '%word5%');
DELETE FROM copy WHERE t LIKE '%word5%';
SELECT * FROM differences;
INSERT INTO own(own) VALUES('integrity-check');
INSERT INTO own(own) VALUES('rebuild');
INSERT INTO own(own) VALUES('optimize');
SELECT * FROM differences;
DELETE FROM own; DELETE FROM copy;
SELECT * FROM differences;
INSERT INTO own(own) VALUES('integrity-check');
INSERT INTO own(t) VALUES('word3'); INSERT INTO copy(t) VALUES('word3');
SELECT * FROM differences;
INSERT INTO own(own) VALUES('delete-all');
INSERT INTO own(own) VALUES('nothing');
INSERT INTO own(own, rowid) VALUES('delete', 'x');
INSERT INTO own(own, rowid) VALUES('delete', 1);

-- Vectors follow their texts.
CREATE VIRTUAL TABLE v USING biobert(t, j UNINDEXED, search='semantic', store='f32');
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 70) INSERT INTO v(rowid, t) SELECT i, 'aspirin ' || i FROM n;
SELECT count(*), sum(biobert_distance(vector, biobert_embed(t)) < 1e-5) FROM v;
UPDATE v SET t = t || ' stroke', vector = vector;
SELECT count(*), sum(biobert_distance(vector, biobert_embed(t)) < 1e-5) FROM v;
UPDATE v SET t = replace(t, 'stroke', 'blood') FROM (SELECT rowid AS r FROM v WHERE rowid > 5) WHERE v.rowid = r;
SELECT count(*), sum(t LIKE '% blood'), sum(biobert_distance(vector, biobert_embed(t)) < 1e-5) FROM v;
UPDATE OR REPLACE v SET rowid = rowid + 35 WHERE rowid <= 35;
SELECT count(*), min(rowid), sum(biobert_distance(vector, biobert_embed(t)) < 1e-5) FROM v;
UPDATE v SET vector = biobert_embed('heart') WHERE rowid % 2;
SELECT count(*), sum(biobert_distance(vector, biobert_embed('heart')) < 1e-5) FROM v WHERE rowid % 2;
UPDATE v SET t = 'lung' WHERE rowid = 41;
UPDATE v SET t = '' WHERE rowid = 42;
SELECT rowid, vector IS NULL, biobert_distance(vector, biobert_embed(t)) < 1e-5 FROM v WHERE rowid IN (41, 42);
UPDATE v SET vector = x'' WHERE rowid = 43;
UPDATE v SET vector = '[]' WHERE rowid = 43;
UPDATE v SET vector = x'00' WHERE rowid = 43;
UPDATE v SET vector = 5 WHERE rowid = 43;
-- A text that stays keeps its vector.
UPDATE v SET vector = NULL WHERE rowid = 43;
SELECT rowid, biobert_distance(vector, biobert_embed('heart')) < 1e-5 FROM v WHERE rowid = 43;
INSERT INTO v(v) VALUES('integrity-check');
