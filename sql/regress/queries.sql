-- The statements of sql/queries, as their comments tell to run them, on small models.
.nullvalue NULL
CREATE TABLE papers(pmid INTEGER PRIMARY KEY, title TEXT, abstract TEXT);
INSERT INTO papers VALUES
  (1, 'One', 'Aspirin inhibits TNF-alpha expression in stroke patients (p < 0.05).'),
  (2, 'Two', 'Chronic infection of liver cells was followed by inflammation and hypertension.'),
  (3, 'Three', ''),
  (4, 'Four', NULL),
  (5, 'Five', 'The EGFR kinase binding protein, not insulin, is a tumor receptor for IL-6.'),
  (6, 'Six', 'β-catenin, NF-κB: 5 µM; we study mRNA vaccine treatment of COVID-19.');
SELECT biobert_load('tests/golden/models/token_cls', 'ner'), biobert_load('tests/golden/models/seq_cls', 'reranker'),
       biobert_load('tests/golden/models/qa', 'qa');
-- two papers at a time: it goes on where it was
.parameter set :batch 2
.read sql/queries/extract_entities.sql
.read sql/queries/extract_entities.sql
.read sql/queries/extract_entities.sql
.read sql/queries/extract_entities.sql
SELECT pmid, entity, label, start_byte, end_byte FROM entity ORDER BY pmid, start_byte;
-- each row is the text at its place
SELECT sum(entity IS NOT CAST(substr(CAST(abstract AS BLOB), start_byte + 1, end_byte - start_byte) AS TEXT))
  FROM entity JOIN papers USING (pmid) WHERE entity IS NOT NULL;
-- the same as all of them at once
SELECT count(*) FROM (SELECT pmid, e.entity, e.label, e.start_byte FROM papers, biobert_entities(abstract) e
                      EXCEPT SELECT pmid, entity, label, start_byte FROM entity);
EXPLAIN QUERY PLAN SELECT pmid FROM entity WHERE label = 'Disease' AND entity = 'stroke' COLLATE NOCASE;
-- a changed paper is read again
DELETE FROM entity WHERE pmid = 1;
UPDATE papers SET abstract = '' WHERE pmid = 1;
.read sql/queries/extract_entities.sql
SELECT * FROM entity WHERE pmid = 1;
.parameter set :question "'Which receptor is it?'"
.read sql/queries/rerank_and_answer.sql
