-- hybrid.sql - meaning and words together (the default), with the passage that answers best and what
-- each half says of the row.
--
--     .parameter set :question "'second stroke prevention'"
--     .read sql/queries/hybrid.sql
--
-- Tables as in knn.sql. bm25 is NULL where no word of the question occurs.
SELECT rowid AS pmid, title, round(rank, 4) AS rank, round(distance, 4) AS distance,
       round(bm25, 4) AS bm25, passage
  FROM papers_search(:question)
 ORDER BY rank LIMIT 10;
