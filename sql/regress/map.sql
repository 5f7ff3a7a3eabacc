-- biobert_map(): places on which neighbours stay neighbours.
.mode list
CREATE TABLE papers(id INTEGER PRIMARY KEY, title TEXT, v BLOB);
-- Three groups of 20 around axes, a paper without a direction, one without a vector.
WITH RECURSIVE c(x) AS (SELECT 0 UNION ALL SELECT x + 1 FROM c LIMIT 60)
INSERT INTO papers SELECT x + 1, 'paper ' || x, biobert_vector(
  '[' || iif(x % 3 = 0, 1, x % 7 / 70.0) || ',' || iif(x % 3 = 1, 1, x % 5 / 50.0) || ',' ||
  iif(x % 3 = 2, 1, x % 11 / 110.0) || ']') FROM c;
INSERT INTO papers VALUES(100, 'nowhere', biobert_vector('[0,0,0]')), (101, 'pending', NULL);
CREATE VIRTUAL TABLE s USING biobert(title, content='papers', vectors='v', dimension=3);
INSERT INTO s(s) VALUES('sync');
SELECT count(*), count(x), count(y) FROM biobert_map('s');
SELECT rowid, x, y FROM biobert_map('s') WHERE rowid > 60;
SELECT max(max(x) - min(x), max(y) - min(y)) > 0.999, min(x) >= 0, max(x) <= 1, min(y) >= 0, max(y) <= 1 FROM biobert_map('s');
-- The nearest on the map is of the same group.
CREATE TABLE m AS SELECT rowid AS id, x, y FROM biobert_map('s') WHERE x IS NOT NULL;
SELECT count(*), sum(a % 3 <> b % 3) FROM (
  SELECT a.id AS a, b.id AS b, row_number() OVER (PARTITION BY a.id ORDER BY (b.x - a.x) * (b.x - a.x) + (b.y - a.y) * (b.y - a.y)) AS rank
    FROM m a JOIN m b ON b.id <> a.id) WHERE rank = 1;
-- One seed, one map, whatever the number of threads; another seed, another map.
SELECT count(*) FROM m JOIN biobert_map('s', 0) n ON n.rowid = m.id AND n.x = m.x AND n.y = m.y;
SELECT biobert_config('threads', 3) IS NOT NULL;
SELECT count(*) FROM m JOIN biobert_map('main.s', NULL) n ON n.rowid = m.id AND n.x = m.x AND n.y = m.y;
SELECT count(*) < 60 FROM m JOIN biobert_map('s', 1) n ON n.rowid = m.id AND n.x = m.x AND n.y = m.y;
-- No rows: NULL for a name, an index of nothing. One paper has the middle.
SELECT count(*) FROM biobert_map(NULL);
CREATE VIRTUAL TABLE own USING biobert(title);
SELECT count(*) FROM biobert_map('own');
INSERT INTO own VALUES('gene therapy');
SELECT rowid, x, y FROM biobert_map('own');
-- Errors.
SELECT * FROM biobert_map('papers');
SELECT * FROM biobert_map('s', -1);
SELECT * FROM biobert_map('s', 'seed');
SELECT * FROM biobert_map();
