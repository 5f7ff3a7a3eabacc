-- The statements of sql/queries, sql/triggers and sql/schema that use the search index, run as their
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
.print -- Zotero
ATTACH ':memory:' AS zotero;
CREATE TABLE zotero.items(itemID INTEGER PRIMARY KEY, key TEXT);
CREATE TABLE zotero.fields(fieldID INTEGER PRIMARY KEY, fieldName TEXT);
CREATE TABLE zotero.itemDataValues(valueID INTEGER PRIMARY KEY, value UNIQUE);
CREATE TABLE zotero.itemData(itemID INT, fieldID INT, valueID INT, PRIMARY KEY(itemID, fieldID));
CREATE TABLE zotero.itemNotes(itemID INTEGER PRIMARY KEY, parentItemID INT, note TEXT);
CREATE TABLE zotero.itemAttachments(itemID INTEGER PRIMARY KEY, parentItemID INT);
CREATE TABLE zotero.deletedItems(itemID INTEGER PRIMARY KEY);
INSERT INTO zotero.items VALUES(1, 'AAAA'), (2, 'BBBB'), (3, 'CCCC'), (4, 'DDDD'), (5, 'EEEE');
INSERT INTO zotero.fields VALUES(1, 'title'), (2, 'abstractNote'), (3, 'date');
INSERT INTO zotero.itemDataValues VALUES(1, 'Gene therapy'), (2, 'Heart failure.'), (3, '2015-03-00 March 2015'), (4, 'Binned');
INSERT INTO zotero.itemData VALUES(1, 1, 1), (1, 2, 2), (1, 3, 3), (2, 1, 4), (5, 1, 2);
INSERT INTO zotero.itemNotes VALUES(3, 1, '<p>mine</p>');
INSERT INTO zotero.itemAttachments VALUES(4, 1);
INSERT INTO zotero.deletedItems VALUES(2);
.read sql/schema/zotero.sql
SELECT * FROM zotero_papers;
CREATE VIRTUAL TABLE zotero_search USING biobert(title, abstract, year UNINDEXED, content='temp.zotero_papers', content_rowid='item');
SELECT done, total, failed, message FROM biobert_sync('zotero_search');
SELECT rowid, title FROM zotero_search('gene', 1) WHERE year = 2015;
