-- Statements that fail, or are seldom typed: what they leave behind.
.nullvalue NULL
.print -- an UPDATE that fails leaves the row that it was to replace
.limit length 100000
CREATE VIRTUAL TABLE o USING biobert(t, a UNINDEXED, b UNINDEXED);
INSERT INTO o(rowid, t, a) VALUES(1, 'aspirin after stroke', zeroblob(60000)), (2, 'gene therapy', 'kept');
BEGIN;
UPDATE o SET b = zeroblob(60000) WHERE rowid = 1;
UPDATE o SET b = zeroblob(60000), t = 'other' WHERE rowid = 1;
UPDATE o SET b = zeroblob(60000), rowid = 3 WHERE rowid = 1;
REPLACE INTO o(rowid, t, a, b) VALUES(2, 'other', zeroblob(60000), zeroblob(60000));
COMMIT;
SELECT rowid, t, length(a), b FROM o;
SELECT rowid FROM o('aspirin') LIMIT 1;
INSERT INTO o(o) VALUES('integrity-check');
.limit length 1000000000
.print -- a rowid that the statement leaves out is the one that SQLite would give
INSERT INTO o(rowid, t) VALUES(-5, 'below nought');
DELETE FROM o WHERE rowid > 0;
INSERT INTO o(t) VALUES('behind it');
DELETE FROM o;
INSERT INTO o(t) VALUES('the first');
INSERT INTO o(rowid, t) VALUES(9223372036854775807, 'the largest');
INSERT INTO o(t) VALUES('somewhere between');
SELECT count(*), min(rowid), max(rowid) FROM o;
SELECT rowid, t FROM o WHERE rowid IN (-4, 1);
INSERT INTO o(o) VALUES('integrity-check');
DROP TABLE o;
.print -- the schema is read anew in the middle of a transaction
CREATE VIRTUAL TABLE o USING biobert(t);
BEGIN;
INSERT INTO o(rowid, t) VALUES(1, 'aspirin');
PRAGMA writable_schema = RESET;
INSERT INTO o(rowid, t) VALUES(2, 'aspirin again');
SELECT rowid FROM o WHERE words MATCH 'aspirin' ORDER BY rowid;
COMMIT;
SELECT rowid FROM o WHERE words MATCH 'aspirin' ORDER BY rowid;
INSERT INTO o(o) VALUES('integrity-check');
DROP TABLE o;
.print -- join=pair: title and abstract are a pair for the model, as biobert_embed_pair() has it
CREATE TABLE p(id INTEGER PRIMARY KEY, title TEXT, abstract TEXT);
INSERT INTO p VALUES(1, 'Aspirin', 'It prevents a second stroke.'), (2, 'Gene therapy', NULL), (3, NULL, 'An abstract alone.'),
  (4, 'A long one', replace(printf('%.60c', '-'), '-', 'Insulin lowers blood glucose. ')), (5, NULL, NULL);
CREATE VIRTUAL TABLE pair USING biobert(title, abstract, content='p', join=pair, store='f32');
INSERT INTO pair(pair) VALUES('sync');
SELECT rows, pending, stale, empty, failed, passages > 4 FROM biobert_status('pair');
SELECT rowid, biobert_distance(vector, biobert_embed_pair(title, abstract)) < 1e-6 FROM pair WHERE rowid = 1;
SELECT rowid, biobert_distance(vector, biobert_embed_pair(title, abstract)) < 1e-6, biobert_distance(vector, biobert_embed(title || ' ' || abstract)) > 1e-6 FROM pair WHERE rowid = 1;
SELECT rowid, biobert_distance(vector, biobert_embed_pair(coalesce(title, ''), coalesce(abstract, ''))) < 1e-6 FROM pair WHERE rowid IN (2, 3);
SELECT rowid FROM pair WHERE pair MATCH (SELECT vector FROM pair WHERE rowid = 1) AND mode = 'semantic' LIMIT 1;
INSERT INTO pair(pair) VALUES('integrity-check');
.print -- INSERT by rowid into an index with content=: the index takes what it is told, and a sync what the content has
INSERT INTO pair(rowid, title, abstract) VALUES(7, 'Statins', 'They lower cholesterol.');
INSERT INTO pair(rowid, title) VALUES(1, 'Told otherwise');
INSERT INTO pair(title) VALUES('without a rowid');
INSERT INTO pair(rowid, title) VALUES('seven', 'no rowid');
SELECT rows, pending, stale FROM biobert_status('pair');
INSERT INTO p VALUES(7, 'Statins', 'They lower cholesterol.');
SELECT rowid, title FROM pair WHERE words MATCH 'statins';
SELECT rows, pending, stale FROM biobert_status('pair');
INSERT INTO pair(pair) VALUES('sync');
SELECT rows, pending, stale FROM biobert_status('pair');
DELETE FROM pair WHERE rowid = 7;
SELECT rows, pending, stale FROM biobert_status('pair');
INSERT INTO pair(pair) VALUES('integrity-check');
DROP TABLE pair;
.print -- a queue that cannot be read
CREATE TABLE changed(id INTEGER PRIMARY KEY);
CREATE VIRTUAL TABLE q USING biobert(title, abstract, content='p', queue='changed', search='lexical');
INSERT INTO q(q) VALUES('sync');
DROP TABLE changed;
INSERT INTO q(q) VALUES('sync');
SELECT * FROM biobert_sync('q');
CREATE VIEW changed AS SELECT abs(-9223372036854775807 - 1) AS id;
INSERT INTO q(q) VALUES('sync');
SELECT * FROM biobert_sync('q');
SELECT rowid FROM q WHERE words MATCH 'aspirin';
DROP VIEW changed;
CREATE VIEW changed AS SELECT 1 AS id;
INSERT INTO q(q) VALUES('sync');
INSERT INTO q(q) VALUES('integrity-check');
DROP VIEW changed;
CREATE TABLE changed(name);
INSERT INTO q(q) VALUES('sync');
DROP TABLE q;
DROP TABLE changed;
.print -- vectors of another dimension in a batch
ALTER TABLE p ADD COLUMN v BLOB;
UPDATE p SET v = biobert_vector('[1,0,0]') WHERE id < 3;
CREATE VIRTUAL TABLE given USING biobert(title, content='p', vectors='v');
INSERT INTO given(given) VALUES('sync');
UPDATE p SET v = biobert_vector('[1,0]') WHERE id IN (2, 3);
UPDATE p SET v = biobert_vector('[0,1,0]') WHERE id = 4;
SELECT done, total, failed FROM biobert_sync('given');
SELECT * FROM biobert_failures('given');
SELECT rowid, biobert_vector_json(vector) FROM given WHERE vector IS NOT NULL;
BEGIN;
UPDATE p SET v = biobert_vector('[0,0,1]') WHERE id = 2;
INSERT INTO given(given) VALUES('sync');
ROLLBACK;
SELECT rowid, biobert_vector_json(vector) FROM given WHERE vector IS NOT NULL;
INSERT INTO given(given) VALUES('integrity-check');
CREATE VIRTUAL TABLE m USING biobert(title, content='p');
INSERT INTO m(rowid, title, vector) VALUES(1, 'Aspirin', biobert_vector('[1,0,0]'));
INSERT INTO m(m) VALUES('sync');
SELECT done, total, failed FROM biobert_sync('m');
SELECT rowid, biobert_vector_json(vector) FROM m WHERE vector IS NOT NULL;
SELECT rows, pending, stale FROM biobert_status('m');
INSERT INTO m(m) VALUES('integrity-check');
