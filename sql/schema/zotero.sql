-- zotero.sql - Zotero's library as a table that can be indexed: one row an item, with its title, its
-- abstract, year, journal, DOI and notes (as the HTML that they are).
--
--     cp ~/Zotero/zotero.sqlite* /tmp/          (Zotero locks its file while it runs)
--     sqlite3 search.db
--     .load ./biobert
--     ATTACH 'file:/tmp/zotero.sqlite?mode=ro' AS zotero;
--     .read sql/schema/zotero.sql
--     CREATE VIRTUAL TABLE zotero_search USING biobert(title, abstract, year UNINDEXED,
--       content='temp.zotero_papers', content_rowid='item');
--     SELECT * FROM biobert_sync('zotero_search');
--
-- A TEMP view: nothing is written into Zotero's file. Attach and read this file in every session. Left
-- out: what is in the bin, attachments, and notes as items of their own.
CREATE TEMP VIEW IF NOT EXISTS zotero_fields AS
  SELECT d.itemID AS item, f.fieldName AS field, v.value AS value
    FROM zotero.itemData d
    JOIN zotero.fields f ON f.fieldID = d.fieldID
    JOIN zotero.itemDataValues v ON v.valueID = d.valueID;
CREATE TEMP VIEW IF NOT EXISTS zotero_papers AS
  SELECT i.itemID AS item, i.key AS key,
         (SELECT value FROM zotero_fields WHERE item = i.itemID AND field = 'title') AS title,
         (SELECT value FROM zotero_fields WHERE item = i.itemID AND field = 'abstractNote') AS abstract,
         CAST(substr((SELECT value FROM zotero_fields WHERE item = i.itemID AND field = 'date'), 1, 4)
              AS INTEGER) AS year,
         (SELECT value FROM zotero_fields WHERE item = i.itemID AND field = 'publicationTitle') AS journal,
         (SELECT value FROM zotero_fields WHERE item = i.itemID AND field = 'DOI') AS doi,
         (SELECT group_concat(n.note, ' ') FROM zotero.itemNotes n WHERE n.parentItemID = i.itemID
                 AND n.itemID NOT IN (SELECT itemID FROM zotero.deletedItems)) AS notes
    FROM zotero.items i
   WHERE i.itemID NOT IN (SELECT itemID FROM zotero.deletedItems)
     AND i.itemID NOT IN (SELECT itemID FROM zotero.itemAttachments)
     AND i.itemID NOT IN (SELECT itemID FROM zotero.itemNotes);
