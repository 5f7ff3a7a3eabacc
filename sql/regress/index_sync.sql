-- Bringing an index up to date: biobert_sync, the commands, status and failures.
.nullvalue NULL
CREATE TABLE papers(pmid INTEGER PRIMARY KEY, title, abstract, year INT);
INSERT INTO papers VALUES(1, 'aspirin', 'stroke', 2000), (2, 'gene', NULL, 2001), (3, '', ' ', 2002), (4, NULL, NULL, 2003), (5, 'cell', x'0102', 2004);
CREATE VIRTUAL TABLE s USING biobert(title, abstract, year UNINDEXED, content='papers', content_rowid='pmid');
SELECT rows, pending, stale, empty, failed, passages, bytes, dimension, fingerprint, store, format_version FROM biobert_status('s');
SELECT done, total, failed, message FROM biobert_sync('s', 2);
SELECT rows, pending, stale, empty, failed, passages, bytes > 0, model, dimension, length(fingerprint), store FROM biobert_status('s');
SELECT * FROM biobert_failures('s');
SELECT done, total, failed, message FROM biobert_sync('main.s');
-- New, changed and gone; a column that is not embedded is no work.
UPDATE papers SET title = 'protein' WHERE pmid = 1;
UPDATE papers SET year = 1900;
DELETE FROM papers WHERE pmid = 2;
INSERT INTO papers VALUES(6, 'heart', '', 2005);
SELECT rows, pending, stale FROM biobert_status('s');
-- Between syncs: gone rows never come, changed ones by their old vector and without passage.
SELECT count(*) FROM s('gene') WHERE rowid = 2;
SELECT title, passage FROM s('aspirin') WHERE rowid = 1;
SELECT done, total, failed, message FROM biobert_sync('s');
SELECT rows, pending, stale FROM biobert_status('s');
SELECT title, passage FROM s('aspirin') WHERE rowid = 1;
-- A failed row once more.
UPDATE papers SET abstract = 'risk' WHERE pmid = 5;
INSERT INTO s(s) VALUES('retry');
SELECT count(*) FROM biobert_failures('s');
SELECT failed, pending, stale FROM biobert_status('s');

-- In a transaction.
BEGIN;
SELECT * FROM biobert_sync('s');
INSERT INTO papers VALUES(7, 'mouse', 'cancer', 2006), (8, 'DNA', 'trial', 2006), (9, 'risk', 'trial', 2006);
INSERT INTO s(s, rank) VALUES('sync', 2);
SELECT rows, pending FROM biobert_status('s');
INSERT INTO s(s) VALUES('sync');
SELECT rows, pending FROM biobert_status('s');
ROLLBACK;
SELECT rows, pending FROM biobert_status('s');
INSERT INTO s(s) VALUES('integrity-check');
-- Commands.
INSERT INTO s(s, rank) VALUES('sync', -1);
INSERT INTO s(s, rank) VALUES('sync', 'all');
INSERT INTO s(s) VALUES('vacuum');
INSERT INTO s(s) VALUES(5);
INSERT INTO s(s) VALUES('sync-batch');
INSERT INTO s(s) VALUES('optimize');
INSERT INTO s(s) VALUES('rebuild');
INSERT INTO s(s, rowid, title, abstract) VALUES('delete', 6, 'heart', '');
SELECT rows, pending FROM biobert_status('s');
INSERT INTO s(s, title) VALUES('delete', 'heart');
INSERT INTO s(s) VALUES('sync');
INSERT INTO s(s) VALUES('reset');
SELECT rows, pending, passages, dimension, fingerprint FROM biobert_status('s');
SELECT * FROM s('gene');
INSERT INTO s(s) VALUES('sync');
INSERT INTO s(s) VALUES('delete-all');
SELECT rows, pending FROM biobert_status('s');
SELECT * FROM s('gene');
INSERT INTO s(s) VALUES('sync');
CREATE VIRTUAL TABLE own USING biobert(title);
INSERT INTO own VALUES('kept');
INSERT INTO own(own) VALUES('delete-all');
INSERT INTO own(own) VALUES('reset');
SELECT rowid, title, vector IS NULL FROM own;
SELECT done, total, message FROM biobert_sync('own');
SELECT rowid, vector IS NULL FROM own('kept');
-- Names that are no index.
SELECT * FROM biobert_sync('papers');
SELECT * FROM biobert_status('nosuch');
SELECT * FROM biobert_failures('nosuch.s');
SELECT * FROM biobert_sync('s', 0);
SELECT * FROM biobert_sync(NULL);

