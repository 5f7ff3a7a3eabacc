-- more_like_this.sql - more like some rows, less like others: a weighted mean of their vectors, which
-- runs no model.
--
--     CREATE TEMP TABLE marks(pmid INTEGER PRIMARY KEY, weight REAL);
--     INSERT INTO marks VALUES(101, 1), (205, 1), (309, -0.5);
--     .read sql/queries/more_like_this.sql
--
-- Tables as in knn.sql. A negative weight leads away from a row.
SELECT s.rowid AS pmid, s.title, round(s.distance, 4) AS distance
  FROM papers_search s
 WHERE papers_search MATCH (SELECT biobert_mean(i.vector, m.weight)
                              FROM marks m JOIN papers_search i ON i.rowid = m.pmid)
   AND s.rowid NOT IN (SELECT pmid FROM marks)
 ORDER BY s.rank LIMIT 10;
