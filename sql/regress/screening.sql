-- biobert_screen(), biobert_screen_status(): what comes next, from where labels are read, what is refused.
.bail off
CREATE TABLE papers(id INTEGER PRIMARY KEY, title TEXT, abstract TEXT);
WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < 80)
INSERT INTO papers SELECT i,
  CASE WHEN i % 5 = 0 THEN 'aspirin ' || char(97 + i % 7, 98 + i % 11, 99) ELSE 'kinase ' || char(97 + i % 13, 98 + i % 3, 100) END,
  CASE WHEN i % 5 = 0 THEN 'prevention of a second stroke, trial ' || i ELSE 'a pathway in cells, assay ' || i END FROM n;
CREATE VIRTUAL TABLE papers_search USING biobert(title, abstract, content=papers, content_rowid=id);
INSERT INTO papers_search(papers_search) VALUES('sync');

-- Nothing is judged: by a query what a search finds, without one the papers as they stand.
CREATE TABLE labels(paper INTEGER, included INTEGER);
SELECT rowid, position, score, probability FROM biobert_screen('papers_search', 'labels') LIMIT 3;
SELECT sum(rowid % 5 = 0) FROM (SELECT rowid FROM biobert_screen('papers_search', 'labels', '{"query": "aspirin after stroke", "features": "words"}') LIMIT 16);
SELECT count(*) FROM biobert_screen('papers_search', 'labels', '{"query": "aspirin after stroke"}');
SELECT * FROM biobert_screen_status('papers_search', 'labels');

-- Some are included, then some excluded.
INSERT INTO labels VALUES(5, 1), (10, '1'), (99, 1), (NULL, 1), (7, NULL);
SELECT sum(rowid % 5 = 0), count(probability) FROM (SELECT * FROM biobert_screen('papers_search', 'labels', '{"features": "words"}') LIMIT 14);
INSERT INTO labels VALUES(1, 0), (2, 0.0), (3, 0), (4, 0);
SELECT sum(rowid % 5 = 0), count(probability), count(DISTINCT rowid), min(position), max(position) FROM (SELECT * FROM biobert_screen('papers_search', 'labels', '{"features": "words"}') LIMIT 14);
SELECT count(*), sum(rowid IN (1, 2, 3, 4, 5, 10)), sum(rowid = 7) FROM biobert_screen('papers_search', 'labels');
SELECT features.value, sum(s.rowid % 5 = 0) > 10 FROM json_each('["auto", "words", "both"]') AS features,
  (SELECT 1) CROSS JOIN biobert_screen('papers_search', 'labels', json_object('features', features.value)) s WHERE s.position <= 14 GROUP BY 1;
SELECT papers, labelled, included, excluded, since_included, expected > 5, recall < 0.5, round(p_value, 3), advice LIKE 'go on: about %' FROM biobert_screen_status('papers_search', 'labels');
-- The last label of a paper counts; NULL takes it back.
INSERT INTO labels VALUES(5, 0), (10, NULL);
SELECT labelled, included, excluded FROM biobert_screen_status('papers_search', 'labels');
DELETE FROM labels WHERE rowid > (SELECT max(rowid) - 2 FROM labels);

-- Orders.
SELECT (SELECT group_concat(rowid) FROM biobert_screen('papers_search', 'labels', '{"order": "random", "seed": 1}')) = (SELECT group_concat(rowid) FROM biobert_screen('papers_search', 'labels', '{"order": "random", "seed": 1}'));
SELECT count(*), count(DISTINCT rowid) FROM biobert_screen('papers_search', 'labels', '{"order": "uncertain"}');
SELECT group_concat(position) FROM biobert_screen('papers_search', 'labels', '{"every": 5, "features": "words"}') WHERE rowid % 5 <> 0 AND position <= 14;

