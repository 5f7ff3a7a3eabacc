-- What a batch of biobert_sync() holds, and how far the command 'sync' with a limit goes.
.nullvalue NULL
.print -- three long texts are three batches; then 64 documents a batch
CREATE TEMP TABLE numbers AS WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n LIMIT 73) SELECT value FROM n;
CREATE TABLE papers(id INTEGER PRIMARY KEY, t TEXT);
INSERT INTO papers SELECT value, replace(hex(zeroblob(11000)), '00', 'heart failure ') || value FROM numbers WHERE value BETWEEN 1 AND 3;
INSERT INTO papers SELECT value, 'gene ' || value FROM numbers WHERE value BETWEEN 4 AND 73;
CREATE VIRTUAL TABLE s USING biobert(t, content='papers');
SELECT done, total, failed FROM biobert_sync('s');
SELECT passages > 1000, pending, stale FROM biobert_status('s');
INSERT INTO s(s) VALUES('integrity-check');
.print -- the command with a limit stops after as much work
INSERT INTO s(s) VALUES('delete-all');
INSERT INTO s(s, rank) VALUES('sync', 64);
SELECT rows - pending FROM biobert_status('s');
INSERT INTO s(s, rank) VALUES('sync', 64);
SELECT rows - pending FROM biobert_status('s');
INSERT INTO s(s, rank) VALUES('sync', 64);
SELECT rows - pending FROM biobert_status('s');
INSERT INTO s(s, rank) VALUES('sync', 64);
SELECT rows - pending FROM biobert_status('s');
INSERT INTO s(s, rank) VALUES('sync', 64);
SELECT rows, pending FROM biobert_status('s');
.print -- a small limit is of documents, where they are not long
CREATE TABLE some(id INTEGER PRIMARY KEY, t TEXT);
INSERT INTO some SELECT value, replace(hex(zeroblob(100)), '00', 'heart failure ') || value FROM numbers WHERE value BETWEEN 1 AND 9;
CREATE VIRTUAL TABLE m USING biobert(t, content='some');
INSERT INTO m(m, rank) VALUES('sync', 2);
SELECT rows - pending, passages > 2 FROM biobert_status('m');
INSERT INTO m(m, rank) VALUES('sync', 0);
SELECT rows - pending FROM biobert_status('m');
.print -- between two limited commands rows change, go, come, and are done by others
UPDATE some SET t = 'aspirin' WHERE id IN (1, 4);
DELETE FROM some WHERE id IN (2, 5);
INSERT INTO some VALUES(10, 'stroke');
INSERT INTO m(m, rowid, t) VALUES('delete', 3, 'unused');
INSERT INTO m(rowid, t) SELECT id, t FROM some WHERE id = 6;
INSERT INTO m(m, rank) VALUES('sync', 3);
INSERT INTO m(m, rank) VALUES('sync', 3);
SELECT count(*) FROM m_docs;
INSERT INTO m(m, rank) VALUES('sync', 100);
SELECT rows, pending, stale FROM biobert_status('m');
SELECT group_concat(id, ' ') FROM m_docs;
SELECT rowid FROM m('aspirin', 9, 'lexical') ORDER BY rowid;
SELECT done, total, message FROM biobert_sync('m');
INSERT INTO m(m) VALUES('integrity-check');
.print -- what a rollback has undone is to be done again
UPDATE some SET t = t || ' cell';
BEGIN;
INSERT INTO m(m, rank) VALUES('sync', 4);
SELECT stale FROM biobert_status('m');
ROLLBACK;
SELECT stale FROM biobert_status('m');
INSERT INTO m(m, rank) VALUES('sync', 4);
SELECT stale FROM biobert_status('m');
SAVEPOINT a;
INSERT INTO m(m, rank) VALUES('sync', 4);
SELECT stale FROM biobert_status('m');
ROLLBACK TO a;
RELEASE a;
INSERT INTO m(m, rank) VALUES('sync', 100);
SELECT stale FROM biobert_status('m');
.print -- words alone: batches by bytes
CREATE TABLE big(id INTEGER PRIMARY KEY, t TEXT);
INSERT INTO big SELECT value, replace(hex(zeroblob(28000)), '00', 'heart failure ') FROM numbers WHERE value BETWEEN 1 AND 5;
CREATE VIRTUAL TABLE words_only USING biobert(t, content='big', search='lexical');
SELECT done, total FROM biobert_sync('words_only');
.print -- a batch that is larger because it was asked for
INSERT INTO m(m) VALUES('delete-all');
SELECT done, total FROM biobert_sync('m', 3);
INSERT INTO m(m) VALUES('delete-all');
SELECT done, total FROM biobert_sync('m', 1000);
INSERT INTO m(m) VALUES('delete-all');
SELECT max(done) FROM biobert_sync('m', 4.0);
SELECT * FROM biobert_sync('m', 4.5);
SELECT * FROM biobert_sync('m', 1e300);
.print -- in a savepoint, as some clients have it around every statement
SAVEPOINT client;
SELECT * FROM biobert_sync('m');
INSERT INTO m(m) VALUES('sync');
RELEASE client;
SELECT pending, stale FROM biobert_status('m');
.print -- the limit as programs give it: a REAL, a TEXT
INSERT INTO m(m) VALUES('delete-all');
INSERT INTO m(m, rank) VALUES('sync', 2.0);
INSERT INTO m(m, rank) VALUES('sync', '3');
SELECT rows - pending FROM biobert_status('m');
SELECT max(done) FROM biobert_sync('m', '4');
INSERT INTO m(m, rank) VALUES('sync', 2.5);
INSERT INTO m(m, rank) VALUES('sync', -1.0);
INSERT INTO m(m, rank) VALUES('sync', 1e300);
INSERT INTO m(m, rank) VALUES('sync', x'32');
INSERT INTO m(m, rank) VALUES('sync', 1e15);
