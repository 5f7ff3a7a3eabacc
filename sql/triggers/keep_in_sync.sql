-- keep_in_sync.sql - triggers that write down which rows of papers have changed, so that a sync looks
-- at those alone and not at every text.
--
--     .read sql/triggers/keep_in_sync.sql
--     CREATE VIRTUAL TABLE papers_search USING biobert(title, abstract, content='papers',
--       content_rowid='pmid', queue='papers_queue');
--     SELECT * FROM biobert_sync('papers_search');          -- the first one looks at all
--     ... later, after any changes:
--     SELECT * FROM biobert_sync('papers_search');          -- at what the queue names
--
-- They are plain SQL on a plain table: programs that do not load the extension go on working, and
-- what they change is in the queue all the same. `UPDATE OF` names the embedded columns: other
-- changes are no work. INSERT INTO papers_search(papers_search) VALUES('rebuild') looks at all again.
--
-- One queue serves one index, because a sync takes out what it has done: for a second index of papers
-- make a second queue, with triggers of other names. A content in an attached file has its queue in
-- that file, since a trigger writes into its own file alone: queue='p.papers_queue'.
--
-- Why not INSERT OR IGNORE: a trigger's own conflict clause gives way to that of the statement that
-- fires it, so an upsert or an INSERT OR ABORT would fail at a row that is in the queue already.
--
-- REPLACE deletes the rows that it replaces without firing DELETE triggers, unless the writing program
-- has set PRAGMA recursive_triggers = on. A row that is replaced under its own key is in the queue
-- because of the INSERT. A row of another key, which goes because a UNIQUE column has the same value,
-- is not: no search returns it, as its content is gone, but its vector stays until 'rebuild'. Where that
-- happens add a trigger for the column (here doi), which sees the row before it goes:
--
--     CREATE TRIGGER papers_queue_replace BEFORE INSERT ON papers BEGIN
--       INSERT INTO papers_queue(id) SELECT pmid FROM papers
--        WHERE doi = new.doi AND pmid NOT IN (SELECT id FROM papers_queue);
--     END;
--
-- and the same BEFORE UPDATE OF doi. Read again, this file makes the triggers anew and keeps the queue.
CREATE TABLE IF NOT EXISTS papers_queue(id INTEGER PRIMARY KEY);
DROP TRIGGER IF EXISTS papers_queue_insert;
CREATE TRIGGER papers_queue_insert AFTER INSERT ON papers BEGIN
  INSERT INTO papers_queue(id) SELECT new.pmid
   WHERE NOT EXISTS (SELECT 1 FROM papers_queue WHERE id = new.pmid);
END;
DROP TRIGGER IF EXISTS papers_queue_delete;
CREATE TRIGGER papers_queue_delete AFTER DELETE ON papers BEGIN
  INSERT INTO papers_queue(id) SELECT old.pmid
   WHERE NOT EXISTS (SELECT 1 FROM papers_queue WHERE id = old.pmid);
END;
DROP TRIGGER IF EXISTS papers_queue_update;
CREATE TRIGGER papers_queue_update AFTER UPDATE OF pmid, title, abstract ON papers BEGIN
  INSERT INTO papers_queue(id) SELECT old.pmid
   WHERE NOT EXISTS (SELECT 1 FROM papers_queue WHERE id = old.pmid);
  INSERT INTO papers_queue(id) SELECT new.pmid
   WHERE NOT EXISTS (SELECT 1 FROM papers_queue WHERE id = new.pmid);
END;
