-- Questions that look like an identifier and are none, and conditions that few rows of many meet.
.nullvalue NULL
CREATE TABLE p(id INTEGER PRIMARY KEY, t TEXT);
INSERT INTO p VALUES(1, 'The value 10.12/x was measured.'), (2, 'Version 10.1000 of the program.'), (3, 'A DOI such as 10.1000/182.a_b is printed.'),
  (4, 'doi is an abbreviation'), (5, 'pmid is another'), (6, 'IL-6 and COVID-19 are no codes'), (7, 'NM_000546.6 is one'), (8, 'Ab[c] and x`y'),
  (9, 'the of and'), (10, 'PMC12345 was read'), (11, '1234567890 has ten digits'), (12, 'a_b c{d} e~f');
CREATE VIRTUAL TABLE s USING biobert(t, content='p', content_rowid='id');
INSERT INTO s(s) VALUES('sync');
CREATE TABLE asked(q, id, is_identifier);
INSERT INTO asked VALUES('10.12/x', 1, 0), ('10.1000', 2, 0), ('10.1000/', 2, 0), ('10.1000/182.a_b', 3, 1), ('  <doi:10.1000/182.a_b>; ', 3, 1), ('[10.1000/182.a_b]', 3, 1),
  ('''10.1000/182.a_b''', 3, 1), ('https://www.doi.org/10.1000/182.a_b/', 3, 1), ('doi', 4, 0), ('doix', NULL, 0), ('pmid', 5, 0), ('pmidx', NULL, 0), ('IL-6', 6, 0), ('COVID-19', 6, 0),
  ('NM_000546.6', 7, 1), ('Ab[c]', 8, 0), ('x`y', 8, 0), ('the of and', 9, 0), ('pmcid: PMC12345', 10, 1), ('1234567890', 11, 0), ('a_b c{d} e~f', 12, 0), ('10.', NULL, 0), ('10.100x/1', NULL, 0), ('10.1000.5', NULL, 0),
  ('10.1000/1 82', NULL, 0), ('"', NULL, 0), ('', NULL, 0), (replace(hex(zeroblob(140)), '0', 'A') || '12345', NULL, 0);
-- The row with the words is the first that has words in common.
SELECT q, id FROM asked WHERE id IS NOT NULL AND id IS NOT (SELECT rowid FROM s(asked.q, 12) WHERE bm25 IS NOT NULL ORDER BY bm25, rowid LIMIT 1);
SELECT q, id FROM asked WHERE id IS NOT NULL AND is_identifier AND id IS NOT (SELECT rowid FROM s(asked.q, 1));
SELECT substr(q, 1, 12), (SELECT count(*) FROM s(asked.q, 12)) FROM asked WHERE id IS NULL;

-- A long question is as good as its first words.
SELECT count(*) FROM s((WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) SELECT 'measured ' || group_concat('w' || i, ' ') FROM n), 12) WHERE bm25 IS NOT NULL;

-- Few of many rows.
CREATE TABLE many(id INTEGER PRIMARY KEY, j TEXT, y INTEGER, v BLOB);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500)
  INSERT INTO many SELECT i, CASE WHEN i % 500 = 0 THEN 'rare' ELSE 'usual' END, i % 900, biobert_vector('[' || (i % 37) || ',' || (i % 11) || ',' || (i % 101) || ']') FROM n;
CREATE VIRTUAL TABLE m USING biobert(j UNINDEXED, y UNINDEXED, vectors='v', content='many', content_rowid='id', distance='l2');
INSERT INTO m(m) VALUES('sync');
CREATE TABLE differences(what, search, scan);
CREATE TEMP VIEW question AS SELECT biobert_vector('[1,2,3]') AS q;
INSERT INTO differences SELECT 'rare, k 2', (SELECT group_concat(i) FROM (SELECT rowid AS i FROM m((SELECT q FROM question), 2) WHERE j = 'rare' ORDER BY rank)), (SELECT group_concat(id) FROM (SELECT id FROM many WHERE j = 'rare' ORDER BY biobert_distance(v, (SELECT q FROM question), 'l2'), id LIMIT 2));
INSERT INTO differences SELECT 'rare, all', (SELECT group_concat(i) FROM (SELECT rowid AS i FROM m((SELECT q FROM question)) WHERE j = 'rare' ORDER BY i)), (SELECT group_concat(id) FROM (SELECT id FROM many WHERE j = 'rare' ORDER BY id));
INSERT INTO differences SELECT 'y and rare', (SELECT group_concat(i) FROM (SELECT rowid AS i FROM m((SELECT q FROM question), 5) WHERE j = 'rare' AND y > 100 ORDER BY i)), (SELECT group_concat(id) FROM (SELECT id FROM many WHERE j = 'rare' AND y > 100 ORDER BY id));
INSERT INTO differences SELECT 'a list of ' || n, (SELECT group_concat(i) FROM (SELECT rowid AS i FROM m((SELECT q FROM question), 9) WHERE y IN (WITH RECURSIVE l(x) AS (SELECT 400 UNION ALL SELECT x + 1 FROM l WHERE x < 399 + n) SELECT x FROM l) ORDER BY i)),
  (SELECT group_concat(id) FROM (SELECT id FROM (SELECT id FROM many WHERE y >= 400 AND y < 400 + n ORDER BY biobert_distance(v, (SELECT q FROM question), 'l2'), id LIMIT 9) ORDER BY id)) FROM (SELECT 3 AS n UNION ALL SELECT 450 UNION ALL SELECT 9000 UNION ALL SELECT 30000);
INSERT INTO differences SELECT 'rowids and rare', (SELECT group_concat(i) FROM (SELECT rowid AS i FROM m((SELECT q FROM question), 5) WHERE rowid IN (500, 501, 1000) AND j = 'rare' ORDER BY i)), '500,1000';
INSERT INTO differences SELECT 'nobody', (SELECT group_concat(rowid) FROM m((SELECT q FROM question), 5) WHERE j = 'nobody'), NULL;
INSERT INTO differences SELECT 'by distance', (SELECT group_concat(i) FROM (SELECT rowid AS i FROM m((SELECT q FROM question)) ORDER BY distance LIMIT 40)), (SELECT group_concat(id) FROM (SELECT id FROM many ORDER BY biobert_distance(v, (SELECT q FROM question), 'l2'), id LIMIT 40));
INSERT INTO differences SELECT 'near enough', (SELECT count(*) FROM m((SELECT q FROM question)) WHERE distance < 20), (SELECT count(*) FROM many WHERE biobert_distance(v, (SELECT q FROM question), 'l2') < 20);
SELECT count(*) FROM differences;
SELECT * FROM differences WHERE search IS NOT scan;
INSERT INTO m(m) VALUES('integrity-check');
