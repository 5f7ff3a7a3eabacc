-- zotero_fulltext.sql - the full texts of Zotero's PDFs in a table of search.db. Zotero has them in files
-- beside the PDFs, storage/KEY/.zotero-ft-cache. Attach and read zotero.sql first; in the sqlite3 shell,
-- whose function readfile() is:
--
--     .parameter set :storage "'/where/Zotero/lies/storage'"
--     .read sql/schema/zotero_fulltext.sql
--     CREATE VIRTUAL TABLE IF NOT EXISTS fulltext_search USING biobert(title, text, paper UNINDEXED,
--       content='zotero_fulltext', content_rowid='item');
--     SELECT * FROM biobert_sync('fulltext_search');
--
-- Run again it writes what is new or changed and forgets what is gone, so that the sync embeds no more.
CREATE TABLE IF NOT EXISTS zotero_fulltext(item INTEGER PRIMARY KEY, key TEXT, paper INTEGER, title TEXT,
  text TEXT);
INSERT INTO zotero_fulltext(item, key, paper, title, text)
  SELECT * FROM
    (SELECT a.itemID AS item, i.key, p.item AS paper, p.title,
            CAST(readfile(:storage || '/' || i.key || '/.zotero-ft-cache') AS TEXT) AS text
       FROM zotero.itemAttachments a
       JOIN zotero.items i ON i.itemID = a.itemID
       JOIN zotero_papers p ON p.item = a.parentItemID
      WHERE a.itemID NOT IN (SELECT itemID FROM zotero.deletedItems))
   WHERE text <> ''
  ON CONFLICT(item) DO UPDATE SET key = excluded.key, paper = excluded.paper, title = excluded.title,
    text = excluded.text
   WHERE (key, paper, title, text) IS NOT (excluded.key, excluded.paper, excluded.title, excluded.text);
DELETE FROM zotero_fulltext WHERE item NOT IN
  (SELECT a.itemID FROM zotero.itemAttachments a JOIN zotero_items i ON i.item = a.parentItemID
    WHERE a.itemID NOT IN (SELECT itemID FROM zotero.deletedItems));
