-- novelty_by_year.sql - how far the papers of a year are from those nearest to them, of any year, and the
-- one that is farthest.
--
--     .read sql/queries/novelty_by_year.sql
--
-- Tables as in knn.sql. A field in which everything resembles something goes towards 0.
SELECT p.year, count(*) AS papers, round(avg(n.novelty), 3) AS novelty, round(max(n.novelty), 3) AS most,
       p.pmid, p.title
  FROM biobert_novelty('papers_search') n JOIN papers p ON p.pmid = n.rowid
 GROUP BY p.year
 ORDER BY p.year;
