-- A question that is nothing but an identifier: found in the text, it comes first; else the status says so.
.nullvalue NULL
CREATE TABLE papers(pmid INTEGER PRIMARY KEY, title TEXT, abstract TEXT, doi TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
  INSERT INTO papers SELECT i, 'Report ' || i, 'Volume 10, page 1001, 2020: a trial of drug ' || i || '.', '10.1001/none.' || i FROM n;
UPDATE papers SET abstract = 'Published as doi:10.1001/jama.2020.12345.' WHERE pmid = 217;
UPDATE papers SET abstract = 'A long account of many things that happened. Registered: NCT01234567. Nothing else is to be said of it here, where there are other words.' WHERE pmid = 102;
UPDATE papers SET abstract = 'Comment on PMID 31978945 and others.' WHERE pmid = 58;
UPDATE papers SET abstract = 'The trial NCT01234568 and not the other one.' WHERE pmid = 103;
CREATE VIRTUAL TABLE s USING biobert(title, abstract, doi UNINDEXED, content='papers', content_rowid='pmid');
INSERT INTO s(s) VALUES('sync');
SELECT rowid FROM s('10.1001/jama.2020.12345') LIMIT 1;
SELECT rowid FROM s('https://doi.org/10.1001/jama.2020.12345') LIMIT 1;
SELECT rowid FROM s('doi: 10.1001/JAMA.2020.12345.') LIMIT 1;
SELECT rowid FROM s('NCT01234567') LIMIT 1;
SELECT rowid FROM s('nct01234568') LIMIT 1;
SELECT rowid FROM s('31978945') LIMIT 1;
SELECT rowid FROM s('PMID: 31978945', 1);
SELECT rowid FROM s('https://pubmed.ncbi.nlm.nih.gov/31978945/', 1);
SELECT rowid FROM s WHERE s MATCH 'NCT01234567' AND feedback = 0 LIMIT 1;
SELECT rowid FROM s WHERE s MATCH 'NCT01234567' AND mode = 'lexical';
SELECT count(*), min(rank) < 0.7, sum(bm25 IS NOT NULL) FROM s('NCT01234567');
SELECT notes FROM biobert_status('s');
-- Nowhere in the text: neighbours of nothing, and the status says what to do.
SELECT count(*), sum(bm25 IS NOT NULL) FROM s('10.1001/none.5');
SELECT notes FROM biobert_status('s');
SELECT rowid FROM s WHERE doi = '10.1001/none.5';
SELECT rowid FROM s WHERE rowid = 31978945;
SELECT count(*) FROM s('a trial of a drug');
SELECT notes FROM biobert_status('s');
-- No identifiers: words with few digits, several words, a pair of numbers.
SELECT count(*) > 100 FROM s WHERE s MATCH 'drug-19' AND mode = 'lexical';
SELECT count(*) > 100 FROM s WHERE s MATCH 'trial 10.1001/none.5' AND mode = 'lexical';
SELECT count(*) > 100 FROM s WHERE s MATCH '10.1001/' AND mode = 'lexical';