-- Keys of a view.
CREATE TABLE raw(k, t);
INSERT INTO raw VALUES(1, 'aspirin'), (NULL, 'gene'), ('x', 'heart'), (2, 'cell'), (2, 'cancer'), (2.5, 'risk'), (3, 'trial');
CREATE VIEW w AS SELECT k, t FROM raw;
CREATE VIRTUAL TABLE keys USING biobert(t, content='w', content_rowid='k');
SELECT done, total, failed, message FROM biobert_sync('keys');
SELECT * FROM biobert_failures('keys') ORDER BY rowid, message;
SELECT rows, pending, stale, failed FROM biobert_status('keys');
SELECT rowid, t FROM keys('cell', 9, 'lexical');
SELECT rowid, t FROM keys WHERE rowid = 2;
SELECT biobert_distance(vector, biobert_embed('cell')) < 1e-3 FROM keys WHERE rowid = 2;
SELECT done, total, failed FROM biobert_sync('keys');

-- Ready vectors.
CREATE TABLE ready(id INTEGER PRIMARY KEY, t TEXT, v BLOB);
INSERT INTO ready VALUES(1, 'a', biobert_vector('[1,0]')), (2, 'b', NULL), (3, 'c', biobert_vector('[1,2,3]')), (4, 'd', 'text');
CREATE VIRTUAL TABLE r USING biobert(t, content='ready', vectors='v');
SELECT done, total, failed, message FROM biobert_sync('r');
SELECT * FROM biobert_failures('r');
SELECT rows, pending, stale, empty, failed FROM biobert_status('r');
UPDATE ready SET v = biobert_vector('[0,1]') WHERE id > 1;
SELECT done, total, failed FROM biobert_sync('r');
UPDATE ready SET v = NULL WHERE id = 1;
SELECT done, total, failed FROM biobert_sync('r');
SELECT rows, pending FROM biobert_status('r');
-- Only NULLs: synced, and nothing to find.
CREATE TABLE nulls(id INTEGER PRIMARY KEY, v BLOB);
INSERT INTO nulls VALUES(1, NULL);
CREATE VIRTUAL TABLE n USING biobert(content='nulls', vectors='v');
SELECT count(*) FROM n(biobert_vector('[1]'));
SELECT done, total, message FROM biobert_sync('n');
SELECT count(*) FROM n(biobert_vector('[1]'));

-- Twenty failures in a row with one message end a run.
CREATE TABLE bad(id INTEGER PRIMARY KEY, t);
WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 30) INSERT INTO bad SELECT x, x'00' FROM c;
CREATE VIRTUAL TABLE b USING biobert(t, content='bad');
SELECT done, total, failed FROM biobert_sync('b', 10);
SELECT count(*) FROM biobert_failures('b');

-- Another model: the message names what differs, and the way out.
SELECT biobert_unload('default');
SELECT biobert_load('tests/golden/models/st_cls');
SELECT * FROM s('gene');
INSERT INTO papers VALUES(20, 'new', 'one', 2020);
INSERT INTO s(s) VALUES('sync');
SELECT done FROM biobert_sync('s');
SELECT count(*) FROM s('gene', 9, 'lexical');
SELECT count(*) > 0 FROM s((SELECT vector FROM s WHERE vector IS NOT NULL LIMIT 1));
INSERT INTO s(s) VALUES('rebuild');
SELECT count(*) > 0 FROM s('gene');
-- The same weights, pooled otherwise.
SELECT biobert_unload('default');
SELECT biobert_load('tests/golden/models/st_cls', 'default', '{"pooling":"mean"}');
SELECT * FROM s('gene');
-- A model that is not there.
CREATE VIRTUAL TABLE other USING biobert(title, content='papers', model='missing');
INSERT INTO other(other) VALUES('sync');
CREATE VIRTUAL TABLE words_only USING biobert(title, content='papers', search='lexical', model='missing');
INSERT INTO words_only(words_only) VALUES('sync');
SELECT rowid FROM words_only('gene OR protein') ORDER BY rowid;
SELECT rows, pending, empty FROM biobert_status('words_only');

