-- The option queue=, and the triggers of sql/triggers/keep_in_sync.sql under every way to write.
.nullvalue NULL
CREATE TABLE papers(pmid INTEGER PRIMARY KEY, title TEXT, abstract TEXT, year INT, doi TEXT UNIQUE);
.print -- a queue that is not there is told when the index is made, and what makes it
CREATE VIRTUAL TABLE papers_search USING biobert(title, abstract, content='papers', content_rowid='pmid', queue='papers_queue');
.read sql/triggers/keep_in_sync.sql
CREATE VIRTUAL TABLE papers_search USING biobert(title, abstract, content='papers', content_rowid='pmid', queue='papers_queue');
INSERT INTO papers VALUES(1, 'aspirin', 'stroke', 2001, 'a'), (2, 'gene', 'therapy', 2002, 'b'), (3, 'heart', 'failure', 2003, 'c'), (4, 'cell', 'cancer', 2004, 'd');
SELECT max(done) FROM biobert_sync('papers_search');
SELECT count(*) FROM papers_queue;

.print -- the triggers, while their rows are in the queue already
INSERT INTO papers VALUES(1, 'aspirin', 'risk', 2001, 'a') ON CONFLICT(pmid) DO UPDATE SET abstract = excluded.abstract;
INSERT INTO papers VALUES(1, 'aspirin', 'mouse', 2001, 'a') ON CONFLICT(pmid) DO UPDATE SET abstract = excluded.abstract;
INSERT OR REPLACE INTO papers VALUES(1, 'aspirin', 'protein', 2001, 'a');
INSERT OR IGNORE INTO papers VALUES(1, 'ignored', 'ignored', 2001, 'a');
INSERT OR FAIL INTO papers VALUES(5, 'DNA', 'trial', 2005, 'e');
UPDATE OR FAIL papers SET title = 'DNA one' WHERE pmid = 5;
INSERT OR ABORT INTO papers VALUES(6, 'mouse', 'risk', 2006, 'f');
UPDATE OR ABORT papers SET title = 'mouse model' WHERE pmid = 6;
INSERT OR ROLLBACK INTO papers VALUES(7, 'trial', 'risk', 2007, 'g');
UPDATE OR ROLLBACK papers SET title = 'trial two' WHERE pmid = 7;
UPDATE OR REPLACE papers SET pmid = 2 WHERE pmid = 3;
REPLACE INTO papers VALUES(8, 'new', NULL, 2008, 'h'), (8, 'newer', NULL, 2008, 'h');
DELETE FROM papers WHERE pmid = 7;
SELECT group_concat(id, ' ') FROM (SELECT id FROM papers_queue ORDER BY id);
SELECT done, total, failed FROM biobert_sync('papers_search');
SELECT count(*) FROM papers_queue;
SELECT rowid, document FROM papers_search ORDER BY rowid;
SELECT rows, pending, stale FROM biobert_status('papers_search');
INSERT INTO papers_search(papers_search) VALUES('integrity-check');
SELECT rowid FROM papers_search('protein', 9, 'lexical');

.print -- a row that REPLACE removed by another column is in no queue: no search returns it
INSERT OR REPLACE INTO papers VALUES(9, 'second', 'edition', 2009, 'd');
SELECT group_concat(id, ' ') FROM papers_queue;
SELECT done, total FROM biobert_sync('papers_search');
SELECT count(*) FROM papers_search('cell cancer') WHERE rowid = 4;
SELECT count(*) FROM papers_search('cell cancer', 3);
SELECT count(*) FROM papers_search_docs WHERE id = 4;
INSERT INTO papers_search(papers_search) VALUES('rebuild');
SELECT count(*) FROM papers_search_docs WHERE id = 4;
.print -- with recursive_triggers it is in the queue
PRAGMA recursive_triggers = on;
INSERT OR REPLACE INTO papers VALUES(10, 'third', 'edition', 2010, 'd');
SELECT group_concat(id, ' ') FROM (SELECT id FROM papers_queue ORDER BY id);
SELECT done, total FROM biobert_sync('papers_search');
SELECT count(*) FROM papers_search_docs WHERE id = 9;
PRAGMA recursive_triggers = off;
.print -- or with the trigger that the file shows
CREATE TRIGGER papers_queue_replace BEFORE INSERT ON papers BEGIN
  INSERT INTO papers_queue(id) SELECT pmid FROM papers
   WHERE doi = new.doi AND pmid NOT IN (SELECT id FROM papers_queue);
