-- biobert_duplicates() and biobert_duplicate_groups(): ready vectors, so that what is right is seen.
.nullvalue NULL
.bail off
CREATE TABLE papers(id INTEGER PRIMARY KEY, title, abstract TEXT, doi TEXT, PMID INT, year, v BLOB);
INSERT INTO papers VALUES
  (1, 'Aspirin & stroke', 'x', '10.1/A', 11, 2001, biobert_vector('[1,0,0,0]')),
  (2, '  ASPIRIN -- stroke. ', 'x', 'https://doi.org/10.1/a', 12, '2001', biobert_vector('[1,0,0,0]')),
  (3, 'Aspirin, stroke', NULL, '', 11, 2002, biobert_vector('[10,1,0,0]')),
  (4, 'Gene therapy', 'x', '10.1/b', NULL, 2001, biobert_vector('[0,1,0,0]')),
  (5, 'Other', 'x', '10.1/a', NULL, 2001, biobert_vector('[0,0,1,0]')),
  (6, 'Ferritin', '', NULL, 13, x'00ff', biobert_vector('[0,1,0,0.1]')),
  (7, NULL, NULL, NULL, NULL, 2001, biobert_vector('[0,1,0.1,0]')),
  (8, 'No vector', NULL, '10.1/A', 11, 2001, NULL),
  (9, 'No direction', NULL, '10.1/A', 11, 2001, biobert_vector('[0,0,0,0]'));
CREATE VIRTUAL TABLE s USING biobert(title, abstract, content='papers', content_rowid='id', vectors='v', store='f32');
INSERT INTO s(s) VALUES('sync');
.print -- pairs: the best first; the reason is of columns of the table that the index reads
SELECT rowid, duplicate, round(similarity, 5), reason FROM biobert_duplicates('s');
.print -- another threshold
SELECT rowid, duplicate FROM biobert_duplicates('s', '1');
SELECT count(*) FROM biobert_duplicates('s', -1);
SELECT count(*) FROM biobert_duplicates('s', NULL);
.print -- groups: the one with the most filled columns is kept, then the least rowid
SELECT "group", rowid, keep FROM biobert_duplicate_groups('s');
SELECT "group", rowid, keep FROM biobert_duplicate_groups('s', 0.999);
.print -- of an index with its own columns, and of another schema
ATTACH ':memory:' AS a;
CREATE VIRTUAL TABLE a."an index" USING biobert(title, doi UNINDEXED, store=f32);
INSERT INTO a."an index"(rowid, title, doi) VALUES(1, 'Gene therapy', '10.2/x'), (2, 'gene therapy', '10.2/X'), (3, 'gene therapy', NULL);
SELECT rowid, duplicate, reason FROM biobert_duplicates('an index');
SELECT rowid, duplicate, reason FROM biobert_duplicates('a.an index') LIMIT 1;
SELECT * FROM biobert_duplicate_groups('an index');
.print -- nothing, one, no vectors
CREATE VIRTUAL TABLE o USING biobert(t);
SELECT count(*) FROM biobert_duplicates('o');
INSERT INTO o(t) VALUES('gene');
SELECT count(*) FROM biobert_duplicates('o');
SELECT count(*) FROM biobert_duplicate_groups('o');
.print -- what is wrong is said
SELECT * FROM biobert_duplicates();
SELECT * FROM biobert_duplicates('s', 'much');
SELECT * FROM biobert_duplicates('s', 2);
SELECT * FROM biobert_duplicate_groups('papers');
SELECT count(*) FROM biobert_duplicates(NULL);
.print -- without the table that it reads: as the index says
ALTER TABLE papers RENAME TO gone;
SELECT count(*) FROM biobert_duplicates('s');
.print -- titles agree whatever stands between their words; DOIs and PMIDs without the white space around them
CREATE TABLE t(id INTEGER PRIMARY KEY, title, doi, pmid, v BLOB);
INSERT INTO t VALUES
  (1, 'Gene 2 Therapy: x', char(9) || '10.1/A' || char(13, 10), ' 7 ', biobert_vector('[1,0]')),
  (2, 'gene' || char(160) || '2' || char(8212) || 'THERAPY (x)', ' 10.1/a ', 7, biobert_vector('[1,0]')),
  (3, 'g' || char(233) || 'ne 2 therapy x', NULL, NULL, biobert_vector('[1,0]'));
CREATE VIRTUAL TABLE u USING biobert(title, content='t', content_rowid='id', vectors='v', store='f32');
INSERT INTO u(u) VALUES('sync');
SELECT rowid, duplicate, reason FROM biobert_duplicates('u');
