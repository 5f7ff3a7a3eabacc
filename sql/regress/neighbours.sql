-- biobert_neighbours() and biobert_novelty(): ready vectors, so that what is right is seen.
.nullvalue NULL
.bail off
CREATE TABLE v(id INTEGER PRIMARY KEY, t TEXT, v BLOB);
INSERT INTO v VALUES
  (1, 'a', biobert_vector('[1,0,0]')), (2, 'b', biobert_vector('[1,1,0]')), (3, 'c', biobert_vector('[0,1,0]')),
  (5, 'd', biobert_vector('[2,0,0]')), (7, 'e', NULL), (8, 'f', biobert_vector('[0,0,0]')),
  (9, 'g', biobert_vector('[0,3,4]'));
CREATE VIRTUAL TABLE s USING biobert(t, content='v', content_rowid='id', vectors='v', store='f32');
INSERT INTO s(s) VALUES('sync');
.print -- all: by rowid, then rank; equal similarities by rowid; none for what has no direction
SELECT rowid, neighbour, rank, round(similarity, 6) FROM biobert_neighbours('s', 2);
.print -- more than there are
SELECT rowid, count(*), max(rank) FROM biobert_neighbours('s', 1000) GROUP BY rowid;
.print -- a threshold, as a number or as its text; NULL is the default
SELECT rowid, neighbour FROM biobert_neighbours('main.s', 9, 0.7);
SELECT count(*) FROM biobert_neighbours('s', '9', '0.7');
SELECT count(*) FROM biobert_neighbours('s', 9, NULL);
.print -- a look-up gives the same rows
SELECT neighbour, rank, round(similarity, 6) FROM biobert_neighbours('s', 2) WHERE rowid = 5;
SELECT count(*) FROM (SELECT * FROM biobert_neighbours('s', 3)) a, (SELECT id FROM v) b
 WHERE a.rowid = b.id AND EXISTS (SELECT 1 FROM biobert_neighbours('s', 3) n WHERE n.rowid = b.id
   AND n.neighbour = a.neighbour AND n.rank = a.rank AND n.similarity = a.similarity);
SELECT count(*) FROM biobert_neighbours('s', 3) WHERE rowid = '5';
SELECT count(*) FROM biobert_neighbours('s', 3) WHERE rowid = 5.0;
SELECT count(*) FROM biobert_neighbours('s', 3) WHERE rowid = 5.5;
SELECT count(*) FROM biobert_neighbours('s', 3) WHERE rowid = 'x';
SELECT count(*) FROM biobert_neighbours('s', 3) WHERE rowid IS NULL;
SELECT count(*) FROM biobert_neighbours('s', 3) WHERE rowid = x'35';
SELECT count(*) FROM biobert_neighbours('s', 3) WHERE rowid = 9.3e18;
SELECT rowid, count(*) FROM biobert_neighbours('s', 3) WHERE rowid IN (1, 9, 100) GROUP BY rowid;
.print -- a row without a vector, one of no direction, none of the index
SELECT count(*) FROM biobert_neighbours('s', 3) WHERE rowid = 7;
SELECT count(*) FROM biobert_neighbours('s', 3) WHERE rowid = 8;
SELECT count(*) FROM biobert_neighbours('s', 3) WHERE rowid = 1000;
.print -- NULL in what is required: no rows
SELECT count(*) FROM biobert_neighbours(NULL, 3);
SELECT count(*) FROM biobert_neighbours('s', NULL);
.print -- what is wrong is said
SELECT * FROM biobert_neighbours('s');
SELECT * FROM biobert_neighbours('s', 0);
SELECT * FROM biobert_neighbours('s', 2.5);
SELECT * FROM biobert_neighbours('s', 2, 'x');
SELECT * FROM biobert_neighbours('s', 2, 1.5);
SELECT * FROM biobert_neighbours('s', 2, x'00');
SELECT * FROM biobert_neighbours('v', 2);
SELECT * FROM biobert_neighbours('none', 2);
SELECT * FROM biobert_neighbours('main.none', 2);
SELECT * FROM biobert_novelty(x'00');
.print -- novelty: one with no neighbour has none
SELECT rowid, round(novelty, 6) FROM biobert_novelty('s');
.print -- an empty index, one of one document, one without vectors
CREATE VIRTUAL TABLE o USING biobert(t);
SELECT count(*) FROM biobert_neighbours('o', 3);
SELECT count(*) FROM biobert_novelty('o');
INSERT INTO o(t) VALUES('gene');
SELECT count(*) FROM biobert_neighbours('o', 3);
SELECT rowid, novelty FROM biobert_novelty('o');
CREATE VIRTUAL TABLE w USING biobert(t, content='v', content_rowid='id', search='lexical');
INSERT INTO w(w) VALUES('sync');
SELECT count(*) FROM biobert_neighbours('w', 3);
.print -- a table that is gone
DROP TABLE s;
SELECT * FROM biobert_neighbours('s', 2);