-- Without a model ready vectors go in, and what is not embedded can be changed. A statement that fails
-- leaves nothing behind, also inside a transaction.
CREATE VIRTUAL TABLE ready_made USING biobert(title, year UNINDEXED, model='missing');
INSERT INTO ready_made(title, year, vector) VALUES('cell', 1, biobert_vector('[1,0]'));
UPDATE ready_made SET year = 2;
BEGIN;
INSERT INTO ready_made(title) VALUES('gene');
UPDATE ready_made SET title = 'gene';
INSERT INTO ready_made(rowid, title, vector) VALUES(7, 'gene', biobert_vector('[1,0,0]'));
SELECT rowid, title, year, biobert_vector_json(vector) FROM ready_made;
SELECT count(*) FROM ready_made_content;
COMMIT;
UPDATE ready_made SET vector = biobert_vector('[0,1]');
SELECT rowid, title, biobert_vector_json(vector) FROM ready_made(biobert_vector('[0,2]'));
INSERT INTO ready_made(ready_made) VALUES('integrity-check');
-- Two indexes on one content; a text with a NUL in it.
CREATE TABLE texts(id INTEGER PRIMARY KEY, t TEXT);
INSERT INTO texts VALUES(1, 'gene' || char(0) || ' therapy ' || replace(hex(zeroblob(50)), '00', 'cell risk ')), (2, 'heart');
CREATE VIRTUAL TABLE first USING biobert(t, content='texts');
CREATE VIRTUAL TABLE second USING biobert(t, content='texts', search='semantic', distance='l2');
SELECT max(done) FROM biobert_sync('first');
SELECT max(done) FROM biobert_sync('second');
SELECT a.rowid, b.rowid FROM first('heart', 1) a, second('heart', 1) b;
SELECT length(CAST(document AS BLOB)) > 500, passages > 1 FROM first, biobert_status('first') WHERE first.rowid = 1;
DROP TABLE first;
SELECT rowid FROM second('heart', 1);

-- The queue.
CREATE TABLE changes(id INTEGER PRIMARY KEY);
CREATE VIRTUAL TABLE q USING biobert(title, content='papers', queue='changes', search='lexical');
INSERT INTO q(q) VALUES('sync');
UPDATE papers SET title = 'mouse' WHERE pmid IN (1, 5);
DELETE FROM papers WHERE pmid = 20;
INSERT INTO changes VALUES(1), (20);
SELECT done, total FROM biobert_sync('q');
SELECT rowid FROM q('mouse');
SELECT count(*) FROM changes;
INSERT INTO q(q) VALUES('rebuild');
SELECT rowid FROM q('mouse') ORDER BY rowid;
-- Writing through the index, inside transactions.
CREATE VIRTUAL TABLE o USING biobert(title, year UNINDEXED);
BEGIN;
INSERT INTO o(title, year) VALUES('aspirin', 1), ('gene', 2), (NULL, 3);
SELECT last_insert_rowid(), changes();
SELECT rowid FROM o('gene', 1);
SAVEPOINT a;
UPDATE o SET title = 'stroke' WHERE rowid = 2;
UPDATE o SET year = 9 WHERE rowid = 1;
SELECT rowid, year FROM o('stroke', 1, 'lexical');
ROLLBACK TO a;
SELECT rowid, year FROM o('stroke', 1, 'lexical');
COMMIT;
INSERT INTO o(rowid, title) VALUES(1, 'twice');
INSERT OR IGNORE INTO o(rowid, title) VALUES(1, 'twice');
INSERT OR REPLACE INTO o(rowid, title) VALUES(1, 'cancer');
UPDATE o SET rowid = 2 WHERE rowid = 1;
UPDATE OR IGNORE o SET rowid = 2 WHERE rowid = 1;
UPDATE OR REPLACE o SET rowid = 2 WHERE rowid = 1;
SELECT rowid, title FROM o;
INSERT INTO o(rowid, title) VALUES('x', 'y');
INSERT INTO o(title) VALUES(x'00');
INSERT INTO o(title, vector) VALUES('given', x'00');
INSERT INTO o(title, vector) VALUES('given', biobert_embed('gene'));
SELECT title, last_insert_rowid() = rowid FROM o(biobert_embed('gene'), 1);
DELETE FROM o;
SELECT count(*) FROM o;
INSERT INTO o(o) VALUES('integrity-check');
