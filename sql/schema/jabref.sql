-- jabref.sql - JabRef's shared library as a table that can be indexed: entry, citation_key, type, title,
-- abstract, year, journal, doi, authors, keywords, comment.
--
-- JabRef's own files (.bib) are text. Its shared libraries are databases: tables ENTRY and FIELD in the
-- schema jabref of PostgreSQL. Copied into a file they look so:
--
--     psql -c '\copy jabref."ENTRY" to entry.csv csv header' library
--     psql -c '\copy jabref."FIELD" to field.csv csv header' library
--     sqlite3 jabref.db
--     CREATE TABLE ENTRY(SHARED_ID INTEGER PRIMARY KEY, TYPE TEXT, VERSION INTEGER);
--     CREATE TABLE FIELD(ENTRY_SHARED_ID INTEGER, NAME TEXT, VALUE TEXT);
--     .import --csv --skip 1 entry.csv ENTRY
--     .import --csv --skip 1 field.csv FIELD
--     CREATE INDEX field_entry ON FIELD(ENTRY_SHARED_ID);
--
--     sqlite3 search.db
--     .load ./biobert
--     ATTACH 'file:jabref.db?mode=ro' AS jabref;
--     .read sql/schema/jabref.sql
--     CREATE VIRTUAL TABLE jabref_search USING biobert(title, abstract, year UNINDEXED,
--       content='temp.jabref_papers', content_rowid='entry');
--     SELECT * FROM biobert_sync('jabref_search');
--
-- A TEMP view: attach and read this file in every session. The braces of BibTeX ({DNA}) are taken out of
-- titles and abstracts.
CREATE TEMP VIEW IF NOT EXISTS jabref_papers AS
  SELECT e.SHARED_ID AS entry, f.citation_key, e.TYPE AS type,
         replace(replace(f.title, '{', ''), '}', '') AS title,
         biobert_plain(replace(replace(f.abstract, '{', ''), '}', '')) AS abstract,
         CAST(substr(coalesce(f.year, f.date), 1, 4) AS INTEGER) AS year,
         coalesce(f.journal, f.booktitle) AS journal, lower(f.doi) AS doi, f.authors, f.keywords, f.comment
    FROM jabref.ENTRY e
    LEFT JOIN
         (SELECT ENTRY_SHARED_ID AS entry,
                 max(VALUE) FILTER (WHERE name = 'citationkey' OR name = 'bibtexkey') AS citation_key,
                 max(VALUE) FILTER (WHERE name = 'title') AS title,
                 max(VALUE) FILTER (WHERE name = 'abstract') AS abstract,
                 max(VALUE) FILTER (WHERE name = 'year') AS year,
                 max(VALUE) FILTER (WHERE name = 'date') AS date,
                 max(VALUE) FILTER (WHERE name IN ('journal', 'journaltitle')) AS journal,
                 max(VALUE) FILTER (WHERE name = 'booktitle') AS booktitle,
                 max(VALUE) FILTER (WHERE name = 'doi') AS doi,
                 replace(max(VALUE) FILTER (WHERE name = 'author'), ' and ', '; ') AS authors,
                 max(VALUE) FILTER (WHERE name = 'keywords') AS keywords,
                 max(VALUE) FILTER (WHERE name = 'comment') AS comment
            FROM (SELECT ENTRY_SHARED_ID, lower(NAME) AS name, VALUE FROM jabref.FIELD)
           GROUP BY ENTRY_SHARED_ID) f ON f.entry = e.SHARED_ID;
