-- biobert_topics(): clusters of an index, by their words and their most central document.
.mode list
CREATE TABLE papers(id INTEGER PRIMARY KEY, title TEXT, year INTEGER, v BLOB);
-- Three directions, with 4, 3 and 2 papers; one paper without a direction, one without a vector.
INSERT INTO papers VALUES
  (1, 'Heart failure in children', 2001, biobert_vector('[1,0.1,0]')),
  (2, 'Heart surgery', 2002, biobert_vector('[1,0,0.1]')),
  (3, 'The heart and its valves', 2003, biobert_vector('[1,0.05,0.05]')),
  (4, 'Valves', 2004, biobert_vector('[1,0,0]')),
  (5, 'DNA repair', 2005, biobert_vector('[0,1,0.1]')),
  (6, 'dna polymerase', 2006, biobert_vector('[0.1,1,0]')),
  (7, 'Repair of DNA in 2007', 2007, biobert_vector('[0.05,1,0.05]')),
  (8, 'Stroke', 2008, biobert_vector('[0,0,1]')),
  (9, 'Stroke and aspirin', 2009, biobert_vector('[0,0.1,1]')),
  (10, 'Nothing', 2010, biobert_vector('[0,0,0]')),
  (11, 'Pending', 2011, NULL);
CREATE VIRTUAL TABLE s USING biobert(title, year UNINDEXED, content='papers', vectors='v', dimension=3);
INSERT INTO s(s) VALUES('sync');
SELECT * FROM biobert_topics('s', 3);
-- As many words as are asked for; none.
SELECT cluster, words FROM biobert_topics('s', 3, 0, 1);
SELECT cluster, '[' || words || ']' FROM biobert_topics('s', 3, 0, 0);
-- k left out, NULL, and larger than there are directions.
SELECT count(*), sum(size) FROM biobert_topics('s');
SELECT count(*), sum(size) FROM biobert_topics('s', NULL, NULL, NULL);
SELECT count(*) <= 9, sum(size) FROM biobert_topics('s', 1000);
-- In a join, and by schema.
SELECT p.title FROM biobert_topics('main.s', 3) t JOIN papers p ON p.id = t.rowid ORDER BY t.size;
-- A text that is gone since the last sync.
UPDATE papers SET title = NULL WHERE id IN (8, 9);
SELECT cluster, size, words FROM biobert_topics('s', 3) WHERE size = 2;
-- No rows: NULL for a name, an index of nothing.
SELECT count(*) FROM biobert_topics(NULL);
CREATE VIRTUAL TABLE empty USING biobert(title);
SELECT count(*) FROM biobert_topics('empty');
-- Errors.
SELECT * FROM biobert_topics('papers');
SELECT * FROM biobert_topics('s', 0);
SELECT * FROM biobert_topics('s', 'many');
SELECT * FROM biobert_topics('s', 3, -1);
SELECT * FROM biobert_topics('s', 3, 0, 1001);
SELECT * FROM biobert_topics();
