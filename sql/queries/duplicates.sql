-- duplicates.sql - pairs of rows that say the same: for each row its nearest others, and of those the
-- ones within a distance. (biobert_duplicates() gives all pairs at once, by cosine, in seconds.)
--
--     .parameter set :most 0.02
--     .read sql/queries/duplicates.sql
--
-- Tables as in knn.sql. One search a row: for thousands of rows it takes a while. Each pair comes once,
-- the smaller key first.
SELECT a.pmid, b.rowid AS other, round(b.distance, 4) AS distance, a.title
  FROM (SELECT rowid AS pmid, title, vector FROM papers_search WHERE vector IS NOT NULL) a
  CROSS JOIN papers_search b
 WHERE b.papers_search MATCH a.vector AND b.distance < :most AND b.rowid > a.pmid
 ORDER BY distance, a.pmid, other;