-- Labels may lie anywhere: a view, another schema, a name in need of quotes, a table without rowid.
CREATE VIEW "my labels" AS SELECT paper, included FROM labels;
ATTACH ':memory:' AS other;
CREATE TABLE other."l.1"(paper INTEGER PRIMARY KEY, included) WITHOUT ROWID;
INSERT INTO other."l.1" SELECT paper, included FROM labels WHERE paper IS NOT NULL;
CREATE TEMP TABLE "it's" AS SELECT * FROM labels;
SELECT (SELECT group_concat(rowid) FROM biobert_screen('papers_search', 'labels')) = (SELECT group_concat(rowid) FROM biobert_screen('main.papers_search', 'my labels'));
SELECT (SELECT group_concat(rowid) FROM biobert_screen('papers_search', 'labels')) = (SELECT group_concat(rowid) FROM biobert_screen('papers_search', 'other.l.1'));
SELECT labelled FROM biobert_screen_status('papers_search', 'temp.it''s');

-- All is read.
INSERT INTO labels SELECT id, id % 5 = 0 FROM papers;
SELECT count(*) FROM biobert_screen('papers_search', 'labels');
SELECT * FROM biobert_screen_status('papers_search', 'labels');
SELECT sql FROM sqlite_schema WHERE name = 'labels';

-- NULL, and what is refused.
SELECT count(*) FROM biobert_screen(NULL, 'labels');
SELECT count(*) FROM biobert_screen('papers_search', NULL);
SELECT count(*) FROM biobert_screen('papers', 'labels');
SELECT count(*) FROM biobert_screen('papers_search', 'labls');
SELECT count(*) FROM biobert_screen('papers_search', 'labels', '{"feature": "words"}');
SELECT count(*) FROM biobert_screen('papers_search', 'labels', '{"order": "best"}');
SELECT count(*) FROM biobert_screen('papers_search', 'labels', '{"every": 1}');
SELECT count(*) FROM biobert_screen('papers_search', 'labels', '{"query": 1}');
SELECT count(*) FROM biobert_screen('papers_search', 'labels', x'00');
CREATE TABLE one(paper);
SELECT count(*) FROM biobert_screen('papers_search', 'one');
CREATE TABLE maybe(paper, included);
INSERT INTO maybe VALUES(1, 2);
SELECT count(*) FROM biobert_screen('papers_search', 'maybe');
UPDATE maybe SET paper = 'first';
SELECT count(*) FROM biobert_screen_status('papers_search', 'maybe');
CREATE VIEW broken AS SELECT no_such FROM labels;
SELECT count(*) FROM biobert_screen('papers_search', 'broken');
-- An index of words alone has no vectors; one that was never synced has nothing.
CREATE VIRTUAL TABLE bag USING biobert(title, content=papers, content_rowid=id, search='lexical');
INSERT INTO bag(bag) VALUES('sync');
DELETE FROM labels WHERE rowid > 6;
SELECT count(*) FROM biobert_screen('bag', 'labels');
SELECT count(*), count(DISTINCT score) FROM biobert_screen('bag', 'labels', '{"features": "vectors"}');

-- The counts of a flow diagram.
CREATE TABLE screening(paper INTEGER NOT NULL UNIQUE, included INTEGER CHECK (included IN (0, 1)), decided_at TEXT NOT NULL, position INTEGER PRIMARY KEY);
INSERT INTO screening(paper, included, decided_at) VALUES(3, 1, '2026-01-01T10:00:00Z'), (4, 0, '2026-01-02T10:00:00Z'), (9, NULL, '2026-01-03T10:00:00Z');
.read sql/queries/prisma.sql

-- A view of labels may be made from a screening by other labels, and not from its own.
CREATE VIEW first_ten AS SELECT rowid, position < 2 FROM biobert_screen('papers_search', 'labels') WHERE position < 4;
SELECT count(*) > 0 FROM biobert_screen('papers_search', 'first_ten');
CREATE VIEW own_labels AS SELECT rowid, 1 FROM biobert_screen('papers_search', 'own_labels');
SELECT count(*) FROM biobert_screen('papers_search', 'own_labels');
CREATE VIEW own_status AS SELECT papers, 1 FROM biobert_screen_status('papers_search', 'own_status');
SELECT * FROM biobert_screen_status('papers_search', 'own_status');
