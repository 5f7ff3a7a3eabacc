-- zotero.sql - Zotero's library (6 and later) as tables that can be indexed.
--
--     zotero_papers   a row an item: item, key, library, type, title, abstract, year, journal, doi,
--                     authors, tags, notes (without their markup)
--     zotero_notes    a row a note and an annotation of a PDF: item, key, paper, kind, title (of the
--                     paper), text
--
-- Zotero locks its file while it runs, and part of it may be in the -wal file: copy both, index the copy.
-- ZOTERO is the folder that Zotero's settings show (Advanced, Data Directory Location).
--
--     cp "$ZOTERO"/zotero.sqlite* .
--     sqlite3 search.db
--     .load ./biobert
--     ATTACH 'file:zotero.sqlite?mode=ro' AS zotero;
--     .read sql/schema/zotero.sql
--     CREATE VIRTUAL TABLE zotero_search USING biobert(title, abstract, year UNINDEXED,
--       content='temp.zotero_papers', content_rowid='item');
--     SELECT * FROM biobert_sync('zotero_search');
--     CREATE VIRTUAL TABLE notes_search USING biobert(title, text, kind UNINDEXED, paper UNINDEXED,
--       content='temp.zotero_notes', content_rowid='item');
--
-- TEMP views: nothing is written into Zotero's file. Attach and read this file in every session. Left
-- out: what is in the bin, and what came by a feed. Full texts: zotero_fulltext.sql.
CREATE TEMP VIEW IF NOT EXISTS zotero_fields AS
  SELECT d.itemID AS item, f.fieldName AS field, v.value AS value
    FROM zotero.itemData d
    JOIN zotero.fields f ON f.fieldID = d.fieldID
    JOIN zotero.itemDataValues v ON v.valueID = d.valueID;

-- Items that are no part of another one, not in the bin, and in a library of one's own or a group.
CREATE TEMP VIEW IF NOT EXISTS zotero_items AS
  SELECT i.itemID AS item, i.key AS key, i.libraryID AS library, t.typeName AS type
    FROM zotero.items i
    JOIN zotero.itemTypes t ON t.itemTypeID = i.itemTypeID
   WHERE t.typeName NOT IN ('attachment', 'note', 'annotation')
     AND i.itemID NOT IN (SELECT itemID FROM zotero.deletedItems)
     AND i.itemID NOT IN (SELECT itemID FROM zotero.feedItems);

-- A court's case has a name, a statute the name of the act, an e-mail a subject: Zotero shows it as
-- the title. So with the journal of a chapter, a conference paper, an entry of a dictionary.
CREATE TEMP VIEW IF NOT EXISTS zotero_papers AS
  SELECT i.item, i.key, i.library, i.type,
         (SELECT value FROM zotero_fields WHERE item = i.item
             AND field IN ('title', 'caseName', 'nameOfAct', 'subject')
           ORDER BY field = 'title' DESC LIMIT 1) AS title,
         biobert_plain((SELECT value FROM zotero_fields WHERE item = i.item AND field = 'abstractNote'))
           AS abstract,
         (SELECT CAST(substr(value, 1, 4) AS INTEGER) FROM zotero_fields WHERE item = i.item
             AND field IN ('date', 'dateDecided', 'dateEnacted', 'issueDate')
             AND value GLOB '[0-9][0-9][0-9][0-9]*' AND value NOT GLOB '0000*' LIMIT 1) AS year,
         (SELECT value FROM zotero_fields WHERE item = i.item
             AND field IN ('publicationTitle', 'bookTitle', 'proceedingsTitle', 'encyclopediaTitle',
                           'dictionaryTitle', 'blogTitle', 'websiteTitle', 'forumTitle', 'reporter')
           ORDER BY field = 'publicationTitle' DESC LIMIT 1) AS journal,
         (SELECT value FROM zotero_fields WHERE item = i.item AND field = 'DOI') AS doi,
         (SELECT group_concat(name, '; ') FROM
           (SELECT c.lastName || coalesce(', ' || nullif(c.firstName, ''), '') AS name
              FROM zotero.itemCreators ic JOIN zotero.creators c ON c.creatorID = ic.creatorID
             WHERE ic.itemID = i.item ORDER BY ic.orderIndex)) AS authors,
         (SELECT group_concat(name, '; ') FROM
           (SELECT t.name FROM zotero.itemTags it JOIN zotero.tags t ON t.tagID = it.tagID
             WHERE it.itemID = i.item ORDER BY t.name)) AS tags,
         (SELECT group_concat(biobert_plain(n.note), char(10)) FROM zotero.itemNotes n
           WHERE n.parentItemID = i.item
             AND n.itemID NOT IN (SELECT itemID FROM zotero.deletedItems)) AS notes
    FROM zotero_items i;

-- Notes by themselves have no paper. An annotation belongs to an attachment, which may belong to none.
CREATE TEMP VIEW IF NOT EXISTS zotero_notes AS
  SELECT x.item, i.key, x.paper, x.kind,
         (SELECT value FROM zotero_fields WHERE item = x.paper
             AND field IN ('title', 'caseName', 'nameOfAct', 'subject')
           ORDER BY field = 'title' DESC LIMIT 1) AS title, x.text
    FROM (SELECT itemID AS item, parentItemID AS paper, NULL AS file, 'note' AS kind,
                 biobert_plain(note) AS text
            FROM zotero.itemNotes
           UNION ALL
          SELECT n.itemID, a.parentItemID, n.parentItemID, 'annotation',
                 trim(coalesce(biobert_plain(n.text), '') || char(10) || coalesce(biobert_plain(n.comment), ''),
                      ' ' || char(10))
            FROM zotero.itemAnnotations n
            LEFT JOIN zotero.itemAttachments a ON a.itemID = n.parentItemID) x
    JOIN zotero.items i ON i.itemID = x.item
   WHERE NOT EXISTS (SELECT 1 FROM zotero.deletedItems d WHERE d.itemID IN (x.item, x.file, x.paper))
     AND x.text <> '';
