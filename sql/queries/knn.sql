-- knn.sql - the rows nearest to a question, by meaning alone.
--
--     .parameter set :question "'does aspirin prevent a second stroke'"
--     .read sql/queries/knn.sql
--
-- Needs papers(pmid INTEGER PRIMARY KEY, title, abstract, year, journal) and its index:
--     CREATE VIRTUAL TABLE papers_search USING biobert(title, abstract, year UNINDEXED,
--       journal UNINDEXED, content='papers', content_rowid='pmid');
--     SELECT * FROM biobert_sync('papers_search');
-- LIMIT is how many; a vector in place of the text (biobert_embed(...), or one of your own) works too.
SELECT rowid AS pmid, title, round(distance, 4) AS distance
  FROM papers_search
 WHERE papers_search MATCH :question AND mode = 'semantic'
 ORDER BY rank LIMIT 10;
