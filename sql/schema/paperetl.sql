-- paperetl.sql - the file articles.sqlite of paperetl as tables that can be indexed.
--
--     paperetl_sections   a row a section: section, article, name, title (of the article), text, year,
--                         journal, authors, reference
--     paperetl_papers     a row an article: paper (its first section), article, title, text (all of its
--                         sections), year, journal, authors, reference
--
--     sqlite3 search.db
--     .load ./biobert
--     ATTACH 'file:articles.sqlite?mode=ro' AS paperetl;
--     .read sql/schema/paperetl.sql
--     CREATE VIRTUAL TABLE paperetl_search USING biobert(title, text, name UNINDEXED, year UNINDEXED,
--       reference UNINDEXED, content='temp.paperetl_sections', content_rowid='section');
--     SELECT * FROM biobert_sync('paperetl_search');
--
-- TEMP views: nothing is written into paperetl's file. Attach and read this file in every session.
CREATE TEMP VIEW IF NOT EXISTS paperetl_sections AS
  SELECT s.Id AS section, s.Article AS article, s.Name AS name, a.Title AS title, s.Text AS text,
         CAST(substr(a.Published, 1, 4) AS INTEGER) AS year, a.Publication AS journal, a.Authors AS authors,
         a.Reference AS reference
    FROM paperetl.sections s JOIN paperetl.articles a ON a.Id = s.Article
   WHERE s.Text <> '' AND s.Name IS NOT 'TITLE';

CREATE TEMP VIEW IF NOT EXISTS paperetl_papers AS
  SELECT (SELECT min(s.Id) FROM paperetl.sections s WHERE s.Article = a.Id) AS paper, a.Id AS article,
         a.Title AS title,
         (SELECT group_concat(text, char(10)) FROM
           (SELECT s.Text AS text FROM paperetl.sections s
             WHERE s.Article = a.Id AND s.Name IS NOT 'TITLE' ORDER BY s.Id)) AS text,
         CAST(substr(a.Published, 1, 4) AS INTEGER) AS year, a.Publication AS journal, a.Authors AS authors,
         a.Reference AS reference
    FROM paperetl.articles a
   WHERE EXISTS (SELECT 1 FROM paperetl.sections s WHERE s.Article = a.Id);
