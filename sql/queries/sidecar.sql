-- sidecar.sql - an index beside a file that must not change: everything that is written goes into
-- search.db.
--
--     sqlite3 search.db
--     .load ./biobert
--     ATTACH 'file:papers.sqlite?mode=ro' AS p;
--     .read sql/queries/sidecar.sql
--
-- Run it as often as you like: it makes the index the first time, and brings it up to date each
-- time. ATTACH comes first in every session; without it searching says that p.papers is missing. A
-- program that holds a lock on the file for its lifetime (Zotero does) lets nobody read: copy the
-- file, and its -wal, and attach the copy.
CREATE VIRTUAL TABLE IF NOT EXISTS papers_search
  USING biobert(title, abstract, content='p.papers', content_rowid='pmid');
SELECT done, total, failed, message FROM biobert_sync('papers_search');
