-- filtered.sql - a question under conditions: of the index's own columns, of words that must and must
-- not occur, and of any other table. LIMIT counts the rows that pass.
--
--     .parameter set :question "'gene therapy for haemophilia'"
--     .parameter set :since 2010
--     .parameter set :words "'haemophilia NOT (mouse OR mice)'"
--     .read sql/queries/filtered.sql
--
-- Tables as in knn.sql. A condition on a declared column runs on papers itself, so an index on
-- papers(year) serves it.
SELECT s.rowid AS pmid, p.title, s.year
  FROM papers_search s JOIN papers p ON p.pmid = s.rowid
 WHERE papers_search MATCH :question AND s.year >= :since AND s.words MATCH :words
 ORDER BY s.rank LIMIT 10;