END;
INSERT OR REPLACE INTO papers VALUES(11, 'fourth', 'edition', 2011, 'd');
INSERT OR REPLACE INTO papers VALUES(12, 'fifth', 'edition', 2011, 'd');
SELECT group_concat(id, ' ') FROM (SELECT id FROM papers_queue ORDER BY id);
SELECT done, total FROM biobert_sync('papers_search');
SELECT count(*) FROM papers_search_docs WHERE id IN (10, 11);
DROP TRIGGER papers_queue_replace;

.print -- a row of the queue whose text is the same is not embedded again
UPDATE papers SET title = title WHERE pmid < 3;
CREATE TEMP TABLE before AS SELECT v FROM papers_search_config WHERE k = 'epoch';
SELECT done, total FROM biobert_sync('papers_search');
SELECT count(*) FROM papers_queue;
SELECT v = (SELECT v FROM before) FROM papers_search_config WHERE k = 'epoch';

.print -- a first sync that was not ended looks at all again: the queue does not know those rows
INSERT INTO papers_search(papers_search) VALUES('delete-all');
INSERT INTO papers_search(papers_search, rank) VALUES('sync', 2);
SELECT rows - pending FROM biobert_status('papers_search');
INSERT INTO papers_search(papers_search, rank) VALUES('sync', 2);
SELECT rows - pending FROM biobert_status('papers_search');
SELECT max(done) FROM biobert_sync('papers_search');
SELECT pending, stale FROM biobert_status('papers_search');

.print -- one queue serves one index
CREATE VIRTUAL TABLE second USING biobert(title, content='papers', content_rowid='pmid', queue='papers_queue');
CREATE VIRTUAL TABLE second USING biobert(title, content='papers', content_rowid='pmid', queue='MAIN."Papers_Queue"');
CREATE VIRTUAL TABLE temp.second USING biobert(title, content='main.papers', content_rowid='pmid', queue='papers_queue');
ALTER TABLE papers_search RENAME TO "the first";
CREATE VIRTUAL TABLE second USING biobert(title, content='papers', content_rowid='pmid', queue='papers_queue');
SELECT count(*) FROM sqlite_schema WHERE name LIKE 'second%';
CREATE VIRTUAL TABLE unqueued USING biobert(title, content='papers', content_rowid='pmid', search='lexical');
BEGIN;
DROP TABLE "the first";
CREATE VIRTUAL TABLE second USING biobert(title, content='papers', content_rowid='pmid', queue='papers_queue');
ROLLBACK;
CREATE VIRTUAL TABLE second USING biobert(title, content='papers', content_rowid='pmid', queue='papers_queue');
DROP TABLE "the first";
CREATE VIRTUAL TABLE second USING biobert(title, content='papers', content_rowid='pmid', queue='papers_queue', search='lexical');
.print -- two that are there already, as a file of an older version may have them: the first goes on
CREATE TABLE other_queue(id INTEGER PRIMARY KEY);
CREATE VIRTUAL TABLE third USING biobert(title, content='papers', content_rowid='pmid', queue='other_queue', search='lexical');
DROP TABLE other_queue;
SELECT * FROM biobert_sync('third');
INSERT INTO third(third) VALUES('sync');
INSERT INTO third(third) VALUES('rebuild');
PRAGMA writable_schema = on;
UPDATE sqlite_schema SET sql = replace(sql, 'other_queue', 'papers_queue') WHERE name = 'third';
PRAGMA writable_schema = reset;
SELECT done > 0, message FROM biobert_sync('second') ORDER BY done DESC LIMIT 1;
SELECT * FROM biobert_sync('third');
INSERT INTO third(third) VALUES('sync');
SELECT rowid FROM third('aspirin', 9, 'lexical');
DROP TABLE second;
SELECT max(done) > 0 FROM biobert_sync('third');
DROP TABLE third;
DROP TABLE unqueued;

.print -- a queue in another schema, under a name that has to be quoted
ATTACH ':memory:' AS p;
CREATE TABLE p.papers(pmid INTEGER PRIMARY KEY, title TEXT, abstract TEXT);
CREATE TABLE p."my ""queue"".x"(id INTEGER PRIMARY KEY);
CREATE TRIGGER p.note AFTER INSERT ON papers BEGIN
  INSERT INTO "my ""queue"".x" SELECT new.pmid WHERE NOT EXISTS (SELECT 1 FROM "my ""queue"".x" WHERE id = new.pmid);
