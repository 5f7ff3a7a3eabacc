-- The statements of sql/queries and sql/triggers that use the search index, run as their
-- comments tell.
.nullvalue NULL
CREATE TABLE papers(pmid INTEGER PRIMARY KEY, title TEXT, abstract TEXT, year INT, journal TEXT);
INSERT INTO papers VALUES
  (1, 'Aspirin and stroke', 'Aspirin prevents a second stroke.', 2001, 'Lancet'),
  (2, 'Gene therapy', 'Haemophilia is treated by gene therapy.', 2010, 'Nature'),
  (3, 'Gene therapy', 'Haemophilia is treated by gene therapy in a mouse.', 2015, 'lancet'),
  (4, 'Heart failure', 'Heart failure in people: risk.', 2018, 'BMJ'),
  (5, 'Aspirin and stroke', 'Aspirin prevents a second stroke.', 2020, NULL);
CREATE VIRTUAL TABLE papers_search USING biobert(title, abstract, year UNINDEXED, journal UNINDEXED,
  content='papers', content_rowid='pmid', store='f32');
SELECT count(*) FROM biobert_sync('papers_search');
.parameter init
INSERT INTO temp.sqlite_parameters VALUES(':question', 'Aspirin and stroke Aspirin prevents a second stroke.'),
  (':since', 2010), (':words', 'haemophilia NOT (mouse OR mice)'), (':most', 0.0001);
CREATE TEMP TABLE marks(pmid INTEGER PRIMARY KEY, weight REAL);
INSERT INTO marks VALUES(2, 1), (4, -0.5);
.print -- knn
.read sql/queries/knn.sql
.print -- filtered
.read sql/queries/filtered.sql
.print -- hybrid
.read sql/queries/hybrid.sql
.print -- more like this
.read sql/queries/more_like_this.sql
.print -- duplicates
.read sql/queries/duplicates.sql
.print -- a queue
DROP TABLE papers_search;
.read sql/triggers/keep_in_sync.sql
CREATE VIRTUAL TABLE papers_search USING biobert(title, abstract, content='papers', content_rowid='pmid', queue='papers_queue');
SELECT max(done) FROM biobert_sync('papers_search');
UPDATE papers SET title = 'Protein' WHERE pmid = 2;
UPDATE papers SET year = 1;
DELETE FROM papers WHERE pmid = 5;
SELECT id FROM papers_queue;
SELECT done, total, message FROM biobert_sync('papers_search');
SELECT id FROM papers_queue;
SELECT rowid FROM papers_search('protein', 9, 'lexical');
SELECT rows, pending, stale FROM biobert_status('papers_search');
.print -- a sidecar
ATTACH ':memory:' AS p;
CREATE TABLE p.papers(pmid INTEGER PRIMARY KEY, title TEXT, abstract TEXT);
INSERT INTO p.papers VALUES(7, 'Cell', 'A cell.');
DROP TABLE papers_search;
.read sql/queries/sidecar.sql
SELECT rowid, title FROM papers_search('cell');
INSERT INTO p.papers VALUES(8, 'DNA', NULL);
.read sql/queries/sidecar.sql
SELECT name FROM p.sqlite_schema;
