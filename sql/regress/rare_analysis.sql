-- What analysis, screening and classifiers are rarely given: more rows than one piece of memory holds,
-- look-ups of what no row is, labels of other types, reviews at their end.
.nullvalue NULL
-- More documents than the first piece of memory has room for; their vectors are given.
CREATE TABLE many(id INTEGER PRIMARY KEY, title TEXT, v BLOB);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1100)
  INSERT INTO many SELECT i, 'paper ' || i, biobert_vector('[' || (i % 37) || ',' || (i % 11) || ',1,0.5]') FROM n;
CREATE VIRTUAL TABLE m USING biobert(title, content='many', vectors='v', search='semantic');
INSERT INTO m(m) VALUES('sync');
SELECT count(*), round(max(novelty), 3) < 0.01 FROM biobert_novelty('m');
SELECT count(*), count(DISTINCT cluster) FROM biobert_clusters('m', 5);
SELECT count(*), min(x) >= 0, max(y) <= 1 FROM biobert_map('m');
SELECT count(*) > 1100 FROM biobert_duplicates('m', 0.9999);

-- Look-ups: of more neighbours than there are, of what is no rowid, of a number that is none exactly.
SELECT count(*) FROM biobert_neighbours('m', 5000) WHERE rowid = 7;
SELECT count(*) FROM biobert_neighbours('m', 3) WHERE rowid = 'x';
SELECT count(*) FROM biobert_neighbours('m', 3) WHERE rowid = 7.5;
SELECT count(*) FROM biobert_neighbours('m', 3) WHERE rowid = 7.0;
SELECT count(*) FROM biobert_neighbours('m', 3) WHERE rowid = x'07';
SELECT count(*) FROM biobert_neighbours('m', 3) WHERE rowid = NULL;
SELECT count(*) FROM biobert_neighbours('m', 3) WHERE rowid = 100000;
SELECT count(*) FROM biobert_neighbours('m', 3) WHERE rowid = 9e18;

-- Titles that differ in signs, spaces and marks alone are one title; others are not.
CREATE TABLE titles(id INTEGER PRIMARY KEY, title TEXT, year INT, doi TEXT, pmid INT);
INSERT INTO titles VALUES(1, 'The £5 trial — “aspirin”', 2001, '10.1/A', NULL), (2, 'the 5 TRIAL aspirin', 2001, '10.1/a', 3),
  (3, 'Zoster: vaccine; A–Z', 1999, '', 5), (4, '  zoster vaccine a z  ', 1998, NULL, 5), (5, NULL, NULL, NULL, NULL), (6, 'Ünïcode title', '2001', '10.2/b ', 'x'),
  (7, 'unicode title', 2001, ' 10.2/B', 'x'), (8, char(9) || 'Zoster' || char(160) || 'vaccine A Z' || char(13), NULL, 'https://doi.org/10.1/a', NULL);
CREATE VIRTUAL TABLE t USING biobert(title, year UNINDEXED, doi UNINDEXED, pmid UNINDEXED, content='titles');
INSERT INTO t(t) VALUES('sync');
SELECT rowid, duplicate, reason FROM biobert_duplicates('t', -1) WHERE reason IS NOT NULL ORDER BY 1, 2;
SELECT count(*), sum(keep) FROM biobert_duplicate_groups('t', -1);
-- Topics where a paper has no text.
SELECT count(*) FROM biobert_topics('t', 2);

-- Labels and classifiers of other types than one expects.
CREATE TABLE c AS SELECT biobert_fit(title, id % 2) AS whole, biobert_fit(title, (id % 2) * 1.0) AS real FROM titles;
SELECT typeof(biobert_predict(whole, 'zoster')), typeof(biobert_predict(real, 'zoster')), whole = real FROM c;
SELECT biobert_predict(whole, 'zoster', 1) = biobert_predict(whole, 'zoster', 1.0), round(biobert_predict(whole, 'zoster', '1'), 5) FROM c;
SELECT biobert_predict(whole, 'zoster', 1.5) FROM c;
SELECT biobert_predict(whole, 'zoster', 7) FROM c;
SELECT biobert_predict(whole, 'zoster', 'a label that is longer than what a message shows of one, and that is cut off somewhere in the middle of its words') FROM c;
SELECT biobert_predict(whole, 'zoster', x'01') FROM c;
SELECT biobert_predict(whole, biobert_vector('[1,2]')) FROM c;
SELECT biobert_fit(title, id % 2, NULL) = biobert_fit(title, id % 2) FROM titles;
SELECT biobert_fit(title, id % 2, CASE id WHEN 1 THEN '{"C": 1}' ELSE '{"C": 2}' END) FROM titles;
SELECT biobert_fit(title, id + 0.5) IS NOT NULL FROM titles;
SELECT biobert_fit(v, id % 2, '{"features": "vectors"}') IS NOT NULL FROM many WHERE id < 9;
SELECT biobert_vocabulary(title, 30, CASE id WHEN 1 THEN '{"min_count": 1}' ELSE '{"min_count": 2}' END) FROM titles;
SELECT biobert_vocabulary(title, 30, NULL) = biobert_vocabulary(title, 30) FROM titles;

-- Reviews: before the first inclusion, and when nearly all is read.
CREATE TABLE decisions(paper INTEGER PRIMARY KEY, included INT);
INSERT INTO decisions SELECT id, 0 FROM many WHERE id < 20;
SELECT labelled, included, recall, p_value IS NULL OR p_value > 0.05 FROM biobert_screen_status('m', 'decisions');
UPDATE decisions SET included = 1 WHERE paper < 15;
INSERT INTO decisions SELECT id, 0 FROM many WHERE id BETWEEN 20 AND 1095;
SELECT labelled, included, since_included, round(p_value, 3) < 0.05, advice FROM biobert_screen_status('m', 'decisions');
SELECT count(*) FROM biobert_screen('m', 'decisions');
INSERT INTO decisions SELECT id, 0 FROM many WHERE id > 1095;
SELECT labelled, expected, recall, advice FROM biobert_screen_status('m', 'decisions');
SELECT count(*) FROM biobert_screen('m', 'decisions');
DELETE FROM decisions;
SELECT papers, labelled, recall FROM biobert_screen_status('m', 'decisions');
SELECT count(*) FROM biobert_screen('m', 'decisions', '{"order": "random"}');
