-- extract_entities.sql - the named entities of a whole table, looked up later without a model.
--
--     sqlite3 papers.db
--     .load ./biobert
--     SELECT biobert_load('/models/biobert-ner-disease', 'ner');
--     .read sql/queries/extract_entities.sql
--
-- Reads papers(pmid INTEGER PRIMARY KEY, title, abstract), needs a token-classification model, and
-- writes the table entity. One .read takes the next 500 papers (.parameter set :batch 2000 for
-- another number) in one statement, so that it is all or nothing: after Ctrl-C, a crash or an error
-- run it again, and it goes on with the papers that have no row yet. Until nothing is left:
--
--     until sqlite3 papers.db '.load ./biobert' "SELECT biobert_load('/models/ner', 'ner')" \
--         '.read sql/queries/extract_entities.sql' | tee /dev/stderr | grep -q ' 0 left'; do :; done
--
-- A paper without any entity has one row whose entity is NULL. After the text of a paper has
-- changed: DELETE FROM entity WHERE pmid = ...; the next run reads it again.
CREATE TABLE IF NOT EXISTS entity(
  pmid INTEGER NOT NULL,     -- the paper
  entity TEXT,               -- as it stands in the abstract; NULL: the paper has none
  label TEXT,                -- "Disease", "Chemical", ...: what the model was trained for
  score REAL,
  start_byte INTEGER,        -- the place in the abstract, end exclusive
  end_byte INTEGER
);
CREATE INDEX IF NOT EXISTS entity_by_paper ON entity(pmid);
CREATE INDEX IF NOT EXISTS entity_by_name ON entity(label, entity COLLATE NOCASE);

INSERT INTO entity(pmid, entity, label, score, start_byte, end_byte)
SELECT next.pmid, found.entity, found.label, found.score, found.start_byte, found.end_byte
  FROM (SELECT pmid, abstract FROM papers
         WHERE pmid NOT IN (SELECT pmid FROM entity)
         ORDER BY pmid LIMIT coalesce(:batch, 500)) AS next
  LEFT JOIN biobert_entities(next.abstract) AS found;

SELECT format('%d papers read, %d entities, %d left', count(DISTINCT pmid), count(entity),
              (SELECT count(*) FROM papers) - count(DISTINCT pmid)) AS progress
  FROM entity;
-- Then, for example, what is named most, and what is named together:
--     SELECT entity, count(*) FROM entity WHERE label = 'Disease'
--      GROUP BY entity COLLATE NOCASE ORDER BY 2 DESC LIMIT 20;
--     SELECT a.entity, b.entity, count(*) FROM entity a JOIN entity b USING (pmid)
--      WHERE a.label = 'Chemical' AND b.label = 'Disease' GROUP BY 1, 2 ORDER BY 3 DESC LIMIT 20;
