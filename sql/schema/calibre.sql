-- calibre.sql - Calibre's library (metadata.db in its folder) as tables that can be indexed.
--
--     calibre_books         a row a book: book, title, comments (without their markup), authors, series,
--                           tags, publisher, year, languages, isbn, doi
--     calibre_annotations   a row a highlight or a note of the viewer: annotation, book, title, text
--
--     cp "$LIBRARY"/metadata.db .                 (LIBRARY: the folder of the library)
--     sqlite3 search.db
--     .load ./biobert
--     ATTACH 'file:metadata.db?mode=ro' AS calibre;
--     .read sql/schema/calibre.sql
--     CREATE VIRTUAL TABLE calibre_search USING biobert(title, comments, tags, year UNINDEXED,
--       content='temp.calibre_books', content_rowid='book');
--     SELECT * FROM biobert_sync('calibre_search');
--
-- TEMP views: nothing is written into Calibre's file, whose triggers call functions that only Calibre
-- has. Attach and read this file in every session.
CREATE TEMP VIEW IF NOT EXISTS calibre_books AS
  SELECT b.id AS book, b.title,
         biobert_plain((SELECT text FROM calibre.comments WHERE book = b.id)) AS comments,
         -- Calibre has a | where a name has a comma.
         (SELECT group_concat(name, '; ') FROM
           (SELECT replace(a.name, '|', ',') AS name
              FROM calibre.books_authors_link l JOIN calibre.authors a ON a.id = l.author
             WHERE l.book = b.id ORDER BY l.id)) AS authors,
         (SELECT s.name FROM calibre.books_series_link l JOIN calibre.series s ON s.id = l.series
           WHERE l.book = b.id) AS series,
         (SELECT group_concat(name, '; ') FROM
           (SELECT t.name FROM calibre.books_tags_link l JOIN calibre.tags t ON t.id = l.tag
             WHERE l.book = b.id ORDER BY t.name)) AS tags,
         (SELECT p.name FROM calibre.books_publishers_link l
            JOIN calibre.publishers p ON p.id = l.publisher WHERE l.book = b.id) AS publisher,
         -- The year 101 stands for none.
         CASE WHEN substr(b.pubdate, 1, 4) >= '1000' THEN CAST(substr(b.pubdate, 1, 4) AS INTEGER) END AS year,
         (SELECT group_concat(lang_code, '; ') FROM
           (SELECT g.lang_code FROM calibre.books_languages_link l
              JOIN calibre.languages g ON g.id = l.lang_code WHERE l.book = b.id ORDER BY l.item_order))
           AS languages,
         (SELECT val FROM calibre.identifiers WHERE book = b.id AND type = 'isbn') AS isbn,
         (SELECT lower(val) FROM calibre.identifiers WHERE book = b.id AND type = 'doi') AS doi
    FROM calibre.books b;

CREATE TEMP VIEW IF NOT EXISTS calibre_annotations AS
  SELECT a.id AS annotation, a.book, b.title, a.searchable_text AS text
    FROM calibre.annotations a JOIN calibre.books b ON b.id = a.book
   WHERE a.searchable_text <> '';
