-- biobert_clusters(): ready vectors, so that what is right is seen.
.nullvalue NULL
.bail off
CREATE TABLE v(id INTEGER PRIMARY KEY, t TEXT, v BLOB);
WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 60)
INSERT INTO v SELECT x, 't', biobert_vector(CASE WHEN x % 6 < 3 THEN '[10,' || (x % 2) || ',0]'
  WHEN x % 6 < 5 THEN '[0,10,' || (x % 2) || ']' ELSE '[' || (x / 6 % 2) || ',0,10]' END) FROM c;
INSERT INTO v VALUES(100, 't', NULL), (101, 't', biobert_vector('[0,0,0]'));
CREATE VIRTUAL TABLE s USING biobert(t, content='v', content_rowid='id', vectors='v', store='f32');
INSERT INTO s(s) VALUES('sync');
.print -- 0 is the largest
SELECT cluster, count(*), min(rowid), min(similarity) > 0.99 FROM biobert_clusters('s', 3) GROUP BY cluster;
.print -- every row with a vector, in order
SELECT count(*), min(rowid), max(rowid) FROM biobert_clusters('s', 3);
.print -- the number is chosen
SELECT count(DISTINCT cluster) FROM biobert_clusters('s');
SELECT count(DISTINCT cluster) FROM biobert_clusters('s', NULL, NULL);
.print -- a seed gives the same again
SELECT count(*) FROM biobert_clusters('s', 3, 5) a JOIN biobert_clusters('s', 3, 5) b
    ON a.rowid = b.rowid AND a.cluster IS b.cluster AND a.similarity IS b.similarity;
.print -- more than there are directions
SELECT count(DISTINCT cluster) FROM biobert_clusters('s', 1000);
SELECT cluster, count(*) FROM biobert_clusters('s', '1') GROUP BY cluster;
.print -- few documents
CREATE VIRTUAL TABLE o USING biobert(t, store=f32);
SELECT count(*) FROM biobert_clusters('o');
SELECT count(*) FROM biobert_clusters('o', 3);
INSERT INTO o(t) VALUES('gene');
SELECT rowid, cluster, round(similarity, 5) FROM biobert_clusters('o');
INSERT INTO o(t) VALUES('heart');
SELECT count(*), max(cluster) FROM biobert_clusters('o', 2);
.print -- what is wrong is said
SELECT * FROM biobert_clusters('s', 0);
SELECT * FROM biobert_clusters('s', 'many');
SELECT * FROM biobert_clusters('s', 3, -1);
SELECT * FROM biobert_clusters('v');
SELECT count(*) FROM biobert_clusters(NULL, 3);
