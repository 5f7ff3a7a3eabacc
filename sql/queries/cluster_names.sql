-- cluster_names.sql - clusters with the words that set them apart, their size, and the three papers that are
-- nearest to the centre.
--
--     .parameter set :k 8
--     .read sql/queries/cluster_names.sql
--
-- Tables as in knn.sql. The same seed (0) gives both functions the same clusters.
WITH nearest AS (
  SELECT c.cluster, p.title, row_number() OVER (PARTITION BY c.cluster ORDER BY c.similarity DESC, c.rowid) AS place
    FROM biobert_clusters('papers_search', :k) c JOIN papers p ON p.pmid = c.rowid)
SELECT t.cluster, t.size, t.words, group_concat(n.title, ' | ') AS titles
  FROM biobert_topics('papers_search', :k) t JOIN nearest n ON n.cluster = t.cluster AND n.place <= 3
 GROUP BY t.cluster
 ORDER BY t.cluster;
