-- Files of literature into the table papers: which record is which paper, and what is written.
.nullvalue NULL
.parameter init
.read sql/schema/papers.sql
.parameter set :path "'tests/records/pubmed_search.nbib'"
.read sql/queries/import.sql
.mode line
SELECT id, pmid, doi, title, abstract, original_title, authors, journal, year, date, volume, mesh, type, language,
       status, source FROM papers;
.mode list
-- the same file again writes nothing; a trigger would see it
CREATE TABLE written(id, what);
CREATE TRIGGER sees_update AFTER UPDATE ON papers BEGIN INSERT INTO written VALUES(NEW.id, 'update'); END;
CREATE TRIGGER sees_insert AFTER INSERT ON papers BEGIN INSERT INTO written VALUES(NEW.id, 'insert'); END;
CREATE TRIGGER sees_delete AFTER DELETE ON papers BEGIN INSERT INTO written VALUES(OLD.id, 'delete'); END;
.read sql/queries/import.sql
SELECT count(*) FROM written;
-- by fingerprint, by DOI; two PMIDs are never one paper, nor are two DOIs
.parameter set :path "'tests/records/same_papers.nbib'"
.read sql/queries/import.sql
SELECT * FROM written;
SELECT id, pmid, doi, title, authors, pages FROM papers;
DELETE FROM written;
.read sql/queries/import.sql
SELECT count(*) FROM written;
-- what another file leaves out stays; what it changes is written
SELECT volume, pages, status, abstract IS NOT NULL FROM papers WHERE pmid = 101;
-- an earlier version never replaces a later one, a later one does
INSERT INTO papers_import(pmid, title, version, status) VALUES (200, 'second', 2, 'current');
INSERT INTO papers_import(pmid, title, version, status) VALUES (200, 'first', 1, 'current');
SELECT title, version FROM papers WHERE pmid = 200;
INSERT INTO papers_import(pmid, title, version, status) VALUES (200, 'third', 3, 'current'), (200, 'first', 1, 'current');
SELECT title, version FROM papers WHERE pmid = 200;
-- neither does the deletion of one
INSERT INTO papers_import(pmid, version, status) VALUES (200, 1, 'deleted');
SELECT count(*) FROM papers WHERE pmid = 200;
INSERT INTO papers_import(pmid, version, status) VALUES (200, 3, 'deleted'), (999, 1, 'deleted'), (NULL, 1, 'deleted');
SELECT count(*) FROM papers WHERE pmid IN (200, 999);
-- a retracted paper stays one when a file says nothing of it, and not when PubMed says otherwise
INSERT INTO papers_import(pmid, title, status) VALUES (101, 'Aspirin after a first stroke.', 'current');
SELECT status FROM papers WHERE pmid = 101;
INSERT INTO papers_import(pmid, version, status) VALUES (101, 1, 'current');
SELECT status FROM papers WHERE pmid = 101;
-- reading without a table
SELECT * FROM biobert_read(NULL);
SELECT count(*) FROM biobert_read('tests/records/pubmed_search.nbib', 'medline');
SELECT * FROM biobert_read('tests/records');
SELECT * FROM biobert_read('/dev/zero');
SELECT * FROM biobert_read('tests/records/absent.nbib');
SELECT * FROM biobert_read();
-- only in what the user typed
CREATE VIEW hidden AS SELECT * FROM biobert_read('tests/records/pubmed_search.nbib');
SELECT * FROM hidden;
-- a server's lock holds for files too
SELECT biobert_config('locked', 1);
SELECT * FROM biobert_read('tests/records/pubmed_search.nbib');