END;
INSERT INTO p.papers VALUES(1, 'aspirin', 'stroke');
CREATE VIRTUAL TABLE side USING biobert(title, abstract, content='p.papers', content_rowid='pmid', queue='p."my ""queue"".x"');
SELECT max(done) FROM biobert_sync('side');
INSERT INTO p.papers VALUES(2, 'gene', 'therapy');
SELECT id FROM p."my ""queue"".x";
INSERT INTO side(side) VALUES('sync');
SELECT id FROM p."my ""queue"".x";
SELECT rowid FROM side('gene', 1);
DROP TABLE side;
.print -- without a schema: where the content is, though main has one of that name
CREATE TABLE p.papers_queue(id INTEGER PRIMARY KEY);
INSERT INTO p.papers_queue VALUES(2);
INSERT INTO main.papers_queue VALUES(1);
CREATE VIRTUAL TABLE side USING biobert(title, abstract, content='p.papers', content_rowid='pmid', queue='papers_queue');
INSERT INTO side(side) VALUES('sync');
SELECT (SELECT count(*) FROM p.papers_queue), (SELECT count(*) FROM main.papers_queue);
DROP TABLE side;
DETACH p;

.print -- WITHOUT ROWID; a queue without a key of its own, with a row twice, and with what is no key
CREATE TABLE keyed(pmid INTEGER PRIMARY KEY, title TEXT) WITHOUT ROWID;
CREATE TABLE keyed_queue(id);
CREATE TRIGGER keyed_insert AFTER INSERT ON keyed BEGIN INSERT INTO keyed_queue VALUES(new.pmid); END;
CREATE TRIGGER keyed_update AFTER UPDATE ON keyed BEGIN INSERT INTO keyed_queue VALUES(old.pmid), (new.pmid); END;
CREATE VIRTUAL TABLE keyed_search USING biobert(title, content='keyed', content_rowid='pmid', queue='keyed_queue');
INSERT INTO keyed_search(keyed_search) VALUES('sync');
INSERT INTO keyed VALUES(1, 'aspirin'), (2, 'gene') ON CONFLICT DO NOTHING;
INSERT INTO keyed VALUES(1, 'heart') ON CONFLICT(pmid) DO UPDATE SET title = excluded.title;
UPDATE OR REPLACE keyed SET pmid = 2 WHERE pmid = 1;
INSERT INTO keyed_queue VALUES('x'), (NULL);
SELECT count(*) FROM keyed_queue;
SELECT done, total, failed FROM biobert_sync('keyed_search');
SELECT count(*) FROM keyed_queue;
SELECT rowid, title FROM keyed_search('heart');
SELECT rows, pending, stale FROM biobert_status('keyed_search');
.print -- names that are none
CREATE VIRTUAL TABLE n USING biobert(title, content='keyed', content_rowid='pmid', queue='a.b.c');
CREATE VIRTUAL TABLE n USING biobert(title, content='keyed', content_rowid='pmid', queue='a."b');
CREATE VIRTUAL TABLE n USING biobert(title, content='keyed', content_rowid='pmid', queue='');
CREATE VIRTUAL TABLE n USING biobert(title, content='keyed', content_rowid='pmid', queue='nowhere.q');
CREATE VIRTUAL TABLE n USING biobert(title, content='keyed', content_rowid='pmid', queue='keyed');
DROP TABLE keyed_queue;
INSERT INTO keyed VALUES(3, 'cell');
SELECT done FROM biobert_sync('keyed_search');
INSERT INTO keyed_search(keyed_search) VALUES('sync');
SELECT rowid FROM keyed_search('heart', 1);
BEGIN;
INSERT INTO keyed_search(keyed_search) VALUES('rebuild');
COMMIT;
SELECT rowid FROM keyed_search('heart', 1);
DROP TABLE keyed_search;

-- The batch of a sync is one index's alone: a trigger that sends it to a wider index gets an error.
CREATE TABLE narrow(id INTEGER PRIMARY KEY, t TEXT); INSERT INTO narrow VALUES(1, 'aspirin'), (2, 'gene');
CREATE TABLE wide(id INTEGER PRIMARY KEY, a TEXT, b TEXT, c TEXT, d TEXT);
CREATE VIRTUAL TABLE wide_index USING biobert(a, b, c, d, content='wide', content_rowid='id');
CREATE TABLE narrow_queue(id INTEGER);
CREATE VIRTUAL TABLE narrow_index USING biobert(t, content='narrow', content_rowid='id', queue='narrow_queue');
SELECT max(done) FROM biobert_sync('narrow_index');
UPDATE narrow SET t = 'stroke' WHERE id = 1; INSERT INTO narrow_queue VALUES(1);
CREATE TRIGGER sends AFTER DELETE ON narrow_queue BEGIN INSERT INTO wide_index(wide_index) VALUES('sync-batch'); END;
SELECT max(done) FROM biobert_sync('narrow_index');
DROP TRIGGER sends; SELECT max(done) FROM biobert_sync('narrow_index');
SELECT stale, pending FROM biobert_status('narrow_index');
