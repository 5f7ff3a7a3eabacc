-- asreview.sql - a project of ASReview (3 and later) as a table that can be indexed: record, title,
-- abstract, year, doi, authors, keywords, label (1: relevant, 0: not, NULL: not yet), note, ranking (of
-- the last model, from 0).
--
--     unzip -j project.asreview '*results.db'
--     sqlite3 search.db
--     .load ./biobert
--     ATTACH 'file:results.db?mode=ro' AS asreview;
--     .read sql/schema/asreview.sql
--     CREATE VIRTUAL TABLE asreview_search USING biobert(title, abstract, year UNINDEXED, label UNINDEXED,
--       content='temp.asreview_papers', content_rowid='record');
--     SELECT * FROM biobert_sync('asreview_search');
--     -- unlabelled records like the relevant ones:
--     SELECT rowid, title FROM asreview_search WHERE label IS NULL AND asreview_search MATCH
--       (SELECT biobert_mean(vector) FROM asreview_search WHERE label = 1) LIMIT 20;
--
-- A TEMP view: nothing is written into ASReview's file. Attach and read this file in every session. Of
-- records that ASReview holds for one, the first is a row.
CREATE TEMP VIEW IF NOT EXISTS asreview_papers AS
  SELECT r.record_id AS record, r.title, biobert_plain(r.abstract) AS abstract, r.year, lower(r.doi) AS doi,
         (SELECT group_concat(value, '; ') FROM json_each(r.authors)) AS authors,
         (SELECT group_concat(value, '; ') FROM json_each(r.keywords)) AS keywords,
         s.label, s.note, l.ranking
    FROM asreview.record r
    LEFT JOIN asreview.results s ON s.record_id = r.record_id
    LEFT JOIN asreview.last_ranking l ON l.record_id = r.record_id
   WHERE r.group_id IS NULL OR r.group_id = r.record_id;
