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
CREATE TABLE IF NOT EXISTS papers_queue(id INTEGER PRIMARY KEY);
CREATE TRIGGER IF NOT EXISTS papers_queue_insert AFTER INSERT ON papers BEGIN
  INSERT OR IGNORE INTO papers_queue VALUES(new.pmid);
END;
CREATE TRIGGER IF NOT EXISTS papers_queue_delete AFTER DELETE ON papers BEGIN
  INSERT OR IGNORE INTO papers_queue VALUES(old.pmid);
END;
CREATE TRIGGER IF NOT EXISTS papers_queue_update AFTER UPDATE OF pmid, title, abstract ON papers BEGIN
  INSERT OR IGNORE INTO papers_queue VALUES(old.pmid);
  INSERT OR IGNORE INTO papers_queue VALUES(new.pmid);
END;
