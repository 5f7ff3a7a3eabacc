-- map_table.sql - the map of an index, kept in a table: a place for each paper, and the words of its topic.
--
--     .read sql/queries/map_table.sql
--
-- Tables as in knn.sql. A table of the index's name and _map is what `biobert serve` draws in place of computing a
-- map: for a library that is too large to do so beside searches. Run it again when papers have come.
BEGIN;
DROP TABLE IF EXISTS papers_search_map;
CREATE TABLE papers_search_map(id INTEGER PRIMARY KEY, x REAL, y REAL, topic TEXT);
INSERT INTO papers_search_map
WITH member AS MATERIALIZED (SELECT rowid AS id, cluster FROM biobert_clusters('papers_search')),
     topic AS MATERIALIZED (SELECT cluster, words FROM biobert_topics('papers_search', NULL, 0, 6))
SELECT m.rowid, m.x, m.y, t.words
  FROM biobert_map('papers_search') m LEFT JOIN member c ON c.id = m.rowid LEFT JOIN topic t ON t.cluster = c.cluster
 WHERE m.x IS NOT NULL;
COMMIT;
